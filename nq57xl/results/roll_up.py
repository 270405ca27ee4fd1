"""The rows of a superior office's form answered from this office's own consolidation; pure.

The rules stand in schemas/roll_up.yml. A blank is never counted as 0; what cannot be answered is left blank and named.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from nq57xl.errors import Nq57Error
from nq57xl.forms.model import Value
from nq57xl.plan.model import Indicator
from nq57xl.plan.refine import MatchLine
from nq57xl.results.model import Consolidation, IndicatorRow, TaskRow
from nq57xl.rules.schema import CellValue, vietnamese_date, vietnamese_number, vietnamese_percent
from nq57xl.text.legacy import fold

_RollUpRules = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Table of the form -> field -> its rule with parameters."""


@frozen
class RollUpPart:
    """What one unit reported on one own row that helps to answer a superior one."""

    code: str
    """Of the own row."""
    unit: str
    name: str
    """Of the unit."""
    reported: bool
    progress: str | None = None
    """As the unit stated it: the superior office judges by its own cut-off day."""
    weight: float = 1.0
    values: Mapping[str, Value] = field(factory=dict)
    """Typed cells by "table.field"; a blank cell is not here."""

    def number(self, name: str) -> float | None:
        """What stands there, where it is a number."""
        value = self.values[name].value if name in self.values else None
        return float(value) if isinstance(value, int | float) else None

    def day(self, name: str) -> dt.date | None:
        """What stands there, where it is a day."""
        value = self.values[name].value if name in self.values else None
        return value.date() if isinstance(value, dt.datetime) else value if isinstance(value, dt.date) else None


@frozen
class RolledCell:
    """One cell of the superior form with what it follows from."""

    table: str
    key: str
    field: str
    value: CellValue
    """A text, the code of a choice, a number (percentages are fractions), a day."""
    parts: tuple[tuple[RollUpPart, Value | None], ...]
    """The parts that it follows from, each with the typed cell where there is one."""


@frozen
class OpenPoint:
    """What a person has to look at, in words."""

    table: str
    key: str
    field: str
    """"": the whole row."""
    why: str


@frozen
class RollUp:
    """What the office's own consolidation says to a superior form."""

    cells: tuple[RolledCell, ...]
    points: tuple[OpenPoint, ...]


def roll_up(lines: Sequence[MatchLine], c: Consolidation, rules: _RollUpRules) -> RollUp:
    """Every row with a decision answered as far as its parts say; raises Nq57Error where a rule has no such name."""
    tasks = {row.task.code: row for row in c.tasks}
    indicators = {row.indicator.code: row for row in c.indicators}
    cells: list[RolledCell] = []
    points: list[OpenPoint] = []
    _require_known(rules)
    for line in lines:
        parts = tuple(_parts(line, tasks, indicators))
        answer = _Answer(line, parts, c, rules.get(line.match.table, {}), indicators, points)
        cells += answer.cells()
    return RollUp(tuple(cells), tuple(points))


_PARAMETERS = {"progress": ("all", "else"), "documents": ("day",), "nothing": ("value", "progress", "marks")}
"""What a rule must say."""


def _require_known(rules: _RollUpRules) -> None:
    """An office may keep rules of its own: what is wrong in them is told by name."""
    for table, fields in rules.items() if isinstance(rules, Mapping) else [("?", None)]:
        for name, rule in fields.items() if isinstance(fields, Mapping) else [("?", None)]:
            kind = rule.get("rule") if isinstance(rule, Mapping) else None
            if kind not in _RULES or any(word not in rule for word in _PARAMETERS.get(str(kind), ())):
                raise Nq57Error(
                    f"schemas/roll_up.yml sai ở «{table}.{name}»: quy tắc thiếu hoặc không có trong chương trình."
                )


def _parts(
    line: MatchLine, tasks: Mapping[str, TaskRow], indicators: Mapping[str, IndicatorRow]
) -> Iterator[RollUpPart]:
    for own in line.match.rows:
        weight = 1.0 if own.weight is None else own.weight
        if line.match.table == "indicator":
            row = indicators.get(own.code)
            yield from _indicator_parts(row) if row is not None else ()
        elif own.code in tasks:
            yield from _task_parts(tasks[own.code], weight, with_support=line.match.table == "supporting")


def _indicator_parts(row: IndicatorRow) -> Iterator[RollUpPart]:
    asked = [entry for entry in row.entries if entry.state != "outside"]
    for entry in asked:
        values = {f"indicator.{name}": value for name, value in entry.values.items()}
        yield RollUpPart(row.indicator.code, entry.unit, entry.name, entry.state != "unreported", values=values)
    if not asked:
        yield RollUpPart(row.indicator.code, "", row.indicator.lead or _NOBODY, reported=False)


