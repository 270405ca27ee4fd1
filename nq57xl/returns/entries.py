"""The entry cells of one sheet: values with their places, statements, repeated rows, rows added by the unit."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import attrs
from attrs import define, field
from msgspec.structs import replace

from nq57xl.forms.model import PREFILLED, Form, FormCell, FormRow, SheetLayout, Slot, Value, cells_of
from nq57xl.forms.shared_cells import split_cell
from nq57xl.forms.wording import AGAIN, UNCHANGED
from nq57xl.returns.align import Alignment
from nq57xl.returns.convert import (
    DateCell,
    convert,
    percent_in_two_ways,
    says_no,
    scaled_percent,
    swapped_dates,
    two_percents,
)
from nq57xl.rules.findings import Finding, make
from nq57xl.rules.schema import CellValue, Field
from nq57xl.text.addresses import a1
from nq57xl.text.legacy import fold
from nq57xl.text.typed import lacks_day
from nq57xl.xlsx.cells import RawCell, RawSheet, cell_text, short
from nq57xl.xlsx.limits import LIMITS
from nq57xl.xlsx.shown import DAYS_1904

_Place = tuple[int, int]
_Row = tuple[Slot, ...]
"""Entry cells of one issued row."""


@define
class Entries:
    """What one sheet gave."""

    values: list[Value] = field(factory=list)
    findings: list[Finding] = field(factory=list)
    places: dict[tuple[str, str, str], tuple[str, str]] = field(factory=dict)
    cells: dict[FormCell, RawCell] = field(factory=dict)
    """What stands in the entry cells, as the file has it."""
    dates: list[DateCell] = field(factory=list)
    """Date cells with something in them."""
    read: set[_Place] = field(factory=set)
    """Cells of the file that were read beside those of the alignment: repeated and added rows."""


def read_entries(sheet: SheetLayout, raw: RawSheet, found: Alignment, form: Form) -> Entries:
    """Values, findings and places of every entry cell of the sheet."""
    return _Reader(sheet, raw, found, form).run()


class _Reader:
    def __init__(self, sheet: SheetLayout, raw: RawSheet, found: Alignment, form: Form) -> None:
        self.sheet, self.raw, self.found, self.form = sheet, raw, found, form
        self.out = Entries()
        self.facts = form.facts
        self.percents: dict[tuple[str, str], list[tuple[int, RawCell]]] = {}
        """(table, field) -> cells of percentages: where their value stands, and as the file has them."""
        self.others: dict[FormCell, RawCell | None] = {}
        """Cells of a row that stands there twice with different content -> what the second version has."""
        self.addresses: list[Value] = []
        """Addresses that stand in another cell than their own: each counts where its own says none."""
        asked: Collection[_Place | None] = sheet.entries
        if raw.merged and not found.as_issued:
            asked = {found.place(slot) for slot in sheet.entries.values()}
        self.covering = [area for area in raw.merged if area[:2] in asked]
        """Merged areas that begin in an entry cell; those of headings some programs leave behind."""

    def run(self) -> Entries:
        """Reads the prepared rows, then what the unit added."""
        self.out.places.update(self.sheet.entry_places)
        if self.found.as_issued and self.raw.name == self.sheet.title and not self.covering:
            self._read_in_place()
        else:
            self._read_rows()
        said = {(item.table, item.key, item.field) for item in self.out.values}
        self.out.values += [item for item in self.addresses if (item.table, item.key, item.field) not in said]
        self._ask_shares_among_percents()
        self.out.findings += swapped_dates(self.raw, self.out.dates, self.form.period.cutoff)
        return self.out

    def _read_in_place(self) -> None:
        """Every cell stands where it was issued, and nothing beside them."""
        for place, slot in self.sheet.entries.items():
            cell = self.raw.cells.get(place)
            if cell is not None:
                self.out.cells[slot.table, slot.key, slot.field] = cell
                self._convert(slot, cell, a1(*place))

    def _read_rows(self) -> None:
        """Each row where it stands now, then what the unit added."""
        added: dict[str, list[int]] = {}
        for row in self.sheet.entry_rows:
            there = self.found.rows.get(row[0].row)
            if there is None:
                continue
            chosen, more = self._settle_repeats(row, there)
            added.setdefault(row[0].table, []).extend(more)
            for slot in row:
                self._read(slot, chosen)
        for table in dict.fromkeys(row[0].table for row in self.sheet.entry_rows if self._is_free(row)):
            self._read_added(table, added.get(table, []))

    def _is_free(self, row: _Row) -> bool:
        return self.form.schema.table(row[0].table).free

    # --- repeated rows ------------------------------------------------------------------------------------------

    def _settle_repeats(self, row: _Row, there: int) -> tuple[int, list[int]]:
        """The row to read, and those that are new rows of a free table (a row copied with its hidden key)."""
        repeats = self.found.repeats.get(row[0].row, [])
        if not repeats:
            return there, []
        typed = {line: self._typed(row, line) for line in (there, *repeats)}
        filled = [line for line, texts in typed.items() if any(texts)]
        self._claim(repeats)
        if self._is_free(row):
            chosen = filled[0] if filled else there
            return chosen, [line for line in filled if typed[line] != typed[chosen]]
        if len({typed[line] for line in filled}) <= 1:
            slot, second = row[0], repeats[0]
            where = {"sheet": self.raw.name, "cell": a1(second, self.found.columns.get(slot.col, 0))}
            about = {"table": slot.table, "task": slot.key}
            self.out.findings.append(make("ROW_REPEATED", words={"row": self._row_name(row)}, **where, **about))
        for slot in row:
            column = self.found.columns.get(slot.col, -1)
            cells = {cell_text(cell).strip(): cell for line in filled for cell in [self.raw.cells.get((line, column))]}
            if len(cells) > 1:
                self.others[slot.table, slot.key, slot.field] = list(cells.values())[1]
        return (filled[0] if filled else there), []

    def _typed(self, row: _Row, line: int) -> tuple[str, ...]:
        columns = [self.found.columns.get(slot.col) for slot in row]
        return tuple(
            "" if column is None else cell_text(self.raw.cells.get((line, column))).strip() for column in columns
        )

    def _claim(self, lines: Sequence[int]) -> None:
        wanted = set(lines)
        self.out.read.update(place for place in self.raw.cells if place[0] in wanted)

    def _row_name(self, row: _Row) -> str:
        texts = [slot.text for slot in self.sheet.slots if slot.row == row[0].row and slot.role == "text" and slot.text]
        return short(" ".join(texts)) or row[0].key

    # --- rows that the unit added -------------------------------------------------------------------------------

    def _read_added(self, table: str, copied: list[int]) -> None:
        """Rows of a free table beyond the prepared ones: their keys go on from the last. The next table ends them."""
        free = [row for row in self.sheet.entry_rows if row[0].table == table]
        there = [self.found.rows[row[0].row] for row in free if row[0].row in self.found.rows]
        others = {
            self.found.rows[row[0].row]
            for row in self.sheet.entry_rows
            if row[0].table != table and row[0].row in self.found.rows
        }
        below = min((line for line in others if there and line > min(there)), default=LIMITS.rows + 1)
        columns = {self.found.columns[slot.col] for slot in free[0] if slot.col in self.found.columns} if free else ()
        if not there or not columns:
            return
        keyed = self._claim_keyed(free[0])
        taken = {self.found.key_row, *self.found.rows.values()} | {
            line for lines in self.found.repeats.values() for line in lines
        }
        new = {
            line
            for line, column in self.raw.cells
            if min(there) < line < below and line not in taken and column in columns
        }
        lines = [line for line in sorted({*new, *copied, *keyed}) if any(self._typed(free[0], line))]
        number = max((int(row[0].key) for row in free if row[0].key.isdecimal()), default=0)
        self.out.read.update((line, column) for line in lines for column in columns)
        # one more than may be: the form that goes back holds it, too, so that it gets the same answer
        for offset, line in enumerate(lines[: LIMITS.added_rows + 1], start=1):
            for slot in free[0]:
                self._read(replace(slot, key=f"{number + offset:02d}"), line)
        if lines:
            self._tell_added(lines, min(columns), free[0][0].table)

    def _tell_added(self, lines: Sequence[int], column: int, table: str) -> None:
        """How many rows there are; where they are too many, that, at the first that is one too many."""
        where = {"sheet": self.raw.name, "table": table}
        if len(lines) <= LIMITS.added_rows:
            words: dict[str, Any] = {"count": len(lines)}
            self.out.findings.append(make("ROWS_ADDED", words=words, cell=a1(lines[0], column), **where))
            return
        words = {"count": len(lines), "limit": LIMITS.added_rows, "table": self.form.schema.table(table).title}
        cell = a1(lines[LIMITS.added_rows], column)
        self.out.findings.append(make("ROWS_TOO_MANY", words=words, cell=cell, **where))

    def _claim_keyed(self, row: _Row) -> list[int]:
        """Rows that already have the key of an added row: a form sent back holds the unit's added rows."""
        pattern = re.compile(re.escape(row[0].table) + r"\|[0-9]+")
        known = set(self.found.rows.values())
        lines = [
            line
            for (line, column), cell in self.raw.cells.items()
            if column == self.found.key_column and line not in known and pattern.fullmatch(cell_text(cell))
        ]
        self._claim(lines)
        return lines

    # --- one cell -----------------------------------------------------------------------------------------------

    def _read(self, slot: Slot, line: int) -> None:
        column = self.found.columns.get(slot.col)
        if column is None:
            return
        address = a1(line, column)
        self.out.places.update({(slot.table, slot.key, name): (self.raw.name, address) for name in slot.fields})
        cell = self.raw.cells.get((line, column))
        if self.covering and (cell is not None or not self.form.schema.table(slot.table).free):
            first = self.raw.covered_by((line, column))
            if first is not None and any(area[:2] == first for area in self.covering):
                self.out.findings.append(self._hidden(slot, cell, address, a1(*first)))
                return
        if cell is not None:
            self.out.cells[slot.table, slot.key, slot.field] = cell
            self._convert(slot, cell, address)
        for there in self.found.copies.get(slot.col, ()):
            self.out.read.add((line, there))
            other = self.raw.cells.get((line, there))
            if cell_text(other).strip() not in ("", cell_text(cell).strip()):
                self.others.setdefault((slot.table, slot.key, slot.field), other)
        if (slot.table, slot.key, slot.field) in self.others:
            self._ask_which(slot, address)

    def _hidden(self, slot: Slot, cell: RawCell | None, address: str, first: str) -> Finding:
        """A merged area speaks of several cells at once; what some programs keep under it nobody sees."""
        item, text = self.form.schema.table(slot.table).field(slot.field), cell_text(cell)
        message = None
        if text:
            message = f"Ô «{item.title}» bị gộp vào ô {first} nên nội dung «{short(text)}» bị che, không được lấy."
        words = {"field": item.title, "cell": first}
        about = {"table": slot.table, "task": slot.key, "field": slot.field, "value": text}
        where = {"sheet": self.raw.name, "cell": address}
        return make("CELL_MERGED", words=words, **({"message": message} if message else {}), **where, **about)

    def _ask_which(self, slot: Slot, address: str) -> None:
        """Of a cell that stands there twice nobody can choose: both go back, and are asked about."""
        place = (slot.table, slot.key, slot.field)
        own = Value(*place, "", None, self.raw.name, address)
        while self.out.values and self.out.values[-1].cell == address:
            own = attrs.evolve(self.out.values.pop(), field=slot.field)
        other = self.others[place]
        item, facts = self.form.schema.table(slot.table).field(slot.field), self.facts.get(place[:2], {})
        second = "" if other is None else convert(other, item, facts, self.form.schema.lists).typed
        value, finding = two_versions(own, second, item)
        self.out.findings = [found for found in self.out.findings if found.cell != address] + [finding]
        self.out.values.append(value)

    def _convert(self, slot: Slot, cell: RawCell, address: str) -> None:
        item = self.form.schema.table(slot.table).field(slot.field)
        facts = self.facts.get((slot.table, slot.key), {})
        if self.raw.date1904 and item.type == "date" and isinstance(cell.value, float):
            cell = attrs.evolve(cell, value=cell.value + DAYS_1904, number=cell.value + DAYS_1904)
        converted = convert(cell, item, facts, self.form.schema.lists)
        if converted.value is None and not converted.findings:
            return  # blank
        if slot.also and isinstance(converted.value, str) and not says_no(converted.value):
            self._share(slot, converted.typed, converted.value, address)
            for code, words in converted.findings:
                if code != "NUMBER_IN_TEXT":  # a number and a day are meant
                    self._tell(self._value(slot, slot.field, converted.typed, None, address), code, words)
            return
        if item.type == "date":
            text = cell.value if isinstance(cell.value, str) else ""
            day = converted.value if isinstance(converted.value, date) and not text else None
            self.out.dates.append(DateCell(slot, item, address, day, text))
        if item.kind(facts) == "percent":
            self.percents.setdefault((slot.table, slot.field), []).append((len(self.out.values), cell))
        self.out.values.append(
            Value(slot.table, slot.key, slot.field, converted.typed, converted.value, self.raw.name, address)
        )
        for code, words in converted.findings:
            self._tell(self.out.values[-1], code, words)

    def _value(self, slot: Slot, name: str, typed: str, value: CellValue, address: str) -> Value:
        return Value(slot.table, slot.key, name, typed, value, self.raw.name, address)

    def _share(self, slot: Slot, typed: str, text: str, address: str) -> None:
        """A cell of two fields: each with the whole cell as its source; what says neither is asked back."""
        table = self.form.schema.table(slot.table)
        parts = split_cell(table, slot.field, text)
        self.out.values += [self._value(slot, name, typed, value, address) for name, value in parts.values.items()]
        if parts.address is not None:
            self.addresses.append(self._value(slot, parts.address[0], typed, parts.address[1], address))
        elif not parts.values:
            self.out.values.append(self._value(slot, slot.field, typed, None, address))
            words = {"value": short(text), "wanted": "số, ký hiệu và ngày của văn bản"}
            self._tell(self.out.values[-1], "VALUE_UNREADABLE", words)
        elif parts.no_day:
            self.out.values.append(self._value(slot, slot.also[0], typed, None, address))
            code = "DATE_WITHOUT_DAY" if lacks_day(parts.no_day) else "VALUE_UNREADABLE"
            self._tell(self.out.values[-1], code, {"value": short(parts.no_day), "wanted": "ngày"})

    def _tell(self, value: Value, code: str, words: dict[str, Any]) -> None:
        item = self.form.schema.table(value.table).field(value.field)
        base = {"field": item.title, "hint": item.hint, "example": item.sample}
        overrides: dict[str, Any] = {"message": words["message"]} if "message" in words else {}
        place = {"sheet": value.sheet, "cell": value.cell, "value": value.typed}
        about = {"table": value.table, "task": value.key, "field": value.field}
        self.out.findings.append(make(code, words={**base, **words}, **place, **about, **overrides))

    def _ask_shares_among_percents(self) -> None:
        """Asks back where a column holds both 0,5 and 85: the first may be 50 % or half a per cent (contract)."""
        for cells in self.percents.values():
            if not any(scaled_percent(cell) for _, cell in cells):
                continue
            for index, cell in cells:
                value = self.out.values[index]
                if percent_in_two_ways(cell) and value.value is not None:
                    code, words = two_percents(cell)
                    self.out.values[index] = attrs.evolve(value, value=None, typed=words["value"])
                    self._tell(self.out.values[index], code, words)


