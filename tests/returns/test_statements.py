"""One statement for many rows, and "như kỳ trước" for one: few cells to fill, each value with its source."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from typing import Any

import attrs
import openpyxl
import pytest

from nq57xl.forms.build import build_form
from nq57xl.forms.layout import layout
from nq57xl.forms.model import EarlierAnswer, Form, Value
from nq57xl.forms.render import render_form
from nq57xl.plan.appendix_read import bundled_appendix, read_appendix
from nq57xl.plan.periods import parse_period
from nq57xl.rules.load import load_schema
from tools.count_choices import MOST, Entries, Month, earlier_of, form_of, months, play, second

STATEMENT = ("unchanged",) * 3


@pytest.fixture(scope="module")
def played() -> tuple[Month, Month]:
    """April, and a May without news."""
    return months()


def may(played: tuple[Month, Month], entries: Entries) -> Month:
    """Another May: these cells in place of the statement."""
    form = played[1].answer.form
    said = {cell: text for cell, text in second(form).items() if cell != STATEMENT}
    return play(form, said | entries)


def test_little_news_takes_few_cells(played: tuple[Month, Month]) -> None:
    """Both months are accepted without a word, and fewer cells were filled in than the limits."""
    for month, most in zip(played, MOST, strict=True):
        assert month.asked == ()
        assert 3 < len(month.entries) <= most


def test_each_value_names_its_cell_and_the_statement(played: tuple[Month, Month]) -> None:
    """What stands under the statement is what April's file says in the named cell; the statement's is named too."""
    april, later = played
    before = april.answer.cells
    repeated = [item for item in later.answer.values if item.table == "led"]
    assert len({item.key for item in repeated}) > 15
    for item in repeated:
        own = before[item.table, item.key, item.field]
        assert (item.value, item.typed, item.sheet, item.cell) == (own.value, own.typed, own.sheet, own.cell)
        assert item.origin == april.answer.source
    sheet, cell = later.answer.places[STATEMENT]
    assert {item.stated for item in repeated} == {
        f"Không thay đổi so với kỳ trước (trang «{sheet}», ô {cell}), kỳ thứ 1 liên tiếp"
    }


def test_indicators_left_blank_have_no_data(played: tuple[Month, Month]) -> None:
    """Under the one statement each blank indicator is "no data", from the statement's cell; a filled one is itself."""
    month = may(played, {STATEMENT: "Không thay đổi", ("indicator", "CT.I.1", "value"): 0.9})
    marks = {item.key: item for item in month.answer.values if item.field == "no_data"}
    place = month.answer.places[("no_data_rest",) * 3]
    assert len(marks) > 20 and "CT.I.1" not in marks
    assert {(item.sheet, item.cell, item.value) for item in marks.values()} == {(*place, "no_data")}


def test_a_row_may_say_as_before(played: tuple[Month, Month]) -> None:
    """«Như kỳ trước» takes April's values; what is typed beside it goes before; other rows must be answered."""
    entries: Entries = {("led", "I.3", "progress"): "Như kỳ trước", ("led", "III.1", "progress"): "như  kỳ trước"}
    month = may(played, entries | {("led", "III.1", "result"): "Đã làm thêm"})
    cells = month.answer.cells
    assert cells["led", "I.3", "progress"].value == "not_arisen"
    assert cells["led", "I.3", "progress"].stated.startswith("Như kỳ trước (trang «1. Kết quả»")
    assert (cells["led", "III.1", "progress"].value, cells["led", "III.1", "result"].value) == (
        "ongoing",
        "Đã làm thêm",
    )
    asked = {item.task for item in month.asked}
    assert "I.4" in asked and not asked & {"I.3", "III.1"}


def test_a_row_that_is_begun_is_not_repeated(played: tuple[Month, Month]) -> None:
    """Under the statement, a row in which anything was typed is asked for the rest."""
    month = may(played, {STATEMENT: "Không thay đổi", ("led", "I.3", "result"): "Đã có văn bản đề nghị"})
    assert [(item.code, item.task, item.field) for item in month.asked] == [("REQUIRED_BLANK", "I.3", "progress")]


def test_after_three_periods_a_row_must_be_answered(played: tuple[Month, Month]) -> None:
    """April's answer is offered in May, June and July; in August the row is asked for, and no statement is offered."""
    month, offered = played[1], []
    for code in ("2026-06", "2026-07", "2026-08"):
        form = form_of(code, earlier_of(month))
        table = form.table("led")
        assert table is not None
        offered.append({row.key for row in table.rows if row.before})
        if form.table("unchanged"):
            month = play(form, second(form))
    assert "I.3" in offered[0] & offered[1]
    assert not offered[2]
    assert form.table("unchanged") is None


def test_what_is_due_or_doubted_is_never_repeated(played: tuple[Month, Month]) -> None:
    """A row that falls due by the cut-off day, one that was done, one with an open warning: nothing is offered."""
    previous = earlier_of(played[0])
    previous["led", "I.4"] = attrs.evolve(previous["led", "I.4"], questioned=True)
    table = form_of("2026-12", previous).table("led")
    assert table is not None
    rows = {row.key: row for row in table.rows}
    assert rows["I.3"].before and not rows["I.4"].before
    due = [row for row in rows.values() if row.facts["due"] and str(row.facts["due"]) <= "2026-12-14"]
    assert due and not any(row.before for row in due)


def test_a_marked_form_keeps_the_statement(played: tuple[Month, Month]) -> None:
    """Sent back, rows under a statement stay blank, and a row as before says so: nobody typed those values."""
    month = may(played, {("led", "I.3", "progress"): "Như kỳ trước"})
    form = month.answer.form
    sheet = openpyxl.load_workbook(io.BytesIO(render_form(form, month.answer.values, month.asked)))["1. Kết quả"]
    slots = {slot.key: slot for one in layout(form) for slot in one.slots if slot.field == "progress"}
    assert sheet.cell(slots["I.3"].row + 1, slots["I.3"].col + 1).value == "Như kỳ trước"
    assert sheet.cell(slots["I.4"].row + 1, slots["I.4"].col + 1).value is None


def test_rows_that_wait_for_a_request_start_as_not_arisen() -> None:
    """ "Thực hiện khi có văn bản đề nghị": the form says "Chưa phát sinh" from the start, to be changed.

    A row that was answered before starts blank: begun, with an open question, or as before for three periods.
    """
    plan = read_appendix(bundled_appendix("bql-2026")).plan
    period = parse_period("2026-04", plan.properties)

    def issued(previous: Mapping[tuple[str, str], EarlierAnswer]) -> Form:
        day, schema = dt.date(2026, 4, 1), load_schema()
        identity: dict[str, Any] = {"issue_id": "a" * 24, "version": 1, "issued_on": day, "plan_version": "x"}
        return build_form(plan, schema, "VP", period, previous=previous, **identity)

    form = issued({})
    waiting = {task.code for task in plan.tasks if "hi có văn bản" in f"{task.deadline.text} {task.note}"}
    started = {item.key for item in form.values}
    assert waiting and started == waiting & {
        row.key for table in form.tables if table.table == "led" for row in table.rows if row.open
    }
    begun, *others = sorted(started)
    progress = Value("led", begun, "progress", "Đang thực hiện", "in_progress", "", "")
    earlier = EarlierAnswer("2026-03", "tháng 3/2026", {"progress": progress}, questioned=True)
    assert {item.key for item in issued({("led", begun): earlier}).values} == set(others)
