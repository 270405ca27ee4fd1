"""The entry cells of one sheet: values with their places, repeated and added rows, columns in doubt, remarks.

A row is known by its key and its texts; a column by its key and its heading. Where the two name different columns, or
cells were inserted above, nobody knows whose figures stand there: the column is asked back. So is a share among
percentages, and a date that a computer may have read in another order. Comments, text boxes, pictures and page headers
are told: nothing that a person said falls away.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import chain
from typing import Any

import attrs
from attrs import define, field
from msgspec.structs import replace

from nq57xl.forms.filled import split_cell
from nq57xl.forms.model import Form, FormCell, Slot, Value
from nq57xl.forms.wording import NOTE_AUTHOR, NOTES, page_foot
from nq57xl.plan.model import Period
from nq57xl.returns.convert import convert, says_no, shares_among_percents
from nq57xl.returns.identify import HEAD, Alignment
from nq57xl.rules.findings import Finding, catalogue, make
from nq57xl.rules.schema import CellValue, Field, vietnamese_date
from nq57xl.text.addresses import a1
from nq57xl.text.legacy import clean, fold
from nq57xl.text.typed import lacks_day, read_date
from nq57xl.xlsx.cells import RawCell, RawSheet, Remark, cell_text, readable, short
from nq57xl.xlsx.limits import LIMITS
from nq57xl.xlsx.shown import DAYS_1904

_Place = tuple[int, int]
_Row = tuple[Slot, ...]
"""Entry cells of one issued row."""
_NOTHING = "(để trống)"
"""How a blank version is shown beside one that is not."""
_CHOOSE = "Xóa nội dung trong ô của biểu gửi trả, nhập lại một bản đúng rồi gửi lại."

_BELOW = 3
"""Rows under a table in which a text in an entry column is one that was pushed there, not one written under it."""


@define
class Entries:
    """What one sheet gave, once it is `read`."""

    found: Alignment
    form: Form
    values: list[Value] = field(factory=list)
    findings: list[Finding] = field(factory=list)
    places: dict[FormCell, tuple[str, str]] = field(factory=dict)
    """Tab and address of every entry cell, of blank ones too: as in the file sent, or as issued where it is gone."""
    cells: dict[FormCell, RawCell] = field(factory=dict)
    """What stands in the entry cells, as the file has it."""
    percents: dict[tuple[str, str], list[tuple[int, RawCell]]] = field(factory=dict)
    """(table, field) -> cells of percentages: where their value stands in `values`, and as the file has them."""
    dates: list[tuple[Value, RawCell]] = field(factory=list)
    """Date cells with something in them: as read, and as the file has them."""
    further: set[_Place] = field(factory=set)
    """Cells of the file that were read beside those of the alignment: repeated and added rows."""
    _others: dict[FormCell, RawCell | None] = field(factory=dict)
    """Cells of a row that stands there twice with different content -> what the second version has."""
    _addresses: list[Value] = field(factory=list)
    """Addresses that stand in another cell than their own: each counts where its own says none."""
    _covering: list[tuple[int, int, int, int]] = field(factory=list)
    """Merged areas that begin in an entry cell; those of headings some programs leave behind."""

    @property
    def raw(self) -> RawSheet:
        """The sheet as it came back."""
        return self.found.raw

    @property
    def typed(self) -> list[tuple[str, ...]]:
        """Everything typed there, to be compared with what another sheet says."""
        return sorted((*item.form_cell, item.typed) for item in self.values)

    def read(self) -> Entries:
        """Reads the prepared rows, then what the unit added."""
        raw, sheet = self.raw, self.found.sheet
        asked: Collection[_Place | None] = sheet.entries
        if raw.merged and not self.found.as_issued:
            asked = {self.found.place(slot) for slot in sheet.entries.values()}
        self._covering = [area for area in raw.merged if area[:2] in asked]
        self.places.update(sheet.entry_places)
        if self.found.as_issued and raw.name == sheet.title and not self._covering:
            for place, slot in sheet.entries.items():  # every cell stands where it was issued, and nothing beside them
                cell = raw.cells.get(place)
                if cell is not None:
                    self._take(slot, cell, a1(*place))
        else:  # each row where it stands now, then what the unit added
            added: dict[str, list[int]] = {}
            for row in sheet.entry_rows:
                there = self.found.rows.get(row[0].row)
                if there is not None:
                    chosen, more = self._settle_repeats(row, there)
                    added.setdefault(row[0].table, []).extend(more)
                    for slot in row:
                        self._read(slot, chosen)
            for table in dict.fromkeys(row[0].table for row in sheet.entry_rows if self._is_free(row)):
                self._read_added(table, added.get(table, []))
        said = {item.form_cell for item in self.values}
        self.values += [item for item in self._addresses if item.form_cell not in said]
        return self

    def _is_free(self, row: _Row) -> bool:
        return self.form.schema.table(row[0].table).free

    def _field(self, about: Slot | Value) -> Field:
        return self.form.schema.table(about.table).field(about.field)

    # --- repeated rows ------------------------------------------------------------------------------------------

    def _settle_repeats(self, row: _Row, there: int) -> tuple[int, list[int]]:
        """The row to read, and those that are new rows of a free table (a row copied with its hidden key)."""
        repeats = self.found.repeats.get(row[0].row, [])
        if not repeats:
            return there, []
        typed = {line: self._typed(row, line) for line in (there, *repeats)}
        filled = [line for line, texts in typed.items() if any(texts)]
        chosen = filled[0] if filled else there
        self._claim(repeats)
        if self._is_free(row):
            return chosen, [line for line in filled if typed[line] != typed[chosen]]
        slot = row[0]
        if len({typed[line] for line in filled}) <= 1:
            words = {"row": short(self.found.texts_of(slot.row)) or slot.key}
            place = a1(repeats[0], self.found.columns.get(slot.col, 0))
            told = make("ROW_REPEATED", words=words, sheet=self.raw.name, cell=place, table=slot.table, task=slot.key)
            self.findings.append(told)
        for slot in row:
            column = self.found.columns.get(slot.col, -1)
            cells = {cell_text(cell).strip(): cell for line in filled for cell in [self.raw.cells.get((line, column))]}
            if len(cells) > 1:
                self._others[slot.form_cell] = list(cells.values())[1]
        return chosen, []

    def _typed(self, row: _Row, line: int) -> tuple[str, ...]:
        columns = (self.found.columns.get(slot.col, -1) for slot in row)
        return tuple(cell_text(self.raw.cells.get((line, column))).strip() for column in columns)

    def _claim(self, lines: Iterable[int]) -> None:
        wanted = set(lines)
        self.further.update(place for place in self.raw.cells if place[0] in wanted)

    # --- rows that the unit added -------------------------------------------------------------------------------

    def _read_added(self, table: str, copied: Sequence[int]) -> None:
        """Rows of a free table beyond the prepared ones: their keys go on from the last. The next table ends them."""
        rows, entry_rows = self.found.rows, self.found.sheet.entry_rows
        free = [row for row in entry_rows if row[0].table == table]
        there = [rows[row[0].row] for row in free if row[0].row in rows]
        columns = {self.found.columns[slot.col] for slot in free[0] if slot.col in self.found.columns}
        if not there or not columns:
            return
        first = min(there)
        others = (rows[row[0].row] for row in entry_rows if row[0].table != table and row[0].row in rows)
        below = min((line for line in others if line > first), default=LIMITS.rows + 1)
        # a form sent back holds the unit's added rows: those already have a key
        pattern, known = re.compile(re.escape(table) + r"\|[0-9]+"), set(rows.values())
        keyed = [
            line
            for (line, column), cell in self.raw.cells.items()
            if column == self.found.key_column and line not in known and pattern.fullmatch(cell_text(cell))
        ]
        self._claim(keyed)
        taken = {self.found.key_row, *rows.values(), *chain.from_iterable(self.found.repeats.values())}
        new = {
            line for line, column in self.raw.cells if first < line < below and line not in taken and column in columns
        }
        lines = [line for line in sorted({*new, *copied, *keyed}) if any(self._typed(free[0], line))]
        number = max((int(row[0].key) for row in free if row[0].key.isdecimal()), default=0)
        self.further.update((line, column) for line in lines for column in columns)
        # one more than may be: the form that goes back holds it, too, so that it gets the same answer
        for offset, line in enumerate(lines[: LIMITS.added_rows + 1], start=1):
            for slot in free[0]:
                self._read(replace(slot, key=f"{number + offset:02d}"), line)
        if lines:
            words: dict[str, Any] = {"count": len(lines)}
            code, line = "ROWS_ADDED", lines[0]
            if len(lines) > LIMITS.added_rows:  # told at the first that is one too many
                code, line = "ROWS_TOO_MANY", lines[LIMITS.added_rows]
                words |= {"limit": LIMITS.added_rows, "table": self.form.schema.table(table).title}
            self.findings.append(make(code, words=words, sheet=self.raw.name, cell=a1(line, min(columns)), table=table))

    # --- one cell -----------------------------------------------------------------------------------------------

    def _read(self, slot: Slot, line: int) -> None:
        column = self.found.columns.get(slot.col)
        if column is None:
            return
        address = a1(line, column)
        self.places.update({(slot.table, slot.key, name): (self.raw.name, address) for name in slot.fields})
        cell = self.raw.cells.get((line, column))
        if self._covering and (cell is not None or not self.form.schema.table(slot.table).free):
            first = self.raw.covered_by((line, column))
            if first is not None and any(area[:2] == first for area in self._covering):
                # a merged area speaks of several cells at once; what some programs keep under it nobody sees
                title, text = self._field(slot).title, cell_text(cell)
                where = self._value(slot, slot.field, text, None, address).where
                words = {"field": title, "cell": a1(*first)}
                if text:
                    hidden = f"bị gộp vào ô {words['cell']} nên nội dung «{short(text)}» bị che, không được lấy."
                    where["message"] = f"Ô «{title}» {hidden}"
                self.findings.append(make("CELL_MERGED", words=words, value=text, **where))
                return
        if cell is not None:
            self._take(slot, cell, address)
        for there in self.found.copies.get(slot.col, ()):
            self.further.add((line, there))
            other = self.raw.cells.get((line, there))
            if cell_text(other).strip() not in ("", cell_text(cell).strip()):
                self._others.setdefault(slot.form_cell, other)
        if slot.form_cell in self._others:  # nobody can choose: both go back, and are asked about
            own = self._value(slot, slot.field, "", None, address)
            while self.values and self.values[-1].cell == address:
                own = attrs.evolve(self.values.pop(), field=slot.field)
            other, facts = self._others[slot.form_cell], self.form.facts.get(slot.form_cell[:2], {})
            second = "" if other is None else convert(other, self._field(slot), facts, self.form.schema.lists).typed
            self._addresses = [item for item in self._addresses if item.cell != address]
            self.findings = [found for found in self.findings if found.cell != address] + [self.ask_which(own, second)]

    def ask_which(self, own: Value, second: str, where: str = "") -> Finding:
        """Takes a cell that came in two versions as both, and gives the error that asks which one counts.

        `where`: the sheet on which the second stands, where that is another.
        """
        first, second = (text.strip() or _NOTHING for text in (own.typed, second))
        title = self._field(own).title
        said = f"«{title}» có hai bản khác nhau trong tệp: «{short(first)}» và «{short(second)}»{where}"
        both = attrs.evolve(own, value=None, typed=f"{first} | {second}")
        self.values = [*(item for item in self.values if item is not own), both]
        said += "; không rõ bản nào đúng."
        return make("ROW_DUPLICATE", message=said, fix=_CHOOSE, value=both.typed, **both.where)

    def _take(self, slot: Slot, cell: RawCell, address: str) -> None:
        self.cells[slot.form_cell] = cell
        item, facts = self._field(slot), self.form.facts.get((slot.table, slot.key), {})
        if self.raw.date1904 and item.type == "date" and isinstance(cell.value, float):
            cell = attrs.evolve(cell, value=cell.value + DAYS_1904, number=cell.value + DAYS_1904)
        converted = convert(cell, item, facts, self.form.schema.lists)
        if converted.value is None and not converted.findings:
            return  # blank
        if slot.also and isinstance(converted.value, str) and not says_no(converted.value):
            self._share(slot, converted.typed, converted.value, address)
            for code, words in converted.findings:
                if code != "NUMBER_IN_TEXT":  # a number and a day are meant
                    self.tell(self._value(slot, slot.field, converted.typed, None, address), code, words)
            return
        value = self._value(slot, slot.field, converted.typed, converted.value, address)
        if item.type == "date":
            self.dates.append((value, cell))
        if item.kind(facts) == "percent":
            self.percents.setdefault((slot.table, slot.field), []).append((len(self.values), cell))
        self.values.append(value)
        for code, words in converted.findings:
            self.tell(value, code, words)

    def _value(self, slot: Slot, name: str, typed: str, value: CellValue, address: str) -> Value:
        return Value(slot.table, slot.key, name, typed, value, self.raw.name, address)

    def _share(self, slot: Slot, typed: str, text: str, address: str) -> None:
        """A cell of two fields: each with the whole cell as its source; what says neither is asked back."""
        parts = split_cell(self.form.schema.table(slot.table), slot.field, text)
        self.values += [self._value(slot, name, typed, value, address) for name, value in parts.values.items()]
        if parts.address is not None:
            self._addresses.append(self._value(slot, parts.address[0], typed, parts.address[1], address))
        elif not parts.values:
            self.values.append(self._value(slot, slot.field, typed, None, address))
            words = {"value": short(text), "wanted": "số, ký hiệu và ngày của văn bản"}
            self.tell(self.values[-1], "VALUE_UNREADABLE", words)
        elif parts.no_day:
            self.values.append(self._value(slot, slot.also[0], typed, None, address))
            code = "DATE_WITHOUT_DAY" if lacks_day(parts.no_day) else "VALUE_UNREADABLE"
            self.tell(self.values[-1], code, {"value": short(parts.no_day), "wanted": "ngày"})

    def tell(self, value: Value, code: str, words: dict[str, Any]) -> None:
        """Adds a finding about a value; "message" among the words replaces the catalogue's."""
        item = self._field(value)
        about = {"field": item.title, "hint": item.hint, "example": item.sample}
        said = {"message": words["message"]} if "message" in words else {}
        self.findings.append(make(code, words={**about, **words}, value=value.typed, **value.where, **said))


