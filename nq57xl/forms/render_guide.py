"""Writes the first sheet: letterhead, title, facts of the report, steps, links to the sheets, legend."""

from __future__ import annotations

from collections.abc import Sequence

from nq57xl.forms.layout import BODY, GUIDE_COLUMNS, LEFT, RIGHT, STATE, GuideLine, guide_lines, visible_specs
from nq57xl.forms.model import SheetLayout
from nq57xl.forms.page_setup import FormContents, block_breaks, protect, set_up_page
from nq57xl.forms.progress import LEFT as LEFT_TO_FILL
from nq57xl.forms.progress import WRONG
from nq57xl.forms.styles import ERROR_FILL, LOOKS, SIZE, WARNING_FILL, FormWorkbook, FormWorksheet
from nq57xl.xlsx.metrics import Text, merged_width, row_height, text_width

_GRID = 4.55
"""Width of a grid column in characters."""
_GRID_POINTS = 28.5
"""The same in LibreOffice, where columns come out widest; 24 of them fit the page at full size."""
_BLOCKS = {"title": "title", "subtitle": "subtitle", "centred": "centred", "heading": "guide_heading"}
_LEGEND_LOOKS = ("", "legend_locked", "legend_done", "legend_missing", "legend_wrong", "legend_required")


def write_guide(book: FormWorkbook, worksheet: FormWorksheet, page: FormContents, sheet: SheetLayout) -> None:
    """All lines, each as high as its text."""
    set_up_page(book, worksheet, page.form, [_GRID] * len(GUIDE_COLUMNS))
    for slot in sheet.slots:
        if slot.role == "key":
            worksheet.write_string(slot.row, slot.col, slot.text, book.look("key"))
    worksheet.set_row(0, None, None, {"hidden": True})
    writer = _Guide(book, worksheet, page)
    lines = guide_lines(page.form, visible_specs(page.form))
    heights = {}
    for row, line in enumerate(lines, start=1):
        heights[row] = writer.write(row, line)
        worksheet.set_row(row, heights[row], None, {"hidden": line.kind == "counts"})
    worksheet.set_print_scale(100)  # instead of "fit to width", under which Excel ignores page breaks
    shown = {row: heights[row] for row, line in enumerate(lines, start=1) if line.kind != "counts"}
    headings = [row for row, line in enumerate(lines, start=1) if line.kind == "heading"]
    worksheet.set_h_pagebreaks(block_breaks(shown, headings))
    worksheet.print_area(1, 1, max(shown), len(GUIDE_COLUMNS))
    _state_colours(book, worksheet, writer.states)
    protect(worksheet, page.password)


def _state_colours(book: FormWorkbook, worksheet: FormWorksheet, rows: Sequence[int]) -> None:
    """As in the check columns: amber for what is missing, red for what is wrong; the words say the same."""
    if not rows:
        return
    column = GUIDE_COLUMNS.index(STATE) + 1
    for words, fill in ((LEFT_TO_FILL, WARNING_FILL), (WRONG, ERROR_FILL)):
        look = book.add_format({"bg_color": fill, "bold": True})
        options = {"type": "text", "criteria": "begins with", "value": words.strip(), "format": look}
        worksheet.conditional_format(rows[0], column, rows[-1], len(GUIDE_COLUMNS), options)


