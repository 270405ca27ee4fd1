"""What all tests share: programs that may be missing, amounts of random cases, the strict checker.

A test that needs a program says so with `@pytest.mark.needs("soffice")`. Where the program is missing the test is
skipped by name, and all skipped tests stand in a list at the end of the run. With NQ57XL_REQUIRE_ALL=1 a skip of any
kind is a failure, so that a complete machine cannot leave something out unseen.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from nq57xl.returns.workers import read_all
from tests import opened_books, postgresql

REPOSITORY = Path(__file__).resolve().parent.parent
SAVERS = REPOSITORY / "tests" / "node"
CHECKER = REPOSITORY.parent / "shared" / "tools" / "ooxml_check.py"
REQUIRE_ALL = os.environ.get("NQ57XL_REQUIRE_ALL") == "1"
NIGHTLY = os.environ.get("NQ57XL_NIGHTLY") == "1"

_MEMORY = Path("/dev/shm")
if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > 8 * 2**30:
    # the program waits for the disk at every step that must not be lost, and a file deleted costs a disk more than
    # memory; no test cuts the power
    os.environ.setdefault("TMPDIR", str(_MEMORY))
    tempfile.tempdir = None  # asked for anew

CheckOoxml = Callable[[Path | bytes], None]

settings.register_profile(
    "default", max_examples=25, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("nightly", settings.get_profile("default"), max_examples=2000)
settings.load_profile("nightly" if NIGHTLY else "default")

opened_books.install()


@functools.cache
def has_program(program: str) -> bool:
    """Whether a program that tests may need is on this machine.

    "soffice" is LibreOffice with python3-uno for the system's Python, "node" is node with the packages of tests/node,
    "pyarrow" the library, "postgresql" the server with the library that speaks to it.
    """
    if program == "pyarrow":
        return importlib.util.find_spec("pyarrow") is not None
    if program == "postgresql":
        return postgresql.programs() is not None and importlib.util.find_spec("psycopg") is not None
    if program == "soffice":
        python = Path("/usr/bin/python3")
        if shutil.which(program) is None or not python.exists():
            return False
        return subprocess.run([str(python), "-c", "import uno"], capture_output=True, check=False).returncode == 0
    if program == "node":
        return shutil.which(program) is not None and SAVERS.joinpath("node_modules").is_dir()
    return shutil.which(program) is not None


LONG = (
    "web/test_web_month",
    "commands/test_movement",
    "web/test_web_killed",
    "returns/test_cases",
    "commands/test_end_to_end",
    "xlsx/test_returns_programs",
    "returns/test_cases_runs",
    "web/test_web_pages",
    "commands/test_amend_workspace",
    "returns/test_password",
    "returns/test_faults",
    "commands/test_upward",
    "ledger/test_server",
    "commands/test_commands_periods",
    "forms/test_proof_paper",
    "commands/test_quarters",
    "outputs/test_document_spoken",
    "commands/test_kill_rerun",
    "commands/test_old_workspace",
    "returns/test_combine",
    "edits/test_edits_merge",
    "commands/test_decide_returns",
    "cli/test_cli_contract",
    "forms/test_forms_alive",
    "returns/test_returns_workers",
    "commands/test_commands_loop",
    "forms/test_forms_check",
    "test_wheel",
)
"""Files that take longest, the longest first: begun last, they would leave the other worker idle at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begins with the files that take longest (xdist hands files out in this order: `--no-loadscope-reorder`)."""
    ranks = {f"tests/{name}.py": rank for rank, name in enumerate(LONG)}
    items.sort(key=lambda item: ranks.get(item.nodeid.partition("::")[0], len(LONG)))


def pytest_collection_finish() -> None:
    """What is there now stays to the end: looking through it for garbage took a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips a test whose program is missing."""
    missing = [name for mark in item.iter_markers("needs") for name in mark.args if not has_program(name)]
    if missing:
        pytest.skip(f"not on this machine: {', '.join(missing)}")


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return str(report.longrepr or "")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turns a skip into a failure where everything is required."""
    report = yield
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"NQ57XL_REQUIRE_ALL=1: {item.nodeid} was skipped: {_reason(report)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a whole module that skips itself."""
    report = yield
    if REQUIRE_ALL and report.skipped:
        reason = _reason(report)
        report.outcome = "failed"
        report.longrepr = f"NQ57XL_REQUIRE_ALL=1: {collector.nodeid} was skipped: {reason}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Lists what was skipped, by name."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.section(f"skipped by name: {len(skipped)}")
        for report in skipped:
            terminalreporter.write_line(f"{report.nodeid}: {_reason(report)}")


@functools.cache
def _checker() -> Any:  # noqa: ANN401 - a program beside the checkout
    spec = importlib.util.spec_from_file_location("ooxml_check", CHECKER)
    assert spec is not None and spec.loader is not None
    checker = sys.modules["ooxml_check"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(checker)
    return checker


@pytest.fixture(scope="session")
def check_ooxml(tmp_path_factory: pytest.TempPathFactory) -> CheckOoxml:
    """A function that runs the strict checker on a workbook and fails on any ERROR.

    The checker stands beside the checkout (../shared/tools), not in it. Where it is not there the function does
    nothing, on purpose: a clone elsewhere has no way to get it, and the other assertions of a test still hold.
    """

    def check(workbook: Path | bytes) -> None:
        if not CHECKER.is_file():
            return
        path = workbook if isinstance(workbook, Path) else tmp_path_factory.mktemp("checked") / "workbook.xlsx"
        if isinstance(workbook, bytes):
            path.write_bytes(workbook)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            code = _checker().main(["--sdk", "off", str(path)])
        assert code == 0, said.getvalue()

    return check


class Here(Executor):
    """Runs what it is given at once, in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401 - the base's
        future = Future[Any]()
        future.set_result(fn(*args, **kwargs))
        return future


@pytest.fixture(scope="session", autouse=True)
def _read_here() -> Iterator[None]:
    """Commands of this process read files here: starting processes costs more than most tests, and what is read is the
    same (`returns/test_returns_workers.py`). The program's own processes read as an office's do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nq57xl.returns.workers.read_all", functools.partial(read_all, executor=Here()))
        yield


@pytest.fixture
def worker_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read in processes of their own: for tests of what comes of a file there."""
    monkeypatch.setattr("nq57xl.returns.workers.read_all", read_all)
