"""watch: what is taken when, what is waited for, what is told once; held files, absent shares, Ctrl+C."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from nq57xl.cli.serving import _file_line, _until_interrupted
from nq57xl.commands import watch as module
from nq57xl.commands.demo import Department
from nq57xl.commands.generate import generate
from nq57xl.commands.office import Office
from nq57xl.commands.watch import _PATIENCE, Watcher, _arrival_state, _files_below
from nq57xl.errors import LedgerBusyError, Nq57Error, WorkbookOpenError
from nq57xl.forms.model import Source
from nq57xl.returns.model import JudgedReturn
from nq57xl.rules.findings import make
from nq57xl.text.clock import VIETNAM, Clock
from nq57xl.xlsx.limits import LIMITS
from tests.amounts import amount
from tests.april_kit import office_in_april
from tests.case_kit import nq57xl
from tests.ledger_kit import NOON
from tests.samples import sample_period
from tests.watch_kit import DUE, Fake, messages, names, workbook


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    found = Fake()
    monkeypatch.setattr(module, "collect", found)
    return found


@pytest.fixture
def watcher(tmp_path: Path) -> Watcher:
    root = tmp_path / "inbox"
    root.mkdir()
    return Watcher(None, root, "2026-04", sample_period())  # type: ignore[arg-type]  # the fake asks nothing of the office


def test_a_file_is_taken_when_two_looks_find_it_unchanged(watcher: Watcher, fake: Fake) -> None:
    """Growing at each look it is left alone; still for two looks it is taken, once."""
    path, data = watcher.root / "a.xlsx", workbook()
    for end in (100, 900, len(data)):
        path.write_bytes(data[:end])
        assert names(watcher.look()) == []
    assert names(watcher.look()) == ["a.xlsx"]
    assert [names(watcher.look()) for _ in range(8)] == [[]] * 8
    assert fake.runs == [["a.xlsx"]]


def test_a_file_that_changes_afterwards_is_taken_again(watcher: Watcher, fake: Fake) -> None:
    """The unit drops a corrected workbook under the same name."""
    path = watcher.root / "a.xlsx"
    path.write_bytes(workbook())
    list(watcher.look())
    list(watcher.look())
    path.write_bytes(workbook() + b"PK")
    os.utime(path, ns=(1, 1))
    list(watcher.look())
    assert fake.runs == [["a.xlsx"]]
    list(watcher.look())
    assert fake.runs == [["a.xlsx"]] * 2


@pytest.mark.parametrize("content", [b"", workbook()[:-30]], ids=["empty", "half an archive"])
def test_half_a_file_gets_more_time_but_is_not_forgotten(watcher: Watcher, fake: Fake, content: bytes) -> None:
    """Empty, or an archive without its end: the copy may have stalled. In the end it is taken, and named by collect."""
    (watcher.root / "a.xlsx").write_bytes(content)
    looks = [names(watcher.look()) for _ in range(_PATIENCE)]
    assert looks == [[]] * (_PATIENCE - 1) + [["a.xlsx"]]


def test_what_nobody_hands_in_is_passed_over(watcher: Watcher, fake: Fake) -> None:
    """Owner files, unfinished downloads, hidden files, links; a folder below is looked into."""
    for name in (
        "~$a.xlsx",
        ".~lock.a.xlsx#",
        "a.xlsx.part",
        "b.XLSX.crdownload",
        "c.tmp",
        "~WRD0001.tmp",
        ".d.xlsx.Xy12",
        "Thumbs.db",
        "desktop.ini",
        "._a.xlsx",
    ):
        (watcher.root / name).write_bytes(workbook())
    (watcher.root / "2026-04-16").mkdir()
    (watcher.root / "2026-04-16" / "a.xlsx").write_bytes(workbook())
    (watcher.root / "link.xlsx").symlink_to(watcher.root / "2026-04-16" / "a.xlsx")
    list(watcher.look())
    assert names(watcher.look()) == ["a.xlsx"]
    assert fake.runs == [["a.xlsx"]]


def test_a_held_file_is_told_once_and_taken_when_let_go(
    watcher: Watcher, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows refuses to open what a copy still writes; the others are not held up."""
    for name in ("a.xlsx", "b.xlsx"):
        (watcher.root / name).write_bytes(workbook())
    held = {"a.xlsx"}
    monkeypatch.setattr(module, "_arrival_state", lambda path: "held" if path.name in held else _arrival_state(path))
    told = [message for _ in range(5) for message in messages(watcher.look())]
    assert told == ["«a.xlsx» đang mở hoặc đang được ghi; sẽ nhận khi xong."]
    assert fake.runs == [["b.xlsx"]]
    held.clear()
    assert names(watcher.look()) == ["a.xlsx"]


