"""What people type, in real workbooks: one line a case, with the codes and the value that come of it."""

from __future__ import annotations

import io
from datetime import date, datetime

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.workbook.workbook import Workbook

from nq57xl.rules.findings import verdict_of
from tests.odd_kit import INDICATOR, LED, Content, about, at, changed, codes_at, put, typed, value_at
from tests.returns_kit import RESULTS, edited, filled, issued, only, returned

RESULT = (*LED, "result")
PROGRESS = (*LED, "progress")
PERCENT = (*LED, "percent")
DONE = (*LED, "completion_date")
SIGNED = ("signoff", "signoff", "signed_on")
NUMERATOR = (*INDICATOR, "numerator")


# --- letters --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "font", "said", "codes"),
    [
        ("§· tr×nh dù th¶o", ".VnTime", "Đã trình dự thảo", ["LEGACY_TEXT"]),
        ("§· tr×nh dù th¶o", "", "Đã trình dự thảo", ["LEGACY_TEXT"]),
        ("ch\u00ada hoµn thµnh", "", "chưa hoàn thành", ["LEGACY_TEXT"]),
        ("Ñaõ trình döï thaûo", "VNI-Times", "Đã trình dự thảo", ["LEGACY_TEXT"]),
        ("Ñaõ trình döï thaûo", "", "Đã trình dự thảo", ["LEGACY_TEXT"]),
        ("b¸o c¸o", ".VnTimeH", "BÁO CÁO", ["LEGACY_TEXT"]),
        ("Đã trình dự thảo", ".VnTime", "Đã trình dự thảo", []),
        ("85/120 TTHC", ".VnTime", "85/120 TTHC", []),
        ("Diện tích 120 m²", "", "Diện tích 120 m²", []),
        ("25 µm", "", "25 µm", []),
        ("cá nhân", "", "cá nhân", []),
        ("Ðã trình", "", "Đã trình", ["TEXT_NORMALISED"]),
        ("Đa\u0303 tri\u0300nh", "", "Đã trình", ["TEXT_NORMALISED"]),
        ("Đã\u00a0trình", "", "Đã trình", ["TEXT_NORMALISED"]),
        ("hoà bình, thuỷ lợi", "", "hoà bình, thuỷ lợi", []),
        ("- một\n- hai\n• ba", "", "- một\n- hai\n• ba", []),
        ("=1+1", "", "=1+1", []),
        ("+84 lượt", "", "+84 lượt", []),
        ("-5 hồ sơ", "", "-5 hồ sơ", []),
        ("@phòng", "", "@phòng", []),
    ],
)
def test_text(text: str, font: str, said: str, codes: list[str]) -> None:
    """Legacy and decomposed letters are put right and told with before and after; everything else stays."""
    back = typed({RESULT: text}, font=font)
    assert (value_at(back, RESULT), codes_at(back, RESULT)) == (said, codes)
    if codes:
        (finding,) = about(back, RESULT)
        assert (finding.severity, finding.value, finding.cell) == ("repaired", text, at(RESULT)[1])
        assert said in finding.message


def test_legacy_choice() -> None:
    """A choice pasted in TCVN3 is that choice."""
    back = typed({PROGRESS: "§ang thùc hiÖn"})
    assert (value_at(back, PROGRESS), codes_at(back, PROGRESS)) == ("in_progress", ["LEGACY_TEXT"])


def test_legacy_run_in_a_rich_text() -> None:
    """Each run is converted by its own font; the rest of the cell stays."""
    text = CellRichText("Kết quả: ", TextBlock(InlineFont(rFont=".VnTime"), "®· xong"))
    sheet, address = at(RESULT)
    back = changed(lambda book: book[sheet].__setitem__(address, text))
    assert (value_at(back, RESULT), codes_at(back, RESULT)) == ("Kết quả: đã xong", ["LEGACY_TEXT"])


def test_unicode_under_a_legacy_font_stays() -> None:
    """A text that reads as Unicode stays, whatever its font and its neighbours: fonts outlive their charset."""
    row, third = ("led", "II.1.1", "result"), ("led", "II.1.1", "next_work")
    back = typed({RESULT: "Công ty Hòa Bình", row: "®· trång", third: "cá"}, font=".VnTime")
    assert [value_at(back, key) for key in (RESULT, row, third)] == ["Công ty Hòa Bình", "đã trồng", "cá"]


