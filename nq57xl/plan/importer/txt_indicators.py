"""The table of indicators in text extracted from a PDF."""

from __future__ import annotations

import re

from nq57xl.plan.importer.table import Placed, Table, table_of
from nq57xl.plan.importer.txt_cells import Piece
from nq57xl.plan.importer.words import join_lines, whole_key

_GROUP = re.compile(r"(?P<number>[IVX]+)\.?\s+(?P<title>[A-ZĐÀ-Ỹ].*)")
_END = re.compile(r"[IVX]+\s*[-.–]\s*[A-ZĐÀ-Ỹ ,]{8,}")
_TARGET = r"(?:[≥≤<>]=?\s*)?\d[\d.,]*(?:\s*%|\s*(?:điểm|mô hình|dịch vụ|hệ thống|người))?|Có|Đạt|Hoàn thành"
_LEAD = r"(?:Văn phòng|Phòng|Sở|Ban|Trung tâm|Các phòng|UBND|Công an|Bộ)\b.*?"
_PERCENT = re.compile(rf"(?P<indicator>.+?)\s(?P<unit>%)\s(?P<target>{_TARGET})\s(?P<lead>{_LEAD})")
_MEASURE = re.compile(
    rf"(?P<indicator>.+?)\s(?P<unit>Chỉ số|Điểm|Mô hình|Người|Lớp|Hệ thống|Nền tảng|Đơn vị|Doanh nghiệp|"
    rf"Dịch vụ|Văn bản|Lượt)\s(?P<target>{_TARGET})\s(?P<lead>{_LEAD})"
)
_HEADS = ("STT", "Nội dung chỉ tiêu", "Đơn vị tính", "Mục tiêu", "Đơn vị chủ trì theo dõi")
_UNSURE = "văn bản thuần chữ, ranh giới giữa các ô không chắc"


def indicator_table(lines: list[Piece]) -> tuple[Table, int, int] | None:
    """The table, its first line and the line after it; None when the text has none."""
    start = next(
        (index for index, line in enumerate(lines)
         if re.match(r"s?tt\b", whole_key(line.text)) and "chi tieu" in whole_key(line.text)),
        None,
    )  # fmt: skip
    if start is None:
        return None
    first = next((index for index in range(start + 1, min(start + 30, len(lines))) if _GROUP.match(lines[index].text)
                  or re.match(r"1\b", lines[index].text)), None)  # fmt: skip
    if first is None:
        return None
    end = next((index for index in range(first, len(lines)) if _END.match(lines[index].text)), len(lines))
    placed = [Placed(0, col, text, f"dòng {lines[start].place}") for col, text in enumerate(_HEADS)]
    for row, block in enumerate(_blocks(lines[first:end]), 1):
        placed += _row(row, block)
    return table_of(placed), start, end


def _blocks(lines: list[Piece]) -> list[list[Piece]]:
    found: list[list[Piece]] = []
    number = 0
    for line in lines:
        leading = re.match(r"(\d{1,3})(?:\s|$)", line.text)
        if _GROUP.match(line.text):
            found.append([line])
            number = 0
        elif leading and int(leading[1]) == number + 1:
            found.append([line])
            number += 1
        elif found:
            found[-1].append(line)
    return found


def _row(row: int, block: list[Piece]) -> list[Placed]:
    source = f"dòng {block[0].place}"
    text = ""
    for line in block:
        text = join_lines(text, line.text)
    group = _GROUP.fullmatch(text)
    if group:
        return [Placed(row, 0, group["number"], source), Placed(row, 1, group["title"], source)]
    number, _, rest = text.partition(" ")
    known = _parts(rest, block)
    placed = [Placed(row, 0, number, source)]
    for col, (value, doubt) in enumerate(known, 1):
        placed.append(Placed(row, col, value, source, doubt=doubt))
    return placed


def _parts(text: str, block: list[Piece]) -> list[tuple[str, str]]:
    """Indicator, measure, target, lead, each with its doubt."""
    match = _PERCENT.fullmatch(text)
    if match and match["lead"].count("(") == 0:
        return [(match[name], "") for name in ("indicator", "unit", "target", "lead")]
    if match:
        # what follows the unit in brackets is the rest of the indicator over a page
        lead, _, rest = match["lead"].partition(" (")
        indicator = f"{match['indicator']} ({rest}"
        return [(indicator, _UNSURE), (match["unit"], ""), (match["target"], ""), (lead, _UNSURE)]
    cells = _cells(block)
    if len(cells) >= 4:
        return [(" ".join(cells[:-3]), _UNSURE), (cells[-3], _UNSURE), (cells[-2], _UNSURE), (cells[-1], _UNSURE)]
    match = _MEASURE.fullmatch(text)
    if match:
        return [(match[name], _UNSURE) for name in ("indicator", "unit", "target", "lead")]
    return [(text, _UNSURE), ("", _UNSURE), ("", _UNSURE), ("", _UNSURE)]


def _cells(block: list[Piece]) -> list[str]:
    """The texts between the ends of cells that the extractor shows, without the number."""
    cells: list[str] = []
    open_cell = False
    for line in block:
        if open_cell and cells:
            cells[-1] = join_lines(cells[-1], line.text)
        else:
            cells.append(line.text)
        open_cell = line.goes_on
    if cells and re.fullmatch(r"\d+", cells[0]):
        return cells[1:]
    return [re.sub(r"^\d+\s+", "", cells[0]), *cells[1:]] if cells else []
