"""A workbook that came back, put together again with the form that was issued: by keys, wherever things stand now."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from nq57xl.forms.build import REOPEN
from nq57xl.forms.filled import rows_of
from nq57xl.forms.layout import layout
from nq57xl.forms.marks import ASKED_SHEET, CONFIRM_COLUMN, AskedFinding, confirmation
from nq57xl.forms.model import PREFILLED, Form, FormCell, FormRow, SheetLayout, Slot, Source, Value, cells_of
from nq57xl.forms.wording import AGAIN
from nq57xl.returns.convert import says_no
from nq57xl.returns.entries import Entries, ask_back_columns, remark_findings
from nq57xl.returns.identify import FIX_SHEET, HEAD, PERIOD_WORDS, Alignment, align_sheets, marker_of, same_text
from nq57xl.returns.model import Return
from nq57xl.rules.findings import Finding, catalogue, make
from nq57xl.rules.movement import predicates_of
from nq57xl.rules.predicates import Row
from nq57xl.rules.rows import KEY
from nq57xl.text.addresses import a1
from nq57xl.text.legacy import clean, fold
from nq57xl.xlsx.cells import RawCell, RawSheet, RawWorkbook, cell_text, readable, short

_SEVERAL = 5
"""Fewer check cells may well have been typed over one by one."""
_VERSION = re.compile(r"/([0-9]+(?:\.[0-9]+)?)[^ ]*")
_FORMULA_GONE = "LOCKED_FORMULA_CHANGED"


def rejoin(source: Source, raw: RawWorkbook, form: Form) -> Return:
    """The typed values of a return, with a finding for everything that came back otherwise than it was issued.

    Rules are not applied here. `places` holds every entry cell: as in the file sent, or as issued where it is gone.
    """
    layouts = layout(form)
    sheets, others = align_sheets(layouts, raw.sheets, form.short_id)
    values: list[Value] = []
    findings = list(raw.notes)
    if raw.program and not raw.program.lower().startswith("microsoft"):  # one that tells no name is nothing to report
        name = _VERSION.sub(r" \1", raw.program.split("$")[0])  # LibreOffice/7.4.7.2$Linux_X86_64 ...
        findings.append(make("OTHER_PROGRAM", words={"program": name}, value=name))
    places: dict[FormCell, tuple[str, str]] = {}
    cells: dict[FormCell, RawCell] = {}
    for sheet in layouts:
        if sheet.id not in sheets:
            if sheet.entries:
                findings.append(make("SHEET_MISSING", words={"sheet_title": sheet.title}, sheet=sheet.title))
            else:
                text = f"Trang khóa «{sheet.title}» bị xóa; không ảnh hưởng số liệu."
                findings.append(make("LOCKED_CHANGED", message=text, sheet=sheet.title))
            places |= sheet.entry_places
            continue
        entries, found = _sheet(sheets[sheet.id], form)
        values += entries.values
        findings += found
        places |= entries.places
        cells |= entries.cells
    findings = _formulas_grouped(layouts, findings)
    firsts = [copies[0] for copies in sheets.values()]
    if unlocked := [found.raw.name for found in firsts if found.sheet.entries and not found.raw.protected]:
        # one note for all: a program that drops protection drops it everywhere
        findings.append(make("PROTECTION_GONE", words={"sheet_title": "», «".join(unlocked)}, sheet=unlocked[0]))
    findings += [make("EXTRA_SHEET", words={"value": other.name}, sheet=other.name) for other in others if other.cells]
    findings += [  # rows reported as done that the unit asks to open again: told to the office, on record
        make("REOPEN_ASKED", words={"row": item.key}, value=item.typed, **item.where)
        for item in values
        if item.table == REOPEN and item.value is not None
    ]
    back = _without_empty_answers(Return(source, form, tuple(values), tuple(findings), places))
    back = _asked_again(back, raw, layouts, cells)
    return attrs.evolve(back, values=_with_statements(form, back.values))


def _formulas_grouped(layouts: Iterable[SheetLayout], findings: list[Finding]) -> list[Finding]:
    """One finding when many check cells have no formula any more: a program dropped them, nobody typed over each."""
    lost = [item for item in findings if item.code == _FORMULA_GONE]
    if len(lost) < _SEVERAL:
        return findings
    checks = sum(slot.role in ("check", "formula") for sheet in layouts for slot in sheet.slots)
    count = "Các" if len(lost) >= checks else f"{len(lost)}"
    text = f"{count} ô kiểm tra tự động không còn công thức; phần mềm tự kiểm tra lại."
    grouped = make(_FORMULA_GONE, message=text, sheet=lost[0].sheet, cell=lost[0].cell)
    return [item for item in findings if item.code != _FORMULA_GONE] + [grouped]


# --- one sheet, and its copies ---------------------------------------------------------------------------------------


def _sheet(copies: Iterable[Alignment], form: Form) -> tuple[Entries, list[Finding]]:
    """One sheet of the form; where the unit copied it, the copy with the issued name or with something in it."""
    read = [ask_back_columns(Entries(found, form).read()) for found in copies]
    chosen, *others = sorted(read, key=lambda one: (not one.values, _is_renamed(one.found)))
    found, raw = chosen.found, chosen.raw
    findings = [] if found.as_issued else [*_structure(found, form), *_compare_locked(found, form)]
    findings += chosen.findings
    if not found.as_issued:
        findings += _outside(chosen)
    findings += remark_findings(found, form)
    if _is_renamed(found):
        words = {"sheet_title": found.sheet.title, "value": raw.name}
        findings.append(make("SHEET_RENAMED", words=words, sheet=raw.name, value=raw.name))
    for other in others:
        # a copy is harmless while it says the same or nothing; of cells that differ nobody knows which one counts, nor
        # where the sheet itself was left blank beside a copy that was filled in
        name = other.raw.name
        if (not other.values and _is_renamed(other.found)) or other.typed == chosen.typed:
            findings.append(make("EXTRA_SHEET", words={"value": name}, sheet=name))
            continue
        first, second = cells_of(chosen.values), cells_of(other.values)
        where = name if _is_renamed(other.found) else next(iter(chosen.places.values()))[0]
        for cell, place in chosen.places.items():
            one = first.get(cell, Value(*cell, "", None, *place))
            typed = second[cell].typed if cell in second else ""
            if one.typed != typed:
                findings.append(chosen.ask_which(one, typed, f" (trang «{where}»)"))
    return chosen, findings


def _is_renamed(found: Alignment) -> bool:
    return found.raw.name != found.sheet.title


_MANY = 30
"""More stray cells than this on one sheet have one cause, such as a pasted table."""


def _outside(entries: Entries) -> Iterator[Finding]:
    """Texts in cells that were issued blank and are no entry cells: one finding each, or one for many."""
    found, raw = entries.found, entries.raw
    known = {place for slot in found.sheet.slots if (place := found.place(slot)) is not None} | entries.further
    strays = [
        (place, text)
        for place, cell in sorted(raw.cells.items())
        if place not in known and (text := cell_text(cell) or (f"={cell.formula}" if cell.formula else "")).strip()
    ]
    said = {}
    if len(strays) > _MANY:
        text = (
            f"{len(strays)} ô ngoài ô nhập có nội dung (đầu tiên: «{short(strays[0][1])}»), không được lấy vào báo cáo."
        )
        strays, said = strays[:1], {"message": text}
    for place, text in strays:
        words = {"value": short(text)}
        yield make("OUTSIDE_ENTRY", words=words, sheet=raw.name, cell=a1(*place), value=text, **said)


# --- what is locked --------------------------------------------------------------------------------------------------


def _moved(issued: Iterable[int], found: Mapping[int, int], key_line: int | None) -> bool:
    """Whether a line stands where neither the issue nor the deletion of others explains it."""
    gone = 1 if key_line is None else 0
    for line in sorted(issued):
        if line not in found:
            gone += 1
        elif found[line] not in (line, line - gone):
            return True
    return key_line not in (0, None)


def _structure(found: Alignment, form: Form) -> Iterator[Finding]:
    """Missing rows and columns, one finding each; and one for everything that stands elsewhere.

    A prepared row of a free table that is gone was the unit's own to delete.
    """
    sheet, name = found.sheet, found.raw.name
    words = {"sheet_title": sheet.title}
    rows = {slot.row: slot.row_key for slot in sheet.slots if slot.row_key and slot.row not in found.rows}
    for row, row_key in rows.items():
        first = next((slot for slot in found.slots_of(row) if slot.col and slot.role == "entry"), None)
        said = short(found.texts_of(row)) or row_key
        if first and first.table != REOPEN and not form.schema.table(first.table).free:
            about = {"table": first.table, "task": first.key, "field": ""}
            yield make("ROW_MISSING", words={"row": said, **words}, sheet=name, **about)
        else:
            text = f"Dòng khóa «{said}» ở trang «{sheet.title}» bị xóa; không ảnh hưởng số liệu."
            yield make("LOCKED_CHANGED", message=text, sheet=name, cell=a1(row, 0))
    columns = {slot.col: slot.col_key for slot in sheet.slots if slot.col_key and slot.col not in found.columns}
    for column, col_key in columns.items():
        slots = [slot for slot in sheet.slots if slot.col == column and slot.row]
        title = next((slot.text for slot in slots if slot.row_key == HEAD), "") or col_key
        tables = [slot.table for slot in sorted(slots, key=lambda s: s.field != col_key) if slot.role == "entry"]
        if tables:
            yield make("COLUMN_MISSING", words={"column": title, **words}, sheet=name, table=tables[0], field=col_key)
        else:
            text = f"Cột khóa «{title}» ở trang «{sheet.title}» bị xóa; đã dùng lại nội dung gốc."
            yield make("LOCKED_CHANGED", message=text, sheet=name, cell=a1(0, column), field=col_key)
    issued, across = {slot.row for slot in sheet.slots if slot.row}, {slot.col for slot in sheet.slots if slot.col}
    if _moved(issued, found.rows, found.key_row) or _moved(across, found.columns, found.key_column):
        yield make("ROWS_MOVED", words=words, sheet=name, value="")


_LONG = 8
"""Letters of a text that tells a row: numbers and units of measure stand in many."""
_FOREIGN = 0.5
"""Share of a text's words below which another text says something else."""


