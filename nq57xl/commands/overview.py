"""The period's figures as they stand now, for the page: counts, what is overdue and whose, without writing anything."""

from __future__ import annotations

from attrs import frozen

from nq57xl.commands.consolidated import consolidated
from nq57xl.commands.office import Office
from nq57xl.results.consolidation import Consolidation, LeadEntry, TaskRow
from nq57xl.results.figures import Figures, figures
from nq57xl.results.wording import STAGES, work_of


@frozen
class OverdueTask:
    """A task that should be done by now."""

    code: str
    work: str
    units: str
    deadline: str
    days_late: int


@frozen
class Overview:
    """What a leader asks first."""

    consolidation: Consolidation
    figures: Figures
    overdue: tuple[OverdueTask, ...]

    @property
    def stages(self) -> tuple[tuple[str, int], ...]:
        """How many rows in each stage, in the order of the charts; stages without rows are left out."""
        counts = self.figures.total.stages
        return tuple((stage, counts[stage]) for stage in STAGES if counts.get(stage))


def overview(office: Office, period_code: str) -> Overview:
    """The figures of the period. Raises Nq57Error where the appendix or the ledger cannot be read."""
    with office.reading() as ledger:
        plan, period = office.valid(period_code, ledger)
        found = consolidated(office, ledger, plan, period)
    overdue = [_overdue(row, found) for row in found.tasks if any(_is_overdue(entry) for entry in row.entries)]
    return Overview(found, figures(found), tuple(sorted(overdue, key=lambda item: -item.days_late)))


def _is_overdue(entry: LeadEntry) -> bool:
    return entry.timeliness is not None and entry.timeliness.code == "overdue"


def _overdue(row: TaskRow, c: Consolidation) -> OverdueTask:
    late = [entry for entry in row.entries if _is_overdue(entry)]
    due = row.task.due
    return OverdueTask(
        code=row.task.code,
        work=work_of(row.task),
        units=", ".join(entry.name for entry in late),
        deadline=row.task.deadline.text,
        days_late=(c.period.cutoff - due).days if due else 0,
    )