_NOTHING = "(để trống)"
"""How a blank version is shown beside one that is not."""


def two_versions(own: Value, second: str, item: Field, where: str = "") -> tuple[Value, Finding]:
    """A cell that came in two versions: both as its content, and the error that asks which one counts.

    `where`: the sheet on which the second stands, where that is another.
    """
    first = own.typed.strip() or _NOTHING
    second = second.strip() or _NOTHING
    said = f"«{item.title}» có hai bản khác nhau trong tệp: «{short(first)}» và «{short(second)}»{where}"
    said += "; không rõ bản nào đúng."
    both = attrs.evolve(own, value=None, typed=f"{first} | {second}")
    about: dict[str, Any] = {"table": own.table, "task": own.key, "field": own.field, "value": both.typed}
    return both, make("ROW_DUPLICATE", message=said, fix=_CHOOSE, sheet=own.sheet, cell=own.cell, **about)


_CHOOSE = "Xóa nội dung trong ô của biểu gửi trả, nhập lại một bản đúng rồi gửi lại."


def outside(sheet: SheetLayout, raw: RawSheet, found: Alignment, read: set[_Place]) -> Iterator[Finding]:
    """Texts in cells that were issued blank and are no entry cells: one finding each, or one for many."""
    known = {place for slot in sheet.slots if (place := found.place(slot)) is not None} | read
    strays = [
        (place, text)
        for place, cell in sorted(raw.cells.items())
        if place not in known and (text := cell_text(cell) or (f"={cell.formula}" if cell.formula else "")).strip()
    ]
    if len(strays) > _MANY:
        place, text = strays[0]
        message = f"{len(strays)} ô ngoài ô nhập có nội dung (đầu tiên: «{short(text)}»), không được lấy vào báo cáo."
        yield make("OUTSIDE_ENTRY", message=message, sheet=raw.name, cell=a1(*place), value=text)
        return
    for place, text in strays:
        yield make("OUTSIDE_ENTRY", words={"value": short(text)}, sheet=raw.name, cell=a1(*place), value=text)


