"""Lists to print: the forms to send, the calendar of a year (also for calendar programs), what was reported so far."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence

import attrs
from attrs import frozen

from nq57xl.forms.styles import DECREE_PAGE, STYLES
from nq57xl.forms.wording import data_window, deadline_in_words, period_line
from nq57xl.outputs.letters import FormToSend
from nq57xl.plan.model import Period, Properties
from nq57xl.plan.periods import day_off, parse_period
from nq57xl.xlsx.metrics import Text, row_height
from nq57xl.xlsx.write import Workbook

SENDING_LIST = "danh-sach-gui.xlsx"
_SENDING = {
    "TT": 5.0,
    "Đơn vị": 18.0,
    "Mã": 8.0,
    "Tệp biểu mẫu": 22.0,
    "Hạn gửi về": 11.0,
    "Thư điện tử": 19.0,
    "Tiêu đề thư": 20.0,
    "Nội dung thư": 52.0,
}
"""Heading -> width of a column, as in the other lists."""
_CALENDAR = {
    "TT": 5.0,
    "Kỳ báo cáo": 20.0,
    "Số liệu": 27.0,
    "Ngày chốt": 20.0,
    "Đơn vị gửi chậm nhất": 22.0,
    "Cơ quan gửi chậm nhất": 22.0,
    "Ghi chú": 32.0,
}
_HISTORY = {
    "Kỳ": 18.0,
    "Đơn vị": 22.0,
    "Nội dung đã báo cáo": 46.0,
    "Nhận lúc": 16.0,
    "Thời hạn": 13.0,
    "Điểm kiểm tra": 38.0,
    "Biên tập": 22.0,
}
_WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
_OCTETS = 73
"""Of a line of a calendar file, with its line break under the 75 that RFC 5545 allows."""


def render_sending_list(items: Sequence[FormToSend], drafts: Mapping[str, str] | None = None) -> bytes:
    """The workbook's bytes; `drafts`: where the mails stand, by unit code. The same arguments give the same bytes."""
    forms, rows, top = [item.form for item in items], [], ["DANH SÁCH GỬI BIỂU MẪU BÁO CÁO"]
    if forms:
        due = deadline_in_words(forms[0].period.due)
        top.append(f"{period_line(forms[0].period)}. Hạn gửi về: {due[0].lower()}{due[1:]}.")
        top.append("Mỗi đơn vị một tệp; chép tiêu đề, nội dung thư ở hai cột cuối khi gửi.")
    for number, (item, form) in enumerate(zip(items, forms, strict=True), start=1):
        draft = (drafts or {}).get(form.unit)
        file, due = item.path.name + (f"\nThư nháp: {draft}" if draft else ""), f"{form.period.due:%d/%m/%Y}"
        email = item.email or "(chưa có)"
        rows.append((str(number), form.unit_name, form.unit, file, due, email, item.subject, item.text))
    issued = max((form.issued_on for form in forms), default=dt.date(2026, 1, 1))
    names, created = ("Danh sách gửi", "Danh sách gửi"), dt.datetime.combine(issued, dt.time(8))
    return _list_book(names, top, _SENDING, rows, created, centred=(2, 4), heights=(24.0, 30.0), frozen=2)


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
        days = (("đơn vị", period.due, usual.due), ("cơ quan", period.report_due, usual.report_due))
        for who, day, meant in days:
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
    numbered = enumerate(lines, start=1)
    rows = [(str(n), line.period.title, data_window(line.period), *line.days, line.note) for n, line in numbered]
    names, top = (f"Lịch báo cáo năm {year}", "Lịch báo cáo"), (f"LỊCH BÁO CÁO NĂM {year}", title)
    book = _list_book(names, top, _CALENDAR, rows, dt.datetime(year, 1, 1, 8), frozen=2)
    return {f"lich-bao-cao-{year}.xlsx": book, f"lich-bao-cao-{year}.ics": _calendar_file(lines, year, title)}


def _calendar_file(lines: Sequence[CalendarLine], year: int, title: str) -> bytes:
    """iCalendar (RFC 5545): an all-day event for each cut-off and each due day."""
    rows = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//nq57xl//lich bao cao//VI", "CALSCALE:GREGORIAN"]
    for line in lines:
        period = line.period
        days = {
            "Chốt số liệu": period.cutoff,
            "Hạn đơn vị gửi báo cáo": period.due,
            "Hạn cơ quan gửi báo cáo": period.report_due,
        }
        for what, day in days.items():
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


def render_history(subject: str, lines: Sequence[Sequence[str]], created: dt.datetime) -> bytes:
    """The workbook's bytes: one row for each line; the same lines give the same bytes."""
    names = (f"Quá trình báo cáo {subject}", "Quá trình báo cáo")
    return _list_book(names, (f"QUÁ TRÌNH BÁO CÁO: {subject}",), _HISTORY, lines, created, frozen=1)


def _list_book(
    names: tuple[str, str],
    top: Sequence[str],
    columns: Mapping[str, float],
    rows: Sequence[Sequence[str]],
    created: dt.datetime,
    *,
    frozen: int,
    centred: Sequence[int] = (),
    heights: tuple[float, float] | None = None,
) -> bytes:
    """A workbook of one list; `names`: its title and its sheet's, `top`: the lines above the headings.

    `frozen`: columns always in sight; `heights`: of those lines and of the headings in points, else as the texts need.
    """
    with Workbook(names[0], STYLES, created=created) as book:
        sheet, widths, head, last = book.sheet(names[1]), tuple(columns.values()), len(top), len(columns) - 1
        sheet.widths(widths)
        for row, (text, style) in enumerate(zip(top, ("heading", "subheading", "note"), strict=False)):
            sheet.across(row, 0, last, text, style)
            sheet.height(row, heights[0] if heights else row_height([Text(text, sum(widths))]) + 6)
        for column, text in enumerate(columns):
            sheet.text(head, column, text, "head")
        sheet.height(head, heights[1] if heights else 32.0)
        for row, cells in enumerate(rows, head + 1):
            for column, text in enumerate(cells):
                middle = column in centred or (column == 0 and text.isdigit())
                sheet.text(row, column, text, "text_center" if middle else "text")
            measured = [Text(text, width, indent=1) for text, width in zip(cells, widths, strict=True)]
            sheet.height(row, row_height(measured))
        sheet.page(DECREE_PAGE)
        sheet.print_area(0, 0, head + len(rows), last)
        sheet.head(head, head + len(rows), (0, last), frozen)
    return book.content
