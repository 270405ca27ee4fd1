"""Reminders to whoever still owes something: texts, the notice by NĐ 30 for all; the calendar of a year."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import attrs
from attrs import field, frozen

from nq57xl import resources
from nq57xl.forms.styles import DECREE_PAGE, STYLES
from nq57xl.forms.wording import data_window, day_in_words, plan_name
from nq57xl.ledger.model import PeriodStatus, UnitStatus
from nq57xl.outputs.document import filled_docx
from nq57xl.outputs.letters import addresses, gatherer_words, mail_draft, plain
from nq57xl.plan.model import Period, Plan, Properties, name_on
from nq57xl.plan.periods import day_off, parse_period
from nq57xl.results.wording import days_left
from nq57xl.text.clock import moment_words
from nq57xl.text.legacy import bare
from nq57xl.xlsx.metrics import Text, row_height
from nq57xl.xlsx.write import Workbook

_Owes = Literal["missing", "rejected", "explanation"]
"""`explanation`: accepted, with warnings that are still open."""
OWES: dict[_Owes, str] = {
    "missing": "Chưa nộp báo cáo",
    "rejected": "Báo cáo bị trả lại, cần sửa và gửi lại",
    "explanation": "Đã nhận, đề nghị giải trình",
}
_SUBJECT: dict[_Owes, str] = {
    "missing": "Nhắc gửi báo cáo",
    "rejected": "Nhắc sửa, gửi lại báo cáo",
    "explanation": "Nhắc giải trình số liệu báo cáo",
}


NOTICE_FILE = "thong-bao-nhac.docx"
_AGENCIES = re.compile(
    "so |ubnd|uy ban|ban quan ly|cong an|bo chi huy|xa |phuong |thanh tra tinh|ban dan|dac khu|thanh pho |"
    "van phong ubnd|van phong uy ban|cuc |thue |kho bac|bao hiem xa hoi|toa an|vien kiem sat|dai hoc|truong dai hoc"
)
"""How names of agencies begin, without accents; other units are parts of one office."""
_BLANK_NUMBER = "        "


def _between_agencies(names: Sequence[str]) -> bool:
    """The units are agencies of their own, most of them: they get a công văn, not the office's own thông báo."""
    agencies = sum(_AGENCIES.match(bare(name)) is not None for name in names)
    return bool(names) and agencies * 2 > len(names)


@frozen
class _OwingUnit:
    """A unit that still owes something for the period."""

    code: str
    name: str
    email: str
    owes: _Owes
    points: int = 0
    """How many points are to be corrected or explained."""
    received: str = ""
    """When its newest return came, in words."""
    file: str = ""
    """Name of the form that goes with the reminder."""
    attached: bytes | None = field(default=None, repr=False)


@frozen
class _UnitReminder:
    """The reminder of one unit."""

    unit: _OwingUnit
    words: str
    """What it owes, and the one thing to do; to the gathering unit itself a note, no letter."""
    text: Path | None = None
    """Where the words were written; None while nothing is."""
    draft: Path | None = None
    """The mail with its form; none for the gathering unit itself: an office writes no letter to itself."""


def owed_by(unit: UnitStatus) -> _Owes | None:
    """What the unit owes: its newest return says; None for a unit that has done everything."""
    newest = unit.newest
    if newest is None:
        return "missing"
    if newest.judged.verdict == "rejected":
        return "rejected"
    if unit.counting is None:
        return "missing"
    return "explanation" if any(item.asks for item in newest.judged.findings) else None


def _owing(unit: UnitStatus, owes: _Owes, file: tuple[str, bytes] | None) -> _OwingUnit:
    findings = unit.newest.judged.findings if unit.newest else ()
    severity = "error" if owes == "rejected" else "warning"
    return _OwingUnit(
        code=unit.code,
        name=plain(unit.name),
        email=unit.email,
        owes=owes,
        points=sum(item.asks and item.severity == severity for item in findings),
        received=moment_words(unit.newest.judged.source.received_at) if unit.newest else "",
        file=file[0] if file else "",
        attached=file[1] if file else None,
    )


