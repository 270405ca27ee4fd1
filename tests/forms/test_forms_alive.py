"""The form that comes back marked is alive: marks and the list "Cần sửa" clear as cells are put right."""

from __future__ import annotations

import datetime as dt
import functools
from pathlib import Path

import openpyxl
import pytest

from nq57xl.forms.render import render_form
from nq57xl.rules.findings import Finding
from tests import office
from tests.amounts import cases
from tests.conftest import CheckOoxml
from tests.form_books import FINDINGS, VALUES, address_of, opened
from tests.form_values import value
from tests.samples import sample_form


@functools.cache
def marked() -> bytes:
    """The form that goes back."""
    return render_form(sample_form(), VALUES, FINDINGS)


def _states(path: Path) -> tuple[str, dict[str, str]]:
    """The line that counts what is left, and the state of each point by its cell."""
    sheet = openpyxl.load_workbook(path, data_only=True)["Cần sửa"]
    rows = [[str(cell.value or "") for cell in row] for row in sheet.iter_rows(min_col=2)]
    left = next(row[0] for row in rows if row[0].startswith("Còn "))
    return left, {row[3]: row[-1] for row in rows if row[0].isdecimal()}


def test_all_points_are_open_at_first(tmp_path: Path, check_ooxml: CheckOoxml) -> None:
    """Each point says that it is left, errors and warnings told apart; one about the file is seen when it is sent."""
    (tmp_path / "marked.xlsx").write_bytes(marked())
    check_ooxml(marked())
    left, states = _states(tmp_path / "marked.xlsx")
    assert left == "Còn 2 điểm phải sửa, 1 điểm nên xem lại."
    assert states == {
        address_of("led", "I.1", "cause"): "còn",
        address_of("led", "II.1.1", "progress"): "còn",
        address_of("led", "I.1", "percent"): "nên xem",
        "": "khi gửi lại",
    }


Cells = dict[tuple[str, str, str], object]
CAUSE: Cells = {("led", "I.1", "cause"): "Chờ ý kiến"}
EXPLAINED: Cells = {("led", "I.1", "explanation"): "Đã rà soát lại"}
WRONG: Cells = {("led", "II.1.1", "progress"): "Gần xong"}
RIGHT: Cells = {**CAUSE, ("led", "I.1", "percent"): 0.6, ("led", "II.1.1", "progress"): "Chưa phát sinh"}
TYPED = cases(
    [
        ("untouched", Cells(), (2, 1), {"cause", "percent", "progress"}),
        ("all three", CAUSE | EXPLAINED | WRONG, (1, 0), {"progress"}),
        ("right", RIGHT, (0, 0), set[str]()),
    ],
    [
        ("cause", CAUSE, (1, 1), {"percent", "progress"}),
        ("explained", EXPLAINED, (2, 0), {"cause", "progress"}),
        ("still wrong", WRONG, (2, 1), {"cause", "percent", "progress"}),
    ],
)
"""What is typed; how many errors and warnings are left then, and on which fields."""


@pytest.mark.needs("soffice")
def test_points_clear_as_cells_are_put_right(tmp_path: Path) -> None:
    """LibreOffice: nothing changed, nothing cleared; a cause typed clears its point; an explanation answers a warning;
    a choice outside the list put right clears its point, another wrong one does not (at night one by one, too)."""
    fields = {address_of("led", "I.1", name): name for name in ("cause", "percent")}
    fields[address_of("led", "II.1.1", "progress")] = "progress"
    for name, cells, (errors, warnings), wanted in TYPED:
        book = opened(marked())
        for (table, key, field), content in cells.items():
            book["1. Kết quả"][address_of(table, key, field)].value = content
        book.save(tmp_path / f"{name}.xlsx")
        left, states = _states(office.convert(tmp_path / f"{name}.xlsx", recalc=True))
        assert left == f"Còn {errors} điểm phải sửa, {warnings} điểm nên xem lại.", name
        assert {fields[cell] for cell, state in states.items() if state in ("còn", "nên xem")} == wanted, name


@pytest.mark.needs("soffice")
def test_an_error_clears_though_its_cell_is_still_to_be_looked_at(tmp_path: Path) -> None:
    """A day that can be read is put right, though the check then says that it contradicts the progress; another one
    that cannot be read is not."""
    values = [
        value("led", "I.1", "progress", "in_progress"),
        value("led", "I.1", "completion_date", None, "31/2/2026"),
    ]
    unreadable = Finding("VALUE_UNREADABLE", "error", "?", "?", table="led", task="I.1", field="completion_date")
    form = render_form(sample_form(), values, [unreadable])
    left = {}
    for name, typed in {"day": dt.date(2026, 4, 8), "text": "32/13/2026"}.items():
        book = opened(form)
        book["1. Kết quả"][address_of("led", "I.1", "completion_date")].value = typed
        book.save(tmp_path / f"{name}.xlsx")
        done = office.convert(tmp_path / f"{name}.xlsx", recalc=True)
        check = openpyxl.load_workbook(done, data_only=True)["1. Kết quả"][address_of("led", "I.1", "check")].value
        assert "Ngày hoàn thành" in str(check)
        left[name] = _states(done)[0]
    assert left == {
        "day": "Còn 0 điểm phải sửa, 0 điểm nên xem lại.",
        "text": "Còn 1 điểm phải sửa, 0 điểm nên xem lại.",
    }


def test_marks_hold_by_the_same_formulas() -> None:
    """A marked cell looks like any other but for a rule that holds while its point is open."""
    sheet = opened(marked())["1. Kết quả"]
    rules = {str(area.sqref): area.rules for area in sheet.conditional_formatting}
    for field, colour in (("cause", "FBE0DC"), ("percent", "FFF2CC")):
        address = address_of("led", "I.1", field)
        (rule,) = (item for item in rules[address] if item.stopIfTrue)  # the other one: grey where it does not apply
        assert rule.dxf.fill.bgColor.rgb[-6:] == colour
        assert sheet[address].fill.fgColor.rgb == sheet[address_of("led", "I.1", "result")].fill.fgColor.rgb
