"""The quality score by the six principles (domain.md 4.3): DQI = Σ(rule × W) / ΣW; pure.

Every measure counts good ones among all of its kind, for one unit, in the first return that it sent for the period: an
accepted one has no errors left and would say nothing of how carefully the unit reports. Where there is nothing to count
the rule does not weigh. The score of several units takes their counts together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Set
from functools import cached_property
from typing import Literal, NamedTuple, TypeVar

import attrs
from attrs import frozen

from nq57xl.forms.model import Value
from nq57xl.ledger.model import UnitStatus
from nq57xl.results.consolidation import consolidate
from nq57xl.results.model import Consolidation, Contribution, IndicatorEntry, LeadEntry
from nq57xl.returns.model import ReturnRecord
from nq57xl.rules.findings import Finding
from nq57xl.rules.load import Quality

_Item = TypeVar("_Item")
_Light = Literal["green", "yellow", "red", ""]
_Place = tuple[str, str | None]
"""Table and key of a row."""
_IDENTITY = ("ROW_MISSING", "COLUMN_MISSING", "SHEET_MISSING", "ROW_DUPLICATE", "RECOGNISED_BY_CONTENT")
DECIMALS = 1
"""Of a score as it is shown."""
_MOVING = ("percent", "result")


class GoodOfAll(NamedTuple):
    """What a rule has counted."""

    good: int = 0
    whole: int = 0

    @property
    def percent(self) -> float | None:
        """Percent of good ones; None where there is nothing to count."""
        return 100 * self.good / self.whole if self.whole else None


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
    """What the measures of one unit look at: its first return of the period, as it came in."""

    c: Consolidation
    """Of the first returns: what was put right since, or edited by the office, does not make a report better."""
    status: UnitStatus
    """As it stands now."""
    first: ReturnRecord | None

    @cached_property
    def led(self) -> dict[str, LeadEntry]:
        """Its entries by task, without tasks that the plan says are done."""
        return self._led_in(self.c)

    @cached_property
    def before(self) -> dict[str, LeadEntry]:
        """The same of the period before."""
        return self._led_in(self.c.earlier_periods[-1]) if self.c.earlier_periods else {}

    def _led_in(self, c: Consolidation) -> dict[str, LeadEntry]:
        entries = ((row.task, entry) for row in c.tasks for entry in row.entries if entry.unit == self.status.code)
        return {task.code: entry for task, entry in entries if not task.done_before}

    @cached_property
    def support(self) -> dict[str, Contribution]:
        """What it reported on tasks of others, by task."""
        told = ((row.task, item) for row in self.c.tasks for item in row.contributions)
        return {task.code: item for task, item in told if item.unit == self.status.code and not task.done_before}

    @cached_property
    def indicators(self) -> list[IndicatorEntry]:
        """What it reported on indicators."""
        return [entry for row in self.c.indicators for entry in row.entries if entry.unit == self.status.code]

    @cached_property
    def values(self) -> Collection[Value]:
        """Cells of the first return."""
        return self.first.judged.filled.values() if self.first is not None else ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """On the first return."""
        return self.first.judged.findings if self.first is not None else ()

    def rows(self, *tables: str) -> set[_Place]:
        """Rows of those tables in which something is typed."""
        return {(item.table, item.key) for item in self.values if item.table in tables}

    def rows_with(self, *codes: str) -> set[_Place]:
        """Rows with a finding of those codes."""
        return {(item.table, item.task) for item in self.findings if item.code in codes}

    def done(self) -> list[LeadEntry]:
        """Entries told as done in this period."""
        return [entry for entry in self.led.values() if entry.value("progress") == "done" and not entry.before]

    def days(self) -> list[dt.date]:
        """Days of completion and of evidence."""
        found = [entry.value(name) for entry in self.done() for name in ("completion_date", "evidence_date")]
        return [day for day in found if isinstance(day, dt.date)]


def _share_of(items: Collection[_Item], good: Callable[[_Item], object]) -> GoodOfAll:
    return GoodOfAll(sum(bool(good(item)) for item in items), len(items))


def _without(wrong: Set[object], rows: Set[object]) -> GoodOfAll:
    return GoodOfAll(len(rows - wrong), len(rows))


def _clean_cells(unit: _Unit) -> GoodOfAll:
    cells = {item.form_cell for item in unit.values}
    repaired = {(item.table, item.task, item.field) for item in unit.findings if item.severity == "repaired"}
    return GoodOfAll(len(cells - repaired), len(cells))


def _changed(unit: _Unit) -> GoodOfAll:
    under_way = [
        (entry, unit.before[code])
        for code, entry in unit.led.items()
        if code in unit.before and entry.progress == "in_progress" == unit.before[code].progress
    ]
    return _share_of(under_way, lambda pair: any(pair[0].value(name) != pair[1].value(name) for name in _MOVING))


def _readable_figures(unit: _Unit) -> GoodOfAll:
    kinds = {(table.name, item.name): item.type for table in unit.c.schema.tables for item in table.fields}
    figures = [item for item in unit.values if kinds.get((item.table, item.field), "text") != "text"]
    return _share_of(figures, lambda item: item.value is not None)


MEASURES: dict[str, Callable[[_Unit], GoodOfAll]] = {
    "evidence": lambda unit: _share_of(
        unit.done(),
        lambda entry: (
            entry.value("evidence_link")
            or (entry.value("evidence_number") and isinstance(entry.value("evidence_date"), dt.date))
        ),
    ),
    "dates": lambda unit: _share_of(unit.days(), lambda day: day <= unit.c.cutoff),
    "ratios": lambda unit: _without(
        unit.rows_with("RATIO_MISMATCH", "PART_OVER_WHOLE"),
        {(item.table, item.key) for item in unit.values if (item.table, item.field) == ("indicator", "numerator")},
    ),
    "submitted": lambda unit: GoodOfAll(int(unit.status.counting is not None), 1),
    "led_rows": lambda unit: _share_of(unit.led.values(), lambda entry: entry.reported),
    "supporting_rows": lambda unit: _share_of(unit.support.values(), lambda item: item.state in ("text", "nothing")),
    "indicators": lambda unit: _share_of(unit.indicators, lambda entry: entry.state in ("reported", "no_data")),
    "identifiers": lambda unit: _without(
        unit.rows_with(*_IDENTITY), {(item.table, item.key) for item in unit.values} | unit.rows_with(*_IDENTITY)
    ),
    "clean_cells": _clean_cells,
    "distinct": lambda unit: _without(
        unit.rows_with("DUPLICATE_ENTRY"), unit.rows(*(table.name for table in unit.c.schema.tables if table.free))
    ),
    "on_time": lambda unit: GoodOfAll(int(unit.status.counting is not None and bool(unit.status.on_time)), 1),
    "recent": lambda unit: _share_of(unit.days(), lambda day: unit.c.period.start <= day <= unit.c.cutoff),
    "changed": _changed,
    "consistent_rows": lambda unit: _without(
        unit.rows_with("CONTRADICTION"), unit.rows("led", "supporting", "indicator")
    ),
    "across_units": lambda unit: _without(
        {item.task for item in unit.c.status.period_findings},
        {*unit.led, *unit.support} if unit.status.counting is not None else set(),
    ),
    "readable_figures": _readable_figures,
    "sources_named": lambda unit: _share_of(
        [entry for entry in unit.indicators if entry.state == "reported"], lambda entry: "source" in entry.values
    ),
}
"""By the code that schemas/quality.yml uses."""


def scores(c: Consolidation, quality: Quality) -> tuple[Score, ...]:
    """The score of every unit in its order, and last of all together."""
    codes = [rule.code for principle in quality.principles for rule in principle.rules]
    units = tuple(attrs.evolve(item.status, counting=_first(item.status)) for item in c.units)
    first = consolidate(c.plan, c.period, c.schema, attrs.evolve(c.status, units=units))
    first = attrs.evolve(first, earlier_periods=c.earlier_periods)
    found = []
    for report in c.units:
        unit = _Unit(first, report.status, _first(report.status))
        counts = {code: MEASURES[code](unit) for code in codes}
        found.append(_score(report.status.code, report.status.name, counts, quality))
    sums = {code: GoodOfAll(*map(sum, zip(*(item.counts[code] for item in found), strict=True))) for code in codes}
    return (*found, _score("", "Toàn cơ quan", sums, quality))


def _score(unit: str, name: str, counts: Mapping[str, GoodOfAll], quality: Quality) -> Score:
    principles = {
        item.code: _weighed((counts[rule.code].percent, rule.weight) for rule in item.rules)
        for item in quality.principles
    }
    total = _weighed((principles[item.code], item.weight) for item in quality.principles)
    light: _Light = ""
    if total is not None:
        identifiers = counts.get(quality.identifiers, GoodOfAll())
        shown = round(total, DECIMALS)  # a score that reads 90,0 is one of 90
        light = "green" if shown >= quality.green else "yellow"
        if identifiers.good < identifiers.whole or shown < quality.yellow:
            light = "red"
    return Score(unit, name, counts, principles, total, light)


def _weighed(parts: Iterable[tuple[float | None, float]]) -> float | None:
    """Σ(value × W) / ΣW over what could be measured."""
    known = [(value, weight) for value, weight in parts if value is not None and weight]
    weights = sum(weight for _, weight in known)
    return sum(value * weight for value, weight in known) / weights if weights else None


def _first(status: UnitStatus) -> ReturnRecord | None:
    """The first return; of a period that an earlier program closed, which did not keep it, the one that counts."""
    return status.first or status.counting
