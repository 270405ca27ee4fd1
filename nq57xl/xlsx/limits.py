"""Named limits for files from outside, each with its reason, and the one exception: this file is refused, and why."""

from __future__ import annotations

from typing import Any

from attrs import define

from nq57xl.rules.findings import Finding, make


@define
class _Limits:
    """A form of ours is under 200 KB and under 20,000 cells."""

    file_bytes: int = 50 * 1024 * 1024
    """Pasted photographs make forms of some 20 MB; above this nothing honest is left, and mail would refuse it."""
    unpacked_bytes: int = 400 * 1024 * 1024
    """All parts together: formats on a million ghost rows unpack to some 100 MB; a zip bomb to far more."""
    parts: int = 5_000
    """A workbook with a picture in every cell of a form has fewer parts."""
    sheets: int = 200
    """A form has about a dozen; somebody's own workbook may hold a sheet for each day of half a year."""
    rows: int = 200_000
    """Last row with a value: one stray cell at row 1,048,576 lets the reader ask for gigabytes (pitfalls.md 1.1)."""
    columns: int = 500
    """Last column with a value: the same reason."""
    value_cells: int = 250_000
    """Cells with a value in the whole workbook: read, sent on and rejoined in about ten seconds."""
    merged_areas: int = 10_000
    """Merged areas of a sheet that are looked at: a form has some fifty."""
    text_letters: int = 50_000_000
    """Letters of all cells together: a text shared by a million cells costs the reader a million copies."""
    tree_elements: int = 1_000_000
    """Elements of XML that are taken as one tree: each costs a hundred bytes and more, and may be written with four."""
    cell_text: int = 32_767
    """Excel's own limit for a cell; longer texts come from other programs and are cut by Excel."""
    added_rows: int = 300
    """Rows that a unit adds under one table: to read, judge and write them into a form costs a second."""
    archive_members: int = 1_000
    """Files in one archive or mail with all that is nested in it: a whole agency sends fewer."""
    archive_bytes: int = 500 * 1024 * 1024
    """What they unpack to, all together."""
    archive_directory: int = 2 * 1024 * 1024
    """Size of a zip's list of members: some 20,000; longer lists cost seconds before the first member is seen."""
    archive_depth: int = 4
    """An archive in a mail in an archive is real; deeper ones are built."""


LIMITS = _Limits()


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
    return make("FILE_TOO_LARGE", words={"value": shown, "limit": f"{LIMITS.file_bytes // megabyte} MB"}, value=shown)
