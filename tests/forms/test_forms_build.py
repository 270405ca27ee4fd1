"""Which rows, texts and facts a unit's form has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import attrs
import pytest

from nq57xl.errors import Nq57Error
from nq57xl.forms.build import (
    _NOTHING_BEFORE,
    _frequency,
    _parts_of,
    _told_apart,
    build_form,
    reporting_units,
)
from nq57xl.forms.layout import layout
from nq57xl.forms.model import EarlierAnswer, Form, SupporterAnswer, Value
from nq57xl.forms.validation import validation_of
from nq57xl.forms.wording import (
    data_window,
    deadline_in_words,
    form_file_name,
    period_line,
    plan_name,
    shorten,
)
from nq57xl.plan.appendix_read import bundled_appendix, read_appendix
from nq57xl.plan.deadlines import Target
from nq57xl.plan.model import Indicator, Plan, Unit
from nq57xl.rules.codec import from_json, to_json
from nq57xl.rules.load import load_schema
from nq57xl.rules.schema import CellValue
from nq57xl.xlsx.metrics import wrapped
from tests.form_values import entry_slots
from tests.samples import ISSUE_ID, sample_form, sample_period, sample_plan


def _build(
    plan: Plan,
    unit: str,
    workspace: Path | None = None,
    *,
    version: int = 1,
    previous: Mapping[tuple[str, str], EarlierAnswer] | None = None,
    received: tuple[SupporterAnswer, ...] = (),
) -> Form:
    return build_form(
        plan,
        load_schema(),
        unit,
        sample_period(),
        issue_id=ISSUE_ID,
        version=version,
        issued_on=date(2026, 4, 1),
        plan_version="x",
        workspace=workspace,
        previous=previous or {},
        received=received,
    )


def _keys(form: Form, table: str) -> list[str]:
    found = form.table(table)
    return [row.key for row in found.rows] if found else []


def test_units_that_report() -> None:
    """Units inside the agency with something to do get a form, in the plan's order; external and idle ones none."""
    plan = sample_plan()
    idle = attrs.evolve(plan, units=(*plan.units, Unit("TT", "Thanh tra Sở")))
    assert [unit.code for unit in reporting_units(idle, sample_period())] == ["VP", "QLDT", "QLDN", "KHTC"]


def test_gatherer_reports_even_without_rows() -> None:
    """The unit that gathers gets a form although the plan gives it nothing to do."""
    plan = sample_plan()
    bare = attrs.evolve(plan, tasks=(), indicators=())
    assert [unit.code for unit in reporting_units(bare, sample_period())] == ["VP"]


@pytest.mark.parametrize(
    ("start", "end", "reports"),
    [
        (None, date(2026, 3, 14), False),
        (None, date(2026, 3, 15), True),
        (date(2026, 4, 14), None, True),
        (date(2026, 4, 15), None, False),
    ],
)
def test_units_are_valid_in_the_period(start: date | None, end: date | None, reports: bool) -> None:
    """A unit reports for a period in which it existed on at least one day."""
    plan = sample_plan()
    units = tuple(
        attrs.evolve(unit, valid_from=start, valid_to=end) if unit.code == "QLDN" else unit for unit in plan.units
    )
    codes = [unit.code for unit in reporting_units(attrs.evolve(plan, units=units), sample_period())]
    assert ("QLDN" in codes) is reports


def test_rows_by_role() -> None:
    """Led rows, supporting rows and indicators stand in their tables in the plan's order."""
    form = sample_form("VP")
    assert _keys(form, "led") == ["I.1", "I.2", "II.1.1"]
    assert _keys(form, "supporting") == ["I.3", "II.1.2"]
    assert _keys(form, "indicator") == ["CT.I.1", "CT.I.2", "CT.II.1"]
    assert _keys(form, "statement") == ["statement"]
    assert _keys(form, "signoff") == ["signoff"]
    assert _keys(form, "proposal") == [f"{number:02d}" for number in range(1, 7)]


def test_every_collective_lead_gets_the_row() -> None:
    """A task that several units lead stands as a led row in the form of each."""
    assert all("I.3" in _keys(sample_form(unit), "led") for unit in ("QLDT", "QLDN", "KHTC"))


