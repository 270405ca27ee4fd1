"""A marked form sent straight back gets the verdict that its return had: every fourth rejected case, at night all.

Cases that touch different cells share a file, so that cases cost fewer forms than half their number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.amounts import amount
from tests.case_book import Book, key_of
from tests.case_kit import (
    RECEIVED,
    TABLE_NAMES,
    Case,
    Finding,
    Outcome,
    base,
    form,
    load,
    nq57xl,
    outcomes,
    packed,
    packs,
    prepare,
    typed,
)

CASES = [case for case in load(*TABLE_NAMES) if case["verdict"] == "rejected"][:: amount(4, 1)]


class Sent(NamedTuple):
    """What became of one file, and of its marked form."""

    before: Sequence[Finding]
    after: Outcome


def checked(root: Path, file: Path, back: Path) -> tuple[Sequence[Finding], bytes]:
    """The findings on a rejected file, and its marked form."""
    done = nq57xl("-w", root, "check", file, "--json", "--out", back)
    (told,) = done.document["returns"]
    assert told["verdict"] == "rejected", told
    return told["findings"], back.read_bytes()


@pytest.fixture(scope="module")
def sent_back(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Sent]:
    """Each rejected case checked, its marked form saved anew and collected, all of them in one run."""
    folder = tmp_path_factory.mktemp("back")
    root = folder / "so"
    prepare(root)
    filled = base(form(root))
    day = root / "inbox" / RECEIVED.isoformat()
    day.mkdir(parents=True)
    before: dict[str, Sequence[Finding]] = {}
    marked = {}
    groups = list(packs(CASES))
    for number, group in enumerate(groups, start=1):
        name, file = f"{number}", day / f"{number}.xlsx"
        file.write_bytes(packed(group, filled, number))
        before[name], back = checked(root, file, folder / f"{number}-lai.xlsx")
        marked[name] = (RECEIVED, Book(back).packed(number))
        file.unlink()
    after = outcomes(root, marked)
    found: dict[str, Sent] = {}
    for number, group in enumerate(groups, start=1):
        outcome = after[f"{number}"]
        assert isinstance(outcome, Outcome), outcome
        found |= {case["id"]: Sent(before[f"{number}"], outcome) for case in group}
    return found


def wrong(findings: Sequence[Finding]) -> set[tuple[str | None, str]]:
    """The cells with an error, by task and field."""
    return {(item["task"], item["field"]) for item in findings if item["severity"] == "error" and item["field"]}


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_sent_straight_back(case: Case, sent_back: Mapping[str, Sent]) -> None:
    """The same verdict, and every cell that was wrong is wrong again."""
    before, after = sent_back[case["id"]]
    assert after.verdict == "rejected"
    # of what a case does beside typing, nobody could choose: it is asked again, wherever it stands now
    asked = {key_of(cell)[1:] for cell in typed(case)} & wrong(before)
    assert asked or not typed(case)
    assert asked <= wrong(after.findings)
