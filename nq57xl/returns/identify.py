"""Which issued form a workbook is: by texts in its cells, never by names of sheets or files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property

from attrs import frozen

from nq57xl.forms.layout import layout
from nq57xl.forms.model import Form, Slot
from nq57xl.rules.findings import Finding, make
from nq57xl.text.legacy import clean, fold, one_line
from nq57xl.xlsx.cells import RawSheet, RawWorkbook, cell_text, readable

_MARKER = re.compile(r"NQ57\|([0-9a-f]{4,32})\|([A-Za-z_][A-Za-z0-9_-]*)")
_CORNER_ROWS, _CORNER_COLUMNS = 60, 30
"""How far from A1 the marker is looked for: rows and columns may have been inserted before it."""

_META = "_meta"
FIX_SHEET = "fix"
"""Id of the first sheet of a form that was sent back: links, and what a person confirms."""


@frozen
class Marker:
    """The text in the corner of every sheet of a form, and the keys of rows and columns that stand in line with it."""

    raw: RawSheet
    """The sheet that it stands in."""
    short_id: str
    sheet: str
    """Sheet id."""
    row: int = 0
    column: int = 0

    @cached_property
    def columns(self) -> dict[int, str]:
        """Column -> its key."""
        return {
            column: clean(cell_text(cell))
            for (row, column), cell in self.raw.cells.items()
            if row == self.row and column != self.column
        }

    @cached_property
    def rows(self) -> dict[int, str]:
        """Row -> its key, downwards."""
        return {
            row: clean(cell_text(cell))
            for (row, column), cell in sorted(self.raw.cells.items())
            if column == self.column and row != self.row
        }


@frozen
class Identity:
    """What a workbook says of itself; the ledger decides whether it is true."""

    issue_id: str | None
    short_id: str | None
    period: str
    """"" when only the short id is left, as what follows."""
    unit: str
    plan_id: str = ""
    plan_version: str = ""

    def differing_carriers(self, form: Form) -> Iterator[Finding]:
        """Tells what the hidden carriers say otherwise than the form that they led to."""
        carriers = (
            ("mã biểu mẫu", self.issue_id or "", form.issue_id),
            ("mã ngắn", self.short_id or "", form.short_id),
            ("đơn vị", self.unit, form.unit),
            ("kỳ", self.period, form.period.code),
        )
        wrong = [
            f"{name} ghi «{said}», đúng là «{own}»" for name, said, own in carriers if fold(said) not in ("", fold(own))
        ]
        if wrong:
            yield make("IDENTITY_DIFFERS", words={"value": "; ".join(wrong)}, value="; ".join(wrong))


PERIOD_WORDS = "Kỳ báo cáo:"


def marker_of(sheet: RawSheet) -> Marker | None:
    """The marker of a sheet: the one nearest to its top left corner."""
    if marker := _marker_at(sheet, (0, 0)):
        return marker  # as nearly always
    places = sorted(place for place in sheet.cells if place[0] < _CORNER_ROWS and place[1] < _CORNER_COLUMNS)
    return next(filter(None, (_marker_at(sheet, place) for place in places)), None)


def _marker_at(sheet: RawSheet, place: tuple[int, int]) -> Marker | None:
    cell = sheet.cells.get(place)
    text = cell.value if cell is not None else None
    match = _MARKER.fullmatch(text.strip()) if isinstance(text, str) else None
    return Marker(sheet, match[1], match[2], *place) if match else None


def identify(raw: RawWorkbook) -> Identity | None:
    """The identity that the workbook's cells carry; None when there is none."""
    markers = [marker for sheet in raw.sheets if (marker := marker_of(sheet)) is not None]
    counts = Counter(marker.short_id for marker in markers)
    short_id = counts.most_common(1)[0][0] if counts else None
    for marker in markers:
        if marker.sheet == _META:
            cells, column = marker.raw.cells, marker.column + 1
            facts = {one_line(key): one_line(cell_text(cells.get((row, column)))) for row, key in marker.rows.items()}
            if issue_id := facts.get("issue_id", "").lower():
                told = [facts.get(name, "") for name in ("period", "unit", "plan_id", "plan_version")]
                return Identity(issue_id, facts.get("short_id") or short_id, *told)
    return Identity(None, short_id, "", "") if short_id else None


_LIKELY = 0.6
"""Share below which nothing is said to be recognised."""
_TELLING = 8
"""Letters of a text that tells something: numbers and units of measure stand in every form."""


def recognise(raw: RawWorkbook, forms: Sequence[Form]) -> tuple[Form, Finding] | None:
    """The one of the issued forms whose line of unit and period stands in the workbook, with most of its plan texts.

    Beside it how sure that is: a missing identity is an error (contract.md 3.4), what was typed goes back to be
    confirmed. None while two could be meant or none is: another month's form has other dates in that line.
    """
    there = {fold(readable(cell)) for sheet in raw.sheets for cell in sheet.cells.values()}
    # the unit's name first: the texts of a form are laid out anew, which is dear for a hundred of them
    likely = [form for form in forms if any(text.startswith(fold(f"{form.unit_name}.")) for text in there)]
    named = [form for form in likely if _lines(form) & there]
    if len(named) != 1:
        return None
    texts = {fold(slot.text) for slot in _texts(named[0]) if "|" in slot.row_key and len(slot.text) >= _TELLING}
    share = len(texts & there) / len(texts) if texts else 0.0
    words = {"unit": named[0].unit_name, "share": f"{share:.0%}"}
    return (named[0], make("RECOGNISED_BY_CONTENT", words=words)) if share >= _LIKELY else None


def _lines(form: Form) -> set[str]:
    """The lines that name unit and period above the tables."""
    return {
        fold(slot.text)
        for slot in _texts(form)
        if slot.row_key.startswith("@") and slot.text.startswith(f"{form.unit_name}. ")
    }


def _texts(form: Form) -> Iterator[Slot]:
    for sheet in layout(form):
        if not sheet.hidden and sheet.id != "guide":
            yield from (slot for slot in sheet.slots if slot.role == "text" and slot.text)
