"""Forms that came back odd: a cell addressed by its meaning, written as some program or person would."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from openpyxl.styles import Font
from openpyxl.workbook.workbook import Workbook

from nq57xl.forms.layout import layout
from nq57xl.records.findings import Finding
from nq57xl.records.returns import Return
from nq57xl.text.cells import a1
from tests.returns_kit import edited, form_of, returned

Key = tuple[str, str, str]
"""(table, row key, field)."""
Content = str | float | bool | date | None

LED, INDICATOR = ("led", "I.1"), ("indicator", "CT.I.1")


def at(key: Key, unit: str = "VP") -> tuple[str, str]:
    """Sheet title and address of an entry cell as issued."""
    for sheet in layout(form_of(unit)):
        for slot in sheet.slots:
            if slot.role == "entry" and (slot.table, slot.key, slot.field) == key:
                return sheet.title, a1(slot.row, slot.col)
    raise KeyError(key)


def put(book: Workbook, key: Key, content: Content, *, font: str = "", shown: str = "") -> None:
    """Types into an entry cell; with a font's name or a number format, as pasted from elsewhere."""
    sheet, address = at(key)
    cell = book[sheet][address]
    cell.value = content
    if isinstance(content, str):
        cell.data_type = "s"
    if font:
        cell.font = Font(name=font)
    if shown:
        cell.number_format = shown


def typed(cells: dict[Key, Content], *, font: str = "", shown: str = "") -> Return:
    """The form with these cells typed in, read back."""

    def change(book: Workbook) -> None:
        for key, content in cells.items():
            put(book, key, content, font=font, shown=shown)

    return returned(edited(change))


def changed(change: Callable[[Workbook], None]) -> Return:
    """The form after a change, read back."""
    return returned(edited(change))


def about(back: Return, key: Key) -> list[Finding]:
    """Findings on one entry cell."""
    return [item for item in back.findings if (item.table, item.task, item.field) == key]


def codes_at(back: Return, key: Key) -> list[str]:
    return [item.code for item in about(back, key)]


def value_at(back: Return, key: Key) -> object:
    """The typed value; "nothing" when the cell gave none."""
    return next((item.value for item in back.values if (item.table, item.key, item.field) == key), "nothing")
