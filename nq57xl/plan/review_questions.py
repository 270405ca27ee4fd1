"""What a person must review in an imported appendix: marks, the sheet «Cần rà soát», and its points as questions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import count
from typing import TypeVar

import attrs
from attrs import field, frozen

from nq57xl.plan import appendix
from nq57xl.plan.appendix_read import sheet_texts
from nq57xl.plan.appendix_styles import set_up_page, write_line, write_top
from nq57xl.plan.importer.units import rank_of
from nq57xl.plan.model import UNDECIDED, Plan, Unit, UnitGroup
from nq57xl.plan.units import Resolver, understand, unit_code
from nq57xl.resources import read_schema
from nq57xl.text.addresses import a1, place_of
from nq57xl.text.legacy import bare, fold, one_line
from nq57xl.xlsx.metrics import Text, row_height
from nq57xl.xlsx.write import Worksheet, sheet_prefix

TITLE = "Cần rà soát"
"""Name of the sheet; the reader of the appendix passes it over."""
INSIDE, OUTSIDE = "Trong cơ quan (nhận biểu mẫu)", "Ngoài cơ quan (không nhận)"
AS_PROPOSED, _CELL_BY_CELL = "Đúng như đang ghi", "Sẽ sửa từng ô"
_NOBODY, _EVERYBODY, COMMUNES = "Không đơn vị nào", "Tất cả đơn vị trong cơ quan", "Tất cả xã và phường"
NEW_UNIT, _NEW_OUTSIDE = "Đơn vị mới trong cơ quan", "Đơn vị mới ngoài cơ quan"
_NO_FIELD = "Không đưa vào phụ lục"
_BY_KIND = {
    "Các sở ban ngành": ("department",),
    "Các bộ ngành": ("ministry",),
    "Các phòng và đơn vị": ("division", "own"),
}
_UNRESOLVED, _EXTRA_COLUMN = "chưa nhận ra đơn vị", "cột không thuộc mục nào"
_Record = TypeVar("_Record", Unit, UnitGroup)


@frozen
class Review:
    """A cell, or a text without one, that a person must look at."""

    sheet: str
    """Title of the sheet; empty for a text that landed nowhere."""
    cell: str
    task: str
    """Code of the task or indicator."""
    field: str
    source: str
    """Page, paragraph, line or cell of the document."""
    reason: str
    value: str = ""
    """The best guess, as in the cell; or the text that landed nowhere."""

    @property
    def about(self) -> str:
        """Which kind of question asks about it; "cells": one that only asks to look at the cells."""
        if self.sheet == appendix.UNITS.title and self.field == "external":
            return "units"
        if self.sheet == appendix.GROUPS.title and self.field == "members":
            return "members"
        if not self.sheet and _EXTRA_COLUMN in self.reason:
            return "column"
        return "name" if self.reason == _UNRESOLVED else "cells"

    @property
    def place(self) -> tuple[str, str]:
        """Sheet and cell."""
        return self.sheet, self.cell

    @property
    def index(self) -> int:
        """Index of the record in the table of its sheet."""
        return place_of(self.cell)[0] - appendix.HEADER_ROW - 1

    def at(self, index: int) -> Review:
        """The same in the row of another record of its table."""
        return attrs.evolve(self, cell=a1(appendix.HEADER_ROW + 1 + index, place_of(self.cell)[1]))

    def record(self, records: Sequence[_Record]) -> _Record | None:
        """Which of its table's records it is about; None where the office has taken that one out."""
        index = self.index if self.cell else -1
        return records[index] if 0 <= index < len(records) else None


@frozen
class Question:
    """What one answer settles."""

    key: str
    """Tells what it is about; stands in a hidden column."""
    text: str
    proposal: str
    """What holds as long as nobody answers."""
    options: tuple[str, ...]
    cells: tuple[tuple[str, str], ...] = ()
    """(sheet, cell) of its points."""
    strict: bool = True
    """False: something else may be typed."""
    detail: bool = False
    """True for one unit of the question above: needs no answer of its own."""


