"""The plan as it holds on a day: units by the name they have then, rows with the unit that then goes on with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

import attrs

from nq57xl.records.plan import Plan, Task, Unit


def in_force(plan: Plan, day: dt.date) -> Plan:
    """The plan with every unit's name of that day, and leads, supports, groups and gatherer that exist on it.

    A unit that has ended is replaced by its successors, one that has not begun by those it will succeed; where there
    is none it stays, and lint tells the office. Texts of the plan stay as printed.
    """
    succession = Succession(plan.units)
    units = tuple(attrs.evolve(unit, name=unit_name_on(unit, day)) for unit in plan.units)
    gatherer = plan.properties.gatherer
    return attrs.evolve(
        plan,
        properties=attrs.evolve(plan.properties, gatherer=next(iter(succession.on(gatherer, day)), gatherer)),
        units=units,
        groups=tuple(attrs.evolve(group, members=succession.all_on(group.members, day)) for group in plan.groups),
        tasks=tuple(_task_on(task, succession, day) for task in plan.tasks),
        indicators=tuple(
            attrs.evolve(item, lead_units=succession.all_on(item.lead_units, day)) for item in plan.indicators
        ),
    )


def with_present(earlier: Plan, present: Plan) -> Plan:
    """An earlier version of the plan with what the office keeps for itself as it is now.

    Those are the settings, the dated names, and of each unit its e-mail, validity, successors and former names; units
    that came later are there too, since the rows of the earlier version may have passed to them.
    """
    units = {unit.code: unit for unit in present.units}
    own = earlier.properties
    names = {
        name: getattr(present.properties, name) or getattr(own, name)
        for name in ("agency", "parent", "recipient", "place")
    }
    old = tuple(units.pop(unit.code, unit) for unit in earlier.units)
    return attrs.evolve(
        earlier,
        properties=attrs.evolve(own, **names),
        units=(*old, *units.values()),
        settings=present.settings,
    )


def _task_on(task: Task, succession: Succession, day: dt.date) -> Task:
    leads = succession.all_on(task.lead_units, day)
    supports = succession.all_on(task.support_units, day)
    return attrs.evolve(task, lead_units=leads, support_units=tuple(code for code in supports if code not in leads))


def unit_name_on(unit: Unit, day: dt.date) -> str:
    """The unit's name on that day: the first of its former names that still held then, else its present one."""
    held = [item for item in unit.former_names if item.valid_to is not None and item.valid_to >= day]
    return min(held, key=lambda item: item.valid_to or day).name if held else unit.name


def ended(unit: Unit, day: dt.date) -> bool:
    """The unit's last day lies before that day."""
    return unit.valid_to is not None and unit.valid_to < day


class Succession:
    """Who comes after whom."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self._units = {unit.code: unit for unit in units}

    def all_on(self, codes: Iterable[str], day: dt.date) -> tuple[str, ...]:
        """Those units, or who stands for them on that day; each once."""
        return tuple(dict.fromkeys(found for code in codes for found in self.on(code, day)))

    def on(self, code: str, day: dt.date) -> tuple[str, ...]:
        """The unit itself when it exists on that day or is unknown, else who stands for it; itself when nobody does."""
        unit = self._units.get(code)
        if unit is None:
            return (code,)
        if ended(unit, day):
            return tuple(self._walk(code, day, forward=True)) or (code,)
        if unit.valid_from is not None and unit.valid_from > day:
            return tuple(self._walk(code, day, forward=False)) or (code,)
        return (code,)

    def predecessors(self, code: str, day: dt.date) -> tuple[str, ...]:
        """Units that had ended by that day and whose rows came to this one, the nearest first."""
        found: dict[str, None] = {}
        waiting = [code]
        while waiting:
            one = waiting.pop(0)
            before = [item for item in self._before(one) if item != code and item not in found]
            before = [item for item in before if ended(self._units[item], day)]
            waiting += before
            found |= dict.fromkeys(before)
        return tuple(found)

    def _walk(self, code: str, day: dt.date, *, forward: bool) -> Iterator[str]:
        """Units that exist on the day, along the successors or against them; each once, in order."""
        seen, waiting = {code}, [code]
        while waiting:
            unit = self._units[waiting.pop(0)]
            near = unit.successors if forward else self._before(unit.code)
            for other in near:
                if other in seen or other not in self._units:
                    continue
                seen.add(other)
                if self._exists(other, day):
                    yield other
                else:
                    waiting.append(other)

    def _before(self, code: str) -> tuple[str, ...]:
        return tuple(unit.code for unit in self._units.values() if code in unit.successors)

    def _exists(self, code: str, day: dt.date) -> bool:
        unit = self._units[code]
        return not ended(unit, day) and (unit.valid_from is None or unit.valid_from <= day)
