"""What tests share keeps its word: a missing program is named, and on a complete machine nothing is skipped unseen."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

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
