"""Targets of indicators into comparator, number and unit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nq57xl.plan.deadlines import Target


@pytest.mark.parametrize(
    ("text", "comparator", "value", "unit"),
    [
        ("≥ 80 điểm", ">=", 80.0, "điểm"),
        ("100%", ">=", 1.0, "%"),
        ("90%", ">=", 0.9, "%"),
        ("≥ 90%", ">=", 0.9, "%"),
        (">= 90 %", ">=", 0.9, "%"),
        ("41,7%", ">=", 0.417, "%"),
        ("tối thiểu 98%", ">=", 0.98, "%"),
        ("Trên 90%", ">", 0.9, "%"),
        ("> 90%", ">", 0.9, "%"),
        ("dưới 5%", "<", 0.05, "%"),
        ("Không quá 10%", "<=", 0.1, "%"),
        ("≤ 10 ngày", "<=", 10.0, "ngày"),
        ("từ 90% trở lên", ">=", 0.9, "%"),
        ("5 ngày trở xuống", "<=", 5.0, "ngày"),
        ("Đạt 100%", ">=", 1.0, "%"),
        ("100% hồ sơ", ">=", 1.0, "%"),
        ("= 3", "=", 3.0, ""),
        ("Có", "=", None, ""),
        ("có.", "=", None, ""),
        ("≥ 01 mô hình", ">=", 1.0, "mô hình"),
        ("≥ 01 mô hình/ sáng kiến được đề xuất", ">=", 1.0, "mô hình/ sáng kiến được đề xuất"),
        ("1.234.567 đồng", ">=", 1234567.0, "đồng"),
        ("1.234,5 tỷ", ">=", 1234.5, "tỷ"),
        ("1,5", ">=", 1.5, ""),
        ("0", ">=", 0.0, ""),
    ],
)
def test_read(text: str, comparator: str, value: float | None, unit: str) -> None:
    """Percentages are fractions; a bare number or percent compares as ">=" (contract.md 6)."""
    found = Target.read(text)
    assert (found.text, found.comparator, found.value, found.unit) == (text, comparator, value, unit)


@pytest.mark.parametrize(
    "text",
    ["", "x", "1.234", "80-90%", "10/12", "Nhóm 05 đơn vị dẫn đầu", "Tăng 10%", "12 và 15", "9" * 400, "đạt " * 9000],
)
def test_not_read(text: str) -> None:
    """Anything else, also a number that can be read in two ways, has neither comparator nor value."""
    found = Target.read(text)
    assert (found.comparator, found.value) == (None, None)


@given(st.text(max_size=40))
def test_never_raises(text: str) -> None:
    """Any text gives a target that keeps the text; a value comes with a comparator and from digits."""
    found = Target.read(text)
    if found.value is not None:
        assert found.comparator is not None
        assert any(letter.isdigit() for letter in text)


@given(st.integers(0, 1000), st.sampled_from(["", "≥ ", ">=", "Tối thiểu "]), st.sampled_from(["%", " %"]))
def test_percent_reads_back(percent: int, prefix: str, suffix: str) -> None:
    """Every whole percent is a hundredth of its number."""
    found = Target.read(f"{prefix}{percent}{suffix}")
    assert (found.comparator, found.unit) == (">=", "%")
    assert found.value == pytest.approx(percent / 100)
