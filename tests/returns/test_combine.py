"""Two people of one unit: what the newer return loses is told cell by cell, or both halves become one (--combine)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from nq57xl.cli import cli
from nq57xl.commands.collect import Collected, check_file, collect
from nq57xl.commands.decide import decide
from nq57xl.commands.demo import Department
from nq57xl.commands.merge import merge
from nq57xl.commands.office import Office
from nq57xl.commands.status import status
from nq57xl.forms.layout import layout
from nq57xl.forms.model import Form, Source, Value
from nq57xl.returns.combine import _compare_returns, left_out_findings
from nq57xl.returns.model import AnsweredForm, JudgedReturn, Return, ReturnRecord
from nq57xl.rules.findings import Finding
from nq57xl.text.addresses import a1
from nq57xl.xlsx.patch import put_values
from tests.april_kit import DUE, PERIOD, copy_of, issued_office, moment

Key = tuple[str, str, str]
FIRST_ROW = "I.1"
"""A row that VP leads."""


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with issued forms; beside it VP's whole report, and another by another person."""
    office, form = issued_office(tmp_path_factory.mktemp("hai nửa"), 20)
    root = office.workspace.root
    Department(7, DUE).fill(form, root.parent / "cả.xlsx")
    return root


@pytest.fixture
def office(issued: Path, tmp_path: Path) -> Office:
    return copy_of(issued, tmp_path, 20)


@pytest.fixture
def whole(issued: Path) -> Path:
    return issued.parent / "cả.xlsx"


def form_of(office: Office) -> Form:
    with office.reading() as ledger:
        form = ledger.current_form("VP", PERIOD)
    assert form is not None
    return form


def places(office: Office) -> dict[Key, tuple[str, str]]:
    """Every entry cell of VP's form: (sheet, address) by (table, row, field)."""
    return {
        (slot.table, slot.key, slot.field): (sheet.title, a1(slot.row, slot.col))
        for sheet in layout(form_of(office))
        for slot in sheet.slots
        if slot.role == "entry"
    }


def make(office: Office, source: Path, target: Path, change: Callable[[Key], object | None]) -> Path:
    """A copy in which `change` says what each cell holds: KEEP, None for blank, or a new content."""
    changed: list[tuple[str, str, Any]] = []
    for key, cell in places(office).items():
        content = change(key)
        if content is not KEEP:
            changed.append((*cell, "" if content is None else content))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(put_values(source.read_bytes(), changed))
    return target


KEEP = object()


def part(wanted: Callable[[Key], bool]) -> Callable[[Key], object | None]:
    return lambda key: KEEP if wanted(key) else None


def record(office: Office, name: str) -> ReturnRecord:
    with office.reading() as ledger:
        (found,) = ledger.find_returns(name, sha256=False)
    return found


def of(done: Collected, name: str) -> JudgedReturn:
    (found,) = (item for item in done.returns if item.source.name == name)
    return found


def lost(item: JudgedReturn) -> list[Finding]:
    return [finding for finding in item.findings if finding.code == "LOST_FROM_EARLIER"]


def first_half(key: Key) -> bool:
    """What the first person filled in: everything but the first row they lead, and the sign-off."""
    return key[:2] != ("led", FIRST_ROW) and key[0] != "signoff"


def values(found: ReturnRecord) -> dict[Key, Value]:
    return {(item.table, item.key, item.field): item for item in found.judged.values}


