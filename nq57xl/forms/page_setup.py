"""Paper, screen and protection of a sheet: A4 landscape, the decree's margins, frozen keys, courteous locks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from attrs import frozen

from nq57xl.forms.model import Form, FormRow, Slot
from nq57xl.forms.styles import FONT, FormWorkbook, FormWorksheet
from nq57xl.forms.values import Value
from nq57xl.forms.wording import period_line, shorten
from nq57xl.rules.schema import SheetSpec

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet


_A4 = 9
_MM = 1 / 25.4
_MARGINS = {"left": 30 * _MM, "right": 15 * _MM, "top": 20 * _MM, "bottom": 20 * _MM}
"""Decree 30/2020/NĐ-CP, Appendix I: left 30-35, right 15-20, top and bottom 20-25 mm."""
_HEADER_MARGIN = 10 * _MM
_PAGE_WIDTH, _PAGE_HEIGHT = 252 * _MM * 72, 170 * _MM * 72
"""Room inside the margins in points."""
_FILLED = 1.012
"""LibreOffice, which alone follows the breaks of a table, prints that much more than the margins leave (measured)."""
_KEY_WIDTH = 12
_FOOTER_NAME = 90
"""Characters of a unit's name in the footer: Excel allows 255 for the whole of it."""
ALLOWED = {"format_columns": True, "format_rows": True, "autofilter": True}
"""Under protection people may resize, filter, select and copy."""


def set_up_page(book: FormWorkbook, worksheet: FormWorksheet, form: Form, widths: Sequence[float]) -> None:
    """Columns (all locked, keys hidden) and paper."""
    locked = book.look("plain")
    worksheet.set_column(0, 0, _KEY_WIDTH, locked, {"hidden": True})
    for number, width in enumerate(widths, start=1):
        worksheet.set_column(number, number, width, locked)
    worksheet.lock_rest(len(widths) + 1, locked)
    set_up_sheet_paper(worksheet)
    unit = shorten(form.unit_name, _FOOTER_NAME).replace("&", "&&")
    # The size comes before the font: digits of a name that follow "&10" would be read as part of the size.
    look = f'&10&"{FONT},Italic"'
    footer = f"&L{look}{unit}. {period_line(form.period)}&R{look}Mã biểu mẫu {form.short_id}"
    worksheet.set_footer(footer, {"margin": _HEADER_MARGIN, "scale_with_doc": False})


def set_up_sheet_paper(worksheet: Worksheet) -> None:
    """A4 landscape as wide as the page, the decree's margins and page number."""
    worksheet.hide_gridlines(2)
    worksheet.set_landscape()
    worksheet.set_paper(_A4)
    worksheet.set_margins(**_MARGINS)
    # The decree puts the page number in the middle of the top margin, in size 13 to 14.
    worksheet.set_header(f'&C&"{FONT},Regular"&13&P/&N', {"margin": _HEADER_MARGIN, "scale_with_doc": False})
    worksheet.fit_to_pages(1, 0)


def page_breaks(heights: Mapping[int, float], sections: Collection[int], head: int, width: float) -> list[int]:
    """Rows above which a page ends; no section heading stands alone at the foot of a page.

    `heights` are points by row, `width` is that of the sheet in points, by which it is shrunk to the page. Excel leaves
    such breaks aside when it fits a sheet to the page's width; LibreOffice and the PDF made by it follow them. Every
    page ends by such a break: one that the program found by itself, a row earlier, would leave a page nearly empty.
    """
    percent = min(100, int(100 * _PAGE_WIDTH / width))
    room = _PAGE_HEIGHT * _FILLED / (percent / 100)
    breaks: list[int] = []
    used = 0.0
    for row in sorted(row for row in heights if row > 0):
        together = heights[row] + (heights.get(row + 1, 0.0) if row in sections else 0.0)
        if used > (heights[head] if breaks else 0.0) and used + together > room:
            used = heights[head] if row > head else 0.0
            breaks.append(row)
        used += heights[row]
    return breaks


def block_breaks(heights: Mapping[int, float], starts: Sequence[int]) -> list[int]:
    """Rows above which a page must end so that blocks which fit a page are not torn apart, at full size.

    `starts` are the first rows of the blocks; what stands above the first is one as well.
    """
    rows = sorted(heights)
    edges = [rows[0], *starts, rows[-1] + 1]
    breaks: list[int] = []
    used = 0.0
    for first, after in pairwise(edges):
        block = sum(heights[row] for row in rows if first <= row < after)
        if used and used + block > _PAGE_HEIGHT:
            breaks.append(first)
            used = 0.0
        used += block
    return breaks


def finish_sheet(
    worksheet: Worksheet, page: FormContents, spec: SheetSpec, *, head: int, last: int, columns: int
) -> None:
    """Print area, repeated heading, frozen panes, filter, protection."""
    worksheet.print_area(1, 1, last, columns)
    if spec.layout == "table":
        keys = 1
        for column in spec.columns:
            if column.entry:
                break
            keys += 1
        worksheet.repeat_rows(head)
        worksheet.freeze_panes(head + 1, min(keys, 3))
        worksheet.autofilter(head, 1, last, columns)
    else:
        worksheet.fit_to_pages(1, 1)  # the signatures stay with what they sign
    protect(worksheet, page.password)


def protect(worksheet: Worksheet, password: str) -> None:
    """Protection with what people may still do."""
    worksheet.protect(password, dict(ALLOWED))


_Place = tuple[str, int, int]


@frozen
class FormContents:
    """What all sheets of one workbook are written from."""

    form: Form
    titles: dict[str, str]
    """Sheet id -> tab name."""
    values: Mapping[tuple[str, str, str], Value]
    notes: Mapping[_Place, tuple[str, str]]
    """Marked cell -> severity and text of its note."""
    formulas: Mapping[_Place, str]
    results: Mapping[_Place, str | int]
    """What the formulas give for these values: their cached values."""
    password: str

    def row(self, slot: Slot) -> FormRow:
        """The form row that an entry or check cell belongs to."""
        table = self.form.table(slot.table)
        assert table is not None  # every entry slot was made from such a row
        return next(row for row in table.rows if row.key == slot.key)
