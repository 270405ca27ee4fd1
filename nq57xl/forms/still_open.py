"""Whether a point of a form that came back is still open, as a formula: marks and the list "Cần sửa" clear by it.

A point that the row's live check names is open while the check names it, an error while it names an error of the cell;
another one while its cell holds what it held.
A warning is answered by an explanation in its row as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from attrs import field, frozen

from nq57xl.forms.asked import content_of
from nq57xl.forms.live_check import checks_of, entries_of, parts_of
from nq57xl.forms.model import CellPlace, Form, FormCell, SheetLayout, Slot, Value
from nq57xl.rules.findings import REMARKED, Finding
from nq57xl.rules.rows import all_of, any_of, blank_formula, quoted
from nq57xl.text.addresses import letters_of
from nq57xl.xlsx.cells import days_of
from nq57xl.xlsx.write import cell_text, sheet_prefix, utf16_units

_EXPLANATION = "explanation"
_COMPARED = 100
"""Letters of a text that are compared, with its length: a formula holds no text over 255."""


@frozen
class OpenPoints:
    """The form as it goes back: its cells, what they hold, what its checks say."""

    form: Form
    sheets: Sequence[SheetLayout]
    values: Mapping[FormCell, Value]
    checks: Mapping[CellPlace, str | int]
    _entries: Mapping[FormCell, Slot] = field(init=False)
    _checks_of_rows: Mapping[tuple[str, str], Sequence[Slot]] = field(init=False)
    """(table, key) -> check cells that speak of the row."""
    _errors: dict[tuple[str, str], list[str]] = field(init=False, factory=dict)
    """(table, field) of a check -> what it says of errors."""

    @_entries.default
    def _entry_cells(self) -> Mapping[FormCell, Slot]:
        return entries_of(self.sheets)

    @_checks_of_rows.default
    def _row_checks(self) -> Mapping[tuple[str, str], Sequence[Slot]]:
        found: dict[tuple[str, str], list[Slot]] = {}
        for slot in checks_of(self.sheets):
            found.setdefault((slot.table, slot.key), []).append(slot)
        return found

    def formula(self, finding: Finding, slot: Slot, *, own: bool) -> str:
        """Condition that is TRUE while the point is open; `own`: for use on the cell's own sheet."""
        remarked = finding.code == REMARKED  # of which the row's check knows nothing
        parts = [self._unchanged(slot, self._ref(slot, own=own)) if remarked else self._wrong(finding, slot, own=own)]
        answer = (slot.table, slot.key, _EXPLANATION)
        explanation = None if answer in self.values else self._entries.get(answer)
        if finding.severity == "warning" and explanation is not None and explanation.sheet == slot.sheet:
            parts.append(blank_formula(self._ref(explanation, own=own)))
        return all_of(parts)

    def _wrong(self, finding: Finding, slot: Slot, *, own: bool) -> str:
        checks = self._checks_of_rows.get((slot.table, slot.key), ())
        check = next((item for item in checks if item.field in ("", slot.field)), None)
        title = self.form.schema.table(slot.table).field(slot.field).title
        said = str(self.checks.get(check.place, "")) if check is not None else ""
        if check is None or check.sheet != slot.sheet or title not in said:
            return self._unchanged(slot, self._ref(slot, own=own))
        ref = self._ref(check, own=own)
        # an error is put right though the check then asks to explain or to look again
        errors = self._errors_told(check, title) if finding.severity == "error" else []
        words = errors if any(text in said for text in errors) else [title]
        return any_of([f"ISNUMBER(FIND({quoted(text)},{ref}))" for text in words])

    def _errors_told(self, check: Slot, title: str) -> list[str]:
        """What the check says of errors in the field of that title."""
        key = (check.table, check.field)
        if key not in self._errors:
            parts = parts_of(self.form, self.form.schema.table(check.table), check)
            errors = [text for text, group in parts.items() if any(item.rule.severity == "error" for item in group)]
            self._errors[key] = errors
        return [text for text in self._errors[key] if title in text]

    def _unchanged(self, slot: Slot, ref: str) -> str:
        content = content_of(self.form, self.values.get((slot.table, slot.key, slot.field)))
        if content is None or content == "":
            return blank_formula(ref)
        if isinstance(content, str):
            text = cell_text(content)
            start = text.split("\n")[0][:_COMPARED]
            return f"AND(ISTEXT({ref}),LEN({ref})={utf16_units(text)},LEFT({ref},{utf16_units(start)})={quoted(start)})"
        number = days_of(content) if isinstance(content, date) else content
        return f"AND(ISNUMBER({ref}),ABS(N({ref})-{number!r})<0.000001)"

    def _ref(self, slot: Slot, *, own: bool) -> str:
        """Through the whole column, as the live checks do."""
        title = next(sheet.title for sheet in self.sheets if sheet.id == slot.sheet)
        letters = letters_of(slot.col)
        return f"INDEX({'' if own else sheet_prefix(title)}${letters}:${letters},{slot.row + 1})"
