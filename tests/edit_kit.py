"""A real workspace with two accepted returns, and a person who types into bien-tap.xlsx."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from nq57xl.commands.collect import collect
from nq57xl.commands.merge import Merged, merge
from nq57xl.commands.office import Office
from nq57xl.results.model import Consolidation, LeadEntry
from nq57xl.text.clock import VIETNAM, Clock
from tests.april_kit import office_in_april

PERIOD = "2026-04"
SHEET = "Nhiệm vụ chủ trì"
KINDS = {"w": "Rút gọn câu chữ", "f": "Sửa số liệu theo điện thoại"}
RESULTS = "1. Kết quả"
VP = {
    (RESULTS, "led|I.1", "progress"): "Đang thực hiện",
    (RESULTS, "led|I.1", "percent"): 0.45,
    (RESULTS, "led|I.1", "result"): "Đã trình dự thảo lần 2; 03 phòng đã góp ý",
    (RESULTS, "led|II.3", "progress"): "Chưa phát sinh",
    (RESULTS, "led|III.4", "progress"): "Chưa phát sinh",
    (RESULTS, "led|III.5", "progress"): "Chưa phát sinh",
    (RESULTS, "led|III.6", "progress"): "Hoàn thành",
    (RESULTS, "led|III.6", "percent"): 1.0,
    (RESULTS, "led|III.6", "result"): "Đã ban hành kế hoạch",
    (RESULTS, "led|III.6", "completion_date"): dt.date(2026, 4, 7),
    (RESULTS, "led|III.6", "evidence_number"): "12/KH-BQL ngày 07/04/2026",
    (RESULTS, "led|III.6", "difficulties"): "Kinh phí về chậm",
}
SIGNED = {
    "prepared_by": "Lê Thị Hoa",
    "phone": "0251 3822 501",
    "approved_by": "Trần Văn Minh",
    "signed_on": dt.date(2026, 4, 15),
}


def moment(day: int, hour: int = 9, month: int = 4) -> dt.datetime:
    """A time in April 2026."""
    return dt.datetime(2026, month, day, hour, tzinfo=VIETNAM)


def office_at(root: Path, at: dt.datetime) -> Office:
    """The office of that workspace at that time."""
    return Office.at(root, Clock(at))


def spot(sheet: Any, row: str, column: str) -> Any:  # noqa: ANN401 - openpyxl's sheet and cell
    """The cell of those keys, wherever it stands."""
    line = next(item.row for items in sheet.iter_rows() for item in items if item.value == row)
    place = next(item.column for items in sheet.iter_rows() for item in items if item.value == column)
    return sheet.cell(line, place)


def answer(form: Path, target: Path, entries: Mapping[tuple[str, str, str], object]) -> Path:
    """A department's report: those cells typed, everybody's supporting rows "nothing", signed."""
    book = load_workbook(form)
    for (sheet, row, column), value in entries.items():
        spot(book[sheet], row, column).value = value
    if "2. Phối hợp" in book.sheetnames:
        spot(book["2. Phối hợp"], "statement|statement", "statement").value = "Không phát sinh"
    for name, text in SIGNED.items():
        spot(book["4. Đề xuất, ký xác nhận"], f"signoff|{name}", "reason").value = text
    target.parent.mkdir(parents=True, exist_ok=True)
    book.save(target)
    return target


def start(root: Path) -> Path:
    """A workspace in which Văn phòng has reported in April, and the others have not."""
    office = office_in_april(root)
    sent = answer(office.workspace.forms_dir(PERIOD) / f"NQ57_{PERIOD}_VP.xlsx", root / "gui" / "vp.xlsx", VP)
    done = collect(office, [sent], PERIOD, moment(15))
    assert [item.verdict for item in done.returns] == ["accepted"], done.returns[0].findings
    return root


def book_of(root: Path) -> Path:
    """bien-tap.xlsx of April."""
    return root / "out" / PERIOD / "tong-hop" / "bien-tap.xlsx"


def line(
    place: str, entry: object, kind: str = "", author: str = "An", reason: str = "Chị Hoa báo lại"
) -> list[object]:
    """What goes into a cell and the end of its line: place "VP|led|I.1|percent", entry, "w" or "f", who and why."""
    return [place, entry, KINDS.get(kind, kind), author, reason]


def cell_of(book: Any, place: str, column: str = "entry") -> Any:  # noqa: ANN401 - openpyxl's workbook and cell
    """The entry cell of that place "VP|led|I.1|percent", or another column of its line."""
    row, _, field = place.rpartition("|")
    sheet = next(sheet for sheet in book if any(cell.value == row for cells in sheet.iter_rows() for cell in cells))
    return spot(sheet, row, f"cell:{field}" if column == "entry" else column)


def edit(path: Path, *lines: list[object]) -> dict[str, str]:
    """Types lines into a bien-tap.xlsx; gives the address of each entry cell by place."""
    book = load_workbook(path)
    places = {}
    for place, *texts in lines:
        for name, text in zip(("entry", "kind", "author", "reason"), texts, strict=True):
            if not (str(place).startswith("-|") and name != "entry"):
                cell_of(book, str(place), name).value = text or None
        places[str(place)] = cell_of(book, str(place)).coordinate
    book.save(path)
    return places


def copied(source: Path, target: Path) -> Path:
    """A copy of a workspace."""
    shutil.copytree(source, target)
    return target


def again(root: Path, day: int = 20) -> Merged:
    """The period merged on another day of April."""
    return merge(office_at(root, moment(day)), PERIOD)


def entry(c: Consolidation, task: str) -> LeadEntry:
    """What the lead reported on a row."""
    return next(row.entries[0] for row in c.tasks if row.task.code == task)


def codes(done: Merged) -> list[tuple[str, str, str]]:
    """Code, sheet and cell of what the edit book was told."""
    return [(item.code, item.sheet, item.cell) for _, item in done.edits.findings]


def send(root: Path, percent: float, day: int) -> None:
    """The unit reports again with another percentage."""
    office = office_at(root, moment(day))
    cells = {**VP, (RESULTS, "led|I.1", "percent"): percent, (RESULTS, "led|I.1", "difficulties"): f"Lần {day}"}
    form = office.workspace.forms_dir(PERIOD) / f"NQ57_{PERIOD}_VP.xlsx"
    done = collect(office, [answer(form, root / "gui" / f"vp{day}.xlsx", cells)], PERIOD, moment(day))
    assert [item.verdict for item in done.returns] == ["accepted"]
