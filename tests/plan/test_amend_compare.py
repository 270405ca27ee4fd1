"""amend, the pure part: rows of two versions are paired, codes stay, nothing is given twice."""

from __future__ import annotations

import datetime as dt
import io
import random

import attrs
import openpyxl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nq57xl.errors import Nq57Error
from nq57xl.plan.amend import Origin, amended, read_comparison, write_comparison
from nq57xl.plan.appendix_read import BUNDLED_PLANS
from nq57xl.plan.compare import Decisions, compare_plans, completed, general_changes, is_copy
from nq57xl.plan.deadlines import Deadline, Target
from nq57xl.plan.model import Plan, Section, Unit
from tests.amend_plans import change_of, edited, plan, retold, reworded, with_tasks
from tests.amounts import amount
from tests.conftest import CheckOoxml
from tests.import_kit import markdown
from tests.plan_samples import PLANS

DAY = dt.date(2026, 7, 1)


@pytest.mark.parametrize("same_file", [True, False])
@pytest.mark.parametrize("name", BUNDLED_PLANS)
def test_the_same_plan_is_no_change(name: str, same_file: bool) -> None:
    """Both plans against themselves, with their codes and from a document without them: every row continues itself."""
    old = plan(name)
    new = old if same_file else retold(old)
    found = compare_plans(old, new, same_file=same_file)
    assert found.changes == ()
    assert found.general == ()
    assert amended(found, frozenset()) == old


@settings(max_examples=amount(12, 500))
@given(PLANS)
def test_no_random_plan_differs_from_itself(old: Plan) -> None:
    """Whatever a plan holds, doubled and empty rows too, compared with itself it has no change."""
    assume(len({row.code for row in old.tasks}) == len(old.tasks))
    assume(len({row.code for row in old.indicators}) == len(old.indicators))
    found = compare_plans(old, old, same_file=True)
    assert found.changes == ()
    assert amended(found, frozenset()).tasks == old.by_section().tasks


def test_renumbered_rows_keep_their_codes() -> None:
    """sxd restarts its numbers in each section; numbered through from 1 to 25, every row keeps its code."""
    old = plan()
    numbers = iter(range(1, 99))
    tasks = [attrs.evolve(row, number=str(next(numbers)), subnumber=None) for row in retold(old).tasks]
    new = with_tasks(retold(old), tasks)
    found = compare_plans(old, new)
    kinds = {kind for row in found.changes for kind in row.kinds}
    assert kinds == {"renumbered"}
    after = amended(found, frozenset())
    assert [row.code for row in after.tasks] == [row.code for row in old.tasks]
    assert [row.number for row in after.tasks[-2:]] == ["25", "26"]


def test_a_section_that_comes_first_renumbers_the_others() -> None:
    """A new section I: all rows keep their codes, none of them counts as moved."""
    old = plan()
    later = {"I": "II", "II": "III", "III": "IV", "IV": "V", "V": "VI", "VI": "VII"}
    base = retold(old)
    first = attrs.evolve(
        base.tasks[0], code="Y.1", section="I", number="1", task="Tuyên truyền", subtask="Mở chuyên mục"
    )
    new = attrs.evolve(
        base,
        sections=(Section("I", "Công tác tuyên truyền"), *(Section(later[s.number], s.title) for s in base.sections)),
        tasks=(first, *(attrs.evolve(row, section=later[row.section]) for row in base.tasks)),
    )
    found = compare_plans(old, new)
    assert {kind for row in found.changes for kind in row.kinds} == {"renumbered", "added"}
    after = amended(found, frozenset())
    assert [row.code for row in after.tasks[1:]] == [row.code for row in old.tasks]
    assert after.tasks[0].code not in {row.code for row in old.tasks}


