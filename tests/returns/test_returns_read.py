"""Files from outside: read where that is safe, else refused by name."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from datetime import date, datetime

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from nq57xl.text.addresses import a1
from nq57xl.xlsx.cells import RawCell, RawSheet, RawWorkbook
from nq57xl.xlsx.limits import LIMITS, Refused
from nq57xl.xlsx.read import read_bytes
from nq57xl.xlsx.scan import scan_xlsx
from nq57xl.xlsx.sniff import sniff
from tests import hostile
from tests.amounts import amount


def refusal(data: bytes) -> str:
    """The code with which the content is refused."""
    with pytest.raises(Refused) as caught:
        read_bytes(data)
    assert caught.value.finding.severity == "error"
    assert caught.value.finding.fix
    return caught.value.finding.code


@pytest.mark.parametrize(
    ("data", "kind", "code"),
    [
        (b"", "empty", "FILE_EMPTY"),
        (hostile.HTML, "html", "FILE_HTML"),
        (b"\xef\xbb\xbf\r\n" + hostile.HTML, "html", "FILE_HTML"),
        (hostile.HTML.decode().encode("utf-16"), "html", "FILE_HTML"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related", "html", "FILE_HTML"),
        (hostile.CSV, "csv", "FILE_CSV"),
        (hostile.CSV.decode().encode("utf-16"), "csv", "FILE_CSV"),
        (b"BM la chu dau cua mot van ban", "csv", "FILE_CSV"),
        (hostile.PDF, "pdf", "FILE_PDF"),
        (hostile.PNG, "picture", "FILE_PICTURE"),
        (hostile.JPEG, "picture", "FILE_PICTURE"),
        (hostile.DOCX, "docx", "FILE_WORD"),
        (hostile.ODT, "docx", "FILE_WORD"),
        (b"{\\rtf1\\ansi Bao cao}", "docx", "FILE_WORD"),
        (hostile.ole("Root Entry", "WordDocument"), "docx", "FILE_WORD"),
        (hostile.XLSB, "xlsb", "FILE_XLSB"),
        (hostile.ole("Root Entry", "EncryptionInfo", "EncryptedPackage"), "encrypted", "FILE_ENCRYPTED"),
        (hostile.ENCRYPTED_XLS, "encrypted", "FILE_ENCRYPTED"),
        (hostile.ENCRYPTED_ODS, "encrypted", "FILE_ENCRYPTED"),
        (hostile.zipped({"a.xlsx": b"PK", "b.xlsx": b"PK"}), "zip", "FILE_ARCHIVE"),
        (b"Rar!\x1a\x07\x01\x00", "zip", "FILE_ARCHIVE"),
        (hostile.ole("Root Entry", "__substg1.0_0037001F"), "msg", "FILE_MSG"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "zip", "FILE_ARCHIVE"),
        (hostile.good()[:-100], "broken", "FILE_BROKEN"),
        (hostile.good()[:2000], "broken", "FILE_BROKEN"),
        (b"PK\x03\x04", "broken", "FILE_BROKEN"),
        (bytes(range(256)) * 20, "other", "FILE_OTHER"),
        (hostile.ole("Root Entry", "PowerPoint Document"), "other", "FILE_OTHER"),
        (hostile.FODS, "flat", "FILE_FLAT_XML"),
        (hostile.FODS.replace(b"opendocument.spreadsheet", b"opendocument.text"), "other", "FILE_OTHER"),
        (hostile.XML_2003, "flat", "FILE_FLAT_XML"),
    ],
)
def test_what_is_no_workbook(data: bytes, kind: str, code: str) -> None:
    """Each kind of file is told by its content and refused by its own name, with a remedy."""
    assert (sniff(data), refusal(data)) == (kind, code)


@pytest.mark.parametrize(
    ("make", "code", "word"),
    [
        (hostile.sparse_corner, "FILE_TOO_MANY_CELLS", "XFD1048576"),
        (hostile.bomb, "FILE_UNSAFE", "tỷ lệ nén"),
        (hostile.doctype, "FILE_UNSAFE", "DOCTYPE"),
        (lambda: hostile.doctype_in("xl/sharedStrings.xml"), "FILE_UNSAFE", "DOCTYPE"),
        (lambda: hostile.doctype_in("xl/styles.xml"), "FILE_UNSAFE", "DOCTYPE"),
        (lambda: hostile.named("/etc/passwd"), "FILE_UNSAFE", "tên thành phần"),
        (lambda: hostile.named("xl/../../x"), "FILE_UNSAFE", "tên thành phần"),
        (lambda: hostile.named("xl\\x.xml"), "FILE_UNSAFE", "tên thành phần"),
        (lambda: hostile.named("C:/x"), "FILE_UNSAFE", "tên thành phần"),
        (lambda: hostile.named("XL/Workbook.xml"), "FILE_UNSAFE", "trùng tên"),
        (hostile.duplicate_parts, "FILE_UNSAFE", "trùng tên"),
        (lambda: hostile.doctype_in("xl/worksheets/sheet1.xml", before=300_000), "FILE_UNSAFE", "DOCTYPE"),
        (lambda: hostile.doctype_in("docProps/app.xml"), "FILE_UNSAFE", "DOCTYPE"),
        (lambda: hostile.doctype_in("customXml/item1.xml", before=300_000), "FILE_UNSAFE", "DOCTYPE"),
        (lambda: hostile.doctype_in("xl/drawings/vmlDrawing1.vml"), "FILE_UNSAFE", "DOCTYPE"),
        (lambda: hostile.nested(100_000), "FILE_UNSAFE", "lồng nhau"),
        (lambda: hostile.xlsx(hostile.good_sheet().encode("utf-16")), "FILE_ENCODING", "UTF-16"),
        (lambda: hostile.xlsx(hostile.good_sheet().encode("utf-16-le")), "FILE_ENCODING", "UTF-16"),
        (hostile.lying_size, "FILE_BROKEN", "hỏng"),
        (hostile.lying_size_with_checksum, "FILE_BROKEN", "hỏng"),
    ],
)
def test_hostile(make: Callable[[], bytes], code: str, word: str) -> None:
    """Files made to harm the reader are refused before any reader sees them, and quickly."""
    data = make()
    started = time.process_time()
    with pytest.raises(Refused) as caught:
        read_bytes(data)
    assert time.process_time() - started < 3
    assert caught.value.finding.code == code
    assert word in caught.value.finding.message


def test_file_over_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file over the limit is not opened."""
    monkeypatch.setattr(LIMITS, "file_bytes", 100)
    with pytest.raises(Refused) as caught:
        read_bytes(hostile.good())
    assert caught.value.finding.code == "FILE_TOO_LARGE"


