"""collect: returned workbooks are taken in, judged, recorded, answered; check: the same verdict, nothing recorded."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import chain
from pathlib import Path, PurePath
from typing import Any

import attrs
from attrs import frozen

from nq57xl.commands.answers import Answers, answer, form_back
from nq57xl.commands.judge import judge, unread
from nq57xl.commands.office import Office, fault
from nq57xl.commands.remarks import take_remarks
from nq57xl.commands.signed_copies import FiledBeside, is_scan
from nq57xl.commands.standing import OfficePeriod
from nq57xl.errors import FileUnreadError, Nq57Error
from nq57xl.forms.model import Source
from nq57xl.forms.render import render_form
from nq57xl.ledger.model import PeriodStatus, SignedCopy
from nq57xl.ledger.store import Ledger
from nq57xl.ledger.workspace import Workspace
from nq57xl.plan.model import Period
from nq57xl.returns.model import JudgedReturn, ReturnRecord
from nq57xl.returns.sources import container_kind, gather, members, with_mail_time
from nq57xl.rules.findings import ACCEPTED, Finding, make
from nq57xl.text.files import require_new, write_atomic

_Problem = tuple[Source, tuple[Finding, ...]]


@frozen
class _Unpacked:
    """Files to judge, in order, and where each is read."""

    sources: tuple[Source, ...]
    copies: dict[str, Path]
    """SHA-256 -> copy in the archive, for files that came inside others."""
    problems: tuple[_Problem, ...]
    """What could not be taken out, with the reasons."""


def _unpack(store: Workspace, found: Sequence[Source], now: datetime, known: Callable[[str], bool]) -> _Unpacked:
    """The files behind the sources; copies are kept in the store's archive.

    A container that was refused as a whole before (`known`, by SHA-256) stays one file, a duplicate.
    """
    sources: list[Source] = []
    copies: dict[str, Path] = {}
    problems: list[_Problem] = []
    for source in found:
        with _told_alone(source, problems):
            if known(source.sha256) or container_kind(Path(source.path)) is None:
                sources.append(source)
                continue
            copy = store.archive_file(Path(source.path), source.sha256)
            for member in members(source, copy):
                if member.findings:
                    problems.append((with_mail_time(member.source, now)[0], member.findings))
                    continue
                sha256 = member.source.sha256
                copies[sha256] = store.archive_bytes(member.data, sha256, member.source.name)
                sources.append(member.source)
    return _Unpacked(tuple(sources), copies, tuple(problems))


def _copies_of(
    store: Workspace, taken: _Unpacked, sources: Sequence[Source]
) -> tuple[dict[Source, Path], list[_Problem]]:
    """Where each source is read: its copy in the store's archive, made now where it is a file of its own.

    What is judged is what is kept, whatever happens to the files handed in meanwhile. With what could not be copied.
    """
    copies: dict[Source, Path] = {}
    problems: list[_Problem] = []
    for source in sources:
        with _told_alone(source, problems):
            copies[source] = taken.copies.get(source.sha256) or store.archive_file(Path(source.path), source.sha256)
    return copies, problems


@contextmanager
def _told_alone(source: Source, problems: list[_Problem]) -> Iterator[None]:
    """What goes wrong with one file is told of it, and stops no other; it is not recorded, so the next run tries it."""
    unhashed = attrs.evolve(source, sha256="")
    try:
        yield
    except FileUnreadError as error:
        problems.append((unhashed, (make("FILE_UNREAD", message=str(error)),)))
    except (Nq57Error, OSError):  # of the archive itself: no file can be taken in
        raise
    except Exception:
        problems.append((unhashed, (fault("mở và lưu tệp"),)))


def _dated(ledger: Ledger, sources: Sequence[Source], now: datetime) -> list[Source]:
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


def _saved_last(judged: Sequence[JudgedReturn], sources: Sequence[Source]) -> list[JudgedReturn]:
    """The returns in the order in which folders say that they were saved: of otherwise equal ones the last counts."""
    saved = {source.sha256: source.saved_at.timestamp() for source in sources if source.saved_at is not None}
    return sorted(judged, key=lambda item: saved.get(item.source.sha256, 0.0))


_SUFFIX = " (ghép).xlsx"


def _recombined(here: OfficePeriod, given: Sequence[Source], *, busy: Collection[str]) -> Iterator[JudgedReturn]:
    """For each unit whose newest return is among the known files given: what it says with its blanks filled.

    It is a return of its own, beside those that it is made of: its file is the form with everything in it, archived
    by its own hash, and each value names the file in which it was typed. A unit of which this run took in something
    new (`busy`) is left out, as is one where nothing is to be filled.
    """
    known = {source.sha256 for source in given}
    newest: dict[str, ReturnRecord] = {}
    for record in sorted(here.ledger.returns(here.code), key=lambda record: record.order):
        if record.judged.unit and record.judged.form_period == here.code and not record.excluded:
            newest[record.judged.unit] = record
    found = [item.judged.source for unit, item in newest.items() if unit not in busy]
    archive = here.office.workspace
    copies = {one: copy for one in found if one.sha256 in known and (copy := archive.archived(one.sha256))}
    for item in chain.from_iterable(judge(here, copies, combine=True)):
        if any(value.origin is not None and not value.stated for value in item.values):
            yield _as_return(here, item)


def _as_return(here: OfficePeriod, item: JudgedReturn) -> JudgedReturn:
    """The combined answer with a file of its own."""
    form = here.ledger.form_by_id(item.issue_id or "")
    assert form is not None  # it was just judged by it
    data = render_form(form, item.values)
    sha256, own = hashlib.sha256(data).hexdigest(), item.source
    name = PurePath(own.name).stem + _SUFFIX
    path = own.path[: len(own.path) - len(own.name)] + name
    here.office.workspace.archive_bytes(data, sha256, name)
    values = tuple(attrs.evolve(value, origin=value.origin or own) for value in item.values)
    source = attrs.evolve(own, path=path, name=name, sha256=sha256, size=len(data))
    return attrs.evolve(item, source=source, values=values)


@frozen
class Collected:
    """The whole run."""

    period: Period
    returns: tuple[JudgedReturn, ...]
    """One for each file handed in, without its values, with the verdict as it stands after the run."""
    period_findings: tuple[Finding, ...]
    answers: Answers
    """Forms to send back, letters and kiem-tra.xlsx, as they stand after the run."""
    signed: tuple[SignedCopy, ...] = ()
    """Scans that came beside a unit's form and are filed with its report."""