# --- columns in doubt -------------------------------------------------------------------------------------------------


def ask_back_columns(entries: Entries) -> Entries:
    """Takes the values of columns in doubt out of the entries: they stay as typed, with an error for each column.

    Of doubtful shares and dates each cell has its own error; a doubtful date stays as it is.
    """
    for cells in entries.percents.values():
        for number, words in shares_among_percents([cell for _, cell in cells]):
            index = cells[number][0]
            value = entries.values[index]
            if value.value is not None:
                entries.values[index] = attrs.evolve(value, value=None, typed=words["value"])
                entries.tell(entries.values[index], "VALUE_AMBIGUOUS", words)
    entries.findings += _swapped_dates(entries)
    found = entries.found
    table = next((slot.table for slot in found.sheet.slots if slot.role == "entry"), "")
    if found.as_issued or not table or HEAD not in {slot.row_key for slot in found.sheet.slots}:
        return entries
    heads, firsts = _heads(found), {slot.col: slot for slot in _first_entries(found)}
    for column, copies in found.copies.items():  # cells that differ are asked about one by one
        slot = firsts.get(column)
        if slot is not None:
            words = {"column": heads.get(column, slot.col_key), "sheet_title": found.sheet.title}
            where = {"sheet": found.raw.name, "cell": a1(found.rows.get(slot.row, 0), copies[0])}
            there, kept = found.raw.cells, found.columns[column]  # headings and keys were copied with it, too
            copied = [place for place in there if place[1] in copies]
            same = (at for at in copied if cell_text(there[at]) == cell_text(there.get((at[0], kept))))
            entries.further.update(same)
            entries.findings.append(make("COLUMN_REPEATED", words=words, table=slot.table, field=slot.field, **where))
    doubts = list(_disagreeing(found))
    if not {doubt.field for doubt in doubts} & {value.field for value in entries.values}:
        doubts = []  # nothing stands there: the headings are put right, and told as such
    if not entries.form.schema.table(table).free:
        doubts += _pushed_off(entries)
    asked = {(doubt.table, doubt.field) for doubt in doubts}
    entries.values = [
        attrs.evolve(item, value=None) if (item.table, item.field) in asked else item for item in entries.values
    ]
    entries.findings = [item for item in entries.findings if (item.table, item.field) not in asked] + doubts
    return entries


