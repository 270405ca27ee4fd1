"""A form as it is issued to one unit for one period, every cell of it, what is typed there and was reported before."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any, Literal

import msgspec
from attrs import evolve, field, frozen

from nq57xl.forms.wording import AGAIN, NOTES, shorten
from nq57xl.plan.model import Period
from nq57xl.rules.schema import (
    CellValue,
    Facts,
    Schema,
    SheetSpec,
    vietnamese_date,
    vietnamese_number,
    vietnamese_percent,
)
from nq57xl.text.addresses import a1
from nq57xl.text.legacy import fold

FormCell = tuple[str, str, str]
"""(table, row key, field): which cell of a form, wherever it stands."""

ReceivedBasis = Literal["mail", "option", "folder", "first_seen", "corrected"]
"""`corrected`: put right by the office afterwards, with a reason."""


@frozen
class Source:
    """One file that was handed in."""

    path: str
    """As given, or archive.zip!member."""
    name: str
    """File name alone."""
    sha256: str
    size: int
    received_at: datetime
    received_basis: ReceivedBasis
    sender: str = ""
    """Of the mail that brought it: "Phòng A <a@x.vn>"; "" where it came otherwise."""
    subject: str = ""
    """Of that mail."""
    mail_times: tuple[datetime, ...] = ()
    """When the mail says that it came, the most trusted first; which is believed is seen once the form is known."""
    saved_at: datetime | None = None
    """When the file was saved, as it or its folder tells: of several with one time of receipt the last counts."""


PREFILLED = "Lập sẵn từ"
"""How what is kept of a value begins that stood in the cell when the form was issued, and was left there."""


@frozen
class Value:
    """One typed cell: a row of the tidy table."""

    table: str
    key: str
    field: str
    typed: str
    """As typed, as text."""
    value: CellValue
    sheet: str
    """Sheet name as in the file sent."""
    cell: str
    """A1 address as in the file sent."""
    origin: Source | None = None
    """The file that it stands in, where that is another than the return's own: another half, the office's edits."""
    stated: str = ""
    """The unit said it by a statement, or "như kỳ trước": which one, in which cell; "" for what was typed as it is.

    Of a cell that was filled in when the form was issued, and left so: from what (`PREFILLED`).
    """

    @property
    def form_cell(self) -> FormCell:
        """Which cell of the form it is."""
        return self.table, self.key, self.field

    @property
    def where(self) -> dict[str, Any]:
        """Its place as a finding names it."""
        return {"sheet": self.sheet, "cell": self.cell, "table": self.table, "task": self.key, "field": self.field}

    def says(self, other: Value) -> bool:
        """Both were understood as the same, however they were typed."""
        one, two = self.value, other.value
        if isinstance(one, int | float) and isinstance(two, int | float):
            return math.isclose(one, two, rel_tol=1e-9)
        if isinstance(one, str) and isinstance(two, str):
            return fold(one) == fold(two)
        return one == two

    @property
    def by_statement(self) -> bool:
        """It is in no cell of its row: a statement stands for it."""
        return bool(self.stated) and not self.stated.startswith(PREFILLED)

    @property
    def text(self) -> str:
        """A text as it was understood; as it was typed where it was not."""
        return (self.value if isinstance(self.value, str) else self.typed).strip()

    def content(self, schema: Schema) -> CellValue:
        """What its cell in a form holds: what the unit had entered, else the text that was typed."""
        field = schema.table(self.table).field(self.field)
        if self.by_statement:
            return AGAIN if field.again and self.stated.startswith(AGAIN) else None
        if self.value is None:
            return self.typed.strip() or None
        if isinstance(self.value, str) and field.choices:
            return self.choice(schema, field.choices)
        # Excel holds neither days before 1900 nor infinite numbers: what was typed goes back as text
        before_excel = isinstance(self.value, date) and self.value.year < 1900
        infinite = isinstance(self.value, float) and not math.isfinite(self.value)
        return self.typed if before_excel or infinite else self.value

    def choice(self, schema: Schema, name: str) -> str:
        """The words of a chosen code, of the list of that name; "" for a value that is none."""
        words = {item.code: item.title for item in schema.lists.get(name, ())}
        return words.get(self.value, self.value) if isinstance(self.value, str) else ""

    def number(self, *, percent: bool) -> str:
        """A number as people read it here; what was typed where it is none."""
        if not isinstance(self.value, int | float):
            return shorten(self.typed, _RESULT)
        return vietnamese_percent(self.value) if percent else vietnamese_number(self.value)


def cells_of(values: Iterable[Value]) -> dict[FormCell, Value]:
    """Typed cells by their key."""
    return {item.form_cell: item for item in values}


@frozen
class FormRow:
    """One row of a table in a form."""

    key: str
    """Task or indicator code, "01".. for a free row, the table's name for a card or statement."""
    texts: dict[str, str] = field(factory=dict)
    """Locked texts by column name."""
    facts: Facts = field(factory=dict)
    """What rules need to know: overdue, due, measure ..."""
    section: str = ""
    """Number of the section or group whose heading stands above."""
    before: tuple[Value, ...] = ()
    """What the last accepted return said of it, with its file: the answer of a row that may be "như kỳ trước"."""
    open: bool = True
    """False: done before the period; shown, locked, nothing to fill in."""


