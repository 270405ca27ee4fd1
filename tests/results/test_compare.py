"""Two periods compared: rows by code, percentages, indicators, units, and the words for each."""

from __future__ import annotations

import datetime as dt
import random

import attrs
import pytest

from nq57xl.cli.data import _print_comparison
from nq57xl.ledger.model import PeriodStatus
from nq57xl.plan.model import Measure, Period, Plan
from nq57xl.results.comparison import TaskChange, compare_periods
from nq57xl.results.consolidation import consolidate
from nq57xl.results.model import Consolidation
from nq57xl.results.wording import difference_text
from nq57xl.rules.load import load_schema
from nq57xl.rules.schema import CellValue
from tests.report_books import case
from tests.report_fills import Unit, random_status, returned, unit_status
from tests.samples import sample_period, sample_plan

APRIL = sample_period()
MARCH = attrs.evolve(
    APRIL,
    code="2026-03",
    title="tháng 3/2026",
    start=dt.date(2026, 2, 15),
    cutoff=dt.date(2026, 3, 14),
    due=dt.date(2026, 3, 17),
    report_due=dt.date(2026, 3, 19),
)
SCHEMA = load_schema()

Cells = dict[str, dict[tuple[str, str], dict[str, CellValue]]]
"""unit -> (table, key) -> field -> value."""


def told(period: Period, cells: Cells, plan: Plan | None = None) -> Consolidation:
    """The period with returns of those units alone."""
    plan = plan or sample_plan()
    units = []
    for number, unit in enumerate((item for item in plan.units if not item.external), start=1):
        record = None
        if unit.code in cells:
            writer = Unit(unit.code, random.Random(0))
            for (table, key), fields in cells[unit.code].items():
                for name, value in fields.items():
                    writer.type(table, key, name, str(value), value)
            record = returned(period, unit.code, writer.values, number=number)
        units.append(unit_status(unit.code, unit.name, record, period.due))
    status = PeriodStatus("mau", period.code, period.due, len(cells) == len(units), tuple(units), ())
    return consolidate(plan, period, SCHEMA, status)


def row(before: dict[str, CellValue] | None, after: dict[str, CellValue] | None, code: str = "I.1") -> TaskChange:
    """The change of one row that VP leads, due at the end of the year; None: VP has not reported it."""
    plan = due_on(dt.date(2026, 12, 31))
    periods = [
        told(period, {"VP": {("led", code): cells}} if cells is not None else {}, plan)
        for period, cells in ((MARCH, before), (APRIL, after))
    ]
    return next(item for item in compare_periods(*periods).rows if item.task.code == code)


def due_on(day: dt.date) -> Plan:
    """The sample plan with that day as the office's own deadline of every row."""
    plan = sample_plan()
    return attrs.evolve(plan, tasks=tuple(attrs.evolve(task, standard_deadline=day) for task in plan.tasks))


def half(percent: float) -> dict[str, CellValue]:
    """In progress with that percentage."""
    return {"progress": "in_progress", "percent": percent}


DONE: dict[str, CellValue] = {"progress": "done", "completion_date": dt.date(2026, 4, 2)}
DONE_IN_MARCH: dict[str, CellValue] = {"progress": "done", "completion_date": dt.date(2026, 3, 2)}


