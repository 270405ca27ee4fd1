"""Addresses of placed sheets for live formulas: whole columns of rows, and single cells."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import field, frozen

from nq57xl.report.layout import Column, Sheet


def letter_of(columns: Sequence[Column], name: str) -> str:
    """Letters of a column by its name: "AB"."""
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(next(i for i, column in enumerate(columns) if column.name == name)))


@frozen
class Range:
    """Columns of a placed sheet as absolute ranges."""

    sheet: Sheet
    _known: dict[str, str] = field(factory=dict, init=False, repr=False, eq=False)
    """Thousands of formulas name the same few columns."""

    def of(self, name: str) -> str:
        """ "'Phụ lục tổng hợp'!$K$6:$K$99"."""
        if name not in self._known:
            self._known[name] = self._address(name)
        return self._known[name]

    def _address(self, name: str) -> str:
        letter = letter_of(self.sheet.page.columns, name)
        first = (self.sheet.heads[-1] if self.sheet.heads else 0) + 2
        last = max(self.sheet.end + 1, first)
        return f"'{self.sheet.page.name}'!${letter}${first}:${letter}${last}"

    def count(self, **words: str) -> str:
        """A count of the rows whose columns hold those words; a value that begins with "$" is an address."""
        tests = []
        for name, word in words.items():
            quoted = word.replace('"', '""')
            tests += [self.of(name), word if word.startswith("$") else f'"{quoted}"']
        return f"COUNTIFS({','.join(tests)})"
