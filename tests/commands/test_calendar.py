"""The year's calendar: every period's days, holidays and swapped days, the roll as the office set it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from nq57xl.cli import cli
from nq57xl.commands.init import init
from nq57xl.commands.remind import year_calendar, year_days
from nq57xl.errors import Nq57Error
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.model import Properties, _DueRoll
from nq57xl.plan.periods import day_off, parse_period
from tests import year_kit as year
from tests.conftest import CheckOoxml
from tests.samples import sample_plan

DAY = dt.date
OFFICE = Properties(id="x", title="", year=2026, internal_day=1, report_day=5, before_is_inclusive=True)


def test_public_holidays() -> None:
    """1 January, Tết by the moon (17 February 2026), 30 April, 1 May and 2 September 2026 are no working days."""
    for day in (DAY(2026, 1, 1), DAY(2026, 2, 17), DAY(2026, 4, 30), DAY(2026, 5, 1), DAY(2026, 9, 2)):
        assert day_off(day, OFFICE) not in ("", "ngày nghỉ")
    assert day_off(DAY(2026, 4, 29), OFFICE) == ""


@pytest.mark.parametrize(
    ("roll", "day"),
    [("", DAY(2026, 5, 1)), ("none", DAY(2026, 5, 1)), ("after", DAY(2026, 5, 4)), ("before", DAY(2026, 4, 29))],
)
def test_the_roll(roll: _DueRoll, day: dt.date) -> None:
    """1 May 2026 is a holiday on a Friday after another: due then, on the Monday after, or on Wednesday before."""
    assert parse_period("2026-05", attrs.evolve(OFFICE, due_roll=roll)).due == day


def test_swapped_days() -> None:
    """A Monday off in exchange for a Saturday worked: the due day goes there; a text that is no day is refused."""
    swapped = attrs.evolve(OFFICE, due_roll="after", days_off=("04/05/2026",), days_worked=("02/05/2026",))
    assert parse_period("2026-05", swapped).due == DAY(2026, 5, 2)
    with pytest.raises(Nq57Error, match="02/13/2026"):
        parse_period("2026-05", attrs.evolve(swapped, days_off=("02/13/2026",)))


def test_a_due_day_that_moved_says_from_where(tmp_path: Path) -> None:
    """The 17th is the first day of Tết in February 2026 and a Saturday in January: the note names the day it was."""
    plan = sample_plan()
    rolled = attrs.evolve(plan, properties=attrs.evolve(plan.properties, due_roll="after"))
    appendix = tmp_path / "ke hoach.xlsx"
    appendix.write_bytes(write_appendix(rolled))
    init(tmp_path / "vp", str(appendix))
    lines = {line.period.code: line for line in year_days(year.at(tmp_path / "vp", year.moment("2026-01", 5))).lines}
    assert lines["2026-01"].period.due == DAY(2026, 1, 19)
    assert lines["2026-01"].note.startswith("Hạn của đơn vị chuyển từ thứ Bảy, 17/01/2026 (ngày nghỉ)")
    assert lines["2026-02"].period.due == DAY(2026, 2, 23)
    assert lines["2026-02"].note.startswith(
        f"Hạn của đơn vị chuyển từ thứ Ba, 17/02/2026 ({day_off(DAY(2026, 2, 17), OFFICE)})"
    )
    assert lines["2026-03"].note == ""


def test_the_year(tmp_path: Path, check_ooxml: CheckOoxml) -> None:
    """Twelve months, four quarters, two halves, nine months and the year; one event for each of three days."""
    root = year.start(tmp_path / "vp")
    office = year.at(root, year.moment("2026-04", 16))
    done = year_calendar(office)
    assert len(done.lines) == 12 + 4 + 2 + 1 + 1
    book, events = done.files
    check_ooxml(book.read_bytes())
    rows = [[cell.value for cell in row] for row in load_workbook(book).active.iter_rows(min_row=4)]  # type: ignore[union-attr]
    assert [row[1] for row in rows][2:4] == ["tháng 3/2026", "quý I/2026"]
    april = next(row for row in rows if row[1] == "tháng 4/2026")
    assert april[3:6] == ["thứ Ba, 14/04/2026", "thứ Sáu, 17/04/2026", "Chủ nhật, 19/04/2026"]
    assert april[6] == "Hạn của cơ quan trùng ngày nghỉ"
    text = events.read_bytes()
    assert (text.count(b"BEGIN:VEVENT"), max(map(len, text.split(b"\r\n"))) <= 75) == (60, True)
    assert b"DTSTART;VALUE=DATE:20260417" in text
    assert year_calendar(office).files == done.files
    shown = CliRunner().invoke(cli, ["-w", str(root), "calendar", "2027", "--json"])
    assert json.loads(shown.stdout)["periods"][0]["cutoff"] == "2027-01-14"
