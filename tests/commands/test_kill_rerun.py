"""Killed at any point and run again, `collect` ends where an undisturbed run ends; two at once lose nothing.

Each run is a process of its own. Starting the program costs more than what it does here: in the suite the processes are
forked from one that has loaded it, and read the files themselves; at night each is the program as an office starts it.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import random
import sys
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from nq57xl.commands.demo import Department
from nq57xl.commands.generate import generate
from nq57xl.commands.init import init
from nq57xl.commands.office import Office
from nq57xl.returns.workers import read_all
from nq57xl.text.clock import Clock
from tests.amounts import amount
from tests.april_kit import DUE, moment
from tests.case_kit import NOW, nq57xl
from tests.conftest import NIGHTLY, Here
from tests.postgresql import copied

COLLECT = ["collect", "--period", "2026-04", "--received", "2026-04-15"]


def run(root: Path, files: list[str]) -> None:
    """What a process does: takes in the inbox, or those files of it, and ends with the exit code of the command."""
    os.chdir(root)
    if NIGHTLY:
        os.environ["NQ57XL_NOW"] = NOW
        os.execv(sys.executable, [sys.executable, "-m", "nq57xl", *COLLECT, *files])
    with mock.patch("nq57xl.returns.workers.read_all", functools.partial(read_all, executor=Here())):
        sys.exit(nq57xl(*COLLECT, *files).code)


def started(root: Path, *files: str) -> BaseProcess:
    """A run that has begun."""
    process = FORKS.Process(target=run, args=(root, [*files]))
    process.start()
    return process


FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["nq57xl.commands.collect", "pandera.pandas", __name__])


def ended(process: BaseProcess) -> int | None:
    """The exit code of a run that nobody disturbs."""
    process.join(timeout=180)
    return process.exitcode


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose inbox holds four returns (one with errors) and a file that is no form."""
    root = tmp_path_factory.mktemp("kill") / "sở"
    init(root, "sxd-2026")
    office = Office.at(root, Clock(moment(1)))
    for number, item in enumerate(generate(office, "2026-04").forms):
        Department(number, DUE).fill(item.path, root / "inbox" / f"{item.form.unit}.xlsx", mistakes=number == 0)
    (root / "inbox" / "lạ.pdf").write_bytes(b"%PDF-1.7\n")
    return root


def outcome(root: Path) -> dict[str, Any]:
    """What a run leaves: who stands where, what is archived, what goes back."""
    status = nq57xl("-w", root, "status", "--period", "2026-04", "--json").document
    return {
        "units": status["units"],
        "unrecognised": [(Path(item["file"]).name, item["sha256"]) for item in status["unrecognised"]],
        "archive": sorted(path.name for path in (root / "archive").rglob("*") if path.is_file()),
        "back": sorted(path.name for path in (root / "out" / "2026-04" / "tra-lai").glob("*")),
    }


@pytest.fixture(scope="module")
def undisturbed(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], float]:
    """The outcome of a run that nobody disturbs, and how long it took."""
    ended(started(tmp_path_factory.mktemp("nothing")))  # the process that the others are forked from has started
    root = copied(prepared, tmp_path_factory.mktemp("calm") / "sở")
    before = time.monotonic()
    assert ended(started(root)) == 0
    return outcome(root), time.monotonic() - before


def test_the_undisturbed_run_takes_everything_in(undisturbed: tuple[dict[str, Any], float]) -> None:
    """Three accepted, one rejected with a form to send back, one file that is no form, five in the archive."""
    result, _ = undisturbed
    states = sorted(unit["state"] for unit in result["units"])
    assert states[-1] == "rejected"
    assert all(state.startswith("accepted") for state in states[:-1])
    assert len(result["archive"]) == 5
    assert [name for name, _ in result["unrecognised"]] == ["lạ.pdf"]


@pytest.mark.parametrize("seed", range(amount(1, 20)))
def test_killed_and_run_again_it_ends_the_same(
    prepared: Path, tmp_path: Path, undisturbed: tuple[dict[str, Any], float], seed: int
) -> None:
    """Killed at random moments over the whole length of the run, then run to the end."""
    expected, seconds = undisturbed
    root = copied(prepared, tmp_path / "sở")
    moments = random.Random(seed)
    for _ in range(2):
        process = started(root)
        time.sleep(moments.uniform(0.2, 1.05) * seconds)
        process.kill()
        process.join()
    assert ended(started(root)) == 0
    assert outcome(root) == expected


def test_two_at_once_lose_nothing(prepared: Path, tmp_path: Path, undisturbed: tuple[dict[str, Any], float]) -> None:
    """Two processes take in halves of the inbox at the same time: one waits for the other, both end well."""
    expected, _ = undisturbed
    root = copied(prepared, tmp_path / "sở")
    files = sorted(path.name for path in (root / "inbox").iterdir())
    halves = [[f"inbox/{name}" for name in files[:3]], [f"inbox/{name}" for name in files[3:]]]
    runs = [started(root, *half) for half in halves]
    assert [ended(process) for process in runs] == [0, 0]
    assert outcome(root) == expected
