"""The sheet "Tổng quan", one printed page: heading, what is missing, the figures in words and counts, charts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from attrs import frozen

from nq57xl.forms.wording import data_window
from nq57xl.records.consolidation import Consolidation
from nq57xl.report.addendum_sheet import closing_words
from nq57xl.report.charts import Chart
from nq57xl.report.figures import Figures, figures
from nq57xl.report.layout import Column, Line, Page, place
from nq57xl.report.narrative import complete_words, missing_words, paragraph
from nq57xl.report.overview_charts import charts_of
from nq57xl.report.overview_lists import Rows, list_lines
from nq57xl.report.ranges import Range
from nq57xl.report.summary_sheet import Summary
from nq57xl.report.wording import report_title

NAME = "Tổng quan"
_PAGE_POINTS = 553.0
"""Height of a printed A4 landscape page at 90 %, in sheet points, with a little to spare."""
_SIZES = (12.0, 11.5, 11.0, 10.5, 10.0)
"""Font sizes of the paragraph, the largest that lets everything stand on one page is taken."""
_NAMED = (10, 6, 3)
"""How many missing units are named, likewise."""
_LOWEST_CHARTS = 250.0
"""Points that the charts need."""
COLUMNS = (
    Column("a", "", 17),
    Column("a_count", "", 4.5, "center"),
    Column("a_share", "", 6.5, "center"),
    Column("gap", "", 1),
    Column("b", "", 15.5),
    Column("b_count", "", 4.5, "center"),
    Column("b_share", "", 6.5, "center"),
    Column("edge", "", 1.5),
    Column("charts", "", 72),
)


@frozen
class Overview:
    """The page with its charts."""

    page: Page
    charts: tuple[Chart, ...]


def overview(c: Consolidation, appendix: Range, indicators: Range, submissions: Range, tables: Summary) -> Overview:
    """The overview of a consolidation whose other sheets are already placed: formulas count over their rows."""
    f = figures(c)
    page = _Builder(c, f, Rows(appendix, indicators, submissions)).fitted()
    return Overview(page, tuple(charts_of(place(page), tables, f)))


class _Builder:
    """Collects the lines of the overview, as large as one page allows."""

    def __init__(self, c: Consolidation, f: Figures, rows: Rows) -> None:
        self.c, self.f, self.rows = c, f, rows

    def fitted(self) -> Page:
        """The page in the largest letters that leave it one page, filled up to the foot for the charts."""
        for brief, named, size in product((False, True), _NAMED, _SIZES):
            page = self._page(size, named, brief=brief)
            rows = place(page).rows
            left = _PAGE_POINTS - sum(row.height for row in rows)
            body = sum(row.height for row in rows[self._top(page) :]) + left
            if left >= 0 and body >= _LOWEST_CHARTS:
                break
        return _filled(page, max(left, 0.0))

    def _top(self, page: Page) -> int:
        """Row at which the body begins: no line of the overview takes two rows."""
        return next(i for i, line in enumerate(page.lines) if "charts" in line.anchors)

    def _page(self, size: float, named: int, *, brief: bool) -> Page:
        lines = [*self._heading(named)]
        lines.append(Line("words", {"a": paragraph(self.c, self.f)}, anchors=("charts",), spans={"a": "b_share"}))
        lines.append(Line("space", height=5))
        lines += list_lines(self.c, self.f, self.rows, len(lines), brief=brief)
        return Page(NAME, COLUMNS, tuple(lines), split=5, sparse=True, sizes={"words": size, "subtitle": 12})

    def _heading(self, named: int) -> Iterator[Line]:
        parent, agency, recipient, town = self.c.letterhead
        symbol = self.c.plan.properties.symbol
        own = f"BC-{symbol.split('-', 1)[1]}" if "-" in symbol else "BC"
        yield Line("pair", {"left": parent.upper(), "right": "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"})
        yield Line("pair_bold", {"left": agency.upper(), "right": "Độc lập - Tự do - Hạnh phúc"})
        date = f"{town}, ngày        tháng        năm {self.c.period.report_due.year}"
        yield Line("pair_italic", {"left": f"Số:            /{own}", "right": date})
        yield Line("title", {"a": "BÁO CÁO TỔNG HỢP"})
        yield Line("subtitle", {"a": report_title(self.c)})
        to = f". Kính gửi: {recipient}" if recipient else ""
        yield Line("italic", {"a": f"Kỳ báo cáo: {self.c.period.title} (số liệu {data_window(self.c.period)}){to}"})
        missing = missing_words(self.c, self.f, named)
        yield Line("alert", {"a": missing}) if missing else Line("italic", {"a": complete_words(self.f)})
        if self.c.closing is not None:
            yield Line("italic", {"a": closing_words(self.c)})
        yield Line("space", height=6)


def _filled(page: Page, left: float) -> Page:
    """The page with room under the lists, so that the charts reach the foot of the paper."""
    import attrs

    return attrs.evolve(page, lines=(*page.lines, Line("space", height=max(left, 1.0)))) if left > 1 else page
