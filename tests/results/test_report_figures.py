"""Figures of the overview: equal to plain loops over the typed cells, and to LibreOffice's own results."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import attrs
import pytest

from nq57xl.outputs.report.workbook import render_report
from nq57xl.plan.appendix_read import NAMES as BUNDLED
from nq57xl.plan.model import Unit
from nq57xl.results.consolidation import Consolidation, consolidate
from tests.amounts import amount
from tests.report_books import SCHEMA, case, consolidated, convert, overview_lists, sheets, table, with_earlier
from tests.report_fills import random_status


@pytest.mark.parametrize("which", ["sample", *BUNDLED])
def test_counts_equal_plain_loops(which: str) -> None:
    """Every count of the overview equals a count of its own over the rows of the record."""
    for seed in range(amount(4, 60)):
        c = consolidated(which, seed)
        book = sheets(render_report(c))
        found = table(book["Số liệu tổng hợp"], "Nhóm nhiệm vụ")
        for number, title in [(item.number, item.title) for item in c.plan.sections]:
            line = next(row for row in found if row["Nhóm nhiệm vụ"] == f"{number}. {title}")
            for head, count in plain_counts(c, number).items():
                assert line[head] == count, (seed, number, head)
            assert sum(v for k, v in line.items() if k in COUNTED) == line["Tổng số"]
        total = next(row for row in found if row["Nhóm nhiệm vụ"] == "Tổng số")
        assert total["Tổng số"] == len(c.plan.tasks)
        assert total["Quá hạn"] == plain_counts(c, None)["Quá hạn"]
        check_overview(overview_lists(book["Tổng quan"]), c, seed)
        for row in table(book["Theo đơn vị"], "TT"):
            if row["Mã đơn vị"]:
                own = plain_counts(only(c, row["Mã đơn vị"]), None)
                assert {head: row[head] for head in own} == own, (seed, row["Mã đơn vị"])


def check_overview(front: dict[str, list[tuple[Any, Any]]], c: Consolidation, seed: int) -> None:
    """Every count and share of the overview's lists, against plain loops over the typed cells."""
    counts, total = plain_counts(c, None), len(c.plan.tasks)
    reported = sum(counts[head] for head in TIMED)
    for head, count in counts.items():
        whole = reported if head in TIMED else total
        if head in front:
            assert front[head].pop(0) == (count, pytest.approx(count / whole if whole else 0)), (seed, head)
        else:
            assert count == 0, (seed, head)
    units = [unit for unit in c.status.units if unit.counting is not None]
    late = sum(unit.counting.judged.source.received_at.date() > c.period.due for unit in units if unit.counting)
    expected = len(c.status.units)
    assert front["Được chấp nhận"] == [(len(units), pytest.approx(len(units) / expected))]
    assert front["Nộp chậm"] == [(late, pytest.approx(late / expected))]


def only(c: Consolidation, unit: str) -> Consolidation:
    """The same as if the unit led its rows alone."""
    tasks = [attrs.evolve(task, lead_units=(unit,)) for task in c.plan.tasks if unit in task.lead_units]
    return attrs.evolve(c, plan=attrs.evolve(c.plan, tasks=tuple(tasks)))


COUNTED = (
    "Đã hoàn thành trước kỳ",
    "Hoàn thành",
    "Đang thực hiện",
    "Thường xuyên",
    "Chưa thực hiện",
    "Chưa phát sinh",
    "Chưa báo cáo",
)
TIMED = (
    "Đúng hạn",
    "Hoàn thành quá hạn",
    "Trong hạn",
    "Nguy cơ chậm",
    "Quá hạn",
    "Không xác định hạn",
    "Không áp dụng",
)


def plain_counts(c: Consolidation, section: str | None) -> dict[str, int]:
    """The same counts by plain loops over the typed cells; knows nothing of the library's standings."""
    order = ["not_started", "in_progress", "not_arisen", "ongoing", "done"]
    words = dict(
        zip(order, ("Chưa thực hiện", "Đang thực hiện", "Chưa phát sinh", "Thường xuyên", "Hoàn thành"), strict=True)
    )
    counts = dict.fromkeys((*COUNTED, *TIMED), 0)
    for task in c.plan.tasks:
        if section not in (None, task.section):
            continue
        told, days = [], []
        for unit in c.status.units:
            cells = unit.counting.judged.values if unit.counting else ()
            mine = {v.field: v.value for v in cells if v.table == "led" and v.key == task.code}
            if unit.code in task.lead_units and "progress" in mine:
                told.append(str(mine["progress"]))
                days.append(mine.get("completion_date"))
        if task.deadline.kind == "done":
            counts["Đã hoàn thành trước kỳ"] += 1
            continue
        if len(told) < len(task.lead_units):
            counts["Chưa báo cáo"] += 1
            continue
        slowest = min(told, key=order.index)
        counts[words[slowest]] += 1
        due = task.standard_deadline or task.deadline.date
        if slowest in ("ongoing", "not_arisen"):
            counts["Không áp dụng"] += 1
        elif due is None:
            counts["Không xác định hạn"] += 1
        elif slowest == "done":
            last = max(day for day in days if isinstance(day, dt.date))
            counts["Đúng hạn" if last <= due else "Hoàn thành quá hạn"] += 1
        elif due < c.period.cutoff:
            counts["Quá hạn"] += 1
        else:
            counts["Nguy cơ chậm" if (due - c.period.cutoff).days <= 5 else "Trong hạn"] += 1
    return counts


