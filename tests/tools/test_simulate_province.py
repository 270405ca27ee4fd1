"""The province in small: every agency's returns are taken in and merged, beside what other programs read."""

from __future__ import annotations

from pathlib import Path

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
    bench_collect.workspace(tmp_path, 2, 2)
    bench_others.write_map(tmp_path / "so")
    lines = (tmp_path / "so" / "datamap.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "cell_key,template_sheet,cell_reference"
    assert len(set(lines)) == len(lines) > 30
