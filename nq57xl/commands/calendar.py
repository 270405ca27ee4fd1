"""calendar: cut-off and due days of every period of a year, with Vietnam's holidays and the office's swapped days."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

from nq57xl.commands.office import Office
from nq57xl.forms.wording import plan_name
from nq57xl.ledger.outputs import write_all_guarded
from nq57xl.outputs.calendar import CalendarLine, calendar_file, render_calendar
from nq57xl.plan.model import Period, Properties
from nq57xl.plan.periods import holidays_of, is_working_day, parse_period


@frozen
class YearDays:
    """The periods of a year with their days."""

    year: int
    title: str
    """Name of the plan."""
    lines: tuple[CalendarLine, ...]

    def files(self) -> dict[str, bytes]:
        """The same as a workbook to print and a calendar file, by name."""
        name = f"lich-bao-cao-{self.year}"
        return {
            f"{name}.xlsx": render_calendar(self.lines, self.year, self.title),
            f"{name}.ics": calendar_file(self.lines, self.year, self.title),
        }


@frozen
class YearCalendar:
    """The calendar of a year as written."""

    year: int
    lines: tuple[CalendarLine, ...]
    files: tuple[Path, ...]
    problems: tuple[str, ...] = ()


def year_days(office: Office, year: int | None = None) -> YearDays:
    """The calendar of a year (default: the plan's), without writing it. Raises Nq57Error for swapped days that are no
    days."""
    properties = office.appendix().plan.properties
    year = year or properties.year
    periods = [parse_period(code, properties) for code in _codes(year)]
    once = [parse_period(item.code, properties) for item in properties.ad_hoc if item.code.startswith(f"{year}-")]
    lines = tuple(_line(period, properties) for period in sorted([*periods, *once], key=lambda item: item.cutoff))
    return YearDays(year, plan_name(properties.title), lines)


def year_calendar(office: Office, year: int | None = None) -> YearCalendar:
    """Writes the calendar of a year (default: the plan's) as workbook and calendar file to out/lich-YEAR/.

    Raises Nq57Error for swapped days that are no days.
    """
    with office.changing("calendar") as ledger:
        days = year_days(office, year)
        folder = office.workspace.out / f"lich-{days.year}"
        outputs = {folder / name: data for name, data in days.files().items()}
        written, failed = write_all_guarded(ledger, office.workspace, outputs)
        return YearCalendar(days.year, days.lines, tuple(written.values()), tuple(map(str, failed)))


def _codes(year: int) -> list[str]:
    """Every month, after each quarter, half-year, nine months and year those."""
    longer = {3: ["Q1"], 6: ["Q2", "H1"], 9: ["Q3", "9M"], 12: ["Q4", "H2", ""]}
    return [
        code
        for month in range(1, 13)
        for code in (f"{year}-{month:02d}", *(f"{year}-{part}".rstrip("-") for part in longer.get(month, [])))
    ]


def _line(period: Period, properties: Properties) -> CalendarLine:
    told = [period.subject[:1].upper() + period.subject[1:]] if period.subject else []
    for who, day in (("đơn vị", period.due), ("cơ quan", period.report_due)):
        if not is_working_day(day, properties):
            name = holidays_of(day.year).get(day, "ngày nghỉ")
            told.append(f"hạn của {who} trùng {name}")
    note = "; ".join(told)
    return CalendarLine(period, note[:1].upper() + note[1:])
