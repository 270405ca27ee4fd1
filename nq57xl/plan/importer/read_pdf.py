"""Reads a PDF with a text layer: tables over many pages, joined where a page cut them."""

from __future__ import annotations

import io
import itertools
import logging
import re
import statistics
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import attrs
from attrs import define, field

from nq57xl.errors import Nq57Error
from nq57xl.plan.importer import document as doc
from nq57xl.text.legacy import clean, is_syllable

_SAME_LINE = 3.0
"""Points by which the tops of letters of one line may differ."""
_GAP = 1.5
"""Points between letters that are a blank."""
_TIGHT = 1.0
"""Points by which the room left on a line may be misjudged."""
_HEAD, _TAIL = re.compile(r"[^\W_]+"), re.compile(r"[^\W_]+$")
_UNSURE = "chữ bị ngắt dòng ở cột hẹp"

_Letter = dict[str, Any]
"""A letter as pdfplumber gives it."""
_Box = tuple[float, float, float, float]


@define
class _TextLine:
    """A line of letters."""

    text: str
    top: float
    bottom: float
    first: float
    """Width of its first letter."""
    open: bool
    """A blank ends it: the program broke the line there."""
    words: list[tuple[float, float, str]] = field(factory=list)
    """Left, right and text of each word."""


def _lines_of(letters: Iterable[_Letter]) -> list[_TextLine]:
    """The lines from top to bottom; digits set small and high are marks of footnotes."""
    rows: list[list[_Letter]] = []
    for letter in sorted(_without_marks(list(letters)), key=lambda item: item["top"]):
        if rows and letter["top"] - rows[-1][0]["top"] <= _SAME_LINE:
            rows[-1].append(letter)
        else:
            rows.append([letter])
    return [line for row in rows if (line := _line(row)) is not None]


def _without_marks(letters: list[_Letter]) -> list[_Letter]:
    sizes = [item["size"] for item in letters if item["text"].strip()]
    if not sizes or min(sizes) > 0.75 * (usual := statistics.median(sizes)):
        return letters
    return [item for index, item in enumerate(letters)
            if item["size"] > 0.75 * usual or not item["text"].isdigit() or _is_unit(letters[:index])]  # fmt: skip


def _is_unit(before: list[_Letter]) -> bool:
    """True after "m" or "km": the digit makes it a square or a cube."""
    return re.search(r"(?:^|[^\w])k?m[23]?$", "".join(item["text"] for item in before[-5:])) is not None


def _line(row: list[_Letter]) -> _TextLine | None:
    row.sort(key=lambda item: item["x0"])
    words: list[tuple[float, float, str]] = []
    blank, first = True, 0.0
    for letter in row:
        if not letter["text"].strip():
            blank = True
            continue
        if blank or not words or letter["x0"] - words[-1][1] > _GAP:
            words.append((letter["x0"], letter["x1"], letter["text"]))
        else:
            left, right, text = words[-1]
            words[-1] = (left, max(right, letter["x1"]), text + letter["text"])
        first = first or letter["x1"] - letter["x0"]
        blank = False
    if not words:
        return None
    top, bottom = min(item["top"] for item in row), max(item["bottom"] for item in row)
    text = " ".join(word for _, _, word in words)
    return _TextLine(text, top, bottom, first, blank, words)


def _cell_of(letters: Sequence[_Letter], box: _Box, pad: float) -> doc.GridCell:
    """A cell with its text, still without its place; `pad` is the room that the table leaves between rule and text."""
    lines = _lines_of(letters)
    if not lines:
        return doc.GridCell(0, 0)
    paragraphs, doubt = [[lines[0].text]], ""
    width = box[2] - box[0] - 2 * pad
    for before, line in itertools.pairwise(lines):
        cut = _cut(before, line, width)
        if cut is None:
            doubt = _UNSURE
        if cut:
            paragraphs[-1][-1] += line.text
        elif _ends_early(before, line, width):
            paragraphs.append([line.text])
        else:
            paragraphs[-1].append(line.text)
    height = max(1.0, statistics.median(line.bottom - line.top for line in lines))
    text = "\n".join(doc.page_text("\n".join(texts)) for texts in paragraphs)
    short = lines[0].top - box[1] < 0.8 * height and box[3] - lines[-1].bottom > height
    return doc.GridCell(0, 0, text, doubt=doubt, short=short and bool(text))


