"""A form in the hands of a person: typing, pasting, cutting, through LibreOffice's dispatcher (pitfalls.md 9)."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook import Workbook

from nq57xl.forms.layout import layout
from nq57xl.forms.model import Slot
from nq57xl.forms.progress import _formulas_of
from nq57xl.forms.render import render_form
from nq57xl.text.addresses import a1
from tests import office
from tests.conftest import CheckOoxml
from tests.form_books import address_of
from tests.form_values import value
from tests.samples import sample_form

FORM = sample_form("VP")
TITLES = {sheet.id: sheet.title for sheet in layout(FORM)}


def _place(key: str, name: str) -> tuple[str, str]:
    """Tab and address of a led row's cell; "check" is its live check, "work" its task."""
    slot = next(
        slot for sheet in layout(FORM) for slot in sheet.slots if (slot.row_key, slot.col_key) == (f"led|{key}", name)
    )
    return TITLES[slot.sheet], a1(slot.row, slot.col)


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The form after one sitting, saved by LibreOffice (which, headless, survives one refusal in a sitting)."""
    folder = tmp_path_factory.mktemp("typed")
    (folder / "form.xlsx").write_bytes(render_form(FORM))
    entries = [
        (*_place("I.1", "progress"), "Đang làm"),
        (*_place("I.1", "percent"), "45%"),
        (*_place("I.1", "work"), "việc khác"),
        (*_place("I.1", "result"), "gõ lại sau khi dán"),
        (*_place("II.1.1", "progress"), "Thường xuyên"),
        (*_place("II.1.1", "result"), "Đã rà soát, trình duyệt, lấy ý kiến. " * 14),
    ]
    pasted = [(*_place("I.1", "result"), "dán từ sổ tính khác")]
    office.type_into(folder / "form.xlsx", folder / "typed.xlsx", entries, pasted=pasted)
    return folder / "typed.xlsx"


def _shown(book: Workbook, place: tuple[str, str]) -> object:
    return book[place[0]][place[1]].value


@pytest.mark.needs("soffice")
def test_typing_goes_into_entry_cells_only(typed: Path) -> None:
    """What is typed in an entry cell stands there; a locked text refuses it."""
    book = openpyxl.load_workbook(typed, data_only=True)
    assert _shown(book, _place("I.1", "percent")) == pytest.approx(0.45)
    assert _shown(book, _place("II.1.1", "progress")) == "Thường xuyên"
    assert "việc khác" not in str(_shown(book, _place("I.1", "work")))


@pytest.mark.needs("soffice")
def test_value_outside_the_list_is_flagged_at_once(typed: Path) -> None:
    """The live check names a progress that is not in the list; the complete row beside it says "Đủ"."""
    book = openpyxl.load_workbook(typed, data_only=True)
    assert _shown(book, _place("I.1", "check")) == "Không có trong danh sách: Tiến độ"
    assert _shown(book, _place("II.1.1", "check")) == "Đủ"


@pytest.mark.needs("soffice")
def test_pasted_cell_can_still_be_edited(typed: Path) -> None:
    """A cell pasted from another workbook brings that workbook's format, and is not locked by it."""
    cell = openpyxl.load_workbook(typed)[_place("I.1", "result")[0]][_place("I.1", "result")[1]]
    assert cell.value == "gõ lại sau khi dán"
    assert not cell.protection.locked


@pytest.mark.needs("soffice")
def test_progress_follows_the_typing(typed: Path) -> None:
    """The first sheet counts the complete row and the one to look at, and leads to the next blank cell."""
    slots: dict[str, Slot] = {slot.field: slot for slot in _formulas_of(layout(FORM))}
    sheet = openpyxl.load_workbook(typed, data_only=True)["Hướng dẫn"]
    shown = {name: str(sheet.cell(slot.row + 1, slot.col + 1).value) for name, slot in slots.items()}
    assert shown["progress"].startswith("Đã điền 2/2 đầu việc, ")
    assert shown["progress"].endswith("1 dòng cần xem lại")
    assert shown["state:results"] == "xem lại 1 dòng"
    title, address = TITLES["supporting"], address_of("supporting", "I.3", "contribution")
    assert shown["next"] == f"Đến ô bắt buộc còn trống: trang {title}, ô {address}"


