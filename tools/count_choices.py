"""Plays two months of Văn phòng Sở with little news and counts the cells that a person must choose or type.

python -m tools.count_choices

The forms are filled through their open cells, read back, put together and checked: only an accepted return counts.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from nq57xl.forms.build import build_form
from nq57xl.forms.layout import layout
from nq57xl.forms.model import EarlierAnswer, Form, FormCell, Source, Value
from nq57xl.forms.render import render_form
from nq57xl.plan.appendix_read import bundled_appendix, read_appendix
from nq57xl.plan.periods import parse_period
from nq57xl.returns.check import check
from nq57xl.returns.model import Return
from nq57xl.returns.rejoin import rejoin
from nq57xl.rules.findings import Finding
from nq57xl.rules.load import load_schema
from nq57xl.text.clock import VIETNAM
from nq57xl.xlsx.read import read_bytes

PLAN, UNIT = "sxd-2026", "VP"
MOST = (70, 30)
"""Cells of the first month, and of the second."""
Entries = dict[FormCell, str | float | dt.date]


@frozen
class Month:
    """One month as it was played."""

    entries: Entries
    answer: Return
    asked: tuple[Finding, ...]
    """Errors and warnings of the return: none, or the count tells nothing."""


def signed(day: dt.date) -> Entries:
    """What every report needs at its end."""
    names: dict[str, str | dt.date] = {"prepared_by": "Lê Thị Hoa", "approved_by": "Trần Văn Minh", "signed_on": day}
    return {("signoff", "signoff", name): text for name, text in names.items()}


def first(form: Form) -> Entries:
    """A month in which regular work went on, what was due was finished, and nothing else was asked for."""
    found: Entries = {}
    table = form.table("led")
    for row in table.rows if table else ():
        cells: Mapping[str, Any] = {"progress": "Chưa phát sinh"}
        if "hường xuyên" in row.texts["deadline"]:
            cells = {"progress": "Thường xuyên", "result": "Đã thực hiện theo quy định"}
        elif row.facts["overdue"]:
            day = dt.date(2026, 3, 30)
            cells = {"progress": "Hoàn thành", "result": "Đã ban hành", "completion_date": day}
            cells |= {"evidence_number": f"123/QĐ-SXD ngày {day:%d/%m/%Y}"}
        elif row.facts["due"]:
            cells = {"progress": "Đang thực hiện", "percent": 0.3, "result": "Đã trình dự thảo"}
        found |= {("led", row.key, name): content for name, content in cells.items() if row.open}
    return found | _nothing_else(form) | signed(form.period.cutoff)


def second(form: Form) -> Entries:
    """A month without news."""
    return {("unchanged",) * 3: "Không thay đổi"} | _nothing_else(form) | signed(form.period.cutoff)


def _nothing_else(form: Form) -> Entries:
    """No support was asked for, and no figures are there."""
    said: Entries = {("statement",) * 3: "Không phát sinh", ("no_data_rest",) * 3: "Chưa có số liệu"}
    return {cell: text for cell, text in said.items() if form.table(cell[0])}


def play(form: Form, entries: Entries) -> Month:
    """The form filled in, saved by another program, and read back."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(render_form(form, form.values)))
    titles = {sheet.id: sheet.title for sheet in layout(form)}
    slots = {(slot.table, slot.key, slot.field): slot for sheet in layout(form) for slot in sheet.entries.values()}
    for cell, content in entries.items():
        slot = slots[cell]
        book[titles[slot.sheet]].cell(slot.row + 1, slot.col + 1).value = content
    buffer = io.BytesIO()
    book.save(buffer)
    received = dt.datetime.combine(form.period.cutoff, dt.time(9), VIETNAM)
    source = Source("vp.xlsx", "vp.xlsx", form.period.code.ljust(64, "0"), 1, received, "first_seen")
    answer = rejoin(source, read_bytes(buffer.getvalue()), form)
    findings = (*answer.findings, *check([answer])[0])
    return Month(entries, answer, tuple(item for item in findings if item.severity in ("error", "warning")))


def earlier_of(month: Month) -> dict[tuple[str, str], EarlierAnswer]:
    """What a month's return said of each row, as the next form shows it."""
    rows: dict[tuple[str, str], dict[str, Value]] = {}
    for item in month.answer.values:
        rows.setdefault((item.table, item.key), {})[item.field] = item
    period = month.answer.form.period
    return {key: EarlierAnswer(period.code, period.title, cells, month.answer.source) for key, cells in rows.items()}


def form_of(code: str, previous: Mapping[tuple[str, str], EarlierAnswer]) -> Form:
    """The form of that month."""
    plan = read_appendix(bundled_appendix(PLAN)).plan
    period = parse_period(code, plan.properties)
    issued = {"issue_id": f"{code}-{'0' * 24}", "version": 1, "issued_on": period.start, "plan_version": "x"}
    return build_form(plan, load_schema(), UNIT, period, previous=previous, **issued)  # type: ignore[arg-type]


def months() -> tuple[Month, Month]:
    """April, then May without news."""
    april = form_of("2026-04", {})
    one = play(april, first(april))
    may = form_of("2026-05", earlier_of(one))
    return one, play(may, second(may))


def main() -> None:
    """Prints both counts."""
    for month, most in zip(months(), MOST, strict=True):
        told = "; ".join(item.message for item in month.asked) or "accepted"
        print(f"{month.answer.form.period.title}: {len(month.entries)} cells (at most {most}), {told}")


if __name__ == "__main__":
    main()
