"""Which sheet of the file is which sheet of the form, and where its rows and columns stand now."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from attrs import define, field

from nq57xl.forms.asked import ASKED_SHEET
from nq57xl.forms.model import SheetLayout, Slot
from nq57xl.returns.identify import FIX_SHEET, marker_of
from nq57xl.text.legacy import clean
from nq57xl.xlsx.cells import RawSheet, cell_text, readable

_ENOUGH = 0.5
"""Share of a line's locked texts that must stand in a row or column without a key before it is taken for that line."""
_KEY_SEARCH = 60
"""How many of the first rows and columns may hold the keys."""
_TELLING = 2
"""A row is told by at least so many locked texts; the number of a free row alone tells nothing."""
_NUMBER_LETTERS = 3
"""Locked texts of a row that are no longer than this in all are but its number."""
HEAD = "@head"


def same(left: str, right: str) -> bool:
    """The two texts say the same: programs change line ends and Unicode forms without anybody's doing."""
    return left == right or clean(left) == clean(right)


@define
class Alignment:
    """The places of an issued sheet's lines in the sheet that came back; all numbers 0-based."""

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


def align(sheet: SheetLayout, raw: RawSheet) -> Alignment:
    """Finds every issued row and column in the sheet that came back."""
    if _is_as_issued(sheet, raw):
        return Alignment(0, 0, *sheet.lines, as_issued=True)
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
            or not (cell.value == text or same(text, cell_text(cell)))
        ):
            return False
    return len(cells) == len(sheet.locked) + sum(map(cells.__contains__, sheet.entries))


