"""check: the verdict that collect would give on one file, without recording anything."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs
from attrs import frozen

from nq57xl.commands.answers import form_back
from nq57xl.commands.collect import CollectedFile, copies_of, unpack
from nq57xl.commands.judge import judge, unread
from nq57xl.commands.office import Office
from nq57xl.commands.previous_reports import with_plan_rows
from nq57xl.errors import Nq57Error
from nq57xl.forms.model import Source
from nq57xl.forms.render import render_form
from nq57xl.ledger.store import Ledger
from nq57xl.ledger.workspace import Workspace
from nq57xl.plan.model import Period
from nq57xl.returns.model import JudgedReturn, ReturnRecord
from nq57xl.returns.sources import gather
from nq57xl.rules.findings import ACCEPTED
from nq57xl.text.files import require_new, write_atomic


@frozen
class Checked:
    """What collect would say."""

    period: Period
    returns: tuple[CollectedFile, ...]
    """One for each file: several where an archive or mail was given."""
    recorded: frozenset[str]
    """Hashes of those that the ledger has already: collect would call them duplicates."""
    marked: Path | None = None
    """The marked form, where it was asked for."""

    @property
    def accepted(self) -> bool:
        """Everything in the file would be accepted."""
        return bool(self.returns) and all(item.verdict in ACCEPTED for item in self.returns)


def check_file(
    office: Office,
    path: Path,
    period_code: str | None,
    *,
    passwords: Sequence[str] = (),
    output: Path | None = None,
) -> Checked:
    """The verdict and findings on a file of any kind that collect takes; nothing in the workspace changes.

    `output`: where the marked form is written, as it would go back to the unit. Raises Nq57Error for a path that does
    not exist, a period that was never issued, a target that exists, or a file without exactly one form.
    """
    if path.is_dir():
        raise Nq57Error(f"«{path}» là thư mục: lệnh check kiểm tra một tệp; dùng collect cho cả thư mục.")
    if output is not None:
        require_new(output, "--out")
    with office.reading() as ledger, tempfile.TemporaryDirectory(prefix="nq57xl-") as folder:
        plan, period = office.valid(period_code, ledger)
        sources, copies, problems = _taken(office, ledger, path, Workspace(Path(folder)))
        read = judge(office, ledger, sources, copies, period.code, units=plan.units, passwords=passwords)
        judged = [*problems, *with_plan_rows(office, ledger, plan, period, read)]
        judged = ledger.under_waivers(period.code, judged)
        told = tuple(
            CollectedFile(item.source, item.verdict, item.unit, item.form_period, item.findings) for item in judged
        )
        recorded = frozenset(item.source.sha256 for item in judged if ledger.was_judged(item.source.sha256))
        records = [ReturnRecord(0, period.code, item, office.clock.now()) for item in judged]
        marked = _write_marked(ledger, records, output) if output else None
        return Checked(period, told, recorded, marked)


def _taken(
    office: Office, ledger: Ledger, path: Path, store: Workspace
) -> tuple[Sequence[Source], list[Path], list[JudgedReturn]]:
    """Each content behind the path once, where its copy is read, and what could not be taken out."""
    now = office.clock.now()
    found, problems = gather([path], received=None, now=now, inbox=office.workspace.inbox)
    taken = unpack(store, found, now, lambda sha256: False)
    unique = {source.sha256: source for source in reversed(taken.sources)}
    sources = list(_as_recorded(ledger, reversed(unique.values())))
    refused = [(source, (finding,)) for source, finding in problems]
    copies, uncopied = copies_of(store, taken, sources)
    told = [unread(source, office.in_own_words(why)) for source, why in (*refused, *taken.problems, *uncopied)]
    return [*copies], [*copies.values()], told


def _as_recorded(ledger: Ledger, sources: Iterator[Source]) -> Iterator[Source]:
    """The sources; one that is recorded with the time that the ledger has, which decides what came before it."""
    for source in sources:
        record = ledger.return_by_hash(source.sha256)
        if record is None:
            yield source
            continue
        known = record.judged.source
        yield attrs.evolve(source, received_at=known.received_at, received_basis=known.received_basis, mail_times=())


def _write_marked(ledger: Ledger, records: Sequence[ReturnRecord], output: Path) -> Path:
    forms = [(form_back(ledger, record, record.period), record.judged) for record in records]
    known = [(form, judged) for form, judged in forms if form is not None]
    if len(known) != 1:
        raise Nq57Error(f"Trong tệp có {len(known)} biểu mẫu nhận ra được; --out chỉ dùng khi có đúng một.")
    form, judged = known[0]
    write_atomic(output, render_form(form, judged.values, judged.findings))
    return output
