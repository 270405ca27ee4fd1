"""The consolidation: rows, standings, contributions, indicators; a blank is never a zero."""

from __future__ import annotations

import datetime as dt
import random

import attrs
import pytest

from nq57xl.forms.model import Source, Value
from nq57xl.ledger.model import CarriedCell, PeriodStatus
from nq57xl.outputs.report.plan_results import indicator_page, plan_page
from nq57xl.outputs.texts import tracking_text
from nq57xl.plan.deadlines import Comparator
from nq57xl.plan.model import Plan
from nq57xl.results.consolidation import consolidate
from nq57xl.results.model import Consolidation, IndicatorEntry, TaskRow
from nq57xl.results.overview import figures
from nq57xl.rules.load import load_schema
from nq57xl.rules.schema import CellValue
from nq57xl.xlsx.pages import Number
from tests.report_fills import PROGRESS, Unit, fill_unit, random_status, returned, unit_status
from tests.samples import sample_period, sample_plan

PERIOD = sample_period()
SCHEMA = load_schema()


def typed(cells: dict[str, list[tuple[str, str, str, CellValue]]], plan: Plan | None = None) -> Consolidation:
    """A consolidation of returns given as unit -> (table, key, field, value); other units are missing."""
    plan = plan or sample_plan()
    units = []
    for number, unit in enumerate((item for item in plan.units if not item.external), start=1):
        record = None
        if unit.code in cells:
            writer = Unit(unit.code, random.Random(0))
            for table, key, field, value in cells[unit.code]:
                writer.type(table, key, field, str(value), value)
            record = returned(PERIOD, unit.code, writer.values, number=number)
        units.append(unit_status(unit.code, unit.name, record, PERIOD.due))
    status = PeriodStatus("mau", PERIOD.code, PERIOD.due, len(cells) == len(units), tuple(units), ())
    return consolidate(plan, PERIOD, SCHEMA, status)


def row(c: Consolidation, code: str) -> TaskRow:
    """The row of that code."""
    return next(item for item in c.tasks if item.task.code == code)


def entry(c: Consolidation, code: str) -> IndicatorEntry:
    """The only entry of that indicator."""
    return next(item for item in c.indicators if item.indicator.code == code).entries[0]


def led(key: str, progress: str, **more: CellValue) -> list[tuple[str, str, str, CellValue]]:
    """A led row with that progress."""
    return [("led", key, "progress", progress), *(("led", key, name, value) for name, value in more.items())]


def test_a_missing_unit_is_unreported_not_unstarted() -> None:
    """Without returns every row says "not reported"; no row counts as not started and no indicator as zero."""
    c = typed({})
    f = figures(c)
    assert {item.standing.state for item in c.tasks} == {"unreported", "done_before"}
    assert f.total.progress == {"Chưa báo cáo": 4, "Đã hoàn thành trước kỳ": 1}
    assert f.total.timeliness == {}
    assert all(item.entries[0].result is None for item in c.indicators)
    assert {item.state for item in c.indicators} == {"Chưa báo cáo"}


def test_a_blank_progress_in_an_accepted_return_is_unreported() -> None:
    """A unit that reported other rows but left one blank leaves that row unreported, its texts kept."""
    c = typed({"VP": [("led", "I.1", "result", "Đã làm")]})
    found = row(c, "I.1")
    assert found.standing.state == "unreported"
    assert found.entries[0].values["result"].typed == "Đã làm"


def test_a_row_done_before_needs_no_report() -> None:
    """A row that the plan says is done is "done before the period", reported or not."""
    c = typed({})
    assert row(c, "I.2").standing.state == "done_before"
    assert row(c, "I.2").standing.progress is None


@pytest.mark.parametrize(
    ("reports", "state", "progress"),
    [
        (("done", "done", "done"), "reported", "done"),
        (("done", "in_progress", "done"), "reported", "in_progress"),
        (("done", "in_progress", "not_started"), "reported", "not_started"),
        (("done", "not_arisen", "done"), "reported", "not_arisen"),
        (("in_progress", "not_arisen", "ongoing"), "reported", "in_progress"),
        (("ongoing", "ongoing", "done"), "reported", "ongoing"),
        (("done", "done", None), "partly_reported", None),
        ((None, None, None), "unreported", None),
    ],
)
def test_a_collective_lead_is_as_slow_as_its_slowest_unit(
    reports: tuple[str | None, ...], state: str, progress: str | None
) -> None:
    """Done only when all are done, else the least advanced decides; a silent unit leaves the row incomplete."""
    cells = {
        unit: led("I.3", told, **({"completion_date": dt.date(2026, 4, 1)} if told == "done" else {}))
        for unit, told in zip(("QLDT", "QLDN", "KHTC"), reports, strict=True)
        if told
    }
    standing = row(typed(cells), "I.3").standing
    assert (standing.state, standing.progress) == (state, progress)


