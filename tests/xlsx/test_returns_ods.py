"""OpenDocument spreadsheets: what lawful but rare ways of writing say, read from the XML itself."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time, timedelta

import pytest

from nq57xl.xlsx.cells import RawCell, RawWorkbook
from nq57xl.xlsx.limits import LIMITS, Refused
from nq57xl.xlsx.read import read_bytes

NAMES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}"'
    for prefix, name in [
        ("office", "office:1.0"),
        ("table", "table:1.0"),
        ("text", "text:1.0"),
        ("style", "style:1.0"),
        ("number", "datastyle:1.0"),
        ("fo", "xsl-fo-compatible:1.0"),
        ("svg", "svg-compatible:1.0"),
        ("draw", "drawing:1.0"),
    ]
)
MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"


def ods(tables: str, *, styles: str = "", common: str = "", before: str = "") -> bytes:
    """A spreadsheet of these tables, with automatic styles and those of styles.xml."""
    content = (
        f"<office:document-content {NAMES}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{before}{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", MIMETYPE)
        archive.writestr("styles.xml", f"<office:document-styles {NAMES}>{common}</office:document-styles>")
        archive.writestr("content.xml", content)
    return buffer.getvalue()


def table(rows: str, *, more: str = "", name: str = "A") -> str:
    return f'<table:table table:name="{name}" {more}>{rows}</table:table>'


def cell(content: str = "", **attributes: str) -> str:
    """A cell; `office_value_type="float"` is office:value-type."""
    told = "".join(f' {_name(key)}="{value}"' for key, value in attributes.items())
    return f"<table:table-cell{told}>{content}</table:table-cell>"


def _name(key: str) -> str:
    prefix, _, rest = key.partition("_")
    return f"{prefix}:{rest.replace('_', '-')}"


def row(*cells: str) -> str:
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def read(data: bytes) -> RawWorkbook:
    return read_bytes(data)


def only(data: bytes) -> RawCell:
    """The one cell of the one sheet."""
    (sheet,) = read(data).sheets
    (found,) = sheet.cells.values()
    return found


@pytest.mark.parametrize(
    ("content", "attributes", "value"),
    [
        ("<text:p>a</text:p>", {"office_value_type": "string"}, "a"),
        ("<text:p>a</text:p>", {}, "a"),
        ("<text:p>a</text:p><text:p>- b</text:p>", {"office_value_type": "string"}, "a\n- b"),
        ("<text:p>a<text:line-break/>b<text:tab/>c</text:p>", {"office_value_type": "string"}, "a\nb\tc"),
        ('<text:p>a<text:s text:c="3"/>b<text:s/>c</text:p>', {"office_value_type": "string"}, "a   b c"),
        ("<text:p>a\n   b</text:p>\n  <text:p>c</text:p>", {"office_value_type": "string"}, "a b\nc"),
        ('<text:p>x <text:a xmlns:xlink="x">liên kết</text:a></text:p>', {"office_value_type": "string"}, "x liên kết"),
        ("<text:p>khác</text:p>", {"office_value_type": "string", "office_string_value": "đúng"}, "đúng"),
        (
            "<office:annotation><text:p>ghi chú</text:p></office:annotation><text:p>a</text:p>",
            {"office_value_type": "string"},
            "a",
        ),
        ("<draw:frame><draw:text-box><text:p>x</text:p></draw:text-box></draw:frame><text:p>a</text:p>", {}, "a"),
        ("<text:p>13%</text:p>", {"office_value_type": "percentage", "office_value": "0.125"}, 0.125),
        ("<text:p>1.234,5</text:p>", {"office_value_type": "float", "office_value": "1234.5"}, 1234.5),
        ("<text:p>5 đ</text:p>", {"office_value_type": "currency", "office_value": "5"}, 5.0),
        ("<text:p>?</text:p>", {"office_value_type": "float"}, "?"),
        ("<text:p>x</text:p>", {"office_value_type": "date", "office_date_value": "2026-04-10"}, date(2026, 4, 10)),
        (
            "<text:p>x</text:p>",
            {"office_value_type": "date", "office_date_value": "2026-04-09T17:00:00Z"},
            datetime(2026, 4, 9, 17),
        ),
        ("<text:p>x</text:p>", {"office_value_type": "date", "office_date_value": "2026-13-10"}, "x"),
        ("<text:p>x</text:p>", {"office_value_type": "time", "office_time_value": "PT08H30M00S"}, time(8, 30)),
        ("<text:p>x</text:p>", {"office_value_type": "time", "office_time_value": "PT30H00M00S"}, timedelta(hours=30)),
        ("<text:p>x</text:p>", {"office_value_type": "boolean", "office_boolean_value": "true"}, True),
        ("<text:p>x</text:p>", {"office_value_type": "boolean", "office_boolean_value": "false"}, False),
    ],
)
def test_value(content: str, attributes: dict[str, str], value: object) -> None:
    """The attribute tells the value, the paragraphs the text; notes and drawings are no part of it."""
    assert only(ods(table(row(cell(content, **attributes))))).value == value


def test_errors_and_formulas() -> None:
    """Errors are errors whoever wrote them; a formula without a result is known as one."""
    told = {"office_value_type": "float", "office_value": "0"}
    rows = row(
        cell("<text:p>#DIV/0!</text:p>", table_formula="of:=1/0", **told),
        cell("<text:p>#REF!</text:p>", office_value_type="string"),
        cell("<text:p>3</text:p>", table_formula="of:=1+2", office_value_type="float", office_value="3"),
        cell("", table_formula="of:=[.A1]"),
        cell(
            "<text:p>TRUE</text:p>",
            table_formula="of:=TRUE()",
            office_value_type="boolean",
            office_boolean_value="true",
        ),
    )
    (sheet,) = read(ods(table(rows))).sheets
    assert sheet.cells == {
        (0, 0): RawCell(None, "1/0", "#DIV/0!"),
        (0, 1): RawCell(None, None, "#REF!"),
        (0, 2): RawCell(3.0, "1+2"),
        (0, 3): RawCell(None, "[.A1]"),
        (0, 4): RawCell(True),
    }


def test_repeated_cells_and_rows() -> None:
    """A cell that is stored once for many stands in each of them; repeated blanks cost nothing."""
    twice = cell("<text:p>a</text:p>", table_number_columns_repeated="2")
    rows = (
        '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>'
        f'<table:table-row table:number-rows-repeated="2">{cell()}{twice}</table:table-row>'
        '<table:table-row table:number-rows-repeated="1048500"><table:table-cell '
        'table:number-columns-repeated="16384"/></table:table-row>'
    )
    (sheet,) = read(ods(table(rows))).sheets
    assert set(sheet.cells) == {(3, 1), (3, 2), (4, 1), (4, 2)}


@pytest.mark.parametrize(
    "rows",
    [
        row(cell("<text:p>a</text:p>", table_number_columns_repeated="16384")),
        '<table:table-row table:number-rows-repeated="1048575"><table:table-cell/></table:table-row>'
        + row(cell("<text:p>a</text:p>")),
        f'<table:table-row table:number-rows-repeated="1000000">{cell("<text:p>a</text:p>")}</table:table-row>',
    ],
)
def test_far_cells(rows: str) -> None:
    """A value repeated over the whole sheet, or far away, is refused before anything of it is laid out."""
    with pytest.raises(Refused) as caught:
        read(ods(table(rows)))
    assert caught.value.finding.code == "FILE_TOO_MANY_CELLS"


def test_long_text() -> None:
    """The limit of a cell's text holds here too, blanks that are only counted included; the cell is named."""
    for text in ("a" * (LIMITS.cell_text + 1), f'<text:s text:c="{LIMITS.cell_text + 1}"/>'):
        with pytest.raises(Refused) as caught:
            read(ods(table(row(cell(f"<text:p>{text}</text:p>")))))
        assert (caught.value.finding.code, caught.value.finding.cell) == ("FILE_TEXT_TOO_LONG", "A1")


