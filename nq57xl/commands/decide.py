"""exclude, readmit, received, take, recheck: what the office decides on a return afterwards, with a recorded reason."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any, Literal

import attrs
from attrs import frozen

from nq57xl.commands.close import answered_anew, without_erased
from nq57xl.commands.judge import judge
from nq57xl.commands.office import Office
from nq57xl.commands.previous_reports import with_plan_rows
from nq57xl.commands.remarks import RemarksTaken, note_remark, take_remarks
from nq57xl.commands.standing import standing
from nq57xl.errors import Nq57Error
from nq57xl.ledger.base import Event
from nq57xl.ledger.decisions import Decision, DecisionKind
from nq57xl.ledger.model import PeriodStatus, UnitStatus
from nq57xl.ledger.store import Ledger
from nq57xl.ledger.workspace import archived
from nq57xl.outputs.check_book import RemarkLine
from nq57xl.plan.model import Period, Plan
from nq57xl.plan.periods import parse_period, title_of
from nq57xl.results.standing import counting_return
from nq57xl.results.wording import VERDICTS
from nq57xl.returns.model import JudgedReturn, ReturnRecord
from nq57xl.rules.findings import Verdict
from nq57xl.text.clock import in_vietnam, iso, moment_words
from nq57xl.text.legacy import one_line

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
    at = in_vietnam(at) if at is not None else None
    reason = required(reason)
    if at is not None and at > office.clock.now():
        raise Nq57Error(f"Thời điểm nhận {at:%d/%m/%Y %H:%M} chưa đến: hãy kiểm tra lại.")
    with office.changing(kind) as ledger:
        plan = office.appendix().plan
        record = _find_return(ledger, plan, wanted, period, kind, at)
        if kind == "take":
            _require_takeable(record)
        changed = not _holds(record, kind, at)
        if changed:
            value = iso(at) if at is not None else ""
            detail = _detail(record) | {"reason": reason} | ({"at": value} if value else {})
            ledger.decide(Decision(record.id, kind, value, reason, office.clock.now(), office.person), detail)
            record = ledger.return_by_hash(record.judged.source.sha256, record.period) or record
        plan, days = office.valid(record.period, ledger)
        status = standing(office, ledger, plan, days)
        problems = answered_anew(office, ledger, plan, status) if changed else ()
        return Decided(kind, record, changed, status, problems)


def required(reason: str) -> str:
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


def _detail(record: ReturnRecord) -> dict[str, str | None]:
    """What the event log tells of the return as it stood before."""
    source = record.judged.source
    return {
        "period": record.period,
        "unit": record.judged.unit,
        "file": source.path,
        "sha256": source.sha256,
        "received_at": iso(source.received_at),
    }


def _find_return(  # noqa: PLR0917 - of one decision
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
    raise Nq57Error(
        "\n".join([f"«{name}» ứng với {len(found)} báo cáo; hãy ghi mã băm của một báo cáo:", *map(_line, found)])
    )


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


def remark_on_cell(office: Office, wanted: str, period: str | None, where: Sequence[str], text: str) -> RemarksTaken:
    """Notes a remark on a cell of a return; it goes back with the marked form and stays until it is answered.

    `wanted`: the return, by unit, file or hash; `where`: row code ("" where the cell says it all), then address
    ("1. Kết quả!K7") or title of the column. Raises Nq57Error for an unknown return or cell, or no text.
    """
    with office.changing("remark") as ledger:
        plan = office.appendix().plan
        record = _find_return(ledger, plan, wanted, period)
        line = RemarkLine(0, 0, record.judged.unit or "", "", where[0], where[1], one_line(text))
        recorded = note_remark(office, ledger, record, line)
        plan, days = office.valid(record.period, ledger)
        return RemarksTaken(recorded, answered_anew(office, ledger, plan, standing(office, ledger, plan, days)))


def read_remarks(office: Office, period_code: str | None) -> RemarksTaken:
    """Takes in what the office wrote into kiem-tra.xlsx of a period, and brings the answers in line with it."""
    with office.changing("remark") as ledger:
        plan, period = office.valid(period_code, ledger)
        taken = take_remarks(office, ledger, plan, period)
        problems = answered_anew(office, ledger, plan, standing(office, ledger, plan, period))
        return RemarksTaken(taken.recorded, (*taken.problems, *problems))


def events(office: Office, period: str | None = None, last: int | None = None) -> tuple[Event, ...]:
    """The event log, oldest first: everything, or what concerns a period; `last`: only so many of the newest."""
    with office.reading() as ledger:
        code = parse_period(period, office.appendix().plan.properties).code if period else None
        found = tuple(item for item in ledger.events() if code in (None, item.detail.get("period")))
    return found[-last:] if last else found


EVENT_WORDS = {
    "generate": "Phát hành biểu mẫu",
    "collect": "Nhận báo cáo",
    "mail": "Nhận thư",
    "merge": "Lập báo cáo tổng hợp",
    "reread": "Mở lại tệp có mật khẩu",
    "exclude": "Để ra ngoài tổng hợp",
    "readmit": "Đưa trở lại tổng hợp",
    "received": "Đính chính thời điểm nhận",
    "take": "Nhận thay đơn vị",
    "recheck": "Chấm lại",
    "remind": "Nhắc đơn vị",
    "attach": "Lưu bản ký",
    "waive": "Miễn giải trình",
    "unwaive": "Thôi miễn giải trình",
    "close": "Chốt số liệu",
    "reopen": "Mở lại kỳ đã chốt",
    "edit": "Ghi nhận biên tập",
    "amend": "Điều chỉnh kế hoạch",
    "init": "Xác nhận việc nối tiếp năm trước",
    "upward": "Điền biểu của cấp trên",
    "upward_match": "Xác nhận đối chiếu với kế hoạch cấp trên",
    "export": "Xuất dữ liệu",
    "upgrade": "Nâng cấp sổ dữ liệu",
    "remark": "Nhận xét",
    "erase": "Xóa liên hệ của người lập báo cáo",
    "ledger": "Chuyển nơi đặt sổ dữ liệu",
}
"""What happened, in words: for the log in the terminal and on the page."""


def event_in_words(event: Event) -> str:
    """What was done and what it was about, on one line."""
    return f"{EVENT_WORDS.get(event.what, event.what)}{_about(event.detail)}"


def _about(detail: dict[str, Any]) -> str:
    """The period, unit, file and reason of an event, where it has them."""
    words = [title_of(str(detail["period"]))] if detail.get("period") else []
    words += [str(detail["unit"])] if detail.get("unit") else []
    words += [f"«{_name(str(detail['file']))}»"] if detail.get("file") else []
    words += [", ".join(map(str, detail["units"]))] if isinstance(detail.get("units"), list) else []
    if detail.get("at"):
        words.append(f"nhận lúc {moment_words(dt.datetime.fromisoformat(str(detail['at'])))}")
    if detail.get("reason"):
        words.append(f"lý do: {detail['reason']}")
    if detail.get("files") and not detail.get("file"):
        words.append(", ".join(map(str, detail["files"])))
    if detail.get("cells"):
        words.append(f"{len(detail['cells'])} ô của {', '.join(dict.fromkeys(one['unit'] for one in detail['cells']))}")
    if detail.get("text"):
        words.append(str(detail["text"]))
    if isinstance(detail.get("verdicts"), dict):
        words += [f"{number} {VERDICTS.get(verdict, verdict)}" for verdict, number in detail["verdicts"].items()]
    return f" ({'; '.join(words)})" if words else ""


def _name(path: str) -> str:
    """A file's own name, whichever system wrote the path."""
    return re.split(r"[/\\\\]", path)[-1]


