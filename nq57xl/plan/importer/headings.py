"""Finds the headings of a table and what each column holds, by the synonyms of schemas/import_headings.yml."""

from __future__ import annotations

import functools
import itertools
import re

import yaml
from attrs import frozen

from nq57xl import resources
from nq57xl.plan.importer.document import Table
from nq57xl.plan.importer.words import heading_key, whole_key

Kind = str
"""`task` or `indicator`."""
_NUMBERING = re.compile(r"\(?\s*(?:\d{1,2}|[A-Z])\s*(?:=[^()]*)?\)?")
_NUMBER = re.compile(r"[IVXLC]+\.?|\d{1,3}(?:\.\d{1,3})*[.)]?|[a-zđA-HĐ][.)]?|NV[\d.]+", re.IGNORECASE)
_MAX_HEIGHT = 3
_TAIL = 32
"""A heading that is longer than the synonym in it by more letters is a sentence."""
_NEEDED = {"task": ("task", "subtask"), "indicator": ("indicator",)}
_HINTS = (("ro nguoi", "lead"), ("ro thoi gian", "deadline"), ("ro tien do", "deadline"), ("ro ket qua", "deliverable"),
          ("ro san pham", "deliverable"), ("ro viec", "subtask"), ("ro thoi han", "deadline"))  # fmt: skip


@frozen
class Headings:
    """The headings of one table."""

    kind: Kind
    first: int
    """Row in which they begin."""
    last: int
    """Their last row, with the numbering row "(1) (2)"."""
    columns: dict[str, int]
    """Field -> column."""
    texts: tuple[str, ...]
    """Heading of each column, parents first."""
    doubts: tuple[str, ...] = ()
    """Fields whose column was found by likeness only."""
    sure: int = 0
    """How many columns have a well-known heading."""
    prints: frozenset[tuple[tuple[int, str], ...]] = frozenset()
    """Each of their rows as (column, key) of its own cells: the same row again is a repetition."""

    @property
    def extra(self) -> list[int]:
        """Columns that hold no field of a plan."""
        return [col for col in range(len(self.texts)) if col not in self.columns.values()]


@functools.cache
def synonyms() -> dict[str, dict[str, tuple[str, ...]]]:
    """Kind of table -> field -> keys of headings."""
    raw = yaml.safe_load(resources.find("schemas", "import_headings.yml").read_text(encoding="utf-8"))
    return {kind: {field: tuple(words) for field, words in fields.items()} for kind, fields in raw.items()}


def find_headings(table: Table, start: int = 0, *, strict: bool = False) -> Headings | None:
    """The first headings at or after a row; None when the table has none.

    `strict`: only well-known headings, on one page: a row of the page before over repeated headings is data.
    """
    for row in range(start, len(table.rows)):
        if len(table.own(row)) < 2:
            continue
        found = [item for height in range(1, _MAX_HEIGHT + 1) for item in _at(table, row, height)]
        found = [item for item in found if not strict or _is_plain(table, item[1])]
        if found:
            return max(found, key=lambda item: item[0])[1]
    return None


def _is_plain(table: Table, found: Headings) -> bool:
    """True for well-known headings that stand on one page."""
    on_one = not any(row in table.page_starts for row in range(found.first + 1, found.last + 1))
    return on_one and found.sure >= max(3, len(found.columns) - 1)


def _at(table: Table, row: int, height: int) -> list[tuple[float, Headings]]:
    """Readings of the rows from `row` as headings of that height, with their scores."""
    last = row + height - 1
    if last >= len(table.rows) or not _closed(table, row, last) or _has_data(table, row, last):
        return []
    parts = [_parts(table, row, last, col) for col in range(table.width)]
    found = []
    for kind in ("task", "indicator"):
        score, columns, doubts = _assign(kind, parts)
        sure = sum(score_column(kind, parts[col]).get(field, 0.0) >= 2.4 for field, col in columns.items())
        named = sum(bool(item) for item in parts)
        if (
            len(columns) >= max(3, named * 0.5)
            and sure >= 2
            and any(field in columns for field in _NEEDED[kind])
            and _whole(kind, columns, parts)
        ):
            after = _numbering(table, last)
            texts = tuple(" ".join(item) for item in parts)
            prints = frozenset(_print(table, line) for line in range(row, last + 1)) - {()}
            columns = _with_number(table, after + 1, columns)
            # a taller block must bring more: its extra rows could be data
            found.append((score - 0.4 * height, Headings(kind, row, after, columns, texts, doubts, sure, prints)))
    return found


