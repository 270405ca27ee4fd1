"""A quarter from its months: each field by its rule, every value traced, what is missing named; nothing asked again."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import attrs
import pytest
from openpyxl import load_workbook

from nq57xl.commands.collect import collect
from nq57xl.commands.consolidated import consolidated
from nq57xl.commands.merge import merge
from nq57xl.commands.standing import OfficePeriod
from nq57xl.commands.status import status
from nq57xl.errors import Nq57Error
from nq57xl.forms.model import Form, FormCell
from nq57xl.outputs.document import render_document
from nq57xl.plan.appendix_read import read_appendix
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.results.model import Consolidation, IndicatorEntry, LeadEntry
from nq57xl.rules.schema import CellValue
from tests import year_kit as year
from tests.document_kit import blocks, opened

APRIL, MAY, JUNE, QUARTER = "2026-04", "2026-05", "2026-06", "2026-Q2"
RATIO, SCORE, CHOICE = "CT.I.1", "CT.I.2", "CT.II.1"


def month(
    period: str, percent: float, result: str, parts: tuple[float, float], score: float
) -> dict[FormCell, CellValue]:
    return {
        ("led", "I.1", "percent"): percent,
        ("led", "I.1", "result"): result,
        ("indicator", RATIO, "no_data"): None,
        ("indicator", RATIO, "numerator"): parts[0],
        ("indicator", RATIO, "denominator"): parts[1],
        ("indicator", SCORE, "no_data"): None,
        ("indicator", SCORE, "value"): score,
        ("indicator", CHOICE, "no_data"): None,
        ("indicator", CHOICE, "value"): "yes" if period == JUNE else "no",
    }


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """VP reports three months, the last one twice; QLDT leaves May out; the others report April alone."""
    root = year.start_sample(tmp_path_factory.mktemp("quy") / "Van phong")
    said = {
        APRIL: month(APRIL, 0.2, "Đã rà soát 40 thủ tục", (80, 100), 61.0),
        MAY: month(MAY, 0.3, "đã rà soát  40 thủ tục", (10, 50), 62.5),
        JUNE: month(JUNE, 0.6, "Đã rà soát 90 thủ tục", (30, 50), 64.0),
    }
    said[JUNE] |= {("led", "II.1.1", name): None for name in ("percent", "result", "cause")}
    said[JUNE] |= {("led", "II.1.1", "progress"): "not_arisen"}
    for period, typed in said.items():
        year.issue(root, period)
        if period == JUNE:
            year.send(root, period, {**typed, ("led", "I.1", "percent"): 0.5}, day=14)
        others = {APRIL: ("QLDT", "QLDN", "KHTC"), MAY: (), JUNE: ("QLDT",)}[period]
        year.send_units(root, period, {"VP": typed, **{unit: {} for unit in others}})
    return root


def whole(root: Path) -> Consolidation:
    office = year.at(root, year.moment(JUNE, 20))
    with office.reading() as ledger:
        return consolidated(OfficePeriod.of(office, ledger, QUARTER))


def led(c: Consolidation, code: str, unit: str = "VP") -> LeadEntry:
    row = next(row for row in c.tasks if row.task.code == code)
    return next(entry for entry in row.entries if entry.unit == unit)


def indicator(c: Consolidation, code: str) -> IndicatorEntry:
    return next(row for row in c.indicators if row.indicator.code == code).entries[0]


def test_each_field_by_its_rule(root: Path) -> None:
    """State of June's counting return; texts by month without repeats; flows summed and divided, stocks of June."""
    c = whole(root)
    row = led(c, "I.1")
    assert (row.progress, row.value("percent")) == ("in_progress", 0.6)
    assert row.value("result") == "Tháng 4/2026: Đã rà soát 40 thủ tục\nTháng 6/2026: Đã rà soát 90 thủ tục"
    ratio, score = indicator(c, RATIO), indicator(c, SCORE)
    assert (ratio.values["numerator"].value, ratio.values["denominator"].value) == (80 + 10 + 30, 100 + 50 + 50)
    assert (ratio.result, ratio.computed, score.result) == (0.6, True, 64.0)
    assert indicator(c, CHOICE).result == "yes"


