"""The neutral filler does what the end-to-end tests take for granted, and whatever validations admit can be read."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from tests import filler
from tests.amounts import amount
from tests.case_kit import nq57xl

MISREAD = {"VALUE_UNREADABLE", "VALUE_AMBIGUOUS", "NOT_IN_LIST", "OUT_OF_RANGE", "LOCKED_CHANGED", "OUTSIDE_ENTRY"}
"""Findings that would blame a value which the sheet itself admits."""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the forms of one plan."""
    folder = tmp_path_factory.mktemp("filler") / "bql"
    assert nq57xl("init", folder, "--plan", "bql-2026").code == 0
    assert nq57xl("-w", folder, "generate", "--period", "2026-04").code == 0
    return folder


@pytest.fixture(scope="module")
def form(workspace: Path) -> Path:
    return workspace / "out" / "2026-04" / "bieu-mau" / "NQ57_2026-04_VP.xlsx"


def test_the_same_seed_types_the_same(form: Path, tmp_path: Path) -> None:
    """Two runs with one seed type the same cells and values; another seed types others."""
    runs = [filler.fill(form, tmp_path / "out.xlsx", seed=seed) for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]


def test_texts_are_unlike_and_stand_in_unlocked_cells(form: Path, tmp_path: Path) -> None:
    """Every sentence is typed once, and only into cells that the form has unlocked."""
    typed = filler.fill(form, tmp_path / "out.xlsx", seed=3)
    sentences = [item.value for item in typed if isinstance(item.value, str) and "(3." in item.value]
    assert len(sentences) == len(set(sentences)) > 20
    book = openpyxl.load_workbook(form)
    assert all(not book[item.sheet][item.cell].protection.locked for item in typed)


def test_whatever_validations_admit_is_read(workspace: Path) -> None:
    """Cells filled at random within their validations may be incomplete or contradict, but none is misread."""
    forms = sorted((workspace / "out" / "2026-04" / "bieu-mau").glob("NQ57_*.xlsx"))
    typed = {}
    for seed in range(amount(1, 40)):
        for form in forms:
            name = f"{form.stem} ({seed}).xlsx"
            typed[name] = filler.fill(form, workspace / "inbox" / name, seed=seed, mode="random")
    returns = nq57xl("-w", workspace, "collect", "--period", "2026-04", "--json").document["returns"]
    findings = [item for one in returns for item in one["findings"]]
    assert len(returns) == len(typed)
    assert {item["code"] for item in findings} & MISREAD == set()
    assert "REQUIRED_BLANK" in {item["code"] for item in findings}
