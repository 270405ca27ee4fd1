"""Records to rows of the ledger and back, exactly."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from nq57xl.forms.values import ReceivedBasis, Source, Value
from nq57xl.returns.model import Judged, ReturnRecord
from nq57xl.rules.codec import from_json, to_json
from nq57xl.rules.findings import Finding, Verdict
from nq57xl.rules.schema import CellValue
from nq57xl.text.clock import iso

Row = dict[str, Any]
"""One row: column name -> what the driver takes or gave."""


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


def return_row(judged: Judged, period: str, collected_at: dt.datetime, who: str) -> Row:
    """The row of `returns`."""
    source = judged.source
    return {
        "sha256": source.sha256,
        "period": period,
        "path": clean(source.path),
        "name": clean(source.name),
        "received_at": iso(source.received_at),
        "received_basis": source.received_basis,
        "verdict": judged.verdict,
        "unit": judged.unit,
        "form_period": judged.form_period,
        "issue_id": judged.issue_id,
        "collected_at": iso(collected_at),
        "who": clean(who),
        "sender": clean(source.sender),
        "subject": clean(source.subject),
        "saved_at": iso(source.saved_at) if source.saved_at else "",
    }


def value_rows(return_id: int, values: tuple[Value, ...]) -> list[Row]:
    """The rows of `return_values`."""
    rows = []
    for position, item in enumerate(values):
        text, kind = pack(item.value)
        rows.append(
            {
                "return_id": return_id,
                "position": position,
                "row_table": item.table,
                "row_key": clean(item.key),
                "field": item.field,
                "typed": clean(item.typed),
                "value": text,
                "value_type": kind,
                "sheet": clean(item.sheet),
                "cell": item.cell,
                "origin": clean(to_json(item.origin)) if item.origin else None,
            }
        )
    return rows


def finding_rows(return_id: int, findings: tuple[Finding, ...]) -> list[Row]:
    """The rows of `return_findings`."""
    return [
        {
            "return_id": return_id,
            "position": position,
            "code": item.code,
            "severity": item.severity,
            "message": clean(item.message),
            "fix": clean(item.fix),
            "sheet": clean(item.sheet),
            "cell": item.cell,
            "row_table": item.table,
            "task": None if item.task is None else clean(item.task),
            "field": item.field,
            "value": clean(item.value),
        }
        for position, item in enumerate(findings)
    ]


def value_of(row: Row) -> Value:
    """The record of a row of `return_values`."""
    return Value(
        table=row["row_table"],
        key=row["row_key"],
        field=row["field"],
        typed=row["typed"],
        value=unpack(row["value"], row["value_type"]),
        sheet=row["sheet"],
        cell=row["cell"],
        origin=from_json(row["origin"], Source) if row["origin"] else None,
    )


def finding_of(row: Row) -> Finding:
    """The record of a row of `return_findings`."""
    return Finding(
        code=row["code"],
        severity=row["severity"],
        message=row["message"],
        fix=row["fix"],
        sheet=row["sheet"],
        cell=row["cell"],
        table=row["row_table"],
        task=row["task"],
        field=row["field"],
        value=row["value"],
    )


def record_of(row: Row, values: tuple[Value, ...], findings: tuple[Finding, ...]) -> ReturnRecord:
    """The record of a row of `returns` joined with `files.size`."""
    source = Source(
        path=row["path"],
        name=row["name"],
        sha256=row["sha256"],
        size=row["size"],
        received_at=dt.datetime.fromisoformat(row["received_at"]),
        received_basis=cast(ReceivedBasis, row["received_basis"]),
        sender=row["sender"],
        subject=row["subject"],
        saved_at=dt.datetime.fromisoformat(row["saved_at"]) if row["saved_at"] else None,
    )
    judged = Judged(
        source=source,
        verdict=cast(Verdict, row["verdict"]),
        unit=row["unit"],
        form_period=row["form_period"],
        issue_id=row["issue_id"],
        values=values,
        findings=findings,
    )
    collected_at = dt.datetime.fromisoformat(row["collected_at"])
    return ReturnRecord(row["id"], row["period"], judged, collected_at, first_id=row["judged_again"] or 0)
