"""The ledger's tables as they are now; how they came to be stands in `migrate`.

Times are ISO 8601 text with +07:00. What people decide later (exclusions, corrected times, edits, closed periods) has
tables of its own that point at what was recorded, so that nothing recorded is ever rewritten.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

import attrs
from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, MetaData, String, Table, UniqueConstraint

from nq57xl.rules.schema import CellValue
from nq57xl.text.clock import iso

METADATA = MetaData()


def _texts(*names: str, key: bool = False, nullable: bool = False) -> list[Column[str]]:
    """Text columns; `key`: they name a row."""
    return [Column(name, String, primary_key=key, nullable=nullable) for name in names]


def _numbers(*names: str) -> list[Column[int]]:
    """Whole-number columns that are never NULL."""
    return [Column(name, Integer, nullable=False) for name in names]


def _id() -> Column[int]:
    """A row id that grows and is never used again."""
    return Column("id", Integer, primary_key=True, autoincrement=True)


def _of_return() -> list[Column[int]]:
    """The return that a row belongs to, and its place there."""
    return [
        Column("return_id", Integer, ForeignKey("returns.id"), primary_key=True),
        Column("position", Integer, primary_key=True),
    ]


migrations = Table("migrations", METADATA, Column("number", Integer, primary_key=True), *_texts("name", "applied_at"))

plans = Table("plans", METADATA, *_texts("version", key=True), *_texts("json", "recorded_at"))

schemas = Table("schemas", METADATA, *_texts("sha256", key=True), *_texts("json"))
"""By the hash of its text, the schema that forms were issued with: their `json` names it where it stood before."""

forms = Table(
    "forms",
    METADATA,
    _id(),
    *(Column(name, String, nullable=False, unique=True) for name in ("issue_id", "short_id")),
    Column("plan_version", String, ForeignKey("plans.version"), nullable=False),
    *_texts("schema_version", "unit", "period", "file", "sha256", "json", "issued_at"),
    *_numbers("version"),
    Column("cells", LargeBinary),
    UniqueConstraint("period", "unit", "version"),
)

files = Table(
    "files",
    METADATA,
    *_texts("sha256", key=True),
    *_texts("path", nullable=True),
    *_texts("name", "first_seen"),
    *_numbers("size"),
)
"""`path`: in the archive, relative to the workspace; NULL for a file over the limits."""

returns = Table(
    "returns",
    METADATA,
    _id(),
    Column("sha256", String, ForeignKey("files.sha256"), nullable=False),
    *_texts("period", "path", "name", "received_at", "received_basis", "verdict"),
    *_texts("unit", "form_period", "issue_id", nullable=True),
    *_texts("collected_at", "who", "sender", "subject", "saved_at"),
    Column("judged_again", Integer, ForeignKey("returns.id")),
)
"""One row for each file, period and judgement; `judged_again`: the first one of the same file for the same period."""

return_values = Table(
    "return_values",
    METADATA,
    *_of_return(),
    *_texts("row_table", "row_key", "field", "typed", "value_type", "sheet", "cell", "stated"),
    *_texts("value", "origin", nullable=True),
)
"""The tidy table. `value` is text that `value_type` (text, number, date, none) turns back exactly.

`origin`: JSON of the `Source` that the cell stands in, where that is not the return's own file.
"""

return_findings = Table(
    "return_findings",
    METADATA,
    *_of_return(),
    *_texts("code", "severity", "message", "fix", "sheet", "cell", "row_table", "field", "value"),
    *_texts("task", nullable=True),
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
    *_texts("period", "unit", "row_table", "row_key", "field", "kind", "typed", "value_type", "before", "before_type"),
    *_texts("value", "before_value", nullable=True),
    *_texts("author", "reason", "file_sha256", "sheet", "cell", "at", "who"),
)
"""The office's own hand (bien-tap.xlsx): the newest row for a cell of a unit's report holds; `withdrawn` ends it."""

closings = Table("closings", METADATA, _id(), *_texts("period", "kind", "json", "at", "who"))
"""Periods frozen by `close`; `json` says what the report contained: returns, edits, versions, hashes."""

amendments = Table(
    "amendments",
    METADATA,
    _id(),
    Column("plan_version", String, ForeignKey("plans.version"), nullable=False),
    *_texts("effective_from", "json", "at", "who"),
)
"""Versions of the plan that `amend` brought in, with their first day and what changed."""

outputs = Table("outputs", METADATA, *_texts("path", "sha256", key=True), *_texts("written_at"))
"""Every content that the program ever meant to write to a path: anything else there is somebody's own work."""

past_periods = Table("past_periods", METADATA, *_texts("period", "mark", key=True), *_texts("json"))
"""What later reports show of a period, made once: follows from everything else here, and may be thrown away. `mark`
says what it was made of; another mark is another row."""

events = Table("events", METADATA, _id(), *_texts("at", "who", "what", "detail"))
"""`detail` is JSON."""

Row = dict[str, Any]
"""One row: column name -> what the driver takes or gave."""
_Record = TypeVar("_Record", bound=attrs.AttrsInstance)
_COLUMNS = {"table": "row_table", "key": "row_key"}
"""Fields whose column has another name: theirs are words of SQL."""
_TYPES = {"value": "value_type", "before_value": "before_type"}
"""Columns of typed values -> the column of their type."""
_MOMENTS = ("at", "received_at", "saved_at")
"""Fields that are moments, stored as ISO 8601; "" for none."""


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
    """The row of a flat record; `typed`: its fields that hold typed values, which take two columns (`_TYPES`)."""
    row: Row = {}
    for name, column in _columns(type(record)):
        content = getattr(record, name)
        if name in typed:
            row[column], row[_TYPES[name]] = pack(content)
        elif isinstance(content, str):
            row[column] = clean(content)
        else:
            row[column] = iso(content) if isinstance(content, dt.datetime) else content
    return row


def record_of(kind: type[_Record], row: Mapping[str, Any], *typed: str) -> _Record:
    """The record of that kind that the row was made from; other columns are passed over."""
    cells = {name: row[column] for name, column in _columns(kind) if column in row}
    moments = {
        name: dt.datetime.fromisoformat(cells[name]) if cells[name] else None for name in cells if name in _MOMENTS
    }
    return kind(**cells | moments | {name: unpack(row[name], row[_TYPES[name]]) for name in typed})


@cache
def _columns(kind: type[attrs.AttrsInstance]) -> tuple[tuple[str, str], ...]:
    """(field, column) of a kind of record."""
    return tuple((item.name, _COLUMNS.get(item.name, item.name)) for item in attrs.fields(kind))
