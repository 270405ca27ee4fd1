"""Finds the headings of a table and what each column holds: by schemas/import_headings.yml and by what stands under them."""

# ruff: noqa: E501 - patterns read better unbroken

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import yaml
from attrs import define, field, frozen

from nq57xl import resources
from nq57xl.errors import Nq57Error
from nq57xl.plan.importer.document import GridTable, whole_key
from nq57xl.plan.importer.units import names_units
from nq57xl.text.legacy import one_line

_Kind = str
"""`task` or `indicator`."""
_FILE = "import_headings.yml"
_NUMBERING = re.compile(r"\(?\s*(?:\d{1,2}|[A-Z])\s*(?:=[^()]*)?\)?")
_NUMBER = re.compile(
    r"[IVXLC]+\.?|\d{1,3}(?:\.\d{1,3})*[.)]?|[a-zđA-HĐ][.)]?|[A-ZĐ]{1,4}[-.]?\d{1,3}(?:\.\d{1,3})*", re.IGNORECASE
)
_DAY = re.compile(
    r"(?:\d{1,2}[/.-])?\d{1,2}[/.-]\d{4}|\bquý\b|\btháng\s+\d|\bnăm\s+20|\b20\d\d\b|thường xuyên|h[ằà]ng (?:năm|quý|tháng|tuần)|định kỳ|"
    r"theo (?:kế hoạch|tiến độ|yêu cầu|chỉ đạo|lộ trình)|sau khi|\bngày\s+\d|\d+ ngày",
    re.IGNORECASE,
)
_STATE = re.compile(
    r"(?:đã|đang|chưa)\s+\w|(?:cơ bản )?hoàn thành(?=\W*$|[.,;:(]|\s+(?:\d{1,3}\s?%\W*$|ngày\s+\d|(?:đúng|sớm|chậm|trễ|trước (?:thời )?hạn|tốt|xong|vượt|một phần)\b))|"
    r"đạt\b|đúng (?:tiến độ|hạn)|chậm\b|quá hạn|trong hạn|không đạt|\d{1,3}\s?%$",
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"(?:nguoi|ca nhan|can bo|chuyen vien|dong chi|lanh dao|(?:pho )?(?:truong|giam doc|chu tich|chanh))\b"
)
_PERIOD = re.compile(
    r"(?:quý|q)\s*\.?\s*(?:I{1,3}|IV|[1-4])(?:\s*/\s*20\d\d)?|(?:tháng|t)\s*\.?\s*\d{1,2}(?:\s*/\s*20\d\d)?|"
    r"thường xuyên|cả năm",
    re.IGNORECASE,
)
_BULLETS = ("-", "–", "+", "*", "•")
_MAX_HEIGHT = 3
_TAIL = 32
"""A heading that is longer than the synonym in it by more letters is a sentence."""
_LONGEST = 220
"""No heading has so many letters."""
_TOP = 30
"""In so many rows of a table headings are looked for that are hardly known."""
_LONGEST_NUMBER = 12
_SAMPLE = 60
"""So many cells tell what a column holds."""
_NEEDED = {"task": ("task", "subtask"), "indicator": ("indicator",)}
_HINTS = (("ro nguoi", "lead"), ("ro thoi gian", "deadline"), ("ro tien do", "deadline"), ("ro ket qua", "deliverable"),
          ("ro san pham", "deliverable"), ("ro viec", "subtask"), ("ro thoi han", "deadline"))  # fmt: skip
_PASSED_OVER = ("progress", "start")
"""Columns that are known and no part of a plan: of reports, and of the day on which work begins."""
_STAND_INS = {"reference": ("note", 0.4), "document": ("task", 1.1), "presenter": ("lead", 1.1)}
"""Columns that stand for a field where the table has none of its own for it, and by how much they count less."""
_ENDS = re.compile(r"\b(?:ket thuc|hoan thanh|den)\b")
_DONE = re.compile(r"\b(?:thuc hien|uoc|da dat)\b")
_GENERAL_WORK = ("noi dung", "noi dung chinh", "noi dung quy dinh", "noi dung chu yeu")
"""Headings that beside a document's name say what it is about."""
_SURE, _LIKE, _DISAGREES = 2.4, 1.5, 1.7


