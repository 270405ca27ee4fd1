"""How large a form is and how long it takes, beside XlsxWriter writing the same cells and formats bare.

python tools/bench_forms.py [runs]

The bare writer is handed the finished workbook's content: cells with their cached values, formats, merges, validations,
conditional formats, notes, heights, widths, print settings. It lays out nothing, knows no rule and measures no text.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from io import BytesIO
from typing import Any

import openpyxl
import xlsxwriter
from attrs import frozen
from openpyxl.cell.cell import Cell
from openpyxl.utils import get_column_letter

from nq57xl.forms.build import build_form, reporting_units
from nq57xl.forms.model import Form
from nq57xl.forms.render import render_form
from nq57xl.plan.appendix_read import BUNDLED_PLANS, bundled_appendix, read_appendix
from nq57xl.plan.periods import parse_period
from nq57xl.rules.load import load_schema

PERIOD = "2026-04"
RUNS = 7
SIZE_LIMIT = 60_000
RATIO_LIMIT = 2.0
AVERAGE_LIMIT, LARGEST_LIMIT = 0.045, 0.070
"""Seconds of processor time that a form costs, built and rendered: on average, and the costliest."""

LAST_COLUMN = 16384
"""The columns beyond the table are locked by one element; XlsxWriter would declare each of them."""
_BORDERS = {"hair": 7, "thin": 1, "medium": 2, "mediumDashed": 8, "dashed": 3, "dotted": 4, "thick": 5, "double": 6}
Properties = tuple[tuple[str, Any], ...]


@frozen
class Timing:
    """One form."""

    name: str
    rows: int
    """Tasks and indicators to report on, without free rows."""
    size: int
    """Bytes."""
    ours: float
    """Seconds of processor time to build and render it."""
    bare: float
    """Seconds to write the same content bare."""

    @property
    def ratio(self) -> float:
        """Ours over bare."""
        return self.ours / self.bare


def makers() -> Iterator[tuple[str, Callable[[], Form]]]:
    """Name of each form of both bundled plans, and what builds it."""
    schema = load_schema()
    for name in BUNDLED_PLANS:
        plan = read_appendix(bundled_appendix(name)).plan
        period = parse_period(PERIOD, plan.properties)
        for unit in reporting_units(plan, period):

            def build(plan: Any = plan, code: str = unit.code, period: Any = period) -> Form:  # noqa: ANN401
                return build_form(
                    plan,
                    schema,
                    code,
                    period,
                    issue_id="0" * 32,
                    version=1,
                    issued_on=date(2026, 4, 1),
                    plan_version="x",
                )

            yield f"{name} {unit.code}", build


def measure(name: str, build: Callable[[], Form], runs: int = RUNS) -> Timing:
    """Times one form and its bare copy in turns, so that both meet the same machine; the least disturbed run counts."""
    form = build()
    workbook = render_form(form)
    content = content_of(workbook)
    ours, bare = [], []
    for _ in range(runs):
        ours.append(_seconds(lambda: render_form(build())))
        bare.append(_seconds(lambda: write_bare(content)))
    rows = sum(len(table.rows) for table in form.tables if table.table in ("led", "supporting", "indicator"))
    return Timing(name, rows, len(workbook), min(ours), min(bare))


def _seconds(action: Callable[[], object]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start


# --- the content of a workbook, read beforehand ----------------------------------------------------------------------


@frozen
class Sheet:
    """One sheet's content as arguments for XlsxWriter."""

    name: str
    state: str
    cells: list[tuple[str, int, int, Any, int, Any]]
    """Kind, row, column, value, format, cached value."""
    formats: list[dict[str, Any]]
    merges: list[tuple[int, int, int, int]]
    validations: list[tuple[list[tuple[int, int, int, int]], dict[str, Any]]]
    conditions: list[tuple[str, dict[str, Any]]]
    comments: list[tuple[int, int, str]]
    heights: list[tuple[int, float, bool]]
    widths: list[tuple[str, float | None, bool]]
    freeze: str | None


