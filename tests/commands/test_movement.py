"""Movement: what changed oddly since the unit's last report asks for an explanation, in the form and on return."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest
from docx import Document

from nq57xl.commands.merge import merge
from nq57xl.commands.remind import remind
from nq57xl.commands.standing import OfficePeriod
from nq57xl.commands.status import status
from nq57xl.forms.layout import layout
from nq57xl.forms.live_check import ENOUGH
from nq57xl.outputs.report.problems import _Explanations
from nq57xl.plan.appendix_read import read_appendix
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.model import IndicatorKind
from nq57xl.returns.model import JudgedReturn
from nq57xl.returns.superior_form import read_superior_form
from nq57xl.rules.schema import CellValue
from nq57xl.xlsx.patch import unlocked_cells
from nq57xl.xlsx.read import read_bytes
from tests import office
from tests import year_kit as year
from tests.amounts import cases
from tests.conftest import NIGHTLY

APRIL, MAY, JUNE, JULY = (f"2026-{month:02d}" for month in range(4, 8))
KINDS: dict[str, IndicatorKind] = {"CT.I.1": "stock", "CT.I.2": "cumulative", "CT.II.1": "stock"}
FLOWING: dict[str, IndicatorKind] = {"CT.I.1": "flow", "CT.I.2": "stock"}
WHY = "Giảm do rà soát loại thủ tục trùng"


def figures(parts: tuple[float, float], total: float, answer: str) -> year.Typed:
    said: dict[tuple[str, str, str], str | float | None] = {
        ("indicator", code, "no_data"): None for code in ("CT.I.1", "CT.I.2", "CT.II.1")
    }
    said["indicator", "CT.I.1", "numerator"], said["indicator", "CT.I.1", "denominator"] = parts
    said["indicator", "CT.I.2", "value"], said["indicator", "CT.II.1", "value"] = total, answer
    return said


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """VP has reported April: I.1 at 45 %, II.1.1 done, 80 of 100, 60 in all, "Có"; May's form is issued."""
    return reported(year.start_sample(tmp_path_factory.mktemp("bien dong") / "vp", KINDS))


