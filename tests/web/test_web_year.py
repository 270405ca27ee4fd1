"""The desk's pages of a year: reminders, explanations and waivers, signed copies, quarters, history, next year."""

from __future__ import annotations

import io
import shutil
import time
from email import message_from_bytes
from pathlib import Path

import openpyxl
import pytest

from nq57xl.commands.office import Office
from nq57xl.commands.status import status
from nq57xl.ledger.workspace import Workspace
from nq57xl.text.clock import Clock
from tests import year_kit as year
from tests.web.test_web_pages import Browser as _Browser

MARCH, APRIL = "2026-03", "2026-04"
WORK = "Lựa chọn nhiệm vụ khoa học, công nghệ; báo cáo kết quả thực hiện"
FALL = ("led", "I.1", "percent")


class Browser(_Browser):
    """A browser on the workspace of the sample plan, on a day of April."""

    def __init__(self, root: Path, day: int) -> None:
        super().__init__(root)
        self.site.clock = Clock(year.moment(APRIL, day))
        self.site.office_at = lambda folder: Office.at(folder, self.site.clock, person="hoa")
        self.office = Office(Workspace(root), self.site.clock)


@pytest.fixture(scope="module")
def spring(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """March from VP and QLDT; April from VP alone, with a percentage that fell."""
    root = year.start_sample(tmp_path_factory.mktemp("nam") / "so")
    year.issue(root, MARCH)
    year.send(root, MARCH, {})
    year.send(root, MARCH, {}, "QLDT")
    year.issue(root, APRIL)
    year.send(root, APRIL, {FALL: 0.3})
    return root


@pytest.fixture
def root(spring: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(spring, tmp_path / "so"))


def test_reminders_are_read_without_writing(root: Path) -> None:
    """The page gives the texts of today and the mail with the form, and changes nothing; what was sent is noted."""
    browser = Browser(root, 18)
    before = sorted(path for path in root.rglob("*") if path.is_file())
    page = browser.page("/ky/2026-04/nhac")
    assert page.count("<section") == 5 and 'data-copy="nhac-QLDT"' in page and "thông báo" not in page.lower()
    mail = browser.client.get(f"{browser.at}/ky/2026-04/nhac/QLDT")
    names = [part.get_filename() for part in message_from_bytes(mail.content).walk() if part.get_filename()]
    assert names == ["NQ57_2026-04_QLDT.xlsx"]
    assert browser.client.get(f"{browser.at}/ky/2026-04/nhac/XX").status_code == 404
    document = browser.client.get(f"{browser.at}/ky/2026-04/nhac-chung")
    assert document.content.startswith(b"PK")
    assert sorted(path for path in root.rglob("*") if path.is_file()) == before
    assert "Chưa chọn đơn vị" in browser.send("/ky/2026-04/nhac/da-gui", {})
    told = browser.send("/ky/2026-04/nhac/da-gui", {"don_vi": "QLDT"})
    assert "Lần nhắc gần nhất đã ghi nhận" in told and "(QLDT)" in told
    assert status(browser.office, APRIL).status.reminded == ("QLDT",)
    assert Browser(root, 16).client.get(f"{browser.at}/ky/2026-04/nhac-chung").status_code == 404


def test_an_open_point_is_waived_and_the_waiver_ended(root: Path) -> None:
    """A fall is listed as open, waived until a period with a reason, then listed as waived; ended, it asks again."""
    browser = Browser(root, 16)
    page = browser.page("/ky/2026-04/giai-trinh")
    assert "Còn chờ giải trình: 1" in page and 'value="PERCENT_FALLS"' in page
    fields = {"don_vi": "VP", "ma": "PERCENT_FALLS", "dong": "I.1", "o": "percent", "den": "6/2026"}
    assert "Chưa nêu lý do" in browser.send("/ky/2026-04/giai-trinh/mien", fields | {"ly_do": " "})
    page = browser.send("/ky/2026-04/giai-trinh/mien", fields | {"ly_do": "Đã đổi cách tính <b>"})
    assert "Còn chờ giải trình: 0" in page and "Đang được miễn trong kỳ: 1" in page
    assert "Đã đổi cách tính &lt;b&gt;" in page and "tháng 6/2026" in page
    unit = next(item for item in status(browser.office, APRIL).status.units if item.code == "VP")
    assert unit.state == "accepted"
    page = browser.send("/ky/2026-04/giai-trinh/mien", {"so": "1"})
    assert "Còn chờ giải trình: 1" in page and "từ tháng 4/2026" in page
    assert browser.client.post(f"{browser.at}/ky/2026-04/giai-trinh/mien", data={"so": "a"}).status_code == 400


def test_a_signed_copy_is_filed_by_the_page(root: Path) -> None:
    """A scan is listed with its unit and downloaded as it came; a workbook is no scan; a name is never a path."""
    browser = Browser(root, 16)
    place, scan = "/ky/2026-04/don-vi/VP/ban-ky", b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
    assert "không phải tệp .pdf" in browser.send(place, {}, ("a.pdf", b"PK\x03\x04"))
    page = browser.send(place, {}, ("../../<b>ký.pdf", scan))
    copy = status(browser.office, APRIL).status.signed[0]
    assert (copy.unit, copy.file) == ("VP", "_b_ký.pdf") and copy.file in page
    assert browser.client.get(f"{browser.at}/goc/{copy.sha256}").content == scan
    assert "không có đơn vị" in browser.send("/ky/2026-04/don-vi/XX/ban-ky", {}, ("a.pdf", scan))


def test_a_scan_dropped_with_a_form_is_filed_with_it(root: Path) -> None:
    """However many reports of others lie in the inbox, the scan belongs to the form that was dropped with it."""
    browser = Browser(root, 16)
    form = year.form(root, APRIL, "QLDT")
    files = [("ký.pdf", b"%PDF-1.7\n%"), ("báo cáo.xlsx", year.workbook(form, year.usual(form)))]
    browser.client.post(f"{browser.at}/ky/{APRIL}/nhan", files=[("tep", file) for file in files])
    while browser.site.jobs.busy():
        time.sleep(0.05)
    assert [(copy.unit, copy.file) for copy in status(browser.office, APRIL).status.signed] == [("QLDT", "ký.pdf")]
    assert not list(root.glob("inbox/*.pdf"))


def test_the_year_its_calendar_and_a_quarter(root: Path) -> None:
    """The year lists every period; the calendar comes as workbook and calendar file; a quarter made of months names
    what they lack, and its report is made and downloaded like another's."""
    browser = Browser(root, 18)
    page = browser.page("/nam")
    assert page.count('<tr><th scope="row">') == 20 and "Tổng hợp từ 1/3 tháng" in page
    book = openpyxl.load_workbook(io.BytesIO(browser.client.get(f"{browser.at}/nam/lich.xlsx").content))
    assert book.worksheets[0].max_row == 23
    assert b"BEGIN:VCALENDAR" in browser.client.get(f"{browser.at}/nam/lich.ics").content
    assert browser.client.get(f"{browser.at}/nam/lich.exe").status_code == 404
    assert "không có biểu riêng" in browser.page("/ky/2026-Q1")
    page = browser.page("/ky/2026-Q1/tong-hop")
    assert page.count("Chưa phát hành biểu mẫu") == 2 and 'value="chot"' not in page
    assert page.count('class="warn"') == 3 and "Phòng Quản lý doanh nghiệp, Phòng Kế hoạch tài chính" in page
    assert "Đã lập bao-cao-tong-hop.xlsx" in browser.send("/ky/2026-Q1/tong-hop/lap", {})
    got = browser.client.get(f"{browser.at}/ky/2026-Q1/tai/tong-hop/bao-cao-tong-hop.xlsx")
    assert openpyxl.load_workbook(io.BytesIO(got.content)).worksheets


def test_the_history_of_a_unit_and_of_a_row_on_the_page(root: Path) -> None:
    """Reached from the unit and from the row; the same lines as a workbook; an unknown code is told."""
    browser = Browser(root, 16)
    assert "/qua-trinh/VP" in browser.page("/ky/2026-04/don-vi/VP") and "/qua-trinh/I.1" in browser.page("/ke-hoach")
    page = browser.page("/qua-trinh/I.1")
    assert page.count("Đang thực hiện – ") == 2 and "giảm so với kỳ trước" in page
    got = browser.client.get(f"{browser.at}/qua-trinh/VP/tai")
    sheet = openpyxl.load_workbook(io.BytesIO(got.content)).worksheets[0]
    assert [sheet.cell(row, 1).value for row in (3, 4)] == ["tháng 3/2026", "tháng 4/2026"]
    assert "mang mã" in browser.client.get(f"{browser.at}/qua-trinh/XX").text


def test_next_year_goes_on_from_this_one(root: Path) -> None:
    """Chosen on the first page with this year's workspace: rows keep their codes, the old folder is as it was."""
    browser = Browser(root, 16)
    assert 'value="so" selected' in browser.client.get("/chon?noi-tiep=so").text
    appendix = (root / "phu-luc.xlsx").read_bytes()
    book = openpyxl.load_workbook(root / "phu-luc.xlsx")
    cell = next(cell for row in book["Nhiệm vụ"].iter_rows() for cell in row if cell.value == WORK)
    cell.value = f"{WORK} và đánh giá kết quả"
    stream = io.BytesIO()
    book.save(stream)
    fields = {"ten": "Năm 2027", "nguon": "van-ban", "noi_tiep": "so"}
    told = browser.send("/chon/tao", fields, ("phu-luc-2027.xlsx", stream.getvalue()))
    assert "dòng nối tiếp năm trước" in told and "(chờ xác nhận)" in told
    assert (root.parent / "nam-2027" / "phu-luc.xlsx").is_file()
    assert (root / "phu-luc.xlsx").read_bytes() == appendix
    browser.at = "/so/nam-2027"
    name = "so-sanh-nam-truoc.xlsx"
    assert name in browser.page("/ke-hoach")
    table = browser.client.get(f"{browser.at}/ky/2027/tai/nam-truoc/{name}").content
    assert "Thử lại" in browser.send("/ke-hoach/nam-truoc", {}, (name, b"PK"))
    assert "Đã xác nhận" in browser.send("/ke-hoach/nam-truoc", {}, (name, table))
    told = browser.send("/chon/tao", fields | {"ten": "Khác", "noi_tiep": "../x"}, ("a.xlsx", appendix))
    assert "Nối tiếp năm trước cần" in told
