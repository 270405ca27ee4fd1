"""Reads text extracted from a PDF, whose cells stand one after another: the kind that the two sample plans have."""

from __future__ import annotations

import functools
import itertools
import re

import attrs
from attrs import evolve, frozen

from nq57xl.errors import Nq57Error
from nq57xl.plan.deadlines import Deadline
from nq57xl.plan.importer import document as doc
from nq57xl.plan.importer.headings import heading_words
from nq57xl.text.legacy import bare, clean

_UNIT = re.compile(
    r"(?:cac|ca) (?:phong|don vi|so|ban|bo|co quan|xa)|van phong|phong |p\.|so |ban |ubnd|uy ban|trung tam|"
    r"cong an|bo |chi cuc|thanh tra|quan ly |hoi |doan |don vi |truong "
)
_PROSE = re.compile(r"(?:duoc|ban hanh|trien khai|bao cao|ket qua|ke hoach|hoan thanh|van ban|de an|du thao)\b")
_INLINE, _LIKELY, _SOFT, _KEPT_HARD = 4.5, 2.0, 1.5, 3.0
_LEAP_YEAR = 2024
"""Any year tells whether a text is a deadline; this one has every day."""


@frozen
class _Piece:
    """A line of the text."""

    text: str
    goes_on: bool
    """The line ends in a blank: the extractor broke it, its cell goes on."""
    gap: bool
    """A blank line stands before it."""
    starts_page: bool
    place: int
    """Number of the line in the file."""


@frozen
class _Split:
    """The text of one cell and whether its borders are certain."""

    text: str
    sure: bool
    unfinished: bool = False
    """Its last line goes on, but the page ended or another cell began."""


@frozen
class _Word:
    text: str
    border: float
    """Cost of beginning a cell here; infinite in the middle of a line."""
    hard: bool
    """The line before ended its cell."""
    goes_on: bool
    line: int


def _split_cells(pieces: list[_Piece], fields: list[str]) -> list[_Split]:
    """A text for each field, in order: the cheapest way to cut the lines at the ends that the extractor shows."""
    words = _words(pieces)
    starts = [index for index, word in enumerate(words) if word.border < 50] + [len(words)]
    best: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}
    for name in fields:
        found: dict[int, tuple[float, tuple[int, ...]]] = {}
        for start, (spent, ends) in sorted(best.items()):
            for end in starts[starts.index(start) :]:
                cost = spent + _cost(words, start, end, name)
                if end not in found or cost < found[end][0]:
                    found[end] = (cost, (*ends, end))
        best = found
    ends = best[len(words)][1]
    cells = [_split(words, start, end) for start, end in zip((0, *ends), ends, strict=False)]
    unsure = any(not cell.sure for cell in cells)
    # a cell that seems blank beside doubtful ones may be theirs
    return [evolve(cell, sure=cell.sure and (bool(cell.text) or not unsure)) for cell in cells]


def _words(pieces: list[_Piece]) -> list[_Word]:
    found: list[_Word] = []
    for number, piece in enumerate(pieces):
        before = pieces[number - 1] if number else None
        open_line = before is not None and (before.goes_on or re.search(r"[^\W_]-$", before.text) is not None)
        words = piece.text.split()
        for index, text in enumerate(words):
            border = 99.0
            if not (index or open_line):
                border = 0.0
            elif _begins(text) and not index:
                border = _SOFT if piece.gap else _INLINE
            elif _begins(text) and words[index - 1][-1] not in ",-/":
                border = _inline(words, index)
            hard = index == 0 and before is not None and not open_line
            found.append(_Word(text, border, hard, piece.goes_on, number))
    return found


def _begins(text: str) -> bool:
    return text[0].isupper() or text[0].isdigit() or text[0] in "≥≤“"


def _inline(words: list[str], index: int) -> float:
    """Cost of a border within a line: likely where a unit's name begins or a phrase is said again."""
    rest = bare(" ".join(words[index:]))
    again = any(words[index - size : index] == words[index : index + size] for size in range(2, index + 1))
    return _LIKELY if again or (_UNIT.match(f"{rest} ") and not rest.startswith("bo chi so")) else _INLINE


def _cost(words: list[_Word], start: int, end: int, name: str) -> float:
    if start == end:
        return 0.2 if name == "note" else (7.0 if name == "support" else 12.0)
    inner = sum(_KEPT_HARD for word in words[start + 1 : end] if word.hard)
    text = " ".join(word.text for word in words[start:end])
    return words[start].border + inner + _fit(text, name)