def _replaced_rows(found: Alignment) -> Mapping[int, Finding]:
    """Issued row -> the error, for rows that hold figures beside the texts of something else.

    One text that was worded anew is restored (contract.md 3.4); here every long text of the row is another, and more
    than one text differs: another unit's table pasted over this one's, or a row overwritten with another task.
    """
    rows: dict[int, list[Slot]] = defaultdict(list)
    for slot in found.sheet.slots:
        if slot.row_key and slot.row in found.rows:
            rows[slot.row].append(slot)
    replaced = {}
    for row, slots in rows.items():
        issued = (slot for slot in slots if slot.role == "text" and slot.text and slot.col)
        texts = [(slot, text) for slot in issued if (text := readable(found.cell(slot)).strip())]
        changed = [slot for slot, text in texts if not same_text(slot.text, text)]
        long = [(slot, text) for slot, text in texts if len(slot.text) >= _LONG]
        if len(changed) < 2 or not long or not all(_foreign(slot.text, text) for slot, text in long):
            continue
        if any(slot.role == "entry" and cell_text(found.cell(slot)).strip() for slot in slots):
            slot, text = long[0]
            table, _, key = slot.row_key.partition("|")
            words = {"issued": short(slot.text), "value": short(text)}
            place = found.place(slot)
            where = {"sheet": found.raw.name, "cell": a1(*place) if place else "", "table": table, "task": key or None}
            replaced[row] = make("ROW_REPLACED", words=words, value=text, **where)
    return replaced


