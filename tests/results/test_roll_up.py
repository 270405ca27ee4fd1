"""An office's own rows answer a superior row: by rules that are data, and never more than the parts say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nq57xl.errors import Nq57Error
from nq57xl.forms.model import Value
from nq57xl.plan.deadlines import Deadline, Target
from nq57xl.plan.model import Indicator, IndicatorKind, Task
from nq57xl.plan.refine import MatchLine, RowMatch, _AnsweringRow
from nq57xl.resources import read_schema
from nq57xl.results.model import Contribution, IndicatorEntry, IndicatorRow, LeadEntry, RowStanding, TaskRow
from nq57xl.results.roll_up import RollUp, roll_up
from nq57xl.rules.load import load_schema

RULES = read_schema("roll_up.yml")
SCHEMA = load_schema()
Cells = Mapping[str, Any]
KEY = "II.3"


def task(code: str) -> Task:
    return Task(code, "II", "3", None, "Số hóa hồ sơ", "", "", "", "", "", Deadline(""))


def values(table: str, code: str, cells: Cells) -> dict[str, Value]:
    return {
        name: Value(table, code, name, str(value), value, "1. Kết quả", f"{chr(65 + place)}9")
        for place, (name, value) in enumerate(cells.items())
        if value is not None
    }


def entry(code: str, unit: str, cells: Cells) -> LeadEntry:
    progress = cells.get("progress")
    return LeadEntry(unit, f"Phòng {unit}", True, values("led", code, cells), str(progress) if progress else None)


def task_row(code: str, units: Sequence[Cells], contributions: tuple[Contribution, ...] = ()) -> TaskRow:
    entries = tuple(entry(code, f"{code}-{place}", cells) for place, cells in enumerate(units))
    return TaskRow(task(code), RowStanding("reported"), entries, contributions)


def led(rows: Mapping[str, Sequence[Cells]], weights: Mapping[str, float] | None = None, table: str = "led") -> RollUp:
    """The answer of the own rows (code -> what each of its units typed) to one superior row."""
    match = RowMatch(table, KEY, "", tuple(_AnsweringRow(code, "", (weights or {}).get(code)) for code in rows))
    tasks = tuple(task_row(code, units) for code, units in rows.items())
    return answered(MatchLine(match, task(KEY), "confirmed"), tasks=tasks)


def answered(line: MatchLine, tasks: Sequence[TaskRow] = (), indicators: Sequence[IndicatorRow] = ()) -> RollUp:
    c: Any = SimpleNamespace(tasks=tasks, indicators=indicators, schema=SCHEMA)
    return roll_up([line], c, RULES)


def cells_of(done: RollUp) -> dict[str, Any]:
    return {cell.field: cell.value for cell in done.cells}


GOING: Cells = {"progress": "in_progress", "percent": 0.4, "result": "Đã trình."}
READY: Cells = {"progress": "done", "percent": 1.0, "result": "Đã ban hành.", "completion_date": dt.date(2026, 4, 7)}
IDLE: Cells = {"progress": "not_started"}


@pytest.mark.parametrize(
    ("parts", "progress", "percent"),
    [
        ([READY, READY], "done", 1.0),
        ([READY, IDLE], "in_progress", 0.5),
        ([GOING, IDLE], "in_progress", 0.2),
        ([IDLE, IDLE], "not_started", None),
        ([READY, {"progress": "ongoing"}], "done", 1.0),
        ([IDLE, {"progress": "not_arisen"}], "not_started", None),
        ([{"progress": "ongoing"}, {"progress": "not_arisen"}], "ongoing", None),
        ([{"progress": "not_arisen"}] * 2, "not_arisen", None),
        ([GOING], "in_progress", 0.4),
    ],
)
def test_progress_of_several_rows(parts: list[Cells], progress: str, percent: float | None) -> None:
    """Ongoing and not arisen are set aside where others exist; done only where all are done; else the issue's order."""
    done = cells_of(led({f"I.{number}": [cells] for number, cells in enumerate(parts)}))
    assert (done["progress"], done.get("percent")) == (progress, percent)


PROGRESS = st.sampled_from(["not_started", "in_progress", "done", "ongoing", "not_arisen"])


