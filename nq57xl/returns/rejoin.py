"""A workbook that came back, put together again with the form that was issued: by keys, wherever things stand now."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from nq57xl.forms.build import REOPEN
from nq57xl.forms.layout import layout
from nq57xl.forms.model import Form, FormCell, SheetLayout, Slot, Source, Value, cells_of
from nq57xl.forms.rows import rows_of
from nq57xl.returns.align import HEAD, Alignment, align, match_sheets, same
from nq57xl.returns.columns import ask_back_columns
from nq57xl.returns.convert import says_no
from nq57xl.returns.entries import (
    Entries,
    outside,
    read_entries,
    two_versions,
    with_prefilled,
    with_statements,
)
from nq57xl.returns.identify import names_another_form
from nq57xl.returns.model import Return
from nq57xl.returns.remarks import asked_again, remarks
from nq57xl.rules.findings import Finding, Severity, make
from nq57xl.rules.movement import predicates_of
from nq57xl.rules.predicates import Row
from nq57xl.rules.rows import KEY
from nq57xl.text.addresses import a1
from nq57xl.text.legacy import fold
from nq57xl.xlsx.cells import RawCell, RawSheet, RawWorkbook, cell_text, readable, short


def _without_empty_answers(back: Return) -> Return:
    """The return without the cells that say "không có" where nothing was asked."""
    said = [
        item for item in back.values if isinstance(item.value, str) and says_no(item.value) and _is_text(back, item)
    ]
    if not said:
        return back
    others = [item for item in back.values if item not in said]
    rows = {
        (table, row[KEY]): row for table in {item.table for item in said} for row in rows_of(back.form, others, table)
    }
    empty = {
        (item.sheet, item.cell) for item in said if not _is_asked(back, item, rows.get((item.table, item.key), {}))
    }
    return attrs.evolve(
        back,
        values=tuple(item for item in back.values if (item.sheet, item.cell) not in empty),
        findings=tuple(
            item for item in back.findings if (item.sheet, item.cell) not in empty or item.severity == "error"
        ),
    )


def _is_text(back: Return, item: Value) -> bool:
    return back.form.schema.table(item.table).field(item.field).type == "text"


def _is_asked(back: Return, item: Value, row: Row) -> bool:
    """Whether a rule wants this cell in such a row, and words alone answer it: no proof or figure is asked for."""
    table = back.form.schema.table(item.table)
    for predicate in predicates_of(table, back.form.schema):
        groups = predicate.rule.params.get("any_of") or [[predicate.rule.field]]
        wanted = predicate.rule.predicate == "required_if" and [item.field] in groups
        if wanted and all(len(group) == 1 for group in groups) and predicate.when.holds(row):
            return True
    return False


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
        if entries and entries[0].table != REOPEN and not form.schema.table(entries[0].table).free:
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
            table = next((slot.table for slot in entries if slot.field == col_key), entries[0].table)
            yield make("COLUMN_MISSING", words=words, sheet=raw.name, table=table, field=col_key)
        else:
            text = f"Cột khóa «{title}» ở trang «{sheet.title}» bị xóa; đã dùng lại nội dung gốc."
            yield make("LOCKED_CHANGED", message=text, sheet=raw.name, cell=a1(0, column), field=col_key)


_LONG = 8
"""Letters of a text that tells a row: numbers and units of measure stand in many."""
_FOREIGN = 0.5
"""Share of a text's words below which another text says something else."""


def _replaced_rows(sheet: SheetLayout, raw: RawSheet, found: Alignment) -> Mapping[int, Finding]:
    """Issued row -> the error, for rows that hold figures beside the texts of something else.

    One text that was worded anew is restored (contract); here every long text of the row is another, and more than one
    text differs: another unit's table pasted over this one's, or a row overwritten with another task.
    """
    rows: dict[int, list[Slot]] = defaultdict(list)
    for slot in sheet.slots:
        if slot.row_key and slot.row in found.rows:
            rows[slot.row].append(slot)
    return {row: finding for row, slots in rows.items() if (finding := _replaced(slots, raw, found)) is not None}


def _replaced(slots: Sequence[Slot], raw: RawSheet, found: Alignment) -> Finding | None:
    entries = [slot for slot in slots if slot.role == "entry"]
    texts = [(slot, _there(slot, raw, found)) for slot in slots if slot.role == "text" and slot.text and slot.col]
    changed = [(slot, text) for slot, text in texts if text and not same(slot.text, text)]
    long = [(slot, text) for slot, text in texts if len(slot.text) >= _LONG and text]
    if len(changed) < 2 or not long or not all(_foreign(slot.text, text) for slot, text in long):
        return None
    if not any(_there(slot, raw, found) for slot in entries):
        return None
    slot, text = long[0]
    place = found.place(slot)
    table, _, key = slot.row_key.partition("|")
    words = {"issued": short(slot.text), "value": short(text)}
    where = a1(*place) if place else ""
    return make("ROW_REPLACED", words=words, sheet=raw.name, cell=where, table=table, task=key or None, value=text)


