"""A batch with one file that makes a stage fail: the others are recorded, that one is told, the exit code is 0.

The stages are a table of dotted names: whoever moves a function adjusts its line. A fault is injected where the stage
is called, and only when the call is about the bad file.
"""

from __future__ import annotations

import hashlib
import pkgutil
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.amounts import cases
from tests.case_book import Book, places
from tests.case_kit import PERIOD, Done, base, form, nq57xl, prepare
from tests.odd_readers import MARK, Repair, inject, read_with_fault

DAY = "2026-04-16"


class Stage(NamedTuple):
    """Where a fault is injected."""

    target: str
    judged: bool
    """The verdict is known by then: the file keeps it, and what could not be made is told and made by the next run."""


STAGES = {
    "container": Stage("nq57xl.commands.collect.container_kind", judged=False),
    "archive": Stage("nq57xl.ledger.workspace.Workspace.archive_file", judged=False),
    "scan": Stage("nq57xl.xlsx.read.scan_xlsx", judged=False),
    "read": Stage("nq57xl.xlsx.read._assemble", judged=False),
    "recognise": Stage("nq57xl.commands.judge.identify", judged=False),
    "rejoin": Stage("nq57xl.commands.judge.rejoin", judged=False),
    "check": Stage("nq57xl.commands.judge.check", judged=False),
    "check of the file": Stage("nq57xl.commands.judge.check_file", judged=False),
    "comparison with earlier returns": Stage("nq57xl.commands.judge.left_out_findings", judged=False),
    "render": Stage("nq57xl.commands.answers.render_form", judged=True),
    "letters": Stage("nq57xl.commands.answers.write_letter", judged=True),
    "kiem-tra.xlsx": Stage("nq57xl.commands.answers.render_check_book", judged=True),
}
IN_WORKERS = set(cases(["read"], ["scan"]))
"""Stages of the processes that read: the fault is injected there, by day for one of the two."""


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


# --- faults ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def faulty(
    office: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Callable[[str], Repair]]:
    """Injects a fault at a stage, for the rest of the test or until what it returns is called."""
    bad = hashlib.sha256((office / "inbox" / DAY / "bad.xlsx").read_bytes()).hexdigest()
    repairs: list[Repair] = []

    def start(stage: str) -> Repair:
        if stage in IN_WORKERS:
            request.getfixturevalue("worker_processes")
            monkeypatch.setenv("NQ57XL_TEST_STAGE", STAGES[stage].target)
            monkeypatch.setenv("NQ57XL_TEST_BAD", bad)
            monkeypatch.setattr("nq57xl.xlsx.read.read_bytes", read_with_fault)
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


def test_without_a_fault(office: Path, worker_processes: None) -> None:
    """The batch itself: one rejected, two accepted, so that the faults' silence means something."""
    done = collect(office, "--json")
    assert {name: item["verdict"] for name, item in told(done).items()} == {
        "bad.xlsx": "rejected",
        "KHTC.xlsx": "accepted",
        "KCATGT.xlsx": "accepted",
    }


@pytest.mark.parametrize("stage", STAGES)
def test_one_file_that_fails_a_stage(stage: str, office: Path, faulty: Callable[[str], Repair]) -> None:
    """The others are recorded, that one is told and not accepted, exit 0.

    Marked form, letters and kiem-tra.xlsx come from the ledger: the next run writes what the fault left out.
    """
    repair = faulty(stage)
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
        repair()
        done = collect(office)
        assert done.code == 0, done.err[-300:]
        out = office / "out" / PERIOD
        assert (out / "tra-lai" / f"NQ57_{PERIOD}_VP.xlsx").exists()
        assert list((out / "thong-bao").glob(f"NQ57_{PERIOD}_VP.*"))
        assert (out / "kiem-tra.xlsx").exists()
    else:
        assert files["bad.xlsx"]["verdict"] in ("rejected", "unrecognised")
        assert any(item["severity"] == "error" for item in files["bad.xlsx"]["findings"])


