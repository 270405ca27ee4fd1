"""Fills in what follows from the texts of a plan: units, deadlines, targets, and codes for rows without one."""

from __future__ import annotations

import re
from collections.abc import Iterable

import attrs

from nq57xl.plan.deadlines import parse_deadline
from nq57xl.plan.model import Comparator, Indicator, Plan, Properties, Target, Task, Unit
from nq57xl.plan.units import Resolver
from nq57xl.text.legacy import bare, fold, one_line

_COMPARATORS: tuple[tuple[str, Comparator], ...] = (
    (r">=|=>|≥|⩾|từ|tối thiểu|ít nhất|không dưới|không thấp hơn|không ít hơn|thấp nhất|phấn đấu đạt|đạt từ", ">="),
    (r"<=|=<|≤|⩽|tối đa|không quá|không vượt quá|nhiều nhất|không cao hơn|không lớn hơn", "<="),
    (r">|trên|hơn|lớn hơn|cao hơn|vượt", ">"),
    (r"<|dưới|nhỏ hơn|thấp hơn|ít hơn", "<"),
    (r"=|bằng", "="),
)
_LEAD_IN = r"(?:(?:phấn đấu|đạt|hoàn thành|tỷ lệ|tỉ lệ|có|được|là)\s+)*"
_NUMBER = r"\d+(?:[.,]\d+)*"
_WHOLE = re.compile(
    rf"{_LEAD_IN}(?P<comparator>{'|'.join(words for words, _ in _COMPARATORS)})?\s*{_LEAD_IN}"
    rf"(?P<number>{_NUMBER})\s*(?P<percent>%|phần trăm)?\s*(?P<rest>[^\d%]*)",
)
_LONGEST = 300
"""A longer text is a paragraph, not a target."""
_MAX_DIGITS = 20
_OR_MORE = re.compile(r"(?:trở lên|hoặc hơn)\W*$")
_OR_LESS = re.compile(r"(?:trở xuống|hoặc ít hơn)\W*$")
_GROUPED = re.compile(r"\d{1,3}(?:\.\d{3}){2,}(?:,\d+)?|\d{1,3}(?:\.\d{3})+,\d+")
_SINGLE_GROUP = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


def parse_target(text: str) -> Target:
    """Comparator, number and unit of a target; percentages are fractions. Never raises.

    A bare number compares as ">=" (contract); "Có" has the comparator "=" and no value. A text of another shape, or
    a number that can be read in two ways ("1.234"), keeps comparator and value None: lint reports it.
    """
    shown = one_line(text)
    key = fold(shown).rstrip(" .;")
    if key == "có":
        return Target(shown, "=")
    match = _WHOLE.fullmatch(key) if len(key) <= _LONGEST else None
    value = _number(match["number"]) if match else None
    if match is None or value is None:
        return Target(shown)
    rest = match["rest"].strip()
    comparator = _comparator(match["comparator"], rest)
    if match["percent"]:
        return Target(shown, comparator, round(value / 100, 12), "%")
    return Target(shown, comparator, value, _unit(shown, rest))


def _comparator(words: str | None, rest: str) -> Comparator:
    if _OR_LESS.search(rest):
        return "<="
    if words is None or _OR_MORE.search(rest):
        return ">="
    return next(sign for pattern, sign in _COMPARATORS if re.fullmatch(pattern, words))


def _number(text: str) -> float | None:
    """The number as written here: decimal comma, dots between groups; None when it can be read in two ways."""
    if _SINGLE_GROUP.fullmatch(text) or len(text) > _MAX_DIGITS:
        return None
    if _GROUPED.fullmatch(text):
        text = text.replace(".", "")
    if text.count(".") + text.count(",") > 1:
        return None
    return float(text.replace(",", "."))


