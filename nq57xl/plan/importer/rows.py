"""Body rows of the tables under their headings, field by field; rows and merged cells that a page cut made whole."""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator

import attrs
from attrs import define, field, frozen

from nq57xl.plan.importer.document import (
    BodyRow,
    Document,
    GridCell,
    GridTable,
    Line,
    SourceText,
    join_lines,
    roman_value,
    table_of,
    whole_key,
)
from nq57xl.plan.importer.headings import Headings, HeadingWords, is_tick
from nq57xl.text.legacy import one_line

_APPENDIX = re.compile(r"(?:phụ lục|pl|biểu|danh (?:sách|mục))\b(?!.*tiếp)", re.IGNORECASE)
_LIKE_HEADINGS = "giống dòng tên cột: các dòng dưới có thể thuộc bảng khác"
_BY_NUMBER = "ghép từ bảng đặt dưới theo số thứ tự: hãy xem cả cột"
_NUMBERED = re.compile(r"(?:\d{1,3}(?:\.\d{1,3})*[.)]\s*[^\W\d]|\d{1,3}\.\d{1,3}\s+\S|[a-zđ]\)\s*\S)")
_DIGITS = re.compile(r"\d{1,3}(?:\.\d{1,3})*")
_JOINTS = {
    "và", "của", "về", "cho", "tại", "theo", "số", "ngày", "tháng", "năm", "quý", "trước", "hoặc", "với", "từ", "đến"
}  # fmt: skip
"""Words that no text ends with."""
_SPLIT = "dòng đầu trang, có thể là phần sau của ô gộp"
_WORK = ("task", "subtask", "indicator")
"""Fields that say what is to be done."""


def _joined(rows: list[BodyRow]) -> list[BodyRow]:
    """Rows that go on over a page made whole."""
    done: list[BodyRow] = []
    cut = False
    products = {item.text("deliverable") for item in rows if not item.starts_page}
    numbered = _are_numbered(rows)
    for row in rows:
        at_top = bool(done) and row.starts_page and not row.first
        # a further part of the task of the page before
        part = at_top and not (row.title or row.text("number")) and bool(row.text("subtask"))
        anew = part and _begins_anew(done[-1], row, products)
        if at_top and not anew and (_is_cut_number(done, row) or _goes_on(done[-1], row, numbered)):
            lower = _handed_up(done, row, done[-1].merged)
            done[-1], cut = _join(done[-1], lower), True
        else:
            whole = attrs.evolve(row, near_top=cut)
            if anew:
                # its further cells may be the rest of merged ones
                own = row.values.keys() - {"number", *_WORK}
                whole = whole.having({name: row.values[name].doubted(_SPLIT) for name in own})
            done.append(_handed_up(done, whole, frozenset({"task"})) if part else _under_tall(done, whole))
            cut = False
    return done


def _under_tall(done: list[BodyRow], row: BodyRow) -> BodyRow:
    """The first row of a page without the rest of merged cells that the page cut: it goes to the row before."""
    if not (done and row.starts_page and row.text("number")) or row.first or done[-1].title:
        return row
    before = done[-1]
    names = frozenset(name for name in row.values.keys() - {"number", *_WORK} - before.short if before.text(name)
                      and row.text(name) and (row.text(name)[0].islower() or _is_open(before.text(name))))  # fmt: skip
    if not names:
        return row
    lower = _handed_up(done, row, names)
    done[-1] = attrs.evolve(done[-1], tall=done[-1].tall | names)
    kept = {name: value for name, value in lower.values.items() if name not in names}
    return attrs.evolve(lower, values=kept, merged=lower.merged | names)


def _are_numbered(rows: list[BodyRow]) -> bool:
    """True for a table in which, but for the tops of pages, every row has a number of its own."""
    inner = [row for row in rows if not (row.starts_page or row.title)]
    own = sum(bool(row.text("number")) or any(_NUMBERED.match(row.text(name)) for name in _WORK) for row in inner)
    return len(inner) > 2 and own >= 0.9 * len(inner)


