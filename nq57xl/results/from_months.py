"""A quarter, half-year, nine months or year from its accepted monthly reports: each field by its rule; pure.

The rules stand in schemas/from_months.yml. A blank stays a blank, and what cannot follow from the months is named.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property

import attrs
from attrs import frozen

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
from nq57xl.xlsx.cells import plain_number


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


@frozen
class _MadeCell:
    """A cell of the longer period with the months' cells that it follows from."""

    value: Value
    parts: tuple[_MonthCell, ...]


_OF_THE_FORM = ("signoff", "reopen", "unchanged", "no_data_rest")
"""Tables that are said of one form: nobody signs, opens or states anything in advance."""
_IDLE = "not_arisen"


@frozen
class Months:
    """The monthly consolidations, oldest first, of which a longer period is made, by the plan of its last day."""

    plan: Plan
    period: Period
    schema: Schema
    rules: Mapping[str, Mapping[str, str]]
    """Table -> field ("*": every other one) -> rule."""
    months: Sequence[Consolidation]

    def consolidation(self) -> Consolidation:
        """The consolidation of the longer period.

        Its `traced` cells are those of the months; `status.period_findings` names months without a unit's report and
        figures that do not follow from the months.
        """
        asked = {unit.code: unit.name for month in self.months for unit in month.status.units}
        own_names = {unit.code: unit.name for unit in self.plan.units}
        names = {code: own_names.get(code) or asked.get(code, code) for code in self._told_by}
        made = {code: self._report(code) for code in names}
        units = tuple(self._unit(code, name, made[code][0]) for code, name in names.items())
        lacking = tuple(self._lacking(asked))
        status = PeriodStatus(
            plan_id=self.plan.properties.id,
            period=self.period.code,
            due=self.period.due,
            complete=not lacking and bool(units),
            units=units,
            unrecognised=(),
            period_findings=(*lacking, *(item for _, findings in made.values() for item in findings)),
        )
        whole = consolidate(self.plan, self.period, self.schema, status)
        own = {id(cell.value) for cells, _ in made.values() for cell in cells}
        carried = [cell for cell in whole.traced if id(cell.value) not in own and cell.source is not None]
        parts = []
        for code, part in ((code, part) for code, (cells, _) in made.items() for cell in cells for part in cell.parts):
            field = self.schema.find(part.value.table, part.value.field)
            name, contact = asked.get(part.unit, names[code]), field is not None and field.contact
            parts.append(TracedCell(code, name, part.value, part.source, contact))
        return attrs.evolve(whole, traced=(*parts, *carried), months=tuple(month.period.title for month in self.months))

    def prefilled(self) -> dict[str, tuple[Value, ...]]:
        """Unit -> what its months say together, for the entry cells of its form of the longer period.

        Each value names the months' cells (`stated`); the unit confirms it or changes it. What does not follow from the
        months stays blank.
        """
        return {code: tuple(self._entries(self._report(code)[0])) for code in self._told_by}

    def _entries(self, cells: Sequence[_MadeCell]) -> Iterator[Value]:
        """The values at the cells of a form: free rows from its first row on, texts within their limits."""
        free = {table.name for table in self.schema.tables if table.free}
        keys: dict[tuple[str, str], str] = {}
        texts = {cell.value.key for cell in cells if cell.value.field == "contribution"}
        for cell in cells:
            value, told = cell.value, cell.value.table
            unsaid = (told == "statement" and texts) or (value.field == "nothing" and value.key in texts)
            if told in _OF_THE_FORM or value.value is None or unsaid:
                continue
            if told in free:
                known = sum(table == told for table, _ in keys)
                keys.setdefault((told, value.key), f"{known + 1:02d}")
            limit = self.schema.table(told).field(value.field).max_length
            if isinstance(value.value, str) and len(value.value) > limit:
                text = f"…{value.value[1 - limit :]}"
                value = attrs.evolve(value, typed=text, value=text)
            key = keys.get((told, value.key), value.key)
            places = (
                f"{part.month.period.title} (tệp «{part.source.name}», trang «{part.value.sheet}», ô {part.value.cell})"
                for part in cell.parts
            )
            stated = f"{PREFILLED} báo cáo tháng: {'; '.join(places)}"
            yield attrs.evolve(value, key=key, sheet="", cell="", origin=None, stated=stated)

    @cached_property
    def _told_by(self) -> dict[str, tuple[str, ...]]:
        """Unit of the longer period -> whose months are its own: those that ended and passed their rows to it, itself.

        A unit that ended without anybody after it stays for itself.
        """
        succession = Succession(self.plan.units)
        told: dict[str, list[str]] = {}
        for code in dict.fromkeys(unit.code for month in self.months for unit in month.status.units):
            for heir in succession.on(code, self.period.cutoff):
                told.setdefault(heir, [])
                if heir != code:
                    told[heir].append(code)
        return {heir: (*before, heir) for heir, before in told.items()}

    def _lacking(self, names: Mapping[str, str]) -> Iterator[Finding]:
        """The months in which a unit that was asked has no accepted report."""
        for code, name in names.items():
            asked = [(month, _unit_in(month, code)) for month in self.months]
            missing = [month.period.title for month, unit in asked if unit is not None and unit.counting is None]
            if missing:
                yield make("MONTH_WITHOUT_UNIT", words={"unit": name, "value": ", ".join(missing)}, value=code)

    def _unit(self, code: str, name: str, cells: Sequence[_MadeCell]) -> UnitStatus:
        """The unit as its newest month shows it, with what the months say together as its one return."""
        known = [
            unit for month in self.months for own in self._told_by[code] if (unit := _unit_in(month, own)) is not None
        ]
        counting = [unit for unit in known if unit.counting is not None]
        last = counting[-1] if counting else known[-1]
        record: ReturnRecord | None = None
        if last.counting is not None:
            values = tuple(cell.value for cell in cells)
            judged = attrs.evolve(last.counting.judged, unit=code, verdict="accepted", values=values, findings=())
            record = attrs.evolve(last.counting, judged=judged)
        return attrs.evolve(
            last,
            code=code,
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

    def _report(self, code: str) -> tuple[list[_MadeCell], list[Finding]]:
        """What the months of a unit say together, and what does not follow from them."""
        rows: dict[tuple[str, str], dict[str, list[_MonthCell]]] = {}
        for cell in self._cells(self._told_by[code]):
            value = cell.value
            rows.setdefault((value.table, value.key), {}).setdefault(value.field, []).append(cell)
        indicators = {item.code: item for item in self.plan.indicators}
        cells: list[_MadeCell] = []
        findings: list[Finding] = []
        free = {table.name for table in self.schema.tables if table.free}
        for (table, key), fields in rows.items():
            if table in free:  # every month's row under a key of its own
                for cell in itertools.chain.from_iterable(fields.values()):
                    own_key = f"{cell.month.period.code}.{'' if cell.own else f'{cell.unit}.'}{cell.value.key}"
                    cells.append(_MadeCell(attrs.evolve(cell.value, key=own_key, origin=cell.source), (cell,)))
            elif table == "indicator" and key in indicators:
                found, told = self._indicator_cells(indicators[key], fields)
                cells += found
                findings += told
            else:
                cells += _row_cells(fields, self.rules.get(table, {}))
        return list(_unrepeated(cells, free)), findings

    def _cells(self, codes: Sequence[str]) -> Iterator[_MonthCell]:
        """Every cell that holds something in the accepted returns of those units, month by month."""
        for month in self.months:
            for code in codes:
                unit = _unit_in(month, code)
                if unit is not None and unit.counting is not None:
                    judged = unit.counting.judged
                    for value in judged.filled.values():
                        yield _MonthCell(month, code, code == codes[-1], value, value.origin or judged.source)

    def _indicator_cells(
        self, item: Indicator, fields: Mapping[str, Sequence[_MonthCell]]
    ) -> tuple[list[_MadeCell], list[Finding]]:
        """The figures by their kind; the words of every month; what does not follow from the months is named."""
        cells = [_joined(fields[name]) for name in fields if self.rules["indicator"].get(name) == "join"]
        figures = {name: fields[name] for name in ("numerator", "denominator", "value") if name in fields}
        words = {"row": f"{item.code} {item.indicator}"}
        place = {"table": "indicator", "task": item.code}
        if not figures:
            return cells + [_as_is(told) for told in fields.get("no_data", ())[-1:]], []
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
                # one that is no number leaves the last as it stands
                total = sum(float(held) for cell in told if isinstance(held := cell.value.value, int | float))
                last, typed = told[-1], plain_number(total)
                value = attrs.evolve(last.value, typed=typed, value=total, origin=last.source)
                cells.append(_MadeCell(value, tuple(told)))
                silent = [month.period.title for month in self.months if all(cell.month is not month for cell in told)]
                if silent:
                    findings.append(make("MONTHS_INCOMPLETE", words=words | {"value": ", ".join(silent)}, **place))
        unique = {(found.code, found.message): found for found in findings}
        return cells, list(unique.values())


def _unit_in(month: Consolidation, code: str) -> UnitStatus | None:
    return next((unit for unit in month.status.units if unit.code == code), None)


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
    titled = ((cell.month.period.title, cell.value.typed.strip()) for cell in told)
    text = "\n".join(f"{title[:1].upper()}{title[1:]}: {words}" for title, words in titled)
    last = told[-1]
    return _MadeCell(attrs.evolve(last.value, typed=text, value=text, origin=last.source), tuple(cells))


def _unrepeated(cells: Sequence[_MadeCell], free: Collection[str]) -> Iterator[_MadeCell]:
    """The cells without free rows that say word for word what an earlier month's row said."""
    rows: dict[tuple[str, str], list[_MadeCell]] = {}
    for cell in cells:
        rows.setdefault((cell.value.table, cell.value.key), []).append(cell)
    told: set[tuple[str, tuple[tuple[str, str], ...]]] = set()
    for (table, _), row in rows.items():
        words = (table, tuple(sorted((cell.value.field, fold(cell.value.typed)) for cell in row)))
        if table in free and words in told:
            continue
        told.add(words)
        yield from row
