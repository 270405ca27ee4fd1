"""Every reader gives the same model: lines, tables, merges, places in the source."""

from __future__ import annotations

import datetime as dt

import docx
import openpyxl
import pytest

from nq57xl.errors import Nq57Error
from nq57xl.plan.importer.document import join_lines, page_text, roman, roman_value
from nq57xl.plan.importer.read import read_document
from tests.import_kit import saved, shown_in_workbook

HTML = """<html><body><p>KẾ HOẠCH</p><table>
<tr><th>STT</th><th>Nhiệm vụ</th><th>Chủ trì</th></tr>
<tr><td rowspan="2">1</td><td>Xây dựng đề án</td><td>Văn phòng</td></tr>
<tr><td>Trình <b>phê duyệt</b></td><td>Phòng<br>Nội vụ</td></tr>
<tr><td colspan="3">II. Nhóm hai</td></tr></table></body></html>"""


def test_html_spans_cover_the_places_under_them() -> None:
    """rowspan and colspan become merged cells; inline marks do not break a text."""
    document = read_document(HTML.encode(), "x.html")
    table = document.tables[0]
    assert getattr(document.items[0], "text", "") == "KẾ HOẠCH"
    assert [table.text(2, col) for col in range(3)] == ["1", "Trình phê duyệt", "Phòng\nNội vụ"]
    assert table.from_above(2, 0) and table.rows[3][2].col < 2


def test_markdown_tables_keep_escaped_bars_and_breaks() -> None:
    """A | inside a cell and <br> are text of the cell."""
    table = read_document(b"| A | B |\n|---|---|\n| x \\| y | m<br>N |\n", "x.md").tables[0]
    assert [cell.text for cell in table.rows[1]] == ["x | y", "m\nN"]


def test_docx_reads_merges_and_drawn_numbers() -> None:
    """vMerge and gridSpan are merges; the numbers that Word draws before list paragraphs are part of the text."""
    document = docx.Document()
    table = document.add_table(rows=3, cols=3)
    table.cell(0, 0).merge(table.cell(0, 2)).text = "I. Nhóm"
    table.cell(1, 1).merge(table.cell(2, 1)).text = "chung"
    for row in (1, 2):
        table.cell(row, 0).paragraphs[0].style = document.styles["List Number"]
    read = read_document(saved(document), "x.docx").tables[0]
    assert read.rows[0][2].col == 0 and read.from_above(2, 1)
    assert [read.text(row, 0) for row in (1, 2)] == ["1.", "2."]


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (0.9, "0%", "90%"),
        (0.417, "0.0%", "41,7%"),
        (5.0, "General", "5"),
        (3, "00", "03"),
        (dt.datetime(2026, 5, 1), '"Tháng "m/yyyy', "Tháng 5/2026"),
        (dt.datetime(2026, 5, 1), "m/yyyy", "5/2026"),
        (dt.datetime(2026, 12, 31), "dd/mm/yyyy", "31/12/2026"),
        (True, "General", "x"),
    ],
)
def test_xlsx_cells_are_read_as_a_person_sees_them(value: object, number_format: str, text: str) -> None:
    """Percents, months and padded numbers stand as their format shows them."""
    assert shown_in_workbook(value, number_format) == text


def test_xlsx_error_cells_are_doubtful() -> None:
    """An error cell is kept as text, with a doubt."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["STT", "#REF!"])
    table = read_document(saved(book), "x.xlsx").tables[0]
    assert table.rows[0][1].doubt == "ô báo lỗi công thức"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "rỗng"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 100, "kiểu cũ hoặc có mật khẩu"),
        (b"PK\x03\x04broken", "tệp hỏng"),
        (b"%PDF-1.4\nbroken", "hỏng"),
        (b"\x00\x01\x02\xff\xfe" * 20, "không phải .docx"),
    ],
)
def test_what_cannot_be_read_is_named(data: bytes, words: str) -> None:
    """Each unreadable file has a message that says what it is."""
    with pytest.raises(Nq57Error, match=words):
        read_document(data, "tep.bin")


def scanned_pdf() -> bytes:
    """A PDF of one page with a picture-like drawing and no text."""
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
        b"<< /Length 22 >>\nstream\n0 0 100 100 re f     \nendstream",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    return out + head + table + b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(out)


def test_a_scan_without_text_is_named_as_such() -> None:
    """A PDF without a text layer is refused as a scan, with the remedy."""
    with pytest.raises(Nq57Error, match="bản chụp"):
        read_document(scanned_pdf(), "quet.pdf")


@pytest.mark.parametrize(
    ("first", "second", "whole"),
    [
        ("giai đoạn 2025-", "2030", "giai đoạn 2025-2030"),
        ("Kế hoạch số 91/KH-", "UBND và", "Kế hoạch số 91/KH-UBND và"),
        ("số 66.7/2025/NQ", "-CP ngày", "số 66.7/2025/NQ-CP ngày"),
        ("đúng - đủ -", "sạch", "đúng - đủ - sạch"),
        ("Văn phòng", "Sở", "Văn phòng Sở"),
    ],
)
def test_lines_join_at_hyphens_without_a_blank(first: str, second: str, whole: str) -> None:
    """A line that ends in "-" behind a letter or digit goes on without a blank; a dash between words keeps it."""
    assert join_lines(first, second) == whole


def test_a_symbol_cut_in_the_middle_is_made_whole() -> None:
    """A symbol wider than its column is cut by the page, without a hyphen."""
    assert page_text("NV theo KH 05-\nKH/BCĐ\nTW") == "NV theo KH 05-KH/BCĐTW"
    assert page_text("Quý\nI/2026\nUBND") == "Quý I/2026 UBND"


def test_roman_numbers_there_and_back() -> None:
    """Every Roman number is read back; a word is none."""
    assert [roman_value(roman(number)) for number in range(1, 90)] == list(range(1, 90))
    assert roman_value("VĂN") is None and roman_value("IIX") is None
