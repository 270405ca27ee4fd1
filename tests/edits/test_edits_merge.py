"""bien-tap.xlsx in real workspaces: what the office types is recorded, applied, shown, told and never lost."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner
from openpyxl import load_workbook
from openpyxl.formula.translate import Translator
from openpyxl.utils import get_column_letter

from nq57xl.cli import cli
from nq57xl.commands.collect import collect
from nq57xl.commands.merge import edits, merge
from nq57xl.commands.status import events
from nq57xl.edits.book import _edit_tables
from nq57xl.errors import WorkbookOpenError
from nq57xl.ledger.workspace import Workspace
from nq57xl.outputs.document import render_document
from nq57xl.outputs.exports import _facts
from nq57xl.rules.findings import catalogue
from nq57xl.text import files
from tests import report_books
from tests.conftest import CheckOoxml
from tests.document_kit import blocks, opened
from tests.edit_kit import (
    PERIOD,
    RESULTS,
    SHEET,
    VP,
    again,
    answer,
    book_of,
    cell_of,
    codes,
    copied,
    edit,
    entry,
    line,
    moment,
    office_at,
    send,
    spot,
    start,
)
from tests.office import convert

KINDS_MADE = [("I.1", "percent", "figure"), ("III.6", "result", "wording")]
FIGURE = line("VP|led|I.1|percent", 0.6, "f")
WORDING = line("VP|led|III.6|result", "Đã ban hành", "w", reason="Gọn câu")


@pytest.fixture(scope="module")
def merged_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one accepted return, merged once."""
    root = start(tmp_path_factory.mktemp("edits") / "goc")
    merge(office_at(root, moment(18)), PERIOD)
    return root


@pytest.fixture(autouse=True)
def no_companions(monkeypatch: pytest.MonkeyPatch) -> None:
    """The document and the texts are left out here: they cost more than the workbook."""
    monkeypatch.setattr("nq57xl.commands.merge._companions", lambda c, workspace: {})


@pytest.fixture
def root(merged_once: Path, tmp_path: Path) -> Path:
    return copied(merged_once, tmp_path / "so")


def test_a_row_has_one_line_with_its_cells_side_by_side(root: Path, check_ooxml: CheckOoxml) -> None:
    """Every row of a counting return stands once, but for who signed; what was typed stands in its cells as it is, and
    blank cells can be filled in, too."""
    check_ooxml(book_of(root))
    book = load_workbook(book_of(root))
    keys = [str(row[0].value) for sheet in book for row in sheet.iter_rows(min_row=2) if row[0].value]
    rows = [key for key in keys if key.startswith("VP|")]
    assert {f"VP|{place[1]}" for place in VP} <= set(rows)
    assert len(rows) == len(set(rows))
    assert not any("signoff" in key for key in rows)
    for (_, row, name), typed in VP.items():
        found = cell_of(book, f"VP|{row}|{name}").value
        # number and day of a document, typed in one cell of the form, have a cell each here
        said = str(typed).partition(" ngày ")[0] if name == "evidence_number" else typed
        assert (found.date() if isinstance(found, dt.datetime) else found) == said
    assert cell_of(book, "VP|led|I.1|completion_date").value is None


def test_only_entry_cells_are_open_and_each_has_its_validation(root: Path) -> None:
    """Entry cells are unlocked and validated as in the form; everything else is locked, the hidden columns too."""
    book = load_workbook(book_of(root))
    sheet: Any = book[SHEET]
    assert sheet.protection.sheet
    names = {cell.value: cell.column for cell in sheet[1]}
    entries = {number for name, number in names.items() if str(name).startswith("cell:")}
    rows = [row for row in range(2, sheet.max_row + 1) if str(sheet.cell(row, 1).value).startswith("VP|")]
    rules = [(rule.type, rule.sqref) for rule in sheet.data_validations.dataValidation]
    for row in rows:
        open_cells = {c.column for c in sheet[row] if not c.protection.locked and c.column <= names["bases"]}
        assert open_cells == entries | {names[name] for name in ("kind", "author", "reason")}
        assert all(any(sheet.cell(row, col).coordinate in area for _, area in rules) for col in open_cells)
    percent = cell_of(book, "VP|led|I.1|percent")
    assert [kind for kind, area in rules if percent.coordinate in area] == ["decimal"]
    assert percent.number_format == "0%"


