"""A stand-in for collect, and what watch said."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from nq57xl.commands.answers import Answers
from nq57xl.commands.collect import Collected
from nq57xl.commands.office import Office
from nq57xl.commands.watch import WatchNews
from nq57xl.forms.model import Source
from nq57xl.returns.model import JudgedReturn
from tests.ledger_kit import NOON, digest
from tests.samples import sample_period

DUE = dt.date(2026, 4, 17)


def workbook() -> bytes:
    """A small archive, whole."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as parts:
        parts.writestr("a.txt", "x" * 2000)
    return buffer.getvalue()


class Fake:
    """A collect that remembers what it was asked for, and fails when told to."""

    def __init__(self) -> None:
        self.runs: list[list[str]] = []
        self.known: set[str] = set()
        self.told: list[tuple[str, int]] = []
        self.fail: Callable[[Sequence[Path]], Exception | None] = lambda paths: None

    def __call__(self, office: Office, given: Sequence[Path], period: str, *, root: Path) -> Collected:
        self.runs.append([path.name for path in given])
        error = self.fail(given)
        if error is not None:
            raise error
        taken = tuple(
            JudgedReturn(
                Source(str(path), path.name, digest(path.name), 1, NOON, "first_seen"),
                "duplicate" if path.name in self.known else "accepted",
                "VP",
                period,
                None,
            )
            for path in given
        )
        self.known |= {path.name for path in given}
        self.told += [(path.name, path.stat().st_mtime_ns) for path in given]
        answers = Answers(root / "kiem-tra.xlsx", root, ())
        return Collected(sample_period(), taken, (), answers)


def messages(news: Iterator[WatchNews]) -> list[str]:
    return [item.message for item in news if item.message]


def names(news: Iterator[WatchNews]) -> list[str]:
    return [one.source.name for item in news if item.collected for one in item.collected.returns]
