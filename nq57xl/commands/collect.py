"""collect: returns are taken in, judged, recorded, answered; check: verdicts alone; attach: a signed copy by hand."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import chain
from pathlib import Path, PurePath
from typing import Any

import attrs
from attrs import define, field, frozen

from nq57xl.commands.answers import Answers, answer, form_back
from nq57xl.commands.judge import judge, unread
from nq57xl.commands.office import Office, fault, moment_of_receipt
from nq57xl.commands.remarks import take_remarks
from nq57xl.commands.standing import OfficePeriod
from nq57xl.errors import FileUnreadError, Nq57Error
from nq57xl.forms.model import Source
from nq57xl.forms.render import render_form
from nq57xl.ledger.model import PeriodStatus, SignedCopy
from nq57xl.ledger.store import Ledger
from nq57xl.ledger.workspace import Workspace
from nq57xl.plan.model import Period
from nq57xl.returns.model import JudgedReturn, ReturnRecord
from nq57xl.returns.sources import container_kind, gather, is_system_file, members, with_mail_time
from nq57xl.rules.findings import ACCEPTED, Finding, make
from nq57xl.text.clock import in_vietnam
from nq57xl.text.files import require_new, sha256_of, write_atomic
from nq57xl.xlsx.limits import LIMITS, Refused
from nq57xl.xlsx.sniff import sniff

_SCANS_NAMED = (".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".heic")
_FORMS = (".xlsx", ".xlsm", ".xls", ".ods", ".zip", ".eml", ".msg", ".mbox")
_UNKNOWN = "tệp chưa nhận"
_SCANS = {"FILE_PDF", "FILE_PICTURE", "SIGNED_COPY_UNCLEAR"}
"""What the reading of a scan says: the content is one, whatever its name."""


def named_scan(name: str) -> bool:
    """The name is that of a scan; what calls itself a workbook and is a picture is somebody's mistake, and told so."""
    return PurePath(name).suffix.lower() in _SCANS_NAMED


def _is_scan(item: JudgedReturn) -> bool:
    """The file is a scan by its name and by its content."""
    named = item.verdict == "unrecognised" and named_scan(item.source.name)
    return named and not _SCANS.isdisjoint(finding.code for finding in item.findings)


def _note_copy(here: OfficePeriod, unit: str, source: Source) -> SignedCopy:
    """Puts an archived file on record as signed copy of the unit's report, once."""
    ledger = here.ledger
    for copy in ledger.signed_copies(here.code):
        if (copy.unit, copy.sha256) == (unit, source.sha256):
            return copy
    ledger.first_seen([source], here.office.clock.now())
    ledger.event("attach", {"period": here.code, "unit": unit, "file": source.name, "sha256": source.sha256})
    return next(copy for copy in reversed(ledger.signed_copies(here.code)) if copy.sha256 == source.sha256)


