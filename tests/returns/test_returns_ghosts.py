"""Rows and cells with nothing but a format are passed over, and what is passed over never changes what is seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nq57xl.xlsx import package
from nq57xl.xlsx.limits import Refused
from nq57xl.xlsx.read import read_bytes
from nq57xl.xlsx.scan import scan_xlsx
from nq57xl.xlsx.scan_cells import Scan
from nq57xl.xlsx.scan_sheet import _SheetReader
from tests import hostile

GHOST_CELLS = ('<c r="{column}{row}" s="1"/>', '<c s="1" r="{column}{row}"/>', '<c r="{column}{row}" t="n"/>')
CELLS = (
    *GHOST_CELLS,
    '<c r="{column}{row}"><v>{row}</v></c>',
    '<c r="{column}{row}" t="e"><v>#REF!</v></c>',
    '<c r="{column}{row}"><f>A{row}</f><v>1</v></c>',
    '<c r="{column}{row}" t="inlineStr"><is><t>/&gt; &lt;/row&gt;</t></is></c>',
    '<c r="{column}{row}"></c>',
    '<c r="{column}{row}" t="str"><f t="shared" ref="A1:B2" si="0">B{row}&amp;"&#x1EC7;"</f><v>vi&#7879;c</v></c>',
    '<c r="{column}{row}" t="str"><f>A{row}&amp;"~"</f><v/></c>',
    '<c r="{column}{row}" t="inlineStr"><is><t xml:space="preserve"> \u00e1 </t></is></c>',
    '<c r="{column}{row}" t="inlineStr"><is><r><t>hai</t></r><r><t>ph\u1ea7n</t></r></is></c>',
    '<c r="{column}{row}" t="b"><v>1</v></c>',
)
ROWS = ('<row r="{row}">{cells}</row>', '<row r="{row}" s="1" customFormat="1" x="/>">{cells}</row>')
SELF_CLOSED = ('<row r="{row}" ht="15"/>', '<row ht="15" r="{row}"/>')
NUMBERLESS = "<row>{cells}</row>"
ODD = ("", "<!-- <row> --> ", "<!-- </row><row r='1'> -->", "<?x </row> ?>")

Line = tuple[str, list[str], str]


def lines(cells: tuple[str, ...]) -> st.SearchStrategy[Line]:
    return st.tuples(
        st.sampled_from((*ROWS, *SELF_CLOSED, NUMBERLESS)),
        st.lists(st.sampled_from(cells), max_size=3),
        st.sampled_from(ODD) if cells is CELLS else st.just(""),
    )


SHEETS = st.lists(st.one_of(lines(GHOST_CELLS), lines(GHOST_CELLS), lines(CELLS)), max_size=30)


def sheet(rows: list[Line], *, odd: bool) -> bytes:
    text = ""
    for number, (row, cells, more) in enumerate(rows, start=1):
        letters = zip("ABC", cells, strict=False)
        inner = "".join(cell.format(column=column, row=number) for column, cell in letters)
        text += row.format(row=number, cells=inner) + (more if odd else "")
    return hostile.xlsx(hostile.sheet(text))


def seen(data: bytes, monkeypatch: pytest.MonkeyPatch, *, whole: bool, chunk: int = 1 << 18) -> Scan:
    with monkeypatch.context() as patch:
        patch.setattr(package, "_CHUNK", chunk)
        if whole:
            patch.setattr(_SheetReader, "chunks", lambda _, chunks: chunks)
        return scan_xlsx(data)


@given(rows=SHEETS, odd=st.booleans(), chunk=st.sampled_from([7, 64, 1000, 1 << 18]))
def test_the_scan_sees_the_same_with_and_without(rows: list[Line], odd: bool, chunk: int) -> None:
    """Whatever stands between ghosts, in whatever pieces it comes: values, errors and formulas stand where they do."""
    data = sheet(rows, odd=odd)
    with pytest.MonkeyPatch.context() as patch:
        assert seen(data, patch, whole=False, chunk=chunk) == seen(data, patch, whole=True)


RULE = '<dataValidation sqref="{}" type="list"><formula1>{}</formula1></dataValidation>'


@pytest.mark.parametrize(
    ("around", "seen_there"),
    [
        (RULE.format("B2:B9", "&lt;1") * 2, True),
        (RULE.format("B2", "<c r='B2'><v>3</v></c>"), True),
        (RULE.format("B2", "1").replace(' sqref="B2"', ' sqref="B2" sqref="B2"'), False),
        (RULE.format("B2", "&none;"), False),
        ("<conditionalFormatting><mergeCell ref='A1:B2'/></conditionalFormatting>" + '<mergeCell ref="C1:D2"/>', True),
        ('<mergeCells count=<mergeCell ref="A1:B2"/>"1"></mergeCells>', False),
        ("<pageMargins<pageMargins/>/>", False),
        ("</worksheet>" + RULE.format("B2", "1") + "<worksheet/>", False),
        ('</worksheet><mergeCell ref="C1:D2"/>', False),
        ('<sheetProtection sheet="1"/><col hidden="1" min="2" max="3"/><brk id="1"/>', True),
        (f"<oddHeader>&amp;L Số {RULE.format('B2', '1')} 7</oddHeader>", True),
        (f"<v>{RULE.format('B2', '1')}</v>", True),
    ],
)
def test_what_stands_around_rows_is_passed_over_only_where_it_says_nothing(around: str, seen_there: bool) -> None:
    """Rules by the dozen cost no callback, and what is broken or hidden among them comes to light as without that."""
    data = hostile.xlsx(hostile.sheet('<row r="1"><c r="A1"><v>5</v></c></row>', tail=around))
    with pytest.MonkeyPatch.context() as patch:
        if seen_there:
            assert seen(data, patch, whole=False) == seen(data, patch, whole=True)
            return
        for whole in (False, True):
            with pytest.raises(Refused):
                seen(data, patch, whole=whole)


def test_rows_met_before_read_as_their_own_workbook_says() -> None:
    """The same row in workbooks with other texts, other formats, days from 1904, another encoding: each by its own."""
    row = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><v>40000</v></c><c r="C1" t="str"><v>á</v></c></row>'
    styles = '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="{}"/></cellXfs></styleSheet>'
    days = hostile.WORKBOOK.replace("<sheets>", '<workbookPr date1904="1"/><sheets>')
    relations = "".join(
        f'<Relationship Id="{part}" Type="x/{part}" Target="{part}.xml"/>' for part in ("styles", "sharedStrings")
    )
    read = []
    for text, number, workbook, coding in (
        ("mot", 0, hostile.WORKBOOK, "utf-8"),
        ("hai", 14, hostile.WORKBOOK, "utf-8"),
        ("ba", 14, days, "utf-8"),
        ("mot", 0, hostile.WORKBOOK, "iso-8859-1"),
    ):
        sheet_xml = hostile.sheet(row).replace('"1.0"', f'"1.0" encoding="{coding}"', 1).encode(coding)
        more = {
            "xl/_rels/workbook.xml.rels": hostile.WORKBOOK_RELS.replace(
                "</Relationships>", f"{relations}</Relationships>"
            ),
            "xl/workbook.xml": workbook,
            "xl/styles.xml": styles.format(number),
            "xl/sharedStrings.xml": f"<sst><si><t>{text}</t></si></sst>",
        }
        cells = scan_xlsx(hostile.xlsx(sheet_xml, more)).sheets[0].cells
        read.append([str(cell.value) for cell in cells.values()])
    assert read == [
        ["mot", "40000.0", "á"],
        ["hai", "2009-07-06", "á"],
        ["ba", "2013-07-07", "á"],
        ["mot", "40000.0", "á"],
    ]


@given(rows=SHEETS)
def test_the_scan_and_the_reader_agree(rows: list[Line]) -> None:
    """The scan and the second reader say the same of every cell: no doubt is left in any."""
    data = sheet([row for row in rows if row[0] != NUMBERLESS], odd=False)
    (scanned,) = scan_xlsx(data).sheets
    (read,) = read_bytes(data).sheets
    assert read.cells == scanned.cells
    assert not any(cell.doubt for cell in read.cells.values())


@pytest.mark.parametrize("text", ["a\ufdd0b", "a&#64976;b", "a&#x0FDd0;b"])
def test_no_text_is_cut_at_a_sign_of_the_readers_own(text: str) -> None:
    """The sign that separates texts on their way is read where it stands raw, refused where it is written by number."""
    rows = f'<row r="1"><c r="A1" t="inlineStr"><is><t>{text}</t></is></c><c r="B1"><v>5</v></c></row>'
    data = hostile.xlsx(hostile.sheet(rows))
    if "&" in text:
        with pytest.raises(Refused):
            scan_xlsx(data)
    else:
        assert [cell.value for cell in scan_xlsx(data).sheets[0].cells.values()] == [text, 5.0]


def test_a_row_within_a_cell_is_refused() -> None:
    """What no program writes is not read as if it stood on its own."""
    rows = '<row r="1"><c r="A1"><v>1</v><row></row><row r="2"><c r="A2"><v>2</v></c></row></c></row>'
    with pytest.raises(Refused):
        scan_xlsx(hostile.xlsx(hostile.sheet(rows)))


@pytest.mark.parametrize(
    "row",
    [
        # the comment would take the cell's beginning with it if rows were cut without looking
        '<row r="1"><c r="XFD1048576"><!--/></row><row r="2"><c r="B2">--><v>5</v></c></row>',
        '<row r="1"><c r="XFD1048576"><?x /></row><row r="2"><c r="B2">?><v>5</v></c></row>',
        '<row r="1"><c r="XFD1048576"><v><![CDATA[</row><row r="2"><c r="B2">]]>5</v></c></row>',
    ],
)
def test_nothing_hides_among_ghosts(row: str) -> None:
    """A far cell that hides behind a comment, an instruction or a CDATA section is seen, and the file refused."""
    ghosts = "".join(f'<row r="{number}" s="1"><c r="A{number}" s="1"/></row>' for number in range(3, 9))
    with pytest.raises(Refused) as caught:
        scan_xlsx(hostile.xlsx(hostile.sheet(ghosts + row)))
    assert caught.value.finding.code == "FILE_TOO_MANY_CELLS"


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ('<c r="A1"><v>1</v></c><c r="A1"><v>2</v></c>', "FILE_BROKEN"),
        ('<c r="A1" t="21"><v>1</v></c>', "FILE_BROKEN"),
        ('<c r="A1"><v>1</v></c><c r="A1" s="1"></c>', "FILE_BROKEN"),
        ('<c r="A1" s="1"/><c r="A1"><v>2</v></c>', None),
    ],
)
def test_cells_that_programs_read_differently(cells: str, code: str | None) -> None:
    """Two values at one address, or a type that there is not: no reader's guess is taken for what was typed."""
    data = hostile.xlsx(hostile.sheet(f'<row r="1">{cells}</row>'))
    if code is None:
        assert len(read_bytes(data).sheets[0].cells) == 1
    else:
        with pytest.raises(Refused) as caught:
            read_bytes(data)
        assert caught.value.finding.code == code
