"""An office over several months: forms filled in, sent and read back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from nq57xl.commands.collect import Collected, collect
from nq57xl.commands.demo import Department
from nq57xl.commands.generate import Generated, _IssuedForm
from nq57xl.commands.office import Office
from nq57xl.forms.model import FormRow
from nq57xl.plan.periods import parse_period
from nq57xl.text.clock import VIETNAM

DONE, GOING, IDLE = "III.6", "I.1", "II.3"
"""Rows that Văn phòng reports in April as done, in progress and not arisen."""


RESULTS, SUPPORT, RECEIVED = "1. Kết quả", "2. Phối hợp", "Phối hợp đã nhận"


def moment(month: int, day: int) -> dt.datetime:
    return dt.datetime(2026, month, day, 9, tzinfo=VIETNAM)


def cell(sheet: Any, row: str, column: str) -> Any:  # noqa: ANN401 - openpyxl's sheet and cell
    """The cell of those keys, wherever it stands."""
    line = next(item.row for (item,) in sheet.iter_rows(max_col=1) if item.value == row)
    place = next(item.column for (item,) in sheet.iter_cols(max_row=1) if item.value == column)
    return sheet.cell(line, place)


def typed(path: Path, entries: Mapping[tuple[str, str, str], object]) -> Path:
    """Types into the cells named by (sheet, row key, column key)."""
    book = load_workbook(path)
    for (sheet, row, column), value in entries.items():
        cell(book[sheet], row, column).value = value
    book.save(path)
    return path


def form_path(office: Office, period: str, unit: str) -> Path:
    return office.workspace.forms_dir(period) / f"NQ57_{period}_{unit}.xlsx"


def filled(office: Office, period: str, unit: str, target: Path) -> Path:
    """A department's report, typed into the issued form."""
    Department(7, parse_period(period, office.appendix().plan.properties).due).fill(
        form_path(office, period, unit), target
    )
    return target


APRIL = {
    (RESULTS, f"led|{GOING}", "progress"): "Đang thực hiện",
    (RESULTS, f"led|{GOING}", "percent"): 0.45,
    (RESULTS, f"led|{GOING}", "result"): "Đã trình dự thảo lần 2",
    (RESULTS, f"led|{IDLE}", "progress"): "Chưa phát sinh",
    (RESULTS, f"led|{DONE}", "progress"): "Hoàn thành",
    (RESULTS, f"led|{DONE}", "percent"): 1.0,
    (RESULTS, f"led|{DONE}", "result"): "Đã ban hành kế hoạch",
    (RESULTS, f"led|{DONE}", "completion_date"): dt.date(2026, 4, 7),
    (RESULTS, f"led|{DONE}", "evidence_number"): "12/KH-BQL ngày 07/04/2026",
    (RESULTS, f"led|{DONE}", "difficulties"): "Kinh phí về chậm",
}


def of_unit(done: Generated, unit: str = "VP") -> _IssuedForm:
    return next(item for item in done.forms if item.form.unit == unit)


def row(issued: _IssuedForm, key: str, table: str = "led") -> FormRow:
    found = issued.form.table(table)
    assert found is not None
    return next(item for item in found.rows if item.key == key)


def send_april_again(office: Office, target: Path, entries: Mapping[tuple[str, str, str], object]) -> Collected:
    """A later report of Văn phòng for April, with other figures."""
    filled(office, "2026-04", "VP", target)
    return collect(office, [typed(target, {**APRIL, **entries})], "2026-04", moment(4, 20))


def added_rows(path: Path) -> Path:
    """Two proposals in rows inserted below the last prepared one, as a person does who needs more room."""
    book = load_workbook(path)
    sheet: Any = book["4. Đề xuất, ký xác nhận"]
    keys = {item.value: item.row for (item,) in sheet.iter_rows(max_col=1)}
    last = keys["proposal|06"]
    sheet.insert_rows(last + 1, 2)
    for number in (1, 2):
        for column in range(3, 7):
            sheet.cell(last + number, column).value = f"Nội dung thêm {number}.{column}"
        sheet.cell(last + number, 7).value = None
    book.save(path)
    return path
