"""The pandera schema of a table judges: a constraint taken away takes its findings with it; nothing else finds them."""

from __future__ import annotations

import copy
from collections import Counter
from datetime import date
from functools import cache
from typing import Any

import attrs
import pandera.pandas as pa
import pytest
from attrs import frozen
from click.testing import CliRunner

from nq57xl.cli import cli
from nq57xl.forms.model import Form
from nq57xl.returns.check import check
from nq57xl.returns.model import Return
from nq57xl.rules import judge
from nq57xl.rules.judge import _frame, _table_schema, _TableSchema
from nq57xl.rules.load import load_schema
from nq57xl.rules.rows import KEY, RowKind
from nq57xl.rules.schema import CellValue, Rule, Schema, Table
from tests.returns.test_checks_run import FINE, answer
from tests.samples import sample_form

Cells = dict[tuple[str, str, str], CellValue]


def row(table: str, key: str, **cells: CellValue) -> Cells:
    """Cells of one row."""
    return {(table, key, field): value for field, value in cells.items()}


def led(**cells: CellValue) -> Cells:
    """Cells of a led row."""
    return row("led", "I.1", **cells)


def done(day: date = date(2026, 4, 2), percent: float = 1.0) -> Cells:
    """A row that is done and evidenced."""
    return led(progress="done", percent=percent, completion_date=day, evidence_link="https://sxd.dongnai.gov.vn/1")


def share(part: float, whole: float = 5.0, **cells: CellValue) -> Cells:
    """An indicator measured in percent, with its numerator and denominator."""
    return row("indicator", "CT.I.1", no_data=None, numerator=part, denominator=whole, **cells)


TWICE = row("proposal", "01", title="Số hóa") | row("proposal", "02", title="số hóa")


@frozen
class Constraint:
    """One kind of constraint with cells that break it."""

    kind: str
    """Name of pandera's check, or "nullable", "unique"."""
    cells: Cells
    code: str
    field: str


CONSTRAINTS = (
    Constraint("nullable", row("signoff", "signoff", prepared_by=None), "REQUIRED_BLANK", "prepared_by"),
    Constraint("required_if", led(progress=None), "REQUIRED_BLANK", "progress"),
    Constraint("isin", led(progress="xong"), "NOT_IN_LIST", "progress"),
    Constraint("in_range", led(percent=1.5), "OUT_OF_RANGE", "percent"),
    Constraint("in_range", done(date(2030, 1, 1)), "OUT_OF_RANGE", "completion_date"),
    Constraint("greater_than_or_equal_to", share(-1.0), "OUT_OF_RANGE", "numerator"),
    Constraint("str_length", led(result="a" * 2001), "TEXT_TOO_LONG", "result"),
    Constraint("str_matches", row("signoff", "signoff", email="lan ở phòng"), "TEXT_FORM", "email"),
    Constraint("unique", TWICE, "DUPLICATE_ENTRY", "title"),
    Constraint("required_if", led(result=None), "REQUIRED_BLANK", "result"),
    Constraint("empty_if", led(completion_date=date(2026, 4, 1)), "CONTRADICTION", "completion_date"),
    Constraint("equals_if", done(percent=0.9), "CONTRADICTION", "percent"),
    Constraint("column_if", led(percent=1.0), "CONTRADICTION", "percent"),
    Constraint("within_period_if", done(date(2026, 3, 1)), "DATE_OUTSIDE_PERIOD", "completion_date"),
    Constraint("part_of_if", share(9.0), "PART_OVER_WHOLE", "numerator"),
    Constraint("equals_ratio_if", share(4.0, value=0.5), "RATIO_MISMATCH", "value"),
    Constraint("whole_if", share(1.5), "NUMBER_FRACTIONAL", "numerator"),
    Constraint("moved_if", led(percent=0.3), "PERCENT_FALLS", "percent"),
)


EMAIL = Rule("e", "pattern", "email", "TEXT_FORM", "warning", params={"pattern": r"[^@\s]+@[^@\s]+"}, live=False)