@frozen
class Headings:
    """The headings of one table."""

    kind: _Kind
    first: int
    """Row in which they begin."""
    last: int
    """Their last row, with the numbering row "(1) (2)"."""
    columns: dict[str, int]
    """Field -> column."""
    texts: tuple[str, ...]
    """Heading of each column, parents first."""
    doubts: tuple[str, ...] = ()
    """Fields whose column was found by likeness, or by what stands in it."""
    sure: int = 0
    """How many columns have a well-known heading."""
    prints: frozenset[tuple[tuple[int, str], ...]] = frozenset()
    """Each of their rows as (column, key) of its own cells: the same row again is a repetition."""
    disagreeing: tuple[str, ...] = ()
    """Fields whose heading says one thing and whose cells another."""
    second_key: int | None = None
    """A further column of numbers, where the first one numbers the sections alone."""
    periods: Mapping[int, str] = field(factory=dict)
    """Columns of quarters or months in which marks say when work is done; the first of them stands as the deadline."""

    @property
    def extra(self) -> list[int]:
        """Columns that hold no field of a plan."""
        used = {*self.columns.values(), self.second_key, *self.periods}
        return [col for col in range(len(self.texts)) if col not in used]

    def are_repeated(self, table: GridTable, row: int, *, starts_page: bool) -> bool:
        """True for a row that has these headings printed again, whole or cut, on a later page."""
        if _is_numbering(table, row) or _print(table, row) in self.prints:
            return True
        own = [(col, cell, whole_key(cell.text)) for col, cell in table.own(row)]
        if any(not _NUMBERING.fullmatch(cell.text) for _, cell, key in own if not key):
            return False
        heads = [whole_key(text) for text in self.texts]
        named = [(key, heads[col] if col < len(heads) else "") for col, _, key in own if key]
        # the heading itself, its end at the top of a page, or a part of it among others
        same = sum(
            key == head
            or (len(key) > 3 and ((starts_page and head.endswith(key)) or (len(own) > 2 and f" {key} " in f" {head} ")))
            for key, head in named
        )
        return bool(named) and same >= 0.7 * len(named)