@pytest.mark.needs("soffice")
def test_what_is_changed_is_marked_as_it_is_typed(root: Path, tmp_path: Path) -> None:
    """Of a line only the cell that was changed takes the mark, and who and why do while they are blank: the formulas
    of the marks, calculated by LibreOffice."""
    edit(book_of(root), line("VP|led|I.1|percent", 0.6, "", "An", ""))
    book = load_workbook(book_of(root))
    sheet: Any = book[SHEET]
    percent = cell_of(book, "VP|led|I.1|percent")
    row, last, other = percent.row, sheet.max_column, cell_of(book, "VP|led|III.6|percent").row
    (changed,), (lacking,) = ([rule.formula[0] for rule in item.rules] for item in sheet.conditional_formatting)
    first = min(cells[0].row for cells in sheet.iter_rows() if str(cells[0].value).startswith("VP|"))
    left = {"changed": min(c.column for c in sheet[1] if str(c.value).startswith("cell:"))}
    left["lacking"] = spot(sheet, "VP|led|I.1", "kind").column
    sheet.protection.sheet = False
    tried: dict[tuple[int, str, Any], str] = {}
    for name, formula in (("changed", changed), ("lacking", lacking)):
        for column in range(left[name], spot(sheet, "VP|led|I.1", "reason").column + 1):
            begin = f"{get_column_letter(left[name])}{first}"
            for at in (row, other):
                moved = Translator(f"={formula}", begin).translate_formula(f"{get_column_letter(column)}{at}")
                place = sheet.cell(at, last + 2 + len(tried))
                place.value = moved
                tried[at, name, sheet.cell(1, column).value] = place.coordinate
    book.save(tmp_path / "thu.xlsx")
    done: Any = load_workbook(convert(tmp_path / "thu.xlsx", out=tmp_path / "lo"), data_only=True)[SHEET]
    true = {key for key, address in tried.items() if done[address].value is True}
    wanted = {(row, "changed", "cell:percent"), (row, "lacking", "kind"), (row, "lacking", "reason")}
    assert {key for key in true if key[1] == "lacking" or str(key[2]).startswith("cell:")} == wanted


def test_merging_again_writes_the_same_bytes(root: Path) -> None:
    """Same ledger, same bytes: report and bien-tap.xlsx; nothing is recorded twice."""
    edit(book_of(root), FIGURE, WORDING)
    first = again(root)
    before = {path.name: path.read_bytes() for path in (first.report, first.internal, book_of(root))}
    second = again(root, 25)
    assert (first.edits.recorded, second.edits.recorded) == (2, 0)
    assert {path.name: path.read_bytes() for path in (second.report, second.internal, book_of(root))} == before


