"""The closed set of predicates. Each says itself three ways: check of pandera's, Excel formula, Vietnamese sentence.

The check is one of pandera's own of a column (isin, in_range ...) or one of rules.row_checks; `rules.judge` puts
them into the schema of a table. A row breaks a rule when the check fails there; the formula is TRUE for the same rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from nq57xl.rules import rows
from nq57xl.rules.schema import Field, Rule, Schema, Table, date_limit, is_blank, vietnamese_date, vietnamese_number

Row = Mapping[str, Any]
_Check = tuple[str, dict[str, Any]]
"""Name and statistics of a check, as pandera calls them."""


class Predicate:
    """Base of all; `params` and `when` come from the rule."""

    name: ClassVar[str]
    presence: ClassVar[bool] = False
    """True: asks whether cells are filled, not what they hold; an unreadable cell is filled."""
    complaint: ClassVar[str] = "Mâu thuẫn"
    """Before the field's title in the live check of the sheet."""
    said: ClassVar[str] = ""
    """The sentence, where it holds no more than the field's title and example, and the condition."""
    facts: tuple[str, ...] = ()
    """Facts of the row ("#name") that the check compares with, beside those of its condition."""

    def __init__(self, rule: Rule, table: Table, schema: Schema) -> None:
        self.rule, self.table, self.schema = rule, table, schema
        self.when = rows.Condition(rule.when, table, schema)
        self.fields = rows.fields_of(table, schema)
        self.field: Field = self.fields[rule.field]

    @property
    def hard(self) -> bool:
        """What the field's own type asks of its cells: something unreadable breaks it, too."""
        return "hard" in self.rule.params

    @property
    def alternatives(self) -> list[list[str]]:
        """Sets of fields to look at: of those that have to be filled one whole set suffices."""
        return self.rule.params.get("any_of") or [[self.rule.field]]

    def reads(self) -> set[str]:
        """Fields whose cells decide the rule: one that is unreadable silences the rule, unless it is `presence`."""
        return {self.rule.field, *self._compared()} | self.when.reads()

    def check(self, kind: rows.RowKind) -> _Check:
        """What has to hold in rows of that kind for which the rule's condition holds."""
        raise NotImplementedError

    def formula(self, cells: rows.Cells) -> str | None:
        """Excel condition that is TRUE when this row breaks the rule; None when it never can."""
        when = self.when.formula(cells)
        return None if when is None else rows.all_of([part for part in (when, self._formula(cells)) if part])

    def sentence(self, row: Row) -> str:
        """What is wrong in this row; `row` holds fields, facts and the typed text under "typed"."""
        if not (self.rule.message or self.said):
            return self._sentence(row)
        words = {"field": self.field.title, "value": row.get("typed", ""), "when": self.when.sentence(row)}
        return (self.rule.message or self.said).format(**words, example=self.field.example)

    def settled(self, cells: rows.Cells) -> str:
        """Excel condition under which the rule says nothing in this row, whatever its formula finds; "" for none."""
        return ""

    def short(self) -> str:
        """A few words for the live check in the sheet."""
        return f"{self.complaint}: {self.field.title}"

    def blame(self, row: Row) -> str:
        """The field whose cell the finding points at."""
        return self.rule.field

    def _compared(self) -> list[str]:
        """Fields that are compared with the rule's own."""
        return []

    def _formula(self, cells: rows.Cells) -> str:
        raise NotImplementedError

    def _sentence(self, row: Row) -> str:
        raise NotImplementedError