def content_of(workbook: bytes) -> list[Sheet]:
    """Everything that the bare writer writes."""
    book = openpyxl.load_workbook(BytesIO(workbook))
    cached = openpyxl.load_workbook(BytesIO(workbook), data_only=True)
    return [_sheet(sheet, cached[sheet.title]) for sheet in book.worksheets]


def _sheet(sheet: Any, cached: Any) -> Sheet:  # noqa: ANN401 - openpyxl's worksheets
    known: dict[Properties, int] = {}
    formats: list[dict[str, Any]] = []
    cells = []
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell, Cell) and (cell.value is not None or cell.has_style):
                properties = _properties(cell)
                number = known.setdefault(tuple(sorted(properties.items())), len(known))
                if number == len(formats):
                    formats.append(properties)
                stored = cached.cell(cell.row, cell.column).value
                cells.append((_kind(cell), cell.row - 1, cell.column - 1, cell.value, number, stored))
    dimensions = sheet.column_dimensions.items()
    return Sheet(
        sheet.title,
        sheet.sheet_state,
        cells,
        formats,
        _areas(sheet.merged_cells.ranges),
        [(_areas(item.sqref.ranges), _validation(item)) for item in sheet.data_validations.dataValidation],
        list(_conditions(sheet)),
        [
            (cell.row - 1, cell.column - 1, cell.comment.text)
            for row in sheet.iter_rows()
            for cell in row
            if cell.comment
        ],
        [(number - 1, item.height, item.hidden) for number, item in sheet.row_dimensions.items() if item.height],
        [
            (f"{key}:{get_column_letter(item.max or 1)}", item.width, item.hidden)
            for key, item in dimensions
            if item.max != LAST_COLUMN
        ],
        sheet.freeze_panes,
    )


def _kind(cell: Cell) -> str:
    if cell.value is None:
        return "blank"
    return {"f": "formula", "n": "number", "d": "date"}.get(cell.data_type, "string")


def _properties(cell: Cell) -> dict[str, Any]:
    """The cell's format as XlsxWriter names it."""
    font, fill, align, border = cell.font, cell.fill, cell.alignment, cell.border
    found: dict[str, Any] = {
        "font_name": font.name,
        "font_size": font.sz,
        "bold": bool(font.b),
        "italic": bool(font.i),
        "underline": 1 if font.u else 0,
        "align": align.horizontal or "",
        "valign": {"center": "vcenter"}.get(align.vertical or "", align.vertical or "bottom"),
        "text_wrap": bool(align.wrap_text),
        "indent": int(align.indent or 0),
        "num_format": cell.number_format,
        "locked": bool(cell.protection.locked),
    }
    if fill.fill_type == "solid":
        found["bg_color"] = f"#{str(fill.fgColor.rgb)[-6:]}"
    for side in ("left", "right", "top", "bottom"):
        line = getattr(border, side)
        if line is not None and line.style:
            found[side] = _BORDERS[line.style]
    return found


def _areas(ranges: Iterable[Any]) -> list[tuple[int, int, int, int]]:
    return [(area.min_row - 1, area.min_col - 1, area.max_row - 1, area.max_col - 1) for area in ranges]


def _validation(item: Any) -> dict[str, Any]:  # noqa: ANN401 - openpyxl's record
    names = {"whole": "integer", "textLength": "length"}
    options: dict[str, Any] = {
        "validate": names.get(item.type, item.type),
        "input_title": item.promptTitle,
        "input_message": item.prompt,
        "error_title": item.errorTitle,
        "error_message": item.error,
    }
    if item.type == "list":
        return {**options, "source": f"={item.formula1}"}
    first, second = (_limit(item.type, limit) for limit in (item.formula1, item.formula2))
    criteria = item.operator or "between"
    options["criteria"] = {"lessThanOrEqual": "<=", "greaterThanOrEqual": ">="}.get(criteria, criteria)
    return options | ({"minimum": first, "maximum": second} if criteria == "between" else {"value": first})


def _limit(kind: str, text: str | None) -> Any:  # noqa: ANN401 - a date or a number
    if text is None:
        return None
    return datetime.fromordinal(date(1899, 12, 30).toordinal() + int(float(text))) if kind == "date" else float(text)


