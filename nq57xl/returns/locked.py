"""Every locked cell of a sheet against what was issued."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nq57xl.records.findings import Finding, Severity
from nq57xl.records.form import SheetLayout, Slot
from nq57xl.records.returns import RawCell, RawSheet
from nq57xl.returns.align import Alignment, same
from nq57xl.returns.replaced import replaced_rows
from nq57xl.returns.texts import cell_text, short
from nq57xl.rules.catalogue import make
from nq57xl.text.cells import a1
from nq57xl.text.normalise import fold

Place = tuple[int, int]
_SURE = 0.9
"""Share of a row's texts above which nobody has to confirm that it is this row."""
_LIKELY = 0.5
"""Share below which only the rows around it say that it is this row: not enough to take its figures over."""
_CONFIRM = "Kiểm tra số liệu của dòng này trên biểu gửi trả, xác nhận hoặc sửa rồi gửi lại."


def compare_locked(sheet: SheetLayout, raw: RawSheet, found: Alignment) -> Iterator[Finding]:
    """A finding for each locked text or formula that came back changed, emptied or typed over."""
    yield from _lost_keys(sheet, raw, found)
    yield from _found_by_text(sheet, raw, found)
    replaced = replaced_rows(sheet, raw, found)
    yield from replaced.values()
    told = {slot.row for slot in sheet.slots if slot.role == "entry" and slot.row in found.shares}
    legacy: list[tuple[Slot, Place, RawCell]] = []
    for slot in sheet.slots:
        place = found.place(slot)
        if place is None or slot.role == "entry" or (slot.role == "text" and slot.row in replaced):
            continue
        if slot.col == 0 and slot.row in told and place not in raw.cells:
            continue
        cell = raw.cells.get(place)
        if slot.role in ("check", "formula"):
            if cell is None or cell.formula is None:
                yield make("LOCKED_FORMULA_CHANGED", **_where(slot, raw, place), value=cell_text(cell))
        elif not _changed(slot, cell):
            continue
        elif cell is not None and cell.decoded is not None and fold(cell.decoded) == fold(slot.text):
            legacy.append((slot, place, cell))
        else:
            yield _changed_finding(slot, raw, place, cell)
    if legacy:
        yield _legacy_finding(sheet, raw, legacy)


def _legacy_finding(sheet: SheetLayout, raw: RawSheet, legacy: list[tuple[Slot, Place, RawCell]]) -> Finding:
    """One finding for all locked texts that say what was issued, in a charset before Unicode."""
    slot, place, cell = legacy[0]
    words = {"count": len(legacy), "sheet_title": sheet.title, "charset": cell.charset}
    words |= {"value": short(cell_text(cell)), "result": short(slot.text)}
    return make("LOCKED_LEGACY", words=words, **_where(slot, raw, place), value=cell_text(cell))


def _lost_keys(sheet: SheetLayout, raw: RawSheet, found: Alignment) -> Iterator[Finding]:
    """One finding when the whole row or column of keys is gone."""
    for line, word in ((found.key_row, "dòng"), (found.key_column, "cột")):
        if line is None:
            text = f"Mất {word} mã ẩn ở trang «{sheet.title}»; đã ghép lại theo nội dung các ô khóa."
            yield make("LOCKED_CHANGED", message=text, sheet=raw.name, cell="A1")


def _found_by_text(sheet: SheetLayout, raw: RawSheet, found: Alignment) -> Iterator[Finding]:
    """Rows that lost their key and were known by their texts, each with how sure that is.

    Where the whole column of keys is gone, one finding tells it; then only the rows that are not sure are named.
    """
    for row, share in found.shares.items():
        slots = [slot for slot in sheet.slots if slot.row == row]
        entry = next((slot for slot in slots if slot.role == "entry"), None)
        sure = share >= _SURE
        if entry is None or (sure and (found.key_column is None or (found.rows[row], found.key_column) in raw.cells)):
            continue
        texts = " ".join(slot.text for slot in slots if slot.role == "text" and slot.text)
        words = {"row": short(texts) or entry.row_key, "share": f"{share:.0%}"}
        where = {"sheet": raw.name, "cell": a1(found.rows[row], found.key_column or 0)}
        about = {"table": entry.table, "task": entry.key, "field": ""}
        if sure:
            yield make("LOCKED_KEY_GONE", words=words, **where, **about)
        else:
            severity: Severity = "warning" if share >= _LIKELY else "error"
            yield make("LOCKED_KEY_GONE", words=words, severity=severity, fix=_CONFIRM, **where, **about)


def _changed(slot: Slot, cell: RawCell | None) -> bool:
    if cell is None:
        return bool(slot.text.strip())
    if cell.error or cell.formula is not None:
        return True
    return not same(slot.text, cell_text(cell))


def _changed_finding(slot: Slot, raw: RawSheet, place: tuple[int, int], cell: RawCell | None) -> Finding:
    there = cell_text(cell)
    if cell is not None and cell.formula is not None:
        there = f"={cell.formula}"
    message = None
    if not there.strip():
        message = f"Ô khóa «{short(slot.text)}» bị xóa trống; đã dùng lại nội dung gốc."
    elif not slot.text:
        message = f"Ô khóa để trống bị ghi «{short(there)}»; nội dung này không được lấy vào báo cáo."
    words = {"issued": short(slot.text), "value": short(there)}
    overrides = {"message": message} if message else {}
    return make("LOCKED_CHANGED", words=words, **overrides, **_where(slot, raw, place), value=there)


def _where(slot: Slot, raw: RawSheet, place: tuple[int, int]) -> dict[str, Any]:
    table, _, key = slot.row_key.partition("|")
    return {
        "sheet": raw.name,
        "cell": a1(*place),
        "table": slot.table or (table if key else ""),
        "task": slot.key or key or None,
        "field": slot.field or slot.col_key,
    }