def test_a_collective_row_is_done_on_its_last_completion_date() -> None:
    """All units done, one of them after the deadline: the row is late by that unit's days."""
    cells = {
        unit: led("I.3", "done", completion_date=day)
        for unit, day in (
            ("QLDT", dt.date(2026, 4, 1)),
            ("QLDN", dt.date(2026, 4, 12)),
            ("KHTC", dt.date(2026, 3, 1)),
        )
    }
    plan = sample_plan()
    due = dt.date(2026, 4, 10)
    tasks = tuple(attrs.evolve(item, standard_deadline=due) if item.code == "I.3" else item for item in plan.tasks)
    standing = row(typed(cells, attrs.evolve(plan, tasks=tasks)), "I.3").standing
    assert standing.timeliness is not None
    assert (standing.timeliness.code, standing.timeliness.days, standing.decided_by) == ("late", 2, "QLDN")


def test_completed_after_the_cutoff_is_in_progress_until_then() -> None:
    """Done, but after the last day of the data: in progress in this period's figures; its day stands as reported."""
    c = typed({"QLDT": led("II.1.2", "done", completion_date=dt.date(2026, 4, 15))})
    found = row(c, "II.1.2")
    assert (found.standing.progress, found.entries[0].value("completion_date")) == ("in_progress", dt.date(2026, 4, 15))
    words = "hoàn thành sau ngày chốt, ngày 15/04/2026"
    assert found.entries[0].share(SCHEMA) == words
    cells = next(line.cells for line in plan_page(c, None).lines if line.cells.get("code") == "II.1.2")
    assert str(cells["standing"]).startswith(f"Đang thực hiện, {words}")
    assert f"Đang thực hiện; {words}" in tracking_text(c).decode()


def test_the_offices_own_deadline_wins() -> None:
    """Timeliness is computed from "Hạn chuẩn" where the office gave one."""
    plan = sample_plan()
    tasks = tuple(
        attrs.evolve(item, standard_deadline=dt.date(2026, 4, 16)) if item.code == "II.1.2" else item
        for item in plan.tasks
    )
    c = typed({"QLDT": led("II.1.2", "in_progress", percent=0.5)}, attrs.evolve(plan, tasks=tasks))
    found = row(c, "II.1.2").standing.timeliness
    assert found is not None
    assert (found.code, found.days) == ("at_risk", 2)


def test_contributions_of_supporters() -> None:
    """A text, "không phát sinh" on the row, the statement for all, and silence are four different things."""
    c = typed(
        {
            "QLDT": [("supporting", "I.1", "contribution", "Đã góp ý")],
            "QLDN": [("supporting", "I.1", "nothing", "none")],
            "KHTC": [("statement", "statement", "statement", "none")],
        }
    )
    assert [item.state for item in row(c, "I.1").contributions] == ["text", "nothing", "nothing"]
    assert [item.state for item in row(c, "II.1.1").contributions] == ["unreported", "unreported", "nothing"]
    assert [item.state for item in row(c, "I.3").contributions] == ["unreported", "outside"]


@pytest.mark.parametrize(
    ("cells", "state", "result", "reached", "gap"),
    [
        ({"value": 0.95}, "reported", 0.95, True, 0.05),
        ({"value": 0.9}, "reported", 0.9, True, 0.0),
        ({"value": 0.0}, "reported", 0.0, False, -0.9),
        ({"numerator": 45.0, "denominator": 60.0}, "reported", 0.75, False, -0.15),
        ({"numerator": 0.0, "denominator": 60.0}, "reported", 0.0, False, -0.9),
        ({"numerator": 5.0, "denominator": 0.0}, "reported", None, None, None),
        ({"numerator": 5.0}, "unreported", None, None, None),
        ({"no_data": "no_data"}, "no_data", None, None, None),
        ({}, "unreported", None, None, None),
    ],
)
def test_indicators_against_a_percentage(
    cells: dict[str, CellValue], state: str, result: float | None, reached: bool | None, gap: float | None
) -> None:
    """A value or a quotient is compared; zero is a value, a blank is none, division by zero is no number."""
    found = entry(typed({"VP": [("indicator", "CT.I.1", name, value) for name, value in cells.items()]}), "CT.I.1")
    assert (found.state, found.result, found.reached) == (state, result, reached)
    assert found.gap == pytest.approx(gap)