def _goes_on(before: BodyRow, row: BodyRow, numbered: bool) -> bool:
    """True when the first row of a page is the rest of the last one of the page before."""
    if before.title and row.title:
        return row.title[:1].islower()
    if any(row.text(name) for name in before.short - {"number"}):
        return False
    texts = [row.text(name) for name in row.values if row.text(name)]
    number = row.text("number")
    work = next((row.text(name) for name in _WORK if row.text(name)), "")
    if number[:1] in (".", ")") and before.text("number"):
        return True
    if number and texts == [number] and not row.title:
        return bool(before.text("number")) and not _follows(before.text("number"), number)
    if number:
        # a number set in the middle of its cell may stand in the lower part
        # nor does a narrow column always keep "5.2." in one piece
        open_number = before.text("number").endswith(".") or not (before.text("number") or "number" in before.merged)
        return open_number and work[:1].islower()
    if (
        before.title
        or any(_NUMBERED.match(row.text(name)) for name in _WORK)
        or (roman_value(work.split(" ")[0].rstrip(".-/")) and row.title)
    ):
        return False
    if numbered and not {"number"} & (before.merged | before.tall):
        return True
    own = next((before.text(name) for name in _WORK if before.text(name)), "")
    if work[:1].isupper() and not _is_open(own) and len(texts) > 2 and not row.text("deliverable")[:1].islower():
        return False
    if any(text[0].islower() for text in texts):
        return True
    full = all(row.text(name) and before.text(name) for name in ("lead", "deadline") if name in row.values)
    return not (full and work and (row.text("deliverable") or "deliverable" not in row.values))


def _begins_anew(before: BodyRow, row: BodyRow, products: set[str]) -> bool:
    """True for a further part of a merged task: its work and a product that the table knows begin with capitals."""
    return (
        row.text("deliverable") in products
        and all(row.text(name)[:1].isupper() or row.text(name)[:1].isdigit() for name in ("subtask", "deliverable"))
        and not any(_is_open(before.text(name)) for name in ("subtask", "deliverable"))
    )


def _is_open(text: str) -> bool:
    """True for a blank or a text that plainly does not end there."""
    return not text or text[-1] in ",;:-–(“" or text.rsplit(maxsplit=1)[-1].casefold() in _JOINTS


def _is_cut_number(done: list[BodyRow], row: BodyRow) -> bool:
    """True when both halves of a number that a narrow column and the page cut make the next one: 07, "0" and "8"."""
    numbers = [item.text("number").rstrip(".") for item in (*done, row)]
    *before, upper, lower = [number for number in numbers if number] if numbers[-1] and numbers[-2] else ["", ""]
    if not (_DIGITS.fullmatch(upper) and lower.isdigit()):
        return False
    last = next((number for number in reversed(before) if _DIGITS.fullmatch(number)), "")
    follows = _next_number(last, upper + lower) and not _next_number(upper, lower) and not _next_number(last, upper)
    return not upper.strip("0") or follows


def _next_number(last: str, number: str) -> bool:
    """True when a number follows another: 8 after 7, 3.10 after 3.9."""
    stem, _, end = last.rpartition(".")
    own_stem, _, own_end = number.rpartition(".")
    return stem == own_stem and end.isdigit() and own_end.isdigit() and int(own_end) == int(end) + 1


def _follows(before: str, number: str) -> bool:
    """True for a key that comes after another: "b)" after "a)", 8 after 7."""
    one, other = before.strip(" .)"), number.strip(" .)")
    if len(one) == len(other) == 1 and one.isalpha() and other.isalpha():
        return ord(other) == ord(one) + 1
    return _next_number(one, other)


def _handed_up(done: list[BodyRow], row: BodyRow, names: frozenset[str]) -> BodyRow:
    """The row with the rest of its merged cells given to the rows in which these began."""
    values = dict(row.values)
    for name in names:
        owner = next((index for index in range(len(done) - 1, -1, -1) if done[index].text(name)), None)
        if not row.text(name) or owner is None or (name == "task" and _NUMBERED.match(row.text(name))):
            continue
        done[owner] = done[owner].having({name: _sewn(done[owner].values[name], values.pop(name))})
    return attrs.evolve(row, values=values)


def _join(before: BodyRow, row: BodyRow) -> BodyRow:
    values = dict(before.values)
    for name, value in row.values.items():
        if value.text:
            old = values.get(name, SourceText("", value.source))
            whole = _sewn(old, value)
            values[name] = attrs.evolve(whole, text=f"{old.text}{value.text}") if name == "number" else whole
    title = join_lines(before.title, row.title) if before.title else ""
    return attrs.evolve(before, values=values, title=title, tall=before.tall | row.tall)


