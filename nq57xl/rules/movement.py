"""Movement: this return beside what the unit said before, as it was frozen in the form when that was issued.

`_WAYS` is the closed set of ways to move. Each says itself three ways: a comparison, an Excel condition, Vietnamese
words; the earlier value is the fact "before_FIELD" of the row, and a row without it never moves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from typing import Any

from nq57xl.resources import read_schema
from nq57xl.rules.findings import Finding
from nq57xl.rules.predicates import Predicate, Row
from nq57xl.rules.rows import Cells, RowKind, all_of, blank_formula, quoted
from nq57xl.rules.schema import Facts, Field, Rule, Schema, Table, is_blank, vietnamese_number, vietnamese_percent

BEFORE, STILL, EXPLAINED = "before_", "before_still", "before_explanation"
"""Facts: a field's earlier value; for how many periods in a row the percentage has stood; the earlier explanation."""
DOCUMENTS_ELSEWHERE = f"{BEFORE}evidence_number"
"""Fact: documents that proved other rows, a line each."""
SHARE = "jump_share"
"""Fact: the office's own share of the earlier value from which a figure of this row has moved too much."""
_EXPLAINED_BY = " Giải trình của đơn vị: «"
"""Between what moved and the unit's own words in that sentence."""
_NEAR = 1e-9
_SMALL = 0.01
_PRINTS = ("result",)
"""Fields that hold texts, which are compared by their prints."""
_PRINTED = 100
"""Letters of a text that are compared, with its length: a formula takes no longer text."""
_LEAST = 5
"""Letters of an explanation that explains something."""
_BLANKS = re.compile("[ \n\r\u00a0]")
_ORDER = ("not_started", "in_progress", "done")
"""Progress from slow to fast; the other two levels have no place in it."""


def facts_before(held: Mapping[str, Any], fields: Iterable[str], explanation: str, still: int) -> Facts:
    """What rules compare a row with, frozen in the form: what the unit last said in those of its `fields`.

    `held`: values by field; `explanation`: the field that explains; `still`: for how many periods the percentage stood.
    """
    facts: Facts = {}
    for name in fields:
        value = held.get(name)
        if isinstance(value, date):
            facts[BEFORE + name] = value.isoformat()[:10]
        elif value is not None:
            facts[BEFORE + name] = _text_print(value) if isinstance(value, str) and name in _PRINTS else value
    if still:
        facts[STILL] = still
    if isinstance(told := held.get(explanation), str):
        facts[EXPLAINED] = _text_print(told.translate(_UNDOTTED))
    return facts


def explained_movement(finding: Finding) -> tuple[str, str] | None:
    """What moved, and the unit's own words, of a finding of a movement that is explained; None: of another one."""
    what, _, why = finding.message.partition(_EXPLAINED_BY)
    return (what, why) if finding.code == "MOVEMENT_EXPLAINED" else None


def _bare(text: str) -> str:
    return _BLANKS.sub("", text).lower()


def _text_print(text: str) -> str:
    """What a text is compared by: its length and first letters without blanks and case, "27:đãtrình…"."""
    bare = _bare(text)
    return f"{len(bare)}:{bare[:_PRINTED]}"


_BREAKS = ("CHAR(10)", "CHAR(13)", '"\u00a0"')


def _replaced(ref: str, marks: Iterable[str], by: str = '""') -> str:
    """Excel: the text with another in place of each of those marks."""
    for mark in marks:
        ref = f"SUBSTITUTE({ref},{mark},{by})"
    return ref


def _bare_formula(ref: str) -> str:
    bare = _replaced(ref, ('" "', *_BREAKS))
    return f"LOWER({bare})"


def _print_formula(ref: str) -> str:
    bare = _bare_formula(ref)
    return f'LEN({bare})&":"&LEFT({bare},{_PRINTED})'


_DOTS = ".-…"
"""Marks that tell nothing apart: "....." explains nothing, and last time's words with a full stop are last time's."""
_UNDOTTED = str.maketrans("", "", _DOTS)


def _explains(text: object, before: object) -> bool:
    """An explanation says something, and not what was said last time."""
    if not isinstance(text, str):
        return False
    words = text.translate(_UNDOTTED)
    # forms issued by earlier programs hold what was said last time with its dots
    said_before = before in (_text_print(words), _text_print(text))
    return len(_bare(words)) >= _LEAST and _bare(words) not in _nothing() and not said_before


@cache
def _nothing() -> tuple[str, ...]:
    """What says nothing and is long enough to look like an explanation, without blanks."""
    blanks = read_schema("blanks.yml")
    return tuple(text for text in map(_bare, (*blanks["nothing"], *blanks["unexplaining"])) if len(text) >= _LEAST)