@pytest.fixture(scope="module")
def flowing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same where the ratio counts what came in the month, and the stock may move by half (phu-luc.xlsx)."""
    root = year.start_sample(tmp_path_factory.mktemp("trong ky") / "vp", KINDS | FLOWING)
    appendix = root / "phu-luc.xlsx"
    plan = read_appendix(appendix.read_bytes()).plan
    limited = tuple(attrs.evolve(item, threshold=50 if item.code == "CT.I.2" else None) for item in plan.indicators)
    appendix.write_bytes(write_appendix(attrs.evolve(plan, indicators=limited)))
    return reported(root)


def reported(root: Path) -> Path:
    year.issue(root, APRIL, "VP")
    said = {**figures((80, 100), 60, "yes"), **done("II.1.1", "12/KH-SXD", dt.date(2026, 4, 10))}
    assert year.send(root, APRIL, said).returns[0].verdict == "accepted"
    year.issue(root, MAY, "VP")
    return root


def done(row: str, number: str, day: dt.date) -> year.Typed:
    return {
        ("led", row, "progress"): "done",
        ("led", row, "percent"): 1.0,
        ("led", row, "completion_date"): day,
        ("led", row, "evidence_number"): number,
        ("led", row, "evidence_date"): day,
    }


STEADY = figures((82, 100), 63, "yes")


def moved(item: JudgedReturn) -> set[tuple[str, str | None, str]]:
    return {(one.code, one.task, one.field) for one in item.findings if one.severity in ("error", "warning")}


def about(item: JudgedReturn, task: str) -> set[tuple[str, str]]:
    return {(code, field) for code, row, field in moved(item) if row == task}


PLANTED: Mapping[str, tuple[year.Typed, set[tuple[str, str | None, str]]]] = {
    "nothing odd": ({}, set()),
    "a percentage falls": ({("led", "I.1", "percent"): 0.4}, {("PERCENT_FALLS", "I.1", "percent")}),
    "progress goes back": (
        {("led", "I.1", "progress"): "not_started", ("led", "I.1", "percent"): 0.0},
        {("PROGRESS_BACK", "I.1", "progress")},
    ),
    "the same words": (
        {("led", "I.1", "result"): "đã làm việc  I.1 trong tháng 4/2026 "},
        {("RESULT_COPIED", "I.1", "result")},
    ),
    "a numerator from 80 to 1": (figures((1, 100), 63, "yes"), {("FIGURE_JUMPS", "CT.I.1", "numerator")}),
    "over a fifth, under the floor": (figures((80, 98), 60, "yes"), set()),
    "the total falls": (figures((80, 100), 59, "yes"), {("CUMULATIVE_FALLS", "CT.I.2", "value")}),
    "Có, then Không": (figures((80, 100), 60, "no"), {("ANSWER_FLIPS", "CT.II.1", "value")}),
}


FLOWED: Mapping[str, tuple[year.Typed, set[tuple[str, str | None, str]]]] = {
    "twice as many, the same share": (figures((160, 200), 63, "yes"), set()),
    "the share falls, parts alone typed": (figures((20, 100), 63, "yes"), {("FIGURE_JUMPS", "CT.I.1", "value")}),
    "a stock within the office's own limit": (figures((80, 100), 85, "yes"), set()),
    "a stock beyond it": (figures((80, 100), 95, "yes"), {("FIGURE_JUMPS", "CT.I.2", "value")}),
    "evidence of another task": (
        done("I.1", "12/kh-sxd", dt.date(2026, 5, 5)),
        {("EVIDENCE_REPEATED", "I.1", "evidence_number")},
    ),
    "evidence that only looks alike": (done("I.1", "112/KH-SXD", dt.date(2026, 5, 5)), set()),
}


HOLLOW = (".....", "ok", "- Như kỳ trước.")
"""What explains nothing; no explanation at all is a plant of its own."""
FALLEN: year.Typed = {("led", "I.1", "percent"): 0.4}


@pytest.fixture(scope="module")
def planted(root: Path, flowing: Path) -> Mapping[str, JudgedReturn]:
    """What became of a report with each of the plants, and of a fallen percentage with each of the explanations."""
    explained = {why: {**FALLEN, ("led", "I.1", "explanation"): why} for why in (*HOLLOW, WHY)}
    stocks = {name: changes for name, (changes, _) in PLANTED.items()} | explained
    flows = {name: changes for name, (changes, _) in FLOWED.items()} | {"a third": figures((1, 3), 63, "yes")}
    found: dict[str, JudgedReturn] = {}
    for where, reports in ((root, stocks), (flowing, flows)):
        copy = shutil.copytree(where, where.with_name("thử"))
        found |= year.send_each(copy, MAY, {name: {**STEADY, **changes} for name, changes in reports.items()})
    return found


@pytest.mark.parametrize("plant", FLOWED)
def test_flows_and_own_limits(planted: Mapping[str, JudgedReturn], plant: str) -> None:
    """Of a flow the share is compared, from its parts where no more is typed; an indicator's own limit is kept."""
    assert moved(planted[plant]) == FLOWED[plant][1]


def test_asked_back_once(root: Path, tmp_path: Path) -> None:
    """A movement that was asked about and comes again unexplained is listed, not asked back; another figure is. A
    period that is frozen keeps it so, and what is measured of the first return."""
    root = shutil.copytree(root, tmp_path / "vp")
    back = root / "out" / MAY / "tra-lai" / f"NQ57_{MAY}_VP.xlsx"

    def come(day: int, percent: float) -> tuple[bool, bool]:
        year.send(
            root, MAY, {**STEADY, ("led", "I.1", "percent"): percent, ("led", "I.1", "next_work"): f"{day}"}, day=day
        )
        office = year.at(root, year.moment(MAY, day, 12))
        owing = [item.unit.owes for item in remind(office, MAY).units if item.unit.code == "VP"]
        state = next(unit.state for unit in status(office, MAY).status.units if unit.code == "VP")
        assert state == "accepted_with_warnings"
        with office.changing("close") as ledger:
            here = OfficePeriod.of(office, ledger, MAY)
            now = here.standing()
            assert ledger.thaw(ledger.freeze(here.period, here.plan, office.schema(), now)) == now
        return back.exists(), bool(owing)

    assert [come(20, 0.41), come(21, 0.41), come(22, 0.42)] == [(True, True), (False, False), (True, True)]


@pytest.mark.parametrize("plant", PLANTED)
def test_each_movement_is_found(planted: Mapping[str, JudgedReturn], plant: str) -> None:
    """What was planted is a warning at its cell, and nothing else is."""
    assert moved(planted[plant]) == PLANTED[plant][1]