@pytest.mark.parametrize(
    ("value", "target", "shown"),
    [
        (0.8999999, (">=", 0.9), (0.9, 0.0, "90%", "Đạt")),
        (0.89995, (">=", 0.9), (0.9, 0.0, "90%", "Đạt")),
        (0.8999, (">=", 0.9), (0.8999, -0.01, "89,99%", "Đang phấn đấu")),
        (0.9000001, ("<=", 0.9), (0.9, 0.0, "90%", "Đạt")),
        (0.90004, (">", 0.9), (0.9, 0.0, "90%", "Đang phấn đấu")),
        (0.33333333, (">=", 0.9), (0.3333, -56.67, "33,33%", "Đang phấn đấu")),
        (0.0000094, (">=", 0.00001), (0.00001, 0.0, "0,001%", "Đạt")),
        (0.0000086, (">=", 0.0000095), (0.0000086, -0.00009, "0,00086%", "Đang phấn đấu")),
    ],
)
def test_a_result_is_compared_as_it_is_shown(
    value: float, target: tuple[Comparator, float], shown: tuple[float, float, str, str]
) -> None:
    """The cell, the gap, the sentence and the verdict go by the same digits; the typed cell keeps all of its own."""
    plan = sample_plan()
    first = plan.indicators[0]
    wanted = attrs.evolve(first, target=attrs.evolve(first.target, comparator=target[0], value=target[1]))
    told: list[tuple[str, str, str, CellValue]] = [("indicator", first.code, "value", value)]
    c = typed({"VP": told}, attrs.evolve(plan, indicators=(wanted, *plan.indicators[1:])))
    line = next(line for line in indicator_page(c).lines if line.cells.get("indicator") == first.indicator)
    result, gap = line.cells["result"], line.cells["gap"]
    assert isinstance(result, Number) and isinstance(gap, Number)
    found = entry(c, first.code)
    words = c.indicators[0].result_words(found)
    assert (result.value, round(gap.value, 6), words, line.cells["state"]) == shown
    assert (found.result, found.reached) == (value, shown[3] == "Đạt")


def test_indicators_in_numbers_and_words() -> None:
    """A score compares with its target; "Có" is reached by yes alone; a quotient says nothing of a score."""
    told: list[tuple[str, str, str, CellValue]] = [
        ("indicator", "CT.I.2", "value", 79.5),
        ("indicator", "CT.II.1", "value", "yes"),
    ]
    c = typed({"VP": told})
    assert (entry(c, "CT.I.2").reached, entry(c, "CT.I.2").gap) == (False, -0.5)
    assert entry(c, "CT.II.1").reached is True
    assert entry(typed({"VP": [("indicator", "CT.II.1", "value", "no")]}), "CT.II.1").reached is False
    quotient: list[tuple[str, str, str, CellValue]] = [
        ("indicator", "CT.I.2", "numerator", 8.0),
        ("indicator", "CT.I.2", "denominator", 10.0),
    ]
    assert entry(typed({"VP": quotient}), "CT.I.2").reached is None


def test_every_typed_cell_is_traced_once_and_in_order() -> None:
    """The trace holds every typed cell of every counting return, and nothing of a missing unit."""
    plan = sample_plan()
    status = random_status(plan, PERIOD, 5, missing=lambda code: code == "QLDN")
    c = consolidate(plan, PERIOD, SCHEMA, status)
    expected = [value for unit in status.units if unit.counting is not None for value in unit.counting.judged.values]
    assert sorted(map(str, (item.value for item in c.traced))) == sorted(map(str, expected))
    assert {item.unit for item in c.traced} == {"VP", "QLDT", "KHTC"}
    assert {item.value.field for item in c.traced if item.contact} == {"phone", "email"}
    keys = [item.value.key for item in c.traced if item.unit == "VP" and item.value.table == "led"]
    assert keys == sorted(keys, key=[task.code for task in plan.tasks].index)


def test_counts_equal_plain_loops_for_random_fills() -> None:
    """Counts by section, progress and timeliness equal a computation of their own over the typed cells."""
    plan = sample_plan()
    for seed in range(40):
        status = random_status(plan, PERIOD, seed)
        c = consolidate(plan, PERIOD, SCHEMA, status)
        for section in figures(c).sections:
            assert section.progress == plain_progress(plan, status, section.code), seed


