"""What the sheets of the report have in common: their heading, rows in groups, a row of the plan, links to sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from attrs import frozen

from nq57xl.forms.model import Value
from nq57xl.resources import read_schema
from nq57xl.results.consolidation import Consolidation, LeadEntry, TaskRow
from nq57xl.results.wording import (
    days_words,
    due_words,
    entry_words,
    numbered,
    report_title,
    shown,
    source_anchor,
    work_of,
)
from nq57xl.xlsx.pages import CellContent, Link, ReportColumn, ReportLine, ReportSheet

Cells = dict[str, CellContent]
"""Column name -> content."""
_Align = Literal["left", "center", "right"]


@frozen
class _SheetKind:
    """What schemas/report.yml says of a sheet."""

    name: str
    columns: tuple[ReportColumn, ...]

    def with_columns(self, before: str, *more: ReportColumn) -> _SheetKind:
        """With more columns, in front of that one."""
        place = next(i for i, column in enumerate(self.columns) if column.name == before)
        return _SheetKind(self.name, (*self.columns[:place], *more, *self.columns[place:]))


def _column(name: str, title: str, width: float, align: _Align = "left", where: str = "") -> ReportColumn:
    return ReportColumn(name, title, width, align, printed=not where, hidden=where == "hidden")


SHEETS: dict[str, _SheetKind] = {
    key: _SheetKind(sheet["sheet"], tuple(_column(name, *about) for name, about in sheet["columns"].items()))
    for key, sheet in read_schema("report.yml").items()
}
"""By a word of the code. A column `source` numbers the lines of nguon-so-lieu.xlsx that hold what a row shows."""


def list_sheet(
    c: Consolidation, sheet: _SheetKind, title: str, lines: Iterable[ReportLine], *notes: str
) -> ReportSheet:
    """A sheet that is one list under its headings, with a filter; columns in which nothing stands are left out."""
    body, columns = tuple(lines), sheet.columns
    if not body:
        nothing = ReportLine("para", {"number": "Không có nội dung."})
        return ReportSheet(sheet.name, columns, (*heading(c, title), nothing))
    columns = filled(columns, body)
    above = (*heading(c, title, *notes), head_of(columns))
    return ReportSheet(sheet.name, columns, (*above, *body), filtered=True, frozen_columns=2)


def filled(columns: Sequence[ReportColumn], lines: Sequence[ReportLine]) -> tuple[ReportColumn, ...]:
    """The columns that hold something, and those that formulas read."""
    spanned = {name for line in lines for pair in line.spans.items() for name in pair}
    used = {name for line in lines for name, content in line.cells.items() if content not in (None, "")} | spanned
    return tuple(column for column in columns if column.name in used or not column.on_paper)


def heading(c: Consolidation, title: str, *notes: str, first: str = "number") -> Iterator[ReportLine]:
    """Title of the sheet, of the report, and notes: texts over the whole width; `first`: name of the first column."""
    yield ReportLine("title", {first: title})
    yield ReportLine("subtitle", {first: f"{report_title(c)}, {c.period.title}"})
    yield from (ReportLine("note", {first: note}) for note in notes)


def head_of(columns: Sequence[ReportColumn]) -> ReportLine:
    """The row of the columns' titles."""
    return ReportLine("head", {column.name: column.title for column in columns})


def source_link(unit: str, table: str, key: str) -> Link:
    """Leads to the typed cells of a unit's row in nguon-so-lieu.xlsx, and tells their numbers."""
    return Link("{label}", source_anchor(unit, table, key))


def labelled(values: Mapping[str, Value], names: Iterable[tuple[str, str]], c: Consolidation) -> str:
    """Texts of one cell, each on its own line after its label; "" where none was typed."""
    told = ((label, shown(values.get(name), c.schema)) for name, label in names)
    return "\n".join(f"{label}{text}" for label, text in told if text)


def grouped_rows(groups: Iterable[tuple[str, Sequence[TaskRow]]], c: Consolidation) -> Iterator[ReportLine]:
    """Groups of the plan's rows under their titles, a line for each unit that leads a row; the row's own cells once."""
    index = 0
    for title, rows in groups:
        if rows:
            index += 1
            yield ReportLine("section", {"number": str(index), "code": f"{title}: {len(rows)} đầu việc"})
        for number, row in enumerate(rows, start=1):
            first: Cells = {"number": str(number), **_row_cells(row)}
            for entry in row.entries or (LeadEntry("", row.task.lead, False),):
                yield ReportLine("row" if first else "sub", first | _entry_cells(entry, row, c), 1)
                first = {}


def _row_cells(row: TaskRow) -> Cells:
    return {"code": numbered(row.task), "work": work_of(row.task), "deadline": due_words(row.task)}


def _entry_cells(entry: LeadEntry, row: TaskRow, c: Consolidation) -> Cells:
    """Who leads the row, how far it is, in the unit's own words, and where they stand."""
    cells: Cells = {"unit": entry.name, "standing": standing_text(entry, row, c)}
    cells |= {name: shown(entry.values.get(name), c.schema) for name in ("difficulties", "proposal", "next_work")}
    cells["cause"] = labelled(entry.values, (("cause", ""), ("explanation", "Giải trình: ")), c)
    return cells | ({"source": source_link(entry.unit, "led", row.task.code)} if entry.values else {})


def standing_text(entry: LeadEntry, row: TaskRow, c: Consolidation) -> str:
    """ "Đang thực hiện, 45%" over "Quá hạn 14 ngày": one unit's progress and where it stands against the deadline."""
    progress, timeliness = entry_words(entry, row, c)
    percent = shown(entry.values.get("percent"), c.schema) if entry.progress == "in_progress" else ""
    days = days_words(entry.timeliness) or timeliness
    first = ", ".join(filter(None, (progress, percent)))
    return "\n".join(filter(None, (first, days if days != first else "")))
