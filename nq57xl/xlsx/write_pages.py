"""Writes placed sheets as one workbook: formats, print set-up, links, charts; knows nothing of plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nq57xl.xlsx import pages
from nq57xl.xlsx.write import FONT, PageSetup, Workbook, sheet_prefix

ACCENT, TINT, PALE = "#1F3864", "#D9E2F3", "#F2F2F2"
"""One calm blue and its tints; everything else is black on white."""
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
_PAGE = PageSetup(left=0.4, right=0.4, top=0.62, bottom=0.5, header=0.3, number_size=12)

_Properties = dict[str, Any]
_BORDERED: _Properties = {"border": 1, "border_color": "#7F7F7F", "text_wrap": True, "valign": "top"}
_HEADING: _Properties = {"bold": True, "align": "center", "valign": "vcenter", "text_wrap": True}
_TINTED: _Properties = {"bg_color": TINT}
_WORDS: _Properties = {"text_wrap": True, "valign": "top", "align": "justify"}
_STYLES: dict[str, _Properties] = {
    "title": _HEADING,
    "subtitle": _HEADING,
    "italic": {"italic": True, "align": "center", "valign": "vcenter", "text_wrap": True},
    "alert": {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 2, "border_color": ACCENT} | _TINTED,
    "para": _WORDS,
    "note": {"italic": True, "text_wrap": True, "valign": "top"},
    "band": _BORDERED | _HEADING | _TINTED,
    "head": _BORDERED | _HEADING | _TINTED,
    "section": {"bold": True, "valign": "vcenter", "bg_color": PALE, "top": 1, "bottom": 1, "border_color": "#7F7F7F"},
    "group": {"bold": True, "valign": "vcenter", "font_color": ACCENT},
    "row": _BORDERED,
    "sub": _BORDERED,
    "words": _WORDS,
    "lead": {"bold": True, "valign": "vcenter", "text_wrap": True, "bottom": 1, "border_color": ACCENT},
    "total": {**_BORDERED, "bold": True, "bg_color": PALE},
}


_TYPED: _Properties = {**_BORDERED, "bg_color": "#EAF3FB", "num_format": "@"}
"""Of the cells of a page in which the office writes."""
_LINK: _Properties = {"font_color": ACCENT, "underline": 1}

_Anchors = Mapping[str, pages.LinkTarget]


def report_workbook(
    title: str,
    sheets: Sequence[pages.PlacedSheet],
    charts: Mapping[str, Sequence[pages.Chart]] | None = None,
    beside: _Anchors | None = None,
) -> bytes:
    """The bytes of a workbook of those sheets, with the charts of each by its name. Equal sheets give equal bytes.

    `beside`: anchors in a workbook that lies in the same folder.
    """
    anchors = {**(beside or {}), **link_targets(sheets)}
    with Workbook(title, {}, size=_DEFAULT_SIZE, properties={"comments": ""}) as book:
        for sheet in sheets:
            _PlacedSheetWriter(book, sheet, anchors).write((charts or {}).get(sheet.page.name, ()))
    return book.content


def link_targets(sheets: Sequence[pages.PlacedSheet], file: str = "") -> dict[str, pages.LinkTarget]:
    """Every anchor of those sheets, which lie in the workbook of that name; of several places the first one counts."""
    found: dict[str, pages.LinkTarget] = {}
    for sheet in sheets:
        for name, (title, row) in sheet.anchors().items():
            found.setdefault(name, pages.LinkTarget(title, row, file))
    return found


class _PlacedSheetWriter:
    """Writes one sheet."""

    def __init__(self, book: Workbook, sheet: pages.PlacedSheet, anchors: _Anchors) -> None:
        self.book, self.sheet, self.anchors = book, sheet, anchors
        self.page = sheet.page
        self.out = book.sheet(sheet.page.name)
        self._row_styles: dict[tuple[str, bool, bool], list[tuple[int, pages.ReportColumn, _Properties, Any]]] = {}
        self.printed = [i for i, item in enumerate(self.page.columns) if item.printed]
        self._beside = {"font_size": self.page.size, "valign": "top"}
        """The style of cells right of the print area."""

    def write(self, charts: Sequence[pages.Chart]) -> None:
        for index, column in enumerate(self.page.columns):
            self.out.set_column(index, index, column.width, None, {"hidden": column.hidden})
        for row in self.sheet.rows:
            self.out.height(row.row, row.height, level=row.level)
            self._row(row)
        self._print_setup()
        rows = [row.row for row in self.sheet.rows if row.kind == "row"]
        for index, column in enumerate(self.page.columns):
            if rows and column.longest:  # what is typed is no longer than it may be
                rule = {"validate": "length", "criteria": "<=", "value": column.longest, "error_title": column.title}
                rule["error_message"] = f"Nhiều nhất {column.longest} ký tự."
                self.out.data_validation(rows[0], index, rows[-1], index, rule)
        for chart in charts:
            self._chart(chart)

    def _row(self, row: pages.PlacedRow) -> None:
        if row.kind == "space":
            return
        style = _STYLES[row.kind] | {"font_size": self.page.size_of(row.kind)}
        if row.merged:
            self._merge(row.row, (self.printed[0], self.printed[-1]), next(iter(row.cells.values()), ""), style)
        elif row.kind == "band":
            line = next(item for item in self.page.lines if item.kind == "band")
            for name, span in self.page.band_spans(line).items():
                self._merge(row.row, span, row.cells.get(name), style)
        else:
            self._cells(row, style)

    def _merge(self, row: int, span: tuple[int, int], content: pages.CellContent, style: _Properties) -> None:
        self.out.across(row, *span, content if isinstance(content, str) else "", self.book.format(style))
        if content is not None and not isinstance(content, str):
            self._put(row, span[0], content, style)

    def _cells(self, row: pages.PlacedRow, style: _Properties) -> None:
        if row.kind in ("row", "sub") and not (row.first and row.last):
            style = style | {"border": 0, "top": int(row.first), "bottom": int(row.last), "left": 1, "right": 1}
        if row.kind in ("row", "sub") and not row.spans and not self.page.sparse:
            self._plain_cells(row, style)
            return
        covered = -1
        for index, column in enumerate(self.page.columns):
            content = row.cells.get(column.name)
            if index <= covered or (self.page.sparse and column.name not in row.cells):
                continue
            if column.name in row.spans:
                covered = self.sheet.index(row.spans[column.name])
                words = content is None or isinstance(content, str)
                own = style | ({} if words else {"align": column.align})
                if row.kind == "sub":
                    own = own | ({"italic": True, "align": "right", "indent": 1} if index == 0 else {"align": "left"})
                self._merge(row.row, (index, covered), content, own)
            elif column.printed:
                align = {"align": column.align} if row.kind in ("row", "sub", "total", "lead") else {}
                self._put(row.row, index, content, style | align)
            elif content is not None:
                self._put(row.row, index, content, style if row.kind == "head" else self._beside)

    def _plain_cells(self, row: pages.PlacedRow, style: _Properties) -> None:
        """A row of the body: there are many of them, so styles are made once for each column."""
        key = (row.kind, row.first, row.last)
        if key not in self._row_styles:
            self._row_styles[key] = []
            for index, column in enumerate(self.page.columns):
                own = style | {"align": column.align} if column.printed else self._beside
                own = own | (_TYPED if column.longest else {})
                self._row_styles[key].append((index, column, own, self.book.format(own)))
        for index, column, own, form in self._row_styles[key]:
            content = row.cells.get(column.name)
            if content is None or isinstance(content, str):
                if content or column.printed or column.longest:
                    self.out.text(row.row, index, content or "", form)
            else:
                self._put(row.row, index, content, own)

    def _put(self, row: int, col: int, content: pages.CellContent, style: _Properties) -> None:
        out, form = self.out, self.book.format
        match content:
            case None | str():
                out.text(row, col, content or "", form(style))
            case pages.Number(value=number, format=code):
                out.write_number(row, col, number, form(style | {"num_format": code}))
            case pages.Formula(text=text, value=value, format=code):
                out.write_formula(row, col, f"={text}", form(style | {"num_format": code}), value)
            case pages.FileLink(text=text, path=path):
                out.file_link(row, col, text, path, form(style | _LINK))
            case pages.Link(text=text, anchor=anchor):
                there = self.anchors.get(anchor)
                if there is None:
                    out.text(row, col, text.format(row="", label=""), form(style))
                    return
                text = text.format(row=there.row + 1, label=there.label)
                target = f"{sheet_prefix(there.sheet)}A{there.row + 1}"
                if there.file:
                    out.file_link(row, col, text, f"{there.file}#{target}", form(style | _LINK))
                else:
                    out.link(row, col, text, target, form(style | _LINK))
            case pages.Sparkline(first=first, last=last):
                from xlsxwriter.utility import xl_range

                place = xl_range(row, self.sheet.index(first), row, self.sheet.index(last))
                out.text(row, col, "", form(style))
                # columns from zero: LibreOffice 7.4 prints no lines, and a cut axis makes small moves look large
                bars = {"type": "column", "min": 0, "series_color": "#8EA9DB", "last_point": True, "last_color": ACCENT}
                out.add_sparkline(row, col, {"range": f"{sheet_prefix(self.page.name)}{place}", **bars})

    def _print_setup(self) -> None:
        page, out = self.page, self.out
        out.page(_PAGE, paper=_PAPERS[page.paper], scale=page.scale)
        out.set_footer(f'&R&"{FONT},Italic"&10&A', {"margin": 0.25})
        out.center_horizontally()
        if breaks := self.sheet.orphan_breaks():
            out.set_h_pagebreaks(breaks)
        last = self.sheet.rows[-1].row
        # row numbers and what units typed are texts on purpose: no green corners
        out.ignore_errors({"number_stored_as_text": f"A1:ZZ{last + 1}"})
        out.print_area(0, 0, self.sheet.last_printed, self.printed[-1])
        out.outline_settings(True, False, True, False)
        heads = self.sheet.heads
        if page.filtered and heads:
            end, columns = max(self.sheet.end, heads[-1] + 1), (0, len(page.columns) - 1)
            out.head(heads[-1], end, columns, page.frozen_columns, first=heads[0], repeat=self.sheet.repeats)

    def _chart(self, spec: pages.Chart) -> None:
        bars = spec.kind == "bar"
        chart = self.book.add_chart({"type": "bar", "subtype": "stacked"} if bars else {"type": "line"})
        for series in spec.series:
            chart.add_series(self._series(spec, series))
        font = {"name": FONT, "size": _CHART_SIZE}
        chart.set_title({"name": spec.title, "name_font": {**font, "size": _CHART_SIZE + 1, "bold": True}})
        chart.set_legend(_LEGENDS[spec.legend] | {"font": font})
        if spec.legend != "bottom":
            top = _TITLE_PIXELS / spec.height
            left, wide = (0.3, 0.42) if spec.legend == "right" else (0.4, 0.57)
            chart.set_plotarea({"layout": {"x": left, "y": top, "width": wide, "height": 0.97 - top}})
        grid = {"visible": True, "line": {"color": "#D9D9D9"}}
        if bars:
            chart.set_x_axis({"num_font": font, "major_gridlines": grid, "num_format": "0", "visible": False})
            chart.set_y_axis({"num_font": font, "reverse": True})
        else:
            chart.set_x_axis({"num_font": font})
            chart.set_y_axis({"num_font": font, "major_gridlines": grid, "num_format": "0%", **_PERCENT_AXIS})
        chart.set_size({"width": spec.width, "height": spec.height})
        row = self.anchors[spec.anchor].row
        place = {"x_offset": spec.x, "y_offset": spec.y, "description": spec.title, "object_position": 1}
        self.out.insert_chart(row, 0, chart, place)

    def _series(self, spec: pages.Chart, series: pages.Series) -> dict[str, Any]:
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
        pattern = {"pattern": {"pattern": series.pattern, "fg_color": series.fill, "bg_color": "#FFFFFF"}}
        red, green, blue = (int(series.fill[i : i + 2], 16) for i in (1, 3, 5))
        dark = red * 0.3 + green * 0.6 + blue * 0.1 < 130 and not series.pattern
        ink = {"color": "#FFFFFF" if dark else "#000000", "bold": bool(series.pattern)}
        return drawn | {
            **(pattern if series.pattern else {"fill": {"color": series.fill}}),
            "border": {"color": "#404040", "width": 0.5},
            "gap": 40,
            "data_labels": {"value": True, "num_format": "#,##0;;", "font": label_font | ink},
        }
