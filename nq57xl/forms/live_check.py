"""The live check beside each row: what is missing or contradictory, by the same rules as the collector's.

The formulas use only functions of Excel 2007, nothing volatile and no arrays, so that Excel, LibreOffice and WPS
compute the same. Their cached values come from the rules' own judgement.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date

from attrs import frozen

from nq57xl.forms.model import CellPlace, Form, FormCell, SheetLayout, Slot, Value, cells_of
from nq57xl.forms.rows import judged_tables
from nq57xl.forms.shared_cells import missing_formula
from nq57xl.forms.wording import ENOUGH
from nq57xl.rules.movement import predicates_of
from nq57xl.rules.predicates import Predicate
from nq57xl.rules.rows import KEY, RETURN, Condition, all_of, any_of, blank_formula, quoted, unreadable_fields
from nq57xl.rules.schema import Facts, Table
from nq57xl.text.addresses import a1, letters_of
from nq57xl.xlsx.write import sheet_prefix

CELL_ERROR = "Có ô báo lỗi, hãy nhập lại"
MISSING = "Thiếu"
"""How the part about a blank cell begins (RequiredIf.short); the sheet colours such checks amber."""
_TAKEN_AS = "Ghi nhận "
"""How a line begins that repeats a day or a percentage as it was understood; such lines stand before all else."""
_MONTHS = 12
_DAYS = (36526, 73051)
"""Serial numbers of 2000-01-01 and of 2100-01-01: what is no day between them is no day that was meant."""
BrokenByRow = dict[tuple[str, str], set[str]]
"""(table, row key) -> ids of the rules that the row breaks."""
END, _EDGE = "; ", "~"
"""What stands behind every part of a check but the last; a mark that is never left in the text."""


@frozen
class _RowCells:
    """Where the fields of one row stand: rules.rows.Cells for formulas in one sheet."""

    place: Slot
    """The check cell that holds the formula."""
    facts: Facts
    own: dict[str, Slot]
    """Field -> entry cell of this row, broadcast fields included."""
    all: dict[str, list[Slot]]
    """Field -> entry cells of the whole table, in row order."""
    titles: dict[str, str]
    """Sheet id -> tab name."""
    table: Table

    def ref(self, field: str) -> str:
        """Reference to the field's cell in this row.

        Through its whole column: cutting a cell and pasting it over another turns plain references to either into
        #REF! or drags them along, while a reference to the column stays.
        """
        slot = self.own[field]
        letters = letters_of(slot.col)
        return f"INDEX({self._prefix(slot)}${letters}:${letters},{self._row(slot)})"

    def column(self, field: str) -> str:
        """Reference to the field's cells in all rows of the table."""
        slots = self.all[field]
        first, last = slots[0], slots[-1]
        return f"{self._prefix(first)}{a1(first.row, first.col)}:{a1(last.row, last.col)}"

    def said_of(self, facts: Sequence[str]) -> tuple[object, ...]:
        """All of the row that its formula says: rows in which this is the same share one formula."""
        places = ((name, slot.sheet, slot.col, self._row(slot)) for name, slot in self.own.items())
        return (self.place.sheet, *places, *(self.facts.get(name) for name in facts))

    def blank(self, field: str) -> str:
        """Condition that the field says nothing: of one that shares its cell, that it is not found there."""
        slot = self.own[field]
        if not slot.also:
            return blank_formula(self.ref(field))
        shared = {name: self.ref(name) for name, other in self.own.items() if other.also}
        return missing_formula(self.table, field, shared)

    def _row(self, slot: Slot) -> str:
        """Number of the cell's row, counted from the check's own row where both belong to one row of the table."""
        if slot.key != self.place.key:
            return str(slot.row + 1)
        return "ROW()" if slot.row == self.place.row else f"ROW(){slot.row - self.place.row:+d}"

    def _prefix(self, slot: Slot) -> str:
        return "" if slot.sheet == self.place.sheet else sheet_prefix(self.titles[slot.sheet])


