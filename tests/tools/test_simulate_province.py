"""The province in small: every agency's returns are taken in and merged, beside what other programs read."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tools import bench_collect, bench_others, simulate_province


def test_agencies_collect_and_merge() -> None:
    """Each agency accepts what its units sent, other words than those of the agency before, and has a cost."""
    costs = list(simulate_province.province(2, 2, 2))
    assert [(cost.returns, cost.accepted) for cost in costs] == [(2, 2), (2, 2)]
    assert all(cost.collecting > 0 and cost.merging > 0 for cost in costs)
    told, ratio = simulate_province.summary(costs)
    assert "2 agencies, 4 returns, 4 accepted" in told
    assert ratio > 0


def test_the_map_names_the_cells_of_a_form(tmp_path: Path) -> None:
    """What datamaps is given names each entry cell of a form once, on the sheet and at the address where it stands."""
    bench_collect.workspace(tmp_path, 1, 2)
    bench_others.write_map(tmp_path / "so")
    lines = (tmp_path / "so" / "datamap.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "cell_key,template_sheet,cell_reference"
    assert len(set(lines)) == len(lines) > 30


if os.environ.get("NQ57XL_NIGHTLY") == "1":  # ten processes that import everything

    def test_every_program_is_measured_on_the_same_files(
        monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The whole comparison with four returns: each of the programs has a cost, and so has merging."""
        monkeypatch.setattr(sys, "argv", ["bench_others", "4"])
        with pytest.raises(SystemExit):
            bench_others.main()
        told = capsys.readouterr().out
        for name in (
            "4 returns of",
            "a clean return",
            "a marked form",
            "datamaps",
            "pandas + openpyxl",
            "merge of them",
        ):
            assert name in told