@pytest.mark.parametrize("which", ["sample", "sxd-2026"])
def test_indicator_counts_equal_plain_loops(which: str) -> None:
    """Reached, not reached, no data and not reported are counted as the typed cells say."""
    for seed in range(amount(4, 60)):
        c = consolidated(which, seed)
        expected: Counter[str] = Counter()
        for item in c.plan.indicators:
            cells: dict[str, Any] = {}
            for unit in c.status.units:
                for value in unit.counting.judged.values if unit.counting else ():
                    if unit.code in item.lead_units and (value.table, value.key) == ("indicator", item.code):
                        cells[value.field] = value.value
            result = cells.get("value")
            if result is None and "numerator" in cells:
                result = cells["numerator"] / cells["denominator"]
            if result is None:
                expected["Chưa có số liệu" if "no_data" in cells else "Chưa báo cáo"] += 1
            elif isinstance(result, str):
                expected["Đạt" if result == "yes" else "Chưa đạt"] += 1
            else:
                assert item.target.value is not None
                assert item.target.comparator == ">="
                expected["Đạt" if result >= item.target.value - 1e-9 else "Chưa đạt"] += 1
        lines = table(sheets(render_report(c))["Số liệu tổng hợp"], "Nhóm chỉ tiêu")
        total = next(row for row in lines if row["Nhóm chỉ tiêu"] == "Tổng số")
        assert {head: total[head] for head in expected} == dict(expected), seed


@pytest.mark.needs("soffice")
def test_libreoffice_computes_the_same_figures(tmp_path: Path) -> None:
    """With every cached value of a formula spoilt, LibreOffice's recalculation restores exactly what was written."""
    for which in ("sample", "sxd-2026"):
        data = render_report(with_earlier(which, 3))
        (tmp_path / "in").mkdir(exist_ok=True)
        path = tmp_path / "in" / f"{which}.xlsx"
        path.write_bytes(_spoilt(data))
        recalculated = sheets(convert(path, tmp_path, "xlsx").read_bytes())
        written, formulas = sheets(data), sheets(data, values=False)
        cells = [
            (sheet.title, cell.coordinate)
            for sheet in formulas
            for row in sheet.iter_rows()
            for cell in row
            if cell.data_type == "f"
        ]
        assert {name for name, _ in cells} >= {"Tổng quan", "Số liệu tổng hợp", "Theo đơn vị"}
        for name, place in cells:
            # LibreOffice writes 15 digits of a number, the 17 that Excel keeps differ behind them
            expected = pytest.approx(written[name][place].value, rel=1e-14)
            assert recalculated[name][place].value == expected, (name, place, formulas[name][place].value)


def _spoilt(data: bytes) -> bytes:
    """The workbook with 777 as the cached value of every formula."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name).decode()
            if name.startswith("xl/worksheets/sheet"):
                content, count = re.subn(r"(</f><v>)[^<]*(</v>)", r"\g<1>777\g<2>", content)
                assert count > 20 or not name.endswith("sheet1.xml")
            new.writestr(name, content)
    return out.getvalue()


def test_many_missing_units_do_not_move_the_formulas() -> None:
    """With 120 missing units of long names the statement names ten, counts the rest; shares still find their rows."""
    plan, period = case("sample")
    name = "Trung tâm Quản lý điều hành vận tải hành khách công cộng và đăng kiểm phương tiện số"
    plan = attrs.evolve(plan, units=tuple(Unit(f"U{i}", f"{name} {i}") for i in range(120)))
    c = consolidate(plan, period, SCHEMA, random_status(plan, period, 1, missing=lambda _: True))
    data = render_report(c)
    sheet = sheets(data)["Tổng quan"]
    texts = [str(cell.value) for row in sheet.iter_rows(max_col=1) for cell in row]
    statement = next(text for text in texts if text.startswith("BÁO CÁO CHƯA ĐẦY ĐỦ: còn 120/120"))
    assert "và 110 đơn vị khác" in statement
    asked = next(cell for row in sheet.iter_rows() for cell in row if cell.value == "Phải báo cáo")
    count, part = asked.offset(0, 1), asked.offset(2, 2)
    formula = sheets(data, values=False)["Tổng quan"][part.coordinate].value
    letter, row = count.column_letter, count.row
    assert formula == f"=IF(${letter}${row}=0,0,{letter}{row + 2}/${letter}${row})"
    assert count.value == 120
