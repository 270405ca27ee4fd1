"""The whole way of odd returns: from what was handed in to the verdict, the ledger and the archive."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import attrs
import openpyxl
import pytest
from openpyxl.workbook.workbook import Workbook

from nq57xl.commands.collect import Collected, collect
from nq57xl.commands.demo import Department
from nq57xl.commands.generate import generate
from nq57xl.commands.office import Office
from nq57xl.commands.status import status
from nq57xl.text.clock import VIETNAM, Clock
from nq57xl.xlsx.limits import LIMITS
from tests.april_kit import office_in_april
from tests.hostile import zipped

DUE = dt.date(2026, 4, 17)
PERIOD = "2026-04"


def moment(day: int, hour: int = 9) -> dt.datetime:
    return dt.datetime(2026, 4, day, hour, tzinfo=VIETNAM)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """A workspace with the forms of April issued, and each unit's report as it typed it."""
    root = tmp_path_factory.mktemp("odd") / "so"
    reports = {}
    for form in office_in_april(root).workspace.forms_dir(PERIOD).glob("NQ57_*.xlsx"):
        target = root.parent / form.name
        Department(7, DUE).fill(form, target)
        reports[form.stem.rpartition("_")[2]] = target.read_bytes()
    return root, reports


@pytest.fixture
def office(filled: tuple[Path, dict[str, bytes]], tmp_path: Path) -> Office:
    """A copy of that workspace, on the 20th."""
    import shutil

    shutil.copytree(filled[0], tmp_path / "so")
    return Office.at(tmp_path / "so", Clock(moment(20)))


@pytest.fixture
def reports(filled: tuple[Path, dict[str, bytes]]) -> dict[str, bytes]:
    return filled[1]


def put(office: Office, name: str, data: bytes) -> Path:
    path = office.workspace.inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def lines(done: Collected, office: Office) -> list[tuple[str, str | None, str]]:
    """(file below the inbox, unit, verdict)."""
    root = f"{office.workspace.inbox}"
    return [
        (item.source.path.removeprefix(root).lstrip("/\\").replace("\\", "/"), item.unit, item.verdict)
        for item in done.returns
    ]


