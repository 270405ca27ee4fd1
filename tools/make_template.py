"""Makes templates/bao-cao.docx anew: the layout of Decree 30/2020/NĐ-CP from templates/nghi-dinh-30.yml.

    python -m tools.make_template

The office may edit the result in Word, or keep its own copy in the workspace; this tool makes the packaged one.
"""

# ruff: noqa: ANN401 - python-docx is typed in part only

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_COLOR_INDEX
from docx.shared import Length, Mm, Pt

from nq57xl.xlsx.package import repacked
from tools.template_styles import line_above, make_styles, page_field, restart_pages, row_marks, side_margins, tidy

ROOT = Path(__file__).resolve().parent.parent
PROFILE = ROOT / "templates" / "nghi-dinh-30.yml"
TARGET = ROOT / "templates" / "bao-cao.docx"
_TASKS = (
    ("TT", 12, "center"),
    ("Nhiệm vụ", 54, "left"),
    ("Đơn vị chủ trì", 26, "left"),
    ("Thời hạn", 26, "center"),
    ("Tiến độ, so với thời hạn", 28, "center"),
    ("Kết quả, sản phẩm, minh chứng", 58, "left"),
    ("Khó khăn, vướng mắc; đề xuất, kiến nghị; việc kỳ tới", 48, "left"),
)
_INDICATORS = (
    ("TT", 12, "center"),
    ("Chỉ tiêu", 70, "left"),
    ("Đơn vị tính", 18, "center"),
    ("Mục tiêu", 22, "center"),
    ("Kết quả", 28, "center"),
    ("So với mục tiêu", 32, "center"),
    ("Đơn vị theo dõi", 26, "left"),
    ("Nguồn số liệu, ghi chú", 44, "left"),
)
_SECTIONS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("I. CÔNG TÁC CHỈ ĐẠO, ĐIỀU HÀNH", (("", "steering"),)),
    (
        "III. ĐÁNH GIÁ",
        (
            ("1. Kết quả nổi bật", "highlights"),
            ("2. Tồn tại, hạn chế", "shortcomings"),
            ("3. Khó khăn, vướng mắc, nguyên nhân và đề xuất", "causes"),
        ),
    ),
    ("IV. NHIỆM VỤ TRỌNG TÂM KỲ TỚI", (("", "next_period"),)),
    ("V. ĐỀ XUẤT, KIẾN NGHỊ", (("", "proposals"),)),
)