class _RequiredIf(Predicate):
    """A cell, or one of several sets of cells, must be filled."""

    name = "required_if"
    presence = True
    complaint = "Thiếu"

    def check(self, kind: rows.RowKind) -> _Check:
        return "required_if", {"any_of": self.alternatives}

    def short(self) -> str:
        """Names every set."""
        sets = (" và ".join(self.fields[name].title for name in group) for group in self.alternatives)
        return f"{self.complaint}: {' hoặc '.join(sets)}"

    def blame(self, row: Row) -> str:
        """The first blank cell of the set that is begun, else of the first set."""
        group = (self._begun(row) or self.alternatives)[0]
        return next((name for name in group if is_blank(row.get(name))), self.rule.field)

    def _begun(self, row: Row) -> list[list[str]]:
        return [group for group in self.alternatives if any(not is_blank(row.get(name)) for name in group)]

    def _compared(self) -> list[str]:
        return [name for group in self.alternatives for name in group]

    def _formula(self, cells: rows.Cells) -> str:
        return rows.all_of([rows.any_of([cells.blank(name) for name in group]) for group in self.alternatives])

    def _sentence(self, row: Row) -> str:
        """Of a set that is begun only what it lacks: a cell that says something is not called blank."""
        if begun := self._begun(row):
            said, missing = (
                " và ".join(f"«{self.fields[name].title}»" for name in begun[0] if is_blank(row.get(name)) is blank)
                for blank in (False, True)
            )
            what = f"Đã nhập {said} nhưng chưa nhập {missing}"
        else:
            # a mark is chosen, whatever else is typed
            verbs = {name: "chọn " if item.type == "mark" else "" for name, item in self.fields.items()}
            told = {name: f"{verbs[name]}«{item.title}»" for name, item in self.fields.items()}
            sets = (" và ".join(told[name] for name in group) for group in self.alternatives)
            what = f"Chưa nhập {', hoặc '.join(sets)}"
        when = self.when.sentence(row)
        return f"{what}{' ' + when if when else ''}."


class _EmptyIf(Predicate):
    """A cell must stay empty: what it says contradicts another cell."""

    name = "empty_if"
    presence = True
    said = "«{field}» có nội dung {when}: hai ô mâu thuẫn với nhau."

    def check(self, kind: rows.RowKind) -> _Check:
        return "empty_if", {"field": self.rule.field}

    def _formula(self, cells: rows.Cells) -> str:
        return f"NOT({cells.blank(self.rule.field)})"


class _EqualsIf(Predicate):
    """A filled cell must equal a value, the ratio of two others (within `tolerance`), or a `whole` number."""

    name = "equals_if"

    def check(self, kind: rows.RowKind) -> _Check:
        field, params = {"field": self.rule.field}, self.rule.params
        tolerance = {"tolerance": self._tolerance}
        if ratio := self._compared():
            return "equals_ratio_if", field | {"part": ratio[0], "whole": ratio[1]} | tolerance
        if self._whole:
            return "whole_if", field
        return "equals_if", {**field, "value": params["value"], **tolerance}

    def short(self) -> str:
        """A number that is not whole contradicts nothing."""
        return f"Có phần lẻ: {self.field.title}" if self._whole else super().short()

    @property
    def _whole(self) -> bool:
        return bool(self.rule.params.get("whole"))

    @property
    def _tolerance(self) -> float:
        """Largest difference that still counts as equal."""
        return float(self.rule.params.get("tolerance", 1e-9))

    def _compared(self) -> list[str]:
        """Numerator and denominator, empty when the rule names a plain value."""
        return list(self.rule.params.get("ratio", ()))

    def _formula(self, cells: rows.Cells) -> str:
        ref, ratio = cells.ref(self.rule.field), self._compared()
        if self._whole:
            return f"IF(ISNUMBER({ref}),{ref}<>INT({ref}),FALSE)"
        if not ratio:
            return f"IF(ISNUMBER({ref}),ABS({ref}-{self.rule.params['value']})>{self._tolerance:.10f},FALSE)"
        part, whole = (cells.ref(name) for name in ratio)
        numbers = f"AND(ISNUMBER({ref}),ISNUMBER({part}),ISNUMBER({whole}),N({whole})<>0)"
        return f"IF({numbers},ABS({ref}-{part}/{whole})>{self._tolerance:.10f},FALSE)"

    def _sentence(self, row: Row) -> str:
        held, ratio = self.field.shown(row.get(self.rule.field)), self._compared()
        if self._whole:
            return f"«{self.field.title}» là {held}, có phần lẻ: số đếm được phải là số nguyên."
        if not ratio:
            wanted = self.field.shown(self.rule.params["value"])
            return f"«{self.field.title}» là {held} {self.when.sentence(row)}; phải là {wanted}."
        part, whole = row.get(ratio[0]), row.get(ratio[1])
        quotient = f"{vietnamese_number(float(part or 0))}/{vietnamese_number(float(whole or 1))}"
        return f"«{self.field.title}» là {held}, không khớp tử số chia mẫu số ({quotient})."


