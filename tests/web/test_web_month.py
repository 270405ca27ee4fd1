"""A month of an office played through the page alone, in a real browser (Debian's Chromium), and by commands beside it.

With NQ57XL_PICTURES=docs/pictures the pages of one plan are kept as pictures for the guides (make pictures).
"""

from __future__ import annotations

import base64
import io
import os
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest
from click.testing import CliRunner
from PIL import Image

from nq57xl.cli import cli
from nq57xl.commands.demo import Department
from nq57xl.forms.wording import form_file_name
from tests.amounts import cases
from tests.web.desk_kit import (
    DUE,
    FIRST,
    LAST,
    PERIOD,
    facts,
    go_on,
    opened,
    receive,
    running,
    serious_faults,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.needs("chromium", "node")

NAME = "Nghị quyết 57 năm 2026"
PICTURES = os.environ.get("NQ57XL_PICTURES", "")


class Units:
    """What the units of a workspace send: one by mail and in time, one with errors, one hopeless, one nothing."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.folder = root, folder
        folder.mkdir()
        self.forms = root / "out" / PERIOD / "bieu-mau"
        codes = sorted(path.stem.rpartition("_")[2] for path in self.forms.glob("NQ57_*.xlsx"))
        leads = [code for code in codes if "1. Kết quả" in self._sheets(code)]
        self.careless, self.hopeless = leads[:2]
        # the office that gathers is reminded by a note, not by a mail: in one of the plans it is VP
        self.punctual, self.silent = sorted((code for code in codes if code not in leads[:2]), key="VP".__ne__)
        self.typists = {code: Department(number, DUE) for number, code in enumerate(codes)}

    def _sheets(self, unit: str) -> list[str]:
        return openpyxl.load_workbook(self.forms / form_file_name(PERIOD, unit), read_only=True).sheetnames

    def _filled(self, unit: str, name: str, *, mistakes: bool = False) -> Path:
        path = self.folder / name
        self.typists[unit].fill(self.forms / form_file_name(PERIOD, unit), path, mistakes=mistakes)
        return path

    def mail(self) -> Path:
        """The punctual one's, received two days before the due day."""
        letter, data = EmailMessage(), self._filled(self.punctual, "a.xlsx").read_bytes()
        letter["Subject"], letter["From"] = "Báo cáo tháng 4", "a@example.vn"
        letter["Received"] = "from a.vn by b.vn; Wed, 15 Apr 2026 08:05:00 +0700"
        letter.set_content("Gửi báo cáo.")
        letter.add_attachment(data, maintype="application", subtype="octet-stream", filename="báo cáo tháng 4.xlsx")
        path = self.folder / "thư.eml"
        path.write_bytes(letter.as_bytes())
        return path

    def wrong(self) -> Path:
        """The careless one's, to be sent back."""
        return self._filled(self.careless, "báo cáo sai.xlsx", mistakes=True)

    def mended(self, marked: Path) -> Path:
        """The marked form, put right."""
        path = self.folder / "báo cáo sửa.xlsx"
        self.typists[self.careless].mend(marked, path)
        return path

    def hopeless_one(self) -> Path:
        """With errors that nobody can ask about any more."""
        return self._filled(self.hopeless, "cuối ngày.xlsx", mistakes=True)

    def signed(self) -> Path:
        """A scan with number, day and signature."""
        path = self.folder / "bản ký.pdf"
        path.write_bytes(b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n")
        return path

    def hostile(self) -> tuple[Path, Path]:
        """A name that is markup on a file that is none, and a picture that calls itself a workbook."""
        paths = (self.folder / "<img src=x onerror=alert(1)>.xlsx", self.folder / "ảnh.xlsx")
        paths[0].write_bytes(b"PK\x03\x04 khong phai")
        paths[1].write_bytes(base64.b64decode("iVBORw0KGgo=") + b"\0" * 1000)
        return paths


def edited(data: bytes) -> bytes:
    """bien-tap.xlsx with one text shortened."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    cells = ("cell:result", "cell:contribution")
    sheet, column = next((sheet, cell.column) for sheet in book for cell in sheet[1] if cell.value in cells)
    columns = {str(cell.value): cell.column or 0 for cell in sheet[1]}
    rows = range(2, sheet.max_row + 1)
    row = next(row for row in rows if "|" in str(sheet.cell(row, 1).value) and sheet.cell(row, column or 0).value)
    sheet.cell(row, column or 0).value = "Đã xong theo kế hoạch"
    for name, value in {"kind": "Rút gọn câu chữ", "author": "Lan", "reason": "Gọn lại"}.items():
        sheet.cell(row, columns[name]).value = value
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


_AS_AT_HOME = """home => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) walker.currentNode.data = walker.currentNode.data.replaceAll(home, "/home/lan");
}"""
"""Pictures show no folder of the machine that made them."""


class Viewer:
    """Looks at each page that the month comes by: serious faults, and a picture for the guides."""

    def __init__(self, home: Path, *, active: bool) -> None:
        self.home, self.active = home, active
        self.faults: dict[str, list[str]] = {}

    def look(self, page: Page, name: str) -> None:
        if not self.active:
            return
        if found := serious_faults(page):
            self.faults[name] = found
        if PICTURES:
            path = Path(PICTURES) / f"desk-{name}.png"
            page.evaluate(_AS_AT_HOME, str(self.home))
            page.screenshot(path=path)
            Image.open(path).convert("RGB").quantize(160, dither=Image.Dither.NONE).save(path, optimize=True)


def begin(page: Page, plan: str, viewer: Viewer) -> None:
    """First run and the forms of April."""
    viewer.look(page, "bat-dau")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Đến nội dung chính"
    page.fill("input[name=ten]", NAME)
    page.check(f"input[value='{plan}']")
    page.click("main button:has-text('Tạo')")
    go_on(page)
    viewer.look(page, "ke-hoach")
    page.click("header >> text=Phát hành")
    page.fill("input[name=ky]", "4/2026")
    page.click("text=Xem kỳ khác")
    assert "tháng 4/2026" in page.inner_text("h1")
    viewer.look(page, "phat-hanh")
    page.click("main button:has-text('biểu mẫu')")
    go_on(page)
    viewer.look(page, "gui-bieu-mau")


def decide(page: Page, unit: str, kind: str, reason: str, at: str = "") -> None:
    """A decision on the newest return of a unit, from the first page on."""
    page.click("header >> text=Bàn làm việc")
    page.click(f"tr:has(a[href$='/don-vi/{unit}']) >> a[href*='/tep/'] >> nth=0")
    page.click("summary:has-text('Quyết định')")
    page.check(f"input[name=viec][value={kind}]")
    if at:
        page.fill("input[name=luc]", at)
    page.fill("details input[name=ly_do]", reason)
    page.click("button:has-text('Thực hiện')")


def collect_month(page: Page, units: Units, viewer: Viewer) -> None:
    """Mail, errors, hostile files, the fixed form, a duplicate, decisions."""
    assert "đã quá hạn" in page.inner_text("main")
    assert "được chấp nhận" in receive(page, units.mail())
    said = receive(page, units.wrong(), *units.hostile())
    assert "bị trả lại" in said
    assert said.count("không phải biểu mẫu") == 2
    viewer.look(page, "nhan-tep")
    page.click("text=Xem kết quả >> nth=0")
    assert "Phải sửa" in page.inner_text("main")
    viewer.look(page, "ket-qua")
    with page.expect_download() as taken:
        page.click("text=Tải biểu có đánh dấu chỗ sửa")
    marked = units.folder / "trả lại.xlsx"
    taken.value.save_as(marked)
    fixed = units.mended(marked)
    assert "được chấp nhận" in receive(page, fixed)
    assert "đã nhận trước đó" in receive(page, fixed)
    page.click("text=Xem kết quả >> nth=0")
    assert "được chấp nhận" in page.inner_text("h1")
    assert "bị trả lại" in receive(page, units.hopeless_one())
    decide(page, units.hopeless, "take", "Ngày cuối, không liên hệ được")
    decide(page, units.hopeless, "received", "Nộp tại văn thư", "2026-04-17T08:00")
    decide(page, units.punctual, "exclude", "Gửi nhầm bản nháp")
    assert "Gửi nhầm bản nháp" in page.inner_text("main")
    page.click("summary:has-text('Quyết định')")
    page.check("input[value=readmit]")
    page.fill("details input[name=ly_do]", "Đã xác minh")
    page.click("button:has-text('Thực hiện')")
    page.click("header >> text=Bàn làm việc")
    viewer.look(page, "ban-lam-viec")


def remind_by_hand(page: Page, units: Units, viewer: Viewer) -> None:
    """Today's reminders read, one mail taken along, noted as sent; what waits for an explanation; a signed copy."""
    page.click("text=Nhắc đơn vị")
    with page.expect_download() as taken:
        page.click(f"a[href$='/nhac/{units.silent}']")
    assert taken.value.suggested_filename == f"nhac-NQ57_{PERIOD}_{units.silent}.eml"
    page.click("text=Chép lời nhắc cho nhóm")
    page.wait_for_selector("text=Đã chép")
    viewer.look(page, "nhac")
    page.click("button:has-text('Ghi nhận đã nhắc')")
    assert "Lần nhắc gần nhất" in page.inner_text("main")
    page.click("header >> text=Bàn làm việc")
    page.click("main a[href$='/giai-trinh']")
    viewer.look(page, "giai-trinh")
    page.click("header >> text=Bàn làm việc")
    page.click(f"a[href$='/don-vi/{units.punctual}']")
    page.set_input_files("input[type=file]", str(units.signed()))
    page.click("text=Lưu bản ký >> nth=-1")
    page.wait_for_selector("a:has-text('bản ký.pdf')")
    viewer.look(page, "don-vi")
    page.click("header >> text=Bàn làm việc")