def _swapped_dates(entries: Entries) -> Iterator[Finding]:
    """An error with the likely day for each date that may have been exchanged; nothing is exchanged here.

    Suspect are all real dates of a sheet where none has a day after the 12th while texts have: the texts are those that
    a computer with another order could not take for dates. Not suspect: a date that only makes sense as it stands,
    because exchanged it would lie after the period's last day and as it stands it does not.
    """
    texts = (read_date(cell.value) for _, cell in entries.dates if isinstance(cell.value, str))
    late = [day for day in texts if day is not None and day.day > 12]
    days = [
        (value, value.value)
        for value, cell in entries.dates
        if isinstance(value.value, date) and not isinstance(cell.value, str)
    ]
    if not late or any(day.day > 12 for _, day in days):
        return
    reason = f"trên trang này các ngày sau ngày 12 đều là chữ, ví dụ {vietnamese_date(late[0])}"
    for value, day in days:
        other = date(day.year, day.day, day.month)
        if other != day and not day <= entries.form.period.cutoff < other:
            title = entries.form.schema.table(value.table).field(value.field).title
            shown = vietnamese_date(day)
            words = {"field": title, "value": shown, "result": vietnamese_date(other), "reason": reason}
            yield make("DATE_SWAPPED", words=words, value=shown, **value.where)


