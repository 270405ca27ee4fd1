"""The charts of the overview: progress and timeliness by section and unit, indicators, the periods so far."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import attrs

from nq57xl.report.charts import Chart, Series
from nq57xl.report.figures import INDICATOR_STATES, Figures
from nq57xl.report.layout import Sheet
from nq57xl.report.summary_sheet import Summary

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


def charts_of(sheet: Sheet, tables: Summary, f: Figures) -> Iterator[Chart]:
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