@frozen
class ReviewedPlan:
    """A plan read from a document, perhaps with answers taken in."""

    plan: Plan
    review: tuple[Review, ...] = ()
    """What is still open."""
    headings: Mapping[str, tuple[str, ...]] = field(factory=dict)
    """Field of a task -> headings that the office taught."""

    @property
    def questions(self) -> tuple[Question, ...]:
        """The questions about those points, those that decide most first."""
        plan, review = self.plan, self.review
        found = (_units(plan, review), _groups(plan, review), _names(plan, review), _columns(review), _cells(review))
        return tuple(question for some in found for question in some)

    def answered(self, answers: Mapping[str, str]) -> ReviewedPlan:
        """The plan with those answers (by the keys of their questions) in it, and the points that are still open. Pure.

        An answer that is none of the options and no code or name of a unit leaves its question open.
        """
        taken = _Answers(self.plan, answers)
        for key, answer in sorted(answers.items(), key=lambda item: item[0].count(","), reverse=True):
            kind, _, about = key.partition("|")
            if kind in ("units", "members", "name", "column"):
                getattr(taken, kind)(about, answer)
        changed = understand(taken.plan)
        resolver = Resolver(changed.units, changed.groups)
        left = tuple(point for point in self._points() if not taken.settles(point, self.plan, resolver))
        return ReviewedPlan(changed, left, {key: tuple(texts) for key, texts in taken.headings.items()})

    def _points(self) -> Iterator[Review]:
        """The points where the rows that they name stand now, without those of rows that the office has taken out."""
        places = {
            appendix.SHEETS[table].title: {row.code: index for index, row in enumerate(getattr(self.plan, table))}
            for table in ("tasks", "indicators")
        }
        for point in self.review:
            if point.sheet not in places or not (point.task and point.cell):
                yield point
            elif point.task in places[point.sheet]:
                yield point.at(places[point.sheet][point.task])


def _by_reason(
    review: Sequence[Review], about: str, records: Sequence[_Record]
) -> dict[str, tuple[list[Review], list[_Record]]]:
    """The points of that kind and their records, by reason."""
    found: dict[str, tuple[list[Review], list[_Record]]] = {}
    for point in review:
        record = point.record(records) if point.about == about else None
        if record is not None:
            points, own = found.setdefault(point.reason, ([], []))
            points.append(point)
            own.append(record)
    return found


def _units(plan: Plan, review: Sequence[Review]) -> Iterator[Question]:
    for reason, (points, units) in _by_reason(review, "units", plan.units).items():
        names = "; ".join(unit.name for unit in units)
        outside = {unit.external for unit in units}
        state = OUTSIDE if outside == {True} else INSIDE if outside == {False} else "như cột Ngoài cơ quan"
        many = len(points) > 1
        text = f"{len(points)} đơn vị dưới đây ở trong hay ngoài cơ quan? ({reason}): " if many else ""
        text += names if many else f"«{names}»: {reason}"
        key = f"units|{','.join(unit.code for unit in units)}"
        yield Question(key, text, state, (AS_PROPOSED, INSIDE, OUTSIDE), tuple(point.place for point in points))
        for unit, point in zip(units, points, strict=True) if many else ():
            own = OUTSIDE if unit.external else INSIDE
            text = f"riêng «{unit.name}»"
            yield Question(f"units|{unit.code}", text, own, (INSIDE, OUTSIDE), (point.place,), detail=True)