def check_formulas(form: Form, sheets: Sequence[SheetLayout]) -> dict[CellPlace, str]:
    """Place of every check cell -> its formula."""
    entries = entries_of(sheets)
    titles = {sheet.id: sheet.title for sheet in sheets}
    columns: dict[str, dict[str, list[Slot]]] = {}
    for (name, _, field), entry in entries.items():
        columns.setdefault(name, {}).setdefault(field, []).append(entry)
    formulas = {}
    read: dict[str, list[str]] = {}
    alike: dict[tuple[object, ...], str] = {}
    for slot in checks_of(sheets):
        table = form.schema.table(slot.table)
        own = _own_cells(form, table, slot, entries)
        cells = _RowCells(slot, form.facts[table.name, slot.key], own, columns.get(table.name, {}), titles, table)
        if table.name not in read:
            read[table.name] = _facts_read(predicates_of(table, form.schema))
        key = (table.name, slot.field, *cells.said_of(read[table.name]))
        if key not in alike:
            alike[key] = _formula(form, table, slot, cells)
        formulas[slot.place] = alike[key]
    return formulas


def _facts_read(rules: Sequence[Predicate]) -> list[str]:
    """Facts of a row that the formulas of those rules depend on."""
    named = {name for rule in rules for name in (*rule.when.when, *rule.facts) if name.startswith("#")}
    # by these two a field says what its cell takes
    return sorted(name[1:] for name in named | {"#measure", "#repeatable"})


def grey_formulas(form: Form, sheets: Sequence[SheetLayout]) -> dict[tuple[str, int, str], list[int]]:
    """Sheet, column and condition -> rows of it whose cell does not apply while the condition holds."""
    entries = entries_of(sheets)
    columns: dict[tuple[str, str], list[Slot]] = {}
    for (name, _, entered), slot in entries.items():
        columns.setdefault((name, entered), []).append(slot)
    found: dict[tuple[str, int, str], list[int]] = {}
    for table in form.schema.tables:
        for field in (item for item in table.fields if not item.within):
            conditions = [Condition(when, table, form.schema) for when in table.needless_when(field.name)]
            read = [name[1:] for item in conditions for name in item.when if name.startswith("#")]
            alike: dict[tuple[object, ...], str] = {}
            for slot in columns.get((table.name, field.name), ()) if conditions else ():
                row = form.facts[table.name, slot.key]
                key = (slot.sheet, *(row.get(name) for name in read))
                if key not in alike:
                    alike[key] = _grey_formula(form, table, slot, (entries, row, conditions))
                if alike[key]:
                    found.setdefault((slot.sheet, slot.col, alike[key]), []).append(slot.row)
    return found


def _grey_formula(
    form: Form, table: Table, slot: Slot, known: tuple[dict[tuple[str, str, str], Slot], Facts, Sequence[Condition]]
) -> str:
    """The cell is blank and one of the conditions holds, by cells of its own sheet; "" where none ever does."""
    entries, facts, conditions = known
    own = _own_cells(form, table, slot, entries)
    here = {name: cell for name, cell in own.items() if cell.sheet == slot.sheet}
    cells = _RowCells(slot, facts, here, {}, {}, table)
    tests = [item.formula(cells) for item in conditions if item.reads() <= set(here)]
    holding = [test or "TRUE" for test in tests if test is not None]
    return all_of([blank_formula(cells.ref(slot.field)), any_of(holding)]) if holding else ""


def check_texts(
    form: Form, sheets: Sequence[SheetLayout], values: Sequence[Value], broken: BrokenByRow
) -> dict[CellPlace, str]:
    """Place of every check cell -> what it says of these values; `broken`: of `broken_rules`."""
    filled, typed = filled_cells(values), cells_of(values)
    parts = {(slot.table, slot.field): slot for slot in checks_of(sheets)}
    known = {key: parts_of(form, form.schema.table(slot.table), slot) for key, slot in parts.items()}
    return {
        slot.place: ""
        if _is_silent(form, slot, filled)
        else _echo(form, slot, typed) + _text(slot, broken, known[slot.table, slot.field])
        for slot in checks_of(sheets)
    }


def filled_cells(values: Sequence[Value]) -> set[tuple[str, str, str]]:
    """(table, key, field) of every cell that holds something."""
    return {(item.table, item.key, item.field) for item in values if item.value is not None or item.typed.strip()}


def _is_silent(form: Form, slot: Slot, filled: set[tuple[str, str, str]]) -> bool:
    table = form.schema.table(slot.table)
    blank = not any((slot.table, slot.key, name) in filled for name in _fields_checked(table, slot))
    return blank and _silent_when_blank(table, slot)


