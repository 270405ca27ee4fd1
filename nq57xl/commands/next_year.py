"""init --from: next year's workspace, with units, settings and unfinished work of the old one, which is only read."""

from __future__ import annotations

import shutil
from pathlib import Path

import attrs
from attrs import frozen

from nq57xl.commands.office import Office
from nq57xl.commands.previous_reports import LAST_YEAR, PreviousReports
from nq57xl.errors import Nq57Error
from nq57xl.forms.build import reporting_units
from nq57xl.forms.model import EarlierAnswer
from nq57xl.ledger.amendments import used_codes
from nq57xl.ledger.workspace import Workspace
from nq57xl.plan.amend import amended
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.compare import compare_plans, line_of
from nq57xl.plan.model import Plan
from nq57xl.plan.periods import parse_period
from nq57xl.rules.codec import to_json
from nq57xl.text.clock import Clock
from nq57xl.text.files import write_atomic

_OWN = ("templates", "schemas")


@frozen
class ContinuedRow:
    """A row of the new plan that goes on with one of the old year."""

    table: str
    code: str
    """In both plans."""
    old: str
    new: str
    """What is to be done, in words."""
    finished: bool
    """The last report of the old year says that it is done: it is asked anew."""


@frozen
class NextYear:
    """What the new workspace took over."""

    workspace: Workspace
    plan: Plan
    continued: tuple[ContinuedRow, ...]


def next_year(folder: Path, new: Plan, old_folder: Path, clock: Clock | None = None) -> NextYear:
    """Makes next year's workspace; units with names and addresses, settings, own templates and schemas go on.

    Rows of the new plan that say what rows of the old one said keep their codes; what was last reported of unfinished
    ones is shown beside them in the first form. Raises Nq57Error when the old folder is no workspace or is the new one.
    """
    if old_folder.resolve() == folder.resolve():
        raise Nq57Error("Thư mục năm mới phải khác thư mục năm cũ.")
    office = Office.at(old_folder, clock)
    old = office.appendix().plan
    workspace = Workspace(folder)
    with office.reading() as ledger:
        comparison = compare_plans(old, new)
        plan = amended(old, new, comparison, used_codes(ledger))
        year = new.properties.year if new.properties.year != old.properties.year else old.properties.year + 1
        plan = attrs.evolve(plan, properties=attrs.evolve(plan.properties, id=new.properties.id, year=year))
        first = parse_period(f"{year}-01", plan.properties)
        history = PreviousReports(ledger, old)
        said = {unit.code: history.before(unit.code, first) for unit in reporting_units(old, first)}
    pairs = [row for row in comparison.rows if row.code and row.index is not None]
    rows = {("tasks", item.code): item for item in old.tasks} | {
        ("indicators", item.code): item for item in old.indicators
    }
    continued = tuple(
        ContinuedRow(
            table=row.table,
            code=row.code or "",
            old=line_of(rows[row.table, row.code or ""]),
            new=line_of(getattr(new, row.table)[row.index]),
            finished=any(_done(told.get(("led", row.code or ""))) for told in said.values()),
        )
        for row in pairs
    )
    codes = {row.code for row in continued}
    kept = {
        unit: [(*place, row) for place, row in told.items() if place[1] in codes and not _done(row)]
        for unit, told in said.items()
    }
    write_atomic(workspace.appendix, write_appendix(plan))
    write_atomic(workspace.root / LAST_YEAR, to_json(kept).encode())
    for name in _OWN:
        if (old_folder / name).is_dir():
            shutil.copytree(old_folder / name, folder / name, dirs_exist_ok=True)
    workspace.inbox.mkdir(parents=True, exist_ok=True)
    return NextYear(workspace, plan, continued)


def _done(row: EarlierAnswer | None) -> bool:
    progress = row.values.get("progress") if row is not None else None
    return progress is not None and progress.value == "done"
