"""Forms from appendices whose rows stand in any order: every task has its own row, under its own section."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.amounts import cases
from tests.case_kit import ISSUED_AT, PERIOD, nq57xl

Row = list[Any]
"""A row of a sheet of the appendix, below its headings."""
Change = Callable[[list[Row]], list[Row]]

_HEAD = 4
"""Row of the headings, on every sheet of the appendix."""


def added(rows: list[Row]) -> list[Row]:
    """A clerk adds a task of section I at the end of the sheet."""
    first = rows[1]
    return [*rows, [None, first[1], "11", None, "Việc mới của nhóm I", "Rà soát hạ tầng số", *first[6:]]]


def added_twice(rows: list[Row]) -> list[Row]:
    """One of section III, then one of section I."""
    third = next(row for row in rows if row[1] == "III")
    return [*added([*rows, [None, "III", "5", None, "Việc mới của nhóm III", "Đào tạo nâng cao", *third[6:]]])]


def reversed_rows(rows: list[Row]) -> list[Row]:
    return rows[::-1]


def one_taken_out_and_put_last(rows: list[Row]) -> list[Row]:
    return [*rows[:3], *rows[4:], rows[3]]


def shuffled(seed: int) -> Change:
    def change(rows: list[Row]) -> list[Row]:
        return random.Random(seed).sample(rows, len(rows))

    change.__name__ = f"shuffled_{seed}"
    return change


CHANGES = cases([added, reversed_rows, shuffled(1)], [added_twice, one_taken_out_and_put_last, shuffled(2)])


def rearrange(path: Path, title: str, change: Change) -> list[Row]:
    """Puts the rows of a sheet of the appendix in another order; returns them as they stand then."""
    book = openpyxl.load_workbook(path)
    sheet = book[title]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=_HEAD + 1)]
    wanted = change([row for row in rows if any(row)])
    for number, row in enumerate(wanted, start=_HEAD + 1):
        for column, value in enumerate(row, start=1):
            sheet.cell(number, column).value = value
    book.save(path)
    return wanted


def in_form(path: Path, sheet_id: str) -> list[tuple[str, str]]:
    """(key, words) of the rows of a form's sheet, in order: sections as "#I", tasks as "led|I.2"."""
    book = openpyxl.load_workbook(path)
    sheet = next(sheet for sheet in book.worksheets if str(sheet["A1"].value).endswith(f"|{sheet_id}"))
    found = []
    for row in sheet.iter_rows(min_row=2):
        key = str(row[0].value or "")
        if key.startswith(("#", "led|", "indicator|")):
            found.append((key, " ".join(str(cell.value) for cell in row[1:] if cell.value is not None)))
    return found


def sections_in_order(rows: Sequence[tuple[str, str]], numbers: Sequence[str]) -> bool:
    heads = [key[1:] for key, _ in rows if key.startswith("#")]
    return heads == [number for number in numbers if number in heads]


@pytest.mark.parametrize("change", CHANGES, ids=lambda c: c.__name__)
def test_every_task_has_its_own_row(change: Change, tmp_path: Path) -> None:
    """The form goes by section, then by the order of rows; no heading takes a task's place; each row says its task."""
    root = tmp_path / "so"
    assert nq57xl("init", root, "--plan", "sxd-2026", now=ISSUED_AT).code == 0
    rows = rearrange(root / "phu-luc.xlsx", "Nhiệm vụ", change)
    done = nq57xl("-w", root, "generate", "--period", PERIOD, "--unit", "VP", now=ISSUED_AT)
    assert done.code == 0, done.err
    shown = in_form(root / "out" / PERIOD / "bieu-mau" / f"NQ57_{PERIOD}_VP.xlsx", "results")
    led: list[Row] = [row for row in rows if row[8] == "Văn phòng Sở"]
    assert sections_in_order(shown, ("I", "II", "III", "IV", "V", "VI"))
    section = ""
    by_section: dict[str, list[str]] = {}
    for key, words in shown:
        if key.startswith("#"):
            section = key[1:]
        else:
            by_section.setdefault(section, []).append(words)
    for number, found in by_section.items():
        wanted = [row for row in led if row[1] == number]
        assert len(found) == len(wanted), number
        for words, row in zip(found, wanted, strict=True):
            assert str(row[5] or row[4]) in words
    assert sum(len(found) for found in by_section.values()) == len(led)


@pytest.mark.parametrize("seed", cases([1], [2]))
def test_indicators_in_any_order(seed: int, tmp_path: Path) -> None:
    """The same for indicators and their groups."""
    root = tmp_path / "so"
    assert nq57xl("init", root, "--plan", "sxd-2026", now=ISSUED_AT).code == 0
    rows = rearrange(root / "phu-luc.xlsx", "Chỉ tiêu", shuffled(seed))
    done = nq57xl("-w", root, "generate", "--period", PERIOD, "--unit", "VP", now=ISSUED_AT)
    assert done.code == 0, done.err
    shown = in_form(root / "out" / PERIOD / "bieu-mau" / f"NQ57_{PERIOD}_VP.xlsx", "indicators")
    assert sections_in_order(shown, ("I", "II", "III"))
    words = [said for key, said in shown if key.startswith("indicator|")]
    assert len(words) == len(rows)
    assert all(any(str(row[3]) in said for said in words) for row in rows)
