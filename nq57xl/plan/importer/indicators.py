"""The table of indicators: groups, indicators, measures and targets."""

from __future__ import annotations

import re

import attrs

from nq57xl.plan.importer.raw import Raw, Value
from nq57xl.plan.importer.rows import Body
from nq57xl.plan.importer.structure import Draft, Outline, State, check_numbers, take_section

_FIELDS = ("unit", "target", "lead", "note")
_EMBEDDED = re.compile(r"(\d{1,3})[.)]\s+(\S.*)", re.DOTALL)


def indicators_of(body: Body) -> Outline:
    """Groups and indicators of the rows."""
    state = State()
    for row in body.rows:
        # a row of the table that has a target is an indicator, whatever its number
        if row.text("target") or not take_section(state, row, True):
            _indicator(state, row)
    return Outline(tuple(state.groups), tuple(check_numbers(state.drafts)), tuple(state.loose) + body.loose)


def _indicator(state: State, row: Raw) -> None:
    values = {name: _value(state, row, name) for name in ("number", "indicator", *_FIELDS)}
    match = _EMBEDDED.fullmatch(values["indicator"].text)
    if match and not values["number"].text:
        values["number"] = Value(match[1], row.source)
        values["indicator"] = attrs.evolve(values["indicator"], text=match[2])
    values["number"] = attrs.evolve(values["number"], text=values["number"].text.strip().rstrip(".)"))
    if not values["number"].text:
        values["number"] = Value("", row.source, "dòng không có số")
    if not values["target"].text and not values["target"].doubt:
        values["target"] = attrs.evolve(values["target"], doubt="chưa có giá trị mục tiêu")
    state.last = dict(values)
    state.drafts.append(Draft(state.section, values, row.source))


def _value(state: State, row: Raw, name: str) -> Value:
    if name in row.merged:
        return attrs.evolve(state.last.get(name, Value()), source=row.source)
    return row.values.get(name, Value("", row.source))
