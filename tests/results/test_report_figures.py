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

from nq57xl.plan.appendix_read import BUNDLED_PLANS as BUNDLED
from nq57xl.plan.model import Unit
from nq57xl.results.consolidation import consolidate
from nq57xl.results.model import Consolidation
from tests.amounts import amount
from tests.report_books import SCHEMA, case, consolidated, convert, overview_counts, sheets, table, with_earlier
from tests.report_fills import random_status, render_report


@pytest.mark.parametrize("which", ["sample", *BUNDLED])
def test_counts_equal_plain_loops(which: str) -> None:
    """Every count of the overview equals a count of its own over the rows of the record."""
    for seed in range(amount(2, 60)):
        c = consolidated(which, seed)
        book = sheets(render_report(c))
        front = book["Tổng quan"]
        found, staged = table(front, "Nhóm nhiệm vụ"), table(front, "Nhóm")
        for number, title in [(item.number, item.title) for item in c.plan.sections]:
            line = next(row for row in found if row["Nhóm nhiệm vụ"] == f"{number}. {title}")
            counts = plain_counts(c, number)
            assert {head: line[head] for head in COUNTED} == {head: counts[head] for head in COUNTED}, (seed, number)
            assert sum(v for k, v in line.items() if k in COUNTED) == line["Tổng số"]
            line = next(row for row in staged if row["Nhóm"] == f"{number}. {title}")
            stages = plain_stages(c, number)
            assert {head: line[head] for head in STAGED} == {head: stages[head] for head in STAGED}, (seed, number)
            assert line["Hoàn thành đúng hạn"] == counts["Đúng hạn"]
        total = next(row for row in found if row["Nhóm nhiệm vụ"] == "Tổng số")
        assert total["Tổng số"] == len(c.plan.tasks)
        check_overview(front, c, seed)
        for row in table(book["Theo đơn vị"], "TT"):
            if row["Mã đơn vị"]:
                own = plain_stages(only(c, row["Mã đơn vị"]), None)
                assert {head: row[head] for head in STAGED} == {head: own[head] for head in STAGED}, seed


def check_overview(sheet: Any, c: Consolidation, seed: int) -> None:  # noqa: ANN401 - openpyxl's
    """Every count and share at the top of the overview, against plain loops over the typed cells."""
    stages, total = plain_stages(c, None), len(c.plan.tasks)
    stages |= {"trong đó đúng hạn, trong kỳ": plain_counts(c, None)["Đúng hạn"], "Tổng số": total}
    front, reports = overview_counts(sheet, "Đầu việc"), overview_counts(sheet, "Chỉ tiêu; báo cáo")
    for head, count in stages.items():
        assert front[head] == (count, pytest.approx(count / total)), (seed, head)
    units = [unit for unit in c.status.units if unit.counting is not None]
    late = sum(unit.counting.judged.source.received_at.date() > c.period.due for unit in units if unit.counting)
    expected = len(c.status.units)
    assert reports["Được chấp nhận"] == (len(units), pytest.approx(len(units) / expected))
    assert reports["Nộp chậm"] == (late, pytest.approx(late / expected))


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
)
STAGED = (
    "Hoàn thành",
    "Hoàn thành quá hạn",
    "Trong hạn",
    "Nguy cơ chậm",
    "Quá hạn",
    "Không xác định hạn",
    "Thường xuyên, chưa phát sinh",
    "Chưa báo cáo",
)


def plain_stages(c: Consolidation, section: str | None) -> dict[str, int]:
    """Rows by where they stand: every row in one, whatever is told of it."""
    counts = plain_counts(c, section)
    done = counts["Hoàn thành"] + counts["Đã hoàn thành trước kỳ"] - counts["Hoàn thành quá hạn"]
    same = {head: counts[head] for head in STAGED if head in counts}
    return same | {
        "Hoàn thành": done,
        "Thường xuyên, chưa phát sinh": counts["Thường xuyên"] + counts["Chưa phát sinh"],
    }


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
        if slowest in ("ongoing", "not_arisen") or (due is None and slowest == "done"):
            pass
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
    for seed in range(amount(2, 60)):
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
                expected["Đạt" if result == "yes" else "Đang phấn đấu"] += 1
            else:
                assert item.target.value is not None
                assert item.target.comparator == ">="
                expected["Đạt" if result >= item.target.value - 1e-9 else "Đang phấn đấu"] += 1
        lines = table(sheets(render_report(c))["Tổng quan"], "Nhóm chỉ tiêu")
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
        assert {name for name, _ in cells} >= {"Tổng quan", "Theo đơn vị"}
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
    """With 120 missing units of long names the statement names some, counts the rest; shares still find their rows."""
    plan, period = case("sample")
    name = "Trung tâm Quản lý điều hành vận tải hành khách công cộng và đăng kiểm phương tiện số"
    plan = attrs.evolve(plan, units=tuple(Unit(f"U{i}", f"{name} {i}") for i in range(120)))
    c = consolidate(plan, period, SCHEMA, random_status(plan, period, 1, missing=lambda _: True))
    data = render_report(c)
    sheet = sheets(data)["Tổng quan"]
    texts = [str(cell.value) for row in sheet.iter_rows(max_col=1) for cell in row]
    statement = next(text for text in texts if text.startswith("BÁO CÁO CHƯA ĐẦY ĐỦ: còn 120/120"))
    assert "đơn vị khác (xem trang «Theo đơn vị»)" in statement
    asked = next(cell for row in sheet.iter_rows() for cell in row if cell.value == "Đơn vị phải báo cáo")
    count, part = asked.offset(1, 0), asked.offset(2, 2)
    formula = sheets(data, values=False)["Tổng quan"][part.coordinate].value
    accepted = asked.offset(1, 2)
    whole = f"${count.column_letter}${count.row}"
    assert formula == f"=IF({whole}=0,0,{accepted.coordinate}/{whole})"
    assert count.value == 120
