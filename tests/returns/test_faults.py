"""A batch with one file that makes a stage fail: the others are recorded, that one is told, the exit code is 0.

The stages are a table of dotted names: whoever moves a function adjusts its line. A fault is injected where the stage
is called, and only when the call is about the bad file.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.case_book import Book, places
from tests.case_kit import PERIOD, Done, base, form, in_a_process, nq57xl, prepare

MARK = "DẤU HIỆU CỦA TỆP HỎNG"
"""Stands in a cell of the bad file, so that a call about it can be told from the others."""
DAY = "2026-04-16"


class Stage(NamedTuple):
    """Where a fault is injected."""

    target: str
    judged: bool
    """The verdict is known by then: the file keeps it, and what could not be made is told and made by the next run."""


STAGES = {
    "container": Stage("nq57xl.commands.collect.container_kind", judged=False),
    "archive": Stage("nq57xl.commands.collect.archive_file", judged=False),
    "scan": Stage("nq57xl.xlsx.read.scan_xlsx", judged=False),
    "read": Stage("nq57xl.xlsx.read._assemble", judged=False),
    "recognise": Stage("nq57xl.commands.judge.identify", judged=False),
    "rejoin": Stage("nq57xl.commands.judge.rejoin", judged=False),
    "check": Stage("nq57xl.commands.judge.check", judged=False),
    "check of the file": Stage("nq57xl.commands.judge.check_file", judged=False),
    "comparison with earlier returns": Stage("nq57xl.commands.judge.left_out", judged=False),
    "render": Stage("nq57xl.commands.answers.render_form", judged=True),
    "letters": Stage("nq57xl.commands.answers.letter_of", judged=True),
    "kiem-tra.xlsx": Stage("nq57xl.commands.answers.render_check_book", judged=True),
}
IN_WORKERS = {"scan", "read"}
"""Stages of the processes that read: the fault is injected there."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with three returns in the inbox: VP's, rejected and marked; KHTC's and KCATGT's, accepted."""
    root = tmp_path_factory.mktemp("faults") / "so"
    prepare(root, others=True)
    inbox = root / "inbox" / DAY
    inbox.mkdir(parents=True)
    bad = Book(base(form(root)))
    bad.put("led IV.1 difficulties", MARK)
    bad.put("led IV.1 percent", 1.5)
    bad.put("led IV.1 result", None)
    (inbox / "bad.xlsx").write_bytes(bad.packed())
    for unit in ("KHTC", "KCATGT"):
        (inbox / f"{unit}.xlsx").write_bytes(filled(form(root, unit)))
    return root


def filled(issued: bytes) -> bytes:
    """A form of any unit with nothing to report in it."""
    book = Book(issued)
    for table, row, field in places(issued):
        if (table, field) == ("led", "progress"):
            book.put(f"led {row} progress", "Chưa phát sinh")
        elif (table, field) in (("indicator", "no_data"), ("supporting", "nothing")):
            book.put(f"{table} {row} {field}", "Chưa có số liệu kỳ này" if table == "indicator" else "Không phát sinh")
    for field, said in (("prepared_by", "Lan"), ("approved_by", "Minh")):
        book.put(f"signoff {field}", said)
    book.put("signoff signed_on", "15/4/2026")
    return book.packed()


@pytest.fixture
def office(prepared: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(prepared, tmp_path / "so"))


Repair = Callable[[], None]
"""Puts right what was made to fail."""


# --- faults ---------------------------------------------------------------------------------------------------------


def is_about(bad: str, arguments: Any) -> bool:  # noqa: ANN401 - whatever a stage is called with
    """Whether a call is about the bad file: its bytes, its hash, its name or a text that only it has."""
    flat = [*arguments[0], *arguments[1].values()]
    if any(isinstance(item, bytes) and hashlib.sha256(item).hexdigest() == bad for item in flat):
        return True
    told = repr(flat)
    return bad in told or "bad.xlsx" in told or MARK in told


