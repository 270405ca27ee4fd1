"""Paper, screen and protection of a form's sheets: A4 or A3, the decree's margins, frozen keys, courteous locks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from itertools import pairwise

from attrs import frozen

from nq57xl.forms.model import CellPlace, Form, FormRow, Slot, Value
from nq57xl.forms.wording import page_foot
from nq57xl.rules.schema import SheetSpec
from nq57xl.xlsx.metrics import printed_points
from nq57xl.xlsx.write import FONT, PageSetup, Worksheet

_MM = 1 / 25.4
_HEADER_MARGIN = 10 * _MM
DECREE_PAGE = PageSetup(
    left=30 * _MM,
    right=15 * _MM,
    top=20 * _MM,
    bottom=20 * _MM,
    header=_HEADER_MARGIN,
    number_size=13,
    number_scales=False,
)
"""Decree 30/2020/NĐ-CP, Appendix I: left 30-35, right 15-20, top and bottom 20-25 mm; the page number in 13 to 14."""
A4, A3 = 9, 8
"""Paper, by Excel's numbers."""
ROOM = {A4: (252 * _MM * 72, 170 * _MM * 72), A3: (375 * _MM * 72, 257 * _MM * 72)}
"""Width and height inside the margins of a page in landscape, in points."""
_SMALLEST = {A4: 82, A3: 73}
"""Percent at which text of 11 points has 9, or 8: what A4 would shrink more is printed on A3."""
_KEY_WIDTH = 12
_ALLOWED = {"format_columns": True, "format_rows": True, "autofilter": True}
"""Under protection people may resize, filter, select and copy."""
_PASSWORD_LENGTH = 12


def _set_up_columns(sheet: Worksheet, widths: Sequence[float], *, hidden_last: bool = False) -> None:
    """Column A for the keys, hidden, then those of the table, then all others: locked where nothing else is said.

    `hidden_last`: one more hidden column behind the table.
    """
    locked = sheet.book.style("plain")
    sheet.set_column(0, 0, _KEY_WIDTH, locked, {"hidden": True})
    sheet.widths(widths, locked, first=1)
    after = len(widths) + 1
    if hidden_last:
        sheet.set_column(after, after, 8, locked, {"hidden": True})
    sheet.lock_rest(after + hidden_last, locked)


def set_up_page(sheet: Worksheet, form: Form, widths: Sequence[float]) -> None:
    """Columns, paper, and a footer with unit, period and form."""
    _set_up_columns(sheet, widths)
    sheet.page(DECREE_PAGE, paper=paper_of(sum(map(printed_points, widths))))
    left, right = (text.replace("&", "&&") for text in page_foot(form.unit_name, form.period, form.short_id))
    # The size comes before the font: digits of a name that follow "&10" would be read as part of the size.
    letters = f'&10&"{FONT},Italic"'
    footer = f"&L{letters}{left}&R{letters}{right}"
    sheet.set_footer(footer, {"margin": _HEADER_MARGIN, "scale_with_doc": False})


def paper_of(width: float) -> int:
    """Paper for a sheet of that width in points."""
    return A4 if 100 * ROOM[A4][0] / width >= _SMALLEST[A4] else A3


@frozen
class Pages:
    """How a sheet comes on paper."""

    paper: int
    percent: int
    """Scale; 0: as wide as the page."""
    breaks: list[int]
    """Rows above which a page ends."""


def page_breaks(
    heights: Mapping[int, float], kept: Mapping[int, int], head: int, percent: int, paper: int = A3
) -> list[int]:
    """Rows above which a page ends; no section heading stands alone at the foot of a page.

    `heights` are points by row, `kept` the last row that stays on the page of its heading, by the heading's row;
    `percent` is the scale. Excel leaves
    such breaks aside when it fits a sheet to the page's width; LibreOffice and the PDF made by it follow them. Every
    page ends by such a break: one that the program found by itself, a row earlier, would leave a page nearly empty.
    """
    room = ROOM[paper][1] / (percent / 100)
    breaks: list[int] = []
    used = 0.0
    for row in sorted(row for row in heights if row > 0):
        together = sum(heights.get(number, 0.0) for number in range(row, kept.get(row, row) + 1))
        if used > (heights[head] if breaks else 0.0) and used + together > room:
            used = heights[head] if row > head else 0.0
            breaks.append(row)
        used += heights[row]
    return breaks


