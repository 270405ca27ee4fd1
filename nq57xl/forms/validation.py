"""The validation of an entry cell, its hint and its stop text, all from the field's definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
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
    example = _example(field, schema, facts)
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


def _example(field: Field, schema: Schema, facts: Facts) -> str:
    """As the row measures: a choice of the list, a number with a decimal comma, else the field's own."""
    if field.type != "measure" or field.kind(facts) == "percent":
        return field.example
    return schema.lists[field.choices][0].title if field.kind(facts) == "choice" else "82,5"


def _rule(field: Field, schema: Schema, facts: Facts, year: int) -> tuple[dict[str, Any], str, str]:
    kind = field.kind(facts)
    if kind in ("choice", "mark"):
        return _list(field, schema, facts)
    if kind == "date":
        return _date(field, year)
    if kind == "text":
        limit = min(field.max_length, _CELL_TEXT_LIMIT)
        cause = f"«{field.title}» dài quá {vietnamese_number(limit)} ký tự."
        return {"validate": "length", "criteria": "<=", "value": limit}, cause, "Hãy viết gọn lại."
    return _number(field, kind)


def _list(field: Field, schema: Schema, facts: Facts) -> tuple[dict[str, Any], str, str]:
    offered = field.offered(facts)
    titles = ", ".join(f"«{item.title}»" for item in schema.lists[offered])
    rule = {"validate": "list", "source": f"={list_name(offered)}"}
    return rule, "Nội dung vừa gõ không có trong danh sách.", f"Bấm mũi tên ở góc phải ô và chọn: {titles}."


def _date(field: Field, year: int) -> tuple[dict[str, Any], str, str]:
    low = date_limit(str(field.min), year) if field.min is not None else date(2000, 1, 1)
    high = date_limit(str(field.max), year) if field.max is not None else date(2099, 12, 31)
    cause = f"«{field.title}» phải là ngày từ {vietnamese_date(low)} đến {vietnamese_date(high)}."
    remedy = f"Nhập theo dạng ngày/tháng/năm{f', ví dụ {field.example}' if field.example else ''}."
    return {"validate": "date", "criteria": "between", "minimum": low, "maximum": high}, cause, remedy


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
    runs: list[tuple[int, int]] = []
    for row in rows:
        if runs and runs[-1][1] == row - 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return runs