_RANK: dict[Verdict, int] = {"unrecognised": 0, "rejected": 1, "accepted_with_warnings": 2, "accepted": 3}

RecheckOutcome = Literal["unchanged", "counts", "proposed", "missing"]
"""`proposed`: worse, or an accepted value would change; the office confirms it; `missing`: not in the archive."""


@frozen
class Rechecked:
    """One return judged again."""

    record: ReturnRecord
    """As it stood before."""
    now: JudgedReturn | None
    """What today's program says; None where the archive no longer has the file."""
    outcome: RecheckOutcome


@frozen
class RecheckRun:
    """The whole run."""

    period: Period
    returns: tuple[Rechecked, ...]
    problems: tuple[str, ...] = ()


def recheck(
    office: Office, wanted: str | None, period_code: str | None, reason: str, *, confirm: bool = False
) -> RecheckRun:
    """Judges a unit's or file's return, or all returns of the period, again from the archived files.

    The time of receipt stays. `confirm`: what would only be proposed counts as well. A closed period keeps its report;
    what changes goes into its addendum. Raises Nq57Error for an unknown return or no reason.
    """
    reason = required(reason)
    with office.changing("recheck") as ledger:
        plan, period = office.valid(period_code, ledger)
        if wanted:
            records: Sequence[ReturnRecord] = [_find_return(ledger, plan, wanted, period_code)]
            plan, period = office.valid(records[0].period, ledger)
        else:
            records = ledger.returns(period.code)
        copies = {record.id: archived(office.workspace, record.judged.source.sha256) for record in records}
        there = [record for record in records if copies[record.id] is not None]
        sources = [record.judged.source for record in there]
        paths = [path for record in there if (path := copies[record.id]) is not None]
        judged = judge(office, ledger, sources, paths, period.code, units=plan.units)
        judged = with_plan_rows(office, ledger, plan, period, judged)
        judged = [without_erased(ledger, office.schema(), period.code, item) for item in judged]
        done = [_outcome(record, now, confirm=confirm) for record, now in zip(there, judged, strict=True)]
        problems = _record(office, ledger, done, reason, period)
        gone = [Rechecked(record, None, "missing") for record in records if copies[record.id] is None]
        return RecheckRun(period, (*done, *gone), problems)


def _outcome(record: ReturnRecord, now: JudgedReturn, *, confirm: bool) -> Rechecked:
    before = record.judged
    if (before.verdict, before.values, before.findings) == (now.verdict, now.values, now.findings):
        return Rechecked(record, now, "unchanged")
    better = _RANK[now.verdict] > _RANK[before.verdict]
    waiting = before.verdict in ("rejected", "unrecognised") and now.verdict == before.verdict
    told_only = now.verdict == before.verdict and now.values == before.values
    return Rechecked(record, now, "counts" if better or waiting or told_only or confirm else "proposed")


def _record(office: Office, ledger: Ledger, done: Sequence[Rechecked], reason: str, period: Period) -> tuple[str, ...]:
    counting = [item for item in done if item.outcome == "counts" and item.now is not None]
    for item in counting:
        if item.now is not None:
            ledger.judge_again(item.record, item.now, reason)
    still = [item.record.judged.source.name for item in done if item.outcome != "counts"]
    if still:
        ledger.event("recheck", {"period": period.code, "reason": reason, "files": still})
    if not counting:
        return ()
    plan, period = office.valid(period.code, ledger)
    return answered_anew(office, ledger, plan, standing(office, ledger, plan, period))
