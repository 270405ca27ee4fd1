"""Counts over a consolidation: of rows by section, progress and timeliness, of indicators, of reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import attrs
from attrs import frozen

from nq57xl.results.consolidation import Consolidation, IndicatorRow, LeadEntry, PastPeriod, TaskRow
from nq57xl.results.wording import (
    DONE_BEFORE,
    OUTSIDE,
    PARTLY_REPORTED,
    STAGES,
    UNREPORTED,
    entry_stage,
    entry_words,
    progress_order,
    stage_words,
    standing_words,
)

REACHED, UNDER_WAY, MISSED, NO_DATA = "Đạt", "Đang phấn đấu", "Không đạt", "Chưa có số liệu"
"""`UNDER_WAY`: short of a target whose day has not come; `MISSED`: of one whose day has."""
UNCOMPARED = "Chưa so sánh được"
INDICATOR_STATES = (REACHED, UNDER_WAY, MISSED, NO_DATA, UNCOMPARED, UNREPORTED)


@frozen
class RowCounts:
    """Counts of rows ("đầu việc"): of one section, of all, or of those that one unit leads."""

    code: str
    """Number of the section, "" for all; code of the unit."""
    title: str
    """Of the section; name of the unit."""
    total: int
    progress: dict[str, int]
    """By the words shown in the column "Tiến độ"; whole rows reported in part count as not reported."""
    timeliness: dict[str, int]
    """By the words shown in the column "So với thời hạn"; rows that nobody reported have none."""
    stages: dict[str, int]
    """By STAGES: every row in one."""


@frozen
class Figures:
    """All counts of the overview."""

    sections: tuple[RowCounts, ...]
    total: RowCounts
    indicators: dict[str, dict[str, int]]
    """Group number -> state -> count."""
    expected: int
    """Units that were issued a form."""
    units: tuple[RowCounts, ...]
    """Those that lead rows or were issued a form, in the report's order; a row of several leads counts for each."""
    received: int
    """Units from which anything was received."""
    accepted: int
    on_time: int
    """Accepted and received by the due day."""


def figures(c: Consolidation) -> Figures:
    """Counts of a consolidation; by definition those that the sheets show."""
    units = [item.status for item in c.units]
    return Figures(
        sections=tuple(
            _of_rows(number, title, [row for row in c.tasks if row.task.section == number], c)
            for number, title in sections_of(c)
        ),
        total=_of_rows("", "Tổng số", c.tasks, c),
        indicators={number: _states(c, number) for number, _ in groups_of(c)},
        expected=len(units),
        units=_units(c),
        received=sum(unit.newest is not None or bool(unit.excluded) for unit in units),
        accepted=sum(unit.counting is not None for unit in units),
        on_time=sum(unit.counting is not None and bool(unit.on_time) for unit in units),
    )


def trend_counts(f: Figures) -> dict[str, int]:
    """The counts that are followed over the periods: rows in all, done, overdue; units; indicators in all, reached."""
    stages, states = f.total.stages, f.indicators.values()
    return {
        "total": f.total.total,
        "done": stages.get(STAGES[0], 0) + stages.get(STAGES[1], 0),
        "overdue": stages.get(STAGES[4], 0),
        "expected": f.expected,
        "accepted": f.accepted,
        "indicators": sum(sum(group.values()) for group in states),
        "reached": sum(group.get(REACHED, 0) for group in states),
    }


def past_period(c: Consolidation) -> PastPeriod:
    """What the reports of later periods show of this one."""
    results = {
        f"{row.indicator.code}|{entry.unit}": entry.shown
        for row in c.indicators
        for entry in row.entries
        if isinstance(entry.shown, float)
    }
    edits = tuple(item for item in c.edits if item.state == "applied")
    return PastPeriod(c.period, trend_counts(figures(c)), results, edits)


def past_periods(c: Consolidation) -> tuple[PastPeriod, ...]:
    """Every period before this one that trends show, oldest first."""
    return (*c.past, *map(past_period, c.earlier_periods))


def sections_of(c: Consolidation) -> list[tuple[str, str]]:
    """Number and title of every section that has rows, in the plan's order."""
    titles = {section.number: section.title for section in c.plan.sections}
    present = dict.fromkeys(row.task.section for row in c.tasks)
    return [(number, titles.get(number, "")) for number in present]


def groups_of(c: Consolidation) -> list[tuple[str, str]]:
    """Number and title of every indicator group that has indicators."""
    titles = {group.number: group.title for group in c.plan.indicator_groups}
    present = dict.fromkeys(row.indicator.group for row in c.indicators)
    return [(number, titles.get(number, "")) for number in present]


def progress_buckets(c: Consolidation) -> tuple[str, ...]:
    """Column headings by progress; the one for outside leads only where the plan has such rows."""
    outside = (OUTSIDE,) if any(row.standing.state == "outside" for row in c.tasks) else ()
    return (DONE_BEFORE, *progress_order(c), UNREPORTED, *outside)


def stage_buckets(c: Consolidation) -> tuple[str, ...]:
    """Column headings by stage; the one for outside leads only where the plan has such rows."""
    outside = any(row.standing.state == "outside" for row in c.tasks)
    return STAGES if outside else tuple(words for words in STAGES if words != OUTSIDE)


def indicator_state(row: IndicatorRow) -> str:
    """Where an indicator stands: reached when every unit that follows it has reached the target."""
    entries = [entry for entry in row.entries if entry.state != "outside"]
    if not entries or any(entry.state == "unreported" for entry in entries):
        return UNREPORTED
    if any(entry.state == "no_data" for entry in entries):
        return NO_DATA
    if any(entry.reached is None for entry in entries):
        return UNCOMPARED
    return REACHED if all(entry.reached for entry in entries) else short_of(row)


def short_of(row: IndicatorRow) -> str:
    """What a result below the target is called: the target of a year is not missed in April."""
    return MISSED if row.judged else UNDER_WAY


def _of_rows(number: str, title: str, rows: Sequence[TaskRow], c: Consolidation) -> RowCounts:
    stages = [stage_words(row.standing) for row in rows]
    found = _counted(number, title, [standing_words(row.standing, c) for row in rows], stages)
    unreported = found.progress.pop(PARTLY_REPORTED, 0) + found.progress.get(UNREPORTED, 0)
    return attrs.evolve(found, progress=found.progress | ({UNREPORTED: unreported} if unreported else {}))


def _counted(code: str, title: str, shown: Sequence[tuple[str, str]], stages: Sequence[str]) -> RowCounts:
    """Counts of rows by what is shown of them: progress and timeliness in words."""
    progress = Counter(words for words, _ in shown)
    timeliness = Counter(words for _, words in shown if words)
    return RowCounts(code, title, len(shown), dict(progress), dict(timeliness), dict(Counter(stages)))


def _units(c: Consolidation) -> tuple[RowCounts, ...]:
    entries: dict[str, list[tuple[LeadEntry, TaskRow]]] = {item.status.code: [] for item in c.units}
    names = {item.status.code: item.status.name for item in c.units}
    for row in c.tasks:
        for entry in row.entries:
            entries.setdefault(entry.unit, []).append((entry, row))
            names.setdefault(entry.unit, entry.name)
    return tuple(
        _counted(code, names[code], [entry_words(*pair, c) for pair in led], [entry_stage(*pair) for pair in led])
        for code, led in entries.items()
    )


def _states(c: Consolidation, group: str) -> dict[str, int]:
    return dict(Counter(indicator_state(row) for row in c.indicators if row.indicator.group == group))