def test_swapped_rows_are_followed_by_their_texts() -> None:
    """Two rows change places and numbers: each keeps its code, also in a copy of the appendix whose codes stayed."""
    old = plan()
    one, other = old.tasks[2], old.tasks[6]
    tasks = list(old.tasks)
    tasks[2] = attrs.evolve(other, code=one.code, number=one.number)
    tasks[6] = attrs.evolve(one, code=other.code, number=other.number)
    for same_file in (True, False):
        new = with_tasks(old, tasks)
        after = amended(compare_plans(old, new, same_file=same_file), frozenset())
        assert (after.tasks[2].code, after.tasks[6].code) == (other.code, one.code)


def test_moved_reworded_dropped_and_added() -> None:
    """One of each in the plan of sxd, from a document without codes: each is told as what it is."""
    old = plan()
    tasks = list(retold(old).tasks)
    moved = attrs.evolve(tasks[25], section="V", number="3")
    reworded = attrs.evolve(tasks[20], subtask=f"{tasks[20].subtask}, bảo đảm dữ liệu đúng, đủ, sạch, sống")
    deadline = attrs.evolve(tasks[2], deadline=Deadline("30/9/2026"))
    added = attrs.evolve(tasks[0], code="", section="II", number="4", task="Đầu tư trạm quan trắc tự động", subtask="",
                         deliverable="10 trạm", kpi="10 trạm", lead="Phòng Kế hoạch tài chính")  # fmt: skip
    rest = [row for index, row in enumerate(tasks) if index not in (3, 25)]
    rest = [{20: reworded, 2: deadline}.get(tasks.index(row), row) for row in rest]
    new = with_tasks(retold(old), [*rest, moved, added])
    found = compare_plans(old, new)
    assert change_of(found, "VI.2").kinds == ("moved", "renumbered")
    assert change_of(found, "IV.3").kinds == ("changed",)
    assert change_of(found, "I.3").fields[0].after == "30/9/2026"
    assert change_of(found, "I.4").kinds == ("dropped",)
    assert [row.index for row in found.rows if "added" in row.kinds] == [25]
    after = amended(found, frozenset())
    last = [row for row in after.tasks if row.section == "II"][-1]
    assert last.code == "II.4"
    assert last.lead_units == ("KHTC",)
    assert "I.4" not in {row.code for row in after.tasks}


def test_a_dropped_code_is_never_given_again() -> None:
    """I.4 is dropped, later a new row is numbered I.4: it gets another code, after one amendment or several."""
    first = plan()
    without = with_tasks(first, [row for row in first.tasks if row.code != "I.4"])
    second = amended(compare_plans(first, without, same_file=True), frozenset())
    used = frozenset(row.code for row in first.tasks)
    fresh = attrs.evolve(first.tasks[0], code="", number="4", task="Số hóa hồ sơ cấp phép xây dựng", subtask="",
                         deliverable="5.000 hồ sơ", kpi="5.000 hồ sơ")  # fmt: skip
    wider = with_tasks(second, [*second.tasks, fresh])
    third = amended(compare_plans(second, wider, same_file=True), used)
    assert [row.code for row in third.tasks if row.section == "I"][-1] == "I.4-2"


def test_a_copied_row_with_its_code_is_a_new_row() -> None:
    """People copy a row with its code and type over it: the original keeps the code, the copy gets its own."""
    old = plan()
    copy = attrs.evolve(
        old.tasks[0], task="Tổ chức sát hạch lái xe điện tử", subtask="", deliverable="Phần mềm", kpi="01"
    )
    new = with_tasks(old, [copy, *old.tasks])
    after = amended(compare_plans(old, new, same_file=True), frozenset())
    assert after.tasks[1].code == "I.1"
    assert after.tasks[0].code not in {row.code for row in old.tasks}


