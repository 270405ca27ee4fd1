"""A workspace whose plan gets a new version: the version, its appendix, returns and reports."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import attrs

from nq57xl.commands.consolidated import consolidated
from nq57xl.commands.demo import Department
from nq57xl.commands.generate import Generated
from nq57xl.commands.office import Office
from nq57xl.commands.standing import OfficePeriod
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.deadlines import Deadline
from nq57xl.plan.model import Plan, Task
from nq57xl.results.model import Consolidation, TaskRow
from nq57xl.text.clock import VIETNAM

DUE = dt.date(2026, 5, 17)


MAY = dt.date(2026, 5, 1)


def moment(month: int, day: int) -> dt.datetime:
    return dt.datetime(2026, month, day, 9, tzinfo=VIETNAM)


def new_task(base: Task) -> Task:
    """A task that the plan did not have, led by Văn phòng."""
    return attrs.evolve(
        base, code="", number="7", section="III", task="Số hóa hồ sơ lưu trữ của Ban Quản lý", subtask="",
        deliverable="Kho hồ sơ số", kpi="12.000 hồ sơ", lead="Văn phòng", support="", deadline=Deadline("30/11/2026"),
        note="",
    )  # fmt: skip


def next_version(plan: Plan) -> Plan:
    """I.2 is dropped, II.3 numbered 2 and put off, III.6 reworded, a seventh task comes."""
    tasks = [row for row in plan.tasks if row.code != "I.2"]
    tasks = [
        attrs.evolve(row, number="2", deadline=Deadline("Quý III/2026")) if row.code == "II.3" else row for row in tasks
    ]
    tasks = [
        attrs.evolve(row, kpi="100% CSDL đồng bộ về IOC, cập nhật hằng ngày") if row.code == "III.6" else row
        for row in tasks
    ]
    return attrs.evolve(plan, tasks=(*tasks, new_task(plan.tasks[0])))


def appendix_of(plan: Plan, path: Path) -> Path:
    path.write_bytes(write_appendix(plan))
    return path


def row_of(c: Consolidation, code: str) -> TaskRow | None:
    return next((row for row in c.tasks if row.task.code == code), None)


def consolidation(office: Office, period: str) -> Consolidation:
    with office.reading() as ledger:
        return consolidated(OfficePeriod.of(office, ledger, period))


def filled(form: Path, target: Path, *, seed: int = 7) -> Path:
    Department(seed, DUE).fill(form, target)
    return target


def form_of(made: Generated, unit: str) -> Path:
    return next(item.path for item in made.forms if item.form.unit == unit)
