"""Which of the office's own tasks and indicators answer a row of the superior plan: proposed, decided, still valid.

Also doi-chieu-….xlsx: rows of the superior plan beside the office's own, with the columns in which the office decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import attrs
from attrs import frozen

from nq57xl.errors import Nq57Error
from nq57xl.plan.appendix import HEADER_ROW
from nq57xl.plan.appendix_read import sheet_texts
from nq57xl.plan.appendix_styles import STYLES, set_up_page, write_line, write_rows
from nq57xl.plan.compare import nearest
from nq57xl.plan.model import Indicator, Plan, RowTable, Task, same_text
from nq57xl.rules.codec import content_hash
from nq57xl.text.legacy import fold
from nq57xl.xlsx.write import Workbook, Worksheet

RowPlace = tuple[str, str]
"""(table of the form, code in the superior plan): "led", "I.1"."""
_MatchState = Literal["confirmed", "same", "proposed", "changed"]
"""`same`: word for word one own row, so that nobody need be asked; `changed`: a text is another than when decided."""


@frozen
class _AnsweringRow:
    """One own row that answers, or helps to answer, a superior one."""

    code: str
    text: str
    """Print of its text when that was decided (`_text_print`)."""
    weight: float | None = None
    """Of its percentage; None: all alike."""


@frozen
class RowMatch:
    """What the office decided on one row of the superior plan."""

    table: str
    key: str
    text: str
    """Print of the superior row's text when that was decided."""
    rows: tuple[_AnsweringRow, ...] = ()
    """Empty: no own row corresponds."""

    @property
    def place(self) -> RowPlace:
        """Which row it is about."""
        return self.table, self.key


@frozen
class MatchLine:
    """A row of the superior plan with what is proposed or decided."""

    match: RowMatch
    row: Task | Indicator
    """The superior row."""
    state: _MatchState
    likeness: float = 0.0
    """Of the nearest own row's text, where it was proposed."""
    note: str = ""
    """What changed since it was decided."""

    @property
    def decided(self) -> bool:
        """It counts without anybody being asked."""
        return self.state in ("confirmed", "same")


def _text_print(row: Task | Indicator) -> str:
    """Names the text of a row: what is to be done or measured; numbers and places do not matter."""
    if isinstance(row, Indicator):
        return content_hash(tuple(fold(text) for text in (row.indicator, row.unit)))
    return content_hash(tuple(fold(text) for text in (row.task, row.subtask, row.deliverable)))


@frozen
class FormRows:
    """The rows of one table of the form, as a plan holds them, with the prints of their texts."""

    table: str
    plan: Plan
    """The superior plan's rows of that table alone."""
    prints: Mapping[str, str]
    """Code -> print of the row's text."""
    closed: frozenset[str] = frozenset()
    """Codes of rows that ask nothing."""

    @property
    def kind(self) -> RowTable:
        """Which own rows answer it."""
        return "indicators" if self.table == "indicator" else "tasks"


def match_lines(sides: Sequence[FormRows], own: Plan, known: Mapping[RowPlace, RowMatch]) -> tuple[MatchLine, ...]:
    """Every row of the form with what was decided on it, or what is proposed where nothing was, or a text changed.

    An own row is proposed for the one row that it says most nearly, be it one that is led, supported or closed.
    """
    kinds: tuple[RowTable, ...] = ("tasks", "indicators")
    return tuple(line for kind in kinds for line in _lines([side for side in sides if side.kind == kind], own, known))


def _lines(sides: Sequence[FormRows], own: Plan, known: Mapping[RowPlace, RowMatch]) -> Iterator[MatchLine]:
    if not sides:
        return
    kind = sides[0].kind
    rows = [(side, row) for side in sides for row in getattr(side.plan, kind)]
    every: dict[str, Any] = {kind: tuple(row for _, row in rows)}
    whole = attrs.evolve(sides[0].plan, **every)
    mine = {row.code: row for row in getattr(own, kind)}
    found: dict[int, list[tuple[float, str]]] = {}
    for j, (i, likeness) in sorted(nearest(whole, own, kind).items()):
        found.setdefault(i, []).append((likeness, getattr(own, kind)[j].code))
    decided = _where_they_stand(sides, known)
    for number, (side, row) in enumerate(rows):
        if row.code not in side.closed:
            match = RowMatch(side.table, row.code, side.prints[row.code])
            yield _line(match, row, found.get(number, []), (mine, decided))


