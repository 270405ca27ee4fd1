"""Findings: what is wrong, odd, repaired or worth knowing; and the verdict on a return."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

Severity = Literal["error", "warning", "repaired", "note"]
Verdict = Literal["accepted", "accepted_with_warnings", "rejected", "unrecognised", "duplicate", "superseded"]

ACCEPTED: tuple[Verdict, ...] = ("accepted", "accepted_with_warnings")


@frozen
class Finding:
    """One finding. Texts are Vietnamese; code, severity and field are stable English ASCII."""

    code: str
    """A code of schemas/findings.yml: "REQUIRED_BLANK"."""
    severity: Severity
    message: str
    """What is wrong, in one sentence."""
    fix: str = ""
    """What to do, in one sentence."""
    sheet: str = ""
    """As in the file sent."""
    cell: str = ""
    """A1 address as in the file sent."""
    table: str = ""
    """Kind of row: "led", "supporting", "indicator", ...; empty when the finding is about the file."""
    task: str | None = None
    """Row key: code of the task or indicator, number of a free row."""
    field: str = ""
    value: str = ""
    """As typed."""


def verdict_of(findings: tuple[Finding, ...]) -> Verdict:
    """The verdict that a return's own findings lead to (contract: severities)."""
    severities = {finding.severity for finding in findings}
    if "error" in severities:
        return "rejected"
    return "accepted_with_warnings" if "warning" in severities else "accepted"
