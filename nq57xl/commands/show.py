"""show and lint: the plan as it was understood, and what is wrong with it."""

from __future__ import annotations

from nq57xl.commands.amend import version
from nq57xl.commands.office import Office
from nq57xl.plan.lint import lint as lint_plan
from nq57xl.records.findings import Finding
from nq57xl.records.plan import Plan


def show(office: Office, number: int | None = None) -> Plan:
    """The plan as it was understood, also when lint finds errors in it; `number`: an earlier version of it."""
    return office.appendix_to_show().plan if number is None else version(office, number)


def lint(office: Office) -> tuple[Finding, ...]:
    """Findings on the master appendix itself, errors first."""
    appendix = office.appendix_to_show()
    return lint_plan(appendix.plan, appendix.findings, appendix.places)