def test_what_the_newer_leaves_blank_is_told_cell_by_cell(office: Office, whole: Path, tmp_path: Path) -> None:
    """Accepted whole, then without two cells that are not required: each is a warning with value, file and cell."""
    first = collect(office, [whole], PERIOD, moment(14))
    typed = values(record(office, "cả.xlsx"))
    gone = [key for key in typed if key[0] == "led" and key[2] in ("next_work", "kpi_achieved")][:2]
    assert first.returns[0].verdict == "accepted" and len(gone) == 2
    newer = make(office, whole, tmp_path / "sau.xlsx", part(lambda key: key not in gone))
    done = collect(office, [newer], PERIOD, moment(15))
    item = of(done, "sau.xlsx")
    assert item.verdict == "accepted_with_warnings"
    assert [(f.severity, f.table, f.task, f.field) for f in lost(item)] == [("warning", *key) for key in gone]
    here = places(office)
    assert [(f.sheet, f.cell) for f in lost(item)] == [here[key] for key in gone]
    for finding, key in zip(lost(item), gone, strict=True):
        assert "«cả.xlsx»" in finding.message and f"ô {typed[key].cell})" in finding.message
        assert typed[key].typed[:30] in finding.message
    assert done.answers.sent_back, "the marked form goes back"


def test_what_only_a_rejected_return_said_is_a_note(office: Office, whole: Path, tmp_path: Path) -> None:
    """The half that was rejected never counted: its cells are told, and ask nobody for an answer."""
    rejected = make(office, whole, tmp_path / "trước.xlsx", part(lambda key: key[0] != "signoff"))
    assert collect(office, [rejected], PERIOD, moment(14)).returns[0].verdict == "rejected"
    optional = [key for key in values(record(office, "trước.xlsx")) if key[2] == "next_work"]
    newer = make(office, whole, tmp_path / "sau.xlsx", part(lambda key: key not in optional))
    item = of(collect(office, [newer], PERIOD, moment(15)), "sau.xlsx")
    assert item.verdict == "accepted"
    assert {(f.severity, f.task) for f in lost(item)} == {("note", key[1]) for key in optional}


def test_a_cell_that_is_wrong_anyway_or_no_longer_fits_is_only_noted(
    office: Office, whole: Path, tmp_path: Path
) -> None:
    """One finding per cause: beside a required blank the loss is a note; so is a percent where the row is now done."""
    collect(office, [whole], PERIOD, moment(14))
    newer = make(office, whole, tmp_path / "sau.xlsx", part(lambda key: key[0] != "signoff"))
    item = of(collect(office, [newer], PERIOD, moment(15)), "sau.xlsx")
    assert item.verdict == "rejected"
    by_field = {f.field: f.severity for f in lost(item)}
    assert by_field["prepared_by"] == by_field["approved_by"] == "note"
    contact = next(f for f in lost(item) if f.field == "phone")
    typed = values(record(office, "cả.xlsx"))["signoff", "signoff", "phone"].typed
    assert typed not in contact.message, "contacts stay out of findings"


def test_nothing_is_lost_to_a_newer_return_that_came_first(office: Office, whole: Path, tmp_path: Path) -> None:
    """The order is that of the received times; a return that was left out is not compared with."""
    half = make(office, whole, tmp_path / "nửa.xlsx", part(first_half))
    collect(office, [whole], PERIOD, moment(15))
    assert lost(of(collect(office, [half], PERIOD, moment(14)), "nửa.xlsx")) == []
    decide(office, "exclude", "cả.xlsx", PERIOD, "gửi nhầm")
    other = make(office, whole, tmp_path / "khác.xlsx", part(lambda key: first_half(key) and key[2] != "next_work"))
    told = lost(of(collect(office, [other], PERIOD, moment(16)), "khác.xlsx"))
    assert {f.field for f in told} == {"next_work"}
    assert all("«nửa.xlsx»" in f.message for f in told)