def _sewn(upper: SourceText, lower: SourceText) -> SourceText:
    """A text that a page cut made whole; doubted unless it plainly goes on and ends."""
    one, other = upper.text, lower.text
    whole = upper.joined(lower)
    if one and (other[-1] in "-–,(" or other.count("”") + one.count("”") < other.count("“") + one.count("“")):
        return whole.doubted("nội dung qua trang có vẻ thiếu phần cuối")
    goes_on = not one or other[0].islower() or one[-1] in ",-(" or one.rsplit(maxsplit=1)[-1].casefold() in _JOINTS
    return whole if goes_on else whole.doubted("nội dung nối qua trang")


_PIECES = re.compile(r"\(?(?:\d{1,3}(?:\.\d{1,3})*\.?[a-zđ]?|[IVXLC]+)[.):/]?")
_OVER = re.compile(r"(?:(?:phần|mục|nhóm)\s+(?:thứ\s+)?)?(?P<number>[IVX]+)\s*[.:)/–-]+\s*\S", re.IGNORECASE)


@frozen
class Body:
    """All rows of one kind of table, and what landed nowhere."""

    rows: tuple[BodyRow, ...] = ()
    fields: frozenset[str] = frozenset()
    """Fields that have a column."""
    loose: tuple[SourceText, ...] = ()
    """Texts of cells under columns that hold no field."""
    doubts: tuple[str, ...] = ()
    """Fields whose column was found by likeness only."""
    disagreeing: frozenset[str] = frozenset()
    """Fields whose heading says one thing and whose cells another."""


def bodies_of(document: Document, known: HeadingWords) -> tuple[Body, Body, list[Line]]:
    """The rows of the tables of tasks and of indicators, over pages and in several appendices; and the text outside:
    paragraphs, letterhead, rows over the headings, tables of another kind."""
    walk = _Walk(known)
    for item in _halves_joined(document.items, known):
        if isinstance(item, Line):
            walk.line(item)
        else:
            walk.table(item)
    return walk.body("task"), walk.body("indicator"), walk.lines


def _halves_joined(items: Iterable[Line | GridTable], known: HeadingWords) -> list[Line | GridTable]:
    """The document with each right half of a table that is too wide for its page set beside the left half."""
    done: list[Line | GridTable] = []
    joined, first, appendix = False, 0, ""
    for item in items:
        if isinstance(item, Line) and _APPENDIX.match(item.text) and item.text != appendix:
            # a further appendix has tables of its own
            joined, first, appendix = False, len(done), item.text
        for index, left in enumerate(done[first:], first):
            if isinstance(item, GridTable) and isinstance(left, GridTable):
                shared = _shared_columns(left, item)
                if not shared or _tells_again(left, item, shared, known):
                    continue
                if shared > 1 or _lacks_work(item, known) or (joined and known.find(item) is None):
                    done[index], joined = _side_by_side(left, item, shared), True
                    break
        else:
            done.append(item)
    return done


def _tells_again(left: GridTable, right: GridTable, shared: int, known: HeadingWords) -> bool:
    """True when the right table has a column of its own for what the left one tells too: these are two plans."""
    heads = list(
        itertools.takewhile(lambda row: not re.match(r"\d|[IVX]+\b", left.text(row, 0)), range(len(left.rows)))
    )
    one, other = (
        {name for text in texts for name, score in known.scores("task", [text]).items() if score > 2}
        for texts in (
            {cell.text for row in heads for _, cell in left.own(row)},
            {cell.text for row in heads for col, cell in right.own(row) if col >= shared},
        )
    )
    return bool((one & other) - {"number", "note"})


def _shared_columns(left: GridTable, right: GridTable) -> int:
    """How many columns the right half repeats of the left one: the numbers, and mostly the work itself."""
    if len(left.rows) != len(right.rows) or len({left.text(row, 0) for row in range(len(left.rows))}) < 4:
        return 0
    same = (
        all(left.text(row, col) == right.text(row, col) for row in range(len(left.rows))) for col in range(left.width)
    )
    shared = sum(itertools.takewhile(bool, itertools.islice(same, right.width)))
    return shared if shared < min(left.width, right.width) else 0


