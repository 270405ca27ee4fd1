"""What moved between two periods, row by row: found by stable codes, never by place or wording."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen

from nq57xl.records.consolidation import IndicatorState, Standing
from nq57xl.records.plan import Indicator, Period, Task

RowMove = Literal[
    "new", "dropped", "completed", "reopened", "raised", "lowered", "moved", "same", "first", "silent", "none"
]
"""`new`, `dropped`: in one of the two plans only; `raised`, `lowered`: the percentage; `moved`: another progress;
`first`: the earlier period had no report of it; `silent`: this one has none; `none`: nothing can be compared."""


@frozen
class RowChange:
    """One row ("đầu việc") in both periods."""

    task: Task
    """As the later plan has it; as the earlier one where the row was dropped."""
    move: RowMove
    before: Standing | None
    """None: the earlier plan has no such row."""
    after: Standing | None
    percent_before: float | None = None
    """Fraction, of the unit that decides; 1 when done; None where nothing was told."""
    percent_after: float | None = None
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
    measure: Literal["percent", "number", "choice"]
    before: float | str | None
    after: float | str | None
    state_before: IndicatorState | None
    """None: the unit did not follow it in the earlier plan."""
    state_after: IndicatorState | None
    difference: float | None = None
    """After − before, where both are numbers; of percentages a difference of fractions (percentage points / 100)."""
    reached_before: bool | None = None
    reached_after: bool | None = None


@frozen
class UnitChange:
    """Whether one unit has reported, in both periods; None: it was issued no form."""

    unit: str
    name: str
    reported_before: bool | None
    reported_after: bool | None
    on_time_before: bool | None = None
    on_time_after: bool | None = None


@frozen
class Comparison:
    """Two periods of one plan, side by side."""

    before: Period
    after: Period
    rows: tuple[RowChange, ...]
    """In the order of the later plan; dropped rows last."""
    indicators: tuple[IndicatorChange, ...]
    units: tuple[UnitChange, ...]
    _by_code: dict[str, RowChange] = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        """The index of `change_of`."""
        object.__setattr__(self, "_by_code", {row.task.code: row for row in self.rows})

    @property
    def newly_done(self) -> tuple[RowChange, ...]:
        """Rows done now that were not done then."""
        return tuple(row for row in self.rows if row.newly_done)

    @property
    def newly_overdue(self) -> tuple[RowChange, ...]:
        """Rows overdue now that were not overdue then."""
        return tuple(row for row in self.rows if row.newly_overdue)

    def moved(self, *moves: RowMove) -> tuple[RowChange, ...]:
        """Rows of those moves."""
        return tuple(row for row in self.rows if row.move in moves)

    def change_of(self, code: str) -> str:
        """Short Vietnamese words for the row of that code; "" when neither plan has it."""
        row = self._by_code.get(code)
        return "" if row is None else row.words
