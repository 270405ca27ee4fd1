"""The bench of a year plays months that the program accepts, and compares their costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import bench_year


def test_a_small_year(tmp_path: Path) -> None:
    """Every unit's answer is accepted in each month, and every command of the month costs something."""
    months = list(bench_year.year(tmp_path, units=1, rows=2, months=2))
    assert [(month.period, month.accepted) for month in months] == [("2026-01", 1), ("2026-02", 1)]
    assert all(set(month.seconds) == set(bench_year.STEPS) for month in months)
    assert bench_year.growth(months) == pytest.approx(months[1].total / months[0].total)
