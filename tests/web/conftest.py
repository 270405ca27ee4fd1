"""A browser for the tests of the desk, one for each file of them, and a workspace to copy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nq57xl.commands.generate import generate
from nq57xl.commands.init import init
from nq57xl.commands.office import Office
from nq57xl.text.clock import Clock
from tests.web.desk_kit import FIRST, PERIOD

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--lang=vi"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def april(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the forms of April."""
    root = tmp_path_factory.mktemp("april") / "so"
    init(root, "bql-2026")
    generate(Office.at(root, Clock(dt.datetime.fromisoformat(f"{FIRST}+07:00"))), PERIOD)
    return root
