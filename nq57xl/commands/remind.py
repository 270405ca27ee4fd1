"""remind and calendar: texts and drafts for whoever still owes something, the days of a year; nothing is sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
from attrs import frozen

from nq57xl.commands.office import Office
from nq57xl.commands.standing import OfficePeriod
from nq57xl.errors import Nq57Error
from nq57xl.forms.wording import form_file_name, plan_name
from nq57xl.ledger.model import PeriodStatus, UnitStatus
from nq57xl.ledger.outputs import own_output, remove_guarded, write_all_guarded
from nq57xl.ledger.store import Ledger
from nq57xl.outputs.reminders import (
    NOTICE_FILE,
    CalendarLine,
    OwingUnit,
    calendar_files,
    day_words,
    group_text,
    owed_by,
    owing,
    render_notice,
    unit_draft,
    unit_text,
)
from nq57xl.plan.model import Period, Plan, Properties
from nq57xl.plan.periods import day_off, months_of, parse_period

_PREFIX = "nhac-"


@frozen
class _UnitReminder:
    """The reminder of one unit."""

    unit: OwingUnit
    words: str
    text: Path | None = None
    """Where the words were written; None while nothing is."""
    draft: Path | None = None
    """The mail with its form; none for the gathering unit itself: an office writes no letter to itself."""


@frozen
class Reminders:
    """Everything that can be sent on a day, from the ledger as it is now; the same day twice, the same texts."""

    plan: Plan
    period: Period
    day: dt.date
    status: PeriodStatus
    """Telling when units were reminded last."""
    group: str
    """Text for the units' group."""
    units: tuple[_UnitReminder, ...]
    workspace: Path
    notice: Path | None = None
    """One notice for all (.docx), after the due day, where it was written."""
    problems: tuple[str, ...] = ()

    @property
    def days(self) -> tuple[dt.date, ...]:
        """Reminding days: the day after the cut-off, and as many before and after the due day as the office set."""
        settings, due = self.plan.settings, self.period.due
        before, after = (dt.timedelta(days=n) for n in (settings.remind_days_before, settings.remind_days_after))
        return tuple(sorted({self.period.cutoff + dt.timedelta(days=1), due - before, due + after}))

    @property
    def next_day(self) -> dt.date | None:
        """The next reminding day, today too; None when all have passed."""
        return next((day for day in self.days if day >= self.day), None)

    @property
    def late(self) -> tuple[OwingUnit, ...]:
        """Units to be named in one notice for all: after the due day those without an accepted report."""
        owing = tuple(item.unit for item in self.units if item.unit.owes != "explanation")
        return owing if self.day > self.period.due else ()

    def notice_for_all(self) -> bytes | None:
        """One notice for all (.docx); None where none is due."""
        counts = (sum(unit.counting is not None for unit in self.status.units), len(self.status.units))
        if not self.late:
            return None
        return render_notice(self.plan, self.period, self.day, counts, self.late, workspace=self.workspace)

    def mail_to(self, item: _UnitReminder) -> bytes | None:
        """The mail to the unit with its form; None for the gathering unit."""
        own = item.unit.code == self.plan.properties.gatherer
        return None if own else unit_draft(item.unit, item.words, self.period)


def drafted_reminders(office: Office, period_code: str | None) -> Reminders:
    """What there is to send today, without writing anything. Raises Nq57Error when no form of the period was issued."""
    with office.reading() as ledger:
        return _drafted(office, ledger, period_code)


def _drafted(office: Office, ledger: Ledger, period_code: str | None) -> Reminders:
    here = OfficePeriod.of(office, ledger, period_code)
    here.require_issued()
    plan, period, status = here.plan, here.period, here.status()
    today, root = office.clock.now().date(), office.workspace.root
    found = [one for unit in status.units if (one := owing(unit, _form(here, unit))) is not None]
    text = group_text(status, plan, period, today, found, workspace=root)
    units = tuple(_UnitReminder(unit, unit_text(unit, plan, period, today, root)) for unit in found)
    return Reminders(plan, period, today, status, text, units, root)


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
    if owed_by(unit) is None:
        return None
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
    properties = office.appendix().plan.properties
    year = year or properties.year
    once = [item.code for item in properties.ad_hoc if item.code.startswith(f"{year}-")]
    periods = sorted((parse_period(code, properties) for code in (*_codes(year), *once)), key=lambda one: one.cutoff)
    issued, marks = set(ledger.periods()), {}
    for code in (period.code for period in periods):
        months = months_of(code)
        closed = code in issued and ledger.closing(code) is not None
        marks[code] = _PeriodMark(code in issued, closed, (sum(one in issued for one in months), len(months)))
    lines = tuple(_line(period, properties) for period in periods)
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


def _codes(year: int) -> list[str]:
    """Every month, after each quarter, half-year, nine months and year those."""
    longer = {3: ["Q1"], 6: ["Q2", "H1"], 9: ["Q3", "9M"], 12: ["Q4", "H2", ""]}
    return [
        code
        for month in range(1, 13)
        for code in (f"{year}-{month:02d}", *(f"{year}-{part}".rstrip("-") for part in longer.get(month, [])))
    ]


def _line(period: Period, properties: Properties) -> CalendarLine:
    usual = parse_period(period.code, attrs.evolve(properties, due_roll="", roll_weekends=False))
    told = [period.subject] if period.subject else []
    for who, day, meant in (
        ("đơn vị", period.due, usual.due),
        ("cơ quan", period.report_due, usual.report_due),
    ):
        off = day_off(meant, properties)
        if day != meant:
            told.append(f"hạn của {who} chuyển từ {day_words(meant)} ({off or 'ngày nghỉ'})")
        elif off:
            told.append(f"hạn của {who} trùng {off}")
    note = "; ".join(told)
    return CalendarLine(period, note[:1].upper() + note[1:])
