"""Named limits for files from outside, each with its reason, and the one exception: this file is refused, and why.

A form of ours is under 200 KB and under 20,000 cells.
"""

from __future__ import annotations

from typing import Any

from nq57xl.rules.findings import Finding, make

FILE_BYTES = 50 * 1024 * 1024
"""Pasted photographs make forms of some 20 MB; above this nothing honest is left, and mail would refuse it."""

UNPACKED_BYTES = 400 * 1024 * 1024
"""All parts together: formats on a million ghost rows unpack to some 100 MB; a zip bomb to far more."""

PARTS = 5_000
"""A workbook with a picture in every cell of a form has fewer parts."""

SHEETS = 200
"""A form has about a dozen; somebody's own workbook may hold a sheet for each day of half a year."""

ROWS = 200_000
"""Last row with a value: one stray cell at row 1,048,576 lets the reader ask for gigabytes (pitfalls.md 0.1)."""

VALUE_CELLS = 250_000
"""Cells with a value in the whole workbook: read, sent on and rejoined in about ten seconds."""

MERGED_AREAS = 10_000
"""Merged areas of a sheet that are looked at: a form has some fifty."""

TEXT_LETTERS = 50_000_000
"""Letters of all cells together: a text shared by a million cells costs the reader a million copies."""

CELL_TEXT = 32_767
"""Excel's own limit for a cell; longer texts come from other programs and are cut by Excel."""

ADDED_ROWS = 300
"""Rows that a unit adds under one table: what reads them, judges them and writes them into a form costs a second."""

ARCHIVE_MEMBERS = 1_000
"""Files in one archive or mail with all that is nested in it: a whole agency sends fewer."""

ARCHIVE_BYTES = 500 * 1024 * 1024
"""What they unpack to, all together."""

ARCHIVE_DIRECTORY = 2 * 1024 * 1024
"""Size of a zip's list of members: some 20,000; longer lists cost seconds before the first member is seen."""

ARCHIVE_DEPTH = 4
"""An archive in a mail in an archive is real; deeper ones are built."""


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
    return make("FILE_TOO_LARGE", words={"value": shown, "limit": f"{FILE_BYTES // megabyte} MB"}, value=shown)


def too_many_values(sheet: str = "") -> Refused:
    """The exception for a workbook with more filled cells than are read; `sheet`: where that was found out."""
    return refuse("FILE_TOO_MANY_VALUES", limit=f"{VALUE_CELLS:,}".replace(",", "."), sheet=sheet)
