"""The live check says what the collector's rules say, as a formula and as its cached value."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from pathlib import Path

import attrs
import openpyxl
import pytest

from nq57xl.forms.filled import rows_of
from nq57xl.forms.layout import layout
from nq57xl.forms.live_check import LiveChecks, broken_rules
from nq57xl.forms.model import Form, Value
from nq57xl.forms.render import render_form
from nq57xl.rules.rows import KEY, RETURN, unreadable_fields
from nq57xl.text.addresses import a1
from tests import office
from tests.amounts import amount
from tests.form_values import random_values, value
from tests.samples import sample_form

VOLATILE_OR_NEW = re.compile(
    r"\b(INDIRECT|OFFSET|TODAY|NOW|RAND|TEXTJOIN|CONCAT|IFS|SWITCH|LET|FILTER|UNIQUE|SORT|XLOOKUP)\("
)


def _texts(form: Form, values: list[Value]) -> dict[tuple[str, str, str], str]:
    """(table, key, field) -> what the check says."""
    sheets = layout(form)
    places = {
        (slot.sheet, slot.row, slot.col): (slot.table, slot.key, slot.field)
        for sheet in sheets
        for slot in sheet.slots
        if slot.role == "check"
    }
    texts = LiveChecks(form, sheets, values, broken_rules([(form, values)])[0]).texts
    return {places[place]: text for place, text in texts.items()}


def _led(values: list[Value], key: str = "II.1.1") -> str:
    return _texts(sample_form("VP"), values)[("led", key, "")]


def test_blank_form() -> None:
    """A blank form asks for what every row needs; free rows and optional cells say nothing."""
    texts = _texts(sample_form("VP"), [])
    assert texts[("led", "I.1", "")] == "Thiếu: Tiến độ"
    assert texts[("proposal", "01", "")] == ""
    assert texts[("statement", "statement", "statement")] == ""
    assert texts[("signoff", "signoff", "prepared_by")] == "Thiếu: Người lập báo cáo"
    assert ("signoff", "signoff", "phone") not in texts


def test_row_that_is_complete() -> None:
    """A row with all it needs says so."""
    values = [value("led", "II.1.1", "progress", "ongoing"), value("led", "II.1.1", "result", "Vận hành tốt")]
    assert _led(values) == "Đủ"


def test_every_missing_part_is_named() -> None:
    """An overdue row under way needs percent, result and cause; the parts stand in the schema's order."""
    assert _led([value("led", "I.1", "progress", "in_progress")], "I.1") == (
        "Thiếu: Tỷ lệ hoàn thành; Thiếu: Kết quả trong kỳ; Thiếu: Nguyên nhân"
    )


def test_contradiction_is_named_once() -> None:
    """Several rules with the same words make one part."""
    values = [value("led", "II.1.1", "progress", "not_arisen"), value("led", "II.1.1", "percent", 1.0)]
    assert _led(values) == "Mâu thuẫn: Tỷ lệ hoàn thành"


def test_unreadable_cells_are_not_blank() -> None:
    """What cannot be read is wrong, not missing, and rules that would need it stay silent."""
    values = [
        value("led", "II.1.1", "progress", None, "Đang làm"),
        value("led", "II.1.1", "completion_date", None, "13/13/2026"),
    ]
    assert _led(values) == (
        "Không có trong danh sách: Tiến độ; "
        "Sai giá trị: Ngày hoàn thành (gõ như 20/04/2026, máy không nhận thì 2026-04-20)"
    )


def test_statement_for_all_rows() -> None:
    """The one statement settles every supporting row, and contradicts one that has a text."""
    form = sample_form("VP")
    stated = [value("statement", "statement", "statement", "none")]
    assert _texts(form, stated)[("supporting", "I.3", "")] == "Đủ"
    both = [*stated, value("supporting", "I.3", "contribution", "Đã góp ý")]
    assert _texts(form, both)[("supporting", "I.3", "")] == "Mâu thuẫn: Nội dung đã phối hợp trong kỳ"


def test_formulas_for_every_check_cell() -> None:
    """Each check cell has a formula under Excel's length limit, without volatile or new functions or #REF!."""
    form = sample_form("VP")
    sheets = layout(form)
    checks = LiveChecks(form, sheets)
    formulas = checks.formulas
    assert set(formulas) == set(checks.texts)
    for formula in formulas.values():
        assert formula.startswith("=IFERROR(")
        assert len(formula) < 8192
        assert not VOLATILE_OR_NEW.search(formula)
        assert "#REF" not in formula


