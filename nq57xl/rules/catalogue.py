"""The catalogue of findings (schemas/findings.yml) and the one function that makes a finding from it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from attrs import frozen

from nq57xl import resources
from nq57xl.errors import Nq57Error
from nq57xl.records.findings import Finding, Severity


@frozen
class Entry:
    """One line of the catalogue."""

    code: str
    severity: Severity
    title: str
    message: str
    fix: str = ""


def catalogue() -> dict[str, Entry]:
    """Code -> entry: all packaged ones in the order of their file, with the words of the workspace's own file.

    Raises Nq57Error naming the file when the workspace's own cannot be read.
    """
    packaged = resources.packaged("schemas") / "findings.yml"
    return _merged(packaged, resources.find("schemas", "findings.yml"))


@cache
def _merged(packaged: Path, own: Path) -> dict[str, Entry]:
    entries = _read(packaged)
    return (
        entries if own == packaged else entries | {code: item for code, item in _read(own).items() if code in entries}
    )


def _read(path: Path) -> dict[str, Entry]:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        return {code: Entry(code=code, **item) for code, item in raw.items()}
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError, TypeError) as error:
        raise Nq57Error(f"Tệp {path} không đọc được: {error}") from error


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
