"""What tests share keeps its word: a missing program is named, and on a complete machine nothing is skipped unseen."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.merge import MergedCellRange

from tests import opened_books
from tests.conftest import REPOSITORY
from tests.returns_kit import filled

SAMPLE = """
import pytest

@pytest.mark.needs("no-such-program")
def test_with_a_program():
    raise AssertionError

@pytest.mark.skip(reason="not today")
def test_put_off():
    raise AssertionError

def test_plain():
    pass
"""


def run(folder: Path, *, require_all: bool) -> subprocess.CompletedProcess[str]:
    """Runs the sample under this suite's conftest."""
    (folder / "conftest.py").write_text("from tests.conftest import *\n", encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = needs(program)\n", encoding="utf-8")
    (folder / "test_sample.py").write_text(SAMPLE, encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY), "NQ57XL_REQUIRE_ALL": "1" if require_all else "0"}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-cov", str(folder)]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, encoding="utf-8", check=False)


def test_skipped_tests_are_listed(tmp_path: Path) -> None:
    """A run with skipped tests passes and lists each with its reason."""
    done = run(tmp_path, require_all=False)
    assert done.returncode == 0, done.stdout
    assert "skipped by name: 2" in done.stdout
    assert "test_with_a_program: not on this machine: no-such-program" in done.stdout
    assert "test_put_off: not today" in done.stdout


def test_a_skip_is_a_failure_where_all_is_required(tmp_path: Path) -> None:
    """With NQ57XL_REQUIRE_ALL=1 each skip of any kind fails the run and is named."""
    done = run(tmp_path, require_all=True)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "test_with_a_program was skipped" in done.stdout
    assert "test_put_off was skipped" in done.stdout
    assert "1 passed, 2 errors" in done.stdout


def test_workbooks_open_as_openpyxl_opens_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """First and second time: the same cells in value and looks, merged ones too, and each time a workbook of its own
    in which new rows and columns can be set and that is saved as ever."""

    def looks(book: Workbook) -> list[object]:
        cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
        return [
            (cell.coordinate, cell.value, repr(cell.border), repr(cell.protection), cell.number_format)
            for cell in cells
        ]

    data = filled()[0]
    first, second = (opened_books.load_workbook(io.BytesIO(data)) for _ in range(2))
    monkeypatch.setattr(MergedCellRange, "format", opened_books.PLAIN_FORMAT)
    plain = opened_books.PLAIN_LOAD(io.BytesIO(data))
    assert any(sheet.merged_cells.ranges for sheet in plain.worksheets)
    assert looks(first) == looks(second) == looks(plain)
    for book in (first, second):
        sheet = book.worksheets[0]
        sheet.row_dimensions[900].height, sheet.column_dimensions["ZZ"].width, sheet["ZZ900"] = 30, 40, "mới"
        book.save(saved := io.BytesIO())
        again = opened_books.load_workbook(saved).worksheets[0]
        assert (again.row_dimensions[900].height, again.column_dimensions["ZZ"].width) == (30, 40)
    assert looks(opened_books.load_workbook(io.BytesIO(data))) == looks(plain)
