"""Reminders to whoever still owes something: texts, mail drafts, the notice by NĐ 30 for all."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import attrs
from attrs import field, frozen

from nq57xl import resources
from nq57xl.forms.wording import data_window, day_in_words, plan_name
from nq57xl.ledger.model import PeriodStatus, UnitStatus
from nq57xl.outputs.document import filled_docx
from nq57xl.outputs.letters import addresses, gatherer_words, mail_draft, plain
from nq57xl.plan.model import Period, Plan, name_on
from nq57xl.results.wording import days_left
from nq57xl.text.clock import moment_words
from nq57xl.text.legacy import bare

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
        found = []
        for unit in self.status.units:
            owes = owed_by(unit)
            if owes is not None:
                newest, severity = unit.newest and unit.newest.judged, "error" if owes == "rejected" else "warning"
                points = sum(item.asks and item.severity == severity for item in (newest.findings if newest else ()))
                received = moment_words(newest.source.received_at) if newest else ""
                form = form_of(unit) or ("", None)
                owing = _OwingUnit(unit.code, plain(unit.name), unit.email, owes, points, received, *form)
                own = unit.code == self.plan.properties.gatherer
                words = self._fill("nhac-don-vi.txt", {"unit": owing, "own": own})
                found.append(_UnitReminder(owing, words))
        return attrs.evolve(self, units=tuple(found))

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
        if not self.late:
            return None
        own, period, today = self.plan.properties, self.period, self.day
        gatherer = gatherer_words(self.plan)["gatherer"]
        agency, letters = plain(name_on(own.agency, today)), own.symbol.partition("-")[2]
        letter = _between_agencies([unit.name for unit in self.plan.units if not unit.external])
        kind = f"/{letters}-{own.gatherer}" if letter else f"/TB-{letters}"
        words = {
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
        return filled_docx(NOTICE_FILE, words, self.workspace)

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
