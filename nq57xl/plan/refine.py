"""Which of the office's own tasks and indicators answer a row of the superior plan: proposed, decided, still valid.

Also doi-chieu-….xlsx: rows of the superior plan beside the office's own, with the columns in which the office decides.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
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
from nq57xl.text.addresses import a1
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
    texts = (row.indicator, row.unit) if isinstance(row, Indicator) else (row.task, row.subtask, row.deliverable)
    return content_hash(tuple(map(fold, texts)))


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


class _Texts:
    """The rows of one table by their texts, to follow a row that only has another code."""

    def __init__(self, prints: Mapping[str, str]) -> None:
        self.prints = prints
        self._codes: dict[str, list[str]] = {}
        for code, text in prints.items():
            self._codes.setdefault(text, []).append(code)

    def now(self, code: str, text: str) -> str:
        """The code that the row of that text has: its own, else that of the only row that says so; "" for neither."""
        codes = self._codes.get(text, [])
        return code if code in codes else codes[0] if len(codes) == 1 else ""


def match_lines(sides: Sequence[FormRows], own: Plan, known: Mapping[RowPlace, RowMatch]) -> tuple[MatchLine, ...]:
    """Every row of the form with what was decided on it, or what is proposed where nothing was, or a text changed.

    An own row is proposed for the one row that it says most nearly, be it one that is led, supported or closed.
    """
    lines = []
    kinds: tuple[RowTable, ...] = ("tasks", "indicators")
    for kind in kinds:
        asking = [side for side in sides if side.kind == kind]
        if not asking:
            continue
        rows = [(side, row) for side in asking for row in getattr(side.plan, kind)]
        every: dict[str, Any] = {kind: tuple(row for _, row in rows)}
        mine = _OwnRows(getattr(own, kind))
        found: dict[int, list[tuple[float, str]]] = {}
        for j, (i, likeness) in sorted(nearest(attrs.evolve(asking[0].plan, **every), own, kind).items()):
            found.setdefault(i, []).append((likeness, getattr(own, kind)[j].code))
        decided = _where_they_stand(asking, known)
        for number, (side, row) in enumerate(rows):
            if row.code in side.closed:
                continue
            proposed = found.get(number, [])
            match = RowMatch(side.table, row.code, side.prints[row.code], mine.answering(code for _, code in proposed))
            line = MatchLine(match, row, "proposed", max((likeness for likeness, _ in proposed), default=0.0))
            if match.place in decided:
                line = mine.still(line, decided[match.place])
            elif len(proposed) == 1 and _same(row, mine.rows[proposed[0][1]]):
                line = attrs.evolve(line, state="same")
            lines.append(line)
    return tuple(lines)


def _where_they_stand(sides: Sequence[FormRows], known: Mapping[RowPlace, RowMatch]) -> dict[RowPlace, RowMatch]:
    """What was decided, by the places that the rows have in this form: a row that only has another code goes with it.

    A text that stands in several rows says of none of them which one it was.
    """
    texts = {side.table: _Texts(side.prints) for side in sides}
    now = {
        place: (match.table, texts[match.table].now(match.key, match.text))
        for place, match in known.items()
        if match.table in texts
    }
    still = {place for place, there in now.items() if place == there}
    moved = {place: there for place, there in now.items() if there[1] and place != there and there not in still}
    # of a place whose own row has gone elsewhere nothing is known
    stayed = {place: match for place, match in known.items() if place not in moved}
    return stayed | {there: attrs.evolve(known[place], key=there[1]) for place, there in moved.items()}


def _same(row: Task | Indicator, other: Task | Indicator) -> bool:
    """The two say the same thing, word for word; a form shows a sub-task alone where its task says nothing else."""
    if isinstance(row, Indicator) and isinstance(other, Indicator):
        return same_text(row.indicator, other.indicator) and same_text(row.unit, other.unit)
    if isinstance(row, Indicator) or isinstance(other, Indicator):
        return False
    (one, above), (another, over) = row.work, other.work
    return same_text(one, another) and (not above or not over or same_text(above, over))


class _OwnRows:
    """The office's own rows of one kind."""

    def __init__(self, rows: Sequence[Task | Indicator]) -> None:
        self.rows = {row.code: row for row in rows}
        self.texts = _Texts({row.code: _text_print(row) for row in rows})

    def answering(
        self, codes: Iterable[str], weights: Iterable[float | None] = itertools.repeat(None)
    ) -> tuple[_AnsweringRow, ...]:
        """Those rows as they read now."""
        pairs = zip(codes, weights, strict=False)
        return tuple(_AnsweringRow(code, self.texts.prints[code], weight) for code, weight in pairs)

    def still(self, line: MatchLine, decided: RowMatch) -> MatchLine:
        """The decision where both texts are what they were; else what is left of it, to be looked at again."""
        rows = tuple(attrs.evolve(row, code=self.texts.now(row.code, row.text) or row.code) for row in decided.rows)
        left = [row for row in rows if row.code in self.rows]
        gone = [row.code for row in rows if row not in left]
        other = [row.code for row in left if self.texts.prints[row.code] != row.text]
        told = []
        if decided.text != line.match.text:
            told.append("nội dung dòng của cấp trên đã thay đổi")
        if gone:
            told.append(f"kế hoạch của cơ quan không còn mã {', '.join(gone)}")
        if other:
            told.append(f"nội dung {', '.join(other)} trong kế hoạch của cơ quan đã thay đổi")
        if not told:
            return attrs.evolve(line, match=attrs.evolve(decided, rows=rows), state="confirmed")
        answers = self.answering((row.code for row in left), (row.weight for row in left)) or line.match.rows
        match = attrs.evolve(line.match, rows=answers)
        return attrs.evolve(line, match=match, state="changed", note=f"Từ lần xác nhận trước: {'; '.join(told)}.")


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
    mine = {row.code: row.line(with_code=True) for row in own.rows}
    with Workbook("Đối chiếu với kế hoạch cấp trên", STYLES) as book:
        for table, title in _TITLES.items():
            rows = [line for line in lines if line.match.table == table]
            if rows:
                write_rows(
                    book.sheet(title),
                    (f"ĐỐI CHIẾU {title.upper()} VỚI KẾ HOẠCH CẤP TRÊN", _NOTE),
                    _COLUMNS,
                    [_cells(line, mine) for line in rows],
                    frozen=_DECIDED[0] + 1,
                    hidden=_HIDDEN,
                    decided=_DECIDED,
                    rule={"validate": "list", "source": [_CONFIRMED]},
                )
        _write_own(book.sheet(_OWN), own)
        sheet = book.sheet(_META)
        sheet.hide()
        sheet.text(0, 0, "nq57xl upward", "key")
    return book.content


