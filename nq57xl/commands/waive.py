"""waive: a warning that has been explained for good is shown as waived, and not asked again."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from nq57xl.commands.close import answered_anew
from nq57xl.commands.decide import required
from nq57xl.commands.office import Office
from nq57xl.commands.standing import standing
from nq57xl.errors import Nq57Error
from nq57xl.ledger.decisions import Waiver
from nq57xl.ledger.store import Ledger
from nq57xl.plan.model import Period, Plan
from nq57xl.plan.periods import is_ad_hoc, months_of, parse_period
from nq57xl.returns.model import JudgedReturn
from nq57xl.rules.findings import Finding


@frozen
class _WaivedWarnings:
    """A waiver with what follows from it."""

    waiver: Waiver
    covered: int
    """How many warnings of counting or newest returns it covers now."""
    problems: tuple[str, ...] = ()
    """What could not be written anew of the answers to units, in words."""


_NEVER = ("TAKEN_WITH_ERROR",)
"""Warnings in whose place an error stood: the office answers for them, and nobody waives them."""


@frozen
class _AskedPoint:
    """A warning of a unit's counting return."""

    unit: str
    """Code."""
    name: str
    sha256: str
    """Of the return."""
    finding: Finding
    said: str = ""
    """What the unit explains in the row."""

    @property
    def waivable(self) -> bool:
        """Its code can be waived."""
        return self.finding.code not in _NEVER


@frozen
class _PeriodExplanations:
    """What is still to be explained in a period, and what is so no more."""

    period: Period
    open: tuple[_AskedPoint, ...]
    explained: tuple[_AskedPoint, ...]
    """Movements that the unit has explained in the row."""
    waived: tuple[_AskedPoint, ...]
    waivers: tuple[Waiver, ...]
    """Every waiver of the office, newest first."""


def explanations(office: Office, period_code: str | None) -> _PeriodExplanations:
    """The warnings of the returns that count in a period. Raises Nq57Error when no form of it was issued."""
    with office.reading() as ledger:
        plan, period = office.issued(period_code, ledger)
        told = [
            _AskedPoint(unit.code, unit.name, judged.source.sha256, item, _explained(judged, item))
            for unit in standing(office, ledger, plan, period).units
            if unit.counting is not None and (judged := unit.counting.judged)
            for item in judged.findings
        ]
        return _PeriodExplanations(
            period,
            tuple(item for item in told if item.finding.is_open),
            tuple(item for item in told if item.finding.code == "MOVEMENT_EXPLAINED"),
            tuple(item for item in told if item.finding.waived is not None),
            tuple(reversed(ledger.waivers())),
        )


def _explained(judged: JudgedReturn, item: Finding) -> str:
    """What the return says to explain the row of the finding."""
    said = {value.field: value.typed for value in judged.values if (value.table, value.key) == (item.table, item.task)}
    return said.get("explanation") or said.get("note", "")


def waive(
    office: Office, unit: str, code: str, until: str, reason: str, *, task: str = "", field: str = ""
) -> _WaivedWarnings:
    """Waives a unit's warnings of one code from the latest period issued until a period; of one row or field if wanted.

    Raises Nq57Error for what the plan or the catalogue does not know, for what is no warning, for a past `until`, and
    without a reason.
    """
    reason = required(reason)
    with office.changing("waive") as ledger:
        plan = office.appendix().plan
        last = parse_period(until, plan.properties)
        since = last if is_ad_hoc(last.code) else _latest_month(office, ledger, plan)
        if not is_ad_hoc(last.code) and months_of(last.code)[-1] < months_of(since.code)[-1]:
            raise Nq57Error(f"Kỳ --until ({last.title}) trước kỳ đang nhận báo cáo ({since.title}): hãy ghi kỳ sau đó.")
        rows = [*(item.code for item in plan.tasks), *(item.code for item in plan.indicators)]
        waiver = Waiver(
            unit=_known(unit, (item.code for item in plan.units), "đơn vị"),
            code=_warning_code(office, code),
            task=_known(task, rows, "đầu việc, chỉ tiêu"),
            field=_known(field, (item.name for table in office.schema().tables for item in table.fields), "trường"),
            since=since.code,
            until=last.code,
            reason=reason,
            at=ledger.now(),
            who=office.person,
        )
        number = ledger.waive(waiver)
        return _followed(office, ledger, _numbered(ledger, number))


