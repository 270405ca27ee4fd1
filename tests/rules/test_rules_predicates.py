"""Each predicate says one thing three ways: which rows break it, an Excel formula, a Vietnamese sentence."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from attrs import frozen

from nq57xl.rules.judge import judge_rows
from nq57xl.rules.load import load_schema
from nq57xl.rules.movement import _PREDICATES, predicates_of
from nq57xl.rules.predicates import Predicate
from nq57xl.rules.rows import KEY, RETURN, blank_formula, words_formula
from nq57xl.rules.schema import Facts, Rule, Schema

FACTS: dict[str, Any] = {
    "#year": 2026,
    "#period_start": "2026-03-15",
    "#period_end": "2026-04-14",
    "#overdue": False,
    "#measure": "percent",
    RETURN: 0,
}


@pytest.fixture(scope="module")
def schema() -> Schema:
    return load_schema()


def rule_of(schema: Schema, table: str, predicate: str, field: str, **when: list[str]) -> Predicate:
    """The one rule of a table with that predicate, field and condition."""
    found = [
        item
        for item in predicates_of(schema.table(table), schema)
        if item.name == predicate and item.rule.field == field and (not when or item.rule.when == when)
    ]
    assert len(found) == 1, [item.rule.id for item in found]
    return found[0]


def typed(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows as forms give them; a field that a row does not name is blank."""
    return [{**FACTS, KEY: str(number), **row} for number, row in enumerate(rows)]


def broken(rule: Predicate, rows: list[dict[str, Any]]) -> list[bool]:
    """Whether each row breaks the rule, by the table's pandera schema."""
    return [rule.rule.id in found for found in judge_rows(rows, rule.table, rule.schema).by_row]


@frozen
class Line:
    """The cells of one row, for formulas: field "percent" stands in cell percent_."""

    facts: Facts

    def ref(self, field: str) -> str:
        return f"{field}_"

    def blank(self, field: str) -> str:
        return blank_formula(self.ref(field))

    def column(self, field: str) -> str:
        return f"{field}_all"


def line(**facts: str | bool) -> Line:
    return Line({"year": 2026, "period_start": "2026-03-15", "period_end": "2026-04-14", **facts})


def test_required_if_looks_at_the_progress(schema: Schema) -> None:
    """Percent is required for in_progress only (contract.md 3.3)."""
    rule = rule_of(schema, "led", "required_if", "percent")
    data = typed(
        {"progress": "in_progress"},
        {"progress": "in_progress", "percent": 0.0},
        {"progress": "done"},
        {},
    )
    assert broken(rule, data) == [True, False, False, False]
    assert rule.formula(line()) == f'AND({words_formula("progress_")}="Đang thực hiện",{blank_formula("percent_")})'
    sentence = rule.sentence({"progress": "in_progress"})
    assert sentence == "Chưa nhập «Tỷ lệ hoàn thành» khi Tiến độ là «Đang thực hiện»."


def test_required_if_accepts_one_whole_alternative(schema: Schema) -> None:
    """Evidence is a number with its date, or a link; half of the first is not enough, and the blank half is named."""
    rule = rule_of(schema, "led", "required_if", "evidence_number")
    rows: list[dict[str, Any]] = [
        {"progress": "done"},
        {"progress": "done", "evidence_number": "12/QĐ"},
        {"progress": "done", "evidence_number": "12/QĐ", "evidence_date": date(2026, 4, 1)},
        {"progress": "done", "evidence_link": "https://example.vn/1"},
    ]
    assert broken(rule, typed(*rows)) == [True, True, False, False]
    assert [rule.blame(row) for row in rows[:2]] == ["evidence_number", "evidence_date"]


def test_cause_is_required_only_where_the_row_is_overdue(schema: Schema) -> None:
    """The fact decides before the sheet is written: no formula where it can never hold."""
    rule = rule_of(schema, "led", "required_if", "cause")
    data = typed(
        {"progress": "not_started", "#overdue": True},
        {"progress": "not_started", "#overdue": False},
        {"progress": "done", "#overdue": True},
    )
    assert broken(rule, data) == [True, False, False]
    assert rule.formula(line(overdue=False)) is None
    assert blank_formula("cause_") in str(rule.formula(line(overdue=True)))
    assert "đã quá hạn" in rule.sentence({"progress": "not_started"})


