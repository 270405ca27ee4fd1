"""The use cases over a real workspace: issue, return, reject, fix, accept, consolidate; nothing lost or doubled."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from nq57xl.commands.collect import collect
from nq57xl.commands.demo import Department
from nq57xl.commands.generate import generate
from nq57xl.commands.init import init, show
from nq57xl.commands.merge import merge
from nq57xl.commands.office import Office
from nq57xl.commands.status import status
from nq57xl.errors import Nq57Error
from nq57xl.text.clock import Clock
from tests.april_kit import DUE, copy_of, issued_office, moment


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace of the first plan, its name as an office would write it."""
    folder = tmp_path / "Phòng Tổng hợp 2026"
    init(folder, "bql-2026")
    return folder


@pytest.fixture
def office(root: Path) -> Office:
    return Office.at(root, Clock(moment(1)))


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the forms of April issued."""
    return issued_office(tmp_path_factory.mktemp("tháng tư"), 1)[0].workspace.root


@pytest.fixture
def april(issued: Path, tmp_path: Path) -> Office:
    """A copy of it."""
    return copy_of(issued, tmp_path, 1)


def filled(office: Office, unit: str, target: Path, *, mistakes: bool = False) -> Path:
    """A department's report, typed into the issued form."""
    form = office.workspace.forms_dir("2026-04") / f"NQ57_2026-04_{unit}.xlsx"
    Department(7, DUE).fill(form, target, mistakes=mistakes)
    return target


def edit(path: Path, change: Callable[[object], None]) -> None:
    book = load_workbook(path)
    change(book)
    book.save(path)


def test_issuing_again_gives_the_same_bytes(office: Office) -> None:
    """Unchanged plan: the same bytes, the same issue ids, no new version (contract.md 2)."""
    first = generate(office, "2026-04")
    before = {item.path.name: item.path.read_bytes() for item in first.forms}
    for item in first.forms:
        item.path.unlink()
    again = generate(office, "2026-04")
    assert {item.path.name: item.path.read_bytes() for item in again.forms} == before
    assert [item.is_new for item in again.forms] == [False] * len(before)
    assert sorted(before) == [f"NQ57_2026-04_{unit}.xlsx" for unit in ("QLCNC", "QLDN", "QLDT", "VP")]


def test_a_changed_plan_is_a_new_version_and_says_what_changed(april: Office) -> None:
    """One deadline changes: the forms that show the row get version 2, with the row named."""
    book = load_workbook(april.workspace.appendix)
    sheet = book["Nhiệm vụ"]
    place = next(cell for row in sheet.iter_rows() for cell in row if cell.value == "Quý I/2026")
    place.value = "Quý II/2026"
    book.save(april.workspace.appendix)
    again = generate(april, "2026-04")
    lead = next(item for item in again.forms if item.form.unit == "VP")
    assert lead.form.version == 2
    assert lead.changes == ("sửa III.6",)


def test_a_plan_with_errors_is_not_issued(office: Office, root: Path) -> None:
    """A lead that nobody knows: lint names the cell, generate refuses, nothing is written."""
    book = load_workbook(root / "phu-luc.xlsx")
    sheet = book["Nhiệm vụ"]
    place = next(cell for row in sheet.iter_rows() for cell in row if cell.value == "Phòng Quản lý công nghệ cao")
    place.value = "Phòng Không Có Thật"
    book.save(root / "phu-luc.xlsx")
    found = [item for item in office.lint() if item.severity == "error"]
    assert [(item.code, item.sheet, item.cell) for item in found] == [
        ("PLAN_UNIT_UNRESOLVED", "Nhiệm vụ", place.coordinate)
    ]
    with pytest.raises(Nq57Error, match="chưa phát hành biểu mẫu"):
        generate(office, "2026-04")
    assert not office.workspace.forms_dir("2026-04").exists()
    assert len(show(office).tasks) == 6