@pytest.mark.parametrize("explanation", [WHY, *HOLLOW])
def test_an_explanation_in_the_row_settles_it(planted: Mapping[str, JudgedReturn], explanation: str) -> None:
    """Explained it is a fact that quotes the explanation, and no warning is left; "." explains nothing."""
    item = planted[explanation]
    told = [one.message for one in item.findings if one.code == "MOVEMENT_EXPLAINED"]
    if explanation == WHY:
        assert told == [f"«Tỷ lệ hoàn thành» là 40%, giảm so với kỳ trước (45%). Giải trình của đơn vị: «{WHY}»."]
        assert moved(item) == set()
    else:
        assert (told, about(item, "I.1")) == ([], {("PERCENT_FALLS", "percent")})


def test_a_quotient_is_told_as_people_read_it(planted: Mapping[str, JudgedReturn]) -> None:
    """One of three is "33,33%" in the sentence, not ten digits."""
    told = [item.message for item in planted["a third"].findings if item.code == "FIGURE_JUMPS"]
    assert any("«Kết quả đạt được» là 33,33%, kỳ trước 80%" in message for message in told), told


def test_over_the_months(tmp_path: Path) -> None:
    """Standing still speaks in the third month; last month's explanation explains nothing; a day of completion that
    was asked about and comes again as another one is asked about; a waived kind is silent."""
    root = year.start_sample(tmp_path / "vp", dict.fromkeys(KINDS, ""))
    words: year.Typed = {("led", "I.1", "percent"): 0.3, ("led", "I.1", "explanation"): WHY}
    year.issue(root, APRIL, "VP")
    year.send(root, APRIL, {**figures((80, 100), 60, "yes"), ("led", "I.1", "percent"): 0.4})
    year.issue(root, MAY, "VP")
    assert moved(year.send(root, MAY, {**figures((1, 100), 5, "no"), **words}).returns[0]) == set()
    year.issue(root, JUNE, "VP")
    again: year.Typed = {("led", "I.1", "percent"): 0.2, ("led", "I.1", "explanation"): f"- {WHY}…"}
    assert about(year.send(root, JUNE, again).returns[0], "I.1") == {("PERCENT_FALLS", "percent")}
    late = done("II.1.1", "12/KH-SXD", dt.date(2026, 6, 15))  # after the cut-off: asked about, so the row stays open
    year.send(root, JUNE, {("led", "I.1", "percent"): 0.3, **late}, day=16)
    year.issue(root, JULY, "VP")
    said = {("led", "I.1", "percent"): 0.3, **done("II.1.1", "12/KH-SXD", dt.date(2026, 7, 2))}
    item, outside = year.send(root, JULY, said).returns[0], from_outside(root, JULY, said)
    asked = {"I.1": {("STANDS_STILL", "percent")}, "II.1.1": {("COMPLETION_CHANGED", "completion_date")}}
    for task, found in asked.items():
        assert about(item, task) == {(code, field) for code, row, field in outside if row == task} == found
    (changed,) = (one.message for one in item.findings if one.code == "COMPLETION_CHANGED")
    assert "02/07/2026" in changed and "15/06/2026" in changed


def from_outside(root: Path, period: str, said: year.Typed) -> set[tuple[str, str | None, str]]:
    """What an office without any record of the form finds in it: by its cells alone, and what every plan tells."""
    of = year.form(root, period)
    data = year.workbook(of, year.usual(of) | dict(said))
    raw, fields = read_bytes(data), {table.name: [item.name for item in table.fields] for table in of.schema.tables}
    superior = read_superior_form(raw, unlocked_cells(data), fields, "bieu.xlsx")
    told = ("measure", "countable", "due")
    facts = {place: {name: row[name] for name in told if name in row} for place, row in of.facts.items()}
    later = attrs.evolve(of.period, start=dt.date(2026, 1, 1), cutoff=dt.date(2026, 12, 31))
    found = superior.asked_back(raw, of.schema, (later, year.moment(period, 15)), facts)
    return {(item.code, item.task, item.field) for item in found}


def together(plants: Mapping[str, tuple[year.Typed, set[Any]]]) -> list[tuple[year.Typed, set[Any]]]:
    """The plants in as few reports as hold them, each row changed by one of them; at night a report for each."""
    reports: list[tuple[dict[Any, Any], set[Any]]] = []
    for changes, wanted in plants.values():
        own = {place: content for place, content in changes.items() if STEADY.get(place, "") != content}
        rows = {row for _, row, _ in own}
        for cells, found in () if NIGHTLY else reports:
            if not rows & {row for _, row, _ in cells}:
                cells.update(own)
                found.update(wanted)
                break
        else:
            reports.append((own, set(wanted)))
    return [*reports]