def _explains_formula(ref: str, before: object) -> str:
    ref = _replaced(ref, map(quoted, _DOTS))
    bare = _bare_formula(ref)
    tests = [f"LEN({bare})>={_LEAST}", f"ISNA(MATCH({bare},{{{','.join(map(quoted, _nothing()))}}},0))"]
    return all_of(tests if not before else [*tests, f"NOT(EXACT({_print_formula(ref)},{quoted(str(before))}))"])


_DOCUMENTS = 30
"""Documents that a formula compares with: the newest,"""
_DOCUMENT, _LETTERS = 80, 600
"""those of at most so many letters, and together."""
_BETWEEN = ";,()"


def document_prints(texts: Iterable[str]) -> str:
    """The numbers of documents, a line each, as `repeated` compares with them: "12/kh-sxd"; texts without one are left
    out."""
    words = (" ".join(part.lower().split()) for text in texts for part in re.split(rf"[{_BETWEEN}\n]", text))
    found = dict.fromkeys(word for word in words if "/" in word and re.search(r"\d", word) and len(word) <= _DOCUMENT)
    newest = [*found][-_DOCUMENTS:]
    while sum(map(len, newest)) > _LETTERS:
        newest.pop(0)
    return "\n".join(newest)


def _moves(how: str, now: Any, before: Any, still: int, params: Mapping[str, Any]) -> bool:  # noqa: ANN401 - cells
    """A cell beside its earlier value, with the rule's own numbers."""
    if how in ("falls", "jumps", "still"):
        if not _are_numbers(now, before):
            return False
        change: float = abs(now - before)
        if how == "falls":
            return bool(now < before - _NEAR)
        if how == "still":
            return change <= _NEAR and still + 1 >= int(params["periods"])
        return change > float(params["share"]) * abs(before) + _NEAR and change > float(params["floor"]) + _NEAR
    if how == "back":
        return now in _ORDER and before in _ORDER and _ORDER.index(now) < _ORDER.index(before)
    if how == "copied":
        return isinstance(now, str) and now != "" and _text_print(now) == before
    if how == "repeated":
        if not isinstance(now, str) or not isinstance(before, str):
            return False
        spaced = f" {' '.join(re.sub(f'[{_BETWEEN}]', ' ', now).lower().split())} "
        return any(f" {line} " in spaced for line in before.split("\n"))
    said = now.isoformat()[:10] if isinstance(now, date) else now
    return not is_blank(now) and not is_blank(before) and bool(said != before)


def _are_numbers(*values: object) -> bool:
    return all(isinstance(one, int | float) and not is_blank(one) for one in values)


_WAYS = {
    "falls": ("Giảm so với kỳ trước", "là {held}, giảm so với kỳ trước ({earlier})."),
    "jumps": ("Tăng, giảm nhiều", "là {held}, kỳ trước {earlier}: tăng, giảm nhiều."),
    "still": ("Nhiều kỳ không đổi", "giữ nguyên {held} trong {periods} kỳ liền."),
    "back": ("Lùi so với kỳ trước", "là {held}, lùi so với kỳ trước ({earlier})."),
    "copied": ("Chép lại kỳ trước", "giống nguyên văn kỳ trước."),
    "changes": ("Khác kỳ trước", "là {held}, kỳ trước là {earlier}."),
    "repeated": ("Đã là minh chứng của việc khác", "{held} đã là minh chứng của đầu việc khác."),
}
"""The closed set of ways to move: in a few words, and as the sentence behind the field's title."""


def has_moved(row: Row, rule: Mapping[str, Any]) -> bool:
    """The row moves as the rule says, and is explained or not as it asks; `rule`: statistics of the check."""
    name, params = rule["field"], dict(rule["params"])
    if (share := row.get(f"#{SHARE}")) and "share" in params:
        params["share"] = share
    now = _quotient(*(row.get(part) for part in params["ratio"])) if "ratio" in params else row.get(name)
    if not _moves(rule["how"], now, row.get(f"#{BEFORE}{name}"), int(row.get(f"#{STILL}") or 0), params):
        return False
    return _explains(row.get(rule["settled_by"]), row.get(f"#{EXPLAINED}")) == bool(rule["explained"])


def _quotient(part: Any, whole: Any) -> float | None:  # noqa: ANN401 - cells
    return part / whole if _are_numbers(part, whole) and whole else None


