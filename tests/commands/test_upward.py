"""An agency fills in the province's form from what its own units reported: two levels, played whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

from nq57xl.commands.demo_province import PROVINCE, ProvincePlay, ProvinceStep
from nq57xl.commands.merge import Merged
from nq57xl.commands.upward import UpwardReport
from tests.province_kit import all_typed, one_word, typed_rows

NIGHT = os.environ.get("NQ57XL_NIGHTLY") == "1"
SIZE = {"agencies": 6, "units": 8, "months": 3} if NIGHT else {"agencies": 2, "units": 4, "months": 1}
ANSWERS = {
    # province row -> own rows, as the template of the made-up plans has them
    "I.1": ("I.1", "I.2", "I.3"),
    "I.2": ("I.4",),
    "I.3": (),
    "II.1": ("II.1", "II.2", "II.3"),
    "II.2": ("II.4",),
}
WORDS = {
    "not_started": "Chưa thực hiện",
    "in_progress": "Đang thực hiện",
    "done": "Hoàn thành",
    "ongoing": "Thường xuyên",
    "not_arisen": "Chưa phát sinh",
}


class Played:
    """The province after its months."""

    def __init__(self, folder: Path) -> None:
        self.play = ProvincePlay(folder / "Tỉnh thử nghiệm", **SIZE)
        self.steps: list[ProvinceStep] = list(self.play.scenes())

    def merged(self, period: str) -> Merged:
        """The province's own consolidation."""
        return next(
            step.outcome
            for step in self.steps
            if isinstance(step.outcome, Merged)
            and step.outcome.consolidation.period.code == period
            and step.outcome.consolidation.plan.properties.id == "tinh-2026"
        )

    def upward(self, period: str, unit: str) -> UpwardReport:
        """What an agency filled in."""
        return next(
            step.outcome
            for step in self.steps
            if isinstance(step.outcome, UpwardReport)
            and step.outcome.period.code == period
            and step.outcome.form.name.endswith(f"_{unit}.xlsx")
        )

    def rows_of_units(self, unit: str, table: str, period: str) -> Iterator[tuple[str, str, dict[str, object]]]:
        """What the units of an agency said last of each row, up to that period: a row that was done stays done."""
        last: dict[tuple[str, str], dict[str, object]] = {}
        for code in self.play.periods[: self.play.periods.index(period) + 1]:
            for file, key, row in all_typed(self.play.sent(unit, code), table):
                name = file.rpartition("_")[2]
                if row.get("progress") in WORDS.values() or table != "led":
                    last[name, key] = row
        yield from ((name, key, row) for (name, key), row in last.items())


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return Played(tmp_path_factory.mktemp("tỉnh"))


def test_the_province_counts_what_the_units_typed(played: Played) -> None:
    """Every row of every agency stands in the province's report as plain loops over the units' own files say."""
    for period in played.play.periods:
        c = played.merged(period).consolidation
        assert {row.entries[0].unit for row in c.tasks} == {agency["code"] for agency in played.play.agencies}
        for agency in played.play.agencies:
            unit = agency["code"]
            typed = list(played.rows_of_units(unit, "led", period))
            rows = [row for row in c.tasks if row.entries[0].unit == unit and row.task.support == ""]
            assert len(rows) == len(ANSWERS)
            for own, row in zip(ANSWERS.values(), rows, strict=True):
                words = [str(line["progress"]) for _, key, line in typed if key in own]
                assert len(words) >= len(own), "every own row was reported"
                expected = one_word(words) if own else "Chưa phát sinh"
                assert WORDS[row.entries[0].progress or ""] == expected, (period, unit, row.task.code)


def test_figures_are_sums_and_percentages_follow_from_them(played: Played) -> None:
    """Numerators, denominators and counted documents of the province are the sums over the units' files."""
    for period in played.play.periods:
        c = played.merged(period).consolidation
        for number, agency in enumerate(played.play.agencies):
            lines = [row for _, _, row in all_typed(played.play.sent(agency["code"], period), "indicator")]
            share, count = (c.indicators[2 * number + place].entries[0] for place in (0, 1))
            part, whole = (sum(int(row.get(name, 0)) for row in lines) for name in ("numerator", "denominator"))
            told = [row["value"] for row in lines if "value" in row]
            assert [share.values[name].value for name in ("numerator", "denominator")] == [part, whole]
            assert share.result == pytest.approx(part / whole)
            assert "value" not in share.values
            assert count.values["value"].value == sum(int(value) for value in told)
            assert len(told) == 3, "three units count documents"


def test_every_filled_cell_leads_to_the_units_files(played: Played) -> None:
    """A line of the list of sources names file, sheet and cell in which the unit's own words stand, equal."""
    period, agency = played.play.periods[0], played.play.agencies[0]["code"]
    done = played.upward(period, agency)
    lines = list(load_workbook(done.sources)["Nguồn của ô đã điền"].iter_rows(min_row=5, values_only=True))
    form = load_workbook(done.form)
    filled = {(str(line[0]), str(line[1])) for line in lines}
    assert len(filled) == done.filled > 20
    assert all(form[sheet][cell].value is not None for sheet, cell in filled)
    books = {path.name: load_workbook(path) for path in played.play.sent(agency, period).glob("*.xlsx")}
    followed = [line for line in lines if line[9]]
    for line in followed:
        stands = books[str(line[9])][str(line[10])][str(line[11])].value
        words = str(line[7])
        if isinstance(stands, str):
            assert stands.strip() == words
        else:
            assert stands is not None
    assert len(followed) > 40


def test_the_filled_form_is_the_issued_one_but_for_its_entry_cells(played: Played) -> None:
    """Locks, keys, validations and every locked text are those of the form as issued; nothing is signed."""
    period, agency = played.play.periods[0], played.play.agencies[0]["code"]
    issued = load_workbook(played.play.root(PROVINCE) / f"out/{period}/bieu-mau/NQ57_{period}_{agency}.xlsx")
    done = load_workbook(played.upward(period, agency).form)
    assert done.sheetnames == issued.sheetnames
    changed = 0
    for sheet in issued.worksheets:
        other = done[sheet.title]
        assert len(sheet.data_validations.dataValidation) == len(other.data_validations.dataValidation)
        assert other.protection.sheet == sheet.protection.sheet
        for row in sheet.iter_rows():
            for cell in row:
                there = other[cell.coordinate]
                assert there.protection.locked == cell.protection.locked
                if there.value != cell.value:
                    assert not cell.protection.locked, cell.coordinate
                    changed += 1
    assert changed == played.upward(period, agency).filled
    signed = typed_rows(played.upward(period, agency).form, "signoff")
    assert all("value" not in row for row in signed.values())
