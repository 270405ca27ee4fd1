"""When a return came, which of several counts, and what the office takes, has judged again and verified."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from nq57xl.commands.backup import verify
from nq57xl.commands.collect import Collected, collect
from nq57xl.commands.consolidated import consolidated
from nq57xl.commands.decide import decide, recheck
from nq57xl.commands.demo import Department
from nq57xl.commands.generate import generate
from nq57xl.commands.office import Office
from nq57xl.commands.standing import OfficePeriod
from nq57xl.commands.status import status
from nq57xl.errors import Nq57Error
from nq57xl.ledger.model import UnitStatus
from tests.april_kit import DUE, PERIOD, copy_of, issued_office, moment

WHY = "Ngày cuối, không liên hệ được đơn vị"


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with forms of April, and two filled ones of VP beside it: one right, one with mistakes."""
    office, form = issued_office(tmp_path_factory.mktemp("nhận"), 2)
    root = office.workspace.root
    Department(7, DUE).fill(form, root.parent / "đúng.xlsx")
    Department(8, DUE).fill(form, root.parent / "sai.xlsx", mistakes=True)
    return root


@pytest.fixture
def office(issued: Path, tmp_path: Path) -> Office:
    return copy_of(issued, tmp_path, 20)


@pytest.fixture
def right(issued: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(issued.parent / "đúng.xlsx", tmp_path / "đúng.xlsx"))


@pytest.fixture
def wrong(issued: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(issued.parent / "sai.xlsx", tmp_path / "sai.xlsx"))


def unit(office: Office) -> UnitStatus:
    return next(item for item in status(office, PERIOD).status.units if item.code == "VP")


def codes(done: Collected) -> set[str]:
    return {finding.code for item in done.returns for finding in item.findings}


def mail(form: Path, date: str, *received: str) -> bytes:
    message = EmailMessage()
    for line in received:
        message["Received"] = f"from a by b; {line}"
    message["From"], message["To"], message["Subject"], message["Date"] = "vp@x.vn", "th@x.vn", "Báo cáo", date
    message.set_content("Xin gửi báo cáo.")
    data = form.read_bytes()
    message.add_attachment(data, maintype="application", subtype="octet-stream", filename=form.name)
    return bytes(message)


@pytest.mark.parametrize(
    ("date", "received", "at", "doubted"),
    [
        ("Wed, 15 Jan 2020 08:00:00 +0700", ["Thu, 16 Apr 2026 08:00:00 +0700"], "2026-04-16T08:00:00+07:00", True),
        ("Thu, 16 Apr 2026 07:00:00 +0700", [], "2026-04-16T07:00:00+07:00", False),
        ("Wed, 15 Jan 2020 08:00:00 +0700", [], "2026-04-20T09:00:00+07:00", True),
        ("Fri, 17 Apr 2026 08:00:00 +0700", ["Mon, 20 Apr 2099 08:00:00 +0700"], "2026-04-17T08:00:00+07:00", True),
        ("Fri, 17 Apr 2026 08:00:00 -0000", [], "2026-04-17T08:00:00+07:00", False),
        (
            "Tue, 14 Apr 2026 08:00:00 +0700",
            ["Thu, 16 Apr 2026 09:30:00 +0700", "Thu, 16 Apr 2026 09:00:00 +0700"],
            "2026-04-16T09:30:00+07:00",
            False,
        ),
    ],
)
def test_the_mails_own_servers_tell_when_it_came(  # noqa: PLR0917 - pytest passes them by name
    office: Office, right: Path, tmp_path: Path, date: str, received: list[str], at: str, doubted: bool
) -> None:
    """Received first, then Date; what lies before the issue or after now is told and not believed (contract.md 4)."""
    path = tmp_path / "thư.eml"
    path.write_bytes(mail(right, date, *received))
    done = collect(office, [path], PERIOD)
    assert [item.source.received_at.isoformat() for item in done.returns] == [at]
    assert ("MAIL_TIME_DOUBTED" in codes(done)) == doubted
    assert unit(office).received_at == dt.datetime.fromisoformat(at)


def test_every_mail_of_an_mbox_is_taken(office: Office, right: Path, wrong: Path, tmp_path: Path) -> None:
    """Two mails in one .mbox are two returns, each with its own time."""
    mails = [mail(wrong, "Tue, 14 Apr 2026 08:00:00 +0700"), mail(right, "Thu, 16 Apr 2026 08:00:00 +0700")]
    path = tmp_path / "thư.mbox"
    path.write_bytes(b"".join(b"From vp@x.vn Tue Apr 14 08:00:00 2026\n" + item + b"\n\n" for item in mails))
    done = collect(office, [path], PERIOD)
    assert [(item.verdict, item.source.received_at.day) for item in done.returns] == [
        ("rejected", 14),
        ("accepted", 16),
    ]