@frozen
class Reminders:
    """Everything that can be sent on a day, from the ledger as it is now; the same day twice, the same texts."""

    plan: Plan
    period: Period
    day: dt.date
    status: PeriodStatus
    """Telling when units were reminded last."""
    workspace: Path
    units: tuple[_UnitReminder, ...] = ()
    notice: Path | None = None
    """One notice for all (.docx), after the due day, where it was written."""
    problems: tuple[str, ...] = ()

    def to_units(self, form_of: Callable[[UnitStatus], tuple[str, bytes] | None]) -> Reminders:
        """With one for each unit that owes something; `form_of`: name and content of the form that goes with it."""
        owed = ((unit, owes) for unit in self.status.units if (owes := owed_by(unit)) is not None)
        found = [_owing(unit, owes, form_of(unit)) for unit, owes in owed]
        own = self.plan.properties.gatherer
        words = [self._fill("nhac-don-vi.txt", {"unit": unit, "own": unit.code == own}) for unit in found]
        return attrs.evolve(self, units=tuple(map(_UnitReminder, found, words)))

    @cached_property
    def group(self) -> str:
        """One text for the units' group (Zalo): counts and names, no contents."""
        owing = [item.unit for item in self.units]
        groups = [
            {"title": title, "names": [unit.name for unit in owing if unit.owes == owes]}
            for owes, title in OWES.items()
        ]
        counts = {"total": len(self.status.units), "accepted": self._accepted}
        return self._fill("nhac-nhom.txt", {**counts, "groups": groups})

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
    def late(self) -> tuple[_OwingUnit, ...]:
        """Units to be named in one notice for all: after the due day those without an accepted report."""
        owing = tuple(item.unit for item in self.units if item.unit.owes != "explanation")
        return owing if self.day > self.period.due else ()

    def mail_to(self, item: _UnitReminder) -> bytes | None:
        """The words as the draft of a mail with the form that they speak of; None for the gathering unit."""
        unit = item.unit
        if unit.code == self.plan.properties.gatherer:
            return None
        subject = f"{_SUBJECT[unit.owes]} {self.period.title} - {unit.name}"
        attached = (unit.file, unit.attached) if unit.attached is not None else None
        mark = hashlib.sha256(f"{unit.code} {self.period.code} {item.words}".encode()).hexdigest()[:8]
        return mail_draft(addresses(unit.email, unit.name), subject, (item.words,), attached, mark=mark)

    def notice_for_all(self) -> bytes | None:
        """One notice (.docx) by Decree 30 with number and day left blank; None where none is due.

        Raises Nq57Error where the office's own template is wrong.
        """
        return filled_docx(NOTICE_FILE, self._notice_words(), self.workspace) if self.late else None

    @property
    def _accepted(self) -> int:
        return sum(unit.counting is not None for unit in self.status.units)

    def _fill(self, template: str, words: Mapping[str, Any]) -> str:
        period = self.period
        known = {
            "period": period,
            "plan": plain(plan_name(self.plan.properties.title)),
            "window": data_window(period),
            "today": day_in_words(self.day),
            "due": day_in_words(period.due),
            "left": days_left((period.due - self.day).days),
            "late": self.day > period.due,
            **gatherer_words(self.plan),
        }
        return resources.fill(f"texts/{template}.j2", {**known, **words}, self.workspace)

    def _notice_words(self) -> dict[str, Any]:
        own, period, today = self.plan.properties, self.period, self.day
        gatherer = gatherer_words(self.plan)["gatherer"]
        agency, letters = plain(name_on(own.agency, today)), own.symbol.partition("-")[2]
        letter = _between_agencies([unit.name for unit in self.plan.units if not unit.external])
        kind = f"/{letters}-{own.gatherer}" if letter else f"/TB-{letters}"
        return {
            "letter": letter,
            "parent": plain(name_on(own.parent, today)).upper(),
            "agency": agency.upper(),
            "place": plain(name_on(own.place, today)),
            "day": f"ngày      tháng      năm {today.year}",
            "number": f"{_BLANK_NUMBER}{kind.rstrip('-')}",
            "subject": f"gửi báo cáo {period.title} thực hiện {plain(plan_name(own.title))}",
            "recipients": [unit.name for unit in self.late],
            "opening": (
                f"Thời hạn các đơn vị gửi báo cáo {period.title} (số liệu {data_window(period)}) về {gatherer} là hết "
                f"{day_in_words(period.due)}. Đến {day_in_words(today)}, đã có báo cáo được chấp nhận của "
                f"{self._accepted}/{len(self.status.units)} đơn vị; các đơn vị sau chưa hoàn thành:"
            ),
            "units": [{"name": unit.name, "owes": OWES[unit.owes]} for unit in self.late],
            "request": (
                f"{agency} đề nghị các đơn vị có tên trên khẩn trương hoàn thành và gửi báo cáo về {gatherer} trong "
                "thời gian sớm nhất"
            ),
            "signature": own.signatory,
            "copies": [
                "- Như trên;" if letter else "- Các đơn vị có tên trên;",
                "- Lãnh đạo cơ quan;",
                f"- Lưu: VT, {own.gatherer}.",
            ],
        }


