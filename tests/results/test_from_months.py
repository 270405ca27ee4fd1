"""A longer period made of its months: rows of the plan and rows that units added by themselves."""

from __future__ import annotations

import random
from collections.abc import Sequence

import attrs

from nq57xl.ledger.model import PeriodStatus
from nq57xl.outputs.texts import reported_words
from nq57xl.plan.model import Plan
from nq57xl.results.consolidation import consolidate
from nq57xl.results.from_months import Months
from nq57xl.results.model import Consolidation
from nq57xl.results.overview import overview_of
from nq57xl.rules.findings import make
from nq57xl.rules.load import load_schema
from nq57xl.rules.schema import CellValue, vietnamese_number
from tests.report_fills import Unit, returned, unit_status
from tests.samples import sample_period, sample_plan

SCHEMA = load_schema()


Cells = Sequence[tuple[str, str, str, CellValue]]


def of_months(plan: Plan, cells: Cells, in_may: Cells | None = None) -> Consolidation:
    """A quarter of two months, in both of which VP says the same (else `in_may`) and nobody else anything."""
    april = sample_period()
    months = []
    for number, period in enumerate((april, attrs.evolve(april, code="2026-05", title="tháng 5/2026")), start=1):
        writer = Unit("VP", random.Random(0))
        for table, key, field, value in cells if number == 1 or in_may is None else in_may:
            writer.type(table, key, field, str(value), value)
        record = returned(period, "VP", writer.values, number=number)
        units = (unit_status("VP", "Văn phòng", record, period.due),)
        status = PeriodStatus("mau", period.code, period.due, True, units, ())
        months.append(consolidate(plan, period, SCHEMA, status))
    quarter = attrs.evolve(april, code="2026-Q2", title="quý II/2026")
    return Months(plan, quarter, SCHEMA, {"led": {}, "indicator": {"note": "join"}}, months).consolidation()


def test_rows_that_say_the_same_are_told_once_where_the_unit_added_them() -> None:
    """Of two months' proposals in the same words one stays; of two tasks of the plan both, whatever their codes."""
    plan = sample_plan()
    codes = iter(("20", "20.1"))
    tasks = tuple(
        attrs.evolve(task, code=next(codes, task.code)) if "VP" in task.lead_units and not task.done_before else task
        for task in plan.tasks
    )
    rows: list[tuple[str, str, str, CellValue]] = [("led", code, "progress", "ongoing") for code in ("20", "20.1")]
    c = of_months(attrs.evolve(plan, tasks=tasks), [*rows, ("difficulty", "01", "proposal", "Bố trí kinh phí")])
    told = {row.task.code: [entry.progress for entry in row.entries if entry.unit == "VP"] for row in c.tasks}
    assert (told["20"], told["20.1"]) == (["ongoing"], ["ongoing"])
    assert [item.values["proposal"].typed for item in c.free] == ["Bố trí kinh phí"]


def test_figures_that_do_not_follow_from_the_months_are_named() -> None:
    """Shares of a month without their parts cannot be added up and stay blank; of a sum the months that it lacks are
    told, and both name the indicator as a reader knows it."""
    plan = sample_plan()
    flows = attrs.evolve(plan, indicators=tuple(attrs.evolve(item, kind="flow") for item in plan.indicators))
    ratio, score = (item.code for item in plan.indicators[:2])
    shares: Cells = [("indicator", ratio, "value", 0.8)]
    c = of_months(flows, [*shares, ("indicator", score, "value", 12.0)], shares)
    told = [item for item in c.status.period_findings if item.table == "indicator"]
    assert [(item.code, item.task, item.severity) for item in told] == [
        ("MONTHS_RATIO_WITHOUT_PARTS", ratio, "note"),
        ("MONTHS_INCOMPLETE", score, "note"),
    ]
    assert "Tỷ lệ hồ sơ" in told[0].message and "mẫu số" in told[0].fix
    assert "Chỉ số chuyển đổi số" in told[1].message and "tháng 5/2026" in told[1].message
    entries = {row.indicator.code: row.entries[0] for row in c.indicators if row.entries}
    assert (entries[ratio].result, entries[score].result) == (None, 12.0)


def test_a_sum_of_large_figures_keeps_all_its_digits() -> None:
    """Amounts of two months are added up, and the sum is written as it would be typed, to its last digit."""
    plan = sample_plan()
    score = attrs.evolve(plan.indicators[1], kind="flow")
    c = of_months(attrs.evolve(plan, indicators=(score,)), [("indicator", score.code, "value", 12_345_678_901.25)])
    value = c.indicators[0].entries[0].values["value"]
    assert (value.typed, value.value) == ("24691357802,5", 24_691_357_802.5)
    assert vietnamese_number(24_691_357_802.5) == "24.691.357.802,5"


def test_the_first_page_of_a_quarter_names_months_without_forms() -> None:
    """A month for which nothing was issued is told where the report says which months it is made of."""
    c = of_months(sample_plan(), [])
    absent = make("MONTH_NOT_ISSUED", words={"value": "tháng 6/2026"})
    c = attrs.evolve(c, status=attrs.evolve(c.status, period_findings=(absent,)))
    told = reported_words(overview_of(c), 3)
    assert told.startswith("Tổng hợp từ báo cáo ") and told.endswith(absent.message)


def test_an_indicator_with_a_note_alone_is_not_reported() -> None:
    """Where the office took a return its cells with errors are blank: a note beside such a figure says no figure."""
    plan = sample_plan()
    code = next(item.code for item in plan.indicators if "VP" in item.lead_units)
    c = of_months(plan, [("indicator", code, "note", "Đang rà soát số liệu")])
    (entry,) = (item for row in c.indicators if row.indicator.code == code for item in row.entries if item.unit == "VP")
    assert (entry.state, entry.values["note"].typed) == ("unreported", "Đang rà soát số liệu")