def test_what_the_office_entered_stays() -> None:
    """E-mails, settings and Hạn chuẩn stay; Hạn chuẩn goes where the printed deadline changed."""
    old = plan()
    units = tuple(attrs.evolve(unit, email=f"{unit.code}@vi.du") for unit in old.units)
    tasks = [attrs.evolve(row, standard_deadline=dt.date(2026, 9, 30)) for row in old.tasks]
    old = attrs.evolve(old, units=units, tasks=tuple(tasks), settings=attrs.evolve(old.settings, at_risk_days=9))
    rows = list(retold(old).tasks)
    rows[1] = attrs.evolve(rows[1], deadline=Deadline("Quý III/2026"))
    new = with_tasks(
        attrs.evolve(retold(old), units=(Unit("VPS", "Văn phòng Sở"), Unit("TT", "Trung tâm Đăng kiểm"))), rows
    )
    after = amended(compare_plans(old, new), frozenset())
    assert [unit.code for unit in after.units] == [*(unit.code for unit in old.units), "TT"]
    assert [unit.email for unit in after.units[:-1]] == [unit.email for unit in old.units]
    assert after.settings.at_risk_days == 9
    assert [row.standard_deadline for row in after.tasks[:3]] == [dt.date(2026, 9, 30), None, dt.date(2026, 9, 30)]
    assert after.properties.id == old.properties.id


def test_what_the_office_said_of_its_indicators_stays() -> None:
    """A document says nothing of kinds and limits of movement: they stay where the row goes on."""
    old = plan()
    items = tuple(attrs.evolve(row, kind="flow", threshold=30) for row in old.indicators)
    told = retold(old)
    after = amended(compare_plans(attrs.evolve(old, indicators=items), told), frozenset())
    assert {(row.kind, row.threshold) for row in after.indicators} == {("flow", 30)}


def test_a_copy_says_all_that_the_office_changed_in_it() -> None:
    """Settings put back to the usual, a group with fewer members, a Hạn chuẩn taken out: done, and each is told."""
    usual = plan()
    (group,) = usual.groups
    rows = [attrs.evolve(row, standard_deadline=dt.date(2026, 9, 30)) for row in usual.tasks]
    own = attrs.evolve(usual.properties, internal_day=18, before_is_inclusive=True)
    settings_ = attrs.evolve(usual.settings, at_risk_days=7, vocabulary="A")
    old = attrs.evolve(with_tasks(usual, rows), properties=own, settings=settings_)
    fewer = attrs.evolve(group, members=group.members[:2])
    new = attrs.evolve(
        with_tasks(usual, [attrs.evolve(rows[0], standard_deadline=None), *rows[1:]]),
        groups=(fewer,),
        settings=attrs.evolve(settings_, at_risk_days=5),
    )
    assert is_copy(new, old)
    found = compare_plans(old, new, same_file=True)
    assert [(row.code, row.fields[0].field, row.fields[0].after) for row in found.changes] == [
        (rows[0].code, "standard_deadline", "")
    ]
    after = amended(found, frozenset())
    assert (after.properties, after.settings, after.groups) == (new.properties, new.settings, (fewer,))
    assert after.tasks[0].standard_deadline is None
    assert [(item.field, item.before, item.after) for item in general_changes(old, after)] == [
        ("internal_day", "18", "20"),
        ("before_is_inclusive", "Có", "Không"),
        ("at_risk_days", "7", "5"),
        ("groups", "Mã các thành viên: QLQH, KCATGT, KHTC", "Mã các thành viên: QLQH, KCATGT"),
    ]


def test_an_imported_document_is_no_copy() -> None:
    """The office's next plan, imported, has the id of the present one; what the office entered tells them apart."""
    old = plan()
    units = tuple(attrs.evolve(unit, email=f"{unit.code}@vi.du") for unit in old.units)
    old = attrs.evolve(old, units=units, settings=attrs.evolve(old.settings, at_risk_days=9))
    assert is_copy(with_tasks(old, list(old.tasks[3:])), old)
    assert not is_copy(plan(), old)


def test_what_a_document_does_not_print_stays() -> None:
    """A document of tasks alone, without a column for KPI: indicators and KPIs stay as they are."""
    old = plan()
    bare = attrs.evolve(retold(old), indicators=(), indicator_groups=())
    bare = with_tasks(bare, [attrs.evolve(row, kpi="", note="") for row in bare.tasks])
    new = completed(old, bare)
    found = compare_plans(old, new)
    assert found.changes == ()
    assert amended(found, frozenset()) == old


