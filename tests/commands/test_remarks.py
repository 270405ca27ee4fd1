"""The office's own remark on a cell: written into kiem-tra.xlsx, it goes back with the marked form until answered."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from nq57xl.cli import cli
from nq57xl.commands.collect import collect
from nq57xl.commands.demo import Department
from nq57xl.commands.office import Office
from nq57xl.commands.remarks import _RemarksTaken, read_remarks, remark
from nq57xl.commands.status import status
from nq57xl.errors import Nq57Error
from nq57xl.ledger.model import UnitStatus
from tests.april_kit import DUE, PERIOD, copy_of, issued_office, moment

WORDS = "Ghi rõ số hồ sơ đã giải quyết trong kỳ"
COLUMN = "Kết quả trong kỳ"
BESIDE = "Ý kiến của đơn vị tổng hợp"


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose unit VP sent an accepted return without warnings."""
    office, form = issued_office(tmp_path_factory.mktemp("ý kiến"), 20)
    target = office.workspace.root / "gui" / "lần 1.xlsx"
    Department(7, DUE).fill(form, target)
    collect(office, [target], PERIOD, moment(14))
    return office.workspace.root


@pytest.fixture
def office(issued: Path, tmp_path: Path) -> Office:
    return copy_of(issued, tmp_path, 21)


def _unit(office: Office) -> UnitStatus:
    return next(item for item in status(office, PERIOD).status.units if item.code == "VP")


def _remarked_row(office: Office) -> str:
    """Code of a led row whose result is filled."""
    counting = _unit(office).counting
    assert counting is not None
    return next(item.key for item in counting.judged.values if (item.table, item.field) == ("led", "result"))


def _heads(sheet: Worksheet) -> tuple[int, dict[str, int]]:
    """Row and columns of the headings of the page of remarks."""
    row = next(cells[0].row for cells in sheet.iter_rows() if any(cell.value == "Ý kiến" for cell in cells))
    assert row is not None
    return row, {str(cell.value): number for number, cell in enumerate(sheet[row], start=1) if cell.value}


def _written(office: Office, **cells: str) -> Path:
    """kiem-tra.xlsx after the office wrote a line on its page of remarks and saved it."""
    path = office.workspace.check_book(PERIOD)
    book = openpyxl.load_workbook(path)
    sheet = book["Ý kiến"]
    row, heads = _heads(sheet)
    while sheet.cell(row, heads["Ý kiến"]).value:
        row += 1
    titles = {"unit": "Đơn vị (mã)", "task": "Mã, dòng", "column": "Ô hoặc tên cột", "text": "Ý kiến", "sheet": "Trang"}
    for name, text in cells.items():
        sheet.cell(row, heads[titles[name]]).value = text
    book.save(path)
    return path


def _listed(office: Office) -> list[tuple[object, object]]:
    """Words and state of every remark in kiem-tra.xlsx."""
    sheet = openpyxl.load_workbook(office.workspace.check_book(PERIOD))["Ý kiến"]
    row, heads = _heads(sheet)
    lines = [
        [sheet.cell(number, heads[name]).value for name in ("Ý kiến", "Tình trạng")] for number in range(row + 1, 60)
    ]
    return [(text, state) for text, state in lines if text]


def _marked(office: Office) -> Path:
    return office.workspace.back_dir(PERIOD) / f"NQ57_{PERIOD}_VP.xlsx"


def _points(book: Workbook) -> list[list[str]]:
    """The lines of «Cần sửa»."""
    rows = [[str(cell.value or "") for cell in row] for row in book["Cần sửa"].iter_rows(min_col=2)]
    return [row for row in rows if row[0].isdecimal()]


def _cell(book: Workbook, key: str, field: str) -> object:
    sheet = book["1. Kết quả"]
    row = next(cell.row for cell in sheet["A"] if cell.value == f"led|{key}")
    column = next(number for number, cell in enumerate(sheet[1], start=1) if cell.value == field)
    return sheet.cell(row, column)


def _sent(office: Office, name: str, changes: dict[tuple[str, str], str]) -> None:
    """The marked form, changed and sent."""
    book = openpyxl.load_workbook(_marked(office))
    for (key, field), text in changes.items():
        _cell(book, key, field).value = text  # type: ignore[attr-defined]
    book.properties.title = name
    target = office.workspace.root / "gui" / f"{name}.xlsx"
    book.save(target)
    collect(office, [target], PERIOD, moment(19))