@st.composite
def units(draw: st.DrawFn) -> Cells:
    """What a unit typed, as the form's own rules let it."""
    progress = draw(PROGRESS)
    percent = draw(st.floats(0, 1)) if progress == "in_progress" else 1.0 if progress == "done" else None
    day = draw(st.dates(dt.date(2026, 1, 1), dt.date(2026, 4, 14))) if progress == "done" else None
    result = draw(st.sampled_from([None, "Đã trình.", "Đã rà soát 5 hồ sơ."]))
    return {"progress": progress, "percent": percent, "completion_date": day, "result": result}


ROWS = st.dictionaries(
    st.sampled_from(["I.1", "I.2", "I.3", "II.1"]), st.lists(units(), min_size=1, max_size=3), min_size=1
)
WEIGHTS = st.dictionaries(st.sampled_from(["I.1", "I.2", "I.3", "II.1"]), st.floats(0.1, 100))


@given(ROWS, WEIGHTS)
def test_a_percentage_lies_between_its_parts_and_done_means_all_done(
    rows: dict[str, list[Cells]], weights: dict[str, float]
) -> None:
    """Whatever units typed: percent within the least and greatest part, done exactly if all that count are done."""
    done = cells_of(led(rows, {code: weights.get(code, 1.0) for code in rows}))
    said = [cells for typed in rows.values() for cells in typed]
    counted = [cells for cells in said if cells["progress"] not in ("ongoing", "not_arisen")]
    assert (done["progress"] == "done") == (bool(counted) and all(cells["progress"] == "done" for cells in counted))
    known: Cells = {"done": 1.0, "not_started": 0.0}
    shares = [float(known.get(str(cells["progress"]), cells["percent"])) for cells in counted]
    if done["progress"] in ("in_progress", "done"):
        assert min(shares) <= done["percent"] <= max(shares)
    else:
        assert "percent" not in done
    days = [cells["completion_date"] for cells in counted]
    assert done.get("completion_date") == (max(days) if done["progress"] == "done" else None)


@given(ROWS)
def test_nothing_is_invented_from_blanks(rows: dict[str, list[Cells]]) -> None:
    """A cell is filled only where a unit typed in that field, or its progress says it; each text is somebody's."""
    done = led(rows)
    said = [cells for typed in rows.values() for cells in typed]
    for cell in done.cells:
        typed = [cells for cells in said if cells.get(cell.field) is not None]
        assert typed or cell.field == "percent"
        if cell.field == "result":
            assert {str(cells["result"]) for cells in typed} == {text for text in TEXTS if text in str(cell.value)}


TEXTS = ("Đã trình.", "Đã rà soát 5 hồ sơ.")


def test_weights_count_and_units_share_their_rows_weight() -> None:
    """60:40 of two rows, the first of two units: (0,3·1 + 0,3·0 + 0,4·0,5) = 0,5."""
    going = {**GOING, "percent": 0.5}
    assert cells_of(led({"I.1": [READY, IDLE], "I.2": [going]}, {"I.1": 60, "I.2": 40}))["percent"] == 0.5


def test_a_missing_report_leaves_figures_blank_and_is_named() -> None:
    """Two of three reported: progress, percentage and day stay blank, texts are there, the missing unit is named."""
    done = led({"I.1": [READY, {}], "I.2": [GOING]})
    assert set(cells_of(done)) == {"result"}
    (point,) = done.points
    assert point.field == ""
    assert "Phòng I.1-1 (I.1)" in point.why


def test_a_row_that_others_lead_is_not_forgotten() -> None:
    """One own row is done, the other is led by a unit that gets no form: nobody can say that all is done."""
    outside = attrs.evolve(task_row("I.2", [{}]), task=attrs.evolve(task("I.2"), lead="Sở Khoa học và Công nghệ"))
    outside = attrs.evolve(outside, entries=tuple(attrs.evolve(entry, expected=False) for entry in outside.entries))
    match = RowMatch("led", KEY, "", (_AnsweringRow("I.1", ""), _AnsweringRow("I.2", "")))
    done = answered(MatchLine(match, task(KEY), "confirmed"), tasks=[task_row("I.1", [READY]), outside])
    assert set(cells_of(done)) == {"result"}
    assert "Sở Khoa học và Công nghệ (I.2)" in done.points[0].why


