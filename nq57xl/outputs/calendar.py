"""The year's calendar of reports, to print and for phones; a unit's or a row's history as a sheet."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence

from attrs import frozen

from nq57xl.forms.page_setup import DECREE_PAGE
from nq57xl.forms.styles import STYLES
from nq57xl.forms.wording import data_window
from nq57xl.plan.model import Period
from nq57xl.xlsx.metrics import Text, row_height
from nq57xl.xlsx.write import Workbook

_HEADS = ("TT", "Kỳ báo cáo", "Số liệu", "Ngày chốt", "Đơn vị gửi chậm nhất", "Cơ quan gửi chậm nhất", "Ghi chú")
_WIDTHS = (5.0, 20.0, 27.0, 20.0, 22.0, 22.0, 32.0)
_WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
_OCTETS = 73
"""Of a line of a calendar file, with its line break under the 75 that RFC 5545 allows."""


@frozen
class CalendarLine:
    """One period with its days."""

    period: Period
    note: str = ""
    """Why a due day is not the usual one, or what it falls on."""


def day_words(day: dt.date) -> str:
    """ "thứ Sáu, 17/04/2026"."""
    return f"{_WEEKDAYS[day.weekday()]}, {day:%d/%m/%Y}"


def render_calendar(lines: Sequence[CalendarLine], year: int, title: str) -> bytes:
    """The workbook's bytes; the same lines give the same bytes."""
    with Workbook(f"Lịch báo cáo năm {year}", STYLES, created=dt.datetime(year, 1, 1, 8)) as book:
        sheet = book.sheet("Lịch báo cáo")
        sheet.widths(_WIDTHS)
        last = len(_WIDTHS) - 1
        for row, (text, style) in enumerate(((f"LỊCH BÁO CÁO NĂM {year}", "heading"), (title, "subheading"))):
            sheet.across(row, 0, last, text, style)
            sheet.height(row, row_height([Text(text, sum(_WIDTHS))]) + 6)
        for column, text in enumerate(_HEADS):
            sheet.text(2, column, text, "head")
        sheet.height(2, 32.0)
        for number, line in enumerate(lines, start=1):
            period = line.period
            days = (period.cutoff, period.due, period.report_due)
            texts = (str(number), period.title, data_window(period), *map(day_words, days), line.note)
            for column, text in enumerate(texts):
                sheet.text(2 + number, column, text, "text_center" if column == 0 else "text")
            measured = [Text(text, width, indent=1) for text, width in zip(texts, _WIDTHS, strict=True)]
            sheet.height(2 + number, row_height(measured))
        sheet.page(DECREE_PAGE)
        sheet.print_area(0, 0, 2 + len(lines), last)
        sheet.head(2, 2 + len(lines), (0, last), 2)
    return book.content


def calendar_file(lines: Sequence[CalendarLine], year: int, title: str) -> bytes:
    """The same as iCalendar (RFC 5545): an all-day event for each cut-off and each due day."""
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


_HISTORY_HEADS = ("Kỳ", "Đơn vị", "Nội dung đã báo cáo", "Nhận lúc", "Thời hạn", "Điểm kiểm tra", "Biên tập")
_HISTORY_WIDTHS = (18.0, 22.0, 46.0, 16.0, 13.0, 38.0, 22.0)


def render_history(subject: str, lines: Sequence[Sequence[str]], created: dt.datetime) -> bytes:
    """The workbook's bytes: one row for each line; the same lines give the same bytes."""
    with Workbook(f"Quá trình báo cáo {subject}", STYLES, created=created) as book:
        sheet = book.sheet("Quá trình báo cáo")
        sheet.widths(_HISTORY_WIDTHS)
        last = len(_HISTORY_WIDTHS) - 1
        sheet.across(0, 0, last, f"QUÁ TRÌNH BÁO CÁO: {subject}", "heading")
        sheet.height(0, row_height([Text(subject, sum(_HISTORY_WIDTHS))]) + 6)
        for column, text in enumerate(_HISTORY_HEADS):
            sheet.text(1, column, text, "head")
        sheet.height(1, 20.0)
        for row, cells in enumerate(lines, start=2):
            for column, text in enumerate(cells):
                sheet.text(row, column, text, "text")
            measured = [Text(text, width, indent=1) for text, width in zip(cells, _HISTORY_WIDTHS, strict=True)]
            sheet.height(row, row_height(measured))
        sheet.page(DECREE_PAGE)
        sheet.print_area(0, 0, 1 + len(lines), last)
        sheet.head(1, 1 + len(lines), (0, last), 1)
    return book.content
