"""Reads a Word document: paragraphs and tables in their order, merges, drawn list numbers, tracked insertions."""

from __future__ import annotations

import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from nq57xl.errors import Nq57Error
from nq57xl.plan.importer.document import Document, GridCell, GridTable, Line, paragraph_text, roman, table_of
from nq57xl.text.legacy import clean, one_line

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_SKIPPED = {
    *(f"{_W}{name}" for name in ("del", "moveFrom", "pPr", "rPr", "sdtPr", "instrText", "annotationRef", "rt")),
    # the same text box again, for older programs
    f"{_MC}Fallback",
}
_SIGNS = {f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}tab": " ", f"{_W}ptab": " ", f"{_W}noBreakHyphen": "-"}
_SYMBOLS = {"B3": "≥", "A3": "≤", "B1": "±", "AE": "→", "B4": "×", "B9": "≠", "BB": "≈"}
"""Signs of the font Symbol; the signs of other such fonts are bullets."""


_STRUCK, _STRUCK_END, _UNKNOWN_SIGN = "\ue000", "\ue001", "\ue002"
_STRUCK_TEXT = re.compile(f"{_STRUCK}([^{_STRUCK_END}]*){_STRUCK_END}")
_UNIT_BEFORE = re.compile(r"(?:^|[^\w])[kdc]?m$")
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def _texts(element: Any) -> Iterator[str]:  # noqa: ANN401 - an lxml element
    """The pieces of text under an element, in order; text boxes on lines of their own; what is struck through between
    two signs of its own."""
    before = ""
    for child in element:
        if child.tag in _SKIPPED or (child.tag == f"{_W}r" and _is_on(child, "vanish")):
            continue
        if child.tag == f"{_W}r":
            piece = _run_text(child, before)
            before = (before + piece)[-12:]
            yield piece
        elif child.tag in (f"{_W}t", f"{_M}t"):
            # Word draws no soft hyphen within a line
            yield (child.text or "").replace("\u00ad", "")
        elif child.tag in _SIGNS:
            yield _SIGNS[child.tag]
        elif child.tag == f"{_W}sym":
            yield _symbol((child.get(f"{_W}char") or "0")[-2:], child.get(f"{_W}font") or "")
        elif child.tag == f"{_W}txbxContent":
            yield "\n"
            for paragraph in child.iter(f"{_W}p"):
                yield from _texts(paragraph)
                yield "\n"
        else:
            yield from _texts(child)


def _run_text(run: Any, before: str) -> str:  # noqa: ANN401 - an lxml element
    """What a run says: signs of the font Symbol as signs, marks of footnotes left out, struck text marked."""
    text = "".join(_texts(run))
    fonts = run.find(f"{_W}rPr/{_W}rFonts")
    font = (fonts.get(f"{_W}ascii") or fonts.get(f"{_W}hAnsi") or "") if fonts is not None else ""
    font = font if font.casefold() == "symbol" else ""
    signs = "[^\x00-\xa0]|[<>]" if font else "[\uf020-\uf0ff]"
    text = re.sub(signs, lambda match: _symbol(f"{ord(match[0]) & 0xFF:02X}", font), text)
    if _val(run, "rPr", "vertAlign") == "superscript" and re.fullmatch(r"\s*[\d*,() ]{1,6}\s*", text):
        text = _raised(text.strip(), before)
    struck = text.strip() and (_is_on(run, "strike") or _is_on(run, "dstrike"))
    return f"{_STRUCK}{text}{_STRUCK_END}" if struck else text


def _raised(text: str, before: str) -> str:
    """A raised figure: a square behind a measure, an exponent behind a bare number, else the mark of a footnote."""
    if _UNIT_BEFORE.search(before):
        return text
    date = re.search(r"\d{1,2}/\d{4}$|\b20\d\d$", before)
    return text.translate(_SUPERSCRIPTS) if text.isdigit() and before[-1:].isdigit() and not date else ""


def _is_on(run: Any, name: str) -> bool:  # noqa: ANN401 - an lxml element
    mark = run.find(f"{_W}rPr/{_W}{name}")
    return mark is not None and mark.get(f"{_W}val") not in ("0", "false", "off")


