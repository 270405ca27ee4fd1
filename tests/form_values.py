"""Values for forms in tests: typed ones, and random ones that validations admit, blanks and unreadable texts."""

from __future__ import annotations

import random
from datetime import date, timedelta

from nq57xl.forms.layout import layout
from nq57xl.forms.model import Form, Slot, Value
from nq57xl.rules.schema import CellValue, Field

WORDS = ("Đã trình dự thảo", "Hoàn thành 85/120 thủ tục", "=1+1", "Chờ ý kiến", "- một\n- hai", "123/QĐ-SXD")


def entry_slots(form: Form) -> tuple[Slot, ...]:
    """Every cell that the unit may type in."""
    return tuple(slot for sheet in layout(form) for slot in sheet.entries.values())


def value(table: str, key: str, field: str, content: CellValue, typed: str | None = None) -> Value:
    """A value as the collector would have it; `typed` alone (content None) is something unreadable."""
    return Value(table, key, field, str(content) if typed is None else typed, content, "", "")


def random_values(form: Form, seed: int) -> list[Value]:
    """Something in most entry cells of the form; the same for the same seed."""
    source = random.Random(seed)
    values = []
    for slot in entry_slots(form):
        table = form.table(slot.table)
        assert table is not None
        facts = next(row for row in table.rows if row.key == slot.key).facts
        field = form.schema.table(slot.table).field(slot.field)
        kind = str(facts.get("measure")) if field.type == "measure" else field.type
        chance = source.random()
        if slot.also and chance < 0.7:
            values += _shared(slot, source)
        elif slot.also:
            continue
        elif chance < 0.06 and kind != "text":
            values.append(value(slot.table, slot.key, slot.field, None, "chưa rõ"))
        elif chance < 0.7:
            values.append(value(slot.table, slot.key, slot.field, _content(form, field, kind, source)))
    return values


def _shared(slot: Slot, source: random.Random) -> list[Value]:
    """What a cell of two fields says: one of them, both, or nothing that can be read."""
    day = date(2026, 3, 1) + timedelta(days=source.choice([-20, 0, 40, 60]))
    first, second = ("12/QĐ-SXD", day) if slot.field == "evidence_number" else ("Phê duyệt", "https://a.vn/1")
    said = source.choice([(first, second), (first, None), (None, second), (None, None)])
    if said == (None, None):
        return [value(slot.table, slot.key, slot.field, None, "chưa rõ")] if isinstance(second, date) else []
    words = f"ngày {second:%d/%m/%Y}" if isinstance(second, date) else str(second)
    text = " ".join(filter(None, (said[0], words if said[1] else "")))
    pairs = zip(slot.fields, said, strict=True)
    return [value(slot.table, slot.key, name, content, text) for name, content in pairs if content is not None]


def _content(form: Form, field: Field, kind: str, source: random.Random) -> CellValue:
    if kind in ("choice", "mark"):
        return source.choice([item.code for item in form.schema.lists[field.choices]])
    if kind == "percent":
        return source.choice([0.0, 0.25, 0.5, 0.7083, 1.0, 1.5])
    if kind in ("number", "whole"):
        return source.choice([-1.0, 0.0, 12.0, 80.0, 85.0, 120.0])
    if kind == "date":
        return date(2026, 3, 1) + timedelta(days=source.choice([-900, -20, 0, 20, 40, 60, 900]))
    return source.choice(WORDS)