def _lacks_work(table: GridTable, known: HeadingWords) -> bool:
    """True for a table that names numbers and who leads or until when, and no work: half of a plan."""
    found = {name for _, cell in table.own(0) for name, score in known.scores("task", [cell.text]).items() if score > 2}
    return {"number"} < found & {"number", "lead", "support", "deadline"} and known.find(table) is None


def _side_by_side(left: GridTable, right: GridTable, shared: int) -> GridTable:
    cells = {(cell.row, cell.col): cell for row in left.rows for cell in row}
    flagged = set()
    for cell in (cell for row in right.rows for cell in row if cell.col >= shared):
        col = cell.col - shared + left.width
        # the numbers alone hold the halves together: said once in a column
        said = shared > 1 or col in flagged or not cell.row or not re.search(r"\w{2}", cell.text)
        flagged |= set() if said else {col}
        cells[cell.row, col] = attrs.evolve(cell, col=col, doubt=cell.doubt if said else _BY_NUMBER)
    return table_of(cells.values(), left.page_starts | right.page_starts, (*left.unseen, *right.unseen))


@define
class _Walk:
    """What has been found up to a place in the document."""

    known: HeadingWords
    rows: dict[str, list[BodyRow]] = field(factory=lambda: defaultdict(list))
    loose: dict[str, list[SourceText]] = field(factory=lambda: defaultdict(list))
    heads: dict[str, list[Headings]] = field(factory=lambda: defaultdict(list))
    lines: list[Line] = field(factory=list)
    current: tuple[Headings, int] | None = None
    """The headings that a table without any goes on under, and its width."""
    between: list[Line] = field(factory=list)
    """Lines since the last table."""

    def line(self, line: Line) -> None:
        self.lines.append(line)
        self.between.append(line)

    def table(self, table: GridTable) -> None:
        for headings, start, end in _parts(table, self.current, self.known):
            if headings is None:
                self._left_out(table, start, end)
                for cell in (cell for row in range(start, end) for _, cell in table.own(row)):
                    for part in cell.text.split("\n"):
                        self.line(Line(part, cell.source))
                continue
            title, self.between = _title_between(self.between), []
            new = self.current is None or headings is not self.current[0]
            self.current = (headings, table.width)
            if new:
                self.heads[headings.kind].append(headings)
            rows = self.rows[headings.kind]
            made = [self._looked_at(row) for row in _rows(table, headings, (start, end), new, not rows)]
            if title is not None:
                rows.append(title)
                made[:1] = [attrs.evolve(item, starts_page=False) for item in made[:1]]
            rows += made
            loose = self.loose[headings.kind]
            loose += _loose(table, headings, start, end)
            loose += [SourceText(text, where, "nội dung ẩn") for text, where in table.unseen if start == 0 or new]
        self.between = []

    def _left_out(self, table: GridTable, start: int, end: int) -> None:
        """Notes a table with numbered rows whose headings are not understood: it may be a plan's."""
        for row in range(start, end - 1):
            own = table.own(row)
            if len(own) > 3 and self.known.is_number(own[0][1].text):
                text = " | ".join(one_line(cell.text) for _, cell in own)
                self.loose["task"].append(SourceText(text, table.source(row), "cả bảng có các cột này"))
                return

    def _looked_at(self, row: BodyRow) -> BodyRow:
        """The row, flagged where it looks like headings of another table."""
        number = row.value("number")
        return row.having({"number": number.doubted(_LIKE_HEADINGS)}) if self.known.is_number(number.text) else row

    def body(self, kind: str) -> Body:
        """What belongs to tables of that kind, rows that a page cut made whole."""
        heads = self.heads[kind]
        return Body(
            tuple(_joined(self.rows[kind])),
            frozenset(name for item in heads for name in item.columns),
            tuple(self.loose[kind]),
            tuple(dict.fromkeys(name for item in heads for name in item.doubts)),
            frozenset(name for item in heads for name in item.disagreeing),
        )