def _cells(line: MatchLine, mine: Mapping[str, str]) -> tuple[str | float, ...]:
    """The cells of a line. `mine`: code -> the office's own row in a few words."""
    rows = line.match.rows
    codes = "; ".join(row.code for row in rows) or _NONE
    weighted = any(row.weight is not None for row in rows)
    weights = "; ".join(f"{row.weight or 0:g}".replace(".", ",") for row in rows) if weighted else ""
    return (
        line.match.key,
        line.match.text,
        f"{codes}|{weights}",
        codes,
        weights,
        _CONFIRMED if line.decided else "",
        line.likeness or "",
        f"{_STATES[line.state]}. {line.note}".strip(" ."),
        line.row.line(with_code=True),
        "\n".join(mine[row.code] for row in rows if row.code in mine),
    )


def _write_own(sheet: Worksheet, own: Plan) -> None:
    """The office's own rows, to take codes from; the hidden column tells which text was seen with a code."""
    widths = (1000, 14, 120)
    sheet.widths(widths[1:], first=1)
    sheet.set_column(0, 0, 8, None, {"hidden": True})
    sheet.text(0, 1, "ĐẦU VIỆC, CHỈ TIÊU TRONG KẾ HOẠCH CỦA CƠ QUAN", "title")
    for index, text in enumerate(("Bản in", "Mã", "Nội dung")):
        sheet.text(HEADER_ROW, index, text, "head")
    for number, row in enumerate(own.rows, HEADER_ROW + 1):
        write_line(sheet, number, (_text_print(row), row.code, row.line()), widths, "cell")
    set_up_page(sheet, repeat=HEADER_ROW)