def look_at_the_year(page: Page, units: Units, viewer: Viewer) -> None:
    """The year's days, a quarter from its months, what a unit has been through, and the way to the next year."""
    page.click("header >> text=Cả năm")
    viewer.look(page, "ca-nam")
    page.click("a[href$='/2026-Q2/tong-hop']")
    assert page.inner_text("main").count("Chưa phát hành biểu mẫu") == 2
    page.click("text=Lập báo cáo tổng hợp")
    go_on(page)
    viewer.look(page, "quy")
    page.click("header >> text=Cả năm")
    page.click("summary:has-text('Theo đơn vị')")
    page.click(f"a[href$='/qua-trinh/{units.careless}']")
    with page.expect_download():
        page.click("text=Tải về (.xlsx)")
    viewer.look(page, "qua-trinh")
    page.click("header >> text=Cả năm")
    page.click("text=Tạo thư mục làm việc năm sau")
    assert page.input_value("select[name=noi_tiep]") == page.url.partition("noi-tiep=")[2].partition("#")[0]
    viewer.look(page, "nam-sau")
    page.go_back()


def consolidate(page: Page, units: Units, viewer: Viewer) -> None:
    """The report, an edit of the office's, close, open again, close."""
    page.click("text=Tổng hợp kỳ này")
    assert "Còn thiếu 1 đơn vị" in page.inner_text("main")
    page.click("text=Lập báo cáo tổng hợp")
    go_on(page)
    viewer.look(page, "tong-hop")
    page.click("text=Biên tập câu chữ, số liệu")
    with page.expect_download() as taken:
        page.click("text=Tải bien-tap.xlsx")
    own = units.folder / "bien-tap.xlsx"
    taken.value.save_as(own)
    own.write_bytes(edited(own.read_bytes()))
    page.set_input_files("input[type=file]", str(own))
    page.click("text=Ghi nhận và lập lại")
    assert "Đã ghi nhận 1 biên tập mới" in go_on(page)
    viewer.look(page, "bien-tap")
    page.click("text=← Tổng hợp")
    for reason, button in (("Đã gửi", "Chốt số liệu"), ("Bổ sung", "Mở lại"), ("Gửi lần cuối", "Chốt số liệu")):
        page.fill("input[name=ly_do]", reason)
        page.click(f"button:has-text('{button}')")
        if button == "Chốt số liệu":
            go_on(page)
    assert "Số liệu đã chốt" in page.inner_text("main")


