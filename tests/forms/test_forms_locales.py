"""Days and numbers typed under three regional settings: what was meant is stored, or the check says how to type it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from nq57xl.forms.render import render_form
from nq57xl.text.addresses import a1
from tests import office
from tests.amounts import cases
from tests.form_books import slots_of
from tests.samples import sample_form

LOCALES = cases(("vi-VN", "en-US"), ("fr-FR",))
SITTINGS = (
    {"days": ("08/04/2026", "8/4/26"), "shares": ("70,8", "70.8"), "number": "70.8"},
    {"days": ("08/04/2026", "8/4/26"), "shares": ("70,8%", "70.8%"), "number": "70,8"},
    {"days": ("08-04-2026", "8.4.2026"), "shares": ("70,8 %", "0.708"), "number": "70,8"},
)
"""The first one by day; a cell is typed once in a sitting."""
DAY, SHARE, NUMBER = date(2026, 4, 8), 0.708, 70.8
ROWS = ("I.1", "II.1.1")
HOW = {"completion_date": "2026-04-20", "percent": "70,8% hoặc 70.8%", "value": "82,5 hoặc 82.5"}
"""What a check says of how to type."""


def _typed(path: Path, locale: str, sitting: dict[str, object]) -> Path:
    """The form after one sitting under a regional setting."""
    days, shares = sitting["days"], sitting["shares"]
    assert isinstance(days, tuple) and isinstance(shares, tuple)
    cells = {("led", row, "progress"): "Hoàn thành" for row in ROWS}
    cells |= {("led", row, "completion_date"): text for row, text in zip(ROWS, days, strict=True)}
    cells |= {("led", row, "percent"): text for row, text in zip(ROWS, shares, strict=True)}
    cells |= {
        ("indicator", "CT.I.2", "value"): str(sitting["number"]),
        ("signoff", "signoff", "signed_on"): "2026-04-08",
    }
    places = slots_of()
    entries = []
    for key, text in cells.items():
        title, slot = places[key]
        entries.append((title, a1(slot.row, slot.col), text))
    path.write_bytes(render_form(sample_form()))
    out = path.with_name(f"{locale}.xlsx")
    office.type_into(path, out, entries, locale=locale)
    return out


def _held(path: Path) -> tuple[dict[tuple[str, str, str], object], dict[tuple[str, str], str]]:
    """What stands in the entry cells, and what the checks say, as LibreOffice computed them while it was typed."""
    book = openpyxl.load_workbook(path, data_only=True)
    held: dict[tuple[str, str, str], object] = {}
    said: dict[tuple[str, str], str] = {}
    for (table, key, field), (title, slot) in slots_of().items():
        value = book[title].cell(slot.row + 1, slot.col + 1).value
        held[table, key, field] = value.date() if isinstance(value, datetime) else value
        check = next(number for number, cell in enumerate(book[title][1], start=1) if cell.value == "check")
        said[table, key] = str(book[title].cell(slot.row + 1, check).value or "")
    return held, said


@pytest.mark.needs("soffice")
@pytest.mark.parametrize("sitting", cases(SITTINGS[:1], SITTINGS[1:]), ids=lambda said: said["shares"][0])
def test_what_is_typed_is_what_was_meant_or_the_check_says_so(tmp_path: Path, sitting: dict[str, object]) -> None:
    """vi-VN, en-US, at night fr-FR: a day is the eighth of April, or another one that the check repeats in words and
    doubts, or a text with how to type it; a share is 70,8 % and repeated, or called wrong with how to type it; so is a
    number. A day typed year first is understood everywhere."""
    days = set()
    for locale in LOCALES:
        held, said = _held(_typed(tmp_path / "form.xlsx", locale, sitting))
        for row in ROWS:
            day, share, told = held["led", row, "completion_date"], held["led", row, "percent"], said["led", row]
            where = f"{locale} {row}: {day!r}, {share!r}: {told}"
            days.add(day)
            if isinstance(day, date):
                assert f"Ghi nhận ngày {day.day} tháng {day.month} năm 2026" in told, where
                assert day == DAY or "Ngoài kỳ: Ngày hoàn thành" in told, where
            else:
                assert HOW["completion_date"] in told, where
            if isinstance(share, float) and share == pytest.approx(SHARE):
                assert "Ghi nhận 70,8%" in told, where
            else:
                assert HOW["percent"] in told, where
        number = held["indicator", "CT.I.2", "value"]
        assert number == NUMBER or HOW["value"] in said["indicator", "CT.I.2"], f"{locale}: {number!r}"
        assert held["signoff", "signoff", "signed_on"] == DAY, locale
    assert DAY in days and len(days) > 1, "the settings differ, else this proves nothing"
