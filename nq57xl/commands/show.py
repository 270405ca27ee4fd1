"""show and lint: the plan as it was understood, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

from nq57xl.commands.amend import version
from nq57xl.commands.office import Office
from nq57xl.ledger.lock import writing
from nq57xl.plan.lint import with_lint_sheet
from nq57xl.plan.model import Plan
from nq57xl.rules.findings import Finding
from nq57xl.text import files


def show(office: Office, number: int | None = None) -> Plan:
    """The plan as it was understood, also when lint finds errors in it; `number`: an earlier version of it."""
    return office.appendix_to_show().plan if number is None else version(office, number)


def write_lint(office: Office) -> tuple[tuple[Finding, ...], Path | None]:
    """The findings, and where the appendix was kept before the sheet «Soát kế hoạch» was put into it.

    None: the sheet said the same already. Raises WorkbookOpenError when the appendix is open, Nq57Error when its XML
    cannot be added to; then nothing is written.
    """
    with writing(office.workspace, "lint", office.clock, office.person):
        appendix = office.appendix_with_codes()
        findings = office.lint(appendix)
        path = office.workspace.appendix
        data = path.read_bytes()
        content = with_lint_sheet(data, appendix.plan, findings, office.workspace.root)
        if content == data:
            return findings, None
        files.require_closed(path)
        kept = office.keep_appendix(data)
        files.write_atomic(path, content)
        return findings, kept


def lint(office: Office) -> tuple[Finding, ...]:
    """Findings on the master appendix itself, errors first."""
    return office.lint(office.appendix_to_show())