_CALENDAR = {
    "TT": 5.0,
    "Kỳ báo cáo": 20.0,
    "Số liệu": 27.0,
    "Ngày chốt": 20.0,
    "Đơn vị gửi chậm nhất": 22.0,
    "Cơ quan gửi chậm nhất": 22.0,
    "Ghi chú": 32.0,
}
"""Heading -> width of a column."""
_WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
_OCTETS = 73
"""Of a line of a calendar file, with its line break under the 75 that RFC 5545 allows."""


@frozen
class CalendarLine:
    """One period with its days."""

    period: Period
    note: str = ""
    """Why a due day is not the usual one, or what it falls on."""

    @classmethod
    def of(cls, period: Period, properties: Properties) -> CalendarLine:
        """With a note on days that were moved, or fall on a day off."""
        usual = parse_period(period.code, attrs.evolve(properties, due_roll="", roll_weekends=False))
        told = [period.subject] if period.subject else []
        for who, day, meant in (
            ("đơn vị", period.due, usual.due),
            ("cơ quan", period.report_due, usual.report_due),
        ):
            off = day_off(meant, properties)
            if day != meant:
                told.append(f"hạn của {who} chuyển từ {_day_words(meant)} ({off or 'ngày nghỉ'})")
            elif off:
                told.append(f"hạn của {who} trùng {off}")
        note = "; ".join(told)
        return cls(period, note[:1].upper() + note[1:])

    @property
    def days(self) -> tuple[str, ...]:
        """Cut-off, due day of the units, due day of the office: "thứ Sáu, 17/04/2026"."""
        return tuple(map(_day_words, (self.period.cutoff, self.period.due, self.period.report_due)))


def _day_words(day: dt.date) -> str:
    return f"{_WEEKDAYS[day.weekday()]}, {day:%d/%m/%Y}"


def calendar_files(lines: Sequence[CalendarLine], year: int, title: str) -> dict[str, bytes]:
    """The calendar as a workbook to print and a calendar file, by name; the same lines give the same bytes."""
    name = f"lich-bao-cao-{year}"
    return {f"{name}.xlsx": _calendar_book(lines, year, title), f"{name}.ics": _calendar_file(lines, year, title)}


def _calendar_book(lines: Sequence[CalendarLine], year: int, title: str) -> bytes:
    rows = [
        (str(number), line.period.title, data_window(line.period), *line.days, line.note)
        for number, line in enumerate(lines, start=1)
    ]
    top = (f"LỊCH BÁO CÁO NĂM {year}", title)
    return _list_book((f"Lịch báo cáo năm {year}", "Lịch báo cáo"), top, _CALENDAR, rows, dt.datetime(year, 1, 1, 8))