def _val(element: Any, *path: str) -> str:  # noqa: ANN401 - an lxml element
    """The `val` of an element under another; "" where there is none."""
    found = element.find("/".join(f"{_W}{name}" for name in path)) if element is not None else None
    return (found.get(f"{_W}val") or "") if found is not None else ""


def _whole(text: str, default: int) -> int:
    return int(text) if text.isdigit() and len(text) < 7 else default


def _symbol(char: str, font: str) -> str:
    """The sign that a font of signs shows; those of other fonts are bullets."""
    known = _SYMBOLS.get(char.upper())
    if known is not None and font.casefold() in ("symbol", ""):
        return known
    plain = chr(int(char, 16)) if re.fullmatch(r"[0-9A-Fa-f]{2}", char) else ""
    if font.casefold() == "symbol":
        return plain if " " < plain <= "~" and not plain.isalpha() else "-" if char.upper() == "B7" else _UNKNOWN_SIGN
    return "-"


_Level = tuple[str, str, int]
"""Format, text and start of one level of a list."""


_List = tuple[str, dict[int, _Level]]
"""Name of a list, and its levels."""


def _level(item: Any) -> _Level:  # noqa: ANN401 - an lxml element
    return _val(item, "numFmt") or "decimal", _val(item, "lvlText"), _whole(_val(item, "start"), 1)


def _lists_of(numbering: Any) -> dict[str, _List]:  # noqa: ANN401 - an lxml element
    """numId -> the list that numbering.xml defines: numIds of one list count on together."""
    abstract = {
        item.get(f"{_W}abstractNumId"): {
            _whole(level.get(f"{_W}ilvl") or "", 0): _level(level) for level in item.findall(f"{_W}lvl")
        }
        for item in numbering.iter(f"{_W}abstractNum")
    }
    found = {}
    for item in numbering.iter(f"{_W}num"):
        number, key = item.get(f"{_W}numId"), _val(item, "abstractNumId")
        levels, name = dict(abstract.get(key, {})), f"abstract{key}"
        for override in item.findall(f"{_W}lvlOverride"):
            # a use of a list may write its levels anew, all of them or only where they start
            level, whole = _whole(override.get(f"{_W}ilvl") or "", 0), override.find(f"{_W}lvl")
            made = _level(whole) if whole is not None else levels.get(level)
            start = _val(override, "startOverride")
            if made is not None:
                levels[level] = (made[0], made[1], _whole(start, 1)) if start else made
            if override.find(f"{_W}startOverride") is not None:
                name = f"num{number}"
        found[number] = (name, levels)
    return found


def _shown(levels: dict[int, _Level], counts: dict[int, int], level: int) -> str:
    kind, _, start = levels.get(level, ("decimal", "", 1))
    count = counts.get(level, start)
    if kind.endswith(("Roman", "Letter")):
        shown = roman(count) if kind.endswith("Roman") else chr(ord("A") + (count - 1) % 26)
        return shown.lower() if kind.startswith("lower") else shown
    return f"{count:02d}" if kind == "decimalZero" else str(count)


_NEAR = 150
"""Borders nearer than this are one, in twentieths of a point (2.6 mm)."""
_MOST_COLUMNS = 200

_Span = tuple[int, int]
"""First column of a cell and the column after it; or where its left and its right border stand."""


def _inside(parent: Any, *names: str) -> Iterator[Any]:  # noqa: ANN401 - lxml elements
    """The elements of those names under another, those in content controls and insertions too."""
    for child in parent:
        if child.tag in names:
            yield child
        elif child.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml", f"{_W}ins"):
            yield from _inside(child, *names)


def _rows_of(table: Any) -> Iterator[Any]:  # noqa: ANN401 - lxml elements
    """The rows without deleted ones."""
    return (row for row in _inside(table, f"{_W}tr") if row.find(f"{_W}trPr/{_W}del") is None)


