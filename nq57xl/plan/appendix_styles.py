"""How phu-luc.xlsx and what goes with it look: styles, page, cells and lines written alike everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nq57xl.plan.appendix import HEADER_ROW
from nq57xl.xlsx.metrics import Text, row_height
from nq57xl.xlsx.write import PageSetup, Style, Worksheet

_ACCENT, _LINE = "#DDE7F0", "#8A97A5"
_PAGE = PageSetup(left=0.5, right=0.4, top=0.8, bottom=0.5, header=0.4, number_size=12, grid=True)
"""Grid lines on the screen show the prepared rows, which have no borders until something is typed."""

_Properties = dict[str, Any]
_BORDER: _Properties = {"border": 1, "border_color": _LINE}
_PLAIN: _Properties = {"valign": "top", "text_wrap": True}
_CELL: _Properties = {**_PLAIN, **_BORDER}
_CENTRED: _Properties = {**_CELL, "align": "center"}
STYLES: dict[str, _Properties] = {
    "title": {"bold": True, "font_size": 14, "valign": "vcenter"},
    "note": {**_PLAIN, "italic": True},
    "plain": _PLAIN,
    "step": {"valign": "top", "bold": True, "align": "center"},
    "head": {**_CENTRED, "bold": True, "bg_color": _ACCENT, "valign": "vcenter"},
    "label": {**_CELL, "bold": True},
    "hint": {**_CELL, "italic": True},
    "cell": _CELL,
    "detail": {**_CELL, "italic": True, "indent": 1},
    "answer": {**_CELL, "bg_color": "#E2EFDA", "locked": False},
    "decision": {**_CENTRED, "num_format": "@", "bold": True, "bg_color": _ACCENT},
    "percent": {**_CENTRED, "num_format": "0%"},
    "link": {**_BORDER, "valign": "top", "underline": 1},
    "filled": _BORDER,
    "key": {},
}


def write_top(
    sheet: Worksheet, heading: str, note: str = "", widths: Sequence[float] = (), *, row: int = 0, first: int = 0
) -> None:
    """Heading over a table, and a note that runs over all columns (of those widths) from `first` on."""
    sheet.text(row, first, heading, "title")
    sheet.height(row, 26)
    if note:
        sheet.across(row + 1, first, first + len(widths) - 1, note, "note")
        sheet.height(row + 1, row_height([Text(note, sum(widths))]))


def write_line(sheet: Worksheet, row: int, texts: Sequence[str], widths: Sequence[float], style: Style) -> None:
    """A row of texts, as high as they need in columns of those widths."""
    for col, text in enumerate(texts):
        sheet.text(row, col, text, style)
    sheet.height(row, row_height([Text(text, width) for text, width in zip(texts, widths, strict=True)]))


_UNMEASURED = 1000
"""Width of hidden columns: their text makes no row higher."""


def write_rows(
    sheet: Worksheet,
    top: tuple[str, str],
    columns: Mapping[str, float],
    lines: Sequence[Sequence[str | float]],
    *,
    frozen: int,
    hidden: int = 0,
    decided: Sequence[int] = (),
    rule: Mapping[str, object] | None = None,
) -> None:
    """A table under a heading and a note. `columns`: headings and widths, the first `hidden` of them hidden.

    `lines`: texts, and shares (how alike the rows of a line are). `decided`: columns in which the office decides,
    `rule` the validation of the last of them.
    """
    widths = list(columns.values())
    shown = [_UNMEASURED] * hidden + widths[hidden:]
    sheet.widths(widths)
    if hidden:
        sheet.set_column(0, hidden - 1, None, None, {"hidden": True})
    write_top(sheet, *top, widths[hidden:], first=hidden)
    write_line(sheet, HEADER_ROW, list(columns), shown, "head")
    last = HEADER_ROW + len(lines)
    for row, cells in enumerate(lines, HEADER_ROW + 1):
        texts = [cell if isinstance(cell, str) else "" for cell in cells]
        write_line(sheet, row, texts, shown, "cell")
        for col in decided:
            sheet.text(row, col, texts[col], "decision")
        for col, cell in enumerate(cells):
            if not isinstance(cell, str):
                sheet.value(row, col, round(cell, 2), "percent")
    set_up_page(sheet)
    sheet.head(HEADER_ROW, last, (hidden, len(columns) - 1), frozen)
    if rule:
        options = {"error_type": "information", **rule}
        sheet.data_validation(HEADER_ROW + 1, decided[-1], last, decided[-1], options)


def set_up_page(sheet: Worksheet, *, repeat: int | None = None) -> None:
    """Paper, margins and page numbers; `repeat` is the row that stands on every page."""
    sheet.page(_PAGE)
    if repeat is not None:
        sheet.repeat_rows(repeat)