@pytest.mark.parametrize("sheets", [1, 2])
def test_more_filled_cells_than_are_read(sheets: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pasted register of a hundred rows, on one sheet or several, is refused with how much is read and what to do."""
    monkeypatch.setattr(LIMITS, "value_cells", 1_500)
    book = openpyxl.Workbook()
    for number in range(sheets):
        sheet = book.worksheets[0] if number == 0 else book.create_sheet()
        for row in range(100):
            sheet.append([f"Hồ sơ {row}", *range(16 // sheets)])
    buffer = io.BytesIO()
    book.save(buffer)
    with pytest.raises(Refused) as caught:
        read_bytes(buffer.getvalue())
    found = caught.value.finding
    assert (found.code, found.sheet) == ("FILE_TOO_MANY_VALUES", "Sheet" if sheets == 1 else "")
    assert "1.500" in found.message and "xóa các dòng" in found.fix


@pytest.mark.parametrize("tail", [b"x", bytes(512), b"x" * 70_000, b"PK\x05\x06" + bytes(3), b"PK\x05\x06" + b"x" * 80])
def test_an_archive_with_a_tail(tail: bytes) -> None:
    """Bytes behind the end of the archive, as transfers leave them, change nothing."""
    data = hostile.good()
    assert read_bytes(data + tail) == read_bytes(data)


def test_a_name_that_zipfile_changes() -> None:
    """The name as stored decides: on Windows zipfile turns a backslash into a slash, everywhere it cuts at a NUL."""
    for name in ("xl\\x.xml", "xl/x\x00.xml"):
        data = hostile.named("xl/x__.xml"[: len(name)]).replace(b"xl/x__.xml"[: len(name)], name.encode())
        assert refusal(data) == "FILE_UNSAFE"


def test_ghost_formats_are_cheap() -> None:
    """Formats on 200,000 rows (by day a quarter of them) are no data: read fast, with two cells."""
    rows = amount(50_000, 200_000)
    data = hostile.ghosts(rows)
    started = time.process_time()
    (sheet,) = read_bytes(data).sheets
    assert time.process_time() - started < 3e-5 * rows
    assert set(sheet.cells) == {(0, 0), (1, 1)}


def test_ghost_formats_do_not_count_as_extent() -> None:
    """A format in the last cell of the sheet is no reason to refuse."""
    data = hostile.xlsx(
        hostile.sheet(f'<row r="1">{hostile.cell("A1")}</row><row r="1048576"><c r="XFD1048576" s="0"/></row>')
    )
    (sheet,) = read_bytes(data).sheets
    assert set(sheet.cells) == {(0, 0)}


def only_sheet(data: bytes) -> RawSheet:
    (sheet,) = read_bytes(data).sheets
    return sheet


def test_values_at_their_places() -> None:
    """Numbers, texts, days, moments and booleans stand where they stood, also below empty rows and columns."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["C5"], sheet["D5"], sheet["E5"] = 5, "Nội dung\ndòng hai", 2.5
    sheet["C6"], sheet["D6"], sheet["E6"] = date(2026, 4, 5), datetime(2026, 4, 5, 8, 30), True
    buffer = io.BytesIO()
    book.save(buffer)
    assert {place: cell.value for place, cell in only_sheet(buffer.getvalue()).cells.items()} == {
        (4, 2): 5.0,
        (4, 3): "Nội dung\ndòng hai",
        (4, 4): 2.5,
        (5, 2): date(2026, 4, 5),
        (5, 3): datetime(2026, 4, 5, 8, 30),
        (5, 4): True,
    }


def test_errors_and_formulas() -> None:
    """Error cells and formulas, with or without a stored result, are told apart from blank cells."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        sheet.write_formula("A1", "=1+1", None, 2)
        sheet.write_formula("A2", "=1+1", None, "")
        sheet.write_formula("A3", "=1/0", None, "#DIV/0!")
        sheet.write_formula("A4", '=IF(1,"a","b")', None, "a")
        sheet.write_string("A5", "=1+1")
    cells = only_sheet(buffer.getvalue()).cells
    assert cells[0, 0] == RawCell(2.0, "1+1")
    assert cells[2, 0] == RawCell(None, "1/0", "#DIV/0!")
    assert cells[3, 0] == RawCell("a", 'IF(1,"a","b")')
    assert cells[4, 0] == RawCell("=1+1")
    assert cells[1, 0].formula == "1+1"
    assert cells[1, 0].value in ("", None)


def test_formula_without_result() -> None:
    """openpyxl drops every stored result: such a formula has no value, which is not the same as an empty text."""
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active["A1"] = "=1+1"
    buffer = io.BytesIO()
    book.save(buffer)
    assert only_sheet(buffer.getvalue()).cells == {(0, 0): RawCell(None, "1+1")}
    empty = hostile.sheet('<row r="1"><c r="A1" t="str"><f>B1</f><v></v></c></row>')
    assert only_sheet(hostile.xlsx(empty)).cells == {(0, 0): RawCell("", "B1")}


def test_shared_formulas() -> None:
    """A formula that is stored once for many cells is known to be one in each of them."""
    rows = (
        '<row r="1"><c r="A1"><f t="shared" ref="A1:A2" si="0">B1</f><v>1</v></c></row>'
        '<row r="2"><c r="A2"><f t="shared" si="0"/><v>2</v></c></row>'
    )
    cells = only_sheet(hostile.xlsx(hostile.sheet(rows))).cells
    assert cells == {(0, 0): RawCell(1.0, "B1"), (1, 0): RawCell(2.0, "")}


@pytest.mark.parametrize(
    ("content", "kind", "value", "doubt"),
    [
        ("<v><![CDATA[Thiếu kinh phí]]></v>", "str", "Thiếu kinh phí", ""),
        ("<v><![CDATA[85]]></v>", "n", 85.0, ""),
        ("<v>a<![CDATA[b]]>c</v>", "str", "abc", ""),
        ("<is><t>a &amp; b&#10;c_x000A_d</t></is>", "inlineStr", "a & b\nc\nd", ""),
        ("<v> 5 </v>", "n", " 5 ", ""),
        ("<v>1&#50;3</v>", "n", 123.0, "123» và «1"),
        ("<v>4<!-- x -->5</v>", "n", 45.0, "45» và «4"),
        ("<v>4<?x y?>5</v>", "n", 45.0, "45» và «4"),
        ("<v>&#49;</v>", "n", 1.0, "1"),
        ("<v><a>7</a></v>", "n", 7.0, "7"),
        ("<v>1</v><v>2</v>", "n", 1.0, "1» và «2"),
        ("<is><t>a</t></is><is><t>b</t></is>", "inlineStr", "a", "a» và «b"),
        ("<is><t>a</t></is><v>b</v>", "inlineStr", "b", "b» và «a"),
        ("<is><t>5</t></is>", "n", "5", "5"),
        ("<v>99</v>", "s", None, "99"),
        ("<v>2</v>", "b", None, "2"),
    ],
)
def test_two_readers_over_one_cell(content: str, kind: str, value: object, doubt: str) -> None:
    """Where the XML of a cell is odd and two readers make two things of it, the cell says so; else it is read."""
    rows = f'<row r="1"><c r="A1" t="{kind}">{content}</c><c r="B1"><v>1</v></c></row>'
    cells = only_sheet(hostile.xlsx(hostile.sheet(rows))).cells
    assert (cells[0, 0].value, cells[0, 0].doubt) == (value, doubt)
    assert cells[0, 1] == RawCell(1.0)


@pytest.mark.parametrize("text", ["NaN", "INF", "-inf", "1E400", "Infinity"])
def test_numbers_that_are_none(text: str) -> None:
    """What is no number a person can mean is an error of its cell."""
    (cell,) = only_sheet(hostile.xlsx(hostile.sheet(f'<row r="1">{hostile.cell("A1", text)}</row>'))).cells.values()
    assert (cell.value, cell.error) == (None, text)


@pytest.mark.parametrize("name", ["#SPILL!", "#ERROR!", "#LỖI!", "Err:502", "#GETTING_DATA"])
def test_errors_of_any_name(name: str) -> None:
    """Programs invent names of errors: the cell is one, and the rest of the sheet is read."""
    rows = f'<row r="1"><c r="A1" t="e"><v>{name}</v></c><c r="B1"><v>1</v></c></row>'
    cells = only_sheet(hostile.xlsx(hostile.sheet(rows))).cells
    assert cells == {(0, 0): RawCell(None, None, name), (0, 1): RawCell(1.0)}


@pytest.mark.parametrize(
    "rows",
    [
        f'<row r="{"9" * 6000}">{hostile.cell("A1")}</row>',
        f'<row r="1">{hostile.cell("A" + "9" * 6000)}</row>',
        f'<row r="1">{hostile.cell("A0")}</row>',
        f'<row r="1">{hostile.cell("ABCD1")}</row>',
    ],
)
def test_addresses_that_are_none(rows: str) -> None:
    """A row or cell with an address beyond all sheets is refused before any reader makes room for it."""
    assert refusal(hostile.xlsx(hostile.sheet(rows))) == "FILE_UNSAFE"


def test_a_count_of_strings_that_is_none() -> None:
    """Four thousand million strings, so says the file: refused before a reader makes room for them."""
    strings = f'<sst xmlns="{hostile.MAIN}" count="4000000000" uniqueCount="4000000000"><si><t>a</t></si></sst>'
    relation = f'<Relationship Id="rId2" Type="{hostile.OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
    relations = hostile.WORKBOOK_RELS.replace("</Relationships>", f"{relation}</Relationships>")
    parts = {"xl/sharedStrings.xml": strings, "xl/_rels/workbook.xml.rels": relations}
    assert refusal(hostile.xlsx(hostile.good_sheet(), parts)) == "FILE_UNSAFE"


def test_cells_without_references() -> None:
    """Cells and rows may leave their address out: then they follow one another."""
    rows = "<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>"
    scan = scan_xlsx(hostile.xlsx(hostile.sheet(rows)))
    assert (scan.sheets[0].rows, scan.sheets[0].columns, scan.sheets[0].values) == (2, 2, 3)


def test_strict_namespace() -> None:
    """ISO strict files differ in their namespaces only."""
    strict = {"spreadsheetml/2006/main": "spreadsheetml/main", "officeDocument/2006/": "officeDocument/"}

    def turned(text: str) -> str:
        for old, new in strict.items():
            text = text.replace(f"http://schemas.openxmlformats.org/{old}", f"http://purl.oclc.org/ooxml/{new}")
        return text

    sheet = hostile.sheet('<row r="1"><c r="A1" t="e"><v>#REF!</v></c></row>', tail='<sheetProtection sheet="1"/>')
    parts: dict[str, str | bytes] = {
        "_rels/.rels": turned(hostile.RELS),
        "xl/workbook.xml": turned(hostile.WORKBOOK),
        "xl/_rels/workbook.xml.rels": turned(hostile.WORKBOOK_RELS),
    }
    read = only_sheet(hostile.xlsx(turned(sheet), parts))
    assert (read.cells, read.protected) == ({(0, 0): RawCell(None, None, "#REF!")}, True)


def test_prefixed_xml() -> None:
    """Some programs write every tag with a prefix."""
    sheet = (
        f'<x:worksheet xmlns:x="{hostile.MAIN}"><x:sheetData><x:row r="1"><x:c r="A1"><x:v>5</x:v></x:c>'
        '<x:c r="B1" s="1"/></x:row></x:sheetData></x:worksheet>'
    )
    assert only_sheet(hostile.xlsx(sheet)).cells == {(0, 0): RawCell(5.0)}


def test_macros_are_noted() -> None:
    """A workbook with macros is read; the macros are a note."""
    types = hostile.CONTENT_TYPES.replace(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    )
    sheet = hostile.sheet(f'<row r="1">{hostile.cell("A1")}</row>')
    data = hostile.xlsx(sheet, {"[Content_Types].xml": types, "xl/vbaProject.bin": b"\x00"})
    assert sniff(data) == "xlsm"
    assert [note.code for note in read_bytes(data).notes] == ["MACROS_PRESENT"]


def test_visibility_protection_and_program() -> None:
    """Hidden sheets are read like others; protection and the program are told."""
    book = openpyxl.Workbook()
    book.create_sheet("Ẩn").sheet_state = "veryHidden"
    assert book.active is not None
    book.active.protection.sheet = True
    buffer = io.BytesIO()
    book.save(buffer)
    raw = read_bytes(buffer.getvalue())
    assert [(sheet.name, sheet.visible, sheet.protected) for sheet in raw.sheets] == [
        ("Sheet", True, True),
        ("Ẩn", False, False),
    ]
    assert raw.program.startswith("Microsoft Excel")


def test_old_formats_without_libreoffice() -> None:
    """Without LibreOffice an .xls is refused with the remedy."""
    assert refusal(hostile.ole("Root Entry", "Workbook")) == "FILE_XLS"


@pytest.mark.parametrize(
    ("row", "column", "address"), [(0, 0, "A1"), (8, 25, "Z9"), (0, 26, "AA1"), (1048575, 16383, "XFD1048576")]
)
def test_addresses(row: int, column: int, address: str) -> None:
    """Places are 0-based, addresses as spreadsheets show them."""
    assert a1(row, column) == address


@given(st.binary(max_size=300), st.integers(0, 5000), st.sampled_from(["cut", "overwrite", "insert"]))
def test_damaged_files_never_raise_anything_else(noise: bytes, at: int, how: str) -> None:
    """However a workbook is damaged: it is read or refused, and never raises anything else."""
    data = hostile.good()
    damaged = {
        "cut": data[:at],
        "overwrite": data[:at] + noise + data[at + len(noise) :],
        "insert": data[:at] + noise + data[at:],
    }[how]
    try:
        assert isinstance(read_bytes(damaged), RawWorkbook)
    except Refused as refused:
        assert refused.finding.code.startswith("FILE_")