def test_no_statement_without_supporting_rows() -> None:
    """A unit that supports nothing is not asked to state that nothing arose."""
    plan = sample_plan()
    tasks = tuple(attrs.evolve(task, support_units=()) for task in plan.tasks)
    form = _build(attrs.evolve(plan, tasks=tasks), "VP")
    assert form.table("supporting") is None
    assert form.table("statement") is None


def test_row_done_before_is_locked() -> None:
    """A row whose deadline says that it is done is shown with nothing to fill in, for lead and supporter."""
    led = sample_form("VP").table("led")
    supporting = sample_form("QLDT").table("supporting")
    assert led is not None and supporting is not None
    assert {row.key: row.open for row in led.rows} == {"I.1": True, "I.2": False, "II.1.1": True}
    assert not next(row for row in supporting.rows if row.key == "I.2").open


def test_facts_of_led_rows() -> None:
    """Rules learn whether a row is overdue on the cut-off day, and the days of the period."""
    led = sample_form("VP").table("led")
    assert led is not None
    assert led.rows[0].facts == {
        "year": 2026,
        "period_start": "2026-03-15",
        "period_end": "2026-04-14",
        "overdue": True,
        "due": "2026-03-31",
        "done_before": False,
        "repeatable": False,
        "repeats": 0,
    }
    assert led.rows[2].facts["overdue"] is False
    assert led.rows[2].facts["due"] is None


def test_standard_deadline_wins() -> None:
    """The office's own date decides what is overdue, and is shown under the printed text."""
    led = sample_form("QLDT").table("led")
    assert led is not None
    row = next(row for row in led.rows if row.key == "II.1.2")
    assert row.facts["due"] == "2026-09-15"
    assert row.texts["deadline"] == "30/9/2026\n(hạn chuẩn 15/09/2026)"


def test_measure_follows_the_target() -> None:
    """Percent, number and yes-or-no indicators ask for different kinds of value."""
    table = sample_form("VP").table("indicator")
    assert table is not None
    assert [row.facts["measure"] for row in table.rows] == ["percent", "number", "choice"]
    assert [row.facts["target_value"] for row in table.rows] == [0.9, 80.0, None]


def test_unparsed_target_is_a_number() -> None:
    """An indicator whose target is neither a number nor yes or no takes a number."""
    plan = sample_plan()
    odd = Indicator("CT.II.2", "II", "4", "Số mô hình", "mô hình", Target("Theo kế hoạch"), "Văn phòng", ("VP",))
    table = _build(attrs.evolve(plan, indicators=(odd,)), "VP").table("indicator")
    assert table is not None
    assert table.rows[0].facts["measure"] == "number"


def test_work_joins_task_and_subtask_only_when_they_differ() -> None:
    """A sub-task that repeats its task is not printed twice."""
    led = sample_form("VP").table("led")
    assert led is not None
    works = {row.key: row.texts["work"] for row in led.rows}
    assert works["I.2"] == "Xây dựng kế hoạch kiểm tra việc thực hiện Nghị quyết"
    assert works["II.1.1"].split("\n")[0] == "Phát triển hạ tầng số"
    assert works["II.1.1"].split("\n")[1].startswith("- Duy trì")


def test_only_sections_with_rows() -> None:
    """Headings of sections without a row of this unit are left out."""
    form = sample_form("KHTC")
    led, supporting = form.table("led"), form.table("supporting")
    assert led is not None and supporting is not None
    assert list(led.sections) == ["I"]
    assert list(supporting.sections) == ["I", "II"]


def test_names_of_the_cut_off_day() -> None:
    """The agency above has the name that was valid on the cut-off day, not today's."""
    form = sample_form()
    assert form.parent == "UBND tỉnh Đồng Nai"
    assert form.gatherer == "Văn phòng Sở"
    assert form.short_id == ISSUE_ID[:10]


def test_unknown_unit() -> None:
    """Asking for the form of a unit that the plan does not have is a programming error."""
    with pytest.raises(KeyError):
        sample_form("XX")


def test_office_may_word_the_guide(tmp_path: Path) -> None:
    """A template in the workspace replaces the packaged guide, and the form keeps what was rendered."""
    texts = tmp_path / "templates" / "texts"
    texts.mkdir(parents=True)
    (texts / "huong-dan.md.j2").write_text("# Biểu của {{ form.unit_name }}\n\n{{ deadline }}\n", encoding="utf-8")
    form = _build(sample_plan(), "VP", tmp_path)
    assert form.guide == ("# Biểu của Văn phòng Sở", "Chậm nhất thứ Sáu, ngày 17 tháng 4 năm 2026")


