"""The workbooks on paper: page set-up, and no text cut off."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from nq57xl.outputs.report.workbook import render_internal
from tests.amounts import amount
from tests.report_books import consolidated, convert, sheets, with_earlier
from tests.report_fills import render_report, render_sources

NAMES = [
    "Tổng quan",
    "Kế hoạch và kết quả",
    "Chỉ tiêu",
    "Chậm, vướng, giải trình",
    "Theo đơn vị",
    "So với kỳ trước",
    "Đề xuất, kiến nghị",
]
MOST_PAGES, MOST_PLAN_PAGES = 18, 6
"""Of the whole workbook and of the plan with its results, for sxd in April."""


def test_pages_are_set_up_for_paper() -> None:
    """Landscape, A4 (A3 for the plan and the comparison), no printed text under 8 pt (9 on other sheets), headings
    repeated, panes frozen, filters on one table alone; seven sheets for leaders, the rest beside it."""
    c = with_earlier("sxd-2026", 2, 1)
    report, sources = render_report(c), render_sources(c)
    for data in (report, sources, render_internal(consolidated("sxd-2026", 2))):
        book = sheets(data)
        for sheet in book:
            plan = sheet.title == "Kế hoạch và kết quả"
            assert sheet.page_setup.orientation == "landscape"
            assert sheet.page_setup.paperSize == (8 if plan or sheet.title == "So với kỳ trước" else 9)
            sizes = {cell.font.size for row in sheet.iter_rows() for cell in row if cell.value is not None}
            smallest = 8 if plan or sheet.title == "Tổng quan" else 9
            assert min(sizes) * sheet.page_setup.scale / 100 >= smallest
            assert {cell.font.name for row in sheet.iter_rows() for cell in row} == {"Times New Roman"}
            assert sheet.oddHeader.center.text.endswith("&P/&N")
            assert len(sheet.title) <= 31
            if sheet.title not in ("Tổng quan", "Đề xuất, kiến nghị"):
                assert sheet.print_title_rows
                assert sheet.freeze_panes
                assert sheet.auto_filter.ref
            else:
                assert not sheet.auto_filter.ref
    assert sheets(report).sheetnames == NAMES
    assert sheets(sources).sheetnames == ["Nguồn số liệu", "Tình hình nộp báo cáo"]


@pytest.mark.needs("soffice")
@pytest.mark.needs("pdftotext")
def test_no_text_is_cut_off_on_paper(tmp_path: Path) -> None:
    """Every text in a printed column of every sheet is drawn whole, every number too; the overview takes one page,
    the plan and the whole workbook no more than leaders read (LibreOffice to PDF; pitfalls.md 9)."""
    data = render_report(consolidated("sxd-2026", 3))
    path = tmp_path / "report.xlsx"
    path.write_bytes(data)
    pdf = convert(path, tmp_path, "pdf")
    done = subprocess.run(["pdftotext", "-raw", str(pdf), "-"], check=True, capture_output=True, timeout=60)
    pages = done.stdout.decode("utf-8").split("\f")
    assert "TỔNG QUAN KẾT QUẢ THỰC HIỆN" in pages[0]
    starts = [number for number, page in enumerate(pages) if "KẾ HOẠCH VÀ KẾT QUẢ THỰC HIỆN" in page]
    assert starts[0] == 1
    drawn = "".join("".join(pages).split())
    assert "###" not in drawn
    missing = []
    for sheet in sheets(data):
        # of the overview only its first page is printed
        (cells,) = [sheet[sheet.print_area.split("!")[-1].replace("$", "")]]
        for row in cells:
            for cell in row:
                if isinstance(cell.value, str) and "".join(cell.value.split()) not in drawn:
                    missing.append((sheet.title, cell.coordinate, cell.value))
    assert missing == []
    indicators = next(number for number, page in enumerate(pages) if "KẾT QUẢ THỰC HIỆN CHỈ TIÊU" in page)
    assert indicators - 1 <= MOST_PLAN_PAGES
    assert len(pages) - 1 <= MOST_PAGES


@pytest.mark.parametrize("which", ["bql-2026", "sxd-2026"])
def test_no_machine_speaks_to_leaders(which: str) -> None:
    """No word of the program's own stands in the workbook, whatever the fill: no codes, no "không áp dụng", no
    judgement of a target before its day."""
    never = ("Không áp dụng", "Chưa đạt", "nq57xl", "None", "{", "not_", "in_progress", "phần mềm")
    for seed in range(amount(2, 20)):
        for sheet in sheets(render_report(with_earlier(which, seed, 1))):
            cells = sheet[sheet.print_area.split("!")[-1].replace("$", "")]
            texts = [str(cell.value) for row in cells for cell in row if isinstance(cell.value, str)]
            assert not [text for text in texts if any(words in text for words in never)]
            filled = [row for row in cells if any(cell.value is not None for cell in row)]
            if sheet.title == "Kế hoạch và kết quả":
                for column in range(len(cells[0])):
                    assert any(row[column].value is not None for row in filled[5:]), column
