"""A second reader of returned forms, by openpyxl with a small typing of its own: knows nothing of nq57xl.

It has an opinion where a cell is plain, and says so where it is not: runs, strike, odd formats, odd letters. Of every
cell it knows whether something stands there, so that nothing is lost and nothing comes from nowhere.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import openpyxl
from openpyxl.cell.cell import Cell
from openpyxl.cell.rich_text import CellRichText
from openpyxl.worksheet.worksheet import Worksheet

Key = tuple[str, str, str]
"""(table, row, field), as the exports name them."""
Held = Mapping[Key, Any]
"""What a reader holds: texts, codes, numbers; days as dates or as 2026-04-10; None for something unreadable."""

UNSURE = object()
"""The cell is not plain: this reader has no opinion on what it says."""
PROGRESS = {
    "Chưa thực hiện": "not_started",
    "Đang thực hiện": "in_progress",
    "Hoàn thành": "done",
    "Thường xuyên": "ongoing",
    "Chưa phát sinh": "not_arisen",
}
_NUMBER_FORMAT = re.compile(r"General|@|0(\.0+)?|#,##0(\.0+)?")
_PERCENT_FORMAT = re.compile(r"0(\.0+)?%")
_SAYS_NOTHING = re.compile(r"[\W_]*|x+|n/?a|không( có| phát sinh)?\.?|none|null")
_PLAIN_LETTERS = re.compile(r"[\x20-\x7e\n\t\u00a0-\u024f\u0300-\u0331\u1ea0-\u1ef9\u2010-\u2026\u2212≥≤±€₫•]*")
_LEGACY_FONT = re.compile(r"^(\.Vn|VNI-|SVNI|Symbol|Wingdings)", re.IGNORECASE)


class Asked(NamedTuple):
    """An entry cell of the form as it was issued."""

    sheet_id: str
    row_key: str
    column: str
    kind: str
    """percent, number, date, choice, text."""


class Seen(NamedTuple):
    """An entry cell of a returned file."""

    sheet: str
    cell: str
    content: Any
    number_format: str
    plain: bool
    """One font, not struck, no raised or lowered letters."""
    linked: bool


@lru_cache(maxsize=8)
def asked(issued: bytes) -> dict[Key, Asked]:
    """Every unlocked cell of a form by its meaning, with what its validation admits."""
    found: dict[Key, Asked] = {}
    for sheet in openpyxl.load_workbook(io.BytesIO(issued)).worksheets:
        names = [str(cell.value or "") for cell in sheet[1]]
        kinds = {rule.sqref: rule.type for rule in sheet.data_validations.dataValidation}
        for row in sheet.iter_rows(min_row=2):
            key = str(row[0].value or "")
            names = [str(cell.value or "") for cell in row] if key.startswith("@keys") else names
            table, _, code = key.partition("|")
            entries = [cell for cell in row[1:] if not cell.protection.locked]
            for cell in entries if code else ():
                column = names[(cell.column or 1) - 1]
                rule = next((kind for cells, kind in kinds.items() if cell.coordinate in cells), None)
                name = (table, table, code) if len(entries) == 1 else (table, code, column)
                found[name] = Asked(_sheet_id(sheet), key, column, _kind(rule, cell.number_format))
    return found


def _kind(rule: str | None, number_format: str) -> str:
    kinds = {"list": "choice", "date": "date", "decimal": "percent" if "%" in number_format else "number"}
    return kinds.get(rule or "", "text")


def _sheet_id(sheet: Worksheet) -> str:
    first = str(sheet["A1"].value or "")
    return first.rpartition("|")[2] if first.startswith("NQ57|") else ""


def cells(data: bytes) -> dict[tuple[str, str, str], list[Seen]]:
    """Every cell that a key row and a key column name, by (sheet id, row key, column); blank ones too.

    Nothing where openpyxl is stricter than others and does not open the file.
    """
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True, rich_text=True)
    except Exception:  # it raises many kinds of errors on odd files
        return {}
    found: dict[tuple[str, str, str], list[Seen]] = {}
    for sheet in book.worksheets:
        identity = _sheet_id(sheet)
        names = [str(cell.value or "") for cell in sheet[1]]
        for row in sheet.iter_rows(min_row=2) if identity else ():
            key = str(row[0].value or "")
            names = [str(cell.value or "") for cell in row] if key.startswith("@keys") else names
            for name, cell in zip(names[1:], row[1:], strict=True):
                if "|" in key and name and isinstance(cell, Cell):
                    found.setdefault((identity, key, name), []).append(_seen(sheet, cell))
    return found


def _seen(sheet: Worksheet, cell: Cell) -> Seen:
    content = cell.value
    plain = not cell.font.strike and cell.font.vertAlign is None and not _LEGACY_FONT.match(cell.font.name or "")
    if isinstance(content, CellRichText):
        runs = [run for run in content if not isinstance(run, str)]
        plain = plain and not any(
            run.font.strike or run.font.vertAlign or _LEGACY_FONT.match(run.font.rFont or "") for run in runs
        )
        content = str(content)
    return Seen(sheet.title, cell.coordinate, content, cell.number_format, plain, cell.hyperlink is not None)


# --- the small typing -----------------------------------------------------------------------------------------------


def says(seen: Seen, kind: str) -> Any:  # noqa: ANN401 - a cell's value, or UNSURE
    """What a plain cell says; None where it is blank."""
    content = seen.content
    if content is None or (isinstance(content, str) and not _norm(content)):
        return None
    if not seen.plain or isinstance(content, bool):
        return UNSURE
    typing = {"percent": _percent, "number": _number, "date": _date, "choice": _choice, "text": _text}
    return typing[kind](content, seen.number_format)


def _percent(content: Any, number_format: str) -> Any:  # noqa: ANN401
    if isinstance(content, int | float):
        content = float(f"{content:.15g}")  # as programs show it: 100% that was computed is 1.0000000000000002
        if _PERCENT_FORMAT.fullmatch(number_format):
            return float(content)
        return (content / 100 if content > 1 else float(content)) if number_format == "General" else UNSURE
    found = re.fullmatch(r"\s*(\d{1,3})(?:[.,](\d{1,2}))?\s*%\s*", str(content))
    return float(f"{found[1]}.{found[2] or 0}") / 100 if found else UNSURE


def _number(content: Any, number_format: str) -> Any:  # noqa: ANN401
    if isinstance(content, int | float) and _NUMBER_FORMAT.fullmatch(number_format):
        return float(content)
    found = re.fullmatch(r"\s*(\d+)\s*", content) if isinstance(content, str) else None
    return float(found[1]) if found else UNSURE


def _date(content: Any, number_format: str) -> Any:  # noqa: ANN401
    if isinstance(content, dt.datetime):
        whole = content.time() == dt.time() and {"d", "m", "y"} <= set(number_format.lower())
        return content.date() if whole else UNSURE
    found = re.fullmatch(r"\s*(\d{1,2})/(\d{1,2})/(\d{4})\s*", content) if isinstance(content, str) else None
    try:
        return dt.date(int(found[3]), int(found[2]), int(found[1])) if found else UNSURE
    except ValueError:
        return UNSURE


def _choice(content: Any, _: str) -> Any:  # noqa: ANN401
    return PROGRESS.get(str(content), UNSURE)


def _text(content: Any, number_format: str) -> Any:  # noqa: ANN401
    if isinstance(content, int) and number_format in ("General", "@", "0"):
        return str(content)
    if (
        not isinstance(content, str)
        or not _PLAIN_LETTERS.fullmatch(content)
        or re.search(r"_x[0-9A-Fa-f]{4}_", content)
    ):
        return UNSURE
    return _norm(content)


def _norm(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).translate(_ALIKE).split())


_ALIKE = {0x200B: None, 0xD0: "Đ", 0x1A3: "ư", 0x1A2: "Ư"}
"""What cannot be seen; letters of other languages that look like Vietnamese ones and stand for them in old files."""


# --- the comparison -------------------------------------------------------------------------------------------------


def differences(data: bytes, issued: bytes, held: Held, findings: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Where what another reader holds is not what stands in the file; findings by their "sheet" and "cell".

    A sheet that is not in the file is not compared; a cell that stands there twice neither.
    """
    there = cells(data)
    sheets = {identity for identity, _, _ in there}
    told = {(item["sheet"], item["cell"]) for item in findings}
    for key, cell in asked(issued).items():
        found = there.get((cell.sheet_id, cell.row_key, cell.column), [])
        if cell.sheet_id in sheets and len(found) == 1:
            if cell.column in _SHARED:
                parts = [held.get((*key[:2], name)) for name in _SHARED[cell.column]]
                problem = _shared_difference(found[0], [part for part in parts if part is not None], told)
            else:
                problem = _difference(found[0], cell.kind, held.get(key), told)
            if problem:
                yield f"{' '.join(key)} ({found[0].sheet}!{found[0].cell}): {problem}"


