"""Loads schemas/*.yml: one Schema, the scoring of quality, the report's vocabularies, the "rõ" of plans.

A workspace may override single files.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, get_args

import attrs
import cattrs
from attrs import field, frozen

from nq57xl.errors import Nq57Error
from nq57xl.resources import find, read_schema
from nq57xl.rules.codec import CONVERTER, content_hash
from nq57xl.rules.findings import Severity, catalogue
from nq57xl.rules.movement import predicates_of
from nq57xl.rules.rows import RowKind, fields_of
from nq57xl.rules.schema import BLANK, FILLED, Choice, Field, Rule, Schema, SheetSpec, Table, date_limit
from nq57xl.text.legacy import fold

_T = TypeVar("_T")
_TABLE_FILES = (
    *("led", "reopen", "unchanged", "supporting", "statement", "indicator", "no_data_rest"),
    *("proposal", "difficulty", "signoff", "received"),
)
_SHEETS = "sheets.yml"
_RULE_KEYS = {"id", "predicate", "field", "code", "severity", "when", "message", "fix", "live"}
_DEFAULT_CODES = {
    "required_if": "REQUIRED_BLANK",
    "between": "OUT_OF_RANGE",
    "one_of": "NOT_IN_LIST",
    "part_of": "PART_OVER_WHOLE",
    "max_length": "TEXT_TOO_LONG",
    "pattern": "TEXT_FORM",
    "legible": "VALUE_UNREADABLE",
}


_NUMBER: dict[str, Any] = {"min": -1e15}
_WIDEST = {"date": {"min": "2000-01-01", "max": "2099-12-31"}}
"""Limits of a field that states none, as the cell's validation has them (forms.validation)."""
_EXPLAINED = {"explained": True, "severity": "note", "code": "MOVEMENT_EXPLAINED", "live": False, "fix": "", "id": ""}
"""Of the rule beside one of movement that finds the same rows once they are explained, to tell how."""
_LONGEST = 250
"""Letters of what a live check says or looks for: Excel opens no workbook with a longer text in a formula (255)."""
_TOO_LONG = {"severity": "warning", "live": False}
"""A text that was pasted: the validation of the cell stops one that is typed."""


def load_schema(workspace: Path | None = None) -> Schema:
    """All fields, rules and sheets. Raises Nq57Error naming the file when one of them is wrong.

    Files with the same content give the same object: it is what compiled rules are kept by.
    """
    paths = [find("schemas", name, workspace) for name in ("lists.yml", *map("{}.yml".format, _TABLE_FILES), _SHEETS)]
    own = any(path != find("schemas", path.name) for path in paths)
    return _loaded(workspace if own else None, tuple(path.read_bytes() for path in paths))


@lru_cache(maxsize=8)
def _loaded(workspace: Path | None, _content: tuple[bytes, ...]) -> Schema:
    try:
        lists = {
            name: tuple(Choice(str(code), str(title)) for code, title in items.items())
            for name, items in read_schema("lists.yml", workspace).items()
        }
        if long := [one.title for items in lists.values() for one in items if len(one.title) > _LONGEST]:
            raise ValueError(f"over {_LONGEST} letters: {long[0]}")
    except (AttributeError, ValueError) as error:
        raise Nq57Error(f"Tệp schemas/lists.yml sai: {error}") from error
    tables = tuple(_table(f"{name}.yml", workspace, lists) for name in _TABLE_FILES)
    sheets = tuple(_sheet(item) for item in read_schema(_SHEETS, workspace))
    schema = Schema(content_hash([lists, tables, sheets]), lists, tables, sheets)
    for table in tables:
        try:
            _check_rules(table, schema)
        except (LookupError, TypeError, ValueError, AttributeError, re.error) as error:
            raise Nq57Error(f"Tệp schemas/{table.name}.yml sai: {error}") from error
    return schema


