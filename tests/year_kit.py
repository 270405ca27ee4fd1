"""An office over many months: units answer through the cells of the forms they got, wherever those stand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from nq57xl.commands.collect import Collected, collect
from nq57xl.commands.generate import generate
from nq57xl.commands.init import init
from nq57xl.commands.office import Office
from nq57xl.forms.filled import whole_cells
from nq57xl.forms.layout import layout
from nq57xl.forms.model import Form, FormCell, Value
from nq57xl.forms.render import render_form
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.model import IndicatorKind
from nq57xl.returns.model import JudgedReturn
from nq57xl.rules.schema import CellValue
from nq57xl.text.clock import VIETNAM, Clock
from nq57xl.xlsx.patch import put_values
from tests.samples import sample_plan

Typed = Mapping[FormCell, CellValue]


def moment(period: str, day: int, hour: int = 9) -> dt.datetime:
    """A moment in the month that a code ends in: "2026-04", "2026-Q2"; ad hoc reports of these tests are of April."""
    year, part = int(period[:4]), "04" if "DX" in period else period[5:]
    month = {"Q": 3, "H": 6}.get(part[:1], 1) * int(part[-1]) if part[:1] in ("Q", "H") else int(part or 12)
    return dt.datetime(year, month, day, hour, tzinfo=VIETNAM)


def start(root: Path, plan: str = "bql-2026") -> Path:
    """A workspace of a bundled plan."""
    init(root, plan)
    return root


KINDS: dict[str, IndicatorKind] = {"CT.I.1": "flow", "CT.I.2": "stock", "CT.II.1": ""}


def start_sample(root: Path, kinds: Mapping[str, IndicatorKind] = KINDS) -> Path:
    """A workspace of the small sample plan, its indicators of those kinds."""
    plan = sample_plan()
    kinded = tuple(attrs.evolve(item, kind=kinds[item.code]) for item in plan.indicators)
    root.parent.mkdir(parents=True, exist_ok=True)
    appendix = root.parent / f"{root.name} ke hoach.xlsx"
    appendix.write_bytes(write_appendix(attrs.evolve(plan, indicators=kinded)))
    init(root, str(appendix))
    return root


def at(root: Path, when: dt.datetime) -> Office:
    """The office on that day."""
    return Office.at(root, Clock(when), person="Lan")


def issue(root: Path, period: str, *units: str, day: int = 1) -> None:
    """Issues the forms of a period, all or those of some units."""
    generate(at(root, moment(period, day)), period, units)


def form(root: Path, period: str, unit: str = "VP") -> Form:
    """The form that the unit got."""
    with at(root, moment(period, 16)).reading() as ledger:
        found = ledger.current_form(unit, period)
    assert found is not None
    return found


def usual(of: Form) -> dict[FormCell, CellValue]:
    """Everything in progress or as it was, nothing missing, nothing odd."""
    said: dict[FormCell, CellValue] = {}
    led, indicators = of.table("led"), of.table("indicator")
    for row in led.rows if led else ():
        if row.open:
            said["led", row.key, "progress"] = "in_progress"
            said["led", row.key, "percent"] = 0.45
            said["led", row.key, "result"] = f"Đã làm việc {row.key} trong {of.period.title}"
            said["led", row.key, "cause"] = "Chờ ý kiến của Sở Tài chính"
    for row in indicators.rows if indicators else ():
        said["indicator", row.key, "no_data"] = "no_data"
    if of.table("supporting"):
        said["statement", "statement", "statement"] = "none"
    said["signoff", "signoff", "prepared_by"] = "Nguyễn Thị Lan"
    said["signoff", "signoff", "approved_by"] = "Trần Văn Minh"
    said["signoff", "signoff", "signed_on"] = of.period.cutoff
    return said


def workbook(of: Form, said: Typed) -> bytes:
    """The form with that typed into its cells; a None leaves the cell blank."""
    if of.issue_id not in _BLANK:
        _BLANK[of.issue_id] = render_form(of)
    values = [Value(*place, str(content), content, "", "") for place, content in said.items() if content is not None]
    cells = {place: cell for sheet in layout(of) for place, cell in sheet.entry_places.items()}
    typed = ((cells[item.table, item.key, item.field], item.content(of.schema)) for item in whole_cells(of, values))
    return put_values(_BLANK[of.issue_id], [(*cell, content) for cell, content in typed if content is not None])


_BLANK: dict[str, bytes] = {}
"""Forms in which nothing is typed, by issue."""


def send(root: Path, period: str, changes: Typed, unit: str = "VP", *, day: int = 15) -> Collected:
    """A unit's report of a month, in a file of its own, received and collected on a day; the rest is as usual."""
    return send_units(root, period, {unit: changes}, day=day)


def send_units(root: Path, period: str, reports: Mapping[str, Typed], *, day: int = 15) -> Collected:
    """The same of several units, collected in one run."""
    return _sent(root, period, [(unit, f"{unit} {day}", changes) for unit, changes in reports.items()], day)


def send_each(root: Path, period: str, reports: Mapping[str, Typed]) -> dict[str, JudgedReturn]:
    """What becomes of each of several reports of VP, named by what is otherwise in them, collected in one run."""
    done = _sent(root, period, [("VP", name, changes) for name, changes in reports.items()], 15)
    named = {Path(item.source.path).stem.partition("; ")[2]: item for item in done.returns}
    assert named.keys() == reports.keys()
    return named


def _sent(root: Path, period: str, reports: Sequence[tuple[str, str, Typed]], day: int) -> Collected:
    folder = root / "gửi" / period
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for unit, name, changes in reports:
        of = form(root, period, unit)
        paths.append(folder / f"{len(list(folder.iterdir()))}; {name}.xlsx")
        paths[-1].write_bytes(workbook(of, usual(of) | dict(changes)))
    when = moment(period, day)
    return collect(at(root, when), paths, period, when)
