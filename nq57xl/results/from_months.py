"""A quarter, half-year, nine months or year from its accepted monthly reports: each field by its rule; pure.

The rules stand in schemas/from_months.yml. A blank stays a blank, and what cannot follow from the months is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs
from attrs import field, frozen

from nq57xl.forms.values import Source, Value
from nq57xl.ledger.model import PeriodStatus, UnitStatus
from nq57xl.plan.model import Indicator, Period, Plan
from nq57xl.results.consolidation import Consolidation, TracedCell, consolidate
from nq57xl.returns.model import JudgedReturn, ReturnRecord
from nq57xl.rules.findings import Finding, make
from nq57xl.rules.schema import Schema
from nq57xl.text.legacy import fold

MonthRules = Mapping[str, Mapping[str, str]]
"""Table -> field ("*": every other one) -> rule."""


@frozen
class _MonthCell:
    """One cell of one month."""

    month: Consolidation
    value: Value
    source: Source

    @property
    def number(self) -> float | None:
        """What it holds, where that is a number."""
        return float(self.value.value) if isinstance(self.value.value, int | float) else None


@frozen
class _MadeCell:
    """A cell of the longer period with the months' cells that it follows from."""

    value: Value
    parts: tuple[_MonthCell, ...]


@frozen
class _MadeReport:
    """What a unit's months say together."""

    cells: tuple[_MadeCell, ...] = ()
    findings: tuple[Finding, ...] = field(factory=tuple)


def from_months(
    plan: Plan, period: Period, schema: Schema, rules: MonthRules, months: Sequence[Consolidation]
) -> Consolidation:
    """The consolidation of a longer period from those of its months, oldest first, by the plan of its last day.

    Its `traced` cells are those of the months; `status.period_findings` names months without a unit's report and
    figures that do not follow from the months.
    """
    names = {unit.code: unit.name for month in months for unit in month.status.units}
    made = {code: _report(plan, schema, rules, months, code) for code in names}
    units = tuple(_unit(months, code, made[code]) for code in names)
    lacking = tuple(_lacking(months, names))
    status = PeriodStatus(
        plan_id=plan.properties.id,
        period=period.code,
        due=period.due,
        complete=not lacking and bool(units),
        units=units,
        unrecognised=(),
        period_findings=(*lacking, *(item for code in names for item in made[code].findings)),
    )
    whole = consolidate(plan, period, schema, status)
    before = [cell for cell in whole.traced if not any(cell.value is made.value for made in _all(made))]
    carried = [cell for cell in before if cell.source is not None]
    parts = [
        TracedCell(code, names[code], part.value, part.source, _contact(schema, part.value))
        for code in names
        for cell in made[code].cells
        for part in cell.parts
    ]
    return attrs.evolve(whole, traced=(*parts, *carried))


def _all(made: Mapping[str, _MadeReport]) -> list[_MadeCell]:
    return [cell for report in made.values() for cell in report.cells]


def _contact(schema: Schema, value: Value) -> bool:
    return any(item.contact for item in schema.table(value.table).fields if item.name == value.field)


def _unit_in(month: Consolidation, code: str) -> UnitStatus | None:
    return next((unit for unit in month.status.units if unit.code == code), None)


def _lacking(months: Sequence[Consolidation], names: Mapping[str, str]) -> Iterator[Finding]:
    """The months in which a unit that was asked has no accepted report."""
    for code, name in names.items():
        asked = [(month, _unit_in(month, code)) for month in months]
        missing = [month.period.title for month, unit in asked if unit is not None and unit.counting is None]
        if missing:
            yield make("MONTH_WITHOUT_UNIT", words={"unit": name, "value": ", ".join(missing)}, value=code)


def _unit(months: Sequence[Consolidation], code: str, report: _MadeReport) -> UnitStatus:
    """The unit as its newest month shows it, with what the months say together as its one return."""
    known = [unit for month in months if (unit := _unit_in(month, code)) is not None]
    counting = [unit for unit in known if unit.counting is not None]
    last = counting[-1] if counting else known[-1]
    record: ReturnRecord | None = None
    if last.counting is not None:
        judged = attrs.evolve(
            last.counting.judged, verdict="accepted", values=tuple(cell.value for cell in report.cells), findings=()
        )
        record = attrs.evolve(last.counting, judged=judged)
    return attrs.evolve(
        last,
        state="accepted" if record else "missing",
        on_time=all(unit.on_time for unit in counting) if record else None,
        days_late=max((unit.days_late for unit in counting), default=0),
        errors=0,
        warnings=0,
        counting=record,
        newest=record,
        first=record,
        carried=known[0].carried,
        excluded=(),
        attempts=(),
    )


