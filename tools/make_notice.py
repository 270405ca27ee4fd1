"""Makes templates/thong-bao-nhac.docx anew: the notice after the due day, by Decree 30/2020/NĐ-CP.

    python -m tools.make_notice

One template for a thông báo inside an office and a công văn between agencies: `letter` tells which.
"""

from __future__ import annotations

import io

import yaml

from nq57xl.xlsx.package import repacked
from tools.make_template import PROFILE, ROOT, Maker
from tools.template_styles import row_marks, side_margins, tidy

TARGET = ROOT / "templates" / "thong-bao-nhac.docx"


class NoticeMaker(Maker):
    """The notice, written from top to bottom."""

    def made(self) -> bytes:
        """The template."""
        self._page()
        self._letterhead()
        number = self.doc.tables[-1].rows[1].cells[0]
        for text in ("{%p if letter %}", "V/v {{ subject }}", "{%p endif %}"):
            self._in(number, text, "SoKyHieu")
        self.tag("{%p if letter %}")
        self.tag("{%p if recipients|length == 1 %}")
        self.para("Kính gửi: {{ recipients[0] }}.", "KinhGui")
        self.tag("{%p else %}")
        self.para("Kính gửi:", "KinhGui")
        self.tag("{%p for name in recipients %}")
        self.para("- {{ name }}{{ '.' if loop.last else ';' }}", "KinhGui")
        self.tag("{%p endfor %}")
        self.tag("{%p endif %}")
        self.tag("{%p else %}")
        self.para("THÔNG BÁO", "TenLoai")
        self.para("Về việc {{ subject }}", "TrichYeu")
        self.tag("{%p endif %}")
        self.para("{{ opening }}", "NoiDung")
        self._units()
        self.para("{{ request }}./.", "NoiDung")
        self._signature()
        tidy(self.doc)
        written = io.BytesIO()
        self.doc.save(written)
        return repacked(written.getvalue())

    def _units(self) -> None:
        table = self._table((12, 90, 63), borders=True)
        side_margins(table, 0.7)
        for cell, head in zip(table.rows[0].cells, ("TT", "Đơn vị", "Nội dung còn thiếu"), strict=True):
            self._in(cell, head, "OBang", first=True, bold=True, center=True)
        row_marks(table.rows[0], "cantSplit", "tblHeader")
        self._in(table.add_row().cells[0], "{%tr for unit in units %}", "OBang", first=True)
        cells = table.add_row().cells
        for cell, text in zip(cells, ("{{ loop.index }}", "{{ unit.name }}", "{{ unit.owes }}"), strict=True):
            self._in(cell, text, "OBang", first=True, center=text.startswith("{{ loop"))
        self._in(table.add_row().cells[0], "{%tr endfor %}", "OBang", first=True)
        self._tiny()


def main() -> None:
    """Writes the file."""
    TARGET.write_bytes(NoticeMaker(yaml.safe_load(PROFILE.read_text(encoding="utf-8"))).made())


if __name__ == "__main__":
    main()
