"""Workbooks of wild plans: title rows, merges, typed dates, numbers, percents and formulas, columns nobody sees."""

from __future__ import annotations

import datetime as dt
import io
import random
import re
from typing import Any

import attrs

from nq57xl.plan.model import Plan
from tools.import_wild import Drawn, Place, Way, head_rows

_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_MONTH = re.compile(r"(\d{1,2})/(\d{4})")


def xlsx_way(way: Way) -> Way:
    """The same choices without those that only Word has."""
    apart = "merged" if way.inline else "plain"
    sections = apart if way.sections == "paragraph" else way.sections
    return attrs.evolve(way, sections=sections, noise=False, auto_numbers=False, apart=False)


def wild_xlsx(plan: Plan, made: Drawn, way: Way, rng: random.Random) -> bytes:
    """The workbook; the indicators stand on a sheet of their own."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = rng.choice(("Phụ lục", "PL01", "Sheet1", "Biểu 1"))
    left = rng.choice((1, 1, 1, 2))
    if way.front:
        for text in ("UBND TỈNH ĐỒNG NAI", "PHỤ LỤC I", "DANH MỤC NHIỆM VỤ NĂM 2026",
                     "(Kèm theo Kế hoạch số 15/KH-SXD ngày 12/3/2026 của Sở Xây dựng)"):  # fmt: skip
            sheet.append([""] * (left - 1) + [text])
        sheet.append([])
    _put(sheet, [(row, "head") for row in head_rows(way)], rng, left)
    _put(sheet, list(zip(made.rows, made.kinds, strict=True)), rng, left)
    if rng.random() < 0.2:
        _hidden_column(sheet, left + len(way.columns))
    if plan.indicators:
        _indicators(book.create_sheet("PL02"), plan)
    if way.others:
        extra: Any = book.create_sheet("Kinh phí")
        for line in (("STT", "Nội dung chi", "Đơn vị tính", "Kinh phí (triệu đồng)"), (1, "Tập huấn", "lớp", 120)):
            extra.append(line)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _put(sheet: Any, rows: list[tuple[list[Place], str]], rng: random.Random, left: int) -> None:  # noqa: ANN401
    """The rows under what is there; vertical merges run from `top` to the last `more`."""
    start = sheet.max_row + 1
    tall: dict[int, int] = {}
    for offset, (places, kind) in enumerate(rows):
        row, col = start + offset, left
        for place in places:
            if place.tall == "top":
                tall[col] = row
            last = offset + 1 == len(rows) or _tall_at(rows[offset + 1][0], col - left) != "more"
            if place.tall == "more" and last and col in tall:
                sheet.merge_cells(start_row=tall.pop(col), end_row=row, start_column=col, end_column=col)
            elif place.tall != "more":
                _typed(sheet.cell(row, col), place, kind, rng)
            if place.span > 1:
                sheet.merge_cells(start_row=row, end_row=row, start_column=col, end_column=col + place.span - 1)
            col += place.span


def _tall_at(places: list[Place], index: int) -> str:
    at = 0
    for place in places:
        if at == index:
            return place.tall
        at += place.span
    return ""


def _typed(cell: Any, place: Place, kind: str, rng: random.Random) -> None:  # noqa: ANN401
    """The text as Excel users type it: numbers are numbers, days are days."""
    text = place.text
    day, month = _DAY.fullmatch(text), _MONTH.fullmatch(text)
    if kind == "task" and re.fullmatch(r"[1-9]\d*", text):
        cell.value = int(text)
    elif kind == "task" and re.fullmatch(r"[1-9]\d*\.[1-9]", text) and rng.random() < 0.5:
        cell.value = float(text)
    elif kind == "task" and re.fullmatch(r"0\d", text):
        cell.value, cell.number_format = int(text), "00"
    elif kind == "task" and day and place.field == "deadline":
        cell.value, cell.number_format = dt.datetime(int(day[3]), int(day[2]), int(day[1])), "d/m/yyyy"
    elif kind == "task" and month and place.field == "deadline":
        cell.value, cell.number_format = dt.datetime(int(month[2]), int(month[1]), 1), "mm/yyyy"
    elif re.fullmatch(r"\d+%", text):
        cell.value, cell.number_format = int(text[:-1]) / 100, "0%"
    else:
        cell.value = text or None


def _hidden_column(sheet: Any, col: int) -> None:  # noqa: ANN401
    from openpyxl.utils import get_column_letter

    for row in range(6, sheet.max_row + 1):
        sheet.cell(row, col, "nội bộ")
    sheet.column_dimensions[get_column_letter(col)].hidden = True


def _indicators(sheet: Any, plan: Plan) -> None:  # noqa: ANN401
    sheet.append(["TT", "Chỉ tiêu", "Đơn vị tính", "Mục tiêu năm 2026", "Cơ quan chủ trì theo dõi"])
    group = None
    for item in plan.indicators:
        if item.group != group:
            group = item.group
            sheet.append([group, next(found.title for found in plan.indicator_groups if found.number == group)])
        sheet.append([int(item.number), item.indicator, item.unit, None, item.lead])
        _typed(sheet.cell(sheet.max_row, 4), Place(item.target.text), "data", random.Random(1))
