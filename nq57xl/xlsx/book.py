"""Writes placed sheets as one workbook: formats, print set-up, links, charts; equal sheets give equal bytes."""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from nq57xl.xlsx.pages import (
    MERGED,
    CellContent,
    Chart,
    FileLink,
    Formula,
    HeadingCell,
    Link,
    Number,
    PlacedRow,
    PlacedSheet,
    Series,
    Sparkline,
    band_spans,
    orphan_breaks,
)

FONT = "Times New Roman"
ACCENT, TINT, PALE = "#1F3864", "#D9E2F3", "#F2F2F2"
"""One calm blue and its tints; everything else is black on white."""
_CREATED = dt.datetime(2026, 1, 1)
"""Fixed: the time of writing would make equal reports differ."""
_DEFAULT_SIZE = 10.5
"""A digit of this font is 7 pixels wide in every program; at 11 LibreOffice makes columns 5 % wider than Excel."""
_CHART_SIZE = 10
"""As the text of the sheets: at 90 % of the paper's scale 9 points are printed."""
_TITLE_PIXELS = 32
"""Above the bars of charts that stand above one another; labels left, legend right: programs choose their own else."""
_LEGENDS: dict[str, dict[str, Any]] = {
    "right": {"position": "right", "layout": {"x": 0.73, "y": 0.16, "width": 0.26, "height": 0.8}},
    "bottom": {"position": "bottom"},
    "none": {"none": True},
}
_PERCENT_AXIS = {"min": 0, "max": 1.1, "major_unit": 0.25}
"""A little above 100 %: labels of the highest points stay below the title."""
_PAPERS = {"A4": 9, "A3": 8}
_SURROGATES = re.compile("[\ud800-\udfff]")
_CELL_LIMIT = 32_767
_MOST_LINKS = 65_000
"""Of a sheet: Excel takes 65,530. What comes after them names its row all the same."""

_BORDERED = {"border": 1, "border_color": "#7F7F7F", "text_wrap": True, "valign": "top"}
_STYLES: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "align": "center", "valign": "vcenter", "text_wrap": True},
    "subtitle": {"bold": True, "align": "center", "valign": "vcenter", "text_wrap": True},
    "italic": {"italic": True, "align": "center", "valign": "vcenter", "text_wrap": True},
    "alert": {
        "bold": True,
        "text_wrap": True,
        "valign": "vcenter",
        "border": 2,
        "border_color": ACCENT,
        "bg_color": TINT,
    },
    "para": {"text_wrap": True, "valign": "top", "align": "justify"},
    "note": {"italic": True, "text_wrap": True, "valign": "top"},
    "band": {**_BORDERED, "bold": True, "align": "center", "valign": "vcenter", "bg_color": TINT},
    "head": {**_BORDERED, "bold": True, "align": "center", "valign": "vcenter", "bg_color": TINT},
    "section": {"bold": True, "valign": "vcenter", "bg_color": PALE, "top": 1, "bottom": 1, "border_color": "#7F7F7F"},
    "group": {"bold": True, "valign": "vcenter", "font_color": ACCENT},
    "row": _BORDERED,
    "sub": _BORDERED,
    "words": {"text_wrap": True, "valign": "top", "align": "justify"},
    "lead": {"bold": True, "valign": "vcenter", "text_wrap": True, "bottom": 1, "border_color": ACCENT},
    "total": {**_BORDERED, "bold": True, "bg_color": PALE},
    "pair": {"align": "center", "valign": "top", "text_wrap": True},
    "pair_bold": {"align": "center", "valign": "top", "text_wrap": True, "bold": True},
    "pair_italic": {"align": "center", "valign": "top", "text_wrap": True, "italic": True},
}


class Book:
    """One workbook in memory."""

    def __init__(self, title: str, sheets: Sequence[PlacedSheet], charts: Mapping[str, Sequence[Chart]]) -> None:
        import xlsxwriter

        self.buffer = io.BytesIO()
        self.workbook = xlsxwriter.Workbook(
            self.buffer,
            {
                "in_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "default_format_properties": {"font_name": FONT, "font_size": _DEFAULT_SIZE},
            },
        )
        self.workbook.set_properties({"title": _clean_text(title), "created": _CREATED, "comments": ""})
        self.workbook.set_calc_mode("auto")
        self.sheets = sheets
        self.charts = charts
        self.anchors: dict[str, tuple[str, int]] = {}
        for sheet in sheets:
            self.anchors = sheet.anchors() | self.anchors  # of several places the first one counts
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def bytes(self) -> bytes:
        """The workbook's bytes."""
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for sheet in self.sheets:
                _SheetWriter(self, sheet).write()
            self.workbook.close()
        return self.buffer.getvalue()

    def format(self, **properties: Any) -> Any:  # noqa: ANN401 - xlsxwriter is untyped
        """A format, made once for the same properties."""
        key = tuple(sorted({"font_name": FONT, **properties}.items()))
        if key not in self._formats:
            self._formats[key] = self.workbook.add_format(dict(key))
        return self._formats[key]


