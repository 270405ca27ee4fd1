"""The ledger's tables as they are now; how they came to be stands in `migrate`.

Times are ISO 8601 text with +07:00. What people decide later (exclusions, corrected times, edits, closed periods) has
tables of its own that point at what was recorded, so that nothing recorded is ever rewritten. Room is left for waivers.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, MetaData, String, Table, UniqueConstraint

METADATA = MetaData()


def _text(name: str) -> Column[str]:
    """A text column that is never NULL."""
    return Column(name, String, nullable=False)


def _number(name: str) -> Column[int]:
    """A whole-number column that is never NULL."""
    return Column(name, Integer, nullable=False)


def _id() -> Column[int]:
    """A row id that grows and is never used again."""
    return Column("id", Integer, primary_key=True, autoincrement=True)


_migrations = Table(
    "migrations",
    METADATA,
    Column("number", Integer, primary_key=True),
    _text("name"),
    _text("applied_at"),
)

plans = Table(
    "plans",
    METADATA,
    Column("version", String, primary_key=True),
    _text("json"),
    _text("recorded_at"),
)

forms = Table(
    "forms",
    METADATA,
    _id(),
    Column("issue_id", String, nullable=False, unique=True),
    Column("short_id", String, nullable=False, unique=True),
    Column("plan_version", String, ForeignKey("plans.version"), nullable=False),
    _text("schema_version"),
    _text("unit"),
    _text("period"),
    _number("version"),
    _text("file"),
    _text("sha256"),
    _text("json"),
    _text("issued_at"),
    Column("cells", LargeBinary),
    UniqueConstraint("period", "unit", "version"),
)

files = Table(
    "files",
    METADATA,
    Column("sha256", String, primary_key=True),
    Column("path", String),
    _text("name"),
    _number("size"),
    _text("first_seen"),
)
"""`path`: in the archive, relative to the workspace; NULL for a file over the limits."""

returns = Table(
    "returns",
    METADATA,
    _id(),
    Column("sha256", String, ForeignKey("files.sha256"), nullable=False),
    _text("period"),
    _text("path"),
    _text("name"),
    _text("received_at"),
    _text("received_basis"),
    _text("verdict"),
    Column("unit", String),
    Column("form_period", String),
    Column("issue_id", String),
    _text("collected_at"),
    _text("who"),
    _text("sender"),
    _text("subject"),
    _text("saved_at"),
    Column("judged_again", Integer, ForeignKey("returns.id")),
)
"""One row for each file, period and judgement; `judged_again`: the first one of the same file for the same period."""

return_values = Table(
    "return_values",
    METADATA,
    Column("return_id", Integer, ForeignKey("returns.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    _text("row_table"),
    _text("row_key"),
    _text("field"),
    _text("typed"),
    Column("value", String),
    _text("value_type"),
    _text("sheet"),
    _text("cell"),
    Column("origin", String),
)
"""The tidy table. `value` is text that `value_type` (text, number, date, none) turns back exactly.

`origin`: JSON of the `Source` that the cell stands in, where that is not the return's own file.
"""

return_findings = Table(
    "return_findings",
    METADATA,
    Column("return_id", Integer, ForeignKey("returns.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    _text("code"),
    _text("severity"),
    _text("message"),
    _text("fix"),
    _text("sheet"),
    _text("cell"),
    _text("row_table"),
    Column("task", String),
    _text("field"),
    _text("value"),
)

decisions = Table(
    "decisions",
    METADATA,
    _id(),
    Column("return_id", Integer, ForeignKey("returns.id"), nullable=False),
    _text("kind"),
    _text("value"),
    _text("reason"),
    _text("at"),
    _text("who"),
)
"""What the office decided on a return, newest last: exclude, readmit, received (`value`: the time put right)."""

edits = Table(
    "edits",
    METADATA,
    _id(),
    _text("period"),
    _text("unit"),
    _text("row_table"),
    _text("row_key"),
    _text("field"),
    _text("kind"),
    _text("typed"),
    Column("value", String),
    _text("value_type"),
    _text("before"),
    _text("author"),
    _text("reason"),
    _text("file_sha256"),
    _text("sheet"),
    _text("cell"),
    _text("at"),
    _text("who"),
    Column("before_value", String),
    _text("before_type"),
)
"""The office's own hand (bien-tap.xlsx): the newest row for a cell of a unit's report holds; `withdrawn` ends it."""

closings = Table(
    "closings",
    METADATA,
    _id(),
    _text("period"),
    _text("kind"),
    _text("json"),
    _text("at"),
    _text("who"),
)
"""Periods frozen by `close`; `json` says what the report contained: returns, edits, versions, hashes."""

amendments = Table(
    "amendments",
    METADATA,
    _id(),
    Column("plan_version", String, ForeignKey("plans.version"), nullable=False),
    _text("effective_from"),
    _text("json"),
    _text("at"),
    _text("who"),
)
"""Versions of the plan that `amend` brought in, with their first day and what changed."""

outputs = Table(
    "outputs",
    METADATA,
    Column("path", String, primary_key=True),
    Column("sha256", String, primary_key=True),
    _text("written_at"),
)
"""Every content that the program ever meant to write to a path: anything else there is somebody's own work."""

events = Table(
    "events",
    METADATA,
    _id(),
    _text("at"),
    _text("who"),
    _text("what"),
    _text("detail"),
)
"""`detail` is JSON."""