def test_an_absent_share_is_waited_for(watcher: Watcher, fake: Fake) -> None:
    """It goes away: said once; it comes back: said, and nothing is taken twice."""
    (watcher.root / "a.xlsx").write_bytes(workbook())
    list(watcher.look())
    list(watcher.look())
    away = watcher.root.with_name("away")
    watcher.root.rename(away)
    told = [message for _ in range(4) for message in messages(watcher.look())]
    assert [message.split(" «")[0] for message in told] == ["Không truy cập được"]
    away.rename(watcher.root)
    (watcher.root / "b.xlsx").write_bytes(workbook())
    told = messages(watcher.look())
    assert [message.split(" «")[0] for message in told] == ["Đã truy cập lại được"]
    assert names(watcher.look()) == ["b.xlsx"]
    assert fake.runs == [["a.xlsx"], ["b.xlsx"]]


def test_a_busy_ledger_is_waited_for(watcher: Watcher, fake: Fake) -> None:
    """Another command writes: said once, tried at every look, taken when it is free."""
    (watcher.root / "a.xlsx").write_bytes(workbook())
    fake.fail = lambda paths: LedgerBusyError("Đang được ghi.")
    told = [message for _ in range(5) for message in messages(watcher.look())]
    assert told == ["Đang được ghi. Sẽ tự nhận khi đến lượt."]
    assert len(fake.runs) == 4
    fake.fail = lambda paths: None
    assert names(watcher.look()) == ["a.xlsx"]


def test_one_file_that_cannot_be_collected_does_not_hold_up_the_others(watcher: Watcher, fake: Fake) -> None:
    """A batch that fails is tried file by file, the failing one ever more seldom; it is never given up."""
    for name in ("a.xlsx", "b.xlsx", "c.xlsx"):
        (watcher.root / name).write_bytes(workbook())
    fake.fail = lambda paths: Nq57Error("thay đổi.") if any(path.name == "b.xlsx" for path in paths) else None
    for _ in range(30):
        list(watcher.look())
    assert fake.runs[0] == ["a.xlsx", "b.xlsx", "c.xlsx"]
    assert fake.known == {"a.xlsx", "c.xlsx"}
    assert all(len(run) == 1 for run in fake.runs[1:])
    assert 2 < len(fake.runs) < 10
    (watcher.root / "d.xlsx").write_bytes(workbook())
    list(watcher.look())
    assert "d.xlsx" in names(watcher.look())


def test_what_was_known_before_is_counted_not_listed(watcher: Watcher, fake: Fake) -> None:
    """A watch that starts on a full inbox says how many were known; later a duplicate gets its line."""
    for name in ("a.xlsx", "b.xlsx", "c.xlsx"):
        (watcher.root / name).write_bytes(workbook())
    fake.known = {"a.xlsx", "b.xlsx"}
    list(watcher.look())
    news = list(watcher.look())
    assert messages(iter(news)) == ["2 tệp đã được nhận từ trước."]
    assert names(iter(news)) == ["c.xlsx"]
    (watcher.root / "a.xlsx").write_bytes(workbook() + b"")
    os.utime(watcher.root / "a.xlsx", ns=(5, 5))
    list(watcher.look())
    assert names(watcher.look()) == ["a.xlsx"]