@pytest.mark.needs("soffice")
def test_row_grows_with_its_text(typed: Path) -> None:
    """The row in which a long text was typed is higher than it was issued."""
    title, address = _place("II.1.1", "result")
    row = int(address.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    before = openpyxl.load_workbook(typed.with_name("form.xlsx"))[title].row_dimensions[row].height
    after = openpyxl.load_workbook(typed)[title].row_dimensions[row].height
    assert after > before + 60


@pytest.mark.needs("soffice")
def test_form_saved_by_libreoffice_is_valid(typed: Path, check_ooxml: CheckOoxml) -> None:
    """The strict checker finds nothing in what LibreOffice saved."""
    check_ooxml(typed.read_bytes())


@pytest.mark.needs("soffice")
def test_cut_and_paste_breaks_no_check(tmp_path: Path) -> None:
    """After a cell was cut and pasted over another, both checks speak of their own rows; typed over they cannot be."""
    (tmp_path / "form.xlsx").write_bytes(render_form(FORM))
    title, first = _place("I.1", "progress")
    _, second = _place("II.1.1", "progress")
    office.type_into(
        tmp_path / "form.xlsx",
        tmp_path / "typed.xlsx",
        [(title, first, "Chưa phát sinh"), (*_place("I.1", "check"), "Không cần")],
        moved=[(title, first, second)],
    )
    book = openpyxl.load_workbook(tmp_path / "typed.xlsx", data_only=True)
    assert _shown(book, _place("II.1.1", "progress")) == "Chưa phát sinh"
    assert _shown(book, _place("I.1", "check")) == "Thiếu: Tiến độ"
    assert _shown(book, _place("II.1.1", "check")) == "Đủ"
    formulas = openpyxl.load_workbook(tmp_path / "typed.xlsx")
    assert not [cell for sheet in formulas for row in sheet.iter_rows() for cell in row if "#REF" in str(cell.value)]


@pytest.mark.needs("soffice")
def test_a_cell_of_blanks_is_the_next_to_fill(tmp_path: Path) -> None:
    """A cell that holds nothing but a no-break space is blank to the link as to the check: it leads there."""
    book = openpyxl.load_workbook(BytesIO(render_form(FORM)))
    number = _place("I.1", "evidence_number")
    typed: dict[str, str | float | date] = {
        "progress": "Hoàn thành",
        "result": "Xong",
        "completion_date": date(2026, 4, 1),
        "percent": 1,
    }
    for name, content in typed.items():
        title, address = _place("I.1", name)
        book[title][address] = content
    book[number[0]][number[1]] = "\u00a0"
    book.save(tmp_path / "form.xlsx")
    shown = openpyxl.load_workbook(office.convert(tmp_path / "form.xlsx", recalc=True), data_only=True)
    slot = next(slot for slot in _formulas_of(layout(FORM)) if slot.field == "next")
    assert "Thiếu: " in str(_shown(shown, _place("I.1", "check")))
    told = str(shown["Hướng dẫn"].cell(slot.row + 1, slot.col + 1).value)
    assert told == f"Đến ô bắt buộc còn trống: trang {number[0]}, ô {number[1]}"
    typed["progress"] = "done"
    values = [value("led", "I.1", name, item) for name, item in typed.items()]
    values.append(value("led", "I.1", "evidence_number", None, "\u00a0"))
    cached = openpyxl.load_workbook(BytesIO(render_form(FORM, values)), data_only=True)["Hướng dẫn"]
    assert cached.cell(slot.row + 1, slot.col + 1).value == told
