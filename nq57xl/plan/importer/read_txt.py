"""Reads text extracted from a PDF: lines, and the tables as far as the text alone tells their cells apart."""

from __future__ import annotations

import re

import attrs
from attrs import frozen

from nq57xl.plan.importer.aligned import Page, aligned
from nq57xl.plan.importer.headings import synonyms
from nq57xl.plan.importer.pdf_text import TextLine
from nq57xl.plan.importer.table import Document, Line, Placed, Table, table_of
from nq57xl.plan.importer.txt_cells import Piece, Split, split_cells
from nq57xl.plan.importer.txt_indicators import indicator_table
from nq57xl.plan.importer.words import join_lines, whole_key
from nq57xl.text.normalise import clean

_SECTION = re.compile(r"(?P<number>[IVX]+)\s*[.\-–]\s*(?P<title>[A-ZĐÀ-Ỹ].*)")
_ROW = re.compile(r"(?P<number>\d{1,3})\.\s+[A-ZĐÀ-Ỹ“]")
_SUB = re.compile(r"(?P<number>\d{1,3})\.\d{1,2}\.?\s+[A-ZĐÀ-Ỹ“]")
_HEAD_ROWS = 60
_UNSURE = "văn bản thuần chữ, ranh giới giữa các ô không chắc"
_TAIL = "nội dung nối qua trang trong văn bản thuần chữ"
_TITLES = {
    "task": "Nhiệm vụ",
    "subtask": "Tiểu nhiệm vụ",
    "deliverable": "Sản phẩm",
    "kpi": "KPI",
    "lead": "Đơn vị chủ trì",
    "support": "Đơn vị phối hợp",
    "deadline": "Thời hạn",
    "note": "Ghi chú",
}


@frozen
class _Raw:
    """A line of the file."""

    text: str
    goes_on: bool
    gap: bool
    starts_page: bool
    place: int


def read_txt(text: str) -> Document:
    """The document; a text without a table of tasks is lines only."""
    if _is_spaced(text):
        found_tables = aligned(_pages(text))
        if found_tables is not None:
            return Document(tuple(found_tables))
    lines = _lines(text)
    items: list[Line | Table] = []
    found = _task_head(lines)
    front = lines[: found[0]] if found else lines
    indicators = indicator_table([Piece(line.text, line.goes_on, line.gap, line.place) for line in front])
    skipped = range(0)
    if indicators:
        skipped = range(indicators[1], indicators[2])
        items.append(indicators[0])
    items[:0] = [_line(line) for index, line in enumerate(front) if index not in skipped]
    if found:
        items.append(_task_table(lines[found[1] :], lines[found[0] : found[1]], found[2], _year(text)))
    return Document(tuple(items), plain=True)


def _is_spaced(text: str) -> bool:
    """True for text that keeps the columns of its tables by blanks, as `pdftotext -layout` writes it."""
    lines = [line for line in text.split("\n") if line.strip()]
    return sum(re.search(r"\S {3,}\S", line) is not None for line in lines) > 0.15 * len(lines)


def _pages(text: str) -> list[Page]:
    """Its pages; a letter is one wide and a line one high."""
    pages, number = [], 0
    for part in text.split("\f"):
        lines, sources = [], []
        for line in part.replace("\r", "").expandtabs().split("\n"):
            number += 1
            words = [(float(match.start()), float(match.end()), match[0]) for match in re.finditer(r"\S+", line)]
            if words and not clean(line).isdigit():
                lines.append(TextLine(clean(line), words[0][0], words[-1][1], number, number + 1.0, 1.0, False, words))
                sources.append(f"dòng {number}")
        pages.append(Page(tuple(lines), "", 1.0, (), tuple(sources)))
    return pages


def _year(text: str) -> int:
    years = re.findall(r"năm\s+(20\d\d)", text)
    return int(max(set(years), key=years.count)) if years else 2026


def _lines(text: str) -> list[_Raw]:
    found, gap = [], True
    for number, line in enumerate(text.replace("\f", "\n ").split("\n"), 1):
        if not clean(line):
            gap = True
            continue
        # the extractor puts a blank before the first line of a page and leaves one where it broke a line
        found.append(_Raw(clean(line), line.endswith(" "), gap, line.startswith(" "), number))
        gap = False
    return found


def _line(line: _Raw) -> Line:
    return Line(line.text, f"dòng {line.place}")


def _task_head(lines: list[_Raw]) -> tuple[int, int, list[str]] | None:
    """First line of the headings, first line of the rows, fields in order."""
    best: tuple[int, int, list[str]] | None = None
    for start in range(len(lines)):
        key = whole_key(lines[start].text)
        if not any(
            key.startswith(word) for word in ("ma nhiem vu", "stt nhiem vu", "tt nhiem vu", "nhiem vu", "stt", "tt")
        ):
            continue
        end = next(
            (index for index in range(start + 1, min(start + _HEAD_ROWS, len(lines)))
             if _SECTION.match(lines[index].text) or _ROW.match(lines[index].text)),
            None,
        )  # fmt: skip
        if end is None:
            continue
        fields = _fields(" ".join(line.text for line in lines[start:end]))
        if len(fields) >= 5 and "task" in fields and "lead" in fields and (best is None or len(fields) > len(best[2])):
            best = (start, end, fields)
    return best


