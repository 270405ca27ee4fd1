"""The consolidated workbooks as files: figures, provenance, order and wording, texts from outside."""

from __future__ import annotations

import io
import random
import zipfile

import attrs
import pytest

from nq57xl.forms.model import Value
from nq57xl.ledger.model import PeriodStatus
from nq57xl.outputs.report.workbook import render_internal
from nq57xl.plan.appendix_read import BUNDLED_PLANS as BUNDLED
from nq57xl.results.consolidation import COLLECTIVE_RULE, consolidate
from nq57xl.results.model import Consolidation
from nq57xl.rules.findings import Finding
from nq57xl.text.legacy import fold
from tests.conftest import CheckOoxml
from tests.report_books import SCHEMA, case, consolidated, sheets, table
from tests.report_fills import random_status, render_report, render_sources, returned, unit_status
from tests.samples import sample_period, sample_plan


def test_every_typed_cell_is_found_with_its_provenance() -> None:
    """Each value of each counting return stands in one of the two workbooks with file, sheet, cell, time and hash."""
    for which in ("sample", *BUNDLED):
        c = consolidated(which, 4)
        report = table(sheets(render_sources(c))["Nguồn số liệu"], "TT")
        internal = table(sheets(render_internal(c))["Nguồn số liệu"], "TT")
        for unit in c.status.units:
            if unit.counting is None:
                continue
            source = unit.counting.judged.source
            for value in unit.counting.judged.values:
                place = internal if value.field in ("phone", "email") else report
                hits = [
                    row
                    for row in place
                    if (row["Đơn vị"], row["Đơn vị đã nhập"], row["Trang"], row["Ô"])
                    == (unit.name, value.typed, value.sheet, value.cell)
                ]
                assert len(hits) == 1, value
                assert hits[0]["Tệp"] == source.name
                assert hits[0]["Mã băm SHA-256 đầy đủ"] == source.sha256
                assert hits[0]["Nhận lúc"] == f"{source.received_at:%H:%M} ngày {source.received_at:%d/%m/%Y}"


def test_contacts_stay_out_of_the_report() -> None:
    """No phone number and no e-mail address is anywhere in the report's parts; noi-bo.xlsx has them."""
    c = consolidated("sample", 2)
    contacts = [item.value.typed for item in c.traced if item.contact]
    assert len(contacts) >= 4
    report, sources, internal = (parts(data) for data in (render_report(c), render_sources(c), render_internal(c)))
    assert not [text for text in contacts if text in report + sources]
    assert all(text in internal for text in contacts)
    assert "vp@sxd.vn" not in report + sources
    assert "vp@sxd.vn" in internal


