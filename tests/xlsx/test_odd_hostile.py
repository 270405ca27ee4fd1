"""What a workbook carries beyond cells is noted and never followed; each limit has its own message."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from openpyxl.workbook.workbook import Workbook

from nq57xl.returns.workers import read_all
from nq57xl.rules.findings import Finding, verdict_of
from nq57xl.xlsx.cells import RawWorkbook
from nq57xl.xlsx.limits import LIMITS, Refused
from nq57xl.xlsx.read import read_bytes
from nq57xl.xlsx.scan_cells import _is_call
from tests.hostile import cell, sheet, xlsx
from tests.odd_kit import LED, codes_at, put
from tests.returns_kit import edited, issued, returned

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def relations(name: str) -> str:
    """Those of a workbook to its one sheet and another part, which is of the kind that it is called."""
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{REL}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{REL}/{name}" Target="{name}.xml"/></Relationships>'
    )


def with_part(name: str, content: str | bytes) -> bytes:
    """The issued form with one more part."""
    buffer = io.BytesIO(issued())
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def link(kind: str) -> str:
    """An external link of that kind."""
    return f'<externalLink xmlns="{MAIN}"><{kind}/></externalLink>'


@pytest.mark.parametrize(
    ("part", "content", "said"),
    [
        (
            "xl/externalLinks/externalLink1.xml",
            f'<externalLink xmlns="{MAIN}"><externalBook/></externalLink>',
            "tệp khác",
        ),
        ("xl/externalLinks/externalLink1.xml", f'<externalLink xmlns="{MAIN}"><ddeLink/></externalLink>', "DDE"),
        ("xl/externalLinks/externalLink1.xml", f'<externalLink xmlns="{MAIN}"><oleLink/></externalLink>', "DDE"),
        ("xl/embeddings/oleObject1.bin", b"\xd0\xcf\x11\xe0", "đối tượng nhúng"),
        ("xl/activeX/activeX1.xml", "<x/>", "đối tượng nhúng"),
        ("xl/connections.xml", f'<connections xmlns="{MAIN}"/>', "kết nối dữ liệu"),
        ("xl/queryTables/queryTable1.xml", "<x/>", "kết nối dữ liệu"),
    ],
)
def test_active_content_is_noted(part: str, content: str | bytes, said: str) -> None:
    """Links, DDE, OLE objects, controls and queries are named in one note; the return is taken all the same."""
    back = returned(with_part(part, content))
    (note,) = [finding for finding in back.findings if finding.code == "ACTIVE_CONTENT"]
    assert (note.severity, said in note.message) == ("note", True)
    assert verdict_of(back.findings) == "accepted"


def test_macros_have_a_note_of_their_own() -> None:
    """A macro is noted as one, and not run."""
    found = [finding.code for finding in returned(with_part("xl/vbaProject.bin", b"x")).findings]
    assert "MACROS_PRESENT" in found
    assert "ACTIVE_CONTENT" not in found


@pytest.mark.parametrize(
    ("formula", "call"),
    [
        ("cmd|'/c calc'!A0", True),
        ('DDE("cmd","/c calc","x")', True),
        ('WEBSERVICE("http://x.vn")', True),
        ("SUM(A1:A9)", False),
        ("'Kết quả'!B7", False),
        ('IF(A1="a|b",1,2)', False),
    ],
)
def test_formulas_that_reach_out(formula: str, call: bool) -> None:
    """A formula that calls another program or the network is known as one."""
    assert _is_call(formula) is call


def refusal(data: bytes) -> Finding:
    with pytest.raises(Refused) as caught:
        read_bytes(data)
    return caught.value.finding


def many_sheets(count: int) -> bytes:
    names = "".join(f'<sheet name="S{n}" sheetId="{n + 1}" r:id="rId1"/>' for n in range(count))
    book = f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets>{names}</sheets></workbook>'
    return xlsx(sheet(f'<row r="1">{cell("A1")}</row>'), {"xl/workbook.xml": book})


def long_text(length: int) -> bytes:
    return xlsx(sheet(f'<row r="1"><c r="A1" t="inlineStr"><is><t>{"a" * length}</t></is></c></row>'))


@pytest.mark.parametrize(
    ("make", "code", "limit"),
    [
        (lambda: many_sheets(LIMITS.sheets + 1), "FILE_TOO_MANY_SHEETS", "200"),
        (lambda: long_text(LIMITS.cell_text + 1), "FILE_TEXT_TOO_LONG", "32767"),
        (
            lambda: xlsx(sheet(f'<row r="1">{cell("A1")}</row>'), {f"xl/x{n}.xml": "" for n in range(LIMITS.parts)}),
            "FILE_TOO_MANY_PARTS",
            "5000",
        ),
    ],
)
def test_each_limit_has_its_message(make: Callable[[], bytes], code: str, limit: str) -> None:
    """Sheets, parts and the text of one cell: the message names the limit and says what to do."""
    found = refusal(make())
    assert (found.code, limit in found.message, bool(found.fix)) == (code, True, True)


def test_all_texts_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that many cells share counts as often as it is shown: the reader copies it each time."""
    strings = f'<sst xmlns="{MAIN}"><si><t>{"a" * 1000}</t></si></sst>'
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 101))
    data = xlsx(
        sheet(rows), {"xl/sharedStrings.xml": strings, "xl/_rels/workbook.xml.rels": relations("sharedStrings")}
    )
    assert len(read_bytes(data).sheets[0].cells) == 100
    monkeypatch.setattr(LIMITS, "text_letters", 99_999)
    assert refusal(data).code == "FILE_TOO_MUCH_TEXT"