@define
class _ScansOfRun:
    """Files the scans of one run with the unit whose form they came with: in one mail or archive, else one folder.

    The narrowest place that holds any form of the period decides. With forms of one unit there, the scan is its
    signed copy; with forms of several it is told, not guessed; with none it is what it always was, no form.
    """

    here: OfficePeriod
    given: Sequence[str]
    """Paths of the files that were handed in, archives and mails among them."""
    signed: list[SignedCopy] = field(factory=list, init=False)
    _strangers: dict[Path, bool] = field(factory=dict, init=False)

    def known(self, sources: Sequence[Source]) -> list[Source]:
        """The sources without those that are signed copies already; those of this period are told again."""
        filed = {copy.sha256 for copy in self.here.ledger.signed_copies()}
        again = {source.sha256 for source in sources} & filed
        self.signed += [copy for copy in self.here.ledger.signed_copies(self.here.code) if copy.sha256 in again]
        return [source for source in sources if source.sha256 not in filed]

    def left(self, sources: Sequence[Source], judged: Sequence[JudgedReturn]) -> list[JudgedReturn]:
        """What was judged, in its order, without the scans that were filed; those told to be unclear among the rest.

        A scan that came before the form is filed once the form is there.
        """
        ledger, period = self.here.ledger, self.here.code
        waiting = [item for item in ledger.strangers(period) if _is_scan(item)]
        if not waiting and not any(_is_scan(item) for item in judged):
            return list(judged)
        reported = ledger.reported(period)
        by_hash = {sha256: unit for _, sha256, unit in reported}
        forms = {path: unit for path, _, unit in reported}
        forms |= {source.path: by_hash[source.sha256] for source in sources if source.sha256 in by_hash}
        forms |= {item.source.path: item.unit for item in judged if item.unit and item.form_period == period}
        left = [told for item in judged if (told := self._told(item, forms)) is not None]
        filed = {copy.sha256 for copy in ledger.signed_copies()}
        for item in waiting:
            if item.source.sha256 not in filed:
                self._told(item, forms)
        return left

    def _told(self, item: JudgedReturn, forms: Mapping[str, str]) -> JudgedReturn | None:
        """None for a scan that is filed now; one beside forms of several units is told to be unclear."""
        units = self._around(item.source.path, forms) if _is_scan(item) else set()
        if not units - {_UNKNOWN}:
            return item
        if len(units) > 1:
            told = make("SIGNED_COPY_UNCLEAR", words={"value": ", ".join(sorted(units))})
            return attrs.evolve(item, findings=(told,))
        self.signed.append(_note_copy(self.here, units.pop(), item.source))
        return None

    def _around(self, path: str, forms: Mapping[str, str]) -> set[str]:
        outer, place = self._outer(path), path
        while len(place) > len(outer):
            place = re.sub(r"[!/][^!/]*$", "", place)
            units = {unit for other, unit in forms.items() if other.startswith((f"{place}/", f"{place}!"))}
            if units:
                return units
        if outer != path:
            return set()
        folder = _folder(path)
        units = {unit for other, unit in forms.items() if _folder(self._outer(other)) == folder}
        return units | ({_UNKNOWN} if self._strange(folder) else set())

    def _strange(self, folder: Path) -> bool:
        """A file lies there that may be a form and was never looked at: nobody can say yet whose it is."""
        if folder not in self._strangers:
            there = folder.iterdir() if folder.is_dir() else ()
            others = (path for path in there if path.suffix.lower() in _FORMS and not is_system_file(path.name))
            unseen = {sha256_of(path) for path in others} - self.here.ledger.seen_hashes()
            self._strangers[folder] = unseen != self.here.ledger.output_hashes(unseen)
        return self._strangers[folder]

    def _outer(self, path: str) -> str:
        """The file on the disk that holds it."""
        return next((item for item in self.given if path.startswith(f"{item}!")), path)


def _folder(path: str) -> Path:
    return Path(path).absolute().parent


def attach(office: Office, unit: str, file: Path, period_code: str | None, data: bytes | None = None) -> SignedCopy:
    """Files a signed copy (.pdf or a scanned picture) of a unit's report; the same file twice is filed once.

    `data`: the content where it is no file here; `file` is then what the sender called it. Raises Nq57Error for another
    kind of file, one too large or missing, and a unit that the period does not know.
    """
    name = file.name
    try:
        size = file.stat().st_size if data is None else len(data)
        if size > LIMITS.file_bytes:
            raise Nq57Error(f"«{name}» quá lớn ({size >> 20} MB): hãy quét lại với độ phân giải thấp hơn.")
        data = file.read_bytes() if data is None else data
    except OSError as error:
        raise Nq57Error(f"Không mở được tệp «{file}»: hãy kiểm tra lại đường dẫn.") from error
    try:
        scanned = sniff(data) in ("pdf", "picture")  # what a scanner or a phone makes
    except Refused:
        scanned = False
    if not scanned:
        raise Nq57Error(f"«{name}» không phải tệp .pdf hoặc ảnh quét: bản ký là tệp có số, ngày và chữ ký.")
    with office.changing("attach") as ledger:
        here = OfficePeriod.of(office, ledger, period_code)
        here.require_issued()
        known = {form.unit.casefold(): form.unit for form in ledger.current_forms(here.code)}
        if unit.casefold() not in known:
            raise Nq57Error(f"Kỳ {here.period.title} không có đơn vị mang mã «{unit}».")
        sha256, now = hashlib.sha256(data).hexdigest(), in_vietnam(office.clock.now())
        office.workspace.archive_bytes(data, sha256, name)
        source = Source(name, name, sha256, len(data), now, "first_seen")
        return _note_copy(here, known[unit.casefold()], source)