def test_a_rejected_return_comes_back_marked_and_is_accepted_when_fixed(april: Office, tmp_path: Path) -> None:
    """Rejected with cells named; the marked form keeps what was typed; fixed and returned it is accepted."""
    sent = filled(april, "VP", tmp_path / "gui" / "lần 1.xlsx", mistakes=True)
    done = collect(april, [sent], "2026-04", moment(15))
    (item,) = done.returns
    assert (item.verdict, item.unit) == ("rejected", "VP")
    errors = {finding.code: finding for finding in item.findings if finding.severity == "error"}
    assert set(errors) == {"VALUE_UNREADABLE", "REQUIRED_BLANK"}
    assert errors["VALUE_UNREADABLE"].value == "khoảng hơn một nửa"
    original = load_workbook(sent)[errors["VALUE_UNREADABLE"].sheet][errors["VALUE_UNREADABLE"].cell]
    assert original.value == "khoảng hơn một nửa"
    marked = april.workspace.back_dir("2026-04") / "NQ57_2026-04_VP.xlsx"
    assert done.answers.sent_back == (marked,)
    assert load_workbook(marked).sheetnames[0] == "Cần sửa"
    assert Department(7, DUE).mend(marked, tmp_path / "gui" / "lần 2.xlsx") == 2
    again = collect(april, [tmp_path / "gui" / "lần 2.xlsx"], "2026-04", moment(16))
    assert [item.verdict for item in again.returns] == ["accepted"]
    assert not marked.exists()
    unit = next(unit for unit in status(april, "2026-04").status.units if unit.code == "VP")
    assert (unit.state, unit.on_time, unit.last_attempt) == ("accepted", True, "accepted")


def test_collecting_twice_changes_nothing(april: Office, tmp_path: Path) -> None:
    """The same bytes again, under another name too, are a duplicate; another period judges them (contract.md 3.4)."""
    generate(april, "2026-05", ["QLDT"])
    sent = filled(april, "QLDT", tmp_path / "a.xlsx")
    first = collect(april, [sent], "2026-04", moment(15))
    copy = shutil.copy(sent, tmp_path / "b.xlsx")
    again = collect(april, [sent, Path(copy)], "2026-04", moment(20))
    elsewhere = collect(april, [sent], "2026-05", moment(20))
    assert [item.verdict for item in first.returns] == ["accepted"]
    assert [item.verdict for item in again.returns] == ["duplicate", "duplicate"]
    assert [(item.verdict, item.unit) for item in elsewhere.returns] == [("rejected", "QLDT")]
    unit = next(unit for unit in status(april, "2026-04").status.units if unit.code == "QLDT")
    assert unit.received_at == moment(15)


def test_a_rejected_return_never_displaces_an_accepted_one(april: Office, tmp_path: Path) -> None:
    """Accepted first, rejected later: the accepted one counts, the last attempt is told (contract.md 4)."""
    collect(april, [filled(april, "VP", tmp_path / "tốt.xlsx")], "2026-04", moment(14))
    collect(april, [filled(april, "VP", tmp_path / "xấu.xlsx", mistakes=True)], "2026-04", moment(15))
    unit = next(unit for unit in status(april, "2026-04").status.units if unit.code == "VP")
    assert (unit.state, unit.last_attempt, unit.received_at) == ("accepted", "rejected", moment(14))


def test_an_older_return_collected_later_is_superseded(april: Office, tmp_path: Path) -> None:
    """Received time decides, not the order of collection."""
    new = filled(april, "QLDT", tmp_path / "mới.xlsx")
    old = filled(april, "QLDT", tmp_path / "cũ.xlsx")
    edit(old, lambda book: setattr(book["2. Phối hợp"]["F9"], "value", book["2. Phối hợp"]["F9"].value))  # type: ignore[index]
    book = load_workbook(old)
    book.properties.title = "bản cũ"
    book.save(old)
    collect(april, [new], "2026-04", moment(16))
    late = collect(april, [old], "2026-04", moment(10))
    assert [item.verdict for item in late.returns] == ["superseded"]