def _conditions(sheet: Any) -> Iterator[tuple[str, dict[str, Any]]]:  # noqa: ANN401 - openpyxl's worksheet
    for area in sheet.conditional_formatting:
        for rule in area.rules:
            if rule.formula:
                yield str(area.sqref).split(" ")[0], {"type": "formula", "criteria": f"={rule.formula[0]}"}


# --- the bare writer -------------------------------------------------------------------------------------------------


def write_bare(sheets: list[Sheet]) -> bytes:
    """The content as a workbook."""
    buffer = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        made: dict[Properties, Any] = {}
        colour = book.add_format({"bg_color": "#FBE0DC"})
        for sheet in sheets:
            formats = [_format(book, made, item) for item in sheet.formats]
            _write_sheet(book.add_worksheet(sheet.name), sheet, formats, colour)
    return buffer.getvalue()


def _format(book: Any, made: dict[Properties, Any], properties: dict[str, Any]) -> Any:  # noqa: ANN401 - XlsxWriter
    key = tuple(sorted(properties.items()))
    if key not in made:
        made[key] = book.add_format(properties)
    return made[key]


def _write_sheet(target: Any, sheet: Sheet, formats: list[Any], colour: Any) -> None:  # noqa: ANN401 - XlsxWriter
    for area, width, hidden in sheet.widths:
        target.set_column(area, width, None, {"hidden": hidden})
    for number, height, hidden in sheet.heights:
        target.set_row(number, height, None, {"hidden": hidden})
    for merge in sheet.merges:
        target.merge_range(*merge, "", formats[0])
    for cell in sheet.cells:
        _write_cell(target, cell, formats)
    for areas, validation in sheet.validations:
        target.data_validation(*areas[0], {**validation, "other_cells": areas[1:]})
    for where, condition in sheet.conditions:
        target.conditional_format(where, {**condition, "format": colour})
    for row, column, text in sheet.comments:
        target.write_comment(row, column, text)
    if sheet.freeze:
        target.freeze_panes(sheet.freeze)
    target.set_landscape()
    target.set_paper(9)
    target.protect("bare")


def _write_cell(target: Any, cell: tuple[str, int, int, Any, int, Any], formats: list[Any]) -> None:  # noqa: ANN401
    kind, row, column, value, number, stored = cell
    if kind == "formula":
        target.write_formula(row, column, value, formats[number], stored or "")
    elif kind == "string":
        target.write_string(row, column, value, formats[number])
    elif kind == "blank":
        target.write_blank(row, column, None, formats[number])
    else:
        target.write(row, column, value, formats[number])


def table(timings: Iterable[Timing]) -> str:
    """The figures, a line for each form."""
    lines = [f"{'form':<18} {'rows':>4} {'bytes':>7} {'ours ms':>8} {'bare ms':>8} {'ratio':>6}"]
    for item in timings:
        lines.append(
            f"{item.name:<18} {item.rows:>4} {item.size:>7} {item.ours * 1000:>8.1f} {item.bare * 1000:>8.1f}"
            f" {item.ratio:>6.2f}"
        )
    return "\n".join(lines)


def main() -> None:
    """Prints the figures; exits 1 when a form is too large or too slow."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    timings = [measure(name, build, runs) for name, build in makers()]
    print(table(timings))
    costs = [item.ours for item in timings]
    average, costliest = sum(costs) / len(costs), max(costs)
    ratio = sum(costs) / sum(item.bare for item in timings)
    largest = max(item.size for item in timings)
    print(
        f"a form costs {average * 1000:.1f} ms (at most {AVERAGE_LIMIT * 1000:g}),"
        f" the costliest {costliest * 1000:.1f} ms (at most {LARGEST_LIMIT * 1000:g})"
    )
    print(f"all forms: {ratio:.2f} times bare (at most {RATIO_LIMIT:g}); largest {largest} bytes")
    slow = ratio > RATIO_LIMIT or average > AVERAGE_LIMIT or costliest > LARGEST_LIMIT
    sys.exit(slow or any(item.size > SIZE_LIMIT for item in timings))


if __name__ == "__main__":
    main()