def pages_of(heights: Mapping[int, float], kept: Mapping[int, int], head: int, width: float) -> Pages:
    """The paper, scale and breaks of a sheet that take the fewest pages; then the smaller paper, the larger scale.

    `width` in points; no scale is smaller than `_SMALLEST`, but for what is wider than A3.
    """
    papers = (A4, A3) if paper_of(width) == A4 else (A3,)
    return min((_pages_on(paper, heights, kept, head, width) for paper in papers), key=lambda item: len(item.breaks))


def _pages_on(paper: int, heights: Mapping[int, float], kept: Mapping[int, int], head: int, width: float) -> Pages:
    widest = min(100, int(100 * ROOM[paper][0] / width))
    least = min(widest, _SMALLEST[paper])
    fewest = page_breaks(heights, kept, head, least, paper)
    for percent in range(widest, least, -1):
        found = page_breaks(heights, kept, head, percent, paper)
        if len(found) == len(fewest):
            return Pages(paper, percent if percent < widest else 0, found)
    return Pages(paper, least if least < widest else 0, fewest)


def block_breaks(heights: Mapping[int, float], starts: Sequence[int], room: float = ROOM[A4][1]) -> list[int]:
    """Rows above which a page must end so that blocks which fit a page are not torn apart, at full size.

    `starts` are the first rows of the blocks; what stands above the first is one as well. `room`: height of a page.
    """
    rows = sorted(heights)
    edges = [rows[0], *starts, rows[-1] + 1]
    breaks: list[int] = []
    used = 0.0
    for first, after in pairwise(edges):
        block = sum(heights[row] for row in rows if first <= row < after)
        if used and used + block > room:
            breaks.append(first)
            used = 0.0
        used += block
    return breaks


def finish_sheet(
    sheet: Worksheet, contents: FormContents, spec: SheetSpec, rows: tuple[int, int, int], columns: int
) -> None:
    """Print area, repeated heading, frozen panes, filter, protection; `rows`: heading, last of the filter, last."""
    head, filtered, last = rows
    sheet.print_area(1, 1, last, columns)
    if spec.layout == "table":
        entries = [number for number, column in enumerate(spec.columns, start=1) if column.entry]
        sheet.head(head, filtered, (1, columns), min([*entries, len(spec.columns) + 1, 3]))
    else:
        sheet.fit_to_pages(1, 1)  # the signatures stay with what they sign
    protect(sheet, contents.form.issue_id, insert_rows=contents.form.schema.table(spec.table).free)


def protect(sheet: Worksheet, secret: str, *, insert_rows: bool = False) -> None:
    """Protection with what people may still do; in a table of the unit's own rows also insert more of them."""
    sheet.protect(password_of(secret), {**_ALLOWED, "insert_rows": insert_rows})


def password_of(secret: str) -> str:
    """Derived, and told to nobody: protection is courtesy, the check on return is the guarantee."""
    return hashlib.sha256(f"nq57xl protection {secret}".encode()).hexdigest()[:_PASSWORD_LENGTH]


@frozen
class FormContents:
    """What all sheets of one workbook are written from."""

    form: Form
    titles: dict[str, str]
    """Sheet id -> tab name."""
    values: Mapping[tuple[str, str, str], Value]
    notes: Mapping[CellPlace, tuple[str, str]]
    """Marked cell -> severity and text of its note."""
    marks: Mapping[CellPlace, Sequence[tuple[str, str]]]
    """Marked cell -> severity and formula of each of its points: the mark is seen while the formula holds."""
    formulas: Mapping[CellPlace, str]
    grey: Mapping[tuple[str, int, str], Sequence[int]]
    """Sheet, column and condition under which a cell does not apply -> its rows (forms.live_check)."""
    results: Mapping[CellPlace, str | int]
    """What the formulas give for these values: their cached values."""
    rows: Mapping[tuple[str, str], FormRow]
    """(table, key) -> row of the form."""

    def row(self, slot: Slot) -> FormRow:
        """The form row that an entry or check cell belongs to."""
        return self.rows[slot.table, slot.key]