def test_empty_if_finds_the_contradiction(schema: Schema) -> None:
    """A completion date beside in_progress contradicts it: a warning, not an error (contract.md 3.4)."""
    rule = rule_of(schema, "led", "empty_if", "completion_date")
    data = typed(
        {"progress": "in_progress", "completion_date": date(2026, 4, 1)},
        {"progress": "done", "completion_date": date(2026, 4, 1)},
    )
    assert broken(rule, data) == [True, False]
    assert rule.rule.severity == "warning"


def test_hundred_percent_beside_in_progress(schema: Schema) -> None:
    """100 % beside not done is a contradiction; 99 % is none."""
    rule = rule_of(schema, "led", "between", "percent", progress=["in_progress", "ongoing"])
    data = typed(
        {"progress": "in_progress", "percent": 1.0},
        {"progress": "in_progress", "percent": 0.99},
        {"progress": "done", "percent": 1.0},
    )
    assert broken(rule, data) == [True, False, False]
    assert rule.sentence({"progress": "in_progress", "percent": 1.0}).startswith("«Tỷ lệ hoàn thành» là 100%")


def test_hard_limits_of_a_percent(schema: Schema) -> None:
    """Under 0 and over 100 % are errors; so is text, for the live check."""
    rule = next(
        item
        for item in predicates_of(schema.table("led"), schema)
        if item.rule.field == "percent" and "hard" in item.rule.params
    )
    data = typed({"percent": -0.01}, {"percent": 1.5}, {"percent": 1.0}, {"percent": 0.0}, {})
    assert broken(rule, data) == [True, True, False, False, False]
    assert rule.rule.severity == "error"
    assert rule.formula(line()) == f"IF(ISNUMBER(percent_),OR(percent_<0,percent_>1),NOT({blank_formula('percent_')}))"
    assert rule.sentence({"percent": 1.5}) == "«Tỷ lệ hoàn thành» là 150%; phải từ 0% đến 100%."


def test_limits_of_a_date_follow_the_plans_year(schema: Schema) -> None:
    """A completion date lies from the year before the plan's to its end."""
    rule = rule_of(schema, "led", "between", "completion_date")
    days = [date(2024, 12, 31), date(2025, 1, 1), date(2026, 12, 31), date(2027, 1, 1)]
    data = typed(*[{"completion_date": day} for day in days])
    assert broken(rule, data) == [True, False, False, True]
    assert "DATE(2025,1,1)" in str(rule.formula(line()))
    said = rule.sentence({"completion_date": date(2027, 1, 1), "#year": 2026})
    assert said == "«Ngày hoàn thành» là 01/01/2027; phải từ 01/01/2025 đến 31/12/2026."


def test_date_window_is_the_period(schema: Schema) -> None:
    """A completion date outside 15/3-14/4 is a warning for April (Decree 09/2019/NĐ-CP, Article 12)."""
    rule = rule_of(schema, "led", "date_window", "completion_date")
    days = [date(2026, 3, 14), date(2026, 3, 15), date(2026, 4, 14), date(2026, 4, 15)]
    data = typed(*[{"progress": "done", "completion_date": day} for day in days])
    assert broken(rule, data) == [True, False, False, True]
    assert rule.rule.severity == "warning"


def test_part_of_compares_numerator_and_denominator(schema: Schema) -> None:
    """85/80 is an error; equal is fine; a blank is not 0."""
    rule = rule_of(schema, "indicator", "part_of", "numerator")
    data = typed(
        {"numerator": 85, "denominator": 80},
        {"numerator": 80, "denominator": 80},
        {"numerator": 80},
        {"numerator": 85, "denominator": 80, "#measure": "number"},
    )
    assert broken(rule, data) == [True, False, False, False]
    assert rule.sentence({"numerator": 85.0, "denominator": 80.0}) == "«Tử số» (85) lớn hơn «Mẫu số» (80)."


