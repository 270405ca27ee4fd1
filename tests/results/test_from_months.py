"""A longer period made of its months: rows of the plan and rows that units added by themselves."""

from __future__ import annotations

import random

import attrs

from nq57xl.ledger.model import PeriodStatus
from nq57xl.results.consolidation import consolidate
from nq57xl.results.from_months import Months
from nq57xl.rules.load import load_schema
from tests.report_fills import Unit, returned, unit_status
from tests.samples import sample_period, sample_plan

SCHEMA = load_schema()


def test_rows_that_say_the_same_are_told_once_where_the_unit_added_them() -> None:
    """Of two months' proposals in the same words one stays; of two tasks of the plan both, whatever their codes."""
    plan = sample_plan()
    codes = iter(("20", "20.1"))
    tasks = tuple(
        attrs.evolve(task, code=next(codes, task.code)) if "VP" in task.lead_units and not task.done_before else task
        for task in plan.tasks
    )
    plan = attrs.evolve(plan, tasks=tasks)
    april = sample_period()
    months = []
    for number, period in enumerate((april, attrs.evolve(april, code="2026-05", title="tháng 5/2026")), start=1):
        writer = Unit("VP", random.Random(0))
        for code in ("20", "20.1"):
            writer.type("led", code, "progress", "ongoing", "ongoing")
        writer.type("difficulty", "01", "proposal", "Bố trí kinh phí", "Bố trí kinh phí")
        record = returned(period, "VP", writer.values, number=number)
        units = (unit_status("VP", "Văn phòng", record, period.due),)
        status = PeriodStatus("mau", period.code, period.due, True, units, ())
        months.append(consolidate(plan, period, SCHEMA, status))
    whole = attrs.evolve(april, code="2026-Q2", title="quý II/2026")
    c = Months(plan, whole, SCHEMA, {"led": {}, "indicator": {}}, months).consolidation()
    told = {row.task.code: [entry.progress for entry in row.entries if entry.unit == "VP"] for row in c.tasks}
    assert (told["20"], told["20.1"]) == (["ongoing"], ["ongoing"])
    assert [item.values["proposal"].typed for item in c.free] == ["Bố trí kinh phí"]
