"""Which issued form a workbook is, by texts in its cells, never by names of sheets or files.

Also which of its sheets is which of the form's, and where their rows and columns stand now."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from attrs import define, field, frozen

from nq57xl.forms.layout import layout
from nq57xl.forms.marks import ASKED_SHEET
from nq57xl.forms.model import Form, SheetLayout, Slot
from nq57xl.rules.findings import Finding, make
from nq57xl.text.legacy import clean, fold, one_line
from nq57xl.xlsx.cells import RawCell, RawSheet, RawWorkbook, cell_text, readable

_MARKER = re.compile(r"NQ57\|([0-9a-f]{4,32})\|([A-Za-z_][A-Za-z0-9_-]*)")
_CORNER_ROWS, _CORNER_COLUMNS = 60, 30
"""How far from A1 the marker is looked for: rows and columns may have been inserted before it."""

_META = "_meta"
FIX_SHEET = "fix"
"""Id of the first sheet of a form that was sent back: links, and what a person confirms."""


@frozen
class Marker:
    """The text in the corner of every sheet of a form, and the keys of rows and columns that stand in line with it."""

    raw: RawSheet
    """The sheet that it stands in."""
    short_id: str
    sheet: str
    """Sheet id."""
    row: int = 0
    column: int = 0

    @cached_property
    def columns(self) -> dict[int, str]:
        """Column -> its key."""
        return {
            column: clean(cell_text(cell))
            for (row, column), cell in self.raw.cells.items()
            if row == self.row and column != self.column
        }

    @cached_property
    def rows(self) -> dict[int, str]:
        """Row -> its key, downwards."""
        return {
            row: clean(cell_text(cell))
            for (row, column), cell in sorted(self.raw.cells.items())
            if column == self.column and row != self.row
        }


@frozen
class Identity:
    """What a workbook says of itself; the ledger decides whether it is true."""

    issue_id: str | None
    short_id: str | None
    period: str
    """"" when only the short id is left, as what follows."""
    unit: str
    plan_id: str = ""
    plan_version: str = ""

    def differing_carriers(self, form: Form) -> Iterator[Finding]:
        """Tells what the hidden carriers say otherwise than the form that they led to."""
        carriers = (
            ("mã biểu mẫu", self.issue_id or "", form.issue_id),
            ("mã ngắn", self.short_id or "", form.short_id),
            ("đơn vị", self.unit, form.unit),
            ("kỳ", self.period, form.period.code),
        )
        wrong = [
            f"{name} ghi «{said}», đúng là «{own}»" for name, said, own in carriers if fold(said) not in ("", fold(own))
        ]
        if wrong:
            yield make("IDENTITY_DIFFERS", words={"value": "; ".join(wrong)}, value="; ".join(wrong))


PERIOD_WORDS = "Kỳ báo cáo:"


def marker_of(sheet: RawSheet) -> Marker | None:
    """The marker of a sheet: the one nearest to its top left corner."""
    if marker := _marker_at(sheet, (0, 0)):
        return marker  # as nearly always
    places = sorted(place for place in sheet.cells if place[0] < _CORNER_ROWS and place[1] < _CORNER_COLUMNS)
    return next(filter(None, (_marker_at(sheet, place) for place in places)), None)


def _marker_at(sheet: RawSheet, place: tuple[int, int]) -> Marker | None:
    cell = sheet.cells.get(place)
    text = cell.value if cell is not None else None
    match = _MARKER.fullmatch(text.strip()) if isinstance(text, str) else None
    return Marker(sheet, match[1], match[2], *place) if match else None


def identify(raw: RawWorkbook) -> Identity | None:
    """The identity that the workbook's cells carry; None when there is none."""
    markers = [marker for sheet in raw.sheets if (marker := marker_of(sheet)) is not None]
    counts = Counter(marker.short_id for marker in markers)
    short_id = counts.most_common(1)[0][0] if counts else None
    for marker in markers:
        if marker.sheet == _META:
            cells, column = marker.raw.cells, marker.column + 1
            facts = {one_line(key): one_line(cell_text(cells.get((row, column)))) for row, key in marker.rows.items()}
            if issue_id := facts.get("issue_id", "").lower():
                told = [facts.get(name, "") for name in ("period", "unit", "plan_id", "plan_version")]
                return Identity(issue_id, facts.get("short_id") or short_id, *told)
    return Identity(None, short_id, "", "") if short_id else None


