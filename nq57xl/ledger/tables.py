"""The ledger's tables as they are now; how they came to be stands in `migrate`.

Times are ISO 8601 text with +07:00. What people decide later (exclusions, corrected times, edits, closed periods) has
tables of its own that point at what was recorded, so that nothing recorded is ever rewritten.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, TypeVar

import attrs
from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, MetaData, String, Table, UniqueConstraint

from nq57xl.forms.model import Source, Value
from nq57xl.returns.model import JudgedReturn, ReturnRecord
from nq57xl.rules.codec import from_json, to_json
from nq57xl.rules.findings import Finding
from nq57xl.rules.schema import CellValue
from nq57xl.text.clock import iso

METADATA = MetaData()


def _texts(*names: str) -> list[Column[str]]:
    """Text columns that are never NULL."""
    return [Column(name, String, nullable=False) for name in names]


def _maybe(*names: str) -> list[Column[str | None]]:
    """Text columns that may be NULL."""
    return [Column(name, String) for name in names]


def _number(name: str) -> Column[int]:
    """A whole-number column that is never NULL."""
    return Column(name, Integer, nullable=False)


def _id() -> Column[int]:
    """A row id that grows and is never used again."""
    return Column("id", Integer, primary_key=True, autoincrement=True)


migrations = Table(
    "migrations",
    METADATA,
    Column("number", Integer, primary_key=True),
    *_texts("name", "applied_at"),
)

plans = Table(
    "plans",
    METADATA,
    Column("version", String, primary_key=True),
    *_texts("json", "recorded_at"),
)

schemas = Table(
    "schemas",
    METADATA,
    Column("sha256", String, primary_key=True),
    *_texts("json"),
)
"""By the hash of its text, the schema that forms were issued with: their `json` names it where it stood before."""

forms = Table(
    "forms",
    METADATA,
    _id(),
    Column("issue_id", String, nullable=False, unique=True),
    Column("short_id", String, nullable=False, unique=True),
    Column("plan_version", String, ForeignKey("plans.version"), nullable=False),
    *_texts("schema_version", "unit", "period"),
    _number("version"),
    *_texts("file", "sha256", "json", "issued_at"),
    Column("cells", LargeBinary),
    UniqueConstraint("period", "unit", "version"),
)

files = Table(
    "files",
    METADATA,
    Column("sha256", String, primary_key=True),
    *_maybe("path"),
    *_texts("name"),
    _number("size"),
    *_texts("first_seen"),
)
"""`path`: in the archive, relative to the workspace; NULL for a file over the limits."""

returns = Table(
    "returns",
    METADATA,
    _id(),
    Column("sha256", String, ForeignKey("files.sha256"), nullable=False),
    *_texts("period", "path", "name", "received_at", "received_basis", "verdict"),
    *_maybe("unit", "form_period", "issue_id"),
    *_texts("collected_at", "who", "sender", "subject", "saved_at"),
    Column("judged_again", Integer, ForeignKey("returns.id")),
)
"""One row for each file, period and judgement; `judged_again`: the first one of the same file for the same period."""

return_values = Table(
    "return_values",
    METADATA,
    Column("return_id", Integer, ForeignKey("returns.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    *_texts("row_table", "row_key", "field", "typed"),
    *_maybe("value"),
    *_texts("value_type", "sheet", "cell"),
    *_maybe("origin"),
    *_texts("stated"),
)
"""The tidy table. `value` is text that `value_type` (text, number, date, none) turns back exactly.

`origin`: JSON of the `Source` that the cell stands in, where that is not the return's own file.
"""

return_findings = Table(
    "return_findings",
    METADATA,
    Column("return_id", Integer, ForeignKey("returns.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    *_texts("code", "severity", "message", "fix", "sheet", "cell", "row_table"),
    *_maybe("task"),
    *_texts("field", "value"),
)

decisions = Table(
    "decisions",
    METADATA,
    _id(),
    Column("return_id", Integer, ForeignKey("returns.id"), nullable=False),
    *_texts("kind", "value", "reason", "at", "who"),
)
"""What the office decided on a return, newest last: exclude, readmit, received (`value`: the time put right),
take, remark (`value`: JSON of its cell; without `reason` the number of the remark that it withdraws)."""

waivers = Table(
    "waivers",
    METADATA,
    _id(),
    Column("ends", Integer, ForeignKey("waivers.id")),
    *_texts("unit", "code", "task", "field", "since", "until", "reason", "at", "who"),
)
"""Warnings explained for good; a row with `ends` ends that waiver from its period `since` on."""

edits = Table(
    "edits",
    METADATA,
    _id(),
    *_texts("period", "unit", "row_table", "row_key", "field", "kind", "typed"),
    *_maybe("value"),
    *_texts("value_type", "before", "author", "reason", "file_sha256", "sheet", "cell", "at", "who"),
    *_maybe("before_value"),
    *_texts("before_type"),
)
"""The office's own hand (bien-tap.xlsx): the newest row for a cell of a unit's report holds; `withdrawn` ends it."""

closings = Table(
    "closings",
    METADATA,
    _id(),
    *_texts("period", "kind", "json", "at", "who"),
)
"""Periods frozen by `close`; `json` says what the report contained: returns, edits, versions, hashes."""

amendments = Table(
    "amendments",
    METADATA,
    _id(),
    Column("plan_version", String, ForeignKey("plans.version"), nullable=False),
    *_texts("effective_from", "json", "at", "who"),
)
"""Versions of the plan that `amend` brought in, with their first day and what changed."""

outputs = Table(
    "outputs",
    METADATA,
    Column("path", String, primary_key=True),
    Column("sha256", String, primary_key=True),
    *_texts("written_at"),
)
"""Every content that the program ever meant to write to a path: anything else there is somebody's own work."""

past_periods = Table(
    "past_periods",
    METADATA,
    Column("period", String, primary_key=True),
    Column("mark", String, primary_key=True),
    *_texts("json"),
)
"""What later reports show of a period, made once: follows from everything else here, and may be thrown away. `mark`
says what it was made of; another mark is another row."""

events = Table(
    "events",
    METADATA,
    _id(),
    *_texts("at", "who", "what", "detail"),
)
"""`detail` is JSON."""


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


def value_rows(return_id: int, values: Sequence[Value]) -> Iterator[tuple[Any, ...]]:
    """The rows of `return_values`: return, position, VALUE_COLUMNS. Plain, because a return has a hundred of them."""
    for position, item in enumerate(values):
        place = (_name(item.table), _name(item.key), _name(item.field))
        origin = clean(to_json(item.origin)) if item.origin else None
        said = (clean(item.typed), *pack(item.value), _name(item.sheet), item.cell, origin, _name(item.stated))
        yield (return_id, position, *place, *said)


_name = lru_cache(maxsize=4096)(clean)
"""Of texts that stand in every return: rows, fields, sheets."""


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
