"""Writes a workbook: the one place where XlsxWriter is opened, with its options, formats, clean texts and fixed bytes.

Equal input gives equal bytes, on every system: dates inside are fixed, and so is the system's number in the package.
"""

from __future__ import annotations

import datetime as dt
import functools
import io
import re
import warnings
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, TypeAlias, cast

import xlsxwriter
from attrs import frozen
from xlsxwriter.color import Color
from xlsxwriter.exceptions import OverlappingRange
from xlsxwriter.format import Format
from xlsxwriter.url import Url
from xlsxwriter.worksheet import CellBlankTuple, CellFormulaTuple, CellStringTuple, ColumnInfo
from xlsxwriter.worksheet import Worksheet as _Worksheet

from nq57xl.text.addresses import letters_of
from nq57xl.xlsx.metrics import DEFAULT_SIZE
from nq57xl.xlsx.package import with_fixed_system

FONT = "Times New Roman"
_FIXED_DAY = dt.datetime(2026, 1, 1)
"""The time of writing would make equal workbooks differ."""
_CELL_LIMIT = 32_767
"""UTF-16 units."""
TITLE_LIMIT, MESSAGE_LIMIT = 32, 255
"""Of a validation's titles and messages in UTF-16 units."""
_LAST_COLUMN = 16_383
"""0-based: Excel's XFD."""
_MOST_LINKS = 65_000
"""Of a sheet: Excel takes 65,530."""
_PLAIN = (CellStringTuple, CellBlankTuple)
_SURROGATES = re.compile("[\ud800-\udfff]")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")

Style: TypeAlias = str | Format
"""A style of the workbook by its name, or a format that it made."""
_Properties = Mapping[str, Any]
"""Of a format, by XlsxWriter's names."""


def utf16_units(text: str) -> int:
    """Length as Excel counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def storable_text(text: str) -> str:
    """The text as a cell can hold it: no lone surrogates, within Excel's 32,767 UTF-16 units; else as it is."""
    text = _SURROGATES.sub("\ufffd", text)
    if len(text) * 2 <= _CELL_LIMIT or utf16_units(text) <= _CELL_LIMIT:
        return text
    return text.encode("utf-16-le")[: _CELL_LIMIT * 2].decode("utf-16-le", "ignore")


@functools.cache
def _colour(value: str) -> Color:
    """The colour read once: XlsxWriter looks each up among the names that it knows."""
    return Color(value)


def clipped(text: str, limit: int) -> str:
    """The text in at most `limit` UTF-16 units, cut between words where it must be: for hints, titles, messages."""
    if utf16_units(text) <= limit:
        return text
    while utf16_units(text) > limit - 1:
        text = text[:-1]
    return (text.rsplit(" ", 1)[0] if " " in text else text) + "…"


def sheet_prefix(title: str) -> str:
    """What stands before an address in another sheet: "'Nhiệm vụ'!"."""
    quoted = title.replace("'", "''")
    return f"'{quoted}'!"


@frozen
class PageSetup:
    """Paper, margins and page number of a sheet."""

    left: float
    """Margins in inches."""
    right: float
    top: float
    bottom: float
    header: float
    """Of the page number, in the middle of the top margin."""
    number_size: int
    """Of the page number, in points."""
    grid: bool = False
    """Grid lines on the screen; never on paper."""
    number_scales: bool = True
    """The page number is shrunk with the sheet."""


