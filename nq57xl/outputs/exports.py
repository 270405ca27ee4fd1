"""du-lieu.csv, .json, .parquet: every counting cell and every computed standing, in one long table of stable codes."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import PurePath
from typing import Any, Literal

import attrs
from attrs import frozen

from nq57xl.results.model import Consolidation, TracedCell
from nq57xl.rules.codec import content_hash, json_fields
from nq57xl.rules.schema import CellValue

Format = Literal["csv", "json", "parquet"]
_FORMAT_VERSION = 1
"""Grows when a column or key changes its meaning; new ones may be added within a version."""
_Origin = Literal["return", "earlier", "office", "computed"]
_Type = Literal["text", "choice", "percent", "number", "date", "flag", "none"]
_Fact = tuple[str, _Type, CellValue | bool]
"""Field, type and value of something computed; None: not known."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet program takes a text that begins so for a formula."""


@frozen
class _ExportRow:
    """One line of the table: a typed cell, or something computed of a row or an indicator."""

    plan: str
    period: str
    unit: str
    """Code; of a computed line of a whole row the unit that decides, "" where none does."""
    table: str
    """"led", "supporting", "indicator" ...; computed: "standing" (rows), "indicator_result"."""
    row: str
    """Task or indicator code; of free rows the unit's own row key."""
    field: str
    type: _Type
    """`percent`: a fraction; `none`: something was typed that has no value."""
    value: CellValue | bool
    typed: str = ""
    origin: _Origin = "computed"
    """`return`: the unit's counting return; `earlier`: a return of an earlier period; `office`: bien-tap.xlsx."""
    file: str = ""
    """As it lies in the workspace, else its name alone: folders of the office's machine stay there."""
    sha256: str = ""
    sheet: str = ""
    cell: str = ""
    received_at: str = ""
    received_basis: str = ""


_COLUMNS: tuple[str, ...] = tuple(item.name for item in attrs.fields(_ExportRow))


def _facts(c: Consolidation, *, contacts: bool = False) -> Iterator[_ExportRow]:
    """Every line, in the order of "Nguồn số liệu", then the standings; contacts only where asked for."""
    edited = {item.edit.source.sha256 for item in c.edits}
    carried = {(unit.status.code, item.source.sha256) for unit in c.units for item in unit.status.carried}

    for item in c.traced:
        value, source = item.value, item.source
        origin: _Origin = "earlier" if (item.unit, source.sha256) in carried else "return"
        if contacts or not item.contact:
            yield _ExportRow(
                plan=c.plan.properties.id,
                period=c.period.code,
                unit=item.unit,
                table=value.table,
                row=value.key,
                field=value.field,
                type=_type(item, c),
                value=value.value.date() if isinstance(value.value, dt.datetime) else value.value,
                typed=value.typed,
                origin="office" if source.sha256 in edited else origin,
                file=source.name if PurePath(source.path).is_absolute() else source.path,
                sha256=source.sha256,
                sheet=value.sheet,
                cell=value.cell,
                received_at=source.received_at.isoformat(timespec="seconds"),
                received_basis=source.received_basis,
            )
    yield from _computed_rows(c)


def can_write(kind: Format) -> bool:
    """Whether this installation has what the format needs: Parquet needs pyarrow, an extra of its own (87 MB)."""
    return kind != "parquet" or find_spec("pyarrow") is not None


def export_bytes(c: Consolidation, kind: Format, *, contacts: bool = False) -> bytes:
    """The file of that format. The same consolidation gives the same bytes."""
    lines = tuple(_facts(c, contacts=contacts))
    if kind == "json":
        return _json(c, lines)
    return _csv(lines) if kind == "csv" else _parquet(lines)


def _type(item: TracedCell, c: Consolidation) -> _Type:
    value = item.value.value
    if value is None:
        return "none"
    if isinstance(value, dt.date):
        return "date"
    field = c.schema.find(item.value.table, item.value.field)
    if isinstance(value, str):
        return "choice" if field is not None and field.choices else "text"
    measured = field is not None and field.type == "measure" and item.value.key in c.percents
    return "percent" if measured or (field is not None and field.type == "percent") else "number"


