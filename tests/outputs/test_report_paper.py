"""The workbooks on paper: page set-up, and no text cut off."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from nq57xl.outputs.report.workbook import render_internal, render_report
from tests.report_books import consolidated, convert, sheets, with_earlier

NAMES = [
    "Tổng quan",
    "Phụ lục tổng hợp",
    "Chỉ tiêu",
    "Số liệu tổng hợp",
    "Theo đơn vị",
    "Chậm tiến độ - vướng mắc",
    "Sắp đến hạn",
    "Đề xuất - kiến nghị",
    "Giải trình",
    "So với kỳ trước",
    "Tình hình nộp báo cáo",
    "Nguồn số liệu",
]


def test_pages_are_set_up_for_paper() -> None:
    """Landscape, A4 (A3 for the appendix), no printed text under 9 pt, headings repeated, panes frozen, filters on."""
    report = render_report(with_earlier("sxd-2026", 2, 1))
    for data in (report, render_internal(consolidated("sxd-2026", 2))):
        book = sheets(data)
        for sheet in book:
            assert sheet.page_setup.orientation == "landscape"
            assert sheet.page_setup.paperSize == (8 if sheet.title == "Phụ lục tổng hợp" else 9)
            sizes = {cell.font.size for row in sheet.iter_rows() for cell in row if cell.value is not None}
            assert min(sizes) * sheet.page_setup.scale / 100 >= 9
            assert {cell.font.name for row in sheet.iter_rows() for cell in row} == {"Times New Roman"}
            assert sheet.oddHeader.center.text.endswith("&P/&N")
            assert len(sheet.title) <= 31
            if sheet.title not in ("Tổng quan", "Số liệu tổng hợp", "Đề xuất - kiến nghị"):
                assert sheet.print_title_rows
                assert sheet.freeze_panes
                assert sheet.auto_filter.ref
    assert sheets(report).sheetnames == NAMES


@pytest.mark.needs("soffice")
@pytest.mark.needs("pdftotext")
def test_no_text_is_cut_off_on_paper(tmp_path: Path) -> None:
    """Every text in a printed column of every sheet is drawn whole, every number too, and the overview takes one page
    (LibreOffice to PDF; pitfalls.md 9)."""
    data = render_report(with_earlier("sxd-2026", 3, 2))
    path = tmp_path / "report.xlsx"
    path.write_bytes(data)
    pdf = convert(path, tmp_path, "pdf")
    done = subprocess.run(["pdftotext", "-raw", str(pdf), "-"], check=True, capture_output=True, timeout=60)
    pages = done.stdout.decode("utf-8").split("\f")
    assert "BÁO CÁO TỔNG HỢP" in pages[0]
    assert "PHỤ LỤC TỔNG HỢP" in pages[1]
    drawn = "".join("".join(pages).split())
    assert "###" not in drawn
    missing = []
    for sheet in sheets(data):
        last = sheet[sheet.print_area.split("!")[-1].replace("$", "")][0][-1].column
        for row in sheet.iter_rows(max_col=last):
            for cell in row:
                if isinstance(cell.value, str) and "".join(cell.value.split()) not in drawn:
                    missing.append((sheet.title, cell.coordinate, cell.value))
    assert missing == []
