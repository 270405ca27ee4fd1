"""Findings on a form that goes back: which cell each marks, and the lines of the sheet "Cần sửa"."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from attrs import frozen

from nq57xl.forms.wording import shorten
from nq57xl.records.findings import Finding
from nq57xl.records.form import Form, SheetLayout, Slot
from nq57xl.text.cells import a1


@frozen
class Point:
    """One point to work through."""

    finding: Finding
    slot: Slot | None
    """The cell to go to, in the form that goes back; None when the finding is about the file."""
    sheet_title: str
    subject: str
    """Which task, indicator or line it is about."""

    @property
    def cell(self) -> str:
        """A1 address, empty without a cell."""
        return a1(self.slot.row, self.slot.col) if self.slot else ""

    @property
    def placed(self) -> Finding:
        """The finding with the cell in the form that goes back in place of the one in the file sent."""
        return attrs.evolve(self.finding, sheet=self.sheet_title, cell=self.cell)


def points_of(form: Form, sheets: Sequence[SheetLayout], findings: Sequence[Finding]) -> tuple[Point, ...]:
    """Errors, then warnings; each in the order in which a person goes through the sheets."""
    order = {sheet.id: number for number, sheet in enumerate(sheets)}
    titles = {sheet.id: sheet.title for sheet in sheets}
    points = []
    for finding in findings:
        if finding.severity in ("error", "warning"):
            slot = slot_of(sheets, finding)
            title = titles[slot.sheet] if slot else finding.sheet
            points.append(Point(finding, slot, title, _subject(form, finding)))

    def place(point: Point) -> tuple[bool, int, int, int]:
        slot = point.slot
        where = (order[slot.sheet], slot.row, slot.col) if slot else (-1, 0, 0)
        return (point.finding.severity != "error", *where)

    return tuple(sorted(points, key=place))


def slot_of(sheets: Sequence[SheetLayout], finding: Finding) -> Slot | None:
    """The entry cell of a finding; the first of its row when the finding names no field."""
    if not finding.table:
        return None
    key = finding.task or finding.table
    row = [
        slot
        for sheet in sheets
        for slot in sheet.slots
        if slot.role == "entry" and slot.table == finding.table and slot.key == key
    ]
    exact = [slot for slot in row if slot.field == finding.field]
    return next(iter(exact or row), None)


def _subject(form: Form, finding: Finding) -> str:
    table = form.table(finding.table) if finding.table else None
    if table is None:
        return "Cả biểu mẫu"
    row = next((item for item in table.rows if item.key == finding.task), None)
    if row is None or finding.table in ("signoff", "statement"):
        return form.schema.table(finding.table).title
    texts = row.texts
    words = texts.get("short") or texts.get("indicator") or texts.get("work", "").split("\n")[-1]
    if not words:
        return f"Dòng {texts.get('number', row.key)}"
    return f"{row.key}. {shorten(words.removeprefix('- '), 80)}"


def mark_notes(points: Sequence[Point]) -> dict[tuple[str, int, int], tuple[str, str]]:
    """(sheet id, row, col) -> severity to show and the text of the note."""
    notes: dict[tuple[str, int, int], tuple[str, str]] = {}
    for point in points:
        if point.slot is None:
            continue
        place = (point.slot.sheet, point.slot.row, point.slot.col)
        word = "CẦN SỬA" if point.finding.severity == "error" else "NÊN XEM LẠI"
        text = f"{word}: {point.finding.message}" + (f"\n{point.finding.fix}" if point.finding.fix else "")
        severity, before = notes.get(place, (point.finding.severity, ""))
        notes[place] = (severity, f"{before}\n{text}" if before else text)
    return notes
