"""The closed set of predicates. Each says itself three ways: vectorised mask, Excel formula, Vietnamese sentence.

A rule is violated in a row when `violated` is True there; the formula is TRUE for the same rows. The frame has one row
for each form row: a column for each field (text and choice codes as str, numbers, measures and percents as float,
dates as datetime64, NA for blank) and one for each fact, its name prefixed with "#".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from nq57xl.rules.condition import (
    Cells,
    Condition,
    all_of,
    any_of,
    blank,
    blank_formula,
    fields_of,
    quoted,
    words_formula,
)
from nq57xl.rules.schema import Field, Rule, Schema, Table
from nq57xl.rules.values import date_limit, is_blank, shown, vietnamese_date, vietnamese_number

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Any]


class Predicate:
    """Base of the eight; `params` and `when` come from the rule."""

    name: ClassVar[str]
    presence: ClassVar[bool] = False
    """True: asks whether cells are filled, not what they hold; an unreadable cell is filled."""

    def __init__(self, rule: Rule, table: Table, schema: Schema) -> None:
        self.rule, self.table, self.schema = rule, table, schema
        self.when = Condition(rule.when, table, schema)
        self.fields = fields_of(table, schema)
        self.field: Field = self.fields[rule.field]

    def reads(self) -> set[str]:
        """Fields whose cells decide the rule: one that is unreadable silences the rule, unless it is `presence`."""
        return {self.rule.field} | self.when.reads()

    def violated(self, frame: pd.DataFrame) -> pd.Series[bool]:
        """Mask of the rows that break the rule."""
        return self.when.holds(frame) & self._broken(frame)

    def formula(self, cells: Cells) -> str | None:
        """Excel condition that is TRUE when this row breaks the rule; None when it never can."""
        when, broken = self.when.formula(cells), self._broken_formula(cells)
        if when is None or broken is None:
            return None
        return all_of([part for part in (when, broken) if part])

    def sentence(self, row: Row) -> str:
        """What is wrong in this row; `row` holds fields, facts and the typed text under "typed"."""
        if self.rule.message:
            return self.rule.message.format(field=self.field.title, value=row.get("typed", ""), **self._words(row))
        return self._sentence(row)

    def short(self) -> str:
        """A few words for the live check in the sheet."""
        return f"Xem lại: {self.field.title}"

    def blame(self, row: Row) -> str:
        """The field whose cell the finding points at."""
        return self.rule.field

    def _broken(self, frame: pd.DataFrame) -> pd.Series[bool]:
        raise NotImplementedError

    def _broken_formula(self, cells: Cells) -> str | None:
        raise NotImplementedError

    def _sentence(self, row: Row) -> str:
        raise NotImplementedError

    def _words(self, row: Row) -> dict[str, str]:
        return {"when": self.when.sentence(row)}


class RequiredIf(Predicate):
    """A cell, or one of several sets of cells, must be filled."""

    name = "required_if"
    presence = True

    @property
    def alternatives(self) -> list[list[str]]:
        """Sets of fields; one whole set suffices."""
        return self.rule.params.get("any_of") or [[self.rule.field]]

    def reads(self) -> set[str]:
        """As the base, with every field of the alternatives."""
        return super().reads() | {name for group in self.alternatives for name in group}

    def _broken(self, frame: pd.DataFrame) -> pd.Series[bool]:
        import pandas as pd

        broken = pd.Series(True, index=frame.index)
        for group in self.alternatives:
            broken &= frame[group].isna().any(axis=1)
        return broken

    def _broken_formula(self, cells: Cells) -> str:
        return all_of([any_of([blank_formula(cells.ref(name)) for name in group]) for group in self.alternatives])

    def _sentence(self, row: Row) -> str:
        parts = [" và ".join(f"«{self.fields[name].title}»" for name in group) for group in self.alternatives]
        when = self.when.sentence(row)
        return f"Chưa nhập {', hoặc '.join(parts)}{' ' + when if when else ''}."

    def short(self) -> str:
        """As the base."""
        return "Thiếu: " + " hoặc ".join(
            " và ".join(self.fields[name].title for name in group) for group in self.alternatives
        )

    def blame(self, row: Row) -> str:
        """The first blank cell of the set that is begun, else of the first set."""
        started = [group for group in self.alternatives if any(not is_blank(row.get(name)) for name in group)]
        group = (started or self.alternatives)[0]
        return next((name for name in group if is_blank(row.get(name))), self.rule.field)


class EmptyIf(Predicate):
    """A cell must stay empty: what it says contradicts another cell."""

    name = "empty_if"
    presence = True

    def _broken(self, frame: pd.DataFrame) -> pd.Series[bool]:
        return ~blank(frame, self.rule.field)

    def _broken_formula(self, cells: Cells) -> str:
        return f"NOT({blank_formula(cells.ref(self.rule.field))})"

    def _sentence(self, row: Row) -> str:
        return f"«{self.field.title}» có nội dung {self.when.sentence(row)}: hai ô mâu thuẫn với nhau."

    def short(self) -> str:
        """As the base."""
        return f"Mâu thuẫn: {self.field.title}"


class _EqualsIf(Predicate):
    """A filled cell must equal a value, or the ratio of two others (within `tolerance`)."""

    name = "equals_if"

    @property
    def ratio(self) -> list[str]:
        """Numerator and denominator, empty when the rule names a plain value."""
        return list(self.rule.params.get("ratio", ()))

    @property
    def tolerance(self) -> float:
        """Largest difference that still counts as equal."""
        return float(self.rule.params.get("tolerance", 1e-9))

    def reads(self) -> set[str]:
        """As the base, with the fields of the ratio."""
        return super().reads() | set(self.ratio)

    def _broken(self, frame: pd.DataFrame) -> pd.Series[bool]:
        if self.ratio:
            whole = frame[self.ratio[1]].where(frame[self.ratio[1]] != 0)
            wanted = frame[self.ratio[0]] / whole
        else:
            wanted = self.rule.params["value"]
        difference = (frame[self.rule.field] - wanted).abs()
        return _mask(difference > self.tolerance)

    def _broken_formula(self, cells: Cells) -> str:
        ref = cells.ref(self.rule.field)
        if not self.ratio:
            return f"IF(ISNUMBER({ref}),ABS({ref}-{self.rule.params['value']})>{self.tolerance:.10f},FALSE)"
        part, whole = (cells.ref(name) for name in self.ratio)
        numbers = f"AND(ISNUMBER({ref}),ISNUMBER({part}),ISNUMBER({whole}),N({whole})<>0)"
        return f"IF({numbers},ABS({ref}-{part}/{whole})>{self.tolerance:.10f},FALSE)"

    def _sentence(self, row: Row) -> str:
        held = shown(row.get(self.rule.field), self.field)
        if not self.ratio:
            wanted = shown(self.rule.params["value"], self.field)
            return f"«{self.field.title}» là {held} {self.when.sentence(row)}; phải là {wanted}."
        part, whole = row.get(self.ratio[0]), row.get(self.ratio[1])
        quotient = f"{vietnamese_number(float(part or 0))}/{vietnamese_number(float(whole or 1))}"
        return f"«{self.field.title}» là {held}, không khớp tử số chia mẫu số ({quotient})."

    def short(self) -> str:
        """As the base."""
        return f"Mâu thuẫn: {self.field.title}"


class Between(Predicate):
    """A filled cell must lie between limits; `below` excludes the upper one."""

    name = "between"

    def _broken(self, frame: pd.DataFrame) -> pd.Series[bool]:
        value = frame[self.rule.field]
        low, high = self._limits_of(frame)
        broken = value.notna() & False
        if low is not None:
            broken |= value < low
        if high is not None:
            broken |= (value >= high) if "below" in self.rule.params else (value > high)
        return _mask(broken)

    def _limits_of(self, frame: pd.DataFrame) -> tuple[Any, Any]:
        low, high = self._raw_limits()
        if self.field.type != "date":
            return low, high
        import pandas as pd

        years = frame["#year"].astype(int)
        return tuple(
            None if limit is None else pd.to_datetime(years.map(lambda year, limit=limit: date_limit(str(limit), year)))
            for limit in (low, high)
        )  # type: ignore[return-value]

    def _raw_limits(self) -> tuple[Any, Any]:
        params = self.rule.params
        return params.get("min"), params.get("below", params.get("max"))

    def _broken_formula(self, cells: Cells) -> str:
        ref, tests = cells.ref(self.rule.field), []
        low, high = (self._limit_formula(limit, cells) for limit in self._raw_limits())
        if low is not None:
            tests.append(f"{ref}<{low}")
        if high is not None and self.field.type == "date":
            tests.append(f"{ref}>={high}+1")  # the last day with an hour is still that day
        elif high is not None:
            tests.append(f"{ref}{'>=' if 'below' in self.rule.params else '>'}{high}")
        # A contradiction speaks of numbers only; the limits of the field itself (`hard`) refuse text as well.
        unreadable = f"NOT({blank_formula(ref)})" if "hard" in self.rule.params else "FALSE"
        return f"IF(ISNUMBER({ref}),{any_of(tests) if tests else 'FALSE'},{unreadable})"

    def _limit_formula(self, limit: float | str | None, cells: Cells) -> str | None:
        if limit is None or self.field.type != "date":
            return None if limit is None else f"{limit}"
        day = date_limit(str(limit), int(cells.facts["year"] or 0))
        return f"DATE({day.year},{day.month},{day.day})"

    def _sentence(self, row: Row) -> str:
        low, high = self._raw_limits()
        if self.field.type == "date":
            low, high = (limit and date_limit(str(limit), int(row["#year"])) for limit in (low, high))
        words = [
            f"{word} {shown(limit, self.field)}"
            for word, limit in (("từ", low), ("dưới" if "below" in self.rule.params else "đến", high))
            if limit is not None
        ]
        when = self.when.sentence(row)
        held = shown(row.get(self.rule.field), self.field)
        return f"«{self.field.title}» là {held}{' ' + when if when else ''}; phải {' '.join(words)}."

    def short(self) -> str:
        """As the base."""
        return f"{'Sai giá trị' if 'hard' in self.rule.params else 'Mâu thuẫn'}: {self.field.title}"


class _DateWindow(Predicate):
    """A date should lie in the period (Decree 09/2019/NĐ-CP, Article 12: the data of a period close on its cut-off)."""

    name = "date_window"

    def _broken(self, frame: pd.DataFrame) -> pd.Series[bool]:
        import pandas as pd

        value = frame[self.rule.field]
        start, end = (pd.to_datetime(frame[name]) for name in ("#period_start", "#period_end"))
        return _mask((value < start) | (value > end))

    def _broken_formula(self, cells: Cells) -> str:
        ref = cells.ref(self.rule.field)
        start, end = (_date_formula(str(cells.facts[name])) for name in ("period_start", "period_end"))
        return f"IF(ISNUMBER({ref}),OR({ref}<{start},{ref}>={end}+1),FALSE)"

    def _sentence(self, row: Row) -> str:
        from datetime import date

        start, end = (date.fromisoformat(str(row[name])) for name in ("#period_start", "#period_end"))
        held = shown(row.get(self.rule.field), self.field)
        window = f"từ {vietnamese_date(start)} đến {vietnamese_date(end)}"
        return f"«{self.field.title}» là {held}, ngoài kỳ số liệu ({window})."

    def short(self) -> str:
        """As the base."""
        return f"Ngoài kỳ: {self.field.title}"


class _PartOf(Predicate):
    """A part (numerator) may not exceed its whole (denominator)."""

    name = "part_of"

    def reads(self) -> set[str]:
        """As the base, with the whole."""
        return super().reads() | {self.rule.params["whole"]}

    def _broken(self, frame: pd.DataFrame) -> pd.Series[bool]:
        return _mask(frame[self.rule.field] > frame[self.rule.params["whole"]])

    def _broken_formula(self, cells: Cells) -> str:
        part, whole = cells.ref(self.rule.field), cells.ref(self.rule.params["whole"])
        return f"IF(AND(ISNUMBER({part}),ISNUMBER({whole})),{part}>{whole},FALSE)"

    def _sentence(self, row: Row) -> str:
        whole = self.fields[self.rule.params["whole"]]
        values = (shown(row.get(item.name), item) for item in (self.field, whole))
        return "«{}» ({}) lớn hơn «{}» ({}).".format(*_interleave((self.field.title, whole.title), values))

    def short(self) -> str:
        """As the base."""
        return f"Sai: {self.field.title} lớn hơn {self.fields[self.rule.params['whole']].title}"


class OneOf(Predicate):
    """A filled cell must hold an item of its list."""

    name = "one_of"

    def _items(self) -> list[str]:
        return [item.code for item in self.schema.lists[self.field.choices]]

    def _broken(self, frame: pd.DataFrame) -> pd.Series[bool]:
        value = frame[self.rule.field]
        if self.field.type == "measure":  # the frame holds measures as numbers; conversion has judged the words
            return value.isna() & False
        return value.notna() & ~value.isin(self._items())

    def _broken_formula(self, cells: Cells) -> str:
        ref = cells.ref(self.rule.field)
        words = [quoted(item.title) for item in self.schema.lists[self.field.choices]]
        return all_of([f"NOT({blank_formula(ref)})", *[f"{words_formula(ref)}<>{word}" for word in words]])

    def _sentence(self, row: Row) -> str:
        titles = ", ".join(f"«{item.title}»" for item in self.schema.lists[self.field.choices])
        return f"«{self.field.title}» không có trong danh sách; chỉ nhận {titles}."

    def short(self) -> str:
        """As the base."""
        return f"Không có trong danh sách: {self.field.title}"


class _Unique(Predicate):
    """A filled cell may not repeat in the rows of one return."""

    name = "unique"

    def _broken(self, frame: pd.DataFrame) -> pd.Series[bool]:
        value = frame[self.rule.field].astype("string").str.casefold()
        keyed = frame[["#return"]].assign(value=value)
        return keyed.duplicated(keep=False) & value.notna()

    def _broken_formula(self, cells: Cells) -> str:
        ref, column = cells.ref(self.rule.field), cells.column(self.rule.field)
        return f"AND(LEN(TRIM({ref}))>0,SUMPRODUCT(--(TRIM({column})=TRIM({ref})))>1)"

    def _sentence(self, row: Row) -> str:
        return f"«{self.field.title}» trùng với một dòng khác trong biểu."

    def short(self) -> str:
        """As the base."""
        return f"Trùng: {self.field.title}"


PREDICATES: dict[str, type[Predicate]] = {
    item.name: item for item in (RequiredIf, EmptyIf, _EqualsIf, Between, _DateWindow, _PartOf, OneOf, _Unique)
}


def predicates_of(table: Table, schema: Schema) -> tuple[Predicate, ...]:
    """Every rule of a table as a live predicate, in the order in which people should read them."""
    return tuple(PREDICATES[rule.predicate](rule, table, schema) for rule in table.rules)


def _mask(condition: pd.Series[Any]) -> pd.Series[bool]:
    """A comparison with NA in it as a plain mask: what is not there breaks no rule."""
    return condition.fillna(value=False).astype(bool)


def _date_formula(iso: str) -> str:
    year, month, day = (int(part) for part in iso.split("-"))
    return f"DATE({year},{month},{day})"


def _interleave(first: tuple[str, str], second: Iterable[str]) -> list[str]:
    return [part for pair in zip(first, second, strict=True) for part in pair]
