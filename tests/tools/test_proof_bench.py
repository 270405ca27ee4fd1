"""Size and time of a form: what the benchmark says."""

from __future__ import annotations

import re

import pytest

from nq57xl.forms.render import render_form
from tests.proof_kit import large_form
from tools import bench_forms


def test_form_with_thirty_rows_is_under_sixty_kilobytes() -> None:
    """Thirty rows to report on, of all three kinds, and the prepared free rows: under 60 KB."""
    form = large_form("sxd-2026", "2026-04", led=12, supporting=10, indicators=8, free=12)
    assert len(render_form(form)) < bench_forms.SIZE_LIMIT


def test_bare_copy_holds_the_same_cells() -> None:
    """The bare writer is given the same work: every value and formula of the form stands in its copy."""
    name, build = next(bench_forms.makers())
    content = bench_forms.content_of(render_form(build()))
    copy = bench_forms.content_of(bench_forms.write_bare(content))
    assert name.startswith("bql-2026")
    assert [sheet.name for sheet in copy] == [sheet.name for sheet in content]
    for issued, bare in zip(content, copy, strict=True):
        values = [{cell[1:3]: cell[3] for cell in sheet.cells if cell[0] != "blank"} for sheet in (issued, bare)]
        assert values[0] == values[1]
        ranges = [sorted(sorted(areas) for areas, _ in sheet.validations) for sheet in (issued, bare)]
        assert ranges[0] == ranges[1]


def test_benchmark_prints_its_ratio(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """One run prints a line for each form and the ratio over all; the machine decides the figure, not this test."""
    forms = list(bench_forms.makers())[:2]
    monkeypatch.setattr(bench_forms, "makers", lambda: iter(forms))
    monkeypatch.setattr("sys.argv", ["bench_forms.py", "1"])
    with pytest.raises(SystemExit):
        bench_forms.main()
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 3 + len(forms)
    assert re.fullmatch(r"a form costs [0-9.]+ ms \(at most 45\), the costliest [0-9.]+ ms \(at most 70\)", printed[-2])
    assert re.fullmatch(r"all forms: \d+\.\d\d times bare \(at most 2\); largest \d+ bytes", printed[-1])
