"""Forms that were filled in and sent back: on paper, in the strict checker, and after LibreOffice saved them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from openpyxl.cell.cell import Cell
from openpyxl.utils import get_column_letter

from nq57xl.forms.layout import layout
from nq57xl.forms.model import Form, Slot, Value
from nq57xl.forms.render import render_form
from nq57xl.returns.check import check
from nq57xl.returns.model import Return
from nq57xl.rules.schema import CellValue, Field
from nq57xl.text.addresses import a1
from tests import office
from tests.amounts import amount, cases
from tests.conftest import CHECKER
from tests.form_values import entry_slots
from tests.proof_kit import real_forms
from tests.returns_kit import source_of

SENTENCE = "Đã rà soát, chuẩn hóa dữ liệu chuyên ngành; trình Ủy ban nhân dân tỉnh tại Tờ trình số 123/TTr-SXD. "
LONG = 330
"""Letters in a long answer: in the narrowest column that takes such texts, near the height that Excel gives a row."""
SMALLEST, EM_OF_LINE = {(842, 595): 9.0, (1191, 842): 7.0}, 1.107
"""Points, by the size of the page (A4, A3); a line of Times New Roman over its font size, as PDF readers report it."""


def _answer(form: Form) -> Return:
    """A return with something in most cells: long texts, contradictions, wrong values."""
    titles = {sheet.id: sheet.title for sheet in layout(form)}
    places = {
        (slot.table, slot.key, slot.field): (titles[slot.sheet], a1(slot.row, slot.col)) for slot in entry_slots(form)
    }
    values = []
    for number, slot in enumerate(entry_slots(form)):
        if slot.field == "approved_by" or number % 9 == 8:
            continue
        field = form.schema.table(slot.table).field(slot.field)
        content = _content(form, slot, field, number)
        sheet, cell = places[slot.table, slot.key, slot.field]
        values.append(Value(slot.table, slot.key, slot.field, str(content), content, sheet, cell))
    return Return(source_of(), form, tuple(values), (), places)


def _content(form: Form, slot: Slot, field: Field, number: int) -> CellValue:
    table = form.table(slot.table)
    assert table is not None
    facts = next(row.facts for row in table.rows if row.key == slot.key)
    kind = str(facts.get("measure")) if field.type == "measure" else field.type
    if kind in ("choice", "mark"):
        items = form.schema.lists[field.choices]
        return items[number % len(items)].code
    if kind == "text":
        return (SENTENCE * 5)[: min(LONG, field.max_length)].strip() + f" ({number})"[: field.max_length]
    if kind == "date":
        return date(2026, 4, 1 + number % 28)
    return [0.45, 1.0, 1.2][number % 3]


@cache
def _marked() -> dict[str, bytes]:
    """Forms of both plans, filled in and sent back with what the rules found; each kind of sheet is among them."""
    books = {}
    forms = real_forms()
    for name, form in list(forms.items())[:: amount(2, 1)]:
        answer = _answer(form)
        findings = check([answer])[0]
        assert {item.severity for item in findings} >= {"error", "warning"}
        books[name] = render_form(form, answer.values, findings)
    return books


@cache
def _blank() -> dict[str, bytes]:
    """Every form of both plans as issued."""
    return {f"{name}-blank": render_form(form) for name, form in real_forms().items()}


def _converted(folder: Path, books: dict[str, bytes], to: office.Target) -> dict[str, Path]:
    """All files in one start of LibreOffice."""
    paths = []
    for name, data in books.items():
        paths.append(folder / f"{name}.xlsx")
        paths[-1].write_bytes(data)
    return {path.stem: path for path in office.convert_all(paths, to)}


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The marked forms as PDF."""
    return _converted(tmp_path_factory.mktemp("marked"), _marked(), "pdf")


def _tool(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8").stdout


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _visible_texts(data: bytes) -> Iterator[tuple[str, str]]:
    """Place and text of every visible cell, computed ones included, and how percents and days are shown."""
    book = openpyxl.load_workbook(BytesIO(data), data_only=True)
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            continue
        for cells in sheet.iter_rows():
            for cell in cells:
                hidden = sheet.column_dimensions[get_column_letter(cell.column or 1)].hidden
                if isinstance(cell, Cell) and not hidden and not sheet.row_dimensions[cell.row].hidden:
                    yield f"{sheet.title}!{cell.coordinate}", _shown(cell)


def _shown(cell: Cell) -> str:
    if isinstance(cell.value, date):
        return f"{cell.value:%d/%m/%Y}"
    if isinstance(cell.value, float | int) and cell.number_format == "0%":
        return f"{cell.value:.0%}"
    return cell.value if isinstance(cell.value, str) else ""


@pytest.mark.needs("soffice", "pdftotext")
def test_every_text_of_a_marked_form_is_printed_whole(printed: dict[str, Path]) -> None:
    """Long answers, check texts, the points of "Cần sửa": each visible text stands in the PDF as one run."""
    for name, path in printed.items():
        page = _squeezed(_tool("pdftotext", "-raw", str(path), "-"))
        texts = dict(_visible_texts(_marked()[name]))
        assert sum(len(text) > LONG / 2 for text in texts.values()) > 20
        assert [place for place, text in texts.items() if _squeezed(text) not in page] == [], name


@pytest.mark.needs("soffice", "pdftotext")
def test_marked_forms_keep_size_and_paper(printed: dict[str, Path]) -> None:
    """No word under 9 points on A4 and 7 on A3, landscape; no page without words between header and footer."""
    for name, path in printed.items():
        pages = re.findall(
            r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', _tool("pdftotext", "-bbox", str(path), "-"), re.S
        )
        for width, height, words in pages:
            paper = round(float(width)), round(float(height))
            assert paper in SMALLEST
            boxes = [(float(top), float(low)) for top, low in re.findall(r'yMin="([\d.]+)".*?yMax="([\d.]+)"', words)]
            assert min(low - top for top, low in boxes) / EM_OF_LINE >= SMALLEST[paper] - 0.02, name
            assert any(50 < top < paper[1] - 60 for top, _ in boxes), name


def _strictly_valid(files: list[Path]) -> str:
    """What the strict checker has against the files, warnings included; "" where it is not beside the checkout."""
    if not CHECKER.is_file():
        return ""
    command = [sys.executable, str(CHECKER), "--sdk", "off", *map(str, files)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    lines = [line for line in done.stdout.splitlines() if not line.startswith("ok ")]
    return "\n".join(lines)


def test_marked_forms_open_without_repair(tmp_path: Path) -> None:
    """The strict checker finds nothing, not even a warning, on the forms of both plans, blank or marked."""
    files = []
    for name, data in {**_blank(), **_marked()}.items():
        files.append(tmp_path / f"{name}.xlsx")
        files[-1].write_bytes(data)
    assert _strictly_valid(files) == ""


@pytest.mark.needs("soffice")
def test_forms_saved_by_libreoffice_open_without_repair(tmp_path: Path) -> None:
    """Nothing in a form, blank or marked, makes LibreOffice write a file that Excel would repair (by day of the forms
    that are sent back marked, which hold all that blank ones hold, and of one blank one)."""
    blank = dict(cases(list(_blank().items())[:1], list(_blank().items())[1:]))
    saved = _converted(tmp_path, {**blank, **_marked()}, "xlsx")
    assert len(saved) == len(blank) + len(_marked()) > 3
    assert _strictly_valid(list(saved.values())) == ""
