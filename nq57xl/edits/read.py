"""What the office typed into bien-tap.xlsx: found by the hidden keys, then judged by the rules of the form; pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import attrs
from attrs import field, frozen

from nq57xl.edits.book import BASES, CELL, OFFICE_FIELD, OFFICE_TEXTS, WHO_AND_WHY, WRITTEN, UnrecordedEntry
from nq57xl.forms.model import Form, FormCell, Source, Value
from nq57xl.ledger.model import CellKey, Edit, EditKind, NewEdit
from nq57xl.results.standing import OFFICE
from nq57xl.results.wording import EDIT_KINDS
from nq57xl.returns.check import check
from nq57xl.returns.convert import convert
from nq57xl.returns.model import Return
from nq57xl.rules.findings import Entry, Finding, make, reworded
from nq57xl.rules.schema import CellValue, Facts, Field
from nq57xl.text.addresses import a1
from nq57xl.text.legacy import clean, fold
from nq57xl.text.typed import Citation, read_citation
from nq57xl.xlsx.cells import RawCell, RawValue, RawWorkbook, cell_text, readable, short

_SEARCHED_ROWS, _SEARCHED_COLUMNS = 60, 60
"""The mark stands in the corner; people insert a few rows or columns above or before it."""


_ENTRIES = ("entry", *WHO_AND_WHY)


@frozen
class _EditedCell:
    """One cell that the office worked in, with who and why of its line."""

    place: CellKey
    """The field is "" for a line in which no cell was changed."""
    base: int
    """Id of the edit that stood in the cell when it was written; 0 for none."""
    sheet: str
    cells: Mapping[str, RawCell]
    """Of "entry", "kind", "author" and "reason" those that hold something."""
    places: Mapping[str, str]
    """A1 addresses of them all."""
    emptied: bool = False
    """The unit's own content was deleted there."""

    def text(self, name: str) -> str:
        """What stands in one of them."""
        return clean(readable(self.cells.get(name)))

    def unrecorded(self, findings: Iterable[Finding]) -> UnrecordedEntry:
        """What was typed there, with what keeps it from being taken over."""
        cell = self.cells.get("entry")
        value = cell.value if cell is not None else None
        entry = value if isinstance(value, int | float | dt.date) else self.text("entry")
        reasons = dict.fromkeys(found.message for found in findings if found.severity == "error")
        who = {name: self.text(name) for name in WHO_AND_WHY}
        return UnrecordedEntry(entry, who, f"Chưa ghi nhận: {' '.join(reasons)}")

    def says(self, name: str, text: str) -> bool:
        """One of them holds that text, read as Unicode or as the legacy charset that it may look like."""
        return text in (self.text(name), clean(cell_text(self.cells.get(name))))


@frozen
class _EditBookContent:
    """A whole workbook as read."""

    changed: tuple[_EditedCell, ...]
    places: Mapping[CellKey, tuple[str, str]] = field(factory=dict)
    """Sheet and cell of every cell that may be edited."""
    findings: tuple[Finding, ...] = ()
    """What stands beside the entry cells: it would be lost if the workbook were written anew."""


@frozen
class EditedReturn:
    """The return of a unit that counts, as the unit sent it, and what the office has made of it."""

    source: Source
    form: Form
    """That the unit answered."""
    own: Mapping[FormCell, Value]
    """Its cells, as the unit typed them."""
    edits: tuple[NewEdit, ...] = ()
    """That are applied to it."""

    def field(self, place: CellKey) -> tuple[Field, Facts] | None:
        """Definition and facts of the cell; None when the form has no such cell."""
        _, name, key, wanted = place
        issued, tables = self.form.table(name), self.form.schema.tables
        fields = (item for table in tables if table.name == name for item in table.fields)
        found = next((item for item in fields if item.name == wanted), None)
        if found is None or issued is None:
            return None
        row = next((item for item in issued.rows if item.key == key and item.open), None)
        if row is None and not any(place[:2] == (name, key) for place in self.own):
            return None
        return found, (row or issued.rows[0]).facts


@frozen
class EditsRead:
    """What one workbook says."""

    new: tuple[NewEdit, ...]
    findings: tuple[Finding, ...]
    refused: Mapping[CellKey, UnrecordedEntry] = field(factory=dict)
    """Cells that could not be taken over."""