@pytest.mark.parametrize(
    ("before", "after", "move", "words"),
    [
        (half(0.4), half(0.6), "raised", "Tăng từ 40% lên 60%"),
        (half(0.6), half(0.425), "lowered", "Giảm từ 60% xuống 42,5%"),
        (half(0.4), half(0.4), "same", "Không thay đổi"),
        (half(0.4), DONE, "completed", "Hoàn thành trong kỳ"),
        (DONE_IN_MARCH, half(0.9), "reopened", "Kỳ trước đã báo hoàn thành, kỳ này: Đang thực hiện"),
        (DONE_IN_MARCH, DONE_IN_MARCH, "same", "Không thay đổi"),
        (DONE, DONE, "completed", "Hoàn thành trong kỳ"),
        ({"progress": "not_started"}, half(0.1), "moved", "Chuyển từ «Chưa thực hiện» sang «Đang thực hiện», 10%"),
        (
            {"progress": "ongoing"},
            {"progress": "not_arisen"},
            "moved",
            "Chuyển từ «Thường xuyên» sang «Chưa phát sinh»",
        ),
        (None, half(0.2), "first", "Kỳ trước chưa báo cáo"),
        (None, DONE, "first", "Hoàn thành (kỳ trước chưa báo cáo)"),
        (half(0.2), None, "silent", "Kỳ này chưa báo cáo"),
        (None, None, "silent", "Cả hai kỳ chưa báo cáo"),
    ],
)
def test_words_for_what_moved(
    before: dict[str, CellValue] | None, after: dict[str, CellValue] | None, move: str, words: str
) -> None:
    """Each kind of change has its code and its own short words."""
    found = row(before, after)
    assert (found.move, found.words) == (move, words)


def test_a_row_done_by_the_plan_does_not_move() -> None:
    """A row that the plan says is done is done in both periods, and nothing newly so."""
    found = row(None, None, "I.2")
    assert (found.move, found.words, found.newly_done) == ("same", "Đã hoàn thành trước kỳ", False)


def test_newly_done_needs_a_report_or_a_date() -> None:
    """Where the earlier period had no report, only a completion after its last day tells that the row is newly done."""
    assert row(half(0.4), DONE).newly_done
    assert row(None, DONE).newly_done
    assert not row(None, {"progress": "done", "completion_date": dt.date(2026, 3, 1)}).newly_done
    assert not row(None, {"progress": "done"}).newly_done
    assert not row(DONE_IN_MARCH, DONE_IN_MARCH).newly_done


def test_newly_overdue() -> None:
    """A deadline between the two last days makes a row newly overdue; an older one does not."""

    def change(due: dt.date, before: dict[str, CellValue] | None) -> TaskChange:
        plan = due_on(due)
        was = told(MARCH, {"VP": {("led", "I.1"): before}} if before else {}, plan)
        now = told(APRIL, {"VP": {("led", "I.1"): half(0.4)}}, plan)
        return compare_periods(was, now).rows[0]

    fresh = change(dt.date(2026, 4, 1), half(0.4))
    assert (fresh.newly_overdue, fresh.words) == (True, "Không thay đổi; mới quá hạn")
    assert change(dt.date(2026, 3, 14), None).newly_overdue
    assert not change(dt.date(2026, 3, 13), None).newly_overdue
    assert not change(dt.date(2026, 3, 13), half(0.3)).newly_overdue
    assert not change(dt.date(2026, 4, 14), half(0.3)).newly_overdue


def test_rows_are_found_by_code_when_the_plan_changes() -> None:
    """A new row, a dropped one, and one that only changed its place and wording."""
    plan = sample_plan()
    first, *rest = plan.tasks
    renamed = attrs.evolve(first, subtask="Nội dung viết lại", number="9")
    new = attrs.evolve(first, code="II.9", section="II", subtask="Việc mới")
    later = attrs.evolve(plan, tasks=(*rest[1:], renamed, new))
    found = compare_periods(told(MARCH, {}), told(APRIL, {"VP": {("led", "I.1"): half(0.2)}}, later))
    moves = {item.task.code: item.move for item in found.rows}
    assert moves["II.9"] == "new"
    assert moves[rest[0].code] == "dropped"
    assert moves["I.1"] == "first"
    assert found.change_of("II.9") == "Nhiệm vụ mới so với kỳ trước"
    assert found.change_of(rest[0].code) == "Không còn trong kế hoạch"
    assert not found.change_of("X.1")