_Problem = tuple[Source, tuple[Finding, ...]]


def _unpack(
    store: Workspace, found: Sequence[Source], now: datetime, known: Collection[str], problems: list[_Problem]
) -> tuple[list[Source], dict[str, Path]]:
    """The files to judge behind the sources, in order; of those that came inside others the copy in the store's
    archive, by SHA-256. What could not be taken out goes to `problems`, with the reasons.

    A container that was refused as a whole before (`known`, by SHA-256) stays one file, a duplicate.
    """
    sources: list[Source] = []
    copies: dict[str, Path] = {}
    for source in found:
        with _told_alone(source, problems):
            if source.sha256 in known or container_kind(Path(source.path)) is None:
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
    return sources, copies


def _copies_of(
    store: Workspace, inner: Mapping[str, Path], sources: Sequence[Source], problems: list[_Problem]
) -> dict[Source, Path]:
    """Where each source is read: its copy in the store's archive, made now where it is no file from inside (`inner`).

    What is judged is what is kept, whatever happens to the files handed in meanwhile. What could not be copied goes to
    `problems`.
    """
    copies: dict[Source, Path] = {}
    for source in sources:
        with _told_alone(source, problems):
            copies[source] = inner.get(source.sha256) or store.archive_file(Path(source.path), source.sha256)
    return copies


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
        if not any(value.origin is not None and not value.stated for value in item.values):
            continue
        form = here.ledger.form_by_id(item.issue_id or "")
        assert form is not None  # it was just judged by it
        data = render_form(form, item.values)
        sha256, own = hashlib.sha256(data).hexdigest(), item.source
        name = f"{PurePath(own.name).stem} (ghép).xlsx"
        path = own.path[: len(own.path) - len(own.name)] + name
        archive.archive_bytes(data, sha256, name)
        values = tuple(attrs.evolve(value, origin=value.origin or own) for value in item.values)
        source = attrs.evolve(own, path=path, name=name, sha256=sha256, size=len(data))
        yield attrs.evolve(item, source=source, values=values)


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
    received = moment_of_receipt(received)
    with office.changing("collect") as ledger:
        here = OfficePeriod.of(office, ledger, period_code)
        store, inbox = office.workspace, office.workspace.inbox
        inbox.mkdir(exist_ok=True)
        remarked = take_remarks(here)
        now = office.clock.now()
        found, unfound = gather(list(given) or [inbox], received=received, now=now, inbox=root or inbox)
        problems: list[_Problem] = [(source, (finding,)) for source, finding in unfound]
        found = _dated(ledger, found, now)
        known = ledger.known_files(source.sha256 for source in found)
        unpacked, inner = _unpack(store, found, now, known, problems)
        beside = _ScansOfRun(here, [source.path for source in found])
        outer = frozenset(found)
        members = [source for source in unpacked if source not in outer]
        dated = dict(zip(members, _dated(ledger, members, now), strict=True))
        sources = beside.known([dated.get(source, source) for source in unpacked])
        swept = root is not None or not given
        fresh = _fresh(ledger, sources, here.code, unlocking=bool(passwords), swept=swept)
        not_taken_out = len(problems)
        copies = _copies_of(store, inner, fresh, problems)
        places = _dated(ledger, [source for source, _ in problems], now)
        refused = _refused(ledger, places, [office.in_own_words(findings) for _, findings in problems])
        run = _Run(here, beside, now, tuple(fresh))
        again = [source for source in sources if source not in set(fresh)] if combine else []
        batches = judge(here, copies, passwords=passwords, combine=combine)
        judged = run.recorded(refused, batches, len(copies), sources, again)
        _note_mails(ledger, judged)
        status = here.standing()
        answers = answer(here, status, remarked.problems, root=root)
        met_before = {source.sha256 for source in (*sources, *places)}
        made = [item.source for item in judged if item.source.sha256 not in met_before]
        left_out = {source.path for source, _ in problems[not_taken_out:]} | {copy.sha256 for copy in beside.signed}
        met = [source for source in sources if not {source.path, source.sha256} & left_out]
        lines = _report(ledger, [*met, *places, *made], judged, status)
        return Collected(here.period, lines, status.period_findings, answers, tuple(beside.signed))