def _ends_early(before: _TextLine, line: _TextLine, width: float) -> bool:
    """True when the next word would plainly have fitted: a person ended the line there."""
    left, right, word = line.words[0]
    spare = width - (before.words[-1][1] - before.words[0][0])
    begins = word[0].isupper() or (word in ("-", "–", "+") and len(line.words) > 1)
    return begins and before.text[-1] not in "-–/,(“" and spare > 1.3 * (right - left) + _FLOWING


def _cut(before: _TextLine, line: _TextLine, width: float) -> bool | None:
    """True when a word was cut for want of room, None when the words alone cannot tell."""
    left, right, _ = before.words[0]
    if before.open or len(before.words) > 1:
        return False
    word = line.words[0][2]
    if doc.is_cut_date(before.text, word):
        return True
    if right - left + line.first + _TIGHT <= width:
        return False
    tail, head = _TAIL.search(before.text), _HEAD.match(line.text)
    if head is None or tail is None:
        return head is not None and re.search(r"\d/$", before.text) is not None and head[0].isdigit()
    one, other = tail[0], head[0]
    if one[-1].isdigit() or other[0].isdigit():
        first, second = re.split(r"\D", one)[-1], re.split(r"\D", other)[0]
        # a longer figure: a telephone number cut, or two figures
        return bool(first and second) and (len(first + second) <= 4 or (None if len(first) > 4 else False))
    if one.isupper() and other.isupper():
        return True if len(other) == 1 or "/" in before.text else None
    if is_syllable(one) and is_syllable(other):
        return None if is_syllable(one + other) and not other[0].isupper() else False
    return not other[0].isupper() and (is_syllable(one + other) or not is_syllable(other))


