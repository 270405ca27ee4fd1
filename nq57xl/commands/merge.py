"""merge, edits, close: the consolidated workbooks of a period, the office's own hand in them, the freezing of both."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path

import attrs
from attrs import field, frozen

from nq57xl.commands.consolidated import as_now, consolidated, frozen_now, keep_past
from nq57xl.commands.office import Office, require_year
from nq57xl.commands.standing import OfficePeriod
from nq57xl.edits.book import OFFICE_FIELD, OFFICE_TEXTS, UnrecordedEntry, mark_of, render_edit_book
from nq57xl.edits.read import EditedReturn, read_lines, understand
from nq57xl.errors import Nq57Error, WorkbookOpenError
from nq57xl.forms.model import Source
from nq57xl.ledger.model import AppliedEdit, CellKey, Closing, Edit, NewEdit, UnitStatus
from nq57xl.ledger.outputs import names_beside, write_guarded
from nq57xl.ledger.store import Ledger
from nq57xl.ledger.workspace import Workspace
from nq57xl.outputs.document import placeholders, render_document
from nq57xl.outputs.report.workbook import REPORT, SOURCES, render_internal, report_books
from nq57xl.outputs.texts import overview_page, tracking_page, tracking_text
from nq57xl.plan.model import Period
from nq57xl.results.model import Consolidation
from nq57xl.results.standing import OFFICE
from nq57xl.rules.codec import content_hash
from nq57xl.rules.findings import Finding
from nq57xl.text import files
from nq57xl.text.clock import moment_words
from nq57xl.text.files import hash_unless_open
from nq57xl.xlsx.limits import LIMITS, too_large

_NAME = "bien-tap.xlsx"


@frozen
class _EditFile:
    """One bien-tap.xlsx that the office worked in."""

    path: Path
    sha256: str
    findings: tuple[Finding, ...] = ()
    recorded: int = 0
    refused: Mapping[CellKey, UnrecordedEntry] = field(factory=dict)

    @property
    def settled(self) -> bool:
        """Everything typed in it is in the ledger: it may be written anew."""
        return not any(item.severity in ("error", "warning") for item in self.findings)


@frozen
class _EditBooks:
    """What the office had typed since the last time."""

    read: tuple[_EditFile, ...] = ()

    @property
    def findings(self) -> tuple[tuple[Path, Finding], ...]:
        """What could not be taken over, by file."""
        return tuple((item.path, finding) for item in self.read for finding in item.findings)

    @property
    def recorded(self) -> int:
        """New edits, withdrawals too."""
        return sum(item.recorded for item in self.read)


@frozen
class _PeriodEdits:
    """The edits of a period, for people."""

    period: Period
    edits: tuple[AppliedEdit, ...]
    """Those that hold."""
    history: tuple[Edit, ...]
    """Every one ever made, withdrawals too."""
    titles: Mapping[tuple[str, str], str] = field(factory=dict)
    """(table, field) -> title of the column."""
    file: Path | None = None
    """bien-tap.xlsx, where it lies."""

    def place(self, new: NewEdit) -> tuple[str, str]:
        """Row and column of an edit as people know them."""
        if new.table == OFFICE:
            return OFFICE_TEXTS.get(new.key, new.key), OFFICE_FIELD.title
        return new.key, self.titles.get((new.table, new.field), new.field)


def _read_edit_books(here: OfficePeriod) -> _EditBooks:
    """Reads each bien-tap.xlsx of the period that is not as the program wrote it, and records what is new and good."""
    hashes = ((path, hash_unless_open(path)) for path in _candidates(here))
    key = here.office.workspace.key_of
    return _EditBooks(
        tuple(_take(here, path, own) for path, own in hashes if not here.ledger.was_written(key(path), own))
    )


def _write_edit_book(here: OfficePeriod, c: Consolidation, taken: _EditBooks) -> Path:
    """Writes bien-tap.xlsx anew from the period as it is now, also when it is closed; returns where it stands.

    In its place when everything that the office typed there is in the ledger, else beside it ("bien-tap (2).xlsx").
    """
    kept: dict[CellKey, UnrecordedEntry] = {}
    for place, entry in ((place, entry) for item in taken.read for place, entry in item.refused.items()):
        kept.setdefault(place, entry)  # of several files the first counts
    content = render_edit_book(c, kept)
    ledger, workspace = here.ledger, here.office.workspace
    for item in taken.read:
        # what was read is in the archive and, when settled, in the ledger: the program may take it for its own
        if item.settled and hash_unless_open(item.path) == item.sha256:
            ledger.note_outputs([(workspace.key_of(item.path), item.sha256)])
    written = write_guarded(ledger, workspace.report_dir(here.code) / _NAME, content)
    for path in _candidates(here):
        if path != written and ledger.was_written(workspace.key_of(path), hash_unless_open(path)):
            files.remove(path)
    return written


def edits(office: Office, period_code: str | None) -> _PeriodEdits:
    """The edits of a period as the ledger has them; what stands in bien-tap.xlsx but was not merged yet is missing."""
    with office.reading() as ledger:
        here = OfficePeriod.of(office, ledger, period_code)
        c = as_now(here)
        titles = {(table.name, item.name): item.title for table in c.schema.tables for item in table.fields}
        path = office.workspace.report_dir(here.code) / _NAME
        found = path if path.is_file() else None
        return _PeriodEdits(here.period, c.edits, ledger.edits(here.code), titles, found)


def hand_in(office: Office, period_code: str, data: bytes) -> Path:
    """Lays a bien-tap.xlsx that was edited elsewhere beside the present one, for the next report to take it in.

    Raises Nq57Error for any other file: it would be told at each report from then on. What was typed is judged when
    the report is made.
    """
    with office.reading() as ledger:
        here = OfficePeriod.of(office, ledger, period_code)
        raw = next(office.read_files([office.workspace.archive_bytes(data, hashlib.sha256(data).hexdigest(), _NAME)]))
        read = raw if isinstance(raw, Finding) else read_lines(raw, mark_of(as_now(here)))
    if isinstance(read, Finding):
        (told,) = office.in_own_words([read])
        raise Nq57Error(f"Chưa ghi nhận được tệp này: {told.message} {told.fix}".rstrip())
    names = names_beside(office.workspace.report_dir(here.code) / _NAME)
    path = next(path for path in names if path.name != _NAME and not path.exists())
    files.write_atomic(path, data)
    return path


def _candidates(here: OfficePeriod) -> list[Path]:
    """bien-tap.xlsx and its "(2)", "(3)" ..., the first one first."""
    folder, stem = here.office.workspace.report_dir(here.code), Path(_NAME).stem
    return [path for path in (folder / _NAME, *sorted(folder.glob(f"{stem} (*).xlsx"))) if path.is_file()]


def _take(here: OfficePeriod, path: Path, sha256: str) -> _EditFile:
    office, ledger, size = here.office, here.ledger, path.stat().st_size
    if size > LIMITS.file_bytes:
        return _EditFile(path, sha256, office.in_own_words([too_large(size)]))
    copy = office.workspace.archive_file(path, sha256)
    key = office.workspace.key_of(path)
    ledger.first_seen([Source(key, path.name, sha256, size, ledger.now(), "first_seen")], ledger.now())
    raw, c = next(office.read_files([copy])), as_now(here)
    lines = raw if isinstance(raw, Finding) else read_lines(raw, mark_of(c))
    if isinstance(lines, Finding):
        return _EditFile(path, sha256, office.in_own_words([lines]))
    made = ledger.edits(here.code)
    told_before = {(item.new.sheet, item.new.cell) for item in made if item.source.sha256 == sha256}
    known = cache(partial(_edited_return, ledger, c))
    said = understand(lines, known, made, office.catalogue(), told_before)
    ledger.add_edits(here.code, said.new, (path.name, sha256))
    findings = office.in_own_words((*lines.findings, *said.findings))
    return _EditFile(path, sha256, findings, len(said.new), said.refused)


def _edited_return(ledger: Ledger, c: Consolidation, unit: str) -> EditedReturn | None:
    """The return of the unit that counts; None when it has no accepted one."""
    record = next((item.status.counting for item in c.units if item.status.code == unit), None)
    form = ledger.form_by_id(record.judged.issue_id or "") if record is not None else None
    if record is None or form is None:
        return None
    applied = [item for item in c.edited.values() if item.edit.new.unit == unit]
    own = record.judged.filled
    for item in applied:
        own.pop(item.edit.new.place[1:])
        if item.original is not None:
            own[item.edit.new.place[1:]] = item.original
    return EditedReturn(record.judged.source, form, own, tuple(item.edit.new for item in applied))


_INTERNAL = "noi-bo.xlsx"


@frozen
class Merged:
    """The consolidated workbooks as written."""

    report: Path
    internal: Path
    sources: Path
    """Beside the report: where each of its values comes from."""
    beside: bool
    """True: somebody had edited one of the files, so the new one was written beside it."""
    consolidation: Consolidation
    edits: _EditBooks
    """What the office had typed into bien-tap.xlsx."""
    companions: tuple[Path, ...] = ()
    """What goes with the workbook: the document, the texts for the tracking system."""
    edit_book: Path | None = None
    """Where bien-tap.xlsx was written; None when it could not be."""
    problem: str = ""
    """Why not."""
    unwritten: int = 0
    """Highlighted places of the document that the office still has to write."""

    @property
    def outputs(self) -> tuple[Path, ...]:
        """Everything that shows the consolidation, as written."""
        return (self.report, self.sources, self.internal, *self.companions)


def merge(office: Office, period_code: str | None, output: Path | None = None) -> Merged:
    """Writes the consolidated workbook from the accepted returns, and the internal one beside it."""
    with office.changing("merge") as ledger:
        here = OfficePeriod.of(office, ledger, period_code)
        here.require_issued(or_months=True)
        return _written(here, *_current(here), output)


def merged_consolidation(here: OfficePeriod) -> Consolidation:
    """The consolidation of the period as its report shows it; that is written anew where it numbers its sources
    otherwise."""
    c, edits = _current(here)
    noted = [event.detail for event in here.ledger.events("merge") if event.detail["period"] == here.code]
    if not noted or noted[-1].get("sources") != _sources_print(c):
        _written(here, c, edits)
    return c


def _current(here: OfficePeriod) -> tuple[Consolidation, _EditBooks]:
    """The period as the ledger has it, after what was typed into bien-tap.xlsx has been taken over.

    Edits of a period that is made of months belong to these.
    """
    edits = _EditBooks() if here.reported_months else _read_edit_books(here)
    return consolidated(here), edits


def _written(here: OfficePeriod, c: Consolidation, edits: _EditBooks, output: Path | None = None) -> Merged:
    if here.reported_months:
        merged = _write_reports(here, c, edits, output)
    else:
        # what came after a close is edited, too: it goes to the addendum
        now = c if c.closing is None else as_now(attrs.evolve(here, period=c.period))
        merged = _write_reports(here, c, edits, output, now=now)
        keep_past(here, c)
    here.ledger.event("merge", {"period": here.code, "file": merged.report.name, "sources": _sources_print(c)})
    return merged


def _sources_print(c: Consolidation) -> str:
    """Names the lines of the list of sources, in their order."""
    cells = (
        (item.unit, item.value.table, item.value.key, item.value.field, item.value.typed, item.source.sha256)
        for item in c.traced
    )
    return content_hash(tuple(cells))


def _write_reports(
    here: OfficePeriod,
    c: Consolidation,
    taken: _EditBooks,
    output: Path | None = None,
    *,
    now: Consolidation | None = None,
) -> Merged:
    """Writes everything that shows the consolidation; `output` is another place for the workbook and its sources.

    Contacts and internal assessments never leave the workspace. Everything is made before the first file is written: a
    template that the office has spoilt leaves no half report. What a closed period had then is taken from the archive;
    the workbook is made anew only for an addendum. `now`: the period as it is edited, for bien-tap.xlsx; while somebody
    has that open, it is told, and what was typed is recorded already. Raises Nq57Error where `output` is another of
    these files.
    """
    require_year(c.plan)
    workspace = here.office.workspace
    folder = workspace.report_dir(c.period.code)
    wanted = output or folder / REPORT
    sources = wanted.with_name(SOURCES)
    books = cache(lambda: report_books(c))
    beside: dict[Path, Callable[[], bytes]] = {
        folder / _INTERNAL: lambda: render_internal(c),
        sources: lambda: books().source_bytes(wanted.name),
    }
    beside |= {folder / name: make for name, make in _companions(c, workspace.root).items()}
    if wanted.resolve() in [path.resolve() for path in beside]:
        raise Nq57Error(f"«{wanted}» là chỗ của tệp khác trong bộ báo cáo: hãy chọn tên khác cho -o.")
    makers = {wanted: lambda: books().report_bytes(), **beside}
    kept = {path: _as_closed(workspace, path, c.closing) for path in makers}
    if c.addendum is not None:
        kept[wanted] = kept[sources] = None
    planned = {path: kept[path] or make() for path, make in makers.items()}
    written = [write_guarded(here.ledger, path, data) for path, data in planned.items()]
    report, internal, sources_written, *companions = written
    moved = written != list(planned)
    merged = Merged(report, internal, sources_written, moved, c, taken, tuple(companions), unwritten=placeholders(c))
    try:
        return merged if now is None else attrs.evolve(merged, edit_book=_write_edit_book(here, now, taken))
    except WorkbookOpenError as error:
        return attrs.evolve(merged, problem=str(error))


def _companions(c: Consolidation, workspace: Path) -> dict[str, Callable[[], bytes]]:
    """Name of what goes with the workbook, and how it is made."""
    return {
        "bao-cao.docx": lambda: render_document(c, workspace),
        "theo-doi.txt": lambda: tracking_text(c, workspace),
        "theo-doi.html": lambda: tracking_page(c, workspace),
        "tong-quan.html": lambda: overview_page(c, workspace),
    }


def _as_closed(workspace: Workspace, path: Path, closing: Closing | None) -> bytes | None:
    """What stood at that path when the period was closed; None for one that is open, or where nothing stood."""
    sha256 = closing.outputs.get(workspace.key_of(path)) if closing is not None else None
    copy = workspace.archived(sha256) if sha256 else None
    return copy.read_bytes() if copy is not None else None


@frozen
class _ClosedPeriod:
    """A period that has been closed now."""

    period: Period
    closing: Closing
    merged: Merged
    missing: tuple[UnitStatus, ...]
    """Units without an accepted return: the report says so on page one."""


def close(office: Office, period_code: str | None, reason: str = "") -> _ClosedPeriod:
    """Writes the report, and notes what it was made from with the hashes of everything written for the period.

    Raises Nq57Error when the period is closed already, or no form of it was issued.
    """
    with office.changing("close") as ledger:
        here = OfficePeriod.of(office, ledger, period_code)
        here.require_issued()
        known = here.closing
        if known is not None:
            raise Nq57Error(
                f"{_upper(here.period.title)} đã chốt lúc {moment_words(known.at)}. Muốn chốt lại, hãy mở bằng "
                f'«nq57xl close --period {here.code} --reopen --reason "lý do"» trước.'
            )
        taken = _read_edit_books(here)
        c = frozen_now(here, reason.strip())
        assert c.closing is not None
        merged = _write_reports(here, c, taken, now=as_now(here))
        outputs: dict[str, str] = {}
        for path in sorted(office.workspace.report_dir(here.code).glob("*")):
            key, sha256 = office.workspace.key_of(path), files.sha256_of(path) if path.is_file() else ""
            # bien-tap.xlsx stays a tool: it goes on after the close
            if sha256 and not path.name.startswith("bien-tap") and ledger.was_written(key, sha256):
                office.workspace.archive_file(path, sha256)
                outputs[key] = sha256
        closing = attrs.evolve(c.closing, outputs=outputs)
        ledger.record_closing(here.code, closing.reason, closing)
        return _ClosedPeriod(here.period, closing, merged, c.missing)


def reopen(office: Office, period_code: str | None, reason: str) -> Period:
    """Opens a closed period again. Raises Nq57Error when it is open, or no reason is given."""
    with office.changing("reopen") as ledger:
        here = OfficePeriod.of(office, ledger, period_code)
        if here.closing is None:
            raise Nq57Error(f"{_upper(here.period.title)} chưa chốt, không cần mở lại.")
        if not reason.strip():
            raise Nq57Error("Mở lại kỳ đã chốt phải nêu lý do.")
        ledger.record_closing(here.code, reason.strip(), None)
        return here.period


def _upper(title: str) -> str:
    return title[:1].upper() + title[1:]