@pytest.mark.parametrize("text", ["{{ form.ten_don_vi }}", "{{ deadline", "{{ 1 / 0 }}"])
def test_a_wrong_guide_is_told(tmp_path: Path, text: str) -> None:
    """A guide of the office's own that names an unknown word, or is broken, is named with the remedy."""
    (tmp_path / "templates" / "texts").mkdir(parents=True)
    (tmp_path / "templates" / "texts" / "huong-dan.md.j2").write_text(text, encoding="utf-8")
    with pytest.raises(Nq57Error, match=r"templates/texts/huong-dan\.md\.j2"):
        _build(sample_plan(), "VP", tmp_path)


def test_period_in_words() -> None:
    """Period, window and deadline read as an office writes them."""
    period = sample_period()
    assert period_line(period) == "Kỳ báo cáo: tháng 4/2026, số liệu từ 15/3 đến 14/4/2026"
    january = attrs.evolve(period, start=date(2025, 12, 15), cutoff=date(2026, 1, 14))
    assert data_window(january) == "từ 15/12/2025 đến 14/1/2026"
    assert deadline_in_words(date(2026, 2, 5)) == "Chậm nhất thứ Năm, ngày 05 tháng 02 năm 2026"
    assert deadline_in_words(date(2026, 4, 19)).startswith("Chậm nhất Chủ nhật")
    assert [_frequency(code) for code in ("2026-04", "2026-Q2", "2026-H1", "2026")] == [
        "Hằng tháng",
        "Hằng quý",
        "06 tháng một lần",
        "Hằng năm",
    ]
    assert form_file_name("2026-04", "VP") == "NQ57_2026-04_VP.xlsx"


def test_plan_name_and_shortening() -> None:
    """A title joins a sentence with its kind of document; long names are cut between words."""
    assert plan_name("Triển khai Nghị quyết số 57") == "Kế hoạch triển khai Nghị quyết số 57"
    assert plan_name("Kế hoạch triển khai") == "Kế hoạch triển khai"
    assert shorten("ngắn") == "ngắn"
    assert shorten("một hai ba bốn năm", 12) == "một hai ba…"


def test_the_plans_note_stands_beside_the_deadline() -> None:
    """ "Thực hiện khi có văn bản đề nghị" decides what a unit reports: it is told in the form, led or supported."""
    plan = sample_plan()
    noted = attrs.evolve(plan.tasks[0], note="Thực hiện khi có văn bản đề nghị")
    plan = attrs.evolve(plan, tasks=(noted, *plan.tasks[1:]))
    for unit, table in (("VP", "led"), ("QLDT", "supporting")):
        form = _build(plan, unit)
        rows = form.table(table)
        assert rows is not None
        assert rows.rows[0].texts["deadline"] == "Trong tháng 3/2026\n(Thực hiện khi có văn bản đề nghị)"


def _earlier(**values: CellValue) -> EarlierAnswer:
    """What was reported in March, by field."""
    cells = {name: Value("led", "I.1", name, str(value), value, "1. Kết quả", "F6") for name, value in values.items()}
    return EarlierAnswer("2026-03", "tháng 3/2026", cells)


@pytest.mark.parametrize(
    ("earlier", "words"),
    [
        (None, "Chưa có"),
        (_earlier(result="Đã làm"), "Chưa có"),
        (_earlier(progress="not_started"), "Tháng 3/2026: Chưa thực hiện"),
        (_earlier(progress="ongoing", result="Xử lý 05 hồ sơ"), "Tháng 3/2026: Thường xuyên – Xử lý 05 hồ sơ"),
        (_earlier(progress="in_progress", percent=0.455), "Tháng 3/2026: Đang thực hiện, 45,5%"),
    ],
)
def test_what_was_reported_before_in_few_words(earlier: EarlierAnswer | None, words: str) -> None:
    """Month, progress, percentage and result, each only where it was given."""
    assert (earlier or _NOTHING_BEFORE).led_words(load_schema()) == words


def test_a_long_earlier_result_is_shortened_between_words() -> None:
    """A narrow column repeats the beginning of a long result."""
    shown = _earlier(progress="ongoing", result="từng bước " * 100).led_words(load_schema())
    assert shown.endswith((" từng…", " từng bước…"))
    assert len(shown) < 200


