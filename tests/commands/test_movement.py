"""Movement: what changed oddly since the unit's last report asks for an explanation, in the form and on return."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from openpyxl import load_workbook

from nq57xl.commands.collect import CollectedFile
from nq57xl.forms.layout import layout
from nq57xl.forms.live_check import checks_of
from nq57xl.forms.wording import ENOUGH
from nq57xl.rules.schema import CellValue
from tests import office
from tests import year_kit as year

pytestmark = pytest.mark.usefixtures("in_process")

APRIL, MAY, JUNE, JULY = (f"2026-{month:02d}" for month in range(4, 8))
KINDS = {"CT.I.1": "stock", "CT.I.2": "cumulative", "CT.II.1": "stock"}
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
    """VP has reported April: I.1 at 45 %, 80 of 100, 60 in all, "Có"; May's form is issued."""
    root = year.start_sample(tmp_path_factory.mktemp("bien dong") / "vp", KINDS)  # type: ignore[arg-type]
    year.issue(root, APRIL)
    assert year.send(root, APRIL, figures((80, 100), 60, "yes")).returns[0].verdict == "accepted"
    year.issue(root, MAY)
    return root


STEADY = figures((82, 100), 63, "yes")


def moved(item: CollectedFile) -> set[tuple[str, str | None, str]]:
    return {(one.code, one.task, one.field) for one in item.findings if one.severity in ("error", "warning")}


def about(item: CollectedFile, task: str) -> set[tuple[str, str]]:
    return {(code, field) for code, row, field in moved(item) if row == task}


def send(root: Path, changes: year.Typed) -> CollectedFile:
    return year.send(root, MAY, {**STEADY, **changes}).returns[0]


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


@pytest.mark.parametrize("planted", PLANTED)
def test_each_movement_is_found(root: Path, planted: str) -> None:
    """What was planted is a warning at its cell, and nothing else is."""
    changes, wanted = PLANTED[planted]
    assert moved(send(root, changes)) == wanted


@pytest.mark.parametrize(
    ("explanation", "settled"),
    [(WHY, True), (".", False), ("ok", False), (None, False)],
    ids=["words", "dot", "ok", "-"],
)
def test_an_explanation_in_the_row_settles_it(root: Path, explanation: str | None, settled: bool) -> None:
    """Explained it is a fact that quotes the explanation, and the return is accepted; "." explains nothing."""
    done = send(root, {("led", "I.1", "percent"): 0.4, ("led", "I.1", "explanation"): explanation})
    told = [item.message for item in done.findings if item.code == "MOVEMENT_EXPLAINED"]
    assert (done.verdict == "accepted", bool(told)) == (settled, settled)
    if settled:
        assert told == [f"«Tỷ lệ hoàn thành» là 40%, giảm so với kỳ trước (45%). Giải trình của đơn vị: «{WHY}»."]


def test_over_the_months(tmp_path: Path) -> None:
    """Standing still speaks in the third month; last month's explanation explains nothing; a waived kind is silent."""
    root = year.start_sample(tmp_path / "vp", dict.fromkeys(KINDS, ""))
    words: year.Typed = {("led", "I.1", "percent"): 0.3, ("led", "I.1", "explanation"): WHY}
    year.issue(root, APRIL)
    year.send(root, APRIL, {**figures((80, 100), 60, "yes"), ("led", "I.1", "percent"): 0.4})
    year.issue(root, MAY)
    assert moved(year.send(root, MAY, {**figures((1, 100), 5, "no"), **words}).returns[0]) == set()
    year.issue(root, JUNE)
    again: year.Typed = {**words, ("led", "I.1", "percent"): 0.2}
    assert about(year.send(root, JUNE, again).returns[0], "I.1") == {("PERCENT_FALLS", "percent")}
    year.send(root, JUNE, {("led", "I.1", "percent"): 0.3}, day=16)
    year.issue(root, JULY)
    still = year.send(root, JULY, {("led", "I.1", "percent"): 0.3}).returns[0]
    assert about(still, "I.1") == {("STANDS_STILL", "percent")}


@pytest.mark.needs("soffice")
def test_the_form_says_the_same_while_typing(root: Path, tmp_path: Path) -> None:
    """Recalculated by LibreOffice, the checks of the rows name a movement where, and only where, the collector does."""
    form = year.form(root, MAY)
    cases: dict[Path, set[str | None]] = {}
    for number, (changes, wanted) in enumerate(PLANTED.values()):
        for explanation in (None, WHY):
            settled: dict[tuple[str, str, str], CellValue] = {("led", "I.1", "explanation"): explanation}
            settled |= {("indicator", code, "note"): explanation for code in KINDS}
            path = tmp_path / f"{number} {bool(explanation)}.xlsx"
            path.write_bytes(year.workbook(form, {**year.usual(form), **STEADY, **changes, **settled}))
            cases[path] = set() if explanation else {task for _, task, _ in wanted}
    places = [
        (slot.key, sheet.title, slot.row + 1, slot.col + 1)
        for sheet in layout(form)
        for slot in checks_of([sheet])
        if slot.table in ("led", "indicator")
    ]
    for (path, wanted_rows), done in zip(cases.items(), office.convert_all([*cases], recalc=True), strict=True):
        book = load_workbook(done, data_only=True)
        told = {key for key, title, *place in places if book[title].cell(*place).value not in (ENOUGH, None)}
        assert told == wanted_rows, path.name
