"""Findings told once for people: what belongs together, what the sentence says, and that nothing is lost."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nq57xl.rules.findings import _LEAST, Finding, Severity, catalogue, grouped, make, to_answer
from tests.conftest import REPOSITORY


def test_every_code_of_the_catalogue_is_named_by_a_test() -> None:
    """No finding is added that no case asks for: each code stands in a test or in a table of cases."""
    tables = [*REPOSITORY.glob("tests/**/test_*.py"), *REPOSITORY.glob("tests/cases/*.yml")]
    named = {word for path in tables for word in re.findall("[A-Z_]{4,}", path.read_text(encoding="utf-8"))}
    assert not catalogue().keys() - named


def blank(row: int, *, sheet: str = "1. Kết quả", field: str = "result", severity: Severity = "error") -> Finding:
    words = {"field": "Kết quả trong kỳ", "example": "Việc đã làm"}
    places = {"sheet": sheet, "cell": f"G{row}", "table": "led", "task": f"I.{row}", "field": field}
    return make("REQUIRED_BLANK", words=words, severity=severity, **places)


def unreadable(row: int, typed: str) -> Finding:
    words = {"field": "Tỷ lệ", "value": typed, "wanted": "tỷ lệ phần trăm", "example": "45%"}
    return make(
        "VALUE_UNREADABLE", words=words, sheet="1. Kết quả", cell=f"H{row}", table="led", field="percent", value=typed
    )


def test_one_problem_over_many_rows_is_one_point() -> None:
    """Nine blank cells of one column: one sentence with how many and where to begin, one remedy, the first cell."""
    (point,) = grouped([blank(row) for row in range(8, 17)])
    assert point.text == "Chưa nhập «Kết quả trong kỳ»: 9 ô (G8, G9, G10 … và 6 ô nữa)."
    assert (point.cell, point.count, point.severity) == ("1. Kết quả!G8", 9, "error")
    assert point.fix == "Nhập «Kết quả trong kỳ», ví dụ: Việc đã làm."


@pytest.mark.parametrize(
    ("rows", "texts"),
    [
        (range(8, 10), ["Chưa nhập «Kết quả trong kỳ»."] * 2),
        (range(8, 11), ["Chưa nhập «Kết quả trong kỳ»: 3 ô (G8, G9, G10)."]),
        (range(8, 12), ["Chưa nhập «Kết quả trong kỳ»: 4 ô (G8, G9, G10, G11)."]),
        (range(8, 13), ["Chưa nhập «Kết quả trong kỳ»: 5 ô (G8, G9, G10 … và 2 ô nữa)."]),
    ],
)
def test_few_places_are_named_all(rows: range, texts: list[str]) -> None:
    """Two points stay two; three are grouped; "và 1 ô nữa" is never said, the cell itself is shorter."""
    assert [point.text for point in grouped([blank(row) for row in rows])] == texts


def test_what_was_typed_stands_beside_its_cell() -> None:
    """Messages that differ in the typed text alone are one point; each text is told with its cell, cut when long."""
    found = [unreadable(8, "nửa"), unreadable(9, "một ít"), unreadable(10, "đang làm " * 9), unreadable(11, "x")]
    (point,) = grouped(found)
    assert point.text == (
        "«Tỷ lệ» ghi «…», không đọc được là tỷ lệ phần trăm: "
        "4 ô (H8 «nửa», H9 «một ít», H10 «đang làm đang làm đ…», H11 «x»)."
    )
    assert point.fix == "Nhập lại tỷ lệ phần trăm, ví dụ: 45%."


def test_numbers_and_dates_in_messages_do_not_part_what_belongs_together() -> None:
    """150 % and 220 % out of the same limits, dates outside the same window."""
    over = [
        Finding("OUT_OF_RANGE", "error", f"«Tỷ lệ» là {n}0%; phải từ 0% đến 100%.", field="percent", cell=f"H{n}")
        for n in (12, 15, 22)
    ]
    (point,) = grouped(over)
    assert point.headline == "«Tỷ lệ» là …; phải từ 0% đến 100%."


@pytest.mark.parametrize(
    "other",
    [
        {"sheet": "2. Khác"},
        {"field": "cause"},
        {"severity": "warning"},
        {"code": "ROW_INCOMPLETE"},
        {"message": "Chưa nhập «Kết quả trong kỳ» khi Tiến độ là «Hoàn thành»."},
    ],
)
def test_different_problems_stay_apart(other: dict[str, Any]) -> None:
    """Another sheet, column, severity, code or sentence is another point."""
    found = [blank(8), blank(9), blank(10), *(attrs.evolve(blank(row), **other) for row in (11, 12, 13))]
    assert [point.count for point in grouped(found)] == [3, 3]


def test_rows_that_are_missing_are_named_by_their_code() -> None:
    """A finding without a cell is named by its row."""
    found = [
        make("ROW_MISSING", words={"row": f"II.{n}", "sheet_title": "1. Kết quả"}, sheet="1. Kết quả", task=f"II.{n}")
        for n in range(1, 6)
    ]
    (point,) = grouped(found)
    assert point.text.startswith("Thiếu dòng «…» ở trang «1. Kết quả»: 5 chỗ (II.1, II.2, II.3 … và 2 chỗ nữa)")


def test_findings_about_the_file_are_not_mixed() -> None:
    """Three sheets gone are three sentences of their own; the same sentence three times is one."""
    sheets = [make("SHEET_MISSING", words={"sheet_title": title}) for title in ("1. A", "2. B", "3. C")]
    assert [point.count for point in grouped(sheets)] == [1, 1, 1]


def test_dots_in_a_message_are_no_gap() -> None:
    """A message that holds "…" itself is not one with others in whose place a number stands."""
    found = [Finding("A", "error", text, cell="G8") for text in ("Ghi … lần.", "Ghi 1 lần.", "Ghi 2 lần.")]
    assert [(point.count, point.headline) for point in grouped(found, 2)] == [(1, "Ghi … lần."), (2, "Ghi … lần.")]


def test_errors_come_before_warnings_and_nothing_else_is_asked() -> None:
    """What a unit has to answer: errors, then warnings; repaired and noted things are no points."""
    found = [blank(8, severity="warning"), blank(9, severity="repaired"), blank(10), blank(11, severity="note")]
    assert [(point.severity, point.first.cell) for point in to_answer(found)] == [("error", "G10"), ("warning", "G8")]


TEXT = st.text(alphabet="ab «»…0129%/.,:", max_size=12)


@given(
    st.lists(
        st.builds(
            Finding,
            code=st.sampled_from(["A", "B"]),
            severity=st.sampled_from(["error", "warning"]),
            message=TEXT,
            fix=TEXT,
            sheet=st.sampled_from(["", "1"]),
            cell=st.sampled_from(["", "G8", "G9"]),
            task=st.sampled_from([None, "I.1"]),
            field=st.sampled_from(["", "x"]),
            value=TEXT,
        ),
        max_size=14,
    ),
    st.integers(2, 4),
)
def test_no_finding_is_lost_or_doubled(findings: list[Finding], least: int) -> None:
    """Whatever the texts: the points hold each finding once, a group has at least `least`, all of one kind."""
    points = grouped(findings, least)
    assert Counter(item for point in points for item in point.findings) == Counter(findings)
    for point in points:
        assert point.count == 1 or point.count >= least
        assert len({(item.code, item.severity, item.sheet, item.field) for item in point.findings}) == 1
        assert point.text or not point.first.message
    firsts = [next(i for i, item in enumerate(findings) if item is point.first) for point in points]
    assert firsts == sorted(firsts)


def test_the_usual_threshold_is_three() -> None:
    """What the documentation says."""
    assert _LEAST == 3