def _where_they_stand(sides: Sequence[FormRows], known: Mapping[RowPlace, RowMatch]) -> dict[RowPlace, RowMatch]:
    """What was decided, by the places that the rows have in this form: a row that only has another code goes with it.

    A text that stands in several rows says of none of them which one it was.
    """
    places: dict[tuple[str, str], list[RowPlace]] = {}
    for side in sides:
        for code, text in side.prints.items():
            places.setdefault((side.table, text), []).append((side.table, code))
    still = {place for side in sides for place in [(side.table, code) for code in side.prints] if place in known}
    still = {place for place in still if place in places.get((place[0], known[place].text), [])}
    found, moved = {}, set()
    for place, match in known.items():
        now = places.get((match.table, match.text), [])
        if place in still:
            found[place] = match
        elif len(now) == 1 and now[0] not in still:
            found[now[0]] = attrs.evolve(match, key=now[0][1])
            moved.add(place)
    # of a place whose own row has gone elsewhere nothing is known
    return {place: match for place, match in known.items() if place not in moved} | found


def _line(
    match: RowMatch,
    row: Task | Indicator,
    proposed: Sequence[tuple[float, str]],
    sides: tuple[Mapping[str, Task | Indicator], Mapping[RowPlace, RowMatch]],
) -> MatchLine:
    mine, known = sides
    match = attrs.evolve(match, rows=tuple(_answering(mine[code]) for _, code in proposed))
    line = MatchLine(match, row, "proposed", max((likeness for likeness, _ in proposed), default=0.0))
    if match.place in known:
        return _still(line, known[match.place], mine)
    same = len(proposed) == 1 and _same(row, mine[proposed[0][1]])
    return attrs.evolve(line, state="same") if same else line


def _answering(row: Task | Indicator, weight: float | None = None) -> _AnsweringRow:
    return _AnsweringRow(row.code, _text_print(row), weight)


def _same(row: Task | Indicator, other: Task | Indicator) -> bool:
    """The two say the same thing, word for word; a form shows a sub-task alone where its task says nothing else."""
    if isinstance(row, Indicator) and isinstance(other, Indicator):
        return same_text(row.indicator, other.indicator) and same_text(row.unit, other.unit)
    if isinstance(row, Indicator) or isinstance(other, Indicator):
        return False
    (one, above), (another, over) = row.work, other.work
    return same_text(one, another) and (not above or not over or same_text(above, over))


def _followed(row: _AnsweringRow, mine: Mapping[str, Task | Indicator]) -> _AnsweringRow:
    """The own row under the code that it has now, where it has another one and nothing else has changed."""
    if row.code in mine and _text_print(mine[row.code]) == row.text:
        return row
    now = [code for code, other in mine.items() if _text_print(other) == row.text]
    return attrs.evolve(row, code=now[0]) if len(now) == 1 else row


def _still(line: MatchLine, decided: RowMatch, mine: Mapping[str, Task | Indicator]) -> MatchLine:
    """The decision where both texts are what they were; else what is left of it, to be looked at again."""
    decided = attrs.evolve(decided, rows=tuple(_followed(row, mine) for row in decided.rows))
    gone = [row.code for row in decided.rows if row.code not in mine]
    other = [row.code for row in decided.rows if row.code in mine and _text_print(mine[row.code]) != row.text]
    told = []
    if decided.text != line.match.text:
        told.append("nội dung dòng của cấp trên đã thay đổi")
    if gone:
        told.append(f"kế hoạch của cơ quan không còn mã {', '.join(gone)}")
    if other:
        told.append(f"nội dung {', '.join(other)} trong kế hoạch của cơ quan đã thay đổi")
    if not told:
        return MatchLine(decided, line.row, "confirmed", line.likeness)
    left = tuple(_answering(mine[row.code], row.weight) for row in decided.rows if row.code in mine)
    match = attrs.evolve(decided, text=line.match.text, rows=left or line.match.rows)
    return MatchLine(match, line.row, "changed", line.likeness, f"Từ lần xác nhận trước: {'; '.join(told)}.")