def _fit(text: str, name: str) -> float:
    """How badly the text fits the field."""
    key = bare(text)
    unit, prose = bool(_UNIT.match(key)), bool(_PROSE.search(key))
    day = len(text) < 160 and Deadline.read(text, _LEAP_YEAR).kind != "unknown"
    if name == "deadline":
        return 0.0 if day else 8.0
    if name in ("lead", "support"):
        all_of_them = name == "lead" and key.startswith(("cac ", "ca "))
        return 8.0 * (not unit) + 4.0 * day + 2.0 * all_of_them + 4.0 * prose
    like_a_unit, like_a_day = unit and len(text) < 60 and not prose, day and len(text) < 30
    short = name in ("task", "subtask") and len(text) < 12
    return 5.0 * like_a_unit + 5.0 * like_a_day + 2.0 * short + 3.0 * (not _begins(text))


def _split(words: list[_Word], start: int, end: int) -> _Split:
    if start == end:
        return _Split("", True)
    lines: dict[int, list[str]] = {}
    for word in words[start:end]:
        lines.setdefault(word.line, []).append(word.text)
    text = doc.page_text("\n".join(" ".join(line) for line in lines.values())).replace("\n", " ")
    ends = all(place in (0, len(words)) or words[place].border == 0.0 for place in (start, end))
    return _Split(text, ends and not any(word.hard for word in words[start + 1 : end]), words[end - 1].goes_on)


_GROUP = re.compile(r"(?P<number>[IVX]+)\.?\s+(?P<title>[A-ZĐÀ-Ỹ].*)")
_END = re.compile(r"[IVX]+\s*[-.–]\s*[A-ZĐÀ-Ỹ ,]{8,}")
_TARGET = r"(?:[≥≤<>]=?\s*)?\d[\d.,]*(?:\s*%|\s*(?:điểm|mô hình|dịch vụ|hệ thống|người))?|Có|Đạt|Hoàn thành"
_LEAD = r"(?:Văn phòng|Phòng|Sở|Ban|Trung tâm|Các phòng|UBND|Công an|Bộ)\b.*?"
_INDICATOR = re.compile(rf"(?P<start>.+?)\s(?P<target>{_TARGET})\s(?P<lead>{_LEAD})")
_HEADS = ("STT", "Nội dung chỉ tiêu", "Đơn vị tính", "Mục tiêu", "Đơn vị chủ trì theo dõi")
_UNSURE = "văn bản thuần chữ, ranh giới giữa các ô không chắc"


def _indicator_table(lines: list[_Piece]) -> tuple[doc.GridTable, int, int] | None:
    """The table, its first line and the line after it; None when the text has none."""
    heads = (index for index, line in enumerate(lines) if re.match(r"s?tt .*chi tieu", doc.whole_key(line.text)))
    start = next(heads, len(lines))
    first = _first(lines, range(start + 1, start + 30), _GROUP, re.compile(r"1\b"))
    if first is None:
        return None
    end = _first(lines, range(first, len(lines)), _END) or len(lines)
    placed = [doc.GridCell(0, col, text, f"dòng {lines[start].place}") for col, text in enumerate(_HEADS)]
    for row, block in enumerate(_indicator_blocks(lines[first:end]), 1):
        placed += _row(row, block)
    return doc.table_of(placed), start, end


def _first(lines: list[_Piece], places: range, *patterns: re.Pattern[str]) -> int | None:
    """The first of those lines that begins like one of the patterns; None when none does."""
    inside = range(places.start, min(places.stop, len(lines)))
    return next((index for index in inside if any(one.match(lines[index].text) for one in patterns)), None)


def _joined(lines: list[_Piece]) -> str:
    return functools.reduce(doc.join_lines, (line.text for line in lines), "")


def _indicator_blocks(lines: list[_Piece]) -> list[list[_Piece]]:
    found: list[list[_Piece]] = []
    number = 0
    for line in lines:
        group = _GROUP.match(line.text)
        if group or re.match(rf"0{{0,2}}{number + 1}(?:\s|$)", line.text):
            found.append([line])
            number = 0 if group else number + 1
        elif found:
            found[-1].append(line)
    return found


def _row(row: int, block: list[_Piece]) -> list[doc.GridCell]:
    source, text = f"dòng {block[0].place}", _joined(block)
    group = _GROUP.fullmatch(text)
    if group:
        return [doc.GridCell(row, 0, group["number"], source), doc.GridCell(row, 1, group["title"], source)]
    number, _, rest = text.partition(" ")
    cells = [(number, ""), *_parts(rest, block)]
    return [doc.GridCell(row, col, value, source, doubt=doubt) for col, (value, doubt) in enumerate(cells)]