_LIKELY = 0.6
"""Share below which nothing is said to be recognised."""
_TELLING = 8
"""Letters of a text that tells something: numbers and units of measure stand in every form."""


def recognise(raw: RawWorkbook, forms: Sequence[Form]) -> tuple[Form, Finding] | None:
    """The one of the issued forms whose line of unit and period stands in the workbook, with most of its plan texts.

    Beside it how sure that is: a missing identity is an error (contract.md 3.4), what was typed goes back to be
    confirmed. None while two could be meant or none is: another month's form has other dates in that line.
    """
    there = {fold(readable(cell)) for sheet in raw.sheets for cell in sheet.cells.values()}
    # the unit's name first: the texts of a form are laid out anew, which is dear for a hundred of them
    likely = [form for form in forms if any(text.startswith(fold(f"{form.unit_name}.")) for text in there)]
    named = [form for form in likely if _lines(form) & there]
    if len(named) != 1:
        return None
    texts = {fold(slot.text) for slot in _texts(named[0]) if "|" in slot.row_key and len(slot.text) >= _TELLING}
    share = len(texts & there) / len(texts) if texts else 0.0
    words = {"unit": named[0].unit_name, "share": f"{share:.0%}"}
    return (named[0], make("RECOGNISED_BY_CONTENT", words=words)) if share >= _LIKELY else None


def _lines(form: Form) -> set[str]:
    """The lines that name unit and period above the tables."""
    return {
        fold(slot.text)
        for slot in _texts(form)
        if slot.row_key.startswith("@") and slot.text.startswith(f"{form.unit_name}. ")
    }


def _texts(form: Form) -> Iterator[Slot]:
    for sheet in layout(form):
        if not sheet.hidden and sheet.id != "guide":
            yield from (slot for slot in sheet.slots if slot.role == "text" and slot.text)


# --- sheets, rows and columns -----------------------------------------------------------------------------------------

_ENOUGH = 0.5
"""Share of a line's locked texts that must stand in a row or column without a key before it is taken for that line; of
a sheet's texts, before a sheet without a marker is taken for it."""
_KEY_SEARCH = 60
"""How many of the first rows and columns may hold the keys."""
_TEXTS_OF_ROW = 2
"""A row is told by at least so many locked texts; the number of a free row alone tells nothing."""
_NUMBER_LETTERS = 3
"""Locked texts of a row that are no longer than this in all are but its number."""
HEAD = "@head"


def same_text(left: str, right: str) -> bool:
    """The two texts say the same: programs change line ends and Unicode forms without anybody's doing."""
    return left == right or clean(left) == clean(right)


@define
class Alignment:
    """The places of an issued sheet's lines in the sheet that came back; all numbers 0-based."""

    sheet: SheetLayout
    """As issued."""
    raw: RawSheet
    """As it came back."""
    key_row: int | None = None
    """Row with the column keys; None when it is gone."""
    key_column: int | None = None
    rows: dict[int, int] = field(factory=dict)
    """Issued row -> row in the file."""
    columns: dict[int, int] = field(factory=dict)
    repeats: dict[int, list[int]] = field(factory=dict)
    """Issued row -> further rows in the file with the same key."""
    copies: dict[int, list[int]] = field(factory=dict)
    """Issued column -> further columns in the file with its key, or with its heading and no key of another column."""
    shares: dict[int, float] = field(factory=dict)
    """Issued rows that were found without their key: how much of their locked texts stands there, 0 to 1."""
    as_issued: bool = False
    """Nothing but entry cells may differ from what was issued: every locked text and formula is at its place, and
    nothing stands beside the cells of the form."""

    def place(self, slot: Slot) -> tuple[int, int] | None:
        """Where the slot's cell stands in the file; None when its row or column is gone."""
        row = self.key_row if slot.row == 0 else self.rows.get(slot.row)
        column = self.key_column if slot.col == 0 else self.columns.get(slot.col)
        return None if row is None or column is None else (row, column)

    def cell(self, slot: Slot) -> RawCell | None:
        """What stands there."""
        place = self.place(slot)
        return None if place is None else self.raw.cells.get(place)

    def slots_of(self, row: int) -> list[Slot]:
        """The issued cells of a row, by its issued number."""
        return [slot for slot in self.sheet.slots if slot.row == row]

    def texts_of(self, row: int) -> str:
        """The locked texts of a row, by its issued number, in one line."""
        return " ".join(slot.text for slot in self.slots_of(row) if slot.role == "text" and slot.text)