def _computed_rows(c: Consolidation) -> Iterator[_ExportRow]:
    """What is computed of rows, and of indicators for each unit that follows them."""
    for row in c.tasks:
        standing, timeliness = row.standing, row.standing.timeliness
        facts: tuple[_Fact, ...] = (
            ("state", "choice", standing.state),
            ("progress", "choice", standing.progress),
            ("timeliness", "choice", timeliness.code if timeliness else None),
            ("days", "number", timeliness.days if timeliness else None),
            ("percent", "percent", row.percent),
            ("due", "date", row.task.due),
        )
        yield from _known(c, standing.decided_by, "standing", row.task.code, facts)
    for indicator in c.indicators:
        kind = indicator.measure
        for entry in indicator.entries:
            facts = (
                ("state", "choice", entry.state),
                ("result", "choice" if isinstance(entry.result, str) else kind, entry.result),
                ("gap", kind, entry.gap),
                ("reached", "flag", entry.reached),
            )
            yield from _known(c, entry.unit, "indicator_result", indicator.indicator.code, facts)


def _known(c: Consolidation, unit: str, table: str, row: str, facts: tuple[_Fact, ...]) -> Iterator[_ExportRow]:
    """A line for each; what is not known has none."""
    for field, kind, value in facts:
        if value is not None:
            yield _ExportRow(c.plan.properties.id, c.period.code, unit, table, row, field, kind, value)


def _csv(lines: tuple[_ExportRow, ...]) -> bytes:
    """For Excel: UTF-8 with its mark; a text that begins like a formula has an apostrophe before it."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(_COLUMNS)
    for line in lines:
        texts = ((name, _exact(getattr(line, name))) for name in _COLUMNS)
        exact = {"value"} if _is_number(line.value) else set()
        writer.writerow(f"'{text}" if text.startswith(_FORMULA) and name not in exact else text for name, text in texts)
    return written.getvalue().encode("utf-8-sig", "replace")


def _is_number(value: CellValue | bool) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _exact(value: CellValue | bool) -> str:
    """Numbers with every digit and a decimal point, days as 2026-04-17, nothing for a blank."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else str(value)


def _json(c: Consolidation, lines: tuple[_ExportRow, ...]) -> bytes:
    """One document that keeps to schemas/du-lieu.schema.json."""
    own = c.plan.properties
    document = {
        "format": "nq57xl",
        "version": _FORMAT_VERSION,
        "plan": json_fields(own, "id title")
        | {"agency": c.letterhead[1], "year": own.year, "version": content_hash(c.plan)},
        "period": json_fields(c.period, "code title start cutoff due report_due"),
        "complete": not c.missing,
        "units": [
            json_fields(unit, "code name state")
            | {"reported": unit.counting is not None}
            | json_fields(unit, "received_at on_time days_late")
            for unit in (item.status for item in c.units)
        ],
        "facts": [_line(line) for line in lines],
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    return f"{text}\n".encode("utf-8", "replace")


def _line(line: _ExportRow) -> dict[str, Any]:
    """Without plan and period, which stand once above; a computed line has no source."""
    kept = {name: getattr(line, name) for name in _COLUMNS[2:]}
    if isinstance(line.value, dt.date):
        kept["value"] = line.value.isoformat()
    if line.origin == "computed":
        return {name: kept[name] for name in ("unit", "table", "row", "field", "type", "value", "origin")}
    return kept


def _parquet(lines: tuple[_ExportRow, ...]) -> bytes:
    """The table with the value three ways: as text, as number, as day."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = [name for name in _COLUMNS if name != "value"]
    columns: dict[str, pa.Array] = {
        name: pa.array([_storable(getattr(line, name)) for line in lines], pa.string()) for name in texts
    }
    values = [line.value for line in lines]
    texts_of = [None if value is None else _storable(_exact(value)) for value in values]
    columns["value"] = pa.array(texts_of, pa.string())
    columns["number"] = pa.array([value if _is_number(value) else None for value in values], pa.float64())
    columns["day"] = pa.array([value if isinstance(value, dt.date) else None for value in values], pa.date32())
    written = io.BytesIO()
    pq.write_table(pa.table(columns), written, compression="zstd")
    return written.getvalue()


def _storable(text: str) -> str:
    """Without lone surrogates, which UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
