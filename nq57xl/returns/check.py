"""Checks of returns: the file as a whole; the rules, in one pandera call for each kind of row of a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from nq57xl.forms import frame
from nq57xl.forms.frame import frame_of
from nq57xl.forms.model import Form
from nq57xl.forms.values import Source, Value
from nq57xl.forms.wording import FORM_FILE
from nq57xl.returns.model import Return
from nq57xl.rules.condition import fields_of
from nq57xl.rules.findings import Finding, catalogue, make
from nq57xl.rules.predicates import Predicate, predicates_of
from nq57xl.rules.schema import Rule, Schema, Table

if TYPE_CHECKING:
    import pandas as pd


def _wrong_period(source: Source, form: Form, period: str, current: Form | None) -> Iterator[Finding]:
    """The form belongs to another period than the one that is being collected."""
    if form.period.code != period:
        yield make("WRONG_PERIOD", words={"form_period": form.period.code, "period": period})


def _name_of_other_unit(source: Source, form: Form, period: str, current: Form | None) -> Iterator[Finding]:
    """The file is named like another unit's form."""
    match = FORM_FILE.search(source.name)
    if match and match[1].upper() != form.unit.upper():
        yield make("NAME_OTHER_UNIT", words={"value": match[1], "unit": form.unit_name}, value=source.name)


def _older_version(source: Source, form: Form, period: str, current: Form | None) -> Iterator[Finding]:
    """A newer version of this form has been issued since."""
    if current is not None and current.period.code == form.period.code and current.version > form.version:
        yield make("OLDER_VERSION", words={"version": form.version})


_FILE_CHECKS: tuple[Callable[[Source, Form, str, Form | None], Iterator[Finding]], ...] = (
    _wrong_period,
    _name_of_other_unit,
    _older_version,
)


def check_file(source: Source, form: Form, period: str, current: Form | None) -> tuple[Finding, ...]:
    """All findings about the file; `current` is the newest form issued to the same unit for the period."""
    return tuple(finding for check in _FILE_CHECKS for finding in check(source, form, period, current))


CellKey = tuple[str, str, str]
"""(table, row key, field)."""

GONE = ("SHEET_MISSING", "ROW_MISSING", "COLUMN_MISSING")
"""Findings that tell the cause of every blank cell that follows from them."""


@frozen
class Answer:
    """One return beside the form that it answers."""

    returned: Return
    form: Form

    @property
    def values(self) -> dict[CellKey, Value]:
        """Typed cells by their key."""
        return {(value.table, value.key, value.field): value for value in self.returned.values}

    @property
    def unreadable(self) -> set[CellKey]:
        """Cells in which something was typed that is no value."""
        return {key for key, item in self.values.items() if item.value is None and item.typed.strip()}

    @property
    def told(self) -> set[CellKey]:
        """Cells that already have an error of their own, or lost their row, column or sheet: no rule speaks again."""
        errors = [item for item in self.returned.findings if item.severity == "error"]
        gone = [item for item in errors if item.code in GONE]
        return {(item.table, item.task or "", item.field) for item in errors if item.field} | {
            place
            for place, (sheet, _) in self.returned.places.items()
            if any(
                item.sheet == sheet and item.task in (None, place[1]) and item.field in ("", place[2]) for item in gone
            )
        }


@frozen
class Row:
    """One row of one return, as rules see it."""

    index: int
    """Position of the answer in the run."""
    key: str
    cells: Mapping[str, Any]
    """Fields by name, facts by "#name"; what frame_of takes."""
    silent: frozenset[str]
    """Fields that no rule may speak about: unreadable, or without a place in the file sent."""
    unreadable: frozenset[str]
    """Those of them that hold something: filled for rules that ask no more (frame.UNREADABLE stands in `cells`)."""


def rows_of(table: Table, answers: Sequence[Answer]) -> Iterator[Row]:
    """Every row of that table in every answer; rows that are missing in the file, or locked, are left out."""
    names = {item.name for item in table.fields}
    for index, answer in enumerate(answers):
        unreadable = answer.unreadable
        fields = fields_of(table, answer.form.schema)
        placed: dict[str, set[str]] = defaultdict(set)
        for place_table, key, field in answer.returned.places:
            if place_table == table.name:
                placed[key].add(field)
        told = answer.told
        for cells in frame.rows_of(answer.form, table.name, answer.returned.values, index):
            key = str(cells["#key"])
            silent = {name for name in names if name not in placed[key] or (table.name, key, name) in told}
            if silent == names:
                continue
            wrong = {
                name
                for name in fields
                if {(table.name, key, name), (table.broadcast, table.broadcast, name)} & unreadable
            }
            marks = {name: frame.UNREADABLE.get(fields[name].type, 0.0) for name in wrong}
            yield Row(index, key, {**cells, **marks}, frozenset(silent), frozenset(wrong))


_Failures = dict[str, set[int]]
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


def validate(frame: pd.DataFrame, predicates: Iterable[Predicate]) -> tuple[_Failures, set[str]]:
    """One lazy pandera validation: rows that break each rule, and the rules that raised instead of judging.

    pandera reports a frame-level failure once for each column that it touches, and a check that raises with no index
    at all (pitfalls 7); both are folded here. The frame's index must be 0..n-1.
    """
    import pandera.pandas as pa

    checks = [
        pa.Check(lambda data, rule=predicate: ~rule.violated(data), name=predicate.rule.id) for predicate in predicates
    ]
    failures: _Failures = defaultdict(set)
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