def test_locked_texts_in_a_legacy_charset_are_the_plan_s() -> None:
    """Plan texts that came back in TCVN3 count as unchanged: one finding for the sheet, with an example."""
    from tests.text.test_text_legacy import encoded

    def change(book: Workbook) -> None:
        for row in book[RESULTS].iter_rows(min_row=6, min_col=3, max_col=4):
            for cell in row:
                if isinstance(cell.value, str) and cell.protection.locked:
                    cell.value = encoded(cell.value, "tcvn3")
                    cell.font = Font(name=".VnTime")

    back = changed(change)
    found = only(back, "LOCKED_LEGACY")
    assert (found.severity, found.sheet) == ("repaired", RESULTS)
    assert "LOCKED_CHANGED" not in [item.code for item in back.findings]


# --- numbers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "shown", "value", "codes"),
    [
        ("85%", "", 0.85, ["NUMBER_FROM_TEXT"]),
        ("85 %", "", 0.85, ["NUMBER_FROM_TEXT"]),
        (85, "General", 0.85, ["PERCENT_SCALED"]),
        (85, "", 85.0, []),  # 8500 % is what the form's own format shows; out of range for the rules
        (0.85, "", 0.85, []),
        (1.05, "0%", 1.05, []),
        (0.5, '0.0"%"', None, ["VALUE_AMBIGUOUS"]),
        (45, '0"%"', 0.45, ["PERCENT_SCALED"]),
        (0.45, ";;;", None, ["SHOWN_BLANK"]),
        (1, "", 1.0, []),
        ("8500 %", "", 85.0, ["NUMBER_FROM_TEXT"]),
        ("41,7", "", 0.417, ["NUMBER_FROM_TEXT"]),
        ("≥ 90", "", None, ["VALUE_UNREADABLE"]),
        ("x", "", "nothing", []),
        (True, "", None, ["VALUE_UNREADABLE"]),
        (date(2026, 12, 10), "dd/mm/yyyy", None, ["DATE_IN_NUMBER"]),
        (date(2026, 12, 10), "d-mmm", None, ["DATE_IN_NUMBER"]),
        ("=17/20", "", None, ["FORMULA_NO_VALUE"]),
        ("=A1", "", None, ["FORMULA_NO_VALUE"]),
    ],
)
def test_percent(content: Content, shown: str, value: float | str | None, codes: list[str]) -> None:
    """Percents as people type them; what is no percent is asked for again."""

    def change(book: Workbook) -> None:
        put(book, PERCENT, content, shown=shown)
        if isinstance(content, str) and content.startswith("="):
            book[at(PERCENT)[0]][at(PERCENT)[1]].data_type = "f"

    back = changed(change)
    assert (value_at(back, PERCENT), codes_at(back, PERCENT)) == (value, codes)


@pytest.mark.parametrize(
    ("content", "value", "codes"),
    [
        ("1.234", None, ["VALUE_AMBIGUOUS"]),
        ("1.234.567", 1234567.0, ["NUMBER_FROM_TEXT"]),
        ("41,7", 41.7, ["NUMBER_FROM_TEXT"]),
        ("10/12", None, ["VALUE_UNREADABLE"]),
        (date(2026, 12, 10), None, ["DATE_IN_NUMBER"]),
    ],
)
def test_number(content: Content, value: float | None, codes: list[str]) -> None:
    """Two readings, a ratio in one cell, a ratio that became a date: asked for again, never used."""
    back = typed({NUMERATOR: content})
    assert (value_at(back, NUMERATOR), codes_at(back, NUMERATOR)) == (value, codes)


def test_ratio_that_became_a_date_is_told_as_such() -> None:
    """The message names the ratio that was probably typed."""
    (found,) = about(typed({NUMERATOR: date(2026, 12, 10)}), NUMERATOR)
    assert "«10/12»" in found.message
    assert found.severity == "error"