def test_tables_that_are_no_sheets() -> None:
    """Tables inside cells, in links to programs and of other workbooks are no sheets; the links are noted."""
    inner = table(row(cell("<text:p>trong</text:p>")), name="B")
    linked = table(
        '<table:table-source xmlns:xlink="x" xlink:href="file:///c:/a.ods"/>' + row(cell("<text:p>x</text:p>"))
    )
    dde = (
        f"<table:dde-links><table:dde-link>{table(row(cell('<text:p>y</text:p>')))}</table:dde-link></table:dde-links>"
    )
    raw = read(ods(table(row(cell("<text:p>ngoài</text:p>"), cell(inner))) + linked + dde))
    assert [(sheet.name, [item.value for item in sheet.cells.values()]) for sheet in raw.sheets] == [("A", ["ngoài"])]
    (note,) = raw.notes
    assert note.code == "ACTIVE_CONTENT"
    assert "tệp khác" in note.message
    assert "DDE" in note.message


def test_tables_where_none_belong() -> None:
    """A table in styles.xml is no sheet; one among the rows of another is none either, and hides no row after it."""
    first, inner, last = (row(cell(f"<text:p>{text}</text:p>")) for text in ("một", "con", "ba"))
    raw = read(ods(table(first + table(inner, name="B") + last), common=table(first, name="C")))
    assert [(sheet.name, [item.value for item in sheet.cells.values()]) for sheet in raw.sheets] == [
        ("A", ["một", "ba"])
    ]


