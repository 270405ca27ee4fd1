"""What the office typed into bien-tap.xlsx: found by the hidden keys, then judged by the rules of the form; pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import attrs
from attrs import field, frozen

from nq57xl.edits.book import ENTRIES, HEADS
from nq57xl.edits.lines import OFFICE_FIELD, OFFICE_TEXTS
from nq57xl.forms.model import Form
from nq57xl.forms.values import FormCell, Source, Value
from nq57xl.ledger.model import CellKey, Edit, EditKind, NewEdit
from nq57xl.results.edited import OFFICE
from nq57xl.results.wording import EDIT_KINDS
from nq57xl.returns.check import check
from nq57xl.returns.convert import convert
from nq57xl.returns.model import Return
from nq57xl.rules.findings import Entry, Finding, make, reworded
from nq57xl.rules.schema import CellValue, Facts, Field
from nq57xl.text.addresses import a1
from nq57xl.text.legacy import clean, fold
from nq57xl.xlsx.cells import RawCell, RawSheet, RawWorkbook, cell_text, readable, short

_SEARCHED_ROWS, _SEARCHED_COLUMNS = 60, 60
"""The mark stands in the corner; people insert a few rows or columns above or before it."""


@frozen
class EditedLine:
    """One line as it stands in the workbook."""

    place: CellKey
    base: int
    """Id of the edit that stood in the line when it was written; 0 for none."""
    sheet: str
    cells: Mapping[str, RawCell]
    """Entry cells that hold something, by column."""
    places: Mapping[str, str]
    """A1 addresses of the entry cells by column."""

    def text(self, name: str) -> str:
        """What stands in one of them."""
        return clean(readable(self.cells.get(name)))

    def says(self, name: str, text: str) -> bool:
        """One of them holds that text, read as Unicode or as the legacy charset that it may look like."""
        return text in (self.text(name), clean(cell_text(self.cells.get(name))))


@frozen
class EditBookContent:
    """A whole workbook as read."""

    lines: tuple[EditedLine, ...]
    findings: tuple[Finding, ...] = ()
    """What stands beside the entry cells: it would be lost if the workbook were written anew."""


@frozen
class EditedReturn:
    """What is known of a line's cell."""

    form: Form
    """That the unit answered."""
    own: Mapping[FormCell, Value]
    """Cells of its counting return by (table, row key, field), as the unit typed them."""

    def field(self, place: CellKey) -> tuple[Field, Facts] | None:
        """Definition and facts of the cell; None when the form has no such cell."""
        _, name, key, wanted = place
        schema = self.form.schema
        table = next((item for item in schema.tables if item.name == name), None)
        found = next((item for item in table.fields if item.name == wanted), None) if table else None
        issued = self.form.table(name)
        if found is None or issued is None:
            return None
        row = next((item for item in issued.rows if item.key == key and item.open), None)
        if row is None and not any(place[:2] == (name, key) for place in self.own):
            return None
        return found, (row or issued.rows[0]).facts


@frozen
class RefusedLine:
    """A line that could not be taken over."""

    line: EditedLine
    findings: tuple[Finding, ...]
    """Why."""


@frozen
class EditsRead:
    """What one workbook says."""

    new: tuple[NewEdit, ...]
    findings: tuple[Finding, ...]
    refused: Mapping[CellKey, RefusedLine] = field(factory=dict)


def read_lines(raw: RawWorkbook, mark: str) -> EditBookContent | Finding:
    """The lines of a workbook with that mark; a finding when it is none."""
    for sheet in raw.sheets:
        for row in range(_SEARCHED_ROWS):
            for column in range(_SEARCHED_COLUMNS):
                if clean(cell_text(sheet.cells.get((row, column)))) == mark:
                    return _lines(raw, sheet, row, column)
    return make("EDIT_FILE_UNKNOWN", sheet=raw.sheets[0].name if raw.sheets else "")


def _lines(raw: RawWorkbook, sheet: RawSheet, top: int, left: int) -> EditBookContent:
    columns = {
        text: column
        for (row, column), cell in sheet.cells.items()
        if row == top and ((text := clean(cell_text(cell))) in HEADS or text == "base")
    }
    keys = {row: clean(cell_text(cell)) for (row, column), cell in sheet.cells.items() if column == left and row != top}
    lines = []
    for row, key in sorted(keys.items()):
        parts = key.split("|")
        if len(parts) != 4:
            continue
        cells = {name: sheet.cells[row, col] for name, col in columns.items() if (row, col) in sheet.cells}
        base = clean(cell_text(cells.get("base")))
        lines.append(
            EditedLine(
                place=(parts[0], parts[1], parts[2], parts[3]),
                base=int(base) if base.isdigit() else 0,
                sheet=sheet.name,
                cells={name: cell for name, cell in cells.items() if name in ENTRIES and cell_text(cell).strip()},
                places={name: a1(row, columns[name]) for name in ENTRIES if name in columns},
            )
        )
    return EditBookContent(tuple(lines), tuple(_beside(raw, sheet, {top, *keys}, {left, *columns.values()})))


