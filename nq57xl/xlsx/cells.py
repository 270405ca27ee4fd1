"""Cells, sheets and workbooks as a file has them, before anything is understood; a raw cell as text."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import Any, Literal

import attrs
from attrs import field, frozen

from nq57xl.rules.findings import Finding
from nq57xl.text.legacy import unmasked

Place = tuple[int, int]
"""(row, column), 0-based."""
RawValue = str | float | bool | date | datetime | time | timedelta | None


@frozen
class CellLook:
    """What a cell's style tells beyond its looks."""

    format: str = ""
    """Code of the number format; "" is General."""
    font: str = ""
    """Name of the font, where it stands for a charset before Unicode."""
    struck: bool = False


@frozen
class Run:
    """A piece of a text with a font of its own."""

    text: str
    font: str = ""
    """Where it stands for a charset before Unicode."""
    struck: bool | None = None
    """None: as the cell."""
    raised: str = ""
    """"super" or "sub" for marks above or below the line."""


@frozen
class RawCell:
    """One non-empty cell as the file has it."""

    value: RawValue
    """Days and times where the number format shows the number as one. Struck text is not in it."""
    formula: str | None = None
    """Formula text when the cell has one ("" when only its presence is known)."""
    error: str = ""
    """"#REF!" ... when it is an error cell; "NaN", "1E400" ... when its number is none."""
    decoded: str | None = None
    """What the text says in Unicode, when it stands in a legacy charset."""
    charset: str = ""
    """Name of that charset: "TCVN3 (ABC)", "VNI"."""
    number: float | None = field(default=None, eq=False)
    """The number stored, of a cell with a number: what `value` is made of."""
    format: str = ""
    """Code of its number format; "" is General."""
    struck: str = ""
    """Text that is struck through, and so no longer said."""
    live: bool = True
    """False: all of it is struck through; `value` is what stood there."""
    link: str = ""
    """Where the cell leads to, when that is not the text itself."""
    doubt: str = ""
    """What else may be read in the cell: its XML is odd, and readers differ over it."""


_MANY_TEXTS, _SHORT_TEXT = 5_000, 300


def text_cell(text: str) -> RawCell:
    """A cell with a text and nothing else; mostly one that was made before: returns of one form say mostly the same."""
    return _known_cell(text) if len(text) < _SHORT_TEXT else RawCell(text)


@lru_cache(maxsize=_MANY_TEXTS)
def _known_cell(text: str) -> RawCell:
    return RawCell(text)


@frozen
class Remark:
    """What somebody said beside the cells: a comment, a text box, a picture, a page header or footer, a link."""

    kind: Literal["comment", "box", "picture", "margin", "link"]
    text: str
    first: tuple[int, int] | None = None
    """The cell it belongs to, or the first that it covers; 0-based."""
    last: tuple[int, int] | None = None
    author: str = ""


@frozen
class RawSheet:
    """One sheet: cells by (row, column), 0-based."""

    name: str
    cells: dict[tuple[int, int], RawCell]
    visible: bool = True
    protected: bool = True
    date1904: bool = False
    """Days are counted from 1904-01-01: matters for a date whose format was lost."""
    merged: tuple[tuple[int, int, int, int], ...] = ()
    """Merged areas: first row and column, last row and column, all 0-based and included."""
    remarks: tuple[Remark, ...] = ()
    hidden: tuple[tuple[int, int], ...] = ()
    """First and last column of each run of columns that nobody sees (not told of an .ods)."""

    def __reduce__(self) -> tuple[Callable[..., RawSheet], tuple[Any, ...]]:
        """For the way from process to process: of a cell that is a text and nothing else, the text."""
        cells = [
            text if isinstance(text := cell.value, str) and text_cell(text) is cell else _fields_of_cell(cell)
            for cell in self.cells.values()
        ]
        places = array("i", chain.from_iterable(self.cells)).tobytes()
        beside = (self.merged, [_fields_of_remark(remark) for remark in self.remarks], self.hidden)
        return _sheet_of, (places, cells, self.name, self.visible, self.protected, self.date1904, *beside)

    def covered_by(self, place: tuple[int, int]) -> tuple[int, int] | None:
        """The first cell of the merged area that hides this place; None for a place that can be seen."""
        for top, left, bottom, right in self.merged:
            if top <= place[0] <= bottom and left <= place[1] <= right and place != (top, left):
                return top, left
        return None


_fields_of_cell = attrgetter(*(each.name for each in attrs.fields(RawCell)))
_fields_of_remark = attrgetter(*(each.name for each in attrs.fields(Remark)))


def _sheet_of(places: bytes, cells: list[str | tuple[Any, ...]], *others: Any) -> RawSheet:  # noqa: ANN401 - the fields of RawSheet
    name, visible, protected, date1904, merged, remarks, hidden = others
    numbers = iter(array("i", places))
    read = [text_cell(cell) if isinstance(cell, str) else RawCell(*cell) for cell in cells]
    found = dict(zip(zip(numbers, numbers, strict=True), read, strict=True))
    return RawSheet(
        name, found, visible, protected, date1904, merged, tuple(Remark(*remark) for remark in remarks), hidden
    )


@frozen
class RawWorkbook:
    """A workbook as read, before anything is understood."""

    sheets: tuple[RawSheet, ...]
    program: str = ""
    """Name of the program that saved it, if told."""
    notes: tuple[Finding, ...] = ()
    """Facts of the file: macros present, converted from another format ..."""
    saved_at: datetime | None = None
    """When a program last saved it, if told."""


_SHOWN = 80
"""Letters of a typed text that a message repeats; the finding itself keeps the whole."""


def plain_number(value: float) -> str:
    """A number as it would be typed here: 1234,5; whole numbers without a decimal part."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.15g}".replace(".", ",")


def shown(value: RawValue) -> str:
    """The value as text, as near to what was typed as the file tells; text is unchanged."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return plain_number(float(value))
    if isinstance(value, date):
        from nq57xl.rules.schema import vietnamese_date  # a process that reads files needs it for a doubt only

        return f"{vietnamese_date(value)} {value:%H:%M}" if isinstance(value, datetime) else vietnamese_date(value)
    if isinstance(value, time):
        return f"{value:%H:%M:%S}"
    return str(value) if isinstance(value, timedelta) else value


def cell_text(cell: RawCell | None) -> str:
    """What stands in the cell, errors by their names; "" for no cell."""
    if cell is None:
        return ""
    return cell.error or shown(cell.value)


def readable(cell: RawCell | None) -> str:
    """The same in Unicode, where the cell's text is in a legacy charset."""
    return cell.decoded if cell is not None and cell.decoded is not None else cell_text(cell)


def short(text: str) -> str:
    """The text cut for a message."""
    line = " ".join(unmasked(text).split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1].rstrip() + "…"
