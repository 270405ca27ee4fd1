"""The live check beside each row: what is missing or contradictory, by the same rules as the collector's.

The formulas use only functions of Excel 2007, nothing volatile and no arrays, so that Excel, LibreOffice and WPS
compute the same. Their cached values come from the rules' own judgement.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property

from attrs import evolve, field, frozen

from nq57xl.forms.filled import judged_tables, missing_formula
from nq57xl.forms.model import CellPlace, Form, FormCell, SheetLayout, Slot, Value, cells_of
from nq57xl.rules.movement import predicates_of
from nq57xl.rules.predicates import Predicate
from nq57xl.rules.rows import (
    KEY,
    RETURN,
    Condition,
    all_of,
    any_of,
    blank_formula,
    quoted,
    says_one_of_each,
    unreadable_fields,
)
from nq57xl.rules.schema import CellValue, Facts, Table
from nq57xl.text.addresses import a1, letters_of
from nq57xl.xlsx.write import sheet_prefix

CELL_ERROR = "Có ô báo lỗi, hãy nhập lại"
MISSING = "Thiếu"
"""How the part about a blank cell begins (required_if); the sheet colours such checks amber."""
_TAKEN_AS = "Ghi nhận "
"""How a line begins that repeats a day or a percentage as it was understood; such lines stand before all else."""
_MONTHS = 12
_DAYS = (36526, 73051)
"""Serial numbers of 2000-01-01 and of 2100-01-01: what is no day between them is no day that was meant."""
ENOUGH = "Đủ"
_BrokenByRow = dict[tuple[str, str], set[str]]
_LONGEST = 8192
"""Characters of a formula that Excel opens, with its sign of equality."""
END, _EDGE = "; ", "~"
"""What stands behind every part of a check but the last; a mark that is never left in the text."""


def cell_ref(col: int, row: object, prefix: str = "") -> str:
    """Reference to a cell through its whole column; `row`: its number or a formula of it, `prefix`: its sheet.

    Cutting a cell and pasting it over another turns plain references to either into #REF! or drags them along, while a
    reference to the column stays.
    """
    letters = letters_of(col)
    return f"INDEX({prefix}${letters}:${letters},{row})"


@frozen
class LiveChecks:
    """A form with what was typed, and its check cells: their formulas, and what these say.

    Values cached in the workbook come from the rules' own judgement.
    """

    form: Form
    sheets: Sequence[SheetLayout]
    values: Sequence[Value] = ()
    broken: Mapping[tuple[str, str], set[str]] = field(factory=dict)
    """(table, row key) -> ids of the rules that the row breaks, of `broken_rules`."""

    @cached_property
    def slots(self) -> list[Slot]:
        """Every check cell, sheet by sheet."""
        return [slot for sheet in self.sheets for slot in sheet.slots if slot.role == "check"]

    @cached_property
    def entries(self) -> dict[FormCell, Slot]:
        """(table, key, field) -> its entry cell."""
        return {
            (slot.table, slot.key, name): slot
            for sheet in self.sheets
            for slot in sheet.entries.values()
            for name in slot.fields
        }

    @cached_property
    def columns(self) -> dict[tuple[str, str], list[Slot]]:
        """(table, field) -> its entry cells, in row order."""
        columns: dict[tuple[str, str], list[Slot]] = defaultdict(list)
        for (table, _, name), slot in self.entries.items():
            columns[table, name].append(slot)
        return columns

    @cached_property
    def titles(self) -> dict[str, str]:
        """Sheet id -> tab name."""
        return {sheet.id: sheet.title for sheet in self.sheets}

    @cached_property
    def cells(self) -> dict[FormCell, Value]:
        """What was typed, by its cell."""
        return cells_of(self.values)

    def content(self, cell: FormCell) -> CellValue:
        """What an entry cell holds."""
        item = self.cells.get(cell)
        return item.content(self.form.schema) if item is not None else None

    @cached_property
    def filled(self) -> set[FormCell]:
        """Every cell that holds something."""
        return {item.form_cell for item in self.values if item.value is not None or item.typed.strip()}

    def table(self, slot: Slot) -> Table:
        """The table that a cell belongs to."""
        return self.form.schema.table(slot.table)

    def parts(self, slot: Slot) -> dict[str, list[Predicate]]:
        """The few words of each part of a check -> the rules that it stands for, in the order of the schema."""
        parts: dict[str, list[Predicate]] = {}
        for predicate in predicates_of(self.table(slot), self.form.schema):
            if predicate.rule.live and slot.field in ("", predicate.rule.field):
                parts.setdefault(predicate.short(), []).append(predicate)
        return parts

    @cached_property
    def texts(self) -> dict[CellPlace, str]:
        """Place of every check cell -> what it says."""
        known = {(slot.table, slot.field): slot for slot in self.slots}
        parts = {key: self.parts(slot) for key, slot in known.items()}
        texts = {}
        for slot in self.slots:
            table, row = self.table(slot), (slot.table, slot.key)
            if any((*row, name) in self.filled for name in _fields_checked(table, slot)) or not _silent_when_blank(
                table, slot
            ):
                broken = self.broken.get(row, set())
                named = parts[slot.table, slot.field].items()
                said = END.join(short for short, group in named if any(one.rule.id in broken for one in group))
                texts[slot.place] = self._echo(slot) + (said or ENOUGH)
            else:
                texts[slot.place] = ""
        return texts

    def _echo(self, slot: Slot) -> str:
        """What the row's days and percentages were understood as, a line each, where they can go wrong.

        A day that another regional setting would take for another one, with its month in words; a percentage that its
        cell shows rounded.
        """
        table, lines = self.table(slot), []
        for name in _fields_checked(table, slot):
            item = self.cells.get((slot.table, slot.key, name))
            value = item.value if item is not None and not item.stated and not table.field(name).within else None
            kind = table.field(name).kind(self.form.facts.get((slot.table, slot.key), {}))
            if isinstance(value, date):
                if 2000 <= value.year < 2100 and value.day <= _MONTHS and value.day != value.month:
                    lines.append(f"{_TAKEN_AS}ngày {value.day} tháng {value.month} năm {value.year}\n")
            elif kind == "percent" and isinstance(value, int | float) and 0 <= value <= 1:
                thousandths = math.floor(value * 1000 + 0.5)
                if thousandths % 10:
                    lines.append(f"{_TAKEN_AS}{thousandths // 10},{thousandths % 10}%\n")
        return "".join(lines)

    @cached_property
    def formulas(self) -> dict[CellPlace, str]:
        """Place of every check cell -> its formula."""
        formulas = {}
        read: dict[str, list[str]] = {}  # facts of a row that the formulas of a table depend on
        alike: dict[tuple[object, ...], str] = {}
        for slot in self.slots:
            if slot.table not in read:
                rules = predicates_of(self.table(slot), self.form.schema)
                named = {name for rule in rules for name in (*rule.when.when, *rule.facts) if name.startswith("#")}
                # by these two a field says what its cell takes
                read[slot.table] = sorted(name[1:] for name in named | {"#measure", "#repeatable"})
            cells = self._cells(slot)
            key = (slot.table, slot.field, *cells.said_of(read[slot.table]))
            if key not in alike:
                alike[key] = cells.check_formula()
            formulas[slot.place] = alike[key]
        return formulas

    @cached_property
    def grey(self) -> dict[tuple[str, int, str], list[int]]:
        """Sheet, column and condition -> rows of it whose cell does not apply while the condition holds."""
        found: dict[tuple[str, int, str], list[int]] = defaultdict(list)
        for table in self.form.schema.tables:
            for item in (item for item in table.fields if not item.within):
                conditions = [Condition(when, table, self.form.schema) for when in table.needless_when(item.name)]
                read = [name[1:] for condition in conditions for name in condition.when if name.startswith("#")]
                alike: dict[tuple[object, ...], str] = {}
                for slot in self.columns.get((table.name, item.name), ()) if conditions else ():
                    facts = self.form.facts[table.name, slot.key]
                    key = (slot.sheet, *(facts.get(name) for name in read))
                    if key not in alike:
                        alike[key] = self._cells(slot).grey_formula(conditions)
                    if alike[key]:
                        found[slot.sheet, slot.col, alike[key]].append(slot.row)
        return found

    def _cells(self, slot: Slot) -> _RowCells:
        """The cells of the row of a check or entry cell, broadcast fields included."""
        table = self.table(slot)
        places = {item.name: (table.name, slot.key, item.name) for item in table.fields}
        if table.broadcast:
            shared = self.form.schema.table(table.broadcast)
            places |= {item.name: (shared.name, shared.name, item.name) for item in shared.fields}
        own = {name: self.entries[place] for name, place in places.items() if place in self.entries}
        return _RowCells(self, table, slot, self.form.facts[table.name, slot.key], own)


def _fields_checked(table: Table, slot: Slot) -> list[str]:
    """A card's check speaks of one field, a row's check of all."""
    return [slot.field] if slot.field else [item.name for item in table.fields]


def _silent_when_blank(table: Table, slot: Slot) -> bool:
    """Free rows and optional cells of a card say nothing as long as they are blank."""
    if not slot.field:
        return table.free
    rules = table.rules
    return not any(rule.field == slot.field and rule.predicate == "required_if" and not rule.when for rule in rules)


@frozen
class _RowCells:
    """Where the fields of one row stand (rules.rows.Cells), and the formulas of its cells."""

    checks: LiveChecks
    table: Table
    place: Slot
    """The cell that holds the formula."""
    facts: Facts
    own: dict[str, Slot]
    """Field -> entry cell of this row, broadcast fields included."""

    def ref(self, field: str) -> str:
        """Reference to the field's cell in this row."""
        slot = self.own[field]
        return cell_ref(slot.col, self._row(slot), self._prefix(slot))

    def column(self, field: str) -> str:
        """Reference to the field's cells in all rows of the table."""
        slots = self.checks.columns[self.table.name, field]
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
        return "" if slot.sheet == self.place.sheet else sheet_prefix(self.checks.titles[slot.sheet])

    def grey_formula(self, conditions: Sequence[Condition]) -> str:
        """The cell is blank and one of the conditions holds, by cells of its own sheet; "" where none ever does."""
        here = evolve(self, own={name: cell for name, cell in self.own.items() if cell.sheet == self.place.sheet})
        tests = [item.formula(here, says_one_of_each) for item in conditions if item.reads() <= set(here.own)]
        holding = [test or "TRUE" for test in tests if test is not None]
        return all_of([blank_formula(here.ref(self.place.field)), any_of(holding)]) if holding else ""

    def check_formula(self) -> str:
        """What the row lacks, contradicts or moves, part by part."""
        runs: list[tuple[str, list[str]]] = []
        for short, group in self.checks.parts(self.place).items():
            conditions = [
                condition
                for predicate in group
                if predicate.reads() <= set(self.own) and (condition := predicate.formula(self)) is not None
            ]
            if conditions:
                settled = group[0].settled(self)
                if not runs or runs[-1][0] != settled:
                    runs.append((settled, []))
                runs[-1][1].append(f'IF({any_of(conditions)},{quoted(short + END)},"")')
        text = self._assembled(runs)
        while len(text) > _LONGEST and any(settled for settled, _ in runs):
            # what moved is asked about on return all the same; a longer formula is one that Excel does not open
            longest = max((run for settled, run in runs if settled), key=len)
            longest.remove(max(longest, key=len))
            runs = [run for run in runs if run[1]]
            text = self._assembled(runs)
        return text

    def _assembled(self, runs: Sequence[tuple[str, Sequence[str]]]) -> str:
        """The whole formula of a check; `runs`: its parts, with the condition under which they say nothing."""
        parts = [f'IF({settled},"",{"&".join(run)})' if settled else "&".join(run) for settled, run in runs]
        # Every part ends with "; ". Between two edges, nothing at all becomes "Đủ", and the last "; " falls away.
        text = "&".join([quoted(_EDGE), *parts, quoted(_EDGE)])
        for old, new in ((_EDGE * 2, ENOUGH), (END + _EDGE, ""), (_EDGE, "")):
            text = f"SUBSTITUTE({text},{quoted(old)},{quoted(new)})"
        text = "&".join([*self._echoes(), text])
        if _silent_when_blank(self.table, self.place):
            typed = "&".join(self.ref(name) for name in _fields_checked(self.table, self.place))
            text = f'IF({blank_formula(typed)},"",{text})'
        return f"=IFERROR({text},{quoted(CELL_ERROR)})"

    def _echoes(self) -> list[str]:
        """The lines of `LiveChecks._echo` as formulas."""
        parts = []
        for name in _fields_checked(self.table, self.place):
            cell, kind = self.own.get(name), self.table.field(name).kind(self.facts)
            if cell is None or cell.field != name:
                continue
            ref = self.ref(name)
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


def broken_rules(filled: Sequence[tuple[Form, Sequence[Value]]]) -> list[_BrokenByRow]:
    """For each form with its values the live rules that its rows break, as a spreadsheet sees it; judged together."""
    found: list[_BrokenByRow] = [{} for _ in filled]
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