def test_a_partial_document_keeps_the_rest() -> None:
    """With `keep` rows that the document does not name stay where they are, and its own numbers say nothing."""
    old = plan()
    base = retold(old)
    rows = [attrs.evolve(base.tasks[4], deadline=Deadline("30/6/2026"), number="1", section="I")]
    new = attrs.evolve(base, tasks=tuple(rows), sections=(base.sections[0],))
    found = compare_plans(old, new, keep=True)
    assert sum("kept" in row.kinds for row in found.of("tasks")) == len(old.tasks) - 1
    assert change_of(found, "I.5").kinds == ("changed",)
    assert found.general == ()
    after = amended(found, frozenset())
    assert [row.code for row in after.tasks] == [row.code for row in old.tasks]
    row = next(row for row in after.tasks if row.code == "I.5")
    assert (row.due, row.number) == (dt.date(2026, 6, 30), "5")
    assert after.sections == old.sections


def test_a_partial_document_with_headings_of_its_own() -> None:
    """Its II continues the plan's III, its I is new: rows go where they belong, the new heading behind the others."""
    old = plan("bql-2026")
    base = retold(old)
    third = base.sections[2]
    tasks = (
        attrs.evolve(base.tasks[0], code="", section="I", number="1", task="Diễn tập ứng cứu sự cố", subtask=""),
        attrs.evolve(base.tasks[5], section="II", number="2", kpi="100% CSDL, cập nhật hằng ngày"),
    )
    new = attrs.evolve(base, sections=(Section("I", "Bảo đảm an ninh mạng"), Section("II", third.title)), tasks=tasks)
    after = amended(compare_plans(old, new, keep=True), frozenset())
    assert after.sections == (*old.sections, Section("IV", "Bảo đảm an ninh mạng"))
    assert {row.code: row.section for row in after.tasks if row.code in ("III.6", "IV.1")} == {
        "III.6": "III",
        "IV.1": "IV",
    }


def test_a_document_without_sub_tasks() -> None:
    """A document that prints the tasks alone: rows are known by them, and their sub-tasks stay."""
    old = plan()
    rows = [attrs.evolve(row, subtask="", deliverable="", kpi="", section="") for row in retold(old).tasks]
    new = completed(old, attrs.evolve(retold(old), sections=(), tasks=tuple(rows)))
    found = compare_plans(old, new)
    assert found.changes == ()
    assert amended(found, frozenset()) == old


def test_a_document_without_headings() -> None:
    """Rows stand under the headings of the rows that they continue, new ones under that of the row before them."""
    old = plan()
    rows = [attrs.evolve(row, section="") for row in retold(old).tasks]
    fresh = attrs.evolve(rows[0], code="", number="11", task="Số hóa hồ sơ cấp phép", subtask="", kpi="5.000 hồ sơ")
    new = completed(old, attrs.evolve(retold(old), sections=(), tasks=(*rows[:10], fresh, *rows[10:])))
    found = compare_plans(old, new)
    assert [row.kinds for row in found.changes] == [("added",)]
    after = amended(found, frozenset())
    assert [row.section for row in after.tasks] == ["I"] + [row.section for row in old.tasks]


def test_kept_rows_of_a_heading_whose_number_is_taken() -> None:
    """The old II is not in the document, whose II is another one: a row that is kept stays under it, numbered anew."""
    old = plan("bql-2026")
    base = retold(old)
    new = attrs.evolve(
        base,
        sections=(base.sections[0], Section("II", "Bảo đảm an ninh mạng cho hệ thống thông tin")),
        tasks=base.tasks[:2],
    )
    continues = {("tasks", 0): "I.1", ("tasks", 1): "I.2"}
    kept = frozenset(("tasks", row.code) for row in old.tasks[2:])
    found = compare_plans(old, new, Decisions(continues, kept=kept))  # type: ignore[arg-type]
    after = amended(found, frozenset())
    titles = {section.number: section.title for section in after.sections}
    assert len(titles) == 4
    for row in old.tasks:
        now = next(item for item in after.tasks if item.code == row.code)
        assert titles[now.section] == next(s.title for s in old.sections if s.number == row.section)


