"""The validation of an entry cell, its hint and its stop text, all from the field's definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from nq57xl.rules.schema import Facts, Field, Schema, date_limit, vietnamese_date, vietnamese_number, vietnamese_percent
from nq57xl.text.addresses import letters_of
from nq57xl.xlsx.write import MESSAGE_LIMIT, TITLE_LIMIT, Workbook, Worksheet, clipped

_STOP_LIMIT = 225
"""Of a stop text in UTF-16 units: Excel's own dialog cuts it there."""
_CELL_TEXT_LIMIT = 32767


def list_name(name: str) -> str:
    """Defined name of a list's range on the hidden sheet."""
    return f"ds_{name}"


def name_lists(book: Workbook, title: str, lists: Mapping[str, Sequence[object]], *, first: int) -> None:
    """A defined name for each list: a column of that sheet from `first` on, the items under a heading."""
    for column, (name, items) in enumerate(lists.items(), start=first):
        letter = letters_of(column)
        book.define_name(list_name(name), f"={title}!${letter}$2:${letter}${len(items) + 1}")


_GREY = "Ô xám là không áp dụng, để trống."


def validation_of(field: Field, schema: Schema, facts: Facts, year: int, *, greys: bool = False) -> dict[str, Any]:
    """Options for XlsxWriter's data_validation: list, decimal, whole, date or textLength with hint and stop text.

    `greys`: the cell does not apply to some choices of its row.
    """
    rule, cause, remedy = _rule(field, schema, facts, year)
    example, kind = field.example, field.kind(facts)
    if field.type == "measure" and kind != "percent":
        example = schema.lists[field.choices][0].title if kind == "choice" else "82,5"
    hint = "\n".join(filter(None, [field.hint, f"Ví dụ: {example}" if example else "", _GREY if greys else ""]))
    return {
        **rule,
        "ignore_blank": True,
        "input_title": clipped(field.title, TITLE_LIMIT),
        "input_message": clipped(hint, MESSAGE_LIMIT),
        "error_title": clipped(field.title, TITLE_LIMIT),
        "error_message": clipped(f"{cause} {remedy}", _STOP_LIMIT),
        "error_type": "stop",
    }


def _rule(field: Field, schema: Schema, facts: Facts, year: int) -> tuple[dict[str, Any], str, str]:
    kind = field.kind(facts)
    if kind in ("choice", "mark"):
        titles = ", ".join(f"«{item.title}»" for item in schema.lists[field.offered(facts)])
        remedy = f"Bấm mũi tên ở góc phải ô và chọn: {titles}."
        source = f"={list_name(field.offered(facts))}"
        return {"validate": "list", "source": source}, "Nội dung vừa gõ không có trong danh sách.", remedy
    if kind == "date":
        low, high = date_limit(str(field.min or "2000-01-01"), year), date_limit(str(field.max or "2099-12-31"), year)
        cause = f"«{field.title}» phải là ngày từ {vietnamese_date(low)} đến {vietnamese_date(high)}."
        remedy = f"Nhập theo dạng ngày/tháng/năm{f', ví dụ {field.example}' if field.example else ''}."
        return {"validate": "date", "criteria": "between", "minimum": low, "maximum": high}, cause, remedy
    if kind == "text":
        limit = min(field.max_length, _CELL_TEXT_LIMIT)
        cause = f"«{field.title}» dài quá {vietnamese_number(limit)} ký tự."
        return {"validate": "length", "criteria": "<=", "value": limit}, cause, "Hãy viết gọn lại."
    return _number(field, kind)


def _number(field: Field, kind: str) -> tuple[dict[str, Any], str, str]:
    percent = kind == "percent"
    low = float(field.min) if field.min is not None else None
    high = 1.0 if percent else float(field.max) if field.max is not None else None
    rule: dict[str, Any] = {"validate": "integer" if kind == "whole" else "decimal"}
    shown = vietnamese_percent if percent else vietnamese_number
    word = "tỷ lệ phần trăm" if percent else "số nguyên" if kind == "whole" else "số"
    if high is not None:
        low = 0.0 if low is None else low
        rule |= {"criteria": "between", "minimum": _plain(low), "maximum": _plain(high)}
        limits = f" từ {shown(low)} đến {shown(high)}"
    else:
        rule |= {"criteria": ">=", "value": _plain(-1e15 if low is None else low)}
        limits = "" if low is None else f" từ {shown(low)} trở lên"
    remedy = "Nhập số kèm dấu %, ví dụ 45%." if percent else "Chỉ nhập số, không kèm chữ hoặc đơn vị tính."
    return rule, f"«{field.title}» phải là {word}{limits}.", remedy


def _plain(value: float) -> float | int:
    """Whole limits without a decimal point, as spreadsheet programs write them."""
    return int(value) if value == int(value) else value


def validate(sheet: Worksheet, col: int, rows: Sequence[int], options: dict[str, Any]) -> None:
    """One validation for the cells of a column in those rows, which ascend."""
    ranges = [[low, col, high, col] for low, high in runs_of(rows)]
    others = {"other_cells": ranges[1:]} if ranges[1:] else {}
    sheet.data_validation(*ranges[0], {**options, **others})


def runs_of(rows: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of each unbroken run of ascending numbers."""
    unbroken = groupby(enumerate(rows), key=lambda item: item[1] - item[0])
    runs = ([row for _, row in run] for _, run in unbroken)
    return [(run[0], run[-1]) for run in runs]
