"""The figures below the overview: rows by section, unit and period, indicators by group; the charts draw them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from nq57xl.forms.wording import shorten
from nq57xl.outputs.report import plan_results as plan_sheet
from nq57xl.outputs.report.units import YES
from nq57xl.results.consolidation import (
    Consolidation,
)
from nq57xl.results.overview import (
    INDICATOR_STATES,
    Figures,
    RowCounts,
    figures,
    groups_of,
    past_periods,
    stage_buckets,
    trend_counts,
)
from nq57xl.results.wording import (
    DONE_BEFORE,
    OUTSIDE,
    PARTLY_REPORTED,
    STAGES,
    TIMELINESS,
    UNREPORTED,
    progress_order,
)
from nq57xl.xlsx.pages import (
    CellContent,
    ColumnRanges,
    Formula,
    Number,
    ReportColumn,
    ReportLine,
    letter_of,
)

GRID = 24
"""Columns of the printed page, all equal: tables and lists of any kind stand on them."""
_LABEL = 6
"""Columns of a label of these tables."""


def grid(index: int) -> str:
    """Name of a column of the page, from 0."""
    return f"g{index}"


HELPERS = (
    *(ReportColumn(grid(index), "", 6, "center" if index else "left") for index in range(GRID)),
    ReportColumn("short", "", 30, printed=False),
    ReportColumn("code", "", 10, printed=False),
)
"""Columns of the sheet: those of the page, then what charts and formulas read beside them."""
_CHARTED_UNITS = 8
"""Units of one chart: more names would not be read."""
_PERIODS = 12
"""Periods of the trend, this one among them."""
TOTAL, SHARE = "Tổng số", "Tỷ lệ trên tổng số đầu việc"
_ON_TIME = "Hoàn thành đúng hạn"
"""Of those that are done: the one figure of these tables that is part of another."""
_SHARE_FORMAT = '0.0%;-0.0%;"-"'
_LABEL_SPAN = {grid(0): grid(_LABEL - 1)}
_SHORT = 28
_TREND = (
    "Số đầu việc",
    "Đã hoàn thành",
    "% hoàn thành",
    "Quá hạn",
    "% quá hạn",
    "Đơn vị phải báo cáo",
    "Được chấp nhận",
    "% báo cáo",
    "Số chỉ tiêu",
    "Chỉ tiêu đạt",
)


@frozen
class _Block:
    """One table as placed: what a chart needs to know of it."""

    head: int
    """0-based row of its headings."""
    rows: int
    """Rows between headings and total."""


@frozen
class Summary:
    """The tables by name: sections, stages, units, indicators, trend."""

    sheet: str
    """Name of the sheet on which they stand."""
    lines: tuple[ReportLine, ...]
    blocks: Mapping[str, _Block]
    columns: Mapping[str, tuple[str, ...]]
    """Headings of the counted columns of each table, in order: the first is column FIRST_COUNT."""


FIRST_COUNT = _LABEL
"""0-based column of the first figure of each table."""


@frozen
class CountedSheets:
    """The placed sheets over which is counted."""

    plan: ColumnRanges
    indicators: ColumnRanges | None
    """None where the plan has no indicators."""
    units: ColumnRanges


def _charted(f: Figures) -> list[RowCounts]:
    """The units that lead most rows, in the order of the report."""
    leading = sorted((unit for unit in f.units if unit.total), key=lambda unit: -unit.total)
    kept = {unit.code for unit in leading[:_CHARTED_UNITS]}
    return [unit for unit in f.units if unit.code in kept]


def summary(c: Consolidation, rows: CountedSheets, top: int, sheet: str) -> Summary:
    """The tables that begin at row `top` (from 0) of that sheet; other sheets are already placed."""
    return _SummaryBuilder(c, figures(c), rows, top).build(sheet)


class _SummaryBuilder:
    """Collects the lines; formulas need to know on which row they stand, and every line takes one row."""

    def __init__(self, c: Consolidation, f: Figures, rows: CountedSheets, top: int) -> None:
        self.c, self.f, self.rows, self.top = c, f, rows, top
        self.progress, self.stages = _progress_buckets(c), stage_buckets(c)
        self.lines: list[ReportLine] = []
        self.blocks: dict[str, _Block] = {}
        self.heads: dict[str, tuple[str, ...]] = {}

    def build(self, sheet: str) -> Summary:
        """All tables in order."""
        self._sections()
        self._stages()
        self._units()
        if self.c.indicators:
            self._indicators()
        self._trend()
        return Summary(sheet, tuple(self.lines), self.blocks, self.heads)

    @property
    def row(self) -> int:
        """0-based row of the next line."""
        return self.top + len(self.lines)

    def _letter(self, index: int | str) -> str:
        return letter_of(HELPERS, grid(_LABEL + index) if isinstance(index, int) else index)

    def _head(self, name: str, title: str, first: str, columns: Sequence[str]) -> None:
        """Heading of a table; `_end` notes how many rows it has got."""
        self.lines.append(ReportLine("space", height=8))
        self.lines.append(ReportLine("group", {grid(0): title}))
        cells = {grid(_LABEL + i): words for i, words in enumerate(columns)}
        helpers = {"short": "Tên ngắn (biểu đồ)", "code": "Mã"}
        self.heads[name] = tuple(columns)
        self.lines.append(ReportLine("head", {grid(0): first, **cells, **helpers}, spans=_LABEL_SPAN))
        self.blocks[name] = _Block(self.row - 1, 0)

    def _end(self, name: str) -> None:
        head = self.blocks[name].head
        self.blocks[name] = _Block(head, self.row - head - 1)

    def _put(self, label: str, code: str, cells: Iterator[Formula | Number | None]) -> None:
        values: dict[str, CellContent] = {grid(_LABEL + i): value for i, value in enumerate(cells)}
        short = shorten(label, _SHORT).replace("tháng ", "T")
        line = {grid(0): label, "short": short, "code": code, **values}
        self.lines.append(ReportLine("row", line, spans=_LABEL_SPAN))

    def _sections(self) -> None:
        self._head("sections", "I. Tiến độ theo nhóm nhiệm vụ", "Nhóm nhiệm vụ", (TOTAL, *self.progress))
        for section in self.f.sections:
            counts = {TOTAL: section.total, **section.progress}
            tests = {"kind": plan_sheet.TASK_ROW, "section": "code"}
            cells = self._cells("sections", self.rows.plan, "progress", counts, **tests)
            self._put(f"{section.code}. {section.title}", section.code, cells)
        self._end("sections")
        total = self.f.total
        sums = [total.total, *(total.progress.get(words, 0) for words in self.progress)]
        self._sum("sections", sums)
        self._share(sums)

    def _stages(self) -> None:
        self._head("stages", "II. Tình trạng theo nhóm nhiệm vụ", "Nhóm", (TOTAL, *self.stages, _ON_TIME))
        for section in self.f.sections:
            cells = self._stage_cells("stages", section, kind=plan_sheet.TASK_ROW, section="code")
            self._put(f"{section.code}. {section.title}", section.code, cells)
        self._end("stages")
        total = self.f.total
        stages = [total.stages.get(words, 0) for words in self.stages]
        self._sum("stages", [total.total, *stages, total.timeliness.get(TIMELINESS["on_time"], 0)])

    def _cells(
        self, name: str, rows: ColumnRanges, of: str, counts: Mapping[str, int], **tests: str
    ) -> Iterator[Formula]:
        """How many rows meet the tests ("code": of the line), then how many of them say each heading in column `of`."""
        yield Formula(rows.count(**self._tests(tests)), counts[TOTAL])
        for index, words in enumerate(self.heads[name][1:], start=1):
            told = {"timeliness": TIMELINESS["on_time"]} if words == _ON_TIME else {of: self._head_cell(name, index)}
            text = rows.count(**self._tests(tests), **told)
            if (of, words) == ("progress", UNREPORTED):  # rows reported in part are not reported
                text += "+" + rows.count(**self._tests(tests), progress=PARTLY_REPORTED)
            yield Formula(text, counts.get(words, 0))

    def _tests(self, tests: Mapping[str, str]) -> dict[str, str]:
        code = f"${self._letter('code')}${self.row + 1}"
        return {column: code if word == "code" else word for column, word in tests.items()}

    def _head_cell(self, name: str, index: int) -> str:
        return f"${self._letter(index)}${self.blocks[name].head + 1}"

    def _stage_cells(self, name: str, of: RowCounts, **tests: str) -> Iterator[Formula]:
        counts = {TOTAL: of.total, **of.stages, _ON_TIME: of.timeliness.get(TIMELINESS["on_time"], 0)}
        return self._cells(name, self.rows.plan, "stage", counts, **tests)

    def _units(self) -> None:
        shown = _charted(self.f)
        most = len([unit for unit in self.f.units if unit.total]) > len(shown)
        title = "III. Tình trạng theo đơn vị chủ trì"
        title += f" ({len(shown)} đơn vị chủ trì nhiều đầu việc nhất)" if most else ""
        self._head("units", title, "Đơn vị chủ trì", (TOTAL, *self.stages, _ON_TIME))
        for unit in shown:
            self._put(unit.title, unit.code, self._stage_cells("units", unit, unit="code"))
        self._end("units")

    def _indicators(self) -> None:
        columns = (TOTAL, *INDICATOR_STATES)
        self._head("indicators", "IV. Chỉ tiêu so với mục tiêu", "Nhóm chỉ tiêu", columns)
        for number, title in groups_of(self.c):
            counts, rows = self.f.indicators[number], self.rows.indicators
            assert rows is not None  # called for plans with indicators
            told = {TOTAL: sum(counts.values()), **counts}
            cells = self._cells("indicators", rows, "state", told, kind=plan_sheet.INDICATOR_ROW, group="code")
            self._put(f"{number}. {title}", number, cells)
        self._end("indicators")
        sums = [self.f.states.get(state, 0) for state in INDICATOR_STATES]
        self._sum("indicators", [sum(sums), *sums])

    def _sum(self, name: str, values: Sequence[int]) -> None:
        block = self.blocks[name]
        first, last = block.head + 2, block.head + 1 + block.rows

        def total(index: int) -> str:
            letter = self._letter(index)
            return f"SUM({letter}{first}:{letter}{last})" if block.rows else "0"

        cells = {grid(_LABEL + i): Formula(total(i), value) for i, value in enumerate(values)}
        self.lines.append(ReportLine("total", {grid(0): TOTAL, **cells}, spans=_LABEL_SPAN))

    def _share(self, values: Sequence[int]) -> None:
        whole = f"${self._letter(0)}${self.row}"
        cells = {
            grid(_LABEL + i): share(f"{self._letter(i)}{self.row}", whole, value, values[0])
            for i, value in enumerate(values)
        }
        self.lines.append(ReportLine("total", {grid(0): SHARE, **cells}, spans=_LABEL_SPAN))

    def _trend(self) -> None:
        number = "V" if self.c.indicators else "IV"
        self._head("trend", f"{number}. Qua các kỳ báo cáo", "Kỳ báo cáo", _TREND)
        for earlier in past_periods(self.c)[-(_PERIODS - 1) :]:
            told: Iterator[Formula | Number | None] = (self._plain(value) for value in _trend_values(earlier.counts))
            self._put(earlier.period.title, earlier.period.code, told)
        self._put(self.c.period.title, self.c.period.code, self._trend_cells())
        self._end("trend")

    def _plain(self, value: float) -> Number:
        return Number(value, _SHARE_FORMAT if isinstance(value, float) else '#,##0;-#,##0;"-"')

    def _trend_cells(self) -> Iterator[Formula]:
        """This period: the same figures as formulas over the other tables and sheets."""
        row = self.row + 1
        stages = {words: self._letter(index) for index, words in enumerate(self.stages, start=1)}
        total = self.blocks["stages"].head + self.blocks["stages"].rows + 2
        states = self.blocks.get("indicators")
        last = states.head + states.rows + 2 if states else 0
        texts = [
            f"{self._letter(0)}{total}",
            f"{stages[STAGES[0]]}{total}+{stages[STAGES[1]]}{total}",
            "",
            f"{stages[STAGES[4]]}{total}",
            "",
            self.rows.units.count(expected=YES),
            self.rows.units.count(accepted=YES),
            "",
            f"{self._letter(0)}{last}" if states else "0",
            f"{self._letter(1)}{last}" if states else "0",
        ]
        shares = {2: (1, 0), 4: (3, 0), 7: (6, 5)}
        for index, (text, value) in enumerate(zip(texts, _trend_values(trend_counts(self.f)), strict=True)):
            if index in shares:
                part, whole = (f"{self._letter(place)}{row}" for place in shares[index])
                yield Formula(f"IF({whole}=0,0,{part}/{whole})", value, _SHARE_FORMAT)
            else:
                yield Formula(text, value)


def share(part: str, whole: str, count: int, total: int) -> Formula:
    """A percentage of a whole, 0 where there is none."""
    return Formula(f"IF({whole}=0,0,{part}/{whole})", count / total if total else 0, _SHARE_FORMAT)


def _trend_values(counts: Mapping[str, int]) -> tuple[int | float, ...]:
    """The figures of TREND; shares are fractions."""
    total, expected = counts["total"], counts["expected"]
    return (
        total,
        counts["done"],
        counts["done"] / total if total else 0.0,
        counts["overdue"],
        counts["overdue"] / total if total else 0.0,
        expected,
        counts["accepted"],
        counts["accepted"] / expected if expected else 0.0,
        counts["indicators"],
        counts["reached"],
    )


def _progress_buckets(c: Consolidation) -> tuple[str, ...]:
    """Column headings by progress; the one for outside leads only where the plan has such rows."""
    outside = (OUTSIDE,) if any(row.standing.state == "outside" for row in c.tasks) else ()
    return (DONE_BEFORE, *progress_order(c), UNREPORTED, *outside)
