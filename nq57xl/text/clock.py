"""The clock, an edge of the program: replaceable in tests and reproducible runs; and times as Viet Nam has them."""

from __future__ import annotations

import datetime as dt

from attrs import frozen

VIETNAM = dt.timezone(dt.timedelta(hours=7))
"""All times are kept in Vietnamese time (contract.md 6: ISO 8601 with +07:00); Viet Nam has no daylight saving."""


@frozen
class Clock:
    """The machine's clock; with a moment one that stands still there: for tests and reproducible runs."""

    moment: dt.datetime | None = None

    def now(self) -> dt.datetime:
        """The present moment, aware, in +07:00, the machine's to the second; or the one that the clock stands at."""
        return dt.datetime.now(VIETNAM).replace(microsecond=0) if self.moment is None else in_vietnam(self.moment)


def in_vietnam(moment: dt.datetime) -> dt.datetime:
    """The same moment in +07:00; a naive one is taken as Vietnamese time already."""
    try:
        return moment.replace(tzinfo=VIETNAM) if moment.tzinfo is None else moment.astimezone(VIETNAM)
    except OverflowError:  # within hours of the first or the last day that there is
        return moment.replace(tzinfo=VIETNAM)


def iso(moment: dt.datetime) -> str:
    """ISO 8601 text with +07:00, as the ledger stores every time."""
    return in_vietnam(moment).isoformat()


def moment_words(moment: dt.datetime | None) -> str:
    """ "08:05 ngày 17/04/2026"; "" for none. The clock of the record itself is shown (+07:00).

    Midnight sharp is a day of which nobody knows the hour: "ngày 17/04/2026".
    """
    if moment is None:
        return ""
    hour = "" if moment.time() == dt.time() else f"{moment:%H:%M} "
    return f"{hour}ngày {moment:%d/%m/%Y}"