class Worksheet(_Worksheet):  # type: ignore[misc] # XlsxWriter has no complete annotations
    """A sheet whose styles are named, whose columns beyond the table may be locked, and whose rows may grow.

    The methods of XlsxWriter that begin with an underscore are overridden here and in `Workbook`, nowhere else.
    """

    book: Workbook

    def __init__(self) -> None:
        super().__init__()
        self._growing: set[int] = set()
        self._row_is_growing = False
        self._rest: tuple[int, Format] | None = None
        self._links = 0
        self._merged: dict[int, set[int]] = {}
        """Row -> columns that are merged with others."""

    def text(self, row: int, col: int, text: str, style: Style) -> None:
        """A text as it is, never a formula; a blank cell for "": openpyxl saves an empty text as one to be repaired."""
        form = self.book.style(style)
        if not self._check_dimensions(row, col):
            number = self.str_table._get_shared_string_index(storable_text(text)) if text else None
            self.table[row][col] = CellBlankTuple(form) if number is None else CellStringTuple(number, form)

    def across(self, row: int, first: int, last: int, text: str, style: Style) -> None:
        """The same over the columns from `first` to `last`."""
        if first < last and not self._check_dimensions(row, last):
            columns = range(first, last + 1)
            if not self._merged.setdefault(row, set()).isdisjoint(columns):
                raise OverlappingRange(f"{letters_of(first)}{row + 1}")
            self._merged[row].update(columns)
            self.merge.append([row, first, row, last])
            self.table[row].update(dict.fromkeys(columns, CellBlankTuple(self.book.style(style))))
        self.text(row, first, text, style)

    def value(self, row: int, col: int, value: object, style: Style) -> None:
        """A text, number or day; a blank cell for None."""
        if isinstance(value, dt.date):
            self.write_datetime(row, col, value, self.book.style(style))
        elif isinstance(value, int | float):
            self.write_number(row, col, value, self.book.style(style))
        else:
            self.text(row, col, "" if value is None else str(value), style)

    def link(self, row: int, col: int, text: str, target: str, style: Style, *, tip: str = "") -> None:
        """A text that leads to a cell of the workbook: "'Nhiệm vụ'!K7". Plain text once the sheet takes no links."""
        self._write_link(row, col, f"internal:{target}", text, style, tip)

    def file_link(self, row: int, col: int, text: str, path: str, style: Style) -> None:
        """A text that opens another file, by its path from the workbook's folder."""
        url = Url(f"external:{path}")
        # forward slashes, as Excel writes them itself: LibreOffice outside Windows follows no others
        url._relationship_link = url._relationship_link.replace("\\", "/")
        url.text = _UNPRINTABLE.sub("", storable_text(text))
        self._write_link(row, col, url, text, style)

    @property
    def takes_links(self) -> bool:
        """False once the sheet has as many links as Excel takes."""
        return self._links < _MOST_LINKS

    def _write_link(self, row: int, col: int, url: str | Url, text: str, style: Style, tip: str = "") -> None:  # noqa: PLR0917
        if not self.takes_links:
            self.text(row, col, text, style)
            return
        self._links += 1
        shown = _UNPRINTABLE.sub("", storable_text(text))  # the link says its text once more, where nothing is escaped
        self.write_url(row, col, url, self.book.style(style), shown, tip or None)
        if shown != text:
            self.text(row, col, text, style)

    def widths(self, widths: Sequence[float], style: Style | None = None, first: int = 0) -> None:
        """Widths of the columns from `first` on, in characters; `style` of their empty cells."""
        form = None if style is None else self.book.style(style)
        for col, width in enumerate(widths, start=first):
            self.set_column(col, col, width, form)

    def height(self, row: int, points: float, *, hidden: bool = False, level: int = 0) -> None:
        """Height of a row, its outline level, and whether it is seen."""
        # a height of exactly 15 is taken for the default and left out
        self.set_row(row, 15.75 if points == 15 else points, None, {"hidden": hidden, "level": level})

    def let_grow(self, row: int) -> None:
        """The row keeps its height until someone types in it, and then fits its text.

        That is a height without the mark `customHeight`, with which programs take it for one that a person chose.
        """
        self._growing.add(row)

    def lock_rest(self, first: int, style: Style) -> None:
        """Every column from `first` on has that format, by one element.

        `set_column` up to the last column would declare all 16,384 as used: a false extent for readers, and slow.
        """
        self._rest = (first, self.book.style(style))

    def page(self, setup: PageSetup, *, paper: int = 9, scale: int = 0) -> None:
        """Paper (9: A4, 8: A3) and page number; as wide as the page where no `scale` in percent is given."""
        self.set_paper(paper)
        self.set_landscape()
        self.set_margins(left=setup.left, right=setup.right, top=setup.top, bottom=setup.bottom)
        # the decree puts the page number in the middle of the top margin
        options = {"margin": setup.header} | ({} if setup.number_scales else {"scale_with_doc": False})
        self.set_header(f'&C&"{FONT},Regular"&{setup.number_size}&P/&N', options)
        self.hide_gridlines(1 if setup.grid else 2)
        if scale:
            self.set_print_scale(scale)
        else:
            self.fit_to_pages(1, 0)

    def head(
        self,
        row: int,
        last: int,
        columns: tuple[int, int],
        frozen_columns: int,
        *,
        first: int = -1,
        repeat: bool = True,
    ) -> None:
        """The headings end in `row` (and begin in `first`): always in sight, with a filter to `last`.

        `repeat`: on every printed page.
        """
        if repeat:
            self.repeat_rows(row if first < 0 else first, row)
        self.freeze_panes(row + 1, frozen_columns)
        if last > row:
            self.autofilter(row, columns[0], last, columns[1])

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        """Without the hundred searches for functions newer than Excel 2007, which no formula of ours has."""
        return formula.removeprefix("=")

    def _write_formula(
        self, row: int, col: int, formula: str, cell_format: Format | None = None, value: object = 0
    ) -> int:
        """Without the search for functions that give arrays, which no formula of ours has."""
        if self._check_dimensions(row, col):
            return -1
        self.table[row][col] = CellFormulaTuple(self._prepare_formula(formula), cell_format, value)
        return 0

    def _write_rows(self) -> None:
        """The rows from top to bottom; plain cells, of which there are thousands, have nothing in them to escape."""
        self._calculate_spans()
        letters = [letters_of(col) for col in range(self.dim_colmax + 1)]
        for row in range(self.dim_rowmin, self.dim_rowmax + 1):
            cells, info, span = self.table.get(row), self.row_info.get(row), self.row_spans.get(row // 16)
            if not cells:
                if info is not None or row in self.comments:
                    self._write_empty_row(row, span, info)
                continue
            self._write_row(row, span, info)
            number = row + 1
            for col in sorted(cells):
                cell = cells[col]
                if cell.format is None or not isinstance(cell, _PLAIN):
                    self._write_cell(row, col, cell)
                    continue
                text = f' t="s"><v>{cell.string}</v></c>' if isinstance(cell, CellStringTuple) else "/>"
                self.fh.write(f'<c r="{letters[col]}{number}" s="{cell.format._get_xf_index()}"{text}')
            self._xml_end_tag("row")

    def _calculate_spans(self) -> None:
        """First and last column that hold something, for each block of sixteen rows."""
        columns: dict[int, set[int]] = {}
        for row, cells in (*self.table.items(), *self.comments.items()):
            columns.setdefault(row // 16, set()).update(cells)
        self.row_spans = {block: f"{min(cols) + 1}:{max(cols) + 1}" for block, cols in columns.items() if cols}

    def _write_row(self, row: int, *others: Any, **named: Any) -> None:  # noqa: ANN401 - XlsxWriter's own
        self._row_is_growing = row in self._growing
        super()._write_row(row, *others, **named)

    def _xml_start_tag_unencoded(self, tag: str, attributes: list[tuple[str, Any]]) -> None:
        if tag == "row" and self._row_is_growing:
            attributes = [item for item in attributes if item[0] != "customHeight"]
        super()._xml_start_tag_unencoded(tag, attributes)

    def _xml_end_tag(self, tag: str) -> None:
        if tag == "cols" and self._rest is not None:
            first, form = self._rest
            self._write_col_info(first, _LAST_COLUMN, ColumnInfo(width=None, column_format=form))
        super()._xml_end_tag(tag)


class Workbook(xlsxwriter.Workbook):  # type: ignore[misc] # XlsxWriter has no complete annotations
    """A workbook in memory: `with Workbook(...) as book`, then `book.content`.

    What XlsxWriter warns of, it drops (a list or message over a limit): here it raises.
    """

    def __init__(
        self,
        title: str,
        styles: Mapping[str, _Properties],
        *,
        size: float = DEFAULT_SIZE,
        created: dt.datetime = _FIXED_DAY,
        protected: bool = False,
        properties: Mapping[str, str] | None = None,
    ) -> None:
        """`size` of the default font, which sets the width of columns: with this font they are as wide everywhere.

        `protected`: the Normal style is unlocked while every format says for itself whether it is locked. Pasting
        formatted text into an entry cell resets it to Normal: were Normal locked, the cell would be locked for good.
        """
        self._buffer = io.BytesIO()
        letters = {"font_name": FONT, "font_size": size, "font_scheme": "none", "font_family": 1}
        super().__init__(
            self._buffer,
            {
                "in_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "default_format_properties": letters | ({"locked": False} if protected else {}),
            },
        )
        self._protected, self._named = protected, styles
        self._by_name: dict[Style, Format] = {}
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}
        self._warnings = warnings.catch_warnings()
        self.set_properties({"title": storable_text(title), "created": created, **(properties or {})})

    def __enter__(self) -> Workbook:
        self._warnings.__enter__()
        warnings.filterwarnings("error", module=r"xlsxwriter\b")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.close()
        finally:
            self._warnings.__exit__(kind, error, trace)

    @property
    def content(self) -> bytes:
        """The workbook's bytes, once it is closed."""
        return with_fixed_system(self._buffer.getvalue())

    def sheet(self, title: str) -> Worksheet:
        """A new sheet at the end."""
        made = cast(Worksheet, self.add_worksheet(title, Worksheet))
        made.book = self
        return made

    def style(self, style: Style) -> Format:
        """The format of that name, made once; locked where the workbook is protected."""
        form = self._by_name.get(style)
        if form is None:
            if not isinstance(style, str):
                return style
            form = self._by_name[style] = self.format(self._named[style])
        return form

    def format(self, properties: _Properties) -> Format:
        """A format with those properties, made once; locked unless they say otherwise."""
        key = tuple(sorted(properties.items()))
        form = self._made.get(key)
        if form is None:
            coloured = {name: _colour(value) for name, value in properties.items() if name.endswith("color")}
            form = self._made[key] = self.add_format({"locked": True, **properties, **coloured})
            if self._protected:
                lock = int(properties.get("locked", True))
                # said explicitly: a cell format without a word on protection would take Normal's
                form._get_protection_properties = lambda: [("locked", lock)]
        return form
