"""The desk beside others: two browsers and a command at once, killed at any point; pages that a month does not need."""

from __future__ import annotations

import datetime as dt
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest

from nq57xl.commands.amend import propose_amendment
from nq57xl.commands.backup import verify
from nq57xl.commands.collect import collect
from nq57xl.commands.decide import recheck
from nq57xl.commands.init import import_plan, init
from nq57xl.commands.merge import merge
from nq57xl.commands.office import Office
from nq57xl.commands.status import status
from nq57xl.text.clock import Clock
from tests.amounts import amount
from tests.import_kit import word
from tests.web.desk_kit import (
    LAST,
    PERIOD,
    WAIT,
    fill,
    opened,
    running,
    serious_faults,
    visited,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.needs("chromium", "node")

LEADS = ("Sở Nội vụ", "Bộ Công an", "UBND các xã, phường", "Văn phòng UBND tỉnh")


def test_pages_that_the_month_does_not_come_by(chromium: Browser, april: Path, tmp_path: Path) -> None:
    """Several workspaces, a unit's returns, judging again, an amendment that waits, an imported plan's questions, what
    is not there: no serious fault for a screen reader, and each is in words."""
    home = tmp_path / "a" / "Documents" / "NQ57"
    root = Path(shutil.copytree(april, home / "so"))
    office = Office.at(root, Clock(dt.datetime.fromisoformat(f"{LAST}+07:00")))
    collect(office, [fill(root, 0, tmp_path)], PERIOD)
    code = next(unit.code for unit in status(office, PERIOD).status.units if unit.newest)
    recheck(office, None, PERIOD, "Thử")
    changed = tmp_path / "phu-luc-2.xlsx"
    book = openpyxl.load_workbook(root / "phu-luc.xlsx")
    book["Nhiệm vụ"]["F5"].value = "Xây dựng dự án chuyển đổi số giai đoạn 2026-2030"
    book.save(changed)
    propose_amendment(office, changed, dt.date(2026, 6, 1))
    rows = [
        (str(number), f"Xây dựng đề án {number}", "Đề án", lead, "", "2026") for number, lead in enumerate(LEADS, 1)
    ]
    (tmp_path / "kế hoạch.docx").write_bytes(word(rows, front=("UBND TỈNH ĐỒNG NAI", "KẾ HOẠCH", "Chuyển đổi số")))
    import_plan(tmp_path / "kế hoạch.docx", tmp_path / "lập.xlsx", dt.date(2026, 4, 1))
    init(home / "de-an", str(tmp_path / "lập.xlsx"))
    pages = {
        "/chon": "Tạo thư mục làm việc mới",
        f"/so/so/ky/{PERIOD}/don-vi/{code}": "được chấp nhận",
        f"/so/so/ky/{PERIOD}/cham-lai": "Chấm lại cả kỳ",
        "/so/so/ke-hoach/so-sanh": "Xác nhận điều chỉnh",
        "/so/so/ky/2026-13": "Chưa thực hiện được",
        "/so/so/khong-co": "Không có trang này",
        "/so/de-an": "Chưa phát hành biểu mẫu",
        "/so/de-an/ke-hoach/ra-soat": "Ghi các câu đã trả lời",
    }
    with running(tmp_path / "a", LAST) as (address, _), opened(chromium, address) as page:
        faults = {}
        for path, words in pages.items():
            page.goto(address.split("/vao")[0] + path)
            assert words in page.inner_text("main"), path
            if found := serious_faults(page):
                faults[path] = found
    assert faults == {}


def test_two_browsers_and_a_command_lose_nothing(chromium: Browser, april: Path, tmp_path: Path) -> None:
    """Each hands in another unit's return at the same moment: all three are judged, ledger and archive agree."""
    root = Path(shutil.copytree(april, tmp_path / "so"))
    files = [fill(root, number, tmp_path) for number in range(3)]
    words = [sys.executable, "-m", "nq57xl", "-w", str(root), "collect", str(files[2]), "--period", PERIOD]
    with running(tmp_path / "a", LAST, str(root)) as (address, _), opened(chromium, address) as one:
        answer = one.evaluate("fetch('/ma-vao', {method: 'POST'}).then(answer => answer.json())")
        with opened(chromium, address.split("/vao")[0] + answer["path"]) as two:
            for page, file in ((one, files[0]), (two, files[1])):
                page.set_input_files("#tep", str(file))
                page.click("text=Nhận và kiểm tra", no_wait_after=True)
            command = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for page in (one, two):
                page.wait_for_selector("text=Đã xong.")
            assert command.wait(WAIT / 1000) == 0
            two.click("header >> text=Bàn làm việc")
            assert "3/4" in two.inner_text("main")
    assert verify(Office.at(root)).problems == ()


def test_killed_at_any_point_the_page_comes_back_to_the_truth(april: Path, tmp_path: Path) -> None:
    """SIGKILL while files are handed in, judged, and the report is made: started again, the desk takes in what was left
    lying, everything is there once, ledger and archive agree, and the report is made."""
    root, chance, count = Path(shutil.copytree(april, tmp_path / "so")), random.Random(57), amount(1, 4)
    at = f"/so/{root.name}"
    for number in range(count):
        data = fill(root, number, tmp_path).read_bytes()
        with running(tmp_path / "a", LAST, str(root)) as (address, server), visited(address) as client:
            client.post(f"{at}/ky/{PERIOD}/nhan", files={"tep": (f"{number}.xlsx", data)})
            time.sleep(chance.random() * 2)
            server.kill()
    with running(tmp_path / "a", LAST, str(root)) as (address, server), visited(address) as client:
        end = time.monotonic() + WAIT / 1000
        while f"{count}/4" not in client.get(at).text and time.monotonic() < end:
            time.sleep(0.5)
        client.post(f"{at}/ky/{PERIOD}/tong-hop/lap", data={"": ""})
        time.sleep(chance.random() * 3)
        server.kill()
    office = Office.at(root)
    assert [unit.counting is not None for unit in status(office, PERIOD).status.units].count(True) == count
    with office.reading() as ledger:
        assert len(ledger.returns(PERIOD)) == count
    assert merge(office, PERIOD).report.name == "bao-cao-tong-hop.xlsx"
    assert verify(office).problems == ()
