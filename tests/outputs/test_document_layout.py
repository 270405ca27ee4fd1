"""The document's layout by Decree 30/2020/NĐ-CP, from the XML; texts from outside; the office's own template."""

from __future__ import annotations

import io
import itertools
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml
from docx import Document
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nq57xl.errors import Nq57Error
from nq57xl.outputs.document import _context, render_document
from nq57xl.plan.model import DatedName, Signatory
from nq57xl.results.consolidation import COLLECTIVE_RULE, consolidate
from tests import office
from tests.amounts import amount
from tests.conftest import REPOSITORY
from tests.document_kit import blocks, cell_texts, opened, rendered, text_of
from tests.outputs.test_exports import with_text
from tests.report_books import SCHEMA, case, consolidated, convert
from tests.report_fills import random_status
from tools import make_template

PROFILE: dict[str, Any] = yaml.safe_load((REPOSITORY / "templates" / "nghi-dinh-30.yml").read_text(encoding="utf-8"))
STYLES = {
    "QuocHieu": "country",
    "TieuNgu": "motto",
    "CoQuanChuQuan": "parent",
    "CoQuanBanHanh": "agency",
    "SoKyHieu": "number",
    "DiaDanh": "place",
    "TenLoai": "kind",
    "TrichYeu": "subject",
    "KinhGui": "addressee",
    "NoiDung": "body",
    "Heading1": "heading",
    "Heading2": "heading",
    "Heading3": "heading",
    "ChucVu": "signature",
    "NguoiKy": "signature",
    "NoiNhan": "copies_head",
    "NoiNhanDong": "copies",
    "PhuLuc": "appendix",
    "TenPhuLuc": "appendix_title",
    "KemTheo": "appendix_note",
    "Header": "page_number",
    "OBang": "table",
}
BOLD = {
    *("QuocHieu", "TieuNgu", "CoQuanBanHanh", "TenLoai", "TrichYeu", "ChucVu", "NguoiKy", "NoiNhan"),
    *("PhuLuc", "TenPhuLuc", "Heading1", "Heading2"),
}
ITALIC = {"DiaDanh", "NoiNhan", "KemTheo"}
PLANS = ("bql-2026", "sxd-2026")


def within(limits: dict[str, float], value: float) -> bool:
    return limits["min"] <= round(value, 1) <= limits["max"]


def test_the_template_is_what_its_tool_makes() -> None:
    """templates/bao-cao.docx is remade byte for byte by tools/make_template.py from the decree's data file."""
    assert (REPOSITORY / "templates" / "bao-cao.docx").read_bytes() == make_template.Maker(PROFILE).made()


@pytest.mark.parametrize("which", PLANS)
def test_sizes_and_weights_are_the_decrees(which: str) -> None:
    """Every style in use has the decree's size, weight and slant; every paragraph has one of these styles."""
    document = opened(rendered(which, 1)[1])
    used: dict[str, Any] = {}
    for paragraph in [*document.paragraphs, *(p for t in document.tables for c in t._cells for p in c.paragraphs)]:
        used[paragraph.style.style_id] = paragraph.style
    used["Header"] = document.sections[0].header.paragraphs[0].style
    assert set(used) <= {*STYLES, "Normal"}
    assert set(used) >= set(STYLES)
    for key, name in STYLES.items():
        assert within(PROFILE["sizes"][name], used[key].font.size.pt), key
        assert (bool(used[key].font.bold), bool(used[key].font.italic)) == (key in BOLD, key in ITALIC), key
    assert within(PROFILE["indent"], used["NoiDung"].paragraph_format.first_line_indent.mm)
    assert used["NoiDung"].paragraph_format.space_after.pt >= PROFILE["spacing"]["after"]
    line = used["NoiDung"].paragraph_format.line_spacing
    assert PROFILE["spacing"]["line_min"] <= line <= PROFILE["spacing"]["line_max"]