def _parts(text: str, block: list[_Piece]) -> list[tuple[str, str]]:
    """Indicator, measure, target, lead, each with its doubt: by their words, or by the ends of cells in the text."""
    match, cells = _INDICATOR.fullmatch(text), _indicator_cells(block)
    found = _by_words(match) if match else []
    ended = len(cells) == 4 and re.fullmatch(_TARGET, cells[2]) is not None
    if len(cells) >= 4 and (not found or (ended and found[1][0] != "%")):
        found = [(value, _UNSURE) for value in (" ".join(cells[:-3]), *cells[-3:])]
    return found or [(text, _UNSURE), *[("", _UNSURE)] * 3]


def _by_words(match: re.Match[str]) -> list[tuple[str, str]]:
    words = match["start"].split()
    cut = max(
        (index for index, word in enumerate(words) if index and (_begins(word) or word == "%")), default=len(words)
    )
    indicator, unit = " ".join(words[:cut]), " ".join(words[cut:])
    # what follows the unit in brackets is the rest of the indicator over a page
    lead, bracket, rest = match["lead"].partition(" (")
    unsure = "" if unit == "%" else _UNSURE
    outer = _UNSURE if bracket else unsure
    return [(f"{indicator}{bracket}{rest}", outer), (unit, unsure), (match["target"], unsure), (lead, outer)]


def _indicator_cells(block: list[_Piece]) -> list[str]:
    """The texts between the ends of cells that the extractor shows, without the number."""
    cells = [block[0].text]
    for before, line in itertools.pairwise(block):
        if before.goes_on:
            cells[-1] = doc.join_lines(cells[-1], line.text)
        else:
            cells.append(line.text)
    return [cell for cell in (re.sub(r"^\d+(?:\s+|$)", "", cells[0]), *cells[1:]) if cell]


_SECTION = re.compile(r"(?P<number>[IVX]+)\s*[.\-–]\s*(?P<title>[A-ZĐÀ-Ỹ].*)")
_ROW = re.compile(r"(?P<number>\d{1,3})\.\s+[A-ZĐÀ-Ỹ“]")
_SUB = re.compile(r"(?P<number>\d{1,3})\.\d{1,2}\.?\s+[A-ZĐÀ-Ỹ“]")
_HEAD_ROWS = 60
_TAIL = "nội dung nối qua trang trong văn bản thuần chữ"
_FIELDS = ("task", "subtask", "deliverable", "kpi", "lead", "support", "deadline", "note")


def read_txt(text: str, name: str) -> doc.Document:
    """The document; a text without a table of tasks is lines only.

    Raises Nq57Error for text whose columns are only blanks (`pdftotext -layout`): its cells cannot be told apart.
    """
    if _is_spaced(text):
        raise Nq57Error(
            f"Tệp {name} là chữ trích từ PDF, cột chỉ còn là khoảng trắng: ranh giới ô không chắc nên không đọc. "
            "Hãy nhập chính tệp .docx hoặc .pdf đó."
        )
    lines = _lines(text)
    found = _task_head(lines)
    front = lines[: found[0]] if found else lines
    tables, indicators = [], _indicator_table(front)
    if indicators:
        table, start, end = indicators
        tables, front = [table], front[:start] + front[end:]
    if found:
        tables.append(_task_table(lines[found[1] :], lines[found[0] : found[1]], found[2]))
    return doc.Document((*(doc.Line(line.text, f"dòng {line.place}") for line in front), *tables))


def _is_spaced(text: str) -> bool:
    """True for text that keeps the columns of its tables by blanks, as `pdftotext -layout` writes it."""
    lines = [line for line in text.split("\n") if line.strip()]
    return sum(re.search(r"\S {3,}\S", line) is not None for line in lines) > 0.15 * len(lines)


def _lines(text: str) -> list[_Piece]:
    found, gap = [], True
    for number, line in enumerate(text.replace("\f", "\n ").split("\n"), 1):
        if not clean(line):
            gap = True
            continue
        # the extractor puts a blank before the first line of a page and leaves one where it broke a line
        found.append(_Piece(clean(line), line.endswith(" "), gap, line.startswith(" "), number))
        gap = False
    return found


def _task_head(lines: list[_Piece]) -> tuple[int, int, list[str]] | None:
    """First line of the headings, first line of the rows, fields in order."""
    best: tuple[int, int, list[str]] | None = None
    for start in range(len(lines)):
        if not doc.whole_key(lines[start].text).startswith(("ma nhiem vu", "nhiem vu", "stt", "tt")):
            continue
        end = _first(lines, range(start + 1, start + _HEAD_ROWS), _SECTION, _ROW)
        if end is None:
            continue
        fields = _fields(" ".join(line.text for line in lines[start:end]))
        if len(fields) >= 5 and "task" in fields and "lead" in fields and (best is None or len(fields) > len(best[2])):
            best = (start, end, fields)
    return best