def by_commands(root: Path, folder: Path, plan: str) -> None:
    """The same month on the command line."""

    def run(now: str, *words: object) -> None:
        given = ["-w", str(root)] if words[0] != "init" else []
        done = CliRunner().invoke(cli, [*given, *map(str, words)], env={"NQ57XL_NOW": now})
        assert done.exit_code == 0, done.output

    period = ("--period", PERIOD)
    run(FIRST, "init", root, "--plan", plan)
    run(FIRST, "generate", *period)
    units = Units(root, folder)
    for path in (units.mail(), units.wrong(), *units.hostile()):
        run(LAST, "collect", path, *period)
    fixed = units.mended(root / "out" / PERIOD / "tra-lai" / form_file_name(PERIOD, units.careless))
    run(LAST, "collect", fixed, *period)
    run(LAST, "collect", fixed, *period)
    run(LAST, "collect", units.hopeless_one(), *period)
    run(LAST, "take", units.hopeless, *period, "--reason", "Ngày cuối, không liên hệ được")
    run(LAST, "received", units.hopeless, *period, "--at", "2026-04-17T08:00", "--reason", "Nộp tại văn thư")
    run(LAST, "exclude", units.punctual, *period, "--reason", "Gửi nhầm bản nháp")
    run(LAST, "readmit", units.punctual, *period, "--reason", "Đã xác minh")
    run(LAST, "remind", "--sent", *period)
    run(LAST, "attach", units.punctual, units.signed(), *period)
    run(LAST, "merge", *period)
    own = root / "out" / PERIOD / "tong-hop" / "bien-tap.xlsx"
    own.write_bytes(edited(own.read_bytes()))
    run(LAST, "merge", *period)
    run(LAST, "close", *period, "--reason", "Đã gửi")
    run(LAST, "close", *period, "--reopen", "--reason", "Bổ sung")
    run(LAST, "close", *period, "--reason", "Gửi lần cuối")
    run(LAST, "merge", "--period", "2026-Q2")