def test_indicators_are_compared_too() -> None:
    """A target is raised, an indicator dropped, one added: told by row and field."""
    old = plan()
    items = list(retold(old).indicators)
    items[2] = attrs.evolve(items[2], target=Target("≥ 95%"))
    added = attrs.evolve(items[0], code="", group="II", number="2", indicator="Số trạm sạc xe điện", unit="trạm",
                         target=Target("≥ 40"))  # fmt: skip
    new = attrs.evolve(retold(old), indicators=(*items[:9], *items[10:], added))
    found = compare_plans(old, new)
    told = [(row.code, row.kinds) for row in found.changes]
    assert told == [("CT.I.3", ("changed",)), (None, ("added",)), ("CT.III.6", ("dropped",))]
    assert (found.changes[0].fields[0].before, found.changes[0].fields[0].after) == ("≥ 90%", "≥ 95%")
    after = amended(found, frozenset())
    assert after.indicators[2].target.value == 0.95
    assert [row.code for row in after.indicators if row.group == "II"][-1] == "CT.II.2"


@settings(max_examples=amount(8, 200))
@given(st.integers(0, 2**32), st.sampled_from(BUNDLED_PLANS), st.booleans(), st.booleans())
def test_no_code_names_two_tasks(seed: int, name: str, same_file: bool, keep: bool) -> None:
    """Over several random amendments no code is in use twice, and none that was dropped ever comes back."""
    script = random.Random(seed)
    now = plan(name)
    used = frozenset(row.code for row in now.tasks)
    for _ in range(3):
        new = edited(now, script)
        found = compare_plans(now, new, same_file=same_file, keep=keep)
        then = amended(found, used, effective_from=DAY)
        codes = [row.code for row in then.tasks]
        assert len(set(codes)) == len(codes)
        assert all(codes)
        assert not (set(codes) - {row.code for row in now.tasks}) & used
        assert {row.code for row in found.rows if row.table == "tasks" and row.code} == {r.code for r in now.tasks}
        used |= set(codes)
        now = then