@frozen
class FormTable:
    """The rows of one kind in a form."""

    table: str
    rows: tuple[FormRow, ...]
    sections: dict[str, str] = field(factory=dict)
    """Section number -> heading, in order."""


@frozen
class EarlierAnswer:
    """What the last accepted return of a unit said of one row, in an earlier period."""

    period: str
    """Code: "2026-04"."""
    title: str
    """In words: "tháng 4/2026"."""
    values: dict[str, Value]
    """By field; a blank cell is not here."""
    source: Source | None = None
    """The file that said it."""
    still: int = 0
    """For how many periods in a row, this one included, the percentage of a row in progress has been what it is."""
    measure: str = ""
    """How an indicator was measured in the form that was answered: a plan may be amended since; "" where not known."""
    questioned: bool = False
    """A warning on the row is still open, or the unit asked to open it again: not closed as done (contract.md 3.1)."""

    @cached_property
    def held(self) -> dict[str, CellValue]:
        """What was understood of it, by field."""
        return {name: item.value for name, item in self.values.items()}

    @property
    def is_done(self) -> bool:
        """The row was reported as done."""
        return self.held.get("progress") == "done"

    @property
    def repeats(self) -> int:
        """For how many periods in a row the row has been answered as before."""
        progress = self.values.get("progress")
        found = _REPEATED.search(progress.stated) if progress else None
        return int(found[1]) if found else 0

    @property
    def ratio(self) -> float | None:
        """What numerator and denominator came to, where both were told."""
        part, whole = self.held.get("numerator"), self.held.get("denominator")
        if not isinstance(part, int | float) or not isinstance(whole, int | float) or not whole:
            return None
        return part / whole

    @property
    def done_words(self) -> str:
        """What a locked row says in place of its progress: that it is done, and since when."""
        day = self.held.get("completion_date")
        return f"{DONE_BEFORE} (ngày {vietnamese_date(day)})" if isinstance(day, date) else DONE_BEFORE

    @property
    def whole_result(self) -> str:
        """A note with the result on one line, where `led_words` abridges it; else ""."""
        result = self.values.get("result") if "progress" in self.values else None
        whole = " ".join(result.text.split()) if result is not None else ""
        return f"{NOTES['before']} ({self.title}): {whole}" if len(whole) > _RESULT else ""

    def led_words(self, schema: Schema) -> str:
        """ "Tháng 4/2026: Đang thực hiện, 45% – Đã trình dự thảo lần 2"; "Chưa có" where nothing was reported."""
        if "progress" not in self.values:
            return _NOTHING
        words = [self.values["progress"].choice(schema, "progress")]
        if "percent" in self.values:
            words.append(self.values["percent"].number(percent=True))
        result = f" – {shorten(self.values['result'].text, _RESULT)}" if "result" in self.values else ""
        return f"{self.title[:1].upper()}{self.title[1:]}: {', '.join(words)}{result}"

    def indicator_words(self, schema: Schema) -> str:
        """The value or the quotient ("70,8% (85/120)"), or that there were no data, with the period on its own line.

        "Chưa có" alone: the unit said nothing, or there is no accepted return.
        """
        values, percent = self.values, self.measure == "percent"
        if "value" in values:
            words = values["value"].choice(schema, "yes_no") or values["value"].number(percent=percent)
        elif "numerator" in values and "denominator" in values:
            words = "/".join(values[name].number(percent=False) for name in ("numerator", "denominator"))
            if percent and self.ratio is not None:
                words = f"{vietnamese_percent(round(self.ratio, 3))} ({words})"
        elif "no_data" in values:
            words = "Chưa có số liệu"
        else:
            return _NOTHING
        return f"{words}\n{self.title}"