def _groups(plan: Plan, review: Sequence[Review]) -> Iterator[Question]:
    kinds = [title for title, ranks in _BY_KIND.items() if _members_of_kind(plan.units, ranks)]
    communes = [COMMUNES] if _communes(plan) or _members_of_kind(plan.units, ("commune",)) else []
    for reason, (points, groups) in _by_reason(review, "members", plan.groups).items():
        many = len(points) > 1
        if many:
            names = "; ".join(f"«{group.name}»" for group in groups)
            text = f"{len(points)} nhóm dưới đây giữ như đang ghi? ({reason}): {names}"
            cells = tuple(point.place for point in points)
            yield Question(f"groups|{reason}", text, AS_PROPOSED, (AS_PROPOSED, _CELL_BY_CELL), cells)
        for group, point in zip(groups, points, strict=True):
            text = f"Nhóm «{group.name}» gồm những đơn vị nào? Chọn, hoặc gõ các mã đơn vị. ({reason})"
            state = ", ".join(group.members) or _NOBODY
            options = (_NOBODY, AS_PROPOSED, _EVERYBODY, *kinds, *communes)
            yield Question(f"members|{group.name}", text, state, options, (point.place,), strict=False, detail=many)


def _members_of_kind(units: Iterable[Unit], ranks: Sequence[str]) -> tuple[str, ...]:
    """Codes of the inside units of those ranks."""
    return tuple(unit.code for unit in units if not unit.external and rank_of(unit.name) in ranks)


def _names(plan: Plan, review: Sequence[Review]) -> Iterator[Question]:
    """A question for each text that names no known unit."""
    resolver = Resolver(plan.units, plan.groups)
    places: dict[str, list[tuple[str, str]]] = {}
    for point in review:
        if _UNRESOLVED in point.reason:
            for part in resolver.resolve(point.value).unresolved:
                places.setdefault(one_line(part), []).append(point.place)
    options = (*(unit.name for unit in plan.units), NEW_UNIT, _NEW_OUTSIDE)
    for part, cells in places.items():
        text = f"«{part}» là đơn vị nào? Chọn tên đơn vị, hoặc gõ «{NEW_UNIT}», «{_NEW_OUTSIDE}»."
        yield Question(f"name|{part}", text, "chưa nhận ra", options, tuple(cells), strict=False)


def _columns(review: Sequence[Review]) -> Iterator[Question]:
    titles = tuple(column.title for column in appendix.TASKS.columns if column.key not in ("code", "standard_deadline"))
    asked = "của văn bản là mục nào? Tên cột được ghi nhớ; nhập lại văn bản để lấy nội dung cột."
    for point in review:
        if point.about == "column":
            heading = point.value.partition(": ")[0]
            yield Question(f"column|{heading}", f"Cột «{heading}» {asked}", _NO_FIELD, (_NO_FIELD, *titles))


def _cells(review: Sequence[Review]) -> Iterator[Question]:
    """The other points, by sheet, column and reason."""
    kinds: dict[tuple[str, str, str], list[Review]] = {}
    for point in review:
        if point.about == "cells":
            kinds.setdefault(_kind_of(point), []).append(point)
    for (sheet, name, reason), points in kinds.items():
        what = _title_of(sheet, name) if name else sheet or "nội dung ngoài bảng"
        fields = ", ".join(dict.fromkeys(_title_of(sheet, point.field) for point in points))
        what = f"{what}» ({fields})" if sheet == appendix.CARD.title else f"{what}»"
        text = f"{len(points)} chỗ ở «{what}: {reason or 'để trống hoặc suy ra, xem lại ở trang này'}"
        cells = tuple(point.place for point in points if point.cell)
        yield Question(f"cells|{sheet}|{name}|{reason}", text, AS_PROPOSED, (AS_PROPOSED, _CELL_BY_CELL), cells)


def _kind_of(point: Review) -> tuple[str, str, str]:
    """Points that one answer settles: of one sheet, field and reason; those of the plan's own sheet together."""
    if point.sheet == appendix.CARD.title:
        return point.sheet, "", ""
    return point.sheet, point.field if point.sheet else "", point.reason


def _title_of(sheet: str, field: str) -> str:
    """What people call a field of a sheet; on the sheet of the plan also a kind of name."""
    if sheet == appendix.CARD.title and field in appendix.NAME_KINDS:
        return appendix.NAME_KINDS[field]
    named = (item.name_of(field) for item in appendix.SHEETS.values() if item.title == sheet)
    return next((name for name in named if name != field), field)


