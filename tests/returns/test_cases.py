"""The tables of tests/cases/: what was typed, in which cell, in which format; verdict, value and finding.

Cases that only type, in different cells and with the same verdict, share a file; at night each has its own.
"""

from __future__ import annotations

import functools
import io
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.case_book import MAIN, Book, places
from tests.case_kit import (
    RECEIVED,
    TABLE_NAMES,
    TERMINAL,
    Case,
    Done,
    Outcome,
    base,
    form,
    in_a_process,
    load,
    outcomes,
    packed,
    packs,
    prepare,
    problems,
    typed,
)
from tests.conftest import NIGHTLY
from tests.independent_reader import differences

CASES = load(*TABLE_NAMES, *(["pending"] if os.environ.get("NQ57XL_PENDING") else []))
"""Cases of pending.yml wait for the product; NQ57XL_PENDING=1 runs them too."""
GROUPS = {f"{number}": group for number, group in enumerate([[one] for one in CASES] if NIGHTLY else packs(CASES))}
"""By name of their file."""
FILES = {case["id"]: name for name, group in GROUPS.items() for case in group} | {"base": "base"}
"""The file in which a case stands."""
ACCEPTED = ["base", *(case["id"] for case in CASES if "accepted" in case["verdict"])]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which April was issued."""
    root = tmp_path_factory.mktemp("cases") / "so"
    prepare(root)
    return root


@pytest.fixture(scope="module")
def files(office: Path) -> Mapping[str, bytes]:
    """The file of every group of cases, and the base itself."""
    filled = base(form(office))
    return {"base": filled} | {name: packed(group, filled, int(name)) for name, group in GROUPS.items()}


@pytest.fixture(scope="module")
def collected(office: Path, files: Mapping[str, bytes]) -> Mapping[str, Outcome | Done]:
    """What became of all of them: of those that were only typed into in one run, of others as an office runs it."""
    days = {name: group[0].get("received", RECEIVED) for name, group in GROUPS.items()}
    plain = {"base", *(name for name, group in GROUPS.items() if typed(group[0]))}
    parts = [{name: data for name, data in files.items() if (name in plain) is here} for here in (True, False)]
    received = [{name: (days.get(name, RECEIVED), data) for name, data in part.items()} for part in parts]
    return outcomes(office, received[0]) | outcomes(office, received[1], in_a_process)


@pytest.fixture(scope="module")
def compared(
    office: Path, files: Mapping[str, bytes], collected: Mapping[str, Outcome | Done]
) -> Callable[[str], list[Any]]:
    """Where a second reader reads an accepted file otherwise."""

    @functools.cache
    def of_file(name: str) -> list[Any]:
        outcome = collected[name]
        assert isinstance(outcome, Outcome)
        if not outcome.verdict.startswith("accepted"):
            return []  # asked back, as its case says
        data = files[name] if name == "base" else only_changed(files[name], files["base"])
        return list(differences(data, form(office), outcome.values, outcome.findings))

    return of_file


def test_the_base_is_accepted_without_a_word(collected: Mapping[str, Outcome | Done]) -> None:
    """All that a case comes to comes from what the case changes."""
    outcome = collected["base"]
    assert isinstance(outcome, Outcome)
    assert (outcome.verdict, outcome.findings) == ("accepted", ())


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_case(case: Case, office: Path, collected: Mapping[str, Outcome | Done]) -> None:
    """Verdict, findings and values are those of the table."""
    name = FILES[case["id"]]
    found = problems(GROUPS[name], case, collected[name], places(form(office)))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", ACCEPTED if NIGHTLY else ACCEPTED[::4])
def test_a_second_reader_agrees(name: str, compared: Callable[[str], list[Any]]) -> None:
    """Of an accepted file (by day of every fourth) every cell is held as it stands there: nothing lost, nothing from
    nowhere."""
    assert not compared(FILES[name])


def only_changed(data: bytes, filled: bytes) -> bytes:
    """The workbook with the sheets emptied that are those of the base: they are compared there."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return data  # Python's own reader is stricter with odd zips than the programs that made them
    book, before = Book(data), Book(filled)
    for part in book.parts:
        if part.startswith("xl/worksheets/sheet") and book.parts[part] == before.parts.get(part):
            book.set(part, f'<worksheet xmlns="{MAIN}"><sheetData/></worksheet>')
    return book.packed()


def test_the_terminal_shows_no_trace_of_a_program(office: Path, collected: Mapping[str, Outcome | Done]) -> None:
    """Whatever a file holds, the office reads sentences: no traceback, no panic of a reader."""
    told = (office / TERMINAL).read_text(encoding="utf-8")
    assert not [word for word in ("Traceback", "panicked", "stack backtrace") if word in told]
