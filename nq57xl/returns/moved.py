"""What happened to the rows and columns of a sheet: gone, moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from nq57xl.records.findings import Finding
from nq57xl.records.form import Form, SheetLayout
from nq57xl.records.returns import RawSheet
from nq57xl.returns.align import HEAD, Alignment
from nq57xl.returns.texts import short
from nq57xl.rules.catalogue import make
from nq57xl.text.cells import a1


def structure(sheet: SheetLayout, raw: RawSheet, found: Alignment, form: Form) -> Iterator[Finding]:
    """Missing rows and columns, one finding each; and one for everything that stands elsewhere.

    A prepared row of a free table that is gone was the unit's own to delete.
    """
    yield from _missing_rows(sheet, raw, found, form)
    yield from _missing_columns(sheet, raw, found)
    rows = {slot.row for slot in sheet.slots if slot.row}
    columns = {slot.col for slot in sheet.slots if slot.col}
    moved_rows = _moved(rows, found.rows, found.key_row)
    if moved_rows or _moved(columns, found.columns, found.key_column):
        yield make("ROWS_MOVED", words={"sheet_title": sheet.title}, sheet=raw.name, value="")


def _moved(issued: Iterable[int], found: Mapping[int, int], key_line: int | None) -> bool:
    """Whether a line stands where neither the issue nor the deletion of others explains it."""
    gone = 1 if key_line is None else 0
    for line in sorted(issued):
        if line not in found:
            gone += 1
        elif found[line] not in (line, line - gone):
            return True
    return key_line not in (0, None)


def _missing_rows(sheet: SheetLayout, raw: RawSheet, found: Alignment, form: Form) -> Iterator[Finding]:
    rows = {slot.row: slot.row_key for slot in sheet.slots if slot.row_key and slot.row not in found.rows}
    for row, row_key in rows.items():
        slots = [slot for slot in sheet.slots if slot.row == row and slot.col]
        entries = [slot for slot in slots if slot.role == "entry"]
        texts = " ".join(slot.text for slot in slots if slot.role == "text" and slot.text)
        if entries and not form.schema.table(entries[0].table).free:
            words = {"row": short(texts) or row_key, "sheet_title": sheet.title}
            first = entries[0]
            yield make("ROW_MISSING", words=words, sheet=raw.name, table=first.table, task=first.key, field="")
        else:
            text = f"Dòng khóa «{short(texts) or row_key}» ở trang «{sheet.title}» bị xóa; không ảnh hưởng số liệu."
            yield make("LOCKED_CHANGED", message=text, sheet=raw.name, cell=a1(row, 0))


def _missing_columns(sheet: SheetLayout, raw: RawSheet, found: Alignment) -> Iterator[Finding]:
    columns = {slot.col: slot.col_key for slot in sheet.slots if slot.col_key and slot.col not in found.columns}
    for column, col_key in columns.items():
        slots = [slot for slot in sheet.slots if slot.col == column and slot.row]
        title = next((slot.text for slot in slots if slot.row_key == HEAD), "") or col_key
        entries = [slot for slot in slots if slot.role == "entry"]
        if entries:
            words = {"column": title, "sheet_title": sheet.title}
            yield make("COLUMN_MISSING", words=words, sheet=raw.name, table=entries[0].table, field=col_key)
        else:
            text = f"Cột khóa «{title}» ở trang «{sheet.title}» bị xóa; đã dùng lại nội dung gốc."
            yield make("LOCKED_CHANGED", message=text, sheet=raw.name, cell=a1(0, column), field=col_key)