@pytest.mark.parametrize(("where", "plants"), [("root", PLANTED), ("flowing", FLOWED)], ids=["stock", "flow"])
@pytest.mark.parametrize("explanation", [WHY, "Không có."])
def test_an_office_that_only_has_the_form_finds_the_same(
    where: str, plants: Mapping[str, Any], explanation: str, request: pytest.FixtureRequest
) -> None:
    """What the rows said before stands in the form itself: every movement is foreseen, and settled by a reason."""
    root = request.getfixturevalue(where)
    for changes, wanted in together(plants):
        codes = [task for _, task, _ in wanted]
        settled: year.Typed = {
            (table, str(code), "explanation" if table == "led" else "note"): explanation
            for code in codes
            for table in ("indicator" if str(code).startswith("CT") else "led",)
        }
        found = from_outside(root, MAY, {**STEADY, **changes, **settled})
        assert found == (set() if explanation == WHY else wanted), changes


@pytest.mark.needs("soffice")
@pytest.mark.parametrize(
    ("where", "plants"),
    cases([pytest.param("root", PLANTED, id="stock")], [pytest.param("flowing", FLOWED, id="flow")]),
)
def test_the_form_says_the_same_while_typing(
    where: str, plants: Mapping[str, Any], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Recalculated by LibreOffice, the checks of the rows name a movement where, and only where, the collector does."""
    form = year.form(request.getfixturevalue(where), MAY)
    expected: dict[Path, set[str | None]] = {}
    for number, (changes, wanted) in enumerate(together(plants)):
        hollow = (None, ("Không có.", ".....", "- Như kỳ trước")[number % 3])
        said = [hollow[number % 2], WHY, hollow[1 - number % 2]]
        by_day = said[number // 2 % 2]
        for explanation in cases([by_day], [one for one in said if one != by_day]):
            settled: dict[tuple[str, str, str], CellValue] = {("led", "I.1", "explanation"): explanation}
            settled |= {("indicator", code, "note"): explanation for code in KINDS}
            path = tmp_path / f"{number} {len(explanation or '')}.xlsx"
            path.write_bytes(year.workbook(form, {**year.usual(form), **STEADY, **changes, **settled}))
            expected[path] = set() if explanation == WHY else {task for _, task, _ in wanted}
    places = [
        (slot.key, sheet.title, (slot.row, slot.col))
        for sheet in layout(form)
        for slot in sheet.slots
        if slot.role == "check" and slot.table in ("led", "indicator")
    ]
    for path, done in zip(expected, office.convert_all([*expected], recalc=True), strict=True):
        shown = {sheet.name: sheet.cells for sheet in read_bytes(done.read_bytes()).sheets}
        texts = {key: cell.value for key, title, place in places if (cell := shown[title].get(place)) is not None}
        told = {key for key, text in texts.items() if text not in (ENOUGH, None, "")}
        assert told == expected[path], path.name


def test_what_was_explained_goes_upwards(root: Path, tmp_path: Path) -> None:
    """The report has a group for explained movements, the document one sentence with the unit's own words."""
    root = shutil.copytree(root, tmp_path / "vp")
    said: year.Typed = {
        ("led", "I.1", "percent"): 0.4,
        ("led", "I.1", "explanation"): WHY,
        ("led", "I.1", "next_work"): "Ban hành",
    }
    assert year.send(root, MAY, {**STEADY, **said}, day=20).returns[0].verdict == "accepted"
    c = merge(year.at(root, year.moment(MAY, 21)), MAY).consolidation
    lines = _Explanations(c).groups()["Biến động so với kỳ trước, đơn vị đã giải trình"]
    assert [(line["unit"], "giảm so với kỳ trước (45%)" in str(line["difficulties"])) for line in lines] == [
        ("Văn phòng Sở", True)
    ]
    document = root / "out" / MAY / "tong-hop" / "bao-cao.docx"
    texts = [one.text for one in Document(str(document)).paragraphs]
    place = next(number for number, text in enumerate(texts) if "01 biến động số liệu" in text)
    told = " ".join(texts[place : place + 2])
    assert "Văn phòng Sở (I.1): «Tỷ lệ hoàn thành» là 40%, giảm so với kỳ trước (45%)" in told
    assert WHY in told
