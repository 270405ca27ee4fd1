"""recheck: what is in the archive is judged again by today's program; a better verdict counts, others are proposed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from attrs import frozen

from nq57xl.commands.answers import answer, write_back
from nq57xl.commands.collect import standing
from nq57xl.commands.decide import find_return
from nq57xl.commands.erase_contacts import without_erased
from nq57xl.commands.judge import judge
from nq57xl.commands.office import Office
from nq57xl.commands.previous_reports import with_plan_rows
from nq57xl.errors import Nq57Error
from nq57xl.ledger.archive import archived
from nq57xl.ledger.store import Ledger
from nq57xl.plan.model import Period
from nq57xl.returns.model import JudgedReturn, ReturnRecord
from nq57xl.rules.findings import Verdict

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
    reason = " ".join(reason.split())
    if not reason:
        raise Nq57Error("Chưa nêu lý do: hãy ghi lý do.")
    with office.changing("recheck") as ledger:
        plan, period = office.valid(period_code, ledger)
        if wanted:
            records: Sequence[ReturnRecord] = [find_return(ledger, plan, wanted, period_code)]
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
    status = standing(office, ledger, plan, period)
    back = write_back(office, ledger, status)
    return answer(office, ledger, plan, status, back.problems).problems