def read_lines(raw: RawWorkbook, mark: str) -> _EditBookContent | Finding:
    """What was changed in a workbook whose sheets have that mark; a finding when none has."""
    searched = [(row, column) for row in range(_SEARCHED_ROWS) for column in range(_SEARCHED_COLUMNS)]
    corners = (next((at for at in searched if _said(sheet.cells.get(at)) == mark), None) for sheet in raw.sheets)
    marked = [(sheet, *corner) for sheet, corner in zip(raw.sheets, corners, strict=True) if corner is not None]
    if not marked:
        return make("EDIT_FILE_UNKNOWN", sheet=raw.sheets[0].name if raw.sheets else "")
    changed: list[_EditedCell] = []
    places: dict[CellKey, tuple[str, str]] = {}
    findings: list[Finding] = []
    for sheet, top, left in marked:
        columns = {_said(cell): col for (row, col), cell in sheet.cells.items() if row == top and col != left}
        keys = {row: _said(cell) for (row, col), cell in sheet.cells.items() if col == left and row != top}
        for number, key in sorted(keys.items()):
            line = {name: (a1(number, col), sheet.cells.get((number, col))) for name, col in columns.items()}
            edited, editable = _read_line(sheet.name, key.split("|"), line)
            changed += edited
            places |= editable
        known_rows, known_columns = {top, *keys}, {left, *columns.values()}
        for (row, col), cell in sorted(sheet.cells.items()):
            if (row not in known_rows or col not in known_columns) and cell_text(cell).strip():
                text, at = short(cell_text(cell)), a1(row, col)
                findings.append(make("EDIT_OUTSIDE", words={"value": text}, sheet=sheet.name, cell=at, value=text))
                break  # the first of the sheet tells it
    own = {sheet.name for sheet, _, _ in marked}
    for other in raw.sheets:
        if other.name not in own and other.visible and other.cells:
            findings.append(make("EDIT_OUTSIDE", words={"value": other.name}, sheet=other.name, value=other.name))
    return _EditBookContent(tuple(changed), places, tuple(findings))


def _said(cell: RawCell | None) -> str:
    return clean(cell_text(cell))


def _read_line(
    sheet: str, key: Sequence[str], line: Mapping[str, tuple[str, RawCell | None]]
) -> tuple[list[_EditedCell], dict[CellKey, tuple[str, str]]]:
    """The cells of a line that hold something else than what was written, with who and why alone those with an edit;
    and where those stand that may be edited.

    Three parts of the key name a row of a unit's report; four, in workbooks written before 2026-11-26, one cell of it.
    `line`: address and content of each column.
    """
    cells = {column: cell for column, (_, cell) in line.items()}
    fields = {column.removeprefix(CELL): column for column in line if column.startswith(CELL) and len(key) == 3}
    if len(key) == 4:
        fields = {key[3]: "entry"}
    if not fields:
        return [], {}
    unit, table, row = key[:3]

    def edited(name: str, base: int) -> _EditedCell:
        at = {**{word: word for word in WHO_AND_WHY}, "entry": fields.get(name, "reason")}
        held = {word: cell for word, column in at.items() if (cell := cells.get(column)) is not None and _said(cell)}
        if not name:
            held.pop("entry", None)
        addresses = {word: line[column][0] if column in line else "" for word, column in at.items()}
        return _EditedCell((unit, table, row, name), base, sheet, held, addresses)

    places = {(unit, table, row, name): (sheet, line[at][0] if at in line else "") for name, at in fields.items()}
    if len(key) == 4:
        base = _said(cells.get("base"))
        return [edited(key[3], int(base) if base.isdigit() else 0)], places
    bases = dict(re.findall(r"(\w+)=(\d+)", _said(cells.get(BASES))))
    each = {name: edited(name, int(bases.get(name, 0))) for name in fields}
    changed = [cell for name, cell in each.items() if not _alike(cells[CELL + name], cells.get(WRITTEN + name))]
    if changed or not any(_said(cells.get(name)) for name in WHO_AND_WHY):
        return [attrs.evolve(cell, emptied="entry" not in cell.cells and not cell.base) for cell in changed], places
    return [cell for cell in each.values() if cell.base] or [edited("", 0)], places


