"""Every return of a period with what became of it: what letters to units and the office's check workbook say alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from attrs import frozen

from nq57xl.records.findings import ACCEPTED, Severity
from nq57xl.records.ledger import PeriodStatus, ReturnRecord, UnitStatus
from nq57xl.rules.grouping import Point, to_answer

Fate = Literal["counts", "rejected", "superseded", "answered", "combined", "excluded", "unrecognised"]
"""`rejected`: the unit's newest return; `answered`: a rejected one after which the unit sent again.

`combined`: the newest return has cells of it (`collect --combine`)."""

FATES: dict[Fate, str] = {
    "counts": "Được chấp nhận, đang được sử dụng",
    "rejected": "Bị trả lại, chờ đơn vị gửi lại",
    "superseded": "Đã có bản nhận sau thay thế",
    "answered": "Bị trả lại, đơn vị đã gửi bản khác",
    "combined": "Đã ghép vào bản nhận sau",
    "excluded": "Không đưa vào tổng hợp",
    "unrecognised": "Chưa ghi nhận là báo cáo",
}
"""As shown in lists; an accepted return with warnings says so beside."""


@frozen
class Filed:
    """One return and where it stands among those of its unit."""

    record: ReturnRecord
    unit: UnitStatus | None
    """None for a file that is nobody's form."""
    fate: Fate

    @property
    def newest(self) -> bool:
        """It is the one that the unit gets an answer to."""
        return self.unit is not None and self.unit.newest is not None and self.unit.newest.id == self.record.id

    @property
    def asks(self) -> bool:
        """The unit should look at it again: rejected, or accepted with warnings."""
        return self.newest and self.record.judged.verdict in ("rejected", "accepted_with_warnings")

    @property
    def points(self) -> tuple[Point, ...]:
        """What to look at, grouped, errors first."""
        return to_answer(self.record.judged.findings)

    def count(self, severity: Severity) -> int:
        """How many findings of that severity it has."""
        return sum(item.severity == severity for item in self.record.judged.findings)


def filed(status: PeriodStatus, records: Sequence[ReturnRecord]) -> tuple[Filed, ...]:
    """Every return collected for the period, in the order of units, then of receipt; nobody's files at the end."""
    order = {unit.code: number for number, unit in enumerate(status.units)}
    units = {unit.code: unit for unit in status.units}
    found = [_filed(record, units.get(record.judged.unit or "")) for record in records]
    last = len(order)
    return tuple(sorted(found, key=lambda item: (order.get(item.unit.code, last) if item.unit else last, _age(item))))


def _age(item: Filed) -> tuple[float, int]:
    moment, number = item.record.order
    return moment.timestamp(), number


def _filed(record: ReturnRecord, unit: UnitStatus | None) -> Filed:
    return Filed(record, unit, _fate(record, unit))


def _fate(record: ReturnRecord, unit: UnitStatus | None) -> Fate:
    if record.excluded:
        return "excluded"
    if unit is None or record.judged.verdict == "unrecognised":
        return "unrecognised"
    if unit.counting is not None and unit.counting.id == record.id:
        return "counts"
    if unit.newest is not None and unit.newest.id == record.id:
        return "superseded" if record.judged.verdict in ACCEPTED else "rejected"
    if _lent(record, unit):
        return "combined"
    return "superseded" if record.judged.verdict in ACCEPTED else "answered"


def _lent(record: ReturnRecord, unit: UnitStatus) -> bool:
    """Cells of the return stand in the unit's newest one."""
    values = unit.newest.judged.values if unit.newest else ()
    return any(value.origin is not None and value.origin.sha256 == record.judged.source.sha256 for value in values)
