"""Counts of rows, units and indicators; and what a leader asks first: late and whose, due, to decide, missing."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence

from attrs import frozen

from nq57xl.ledger.model import UnitStatus
from nq57xl.plan.periods import next_period
from nq57xl.results.model import REACHED, Consolidation, PastPeriod, TaskRow
from nq57xl.results.wording import PARTLY_REPORTED, STAGES, UNREPORTED, begun, flowing, shown
from nq57xl.text.legacy import one_line


@frozen
class RowCounts:
    """Counts of rows ("đầu việc"): of one section, of all, or of those that one unit leads."""

    code: str
    """Number of the section, "" for all; code of the unit."""
    title: str
    """Of the section; name of the unit."""
    total: int
    progress: dict[str, int]
    """By the words shown in the column "Tiến độ"; whole rows reported in part count as not reported."""
    timeliness: dict[str, int]
    """By the words shown in the column "So với thời hạn"; rows that nobody reported have none."""
    stages: dict[str, int]
    """By STAGES: every row in one."""

    @property
    def done(self) -> int:
        """Done in time or late, in this period or before."""
        return self.stages.get(STAGES[0], 0) + self.stages.get(STAGES[1], 0)

    @property
    def overdue(self) -> int:
        """Not done after their deadline."""
        return self.stages.get(STAGES[4], 0)


@frozen
class Figures:
    """All counts of the overview."""

    sections: tuple[RowCounts, ...]
    total: RowCounts
    indicators: dict[str, dict[str, int]]
    """Group number -> state -> count."""
    expected: int
    """Units that were issued a form."""
    units: tuple[RowCounts, ...]
    """Those that lead rows or were issued a form, in the report's order; a row of several leads counts for each."""
    received: int
    """Units from which anything was received."""
    accepted: int
    on_time: int
    """Accepted and received by the due day."""

    @property
    def states(self) -> dict[str, int]:
        """State -> how many indicators of all groups."""
        return dict(sum((Counter(group) for group in self.indicators.values()), Counter[str]()))

    @property
    def trend(self) -> dict[str, int]:
        """Counts that are followed over the periods: rows in all, done, overdue; units; indicators in all, reached."""
        states = self.states
        return {
            "total": self.total.total,
            "done": self.total.done,
            "overdue": self.total.overdue,
            "expected": self.expected,
            "accepted": self.accepted,
            "indicators": sum(states.values()),
            "reached": states.get(REACHED, 0),
        }


def figures(c: Consolidation) -> Figures:
    """Counts of a consolidation; by definition those that the sheets show."""
    units = [item.status for item in c.units]
    led: dict[str, list[tuple[str, str, str]]] = {unit.code: [] for unit in units}
    names = {unit.code: unit.name for unit in units}
    for row in c.tasks:
        for entry in row.entries:
            led.setdefault(entry.unit, []).append((*entry.words(row, c), entry.stage(row)))
            names.setdefault(entry.unit, entry.name)
    return Figures(
        sections=tuple(
            _of_rows(number, title, (row for row in c.tasks if row.task.section == number), c)
            for number, title in c.sections
        ),
        total=_of_rows("", "Tổng số", c.tasks, c),
        indicators={
            number: dict(Counter(row.state for row in c.indicators if row.indicator.group == number))
            for number, _ in c.groups
        },
        expected=len(units),
        units=tuple(_counted(code, names[code], told) for code, told in led.items()),
        received=sum(unit.newest is not None or bool(unit.excluded) for unit in units),
        accepted=sum(unit.counting is not None for unit in units),
        on_time=sum(unit.counting is not None and bool(unit.on_time) for unit in units),
    )


def past_period(c: Consolidation) -> PastPeriod:
    """What the reports of later periods show of this one."""
    results = {
        f"{row.indicator.code}|{entry.unit}": entry.shown
        for row in c.indicators
        for entry in row.entries
        if isinstance(entry.shown, float)
    }
    edits = tuple(item for item in c.edits if item.state == "applied")
    return PastPeriod(c.period, figures(c).trend, results, edits)


def past_periods(c: Consolidation) -> tuple[PastPeriod, ...]:
    """Every period before this one that trends show, oldest first."""
    return (*c.past, *map(past_period, c.earlier_periods))


def _of_rows(number: str, title: str, rows: Iterable[TaskRow], c: Consolidation) -> RowCounts:
    told = ((*row.standing.words(c), row.standing.stage) for row in rows)
    whole = [(UNREPORTED if words == PARTLY_REPORTED else words, *rest) for words, *rest in told]
    return _counted(number, title, whole)