def test_two_rejected_halves_become_one_accepted_return(office: Office, whole: Path, tmp_path: Path) -> None:
    """Each half alone is rejected; combined they are what the whole report says, each cell with its own file."""
    one = make(office, whole, tmp_path / "nửa một.xlsx", part(first_half))
    two = make(office, whole, tmp_path / "nửa hai.xlsx", part(lambda key: not first_half(key)))
    done = collect(office, [one], PERIOD, moment(14), combine=True)
    assert of(done, "nửa một.xlsx").verdict == "rejected"
    done = collect(office, [two], PERIOD, moment(15), combine=True)
    item = of(done, "nửa hai.xlsx")
    assert [f.code for f in item.findings if f.severity in ("error", "warning")] == []
    assert item.verdict == "accepted"
    (told,) = (f for f in item.findings if f.code == "COMBINED_FROM")
    taken = [key for key, value in values(record(office, "nửa hai.xlsx")).items() if value.origin is not None]
    assert (told.severity, told.value) == ("note", "nửa một.xlsx") and told.message.startswith(f"{len(taken)} ô ")
    assert check_file(office, whole, PERIOD).accepted
    collect(office, [whole], PERIOD, moment(10))
    both, plain = values(record(office, "nửa hai.xlsx")), values(record(office, "cả.xlsx"))
    assert {key: (value.typed, value.value) for key, value in both.items()} == {
        key: (value.typed, value.value) for key, value in plain.items()
    }
    first, here = record(office, "nửa một.xlsx"), places(office)
    for key, value in both.items():
        assert (value.sheet, value.cell) == here[key]
        assert value.origin == (first.judged.source if first_half(key) else None)


def test_the_same_in_one_run(office: Office, whole: Path, tmp_path: Path) -> None:
    """Both halves in one call: the second by received time is made of both, whatever the order of the files."""
    one = make(office, whole, tmp_path / "b" / "2026-04-14" / "nửa một.xlsx", part(first_half))
    make(office, whole, tmp_path / "b" / "2026-04-13" / "nửa hai.xlsx", part(lambda key: not first_half(key)))
    done = collect(office, [tmp_path / "b"], PERIOD, combine=True)
    assert of(done, "nửa hai.xlsx").verdict == "rejected"
    assert of(done, "nửa một.xlsx").verdict == "accepted"
    (unit,) = (item for item in status(office, PERIOD).status.units if item.code == "VP")
    assert Path(unit.file) == one


def test_the_report_traces_each_cell_to_the_half_it_stands_in(office: Office, whole: Path, tmp_path: Path) -> None:
    """ "Nguồn số liệu" names both files, and each cell where its author typed it."""
    one = make(office, whole, tmp_path / "nửa một.xlsx", part(first_half))
    two = make(office, whole, tmp_path / "nửa hai.xlsx", part(lambda key: not first_half(key)))
    collect(office, [one], PERIOD, moment(14))
    collect(office, [two], PERIOD, moment(15), combine=True)
    sheet = load_workbook(merge(office, PERIOD).sources)["Nguồn số liệu"]
    lines = [[cell.value for cell in row] for row in sheet.iter_rows() if str(row[0].value or "").isdigit()]
    found = {(str(line[7]), str(line[8]), str(line[9])) for line in lines}
    here = places(office)
    typed = values(record(office, "nửa hai.xlsx"))
    contacts = ("phone", "email")
    assert found == {
        ("nửa một.xlsx" if first_half(key) else "nửa hai.xlsx", *here[key]) for key in typed if key[2] not in contacts
    }


def test_where_both_say_something_the_newer_holds(office: Office, whole: Path, tmp_path: Path) -> None:
    """Two different results for one row: the newer counts, a warning names both with file and cell."""
    collect(office, [whole], PERIOD, moment(14))
    key = next(key for key in values(record(office, "cả.xlsx")) if key[0] == "led" and key[2] == "result")
    newer = make(office, whole, tmp_path / "sau.xlsx", lambda cell: "Kết quả mới, 05 văn bản" if cell == key else KEEP)
    item = of(collect(office, [newer], PERIOD, moment(15), combine=True), "sau.xlsx")
    (conflict,) = (f for f in item.findings if f.code == "COMBINE_DIFFERS")
    assert (conflict.severity, conflict.table, conflict.task, conflict.field) == ("warning", *key)
    assert "Kết quả mới" in conflict.message and "«cả.xlsx»" in conflict.message
    assert values(record(office, "sau.xlsx"))[key].value == "Kết quả mới, 05 văn bản"
    assert item.verdict == "accepted_with_warnings"