def _report(plan: Plan, schema: Schema, rules: MonthRules, months: Sequence[Consolidation], code: str) -> _MadeReport:
    rows: dict[tuple[str, str], dict[str, list[_MonthCell]]] = {}
    for month in months:
        unit = _unit_in(month, code)
        judged: JudgedReturn | None = unit.counting.judged if unit is not None and unit.counting is not None else None
        for value in judged.values if judged is not None else ():
            if value.typed.strip() or value.value is not None:
                cell = _MonthCell(month, value, value.origin or judged.source)  # type: ignore[union-attr]
                rows.setdefault((value.table, value.key), {}).setdefault(value.field, []).append(cell)
    indicators = {item.code: item for item in plan.indicators}
    cells: list[_MadeCell] = []
    findings: list[Finding] = []
    free = {table.name for table in schema.tables if table.free}
    for (table, key), fields in rows.items():
        if table in free:
            cells += _free_cells(fields)
        elif table == "indicator" and key in indicators:
            found, told = _indicator_cells(indicators[key], fields, months, rules[table])
            cells += found
            findings += told
        else:
            cells += _row_cells(fields, rules.get(table, {}))
    return _MadeReport(tuple(_unrepeated(cells)), tuple(findings))


def _row_cells(fields: Mapping[str, Sequence[_MonthCell]], rules: Mapping[str, str]) -> Iterator[_MadeCell]:
    """State from the last month that says anything of the row, text of every month."""
    newest = max(cell.month.period.cutoff for cells in fields.values() for cell in cells)
    for name, cells in fields.items():
        if rules.get(name, rules.get("*", "last")) == "join":
            yield _joined(cells)
        elif cells[-1].month.period.cutoff == newest:
            yield _as_is(cells[-1])


def _as_is(cell: _MonthCell) -> _MadeCell:
    return _MadeCell(attrs.evolve(cell.value, origin=cell.source), (cell,))


def _joined(cells: Sequence[_MonthCell]) -> _MadeCell:
    """Each month's text once, under its month where there are several."""
    distinct: dict[str, _MonthCell] = {}
    for cell in cells:
        distinct.setdefault(fold(cell.value.typed), cell)
    told = list(distinct.values())
    if len(told) == 1:
        return attrs.evolve(_as_is(told[0]), parts=tuple(cells))
    text = "\n".join(f"{_capital(cell.month.period.title)}: {cell.value.typed.strip()}" for cell in told)
    last = told[-1]
    return _MadeCell(attrs.evolve(last.value, typed=text, value=text, origin=last.source), tuple(cells))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _free_cells(fields: Mapping[str, Sequence[_MonthCell]]) -> Iterator[_MadeCell]:
    """Every month's row under a key of its own."""
    for cells in fields.values():
        for cell in cells:
            key = f"{cell.month.period.code}.{cell.value.key}"
            yield _MadeCell(attrs.evolve(cell.value, key=key, origin=cell.source), (cell,))


def _unrepeated(cells: Sequence[_MadeCell]) -> Iterator[_MadeCell]:
    """The cells without free rows that say word for word what an earlier month's row said."""
    rows: dict[tuple[str, str], list[_MadeCell]] = {}
    for cell in cells:
        rows.setdefault((cell.value.table, cell.value.key), []).append(cell)
    told: set[tuple[str, tuple[tuple[str, str], ...]]] = set()
    for (table, key), row in rows.items():
        words = (table, tuple(sorted((cell.value.field, fold(cell.value.typed)) for cell in row)))
        if key.startswith("20") and words in told:
            continue
        told.add(words)
        yield from row


def _indicator_cells(
    item: Indicator,
    fields: Mapping[str, Sequence[_MonthCell]],
    months: Sequence[Consolidation],
    rules: Mapping[str, str],
) -> tuple[list[_MadeCell], list[Finding]]:
    """The figures by their kind; the words of every month; what does not follow from the months is named."""
    cells = [_joined(fields[name]) for name in fields if rules.get(name) == "join"]
    figures = {name: fields[name] for name in ("numerator", "denominator", "value") if name in fields}
    words = {"row": f"{item.code} {item.indicator}"}
    place = {"table": "indicator", "task": item.code}
    if not figures:
        return cells + [_as_is(fields["no_data"][-1])] * ("no_data" in fields), []
    if not item.kind and item.measure != "choice":
        return cells, [make("MONTHS_KIND_UNKNOWN", words=words, **place)]
    findings: list[Finding] = []
    ratio = "numerator" in figures and "denominator" in figures
    if ratio:
        figures.pop("value", None)
    for name, told in figures.items():
        kind = item.kind_of(name)
        if kind != "flow":
            cells.append(_as_is(told[-1]))
        elif name == "value" and item.measure != "number":
            findings.append(make("MONTHS_RATIO_WITHOUT_PARTS", words=words, **place))
        else:
            cells.append(_summed(told))
            silent = [month.period.title for month in months if all(cell.month is not month for cell in told)]
            if silent:
                findings.append(make("MONTHS_INCOMPLETE", words=words | {"value": ", ".join(silent)}, **place))
    unique = {(found.code, found.message): found for found in findings}
    return cells, list(unique.values())


def _summed(cells: Sequence[_MonthCell]) -> _MadeCell:
    """The sum of the months' figures; one of them that is no number leaves the last as it stands."""
    numbers = [cell.number for cell in cells]
    last = cells[-1]
    total = sum(number for number in numbers if number is not None)
    text = f"{total:.10g}".replace(".", ",")
    return _MadeCell(attrs.evolve(last.value, typed=text, value=total, origin=last.source), tuple(cells))