def collect(
    office: Office,
    given: Sequence[Path],
    period_code: str | None,
    received: datetime | None = None,
    *,
    root: Path | None = None,
    passwords: Sequence[str] = (),
    combine: bool = False,
) -> Collected:
    """Takes in files, folders, archives and mails (default: the inbox) for a period; contract.md 3.4 has the verdicts.

    `root`: folder in which files were dropped (default: the inbox), below which a day in a folder's name counts.
    `passwords`: to be tried on encrypted files; used in memory only, never recorded. `combine`: blanks of a return are
    filled from earlier ones of the same unit and period.

    Every file is archived before it is read; the run is recorded by batches, each in one transaction, so that a run of
    ten thousand needs no more memory than one of two hundred. Raises Nq57Error for a path that does not exist or a
    period that was never issued.
    """
    with office.changing("collect") as ledger:
        here = OfficePeriod.of(office, ledger, period_code)
        office.workspace.inbox.mkdir(exist_ok=True)
        remarked = take_remarks(here)
        now = office.clock.now()
        found, problems = gather(
            list(given) or [office.workspace.inbox], received=received, now=now, inbox=root or office.workspace.inbox
        )
        found = _dated(ledger, found, now)
        taken = _unpack(
            office.workspace, found, now, ledger.known_files(source.sha256 for source in found).__contains__
        )
        beside = FiledBeside(here, [source.path for source in found])
        outer = frozenset(found)
        members = [source for source in taken.sources if source not in outer]
        dated = dict(zip(members, _dated(ledger, members, now), strict=True))
        sources = beside.known([dated.get(source, source) for source in taken.sources])
        swept = root is not None or not given
        fresh = _fresh(ledger, sources, here.code, unlocking=bool(passwords), swept=swept)
        copies, uncopied = _copies_of(office.workspace, taken, fresh)
        refused = [*((source, (finding,)) for source, finding in problems), *taken.problems, *uncopied]
        places = _dated(ledger, [source for source, _ in refused], now)
        refused_ones = _refused(ledger, places, [office.in_own_words(findings) for _, findings in refused])
        run = _Run(here, beside, now, tuple(fresh))
        again = [source for source in sources if source not in set(fresh)] if combine else []
        batches = judge(here, copies, passwords=passwords, combine=combine)
        judged = run.recorded(refused_ones, batches, len(copies), sources, again)
        _note_mails(ledger, judged)
        status = here.standing()
        answers = answer(here, status, remarked.problems, root=root)
        known = {source.sha256 for source in (*sources, *places)}
        made = [item.source for item in judged if item.source.sha256 not in known]
        left_out = {source.path for source, _ in uncopied} | {copy.sha256 for copy in beside.signed}
        met = [source for source in sources if not {source.path, source.sha256} & left_out]
        lines = _report(ledger, [*met, *places, *made], judged, status)
        return Collected(here.period, lines, status.period_findings, answers, tuple(beside.signed))


