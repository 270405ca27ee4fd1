"""Documents as people cite them in one cell."""

from __future__ import annotations

import random
import time
from datetime import date, timedelta

import pytest

from nq57xl.text.typed import Citation, read_citation, split_address

DAY = date(2026, 4, 6)


@pytest.mark.parametrize(
    "text",
    [
        "258/BC-VP ngày 06/4/2026",
        "Số: 258/BC-VP, ngày 6 tháng 4 năm 2026",
        "258/BC-VP (06/04/2026)",
        "Báo cáo số 258/BC-VP ngày 06-04-2026 của Văn phòng",
        "258/BC-VP\nngày 6.4.2026",
        "Ngày 06/4/2026, số 258/BC-VP",
        "258 / BC - VP, ngày 06 tháng 4/2026",
        "258/BC-VP ngày 6/4 năm 2026",
        "258/BC-VP ngày 06/tháng 4/năm 2026",
        "258/BC-VP ngày 06/4/2026; 260/BC-VP ngày 10/4/2026",
        "258/BC-VP ngày 06/4/2026\n260/BC-VP ngày 10/4/2026",
        "258/BC-VP, 259/BC-VP cùng ngày 06/4/2026",
        "258/BC-VP-06/4/2026",
        "258/BC-VP ngày 06/4/26 (https://sxd.dongnai.gov.vn/vb/258-01.02.2026)",
    ],
)
def test_number_and_day_are_read_as_people_write_them(text: str) -> None:
    """Of one cell the number and the day of the first document (issue: a form in a quarter of an hour)."""
    assert read_citation(text) == Citation("258/BC-VP", DAY)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("258/BC-VP", Citation("258/BC-VP")),
        ("258/BC.VP ngày 06/4/2026. Đã gửi", Citation("258/BC.VP", DAY)),
        ("258/BC-VP.", Citation("258/BC-VP")),
        ("ngày 06/4/2026", Citation("", DAY)),
        ("đã gửi văn thư", Citation()),
        ("Đã trình dự thảo lần 2", Citation()),
        ("258/BC-VP ngày 31/02/2026", Citation("258/BC-VP", None, "31/02/2026")),
        ("258/BC-VP tháng 4/2026", Citation("258/BC-VP", None, "tháng 4/2026")),
        ("258/BC-VP ngày 06/4", Citation("258/BC-VP", None, "06/4")),
        ("Báo cáo tháng 4/2026", Citation("", None, "tháng 4/2026")),
        ("57-NQ/TW ngày 22/12/2024", Citation("57-NQ/TW", date(2024, 12, 22))),
        ("12/2026/NQ-HĐND ngày 6/4/2026", Citation("12/2026/NQ-HĐND", DAY)),
        ("Công văn số 45 ngày 6/4/2026", Citation("Công văn số 45", DAY)),
        ("0045 ngày 6/4/2026", Citation("0045", DAY)),
        ("https://sxd.dongnai.gov.vn/vb/123", Citation()),
    ],
)
def test_what_is_missing_stays_missing(text: str, said: Citation) -> None:
    """A part that is not there is not made up, and a month is no day."""
    assert read_citation(text) == said


def test_any_number_and_day_come_back_whatever_stands_around_them() -> None:
    """Random numbers, days, ways of writing them and documents behind: the first one is read exactly."""
    chance = random.Random(57)
    signs = ("BC-VP", "QĐ-SXD", "NQ-HĐND", "TTr-BQL", "KH-UBND", "SXD-VP", "TB-CĐS")
    for _ in range(2000):
        day = date(2021, 1, 1) + timedelta(days=chance.randrange(2190))
        year = f"{day.year}/" if chance.random() < 0.2 else ""
        number = f"{chance.randint(1, 4000)}/{year}{chance.choice(signs)}"
        sign = chance.choice("/-.")
        short = f"{day.day}{sign}{day.month}{sign}{day.year}"
        padded = f"{day:%d}{sign}{day:%m}{sign}{day.year}"
        words = f"{day.day} tháng {day:%m} năm {day.year}"
        told = chance.choice(
            [f"{number} ngày {short}", f"Số: {number}, ngày {words}", f"{number} ({padded})", f"{number}, {padded}"]
        )
        told = chance.choice(["", "Báo cáo số ", "VB ", " "]) + told
        told += chance.choice(["", ".", "; 7/QĐ-SXD ngày 01/02/2026", "\n9/BC-VP", " của Sở"])
        assert read_citation(told) == Citation(number, day), told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("https://sxd.dongnai.gov.vn/vb/123", ("", "https://sxd.dongnai.gov.vn/vb/123")),
        ("Phê duyệt dự án", ("Phê duyệt dự án", "")),
        ("Phê duyệt dự án: https://a.vn/x.", ("Phê duyệt dự án", "https://a.vn/x")),
        ("Xem tại đây (https://a.vn/x)", ("Xem tại đây", "https://a.vn/x")),
        ("sxd.dongnai.gov.vn/vb/1", ("", "sxd.dongnai.gov.vn/vb/1")),
        (r"\\may-chu\vb\qd.pdf", ("", r"\\may-chu\vb\qd.pdf")),
        ("lan@dongnai.gov.vn", ("lan@dongnai.gov.vn", "")),
        ("TP.HCM phê duyệt", ("TP.HCM phê duyệt", "")),
    ],
)
def test_an_address_is_told_from_a_title(text: str, said: tuple[str, str]) -> None:
    """Title and address of one cell; an address of mail or a name with a point is none."""
    assert split_address(text) == said


@pytest.mark.parametrize("piece", ["ngày ", "ký ngày ", ", ", "số ", "a-", "1-A", "–"])
def test_a_long_text_costs_little(piece: str) -> None:
    """A cell full of the words and signs that stand around a document is read at once: time grows with its length."""
    text = piece * (32_000 // len(piece)) + "x"
    begun = time.process_time()
    assert read_citation(text).day is None
    assert split_address(text)[0]
    assert time.process_time() - begun < 2