def parts(data: bytes) -> str:
    """All XML of a workbook as one text."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return "\n".join(archive.read(name).decode() for name in archive.namelist())


def one_unit(values: list[Value]) -> Consolidation:
    """The sample plan with one return of these cells."""
    plan, period = sample_plan(), sample_period()
    units = tuple(
        unit_status(unit.code, unit.name, returned(period, "VP", values) if unit.code == "VP" else None, period.due)
        for unit in plan.units
        if not unit.external
    )
    return consolidate(plan, period, SCHEMA, PeriodStatus("mau", period.code, period.due, False, units, ()))


COUNTED = ("Tổng quan", "Theo đơn vị")
"""Sheets with formulas."""
ODD = (
    "=1+1",
    '=HYPERLINK("http://x.vn","bấm")',
    "+84 251 3822505",
    "-5 hồ sơ",
    "@SUM(A1)",
    "http://sxd.dongnai.gov.vn",
    "internal:'Tổng quan'!A1",
    "Dòng một\nDòng hai\n- gạch đầu dòng",
    "_x0041_",
    "a\tb",
    "<b>&amp;</b>",
    "00123",
    "10/12",
    "TRUE",
    "\u2265 90% \U0001f600",
)


def test_texts_from_outside_stay_texts(check_ooxml: CheckOoxml) -> None:
    """Texts that look like formulas, links, numbers or escapes come out as the same text, with line breaks kept."""
    fields = ("result", "difficulties", "proposal", "next_work")
    values = [
        Value("led", "I.1", "progress", "Đang thực hiện", "in_progress", "1. Kết quả", "F6"),
        *(Value("led", "I.1", name, ODD[i], ODD[i], "1. Kết quả", f"G{i}") for i, name in enumerate(fields)),
        *(Value("proposal", f"{i:02d}", "title", text, text, "6", f"B{i + 9}") for i, text in enumerate(ODD, 1)),
    ]
    data, sources = render_report(one_unit(values)), render_sources(one_unit(values))
    check_ooxml(data)
    check_ooxml(sources)
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    traced = CalamineWorkbook.from_filelike(io.BytesIO(sources)).get_sheet_by_name("Nguồn số liệu")
    shown = [str(cell) for row in traced.to_python() for cell in row]
    assert not [text for text in ODD if text not in shown]
    proposals = [str(cell) for row in book.get_sheet_by_name("Đề xuất, kiến nghị").to_python() for cell in row]
    assert not [text for text in ODD if text not in proposals]
    formulas = sheets(data, values=False)
    for sheet in formulas:
        kinds = {cell.data_type for row in sheet.iter_rows() for cell in row}
        assert ("f" in kinds) == (sheet.title in COUNTED)


def test_long_texts_go_on_in_further_rows(check_ooxml: CheckOoxml) -> None:
    """A text too long for a row is split over rows, none above the limit; joined they are the text again."""
    rng = random.Random(7)
    text = " ".join(f"từ{rng.randint(0, 99)}" for _ in range(5000))[:30_000]
    values = [
        Value("led", "I.1", "progress", "Thường xuyên", "ongoing", "1. Kết quả", "F6"),
        Value("led", "I.1", "result", text, text, "1. Kết quả", "H6"),
    ]
    data, sources = render_report(one_unit(values)), render_sources(one_unit(values))
    check_ooxml(data)
    book, traced = sheets(data), sheets(sources)
    for sheet in [*book, *traced]:
        assert max(item.height or 0 for item in sheet.row_dimensions.values()) <= 409.5
    places = ((book["Kế hoạch và kết quả"], "Kết quả, minh chứng"), (traced["Nguồn số liệu"], "Đơn vị đã nhập"))
    for sheet, column in places:
        pieces = [str(row[column]) for row in table(sheet, "TT") if row[column] and "từ" in str(row[column])]
        assert len(pieces) > 5
        assert "".join("".join(pieces).split()) == "".join(text.split())
    whole = "Nguyên văn trong một ô (khi nội dung in trên nhiều dòng)"
    assert text in [row[whole] for row in table(traced["Nguồn số liệu"], "TT")]
    counted = [row["Loại dòng"] for row in table(book["Kế hoạch và kết quả"], "TT")]
    assert counted.count("NV") == len(sample_plan().tasks)


def test_a_report_with_missing_returns_says_so_first() -> None:
    """Page one names the missing units and how many rows are silent; a complete report says that it is complete."""
    plan, period = case("sample")
    gone = consolidate(plan, period, SCHEMA, random_status(plan, period, 1, missing=lambda code: code == "VP"))
    texts = [str(cell) for row in sheets(render_report(gone))["Tổng quan"].iter_rows(values_only=True) for cell in row]
    statement = next(text for text in texts if text.startswith("BÁO CÁO CHƯA ĐẦY ĐỦ"))
    assert "01/04 đơn vị" in statement
    assert "Văn phòng Sở (chưa nộp)" in statement
    assert "02 đầu việc" in statement
    full = consolidate(plan, period, SCHEMA, random_status(plan, period, 1, missing=lambda _: False))
    texts = [str(cell) for row in sheets(render_report(full))["Tổng quan"].iter_rows(values_only=True) for cell in row]
    assert "Đã có đủ báo cáo của 04/04 đơn vị." in texts
    assert not [text for text in texts if "CHƯA ĐẦY ĐỦ" in text]


def test_the_appendix_keeps_order_and_wording() -> None:
    """Every text of the plan stands in its row, in the plan's order, under its section."""
    for which in ("sample", *BUNDLED):
        c = consolidated(which, 1)
        rows = [row for row in table(sheets(render_report(c))["Kế hoạch và kết quả"], "TT") if row["Loại dòng"] == "NV"]
        assert [row["Mã"] for row in rows] == [task.code for task in c.plan.tasks]
        for row, task in zip(rows, c.plan.tasks, strict=True):
            work, product = row["Nhiệm vụ, tiểu nhiệm vụ"], row["Sản phẩm đầu ra; KPI"] or ""
            assert fold(task.task) in fold(work)
            assert task.subtask in work
            assert product.startswith(task.deliverable) and task.kpi in product
            assert row["Chủ trì; phối hợp"].startswith(task.lead) and task.support in row["Chủ trì; phối hợp"]
            assert task.note in (row.get("Ghi chú") or "")
            assert str(row["Thời hạn"] or "").startswith(task.deadline.text)