DONE_BEFORE = "Đã hoàn thành trước kỳ"
"""What stands in place of the progress of a row that is locked, where no report says since when."""
_NOTHING = "Chưa có"
_RESULT = 160
"""Characters of what was reported before that are repeated in a cell."""
_REPEATED = re.compile(r"kỳ thứ ([0-9]+) liên tiếp")


RECEIVED = "received"
"""Table of what supporting units reported."""


@frozen
class SupporterAnswer:
    """What a supporting unit reported in this period on a row that the form's unit leads."""

    task: str
    """Code."""
    unit: str
    """Code of the supporting unit."""
    name: str
    text: str


@frozen
class Form:
    """Everything that is needed to render a form, and later to judge what comes back."""

    issue_id: str
    """Random, known to the ledger; text in the veryHidden sheet."""
    short_id: str
    """First characters of it, in a locked cell of every sheet."""
    version: int
    """1, 2 ... of this unit and period: grows when the plan changed."""
    plan_id: str
    plan_version: str
    """Content hash of the plan."""
    plan_title: str
    agency: str
    parent: str
    place: str
    unit: str
    """Code."""
    unit_name: str
    gatherer: str
    """Name of the unit that gathers."""
    recipient: str
    period: Period
    issued_on: date
    year: int
    schema: Schema
    tables: tuple[FormTable, ...]
    guide: tuple[str, ...] = ()
    """Lines of the first sheet, rendered once from its template: what was issued stays what was issued."""
    values: tuple[Value, ...] = ()
    """What stands in its entry cells from the start: a form issued again to a unit that has already typed."""

    cells: tuple[SheetLayout, ...] = ()
    """Every cell as it was issued: what a later program lays out otherwise never judges it. Empty: not issued."""

    @cached_property
    def rows(self) -> dict[tuple[str, str], FormRow]:
        """Every row by its table and key."""
        return {(table.table, row.key): row for table in self.tables for row in table.rows}

    @cached_property
    def facts(self) -> dict[tuple[str, str], Facts]:
        """(table, row key) -> what rules need to know of the row."""
        return {key: row.facts for key, row in self.rows.items()}

    def table(self, name: str) -> FormTable | None:
        """The rows of that kind, None when the unit has none."""
        return next((item for item in self.tables if item.table == name), None)

    @property
    def sheets(self) -> tuple[SheetSpec, ...]:
        """The sheets of the schema whose table has rows in this form."""
        return tuple(spec for spec in self.schema.sheets if self.table(spec.table) is not None and not spec.under)

    def blocks(self, spec: SheetSpec) -> tuple[SheetSpec, ...]:
        """The tables of a sheet, from its top down: its own, then those that stand under it."""
        below = (item for item in self.schema.sheets if item.under == spec.id and self.table(item.table) is not None)
        return (spec, *below)

    @property
    def received(self) -> tuple[SupporterAnswer, ...]:
        """What the supporters had reported when the form was issued, as `build_form` takes it."""
        table = self.table(RECEIVED)
        texts: dict[tuple[str, str, str], list[str]] = {}
        for row in table.rows if table else ():
            place = (str(row.facts["task"]), str(row.facts["unit"]), row.texts["unit"])
            texts.setdefault(place, []).append(row.texts["text"])
        return tuple(SupporterAnswer(*place, "\n".join(parts)) for place, parts in texts.items())

    def with_added_rows(self, values: Sequence[Value]) -> Form:
        """The form with a row for every free row that the unit added beyond the prepared ones."""
        tables = []
        for table in self.tables:
            rows = list(table.rows)
            if self.schema.table(table.table).free:
                known = {row.key for row in rows}
                keys = (item.key for item in values if item.table == table.table and item.key not in known)
                for key in dict.fromkeys(keys):
                    rows.append(FormRow(key, {"number": str(len(rows) + 1)}, dict(rows[0].facts)))
            tables.append(evolve(table, rows=tuple(rows)))
        return self if tuple(tables) == self.tables else evolve(self, tables=tuple(tables), cells=())