def test_a_row_of_which_everything_was_said_before_has_a_formula_that_excel_opens() -> None:
    """Long texts, an explanation and thirty documents of other rows: the formula stays under the limit."""
    form = sample_form("VP")
    documents = "\n".join(f"{number}/kh-sxd-vp ngày 07/04/2026" for number in range(100, 130))
    before: dict[str, str | int | float] = {
        "before_progress": "done", "before_percent": 0.4533, "before_result": f"200:{'đ' * 100}",
        "before_completion_date": "2026-04-07", "before_still": 3, "before_explanation": f"200:{'g' * 100}",
        "before_evidence_number": documents, "repeatable": True,
    }  # fmt: skip
    tables = tuple(
        attrs.evolve(table, rows=tuple(attrs.evolve(row, facts={**row.facts, **before}) for row in table.rows))
        if table.table == "led"
        else table
        for table in form.tables
    )
    told = attrs.evolve(form, tables=tables)
    formulas = LiveChecks(told, layout(told)).formulas
    assert max(map(len, formulas.values())) <= 8192
    assert any("cần giải trình" in formula for formula in formulas.values())


def test_formula_asks_by_the_row() -> None:
    """Overdue rows alone ask for a cause."""
    form = sample_form("VP")
    sheets = layout(form)
    formulas = LiveChecks(form, sheets).formulas
    rows = {slot.key: formulas[(slot.sheet, slot.row, slot.col)] for slot in sheets[1].slots if slot.role == "check"}
    assert "Thiếu: Nguyên nhân" in rows["I.1"]
    assert "Thiếu: Nguyên nhân" not in rows["II.1.1"]


def test_rows_see_the_statement_and_what_cannot_be_read() -> None:
    """Rows hold values, facts and what is broadcast to them; a text that is no value is filled, and no value."""
    form = sample_form("VP")
    values = [
        value("statement", "statement", "statement", "none"),
        value("led", "I.1", "percent", None, "nhiều"),
        value("led", "I.1", "progress", "done"),
    ]
    assert [row["statement"] for row in rows_of(form, values, "supporting")] == ["none", "none"]
    led = rows_of(form, values, "led", 7)[0]
    assert (led[KEY], led[RETURN], led["progress"], led["#year"]) == ("I.1", 7, "done", 2026)
    assert unreadable_fields(led) == {"percent"}


def test_added_free_rows_are_judged() -> None:
    """Free rows that the unit added stand behind the prepared ones."""
    form = sample_form("VP")
    rows = rows_of(form, [value("proposal", "14", "title", "Thêm")], "proposal")
    assert [row[KEY] for row in rows][-2:] == ["06", "14"]
    assert rows[-1]["#year"] == 2026


def _without_cached_values(workbook: bytes) -> bytes:
    """The workbook with its formulas' cached values taken out, so that LibreOffice must compute them."""
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(workbook)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name.startswith("xl/worksheets/sheet"):
                data = re.sub(rb"</f><v>[^<]*</v>", b"</f>", data)
            new.writestr(name, data)
    return target.getvalue()


def _checks(workbook: bytes | Path, form: Form) -> dict[tuple[str, str], str]:
    book = openpyxl.load_workbook(BytesIO(workbook) if isinstance(workbook, bytes) else workbook, data_only=True)
    return {
        (sheet.title, a1(slot.row, slot.col)): str(book[sheet.title].cell(slot.row + 1, slot.col + 1).value or "")
        for sheet in layout(form)
        for slot in sheet.slots
        if slot.role in ("check", "formula")
    }


@pytest.mark.needs("soffice")
def test_libreoffice_computes_the_cached_values(tmp_path: Path) -> None:
    """Over random values, blanks and unreadable texts, LibreOffice's checks and progress equal the cached ones."""
    expected = {}
    for unit, seeds in (("VP", amount(3, 6)), ("QLDT", amount(2, 6))):
        form = sample_form(unit)
        for seed in range(seeds):
            workbook = render_form(form, random_values(form, seed) if seed else [])
            name = f"{unit}{seed}.xlsx"
            (tmp_path / name).write_bytes(_without_cached_values(workbook))
            expected[name] = (form, _checks(workbook, form))
    out = tmp_path / "out"
    office.convert_all([tmp_path / name for name in expected], out=out)
    for name, (form, texts) in expected.items():
        assert len(texts) > 20
        assert _checks(out / name, form) == texts, name
