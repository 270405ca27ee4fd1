"""What was handed in, file by file: archives and mails are archived themselves, opened, and their members archived."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import attrs
from attrs import frozen

from nq57xl.ledger.archive import archive_bytes, archive_file
from nq57xl.ledger.store import Ledger
from nq57xl.ledger.workspace import Workspace
from nq57xl.records.findings import Finding
from nq57xl.records.returns import Source
from nq57xl.returns.containers import container_kind, members

Problem = tuple[Source, tuple[Finding, ...]]


@frozen
class Unpacked:
    """Files to judge, in order, and where each is read."""

    sources: tuple[Source, ...]
    copies: dict[str, Path]
    """SHA-256 -> copy in the archive, for files that came inside others."""
    problems: tuple[Problem, ...]
    """What could not be taken out, with the reasons."""


def unpack(store: Workspace, found: Sequence[Source], now: datetime, known: Callable[[str], bool]) -> Unpacked:
    """The files behind the sources; copies are kept in the store's archive.

    A container that was refused as a whole before (`known`, by SHA-256) stays one file, a duplicate.
    """
    sources: list[Source] = []
    copies: dict[str, Path] = {}
    problems: list[Problem] = []
    for source in found:
        if known(source.sha256) or container_kind(Path(source.path)) is None:
            sources.append(source)
            continue
        copy = archive_file(store, Path(source.path), source.sha256)
        for member in members(source, copy, now) if copy else ():
            if member.findings:
                problems.append((member.source, member.findings))
                continue
            sha256 = member.source.sha256
            copies[sha256] = archive_bytes(store, member.data, sha256, member.source.name)
            sources.append(member.source)
    return Unpacked(tuple(sources), copies, tuple(problems))


def copies_of(store: Workspace, taken: Unpacked, sources: Sequence[Source]) -> list[Path]:
    """Where each source is read: its copy in the store's archive, made now where it is a file of its own.

    What is judged is what is kept, whatever happens to the files handed in meanwhile.
    """
    copies = (
        taken.copies.get(source.sha256) or archive_file(store, Path(source.path), source.sha256) for source in sources
    )
    return [path for path in copies if path]


def dated(ledger: Ledger, sources: Sequence[Source], now: datetime) -> list[Source]:
    """The sources with the time at which the ledger first met their content, also in a run that was cut short.

    A member that came in an archive was here when the archive was.
    """
    times = ledger.first_seen(sources, now)
    return [
        attrs.evolve(source, received_at=min(times[source.sha256], source.received_at))
        if source.received_basis == "first_seen" and source.sha256 in times
        else source
        for source in sources
    ]