def _text(slot: Slot, broken: BrokenByRow, parts: dict[str, list[Predicate]]) -> str:
    rules = broken.get((slot.table, slot.key), set())
    return END.join(short for short, group in parts.items() if rules & {item.rule.id for item in group}) or ENOUGH


def _echo(form: Form, slot: Slot, typed: Mapping[FormCell, Value]) -> str:
    """What the row's days and percentages were understood as, a line each, where they can go wrong.

    A day that another regional setting would take for another one, with its month in words; a percentage that its
    cell shows rounded.
    """
    table, lines = form.schema.table(slot.table), []
    for name in _fields_checked(table, slot):
        item = typed.get((slot.table, slot.key, name))
        value = item.value if item is not None and not item.stated and not table.field(name).within else None
        likely = isinstance(value, date) and 2000 <= value.year < 2100
        kind = table.field(name).kind(form.facts.get((slot.table, slot.key), {}))
        if isinstance(value, date) and likely and value.day <= _MONTHS and value.day != value.month:
            lines.append(f"{_TAKEN_AS}ngày {value.day} tháng {value.month} năm {value.year}\n")
        elif kind == "percent" and isinstance(value, int | float) and 0 <= value <= 1:
            thousandths = math.floor(value * 1000 + 0.5)
            if thousandths % 10:
                lines.append(f"{_TAKEN_AS}{thousandths // 10},{thousandths % 10}%\n")
    return "".join(lines)


def checks_of(sheets: Sequence[SheetLayout]) -> list[Slot]:
    """Every check cell, sheet by sheet."""
    return [slot for sheet in sheets for slot in sheet.slots if slot.role == "check"]


def entries_of(sheets: Sequence[SheetLayout]) -> dict[tuple[str, str, str], Slot]:
    """(table, key, field) -> its entry cell."""
    return {
        (slot.table, slot.key, field): slot
        for sheet in sheets
        for slot in sheet.slots
        if slot.role == "entry"
        for field in slot.fields
    }


def _fields_checked(table: Table, slot: Slot) -> list[str]:
    """A card's check speaks of one field, a row's check of all."""
    return [slot.field] if slot.field else [field.name for field in table.fields]


def parts_of(form: Form, table: Table, slot: Slot) -> dict[str, list[Predicate]]:
    """The few words of each part -> the rules that it stands for, in the order of the schema."""
    parts: dict[str, list[Predicate]] = {}
    for predicate in predicates_of(table, form.schema):
        if predicate.rule.live and slot.field in ("", predicate.rule.field):
            parts.setdefault(predicate.short(), []).append(predicate)
    return parts


def _silent_when_blank(table: Table, slot: Slot) -> bool:
    """Free rows and optional cells of a card say nothing as long as they are blank."""
    if not slot.field:
        return table.free
    rules = table.rules
    return not any(rule.field == slot.field and rule.predicate == "required_if" and not rule.when for rule in rules)


# --- formulas ---------------------------------------------------------------------------------------------------------


def _own_cells(form: Form, table: Table, slot: Slot, entries: dict[tuple[str, str, str], Slot]) -> dict[str, Slot]:
    """Field -> entry cell of the check's row, broadcast fields included."""
    own = {field.name: entries[key] for field in table.fields if (key := (table.name, slot.key, field.name)) in entries}
    if table.broadcast:
        shared = form.schema.table(table.broadcast)
        places = {field.name: (shared.name, shared.name, field.name) for field in shared.fields}
        own |= {name: entries[key] for name, key in places.items() if key in entries}
    return own


def _formula(form: Form, table: Table, slot: Slot, cells: _RowCells) -> str:
    runs: list[tuple[str, list[str]]] = []
    for short, group in parts_of(form, table, slot).items():
        conditions = [
            condition
            for predicate in group
            if predicate.reads() <= set(cells.own) and (condition := predicate.formula(cells)) is not None
        ]
        if conditions:
            test = conditions[0] if len(conditions) == 1 else f"OR({','.join(conditions)})"
            settled = group[0].settled(cells)
            if not runs or runs[-1][0] != settled:
                runs.append((settled, []))
            runs[-1][1].append(f'IF({test},{quoted(short + END)},"")')
    text = _assembled(table, slot, cells, runs)
    while len(text) > _LONGEST and any(settled for settled, _ in runs):
        # what moved is asked about on return all the same; a longer formula is one that Excel does not open
        at = max(
            (number for number, (settled, _) in enumerate(runs) if settled), key=lambda number: len(runs[number][1])
        )
        runs[at][1].remove(max(runs[at][1], key=len))
        runs = [run for run in runs if run[1]]
        text = _assembled(table, slot, cells, runs)
    return text


