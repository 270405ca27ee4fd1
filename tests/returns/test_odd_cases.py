"""What people type into a report that is otherwise right: one line a case, with verdict, codes, cell and value."""

from __future__ import annotations

import functools
import io
from datetime import date

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.workbook.workbook import Workbook

from nq57xl.forms.render import render_form
from nq57xl.rules.findings import Verdict
from tests.odd_kit import (
    INDICATOR,
    Content,
    Key,
    Outcome,
    at,
    cell_xml,
    outcome,
    outcomes,
    put,
    report,
    spoilt,
    typed_into,
    untouched,
)
from tests.returns_kit import RESULTS, column_of, form_of, returned, row_of

OPEN, DONE = ("led", "I.1"), ("led", "II.1.1")
"""The report's two tasks: one in progress at 80 %, one done on the 12th of April."""
PROGRESS, PERCENT, RESULT = ((*OPEN, name) for name in ("progress", "percent", "result"))
DAY, KPI = ((*DONE, name) for name in ("completion_date", "kpi_achieved"))
FULL = (*DONE, "percent")
PART = (*INDICATOR, "numerator")
WAS = 85
"""What the report says there: other figures would not fit its ratio."""
OK: Verdict = "accepted"
WARNED: Verdict = "accepted_with_warnings"
NO: Verdict = "rejected"

TYPED: list[tuple[str, Key, Content, str, Verdict, object, list[str]]] = [
    # what, where, content, number format -> verdict, value, codes
    ("decomposed letters", RESULT, "Đa\u0303 tri\u0300nh", "", OK, "Đã trình", ["TEXT_NORMALISED"]),
    ("a blank that does not break", RESULT, "Đã\u00a0trình", "", OK, "Đã trình", ["TEXT_NORMALISED"]),
    ("zero-width signs", RESULT, "Đã\u200b trình\ufeff", "", OK, "Đã trình", ["TEXT_NORMALISED"]),
    ("a sign that turns the direction", RESULT, "\u202eĐã trình", "", OK, "Đã trình", ["TEXT_NORMALISED"]),
    ("TCVN3", RESULT, "§· tr×nh dù th¶o", "", OK, "Đã trình dự thảo", ["LEGACY_TEXT"]),
    ("VNI", RESULT, "Ñaõ trình döï thaûo", "", OK, "Đã trình dự thảo", ["LEGACY_TEXT"]),
    ("old tone placement", RESULT, "hoà thuận, thuý", "", OK, "hoà thuận, thuý", []),
    ("another Đ", RESULT, "Ðã trình", "", OK, "Đã trình", ["TEXT_NORMALISED"]),
    ("another Đ in a choice", PROGRESS, "Ðang thực hiện", "", OK, "in_progress", ["CHOICE_FOLDED"]),
    ("a choice in capitals", PROGRESS, "ĐANG  THỰC HIỆN ", "", OK, "in_progress", ["CHOICE_FOLDED"]),
    ("a choice without accents", PROGRESS, "dang thuc hien", "", OK, "in_progress", ["CHOICE_FOLDED"]),
    ("no choice", PROGRESS, "Gần xong", "", NO, None, ["NOT_IN_LIST"]),
    ("a day as text", DAY, "12/4/2026", "", OK, date(2026, 4, 12), ["DATE_FROM_TEXT"]),
    ("a two-digit year", DAY, "12.04.26", "", OK, date(2026, 4, 12), ["DATE_FROM_TEXT"]),
    ("month first", DAY, "4/13/2026", "", NO, None, ["VALUE_UNREADABLE"]),
    ("shown month first", DAY, date(2026, 4, 3), "mm/dd/yyyy", NO, date(2026, 4, 3), ["DATE_SWAPPED"]),
    ("a month", DAY, "tháng 4/2026", "", NO, None, ["DATE_WITHOUT_DAY"]),
    ("a month that became a day", DAY, date(2026, 4, 1), "mmm yyyy", NO, None, ["DATE_WITHOUT_DAY"]),
    ("a quarter", DAY, "quý II", "", NO, None, ["DATE_WITHOUT_DAY"]),
    ("a year", DAY, 2026, "", NO, None, ["DATE_WITHOUT_DAY"]),
    ("a day before the period", DAY, date(2026, 1, 5), "", WARNED, date(2026, 1, 5), ["DATE_OUTSIDE_PERIOD"]),
    ("a ratio that became a day", PART, date(2026, 12, 10), "d/m", NO, None, ["DATE_IN_NUMBER"]),
    ("a ratio that became a day, as a percent", PERCENT, date(2026, 12, 10), "d-mmm", NO, None, ["DATE_IN_NUMBER"]),
    ("a ratio", PERCENT, "10/12", "", NO, None, ["VALUE_UNREADABLE"]),
    ("decimal comma", PART, f"{WAS},0", "", OK, float(WAS), ["NUMBER_FROM_TEXT"]),
    ("decimal dot", PART, f"{WAS}.0", "", OK, float(WAS), ["NUMBER_FROM_TEXT"]),
    ("two readings", PART, "1.234", "", NO, None, ["VALUE_AMBIGUOUS"]),
    ("percent sign", PERCENT, "85%", "", OK, 0.85, ["NUMBER_FROM_TEXT"]),
    ("percent sign with a blank", PERCENT, "85 %", "", OK, 0.85, ["NUMBER_FROM_TEXT"]),
    ("a percent as a number", PERCENT, 85, "General", OK, 0.85, ["PERCENT_SCALED"]),
    ("a fraction", PERCENT, 0.85, "", OK, 0.85, []),
    ("85 in a percent format", PERCENT, 85, "0%", NO, 85.0, ["OUT_OF_RANGE"]),
    ("8500 %", PERCENT, "8500 %", "", NO, 85.0, ["NUMBER_FROM_TEXT", "OUT_OF_RANGE"]),
    ("8500 as a number", PERCENT, 8500, "General", NO, 85.0, ["OUT_OF_RANGE"]),
    ("beyond all numbers", PERCENT, -1e308, "", NO, -1e308, ["OUT_OF_RANGE"]),
    ("beyond all numbers, upwards", PERCENT, 1e308, "", NO, 1e308, ["OUT_OF_RANGE"]),
    ("a comparison", PERCENT, "≥ 90", "", NO, None, ["VALUE_UNREADABLE"]),
    ("a tick in a number", PERCENT, "✓", "", NO, None, ["VALUE_UNREADABLE"]),
    ("a boolean", PERCENT, True, "", NO, None, ["VALUE_UNREADABLE"]),
    ("a formula as text", RESULT, "=1+1", "", OK, "=1+1", []),
    ("a plus sign", RESULT, "+84 lượt", "", OK, "+84 lượt", []),
    ("a minus sign", RESULT, "-5 hồ sơ", "", OK, "-5 hồ sơ", []),
    ("an at sign", RESULT, "@phòng", "", OK, "@phòng", []),
    ("bullets and lines", RESULT, "- một\n- hai\n• ba", "", OK, "- một\n- hai\n• ba", []),
    ("a number in a text", KPI, 15, "", OK, "15", ["NUMBER_IN_TEXT"]),
    ("a day in a text", KPI, date(2026, 12, 10), "d/m", OK, "10/12", ["NUMBER_IN_TEXT"]),
]


