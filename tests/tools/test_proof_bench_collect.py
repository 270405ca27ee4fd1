"""The benchmark of collecting, made small: what it hands in gets the verdicts that it counts on."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path

import pytest

from nq57xl.commands import judge
from nq57xl.rules.findings import ACCEPTED
from tests.conftest import NIGHTLY
from tests.returns_kit import issued
from tools import bench_collect

UNITS, ROWS, RETURNS = 2, 2, 20
KINDS = [
    "FILE_ENCRYPTED",
    "FILE_BROKEN",
    "REQUIRED_BLANK",
    "WRONG_PERIOD",
    "FILE_NOT_A_FORM",
    "FILE_PICTURE",
    "FILE_PDF",
    "FILE_HTML",
    "FILE_TOO_MANY_CELLS",
    "FILE_UNSAFE",
]
"""What is wrong with the bad files, the kinds in turn."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[bytes]]]:
    folder = tmp_path_factory.mktemp("bench")
    return folder, bench_collect.workspace(folder, UNITS, ROWS)


def test_bad_files_cost_themselves_only(
    base: tuple[Path, dict[str, list[bytes]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each bad file is told for what it is, and every other report is taken as in the clean batch."""
    folder, reports = base
    monkeypatch.setattr(bench_collect, "BAD_EVERY", RETURNS // len(KINDS))
    files = bench_collect.clean(reports[bench_collect.PERIOD], RETURNS)
    spoilt = bench_collect.with_bad(files, reports[bench_collect.OTHER_PERIOD])
    bad = [number for number, data in enumerate(spoilt) if data != files[number]]
    assert len(set(files)) == RETURNS
    assert len(bad) == len(KINDS)
    _, done = bench_collect.run(folder / "so", tmp_path / "so", spoilt)
    told = []
    for number, item in enumerate(done.returns):
        errors = {finding.code for finding in item.findings if finding.severity == "error"}
        if number in bad:
            told.append(errors)
            assert item.verdict in ("rejected", "unrecognised")
        else:
            assert item.verdict in (*ACCEPTED, "superseded")
            assert not errors
    assert all(code in errors for code, errors in zip(KINDS, told, strict=True)), told


if NIGHTLY:

    def test_ghost_sheet(base: tuple[Path, dict[str, list[bytes]]], tmp_path: Path) -> None:
        """A ghost sheet of a twelfth of the rows says what the form says, and needs no memory for its ghosts."""
        data = base[1][bench_collect.PERIOD][0]
        rows = bench_collect.GHOST_ROWS // 12
        plain, ghost = (bench_collect.ghost(tmp_path, data, count) for count in (0, rows))
        assert ghost.values == plain.values > 50
        assert ghost.unpacked > 14 << 20
        assert ghost.megabytes < plain.megabytes + 40


def test_far_cell_and_ghosts_are_real(base: tuple[Path, dict[str, list[bytes]]], tmp_path: Path) -> None:
    """What the bench builds is what it says: the stray cell is in the sheet, the ghosts reach the last row."""
    data = base[1][bench_collect.PERIOD][0]
    for name, made, wanted in [
        ("far", bench_collect.far_cell(data, 1), b'r="XFD1048576"'),
        ("ghost", bench_collect.ghost_form(data, 5000), b'<row r="5000"'),
    ]:
        path = tmp_path / name
        path.write_bytes(made)
        with zipfile.ZipFile(path) as archive:
            assert Counter(wanted in archive.read(part) for part in archive.namelist())[True] == 1


def test_reading_is_timed(tmp_path: Path) -> None:
    """The largest form is the one that is read, whole."""
    size, milliseconds = bench_collect.reading(tmp_path, [issued("QLDT"), issued()], times=2)
    assert size == max(len(issued("QLDT")), len(issued()))
    assert 0 < milliseconds < 10_000


def test_batches_say_what_one_batch_says(
    base: tuple[Path, dict[str, list[bytes]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Judged and recorded three at a time, good and bad files get the verdicts, findings and answers of one batch."""
    folder, reports = base
    monkeypatch.setattr(bench_collect, "BAD_EVERY", RETURNS // len(KINDS))
    files = bench_collect.clean(reports[bench_collect.PERIOD], RETURNS)
    spoilt = bench_collect.with_bad(files, reports[bench_collect.OTHER_PERIOD])
    told = []
    for size in (len(spoilt), 3):
        monkeypatch.setattr(judge, "_BATCH", size)
        _, done = bench_collect.run(folder / "so", root := tmp_path / f"so-{size}", spoilt)
        with bench_collect.office_at(root).reading() as ledger:
            judged = [record.judged for record in ledger.returns(bench_collect.PERIOD)]
        known = {item.source.name: (item.verdict, item.values, item.findings) for item in judged}
        lines = [(item.source.name, item.verdict, item.unit, item.findings) for item in done.returns]
        answers = sorted(path.name for path in (root / "out").rglob("*.*"))
        told.append((lines, known, done.period_findings, answers))
    assert len(told[0][1]) > RETURNS // 2
    assert told[0] == told[1]
