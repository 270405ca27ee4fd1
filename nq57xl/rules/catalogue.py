"""The catalogue of findings (schemas/findings.yml) and the one function that makes a finding from it."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml
from attrs import frozen

from nq57xl import resources
from nq57xl.records.findings import Finding, Severity


@frozen
class Entry:
    """One line of the catalogue."""

    code: str
    severity: Severity
    title: str
    message: str
    fix: str = ""


@cache
def catalogue() -> dict[str, Entry]:
    """Code -> entry, in the order of the file."""
    raw = yaml.safe_load(resources.find("schemas", "findings.yml").read_text(encoding="utf-8"))
    return {code: Entry(code=code, **item) for code, item in raw.items()}


class _Words(dict[str, Any]):
    """Words for a template; one that the caller does not know stays out of the sentence."""

    def __missing__(self, key: str) -> str:
        return ""


def make(code: str, *, words: dict[str, Any] | None = None, **places: Any) -> Finding:  # noqa: ANN401 - Finding's own
    """A finding of that code. `words` fill the message and the fix; `places` are fields of Finding.

    `message`, `fix` and `severity` among the places override the catalogue's. Raises KeyError for an unknown code.
    """
    entry = catalogue()[code]
    filled = _Words(words or {})
    texts = {"message": entry.message.format_map(filled), "fix": entry.fix.format_map(filled).strip()}
    return Finding(**{"code": code, "severity": entry.severity, **texts, **places})
