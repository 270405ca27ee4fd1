"""Charts of the report as data: where they stand, and which cells of which sheet they draw."""

from __future__ import annotations

from typing import Literal

from attrs import frozen


@frozen
class Series:
    """One series of a chart: its name and its values stand on the chart's source sheet."""

    head: tuple[int, int]
    """Row and column of its name."""
    values: tuple[int, int, int, int]
    """First row, first column, last row, last column."""
    fill: str
    """Colour: "#1F3864"."""


@frozen
class Chart:
    """A chart over a block of the page: stacked bars, or lines of percentages."""

    title: str
    anchor: str
    """Line at which it stands."""
    x: int
    """Pixels from the left edge."""
    y: int
    """Pixels below the anchor."""
    width: int
    """Pixels."""
    height: int
    source: str
    """Name of the sheet that holds its figures."""
    categories: tuple[int, int, int, int]
    """First row, first column, last row, last column."""
    series: tuple[Series, ...]
    kind: Literal["bar", "line"] = "bar"
    legend: Literal["right", "bottom", "none"] = "bottom"
    """`right` and `none`: room is left beside the bars, so that charts above one another begin and end alike."""
