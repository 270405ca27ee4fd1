"""What a marked form asks stays until its cells are changed or confirmed; whoever answers is not asked again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from tests.case_book import Book
from tests.case_edits import EDITS
from tests.case_kit import ISSUED_AT, RECEIVED, Outcome, base, form, nq57xl, outcomes, prepare

PERCENT, DAY = "led IV.1 percent", "led I.2 completion_date"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which April was issued."""
    root = tmp_path_factory.mktemp("asked") / "so"
    prepare(root)
    return root


@pytest.fixture(scope="module")
def marked(office: Path) -> bytes:
    """The marked form of a return in which a percentage and a day may be read in two ways, and a text is struck out."""
    book = Book(base(form(office)))
    book.put(PERCENT, {"number": 0.5, "format": '0.0"%"'})
    book.put(DAY, {"number": 46121.708, "format": "dd/mm/yyyy"})
    book.put("led IV.1 result", {"text": "Đã trình dự thảo", "strike": True})
    file, back = office / "sai.xlsx", office / "lai.xlsx"
    file.write_bytes(book.packed())
    done = nq57xl("-w", office, "check", file, "--json", "--out", back)
    assert [item["verdict"] for item in done.document["returns"]] == ["rejected"]
    return back.read_bytes()


def judged(office: Path, files: Mapping[str, bytes]) -> dict[str, Outcome]:
    """What becomes of the files."""
    found = outcomes(office, {name: (RECEIVED, data) for name, data in files.items()})
    return {name: item for name, item in found.items() if isinstance(item, Outcome)}


def confirmed(data: bytes, path: Path, *codes: str) -> bytes:
    """The form with those points confirmed on its first sheet, by the list that the cell offers."""
    path.write_bytes(data)
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    (column,) = [cell.column for cell in sheet[1] if cell.value == "confirm"]
    for row in sheet.iter_rows(min_row=2):
        if str(row[0].value or "").partition("|")[0] in codes:
            cell = sheet.cell(row[0].row or 1, column or 1)
            (rule,) = [item for item in sheet.data_validations.dataValidation if cell.coordinate in item.sqref]
            name = book.defined_names[rule.formula1.lstrip("=")]
            ((title, address),) = name.destinations
            cell.value = book[title][address.replace("$", "")].value
            assert not cell.protection.locked
    book.save(path)
    return path.read_bytes()


def test_who_answers_is_not_asked_again(office: Path, marked: bytes, tmp_path: Path) -> None:
    """Typed anew, or confirmed on the first sheet, each point is settled; what is left is asked with the same words."""
    typed = Book(marked)
    typed.put(PERCENT, 0.5)
    typed.put(DAY, date(2026, 4, 9))
    typed.put("led IV.1 result", "Đã trình dự thảo lần 2")
    half = Book(marked)
    half.put(DAY, date(2026, 4, 9))
    said = confirmed(marked, tmp_path / "a.xlsx", "STRUCK_OUT", "DATE_SHIFTED", "VALUE_AMBIGUOUS")
    files: Mapping[str, bytes] = {"typed": typed.packed(1), "half": half.packed(2), "confirmed": said, "none": marked}
    found = judged(office, files)
    errors = {
        name: sorted(item["code"] for item in found[name].findings if item["severity"] == "error") for name in files
    }
    every = ["DATE_SHIFTED", "STRUCK_OUT", "VALUE_AMBIGUOUS"]
    assert errors == {"typed": [], "half": every[1:], "confirmed": [], "none": every}
    assert "hoặc" in next(item["message"] for item in found["none"].findings if item["code"] == "VALUE_AMBIGUOUS")
    assert found["typed"].values["led", "IV.1", "percent"] == 0.5
    assert found["confirmed"].values["led", "IV.1", "result"] == "Đã trình dự thảo"
    assert found["confirmed"].values["led", "IV.1", "percent"] == 0.005  # as the cell shows it


def test_two_versions_are_shown(office: Path, tmp_path: Path) -> None:
    """A row that stands there twice goes back with both versions in its cells; the one that is typed counts."""
    book = Book(base(form(office)))
    EDITS["copy_row"](book, at=PERCENT, row=40, typed={PERCENT: 0.8, "led IV.1 result": "Đã họp"})
    file, back = tmp_path / "hai.xlsx", tmp_path / "lai.xlsx"
    file.write_bytes(book.packed())
    assert nq57xl("-w", office, "check", file, "--json", "--out", back).document["returns"][0]["verdict"] == "rejected"
    texts = [str(cell.value) for row in openpyxl.load_workbook(back)["1. Kết quả"].iter_rows() for cell in row]
    assert "45% | 80%" in texts and any(text.endswith(" | Đã họp") for text in texts)
    chosen = Book(back.read_bytes())
    chosen.put(PERCENT, 0.8)
    chosen.put("led IV.1 result", "Đã họp")
    found = judged(office, {"chosen": chosen.packed(1)})["chosen"]
    assert (found.verdict, found.values["led", "IV.1", "percent"]) == ("accepted", 0.8)


def test_another_months_form_needs_one_confirmation(tmp_path: Path) -> None:
    """April's form handed in for May goes back as May's, with one cell that confirms whose figures these are."""
    root = tmp_path / "so"
    prepare(root)
    may = nq57xl("-w", root, "generate", "--period", "2026-05", "--unit", "VP", now=ISSUED_AT)
    assert may.code == 0, may.err
    day = root / "inbox" / "2026-05-16"
    day.mkdir(parents=True)
    (day / "a.xlsx").write_bytes(base(form(root)))

    def collected(period: str) -> dict[str, tuple[str, list[str]]]:
        told = nq57xl("-w", root, "collect", "--period", period, "--json").document["returns"]
        return {
            Path(item["file"]).name: (
                item["verdict"],
                [found["code"] for found in item["findings"] if found["severity"] == "error"],
            )
            for item in told
        }

    assert collected("2026-05")["a.xlsx"] == ("rejected", ["WRONG_PERIOD"])
    back = (root / "out" / "2026-05" / "tra-lai" / "NQ57_2026-05_VP.xlsx").read_bytes()
    (day / "b.xlsx").write_bytes(Book(back).packed(1))
    assert collected("2026-05")["b.xlsx"] == ("rejected", ["WRONG_PERIOD"])
    (day / "c.xlsx").write_bytes(confirmed(back, tmp_path / "c.xlsx", "WRONG_PERIOD"))
    verdict, errors = collected("2026-05")["c.xlsx"]
    assert (verdict.startswith("accepted"), errors) == (True, [])
    assert collected("2026-04")["a.xlsx"] == ("accepted", [])
