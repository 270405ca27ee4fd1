"""The tables of tests/cases/: what was typed, in which cell, in which format; verdict, value and finding."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.case_book import places
from tests.case_kit import (
    RECEIVED,
    TABLE_NAMES,
    Case,
    Done,
    Outcome,
    base,
    form,
    load,
    outcomes,
    prepare,
    problems,
    sent,
)

CASES = load(*TABLE_NAMES, *(["pending"] if os.environ.get("NQ57XL_PENDING") else []))
"""Cases of pending.yml wait for the product; NQ57XL_PENDING=1 runs them too."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which April was issued."""
    root = tmp_path_factory.mktemp("cases") / "so"
    prepare(root)
    return root


@pytest.fixture(scope="module")
def collected(office: Path) -> Mapping[str, Outcome | Done]:
    """What became of every case, and of the base itself, in one run."""
    filled = base(form(office))
    files = {"base": (RECEIVED, filled)}
    for number, case in enumerate(CASES, start=1):
        files[case["id"]] = (case.get("received", RECEIVED), sent(case, filled, number))
    return outcomes(office, files)


def test_the_base_is_accepted_without_a_word(collected: Mapping[str, Outcome | Done]) -> None:
    """All that a case comes to comes from what the case changes."""
    outcome = collected["base"]
    assert isinstance(outcome, Outcome)
    assert (outcome.verdict, outcome.findings) == ("accepted", ())


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_case(case: Case, office: Path, collected: Mapping[str, Outcome | Done]) -> None:
    """Verdict, findings and values are those of the table."""
    found = problems(case, collected[case["id"]], places(form(office)))
    assert not found, "\n".join(found)