@pytest.mark.parametrize("name", BUNDLED_PLANS)
def test_reworded_rows_are_followed(name: str) -> None:
    """A third reworded, an eighth dropped, all numbered anew and without codes: no row gets another's code."""
    old, script, lost = plan(name), random.Random(57), 0
    for _ in range(amount(5, 30)):
        dropped = set(script.sample(range(len(old.tasks)), len(old.tasks) // 8))
        rows = [
            (code, reworded(row, script) if script.random() < 0.33 else row)
            for index, (code, row) in enumerate(zip([r.code for r in old.tasks], retold(old).tasks, strict=True))
            if index not in dropped
        ]
        tasks = [attrs.evolve(row, number=str(number), subnumber=None) for number, (_, row) in enumerate(rows, 1)]
        found = compare_plans(old, with_tasks(retold(old), tasks))
        for change in found.rows:
            if change.table == "tasks" and change.index is not None:
                lost += change.code is None
                assert change.code in (None, rows[change.index][0])
    assert lost <= amount(2, 8)


def test_a_renamed_unit_keeps_its_old_name_until_then() -> None:
    """In a copy of the appendix a unit's name is changed: the old name is noted with its last day."""
    old = plan()
    units = (attrs.evolve(old.units[0], name="Văn phòng Sở và Thanh tra"), *old.units[1:])
    new = attrs.evolve(old, units=units)
    after = amended(compare_plans(old, new, same_file=True), frozenset(), effective_from=DAY)
    assert [(item.name, item.valid_to) for item in after.units[0].former_names] == [
        ("Văn phòng Sở", dt.date(2026, 6, 30))
    ]
    assert after.tasks[1].lead_units == ("VP",)


def origin() -> Origin:
    return Origin("/x/ke hoach moi.docx", "ab" * 32, "0123456789ab", DAY, partial=True)


def test_comparison_book_and_back(check_ooxml: CheckOoxml) -> None:
    """The workbook passes the strict checker; read back unchanged it gives the decisions that were proposed."""
    old = plan()
    base = retold(old)
    new = attrs.evolve(base, tasks=base.tasks[5:], indicators=base.indicators[1:])
    found = compare_plans(old, new)
    data = write_comparison(found, origin())
    check_ooxml(data)
    assert write_comparison(found, origin()) == data
    read, decisions = read_comparison(data, "so-sanh.xlsx")
    assert read == origin()
    assert compare_plans(old, new, decisions) == found
    decisions.require_whole(found, "so-sanh.xlsx")


@pytest.mark.parametrize("key", ["+x", "+" + "9" * 5000])
def test_a_comparison_whose_hidden_key_was_typed_over_is_refused_by_its_cell(key: str) -> None:
    """A hidden key that names no row: refused with sheet and cell, never taken for a new row."""
    old = plan()
    book = openpyxl.load_workbook(io.BytesIO(write_comparison(compare_plans(old, retold(old)), origin())))
    book["Nhiệm vụ"]["A6"] = key
    stream = io.BytesIO()
    book.save(stream)
    with pytest.raises(Nq57Error, match=r"so-sanh\.xlsx, trang «Nhiệm vụ», ô B6"):
        read_comparison(stream.getvalue(), "so-sanh.xlsx")


@pytest.mark.parametrize("said", ["giữ lại", None, "I.2", "mới"])
def test_what_becomes_of_an_old_row_is_said_in_one_of_two_words(said: str | None) -> None:
    """Neither «bỏ» nor «giữ» beside a row that the document does not have: refused by its cell, never dropped."""
    old = plan()
    found = compare_plans(old, attrs.evolve(retold(old), tasks=retold(old).tasks[1:]), keep=True)
    book = openpyxl.load_workbook(io.BytesIO(write_comparison(found, origin())))
    sheet = book["Nhiệm vụ"]
    row = next(cell.row for cell in sheet["A"] if str(cell.value).startswith("-"))
    sheet.cell(row, 2).value = said
    stream = io.BytesIO()
    book.save(stream)
    with pytest.raises(Nq57Error, match=rf"trang «Nhiệm vụ», ô B{row}: .*«bỏ» hoặc «giữ»"):
        read_comparison(stream.getvalue(), "so-sanh.xlsx")


def test_decisions_of_the_office() -> None:
    """A row said to continue another code, one said to be new, one left out, an old one kept: each is done."""
    old = plan()
    base = retold(old)
    new = with_tasks(base, list(base.tasks[1:]))
    continues = {("tasks", j): row.code for j, row in enumerate(old.tasks[1:])}
    continues |= {("indicators", j): row.code for j, row in enumerate(old.indicators)}
    continues["tasks", 0] = ""
    continues["tasks", 1] = "I.1"
    decisions = Decisions(continues, frozenset({("tasks", 4)}), frozenset({("tasks", "I.3")}))  # type: ignore[arg-type]
    after = amended(compare_plans(old, new, decisions), frozenset())
    texts = {row.code: row.subtask for row in after.tasks}
    assert texts["I.1"] == old.tasks[2].subtask
    assert texts["I.3"] == old.tasks[2].subtask
    assert "I.2" not in texts
    assert "I.6" not in texts
    new_code = next(row.code for row in after.tasks if row.subtask == old.tasks[1].subtask)
    assert new_code not in {row.code for row in old.tasks}


@pytest.mark.parametrize(
    ("continues", "told"),
    [({("tasks", 0): "IX.9"}, "không có mã IX.9"), ({("tasks", 0): "I.1", ("tasks", 1): "I.1"}, "ghi cho hai dòng")],
)
def test_wrong_decisions_are_refused(continues: dict[tuple[str, int], str], told: str) -> None:
    """An unknown code and a code for two rows are refused by name."""
    found = compare_plans(plan(), plan())
    lines = frozenset((row.table, row.key) for row in found.rows)
    with pytest.raises(Nq57Error, match=told):
        Decisions(continues, lines=lines).require_whole(found, "so-sanh.xlsx")  # type: ignore[arg-type]


@pytest.mark.parametrize("row", [6, 30])
def test_a_line_that_was_deleted_is_no_decision(row: int) -> None:
    """A row of the document or an old one whose line is gone from the workbook: refused with its text, never new or
    dropped; a line that stands twice is refused by its cell."""
    old = plan()
    found = compare_plans(old, attrs.evolve(retold(old), tasks=retold(old).tasks[1:]), keep=True)
    book = openpyxl.load_workbook(io.BytesIO(write_comparison(found, origin())))
    sheet = book["Nhiệm vụ"]
    cells = [cell.value for cell in sheet[row]]
    sheet.delete_rows(row)
    whole = io.BytesIO()
    book.save(whole)
    _, decisions = read_comparison(whole.getvalue(), "so-sanh.xlsx")
    text = next(str(cell) for cell in (cells[5], cells[4]) if cell).partition("] ")[2][:20]
    with pytest.raises(Nq57Error, match="trang «Nhiệm vụ»: thiếu dòng") as caught:
        decisions.require_whole(found, "so-sanh.xlsx")
    assert text in str(caught.value)
    sheet.append([cell.value for cell in sheet[7]])
    twice = io.BytesIO()
    book.save(twice)
    with pytest.raises(Nq57Error, match=rf"ô B{sheet.max_row}: dòng này có hai lần"):
        read_comparison(twice.getvalue(), "so-sanh.xlsx")


def national(*rows: tuple[str, str]) -> Plan:
    """A version of one national appendix, as the importer reads it; (task, lead) of each row."""
    front = "CHÍNH PHỦ\n\nSố: 03/NQ-CP\n\nHà Nội, ngày 09 tháng 01 năm 2025\n\nNGHỊ QUYẾT\n\nBan hành Chương trình"
    lines = [(str(at), text, "Đề án", lead, "Các bộ, ngành", "2026") for at, (text, lead) in enumerate(rows, 1)]
    return markdown(lines, front=front).plan


def test_agencies_renamed_and_merged_between_two_versions_go_on() -> None:
    """Rows stay under the ministry's new name: one renamed keeps its code, one merged has the other as successor."""
    works = [f"Xây dựng cơ sở dữ liệu chuyên ngành lĩnh vực {word} phục vụ quản lý" for word in
             ("đất đai", "trồng trọt", "viễn thông", "bưu chính", "sở hữu trí tuệ", "thủy lợi")]  # fmt: skip
    farm, both = "Bộ Nông nghiệp và Phát triển nông thôn", "Bộ Nông nghiệp và Môi trường"
    media, science = "Bộ Thông tin và Truyền thông", "Bộ Khoa học và Công nghệ"
    old = national(*zip(works, (farm, farm, media, media, science, farm), strict=True))
    new = national(*zip(works, (both, both, science, science, science, both), strict=True))
    after = amended(compare_plans(old, new), frozenset(), effective_from=DAY)
    assert [task.code for task in after.tasks] == [task.code for task in old.tasks]
    codes = {unit.name: unit.code for unit in old.units}
    units = {unit.code: unit for unit in after.units}
    renamed, merged = units[codes[farm]], units[codes[media]]
    assert (renamed.name, [item.name for item in renamed.former_names]) == (both, [farm])
    assert (merged.successors, merged.valid_to) == ((codes[science],), dt.date(2026, 6, 30))
    assert {task.lead_units for task in after.tasks} == {(codes[farm],), (codes[science],)}
    assert len(after.units) == len(old.units)
