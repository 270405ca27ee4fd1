"""The clock and the person at the keyboard: edges of the program, replaceable in tests and reproducible runs."""

from __future__ import annotations

import datetime as dt
import getpass
import os
from typing import Protocol

from attrs import frozen

from nq57xl.errors import Nq57Error

VIETNAM = dt.timezone(dt.timedelta(hours=7))
"""All times are kept in Vietnamese time (contract: ISO 8601 with +07:00); Viet Nam has no daylight saving."""


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> dt.datetime:
        """The present moment, aware, in +07:00."""
        ...


@frozen
class SystemClock:
    """The machine's clock, to the second.

    NQ57XL_NOW (ISO 8601; without an offset it is Vietnamese time) or SOURCE_DATE_EPOCH (seconds) fix it for
    reproducible runs; the first wins.
    """

    def now(self) -> dt.datetime:
        """The present moment in +07:00. Raises Nq57Error when one of the two variables is unreadable."""
        fixed = _from_environment()
        return fixed or dt.datetime.now(VIETNAM).replace(microsecond=0)


@frozen
class FixedClock:
    """A clock that stands still, for tests."""

    moment: dt.datetime

    def now(self) -> dt.datetime:
        """The one moment, in +07:00."""
        return in_vietnam(self.moment)


def in_vietnam(moment: dt.datetime) -> dt.datetime:
    """The same moment in +07:00; a naive one is taken as Vietnamese time already."""
    return moment.replace(tzinfo=VIETNAM) if moment.tzinfo is None else moment.astimezone(VIETNAM)


def iso(moment: dt.datetime) -> str:
    """ISO 8601 text with +07:00, as the ledger stores every time."""
    return in_vietnam(moment).isoformat()


def who() -> str:
    """Name of the user, best effort: empty when the system does not tell."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def _from_environment() -> dt.datetime | None:
    """The moment that the environment fixes, None when it fixes none."""
    for name in ("NQ57XL_NOW", "SOURCE_DATE_EPOCH"):
        text = os.environ.get(name, "").strip()
        if not text:
            continue
        try:
            if name == "NQ57XL_NOW":
                return in_vietnam(dt.datetime.fromisoformat(text))
            return dt.datetime.fromtimestamp(int(text), VIETNAM)
        except (ValueError, OverflowError, OSError) as error:
            raise Nq57Error(f"Biến môi trường {name} có giá trị «{text}» không đọc được thành thời điểm.") from error
    return None