def _happen(chance: random.Random, root: Path, growing: dict[str, int], whole: bytes) -> None:
    """One random thing that happens to an inbox between two looks."""
    step = chance.random()
    if step < 0.3:
        growing[f"{chance.random()}.xlsx"] = 0
    for name in list(growing):
        growing[name] = min(len(whole), growing[name] + chance.choice([1, 200, len(whole)]))
        (root / name).write_bytes(whole[: growing[name]])
        if growing[name] == len(whole):
            del growing[name]
    if step > 0.9 and (found := sorted(root.glob("*.xlsx"))):
        path = chance.choice(found)
        if path.name not in growing:
            path.rename(root / f"đổi {chance.random()}.xlsx") if step > 0.95 else path.unlink()


@pytest.mark.parametrize("seed", range(amount(12, 400)))
def test_whatever_happens_to_an_inbox(watcher: Watcher, fake: Fake, seed: int) -> None:
    """Files grow, are renamed and deleted, the ledger is busy or fails: nothing half is taken, nothing is forgotten,
    nothing that has not changed is taken twice."""
    chance, whole, growing = random.Random(seed), workbook(), dict[str, int]()

    def fail(paths: Sequence[Path]) -> Exception | None:
        assert all(path.read_bytes() == whole for path in paths)
        if chance.random() < 0.2:
            return LedgerBusyError("bận.")
        return Nq57Error("hỏng.") if chance.random() < 0.2 else None

    fake.fail = fail
    for _ in range(25):
        _happen(chance, watcher.root, growing, whole)
        list(watcher.look())
    fake.fail = lambda paths: None
    for name in growing:
        (watcher.root / name).write_bytes(whole)
    for _ in range(80):
        list(watcher.look())
    taken = [name for run in fake.runs for name in run]
    assert {path.name for path in watcher.root.glob("*.xlsx")} <= set(taken)
    assert len(fake.told) == len(set(fake.told))


def test_files_are_known_by_what_they_are(tmp_path: Path) -> None:
    """Whole, half, held; a folder that is gone raises instead of looking empty."""
    for name, content, state in (
        ("a.xlsx", workbook(), "whole"),
        ("b.xlsx", workbook()[:-30], "half"),
        ("c.xlsx", b"", "half"),
        ("d.pdf", b"%PDF", "whole"),
    ):
        (tmp_path / name).write_bytes(content)
        assert _arrival_state(tmp_path / name) == state
    assert _arrival_state(tmp_path) == "held"
    assert [path.name for path, _ in _files_below(tmp_path)] == ["a.xlsx", "b.xlsx", "c.xlsx", "d.pdf"]
    with pytest.raises(OSError, match="none"):
        list(_files_below(tmp_path / "none"))