def form() -> Form:
    """A form whose office wants an address of mail to look like one, which the packaged rules do not; and in which the
    unit said 40 % of a row before."""
    plain = sample_form()
    said = [
        attrs.evolve(row, facts={**row.facts, "before_percent": 0.4}) if row.key == "I.1" else row
        for row in plain.tables[0].rows
    ]
    tables = tuple(
        attrs.evolve(item, rules=(*item.rules, EMAIL)) if item.name == "signoff" else item
        for item in plain.schema.tables
    )
    schema = attrs.evolve(plain.schema, version="own", tables=tables)
    return attrs.evolve(
        plain, schema=schema, tables=(attrs.evolve(plain.tables[0], rows=tuple(said)), *plain.tables[1:])
    )


def found(back: Return) -> set[tuple[str, str]]:
    """(code, field) of every finding."""
    return {(item.code, item.field) for item in check([back])[0]}


def without(kind: str, built: pa.DataFrameSchema) -> pa.DataFrameSchema:
    """The schema without its constraints of one kind."""
    built = copy.deepcopy(built)
    for column in built.columns.values():
        column.checks = [item for item in column.checks if item.name != kind]
        column.nullable = column.nullable or kind == "nullable"
        column.unique = column.unique and kind != "unique"
    built.checks = [item for item in built.checks if item.name != kind]
    return built


