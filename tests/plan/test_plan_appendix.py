"""The master appendix: written, read back, and read as people leave it."""

from __future__ import annotations

import datetime as dt
import functools
import io
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import attrs
import openpyxl
import pytest
from hypothesis import given, settings
from openpyxl.worksheet.worksheet import Worksheet

from nq57xl.errors import Nq57Error
from nq57xl.plan.appendix import SHEETS
from nq57xl.plan.appendix_read import BUNDLED_PLANS, bundled_appendix, read_appendix
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.model import Plan
from nq57xl.xlsx.patch import _sheet_parts
from tests.amounts import amount
from tests.conftest import CheckOoxml
from tests.office import convert
from tests.plan_samples import PLANS

HEAD = 4
"""1-based row of the headings."""


@settings(max_examples=amount(8, 500))
@given(PLANS)
def test_round_trip(plan: Plan) -> None:
    """read(write(plan)) is the plan by its sections, whatever its texts; the same plan gives the same bytes."""
    data = write_appendix(plan)
    read = read_appendix(data)
    assert read.plan == plan.by_section()
    assert (read.new_codes, read.findings) == ((), ())
    assert write_appendix(plan) == data


@pytest.mark.parametrize("name", BUNDLED_PLANS)
def test_bundled_round_trip(name: str, check_ooxml: CheckOoxml) -> None:
    """A bundled appendix passes the strict checker, has nothing unread and writes back to the same bytes."""
    data = bundled_appendix(name)
    check_ooxml(data)
    read = read_appendix(data)
    assert (read.new_codes, read.findings) == ((), ())
    assert write_appendix(read.plan) == data


def test_places_are_those_of_the_layout() -> None:
    """In a workbook that nobody changed, every field stands where the layout says."""
    places = read_appendix(bundled_appendix("sxd-2026")).places
    for (table, index, field), place in places.items():
        assert SHEETS[table].place(index, field) == place
    assert places["tasks", 0, "deadline"] == ("Nhiệm vụ", "K5")
    assert places["card", 0, "year"] == ("Kế hoạch", "B6")


def test_hostile_texts_stay_texts() -> None:
    """A text that looks like a formula, an address or a number is a text cell."""
    plan = _plan()
    task = attrs.evolve(
        plan.tasks[0], task='=HYPERLINK("http://x")', subtask="http://x.vn", note="@SUM(1)", number="007"
    )
    data = write_appendix(attrs.evolve(plan, tasks=(task,)))
    page = _book(data)["Nhiệm vụ"]
    assert [page[cell].data_type for cell in ("E5", "F5", "M5", "C5")] == ["s"] * 4
    assert page["C5"].value == "007"


# --- as people leave it ---------------------------------------------------------------------------------------------


@functools.cache
def _plan(name: str = "sxd-2026") -> Plan:
    return read_appendix(bundled_appendix(name)).plan