_MANY = 30
"""More stray cells than this on one sheet have one cause, such as a pasted table."""


_UNCHANGED: FormCell = ("unchanged", "unchanged", "unchanged")
_NO_DATA: FormCell = ("no_data_rest", "no_data_rest", "no_data_rest")
_SAME = "same"
"""Code of "như kỳ trước" among the choices of progress."""


def with_statements(form: Form, values: Sequence[Value]) -> tuple[Value, ...]:
    """The values with those that statements stand for: as the last period's return said them, or "no data".

    Each names the cell where it was typed then, and the statement with its cell. A row of which something was typed is
    left to what was typed; of a row marked "như kỳ trước" what was typed beside the mark goes before.
    """
    cells = cells_of(values)
    filled = {(item.table, item.key) for item in values}
    added = [*_repeated(form, cells, filled), *_without_data(form, cells, filled)]
    replaced = cells_of(added)
    return (*(item for cell, item in cells.items() if cell not in replaced), *added)


def with_prefilled(form: Form, values: Sequence[Value]) -> tuple[Value, ...]:
    """The values, those that stand as they stood when the form was issued with what they had been filled in from."""
    known = {cell: item for cell, item in cells_of(form.values).items() if item.stated.startswith(PREFILLED)}
    return tuple(
        attrs.evolve(item, stated=before.stated)
        if (before := known.get((item.table, item.key, item.field))) and not item.stated and _same(item, before)
        else item
        for item in values
    )