def test_winmail_is_refused_by_name(office: Office, tmp_path: Path) -> None:
    """Attachments packed by Outlook for its own kind are named for what they are."""
    path = tmp_path / "winmail.dat"
    path.write_bytes(b"\x78\x9f\x3e\x22" + bytes(200))
    assert codes(collect(office, [path], PERIOD)) == {"FILE_WINMAIL"}


def saved_at(path: Path, target: Path, moment: str) -> None:
    """The workbook with that moment as the time of saving in its core properties."""
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(target, "w") as after:
        for name in before.namelist():
            data = before.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + moment.encode(), data)
            after.writestr(name, data)


@pytest.mark.parametrize("names", [("a.xlsx", "b.xlsx"), ("b.xlsx", "a.xlsx")])
def test_of_two_files_at_one_time_the_one_saved_last_counts(
    office: Office, right: Path, tmp_path: Path, names: tuple[str, str]
) -> None:
    """Whatever their names: the office is told of both, the unit is not."""
    folder = tmp_path / "gửi"
    folder.mkdir()
    for name, hour in zip(names, (8, 10), strict=True):
        saved_at(right, folder / name, f"2026-04-14T{hour:02}:00:00Z")
    done = collect(office, [folder], PERIOD)
    assert Path(unit(office).file).name == names[1]
    assert {item.verdict for item in done.returns} == {"accepted", "superseded"}
    assert [(item.code, item.severity) for item in done.period_findings if item.code == "SAME_TIME_RETURNS"] == [
        ("SAME_TIME_RETURNS", "warning")
    ]


def test_our_own_form_is_never_judged(office: Office) -> None:
    """A form as issued, sent back untouched, is named as ours, and its unit has sent nothing."""
    form = office.workspace.forms_dir(PERIOD) / f"NQ57_{PERIOD}_VP.xlsx"
    done = collect(office, [form], PERIOD)
    assert [(item.verdict, [one.code for one in item.findings]) for item in done.returns] == [
        ("duplicate", ["OWN_OUTPUT"])
    ]
    assert unit(office).state == "missing"


def test_a_known_file_is_judged_for_another_period(office: Office, right: Path) -> None:
    """April's form collected as May is the wrong period; it can still be collected for its own."""
    generate(office, "2026-05")
    assert [item.verdict for item in collect(office, [right], "2026-05").returns] == ["rejected"]
    assert [item.verdict for item in collect(office, [right], PERIOD).returns] == ["accepted"]
    assert [item.verdict for item in collect(office, [right], PERIOD).returns] == ["duplicate"]


def test_a_rejected_return_can_be_taken(office: Office, wrong: Path) -> None:
    """The office takes it: accepted with warnings that name each cell, which counts as blank; on record."""
    done = collect(office, [wrong], PERIOD)
    errors = {(item.task, item.field) for item in done.returns[0].findings if item.severity == "error"}
    assert errors
    decide(office, "take", "VP", PERIOD, WHY)
    now = unit(office)
    assert now.state == "accepted_with_warnings"
    assert now.counting is not None
    assert now.counting.taken == WHY
    named = {(item.task, item.field) for item in now.counting.judged.findings if item.code == "TAKEN_WITH_ERROR"}
    assert named == errors
    assert not errors & {(value.key, value.field) for value in now.counting.judged.values}


def test_what_was_not_rejected_is_not_taken(office: Office, right: Path) -> None:
    """An accepted return needs nobody's responsibility."""
    collect(office, [right], PERIOD)
    with pytest.raises(Nq57Error):
        decide(office, "take", "VP", PERIOD, WHY)


