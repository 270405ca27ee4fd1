"""A month costs no more late in the year than early: what is read of earlier months does not grow with their number.

Counted in values read from the ledger, which no other program on the machine can slow down; seconds of processor time
for a year of 121 units are measured by tools/bench_year.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from nq57xl.commands.consolidated import consolidated
from nq57xl.commands.generate import generate
from nq57xl.commands.merge import merge
from nq57xl.commands.remind import remind
from nq57xl.commands.standing import OfficePeriod
from nq57xl.commands.status import status
from nq57xl.forms.model import FormCell
from nq57xl.ledger import returns
from nq57xl.results.overview import past_periods
from nq57xl.rules.schema import CellValue
from tests import year_kit as year
from tests.amounts import amount

SCORE, NO_DATA = ("indicator", "CT.I.2", "value"), ("indicator", "CT.I.2", "no_data")


def test_a_year_reads_no_more_each_month(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values read by all commands of a month: the last one at most 1.2 times the third; the trends of the report are
    those of the months read whole, also after an early month has changed."""
    read: Counter[str] = Counter()
    plain = returns._value_of
    here = ""

    def counted(row: Sequence[Any]) -> object:
        read[here] += 1
        return plain(row)

    monkeypatch.setattr("nq57xl.ledger.returns._value_of", counted)
    root = year.start_sample(tmp_path / "so")
    months = [f"2026-{number:02d}" for number in range(1, amount(4, 12) + 1)]
    for number, month in enumerate(months, start=1):
        here = month
        office = year.at(root, year.moment(month, 20))
        generate(year.at(root, year.moment(month, 1)), month, ["VP", "QLDT"])
        scores: dict[str, year.Typed] = {"VP": {SCORE: 60.0 + number, NO_DATA: None}, "QLDT": {}}
        moved: dict[str, dict[FormCell, CellValue]] = {
            unit: {place: 0.05 * number for place in year.usual(year.form(root, month, unit)) if place[2] == "percent"}
            for unit in scores
        }
        year.send_units(root, month, {unit: {**moved[unit], **score} for unit, score in scores.items()})
        status(office, month)
        remind(office, month)
        merge(office, month)
    assert read[months[-1]] <= 1.2 * read[months[2]]
    office = year.at(root, year.moment(months[-1], 21))
    for changed in ("", months[0]):
        if changed:
            year.send(root, changed, {SCORE: 99.0, NO_DATA: None}, day=25)
        with office.reading() as ledger:
            now = OfficePeriod.of(office, ledger, months[-1])
            short, whole = (consolidated(now, whole=full) for full in (False, True))
        assert (len(short.earlier_periods), len(short.past)) == (1, len(months) - 2)
        assert past_periods(short) == past_periods(whole)
        assert past_periods(short)[0].results["CT.I.2|VP"] == (99.0 if changed else 61.0)