def _foreign(issued: str, there: str) -> bool:
    wanted, words = set(fold(issued).split()), set(fold(there).split())
    return len(wanted & words) < _FOREIGN * len(wanted)


_Place = tuple[int, int]
_SURE = 0.9
"""Share of a row's texts above which nobody has to confirm that it is this row."""
_LIKELY = 0.5
"""Share below which only the rows around it say that it is this row: not enough to take its figures over."""
_CONFIRM = "Kiểm tra số liệu của dòng này trên biểu gửi trả, xác nhận hoặc sửa rồi gửi lại."


def _compare_locked(found: Alignment, form: Form) -> Iterator[Finding]:
    """A finding for each locked text or formula that came back changed, emptied or typed over."""
    raw = found.raw
    yield from _found_by_text(found)
    replaced = _replaced_rows(found)
    yield from replaced.values()
    told = {slot.row for slot in found.sheet.slots if slot.role == "entry" and slot.row in found.shares}
    legacy: list[tuple[Slot, _Place, RawCell]] = []
    for slot in found.sheet.slots:
        place = found.place(slot)
        if place is None or slot.role == "entry" or (slot.role == "text" and slot.row in replaced):
            continue
        if slot.col == 0 and slot.row in told and place not in raw.cells:
            continue
        cell = raw.cells.get(place)
        if slot.role in ("check", "formula"):
            if cell is None or cell.formula is None:
                yield make(_FORMULA_GONE, **_where(slot, raw, place), value=cell_text(cell))
        elif not _changed(slot, cell):
            continue
        elif cell is not None and cell.decoded is not None and fold(cell.decoded) == fold(slot.text):
            legacy.append((slot, place, cell))
        elif _names_another_form(slot.text, readable(cell), form):
            said = {"sheet_title": found.sheet.title, "value": short(readable(cell)), "issued": short(slot.text)}
            yield make("LOCKED_OTHER_FORM", words=said, sheet=raw.name, cell=a1(*place), value=cell_text(cell))
        else:
            yield _changed_finding(slot, raw, place, cell)
    if legacy:
        slot, place, cell = legacy[0]  # one finding for all that say what was issued, in a charset before Unicode
        words: dict[str, Any] = {"count": len(legacy), "sheet_title": found.sheet.title, "charset": cell.charset}
        words |= {"value": short(cell_text(cell)), "result": short(slot.text)}
        yield make("LOCKED_LEGACY", words=words, **_where(slot, raw, place), value=cell_text(cell))