TREE = "<x/>" * 2_000
ROW = f'<row r="1">{cell("A1")}</row>'


@pytest.mark.parametrize(
    ("rows", "name", "content"),
    [
        (f'<row r="1"><c r="A1">{TREE}</c></row>', "styles", "<styleSheet/>"),
        (ROW, "styles", f"<styleSheet>{TREE}</styleSheet>"),
        (ROW, "sharedStrings", f"<sst><si>{TREE}</si></sst>"),
    ],
)
def test_elements_beyond_measure(rows: str, name: str, content: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell, the styles or a shared text of too many elements is refused: each is written with four letters."""
    data = xlsx(sheet(rows), {"xl/_rels/workbook.xml.rels": relations(name), f"xl/{name}.xml": content})
    monkeypatch.setattr(LIMITS, "tree_elements", 1_999)
    found = refusal(data)
    assert (found.code, "quá nhiều thành phần XML" in found.message) == ("FILE_UNSAFE", True)


def test_styles_of_years_of_pasting() -> None:
    """As many cell formats and named styles as Excel allows make 35 MB of XML, and a good workbook all the same."""
    count, switches = (
        65_000,
        " ".join(f'apply{name}="0"' for name in ("NumberFormat", "Fill", "Border", "Alignment", "Protection", "Font")),
    )
    form = f'<xf numFmtId="14" {switches}><alignment horizontal="left" vertical="center"/><protection/></xf>' * count
    named = "".join(f'<cellStyle name="Normal {n} {"2 " * 70}" xfId="{n}"/>' for n in range(count))
    styles = f"<styleSheet><cellStyleXfs>{form}</cellStyleXfs><cellXfs>{form}</cellXfs>{named}</styleSheet>"
    assert len(styles) > 35_000_000
    rows = f'<row r="1"><c r="A1" s="{count - 1}"><v>46132</v></c></row>'
    data = xlsx(sheet(rows), {"xl/_rels/workbook.xml.rels": relations("styles"), "xl/styles.xml": styles})
    (read,) = read_bytes(data).sheets
    assert read.cells[0, 0].value == date(2026, 4, 20)


def test_shapes_that_nobody_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    """Copying leaves thousands of shapes: they are more than a tree may hold, and a good workbook all the same."""
    monkeypatch.setattr(LIMITS, "tree_elements", 100)
    rels = f'<Relationships><Relationship Id="r1" Type="{REL}/drawing" Target="../drawing.xml"/></Relationships>'
    shape = "<twoCellAnchor><from><col>1</col><row>2</row></from><pic/></twoCellAnchor>"
    parts = {"xl/worksheets/_rels/sheet1.xml.rels": rels, "xl/drawing.xml": f"<a>{shape * 99}</a>"}
    (read,) = read_bytes(xlsx(sheet(ROW), parts)).sheets
    assert {(item.kind, item.first) for item in read.remarks} == {("picture", (2, 1))}
    assert len(read.remarks) == 99


def test_what_is_nested_is_read_once() -> None:
    """Drawings and comments within their like, two hundred deep, take no longer than others: each text is told once."""
    rels = "".join(
        f'<Relationship Id="r{name}" Type="{REL}/{name}" Target="../{name}.xml"/>' for name in ("drawing", "comments")
    )
    nested = {"drawing": "<a><twoCellAnchor>", "comments": '<a><commentList><comment ref="A1">'}
    parts = {"xl/worksheets/_rels/sheet1.xml.rels": f"<Relationships>{rels}</Relationships>"}
    for name, opened in nested.items():
        level = opened[opened.rindex("<") :]
        closed = f"</{level.strip('<>').split()[0]}>"
        lists = "</commentList>" if name == "comments" else ""
        parts[f"xl/{name}.xml"] = f"{opened}{level * 99}<t>chào</t>{closed * 100}{lists}</a>"
    (read,) = read_bytes(xlsx(sheet(ROW), parts)).sheets
    assert sorted((item.kind, item.text) for item in read.remarks) == [("box", "chào"), ("comment", "chào")]


def test_formulas_are_no_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long formulas in thousands of rows are more letters than texts may have, and a good workbook all the same."""
    monkeypatch.setattr(LIMITS, "text_letters", 100_000)
    rows = (f'<row r="{n}"><c r="A{n}"><f>{"+".join([f"B{n}"] * 8)}</f><v>{n}</v></c></row>' for n in range(1, 3_001))
    (read,) = read_bytes(xlsx(sheet("".join(rows)))).sheets
    assert (len(read.cells), read.cells[2_999, 0].value) == (3_000, 3_000)


def test_a_panic_of_the_second_reader_costs_nothing(tmp_path: Path) -> None:
    """Numbers beyond all days make the second reader give up: the cells are told, the rest and the next file read."""
    bad, fine = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    wild = {(*LED, "completion_date"): (-1e12, "dd/mm/yyyy"), (*LED, "evidence_number"): (1e300, "[h]:mm")}

    def change(book: Workbook) -> None:
        for key, (number, shown) in wild.items():
            put(book, key, number, shown=shown)

    bad.write_bytes(edited(change))
    fine.write_bytes(issued())
    first, second = read_all([bad, fine])
    assert isinstance(first, RawWorkbook)
    assert isinstance(second, RawWorkbook)
    back = returned(bad.read_bytes())
    assert [codes_at(back, key) for key in wild] == [["SHOWN_BLANK"], ["SHOWN_BLANK"]]


def test_number_formats_beyond_all_numbers() -> None:
    """Formats that shift a number out of every range, and numbers at the end of it, are told and end nothing."""
    wild = {
        (*LED, "percent"): (0.5, "0" + "%" * 200),
        (*LED, "result"): (1.5, "0" + "," * 120),
        (*LED, "explanation"): (1.5e308, "General%"),
        (*LED, "next_work"): (1.5e308, "# ?/?%"),
        (*LED, "completion_date"): (2_958_465.999_999_9, "dd/mm/yyyy"),
    }

    def change(book: Workbook) -> None:
        for key, (number, shown) in wild.items():
            put(book, key, number, shown=shown)

    back = returned(edited(change))
    assert [codes_at(back, key)[:1] for key in wild] == [
        ["VALUE_UNREADABLE"],
        *3 * [["NUMBER_IN_TEXT"]],
        ["SHOWN_BLANK"],
    ]


def test_an_encoding_that_there_is_not() -> None:
    """XML in an encoding that nobody knows is a broken file, and no failure of the reader."""
    data = xlsx(sheet(f'<row r="1">{cell("A1")}</row>').replace('version="1.0"', 'version="1.0" encoding="B9"'))
    assert refusal(data).code == "FILE_BROKEN"
