"""Dates whose day and month were exchanged by a computer set to the United States: seen on the whole sheet only.

Typed 06/04/2026, such a computer stores the 4th of June; typed 16/04/2026, it keeps a text (domain.md 6.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from attrs import frozen

from nq57xl.records.findings import Finding
from nq57xl.records.form import Slot
from nq57xl.records.returns import RawCell, RawSheet
from nq57xl.records.schema import Field
from nq57xl.rules.catalogue import make
from nq57xl.rules.limits import vietnamese_date
from nq57xl.text.dates import read_date, swapped


@frozen
class DateCell:
    """A date cell with something in it."""

    slot: Slot
    field: Field
    cell: RawCell
    address: str

    @property
    def day(self) -> date | None:
        """The day of a real date; None for a text."""
        value = self.cell.value
        return value.date() if isinstance(value, datetime) else value if isinstance(value, date) else None

    @property
    def typed_day(self) -> date | None:
        """The day that a text names."""
        return read_date(self.cell.value) if isinstance(self.cell.value, str) else None


def swapped_dates(raw: RawSheet, cells: Sequence[DateCell], cutoff: date) -> Iterator[Finding]:
    """An error with the likely day for each date that may have been exchanged; nothing is exchanged here.

    Suspect are all real dates of a sheet where none has a day after the 12th while texts have; and those that the cell
    itself shows month first. Not suspect: a date that only makes sense as it stands, because exchanged it would lie
    after the period's last day and as it stands it does not.
    """
    days = [day for item in cells if (day := item.day) is not None]
    texts = [day for item in cells if (day := item.typed_day) is not None and day.day > 12]
    pattern = bool(texts) and all(day.day <= 12 for day in days)
    for item in cells:
        day = item.day
        other = swapped(day) if day is not None else None
        if day is None or other is None or day <= cutoff < other:
            continue
        if item.cell.date_format == "us":
            yield _finding(raw, item, day, other, "ô hiển thị tháng trước ngày")
        elif pattern:
            reason = f"trên trang này các ngày sau ngày 12 đều là chữ, ví dụ {vietnamese_date(texts[0])}"
            yield _finding(raw, item, day, other, reason)


def _finding(raw: RawSheet, item: DateCell, day: date, other: date, reason: str) -> Finding:
    shown = vietnamese_date(day)
    words = {"field": item.field.title, "value": shown, "result": vietnamese_date(other), "reason": reason}
    return make(
        "DATE_SWAPPED",
        words=words,
        sheet=raw.name,
        cell=item.address,
        table=item.slot.table,
        task=item.slot.key,
        field=item.slot.field,
        value=shown,
    )
