"""The forms to send back: out/PERIOD/tra-lai is brought in line with the ledger, so that a run cut short is healed."""

from __future__ import annotations

from pathlib import Path

from nq57xl.commands.office import Office
from nq57xl.forms.render import render_form
from nq57xl.ledger.guarded import remove_guarded, write_guarded
from nq57xl.ledger.store import Ledger
from nq57xl.records.findings import Finding
from nq57xl.records.form import Form
from nq57xl.records.ledger import PeriodStatus, ReturnRecord, UnitStatus


def write_back(office: Office, ledger: Ledger, status: PeriodStatus) -> tuple[Path, ...]:
    """Writes, for each unit, the marked form to its newest return where that asks for an answer; removes the others."""
    folder = office.workspace.back_dir(status.period)
    paths = []
    for unit in status.units:
        path = folder / office.workspace.form_name(status.period, unit.code)
        record = to_answer(unit)
        form = form_back(ledger, record, status.period) if record else None
        if record is None or form is None:
            remove_guarded(ledger, office.workspace, path)
            continue
        content = render_form(form, record.judged.values, record.judged.findings)
        paths.append(write_guarded(ledger, office.workspace, path, content))
    return tuple(paths)


def to_answer(unit: UnitStatus) -> ReturnRecord | None:
    """The return that asks for an answer: the newest one when it was rejected, or accepted with warnings."""
    newest = unit.newest
    if newest is None or newest.judged.verdict not in ("rejected", "accepted_with_warnings"):
        return None
    return newest


def form_back(ledger: Ledger, record: ReturnRecord, period: str) -> Form | None:
    """The form that came back; for a form of another period, this period's form, so that the figures move over."""
    form = ledger.form_by_id(record.judged.issue_id or "")
    if form is not None and form.period.code != period:
        return ledger.current_form(form.unit, period)
    return form


def points(findings: tuple[Finding, ...]) -> int:
    """How many findings ask for an answer."""
    return sum(item.severity in ("error", "warning") for item in findings)
