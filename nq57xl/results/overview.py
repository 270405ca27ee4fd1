"""What a leader asks first: how far, what is late and whose, what falls due, what is to be decided, who is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from attrs import frozen

from nq57xl.ledger.model import UnitStatus
from nq57xl.plan.periods import next_period
from nq57xl.results.consolidation import Consolidation, LeadEntry, TaskRow
from nq57xl.results.figures import Figures, figures
from nq57xl.results.wording import STAGES, days_words, numbered, shown, stage_words, told_once, work_of
from nq57xl.text.legacy import one_line

NO_LEVEL = "Chưa ghi cấp quyết định"
_OPEN = ("in_progress", "not_started")


@frozen
class ListedTask:
    """A task that is named on the first page."""

    code: str
    number: str
    """As leaders cite it: "II.2.1"."""
    work: str
    units: tuple[str, ...]
    """Names of the units that lead it."""
    due: dt.date | None
    days: int
    """Days late of an overdue task, days left of one that falls due."""
    words: str
    """ "Quá hạn 14 ngày", "Chưa báo cáo, đã qua hạn 14 ngày", "Còn 5 ngày"."""
    causes: tuple[str, ...] = ()
    next_work: tuple[str, ...] = ()
    reported: bool = True
    """False: some unit has not told where the task stands."""


@frozen
class AskedDecision:
    """Something that units ask to be decided, the same words told once."""

    level: str
    """Who must decide, in the words of the list."""
    text: str
    units: tuple[str, ...]
    tasks: tuple[str, ...] = ()
    """Numbers of the tasks it concerns; empty: none in particular."""


@frozen
class Overview:
    """The first page of a period."""

    consolidation: Consolidation
    figures: Figures
    before: Figures | None
    """Of the period before, where there is one."""
    before_title: str
    overdue: tuple[ListedTask, ...]
    """Not done after their deadline, the longest first; those that nobody has reported on are among them."""
    due_soon: tuple[ListedTask, ...]
    """Not done, due by the last day of data of the next period, the nearest first."""
    decisions: tuple[AskedDecision, ...]
    """By level, the highest first; those without a level last."""

    @property
    def missing(self) -> tuple[UnitStatus, ...]:
        """Units without an accepted return."""
        return self.consolidation.missing

    @property
    def stages(self) -> tuple[tuple[str, int], ...]:
        """How many rows in each stage; stages without rows are left out."""
        counts = self.figures.total.stages
        return tuple((words, counts[words]) for words in STAGES if counts.get(words))


def overview_of(c: Consolidation) -> Overview:
    """The first page of a consolidation."""
    later = next_period(c.period, c.plan.properties).cutoff
    overdue = [_listed(row, c) for row in c.tasks if _is_past(row, c)]
    soon = [_listed(row, c) for row in c.tasks if not _is_past(row, c) and falls_due(row, c, later)]
    earlier = c.earlier_periods[-1] if c.earlier_periods else None
    return Overview(
        consolidation=c,
        figures=figures(c),
        before=figures(earlier) if earlier else None,
        before_title=earlier.period.title if earlier else "",
        overdue=tuple(sorted(overdue, key=lambda item: -item.days)),
        due_soon=tuple(sorted(soon, key=lambda item: item.days)),
        decisions=decisions(c),
    )


def is_silent(row: TaskRow) -> bool:
    """Some unit has not told where the row stands."""
    return row.standing.state in ("unreported", "partly_reported")


def is_open(row: TaskRow) -> bool:
    """Not known to be finished, and a row that a deadline applies to."""
    return is_silent(row) or (row.standing.state == "reported" and row.standing.progress in _OPEN)


def timely(code: str) -> Callable[[TaskRow], bool]:
    """Whether a row stands so against its deadline."""
    return lambda row: row.standing.timeliness is not None and row.standing.timeliness.code == code


def _is_past(row: TaskRow, c: Consolidation) -> bool:
    """Overdue, or its day has passed and nobody has told that it is done."""
    return timely("overdue")(row) or (is_silent(row) and row.task.due is not None and row.task.due < c.cutoff)


def falls_due(row: TaskRow, c: Consolidation, later: dt.date) -> bool:
    """Open, and due from this period's last day of data to that of the next one."""
    return is_open(row) and row.task.due is not None and c.cutoff <= row.task.due <= later


def _listed(row: TaskRow, c: Consolidation) -> ListedTask:
    left = (row.task.due - c.cutoff).days if row.task.due else 0
    words = days_words(row.standing.timeliness)
    if is_silent(row):
        words = f"{stage_words(row.standing)}, " + (f"đã qua hạn {-left} ngày" if left < 0 else f"còn {left} ngày")

    def told(name: str) -> tuple[str, ...]:
        return tuple(text for entry in row.entries if (text := told_once(shown(entry.values.get(name), c.schema))))

    return ListedTask(
        code=row.task.code,
        number=numbered(row.task),
        work=one_line(work_of(row.task)),
        units=tuple(entry.name for entry in row.entries) or (row.task.lead,),
        due=row.task.due,
        days=abs(left),
        words=words,
        causes=told("cause"),
        next_work=told("next_work"),
        reported=not is_silent(row),
    )


def decisions(c: Consolidation) -> tuple[AskedDecision, ...]:
    """What units ask for, on tasks and in general: by who must decide, the highest first."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for item in c.free:
        if item.table == "difficulty" and item.text("proposal").strip():
            level = shown(item.values.get("authority"), c.schema) or NO_LEVEL
            found.setdefault((level, told_once(item.text("proposal"))), []).append((item.name, ""))
    for row in c.tasks:
        for entry in row.entries:
            text = told_once(_current(entry, "proposal", c))
            if text:
                found.setdefault((NO_LEVEL, text), []).append((entry.name, numbered(row.task)))
    order = [item.title for item in reversed(c.schema.lists.get("authority", ()))]
    levels = [*order, *dict.fromkeys(level for level, _ in found if level not in order and level != NO_LEVEL), NO_LEVEL]
    return tuple(
        AskedDecision(
            level,
            text,
            tuple(dict.fromkeys(name for name, _ in who)),
            tuple(dict.fromkeys(number for _, number in who if number)),
        )
        for wanted in levels
        for (level, text), who in found.items()
        if level == wanted
    )


def _current(entry: LeadEntry, name: str, c: Consolidation) -> str:
    """A unit's text of this period; what it told when the row was done before is past."""
    return "" if entry.before else shown(entry.values.get(name), c.schema)