def test_what_would_contradict_the_newer_is_not_taken(office: Office, whole: Path, tmp_path: Path) -> None:
    """A percent of 40 % under way, then done without a percent: not filled in, and said so."""
    fields = {"progress": "Đang thực hiện", "percent": 0.4, "result": "Đang làm", "cause": "Chờ ý kiến"}
    blank = {name: None for key in places(office) if key[0] == "led" for name in (key[2],)}

    def row(content: dict[str, object]) -> Callable[[Key], object | None]:
        return lambda key: {**blank, **content}[key[2]] if key[:2] == ("led", FIRST_ROW) else KEEP

    before = make(office, whole, tmp_path / "trước.xlsx", row(dict(fields)))
    assert collect(office, [before], PERIOD, moment(14)).returns[0].verdict == "accepted"
    done: dict[str, object] = {"progress": "Hoàn thành", "result": "Đã xong", "completion_date": dt.date(2026, 4, 10)}
    done |= {"evidence_number": "12/QĐ ngày 10/04/2026"}
    newer = make(office, whole, tmp_path / "sau.xlsx", row(done))
    plain = check_file(office, newer, PERIOD).returns[0]
    assert {(f.field, f.severity) for f in lost(plain)} == {("percent", "note"), ("cause", "warning")}
    item = of(collect(office, [newer], PERIOD, moment(15), combine=True), "sau.xlsx")
    after = values(record(office, "sau.xlsx"))
    assert ("led", FIRST_ROW, "percent") not in after
    assert after["led", FIRST_ROW, "cause"].value == "Chờ ý kiến"
    told = {f.field: f.message for f in item.findings if f.code == "COMBINE_DIFFERS"}
    assert set(told) == {"progress", "percent", "result"}
    assert "để trống" in told["percent"] and "40%" in told["percent"]


def test_an_unreadable_cell_of_the_other_half_is_never_taken(office: Office, whole: Path, tmp_path: Path) -> None:
    """What had an error of its own stays out: the combined row is asked for it again."""
    key = ("led", FIRST_ROW, "percent")
    progress = ("led", FIRST_ROW, "progress")

    def spoilt(cell: Key) -> object:
        return {key: "khoảng hơn một nửa", progress: "Đang thực hiện"}.get(cell, KEEP)

    before = make(office, whole, tmp_path / "trước.xlsx", spoilt)
    collect(office, [before], PERIOD, moment(14), combine=True)
    newer = make(office, before, tmp_path / "sau.xlsx", part(lambda cell: cell != key))
    item = of(collect(office, [newer], PERIOD, moment(15), combine=True), "sau.xlsx")
    assert item.verdict == "rejected"
    assert [(f.code, f.field) for f in item.findings if f.severity == "error"] == [("REQUIRED_BLANK", "percent")]
    assert key not in values(record(office, "sau.xlsx"))


def test_a_sheet_that_only_the_other_half_has_is_no_error(office: Office, whole: Path, tmp_path: Path) -> None:
    """Each deletes the sheet that is not theirs: alone both are rejected, together they are one whole report."""
    titles = [sheet for key, (sheet, _) in places(office).items() if key[0] in ("signoff", "led")]
    signoff, led = titles[-1], titles[0]
    for name, sheet in (("nửa một.xlsx", signoff), ("nửa hai.xlsx", led)):
        book = load_workbook(whole)
        del book[sheet]
        book.save(tmp_path / name)
    done = collect(office, [tmp_path / "nửa một.xlsx"], PERIOD, moment(14), combine=True)
    assert "SHEET_MISSING" in {f.code for f in done.returns[0].findings if f.severity == "error"}
    item = of(collect(office, [tmp_path / "nửa hai.xlsx"], PERIOD, moment(15), combine=True), "nửa hai.xlsx")
    assert [(f.code, f.message) for f in item.findings if f.severity == "error"] == []
    assert item.verdict in ("accepted", "accepted_with_warnings")
    assert {f.severity for f in item.findings if f.code == "SHEET_MISSING"} == {"note"}


