"""The desk's pages beyond the plain month: decisions, judging again, edits; called as a browser calls them."""

from __future__ import annotations

import datetime as dt
import errno
import html
import io
import shutil
import time
import zipfile
from pathlib import Path

import attrs
import openpyxl
import pytest
from httpx import Response
from msoffcrypto.format.ooxml import OOXMLFile
from starlette.testclient import TestClient

from nq57xl.commands.collect import collect
from nq57xl.commands.consolidated import overview
from nq57xl.commands.decide import find_return
from nq57xl.commands.demo import Department
from nq57xl.commands.generate import generate
from nq57xl.commands.init import init, open_questions
from nq57xl.commands.merge import merge
from nq57xl.commands.office import Office
from nq57xl.commands.status import status
from nq57xl.errors import Nq57Error
from nq57xl.ledger import storage
from nq57xl.ledger.workspace import Workspace
from nq57xl.outputs.texts import headline
from nq57xl.text.clock import VIETNAM, Clock
from nq57xl.web.server import make_app
from nq57xl.web.site import Site
from tests.edit_kit import cell_of
from tests.import_kit import word

PORT = 8758
HERE = f"http://127.0.0.1:{PORT}"
CLOCK = Clock(dt.datetime(2026, 4, 16, 9, tzinfo=VIETNAM))
DUE = dt.date(2026, 4, 17)