def _columns_of(table: Any) -> list[list[_Span]]:  # noqa: ANN401 - an lxml element
    """For each row the columns that each of its cells covers, over the borders that the rows have in common."""
    widths = [_whole(column.get(f"{_W}w") or "", 0) or 1000 for column in table.findall(f"{_W}tblGrid/{_W}gridCol")]
    places = list(itertools.accumulate(widths, initial=0))
    rows: list[list[_Span]] = []
    for row in _rows_of(table):
        borders = [min(_whole(_val(row, "trPr", "gridBefore"), 0), _MOST_COLUMNS)]
        for cell in _inside(row, f"{_W}tc"):
            borders.append(borders[-1] + min(max(1, _whole(_val(cell, "tcPr", "gridSpan"), 1)), _MOST_COLUMNS))
        places += [places[-1] + 1000 * step for step in range(1, borders[-1] - len(places) + 2)]
        rows.append(list(itertools.pairwise(places[border] for border in borders)))
    used = sorted({border for row in rows for span in row for border in span})
    return _common(rows) or [[(used.index(left), used.index(right)) for left, right in row] for row in rows]


def _common(rows: Sequence[list[_Span]]) -> list[list[_Span]] | None:
    """The rows over the borders of most of them, None when a cell would have no column left."""
    patterns = Counter(tuple(right for _, right in row) for row in rows if len(row) > 2)
    if not patterns:
        return None
    best = max(patterns, key=lambda item: (patterns[item] > 1, len(item), patterns[item]))
    borders = [next(row[0][0] for row in rows if tuple(right for _, right in row) == best), *best]
    done = []
    for row in rows:
        spans = [(_nearest(borders, left), _nearest(borders, right)) for left, right in row]
        if len(row) == len(best) and any(first == last for first, last in spans):
            # as many cells as the others have: each stands in its column, however far its borders were dragged
            spans = [(index, index + 1) for index in range(len(best))]
        if any(right - left > _NEAR and first >= last for (left, right), (first, last) in zip(row, spans, strict=True)):
            return None
        done.append(spans)
    return done


def _nearest(borders: list[int], place: int) -> int:
    return min(range(len(borders)), key=lambda index: abs(borders[index] - place))


def read_docx(data: bytes, name: str) -> Document:
    """The document. Raises Nq57Error when the file cannot be opened."""
    import docx

    try:
        document = docx.Document(io.BytesIO(data))
    except Exception as error:  # the library raises what its zip and XML layers raise
        raise Nq57Error(f"Không mở được {name}: tệp hỏng hoặc không phải .docx.") from error
    numbering = next((item for item in document.part.package.parts if item.partname == "/word/numbering.xml"), None)
    element = getattr(numbering, "element", None)
    reader = _DocxReader({} if element is None else _lists_of(element), _styles(document))
    return Document(tuple(reader.items(document.element.body)))


def _styles(document: Any) -> dict[str, tuple[str, int]]:  # noqa: ANN401 - a python-docx document
    """Paragraph style -> list and level that its paragraphs belong to."""
    styles = {style.get(f"{_W}styleId") or "": style for style in document.styles.element.iter(f"{_W}style")}
    own = {name: _list_of(style.find(f"{_W}pPr")) for name, style in styles.items()}
    found: dict[str, tuple[str, int]] = {}
    for name in styles:
        above = name
        for _ in range(20):  # they may be based on each other in a circle
            above = above if own.get(above) else _val(styles.get(above), "basedOn")
        if numbered := own.get(above):
            found[name] = numbered
    return found


def _list_of(properties: Any) -> tuple[str, int] | None:  # noqa: ANN401 - an lxml element
    """List and level that the properties of a paragraph or style name."""
    key = _val(properties, "numPr", "numId")
    return (key, _whole(_val(properties, "numPr", "ilvl"), 0)) if key else None