def _fields(text: str) -> list[str]:
    """The fields that a run of headings names, in order."""
    words = doc.whole_key(text).split()
    known = {word: name for name, list_ in heading_words().words["task"].items() for word in list_ if len(word) > 2}
    found: list[str] = []
    index = 0
    while index < len(words):
        size = next((size for size in range(8, 0, -1) if " ".join(words[index : index + size]) in known), 0)
        name = known.get(" ".join(words[index : index + size]), "")
        if name in _FIELDS and name not in found:
            found.append(name)
        index += max(1, size)
    return found


def _task_table(lines: list[_Piece], head: list[_Piece], fields: list[str]) -> doc.GridTable:
    """The rows as a table with the first headings that are known of the fields."""
    titles = (heading_words().words["task"][name][0] for name in fields)
    placed = [doc.GridCell(0, col, title, f"dòng {head[0].place}") for col, title in enumerate(titles)]
    for row, (kind, block) in enumerate(_blocks(_without_heads(lines, [line.text for line in head])), 1):
        source = f"dòng {block[0].place}"
        if kind == "section":
            placed.append(doc.GridCell(row, 0, _joined(block), source, 1, len(fields)))
            continue
        own = fields if kind == "row" else fields[1:]
        for name, cell in zip(own, _cells(block, own), strict=True):
            doubt = "" if cell.sure else (_TAIL if cell.unfinished else _UNSURE)
            placed.append(doc.GridCell(row, fields.index(name), cell.text, source, doubt=doubt))
        if kind == "part":
            # a further part of the task above: its task is the merged cell there
            above = max(index for index, cell in enumerate(placed) if cell.col == 0 and cell.row < row)
            placed[above] = attrs.evolve(placed[above], rows=row - placed[above].row + 1)
    return doc.table_of(placed)


def _without_heads(lines: list[_Piece], head: list[str]) -> list[_Piece]:
    """The lines without the headings, whole or cut, at the top of each page."""
    found: list[_Piece] = []
    index = 0
    while index < len(lines):
        starts_page = lines[index].starts_page
        if starts_page:
            texts = [line.text for line in lines[index : index + len(head)]]
            index += next((size for size in range(len(head), 0, -1) if texts[:size] == head[-size:]), 0)
        found += [attrs.evolve(line, starts_page=starts_page) for line in lines[index : index + 1]]
        index += 1
    return found


def _blocks(lines: list[_Piece]) -> list[tuple[str, list[_Piece]]]:
    """(kind, lines) of each section, row and further part of a row."""
    found: list[tuple[str, list[_Piece]]] = []
    number, parts, open_title = 0, 0, False
    for line in lines:
        section, row, sub = _SECTION.match(line.text), _ROW.match(line.text), _SUB.match(line.text)
        if section:
            found.append(("section", [line]))
            open_title = line.goes_on
        elif open_title and found and not row:
            found[-1][1].append(line)
            open_title = line.goes_on
        elif row and int(row["number"]) in (number + 1, 1) and (int(row["number"]) != number or not found):
            found.append(("row", [line]))
            number, parts, open_title = int(row["number"]), 0, False
        elif sub and int(sub["number"]) == number and found:
            parts += 1
            if parts > 1:
                found.append(("part", [line]))
            else:
                found[-1][1].append(line)
        elif found and found[-1][0] != "section":
            found[-1][1].append(line)
    return found


def _cells(block: list[_Piece], fields: list[str]) -> list[_Split]:
    """The cells of a row; what stands on a later page goes on with the cells that were not finished."""
    cut = next((index for index, line in enumerate(block) if index and line.starts_page), len(block))
    cells, text = _split_cells(block[:cut], fields), _joined(block[cut:])
    if not text:
        return cells
    longest = max(range(len(cells)), key=lambda index: len(cells[index].text))
    open_cells = [index for index, cell in enumerate(cells) if cell.unfinished] or [longest]
    texts: tuple[str, ...] = (text,)
    if len(open_cells) > 1:
        texts = _shared(cells[open_cells[0]].text, cells[open_cells[1]].text, text)
    for index, more in zip(open_cells, texts, strict=False):
        cells[index] = _Split(doc.join_lines(cells[index].text, more), False, True)
    return cells


def _shared(first: str, second: str, text: str) -> tuple[str, str]:
    """The tail of two cells apart: the second often repeats the first, so its tail begins as the first went on."""
    words = text.split()
    # words without the signs around them
    keys, last = ([word.strip(".,;:“”").casefold() for word in part.split()] for part in (f"{first} {text}", second))
    tail = keys[len(keys) - len(words) :]
    for index in range(len(keys) - 2):
        if keys[index : index + 2] == last[-2:] and keys[index + 2] in tail[1:]:
            cut = tail.index(keys[index + 2], 1)
            return " ".join(words[:cut]), " ".join(words[cut:])
    return text, ""