@define(eq=False)
class HeadingWords:
    """The headings that an office knows; finds them in a table, and remembers what it has scored."""

    words: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Kind of table -> field -> keys of headings."""
    _known: dict[tuple[str, tuple[str, ...]], dict[str, float]] = field(factory=dict)

    def find(self, table: GridTable, start: int = 0, *, strict: bool = False) -> Headings | None:
        """The first headings at or after a row; None when the table has none.

        `strict`: only well-known headings, on one page: a row of the page before over repeated headings is data.
        """
        for row in range(start, len(table.rows)):
            own = table.own(row)
            if len(own) < 2 or any(len(cell.text) > _LONGEST for _, cell in own):
                continue
            found = [(score, item) for height in range(1, _MAX_HEIGHT + 1) for score, item in _at(table, row, height, self)
                     # a row over the same headings is data: these are printed again under it
                     if height == 1 or all(item.columns != lower.columns for _, lower in _at(table, row + 1, height - 1, self))]  # fmt: skip
            if strict:
                found = [(score, item) for score, item in found if item.sure >= max(3, len(item.columns) - 1)
                         and table.page_starts.isdisjoint(range(item.first + 1, item.last + 1))]  # fmt: skip
            if found:
                return _completed(table, max(found, key=lambda item: item[0])[1], self)
        return None

    def nearest(self, table: GridTable) -> tuple[int, list[str], list[str]] | None:
        """The row most like headings of tasks, with the texts that were understood and those that were not."""
        rows = []
        for row in range(min(len(table.rows), 60)):
            texts = [cell.text for _, cell in table.own(row) if len(cell.text) <= _LONGEST]
            named = {text: bool(self.scores("task", [text])) for text in texts if whole_key(text)}
            if len(named) > 1:
                rows.append((row, [text for text in named if named[text]], [text for text in named if not named[text]]))
        best = max(rows, key=lambda item: len(item[1]), default=None)
        return best if best and best[1] else None

    def is_number(self, text: str) -> bool:
        """True for the heading of a column of numbers."""
        return _key(text) in self.words["task"]["number"] and text[:1].isalpha()

    def scores(self, kind: _Kind, texts: Sequence[str]) -> dict[str, float]:
        """How well each field fits the heading: about 3 for a known one, less for one that begins like or holds it."""
        key = (kind, tuple(texts))
        if key not in self._known:
            self._known[key] = _scores(self.words[kind], kind, list(texts))
        return self._known[key]


def heading_words(workspace: Path | None = None) -> HeadingWords:
    """The packaged headings, with those that the office taught in its own schemas/import_headings.yml."""
    own = workspace / "schemas" / _FILE if workspace else None
    return _read(own, own.stat().st_mtime if own and own.is_file() else 0.0)


@functools.cache
def _read(own: Path | None, changed: float) -> HeadingWords:
    words: dict[str, dict[str, tuple[str, ...]]] = {}
    try:
        for path in (resources.find("schemas", _FILE), *([own] if own and changed else [])):
            raw: Any = resources.yaml_of(path.read_text(encoding="utf-8")) or {}
            for kind, fields in ((kind, fields) for kind, fields in raw.items() if kind in _NEEDED):
                known = words.setdefault(kind, {})
                for name, keys in fields.items():
                    more = (whole_key(str(key)) for key in keys or ())
                    known[name] = tuple(dict.fromkeys((*known.get(name, ()), *more)))
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError, TypeError) as error:
        raise Nq57Error(f"Tệp schemas/{_FILE} sai: hãy so với tệp có sẵn.") from error
    return HeadingWords(words)


@frozen
class _ColumnContent:
    """What stands in a column: shares of its cells."""

    count: int = 0
    units: float = 0.0
    days: float = 0.0
    states: float = 0.0
    numbers: float = 0.0
    long: float = 0.0
    length: float = 0.0
    """Letters of a cell on average."""

    def disagrees(self, name: str) -> bool:
        """True when the cells plainly hold something else than that field."""
        if self.count < 3:
            return False
        if name == "subnumber":
            return self.length > _LONGEST_NUMBER
        if name in ("lead", "support"):
            return self.units < 0.2 and max(self.days, self.states, self.numbers, self.long) >= 0.5
        if name == "deadline":
            return self.days < 0.2 and max(self.states, self.units, self.long) >= 0.5
        if name in ("task", "subtask", "deliverable", "indicator"):
            return max(self.states, self.numbers) >= 0.7 or (name != "deliverable" and self.units >= 0.8)
        return False


def _content_of(texts: Iterable[str]) -> _ColumnContent:
    """The shares of those cells."""
    kept = [text for text in texts if text.strip()][:_SAMPLE]
    count = max(1, len(kept))

    def share(tells: Callable[[str], object]) -> float:
        return sum(bool(tells(text)) for text in kept) / count

    return _ColumnContent(
        len(kept),
        share(lambda text: len(text) < 400 and names_units(text)),
        share(lambda text: len(text) < 90 and _DAY.search(text) and not _STATE.match(text)),
        share(_STATE.match),
        share(lambda text: _NUMBER.fullmatch(text.strip()) and any(map(str.isdigit, text))),
        share(lambda text: len(text) > 80),
        sum(map(len, kept)) / count,
    )


def _at(table: GridTable, row: int, height: int, known: HeadingWords) -> list[tuple[float, Headings]]:
    """Readings of the rows from `row` as headings of that height, with their scores."""
    last = row + height - 1
    if last >= len(table.rows) or not _closed(table, row, last):
        return []
    parts = [_parts(table, row, last, col) for col in range(table.width)]
    found = []
    for kind in ("task", "indicator"):
        scores = [known.scores(kind, texts) for texts in parts]
        score, columns, doubts = _assign(kind, scores)
        sure = sum(scores[col].get(name, 0.0) >= _SURE for name, col in columns.items())
        named = sum(bool(item) and not _period_of(item) for item in parts)
        if kind == "task" and row < _TOP and len(columns) == 2 and "task" in columns and sure:
            # two known headings: what stands under the others may tell them
            contents = [_content_of(_column(table, last + 1, col)) for col in range(table.width)]
            columns |= _by_content(kind, columns, contents)
            sure += len(columns) > 2
        if (
            len(columns) >= (3 if {"lead", "deadline"} <= set(columns) else max(3, named * 0.5))
            and sure >= 2
            and any(name in columns for name in _NEEDED[kind])
            and _whole(kind, columns, parts)
        ):
            after = last + (last + 1 < len(table.rows) and _is_numbering(table, last + 1))
            texts = tuple(" ".join(item) for item in parts)
            prints = frozenset(_print(table, line) for line in range(row, last + 1)) - {()}
            # a taller block must bring more: its extra rows could be data
            found.append((score - 0.4 * height, Headings(kind, row, after, columns, texts, doubts, sure, prints)))
    return found


def _completed(table: GridTable, found: Headings, known: HeadingWords) -> Headings:
    """The headings with what stands under them taken into account: columns that fit better, and those without a name."""
    body = [_column(table, found.last + 1, col) for col in range(table.width)]
    contents = [_content_of(texts) for texts in body]
    parts = [_parts(table, found.first, found.last, col) for col in range(table.width)]
    scores = [
        {name: score - _DISAGREES * content.disagrees(name) for name, score in known.scores(found.kind, texts).items()}
        for content, texts in zip(contents, parts, strict=True)
    ]
    _, columns, doubts = _assign(found.kind, scores)
    agreeing = {name: col for name, col in columns.items() if not contents[col].disagrees(name)}
    lead = agreeing.get("lead")
    if lead is not None and contents[lead].units < 0.2 and _PERSON.match(whole_key(found.texts[lead])):
        # a person of the unit that another column names
        del agreeing["lead"]
    guessed = _by_content(found.kind, agreeing, contents)
    if not any(name in agreeing or name in guessed for name in _NEEDED[found.kind]):
        # no heading says which column is the work itself: the one with the longest texts
        used = {*agreeing.values(), *guessed.values()}
        long = {col: item.length for col, item in enumerate(contents) if item.length > 15 and item.units < 0.5}
        if free := [col for col in long if col not in used]:
            guessed[_NEEDED[found.kind][0]] = max(free, key=lambda col: long[col])
    columns = agreeing | {name: col for name, col in columns.items() if col not in guessed.values()} | guessed
    if "number" not in columns and 0 not in columns.values() and contents[0].numbers >= 0.6:
        columns["number"] = 0
    if found.kind == "task" and (documents := _documents(columns, found.texts, known)):
        columns |= documents
        doubts = (*doubts, "task")
    disagreeing = tuple(name for name, col in columns.items() if contents[col].disagrees(name))
    second = _second_key(columns, body, contents)
    for name in [*_PASSED_OVER, *(["subnumber"] if columns.get("subnumber") == second else [])]:
        columns.pop(name, None)
    years = [col for col, text in enumerate(found.texts) if "target" in scores[col] and re.search(r"\b20\d\d\b", text)]
    if found.kind == "indicator" and columns.get("target") in years and len(years) > 1:
        # the office knows which year is the plan's; one that tells what was done is the last to be taken
        columns["target"] = min(years, key=lambda col: (_DONE.search(whole_key(found.texts[col])) is not None, col))
        doubts = (*doubts, "target")
    units = {name: columns[name] for name in ("lead", "support") if name in columns}
    if len(units) == 1 and all(word in whole_key(found.texts[min(units.values())]) for word in ("chu tri", "phoi hop")):
        # one column for both
        columns = {name: col for name, col in columns.items() if name not in units} | {"lead": min(units.values())}
        doubts = (*doubts, "lead")
    doubts = (*doubts, *guessed)
    periods = {
        col: name for col, texts in enumerate(parts) if (name := _period_of(texts)) and all(map(is_tick, body[col]))
    }
    if found.kind == "task" and len(periods) > 2 and columns.get("deadline", min(periods)) in periods:
        columns = {name: col for name, col in columns.items() if col not in periods} | {"deadline": min(periods)}
        return attrs.evolve(found, columns=columns, doubts=(*doubts, "deadline"), second_key=second, periods=periods)
    return attrs.evolve(found, columns=columns, doubts=doubts, disagreeing=disagreeing, second_key=second)


def _documents(columns: Mapping[str, int], texts: Sequence[str], known: HeadingWords) -> dict[str, int]:
    """Task and subtask where «Tên văn bản» stands left of a general «Nội dung»; nothing otherwise."""
    work = columns.get("task")
    if work is None or "subtask" in columns or _key(texts[work]) not in _GENERAL_WORK:
        return {}
    free = (col for col in range(work) if col not in columns.values())
    document = next((col for col in free if _key(texts[col]) in known.words["task"].get("document", ())), None)
    return {} if document is None else {"task": document, "subtask": work}


def _period_of(texts: Sequence[str]) -> str:
    """The quarter or month that a column's heading names, "Quý" over "II" too; empty when it names none."""
    last = one_line(texts[-1]) if texts else ""
    over = one_line(texts[-2]).casefold() if len(texts) > 1 else ""
    last = f"Quý {last}" if re.search(r"\bquý\b", over) and re.fullmatch("I{1,3}|IV", last) else last
    return last if _PERIOD.fullmatch(last) else ""