def _counted(code: str, title: str, told: Sequence[Sequence[str]]) -> RowCounts:
    """Counts of rows by what is shown of them: progress and timeliness in words, stage."""
    columns = zip(*told, strict=True) if told else ((), (), ())
    progress, timeliness, stages = (dict(Counter(filter(None, words))) for words in columns)
    return RowCounts(code, title, len(told), progress, timeliness, stages)


NO_LEVEL = "Chưa ghi cấp quyết định"


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
    def overdue_title(self) -> str:
        """Over the overdue tasks; those that nobody has reported on are counted apart: they may be done."""
        silent = sum(not item.reported for item in self.overdue)
        count = len(self.overdue) - silent
        told = f"Quá hạn, chưa hoàn thành: {count:02d} đầu việc" if count else "Không có đầu việc báo cáo quá hạn"
        return told + (f"; đã qua hạn mà chưa có báo cáo: {silent:02d} đầu việc" if silent else "")

    @property
    def due_title(self) -> str:
        """Over those that fall due."""
        due = len(self.due_soon)
        what = "đến hạn trước kỳ báo cáo sau"
        return f"{what[0].upper()}{what[1:]}: {due:02d} đầu việc" if due else f"Không có đầu việc {what}"

    @property
    def stages(self) -> tuple[tuple[str, int], ...]:
        """How many rows in each stage; stages without rows are left out."""
        counts = self.figures.total.stages
        return tuple((words, counts[words]) for words in STAGES if counts.get(words))


def overview_of(c: Consolidation) -> Overview:
    """The first page of a consolidation."""
    later = next_period(c.period, c.plan.properties).cutoff
    overdue = [_listed(row, c) for row in c.tasks if _is_past(row, c)]
    soon = [_listed(row, c) for row in c.tasks if not _is_past(row, c) and row.falls_due(c.cutoff, later)]
    earlier = c.earlier_periods[-1] if c.earlier_periods else None
    return Overview(
        consolidation=c,
        figures=figures(c),
        before=figures(earlier) if earlier else None,
        before_title=earlier.period.title if earlier else "",
        overdue=tuple(sorted(overdue, key=lambda item: -item.days)),
        due_soon=tuple(sorted(soon, key=lambda item: item.days)),
        decisions=_decisions(c),
    )


def _is_past(row: TaskRow, c: Consolidation) -> bool:
    """Overdue, or its day has passed and nobody has told that it is done."""
    return row.stands("overdue") or (row.is_silent and row.task.due is not None and row.task.due < c.cutoff)


def _listed(row: TaskRow, c: Consolidation) -> ListedTask:
    left = (row.task.due - c.cutoff).days if row.task.due else 0
    words = "; ".join(filter(None, (row.standing.days_words, *(entry.done_later for entry in row.entries))))
    if row.is_silent:
        words = f"{row.standing.stage}, " + (f"đã qua hạn {-left} ngày" if left < 0 else f"còn {left} ngày")

    def told(name: str) -> tuple[str, ...]:
        return tuple(text for entry in row.entries if (text := _told_once(shown(entry.values.get(name), c.schema))))

    return ListedTask(
        code=row.task.code,
        number=row.task.cited_number,
        work=one_line(row.task.own_work),
        units=tuple(entry.name for entry in row.entries) or (row.task.lead,),
        due=row.task.due,
        days=abs(left),
        words=words,
        causes=told("cause"),
        next_work=told("next_work"),
        reported=not row.is_silent,
    )


def _decisions(c: Consolidation) -> tuple[AskedDecision, ...]:
    """What units ask for, on tasks and in general: by who must decide, the highest first."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for item in c.free:
        if item.table == "difficulty" and item.text("proposal").strip():
            level = shown(item.values.get("authority"), c.schema) or NO_LEVEL
            found.setdefault((level, _told_once(item.text("proposal"))), []).append((item.name, ""))
    for row in c.tasks:
        for entry in row.entries:
            # what it told when the row was done before is past
            text = "" if entry.before else _told_once(shown(entry.values.get("proposal"), c.schema))
            if text:
                found.setdefault((NO_LEVEL, text), []).append((entry.name, row.task.cited_number))
    order = [item.title for item in reversed(c.schema.lists.get("authority", ()))]
    levels = list(dict.fromkeys([*order, *(level for level, _ in found if level != NO_LEVEL), NO_LEVEL]))
    asked = []
    for (level, text), who in sorted(found.items(), key=lambda item: levels.index(item[0][0])):
        names, numbers = (tuple(dict.fromkeys(filter(None, told))) for told in zip(*who, strict=True))
        asked.append(AskedDecision(level, text, names, numbers))
    return tuple(asked)


def _told_once(text: str) -> str:
    """A unit's text as an item of a list: one run of words, begun with a capital, without a stop at its end."""
    return begun(flowing(text).rstrip(" .;:,…"))
