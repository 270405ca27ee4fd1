"""What stands in archived files, read with openpyxl alone, and counts of it by plain loops: knows nothing of nq57xl."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl

Cells = dict[tuple[str, str], dict[str, Any]]
"""(table, row key) -> field -> what stands in the cell."""
ORDER = ("Chưa thực hiện", "Đang thực hiện", "Chưa phát sinh", "Thường xuyên", "Hoàn thành")
"""From the least advanced."""
MARGIN = 5


class Counts(NamedTuple):
    """Rows by the words that the report should show."""

    progress: Counter[str]
    timeliness: Counter[str]
    stages: Counter[str]


def find(archive: Path, sha256: str) -> Path:
    """The archived file of that content."""
    return next(archive.rglob(f"{sha256}*"))


def read(path: Path) -> Cells:
    """Every filled cell that a key row and a key column name."""
    found: Cells = {}
    for sheet in openpyxl.load_workbook(path, data_only=True).worksheets:
        names = [cell.value for cell in sheet[1]]
        for row in sheet.iter_rows(min_row=2):
            key = str(row[0].value or "")
            names = [cell.value for cell in row] if key.startswith("@keys") else names
            table, _, code = key.partition("|")
            if not code:
                continue
            for name, cell in zip(names[1:], row[1:], strict=True):
                if name and cell.value is not None and name not in ("check", "previous"):
                    found.setdefault((table, code), {})[str(name)] = cell.value
    return found


def told(row: dict[str, Any]) -> str | None:
    """Progress as typed; None where the unit says nothing."""
    return row.get("progress")


def timely(progress: str, due: dt.date | None, done: Any, cutoff: dt.date) -> str:  # noqa: ANN401 - a cell
    """The contract's table, in the words of the report."""
    if progress in ("Thường xuyên", "Chưa phát sinh"):
        return ""
    if due is None or (progress == "Hoàn thành" and done is None):
        return "" if progress == "Hoàn thành" else "Không xác định hạn"
    if progress == "Hoàn thành":
        return "Đúng hạn" if done.date() <= due else "Hoàn thành quá hạn"
    if cutoff > due:
        return "Quá hạn"
    return "Nguy cơ chậm" if (due - cutoff).days <= MARGIN else "Trong hạn"


def stage(progress: str, words: str) -> str:
    """Progress and deadline in one."""
    if progress in ("Thường xuyên", "Chưa phát sinh"):
        return "Thường xuyên, chưa phát sinh"
    return "Hoàn thành" if progress == "Hoàn thành" and words != "Hoàn thành quá hạn" else words


def count_rows(tasks: Iterable[dict[str, Any]], files: dict[str, Cells], cutoff: dt.date) -> Counts:
    """Rows of the plan by progress and timeliness, each row once, a collective lead by its slowest unit."""
    counts = Counts(Counter(), Counter(), Counter())
    for task in tasks:
        if task["deadline_kind"] == "done":
            counts.progress["Đã hoàn thành trước kỳ"] += 1
            counts.stages["Hoàn thành"] += 1
            continue
        rows = [files.get(unit, {}).get(("led", task["code"]), {}) for unit in task["lead_units"]]
        words = [told(row) for row in rows]
        if None in words:
            counts.progress["Chưa báo cáo"] += 1
            counts.stages["Chưa báo cáo"] += 1
            continue
        slowest = min((str(word) for word in words), key=ORDER.index)
        days = [row["completion_date"] for row in rows if "completion_date" in row]
        due = dt.date.fromisoformat(task["deadline_date"]) if task["deadline_date"] else None
        last = max(days) if len(days) == len(rows) else None
        counts.progress[slowest] += 1
        against = timely(slowest, due, last, cutoff)
        counts.timeliness[against] += 1
        counts.stages[stage(slowest, against)] += 1
    return counts


def count_unit(unit: str, tasks: Iterable[dict[str, Any]], cells: Cells, cutoff: dt.date) -> Counts:
    """The rows that one unit leads, by what it says itself."""
    own = [{**task, "lead_units": [unit]} for task in tasks if unit in task["lead_units"]]
    return count_rows(own, {unit: cells}, cutoff)


def indicator_state(item: dict[str, Any], files: dict[str, Cells]) -> str:
    """Reached or not yet, before the end of the year, of an indicator whose target is at least a number, or yes."""
    (unit,) = item["lead_units"]
    row = files.get(unit, {}).get(("indicator", item["code"]), {})
    value, target = row.get("value"), item["target_value"]
    if isinstance(value, str):
        return "Đạt" if (value == "Có") == (item["target"] != "Không") else "Đang phấn đấu"
    if value is None and "numerator" in row and row.get("denominator"):
        value = row["numerator"] / row["denominator"]
    if value is None:
        return "Chưa có số liệu" if "no_data" in row else "Chưa báo cáo"
    assert item["comparator"] == ">="
    return "Đạt" if value >= target - 1e-9 else "Đang phấn đấu"