def align_sheets(
    layouts: Sequence[SheetLayout], raws: Sequence[RawSheet], short_id: str
) -> tuple[dict[str, list[Alignment]], list[RawSheet]]:
    """By sheet id the sheets of the file that are that sheet, more than one when the unit copied it; and those that are
    not the form's. A sheet with another form's marker is none of it, whatever its name.
    """
    found: dict[str, list[RawSheet]] = {}
    extra: list[RawSheet] = []
    known = {sheet.id for sheet in layouts}
    unmarked: list[RawSheet] = []
    for raw in raws:
        marker = marker_of(raw)
        if marker is None:
            unmarked.append(raw)
        elif marker.short_id == short_id and marker.sheet in known:
            found.setdefault(marker.sheet, []).append(raw)
        elif marker.sheet not in (FIX_SHEET, ASKED_SHEET):
            extra.append(raw)
    by_content = _by_content([sheet for sheet in layouts if sheet.id not in found], unmarked)
    taken = set(map(id, by_content.values()))
    found |= {name: [raw] for name, raw in by_content.items()}
    aligned = {sheet.id: [_align(sheet, raw) for raw in found[sheet.id]] for sheet in layouts if sheet.id in found}
    return aligned, extra + [raw for raw in unmarked if id(raw) not in taken]


def _by_content(missing: Sequence[SheetLayout], unmarked: Sequence[RawSheet]) -> dict[str, RawSheet]:
    """For each missing sheet the unmarked one with most of its locked texts, each used once."""
    texts = [{clean(readable(cell)) for cell in raw.cells.values()} for raw in unmarked]
    scored = sorted(
        (-_sheet_share(sheet, there), sheet.title != raw.name, number, order)
        for number, sheet in enumerate(missing)
        for order, (raw, there) in enumerate(zip(unmarked, texts, strict=True))
    )
    taken: set[int] = set()
    chosen: dict[str, RawSheet] = {}
    for score, _, number, order in scored:
        if -score >= _ENOUGH and order not in taken and missing[number].id not in chosen:
            chosen[missing[number].id] = unmarked[order]
            taken.add(order)
    return chosen


def _sheet_share(sheet: SheetLayout, there: set[str]) -> float:
    """How much of the sheet's plan texts, or of its keys, is there: either may be gone altogether."""
    issued = [{clean(slot.text) for slot in sheet.slots if slot.role == role and slot.text} for role in ("text", "key")]
    return max(len(texts & there) / len(texts) if texts else 0.0 for texts in issued)


def _align(sheet: SheetLayout, raw: RawSheet) -> Alignment:
    """Finds every issued row and column in the sheet that came back."""
    if _is_as_issued(sheet, raw):
        return Alignment(sheet, raw, 0, 0, *sheet.lines, as_issued=True)
    return _Aligner(sheet, raw).run()


def _is_as_issued(sheet: SheetLayout, raw: RawSheet) -> bool:
    """Whether everything locked is at its place, as nearly always; then nothing has to be looked for."""
    cells = raw.cells
    for place, text in sheet.locked.items():
        cell = cells.get(place)
        if cell is None:
            return False
        if text is None:
            if cell.formula is None:
                return False
        elif (
            cell.error
            or cell.formula is not None
            or cell.decoded is not None
            or not (cell.value == text or same_text(text, cell_text(cell)))
        ):
            return False
    return len(cells) == len(sheet.locked) + sum(map(cells.__contains__, sheet.entries))


