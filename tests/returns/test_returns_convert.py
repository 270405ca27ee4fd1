"""One cell to one typed value."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nq57xl.returns.convert import _BLANK, _Converted, convert
from nq57xl.rules.load import load_schema
from nq57xl.rules.schema import CellValue, Facts, Field, FieldType
from nq57xl.text.legacy import clean
from nq57xl.xlsx.cells import RawCell, RawValue

SCHEMA = load_schema()


def field(kind: FieldType, **more: float) -> Field:
    choices = {"choice": "progress", "mark": "none", "measure": "yes_no"}.get(kind, "")
    return Field("f", "Cột", kind, "Gợi ý", choices=choices, min=more.get("min"), max=more.get("max"))


def became(value: RawValue, kind: FieldType, *, facts: Facts | None = None, **more: float) -> _Converted:
    return convert(RawCell(value), field(kind, **more), facts or {}, SCHEMA.lists)


def codes(converted: _Converted) -> list[str]:
    return [code for code, _ in converted.findings]


@pytest.mark.parametrize("kind", ["text", "choice", "mark", "percent", "number", "whole", "date", "measure"])
@pytest.mark.parametrize("value", [None, "", "   ", "\u00a0\u200b", "\r\n\t "])
def test_blank_is_no_value(kind: FieldType, value: RawValue) -> None:
    """A cell that holds only blanks is blank in every type."""
    assert became(value, kind) == _BLANK


@pytest.mark.parametrize(
    ("typed", "stored", "findings"),
    [
        ("Đã trình dự thảo.", "Đã trình dự thảo.", []),
        ("  Đã trình \r\n dự thảo.  ", "Đã trình\ndự thảo.", []),
        ("hai  khoảng trắng", "hai khoảng trắng", []),
        ("Đa\u0303 tri\u0300nh", "Đã trình", ["TEXT_NORMALISED"]),
        ("Đã\u00a0trình", "Đã trình", ["TEXT_NORMALISED"]),
        ("Đã\u200btrình", "Đãtrình", ["TEXT_NORMALISED"]),
        ("Đã\x01 trình", "Đã trình", ["TEXT_NORMALISED"]),
        ("=1+1", "=1+1", []),
        ("'@SUM(A1)", "'@SUM(A1)", []),
        (5.0, "5", ["NUMBER_IN_TEXT"]),
        (2513822505.0, "2513822505", ["NUMBER_IN_TEXT"]),
        (0.1, "0,1", ["NUMBER_IN_TEXT"]),
        (date(2026, 12, 10), "10/12/2026", ["NUMBER_IN_TEXT"]),
    ],
)
def test_text(typed: RawValue, stored: str, findings: list[str]) -> None:
    """Texts are stored clean; a repair is told only where more than blanks and line ends changed."""
    converted = became(typed, "text")
    assert (converted.value, codes(converted)) == (stored, findings)


@given(st.lists(st.sampled_from(("Đã", "trình", "258/BC-VP", " ", "  ", "\n", " \n", "\u00a0")), max_size=20))
def test_blanks_in_a_text(parts: list[str]) -> None:
    """The short way of plain texts stores what the long one stores: wherever blanks stand, the text is clean."""
    text = "".join(parts)
    assert became(text, "text").value == (clean(text) or None)


def test_ratio_that_became_a_date() -> None:
    """A date in a text column may have been typed as "10/12": the note says how to type it."""
    (_, words), *_ = became(date(2026, 12, 10), "text").findings
    assert "«10/12»" in words["message"]


@pytest.mark.parametrize(
    ("typed", "code", "findings"),
    [
        ("Hoàn thành", "done", []),
        (" Hoàn thành ", "done", []),
        ("HOÀN THÀNH", "done", ["CHOICE_FOLDED"]),
        ("hoàn  thành", "done", ["CHOICE_FOLDED"]),
        ("Hòan thành", "done", ["CHOICE_FOLDED"]),
        ("Hoan thanh", "done", ["CHOICE_FOLDED"]),
        ("Đang thực hiện".encode().decode(), "in_progress", []),
        ("Xong", None, ["NOT_IN_LIST"]),
        ("done", None, ["NOT_IN_LIST"]),
        (1.0, None, ["NOT_IN_LIST"]),
        (True, None, ["NOT_IN_LIST"]),
    ],
)
def test_choice(typed: RawValue, code: str | None, findings: list[str]) -> None:
    """Choices are compared without case, accents and tone place; anything else is not in the list."""
    converted = became(typed, "choice")
    assert (converted.value, codes(converted)) == (code, findings)


@pytest.mark.parametrize("typed", ["x", "X", "✓", "không phát sinh", "KHONG PHAT SINH", True])
def test_mark_that_is_folded(typed: RawValue) -> None:
    """A tick, a cross or a ticked box means marked."""
    converted = became(typed, "mark")
    assert (converted.value, codes(converted)) == ("none", ["CHOICE_FOLDED"])


def test_mark_not_set() -> None:
    """A box that is not ticked is blank."""
    assert became(False, "mark").value is None
    assert codes(became(False, "mark")) == []


@pytest.mark.parametrize(
    ("typed", "value", "findings"),
    [
        (0.45, 0.45, []),
        (0.0, 0.0, []),
        (1.0, 1.0, []),
        (45.0, 0.45, ["PERCENT_SCALED"]),
        (100.0, 1.0, ["PERCENT_SCALED"]),
        (7.0, 0.07, ["PERCENT_SCALED"]),
        (1.5, 0.015, ["PERCENT_SCALED"]),
        (150.0, 1.5, []),
        (-0.1, -0.1, []),
        ("85%", 0.85, ["NUMBER_FROM_TEXT"]),
        ("85 %", 0.85, ["NUMBER_FROM_TEXT"]),
        ("0,5%", 0.005, ["NUMBER_FROM_TEXT"]),
        ("45", 0.45, ["NUMBER_FROM_TEXT"]),
        ("41,7", 0.417, ["NUMBER_FROM_TEXT"]),
        ("0,95", 0.95, ["NUMBER_FROM_TEXT"]),
        ("1", 1.0, ["NUMBER_FROM_TEXT"]),
        ("120%", 1.2, ["NUMBER_FROM_TEXT"]),
        ("33,333%", 0.33333, ["NUMBER_FROM_TEXT"]),
        ("khoảng 80", None, ["VALUE_UNREADABLE"]),
        ("≥ 90%", None, ["VALUE_UNREADABLE"]),
        (date(2026, 4, 5), None, ["DATE_IN_NUMBER"]),
        (time(3, 0), None, ["VALUE_UNREADABLE"]),
        (timedelta(days=1), None, ["VALUE_UNREADABLE"]),
        (True, None, ["VALUE_UNREADABLE"]),
    ],
)
def test_percent(typed: RawValue, value: CellValue, findings: list[str]) -> None:
    """A percent is a fraction; 1 < x <= 100 means x per cent; values outside 0..1 are left for the rule."""
    converted = became(typed, "percent", min=0, max=1)
    assert (converted.value, codes(converted)) == (value, findings)


@pytest.mark.parametrize(
    ("typed", "value", "findings"),
    [
        (85.0, 85.0, []),
        (-3.0, -3.0, []),
        ("85", 85.0, ["NUMBER_FROM_TEXT"]),
        ("1.234.567", 1234567.0, ["NUMBER_FROM_TEXT"]),
        ("41,7", 41.7, ["NUMBER_FROM_TEXT"]),
        ("1.234", None, ["VALUE_AMBIGUOUS"]),
        ("85%", None, ["VALUE_UNREADABLE"]),
        ("85 hồ sơ", None, ["VALUE_UNREADABLE"]),
        (True, None, ["VALUE_UNREADABLE"]),
        (date(1900, 4, 8), None, ["DATE_IN_NUMBER"]),
    ],
)
def test_number(typed: RawValue, value: CellValue, findings: list[str]) -> None:
    """Numbers typed as text are read where there is one reading; a date in a number column is never used."""
    converted = became(typed, "number", min=0)
    assert (converted.value, codes(converted)) == (value, findings)


def test_ambiguous_number_within_limits() -> None:
    """The field's hard limits may leave one reading."""
    assert became("1.234", "number", min=0, max=100).value == 1.234