def test_a_collective_lead_shows_each_unit() -> None:
    """Units of a collective lead have a line each under the row, and the rule stands on the sheet."""
    plan, period = case("sample")
    c = consolidate(plan, period, SCHEMA, random_status(plan, period, 1, missing=lambda _: False))
    sheet = sheets(render_report(c))["Kế hoạch và kết quả"]
    rows = table(sheet, "TT")
    lines = [row for row in rows if row["Mã"] == "I.3"]
    assert [row["Loại dòng"] for row in lines][:4] == ["NV", "ĐV", "ĐV", "ĐV"]
    assert [row["TT"] for row in lines][1:4] == [
        "Đơn vị chủ trì: Phòng Quản lý đô thị",
        "Đơn vị chủ trì: Phòng Quản lý doanh nghiệp",
        "Đơn vị chủ trì: Phòng Kế hoạch tài chính",
    ]
    assert COLLECTIVE_RULE in [cell.value for row in sheet.iter_rows(max_row=5) for cell in row]


def test_links_lead_to_the_cells_they_name() -> None:
    """A source number is printed, and leads to the lines of nguon-so-lieu.xlsx with the cells of that unit's row."""
    c = consolidated("sxd-2026", 3)
    book, source = sheets(render_report(c)), sheets(render_sources(c))["Nguồn số liệu"]
    plan = book["Kế hoạch và kết quả"]
    heads = {cell.value: cell.column for row in plan.iter_rows(max_row=6) for cell in row if cell.value}
    links = [cell for row in plan.iter_rows() for cell in row if cell.hyperlink]
    assert len(links) > 20
    last = plan.print_area.rpartition("$")[0].rpartition("$")[2]
    assert {cell.column_letter for cell in links} == {last}
    for cell in links:
        assert cell.hyperlink.target == "nguon-so-lieu.xlsx"
        there = int(cell.hyperlink.location.removeprefix("'Nguồn số liệu'!A"))
        first, _, final = cell.value.partition("-")
        assert source.cell(there, 1).value == first
        code = plan.cell(cell.row, heads["Mã"]).value
        numbers = range(int(first), int(final or first) + 1)
        lines = [row for row in source.iter_rows(min_row=there, values_only=True) if row[0] and int(row[0]) in numbers]
        assert len(lines) == len(numbers)
        if code:
            assert {line[3] for line in lines} == {code}
    for name in ("Chỉ tiêu", "Chậm, vướng, giải trình", "Đề xuất, kiến nghị", "Theo đơn vị"):
        assert any(cell.hyperlink for row in book[name].iter_rows() for cell in row)


