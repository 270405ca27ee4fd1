"""The sheet "Nguồn số liệu": every typed cell of every counting return with file, sheet, cell, time and hash."""

from __future__ import annotations

from collections.abc import Iterator

from nq57xl.records.consolidation import Consolidation, Traced
from nq57xl.report.indicators import measure_of
from nq57xl.report.layout import Column, Content, Line, Link, Page, place, rows_needed
from nq57xl.report.wording import (
    anchor_of,
    field_of,
    field_title,
    moment_words,
    report_title,
    shown,
    table_title,
)

NAME = "Nguồn số liệu"
_AS_TYPED = "như đã nhập"
COLUMNS = (
    Column("number", "TT", 5.5, "center"),
    Column("unit", "Đơn vị", 14),
    Column("table", "Biểu", 12),
    Column("key", "Mã, dòng", 8, "center"),
    Column("field", "Nội dung", 14),
    Column("typed", "Đơn vị đã nhập", 38),
    Column("value", "Giá trị ghi nhận", 15),
    Column("file", "Tệp", 16),
    Column("sheet", "Trang", 10),
    Column("cell", "Ô", 5.5, "center"),
    Column("received", "Nhận lúc", 10, "center"),
    Column("hash", "Mã băm (rút gọn)", 9.5, "center"),
    Column("link", "Nơi dùng", 16, "center", printed=False),
    Column("sha", "Mã băm SHA-256 đầy đủ", 66, printed=False),
    Column("path", "Đường dẫn tệp", 40, printed=False),
    Column("whole", "Nguyên văn trong một ô (khi nội dung in trên nhiều dòng)", 60, printed=False),
)

_EMPTY = place(Page(NAME, COLUMNS, ())).page
"""The page with its columns as wide as they will be."""


def source_page(c: Consolidation, *, contacts: bool) -> Page:
    """The page of the report (`contacts` False), or the page of noi-bo.xlsx with the contacts alone."""
    traced = [item for item in c.traced if item.contact == contacts]
    return Page(NAME, COLUMNS, tuple(_lines(c, traced)), filtered=True, frozen_columns=2)


def _lines(c: Consolidation, traced: list[Traced]) -> Iterator[Line]:
    yield Line("title", {"number": "NGUỒN SỐ LIỆU"})
    yield Line("subtitle", {"number": f"{report_title(c)}, {c.period.title}"})
    note = (
        "Mỗi dòng là một ô do đơn vị nhập trong báo cáo được chấp nhận, giữ nguyên văn. Ô để trống không có dòng nào ở "
        "đây và không được tính là 0. Tệp gốc được lưu trong thư mục archive theo mã băm."
    )
    yield Line("note", {"number": note})
    yield Line("head", {column.name: column.title for column in COLUMNS})
    percents = {item.code for item in c.plan.indicators if measure_of(item) == "percent"}
    seen: set[str] = set()
    for number, item in enumerate(traced, start=1):
        anchor = anchor_of(item)
        anchors = () if anchor in seen else (anchor,)
        seen.add(anchor)
        yield Line("row", _cells(item, number, c, percents), anchors=anchors)


def _cells(item: Traced, number: int, c: Consolidation, percents: set[str]) -> dict[str, Content]:
    value, source = item.value, item.source
    place = f"{value.table}|{item.unit}|{value.key}"
    long = rows_needed(value.typed, _EMPTY, "typed") > 1
    return {
        "number": str(number),
        "unit": item.name,
        "table": table_title(c.schema, value.table),
        "key": "" if value.key == value.table else value.key,
        "field": field_title(c.schema, value),
        "typed": value.typed,
        "value": _value(item, c, percents),
        "file": source.name,
        "sheet": value.sheet,
        "cell": value.cell,
        "received": moment_words(source.received_at),
        "hash": source.sha256[:10],
        "link": Link("xem dòng {row}", place),
        "sha": source.sha256,
        "path": source.path,
        "whole": value.typed if long else None,
    }


def _value(item: Traced, c: Consolidation, percents: set[str]) -> str:
    """The typed cell as understood; a text that was only stored needs no second copy."""
    value = item.value
    field = field_of(c.schema, value)
    words = shown(value, c.schema, percent=value.key in percents)
    plain = field is None or field.type == "text"
    return _AS_TYPED if plain and words == value.typed else words
