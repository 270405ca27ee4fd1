"""collect --combine over what was collected before: a return made of the newest of a unit and those before it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import PurePath

import attrs

from nq57xl.commands.judge import Manner, judge
from nq57xl.commands.office import Office
from nq57xl.forms.render import render_form
from nq57xl.ledger.archive import archive_bytes, archived
from nq57xl.ledger.store import Ledger
from nq57xl.records.ledger import Judged, ReturnRecord
from nq57xl.records.plan import Period, Plan
from nq57xl.records.returns import Source

_SUFFIX = " (ghép).xlsx"


def recombined(
    office: Office, ledger: Ledger, plan: Plan, period: Period, given: Sequence[Source], *, busy: Collection[str]
) -> tuple[Judged, ...]:
    """For each unit whose newest return is among the known files given: what it says with its blanks filled.

    It is a return of its own, beside those that it is made of: its file is the form with everything in it, archived
    by its own hash, and each value names the file in which it was typed. A unit of which this run took in something
    new (`busy`) is left out, as is one where nothing is to be filled.
    """
    known = {source.sha256 for source in given}
    newest: dict[str, ReturnRecord] = {}
    for record in sorted(ledger.returns(period.code), key=lambda record: record.order):
        if record.judged.unit and record.judged.form_period == period.code and not record.excluded:
            newest[record.judged.unit] = record
    found = [item.judged.source for unit, item in newest.items() if unit not in busy]
    return tuple(_joined(office, ledger, plan, period, [source for source in found if source.sha256 in known]))


def _joined(office: Office, ledger: Ledger, plan: Plan, period: Period, sources: Sequence[Source]) -> Iterator[Judged]:
    copies = {source.sha256: archived(office.workspace, source.sha256) for source in sources}
    there = [(source, copy) for source in sources if (copy := copies[source.sha256]) is not None]
    manner = Manner(combine=True)
    read = judge(
        ledger,
        [source for source, _ in there],
        [copy for _, copy in there],
        period.code,
        units=plan.units,
        manner=manner,
    )
    for item in read:
        if any(value.origin is not None for value in item.values):
            yield _as_return(office, ledger, item)


def _as_return(office: Office, ledger: Ledger, item: Judged) -> Judged:
    """The combined answer with a file of its own."""
    form = ledger.form_by_id(item.issue_id or "")
    assert form is not None  # it was just judged by it
    data = render_form(form, item.values)
    sha256, own = hashlib.sha256(data).hexdigest(), item.source
    name = PurePath(own.name).stem + _SUFFIX
    path = own.path[: len(own.path) - len(own.name)] + name
    archive_bytes(office.workspace, data, sha256, name)
    values = tuple(attrs.evolve(value, origin=value.origin or own) for value in item.values)
    source = attrs.evolve(own, path=path, name=name, sha256=sha256, size=len(data))
    return attrs.evolve(item, source=source, values=values)
