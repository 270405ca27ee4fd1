"""Which of the office's own tasks and indicators answer a row of the superior plan: proposed, decided, still valid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import attrs
from attrs import frozen

from nq57xl.plan.compare import nearest, same_text, work_of_task
from nq57xl.plan.model import Indicator, Plan, RowTable, Task
from nq57xl.rules.codec import content_hash
from nq57xl.text.legacy import fold

RowPlace = tuple[str, str]
"""(table of the form, code in the superior plan): "led", "I.1"."""
_MatchState = Literal["confirmed", "same", "proposed", "changed"]
"""`same`: word for word one own row, so that nobody need be asked; `changed`: a text is another than when decided."""


@frozen
class AnsweringRow:
    """One own row that answers, or helps to answer, a superior one."""

    code: str
    text: str
    """Print of its text when that was decided (`text_print`)."""
    weight: float | None = None
    """Of its percentage; None: all alike."""


@frozen
class RowMatch:
    """What the office decided on one row of the superior plan."""

    table: str
    key: str
    text: str
    """Print of the superior row's text when that was decided."""
    rows: tuple[AnsweringRow, ...] = ()
    """Empty: no own row corresponds."""

    @property
    def place(self) -> RowPlace:
        """Which row it is about."""
        return self.table, self.key


@frozen
class MatchLine:
    """A row of the superior plan with what is proposed or decided."""

    match: RowMatch
    row: Task | Indicator
    """The superior row."""
    state: _MatchState
    likeness: float = 0.0
    """Of the nearest own row's text, where it was proposed."""
    note: str = ""
    """What changed since it was decided."""

    @property
    def decided(self) -> bool:
        """It counts without anybody being asked."""
        return self.state in ("confirmed", "same")


def text_print(row: Task | Indicator) -> str:
    """Names the text of a row: what is to be done or measured; numbers and places do not matter."""
    if isinstance(row, Indicator):
        return content_hash(tuple(fold(text) for text in (row.indicator, row.unit)))
    return content_hash(tuple(fold(text) for text in (row.task, row.subtask, row.deliverable)))


@frozen
class FormRows:
    """The rows of one table of the form, as a plan holds them, with the prints of their texts."""

    table: str
    plan: Plan
    """The superior plan's rows of that table alone."""
    prints: Mapping[str, str]
    """Code -> print of the row's text."""
    closed: frozenset[str] = frozenset()
    """Codes of rows that ask nothing."""

    @property
    def kind(self) -> RowTable:
        """Which own rows answer it."""
        return "indicators" if self.table == "indicator" else "tasks"


def match_lines(sides: Sequence[FormRows], own: Plan, known: Mapping[RowPlace, RowMatch]) -> tuple[MatchLine, ...]:
    """Every row of the form with what was decided on it, or what is proposed where nothing was, or a text changed.

    An own row is proposed for the one row that it says most nearly, be it one that is led, supported or closed.
    """
    kinds: tuple[RowTable, ...] = ("tasks", "indicators")
    return tuple(line for kind in kinds for line in _lines([side for side in sides if side.kind == kind], own, known))


def _lines(sides: Sequence[FormRows], own: Plan, known: Mapping[RowPlace, RowMatch]) -> Iterator[MatchLine]:
    if not sides:
        return
    kind = sides[0].kind
    rows = [(side, row) for side in sides for row in getattr(side.plan, kind)]
    every: dict[str, Any] = {kind: tuple(row for _, row in rows)}
    whole = attrs.evolve(sides[0].plan, **every)
    mine = {row.code: row for row in getattr(own, kind)}
    found: dict[int, list[tuple[float, str]]] = {}
    for j, (i, likeness) in sorted(nearest(whole, own, kind).items()):
        found.setdefault(i, []).append((likeness, getattr(own, kind)[j].code))
    decided = _where_they_stand(sides, known)
    for number, (side, row) in enumerate(rows):
        if row.code not in side.closed:
            match = RowMatch(side.table, row.code, side.prints[row.code])
            yield _line(match, row, found.get(number, []), (mine, decided))