def is_tick(text: str) -> bool:
    """True for a mark in a column of quarters or months."""
    return re.fullmatch(r"[xX×✓✔√●•■v+*]{1,3}", text.strip()) is not None


def _column(table: GridTable, start: int, col: int) -> list[str]:
    """The texts of a column's own cells, one column wide."""
    cells = (table.rows[row][col] for row in range(start, len(table.rows)) if table.begins(row, col))
    return list(itertools.islice((cell.text for cell in cells if cell.text and cell.cols == 1), 3 * _SAMPLE))


def _by_content(kind: _Kind, columns: dict[str, int], contents: Sequence[_ColumnContent]) -> dict[str, int]:
    """Columns without a known heading whose cells say that they hold who leads or until when."""
    found: dict[str, int] = {}
    free = {col: item for col, item in enumerate(contents) if col not in columns.values() and item.count >= 3}
    for name, share in (("lead", "units"), ("deadline", "days")):
        if name in columns or (kind == "indicator" and name == "deadline"):
            continue
        telling = [col for col, item in free.items() if getattr(item, share) >= 0.6]
        if telling:
            found[name] = telling[0]
            del free[telling[0]]
    return found


def _second_key(columns: dict[str, int], body: Sequence[list[str]], contents: Sequence[_ColumnContent]) -> int | None:
    """The column right of that of numbers, if this one holds nothing but the numbers of sections."""
    first = columns.get("number")
    if first is None or first + 1 >= len(body):
        return None
    free = first + 1 not in columns.values() or columns.get("subnumber") == first + 1
    roman = [re.fullmatch(r"(?:[IVXLC]+|[A-HĐ])\.?", text.strip()) is not None for text in body[first]]
    numbers = contents[first + 1].numbers >= 0.7 and len(body[first + 1]) > len(body[first])
    return first + 1 if free and roman and all(roman) and numbers else None


