"""The live check and the collector say the same: formulas recalculated by LibreOffice against rules over the return.

Outside it: what the collector repairs (85 in a percent cell, numbers as text) and rules across units.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from nq57xl.forms.layout import layout
from nq57xl.forms.live_check import ENOUGH, LiveChecks, broken_rules
from nq57xl.forms.model import Form, Slot
from nq57xl.forms.render import render_form
from nq57xl.returns.check import check
from nq57xl.returns.model import Return
from nq57xl.returns.rejoin import rejoin
from nq57xl.rules.findings import Finding
from nq57xl.rules.movement import predicates_of
from nq57xl.rules.predicates import Predicate
from nq57xl.text.addresses import a1
from nq57xl.xlsx.read import read_bytes
from tests import office
from tests.amounts import amount
from tests.live_fill import Content, random_contents
from tests.proof_kit import large_form
from tests.returns_kit import source_of

BOOKS: tuple[tuple[str, str, Content], ...] = (
    ("sxd-2026", "2026-04", None),
    ("bql-2026", "2026-04", "Không phát sinh"),
    ("sxd-2026", "2026-Q3", "  "),
    ("bql-2026", "2026", "để sau"),
)
"""Plan, period, and what stands in the one statement for all supporting rows."""
ROWS = {"led": 70, "supporting": 30, "indicators": 36, "free": 8}
"""Of each kind in one workbook: over 150 rows that can be filled in."""
CONVERTED_ERRORS = {"VALUE_UNREADABLE", "VALUE_AMBIGUOUS", "NOT_IN_LIST", "SHOWN_BLANK"}


def _filled(form: Form, contents: dict[tuple[str, str, str], Content]) -> bytes:
    """The issued form with these contents typed in; saving drops every cached value (pitfalls.md 1.3)."""
    book = openpyxl.load_workbook(BytesIO(render_form(form)))
    for sheet in layout(form):
        for slot in sheet.slots:
            if slot.role == "entry":
                book[sheet.title].cell(slot.row + 1, slot.col + 1).value = contents[slot.table, slot.key, slot.field]
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _checks(path: Path, form: Form) -> Iterator[tuple[Slot, str]]:
    book = openpyxl.load_workbook(path, data_only=True)
    for sheet in layout(form):
        for slot in sheet.slots:
            if slot.role == "check":
                yield slot, str(book[sheet.title].cell(slot.row + 1, slot.col + 1).value or "")


def _collected(data: bytes, form: Form) -> tuple[Return, list[Finding]]:
    """The return, and what the collector holds against it."""
    returned = rejoin(source_of(), read_bytes(data), form)
    found = [*returned.findings, *check([returned])[0]]
    return returned, [item for item in found if item.severity in ("error", "warning")]


class Judge:
    """What the check of one cell may say, given what the collector found there."""

    def __init__(self, form: Form, slot: Slot, findings: list[Finding]) -> None:
        rules = predicates_of(form.schema.table(slot.table), form.schema)
        self.rules = [item for item in rules if item.rule.live and slot.field in ("", item.rule.field)]
        silent = {(item.rule.code, item.rule.field) for item in rules if not item.rule.live}
        self.findings = [item for item in findings if (item.code, item.field) not in silent]

    @staticmethod
    def cells(rule: Predicate) -> set[str]:
        """The fields that a part of the check points at: one, or those of which one must be filled."""
        return {name for group in rule.alternatives for name in group}

    def disagreements(self, text: str) -> Iterator[str]:
        """Empty when each part of the text stands for a finding, and each finding for a part."""
        text = text.rpartition("\n")[2]  # without the lines that repeat what was typed
        parts = [] if text in (ENOUGH, "") else text.split("; ")
        named = {part: [rule for rule in self.rules if rule.short() == part] for part in parts}
        yield from (f"no rule says «{part}»" for part, rules in named.items() if not rules)
        for part, rules in named.items():
            if rules and not any(self._founded(rule) for rule in rules):
                yield f"the collector has nothing like «{part}»"
        for item in self.findings:
            rules = [rule for group in named.values() for rule in group if item.field in self.cells(rule)]
            if item.code not in CONVERTED_ERRORS:
                rules = [rule for rule in rules if rule.rule.code == item.code]
            if not rules:
                yield f"the check is silent about {item.code} {item.field}: {item.message}"
        if (text == ENOUGH) and self.findings:
            yield "says enough"

    def _founded(self, rule: Predicate) -> bool:
        """The collector reports the rule, or that the very cell is wrong in itself, which it says once."""
        return any(
            item.field in self.cells(rule) and (item.code == rule.rule.code or item.severity == "error")
            for item in self.findings
        )


@pytest.mark.needs("soffice")
def test_live_check_and_collector_agree(tmp_path: Path) -> None:
    """In each of some hundred random rows the recalculated check names the cells that the collector reports."""
    enough = wrong = rows = 0
    seed = 0
    problems: list[str] = []
    while rows < amount(150, 5000):
        name, period, statement = BOOKS[seed % len(BOOKS)]
        form = large_form(name, period, **ROWS)
        data = _filled(form, random_contents(form, seed, statement))
        path = tmp_path / f"{seed}.xlsx"
        path.write_bytes(data)
        returned, findings = _collected(data, form)
        broken = broken_rules([(form, returned.values)])[0]
        cached = LiveChecks(form, layout(form), returned.values, broken).texts
        for slot, text in _checks(office.convert(path, recalc=True), form):
            mine = [item for item in findings if (item.table, item.task) == (slot.table, slot.key)]
            mine = [item for item in mine if slot.field in ("", item.field)]
            where = f"{seed}: {slot.sheet}!{a1(slot.row, slot.col)} {slot.key} «{text}»"
            problems += [f"{where}: {problem}" for problem in Judge(form, slot, mine).disagreements(text)]
            said = cached[slot.sheet, slot.row, slot.col]
            if said != text and not any(item.code in CONVERTED_ERRORS for item in mine):
                problems.append(f"{where}: in a form sent back the cell would first say «{said}»")
            rows, enough, wrong = rows + 1, enough + text.endswith(ENOUGH), wrong + bool(mine)
        seed += 1
    assert problems == []
    assert enough > rows / 6
    assert wrong > rows / 3