def _book(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def _saved(book: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _cells(page: Worksheet) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in page.iter_rows()]


def _rewritten(sheet: str, rows: list[list[Any]]) -> bytes:
    book = _book(bundled_appendix("sxd-2026"))
    index = book.sheetnames.index(sheet)
    book.remove(book[sheet])
    page = book.create_sheet(sheet, index)
    for row in rows:
        page.append(row)
    return _saved(book)


def test_columns_in_another_order_and_of_ones_own() -> None:
    """Columns are found by their headings: reversed, with two columns of the office's own, the plan is the same."""
    rows = _cells(_book(bundled_appendix("sxd-2026"))["Nhiệm vụ"])
    changed = [["x" if i == HEAD - 1 else None, *reversed(row), "ghi nhớ"] for i, row in enumerate(rows)]
    assert read_appendix(_rewritten("Nhiệm vụ", changed)).plan == _plan()


def test_headings_written_otherwise() -> None:
    """Headings may be in capitals, decomposed, broken over lines, or the ones that plans print."""
    rows = _cells(_book(bundled_appendix("sxd-2026"))["Nhiệm vụ"])
    heads = "MÃ|Nhóm|TT|Số\ncon|Nhiệm  vụ|TIỂU NHIỆM VỤ (RÕ VIỆC)|Sản phẩm|kpi|Chủ trì|Đơn vị\nphối hợp|Thời hạn"
    rows[HEAD - 1] = [*heads.split("|"), "Hạn chuẩn ", "Ghi Chú"]
    assert read_appendix(_rewritten("Nhiệm vụ", rows)).plan == _plan()


def test_blank_rows_are_passed_over() -> None:
    """Blank rows between the rows and above the headings change nothing, and places follow the rows."""
    rows = _cells(_book(bundled_appendix("sxd-2026"))["Nhiệm vụ"])
    changed = [[], [], *rows[:HEAD], [], rows[HEAD], [None, " "], [], *rows[HEAD + 1 :]]
    read = read_appendix(_rewritten("Nhiệm vụ", changed))
    assert read.plan == _plan()
    assert read.places["tasks", 0, "code"] == ("Nhiệm vụ", "A8")
    assert read.places["tasks", 1, "lead"] == ("Nhiệm vụ", "I11")


def test_rows_typed_by_people() -> None:
    """Dates as text, numbers as text or number, NFD letters and stray blanks become the same clean values."""
    book = _book(bundled_appendix("sxd-2026"))
    page, card = book["Nhiệm vụ"], book["Kế hoạch"]
    page["L5"], page["L6"], page["C5"], page["I5"] = (
        "30/6/2026",
        dt.datetime(2026, 7, 1),
        1,
        "  Va\u0306n phòng  Sở\u00a0",
    )
    page["K7"] = dt.datetime(2026, 9, 30)
    page["D16"] = 2.1
    card["B6"], card["B11"], card["B13"] = "2026", "20", " không"
    plan = read_appendix(_saved(book)).plan
    first = plan.tasks[0]
    assert (first.standard_deadline, first.number, first.lead) == (dt.date(2026, 6, 30), "1", "Văn phòng Sở")
    assert plan.tasks[1].standard_deadline == plan.tasks[1].due == dt.date(2026, 7, 1)
    assert (plan.tasks[2].deadline.text, plan.tasks[2].deadline.kind) == ("30/09/2026", "date")
    assert (plan.tasks[11].subnumber, plan.properties.internal_day) == ("2.1", 20)


def test_cells_that_cannot_be_read() -> None:
    """A date, a number or an error that cannot be read is a finding at its own cell, and the value stays empty."""
    book = _book(bundled_appendix("sxd-2026"))
    book["Nhiệm vụ"]["L5"] = "31/02/2026"
    book["Nhiệm vụ"]["L6"] = "cuối tháng"
    book["Kế hoạch"]["B11"], book["Kế hoạch"]["B12"] = "hai mươi", 32
    book["Đơn vị"]["A6"] = "Phòng/1"
    book["Đơn vị"]["E5"] = "chưa rõ"
    book["Chỉ tiêu"]["F6"] = "#REF!"
    read = read_appendix(_saved(book))
    assert [(item.code, item.sheet, item.cell, item.value) for item in read.findings] == [
        ("VALUE_UNREADABLE", "Kế hoạch", "B11", "hai mươi"),
        ("VALUE_UNREADABLE", "Kế hoạch", "B12", "32"),
        ("VALUE_UNREADABLE", "Đơn vị", "E5", "chưa rõ"),
        ("VALUE_UNREADABLE", "Đơn vị", "A6", "Phòng/1"),
        ("VALUE_UNREADABLE", "Nhiệm vụ", "L5", "31/02/2026"),
        ("VALUE_UNREADABLE", "Nhiệm vụ", "L6", "cuối tháng"),
        ("ERROR_CELL", "Chỉ tiêu", "F6", "#REF!"),
    ]
    assert all(item.severity == "error" for item in read.findings)
    assert read.plan.tasks[0].standard_deadline is None


def test_new_rows_get_a_code_once() -> None:
    """A row without code gets a free one; written back it stays, and only those cells have changed."""
    book = _book(bundled_appendix("sxd-2026"))
    page = book["Nhiệm vụ"]
    for col, value in {"B": "I", "C": "11", "E": "Việc mới", "I": "Văn phòng Sở"}.items():
        page[f"{col}31"] = value
    for col, value in {"B": "I", "C": "1", "E": "Trùng số", "I": "Văn phòng Sở"}.items():
        page[f"{col}33"] = value
    book["Chỉ tiêu"]["A5"] = None
    book["Đơn vị"]["B11"] = "Phòng Quản lý Nhà và thị trường bất động sản"
    data = _saved(book)
    read = read_appendix(data)
    assert read.new_codes == (
        ("Đơn vị", "A11", "QLNTTBDS"),
        ("Nhiệm vụ", "A31", "I.11"),
        ("Nhiệm vụ", "A33", "I.1-2"),
        ("Chỉ tiêu", "A5", "CT.I.1"),
    )
    written = read.coded(data)
    again = read_appendix(written)
    assert (again.plan, again.new_codes) == (read.plan, ())
    before, after = _book(data), _book(written)
    given_cells = {(sheet, cell) for sheet, cell, _ in read.new_codes}
    for sheet in before.sheetnames:
        for row in before[sheet].iter_rows():
            for cell in row:
                if (sheet, cell.coordinate) not in given_cells:
                    assert after[sheet][cell.coordinate].value == cell.value
        assert len(after[sheet].data_validations.dataValidation) == len(before[sheet].data_validations.dataValidation)


def test_no_new_codes_leaves_the_file_alone() -> None:
    """Without new codes the bytes are the same object."""
    data = bundled_appendix("bql-2026")
    assert read_appendix(data).coded(data) is data


# --- not an appendix --------------------------------------------------------------------------------------------------


def _without(sheet: str) -> bytes:
    book = _book(bundled_appendix("sxd-2026"))
    book.remove(book[sheet])
    return _saved(book)


def test_optional_sheets_may_be_missing() -> None:
    """Without groups, indicators or settings there are none, and settings have their defaults."""
    plan = read_appendix(_without("Cài đặt")).plan
    assert plan == _plan()
    assert read_appendix(_without("Chỉ tiêu")).plan.indicators == ()


@pytest.mark.parametrize("sheet", ["Kế hoạch", "Đơn vị", "Nhóm nhiệm vụ", "Nhiệm vụ"])
def test_missing_sheet_is_named(sheet: str) -> None:
    """A workbook without one of the four main sheets is refused, and the sheet is named."""
    with pytest.raises(Nq57Error, match=f"không phải phụ lục gốc.*{sheet}"):
        read_appendix(_without(sheet))


def test_missing_column_is_named() -> None:
    """A sheet whose heading was deleted is refused, and the column is named."""
    book = _book(bundled_appendix("sxd-2026"))
    book["Nhiệm vụ"]["I4"] = None
    with pytest.raises(Nq57Error, match=r"Nhiệm vụ.*thiếu cột «Đơn vị chủ trì»"):
        read_appendix(_saved(book))


def _corner() -> bytes:
    book = _book(bundled_appendix("bql-2026"))
    book["Nhiệm vụ"]["XFD1048576"] = "x"
    return _saved(book)


def _doctype() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(bundled_appendix("bql-2026"))) as old, zipfile.ZipFile(stream, "w") as new:
        for item in old.infolist():
            part = old.read(item)
            if item.filename == "xl/worksheets/sheet2.xml":
                part = part.replace(b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet', 1)
            new.writestr(item, part)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "tệp rỗng"),
        (b"not a workbook", "văn bản hoặc CSV"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "không phải bảng tính"),
        (bundled_appendix("bql-2026")[:5000], "tệp hỏng"),
        (bytes(51 * 2**20), "50 MB"),
        (_corner(), "vượt giới hạn"),
        (_doctype(), "không mở vì lý do an toàn"),
    ],
    ids=["empty", "text", "ole", "cut", "large", "corner", "doctype"],
)
def test_refused(data: bytes, message: str) -> None:
    """What cannot be a master appendix, or cannot be read safely, is refused in Vietnamese."""
    with pytest.raises(Nq57Error, match=message):
        read_appendix(data)


