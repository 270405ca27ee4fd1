"""Reads Markdown and HTML: lines, and tables with rowspan and colspan."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from attrs import define, field

from nq57xl.plan.importer.table import Document, Line, Placed, Table, table_of
from nq57xl.plan.importer.words import cell_text
from nq57xl.text.normalise import clean

_BLOCKS = {"p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "section", "article", "header", "pre", "title"}
_SILENT = {"script", "style", "head"}
_RULE = re.compile(r"\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*")
_MARKS = re.compile(r"\*\*|__|`|^#{1,6}\s+|^>\s+")


def read_markdown(text: str) -> Document:
    """The text: runs of lines with | are tables."""
    items: list[Line | Table] = []
    rows: list[tuple[int, str]] = []
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if line.strip().startswith("|") or (rows and "|" in line):
            rows.append((number, line.strip()))
            continue
        if rows:
            items.append(_markdown_table(rows))
            rows = []
        if clean(line):
            items.append(Line(clean(_MARKS.sub("", line.strip())), f"dòng {number}"))
    return Document(tuple(items))


def _markdown_table(rows: list[tuple[int, str]]) -> Table:
    placed = []
    kept = [(number, line) for number, line in rows if not _RULE.fullmatch(line)]
    for row, (number, line) in enumerate(kept):
        parts = re.split(r"(?<!\\)\|", line.removeprefix("|").removesuffix("|"))
        for col, part in enumerate(parts):
            text = _MARKS.sub("", re.sub(r"<br\s*/?>", "\n", part).replace(r"\|", "|").strip())
            placed.append(Placed(row, col, cell_text(text), f"dòng {number}"))
    return table_of(placed)


def read_html(text: str) -> Document:
    """The page's lines and tables."""
    parser = _Parser()
    parser.feed(text)
    parser.close()
    parser.flush()
    return Document(tuple(parser.items))


@define
class _Open:
    """A table being read."""

    placed: list[Placed] = field(factory=list)
    taken: set[tuple[int, int]] = field(factory=set)
    row: int = -1
    text: list[str] | None = None
    span: tuple[int, int] = (1, 1)


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.items: list[Line | Table] = []
        self.buffer: list[str] = []
        self.open: list[_Open] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in _SILENT:
            self.silent += 1
        elif tag == "table":
            self.flush()
            self.open.append(_Open())
        elif tag == "tr" and self.open:
            self.close_cell()
            self.open[-1].row += 1
        elif tag in ("td", "th") and self.open:
            self.close_cell()
            self.open[-1].text = []
            self.open[-1].span = (_count(values.get("rowspan")), _count(values.get("colspan")))
        elif tag == "br":
            self.put("\n")
        elif tag in _BLOCKS:
            self.end_block()

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        elif tag in ("td", "th") and self.open:
            self.close_cell()
        elif tag == "table" and self.open:
            self.close_table()
        elif tag in _BLOCKS:
            self.end_block()

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.put(re.sub(r"\s+", " ", data))

    def put(self, text: str) -> None:
        if self.open and self.open[-1].text is not None:
            self.open[-1].text.append(text)
        else:
            self.buffer.append(text)

    def end_block(self) -> None:
        if self.open and self.open[-1].text is not None:
            self.open[-1].text.append("\n")
        else:
            self.flush()

    def flush(self) -> None:
        """Ends the line of text outside tables."""
        for part in "".join(self.buffer).split("\n"):
            if clean(part):
                self.items.append(Line(clean(part), f"dòng {self.getpos()[0]}"))
        self.buffer = []

    def close_cell(self) -> None:
        table = self.open[-1]
        if table.text is None:
            return
        row, col = max(table.row, 0), 0
        while (row, col) in table.taken:
            col += 1
        rows, cols = table.span
        table.taken |= {(row + down, col + right) for down in range(rows) for right in range(cols)}
        text = cell_text(re.sub(r"\n{2,}", "\n", "".join(table.text)))
        table.placed.append(Placed(row, col, text, f"dòng {self.getpos()[0]}", rows, cols))
        table.text = None

    def close_table(self) -> None:
        self.close_cell()
        done = table_of(self.open.pop().placed)
        if self.open and self.open[-1].text is not None:
            texts = [cell.text for row in done.rows for cell in row if cell.text]
            self.open[-1].text.append("\n" + "\n".join(texts) + "\n")
        elif done.rows:
            self.items.append(done)


def _count(text: str | None) -> int:
    return min(200, max(1, int(text))) if text and text.isascii() and text.isdigit() and len(text) < 6 else 1