class _DocxReader:
    """Walks one document."""

    def __init__(self, lists: dict[str, _List], styles: dict[str, tuple[str, int]]) -> None:
        self.lists, self.styles = lists, styles
        self.paragraphs = self.tables = 0
        self.counts: dict[str, dict[int, int]] = {}
        """Name of a list -> level -> how many of its paragraphs there were so far."""

    def items(self, parent: Any) -> Iterator[Line | GridTable]:  # noqa: ANN401 - an lxml element
        """Lines and tables under an element."""
        for element in _inside(parent, f"{_W}p", f"{_W}tbl"):
            if element.tag == f"{_W}tbl":
                yield self.table(element)
                continue
            self.paragraphs += 1
            for part in filter(None, map(clean, _live(self.paragraph(element))[0].split("\n"))):
                yield Line(part, f"đoạn {self.paragraphs}")

    def paragraph(self, element: Any) -> str:  # noqa: ANN401 - an lxml element
        """The text of a paragraph with the number drawn before it."""
        text = "".join(_texts(element))
        properties = element.find(f"{_W}pPr")
        numbered = _list_of(properties) or self.styles.get(_val(properties, "pStyle"))
        drawn = self.number(*numbered) if numbered and numbered[0] != "0" else ""
        return f"{drawn} {text}".strip() if drawn else text

    def number(self, number: str, level: int) -> str:
        """The number drawn before the next paragraph of that list and level; "-" for bullets."""
        name, levels = self.lists.get(number, ("", {}))
        if level not in levels:
            return ""
        known = self.counts.get(name, {})
        count = known.get(level, levels[level][2] - 1) + 1
        counts = self.counts[name] = {item: known[item] for item in known if item < level} | {level: count}
        if levels[level][0] == "bullet":
            return "-"
        return re.sub(r"%(\d)", lambda match: _shown(levels, counts, int(match[1]) - 1), levels[level][1])

    def table(self, element: Any) -> GridTable:  # noqa: ANN401 - an lxml element
        """The grid of a table: gridSpan merges columns, vMerge rows."""
        self.tables += 1
        source = f"bảng {self.tables}"
        placed: list[GridCell] = []
        struck: list[tuple[str, str]] = []
        above: dict[int, int] = {}
        for row, (line, spans) in enumerate(zip(_rows_of(element), _columns_of(element), strict=True)):
            open_cells: dict[int, int] = {}
            for cell, (left, right) in zip(_inside(line, f"{_W}tc"), spans, strict=True):
                text, gone, doubt = _live(self.cell(cell))
                text = paragraph_text(text)
                if gone:
                    struck.append((f"chữ gạch ngang: {gone}", f"{source}, dòng {row + 1}"))
                if left >= right and not text:
                    continue
                merge = cell.find(f"{_W}tcPr/{_W}vMerge")
                if left in above and merge is not None and (merge.get(f"{_W}val") or "continue") == "continue":
                    upper = placed[above[left]]
                    # Word keeps texts under a merge that nobody sees
                    hidden = any(map(str.isalpha, text)) and one_line(text) not in one_line(upper.text)
                    doubt = "ô gộp có chữ ẩn ở dòng dưới" if hidden else upper.doubt
                    placed[above[left]] = attrs.evolve(upper, rows=row - upper.row + 1, doubt=doubt)
                    open_cells[left] = above[left]
                    continue
                open_cells[left] = len(placed)
                placed.append(GridCell(row, left, text, f"{source}, dòng {row + 1}", 1, max(1, right - left), doubt))
            above = open_cells
        return table_of(placed, unseen=tuple(struck))

    def cell(self, element: Any) -> str:  # noqa: ANN401 - an lxml element
        """The paragraphs of a cell, of tables inside it too, a line each."""
        # paragraphs of a text box come with the paragraph that holds it
        own = (item for item in element.iter(f"{_W}p") if next(item.iterancestors(f"{_W}txbxContent"), None) is None)
        return "\n".join(self.paragraph(item) for item in own)


def _live(text: str) -> tuple[str, str, str]:
    """The text without what is struck through; that; and why a person must look at the rest."""
    gone = "; ".join(one_line(part) for part in _STRUCK_TEXT.findall(text) if part.strip())
    live = _STRUCK_TEXT.sub(" ", text)
    doubt = "có phần gạch ngang đã bỏ" if gone and live.strip() else ""
    if _UNKNOWN_SIGN in live:
        return live.replace(_UNKNOWN_SIGN, "□"), gone, "ký hiệu phông Symbol không nhận ra"
    return live, gone, doubt
