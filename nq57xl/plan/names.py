"""Names that change with time: an agency is renamed, its older papers keep the older name."""

from __future__ import annotations

from datetime import date

from nq57xl.records.plan import DatedName


def name_on(names: tuple[DatedName, ...], day: date) -> str:
    """The name valid on that day, the newest when several are.

    On a day that no validity covers: the last name that had begun, else the first of all; empty when there is none.
    """
    if not names:
        return ""
    begun = [item for item in names if item.valid_from is None or item.valid_from <= day]
    valid = [item for item in begun if item.valid_to is None or item.valid_to >= day]
    chosen = valid or begun or [names[0]]
    return sorted(chosen, key=lambda item: item.valid_from or date.min)[-1].name