@frozen
class _Run:
    """Where the batches of a run are recorded, each in one transaction; of the values nothing is kept in memory."""

    here: OfficePeriod
    beside: FiledBeside
    now: datetime
    fresh: tuple[Source, ...]

    def recorded(
        self,
        refused: Sequence[JudgedReturn],
        batches: Iterable[Sequence[JudgedReturn]],
        count: int,
        sources: Sequence[Source],
        again: Sequence[Source],
    ) -> list[JudgedReturn]:
        """What was judged, as the ledger has it by now, without values; `count`: files in all batches.

        With the last batch go the files that could not be taken in, the scans, which are told by what came in the
        whole run, and what known files of other units (`again`) say with their blanks filled.
        """
        judged: list[JudgedReturn] = []
        last: list[JudgedReturn] = []
        scans: list[JudgedReturn] = []
        done = 0
        for batch in batches:
            done += len(batch)
            last = [item for item in batch if not is_scan(item)]
            scans += [item for item in batch if is_scan(item)]
            if done < count:
                judged += self._record(last)
                last = []
        last = self.beside.left(sources, [*judged, *last, *scans])[len(judged) :]
        if again:
            busy = {item.unit for item in (*judged, *last) if item.unit}
            last += _recombined(self.here, again, busy=busy)
        judged += self._record([*refused, *last])
        ledger, period = self.here.ledger, self.here.code
        if not ledger.remarks(period):
            return judged
        # where the office's remarks go on to returns of the run
        known = {one.judged.source.sha256: attrs.evolve(one.judged, values=()) for one in ledger.returns(period)}
        return [known.get(item.source.sha256, item) for item in judged]

    def _record(self, found: Sequence[JudgedReturn]) -> list[JudgedReturn]:
        self.here.ledger.record_returns(self.here.code, _saved_last(found, self.fresh), self.now)
        shown = self.here.ledger.under_waivers(self.here.code, found)
        return [attrs.evolve(item, values=()) for item in shown]


def _refused(ledger: Ledger, places: Sequence[Source], reasons: Sequence[tuple[Finding, ...]]) -> list[JudgedReturn]:
    """What was not taken in at all, each content once."""
    fresh = {_key(source): unread(source, found) for source, found in zip(places, reasons, strict=True)}
    known = ledger.known_files(item.source.sha256 for item in fresh.values())
    return [item for item in fresh.values() if item.source.sha256 not in known]


def _key(source: Source) -> str:
    """By which a run knows a file: its content; its place, where it could not be read."""
    return source.sha256 or source.path