@functools.cache
def typed() -> dict[str, Outcome]:
    """What becomes of each, by name."""
    files = [typed_into(key, content, shown) for _, key, content, shown, *_ in TYPED]
    return dict(zip([line[0] for line in TYPED], outcomes(files), strict=True))


@pytest.mark.parametrize(("name", "key", "verdict", "value", "codes"), [line[:2] + line[4:] for line in TYPED])
def test_typed(name: str, key: Key, verdict: Verdict, value: object, codes: list[str]) -> None:
    """The verdict, the value, and the findings, all of them on that cell."""
    found = typed()[name]
    place = "!".join(at(key))
    assert found.verdict == verdict
    assert [(item.code, f"{item.sheet}!{item.cell}") for item in found.findings] == [(code, place) for code in codes]
    assert found.values == {**untouched().values, key: value}


STORED = [
    ("error cell", PERCENT, "<v>#REF!</v>", "e", NO, None, ["ERROR_CELL"]),
    ("error cell in a text", RESULT, "<v>#N/A</v>", "e", NO, None, ["ERROR_CELL"]),
    ("error cell with its formula", PERCENT, "<f>1/0</f><v>#DIV/0!</v>", "e", NO, None, ["ERROR_CELL"]),
    ("formula with its value", PERCENT, "<f>16/20</f><v>0.8</v>", "n", WARNED, 0.8, ["FORMULA_IN_ENTRY"]),
    (
        "formula of a text",
        RESULT,
        '<f>"đã "&amp;"xong"</f><v>đã xong</v>',
        "str",
        WARNED,
        "đã xong",
        ["FORMULA_IN_ENTRY"],
    ),
    ("formula of a day", DAY, "<f>TODAY()</f><v>46124</v>", "n", WARNED, date(2026, 4, 12), ["FORMULA_IN_ENTRY"]),
    ("formula without value", PERCENT, "<f>16/20</f>", "n", NO, None, ["FORMULA_NO_VALUE"]),
    ("formula without value in a text", RESULT, "<f>A1</f>", "str", NO, None, ["FORMULA_NO_VALUE"]),
    ("boolean", PERCENT, "<v>1</v>", "b", NO, None, ["VALUE_UNREADABLE"]),
    ("day in ISO", DAY, "<v>2026-04-12T00:00:00Z</v>", "d", OK, date(2026, 4, 12), []),
    ("day shifted to UTC", DAY, "<v>2026-04-11T17:00:00Z</v>", "d", NO, None, ["DATE_SHIFTED"]),
]


