"""The sheet "Số liệu tổng hợp": rows by section, unit and period, indicators by group; the charts read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from nq57xl.forms.wording import shorten
from nq57xl.outputs.report import appendix as appendix_sheet
from nq57xl.outputs.report import indicators as indicator_sheet
from nq57xl.outputs.report import submissions as submission_sheet
from nq57xl.results.consolidation import Consolidation
from nq57xl.results.figures import (
    INDICATOR_STATES,
    REACHED,
    Figures,
    RowCounts,
    figures,
    groups_of,
    progress_buckets,
    timeliness_buckets,
)
from nq57xl.results.wording import OUTSIDE, PARTLY_REPORTED, STAGES, UNREPORTED, report_title
from nq57xl.xlsx.pages import (
    CellContent,
    ColumnRanges,
    Formula,
    Number,
    ReportColumn,
    ReportLine,
    ReportSheet,
    letter_of,
)

NAME = "Số liệu tổng hợp"
_CHARTED_UNITS = 8
"""Units of one chart: more names would not be read."""
_PERIODS = 12
"""Periods of the trend, this one among them."""
TOTAL, SHARE = "Tổng số", "Tỷ lệ trên tổng số đầu việc"
_SHARE_FORMAT = '0.0%;-0.0%;"-"'
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
    """The page with its tables by name: sections, stages, units, indicators, trend."""

    page: ReportSheet
    blocks: Mapping[str, _Block]
    columns: Mapping[str, tuple[str, ...]]
    """Headings of the counted columns of each table, in order: the first is column 1."""


def _stages_of(c: Consolidation) -> tuple[str, ...]:
    """The stages of the tables; the one of outside leads only where the plan has such rows."""
    outside = any(row.standing.state == "outside" for row in c.tasks)
    return STAGES if outside else tuple(words for words in STAGES if words != OUTSIDE)


def _charted(f: Figures) -> list[RowCounts]:
    """The units that lead most rows, in the order of the report."""
    leading = sorted((unit for unit in f.units if unit.total), key=lambda unit: -unit.total)
    kept = {unit.code for unit in leading[:_CHARTED_UNITS]}
    return [unit for unit in f.units if unit.code in kept]


def summary(c: Consolidation, appendix: ColumnRanges, indicators: ColumnRanges, submissions: ColumnRanges) -> Summary:
    """The page of a consolidation whose detail sheets are already placed."""
    return _SummaryBuilder(c, figures(c), appendix, indicators, submissions).build()


class _SummaryBuilder:
    """Collects the lines; formulas need to know on which row they stand, and every line takes one row."""

    def __init__(
        self, c: Consolidation, f: Figures, appendix: ColumnRanges, indicators: ColumnRanges, submissions: ColumnRanges
    ) -> None:
        self.c, self.f = c, f
        self.appendix, self.indicators, self.submissions = appendix, indicators, submissions
        self.progress, self.timely, self.stages = progress_buckets(c), timeliness_buckets(), _stages_of(c)
        count = max(1 + len(self.progress) + len(self.timely), 1 + len(self.stages), len(_TREND))
        counts = [ReportColumn(f"n{i}", "", 7.7, "center") for i in range(count)]
        helpers = (ReportColumn("short", "", 36, printed=False), ReportColumn("code", "", 10, printed=False))
        self.columns = (ReportColumn("label", "", 34), *counts, *helpers)
        self.lines: list[ReportLine] = []
        self.blocks: dict[str, _Block] = {}
        self.heads: dict[str, tuple[str, ...]] = {}

    def build(self) -> Summary:
        """All tables in order."""
        self.lines.append(ReportLine("title", {"label": "SỐ LIỆU TỔNG HỢP"}))
        self.lines.append(ReportLine("subtitle", {"label": f"{report_title(self.c)}, {self.c.period.title}"}))
        self._sections()
        self._stages()
        self._units()
        if self.c.indicators:
            self._indicators()
        self._trend()
        page = ReportSheet(NAME, self.columns, tuple(self.lines), sparse=True)
        return Summary(page, self.blocks, self.heads)

    @property
    def row(self) -> int:
        """0-based row of the next line."""
        return len(self.lines)

    def _letter(self, index: int | str) -> str:
        return letter_of(self.columns, f"n{index}" if isinstance(index, int) else index)

    def _head(self, name: str, title: str, first: str, columns: Sequence[str]) -> None:
        """Heading of a table; `_end` notes how many rows it has got."""
        self.lines.append(ReportLine("space", height=8))
        self.lines.append(ReportLine("group", {"label": title}))
        if name == "sections":
            end = len(self.progress) + 1
            spans = {"label": "", "n0": "TIẾN ĐỘ (số đầu việc)", f"n{end}": "SO VỚI THỜI HẠN (số đầu việc)"}
            self.lines.append(ReportLine("band", spans))
        cells = {f"n{i}": words for i, words in enumerate(columns)}
        helpers = {"short": "Tên ngắn (biểu đồ)", "code": "Mã"}
        self.heads[name] = tuple(columns)
        self.lines.append(ReportLine("head", {"label": first, **cells, **helpers}))
        self.blocks[name] = _Block(self.row - 1, 0)

    def _end(self, name: str) -> None:
        head = self.blocks[name].head
        self.blocks[name] = _Block(head, self.row - head - 1)

    def _put(self, label: str, code: str, cells: Iterator[Formula | Number | None]) -> None:
        values: dict[str, CellContent] = {f"n{i}": value for i, value in enumerate(cells)}
        short = shorten(label, _SHORT).replace("tháng ", "T")
        self.lines.append(ReportLine("row", {"label": label, "short": short, "code": code, **values}))

    def _sections(self) -> None:
        buckets = (*self.progress, *self.timely)
        title = "I. Tiến độ và thời hạn theo nhóm nhiệm vụ"
        self._head("sections", title, "Nhóm nhiệm vụ", (TOTAL, *buckets))
        for section in self.f.sections:
            self._put(f"{section.code}. {section.title}", section.code, self._section_cells(section, buckets))
        self._end("sections")
        total = self.f.total
        self._sum("sections", [total.total, *(self._counted(total, i, words) for i, words in enumerate(buckets))])
        self._share([total.total, *(self._counted(total, i, words) for i, words in enumerate(buckets))])

    def _counted(self, section: RowCounts, index: int, words: str) -> int:
        return (section.timeliness if index >= len(self.progress) else section.progress).get(words, 0)

    def _section_cells(self, section: RowCounts, buckets: Sequence[str]) -> Iterator[Formula]:
        code = f"${self._letter('code')}${self.row + 1}"
        kind = appendix_sheet.TASK_ROW
        yield Formula(self.appendix.count(kind=kind, section=code), section.total)
        for index, words in enumerate(buckets):
            column = "timeliness" if index >= len(self.progress) else "progress"
            head = f"${self._letter(index + 1)}${self.blocks['sections'].head + 1}"
            text = self.appendix.count(kind=kind, section=code, **{column: head})
            if words == UNREPORTED:  # rows reported in part are not reported
                text += "+" + self.appendix.count(kind=kind, section=code, progress=PARTLY_REPORTED)
            yield Formula(text, self._counted(section, index, words))

    def _stages(self) -> None:
        self._head("stages", "II. Tình trạng chung theo nhóm nhiệm vụ", "Nhóm nhiệm vụ", (TOTAL, *self.stages))
        for section in self.f.sections:
            label = f"{section.code}. {section.title}"
            cells = self._stage_cells("stages", section.total, section.stages, kind="NV", section="code")
            self._put(label, section.code, cells)
        self._end("stages")
        self._sum("stages", [self.f.total.total, *(self.f.total.stages.get(words, 0) for words in self.stages)])

    def _stage_cells(self, name: str, total: int, stages: Mapping[str, int], **tests: str) -> Iterator[Formula]:
        code = f"${self._letter('code')}${self.row + 1}"
        tests = {column: code if word == "code" else word for column, word in tests.items()}
        yield Formula(self.appendix.count(**tests), total)
        for index, words in enumerate(self.stages, start=1):
            head = f"${self._letter(index)}${self.blocks[name].head + 1}"
            yield Formula(self.appendix.count(**tests, stage=head), stages.get(words, 0))

    def _units(self) -> None:
        shown = _charted(self.f)
        most = len([unit for unit in self.f.units if unit.total]) > len(shown)
        title = "III. Tình trạng chung theo đơn vị chủ trì"
        title += f" ({len(shown)} đơn vị chủ trì nhiều đầu việc nhất)" if most else ""
        self._head("units", title, "Đơn vị chủ trì", (TOTAL, *self.stages))
        for unit in shown:
            self._put(unit.title, unit.code, self._stage_cells("units", unit.total, unit.stages, unit="code"))
        self._end("units")

    def _indicators(self) -> None:
        columns = (TOTAL, *INDICATOR_STATES)
        self._head("indicators", "IV. Chỉ tiêu so với mục tiêu", "Nhóm chỉ tiêu", columns)
        for number, title in groups_of(self.c):
            self._put(f"{number}. {title}", number, self._group_cells(number))
        self._end("indicators")
        groups = self.f.indicators.values()
        counts = [sum(group.get(state, 0) for group in groups) for state in INDICATOR_STATES]
        self._sum("indicators", [sum(counts), *counts])

    def _group_cells(self, number: str) -> Iterator[Formula]:
        counts = self.f.indicators[number]
        code = f"${self._letter('code')}${self.row + 1}"
        kind = indicator_sheet.INDICATOR_ROW
        yield Formula(self.indicators.count(kind=kind, group=code), sum(counts.values()))
        for index, state in enumerate(INDICATOR_STATES, start=1):
            head = f"${self._letter(index)}${self.blocks['indicators'].head + 1}"
            yield Formula(self.indicators.count(kind=kind, group=code, state=head), counts.get(state, 0))

    def _sum(self, name: str, values: Sequence[int]) -> None:
        block = self.blocks[name]
        first, last = block.head + 2, block.head + 1 + block.rows

        def total(index: int) -> str:
            letter = self._letter(index)
            return f"SUM({letter}{first}:{letter}{last})" if block.rows else "0"

        cells = {f"n{i}": Formula(total(i), value) for i, value in enumerate(values)}
        self.lines.append(ReportLine("total", {"label": TOTAL, **cells}))

    def _share(self, values: Sequence[int]) -> None:
        whole = f"$B${self.row}"
        cells = {
            f"n{i}": share(f"{self._letter(i)}{self.row}", whole, value, values[0]) for i, value in enumerate(values)
        }
        self.lines.append(ReportLine("total", {"label": SHARE, **cells}))

    def _trend(self) -> None:
        number = "V" if self.c.indicators else "IV"
        self._head("trend", f"{number}. Qua các kỳ báo cáo", "Kỳ báo cáo", _TREND)
        for earlier in self.c.earlier_periods[-(_PERIODS - 1) :]:
            told: Iterator[Formula | Number | None] = (self._plain(value) for value in _trend_values(figures(earlier)))
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
            f"B{total}",
            f"{stages[STAGES[0]]}{total}+{stages[STAGES[1]]}{total}",
            "",
            f"{stages[STAGES[4]]}{total}",
            "",
            f"COUNTA({self.submissions.of('code')})",
            self.submissions.count(accepted=submission_sheet.YES),
            "",
            f"B{last}" if states else "0",
            f"C{last}" if states else "0",
        ]
        shares = {2: ("C", "B"), 4: ("E", "B"), 7: ("H", "G")}
        for index, (text, value) in enumerate(zip(texts, _trend_values(self.f), strict=True)):
            if index in shares:
                part, whole = (f"{letter}{row}" for letter in shares[index])
                yield Formula(f"IF({whole}=0,0,{part}/{whole})", value, _SHARE_FORMAT)
            else:
                yield Formula(text, value)


def share(part: str, whole: str, count: int, total: int) -> Formula:
    """A percentage of a whole, 0 where there is none."""
    return Formula(f"IF({whole}=0,0,{part}/{whole})", count / total if total else 0, _SHARE_FORMAT)


def _trend_values(f: Figures) -> tuple[int | float, ...]:
    """The figures of TREND; shares are fractions."""
    total, stages = f.total.total, f.total.stages
    done, overdue = stages.get(STAGES[0], 0) + stages.get(STAGES[1], 0), stages.get(STAGES[4], 0)
    states = f.indicators.values()
    reached = sum(group.get(REACHED, 0) for group in states)
    return (
        total,
        done,
        done / total if total else 0.0,
        overdue,
        overdue / total if total else 0.0,
        f.expected,
        f.accepted,
        f.accepted / f.expected if f.expected else 0.0,
        sum(sum(group.values()) for group in states),
        reached,
    )
