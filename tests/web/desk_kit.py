"""What tests of the desk in a real browser share: a running desk, a browser that asks nothing of elsewhere, facts."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from nq57xl.commands.demo import Department
from nq57xl.commands.office import Office
from nq57xl.web.site import upload_name
from tests.conftest import SAVERS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WAIT = 90_000
PERIOD, DUE = "2026-04", dt.date(2026, 4, 17)
FIRST, LAST = "2026-04-01T09:00", "2026-04-20T09:00"
OWN = ("http://127.0.0.1", "data:", "blob:http://127.0.0.1")
_IDS = {"sha256", "sources", "path", "file", "files", "at", "received_at", "issue", "id", "backup", "outputs"}


@contextmanager
def running(home: Path, now: str, *more: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The desk as a double-click starts it, for the person whose home that is, at that time; its link and process."""
    (home / "Documents").mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "HOME": str(home), "NQ57XL_NOW": now, "USER": "lan"}
    command = [sys.executable, "-m", "nq57xl", "serve", "--no-browser", *more]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, encoding="utf-8") as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip(), server
        finally:
            server.terminate()


@contextmanager
def opened(browser: Browser, address: str) -> Iterator[Page]:
    """A page on the desk; what it asks of elsewhere or says on its console fails the test. Dialogs are agreed to."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="vi-VN")
    asked: list[str] = []
    said: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: dialog.accept())
    page.set_default_timeout(WAIT)
    page.goto(address)
    yield page
    context.close()
    assert [url for url in asked if not url.startswith(OWN)] == []
    # a page that says «409 Conflict» is a page in words; the console repeats it
    assert [line for line in said if "Failed to load resource" not in line] == []
    assert asked


@contextmanager
def visited(address: str) -> Iterator[httpx.Client]:
    """A client without a browser that opened the link."""
    base, _, link = address.partition("/vao")
    with httpx.Client(base_url=base, headers={"Origin": base}, follow_redirects=True, timeout=60) as client:
        client.get(f"/vao{link}").raise_for_status()
        yield client


def fill(root: Path, number: int, folder: Path) -> Path:
    """The return of the unit with that number."""
    form = sorted((root / "out" / PERIOD / "bieu-mau").glob("NQ57_*.xlsx"))[number]
    path = folder / f"báo cáo {number}.xlsx"
    Department(number, DUE).fill(form, path)
    return path


def go_on(page: Page) -> str:
    """Waits for the work in hand and follows its result; what the work told."""
    page.wait_for_selector("text=Đã xong.")
    told = page.inner_text("main")
    page.click("a[role=button]:has-text('Tiếp tục')")
    return told


def receive(page: Page, *paths: Path) -> str:
    """Drops the files on the desk; gives what the page says of them."""
    page.click("header >> text=Bàn làm việc")
    page.set_input_files("#tep", [str(path) for path in paths])
    page.click("text=Nhận và kiểm tra")
    page.wait_for_selector("text=Đã xong.")
    return page.inner_text("main")


_FAULTS = """async () => {
  const looks = new Set();
  for (const item of document.querySelectorAll("body *")) {
    if (![...item.childNodes].some(node => node.nodeType === 3 && node.data.trim())) continue;
    const style = getComputedStyle(item), look = [style.color, style.fontSize, style.fontWeight, style.opacity];
    for (let at = item; at; at = at.parentElement)
      look.push(getComputedStyle(at).backgroundColor, getComputedStyle(at).backgroundImage);
    if (!looks.has(look.join())) item.dataset.look = looks.add(look.join()).size;
  }
  const kinds = {resultTypes: ["violations"]}, contrast = "color-contrast";
  const all = await axe.run(document, {...kinds, rules: {[contrast]: {enabled: false}}});
  const seen = await axe.run({include: ["[data-look]"]}, {...kinds, runOnly: [contrast]});
  return [...all.violations, ...seen.violations];
}"""
"""Contrast takes most of axe's time: it is measured for one text of each look, colours behind it included."""


def serious_faults(page: Page) -> list[str]:
    """What axe-core finds serious or critical on the page; run by the debugger, so that the page's policy holds."""
    source = SAVERS / "node_modules" / "axe-core" / "axe.min.js"
    page.evaluate(source.read_text(encoding="utf-8") + "; true")
    found = page.evaluate(_FAULTS)
    return [
        f"{item['id']}: {node['html'][:150]}"
        for item in found
        if item["impact"] in ("serious", "critical")
        for node in item["nodes"]
    ]


def facts(root: Path, period: str) -> dict[str, Any]:
    """What the ledger of a workspace says of a period, without ids, hashes, times and places."""
    office = Office.at(root)
    with office.reading() as ledger:
        returns = [
            {
                "name": upload_name(record.judged.source.name),
                "unit": record.judged.unit,
                "verdict": record.judged.verdict,
                "basis": record.judged.source.received_basis,
                "received": str(record.judged.source.received_at.date()),
                "findings": [(one.code, one.sheet, one.cell, one.value) for one in record.judged.findings],
                "values": sorted((one.table, one.key, one.field, one.typed) for one in record.judged.values),
                "excluded": record.excluded,
                "taken": record.taken,
            }
            for record in ledger.returns(period)
        ]
        events = [(item.what, _plain(item.detail)) for item in ledger.events()]
        closing = ledger.closing(period)
        return {
            "forms": sorted((form.unit, form.version) for form in ledger.current_forms(period)),
            "returns": returns,
            "events": events,
            "edits": [(one.new.place, one.new.typed, one.new.author, one.new.reason) for one in ledger.edits(period)],
            "closed": closing is not None and closing.reason,
        }


def _plain(detail: dict[str, Any]) -> str:
    return json.dumps({key: value for key, value in detail.items() if key not in _IDS}, sort_keys=True)