class _Aligner:
    def __init__(self, sheet: SheetLayout, raw: RawSheet) -> None:
        self._texts = {place: text for place, cell in raw.cells.items() if (text := clean(readable(cell)))}
        self._row_keys = {slot.row_key: slot.row for slot in sheet.slots if slot.row_key}
        self._col_keys = {slot.col_key: slot.col for slot in sheet.slots if slot.col_key}
        self._locked: dict[tuple[int, int], str] = {
            (slot.row, slot.col): clean(slot.text)
            for slot in sheet.slots
            if slot.role == "text" and slot.text and slot.row and slot.col
        }
        self._head = {column: text for (row, column), text in self._locked.items() if row == self._row_keys.get(HEAD)}
        self._marker = marker_of(raw)
        self._found = Alignment()
        self._keyed_columns: dict[int, int] = {}
        self._keyed_rows: dict[int, int] = {}

    def run(self) -> Alignment:
        """Keys first; then what stands between them, by position and locked texts."""
        self._find_keys()
        self._rows_by_key()
        self._head_by_text()
        self._columns_by_key()
        self._keyed_columns, self._keyed_rows = dict(self._found.columns), dict(self._found.rows)
        self._rows_sorted_without_keys()
        self._columns_by_text()
        self._rows_by_text()
        self._copied_columns()
        return self._found

    def _find_keys(self) -> None:
        """The row and the column that hold the keys: at the marker, else where most keys stand."""
        if self._marker is not None:
            self._found.key_row, self._found.key_column = self._marker.row, self._marker.column
            return
        rows: Counter[int] = Counter()
        columns: Counter[int] = Counter()
        for (row, column), text in self._texts.items():
            rows[row] += row < _KEY_SEARCH and text in self._col_keys
            columns[column] += column < _KEY_SEARCH and text in self._row_keys
        self._found.key_row = _most(rows, len(self._col_keys))
        self._found.key_column = _most(columns, len(self._row_keys))

    def _columns_by_key(self) -> None:
        """Of several columns with one key, the first with its own heading."""
        places: defaultdict[int, list[int]] = defaultdict(list)
        for (row, column), text in sorted(self._texts.items()):
            if row == self._found.key_row and column != self._found.key_column and text in self._col_keys:
                places[self._col_keys[text]].append(column)
        head = self._found.rows.get(self._row_keys.get(HEAD, -1), -1)
        for issued, columns in places.items():
            own = [column for column in columns if self._texts.get((head, column), "") == self._head.get(issued)]
            self._found.columns[issued] = (own or columns)[0]

    def _copied_columns(self) -> None:
        """What stands there beside the columns that were found, and names itself as one of them."""
        head, keys = self._found.rows.get(self._row_keys.get(HEAD, -1)), self._found.key_row
        titles = Counter(self._head.values())
        by_title = {text: column for column, text in self._head.items() if titles[text] == 1}
        taken = {*self._found.columns.values(), self._found.key_column}
        for column in sorted({column for row, column in self._texts if row in (head, keys)} - taken):
            key = self._texts.get((-1 if keys is None else keys, column), "")
            seen = self._texts.get((-1 if head is None else head, column), "")
            issued = self._col_keys.get(key, by_title.get(seen, -1))
            if issued in self._found.columns:
                self._found.copies.setdefault(issued, []).append(column)

    def _rows_by_key(self) -> None:
        places: defaultdict[int, list[int]] = defaultdict(list)
        for (row, column), text in sorted(self._texts.items()):
            if column == self._found.key_column and row != self._found.key_row and text in self._row_keys:
                places[self._row_keys[text]].append(row)
        for issued, rows in places.items():
            self._found.rows[issued] = rows[0]
            if rows[1:]:
                self._found.repeats[issued] = rows[1:]

    def _rows_sorted_without_keys(self) -> None:
        """Follows the visible texts where rows were sorted and the hidden keys stayed behind.

        A person types beside what can be seen. Only a clean exchange counts: every row concerned shows all texts of
        exactly one other of them, so that nothing is guessed.
        """
        issued_texts = {row: texts for row in self._found.rows if len(texts := self._texts_of(row)) >= _TELLING}
        seen = {row: self._seen(there) for row, there in self._found.rows.items() if row in issued_texts}
        owners: dict[int, int] = {}
        for row, texts in seen.items():
            if _share([(text, texts.get(column, "")) for column, text in issued_texts[row].items()]) >= _ENOUGH:
                continue
            shown = [other for other, wanted in issued_texts.items() if wanted and _shows(texts, wanted)]
            if len(shown) == 1:
                owners[row] = shown[0]
        if owners and set(owners) == set(owners.values()):
            lines = {row: self._found.rows[row] for row in owners}
            self._found.rows.update({owner: lines[row] for row, owner in owners.items()})

    def _texts_of(self, issued: int) -> dict[int, str]:
        """Locked texts of an issued row by issued column, as far as the columns are known."""
        return {
            column: text
            for (row, column), text in self._locked.items()
            if row == issued and column in self._found.columns
        }

    def _seen(self, there: int) -> dict[int, str]:
        return {column: self._texts.get((there, place), "") for column, place in self._found.columns.items()}

    def _head_by_text(self) -> None:
        """The row of headings, when its key is gone."""
        issued = self._row_keys.get(HEAD)
        if issued is None or issued in self._found.rows:
            return
        titles = set(self._head.values())
        hits = Counter(row for (row, _), text in self._texts.items() if text in titles)
        row = _most(hits, len(titles))
        if row is not None and row not in self._found.rows.values():
            self._found.rows[issued] = row

    def _columns_by_text(self) -> None:
        head = self._found.rows.get(self._row_keys.get(HEAD, -1))
        for issued in sorted(set(self._col_keys.values()) - set(self._found.columns)):
            taken = set(self._found.columns.values()) | {self._found.key_column}
            title = self._head.get(issued)
            if title and head is not None:
                same_title = [
                    column
                    for (row, column), text in self._texts.items()
                    if row == head and text == title and column not in taken
                ]
                if len(same_title) == 1:
                    self._found.columns[issued] = same_title[0]
                    continue
            certain = _between(issued, self._keyed_columns)
            if certain is not None and certain not in taken and any(place[1] == certain for place in self._texts):
                self._found.columns[issued] = certain
                continue
            guess = _guess(issued, self._found.columns, self._found.key_column)
            if guess not in taken and guess >= 0 and self._column_fits(issued, guess):
                self._found.columns[issued] = guess

    def _column_fits(self, issued: int, guess: int) -> bool:
        """Enough of the column's locked texts stand there, and something at all where there were any."""
        issued_there = any(column == issued for _, column in self._locked)
        if issued_there and not any(column == guess for _, column in self._texts):
            return False
        pairs = [
            (text, self._texts.get((self._found.rows[row], guess), ""))
            for (row, column), text in self._locked.items()
            if column == issued and row in self._found.rows
        ]
        return _share(pairs) >= _ENOUGH

    def _rows_by_text(self) -> None:
        columns = self._found.columns
        filled = {row for row, _ in self._texts}
        lines: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
        for (row, column), text in self._texts.items():
            lines[column, text].append(row)
        missing = {
            issued: {
                columns[column]: text
                for (row, column), text in self._locked.items()
                if row == issued and column in columns
            }
            for issued in sorted(set(self._row_keys.values()) - set(self._found.rows))
        }
        # a number tells nothing of its row, and of two tables on a sheet both have the same: they come last, and stay
        # between the lines that were found
        numbered = {issued for issued, wanted in missing.items() if sum(map(len, wanted.values())) <= _NUMBER_LETTERS}
        for issued, wanted in sorted(missing.items(), key=lambda item: item[0] in numbered):
            taken = set(self._found.rows.values()) | {self._found.key_row}
            taken.update(row for rows in self._found.repeats.values() for row in rows)
            certain = _between(issued, self._keyed_rows)
            if certain is not None and certain not in taken and certain in filled:
                self._found.rows[issued], self._found.shares[issued] = certain, self._score(wanted, certain)
                continue
            guess = _guess(issued, self._found.rows, self._found.key_row)
            candidates = {guess, *(row for place in wanted.items() for row in lines.get(place, ()))} - taken
            low, high = _bounds(issued, self._found.rows) if issued in numbered else (-1, math.inf)
            scores = {row: self._score(wanted, row) for row in candidates if low < row < high}
            best = max(scores, key=lambda row: (scores[row], row == guess, -row), default=-1)
            if scores.get(best, 0.0) >= _ENOUGH:
                self._found.rows[issued], self._found.shares[issued] = best, scores[best]

    def _score(self, wanted: Mapping[int, str], row: int) -> float:
        return _share([(text, self._texts.get((row, column), "")) for column, text in wanted.items()])