def test_indicators_are_compared_by_unit_and_never_added() -> None:
    """A difference is of one unit's two numbers; words, blanks and other units have none."""
    was = told(MARCH, {"VP": {("indicator", "CT.I.1"): {"value": 0.7}, ("indicator", "CT.I.2"): {"value": 80.0}}})
    now = told(
        APRIL,
        {
            "VP": {
                ("indicator", "CT.I.1"): {"numerator": 45.0, "denominator": 50.0},
                ("indicator", "CT.I.2"): {"no_data": "no_data"},
            }
        },
    )
    found = {(item.indicator.code, item.unit): item for item in compare_periods(was, now).indicators}
    share = found["CT.I.1", "VP"]
    assert (share.before, share.after, share.difference) == (0.7, 0.9, 0.2)
    assert (share.reached_before, share.reached_after) == (False, True)
    score = found["CT.I.2", "VP"]
    assert (score.before, score.after, score.difference) == (80.0, None, None)
    assert (score.state_before, score.state_after) == ("reported", "no_data")


def test_units_in_both_periods() -> None:
    """Who reported then and now; a unit that was issued no form then is neither."""
    plan = sample_plan()
    fewer = attrs.evolve(plan, units=tuple(unit for unit in plan.units if unit.code != "KHTC"))
    found = {
        item.unit: item for item in compare_periods(told(MARCH, {"VP": {}}, fewer), told(APRIL, {"QLDT": {}})).units
    }
    assert (found["VP"].reported_before, found["VP"].reported_after) == (True, False)
    assert (found["QLDT"].reported_before, found["QLDT"].reported_after) == (False, True)
    assert (found["KHTC"].reported_before, found["KHTC"].reported_after) == (None, False)


@pytest.mark.parametrize("which", ["sample", "bql-2026", "sxd-2026"])
def test_a_period_compared_with_itself_does_not_move(which: str) -> None:
    """Random returns compared with themselves: nothing new, dropped, completed, raised or newly overdue."""
    plan, period = case(which)
    for seed in range(10):
        c = consolidate(plan, period, SCHEMA, random_status(plan, period, seed))
        found = compare_periods(c, c)
        assert {item.move for item in found.rows} <= {"same", "silent", "none"}
        assert not found.newly_done
        assert not found.newly_overdue
        assert all(not item.difference for item in found.indicators)
        assert len(found.rows) == len(plan.tasks)


def test_what_the_terminal_shows(capsys: pytest.CaptureFixture[str]) -> None:
    """Moved rows, indicators with their difference, units; what stayed is only counted."""
    plan = due_on(dt.date(2026, 4, 1))
    was = told(MARCH, {"VP": {("led", "I.1"): half(0.4), ("indicator", "CT.I.1"): {"value": 0.7}}}, plan)
    now = told(APRIL, {"VP": {("led", "I.1"): half(0.6), ("indicator", "CT.I.1"): {"value": 0.905}}, "QLDT": {}}, plan)
    _print_comparison(compare_periods(was, now))
    shown = capsys.readouterr()
    assert shown.out.startswith("Tháng 4/2026 so với tháng 3/2026\nĐầu việc mới hoàn thành: không có\n")
    assert "Đầu việc mới quá hạn: 1 (I.1)" in shown.out
    assert "Tăng từ 40% lên 60%; mới quá hạn" in shown.out
    assert "+20,5 điểm %" in shown.out
    assert "Phòng Quản lý đô thị: kỳ trước chưa báo cáo, kỳ này đã báo cáo." in shown.out
    assert "1/5 đầu việc không thay đổi tiến độ." in shown.err


@pytest.mark.parametrize(
    ("difference", "measure", "words"),
    [
        (0.052, "percent", "+5,2 điểm %"),
        (-0.1, "percent", "-10 điểm %"),
        (0.0, "percent", "0"),
        (3.0, "number", "+3"),
        (-1.5, "number", "-1,5"),
        (None, "number", ""),
    ],
)
def test_words_of_a_difference(difference: float | None, measure: Measure, words: str) -> None:
    """Percentages differ by percentage points, numbers by themselves."""
    assert difference_text(difference, measure) == words
