"""tong-quan.html: the first page of a period as one self-contained page for the phone, its charts drawn as SVG."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from attrs import frozen

from nq57xl import resources
from nq57xl.forms.wording import data_window
from nq57xl.outputs.narrative import complete_words, headline, in_sentence, missing_words
from nq57xl.results.consolidation import Consolidation
from nq57xl.results.figures import INDICATOR_STATES, RowCounts, groups_of, stage_buckets
from nq57xl.results.overview import AskedDecision, overview_of
from nq57xl.results.wording import report_title

PAGE = "tong-quan.html"
_STAGE_FILLS = ("s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8")
"""Ids of the page's patterns, in the order of STAGES: they differ in grey print, too."""
_INDICATOR_FILLS = ("s0", "s5", "s4", "s6", "s3", "s7")
_WIDTH = 300
"""Of the bars, in the units of the drawing."""
_CHARTED = 12
"""Bars of one chart; the table beside it names all."""


@frozen
class _Segment:
    """A part of a bar."""

    words: str
    count: int
    x: float
    width: float
    fill: str


@frozen
class _BarRow:
    """One bar with its label."""

    label: str
    total: int
    segments: tuple[_Segment, ...]

    @property
    def told(self) -> str:
        """The bar in words."""
        return ", ".join(f"{part.count} {in_sentence(part.words)}" for part in self.segments)


@frozen
class _BarChart:
    """Stacked bars with the legend of what occurs in them."""

    title: str
    rows: tuple[_BarRow, ...]
    legend: tuple[tuple[str, str], ...]
    """Fill and words."""


def overview_page(c: Consolidation, workspace: Path | None = None) -> bytes:
    """The page: nothing is loaded from elsewhere, every word is escaped. The same consolidation gives the same bytes.

    `workspace` is where an office may keep its own templates/texts/tong-quan.html.j2. Raises Nq57Error if wrong.
    """
    view = overview_of(c)
    levels = dict.fromkeys(item.level for item in view.decisions)
    words = {
        "title": report_title(c),
        "agency": c.letterhead[1],
        "period": c.period.title,
        "window": data_window(c.period),
        "headline": headline(view),
        "missing": missing_words(c, view.figures, len(c.missing)),
        "complete": complete_words(c, view.figures),
        "figures": _figures(c, view.figures.total, view.before.total if view.before else None),
        "total": view.figures.total.total,
        "before": view.before_title,
        "overdue": view.overdue,
        "due_soon": view.due_soon,
        "decisions": [(level, _of_level(view.decisions, level)) for level in levels],
        "charts": _charts(c, view.figures.sections, view.figures.units, view.figures.indicators),
    }
    return resources.fill(f"texts/{PAGE}.j2", words, workspace).encode()


def _of_level(decisions: Iterable[AskedDecision], level: str) -> list[AskedDecision]:
    return [item for item in decisions if item.level == level]


def _figures(c: Consolidation, now: RowCounts, before: RowCounts | None) -> list[tuple[str, int, int | None]]:
    """Words, count, count of the period before."""
    past = before.stages if before else None
    return [(w, now.stages.get(w, 0), past.get(w, 0) if past is not None else None) for w in stage_buckets(c)]


def _charts(
    c: Consolidation, sections: Sequence[RowCounts], units: Sequence[RowCounts], states: dict[str, dict[str, int]]
) -> list[_BarChart]:
    stages = stage_buckets(c)
    leading = [unit for unit in units if unit.total]
    found = [
        _chart("Tình trạng theo nhóm nhiệm vụ", [(f"{s.code}. {s.title}", s.stages) for s in sections], stages, True),
        _chart("Tình trạng theo đơn vị chủ trì", [(unit.title, unit.stages) for unit in leading], stages, True),
    ]
    groups = [(f"{number}. {title}", states.get(number, {})) for number, title in groups_of(c)]
    if groups:
        found.append(_chart("Chỉ tiêu so với mục tiêu", groups, INDICATOR_STATES, False))
    return [chart for chart in found if chart.rows]


def _chart(title: str, counts: list[tuple[str, dict[str, int]]], order: Sequence[str], stages: bool) -> _BarChart:
    fills = dict(zip(order, _STAGE_FILLS if stages else _INDICATOR_FILLS, strict=False))
    widest = max((sum(found.values()) for _, found in counts), default=0) or 1
    rows, used = [], set()
    for label, found in counts[:_CHARTED]:
        x, segments = 0.0, []
        for words in order:
            count = found.get(words, 0)
            if count:
                width = count / widest * _WIDTH
                segments.append(_Segment(words, count, round(x, 1), round(width, 1), fills[words]))
                x += width
                used.add(words)
        rows.append(_BarRow(label, sum(found.values()), tuple(segments)))
    return _BarChart(title, tuple(rows), tuple((fills[words], words) for words in order if words in used))
