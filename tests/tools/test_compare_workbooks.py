"""tools/compare_workbooks.py: what differs between two workbooks is named by sheet, kind and cell."""

from __future__ import annotations

from pathlib import Path

import xlsxwriter

from tools.compare_workbooks import differences, main


def workbook(path: Path, *, value: str = "A", cached: str = "1", bold: bool = False, prompt: str = "?") -> Path:
    """A sheet with a text, a formula, a validation and an identifier."""
    path.parent.mkdir(exist_ok=True)
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Trang")
        sheet.write_string(0, 0, value, book.add_format({"bold": bold}))
        sheet.write_formula(1, 0, "=1+0", None, cached)
        sheet.data_validation(2, 0, 2, 0, {"validate": "any", "input_message": prompt})
        sheet.write_string(3, 0, f"NQ57|{path.parent.name.encode().hex()}0123456789|led")
    return path


def test_equal_workbooks_are_equal(tmp_path: Path) -> None:
    """Identifiers of another run do not count."""
    old, new = workbook(tmp_path / "old" / "a.xlsx"), workbook(tmp_path / "new" / "a.xlsx")
    assert list(differences(old, new)) == []
    assert main([str(tmp_path / "old"), str(tmp_path / "new")]) == 0


def test_each_difference_is_named(tmp_path: Path) -> None:
    """Value, cached value, format and validation: each with its cell; a workbook that only one folder has, too."""
    old = workbook(tmp_path / "old" / "a.xlsx")
    new = workbook(tmp_path / "new" / "a.xlsx", value="B", cached="2", bold=True, prompt="!")
    kinds = {line.split(":")[0]: line for line in differences(old, new)}
    assert set(kinds) == {"[Trang] value", "[Trang] cached value", "[Trang] format", "[Trang] validation"}
    assert "A1" in kinds["[Trang] value"]
    assert "A2" in kinds["[Trang] cached value"]
    assert "A3" in kinds["[Trang] validation"]
    workbook(tmp_path / "new" / "b.xlsx")
    assert main([str(tmp_path / "old"), str(tmp_path / "new")]) == 1
    assert list(differences(tmp_path / "old" / "b.xlsx", tmp_path / "new" / "b.xlsx")) == ["only in the new folder"]