def _calendar_file(lines: Sequence[CalendarLine], year: int, title: str) -> bytes:
    """iCalendar (RFC 5545): an all-day event for each cut-off and each due day."""
    rows = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//nq57xl//lich bao cao//VI", "CALSCALE:GREGORIAN"]
    for line in lines:
        period = line.period
        for what, day in (
            ("Chốt số liệu", period.cutoff),
            ("Hạn đơn vị gửi báo cáo", period.due),
            ("Hạn cơ quan gửi báo cáo", period.report_due),
        ):
            mark = hashlib.sha256(f"{title}|{period.code}|{what}".encode()).hexdigest()[:24]
            rows += [
                "BEGIN:VEVENT",
                f"UID:{mark}@nq57xl",
                f"DTSTAMP:{year}0101T000000Z",
                f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
                f"DTEND;VALUE=DATE:{day + dt.timedelta(days=1):%Y%m%d}",
                f"SUMMARY:{_escaped(f'{what} {period.title}')}",
                f"DESCRIPTION:{_escaped('. '.join(filter(None, (title, line.note))))}",
                "TRANSP:TRANSPARENT",
                "END:VEVENT",
            ]
    rows.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for row in rows for part in _folded(row)).encode()


def _escaped(text: str) -> str:
    for letter in "\\;,":
        text = text.replace(letter, f"\\{letter}")
    return " ".join(text.split())


def _folded(line: str) -> Iterator[str]:
    """The line in pieces of so many octets, never inside a letter; every further piece begins with a blank."""
    piece = ""
    for letter in line:
        if len((piece + letter).encode()) > _OCTETS:
            yield piece
            piece = " "
        piece += letter
    yield piece


_HISTORY = {
    "Kỳ": 18.0,
    "Đơn vị": 22.0,
    "Nội dung đã báo cáo": 46.0,
    "Nhận lúc": 16.0,
    "Thời hạn": 13.0,
    "Điểm kiểm tra": 38.0,
    "Biên tập": 22.0,
}


def render_history(subject: str, lines: Sequence[Sequence[str]], created: dt.datetime) -> bytes:
    """The workbook's bytes: one row for each line; the same lines give the same bytes."""
    names = (f"Quá trình báo cáo {subject}", "Quá trình báo cáo")
    return _list_book(names, (f"QUÁ TRÌNH BÁO CÁO: {subject}",), _HISTORY, lines, created)


def _list_book(
    names: tuple[str, str],
    top: Sequence[str],
    columns: Mapping[str, float],
    rows: Sequence[Sequence[str]],
    created: dt.datetime,
) -> bytes:
    """A workbook of one list; `names`: its title and its sheet's, `top`: the lines above the headings."""
    with Workbook(names[0], STYLES, created=created) as book:
        sheet, widths, last = book.sheet(names[1]), tuple(columns.values()), len(columns) - 1
        sheet.widths(widths)
        for row, (text, style) in enumerate(zip(top, ("heading", "subheading"), strict=False)):
            sheet.across(row, 0, last, text, style)
            sheet.height(row, row_height([Text(text, sum(widths))]) + 6)
        head = len(top)
        for column, text in enumerate(columns):
            sheet.text(head, column, text, "head")
        sheet.height(head, 32.0)
        for row, cells in enumerate(rows, head + 1):
            for column, text in enumerate(cells):
                sheet.text(row, column, text, "text_center" if text.isdigit() and column == 0 else "text")
            sheet.height(
                row, row_height([Text(text, width, indent=1) for text, width in zip(cells, widths, strict=True)])
            )
        sheet.page(DECREE_PAGE)
        sheet.print_area(0, 0, head + len(rows), last)
        sheet.head(head, head + len(rows), (0, last), head)
    return book.content
