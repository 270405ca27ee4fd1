"""The overview is one printed page, whatever the period brings, and its charts read the sheets that count."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import re
import zipfile
from collections import Counter

import attrs
import pytest

from nq57xl.forms.model import Value
from nq57xl.ledger.model import PeriodStatus
from nq57xl.outputs.report.workbook import report_books
from nq57xl.plan.appendix_read import BUNDLED_PLANS as BUNDLED
from nq57xl.plan.model import Unit
from nq57xl.results.consolidation import consolidate
from nq57xl.results.model import Consolidation
from nq57xl.rules.load import Vocabulary
from nq57xl.text.legacy import one_line
from nq57xl.xlsx.pages import Chart, PlacedSheet
from tests.amounts import amount
from tests.report_books import SCHEMA, case, consolidated, overview_counts, sheets, with_earlier
from tests.report_fills import random_status, render_report, returned, unit_status

LONG = "Trung tâm Quản lý điều hành vận tải hành khách công cộng và đăng kiểm phương tiện số"


def built(c: Consolidation) -> tuple[PlacedSheet, tuple[Chart, ...]]:
    """The placed overview and its charts."""
    books = report_books(c)
    return books.report[0], books.charts["Tổng quan"]


def silent(units: int) -> Consolidation:
    """The sample plan with so many units of long names, none of which has reported."""
    plan, period = case("sample")
    plan = attrs.evolve(plan, units=tuple(Unit(f"U{i}", f"{LONG} {i}") for i in range(units)))
    return consolidate(plan, period, SCHEMA, random_status(plan, period, 1, missing=lambda _: True))


CASES = {
    **{f"{which}-{seed}": (which, seed, "own") for which in ("sample", *BUNDLED) for seed in (1, 2)},
    **{f"sxd-{code}": ("sxd-2026", 3, code) for code in "ABCF"},
}


@pytest.mark.parametrize("name", [*CASES, "after-three", "120-silent", "3-silent"])
def test_the_overview_is_one_page(name: str) -> None:
    """The heights fit an A4 landscape page at the scale that it prints with, and no text needs a second row."""
    if name.endswith("silent"):
        c = silent(int(name.partition("-")[0]))
    elif name == "after-three":
        c = with_earlier("sxd-2026", 1)
    else:
        which, seed, code = CASES[name]
        c = attrs.evolve(consolidated(which, seed), vocabulary=Vocabulary.load(code))
    sheet, charts = built(c)
    printed = sheet.rows[: sheet.last_printed + 1]
    assert sum(row.height for row in printed) * sheet.page.scale / 90 <= 556
    assert all(row.first and row.last for row in sheet.rows)
    assert sheet.page.scale * sheet.page.size / 100 >= 8
    assert min(sheet.page.sizes.values()) * sheet.page.scale / 100 >= 8
    bottom = sum(row.height for row in printed) / 0.75
    pixels = sum(int(column.width * 7 + 5) for column in sheet.page.columns if column.printed)
    for chart in charts:
        top = sum(row.height for row in sheet.rows[: sheet.anchors()[chart.anchor][1]]) / 0.75
        assert chart.height >= 70
        assert chart.anchor == "more_charts" or top + chart.y + chart.height <= bottom + 1
        assert 0 <= chart.x < chart.x + chart.width <= pixels


@pytest.mark.parametrize("which", ["bql-2026", "sxd-2026"])
def test_overdue_tasks_are_named(which: str) -> None:
    """Every overdue task of random fills, up to twelve, stands on the first page with its units and days late; how many
    more there are is said."""
    for seed in range(amount(3, 60)):
        c = consolidated(which, seed)
        late = {
            row.task.code: -(row.standing.timeliness.days or 0)
            for row in c.tasks
            if row.standing.timeliness is not None and row.standing.timeliness.code == "overdue"
        }
        sheet, _ = built(c)
        lines = [row.cells for row in sheet.rows[: sheet.last_printed]]
        texts = [str(text) for cells in lines for text in cells.values() if text]
        for row in c.tasks:
            if row.task.code in late:
                cells = next(cells for cells in lines if cells.get("g0") == row.task.cited_number)
                assert cells["g2"] == one_line(row.task.own_work)
                assert cells["g21"] == f"Quá hạn {late[row.task.code]} ngày"
                assert all(entry.name in str(cells["g15"]) for entry in row.entries)
        assert bool(late) == any(text.startswith(f"Quá hạn, chưa hoàn thành: {len(late):02d}") for text in texts)


def test_more_overdue_tasks_than_the_page_holds() -> None:
    """Of 40 overdue tasks with long names at least twelve are named, in one page, and where the others are."""
    plan, period = case("sxd-2026")
    due = dt.date(2026, 3, 1)
    tasks = [attrs.evolve(task, standard_deadline=due, support_units=()) for task in plan.tasks for _ in (0, 1)]
    tasks = [attrs.evolve(task, code=f"X.{number}", number=str(number)) for number, task in enumerate(tasks)]
    plan = attrs.evolve(plan, tasks=tuple(task for task in tasks if not task.done_before))
    units = []
    for unit in (item for item in plan.units if not item.external):
        led = [task for task in plan.tasks if unit.code in task.lead_units]
        values = [
            Value("led", t.code, "progress", "Chưa thực hiện", "not_started", "1", f"F{n}") for n, t in enumerate(led)
        ]
        units.append(unit_status(unit.code, unit.name, returned(period, unit.code, values), period.due))
    c = consolidate(plan, period, SCHEMA, PeriodStatus("x", period.code, period.due, True, tuple(units), ()))
    sheet, _ = built(c)
    printed = sheet.rows[: sheet.last_printed]
    named = [row for row in printed if str(row.cells.get("g21", "")).startswith("Quá hạn")]
    assert len(named) >= 12
    more = len(plan.tasks) - len(named)
    assert any(f"và {more} việc nữa" in str(row.cells.get("g0")) for row in printed)
    assert sum(row.height for row in printed) * sheet.page.scale / 90 <= 556


def test_charts_by_section_unit_indicators_and_period() -> None:
    """The charts are there that leaders ask for; their categories and values stand on the sheet of figures; that of the
    periods comes with the second period, that of the indicators with indicators."""
    sheet, charts = built(with_earlier("sxd-2026", 1))
    titles = [chart.title for chart in charts]
    assert [title.split(" (")[0] for title in titles] == [
        "Tình trạng theo nhóm nhiệm vụ",
        "Theo đơn vị chủ trì",
        "Chỉ tiêu so với mục tiêu",
        "Qua các kỳ báo cáo",
    ]
    assert charts[-1].categories[2] - charts[-1].categories[0] == 3
    assert "Qua các kỳ báo cáo" not in [chart.title for chart in built(consolidated("sxd-2026", 1))[1]]
    assert len(built(consolidated("bql-2026", 1))[1]) == 2
    assert sheet.page.name == "Tổng quan"


@pytest.mark.parametrize("which", BUNDLED)
def test_table_and_chart_classify_alike_and_differ_in_grey(which: str) -> None:
    """Over the groups each series of the chart adds up to what the table above says of that stage, no stage that occurs
    is left out, and no two series look the same without colours: light apart, or drawn in different patterns."""
    for seed in range(amount(2, 20)):
        c = with_earlier(which, seed, 1)
        book = sheets(render_report(c))
        _, charts = built(c)
        chart = next(chart for chart in charts if chart.title.startswith("Tình trạng theo nhóm"))
        source = book[chart.source]
        drawn = {}
        for series in chart.series:
            first, column, last, _ = series.values
            values = [source.cell(row + 1, column + 1).value or 0 for row in range(first, last + 1)]
            drawn[source.cell(series.head[0] + 1, series.head[1] + 1).value] = sum(values)
        wanted = Counter(row.standing.stage for row in c.tasks)
        assert {words: count for words, count in drawn.items() if count} == dict(wanted)
        table = overview_counts(book["Tổng quan"], "Đầu việc")
        for words, count in wanted.items():
            assert table[words][0] == count
        looks = [(series.pattern, _grey(series.fill)) for series in chart.series]
        for (pattern, light), (other, shade) in itertools.combinations(looks, 2):
            assert pattern != other or abs(light - shade) >= 30


def _grey(colour: str) -> float:
    """Lightness of "#1F3864" on a printer without colours, 0 to 255."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_letters_in_charts_are_printed_large_enough() -> None:
    """No letter of a chart is smaller than 8 points on paper: 10 at the scale of 80 to 90 %."""
    with zipfile.ZipFile(io.BytesIO(render_report(with_earlier("sxd-2026", 1)))) as archive:
        charts = [archive.read(name).decode() for name in archive.namelist() if "charts/chart" in name]
    assert len(charts) == 4
    sizes = [int(size) for chart in charts for size in re.findall(r' sz="(\d+)"', chart)]
    assert min(sizes) >= 1000
    assert all("Times New Roman" in chart for chart in charts)


def test_missing_units_are_named_first() -> None:
    """Page one says how many returns are missing and names as many as it has room for, however long their names."""
    sheet, _ = built(silent(120))
    statement = next(str(row.cells["g0"]) for row in sheet.rows if row.kind == "alert")
    assert statement.startswith("BÁO CÁO CHƯA ĐẦY ĐỦ: còn 120/120 đơn vị")
    assert f"{LONG} 0 (chưa nộp)" in statement
    assert "đơn vị khác (xem trang «Theo đơn vị»)" in statement
