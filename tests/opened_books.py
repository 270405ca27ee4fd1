"""openpyxl opens a workbook as ever, only quicker (`test_conftest.py` compares).

Most of its time goes into borders of merged cells, one by one, though a range has nine kinds of them at most; and tests
open the same issued form again and again, each to type something else into it.
"""

from __future__ import annotations

import copy
import hashlib
import io
import os
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import openpyxl
from openpyxl.styles import Border
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.merge import MergedCellRange

PLAIN_LOAD, PLAIN_FORMAT = openpyxl.load_workbook, MergedCellRange.format
_KEPT = 48
_seen: OrderedDict[tuple[bytes, str], bytes] = OrderedDict()
_edges: WeakKeyDictionary[Workbook, dict[tuple[object, ...], Any]] = WeakKeyDictionary()


def install() -> None:
    """From now on, for whoever opens a workbook in this process."""
    vars(openpyxl)["load_workbook"] = load_workbook
    setattr(MergedCellRange, "format", _format)  # noqa: B010 - no assignment for mypy


def load_workbook(filename: Any, **options: Any) -> Workbook:  # noqa: ANN401 - openpyxl's own
    """`openpyxl.load_workbook`, from memory where the same bytes were opened with the same options."""
    content = _content(filename)
    if content is None or options.get("read_only") or options.get("keep_vba"):
        return PLAIN_LOAD(filename, **options)
    key = (hashlib.sha256(content).digest(), repr(sorted(options.items())))
    if kept := _seen.get(key):
        _seen.move_to_end(key)
        return _again(kept)
    book = PLAIN_LOAD(io.BytesIO(content), **options)
    try:
        _seen[key] = pickle.dumps(book, pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, TypeError, AttributeError, RecursionError):
        return book  # of what it holds something cannot be kept
    if len(_seen) > _KEPT:
        _seen.popitem(last=False)
    return book


def _again(kept: bytes) -> Workbook:
    book: Any = pickle.loads(kept)
    for sheet in book.worksheets:  # a pickle forgets how rows and columns come to be that were not there
        sheet.row_dimensions.default_factory = sheet._add_row
        sheet.column_dimensions.default_factory = sheet._add_column
    opened: Workbook = book
    return opened


def _content(filename: object) -> bytes | None:
    if isinstance(filename, str | os.PathLike):
        path = Path(filename)
        return path.read_bytes() if path.is_file() and path.suffix in (".xlsx", ".xlsm") else None
    return filename.getvalue() if isinstance(filename, io.BytesIO) else None


def _format(merged: Any) -> None:  # noqa: ANN401 - openpyxl's own
    """Border and protection of a merged range's cells from its first; the others are new."""
    start, made = merged.start_cell, _edges.setdefault(merged.ws.parent, {})
    for row, column in merged.cells:
        cell = merged.ws._cells[row, column]
        if cell is start:
            continue
        at = {
            "top": row == merged.min_row,
            "left": column == merged.min_col,
            "right": column == merged.max_col,
            "bottom": row == merged.max_row,
        }
        key = (*(start._style or ()), *at.values())
        if key not in made:
            sides = {name: side for name in at if at[name] and (side := getattr(start.border, name)) and side.style}
            if sides:
                cell.border += Border(**sides)
            cell.protection = copy.copy(start.protection)
            made[key] = cell._style
        cell._style = copy.copy(made[key])
