"""Writes the first sheet: letterhead, title, facts of the report, steps, links to the sheets, legend."""

from __future__ import annotations

from collections.abc import Sequence

from nq57xl.forms.layout import BODY, GUIDE_COLUMNS, LEFT, LEGEND, RIGHT, STATE, GuideLine, guide_lines, visible_specs
from nq57xl.forms.model import SheetLayout
from nq57xl.forms.page_setup import A3, ROOM, FormContents, block_breaks, protect, set_up_page
from nq57xl.forms.progress import LEFT as LEFT_TO_FILL
from nq57xl.forms.progress import WRONG
from nq57xl.forms.styles import MISSING_STYLE, SIZE, STYLES, WRONG_STYLE
from nq57xl.xlsx.metrics import Text, merged_width, row_height, text_width
from nq57xl.xlsx.write import Worksheet, sheet_prefix

_GRID = 4.55
"""Width of a grid column in characters."""
_GRID_POINTS = 28.5
"""The same in LibreOffice, where columns come out widest; 24 of them fit the page at full size."""
_BLOCKS = {"title": "title", "subtitle": "subtitle", "centred": "centred", "heading": "guide_heading"}
_STYLES_SHOWN = ("entry", "locked", "done", "needless", "missing", "wrong", "required")
_SAMPLES = {sample: f"legend_{name}" for (sample, _), name in zip(LEGEND, _STYLES_SHOWN, strict=True)}
_LAST = len(GUIDE_COLUMNS)
_LEAST_SCALE = 80
"""In hundredths: its letters of 12 points stay above 9."""


def write_guide(sheet: Worksheet, contents: FormContents, layout: SheetLayout) -> None:
    """All lines, each as high as its text."""
    set_up_page(sheet, contents.form, [_GRID] * _LAST)
    for slot in layout.slots:
        if slot.role == "key":
            sheet.text(slot.row, slot.col, slot.text, "key")
    sheet.set_row(0, None, None, {"hidden": True})
    writer = _GuideWriter(sheet, contents)
    lines = dict(enumerate(guide_lines(contents.form, visible_specs(contents.form)), start=1))
    heights = {row: writer.write(row, line) for row, line in lines.items()}
    for row, line in lines.items():
        sheet.height(row, heights[row], hidden=line.kind == "counts")
    shown = {row: heights[row] for row, line in lines.items() if line.kind != "counts"}
    sheet.set_paper(A3)
    sheet.center_horizontally()
    scale = min(100, int(100 * ROOM[A3][1] / sum(shown.values())))
    if scale >= _LEAST_SCALE:  # one page
        sheet.set_print_scale(scale)
    else:
        sheet.set_print_scale(100)  # instead of "fit to width", under which Excel ignores page breaks
        starts = [row for row, line in lines.items() if line.kind == "heading"]
        sheet.set_h_pagebreaks(block_breaks(shown, starts, ROOM[A3][1]))
    sheet.print_area(1, 1, max(shown), _LAST)
    _state_colours(sheet, writer.states)
    protect(sheet, contents.form.issue_id)


def _state_colours(sheet: Worksheet, rows: Sequence[int]) -> None:
    """As in the check columns: amber for what is missing, red for what is wrong; the words say the same."""
    for words, style in ((LEFT_TO_FILL, MISSING_STYLE), (WRONG, WRONG_STYLE)) if rows else ():
        rule = {"type": "text", "criteria": "begins with", "value": words.strip(), "format": sheet.book.format(style)}
        sheet.conditional_format(rows[0], _number(STATE), rows[-1], _LAST, rule)


def _number(column: str) -> int:
    """Where a column of the grid stands."""
    return GUIDE_COLUMNS.index(column) + 1


class _GuideWriter:
    """Writes one line after the other; counts what alternates (letterhead)."""

    def __init__(self, sheet: Worksheet, contents: FormContents) -> None:
        self.sheet, self.contents = sheet, contents
        self.letterheads = 0
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

    def _block(self, row: int, first: str, until: str, text: str, style: str) -> float:
        """One text over the grid columns from `first` to the one before `until` (to the end when empty)."""
        start, end = _number(first), _number(until) - 1 if until else _LAST
        self.sheet.across(row, start, end, text, style)
        size, bold = float(STYLES[style].get("font_size", SIZE)), bool(STYLES[style].get("bold"))
        return row_height([Text(text, merged_width([_GRID] * (end - start + 1)), size, bold)], minimum=19.5)

    def _letterhead(self, row: int, line: GuideLine) -> float:
        self.letterheads += 1
        own, nation = ("issuer", "issuer_bold") if self.letterheads == 1 else ("issuer_bold", "motto")
        (_, left), (_, right) = line.cells
        return max(self._block(row, LEFT, RIGHT, left, own), self._block(row, RIGHT, "", right, nation))

    def _rules(self, row: int) -> float:
        """Under the agency a rule of about half its length, under the motto one as long as the line (Decree 30)."""
        split = GUIDE_COLUMNS.index(RIGHT)
        (_, agency), (_, motto) = guide_lines(self.contents.form, ())[1].cells
        half = min(text_width(agency, 12, bold=True) / 2, split * _GRID_POINTS / 2)
        whole = text_width(motto, 13, bold=True)
        for first, count, points in ((0, split, half), (split, _LAST - split, whole)):
            length = max(2, 2 * round(points / _GRID_POINTS / 2))
            start = first + (count - length) // 2
            for column in range(start, start + length):
                self.sheet.text(row, column + 1, "", "rule")
        return 18.0

    def _pair(self, row: int, line: GuideLine) -> float:
        (_, left), (_, right), *_ = line.cells
        if line.kind == "field":
            first = self._block(row, LEFT, BODY, left, "guide_label")
            return max(first, self._block(row, BODY, "", right, "guide_value"))
        start, end = _number(LEFT), _number(BODY) - 1
        if line.kind == "page":
            self.sheet.across(row, start, end, "", "guide_link")
            target = f"{sheet_prefix(self.contents.titles[line.page])}B2"
            self.sheet.link(row, start, left, target, "guide_link", tip="Bấm để mở trang")
            return max(self._block(row, BODY, STATE, right, "guide_text"), self._state(row, line), 21.0)
        # a cell that looks like what it stands for
        self.sheet.across(row, start, end - 1, left, _SAMPLES[left])
        return max(self._block(row, BODY, "", right, "guide_text"), 21.0)

    def _live(self, row: int, line: GuideLine) -> float:
        """A label and its formula, which tells how far the form is, or where to go next."""
        (_, name), *_ = line.formulas
        height = self._block(row, LEFT, BODY, line.cells[0][1], "guide_label")
        return max(height, self._formula(row, BODY, "guide_next" if name == "next" else "guide_value"))

    def _state(self, row: int, line: GuideLine) -> float:
        if not line.formulas:
            return self._block(row, STATE, "", line.cells[-1][1], "guide_state")
        self.states.append(row)
        return self._formula(row, STATE, "guide_state")

    def _formula(self, row: int, first: str, style: str) -> float:
        """As `_block`, for a formula and what it gives."""
        height = self._block(row, first, "", str(self.contents.results["guide", row, _number(first)]), style)
        self._write_formula(row, first, style)
        return height

    def _counts(self, row: int, line: GuideLine) -> float:
        """A hidden row."""
        for column, _ in line.formulas:
            self._write_formula(row, column, "key")
        return 15.75

    def _write_formula(self, row: int, column: str, style: str) -> None:
        place = ("guide", row, _number(column))
        result, form = self.contents.results[place], self.sheet.book.style(style)
        self.sheet.write_formula(*place[1:], self.contents.formulas[place], form, result)