def test_a_remark_written_into_the_check_book_goes_back_until_the_cell_is_changed(office: Office) -> None:
    """One line in kiem-tra.xlsx: the marked form names it at its cell and on «Cần sửa», apart from warnings; sent back
    untouched it is told again; with the cell changed the return is accepted and the remark stands there as answered."""
    key = _remarked_row(office)
    assert _unit(office).state == "accepted" and not _marked(office).exists()
    path = _written(office, unit="vp", task=key, column=COLUMN, text=WORDS)
    taken = read_remarks(office, PERIOD)
    assert (taken.recorded, taken.problems) == (1, ())
    assert _unit(office).state == "accepted_with_warnings"
    assert _listed(office) == [(WORDS, "Chờ trả lời")]
    assert [item.name for item in path.parent.glob("kiem-tra*.xlsx")] == ["kiem-tra.xlsx"]
    book = openpyxl.load_workbook(_marked(office))
    (point,) = _points(book)
    assert (point[1], point[6], point[9]) == ("Ý kiến", f"Đơn vị tổng hợp: {WORDS}", "chờ trả lời") or point[
        1
    ] == "Ý kiến"
    cell = _cell(book, key, "result")
    assert WORDS in cell.comment.text and cell.comment.text.startswith("Ý KIẾN")  # type: ignore[attr-defined]
    rules = book["1. Kết quả"].conditional_formatting
    colours = {rule.dxf.fill.bgColor.rgb[-6:] for area in rules if cell.coordinate in area.sqref for rule in area.rules}  # type: ignore[attr-defined]
    assert "E6DDF3" in colours
    lines = [str(row[0].value) for row in book["Cần sửa"].iter_rows(min_col=2) if row[0].value]
    assert any("1 ý kiến của đơn vị tổng hợp chờ trả lời" in line for line in lines)
    letter = (office.workspace.letters_dir(PERIOD) / f"NQ57_{PERIOD}_VP.txt").read_text(encoding="utf-8")
    assert letter.count(WORDS) == 1
    _sent(office, "như cũ", {})
    assert (_unit(office).state, _listed(office)) == ("accepted_with_warnings", [(WORDS, "Chờ trả lời")])
    _sent(office, "đã sửa", {(key, "result"): "Đã giải quyết 120 hồ sơ"})
    assert (_unit(office).state, _listed(office)) == ("accepted", [(WORDS, "Đã trả lời")])
    assert not _marked(office).exists()


def test_an_explanation_in_the_row_answers_as_well(office: Office) -> None:
    """The cell stays as it was, the row explains itself: the remark is answered."""
    key = _remarked_row(office)
    remark(office, "VP", PERIOD, WORDS, (key, COLUMN))
    _sent(office, "giải trình", {(key, "explanation"): "Số liệu lấy theo hệ thống một cửa"})
    assert (_unit(office).state, _listed(office)) == ("accepted", [(WORDS, "Đã trả lời")])


def test_a_remark_stays_on_a_return_that_came_on_the_form_as_issued(office: Office) -> None:
    """The unit sends another return, not the marked form: what it has not answered is asked again."""
    key = _remarked_row(office)
    remark(office, "VP", PERIOD, WORDS, (key, COLUMN))
    first = office.workspace.root / "gui" / "lần 1.xlsx"
    book = openpyxl.load_workbook(first)
    book.properties.title = "lần 2"
    again = first.with_name("lần 2.xlsx")
    book.save(again)
    done = collect(office, [again], PERIOD, moment(18))
    assert [item.verdict for item in done.returns] == ["accepted_with_warnings"]
    counting = _unit(office).counting
    assert counting is not None and counting.judged.source.name == "lần 2.xlsx"
    assert [item.code for item in counting.judged.findings if item.asks] == ["OFFICE_REMARK"]


def _beside(office: Office) -> tuple[Workbook, Worksheet, dict[str, int], list[int]]:
    """kiem-tra.xlsx, its page of points, the headings' columns, the rows below them."""
    book = openpyxl.load_workbook(office.workspace.check_book(PERIOD))
    sheet = book["Điểm cần xử lý"]
    head = next((row for row in range(1, 12) if sheet.cell(row, 1).value == "TT"), 11)
    heads = {str(cell.value): number for number, cell in enumerate(sheet[head], start=1) if cell.value}
    rows = range(head + 1, sheet.max_row + 1)
    return book, sheet, heads, [row for row in rows if str(sheet.cell(row, 1).value or "").isdecimal()]


def _said_beside(office: Office, row: int, text: str | None) -> _RemarksTaken:
    """The remark beside a point, typed or cleared; then taken in."""
    book, sheet, heads, _ = _beside(office)
    sheet.cell(row, heads[BESIDE]).value = text
    book.save(office.workspace.check_book(PERIOD))
    return read_remarks(office, PERIOD)