class _Aligner:
    def __init__(self, sheet: SheetLayout, raw: RawSheet) -> None:
        self._texts = {place: text for place, cell in raw.cells.items() if (text := clean(readable(cell)))}
        self._row_keys = {slot.row_key: slot.row for slot in sheet.slots if slot.row_key}
        self._col_keys = {slot.col_key: slot.col for slot in sheet.slots if slot.col_key}
        self._locked: defaultdict[int, dict[int, str]] = defaultdict(dict)
        """Issued row -> issued column -> text."""
        for slot in sheet.slots:
            if slot.role == "text" and slot.text and slot.row and slot.col:
                self._locked[slot.row][slot.col] = clean(slot.text)
        self._head = self._locked.get(self._row_keys.get(HEAD, -1), {})
        self._found = Alignment(sheet, raw)
        self._rows, self._columns = self._found.rows, self._found.columns

    def run(self) -> Alignment:
        """Keys first; then what stands between them, by position and locked texts."""
        self._find_keys()
        self._lines_by_key()
        keyed_columns, keyed_rows = dict(self._columns), dict(self._rows)
        self._rows_sorted_without_keys()
        self._columns_by_text(keyed_columns)
        self._rows_by_text(keyed_rows)
        self._copied_columns()
        return self._found

    def _text(self, row: int, column: int) -> str:
        return self._texts.get((row, column), "")

    @property
    def _head_row(self) -> int:
        """The row of headings in the file; -1 where it is not found."""
        return self._rows.get(self._row_keys.get(HEAD, -1), -1)

    def _find_keys(self) -> None:
        """The row and the column that hold the keys: at the marker, else where most keys stand."""
        marker = marker_of(self._found.raw)
        if marker is not None:
            self._found.key_row, self._found.key_column = marker.row, marker.column
            return
        rows: Counter[int] = Counter()
        columns: Counter[int] = Counter()
        for (row, column), text in self._texts.items():
            rows[row] += row < _KEY_SEARCH and text in self._col_keys
            columns[column] += column < _KEY_SEARCH and text in self._row_keys
        self._found.key_row = _most(rows, len(self._col_keys))
        self._found.key_column = _most(columns, len(self._row_keys))

    def _lines_by_key(self) -> None:
        """Rows, then columns: of several with one key, the first with its own heading."""
        found = self._found
        rows, columns = defaultdict[int, list[int]](list), defaultdict[int, list[int]](list)
        for (row, column), text in sorted(self._texts.items()):
            if column == found.key_column and row != found.key_row and text in self._row_keys:
                rows[self._row_keys[text]].append(row)
            if row == found.key_row and column != found.key_column and text in self._col_keys:
                columns[self._col_keys[text]].append(column)
        self._rows |= {issued: lines[0] for issued, lines in rows.items()}
        found.repeats |= {issued: lines[1:] for issued, lines in rows.items() if lines[1:]}
        head = self._row_keys.get(HEAD)
        if head is not None and head not in self._rows:  # the key of the row of headings is gone
            titles = set(self._head.values())
            line = _most(Counter(row for (row, _), text in self._texts.items() if text in titles), len(titles))
            if line is not None and line not in self._rows.values():
                self._rows[head] = line
        there = self._head_row
        for issued, lines in columns.items():
            own = [column for column in lines if self._text(there, column) == self._head.get(issued)]
            self._columns[issued] = (own or lines)[0]

    def _copied_columns(self) -> None:
        """What stands there beside the columns that were found, and names itself as one of them."""
        head, keys = self._head_row, -1 if self._found.key_row is None else self._found.key_row
        titles = Counter(self._head.values())
        by_title = {text: column for column, text in self._head.items() if titles[text] == 1}
        taken = {*self._columns.values(), self._found.key_column}
        for column in sorted({column for row, column in self._texts if row in (head, keys)} - taken):
            by_heading = by_title.get(self._text(head, column), -1)
            issued = self._col_keys.get(self._text(keys, column), by_heading)
            if issued in self._columns:
                self._found.copies.setdefault(issued, []).append(column)

    def _rows_sorted_without_keys(self) -> None:
        """Follows the visible texts where rows were sorted and the hidden keys stayed behind.

        A person types beside what can be seen. Only a clean exchange counts: every row concerned shows all texts of
        exactly one other of them, so that nothing is guessed.
        """
        issued_texts = {row: texts for row in self._rows if len(texts := self._texts_of(row)) >= _TEXTS_OF_ROW}
        owners: dict[int, int] = {}
        for row, texts in issued_texts.items():
            there = self._rows[row]
            if self._score(texts, there) < _ENOUGH:
                shown = [other for other, wanted in issued_texts.items() if self._score(wanted, there) == 1]
                if len(shown) == 1:
                    owners[row] = shown[0]
        if owners and set(owners) == set(owners.values()):
            lines = {row: self._rows[row] for row in owners}
            self._rows.update({owner: lines[row] for row, owner in owners.items()})

    def _texts_of(self, issued: int) -> dict[int, str]:
        """Locked texts of an issued row by their columns in the file, as far as these are known."""
        columns = self._columns
        return {columns[column]: text for column, text in self._locked.get(issued, {}).items() if column in columns}

    def _score(self, wanted: Mapping[int, str], row: int) -> float:
        return _share((text, self._text(row, column)) for column, text in wanted.items())

    def _columns_by_text(self, keyed: Mapping[int, int]) -> None:
        head, filled = self._head_row, {column for _, column in self._texts}
        for issued in sorted(set(self._col_keys.values()) - set(self._columns)):
            taken = {*self._columns.values(), self._found.key_column}
            title = self._head.get(issued)
            titled = [column for (row, column), text in self._texts.items() if (row, text) == (head, title)]
            free = [column for column in titled if column not in taken]
            certain = _between(issued, keyed)
            guess = _guess(issued, self._columns, self._found.key_column)
            # enough of its locked texts must stand there, and something at all where there were any
            wanted = {row: texts[issued] for row, texts in self._locked.items() if issued in texts}
            pairs = ((text, self._text(self._rows[row], guess)) for row, text in wanted.items() if row in self._rows)
            fits = (not wanted or guess in filled) and _share(pairs) >= _ENOUGH
            if len(free) == 1:
                self._columns[issued] = free[0]
            elif certain is not None and certain not in taken and certain in filled:
                self._columns[issued] = certain
            elif guess not in taken and guess >= 0 and fits:
                self._columns[issued] = guess

    def _rows_by_text(self, keyed: Mapping[int, int]) -> None:
        filled = {row for row, _ in self._texts}
        lines: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
        for (row, column), text in self._texts.items():
            lines[column, text].append(row)
        missing = {row: self._texts_of(row) for row in sorted(set(self._row_keys.values()) - set(self._rows))}
        # a number tells nothing of its row, and of two tables on a sheet both have the same: they come last, and stay
        # between the lines that were found
        numbered = {issued for issued, wanted in missing.items() if sum(map(len, wanted.values())) <= _NUMBER_LETTERS}
        for issued, wanted in sorted(missing.items(), key=lambda item: item[0] in numbered):
            taken = {*self._rows.values(), self._found.key_row}
            taken.update(row for rows in self._found.repeats.values() for row in rows)
            certain = _between(issued, keyed)
            if certain is not None and certain not in taken and certain in filled:
                self._rows[issued], self._found.shares[issued] = certain, self._score(wanted, certain)
                continue
            guess = _guess(issued, self._rows, self._found.key_row)
            candidates = {guess, *(row for place in wanted.items() for row in lines.get(place, ()))} - taken
            low, high = _bounds(issued, self._rows) if issued in numbered else (-1, math.inf)
            scores = {row: self._score(wanted, row) for row in candidates if low < row < high}
            best = max(scores, key=lambda row: (scores[row], row == guess, -row), default=-1)
            if scores.get(best, 0.0) >= _ENOUGH:
                self._rows[issued], self._found.shares[issued] = best, scores[best]