def inject(target: str, bad: str) -> Repair:
    """Makes the function of that dotted name fail for the bad file; returns what puts it right again."""
    name, _, attribute = target.rpartition(".")
    module = importlib.import_module(name)
    real = getattr(module, attribute)

    def faulty(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        if is_about(bad, (arguments, named)):
            raise RuntimeError(f"injected at {target}")
        return real(*arguments, **named)

    setattr(module, attribute, faulty)
    return lambda: setattr(module, attribute, real)


def read_with_fault(path: Path, **named: Any) -> Any:  # noqa: ANN401 - stands in for the reader, in its processes
    """The reader of a worker process; the stage and the bad file are told by the environment."""
    from nq57xl.xlsx.read import read_file

    repair = inject(os.environ["NQ57XL_TEST_STAGE"], os.environ["NQ57XL_TEST_BAD"])
    try:
        return read_file(path, **named)
    finally:
        repair()


@pytest.fixture
def faulty(office: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Repair]]:
    """Injects a fault at a stage, for the rest of the test or until what it returns is called."""
    bad = hashlib.sha256((office / "inbox" / DAY / "bad.xlsx").read_bytes()).hexdigest()
    repairs: list[Repair] = []

    def start(stage: str) -> Repair:
        if stage in IN_WORKERS:
            monkeypatch.setenv("NQ57XL_TEST_STAGE", STAGES[stage].target)
            monkeypatch.setenv("NQ57XL_TEST_BAD", bad)
            monkeypatch.setattr("nq57xl.commands.office.read_file", read_with_fault)
            return monkeypatch.undo
        repairs.append(inject(STAGES[stage].target, bad))
        return repairs[-1]

    yield start
    for repair in repairs:
        repair()


def collect(office: Path, *more: str) -> Done:
    return nq57xl("-w", office, "collect", "--period", PERIOD, *more)


def states(office: Path) -> dict[str, str]:
    """Unit -> where it stands."""
    return {
        item["code"]: item["state"]
        for item in nq57xl("-w", office, "status", "--period", PERIOD, "--json").document["units"]
    }


def told(done: Done) -> dict[str, Any]:
    """File name -> what `collect --json` said of it."""
    return {Path(item["file"]).name: item for item in done.document["returns"]}


def test_without_a_fault(office: Path) -> None:
    """The batch itself: one rejected, two accepted, so that the faults' silence means something."""
    done = collect(office, "--json")
    assert {name: item["verdict"] for name, item in told(done).items()} == {
        "bad.xlsx": "rejected",
        "KHTC.xlsx": "accepted",
        "KCATGT.xlsx": "accepted",
    }


@pytest.mark.parametrize("stage", STAGES)
def test_one_file_that_fails_a_stage(stage: str, office: Path, faulty: Callable[[str], Repair]) -> None:
    """The others are recorded, that one is told and not accepted, exit 0; without the fault the next run is whole."""
    faulty(stage)
    done = collect(office, "--json")
    assert done.code == 0, done.err[-300:]
    assert "Traceback" not in done.err
    files = told(done)
    assert [files[name]["verdict"] for name in ("KHTC.xlsx", "KCATGT.xlsx")] == ["accepted", "accepted"]
    assert {unit: state for unit, state in states(office).items() if unit in ("KHTC", "KCATGT")} == {
        "KHTC": "accepted",
        "KCATGT": "accepted",
    }
    assert list((office / "out" / PERIOD / "thong-bao").glob("*KHTC*"))
    if STAGES[stage].judged:
        assert files["bad.xlsx"]["verdict"] == "rejected"
        assert "VP" in done.err or "bad.xlsx" in done.err or "kiem-tra" in done.err
    else:
        assert files["bad.xlsx"]["verdict"] in ("rejected", "unrecognised")
        assert any(item["severity"] == "error" for item in files["bad.xlsx"]["findings"])


def test_the_terminal_of_a_fault_in_a_worker(office: Path) -> None:
    """A file that no reader can take apart costs one sentence, not a trace."""
    (office / "inbox" / DAY / "bad.xlsx").write_bytes(b"PK\x03\x04" + b"\0" * 500)
    done = in_a_process("-w", office, "collect", "--period", PERIOD)
    assert done.code == 0
    assert "Traceback" not in done.out + done.err
