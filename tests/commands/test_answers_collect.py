"""Letters and kiem-tra.xlsx over a real workspace: in line with the ledger after every change, never in its way."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import os
import shutil
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote

import pytest
from openpyxl import load_workbook

from nq57xl.cli.commands import _print_collected
from nq57xl.cli.terminal import print_answers
from nq57xl.commands.collect import collect
from nq57xl.commands.decide import decide
from nq57xl.commands.demo import Department
from nq57xl.commands.generate import generate
from nq57xl.commands.init import init
from nq57xl.commands.office import Office
from nq57xl.text import files
from nq57xl.text.clock import VIETNAM, Clock
from tests.conftest import CheckOoxml
from tests.report_books import table

PERIOD, DUE = "2026-04", dt.date(2026, 4, 17)


def at(root: Path, day: int) -> Office:
    return Office.at(root, Clock(dt.datetime(2026, 4, day, 9, tzinfo=VIETNAM)))


def gathered_by(root: Path, unit: str) -> None:
    """Another unit gathers, so that Văn phòng gets letters: an office writes none to itself."""
    book = load_workbook(root / "phu-luc.xlsx")
    (place,) = [row[1] for row in book["Kế hoạch"].iter_rows() if row[0].value == "Đơn vị tổng hợp"]
    place.value = unit
    book.save(root / "phu-luc.xlsx")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """April issued; VP rejected, QLDT accepted, a scan that is no form."""
    root = tmp_path_factory.mktemp("answers") / "Phòng Tổng hợp"
    init(root, "bql-2026")
    gathered_by(root, "QLDN")
    generate(at(root, 1), PERIOD)
    forms = root / "out" / PERIOD / "bieu-mau"
    inbox = root / "inbox" / "2026-04-15"
    Department(1, DUE).fill(forms / "NQ57_2026-04_QLDT.xlsx", inbox / "đầu tư.xlsx")
    Department(2, DUE).fill(forms / "NQ57_2026-04_VP.xlsx", inbox / "vp.xlsx", mistakes=True)
    (inbox / "báo cáo quét.pdf").write_bytes(b"%PDF-1.4 scan")
    collect(at(root, 15), [], PERIOD)
    return root


@pytest.fixture
def root(base: Path, tmp_path: Path) -> Path:
    """A copy of that workspace."""
    return Path(shutil.copytree(base, tmp_path / "w"))


def out(root: Path) -> dict[str, bytes]:
    """Everything written for people in the period, but the forms."""
    folder = root / "out" / PERIOD
    paths = [folder / "kiem-tra.xlsx", *folder.glob("thong-bao/*"), *folder.glob("tra-lai/*")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def mail(root: Path, name: str) -> EmailMessage:
    data = (root / "out" / PERIOD / "thong-bao" / name).read_bytes()
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def stems(root: Path) -> set[str]:
    return {path.stem for path in (root / "out" / PERIOD / "thong-bao").iterdir()}


def test_every_return_is_answered(base: Path, check_ooxml: CheckOoxml) -> None:
    """Three shapes for each: a notice to each unit that sent something, a receipt for the scan; kiem-tra.xlsx clean."""
    letters = [path.name for path in (base / "out" / PERIOD / "thong-bao").iterdir()]
    assert len(letters) == 9
    assert {"NQ57_2026-04_VP", "NQ57_2026-04_QLDT"} < stems(base)
    assert {Path(name).suffix for name in letters} == {".txt", ".html", ".eml"}
    check_ooxml(base / "out" / PERIOD / "kiem-tra.xlsx")


def test_no_mail_to_itself(base: Path, tmp_path: Path) -> None:
    """The gathering unit's own return gets a note as text and page, and no draft; one of before goes."""
    root = Path(shutil.copytree(base, tmp_path / "w"))
    gathered_by(root, "VP")
    collect(at(root, 16), [], PERIOD)
    folder = root / "out" / PERIOD / "thong-bao"
    assert sorted(path.suffix for path in folder.glob("NQ57_2026-04_VP.*")) == [".html", ".txt"]
    text = (folder / "NQ57_2026-04_VP.txt").read_text(encoding="utf-8")
    assert text.startswith("Ghi nhận báo cáo của đơn vị tổng hợp: Văn phòng")
    assert sorted(path.suffix for path in folder.glob("NQ57_2026-04_QLDT.*")) == [".eml", ".html", ".txt"]


def test_the_draft_carries_the_marked_form(base: Path) -> None:
    """The form in tra-lai/, byte for byte; an accepted return gets none."""
    (attached,) = mail(base, "NQ57_2026-04_VP.eml").iter_attachments()
    marked = base / "out" / PERIOD / "tra-lai" / "NQ57_2026-04_VP.xlsx"
    assert (attached.get_filename(), attached.get_content()) == (marked.name, marked.read_bytes())
    assert list(mail(base, "NQ57_2026-04_QLDT.eml").iter_attachments()) == []