@pytest.fixture(scope="module")
def april(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the forms of April, one accepted and one rejected return."""
    root = tmp_path_factory.mktemp("april") / "so"
    init(root, "bql-2026")
    office = Office.at(root, CLOCK)
    generate(office, "2026-04")
    forms = root / "out" / "2026-04" / "bieu-mau"
    Department(1, DUE).fill(forms / "NQ57_2026-04_QLDT.xlsx", root / "inbox" / "QLDT.xlsx")
    Department(2, DUE).fill(forms / "NQ57_2026-04_VP.xlsx", root / "inbox" / "VP.xlsx", mistakes=True)
    collect(office, [], "2026-04")
    return root


class Browser:
    """A browser that opened the link, on one workspace."""

    def __init__(self, root: Path) -> None:
        self.office = Office(Workspace(root), CLOCK)
        self.site = Site(root.parent, CLOCK, lambda folder: Office.at(folder, CLOCK, person="hoa"))
        self.client = TestClient(
            make_app(self.site, PORT), base_url=HERE, headers={"sec-fetch-site": "same-origin"}, follow_redirects=True
        )
        self.client.get(f"/vao?ma={self.site.keys.new_code()}")
        self.at = f"/so/{root.name}"

    def page(self, path: str) -> str:
        """Text of a page of the workspace."""
        answer = self.client.get(self.at + path)
        assert answer.status_code == 200, answer.text
        return str(answer.text)

    def send(self, path: str, data: dict[str, str], file: tuple[str, bytes] | None = None) -> str:
        """Sends a form; where that begins work, what the work told."""
        files = {"tep": file} if file else {"": ("", b"")}
        where = path if path.startswith("/chon") else self.at + path
        answer: Response = self.client.post(where, data=data, files=files)
        for _ in range(2000):
            if "/viec/" not in str(answer.url) or "Đang thực hiện" not in answer.text:
                break
            time.sleep(0.03)
            answer = self.client.get(str(answer.url))
        return str(answer.text)

    def hash_of(self, unit: str) -> str:
        """Of the unit's newest return."""
        found = next(item for item in status(self.office, "2026-04").status.units if item.code == unit)
        assert found.newest is not None
        return found.newest.judged.source.sha256


@pytest.fixture
def browser(april: Path, tmp_path: Path) -> Browser:
    return Browser(Path(shutil.copytree(april, tmp_path / "so")))


def test_a_rejected_return_is_taken_by_the_office(browser: Browser) -> None:
    """Before: offered with how many cells it concerns; after: accepted, the reason on the page and in the log."""
    sha256 = browser.hash_of("VP")
    assert "Nhận thay đơn vị" in browser.page(f"/tep/{sha256}")
    assert "Chưa nêu lý do" in browser.send(f"/tep/{sha256}/quyet-dinh", {"viec": "take", "ly_do": ""})
    page = browser.send(f"/tep/{sha256}/quyet-dinh", {"viec": "take", "ly_do": "Ngày cuối, không liên hệ được"})
    who = "(hoa, 09:00 ngày 16 tháng 4 năm 2026)"
    assert f"Đơn vị tổng hợp nhận thay:</strong> Ngày cuối, không liên hệ được {who}" in page
    assert "đơn vị tổng hợp nhận thay" in browser.page("")
    assert "Nhận thay đơn vị" in browser.page("/nhat-ky")
    unit = next(item for item in status(browser.office, "2026-04").status.units if item.code == "VP")
    assert unit.counting is not None


def test_a_remark_goes_into_the_letter(browser: Browser) -> None:
    """Typed on the page, it stands on the page, in the text to copy and in the mail draft; nothing in it is markup."""
    sha256 = browser.hash_of("VP")
    said = "Bổ sung số văn bản <b>ban hành</b>"
    page = browser.send(f"/tep/{sha256}/quyet-dinh", {"viec": "remark", "ly_do": said})
    assert page.count("Bổ sung số văn bản &lt;b&gt;ban hành&lt;/b&gt;") == 2
    letter = (browser.office.workspace.letters_dir("2026-04") / "NQ57_2026-04_VP.txt").read_text(encoding="utf-8")
    assert f"- {said}" in letter


def test_a_file_judged_for_two_periods_is_decided_on_from_its_page(browser: Browser) -> None:
    """April's form handed in for May as well: the page means the return that it shows, the later one; a command that
    names the file alone is asked for the period, not for its hash."""
    later = Office(browser.office.workspace, Clock(dt.datetime(2026, 5, 4, 9, tzinfo=VIETNAM)))
    generate(later, "2026-05", ["QLDT"])
    done = collect(later, [browser.office.workspace.inbox / "QLDT.xlsx"], "2026-05")
    assert [item.verdict for item in done.returns] == ["rejected"]
    sha256 = browser.hash_of("QLDT")
    browser.send(f"/tep/{sha256}/quyet-dinh", {"viec": "exclude", "ly_do": "Biểu của tháng 4"})
    with browser.office.reading() as ledger:
        records = [ledger.return_by_hash(sha256, period) for period in ("2026-04", "2026-05")]
        with pytest.raises(Nq57Error, match="2 báo cáo; hãy ghi --period của kỳ cần chọn"):
            find_return(ledger, browser.office.appendix().plan, sha256, None)
    assert [record.excluded if record else None for record in records] == ["", "Biểu của tháng 4"]


def test_a_remark_on_a_cell_goes_back_with_the_form(browser: Browser) -> None:
    """With a row and a column it is a point of the return: on the page, and at the cell of the marked form."""
    sha256 = browser.hash_of("VP")
    with browser.office.reading() as ledger:
        record = ledger.return_by_hash(sha256)
    assert record is not None
    value = next(item for item in record.judged.values if (item.table, item.field) == ("led", "result"))
    said = {"viec": "remark", "ly_do": "Ghi rõ số hồ sơ", "dong": value.key, "o": "Kết quả trong kỳ"}
    page = browser.send(f"/tep/{sha256}/quyet-dinh", said)
    assert f"{value.sheet}!{value.cell}: Ghi rõ số hồ sơ" in page and "Đơn vị tổng hợp: Ghi rõ số hồ sơ" in page
    path = browser.office.workspace.back_dir("2026-04") / "NQ57_2026-04_VP.xlsx"
    note = openpyxl.load_workbook(path)[value.sheet][value.cell].comment
    assert note is not None and "Ghi rõ số hồ sơ" in note.text
    assert "không có ô nhập nào" in browser.send(f"/tep/{sha256}/quyet-dinh", {**said, "o": "Không có cột này"})


def test_judging_again_changes_nothing_by_itself(browser: Browser) -> None:
    """The same program gives the same verdicts: said so, nothing waits for a word; no reason, no run."""
    assert "Chưa nêu lý do" in browser.send("/ky/2026-04/cham-lai/lam", {"ly_do": ""})
    told = browser.send("/ky/2026-04/cham-lai/lam", {"ly_do": "Thử lại"})
    assert told.count("không đổi") == 2
    page = browser.page("/ky/2026-04/cham-lai")
    assert "2 tệp chấm lại cho kết quả như trước" in page
    assert "Xác nhận kết quả chấm lại" not in page


def test_a_worse_verdict_waits_for_the_offices_word(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """An accepted return that today's rules reject is proposed with what is new in it; confirmed, it holds."""
    from nq57xl.commands.judge import judge as plain
    from nq57xl.rules.findings import make

    sha256 = browser.hash_of("QLDT")

    def stricter(*given: object, **words: object) -> list[object]:
        new = make("REQUIRED_BLANK", words={"field": "Kết quả"}, sheet="1. Kết quả", cell="H9", task="I.1")
        return [
            [attrs.evolve(item, verdict="rejected", findings=(*item.findings, new)) for item in batch]
            for batch in plain(*given, **words)  # type: ignore[arg-type]
        ]

    monkeypatch.setattr("nq57xl.commands.decide.judge", stricter)
    browser.send(f"/tep/{sha256}/quyet-dinh", {"viec": "recheck", "ly_do": "Quy tắc mới"})
    page = browser.page("/ky/2026-04/cham-lai")
    assert "chờ xác nhận" in page and "1. Kết quả!H9" in page
    units = {item.code: item for item in status(browser.office, "2026-04").status.units}
    assert units["QLDT"].counting is not None
    browser.send("/ky/2026-04/cham-lai/lam", {"ly_do": "Quy tắc mới", "tep": sha256})
    units = {item.code: item for item in status(browser.office, "2026-04").status.units}
    assert units["QLDT"].counting is None


def test_the_desk_shows_the_first_page(browser: Browser) -> None:
    """The page of the report says what the first page of the workbook says: the headline, every overdue task with its
    units and days, what falls due, what is to be decided."""
    view = overview(browser.office, "2026-04")
    page = html.unescape(browser.page("/ky/2026-04/tong-hop"))
    assert headline(view) in page
    assert view.overdue or view.due_soon
    for item in (*view.overdue, *view.due_soon):
        assert all(text in page for text in (item.work, item.words, ", ".join(item.units)))
    for asked in view.decisions:
        assert f"{asked.level}: {asked.text} ({', '.join(asked.units)}" in page


def test_edits_go_down_and_up(browser: Browser) -> None:
    """bien-tap.xlsx is downloaded, edited, sent up: recorded and applied; a wrong line is told with its cell."""
    assert "Lập báo cáo tổng hợp trước" in browser.page("/ky/2026-04/bien-tap")
    merge(browser.office, "2026-04")
    got = browser.client.get(f"{browser.at}/ky/2026-04/tai/tong-hop/bien-tap.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(got.content))
    for place, entry, reason in (
        ("QLDT|supporting|I.2|contribution", "Đã hoàn thành rà soát", "Gọn"),
        ("QLDT|supporting|I.1|nothing", "nhiều", "Điện thoại"),
    ):
        kind = "Sửa số liệu theo điện thoại" if entry == "nhiều" else "Rút gọn câu chữ"
        for name, value in {"entry": entry, "kind": kind, "author": "Lan", "reason": reason}.items():
            cell_of(book, place, name).value = value
    wrong = cell_of(book, "QLDT|supporting|I.1|nothing")
    buffer = io.BytesIO()
    book.save(buffer)
    told = browser.send("/ky/2026-04/bien-tap/nhan", {}, ("bien-tap.xlsx", buffer.getvalue()))
    assert "Đã ghi nhận 1 biên tập mới" in told
    assert f"Nhiệm vụ phối hợp!{wrong.coordinate}" in told
    page = browser.page("/ky/2026-04/bien-tap")
    assert "Đã hoàn thành rà soát" in page and "đang áp dụng" in page
    # what is no bien-tap.xlsx of the period is refused at once, and no later report speaks of it
    appendix = browser.office.workspace.appendix.read_bytes()
    for data in (b"abc", appendix):
        assert "Chưa ghi nhận được" in browser.send("/ky/2026-04/bien-tap/nhan", {}, ("bien-tap.xlsx", data))
    assert appendix not in [path.read_bytes() for path in browser.office.workspace.report_dir("2026-04").iterdir()]


def test_what_lies_in_a_units_folder_is_told_on_the_first_page(browser: Browser) -> None:
    """The folders are made on the settings page; a file dropped there by hand is judged, told, and answered there."""
    from nq57xl.web.server import Arrivals

    browser.send("/cai-dat/thu-muc", {})
    inbox = browser.office.workspace.inbox
    assert "VP" in browser.page("/cai-dat")
    Department(3, DUE).fill(
        browser.office.workspace.forms_dir("2026-04") / "NQ57_2026-04_VP.xlsx", inbox / "VP" / "<b>VP.xlsx"
    )
    looking = Arrivals(browser.site)
    for _ in range(2):
        looking.look(browser.at.removeprefix("/so/"))
    assert "ket-qua_NQ57_2026-04_VP.html" in {path.name for path in (inbox / "VP").iterdir()}
    told = browser.page("/moi")
    assert "«&lt;b&gt;VP.xlsx» (VP): được chấp nhận" in told
    assert told in browser.page("")
    link = told.split('href="')[1].split('"')[0]
    assert "được chấp nhận" in browser.client.get(link).text


def test_a_fault_while_looking_at_an_inbox_is_told_once_and_ends_no_watch(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told on the first page and kept in the file for those who mend it; when the fault is gone, files are taken in."""
    from nq57xl.web.server import Arrivals

    looking, slug = Arrivals(browser.site), browser.at.removeprefix("/so/")
    monkeypatch.setattr("nq57xl.web.server.Watcher.look", lambda _: 1 / 0)
    told = len(browser.site.arrived.get(slug, ()))
    for _ in range(3):
        looking.look(slug)
    assert len(browser.site.arrived[slug]) == told + 1
    assert "lỗi chưa lường trước" in browser.page("/moi")
    monkeypatch.undo()
    (browser.office.workspace.inbox / "ghi chú.txt").write_text("abc", encoding="utf-8")
    for _ in range(2):
        looking.look(slug)
    assert "«ghi chú.txt»" in browser.page("/moi")


def test_work_that_ended_while_nobody_looked_is_found_again(browser: Browser) -> None:
    """Left before its end: named on every page until its own page was seen; a failure can be tried again there."""
    appendix = browser.office.workspace.appendix
    kept = appendix.read_bytes()
    browser.client.post(f"{browser.at}/ky/2026-04/tong-hop/lap", data={}, follow_redirects=False)
    while browser.site.jobs.busy():
        time.sleep(0.05)
    page = browser.page("/nhat-ky")
    assert "Đã xong: <a" in page
    job = page.split('href="/viec/')[1].split('"')[0]
    browser.client.get(f"/viec/{job}")
    assert "/viec/" not in browser.page("/nhat-ky")
    appendix.write_bytes(b"PK")
    failed = browser.send("/ky/2026-04/tong-hop/lap", {})
    assert "Thử lại" in failed and "Traceback" not in failed
    appendix.write_bytes(kept)
    again = failed.split('action="/viec/')[1].split('"')[0]
    assert browser.client.post(f"/viec/{again}").status_code == 200
    while browser.site.jobs.busy():
        time.sleep(0.05)
    assert "Đã xong: <a" in browser.page("/nhat-ky")


def test_a_plans_document_becomes_a_workspace_by_answering_questions(tmp_path: Path) -> None:
    """First run with a Word document: what it leaves open is asked on the page; an answer settles its question, keeps
    the appendix as it was, and teaches nobody's request to write elsewhere."""
    leads = ("Sở Nội vụ", "Bộ Công an", "Bộ Tài chính", "UBND các xã, phường", "Văn phòng UBND tỉnh")
    rows = [
        (str(number), f"Xây dựng đề án {number}", "Đề án", lead, "", "2026") for number, lead in enumerate(leads, 1)
    ]
    head = ("TT", "Nhiệm vụ", "Sản phẩm", "Cơ quan chủ trì", "Cơ quan phối hợp", "Thời hạn")
    front = ("UBND TỈNH ĐỒNG NAI", "Số: 91/KH-UBND", "Đồng Nai, ngày 12 tháng 02 năm 2026", "KẾ HOẠCH", "Chuyển đổi số")
    browser = Browser(tmp_path / "NQ57" / "chuyen-doi-so")
    fields = {"ten": "Chuyển đổi số", "nguon": "van-ban"}
    told = browser.send("/chon/tao", fields, ("kế hoạch.docx", b"no document"))
    assert "Thử lại" in told and browser.site.workspaces() == {}
    told = browser.send("/chon/tao", fields, ("kế hoạch.docx", word(rows, head, front)))
    assert "5 đầu việc" in told and "Tiếp tục" in told
    page = browser.page("/ke-hoach/ra-soat")
    names = [part.split('"')[0] for part in page.split('name="k:')[1:]]
    assert names and "Đang ghi:" in page
    unit = next(name for name in names if name.startswith("units|"))
    told = browser.send("/ke-hoach/ra-soat/tra-loi", {f"k:{unit}": "Ngoài cơ quan (không nhận)", "k:../x": "y"})
    assert "Đã ghi trả lời" in told
    assert unit not in browser.page("/ke-hoach/ra-soat")
    assert len(list(browser.office.workspace.backup.glob("phu-luc-*.xlsx"))) == 1
    assert "Chưa trả lời câu hỏi nào" in browser.send("/ke-hoach/ra-soat/tra-loi", {"k:../x": "y"})
    # the appendix itself, with what is open in it, begins another workspace
    appendix, again = browser.office.workspace.appendix, {"ten": "Lần hai", "nguon": "van-ban"}
    told = browser.send("/chon/tao", again, (appendix.name, appendix.read_bytes()))
    assert "Tiếp tục" in told
    second = Office(Workspace(tmp_path / "NQ57" / "lan-hai"), CLOCK)
    assert open_questions(second) == open_questions(browser.office) != ()
    assert "Đã có thư mục làm việc" in browser.send("/chon/tao", fields, ("kế hoạch.docx", b"x"))


def test_a_full_disk_is_told_and_tried_again(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report cannot be written: said in words with a retry, nothing half done; with room again, it is made."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("nq57xl.text.files.os.fsync", full)
    told = browser.send("/ky/2026-04/tong-hop/lap", {})
    assert "ổ đĩa đã đầy" in told and "Thử lại" in told and "No space" not in told
    monkeypatch.undo()
    browser.client.post("/viec/" + told.split('action="/viec/')[1].split('"')[0])
    while browser.site.jobs.busy():
        time.sleep(0.05)
    assert browser.office.workspace.report_dir("2026-04").joinpath("bao-cao-tong-hop.xlsx").is_file()


def test_a_command_elsewhere_is_named_and_other_pages_go_on(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another command writes, a decision says who and which, and records nothing; pages to read go on."""
    monkeypatch.setitem(storage.writing.__wrapped__.__kwdefaults__, "wait", 0.2)  # type: ignore[attr-defined]
    sha256 = browser.hash_of("VP")
    with storage.writing(browser.office.workspace, "merge", CLOCK, "hoa"):
        told = browser.send(f"/tep/{sha256}/quyet-dinh", {"viec": "exclude", "ly_do": "Bản nháp"})
        assert "người dùng hoa" in told and "«merge»" in told
        assert "Bị trả lại" in browser.page(f"/tep/{sha256}")
    assert "Bản nháp" not in browser.page(f"/tep/{sha256}")


def test_an_open_workbook_is_named(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """The appendix or the report is open in Excel: the page says which file to close, and offers to try again."""
    from nq57xl.errors import WorkbookOpenError

    def held(path: Path) -> None:
        raise WorkbookOpenError(path)

    monkeypatch.setattr("nq57xl.text.files.require_closed", held)
    data = browser.office.workspace.appendix.read_bytes()
    told = browser.send("/ke-hoach/thay", {}, ("phu-luc.xlsx", data))
    assert "hãy đóng tệp" in told and "phu-luc.xlsx" in told and "Thử lại" in told


def test_the_right_form_is_at_hand_on_every_verdict(browser: Browser) -> None:
    """Beside a unit's verdict stands its form of the period as it is now; the office's decisions stand there too."""
    sha256 = browser.hash_of("VP")
    page = browser.page(f"/tep/{sha256}")
    form = f"{browser.at}/ky/2026-04/tai/bieu-mau/NQ57_2026-04_VP.xlsx"
    assert form in page
    assert browser.client.get(form).headers["content-disposition"].startswith("attachment")
    browser.send(f"/tep/{sha256}/quyet-dinh", {"viec": "exclude", "ly_do": "Bản nháp"})
    page = browser.send(f"/tep/{sha256}/quyet-dinh", {"viec": "readmit", "ly_do": "Bản chính"})
    assert "2 đã có" in page and "Bản nháp" in page and "Bản chính" in page


def test_the_zip_of_the_report_holds_what_goes_out(browser: Browser) -> None:
    """One zip with workbook, document and texts; contacts and the office's own edits are not in it."""
    merge(browser.office, "2026-04")
    got = browser.client.get(f"{browser.at}/ky/2026-04/zip/tong-hop")
    names = set(zipfile.ZipFile(io.BytesIO(got.content)).namelist())
    assert {"bao-cao-tong-hop.xlsx", "bao-cao.docx", "theo-doi.txt"} <= names
    assert not [name for name in names if name.startswith(("noi-bo", "bien-tap"))]


def test_an_amendment_is_compared_and_confirmed_on_the_page(browser: Browser) -> None:
    """A changed appendix: what changes stands on the page, the table can be taken along and sent back; confirmed, the
    plan is the new one, and its history says so."""
    book = openpyxl.load_workbook(browser.office.workspace.appendix)
    cell = next(cell for row in book["Nhiệm vụ"].iter_rows() for cell in row if cell.value == "Văn bản góp ý")
    cell.value = "05 văn bản góp ý"
    stream = io.BytesIO()
    book.save(stream)
    told = browser.send("/ke-hoach/dieu-chinh", {"hieu_luc": "2026-06-01"}, ("phu-luc-2.xlsx", stream.getvalue()))
    assert "1 dòng thay đổi" in told and "ngày 01 tháng 6 năm 2026" in told
    page = browser.page("/ke-hoach/so-sanh")
    assert "<del>Văn bản góp ý</del>" in page and "<ins>05 văn bản góp ý</ins>" in page
    table = browser.client.get(f"{browser.at}/ky/2026/tai/dieu-chinh/so-sanh-ke-hoach.xlsx")
    assert table.status_code == 200
    # a line that was deleted in the workspace's own table: the page says so, as confirming would
    here = browser.office.workspace.out / "dieu-chinh" / "so-sanh-ke-hoach.xlsx"
    cut = openpyxl.load_workbook(here)
    cut["Nhiệm vụ"].delete_rows(cut["Nhiệm vụ"].max_row)
    cut.save(here)
    assert "thiếu dòng" in browser.client.get(f"{browser.at}/ke-hoach/so-sanh").text
    assert "thiếu dòng" in browser.send("/ke-hoach/xac-nhan", {"hieu_luc": ""})
    own = ("so-sanh-ke-hoach.xlsx", table.content)
    assert "Kế hoạch đã điều chỉnh" in browser.send("/ke-hoach/xac-nhan", {"hieu_luc": ""}, own)
    page = browser.page("/ke-hoach")
    assert "Từ ngày 01 tháng 6 năm 2026: phu-luc-2.xlsx" in page
    assert "Không có bảng so sánh nào" in browser.page("/ke-hoach/so-sanh")


def test_the_form_of_the_office_above_is_filled_in_on_the_page(browser: Browser, tmp_path: Path) -> None:
    """Handed in, filled in, taken away: the form, its list and the workbook of matches; what is open is told."""
    above = tmp_path / "tinh"
    init(above, "bql-2026")
    generate(Office.at(above, CLOCK), "2026-04")
    form = (above / "out/2026-04/bieu-mau/NQ57_2026-04_QLDT.xlsx").read_bytes()
    here = "/ky/2026-04/cap-tren"
    told = browser.send(f"{here}/dien", {"xac_nhan": "1"}, ("NQ57_2026-04_QLDT.xlsx", form))
    assert "Đã điền" in told and "Chưa có báo cáo được chấp nhận của Văn phòng" in told
    page = browser.page(here)
    for name in ("NQ57_2026-04_QLDT.xlsx", "NQ57_2026-04_QLDT-nguon.xlsx", "doi-chieu-bql-2026.xlsx"):
        assert f"/tai/cap-tren/{name}" in page
        taken = browser.client.get(f"{browser.at}/ky/2026-04/tai/cap-tren/{name}")
        assert openpyxl.load_workbook(io.BytesIO(taken.content)).sheetnames
    assert "không phải biểu mẫu" in browser.send(
        f"{here}/dien", {}, ("phu-luc.xlsx", (above / "phu-luc.xlsx").read_bytes())
    )
    # the two files in each other's place: told, and the workbook of matches is still there
    swapped = {"tep": ("NQ57_2026-04_QLDT.xlsx", form), "doi_chieu": ("NQ57_2026-04_QLDT.xlsx", form)}
    answer = browser.client.post(f"{browser.at}{here}/dien", files=swapped)
    while "Đang thực hiện" in answer.text:
        time.sleep(0.03)
        answer = browser.client.get(str(answer.url))
    assert "không phải bảng đối chiếu" in answer.text
    assert "Đã điền" in browser.send(f"{here}/dien", {}, ("NQ57_2026-04_QLDT.xlsx", form))


def test_a_backup_goes_to_another_computer(browser: Browser, tmp_path: Path) -> None:
    """One file holds the workspace; restored under another name it stands as it stood, and goes on. What is no backup,
    or leads out of the folder, makes nothing."""
    data = browser.client.get(f"{browser.at}/sao-luu").content
    other = Browser(tmp_path / "khác" / "ban-giao")
    fields = {"ten": "Bàn giao", "nguon": "sao-luu"}
    assert "Thử lại" in other.send("/chon/tao", fields, ("a.zip", b"PK"))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("phu-luc.xlsx", b"")
        archive.writestr("../ra-ngoai.txt", b"")
    assert "không khôi phục" in other.send("/chon/tao", fields, ("a.zip", stream.getvalue()))
    assert [path.name for path in tmp_path.rglob("ra-ngoai.txt")] == [] and other.site.workspaces() == {}
    assert "Tiếp tục" in other.send("/chon/tao", fields, ("a.zip", data))
    assert "2/4" in other.page("")
    assert other.hash_of("VP") == browser.hash_of("VP")
    other.send(f"/tep/{other.hash_of('VP')}/quyet-dinh", {"viec": "take", "ly_do": "Ngày cuối"})
    assert "Ngày cuối" in other.page("/nhat-ky")


def test_the_appendix_is_replaced_and_kept(browser: Browser) -> None:
    """An edited phu-luc.xlsx takes the place of the present one, which goes to backup/; another plan's is refused."""
    from nq57xl.plan.appendix_read import bundled_appendix

    book = openpyxl.load_workbook(browser.office.workspace.appendix)
    cell = next(cell for row in book["Nhiệm vụ"].iter_rows() for cell in row if cell.value == "Văn bản góp ý")
    cell.value = "05 văn bản góp ý"
    stream = io.BytesIO()
    book.save(stream)
    assert "bản cũ giữ ở backup" in browser.send("/ke-hoach/thay", {}, ("phu-luc.xlsx", stream.getvalue()))
    assert "05 văn bản góp ý" in {task.deliverable for task in browser.office.appendix().plan.tasks}
    assert len(list(browser.office.workspace.backup.glob("phu-luc-*.xlsx"))) == 1
    told = browser.send("/ke-hoach/thay", {}, ("phu-luc.xlsx", bundled_appendix("sxd-2026")))
    assert "thư mục làm việc riêng" in told.replace("\n", " ")


def test_a_workbook_with_a_password_is_opened_on_the_page(browser: Browser, tmp_path: Path) -> None:
    """Refused without it, read once it is typed; the password stands nowhere in the workspace."""
    path, secret = tmp_path / "VP.xlsx", "Mật khẩu 57!"
    Department(5, DUE).fill(browser.office.workspace.forms_dir("2026-04") / "NQ57_2026-04_VP.xlsx", path)
    stream = io.BytesIO()
    OOXMLFile(io.BytesIO(path.read_bytes())).encrypt(secret, stream)
    file = ("có mật khẩu.xlsx", stream.getvalue())
    assert "không phải biểu mẫu" in browser.send("/ky/2026-04/nhan", {}, file)
    assert "(VP): được chấp nhận" in browser.send("/ky/2026-04/nhan", {"mat_khau": secret}, file)
    root = browser.office.workspace.root
    assert not [item for item in root.rglob("*") if item.is_file() and secret.encode() in item.read_bytes()]