def _disagreeing(found: Alignment) -> Iterator[Finding]:
    """An error for each entry column whose heading or key is that of another column; a reworded one is restored."""
    raw, heads = found.raw, _heads(found)
    titles = {fold(text): column for column, text in heads.items()}
    keys = {slot.col_key: slot.col for slot in found.sheet.slots if slot.col_key}
    head = found.rows.get(next(slot.row for slot in found.sheet.slots if slot.row_key == HEAD), -1)
    for slot in _first_entries(found):
        place = found.columns.get(slot.col)
        if place is None:
            continue
        seen = clean(readable(raw.cells.get((head, place))))
        key = "" if found.key_row is None else clean(readable(raw.cells.get((found.key_row, place))))
        if keys.get(key, slot.col) != slot.col or titles.get(fold(seen), slot.col) != slot.col:
            said = seen or heads.get(slot.col, "")
            keyed = heads.get(keys.get(key, slot.col), key)
            words = {"column": heads.get(slot.col, slot.col_key), "value": short(said), "keyed": short(keyed)}
            where = {"sheet": raw.name, "cell": a1(max(head, 0), place)}
            yield make("COLUMN_DISPUTED", words=words, table=slot.table, field=slot.field, value=seen, **where)


def _heads(found: Alignment) -> dict[int, str]:
    return {slot.col: clean(slot.text) for slot in found.sheet.slots if slot.row_key == HEAD and slot.col and slot.text}


