"""Fills in what follows from the texts of a plan: units, deadlines, targets, and codes for rows without one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, count

import attrs

from nq57xl.plan.deadlines import Deadline, Target
from nq57xl.plan.model import Plan
from nq57xl.plan.units import Resolver
from nq57xl.text.legacy import bare


def understand(plan: Plan, used: frozenset[str] = frozenset()) -> Plan:
    """The same plan with lead_units, support_units, deadline, targets and codes, for units too.

    Texts and stored codes stay; a row without a code gets one that is not among `used`, the codes of earlier rows.
    Groups are expanded; a lead is never among its own supporters. Pure and idempotent.
    """
    codes = _assign_codes([(unit.code, unit_code(unit.name)) for unit in plan.units])
    units = tuple(attrs.evolve(unit, code=code) for unit, code in zip(plan.units, codes, strict=True))
    resolver = Resolver(units, plan.groups)
    task_codes = _assign_codes(
        [(task.code, f"{_ascii(task.section) or 'X'}.{_ascii(task.subnumber or task.number)}") for task in plan.tasks],
        used,
    )
    indicator_codes = _assign_codes(
        [(item.code, f"CT.{item.group or 'X'}.{_ascii(item.number)}") for item in plan.indicators], used
    )
    return attrs.evolve(
        plan,
        units=units,
        tasks=tuple(
            attrs.evolve(
                task,
                code=code,
                deadline=Deadline.read(task.deadline.text, plan.properties.year, plan.properties.issued_on),
            ).led_by(resolver.resolve(task.lead).codes, resolver.resolve(task.support).codes)
            for task, code in zip(plan.tasks, task_codes, strict=True)
        ),
        indicators=tuple(
            attrs.evolve(
                item, code=code, target=Target.read(item.target.text), lead_units=resolver.resolve(item.lead).codes
            )
            for item, code in zip(plan.indicators, indicator_codes, strict=True)
        ),
    )


def _assign_codes(rows: Sequence[tuple[str, str]], used: frozenset[str] = frozenset()) -> list[str]:
    """A code for each (stored code, wanted code): the stored one, else the wanted one with a suffix while taken.

    Codes in `used` are taken too: a code that once named another row is never given again. A wanted code that ends in
    "." has no number of its own: it gets the next free one.
    """
    taken = {stored for stored, _ in rows if stored} | used
    codes = []
    for stored, wanted in rows:
        if wanted.endswith("."):
            tried: Iterator[str] = (f"{wanted}{number}" for number in count(1))
        else:
            tried = chain([wanted], (f"{wanted}-{number}" for number in count(2)))
        codes.append(stored or next(code for code in tried if code not in taken))
        taken.add(codes[-1])
    return codes


def unit_code(name: str) -> str:
    """A code from the initials of a unit's name: "Phòng Quản lý Đầu tư" is QLDT."""
    words = re.findall(r"[a-z0-9]+", bare(name).removeprefix("phong "))
    return "".join(word[0] if word.isalpha() else word for word in words if word != "va").upper() or "DV"


def _ascii(text: str) -> str:
    """The letters, digits and inner dots of a number as printed: codes are ASCII."""
    kept = "".join(letter for letter in bare(text).upper() if letter.isascii() and (letter.isalnum() or letter == "."))
    return kept.strip(".")