CellPlace = tuple[str, int, int]
"""Sheet id, row and column, both 0-based."""


class Slot(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One cell of a form's layout: where it stands and what belongs in it.

    A form has a thousand of them, and a run reads thousands of forms: hence a record that is read from JSON as it is.
    """

    sheet: str
    """Sheet id."""
    row: int
    """0-based."""
    col: int
    """0-based."""
    row_key: str
    """Text in the hidden key column of that row."""
    col_key: str
    """Text in the hidden key row of that column."""
    role: Literal["text", "entry", "check", "formula", "key"]
    text: str = ""
    """What stands in a locked cell."""
    table: str = ""
    key: str = ""
    """Row key within the table, for `entry` and `check`."""
    field: str = ""
    also: tuple[str, ...] = ()
    """Further fields that stand in the same entry cell (Field.within)."""

    @property
    def place(self) -> CellPlace:
        """Where it stands."""
        return self.sheet, self.row, self.col

    @property
    def form_cell(self) -> FormCell:
        """Which cell of the form it is, where it is an entry cell."""
        return self.table, self.key, self.field

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields that stand in it."""
        return (self.field, *self.also)


@frozen
class SheetLayout:
    """Every cell of one sheet, in reading order."""

    id: str
    title: str
    """Tab name."""
    slots: tuple[Slot, ...]
    hidden: bool = False

    @cached_property
    def locked(self) -> dict[tuple[int, int], str | None]:
        """By row and column the texts that must come back; None: a formula."""
        return {
            (slot.row, slot.col): slot.text if slot.role in ("text", "key") else None
            for slot in self.slots
            if slot.role != "entry" and (slot.text or slot.role not in ("text", "key"))
        }

    @cached_property
    def entries(self) -> dict[tuple[int, int], Slot]:
        """Its entry cells by row and column, in reading order."""
        return {(slot.row, slot.col): slot for slot in self.slots if slot.role == "entry"}

    @cached_property
    def lines(self) -> tuple[dict[int, int], dict[int, int]]:
        """Its rows and its columns that have a key, each at its own place."""
        return {slot.row: slot.row for slot in self.slots if slot.row_key}, {
            slot.col: slot.col for slot in self.slots if slot.col_key
        }

    @cached_property
    def entry_rows(self) -> tuple[tuple[Slot, ...], ...]:
        """Its entry cells, those of one row together."""
        rows: dict[int, list[Slot]] = {}
        for slot in self.entries.values():
            rows.setdefault(slot.row, []).append(slot)
        return tuple(map(tuple, rows.values()))

    @cached_property
    def entry_places(self) -> dict[FormCell, tuple[str, str]]:
        """(tab, A1 address) of each field that stands in an entry cell, as issued."""
        return {
            (slot.table, slot.key, name): (self.title, a1(*place))
            for place, slot in self.entries.items()
            for name in slot.fields
        }