def _alike(cell: RawCell | None, other: RawCell | None) -> bool:
    """Two cells hold the same, letter by letter."""
    one, two = (_raw(item) for item in (cell, other))
    return _said(cell) == _said(other) or (one is not None and one == two)  # an error has no value, but a name


def _raw(cell: RawCell | None) -> RawValue:
    """The value, a day without its hour."""
    value = cell.value if cell is not None else None
    return value.date() if isinstance(value, dt.datetime) else value


def understand(
    content: _EditBookContent,
    known: Callable[[str], EditedReturn | None],
    made: Sequence[Edit],
    words: Mapping[str, Entry],
    told_before: Collection[tuple[str, str]] = (),
) -> EditsRead:
    """New edits and withdrawals in a workbook, with a finding for each that is not taken over.

    `known` tells of a unit by its code; `made`: every edit of the period, oldest first; `words`: the office's
    catalogue; `told_before`: sheet and cell of what was taken from this very file. A line with an error takes over
    nothing but withdrawals; nor does a row of a unit's report that would break a rule that it did not break before.
    """
    cells = [cell for cell in content.changed if (cell.sheet, cell.places["entry"]) not in told_before]
    said = _taken_over(cells, known, made, words)
    cases = [
        (report, [item for item in said.new if item.unit == unit])
        for unit in dict.fromkeys(item.unit for item in said.new)
        if (report := known(unit)) is not None  # else there are withdrawals alone
    ]
    new, findings, refused = list(said.new), list(said.findings), dict(said.refused)
    by_place = {cell.place: cell for cell in cells}
    # what the rules find wrong with a unit's edits that was not wrong before; of all units in one run
    found = check([_with_edits(case, edits, content.places) for case in cases for edits in ((), case[1])])
    for (_, edits), before, after in zip(cases, found[::2], found[1::2], strict=True):
        old = {(item.code, item.form_cell) for item in before}
        told = reworded([item for item in after if (item.code, item.form_cell) not in old], words)
        findings += told
        wrong = {item.form_cell[:2] for item in told if item.severity == "error"}
        for item in edits:
            if item.place[1:3] in wrong and item in new:
                new.remove(item)
                reasons = (one for one in told if one.form_cell[:2] == item.place[1:3])
                refused[item.place] = by_place[item.place].unrecorded(reasons)
    return EditsRead(tuple(new), tuple(findings), refused)


def _taken_over(
    cells: Sequence[_EditedCell],
    known: Callable[[str], EditedReturn | None],
    made: Sequence[Edit],
    words: Mapping[str, Entry],
) -> EditsRead:
    """What each cell says by itself."""
    by_id, newest = {item.id: item for item in made}, {item.new.place: item for item in made}
    held = {place: item for place, item in newest.items() if item.new.kind != "withdrawn"}
    lines: dict[CellKey, list[_EditedCell]] = {}
    for cell in cells:
        lines.setdefault(cell.place, []).append(cell)
    new: list[NewEdit] = []
    findings: dict[tuple[str, str, str], Finding] = {}
    wrong: dict[tuple[str, ...], list[Finding]] = {}
    for place, (first, *others) in lines.items():
        edit = None
        if any([first.text(name) for name in _ENTRIES] != [other.text(name) for name in _ENTRIES] for other in others):
            # nobody knows which one counts; of lines that say the same the first one does
            told = [_finding(cell, "ROW_DUPLICATE", words={"row": place[2]}) for cell in (first, *others)]
        else:
            unit = None if place[1] == OFFICE else known(place[0])
            edit, told = _judged(first, unit, held.get(place), by_id.get(first.base), words)
        for item in reworded(told, words):
            findings.setdefault((item.code, item.sheet, item.cell), item)
            if item.severity == "error":
                wrong.setdefault(place[:3], []).append(item)
        if edit is not None:
            new.append(edit)
    good = tuple(item for item in new if item.kind == "withdrawn" or item.place[:3] not in wrong)
    taken = {item.place for item in good}
    refused = {
        place: first.unrecorded(wrong[place[:3]])
        for place, (first, *_) in lines.items()
        if place[:3] in wrong and place not in taken
    }
    return EditsRead(good, tuple(findings.values()), refused)


