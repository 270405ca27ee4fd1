"""Deadlines as printed, into kind, day and milestones."""

from __future__ import annotations

import calendar
import datetime as dt
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nq57xl.plan.deadlines import Deadline
from nq57xl.text.legacy import one_line

SXD_TWO_STEPS = "Quý I/2026 hoàn thành xây dựng các dự án (nếu có), triển khai nhiệm vụ theo phân kỳ năm 2026 (nếu có)"

DATED = [
    ("T5-6/2026", "range", "2026-06-30"),
    ("15-6/2026", "date", "2026-06-15"),
    ("31/12/2026", "date", "2026-12-31"),
    ("1/2/2026", "date", "2026-02-01"),
    ("1/2/26", "date", "2026-02-01"),
    ("30-6-2026", "date", "2026-06-30"),
    ("30.6.2026", "date", "2026-06-30"),
    ("2026-06-30", "date", "2026-06-30"),
    ("Trước 10/02/2026", "date", "2026-02-10"),
    ("Trước ngày 30 tháng 6 năm 2026", "date", "2026-06-30"),
    ("ngày 5 tháng 4", "date", "2026-04-05"),
    ("trước 30/6", "date", "2026-06-30"),
    ("30/6", "date", "2026-06-30"),
    ("Hoàn thành trước ngày 30/9/2026 và duy trì liên tục", "date", "2026-09-30"),
    ("30/4/2026 (mô hình thử nghiệm). Vận hành ổn định", "date", "2026-04-30"),
    ("13/02/2026  Đề xuất hạn là thường xuyên", "date", "2026-02-13"),
    ("Theo tiến độ của Bộ, hoàn thành trước 30/6/2026", "date", "2026-06-30"),
    ("6/2025", "month", "2025-06-30"),
    ("06/2025", "month", "2025-06-30"),
    ("12/2026", "month", "2026-12-31"),
    ("2/2028", "month", "2028-02-29"),
    ("Tháng 5/2025", "month", "2025-05-31"),
    ("Tháng   01/ 2026", "month", "2026-01-31"),
    ("Trong tháng 01/2026", "month", "2026-01-31"),
    ("Tháng 6", "month", "2026-06-30"),
    ("Tháng 9 năm 2026", "month", "2026-09-30"),
    ("T6/2026", "month", "2026-06-30"),
    ("Quý I/2026", "quarter", "2026-03-31"),
    ("QUÝ IV/2026", "quarter", "2026-12-31"),
    ("Quí II/2026", "quarter", "2026-06-30"),
    ("Quý  IV /2026", "quarter", "2026-12-31"),
    ("Quý 3 năm 2026", "quarter", "2026-09-30"),
    ("Quý III", "quarter", "2026-09-30"),
    ("2025", "year", "2025-12-31"),
    ("2026 ", "year", "2026-12-31"),
    ("Năm 2026", "year", "2026-12-31"),
    ("Cuối năm 2026", "year", "2026-12-31"),
    ("Đến năm 2030", "year", "2030-12-31"),
    ("2025 - 2026", "range", "2026-12-31"),
    ("2025–2030", "range", "2030-12-31"),
    ("Giai đoạn 2026-2030", "range", "2030-12-31"),
    ("Từ tháng 3 đến tháng 12/2026", "range", "2026-12-31"),
    ("Tháng 3-12/2026", "range", "2026-12-31"),
    ("Quý I-III/2026", "range", "2026-09-30"),
    ("từ quý I/2026 đến quý IV/2026", "range", "2026-12-31"),
    ("6 tháng đầu năm 2026", "range", "2026-06-30"),
    ("6 tháng cuối năm", "range", "2026-12-31"),
    ("9 tháng đầu năm 2026", "range", "2026-09-30"),
    ("01/3/2026-30/6/2026", "range", "2026-06-30"),
    ("4/2026 - 6/2026", "range", "2026-06-30"),
    ("Từ 01/01/2026 đến 31/12/2026", "range", "2026-12-31"),
    ("Giai đoạn 2026-2030, tầm nhìn 2045", "range", "2030-12-31"),
    ("I/2026", "quarter", "2026-03-31"),
    ("Tuần 1 tháng 3/2026", "month", "2026-03-31"),
    ("Khi có yêu cầu; chậm nhất 30/11/2026", "date", "2026-11-30"),
    ("Quý II/2026 (sau khi có hướng dẫn)", "quarter", "2026-06-30"),
    ("Năm 2026 theo Kế hoạch của UBND tỉnh", "year", "2026-12-31"),
]