def _pad_of(cells: Iterable[tuple[_Box, Sequence[_Letter]]]) -> float:
    """How near the table's texts come to its rules: no text stands nearer."""
    rooms = [min(min(item["x0"] for item in letters) - box[0], box[2] - max(item["x1"] for item in letters))
             for box, letters in cells if letters]  # fmt: skip
    rooms = sorted(room for room in rooms if 0.5 < room < 12)
    return rooms[len(rooms) // 20] if rooms else 2.0


_NEAR = 3.0
"""Points by which the rules of a row may differ."""
_DRAGGED = 8.0
"""Points by which the border of a column may differ from row to row and page to page."""
_SETTINGS = {"snap_tolerance": 3, "join_tolerance": 3, "intersection_tolerance": 4}
_LEAST_TEXT = 20
"""Fewer letters on all pages together: a scan."""
_MOST_PAGES = 400
_THICKEST = 4.0
"""Points: a filled area that is thinner may be a rule."""
_HEAD_ROWS = 4
_TOUCHING = 0.8
"""Points between letters of one word at the most."""
_FLOWING = 6.0
"""Points between words of one line at the most."""
_APART = 18.0
"""Points between words that no line of text has."""

_Ruled = tuple[doc.GridTable, list[float]]
"""A table of one page with the places of its columns."""


def read_pdf(data: bytes, name: str) -> doc.Document:
    """The document. Raises Nq57Error for a scan without text, an encrypted, damaged or very long file."""
    import pdfplumber
    from pdfplumber.utils.exceptions import PdfminerException

    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    try:
        with pdfplumber.open(io.BytesIO(data)) as book:
            if len(book.pages) > _MOST_PAGES:
                raise Nq57Error(f"{name} dài hơn {_MOST_PAGES} trang: hãy tách riêng phần phụ lục.")
            reader = _Pages()
            items = [item for page in book.pages for item in reader.page(page)]
    except Nq57Error:
        raise
    except PdfminerException as error:
        raise Nq57Error(f"Không mở được {name}: tệp hỏng hoặc có mật khẩu; hãy bỏ mật khẩu rồi lưu lại.") from error
    except Exception as error:  # the library lets through whatever a broken file makes it raise
        raise Nq57Error(f"Không đọc được {name}: tệp PDF hỏng.") from error
    if sum(len(_letters(item)) for item in items) < _LEAST_TEXT:
        raise Nq57Error(
            f"{name} là bản chụp (scan), không có lớp chữ: hãy dùng bản Word "
            "hoặc PDF xuất từ Word, hoặc nhận dạng chữ trước."
        )
    return doc.Document(tuple(_stitched(items)))


def _is_no_shading(item: dict[str, Any]) -> bool:
    """False for an area that is filled and has no border: colour behind a text is no rule of a table."""
    filled = item.get("object_type") in ("rect", "curve") and item.get("fill") and not item.get("stroke")
    return not (filled and min(item["width"], item["height"]) > _THICKEST)


def _letters(item: doc.Line | _Ruled) -> str:
    return item.text if isinstance(item, doc.Line) else "".join(cell.text for row in item[0].rows for cell in row)


@define
class _Pages:
    """Reads page after page; remembers the headings, which later pages repeat cut."""

    heads: list[tuple[float, str]] = field(factory=list)
    """Left border and signs of each cell in the first rows of the tables so far."""

    def page(self, page: Any) -> Iterator[doc.Line | _Ruled]:  # noqa: ANN401 - a pdfplumber page
        """The lines and tables of a page from top to bottom; each table with the places of its columns."""
        source = f"trang {page.page_number}"
        letters: list[_Letter] = page.dedupe_chars(tolerance=1).chars
        found = [item for item in page.filter(_is_no_shading).find_tables(_SETTINGS) if len(item.cells) > 1]
        found.sort(key=lambda item: item.bbox[1])
        top = 0.0
        for item in found:
            yield from _lines(letters, (top, item.bbox[1]), source)
            yield self.table(letters, item.cells, source)
            top = max(top, item.bbox[3])
        yield from _lines(letters, (top, float(page.height) + 1), source)

    def table(self, letters: Sequence[_Letter], cells: Sequence[_Box], source: str) -> _Ruled:
        """The grid: rules at nearly the same place are one; a cell covers the places between its own rules."""
        columns = _rules([x for cell in cells for x in (cell[0], cell[2])], _DRAGGED)
        rows = _rules([y for cell in cells for y in (cell[1], cell[3])])
        cells = _whole_cells(letters, cells)
        inside = _by_cell(letters, cells)
        self.unclip(letters, cells, inside)
        pad = _pad_of(zip(cells, inside, strict=True))
        placed = []
        for box, own in zip(cells, inside, strict=True):
            (left, right), (above, below) = (
                [_index(columns, x) for x in box[::2]],
                [_index(rows, y) for y in box[1::2]],
            )
            cell = attrs.evolve(_cell_of(own, box, pad), row=above, col=left, source=source, rows=below - above,
                                cols=max(1, right - left))  # fmt: skip
            placed.append(cell)
            if above < _HEAD_ROWS and cell.text:
                self.heads.append((box[0], _signs(cell.text)))
        return doc.table_of(placed, page_starts=(0,)), columns

    def unclip(self, letters: Sequence[_Letter], cells: Sequence[_Box], inside: list[list[_Letter]]) -> None:
        """Takes out what a heading repeated in too low a row leaves over the row under it."""
        first = min((cell[1] for cell in cells), default=0.0)
        places = {id(letter): index for index, letter in enumerate(letters)}
        for box, own in zip(cells, list(inside), strict=True):
            if not own or not self.heads or box[1] > first + 120:
                continue
            key = _signs("".join(letter["text"] for letter in own))
            same = [head for left, head in self.heads if abs(left - box[0]) < _DRAGGED and doc.whole_key(key)]
            rest = next((head[len(key) :] for head in same if head.startswith(key) and head != key), "")
            over = _following(letters[max(places[id(letter)] for letter in own) + 1 :], rest, box)
            gone = {id(letter) for letter in over}
            inside[:] = [[letter for letter in item if id(letter) not in gone] for item in inside] if gone else inside


def _following(letters: Sequence[_Letter], rest: str, box: _Box) -> list[_Letter]:
    """The letters right after those of a cell that go on spelling its heading under it."""
    over: list[_Letter] = []
    for letter in letters[: 3 * len(rest) + 6] if rest else ():
        under = box[0] <= (letter["x0"] + letter["x1"]) / 2 <= box[2] and letter["bottom"] > box[3]
        key = _signs("".join(item["text"] for item in [*over, letter]))
        if not under or not rest.startswith(key):
            break
        over.append(letter)
    return over


def _signs(text: str) -> str:
    """All letters, digits and signs of a text without blanks or case."""
    return "".join(clean(text).casefold().split())


def _whole_cells(letters: Sequence[_Letter], cells: Sequence[_Box]) -> list[_Box]:
    """The cells, those beside one another as one where a word runs over the rule between them: it is a stray one.

    A row with such a word is one text: there a blank over a rule joins its cells too.
    """
    stray = {(round(box[1]), round(box[3])) for box in cells if _runs_over(letters, box, _TOUCHING)}
    done: list[_Box] = []
    for box in sorted(cells, key=lambda item: (item[1], item[0])):
        before, height = done[-1] if done else box, (round(box[1]), round(box[3]))
        beside = bool(done) and abs(before[2] - box[0]) < 1 and (round(before[1]), round(before[3])) == height
        if beside and height in stray and _runs_over(letters, box, _FLOWING):
            done[-1] = (before[0], before[1], box[2], before[3])
        else:
            done.append(box)
    return done


def _runs_over(letters: Sequence[_Letter], box: _Box, most: float) -> bool:
    """True when letters no further apart than `most` stand on either side of the cell's left border."""
    near = [item for item in letters if box[1] <= _middle(item) <= box[3] and item["text"].strip()]
    return any(
        abs(one["top"] - two["top"]) < 1
        and two["x0"] - one["x1"] < most
        and (one["x0"] + one["x1"]) / 2 <= box[0] <= (two["x0"] + two["x1"]) / 2
        for one, two in itertools.pairwise(near)
    )


def _by_cell(letters: Sequence[_Letter], cells: Sequence[_Box]) -> list[list[_Letter]]:
    """The letters of each cell: a letter belongs to the cell that its middle is in."""
    found: list[list[_Letter]] = [[] for _ in cells]
    for letter in letters:
        x, y = (letter["x0"] + letter["x1"]) / 2, _middle(letter)
        for own, (left, top, right, bottom) in zip(found, cells, strict=True):
            if left <= x <= right and top <= y <= bottom:
                own.append(letter)
                break
    return found


def _middle(letter: _Letter) -> float:
    return float(letter["top"] + letter["bottom"]) / 2


def _lines(letters: Sequence[_Letter], span: tuple[float, float], source: str) -> Iterator[doc.Line]:
    top, bottom = span
    between = [item for item in letters if top <= _middle(item) < bottom]
    for line in _lines_of(between):
        for text in _sides(line):
            # a bare number is the page's own
            if text and not text.isdigit():
                yield doc.Line(text, source)


def _sides(line: _TextLine) -> list[str]:
    """The texts that stand beside one another: the two halves of a letterhead or of a signature."""
    parts = [line.words[0][2]]
    for before, word in itertools.pairwise(line.words):
        # the number of a heading stands apart from its text
        if word[0] - before[1] > _APART and len(parts[-1]) > 5:
            parts.append(word[2])
        else:
            parts[-1] += f" {word[2]}"
    return [clean(part) for part in parts]


def _rules(places: list[float], near: float = _NEAR) -> list[float]:
    found: list[float] = []
    for place in sorted(places):
        if not found or place - found[-1] > near:
            found.append(place)
    return found


def _index(rules: list[float], place: float) -> int:
    return min(range(len(rules)), key=lambda index: abs(rules[index] - place))


def _stitched(items: list[doc.Line | _Ruled]) -> Iterator[doc.Line | doc.GridTable]:
    """The items with tables of the same columns that follow one another joined."""
    current: _Ruled | None = None
    for item in (*items, None):
        table = item if isinstance(item, tuple) else None
        moved = _fitted(current, table) if current is not None and table is not None else None
        if current is not None and moved is None:
            yield current[0]
        current = moved or table
        if isinstance(item, doc.Line):
            yield item


def _fitted(first: _Ruled, second: _Ruled) -> _Ruled | None:
    """Both as one table over the rules of the two, None when their outer rules differ."""
    # a page whose rows are all merged has fewer rules: each of them must be one of the fuller page
    fewer, fuller = sorted((second[1], first[1]), key=len)
    if abs(fewer[0] - fuller[0]) > _DRAGGED or abs(fewer[-1] - fuller[-1]) > _DRAGGED:
        return None
    if any(min(abs(place - rule) for rule in fuller) > _DRAGGED for place in fewer):
        return None
    cells = [*_again(first, fuller, 0), *_again(second, fuller, len(first[0].rows))]
    starts = {*first[0].page_starts, *(row + len(first[0].rows) for row in second[0].page_starts)}
    return doc.table_of(cells, starts), fuller


def _again(part: _Ruled, rules: list[float], below: int) -> Iterator[doc.GridCell]:
    table, own = part
    for row, line in enumerate(table.rows):
        for col, cell in enumerate(line):
            if table.begins(row, col):
                left, right = _index(rules, own[col]), _index(rules, own[min(col + cell.cols, len(own) - 1)])
                yield attrs.evolve(cell, row=row + below, col=left, cols=max(1, right - left))
