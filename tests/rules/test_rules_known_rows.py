"""Rows with equal cells and facts are judged once, and say the same ever after."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import pytest

from nq57xl.forms.filled import rows_of
from nq57xl.rules import judge
from nq57xl.rules.judge import judge_rows
from tests.amounts import amount
from tests.form_values import value
from tests.samples import sample_form


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows each validation of pandera's got, from a memory that is empty."""
    counted: list[int] = []
    validated = judge._validated

    def counting(rows: Any, *kind: Any) -> Any:  # noqa: ANN401
        counted.append(len(rows))
        return validated(rows, *kind)

    monkeypatch.setattr(judge, "_validated", counting)
    monkeypatch.setattr(judge, "_table_schema", cache(judge._table_schema.__wrapped__))
    return counted


def test_blank_rows_are_judged_once(calls: list[int]) -> None:
    """The second form costs no validation of its blank rows; what they break is what a fresh judgement finds."""
    form = sample_form("VP")
    table = form.schema.table("led")
    blank = rows_of(form, [], "led")
    first = judge_rows(blank, table, form.schema).by_row
    assert calls == [len(blank)] and all(first)
    assert judge_rows(blank, table, form.schema).by_row == first
    assert calls == [len(blank)]
    # a filled row is judged anew, once; a blank one with another fact as well
    filled = rows_of(form, [value("led", "I.1", "progress", "not_arisen")], "led")
    broken = judge_rows(filled, table, form.schema).by_row
    assert broken != first
    assert judge_rows(filled, table, form.schema).by_row == broken
    judge_rows([{**blank[0], "#repeatable": not blank[0].get("#repeatable")}], table, form.schema)
    assert calls == [len(blank), 1, 1]
    # what the row said before is compared with what it says: nothing here
    judge_rows([{**blank[0], "#before_percent": 0.9}], table, form.schema)
    assert calls == [len(blank), 1, 1]


def test_rows_that_are_alike_are_judged_together(calls: list[int]) -> None:
    """A row that stood alone before is known alone and beside another, and a duplicate beside its like."""
    form = sample_form("VP")
    table = form.schema.table("difficulty")

    def broken(**rows: str) -> set[str]:
        values = [value("difficulty", key, "content", text) for key, text in rows.items()]
        return set().union(*judge_rows(rows_of(form, values, "difficulty"), table, form.schema).by_row)

    few, money = "Thiếu người", "Thiếu tiền"
    alone, again = broken(k1=few), broken(k2=few)
    judged = len(calls)
    other = broken(k1=money)
    assert alone == again == other == broken(k1=few, k2=money)
    assert len(calls) == judged + 1
    both = broken(k1=few, k2=few.upper())
    assert both - alone
    assert (broken(k1=few, k2=few.upper()), broken(k1=few, k2=money)) == (both, alone)
    assert calls[judged:] == [1, 2, 2]


@pytest.mark.parametrize("seed", range(amount(1, 5)))
def test_what_is_known_is_what_is_found(seed: int, calls: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Random rows that differ in one cell, its type alone or one fact break what they break when judged alone."""
    rng = random.Random(seed)
    form = sample_form("VP")
    table = form.schema.table("led")
    options: dict[str, list[Any]] = {
        "progress": ["done", "in_progress", "not_started", None],
        "percent": [0.4, 1.0, 1, 0, None],
        "result": ["Đã ban hành", "1", None],
        "cause": ["Chờ ý kiến", None],
        "#overdue": [True, False],
        "#before_percent": [0.9, 0.4, None],
    }
    base = {name: fact for name, fact in rows_of(form, [], "led")[0].items() if name not in options}
    rows = [{**base, **{name: rng.choice(held) for name, held in options.items()}} for _ in range(amount(16, 24))]
    known = [judge_rows(rows[:n], table, form.schema).by_row[-1] for n in range(1, len(rows) + 1)]
    assert len(calls) < len(rows) and len(set(map(frozenset, known))) > 3
    monkeypatch.setattr(judge, "_table_schema", cache(judge._table_schema.__wrapped__))
    assert judge_rows(rows, table, form.schema).by_row == tuple(known)


def test_of_a_blank_row_conditions_alone_are_read(calls: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Random facts of rows in which nothing is filled: known by their conditions, they break what they break alone."""
    rng = random.Random(57)
    form = sample_form("VP")
    table = form.schema.table("led")
    options: dict[str, list[Any]] = {
        "#overdue": [True, False],
        "#repeatable": [True, False, None],
        "#repeats": [0, 3],
        "#before_progress": ["done", "in_progress", None],
        "#before_percent": [0.9, None],
        "#before_result": ["Đã ban hành", None],
        "#before_still": [2, None],
    }
    blank = rows_of(form, [], "led")[0]
    rows = [{**blank, **{name: rng.choice(held) for name, held in options.items()}} for _ in range(24)]
    known = [judge_rows([row], table, form.schema).by_row[0] for row in rows]
    assert len(calls) < 8
    monkeypatch.setattr(judge, "_table_schema", cache(judge._table_schema.__wrapped__))
    monkeypatch.setattr(judge._TableSchema, "content", lambda *_, **__: None)
    assert judge_rows(rows, table, form.schema).by_row == tuple(known)
