"""A quarter, half-year, nine months or year from its accepted monthly reports: each field by its rule; pure.

The rules stand in schemas/from_months.yml. A blank stays a blank, and what cannot follow from the months is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs
from attrs import field, frozen

from nq57xl.forms.model import PREFILLED, Source, Value
from nq57xl.ledger.model import PeriodStatus, UnitStatus
from nq57xl.plan.model import Indicator, Period, Plan
from nq57xl.plan.units import Succession
from nq57xl.results.consolidation import consolidate
from nq57xl.results.model import Consolidation, TracedCell
from nq57xl.returns.model import ReturnRecord
from nq57xl.rules.findings import Finding, make
from nq57xl.rules.schema import Schema
from nq57xl.text.legacy import fold

_MonthRules = Mapping[str, Mapping[str, str]]
"""Table -> field ("*": every other one) -> rule."""


@frozen
class _MonthCell:
    """One cell of one month."""

    month: Consolidation
    unit: str
    """Code of the unit that told it then."""
    own: bool
    """False: that unit has ended since, and its rows have passed on."""
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
    plan: Plan, period: Period, schema: Schema, rules: _MonthRules, months: Sequence[Consolidation]
) -> Consolidation:
    """The consolidation of a longer period from those of its months, oldest first, by the plan of its last day.

    Its `traced` cells are those of the months; `status.period_findings` names months without a unit's report and
    figures that do not follow from the months.
    """
    told = _told_by(plan, period, months)
    asked = {unit.code: unit.name for month in months for unit in month.status.units}
    names = {code: asked.get(code, code) for code in told} | {
        unit.code: unit.name for unit in plan.units if unit.code in told
    }
    made = {code: _report(plan, schema, rules, months, told[code]) for code in names}
    units = tuple(_unit(months, told[code], names[code], made[code]) for code in names)
    lacking = tuple(_lacking(months, asked))
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
    own = {id(cell.value) for report in made.values() for cell in report.cells}
    carried = [cell for cell in whole.traced if id(cell.value) not in own and cell.source is not None]
    parts = [
        TracedCell(code, asked.get(part.unit, names[code]), part.value, part.source, _contact(schema, part.value))
        for code in names
        for cell in made[code].cells
        for part in cell.parts
    ]
    return attrs.evolve(whole, traced=(*parts, *carried), months=tuple(month.period.title for month in months))


_OF_THE_FORM = ("signoff", "reopen", "unchanged", "no_data_rest")
"""Tables that are said of one form: nobody signs, opens or states anything in advance."""


def prefilled_values(
    plan: Plan, period: Period, schema: Schema, rules: _MonthRules, months: Sequence[Consolidation]
) -> dict[str, tuple[Value, ...]]:
    """Unit -> what its months say together, for the entry cells of its form of the longer period.

    Each value names the months' cells (`stated`); the unit confirms it or changes it. What does not follow from the
    months stays blank.
    """
    told = _told_by(plan, period, months)
    return {code: tuple(_entries(schema, _report(plan, schema, rules, months, told[code]))) for code in told}


def _entries(schema: Schema, report: _MadeReport) -> Iterator[Value]:
    """The values at the cells of a form: free rows from its first row on, texts within their limits."""
    free = {table.name for table in schema.tables if table.free}
    keys: dict[tuple[str, str], str] = {}
    texts = {cell.value.key for cell in report.cells if cell.value.field == "contribution"}
    for cell in report.cells:
        value, told = cell.value, cell.value.table
        unsaid = (told == "statement" and texts) or (value.field == "nothing" and value.key in texts)
        if told in _OF_THE_FORM or value.value is None or unsaid:
            continue
        if told in free:
            known = sum(table == told for table, _ in keys)
            keys.setdefault((told, value.key), f"{known + 1:02d}")
        limit = schema.table(told).field(value.field).max_length
        if isinstance(value.value, str) and len(value.value) > limit:
            text = f"…{value.value[1 - limit :]}"
            value = attrs.evolve(value, typed=text, value=text)
        key = keys.get((told, value.key), value.key)
        yield attrs.evolve(value, key=key, sheet="", cell="", origin=None, stated=_months_words(cell.parts))


def _months_words(parts: Sequence[_MonthCell]) -> str:
    places = (
        f"{part.month.period.title} (tệp «{part.source.name}», trang «{part.value.sheet}», ô {part.value.cell})"
        for part in parts
    )
    return f"{PREFILLED} báo cáo tháng: {'; '.join(places)}"


def _told_by(plan: Plan, period: Period, months: Sequence[Consolidation]) -> dict[str, tuple[str, ...]]:
    """Unit of the longer period -> whose months are its own: units that ended and passed their rows to it, then itself.

    A unit that ended without anybody after it stays for itself.
    """
    succession = Succession(plan.units)
    told: dict[str, list[str]] = {}
    for code in dict.fromkeys(unit.code for month in months for unit in month.status.units):
        for heir in succession.on(code, period.cutoff):
            told.setdefault(heir, [])
            if heir != code:
                told[heir].append(code)
    return {heir: (*before, heir) for heir, before in told.items()}


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


def _unit(months: Sequence[Consolidation], codes: Sequence[str], name: str, report: _MadeReport) -> UnitStatus:
    """The unit as its newest month shows it, with what the months say together as its one return.

    `codes`: it comes last, after those whose rows it took over.
    """
    known = [unit for month in months for code in codes if (unit := _unit_in(month, code)) is not None]
    counting = [unit for unit in known if unit.counting is not None]
    last = counting[-1] if counting else known[-1]
    record: ReturnRecord | None = None
    if last.counting is not None:
        values = tuple(cell.value for cell in report.cells)
        judged = attrs.evolve(last.counting.judged, unit=codes[-1], verdict="accepted", values=values, findings=())
        record = attrs.evolve(last.counting, judged=judged)
    return attrs.evolve(
        last,
        code=codes[-1],
        name=name,
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


def _report(
    plan: Plan, schema: Schema, rules: _MonthRules, months: Sequence[Consolidation], codes: Sequence[str]
) -> _MadeReport:
    rows: dict[tuple[str, str], dict[str, list[_MonthCell]]] = {}
    for cell in _cells(months, codes):
        value = cell.value
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


def _cells(months: Sequence[Consolidation], codes: Sequence[str]) -> Iterator[_MonthCell]:
    """Every cell that holds something in the accepted returns of those units, month by month."""
    for month in months:
        for code in codes:
            unit = _unit_in(month, code)
            if unit is not None and unit.counting is not None:
                judged = unit.counting.judged
                for value in judged.filled.values():
                    yield _MonthCell(month, code, code == codes[-1], value, value.origin or judged.source)


def _row_cells(fields: Mapping[str, Sequence[_MonthCell]], rules: Mapping[str, str]) -> Iterator[_MadeCell]:
    """State from the last month that says anything of the row, as one unit said it, text of every month.

    A month in which the row did not arise tells the state only where it arose in none.
    """
    told = [cell for cells in fields.values() for cell in cells]
    idle = {(cell.month.period.code, cell.unit) for cell in fields.get("progress", ()) if cell.value.value == _IDLE}
    arisen = [cell for cell in told if (cell.month.period.code, cell.unit) not in idle]
    newest = max(arisen or told, key=lambda cell: (cell.month.period.cutoff, cell.own))
    for name, cells in fields.items():
        if rules.get(name, rules.get("*", "last")) == "join":
            yield _joined(cells)
        else:
            same = [cell for cell in cells if cell.month is newest.month and cell.unit == newest.unit]
            yield from map(_as_is, same[-1:])


_IDLE = "not_arisen"


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
            whose = "" if cell.own else f"{cell.unit}."
            key = f"{cell.month.period.code}.{whose}{cell.value.key}"
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