def _print(table: Table, row: int) -> tuple[tuple[int, str], ...]:
    return tuple((col, key) for col, cell in table.own(row) if (key := whole_key(cell.text)))


def _with_number(table: Table, start: int, columns: dict[str, int]) -> dict[str, int]:
    """The columns with one of numbers: known by what stands in it when its heading is not."""
    if "number" in columns or 0 in columns.values():
        return columns
    texts = [cell.text for row in table.rows[start:] if (cell := row[0]).owner is None and cell.text and cell.cols == 1]
    numbers = sum(_NUMBER.fullmatch(text.strip()) is not None for text in texts)
    return columns | {"number": 0} if texts and numbers >= 0.6 * len(texts) else columns


def _closed(table: Table, first: int, last: int) -> bool:
    """True when no cell of the block reaches over or below it, and each lower row hangs under a wide or tall cell."""
    if any(table.from_above(first, col) for col in range(table.width)):
        return False
    for col in range(table.width):
        owner = table.rows[last][col].owner
        top = owner if owner else (last, col)
        cell = table.rows[top[0]][top[1]]
        if top[0] + cell.rows - 1 > last:
            return False
    return all(any(cell.owner is not None for cell in table.rows[row]) or len(table.own(row)) < table.width
               for row in range(first + 1, last + 1))  # fmt: skip


def _has_data(table: Table, first: int, last: int) -> bool:
    """True when a row of the block begins with a number: it is no heading."""
    cells = [table.rows[row][0] for row in range(first, last + 1) if table.width]
    return any(cell.owner is None and _NUMBER.fullmatch("".join(cell.text.split())) is not None for cell in cells)


def _parts(table: Table, first: int, last: int, col: int) -> list[str]:
    """The texts over a column from top to bottom, each merged cell once."""
    found: list[str] = []
    for row in range(first, last + 1):
        text = table.text(row, col)
        if text and text not in found:
            found.append(text)
    return found


def _whole(kind: Kind, columns: dict[str, int], parts: list[list[str]]) -> bool:
    """Beside the work itself a plan names a unit, a day or a product; an indicator its measure or target."""
    keys = [whole_key(" ".join(item)) for item in parts]
    if kind == "task":
        measured = any(key.startswith(("don vi tinh", "dvt")) for key in keys) and any(
            "chi tieu" in key for key in keys
        )
        return bool({"lead", "deadline", "deliverable"} & set(columns)) and not (measured and "deadline" not in columns)
    named = any("chi tieu" in key or "chi so" in key for key in keys)
    return ("unit" in columns and "target" in columns) or (named and "target" in columns and "deadline" not in columns)


def _assign(kind: Kind, parts: list[list[str]]) -> tuple[float, dict[str, int], tuple[str, ...]]:
    """Total score, field -> column, doubtful fields: the best pairs of field and column first."""
    pairs = [
        (score, -col, field, col)
        for col, texts in enumerate(parts)
        for field, score in score_column(kind, texts).items()
    ]
    columns: dict[str, int] = {}
    total, doubts = 0.0, []
    for score, _, field, col in sorted(pairs, key=lambda item: (item[0], item[1]), reverse=True):
        if field in columns or col in columns.values():
            continue
        columns[field], total = col, total + score
        if score < 1.5:
            doubts.append(field)
    if kind == "task":
        _two_works(columns, parts)
    return total, columns, tuple(doubts)