def test_an_edit_stands_in_the_report_with_its_own_source(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The edited value is shown, its cell lies in the archived bien-tap.xlsx; the unit's own word is kept beside it."""
    monkeypatch.undo()  # the document shows it, too
    places = edit(book_of(root), FIGURE, WORDING)
    version = book_of(root).read_bytes()
    done = again(root)
    c = done.consolidation
    assert (entry(c, "I.1").value("percent"), entry(c, "III.6").value("result")) == (0.6, "Đã ban hành")
    sha256 = hashlib.sha256(version).hexdigest()
    kept = Workspace(root).archived(sha256)
    assert kept is not None and kept.read_bytes() == version
    for place, address in places.items():
        _, table, key, field = place.split("|")
        traced = next(t for t in c.traced if (t.value.table, t.value.key, t.value.field) == (table, key, field))
        assert (traced.source.sha256, traced.value.sheet, traced.value.cell) == (sha256, SHEET, address)
        applied = c.edited["VP", table, key, field]
        assert applied.original is not None
        assert applied.edit.new.before == applied.original.typed
        assert (applied.edit.new.author, applied.state) == ("An", "applied")
    source = list(load_workbook(done.sources)["Nguồn số liệu"].iter_rows(values_only=True))
    at = next(i for i, row in enumerate(source) if row[3] == "I.1" and row[4] == "Tỷ lệ hoàn thành")
    assert (source[at][5], source[at][7], source[at][9]) == ("60%", "bien-tap.xlsx", places["VP|led|I.1|percent"])
    told = str(source[at + 1][5])
    assert all(text in told for text in ("Sửa số liệu theo điện thoại: An", "Chị Hoa báo lại", "«45%»", "vp.xlsx"))
    exported = {(fact.row, fact.field): fact.sha256 for fact in _facts(c) if fact.origin == "office"}
    assert exported == {("I.1", "percent"): sha256, ("III.6", "result"): sha256}
    document = "\n".join(blocks(opened(done.companions[0].read_bytes())))
    assert "đạt 60%, đã trình dự thảo lần 2" in document and "đã ban hành kế hoạch" not in document
    assert "45%" not in document


def test_every_value_is_found_where_it_is_said_to_stand(root: Path) -> None:
    """All traced values, edited ones too, are read back from the archived file at their sheet and cell."""
    edit(book_of(root), FIGURE, WORDING, line("VP|led|III.6|completion_date", dt.date(2026, 4, 8), "f"))
    c = again(root).consolidation
    books: dict[str, Any] = {}
    assert len(c.traced) > 12
    for item in c.traced:
        path = Workspace(root).archived(item.source.sha256)
        assert path is not None
        book = books.setdefault(item.source.sha256, load_workbook(path))
        found = book[item.value.sheet][item.value.cell].value
        found = found.date() if isinstance(found, dt.datetime) else found
        assert found == item.value.value or str(found) == item.value.typed


def test_counts_follow_an_edit(root: Path) -> None:
    """A progress put right by telephone moves the row from one count to another, in the formulas' values as well."""
    edit(book_of(root), line("VP|led|I.1|progress", "Thường xuyên", "f"))
    done = again(root)
    assert entry(done.consolidation, "I.1").progress == "ongoing"
    overview = load_workbook(done.report, data_only=True)["Tổng quan"]
    counts = next(row for row in report_books.table(overview, "Nhóm nhiệm vụ") if row["Nhóm nhiệm vụ"] == "Tổng số")
    assert (counts["Thường xuyên"], counts["Đang thực hiện"]) == (1, 0)


BAD = (
    (line("VP|led|I.1|percent", 0.6, "f", author=""), "REQUIRED_BLANK", "author"),
    (line("VP|led|II.3|percent", 0.6), "REQUIRED_BLANK", "kind"),
    (line("VP|led|III.4|percent", 0.6, "Sửa tạm"), "NOT_IN_LIST", "kind"),
    (line("VP|led|III.5|progress", "Sắp xong", "f"), "NOT_IN_LIST", "entry"),
    (line("VP|led|III.6|percent", 0.9, "w"), "EDIT_WORDING_OF_FIGURE", "entry"),
)
ALSO_BAD = (
    (line("VP|led|I.1|result", "Gọn", "w", reason=""), "REQUIRED_BLANK", "reason"),
    (line("VP|led|II.3|cause", "", "f"), "REQUIRED_BLANK", "reason"),
    (line("VP|led|III.6|completion_date", "hôm kia", "f"), "VALUE_UNREADABLE", "entry"),
    (line("VP|led|III.6|evidence_number", "13/KH-BQL ngày 09/04/2026", "f"), "VALUE_UNREADABLE", "entry"),
    (line("VP|led|III.4|progress", None, "f"), "REQUIRED_BLANK", "entry"),
    (line("VP|led|III.5|cause", "#N/A", "f"), "ERROR_CELL", "entry"),
)
RULED = (
    (line("VP|led|I.1|percent", 1.5e9, "f"), "OUT_OF_RANGE", "VP|led|I.1|percent"),
    (line("VP|led|II.3|progress", "Hoàn thành", "f"), "REQUIRED_BLANK", "VP|led|II.3|completion_date"),
)


@pytest.mark.parametrize("bad", [BAD, ALSO_BAD])
def test_what_cannot_be_taken_over_is_told_at_its_cell_and_kept(
    root: Path, bad: tuple[tuple[list[object], str, str], ...]
) -> None:
    """Bad lines: code, sheet and cell are told, merge goes on, the office's file stays, a new one stands beside it."""
    edit(book_of(root), *(typed for typed, _, _ in bad))
    before = book_of(root).read_bytes()
    book = load_workbook(book_of(root))
    wanted = [(code, SHEET, cell_of(book, str(typed[0]), column).coordinate) for typed, code, column in bad]
    done = again(root)
    assert sorted(codes(done)) == sorted(wanted)
    assert done.edits.recorded == 0
    assert not done.consolidation.edits
    assert book_of(root).read_bytes() == before
    assert done.edit_book == book_of(root).with_name("bien-tap (2).xlsx")
    beside = load_workbook(done.edit_book)
    for typed, _, _ in bad:
        place = str(typed[0])
        assert "Chưa ghi nhận" in cell_of(beside, place, "state").value
        assert (cell_of(beside, place).value or "", cell_of(beside, place, "author").value or "") == (
            typed[1] or "",
            typed[3],
        )


def test_edits_are_judged_by_the_rules_of_the_form(root: Path) -> None:
    """Out of limits, or done without a day: told at the cell that is wrong or lacking, nothing of the row is taken."""
    edit(book_of(root), line("VP|led|I.1|result", "Gọn", "f"), *(typed for typed, _, _ in RULED))
    book = load_workbook(book_of(root))
    done = again(root)
    for _, code, place in RULED:
        assert (code, SHEET, cell_of(book, place).coordinate) in codes(done)
    assert done.edits.recorded == 0
    assert entry(done.consolidation, "II.3").progress == "not_arisen"
    assert done.edit_book is not None
    assert cell_of(load_workbook(done.edit_book), "VP|led|I.1|result").value == "Gọn"


def test_of_several_workbooks_the_first_says_who_and_why(root: Path) -> None:
    """What two workbooks could not bring is kept side by side in one line, under the name that the first one gives."""
    second = book_of(root).with_name("bien-tap (2).xlsx")
    second.write_bytes(book_of(root).read_bytes())
    edit(book_of(root), line("VP|led|I.1|percent", 1.5e9, "f", author="An"))
    edit(second, line("VP|led|I.1|result", "Gọn", author="Bình"))
    done = again(root)
    assert done.edit_book is not None
    book = load_workbook(done.edit_book)
    said = [cell_of(book, f"VP|led|I.1|{field}").value for field in ("percent", "result")]
    assert (said, cell_of(book, "VP|led|I.1|percent", "author").value) == ([1.5e9, "Gọn"], "An")


def test_a_mended_line_is_taken_over_and_one_workbook_remains(root: Path) -> None:
    """Good lines count at once; when the bad one is mended, bien-tap.xlsx is written anew and the copy beside goes."""
    edit(book_of(root), WORDING, line("VP|led|I.1|percent", 0.6, "f", author=""))
    first = again(root)
    assert (first.edits.recorded, entry(first.consolidation, "I.1").value("percent")) == (1, 0.45)
    edit(book_of(root), FIGURE)
    second = again(root, 21)
    assert (second.edits.recorded, second.edits.findings) == (1, ())
    assert entry(second.consolidation, "I.1").value("percent") == 0.6
    assert sorted(path.name for path in book_of(root).parent.glob("bien-tap*")) == ["bien-tap.xlsx"]


def test_who_and_why_are_given_anew_for_each_change(root: Path) -> None:
    """Recorded edits leave who and why blank and say them in «Tình trạng»; another cell of the line asks for its own;
    who and why alone put right those of the line."""
    edit(book_of(root), FIGURE)
    again(root)
    book = load_workbook(book_of(root))
    state = cell_of(book, "VP|led|I.1|percent", "state").value
    assert all(text in state for text in ("Tỷ lệ hoàn thành", "«45%»", "An", "Chị Hoa báo lại"))
    assert cell_of(book, "VP|led|I.1|percent", "author").value is None
    edit(book_of(root), line("VP|led|I.1|result", "Đã trình", "w", "Bình", "Gọn"))
    second = again(root, 21).consolidation.edits
    said = {item.edit.new.field: (item.edit.new.author, item.edit.new.kind) for item in second}
    assert said == {"percent": ("An", "figure"), "result": ("Bình", "wording")}
    edit(book_of(root), ["VP|led|I.1|percent", 0.6, "Sửa số liệu theo điện thoại", "An", "Chị Hoa xác nhận lại"])
    third = {item.edit.new.field: item.edit.new.reason for item in again(root, 22).consolidation.edits}
    assert third == {"percent": "Chị Hoa xác nhận lại", "result": "Chị Hoa xác nhận lại"}


def test_clearing_an_entry_withdraws_the_edit(root: Path) -> None:
    """The unit's own value stands again, also where the office types just that, which is told; the ledger keeps the
    edit and its end."""
    edit(book_of(root), FIGURE, line("VP|led|I.1|result", "Đã trình dự thảo lần 3", "f"), WORDING)
    again(root)
    own = line("VP|led|I.1|result", VP[RESULTS, "led|I.1", "result"], "f")
    places = edit(book_of(root), ["VP|led|I.1|percent", None, None, None, None], own)
    done = again(root, 21)
    assert codes(done) == [("EDIT_CHANGES_NOTHING", SHEET, places[str(own[0])])]
    assert done.edits.recorded == 2
    assert entry(done.consolidation, "I.1").value("percent") == 0.45
    assert entry(done.consolidation, "I.1").value("result") == own[1]
    listed = edits(office_at(root, moment(22)), PERIOD)
    assert sorted(item.new.kind for item in listed.history) == ["figure"] * 2 + ["withdrawn"] * 2 + ["wording"]
    assert [item.edit.new.field for item in listed.edits] == ["result"]


def test_an_edit_ends_when_the_unit_reports_another_value(root: Path) -> None:
    """Sent again with another value: the unit's word counts, the old edit is told; the same value: it holds."""
    edit(book_of(root), FIGURE, WORDING)
    again(root)
    send(root, 0.45, 21)
    assert entry(again(root, 21).consolidation, "I.1").value("percent") == 0.6
    send(root, 0.5, 22)
    c = again(root, 22).consolidation
    assert entry(c, "I.1").value("percent") == 0.5
    assert {item.edit.new.field: item.state for item in c.edits} == {"percent": "outdated", "result": "applied"}
    book = load_workbook(book_of(root))
    assert "không còn áp dụng" in cell_of(book, "VP|led|I.1|percent", "state").value
    assert cell_of(book, "VP|led|I.1|percent").value == 0.6
    edit(book_of(root), line("VP|led|I.1|percent", 0.6, "f", reason="Chị Hoa khẳng định lại"))
    assert entry(again(root, 23).consolidation, "I.1").value("percent") == 0.6


def test_an_edit_holds_when_the_unit_spells_the_same_value_otherwise(root: Path) -> None:
    """A date and a percentage as texts, a text with other blanks: the same values, so the edits hold."""
    day = line("VP|led|III.6|completion_date", dt.date(2026, 4, 8), "f")
    edit(book_of(root), FIGURE, WORDING, day)
    again(root)
    spelled = {
        (RESULTS, "led|I.1", "percent"): "45 %",
        (RESULTS, "led|I.1", "result"): "  Đã trình dự thảo lần 2;  03 phòng đã góp ý ",
        (RESULTS, "led|III.6", "completion_date"): "7/4/2026",
    }
    form = root / "out" / PERIOD / "bieu-mau" / f"NQ57_{PERIOD}_VP.xlsx"
    answered = answer(form, root / "gui" / "vp lần 2.xlsx", VP | spelled)
    collect(office_at(root, moment(21)), [answered], PERIOD, moment(21))
    c = again(root, 21).consolidation
    assert [item.state for item in c.edits] == ["applied"] * 3
    assert entry(c, "III.6").value("completion_date") == dt.date(2026, 4, 8)
    shown = next(item.original for item in c.edits if item.edit.new.field == "completion_date")
    assert shown is not None and (shown.typed, shown.value) == ("7/4/2026", dt.date(2026, 4, 7))


def test_edits_stand_in_the_log(root: Path) -> None:
    """Each workbook that brought edits is an event: which file, which cells, by whom; `log` says so in words."""
    edit(book_of(root), FIGURE, WORDING)
    version = hashlib.sha256(book_of(root).read_bytes()).hexdigest()
    again(root)
    edit(book_of(root), line("VP|led|I.1|percent", None, "", "", ""))
    again(root, 21)
    again(root, 22)
    first, second = (item for item in events(office_at(root, moment(23))) if item.what == "edit")
    cells = [{"unit": "VP", "task": row, "field": name, "kind": kind} for row, name, kind in KINDS_MADE]
    assert first.detail == {"period": PERIOD, "file": "bien-tap.xlsx", "sha256": version, "cells": cells}
    assert second.detail["cells"] == [{"unit": "VP", "task": "I.1", "field": "percent", "kind": "withdrawn"}]
    words = CliRunner().invoke(cli, ["-w", str(root), "log"]).stdout
    assert words.count("Ghi nhận biên tập (") == 2


def test_lines_are_known_wherever_they_stand(root: Path) -> None:
    """Rows and columns inserted, lines sorted: found by their keys, with the cell as in that file."""
    edit(book_of(root), FIGURE)
    book = load_workbook(book_of(root))
    sheet = book[SHEET]
    sheet.insert_cols(1)
    sheet.insert_rows(1, 2)
    address = cell_of(book, "VP|led|I.1|percent").coordinate
    book.save(book_of(root))
    done = again(root)
    assert (done.edits.recorded, codes(done)) == (1, [])
    assert done.consolidation.edited["VP", "led", "I.1", "percent"].edit.new.cell == address


def test_notes_of_the_office_are_never_lost(root: Path) -> None:
    """A note in a column of its own, or a sheet of its own: edits count, the file stays, the new one goes beside."""
    edit(book_of(root), FIGURE)
    book = load_workbook(book_of(root))
    book[SHEET].cell(12, 60).value = "hỏi lại anh Bình"
    book.create_sheet("Nháp")["A1"] = "số điện thoại"
    book.save(book_of(root))
    before = book_of(root).read_bytes()
    done = again(root)
    assert done.edits.recorded == 1
    assert codes(done) == [("EDIT_OUTSIDE", SHEET, "BH12"), ("EDIT_OUTSIDE", "Nháp", "")]
    assert book_of(root).read_bytes() == before
    assert again(root, 21).edits.recorded == 0


def test_what_was_saved_while_merging_is_not_overwritten(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody saves bien-tap.xlsx after it was read: it stays for the next merge."""
    from nq57xl.commands import merge as module

    edit(book_of(root), FIGURE)
    real = module._write_reports

    def slow(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        edit(book_of(root), WORDING)
        return real(*arguments, **options)

    monkeypatch.setattr(module, "_write_reports", slow)
    first = again(root)
    monkeypatch.undo()
    assert (first.edits.recorded, again(root, 21).edits.recorded) == (1, 1)


def test_a_line_that_stands_twice_is_asked_back(root: Path) -> None:
    """A copied line that says something else: neither counts; one that says the same is one edit."""
    edit(book_of(root), FIGURE, WORDING)
    book = load_workbook(book_of(root))
    sheet: Any = book[SHEET]
    percent, last = cell_of(book, "VP|led|I.1|percent"), sheet.max_row + 1
    for offset, row in enumerate((percent.row, cell_of(book, "VP|led|III.6|result").row)):
        for cell in sheet[row]:
            sheet.cell(last + offset, cell.column).value = cell.value
    sheet.cell(last, percent.column).value = 0.9
    book.save(book_of(root))
    done = again(root)
    letter = percent.column_letter
    assert codes(done) == [("ROW_DUPLICATE", SHEET, f"{letter}{row}") for row in (percent.row, last)]
    assert [item.edit.new.field for item in done.consolidation.edits] == ["result"]
    assert done.edits.recorded == 1


def test_a_book_that_is_open_elsewhere_stops_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Excel holds bien-tap.xlsx: what was saved counts, the report is written, and the person is asked to close it."""
    edit(book_of(root), FIGURE)
    real = files.write_atomic

    def held(path: Path, data: bytes, **how: bool) -> None:
        if path.name == "bien-tap.xlsx":
            raise WorkbookOpenError(path)
        real(path, data, **how)

    monkeypatch.setattr(files, "write_atomic", held)
    done = again(root)
    assert (done.edits.recorded, done.edit_book) == (1, None)
    assert "hãy đóng tệp" in done.problem
    monkeypatch.undo()
    second = again(root, 21)
    assert (second.edits.recorded, second.edit_book) == (0, book_of(root))
    assert "đang áp dụng" in cell_of(load_workbook(book_of(root)), "VP|led|I.1|percent", "state").value


def test_a_file_that_is_no_workbook_stops_nothing(root: Path) -> None:
    """bien-tap.xlsx overwritten by something else: told by name, kept, the report is written all the same."""
    content = b"PK\x03\x04 not a workbook"
    book_of(root).write_bytes(content)
    done = again(root)
    assert [code for code, _, _ in codes(done)] == ["FILE_BROKEN"]
    assert book_of(root).read_bytes() == content
    assert done.report.exists()


def test_the_book_of_another_period_is_refused(root: Path) -> None:
    """A bien-tap.xlsx whose mark is another one is not taken over."""
    book = load_workbook(book_of(root))
    for sheet in book.worksheets[:-1]:
        sheet["A1"].value = "NQ57-BT|bql-2026|2026-03"
    book.save(book_of(root))
    edit(book_of(root), FIGURE)
    done = again(root)
    assert [code for code, _, _ in codes(done)] == ["EDIT_FILE_UNKNOWN"]
    assert done.edits.recorded == 0


@pytest.mark.needs("soffice")
def test_edits_saved_by_libreoffice_are_the_same(root: Path, tmp_path: Path) -> None:
    """Saved by LibreOffice: the same edits, and the rewritten workbook holds them."""
    edit(book_of(root), FIGURE, WORDING, line("VP|led|III.6|completion_date", dt.date(2026, 4, 8), "f"))
    book_of(root).write_bytes(convert(book_of(root), out=tmp_path / "lo").read_bytes())
    done = again(root)
    assert (done.edits.recorded, codes(done)) == (3, [])
    values = entry(done.consolidation, "III.6").values
    assert values["completion_date"].value == dt.date(2026, 4, 8)
    assert cell_of(load_workbook(book_of(root)), "VP|led|I.1|percent").value == 0.6


def test_the_command_lists_edits_with_before_and_after(root: Path) -> None:
    """`edits --json`: one document, before, after, who, why, when, state, file and cell."""
    places = edit(book_of(root), FIGURE)
    again(root)
    done = CliRunner().invoke(cli, ["-w", str(root), "edits", "--period", PERIOD, "--json"])
    document = json.loads(done.stdout)
    (item,) = document["edits"]
    assert (item["unit"], item["task"], item["field"], item["before"], item["after"]) == (
        "VP",
        "I.1",
        "percent",
        "45%",
        "60%",
    )
    assert (item["author"], item["reason"], item["state"]) == ("An", "Chị Hoa báo lại", "applied")
    assert (item["at"], item["cell"]) == ("2026-04-20T09:00:00+07:00", places["VP|led|I.1|percent"])
    told = CliRunner().invoke(cli, ["-w", str(root), "edits", "--period", PERIOD]).stdout
    assert "Tỷ lệ" in told and "percent" not in told
    assert all(code in catalogue() for code in ("EDIT_FILE_UNKNOWN", "EDIT_CELL_UNKNOWN", "EDIT_OUTSIDE"))


def test_the_offices_own_words_go_into_the_document(root: Path) -> None:
    """What the office writes in its two lines takes the place of the highlighted words, is offered again in the next
    month's bien-tap.xlsx, and is taken back by clearing it; nothing of a unit's is changed."""
    place = "-|office|judgement|text"
    before = again(root)
    said = "Kế hoạch được triển khai đúng tiến độ"
    edit(book_of(root), line(place, said, "", "", ""))
    done = again(root)
    assert done.consolidation.office_texts == {"judgement": said}
    assert done.unwritten == before.unwritten - 1
    assert [traced.value for traced in done.consolidation.traced] == [t.value for t in before.consolidation.traced]
    texts = blocks(opened(render_document(done.consolidation)))
    assert texts[texts.index("1. Kết quả nổi bật") + 1] == f"{said}."
    assert not done.edits.findings
    later = attrs.evolve(done.consolidation, edits=(), earlier_periods=(done.consolidation,))
    offered = {item.place[2]: item.before for item in next(_edit_tables(later)).lines}
    assert offered == {"steering": "", "judgement": said}
    edit(book_of(root), line(place, None, "", "", ""))
    assert again(root).consolidation.office_texts == {}