def read_review(data: bytes) -> tuple[dict[str, str], tuple[Review, ...]] | None:
    """Answers by the keys of their questions, and all points; None for an appendix without the sheet."""
    grid = sheet_texts(data, "phu-luc.xlsx").get(fold(TITLE))
    if grid is None:
        return None
    answers: dict[str, str] = {}
    points: list[Review] = []
    columns: dict[str, int] = {}
    for row in grid:
        heads = {text: index for index, text in enumerate(row) if text}
        cells = defaultdict(str, {title: row[index] for title, index in columns.items()})
        if (ANSWER in heads and KEY in heads) or (_FIELD in heads and _REASON in heads):
            columns = heads
        elif ANSWER in columns and cells[KEY] and cells[ANSWER]:
            answers[cells[KEY]] = cells[ANSWER]
        elif cells[_REASON]:
            sheet, cell = cells["Trang"], cells["Ô"]
            place = ("" if sheet.startswith("(") else sheet, cell if _ADDRESS.fullmatch(cell) else "")
            said = (cells["Mã"], cells[_FIELD], cells["Nguồn"], cells[_REASON], cells["Nội dung đang ghi"])
            points.append(Review(*place, *said))
    return answers, tuple(points)


ANSWER, KEY, _FIELD, _REASON = "Trả lời", "Khóa câu hỏi", "Khóa mục", "Cần xem vì"
"""Headings by which the sheet is read back."""
_ADDRESS = re.compile(r"[A-Z]{1,2}[1-9]\d{0,5}")


class _Answers:
    """Takes answers in, one after another."""

    def __init__(self, plan: Plan, answers: Mapping[str, str]) -> None:
        self.plan, self.answers = plan, answers
        self.done: set[str] = set()
        """Codes of units, names of groups and headings that were answered."""
        self.headings: dict[str, list[str]] = {}

    def units(self, about: str, answer: str) -> None:
        if _says(answer, INSIDE, OUTSIDE, AS_PROPOSED):
            codes = about.split(",")
            self.done |= {f"unit {code}" for code in codes}
            self._set(_placed(unit, answer) if unit.code in codes else unit for unit in self.plan.units)

    def _set(self, units: Iterable[Unit]) -> None:
        self.plan = attrs.evolve(self.plan, units=tuple(units))

    def members(self, name: str, answer: str) -> None:
        codes = self._members(answer)
        if codes is None and not _says(answer, AS_PROPOSED):
            return
        self.done.add(f"group {name}")
        if codes is not None:
            groups = (attrs.evolve(item, members=codes) if item.name == name else item for item in self.plan.groups)
            self.plan = attrs.evolve(self.plan, groups=tuple(groups))

    def _members(self, answer: str) -> tuple[str, ...] | None:
        """Codes that an answer means, None when it means none."""
        if _says(answer, _NOBODY):
            return ()
        if _says(answer, _EVERYBODY):
            return tuple(unit.code for unit in self.plan.units if not unit.external)
        if _says(answer, COMMUNES):
            names = {fold(unit.name) for unit in self.plan.units}
            new = [name for name in _communes(self.plan) if fold(f"UBND {name}") not in names]
            self._add([f"UBND {name[:1].lower()}{name[1:]}" for name in new], "Xã, phường")
        for title, ranks in {COMMUNES: ("commune",), **_BY_KIND}.items():
            if _says(answer, title):
                return _members_of_kind(self.plan.units, ranks)
        known = {unit.code.casefold(): unit.code for unit in self.plan.units}
        typed = [part.strip().casefold() for part in answer.replace(";", ",").split(",") if part.strip()]
        if typed and all(part in known for part in typed):
            return tuple(dict.fromkeys(known[part] for part in typed))
        found = Resolver(self.plan.units, ()).resolve(answer)
        return found.codes if found.codes and not found.unresolved else None

    def _add(self, names: Iterable[str], kind: str, *, external: bool = False) -> None:
        """New units of those names."""
        units = list(self.plan.units)
        for name in names:
            base, taken = unit_code(name)[:12], {unit.code for unit in units}
            code = next(item for item in (base, *(f"{base}{number}" for number in range(2, 999))) if item not in taken)
            units.append(Unit(code, name, kind=kind, external=external))
        self._set(units)

    def name(self, part: str, answer: str) -> None:
        if _says(answer, NEW_UNIT, _NEW_OUTSIDE):
            outside = _says(answer, _NEW_OUTSIDE)
            self._add([part], "Cơ quan ngoài" if outside else "Đơn vị", external=outside)
            return
        codes = Resolver(self.plan.units, ()).resolve(answer).codes
        if len(codes) == 1:
            self._set(
                attrs.evolve(unit, aliases=(*unit.aliases, part)) if unit.code == codes[0] else unit
                for unit in self.plan.units
            )

    def column(self, heading: str, answer: str) -> None:
        key = next((column.key for column in appendix.TASKS.columns if _says(answer, column.title)), None)
        if key:
            self.headings.setdefault(key, []).append(heading)
        if key or _says(answer, _NO_FIELD):
            self.done.add(f"column {heading}")

    def settles(self, point: Review, before: Plan, resolver: Resolver) -> bool:
        """True for a point that the answers close."""
        if point.about == "units":
            unit = point.record(before.units)
            return unit is None or f"unit {unit.code}" in self.done
        if point.about == "members":
            whole = _says(self.answers.get(f"groups|{point.reason}", ""), AS_PROPOSED)
            group = point.record(before.groups)
            return whole or group is None or f"group {group.name}" in self.done
        if point.about == "column":
            return f"column {point.value.partition(': ')[0]}" in self.done
        if point.about == "name":
            return not resolver.resolve(point.value).unresolved
        return _says(self.answers.get("|".join(("cells", *_kind_of(point))), ""), AS_PROPOSED)