@pytest.mark.parametrize("which", PLANS)
def test_one_font_and_black(which: str) -> None:
    """No font but Times New Roman is named anywhere, no theme font, no colour but black, no size in a run."""
    with zipfile.ZipFile(io.BytesIO(rendered(which, 1)[1])) as package:
        parts = {
            name: package.read(name).decode()
            for name in package.namelist()
            if name.startswith("word/") and name.endswith(".xml") and "theme" not in name and "fontTable" not in name
        }
    text = "".join(parts.values())
    fonts = set(re.findall(r'w:(?:ascii|hAnsi|eastAsia|cs)="([^"]+)"', "".join(re.findall("<w:rFonts[^>]*>", text))))
    assert fonts == {"Times New Roman"}
    assert "Theme=" not in "".join(re.findall("<w:rFonts[^>]*>", text))
    assert set(re.findall(r'<w:color [^>]*w:val="([^"]+)"', text)) <= {"000000", "auto"}
    assert "<w:sz " not in parts["word/document.xml"]


@pytest.mark.parametrize("which", PLANS)
def test_sections_margins_and_page_numbers(which: str) -> None:
    """The main text is A4 upright, each appendix landscape; all count pages from 1, shown in the middle of the top."""
    c, data = rendered(which, 1)
    document = opened(data)
    main, *appendices = document.sections
    margins = PROFILE["margins"]
    assert len(appendices) == (2 if c.plan.indicators else 1)
    assert (round(main.page_width.mm), round(main.page_height.mm)) == (210, 297)
    for section, right in ((main, "right"), *((item, "appendix_right") for item in appendices)):
        assert within(margins["top"], section.top_margin.mm)
        assert within(margins["bottom"], section.bottom_margin.mm)
        assert within(margins["left"], section.left_margin.mm)
        assert within(margins[right], section.right_margin.mm)
        assert section.header_distance < section.top_margin
        assert section._sectPr.find(qn("w:pgNumType")).get(qn("w:start")) == "1"
    for section in appendices:
        assert section.orientation == WD_ORIENT.LANDSCAPE
        assert (round(section.page_width.mm), round(section.page_height.mm)) == (297, 210)
        assert not section.different_first_page_header_footer
        assert section.header.is_linked_to_previous
    assert main.different_first_page_header_footer
    assert "".join(text_of(p._p) for p in main.first_page_header.paragraphs) == ""
    (number,) = main.header.paragraphs
    assert "PAGE" in "".join(item.text for item in number._p.iter(qn("w:instrText")))
    assert number.alignment == 1


def test_a_plan_without_indicators_has_one_appendix() -> None:
    """One appendix has no Roman number and is a section of its own; nothing is said of indicators."""
    plan, period = case("sxd-2026")
    plan = attrs.evolve(plan, indicators=(), indicator_groups=())
    document = opened(render_document(consolidate(plan, period, SCHEMA, random_status(plan, period, 1))))
    texts = blocks(document)
    assert "Phụ lục" in texts
    assert not [text for text in texts if "Phụ lục I" in text or "chỉ tiêu" in text.lower()]
    assert [section.orientation for section in document.sections] == [WD_ORIENT.PORTRAIT, WD_ORIENT.LANDSCAPE]


@pytest.mark.parametrize("which", PLANS)
def test_tables_repeat_their_head(which: str) -> None:
    """Tables of figures have borders and a head that is repeated; a group stands across the whole row in bold."""
    document = opened(rendered(which, 1)[1])
    counts, tasks, *more = (table for table in document.tables if table.style.name == "Table Grid")
    assert len(more) == (which == "sxd-2026")
    for table in (counts, tasks, *more):
        properties = table.rows[0]._tr.trPr
        assert properties.find(qn("w:tblHeader")) is not None
        widths = [int(column.get(qn("w:w"))) for column in table._tbl.tblGrid.findall(qn("w:gridCol"))]
        assert len(widths) == len(table.rows[0]._tr.findall(qn("w:tc")))
        for row in table.rows[1:]:
            assert row._tr.trPr is None or row._tr.trPr.find(qn("w:tblHeader")) is None
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in tasks.rows if len(row._tr.tc_lst) > 1)
    group = tasks.rows[1]._tr.findall(qn("w:tc"))
    assert len(group) == 1
    assert group[0].tcPr.gridSpan.val == 7