def _most(counts: Counter[int], expected: int) -> int | None:
    """The line with most hits, if these are enough of what was expected."""
    line, hits = min(counts.items(), key=lambda item: (-item[1], item[0]), default=(None, 0))
    return line if hits and hits >= _ENOUGH * expected else None


def _around(issued: int, found: Mapping[int, int]) -> tuple[int | None, int | None]:
    """The nearest lines before and after that were found, by their issued numbers."""
    before = max((line for line in found if line < issued), default=None)
    return before, min((line for line in found if line > issued), default=None)


def _guess(issued: int, found: Mapping[int, int], key_line: int | None) -> int:
    """Where a line should stand, counted from the nearest line before it that was found."""
    before, after = _around(issued, found)
    if before is not None:
        return found[before] + issued - before
    if after is not None and key_line is None:
        return found[after] + issued - after
    return issued + (key_line if key_line is not None else -1)


def _bounds(issued: int, found: Mapping[int, int]) -> tuple[float, float]:
    """The places of the nearest lines before and after that were found; all places where these changed their order."""
    before, after = _around(issued, found)
    places = (-1 if before is None else found[before], math.inf if after is None else found[after])
    return places if places[0] < places[1] else (-1, math.inf)


def _between(issued: int, keyed: Mapping[int, int]) -> int | None:
    """The place that the keyed lines before and after leave for exactly this line, whatever it says now."""
    before, after = _around(issued, keyed)
    if before is None or after is None or keyed[after] - keyed[before] != after - before:
        return None
    return keyed[before] + issued - before


def _share(pairs: Iterable[tuple[str, str]]) -> float:
    """How much of the locked texts is unchanged, by letters; a line without locked texts fits anywhere.

    By letters, because the number "1" stands in every section and tells nothing of its row.
    """
    whole = unchanged = 0
    for issued, there in pairs:
        whole += len(issued)
        unchanged += len(issued) if issued == there else 0
    return unchanged / whole if whole else 1.0
