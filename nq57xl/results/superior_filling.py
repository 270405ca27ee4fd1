"""A superior office's form filled in from what was rolled up: what goes into which cell, its sources, what is open."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence

from attrs import define, field, frozen

from nq57xl.plan.model import Indicator
from nq57xl.plan.refine import MatchLine, RowPlace
from nq57xl.results.model import Consolidation, TracedCell
from nq57xl.results.roll_up import OpenPoint, RolledCell, RollUp
from nq57xl.returns.superior_form import SuperiorCell, SuperiorForm, SuperiorRow
from nq57xl.rules.findings import Finding
from nq57xl.rules.schema import CellValue, Facts, Field, vietnamese_date, vietnamese_number, vietnamese_percent
from nq57xl.text.legacy import fold
from nq57xl.xlsx.cells import plain_number
from nq57xl.xlsx.patch import PatchedValue


@frozen
class PointLine:
    """One thing that a person has to look at."""

    sheet: str
    cell: str
    """"": the whole row."""
    key: str
    work: str
    field: str
    why: str
    code: str = ""
    """Of the finding that the superior office will have; "" where this office has no answer."""
    reason_cell: str = ""
    """Where a doubt about the row is answered, if what stands there is right."""


@frozen
class FilledLine:
    """One filled cell of the form beside one typed cell that it follows from."""

    sheet: str
    cell: str
    key: str
    field: str
    shown: str
    """What was put in."""
    code: str
    """Of the own row."""
    unit: str
    typed: str
    number: str
    """Of the line in nguon-so-lieu.xlsx; "" for what follows without a typed cell."""
    file: str
    source_sheet: str
    source_cell: str
    sha256: str


@frozen
class _GeneralLine:
    """A row that a unit added by itself: a proposed task, a general difficulty. Whether it goes up a person decides."""

    table: str
    """Title of the table."""
    unit: str
    text: str
    """What stands in its cells, each under its heading."""
    numbers: str
    """Of its lines in nguon-so-lieu.xlsx: "12, 13"."""


@frozen
class FilledForm:
    """What is put into the form, and what is told beside it."""

    contents: tuple[tuple[str, str, PatchedValue], ...]
    """(sheet, cell, content)."""
    lines: tuple[FilledLine, ...]
    points: tuple[PointLine, ...]
    general: tuple[_GeneralLine, ...] = ()


Judge = Callable[[Sequence[tuple[str, str, PatchedValue]], Mapping[RowPlace, Facts]], Sequence[Finding]]
"""What the superior office will ask back of its form with those contents; the facts of its rows, as far as known."""


def fill_form(
    superior: SuperiorForm, c: Consolidation, lines: Sequence[MatchLine], rolled: RollUp, judge: Judge
) -> FilledForm:
    """Everything that can be answered, in the form's own cells; what a person has typed there is never replaced.

    What the superior office put in from the start (a quarter's form holds what its months said) gives way to an answer:
    in a form that nobody has saved everything is that, in another the progress of rows that wait for a request.
    """
    filling = _Filling(superior, c, {line.match.place: line for line in lines})
    filling.fill(rolled, judge)
    general = tuple(filling.general())
    return FilledForm(tuple(filling.contents), tuple(filling.lines), tuple(filling.points), general)


_STARTED = ("progress", "not_arisen")
"""What a form may state from the start, for the unit to change."""


@define
class _Filling:
    superior: SuperiorForm
    c: Consolidation
    matched: Mapping[RowPlace, MatchLine]
    contents: list[tuple[str, str, PatchedValue]] = field(factory=list)
    lines: list[FilledLine] = field(factory=list)
    points: list[PointLine] = field(factory=list)
    _rows: dict[RowPlace, SuperiorRow] = field(init=False)
    _held: dict[RowPlace, dict[str, CellValue]] = field(factory=dict)
    """What each row holds, by field: from the start, then with what is put in."""
    _traced: dict[tuple[str, str, str, str], list[tuple[int, TracedCell]]] = field(factory=dict)
    """(unit, table, key, field) -> lines of nguon-so-lieu.xlsx."""

    def fill(self, rolled: RollUp, judge: Judge) -> None:
        """Puts in what can be answered, and lists what cannot, row by row as they stand in the form."""
        self._rows = {(row.table, row.key): row for row in self.superior.rows if row.cells}
        for number, item in enumerate((item for item in self.c.traced if not item.contact), start=1):
            self._traced.setdefault(item.place, []).append((number, item))
        for at, row in self._rows.items():
            self._held[at] = {name: self._stands(row, name, cell) for name, cell in row.cells.items()}
        told: dict[RowPlace, list[OpenPoint]] = {at: [] for at in self._rows}
        for point in rolled.points:
            told[point.table, point.key].append(point)
        for cell in rolled.cells:
            told[cell.table, cell.key] += self._put(self._rows[cell.table, cell.key], cell)
        # what an untouched form says from the start and the answer does not is taken out of an answered row
        for at, row in self._rows.items() if self.superior.untouched else ():
            answered = {cell.field for cell in rolled.cells if (cell.table, cell.key) == at}
            for name, place in row.cells.items() if answered else ():
                if place.typed and name not in answered:
                    self.contents.append((place.sheet, place.cell, ""))
                    self._held[at][name] = None
        asked: dict[RowPlace, list[Finding]] = {at: [] for at in self._rows}
        for finding in judge(self.contents, {at: self._facts(row) for at, row in self._rows.items()}):
            about = finding.table, finding.task or ""
            if about in asked:
                asked[about].append(finding)
            else:  # about no row: that the form could not be judged
                self.points.append(PointLine("", "", "", "", "Cả biểu", f"{finding.message} {finding.fix}".strip()))
        for at, row in self._rows.items():
            self._tell(row, told[at], asked[at])

    def general(self) -> Iterator[_GeneralLine]:
        """The free rows of the units."""
        for item in self.c.free:
            table = self.c.schema.table(item.table)
            words = [f"{cell.title}: {text}" for cell in table.fields if (text := item.text(cell.name).strip())]
            places = [(item.unit, item.table, item.key, name) for name in item.values]
            numbers = sorted(number for place in places for number, _ in self._traced.get(place, ()))
            yield _GeneralLine(table.title, item.name, "\n".join(words), ", ".join(map(str, numbers)))

    def _facts(self, row: SuperiorRow) -> Facts:
        line = self.matched[row.table, row.key]
        if isinstance(line.row, Indicator):
            codes = {item.code for item in line.match.rows}
            kinds = {item.indicator.kind for item in self.c.indicators if item.indicator.code in codes}
            kind = kinds.pop() if len(kinds) == 1 else ""
            return {"measure": line.row.measure, "countable": line.row.is_countable, "kind": kind}
        due = line.row.deadline.date
        return {"due": due.isoformat() if due else None}

    def _titles(self, item: Field, row: SuperiorRow) -> dict[str, str]:
        """Code -> words of the field's list; empty for a field without one."""
        kind = item.kind(self._facts(row))
        choices = self.c.schema.lists.get(item.choices, ()) if kind in ("choice", "mark") else ()
        return {choice.code: choice.title for choice in choices}

    def _stands(self, row: SuperiorRow, name: str, cell: SuperiorCell) -> CellValue:
        """What stands in the cell already: the code of a choice, else the text."""
        item = self.c.schema.find(row.table, name)
        titles = self._titles(item, row) if item is not None else {}
        return next((code for code, title in titles.items() if fold(title) == fold(cell.typed)), cell.typed or None)

    def _put(self, row: SuperiorRow, cell: RolledCell) -> Iterator[OpenPoint]:
        item = self.c.schema.table(row.table).field(cell.field)
        content, shown = self._content(row, item, cell.value)
        place, held = row.cells.get(cell.field), self._held[row.table, row.key]
        at, host = (row.table, row.key, cell.field), item.within
        # what the superior office put in from the start gives way
        started = self.superior.untouched or (cell.field, held.get(cell.field)) == _STARTED
        if place is None and host in row.cells:
            self._put_within(row, row.cells[host], item, (cell, shown))
        elif place is None:
            yield OpenPoint(*at, f"Biểu không có ô «{item.title}»; cơ quan có nội dung: {shown}")
        elif item.choices and isinstance(content, str) and not self.superior.offers(item.choices, content):
            yield OpenPoint(*at, f"Danh sách của biểu không có «{shown}»: cần người phụ trách chọn.")
        elif place.typed and not (started or _alike(place.typed, content)):
            yield OpenPoint(*at, f"Ô đã có «{place.typed}», giữ nguyên; tổng hợp của cơ quan là «{shown}».")
        else:
            if not _alike(place.typed, content):
                self.contents.append((place.sheet, place.cell, content))
            held[cell.field] = cell.value
            self.lines += self._sources(row, place, item, (cell, shown))

    def _put_within(self, row: SuperiorRow, place: SuperiorCell, item: Field, filled: tuple[RolledCell, str]) -> None:
        """What stands in another field's cell: an address goes behind its text; a day is there with its number."""
        cell, shown = filled
        if isinstance(cell.value, str):
            there = next((text for *at, text in self.contents if at == [place.sheet, place.cell]), place.typed)
            self.contents = [line for line in self.contents if line[:2] != (place.sheet, place.cell)]
            self.contents.append((place.sheet, place.cell, f"{there}\n{cell.value}".strip()))
        self._held[row.table, row.key][cell.field] = cell.value
        self.lines += self._sources(row, place, item, (cell, shown))

    def _content(self, row: SuperiorRow, item: Field, value: CellValue) -> tuple[PatchedValue, str]:
        """What is put into the cell, and how people read it."""
        if isinstance(value, dt.datetime):
            value = value.date()
        if isinstance(value, dt.date):
            return value, vietnamese_date(value)
        if isinstance(value, str) or value is None:
            text = self._titles(item, row).get(value or "", value or "")
            return text, text
        number = int(value) if float(value).is_integer() else float(value)
        percent = item.kind(self._facts(row)) == "percent"
        return number, vietnamese_percent(value) if percent else vietnamese_number(value)

    def _sources(
        self, row: SuperiorRow, place: SuperiorCell, item: Field, filled: tuple[RolledCell, str]
    ) -> Iterator[FilledLine]:
        cell, shown = filled
        for part, value in cell.parts:
            at = (place.sheet, place.cell, row.key, item.title, shown, part.code, part.name)
            found = self._traced.get((part.unit, *value.form_cell), []) if value else []
            for number, traced in found:
                source, own = traced.source, traced.value
                yield FilledLine(*at, own.typed, str(number), source.name, own.sheet, own.cell, source.sha256)
            if not found:
                yield FilledLine(*at, "(theo tiến độ đã báo cáo)" if part.reported else "", "", "", "", "", "")

    def _tell(self, row: SuperiorRow, told: Sequence[OpenPoint], asked: Sequence[Finding]) -> None:
        """What is open of a row: of one that waits as a whole, and that nobody has begun, no blank cell is told."""
        blank = [item.field for item in asked if item.code == _BLANK]
        typed = any(cell.typed for cell in row.cells.values())
        waiting = any(not point.field for point in told)
        if waiting and typed and not blank and self.matched[row.table, row.key].decided:
            told = [point for point in told if point.field]
        for point in told:
            cell = row.cells.get(point.field) or next(iter(row.cells.values()))
            self._add(row, (cell.sheet, cell.cell), point.field, point.why)
        known = {point.field for point in told}
        passed_over = waiting and (self.superior.untouched or not typed)
        for item in asked:
            if item.code != _BLANK or not (passed_over or item.field in known):
                wrong = item.severity == "error"
                why = f"Cấp trên sẽ {'trả lại' if wrong else 'hỏi lại'}: {item.message} {item.fix}".strip()
                reasons = [row.cells[name].cell for name in _REASONS if name in row.cells and not wrong]
                self._add(row, (item.sheet, item.cell), item.field, why, item.code, *reasons)

    def _add(self, row: SuperiorRow, at: tuple[str, str], name: str, why: str, *asked: str) -> None:
        item = self.c.schema.find(row.table, name)
        work = row.texts.get("work") or row.texts.get("indicator", "")
        title = item.title if item is not None else "Cả dòng"
        self.points.append(PointLine(*at, row.key, work, title, why, *asked))


_BLANK = "REQUIRED_BLANK"
_REASONS = ("explanation", "note")


def _alike(typed: str, content: PatchedValue) -> bool:
    """The cell says already what would be put in."""
    if isinstance(content, str):
        return fold(typed) == fold(content)
    return typed == (vietnamese_date(content) if isinstance(content, dt.date) else plain_number(float(content)))
