"""The overview is one printed page, whatever the period brings, and its charts read the sheets that count."""

from __future__ import annotations

import io
import re
import zipfile

import attrs
import pytest

from nq57xl.outputs.report import overview
from nq57xl.outputs.report.appendix import appendix_page
from nq57xl.outputs.report.indicators import indicator_page
from nq57xl.outputs.report.submissions import submission_page
from nq57xl.outputs.report.summary import summary
from nq57xl.outputs.report.workbook import render_report
from nq57xl.plan.appendix_read import NAMES as BUNDLED
from nq57xl.plan.model import Unit
from nq57xl.results.consolidation import Consolidation, consolidate
from nq57xl.rules.vocabulary import load_vocabulary
from nq57xl.xlsx.pages import Chart, ColumnRanges, PlacedSheet, place
from tests.report_books import SCHEMA, case, consolidated, with_earlier
from tests.report_fills import random_status

LONG = "Trung tâm Quản lý điều hành vận tải hành khách công cộng và đăng kiểm phương tiện số"


def built(c: Consolidation) -> tuple[PlacedSheet, tuple[Chart, ...]]:
    """The placed overview and its charts."""
    pages = (appendix_page(c, None), indicator_page(c), submission_page(c))
    appendix, indicators, submissions = (ColumnRanges(place(page)) for page in pages)
    rows = (appendix, indicators, submissions)
    made = overview.overview(c, *rows, tables=summary(c, *rows))
    return place(made.page), made.charts


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
        c = attrs.evolve(consolidated(which, seed), vocabulary=load_vocabulary(code))
    sheet, charts = built(c)
    assert sum(row.height for row in sheet.rows) <= 556
    assert all(row.first and row.last for row in sheet.rows)
    assert sheet.page.scale * sheet.page.size / 100 >= 9
    assert min(sheet.page.sizes.values()) * sheet.page.scale / 100 >= 9
    bottom = sum(row.height for row in sheet.rows) / 0.75
    top = sum(row.height for row in sheet.rows[: sheet.anchors()["charts"][1]]) / 0.75
    pixels = [int(column.width * 7 + 5) for column in sheet.page.columns]
    for chart in charts:
        assert chart.height >= 70
        assert top + chart.y + chart.height <= bottom
        assert sum(pixels[:-1]) <= chart.x
        assert chart.x + chart.width <= sum(pixels)


def test_charts_by_section_unit_indicators_and_period() -> None:
    """The charts are there that leaders ask for; their categories and values stand on the sheet of figures; that of the
    periods comes with the second period, that of the indicators with indicators."""
    sheet, charts = built(with_earlier("sxd-2026", 1))
    titles = [chart.title for chart in charts]
    assert [title.split(" (")[0] for title in titles] == [
        "Tiến độ và thời hạn theo nhóm nhiệm vụ",
        "Tiến độ và thời hạn theo đơn vị chủ trì",
        "Chỉ tiêu so với mục tiêu",
        "Qua các kỳ báo cáo",
    ]
    assert charts[-1].categories[2] - charts[-1].categories[0] == 3
    assert "Qua các kỳ báo cáo" not in [chart.title for chart in built(consolidated("sxd-2026", 1))[1]]
    assert len(built(consolidated("bql-2026", 1))[1]) == 2
    assert sheet.page.name == "Tổng quan"


def test_letters_in_charts_are_printed_at_9_points() -> None:
    """No letter of a chart is smaller than 9 points on paper: 10 at the scale of 90 %."""
    with zipfile.ZipFile(io.BytesIO(render_report(with_earlier("sxd-2026", 1)))) as archive:
        charts = [archive.read(name).decode() for name in archive.namelist() if "charts/chart" in name]
    assert len(charts) == 4
    sizes = [int(size) for chart in charts for size in re.findall(r' sz="(\d+)"', chart)]
    assert min(sizes) >= 1000
    assert all("Times New Roman" in chart for chart in charts)


def test_missing_units_are_named_first() -> None:
    """Page one says how many returns are missing and names as many as it has room for, however long their names."""
    sheet, _ = built(silent(120))
    statement = next(str(row.cells["a"]) for row in sheet.rows if row.kind == "alert")
    assert statement.startswith("BÁO CÁO CHƯA ĐẦY ĐỦ: còn 120/120 đơn vị")
    assert f"{LONG} 0 (chưa nộp)" in statement
    assert "đơn vị khác (xem trang «Tình hình nộp báo cáo»)" in statement
