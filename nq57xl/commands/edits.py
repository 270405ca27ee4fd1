"""The office's own hand: bien-tap.xlsx is read, what is new goes to the ledger, and the workbook is written anew."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path

import attrs
from attrs import field, frozen

from nq57xl.commands.consolidated import as_now
from nq57xl.commands.office import Office
from nq57xl.commands.standing import OfficePeriod
from nq57xl.edits.book import OFFICE_FIELD, OFFICE_TEXTS, UnrecordedEntry, mark_of, render_edit_book
from nq57xl.edits.read import EditedReturn, read_lines, understand
from nq57xl.errors import Nq57Error
from nq57xl.forms.model import Source
from nq57xl.ledger.model import AppliedEdit, CellKey, Edit, NewEdit
from nq57xl.ledger.outputs import names_beside, write_guarded
from nq57xl.ledger.store import Ledger
from nq57xl.plan.model import Period
from nq57xl.results.model import Consolidation
from nq57xl.results.standing import OFFICE
from nq57xl.rules.findings import Finding
from nq57xl.text import files
from nq57xl.text.files import hash_unless_open
from nq57xl.xlsx.cells import RawWorkbook
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
class EditBooks:
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
class PeriodEdits:
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


def read_edit_books(here: OfficePeriod) -> EditBooks:
    """Reads each bien-tap.xlsx of the period that is not as the program wrote it, and records what is new and good."""
    read = []
    for path in _candidates(here):
        sha256 = hash_unless_open(path)
        if not here.ledger.was_written(here.office.workspace.key_of(path), sha256):
            read.append(_take(here, path, sha256))
    return EditBooks(tuple(read))


def write_edit_book(here: OfficePeriod, c: Consolidation, taken: EditBooks) -> Path:
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


def edits(office: Office, period_code: str | None) -> PeriodEdits:
    """The edits of a period as the ledger has them; what stands in bien-tap.xlsx but was not merged yet is missing."""
    with office.reading() as ledger:
        here = OfficePeriod.of(office, ledger, period_code)
        c = as_now(here)
        titles = {(table.name, item.name): item.title for table in c.schema.tables for item in table.fields}
        path = office.workspace.report_dir(here.code) / _NAME
        found = path if path.is_file() else None
        return PeriodEdits(here.period, c.edits, ledger.edits(here.code), titles, found)


def hand_in(office: Office, period_code: str, data: bytes) -> Path:
    """Lays a bien-tap.xlsx that was edited elsewhere beside the present one, for the next report to take it in.

    Raises Nq57Error for a file that is no workbook; what is in the workbook is judged when the report is made.
    """
    if not data.startswith(b"PK"):
        raise Nq57Error(f"Tệp này không phải sổ tính Excel: hãy chọn tệp {_NAME} đã sửa và lưu ở dạng .xlsx.")
    with office.reading() as ledger:
        code = OfficePeriod.of(office, ledger, period_code).code
    names = names_beside(office.workspace.report_dir(code) / _NAME)
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
    raw = next(office.read_files([copy]))
    if isinstance(raw, Finding):
        return _EditFile(path, sha256, office.in_own_words([raw]))
    return _record(here, _EditFile(path, sha256), raw)


def _record(here: OfficePeriod, file: _EditFile, raw: RawWorkbook) -> _EditFile:
    office, ledger, c = here.office, here.ledger, as_now(here)
    lines = read_lines(raw, mark_of(c))
    if isinstance(lines, Finding):
        return attrs.evolve(file, findings=office.in_own_words([lines]))
    made = ledger.edits(here.code)
    told_before = {(item.new.sheet, item.new.cell) for item in made if item.source.sha256 == file.sha256}
    known = cache(partial(_edited_return, ledger, c))
    said = understand(lines, known, made, office.catalogue(), told_before)
    ledger.add_edits(here.code, said.new, (file.path.name, file.sha256))
    findings = office.in_own_words((*lines.findings, *said.findings))
    return attrs.evolve(file, findings=findings, recorded=len(said.new), refused=said.refused)


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