def _unit(shown: str, rest: str) -> str:
    """The words after the number, in the letters of the text itself."""
    rest = _OR_LESS.sub("", _OR_MORE.sub("", rest)).strip(" .;")
    if not rest:
        return ""
    last = max(index for index, letter in enumerate(shown) if letter.isdigit())
    own = shown[last + 1 :].strip(" .;")
    return own[: len(rest)].strip()


def understand(plan: Plan, used: frozenset[str] = frozenset()) -> Plan:
    """The same plan with lead_units, support_units, deadline, targets and codes, for units too.

    Texts and stored codes stay; a row without a code gets one that is not among `used`, the codes of earlier rows.
    Groups are expanded; a lead is never among its own supporters. Pure and idempotent.
    """
    plan = attrs.evolve(plan, units=_with_codes(plan.units))
    resolver = Resolver(plan.units, plan.groups)
    task_codes = assign_codes([(task.code, _task_base(task)) for task in plan.tasks], used)
    indicator_codes = assign_codes(
        [(item.code, f"CT.{item.group or 'X'}.{_ascii(item.number)}") for item in plan.indicators], used
    )
    return attrs.evolve(
        plan,
        tasks=tuple(
            _understand_task(attrs.evolve(task, code=code), resolver, plan.properties)
            for task, code in zip(plan.tasks, task_codes, strict=True)
        ),
        indicators=tuple(
            _understand_indicator(attrs.evolve(item, code=code), resolver)
            for item, code in zip(plan.indicators, indicator_codes, strict=True)
        ),
    )


def assign_codes(rows: Iterable[tuple[str, str]], used: frozenset[str] = frozenset()) -> list[str]:
    """A code for each (stored code, wanted code): the stored one, else the wanted one with a suffix while taken.

    Codes in `used` are taken too: a code that once named another row is never given again.

    A wanted code that ends in "." has no number of its own: it gets the next free one.
    """
    rows = list(rows)
    taken = {stored for stored, _ in rows if stored} | used
    codes = []
    for stored, wanted in rows:
        code = stored or _free(wanted, taken)
        taken.add(code)
        codes.append(code)
    return codes


def _free(wanted: str, taken: set[str]) -> str:
    numbered = wanted.endswith(".")
    if not numbered and wanted not in taken:
        return wanted
    number = 1 if numbered else 2
    joint = "" if numbered else "-"
    while f"{wanted}{joint}{number}" in taken:
        number += 1
    return f"{wanted}{joint}{number}"


def _with_codes(units: tuple[Unit, ...]) -> tuple[Unit, ...]:
    codes = assign_codes([(unit.code, unit_code(unit.name)) for unit in units])
    return tuple(attrs.evolve(unit, code=code) for unit, code in zip(units, codes, strict=True))


def unit_code(name: str) -> str:
    """A code from the initials of a unit's name: "Phòng Quản lý Đầu tư" is QLDT."""
    words = re.findall(r"[a-z0-9]+", bare(name).removeprefix("phong "))
    return "".join(word[0] if word.isalpha() else word for word in words if word != "va").upper() or "DV"


def _task_base(task: Task) -> str:
    return f"{_ascii(task.section) or 'X'}.{_ascii(task.subnumber or task.number)}"


def _ascii(text: str) -> str:
    """The letters, digits and inner dots of a number as printed: codes are ASCII."""
    kept = "".join(letter for letter in bare(text).upper() if letter.isascii() and (letter.isalnum() or letter == "."))
    return kept.strip(".")


def _understand_task(task: Task, resolver: Resolver, properties: Properties) -> Task:
    leads = resolver.resolve(task.lead).codes
    supports = resolver.resolve(task.support).codes
    return attrs.evolve(
        task,
        lead_units=leads,
        support_units=tuple(code for code in supports if code not in leads),
        deadline=parse_deadline(task.deadline.text, properties.year, properties.issued_on),
    )


def _understand_indicator(item: Indicator, resolver: Resolver) -> Indicator:
    return attrs.evolve(item, target=parse_target(item.target.text), lead_units=resolver.resolve(item.lead).codes)