def _beside(raw: RawWorkbook, sheet: RawSheet, rows: set[int], columns: set[int]) -> Iterator[Finding]:
    """Texts in rows or columns of the office's own, and sheets of its own: one finding for each sheet."""
    for (row, column), cell in sorted(sheet.cells.items()):
        if (row not in rows or column not in columns) and cell_text(cell).strip():
            text = short(cell_text(cell))
            yield make("EDIT_OUTSIDE", words={"value": text}, sheet=sheet.name, cell=a1(row, column), value=text)
            break
    for other in raw.sheets:
        if other is not sheet and other.visible and other.cells:
            yield make("EDIT_OUTSIDE", words={"value": other.name}, sheet=other.name, value=other.name)


def understand(
    lines: Sequence[EditedLine],
    known: Callable[[str], EditedReturn | None],
    held: Mapping[CellKey, Edit],
    made: Mapping[int, Edit],
    words: Mapping[str, Entry],
) -> EditsRead:
    """New edits and withdrawals among the lines, with a finding for each line that is not taken over.

    `known` tells of a unit by its code; `held`: edits that hold; `made`: every edit of the period by its id;
    `words`: the office's catalogue.
    """
    new: list[NewEdit] = []
    findings: list[Finding] = []
    refused: dict[CellKey, RefusedLine] = {}
    twice = _twice(lines)
    # of lines that say the same the first one counts
    once = {line.place: line for line in reversed(lines)}
    for line in lines:
        if line is not once[line.place] and line.place not in twice:
            continue
        if line.place in twice:
            edit, told = None, [_finding(line, "ROW_DUPLICATE", words={"row": line.place[2]})]
        else:
            unit = None if line.place[1] == OFFICE else known(line.place[0])
            edit, told = _judged(line, unit, held.get(line.place), made.get(line.base), words)
        told = list(reworded(told, words))
        findings += told
        if edit is not None:
            new.append(edit)
        elif any(item.severity == "error" for item in told):
            refused[line.place] = RefusedLine(line, tuple(told))
    return EditsRead(tuple(new), tuple(findings), refused)


def _twice(lines: Sequence[EditedLine]) -> set[CellKey]:
    """Cells with several lines that say different things: nobody knows which one counts."""
    said: dict[CellKey, set[tuple[str, ...]]] = {}
    for line in lines:
        said.setdefault(line.place, set()).add(tuple(line.text(name) for name in ENTRIES))
    return {place for place, contents in said.items() if len(contents) > 1}


def _judged(
    line: EditedLine, known: EditedReturn | None, held: Edit | None, base: Edit | None, words: Mapping[str, Entry]
) -> tuple[NewEdit | None, list[Finding]]:
    if line.place[1] == OFFICE:
        return _office_words(line, held, base)
    if "entry" not in line.cells:
        if base is not None:
            return (_withdrawn(line, held) if held is not None and held.id == base.id else None), []
        return None, ([_blank(line, "entry")] if line.cells else [])
    standing = base or held
    if standing is not None and _unchanged(line, standing, _same(line.cells["entry"], standing)):
        return None, []
    cell = known.field(line.place) if known is not None else None
    if known is None or cell is None:
        return None, [_finding(line, "EDIT_CELL_UNKNOWN", value=line.text("entry"))]
    value, typed, told = _converted(line, known.form, *cell, words)
    own = known.own.get(line.place[1:])
    if value is not None and standing is not None and _unchanged(line, standing, value == standing.new.value):
        return None, []
    told += [_blank(line, name) for name in ENTRIES[1:] if name not in line.cells]
    kind = _kind(line)
    if kind is None and "kind" in line.cells:
        choices = "; ".join(EDIT_KINDS.values())
        filled = {"field": HEADS["kind"], "value": line.text("kind"), "choices": choices}
        told.append(_finding(line, "NOT_IN_LIST", "kind", words=filled))
    if kind == "wording" and cell[0].kind(cell[1]) != "text":
        told.append(_finding(line, "EDIT_WORDING_OF_FIGURE", words={"field": cell[0].title}))
    if any(item.severity == "error" for item in told) or kind is None or value is None:
        return None, told
    if own is not None and own.value == value:
        withdrawn = _withdrawn(line, held) if held is not None else None
        return withdrawn, [*told, _finding(line, "EDIT_CHANGES_NOTHING", value=own.typed)]
    edit = _withdrawn(line, None)
    return attrs.evolve(
        edit,
        kind=kind,
        typed=typed,
        value=value,
        before=own.typed if own else "",
        before_value=own.value if own else None,
    ), told


