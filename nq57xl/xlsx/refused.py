"""The one exception of reading: this file is refused, and here is why."""

from __future__ import annotations

from typing import Any

from nq57xl.rules.findings import Finding, make
from nq57xl.xlsx import limits


class Refused(Exception):  # noqa: N818 - it is a verdict on the file, not an error of ours
    """A file that is not read; `finding` names it for what it is, with the remedy."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding)
        self.finding = finding


def refuse(code: str, **words: Any) -> Refused:  # noqa: ANN401 - words for a message
    """The exception for a code of schemas/findings.yml; "value", "sheet" and "cell" are kept in the finding too."""
    where = {name: str(words.get(name, "")) for name in ("value", "sheet", "cell")}
    return Refused(make(code, words=words, **where))


def too_large(size: int) -> Finding:
    """The finding on a file of so many bytes."""
    megabyte = 1 << 20
    shown = f"{size / megabyte:.1f}".replace(".", ",") + " MB"
    return make("FILE_TOO_LARGE", words={"value": shown, "limit": f"{limits.FILE_BYTES // megabyte} MB"}, value=shown)


def too_many_values(sheet: str = "") -> Refused:
    """The exception for a workbook with more filled cells than are read; `sheet`: where that was found out."""
    return refuse("FILE_TOO_MANY_VALUES", limit=f"{limits.VALUE_CELLS:,}".replace(",", "."), sheet=sheet)