def _two_works(columns: dict[str, int], parts: list[list[str]]) -> None:
    """Of two columns of work the left one is the task; a single one is the task, whatever its heading."""
    if "task" not in columns and "subtask" in columns:
        columns["task"] = columns.pop("subtask")
    elif "task" in columns and "subtask" not in columns:
        free = [col for col in range(len(parts)) if col not in columns.values() and col > columns["task"]]
        more = [col for col in free if score_column("task", parts[col]).get("task", 0.0) >= 2.0]
        if more:
            columns["subtask"] = more[0]
    elif "task" in columns and columns["subtask"] < columns["task"]:
        columns["task"], columns["subtask"] = columns["subtask"], columns["task"]


def score_column(kind: Kind, texts: list[str]) -> dict[str, float]:
    """How well each field fits the heading: about 3 for a known heading, less for one that begins like or holds it."""
    readings = [texts[-1]] if texts else []
    if len(texts) > 1:
        readings.append(" ".join(texts))
        readings.append(texts[0])
    found: dict[str, float] = {}
    for rank, text in enumerate(readings):
        key, whole = heading_key(text), whole_key(text)
        for field, words in synonyms()[kind].items():
            score = max((_score(key or whole, word) for word in words), default=0.0)
            score = max(score, 2.4) if kind == "task" and any(h in whole and field == f for h, f in _HINTS) else score
            # a reference stands in the column of notes where there is no such column
            name, score = ("note", score - 0.4) if field == "reference" else (field, score)
            found[name] = max(found.get(name, 0.0), score - 0.5 * rank)
    return {field: score for field, score in found.items() if score > 0.9}


def _score(key: str, word: str) -> float:
    if key == word:
        return 3.0
    if len(word) < 4 or len(key) > len(word) + _TAIL:
        return 0.0
    if key.startswith(f"{word} ") or key.endswith(f" {word}"):
        return 2.0 + len(word) / 100
    if f" {word} " in f" {key} ":
        return 1.2 + len(word) / 100
    if len(key) > 5 and key.replace(" ", "") == word.replace(" ", ""):
        return 2.5
    return 0.0


def _numbering(table: Table, last: int) -> int:
    """The last row of the headings, with a row "(1) (2) (3)" under them."""
    return last + 1 if last + 1 < len(table.rows) and is_numbering(table, last + 1) else last


def is_numbering(table: Table, row: int) -> bool:
    """True for a row that only numbers the columns: "(1) (2)", "1 2 3", "A B 1 2"."""
    texts = [cell.text for _, cell in table.own(row)]
    if len(texts) < 3 or not all(_NUMBERING.fullmatch(text) for text in texts):
        return False
    digits = [int(match[0]) for text in texts if (match := re.search(r"\d+", text))]
    return len(digits) >= 2 and all(b - a == 1 for a, b in itertools.pairwise(digits))


def is_repeated(table: Table, row: int, headings: Headings, starts_page: bool) -> bool:
    """True for headings printed again, whole or cut, on a later page."""
    if is_numbering(table, row) or _print(table, row) in headings.prints:
        return True
    own = [(col, cell, whole_key(cell.text)) for col, cell in table.own(row)]
    named = [item for item in own if item[2]]
    if any(not _NUMBERING.fullmatch(cell.text) for _, cell, key in own if not key):
        return False
    heads = [whole_key(text) for text in headings.texts]
    same = sum(_repeats(key, heads[col] if col < len(heads) else "", starts_page, len(own)) for col, _, key in named)
    return bool(named) and same >= 0.7 * len(named)


def _repeats(key: str, head: str, starts_page: bool, own: int) -> bool:
    """True for the heading itself, its end at the top of a page, or a part of it among others."""
    if not key:
        return False
    return key == head or (
        len(key) > 3 and ((starts_page and head.endswith(key)) or (own > 2 and f" {key} " in f" {head} "))
    )