def test_a_row_that_did_not_arise_in_the_last_month_arose_in_the_quarter(root: Path) -> None:
    """ "Chưa phát sinh" in June does not stand beside the results of April and May: the state is that of May."""
    row = led(whole(root), "II.1.1")
    assert (row.progress, row.value("percent")) == ("in_progress", 0.45)
    assert str(row.value("result")).startswith("Tháng 4/2026: ") and "\nTháng 5/2026: " in str(row.value("result"))


def test_every_value_leads_to_the_months_cells(root: Path) -> None:
    """The three cells of the numerator are named with the file of their month, as typed there."""
    cells = [
        (item.source.path.split("/")[-2], item.value.typed, bool(item.value.cell))
        for item in whole(root).traced
        if (item.unit, item.value.key, item.value.field) == ("VP", RATIO, "numerator")
    ]
    assert cells == [(APRIL, "80", True), (MAY, "10", True), (JUNE, "30", True)]


def test_months_that_lack_a_unit_are_named(root: Path) -> None:
    """QLDT in May, two units in May and June; the quarter is not complete."""
    here = status(year.at(root, year.moment(JUNE, 20)), "quý II/2026").status
    told = {item.value: item.message for item in here.period_findings if item.code == "MONTH_WITHOUT_UNIT"}
    assert {unit: [month for month in ("4", "5", "6") if f"tháng {month}/" in text] for unit, text in told.items()} == {
        "QLDT": ["5"],
        "QLDN": ["5", "6"],
        "KHTC": ["5", "6"],
    }
    assert (here.complete, {unit.state for unit in here.units}) == (False, {"accepted"})


def test_merge_writes_it_and_edits_stay_with_the_months(root: Path) -> None:
    """The workbook holds the sum and its three sources; no bien-tap.xlsx is written; half a year names its months."""
    office = year.at(root, year.moment(JUNE, 20))
    done = merge(office, QUARTER)
    book = load_workbook(done.report.with_name("nguon-so-lieu.xlsx") if _split(done.report) else done.report)
    rows = [[cell.value for cell in row] for sheet in book.worksheets for row in sheet.iter_rows()]
    assert sum(RATIO in row and "Tử số" in row for row in rows) == 3
    assert done.edit_book is None
    half = merge(office, "2026-H1").consolidation.status
    assert [item.message for item in half.period_findings if item.code == "MONTH_NOT_ISSUED"] == [
        "Chưa phát hành biểu mẫu của tháng 1/2026, tháng 2/2026, tháng 3/2026; số liệu của kỳ chưa có các tháng đó."
    ]
    with pytest.raises(Nq57Error, match="Chưa phát hành biểu mẫu quý IV/2026"):
        merge(office, "2026-Q4")


def _split(report: Path) -> bool:
    return report.with_name("nguon-so-lieu.xlsx").exists()


def test_a_kind_that_is_unknown_is_blank_and_named(tmp_path: Path) -> None:
    """Without «Loại số liệu» nothing is added up or carried: blank, not zero, and the indicator is named."""
    root = year.start_sample(tmp_path / "vp", {RATIO: "", SCORE: "", CHOICE: ""})
    year.issue(root, APRIL, "VP")
    year.send(root, APRIL, month(APRIL, 0.2, "Đã rà soát 40 thủ tục", (80, 100), 61.0))
    c = whole(root)
    assert (indicator(c, RATIO).result, indicator(c, SCORE).values) == (None, {})
    told = [item.task for item in c.status.period_findings if item.code == "MONTHS_KIND_UNKNOWN"]
    assert told == [RATIO, SCORE]


def test_an_issued_quarter_counts(root: Path, tmp_path: Path) -> None:
    """Where forms of the quarter were issued, their returns count and the months do not."""
    import shutil

    copy = tmp_path / "ban sao"
    shutil.copytree(root, copy)
    year.issue(copy, QUARTER, day=2)
    assert {unit.state for unit in status(year.at(copy, year.moment(JUNE, 20)), QUARTER).status.units} == {"missing"}


def typed_into(form: Form) -> dict[tuple[str, str, str], object]:
    return {(item.table, item.key, item.field): item.value for item in form.values}