def test_links_of_the_check_workbook_lead_to_files(base: Path) -> None:
    """Every link to a file, followed from the workbook's folder, ends at a file: original, marked form, letter."""
    place = base / "out" / PERIOD
    book = load_workbook(place / "kiem-tra.xlsx")
    targets = [cell.hyperlink.target for sheet in book for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    files_linked = [target for target in targets if target]
    assert len(files_linked) == 3 + 3 + 1 + 2 + 2  # originals, letters, marked form; pages and drafts of units
    assert all((place / target).is_file() for target in files_linked)


def test_collecting_again_changes_nothing(root: Path) -> None:
    """The same ledger gives the same bytes, whatever day it is."""
    before = out(root)
    done = collect(at(root, 20), [], PERIOD)
    assert {item.verdict for item in done.returns} == {"duplicate"}
    assert out(root) == before
    shutil.rmtree(root / "out" / PERIOD / "thong-bao")
    (root / "out" / PERIOD / "kiem-tra.xlsx").unlink()
    collect(at(root, 21), [], PERIOD)
    assert out(root) == before


def test_a_corrected_return_changes_the_answers(root: Path, tmp_path: Path) -> None:
    """Accepted at last: the notice says so and carries no form, the rejected one gets a receipt of its own."""
    marked = root / "out" / PERIOD / "tra-lai" / "NQ57_2026-04_VP.xlsx"
    Department(2, DUE).mend(marked, tmp_path / "vp sửa.xlsx")
    collect(at(root, 16), [tmp_path / "vp sửa.xlsx"], PERIOD)
    message = mail(root, "NQ57_2026-04_VP.eml")
    assert list(message.iter_attachments()) == []
    assert str(message["Subject"]).startswith("Đã nhận báo cáo tháng 4/2026")
    assert len([stem for stem in stems(root) if stem.endswith("-VP")]) == 1
    rows = {row["Tệp"]: row for row in table(load_workbook(root / "out" / PERIOD / "kiem-tra.xlsx")["Tệp nhận"], "TT")}
    assert rows["vp.xlsx"]["Kết quả"] == "Bị trả lại, đơn vị đã gửi bản khác"
    assert rows["vp sửa.xlsx"]["Kết quả"] == "Được chấp nhận, đang được sử dụng"


def test_a_decision_changes_the_answers_and_back(root: Path) -> None:
    """Left out: the unit's notice becomes a receipt with the reason, and no letter of before stays; readmitted: as
    it was, byte for byte."""
    before = out(root)
    decide(at(root, 16), "exclude", "QLDT", PERIOD, "Gửi nhầm bản nháp")
    assert "NQ57_2026-04_QLDT" not in stems(root)
    (receipt,) = (root / "out" / PERIOD / "thong-bao").glob("bien-nhan-*-QLDT.txt")
    assert "Lý do: Gửi nhầm bản nháp." in receipt.read_text(encoding="utf-8")
    decide(at(root, 17), "readmit", "đầu tư.xlsx", PERIOD, "Đơn vị xác nhận là bản chính thức")
    assert out(root) == before


def test_what_somebody_edited_stays(root: Path, tmp_path: Path) -> None:
    """A notice that the office has reworded is kept; the new one goes beside it, and is the one that is linked."""
    folder = root / "out" / PERIOD / "thong-bao"
    own = folder / "NQ57_2026-04_VP.html"
    own.write_text("lời của văn phòng", encoding="utf-8")
    marked = root / "out" / PERIOD / "tra-lai" / "NQ57_2026-04_VP.xlsx"
    Department(2, DUE).mend(marked, tmp_path / "vp sửa.xlsx")
    collect(at(root, 16), [tmp_path / "vp sửa.xlsx"], PERIOD)
    assert own.read_text(encoding="utf-8") == "lời của văn phòng"
    beside = folder / "NQ57_2026-04_VP (2).html"
    assert "không có điểm nào phải sửa" in beside.read_text(encoding="utf-8")
    sheet = load_workbook(root / "out" / PERIOD / "kiem-tra.xlsx")["Đơn vị"]
    targets = [cell.hyperlink.target for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert beside.name in {Path(unquote(target)).name for target in targets if target}


def test_an_open_workbook_stops_nothing(root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """kiem-tra.xlsx open in Excel: the return is taken in, the file named; next time all is well."""
    replace, book = os.replace, root / "out" / PERIOD / "kiem-tra.xlsx"

    def held(source: object, target: object) -> None:
        if Path(str(target)) == book:
            raise PermissionError(13, "held", str(target))
        replace(str(source), str(target))

    old = book.read_bytes()
    monkeypatch.setattr(files, "_PAUSE", 0.0)
    monkeypatch.setattr("nq57xl.text.files.os.replace", held)
    marked = root / "out" / PERIOD / "tra-lai" / "NQ57_2026-04_VP.xlsx"
    Department(2, DUE).mend(marked, tmp_path / "vp sửa.xlsx")
    done = collect(at(root, 16), [tmp_path / "vp sửa.xlsx"], PERIOD)
    assert [item.verdict for item in done.returns] == ["accepted"]
    assert done.answers.check_book is None
    (problem,) = done.answers.problems
    assert "hãy đóng tệp" in problem and "kiem-tra.xlsx" in problem
    assert book.read_bytes() == old
    monkeypatch.undo()
    assert collect(at(root, 17), [], PERIOD).answers.problems == ()
    assert book.read_bytes() != old


def test_a_wrong_template_stops_nothing(root: Path) -> None:
    """A slip in the office's own template: told once with the file's name; letters and the workbook of before stay."""
    before = out(root)
    own = root / "templates" / "notices"
    own.mkdir(parents=True)
    (own / "thong-bao.txt.j2").write_text("{{ letter.ten_don_vi }}", encoding="utf-8")
    done = collect(at(root, 16), [], PERIOD)
    (problem,) = done.answers.problems
    assert "templates/notices/thong-bao.txt.j2" in problem
    after = out(root)
    assert {name: data for name, data in after.items() if name != "kiem-tra.xlsx"} == {
        name: data for name, data in before.items() if name != "kiem-tra.xlsx"
    }


def test_the_next_step_is_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the letters and kiem-tra.xlsx are: talk on stderr, no line of it among the data."""
    done = collect(at(root, 16), [], PERIOD)
    _print_collected(done)
    print_answers(done.answers)
    told = capsys.readouterr()
    assert str(root / "out" / PERIOD / "kiem-tra.xlsx") in told.err
    assert str(root / "out" / PERIOD / "thong-bao") in told.err
    assert "kiem-tra.xlsx" not in told.out
