"""A workbook that lost its identity sheet, short ids and keys: known by what is printed in it, or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

from nq57xl.forms.layout import layout
from nq57xl.records.findings import Finding
from nq57xl.records.form import Form, Slot
from nq57xl.records.returns import RawWorkbook
from nq57xl.returns.texts import readable
from nq57xl.rules.catalogue import make
from nq57xl.text.normalise import fold

LIKELY = 0.6
"""Share below which nothing is said to be recognised."""
_TELLING = 8
"""Letters of a text that tells something: numbers and units of measure stand in every form."""


@frozen
class Recognised:
    """The form that a workbook must be, and how much of it is there."""

    form: Form
    share: float
    """Of the plan's texts in its rows, 0 to 1."""


def recognise(raw: RawWorkbook, forms: Sequence[Form]) -> Recognised | None:
    """The one of the issued forms whose line of unit and period stands in the workbook, with most of its plan texts.

    None while two could be meant or none is: another month's form has other dates in that line.
    """
    there = {fold(readable(cell)) for sheet in raw.sheets for cell in sheet.cells.values()}
    # the unit's name first: the texts of a form are laid out anew, which is dear for a hundred of them
    likely = [form for form in forms if any(text.startswith(fold(f"{form.unit_name}.")) for text in there)]
    named = [form for form in likely if _lines(form) & there]
    if len(named) != 1:
        return None
    texts = _plan_texts(named[0])
    share = len(texts & there) / len(texts) if texts else 0.0
    return Recognised(named[0], share) if share >= LIKELY else None


def recognised_finding(found: Recognised) -> Finding:
    """Tells the confidence. A missing identity is an error (contract): what was typed goes back to be confirmed."""
    return make("RECOGNISED_BY_CONTENT", words={"unit": found.form.unit_name, "share": f"{found.share:.0%}"})


def _lines(form: Form) -> set[str]:
    """The lines that name unit and period above the tables."""
    return {
        fold(slot.text)
        for slot in _texts(form)
        if slot.row_key.startswith("@") and slot.text.startswith(f"{form.unit_name}. ")
    }


def _plan_texts(form: Form) -> set[str]:
    return {fold(slot.text) for slot in _texts(form) if "|" in slot.row_key and len(slot.text) >= _TELLING}


def _texts(form: Form) -> Iterator[Slot]:
    for sheet in layout(form):
        if not sheet.hidden and sheet.id != "guide":
            yield from (slot for slot in sheet.slots if slot.role == "text" and slot.text)
