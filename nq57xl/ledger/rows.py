"""Flat records to rows of the ledger and back, exactly, by the names of their fields."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

import attrs

from nq57xl.forms.values import Source, Value
from nq57xl.returns.model import JudgedReturn, ReturnRecord
from nq57xl.rules.codec import from_json, to_json
from nq57xl.rules.findings import Finding
from nq57xl.rules.schema import CellValue
from nq57xl.text.clock import iso

VALUE_COLUMNS = (
    *("row_table", "row_key", "field", "typed", "value", "value_type"),
    *("sheet", "cell", "origin", "stated"),
)
FINDING_FIELDS = ("code", "severity", "message", "fix", "sheet", "cell", "table", "task", "field", "value")
FINDING_COLUMNS = tuple("row_table" if name == "table" else name for name in FINDING_FIELDS)
"""What is read of `return_values` and `return_findings`, by the names of their columns and of a Finding's fields."""
Row = dict[str, Any]
"""One row: column name -> what the driver takes or gave."""
_Record = TypeVar("_Record", bound=attrs.AttrsInstance)
_COLUMNS = {"table": "row_table", "key": "row_key"}
"""Fields whose column has another name: theirs are words of SQL."""
TYPES = {"value": "value_type", "before_value": "before_type"}
"""Columns of typed values -> the column of their type."""


def clean(text: str) -> str:
    """The text as UTF-8 can hold it: half characters (undecodable file names, broken XML) become U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def pack(value: CellValue) -> tuple[str | None, str]:
    """(text, type) of a typed value; numbers by repr, which reads back to the same float."""
    if value is None:
        return None, "none"
    if isinstance(value, str):
        return clean(value), "text"
    if isinstance(value, dt.date):
        return value.isoformat()[:10], "date"
    return repr(float(value)), "number"


def unpack(text: str | None, kind: str) -> CellValue:
    """What `pack` packed."""
    if text is None or kind == "none":
        return None
    if kind == "number":
        return float(text)
    return dt.date.fromisoformat(text) if kind == "date" else text


def row_of(record: attrs.AttrsInstance, *typed: str) -> Row:
    """The row of a flat record; `typed`: its fields that hold typed values, which take two columns (`TYPES`)."""
    row: Row = {}
    for name, column in _columns(type(record)):
        content = getattr(record, name)
        if name in typed:
            row[column], row[TYPES[name]] = pack(content)
        elif isinstance(content, str):
            row[column] = clean(content)
        else:
            row[column] = iso(content) if isinstance(content, dt.datetime) else content
    return row


def record_of(kind: type[_Record], row: Mapping[str, Any], *typed: str) -> _Record:
    """The record of that kind that the row was made from; other columns are passed over."""
    cells = {name: row[column] for name, column in _columns(kind) if column in row}
    return kind(**cells | {name: unpack(row[name], row[TYPES[name]]) for name in typed})


@cache
def _columns(kind: type[attrs.AttrsInstance]) -> tuple[tuple[str, str], ...]:
    """(field, column) of a kind of record."""
    return tuple((item.name, _COLUMNS.get(item.name, item.name)) for item in attrs.fields(kind))


def return_row(judged: JudgedReturn, period: str, collected_at: dt.datetime, who: str) -> Row:
    """The row of `returns`."""
    source = judged.source
    row = {name: getattr(judged, name) for name in ("verdict", "unit", "form_period", "issue_id")}
    row |= {name: clean(getattr(source, name)) for name in ("sha256", "path", "name", "sender", "subject")}
    row |= {"received_at": iso(source.received_at), "received_basis": source.received_basis}
    row |= {"saved_at": iso(source.saved_at) if source.saved_at else ""}
    return row | {"period": period, "collected_at": iso(collected_at), "who": clean(who)}


def value_rows(return_id: int, values: Sequence[Value]) -> list[Row]:
    """The rows of `return_values`; written out, because a return has a hundred of them."""
    made = []
    for position, item in enumerate(values):
        value, kind = pack(item.value)
        row: Row = {"return_id": return_id, "position": position, "value": value, "value_type": kind}
        row |= {"row_table": clean(item.table), "row_key": clean(item.key), "field": clean(item.field)}
        row |= {"typed": clean(item.typed), "sheet": clean(item.sheet), "cell": item.cell, "stated": clean(item.stated)}
        row["origin"] = clean(to_json(item.origin)) if item.origin else None
        made.append(row)
    return made


def finding_rows(return_id: int, findings: Sequence[Finding]) -> list[Row]:
    """The rows of `return_findings`."""
    return [row_of(item) | {"return_id": return_id, "position": number} for number, item in enumerate(findings)]


def value_of(row: Sequence[Any]) -> Value:
    """The record of the VALUE_COLUMNS of a row of `return_values`."""
    table, key, field, typed, value, kind, sheet, cell, origin, stated = row
    file = from_json(origin, Source) if origin else None
    return Value(table, key, field, typed, unpack(value, kind), sheet, cell, file, stated)


def return_of(row: Row, values: tuple[Value, ...], findings: tuple[Finding, ...]) -> ReturnRecord:
    """The record of a row of `returns` joined with `files.size`."""
    moments = {name: _moment(row[name]) for name in ("received_at", "saved_at")}
    source = record_of(Source, row | moments)
    judged = record_of(JudgedReturn, row | {"source": source, "values": values, "findings": findings})
    first = row["judged_again"] or 0
    return ReturnRecord(
        row["id"], row["period"], judged, dt.datetime.fromisoformat(row["collected_at"]), first_id=first
    )


def _moment(text: str) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None
