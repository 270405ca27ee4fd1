"""What a cell shows, over formats in the wild: Excel, LibreOffice in vi, en-US and fr, WPS, Google, SheetJS."""

from __future__ import annotations

import json
import subprocess
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nq57xl.xlsx.shown import Wanted, _parse, builtin, kind_of, readings, shown_text
from tests.conftest import SAVERS

APRIL_10, DECEMBER_1 = 46122, 46357
"""10/04/2026 and 01/12/2026 as they are stored."""

TEXTS = [
    (0.85, "0%", "85%"),
    (0.855, "0.0%", "85,5%"),
    (1.05, "0.00 %", "105,00 %"),
    (0.5, '0.0"%"', "0,5%"),
    (85, '0"%"', "85%"),
    (DECEMBER_1, "mm/yyyy", "12/2026"),
    (DECEMBER_1, '"Quý IV/"yyyy', "Quý IV/2026"),
    (DECEMBER_1, "d/m", "1/12"),
    (12, '0"/QĐ-SXD"', "12/QĐ-SXD"),
    (7, '00"/KH-SXD"', "07/KH-SXD"),
    (45, "0000", "0045"),
    (2513822505, "0000\\ 0000\\ 000", "0251 3822 505"),
    (45, '"TB-"0', "TB-45"),
    (1_500_000_000, '0.0,,," tỷ đồng"', "1,5 tỷ đồng"),
    (1_250_000, "#,##0", "1.250.000"),
    (1234.5, "#,##0.00", "1.234,50"),
    (102_000, "0,", "102"),
    (2.5, "0", "3"),
    (-0.4, "0", "0"),
    (-5, "0;(0)", "(5)"),
    (-5, "0", "-5"),
    (5, '0.0;;"không"', "5,0"),
    (0, '0.0;;"không"', "không"),
    (-5, '0.0;;"không"', ""),
    (102, '_(* #,##0_);_(* \\(#,##0\\);_(* "-"??_);_(@_)', "102"),
    (0.30000000000000004, "General", "0,3"),
    (1234567890123, "General", "1234567890123"),
    (1e20, "General", "1E+20"),
    (0.5, "# ?/?", "1/2"),
    (1.5, "# ?/?", "1 1/2"),
    (1.5, "?/?", "3/2"),
    (1.25, "# ?/8", "1 2/8"),
    (1234, "0.00E+00", "1,23E+03"),
    (1.5, "[h]:mm", "36:00"),
    (-1.5, "[h]:mm", "-36:00"),
    (1.53125, "[h]:mm", "36:45"),
    (1.53125, "[mm]:ss", "2205:00"),
    (0.354166666666667, "hh:mm", "08:30"),
    (0.4375, "h:mm AM/PM", "10:30 AM"),
    (APRIL_10, "[$-409]mmmm\\ d\\,\\ yyyy;@", "April 10, 2026"),
    (APRIL_10, "[$-42A]dddd, dd mmmm yyyy", "Thứ Sáu, 10 Tháng Tư 2026"),
    (APRIL_10, 'yyyy"年"m"月"d"日";@', "2026年4月10日"),
    (APRIL_10, "[$-40C]dd/mm/yyyy", "10/04/2026"),
    (APRIL_10, 'd"/"m"/"yyyy', "10/4/2026"),
    (APRIL_10, builtin(14), "10/04/2026"),
    (1, '[=1]"Có";"Không"', "Có"),
    (0, '[=1]"Có";"Không"', "Không"),
    (5, ";;;", ""),
    (1e15, "[h]:mm", "#######"),
    (2958465.7, "dd/mm/yyyy", "31/12/9999"),
    (1e300, "dd/mm/yyyy", "#######"),
    (-5, "dd/mm/yyyy", "#######"),
    ("abc", "0%", "abc"),
    ("Lan", '0;0;0;"bà "@', "bà Lan"),
]
"""Stored value, format, what the cell shows."""