def _there(slot: Slot, raw: RawSheet, found: Alignment) -> str:
    place = found.place(slot)
    cell = raw.cells.get(place) if place is not None else None
    return (readable(cell) if slot.role == "text" else cell_text(cell)).strip()


def _foreign(issued: str, there: str) -> bool:
    wanted, words = set(fold(issued).split()), set(fold(there).split())
    return len(wanted & words) < _FOREIGN * len(wanted)


_Place = tuple[int, int]
_SURE = 0.9
"""Share of a row's texts above which nobody has to confirm that it is this row."""
_LIKELY = 0.5
"""Share below which only the rows around it say that it is this row: not enough to take its figures over."""
_CONFIRM = "Kiểm tra số liệu của dòng này trên biểu gửi trả, xác nhận hoặc sửa rồi gửi lại."


def _compare_locked(sheet: SheetLayout, raw: RawSheet, found: Alignment, form: Form) -> Iterator[Finding]:
    """A finding for each locked text or formula that came back changed, emptied or typed over."""
    yield from _lost_keys(sheet, raw, found)
    yield from _found_by_text(sheet, raw, found)
    replaced = _replaced_rows(sheet, raw, found)
    yield from replaced.values()
    told = {slot.row for slot in sheet.slots if slot.role == "entry" and slot.row in found.shares}
    legacy: list[tuple[Slot, _Place, RawCell]] = []
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
        elif names_another_form(slot.text, readable(cell), form):
            words = {"sheet_title": sheet.title, "value": short(readable(cell)), "issued": short(slot.text)}
            yield make("LOCKED_OTHER_FORM", words=words, sheet=raw.name, cell=a1(*place), value=cell_text(cell))
        else:
            yield _changed_finding(slot, raw, place, cell)
    if legacy:
        yield _legacy_finding(sheet, raw, legacy)


def _legacy_finding(sheet: SheetLayout, raw: RawSheet, legacy: list[tuple[Slot, _Place, RawCell]]) -> Finding:
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


_SEVERAL = 5
"""Fewer check cells may well have been typed over one by one."""
_VERSION = re.compile(r"/([0-9]+(?:\.[0-9]+)?)[^ ]*")


def rejoin(source: Source, raw: RawWorkbook, form: Form) -> Return:
    """The typed values of a return, with a finding for everything that came back otherwise than it was issued.

    Rules are not applied here. `places` holds every entry cell: as in the file sent, or as issued where it is gone.
    """
    layouts = layout(form)
    matched = match_sheets(layouts, raw.sheets, form.short_id)
    values: list[Value] = []
    findings: list[Finding] = [*raw.notes, *_program(raw)]
    places: dict[FormCell, tuple[str, str]] = {}
    cells: dict[FormCell, RawCell] = {}
    for sheet in layouts:
        copies = matched.sheets.get(sheet.id, [])
        if not copies:
            findings.append(_missing(sheet))
            places |= sheet.entry_places
            continue
        entries, found = _sheet(sheet, copies, form)
        values += entries.values
        findings += found
        places |= entries.places
        cells |= entries.cells
    findings = _formulas_grouped(layouts, findings)
    findings += _protection(layouts, matched.sheets)
    findings += [
        make("EXTRA_SHEET", words={"value": extra.name}, sheet=extra.name) for extra in matched.extra if extra.cells
    ]
    findings += _reopened(values)
    back = _without_empty_answers(Return(source, form, tuple(values), tuple(findings), places))
    back = asked_again(back, raw, layouts, cells)
    return attrs.evolve(back, values=with_prefilled(form, with_statements(form, back.values)))


