"""What the sheets of the report have in common: their heading, rows in groups, a row of the plan, links to sources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from nq57xl.results.consolidation import Consolidation, LeadEntry, TaskRow
from nq57xl.results.wording import (
    due_words,
    entry_words,
    numbered,
    percent_cell,
    report_title,
    shown,
    source_anchor,
    work_of,
)
from nq57xl.xlsx.pages import CellContent, Link, ReportColumn, ReportLine, ReportSheet

Cells = dict[str, CellContent]
"""Column name -> content."""


def list_sheet(
    c: Consolidation,
    name: str,
    columns: tuple[ReportColumn, ...],
    title: str,
    lines: Iterable[ReportLine],
    *notes: str,
) -> ReportSheet:
    """A sheet that is one list under its headings, with a filter."""
    above = (*heading(c, title, *notes), head_of(columns))
    return ReportSheet(name, columns, (*above, *lines), filtered=True, frozen_columns=2)


def heading(c: Consolidation, title: str, *notes: str, first: str = "number") -> Iterator[ReportLine]:
    """Title of the sheet, of the report, and notes: texts over the whole width; `first`: name of the first column."""
    yield ReportLine("title", {first: title})
    yield ReportLine("subtitle", {first: f"{report_title(c)}, {c.period.title}"})
    yield from (ReportLine("note", {first: note}) for note in notes)


def head_of(columns: Sequence[ReportColumn]) -> ReportLine:
    """The row of the columns' titles."""
    return ReportLine("head", {column.name: column.title for column in columns})


def source_link(unit: str, table: str, key: str) -> Link:
    """Leads to the typed cells of a unit's row in "Nguồn số liệu"."""
    return Link("dòng {row}", source_anchor(unit, table, key))


def timely(code: str) -> Callable[[TaskRow], bool]:
    """Whether a row stands so against its deadline."""
    return lambda row: row.standing.timeliness is not None and row.standing.timeliness.code == code


def is_silent(row: TaskRow) -> bool:
    """Some unit has not told where the row stands."""
    return row.standing.state in ("unreported", "partly_reported")


def grouped_rows(
    groups: Iterable[tuple[str, Sequence[TaskRow]]],
    c: Consolidation,
    of_row: Callable[[TaskRow], Cells],
    of_entry: Callable[[LeadEntry, TaskRow], Cells],
) -> Iterator[ReportLine]:
    """Groups of the plan's rows under their titles, a line for each unit that leads a row; the row's own cells once."""
    for index, (title, rows) in enumerate(groups, start=1):
        yield ReportLine("section", {"number": str(index), "code": f"{title}: {len(rows)} đầu việc"})
        for number, row in enumerate(rows, start=1):
            first: Cells = {"number": str(number), **_row_cells(row), **of_row(row)}
            for entry in row.entries or (LeadEntry("", row.task.lead, False),):
                cells = first | _entry_cells(entry, row, c) | of_entry(entry, row)
                yield ReportLine("row" if first else "sub", cells, 1)
                first = {}


def _row_cells(row: TaskRow) -> Cells:
    return {"code": numbered(row.task), "work": work_of(row.task), "deadline": due_words(row.task)}


def _entry_cells(entry: LeadEntry, row: TaskRow, c: Consolidation) -> Cells:
    """Who leads the row, how far it is, in the unit's own words, and where they stand."""
    cells: Cells = {name: shown(entry.values.get(name), c.schema) for name in _TEXTS}
    cells |= {"unit": entry.name, "progress": entry_words(entry, row, c)[0]}
    cells["percent"] = percent_cell(entry.values.get("percent"))
    return cells | ({"source": source_link(entry.unit, "led", row.task.code)} if entry.values else {})


_TEXTS = ("difficulties", "cause", "proposal", "next_work")
