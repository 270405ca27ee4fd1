"""Numbers typed as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nq57xl.text.typed import read_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5.0),
        ("41,7", 41.7),
        ("1.5", 1.5),
        ("0,125", 0.125),
        ("0.125", 0.125),
        (",5", 0.5),
        ("1,2345", 1.2345),
        ("1.234.567", 1234567.0),
        ("1,234,567", 1234567.0),
        ("1 234 567", 1234567.0),
        ("1\u00a0234", 1234.0),
        ("1.234.567,8", 1234567.8),
        ("1,234.5", 1234.5),
        ("12 345,6", 12345.6),
        ("-5", -5.0),
        ("\u22125,5", -5.5),
        ("+7", 7.0),
        ("  85\u200b ", 85.0),
        ("007", 7.0),
    ],
)
def test_plain_numbers(text: str, value: float) -> None:
    """Decimal comma and point, thousands by dot, comma or blank are read where only one reading is possible."""
    reading = read_number(text)
    assert (reading.value, reading.readings, reading.percent) == (value, (), False)


@pytest.mark.parametrize("text", ["85%", "85 %", "85\u00a0%", "85,0%", " 85% "])
def test_percent_sign(text: str) -> None:
    """A percent sign is told, the number stays as it was typed before it."""
    reading = read_number(text)
    assert (reading.value, reading.percent) == (85.0, True)


@pytest.mark.parametrize(
    ("text", "readings", "percent"),
    [
        ("1.234", (1234.0, 1.234), False),
        ("1,234", (1234.0, 1.234), False),
        ("-12.500", (-12500.0, -12.5), False),
        ("41.725%", (41725.0, 41.725), True),
    ],
)
def test_two_readings(text: str, readings: tuple[float, ...], percent: bool) -> None:
    """One separator before exactly three digits may be thousands or decimals: both readings, no value."""
    reading = read_number(text)
    assert (reading.value, reading.readings, reading.percent) == (None, readings, percent)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "%",
        "-",
        "≥ 90",
        ">= 90%",
        "80 điểm",
        "10/12",
        "1e5",
        "1.234.56",
        "1,23,456",
        "1 2",
        "5,",
        "nan",
        "inf",
        "85%%",
        "12-5",
        "(5)",
        "1.234,567.8",
        "٣",
        "x",
        "9" * 31,
        "0x10",
        "1_000",
    ],
)
def test_nothing_is_guessed(text: str) -> None:
    """Words, comparisons, units, fractions and broken groups are not read at all."""
    reading = read_number(text)
    assert (reading.value, reading.readings) == (None, ())


@given(st.text(alphabet="0123456789.,- %\u00a0+x", max_size=14))
def test_any_text_has_at_most_one_value(text: str) -> None:
    """Whatever is typed: a value, or two different readings, or nothing; never an exception, never infinity."""
    reading = read_number(text)
    assert reading.value is None or not reading.readings
    assert len(reading.readings) in (0, 2)
    assert len(set(reading.readings)) == len(reading.readings)
    for number in (reading.value, *reading.readings):
        assert number is None or abs(number) < 1e31


@given(st.integers(min_value=0, max_value=10**12), st.integers(min_value=0, max_value=99))
def test_vietnamese_notation_is_read_back(whole: int, cents: int) -> None:
    """A number written with thousands dots and a decimal comma is that number."""
    text = f"{whole:,}".replace(",", ".") + f",{cents:02d}"
    assert read_number(text).value == pytest.approx(whole + cents / 100, rel=1e-12)


@given(st.integers(min_value=-(10**14), max_value=10**14))
def test_digits_alone_are_read_back(number: int) -> None:
    """Digits without separators have one reading."""
    assert read_number(str(number)).value == number