def test_ambiguity_is_explained() -> None:
    """The message of an ambiguous number shows both readings, and how to type each without doubt."""
    ((_, words),) = became("1.234", "number").findings
    assert (words["first"], words["second"]) == ("1.234", "1,234")
    for text, value in ((words["first_example"], 1234.0), (words["second_example"], 1.234)):
        assert became(text, "number").value == value


def test_whole() -> None:
    """A whole number stays one; a fraction is not rounded."""
    assert became(5.0, "whole").value == 5.0
    assert codes(became(2.5, "whole")) == ["VALUE_UNREADABLE"]
    assert codes(became("2,5", "whole")) == ["VALUE_UNREADABLE"]


@pytest.mark.parametrize(
    ("typed", "value", "findings"),
    [
        (date(2026, 4, 5), date(2026, 4, 5), []),
        (datetime(2026, 4, 5, 8, 30), date(2026, 4, 5), []),
        ("5/4/2026", date(2026, 4, 5), ["DATE_FROM_TEXT"]),
        ("05.04.26", date(2026, 4, 5), ["DATE_FROM_TEXT"]),
        (46117.0, date(2026, 4, 5), ["DATE_FROM_TEXT"]),
        ("tháng 4/2026", None, ["DATE_WITHOUT_DAY"]),
        (20260405.0, None, ["VALUE_UNREADABLE"]),
        (0.5, None, ["VALUE_UNREADABLE"]),
        (time(8, 30), None, ["VALUE_UNREADABLE"]),
        (True, None, ["VALUE_UNREADABLE"]),
    ],
)
def test_date(typed: RawValue, value: CellValue, findings: list[str]) -> None:
    """Days stay days, day first; a serial number whose format was lost is still that day."""
    converted = became(typed, "date")
    assert (converted.value, codes(converted)) == (value, findings)