def test_the_rule_for_several_leads_is_printed() -> None:
    """A plan with a collective lead prints the rule under the table of rows; one without has no note."""
    assert f"Ghi chú: {COLLECTIVE_RULE}" in blocks(opened(rendered("sxd-2026", 1)[1]))
    assert not [text for text in blocks(opened(rendered("bql-2026", 1)[1])) if text.startswith("Ghi chú")]


ORDER = {
    "sectPr": (
        "headerReference",
        "footerReference",
        "type",
        "pgSz",
        "pgMar",
        "pgNumType",
        "cols",
        "titlePg",
        "docGrid",
    ),
    "tblPr": ("tblStyle", "tblW", "jc", "tblLayout", "tblCellMar", "tblLook"),
    "trPr": ("cantSplit", "tblHeader"),
    "pPr": ("pStyle", "keepNext", "widowControl", "pBdr", "spacing", "ind", "jc", "sectPr"),
}
"""Word opens a file only when these stand in the schema's order (ECMA-376, part 1, 17)."""


@pytest.mark.parametrize("which", ["sample", *PLANS])
def test_what_word_insists_on(which: str) -> None:
    """Every cell ends with a paragraph, every row fills the grid, properties stand in the schema's order."""
    document = opened(rendered(which, 1)[1])
    body = document.element.body
    for table in body.iter(qn("w:tbl")):
        columns = len(table.tblGrid.findall(qn("w:gridCol")))
        for row in table.tr_lst:
            assert sum(cell.grid_span for cell in row.tc_lst) == columns
            assert all(cell[-1].tag == qn("w:p") for cell in row.tc_lst)
        following = table.getnext()
        assert following is not None
        assert following.tag == qn("w:p")
    for name, order in ORDER.items():
        for element in body.iter(qn(f"w:{name}")):
            found = [order.index(child.tag.partition("}")[2]) for child in element]
            assert found == sorted(found), (name, [child.tag for child in element])
    assert body[-1].tag == qn("w:sectPr")


@pytest.mark.parametrize("which", PLANS)
def test_letterhead_and_blanks(which: str) -> None:
    """Names of the day on which the report is due; number, day and month are blanks, for the plan's own number, too."""
    c, data = rendered(which, 1)
    document = opened(data)
    head = document.tables[0]
    left, right = (cell.text.split("\n") for cell in head.rows[0].cells)
    assert left[:2] == ["UBND TỈNH ĐỒNG NAI", c.letterhead[1].upper()]
    assert right[:2] == ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"]
    symbol = c.plan.properties.symbol.removeprefix("KH-")
    number, place = (cell.text for cell in head.rows[1].cells)
    assert re.fullmatch(rf"Số: +/BC-{symbol}", number)
    assert re.fullmatch(r"Đồng Nai, ngày +tháng +năm 2026", place)
    texts = blocks(document)
    assert [text for text in texts if re.search(rf"Kế hoạch số +/KH-{symbol} ngày +tháng +năm +của", text)]
    attached = [text for text in texts if re.search(rf"^\(Kèm theo Báo cáo số +/BC-{symbol} ngày +tháng +năm", text)]
    assert len(attached) == (2 if c.plan.indicators else 1)
    assert "Kính gửi: Ủy ban nhân dân tỉnh Đồng Nai." in texts
    assert len([text for text in texts if text.endswith("./.")]) == 1


