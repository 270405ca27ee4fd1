"""The one writer of workbooks: clean texts, limits that raise, equal bytes on every system."""

from __future__ import annotations

import io
import sys
import warnings
import zipfile
from collections.abc import Callable

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from nq57xl.forms.render import render_form
from nq57xl.outputs.document import render_document
from nq57xl.plan.appendix_read import bundled_appendix
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.xlsx import write
from nq57xl.xlsx.package import repacked, zipped
from nq57xl.xlsx.patch import put_sheet
from nq57xl.xlsx.write import Workbook, storable_text
from tests.amounts import amount
from tests.conftest import CheckOoxml
from tests.report_books import consolidated
from tests.samples import sample_form, sample_plan

STYLES = {"plain": {}, "bold": {"bold": True}}


def added_sheet(text: str = "A") -> bytes:
    """A sheet put into an appendix."""
    with Workbook("Soát", STYLES) as book:
        sheet = book.sheet("Soát")
        sheet.text(4, 0, text, "bold")
        sheet.link(4, 1, text, "'Nhiệm vụ'!A5", "plain")
    return put_sheet(bundled_appendix("sxd-2026"), "Soát", book.content)


MADE: dict[str, Callable[[], bytes]] = {
    "form": lambda: render_form(sample_form()),
    "appendix": lambda: write_appendix(sample_plan()),
    "document": lambda: render_document(consolidated("sample", 1)),
    "added sheet": added_sheet,
    "zip": lambda: zipped([("a.txt", b"A"), ("b.txt", b"B")]),
}


@pytest.mark.parametrize("name", MADE)
def test_the_system_leaves_no_mark(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package is the same, byte for byte, where Python takes its system for Windows: entries carry a fixed number."""
    usual = MADE[name]()
    with zipfile.ZipFile(io.BytesIO(usual)) as package:
        assert {item.create_system for item in package.infolist()} == {3}
        assert package.testzip() is None
    monkeypatch.setattr(sys, "platform", "win32")
    assert zipfile.ZipInfo("x").create_system == 0
    assert MADE[name]() == usual


def test_repacked_keeps_every_member() -> None:
    """Names, order and content stay; times do not tell packages apart."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr(zipfile.ZipInfo("b", (2020, 2, 2, 2, 2, 2)), "2")
        package.writestr(zipfile.ZipInfo("a", (2021, 2, 2, 2, 2, 2)), "1")
    assert repacked(stream.getvalue()) == zipped([("b", b"2"), ("a", b"1")])


@given(st.text(alphabet=st.characters(), max_size=40))
def test_any_text_comes_back(text: str) -> None:
    """What stands in a cell is the text, never a formula or a link; only lone surrogates are replaced."""
    with Workbook("Thử", STYLES) as book:
        book.sheet("A").text(0, 0, f"={text}", "plain")
    cell = openpyxl.load_workbook(io.BytesIO(book.content), rich_text=False).worksheets[0]["A1"]
    expected = "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in f"={text}")
    assert cell.data_type == "s" or expected == "="
    assert unescape(str(cell.value)).replace("\r", "\n") == expected.replace("\r", "\n")


def test_texts_within_excel_limit() -> None:
    """A longer text is cut to 32,767 UTF-16 units, never within a pair."""
    assert storable_text("x" * 40_000) == "x" * 32_767
    assert storable_text("x" + "😀" * 20_000) == "x" + "😀" * 16_383
    assert storable_text("a\ud800b") == "a\ufffdb"


def test_what_xlsxwriter_drops_raises() -> None:
    """A list over Excel's limit is an error, not a missing dropdown; warnings of other libraries stay warnings."""
    with pytest.raises(UserWarning, match="255"), Workbook("Thử", STYLES) as book:
        book.sheet("A").data_validation("A1", {"validate": "list", "source": ["x" * 300]})
    with pytest.warns(UserWarning, match="other"), Workbook("Thử", STYLES) as book:
        book.sheet("A")
        warnings.warn("other", UserWarning, stacklevel=1)


def test_formats_are_made_once() -> None:
    """The same properties, in whatever order, are one format; a protected workbook says the lock of each."""
    with Workbook("Thử", STYLES, protected=True) as book:
        book.sheet("A").text(0, 0, "a", "bold")
        assert book.format({"bold": True, "align": "left"}) is book.format({"align": "left", "bold": True})
        assert book.style("bold") is book.format({"bold": True})
    cell = openpyxl.load_workbook(io.BytesIO(book.content)).worksheets[0]["A1"]
    assert cell.font.b and cell.protection.locked


def test_links_end_at_excel_limit(check_ooxml: CheckOoxml, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the 65,000 links that a sheet takes (by day a hundredth of them), the text stands without one."""
    assert write._MOST_LINKS == 65_000
    monkeypatch.setattr(write, "_MOST_LINKS", most := amount(650, 65_000))
    with Workbook("Thử", STYLES) as book:
        sheet = book.sheet("A")
        for row in range(most + 2):
            sheet.link(row, 0, f"{row}", "'A'!A1", "plain")
        assert not sheet.takes_links
    check_ooxml(book.content)
    with zipfile.ZipFile(io.BytesIO(book.content)) as package:
        assert package.read("xl/worksheets/sheet1.xml").count(b"<hyperlink ") == most


@pytest.mark.parametrize("text", ["a\x01b", "_x0041_", '<b> & "c"', "x\ud800y", "\ufffe", "a\rb\tc\nd"])
def test_any_text_on_an_added_sheet(text: str, check_ooxml: CheckOoxml) -> None:
    """What XML cannot hold is written as Excel writes it; what looks like that stays what it is."""
    data = added_sheet(text)
    check_ooxml(data)
    sheet = openpyxl.load_workbook(io.BytesIO(data))["Soát"]
    assert unescape(str(sheet["A5"].value)) == text.replace("\ud800", "\ufffd")
    assert sheet["B5"].hyperlink is not None
