"""remind: texts and drafts for whoever still owes something, by the day on which they are made; nothing is sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from nq57xl.commands.collect import standing
from nq57xl.commands.merge import require_issued, with_reminder
from nq57xl.commands.office import Office
from nq57xl.errors import Nq57Error
from nq57xl.forms.wording import form_file_name
from nq57xl.ledger.model import PeriodStatus, UnitStatus
from nq57xl.ledger.outputs import own_output, remove_guarded, write_all_guarded
from nq57xl.ledger.store import Ledger
from nq57xl.outputs.notice import NOTICE_FILE, render_notice
from nq57xl.outputs.reminders import GROUP_FILE, OwingUnit, group_text, owed_by, owing, unit_draft, unit_text
from nq57xl.plan.model import Period, Plan

_PREFIX = "nhac-"


@frozen
class ReminderFiles:
    """The reminder of one unit as written."""

    unit: OwingUnit
    text: Path
    draft: Path | None
    """None for the gathering unit itself: an office writes no letter to itself."""


@frozen
class Reminders:
    """Everything that can be sent on a day."""

    plan: Plan
    period: Period
    day: dt.date
    days: tuple[dt.date, ...]
    """The reminding days of the period."""
    group: str
    """Text for the units' group."""
    group_file: Path
    units: tuple[ReminderFiles, ...]
    notice: Path | None = None
    """One notice for all (.docx), after the due day."""
    problems: tuple[str, ...] = ()

    @property
    def next_day(self) -> dt.date | None:
        """The next reminding day, today too; None when all have passed."""
        return next((day for day in self.days if day >= self.day), None)


def reminding_days(period: Period, plan: Plan) -> tuple[dt.date, ...]:
    """The day after the cut-off, and as many days before and after the due day as the office set."""
    settings = plan.settings
    days = {
        period.cutoff + dt.timedelta(days=1),
        period.due - dt.timedelta(days=settings.remind_days_before),
        period.due + dt.timedelta(days=settings.remind_days_after),
    }
    return tuple(sorted(days))


@frozen
class UnitReminder:
    """What one unit is told, as text; nothing of it is written yet."""

    unit: OwingUnit
    text: str


@frozen
class DraftedReminders:
    """The reminders of the day from the ledger as it is now; the same day twice, the same texts."""

    plan: Plan
    period: Period
    day: dt.date
    days: tuple[dt.date, ...]
    """The reminding days of the period."""
    status: PeriodStatus
    """Telling when units were reminded last."""
    group: str
    units: tuple[UnitReminder, ...]
    workspace: Path

    @property
    def late(self) -> tuple[OwingUnit, ...]:
        """Units to be named in one notice for all: after the due day those without an accepted report."""
        owing = tuple(item.unit for item in self.units if item.unit.owes != "explanation")
        return owing if self.day > self.period.due else ()

    def notice(self) -> bytes | None:
        """One notice for all (.docx); None where none is due."""
        counts = (sum(unit.counting is not None for unit in self.status.units), len(self.status.units))
        if not self.late:
            return None
        return render_notice(self.plan, self.period, self.day, counts, self.late, workspace=self.workspace)

    def draft(self, item: UnitReminder) -> bytes | None:
        """The mail to the unit with its form; None for the gathering unit: an office writes no letter to itself."""
        own = item.unit.code == self.plan.properties.gatherer
        return None if own else unit_draft(item.unit, item.text, self.period)


def drafted_reminders(office: Office, period_code: str | None) -> DraftedReminders:
    """What there is to send today, without writing anything. Raises Nq57Error when no form of the period was issued."""
    with office.reading() as ledger:
        return _drafted(office, ledger, period_code)


def _drafted(office: Office, ledger: Ledger, period_code: str | None) -> DraftedReminders:
    plan, period = office.valid(period_code, ledger)
    require_issued(ledger.current_forms(period.code), period)
    status = with_reminder(ledger, standing(office, ledger, plan, period))
    today, root = office.clock.now().date(), office.workspace.root
    found = [one for unit in status.units if (one := owing(unit, _form(office, ledger, period, unit))) is not None]
    text = group_text(status, plan, period, today, found, workspace=root)
    units = tuple(UnitReminder(unit, unit_text(unit, plan, period, today, root)) for unit in found)
    return DraftedReminders(plan, period, today, reminding_days(period, plan), status, text, units, root)


def remind(office: Office, period_code: str | None) -> Reminders:
    """Writes the reminders of the day to thong-bao/ and takes away those of units that owe nothing any more.

    The same day twice gives the same texts. Raises Nq57Error when no form of the period was issued.
    """
    with office.changing("remind") as ledger:
        now = _drafted(office, ledger, period_code)
        period, folder = now.period, office.workspace.letters_dir(now.period.code)
        outputs = {folder / GROUP_FILE: _lines(now.group)}
        made = []
        for item in now.units:
            code = item.unit.code
            paths = [folder / f"{_PREFIX}{form_file_name(period.code, code, end)}" for end in (".txt", ".eml")]
            outputs[paths[0]] = _lines(item.text)
            draft = now.draft(item)
            outputs |= {paths[1]: draft} if draft is not None else {}
            made.append((item.unit, paths))
        for path in sorted(folder.glob(f"{_PREFIX}NQ57_*")):
            if path not in outputs and " (" not in path.stem:
                remove_guarded(ledger, office.workspace, path)
        notice, told = folder / NOTICE_FILE, now.notice()
        if told is not None:
            outputs[notice] = told
        else:
            remove_guarded(ledger, office.workspace, notice)
        written, failed = write_all_guarded(ledger, office.workspace, outputs)
        units = tuple(
            ReminderFiles(unit, written[paths[0]], written.get(paths[1])) for unit, paths in made if paths[0] in written
        )
        group, problems = written.get(folder / GROUP_FILE, folder / GROUP_FILE), tuple(map(str, failed))
        return Reminders(now.plan, period, now.day, now.days, now.group, group, units, written.get(notice), problems)


def note_reminded(office: Office, period_code: str | None, units: Sequence[str] = ()) -> tuple[str, ...]:
    """Notes that reminders were sent by hand: to those units, else to everyone who owes something; gives their codes.

    Raises Nq57Error for a unit that the period does not know.
    """
    with office.changing("remind") as ledger:
        plan, period = office.valid(period_code, ledger)
        status = standing(office, ledger, plan, period)
        known = {unit.code.casefold(): unit.code for unit in status.units}
        unknown = [code for code in units if code.casefold() not in known]
        if unknown:
            raise Nq57Error(f"Kỳ {period.title} không có đơn vị mang mã {', '.join(unknown)}.")
        told = tuple(known[code.casefold()] for code in units)
        told = told or tuple(unit.code for unit in status.units if owed_by(unit) is not None)
        ledger.event("remind", {"period": period.code, "units": list(told)})
        return told


def _form(office: Office, ledger: Ledger, period: Period, unit: UnitStatus) -> tuple[str, bytes] | None:
    """The form that goes with a reminder: the marked one where a return came, else the one that was issued."""
    if owed_by(unit) is None:
        return None
    name = form_file_name(period.code, unit.code)
    folder = office.workspace.back_dir if unit.newest is not None else office.workspace.forms_dir
    path = own_output(ledger, office.workspace, folder(period.code) / name)
    return (name, path.read_bytes()) if path is not None else None


def _lines(text: str) -> bytes:
    """As Windows' own editor wants it."""
    return text.replace("\n", "\r\n").encode()
