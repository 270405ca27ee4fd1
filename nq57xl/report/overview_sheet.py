"""The sheet "Tổng quan": heading, what is missing, the figures in words, charts, and counts as live formulas."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from nq57xl.forms.wording import data_window, shorten
from nq57xl.records.consolidation import Consolidation
from nq57xl.report import appendix_sheet, indicator_sheet, submission_sheet
from nq57xl.report.figures import (
    INDICATOR_STATES,
    Figures,
    SectionFigures,
    figures,
    groups_of,
    progress_buckets,
    timeliness_buckets,
)
from nq57xl.report.layout import Chart, Column, Content, Formula, Line, Page, Sheet, place
from nq57xl.report.narrative import complete_words, missing_words, summary
from nq57xl.report.wording import PARTLY_REPORTED, UNREPORTED, report_title

NAME = "Tổng quan"
_PAGE_POINTS = 555.0
"""Height of a printed A4 landscape page at 90 %, in sheet points, with a little to spare."""
_CHART_PIXELS = 1144
_LOWEST_CHART, _HIGHEST_CHART = 200, 340
_PROGRESS_FILLS = ("#7F7F7F", "#1F3864", "#8EA9DB", "#D9E2F3", "#404040", "#D9D9D9", "#FFFFFF", "#F2F2F2")
_TIMELINESS_FILLS = ("#1F3864", "#8EA9DB", "#D9E2F3", "#A6A6A6", "#262626", "#FFFFFF", "#F2F2F2")
_INDICATOR_FILLS = ("#1F3864", "#A6A6A6", "#D9E2F3", "#F2F2F2", "#FFFFFF")


@frozen
class Range:
    """Columns of a placed sheet as absolute ranges for formulas."""

    sheet: Sheet

    def of(self, name: str) -> str:
        """ "'Phụ lục tổng hợp'!$K$6:$K$99"."""
        from xlsxwriter.utility import xl_col_to_name

        letter = xl_col_to_name(self.sheet.index(name))
        first = (self.sheet.heads[-1] if self.sheet.heads else 0) + 2
        last = max(self.sheet.rows[-1].row + 1, first)
        return f"'{self.sheet.page.name}'!${letter}${first}:${letter}${last}"


@frozen
class Overview:
    """The page with its charts."""

    page: Page
    charts: tuple[Chart, ...]


def overview(c: Consolidation, appendix: Sheet, indicators: Sheet, submissions: Sheet) -> Overview:
    """The overview of a consolidation whose other sheets are already placed: formulas count over their rows."""
    f = figures(c)
    builder = _Builder(c, f, Range(appendix), Range(indicators), Range(submissions))
    return builder.build()


class _Builder:
    """Collects the lines of the overview; formulas need to know on which row they stand."""

    def __init__(self, c: Consolidation, f: Figures, appendix: Range, indicators: Range, submissions: Range) -> None:
        self.c, self.f = c, f
        self.appendix, self.indicators, self.submissions = appendix, indicators, submissions
        self.buckets = (*progress_buckets(c), *timeliness_buckets())
        counts = [Column(f"n{i}", "", 7.7, "center") for i in range(len(self.buckets) + 1)]
        helpers = (
            Column("short", "", 36, printed=False),
            Column("section", "", 8, printed=False),
        )
        self.columns = (Column("label", "", 36), *counts, *helpers)
        self.blocks: list[list[Line]] = []

    def build(self) -> Overview:
        """All blocks in order, with a page break before each one that would be cut in two."""
        titles = list(self._heading())
        pixels = self._chart_pixels(titles)
        self.blocks = [titles, [Line("space", anchors=("charts",), height=pixels * 0.75 + 8)]]
        self.blocks.append([*self._keys(self._next())])
        self.blocks.append([*self._table(self._next())])
        if self.c.indicators:
            self.blocks.append([*self._indicator_table(self._next())])
        lines = tuple(line for block in self.blocks for line in block)
        page = Page(NAME, self.columns, lines, split=6, sparse=True)
        return Overview(_broken(page, self.blocks), self._charts(place(page), pixels))

    def _chart_pixels(self, titles: list[Line]) -> int:
        """Height of the charts: what is left of page one, or a good height where that is too little."""
        used = sum(row.height for row in place(Page(NAME, self.columns, tuple(titles), split=6, sparse=True)).rows)
        left = int((_PAGE_POINTS - used - 10) / 0.75)
        return min(left, _HIGHEST_CHART) if left >= _LOWEST_CHART else _HIGHEST_CHART

    def _next(self) -> int:
        """Row on which the next block begins; no line of the overview takes two rows."""
        return sum(len(block) for block in self.blocks)

    def _heading(self) -> Iterator[Line]:
        parent, agency, recipient, town = self.c.letterhead
        symbol = self.c.plan.properties.symbol
        own = f"BC-{symbol.split('-', 1)[1]}" if "-" in symbol else "BC"
        yield Line("pair", {"left": parent.upper(), "right": "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"})
        yield Line("pair_bold", {"left": agency.upper(), "right": "Độc lập - Tự do - Hạnh phúc"})
        date = f"{town}, ngày        tháng        năm {self.c.period.report_due.year}"
        yield Line("pair_italic", {"left": f"Số:            /{own}", "right": date})
        yield Line("space", height=8)
        yield Line("title", {"label": "BÁO CÁO TỔNG HỢP"})
        yield Line("subtitle", {"label": report_title(self.c)})
        window = data_window(self.c.period)
        yield Line("italic", {"label": f"Kỳ báo cáo: {self.c.period.title} (số liệu {window})"})
        if recipient:
            yield Line("italic", {"label": f"Kính gửi: {recipient}"})
        missing = missing_words(self.c, self.f)
        yield Line("space", height=6)
        yield Line("alert", {"label": missing}) if missing else Line("italic", {"label": complete_words(self.f)})
        for text in summary(self.c, self.f):
            yield Line("para", {"label": text})
        yield Line("space", height=6)

    def _keys(self, top: int) -> Iterator[Line]:
        """Reports of the units, and indicators, in one line of figures."""
        f, row = self.f, top + 2
        rows, yes = self.submissions, submission_sheet.YES

        def count(name: str, words: str) -> str:
            return f'COUNTIF({rows.of(name)},"{words}")'

        both = f'COUNTIFS({rows.of("accepted")},"{yes}",{rows.of("on_time")},"{yes}")'
        late = f'COUNTIFS({rows.of("accepted")},"{yes}",{rows.of("on_time")},"{submission_sheet.NO}")'
        cells: list[tuple[str, Formula]] = [
            ("Phải báo cáo", Formula(f"COUNTA({rows.of('code')})", f.expected)),
            ("Đã nhận", Formula(count("received", yes), f.received)),
            ("Được chấp nhận", Formula(count("accepted", yes), f.accepted)),
            ("Đúng hạn", Formula(both, f.on_time)),
            ("Nộp chậm", Formula(late, f.accepted - f.on_time)),
            ("Tỷ lệ báo cáo", self._share(f"D{row}", f"B{row}", f.accepted, f.expected)),
        ]
        head: dict[str, Content] = {"label": "Báo cáo của các đơn vị"}
        line: dict[str, Content] = {"label": "Số đơn vị"}
        for index, (title, formula) in enumerate(cells):
            head[f"n{index}"], line[f"n{index}"] = title, formula
        yield Line("head", head)
        yield Line("row", line)
        yield Line("space", height=8)

    def _share(self, part: str, whole: str, count: int, total: int) -> Formula:
        return Formula(f"IF({whole}=0,0,{part}/{whole})", count / total if total else 0, '0.0%;-0.0%;"-"')

    def _table(self, top: int) -> Iterator[Line]:
        """Rows by section, progress and timeliness."""
        last_progress = len(progress_buckets(self.c))
        spans = {"label": "", "n0": "TIẾN ĐỘ (số đầu việc)", f"n{last_progress + 1}": "SO VỚI THỜI HẠN"}
        yield Line("band", spans)
        words = {f"n{i}": text for i, text in enumerate(("Tổng số", *self.buckets))}
        yield Line(
            "head",
            {"label": "Nhóm nhiệm vụ", **words, "short": "Nhóm (biểu đồ)", "section": "Mã nhóm"},
            anchors=("table",),
        )
        for index, section in enumerate(self.f.sections):
            yield self._section_line(section, top + 2 + index, top + 1)
        first, end = top + 3, top + 2 + len(self.f.sections)
        yield self._sum_line(first, end)
        yield self._share_line(end + 1)
        yield Line("space", height=10)

    def _section_line(self, section: SectionFigures, row: int, head: int) -> Line:
        kind = f'{self.appendix.of("kind")},"{appendix_sheet.TASK_ROW}"'
        base = f"{kind},{self.appendix.of('section')},${self._letter('section')}${row + 1}"
        cells: dict[str, Content] = {
            "label": f"{section.number}. {section.title}",
            "short": shorten(f"{section.number}. {section.title}", 40),
            "section": section.number,
            "n0": Formula(f"COUNTIFS({base})", section.total),
        }
        for index, words in enumerate(self.buckets, start=1):
            timely = index > len(progress_buckets(self.c))
            column = self.appendix.of("timeliness" if timely else "progress")
            text = f"COUNTIFS({base},{column},{self._letter(f'n{index}')}${head + 1})"
            if words == UNREPORTED:  # rows reported in part are not reported
                text += f'+COUNTIFS({base},{column},"{PARTLY_REPORTED}")'
            cells[f"n{index}"] = Formula(text, self._counted(section, words, timely=timely))
        return Line("row", cells)

    def _counted(self, section: SectionFigures, words: str, *, timely: bool) -> int:
        return (section.timeliness if timely else section.progress).get(words, 0)

    def _sum_line(self, first: int, end: int) -> Line:
        cells: dict[str, Content] = {"label": "Tổng số"}
        values = [self.f.total.total]
        values += [
            self._counted(self.f.total, words, timely=index >= len(progress_buckets(self.c)))
            for index, words in enumerate(self.buckets)
        ]
        for index, value in enumerate(values):
            letter = self._letter(f"n{index}")
            cells[f"n{index}"] = Formula(f"SUM({letter}{first}:{letter}{end})", value)
        return Line("total", cells)

    def _share_line(self, total_row: int) -> Line:
        cells: dict[str, Content] = {"label": "Tỷ lệ trên tổng số đầu việc"}
        total = self.f.total.total
        cells["n0"] = self._share(f"$B${total_row}", f"$B${total_row}", total, total)
        for index, words in enumerate(self.buckets, start=1):
            timely = index > len(progress_buckets(self.c))
            count = self._counted(self.f.total, words, timely=timely)
            part = f"{self._letter(f'n{index}')}{total_row}"
            cells[f"n{index}"] = self._share(part, f"$B${total_row}", count, total)
        return Line("total", cells)

    def _indicator_table(self, top: int) -> Iterator[Line]:
        words = {f"n{i}": text for i, text in enumerate(("Tổng số", *INDICATOR_STATES))}
        head = {"label": "Nhóm chỉ tiêu", **words, "short": "Nhóm (biểu đồ)", "section": "Mã nhóm"}
        yield Line("head", head, anchors=("indicators",))
        for index, (number, title) in enumerate(groups_of(self.c)):
            yield self._group_line(number, title, top + 1 + index, top)
        first, end = top + 2, top + 1 + len(self.f.indicators)
        sums: dict[str, Content] = {"label": "Tổng số"}
        for index, state in enumerate(("", *INDICATOR_STATES)):
            letter = self._letter(f"n{index}")
            groups = self.f.indicators.values()
            value = sum(sum(group.values()) if not state else group.get(state, 0) for group in groups)
            sums[f"n{index}"] = Formula(f"SUM({letter}{first}:{letter}{end})", value)
        yield Line("total", sums)

    def _group_line(self, number: str, title: str, row: int, head: int) -> Line:
        kind = f'{self.indicators.of("kind")},"{indicator_sheet.INDICATOR_ROW}"'
        base = f"{kind},{self.indicators.of('group')},${self._letter('section')}${row + 1}"
        counts = self.f.indicators[number]
        label = f"{number}. {title}"
        cells: dict[str, Content] = {
            "label": label,
            "short": shorten(label, 40),
            "section": number,
            "n0": Formula(f"COUNTIFS({base})", sum(counts.values())),
        }
        for index, state in enumerate(INDICATOR_STATES, start=1):
            text = f"COUNTIFS({base},{self.indicators.of('state')},{self._letter(f'n{index}')}${head + 1})"
            cells[f"n{index}"] = Formula(text, counts.get(state, 0))
        return Line("row", cells)

    def _letter(self, name: str) -> str:
        from xlsxwriter.utility import xl_col_to_name

        return str(xl_col_to_name(next(i for i, column in enumerate(self.columns) if column.name == name)))

    def _charts(self, sheet: Sheet, pixels: int) -> tuple[Chart, ...]:
        """Progress and timeliness by section; indicators by group where the plan has any."""
        anchors = sheet.anchors()
        progress, short = len(progress_buckets(self.c)), sheet.index("short")
        blocks = [
            ("Tiến độ theo nhóm nhiệm vụ (số đầu việc)", "table", 2, progress, _PROGRESS_FILLS),
            ("So với thời hạn (số đầu việc)", "table", 2 + progress, 7, _TIMELINESS_FILLS),
        ]
        if self.c.indicators:
            blocks.append(("Chỉ tiêu so với mục tiêu", "indicators", 2, len(INDICATOR_STATES), _INDICATOR_FILLS))
        width = _CHART_PIXELS // len(blocks)
        charts = []
        for number, (title, anchor, first, count, fills) in enumerate(blocks):
            top = anchors[anchor][1] + 1
            rows = len(self.f.sections) if anchor == "table" else len(self.f.indicators)
            kept = [i for i in range(count) if self._occurs(anchor, first - 2 + i)]
            if not kept:
                continue
            charts.append(
                Chart(
                    title=title,
                    anchor="charts",
                    offset=number * width,
                    width=width - 8,
                    height=pixels,
                    categories=(top, short, top + rows - 1, short),
                    series=tuple((first + i, fills[i]) for i in kept),
                )
            )
        return tuple(charts) if self.f.sections else ()

    def _occurs(self, table: str, index: int) -> bool:
        """A column of the table has a count: one without would only crowd the legend."""
        if table == "indicators":
            return any(group.get(INDICATOR_STATES[index]) for group in self.f.indicators.values())
        timely = index >= len(progress_buckets(self.c))
        return self._counted(self.f.total, self.buckets[index], timely=timely) > 0


def _broken(page: Page, blocks: list[list[Line]]) -> Page:
    """The page with a break before every block that would not fit on the rest of a printed page."""
    import attrs

    rows = iter(place(page).rows)
    breaks, lines, used = [], [], 0.0
    for number, block in enumerate(blocks):
        height = sum(next(rows).height for _ in block)
        name = f"block{number}"
        if used and used + height > _PAGE_POINTS:
            breaks.append(name)
            used = 0.0
        used += height
        lines += [attrs.evolve(block[0], anchors=(*block[0].anchors, name)), *block[1:]]
    return attrs.evolve(page, lines=tuple(lines), breaks=tuple(breaks))
