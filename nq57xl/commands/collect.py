"""collect: takes in returned workbooks, checks them, records them, writes what has to be sent back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import attrs
from attrs import frozen

from nq57xl.checks.file import check_file
from nq57xl.checks.period import Reported, check_period
from nq57xl.checks.rows import Answer
from nq57xl.checks.run import check
from nq57xl.commands.earlier import History
from nq57xl.commands.office import Office
from nq57xl.commands.sent_back import write_back
from nq57xl.forms.build import reporting_units
from nq57xl.ledger.archive import archive_file
from nq57xl.ledger.standing import period_status
from nq57xl.ledger.store import Ledger
from nq57xl.records.findings import ACCEPTED, Finding, Verdict, verdict_of
from nq57xl.records.form import Form
from nq57xl.records.ledger import Judged, PeriodStatus, UnitStatus
from nq57xl.records.plan import Period, Plan
from nq57xl.records.returns import RawWorkbook, Source
from nq57xl.returns.identify import Identity, identify
from nq57xl.returns.rejoin import rejoin
from nq57xl.returns.sources import gather
from nq57xl.returns.workers import read_all
from nq57xl.rules.catalogue import make


@frozen
class Taken:
    """One file as `collect` reports it."""

    source: Source
    verdict: Verdict
    unit: str | None
    period: str | None
    findings: tuple[Finding, ...] = ()


@frozen
class Collected:
    """The whole run."""

    period: Period
    returns: tuple[Taken, ...]
    period_findings: tuple[Finding, ...]
    sent_back: tuple[Path, ...]
    """Forms to send back, as they stand after the run."""


def collect(
    office: Office, sources: Sequence[Path], period_code: str | None, received: datetime | None = None
) -> Collected:
    """Takes in files and folders (default: the inbox) for a period; see contract.md for verdicts.

    Every file is archived before it is read, and the whole run is recorded in one transaction. Raises Nq57Error for a
    path that does not exist or a period that was never issued.
    """
    with office.changing("collect") as ledger:
        plan = office.appendix().plan
        period = office.period(period_code, ledger, plan)
        office.workspace.inbox.mkdir(exist_ok=True)
        now = office.clock.now()
        found, problems = gather(
            list(sources) or [office.workspace.inbox], received=received, now=now, inbox=office.workspace.inbox
        )
        found, problems = _first_seen(ledger, found, problems, now)
        fresh = _fresh(ledger, found)
        copies = [archive_file(office.workspace, Path(source.path), source.sha256) for source in fresh]
        judged = [_unread(source, finding) for source, finding in problems if not ledger.known(source.sha256)]
        judged += judge(ledger, fresh, [path for path in copies if path], period.code)
        ledger.record_returns(period.code, judged, now, office.who())
        status = standing(ledger, plan, period)
        back = write_back(office, ledger, status)
        everything = list(found) + [source for source, _ in problems]
        return Collected(period, _report(ledger, everything, judged, status), status.period_findings, back)


def _first_seen(
    ledger: Ledger, found: Sequence[Source], problems: Sequence[tuple[Source, Finding]], now: datetime
) -> tuple[list[Source], list[tuple[Source, Finding]]]:
    """The sources with the time at which the ledger first met their content, also in a run that was cut short."""
    times = ledger.first_seen([*found, *(source for source, _ in problems)], now)

    def dated(source: Source) -> Source:
        if source.received_basis != "first_seen" or source.sha256 not in times:
            return source
        return attrs.evolve(source, received_at=times[source.sha256])

    return [dated(source) for source in found], [(dated(source), finding) for source, finding in problems]


def judge(ledger: Ledger, sources: Sequence[Source], copies: Sequence[Path], period: str) -> list[Judged]:
    """The verdict on each file, in order; nothing is written.

    The archived copies are read, not the files handed in: what is judged is what is kept, whatever happens to those.
    """
    raws = read_all(copies)
    answers: list[tuple[Source, Answer]] = []
    results: dict[str, Judged] = {}
    for source, raw in zip(sources, raws, strict=True):
        known = _recognise(ledger, raw)
        if isinstance(known, Finding):
            results[source.sha256] = _unread(source, known)
            continue
        returned = rejoin(source, raw, known)  # type: ignore[arg-type]  # a RawWorkbook: findings were sorted out above
        answers.append((source, Answer(returned, known)))
    for (source, answer), found in zip(answers, check([answer for _, answer in answers]), strict=True):
        form = answer.form
        about_file = check_file(source, form, period, ledger.current_form(form.unit, form.period.code))
        findings = about_file + answer.returned.findings + found
        results[source.sha256] = Judged(
            source=source,
            verdict=verdict_of(findings),
            unit=form.unit,
            form_period=form.period.code,
            issue_id=form.issue_id,
            values=answer.returned.values,
            findings=findings,
        )
    return [results[source.sha256] for source in sources]


def standing(ledger: Ledger, plan: Plan, period: Period) -> PeriodStatus:
    """Where every unit stands in the period, with what concerns several units."""
    forms = ledger.current_forms(period.code)
    emails = {unit.code: unit.email for unit in plan.units}
    expected = {unit.code: unit.name for unit in reporting_units(plan, period)}
    status = period_status(plan.properties.id, period, forms, ledger.returns(period.code), emails, expected=expected)
    reports: dict[str, Reported] = {}
    for unit in status.units:
        record = unit.counting
        form = ledger.form_by_id(record.judged.issue_id or "") if record else None
        if record and form:
            values = {(item.table, item.key, item.field): item for item in record.judged.values}
            reports[unit.code] = Reported(form, values)
    units = _with_done_rows(ledger, plan, status, forms)
    return attrs.evolve(status, units=units, period_findings=check_period(reports))


def _with_done_rows(ledger: Ledger, plan: Plan, status: PeriodStatus, forms: Sequence[Form]) -> tuple[UnitStatus, ...]:
    """The units with what earlier returns said of rows that the form that counts shows as done before the period."""
    history = History(ledger, plan)
    current = {form.unit: form for form in forms}

    def form_of(unit: UnitStatus) -> Form | None:
        issue_id = unit.counting.judged.issue_id if unit.counting else None
        return (ledger.form_by_id(issue_id) if issue_id else None) or current.get(unit.code)

    return tuple(
        attrs.evolve(unit, carried=history.carried(form)) if (form := form_of(unit)) is not None else unit
        for unit in status.units
    )


def _fresh(ledger: Ledger, found: Sequence[Source]) -> list[Source]:
    """Sources whose content the ledger has not seen, the first of several equal ones."""
    fresh: dict[str, Source] = {}
    for source in found:
        if source.sha256 not in fresh and not ledger.known(source.sha256):
            fresh[source.sha256] = source
    return list(fresh.values())


def _unread(source: Source, finding: Finding) -> Judged:
    return Judged(source, "unrecognised", None, None, None, findings=(finding,))


def _recognise(ledger: Ledger, raw: RawWorkbook | Finding) -> Form | Finding:
    """The form that came back, or why it is none."""
    if isinstance(raw, Finding):
        return raw
    identity = identify(raw)
    if identity is None:
        return make("FILE_NOT_A_FORM")
    return _issued(ledger, identity) or make(
        "FILE_UNKNOWN_ISSUE", words={"value": identity.short_id or identity.issue_id or ""}
    )


def _issued(ledger: Ledger, identity: Identity) -> Form | None:
    form = ledger.form_by_id(identity.issue_id) if identity.issue_id else None
    if form is None and identity.short_id:
        form = ledger.form_by_short(identity.short_id)
    return form


def _report(
    ledger: Ledger, sources: Sequence[Source], judged: Sequence[Judged], status: PeriodStatus
) -> tuple[Taken, ...]:
    """One line for each file handed in, with the verdict as it stands after the run."""
    counting = {unit.counting.judged.source.sha256 for unit in status.units if unit.counting}
    fresh: Mapping[str, Judged] = {item.source.sha256: item for item in judged}
    told: set[str] = set()
    lines = []
    for source in sources:
        item = fresh.get(source.sha256)
        if item is None or source.sha256 in told:
            unit, period = ledger.origin(source.sha256)
            lines.append(Taken(source, "duplicate", unit, period))
            continue
        told.add(source.sha256)
        beaten = item.verdict in ACCEPTED and source.sha256 not in counting
        lines.append(
            Taken(source, "superseded" if beaten else item.verdict, item.unit, item.form_period, item.findings)
        )
    return tuple(lines)
