"""What the units of a made-up province typed, by plain loops over their own files; nothing of nq57xl is used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from openpyxl import load_workbook

Row = dict[str, Any]


def typed_rows(path: Path, table: str) -> dict[str, Row]:
    """Row key -> what stands in that row by hidden column key; column A and row 1 hold the keys."""
    rows: dict[str, Row] = {}
    book = load_workbook(path)
    for sheet in book.worksheets:
        names = [cell.value for cell in sheet[1]]
        for cells in sheet.iter_rows(min_row=2):
            key = str(cells[0].value or "")
            if key.startswith(f"{table}|"):
                row = rows.setdefault(key.partition("|")[2], {"": (sheet.title, cells[0].row)})
                for name, cell in zip(names[1:], cells[1:], strict=False):
                    if cell.value is not None:
                        row[str(name)] = cell.value
    return rows


def all_typed(folder: Path, table: str) -> list[tuple[str, str, Row]]:
    """(file, row key, row) of every unit's file in the folder."""
    return [
        (path.name, key, row) for path in sorted(folder.glob("*.xlsx")) for key, row in typed_rows(path, table).items()
    ]


def one_word(words: list[str]) -> str:
    """Where a row stands as a whole, of what its units said, in the words of the form."""
    said = [word for word in words if word not in ("Thường xuyên", "Chưa phát sinh")]
    if not said:
        return "Thường xuyên" if "Thường xuyên" in words else "Chưa phát sinh"
    if said.count("Hoàn thành") == len(said):
        return "Hoàn thành"
    return "Đang thực hiện" if "Hoàn thành" in said or "Đang thực hiện" in said else "Chưa thực hiện"