def test_last_months_form_is_the_wrong_period(april: Office, tmp_path: Path) -> None:
    """A form of another period is rejected, and this period's form goes back with the figures in it."""
    generate(april, "2026-05", ["QLDT"])
    sent = filled(april, "QLDT", tmp_path / "NQ57_2026-04_QLDT.xlsx")
    done = collect(april, [sent], "2026-05", moment(15))
    (item,) = done.returns
    assert (item.verdict, item.form_period) == ("rejected", "2026-04")
    assert "WRONG_PERIOD" in [finding.code for finding in item.findings]
    assert [path.name for path in done.answers.sent_back] == ["NQ57_2026-05_QLDT.xlsx"]


def test_one_bad_file_never_stops_the_batch(april: Office) -> None:
    """A picture, a broken workbook and an empty file among good returns: each is named, the good one counts."""
    inbox = april.workspace.inbox / "2026-04-16"
    inbox.mkdir(parents=True)
    (inbox / "ảnh.xlsx").write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 100)
    (inbox / "hỏng.xlsx").write_bytes(b"PK\x03\x04" + b"0" * 100)
    (inbox / "rỗng.xlsx").write_bytes(b"")
    filled(april, "QLDN", inbox / "tốt.xlsx")
    done = collect(april, [], "2026-04")
    verdicts = {
        item.source.name: (item.verdict, [finding.code for finding in item.findings][:1]) for item in done.returns
    }
    assert verdicts["ảnh.xlsx"] == ("unrecognised", ["FILE_PICTURE"])
    assert verdicts["hỏng.xlsx"] == ("unrecognised", ["FILE_BROKEN"])
    assert verdicts["rỗng.xlsx"] == ("unrecognised", ["FILE_EMPTY"])
    assert verdicts["tốt.xlsx"][0] == "accepted"
    assert {item.source.received_basis for item in done.returns} == {"folder"}
    for item in done.returns:
        assert list(april.workspace.archive.rglob(f"{item.source.sha256}*")), item.source.name


def test_the_report_never_overwrites_an_edited_workbook(april: Office, tmp_path: Path) -> None:
    """Merged again without change: the same bytes; edited by hand: the new one goes beside it."""
    collect(april, [filled(april, "QLDT", tmp_path / "a.xlsx")], "2026-04", moment(15))
    first = merge(april, "2026-04")
    content = first.report.read_bytes()
    assert merge(april, "2026-04").report.read_bytes() == content
    edit(first.report, lambda book: setattr(book.worksheets[0], "title", "Đã sửa tay"))  # type: ignore[attr-defined]
    edited = first.report.read_bytes()
    third = merge(april, "2026-04")
    assert third.beside
    assert first.report.read_bytes() == edited
    assert third.report.read_bytes() == content


def test_contacts_never_leave_the_workspace(office: Office, tmp_path: Path) -> None:
    """Wherever -o puts the report, noi-bo.xlsx stays in tong-hop/, and no other file of the report is written over."""
    generate(office, "2026-04", ["VP"])
    folder = office.workspace.report_dir("2026-04")
    done = merge(office, "2026-04", tmp_path / "gửi" / "tháng 4.xlsx")
    assert sorted(path.name for path in (tmp_path / "gửi").iterdir()) == ["nguon-so-lieu.xlsx", "tháng 4.xlsx"]
    assert done.internal == folder / "noi-bo.xlsx"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for name in ("noi-bo.xlsx", "bao-cao.docx", "nguon-so-lieu.xlsx"):
        with pytest.raises(Nq57Error, match="tên khác"):
            merge(office, "2026-04", folder / "." / name)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_status_knows_who_is_missing_before_anything_came(office: Office) -> None:
    """The expected returns come from the plan, also where only one unit's form was issued so far."""
    generate(office, "2026-04", ["VP"])
    here = status(office, "2026-04").status
    assert {unit.code: unit.state for unit in here.units} == dict.fromkeys(("VP", "QLCNC", "QLDT", "QLDN"), "missing")
    assert not here.complete
    assert here.due == DUE


