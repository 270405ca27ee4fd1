"""Runs the rules: one pandera call for each kind of row and schema version, over all returns of a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from nq57xl.checks.rows import Answer, CellKey, Row, rows_of
from nq57xl.forms.frame import frame_of
from nq57xl.records.findings import Finding
from nq57xl.records.returns import Value
from nq57xl.records.schema import Rule, Schema, Table
from nq57xl.rules.catalogue import catalogue, make
from nq57xl.rules.predicates import Predicate, predicates_of

if TYPE_CHECKING:
    import pandas as pd

Failures = dict[str, set[int]]
"""Rule id -> frame index of the rows that break it."""


def check(answers: Sequence[Answer]) -> list[tuple[Finding, ...]]:
    """Findings of the rules for each answer, in the order of the answers.

    Every return is judged by the schema that its form was issued with. A rule that raises is run again return by
    return, so that one return never decides another's verdict.
    """
    found: list[list[Finding]] = [[] for _ in answers]
    for schema, members in _by_schema(answers):
        group = [answers[index] for index in members]
        for table in schema.tables:
            for position, finding in _check_table(table, schema, group):
                found[members[position]].append(finding)
    return [tuple(sorted(items, key=lambda item: _order(item, answers[i]))) for i, items in enumerate(found)]


def _by_schema(answers: Sequence[Answer]) -> Iterator[tuple[Schema, list[int]]]:
    versions: dict[str, list[int]] = defaultdict(list)
    for index, answer in enumerate(answers):
        versions[answer.form.schema.version].append(index)
    for members in versions.values():
        yield answers[members[0]].form.schema, members


def _check_table(table: Table, schema: Schema, answers: Sequence[Answer]) -> Iterator[tuple[int, Finding]]:
    rows = list(rows_of(table, answers))
    predicates = predicates_of(table, schema)
    if not rows or not predicates:
        return
    frame = frame_of([dict(row.cells) for row in rows], table, schema)
    failures, crashed = validate(frame, predicates)
    wrong: set[tuple[int, str]] = set()
    # errors first: a cell that is wrong in itself is not also said to contradict another (one finding per cause)
    for predicate in sorted(predicates, key=lambda item: item.rule.severity != "error"):
        bad = failures.get(predicate.rule.id, set())
        if predicate.rule.id in crashed:
            bad, failed = _one_by_one(predicate, frame, rows)
            yield from ((index, _crash(predicate.rule)) for index in failed)
        for position in sorted(bad):
            row = rows[position]
            cell = (position, predicate.blame(row.cells))
            if _silent(predicate, row) or (predicate.rule.severity != "error" and cell in wrong):
                continue
            wrong.add(cell)
            yield row.index, _told(predicate, row, answers[row.index])


def _silent(predicate: Predicate, row: Row) -> bool:
    """Whether the row does not tell what the rule asks; what is missing beside an unreadable cell is told with it."""
    if predicate.blame(row.cells) in row.unreadable:
        return True
    return bool(predicate.reads() & (row.silent - row.unreadable if predicate.presence else row.silent))


def validate(frame: pd.DataFrame, predicates: Iterable[Predicate]) -> tuple[Failures, set[str]]:
    """One lazy pandera validation: rows that break each rule, and the rules that raised instead of judging.

    pandera reports a frame-level failure once for each column that it touches, and a check that raises with no index
    at all (pitfalls 7); both are folded here. The frame's index must be 0..n-1.
    """
    import pandera.pandas as pa

    checks = [
        pa.Check(lambda data, rule=predicate: ~rule.violated(data), name=predicate.rule.id) for predicate in predicates
    ]
    failures: Failures = defaultdict(set)
    crashed: set[str] = set()
    try:
        pa.DataFrameSchema(_columns(frame), checks=checks, coerce=False).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        for rule_id, position in errors.failure_cases[["check", "index"]].drop_duplicates().itertuples(index=False):
            if position is None or position != position:  # noqa: PLR0124 - pandera writes NaN for "no index"
                crashed.add(str(rule_id))
            else:
                failures[str(rule_id)].add(int(position))
    return failures, crashed


def _columns(frame: pd.DataFrame) -> dict[str, Any]:
    """Types are settled by conversion before this point; the schema pins them so that no rule sees another."""
    import pandera.pandas as pa

    fields = [name for name in frame.columns if not str(name).startswith("#")]
    return {name: pa.Column(frame[name].dtype, nullable=True) for name in fields}


def _one_by_one(predicate: Predicate, frame: pd.DataFrame, rows: Sequence[Row]) -> tuple[set[int], set[int]]:
    """A rule that raised on the whole: rows that break it, and the returns on which it raises."""
    bad: set[int] = set()
    failed: set[int] = set()
    positions: dict[int, list[int]] = defaultdict(list)
    for position, row in enumerate(rows):
        positions[row.index].append(position)
    for index, members in positions.items():
        try:
            mask = predicate.violated(frame.loc[members])
        except Exception:
            failed.add(index)
        else:
            bad |= {int(position) for position in mask.index[mask]}
    return bad, failed


def _crash(rule: Rule) -> Finding:
    return make("CHECK_FAILED", words={"value": rule.id})


def _told(predicate: Predicate, row: Row, answer: Answer) -> Finding:
    """The finding; where the rule cannot even say what is wrong, that: one value never stops a batch."""
    try:
        return _finding(predicate, row, answer)
    except Exception:
        return _crash(predicate.rule)


def _finding(predicate: Predicate, row: Row, answer: Answer) -> Finding:
    rule = predicate.rule
    field = predicate.fields[predicate.blame(row.cells)]
    value = answer.values.get((predicate.table.name, row.key, field.name))
    typed = value.typed if value else ""
    sheet, cell = answer.returned.places.get((predicate.table.name, row.key, field.name), ("", ""))
    words = {"field": field.title, "hint": field.hint, "value": typed, "example": field.example}
    return make(
        rule.code,
        words=words,
        message=predicate.sentence({**row.cells, "typed": typed}) + _elsewhere(value),
        severity=rule.severity,
        sheet=sheet,
        cell=cell,
        table=predicate.table.name,
        task=row.key,
        field=field.name,
        value=typed,
        **({"fix": rule.fix} if rule.fix else {}),
    )


def _elsewhere(value: Value | None) -> str:
    """Names the file that a cell was taken from, where that is not the return's own."""
    if value is None or value.origin is None:
        return ""
    return f" (Ô này lấy từ tệp «{value.origin.name}», trang «{value.sheet}», ô {value.cell}.)"


def _order(finding: Finding, answer: Answer) -> tuple[int, int, int]:
    """As a person works through the form: table, then row, then the order of the catalogue."""
    tables = [table.name for table in answer.form.schema.tables]
    keys: list[CellKey] = list(answer.returned.places)
    here = (finding.table, finding.task or "", finding.field)
    return (
        tables.index(finding.table) if finding.table in tables else -1,
        keys.index(here) if here in answer.returned.places else -1,
        list(catalogue()).index(finding.code),
    )
