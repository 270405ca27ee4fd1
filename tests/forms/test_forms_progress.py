"""The first sheet's live line and links: the same counts as formulas and as cached values."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from io import BytesIO

import attrs
import openpyxl

from nq57xl.forms.layout import layout
from nq57xl.forms.live_check import LiveChecks
from nq57xl.forms.model import Form, Value
from nq57xl.forms.progress import _READY, _formulas_of, _is_wrong, live_cells
from nq57xl.forms.render import render_form
from tests.form_books import address_of
from tests.form_values import random_values, value
from tests.samples import sample_form

VOLATILE = re.compile(r"\b(INDIRECT|OFFSET|TODAY|NOW|RAND|CELL|INFO|TEXTJOIN|CONCAT|IFS|LET|FILTER|XLOOKUP)\(")


def shown(form: Form, values: list[Value]) -> dict[str, str]:
    """Name of each visible formula of the guide -> its cached value in the workbook."""
    sheet = openpyxl.load_workbook(BytesIO(render_form(form, values)), data_only=True)["Hướng dẫn"]
    slots = [slot for slot in _formulas_of(layout(form)) if slot.field.split(":")[0] in ("progress", "next", "state")]
    return {slot.field: str(sheet.cell(slot.row + 1, slot.col + 1).value) for slot in slots}


def test_blank_form_tells_what_to_do_first() -> None:
    """Nothing is filled in yet: all required cells are counted, and the link leads to the first of them."""
    texts = shown(sample_form("VP"), [])
    assert texts["progress"] == ("Đã điền 0/2 đầu việc, 0/2 nhiệm vụ phối hợp, 0/3 chỉ tiêu, còn 10 ô bắt buộc")
    assert texts["next"] == f"Đến ô bắt buộc còn trống: trang 1. Kết quả, ô {address_of('led', 'I.1', 'progress')}"
    assert texts["state:results"] == "còn 2 dòng"
    assert texts["state:supporting"] == "còn 2 dòng"
    assert texts["state:proposals"] == "còn 3 dòng"  # of the sign-off; proposals are no duty


def test_a_row_that_lacks_something_is_counted() -> None:
    """A done row that lacks its date and evidence is one row; the link leads to the first of its blank cells."""
    values = [
        value("led", "I.1", "progress", "ongoing"),
        value("led", "I.1", "result", "Vận hành tốt"),
        value("led", "II.1.1", "progress", "done"),
        value("led", "II.1.1", "result", "Xong"),
        value("led", "II.1.1", "evidence_number", "12/QĐ-SXD"),
    ]
    texts = shown(sample_form("VP"), values)
    assert texts["progress"].startswith("Đã điền 1/2 đầu việc, ")
    assert texts["state:results"] == "còn 1 dòng"
    assert (
        texts["next"]
        == f"Đến ô bắt buộc còn trống: trang 1. Kết quả, ô {address_of('led', 'II.1.1', 'completion_date')}"
    )


def test_first_blank_cell_of_a_set() -> None:
    """Of number and date of a document the link leads to the one that is blank."""
    values = [
        value("led", "I.1", "progress", "done"),
        value("led", "I.1", "result", "Xong"),
        value("led", "I.1", "completion_date", None, "01/04/2026"),
    ]
    assert shown(sample_form("VP"), values)["next"].endswith(f" ô {address_of('led', 'I.1', 'evidence_number')}")
    numbered = [*values, value("led", "I.1", "evidence_number", "12/QĐ-SXD")]
    assert shown(sample_form("VP"), numbered)["next"].endswith(f" ô {address_of('led', 'I.1', 'evidence_date')}")


COMPLETE = [
    *[value("led", key, "progress", "not_arisen") for key in ("I.1", "II.1.1")],
    value("statement", "statement", "statement", "none"),
    *[value("indicator", key, "no_data", "no_data") for key in ("CT.I.1", "CT.I.2", "CT.II.1")],
    value("signoff", "signoff", "prepared_by", "Nguyễn Thị B"),
    value("signoff", "signoff", "approved_by", "Trần Văn C"),
    value("signoff", "signoff", "signed_on", date(2026, 4, 14)),
]


def test_complete_form_may_be_sent() -> None:
    """Nothing missing and nothing wrong: the line says so, and so does the link."""
    texts = shown(sample_form("VP"), COMPLETE)
    assert texts["progress"] == "Đã điền 2/2 đầu việc, 2/2 nhiệm vụ phối hợp, 3/3 chỉ tiêu, đủ các ô bắt buộc"
    assert texts["next"] == _READY
    assert {text for name, text in texts.items() if name.startswith("state:")} == {"Đủ"}


def test_what_is_wrong_is_asked_to_be_looked_at() -> None:
    """A complete form with a contradiction: the row is counted apart, and the link leads to its check."""
    texts = shown(sample_form("VP"), [*COMPLETE, value("led", "II.1.1", "percent", 0.5)])
    assert texts["progress"].endswith("đủ các ô bắt buộc, 1 dòng cần xem lại")
    assert texts["next"] == f"Đến dòng cần xem lại: trang 1. Kết quả, ô {address_of('led', 'II.1.1', 'check')}"
    assert texts["state:results"] == "xem lại 1 dòng"


def test_a_sheet_may_be_named_after_a_currency() -> None:
    """The link to what is wrong leads to the sheet «3. Chỉ tiêu (US$)» of an office's own."""
    form = sample_form("VP")
    named = [attrs.evolve(one, title=one.title.replace("tiêu", "tiêu (US$)")) for one in form.schema.sheets]
    own = attrs.evolve(form, schema=attrs.evolve(form.schema, sheets=tuple(named)))
    links = {
        link
        for formula, _ in live_cells(LiveChecks(own, layout(own))).values()
        for link in re.findall(r'"#([^"]*)"', formula)
    }
    assert {link for link in links if "US" in link} == {"'3. Chỉ tiêu (US$)'!I", "'3. Chỉ tiêu (US$)'!M"}