def test_a_file_over_the_limit_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive without its end may be larger than memory: over the limit nothing but its head and tail is read."""
    path = tmp_path / "lớn.xlsx"
    with path.open("wb") as file:
        file.write(b"PK\3\4")
        file.truncate(LIMITS.file_bytes + 1)
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("read whole"))
    assert _arrival_state(path) == "half"


def test_a_line_for_a_file_is_one_line() -> None:
    """Verdict, path, unit, how many points; a stranger with the reason; signs for the terminal are not passed on."""
    source = Source("inbox/a\nb.xlsx", "a\nb.xlsx", "0" * 64, 1, NOON, "first_seen")
    blank = make("REQUIRED_BLANK", words={"field": "x"})
    assert _file_line(JudgedReturn(source, "rejected", "VP", "2026-04", None, findings=(blank, blank))) == (
        "Trả lại: inbox/a b.xlsx (VP) – 2 điểm phải sửa"
    )
    coloured = Source("\x1b[2J\u202exslx.a", "a", "0" * 64, 1, NOON, "first_seen")
    assert (
        _file_line(JudgedReturn(coloured, "accepted", "VP", "2026-04", None)) == "Đã nhận: \ufffd[2J[U+202E]xslx.a (VP)"
    )
    stranger = JudgedReturn(source, "unrecognised", None, None, None, findings=(make("FILE_PDF"),))
    assert _file_line(stranger) == "Không nhận ra: inbox/a b.xlsx – Tệp là PDF, không lấy được số liệu."


def test_the_first_ctrl_c_ends_the_wait_and_the_second_the_run() -> None:
    """A pause of an hour ends within a second; the handlers of before are back afterwards."""
    before = signal.getsignal(signal.SIGINT)
    with _until_interrupted() as stop:
        assert not stop(0)
        os.kill(os.getpid(), signal.SIGINT)
        started = time.monotonic()
        assert stop(3600)
        assert time.monotonic() - started < 1
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) == before


# over a real workspace


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """April issued, two reports filled in, kept beside the workspace."""
    root = tmp_path_factory.mktemp("watch") / "w"
    office_in_april(root)
    forms = root / "out" / "2026-04" / "bieu-mau"
    Department(1, DUE).fill(forms / "NQ57_2026-04_QLDT.xlsx", root / "QLDT.xlsx")
    Department(2, DUE).fill(forms / "NQ57_2026-04_VP.xlsx", root / "VP.xlsx", mistakes=True)
    return root


@pytest.fixture
def root(base: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(base, tmp_path / "w"))


def office_of(root: Path) -> Office:
    return Office.at(root, Clock(dt.datetime(2026, 4, 16, 9, tzinfo=VIETNAM)))


def test_a_share_with_days_is_watched_like_the_inbox(root: Path, tmp_path: Path) -> None:
    """Files in a folder named after a day are received on that day, wherever the watched folder is."""
    share = tmp_path / "chung" / "2026-04-14"
    share.mkdir(parents=True)
    shutil.copy(root / "QLDT.xlsx", share)
    pauses: list[float] = []

    def pause(seconds: float) -> bool:
        pauses.append(seconds)
        return False

    news = list(Watcher.at(office_of(root), share.parent).watch(7, pause, once=True))
    (done,) = [item.collected for item in news if item.collected]
    (taken,) = done.returns
    assert (taken.verdict, taken.unit, taken.source.received_basis) == ("accepted", "QLDT", "folder")
    assert taken.source.received_at.date() == dt.date(2026, 4, 14)
    assert pauses == [7]
    assert done.answers.check_book is not None and done.answers.check_book.is_file()


def test_a_return_that_was_recorded_but_not_told_is_told_later(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """tra-lai/ is open elsewhere after the verdict was recorded: told; then the verdict comes, not «duplicate»."""
    shutil.copy(root / "VP.xlsx", root / "inbox" / "VP.xlsx")
    watcher = Watcher.at(office_of(root), root / "inbox", "2026-04")

    def held(*_: Any) -> None:  # noqa: ANN401
        raise WorkbookOpenError("tra-lai/NQ57_2026-04_VP.xlsx")

    monkeypatch.setattr("nq57xl.commands.answers._AnswerWriter._sent_back", held)
    told = [message for _ in range(3) for message in messages(watcher.look())]
    assert len(told) == 1 and "hãy đóng tệp" in told[0]
    monkeypatch.undo()
    done = [item.collected for _ in range(3) for item in watcher.look() if item.collected]
    ((taken,),) = [item.returns for item in done]
    assert (taken.verdict, taken.unit) == ("rejected", "VP")
    assert {item.code for item in taken.findings if item.severity == "error"} == {"REQUIRED_BLANK", "VALUE_UNREADABLE"}


def test_without_a_period_the_latest_issued_counts(root: Path) -> None:
    """A watch that goes on into the next month collects for that month as soon as its forms are issued, and says so."""
    shutil.copy(root / "QLDT.xlsx", root / "inbox" / "QLDT.xlsx")
    watcher = Watcher.at(office_of(root), root / "inbox")
    (first,) = [item.collected for _ in range(2) for item in watcher.look() if item.collected]
    generate(Office.at(root, Clock(dt.datetime(2026, 5, 4, tzinfo=VIETNAM))), "2026-05", ["VP"])
    Department(3, DUE).fill(root / "out" / "2026-05" / "bieu-mau" / "NQ57_2026-05_VP.xlsx", root / "inbox" / "vp5.xlsx")
    news = [item for _ in range(2) for item in watcher.look()]
    assert [item.message for item in news if item.message] == [
        "Từ đây nhận cho kỳ tháng 5/2026, kỳ phát hành gần nhất."
    ]
    (second,) = [item.collected for item in news if item.collected]
    assert (first.period.code, second.period.code) == ("2026-04", "2026-05")
    assert [item.form_period for item in second.returns] == ["2026-05"]


def test_a_desk_passes_over_what_was_judged_since_a_fault(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Judging a file met a fault in April: tried again at each start. Judged for May since, it is known."""
    shutil.copy(root / "QLDT.xlsx", root / "inbox" / "QLDT.xlsx")

    def taken() -> list[str]:
        desk = Watcher.at(office_of(root), quiet=True)
        found = [item.collected for _ in range(2) for item in desk.look() if item.collected]
        return [item.verdict for done in found for item in done.returns]

    monkeypatch.setattr("nq57xl.commands.judge.rejoin", None)
    assert [taken(), taken()] == [["unrecognised"], ["unrecognised"]]
    generate(office_of(root), "2026-05", ["VP"])
    monkeypatch.undo()
    assert taken() == ["rejected"]
    monkeypatch.setattr(module, "collect", None)
    assert taken() == []


