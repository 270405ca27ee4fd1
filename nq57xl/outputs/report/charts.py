"""The charts of the overview: on the printed page where it has room for them, else below it beside their figures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import attrs

from nq57xl.outputs.report.summary import FIRST_COUNT, GRID, Summary
from nq57xl.results.figures import INDICATOR_STATES, Figures
from nq57xl.xlsx.pages import Chart, PlacedSheet, Series

STAGE_FILLS: tuple[tuple[str, str], ...] = (
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
INDICATOR_FILLS: tuple[tuple[str, str], ...] = (
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


def charts_of(sheet: PlacedSheet, tables: Summary, f: Figures, room: float) -> Iterator[Chart]:
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
    fills = dict(zip(stages, STAGE_FILLS, strict=False))
    kept = {index: fills[words] for index, words in enumerate(stages, start=1) if words in occurring}
    yield _chart(tables, "stages", "Tình trạng theo nhóm nhiệm vụ (số đầu việc)", kept, legend="right")
    yield _chart(tables, "units", "Theo đơn vị chủ trì (màu như biểu đồ bên)", kept, legend="none")
    if "indicators" in tables.blocks:
        counted = [words for group in f.indicators.values() for words, count in group.items() if count]
        states = enumerate(zip(INDICATOR_STATES, INDICATOR_FILLS, strict=True), start=1)
        shown = {index: fill for index, (state, fill) in states if state in counted}
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
