"""A file costs a bounded time at every stage, its marked form included; the office's own workbook, too."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from tests.amounts import cases
from tests.case_book import Book, Place
from tests.case_kit import PERIOD, RECEIVED, Done, base, form, in_a_process, nq57xl, prepare

SECONDS = 20.0
"""Processor time that a single file may cost from reading to its marked form, all processes together; about 10."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("heavy") / "so"
    prepare(root)
    return root


def with_rows(filled: bytes, rows: int, columns: int) -> bytes:
    """The return with so many filled rows under the free tables of its sheet."""
    book = Book(filled)
    part = book.sheet("proposals")
    lines = []
    for row in range(100, 100 + rows):
        cells = "".join(
            f'<c r="{chr(67 + c)}{row}" t="inlineStr"><is><t>Việc {row}-{c}</t></is></c>' for c in range(columns)
        )
        lines.append(f'<row r="{row}">{cells}</row>')
    book.replace(part, "</sheetData>", "".join(lines) + "</sheetData>")
    return book.packed()


def _spent() -> float:
    """Processor time of this process and of those that it waited for: another program's work does not count."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def collect(root: Path, name: str, data: bytes, command: Callable[..., Done] = nq57xl) -> tuple[float, dict[str, str]]:
    """Seconds of processor time of the run, and the verdicts by file name."""
    inbox = root / "inbox" / RECEIVED.isoformat()
    inbox.mkdir(parents=True, exist_ok=True)
    (inbox / name).write_bytes(data)
    before = _spent()
    done = command("-w", root, "collect", inbox / name, "--period", PERIOD, "--json")
    assert done.code == 0, done.err[-300:]
    assert "Traceback" not in done.err
    return _spent() - before, {Path(i["file"]).name: i["verdict"] for i in done.document["returns"]}


@pytest.mark.parametrize(("rows", "columns"), cases([(2_000, 4)], [(5_000, 4), (12_000, 20), (50_000, 20)]))
def test_many_rows_under_a_free_table(office: Path, rows: int, columns: int) -> None:
    """Within all limits of a file: taken or told for what it is, in bounded time."""
    command = in_a_process if rows > 10_000 else nq57xl
    seconds, verdicts = collect(office, f"{rows}.xlsx", with_rows(base(form(office)), rows, columns), command)
    assert seconds < SECONDS
    assert set(verdicts.values()) <= {"accepted", "accepted_with_warnings", "superseded", "rejected", "unrecognised"}


@pytest.mark.parametrize("rows", cases([500], [2_000, 20_000]))
def test_a_rejected_return_with_many_rows(office: Path, rows: int) -> None:
    """Its marked form is bounded, as reading is."""
    book = Book(base(form(office)))
    book.put("led IV.1 result", None)
    seconds, verdicts = collect(office, f"rejected-{rows}.xlsx", with_rows(book.packed(), rows, 4))
    assert seconds < SECONDS
    assert set(verdicts.values()) <= {"rejected", "unrecognised"}


def first_figure(path: Path) -> Place:
    """The first cell under «Tỷ lệ hoàn thành» in a workbook of the office's."""
    for number, sheet in enumerate(openpyxl.load_workbook(path).worksheets, start=1):
        for row in sheet.iter_rows(min_row=2):
            head = next((cell for cell in row if cell.value == "Tỷ lệ hoàn thành"), None)
            if head is not None:
                return Place(sheet.title, f"xl/worksheets/sheet{number}.xml", f"{head.column_letter}{head.row + 1}")
    raise AssertionError(path)


@pytest.mark.parametrize("stored", cases(["NaN"], ["1E999", "INF", "1E400", "-1E10"]))
def test_odd_numbers_in_the_offices_own_hand(office: Path, stored: str) -> None:
    """A number that is none in bien-tap.xlsx is told; merge ends with a message or takes the rest, no traceback."""
    collect(office, f"{stored}.xlsx", base(form(office)) + b"\0" * (len(stored) + ord(stored[0])))
    assert nq57xl("-w", office, "merge", "--period", PERIOD).code == 0
    path = office / "out" / PERIOD / "tong-hop" / "bien-tap.xlsx"
    book, place = Book(path.read_bytes()), first_figure(path)
    book.store(place, "", f"<v>{stored}</v>", 0)
    path.write_bytes(book.packed())
    try:
        done = nq57xl("-w", office, "merge", "--period", PERIOD)
    finally:
        path.unlink()  # of the next case's way
    assert done.code in (0, 1), done.err[-300:]
    assert place.cell in done.out + done.err


def test_nearly_reached_is_compared_as_it_is_shown(office: Path) -> None:
    """89.99999 % of 90 %: shown and compared with the same rounding, and no difference of minus nought."""
    book = Book(base(form(office)))
    book.put("indicator CT.I.3 no_data", None)
    book.put("indicator CT.I.3 value", 0.8999999)
    collect(office, "gan-dat.xlsx", book.packed())
    assert nq57xl("-w", office, "merge", "--period", PERIOD).code == 0
    folder = office / "out" / PERIOD / "tong-hop"
    with zipfile.ZipFile(io.BytesIO((folder / "bao-cao.docx").read_bytes())) as archive:
        text = re.sub(r"<[^>]+>", "", archive.read("word/document.xml").decode("utf-8"))
    texts = [text, (folder / "theo-doi.txt").read_text(encoding="utf-8")]
    for sheet in openpyxl.load_workbook(folder / "bao-cao-tong-hop.xlsx", data_only=True).worksheets:
        texts += [str(cell.value) for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert not [piece for piece in texts if re.search(r"[-−]0[.,]0+(?![0-9]*[1-9])", piece)]