def test_what_is_nested_is_read_once() -> None:
    """Paragraphs and page headers within their like are told once, whatever stands around them."""
    note = f"<office:annotation>{'<text:p>' * 3}a{'</text:p>b' * 3}</office:annotation>"
    head = f"{'<style:header>' * 3}đầu{'</style:header>' * 3}"
    (sheet,) = read(ods(table(row(cell(f"{note}<text:p>a<text:p>b</text:p>c</text:p>"))), common=head)).sheets
    assert sheet.cells[0, 0].value == "ac\nb"
    assert [(item.kind, item.text) for item in sheet.remarks] == [("comment", "b\nb\na"), ("margin", "đầu")]


def test_hidden_and_protected() -> None:
    """Visibility stands in the table's style, protection at the table."""
    shown = '<style:table-properties table:display="false"/>'
    hidden = f'<style:style style:name="ta1" style:family="table">{shown}</style:style>'
    first = table(row(cell("<text:p>a</text:p>")), more='table:style-name="ta1" table:protected="true"')
    raw = read(ods(first + table("", name="C"), styles=hidden))
    assert [(sheet.visible, sheet.protected) for sheet in raw.sheets] == [(False, True), (True, False)]


# --- fonts ----------------------------------------------------------------------------------------------------------

FACE = '<style:font-face style:name="F1" svg:font-family="&apos;.VnTimeH&apos;"/>'
BY_FACE, BY_NAME = 'style:font-name="F1"', 'fo:font-family=".VnTimeH, Arial"'


def style(name: str, properties: str = "", *, family: str = "table-cell", parent: str = "") -> str:
    """A style with these properties of its text."""
    about = f'style:name="{name}" style:family="{family}" style:parent-style-name="{parent}"'
    return f"<style:style {about}><style:text-properties {properties}/></style:style>"


@pytest.mark.parametrize(
    ("styles", "common", "where", "converted"),
    [
        (FACE + style("ce1", BY_FACE), "", "cell", "ĐÃ TRỒNG"),
        (style("ce1", BY_NAME), "", "cell", "ĐÃ TRỒNG"),
        (style("ce1", parent="ce0"), FACE + style("ce0", BY_FACE), "cell", "ĐÃ TRỒNG"),
        (style("ce1", BY_NAME), "", "row", "ĐÃ TRỒNG"),
        (style("ce1", BY_NAME), "", "column", "ĐÃ TRỒNG"),
        (style("ce1", parent="ce1"), "", "cell", "đã trồng"),
        (style("ce1", 'fo:font-family="Arial"', parent="ce0"), style("ce0", BY_NAME), "cell", "đã trồng"),
        ("", "", "cell", "đã trồng"),
    ],
)
def test_legacy_font(styles: str, common: str, where: str, converted: str) -> None:
    """Small letters are capitals where the cell, the style it builds on, its row or its column has such a font."""
    name = {where: "ce1"}
    own = {"table_style_name": name["cell"]} if "cell" in name else {}
    rows = (
        f'<table:table-column table:default-cell-style-name="{name.get("column", "")}"/>'
        f'<table:table-row table:default-cell-style-name="{name.get("row", "")}">'
        f"{cell('<text:p>®· trång</text:p>', **own)}</table:table-row>"
    )
    (sheet,) = read(ods(table(rows), styles=styles, common=common)).sheets
    assert sheet.cells[0, 0].decoded == converted