_LEADING_ZERO = re.compile(r"\b0+(?=[1-9])")


def _names_another_form(issued: str, there: str, form: Form) -> bool:
    """Whether a locked text that names the form's unit or period names another one now.

    Reworded it still names its own: a longer or shorter name of the unit, a month with a nought before it.
    """
    line = issued.startswith(f"{form.unit_name}. {PERIOD_WORDS}") and PERIOD_WORDS in there
    named = line or (issued == form.unit_name and len(there.split()) > 1)
    unit = fold(there.partition(PERIOD_WORDS)[0]).strip(" .")
    own = fold(form.unit_name)
    if named and unit and own not in unit and unit not in own:
        return True
    period = fold(_LEADING_ZERO.sub("", there.partition(PERIOD_WORDS)[2].partition(",")[0]))
    return PERIOD_WORDS in issued and bool(period) and fold(form.period.title) not in period


def _found_by_text(found: Alignment) -> Iterator[Finding]:
    """Rows that lost their key and were known by their texts, each with how sure that is.

    Where the whole row or column of keys is gone, one finding tells it; then only the rows that are not sure are named.
    """
    for line, word in ((found.key_row, "dòng"), (found.key_column, "cột")):
        if line is None:
            text = f"Mất {word} mã ẩn ở trang «{found.sheet.title}»; đã ghép lại theo nội dung các ô khóa."
            yield make("LOCKED_CHANGED", message=text, sheet=found.raw.name, cell="A1")
    for row, share in found.shares.items():
        there, entry = found.rows[row], next((slot for slot in found.slots_of(row) if slot.role == "entry"), None)
        sure = share >= _SURE
        if entry is None or (sure and (found.key_column is None or (there, found.key_column) in found.raw.cells)):
            continue
        words = {"row": short(found.texts_of(row)) or entry.row_key, "share": f"{share:.0%}"}
        where = {"sheet": found.raw.name, "cell": a1(there, found.key_column or 0)}
        said = {} if sure else {"severity": "warning" if share >= _LIKELY else "error", "fix": _CONFIRM}
        yield make("LOCKED_KEY_GONE", words=words, table=entry.table, task=entry.key, field="", **where, **said)


def _changed(slot: Slot, cell: RawCell | None) -> bool:
    if cell is None:
        return bool(slot.text.strip())
    return bool(cell.error) or cell.formula is not None or not same_text(slot.text, cell_text(cell))


