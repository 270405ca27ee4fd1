"""April of the first bundled plan, issued and about to be collected: what tests of the months begin with."""

from __future__ import annotations

import datetime as dt
import functools
from pathlib import Path

from nq57xl.commands.generate import generate
from nq57xl.commands.init import init
from nq57xl.commands.office import Office
from nq57xl.text.clock import VIETNAM, Clock
from tests.postgresql import copied, lasting_folder

PERIOD = "2026-04"
DUE = dt.date(2026, 4, 17)


def moment(day: int, hour: int = 9) -> dt.datetime:
    """A moment of April 2026."""
    return dt.datetime(2026, 4, day, hour, tzinfo=VIETNAM)


@functools.cache
def _issued(day: int) -> Path:
    """The workspace of which all others are copies, made once for each day."""
    root = lasting_folder() / "w"
    init(root, "bql-2026")
    generate(Office.at(root, Clock(moment(day))), PERIOD)
    return root


def office_in_april(root: Path, day: int = 1) -> Office:
    """A new workspace in that folder, on the day on which its forms of April were issued."""
    return Office.at(copied(_issued(day), root), Clock(moment(day)))


def issued_office(folder: Path, day: int) -> tuple[Office, Path]:
    """The same, "Văn phòng" in that folder, and the form of VP."""
    office = office_in_april(folder / "Văn phòng", day)
    return office, office.workspace.forms_dir(PERIOD) / f"NQ57_{PERIOD}_VP.xlsx"


def copy_of(root: Path, folder: Path, day: int) -> Office:
    """The office of a copy of the workspace, so that each test may change it, on that day."""
    return Office.at(copied(root, folder / "văn phòng"), Clock(moment(day)))