_TITLES = {"led": "Nhiệm vụ chủ trì", "supporting": "Nhiệm vụ phối hợp", "indicator": "Chỉ tiêu"}
_OWN, _META = "Danh mục của cơ quan", "_meta"
_NONE, _CONFIRMED = "không có", "x"
_COLUMNS = {
    "Khóa": 8,
    "Bản in": 8,
    "Đề xuất": 8,
    "Mã của cơ quan": 18,
    "Trọng số": 10,
    "Xác nhận": 9,
    "Giống nhau": 9,
    "Tình trạng": 22,
    "Dòng trong kế hoạch cấp trên": 56,
    "Đầu việc, chỉ tiêu của cơ quan": 60,
}
"""Headings and widths; the first three are hidden."""
_HIDDEN = 3
_DECIDED = (3, 4, 5)
"""Columns of the codes, of the weights and of the confirmation."""
_NOTE = (
    f"Cột «Mã của cơ quan»: mã các đầu việc (chỉ tiêu) của cơ quan trả lời cho dòng đó, cách nhau bằng dấu chấm phẩy; "
    f"không có thì ghi «{_NONE}». Cột «Trọng số»: theo đúng thứ tự các mã, ví dụ «60; 40»; để trống là như nhau. Xem "
    f"xong ghi «{_CONFIRMED}» ở cột «Xác nhận» (dòng đã sửa mã hoặc trọng số thì coi như đã xác nhận), lưu lại rồi "
    "chạy lại đúng lệnh «nq57xl upward». Các cột khác chỉ để xem."
)
_STATES = {
    "confirmed": "Đã xác nhận",
    "same": "Trùng nguyên văn, không phải xác nhận",
    "proposed": "Chờ xác nhận",
    "changed": "Chờ xác nhận lại",
}


def write_matches(lines: Sequence[MatchLine], own: Plan) -> bytes:
    """The workbook; the same lines give the same bytes."""
    with Workbook("Đối chiếu với kế hoạch cấp trên", STYLES) as book:
        for table, title in _TITLES.items():
            rows = [line for line in lines if line.match.table == table]
            if rows:
                _write_rows(book.sheet(title), title, rows, own)
        _write_own(book.sheet(_OWN), own)
        sheet = book.sheet(_META)
        sheet.hide()
        sheet.text(0, 0, "nq57xl upward", "key")
    return book.content


def _write_rows(sheet: Worksheet, title: str, lines: Sequence[MatchLine], own: Plan) -> None:
    mine = _texts_of(own)
    written = []
    for line in lines:
        codes, weights = _shown(line.match.rows)
        texts = (
            line.match.key,
            line.match.text,
            f"{codes}|{weights}",
            codes,
            weights,
            _CONFIRMED if line.decided else "",
            "",
            f"{_STATES[line.state]}. {line.note}".strip(" ."),
            line.row.line(with_code=True),
            "\n".join(mine[row.code] for row in line.match.rows if row.code in mine),
        )
        written.append(texts)
    top = (f"ĐỐI CHIẾU {title.upper()} VỚI KẾ HOẠCH CẤP TRÊN", _NOTE)
    rule = {"validate": "list", "source": [_CONFIRMED]}
    alike = [line.likeness or None for line in lines]
    frozen = _DECIDED[0] + 1
    write_rows(
        sheet, top, _COLUMNS, written, frozen=frozen, hidden=_HIDDEN, decided=_DECIDED, likeness=alike, rule=rule
    )


def _shown(rows: Sequence[_AnsweringRow]) -> tuple[str, str]:
    """Codes and weights as the cells hold them."""
    weighted = any(row.weight is not None for row in rows)
    weights = "; ".join(f"{row.weight or 0:g}".replace(".", ",") for row in rows) if weighted else ""
    return "; ".join(row.code for row in rows) or _NONE, weights


def _texts_of(own: Plan) -> dict[str, str]:
    rows: tuple[Task | Indicator, ...] = (*own.tasks, *own.indicators)
    return {row.code: row.line(with_code=True) for row in rows}


def _write_own(sheet: Worksheet, own: Plan) -> None:
    """The office's own rows, to take codes from; the hidden column tells which text was seen with a code."""
    widths = (1000, 14, 120)
    sheet.widths(widths[1:], first=1)
    sheet.set_column(0, 0, 8, None, {"hidden": True})
    sheet.text(0, 1, "ĐẦU VIỆC, CHỈ TIÊU TRONG KẾ HOẠCH CỦA CƠ QUAN", "title")
    for index, text in enumerate(("Bản in", "Mã", "Nội dung")):
        sheet.text(HEADER_ROW, index, text, "head")
    rows: tuple[Task | Indicator, ...] = (*own.tasks, *own.indicators)
    for number, row in enumerate(rows, HEADER_ROW + 1):
        write_line(sheet, number, (_text_print(row), row.code, row.line()), widths, "cell")
    set_up_page(sheet, repeat=HEADER_ROW)


