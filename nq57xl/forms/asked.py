"""What a form that goes back asks: findings that stay until somebody changes their cells or confirms what stands there.

What was wrong in a file is no longer seen once its cells are written anew: a format, a strike, a second copy, another
month's form. The marked form therefore carries such findings with it, in a hidden sheet: a key, a digest of the cells
that are meant as they stand in it, and the words. `returns.remarks` reads them again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import date

from attrs import frozen

from nq57xl.forms.model import FormCell, SheetLayout
from nq57xl.plan.model import Period
from nq57xl.rules.findings import Finding, catalogue
from nq57xl.text.legacy import clean
from nq57xl.xlsx.cells import plain_number
from nq57xl.xlsx.shown import days_of
from nq57xl.xlsx.write import storable_text

ASKED_SHEET = "_asked"
"""Id and name of the hidden sheet: a line for each finding."""
CONFIRM_COLUMN = "confirm"
"""Key of the column of the sheet "Cần sửa" in which a person confirms."""
_CONFIRMED = "Đúng như đang ghi"
"""What a person chooses there."""


def confirmation(code: str, period: Period) -> str:
    """What has to be chosen to confirm a finding of that code in a form of that period."""
    return f"Đúng là số liệu {period.title}" if code == "WRONG_PERIOD" else _CONFIRMED


@frozen
class AskedFinding:
    """A finding that a marked form carries."""

    key: str
    """code|sheet id|table|task|field"""
    digest: str
    """Of the cells that are meant, as the marked form holds them; "" where nothing but a confirmation settles it."""
    message: str
    fix: str
    value: str
    severity: str

    def stands(self, sheets: Sequence[SheetLayout], content: Callable[[FormCell], object]) -> bool:
        """Its cells hold what they held when the form went back; `content`: what a cell holds now."""
        return self.digest == _digest_of(self.key, sheets, content)

    def first_cell(self, sheets: Sequence[SheetLayout]) -> FormCell | None:
        """The first of the entry cells that are meant."""
        return next(iter(_cells_meant(self.key, sheets)), None)


def asked_key(finding: Finding, sheets: Sequence[SheetLayout]) -> str:
    """The key of a finding that the marked form keeps; "" for another one."""
    entry = catalogue().get(finding.code)
    if entry is None or not entry.stays or finding.severity not in ("error", "warning"):
        return ""
    sheet = next((item.id for item in sheets if item.title == finding.sheet and not finding.table), "")
    return "|".join((finding.code, sheet, finding.table, finding.task or "", finding.field))


def asked_of(
    findings: Iterable[Finding], sheets: Sequence[SheetLayout], content: Callable[[FormCell], object]
) -> tuple[AskedFinding, ...]:
    """What the marked form asks, each key once; `content`: what its cells hold."""
    found: dict[str, AskedFinding] = {}
    for item in findings:
        if key := asked_key(item, sheets):
            digest = _digest_of(key, sheets, content)
            found.setdefault(key, AskedFinding(key, digest, item.message, item.fix, item.value, item.severity))
    return tuple(found.values())


def _digest_of(key: str, sheets: Sequence[SheetLayout], content: Callable[[FormCell], object]) -> str:
    """Of what the cells hold that the key means; "" where it means none.

    A whole sheet is meant only while it is blank: it then is answered by whatever is typed there.
    """
    _, sheet, *wanted = key.split("|")
    cells = _cells_meant(key, sheets)
    marks = [_mark(content(cell)) for cell in cells]
    if not cells or (sheet and not wanted[0] and any(marks)):
        return ""
    return hashlib.sha256("\x1f".join(marks).encode(errors="replace")).hexdigest()[:20]


def _cells_meant(key: str, sheets: Sequence[SheetLayout]) -> list[FormCell]:
    """The entry cells that a key means: one, a row's, a column's, a blank sheet's; none for a key about the file."""
    _, sheet_id, table, task, field = key.split("|")
    if not (sheet_id or table):
        return []
    found = [
        slot.form_cell
        for sheet in sheets
        if sheet_id in ("", sheet.id)
        for slot in sheet.entries.values()
        if (field == "" or field in slot.fields) and table in ("", slot.table) and task in ("", slot.key)
    ]
    # a row that the unit added is not among those that were issued
    return found or ([(table, task, field)] if task and field else [])


def _mark(content: object) -> str:
    """A cell's content and whether it is a text: a number typed over the same text is a change."""
    if isinstance(content, str):
        text = clean(storable_text(content))
        return f"t{text}" if text else ""
    if content is None or isinstance(content, bool):
        return "" if content is None else f"b{content}"
    number = days_of(content) if isinstance(content, date) else content
    return f"n{plain_number(float(number))}" if isinstance(number, int | float) else f"x{number}"
