"""A month of an office played through the page alone, in a real browser (Debian's Chromium)."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nq57xl.commands.demo_typist import Department

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.needs("chromium")

DUE = dt.date(2026, 4, 17)
WAIT = 60_000


@pytest.fixture
def address(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The desk as a double-click starts it, for a person without any workspace yet; the link and the home folder."""
    home = tmp_path / "Nguyễn Văn A"
    (home / "Documents").mkdir(parents=True)
    environment = {**os.environ, "HOME": str(home), "NQ57XL_NOW": "2026-04-16T09:00"}
    command = [sys.executable, "-m", "nq57xl", "serve", "--no-browser"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, encoding="utf-8") as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip(), home / "Documents" / "NQ57"
        finally:
            server.terminate()


@pytest.fixture
def page(address: tuple[str, Path]) -> Iterator[Page]:
    """A browser on the desk; whatever it asks of elsewhere, or says on its console, fails the test."""
    from playwright.sync_api import sync_playwright

    said: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1366, "height": 768}, locale="vi-VN")
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on(
            "request", lambda asked: said.append(asked.url) if not asked.url.startswith("http://127.0.0.1") else None
        )
        page.set_default_timeout(WAIT)
        page.goto(address[0])
        yield page
        browser.close()
    assert [line for line in said if not line.startswith(("data:", "http://127.0.0.1"))] == []


def go_on(page: Page) -> None:
    """Waits for the work in hand and follows its result."""
    page.wait_for_selector("text=Đã xong")
    page.click("a[role=button]:has-text('Tiếp tục')")


def receive(page: Page, *files: Path) -> str:
    """Drops the files on the desk; gives what the page says of them."""
    page.click("header >> text=Bàn làm việc")
    page.set_input_files("#tep", [str(path) for path in files])
    page.click("text=Nhận và kiểm tra")
    page.wait_for_selector("text=Đã xong")
    return page.inner_text("main")


def test_a_month_by_the_page_alone(page: Page, address: tuple[str, Path], tmp_path: Path) -> None:
    """First run, issue, a rejected return, the fixed one, a duplicate, a hostile file, consolidation, close."""
    page.fill("input[name=ten]", "Nghị quyết 57 năm 2026")
    page.check("input[value='bql-2026']")
    page.click("main button:has-text('Tạo')")
    go_on(page)
    assert "6 đầu việc" in page.inner_text("main")
    page.click("header >> text=Phát hành")
    assert "tháng 4/2026" in page.inner_text("h1")
    page.click("main button:has-text('biểu mẫu')")
    go_on(page)
    (root,) = address[1].iterdir()
    forms = root / "out" / "2026-04" / "bieu-mau"
    typist = Department(3, DUE)
    wrong, fixed = tmp_path / "VP sai.xlsx", tmp_path / "VP sửa.xlsx"
    typist.fill(forms / "NQ57_2026-04_VP.xlsx", wrong, mistakes=True)
    bad = tmp_path / "báo cáo <img src=x onerror=alert(1)>.xlsx"
    bad.write_bytes(b"PK\x03\x04 khong phai")
    said = receive(page, wrong, bad)
    assert "bị trả lại" in said
    assert "không phải biểu mẫu" in said
    page.click("text=Xem kết quả >> nth=0")
    assert "Phải sửa" in page.inner_text("main")
    with page.expect_download() as taken:
        page.click("text=Tải biểu có đánh dấu chỗ sửa")
    marked = tmp_path / "trả lại.xlsx"
    taken.value.save_as(marked)
    typist.mend(marked, fixed)
    assert "được chấp nhận" in receive(page, fixed)
    assert "đã nhận trước đó" in receive(page, fixed)
    page.click("header >> text=Bàn làm việc")
    assert "Được chấp nhận" in page.inner_text("tr:has-text('Văn phòng')")
    page.click("text=Tổng hợp kỳ này")
    assert "Còn thiếu 3 đơn vị" in page.inner_text("main")
    page.click("text=Lập báo cáo tổng hợp")
    go_on(page)
    with page.expect_download() as report:
        page.click("text=bao-cao-tong-hop.xlsx")
    assert report.value.suggested_filename == "bao-cao-tong-hop.xlsx"
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("button:has-text('Chốt số liệu')")
    go_on(page)
    assert "đã chốt" in page.inner_text("main")
    page.click("header >> text=Nhật ký")
    assert "Chốt số liệu" in page.inner_text("main")