def test_blank_is_never_zero() -> None:
    """Cells of a unit that reported nothing are empty in appendix and indicators, not 0."""
    plan, period = case("sample")
    c = consolidate(plan, period, SCHEMA, random_status(plan, period, 1, missing=lambda _: True))
    book = sheets(render_report(c))
    for row in table(book["Kế hoạch và kết quả"], "TT"):
        assert row.get("Tỷ lệ") is None
        assert row["Tiến độ"] in (None, "Chưa báo cáo", "Đã hoàn thành trước kỳ")
    for row in table(book["Chỉ tiêu"], "TT"):
        assert row.get("Kết quả") is None
        assert row.get("So với mục tiêu") is None
        assert row["Đánh giá"] in (None, "Chưa báo cáo")


def test_problem_groups_hold_each_row_once() -> None:
    """Overdue, late, at risk, undated, other and silent rows are groups apart; each row stands in one at most."""
    from nq57xl.outputs.report.problems import _plan_groups

    for seed in range(20):
        c = consolidated("sxd-2026", seed)
        found = _plan_groups(c)
        codes = [row.task.code for _, rows in found for row in rows]
        assert len(codes) == len(set(codes))
        by_title = {title: {row.task.code for row in rows} for title, rows in found}
        overdue = {r.task.code for r in c.tasks if r.standing.timeliness and r.standing.timeliness.code == "overdue"}
        silent = {r.task.code for r in c.tasks if r.standing.state in ("unreported", "partly_reported")}
        assert by_title["Quá hạn, chưa hoàn thành"] == overdue
        assert by_title["Chưa báo cáo, hoặc chưa báo cáo đủ"] == silent


def test_submissions_tell_received_valid_and_accepted_apart() -> None:
    """A unit whose newest file was rejected after an accepted one is received, not valid, accepted; findings follow."""
    plan, period = case("sample")
    status = random_status(plan, period, 1, missing=lambda code: code == "QLDN")
    first = status.units[0]
    assert first.counting is not None
    later = attrs.evolve(
        first.counting, id=99, judged=attrs.evolve(first.counting.judged, verdict="rejected", values=())
    )
    finding = Finding("LEADS_DISAGREE", "warning", "I.3: các đơn vị báo khác nhau.", "Thống nhất tiến độ.")
    status = attrs.evolve(
        status, units=(attrs.evolve(first, newest=later), *status.units[1:]), period_findings=(finding,)
    )
    sheet = sheets(render_sources(consolidate(plan, period, SCHEMA, status)))["Tình hình nộp báo cáo"]
    rows = {row["Đơn vị"]: row for row in table(sheet, "TT") if row["Mã đơn vị"]}
    office, silent = rows["Văn phòng Sở"], rows["Phòng Quản lý doanh nghiệp"]
    assert (office["Đã nhận"], office["Hợp lệ"], office["Được chấp nhận"]) == ("Có", "Không", "Có")
    assert "bị trả lại" in office["Tình trạng"]
    assert office["Người lập"] == "Nguyễn Thị VP"
    assert (silent["Đã nhận"], silent["Được chấp nhận"], silent["Số ngày chậm"]) == ("Không", "Không", None)
    texts = [str(cell) for row in sheet.iter_rows(values_only=True) for cell in row]
    assert "1. I.3: các đơn vị báo khác nhau. Thống nhất tiến độ." in texts


@pytest.mark.parametrize("which", ["sample", *BUNDLED])
def test_same_consolidation_same_bytes_and_clean(which: str, check_ooxml: CheckOoxml) -> None:
    """Rendering twice gives equal bytes, and the strict checker finds no error in either workbook."""
    c = consolidated(which, 2)
    report, sources, internal = render_report(c), render_sources(c), render_internal(c)
    assert report == render_report(c)
    assert sources == render_sources(c)
    assert internal == render_internal(c)
    check_ooxml(report)
    check_ooxml(sources)
    check_ooxml(internal)