@pytest.mark.parametrize("plan", cases(["bql-2026"], ["sxd-2026"]))
def test_a_month_by_the_page_alone(chromium: Browser, tmp_path: Path, plan: str) -> None:
    """First run to closing, the program killed in between: rejected, fixed, late, duplicate, hostile files, decisions.
    No page has a serious fault for a screen reader, none asks anything of elsewhere, and the ledger says what it says
    after the same month by commands."""
    home, viewer = tmp_path / "Nguyễn Văn A", Viewer(tmp_path / "Nguyễn Văn A", active=plan == "bql-2026")
    with running(home, FIRST) as (address, server), opened(chromium, address) as page:
        begin(page, plan, viewer)
        server.kill()
    root = home / "Documents" / "NQ57" / "nghi-quyet-57-nam-2026"
    units = Units(root, tmp_path / "gửi về")
    with running(home, LAST) as (address, _), opened(chromium, address) as page:
        collect_month(page, units, viewer)
        remind_by_hand(page, units, viewer)
        consolidate(page, units, viewer)
        look_at_the_year(page, units, viewer)
        for link in ("Nhật ký", "Thiết lập", "Hướng dẫn"):
            page.click(f"header >> text={link}")
            viewer.look(page, {"Nhật ký": "nhat-ky", "Thiết lập": "thiet-lap"}.get(link, "huong-dan"))
    assert viewer.faults == {}
    by_commands(tmp_path / "lệnh", tmp_path / "gửi về (lệnh)", plan)
    page_says, commands_say = facts(root, PERIOD), facts(tmp_path / "lệnh", PERIOD)
    for name, said in commands_say.items():
        assert page_says[name] == said, name