def test_equals_if_compares_with_the_ratio(schema: Schema) -> None:
    """A percentage that is not numerator over denominator is told; no denominator, or 0, tells nothing."""
    rule = rule_of(schema, "indicator", "equals_if", "value", **{"#measure": ["percent"]})
    data = typed(
        {"value": 0.9, "numerator": 85, "denominator": 100},
        {"value": 0.855, "numerator": 85.4, "denominator": 100},
        {"value": 0.9},
        {"value": 0.9, "numerator": 0, "denominator": 0},
    )
    assert broken(rule, data) == [True, False, False, False]


def test_equals_if_may_ask_for_a_whole_number(schema: Schema) -> None:
    """A count of 1,25 is told: 1.250 typed on a computer with points for decimals."""
    rule = rule_of(schema, "indicator", "equals_if", "numerator")
    assert broken(rule, typed({"numerator": 1.25}, {"numerator": 1250}, {})) == [True, False, False]
    assert rule.sentence({"numerator": 1.25}) == "«Tử số» là 1,25, có phần lẻ: số đếm được phải là số nguyên."


def test_one_of_knows_the_codes_of_the_list(schema: Schema) -> None:
    """The frame holds codes, the sheet holds the words of the list."""
    rule = rule_of(schema, "led", "one_of", "progress")
    data = typed({"progress": "done"}, {"progress": "xong"}, {})
    assert broken(rule, data) == [False, True, False]
    assert '"Chưa phát sinh"' in str(rule.formula(line()))


def test_unique_looks_at_one_return_only(schema: Schema) -> None:
    """The same proposal twice in one return is told; in two returns it is not."""
    rule = rule_of(schema, "proposal", "unique", "title")
    data = typed({"title": "Số hóa"}, {"title": "số hóa"}, {"title": "Số hóa", RETURN: 1}, {})
    assert broken(rule, data) == [True, True, False, False]


def test_the_statement_answers_for_all_supporting_rows(schema: Schema) -> None:
    """With the unit's one statement no row needs a text; without it each does."""
    rule = rule_of(schema, "supporting", "required_if", "contribution")
    data = typed({}, {"statement": "none"}, {"nothing": "none"}, {"contribution": "Đã góp ý"})
    assert broken(rule, data) == [True, False, False, False]


def test_a_free_row_may_stay_blank(schema: Schema) -> None:
    """Only a row that was begun asks for its title, and that is a warning: free rows are optional (contract.md 3.3)."""
    rule = rule_of(schema, "proposal", "required_if", "title")
    data = typed({}, {"reason": "Theo chỉ đạo"}, {"title": "Số hóa"})
    assert broken(rule, data) == [False, True, False]
    assert rule.rule.severity == "warning"


def test_the_set_of_predicates_is_closed() -> None:
    """Twelve predicates, no expression language."""
    assert sorted(_PREDICATES) == [
        "between",
        "date_window",
        "empty_if",
        "equals_if",
        "legible",
        "max_length",
        "moved",
        "one_of",
        "part_of",
        "pattern",
        "required_if",
        "unique",
    ]


def held(predicate: Predicate) -> Any:  # noqa: ANN401 - whatever the field's type is
    """A value of the field's type."""
    return {"date": date(2026, 4, 1), "text": "x", "choice": "done", "mark": "none"}.get(predicate.field.type, 0.5)


def test_every_rule_speaks(schema: Schema) -> None:
    """Every rule of every table has a short text, a sentence and a formula, and reads only fields that exist."""
    for table in schema.tables:
        for predicate in predicates_of(table, schema):
            assert predicate.short()
            assert predicate.reads() <= set(predicate.fields)
            row = {**FACTS, "progress": "done", predicate.rule.field: held(predicate)}
            assert predicate.sentence(row).strip().endswith(".")
            predicate.formula(line(overdue=True, measure="percent"))


def test_a_rule_about_an_unknown_field_is_refused() -> None:
    """A slip in a schema file is named when the files are loaded, not when a return is checked."""
    with pytest.raises(KeyError):
        schema = load_schema()
        _PREDICATES["empty_if"](
            Rule("x", "empty_if", "no_such_field", "CONTRADICTION", "warning"), schema.table("led"), schema
        )