def test_free_table_counts_once_it_is_used() -> None:
    """Proposals are optional while blank; one without its title is a row to complete; a complete one is enough.

    On their sheet three cells of the sign-off are asked for as well.
    """
    form = sample_form("VP")
    assert shown(form, [value("proposal", "02", "reason", "Vì")])["state:proposals"] == "còn 4 dòng"
    assert shown(form, [value("proposal", "02", "title", "Số hóa")])["state:proposals"] == "còn 3 dòng"


def test_unit_that_leads_nothing() -> None:
    """A unit without led rows has a line about what it has."""
    texts = shown(sample_form("QLDN"), [])
    assert texts["progress"].startswith("Đã điền 0/1 đầu việc, 0/2 nhiệm vụ phối hợp, còn ")
    assert "state:indicators" not in texts


def test_formulas_are_plain() -> None:
    """Under Excel's length, no volatile or new functions, no references to lost cells, links without a plain URL."""
    form = sample_form("VP")
    sheets = layout(form)
    formulas = [formula for formula, _ in live_cells(LiveChecks(form, sheets)).values()]
    assert len(formulas) > 20
    for formula in formulas:
        assert formula.startswith("=")
        assert len(formula) < 8192
        assert not VOLATILE.search(formula)
        assert "#REF" not in formula
        assert max(map(len, re.findall(r'"([^"]*)"', formula))) < 256
    assert sum("HYPERLINK(" in formula for formula in formulas) == 1


def test_every_formula_has_its_value() -> None:
    """No formula of a form is written with XlsxWriter's default value 0 in place of its own."""
    form = sample_form("VP")
    with zipfile.ZipFile(BytesIO(render_form(form, random_values(form, 5)))) as parts:
        guide = parts.read("xl/worksheets/sheet1.xml").decode()
    cells = re.findall(r"<c [^>]*><f>.*?</f><v>(.*?)</v></c>", guide)
    assert len(cells) == len(_formulas_of(layout(form)))
    assert any(cell.startswith("Đã điền ") for cell in cells)


def test_counts_stand_in_hidden_rows() -> None:
    """People see the live lines; the counts behind them are hidden, below the print area."""
    form = sample_form("VP")
    book = openpyxl.load_workbook(BytesIO(render_form(form)))
    sheet = book["Hướng dẫn"]
    rows = {slot.row + 1 for slot in _formulas_of(layout(form)) if slot.field.startswith("rows_")}
    assert rows and all(sheet.row_dimensions[row].hidden for row in rows)
    assert str(sheet.print_area).endswith(f"${min(rows) - 1}")


def test_parts_of_a_check_are_told_apart() -> None:
    """Missing cells alone are not wrong; one other part makes the row wrong, wherever it stands."""
    assert not _is_wrong("Thiếu: Tiến độ; Thiếu: Nguyên nhân")
    assert not _is_wrong("Đủ")
    assert not _is_wrong("")
    assert _is_wrong("Thiếu: Nguyên nhân; Mâu thuẫn: Tỷ lệ hoàn thành")
    assert _is_wrong("Có ô báo lỗi, hãy nhập lại")
