"""Cells of the master appendix as people type them, into values: numbers as text, dates as text, lists in a cell."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from nq57xl.plan.sheets import CUTOFFS, NO, VOCABULARIES, YES, Column
from nq57xl.records.plan import DatedName
from nq57xl.text.normalise import clean, fold

_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_DATED_NAME = re.compile(r"(.+?)\s*\(\s*(?:đến|tới)(?:\s+hết)?(?:\s+ngày)?\s+([\d/.-]+)\s*\)\W*", re.IGNORECASE)
# codes become names of files, on Windows too
_CODES = ("code", "id")
_CODE = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._-]{0,39})?")
_CODE_WORDS = "mã gồm chữ không dấu, chữ số, dấu chấm, gạch nối"
_CHOICES = {"cutoff": CUTOFFS, "vocabulary": VOCABULARIES}
_YES = {fold(YES), "x", "có.", "true", "đúng", "1", "yes"}
_NO = {fold(NO), "không.", "false", "sai", "0", "no"}


def is_blank(raw: Any) -> bool:  # noqa: ANN401 - a cell
    """True when nothing visible stands in the cell."""
    return text_of(raw) == ""


def text_of(raw: Any) -> str:  # noqa: ANN401 - a cell
    """The cell as text: whole numbers without ".0", dates as dd/mm/yyyy."""
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return YES if raw else NO
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() else repr(raw)
    if isinstance(raw, date):
        return f"{raw:%d/%m/%Y}"
    return clean(str(raw))


def as_value(column: Column, raw: Any) -> tuple[Any, str, str]:  # noqa: ANN401 - a cell
    """The value; and what was wanted with an example, both empty when the cell could be read."""
    text = text_of(raw)
    if column.kind in ("text", "short"):
        return (text, "", "") if column.key not in _CODES or _CODE.fullmatch(text) else (text, _CODE_WORDS, "QLDT")
    if column.kind == "names":
        return tuple(clean(part) for part in text.split("\n") if clean(part)), "", ""
    if column.kind == "dated_names":
        return _dated_names(text)
    if column.kind == "codes":
        return tuple(part for part in re.split(r"[,;\s]+", text) if part), "", ""
    if text == "":
        return ("" if column.kind == "choice" else None), "", ""
    if column.kind == "yes_no":
        return _yes_no(text)
    if column.kind == "date":
        return _date(raw, text)
    if column.kind == "whole":
        return _whole(column, text)
    return _choice(column, text)


def _dated_names(text: str) -> tuple[tuple[DatedName, ...], str, str]:
    names = []
    for line in filter(None, map(clean, text.split("\n"))):
        match = _DATED_NAME.fullmatch(line)
        day = _date(match[2], match[2])[0] if match else None
        if match is None or day is None:
            return (), "tên cũ kèm ngày cuối dùng tên", "Phòng Quản lý đô thị (đến 30/06/2026)"
        names.append(DatedName(clean(match[1]), valid_to=day))
    return tuple(sorted(names, key=lambda name: name.valid_to or date.max)), "", ""


def _whole(column: Column, text: str) -> tuple[int | None, str, str]:
    low, high = column.limits
    if re.fullmatch(r"\d{1,6}", text) and low <= int(text) <= high:
        return int(text), "", ""
    return None, f"số nguyên từ {low} đến {high}", str(max(low, min(20, high)))


def _yes_no(text: str) -> tuple[bool | None, str, str]:
    if fold(text) in _YES | _NO:
        return fold(text) in _YES, "", ""
    return None, "Có hoặc Không", YES


def _date(raw: Any, text: str) -> tuple[date | None, str, str]:  # noqa: ANN401 - a cell
    if isinstance(raw, datetime):
        return raw.date(), "", ""
    if isinstance(raw, date):
        return raw, "", ""
    match = _DATE.fullmatch(text)
    try:
        return (date(int(match[3]), int(match[2]), int(match[1])), "", "") if match else (None, "ngày", "30/06/2026")
    except ValueError:
        return None, "ngày", "30/06/2026"


def _choice(column: Column, text: str) -> tuple[str, str, str]:
    titles = _CHOICES.get(column.key)
    if titles is None:
        return text, "", ""
    title = next((item for item in titles.values() if fold(item) == fold(text)), None)
    return (title, "", "") if title else ("", "một mục trong danh sách", next(iter(titles.values())))