@pytest.mark.parametrize(
    ("measure", "typed", "value", "findings"),
    [
        ("percent", 0.708, 0.708, []),
        ("percent", 70.8, 0.708, ["PERCENT_SCALED"]),
        ("number", 70.8, 70.8, []),
        ("number", "80 điểm", None, ["VALUE_UNREADABLE"]),
        ("choice", "Có", "yes", []),
        ("choice", "ko", None, ["NOT_IN_LIST"]),
        ("choice", "khong", "no", ["CHOICE_FOLDED"]),
    ],
)
def test_measure(measure: str, typed: RawValue, value: CellValue, findings: list[str]) -> None:
    """What a measure is, the row's fact says."""
    converted = became(typed, "measure", facts={"measure": measure}, min=0)
    assert (converted.value, codes(converted)) == (value, findings)


def test_error_cell() -> None:
    """An error cell has no value, and is typed as its name."""
    converted = convert(RawCell(None, "A1/0", "#DIV/0!"), field("percent"), {}, SCHEMA.lists)
    assert (converted.value, converted.typed, codes(converted)) == (None, "#DIV/0!", ["ERROR_CELL"])


def test_formula_with_result() -> None:
    """The stored result of a formula is used, with a warning."""
    converted = convert(RawCell(0.5, "1/2"), field("percent"), {}, SCHEMA.lists)
    assert (converted.value, codes(converted)) == (0.5, ["FORMULA_IN_ENTRY"])


def test_formula_without_result() -> None:
    """A formula without a stored result is an error, and is typed as its text."""
    converted = convert(RawCell(None, "1/2"), field("percent"), {}, SCHEMA.lists)
    assert (converted.value, converted.typed, codes(converted)) == (None, "=1/2", ["FORMULA_NO_VALUE"])


def test_formula_that_gives_an_empty_text() -> None:
    """A formula that says "" says nothing."""
    assert convert(RawCell("", 'IF(A1,"x","")'), field("text"), {}, SCHEMA.lists) == _BLANK


@pytest.mark.parametrize(
    ("value", "kind", "typed"),
    [
        (0.45, "percent", "45%"),
        (45.0, "percent", "45"),
        (1234.5, "number", "1234,5"),
        (date(2026, 4, 5), "date", "05/04/2026"),
        ("  a ", "text", "  a "),
        (True, "mark", "TRUE"),
        (5.0, "text", "5"),
    ],
)
def test_typed_is_what_the_person_saw(value: RawValue, kind: FieldType, typed: str) -> None:
    """What was typed is kept as the person saw it in the cell."""
    assert became(value, kind).typed == typed


RAW = st.one_of(
    st.none(),
    st.text(max_size=40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
)
KINDS = st.sampled_from(["text", "choice", "mark", "percent", "number", "whole", "date", "measure"])


@given(RAW, KINDS, st.sampled_from(["percent", "number", "choice", None]))
def test_every_cell_is_blank_or_a_value_or_an_error(value: RawValue, kind: FieldType, measure: str | None) -> None:
    """No cell raises; a filled cell without a value always has a finding, and values have the field's type."""
    converted = became(value, kind, facts={"measure": measure})
    if converted.value is None:
        assert converted.findings or converted == _BLANK
    elif kind in ("percent", "number", "whole"):
        assert isinstance(converted.value, float) and math.isfinite(converted.value)
    elif kind == "date":
        assert type(converted.value) is date
    elif kind in ("text", "choice", "mark"):
        assert isinstance(converted.value, str) and converted.value