@pytest.mark.parametrize(("text", "kind", "day"), DATED)
def test_dated(text: str, kind: str, day: str) -> None:
    """Day, month, quarter, year and range mean their last day; no milestone."""
    found = Deadline.read(text, 2026)
    assert (found.kind, str(found.date), found.milestones) == (kind, day, ())


UNDATED = [
    ("Thường xuyên", "ongoing"),
    ("Nhiệm vụ thường xuyên", "ongoing"),
    ("Thực hiện thường xuyên", "ongoing"),
    ("Hằng năm", "ongoing"),
    ("Hàng quý", "ongoing"),
    ("Thường xuyên, định kỳ báo cáo theo Quý", "ongoing"),
    ("Thường xuyên trong năm 2026", "ongoing"),
    ("Trước ngày 25 hằng tháng", "ongoing"),
    ("30 ngày sau khi Trung ương ban hành", "relative"),
    ("10 ngày làm việc sau khi Nghị quyết được ban hành", "relative"),
    ("30 ngày sau khi Nghị quyết số 57-NQ/TW ngày 22/12/2024 được sửa đổi", "relative"),
    ("Khi có nhiệm vụ chậm muộn", "relative"),
    ("Theo đề nghị của cơ quan cấp trên", "relative"),
    ("30 ngày", "relative"),
    ("Theo Kế hoạch của UBND tỉnh", "upstream"),
    ("Theo Kế hoạch của UBDN tỉnh", "upstream"),
    ("Theo tiến độ…", "upstream"),
    ("Theo Kế hoạch số 91/KH-UBND ngày 12/02/2026", "upstream"),
    ("Đã thực hiện", "done"),
    ("Đã hoàn thành ngày 12/3/2026", "done"),
    ("Từ Quý I/2026", "range"),
    ("2025 và những năm tiếp theo", "range"),
    ("Tháng 12/2026 và các năm tiếp theo", "range"),
    ("Từ ngày 01/7/2026", "range"),
    ("Hàng năm (2026-2030)", "ongoing"),
    ("Trong vòng 15 ngày kể từ ngày 01/3/2026", "relative"),
    ("Đã ban hành tại Quyết định số 12/QĐ-SXD ngày 05/01/2026", "done"),
    ("1/2/3/4/2026", "unknown"),
    ("", "unknown"),
    ("7", "unknown"),
    ("30", "unknown"),
    ("10/12", "unknown"),
    ("31/4/2026", "unknown"),
    ("13/2026", "unknown"),
    ("00/2026", "unknown"),
    ("Đầu năm 2026", "unknown"),
    ("Tháng 1/2206", "unknown"),
    ("tháng 1 năm 2206", "unknown"),
    ("Quý I/2206", "unknown"),
    ("Tháng 13", "unknown"),
    ("Sở Tài chính; Sở Nội vụ", "unknown"),
    ("Nghị quyết số 66.7/2025/NQ-CP ngày 15/11/2025", "unknown"),
]


@pytest.mark.parametrize(("text", "kind"), UNDATED)
def test_undated(text: str, kind: str) -> None:
    """Words without a day give a kind and no date; a document's own date is no deadline."""
    found = Deadline.read(text, 2026)
    assert (found.kind, found.date, found.milestones) == (kind, None, ())


@pytest.mark.parametrize(
    ("text", "kind", "day", "milestones"),
    [
        (SXD_TWO_STEPS, "year", "2026-12-31", ["2026-03-31"]),
        ("Quý I/2026 lựa chọn nhiệm vụ. Quý IV/2026 báo cáo kết quả", "quarter", "2026-12-31", ["2026-03-31"]),
        ("30/4/2026 (mô hình). Vận hành ổn định quý IV/2026", "quarter", "2026-12-31", ["2026-04-30"]),
        ("Quý I, II và III/2026", "quarter", "2026-09-30", ["2026-03-31", "2026-06-30"]),
        ("Trước ngày 15/3 và 15/9", "date", "2026-09-15", ["2026-03-15"]),
        ("Ngày 30/6 và 31/12 hằng năm", "date", "2026-12-31", ["2026-06-30"]),
        ("31/12/2026 (sơ kết 30/6/2026)", "date", "2026-12-31", ["2026-06-30"]),
        ("Đã hoàn thành giai đoạn 1; giai đoạn 2 xong quý III/2026", "quarter", "2026-09-30", []),
        ("Trước ngày 30/6/2026, báo cáo trước ngày 30/6/2026", "date", "2026-06-30", []),
    ],
)
def test_steps(text: str, kind: str, day: str, milestones: list[str]) -> None:
    """Of several steps the last date is the deadline, earlier ones are milestones, each once."""
    found = Deadline.read(text, 2026)
    assert (found.kind, str(found.date), [str(item) for item in found.milestones]) == (kind, day, milestones)