def end_waiver(office: Office, number: int, reason: str = "") -> _WaivedWarnings:
    """Ends a waiver from the latest period issued on; earlier periods stay as they were. Raises Nq57Error."""
    with office.changing("waive") as ledger:
        plan = office.appendix().plan
        waiver = _numbered(ledger, number)
        if waiver.ended:
            raise Nq57Error(f"Việc miễn giải trình số {number} đã được chấm dứt từ trước.")
        since = waiver.until if is_ad_hoc(waiver.until) else _latest_month(office, ledger, plan).code
        words = " ".join(reason.split()) or "chấm dứt"
        parts = (waiver.unit, waiver.code, waiver.task, waiver.field, since, since)
        ledger.waive(Waiver(*parts, words, ledger.now(), office.person, ends=number))
        return _followed(office, ledger, _numbered(ledger, number))


def waivers(office: Office) -> tuple[Waiver, ...]:
    """Every waiver, oldest first, those that have ended too."""
    with office.reading() as ledger:
        return ledger.waivers()


def _latest_month(office: Office, ledger: Ledger, plan: Plan) -> Period:
    """The latest period of the calendar that was issued."""
    codes = (code for code in reversed(ledger.periods()) if not is_ad_hoc(code))
    return office.period(next(codes, None), ledger, plan)


def _numbered(ledger: Ledger, number: int) -> Waiver:
    found = next((item for item in ledger.waivers() if item.id == number), None)
    if found is None:
        raise Nq57Error(f"Không có việc miễn giải trình số {number}: xem «nq57xl waive --list».")
    return found


def _followed(office: Office, ledger: Ledger, waiver: Waiver) -> _WaivedWarnings:
    """Brings what goes to the unit in line, for each period from which the waiver holds."""
    covered = 0
    problems: list[str] = []
    for code in ledger.periods():
        once = is_ad_hoc(code) or is_ad_hoc(waiver.since)
        if code != waiver.since if once else months_of(code)[-1] < months_of(waiver.since)[-1]:
            continue
        own, days = office.valid(code, ledger)
        status = standing(office, ledger, own, days)
        problems += answered_anew(office, ledger, own, status)
        newest = next((item.newest for item in status.units if item.code == waiver.unit), None)
        findings = newest.judged.findings if newest is not None else ()
        covered += sum(waiver.covers(waiver.unit, code, item) for item in findings)
    return _WaivedWarnings(waiver, covered, tuple(problems))


def _known(wanted: str, known: Iterable[str], what: str) -> str:
    """The code as the plan or the schema writes it; "" where none is wanted."""
    wanted = wanted.strip()
    found = {item.casefold(): item for item in known}
    if wanted and wanted.casefold() not in found:
        raise Nq57Error(f"Không có {what} nào mang mã «{wanted}».")
    return found.get(wanted.casefold(), "")


def _warning_code(office: Office, code: str) -> str:
    """A code of the catalogue that is a warning. Raises Nq57Error for any other: an error is put right, not waived."""
    code = code.strip().upper()
    entry = office.catalogue().get(code)
    if entry is None:
        where = "«nq57xl collect --json» hoặc kiem-tra.xlsx"
        raise Nq57Error(f"Không có loại điểm nên xem lại «{code}»: lấy mã trong {where}.")
    if entry.severity == "error" or code in _NEVER:
        raise Nq57Error(f"«{entry.title}» là điểm phải sửa, không miễn giải trình được.")
    if entry.severity != "warning":
        raise Nq57Error(f"«{entry.title}» không phải điểm nên xem lại, không cần miễn giải trình.")
    return code