def test_recheck_counts_what_got_better(office: Office, wrong: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Judged again after a rule was mended: the better verdict counts, the time of receipt stays, the first is kept."""
    collect(office, [wrong], PERIOD, moment(15))
    assert [item.outcome for item in recheck(office, None, PERIOD, WHY).returns] == ["unchanged"]
    monkeypatch.setattr("nq57xl.returns.model.verdict_of", lambda findings: "accepted")
    assert [item.outcome for item in recheck(office, "VP", PERIOD, WHY).returns] == ["counts"]
    now = unit(office)
    assert (now.state, now.received_at) == ("accepted", moment(15))
    assert len(now.attempts) == 1


def test_recheck_sees_a_return_as_the_office_has_decided(office: Office, wrong: Path) -> None:
    """A return that the office took, and whose time it put right, is unchanged where its file says what it said."""
    collect(office, [wrong], PERIOD, moment(15))
    decide(office, "take", "VP", PERIOD, WHY)
    decide(office, "received", "VP", PERIOD, WHY, at=moment(16))
    assert [item.outcome for item in recheck(office, None, PERIOD, WHY).returns] == ["unchanged"]
    assert [item.outcome for item in recheck(office, "VP", PERIOD, WHY, confirm=True).returns] == ["unchanged"]
    assert (unit(office).state, unit(office).received_at) == ("accepted_with_warnings", moment(16))


def test_recheck_only_proposes_what_got_worse(office: Office, right: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worse verdict waits for the office's word."""
    collect(office, [right], PERIOD, moment(15))
    monkeypatch.setattr("nq57xl.returns.model.verdict_of", lambda findings: "rejected")
    assert [item.outcome for item in recheck(office, None, PERIOD, WHY).returns] == ["proposed"]
    assert unit(office).state == "accepted"
    assert [item.outcome for item in recheck(office, None, PERIOD, WHY, confirm=True).returns] == ["counts"]
    assert unit(office).state == "rejected"


def led_rows(book: Workbook) -> Iterator[tuple[Worksheet, int]]:
    """(sheet, row) of the led rows of a form."""
    for sheet in book.worksheets:
        for row in range(1, sheet.max_row + 1):
            if str(sheet.cell(row, 1).value or "").startswith("led|"):
                yield sheet, row


def columns(sheet: Worksheet) -> dict[str, int]:
    return {str(sheet.cell(1, column).value): column for column in range(1, sheet.max_column + 1)}


def with_day(path: Path, target: Path, day: dt.date) -> Path:
    """The form with that completion date on every row that has one, or on the first one, done for that."""
    book = load_workbook(path)
    rows = [(sheet, row, columns(sheet)) for sheet, row in led_rows(book)]
    dated = [(sheet, row, at) for sheet, row, at in rows if sheet.cell(row, at["completion_date"]).value is not None]
    for sheet, row, at in dated or rows[:1]:
        for name in ("deadline_reason", "percent"):
            if name in at:
                sheet.cell(row, at[name]).value = None
        sheet.cell(row, at["progress"]).value = "Hoàn thành"
        sheet.cell(row, at["result"]).value = "Đã ban hành quy chế"
        sheet.cell(row, at["evidence_number"]).value = "258/BC-VP ngày 06/4/2026"
        sheet.cell(row, at["completion_date"]).value = day
    book.save(target)
    return target


def test_a_day_after_receipt_is_refused_and_judged_again_with_the_time(
    office: Office, right: Path, tmp_path: Path
) -> None:
    """Completed on the 18th in a return received on the 16th: an error; received put right to the 19th, a warning."""
    sent = with_day(right, tmp_path / "sau.xlsx", dt.date(2026, 4, 18))
    done = collect(office, [sent], PERIOD, moment(16))
    assert "DATE_AFTER_RECEIPT" in codes(done)
    assert unit(office).state == "rejected"
    decide(office, "received", "VP", PERIOD, WHY, at=moment(19))
    assert unit(office).state == "accepted_with_warnings"
    decide(office, "received", "VP", PERIOD, WHY, at=moment(17))
    assert unit(office).state == "rejected"


def test_a_completion_after_the_cutoff_counts_next_period(office: Office, right: Path, tmp_path: Path) -> None:
    """Completed on the 16th, cut-off on the 14th: in progress in April's figures, beside its day."""
    day = dt.date(2026, 4, 16)
    collect(office, [with_day(right, tmp_path / "sau.xlsx", day)], PERIOD, moment(17))
    with office.reading() as ledger:
        c = consolidated(OfficePeriod.of(office, ledger, PERIOD))
        entries = [one for row in c.tasks for one in row.entries]
    later = {one.progress for one in entries if one.value("completion_date") == day}
    assert later == {"in_progress"}


def test_verify_names_what_is_missing(office: Office, right: Path) -> None:
    """All agrees; then an archived file is gone, another one changed, and a form is missing: each is named."""
    inbox = office.workspace.inbox
    inbox.mkdir(exist_ok=True)
    shutil.copy(right, inbox / "VP.xlsx")
    collect(office, [], PERIOD)
    assert verify(office).problems == ()
    (copy,) = (path for path in office.workspace.archive.glob("??/*") if path.is_file())
    copy.unlink()
    (office.workspace.forms_dir(PERIOD) / f"NQ57_{PERIOD}_QLDT.xlsx").unlink()
    problems = verify(office).problems
    assert len(problems) == 2
    assert "inbox/VP.xlsx" in problems[0]
    assert f"NQ57_{PERIOD}_QLDT.xlsx" in problems[1]


@pytest.mark.parametrize("left", [None, b""])
def test_an_empty_ledger_never_takes_a_full_ones_place(office: Office, right: Path, left: bytes | None) -> None:
    """nq57xl.db gone or empty while archive/ and backup/ are full: refused, pointing to the backup."""
    collect(office, [right], PERIOD)
    database = office.workspace.database
    database.unlink()
    if left is not None:
        database.write_bytes(left)
    with pytest.raises(Nq57Error, match="backup/"):
        collect(office, [right], PERIOD)
    assert database.exists() == (left is not None)