_LONGEST = 8192
"""Characters of a formula that Excel opens, with its sign of equality."""


def _assembled(table: Table, slot: Slot, cells: _RowCells, runs: Sequence[tuple[str, Sequence[str]]]) -> str:
    """The whole formula of a check; `runs`: its parts, with the condition under which they say nothing."""
    parts = [f'IF({settled},"",{"&".join(run)})' if settled else "&".join(run) for settled, run in runs]
    # Every part ends with "; ". Between two edges, nothing at all becomes "Đủ", and the last "; " falls away.
    text = "&".join([quoted(_EDGE), *parts, quoted(_EDGE)])
    for old, new in ((_EDGE * 2, ENOUGH), (END + _EDGE, ""), (_EDGE, "")):
        text = f"SUBSTITUTE({text},{quoted(old)},{quoted(new)})"
    text = "&".join([*_echo_formulas(table, slot, cells), text])
    if _silent_when_blank(table, slot):
        typed = "&".join(cells.ref(name) for name in _fields_checked(table, slot))
        text = f'IF({blank_formula(typed)},"",{text})'
    return f"=IFERROR({text},{quoted(CELL_ERROR)})"


def _echo_formulas(table: Table, slot: Slot, cells: _RowCells) -> list[str]:
    """The lines of `_echo` as formulas."""
    parts = []
    for name in _fields_checked(table, slot):
        cell, kind = cells.own.get(name), table.field(name).kind(cells.facts)
        if cell is None or cell.field != name:
            continue
        ref = cells.ref(name)
        if kind == "date":
            known = f"IF(ISNUMBER({ref}),AND({ref}>={_DAYS[0]},{ref}<{_DAYS[1]}),FALSE)"
            swaps = f"AND(DAY({ref})<={_MONTHS},DAY({ref})<>MONTH({ref}))"
            words = f'"{_TAKEN_AS}ngày "&DAY({ref})&" tháng "&MONTH({ref})&" năm "&YEAR({ref})&CHAR(10)'
            parts.append(f'IF({known},IF({swaps},{words},""),"")')
        elif kind == "percent":
            known = f"IF(ISNUMBER({ref}),AND({ref}>=0,{ref}<=1),FALSE)"
            rounded = f"INT({ref}*1000+0.5)"
            words = f'"{_TAKEN_AS}"&INT({rounded}/10)&","&MOD({rounded},10)&"%"&CHAR(10)'
            parts.append(f'IF({known},IF(MOD({rounded},10)>0,{words},""),"")')
    return parts


# --- cached values ----------------------------------------------------------------------------------------------------


def broken_rules(filled: Sequence[tuple[Form, Sequence[Value]]]) -> list[BrokenByRow]:
    """For each form with its values the live rules that its rows break, as a spreadsheet sees it; judged together."""
    found: list[BrokenByRow] = [{} for _ in filled]
    # what a statement stands for is in no cell of its row
    stated = {
        (number, item.table, item.key, item.field)
        for number, (_, values) in enumerate(filled)
        for item in values
        if item.by_statement
    }
    for table, schema, rows, judged in judged_tables(filled):  # a marked form's rows are known since they came in
        live = {item.rule.id: item for item in predicates_of(table, schema) if item.rule.live}
        for row, broken in zip(rows, judged.by_row, strict=True):
            unreadable = unreadable_fields(row)
            key = (row[RETURN], table.name, row[KEY])
            seen = {
                rule
                for rule in broken & set(live)
                if _is_seen(live[rule], unreadable) and (*key, live[rule].rule.field) not in stated
            }
            found[row[RETURN]][table.name, row[KEY]] = seen
    return found


def _is_seen(predicate: Predicate, unreadable: frozenset[str]) -> bool:
    """Whether the formula finds what the rule finds: it compares no text where a number belongs."""
    if predicate.presence or not unreadable & predicate.reads():
        return True
    if predicate.rule.field in unreadable:
        return predicate.hard
    return not unreadable & (predicate.reads() - predicate.when.reads())
