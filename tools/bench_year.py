"""What a month costs as the year grows: every month of a year with many units, issued, answered, collected, merged.

python -m tools.bench_year [units] [rows a unit]

Every unit answers every month: rows move on, some are done in each month, and stay done. The answers are written
outside the measured time. A month of the last quarter may cost at most 1.2 times what one of the first did.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from attrs import frozen

from nq57xl.commands.collect import collect
from nq57xl.commands.generate import generate
from nq57xl.commands.init import init
from nq57xl.commands.merge import merge
from nq57xl.commands.office import Office
from nq57xl.commands.remind import remind
from nq57xl.commands.status import status
from nq57xl.forms.model import Form, FormCell, FormRow, Value
from nq57xl.forms.render import render_form
from nq57xl.ledger.workspace import Workspace
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.periods import parse_period
from nq57xl.rules.schema import CellValue
from nq57xl.text.clock import VIETNAM, Clock
from tools.bench_collect import plan_of

UNITS, ROWS, MONTHS = 121, 4, 12
RATIO_LIMIT = 1.2
_Done = TypeVar("_Done")
STEPS = ("generate", "collect", "status", "remind", "merge")


@frozen
class MonthCost:
    """Processor time of one month, the readers' included; seconds by command."""

    period: str
    seconds: dict[str, float]
    accepted: int

    @property
    def total(self) -> float:
        """All commands together."""
        return sum(self.seconds.values())


def year(folder: Path, units: int = UNITS, rows: int = ROWS, months: int = MONTHS) -> Iterator[MonthCost]:
    """Plays the months in a workspace made in that folder; each as soon as it is over."""
    appendix = folder / "ke-hoach.xlsx"
    appendix.write_bytes(write_appendix(plan_of(units, rows)))
    root = folder / "so"
    init(root, str(appendix))
    for number in range(1, months + 1):
        yield _month(root, f"2026-{number:02d}", number)


def _month(root: Path, period: str, number: int) -> MonthCost:
    seconds: dict[str, float] = {}

    def measured(step: str, work: Callable[[], _Done]) -> _Done:
        before = _processor()
        done = work()
        seconds[step] = _processor() - before
        return done

    first = Office.at(root, Clock(dt.datetime(2026, number, 1, 9, tzinfo=VIETNAM)))
    days = parse_period(period, first.appendix().plan.properties)
    measured("generate", lambda: generate(first, period))
    with first.reading() as ledger:
        forms = ledger.current_forms(period)
        for form in forms:
            whole = ledger.current_form(form.unit, period)
            assert whole is not None
            (Workspace(root).inbox / f"{period}-{form.unit}.xlsx").write_bytes(answer(whole, number))
    office = Office.at(root, Clock(dt.datetime.combine(days.due, dt.time(9), tzinfo=VIETNAM)))
    measured("collect", lambda: collect(office, [], period))
    told = measured("status", lambda: status(office, period))
    measured("remind", lambda: remind(office, period))
    measured("merge", lambda: merge(office, period))
    accepted = sum(unit.counting is not None for unit in told.status.units)
    return MonthCost(period, seconds, accepted)


def answer(form: Form, number: int) -> bytes:
    """The form as a unit fills it in for the month of that number."""
    values = [Value(*place, str(content), content, "", "") for place, content in _said(form, number).items()]
    return render_form(form, values)


def _said(form: Form, number: int) -> dict[FormCell, CellValue]:
    said: dict[FormCell, CellValue] = {}
    for row in _rows(form, "led"):
        if row.open:
            said |= {("led", row.key, name): content for name, content in _led(row, form, number).items()}
    for row in _rows(form, "indicator"):
        said["indicator", row.key, "no_data"] = "no_data"
    if form.table("supporting"):
        said["statement", "statement", "statement"] = "none"
    said["signoff", "signoff", "prepared_by"] = "Nguyễn Thị Lan"
    said["signoff", "signoff", "approved_by"] = "Trần Văn Minh"
    said["signoff", "signoff", "signed_on"] = form.period.cutoff
    return said


def _rows(form: Form, table: str) -> Sequence[FormRow]:
    found = form.table(table)
    return found.rows if found else ()


def _led(row: FormRow, form: Form, number: int) -> dict[str, CellValue]:
    """A row of many is done in each month; the others move on."""
    ends = random.Random(f"{form.unit} {row.key}").randint(2, 2 * MONTHS)
    text = f"Tháng {number}: đã hoàn thành phần việc {number} của {row.key}, báo cáo lãnh đạo xem xét"
    if number < ends:
        return {
            "progress": "in_progress",
            "percent": round(0.9 * number / ends, 2),
            "result": text,
            "cause": f"Chờ ý kiến lần {number} của cơ quan liên quan",
        }
    return {
        "progress": "done",
        "result": text,
        "completion_date": form.period.cutoff,
        "evidence_number": f"{number}{form.unit[-3:]}/BC-{row.key}",
        "evidence_date": form.period.cutoff,
    }


def _processor() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def growth(months: Sequence[MonthCost]) -> float:
    """What a month costs at the end beside the beginning: means of the quarters, so that one odd month decides less."""
    part = max(1, len(months) // 4)
    return sum(item.total for item in months[-part:]) / sum(item.total for item in months[:part])


def main() -> None:
    """Prints each month; exits 1 when the last ones cost more than they may."""
    units, rows = (int(word) for word in (*sys.argv[1:3], *map(str, (UNITS, ROWS)[len(sys.argv) - 1 :])))
    months = []
    with tempfile.TemporaryDirectory(prefix="nq57xl-bench-") as name:
        for month in year(Path(name), units, rows):
            months.append(month)
            told = ", ".join(f"{step} {month.seconds[step]:.1f}" for step in STEPS)
            print(f"{month.period}: {month.total:.1f} s ({told}); {month.accepted} accepted", flush=True)
    ratio = growth(months)
    print(f"ratio {ratio:.2f} (at most {RATIO_LIMIT:g})")
    sys.exit(ratio > RATIO_LIMIT)


if __name__ == "__main__":
    main()
