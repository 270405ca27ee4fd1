"""Random contents for the cells of a form: what validations admit, blanks, plain wrong types; nothing that is repaired.

Half of the rows start from an answer that is complete and consistent, so that "Đủ" is met as often as what is wrong.
"""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta

from nq57xl.forms.model import Form, Slot
from nq57xl.rules.schema import Facts, Field
from tests.form_values import entry_slots

Content = str | float | int | date | None
CellKey = tuple[str, str, str]

BLANKS: tuple[Content, ...] = (None, None, None, " ", "   ", "\u00a0", "\n", " \u00a0\n ")
"""Nothing, and what looks like nothing: spaces, those of web pages, a line break alone."""
WORDS: tuple[Content, ...] = (
    "Đã trình dự thảo",
    "Hoàn thành 85/120 thủ tục",
    "Chờ ý kiến; chưa trả lời",
    "- một\n- hai",
    "123/QĐ-SXD",
    15,
)
PROOFS: tuple[Content, ...] = (
    "12/QĐ-SXD",
    "7/2026/NQ-HĐND, ngày 6 tháng 4 năm 2026",
    "258/BC-VP (06.04.2026); 9/QĐ-SXD",
    "Số: 57-NQ/TW\nngày 22/12/2024",
    "ngày 9/4/2026",
    "ngày 6 tháng 4 năm 2026",
    date(2026, 4, 6),
    "đã gửi văn thư",
    "Đã trình dự thảo lần 2",
    "Công văn số 45 ngày 6/4/2026",
    "https://sxd.dongnai.gov.vn/vb",
)
"""What stands in a cell for number and day: whether each is there; the rest of that cell is not compared."""
WRONG: tuple[Content, ...] = ("chưa rõ", "đang tính", "≥ 90", "80 điểm", "xem phụ lục")
"""Texts that are no number, no day and no item of any list."""
NO_DAY = (0.5, -3, 100, 99999)
"""Numbers that a date cell cannot mean."""
KEPT = 0.5
"""Share of the rows that start from a complete answer; of these, half stay as they are."""
FINE: dict[str, dict[str, Content]] = {
    "not_started": {"progress": "Chưa thực hiện", "cause": "Chờ kinh phí"},
    "in_progress": {"progress": "Đang thực hiện", "percent": 0.4, "result": "Đã góp ý", "cause": "Chờ ý kiến"},
    "done": {
        "progress": "Hoàn thành",
        "percent": 1,
        "result": "Đã ban hành",
        "completion_date": date(2026, 4, 10),
        "evidence_number": "12/QĐ-SXD ngày 09/04/2026",
    },
    "linked": {
        "progress": "Hoàn thành",
        "result": "Đã đưa vào sử dụng",
        "completion_date": date(2026, 4, 10),
        "evidence_title": "Hệ thống: https://sxd.dongnai.gov.vn/1",
    },
    "ongoing": {"progress": "Thường xuyên", "result": "Vận hành thông suốt"},
    "not_arisen": {"progress": "Chưa phát sinh"},
}
"""Complete answers of a led row (contract.md 3.3: required cells by progress)."""


def random_contents(form: Form, seed: int, statement: Content) -> dict[CellKey, Content]:
    """What to type into each entry cell of the form; the statement for all supporting rows is given."""
    chance = random.Random(seed)
    facts = {(table.table, row.key): row.facts for table in form.tables for row in table.rows}
    rows: dict[tuple[str, str], list[Slot]] = {}
    for slot in entry_slots(form):
        rows.setdefault((slot.table, slot.key), []).append(slot)
    contents: dict[CellKey, Content] = {}
    for (table, key), slots in rows.items():
        fields = [form.schema.table(table).field(slot.field) for slot in slots]
        typed = _row(form, fields, table, facts[table, key], chance)
        contents |= {(table, key, name): content for name, content in typed.items()}
    if ("statement", "statement", "statement") in contents:
        contents["statement", "statement", "statement"] = statement
    return contents


def _row(form: Form, fields: list[Field], table: str, facts: Facts, chance: random.Random) -> dict[str, Content]:
    if chance.random() >= KEPT:
        return {field.name: _content(form, field, facts, chance) for field in fields}
    typed = {field.name: chance.choice(BLANKS) for field in fields} | _fine(table, facts, chance)
    if chance.random() < 0.5:
        field = chance.choice(fields)
        typed[field.name] = _content(form, field, facts, chance)
    return typed


def _fine(table: str, facts: Facts, chance: random.Random) -> dict[str, Content]:
    """Cells of a complete answer of that kind of row."""
    if table == "led":
        return FINE[chance.choice(list(FINE))]
    if table == "supporting":
        return chance.choice([{"contribution": "Đã góp ý tại văn bản 45"}, {"nothing": "Không phát sinh"}])
    if table == "indicator":
        measure = facts["measure"]
        value: Content = {"percent": 0.85, "number": 85}.get(str(measure), "Có")
        whole: dict[str, Content] = {"numerator": 85, "denominator": 100}
        return chance.choice(
            [{"value": value}, whole, {"value": value, **whole}, {"no_data": "Chưa có số liệu kỳ này"}]
        )
    if table == "signoff":
        return {"prepared_by": "Nguyễn Thị Lan", "approved_by": "Trần Văn Minh", "signed_on": date(2026, 4, 16)}
    begun: dict[str, Content] = {"title": "Số hóa hồ sơ"} if table == "proposal" else {"proposal": "Bổ sung biên chế"}
    return begun if chance.random() < 0.5 else {}


def _content(form: Form, field: Field, facts: Facts, chance: random.Random) -> Content:
    kind = str(facts.get("measure")) if field.type == "measure" else field.type
    dice = chance.random()
    if dice < 0.35:
        return chance.choice(BLANKS)
    if field.name == "evidence_number":
        return chance.choice(PROOFS)
    if kind == "text":
        return chance.choice(WORDS)
    if dice < 0.5:
        return chance.choice(WRONG)
    if kind in ("choice", "mark"):
        items: list[Content] = [item.title for item in form.schema.lists[field.choices]]
        return chance.choice([*items, 7])
    if kind == "percent":
        return chance.choice([0, 0.25, 0.5, 0.7083, 0.85, 0.999, 1, 1, -0.1, 150, 100.5])
    if kind in ("number", "whole"):
        return chance.choice([-1, 0, 12, 80.5, 85, 100, 120, 1_500_000])
    return _day(form, chance)


def _day(form: Form, chance: random.Random) -> Content:
    """Days in and out of the period and of the limits, their edges, an hour with the day, numbers that are no day."""
    year, period = form.year, form.period
    edges = [date(year - 6, 1, 1), date(year - 1, 1, 1), date(year, 12, 31), period.start, period.cutoff]
    day = chance.choice(edges) + timedelta(days=chance.choice([-900, -1, 0, 0, 1, 20, 900]))
    if chance.random() < 0.15:
        return datetime(day.year, day.month, day.day, 15, 30)
    return chance.choice(NO_DAY) if chance.random() < 0.1 else day
