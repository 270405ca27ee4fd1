"""How a form looks: a few formats by name, black on white, Times New Roman, one accent; paper, screen, protection.

A4 or A3 with the decree's margins, frozen keys, courteous locks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from attrs import frozen

from nq57xl.forms.model import Form
from nq57xl.forms.wording import page_foot
from nq57xl.xlsx.metrics import printed_points
from nq57xl.xlsx.write import FONT, PageSetup, Worksheet

INK, GREY, ACCENT, ENTRY_FILL = "#000000", "#808080", "#1F4E79", "#EAF3FB"
HEAD_FILL, ENTRY_HEAD_FILL, SECTION_FILL, DONE_FILL = "#E7E6E6", "#D6E6F4", "#F2F2F2", "#F2F2F2"
_NEEDLESS_FILL = "#D0CECE"
ERROR_FILL, ERROR_LINE = "#FBE0DC", "#C00000"
WARNING_FILL, WARNING_LINE = "#FFF2CC", "#9C6500"
REMARK_FILL, REMARK_LINE = "#E6DDF3", "#5B3A8E"
THIN, MEDIUM, DASHED, HAIR, MEDIUM_DASHED = 1, 2, 3, 7, 8

_Properties = dict[str, Any]
_WRAPPED: _Properties = {"valign": "vcenter", "text_wrap": True}
_CENTRED: _Properties = {**_WRAPPED, "align": "center"}
_LEFT: _Properties = {"align": "left", "indent": 1}
_CELL: _Properties = {"valign": "top", "text_wrap": True, "border": HAIR, "border_color": GREY}
_TEXT: _Properties = {**_CELL, **_LEFT}
_DONE: _Properties = {**_CELL, "bg_color": DONE_FILL, "italic": True}
_HEAD: _Properties = {**_CENTRED, "bold": True, "border": THIN, "border_color": INK, "bg_color": HEAD_FILL}
_GUIDE: _Properties = {"font_size": 12, "valign": "top", "text_wrap": True}
_SAMPLE: _Properties = {"align": "center", "valign": "vcenter"}
_LEGEND: _Properties = {**_SAMPLE, "border": HAIR, "border_color": GREY}
_MISSING: _Properties = {"bg_color": WARNING_FILL, "bold": True}
_WRONG: _Properties = {"bg_color": ERROR_FILL, "bold": True}
"""Of a check or state that names a blank cell, or something to look at again; the words say the same."""
_NEEDLESS: _Properties = {"bg_color": _NEEDLESS_FILL, "border": HAIR, "border_color": GREY}
"""Of an entry cell that does not apply to what was chosen in its row."""
_MARKS: dict[str, _Properties] = {
    "error": {"bg_color": ERROR_FILL, "bold": True, "border": THIN, "border_color": ERROR_LINE},
    "warning": {"bg_color": WARNING_FILL, "bold": True, "border": DASHED, "border_color": WARNING_LINE},
    "remark": {"bg_color": REMARK_FILL, "bold": True, "border": THIN, "border_color": REMARK_LINE},
}
"""Of a cell with an open point, while it is open."""
STYLES: dict[str, _Properties] = {
    "plain": {},
    "key": {},
    "heading": {**_WRAPPED, "bold": True},
    "subheading": {**_WRAPPED, "italic": True},
    "note": _WRAPPED,
    "note_bold": {**_WRAPPED, "bold": True},
    "head": _HEAD,
    "head_entry": {**_HEAD, "bg_color": ENTRY_HEAD_FILL},
    "section": {**_TEXT, "bold": True, "bg_color": SECTION_FILL},
    "text": _TEXT,
    "text_center": {**_CELL, "align": "center"},
    "done": {**_DONE, **_LEFT},
    "done_center": {**_DONE, "align": "center"},
    "statement": {**_WRAPPED, "bold": True, "align": "right", "indent": 1},
    "statement_hint": {**_WRAPPED, **_LEFT, "italic": True},
    "sign": {**_SAMPLE, "bold": True},
    "sign_note": {"italic": True, "align": "center", "valign": "top"},
    "issuer": {**_CENTRED, "font_size": 12},
    "issuer_bold": {**_CENTRED, "font_size": 12, "bold": True},
    "motto": {**_CENTRED, "font_size": 13, "bold": True},
    "rule": {"top": THIN, "top_color": INK},
    "title": {**_CENTRED, "bold": True, "font_size": 14},
    "subtitle": {**_CENTRED, "bold": True, "font_size": 13},
    "centred": {**_CENTRED, "italic": True, "font_size": 13},
    "guide_heading": {"bold": True, "font_size": 13, "valign": "bottom", "bottom": THIN, "bottom_color": ACCENT},
    "guide_text": {**_WRAPPED, "font_size": 12},
    "guide_label": _GUIDE,
    "guide_value": {**_GUIDE, "bold": True},
    "guide_link": {"font_size": 12, "valign": "vcenter", "underline": 1, "font_color": ACCENT},
    "guide_next": {**_GUIDE, "underline": 1, "font_color": ACCENT},
    "guide_state": {**_CENTRED, "font_size": 12},
    "legend_entry": {**_SAMPLE, "border": THIN, "border_color": ACCENT, "bg_color": ENTRY_FILL},
    "legend_locked": _LEGEND,
    "legend_done": {**_LEGEND, "bg_color": DONE_FILL, "italic": True},
    "legend_needless": {**_LEGEND, **_NEEDLESS},
    "legend_missing": {**_LEGEND, **_MISSING},
    "legend_wrong": {**_LEGEND, **_WRONG},
    "legend_required": {**_SAMPLE, "bold": True},
    "link": {**_CELL, "underline": 1, "font_color": ACCENT, "align": "center"},
    "error_text": {**_CELL, "bold": True, "align": "center"},
    "missing": _MISSING,
    "wrong": _WRONG,
    "needless": _NEEDLESS,
    **{f"mark_{level}": style for level, style in _MARKS.items()},
}
_NUMBER_FORMATS = {"percent": "0%", "date": "dd/mm/yyyy", "text": "@"}
"""Text cells are formatted as text, so that 10/4 or 00123 stays what was typed; numbers and choices are General."""


def entry_style(kind: str, align: str, mark: str = "") -> _Properties:
    """Of an entry cell: `kind` of value, alignment, and the mark "error" or "warning" if any."""
    properties: _Properties = {
        "valign": "top",
        "text_wrap": True,
        "locked": False,
        "border": THIN,
        "border_color": ACCENT,
        "bg_color": ENTRY_FILL,
        "align": align,
        "indent": 1 if align == "left" else 0,
    }
    if kind in _NUMBER_FORMATS:
        properties["num_format"] = _NUMBER_FORMATS[kind]
    if mark == "error":
        properties |= {"bg_color": ERROR_FILL, "border": MEDIUM, "border_color": ERROR_LINE}
    elif mark == "warning":
        properties |= {"bg_color": WARNING_FILL, "border": MEDIUM_DASHED, "border_color": WARNING_LINE}
    return properties


STYLES |= {
    f"entry_{kind}_{align}": entry_style(kind, align)
    for kind in ("text", "choice", "mark", "percent", "number", "whole", "date")
    for align in ("left", "center")
}


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
_ROOM = {A4: (252 * _MM * 72, 170 * _MM * 72), A3: (375 * _MM * 72, 257 * _MM * 72)}
"""Width and height inside the margins of a page in landscape, in points."""
_SMALLEST = {A4: 82, A3: 73}
"""Percent at which text of 11 points has 9, or 8: what A4 would shrink more is printed on A3."""
_LEAST_SCALE = 80
"""Percent of the guide on one page."""
_ALLOWED = {"format_columns": True, "format_rows": True, "autofilter": True}
"""Under protection people may resize, filter, select and copy."""
_PASSWORD_LENGTH = 12


def set_up_page(sheet: Worksheet, form: Form, widths: Sequence[float]) -> None:
    """Columns, paper, and a footer with unit, period and form.

    Column A is for the keys, hidden; then come those of the table, then all others: locked where nothing else is said.
    """
    locked = sheet.book.style("plain")
    sheet.set_column(0, 0, 12, locked, {"hidden": True})
    sheet.widths(widths, locked, first=1)
    sheet.lock_rest(len(widths) + 1, locked)
    sheet.page(DECREE_PAGE, paper=paper_of(sum(map(printed_points, widths))))
    left, right = (text.replace("&", "&&") for text in page_foot(form.unit_name, form.period, form.short_id))
    # The size comes before the font: digits of a name that follow "&10" would be read as part of the size.
    letters = f'&10&"{FONT},Italic"'
    footer = f"&L{letters}{left}&R{letters}{right}"
    sheet.set_footer(footer, {"margin": _HEADER_MARGIN, "scale_with_doc": False})


def paper_of(width: float) -> int:
    """Paper for a sheet of that width in points."""
    return A4 if 100 * _ROOM[A4][0] / width >= _SMALLEST[A4] else A3


@frozen
class _PrintedPages:
    """How a sheet comes on paper."""

    paper: int
    percent: int
    """Scale; 0: as wide as the page."""
    breaks: list[int]
    """Rows above which a page ends."""

    def set_up(self, sheet: Worksheet) -> None:
        """Sets paper, scale and breaks of the sheet."""
        sheet.set_paper(self.paper)
        sheet.set_h_pagebreaks(self.breaks)
        if self.percent:  # else "fit to width", under which Excel ignores page breaks
            sheet.set_print_scale(self.percent)


def _page_breaks(
    heights: Mapping[int, float], kept: Mapping[int, int], head: int, percent: int, paper: int = A3
) -> list[int]:
    """Rows above which a page ends; no section heading stands alone at the foot of a page.

    `heights` are points by row, `kept` the last row that stays on the page of its heading, by the heading's row; `head`
    is repeated on each page, `percent` the scale. Excel leaves such breaks aside when it fits a sheet to the page's
    width; LibreOffice and the PDF made by it follow them. Every page ends by such a break: one that the program found
    by itself, a row earlier, would leave a page nearly empty.
    """
    room = _ROOM[paper][1] / (percent / 100)
    breaks: list[int] = []
    used = 0.0
    for row in sorted(row for row in heights if row > 0):
        together = sum(heights.get(number, 0.0) for number in range(row, kept.get(row, row) + 1))
        repeated = heights.get(head, 0.0)
        if used > (repeated if breaks else 0.0) and used + together > room:
            used = repeated if row > head else 0.0
            breaks.append(row)
        used += heights[row]
    return breaks


def pages_of(heights: Mapping[int, float], kept: Mapping[int, int], head: int, width: float) -> _PrintedPages:
    """The paper, scale and breaks of a sheet that take the fewest pages; then the smaller paper, the larger scale.

    `width` in points; no scale is smaller than `_SMALLEST`, but for what is wider than A3.
    """
    found = []
    for paper in (A4, A3) if paper_of(width) == A4 else (A3,):
        widest = min(100, int(100 * _ROOM[paper][0] / width))
        least = min(widest, _SMALLEST[paper])
        fewest = _page_breaks(heights, kept, head, least, paper)
        for percent in range(widest, least - 1, -1):
            breaks = fewest if percent == least else _page_breaks(heights, kept, head, percent, paper)
            if len(breaks) == len(fewest):
                found.append(_PrintedPages(paper, percent if percent < widest else 0, breaks))
                break
    return min(found, key=lambda item: len(item.breaks))


def block_pages(heights: Mapping[int, float], starts: Sequence[int]) -> _PrintedPages:
    """One page of A3, its letters of 12 points above 9; else pages at full size, so that no block is torn apart.

    `heights` are points by row, `starts` the first rows of the blocks; what stands above the first is one as well.
    """
    scale = min(100, int(100 * _ROOM[A3][1] / sum(heights.values())))
    if scale >= _LEAST_SCALE:
        return _PrintedPages(A3, scale, [])
    blocks = {first: after - 1 for first, after in pairwise([min(heights), *starts, max(heights) + 1])}
    return _PrintedPages(A3, 100, _page_breaks(heights, blocks, 0, 100))


def protect(sheet: Worksheet, secret: str, *, hidden: bool = False, insert_rows: bool = False) -> None:
    """Protection with what people may still do; in a table of the unit's own rows also insert more of them."""
    sheet.protect(_password_of(secret), {} if hidden else {**_ALLOWED, "insert_rows": insert_rows})


def _password_of(secret: str) -> str:
    """Derived, and told to nobody: protection is courtesy, the check on return is the guarantee."""
    return hashlib.sha256(f"nq57xl protection {secret}".encode()).hexdigest()[:_PASSWORD_LENGTH]