def _title_between(lines: list[Line]) -> BodyRow | None:
    """The Roman heading of a section that stands as text right over a table; None when there is none."""
    last = lines[-4:]
    for index in range(len(last) - 1, -1, -1):
        if re.match(r"(?:PHỤ LỤC|BIỂU)\b", last[index].text):
            return None
        match = _OVER.match(last[index].text)
        if match and roman_value(match["number"]):
            # up to what is set right under a heading: "(Đơn vị tính: ...)"
            more = itertools.takewhile(lambda line: not line.text.startswith("("), last[index + 1 :])
            title = functools.reduce(join_lines, (line.text for line in more), last[index].text)
            return BodyRow({}, last[index].source, title=title, between=True)
    return None


def _parts(
    table: GridTable, current: tuple[Headings, int] | None, known: HeadingWords
) -> Iterator[tuple[Headings | None, int, int]]:
    """(headings, first row, end) for each stretch of a table; None for rows over all headings."""
    found, start = known.find(table), 0
    fits = current is not None and current[1] == table.width
    if fits and found is not None and any(len(table.own(row)) > 2 for row in range(found.first)):
        # among rows of a table that goes on only well-known headings are any
        found = known.find(table, found.first, strict=True)
    same = current is not None and found is not None and _same(found, current[0])
    if (
        current is not None
        and fits
        and (found is None or found.first > 0 or same)
        and not _other_head(table, current[0], known)
    ):
        # no headings of its own, or the same again: the table goes on
        end = len(table.rows) if found is None or same else found.first
        # titles of a page over the headings are no rows of a table that goes on
        if found is None or found.first == 0 or any(len(table.own(row)) > 2 for row in range(found.first)):
            yield current[0], 0, end
            start = end
            if start >= len(table.rows):
                return
    while found is not None:
        following = _next_other(table, found, known)
        if found.first > start:
            yield None, start, found.first
        end = following.first if following else len(table.rows)
        yield found, found.first, end
        found, start = following, end
    if start < len(table.rows):
        yield None, start, len(table.rows)


def _other_head(table: GridTable, current: Headings, known: HeadingWords) -> bool:
    """True for a table that begins with headings of another kind: a list of members, a breakdown of costs."""
    own = table.own(0) if table.rows else []
    return len(own) >= 3 and not current.are_repeated(table, 0, starts_page=True) and known.is_number(own[0][1].text)


def _same(found: Headings, known: Headings) -> bool:
    """True for the known headings again, whole or with some of them cut by a page."""
    if found.prints == known.prints:
        return True
    if found.kind != known.kind or len(found.texts) != len(known.texts):
        return False
    others = set(range(len(found.texts))) - {*found.columns.values()}
    cut = all(_cut_of(found.texts[col], known.texts[col]) for col in others)
    return cut and found.columns.items() <= known.columns.items()


def _cut_of(text: str, whole: str) -> bool:
    return _letters(whole).startswith(_letters(text))


def _letters(text: str) -> str:
    return whole_key(text).replace(" ", "")


def _next_other(table: GridTable, found: Headings, known: HeadingWords) -> Headings | None:
    """The next headings of that table that are not the same again."""
    row = found.last + 1
    while (following := known.find(table, row, strict=True)) is not None and _same(following, found):
        row = following.last + 1
    return following


def _rows(table: GridTable, headings: Headings, span: tuple[int, int], new: bool, fresh: bool) -> Iterator[BodyRow]:
    """The body rows of a stretch, without headings and their repetitions."""
    start, end = span
    own_head = start == headings.first and new
    first = headings.last + 1 if own_head else start
    blank = True
    for row in range(first, end):
        starts_page = row in table.page_starts or (not new and row == start)
        near = starts_page or (any(item in table.page_starts for item in range(max(0, row - 3), row)) and blank)
        if not (own := table.own(row)):
            blank = blank and all(table.begins(row, col) for col in range(table.width))
            continue
        if (
            headings.are_repeated(table, row, starts_page=near)
            or _is_half_head(table, row, headings)
            # the rest of headings that the page cut
            or (row == first and (own_head or fresh) and near and all(cell.text[0].islower() for _, cell in own))
        ):
            blank = True
            continue
        yield _raw(table, headings, row, starts_page or (blank and near and row > first), own_head and row == first)
        blank = False