@pytest.mark.parametrize(("folder", "period"), [("không-có", None), (None, "2026-13")])
def test_a_wrong_start_is_a_message(root: Path, folder: str | None, period: str | None) -> None:
    """A folder that is none, a period that is none: told at once."""
    with pytest.raises(Nq57Error):
        Watcher.at(office_of(root), root / folder if folder else None, period)


def test_folders_of_units_are_made_only_where_the_watch_can_begin(root: Path) -> None:
    """A period that is none makes no folder; a good start makes one for each unit in a share that is not there yet."""
    share = root.parent / "chia-se"
    with pytest.raises(Nq57Error):
        Watcher.at(office_of(root), share, "2026-13", unit_folders=True)
    assert not share.exists()
    Watcher.at(office_of(root), share, unit_folders=True)
    assert {"QLDT", "VP"} <= {path.name for path in share.iterdir()}


def test_once_prints_a_json_line_for_each_file(root: Path) -> None:
    """Contract's keys, one line each, nothing else on stdout; talk and the next step on stderr; exit 0."""
    for name in ("QLDT.xlsx", "VP.xlsx"):
        shutil.copy(root / name, root / "inbox" / name)
    done = nq57xl("-w", root, "watch", "--once", "--interval", "0.2", "--json")
    assert done.code == 0
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert [(line["unit"], line["verdict"]) for line in lines] == [("QLDT", "accepted"), ("VP", "rejected")]
    keys = {"file", "sha256", "unit", "period", "received_at", "received_basis", "verdict", "findings"}
    assert all(set(line) == keys for line in lines)
    assert "2 tệp (1 đã nhận; 1 trả lại)" in done.err
    assert "kiem-tra.xlsx" in done.err


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT to another process")
def test_ctrl_c_ends_with_a_summary(root: Path) -> None:
    """A running watch takes what arrives while another command reads; Ctrl+C: summary, exit 0, no traceback."""
    command = [sys.executable, "-m", "nq57xl", "-w", str(root), "watch", "--interval", "0.2"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    shutil.copy(root / "QLDT.xlsx", root / "inbox" / "QLDT.xlsx")
    line = process.stdout.readline().decode("utf-8")
    assert re.fullmatch(r"Đã nhận: .*QLDT\.xlsx \(QLDT\)\n", line)
    assert nq57xl("-w", root, "status", "--json").code == 0
    os.killpg(process.pid, signal.SIGINT)
    out, told = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, b"")
    assert "Đã dừng theo dõi: 1 tệp (1 đã nhận)." in told.decode("utf-8")
    assert "Traceback" not in told.decode("utf-8")
