"""Styles of the document by Decree 30/2020/NĐ-CP, and the few pieces of Word's XML that python-docx has no word for."""

# ruff: noqa: ANN401 - python-docx is typed in part only

from __future__ import annotations

import datetime as dt
from typing import Any

from attrs import frozen
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

_DAY = dt.datetime(2026, 1, 1)
_BUILT_IN = {"Normal", "Heading 1", "Heading 2", "Heading 3", "Header", "Normal Table", "Table Grid"}
_DROPPED = {"thumbnail", "stylesWithEffects", "customXml", "numbering", "webSettings"}


@frozen
class Look:
    """A style: its id in the file, the name shown in Word, its size in the profile."""

    key: str
    name: str
    size: str
    bold: bool = False
    italic: bool = False
    centered: bool = True
    before: float = 0
    after: float = 0


LOOKS = (
    Look("QuocHieu", "Quốc hiệu", "country", bold=True),
    Look("TieuNgu", "Tiêu ngữ", "motto", bold=True),
    Look("CoQuanChuQuan", "Cơ quan chủ quản", "parent"),
    Look("CoQuanBanHanh", "Cơ quan ban hành", "agency", bold=True),
    Look("SoKyHieu", "Số, ký hiệu", "number"),
    Look("DiaDanh", "Địa danh, ngày", "place", italic=True),
    Look("TenLoai", "Tên loại văn bản", "kind", bold=True, before=18),
    Look("TrichYeu", "Trích yếu", "subject", bold=True),
    Look("KinhGui", "Kính gửi", "addressee", before=6, after=6),
    Look("ChucVu", "Chức vụ người ký", "signature", bold=True),
    Look("NguoiKy", "Người ký", "signature", bold=True),
    Look("NoiNhan", "Nơi nhận", "copies_head", bold=True, italic=True, centered=False),
    Look("NoiNhanDong", "Nơi nhận, danh sách", "copies", centered=False),
    Look("PhuLuc", "Phụ lục", "appendix", bold=True),
    Look("TenPhuLuc", "Tên phụ lục", "appendix_title", bold=True),
    Look("KemTheo", "Kèm theo", "appendix_note", italic=True, after=8),
    Look("OBang", "Ô bảng", "table", centered=False, before=1, after=1),
)


def make_styles(doc: Any, profile: dict[str, Any]) -> dict[str, Any]:
    """The document's styles by key, nothing else left of python-docx's own template."""
    styles = doc.styles
    for style in list(styles):
        if style.name not in _BUILT_IN and style.name != "Default Paragraph Font":
            style.delete()
    _defaults(styles, profile["font"])
    made = {name: styles[name] for name in _BUILT_IN}
    _font(made["Normal"], profile, "body")
    made["Normal"].paragraph_format.space_after = Pt(0)
    made["Normal"].paragraph_format.widow_control = True
    _font(made["Header"], profile, "page_number")
    for look in LOOKS:
        made[look.key] = _style(doc, look, profile)
    made["NoiDung"] = _style(doc, Look("NoiDung", "Nội dung", "body", centered=False), profile)
    _flow(made["NoiDung"], profile)
    for level in (1, 2, 3):
        heading = made[f"Heading {level}"]
        _font(heading, profile, "heading", bold=level < 3)
        _flow(heading, profile)
        heading.paragraph_format.keep_with_next = True
    return made


def _style(doc: Any, look: Look, profile: dict[str, Any]) -> Any:
    style = doc.styles.add_style(look.key, WD_STYLE_TYPE.PARAGRAPH)
    style.name = look.name
    style.base_style = doc.styles["Normal"]
    _font(style, profile, look.size, bold=look.bold, italic=look.italic)
    form = style.paragraph_format
    form.alignment = WD_ALIGN_PARAGRAPH.CENTER if look.centered else WD_ALIGN_PARAGRAPH.LEFT
    form.space_before, form.space_after = Pt(look.before), Pt(look.after)
    style.quick_style = True
    return style


def _font(style: Any, profile: dict[str, Any], size: str, *, bold: bool = False, italic: bool = False) -> None:
    style.font.size, style.font.bold, style.font.italic = Pt(profile["sizes"][size]["used"]), bold, italic
    style.font.color.rgb = RGBColor(0, 0, 0)
    _only_font(style.element.get_or_add_rPr(), profile["font"])


def _flow(style: Any, profile: dict[str, Any]) -> None:
    """Running text: justified, indented, with room after each paragraph."""
    form = style.paragraph_format
    form.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    form.first_line_indent = Mm(profile["indent"]["used"])
    form.space_before, form.space_after = Pt(0), Pt(profile["spacing"]["after"])
    form.line_spacing = profile["spacing"]["line"]


def _only_font(properties: Any, font: str) -> None:
    fonts = properties.get_or_add_rFonts()
    fonts.attrib.clear()
    for name in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{name}"), font)


def _defaults(styles: Any, font: str) -> None:
    defaults = styles.element.find(qn("w:docDefaults"))
    properties = defaults.find(qn("w:rPrDefault")).find(qn("w:rPr"))
    _only_font(properties, font)
    language = properties.find(qn("w:lang"))
    for name in ("val", "eastAsia"):
        language.set(qn(f"w:{name}"), "vi-VN")


def side_margins(table: Any, width: float) -> None:
    """Inner margins (mm) at both sides of the table's cells."""
    margins: Any = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        element = OxmlElement(f"w:{side}")
        element.set(qn("w:w"), str(Mm(width).twips))
        element.set(qn("w:type"), "dxa")
        margins.append(element)
    table._tbl.tblPr.insert_element_before(margins, "w:tblLook")


def line_above(paragraph: Any) -> None:
    """A solid line as the upper border of a paragraph."""
    border: Any = OxmlElement("w:pBdr")
    top = OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        top.set(qn(f"w:{name}"), value)
    border.append(top)
    paragraph._p.get_or_add_pPr().insert_element_before(border, "w:shd", "w:spacing", "w:ind", "w:jc")


def restart_pages(section: Any) -> None:
    """Pages of the section are counted from 1."""
    numbers: Any = section._sectPr.find(qn("w:pgNumType"))
    if numbers is None:
        numbers = OxmlElement("w:pgNumType")
        section._sectPr.insert_element_before(numbers, "w:cols", "w:titlePg", "w:docGrid")
    numbers.set(qn("w:start"), "1")


def page_field(paragraph: Any) -> None:
    """The number of the page."""
    run = paragraph.add_run()
    for kind, text in (("begin", ""), ("", " PAGE "), ("separate", ""), ("", "1"), ("end", "")):
        if kind:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        else:
            element = OxmlElement("w:instrText" if "PAGE" in text else "w:t")
            element.text = text
            element.set(qn("xml:space"), "preserve")
        run._r.append(element)


def row_marks(row: Any, *names: str) -> None:
    """Marks of a table's row: cantSplit, tblHeader (in this order)."""
    for name in names:
        row._tr.get_or_add_trPr().append(OxmlElement(f"w:{name}"))


def tidy(doc: Any) -> None:
    """Drops parts of python-docx's own template that no page needs, and fixes the file's properties."""
    for rels in (doc.part.rels, doc.part.package.rels):
        for key in [key for key, rel in rels.items() if rel.reltype.rsplit("/", 1)[-1] in _DROPPED]:
            rels.pop(key)
    own = doc.core_properties
    own.title, own.author, own.last_modified_by, own.comments, own.language = "Báo cáo", "", "", "", "vi-VN"
    own.created = own.modified = own.last_printed = _DAY
    own.revision = 1