def test_a_blank_percentage_is_no_zero() -> None:
    """A part in progress without a percentage: none is computed, and the part is named."""
    done = led({"I.1": [{"progress": "in_progress"}], "I.2": [READY]})
    assert "percent" not in cells_of(done)
    assert [point.field for point in done.points] == ["percent"]


def test_a_day_that_is_none_is_named_with_its_unit() -> None:
    """One part's completion date is a text: the day stays blank, and whose it is is told."""
    done = led({"I.1": [READY, {**READY, "completion_date": "cuối tháng"}]})
    (point,) = [point for point in done.points if point.field == "completion_date"]
    assert ("completion_date" in cells_of(done), "Phòng I.1-1 (I.1)" in point.why) == (False, True)


def test_texts_carry_their_units_names() -> None:
    """Two units that say the same share a line; one unit alone says it in its own words."""
    both = led(
        {"I.1": [{**GOING, "cause": "Chờ kinh phí"}, {**GOING, "cause": "chờ kinh phí", "result": "Xong 2 việc"}]}
    )
    done = cells_of(both)
    assert done["cause"] == "Phòng I.1-0, Phòng I.1-1: Chờ kinh phí"
    assert done["result"] == "Phòng I.1-0: Đã trình.\nPhòng I.1-1: Xong 2 việc"
    assert cells_of(led({"I.1": [GOING]}))["result"] == "Đã trình."


def test_documents_are_listed_with_their_days() -> None:
    """Each document once, with its day, on a line of its own."""
    one = {**READY, "evidence_number": "12/KH-SXD", "evidence_date": dt.date(2026, 4, 7)}
    other = {**READY, "evidence_number": "45/BC-VP"}
    assert cells_of(led({"I.1": [one, one, other]}))["evidence_number"] == "12/KH-SXD ngày 07/04/2026\n45/BC-VP"


def test_a_text_that_is_too_long_is_left_to_a_person() -> None:
    """Joined beyond what the cell takes: blank, and said why; nothing is cut."""
    long = {**GOING, "kpi_achieved": "Đạt " * 200}
    other = {**GOING, "kpi_achieved": "Gần đạt " * 100}
    done = led({"I.1": [long, other]})
    assert "kpi_achieved" not in cells_of(done)
    assert [point.field for point in done.points] == ["kpi_achieved"]


def test_an_unconfirmed_row_is_not_answered() -> None:
    """A proposal alone fills nothing in."""
    line = MatchLine(RowMatch("led", KEY, "", (_AnsweringRow("I.1", ""),)), task(KEY), "proposed")
    done = answered(line, tasks=[task_row("I.1", [READY])])
    assert (done.cells, [point.field for point in done.points]) == ((), [""])


def test_a_supported_row_takes_results_and_contributions() -> None:
    """Own leads and supporters speak; where all say that nothing arose, the mark is set instead."""
    mark = Value("statement", "statement", "statement", "Không phát sinh", "none", "2. Phối hợp", "C3")
    text = Value("supporting", "I.1", "contribution", "Đã góp ý.", "Đã góp ý.", "2. Phối hợp", "F6")
    line = MatchLine(RowMatch("supporting", KEY, "", (_AnsweringRow("I.1", ""),)), task(KEY), "confirmed")
    helped = (Contribution("PC", "Phòng PC", "text", text), Contribution("TT", "Phòng TT", "nothing", mark))
    done = cells_of(answered(line, tasks=[task_row("I.1", [GOING], helped)]))
    assert done == {"contribution": "Phòng I.1-0: Đã trình.\nPhòng PC: Đã góp ý."}
    idle = task_row("I.1", [{"progress": "not_arisen"}], (Contribution("TT", "Phòng TT", "nothing", mark),))
    assert cells_of(answered(line, tasks=[idle])) == {"nothing": "none"}


# --- indicators -----------------------------------------------------------------------------------------------------


def indicator(code: str, unit: str = "%", target: str = "≥ 80%", kind: IndicatorKind = "flow") -> Indicator:
    return Indicator(code, "I", "1", "Tỷ lệ hồ sơ trực tuyến", unit, Target.read(target), "", kind=kind)


