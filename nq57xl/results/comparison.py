"""What moved between two periods of a plan, and what came after closing: rows by their codes, never by place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

import attrs
from attrs import frozen

from nq57xl.ledger.model import Addendum, CellKey, ChangedCell, FrozenPeriod, LateReturn, UnitStatus
from nq57xl.plan.model import Indicator, Measure, Period, Task
from nq57xl.results.model import Consolidation, RowStanding, TaskRow, TracedCell
from nq57xl.results.wording import DONE_BEFORE, result_text
from nq57xl.returns.model import ReturnRecord
from nq57xl.rules.codec import json_fields
from nq57xl.rules.schema import CellValue, vietnamese_percent

_RowMove = Literal[
    "new", "dropped", "completed", "reopened", "raised", "lowered", "moved", "same", "first", "silent", "none"
]
"""`new`, `dropped`: in one of the two plans only; `raised`, `lowered`: the percentage; `moved`: another progress;
`first`: the earlier period had no report of it; `silent`: this one has none; `none`: nothing can be compared."""


@frozen
class TaskChange:
    """One row ("đầu việc") in both periods."""

    task: Task
    """As the later plan has it; as the earlier one where the row was dropped."""
    move: _RowMove
    before: TaskRow | None
    """None: the earlier plan has no such row."""
    after: TaskRow | None
    newly_done: bool = False
    newly_overdue: bool = False
    words: str = ""
    """For the column "change since last period"."""


@frozen
class IndicatorChange:
    """What one unit reported of one indicator in both periods; values of several units are never added up."""

    indicator: Indicator
    unit: str
    name: str
    measure: Measure
    before: float | str | None
    after: float | str | None
    state_before: str | None
    """None: the unit did not follow it in the earlier plan."""
    state_after: str | None
    difference: float | None = None
    """After − before, where both are numbers; of percentages a difference of fractions (percentage points / 100)."""
    reached_before: bool | None = None
    reached_after: bool | None = None

    def words(self, side: Literal["before", "after"]) -> str:
        """The result in one of the periods as leaders read it: 85,5%, 120, Có; why there is none."""
        result, state = (self.before, self.state_before) if side == "before" else (self.after, self.state_after)
        if result is not None:
            return result_text(result, self.measure)
        words = {"no_data": "Chưa có số liệu", "unreported": "Chưa báo cáo", "outside": "Ngoài diện gửi biểu"}
        return words.get(state or "", "")


_JSON = "unit measure before after state_before state_after difference reached_before reached_after"


@frozen
class _UnitChange:
    """Whether one unit has reported, in both periods; None: it was issued no form."""

    unit: str
    name: str
    reported_before: bool | None
    reported_after: bool | None
    on_time_before: bool | None = None
    on_time_after: bool | None = None


@frozen
class PeriodComparison:
    """Two periods of one plan, side by side."""

    before: Period
    after: Period
    rows: tuple[TaskChange, ...]
    """In the order of the later plan; dropped rows last."""
    indicators: tuple[IndicatorChange, ...]
    units: tuple[_UnitChange, ...]

    @cached_property
    def _words(self) -> dict[str, str]:
        return {row.task.code: row.words for row in self.rows}

    @property
    def newly_done(self) -> tuple[TaskChange, ...]:
        """Rows done now that were not done then."""
        return tuple(row for row in self.rows if row.newly_done)

    @property
    def newly_overdue(self) -> tuple[TaskChange, ...]:
        """Rows overdue now that were not overdue then."""
        return tuple(row for row in self.rows if row.newly_overdue)

    def moved(self, *moves: _RowMove) -> tuple[TaskChange, ...]:
        """Rows of those moves."""
        return tuple(row for row in self.rows if row.move in moves)

    def change_of(self, code: str) -> str:
        """Short Vietnamese words for the row of that code; "" when neither plan has it."""
        return self._words.get(code, "")

    def as_json(self) -> dict[str, Any]:
        """Every row, indicator and unit of both periods, with stable codes; percentages are fractions."""
        return {
            "before": self.before.code,
            "after": self.after.code,
            "newly_done": [row.task.code for row in self.newly_done],
            "newly_overdue": [row.task.code for row in self.newly_overdue],
            "rows": [_row_json(row) for row in self.rows],
            "indicators": [{"indicator": item.indicator.code, **json_fields(item, _JSON)} for item in self.indicators],
            "units": [attrs.asdict(item) for item in self.units],
        }


_SAME = "Không thay đổi"
_SILENT = {"unreported": "chưa báo cáo", "partly_reported": "chưa báo cáo đủ"}
_EQUAL = 1e-9


def compare_periods(before: Consolidation, after: Consolidation) -> PeriodComparison:
    """What moved from one period to the other; each keeps the plan it was consolidated with."""
    earlier = {row.task.code: row for row in before.tasks}
    later = {row.task.code for row in after.tasks}
    rows = [_row(earlier.get(row.task.code), row, before.cutoff, after.progress_words) for row in after.tasks]
    gone = [row for row in before.tasks if row.task.code not in later]
    words = "Không còn trong kế hoạch"
    dropped = [TaskChange(row.task, "dropped", row, None, words=words) for row in gone]
    indicators, units = tuple(_indicators(before, after)), tuple(_units(before, after))
    return PeriodComparison(before.period, after.period, (*rows, *dropped), indicators, units)


def _row(before: TaskRow | None, after: TaskRow, cutoff: dt.date, words_of: dict[str, str]) -> TaskChange:
    """`cutoff`: the last day of data of the earlier period; where nothing was told of the row then, it decides."""
    if before is None:
        words = "Nhiệm vụ mới so với kỳ trước"
        return TaskChange(after.task, "new", None, after, words=words)
    shares = before.percent, after.percent
    move = _move(before.standing, after.standing, *shares)
    words = _words(before.standing, after.standing, move, shares, words_of)
    told, due = before.standing.state == "reported", after.task.due
    days = (day for entry in after.entries if isinstance(day := entry.value("completion_date"), dt.date))
    done = after.standing.is_done and not before.standing.is_done
    overdue = after.stands("overdue") and not before.stands("overdue")
    overdue = overdue and (told or (due is not None and due >= cutoff))
    return TaskChange(
        task=after.task,
        move=move,
        before=before,
        after=after,
        newly_done=done and (told or any(day > cutoff for day in days)),
        newly_overdue=overdue,
        words=f"{words}; mới quá hạn" if overdue else words,
    )


def _move(before: RowStanding, after: RowStanding, was: float | None, now: float | None) -> _RowMove:
    if after.state == "outside":
        return "none"
    if after.state in _SILENT:
        return "silent"
    if before.state not in ("reported", "done_before"):
        return "first"
    if before.is_done or after.is_done:
        return "same" if before.is_done == after.is_done else ("completed" if after.is_done else "reopened")
    if was is not None and now is not None and abs(now - was) > _EQUAL:
        return "raised" if now > was else "lowered"
    return "same" if before.progress == after.progress else "moved"


def _words(
    before: RowStanding,
    after: RowStanding,
    move: _RowMove,
    shares: tuple[float | None, float | None],
    progress: dict[str, str],
) -> str:
    was, now = (vietnamese_percent(share) if share is not None else "" for share in shares)
    if after.state == "done_before":
        return DONE_BEFORE
    if move == "silent":
        silent = _SILENT[after.state]
        return f"Kỳ này {silent}" if before.state in ("reported", "done_before") else f"Cả hai kỳ {silent}"
    if move == "first":
        known = _SILENT.get(before.state)
        told = f"Kỳ trước {known}" if known else "Kỳ trước không gửi biểu"
        return f"Hoàn thành ({told[:1].lower()}{told[1:]})" if after.is_done else told
    told = progress.get(after.progress or "", "")
    words = {
        "none": "",
        "same": _SAME,
        "completed": "Hoàn thành trong kỳ",
        "reopened": f"Kỳ trước đã báo hoàn thành, kỳ này: {told}",
        "raised": f"Tăng từ {was} lên {now}",
        "lowered": f"Giảm từ {was} xuống {now}",
        "moved": f"Chuyển từ «{progress.get(before.progress or '', '')}» sang «{told}»" + (f", {now}" if now else ""),
    }
    return words[move]


def _indicators(before: Consolidation, after: Consolidation) -> Iterator[IndicatorChange]:
    was, now = (
        {(row.indicator.code, entry.unit): (row, entry) for row in c.indicators for entry in row.entries}
        for c in (before, after)
    )
    for place in dict.fromkeys([*now, *was]):
        row, entry = now.get(place) or was[place]
        then, here = (found[place][1] if place in found else None for found in (was, now))
        results = [item.shown if item else None for item in (then, here)]
        same_measure = all(found[place][0].measure == row.measure for found in (was, now) if place in found)
        numbers = [item for item in results if isinstance(item, float)] if same_measure else []
        yield IndicatorChange(
            indicator=row.indicator,
            unit=entry.unit,
            name=entry.name,
            measure=row.measure,
            before=results[0],
            after=results[1],
            state_before=then.state if then else None,
            state_after=here.state if here else None,
            difference=round(numbers[1] - numbers[0], 10) if len(numbers) == 2 else None,
            reached_before=then.reached if then else None,
            reached_after=here.reached if here else None,
        )


def _units(before: Consolidation, after: Consolidation) -> Iterator[_UnitChange]:
    was, now = _statuses(before), _statuses(after)
    for code in dict.fromkeys([*now, *was]):
        then, here = was.get(code), now.get(code)
        yield _UnitChange(
            unit=code,
            name=(here or was[code]).name,
            reported_before=None if then is None else then.counting is not None,
            reported_after=None if here is None else here.counting is not None,
            on_time_before=then.on_time if then else None,
            on_time_after=here.on_time if here else None,
        )


def _row_json(row: TaskChange) -> dict[str, Any]:
    told: dict[str, Any] = {"task": row.task.code, "change": row.move}
    told |= json_fields(row, "words newly_done newly_overdue")
    for side, stands in (("before", row.before), ("after", row.after)):
        told[side] = None
        if stands is not None:
            known = stands.standing.timeliness
            days = {"timeliness": known.code if known else None, "days": known.days if known else None}
            told[side] = json_fields(stands.standing, "state progress") | days | {"percent": stands.percent}
    return told


def addendum(
    then: Consolidation, now: Consolidation, collected: Sequence[ReturnRecord], frozen: FrozenPeriod
) -> Addendum:
    """The difference between the frozen consolidation and the one that the ledger gives now, contacts left out.

    `collected`: every return of the period; those that `frozen` does not know are late.
    """
    names = {item.status.code: item.status.name for item in now.units}
    counting = {item.status.counting.id for item in now.units if item.status.counting is not None}
    late = []
    for record in collected:
        if record.id > frozen.last_return:
            judged, code = record.judged, record.judged.unit or ""
            name = names.get(code, code)
            late.append(LateReturn(code, name, judged.source, judged.verdict, record.id in counting))
    return Addendum(
        late=tuple(late),
        changes=tuple(_changes(then, now, frozen)),
        edits=tuple(item for item in now.edits if item.edit.id > frozen.last_edit),
    )


def _changes(then: Consolidation, now: Consolidation, frozen: FrozenPeriod) -> Iterator[ChangedCell]:
    before, after = _cells(then), _cells(now)
    was, stands = _statuses(then), _statuses(now)
    edited = {place for place, item in now.edited.items() if item.edit.id > frozen.last_edit}
    for unit in dict.fromkeys([*stands, *was]):
        counted, counting = (statuses[unit].counting if unit in statuses else None for statuses in (was, stands))
        cause: Literal["return", "edit", "decision"] = "edit"  # the same return counts
        if (counted and counted.id) != (counting and counting.id):
            cause = "return" if counting is not None and counting.id > frozen.last_return else "decision"
        places = dict.fromkeys(place for cells in (after, before) for place in cells if place[0] == unit)
        for place in places:
            old, new = before.get(place), after.get(place)
            if _said(old) == _said(new):
                continue
            blank_in = counting.judged.source if counting is not None else None
            yield ChangedCell(
                *place,
                name=(stands.get(unit) or was[unit]).name,
                old=old.value if old else None,
                new=new.value if new else None,
                source=new.source if new else blank_in,
                cause="edit" if place in edited else cause,
            )


def _cells(c: Consolidation) -> Mapping[CellKey, TracedCell]:
    """Every typed cell but contacts, in the order of "Nguồn số liệu"."""
    found: dict[CellKey, TracedCell] = {}
    for item in c.traced:
        if not item.contact:
            found.setdefault(item.place, item)
    return found


def _statuses(c: Consolidation) -> Mapping[str, UnitStatus]:
    return {item.status.code: item.status for item in c.units}


def _said(item: TracedCell | None) -> tuple[CellValue, str] | None:
    """What two readings of a cell must agree in: the value, or what was typed where it is none."""
    if item is None:
        return None
    value = item.value
    return (value.value, "") if value.value is not None else (None, value.typed)