PERCENTS = [
    (0.45, "0%", (0.45,)),
    (0.45, "General", (0.45,)),
    (45, "General", (0.45,)),
    (1, "General", (1.0,)),
    (1.05, "0%", (1.05,)),
    (1.05, "General", (0.0105,)),
    (45, "0%", (45,)),
    (1.0000000000000002, "0%", (1.0,)),
    (1.0000000000000002, "General", (1.0,)),
    (0.004, "0%", (0.004,)),
    (0.5, '0.0"%"', (0.5, 0.005)),
    (0.45, "0.00\\%", (0.45, 0.0045)),
    (0.45, 'General"%"', (0.45, 0.0045)),
    (0.45, '"% "0.00', (0.45, 0.0045)),
    (0.45, '0.00" phần trăm"', (0.45, 0.0045)),
    (0.45, '0.00"‰"', (0.45, 0.00045)),
    (1, '0"%"', (1.0, 0.01)),
    (45, '0"%"', (0.45,)),
    (45.5, "0.0\\%", (0.455,)),
    (450, "0.00,", (4.5, 0.45)),
    (0.45, "-0%", (0.45, -0.45)),
    (0.45, '"≥ "0%', (0.45,)),
    (0.5, "# ?/?", (0.5,)),
    (0.45, "0%%", ()),
    (0.45, "[h]:mm", ()),
    (0.45, ";;;", ()),
    (0.45, '"đang làm"', ()),
    (45, "dd/mm/yyyy", ()),
]
"""Stored value, format, the fractions that it can mean."""

NUMBERS = [
    (102, "General", (102,)),
    (102, "#,##0", (102,)),
    (102, '0" người"', (102,)),
    (82.46, "0", (82.46,)),
    (102_000, "0,", (102_000, 102)),
    (102, '0" nghìn"', (102, 102_000)),
    (102, '0"k"', (102, 102_000)),
    (1_500_000_000, '0.0,,," tỷ"', (1_500_000_000,)),
    (102, '0"00"', ()),
    (102, '0"/120"', ()),
    (102, '"-"0', (102, -102)),
    (-102, "0;0", (-102, 102)),
    (-102, "0;(0)", (-102,)),
    (1.02, "0%", (1.02, 102)),
    (45, '0"%"', (45, 0.45)),
    (4.25, "[h]:mm", ()),
    (APRIL_10, "d/m", ()),
]
"""Stored value, format, the numbers that it can mean."""

DAYS = [
    (APRIL_10, "dd/mm/yyyy", "10/4"),
    (APRIL_10, "yyyy-mm-dd", "10/4"),
    (APRIL_10, "[$-42A]dd/mm/yyyy", "10/4"),
    (APRIL_10, '"ngày "dd" tháng "mm" năm "yyyy', "10/4"),
    (APRIL_10, "dd/mm", "10/4"),
    (APRIL_10, "General", "10/4"),
    (APRIL_10, "#,##0", "10/4"),
    (APRIL_10 + 0.354, "dd/mm/yyyy hh:mm", "10/4"),
    (APRIL_10 + 0.9, "dd/mm/yyyy", "10/4"),
    *((APRIL_10, builtin(number), "10/4") for number in (14, 15, 16, 17, 22, 27, 31, 58)),
    (APRIL_10, "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", "10/4"),
    (APRIL_10, "mm/dd/yyyy", "10/4 4/10"),
    (APRIL_10, "[$-409]m/d/yy\\ h:mm\\ AM/PM;@", "10/4 4/10"),
    (APRIL_10, 'm"/"d"/"yyyy', "10/4 4/10"),
    (APRIL_10, "yyyy/dd/mm", "10/4 4/10"),
    (APRIL_10, "m/d", "10/4 4/10"),
    (APRIL_10 + 4, "mm/dd/yyyy", "14/4"),
    (APRIL_10 - 6, "mm/dd/yyyy", "4/4"),
    (APRIL_10, "[$-409]mmmm d, yyyy", "10/4"),
    (APRIL_10 - 30 / 86_400, "dd/mm/yyyy", "10/4"),
    (APRIL_10 - 390 / 86_400, "dd/mm/yyyy", "10/4"),
    (APRIL_10 + 30 / 86_400, "dd/mm/yyyy", "10/4"),
    (APRIL_10 - 7 / 24, "dd/mm/yyyy", "9/4 10/4"),
    (APRIL_10 - 7 / 24 + 30 / 86_400, "dd/mm/yyyy hh:mm", "9/4 10/4"),
    (APRIL_10, "mm/yyyy", ""),
    (APRIL_10, "yyyy", ""),
    (APRIL_10, '"Quý II/"yyyy', ""),
    (APRIL_10 + 0.5, "hh:mm", ""),
    (APRIL_10 + 0.5, "mm:ss", ""),
    (APRIL_10, "[h]:mm", ""),
    (APRIL_10, "0%", ""),
    (APRIL_10, ";;;", ""),
    (APRIL_10, '"Chưa xong"', ""),
    (1e300, "dd/mm/yyyy", ""),
    (-5, "dd/mm/yyyy", ""),
]
"""Stored value, format, the days of 2026 that it can mean."""