def test_free_rows_go_by_what_they_say(office: Office, whole: Path, tmp_path: Path) -> None:
    """Two lists of proposals, each from number one: combined all are there; a reworded row is not doubled."""
    mine = {("proposal", "01", "title"): "Số hóa hồ sơ lưu trữ", ("proposal", "01", "reason"): "Theo chỉ đạo"}
    theirs = {
        ("proposal", "01", "title"): "Mua sắm thiết bị họp trực tuyến",
        ("proposal", "02", "title"): "Số hóa hồ sơ lưu trữ giai đoạn 2",
    }

    def listed(rows: dict[Key, str]) -> Callable[[Key], object | None]:
        return lambda key: rows.get(key) if key[0] == "proposal" else KEEP

    one = make(office, whole, tmp_path / "một.xlsx", listed(mine))
    two = make(office, whole, tmp_path / "hai.xlsx", listed(theirs))
    collect(office, [one], PERIOD, moment(14))
    plain = check_file(office, two, PERIOD).returns[0]
    assert [(f.task, f.field) for f in lost(plain)] == [("02", "reason")], "row 02 is the reworded one"
    collect(office, [two], PERIOD, moment(15), combine=True)
    after = {key: value.value for key, value in values(record(office, "hai.xlsx")).items() if key[0] == "proposal"}
    assert after == {**theirs, ("proposal", "02", "reason"): "Theo chỉ đạo"}
    other = {("proposal", "01", "title"): "Đào tạo kỹ năng số cho công chức"}
    three = make(office, whole, tmp_path / "ba.xlsx", listed(other))
    collect(office, [three], PERIOD, moment(16), combine=True)
    titles = {key[1]: value.value for key, value in values(record(office, "ba.xlsx")).items() if key[2] == "title"}
    assert titles == {
        "01": "Đào tạo kỹ năng số cho công chức",
        "02": "Mua sắm thiết bị họp trực tuyến",
        "03": "Số hóa hồ sơ lưu trữ giai đoạn 2",
    }


def test_what_was_collected_before_is_combined_afterwards(office: Office, whole: Path, tmp_path: Path) -> None:
    """The office sees what was lost and runs again with --combine: one more return with a file of its own."""
    one = make(office, whole, tmp_path / "b" / "2026-04-14" / "nửa một.xlsx", part(first_half))
    two = make(office, whole, tmp_path / "b" / "2026-04-15" / "nửa hai.xlsx", part(lambda key: not first_half(key)))
    assert {item.verdict for item in collect(office, [tmp_path / "b"], PERIOD).returns} == {"rejected"}
    done = collect(office, [tmp_path / "b"], PERIOD, combine=True)
    assert [(item.source.name, item.verdict) for item in done.returns] == [
        ("nửa một.xlsx", "duplicate"),
        ("nửa hai.xlsx", "duplicate"),
        ("nửa hai (ghép).xlsx", "accepted"),
    ]
    joined = record(office, "nửa hai (ghép).xlsx")
    assert joined.judged.source.received_at == moment(15).replace(hour=0)
    origins = {value.origin.path for value in joined.judged.values if value.origin}
    assert origins == {str(one), str(two)}
    assert all(value.origin for value in joined.judged.values)
    kept = office.workspace.archived(joined.judged.source.sha256)
    assert kept is not None and check_file(office, kept, PERIOD).accepted
    again = collect(office, [tmp_path / "b"], PERIOD, combine=True)
    assert {item.verdict for item in again.returns} == {"duplicate"}
    traced = load_workbook(merge(office, PERIOD).sources)["Nguồn số liệu"]
    files = {str(row[7].value) for row in traced.iter_rows() if str(row[0].value or "").isdigit()}
    assert files == {"nửa một.xlsx", "nửa hai.xlsx"}