def _shows(texts: Mapping[int, str], wanted: Mapping[int, str]) -> bool:
    return all(same(text, texts.get(column, "")) for column, text in wanted.items())


def _most(counts: Counter[int], expected: int) -> int | None:
    """The line with most hits, if these are enough of what was expected."""
    if not counts:
        return None
    line, hits = min(counts.items(), key=lambda item: (-item[1], item[0]))
    return line if hits and hits >= _ENOUGH * expected else None


def _guess(issued: int, found: Mapping[int, int], key_line: int | None) -> int:
    """Where a line should stand, counted from the nearest line before it that was found."""
    before = [line for line in found if line < issued]
    if before:
        nearest = max(before)
        return found[nearest] + issued - nearest
    after = [line for line in found if line > issued]
    if after and key_line is None:
        return found[min(after)] - (min(after) - issued)
    return issued + (key_line if key_line is not None else -1)


def _bounds(issued: int, found: Mapping[int, int]) -> tuple[float, float]:
    """The places of the nearest lines before and after that were found; all places where these changed their order."""
    low = max((line for line in found if line < issued), default=None)
    high = min((line for line in found if line > issued), default=None)
    places = (-1 if low is None else found[low], math.inf if high is None else found[high])
    return places if places[0] < places[1] else (-1, math.inf)


def _between(issued: int, keyed: Mapping[int, int]) -> int | None:
    """The place that the keyed lines before and after leave for exactly this line, whatever it says now."""
    before = max((line for line in keyed if line < issued), default=None)
    after = min((line for line in keyed if line > issued), default=None)
    if before is None or after is None or keyed[after] - keyed[before] != after - before:
        return None
    return keyed[before] + issued - before


def _share(pairs: Sequence[tuple[str, str]]) -> float:
    """How much of the locked texts is unchanged, by letters; a line without locked texts fits anywhere.

    By letters, because the number "1" stands in every section and tells nothing of its row.
    """
    whole = sum(len(issued) for issued, _ in pairs)
    return sum(len(issued) for issued, there in pairs if same(issued, there)) / whole if whole else 1.0


_SHEET_ENOUGH = 0.5


@define
class _Matched:
    """The sheets of a file, sorted out."""

    sheets: dict[str, list[RawSheet]] = field(factory=dict)
    """Sheet id -> its sheets in the file; more than one when the unit copied it."""
    extra: list[RawSheet] = field(factory=list)
    """Sheets that are not the form's."""


def match_sheets(layouts: Sequence[SheetLayout], raws: Sequence[RawSheet], short_id: str) -> _Matched:
    """Sorts out the file's sheets. A sheet with another form's marker is extra, whatever its name."""
    matched = _Matched()
    known = {layout.id for layout in layouts}
    unmarked: list[RawSheet] = []
    for raw in raws:
        marker = marker_of(raw)
        if marker is None:
            unmarked.append(raw)
        elif marker.short_id == short_id and marker.sheet in known:
            matched.sheets.setdefault(marker.sheet, []).append(raw)
        elif marker.sheet not in (FIX_SHEET, ASKED_SHEET):
            matched.extra.append(raw)
    missing = [layout for layout in layouts if layout.id not in matched.sheets]
    matched.extra += _by_content(missing, unmarked, matched)
    return matched


def _by_content(missing: Sequence[SheetLayout], unmarked: Sequence[RawSheet], matched: _Matched) -> list[RawSheet]:
    """Gives each missing sheet the unmarked one with most of its locked texts; returns what is left."""
    texts = [{clean(readable(cell)) for cell in raw.cells.values()} for raw in unmarked]
    scored = sorted(
        (
            (-_sheet_share(layout, there), layout.title != raw.name, number, order)
            for number, layout in enumerate(missing)
            for order, (raw, there) in enumerate(zip(unmarked, texts, strict=True))
        ),
    )
    taken: set[int] = set()
    for score, _, number, order in scored:
        layout = missing[number]
        if -score >= _SHEET_ENOUGH and order not in taken and layout.id not in matched.sheets:
            matched.sheets[layout.id] = [unmarked[order]]
            taken.add(order)
    return [raw for order, raw in enumerate(unmarked) if order not in taken]


def _sheet_share(layout: SheetLayout, there: set[str]) -> float:
    """How much of the sheet's plan texts, or of its keys, is there: either may be gone altogether."""
    shares = []
    for role in ("text", "key"):
        issued = {clean(slot.text) for slot in layout.slots if slot.role == role and slot.text}
        shares.append(len(issued & there) / len(issued) if issued else 0.0)
    return max(shares)