_SHARED = {
    "evidence_number": ("evidence_number", "evidence_date"),
    "evidence_title": ("evidence_title", "evidence_link"),
}
"""Columns whose cells hold two fields."""


def _shared_difference(seen: Seen, parts: Sequence[Any], told: set[tuple[str, str]]) -> str:
    """What the fields of one cell hold stands in it; where it says something, one of them holds something."""
    said = says(seen, "text")
    if said is UNSURE or seen.linked:
        return ""
    text = re.sub(r"\s", "", str(said or ""))
    if not parts:
        quiet = not text or _SAYS_NOTHING.fullmatch(_norm(str(seen.content)).casefold())
        return "" if quiet or (seen.sheet, seen.cell) in told or "://" in text else f"{said!r} here, nothing there"
    for part in parts:
        day = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", str(part))
        pieces = [str(int(number)) for number in day.groups()] if day else [re.sub(r"\s", "", str(part))]
        behind = str(part).startswith(("http", "file:"))  # an address may stand behind words or in a formula
        if not behind and not all(piece in text for piece in pieces):
            return f"{said!r} here, {part!r} there"
    return ""


def _difference(seen: Seen, kind: str, held: Any, told: set[tuple[str, str]]) -> str:  # noqa: ANN401
    said = says(seen, kind)
    if said is None:
        return "" if held is None else f"blank here, {held!r} there"
    if held is None:
        quiet = _SAYS_NOTHING.fullmatch(_norm(str(seen.content)).casefold()) is not None
        return "" if quiet or (seen.sheet, seen.cell) in told else f"{seen.content!r} here, nothing there"
    # a link may be a formula, which this reader sees by its result alone
    linked = seen.linked or str(held).startswith(f"{seen.content} (http")
    if said is UNSURE or _same(said, held) or (linked and str(said) in _norm(str(held))):
        return ""
    return f"{said!r} here, {held!r} there"


def _same(said: Any, held: Any) -> bool:  # noqa: ANN401
    if isinstance(said, float):
        return isinstance(held, int | float) and abs(said - held) <= 1e-9 * max(1.0, abs(said))
    if isinstance(said, dt.date):
        return bool(held == said or held == said.isoformat())
    return bool(said == _norm(str(held)))