def _sheet(sheet: SheetLayout, copies: list[RawSheet], form: Form) -> tuple[Entries, list[Finding]]:
    """One sheet of the form; where the unit copied it, the copy with the issued name or with something in it."""
    read = [(raw, align(sheet, raw)) for raw in copies]
    entries = [read_entries(sheet, raw, found, form) for raw, found in read]
    order = sorted(range(len(read)), key=lambda index: (not entries[index].values, copies[index].name != sheet.title))
    chosen = order[0]
    raw, found = read[chosen]
    findings = []
    if not found.as_issued:
        ask_back_columns(sheet, raw, found, entries[chosen], form)
        findings += [*structure(sheet, raw, found, form), *_compare_locked(sheet, raw, found, form)]
    findings += entries[chosen].findings
    if not found.as_issued:
        findings += outside(sheet, raw, found, entries[chosen].read)
    findings += remarks(sheet, raw, found, form)
    if raw.name != sheet.title:
        words = {"sheet_title": sheet.title, "value": raw.name}
        findings.append(make("SHEET_RENAMED", words=words, sheet=raw.name, value=raw.name))
    for other in order[1:]:
        findings += _copy(sheet, copies[other], entries[other], entries[chosen], form)
    return entries[chosen], findings


def _copy(sheet: SheetLayout, raw: RawSheet, entries: Entries, chosen: Entries, form: Form) -> Iterator[Finding]:
    """A copied sheet is harmless while it says the same or nothing; of cells that differ nobody knows which one counts.

    Neither does anybody where the sheet itself was left blank beside a copy that was filled in.
    """
    blank = not entries.values and raw.name != sheet.title
    if blank or _said(entries) == _said(chosen):
        yield make("EXTRA_SHEET", words={"value": raw.name}, sheet=raw.name)
        return
    first, second = cells_of(chosen.values), cells_of(entries.values)
    copy = raw.name if raw.name != sheet.title else next(iter(chosen.places.values()))[0]
    for place in chosen.places:
        one, other = first.get(place), second.get(place)
        if (one.typed if one else "") == (other.typed if other else ""):
            continue
        own = one or Value(*place, "", None, *chosen.places[place])
        item = form.schema.table(place[0]).field(place[2])
        value, finding = two_versions(own, other.typed if other else "", item, f" (trang «{copy}»)")
        chosen.values[:] = [item for item in chosen.values if item is not one] + [value]
        yield finding


def _said(entries: Entries) -> list[tuple[str, str, str, str]]:
    return sorted((item.table, item.key, item.field, item.typed) for item in entries.values)


def _reopened(values: Iterable[Value]) -> Iterator[Finding]:
    """Rows that were reported as done and that the unit asks to open again: told to the office, on record."""
    for item in values:
        if item.table == REOPEN and item.value is not None:
            place = {"sheet": item.sheet, "cell": item.cell, "table": item.table, "task": item.key, "field": item.field}
            yield make("REOPEN_ASKED", words={"row": item.key}, value=item.typed, **place)


def _missing(sheet: SheetLayout) -> Finding:
    if sheet.entries:
        return make("SHEET_MISSING", words={"sheet_title": sheet.title}, sheet=sheet.title)
    text = f"Trang khóa «{sheet.title}» bị xóa; không ảnh hưởng số liệu."
    return make("LOCKED_CHANGED", message=text, sheet=sheet.title)


def _program(raw: RawWorkbook) -> Iterator[Finding]:
    """Names another program than Excel; one that does not tell its name is nothing to report."""
    if raw.program and not raw.program.lower().startswith("microsoft"):
        name = _VERSION.sub(r" \1", raw.program.split("$")[0])  # LibreOffice/7.4.7.2$Linux_X86_64 ...
        yield make("OTHER_PROGRAM", words={"program": name}, value=name)


def _formulas_grouped(layouts: Iterable[SheetLayout], findings: list[Finding]) -> list[Finding]:
    """One finding when many check cells have no formula any more: a program dropped them, nobody typed over each."""
    lost = [item for item in findings if item.code == "LOCKED_FORMULA_CHANGED"]
    if len(lost) < _SEVERAL:
        return findings
    checks = sum(slot.role in ("check", "formula") for sheet in layouts for slot in sheet.slots)
    count = "Các" if len(lost) >= checks else f"{len(lost)}"
    text = f"{count} ô kiểm tra tự động không còn công thức; phần mềm tự kiểm tra lại."
    grouped = make("LOCKED_FORMULA_CHANGED", message=text, sheet=lost[0].sheet, cell=lost[0].cell)
    return [item for item in findings if item.code != "LOCKED_FORMULA_CHANGED"] + [grouped]


def _protection(layouts: Iterable[SheetLayout], sheets: dict[str, list[RawSheet]]) -> Iterator[Finding]:
    """One note for all sheets that lost their protection: a program that drops it drops it everywhere."""
    open_ones = [
        sheets[item.id][0].name
        for item in layouts
        if item.id in sheets and item.entries and not sheets[item.id][0].protected
    ]
    if open_ones:
        yield make("PROTECTION_GONE", words={"sheet_title": "», «".join(open_ones)}, sheet=open_ones[0])
