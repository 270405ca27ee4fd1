"""Signed copies that come beside a unit's form: filed with that return, told where it is unclear whose they are."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from email.message import EmailMessage
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from nq57xl.cli import cli
from nq57xl.commands.backup import verify
from nq57xl.commands.collect import Collected, collect
from nq57xl.commands.merge import merge
from nq57xl.commands.status import status
from tests import year_kit as year

APRIL, MAY = "2026-04", "2026-05"
SCAN, PHOTO = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%", b"\xff\xd8\xff\xe0\x00\x10JFIF"


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The forms of April."""
    root = year.start_sample(tmp_path_factory.mktemp("ban ky") / "so")
    year.issue(root, APRIL)
    return root


@pytest.fixture
def root(issued: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(issued, tmp_path / "so"))


def filled(root: Path, unit: str, period: str = APRIL) -> bytes:
    form = year.form(root, period, unit)
    return year.workbook(form, year.usual(form))


def taken(root: Path, *given: Path, period: str = APRIL) -> Collected:
    return collect(year.at(root, year.moment(period, 16)), given, period)


def put(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def told(done: Collected) -> dict[str, tuple[str, list[str]]]:
    return {item.source.name: (item.verdict, [one.code for one in item.findings]) for item in done.returns}


def copies(done: Collected) -> list[tuple[str, str]]:
    return sorted((copy.unit, copy.file) for copy in done.signed)


def test_a_scan_in_the_mail_of_a_form_is_its_signed_copy(root: Path, tmp_path: Path) -> None:
    """Filed with the unit of the form in that mail, listed by `status` and in both books of the report; no return of
    its own; the same mail again files nothing twice."""
    letter = EmailMessage()
    letter["Subject"], letter["From"] = "Báo cáo tháng 4", "a@example.vn"
    letter["Received"] = "from a.vn by b.vn; Wed, 15 Apr 2026 08:05:00 +0700"
    letter.set_content("Gửi báo cáo và bản ký.")
    for name, data in (("báo cáo.xlsx", filled(root, "VP")), ("../BC 12.pdf", SCAN), ("trang 2.jpg", PHOTO)):
        letter.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    mail = put(tmp_path / "thư.eml", letter.as_bytes())
    done = taken(root, mail)
    assert [(item.source.name, item.unit) for item in done.returns] == [("báo cáo.xlsx", "VP")]
    names = [copy.file for copy in done.signed]
    assert [copy.unit for copy in done.signed] == ["VP", "VP"] and names == ["BC 12.pdf", "trang 2.jpg"]
    again = CliRunner().invoke(cli, ["-w", str(root), "collect", str(mail), "--period", APRIL, "--json"])
    assert [item["file"] for item in json.loads(again.stdout)["signed"]] == names
    office = year.at(root, year.moment(APRIL, 18))
    here = status(office, APRIL).status
    assert [copy.file for copy in here.signed] == names and here.unrecognised == ()
    assert verify(office).problems == ()
    made = merge(office, APRIL)
    books = [openpyxl.load_workbook(path) for path in (made.report, made.sources)]
    texts = [
        "\n".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value)
        for book in books
    ]
    assert "Bản ký: BC 12.pdf" in texts[0] and here.signed[0].sha256 in texts[1]


def test_the_narrowest_place_with_a_form_decides(root: Path, tmp_path: Path) -> None:
    """In an archive with a folder for each unit each scan goes with its folder; one beside both is told."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for unit in ("VP", "QLDT"):
            archive.writestr(f"{unit}/bao cao.xlsx", filled(root, unit))
            archive.writestr(f"{unit}/ban ky.pdf", SCAN + unit.encode())
        archive.writestr("VP.pdf", SCAN)
    done = taken(root, put(tmp_path / "tất cả.zip", stream.getvalue()))
    assert copies(done) == [("QLDT", "ban ky.pdf"), ("VP", "ban ky.pdf")]
    assert told(done)["VP.pdf"] == ("unrecognised", ["SIGNED_COPY_UNCLEAR"])


def test_a_folder_holds_the_form_before_or_after_its_scan(root: Path) -> None:
    """A scan that came first is no form until the unit's form lies beside it; one that comes later finds the form."""
    folder = root / "inbox" / "VP"
    put(folder / "ký.pdf", SCAN)
    assert told(taken(root)) == {"ký.pdf": ("unrecognised", ["FILE_PDF"])}
    put(folder / "báo cáo.xlsx", filled(root, "VP"))
    done = taken(root)
    assert copies(done) == [("VP", "ký.pdf")]
    assert status(year.at(root, year.moment(APRIL, 17)), APRIL).status.unrecognised == ()
    put(folder / "chưa nhận.xlsx", filled(root, "QLDT"))
    later = put(folder / "ký lại.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 40)
    assert told(taken(root, later)) == {"ký lại.png": ("unrecognised", ["SIGNED_COPY_UNCLEAR"])}
    (folder / "chưa nhận.xlsx").unlink()
    put(folder / "biểu thứ hai.xlsx", filled(root, "VP"))
    assert copies(taken(root, folder / "biểu thứ hai.xlsx")) == [("VP", "ký lại.png")]
    assert taken(root).returns[0].verdict == "duplicate"


def test_nothing_but_a_scan_by_name_and_content_is_filed(root: Path, tmp_path: Path) -> None:
    """A picture that calls itself a workbook, a workbook that calls itself a scan, a scan with no form: all told."""
    form = put(tmp_path / "a" / "báo cáo.xlsx", filled(root, "VP"))
    picture = put(tmp_path / "a" / "ảnh.xlsx", PHOTO)
    workbook = put(tmp_path / "a" / "bảng.pdf", b"khong phai pdf")
    alone = put(tmp_path / "b" / "ký.pdf", SCAN)
    done = taken(root, form, picture, workbook, alone)
    assert done.signed == ()
    found = told(done)
    assert found["ảnh.xlsx"][1] == ["FILE_PICTURE"] and found["ký.pdf"][1] == ["FILE_PDF"]
    assert found["bảng.pdf"][0] == "unrecognised"


def test_a_scan_of_last_month_stays_with_last_month(root: Path) -> None:
    """Lying on in the inbox it is neither judged nor filed again for the next month; that month's own scan is."""
    put(root / "inbox" / "VP" / "tháng 4.xlsx", filled(root, "VP"))
    put(root / "inbox" / "VP" / "tháng 4.pdf", SCAN)
    assert copies(taken(root)) == [("VP", "tháng 4.pdf")]
    year.issue(root, MAY)
    put(root / "inbox" / "VP" / "tháng 5.xlsx", filled(root, "VP", MAY))
    put(root / "inbox" / "VP" / "tháng 5.pdf", SCAN + b"5")
    done = taken(root, period=MAY)
    assert copies(done) == [("VP", "tháng 5.pdf")]
    assert "tháng 4.pdf" not in told(done)