def _office_words(line: EditedLine, held: Edit | None, base: Edit | None) -> tuple[NewEdit | None, list[Finding]]:
    """The office's own words in the document: who and why may be left blank."""
    text = line.text("entry")
    if not text:
        withdrawn = held is not None and base is not None and held.id == base.id
        return (_withdrawn(line, held) if withdrawn else None), []
    standing = base or held
    if standing is not None and standing.new.typed == text:
        return None, []
    if line.place[2] not in OFFICE_TEXTS:
        return None, [_finding(line, "EDIT_CELL_UNKNOWN", value=text)]
    if len(text) > OFFICE_FIELD.max_length:
        words = {"field": OFFICE_FIELD.title, "count": len(text), "limit": OFFICE_FIELD.max_length}
        return None, [_finding(line, "TEXT_TOO_LONG", words=words)]
    return attrs.evolve(_withdrawn(line, None), kind="wording", typed=text, value=text), []


def _withdrawn(line: EditedLine, held: Edit | None) -> NewEdit:
    """The end of an edit; who and why may be left blank then."""
    return NewEdit(
        *line.place,
        kind="withdrawn",
        typed="",
        value=None,
        before=held.new.before if held else "",
        before_value=held.new.before_value if held else None,
        author=line.text("author"),
        reason=line.text("reason"),
        sheet=line.sheet,
        cell=line.places.get("entry", ""),
    )


def _same(cell: RawCell, edit: Edit) -> bool:
    """The entry cell holds what the edit put there, as far as can be told without knowing what the cell is for."""
    raw = cell.value.date() if isinstance(cell.value, dt.datetime) else cell.value
    return raw == edit.new.value or fold(cell_text(cell)) == fold(edit.new.typed)


def _unchanged(line: EditedLine, edit: Edit, same: bool) -> bool:
    """The line says what the edit says."""
    new = edit.new
    return same and _kind(line) == new.kind and line.says("author", new.author) and line.says("reason", new.reason)


def _kind(line: EditedLine) -> EditKind | None:
    said = fold(line.text("kind"))
    return next((code for code, title in EDIT_KINDS.items() if fold(title) == said), None)


def _converted(
    line: EditedLine, form: Form, item: Field, facts: Facts, own: Mapping[str, Entry]
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


def _blank(line: EditedLine, name: str) -> Finding:
    hints = {"entry": "nội dung thay cho nội dung của đơn vị", "kind": "chọn trong danh sách", "author": "họ và tên"}
    words = {"field": HEADS[name], "hint": hints.get(name, "vì sao sửa, theo ai")}
    return _finding(line, "REQUIRED_BLANK", name, words=words)


def _finding(line: EditedLine, code: str, column: str = "entry", **places: object) -> Finding:
    """A finding at one of the line's entry cells."""
    places.setdefault("value", line.text(column))
    row = {"table": line.place[1], "task": line.place[2], "field": line.place[3]}
    return make(code, sheet=line.sheet, cell=line.places.get(column, ""), **row, **places)  # type: ignore[arg-type]


@frozen
class UnitEdits:
    """One unit's new edits."""

    known: EditedReturn
    source: Source
    """The return that counts."""
    held: tuple[Edit, ...]
    """Edits that hold already."""
    new: tuple[NewEdit, ...]


def judge_edits(cases: Sequence[UnitEdits], places: Mapping[CellKey, tuple[str, str]]) -> list[tuple[Finding, ...]]:
    """For each case what the rules find wrong with its edits that was not wrong before.

    `places`: sheet and cell of every line in bien-tap.xlsx. All cases are judged in one run.
    """
    found = check([_with_edits(case, new, places) for case in cases for new in ((), case.new)])
    results = []
    for before, after in zip(found[::2], found[1::2], strict=True):
        old = {(item.code, item.table, item.task, item.field) for item in before}
        results.append(tuple(item for item in after if (item.code, item.table, item.task, item.field) not in old))
    return results


def _with_edits(case: UnitEdits, new: Iterable[NewEdit], places: Mapping[CellKey, tuple[str, str]]) -> Return:
    """The unit's report with its edits, of the rows that are edited now."""
    cells: dict[FormCell, Value] = dict(case.known.own)
    for edit in (*(item.new for item in case.held), *new):
        cells.pop(edit.place[1:], None)
        if edit.kind != "withdrawn":
            cells[edit.place[1:]] = Value(
                edit.table, edit.key, edit.field, edit.typed, edit.value, edit.sheet, edit.cell
            )
        elif edit.place[1:] in case.known.own:
            cells[edit.place[1:]] = case.known.own[edit.place[1:]]
    where = _places(case, places)
    return Return(case.source, case.known.form, tuple(cells.values()), (), where)


def _places(case: UnitEdits, places: Mapping[CellKey, tuple[str, str]]) -> dict[FormCell, tuple[str, str]]:
    """Every cell of the rows that are edited now: its line in bien-tap.xlsx, else the edited cell of the row."""
    found: dict[FormCell, tuple[str, str]] = {}
    for edit in case.new:
        for item in case.known.form.schema.table(edit.table).fields:
            cell = (edit.table, edit.key, item.name)
            found.setdefault(cell, places.get((edit.unit, *cell), (edit.sheet, edit.cell)))
    return found
