"""What the accepted returns of a period say together, beside the plan: the report is written from this alone."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from attrs import field, frozen

from nq57xl.records.edits import Addendum, AppliedEdit, CellKey, Closing
from nq57xl.records.ledger import PeriodStatus, UnitStatus
from nq57xl.records.plan import Indicator, Period, Plan, Task
from nq57xl.records.quality import Quality
from nq57xl.records.returns import CellValue, Source, Value
from nq57xl.records.schema import Schema
from nq57xl.records.vocabulary import Vocabulary

TimelinessCode = Literal["on_time", "late", "overdue", "at_risk", "on_track", "undated", "not_applicable"]
RowState = Literal["reported", "unreported", "partly_reported", "done_before", "outside"]
"""`outside`: led only by units that get no form; `partly_reported`: some leads of a collective row are missing."""
IndicatorState = Literal["reported", "no_data", "unreported", "outside"]


@frozen
class Timeliness:
    """Where a row stands against its deadline (contract: computed, never typed)."""

    code: TimelinessCode
    days: int | None = None
    """Whole days: left until D when not done, negative when overdue; F − D when done; None where nothing is counted."""


@frozen
class Entry:
    """What one unit reported on one row it leads."""

    unit: str
    name: str
    expected: bool
    """False: the unit gets no form."""
    values: dict[str, Value] = field(factory=dict)
    """Typed cells by field; a blank cell is not here."""
    progress: str | None = None
    """Progress code; None: not reported, which is never "not started"."""
    timeliness: Timeliness | None = None
    before: bool = False
    """True: reported as done in an earlier period; the values are those of that return."""

    @property
    def reported(self) -> bool:
        """The unit has told where the row stands."""
        return self.progress is not None

    def value(self, name: str) -> CellValue:
        """Typed value of a field, None when blank."""
        cell = self.values.get(name)
        return None if cell is None else cell.value


@frozen
class Contribution:
    """What one supporting unit reported on one row."""

    unit: str
    name: str
    state: Literal["text", "nothing", "unreported", "outside"]
    """`nothing`: "không phát sinh", on the row or by the unit's one statement for all."""
    value: Value | None = None
    """The text, where there is one."""


@frozen
class Standing:
    """Where a whole row stands; of a collective lead by the stated rule (`report.consolidate.COLLECTIVE_RULE`)."""

    state: RowState
    progress: str | None = None
    timeliness: Timeliness | None = None
    decided_by: str = ""
    """Code of the unit whose report decides."""


@frozen
class TaskRow:
    """One row ("đầu việc") of the plan with everything reported on it."""

    task: Task
    standing: Standing
    entries: tuple[Entry, ...]
    """One for each lead unit, in the plan's order."""
    contributions: tuple[Contribution, ...]


@frozen
class IndicatorEntry:
    """What one unit reported on one indicator."""

    unit: str
    name: str
    state: IndicatorState
    values: dict[str, Value] = field(factory=dict)
    result: float | str | None = None
    """The value, or numerator over denominator; a percentage is a fraction; "yes", "no" for a choice."""
    computed: bool = False
    """True: the result is numerator over denominator."""
    reached: bool | None = None
    """None: nothing to compare, or no target that a number can be compared with."""
    gap: float | None = None
    """Result − target, in the target's unit (fraction for percentages)."""


@frozen
class IndicatorRow:
    """One indicator with what its units reported; values of several units are never added up."""

    indicator: Indicator
    measure: Literal["percent", "number", "choice"]
    entries: tuple[IndicatorEntry, ...]


@frozen
class FreeRow:
    """One row that a unit added by itself: a proposed task, a general difficulty."""

    table: str
    unit: str
    name: str
    key: str
    values: dict[str, Value]

    def text(self, name: str) -> str:
        """Typed text of a field, "" when blank."""
        cell = self.values.get(name)
        return "" if cell is None else cell.typed


@frozen
class UnitReport:
    """One expected unit with the sign-off of its counting return."""

    status: UnitStatus
    signoff: dict[str, Value]

    def text(self, name: str) -> str:
        """Typed text of a sign-off field, "" when blank."""
        cell = self.signoff.get(name)
        return "" if cell is None else cell.typed


@frozen
class Traced:
    """One typed cell of a counting return with where it came from: a line of "Nguồn số liệu"."""

    unit: str
    name: str
    value: Value
    source: Source
    contact: bool
    """True: a personal contact, shown in noi-bo.xlsx only."""


@frozen
class Consolidation:
    """Everything that the report of a period shows."""

    plan: Plan
    period: Period
    schema: Schema
    status: PeriodStatus
    letterhead: tuple[str, str, str, str]
    """Parent agency, agency, recipient and place, by their names valid on the day the report is due."""
    tasks: tuple[TaskRow, ...]
    indicators: tuple[IndicatorRow, ...]
    free: tuple[FreeRow, ...]
    units: tuple[UnitReport, ...]
    traced: tuple[Traced, ...]
    earlier: tuple[Consolidation, ...] = ()
    """Periods of the same kind before this one, oldest first, each without earlier ones of its own."""
    vocabulary: Vocabulary = field(factory=Vocabulary)
    """The words of the report, by the office's setting."""
    quality: Quality | None = None
    """The scheme of the quality score; None: the office has not set it on."""
    edits: tuple[AppliedEdit, ...] = ()
    """The office's own edits, in the order of recording; `values` and `traced` hold those that are applied."""
    closing: Closing | None = None
    """Set: the period is closed, and everything here is as it was then."""
    addendum: Addendum | None = None
    """Of a closed period: what came afterwards; None while there is nothing."""

    @property
    def missing(self) -> tuple[UnitStatus, ...]:
        """Units without an accepted return."""
        return tuple(item.status for item in self.units if item.status.counting is None)

    @property
    def edited(self) -> dict[CellKey, AppliedEdit]:
        """The edits that are applied, by (unit, table, row key, field)."""
        return {item.edit.new.place: item for item in self.edits if item.state == "applied"}

    @property
    def cutoff(self) -> dt.date:
        """C of the contract."""
        return self.period.cutoff
