"""`check FILE`: what collect would say of one file, with nothing recorded."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from nq57xl.cli import cli
from nq57xl.commands.collect import check_file, collect
from nq57xl.commands.demo import Department
from nq57xl.commands.generate import generate
from nq57xl.commands.init import init
from nq57xl.commands.office import Office
from nq57xl.errors import Nq57Error
from nq57xl.ledger.storage import writing
from nq57xl.text.clock import VIETNAM, Clock

PERIOD = "2026-04"
DUE = dt.date(2026, 4, 17)
NOON = dt.datetime(2026, 4, 16, 12, tzinfo=VIETNAM)


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with issued forms, and beside it two returns: one good, one with mistakes."""
    root = tmp_path_factory.mktemp("thử") / "Văn phòng"
    init(root, "bql-2026")
    office = Office.at(root, Clock(NOON))
    generate(office, PERIOD)
    form = office.workspace.forms_dir(PERIOD) / f"NQ57_{PERIOD}_VP.xlsx"
    Department(7, DUE).fill(form, root.parent / "gửi" / "đúng.xlsx")
    Department(7, DUE).fill(form, root.parent / "gửi" / "sai.xlsx", mistakes=True)
    return root


@pytest.fixture
def office(issued: Path, tmp_path: Path) -> Office:
    root = tmp_path / "văn phòng"
    shutil.copytree(issued, root)
    return Office.at(root, Clock(NOON))


@pytest.fixture
def sent(issued: Path) -> Path:
    return issued.parent / "gửi"


def everything(root: Path) -> dict[str, tuple[int, bytes]]:
    """Every file of the workspace with its time and content."""
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("name", "verdict"), [("đúng.xlsx", "accepted"), ("sai.xlsx", "rejected")])
def test_the_verdict_is_the_one_that_collect_gives(office: Office, sent: Path, name: str, verdict: str) -> None:
    """Same verdict, unit, period and findings; meanwhile not one byte of the workspace changes."""
    before = everything(office.workspace.root)
    done = check_file(office, sent / name, PERIOD)
    assert everything(office.workspace.root) == before
    (checked,) = done.returns
    (collected,) = collect(office, [sent / name], PERIOD).returns
    assert (checked.verdict, done.accepted) == (verdict, verdict == "accepted")
    assert (checked.verdict, checked.unit, checked.form_period, checked.findings) == (
        collected.verdict,
        collected.unit,
        collected.form_period,
        collected.findings,
    )


def test_what_lies_in_archives_and_mails_is_checked_too(office: Office, sent: Path, tmp_path: Path) -> None:
    """A mail with an archive with two forms: a verdict for each, by the same names as collect's."""
    with zipfile.ZipFile(tmp_path / "báo cáo.zip", "w") as archive:
        archive.write(sent / "đúng.xlsx", "đúng.xlsx")
        archive.write(sent / "sai.xlsx", "sai.xlsx")
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "vp@x.vn", "th@x.vn", "Báo cáo"
    mail["Date"] = "Thu, 16 Apr 2026 08:00:00 +0700"
    mail.set_content("Xin gửi báo cáo.")
    data = (tmp_path / "báo cáo.zip").read_bytes()
    mail.add_attachment(data, maintype="application", subtype="zip", filename="bao-cao.zip")
    (tmp_path / "thư.eml").write_bytes(mail.as_bytes())
    before = everything(office.workspace.root)
    done = check_file(office, tmp_path / "thư.eml", PERIOD)
    assert everything(office.workspace.root) == before
    assert [(item.source.path.partition("!")[2], item.verdict) for item in done.returns] == [
        ("bao-cao.zip!đúng.xlsx", "accepted"),
        ("bao-cao.zip!sai.xlsx", "rejected"),
    ]
    assert [item.source.received_basis for item in done.returns] == ["mail", "mail"]
    assert not done.accepted


def test_no_lock_is_needed(office: Office, sent: Path) -> None:
    """While another command writes, a file can be checked."""
    with writing(office.workspace, "collect", office.clock):
        assert check_file(office, sent / "đúng.xlsx", PERIOD).accepted


def test_a_recorded_file_is_judged_again_and_said_to_be_recorded(office: Office, sent: Path) -> None:
    """What collect calls a duplicate still has its verdict here."""
    collect(office, [sent / "đúng.xlsx"], PERIOD)
    done = check_file(office, sent / "đúng.xlsx", PERIOD)
    assert done.accepted
    assert done.recorded == {done.returns[0].source.sha256}


def test_the_marked_form_can_be_had(office: Office, sent: Path, tmp_path: Path) -> None:
    """`--out` writes the form as it would go back; a file that is there is never overwritten."""
    target = tmp_path / "đã đánh dấu.xlsx"
    done = check_file(office, sent / "sai.xlsx", PERIOD, output=target)
    assert done.marked == target
    assert load_workbook(target).sheetnames[0] == "Cần sửa"
    with pytest.raises(Nq57Error, match="đã có"):
        check_file(office, sent / "sai.xlsx", PERIOD, output=target)
    (tmp_path / "lạ.txt").write_text("không phải biểu", encoding="utf-8")
    with pytest.raises(Nq57Error, match="0 biểu mẫu"):
        check_file(office, tmp_path / "lạ.txt", PERIOD, output=tmp_path / "khác.xlsx")


def test_the_command_exits_by_the_verdict(office: Office, sent: Path, tmp_path: Path) -> None:
    """0 accepted, 1 otherwise; a folder or a missing file: 1 with a message. JSON as collect's."""
    base = ["-w", str(office.workspace.root), "check"]
    good = CliRunner().invoke(cli, [*base, str(sent / "đúng.xlsx"), "--json"])
    document = json.loads(good.stdout)
    assert (good.exit_code, document["period"], document["returns"][0]["recorded"]) == (0, PERIOD, False)
    keys = {"file", "sha256", "unit", "period", "received_at", "received_basis", "verdict", "findings"}
    assert keys <= set(document["returns"][0])
    bad = CliRunner().invoke(cli, [*base, str(sent / "sai.xlsx")])
    assert (bad.exit_code, bad.stdout.startswith("Trả lại: ")) == (1, True)
    for wrong in (tmp_path, tmp_path / "không có.xlsx"):
        failed = CliRunner().invoke(cli, [*base, str(wrong)])
        assert failed.exit_code == 1 and isinstance(failed.exception, Nq57Error)