def test_names_follow_the_day_of_the_report() -> None:
    """From 30/4/2026 the agency above is the city; the plan's own words stay as printed."""
    from nq57xl.plan.periods import parse_period

    plan, _ = case("sxd-2026")
    period = parse_period("2026-05", plan.properties)
    c = consolidate(plan, period, SCHEMA, random_status(plan, period, 1))
    texts = blocks(opened(render_document(c)))
    assert texts[0].startswith("UBND THÀNH PHỐ ĐỒNG NAI")
    assert "Kính gửi: Ủy ban nhân dân thành phố Đồng Nai." in texts
    assert any("trên địa bàn tỉnh Đồng Nai năm 2026" in text for text in texts)


def test_known_numbers_are_cited_and_several_readers_listed() -> None:
    """A plan with number and day is cited with them; two readers stand one below the other; the head signs alone."""
    plan, period = case("sxd-2026")
    own = attrs.evolve(
        plan.properties,
        number="12",
        issued_on=period.start,
        recipient=(DatedName("UBND tỉnh Đồng Nai; Sở Khoa học và Công nghệ"),),
        signatory=Signatory("", "GIÁM ĐỐC", "Nguyễn Văn A"),
    )
    plan = attrs.evolve(plan, properties=own)
    document = opened(render_document(consolidate(plan, period, SCHEMA, random_status(plan, period, 1))))
    texts = blocks(document)
    at = texts.index("Kính gửi:")
    assert texts[at + 1 : at + 3] == ["- Ủy ban nhân dân tỉnh Đồng Nai;", "- Sở Khoa học và Công nghệ."]
    assert any("Kế hoạch số 12/KH-SXD ngày 15 tháng 3 năm 2026 của Sở Xây dựng triển khai" in text for text in texts)
    signature = document.tables[1].rows[0].cells
    assert [line for line in signature[1].text.split("\n") if line] == ["GIÁM ĐỐC", "Nguyễn Văn A"]
    assert signature[0].text.split("\n")[0] == "Nơi nhận:"
    assert signature[0].text.endswith("- Lưu: VT, VP.")


HOSTILE = "Đã làm {{ 7*7 }} {% for x in y %} {_{ <w:p/> & \"ngoặc\" \x07\x0b\x1f\ufffe '=1+1'"


def test_texts_of_units_are_values_and_nothing_else() -> None:
    """Template marks, XML and control characters in a unit's text are printed or dropped, never run."""
    plan, period = case("bql-2026")
    c = consolidate(plan, period, SCHEMA, random_status(plan, period, 3, missing=lambda code: False))
    row = next(item for item in c.tasks if item.entries and "result" in item.entries[0].values)
    cell = attrs.evolve(row.entries[0].values["result"], typed=HOSTILE, value=HOSTILE)
    entry = attrs.evolve(row.entries[0], values=row.entries[0].values | {"result": cell})
    hostile = attrs.evolve(row, entries=(entry, *row.entries[1:]))
    c = attrs.evolve(c, tasks=tuple(hostile if item is row else item for item in c.tasks))
    text = "\n".join(blocks(opened(render_document(c))))
    assert 'Đã làm {{ 7*7 }} {% for x in y %} {_{ <w:p/> & "ngoặc"' in text
    assert "49" not in re.findall(r"Đã làm (\S+)", text)


@settings(max_examples=amount(5, 200), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(min_size=1, max_size=60))
def test_any_text_is_printed_as_it_is(text: str) -> None:
    """Whatever a unit types, the document opens and holds it, without what XML cannot hold or turns the reading."""
    c = with_text(consolidated("sample", 1), text)
    rows = [cell_texts(row) for row in opened(render_document(c)).tables[3]._tbl.tr_lst]
    kept = "".join(letter for letter in text if letter in "\t\n" or letter >= " ").replace("\t", " ")
    kept = re.sub("[\ufffe\uffff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", kept)
    assert not kept.strip() or any(kept.strip() in row[5] for row in rows if len(row) == 7), kept


def test_lines_of_a_text_stay_lines_in_the_appendix() -> None:
    """A text of several lines has its lines in the appendix and is one run of words in the main text."""
    c, data = rendered("sample", 1)
    document = opened(data)
    told = [cell_texts(row._tr) for table in document.tables[3:4] for row in table.rows]
    assert any("\n" in text for row in told for text in row)
    assert c.tasks


