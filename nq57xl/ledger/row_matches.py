"""Which own rows answer the rows of a superior plan, as the office decided it: kept as events, the newest holds."""

from __future__ import annotations

from collections.abc import Sequence

from nq57xl.ledger.store import Ledger
from nq57xl.plan.refine import RowMatch, RowPlace
from nq57xl.rules.codec import CONVERTER

_EVENT = "upward_match"


def row_matches(ledger: Ledger, plan_id: str) -> dict[RowPlace, RowMatch]:
    """The newest decision on each row of the superior plan of that id."""
    noted = [event.detail for event in ledger.events() if event.what == _EVENT and event.detail["plan_id"] == plan_id]
    found = [CONVERTER.structure(row, RowMatch) for detail in noted for row in detail["rows"]]
    return {match.place: match for match in found}


def record_matches(ledger: Ledger, plan_id: str, versions: tuple[str, str], matches: Sequence[RowMatch]) -> None:
    """Notes decisions; `versions`: of the superior plan and of the office's own, between which they were made."""
    superior, own = versions
    rows = CONVERTER.unstructure(tuple(matches))
    ledger.event(
        _EVENT,
        {
            "plan_id": plan_id,
            "superior_version": superior,
            "plan_version": own,
            "rows": rows,
            "text": f"{plan_id}: {len(rows)} dòng",
        },
    )
