"""Rows in which nothing is filled are judged once for each set of facts, and say the same ever after."""

from __future__ import annotations

from typing import Any

import pytest

from nq57xl.forms.rows import rows_of
from nq57xl.rules import judge
from nq57xl.rules.judge import judge_rows
from tests.form_values import value
from tests.samples import sample_form


def test_blank_rows_are_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second form costs no validation of its blank rows; what they break is what a fresh judgement finds."""
    form = sample_form("VP")
    calls: list[int] = []
    validated = judge._validated

    def counted(rows: Any, *kind: Any) -> Any:  # noqa: ANN401
        calls.append(len(rows))
        return validated(rows, *kind)

    monkeypatch.setattr(judge, "_validated", counted)
    monkeypatch.setattr(judge, "_BLANK", {})
    table = form.schema.table("led")
    blank = rows_of(form, [], "led")
    first = judge_rows(blank, table, form.schema).by_row
    assert calls == [len(blank)] and all(first)
    assert judge_rows(blank, table, form.schema).by_row == first
    assert calls == [len(blank)]
    # a filled row is always judged; a blank one with another fact as well
    filled = rows_of(form, [value("led", "I.1", "progress", "not_arisen")], "led")
    assert judge_rows(filled, table, form.schema).by_row != first
    judge_rows([{**blank[0], "#repeats": 9}], table, form.schema)
    assert calls == [len(blank), 1, 1]