def _judged(
    line: _EditedCell, known: EditedReturn | None, held: Edit | None, base: Edit | None, words: Mapping[str, Entry]
) -> tuple[NewEdit | None, list[Finding]]:
    if line.place[1] == OFFICE:
        return _office_words(line, held, base)
    if "entry" not in line.cells:
        if base is not None:
            return _withdrawn(line, held if held == base else None), []
        return None, ([_blank(line, "entry")] if line.cells or line.emptied else [])
    standing = base or held
    if standing is not None and _unchanged(line, standing, _same(line.cells["entry"], standing)):
        return None, []
    cell = known.field(line.place) if known is not None else None
    if known is None or cell is None:
        return None, [_finding(line, "EDIT_CELL_UNKNOWN", value=line.text("entry"))]
    value, typed, told = _converted(line, known.form, *cell, words)
    value, told = _number_alone(line, known, cell[0], value, told)
    own = known.own.get(line.place[1:])
    if value is not None and standing is not None and _unchanged(line, standing, value == standing.new.value):
        return None, []
    if value is None and not told:  # a placeholder
        told.append(_blank(line, "entry"))
    told += [_blank(line, name) for name in WHO_AND_WHY if name not in line.cells]
    kind = _kind(line)
    if kind is None and "kind" in line.cells:
        choices = "; ".join(EDIT_KINDS.values())
        filled = {"field": WHO_AND_WHY["kind"], "value": line.text("kind"), "choices": choices}
        told.append(_finding(line, "NOT_IN_LIST", "kind", words=filled))
    if kind == "wording" and cell[0].kind(cell[1]) != "text":
        told.append(_finding(line, "EDIT_WORDING_OF_FIGURE", words={"field": cell[0].title}))
    if any(item.severity == "error" for item in told) or kind is None or value is None:
        return None, told
    if own is not None and own.value == value:
        return _withdrawn(line, held), [*told, _finding(line, "EDIT_CHANGES_NOTHING", value=own.typed)]
    return _edit(line, own, kind, typed, value), told


def _office_words(line: _EditedCell, held: Edit | None, base: Edit | None) -> tuple[NewEdit | None, list[Finding]]:
    """The office's own words in the document: who and why may be left blank."""
    text = line.text("entry")
    if not text:
        return _withdrawn(line, held if held == base else None), []
    standing = base or held
    if standing is not None and standing.new.typed == text:
        return None, []
    if line.place[2] not in OFFICE_TEXTS:
        return None, [_finding(line, "EDIT_CELL_UNKNOWN", value=text)]
    if len(text) > OFFICE_FIELD.max_length:
        words = {"field": OFFICE_FIELD.title, "count": len(text), "limit": OFFICE_FIELD.max_length}
        return None, [_finding(line, "TEXT_TOO_LONG", words=words)]
    return _edit(line, None, "wording", text, text), []


def _withdrawn(line: _EditedCell, held: Edit | None) -> NewEdit | None:
    """The end of the edit that holds; who and why may be left blank then."""
    if held is None:
        return None
    return attrs.evolve(_edit(line), before=held.new.before, before_value=held.new.before_value)


def _edit(
    line: _EditedCell,
    own: Value | None = None,
    kind: EditKind = "withdrawn",
    typed: str = "",
    value: CellValue = None,
) -> NewEdit:
    """`own`: what the unit typed there."""
    before, meant = (own.typed, own.value) if own is not None else ("", None)
    author, reason, cell = line.text("author"), line.text("reason"), line.places.get("entry", "")
    return NewEdit(*line.place, kind, typed, value, before, author, reason, line.sheet, cell, meant)


def _same(cell: RawCell, edit: Edit) -> bool:
    """The entry cell holds what the edit put there, as far as can be told without knowing what the cell is for."""
    return _raw(cell) == edit.new.value or _said(cell) == clean(edit.new.typed)