# --- dates ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "shown", "value", "codes"),
    [
        (date(2026, 4, 5), "dd/mm/yyyy", date(2026, 4, 5), []),
        (datetime(2026, 4, 5, 8, 30), "dd/mm/yyyy hh:mm", date(2026, 4, 5), []),
        ("5/4/2026", "", date(2026, 4, 5), ["DATE_FROM_TEXT"]),
        ("05.04.26", "", date(2026, 4, 5), ["DATE_FROM_TEXT"]),
        ("ngày 5 tháng 4 năm 2026", "", date(2026, 4, 5), ["DATE_FROM_TEXT"]),
        ("tháng 4/2026", "", None, ["DATE_WITHOUT_DAY"]),
        ("Tháng 4", "", None, ["DATE_WITHOUT_DAY"]),
        ("T4/2026", "", None, ["DATE_WITHOUT_DAY"]),
        ("4/2026", "", None, ["DATE_WITHOUT_DAY"]),
        ("Quý II/2026", "", None, ["DATE_WITHOUT_DAY"]),
        ("quý 2 năm 2026", "", None, ["DATE_WITHOUT_DAY"]),
        ("Cuối tháng 4/2026", "", None, ["DATE_WITHOUT_DAY"]),
        ("năm 2026", "", None, ["DATE_WITHOUT_DAY"]),
        (2026, "", None, ["DATE_WITHOUT_DAY"]),
        (date(2026, 4, 1), '"Tháng "m/yyyy', None, ["DATE_WITHOUT_DAY"]),
        (date(2026, 4, 1), "m/yyyy", None, ["DATE_WITHOUT_DAY"]),
        (date(2026, 4, 1), "mmm-yy", date(2026, 4, 1), []),  # built-in 17: follows the region of the PC
        ("31/4/2026", "", None, ["VALUE_UNREADABLE"]),
        ("4/16/2026", "", None, ["VALUE_UNREADABLE"]),
        ("đầu tuần", "", None, ["VALUE_UNREADABLE"]),
        (46117, "General", date(2026, 4, 5), ["DATE_FROM_TEXT"]),
    ],
)
def test_date(content: Content, shown: str, value: date | None, codes: list[str]) -> None:
    """Days are read day first; a month, a quarter or a year is asked for its day."""
    back = typed({DONE: content}, shown=shown)
    assert (value_at(back, DONE), codes_at(back, DONE)) == (value, codes)


OTHER = ("led", "II.1.1", "completion_date")


@pytest.mark.parametrize(
    ("first", "second", "shown", "suspect"),
    [
        # text with a day after the 12th beside a real date that makes sense either way, or only when exchanged
        ("16/03/2026", date(2026, 3, 2), "dd/mm/yyyy", date(2026, 2, 3)),
        ("16/03/2026", date(2026, 6, 4), "dd/mm/yyyy", date(2026, 4, 6)),
        # exchanged it would lie after the period, as it stands it does not
        ("16/03/2026", date(2026, 4, 10), "dd/mm/yyyy", None),
        # a real date with a day after the 12th: this computer reads days first
        ("16/03/2026", date(2026, 3, 20), "dd/mm/yyyy", None),
        ("06/03/2026", date(2026, 3, 2), "dd/mm/yyyy", None),
        ("16/03/2026", date(2026, 3, 3), "dd/mm/yyyy", None),
        (None, date(2026, 3, 2), "dd/mm/yyyy", None),
        # shown month first
        (None, date(2026, 3, 2), "mm/dd/yyyy", date(2026, 2, 3)),
        (None, date(2026, 6, 4), "m/d/yy", date(2026, 4, 6)),
        (None, date(2026, 6, 4), "[$-409]m/d/yyyy;@", date(2026, 4, 6)),
        (None, date(2026, 3, 20), "mm/dd/yyyy", None),
        (None, date(2026, 3, 2), "yyyy-mm-dd", None),
        (None, date(2026, 3, 2), "dd\\/mm\\/yyyy", None),
    ],
)
def test_day_and_month_exchanged(first: str | None, second: date, shown: str, suspect: date | None) -> None:
    """The pattern of the whole sheet makes a date suspect: an error with the likely day, and nothing is exchanged."""

    def change(book: Workbook) -> None:
        put(book, DONE, first)
        put(book, OTHER, second, shown=shown)

    back = changed(change)
    assert value_at(back, OTHER) == second
    assert codes_at(back, OTHER) == (["DATE_SWAPPED"] if suspect else [])
    if suspect:
        (found,) = about(back, OTHER)
        assert (found.severity, found.cell) == ("error", at(OTHER)[1])
        assert f"{suspect:%d/%m/%Y}" in found.message


def test_workbook_that_counts_from_1904() -> None:
    """Dates of a workbook from an old Mac are the same days, with and without a date format."""
    book = openpyxl.load_workbook(io.BytesIO(issued()))
    book.epoch = CALENDAR_MAC_1904
    put(book, DONE, date(2026, 4, 5), shown="dd/mm/yyyy")
    put(book, SIGNED, 46117 - 1462, shown="General")
    buffer = io.BytesIO()
    book.save(buffer)
    back = returned(buffer.getvalue())
    assert (value_at(back, DONE), value_at(back, SIGNED)) == (date(2026, 4, 5), date(2026, 4, 5))


def test_a_filled_form_has_nothing_to_tell() -> None:
    """The form filled as asked: no finding of this page, so that none of them is a false alarm."""
    data, _ = filled()
    told = {item.code for item in returned(data).findings}
    assert not told & {"LEGACY_TEXT", "LOCKED_LEGACY", "DATE_SWAPPED", "DATE_WITHOUT_DAY", "DATE_IN_NUMBER"}
    assert verdict_of(returned(edited(lambda book: None)).findings) == "accepted"