def _same(item: Value, before: Value) -> bool:
    one, other = item.value, before.value
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-9)
    if isinstance(one, str) and isinstance(other, str):
        return fold(one) == fold(other)
    return bool(one == other)


def _repeated(form: Form, cells: Mapping[FormCell, Value], filled: set[tuple[str, str]]) -> Iterator[Value]:
    statement = cells.get(_UNCHANGED)
    for row in _rows(form, "led"):
        progress = cells.get(("led", row.key, "progress"))
        if progress is not None and progress.value == _SAME:
            yield from _as_before(row, cells, progress, AGAIN)
        elif statement is not None and statement.value is not None and ("led", row.key) not in filled:
            yield from _as_before(row, cells, statement, UNCHANGED)


def _as_before(row: FormRow, cells: Mapping[FormCell, Value], said: Value, words: str) -> Iterator[Value]:
    times = int(row.facts.get("repeats") or 0) + 1
    stated = f"{words} (trang «{said.sheet}», ô {said.cell}), kỳ thứ {times} liên tiếp"
    for item in row.before:
        typed = cells.get((item.table, item.key, item.field))
        if typed is None or typed.value == _SAME:
            yield attrs.evolve(item, stated=stated)


def _without_data(form: Form, cells: Mapping[FormCell, Value], filled: set[tuple[str, str]]) -> Iterator[Value]:
    statement = cells.get(_NO_DATA)
    if statement is None or statement.value is None:
        return
    stated = f"Khẳng định chung (trang «{statement.sheet}», ô {statement.cell})"
    for row in _rows(form, "indicator"):
        if ("indicator", row.key) not in filled:
            yield attrs.evolve(statement, table="indicator", key=row.key, field="no_data", stated=stated)


def _rows(form: Form, name: str) -> Iterator[FormRow]:
    table = form.table(name)
    yield from (row for row in table.rows if row.open) if table else ()