_RowFormat = tuple[int, str, dict[str, Any], Any, bool]
"""Column, its name, the properties and the format of its cells, and whether it is printed."""


class _SheetWriter:
    """Writes one sheet of a book."""

    def __init__(self, book: Book, sheet: PlacedSheet) -> None:
        self.book = book
        self.sheet = sheet
        self.page = sheet.page
        self.out = book.workbook.add_worksheet(sheet.page.name)
        self.links = 0
        self._row_formats: dict[tuple[str, bool, bool], list[_RowFormat]] = {}
        self.printed = [i for i, item in enumerate(self.page.columns) if item.printed and not item.hidden]

    def write(self) -> None:
        for index, column in enumerate(self.page.columns):
            self.out.set_column(index, index, column.width, None, {"hidden": column.hidden})
        for row in self.sheet.rows:
            # a height of exactly 15 is taken for the default and left out (pitfalls.md 3)
            height = 15.75 if row.height == 15 else row.height
            self.out.set_row(row.row, height, None, {"level": row.level})
            self._row(row)
        self._print_setup()
        for chart in self.book.charts.get(self.page.name, ()):
            self._chart(chart)

    def _row(self, row: PlacedRow) -> None:
        if row.kind in ("space", "rule"):
            return
        style = dict(_STYLES[row.kind])
        style["font_size"] = self.page.size_of(row.kind)
        if row.kind in MERGED:
            self._merge(row.row, self.printed[0], self.printed[-1], next(iter(row.cells.values()), ""), style)
        elif row.kind.startswith("pair"):
            middle = self.printed[self.page.split - 1]
            left, right = row.cells.get("left", ""), row.cells.get("right", "")
            # Decree 30/2020/NĐ-CP, Appendix I: number upright, date italic; nation and motto bold, motto over a rule
            self._merge(row.row, 0, middle, left, {**style, "bold": row.kind == "pair_bold", "italic": False})
            own = {**style, "bold": row.kind != "pair_italic", "underline": int(row.kind == "pair_bold")}
            self._merge(row.row, middle + 1, self.printed[-1], right, own)
        elif row.kind == "band":
            line = next(item for item in self.page.lines if item.kind == "band")
            for name, (first, last) in band_spans(self.page, line).items():
                self._merge(row.row, first, last, row.cells.get(name), style)
        else:
            self._cells(row, style)

    def _merge(self, row: int, first: int, last: int, content: CellContent, style: dict[str, Any]) -> None:
        text = _clean_text(content) if isinstance(content, str) else ""
        form = self.book.format(**style)
        if first < last:
            self.out.merge_range(row, first, row, last, "", form)
        self.out.write_string(row, first, text, form) if text else self.out.write_blank(row, first, None, form)

    def _cells(self, row: PlacedRow, style: dict[str, Any]) -> None:
        border = "border" in style and row.kind in ("row", "sub")
        if border and not (row.first and row.last):
            style = {**style, "top": int(row.first), "bottom": int(row.last), "left": 1, "right": 1}
            del style["border"]
        if row.kind in ("row", "sub") and not row.spans and not self.page.sparse:
            self._plain_cells(row, style)
            return
        covered = -1
        for index, column in enumerate(self.page.columns):
            content = row.cells.get(column.name)
            if index <= covered:
                continue
            if column.name in row.spans:
                covered = self.sheet.index(row.spans[column.name])
                own = {**style, "align": "left", "italic": index == 0} if row.kind == "sub" else style
                if row.kind == "sub" and index == 0:
                    own = own | {"align": "right", "indent": 1}
                self._merge(row.row, index, covered, content, own)
                continue
            if not column.printed or column.hidden:
                if content is not None and row.kind != "head":
                    self._put(row.row, index, content, {"font_size": self.page.size, "valign": "top"})
                elif row.kind == "head" and content is not None:
                    self._put(row.row, index, content, style)
                continue
            if self.page.sparse and column.name not in row.cells:
                continue
            own = dict(style)
            if row.kind in ("row", "sub", "total", "lead"):
                own["align"] = column.align
            self._put(row.row, index, content, own)

    def _plain_cells(self, row: PlacedRow, style: dict[str, Any]) -> None:
        """A row of the body: there are many of them, so formats are looked up once for each column."""
        key = (row.kind, row.first, row.last)
        formats = self._row_formats.get(key)
        if formats is None:
            formats = self._row_formats[key] = self._formats_of(style)
        cells, number, out = row.cells, row.row, self.out
        for index, name, own, form, printed in formats:
            content = cells.get(name)
            if content.__class__ is str and content:
                out.write_string(number, index, _clean_text(content), form)
            elif content:
                self._put(number, index, content, own)
            elif printed:
                out.write_blank(number, index, None, form)

    def _formats_of(self, style: dict[str, Any]) -> list[_RowFormat]:
        formats: list[_RowFormat] = []
        for index, column in enumerate(self.page.columns):
            printed = column.printed and not column.hidden
            own = {**style, "align": column.align} if printed else {"font_size": self.page.size, "valign": "top"}
            formats.append((index, column.name, own, self.book.format(**own), printed))
        return formats

    def _put(self, row: int, col: int, content: CellContent, style: dict[str, Any]) -> None:
        if isinstance(content, Number):
            self.out.write_number(row, col, content.value, self.book.format(**style, num_format=content.format))
        elif isinstance(content, Formula):
            form = self.book.format(**style, num_format=content.format)
            self.out.write_formula(row, col, f"={content.text}", form, content.value)
        elif isinstance(content, Link):
            self._link(row, col, content, style)
        elif isinstance(content, FileLink):
            self._file_link(row, col, content, style)
        elif isinstance(content, HeadingCell):
            form = self.book.format(**_STYLES["head"], font_size=style["font_size"])
            self.out.write_string(row, col, _clean_text(content.text), form)
        elif isinstance(content, Sparkline):
            self._spark(row, col, content, style)
        elif content:
            self.out.write_string(row, col, _clean_text(content), self.book.format(**style))
        else:
            self.out.write_blank(row, col, None, self.book.format(**style))

    def _link(self, row: int, col: int, link: Link, style: dict[str, Any]) -> None:
        target = self.book.anchors.get(link.anchor)
        self.links += target is not None
        if target is None or self.links > _MOST_LINKS:
            place = str(target[1] + 1) if target else ""
            self.out.write_string(row, col, _clean_text(link.text.replace("{row}", place)), self.book.format(**style))
            return
        name, there = target
        text = _clean_text(link.text.replace("{row}", str(there + 1)))
        form = self.book.format(**style, font_color=ACCENT, underline=1)
        quoted = name.replace("'", "''")
        self.out.write_url(row, col, f"internal:'{quoted}'!A{there + 1}", form, text)

    def _file_link(self, row: int, col: int, link: FileLink, style: dict[str, Any]) -> None:
        from xlsxwriter.url import Url

        url = Url(f"external:{link.path}")
        # forward slashes, as Excel writes them itself: LibreOffice outside Windows follows no others
        url._relationship_link = url._relationship_link.replace("\\", "/")
        url.text = _clean_text(link.text)
        self.out.write_url(row, col, url, self.book.format(**style, font_color=ACCENT, underline=1))

    def _print_setup(self) -> None:
        page, out = self.page, self.out
        out.set_landscape()
        out.set_paper(_PAPERS[page.paper])
        out.set_margins(left=0.4, right=0.4, top=0.62, bottom=0.5)
        out.set_header(f'&C&"{FONT},Regular"&12&P/&N', {"margin": 0.3})
        out.set_footer(f'&R&"{FONT},Italic"&10&A', {"margin": 0.25})
        out.center_horizontally()
        out.hide_gridlines(2)
        out.set_print_scale(page.scale)
        breaks = {self.book.anchors[name][1] for name in page.breaks} | set(orphan_breaks(self.sheet))
        if breaks:
            out.set_h_pagebreaks(sorted(breaks))
        last = self.sheet.rows[-1].row
        # row numbers and what units typed are texts on purpose: no green corners
        out.ignore_errors({"number_stored_as_text": f"A1:ZZ{last + 1}"})
        out.print_area(0, 0, last, self.printed[-1])
        out.outline_settings(True, False, True, False)
        heads = self.sheet.heads
        if page.filtered and heads:
            out.repeat_rows(heads[0], heads[-1])
            out.freeze_panes(heads[-1] + 1, page.frozen_columns)
            out.autofilter(heads[-1], 0, max(self.sheet.end, heads[-1] + 1), len(page.columns) - 1)

    def _spark(self, row: int, col: int, spark: Sparkline, style: dict[str, Any]) -> None:
        from xlsxwriter.utility import xl_range

        first, last = self.sheet.index(spark.first), self.sheet.index(spark.last)
        self.out.write_blank(row, col, None, self.book.format(**style))
        # columns from zero: LibreOffice 7.4 prints no lines, and a cut axis makes small moves look large
        bars = {"type": "column", "min": 0, "series_color": "#8EA9DB", "last_point": True, "last_color": ACCENT}
        quoted = self.page.name.replace("'", "''")
        self.out.add_sparkline(row, col, {"range": f"'{quoted}'!{xl_range(row, first, row, last)}", **bars})

    def _chart(self, spec: Chart) -> None:
        bars = spec.kind == "bar"
        chart = self.book.workbook.add_chart({"type": "bar", "subtype": "stacked"} if bars else {"type": "line"})
        for series in spec.series:
            chart.add_series(self._series(spec, series))
        font = {"name": FONT, "size": _CHART_SIZE}
        chart.set_title({"name": spec.title, "name_font": {**font, "size": _CHART_SIZE + 1, "bold": True}})
        chart.set_legend(_LEGENDS[spec.legend] | {"font": font})
        if spec.legend != "bottom":
            top = _TITLE_PIXELS / spec.height
            chart.set_plotarea({"layout": {"x": 0.29, "y": top, "width": 0.43, "height": 0.97 - top}})
        grid = {"visible": True, "line": {"color": "#D9D9D9"}}
        if bars:
            chart.set_x_axis({"num_font": font, "major_gridlines": grid, "num_format": "0", "visible": False})
            chart.set_y_axis({"num_font": font, "reverse": True})
        else:
            chart.set_x_axis({"num_font": font})
            chart.set_y_axis({"num_font": font, "major_gridlines": grid, "num_format": "0%", **_PERCENT_AXIS})
        chart.set_size({"width": spec.width, "height": spec.height})
        row = self.book.anchors[spec.anchor][1]
        place = {"x_offset": spec.x, "y_offset": spec.y, "description": spec.title, "object_position": 1}
        self.out.insert_chart(row, 0, chart, place)

    def _series(self, spec: Chart, series: Series) -> dict[str, Any]:
        drawn: dict[str, Any] = {
            "name": [spec.source, *series.head],
            "categories": [spec.source, *spec.categories],
            "values": [spec.source, *series.values],
        }
        label_font = {"name": FONT, "size": _CHART_SIZE}
        if spec.kind == "line":
            marker = {"type": "circle", "size": 6, "fill": {"color": series.fill}, "border": {"color": series.fill}}
            top, _, bottom, _ = series.values
            # the last point alone: labels of every point would cover the lines
            shown = [{"delete": True}] * (bottom - top)
            label = {"value": True, "num_format": "0%", "font": label_font, "position": "above", "custom": shown}
            return drawn | {"line": {"color": series.fill, "width": 2}, "marker": marker, "data_labels": label}
        return drawn | {
            "fill": {"color": series.fill},
            "border": {"color": "#404040", "width": 0.5},
            "gap": 40,
            "data_labels": {
                "value": True,
                "num_format": "#,##0;;",
                "font": {**label_font, "color": _ink(series.fill)},
            },
        }


def _ink(fill: str) -> str:
    """White letters on a dark fill, black on a light one."""
    red, green, blue = (int(fill[i : i + 2], 16) for i in (1, 3, 5))
    return "#FFFFFF" if red * 0.3 + green * 0.6 + blue * 0.1 < 130 else "#000000"


def _clean_text(text: str) -> str:
    """What a cell can hold: no lone surrogates, at most 32,767 UTF-16 units; everything else as it is."""
    text = _SURROGATES.sub("\ufffd", text)
    if len(text) * 2 <= _CELL_LIMIT:
        return text
    if len(text.encode("utf-16-le")) // 2 <= _CELL_LIMIT:
        return text
    return text.encode("utf-16-le")[: _CELL_LIMIT * 2].decode("utf-16-le", "ignore")
