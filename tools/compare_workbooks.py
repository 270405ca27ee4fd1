"""Compares two folders of workbooks cell by cell: `python -m tools.compare_workbooks OLD NEW`.

For a change of the program that must not change what people get: run the demo before and after, compare. Said of each
cell that differs: value, formula, cached value, link, comment, and what of its format people see (letters, fill,
borders, alignment, number format, lock); of each sheet: state, widths, heights, merged cells, validations, conditional
formats, frozen panes, filter, paper, page breaks, header and footer, protection; of each workbook: sheets and names.
Random identifiers and hashes (eight hexadecimal digits and more) count as equal. Exit 1 where anything differs.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_IDENTIFIER = re.compile(
    r"(?<=bien-nhan-)[0-9a-f]{8}|([0-9a-f]{2}/)?\b(?=[0-9a-f]*\d)([0-9a-f]{10,64}|(?=[0-9a-f]*[a-f])[0-9a-f]{8})\b|\b[0-9a-f]{8}-[0-9a-f-]{27}\b"
)
_MARGINS = ("left", "right", "top", "bottom", "header", "footer")
_EXCERPT = 20
"""Characters around the first difference of two long texts."""
_SHOWN = 8
"""Places that are named for each kind of difference on a sheet."""

_Part = Any
"""A sheet, cell, style ... of openpyxl, which has no types."""
Facts = dict[tuple[str, str, str], str]
"""(sheet, what is said, where) -> what it is."""


def main(arguments: list[str]) -> int:
    """Prints the differences; the exit code."""
    old, new = (Path(item) for item in arguments)
    names = sorted({path.relative_to(root) for root in (old, new) for path in root.rglob("*.xlsx")})
    names = [name for name in names if not _IDENTIFIER.search(name.stem)]  # an archive's: copies named by their hash
    differing = 0
    for name in names:
        said = list(differences(old / name, new / name, (str(old), str(new))))
        differing += bool(said)
        print(f"{name}: {'differs' if said else 'equal'}")
        for line in said:
            print(f"  {line}")
    print(f"{len(names)} workbooks, {differing} differ")
    return int(differing > 0)


def differences(old: Path, new: Path, folders: tuple[str, str] = ("", "")) -> Iterator[str]:
    """One line for each kind of difference on a sheet, with the first places; paths in `folders` count as equal."""
    for path in (old, new):
        if not path.exists():
            yield f"only in {'the new' if path == old else 'the old'} folder"
            return
    before, after = (
        {key: what.replace(folder or "\0", "…") for key, what in facts_of(path).items()}
        for path, folder in zip((old, new), folders, strict=True)
    )
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for key in sorted(before.keys() | after.keys()):
        one, other = before.get(key, "(none)"), after.get(key, "(none)")
        if one != other:
            groups[key[:2]].append(f"{key[2]}: {_contrast(one, other)}".lstrip(": "))
    for (sheet, kind), places in groups.items():
        more = f" … {len(places)} in all" if len(places) > _SHOWN else ""
        yield f"[{sheet}] {kind}: {'; '.join(places[:_SHOWN])}{more}"


def _contrast(one: str, other: str) -> str:
    """Both, from a little before where they part."""
    same = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(0, same - _EXCERPT)
    return " -> ".join(repr(("…" if start else "") + item[start : same + 2 * _EXCERPT]) for item in (one, other))


def facts_of(path: Path) -> Facts:
    """Everything compared of one workbook."""
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl tells what it cannot keep; nothing is written here
        book = openpyxl.load_workbook(path, rich_text=True)
        cached = openpyxl.load_workbook(path, data_only=True)
    facts: Facts = {("", "sheets", ""): ", ".join(book.sheetnames)}
    facts |= {("", "defined name", name): _plain(item.attr_text) for name, item in book.defined_names.items()}
    for sheet in book.worksheets:
        for kind, where, what in (*_sheet(sheet), *_cells(sheet, cached[sheet.title])):
            facts[sheet.title, kind, where] = _plain(what)
    return facts


def _plain(what: object) -> str:
    return _IDENTIFIER.sub("<id>", str(what))


def _sheet(sheet: _Part) -> Iterator[tuple[str, str, object]]:
    yield "state", "", sheet.sheet_state
    yield "merged", "", sorted(str(item) for item in sheet.merged_cells.ranges)
    yield "frozen", "", sheet.freeze_panes
    yield "filter", "", sheet.auto_filter.ref
    yield "print area", "", sheet.print_area
    yield "print titles", "", (sheet.print_title_rows, sheet.print_title_cols)
    yield "page breaks", "", [item.id for item in sheet.row_breaks.brk]
    setup = sheet.page_setup
    yield "paper", "", (setup.paperSize, setup.orientation, setup.scale, setup.fitToWidth, setup.fitToHeight)
    yield "margins", "", [round(getattr(sheet.page_margins, name), 3) for name in _MARGINS]
    for name in ("oddHeader", "oddFooter"):
        part = getattr(sheet, name)
        yield name, "", [getattr(part, side).text for side in ("left", "center", "right")]
    yield (
        "protection",
        "",
        sorted((k, v) for k, v in vars(sheet.protection).items() if k not in ("password", "_password")),
    )
    yield "grid lines", "", sheet.sheet_view.showGridLines
    yield "charts", "", len(sheet._charts)
    for letters, column in sheet.column_dimensions.items():
        yield "column", letters, (round(column.width, 3), column.hidden, column.min, column.max, _format(column))
    for number, row in sheet.row_dimensions.items():
        yield "row", str(number), (row.height, row.hidden, row.outlineLevel, row.customHeight)
    for item in sheet.data_validations.dataValidation:
        words = (item.type, item.operator, item.formula1, item.formula2, item.allow_blank, item.errorStyle)
        yield "validation", str(item.sqref), (*words, item.promptTitle, item.prompt, item.errorTitle, item.error)
    for area in sheet.conditional_formatting:
        rules = [
            (rule.type, rule.operator, rule.text, rule.formula, rule.stopIfTrue, _look(rule.dxf)) for rule in area.rules
        ]
        yield "conditional format", str(area.sqref), rules


def _cells(sheet: _Part, cached: _Part) -> Iterator[tuple[str, str, object]]:
    for row in sheet.iter_rows():
        for cell in row:
            where = cell.coordinate
            if cell.value is not None:
                yield ("formula" if cell.data_type == "f" else "value"), where, (cell.data_type, cell.value)
            if cell.data_type == "f":
                yield "cached value", where, cached[where].value
            if cell.has_style:
                yield "format", where, _format(cell)
            if getattr(cell, "hyperlink", None):
                yield "link", where, (cell.hyperlink.location, cell.hyperlink.target, cell.hyperlink.tooltip)
            if getattr(cell, "comment", None):
                comment = cell.comment
                yield "comment", where, (comment.text, round(comment.width), round(comment.height))


def _format(item: _Part) -> tuple[object, ...]:
    """What people see of a cell's format."""
    place = item.alignment
    lines = [
        (side, part.style, _colour(part.color))
        for side in ("left", "right", "top", "bottom")
        if (part := getattr(item.border, side)) is not None and part.style
    ]
    return (
        _letters(item.font),
        _fill(item.fill),
        lines,
        (place.horizontal, place.vertical, bool(place.wrap_text), int(place.indent or 0)),
        item.number_format,
        item.protection.locked,
    )


def _look(style: _Part) -> tuple[object, ...]:
    return () if style is None else (_letters(style.font) if style.font else None, _fill(style.fill))


def _letters(font: _Part) -> tuple[object, ...]:
    return font.name, font.sz, bool(font.b), bool(font.i), font.u, _colour(font.color)


def _fill(fill: _Part) -> object:
    return (fill.patternType, _colour(fill.fgColor), _colour(fill.bgColor)) if fill and fill.patternType else None


def _colour(colour: _Part) -> object:
    return None if colour is None else (colour.type, colour.value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