def _says(answer: str, *options: str) -> bool:
    return fold(answer) in map(fold, options)


def _placed(unit: Unit, answer: str) -> Unit:
    """The unit where the answer puts it."""
    external = unit.external if _says(answer, AS_PROPOSED) else _says(answer, OUTSIDE)
    kind = "Cơ quan ngoài" if external else "Đơn vị" if unit.kind in (UNDECIDED, "Cơ quan ngoài") else unit.kind
    return attrs.evolve(unit, external=external, kind=kind)


@cache
def _known_communes() -> dict[str, tuple[str, ...]]:
    return {bare(item["province"]): tuple(item["communes"].values()) for item in read_schema("communes.yml")}


def _communes(plan: Plan) -> tuple[str, ...]:
    """The communes of the province that the plan is for; none where the data do not have it."""
    named = (*plan.properties.place, *plan.properties.agency, *plan.properties.recipient)
    text = bare(" ".join(item.name for item in named))
    return next((communes for province, communes in _known_communes().items() if province in text), ())


_COLUMNS = {"STT": 6, "Trang": 16, "Ô": 8, "Mã": 11, "Mục": 20, "Nguồn": 22, _REASON: 36, "Nội dung đang ghi": 60}
_WIDTHS = tuple(_COLUMNS.values())
_ANSWER = 6
_QUESTION_COLUMNS = (
    ("STT", 0, 0),
    ("Câu hỏi", 1, 4),
    ("Đang ghi", 5, 5),
    (ANSWER, _ANSWER, _ANSWER),
    ("Các ô liên quan", 7, 7),
)
"""The heading, first and last column."""
_HIDDEN = len(_COLUMNS)
_NOTE = (
    "Chọn câu trả lời ở cột xanh: một câu trả lời áp dụng cho mọi ô của câu hỏi; để trống là chưa xem. Trả lời xong, "
    "lưu tệp rồi chạy «nq57xl import --review TỆP» hoặc «nq57xl init THƯ_MỤC --plan TỆP». Danh sách từng ô ở dưới: bấm "
    "vào ô để đến đúng chỗ, đối chiếu với văn bản, sửa nếu sai. Xem xong có thể xóa cả trang này; các trang khác không "
    "phụ thuộc vào nó."
)
_LONGEST, _LONGEST_LIST = 4000, 255