class Moved(Predicate):
    """A cell moves, beside its earlier value, in a way that asks for an explanation in the row (`settled_by`).

    With `explained` it finds the same rows once they are explained.
    """

    name = "moved"

    def __init__(self, rule: Rule, table: Table, schema: Schema) -> None:
        super().__init__(rule, table, schema)
        self._how, self._settled_by = (str(rule.params[name]) for name in ("how", "settled_by"))
        self.facts = tuple(f"#{name}" for name in (BEFORE + rule.field, STILL, EXPLAINED, SHARE))

    def check(self, kind: RowKind) -> tuple[str, dict[str, Any]]:
        """The cell does not move so, or is explained."""
        named = ("share", "floor", "periods", "ratio")
        params = {key: self.rule.params[key] for key in named if key in self.rule.params}
        explained = bool(self.rule.params.get("explained"))
        told = {"field": self.rule.field, "how": self._how, "params": params}
        return "moved_if", told | {"settled_by": self._settled_by, "explained": explained}

    def short(self) -> str:
        """What is to be explained."""
        return f"{_WAYS[self._how][0]}, cần giải trình: {self.field.title}"

    @property
    def part(self) -> tuple[str, bool]:
        """What can be told of the rule in a formula: its words, and whether it compares a quotient."""
        return self.short(), "ratio" in self.rule.params

    def stands_in(self, formula: str) -> bool:
        """The formula of a row's check has such a part."""
        words, of_quotient = self.part
        return f'"{words}; ' in formula and (not of_quotient or "IF(N(" in formula)

    def asks(self, facts: Facts) -> bool:
        """A row with those facts can move so."""
        told = {name[1:]: values for name, values in self.rule.when.items() if name.startswith("#")}
        known = facts.get(BEFORE + self.rule.field) not in (None, "")
        return known and all(facts.get(name) in values for name, values in told.items())

    def formula(self, cells: Cells) -> str | None:
        """That the cell moves, explained (`settled`) or not; None where the form has no earlier value."""
        if cells.facts.get(BEFORE + self.rule.field) in (None, ""):
            return None
        never = self._how in ("back", "still") and self._formula(cells) == "FALSE"
        return None if never else super().formula(cells)

    def _compared(self) -> list[str]:
        return [self._settled_by, *self.rule.params.get("ratio", ())]

    def _formula(self, cells: Cells) -> str:
        ref, before = cells.ref(self.rule.field), cells.facts[BEFORE + self.rule.field]
        how, params = self._how, self.rule.params
        if "ratio" in params:
            part, whole = map(cells.ref, params["ratio"])
            ref = f'IF(AND(ISNUMBER({part}),ISNUMBER({whole})),IF(N({whole})=0,"",N({part})/N({whole})),"")'
        if how in ("falls", "still", "jumps"):
            return self._change_formula(ref, before, cells)
        if how == "repeated":
            inner = _replaced(ref, (*map(quoted, _BETWEEN), *_BREAKS), '" "')
            known = ",".join(quoted(f" {line} ") for line in str(before).split("\n"))
            return f'SUMPRODUCT(--ISNUMBER(FIND({{{known}}}," "&LOWER(TRIM({inner}))&" ")))>0'
        if how == "copied":
            return f"EXACT({_print_formula(ref)},{quoted(str(before))})"
        if how == "back":
            slower = _ORDER[: _ORDER.index(before)] if before in _ORDER else ()
            words = [quoted(self.when.words(self.rule.field, code)) for code in slower]
            return f"OR({','.join(f'TRIM({ref})={word}' for word in words)})" if words else "FALSE"
        if self.field.type == "date":
            day = date.fromisoformat(str(before))
            return f"IF(ISNUMBER({ref}),INT({ref})<>DATE({day.year},{day.month},{day.day}),FALSE)"
        word = quoted(self.when.words(self.rule.field, str(before)))
        return f"AND(NOT({blank_formula(ref)}),TRIM({ref})<>{word})"

    def _change_formula(self, ref: str, before: Any, cells: Cells) -> str:  # noqa: ANN401 - a fact
        """Of a number beside the one before."""
        params, change = self.rule.params, f"ABS({ref}-{before!r})"
        if self._how == "falls":
            test = f"{ref}<{before!r}-{_NEAR:.9f}"
        elif self._how == "still":
            if int(cells.facts.get(STILL) or 0) < params["periods"] - 1:
                return "FALSE"
            test = f"{change}<={_NEAR:.9f}"
        else:
            share = float(cells.facts.get(SHARE) or params.get("share", 0)) * abs(float(before)) + _NEAR
            test = f"AND({change}>{share!r},{change}>{params.get('floor', 0) + _NEAR!r})"
        return f"IF(ISNUMBER({ref}),{test},FALSE)"

    def settled(self, cells: Cells) -> str:
        """That the row explains its movements: one condition for all rules that the same field settles.

        It stands once around them in a check: Excel takes no formula of more than 8.192 characters.
        """
        return _explains_formula(cells.ref(self._settled_by), cells.facts.get(EXPLAINED))

    def _sentence(self, row: Row) -> str:
        now, before = row.get(self.rule.field), row.get(f"#{BEFORE}{self.rule.field}")
        if "ratio" in self.rule.params:
            now = _quotient(*(row.get(part) for part in self.rule.params["ratio"]))
        held, earlier = (self._shown(one, row) for one in (now, before))
        periods = int(row.get(f"#{STILL}") or 0) + 1
        said = _WAYS[self._how][1].format(held=held, earlier=earlier, periods=periods)
        told = f"«{self.field.title}» {said}"
        if not self.rule.params.get("explained"):
            return told
        return f"{told}{_EXPLAINED_BY}{' '.join(str(row.get(self._settled_by)).split())}»."

    def _shown(self, value: Any, row: Row) -> str:  # noqa: ANN401 - a cell or a fact
        field: Field = self.field
        if isinstance(value, float) and round(value, 6) != value and abs(value) >= _SMALL:
            value = round(value, 4)  # of a quotient the digits that somebody reads; what a unit typed stays as it is
        if field.type in ("choice", "measure") and isinstance(value, str):
            return f"«{self.when.words(self.rule.field, value)}»"
        if field.type == "date" and isinstance(value, str):
            return field.shown(date.fromisoformat(value))
        if isinstance(value, int | float) and field.kind({"measure": row.get("#measure")}) == "percent":
            return vietnamese_percent(float(value))
        return vietnamese_number(float(value)) if isinstance(value, int | float) else field.shown(value)