# --- codes written back, programs that save the file ------------------------------------------------------------------


def _parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_codes_change_nothing_else(check_ooxml: CheckOoxml) -> None:
    """Writing a code changes one part of the file, and only that cell in it: cached values of formulas stay."""
    book = _book(bundled_appendix("bql-2026"))
    book["Nhiệm vụ"]["A5"] = book["Nhiệm vụ"]["A7"] = None
    data = _saved(book)
    formula = b'<c r="L5"><f>DATE(2026,6,30)</f><v>46203</v></c>'
    parts = _parts(data)
    name = _part_of(data, "Nhiệm vụ")
    parts[name] = re.sub(rb'<c r="L5"[^>]*?(/>|></c>)', formula, parts[name])
    data = _zipped(parts)
    read = read_appendix(data)
    assert read.new_codes == (("Nhiệm vụ", "A5", "I.1"), ("Nhiệm vụ", "A7", "II.3"))
    written = read.coded(data)
    check_ooxml(written)
    before, after = _parts(data), _parts(written)
    assert [part for part in before if before[part] != after[part]] == [name]
    assert formula in after[name]
    assert (read_appendix(written).plan, read_appendix(written).new_codes) == (read.plan, ())


def _part_of(data: bytes, title: str) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return _sheet_parts(archive)[0][title]