@pytest.mark.parametrize(
    ("earlier", "measure", "words"),
    [
        (None, "percent", "Chưa có"),
        (_earlier(note="x"), "percent", "Chưa có"),
        (_earlier(value=0.708), "percent", "70,8%\ntháng 3/2026"),
        (_earlier(value=82.5), "number", "82,5\ntháng 3/2026"),
        (_earlier(value="yes"), "choice", "Có\ntháng 3/2026"),
        (_earlier(numerator=85.0, denominator=120.0), "percent", "70,8% (85/120)\ntháng 3/2026"),
        (_earlier(numerator=85.0, denominator=120.0), "number", "85/120\ntháng 3/2026"),
        (_earlier(numerator=0.0, denominator=0.0), "percent", "0/0\ntháng 3/2026"),
        (_earlier(no_data="no_data"), "percent", "Chưa có số liệu\ntháng 3/2026"),
    ],
)
def test_an_indicators_earlier_result(earlier: EarlierAnswer | None, measure: str, words: str) -> None:
    """The value, else the quotient with both numbers, else that there were no data."""
    assert attrs.evolve(earlier or _NOTHING_BEFORE, measure=measure).indicator_words(load_schema()) == words


@pytest.mark.parametrize(
    ("said", "measure", "words"),
    [("yes", "choice", "Có"), (0.7, "percent", "70%"), (85.0, "number", "85")],
)
def test_an_indicator_measured_otherwise_since_is_compared_with_nothing(
    said: float | str, measure: str, words: str
) -> None:
    """The plan was amended, what was «Có» is counted now: the old answer is shown as it was told, and asks nothing."""
    plan = sample_plan()
    for item in plan.indicators:
        new = attrs.evolve(plan, indicators=(attrs.evolve(item, kind="stock"),))
        earlier = attrs.evolve(_earlier(value=said), measure=measure)
        form = _build(new, item.lead_units[0], previous={("indicator", item.code): earlier})
        row = form.rows["indicator", item.code]
        assert row.texts["previous"] == f"{words}\ntháng 3/2026"
        assert ("before_value" in row.facts) == (item.measure == measure)


def test_an_office_that_wants_no_free_rows_still_has_its_forms_signed() -> None:
    """With «Số dòng trống in sẵn» 0 the sheet of the free tables, on which the sign-off stands, has one row of each."""
    plan = sample_plan()
    form = _build(attrs.evolve(plan, settings=attrs.evolve(plan.settings, free_rows=0)), "VP")
    assert [(spec.table, len(form.table(spec.table).rows)) for spec in form.blocks(form.sheets[-1])] == [  # type: ignore[union-attr]
        ("proposal", 1),
        ("difficulty", 1),
        ("signoff", 1),
    ]


def test_only_a_led_row_is_locked_by_an_earlier_report() -> None:
    """Done last month without a date: locked for its lead, and the plan's own "Đã thực hiện" stays as it is."""
    plan = sample_plan()
    previous = {("led", key): _earlier(progress="done") for key in ("I.1", "I.2")}
    form = _build(plan, "VP", previous=previous)
    led = form.table("led")
    assert led is not None
    first, second, third = led.rows
    assert (first.open, first.texts["done"], first.facts["done_period"]) == (False, "Đã hoàn thành trước kỳ", "2026-03")
    assert (second.open, second.facts.get("done_period")) == (False, None)
    assert third.open


def test_received_texts_stand_in_the_plans_order() -> None:
    """A locked row for each text of a supporter; read back from the form they are the same."""
    received = (
        SupporterAnswer("II.1.1", "QLDT", "Phòng Quản lý đô thị", "Đã cử cán bộ"),
        SupporterAnswer("I.1", "KHTC", "Phòng Kế hoạch tài chính", "Đã góp ý"),
    )
    plan = sample_plan()
    form = _build(plan, "VP", version=2, received=received)
    assert _keys(form, "received") == ["I.1.KHTC", "II.1.1.QLDT"]
    assert set(form.received) == set(received)
    titles = [sheet.title for sheet in layout(form)]
    assert titles.index("Phối hợp đã nhận") == titles.index("1. Kết quả") + 1
    assert not [slot for slot in entry_slots(form) if slot.sheet == "received"]
    guide = next(sheet for sheet in layout(form) if sheet.id == "guide")
    assert "Nội dung phối hợp đã nhận" in [slot.text for slot in guide.slots]