class _Between(Predicate):
    """A filled cell must lie between limits; `below` excludes the upper one."""

    name = "between"

    def check(self, kind: rows.RowKind) -> _Check:
        low, high = (limit.isoformat() if isinstance(limit, date) else limit for limit in self._limits(kind.year))
        below = "below" in self.rule.params
        if low is not None and high is not None:
            return "in_range", {"min_value": low, "max_value": high, "include_max": not below}
        if low is not None:
            return "greater_than_or_equal_to", {"min_value": low}
        return "less_than" if below else "less_than_or_equal_to", {"max_value": high}

    def short(self) -> str:
        """A value that the field itself does not allow is wrong, and how to type it; another contradicts."""
        if not self.hard:
            return super().short()
        kind = "percent" if self.rule.params.get("max") == 1 else self.field.type
        return f"Sai giá trị: {self.field.title} (gõ như {_TYPED.get(kind, _TYPED['number'])})"

    def _limits(self, year: int) -> tuple[Any, Any]:
        """Lower and upper limit, None for none; days as `date`."""
        params = self.rule.params
        limits = params.get("min"), params.get("below", params.get("max"))
        if self.field.type != "date":
            return limits
        low, high = (None if limit is None else date_limit(str(limit), year) for limit in limits)
        return low, high

    def _formula(self, cells: rows.Cells) -> str:
        ref, tests = cells.ref(self.rule.field), []
        low, high = self._limits(int(cells.facts.get("year") or 0))
        if low is not None:
            tests.append(f"{ref}<{_literal(low)}")
        if isinstance(high, date):
            tests.append(f"{ref}>={_literal(high)}+1")  # the last day with an hour is still that day
        elif high is not None:
            tests.append(f"{ref}{'>=' if 'below' in self.rule.params else '>'}{high}")
        # A contradiction speaks of numbers only; the limits of the field itself (`hard`) refuse text as well.
        unreadable = f"NOT({rows.blank_formula(ref)})" if self.hard else "FALSE"
        return f"IF(ISNUMBER({ref}),{rows.any_of(tests) if tests else 'FALSE'},{unreadable})"

    def _sentence(self, row: Row) -> str:
        low, high = self._limits(int(row.get("#year") or 0))
        words = [
            f"{word} {self.field.shown(limit)}"
            for word, limit in (("từ", low), ("dưới" if "below" in self.rule.params else "đến", high))
            if limit is not None
        ]
        when = self.when.sentence(row)
        held = self.field.shown(row.get(self.rule.field))
        more = " trở lên" if high is None else ""
        return f"«{self.field.title}» là {held}{' ' + when if when else ''}; phải {' '.join(words)}{more}."


class _DateWindow(Predicate):
    """A date should lie in the period (Decree 09/2019/NĐ-CP, Article 12: the data of a period close on its cut-off)."""

    name = "date_window"
    complaint = "Ngoài kỳ"
    facts = rows.PERIOD

    def check(self, kind: rows.RowKind) -> _Check:
        return "within_period_if", {"field": self.rule.field}

    def _formula(self, cells: rows.Cells) -> str:
        ref = cells.ref(self.rule.field)
        start, end = (_literal(date.fromisoformat(str(cells.facts[name[1:]]))) for name in rows.PERIOD)
        return f"IF(ISNUMBER({ref}),OR({ref}<{start},{ref}>={end}+1),FALSE)"

    def _sentence(self, row: Row) -> str:
        start, end = (vietnamese_date(date.fromisoformat(str(row[name]))) for name in rows.PERIOD)
        held = self.field.shown(row.get(self.rule.field))
        return f"«{self.field.title}» là {held}, ngoài kỳ số liệu (từ {start} đến {end})."


class _PartOf(Predicate):
    """A part (numerator) may not exceed its whole (denominator)."""

    name = "part_of"

    def check(self, kind: rows.RowKind) -> _Check:
        return "part_of_if", {"field": self.rule.field, "whole": self.rule.params["whole"]}

    def short(self) -> str:
        """Names both."""
        return f"Sai: {self.field.title} lớn hơn {self.fields[self.rule.params['whole']].title}"

    def _compared(self) -> list[str]:
        return [self.rule.params["whole"]]

    def _formula(self, cells: rows.Cells) -> str:
        part, whole = cells.ref(self.rule.field), cells.ref(self.rule.params["whole"])
        return f"IF(AND(ISNUMBER({part}),ISNUMBER({whole})),{part}>{whole},FALSE)"

    def _sentence(self, row: Row) -> str:
        whole = self.fields[self.rule.params["whole"]]
        part_held, whole_held = (item.shown(row.get(item.name)) for item in (self.field, whole))
        return f"«{self.field.title}» ({part_held}) lớn hơn «{whole.title}» ({whole_held})."


