"""Many files in processes of their own: one bad file costs itself only."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import attrs
import pytest

from nq57xl.returns.workers import _Outcome, read_all
from nq57xl.rules.findings import Finding
from nq57xl.xlsx.cells import RawCell, RawSheet, RawWorkbook, Remark, text_cell
from nq57xl.xlsx.read import read_bytes
from tests import hostile
from tests.odd_readers import mean_reader


def codes(outcomes: list[_Outcome]) -> list[str]:
    return [item.code if isinstance(item, Finding) else "read" for item in outcomes]


def put(folder: Path, names: list[str]) -> list[Path]:
    paths = [folder / name for name in names]
    for path in paths:
        path.write_bytes(hostile.good() + f"|{path.stem}".encode())
    return paths


def test_nothing_to_read() -> None:
    """No files: no processes, no results."""
    assert list(read_all([])) == []


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill would end the process there")
def test_ctrl_c_does_not_make_a_file_unreadable(tmp_path: Path) -> None:
    """The terminal sends Ctrl+C to the readers too: they read on, and the parent decides."""
    paths = put(tmp_path, ["interrupt.xlsx", "good.xlsx"])
    assert codes(list(read_all(paths, reader=mean_reader))) == ["read", "read"]


def test_every_file_has_its_result_in_order(tmp_path: Path) -> None:
    """Each path gives its workbook or its own finding, in the order given, whatever stands beside it."""
    files = {
        "a.xlsx": (hostile.good(), "read"),
        "b.xlsx": (hostile.sparse_corner(), "FILE_TOO_MANY_CELLS"),
        "c.xls": (hostile.HTML, "FILE_HTML"),
        "d.xlsx": (hostile.bomb(), "FILE_UNSAFE"),
        "e.xlsx": (hostile.ole("EncryptedPackage"), "FILE_ENCRYPTED"),
        "f.csv": (hostile.CSV, "FILE_CSV"),
        "g.pdf": (hostile.PDF, "FILE_PDF"),
        "h.docx": (hostile.DOCX, "FILE_WORD"),
        "i.png": (hostile.PNG, "FILE_PICTURE"),
        "k.xlsx": (b"", "FILE_EMPTY"),
        "l.xlsx": (hostile.good()[:1500], "FILE_BROKEN"),
        "m.xlsx": (hostile.doctype(), "FILE_UNSAFE"),
        "n.xlsx": (hostile.good(), "read"),
    }
    for name, (data, _) in files.items():
        (tmp_path / name).write_bytes(data)
    outcomes = list(read_all([tmp_path / name for name in files]))
    assert codes(outcomes) == [code for _, code in files.values()]
    first = outcomes[0]
    assert isinstance(first, RawWorkbook)
    assert first.sheets[0].cells[0, 0].value == "Nội dung"


def test_nothing_is_lost_on_the_way_between_processes() -> None:
    """A sheet with each of its fields away from the default is unpickled as it was, numbers stored included."""
    cells = {
        (0, 0): text_cell("Nội dung"),
        (0, 25): RawCell("Nội dung"),
        (1_048_575, 16_383): RawCell(
            date(2026, 4, 1), "A1+1", "", "b", "VNI", 46113.0, "d/m/yyyy", "x", False, "y", "z"
        ),
    }
    remarks = (Remark("comment", "Hỏi lại", (0, 0), (1, 1), "An"), Remark("margin", "Trang 1"))
    sheet = RawSheet("Kết quả", cells, False, False, True, ((0, 0, 1, 1),), remarks, ((2, 3),))
    assert not {field.name for field in attrs.fields(RawSheet) if getattr(sheet, field.name) == field.default}
    for read in (sheet, RawSheet("Trống", {})):
        sent_on = pickle.loads(pickle.dumps(read))
        assert sent_on == read
        assert [(place, cell.number) for place, cell in sent_on.cells.items()] == [
            (place, cell.number) for place, cell in read.cells.items()
        ]


@pytest.mark.parametrize("workers", [1, 2])
def test_readers_that_die(tmp_path: Path, workers: int) -> None:
    """A reader that aborts, is killed or raises costs its own file; the others are read."""
    paths = put(tmp_path, ["a.xlsx", "abort.xlsx", "b.xlsx", "kill.xlsx", "raise.xlsx", "c.xlsx"])
    if sys.platform == "win32":
        paths = [path for path in paths if path.stem != "kill"]
    expected = ["read" if len(path.stem) == 1 else "FILE_READER_FAILED" for path in paths]
    assert codes(list(read_all(paths, workers=workers, reader=mean_reader))) == expected


def test_reader_that_hangs(tmp_path: Path) -> None:
    """A reader over its time is stopped, and the files behind it are read."""
    paths = put(tmp_path, ["hang.xlsx", "a.xlsx", "b.xlsx"])
    started = time.perf_counter()
    outcomes = list(read_all(paths, timeout=3, workers=1, reader=mean_reader))
    assert codes(outcomes) == ["FILE_TIMEOUT", "read", "read"]
    assert isinstance(outcomes[0], Finding)
    assert outcomes[0].value == "3"
    assert time.perf_counter() - started < 30


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="no limit of memory there")
def test_reader_that_eats_memory(tmp_path: Path) -> None:
    """A reader that asks for 64 GB fails alone."""
    paths = put(tmp_path, ["eat.xlsx", "a.xlsx"])
    assert codes(list(read_all(paths, workers=1, reader=mean_reader))) == ["FILE_READER_FAILED", "read"]


def test_any_executor_reads(tmp_path: Path) -> None:
    """Reading is a function of bytes handed to an executor: threads give what processes give."""
    paths = put(tmp_path, ["a.xlsx", "raise.xlsx", *(f"b{number}.xlsx" for number in range(9))])
    with ThreadPoolExecutor(2) as threads:
        here = list(read_all(paths, reader=mean_reader, executor=threads))
    assert codes(here) == ["read", "FILE_READER_FAILED", *["read"] * 9]
    assert here == list(read_all(paths, reader=mean_reader))


def test_files_are_read_a_few_ahead(tmp_path: Path) -> None:
    """A batch of any size is read as it is asked for: no more than a few workbooks wait in memory."""
    paths = put(tmp_path, [f"a{number}.xlsx" for number in range(40)])
    read: list[bytes] = []

    def noting(data: bytes) -> RawWorkbook:
        read.append(data)
        return read_bytes(data)

    with ThreadPoolExecutor(1) as thread:
        next(read_all(paths, reader=noting, executor=thread))
    assert len(read) < 10


def test_missing_file(tmp_path: Path) -> None:
    """A file that vanished between listing and reading is a finding."""
    assert codes(list(read_all([tmp_path / "x.xlsx"]))) == ["FILE_READER_FAILED"]


def test_results_that_nobody_wants(tmp_path: Path) -> None:
    """Leaving the loop early stops the processes."""
    paths = put(tmp_path, ["a.xlsx", "hang.xlsx"])
    started = time.perf_counter()
    results = read_all(paths, reader=mean_reader)
    assert isinstance(next(results), RawWorkbook)
    results.close()  # type: ignore[attr-defined]
    assert time.perf_counter() - started < 30


def test_script_without_a_guard(tmp_path: Path) -> None:
    """A script that has no `if __name__ == "__main__"` is not run again in each process."""
    put(tmp_path, ["a.xlsx"])
    script = tmp_path / "script.py"
    script.write_text(
        "from pathlib import Path\n"
        "from nq57xl.returns.workers import read_all\n"
        "print('started')\n"
        f"print([type(item).__name__ for item in read_all([Path({str(tmp_path / 'a.xlsx')!r})])])\n",
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split("\n") == ["started", "['RawWorkbook']", ""]