def _first_entries(found: Alignment) -> list[Slot]:
    """An entry cell of each column that has any."""
    first: dict[int, Slot] = {}
    for slot in found.sheet.slots:
        if slot.role == "entry" and slot.field == slot.col_key:
            first.setdefault(slot.col, slot)
    return list(first.values())


def _pushed_off(entries: Entries) -> Iterator[Finding]:
    """An error for each entry column with something in it where the table has no cell for it: between or below rows."""
    found, raw = entries.found, entries.raw
    known = {place for slot in found.sheet.slots if (place := found.place(slot)) is not None} | entries.further
    lines = [found.rows[slot.row] for slot in found.sheet.slots if slot.role == "entry" and slot.row in found.rows]
    if not lines:
        return
    heads = _heads(found)
    for slot in _first_entries(found):
        column = found.columns.get(slot.col)
        strays = [
            (row, cell_text(cell))
            for (row, there), cell in sorted(raw.cells.items())
            if there == column and (row, there) not in known and min(lines) <= row <= max(lines) + _BELOW
        ]
        row, text = next(((row, text) for row, text in strays if text.strip()), (0, ""))
        if text and column is not None:
            words = {"column": heads.get(slot.col, slot.col_key), "value": short(text), "cell": a1(row, column)}
            above = a1(max(line for line in lines if line <= row), column)
            entries.further.update((line, column) for line, _ in strays)
            about = {"table": slot.table, "field": slot.field, "value": text}
            yield make("CELLS_SHIFTED", words=words, sheet=raw.name, cell=above, **about)


# --- what the sheet says beside its cells -----------------------------------------------------------------------------

_KINDS: Mapping[str, str] = {
    "comment": "Ghi chú (comment)",
    "box": "Hộp chữ",
    "margin": "Đầu trang hoặc chân trang",
    "link": "Liên kết ở ô trống",
}
_PAGE_WORDS = re.compile(r"Times New Roman,\w+|page|trang|of|sheet|[0-9\W_]", re.IGNORECASE)
"""What programs put into page headers by themselves, or make of the codes of ours."""


