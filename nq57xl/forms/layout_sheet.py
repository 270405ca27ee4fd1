"""Builds one sheet's slots row by row, with the hidden key row and key column that identify them."""

from __future__ import annotations

from collections.abc import Sequence

from nq57xl.records.form import CellRole, Slot


class Builder:
    """Collects slots; rows are opened in order, columns are fixed from the start (column A holds the keys)."""

    def __init__(self, sheet: str, short_id: str, columns: Sequence[str]) -> None:
        self.sheet = sheet
        self.columns = {name: index + 1 for index, name in enumerate(columns)}
        self.rows: dict[str, int] = {}
        self.lines = 0
        self.slots = [Slot(sheet, 0, 0, "", "", "key", f"NQ57|{short_id}|{sheet}")]
        self.slots += [Slot(sheet, 0, col, "", name, "key", name) for name, col in self.columns.items()]

    def row(self, key: str) -> str:
        """Opens the next row under that key."""
        index = len(self.rows) + 1
        self.rows[key] = index
        self.slots.append(Slot(self.sheet, index, 0, key, "", "key", key))
        return key

    def free_row(self) -> str:
        """Opens the next row of plain text: "@1", "@2" ..."""
        self.lines += 1
        return self.row(f"@{self.lines}")

    def line(self, text: str) -> None:
        """A row of one text, in the first visible column."""
        self.text(self.free_row(), next(iter(self.columns)), text)

    def pair(self, left: str, left_text: str, right: str, right_text: str) -> None:
        """A row of two texts."""
        row = self.free_row()
        self.text(row, left, left_text)
        self.text(row, right, right_text)

    def text(self, row: str, column: str, text: str) -> None:
        """A locked text."""
        self.slots.append(Slot(self.sheet, self.rows[row], self.columns[column], row, column, "text", text))

    def cell(self, row: str, column: str, role: CellRole, *, table: str, key: str, field: str) -> None:
        """An entry or check cell of a table's row."""
        place = (self.sheet, self.rows[row], self.columns[column])
        self.slots.append(Slot(*place, row, column, role, "", table, key, field))

    def done(self) -> tuple[Slot, ...]:
        """The slots in reading order."""
        return tuple(sorted(self.slots, key=lambda slot: (slot.row, slot.col)))