def write_review(sheet: Worksheet, plan: Plan, review: Sequence[Review]) -> None:
    """Fills the sheet «Cần rà soát»: questions, and under them the points one by one."""
    questions = ReviewedPlan(plan, tuple(review)).questions
    sheet.widths(_WIDTHS)
    sheet.set_column(_HIDDEN, _HIDDEN, 12, None, {"hidden": True})
    asked = sum(not question.detail for question in questions)
    heading = f"CẦN RÀ SOÁT SAU KHI NHẬP KẾ HOẠCH: {asked} CÂU HỎI CHO {len(review)} CHỖ"
    write_top(sheet, heading, _NOTE, _WIDTHS)
    row = appendix.HEADER_ROW
    for name, first, last in _QUESTION_COLUMNS:
        sheet.across(row, first, last, name, "head")
    sheet.text(row, _HIDDEN, KEY, "head")
    numbers = count(1)
    for row, question in enumerate(questions, appendix.HEADER_ROW + 1):
        _question(sheet, row, "" if question.detail else str(next(numbers)), question, plan)
    sheet.text(row + 2, 0, "TỪNG CHỖ", "title")
    _points(sheet, row + 3, review)
    set_up_page(sheet, repeat=appendix.HEADER_ROW)
    sheet.freeze_panes(appendix.HEADER_ROW + 1, 0)


def _question(sheet: Worksheet, row: int, number: str, question: Question, plan: Plan) -> None:
    """A line with its dropdown."""
    cells = ", ".join(f"{title}!{cell}" for title, cell in question.cells[:12])
    more = f" … ({len(question.cells)} ô)" if len(question.cells) > 12 else ""
    heights = []
    for (name, first, last), text in zip(
        _QUESTION_COLUMNS, (number, question.text, question.proposal, "", cells + more), strict=True
    ):
        style = "answer" if name == ANSWER else "detail" if question.detail else "cell"
        sheet.across(row, first, last, text[:_LONGEST], style)
        heights.append(Text(text, sum(_WIDTHS[first : last + 1])))
    sheet.text(row, _HIDDEN, question.key, "key")
    listed: list[str] | str = list(question.options)
    if len(",".join(question.options)) > _LONGEST_LIST or any("," in option for option in question.options):
        last_unit = appendix.HEADER_ROW + 1 + max(1, len(plan.units))
        listed = f"='{appendix.UNITS.title}'!$B${appendix.HEADER_ROW + 2}:$B${last_unit}"
    stop = {"error_title": "Trả lời", "error_message": "Chọn một mục trong danh sách."}
    rule = {"validate": "list", "source": listed, "show_error": question.strict, **stop}
    sheet.data_validation(row, _ANSWER, row, _ANSWER, rule)
    sheet.height(row, row_height(heights))


def _points(sheet: Worksheet, start: int, review: Sequence[Review]) -> None:
    """A line for each point, with a link to its cell."""
    for index, name in enumerate((*_COLUMNS, _FIELD)):
        sheet.text(start, index, name, "head")
    for row, point in enumerate(review, start + 1):
        texts = [
            str(row - start),
            point.sheet or "(chưa đưa vào)",
            point.cell,
            point.task,
            _title_of(point.sheet, point.field),
            point.source,
            point.reason,
            point.value if len(point.value) <= _LONGEST else f"{point.value[:_LONGEST]}…",
        ]
        write_line(sheet, row, texts, _WIDTHS, "cell")
        sheet.text(row, _HIDDEN, point.field, "key")
        if point.cell:
            sheet.link(row, 2, point.cell, f"{sheet_prefix(point.sheet)}{point.cell}", "link")
    sheet.autofilter(start, 0, start + max(1, len(review)), len(_COLUMNS) - 1)
