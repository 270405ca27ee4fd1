"""The sheet "Tổng quan": one printed page that says what matters; its charts, and the figures that they draw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import attrs
from attrs import frozen

from nq57xl.forms.wording import data_window, shorten
from nq57xl.outputs.overview_page import complete_words, headline, missing_words
from nq57xl.outputs.report import plan_results as plan_sheet
from nq57xl.outputs.report.changes import closing_words
from nq57xl.outputs.report.sheet_parts import SHEETS
from nq57xl.outputs.report.summary import FIRST_COUNT, GRID, HELPERS, CountedSheets, Summary, grid, share, summary
from nq57xl.outputs.report.units import NO, YES
from nq57xl.results.overview import INDICATOR_STATES, Figures, ListedTask, Overview, stage_buckets
from nq57xl.results.wording import STAGES, TIMELINESS, report_title
from nq57xl.rules.schema import vietnamese_date
from nq57xl.xlsx.pages import (
    CellContent,
    Chart,
    Formula,
    Number,
    PlacedSheet,
    ReportLine,
    ReportSheet,
    Series,
    letter_of,
    place,
)

_STAGE_FILLS: tuple[tuple[str, str], ...] = (
    ("#1F3864", ""),
    ("#1F3864", "wide_upward_diagonal"),
    ("#8EA9DB", ""),
    ("#8EA9DB", "wide_downward_diagonal"),
    ("#000000", ""),
    ("#D9D9D9", ""),
    ("#FFFFFF", ""),
    ("#7F7F7F", "large_grid"),
    ("#7F7F7F", "percent_20"),
)
"""Colour and pattern of each of STAGES: neighbours differ in grey print, too."""
_INDICATOR_FILLS: tuple[tuple[str, str], ...] = (
    ("#1F3864", ""),
    ("#D9D9D9", ""),
    ("#000000", ""),
    ("#FFFFFF", ""),
    ("#8EA9DB", "wide_downward_diagonal"),
    ("#7F7F7F", "large_grid"),
)
_TREND_FILLS = {2: ("#1F3864", ""), 4: ("#262626", ""), 7: ("#8EA9DB", "")}
"""Column of the trend table -> colour of its line: shares done, overdue, reported."""
_GAP = 8
"""Pixels between charts."""
_TWO_LINES = 290.0
"""Points above which the page has room for all four charts."""
_Fills = dict[int, tuple[str, str]]


def _charts_of(sheet: PlacedSheet, tables: Summary, f: Figures, room: float) -> Iterator[Chart]:
    """The charts; `room`: points left for them on the page, 0 where they stand below it."""
    charts = [chart for chart in _kinds(tables, f) if chart.series]
    first, second = charts[:2], charts[2:]
    both = room >= _TWO_LINES and second
    above = (first, second) if both else (first,)
    if not room:
        yield from _line(sheet, charts, "more_charts", 0, 250.0)
        return
    high = room / len(above)
    for number, line in enumerate(above):
        yield from _line(sheet, line, "charts", number * high, high)
    if second and not both:
        yield from _line(sheet, second, "more_charts", 0, 250.0)


def _line(sheet: PlacedSheet, charts: list[Chart], anchor: str, top: float, points: float) -> Iterator[Chart]:
    """Charts side by side over the width of the page; one with a legend beside its bars is wider."""
    width = sum(int(column.width * 7 + 5) for column in sheet.page.columns[:GRID]) - 4
    weights = [1.3 if chart.legend == "right" else 1.0 for chart in charts]
    x = 0
    for chart, weight in zip(charts, weights, strict=True):
        wide = int(width * weight / sum(weights))
        y, high = int(top / 0.75) + 2, int(points / 0.75) - _GAP
        yield attrs.evolve(chart, anchor=anchor, x=x, y=y, width=wide - _GAP, height=high)
        x += wide


def _kinds(tables: Summary, f: Figures) -> Iterator[Chart]:
    """The charts without their places."""
    stages = tables.columns["stages"][1:-1]
    occurring = set(f.total.stages) | {words for unit in f.units for words in unit.stages}
    fills = dict(zip(stages, _STAGE_FILLS, strict=False))
    kept = {index: fills[words] for index, words in enumerate(stages, start=1) if words in occurring}
    yield _chart(tables, "stages", "Tình trạng theo nhóm nhiệm vụ (số đầu việc)", kept, legend="right")
    yield _chart(tables, "units", "Theo đơn vị chủ trì (màu như biểu đồ bên)", kept, legend="none")
    if "indicators" in tables.blocks:
        states = enumerate(zip(INDICATOR_STATES, _INDICATOR_FILLS, strict=True), start=1)
        shown = {index: fill for index, (state, fill) in states if f.states.get(state)}
        yield _chart(tables, "indicators", "Chỉ tiêu so với mục tiêu (số chỉ tiêu)", shown)
    if tables.blocks["trend"].rows > 1:
        yield _chart(tables, "trend", "Qua các kỳ báo cáo", _TREND_FILLS, lines=True)


def _chart(
    tables: Summary,
    name: str,
    title: str,
    fills: _Fills,
    *,
    lines: bool = False,
    legend: Literal["right", "bottom", "none"] = "bottom",
) -> Chart:
    """A chart of a table: `fills` tells which of its counted columns are drawn, by index from 0."""
    block = tables.blocks[name]
    first, last = block.head + 1, block.head + block.rows
    columns = {index: FIRST_COUNT + index for index in fills}
    series = (
        Series((block.head, columns[index]), (first, columns[index], last, columns[index]), *fill)
        for index, fill in fills.items()
    )
    return Chart(
        title=title,
        anchor="",
        x=0,
        y=0,
        width=0,
        height=0,
        source=tables.sheet,
        categories=(first, GRID, last, GRID),
        series=tuple(series) if block.rows else (),
        kind="line" if lines else "bar",
        legend=legend,
    )


_NAME = "Tổng quan"
_LEAST_NAMED = 12
"""Overdue tasks that are named on the page however full it is."""
_PAGE_POINTS = 553.0 * 90
"""Height of a printed A4 landscape page at 1 %, in sheet points, with a little to spare."""
_TASK_SPANS = {grid(0): grid(1), grid(2): grid(14), grid(15): grid(18), grid(19): grid(20), grid(21): grid(23)}
_DECISION_SPANS = {grid(0): grid(3), grid(4): grid(16), grid(17): grid(23)}
_WHOLE = {grid(0): grid(GRID - 1)}
_LETTERS = {"title": 14, "subtitle": 11.5, "italic": 10.5, "alert": 11, "words": 10.5, "lead": 10.5}
_TINY = 1.0
_COUNT_FORMAT = '#,##0;-#,##0;"-"'


@frozen
class _Fit:
    """How much the page tells: the first of FITS that one page has room for is taken."""

    scale: int
    letters: int
    """Of the name of a task; 0: all."""
    overdue: int
    others: int
    """Tasks that fall due and decisions, each."""
    missing: int
    """Units named."""
    charts: float
    """Points that the charts need; 0: they stand below the page."""


_FITS = (
    _Fit(90, 0, 30, 12, 10, 130),
    _Fit(90, 0, 12, 8, 10, 130),
    _Fit(90, 0, 12, 5, 6, 110),
    _Fit(80, 0, 12, 6, 6, 110),
    _Fit(80, 160, 12, 4, 6, 110),
    _Fit(80, 100, 12, 4, 3, 90),
    _Fit(80, 100, 12, 3, 3, 0),
    _Fit(80, 70, 12, 2, 3, 0),
    _Fit(80, 50, 12, 1, 2, 0),
)


@frozen
class _Count:
    """One figure of the page."""

    title: str
    formula: str
    value: int
    before: int | None
    """The same in the period before."""
    whole: int
    """Which figure of the table it is a share of."""


@frozen
class _OverviewSheet:
    """The placed sheet with its charts."""

    sheet: PlacedSheet
    charts: tuple[Chart, ...]


def overview_sheet(view: Overview, rows: CountedSheets) -> _OverviewSheet:
    """The overview of a period whose other sheets are already placed: formulas count over their rows."""
    for fit in _FITS:
        builder = _PageBuilder(view, rows, fit)
        lines = builder.lines()
        page = ReportSheet(_NAME, HELPERS, lines, scale=fit.scale, sparse=True, sizes=_LETTERS)
        left = _PAGE_POINTS / fit.scale - sum(row.height for row in place(page).rows)
        if left >= fit.charts:
            break
    lines = (*lines, *_room(left, "charts"), ReportLine("space", height=12, anchors=("figures",)))
    tables = summary(view.consolidation, rows, len(lines), _NAME)
    lines = (*lines, *tables.lines, ReportLine("space", height=260, anchors=("more_charts",)))
    page = attrs.evolve(page, lines=lines, printed_to="figures")
    sheet = place(page)
    return _OverviewSheet(sheet, tuple(_charts_of(sheet, tables, view.figures, left if fit.charts else 0.0)))


def _room(points: float, anchor: str) -> Iterator[ReportLine]:
    """Empty rows of that height in all: no row is higher than Excel allows."""
    first = True
    while points > _TINY or first:
        part = min(max(points, _TINY), 300.0)
        yield ReportLine("space", height=part, anchors=(anchor,) if first else ())
        points, first = points - part, False


class _PageBuilder:
    """Collects the lines of the printed page; each takes one row, so that formulas know where they stand."""

    def __init__(self, view: Overview, rows: CountedSheets, fit: _Fit) -> None:
        self.view, self.rows, self.fit = view, rows, fit
        self.c = view.consolidation
        self.found: list[ReportLine] = []

    def lines(self) -> tuple[ReportLine, ...]:
        """The whole page but its charts."""
        self._heading()
        self._counts("Đầu việc", [*_stage_counts(self.view, self.rows)])
        self.found.append(ReportLine("space", height=4))
        self._counts(
            "Chỉ tiêu; báo cáo", [*_indicator_counts(self.view, self.rows), *_report_counts(self.view, self.rows)]
        )
        self._tasks()
        self._decisions()
        return tuple(self.found)

    def _heading(self) -> None:
        c, view = self.c, self.view
        _, agency, recipient, _ = c.letterhead
        to = f". Kính gửi: {recipient}" if recipient else ""
        missing = missing_words(c, view.figures, self.fit.missing)
        self.found += [
            ReportLine("title", {grid(0): f"TỔNG QUAN KẾT QUẢ THỰC HIỆN {c.period.title.upper()}"}),
            ReportLine("subtitle", {grid(0): report_title(c)}),
            ReportLine("italic", {grid(0): f"{agency} (số liệu {data_window(c.period)}){to}"}),
            ReportLine("alert", {grid(0): missing})
            if missing
            else ReportLine("italic", {grid(0): complete_words(c, view.figures)}),
        ]
        if c.closing is not None:
            self.found.append(ReportLine("italic", {grid(0): closing_words(c)}))
        self.found.append(ReportLine("words", {grid(0): headline(view)}, spans=_WHOLE))
        self.found.append(ReportLine("space", height=4))

    def _counts(self, label: str, counts: Sequence[_Count]) -> None:
        """A table of figures: this period, shares, the period before."""
        names = [grid(2 + 2 * index) for index in range(len(counts))]
        spans = {grid(0): grid(1)} | {name: grid(3 + 2 * index) for index, name in enumerate(names)}
        row = len(self.found) + 2
        letters = [letter_of(HELPERS, name) for name in names]

        def line(kind: str, title: str, cells: Sequence[CellContent]) -> ReportLine:
            return ReportLine(kind, {grid(0): title, **dict(zip(names, cells, strict=True))}, spans=spans)  # type: ignore[arg-type]

        self.found.append(line("head", label, [count.title for count in counts]))
        self.found.append(line("row", "Kỳ này", [Formula(count.formula, count.value) for count in counts]))
        shares = [
            share(f"{letter}{row}", f"${letters[count.whole]}${row}", count.value, counts[count.whole].value)
            for letter, count in zip(letters, counts, strict=True)
        ]
        self.found.append(line("row", "Tỷ lệ", shares))
        if self.view.before is not None:
            told = [None if count.before is None else Number(count.before, _COUNT_FORMAT) for count in counts]
            self.found.append(line("row", "Kỳ trước", told))

    def _tasks(self) -> None:
        view, later = self.view, SHEETS["problems"].name
        silent = sum(not item.reported for item in view.overdue)
        count = len(view.overdue) - silent
        title = f"Quá hạn, chưa hoàn thành: {count:02d} đầu việc" if count else "Không có đầu việc báo cáo quá hạn"
        title += f"; đã qua hạn mà chưa có báo cáo: {silent:02d} đầu việc" if silent else ""
        self._list(title, [self._task(item) for item in view.overdue], self.fit.overdue, later, heads=True)
        due = len(view.due_soon)
        title = f"Đến hạn trước kỳ báo cáo sau: {due:02d} đầu việc"
        title = title if due else "Không có đầu việc đến hạn trước kỳ báo cáo sau"
        self._list(title, [self._task(item) for item in view.due_soon], self.fit.others, later)

    def _task(self, item: ListedTask) -> ReportLine:
        work = shorten(item.work, self.fit.letters) if self.fit.letters else item.work
        texts = (item.number, work, ", ".join(item.units), vietnamese_date(item.due) if item.due else "", item.words)
        return ReportLine("row", dict(zip(_TASK_SPANS, texts, strict=True)), spans=_TASK_SPANS)

    def _decisions(self) -> None:
        found = self.view.decisions
        if not found:
            return
        cut = self.fit.letters or 1000
        lines = []
        for item in found:
            who = "; ".join(item.units) + (f" (nhiệm vụ {', '.join(item.tasks)})" if item.tasks else "")
            texts = (item.level, shorten(item.text, 2 * cut), shorten(who, cut))
            lines.append(ReportLine("row", dict(zip(_DECISION_SPANS, texts, strict=True)), spans=_DECISION_SPANS))
        title = f"Đề nghị quyết định: {len(found):02d} nội dung, theo cấp quyết định"
        self._list(title, lines, self.fit.others, SHEETS["proposals"].name, noun="nội dung")

    def _list(
        self, title: str, lines: Sequence[ReportLine], most: int, where: str, *, heads: bool = False, noun: str = "việc"
    ) -> None:
        more = len(lines) - most
        tail = f" (và {more} {noun} nữa: xem trang «{where}»)" if more > 0 else ""
        self.found.append(ReportLine("lead", {grid(0): title}, spans=_WHOLE))
        if heads and lines:
            names = ("Mã", "Nhiệm vụ", "Đơn vị chủ trì", "Thời hạn", "Chậm")
            self.found.append(ReportLine("head", dict(zip(_TASK_SPANS, names, strict=True)), spans=_TASK_SPANS))
        self.found += lines[:most]
        if tail:
            self.found.append(ReportLine("words", {grid(0): tail.strip(" ()")}, spans=_WHOLE))


def _stage_counts(view: Overview, rows: CountedSheets) -> Iterator[_Count]:
    kind, f, before = plan_sheet.TASK_ROW, view.figures.total, view.before.total if view.before else None

    def past(counts: dict[str, int] | None, words: str) -> int | None:
        return None if counts is None else counts.get(words, 0)

    yield _Count("Tổng số", rows.plan.count(kind=kind), f.total, before.total if before else None, 0)
    for words in stage_buckets(view.consolidation):
        count = rows.plan.count(kind=kind, stage=words)
        yield _Count(words, count, f.stages.get(words, 0), past(before.stages if before else None, words), 0)
        if words == STAGES[0]:
            on_time = TIMELINESS["on_time"]
            text = rows.plan.count(kind=kind, timeliness=on_time)
            told = past(before.timeliness if before else None, on_time)
            yield _Count("trong đó đúng hạn, trong kỳ", text, f.timeliness.get(on_time, 0), told, 0)


def _indicator_counts(view: Overview, rows: CountedSheets) -> Iterator[_Count]:
    if rows.indicators is None:
        return
    kind, before = plan_sheet.INDICATOR_ROW, view.before
    whole = len(view.consolidation.indicators)
    past = sum(before.states.values()) if before else None
    yield _Count("Số chỉ tiêu", rows.indicators.count(kind=kind), whole, past, 0)
    for state in INDICATOR_STATES:
        count = view.figures.states.get(state, 0)
        if count or state == INDICATOR_STATES[0]:
            text = rows.indicators.count(kind=kind, state=state)
            yield _Count(state, text, count, before.states.get(state, 0) if before else None, 0)


def _report_counts(view: Overview, rows: CountedSheets) -> Iterator[_Count]:
    units, first = rows.units, len([*_indicator_counts(view, rows)])
    texts = {
        "Đơn vị phải báo cáo": units.count(expected=YES),
        "Được chấp nhận": units.count(accepted=YES),
        "Nộp đúng hạn": units.count(accepted=YES, on_time=YES),
        "Nộp chậm": units.count(accepted=YES, on_time=NO),
    }
    past = _reports(view.before) if view.before else (None,) * len(texts)
    for (title, text), value, before in zip(texts.items(), _reports(view.figures), past, strict=True):
        yield _Count(title, text, value, before, first)


def _reports(f: Figures) -> tuple[int, ...]:
    return (f.expected, f.accepted, f.on_time, f.accepted - f.on_time)