def test_a_remark_is_written_beside_a_point(office: Office) -> None:
    """Typed in the row of a finding it goes back with the marked form, is listed on both pages and answered as any
    other; reworded there it replaces what it was; cleared it is withdrawn."""
    target = office.workspace.root / "gui" / "lần 2.xlsx"
    shutil.copy(office.workspace.root / "gui" / "lần 1.xlsx", target)
    book = openpyxl.load_workbook(target)
    key = _remarked_row(office)
    _cell(book, key, "result").value = None  # type: ignore[attr-defined]
    book.save(target)
    collect(office, [target], PERIOD, moment(16))
    _, sheet, heads, rows = _beside(office)
    places = {row: str(sheet.cell(row, heads["Mã ô"]).value or "") for row in rows}
    row = next(number for number, place in places.items() if place == f"VP|led|{key}|result")
    assert [rule.type for rule in sheet.data_validations.dataValidation] == ["textLength"]
    assert _said_beside(office, row, WORDS) == _RemarksTaken(1)
    assert _listed(office) == [(WORDS, "Chờ trả lời")]
    assert WORDS in _cell(openpyxl.load_workbook(_marked(office)), key, "result").comment.text  # type: ignore[attr-defined]
    _, sheet, heads, rows = _beside(office)
    beside = [
        str(sheet.cell(number, heads[BESIDE]).value) for number in rows if sheet.cell(number, heads[BESIDE]).value
    ]
    assert beside and set(beside) == {WORDS}
    assert read_remarks(office, PERIOD).recorded == 0
    row = next(number for number in rows if sheet.cell(number, heads["Mã ô"]).value == f"VP|led|{key}|result")
    assert _said_beside(office, row, "Ghi số lượng").problems == ()
    assert _listed(office) == [("Ghi số lượng", "Chờ trả lời")]
    assert _said_beside(office, row, None).problems == () and _listed(office) == []


def test_one_remark_reworded_in_two_ways_is_told(office: Office) -> None:
    """The page of points and the page of remarks say different things of one remark: the first counts, the other is
    told; so is a remark that is too long. Nothing is cut."""
    key = _remarked_row(office)
    remark(office, "VP", PERIOD, WORDS, (key, COLUMN))
    book, sheet, heads, rows = _beside(office)
    row = next(number for number in rows if sheet.cell(number, heads["Mã ô"]).value == f"VP|led|{key}|result")
    sheet.cell(row, heads[BESIDE]).value = "Ghi số lượng"
    head, columns = _heads(book["Ý kiến"])
    book["Ý kiến"].cell(head + 1, columns["Ý kiến"]).value = "Ghi ngày"
    book["Ý kiến"].cell(head + 2, columns["Ý kiến"]).value = "a" * 501
    book.save(office.workspace.check_book(PERIOD))
    taken = read_remarks(office, PERIOD)
    assert len(taken.problems) == 2 and "«Ghi số lượng»" in taken.problems[0] and "501 ký tự" in taken.problems[1]
    assert "trang «Ý kiến»" in taken.problems[0]


def test_lines_nobody_can_place_are_told_and_the_workbook_is_kept(office: Office) -> None:
    """An unknown unit, an unknown row, a column of many rows: each told with its line; the good line is on record, and
    kiem-tra.xlsx stays as the office left it, the new one beside it."""
    key = _remarked_row(office)
    _written(office, unit="VP", task=key, column=COLUMN, text=WORDS)
    _written(office, unit="XYZ", task=key, column=COLUMN, text="a")
    _written(office, unit="VP", task="Z.9", column=COLUMN, text="b")
    path = _written(office, unit="VP", column=COLUMN, text="c")
    left = path.read_bytes()
    taken = read_remarks(office, PERIOD)
    assert (taken.recorded, len(taken.problems)) == (1, 3)
    told = " ".join(taken.problems)
    assert (
        "không có đơn vị «XYZ»" in told
        and "«Z.9 Kết quả trong kỳ»" in told
        and "hãy ghi thêm trang hoặc mã dòng" in told
    )
    assert path.read_bytes() == left and path.with_name("kiem-tra (2).xlsx").exists()
    assert read_remarks(office, PERIOD).recorded == 0, "nothing is recorded twice"


def test_a_remark_is_reworded_and_withdrawn_where_it_stands(office: Office) -> None:
    """Other words in its line replace it; cleared, it is gone, and the return is accepted again."""
    key = _remarked_row(office)
    remark(office, "VP", PERIOD, WORDS, (key, COLUMN))
    for text, left in (("Ghi số lượng", [("Ghi số lượng", "Chờ trả lời")]), (None, [])):
        path = office.workspace.check_book(PERIOD)
        book = openpyxl.load_workbook(path)
        row, heads = _heads(book["Ý kiến"])
        book["Ý kiến"].cell(row + 1, heads["Ý kiến"]).value = text
        book.save(path)
        assert read_remarks(office, PERIOD).problems == ()
        assert _listed(office) == left
    assert _unit(office).state == "accepted"


def test_the_command_names_a_cell_by_its_address(office: Office) -> None:
    """`remark VP --cell "1. Kết quả!…"`; without words it is a wrong use, an address of no entry cell is told."""
    counting = _unit(office).counting
    assert counting is not None
    value = next(item for item in counting.judged.values if (item.table, item.field) == ("led", "result"))
    runner, root = CliRunner(), str(office.workspace.root)
    where = f"{value.sheet}!{value.cell}"
    done = runner.invoke(cli, ["-w", root, "remark", "VP", "--period", PERIOD, "--cell", where, "--text", WORDS])
    assert (done.exit_code, done.stdout.strip()) == (0, "Đã ghi nhận 1 ý kiến.")
    assert runner.invoke(cli, ["-w", root, "remark", "VP", "--cell", where]).exit_code == 2
    with pytest.raises(Nq57Error, match="không có ô nhập nào ứng với «ZZ9»"):
        remark(office, "VP", PERIOD, WORDS, ("", "ZZ9"))
