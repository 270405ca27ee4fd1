"""The quality score by the six principles (domain.md 4.3): DQI = Σ(rule × W) / ΣW; pure.

Every measure counts good ones among all of its kind, for one unit. Where there is nothing to count the rule does not
weigh. The score of several units takes their counts together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal

from attrs import frozen

from nq57xl.forms.values import Value
from nq57xl.ledger.model import UnitStatus
from nq57xl.results.consolidation import Consolidation, IndicatorEntry, LeadEntry
from nq57xl.results.edited import values_of
from nq57xl.rules.findings import Finding
from nq57xl.rules.quality import Principle, Quality

_Light = Literal["green", "yellow", "red", ""]
GoodOfAll = tuple[int, int]
"""Good ones, all."""
_IDENTITY = ("ROW_MISSING", "COLUMN_MISSING", "SHEET_MISSING", "ROW_DUPLICATE", "RECOGNISED_BY_CONTENT")
_INCONSISTENT = ("CONTRADICTION", "ROW_INCOMPLETE")


@frozen
class Score:
    """The score of one unit, or of all together."""

    unit: str
    """Code; "" for all."""
    name: str
    counts: Mapping[str, GoodOfAll]
    """By code of the rule."""
    principles: Mapping[str, float | None]
    """Percent by code of the principle; None where there was nothing to measure."""
    total: float | None
    light: _Light


@frozen
class _Unit:
    """What the measures of one unit look at."""

    c: Consolidation
    status: UnitStatus
    led: tuple[LeadEntry, ...]
    supported: int
    answered: int
    tasks: frozenset[str]
    """Codes of the rows that it leads or supports."""
    indicators: tuple[IndicatorEntry, ...]
    before: Mapping[str, LeadEntry]
    """Its entries of the period before, by task."""
    led_codes: tuple[str, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Of the return that counts."""
        return self.status.counting.judged.findings if self.status.counting is not None else ()

    @property
    def values(self) -> Sequence[Value]:
        """Cells of the return that counts."""
        return tuple(values_of(self.status.counting).values()) if self.status.counting is not None else ()

    def cells_with(self, test: Callable[[Finding], bool]) -> set[tuple[str, str | None, str]]:
        """Cells with a finding of that kind."""
        return {(item.table, item.task, item.field) for item in self.findings if item.field and test(item)}


def _done(unit: _Unit) -> Iterator[LeadEntry]:
    return (entry for entry in unit.led if entry.progress == "done" and not entry.before)


def _evidence(unit: _Unit) -> GoodOfAll:
    done = list(_done(unit))
    return sum(_cited(entry) or bool(entry.value("evidence_link")) for entry in done), len(done)


def _cited(entry: LeadEntry) -> bool:
    return bool(entry.value("evidence_number")) and isinstance(entry.value("evidence_date"), dt.date)


def _days(unit: _Unit) -> list[dt.date]:
    found = [entry.value(name) for entry in _done(unit) for name in ("completion_date", "evidence_date")]
    return [day for day in found if isinstance(day, dt.date)]


def _dates(unit: _Unit) -> GoodOfAll:
    days = _days(unit)
    return sum(day <= unit.c.cutoff for day in days), len(days)


def _recent(unit: _Unit) -> GoodOfAll:
    days = _days(unit)
    return sum(unit.c.period.start <= day <= unit.c.cutoff for day in days), len(days)


def _ratios(unit: _Unit) -> GoodOfAll:
    rows = {item.key for item in unit.values if item.table == "indicator" and item.field == "numerator"}
    wrong = {item.task for item in unit.findings if item.code in ("RATIO_MISMATCH", "PART_OVER_WHOLE")}
    return len(rows - wrong), len(rows)


def _submitted(unit: _Unit) -> GoodOfAll:
    return int(unit.status.counting is not None), 1


def _on_time(unit: _Unit) -> GoodOfAll:
    return int(unit.status.counting is not None and bool(unit.status.on_time)), 1


def _led_rows(unit: _Unit) -> GoodOfAll:
    return sum(entry.reported for entry in unit.led), len(unit.led)


def _supporting_rows(unit: _Unit) -> GoodOfAll:
    return unit.answered, unit.supported


def _indicators(unit: _Unit) -> GoodOfAll:
    return sum(entry.state in ("reported", "no_data") for entry in unit.indicators), len(unit.indicators)


def _identifiers(unit: _Unit) -> GoodOfAll:
    rows = {(item.table, item.key) for item in unit.values}
    wrong = {(item.table, item.task) for item in unit.findings if item.code in _IDENTITY}
    return max(0, len(rows) - len(wrong)), len(rows)


def _clean_cells(unit: _Unit) -> GoodOfAll:
    cells = {(item.table, item.key, item.field) for item in unit.values}
    return len(cells - unit.cells_with(lambda item: item.severity == "repaired")), len(cells)


def _distinct(unit: _Unit) -> GoodOfAll:
    free = {table.name for table in unit.c.schema.tables if table.free}
    rows = {(item.table, item.key) for item in unit.values if item.table in free}
    twice = {(item.table, item.task) for item in unit.findings if item.code == "DUPLICATE_ENTRY"}
    return len(rows - twice), len(rows)


