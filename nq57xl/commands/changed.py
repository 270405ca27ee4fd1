"""What a new version of a form changed, in words."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from nq57xl.forms.build import RECEIVED
from nq57xl.records.form import Form, FormRow

_BEFORE_TEXTS, _BEFORE_FACTS = ("previous", "done"), ("done_before", "done_period")


def changes(old: Form, new: Form) -> tuple[str, ...]:
    """Rows added, dropped and changed, by code; what units had reported apart from what the plan says."""
    before, after = _rows(old), _rows(new)
    said = [f"thêm {key}" for table, key in after.keys() - before.keys() if table != RECEIVED]
    said += [f"bỏ {key}" for table, key in before.keys() - after.keys() if table != RECEIVED]
    earlier, received = [], []
    for place in dict.fromkeys((*after, *before)):
        one, other = before.get(place), after.get(place)
        if one == other:
            continue
        if place[0] == RECEIVED:
            received.append(str(((other or one) or FormRow("")).facts.get("task", "")))
        elif one is not None and other is not None:
            if _plain(one) == _plain(other):
                earlier.append(place[1])
            else:
                said.append(f"sửa {place[1]}")
    said = sorted(said) + _named("số liệu kỳ trước của", earlier) + _named("nội dung phối hợp của", received)
    if not said:
        said.append(
            "sửa bố cục hoặc thông tin chung của biểu mẫu"
            if old.schema == new.schema
            else "sửa quy tắc, danh mục của biểu mẫu"
        )
    return tuple(said)


def _named(words: str, keys: Iterable[str]) -> list[str]:
    """One sentence for all rows, each named once."""
    names = ", ".join(dict.fromkeys(keys))
    return [f"{words} {names}"] if names else []


def _plain(row: FormRow) -> FormRow:
    """The row without what was reported before."""
    return attrs.evolve(
        row,
        texts={name: text for name, text in row.texts.items() if name not in _BEFORE_TEXTS},
        facts={name: fact for name, fact in row.facts.items() if name not in _BEFORE_FACTS},
        open=True,
    )


def _rows(form: Form) -> dict[tuple[str, str], FormRow]:
    return {(table.table, row.key): row for table in form.tables for row in table.rows}