def test_errors_have_messages(office: Office, tmp_path: Path) -> None:
    """No workspace, unknown plan, unknown unit, period never issued, path that does not exist."""
    with pytest.raises(Nq57Error, match=r"phu-luc\.xlsx"):
        Office.at(tmp_path / "không có")
    with pytest.raises(Nq57Error, match="bql-2026"):
        init(tmp_path / "x", "kế hoạch lạ")
    with pytest.raises(Nq57Error, match="QLCNC"):
        generate(office, "2026-04", ["XYZ"])
    with pytest.raises(Nq57Error, match="generate"):
        status(office, "2026-09")
    generate(office, "2026-04")
    with pytest.raises(Nq57Error, match=r"không có\.xlsx"):
        collect(office, [tmp_path / "không có.xlsx"], "2026-04")


def test_a_row_added_without_a_code_gets_one_once_and_keeps_it(office: Office, root: Path) -> None:
    """The code is written into the office's own file at first sight; a row put above it later does not take it over."""

    def add(row: int, text: str) -> dict[str, str]:
        book = load_workbook(root / "phu-luc.xlsx")
        sheet = book["Nhiệm vụ"]
        sheet[f"B{row}"], sheet[f"E{row}"], sheet[f"I{row}"] = "II", text, "Văn phòng"
        book.save(root / "phu-luc.xlsx")
        return {item.task: item.code for item in show(office).tasks}

    last = load_workbook(root / "phu-luc.xlsx")["Nhiệm vụ"]
    end = max(cell.row for (cell,) in last.iter_rows(max_col=1) if cell.value)
    first = add(end + 2, "Việc thêm thứ nhất")
    second = add(end + 1, "Việc thêm thứ hai")
    assert second["Việc thêm thứ nhất"] == first["Việc thêm thứ nhất"]
    assert second["Việc thêm thứ hai"] not in first.values()
    assert list((root / "backup").glob("phu-luc-*.xlsx"))


def test_a_form_is_judged_by_the_cells_it_was_issued_with(
    april: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later program words a heading otherwise: what was issued before still comes back untouched, word for word."""
    from nq57xl.forms import layout as layouts

    sent = filled(april, "QLDT", tmp_path / "a.xlsx")
    monkeypatch.setattr(layouts, "_DECLARATION", "Lời cam kết của bản chương trình sau.")
    (item,) = collect(april, [sent], "2026-04", moment(15)).returns
    assert item.verdict == "accepted"
    assert "LOCKED_CHANGED" not in [finding.code for finding in item.findings]
    again = generate(april, "2026-04", ["QLDT"]).forms[0]
    assert again.form.version == 2
    assert again.changes == ("sửa bố cục hoặc thông tin chung của biểu mẫu",)


def test_an_office_words_its_own_messages(office: Office, root: Path) -> None:
    """A copy of findings.yml in the workspace counts, also in the processes that read files; the codes stay."""
    (root / "schemas").mkdir()
    own = "FILE_EMPTY: {severity: error, title: Rỗng, message: Tệp không có gì., fix: Gửi lại giúp văn phòng.}\n"
    (root / "schemas" / "findings.yml").write_text(own, encoding="utf-8")
    (root / "inbox" / "a.xlsx").write_bytes(b"")
    office = Office.at(root, office.clock)
    generate(office, "2026-04")
    (finding,) = collect(office, [], "2026-04").returns[0].findings
    assert (finding.code, finding.message, finding.fix) == ("FILE_EMPTY", "Tệp không có gì.", "Gửi lại giúp văn phòng.")