def _check_rules(table: Table, schema: Schema) -> None:
    """Raises where a rule or a condition names what there is not: else a form or a return would be the first to see."""
    words = dict.fromkeys(("field", "value", "when", "example"), "")
    for predicate in predicates_of(table, schema):
        predicate.check(RowKind(2026))
        if predicate.rule.live and len(said := predicate.short()) > _LONGEST:
            raise ValueError(f"over {_LONGEST} letters: {said}")
        predicate.rule.message.format(**words)
        if unknown := predicate.reads() - predicate.fields.keys():
            raise ValueError(f"unknown field {sorted(unknown)}")
    known = {*fields_of(table, schema), "*"}
    for when in [*(rule.when for rule in table.rules), *(item.when for item in table.needless)]:
        for name, wanted in when.items():
            fact = name.startswith("#")
            if not (name in known or fact) or not (
                isinstance(wanted, list) or (wanted in (FILLED, BLANK) and not fact)
            ):
                raise ValueError(f"when: {name}: {wanted}")


def _table(name: str, workspace: Path | None, lists: dict[str, tuple[Choice, ...]]) -> Table:
    raw = read_schema(name, workspace)
    try:
        stated: list[dict[str, Any]] = []
        for rule in raw["rules"]:
            stated += [rule, {**rule, **_EXPLAINED}] if rule["predicate"] == "moved" else [rule]
        known = {item.name: raw[item.name] for item in attrs.fields(Table) if item.name in raw}
        table = CONVERTER.structure({**known, "rules": ()}, Table)
        _check_fields(table.fields, lists)
        implied = [rule for item in table.fields for rule in _implied(item)]
        rules = tuple(_rule(one, table.name) for one in (*stated, *implied))
        named = {rule.field for rule in rules} | {name for item in table.needless for name in item.fields}
        if unknown := named - {item.name for item in table.fields}:
            raise ValueError(f"unknown field {sorted(unknown)}")
        return attrs.evolve(table, rules=rules)
    except (cattrs.BaseValidationError, LookupError, AttributeError, TypeError, ValueError) as error:
        raise Nq57Error(f"Tệp schemas/{name} sai: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """What is wrong, and where in the file."""
    return "; ".join(cattrs.transform_error(error)) if isinstance(error, cattrs.BaseValidationError) else str(error)


def _check_fields(fields: tuple[Field, ...], lists: dict[str, tuple[Choice, ...]]) -> None:
    hosts = {item.name for item in fields if item.type == "text" and not item.within}
    for item in fields:
        if item.within and (item.within not in hosts or item.type not in ("date", "text")):
            raise ValueError(f"{item.name}: cannot stand in the cell of {item.within!r}")
        if item.type in ("choice", "mark") and item.choices not in lists:
            raise ValueError(f"{item.name}: unknown list {item.choices!r}")
        if item.type == "date":
            for limit in (item.min, item.max):
                if limit is not None:
                    date_limit(str(limit), 2026)


def _rule(raw: dict[str, Any], table: str) -> Rule:
    given = {key: value for key, value in raw.items() if key in _RULE_KEYS}
    params = {key: value for key, value in raw.items() if key not in _RULE_KEYS}
    predicate, named = raw["predicate"], [raw.get("when", {}), params]
    if not isinstance(named[0], dict):
        raise ValueError(f"when: {named[0]}")
    if (severity := raw.get("severity", "error")) not in get_args(Severity):
        raise ValueError(f"severity: {severity}")
    tail = hashlib.sha256(json.dumps(named, sort_keys=True, default=str).encode()).hexdigest()[:6]
    given["id"] = raw.get("id") or f"{table}.{raw['field']}.{predicate}.{tail}"
    given["code"] = raw.get("code") or _DEFAULT_CODES[predicate]
    if given["code"] not in catalogue():
        raise ValueError(f"code: {given['code']}")
    return Rule(**{**given, "severity": severity, "params": params})


def _implied(item: Field) -> list[dict[str, Any]]:
    """The rules that a field's own type and limits imply."""
    chosen: dict[str, Any] = {"predicate": "one_of", "field": item.name}
    if item.type in ("choice", "mark"):
        return [chosen]
    if item.type == "text":
        return [{"predicate": "max_length", "field": item.name, "max": item.max_length, **_TOO_LONG}]
    given = {key: value for key, value in (("min", item.min), ("max", item.max)) if value is not None}
    limits = {**_WIDEST.get(item.type, _NUMBER), **given}
    between = {"predicate": "between", "field": item.name, "hard": True, **limits}
    if item.type == "measure":
        return [
            {**between, "max": 1, "when": {"#measure": ["percent"]}},
            {**between, "when": {"#measure": ["number"]}},
            {**chosen, "when": {"#measure": ["choice"]}},
        ]
    # no formula reads a day in the middle of a text
    return [{**between, "live": False} if item.within else between]


def _sheet(raw: dict[str, Any]) -> SheetSpec:
    try:
        return CONVERTER.structure({"layout": "table", **raw}, SheetSpec)
    except (cattrs.BaseValidationError, KeyError, TypeError) as error:
        sheet = raw.get("id") if isinstance(raw, dict) else raw
        raise Nq57Error(f"Tệp schemas/sheets.yml sai ở trang «{sheet}»: {_reason(error)}") from error


@frozen
class _QualityRule:
    """One thing that is measured, as a share from 0 to 100 %."""

    code: str
    """Name of the measure in `report.quality`."""
    title: str
    """What is measured, in words."""
    weight: float


@frozen
class _Principle:
    """One of the six principles."""

    code: str
    title: str
    weight: float
    rules: tuple[_QualityRule, ...]


@frozen
class Quality:
    """The scheme by which the quality of data is scored (schemas/quality.yml)."""

    principles: tuple[_Principle, ...]
    green: float
    """Percent from which a score is green."""
    yellow: float
    """Percent from which it is yellow; below it is red."""
    identifiers: str
    """Code of the rule that must reach 100 %: below it the score is red, whatever it is."""

    @classmethod
    def load(cls, measures: Collection[str], workspace: Path | None = None) -> Quality:
        """The scheme. Raises Nq57Error when the file is wrong or names something that is not among the measures."""
        name = "quality.yml"
        found = _structured(name, cls, workspace)
        rules = [rule for principle in found.principles for rule in principle.rules]
        if unknown := [rule.code for rule in rules if rule.code not in measures]:
            raise Nq57Error(f"Tệp schemas/{name} có tiêu chí không đo được: {', '.join(unknown)}. Hãy sửa hoặc bỏ.")
        weights = [item.weight for item in found.principles] + [rule.weight for rule in rules]
        if not rules or any(weight < 0 for weight in weights) or not sum(weights):
            raise Nq57Error(f"Tệp schemas/{name} phải có tiêu chí, và trọng số không được âm.")
        return found


def _structured(name: str, kind: type[_T], workspace: Path | None) -> _T:
    try:
        return CONVERTER.structure(read_schema(name, workspace), kind)
    except (cattrs.BaseValidationError, AttributeError, TypeError, ValueError) as error:
        raise Nq57Error(f"Tệp schemas/{name} sai: thiếu mục, thừa mục hoặc sai kiểu. Hãy so với tệp có sẵn.") from error


_COUNTED_OTHERWISE = re.compile(r"^[<>=$]|[*?~]")
"""COUNTIFS of the report would take such words for a pattern or a comparison."""
_STANDINGS: dict[str, tuple[str, ...]] = {
    "done": ("on_time", "late", "undated"),
    "in_progress": ("overdue", "at_risk", "on_track", "undated"),
    "not_started": ("overdue", "at_risk", "on_track", "undated"),
    "ongoing": ("not_applicable",),
    "not_arisen": ("not_applicable",),
}
"""Every standing that there is (contract.md 3.2): a vocabulary must word them all."""


@frozen
class Vocabulary:
    """One way of wording (domain.md 3.3): what units enter and what is computed stay the same in each."""

    code: str = "own"
    """"own": the words of the form; "A", "B", "C", "F"."""
    words: dict[str, dict[str, str]] = field(factory=dict)
    """Progress code -> timeliness code -> wording in the column "Tiến độ"; empty for "own"."""

    def word(self, progress: str, timeliness: str) -> str | None:
        """The wording of that standing; None where the words of the form are used."""
        return self.words.get(progress, {}).get(timeliness)

    @classmethod
    def load(cls, code: str, workspace: Path | None = None) -> Vocabulary:
        """The vocabulary of that code. Raises Nq57Error when vocabularies.yml has none of it, or it lacks words."""
        name = "vocabularies.yml"
        found = read_schema(name, workspace)
        words = found.get(code) if isinstance(found, dict) else None
        if not isinstance(words, dict):
            raise Nq57Error(f"Tệp schemas/{name} không có bộ từ ngữ «{code}»; hãy chọn bộ khác ở trang Cài đặt.")
        told = {
            (progress, timely): text
            for progress, own in words.items()
            for timely, text in (own.items() if isinstance(own, dict) else ())
            if isinstance(text, str)
        }
        if odd := next(filter(_COUNTED_OTHERWISE.search, told.values()), ""):
            raise Nq57Error(
                f"Bộ từ ngữ «{code}» trong schemas/{name} có «{odd}»: không dùng các dấu * ? ~ và không bắt đầu "
                "bằng các dấu < > = $, vì Excel không đếm được."
            )
        standings = [(progress, timely) for progress, codes in _STANDINGS.items() for timely in codes]
        missing = next((one for one in standings if not told.get(one, "").strip()), None)
        if words and missing:
            raise Nq57Error(
                f"Bộ từ ngữ «{code}» trong schemas/{name} thiếu cách ghi cho {'/'.join(missing)}; hãy bổ sung."
            )
        return cls(code, words)


@frozen
class _Criterion:
    """One "rõ" with the findings that belong to it."""

    name: str
    checks: tuple[str, ...]
    """Codes of the catalogue."""
    also: tuple[str, ...] = ()
    """Other names of it: "rõ kết quả" for "rõ sản phẩm"."""

    def is_called(self, name: str) -> bool:
        """That is one of its names."""
        return fold(name).strip(" .;,") in {fold(item) for item in (self.name, *self.also)}


@frozen
class Clear:
    """The "rõ" that a plan may ask for, and the words by which its texts are checked (schemas/clear.yml)."""

    criteria: tuple[_Criterion, ...]
    vague_deliverables: tuple[str, ...] = ()
    measurable_words: tuple[str, ...] = ()
    filler_words: tuple[str, ...] = ()
    indicator_kinds: dict[str, tuple[str, ...]] = attrs.field(factory=dict)
    """Kind to propose -> words, without accents, by which it is known."""

    def applies(self, code: str, wanted: tuple[str, ...]) -> bool:
        """Whether a plan with those criteria asks for that check; a plan that names none, or none known, asks for all.

        A code that belongs to no criterion always applies.
        """
        mine = [item for item in self.criteria if code in item.checks]
        known = [name for name in wanted if any(item.is_called(name) for item in self.criteria)]
        return not mine or not known or any(item.is_called(name) for item in mine for name in known)

    def asks_for(self, code: str, wanted: tuple[str, ...]) -> str:
        """The plan's own name of a criterion that the check belongs to; "" where it names none."""
        names = (name for name in wanted for item in self.criteria if code in item.checks and item.is_called(name))
        return next(names, "")

    @classmethod
    def load(cls, workspace: Path | None = None) -> Clear:
        """As the workspace's own file says, else the packaged one. Raises Nq57Error when the file is wrong."""
        return _structured("clear.yml", cls, workspace)
