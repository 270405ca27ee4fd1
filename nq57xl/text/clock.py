"""The clock and the person at the keyboard: edges of the program, replaceable in tests and reproducible runs."""

from __future__ import annotations

import datetime as dt
import getpass
from collections.abc import Mapping
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
    """The machine's clock, to the second."""

    def now(self) -> dt.datetime:
        """The present moment in +07:00."""
        return dt.datetime.now(VIETNAM).replace(microsecond=0)


@frozen
class FixedClock:
    """A clock that stands still, for tests and reproducible runs."""

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


def clock_of(environment: Mapping[str, str]) -> Clock:
    """The clock that the environment asks for: the machine's, unless a variable fixes it for reproducible runs.

    NQ57XL_NOW (ISO 8601; without an offset it is Vietnamese time) comes before SOURCE_DATE_EPOCH (seconds). Raises
    Nq57Error when the one that counts is unreadable.
    """
    for name in ("NQ57XL_NOW", "SOURCE_DATE_EPOCH"):
        text = environment.get(name, "").strip()
        if not text:
            continue
        try:
            if name == "NQ57XL_NOW":
                return FixedClock(dt.datetime.fromisoformat(text))
            return FixedClock(dt.datetime.fromtimestamp(int(text), VIETNAM))
        except (ValueError, OverflowError, OSError) as error:
            raise Nq57Error(f"Biến môi trường {name} có giá trị «{text}» không đọc được thành thời điểm.") from error
    return SystemClock()
