"""What a form says of itself to an office that has no record of it, also after other programs have saved it."""

from __future__ import annotations

import datetime as dt
import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.styles import Protection

from nq57xl.errors import Nq57Error
from nq57xl.forms.render import render_form
from nq57xl.returns.superior_form import SuperiorForm, read_superior_form
from nq57xl.rules.findings import make
from nq57xl.rules.load import load_schema
from nq57xl.xlsx.patch import PatchedValue, put_values, saved_since_made, unlocked_cells
from nq57xl.xlsx.read import read_bytes
from tests.april_kit import issued_office
from tests.conftest import REPOSITORY

FIELDS = {table.name: [item.name for item in table.fields] for table in load_schema().tables}
EARLIER = "bql-2026/out/2026-05/bieu-mau/NQ57_2026-05_VP.xlsx"


@pytest.fixture(scope="module")
def form(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The form of VP for April of the first bundled plan."""
    return issued_office(tmp_path_factory.mktemp("biểu"), 1)[1].read_bytes()


def read(data: bytes) -> SuperiorForm:
    return read_superior_form(read_bytes(data), unlocked_cells(data), FIELDS, "bieu.xlsx")


def saved(data: bytes, *, unlocked: bool = False) -> bytes:
    """The form as openpyxl saves it; `unlocked`: with every lock gone, as some programs leave it."""
    book = load_workbook(io.BytesIO(data))
    for sheet in book.worksheets if unlocked else ():
        for row in sheet.iter_rows():
            for cell in row:
                cell.protection = Protection(locked=True)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def places(form: SuperiorForm) -> Mapping[tuple[str, str], Mapping[str, tuple[str, str]]]:
    """(table, key) -> field -> where its cell is."""
    return {
        (row.table, row.key): {name: (cell.sheet, cell.cell) for name, cell in row.cells.items()} for row in form.rows
    }


def test_a_form_names_its_plan_period_rows_and_cells(form: bytes) -> None:
    """Identity, rows with their texts and entry cells, headings and lists are all read from the form alone."""
    found = read(form)
    assert (found.plan_id, found.unit, found.period) == ("bql-2026", "VP", "2026-04")
    assert {row.table for row in found.rows} == {"led"}
    sheet = load_workbook(io.BytesIO(form))["1. Kết quả"]
    for (table, _), cells in places(found).items():
        if table == "led":
            assert {sheet[cell].protection.locked for _, cell in cells.values()} == {False}
    assert "Hoàn thành" in found.lists["progress"]
    plan = found.plan(2026)
    assert {task.section for task in plan.tasks} <= {section.number for section in plan.sections}
    assert all(task.task for task in plan.tasks)


@pytest.mark.parametrize("unlocked", [False, True])
def test_other_programs_change_nothing_of_it(form: bytes, unlocked: bool) -> None:
    """Saved by another program, and with every lock gone: the same rows, texts and entry cells."""
    found, again = read(form), read(saved(form, unlocked=unlocked))
    assert places(again) == places(found)
    assert [row.print for row in again.rows] == [row.print for row in found.rows]


def test_a_form_of_the_earlier_layout_is_read() -> None:
    """Rows that stand on several sheets are one row with all its cells; rows that are closed have none."""
    with tarfile.open(REPOSITORY / "tests/data/old_workspace/bql-2026.tar.xz") as archive:
        member = archive.extractfile(EARLIER)
        assert member is not None
        found = read(member.read())
    rows = {row.key: row for row in found.rows if row.table == "led"}
    assert set(rows["I.1"].cells) >= {"progress", "percent", "evidence_number", "evidence_date", "proposal"}
    assert len({cell.sheet for cell in rows["I.1"].cells.values()}) == 3
    assert [key for key, row in rows.items() if not row.cells] == ["III.6"]


def test_a_row_that_stands_there_twice_is_refused(form: bytes) -> None:
    """Nobody can say which of two rows with one key is to be filled in."""
    book = load_workbook(io.BytesIO(form))
    sheet = book["1. Kết quả"]
    line = next(row[0].row for row in sheet.iter_rows() if row[0].value == "led|I.1")
    sheet.cell(line + 1, 1).value = "led|I.1"
    stream = io.BytesIO()
    book.save(stream)
    with pytest.raises(Nq57Error, match=r"I\.1"):
        read(stream.getvalue())


def test_a_form_of_thousands_of_rows_is_refused(form: bytes) -> None:
    """No plan has them; what is compared with every own row must end."""
    book = load_workbook(io.BytesIO(form))
    sheet = book["1. Kết quả"]
    for number in range(2_001):
        sheet.cell(sheet.max_row + 1, 1).value = f"led|X.{number}"
    stream = io.BytesIO()
    book.save(stream)
    with pytest.raises(Nq57Error, match="2000"):
        read(stream.getvalue())


def test_texts_numbers_and_days_are_put_in_and_rows_grow(form: bytes) -> None:
    """A text that looks like a formula stays text; numbers and days are those of the cell's format; locks stay."""
    cells = next(row.cells for row in read(form).rows if row.table == "led")
    where = {name: (cells[name].sheet, cells[name].cell) for name in ("result", "percent", "completion_date")}
    text = '=HYPERLINK("x") ' + "Đã trình dự thảo, lấy ý kiến. " * 20
    content: dict[str, PatchedValue] = {"result": text, "percent": 0.25, "completion_date": dt.date(2026, 4, 7)}
    data = put_values(form, [(*where[name], content[name]) for name in where], kept={})
    before, after = (load_workbook(io.BytesIO(item))["1. Kết quả"] for item in (form, data))
    assert after[where["result"][1]].value == text.rstrip() or after[where["result"][1]].value == text
    assert after[where["result"][1]].data_type == "s"
    assert after[where["percent"][1]].value == 0.25
    assert after[where["completion_date"][1]].value == dt.datetime(2026, 4, 7)
    line = after[where["result"][1]].row
    assert after.row_dimensions[line].height > before.row_dimensions[line].height + 100
    values = load_workbook(io.BytesIO(data), data_only=True)["1. Kết quả"]
    checks = [cell for row in after.iter_rows() for cell in row if cell.data_type == "f"]
    assert checks
    assert {values[cell.coordinate].value for cell in checks} == {None}


def test_what_a_person_computed_in_an_entry_cell_keeps_its_result(form: bytes) -> None:
    """=85/120 in the percentage, as Excel saves it: the result stays, those of the checks are taken out."""
    cell = next(row.cells["percent"] for row in read(form).rows if row.table == "led")
    blank = f'<c r="{cell.cell}" s="'
    parts = {}
    with zipfile.ZipFile(io.BytesIO(put_values(form, [(cell.sheet, cell.cell, 0.5)]))) as old:
        for name in old.namelist():
            parts[name] = old.read(name)
            if blank.encode() in parts[name]:
                parts[name] = parts[name].replace(b"<v>0.5</v>", b"<f>85/120</f><v>0.70833</v>")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as new:
        for name, data in parts.items():
            new.writestr(name, data)
    done = put_values(stream.getvalue(), [], kept={cell.sheet: {cell.cell}})
    sheet = load_workbook(io.BytesIO(done), data_only=True)[cell.sheet]
    assert sheet[cell.cell].value == 0.70833
    checks = [
        item for row in load_workbook(io.BytesIO(done))[cell.sheet].iter_rows() for item in row if item.data_type == "f"
    ]
    assert {sheet[item.coordinate].value for item in checks} == {0.70833, None}


def test_a_form_that_was_sent_back_is_known(tmp_path: Path) -> None:
    """The form with what is to be corrected holds what was typed before: it says so itself."""
    office, path = issued_office(tmp_path, 1)
    with office.reading() as ledger:
        issued = ledger.current_form("VP", "2026-04")
    assert issued is not None
    assert not read(path.read_bytes()).sent_back
    place = {"sheet": "1. Kết quả", "cell": "G5", "table": "led", "task": "I.1", "field": "progress"}
    wrong = make("REQUIRED_BLANK", words={"field": "Tiến độ", "condition": ""}, **place)
    assert read(render_form(issued, (), [wrong])).sent_back


def test_a_form_tells_whether_somebody_has_saved_it(form: bytes) -> None:
    """As issued it was made and saved at one moment; a program that saves it says when; without times nobody knows."""
    assert not saved_since_made(form)
    assert saved_since_made(saved(form))
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(form)) as old, zipfile.ZipFile(stream, "w") as new:
        for item in old.infolist():
            if item.filename != "docProps/core.xml":
                new.writestr(item, old.read(item))
    assert saved_since_made(stream.getvalue())