def _fresh(ledger: Ledger, found: Sequence[Source], period: str, *, unlocking: bool, swept: bool) -> list[Source]:
    """Sources whose content was not judged for the period, the first of several equal ones; none of our own outputs.

    Those too that could not be judged for a fault of the program's; `unlocking`: with a password at hand, those that
    stayed closed for want of one. `swept`: nobody handed these in now, they lie in the folder; what was judged for
    another period and is no form of this one has been told then, and is not told again.
    """
    fresh: dict[str, Source] = {}
    hashes = {source.sha256 for source in found}
    ours, met = ledger.output_hashes(hashes), ledger.known_files(hashes)
    for source in found:
        known = met.get(source.sha256)
        judged = known is not None and (period in known.periods or (swept and known.form_period != period))
        shut = known is not None and (known.closed or (unlocking and known.locked))
        if source.sha256 not in ours and (shut or not judged):
            fresh.setdefault(source.sha256, source)
    return sorted(fresh.values(), key=lambda source: source.received_at)


def _note_mails(ledger: Ledger, judged: Sequence[JudgedReturn]) -> None:
    """One event for each mail that brought something new: who sent it, about what, and what it carried."""
    mails: dict[str, list[Source]] = {}
    for item in judged:
        if item.source.sender or item.source.subject:
            mails.setdefault(item.source.path.rpartition("!")[0], []).append(item.source)
    for path, attached in mails.items():
        first = attached[0]
        detail: dict[str, Any] = {"file": path, "sender": first.sender, "subject": first.subject}
        detail |= {"received_at": first.received_at.isoformat(), "files": [item.name for item in attached]}
        ledger.event("mail", detail)


def _report(
    ledger: Ledger, sources: Sequence[Source], judged: Sequence[JudgedReturn], status: PeriodStatus
) -> tuple[JudgedReturn, ...]:
    """One line for each file handed in, with the verdict as it stands after the run."""
    counting = {unit.counting.judged.source.sha256 for unit in status.units if unit.counting}
    fresh: Mapping[str, JudgedReturn] = {_key(item.source): item for item in judged}
    told: set[str] = set()
    lines = []
    hashes = {source.sha256 for source in sources}
    ours, known = ledger.output_hashes(hashes), ledger.known_files(hashes)
    for source in sources:
        item = fresh.get(_key(source))
        if item is None or _key(source) in told:
            file = known.get(source.sha256)
            unit, period = (file.unit, file.form_period) if file is not None else (None, None)
            own = (make("OWN_OUTPUT"),) if source.sha256 in ours else ()
            lines.append(JudgedReturn(source, "duplicate", unit, period, None, findings=own))
            continue
        told.add(_key(source))
        beaten = item.verdict in ACCEPTED and source.sha256 not in counting
        lines.append(attrs.evolve(item, verdict="superseded") if beaten else item)
    return tuple(lines)


@frozen
class Checked:
    """What collect would say."""

    period: Period
    returns: tuple[JudgedReturn, ...]
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
        here = OfficePeriod.of(office, ledger, period_code)
        copies, problems = _taken(office, ledger, path, Workspace(Path(folder)))
        read = chain.from_iterable(judge(here, copies, passwords=passwords))
        judged = ledger.under_waivers(here.code, [*problems, *read])
        recorded = frozenset(ledger.known_files(item.source.sha256 for item in judged))
        records = [ReturnRecord(0, here.code, item, office.clock.now()) for item in judged]
        marked = _write_marked(ledger, records, output) if output else None
        return Checked(here.period, tuple(judged), recorded, marked)


def _taken(
    office: Office, ledger: Ledger, path: Path, store: Workspace
) -> tuple[dict[Source, Path], list[JudgedReturn]]:
    """Each content behind the path once, where its copy is read, and what could not be taken out."""
    now = office.clock.now()
    found, problems = gather([path], received=None, now=now, inbox=office.workspace.inbox)
    taken = _unpack(store, found, now, lambda sha256: False)
    unique = {source.sha256: source for source in reversed(taken.sources)}
    sources = list(_as_recorded(ledger, reversed(unique.values())))
    refused = [(source, (finding,)) for source, finding in problems]
    copies, uncopied = _copies_of(store, taken, sources)
    told = [unread(source, office.in_own_words(why)) for source, why in (*refused, *taken.problems, *uncopied)]
    return copies, told


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