def _print(table: GridTable, row: int) -> tuple[tuple[int, str], ...]:
    return tuple((col, key) for col, cell in table.own(row) if (key := whole_key(cell.text)))


def _closed(table: GridTable, first: int, last: int) -> bool:
    """True when no cell of the block reaches over or below it, each lower row hangs under a wide or tall cell, and no
    row begins with a number: that is data."""
    if any(table.from_above(first, col) for col in range(table.width)):
        return False
    if any(cell.row + cell.rows - 1 > last for cell in table.rows[last]):
        return False
    texts = (table.text(row, 0) for row in range(first, last + 1) if table.width and table.begins(row, 0))
    if any(_NUMBER.fullmatch("".join(text.split())) or text in _BULLETS for text in texts):
        return False
    return all(any(not table.begins(row, col) for col in range(table.width)) or len(table.own(row)) < table.width
               for row in range(first + 1, last + 1))  # fmt: skip


def _parts(table: GridTable, first: int, last: int, col: int) -> list[str]:
    """The texts over a column from top to bottom, each merged cell once; not what numbers the columns."""
    rows = (row for row in range(first, last + 1) if not _is_numbering(table, row))
    return list(dict.fromkeys(text for row in rows if (text := table.text(row, col))))


def _whole(kind: _Kind, columns: dict[str, int], parts: list[list[str]]) -> bool:
    """Beside the work itself a plan names a unit, a day or a product; an indicator its measure or target."""
    keys = [whole_key(" ".join(item)) for item in parts]
    indicators = any("chi tieu" in key for key in keys)
    if kind == "task":
        measured = indicators and any(key.startswith(("don vi tinh", "dvt")) for key in keys)
        return bool({"lead", "deadline", "deliverable"} & set(columns)) and not (measured and "deadline" not in columns)
    named = indicators or any("chi so" in key for key in keys)
    return "target" in columns and ("unit" in columns or (named and "deadline" not in columns))


