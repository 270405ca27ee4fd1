"""The cases of tests/cases/runs.yml: several files and commands, in order, each in a workspace of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.case_kit import Case, load, prepare
from tests.case_steps import play

CASES = load("runs", *(["pending_runs"] if os.environ.get("NQ57XL_PENDING") else []))
"""Cases of pending_runs.yml wait for the product; NQ57XL_PENDING=1 runs them too."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which March, April and May were issued."""
    root = tmp_path_factory.mktemp("runs") / "so"
    prepare(root, others=True)
    return root


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_run(case: Case, prepared: Path, tmp_path: Path) -> None:
    """Every step comes to what the case says."""
    found = play(case, prepared, tmp_path / "so")
    assert not found, "\n".join(found)