def _unchanged(line: _EditedCell, edit: Edit, same: bool) -> bool:
    """The line says what the edit says; who and why are asked again only where something is changed."""
    new = edit.new
    if not any(name in line.cells for name in WHO_AND_WHY):
        return same
    return same and _kind(line) == new.kind and line.says("author", new.author) and line.says("reason", new.reason)


def _kind(line: _EditedCell) -> EditKind | None:
    said = fold(line.text("kind"))
    return next((code for code, title in EDIT_KINDS.items() if fold(title) == said), None)


def _converted(
    line: _EditedCell, form: Form, item: Field, facts: Facts, own: Mapping[str, Entry]
) -> tuple[CellValue, str, list[Finding]]:
    """The value of the entry cell, typed as on return, what was typed, and its errors."""
    converted = convert(line.cells["entry"], item, facts, form.schema.lists)
    base = {"field": item.title, "hint": item.hint, "example": item.example}
    told = []
    for code, words in converted.findings:
        overrides = {"message": words["message"]} if "message" in words else {}
        told.append(_finding(line, code, words={**base, **words}, value=converted.typed, **overrides))
    asked = [item for item in reworded(told, own) if item.severity in ("error", "warning")]
    return converted.value, converted.typed, asked


def _number_alone(
    line: _EditedCell, known: EditedReturn, item: Field, value: CellValue, told: list[Finding]
) -> tuple[CellValue, list[Finding]]:
    """A document's number without its day, which has a cell of its own here: another day than that is told."""
    day = next((part for part in known.form.schema.table(line.place[1]).parts_within(item.name)), None)
    read = read_citation(value) if isinstance(value, str) else Citation()
    if day is None or day.type != "date" or read.day is None:
        return value, told
    own = known.own.get((*line.place[1:3], day.name))
    if own is not None and own.value == read.day:
        return read.number or None, told
    message = f"«{item.title}» ghi cả ngày; ở đây ngày của văn bản ghi ở ô «{day.title}»."
    fix = f"Chỉ ghi số, ký hiệu ở ô này, ghi ngày ở ô «{day.title}»."
    return None, [*told, _finding(line, "VALUE_UNREADABLE", message=message, fix=fix)]


_ENTRY_HEAD = "Nội dung biên tập"
_ASKED = {
    "entry": "nội dung thay cho nội dung của đơn vị",
    "kind": "chọn trong danh sách",
    "author": "họ và tên",
    "reason": "vì sao sửa, theo ai",
}


def _blank(line: _EditedCell, name: str) -> Finding:
    words = {"field": WHO_AND_WHY.get(name, _ENTRY_HEAD), "hint": _ASKED[name], "example": _ASKED[name]}
    return _finding(line, "REQUIRED_BLANK", name, words=words)


def _finding(line: _EditedCell, code: str, column: str = "entry", **places: object) -> Finding:
    """A finding at one of the line's entry cells."""
    places.setdefault("value", line.text(column))
    row = {"table": line.place[1], "task": line.place[2], "field": line.place[3]}
    return make(code, sheet=line.sheet, cell=line.places.get(column, ""), **row, **places)  # type: ignore[arg-type]


_Case = tuple[EditedReturn, Sequence[NewEdit]]
"""A unit's return, and its new edits."""


def _with_edits(case: _Case, new: Sequence[NewEdit], places: Mapping[CellKey, tuple[str, str]]) -> Return:
    """The unit's report with its edits, of the rows that are edited now.

    Every cell of them stands in its line of bien-tap.xlsx, else where the edited cell of the row stands.
    """
    known, edited = case
    cells = dict(known.own)
    for edit in (*known.edits, *new):
        cell = edit.place[1:]
        if edit.kind != "withdrawn":
            cells.pop(cell, None)
            cells[cell] = Value(*cell, edit.typed, edit.value, edit.sheet, edit.cell)
        elif cell in known.own:
            cells[cell] = known.own[cell]
        else:
            cells.pop(cell, None)
    where: dict[FormCell, tuple[str, str]] = {}
    for edit in edited:
        for item in known.form.schema.table(edit.table).fields:
            cell = (edit.table, edit.key, item.name)
            where.setdefault(cell, places.get((edit.unit, *cell), (edit.sheet, edit.cell)))
    return Return(known.source, known.form, tuple(cells.values()), (), where)
