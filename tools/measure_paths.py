"""In how many records one text stands on its way: `python -m tools.measure_paths [TREE]`.

A mark is written into a task of phu-luc.xlsx and another into the result that a unit reports on it; then the month is
played by the command line, in this process. Counted are the records (attrs, named tuples) that are made with the mark
in a field of their own: the fewer, the shorter the way on which it could be changed. What a process of its own reads
is counted from where it comes back.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import Any

TASK, RESULT = "Dấu của đầu việc 57", "Dấu của kết quả 57"
_PERIOD, _UNIT = "2026-04", "VP"
_ANSWERS: dict[str, dict[str, str | float]] = {
    "led": {
        "progress": "Đang thực hiện",
        "percent": 0.5,
        "result": RESULT,
        "cause": "Chờ ý kiến",
        "next_work": "Hoàn thiện",
    },
    "supporting": {"contribution": "Đã góp ý"},
    "indicator": {"no_data": "Chưa có số liệu kỳ này"},
}
"""Table of a row -> field -> what is typed."""
_SIGNED: dict[str, str | dt.date] = {
    "prepared_by": "Nguyễn Văn A",
    "approved_by": "Trần Thị B",
    "signed_on": dt.date(2026, 4, 15),
}
"""Row of the sign-off -> what is typed."""
_CONTAINERS = (tuple, list, set, frozenset)


class _Watch:
    """Notes each record that is made with a mark in it, in the order in which they come."""

    def __init__(self) -> None:
        self.holders: dict[str, dict[str, None]] = {TASK: {}, RESULT: {}}

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> None:  # noqa: ANN401 - whatever is returned
        if event != "call" or not (name := _record_made(frame)):
            return
        for mark, holders in self.holders.items():
            if any(_holds(value, mark) for value in frame.f_locals.values()):
                holders[name] = None


def _record_made(frame: FrameType) -> str:
    """The record of nq57xl that this call makes; "" for any other call."""
    code = frame.f_code
    makes_attrs = code.co_filename.startswith("<attrs generated") and " nq57xl." in code.co_filename
    if not makes_attrs and "_cls" not in code.co_varnames:  # asking for a frame's names is slow
        return ""
    made = type(frame.f_locals.get("self")) if makes_attrs else frame.f_locals.get("_cls")
    if not isinstance(made, type) or not made.__module__.startswith("nq57xl."):
        return ""
    return f"{made.__module__}.{made.__name__}".removeprefix("nq57xl.")


def _holds(value: object, mark: str) -> bool:
    """Whether the text, or a text in this container, has the mark."""
    if isinstance(value, str):
        return mark in value
    if isinstance(value, dict):
        return any(isinstance(item, str) and mark in item for item in value.values())
    return isinstance(value, _CONTAINERS) and any(isinstance(item, str) and mark in item for item in value)


def _run(*words: object) -> None:
    from nq57xl.cli import main

    sys.argv = ["nq57xl", *map(str, words)]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise


def _mark_task(appendix: Path) -> None:
    """Writes the mark behind the first task."""
    import openpyxl

    book = openpyxl.load_workbook(appendix)
    sheet = book["Nhiệm vụ"]
    cell = next(
        cell
        for row in sheet.iter_rows(min_row=4)
        for cell in row
        if cell.column == 6 and len(str(cell.value or "")) > 20
    )
    cell.value = f"{cell.value} {TASK}"
    book.save(appendix)


def _fill(form: Path, path: Path) -> None:
    """Fills in whatever the unit must answer, with the mark as the result of the rows that it leads."""
    import openpyxl

    book = openpyxl.load_workbook(form)
    for sheet in book:
        columns = {str(cell.value): cell.column for cell in sheet[1] if cell.value}
        for cell in sheet["A"]:
            table, _, key = str(cell.value or "").partition("|")
            if table == "signoff" and key in _SIGNED:
                values = next(other.column for row in sheet.iter_rows() for other in row if other.value == "value")
                sheet.cell(cell.row, values).value = _SIGNED[key]
            for field, answer in _ANSWERS.get(table, {}).items():
                if field in columns:
                    sheet.cell(cell.row, columns[field]).value = answer
    book.save(path)


def measured() -> dict[str, list[str]]:
    """Mark -> the records that held it, in their order; the package is the one that this process finds."""
    watch = _Watch()
    os.environ["NQ57XL_NOW"] = f"{_PERIOD}-16T09:00:00"
    with tempfile.TemporaryDirectory() as folder, io.StringIO() as told, contextlib.redirect_stdout(told):
        root = Path(folder) / "bql"
        with contextlib.redirect_stderr(io.StringIO()):
            _run("init", root, "--plan", "bql-2026")
            _mark_task(root / "phu-luc.xlsx")
            sys.setprofile(watch)
            _run("-w", root, "generate", "--period", _PERIOD)
            sys.setprofile(None)
            _fill(root / "out" / _PERIOD / "bieu-mau" / f"NQ57_{_PERIOD}_{_UNIT}.xlsx", root / "inbox" / "vp.xlsx")
            sys.setprofile(watch)
            _run("-w", root, "collect", "--period", _PERIOD, "--strict")
            _run("-w", root, "merge", "--period", _PERIOD)
            sys.setprofile(None)
    return {mark: [*holders] for mark, holders in watch.holders.items()}


def main(tree: Path | None) -> None:
    """Prints both ways; for another checkout in a process that finds the package there."""
    if tree is not None:
        here = Path(__file__).resolve()
        subprocess.run([sys.executable, str(here)], env={**os.environ, "PYTHONPATH": str(tree.resolve())}, check=True)
        return
    for mark, holders in measured().items():
        print(f"{mark}: {len(holders)}")
        print("\n".join(f"  {name}" for name in holders))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else None)
