"""The sheet "Tổng quan", one printed page: heading, what is missing, the figures in words and counts, charts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product, zip_longest
from typing import Literal

import attrs
from attrs import frozen

from nq57xl.forms.wording import data_window
from nq57xl.outputs.narrative import complete_words, missing_words, paragraph
from nq57xl.outputs.report import appendix as appendix_sheet
from nq57xl.outputs.report import indicators as indicator_sheet
from nq57xl.outputs.report import submissions as submission_sheet
from nq57xl.outputs.report.addendum import closing_words
from nq57xl.outputs.report.summary import Summary, share
from nq57xl.results.consolidation import Consolidation
from nq57xl.results.figures import INDICATOR_STATES, Figures, figures, progress_buckets, timeliness_buckets
from nq57xl.results.wording import PARTLY_REPORTED, TIMELINESS, UNREPORTED, report_title
from nq57xl.xlsx.pages import (
    CellContent,
    Chart,
    ColumnRanges,
    Formula,
    HeadingCell,
    PlacedSheet,
    ReportColumn,
    ReportLine,
    ReportSheet,
    Series,
    place,
)

_ALWAYS = (UNREPORTED, TIMELINESS["overdue"], TIMELINESS["at_risk"])
"""Counts that are shown when they are zero, too."""
_COLUMNS = {"a": "B", "b": "F"}
"""Column of the labels -> letter of the counts."""

_Count = tuple[str, str | Callable[[str, int], str], int]
"""Label, formula, value; a formula may ask for its own column and row (from 1)."""
_Cells = dict[str, CellContent]


@frozen
class _CountList:
    """One list: its title and its counts; shares are of the first one."""

    title: str
    entries: tuple[_Count, ...]


@frozen
class _CountedSheets:
    """The placed sheets over which is counted."""

    appendix: ColumnRanges
    indicators: ColumnRanges
    submissions: ColumnRanges


def _list_lines(c: Consolidation, f: Figures, rows: _CountedSheets, top: int, *, brief: bool) -> Iterator[ReportLine]:
    """The lines that begin at row `top` (from 0); `brief` leaves out what the wording of the progress tells already."""
    columns: dict[str, list[_Cells]] = {name: [] for name in _COLUMNS}
    lists = [_progress(c, f, rows), _timeliness(f, rows), _reports(f, rows), _states(c, f, rows)]
    if brief:
        del lists[1]
    for item in lists:
        if item.entries:
            name = min(_COLUMNS, key=lambda name: len(columns[name]))
            filled = columns[name]
            filled += [{}] if filled else []
            filled += _placed(item, name, top + len(filled))
    for left, right in zip_longest(*columns.values(), fillvalue={}):
        yield ReportLine("row", left | right)


def _placed(item: _CountList, name: str, top: int) -> Iterator[_Cells]:
    letter, first = _COLUMNS[name], top + 2
    yield {name: HeadingCell(item.title), f"{name}_count": HeadingCell("Số"), f"{name}_share": HeadingCell("Tỷ lệ")}
    whole = item.entries[0][2]
    for index, (label, text, value) in enumerate(item.entries):
        row = first + index
        formula = text if isinstance(text, str) else text(letter, row)
        yield {
            name: label,
            f"{name}_count": Formula(formula, value),
            f"{name}_share": share(f"{letter}{row}", f"${letter}${first}", value, whole),
        }


def _progress(c: Consolidation, f: Figures, rows: _CountedSheets) -> _CountList:
    kind, entries = appendix_sheet.TASK_ROW, []
    for words in progress_buckets(c):
        text = rows.appendix.count(kind=kind, progress=words)
        if words == UNREPORTED:  # rows reported in part are not reported
            text += "+" + rows.appendix.count(kind=kind, progress=PARTLY_REPORTED)
        entries.append((words, text, f.total.progress.get(words, 0)))
    whole: _Count = ("Tổng số đầu việc", rows.appendix.count(kind=kind), f.total.total)
    return _CountList("Tiến độ (đầu việc)", (whole, *_shown(entries)))


def _timeliness(f: Figures, rows: _CountedSheets) -> _CountList:
    kind, counts = appendix_sheet.TASK_ROW, f.total.timeliness
    shown = _shown(
        (words, rows.appendix.count(kind=kind, timeliness=words), counts.get(words, 0))
        for words in timeliness_buckets()
    )
    last = len(shown)
    whole: _Count = (
        "Đã báo cáo",
        lambda letter, row: f"SUM({letter}{row + 1}:{letter}{row + last})",
        sum(counts.values()),
    )
    return _CountList("So với thời hạn", (whole, *shown))


def _reports(f: Figures, rows: _CountedSheets) -> _CountList:
    sheet, yes, no = rows.submissions, submission_sheet.YES, submission_sheet.NO
    return _CountList(
        "Báo cáo của đơn vị",
        (
            ("Phải báo cáo", f"COUNTA({sheet.of('code')})", f.expected),
            ("Đã nhận", sheet.count(received=yes), f.received),
            ("Được chấp nhận", sheet.count(accepted=yes), f.accepted),
            ("Nộp đúng hạn", sheet.count(accepted=yes, on_time=yes), f.on_time),
            ("Nộp chậm", sheet.count(accepted=yes, on_time=no), f.accepted - f.on_time),
        ),
    )


def _states(c: Consolidation, f: Figures, rows: _CountedSheets) -> _CountList:
    if not c.indicators:
        return _CountList("", ())
    kind, groups = indicator_sheet.INDICATOR_ROW, f.indicators.values()
    entries = (
        (state, rows.indicators.count(kind=kind, state=state), sum(group.get(state, 0) for group in groups))
        for state in INDICATOR_STATES
    )
    whole: _Count = ("Tổng số chỉ tiêu", rows.indicators.count(kind=kind), len(c.indicators))
    return _CountList("Chỉ tiêu", (whole, *_shown(entries)))


def _shown(entries: Iterable[tuple[str, str, int]]) -> Sequence[_Count]:
    """Counts that occur, and those that leaders ask for: lines of zeros would hide them."""
    return [entry for entry in entries if entry[2] or entry[0] in _ALWAYS]


_LOWER_SHARE = 11
"""Height of the lowest line of charts, where one with n bars over the whole width takes n + 4."""
_GAP = 8
"""Pixels between charts."""
_STAGE_FILLS = (
    "#1F3864",
    "#8EA9DB",
    "#D9E2F3",
    "#7F7F7F",
    "#262626",
    "#BFBFBF",
    "#F2F2F2",
    "#FFFFFF",
    "#FFFFFF",
)
_LEGENDS: dict[str, Literal["right", "none"]] = {"stages": "right", "units": "none"}
"""The two charts of stages have their colours in common."""
_INDICATOR_FILLS = ("#1F3864", "#A6A6A6", "#D9E2F3", "#F2F2F2", "#FFFFFF")
_TREND_FILLS = {2: "#1F3864", 4: "#262626", 7: "#8EA9DB"}
"""Column of the trend table -> colour of its line: shares done, overdue, reported."""


def _charts_of(sheet: PlacedSheet, tables: Summary, f: Figures) -> Iterator[Chart]:
    """The charts in the right part of the page: bars over its whole width, the last two side by side."""
    top = sheet.anchors()["charts"][1]
    pixels = [int(column.width * 7 + 5) for column in sheet.page.columns]
    width = pixels[-1] - 4
    height = int(sum(row.height for row in sheet.rows[top:]) / 0.75) - 6
    charts = [chart for chart in _kinds(tables, f) if chart.series]
    bars = [[chart] for chart in charts if chart.legend != "bottom"]
    rest = [chart for chart in charts if chart.legend == "bottom"]
    lines = [*bars, *([rest] if rest else [])]
    shares = [_share_of(line[0]) for line in lines]
    y = 2
    for line, part in zip(lines, shares, strict=True):
        high, wide = height * part // sum(shares), width // len(line)
        for place_in_line, chart in enumerate(line):
            x = sum(pixels[:-1]) + place_in_line * wide
            yield attrs.evolve(chart, x=x, y=y, width=wide - _GAP, height=high - _GAP)
        y += high


def _share_of(chart: Chart) -> int:
    """Part of the height: by the number of bars, with room for the title and for a legend beside them."""
    bars = chart.categories[2] - chart.categories[0] + 1
    return {"right": max(bars + 4, 10), "none": bars + 4, "bottom": _LOWER_SHARE}[chart.legend]


def _kinds(tables: Summary, f: Figures) -> Iterator[Chart]:
    """The charts without their places."""
    stages = {f"n{i}": words for i, words in enumerate(tables.columns["stages"])}
    fills = dict(zip(list(stages.values())[1:], _STAGE_FILLS, strict=False))
    occurring = set(f.total.stages) | {words for unit in f.units for words in unit.stages}
    titles = (
        "Tiến độ và thời hạn theo nhóm nhiệm vụ (số đầu việc)",
        "Tiến độ và thời hạn theo đơn vị chủ trì (màu như trên)",
    )
    kept = {index: fills[words] for index, words in enumerate(stages.values()) if words in occurring and index}
    for name, title in zip(("stages", "units"), titles, strict=True):
        yield _chart(tables, name, title, kept)
    if "indicators" in tables.blocks:
        counted = [words for group in f.indicators.values() for words, count in group.items() if count]
        kept = {
            index: fill
            for index, (state, fill) in enumerate(zip(INDICATOR_STATES, _INDICATOR_FILLS, strict=True), start=1)
            if state in counted
        }
        yield _chart(tables, "indicators", "Chỉ tiêu so với mục tiêu (số chỉ tiêu)", kept)
    if tables.blocks["trend"].rows > 1:
        yield _chart(tables, "trend", "Qua các kỳ báo cáo", _TREND_FILLS, lines=True)


def _chart(tables: Summary, name: str, title: str, fills: dict[int, str], *, lines: bool = False) -> Chart:
    """A chart of a table: `fills` tells which of its counted columns are drawn, by index from 0."""
    block = tables.blocks[name]
    first, last = block.head + 1, block.head + block.rows
    labels = next(i for i, column in enumerate(tables.page.columns) if column.name == "short")
    series = (
        Series((block.head, 1 + index), (first, 1 + index, last, 1 + index), fill) for index, fill in fills.items()
    )
    return Chart(
        title=title,
        anchor="charts",
        x=0,
        y=0,
        width=0,
        height=0,
        source=tables.page.name,
        categories=(first, labels, last, labels),
        series=tuple(series) if block.rows else (),
        kind="line" if lines else "bar",
        legend=_LEGENDS.get(name, "bottom"),
    )


NAME = "Tổng quan"
_PAGE_POINTS = 553.0
"""Height of a printed A4 landscape page at 90 %, in sheet points, with a little to spare."""
_SIZES = (12.0, 11.5, 11.0, 10.5, 10.0)
"""Font sizes of the paragraph, the largest that lets everything stand on one page is taken."""
_NAMED = (10, 6, 3)
"""How many missing units are named, likewise."""
_LOWEST_CHARTS = 250.0
"""Points that the charts need."""
COLUMNS = (
    ReportColumn("a", "", 17),
    ReportColumn("a_count", "", 4.5, "center"),
    ReportColumn("a_share", "", 6.5, "center"),
    ReportColumn("gap", "", 1),
    ReportColumn("b", "", 15.5),
    ReportColumn("b_count", "", 4.5, "center"),
    ReportColumn("b_share", "", 6.5, "center"),
    ReportColumn("edge", "", 1.5),
    ReportColumn("charts", "", 72),
)


@frozen
class _Overview:
    """The page with its charts."""

    page: ReportSheet
    charts: tuple[Chart, ...]


def overview(
    c: Consolidation, appendix: ColumnRanges, indicators: ColumnRanges, submissions: ColumnRanges, tables: Summary
) -> _Overview:
    """The overview of a consolidation whose other sheets are already placed: formulas count over their rows."""
    f = figures(c)
    page = _OverviewBuilder(c, f, _CountedSheets(appendix, indicators, submissions)).fitted()
    return _Overview(page, tuple(_charts_of(place(page), tables, f)))


class _OverviewBuilder:
    """Collects the lines of the overview, as large as one page allows."""

    def __init__(self, c: Consolidation, f: Figures, rows: _CountedSheets) -> None:
        self.c, self.f, self.rows = c, f, rows

    def fitted(self) -> ReportSheet:
        """The page in the largest letters that leave it one page, filled up to the foot for the charts."""
        for brief, named, size in product((False, True), _NAMED, _SIZES):
            page = self._page(size, named, brief=brief)
            rows = place(page).rows
            left = _PAGE_POINTS - sum(row.height for row in rows)
            body = sum(row.height for row in rows[self._top(page) :]) + left
            if left >= 0 and body >= _LOWEST_CHARTS:
                break
        return _filled(page, max(left, 0.0))

    def _top(self, page: ReportSheet) -> int:
        """Row at which the body begins: no line of the overview takes two rows."""
        return next(i for i, line in enumerate(page.lines) if "charts" in line.anchors)

    def _page(self, size: float, named: int, *, brief: bool) -> ReportSheet:
        lines = [*self._heading(named)]
        lines.append(ReportLine("words", {"a": paragraph(self.c, self.f)}, anchors=("charts",), spans={"a": "b_share"}))
        lines.append(ReportLine("space", height=5))
        lines += _list_lines(self.c, self.f, self.rows, len(lines), brief=brief)
        return ReportSheet(NAME, COLUMNS, tuple(lines), split=5, sparse=True, sizes={"words": size, "subtitle": 12})

    def _heading(self, named: int) -> Iterator[ReportLine]:
        parent, agency, recipient, town = self.c.letterhead
        symbol = self.c.plan.properties.symbol
        own = f"BC-{symbol.split('-', 1)[1]}" if "-" in symbol else "BC"
        yield ReportLine("pair", {"left": parent.upper(), "right": "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"})
        yield ReportLine("pair_bold", {"left": agency.upper(), "right": "Độc lập - Tự do - Hạnh phúc"})
        date = f"{town}, ngày        tháng        năm {self.c.period.report_due.year}"
        yield ReportLine("pair_italic", {"left": f"Số:            /{own}", "right": date})
        yield ReportLine("title", {"a": "BÁO CÁO TỔNG HỢP"})
        yield ReportLine("subtitle", {"a": report_title(self.c)})
        to = f". Kính gửi: {recipient}" if recipient else ""
        yield ReportLine(
            "italic", {"a": f"Kỳ báo cáo: {self.c.period.title} (số liệu {data_window(self.c.period)}){to}"}
        )
        missing = missing_words(self.c, self.f, named)
        yield ReportLine("alert", {"a": missing}) if missing else ReportLine("italic", {"a": complete_words(self.f)})
        if self.c.closing is not None:
            yield ReportLine("italic", {"a": closing_words(self.c)})
        yield ReportLine("space", height=6)


def _filled(page: ReportSheet, left: float) -> ReportSheet:
    """The page with room under the lists, so that the charts reach the foot of the paper."""
    import attrs

    return attrs.evolve(page, lines=(*page.lines, ReportLine("space", height=max(left, 1.0)))) if left > 1 else page
