"""The sheet "Nguồn số liệu": every typed cell of every counting return with file, sheet, cell, time and hash."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from nq57xl.ledger.model import AppliedEdit
from nq57xl.outputs.report.sheet_parts import SHEETS, Cells, list_sheet
from nq57xl.results.consolidation import Consolidation, TracedCell
from nq57xl.results.figures import past_periods
from nq57xl.results.wording import (
    EDIT_KINDS,
    anchor_of,
    field_of,
    field_title,
    moment_words,
    shown,
    source_anchor,
    table_title,
)
from nq57xl.xlsx.pages import Link, ReportLine, ReportSheet, place, rows_needed

_SHEET = SHEETS["sources"]
_AS_TYPED = "như đã nhập"
_EDIT_SPANS = {"typed": "hash"}
_EMPTY = place(ReportSheet(_SHEET.name, _SHEET.columns, ())).page
"""The page with its columns as wide as they will be."""


def source_page(c: Consolidation, *, contacts: bool) -> ReportSheet:
    """The page of the report (`contacts` False), or the page of noi-bo.xlsx with the contacts alone."""
    note = (
        "Mỗi dòng là một ô do đơn vị nhập trong báo cáo được chấp nhận, giữ nguyên văn; số thứ tự là «Nguồn số» in "
        "trong bao-cao-tong-hop.xlsx. Ô để trống không có dòng nào ở đây và không được tính là 0. Tệp gốc lưu trong "
        "thư mục archive theo mã băm."
    )
    edits = _edits(c)
    if edits:
        note += " Ô do đơn vị tổng hợp biên tập ghi tệp bien-tap.xlsx, dòng dưới nêu ai sửa, vì sao, trước đó là gì."
    traced = [item for item in c.traced if item.contact == contacts]
    return list_sheet(c, _SHEET, "NGUỒN SỐ LIỆU", _lines(c, traced, edits), note)


def source_labels(c: Consolidation, *, contacts: bool = False) -> dict[str, str]:
    """Anchor -> numbers of its lines: "12-19"; of a unit's row, and of all its rows of a table."""
    found: dict[str, list[int]] = {}
    for number, item in enumerate((item for item in c.traced if item.contact == contacts), start=1):
        for anchor in (anchor_of(item), source_anchor(item.unit, item.value.table, "")):
            found.setdefault(anchor, []).append(number)
    return {a: f"{n[0]}-{n[-1]}" if len(n) > 1 else str(n[0]) for a, n in found.items()}


def _lines(
    c: Consolidation, traced: Sequence[TracedCell], edits: Mapping[tuple[str, ...], AppliedEdit]
) -> Iterator[ReportLine]:
    percents = {item.code for item in c.plan.indicators if item.measure == "percent"}
    seen: set[str] = set()
    for number, item in enumerate(traced, start=1):
        own = (anchor_of(item), source_anchor(item.unit, item.value.table, ""))
        anchors = tuple(anchor for anchor in own if anchor not in seen)
        seen.update(anchors)
        yield ReportLine("row", _cells(item, number, c, percents), anchors=anchors)
        if item.value.stated:
            yield ReportLine("sub", {"typed": f"{item.value.stated}."}, spans=_EDIT_SPANS)
        edit = edits.get(_place(item))
        if edit is not None:
            yield ReportLine("sub", {"typed": _edit_words(edit, c)}, spans=_EDIT_SPANS)


def _edits(c: Consolidation) -> dict[tuple[str, ...], AppliedEdit]:
    """Edits that are applied, by the cell of the unit and the file that holds them; of rows carried over, too."""
    before = (item for one in past_periods(c) for item in one.edits)
    applied = (*before, *(item for item in c.edits if item.state == "applied"))
    return {(*item.edit.new.place, item.edit.source.sha256): item for item in applied}


def _place(item: TracedCell) -> tuple[str, ...]:
    value = item.value
    return (item.unit, value.table, value.key, value.field, item.source.sha256)


def _edit_words(item: AppliedEdit, c: Consolidation) -> str:
    """Who edited and why, what the unit had typed, and where that stands."""
    new, own = item.edit.new, item.original
    words = f"{EDIT_KINDS[new.kind]}: {new.author}, ghi nhận lúc {moment_words(item.edit.at)}; lý do: {new.reason}. "
    if own is None:
        return f"{words}Đơn vị để trống ô này."
    counting = next((unit.status.counting for unit in c.units if unit.status.code == new.unit), None)
    file = own.origin or (counting.judged.source if counting is not None else None)
    where = f"tệp {file.name}, " if file is not None else ""
    return f"{words}Đơn vị đã nhập «{own.typed}» ({where}trang «{own.sheet}», ô {own.cell})."


def _cells(item: TracedCell, number: int, c: Consolidation, percents: set[str]) -> Cells:
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


def _value(item: TracedCell, c: Consolidation, percents: set[str]) -> str:
    """The typed cell as understood; a text that was only stored needs no second copy."""
    value = item.value
    field = field_of(c.schema, value)
    words = shown(value, c.schema, percent=value.key in percents)
    plain = field is None or field.type == "text"
    return _AS_TYPED if plain and words == value.typed else words