@functools.cache
def stored() -> dict[str, Outcome]:
    """What becomes of each, by name."""
    files = [cell_xml(report(), key, content, kind=kind) for _, key, content, kind, *_ in STORED]
    return dict(zip([line[0] for line in STORED], outcomes(files), strict=True))


@pytest.mark.parametrize(("name", "key", "verdict", "value", "codes"), [line[:2] + line[4:] for line in STORED])
def test_stored(name: str, key: Key, verdict: Verdict, value: object, codes: list[str]) -> None:
    """The same for what only the file's XML can say: errors, formulas with and without results, booleans, ISO days."""
    found = stored()[name]
    assert found.verdict == verdict
    assert found.told() == {code: ["!".join(at(key))] for code in codes}
    assert found.values.get(key) == value


def test_workbook_from_1904() -> None:
    """A report saved by an old Mac, whose days count from 1904: the same days."""
    book = openpyxl.load_workbook(io.BytesIO(report()))
    book.epoch = CALENDAR_MAC_1904
    buffer = io.BytesIO()
    book.save(buffer)
    found = outcome(buffer.getvalue())
    assert (found.verdict, found.findings, found.values) == ("accepted", (), untouched().values)
    assert found.values[PART] == WAS


def test_not_arisen_needs_nothing_more() -> None:
    """ "Chưa phát sinh" with everything else blank: not one finding about blanks."""

    def change(book: Workbook) -> None:
        for key in untouched().values:
            if key[:2] == OPEN:
                put(book, key, None)
        put(book, PROGRESS, "Chưa phát sinh")

    found = outcome(spoilt(change))
    assert (found.verdict, found.findings) == ("accepted", ())


def test_one_cause_one_finding() -> None:
    """An unreadable progress is told once: nothing that hangs on it is told as well."""
    found = outcome(spoilt(lambda book: put(book, (*DONE, "progress"), "Xong rồi nhé")))
    assert found.told() == {"NOT_IN_LIST": ["!".join(at((*DONE, "progress")))]}


def test_the_same_over_many_rows_is_complete() -> None:
    """The same mistake in every row is told for every row: people get it grouped, JSON gets all of it."""

    def change(book: Workbook) -> None:
        sheet = book[RESULTS]
        for key in ("led|I.1", "led|II.1.1"):
            sheet.cell(row_of(sheet, key), column_of(sheet, "percent")).value = "nhiều"

    found = outcome(spoilt(change))
    assert found.told() == {"VALUE_UNREADABLE": ["!".join(at(key)) for key in (PERCENT, FULL)]}


@pytest.mark.parametrize("text", ["=1+1", "+84 lượt", "-5 hồ sơ", "@SUM(A1)", "=cmd|'/c calc'!A0"])
def test_signs_stay_text_in_the_form_sent_back(text: str) -> None:
    """Text that looks like a formula is a text in the workbook that goes back to the unit."""
    back = returned(spoilt(lambda book: put(book, RESULT, text)))
    again = openpyxl.load_workbook(io.BytesIO(render_form(form_of(), back.values, back.findings)))
    sheet, address = back.places[RESULT]
    cell = again[sheet][address]
    assert (cell.value, cell.data_type) == (text, "s")


def test_every_case_has_a_name() -> None:
    """Names are the lines of the list: none stands twice."""
    names = [case[0] for case in (*TYPED, *STORED)]
    assert len(set(names)) == len(names) > 50
