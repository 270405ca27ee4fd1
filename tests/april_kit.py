"""April of the first bundled plan, issued and about to be collected: what tests of the months begin with."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

from nq57xl.commands.generate import generate
from nq57xl.commands.init import init
from nq57xl.commands.office import Office
from nq57xl.text.clock import VIETNAM, FixedClock

PERIOD = "2026-04"
DUE = dt.date(2026, 4, 17)


def moment(day: int, hour: int = 9) -> dt.datetime:
    """A moment of April 2026."""
    return dt.datetime(2026, 4, day, hour, tzinfo=VIETNAM)


def issued_office(folder: Path, day: int) -> tuple[Office, Path]:
    """A workspace in that folder whose forms of April were issued on that day, and the form of VP."""
    root = folder / "Văn phòng"
    init(root, "bql-2026")
    office = Office.at(root, FixedClock(moment(day)))
    generate(office, PERIOD)
    return office, office.workspace.forms_dir(PERIOD) / f"NQ57_{PERIOD}_VP.xlsx"


def copy_of(root: Path, folder: Path, day: int) -> Office:
    """The office of a copy of the workspace, so that each test may change it, on that day."""
    return Office.at(shutil.copytree(root, folder / "văn phòng"), FixedClock(moment(day)))