def figures(rows: Sequence[tuple[Indicator, Sequence[Cells]]], about: Indicator) -> RollUp:
    """The answer of own indicators (with what each unit typed) to one superior indicator."""
    match = RowMatch("indicator", KEY, "", tuple(_AnsweringRow(item.code, "") for item, _ in rows))
    made = []
    for item, typed in rows:
        entries = tuple(
            IndicatorEntry(f"{item.code}-{n}", f"Phòng {n}", "reported" if cells else "unreported",
                           values("indicator", item.code, cells))
            for n, cells in enumerate(typed)
        )  # fmt: skip
        made.append(IndicatorRow(item, entries, dt.date(2026, 12, 31), judged=False))
    return answered(MatchLine(match, about, "confirmed"), indicators=made)


COUNTS = st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 10**6)), min_size=1, max_size=6)


@given(COUNTS)
def test_parts_of_a_ratio_are_summed_exactly(counts: list[tuple[int, int]]) -> None:
    """Numerators and denominators are added, the percentage itself is never: it follows from the sums."""
    typed = [{"numerator": float(part), "denominator": float(whole)} for part, whole in counts]
    done = cells_of(figures([(indicator("CT.1"), typed)], indicator(KEY)))
    assert done == {"numerator": sum(part for part, _ in counts), "denominator": sum(whole for _, whole in counts)}


def test_percentages_without_their_parts_are_not_averaged() -> None:
    """90 % and 70 % of two units give no percentage; a person is asked. One unit's own percentage is taken."""
    both = figures([(indicator("CT.1"), [{"value": 0.9}, {"value": 0.7}])], indicator(KEY))
    assert (cells_of(both), [point.field for point in both.points]) == ({}, ["value"])
    assert cells_of(figures([(indicator("CT.1"), [{"value": 0.9}])], indicator(KEY))) == {"value": 0.9}


def test_stocks_and_flows_are_not_added() -> None:
    """Documents received in the month and documents in store on the day are no sum."""
    rows = [
        (indicator("CT.1", "hồ sơ", "≥ 500", "flow"), [{"value": 5.0}]),
        (indicator("CT.2", "hồ sơ", "≥ 500", "stock"), [{"value": 7.0}]),
    ]
    done = figures(rows, indicator(KEY, "hồ sơ", "≥ 500"))
    assert (cells_of(done), [point.field for point in done.points]) == ({}, ["value"])
    same = [(rows[0][0], rows[0][1]), (indicator("CT.2", "hồ sơ", "≥ 500", "flow"), [{"value": 7.0}])]
    assert cells_of(figures(same, indicator(KEY, "hồ sơ", "≥ 500"))) == {"value": 12.0}


def test_scores_are_no_counts() -> None:
    """Points out of a hundred of two units are not added."""
    done = figures([(indicator("CT.1", "điểm", "≥ 80 điểm"), [{"value": 80.0}, {"value": 70.0}])],
                   indicator(KEY, "điểm", "≥ 80 điểm"))  # fmt: skip
    assert (cells_of(done), [point.field for point in done.points]) == ({}, ["value"])


def test_no_data_of_all_is_said_and_of_some_is_asked() -> None:
    """Where every unit has no figures the form says so; where one has none there is no sum."""
    item, empty = indicator("CT.1"), {"no_data": "no_data"}
    assert cells_of(figures([(item, [empty, empty])], indicator(KEY))) == {"no_data": "no_data"}
    some = figures([(item, [empty, {"numerator": 1.0, "denominator": 2.0}])], indicator(KEY))
    assert (cells_of(some), [point.field for point in some.points]) == ({}, ["value"])


def test_an_office_rule_of_an_unknown_name_is_told() -> None:
    """A rule that the program does not have is an error that names the file."""
    line = MatchLine(RowMatch("led", KEY, "", (_AnsweringRow("I.1", ""),)), task(KEY), "confirmed")
    c: Any = SimpleNamespace(tasks=[task_row("I.1", [READY])], indicators=(), schema=SCHEMA)
    with pytest.raises(Nq57Error, match=r"roll_up\.yml"):
        roll_up([line], c, {"led": {"result": {"rule": "guess"}}})
