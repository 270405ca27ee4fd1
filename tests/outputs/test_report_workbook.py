"""The consolidated workbooks as files: figures, provenance, order and wording, texts from outside."""

from __future__ import annotations

import io
import random
import zipfile

import attrs
import pytest

from nq57xl.forms.values import Value
from nq57xl.ledger.model import PeriodStatus
from nq57xl.outputs.report.workbook import render_internal, render_report
from nq57xl.plan.appendix_read import NAMES as BUNDLED
from nq57xl.results.consolidation import COLLECTIVE_RULE, Consolidation, consolidate
from nq57xl.rules.findings import Finding
from tests.conftest import CheckOoxml
from tests.report_books import SCHEMA, case, consolidated, sheets, table
from tests.report_fills import random_status, returned, unit_status
from tests.samples import sample_period, sample_plan


def test_every_typed_cell_is_found_with_its_provenance() -> None:
    """Each value of each counting return stands in one of the two workbooks with file, sheet, cell, time and hash."""
    for which in ("sample", *BUNDLED):
        c = consolidated(which, 4)
        report = table(sheets(render_report(c))["Nguồn số liệu"], "TT")
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
    report, internal = (parts(data) for data in (render_report(c), render_internal(c)))
    assert not [text for text in contacts if text in report]
    assert all(text in internal for text in contacts)
    assert "vp@sxd.vn" not in report
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


COUNTED = ("Tổng quan", "Số liệu tổng hợp", "Theo đơn vị")
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
    data = render_report(one_unit(values))
    check_ooxml(data)
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    shown = [str(cell) for row in book.get_sheet_by_name("Nguồn số liệu").to_python() for cell in row]
    assert not [text for text in ODD if text not in shown]
    proposals = [str(cell) for row in book.get_sheet_by_name("Đề xuất - kiến nghị").to_python() for cell in row]
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
    data = render_report(one_unit(values))
    check_ooxml(data)
    book = sheets(data)
    for sheet in book:
        assert max(item.height or 0 for item in sheet.row_dimensions.values()) <= 409.5
    for name, column in (("Phụ lục tổng hợp", "Kết quả trong kỳ"), ("Nguồn số liệu", "Đơn vị đã nhập")):
        pieces = [str(row[column]) for row in table(book[name], "TT") if row[column] and "từ" in str(row[column])]
        assert len(pieces) > 5
        assert "".join("".join(pieces).split()) == "".join(text.split())
    whole = "Nguyên văn trong một ô (khi nội dung in trên nhiều dòng)"
    assert text in [row[whole] for row in table(book["Nguồn số liệu"], "TT")]
    counted = [row["Loại dòng"] for row in table(book["Phụ lục tổng hợp"], "TT")]
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
        rows = [row for row in table(sheets(render_report(c))["Phụ lục tổng hợp"], "TT") if row["Loại dòng"] == "NV"]
        assert [row["Mã"] for row in rows] == [task.code for task in c.plan.tasks]
        for row, task in zip(rows, c.plan.tasks, strict=True):
            heads = (
                "Nhiệm vụ",
                "Tiểu nhiệm vụ",
                "Sản phẩm đầu ra",
                "KPI",
                "Đơn vị chủ trì",
                "Đơn vị phối hợp",
                "Ghi chú",
            )
            own = (task.task, task.subtask, task.deliverable, task.kpi, task.lead, task.support, task.note)
            assert [row[head] or "" for head in heads] == list(own)
            assert str(row["Thời hạn"] or "").startswith(task.deadline.text)


def test_a_collective_lead_shows_each_unit() -> None:
    """Units of a collective lead have a line each under the row, and the rule stands on the sheet."""
    plan, period = case("sample")
    c = consolidate(plan, period, SCHEMA, random_status(plan, period, 1, missing=lambda _: False))
    sheet = sheets(render_report(c))["Phụ lục tổng hợp"]
    rows = table(sheet, "TT")
    lines = [row for row in rows if row["Mã"] == "I.3"]
    assert [row["Loại dòng"] for row in lines][:4] == ["NV", "ĐV", "ĐV", "ĐV"]
    assert [row["Đơn vị báo cáo"] for row in lines][:4] == [
        "Chung 3 đơn vị",
        "Phòng Quản lý đô thị",
        "Phòng Quản lý doanh nghiệp",
        "Phòng Kế hoạch tài chính",
    ]
    assert COLLECTIVE_RULE in [cell.value for row in sheet.iter_rows(max_row=5) for cell in row]


def test_links_lead_to_the_cells_they_name() -> None:
    """A link "dòng n" leads to the row of "Nguồn số liệu" that holds the first cell of that unit's row."""
    c = consolidated("sxd-2026", 3)
    book = sheets(render_report(c))
    appendix, source = book["Phụ lục tổng hợp"], book["Nguồn số liệu"]
    heads = {cell.value: cell.column for row in appendix.iter_rows(max_row=6) for cell in row if cell.value}
    links = [cell for row in appendix.iter_rows() for cell in row if cell.hyperlink]
    assert len(links) > 20
    for cell in links:
        assert cell.hyperlink.location.startswith("'Nguồn số liệu'!A")
        there = int(cell.hyperlink.location.rsplit("A", 1)[1])
        assert cell.value == f"dòng {there}"
        assert source.cell(there, 4).value == appendix.cell(cell.row, heads["Mã"]).value
    for name in ("Chỉ tiêu", "Chậm tiến độ - vướng mắc", "Đề xuất - kiến nghị"):
        assert any(cell.hyperlink for row in book[name].iter_rows() for cell in row)


def test_blank_is_never_zero() -> None:
    """Cells of a unit that reported nothing are empty in appendix and indicators, not 0."""
    plan, period = case("sample")
    c = consolidate(plan, period, SCHEMA, random_status(plan, period, 1, missing=lambda _: True))
    book = sheets(render_report(c))
    for row in table(book["Phụ lục tổng hợp"], "TT"):
        assert row["Tỷ lệ"] is None
        assert row["Tiến độ"] in (None, "Chưa báo cáo", "Đã hoàn thành trước kỳ") or row["Loại dòng"] == "PH"
    for row in table(book["Chỉ tiêu"], "TT"):
        assert row["Kết quả"] is None
        assert row["So với mục tiêu"] is None
        assert row["Đánh giá"] in (None, "Chưa báo cáo")


def test_problem_groups_hold_each_row_once() -> None:
    """Overdue, late, at risk, undated, other and silent rows are groups apart; each row stands in one at most."""
    from nq57xl.outputs.report.problems import groups

    for seed in range(20):
        c = consolidated("sxd-2026", seed)
        found = groups(c)
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
    sheet = sheets(render_report(consolidate(plan, period, SCHEMA, status)))["Tình hình nộp báo cáo"]
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
    report, internal = render_report(c), render_internal(c)
    assert report == render_report(c)
    assert internal == render_internal(c)
    check_ooxml(report)
    check_ooxml(internal)