@frozen
class _Run:
    """Where the batches of a run are recorded, each in one transaction; of the values nothing is kept in memory."""

    here: OfficePeriod
    beside: _ScansOfRun
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
            last = [item for item in batch if not _is_scan(item)]
            scans += [item for item in batch if _is_scan(item)]
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
        # in the order in which folders say that they were saved: of otherwise equal ones the last counts
        saved = {source.sha256: source.saved_at.timestamp() for source in self.fresh if source.saved_at is not None}
        in_order = sorted(found, key=lambda item: saved.get(item.source.sha256, 0.0))
        self.here.ledger.record_returns(self.here.code, in_order, self.now)
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
        shut = known is not None and known.is_shut(period, unlocking=unlocking)
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
class _Checked:
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
) -> _Checked:
    """The verdict and findings on a file of any kind that collect takes; nothing in the workspace changes.

    `output`: where the marked form is written, as it would go back to the unit. Raises Nq57Error for a path that does
    not exist, a period that was never issued, a target that exists, or a file without exactly one form.
    """
    if path.is_dir():
        raise Nq57Error(f"«{path}» là thư mục: lệnh check kiểm tra một tệp; dùng collect cho cả thư mục.")
    if output is not None:
        require_new(output, "--out")
    with office.reading() as ledger, tempfile.TemporaryDirectory(prefix="nq57xl-") as folder:
        here, now, store = OfficePeriod.of(office, ledger, period_code), office.clock.now(), Workspace(Path(folder))
        found, unfound = gather([path], received=None, now=now, inbox=office.workspace.inbox)
        problems: list[_Problem] = [(source, (finding,)) for source, finding in unfound]
        unpacked, inner = _unpack(store, found, now, (), problems)
        unique = {source.sha256: source for source in reversed(unpacked)}
        sources = [_as_recorded(ledger, source) for source in reversed(unique.values())]
        copies = _copies_of(store, inner, sources, problems)
        refused = [unread(source, office.in_own_words(why)) for source, why in problems]
        read = chain.from_iterable(judge(here, copies, passwords=passwords))
        judged = ledger.under_waivers(here.code, [*refused, *read])
        if output is not None:
            records = (ReturnRecord(0, here.code, item, now) for item in judged)
            forms = [(form_back(ledger, record, here.code), record.judged) for record in records]
            known = [(form, item) for form, item in forms if form is not None]
            if len(known) != 1:
                raise Nq57Error(f"Trong tệp có {len(known)} biểu mẫu nhận ra được; --out chỉ dùng khi có đúng một.")
            form, item = known[0]
            write_atomic(output, render_form(form, item.values, item.findings))
        recorded = frozenset(ledger.known_files(item.source.sha256 for item in judged))
        return _Checked(here.period, tuple(judged), recorded, output)


def _as_recorded(ledger: Ledger, source: Source) -> Source:
    """The source; where it is recorded, with the time that the ledger has, which decides what came before it."""
    record = ledger.return_by_hash(source.sha256)
    if record is None:
        return source
    known = record.judged.source
    return attrs.evolve(source, received_at=known.received_at, received_basis=known.received_basis, mail_times=())
