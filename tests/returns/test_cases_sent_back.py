"""A marked form sent straight back gets the verdict that its return had: every fourth rejected case, at night all.

Cases that touch different cells share a file, so that cases cost fewer forms than half their number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
    content_of,
    form,
    load,
    nq57xl,
    outcomes,
    prepare,
    sent,
)

CASES = [case for case in load(*TABLE_NAMES) if case["verdict"] == "rejected"][:: amount(4, 1)]


class Sent(NamedTuple):
    """What became of one file, and of its marked form."""

    before: Sequence[Finding]
    after: Outcome


def typed(case: Case) -> dict[str, object]:
    """What the case types, by cell; empty where it does more than type."""
    if any(word in case for word in ("book", "file", "received")):
        return {}
    own = {} if "cell" not in case or not (content_of(case) or "blank" in case) else {case["cell"]: content_of(case)}
    return {**own, **case.get("typed", {})}


def scope(cell: str) -> str:
    """What a cell's error may hush: its own findings, or all of its row's where the row's rules compare cells."""
    table, row, field = key_of(cell)
    if field.startswith("evidence_"):  # number, day and link are proof together
        return f"{table} {row} evidence"
    return f"{table} {row}" if table == "indicator" or field == "progress" else cell


def clash(one: str, other: str) -> bool:
    """Whether two cells must not be wrong in one file."""
    a, b = scope(one), scope(other)
    return one.startswith(f"{b} ") or other.startswith(f"{a} ") or a == b


def packs(cases: Sequence[Case]) -> Iterator[list[Case]]:
    """The cases in groups that can share a file."""
    groups: list[tuple[list[str], list[Case]]] = []
    for case in cases:
        cells = list(typed(case))
        for others, members in groups:
            if cells and others and not any(clash(one, other) for one in cells for other in others):
                others.extend(cells)
                members.append(case)
                break
        else:
            groups.append((cells, [case]))
    yield from (members for _, members in groups)


def packed(group: Sequence[Case], filled: bytes, stamp: int) -> bytes:
    """One file with all that the cases of a group say."""
    if len(group) == 1:
        return sent(group[0], filled, stamp)
    book = Book(filled)
    for case in group:
        for key, content in typed(case).items():
            book.put(key, content)
    return book.packed(stamp)


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