def _changed_finding(slot: Slot, raw: RawSheet, place: _Place, cell: RawCell | None) -> Finding:
    there = f"={cell.formula}" if cell is not None and cell.formula is not None else cell_text(cell)
    said = {}
    if not there.strip():
        said["message"] = f"Ô khóa «{short(slot.text)}» bị xóa trống; đã dùng lại nội dung gốc."
    elif not slot.text:
        said["message"] = f"Ô khóa để trống bị ghi «{short(there)}»; nội dung này không được lấy vào báo cáo."
    words = {"issued": short(slot.text), "value": short(there)}
    return make("LOCKED_CHANGED", words=words, **said, **_where(slot, raw, place), value=there)


def _where(slot: Slot, raw: RawSheet, place: _Place) -> dict[str, Any]:
    table, _, key = slot.row_key.partition("|")
    return {
        "sheet": raw.name,
        "cell": a1(*place),
        "table": slot.table or (table if key else ""),
        "task": slot.key or key or None,
        "field": slot.field or slot.col_key,
    }


# --- what values say together ----------------------------------------------------------------------------------------


def _without_empty_answers(back: Return) -> Return:
    """The return without the cells that say "không có" where nothing was asked."""
    schema = back.form.schema
    said = [
        item
        for item in back.values
        if isinstance(item.value, str)
        and says_no(item.value)
        and schema.table(item.table).field(item.field).type == "text"
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
    findings = (item for item in back.findings if (item.sheet, item.cell) not in empty or item.severity == "error")
    values = (item for item in back.values if (item.sheet, item.cell) not in empty)
    return attrs.evolve(back, values=tuple(values), findings=tuple(findings))


def _is_asked(back: Return, item: Value, row: Row) -> bool:
    """Whether a rule wants this cell in such a row, and words alone answer it: no proof or figure is asked for."""
    for predicate in predicates_of(back.form.schema.table(item.table), back.form.schema):
        groups = predicate.rule.params.get("any_of") or [[predicate.rule.field]]
        wanted = predicate.rule.predicate == "required_if" and [item.field] in groups
        if wanted and all(len(group) == 1 for group in groups) and predicate.when.holds(row):
            return True
    return False


_UNCHANGED = "Không thay đổi so với kỳ trước"
_SAME = "same"
"""Code of "như kỳ trước" among the choices of progress."""


def _with_statements(form: Form, values: Sequence[Value]) -> tuple[Value, ...]:
    """The values with those that statements stand for: as the last period's return said them, or "no data"; those that
    stand as they stood when the form was issued with what they had been filled in from.

    Each names the cell where it was typed then, and the statement with its cell. A row of which something was typed is
    left to what was typed; of a row marked "như kỳ trước" what was typed beside the mark goes before.
    """
    cells = cells_of(values)
    filled = {item.form_cell[:2] for item in values}
    added: list[Value] = []
    for row in _open_rows(form, "led"):
        said, words = cells.get(("led", row.key, "progress")), AGAIN
        if said is None or said.value != _SAME:
            said, words = None if ("led", row.key) in filled else _statement(cells, "unchanged"), _UNCHANGED
        if said is not None:
            times = int(row.facts.get("repeats") or 0) + 1
            stated = f"{words} (trang «{said.sheet}», ô {said.cell}), kỳ thứ {times} liên tiếp"
            added += [
                attrs.evolve(item, stated=stated)
                for item in row.before
                if item.form_cell not in cells or cells[item.form_cell].value == _SAME
            ]
    if said := _statement(cells, "no_data_rest"):
        stated = f"Khẳng định chung (trang «{said.sheet}», ô {said.cell})"
        keys = (row.key for row in _open_rows(form, "indicator") if ("indicator", row.key) not in filled)
        added += [attrs.evolve(said, table="indicator", key=key, field="no_data", stated=stated) for key in keys]
    replaced = cells_of(added)
    issued = {item.form_cell: item for item in form.values if item.stated.startswith(PREFILLED)}
    return tuple(
        attrs.evolve(item, stated=before.stated)
        if (before := issued.get(item.form_cell)) and not item.stated and item.says(before)
        else item
        for item in (*(item for cell, item in cells.items() if cell not in replaced), *added)
    )


def _statement(cells: Mapping[FormCell, Value], name: str) -> Value | None:
    """What was said in the one cell of a statement for all rows of a table; None where nothing was."""
    said = cells.get((name, name, name))
    return said if said is not None and said.value is not None else None


def _open_rows(form: Form, name: str) -> Iterator[FormRow]:
    table = form.table(name)
    yield from (row for row in table.rows if row.open) if table else ()


# --- what its marked form asked ---------------------------------------------------------------------------------------

_MOST = 5_000
"""Lines that are read of the hidden sheet."""
_LONGEST = 1_000
"""Characters that are taken of each of its texts."""


def _asked_again(
    back: Return, raw: RawWorkbook, sheets: Sequence[SheetLayout], cells: Mapping[FormCell, RawCell]
) -> Return:
    """The return with every finding of its marked form that is neither confirmed nor answered by a change.

    `cells`: what stands in its entry cells. A cell that is asked about again has no value and no other finding.
    """
    form = back.form
    confirmed = set(_confirmed(raw, form))
    told = [
        _asked_finding(item, back, sheets)
        for item in _asked(raw, form)
        if item.key not in confirmed and item.stands(sheets, lambda place: _content(cells.get(place)))
    ]
    if not told:
        return back
    places = {item.form_cell for item in told if item.field}
    known = {(item.code, item.form_cell) for item in told}
    kept = (item for item in back.findings if item.form_cell not in places and (item.code, item.form_cell) not in known)
    values = tuple(attrs.evolve(item, value=None) if item.form_cell in places else item for item in back.values)
    return attrs.evolve(back, values=values, findings=(*kept, *told))


def _content(cell: RawCell | None) -> object:
    if cell is None:
        return None
    if cell.error or cell.formula is not None:
        return f"={cell.formula}{cell.error}"  # never what a marked form holds
    return cell.value if cell.number is None else cell.number


def _own_sheets(raw: RawWorkbook, form: Form, name: str) -> Iterator[RawSheet]:
    for sheet in raw.sheets:
        marker = marker_of(sheet)
        if marker is not None and (marker.short_id, marker.sheet) == (form.short_id, name):
            yield sheet


def _asked(raw: RawWorkbook, form: Form) -> Iterator[AskedFinding]:
    """The lines of the hidden sheet; what is none is passed over."""
    width = len(attrs.fields(AskedFinding))
    for sheet in _own_sheets(raw, form, ASKED_SHEET):
        rows = sorted({row for row, column in sheet.cells if column == 0 and row > 0})[:_MOST]
        for row in rows:
            texts = [clean(cell_text(sheet.cells.get((row, column))))[:_LONGEST] for column in range(width)]
            item = AskedFinding(*texts)
            entry = catalogue().get(item.key.partition("|")[0])
            if entry is not None and entry.stays and item.key.count("|") == 4 and item.severity in ("error", "warning"):
                yield item


def _confirmed(raw: RawWorkbook, form: Form) -> Iterator[str]:
    """Keys beside which a person chose what confirms them."""
    for sheet in _own_sheets(raw, form, FIX_SHEET):
        columns = [column for (_, column), cell in sheet.cells.items() if cell_text(cell).strip() == CONFIRM_COLUMN]
        for (row, column), cell in sheet.cells.items():
            key = cell_text(cell).strip()
            if column == 0 and key.count("|") == 4:
                wanted = fold(confirmation(key.partition("|")[0], form.period))
                if any(fold(cell_text(sheet.cells.get((row, there)))) == wanted for there in columns):
                    yield key


def _asked_finding(item: AskedFinding, back: Return, sheets: Sequence[SheetLayout]) -> Finding:
    code, sheet_id, table, task, field = item.key.split("|")
    first = item.first_cell(sheets)
    sheet, cell = back.places.get(first, ("", "")) if first else ("", "")
    title = next((one.title for one in sheets if one.id == sheet_id), "")
    said: dict[str, Any] = {"message": item.message, "fix": item.fix, "value": item.value}
    if catalogue()[code].severity not in ("error", "warning"):
        said["severity"] = item.severity
    said |= {"sheet": sheet or title, "cell": cell if field else ""}
    return make(code, table=table, task=task or None, field=field, **said)