@pytest.mark.parametrize(("value", "code", "text"), TEXTS)
def test_text(value: float | str, code: str, text: str) -> None:
    """A text cell says what it shows, in Vietnamese notation."""
    assert shown_text(value, code) == text


@pytest.mark.parametrize(("value", "code", "fractions"), PERCENTS)
def test_percent(value: float, code: str, fractions: tuple[float, ...]) -> None:
    """One reading where stored and shown agree, two where they do not, none where no percentage is shown."""
    assert readings(value, code, "percent") == pytest.approx(fractions)


@pytest.mark.parametrize(("value", "code", "numbers"), NUMBERS)
def test_number(value: float, code: str, numbers: tuple[float, ...]) -> None:
    """The same for numbers: scales, units, signs and figures that the format draws."""
    assert readings(value, code, "number") == pytest.approx(numbers)


@pytest.mark.parametrize(("value", "code", "days"), DAYS)
def test_day(value: float, code: str, days: str) -> None:
    """The same for days: order, region, missing parts, seconds of drift, hours of UTC."""
    wanted = tuple(date(2026, *reversed([int(part) for part in day.split("/")])) for day in days.split())
    assert readings(value, code, "date") == wanted


def test_days_of_1904() -> None:
    """Workbooks that count from 1904 mean the same day by another number."""
    assert readings(APRIL_10 - 1462, "dd/mm/yyyy", "date", date1904=True) == (date(2026, 4, 10),)


@given(
    st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(10**16), 10**16).map(float)),
    st.one_of(st.text('0#?.,%"\\/;[]$-@dmyhsAPE+ _*><=gbđ'), st.text(max_size=12)),
    st.sampled_from(["percent", "number", "date"]),
)
@example(2.0806633505350878e303, "h", "percent")
def test_no_format_and_no_number_is_too_odd(value: float, code: str, wanted: Wanted) -> None:
    """Whatever stands in a file, there is a text, and there are at most two readings."""
    assert isinstance(shown_text(value, code), str)
    assert len(readings(value, code, wanted)) <= 2
    assert kind_of(value, code)
    assert _parse(code).sections


@pytest.mark.needs("node")
def test_sheetjs_shows_the_same() -> None:
    """Another program's renderer, over formats and values that both know; its separators are English."""
    codes = [
        "0", "0.00", "#,##0", "#,##0.00", "0%", "0.00%", '0.0"%"', "0.00\\%", "0,", '0.0,,," tỷ"', '0" người"', '"-"0',
        "0;0", "0;(0)", "00", "0000\\ 0000\\ 000", '[>=100]0" lớn";0" nhỏ"', '[=1]"Có";"Không"', ";;;", "0%%", "-0%",
        "$#,##0.00", "+0;-0;0", "# ?/?", "0.00E+00", "#,##0_);(#,##0)",
    ]  # fmt: skip
    day_codes = [
        "dd/mm/yyyy", "d/m/yy", "mm/dd/yyyy", "yyyy-mm-dd", "[$-409]mmmm\\ d\\,\\ yyyy;@", "[$-409]d\\-mmm\\-yy;@",
        "d/m", "mm/yyyy", '"Quý IV/"yyyy', "hh:mm", "h:mm AM/PM", "[h]:mm", "[mm]:ss", "mm:ss", "dd/mm/yyyy hh:mm",
        'yyyy"年"m"月"d"日";@', '"ngày "dd" tháng "mm" năm "yyyy',
    ]  # fmt: skip
    numbers = (1, 0.45, 1.05, 45, 102, 1_250_000, 1234.5678, 0.004, 1_500_000_000, 99.995, -12)
    moments = (APRIL_10, APRIL_10 + 0.25, DECEMBER_1, APRIL_10 - 30 / 86_400)
    items = [(value, code) for code in codes for value in numbers] + [(m, code) for code in day_codes for m in moments]
    script = "const X=require('@e965/xlsx');process.stdin.on('data',d=>console.log(JSON.stringify(JSON.parse(d).map("
    script += "([v,c])=>X.SSF.format(c,v)))))"
    done = subprocess.run(
        ["node", "-e", script],
        input=json.dumps(items),
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=SAVERS,
        check=True,
    )
    swap = str.maketrans(",.", ".,")
    for (value, code), theirs in zip(items, json.loads(done.stdout), strict=True):
        expected = theirs.translate(swap) if code in codes else theirs
        assert " ".join(shown_text(value, code).split()) == " ".join(expected.split()), (value, code)