@pytest.mark.parametrize(("text", "day"), [("Trước tháng 7/2026", "2026-06-30"), ("Trước quý IV/2026", "2026-09-30")])
def test_before_a_period(text: str, day: str) -> None:
    """ "Trước" a month or quarter is the day before it begins."""
    assert str(Deadline.read(text, 2026).date) == day


def test_decomposed_letters() -> None:
    """NFD text, no-break spaces and capitals read like plain text; the text is kept on one line."""
    found = Deadline.read("Qu\u0079\u0301\u00a0I/2026\n", 2026)
    assert (found.text, found.kind, found.date) == ("Quý I/2026", "quarter", dt.date(2026, 3, 31))


PHRASES = (
    "trước ngày tháng quý năm I II IV 1 6 12 31 30/6/2026 6/2026 2026 2025-2030 và đến từ thường xuyên theo kế hoạch "
    "khi có sau hằng đã thực hiện hoàn thành - / , . ( ) số 57-NQ/TW 99/99/9999 0/0/0 1/2/26 cuối đầu"
)


@given(
    st.one_of(st.text(max_size=80), st.lists(st.sampled_from(PHRASES.split()), max_size=12).map(" ".join)),
    st.integers(1990, 2099),
)
def test_never_raises_never_invents(text: str, year: int) -> None:
    """Any text gives a deadline; a day comes only from digits or a quarter of the text, milestones lie before it."""
    found = Deadline.read(text, year)
    assert found.text == one_line(text)
    if found.date is None:
        assert found.milestones == ()
    else:
        assert re.search(r"\d|qu[ýí]|q\s*i|năm", found.text, re.IGNORECASE)
        numbers = {int(item) for item in re.findall(r"\d+", found.text)}
        years = {item + 2000 if item < 100 else item for item in numbers} | {year}
        assert found.date.year in years or found.date.year + 1 in years
        assert list(found.milestones) == sorted(set(found.milestones))
        assert all(item < found.date for item in found.milestones)


@pytest.mark.parametrize("piece", ["1", "1/", "quý i, ", "tháng 1 và ", "2026-", "57-NQ/TW ngày ", " "])
def test_long_texts_are_read_at_once(piece: str) -> None:
    """A text of 20,000 letters, however made, is read in well under two seconds."""
    start = time.perf_counter()
    Deadline.read(piece * (20_000 // len(piece)), 2026)
    assert time.perf_counter() - start < 2


@given(
    st.dates(dt.date(1990, 1, 1), dt.date(2099, 12, 31)), st.sampled_from(["", "Trước ", "Trước ngày ", "Hoàn thành "])
)
def test_every_day_reads_back(day: dt.date, prefix: str) -> None:
    """Every day written dd/mm/yyyy or d/m/yyyy reads back as itself."""
    for shown in (f"{day:%d/%m/%Y}", f"{day.day}/{day.month}/{day.year}"):
        found = Deadline.read(prefix + shown, 2026)
        assert (found.kind, found.date) == ("date", day)


@given(
    st.integers(1, 12), st.integers(1990, 2099), st.sampled_from(["Tháng {m}/{y}", "{m:02d}/{y}", "tháng {m} năm {y}"])
)
def test_every_month_is_its_last_day(month: int, year: int, shape: str) -> None:
    """A month of any year is its last day, leap years too."""
    found = Deadline.read(shape.format(m=month, y=year), 2026)
    assert (found.kind, found.date) == ("month", dt.date(year, month, calendar.monthrange(year, month)[1]))


def test_two_days_joined_are_two_steps() -> None:
    """«15/6 và 15/12»: both are days of the year, the earlier one is a milestone."""
    found = Deadline.read("15/6 và 15/12", 2026)
    assert (found.date, found.milestones) == (dt.date(2026, 12, 15), (dt.date(2026, 6, 15),))


@pytest.mark.parametrize("text", ["Quý V/2026", "quý 5 năm 2026", "5-6/2026"])
def test_what_may_be_another_day_is_none(text: str) -> None:
    """A quarter that there is not is not the end of its year; «5-6/2026» may be two months or a day: lint asks."""
    found = Deadline.read(text, 2026)
    assert (found.kind, found.date) == ("unknown", None)
