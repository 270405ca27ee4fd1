"""Which sheet of the file is which sheet of the form: by the marker in its corner, else by what stands in it."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field

from nq57xl.records.form import SheetLayout
from nq57xl.records.returns import RawSheet
from nq57xl.returns.identify import marker_of
from nq57xl.returns.texts import readable
from nq57xl.text.normalise import clean

FIX = "fix"
"""Id of the first sheet of a form that was sent back: links only, nothing is read from it."""
_ENOUGH = 0.5


@define
class Matched:
    """The sheets of a file, sorted out."""

    sheets: dict[str, list[RawSheet]] = field(factory=dict)
    """Sheet id -> its sheets in the file; more than one when the unit copied it."""
    extra: list[RawSheet] = field(factory=list)
    """Sheets that are not the form's."""


def match_sheets(layouts: Sequence[SheetLayout], raws: Sequence[RawSheet], short_id: str) -> Matched:
    """Sorts out the file's sheets. A sheet with another form's marker is extra, whatever its name."""
    matched = Matched()
    known = {layout.id for layout in layouts}
    unmarked: list[RawSheet] = []
    for raw in raws:
        marker = marker_of(raw)
        if marker is None:
            unmarked.append(raw)
        elif marker.short_id == short_id and marker.sheet in known:
            matched.sheets.setdefault(marker.sheet, []).append(raw)
        elif marker.sheet != FIX:
            matched.extra.append(raw)
    missing = [layout for layout in layouts if layout.id not in matched.sheets]
    matched.extra += _by_content(missing, unmarked, matched)
    return matched


def _by_content(missing: Sequence[SheetLayout], unmarked: Sequence[RawSheet], matched: Matched) -> list[RawSheet]:
    """Gives each missing sheet the unmarked one with most of its locked texts; returns what is left."""
    texts = [{clean(readable(cell)) for cell in raw.cells.values()} for raw in unmarked]
    scored = sorted(
        (
            (-_share(layout, there), layout.title != raw.name, number, order)
            for number, layout in enumerate(missing)
            for order, (raw, there) in enumerate(zip(unmarked, texts, strict=True))
        ),
    )
    taken: set[int] = set()
    for score, _, number, order in scored:
        layout = missing[number]
        if -score >= _ENOUGH and order not in taken and layout.id not in matched.sheets:
            matched.sheets[layout.id] = [unmarked[order]]
            taken.add(order)
    return [raw for order, raw in enumerate(unmarked) if order not in taken]


def _share(layout: SheetLayout, there: set[str]) -> float:
    """How much of the sheet's plan texts, or of its keys, is there: either may be gone altogether."""
    shares = []
    for role in ("text", "key"):
        issued = {clean(slot.text) for slot in layout.slots if slot.role == role and slot.text}
        shares.append(len(issued & there) / len(issued) if issued else 0.0)
    return max(shares)