def remark_findings(found: Alignment, form: Form) -> Iterator[Finding]:
    """A finding for each remark on the sheet: a warning where it stands on or beside a blank entry cell.

    What the program itself wrote into a form that goes back, or at the foot of its pages, is none.
    """
    raw = found.raw
    told = [(remark, text) for remark in raw.remarks if (text := _own_words(remark, form)) or remark.kind == "picture"]
    if not told:
        return
    entries = {place: slot for slot in found.sheet.entries.values() if (place := found.place(slot))}
    for remark, text in told:
        if remark.kind == "picture":
            at = "" if remark.first is None else a1(*remark.first)
            yield make("PICTURE_KEPT", words={"sheet_title": raw.name}, sheet=raw.name, cell=at)
            continue
        blank = None if remark.kind in ("margin", "link") else _blank_entry(remark, entries, raw)
        place = blank or remark.first
        slot = entries.get(place) if place is not None else None
        about = {"sheet": raw.name, "cell": "" if place is None else a1(*place), "value": text}
        if slot is not None:
            about |= {"table": slot.table, "task": slot.key, "field": slot.field}
        words = {"kind": _KINDS[remark.kind], "value": short(text)}
        if blank is not None and slot is not None:
            words["field"] = form.schema.table(slot.table).field(slot.field).title
        yield make("REMARK_ON_BLANK" if blank is not None else "REMARK_KEPT", words=words, **about)


def _blank_entry(remark: Remark, entries: Mapping[_Place, Slot], raw: RawSheet) -> _Place | None:
    """The blank entry cell on or beside which the remark stands; None where it stands on one that is filled."""
    if remark.first is None:
        return None
    if remark.first in entries:
        return None if _filled(raw, remark.first) else remark.first
    (top, left), (bottom, right) = remark.first, remark.last or remark.first
    covered = [place for place in entries if top <= place[0] <= bottom and left <= place[1] <= right]
    beside = [place for place in ((top, left - 1), (top, right + 1)) if place in entries]
    return next((place for place in sorted(covered) or beside if not _filled(raw, place)), None)


def _filled(raw: RawSheet, place: _Place) -> bool:
    cell = raw.cells.get(place)
    return cell is not None and bool(cell.error or cell.formula is not None or clean(str(cell.value or "")))


_OUR_NOTES = tuple(NOTES.values())


def _own_words(remark: Remark, form: Form) -> str:
    """What the unit itself said: without the lines of our own note, of our own footer, of a program's page numbers."""
    if remark.kind == "margin":
        return _own_margin(remark.text, form.unit_name, form.period, form.short_id)
    text = clean(remark.text)
    lines = text.split("\n")
    if remark.author in ("", NOTE_AUTHOR) and any(line.startswith(_OUR_NOTES) for line in lines):
        advice = frozenset(rule.fix for item in form.schema.tables for rule in item.rules)
        fixes = _old_fixes(advice) if not remark.author else None
        own = (line.startswith(_OUR_NOTES) or (fixes and fixes.fullmatch(line)) for line in lines)
        lines = [line for line, its in zip(lines, own, strict=True) if not its]
    if remark.author and lines and lines[0].rstrip(":") == remark.author:
        lines = lines[1:]  # Excel begins a new comment with the name of who writes it
    return "\n".join(lines).strip()


@lru_cache(maxsize=512)  # every sheet of a form has the same
def _own_margin(text: str, unit_name: str, period: Period, short_id: str) -> str:
    """What stands in a page's header or footer beside our own words and what programs put there by themselves."""
    text = clean(text)
    for words in page_foot(unit_name, period, short_id):
        text = text.replace(clean(words), "\n")
    return "\n".join(line for line in text.split("\n") if _PAGE_WORDS.sub("", line))


@lru_cache(maxsize=4)
def _old_fixes(advice: frozenset[str]) -> re.Pattern[str]:
    """The advice of older notes, which stood on lines of their own and had no author; `advice`: of the form's rules."""
    texts = {entry.fix for entry in catalogue().values()} | advice
    told = (re.split(r"\{\w+\}", text) for text in texts if text and not text.startswith("{"))
    return re.compile("|".join(".*".join(map(re.escape, parts)) for parts in told))