def read_matches(data: bytes, name: str, own: Plan, *, all_: bool = False) -> dict[RowPlace, RowMatch]:
    """What the office decided in the workbook, by row; `all_`: every line as it stands.

    A decision that names an own row whose text has changed since it was written is left out: it is asked again. Raises
    Nq57Error naming sheet and cell when the file is none of these, or a decision cannot be read.
    """
    grids = sheet_texts(data, name)
    if _META not in grids or not any(fold(title) in grids for title in _TITLES.values()):
        raise Nq57Error(f"«{name}» không phải bảng đối chiếu do «nq57xl upward» lập: hãy chuyển tệp đó đi nơi khác.")
    mine = _OwnRows(own.rows)
    # a workbook of last month may name rows by codes that have shifted since: it says which text had which code
    seen = (row[:2] for row in grids.get(fold(_OWN), []) if len(row) > 1)
    now = {code: mine.texts.now(code, text) for text, code in seen}
    found = {}
    for table, title in _TITLES.items():
        grid, where = grids.get(fold(title), []), f"{name}, trang «{title}»"
        rows: Sequence[Task | Indicator] = own.indicators if table == "indicator" else own.tasks
        known = {row.code for row in rows}
        head, columns = _head(grid, where)
        for number, row in enumerate(grid[head + 1 :], head + 2):
            key, text, proposal, written, weights, said = (row[column].strip() for column in columns)
            told = fold(said) not in ("", "không", "chưa") or f"{written}|{weights}" != proposal
            if not (key and proposal) or not (told or all_):
                continue
            named = re.split(r"[;,\n]", written) if fold(written) != fold(_NONE) else []
            codes = [now.get(code.strip(), code.strip()) for code in named if code.strip()]
            if all(codes):
                of_codes, of_weights = (f"{where}, ô {a1(number - 1, columns[col])}" for col in _DECIDED[:2])
                if strange := [code for code in codes if code not in known]:
                    kind = "chỉ tiêu" if table == "indicator" else "đầu việc"
                    told_of = f"kế hoạch của cơ quan không có {kind} mã {strange[0]}"
                    raise Nq57Error(f"{of_codes}: {told_of}; các mã đúng ở trang «{_OWN}».")
                if len(set(codes)) < len(codes):
                    raise Nq57Error(f"{of_codes}: có mã ghi hai lần; mỗi mã chỉ ghi một lần.")
                shares = _weights(weights, len(codes), of_weights)
                found[table, key] = RowMatch(table, key, text, mine.answering(codes, shares))
    return found


def _head(grid: Sequence[Sequence[str]], where: str) -> tuple[int, list[int]]:
    """Row of the headings, and the columns up to that of the confirmation: somebody may have put others beside them."""
    wanted = list(_COLUMNS)[: _DECIDED[-1] + 1]
    for number, row in enumerate(grid):
        texts = [fold(text) for text in row]
        if set(map(fold, wanted)) <= set(texts):
            return number, [texts.index(fold(title)) for title in wanted]
    if grid:
        shown = ", ".join(f"«{title}»" for title in wanted[_HIDDEN:])
        raise Nq57Error(f"{where}: thiếu tên cột {shown} hoặc các cột ẩn; hãy khôi phục, hoặc xóa tệp để lập lại.")
    return 0, []


def _weights(typed: str, count: int, where: str) -> list[float | None]:
    """One for each of so many codes; all None where the cell is blank, or nothing answers. Raises Nq57Error."""
    if not typed or not count:
        return [None] * count
    try:
        numbers = [float(part.strip().rstrip("%").replace(",", ".")) for part in re.split(r"[;\n]", typed)]
    except ValueError:
        numbers = []
    good = len(numbers) == count and all(0 <= number < float("inf") for number in numbers) and sum(numbers) > 0
    if not good:
        raise Nq57Error(
            f"{where}: cột «Trọng số» phải có {count} số không âm cách nhau bằng dấu chấm phẩy, hoặc để trống."
        )
    return list(numbers)