class _OneOf(Predicate):
    """A filled cell must hold an item of its list."""

    name = "one_of"
    hard = True  # whatever the rule says: a text that is no item breaks it
    complaint = "Không có trong danh sách"

    def check(self, kind: rows.RowKind) -> _Check:
        return "isin", {"allowed_values": [item.code for item in self.schema.lists[self.field.choices]]}

    def _formula(self, cells: rows.Cells) -> str:
        ref = cells.ref(self.rule.field)
        words = [item.title for item in self.schema.lists[self.field.offered(cells.facts)]]
        return rows.all_of([f"NOT({rows.blank_formula(ref)})", f"NOT({rows.says_one_of(ref, words)})"])

    def _sentence(self, row: Row) -> str:
        titles = ", ".join(f"«{item.title}»" for item in self.schema.lists[self.field.choices])
        return f"«{self.field.title}» không có trong danh sách; chỉ nhận {titles}."


class _Unique(Predicate):
    """A filled cell may not repeat in the rows of one return."""

    name = "unique"
    complaint = "Trùng"
    said = "«{field}» trùng với một dòng khác trong biểu."

    def check(self, kind: rows.RowKind) -> _Check:
        """pandera's own uniqueness, over the return and the text without its case (in `rules.judge`)."""
        return "unique", {}

    def _formula(self, cells: rows.Cells) -> str:
        ref, column = cells.ref(self.rule.field), cells.column(self.rule.field)
        return f"AND(LEN(TRIM({ref}))>0,SUMPRODUCT(--(TRIM({column})=TRIM({ref})))>1)"


class _MaxLength(Predicate):
    """A text may have so many characters: as many as the cell takes when somebody types."""

    name = "max_length"
    complaint = "Quá dài"

    def check(self, kind: rows.RowKind) -> _Check:
        return "str_length", {"max_value": self.rule.params["max"]}

    def _formula(self, cells: rows.Cells) -> str:
        return f"LEN({rows.words_formula(cells.ref(self.rule.field))})>{self.rule.params['max']}"

    def _sentence(self, row: Row) -> str:
        length, limit = (vietnamese_number(item) for item in (len(str(row[self.rule.field])), self.rule.params["max"]))
        return f"«{self.field.title}» dài {length} ký tự, quá {limit}."


class _Pattern(Predicate):
    """A text has a form of its own: an address of mail. Excel knows no patterns, so it is no part of the live check."""

    name = "pattern"
    complaint = "Sai dạng"
    said = "«{field}» không đúng dạng, ví dụ: {example}."

    def check(self, kind: rows.RowKind) -> _Check:
        """pandera's own match of a text, from its first character to its last."""
        return "str_matches", {"pattern": re.compile(rf"(?:{self.rule.params['pattern']})\Z").pattern}

    def _formula(self, cells: rows.Cells) -> str:
        return "FALSE"


class _Legible(Predicate):
    """A text that is read for what it says, a document's number and day, has signs of them."""

    name = "legible"
    hard = True
    complaint = "Không đọc được"
    said = "«{field}» không đọc được, ví dụ cách ghi: {example}."

    def check(self, kind: rows.RowKind) -> _Check:
        """Not what stands for something unreadable."""
        return "str_matches", {"pattern": r"[^\0]"}

    def _formula(self, cells: rows.Cells) -> str:
        ref = cells.ref(self.rule.field)
        signs = f'SUMPRODUCT(--ISNUMBER(SEARCH({{"/","-","số","th?ng",".20"}},{ref})))'
        return rows.all_of([f"ISTEXT({ref})", f"NOT({rows.blank_formula(ref)})", f"{signs}=0"])


_TYPED = {
    "date": "20/04/2026, máy không nhận thì 2026-04-20",
    "percent": "45%, số lẻ thì 70,8% hoặc 70.8% tùy máy",
    "number": "120, số lẻ thì 82,5 hoặc 82.5 tùy máy",
}
"""How a value is typed, whatever the computer's regional setting; no semicolon, which ends a part of a check."""


def _literal(limit: float | date) -> str:
    """A limit in a formula."""
    return f"DATE({limit.year},{limit.month},{limit.day})" if isinstance(limit, date) else f"{limit}"
