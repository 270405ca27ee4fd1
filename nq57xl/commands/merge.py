"""status and merge: where the period stands, and the consolidated workbooks."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

from nq57xl.commands.collect import standing
from nq57xl.commands.consolidated import consolidated
from nq57xl.commands.office import Office
from nq57xl.errors import Nq57Error
from nq57xl.ledger.guarded import write_guarded
from nq57xl.records.ledger import PeriodStatus
from nq57xl.records.plan import Period, Plan
from nq57xl.report.workbook import render_internal, render_report


@frozen
class Standing:
    """A period with its plan and status."""

    plan: Plan
    period: Period
    status: PeriodStatus


@frozen
class Merged:
    """The consolidated workbooks as written."""

    standing: Standing
    report: Path
    internal: Path
    beside: bool
    """True: somebody had edited the report, so the new one was written beside it."""


def status(office: Office, period_code: str | None) -> Standing:
    """Who has reported in the period. Raises Nq57Error when no form of it was issued."""
    with office.reading() as ledger:
        plan = office.appendix().plan
        period = office.period(period_code, ledger, plan)
        require_issued(ledger.current_forms(period.code), period)
        return Standing(plan, period, standing(ledger, plan, period))


def merge(office: Office, period_code: str | None, output: Path | None = None) -> Merged:
    """Writes the consolidated workbook from the accepted returns, and the internal one beside it."""
    with office.changing("merge") as ledger:
        plan = office.appendix().plan
        period = office.period(period_code, ledger, plan)
        require_issued(ledger.current_forms(period.code), period)
        consolidation = consolidated(office, ledger, plan, period)
        here = Standing(plan, period, consolidation.status)
        wanted = output or office.workspace.report_dir(period.code) / "bao-cao-tong-hop.xlsx"
        report = write_guarded(ledger, office.workspace, wanted, render_report(consolidation))
        internal = write_guarded(
            ledger, office.workspace, wanted.with_name("noi-bo.xlsx"), render_internal(consolidation)
        )
        ledger.event(office.who(), "merge", {"period": period.code, "file": report.name})
        return Merged(here, report, internal, beside=report != wanted)


def require_issued(forms: object, period: Period) -> None:
    """Raises Nq57Error when there are no forms of the period."""
    if not forms:
        raise Nq57Error(
            f"Chưa phát hành biểu mẫu {period.title}: hãy chạy «nq57xl generate --period {period.code}» trước."
        )
