"""The sheet "Tổng quan", one printed page: heading, what is missing, the figures in words and counts, charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Literal

from attrs import frozen

from nq57xl.forms.wording import data_window
from nq57xl.records.consolidation import Consolidation
from nq57xl.report import appendix_sheet, indicator_sheet, submission_sheet
from nq57xl.report.addendum_sheet import closing_words
from nq57xl.report.figures import (
    INDICATOR_STATES,
    Figures,
    figures,
    progress_buckets,
    timeliness_buckets,
)
from nq57xl.report.layout import Chart, Column, Content, Formula, Line, Page, Series, Sheet, place
from nq57xl.report.narrative import complete_words, missing_words, paragraph
from nq57xl.report.ranges import Range
from nq57xl.report.summary_sheet import Summary, share
from nq57xl.report.wording import PARTLY_REPORTED, TIMELINESS, UNREPORTED, report_title

NAME = "Tổng quan"
_PAGE_POINTS = 553.0
"""Height of a printed A4 landscape page at 90 %, in sheet points, with a little to spare."""
_SIZES = (12.0, 11.5, 11.0, 10.5, 10.0)
"""Font sizes of the paragraph, the largest that lets everything stand on one page is taken."""
_NAMED = (10, 6, 3)
"""How many missing units are named, likewise."""
_LOWEST_CHARTS = 250.0
"""Points that the charts need."""
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
COLUMNS = (
    Column("a", "", 17),
    Column("a_count", "", 4.5, "center"),
    Column("a_share", "", 6.5, "center"),
    Column("gap", "", 1),
    Column("b", "", 15.5),
    Column("b_count", "", 4.5, "center"),
    Column("b_share", "", 6.5, "center"),
    Column("edge", "", 1.5),
    Column("charts", "", 72),
)
_ALWAYS = (UNREPORTED, TIMELINESS["overdue"], TIMELINESS["at_risk"])
"""Counts that are shown when they are zero, too."""

Entry = tuple[str, Formula, Formula | None]
"""Label, count, share."""


@frozen
class Overview:
    """The page with its charts."""

    page: Page
    charts: tuple[Chart, ...]


def overview(c: Consolidation, appendix: Range, indicators: Range, submissions: Range, tables: Summary) -> Overview:
    """The overview of a consolidation whose other sheets are already placed: formulas count over their rows."""
    f = figures(c)
    builder = _Builder(c, f, appendix, indicators, submissions)
    page = builder.fitted()
    return Overview(page, tuple(_charts(place(page), tables, f)))


class _Builder:
    """Collects the lines of the overview; formulas need to know on which row they stand."""

    def __init__(self, c: Consolidation, f: Figures, appendix: Range, indicators: Range, submissions: Range) -> None:
        self.c, self.f = c, f
        self.appendix, self.indicators, self.submissions = appendix, indicators, submissions

    def fitted(self) -> Page:
        """The page in the largest letters that leave it one page, filled up to the foot for the charts."""
        for named in _NAMED:
            for size in _SIZES:
                page = self._page(size, named)
                rows = place(page).rows
                left = _PAGE_POINTS - sum(row.height for row in rows)
                body = sum(row.height for row in rows[self._top(page) :]) + left
                if left >= 0 and body >= _LOWEST_CHARTS:
                    return _filled(page, left)
        return _filled(page, max(left, 0.0))

    def _top(self, page: Page) -> int:
        """Row at which the body begins: no line of the overview takes two rows."""
        return next(i for i, line in enumerate(page.lines) if "charts" in line.anchors)

    def _page(self, size: float, named: int) -> Page:
        lines = [*self._heading(named)]
        lines.append(Line("words", {"a": paragraph(self.c, self.f)}, anchors=("charts",), spans={"a": "b_share"}))
        lines.append(Line("space", height=5))
        lines += self._lists(len(lines))
        return Page(NAME, COLUMNS, tuple(lines), split=5, sparse=True, sizes={"words": size, "subtitle": 12})

    def _heading(self, named: int) -> Iterator[Line]:
        parent, agency, recipient, town = self.c.letterhead
        symbol = self.c.plan.properties.symbol
        own = f"BC-{symbol.split('-', 1)[1]}" if "-" in symbol else "BC"
        yield Line("pair", {"left": parent.upper(), "right": "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"})
        yield Line("pair_bold", {"left": agency.upper(), "right": "Độc lập - Tự do - Hạnh phúc"})
        date = f"{town}, ngày        tháng        năm {self.c.period.report_due.year}"
        yield Line("pair_italic", {"left": f"Số:            /{own}", "right": date})
        yield Line("title", {"a": "BÁO CÁO TỔNG HỢP"})
        yield Line("subtitle", {"a": report_title(self.c)})
        to = f". Kính gửi: {recipient}" if recipient else ""
        yield Line("italic", {"a": f"Kỳ báo cáo: {self.c.period.title} (số liệu {data_window(self.c.period)}){to}"})
        missing = missing_words(self.c, self.f, named)
        yield Line("alert", {"a": missing}) if missing else Line("italic", {"a": complete_words(self.f)})
        if self.c.closing is not None:
            yield Line("italic", {"a": closing_words(self.c)})
        yield Line("space", height=6)

    def _lists(self, top: int) -> Iterator[Line]:
        """Two lists side by side, and two more under them."""
        upper = [self._progress(top), self._timeliness(top)]
        yield from self._side_by_side(("Tiến độ (đầu việc)", "Số"), ("So với thời hạn", "Số"), upper)
        yield Line("space", height=5)
        below = top + max(map(len, upper)) + 2
        heads = ("Báo cáo của đơn vị", "Số"), ("Chỉ tiêu", "Số")
        yield from self._side_by_side(*heads, [self._reports(below), self._states(below)])

    def _side_by_side(
        self, left: tuple[str, str], right: tuple[str, str], lists: Sequence[Sequence[Entry]]
    ) -> Iterator[Line]:
        second = {"b": right[0], "b_count": right[1], "b_share": "Tỷ lệ"} if lists[1] else {}
        yield Line("head", {"a": left[0], "a_count": left[1], "a_share": "Tỷ lệ", **second})
        for one, other in zip_longest(*lists):
            cells: dict[str, Content] = {}
            for name, entry in (("a", one), ("b", other)):
                if entry is not None:
                    cells |= {name: entry[0], f"{name}_count": entry[1], f"{name}_share": entry[2]}
            yield Line("row", cells)

    def _progress(self, top: int) -> list[Entry]:
        rows, counts, kind = self.appendix, self.f.total, appendix_sheet.TASK_ROW
        entries: list[tuple[str, str, int]] = []
        for words in progress_buckets(self.c):
            text = rows.count(kind=kind, progress=words)
            if words == UNREPORTED:  # rows reported in part are not reported
                text += "+" + rows.count(kind=kind, progress=PARTLY_REPORTED)
            entries.append((words, text, counts.progress.get(words, 0)))
        whole = ("Tổng số đầu việc", rows.count(kind=kind), counts.total)
        return self._counted([whole, *self._shown(entries)], top, "B")

    def _timeliness(self, top: int) -> list[Entry]:
        rows, counts, kind = self.appendix, self.f.total, appendix_sheet.TASK_ROW
        entries = [
            (words, rows.count(kind=kind, timeliness=words), counts.timeliness.get(words, 0))
            for words in timeliness_buckets()
        ]
        shown = self._shown(entries)
        first = top + 3
        whole = ("Đã báo cáo", f"SUM(F{first}:F{first + len(shown) - 1})", sum(counts.timeliness.values()))
        return self._counted([whole, *shown], top, "F")

    def _reports(self, top: int) -> list[Entry]:
        f, rows, yes, no = self.f, self.submissions, submission_sheet.YES, submission_sheet.NO
        entries = [
            ("Phải báo cáo", f"COUNTA({rows.of('code')})", f.expected),
            ("Đã nhận", rows.count(received=yes), f.received),
            ("Được chấp nhận", rows.count(accepted=yes), f.accepted),
            ("Đúng hạn", rows.count(accepted=yes, on_time=yes), f.on_time),
            ("Nộp chậm", rows.count(accepted=yes, on_time=no), f.accepted - f.on_time),
        ]
        return self._counted(entries, top, "B")

    def _states(self, top: int) -> list[Entry]:
        if not self.c.indicators:
            return []
        rows, kind = self.indicators, indicator_sheet.INDICATOR_ROW
        groups = self.f.indicators.values()
        entries = [
            (state, rows.count(kind=kind, state=state), sum(group.get(state, 0) for group in groups))
            for state in INDICATOR_STATES
        ]
        whole = ("Tổng số chỉ tiêu", rows.count(kind=kind), len(self.c.indicators))
        return self._counted([whole, *self._shown(entries)], top, "F")

    def _shown(self, entries: Sequence[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
        """Counts that occur, and those that leaders ask for: lines of zeros would hide them."""
        return [entry for entry in entries if entry[2] or entry[0] in _ALWAYS]

    def _counted(self, entries: Sequence[tuple[str, str, int]], top: int, letter: str) -> list[Entry]:
        """With the share of the first count, which stands two rows under `top` (rows count from 0)."""
        whole, total = f"${letter}${top + 2}", entries[0][2]
        return [
            (label, Formula(text, count), share(f"{letter}{top + 2 + index}", whole, count, total))
            for index, (label, text, count) in enumerate(entries)
        ]


def _filled(page: Page, left: float) -> Page:
    """The page with room under the lists, so that the charts reach the foot of the paper."""
    import attrs

    return attrs.evolve(page, lines=(*page.lines, Line("space", height=max(left, 1.0)))) if left > 1 else page


def _charts(sheet: Sheet, tables: Summary, f: Figures) -> Iterator[Chart]:
    """The charts in the right part of the page: bars over its whole width, the last two side by side."""
    import attrs

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
