"""The sheet "Tổng quan": one printed page that says what matters, its charts, and the tables of figures that they draw.

Every figure is a formula over the other sheets, which are placed before this one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import attrs
from attrs import define, frozen

from nq57xl.forms.wording import data_window, shorten
from nq57xl.outputs.report.plan_results import INDICATOR_ROW, TASK_ROW
from nq57xl.outputs.report.sheet_parts import SHEETS
from nq57xl.outputs.report.units import NO, YES
from nq57xl.outputs.texts import headline, reported_words
from nq57xl.results.model import INDICATOR_STATES, Consolidation
from nq57xl.results.overview import Figures, ListedTask, Overview, RowCounts, past_periods
from nq57xl.results.wording import DONE_BEFORE, OUTSIDE, PARTLY_REPORTED, STAGES, TIMELINESS, UNREPORTED
from nq57xl.rules.schema import vietnamese_date
from nq57xl.text.clock import moment_words
from nq57xl.xlsx.pages import (
    CellContent,
    Chart,
    Formula,
    Number,
    PlacedSheet,
    ReportColumn,
    ReportLine,
    ReportSheet,
    Series,
    letters_of_column,
)

_NAME = "Tổng quan"
_GRID = 24
"""Columns of the printed page, all equal: tables and lists of any kind stand on them."""
_LABEL = 6
"""Columns of a label of the tables: the first figure stands in the next one."""


def _grid(index: int) -> str:
    """Name of a column of the page, from 0."""
    return f"g{index}"


_COLUMNS = (
    *(ReportColumn(_grid(index), "", 6, "center" if index else "left") for index in range(_GRID)),
    ReportColumn("short", "", 30, printed=False),
    ReportColumn("code", "", 10, printed=False),
)
"""Columns of the sheet: those of the page, then what charts and formulas read beside them."""
_TASK_SPANS = {_grid(first): _grid(last) for first, last in ((0, 1), (2, 14), (15, 18), (19, 20), (21, 23))}
_DECISION_SPANS = {_grid(0): _grid(3), _grid(4): _grid(16), _grid(17): _grid(23)}
_LABEL_SPAN = {_grid(0): _grid(_LABEL - 1)}
_WHOLE = {_grid(0): _grid(_GRID - 1)}
_PAGE_POINTS = 553.0 * 90
"""Height of a printed A4 landscape page at 1 %, in sheet points, with a little to spare."""
_LETTERS = {"title": 14, "subtitle": 11.5, "italic": 10.5, "alert": 11, "words": 10.5, "lead": 10.5}
_TINY = 1.0
_COUNT_FORMAT, _SHARE_FORMAT = '#,##0;-#,##0;"-"', '0.0%;-0.0%;"-"'


@frozen
class _Fit:
    """How much the page tells: the first of _FITS that one page has room for is taken."""

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
"""Twelve overdue tasks are named however full the page is."""


@frozen
class _CountedSheets:
    """The placed sheets over which is counted."""

    plan: PlacedSheet
    indicators: PlacedSheet | None
    """None where the plan has no indicators."""
    units: PlacedSheet


def overview_sheet(
    view: Overview, plan: PlacedSheet, indicators: PlacedSheet | None, units: PlacedSheet
) -> tuple[PlacedSheet, tuple[Chart, ...]]:
    """The overview of a period with its charts; the other sheets are placed already: formulas count over their rows."""
    counted = _CountedSheets(plan, indicators, units)
    for fit in _FITS:
        lines = _page_lines(view, counted, fit)
        page = ReportSheet(_NAME, _COLUMNS, lines, scale=fit.scale, sparse=True, sizes=_LETTERS)
        left = _PAGE_POINTS / fit.scale - sum(row.height for row in page.placed().rows)
        if left >= fit.charts:
            break
    lines = (*lines, *_room(left, "charts"), ReportLine("space", height=12, anchors=("figures",)))
    tables = _TableWriter(view, counted, len(lines))
    tables.write()
    lines = (*lines, *tables.lines, ReportLine("space", height=260, anchors=("more_charts",)))
    sheet = attrs.evolve(page, lines=lines, printed_to="figures").placed()
    charts = [chart for chart in _charts(tables.tables, view.figures) if chart.series]
    return sheet, tuple(_placed_charts(sheet, charts, left if fit.charts else 0.0))


def _room(points: float, anchor: str) -> Iterator[ReportLine]:
    """Empty rows of that height in all: no row is higher than Excel allows."""
    first = True
    while points > _TINY or first:
        part = min(max(points, _TINY), 300.0)
        yield ReportLine("space", height=part, anchors=(anchor,) if first else ())
        points, first = points - part, False


def _page_lines(view: Overview, counted: _CountedSheets, fit: _Fit) -> tuple[ReportLine, ...]:
    """The whole page but its charts; each line takes one row, so that formulas know where they stand."""
    now = _counts_of(view.figures, view.consolidation)
    past = _counts_of(view.before, view.consolidation) if view.before else ({}, {}, {})
    plan, indicators, units = counted.plan, counted.indicators, counted.units
    tasks = {words: plan.count(kind=TASK_ROW, stage=words) for words in now[0]} | {
        _TOTAL: plan.count(kind=TASK_ROW),
        _THEREOF: plan.count(kind=TASK_ROW, timeliness=TIMELINESS["on_time"]),
    }
    targets: dict[str, str] = {}
    if indicators is not None:
        states = [state for state in INDICATOR_STATES if now[1][state] or state == INDICATOR_STATES[0]]
        targets["Số chỉ tiêu"] = indicators.count(kind=INDICATOR_ROW)
        targets |= {state: indicators.count(kind=INDICATOR_ROW, state=state) for state in states}
    reports = {
        "Đơn vị phải báo cáo": units.count(expected=YES),
        "Được chấp nhận": units.count(accepted=YES),
        "Nộp đúng hạn": units.count(accepted=YES, on_time=YES),
        "Nộp chậm": units.count(accepted=YES, on_time=NO),
    }
    lines = _heading(view, fit.missing)
    lines += _counts("Đầu việc", tasks, now[0], past[0], row=len(lines) + 2)
    lines.append(ReportLine("space", height=4))
    others, now_of, past_of = targets | reports, now[1] | now[2], past[1] | past[2]
    lines += _counts("Chỉ tiêu; báo cáo", others, now_of, past_of, row=len(lines) + 2, second=len(targets))
    return (*lines, *_lists(view, fit))


def _heading(view: Overview, named: int) -> list[ReportLine]:
    c = view.consolidation
    _, agency, recipient, _ = c.letterhead
    to = f". Kính gửi: {recipient}" if recipient else ""
    lines = [
        ReportLine("title", {_grid(0): f"TỔNG QUAN KẾT QUẢ THỰC HIỆN {c.period.title.upper()}"}),
        ReportLine("subtitle", {_grid(0): c.title}),
        ReportLine("italic", {_grid(0): f"{agency} (số liệu {data_window(c.period)}){to}"}),
        ReportLine("alert" if c.missing else "italic", {_grid(0): reported_words(view, named)}),
    ]
    if c.closing is not None:
        where = f"trang «{SHEETS['addendum'].name}» của nguon-so-lieu.xlsx"
        later = f" Nội dung nhận được sau đó ở {where}." if c.addendum else ""
        lines.append(ReportLine("italic", {_grid(0): f"Số liệu chốt lúc {moment_words(c.closing.at)}.{later}"}))
    words = ReportLine("words", {_grid(0): headline(view)}, spans=_WHOLE)
    return [*lines, words, ReportLine("space", height=4)]


def _counts(
    label: str,
    formulas: Mapping[str, str],
    now: Mapping[str, int],
    past: Mapping[str, int],
    *,
    row: int,
    second: int = 0,
) -> Iterator[ReportLine]:
    """A table of figures by title: this period (in that row, from 1), shares, the period before.

    They are shares of the first figure, those from number `second` on of that one.
    """
    names = [_grid(2 + 2 * index) for index in range(len(formulas))]
    spans = {_grid(0): _grid(1)} | {name: _grid(3 + 2 * index) for index, name in enumerate(names)}
    letters, titles = [letters_of_column(_COLUMNS, name) for name in names], list(formulas)
    wholes = [second if index >= second else 0 for index in range(len(titles))]
    lines: list[tuple[Literal["head", "row"], str, Sequence[CellContent]]] = [
        ("head", label, titles),
        ("row", "Kỳ này", [Formula(formula, now[title]) for title, formula in formulas.items()]),
        (
            "row",
            "Tỷ lệ",
            [
                _share(f"{letters[i]}{row}", f"${letters[whole]}${row}", now[titles[i]], now[titles[whole]])
                for i, whole in enumerate(wholes)
            ],
        ),
    ]
    if past:
        lines.append(("row", "Kỳ trước", [Number(past.get(title, 0), _COUNT_FORMAT) for title in titles]))
    for kind, title, cells in lines:
        yield ReportLine(kind, {_grid(0): title, **dict(zip(names, cells, strict=True))}, spans=spans)


def _lists(view: Overview, fit: _Fit) -> Iterator[ReportLine]:
    """Overdue tasks, those that fall due, decisions that are asked for: as many as the page names."""

    def of_tasks(items: Iterable[ListedTask]) -> Iterator[ReportLine]:
        for item in items:
            work = shorten(item.work, fit.letters) if fit.letters else item.work
            due = vietnamese_date(item.due) if item.due else ""
            texts = (item.number, work, ", ".join(item.units), due, item.words)
            yield ReportLine("row", dict(zip(_TASK_SPANS, texts, strict=True)), spans=_TASK_SPANS)

    later = SHEETS["problems"].name
    yield from _list(view.overdue_title, [*of_tasks(view.overdue)], fit.overdue, later, heads=True)
    yield from _list(view.due_title, [*of_tasks(view.due_soon)], fit.others, later)
    cut, lines = fit.letters or 1000, []
    for item in view.decisions:
        who = "; ".join(item.units) + (f" (nhiệm vụ {', '.join(item.tasks)})" if item.tasks else "")
        texts = (item.level, shorten(item.text, 2 * cut), shorten(who, cut))
        lines.append(ReportLine("row", dict(zip(_DECISION_SPANS, texts, strict=True)), spans=_DECISION_SPANS))
    title = f"Đề nghị quyết định: {len(lines):02d} nội dung, theo cấp quyết định"
    if lines:
        yield from _list(title, lines, fit.others, SHEETS["proposals"].name, noun="nội dung")


def _list(
    title: str, lines: Sequence[ReportLine], most: int, where: str, *, heads: bool = False, noun: str = "việc"
) -> Iterator[ReportLine]:
    yield ReportLine("lead", {_grid(0): title}, spans=_WHOLE)
    if heads and lines:
        names = ("Mã", "Nhiệm vụ", "Đơn vị chủ trì", "Thời hạn", "Chậm")
        yield ReportLine("head", dict(zip(_TASK_SPANS, names, strict=True)), spans=_TASK_SPANS)
    yield from lines[:most]
    if len(lines) > most:
        more = f"và {len(lines) - most} {noun} nữa: xem trang «{where}»"
        yield ReportLine("words", {_grid(0): more}, spans=_WHOLE)


def _counts_of(f: Figures, c: Consolidation) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """Figures of a period that page one shows, by title: of tasks, of indicators, of reports."""
    tasks = {_TOTAL: f.total.total, c.stages[0]: f.total.stages.get(c.stages[0], 0)}
    tasks[_THEREOF] = f.total.timeliness.get(TIMELINESS["on_time"], 0)
    tasks |= {words: f.total.stages.get(words, 0) for words in c.stages[1:]}
    states = {state: f.states.get(state, 0) for state in INDICATOR_STATES}
    reports = {"Đơn vị phải báo cáo": f.expected, "Được chấp nhận": f.accepted}
    reports |= {"Nộp đúng hạn": f.on_time, "Nộp chậm": f.accepted - f.on_time}
    return tasks, {"Số chỉ tiêu": sum(states.values()), **states}, reports


def _share(part: str, whole: str, count: int, total: int) -> Formula:
    """A percentage of a whole, 0 where there is none."""
    return Formula(f"IF({whole}=0,0,{part}/{whole})", count / total if total else 0, _SHARE_FORMAT)


_TOTAL, _THEREOF, _SHARE = "Tổng số", "trong đó đúng hạn, trong kỳ", "Tỷ lệ trên tổng số đầu việc"
_ON_TIME = "Hoàn thành đúng hạn"
"""Of those that are done: the one figure of the tables that is part of another."""
_CHARTED_UNITS = 8
"""Units of one chart: more names would not be read."""
_PERIODS = 12
"""Periods of the trend, this one among them."""
_SHORT = 28
_TREND: dict[str, str | tuple[str, str]] = {
    "Số đầu việc": "total",
    "Đã hoàn thành": "done",
    "% hoàn thành": ("done", "total"),
    "Quá hạn": "overdue",
    "% quá hạn": ("overdue", "total"),
    "Đơn vị phải báo cáo": "expected",
    "Được chấp nhận": "accepted",
    "% báo cáo": ("accepted", "expected"),
    "Số chỉ tiêu": "indicators",
    "Chỉ tiêu đạt": "reached",
}
"""Column of the trend -> which of `Figures.trend` it shows, or of which two the share."""


@define
class _SummaryTable:
    """One table as placed, for the charts and formulas that read it."""

    columns: tuple[str, ...]
    """Headings of its figures."""
    head: int
    """0-based row of its headings."""
    rows: int = 0
    """Rows between headings and total."""

    @property
    def total(self) -> int:
        """Row of its sums, from 1."""
        return self.head + self.rows + 2


class _TableWriter:
    """Collects the tables that begin at row `top` (from 0); formulas know their rows, as every line takes one."""

    def __init__(self, view: Overview, rows: _CountedSheets, top: int) -> None:
        self.c, self.f, self.rows, self.top = view.consolidation, view.figures, rows, top
        self.lines: list[ReportLine] = []
        self.tables: dict[str, _SummaryTable] = {}

    def write(self) -> None:
        """All tables in order."""
        c, f, plan = self.c, self.f, self.rows.plan
        names = [(f"{section.code}. {section.title}", section.code) for section in f.sections]
        outside = (OUTSIDE,) if any(row.standing.state == "outside" for row in c.tasks) else ()
        progress = (_TOTAL, DONE_BEFORE, *c.progress_order, UNREPORTED, *outside)
        self._head("sections", "I. Tiến độ theo nhóm nhiệm vụ", "Nhóm nhiệm vụ", progress)
        counts = zip(names, map(_by_progress, f.sections), strict=True)
        self._counted("sections", counts, plan, "progress", kind=TASK_ROW, section="code")
        whole, above = _by_progress(f.total), self._row
        self._sums("sections", whole)
        letters = [self._letter(index) for index in range(len(progress))]
        shares = (
            _share(f"{letter}{above}", f"${letters[0]}${above}", whole.get(words, 0), whole[_TOTAL])
            for letter, words in zip(letters, progress, strict=True)
        )
        self._line("total", _SHARE, shares)
        stages = (_TOTAL, *c.stages, _ON_TIME)
        self._head("stages", "II. Tình trạng theo nhóm nhiệm vụ", "Nhóm", stages)
        counts = zip(names, map(_by_stage, f.sections), strict=True)
        self._counted("stages", counts, plan, "stage", kind=TASK_ROW, section="code")
        self._sums("stages", _by_stage(f.total))
        leading = [unit for unit in f.units if unit.total]
        most = {unit.code for unit in sorted(leading, key=lambda unit: -unit.total)[:_CHARTED_UNITS]}
        more = f" ({len(most)} đơn vị chủ trì nhiều đầu việc nhất)" if len(leading) > len(most) else ""
        self._head("units", f"III. Tình trạng theo đơn vị chủ trì{more}", "Đơn vị chủ trì", stages)
        units = (((unit.title, unit.code), _by_stage(unit)) for unit in leading if unit.code in most)
        self._counted("units", units, plan, "stage", unit="code")
        if self.rows.indicators is not None:
            self._head("indicators", "IV. Chỉ tiêu so với mục tiêu", "Nhóm chỉ tiêu", (_TOTAL, *INDICATOR_STATES))
            groups = (((f"{n}. {title}", n), _with_total(f.indicators[n])) for n, title in c.groups)
            self._counted("indicators", groups, self.rows.indicators, "state", kind=INDICATOR_ROW, group="code")
            self._sums("indicators", _with_total(f.states))
        self._trend()

    def _letter(self, index: int) -> str:
        return letters_of_column(_COLUMNS, _grid(_LABEL + index))

    @property
    def _row(self) -> int:
        """Row of the next line, from 1."""
        return self.top + len(self.lines) + 1

    def _head(self, name: str, title: str, first: str, columns: Sequence[str]) -> None:
        """Heading of a table, whose rows follow."""
        self.lines.append(ReportLine("space", height=8))
        self.lines.append(ReportLine("group", {_grid(0): title}))
        self.tables[name] = _SummaryTable(tuple(columns), self._row - 1)
        self._line("head", first, columns, short="Tên ngắn (biểu đồ)", code="Mã")

    def _line(
        self, kind: Literal["head", "row", "total"], label: str, cells: Iterable[CellContent], **helpers: str
    ) -> None:
        values = {_grid(_LABEL + index): value for index, value in enumerate(cells)}
        self.lines.append(ReportLine(kind, {_grid(0): label, **values, **helpers}, spans=_LABEL_SPAN))

    def _put(self, name: str, label: str, code: str, cells: Iterable[CellContent]) -> None:
        """One row of the table."""
        self._line("row", label, cells, short=shorten(label, _SHORT).replace("tháng ", "T"), code=code)
        self.tables[name].rows += 1

    def _counted(
        self,
        name: str,
        rows: Iterable[tuple[tuple[str, str], Mapping[str, int]]],
        sheet: PlacedSheet,
        of: str,
        **tests: str,
    ) -> None:
        """Rows of the table (label and code, counts by heading): how many lines of `sheet` meet the tests ("code": that
        of the row), then how many of them say each heading in column `of`."""
        table = self.tables[name]
        for (label, code), counts in rows:
            here = f"${letters_of_column(_COLUMNS, 'code')}${self._row}"
            of_row = {column: here if word == "code" else word for column, word in tests.items()}
            cells = [Formula(sheet.count(**of_row), counts[_TOTAL])]
            for index, words in enumerate(table.columns[1:], start=1):
                heading = {of: f"${self._letter(index)}${table.head + 1}"}
                said = {"timeliness": TIMELINESS["on_time"]} if words == _ON_TIME else heading
                text = sheet.count(**of_row, **said)
                if (of, words) == ("progress", UNREPORTED):  # rows reported in part are not reported
                    text += "+" + sheet.count(**of_row, progress=PARTLY_REPORTED)
                cells.append(Formula(text, counts.get(words, 0)))
            self._put(name, label, code, cells)

    def _sums(self, name: str, whole: Mapping[str, int]) -> None:
        table = self.tables[name]
        letters = map(self._letter, range(len(table.columns)))
        ranges = (f"{letter}{table.head + 2}:{letter}{table.total - 1}" for letter in letters)
        sums = (f"SUM({cells})" if table.rows else "0" for cells in ranges)
        totals = (Formula(text, whole.get(words, 0)) for text, words in zip(sums, table.columns, strict=True))
        self._line("total", _TOTAL, totals)

    def _trend(self) -> None:
        """Earlier periods as they were told then; this one in formulas over the other tables and sheets."""
        self._head("trend", f"{'V' if self.c.indicators else 'IV'}. Qua các kỳ báo cáo", "Kỳ báo cáo", tuple(_TREND))
        for past in past_periods(self.c)[-(_PERIODS - 1) :]:
            self._put("trend", past.period.title, past.period.code, self._trend_cells(past.counts, {}))
        stages, states = self.tables["stages"], self.tables.get("indicators")
        done, late, overdue = (self._letter(stages.columns.index(STAGES[n])) for n in (0, 1, 4))
        formulas = {
            "total": f"{self._letter(0)}{stages.total}",
            "done": f"{done}{stages.total}+{late}{stages.total}",
            "overdue": f"{overdue}{stages.total}",
            "expected": self.rows.units.count(expected=YES),
            "accepted": self.rows.units.count(accepted=YES),
            "indicators": f"{self._letter(0)}{states.total}" if states else "0",
            "reached": f"{self._letter(1)}{states.total}" if states else "0",
        }
        cells = self._trend_cells(self.f.trend, formulas)
        self._put("trend", self.c.period.title, self.c.period.code, cells)

    def _trend_cells(self, counts: Mapping[str, int], formulas: Mapping[str, str]) -> Iterator[Formula | Number]:
        places = {told: f"{self._letter(index)}{self._row}" for index, told in enumerate(_TREND.values())}
        for told in _TREND.values():
            if isinstance(told, str):
                count = counts[told]
                yield Formula(formulas[told], count) if formulas else Number(count, _COUNT_FORMAT)
            else:
                (part, count), (whole, total) = ((places[name], counts[name]) for name in told)
                share = Number(count / total if total else 0.0, _SHARE_FORMAT)
                yield _share(part, whole, count, total) if formulas else share


def _by_progress(of: RowCounts) -> dict[str, int]:
    return {_TOTAL: of.total, **of.progress}


def _by_stage(of: RowCounts) -> dict[str, int]:
    return {_TOTAL: of.total, **of.stages, _ON_TIME: of.timeliness.get(TIMELINESS["on_time"], 0)}


def _with_total(states: Mapping[str, int]) -> dict[str, int]:
    return {_TOTAL: sum(states.values()), **states}


_Fill = tuple[str, str]
"""Colour and pattern."""
_STAGE_FILLS: tuple[_Fill, ...] = (
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
"""Of each of STAGES: neighbours differ in grey print, too."""
_INDICATOR_FILLS: tuple[_Fill, ...] = (
    ("#1F3864", ""),
    ("#D9D9D9", ""),
    ("#000000", ""),
    ("#FFFFFF", ""),
    ("#8EA9DB", "wide_downward_diagonal"),
    ("#7F7F7F", "large_grid"),
)
_TREND_FILLS: dict[int, _Fill] = {2: ("#1F3864", ""), 4: ("#262626", ""), 7: ("#8EA9DB", "")}
"""Column of the trend -> its line: shares done, overdue, reported."""
_GAP = 8
"""Pixels between charts."""
_TWO_LINES = 290.0
"""Points above which the page has room for all four charts."""


def _charts(tables: Mapping[str, _SummaryTable], f: Figures) -> Iterator[Chart]:
    """The charts without their places."""
    occurring = set(f.total.stages) | {words for unit in f.units for words in unit.stages}
    fills = zip(tables["stages"].columns[1:-1], _STAGE_FILLS, strict=False)
    kept = {index: fill for index, (words, fill) in enumerate(fills, start=1) if words in occurring}
    yield _chart(tables["stages"], "Tình trạng theo nhóm nhiệm vụ (số đầu việc)", kept, "right")
    yield _chart(tables["units"], "Theo đơn vị chủ trì (màu như biểu đồ bên)", kept, "none")
    if "indicators" in tables:
        states = enumerate(zip(INDICATOR_STATES, _INDICATOR_FILLS, strict=True), start=1)
        shown = {index: fill for index, (state, fill) in states if f.states.get(state)}
        yield _chart(tables["indicators"], "Chỉ tiêu so với mục tiêu (số chỉ tiêu)", shown, "bottom")
    if tables["trend"].rows > 1:
        yield attrs.evolve(_chart(tables["trend"], "Qua các kỳ báo cáo", _TREND_FILLS, "bottom"), kind="line")


def _chart(
    table: _SummaryTable, title: str, fills: Mapping[int, _Fill], legend: Literal["right", "bottom", "none"]
) -> Chart:
    """A chart of a table: `fills` tells which of its columns are drawn, by index from 0."""
    first, last = table.head + 1, table.head + table.rows
    columns = [(_LABEL + index, fill) for index, fill in fills.items()]
    series = (Series((table.head, column), (first, column, last, column), *fill) for column, fill in columns)
    return Chart(
        title=title,
        anchor="",
        x=0,
        y=0,
        width=0,
        height=0,
        source=_NAME,
        categories=(first, _GRID, last, _GRID),
        series=tuple(series) if table.rows else (),
        kind="bar",
        legend=legend,
    )


def _placed_charts(sheet: PlacedSheet, charts: list[Chart], room: float) -> Iterator[Chart]:
    """The charts in lines of two over the width of the page; one with a legend beside its bars is wider.

    `room`: points left for them on the page, 0 where all stand below it.
    """
    width = sum(int(column.width * 7 + 5) for column in sheet.page.columns[:_GRID]) - 4
    first, second = (charts[:2], charts[2:]) if room else ([], charts)
    both = room >= _TWO_LINES and second
    high = room / 2 if both else room
    lines = ((first, "charts", 0.0, high), (second, *(("charts", high, high) if both else ("more_charts", 0.0, 250.0))))
    for line, anchor, top, points in lines:
        weights = [1.3 if chart.legend == "right" else 1.0 for chart in line]
        x, y, height = 0, int(top / 0.75) + 2, int(points / 0.75) - _GAP
        for chart, weight in zip(line, weights, strict=True):
            wide = int(width * weight / sum(weights))
            yield attrs.evolve(chart, anchor=anchor, x=x, y=y, width=wide - _GAP, height=height)
            x += wide