def _zipped(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return stream.getvalue()


def test_code_for_a_row_whose_cell_is_absent() -> None:
    """Where the row has no cell in the code's column, one is put in its place among the others."""
    parts = _parts(bundled_appendix("bql-2026"))
    name = _part_of(bundled_appendix("bql-2026"), "Nhiệm vụ")
    parts[name] = re.sub(rb'<c r="A6"[^>]*>.*?</c>', b"", parts[name])
    data = _zipped(parts)
    read = read_appendix(data)
    assert read.new_codes == (("Nhiệm vụ", "A6", "I.2"),)
    assert read_appendix(read.coded(data)).new_codes == ()


def test_code_in_xml_of_another_shape() -> None:
    """A sheet whose cells carry no addresses still gets its code."""
    parts = _parts(bundled_appendix("bql-2026"))
    name = _part_of(bundled_appendix("bql-2026"), "Nhiệm vụ")
    parts[name] = re.sub(rb'<row r="\d+"', b"<row", parts[name])
    read = attrs.evolve(read_appendix(bundled_appendix("bql-2026")), new_codes=(("Nhiệm vụ", "A5", "I.9"),))
    written = read.coded(_zipped(parts))
    assert read_appendix(written).plan.tasks[0].code == "I.9"


def test_formula_without_value_is_told() -> None:
    """A formula that no program has calculated is an error at its cell, never a silent blank."""
    book = _book(bundled_appendix("sxd-2026"))
    book["Nhiệm vụ"]["L5"] = "=DATE(2026,6,30)"
    findings = read_appendix(_saved(book)).findings
    assert [(item.code, item.sheet, item.cell) for item in findings] == [("FORMULA_NO_VALUE", "Nhiệm vụ", "L5")]


@pytest.mark.needs("soffice")
def test_saved_by_libreoffice(tmp_path: Path) -> None:
    """An appendix that LibreOffice saved is read as the same plan."""
    source = tmp_path / "phu-luc.xlsx"
    source.write_bytes(bundled_appendix("sxd-2026"))
    saved = convert(source)
    read = read_appendix(saved.read_bytes())
    assert (read.plan, read.new_codes, read.findings) == (_plan(), (), ())


@pytest.mark.needs("soffice")
@pytest.mark.needs("pdftotext")
def test_every_text_is_drawn_whole(tmp_path: Path) -> None:
    """On paper no text of the appendix is cut off: each stands in the PDF as one run."""
    source = tmp_path / "phu-luc.xlsx"
    source.write_bytes(bundled_appendix("sxd-2026"))
    pdf = convert(source, "pdf")
    done = subprocess.run(["pdftotext", "-raw", str(pdf), "-"], capture_output=True, check=True)
    drawn = "".join(done.stdout.decode("utf-8").split())
    book = _book(bundled_appendix("sxd-2026"))
    texts = [cell.value for page in book for row in page.iter_rows() for cell in row if isinstance(cell.value, str)]
    missing = [text for text in texts if "".join(text.split()) not in drawn]
    assert missing == []
    assert len(texts) > 500