def _where_they_stand(sides: Sequence[FormRows], known: Mapping[RowPlace, RowMatch]) -> dict[RowPlace, RowMatch]:
    """What was decided, by the places that the rows have in this form: a row that only has another code goes with it.

    A text that stands in several rows says of none of them which one it was.
    """
    places: dict[tuple[str, str], list[RowPlace]] = {}
    for side in sides:
        for code, text in side.prints.items():
            places.setdefault((side.table, text), []).append((side.table, code))
    still = {place for side in sides for place in [(side.table, code) for code in side.prints] if place in known}
    still = {place for place in still if place in places.get((place[0], known[place].text), [])}
    found, moved = {}, set()
    for place, match in known.items():
        now = places.get((match.table, match.text), [])
        if place in still:
            found[place] = match
        elif len(now) == 1 and now[0] not in still:
            found[now[0]] = attrs.evolve(match, key=now[0][1])
            moved.add(place)
    # of a place whose own row has gone elsewhere nothing is known
    return {place: match for place, match in known.items() if place not in moved} | found


def _line(
    match: RowMatch,
    row: Task | Indicator,
    proposed: Sequence[tuple[float, str]],
    sides: tuple[Mapping[str, Task | Indicator], Mapping[RowPlace, RowMatch]],
) -> MatchLine:
    mine, known = sides
    match = attrs.evolve(match, rows=tuple(_answering(mine[code]) for _, code in proposed))
    line = MatchLine(match, row, "proposed", max((likeness for likeness, _ in proposed), default=0.0))
    if match.place in known:
        return _still(line, known[match.place], mine)
    same = len(proposed) == 1 and _same(row, mine[proposed[0][1]])
    return attrs.evolve(line, state="same") if same else line


def _answering(row: Task | Indicator, weight: float | None = None) -> AnsweringRow:
    return AnsweringRow(row.code, text_print(row), weight)


def answering_rows(own: Plan, table: str, weights: Mapping[str, float | None]) -> tuple[AnsweringRow, ...]:
    """The own rows of those codes, in the order given. Raises KeyError for a code that the plan does not have."""
    mine = {row.code: row for row in (own.indicators if table == "indicator" else own.tasks)}
    return tuple(_answering(mine[code], weight) for code, weight in weights.items())


def _same(row: Task | Indicator, other: Task | Indicator) -> bool:
    """The two say the same thing, word for word; a form shows a sub-task alone where its task says nothing else."""
    if isinstance(row, Indicator) and isinstance(other, Indicator):
        return same_text(row.indicator, other.indicator) and same_text(row.unit, other.unit)
    if isinstance(row, Indicator) or isinstance(other, Indicator):
        return False
    (one, above), (another, over) = work_of_task(row), work_of_task(other)
    return same_text(one, another) and (not above or not over or same_text(above, over))


def _followed(row: AnsweringRow, mine: Mapping[str, Task | Indicator]) -> AnsweringRow:
    """The own row under the code that it has now, where it has another one and nothing else has changed."""
    if row.code in mine and text_print(mine[row.code]) == row.text:
        return row
    now = [code for code, other in mine.items() if text_print(other) == row.text]
    return attrs.evolve(row, code=now[0]) if len(now) == 1 else row


def _still(line: MatchLine, decided: RowMatch, mine: Mapping[str, Task | Indicator]) -> MatchLine:
    """The decision where both texts are what they were; else what is left of it, to be looked at again."""
    decided = attrs.evolve(decided, rows=tuple(_followed(row, mine) for row in decided.rows))
    gone = [row.code for row in decided.rows if row.code not in mine]
    other = [row.code for row in decided.rows if row.code in mine and text_print(mine[row.code]) != row.text]
    told = []
    if decided.text != line.match.text:
        told.append("nội dung dòng của cấp trên đã thay đổi")
    if gone:
        told.append(f"kế hoạch của cơ quan không còn mã {', '.join(gone)}")
    if other:
        told.append(f"nội dung {', '.join(other)} trong kế hoạch của cơ quan đã thay đổi")
    if not told:
        return MatchLine(decided, line.row, "confirmed", line.likeness)
    left = tuple(_answering(mine[row.code], row.weight) for row in decided.rows if row.code in mine)
    match = attrs.evolve(decided, text=line.match.text, rows=left or line.match.rows)
    return MatchLine(match, line.row, "changed", line.likeness, f"Từ lần xác nhận trước: {'; '.join(told)}.")