def _task_parts(row: TaskRow, weight: float, *, with_support: bool) -> Iterator[RollUpPart]:
    """The task's leads, who share its weight; then, where the superior row is one that is supported, its supporters."""
    code, leads = row.task.code, [entry for entry in row.entries if entry.expected]
    known = "done" if row.standing.state == "done_before" else None
    for entry in leads:
        stated = entry.value("progress")
        progress = stated if isinstance(stated, str) and entry.reported else known
        values = {f"led.{name}": value for name, value in entry.values.items()}
        yield RollUpPart(code, entry.unit, entry.name, progress is not None, progress, weight / len(leads), values)
    if not leads and not with_support:  # others lead it: how far it has come nobody here knows
        yield RollUpPart(code, "", row.task.lead or _NOBODY, known is not None, known, weight)
    for item in row.contributions if with_support else ():
        if item.state != "outside":
            values = {f"{item.value.table}.{item.value.field}": item.value} if item.value is not None else {}
            yield RollUpPart(code, item.unit, item.name, item.state != "unreported", values=values)


_NOBODY = "đơn vị ngoài cơ quan"


_Given = tuple[CellValue, tuple[tuple[RollUpPart, Value | None], ...]]
"""A value and what it follows from."""
_NOTHING: _Given = (None, ())


