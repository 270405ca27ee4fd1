"""A typed cell of a form, and the file that it stands in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from attrs import frozen

from nq57xl.rules.schema import CellValue

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
    def by_statement(self) -> bool:
        """It is in no cell of its row: a statement stands for it."""
        return bool(self.stated) and not self.stated.startswith(PREFILLED)


def cells_of(values: Iterable[Value]) -> dict[FormCell, Value]:
    """Typed cells by their key."""
    return {(item.table, item.key, item.field): item for item in values}