@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=lambda item: f"{item.kind}-{item.field}")
def test_a_constraint_taken_away_takes_its_findings(constraint: Constraint, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind of constraint in turn: with it the cell is told, without it not, and the others stay."""
    back = answer({**FINE, **constraint.cells}, form())
    before = found(back)
    assert (constraint.code, constraint.field) in before

    def loosened(table: Table, schema: Schema, kind: RowKind) -> _TableSchema:
        typed = _table_schema(table, schema, kind)
        if table.name not in {name for name, _, _ in constraint.cells}:
            return typed
        return attrs.evolve(typed, pandera=without(constraint.kind, typed.pandera))

    monkeypatch.setattr(judge, "_table_schema", loosened)
    after = found(back)
    assert (constraint.code, constraint.field) not in after
    assert after >= before - {(constraint.code, constraint.field)}


def test_nothing_is_found_beside_pandera(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a validation that lets everything pass, a return full of mistakes has no finding of the rules."""
    back = answer({**FINE, **{key: value for one in CONSTRAINTS for key, value in one.cells.items()}}, form())
    assert len(found(back)) >= 5
    monkeypatch.setattr(pa.DataFrameSchema, "validate", lambda self, frame, **options: frame)
    monkeypatch.setattr(judge, "_table_schema", cache(judge._table_schema.__wrapped__))
    assert found(back) == set()


def test_a_column_of_another_type_is_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where frame and schema disagree about a type, the return is not accepted: its check has failed."""

    def mistyped(table: Table, schema: Schema, kind: RowKind) -> _TableSchema:
        typed = _table_schema(table, schema, kind)
        if table.name != "led":
            return typed
        return attrs.evolve(typed, pandera=typed.pandera.update_column("percent", dtype="datetime64[s]"))

    monkeypatch.setattr(judge, "_table_schema", mistyped)
    (finding,) = check([answer(FINE)])[0]
    assert (finding.code, finding.severity) == ("CHECK_FAILED", "error")


def test_one_validation_for_each_kind_of_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run costs at most one lazy validation for each table, measure and version of the rules."""
    calls: Counter[Any] = Counter()
    real = pa.DataFrameSchema.validate

    def counted(self: pa.DataFrameSchema, frame: Any, **options: Any) -> Any:  # noqa: ANN401 - pandera's own
        assert options == {"lazy": True}
        calls[self.name, len(frame)] += 1
        return real(self, frame, **options)

    monkeypatch.setattr(pa.DataFrameSchema, "validate", counted)
    monkeypatch.setattr(judge, "_table_schema", cache(judge._table_schema.__wrapped__))
    issued = sample_form()
    newer = attrs.evolve(issued, schema=attrs.evolve(issued.schema, version="newer"))
    check([answer(FINE), answer({}), answer(FINE), answer(FINE, newer)])
    names = Counter(name for name, _ in calls.elements())
    measures = {row.facts["measure"] for row in issued.table("indicator").rows}  # type: ignore[union-attr]
    assert names.pop("indicator") == 2 * len(measures)
    assert max(names.values()) == 2  # what is known of a row is not asked again


def test_columns_have_the_types_lists_and_limits_of_the_files() -> None:
    """Type, nullability, list, limits, length of a column are pandera's own; an indicator's value has one type each."""
    schema = load_schema()
    led = _table_schema(schema.table("led"), schema, RowKind(2026)).pandera
    checks = {name: {item.name: item.statistics for item in column.checks} for name, column in led.columns.items()}
    signoff = _table_schema(schema.table("signoff"), schema, RowKind(2026)).pandera
    assert not signoff.columns["prepared_by"].nullable
    assert led.columns["percent"].nullable
    assert checks["progress"]["isin"]["allowed_values"] == [item.code for item in schema.lists["progress"]]
    assert checks["percent"]["in_range"]["max_value"] == 1
    assert checks["completion_date"]["in_range"]["min_value"] == "2025-01-01"
    assert checks["evidence_number"]["str_length"]["max_value"] == 1000
    kinds = {
        measure: str(
            _table_schema(schema.table("indicator"), schema, RowKind(2026, measure)).pandera.columns["value"].dtype
        )
        for measure in ("percent", "number", "choice")
    }
    assert kinds["percent"] == kinds["number"] == "float64"
    assert kinds["choice"].startswith("str")


def failures(schema: pa.DataFrameSchema, frame: Any) -> set[tuple[Any, ...]]:  # noqa: ANN401 - a data frame
    """(check, row) of every failure case."""
    with pytest.raises(pa.errors.SchemaErrors) as caught:
        schema.validate(frame, lazy=True)
    return set(caught.value.failure_cases[["check", "index"]].itertuples(index=False, name=None))


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_another_program_can_use_the_printed_schema(form: str) -> None:
    """`nq57xl schema led`: what it prints is read again by pandera and fails the same rows for the same rules."""
    run = CliRunner().invoke(cli, ["schema", "led", "--year", "2026", f"--{form}"])
    assert run.exit_code == 0
    assert "Tiến độ" in run.stdout
    read = pa.DataFrameSchema.from_yaml(run.stdout) if form == "yaml" else pa.DataFrameSchema.from_json(run.stdout)
    schema = load_schema()
    own = _table_schema(schema.table("led"), schema, RowKind(2026))
    days = {"#period_start": "2026-03-15", "#period_end": "2026-04-14", "#overdue": True}
    rows = [
        {KEY: "1", **days, "progress": "xong", "percent": 1.5},
        {KEY: "2", **days, "progress": "done", "completion_date": date(2030, 1, 1)},
        {KEY: "3", **days, "progress": "in_progress", "percent": 1.0, "result": "a" * 2001},
        {KEY: "4", **days},
    ]
    frame = _frame(rows, schema.table("led"), schema, RowKind(2026), own.derived)
    assert failures(read, frame) == failures(own.pandera, frame)
    assert len(failures(read, frame)) > 8


def test_the_schema_is_printed_for_people() -> None:
    """Fields with type, what is required and each rule with its code; an unknown table is wrong usage."""
    run = CliRunner().invoke(cli, ["schema", "indicator", "--measure", "choice"])
    assert run.exit_code == 0
    for word in ("Kết quả đạt được", "chọn trong danh sách", "REQUIRED_BLANK", "NOT_IN_LIST"):
        assert word in run.stdout
    assert "PART_OVER_WHOLE" not in run.stdout
    assert CliRunner().invoke(cli, ["schema", "khong-co"]).exit_code == 2