@frozen
class _Decision:
    """One line of the workbook as it came back."""

    place: RowPlace
    text: str
    codes: tuple[str, ...]
    weights: str
    said: bool
    """Confirmed, or changed by the office."""
    where: str


def read_matches(data: bytes, name: str, own: Plan, *, all_: bool = False) -> dict[RowPlace, RowMatch]:
    """What the office decided in the workbook, by row; `all_`: every line as it stands.

    A decision that names an own row whose text has changed since it was written is left out: it is asked again. Raises
    Nq57Error naming sheet and cell when the file is none of these, or a decision cannot be read.
    """
    grids = sheet_texts(data, name)
    if _META not in grids or not any(fold(title) in grids for title in _TITLES.values()):
        raise Nq57Error(f"«{name}» không phải bảng đối chiếu do «nq57xl upward» lập: hãy chuyển tệp đó đi nơi khác.")
    seen = {row[1]: row[0] for row in grids.get(fold(_OWN), []) if len(row) > 1}
    now = _codes_now(seen, (*own.tasks, *own.indicators))
    found = {}
    for item in _decisions(grids, name):
        if (item.said or all_) and all(now.get(code, code) for code in item.codes):
            found[item.place] = _match(item, own, now)
    return found


def _codes_now(seen: Mapping[str, str], rows: Sequence[Task | Indicator]) -> dict[str, str]:
    """Code in the workbook -> code of that row in the plan as it is now; "" where its text is there no more.

    A workbook of last month may name rows by codes that have shifted since. `seen`: code -> print, as it was written.
    """
    prints = {row.code: _text_print(row) for row in rows}
    places: dict[str, list[str]] = {}
    for code, text in prints.items():
        places.setdefault(text, []).append(code)
    now = {}
    for code, text in seen.items():
        found = places.get(text, [])
        now[code] = code if code in found else found[0] if len(found) == 1 else ""
    return now


def _decisions(grids: Mapping[str, list[list[str]]], name: str) -> Iterator[_Decision]:
    for table, title in _TITLES.items():
        for number, row in enumerate(grids.get(fold(title), []), 1):
            cells = [cell.strip() for cell in row] + [""] * len(_COLUMNS)
            key, text, proposal, codes, weights, said = cells[: _DECIDED[-1] + 1]
            if number > HEADER_ROW + 1 and key and proposal:
                told = fold(said) not in ("", "không", "chưa") or f"{codes}|{weights}" != proposal
                where = f"{name}, trang «{title}», ô D{number}"
                none = fold(codes) in ("", fold(_NONE))
                named = () if none else tuple(code for part in re.split(r"[;,\n]", codes) if (code := part.strip()))
                yield _Decision((table, key), text, named, weights, told, where)


def _match(item: _Decision, own: Plan, now: Mapping[str, str]) -> RowMatch:
    table, key = item.place
    if not item.codes:
        return RowMatch(table, key, item.text)
    codes = [now.get(code, code) for code in item.codes]
    weights = _weights(item, len(codes))
    if len(set(codes)) < len(codes):
        raise Nq57Error(f"{item.where}: có mã ghi hai lần; mỗi mã chỉ ghi một lần.")
    try:
        mine = {row.code: row for row in (own.indicators if table == "indicator" else own.tasks)}
        rows = tuple(_answering(mine[code], weight) for code, weight in zip(codes, weights, strict=True))
        return RowMatch(table, key, item.text, rows)
    except KeyError as error:
        kind = "chỉ tiêu" if table == "indicator" else "đầu việc"
        raise Nq57Error(
            f"{item.where}: kế hoạch của cơ quan không có {kind} mã {error.args[0]}; các mã đúng ở trang «{_OWN}»."
        ) from error


def _weights(item: _Decision, count: int) -> list[float | None]:
    """One for each code; all None where the cell is blank. Raises Nq57Error."""
    if not item.weights:
        return [None] * count
    parts = [part.strip().rstrip("%").replace(",", ".") for part in re.split(r"[;\n]", item.weights)]
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    good = len(numbers) == count and all(0 <= number < float("inf") for number in numbers) and sum(numbers) > 0
    if not good:
        raise Nq57Error(
            f"{item.where}: cột «Trọng số» phải có {count} số không âm cách nhau bằng dấu chấm phẩy, hoặc để trống."
        )
    return list(numbers)