def test_legacy_run() -> None:
    """A span in a legacy font is converted, the text around it stays."""
    span = style("T1", BY_NAME, family="text")
    text = '<text:p>Kết quả: <text:span text:style-name="T1">®· xong</text:span>, tốt</text:p>'
    found = only(ods(table(row(cell(text))), styles=span))
    assert (found.value, found.decoded, found.charset) == (
        "Kết quả: ®· xong, tốt",
        "Kết quả: ĐÃ XONG, tốt",
        "TCVN3 (ABC)",
    )


# --- dates ----------------------------------------------------------------------------------------------------------

DAY, MONTH, YEAR = "<number:day/>", "<number:month/>", "<number:year/>"
FIGURE = '<number:number number:decimal-places="1" number:min-integer-digits="1"/>'


@pytest.mark.parametrize(
    ("kind", "parts", "code"),
    [
        ("date", DAY + MONTH + YEAR, "dmyy"),
        ("date", MONTH + "<number:text>/</number:text>" + DAY + YEAR, 'm"/"dyy'),
        ("date", '<number:month number:textual="true"/>' + '<number:year number:style="long"/>', "mmmyyyy"),
        ("date", MONTH + DAY + YEAR + '<number:hours number:style="long"/>', "mdyyhh"),
        ("percentage", f"{FIGURE}<number:text>%</number:text>", "0.0%"),
        ("number", f"{FIGURE}<number:text> %</number:text>", '0.0" %"'),
        ("number", f"{FIGURE}<number:text>/QĐ</number:text>", '0.0"/QĐ"'),
        ("number", '<number:number number:display-factor="1000" number:grouping="true"/>', "#,##0,"),
        ("number", '<number:number number:min-integer-digits="4"/>', "0000"),
    ],
)
def test_number_formats(kind: str, parts: str, code: str) -> None:
    """A number format of OpenDocument is told as the code that an .xlsx would have, for one reading of both."""
    styles = f'<number:{kind}-style style:name="N1">{parts}</number:{kind}-style>'
    styles += '<style:style style:name="ce1" style:family="table-cell" style:data-style-name="N1"/>'
    attributes = {"office_value_type": "float", "office_value": "46122", "table_style_name": "ce1"}
    found = only(ods(table(row(cell("<text:p>x</text:p>", **attributes))), styles=styles))
    assert (found.format, found.number) == (code, 46122.0)


def test_number_that_is_shown_as_a_date() -> None:
    """SheetJS writes a day as a number under a date format: it is a day, also where a number is asked for."""
    styles = f'<number:date-style style:name="N1">{DAY}{MONTH}{YEAR}</number:date-style>'
    styles += '<style:style style:name="ce1" style:family="table-cell" style:data-style-name="N1"/>'
    attributes = {"office_value_type": "float", "office_value": "46122", "table_style_name": "ce1"}
    assert only(ods(table(row(cell("<text:p>x</text:p>", **attributes))), styles=styles)).value == date(2026, 4, 10)
    attributes["office_value"] = "1e300"
    assert only(ods(table(row(cell("<text:p>x</text:p>", **attributes))), styles=styles)).value == 1e300


def test_counting_from_1904() -> None:
    """The settings tell from which day numbers count."""
    before = '<table:calculation-settings><table:null-date table:date-value="1904-01-01"/></table:calculation-settings>'
    (sheet,) = read(ods(table(row(cell("<text:p>a</text:p>"))), before=before)).sheets
    assert sheet.date1904