def _is_half_head(table: GridTable, row: int, headings: Headings) -> bool:
    """True for either half of headings that are printed again and cut by the end of a page."""
    own = table.own(row)
    begun = (_cut_of(cell.text, headings.texts[col]) and whole_key(cell.text) for col, cell in own)
    if row + 1 in table.page_starts and len(own) >= 4 and all(begun):
        return True
    upper = row - 1 if row in table.page_starts else row
    if upper < 0 or upper + 1 not in table.page_starts or upper + 1 >= len(table.rows):
        return False
    halves = [(table.text(upper, col), table.text(upper + 1, col)) for col in range(table.width)]
    heads = [_letters(text) for text in headings.texts]
    keys = [_letters(one + other) if one else "" for one, other in halves]
    # over a row with few texts the whole headings are no half
    alone = [_letters(one) for one, _ in halves]
    same, whole = (sum(a == b != "" for a, b in zip(found, heads, strict=False)) for found in (keys, alone))
    return whole < max(3, 0.7 * len(heads)) <= same


def _raw(table: GridTable, headings: Headings, row: int, starts_page: bool, first: bool) -> BodyRow:
    own = table.own(row)
    values: dict[str, SourceText] = {}
    merged, tall, short = set(), set(), set()
    for name, col in headings.columns.items():
        cell = table.rows[row][col]
        if table.begins(row, col):
            text = _number(cell.text) if name == "number" else cell.text
            values[name] = SourceText(_plain_roman(text) if name == "section" else text, cell.source, cell.doubt)
            if cell.rows > 1:
                tall.add(name)
            elif cell.short:
                short.add(name)
        elif table.from_above(row, col):
            merged.add(name)
        elif cell.col in headings.columns.values():
            # merged with the cell of another field on its left
            values[name] = SourceText("", cell.source, "ô gộp ngang với cột bên trái" if cell.text else "")
        else:
            values[name] = SourceText(cell.text, cell.source)
    if headings.periods:
        # a cell over several of them may say it in words
        marked = {
            name if is_tick(text) else text: 0
            for col, name in headings.periods.items()
            if (text := table.text(row, col)) and table.rows[row][col].col in headings.periods
        }
        values["deadline"] = SourceText(", ".join(marked), table.source(row))
        merged.discard("deadline")
    second = next((cell for col, cell in own if col == headings.second_key), None)
    if second and (not values.get("number", SourceText()).text or "number" in merged):
        values["number"] = SourceText(_number(second.text), second.source, second.doubt)
        merged.discard("number")
    title = _plain_roman(own[0][1].text) if len(own) == 1 and _is_title(table, headings, row, own[0]) else ""
    return BodyRow(values, table.source(row), frozenset(merged), frozenset(tall), title, starts_page, first,
               short=frozenset(short))  # fmt: skip


def _number(text: str) -> str:
    """A number in one piece: a narrow column breaks "10" and "1.12" over two lines."""
    whole = _plain_roman("".join(text.split()))
    return whole if _PIECES.fullmatch(whole) else _plain_roman(one_line(text))


def _plain_roman(text: str) -> str:
    """Signs of one letter such as Ⅱ as ordinary letters."""
    return re.sub("[Ⅰ-Ⅹ]", lambda match: unicodedata.normalize("NFKC", match[0]), text)


def _is_title(table: GridTable, headings: Headings, row: int, own: tuple[int, GridCell]) -> bool:
    """True for a row with one text that is a heading of rows: wide, or all alone in its row."""
    col, cell = own
    if cell.cols >= max(2, table.width // 2):
        return True
    if any(table.from_above(row, other) for other in range(table.width)):
        return False
    return col in (0, *(headings.columns.get(name, 0) for name in ("number", *_WORK[:1], "indicator")))


def _loose(table: GridTable, headings: Headings, start: int, end: int) -> Iterator[SourceText]:
    """Texts under the columns that hold no field, a value for each column."""
    first = headings.last + 1 if start == headings.first else start
    for col in headings.extra:
        texts = [
            one_line(cell.text)
            for row in range(first, end)
            if table.begins(row, col) and (cell := table.rows[row][col]).text and cell.cols == 1
            and not headings.are_repeated(table, row, starts_page=row in table.page_starts)
        ]  # fmt: skip
        text = f"{one_line(headings.texts[col]) or f'cột {col + 1}'}: {' | '.join(texts)}"
        if texts:
            yield SourceText(text, table.source(first), "cột không thuộc mục nào của phụ lục gốc")