def test_same_bytes() -> None:
    """The same consolidation gives the same bytes, with fixed times inside."""
    c, data = rendered("sxd-2026", 1)
    assert render_document(c) == data
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert {item.date_time for item in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2026-01-01T00:00:00Z" in package.read("docProps/core.xml")


def test_the_office_edits_its_own_template(tmp_path: Path) -> None:
    """A template in the workspace is used; one that names something unknown or is no document is refused with words."""
    c = consolidated("sample", 1)
    own = tmp_path / "templates" / "bao-cao.docx"
    own.parent.mkdir()
    document = Document()
    document.add_paragraph("Bản riêng: {{ agency_name }}")
    document.save(str(own))
    assert blocks(opened(render_document(c, tmp_path))) == ["Bản riêng: Sở Xây dựng"]
    document.add_paragraph("{{ khong_co }}")
    document.save(str(own))
    with pytest.raises(Nq57Error, match=r"bao-cao\.docx"):
        render_document(c, tmp_path)
    own.write_bytes(b"khong phai docx")
    with pytest.raises(Nq57Error, match=r"bao-cao\.docx"):
        render_document(c, tmp_path)


def test_the_guide_names_everything_a_template_may_use() -> None:
    """The table in docs/van-phong.md lists exactly the names that the template is given."""
    guide = (REPOSITORY / "docs" / "van-phong.md").read_text(encoding="utf-8")
    rows = guide.partition("Các tên dùng được:")[2].strip().split("\n\n")[0].splitlines()[2:]
    names = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row.split("|")[1])}
    assert names == set(_context(consolidated("sample", 1)))


@pytest.mark.needs("soffice")
@pytest.mark.parametrize(("which", "most"), [("bql-2026", 3), ("sxd-2026", 5)])
def test_pages_on_paper(which: str, most: int, tmp_path: Path) -> None:
    """LibreOffice opens the document: page 1 has no number, page 2 has one, each appendix starts at 1 again; the body
    is as short as a leader reads."""
    import pdfplumber

    path = tmp_path / "bao-cao.docx"
    c, data = rendered(which, 1)
    path.write_bytes(data)
    with pdfplumber.open(convert(path, tmp_path, "pdf")) as pdf:
        firsts = [(page.extract_text() or "").split("\n")[0] for page in pdf.pages]
        upright = [page.width < page.height for page in pdf.pages]
    main = upright.index(False)
    assert main <= most
    assert firsts[0].startswith("UBND TỈNH ĐỒNG NAI")
    assert firsts[1:main] == [str(number) for number in range(2, main + 1)]
    assert not any(upright[main:])
    numbers = [int(text) for text in firsts[main:]]
    assert numbers.count(1) == (2 if c.indicators else 1)
    assert all(later in (1, number + 1) for number, later in itertools.pairwise(numbers))


@pytest.mark.needs("soffice")
@pytest.mark.needs("pdftotext")
def test_the_body_keeps_its_pages_whatever_the_fill(tmp_path: Path) -> None:
    """The signature of random fills stands on page 3 of bql's document at the latest, on page 5 of sxd's."""
    paths = []
    for which, seeds in (("bql-2026", range(20, 24)), ("sxd-2026", range(20, 23))):
        for seed in seeds:
            paths.append(tmp_path / f"{which}-{seed}.docx")
            paths[-1].write_bytes(render_document(consolidated(which, seed)))
    for pdf in office.convert_all(paths, "pdf"):
        done = subprocess.run(["pdftotext", "-raw", str(pdf), "-"], check=True, capture_output=True, timeout=60)
        pages = done.stdout.decode("utf-8").split("\f")
        last = next(number for number, page in enumerate(pages, start=1) if "Nơi nhận:" in page)
        assert last <= (3 if pdf.stem.startswith("bql") else 5), pdf.stem