def _fields(text: str) -> list[str]:
    """The fields that a run of headings names, in order."""
    words = whole_key(text).split()
    known = {word: name for name, list_ in synonyms()["task"].items() for word in list_ if len(word) > 2}
    found: list[str] = []
    index = 0
    while index < len(words):
        size = next((size for size in range(8, 0, -1) if " ".join(words[index : index + size]) in known), 0)
        name = known.get(" ".join(words[index : index + size]), "") if size else ""
        if name and name in _TITLES and name not in found:
            found.append(name)
        index += max(1, size)
    return found


def _task_table(lines: list[_Raw], head: list[_Raw], fields: list[str], year: int) -> Table:
    """The rows as a table with the ordinary headings."""
    placed = [Placed(0, col, _TITLES[name], f"dòng {head[0].place}") for col, name in enumerate(fields)]
    row = 0
    for kind, block in _blocks(_without_heads(lines, [line.text for line in head])):
        row += 1
        source = f"dòng {block[0].place}"
        if kind == "section":
            text = ""
            for line in block:
                text = join_lines(text, line.text)
            placed.append(Placed(row, 0, text, source, 1, len(fields)))
            continue
        own = fields if kind == "row" else fields[1:]
        for name, cell in zip(own, _cells(block, own, year), strict=True):
            doubt = "" if cell.sure else (_TAIL if cell.unfinished else _UNSURE)
            placed.append(Placed(row, fields.index(name), cell.text, source, doubt=doubt))
        if kind == "part":
            # a further part of the task above: its task is the merged cell there
            above = max(index for index, cell in enumerate(placed) if cell.col == 0 and cell.row < row)
            placed[above] = attrs.evolve(placed[above], rows=row - placed[above].row + 1)
    return table_of(placed)


def _without_heads(lines: list[_Raw], head: list[str]) -> list[_Raw]:
    """The lines without the headings, whole or cut, at the top of each page."""
    found: list[_Raw] = []
    index = 0
    while index < len(lines):
        length = 0
        if lines[index].starts_page:
            texts = [line.text for line in lines[index : index + len(head)]]
            length = next((size for size in range(len(head), 0, -1) if texts[:size] == head[-size:]), 0)
        if length:
            index += length
            if index < len(lines):
                found.append(attrs.evolve(lines[index], starts_page=True))
                index += 1
            continue
        found.append(lines[index])
        index += 1
    return found


def _blocks(lines: list[_Raw]) -> list[tuple[str, list[_Raw]]]:
    """(kind, lines) of each section, row and further part of a row."""
    found: list[tuple[str, list[_Raw]]] = []
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


def _cells(block: list[_Raw], fields: list[str], year: int) -> list[Split]:
    """The cells of a row; what stands on a later page goes on with the cells that were not finished."""
    cut = next((index for index, line in enumerate(block) if index and line.starts_page), len(block))
    cells = split_cells([Piece(line.text, line.goes_on, line.gap) for line in block[:cut]], fields, year)
    return _with_tail(cells, block[cut:]) if cut < len(block) else cells


def _with_tail(cells: list[Split], tail: list[_Raw]) -> list[Split]:
    text = ""
    for line in tail:
        text = join_lines(text, line.text)
    open_cells = [index for index, cell in enumerate(cells) if cell.unfinished]
    done = list(cells)
    if len(open_cells) == 1:
        cell = cells[open_cells[0]]
        done[open_cells[0]] = Split(join_lines(cell.text, text), False, True)
        return done
    if len(open_cells) < 1:
        open_cells = [max(range(len(cells)), key=lambda index: len(cells[index].text))]
        done[open_cells[0]] = Split(join_lines(cells[open_cells[0]].text, text), False, True)
        return done
    first, second = open_cells[0], open_cells[1]
    one, other = _shared(cells[first].text, cells[second].text, text)
    done[first] = Split(join_lines(cells[first].text, one), False, True)
    done[second] = Split(join_lines(cells[second].text, other), False, True)
    return done


def _shared(first: str, second: str, text: str) -> tuple[str, str]:
    """The tail of two cells apart: the second often repeats the first, so its tail begins as the first went on."""
    words = text.split()
    whole, last = [*first.split(), *words], second.split()[-2:]
    for index in range(len(whole) - 2):
        if [bare_word(item) for item in whole[index : index + 2]] == [bare_word(item) for item in last]:
            following = whole[index + 2]
            for cut in range(1, len(words)):
                if bare_word(words[cut]) == bare_word(following):
                    return " ".join(words[:cut]), " ".join(words[cut:])
    return text, ""


def bare_word(word: str) -> str:
    """A word without the signs around it."""
    return word.strip(".,;:“”").casefold()