class _Guide:
    """Writes one line after the other; counts what alternates (letterhead, legend)."""

    def __init__(self, book: FormWorkbook, worksheet: FormWorksheet, page: FormContents) -> None:
        self.book, self.sheet, self.page = book, worksheet, page
        self.letterheads = self.legends = 0
        self.states: list[int] = []

    def write(self, row: int, line: GuideLine) -> float:
        """Writes the line; gives the row's height in points."""
        if line.kind == "letterhead":
            return self._letterhead(row, line)
        if line.kind == "rule":
            return self._rules(row)
        if line.kind in ("field", "page", "legend"):
            return self._pair(row, line)
        if line.kind == "live":
            return self._live(row, line)
        if line.kind == "counts":
            return self._counts(row, line)
        height = self._block(row, LEFT, "", line.cells[0][1], _BLOCKS.get(line.kind, "guide_text"))
        return max(height, 30.0) if line.kind in ("title", "heading") else height

    def _block(self, row: int, first: str, until: str, text: str, name: str) -> float:
        """One text over the grid columns from `first` to the one before `until` (to the end when empty)."""
        start = GUIDE_COLUMNS.index(first) + 1
        end = GUIDE_COLUMNS.index(until) if until else len(GUIDE_COLUMNS)
        look = self.book.look(name)
        self.sheet.merge_range(row, start, row, end, "", look)
        self.sheet.write_string(row, start, text, look)
        size, bold = float(LOOKS[name].get("font_size", SIZE)), bool(LOOKS[name].get("bold"))
        return row_height([Text(text, merged_width([_GRID] * (end - start + 1)), size, bold)], minimum=19.5)

    def _letterhead(self, row: int, line: GuideLine) -> float:
        self.letterheads += 1
        own, nation = ("issuer", "issuer_bold") if self.letterheads == 1 else ("issuer_bold", "motto")
        (_, left), (_, right) = line.cells
        return max(
            self._block(row, LEFT, RIGHT, left, own),
            self._block(row, RIGHT, "", right, nation),
        )

    def _rules(self, row: int) -> float:
        """Under the agency a rule of about half its length, under the motto one as long as the line (Decree 30)."""
        split = GUIDE_COLUMNS.index(RIGHT)
        lines = guide_lines(self.page.form, ())
        (_, agency), (_, motto) = lines[1].cells
        half = min(text_width(agency, 12, bold=True) / 2, split * _GRID_POINTS / 2)
        for first, count, points in (
            (0, split, half),
            (split, len(GUIDE_COLUMNS) - split, text_width(motto, 13, bold=True)),
        ):
            length = max(2, 2 * round(points / _GRID_POINTS / 2))
            start = first + (count - length) // 2
            for column in range(start, start + length):
                self.sheet.write_blank(row, column + 1, None, self.book.look("rule"))
        return 18.0

    def _pair(self, row: int, line: GuideLine) -> float:
        (_, left), (_, right), *_ = line.cells
        if line.kind == "field":
            first = self._block(row, LEFT, BODY, left, "guide_label")
            return max(first, self._block(row, BODY, "", right, "guide_value"))
        if line.kind == "page":
            self._link(row, left, line.page)
            return max(self._block(row, BODY, STATE, right, "guide_text"), self._state(row, line), 21.0)
        self._sample(row, left)
        return max(self._block(row, BODY, "", right, "guide_text"), 21.0)

    def _live(self, row: int, line: GuideLine) -> float:
        """A label and its formula, which tells how far the form is, or where to go next."""
        (_, name), *_ = line.formulas
        height = self._block(row, LEFT, BODY, line.cells[0][1], "guide_label")
        look = "guide_next" if name == "next" else "guide_value"
        return max(height, self._formula(row, BODY, "", look))

    def _state(self, row: int, line: GuideLine) -> float:
        if not line.formulas:
            return self._block(row, STATE, "", line.cells[-1][1], "guide_state")
        self.states.append(row)
        return self._formula(row, STATE, "", "guide_state")

    def _formula(self, row: int, first: str, until: str, name: str) -> float:
        """As `_block`, for a formula and what it gives."""
        start = GUIDE_COLUMNS.index(first) + 1
        place = ("guide", row, start)
        result, look = self.page.results[place], self.book.look(name)
        height = self._block(row, first, until, str(result), name)
        self.sheet.write_formula(row, start, self.page.formulas[place], look, result)
        return height

    def _counts(self, row: int, line: GuideLine) -> float:
        """A hidden row."""
        for column, _ in line.formulas:
            place = ("guide", row, GUIDE_COLUMNS.index(column) + 1)
            look = self.book.look("key")
            self.sheet.write_formula(row, place[2], self.page.formulas[place], look, self.page.results[place])
        return 15.75

    def _link(self, row: int, text: str, sheet: str) -> None:
        start, end = GUIDE_COLUMNS.index(LEFT) + 1, GUIDE_COLUMNS.index(BODY)
        look = self.book.look("guide_link")
        self.sheet.merge_range(row, start, row, end, "", look)
        title = self.page.titles[sheet].replace("'", "''")
        self.sheet.write_url(row, start, f"internal:'{title}'!B2", look, text, "Bấm để mở trang")

    def _sample(self, row: int, text: str) -> None:
        """A cell of the legend, looking like what it stands for."""
        name = _LEGEND_LOOKS[min(self.legends, len(_LEGEND_LOOKS) - 1)]
        self.legends += 1
        start, end = GUIDE_COLUMNS.index(LEFT) + 1, GUIDE_COLUMNS.index(BODY) - 1
        look = self.book.look(name) if name else self.book.entry_sample()
        self.sheet.merge_range(row, start, row, end, "", look)
        self.sheet.write_string(row, start, text, look)