@frozen
class _Answer:
    """One row being answered."""

    line: MatchLine
    parts: tuple[RollUpPart, ...]
    c: Consolidation
    rules: Mapping[str, Mapping[str, Any]]
    indicators: Mapping[str, IndicatorRow]
    points: list[OpenPoint]
    """Takes what a person has to look at."""

    def cells(self) -> Iterator[RolledCell]:
        """Its cells."""
        if not self.line.decided or not self.parts:
            why = "Không có nhiệm vụ, chỉ tiêu tương ứng trong kế hoạch của cơ quan: cần người phụ trách trả lời."
            if codes := ", ".join(row.code for row in self.line.match.rows):
                why = f"Không đơn vị nào trong cơ quan báo cáo {codes}: cần người phụ trách trả lời."
            self._tell("", why if self.line.decided else "Chưa xác nhận đối chiếu với kế hoạch của cơ quan.")
            return
        silent = [part for part in self.parts if not part.reported]
        if silent:
            self._tell("", f"Chưa có báo cáo được chấp nhận của {_names(silent)}: ô cần đủ báo cáo để trống.")
        progress = None
        for name, rule in self.rules.items():
            if (silent and rule["rule"] in _FIGURES) or ("only" in rule and progress not in rule["only"]):
                continue
            value, used = _RULES[rule["rule"]](self, name, rule)
            progress = value if name == "progress" else progress
            if value is not None and self._fits(name, value):
                yield RolledCell(*self.line.match.place, name, value, used)

    def _tell(self, name: str, why: str) -> None:
        self.points.append(OpenPoint(*self.line.match.place, name, why))

    def _refused(self, name: str, why: str) -> _Given:
        """Nothing, and why."""
        self._tell(name, why)
        return _NOTHING

    def _fits(self, name: str, value: CellValue) -> bool:
        item = self.c.schema.find(self.line.match.table, name)
        if item is None or not isinstance(value, str) or item.type != "text" or len(value) <= item.max_length:
            return True
        most = f"Nội dung ghép của các đơn vị dài {len(value)} ký tự, ô chỉ nhận {item.max_length}"
        self._tell(name, f"{most}: cần người phụ trách rút gọn; nguyên văn xem báo cáo tổng hợp của cơ quan.")
        return False

    def looked_at(self, rule: Mapping[str, Any]) -> list[RollUpPart]:
        """The parts that a rule looks at."""
        wanted = rule.get("parts")
        return [part for part in self.parts if wanted is None or part.progress in wanted]

    # --- progress -----------------------------------------------------------------------------------------------

    def _counted(self) -> list[RollUpPart]:
        """The parts that decide: what is set aside counts only where nothing else is there."""
        aside = self.rules.get("progress", {}).get("aside", ())
        return [part for part in self.parts if part.progress not in aside] or list(self.parts)

    def progress(self, _: str, rule: Mapping[str, Any]) -> _Given:
        """Rule `progress`."""
        parts = self._counted()
        told = {part.progress for part in parts}
        found = [code for code in rule.get("aside", ()) if code in told]  # only then when nothing else is there
        found += [rule["all"]] if told == {rule["all"]} else []
        found += [code for code, some in rule.get("any", {}).items() if told & set(some)]
        return (*found, rule["else"])[0], self._with("led.progress", parts)

    def mean(self, name: str, rule: Mapping[str, Any]) -> _Given:
        """Rule `mean`: within the least and the greatest of the parts."""
        cell = f"led.{name}"
        parts = self._counted()
        known = rule.get("known", {})
        shares = [known.get(part.progress, part.number(cell)) for part in parts]
        if any(share is None for share in shares):
            lacking = [part for part, share in zip(parts, shares, strict=True) if share is None]
            return self._refused(name, f"Không tính được tỷ lệ: {_names(lacking)} không ghi tỷ lệ hoàn thành.")
        numbers = [float(share) for share in shares if share is not None]
        weights = [part.weight for part in parts]
        if sum(weights) <= 0:
            return self._refused(name, "Không tính được tỷ lệ: trọng số của các đầu việc còn lại bằng 0.")
        mean = sum(w * n for w, n in zip(weights, numbers, strict=True)) / sum(weights)
        return min(max(round(mean, 4), min(numbers)), max(numbers)), self._with(cell, parts)

    # --- days and texts -----------------------------------------------------------------------------------------

    def last(self, name: str, rule: Mapping[str, Any]) -> _Given:
        """Rule `last`."""
        cell = f"led.{name}"
        parts = self.looked_at(rule)
        known = [day for part in parts if (day := part.day(cell)) is not None]
        if len(known) < len(parts) and not rule.get("some"):
            lacking = [part for part in parts if part.day(cell) is None]
            return self._refused(name, f"Chưa xác định được ngày: {_names(lacking)} không ghi ngày.")
        return (max(known), self._with(cell, parts)) if known else _NOTHING

    def join(self, name: str, rule: Mapping[str, Any]) -> _Given:
        """Rule `join`."""
        cells = rule.get("from") or [f"{self.line.match.table}.{name}"]
        used = [(part, part.values[cell]) for part in self.looked_at(rule) for cell in cells if _text(part, cell)]
        said: dict[str, tuple[str, list[str]]] = {}
        for part, value in used:
            _, names = said.setdefault(fold(value.text), (value.text, []))
            names.append(part.name)
        if not said:
            return _NOTHING
        if len({part.unit for part, _ in used}) == 1:
            return "\n".join(text for text, _ in said.values()), tuple(used)
        lines = [f"{', '.join(dict.fromkeys(names))}: {text}" for text, names in said.values()]
        return "\n".join(lines), tuple(used)

    def documents(self, name: str, rule: Mapping[str, Any]) -> _Given:
        """Rule `documents`: number and day of each on a line; a cell that holds both already as it was typed.

        The newest first: a form takes the day of the first, and what ended last proves that all is done.
        """
        cell, day = f"led.{name}", f"led.{rule['day']}"
        cited: dict[str, str] = {}
        parts = sorted(self.looked_at(rule), key=lambda part: part.day(day) or dt.date.min, reverse=True)
        used = [(part, part.values[cell]) for part in parts if _text(part, cell)]
        for part, value in used:
            on, found = part.values.get(day), part.day(day)
            shared = on is not None and (on.sheet, on.cell) == (value.sheet, value.cell)
            text = value.typed.strip() if shared else value.text
            cited.setdefault(fold(text), f"{text} ngày {vietnamese_date(found)}" if found and not shared else text)
        return ("\n".join(cited.values()), tuple(used)) if used else _NOTHING

    # --- figures ------------------------------------------------------------------------------------------------

    def sum(self, name: str, _: Mapping[str, Any]) -> _Given:
        """Rule `sum`: parts of a ratio."""
        ratio = ("indicator.numerator", "indicator.denominator")
        told = [part for part in self.parts if all(part.number(cell) is not None for cell in ratio)]
        if self._row.measure != "percent" or len(told) < len(self.parts) or not self._of_one_kind(name):
            return _NOTHING  # `figure` says what a person has to do
        cell = f"indicator.{name}"
        return sum(part.number(cell) or 0.0 for part in told), self._with(cell, told)

    def figure(self, name: str, _: Mapping[str, Any]) -> _Given:
        """Rule `figure`."""
        empty = [part for part in self.parts if "indicator.no_data" in part.values]
        if len(empty) == len(self.parts):
            return _NOTHING
        if empty:
            why = f"Chưa có số liệu của {_names(empty)}: không cộng được cả cơ quan. {self._said(name)}"
            return self._refused(name, why)
        cell, measure = f"indicator.{name}", self._row.measure
        if any(item.measure != measure for item in self._own):
            why = "Chỉ tiêu của cơ quan tính theo cách khác với chỉ tiêu của cấp trên: cần người phụ trách trả lời."
            return self._refused(name, f"{why} {self._said(name)}")
        if len(self.parts) == 1:
            value = self.parts[0].values.get(cell)
            return (value.value, ((self.parts[0], value),)) if value is not None else _NOTHING
        return self._of_many(name, cell, measure)

    def _of_many(self, name: str, cell: str, measure: str) -> _Given:
        """A figure of several parts: what can be added is, the rest is a person's."""
        if measure == "percent":
            if self.sum("numerator", {}) != _NOTHING:
                return _NOTHING
            why = "Tỷ lệ của nhiều đơn vị không cộng, không tính bình quân: cần tử số, mẫu số của từng đơn vị."
            return self._refused(name, f"{why} {self._said(name)}")
        if measure == "choice":
            said = {part.values[cell].value for part in self.parts if cell in part.values}
            if len(said) == 1 and all(cell in part.values for part in self.parts):
                return said.pop(), self._with(cell, self.parts)
            why = f"Các đơn vị trả lời khác nhau: cần người phụ trách quyết định. {self._said(name)}"
            return self._refused(name, why)
        numbers = [part.number(cell) for part in self.parts]
        lacking = [part for part, number in zip(self.parts, numbers, strict=True) if number is None]
        why = ""
        if lacking:
            why = f"Không có số liệu của {_names(lacking)}"
        elif not all(item.is_countable for item in self._own):
            why = "Số liệu không phải số đếm"
        elif len({fold(item.unit) for item in self._own}) > 1:
            why = "Đơn vị tính khác nhau"
        elif not self._of_one_kind(name):
            why = "Số liệu khác loại (số phát sinh trong kỳ, số hiện có, số lũy kế)"
        if why:
            return self._refused(name, f"{why}: không cộng, cần người phụ trách trả lời. {self._said(name)}")
        return sum(number for number in numbers if number is not None), self._with(cell, self.parts)

    def _said(self, name: str) -> str:
        """What each unit reported: "Văn phòng (CT.I.1): 72,5; Phòng A (CT.I.1): 60."."""
        cells = [f"indicator.{item}" for item in dict.fromkeys(("numerator", "denominator", name))]
        told = []
        for part in self.parts:
            figures = []
            for value in (part.values[cell] for cell in cells if cell in part.values):
                in_percent = value.field == name and self._row.measure == "percent"
                words = vietnamese_percent if in_percent else vietnamese_number
                number = value.value
                figures.append(words(number) if isinstance(number, int | float) else value.typed.strip())
            told.append(f"{part.name} ({part.code}): {'/'.join(figures[:2]) or 'chưa có số liệu'}")
        return f"{'; '.join(told)}."

    def agreed(self, name: str, _: Mapping[str, Any]) -> _Given:
        """Rule `agreed`."""
        cell = f"indicator.{name}"
        if not all(cell in part.values for part in self.parts):
            return _NOTHING
        return self.parts[0].values[cell].value, self._with(cell, self.parts)

    def nothing(self, _: str, rule: Mapping[str, Any]) -> _Given:
        """Rule `nothing`."""
        found = []
        for part in self.parts:
            marks = [part.values[mark] for mark in rule["marks"] if mark in part.values]
            if part.progress in rule["progress"]:
                marks.append(part.values["led.progress"])
            if not marks or any(_text(part, cell) for cell in ("led.result", "supporting.contribution")):
                return _NOTHING
            found.append((part, marks[0]))
        return rule["value"], tuple(found)

    @property
    def _row(self) -> Indicator:
        row = self.line.row
        assert isinstance(row, Indicator)  # rules of figures stand in the table of indicators alone
        return row

    @property
    def _own(self) -> list[Indicator]:
        return [self.indicators[row.code].indicator for row in self.line.match.rows if row.code in self.indicators]

    def _of_one_kind(self, name: str) -> bool:
        """What is there on a day is never added to what came in the period."""
        return len({item.kind_of(name) for item in self._own}) == 1

    def _with(self, cell: str, parts: Sequence[RollUpPart]) -> tuple[tuple[RollUpPart, Value | None], ...]:
        return tuple((part, part.values.get(cell)) for part in parts)


_RULES: Mapping[str, Callable[[_Answer, str, Mapping[str, Any]], _Given]] = {
    name: getattr(_Answer, name)
    for name in ("progress", "mean", "last", "join", "documents", "sum", "figure", "agreed", "nothing")
}
_FIGURES = ("progress", "mean", "last", "sum", "figure", "agreed", "nothing")
"""Rules that say nothing while a part is missing."""


def _names(parts: Sequence[RollUpPart]) -> str:
    """ "Văn phòng, Phòng A (II.1); Phòng B (II.2)"."""
    units: dict[str, list[str]] = {}
    for part in parts:
        units.setdefault(part.code, []).append(part.name)
    return "; ".join(f"{', '.join(dict.fromkeys(names))} ({code})" for code, names in units.items())


def _text(part: RollUpPart, cell: str) -> bool:
    return cell in part.values and bool(part.values[cell].text)