def _changed(unit: _Unit) -> GoodOfAll:
    open_rows = [
        (entry, unit.before[code])
        for code, entry in zip(unit.led_codes, unit.led, strict=True)
        if code in unit.before and entry.progress == "in_progress" and unit.before[code].progress == "in_progress"
    ]
    fields = ("percent", "result")
    return sum(any(a.value(f) != b.value(f) for f in fields) for a, b in open_rows), len(open_rows)


def _consistent_rows(unit: _Unit) -> GoodOfAll:
    rows = {(item.table, item.key) for item in unit.values if item.table in ("led", "supporting", "indicator")}
    wrong = {(item.table, item.task) for item in unit.findings if item.code in _INCONSISTENT}
    return len(rows - wrong), len(rows)


def _across_units(unit: _Unit) -> GoodOfAll:
    if unit.status.counting is None:
        return 0, 0
    wrong = {item.task for item in unit.c.status.period_findings}
    return len(unit.tasks - wrong), len(unit.tasks)


def _readable_figures(unit: _Unit) -> GoodOfAll:
    kinds = {(table.name, item.name): item.type for table in unit.c.schema.tables for item in table.fields}
    figures = [item for item in unit.values if kinds.get((item.table, item.field), "text") != "text"]
    return sum(item.value is not None for item in figures), len(figures)


def _sources_named(unit: _Unit) -> GoodOfAll:
    told = [entry for entry in unit.indicators if entry.state == "reported"]
    return sum("source" in entry.values for entry in told), len(told)


MEASURES: dict[str, Callable[[_Unit], GoodOfAll]] = {
    "evidence": _evidence,
    "dates": _dates,
    "ratios": _ratios,
    "submitted": _submitted,
    "led_rows": _led_rows,
    "supporting_rows": _supporting_rows,
    "indicators": _indicators,
    "identifiers": _identifiers,
    "clean_cells": _clean_cells,
    "distinct": _distinct,
    "on_time": _on_time,
    "recent": _recent,
    "changed": _changed,
    "consistent_rows": _consistent_rows,
    "across_units": _across_units,
    "readable_figures": _readable_figures,
    "sources_named": _sources_named,
}
"""By the code that schemas/quality.yml uses."""


def scores(c: Consolidation, quality: Quality) -> tuple[Score, ...]:
    """The score of every unit in its order, and last of all together."""
    codes = [rule.code for principle in quality.principles for rule in principle.rules]
    found = []
    for report in c.units:
        unit = _unit(c, report.status)
        counts = {code: MEASURES[code](unit) for code in codes}
        found.append(_score(report.status.code, report.status.name, counts, quality))
    sums = {code: _sum(item.counts[code] for item in found) for code in codes}
    return (*found, _score("", "Toàn cơ quan", sums, quality))


def _sum(counts: Iterable[GoodOfAll]) -> GoodOfAll:
    every = list(counts)
    return sum(good for good, _ in every), sum(whole for _, whole in every)


def _score(unit: str, name: str, counts: Mapping[str, GoodOfAll], quality: Quality) -> Score:
    principles = {item.code: _principle(item, counts) for item in quality.principles}
    total = _weighed((principles[item.code], item.weight) for item in quality.principles)
    return Score(unit, name, counts, principles, total, _light(total, counts.get(quality.identifiers, (0, 0)), quality))


def _principle(principle: Principle, counts: Mapping[str, GoodOfAll]) -> float | None:
    return _weighed((share(counts[rule.code]), rule.weight) for rule in principle.rules)


def share(count: GoodOfAll) -> float | None:
    """Percent of good ones; None where there is nothing to count."""
    good, whole = count
    return 100 * good / whole if whole else None


def _weighed(parts: Iterable[tuple[float | None, float]]) -> float | None:
    """Σ(value × W) / ΣW over what could be measured."""
    known = [(value, weight) for value, weight in parts if value is not None and weight]
    weights = sum(weight for _, weight in known)
    return sum(value * weight for value, weight in known) / weights if weights else None


def _light(total: float | None, identifiers: GoodOfAll, quality: Quality) -> _Light:
    if total is None:
        return ""
    if identifiers[0] < identifiers[1] or round(total, 6) < quality.yellow:
        return "red"
    return "green" if round(total, 6) >= quality.green else "yellow"


def _unit(c: Consolidation, status: UnitStatus) -> _Unit:
    code = status.code
    led = [(row.task.code, entry) for row in c.tasks for entry in row.entries if entry.unit == code]
    led = [(task, entry) for task, entry in led if not _done_by_plan(c, task)]
    support = [(row.task.code, item) for row in c.tasks for item in row.contributions if item.unit == code]
    support = [(task, item) for task, item in support if not _done_by_plan(c, task)]
    earlier = c.earlier_periods[-1] if c.earlier_periods else None
    before = {
        row.task.code: entry
        for row in (earlier.tasks if earlier else ())
        for entry in row.entries
        if entry.unit == code
    }
    return _Unit(
        c=c,
        status=status,
        led=tuple(entry for _, entry in led),
        supported=len(support),
        answered=sum(item.state in ("text", "nothing") for _, item in support),
        tasks=frozenset(task for task, _ in (*led, *support)),
        indicators=tuple(entry for row in c.indicators for entry in row.entries if entry.unit == code),
        before=before,
        led_codes=tuple(task for task, _ in led),
    )


def _done_by_plan(c: Consolidation, code: str) -> bool:
    return any(task.code == code and task.done_before for task in c.plan.tasks)