class Maker:
    """One template, written from top to bottom."""

    def __init__(self, profile: dict[str, Any]) -> None:
        self.profile = profile
        self.doc: Any = Document()  # python-docx is typed in part only
        self.styles = make_styles(self.doc, profile)

    def margin(self, name: str) -> Length:
        """A margin."""
        return Mm(self.profile["margins"][name]["used"])

    def made(self) -> bytes:
        """The template."""
        self._page()
        self._letterhead()
        self._opening()
        self._body()
        self._signature()
        self._appendix("I", "KẾT QUẢ THỰC HIỆN CÁC ĐẦU VIỆC CỦA KẾ HOẠCH", "task_rows", _TASKS)
        self.tag("{%p if task_note %}")
        self._tiny()
        self.para("{{ task_note }}", "OBang")
        self.tag("{%p endif %}")
        self.tag("{%p if indicator_rows %}")
        self._appendix("II", "KẾT QUẢ THỰC HIỆN CÁC CHỈ TIÊU", "indicator_rows", _INDICATORS)
        self.tag("{%p endif %}")
        self._tiny()
        tidy(self.doc)
        written = io.BytesIO()
        self.doc.save(written)
        return repacked(written.getvalue())

    # parts from top to bottom

    def _page(self) -> None:
        section = self.doc.sections[0]
        section.page_width, section.page_height = Mm(self.profile["page"]["width"]), Mm(self.profile["page"]["height"])
        self._margins(section, self.margin("right"))
        section.different_first_page_header_footer = True
        restart_pages(section)
        line = section.header.paragraphs[0]
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        page_field(line)

    def _margins(self, section: Any, right: Length) -> None:
        section.top_margin, section.bottom_margin = self.margin("top"), self.margin("bottom")
        section.left_margin, section.right_margin = self.margin("left"), right
        section.header_distance = section.footer_distance = Mm(self.profile["header"]["used"])

    def _letterhead(self) -> None:
        table = self._table((65, 100))
        left, right = table.rows[0].cells
        self._in(left, "{{ parent }}", "CoQuanChuQuan", first=True)
        self._in(left, "{{ agency }}", "CoQuanBanHanh")
        self._rule(left, 65, 22)
        self._in(right, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "QuocHieu", first=True)
        self._in(right, "Độc lập - Tự do - Hạnh phúc", "TieuNgu")
        self._rule(right, 100, 61)
        second = table.add_row().cells
        self._in(second[0], "Số: {{ number }}", "SoKyHieu", first=True)
        self._in(second[1], "{{ place }}, {{ day }}", "DiaDanh", first=True)

    def _opening(self) -> None:
        self.para("BÁO CÁO", "TenLoai")
        self.para("{{ title }}", "TrichYeu")
        self._rule(None, 165, 60)
        self.tag("{%p if recipients|length == 1 %}")
        self.para("Kính gửi: {{ recipients[0] }}.", "KinhGui")
        self.tag("{%p elif recipients %}")
        self.para("Kính gửi:", "KinhGui")
        self.tag("{%p for name in recipients %}")
        self.para("- {{ name }}{{ '.' if loop.last else ';' }}", "KinhGui")
        self.tag("{%p endfor %}")
        self.tag("{%p endif %}")
        self.para("{{ basis }}", "NoiDung")
        self.tag("{%p if gaps %}")
        self.para("{{ gaps }}", "NoiDung").runs[0].bold = True
        self.tag("{%p endif %}")

    def _body(self) -> None:
        first, *rest = _SECTIONS
        self._parts_of(first)
        self.para("II. KẾT QUẢ THỰC HIỆN", "Heading 1")
        self.para("1. Kết quả chung", "Heading 2")
        self._parts("overall")
        self.para("2. Kết quả theo nhóm nhiệm vụ", "Heading 2")
        which = "Phụ lục{% if indicator_rows %} I{% endif %}"
        note = "(số của nhiệm vụ là số thứ tự tại phụ lục này)"
        self.para(f"Kết quả từng đầu việc được nêu tại {which} kèm theo {note}.", "NoiDung")
        self.tag("{%p for section in sections %}")
        self.para("{{ section.title }}", "Heading 3")
        self._lines("section.part")
        self.tag("{%p endfor %}")
        self.tag("{%p if indicators %}")
        self.para("3. Kết quả thực hiện các chỉ tiêu", "Heading 2")
        self._parts("indicators")
        self.para("Kết quả từng chỉ tiêu được nêu tại Phụ lục II kèm theo.", "NoiDung")
        self.tag("{%p endif %}")
        for section in rest:
            self._parts_of(section)
        self.para("{{ closing }}./.", "NoiDung").paragraph_format.keep_with_next = True

    def _parts_of(self, section: tuple[str, tuple[tuple[str, str], ...]]) -> None:
        self.para(section[0], "Heading 1")
        for heading, name in section[1]:
            if heading:
                self.para(heading, "Heading 2")
            self._parts(name)

    def _parts(self, name: str) -> None:
        self.tag(f"{{%p for part in {name} %}}")
        self._lines("part")
        self.tag("{%p endfor %}")

    def _lines(self, name: str) -> None:
        self.tag(f"{{%p if {name}.blank %}}")
        self.para("", "NoiDung").add_run(f"{{{{ {name}.lead }}}}").font.highlight_color = WD_COLOR_INDEX.YELLOW
        self.tag("{%p else %}")
        self.para(f"{{{{ {name}.lead }}}}", "NoiDung")
        self.tag("{%p endif %}")
        self.tag(f"{{%p for item in {name}.items %}}")
        self.para("- {{ item }}", "NoiDung")
        self.tag("{%p endfor %}")

    def _counts(self) -> None:
        table = self._table((90, 22, 46, 46, 48), borders=True)
        side_margins(table, 0.7)
        self._count_cells(table.rows[0].cells, "counts.heads", bold=True)
        for cell in table.rows[0].cells:
            cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
        row_marks(table.rows[0], "cantSplit", "tblHeader")
        self._in(table.add_row().cells[0], "{%tr for row in counts.rows %}", "OBang", first=True)
        self._count_cells(table.add_row().cells, "row")
        self._in(table.add_row().cells[0], "{%tr endfor %}", "OBang", first=True)
        self._count_cells(table.add_row().cells, "counts.total", bold=True)
        _keep_together(table.rows)
        self._tiny()

    def _count_cells(self, cells: Any, name: str, *, bold: bool = False) -> None:
        """A row with as many cells as there are columns."""
        marks = (f"{{{{ {name}[0] }}}}", f"{{{{ {name}[1] }}}}", f"{{%tc for cell in {name}[2:] %}}", "{{ cell }}")
        for index, (cell, text) in enumerate(zip(cells, (*marks, "{%tc endfor %}"), strict=True)):
            self._in(cell, text, "OBang", first=True, bold=bold, center=index > 0)

    def _signature(self) -> None:
        table = self._table((78, 87))
        row_marks(table.rows[0], "cantSplit")
        left, right = table.rows[0].cells
        self._in(left, "Nơi nhận:", "NoiNhan", first=True)
        self._in(left, "{%p for line in copies %}", "NoiNhanDong")
        self._in(left, "{{ line }}", "NoiNhanDong")
        self._in(left, "{%p endfor %}", "NoiNhanDong")
        self._in(right, "{%p if signature.authority %}", "ChucVu", first=True)
        self._in(right, "{{ signature.authority }}", "ChucVu")
        self._in(right, "{%p endif %}", "ChucVu")
        self._in(right, "{{ signature.position }}", "ChucVu")
        for _ in range(4):
            self._in(right, "", "ChucVu")
        self._in(right, "{{ signature.name }}", "NguoiKy")

    def _appendix(self, number: str, title: str, rows: str, columns: Sequence[tuple[str, float, str]]) -> None:
        section = self.doc.add_section(WD_SECTION.NEW_PAGE)
        self._shrink(self.doc.paragraphs[-1])
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = Mm(self.profile["page"]["height"]), Mm(self.profile["page"]["width"])
        self._margins(section, self.margin("appendix_right"))
        section.different_first_page_header_footer = False
        restart_pages(section)
        shown = "Phụ lục{% if indicator_rows %} I{% endif %}" if number == "I" else f"Phụ lục {number}"
        self.para(shown, "PhuLuc")
        self.para(f"{title}, {{{{ period|upper }}}}", "TenPhuLuc")
        self.para("({{ attached }})", "KemTheo")
        if number == "I":
            self._counts()
        table = self._table([width for _, width, _ in columns], borders=True)
        for cell, (name, _, _) in zip(table.rows[0].cells, columns, strict=True):
            self._in(cell, name, "OBang", first=True, bold=True, center=True)
        row_marks(table.rows[0], "cantSplit", "tblHeader")
        for text in (f"{{%tr for row in {rows} %}}", "{%tr if row.heading %}"):
            self._in(table.add_row().cells[0], text, "OBang", first=True)
        cells = table.add_row().cells
        self._in(cells[0].merge(cells[-1]), "{{ row.heading }}", "OBang", first=True, bold=True)
        _keep_together(table.rows[-1:])
        self._in(table.add_row().cells[0], "{%tr else %}", "OBang", first=True)
        for index, (cell, column) in enumerate(zip(table.add_row().cells, columns, strict=True)):
            self._in(cell, f"{{{{ row.cells[{index}] }}}}", "OBang", first=True, center=column[2] == "center")
        # a row stays whole; one that is higher than a page is split all the same
        row_marks(table.rows[-1], "cantSplit")
        for text in ("{%tr endif %}", "{%tr endfor %}"):
            self._in(table.add_row().cells[0], text, "OBang", first=True)

    # building blocks

    def para(self, text: str, style: str) -> Any:
        """A paragraph of that style."""
        return self.doc.add_paragraph(text, self.styles[style])

    def tag(self, text: str) -> None:
        """A line of the template's own language; it leaves no paragraph."""
        self.doc.add_paragraph(text)

    def _tiny(self) -> None:
        self._shrink(self.doc.add_paragraph())

    def _shrink(self, paragraph: Any) -> None:
        paragraph.paragraph_format.line_spacing = Pt(2)
        paragraph.paragraph_format.space_after = Pt(4)

    def _in(
        self, cell: Any, text: str, style: str, *, first: bool = False, bold: bool = False, center: bool = False
    ) -> None:
        paragraph = cell.paragraphs[0] if first else cell.add_paragraph()
        paragraph.style = self.styles[style]
        run = paragraph.add_run(text)
        if bold:
            run.bold = True
        if center:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER

    def _rule(self, cell: Any, width: float, length: float) -> None:
        """A solid line of that length (mm) in the middle, as the border of a paragraph: it moves with the text."""
        paragraph = self.doc.add_paragraph() if cell is None else cell.add_paragraph()
        form = paragraph.paragraph_format
        form.left_indent = form.right_indent = Mm((width - length) / 2)
        form.line_spacing, form.space_before, form.space_after = Pt(3), Pt(2), Pt(2 if cell is not None else 8)
        line_above(paragraph)

    def _table(self, widths: Sequence[float], *, borders: bool = False) -> Any:
        table = self.doc.add_table(1, len(widths), self.styles["Table Grid" if borders else "Normal Table"])
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        table.autofit = False
        if not borders:
            side_margins(table, 0)
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Mm(width)
        for cell, width in zip(table.rows[0].cells, widths, strict=True):
            cell.width = Mm(width)
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER if borders else WD_CELL_VERTICAL_ALIGNMENT.TOP
        return table


def _keep_together(rows: Any) -> None:
    """No page ends after one of these rows."""
    for row in rows:
        for cell in row.cells:
            for paragraph in cell.paragraphs:
                paragraph.paragraph_format.keep_with_next = True


def main() -> None:
    """Writes the template."""
    profile = yaml.safe_load(PROFILE.read_text(encoding="utf-8"))
    TARGET.write_bytes(Maker(profile).made())


if __name__ == "__main__":
    main()
