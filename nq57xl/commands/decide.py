"""exclude, readmit, received, take, recheck, waive, and erasing contacts: what the office decides, with its reason.

Contacts go from the ledger with its copies in backup/, from noi-bo.xlsx and exports with contacts, and from the forms
sent back. The files as units sent them stay in the archive, unread: they are the proof of what was reported.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, compress
from pathlib import Path
from typing import Literal

import attrs
from attrs import frozen

from nq57xl.commands.answers import answer
from nq57xl.commands.judge import judge
from nq57xl.commands.office import Office, moment_of_receipt
from nq57xl.commands.standing import OfficePeriod
from nq57xl.errors import Nq57Error
from nq57xl.ledger.decisions import Decision, DecisionKind, Waiver
from nq57xl.ledger.model import PeriodStatus, UnitStatus
from nq57xl.ledger.store import Ledger
from nq57xl.plan.model import Period, Plan
from nq57xl.plan.periods import is_ad_hoc, months_of, parse_period
from nq57xl.results.standing import counting_return
from nq57xl.returns.model import JudgedReturn, ReturnRecord
from nq57xl.rules.findings import Finding, Verdict
from nq57xl.rules.schema import Schema
from nq57xl.text import files
from nq57xl.text.clock import iso, moment_words

_HASH = re.compile(r"[0-9a-f]{6,64}")
_SHOWN = 10
"""Letters of a hash in a message: enough to name the return in the next command."""


@frozen
class Decided:
    """A decision with what follows from it."""

    kind: DecisionKind
    record: ReturnRecord
    """The return as it stands after the decision."""
    changed: bool
    """False: it stood so already, and nothing was recorded."""
    status: PeriodStatus
    """Of the period that the return was collected for, after the decision."""
    problems: tuple[str, ...] = ()
    """What could not be written anew of the answers to units, in words."""

    @property
    def unit(self) -> UnitStatus | None:
        """Where the return's unit stands now; None for a file that is nobody's."""
        return next((item for item in self.status.units if item.code == self.record.judged.unit), None)


def _require_takeable(record: ReturnRecord) -> None:
    judged = record.judged
    if judged.unit is None or judged.form_period != record.period:
        raise Nq57Error("Tệp này không phải biểu mẫu của kỳ, không nhận thay đơn vị được: đề nghị đơn vị gửi lại.")
    if judged.verdict != "rejected" and not record.taken:
        raise Nq57Error("Báo cáo này không bị trả lại, không cần nhận thay đơn vị.")
    whole = [item for item in judged.findings if item.severity == "error" and not (item.task or item.field)]
    if whole:
        raise Nq57Error(f"Không nhận thay đơn vị được vì lỗi cả tệp: {whole[0].message} Đề nghị đơn vị gửi lại.")


def decide(
    office: Office, kind: DecisionKind, wanted: str, period: str | None, reason: str, *, at: dt.datetime | None = None
) -> Decided:
    """Records a decision on the return that is `wanted` (by unit, file or hash); twice the same changes nothing.

    `exclude` leaves it out of the consolidation, so that its unit falls back on the one before; `readmit` takes it back
    in; `received` puts right when it came (`at`, without a zone Vietnam's time); `take` accepts a rejected one on the
    office's own responsibility: cells with errors count as blank and are named. Raises Nq57Error for none or several
    such returns, no reason, a time to come, and a return to be taken whose errors concern the file as a whole: nobody
    could say which figures it holds.
    """
    at = moment_of_receipt(at)
    reason = _required(reason)
    if at is not None and at > office.clock.now():
        raise Nq57Error(f"Thời điểm nhận {at:%d/%m/%Y %H:%M} chưa đến: hãy kiểm tra lại.")
    with office.changing(kind) as ledger:
        plan = office.appendix().plan
        record = find_return(ledger, plan, wanted, period, kind, at)
        if kind == "take":
            _require_takeable(record)
        changed = not _holds(record, kind, at)
        if changed:
            value, source = iso(at) if at is not None else "", record.judged.source
            detail = {"period": record.period, "unit": record.judged.unit, "file": source.path, "sha256": source.sha256}
            detail |= {"received_at": iso(source.received_at), "reason": reason} | ({"at": value} if value else {})
            ledger.decide(Decision(record.id, kind, value, reason, office.clock.now(), office.person), detail)
            record = ledger.return_by_hash(source.sha256, record.period) or record
        here = OfficePeriod.of(office, ledger, record.period)
        status = here.standing()
        problems = answer(here, status).problems if changed else ()
        return Decided(kind, record, changed, status, problems)


def _required(reason: str) -> str:
    """The reason on one line. Raises Nq57Error for none."""
    kept = " ".join(reason.split())
    if not kept:
        raise Nq57Error("Chưa nêu lý do: hãy ghi lý do.")
    return kept


def _holds(record: ReturnRecord, kind: DecisionKind, at: dt.datetime | None) -> bool:
    """The return stands as the decision wants it already."""
    if kind == "received":
        return record.judged.source.received_at == at
    if kind == "take":
        return bool(record.taken)
    return bool(record.excluded) == (kind == "exclude")


def find_return(  # noqa: PLR0917 - of one decision
    ledger: Ledger,
    plan: Plan,
    name: str,
    period: str | None,
    kind: DecisionKind = "readmit",
    at: dt.datetime | None = None,
) -> ReturnRecord:
    """The one return that is named: by the code of its unit, by its file as `collect` shows it, or by its hash.

    Of a unit it is its newest accepted return, else its newest. Raises Nq57Error with the candidates when there are
    several, and when there is none.
    """
    name = name.strip()
    code = parse_period(period, plan.properties).code if period else None
    units = {unit.code.casefold(): unit.code for unit in plan.units}
    named = units.get(name.casefold())
    if named is not None:
        return _of_unit(ledger.returns(code or ledger.latest_period() or ""), named, code, kind, at)
    found = ledger.find_returns(name, sha256=bool(_HASH.fullmatch(name.casefold())))
    if code is not None:
        found = tuple(record for record in found if record.period == code)
    if len(found) == 1:
        return found[0]
    if not found:
        raise Nq57Error(
            f"Không có báo cáo nào ứng với «{name}»: hãy ghi mã đơn vị kèm --period, tên tệp như «collect» đã in, "
            "hoặc ít nhất 6 ký tự đầu của mã băm."
        )
    same_file = len({record.judged.source.sha256 for record in found}) == 1
    asked = "--period của kỳ cần chọn" if same_file else "mã băm của một báo cáo"
    raise Nq57Error("\n".join([f"«{name}» ứng với {len(found)} báo cáo; hãy ghi {asked}:", *map(_line, found)]))


def _of_unit(
    records: Sequence[ReturnRecord], unit: str, period: str | None, kind: DecisionKind, at: dt.datetime | None
) -> ReturnRecord:
    """The unit's newest accepted return, left out or not, so that the same command twice means the same return.

    A corrected time may change which that is: a return that was put right to this very time is meant again.
    """
    own = sorted((item for item in records if item.judged.unit == unit), key=lambda item: item.order)
    if own and kind == "take":
        return next((item for item in reversed(own) if item.judged.verdict == "rejected"), own[-1])
    if not own:
        where = f"kỳ {period}" if period else "kỳ gần nhất (ghi --period cho kỳ khác)"
        raise Nq57Error(f"Đơn vị «{unit}» chưa nộp báo cáo nào trong {where}.")
    for record in own:
        source = record.judged.source
        if kind == "received" and source.received_basis == "corrected" and source.received_at == at:
            return record
    taking_part = own if kind != "received" else [item for item in own if not item.excluded]
    plain = {item.id: attrs.evolve(item, excluded="") for item in taking_part}
    found = counting_return(plain.values()) or own[-1]
    return next(item for item in own if item.id == found.id)


def _line(record: ReturnRecord) -> str:
    source = record.judged.source
    unit = record.judged.unit or "không rõ đơn vị"
    when = f"nhận {moment_words(source.received_at)}"
    return f"- {source.sha256[:_SHOWN]}: {source.path} ({unit}, kỳ {record.period}, {when})"


_RANK: dict[Verdict, int] = {"unrecognised": 0, "rejected": 1, "accepted_with_warnings": 2, "accepted": 3}

_RecheckOutcome = Literal["unchanged", "counts", "proposed", "missing"]
"""`proposed`: worse, or an accepted value would change; the office confirms it; `missing`: not in the archive."""


@frozen
class Rechecked:
    """One return judged again."""

    record: ReturnRecord
    """As it stood before."""
    now: JudgedReturn | None
    """What today's program says; None where the archive no longer has the file."""
    outcome: _RecheckOutcome


@frozen
class _RecheckRun:
    """The whole run."""

    period: Period
    returns: tuple[Rechecked, ...]
    problems: tuple[str, ...] = ()


def recheck(
    office: Office, wanted: str | None, period_code: str | None, reason: str, *, confirm: bool = False
) -> _RecheckRun:
    """Judges a unit's or file's return, or all returns of the period, again from the archived files.

    The time of receipt stays. `confirm`: what would only be proposed counts as well. A closed period keeps its report;
    what changes goes into its addendum. Raises Nq57Error for an unknown return or no reason.
    """
    reason = _required(reason)
    with office.changing("recheck") as ledger:
        here = OfficePeriod.of(office, ledger, period_code)
        if wanted:
            records: Sequence[ReturnRecord] = [find_return(ledger, here.plan, wanted, period_code)]
            here = OfficePeriod.of(office, ledger, records[0].period)
        else:
            records = ledger.returns(here.code)
        copies = [(record, office.workspace.archived(record.judged.source.sha256)) for record in records]
        there = {record.judged.source: copy for record, copy in copies if copy is not None}
        judged: Iterator[JudgedReturn] = chain.from_iterable(judge(here, there))
        if any(event.detail.get("period") == here.code for event in ledger.events("erase")):
            contacts = _contact_fields(office.schema())
            judged = (
                attrs.evolve(item, values=tuple(one for one in item.values if (one.table, one.field) not in contacts))
                for item in judged
            )
        kept = [record for record, copy in copies if copy is not None]
        again = [attrs.evolve(record, judged=now) for record, now in zip(kept, judged, strict=True)]
        decided = ledger.as_decided(here.code, again)
        done = [_outcome(*pair, confirm=confirm) for pair in zip(kept, decided, strict=True)]
        counting = [told.outcome == "counts" for told in done]
        for record, item in compress(zip(kept, again, strict=True), counting):
            ledger.judge_again(record, item.judged, reason)
        if still := [item.record.judged.source.name for item in done if item.outcome != "counts"]:
            ledger.event("recheck", {"period": here.code, "reason": reason, "files": still})
        problems = answer(here, here.standing()).problems if any(counting) else ()
        gone = [Rechecked(record, None, "missing") for record, copy in copies if copy is None]
        return _RecheckRun(here.period, (*done, *gone), problems)


def _outcome(record: ReturnRecord, again: ReturnRecord, *, confirm: bool) -> Rechecked:
    """`again`: as it would stand, too: under the decisions on the return and the waivers."""
    before, now = record.judged, again.judged
    told = tuple(attrs.evolve(item, asked_before=False) for item in before.findings)
    if (before.verdict, before.values, told) == (now.verdict, now.values, now.findings):
        return Rechecked(record, now, "unchanged")
    better = _RANK[now.verdict] > _RANK[before.verdict]
    waiting = before.verdict in ("rejected", "unrecognised") and now.verdict == before.verdict
    told_only = now.verdict == before.verdict and now.values == before.values
    return Rechecked(record, now, "counts" if better or waiting or told_only or confirm else "proposed")


_NEVER = ("TAKEN_WITH_ERROR",)
"""Warnings in whose place an error stood: the office answers for them, and nobody waives them."""


@frozen
class _WaivedWarnings:
    """A waiver with what follows from it."""

    waiver: Waiver
    covered: int
    """How many warnings of counting or newest returns it covers now."""
    problems: tuple[str, ...] = ()
    """What could not be written anew of the answers to units, in words."""


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
        here = OfficePeriod.of(office, ledger, period_code)
        here.require_issued()
        told = []
        counting = ((unit, unit.counting.judged) for unit in here.standing().units if unit.counting is not None)
        for unit, judged in counting:
            typed: dict[tuple[str, str | None, str], str]
            typed = {(value.table, value.key, value.field): value.typed for value in judged.values}
            for item in judged.findings:
                row = (item.table, item.task)
                said = typed.get((*row, "explanation")) or typed.get((*row, "note"), "")
                told.append(_AskedPoint(unit.code, unit.name, judged.source.sha256, item, said))
        return _PeriodExplanations(
            here.period,
            tuple(item for item in told if item.finding.is_open),
            tuple(item for item in told if item.finding.code == "MOVEMENT_EXPLAINED"),
            tuple(item for item in told if item.finding.waived is not None),
            tuple(reversed(ledger.waivers())),
        )


def waive(
    office: Office, unit: str, code: str, until: str, reason: str, *, task: str = "", field: str = ""
) -> _WaivedWarnings:
    """Waives a unit's warnings of one code from the latest period issued until a period; of one row or field if wanted.

    Raises Nq57Error for what the plan or the catalogue does not know, for what is no warning, for a past `until`, and
    without a reason.
    """
    reason = _required(reason)
    with office.changing("waive") as ledger:
        plan = office.appendix().plan
        last = parse_period(until, plan.properties)
        since = last if is_ad_hoc(last.code) else _latest_month(office, ledger)
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
        return _followed(office, ledger, number)


def end_waiver(office: Office, number: int, reason: str = "") -> _WaivedWarnings:
    """Ends a waiver from the latest period issued on; earlier periods stay as they were. Raises Nq57Error."""
    with office.changing("waive") as ledger:
        waiver = _numbered(ledger, number)
        if waiver.ended:
            raise Nq57Error(f"Việc miễn giải trình số {number} đã được chấm dứt từ trước.")
        since = waiver.until if is_ad_hoc(waiver.until) else _latest_month(office, ledger).code
        words = " ".join(reason.split()) or "chấm dứt"
        parts = (waiver.unit, waiver.code, waiver.task, waiver.field, since, since)
        ledger.waive(Waiver(*parts, words, ledger.now(), office.person, ends=number))
        return _followed(office, ledger, number)


def waivers(office: Office) -> tuple[Waiver, ...]:
    """Every waiver, oldest first, those that have ended too."""
    with office.reading() as ledger:
        return ledger.waivers()


def _latest_month(office: Office, ledger: Ledger) -> Period:
    """The latest period of the calendar that was issued."""
    codes = (code for code in reversed(ledger.periods()) if not is_ad_hoc(code))
    return OfficePeriod.of(office, ledger, next(codes, None)).period


def _numbered(ledger: Ledger, number: int) -> Waiver:
    found = next((item for item in ledger.waivers() if item.id == number), None)
    if found is None:
        raise Nq57Error(f"Không có việc miễn giải trình số {number}: xem «nq57xl waive --list».")
    return found


def _followed(office: Office, ledger: Ledger, number: int) -> _WaivedWarnings:
    """Brings what goes to the unit in line, for each period from which the waiver holds."""
    covered, problems, waiver = 0, list[str](), _numbered(ledger, number)
    for code in ledger.periods():
        once = is_ad_hoc(code) or is_ad_hoc(waiver.since)
        if code != waiver.since if once else months_of(code)[-1] < months_of(waiver.since)[-1]:
            continue
        here = OfficePeriod.of(office, ledger, code)
        status = here.standing()
        problems += answer(here, status).problems
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


def _contact_fields(schema: Schema) -> frozenset[tuple[str, str]]:
    """(table, field) of every cell that holds a person's contact."""
    return frozenset((table.name, item.name) for table in schema.tables for item in table.fields if item.contact)


def erase_contacts(office: Office, period_code: str | None, reason: str) -> int:
    """Erases the contacts of a closed period, on record; gives how many cells held one.

    Raises Nq57Error for a period that is open, no reason, and WorkbookOpenError for a file that is open elsewhere.
    """
    reason = _required(reason)
    with office.changing("erase") as ledger:
        here = OfficePeriod.of(office, ledger, period_code)
        closing, title = here.closing, here.period.title
        if closing is None:
            raise Nq57Error(f"{title[:1].upper()}{title[1:]} chưa chốt: chốt số liệu rồi mới xóa liên hệ.")
        internal = office.workspace.report_dir(here.code).glob("noi-bo*.xlsx")
        for path in (*internal, *(office.workspace.out / here.code).rglob("du-lieu-noi-bo.*")):
            files.remove(path)
        for key, sha256 in closing.outputs.items():
            if Path(key).name.startswith("noi-bo") and (copy := office.workspace.archived(sha256)):
                files.remove(copy)
        count = ledger.erase_values(here.code, _contact_fields(office.schema()))
        ledger.event("erase", {"period": here.code, "reason": reason, "count": count})
        answer(here, here.standing())
        kept = ledger.backup("erase")
        for path in office.workspace.backup.glob("nq57xl-*.db"):
            if path != kept:
                files.remove(path)
        return count