def swapped(target: str, act: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Does something to the bad file at the moment at which the function of that dotted name meets it."""
    module = pkgutil.resolve_name(target.rpartition(".")[0])
    real = getattr(module, target.rpartition(".")[2])

    def acting(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        for item in arguments:
            if isinstance(item, Path) and item.name == "bad.xlsx":
                act(item)
        return real(*arguments, **named)

    monkeypatch.setattr(target, acting)


def grows(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"more")


def becomes_a_folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir(exist_ok=True)


@pytest.mark.parametrize("stage", ["container", "archive"])
@pytest.mark.parametrize("act", [Path.unlink, grows, becomes_a_folder], ids=["vanishes", "grows", "becomes a folder"])
def test_a_file_that_changes_meanwhile(
    stage: str, act: Callable[[Path], None], office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told and not recorded, the others are taken; the next run meets it afresh."""
    path = office / "inbox" / DAY / "bad.xlsx"
    data = path.read_bytes()
    with monkeypatch.context() as patch:
        swapped(STAGES[stage].target, act, patch)
        done = collect(office, "--json")
    assert done.code == 0, done.err[-300:]
    files = told(done)
    assert [files[name]["verdict"] for name in ("KHTC.xlsx", "KCATGT.xlsx")] == ["accepted", "accepted"]
    assert [item["code"] for item in files["bad.xlsx"]["findings"]] == ["FILE_UNREAD"]
    assert states(office)["VP"] == "missing"
    if path.is_dir():
        path.rmdir()
    path.write_bytes(data)
    assert told(collect(office, "--json"))["bad.xlsx"]["verdict"] == "rejected"


def test_a_fault_is_tried_again(office: Path, faulty: Callable[[str], Repair]) -> None:
    """A file that the program could not judge is no duplicate: once that is mended, the next run judges it."""
    repair = faulty("rejoin")
    for _ in range(2):
        item = told(collect(office, "--json"))["bad.xlsx"]
        assert (item["verdict"], [one["code"] for one in item["findings"]]) == ("unrecognised", ["FILE_FAULT"])
        assert "ghép dòng, cột" in item["findings"][0]["message"]
    repair()
    assert told(collect(office, "--json"))["bad.xlsx"]["verdict"] == "rejected"
    assert [told(collect(office, "--json"))["bad.xlsx"]["verdict"]] == ["duplicate"]
    assert states(office)["VP"] == "rejected"


def test_files_that_cannot_be_opened(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of them are told each time and never recorded; an empty file beside them is told for what it is."""
    inbox = office / "inbox" / DAY
    (inbox / "bad.xlsx").unlink()
    for name in ("a.xlsx", "b.xlsx", "rong.xlsx"):
        (inbox / name).write_bytes(b"" if name == "rong.xlsx" else b"x")
    real = Path.open

    def closed(path: Path, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        if path.name in ("a.xlsx", "b.xlsx"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments, **named)

    monkeypatch.setattr(Path, "open", closed)
    for _ in range(2):
        files = told(collect(office, "--json"))
        for name in ("a.xlsx", "b.xlsx"):
            assert files[name]["verdict"] == "unrecognised"
            assert [item["code"] for item in files[name]["findings"]] == ["FILE_UNREAD"]
        assert files["rong.xlsx"]["verdict"] == "unrecognised"
        assert [item["code"] for item in files["rong.xlsx"]["findings"]] == ["FILE_EMPTY"]


def test_a_folder_for_backups_that_cannot_be_written(office: Path) -> None:
    """It is named, and nq57xl.db is not blamed; nothing is taken in."""
    shutil.rmtree(office / "backup")
    (office / "backup").write_bytes(b"a file has taken the name")
    done = collect(office)
    assert done.code == 1
    assert "backup" in done.err
    assert "nq57xl.db" not in done.err
    assert "Traceback" not in done.err


def test_what_nobody_foresaw(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the whole command ends with one sentence and exit 1; what the program says of it lies in a file."""
    monkeypatch.setattr("nq57xl.commands.collect.OfficePeriod.standing", lambda *_: 1 / 0)
    done = collect(office)
    assert done.code == 1
    (line,) = [line for line in done.err.splitlines() if line.startswith("Lỗi: ")]
    assert "Traceback" not in done.out + done.err
    written = Path(line.split("«")[1].split("»")[0])
    assert "ZeroDivisionError" in written.read_text(encoding="utf-8")
    written.unlink()