def plain_progress(plan: Plan, status: PeriodStatus, section: str) -> dict[str, int]:
    """Counts by progress from the typed cells alone, with plain loops."""
    order = ["not_started", "in_progress", "not_arisen", "ongoing", "done"]
    counts: dict[str, int] = {}
    for task in plan.tasks:
        if task.section != section:
            continue
        told = []
        for unit in status.units:
            if unit.code in task.lead_units and unit.counting is not None:
                for value in unit.counting.judged.values:
                    if (value.table, value.key, value.field) == ("led", task.code, "progress"):
                        told.append(str(value.value))
        if task.deadline.text == "Đã thực hiện":
            word = "Đã hoàn thành trước kỳ"
        elif len(told) < len(task.lead_units):
            word = "Chưa báo cáo"
        else:
            word = PROGRESS[min(told, key=order.index)]
        counts[word] = counts.get(word, 0) + 1
    return counts


def test_the_same_returns_give_the_same_consolidation() -> None:
    """Consolidating twice gives equal records: nothing depends on the clock or on order of memory."""
    plan = sample_plan()
    status = random_status(plan, PERIOD, 3)
    assert consolidate(plan, PERIOD, SCHEMA, status) == consolidate(plan, PERIOD, SCHEMA, status)
    assert fill_unit(plan, PERIOD, "VP", random.Random(1)) == fill_unit(plan, PERIOD, "VP", random.Random(1))


def test_the_letterhead_follows_the_day() -> None:
    """The agency above is named as on the day the report is due: "tỉnh" in April, "thành phố" from 30 April 2026."""
    plan = sample_plan()
    later = attrs.evolve(PERIOD, report_due=dt.date(2026, 5, 19))
    status = random_status(plan, PERIOD, 1)
    assert consolidate(plan, PERIOD, SCHEMA, status).letterhead[0] == "UBND tỉnh Đồng Nai"
    assert consolidate(plan, later, SCHEMA, status).letterhead[0] == "UBND thành phố Đồng Nai"


def carrying(c: PeriodStatus, unit: str, key: str, day: dt.date) -> PeriodStatus:
    """The same status, with that unit's row reported as done in the month before."""
    cells = (("progress", "Hoàn thành", "done"), ("completion_date", f"{day:%d/%m/%Y}", day))
    source = Source("inbox/3.xlsx", "3.xlsx", "a" * 64, 1, dt.datetime(2026, 3, 16, 9, tzinfo=dt.UTC), "option")
    carried = tuple(
        CarriedCell(Value("led", key, name, words, value, "1. Kết quả", "G6"), source) for name, words, value in cells
    )
    units = tuple(attrs.evolve(item, carried=carried) if item.code == unit else item for item in c.units)
    return attrs.evolve(c, units=units)


@pytest.mark.parametrize(
    ("others", "state", "progress"),
    [
        (None, "partly_reported", None),
        ("in_progress", "reported", "in_progress"),
        ("done", "reported", "done"),
    ],
)
def test_one_of_several_leads_was_done_before(others: str | None, state: str, progress: str | None) -> None:
    """Its share counts as done; the row waits for the others, and is done when they are."""
    cells = {unit: led("I.3", others, completion_date=dt.date(2026, 4, 10)) for unit in ("QLDN", "KHTC") if others}
    first = typed(cells)
    c = consolidate(first.plan, PERIOD, SCHEMA, carrying(first.status, "QLDT", "I.3", dt.date(2026, 3, 12)))
    found = row(c, "I.3")
    assert (found.standing.state, found.standing.progress) == (state, progress)
    assert [item.before for item in found.entries] == [True, False, False]
    sources = {item.source.name for item in c.traced if item.unit == "QLDT"}
    assert sources == {"3.xlsx"}


def test_what_is_reported_now_wins_over_what_was_done_before() -> None:
    """A unit that reports the row in this period after all (on an older form) is taken at its word."""
    first = typed({"VP": led("II.1.1", "ongoing")})
    c = consolidate(first.plan, PERIOD, SCHEMA, carrying(first.status, "VP", "II.1.1", dt.date(2026, 3, 12)))
    assert row(c, "II.1.1").standing.progress == "ongoing"
    assert {item.source.name for item in c.traced if item.value.key == "II.1.1"} != {"3.xlsx"}
    assert len([item for item in c.traced if item.value.key == "II.1.1"]) == 1
