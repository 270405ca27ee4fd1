"""Numbers of a plan: twice in one section, or left out between two rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from nq57xl.plan.importer.words import roman, roman_value
from nq57xl.plan.linter import Linter
from nq57xl.records.findings import Finding
from nq57xl.records.plan import Indicator, Task
from nq57xl.text.normalise import fold


def numbers(linter: Linter) -> Iterator[Finding]:
    """Sections, tasks with their sub-tasks, indicators: each by its own numbering."""
    plan = linter.plan
    for table, headings in (("sections", plan.sections), ("indicator_groups", plan.indicator_groups)):
        yield from _headings(linter, table, [item.number for item in headings])
    yield from _rows(linter, "tasks", plan.tasks)
    yield from _rows(linter, "indicators", plan.indicators)


def _headings(linter: Linter, table: str, printed: Sequence[str]) -> Iterator[Finding]:
    counts = Counter(fold(number) for number in printed)
    values = [roman_value(number) for number in printed]
    free = roman(max((value or 0 for value in values), default=0) + 1)
    for index, number in enumerate(printed):
        if number and counts[fold(number)] > 1:
            yield linter.make("PLAN_NUMBER_DUPLICATE", table, index, "number", value=number, proposal=free)
        before, value = (values[index - 1] if index else 0), values[index]
        if before is not None and value is not None and value > before + 1:
            missing = ", ".join(roman(item) for item in range(before + 1, value))
            words = {"before": printed[index - 1] if index else "đầu", "proposal": missing}
            yield linter.make("PLAN_NUMBER_MISSING", table, index, "number", value=number, **words)


def _rows(linter: Linter, table: str, rows: Sequence[Task | Indicator]) -> Iterator[Finding]:
    keys = [_key(row) for row in rows]
    counts = Counter(keys)
    texts: dict[Any, set[str]] = {}
    for key, row in zip(keys, rows, strict=True):
        texts.setdefault(key, set()).add(fold(_text(row)))
    last, section = 0, None
    for index, (key, row) in enumerate(zip(keys, rows, strict=True)):
        # rows of one printed task share its number: only different tasks under one number are told
        if row.number and counts[key] > 1 and len(texts[key]) > 1:
            free = str(max(_whole(item.number) or 0 for item in rows if _section(item) == _section(row)) + 1)
            shown = key[2] or row.number
            yield linter.make("PLAN_NUMBER_DUPLICATE", table, index, "number", value=shown, proposal=free)
        value = _whole(row.number)
        starts_anew = section != _section(row) and value == 1
        if value is not None and not starts_anew and value > last + 1:
            missing = ", ".join(str(item) for item in range(last + 1, min(value, last + 6)))
            words = {"before": last or "đầu", "proposal": missing}
            yield linter.make("PLAN_NUMBER_MISSING", table, index, "number", value=row.number, **words)
        section = _section(row)
        last = value if value is not None else last


def _key(row: Task | Indicator) -> tuple[str, str, str]:
    subnumber = (row.subnumber or "") if isinstance(row, Task) else ""
    return _section(row), fold(row.number), fold(subnumber)


def _section(row: Task | Indicator) -> str:
    return row.section if isinstance(row, Task) else row.group


def _text(row: Task | Indicator) -> str:
    return row.task if isinstance(row, Task) else row.indicator


def _whole(number: str) -> int | None:
    """The number as a whole one; None for any other."""
    plain = number.strip(" .)")
    return int(plain) if plain.isdecimal() and len(plain) < 5 else None
