"""The LibreOffice helpers do what the tests built on them take for granted."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from tests import office


def workbook(path: Path) -> Path:
    """A protected sheet: A1 locked, B1 text, B2 percent, B3 date unlocked, B4 a formula with a wrong cached value."""
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("1. Kết quả")
    sheet.write_string("A1", "khóa")
    sheet.write_blank("B1", None, book.add_format({"locked": False}))
    sheet.write_blank("B2", None, book.add_format({"locked": False, "num_format": "0%"}))
    sheet.write_blank("B3", None, book.add_format({"locked": False, "num_format": "dd/mm/yyyy"}))
    sheet.write_formula("B4", "=1+1", None, 99)
    sheet.protect("x")
    book.close()
    return path


ENTRIES = [
    ("1. Kết quả", "A1", "sửa"),
    ("1. Kết quả", "B1", "Đã trình dự thảo lần 2"),
    ("1. Kết quả", "B2", "45%"),
    ("1. Kết quả", "B3", "10/04/2026"),
]


@pytest.mark.needs("soffice")
@pytest.mark.parametrize(("suffix", "filter_name"), [("xlsx", office.XLSX), ("ods", office.ODS)])
def test_typing_respects_locks(tmp_path: Path, suffix: str, filter_name: str) -> None:
    """Typed text, percent and day-first date arrive in unlocked cells; a locked cell stays, in .xlsx and .ods."""
    out = tmp_path / f"biểu mẫu.{suffix}"
    office.type_into(workbook(tmp_path / "form.xlsx"), out, ENTRIES, filter_name)
    readable = out if suffix == "xlsx" else office.convert(out, "xlsx")
    sheet = openpyxl.load_workbook(readable)["1. Kết quả"]
    assert sheet["A1"].value == "khóa"
    assert sheet["B1"].value == "Đã trình dự thảo lần 2"
    assert sheet["B2"].value == pytest.approx(0.45)
    assert sheet["B3"].value == dt.datetime(2026, 4, 10)


@pytest.mark.needs("soffice")
@pytest.mark.parametrize(("recalc", "value"), [(False, 99), (True, 2)])
def test_recalculation_is_a_choice(tmp_path: Path, recalc: bool, value: int) -> None:
    """A cached value survives a plain conversion and is computed again by a recalculating one."""
    out = office.convert(workbook(tmp_path / "form.xlsx"), "xlsx", recalc=recalc, out=tmp_path / "out")
    assert openpyxl.load_workbook(out, data_only=True)["1. Kết quả"]["B4"].value == value


@pytest.mark.needs("soffice", "pdftotext")
def test_pdf_holds_the_text(tmp_path: Path) -> None:
    """Conversion to PDF draws the Vietnamese text of a cell."""
    import subprocess

    pdf = office.convert(workbook(tmp_path / "form.xlsx"), "pdf")
    text = subprocess.run(["pdftotext", "-raw", str(pdf), "-"], capture_output=True, check=True).stdout.decode("utf-8")
    assert "khóa" in text