def test_a_forms_typed_cells_survive_the_ledgers_text() -> None:
    """Texts that look like dates, dates, fractions and blanks come back from JSON as what they were."""
    values = tuple(
        Value("led", "I.1", str(number), "x", value, "1. Kết quả", "F6")
        for number, value in enumerate(("2026-04-01", date(2026, 4, 1), 0.1, None, "", 1.0))
    )
    form = attrs.evolve(sample_form(), values=values)
    again = from_json(to_json(form), Form)
    assert again == form
    assert [type(item.value) for item in again.values] == [type(item.value) for item in values]


def test_conditional_rows_are_told_what_to_choose() -> None:
    """The hint of the progress cell says that "Chưa phát sinh" asks for nothing more, and no rule asks after it."""
    schema = load_schema()
    field = schema.table("led").field("progress")
    shown = validation_of(field, schema, {}, 2026)["input_message"]
    assert "«Chưa phát sinh», không phải nhập gì thêm" in shown
    asked = [
        rule.id
        for rule in schema.table("led").rules
        if rule.predicate == "required_if" and "not_arisen" in rule.when.get("progress", ())
    ]
    assert asked == []


def test_a_text_higher_than_a_row_is_cut_at_line_breaks() -> None:
    """Excel's rows end at 409 points: forty lines stand in two rows, and read back they are one text again."""
    text = "\n".join(f"- Việc thứ {number}" for number in range(40))
    parts = _parts_of(text, 80)
    assert [len(part.split("\n")) for part in parts] == [25, 15]
    said = SupporterAnswer("I.1", "KHTC", "Phòng Kế hoạch tài chính", text)
    form = _build(sample_plan(), "VP", version=2, received=(said,))
    assert _keys(form, "received") == ["I.1.KHTC", "I.1.KHTC.2"]
    assert form.received == (said,)


def test_a_line_higher_than_a_row_is_cut_between_words() -> None:
    """Text pasted without a line break: no part is higher than a row, no word is lost, and again it is cut so."""
    text = " ".join(f"đã góp ý lần {number}" for number in range(400))
    parts = _parts_of(text, 80)
    assert len(parts) > 1 and all(len(wrapped(part, 80, indent=1)) <= 25 for part in parts)
    assert " ".join(parts) == text
    assert _parts_of("\n".join(parts), 80) == parts


def test_no_text_of_a_supporter_is_lost_where_codes_are_alike() -> None:
    """The second part of what KHTC said has the key of what KHTC.2 said: both stand in a form that goes back."""
    said = (
        SupporterAnswer("I.1", "KHTC", "Phòng KHTC", "đã góp ý " * 400),
        SupporterAnswer("I.1", "KHTC.2", "Tổ 2", "x"),
    )
    form = _build(sample_plan(), "VP", version=2, received=said)
    assert len(set(_keys(form, "received"))) < len(_keys(form, "received"))
    assert form.with_added_rows(()) is form


def test_names_of_rows_are_told_apart() -> None:
    """Two long texts that begin alike are named by the words in which they differ; a text that stands twice stays."""
    same = "Phối hợp tham mưu xây dựng Nghị quyết ban hành quy định tiêu chí, điều kiện, trình tự, thủ tục hỗ trợ"
    texts = [f"{same} sản phẩm chip bán dẫn", f"{same} dự án khởi nghiệp", "Thường xuyên", "Thường xuyên"]
    named = _told_apart(texts)
    assert named[:2] == ["… hỗ trợ sản phẩm chip bán dẫn", "… hỗ trợ dự án khởi nghiệp"]
    assert named[2:] == ["Thường xuyên", "Thường xuyên"]
    begun, longer = _told_apart([f"{same} sản phẩm", f"{same} sản phẩm chip"])
    assert begun != longer and "thủ tục hỗ trợ sản phẩm" in begun and longer.endswith("sản phẩm chip")


def test_a_parent_task_that_says_the_same_is_left_out() -> None:
    """A task above its sub-task is shown only where it says something else."""
    plan = read_appendix(bundled_appendix("sxd-2026")).plan
    tasks = {task.code: task for task in plan.tasks}
    table = _build(plan, "VP").table("led")
    assert table is not None
    works = {row.key: row.texts["work"] for row in table.rows}
    assert works["I.4"] == tasks["I.4"].subtask
    assert works["I.2"] == f"{tasks['I.2'].task}\n- {tasks['I.2'].subtask}"