_CELL = r"INDEX\(\$([A-Z]+):\$[A-Z]+,ROW\(\)\)"
_TEXT = r'"((?:[^"]|"")*)"'
_NUMBER = r"(\d[0-9.]*(?:e[+-]?\d+)?)"
_SAID = {
    "falls": rf"{_CELL}<{_NUMBER}-0\.0{{8}}1\b",
    "jumps": rf"AND\(ABS\({_CELL}-{_NUMBER}\)>{_NUMBER},",
    "still": rf"ABS\({_CELL}-{_NUMBER}\)<=0\.0{{8}}1\b",
    "print": rf"{_CELL}[^$]*,{_PRINTED}\),{_TEXT}\)",
    "slower": rf"TRIM\({_CELL}\)={_TEXT}",
    "other": rf"TRIM\({_CELL}\)<>{_TEXT}",
    "day": rf"INT\({_CELL}\)<>DATE\((\d+),(\d+),(\d+)\)",
}


def said_before(formula: str, columns: Mapping[str, str], words: Mapping[str, str]) -> Facts:
    """The facts with which the formula of a row's check compares, as `Moved` has written them into it.

    `columns`: letters of a column -> its field; `words`: words of a choice -> its code.
    """
    said = {
        kind: [(columns.get(letters, ""), *rest) for letters, *rest in re.findall(pattern, formula)]
        for kind, pattern in _SAID.items()
    }
    facts: Facts = {}
    for field, number, *limit in said["falls"] + said["jumps"] + said["still"]:
        facts[BEFORE + field] = before = float(number)
        if limit and before:
            facts[SHARE] = (float(limit[0]) - _NEAR) / before
    if said["still"]:
        facts[STILL] = 2
    for field, text in said["print"]:
        facts[EXPLAINED if field in _EXPLANATIONS else BEFORE + field] = text.replace('""', '"')
    for field, text in said["other"]:
        facts[BEFORE + field] = words.get(text.replace('""', '"'), "")
    for field, text in said["slower"]:
        facts[BEFORE + field] = _ORDER[min(_ORDER.index(words[text]) + 1, 2)] if words.get(text) in _ORDER else ""
    for field, *day in said["day"]:
        facts[BEFORE + field] = date(*map(int, day)).isoformat()
    if match := re.search(r'FIND\(\{([^}]*)\}," "&LOWER', formula):
        facts[DOCUMENTS_ELSEWHERE] = "\n".join(text.strip() for text in re.findall(_TEXT, match[1]))
    return facts


_EXPLANATIONS = ("explanation", "note")


_PREDICATES: dict[str, type[Predicate]] = {item.name: item for item in Predicate.__subclasses__()}
"""All that there are: those of `rules.predicates`, each of which says its name, and the one above."""


_MOST_KEPT = 100
_made: dict[tuple[int, int], tuple[Table, Schema, tuple[Predicate, ...]]] = {}
"""By the records themselves, which are held: while they live, no other has their id. To compare two copies of a schema
takes half a millisecond, and a form asks a hundred times."""


def predicates_of(table: Table, schema: Schema) -> tuple[Predicate, ...]:
    """Every rule of a table as a live predicate, in the order in which people should read them."""
    key = (id(table), id(schema))
    if key not in _made:
        if len(_made) >= _MOST_KEPT:
            _made.clear()
        _made[key] = (table, schema, tuple(_PREDICATES[rule.predicate](rule, table, schema) for rule in table.rules))
    return _made[key][2]
