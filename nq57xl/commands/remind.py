"""remind and calendar: texts and drafts for whoever still owes something, the days of a year; nothing is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import attrs
from attrs import frozen

from nq57xl.commands.office import Office, require_year
from nq57xl.commands.standing import OfficePeriod
from nq57xl.errors import Nq57Error
from nq57xl.forms.wording import form_file_name, plan_name
from nq57xl.ledger.model import UnitStatus
from nq57xl.ledger.outputs import own_output, remove_guarded, write_all_guarded
from nq57xl.ledger.store import Ledger
from nq57xl.outputs.lists import CalendarLine, calendar_files
from nq57xl.outputs.reminders import NOTICE_FILE, Reminders, owed_by
from nq57xl.plan.periods import months_of, parse_period

_PREFIX = "nhac-"


def drafted_reminders(office: Office, period_code: str | None) -> Reminders:
    """What there is to send today, without writing anything. Raises Nq57Error when no form of the period was issued."""
    with office.reading() as ledger:
        return _drafted(office, ledger, period_code)


def _drafted(office: Office, ledger: Ledger, period_code: str | None) -> Reminders:
    here = OfficePeriod.of(office, ledger, period_code)
    here.require_issued()
    today, root = office.clock.now().date(), office.workspace.root
    return Reminders(here.plan, here.period, today, here.status(), root).to_units(partial(_form, here))


def remind(office: Office, period_code: str | None) -> Reminders:
    """Writes the reminders of the day to thong-bao/ and takes away those of units that owe nothing any more.

    The same day twice gives the same texts. Raises Nq57Error when no form of the period was issued.
    """
    with office.changing("remind") as ledger:
        now = _drafted(office, ledger, period_code)
        period, folder = now.period, office.workspace.letters_dir(now.period.code)
        outputs = {folder / "nhac-nhom.txt": _lines(now.group)}
        made = []
        for item in now.units:
            code = item.unit.code
            paths = [folder / f"{_PREFIX}{form_file_name(period.code, code, end)}" for end in (".txt", ".eml")]
            outputs[paths[0]] = _lines(item.words)
            draft = now.mail_to(item)
            outputs |= {paths[1]: draft} if draft is not None else {}
            made.append((item, paths))
        for path in sorted(folder.glob(f"{_PREFIX}NQ57_*")):
            if path not in outputs and " (" not in path.stem:
                remove_guarded(ledger, path)
        notice, told = folder / NOTICE_FILE, now.notice_for_all()
        if told is not None:
            outputs[notice] = told
        else:
            remove_guarded(ledger, notice)
        written, failed = write_all_guarded(ledger, outputs)
        units = tuple(
            attrs.evolve(item, text=written[paths[0]], draft=written.get(paths[1]))
            for item, paths in made
            if paths[0] in written
        )
        problems = tuple(map(str, failed))
        return attrs.evolve(now, units=units, notice=written.get(notice), problems=problems)


def note_reminded(office: Office, period_code: str | None, units: Sequence[str] = ()) -> tuple[str, ...]:
    """Notes that reminders were sent by hand: to those units, else to everyone who owes something; gives their codes.

    Raises Nq57Error for a unit that the period does not know.
    """
    with office.changing("remind") as ledger:
        here = OfficePeriod.of(office, ledger, period_code)
        status = here.standing()
        known = {unit.code.casefold(): unit.code for unit in status.units}
        unknown = [code for code in units if code.casefold() not in known]
        if unknown:
            raise Nq57Error(f"Kỳ {here.period.title} không có đơn vị mang mã {', '.join(unknown)}.")
        told = tuple(known[code.casefold()] for code in units)
        told = told or tuple(unit.code for unit in status.units if owed_by(unit) is not None)
        ledger.event("remind", {"period": here.code, "units": list(told)})
        return told


def _form(here: OfficePeriod, unit: UnitStatus) -> tuple[str, bytes] | None:
    """The form that goes with a reminder: the marked one where a return came, else the one that was issued."""
    name, workspace = form_file_name(here.code, unit.code), here.office.workspace
    folder = workspace.back_dir if unit.newest is not None else workspace.forms_dir
    path = own_output(here.ledger, folder(here.code) / name)
    return (name, path.read_bytes()) if path is not None else None


def _lines(text: str) -> bytes:
    """As Windows' own editor wants it."""
    return text.replace("\n", "\r\n").encode()


@frozen
class _PeriodMark:
    """Where a period of the year stands, without looking at its returns."""

    issued: bool
    """It has forms of its own."""
    closed: bool
    months: tuple[int, int]
    """How many months of it have forms, of how many."""

    @property
    def from_months(self) -> bool:
        """It can be consolidated from its months."""
        return not self.issued and self.months[1] > 1 and self.months[0] > 0


@frozen
class _YearCalendar:
    """The periods of a year with their days."""

    year: int
    title: str
    """Name of the plan."""
    lines: tuple[CalendarLine, ...]
    marks: Mapping[str, _PeriodMark]
    """By code of the period."""
    files: tuple[Path, ...] = ()
    """Where it was written."""
    problems: tuple[str, ...] = ()


def year_days(office: Office) -> _YearCalendar:
    """The calendar of the plan's year, without writing it. Raises Nq57Error for swapped days that are no days."""
    with office.reading() as ledger:
        return _year_days(office, ledger)


def _year_days(office: Office, ledger: Ledger, year: int | None = None) -> _YearCalendar:
    plan = office.appendix().plan
    require_year(plan)
    properties = plan.properties
    year = year or properties.year
    once = [item.code for item in properties.ad_hoc if item.code.startswith(f"{year}-")]
    # each quarter, half-year, nine months and year after its last month
    longer = {3: ["-Q1"], 6: ["-Q2", "-H1"], 9: ["-Q3", "-9M"], 12: ["-Q4", "-H2", ""]}
    regular = [f"{year}{end}" for month in range(1, 13) for end in (f"-{month:02d}", *longer.get(month, []))]
    periods = sorted((parse_period(code, properties) for code in (*regular, *once)), key=lambda one: one.cutoff)
    issued, marks = set(ledger.periods()), {}
    for code in (period.code for period in periods):
        months = months_of(code)
        closed = code in issued and ledger.closing(code) is not None
        marks[code] = _PeriodMark(code in issued, closed, (sum(one in issued for one in months), len(months)))
    lines = tuple(CalendarLine.of(period, properties) for period in periods)
    return _YearCalendar(year, plan_name(properties.title), lines, marks)


def year_calendar(office: Office, year: int | None = None) -> _YearCalendar:
    """Writes the calendar of a year (default: the plan's) as workbook and calendar file to out/lich-YEAR/.

    Raises Nq57Error for swapped days that are no days.
    """
    with office.changing("calendar") as ledger:
        days = _year_days(office, ledger, year)
        folder = office.workspace.out / f"lich-{days.year}"
        outputs = {folder / name: data for name, data in calendar_files(days.lines, days.year, days.title).items()}
        written, failed = write_all_guarded(ledger, outputs)
        return attrs.evolve(days, files=tuple(written.values()), problems=tuple(map(str, failed)))
