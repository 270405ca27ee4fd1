"""Placing lines on rows: texts wrap, split and join again; nothing is higher than a row may be."""

from __future__ import annotations

import io

import openpyxl
from hypothesis import given
from hypothesis import strategies as st

from nq57xl.xlsx.metrics import _column_points, text_width, wrapped
from nq57xl.xlsx.pages import _MAX_HEIGHT, Link, Number, ReportColumn, ReportLine, ReportSheet
from nq57xl.xlsx.write_pages import report_workbook

TEXTS = st.text(alphabet=st.sampled_from("aăâbcđeêghiklmnoôơpqrstuưvxyỹễ ABĐ0123-/.,\n\u00a0"), max_size=400)
COLUMNS = (ReportColumn("a", "A", 20), ReportColumn("b", "B", 40), ReportColumn("extra", "C", 10, printed=False))


@given(text=TEXTS, width=st.floats(2, 80), size=st.sampled_from([9.0, 10.0, 13.0]))
def test_wrapped_lines_join_to_the_text(text: str, width: float, size: float) -> None:
    """No letter is lost or moved by wrapping, and no line of more than one letter is wider than the column."""
    lines = wrapped(text, width, size)
    assert "".join(lines) == text
    for line in lines:
        shown = line.rstrip()
        assert len(shown) <= 1 or text_width(shown, size) <= _column_points(width) + 1e-6


@given(text=TEXTS, words=st.integers(0, 3000))
def test_rows_are_never_too_high(text: str, words: int) -> None:
    """However long the text, no row is above the limit, and the parts join to the text but for blanks."""
    long = text + " ".join(["dữ liệu"] * words)
    sheet = ReportSheet("t", COLUMNS, (ReportLine("row", {"a": long, "b": "ngắn", "extra": "một lần"}),)).placed()
    assert max(row.height for row in sheet.rows) <= _MAX_HEIGHT
    joined = "".join(str(row.cells.get("a") or "") for row in sheet.rows)
    assert "".join(joined.split()) == "".join(long.split())
    assert [row.cells.get("extra") for row in sheet.rows].count("một lần") == 1
    assert (sheet.rows[0].first, sheet.rows[-1].last) == (True, True)


def test_columns_fill_the_paper() -> None:
    """Printed columns are fitted to the width of the paper; others keep theirs."""
    a4 = ReportSheet("t", COLUMNS, ()).placed().page.columns
    a3 = ReportSheet("t", COLUMNS, (), paper="A3").placed().page.columns
    pixels = [sum(column.width * 7 + 5 for column in columns[:2]) for columns in (a4, a3)]
    assert 1100 < pixels[0] <= 1036 / 0.9
    assert 1600 < pixels[1] <= 1497 / 0.9
    assert a4[2].width == a3[2].width == 10


def test_anchors_stand_on_the_first_row_of_a_line() -> None:
    """A link finds the first row of the first line with its anchor, although lines before it took several rows."""
    lines = (
        ReportLine("row", {"a": "dài " * 2000}),
        ReportLine("row", {"a": "đích", "b": Number(1)}, anchors=("x", "y")),
        ReportLine("row", {"a": Link("dòng {row}", "x")}, anchors=("x",)),
    )
    sheet = ReportSheet("t", COLUMNS, lines).placed()
    target = next(row.row for row in sheet.rows if row.cells.get("a") == "đích")
    assert target > 3
    assert sheet.anchors() == {"x": ("t", target), "y": ("t", target)}


def test_a_heading_never_stands_alone_at_the_foot_of_a_page() -> None:
    """A section whose first row no longer fits begins a new page together with it; one that fits does not."""
    rows = [ReportLine("row", {"a": "một dòng"}) for _ in range(34)]
    section = ReportLine("section", {"a": "I", "b": "Nhóm"})
    last = ReportLine("row", {"a": "dài " * 60})
    alone = ReportSheet("t", COLUMNS, (*rows, section, last)).placed()
    assert alone.orphan_breaks() == [34]
    assert ReportSheet("t", COLUMNS, (*rows[:20], section, last)).placed().orphan_breaks() == []


def test_headings_are_repeated_over_their_own_table_alone() -> None:
    """The headings of a sheet with one table stand on every page; where another table or notes follow, on none: no
    heading stands over foreign texts."""
    table = (ReportLine("head", {"a": "Tên"}), ReportLine("row", {"a": "một dòng"}))
    notes = (ReportLine("space", height=10), ReportLine("group", {"a": "Ghi chú"}), ReportLine("para", {"a": "lời"}))
    for lines, repeated in ((table, "$1:$1"), ((*table, *notes), None)):
        sheet = ReportSheet("t", COLUMNS, lines, filtered=True).placed()
        book = openpyxl.load_workbook(io.BytesIO(report_workbook("t", [sheet])))
        assert book["t"].print_title_rows == repeated
        assert book["t"].auto_filter.ref