def test_a_whole_return_is_not_combined_again(office: Office, whole: Path) -> None:
    """Nothing to fill: --combine over known files changes nothing."""
    collect(office, [whole], PERIOD, moment(14))
    assert [item.verdict for item in collect(office, [whole], PERIOD, combine=True).returns] == ["duplicate"]


def test_a_field_that_changed_its_kind_is_not_taken_over(office: Office) -> None:
    """An earlier form with other definitions: a cell whose type or list is another says nothing of the newer one."""
    form = form_of(office)
    key = ("led", FIRST_ROW, "percent")
    led = form.schema.table("led")
    fields = tuple(attrs.evolve(item, type="text") if item.name == "percent" else item for item in led.fields)
    tables = tuple(attrs.evolve(led, fields=fields) if item is led else item for item in form.schema.tables)
    schema = attrs.evolve(form.schema, version="older", tables=tables)
    older = attrs.evolve(form, issue_id="older", schema=schema)
    source = Source("a.xlsx", "a.xlsx", "0" * 64, 1, moment(14), "option")
    values = (
        Value(*key, "quá nửa", "quá nửa", "S", "A1"),
        Value("led", FIRST_ROW, "result", "Xong", "Xong", "S", "B1"),
    )
    earlier = AnsweredForm(older, JudgedReturn(source, "accepted", "VP", PERIOD, "older", values))
    places = {key: ("S", "A1"), ("led", FIRST_ROW, "result"): ("S", "B1")}
    newer = Return(source, form, places=places)
    same_form = attrs.evolve(earlier, form=form)
    assert [cell.key[2] for cell in _compare_returns(newer, earlier)["blank"]] == ["result"]
    assert [cell.key[2] for cell in _compare_returns(newer, same_form)["blank"]] == ["percent", "result"]


def test_a_field_that_free_rows_had_once_is_passed_over(office: Office) -> None:
    """Of an earlier form's free row what the newer form asks for is left out, a field that it does not know is not."""
    form = form_of(office)
    free = form.schema.table("proposal")
    fields = (attrs.evolve(free.fields[0], name="gone"), *free.fields)
    tables = tuple(attrs.evolve(free, fields=fields) if item is free else item for item in form.schema.tables)
    older = attrs.evolve(form, issue_id="older", schema=attrs.evolve(form.schema, version="older", tables=tables))
    source = Source("a.xlsx", "a.xlsx", "0" * 64, 1, moment(14), "option")
    values = tuple(
        Value("proposal", "01", name, text, text, "S", cell)
        for name, text, cell in (("gone", "Cũ", "A1"), ("title", "Số hóa hồ sơ", "B1"))
    )
    earlier = AnsweredForm(older, JudgedReturn(source, "accepted", "VP", PERIOD, "older", values))
    found = left_out_findings(Return(source, form), (), [earlier])
    assert [(item.code, item.table) for item in found] == [("LOST_FROM_EARLIER", "proposal")]
    assert "«Số hóa hồ sơ»" in found[0].message


def test_the_command_combines(office: Office, whole: Path, tmp_path: Path) -> None:
    """`collect --combine` on the command line."""
    one = make(office, whole, tmp_path / "nửa một.xlsx", part(first_half))
    two = make(office, whole, tmp_path / "nửa hai.xlsx", part(lambda key: not first_half(key)))
    base = ["-w", str(office.workspace.root), "collect", "--period", PERIOD]
    assert CliRunner().invoke(cli, [*base, str(one), "--received", "2026-04-14"]).exit_code == 0
    done = CliRunner().invoke(cli, [*base, str(two), "--received", "2026-04-15", "--combine"])
    assert done.stdout.startswith("Đã nhận: ")