def test_a_file_over_the_limits_is_not_archived(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file larger than the limit is refused by name; of its content only the hash is kept."""
    monkeypatch.setattr("nq57xl.returns.sources.LIMITS", attrs.evolve(LIMITS, file_bytes=999))
    put(office, "lớn.xlsx", b"PK" + b"0" * 1000)
    (item,) = collect(office, [], None).returns
    assert (item.verdict, [finding.code for finding in item.findings]) == ("unrecognised", ["FILE_TOO_LARGE"])
    assert item.source.sha256
    assert not office.workspace.archive.exists()


def mail(sender: str, files: dict[str, bytes]) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "vp@x.vn", "Báo cáo tháng 4"
    message["Date"] = "Thu, 16 Apr 2026 09:00:00 +0700"
    message.set_content("Gửi báo cáo.")
    for name, data in files.items():
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return bytes(message)


def test_archive_and_mail(office: Office, reports: dict[str, bytes]) -> None:
    """Returns in an archive and in a mail are accepted, each under its own name, hash and time of receipt."""
    put(office, "2026-04-15/gom.zip", zipped({"Phòng/vp.xlsx": reports["VP"], "ghi chú.txt": b"xong"}))
    put(office, "thu.eml", mail("QLDT <a@x.vn>", {"qldt.xlsx": reports["QLDT"]}))
    done = collect(office, [], None)
    assert lines(done, office) == [
        ("2026-04-15/gom.zip!Phòng/vp.xlsx", "VP", "accepted"),
        ("2026-04-15/gom.zip!ghi chú.txt", None, "unrecognised"),
        ("thu.eml!qldt.xlsx", "QLDT", "accepted"),
    ]
    first, text, sent = done.returns
    assert first.source.sha256 == hashlib.sha256(reports["VP"]).hexdigest()
    assert (first.source.received_at, first.source.received_basis) == (moment(15, 0), "folder")
    assert [item.code for item in text.findings] == ["FILE_CSV"]
    assert (sent.source.received_at, sent.source.received_basis) == (moment(16), "mail")
    assert "FROM_MAIL" in [item.code for item in sent.findings]
    units = {item.code: item for item in status(office, PERIOD).status.units}
    assert (units["QLDT"].state, units["QLDT"].on_time, units["QLDT"].received_basis) == ("accepted", True, "mail")


def test_containers_and_members_are_archived(office: Office, reports: dict[str, bytes]) -> None:
    """The archive as it came and every file in it are kept by their hashes."""
    data = zipped({"vp.xlsx": reports["VP"]})
    put(office, "gom.zip", data)
    collect(office, [], None)
    kept = {path.stem for path in office.workspace.archive.rglob("*.*")}
    assert {hashlib.sha256(item).hexdigest() for item in (data, reports["VP"])} <= kept


def test_the_sender_stays_in_the_event_log(office: Office, reports: dict[str, bytes]) -> None:
    """Who sent what, when and about what is an event, once."""
    put(office, "thu.eml", mail("QLDT <a@x.vn>", {"qldt.xlsx": reports["QLDT"]}))
    collect(office, [], None)
    collect(office, [], None)
    with office.reading() as ledger:
        (event,) = [item for item in ledger.events() if item.what == "mail"]
    assert (event.detail["sender"], event.detail["subject"]) == ("QLDT <a@x.vn>", "Báo cáo tháng 4")
    assert event.detail["files"] == ["qldt.xlsx"]


def test_collected_again(office: Office, reports: dict[str, bytes]) -> None:
    """The same archive again, and its member by itself: duplicates, one line each; so is a container with nothing."""
    put(office, "gom.zip", zipped({"vp.xlsx": reports["VP"]}))
    put(office, "rong.zip", zipped({"~$a.xlsx": b""}))
    first = collect(office, [], None)
    assert [verdict for _, _, verdict in lines(first, office)] == ["accepted", "unrecognised"]
    put(office, "vp.xlsx", reports["VP"])
    assert lines(collect(office, [], None), office) == [
        ("gom.zip!vp.xlsx", "VP", "duplicate"),
        ("rong.zip", None, "duplicate"),
        ("vp.xlsx", "VP", "duplicate"),
    ]


def test_mail_from_another_unit(office: Office, reports: dict[str, bytes]) -> None:
    """A form sent from another unit's address is taken with a warning."""
    book = openpyxl.load_workbook(office.workspace.appendix)
    sheet = next(item for item in book if item.title == "Đơn vị")
    head = next(row for row in sheet.iter_rows() if any(cell.value == "Mã" for cell in row))
    columns = {cell.value: number for number, cell in enumerate(head)}
    for row in sheet.iter_rows(min_row=head[0].row):
        if row[columns["Mã"]].value == "QLDN":
            row[columns["Thư điện tử"]].value = "qldn@x.vn"
    book.save(office.workspace.appendix)
    put(office, "thu.eml", mail("B <QLDN@x.vn>", {"qldt.xlsx": reports["QLDT"]}))
    (item,) = collect(office, [], None).returns
    assert (item.unit, item.verdict) == ("QLDT", "accepted_with_warnings")
    assert [finding.code for finding in item.findings if finding.severity == "warning"] == ["SENDER_OTHER_UNIT"]


# --- recognition by content -----------------------------------------------------------------------------------------


def wiped(data: bytes, change: Callable[[Workbook], None] = lambda book: None) -> bytes:
    """The workbook without identity sheet, lists, markers and keys: only what a person sees is left."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    for sheet in list(book.worksheets):
        if sheet.sheet_state != "visible":
            del book[sheet.title]
            continue
        for row in sheet.iter_rows():
            for cell in row:
                if cell.coordinate.startswith("A") or cell.row == 1:
                    cell.value = None
    change(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_recognised_by_content(office: Office, reports: dict[str, bytes]) -> None:
    """Without any key the form is known by its printed texts, and goes back with every value that was typed."""
    put(office, "a.xlsx", wiped(reports["QLDT"]))
    (item,) = collect(office, [], None).returns
    assert (item.unit, item.verdict) == ("QLDT", "rejected")
    (found,) = [finding for finding in item.findings if finding.code == "RECOGNISED_BY_CONTENT"]
    assert (found.severity, "100%" in found.message) == ("error", True)
    with office.reading() as ledger:
        (record,) = ledger.returns(PERIOD)
        values = {(value.table, value.key, value.field): value.value for value in record.judged.values}
    put(office, "b.xlsx", reports["QLDT"])
    collect(office, [], None)
    with office.reading() as ledger:
        whole = ledger.returns(PERIOD)[1].judged.values
    assert values == {(value.table, value.key, value.field): value.value for value in whole}


def test_recognised_with_doubt(office: Office, reports: dict[str, bytes]) -> None:
    """Where many printed texts are gone as well, the form is sent back to be confirmed, with what was typed."""

    def change(book: Workbook) -> None:
        texts = [
            cell
            for sheet in book.worksheets[1:]
            for row in sheet.iter_rows(min_row=4)
            for cell in row
            if isinstance(cell.value, str) and cell.protection.locked and len(cell.value) > 8
        ]
        for cell in texts[::5]:
            cell.value = "khác hẳn, không phải nội dung gốc"

    put(office, "a.xlsx", wiped(reports["VP"], change))
    (item,) = collect(office, [], None).returns
    assert (item.unit, item.verdict) == ("VP", "rejected")
    assert ("RECOGNISED_BY_CONTENT", "error") in [(finding.code, finding.severity) for finding in item.findings]


@pytest.mark.parametrize("what", ["another month", "two units", "no line"])
def test_not_recognised(office: Office, reports: dict[str, bytes], what: str) -> None:
    """Another month's line, the lines of two units, or none at all: nothing is guessed."""

    def change(book: Workbook) -> None:
        for sheet in book.worksheets[1:]:
            for row in sheet.iter_rows(min_row=2, max_row=4):
                for cell in row:
                    if isinstance(cell.value, str) and ". Kỳ báo cáo" in cell.value:
                        replaced = {
                            "another month": cell.value.replace("tháng 4/2026", "tháng 3/2026"),
                            "two units": cell.value,
                            "no line": None,
                        }[what]
                        cell.value = replaced
        if what == "two units":
            other = openpyxl.load_workbook(io.BytesIO(reports["QLDT"])).worksheets[1]
            book.worksheets[1]["B200"] = next(
                cell.value for row in other.iter_rows() for cell in row if ". Kỳ báo cáo" in str(cell.value)
            )

    put(office, "a.xlsx", wiped(reports["VP"], change))
    (item,) = collect(office, [], None).returns
    assert (item.unit, item.verdict) == (None, "unrecognised")
    assert [finding.code for finding in item.findings] == ["FILE_NOT_A_FORM"]


def test_form_of_an_older_plan(office: Office, reports: dict[str, bytes]) -> None:
    """The plan changed after the forms went out: an old form is judged by the version that it was issued with."""
    book = openpyxl.load_workbook(office.workspace.appendix)
    sheet = next(item for item in book if item.title == "Nhiệm vụ")
    head = next(row for row in sheet.iter_rows() if any(cell.value == "KPI" for cell in row))
    column = [cell.value for cell in head].index("KPI")
    for row in sheet.iter_rows(min_row=head[0].row):
        if row[column].value not in (None, "KPI"):
            row[column].value = "KPI viết lại"
    book.save(office.workspace.appendix)
    assert {item.form.unit: item.form.version for item in generate(office, PERIOD).forms}["VP"] == 2
    put(office, "vp.xlsx", reports["VP"])
    (item,) = collect(office, [], PERIOD).returns
    assert (item.unit, item.verdict) == ("VP", "accepted")
    assert [finding.code for finding in item.findings] == ["OLDER_VERSION"]


def test_last_month_s_form(office: Office, reports: dict[str, bytes]) -> None:
    """Last month's form with this month's figures is rejected, and goes back as this month's form, filled in."""
    generate(office, "2026-05")
    put(office, "vp.xlsx", reports["VP"])
    done = collect(office, [], "2026-05")
    (item,) = done.returns
    assert (item.unit, item.form_period, item.verdict) == ("VP", PERIOD, "rejected")
    (found,) = [finding for finding in item.findings if finding.severity == "error"]
    told = ("tháng 4/2026" in found.message, "tháng 5/2026" in found.message)
    assert (found.code, told) == ("WRONG_PERIOD", (True, True))
    (back,) = [path for path in done.answers.sent_back if path.suffix == ".xlsx"]
    assert back.name == "NQ57_2026-05_VP.xlsx"
    texts = {str(cell.value) for sheet in openpyxl.load_workbook(back) for row in sheet.iter_rows() for cell in row}
    sent = openpyxl.load_workbook(io.BytesIO(reports["VP"]))["1. Kết quả"]
    results = {str(row[0].value) for row in sent.iter_rows(min_row=4, min_col=10, max_col=10) if row[0].value}
    assert results
    assert results <= texts