def test_the_form_of_a_quarter_comes_prefilled(root: Path, tmp_path: Path) -> None:
    """Its cells hold what the months say and the unit signs: left as they stood they name the months' cells."""
    import shutil

    copy = tmp_path / "ban sao"
    shutil.copytree(root, copy)
    year.issue(copy, QUARTER, "VP", day=2)
    form = year.form(copy, QUARTER)
    cells = typed_into(form)
    assert (cells["led", "I.1", "progress"], cells["led", "I.1", "percent"]) == ("in_progress", 0.6)
    assert (cells["indicator", RATIO, "numerator"], cells["indicator", SCORE, "value"]) == (120, 64.0)
    assert not [place for place in cells if place[0] in ("signoff", "unchanged")]
    assert any("điền sẵn từ báo cáo các tháng" in line for line in form.guide)
    path = copy / "out" / QUARTER / "bieu-mau" / f"NQ57_{QUARTER}_VP.xlsx"
    before = path.read_bytes()
    year.issue(copy, QUARTER, "VP", day=3)
    assert path.read_bytes() == before

    said = cells | {("led", "I.1", "percent"): 0.65, ("signoff", "signoff", "prepared_by"): "Nguyễn Thị Lan"}
    said |= {
        ("signoff", "signoff", "approved_by"): "Trần Văn Minh",
        ("signoff", "signoff", "signed_on"): form.period.cutoff,
    }
    file = tmp_path / "quy.xlsx"
    file.write_bytes(year.workbook(form, said))  # type: ignore[arg-type]
    when = year.moment(QUARTER, 16)
    back = collect(year.at(copy, when), [file], QUARTER, when).returns[0]
    assert back.verdict in ("accepted", "accepted_with_warnings"), back.findings
    c = whole(copy)
    assert (led(c, "I.1").value("percent"), indicator(c, RATIO).values["numerator"].value) == (0.65, 120)
    told = {(item.value.key, item.value.field): item for item in c.traced if item.unit == "VP"}
    part = told[RATIO, "numerator"]
    assert part.source.name == "quy.xlsx"
    assert part.value.stated.startswith("Lập sẵn từ báo cáo tháng: tháng 4/2026 (tệp «")
    assert part.value.stated.count("(tệp «") == 3
    assert told["I.1", "percent"].value.stated == ""


def test_a_unit_that_ended_within_the_quarter(tmp_path: Path) -> None:
    """VP ends on 20 May and QLDT takes its rows over: June's state, three months' flows, both names in the trace."""
    root = year.start_sample(tmp_path / "vp")
    appendix = root / "phu-luc.xlsx"
    plan = read_appendix(appendix.read_bytes()).plan
    first, *others = plan.units
    ended = attrs.evolve(first, valid_to=dt.date(2026, 5, 20), successors=("QLDT",))
    appendix.write_bytes(write_appendix(attrs.evolve(plan, units=(ended, *others))))
    said = {
        APRIL: month(APRIL, 0.2, "Đã rà soát 40 thủ tục", (80, 100), 61.0),
        MAY: month(MAY, 0.3, "Đã rà soát 60 thủ tục", (10, 50), 62.5),
        JUNE: month(JUNE, 0.6, "Đã rà soát 90 thủ tục", (30, 50), 64.0),
    }
    for period, typed in said.items():
        unit = "QLDT" if period == JUNE else "VP"
        year.issue(root, period, unit)
        year.send(root, period, typed, unit)
    c = whole(root)
    row = led(c, "I.1", "QLDT")
    assert (row.progress, row.value("percent")) == ("in_progress", 0.6)
    assert str(row.value("result")).count("Tháng ") == 3
    ratio = indicator(c, RATIO)
    assert (ratio.unit, ratio.values["numerator"].value) == ("QLDT", 120)
    assert "VP" not in {unit.code for unit in c.status.units}
    parts = [item.name for item in c.traced if (item.value.key, item.value.field) == (RATIO, "numerator")]
    assert parts == ["Văn phòng Sở", "Văn phòng Sở", "Phòng Quản lý đô thị"]


def test_the_document_says_of_which_months_it_is(root: Path) -> None:
    """bao-cao.docx of a quarter made of months names the months and the reports that are lacking; it does not say that
    everybody reported in time."""
    text = "\n".join(blocks(opened(render_document(whole(root)))))
    assert "tổng hợp từ báo cáo tháng 4/2026, tháng 5/2026, tháng 6/2026 của 04 phòng, đơn vị." in text
    assert "Phòng Quản lý đô thị chưa có báo cáo được chấp nhận của tháng 5/2026" in text
    assert "đúng hạn." not in text