def _assign(kind: _Kind, scores: Sequence[Mapping[str, float]]) -> tuple[float, dict[str, int], tuple[str, ...]]:
    """Total score, field -> column, doubtful fields: the best pairs of field and column first."""
    pairs = [(score, name, col) for col, found in enumerate(scores) for name, score in found.items() if score > 0.9]
    columns: dict[str, int] = {}
    total, doubts = 0.0, []
    for score, name, col in sorted(pairs, key=lambda item: (-item[0], item[2])):
        if name in columns or col in columns.values():
            continue
        columns[name], total = col, total + score
        if score < _LIKE:
            doubts.append(name)
    if kind == "task":
        _two_works(columns, scores)
    return total, columns, tuple(doubts)


def _two_works(columns: dict[str, int], scores: Sequence[Mapping[str, float]]) -> None:
    """Of two columns of work the left one is the task; a single one is the task, whatever its heading."""
    if "task" not in columns and "subtask" in columns:
        columns["task"] = columns.pop("subtask")
    elif "task" in columns and "subtask" not in columns:
        right = range(columns["task"] + 1, len(scores))
        more = [col for col in right if col not in columns.values() and scores[col].get("task", 0.0) >= 2.0]
        if more:
            columns["subtask"] = more[0]
    elif "task" in columns and columns["subtask"] < columns["task"]:
        columns["task"], columns["subtask"] = columns["subtask"], columns["task"]


def _scores(words: Mapping[str, tuple[str, ...]], kind: _Kind, texts: list[str]) -> dict[str, float]:
    """The scores of a heading, the lower part of one with several levels first."""
    readings = texts if len(texts) < 2 else [texts[-1], " ".join(texts), texts[0]]
    found: dict[str, float] = {}
    for rank, text in enumerate(readings):
        key, whole = _key(text), whole_key(text)
        for name, keys in words.items():
            score = max((_score(key or whole, word) for word in keys), default=0.0)
            score = max(score, _SURE) if kind == "task" and any(h in whole and name == f for h, f in _HINTS) else score
            if name == "start" and _ENDS.search(whole):
                continue
            own, less = _STAND_INS.get(name, (name, 0.0))
            score -= less
            found[own] = max(found.get(own, 0.0), score - 0.5 * rank)
    return {name: score for name, score in found.items() if score > 0.9}


def _key(text: str) -> str:
    """The key without what stands in brackets: "(Rõ người)" and "(5)" are gone."""
    return whole_key(re.sub(r"\([^)]*\)?", " ", text))


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


def _is_numbering(table: GridTable, row: int) -> bool:
    """True for a row that only numbers the columns: "(1) (2)", "1 2 3", "A B 1 2"."""
    texts = [cell.text for _, cell in table.own(row)]
    if len(texts) < 3 or not all(_NUMBERING.fullmatch(text) for text in texts):
        return False
    digits = [int(match[0]) for text in texts if (match := re.search(r"\d+", text))]
    return len(digits) >= 2 and all(b - a == 1 for a, b in itertools.pairwise(digits))
