"""The office's own hand: bien-tap.xlsx is read, what is new goes to the ledger, and the workbook is written anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
from attrs import field, frozen

from nq57xl.commands.consolidated import as_now
from nq57xl.commands.office import Office
from nq57xl.edits.book import OFFICE_FIELD, OFFICE_TEXTS, WHO_AND_WHY, UnrecordedEntry, mark_of, render_edit_book
from nq57xl.edits.read import (
    EditBookContent,
    EditedReturn,
    EditsRead,
    RefusedCell,
    UnitEdits,
    judge_edits,
    read_lines,
    understand,
)
from nq57xl.errors import Nq57Error
from nq57xl.forms.model import Source
from nq57xl.ledger.model import AppliedEdit, CellKey, Edit, NewEdit
from nq57xl.ledger.outputs import write_guarded
from nq57xl.ledger.store import Ledger
from nq57xl.ledger.workspace import archive_file
from nq57xl.plan.model import Period, Plan
from nq57xl.results.consolidation import Consolidation
from nq57xl.results.standing import OFFICE, values_of
from nq57xl.rules.findings import Finding
from nq57xl.text import files
from nq57xl.text.files import hash_unless_open
from nq57xl.xlsx.cells import RawWorkbook
from nq57xl.xlsx.limits import LIMITS, too_large

NAME = "bien-tap.xlsx"


@frozen
class _EditFile:
    """One bien-tap.xlsx that the office worked in."""

    path: Path
    sha256: str
    findings: tuple[Finding, ...] = ()
    recorded: int = 0
    refused: Mapping[CellKey, RefusedCell] = field(factory=dict)

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

    def place(self, new: NewEdit) -> tuple[str, str]:
        """Row and column of an edit as people know them."""
        if new.table == OFFICE:
            return OFFICE_TEXTS.get(new.key, new.key), OFFICE_FIELD.title
        return new.key, self.titles.get((new.table, new.field), new.field)


def read_edit_books(office: Office, ledger: Ledger, plan: Plan, period: Period) -> EditBooks:
    """Reads each bien-tap.xlsx of the period that is not as the program wrote it, and records what is new and good."""
    read = []
    for path in _candidates(office, period):
        sha256 = hash_unless_open(path)
        if not ledger.was_written(office.workspace.key_of(path), sha256):
            read.append(_take(office, ledger, (plan, period), path, sha256))
    return EditBooks(tuple(read))


def write_edit_book(office: Office, ledger: Ledger, c: Consolidation, taken: EditBooks) -> Path:
    """Writes bien-tap.xlsx anew from the period as it is now, also when it is closed; returns where it stands.

    In its place when everything that the office typed there is in the ledger, else beside it ("bien-tap (2).xlsx").
    """
    content = render_edit_book(c, _kept(taken))
    wanted = office.workspace.report_dir(c.period.code) / NAME
    for item in taken.read:
        # what was read is in the archive and, when settled, in the ledger: the program may take it for its own
        if item.settled and hash_unless_open(item.path) == item.sha256:
            ledger.note_outputs([(office.workspace.key_of(item.path), item.sha256)])
    written = write_guarded(ledger, office.workspace, wanted, content)
    for path in _candidates(office, c.period):
        if path != written and ledger.was_written(office.workspace.key_of(path), hash_unless_open(path)):
            files.remove(path)
    return written


def edits(office: Office, period_code: str | None) -> PeriodEdits:
    """The edits of a period as the ledger has them; what stands in bien-tap.xlsx but was not merged yet is missing."""
    with office.reading() as ledger:
        plan, period = office.valid(period_code, ledger)
        c = as_now(office, ledger, plan, period)
        titles = {(table.name, item.name): item.title for table in c.schema.tables for item in table.fields}
        return PeriodEdits(period, c.edits, ledger.edits(period.code), titles)


def hand_in(office: Office, period_code: str, data: bytes) -> Path:
    """Lays a bien-tap.xlsx that was edited elsewhere beside the present one, for the next report to take it in.

    Raises Nq57Error for a file that is no workbook; what is in the workbook is judged when the report is made.
    """
    if not data.startswith(b"PK"):
        raise Nq57Error(f"Tệp này không phải sổ tính Excel: hãy chọn tệp {NAME} đã sửa và lưu ở dạng .xlsx.")
    with office.reading() as ledger:
        _, period = office.valid(period_code, ledger)
    folder, stem = office.workspace.report_dir(period.code), Path(NAME).stem
    names = (folder / f"{stem} ({number}).xlsx" for number in range(2, 1000))
    path = next(path for path in names if not path.exists())
    files.write_atomic(path, data)
    return path


def _candidates(office: Office, period: Period) -> list[Path]:
    """bien-tap.xlsx and its "(2)", "(3)" ..., the first one first."""
    folder, stem = office.workspace.report_dir(period.code), Path(NAME).stem
    return [path for path in (folder / NAME, *sorted(folder.glob(f"{stem} (*).xlsx"))) if path.is_file()]


def _take(office: Office, ledger: Ledger, frame: tuple[Plan, Period], path: Path, sha256: str) -> _EditFile:
    size = path.stat().st_size
    if size > LIMITS.file_bytes:
        return _EditFile(path, sha256, office.in_own_words([too_large(size)]))
    copy = archive_file(office.workspace, path, sha256)
    key = office.workspace.key_of(path)
    ledger.first_seen([Source(key, path.name, sha256, size, ledger.now(), "first_seen")], ledger.now())
    raw = next(office.read_files([copy] if copy else []))
    if isinstance(raw, Finding):
        return _EditFile(path, sha256, office.in_own_words([raw]))
    return _record(office, ledger, frame, _EditFile(path, sha256), raw)


def _record(office: Office, ledger: Ledger, frame: tuple[Plan, Period], file: _EditFile, raw: RawWorkbook) -> _EditFile:
    plan, period = frame
    c = as_now(office, ledger, plan, period)
    lines = read_lines(raw, mark_of(c))
    if isinstance(lines, Finding):
        return attrs.evolve(file, findings=office.in_own_words([lines]))
    made, held = ledger.edits(period.code), ledger.edits_held(period.code)
    told_before = {(item.new.sheet, item.new.cell) for item in made if item.source.sha256 == file.sha256}
    known = _EditedReturns(ledger, c)
    fresh = [cell for cell in lines.changed if (cell.sheet, cell.places["entry"]) not in told_before]
    said = understand(fresh, known.of, held, {item.id: item for item in made}, office.catalogue())
    said = _judged(office, said, known, lines, held)
    ledger.add_edits(period.code, said.new, (file.path.name, file.sha256))
    findings = office.in_own_words((*lines.findings, *said.findings))
    return attrs.evolve(file, findings=findings, recorded=len(said.new), refused=said.refused)


@frozen
class _EditedReturns:
    """What the ledger and the consolidation tell of each unit's cells."""

    ledger: Ledger
    c: Consolidation
    _found: dict[str, EditedReturn | None] = field(factory=dict, init=False)

    def of(self, unit: str) -> EditedReturn | None:
        """The unit's form and its own cells; None when it has no accepted return."""
        if unit not in self._found:
            self._found[unit] = self._look_up(unit)
        return self._found[unit]

    def source(self, unit: str) -> Source:
        """The unit's counting return."""
        status = next(item.status for item in self.c.units if item.status.code == unit)
        assert status.counting is not None  # `of` knows the unit
        return status.counting.judged.source

    def _look_up(self, unit: str) -> EditedReturn | None:
        record = next((item.status.counting for item in self.c.units if item.status.code == unit), None)
        form = self.ledger.form_by_id(record.judged.issue_id or "") if record is not None else None
        if record is None or form is None:
            return None
        own = values_of(record)
        for item in self.c.edited.values():
            if item.edit.new.unit == unit:
                own.pop(item.edit.new.place[1:])
                if item.original is not None:
                    own[item.edit.new.place[1:]] = item.original
        return EditedReturn(form, own)


def _judged(
    office: Office, said: EditsRead, known: _EditedReturns, content: EditBookContent, made: Mapping[CellKey, Edit]
) -> EditsRead:
    """What is left of the new edits after the rules; a row with an error takes none of its edits over."""
    units = dict.fromkeys(item.unit for item in said.new)
    held = [item for place, item in made.items() if place in known.c.edited]
    cases = [case for unit in units if (case := _case(unit, said, known, held)) is not None]
    new, findings, refused = list(said.new), list(said.findings), dict(said.refused)
    by_place = {cell.place: cell for cell in content.changed}
    for case, broken in zip(cases, judge_edits(cases, content.places), strict=True):
        found = office.in_own_words(broken)
        findings += found
        wrong = {(item.table, item.task) for item in found if item.severity == "error"}
        for item in case.new:
            if (item.table, item.key) in wrong and item in new:
                new.remove(item)
                reasons = tuple(told for told in found if (told.table, told.task) == (item.table, item.key))
                refused[item.place] = RefusedCell(by_place[item.place], reasons)
    return EditsRead(tuple(new), tuple(findings), refused)


def _case(unit: str, said: EditsRead, known: _EditedReturns, held: Sequence[Edit]) -> UnitEdits | None:
    found = known.of(unit)
    if found is None:  # withdrawals alone
        return None
    own = tuple(item for item in held if item.new.unit == unit)
    new: tuple[NewEdit, ...] = tuple(item for item in said.new if item.unit == unit)
    return UnitEdits(found, known.source(unit), own, new)


def _kept(taken: EditBooks) -> dict[CellKey, UnrecordedEntry]:
    """What the office typed and the ledger did not take, with the reasons; the first file counts."""
    kept: dict[CellKey, UnrecordedEntry] = {}
    for item in reversed(taken.read):
        for place, refusal in item.refused.items():
            reasons = dict.fromkeys(found.message for found in refusal.findings if found.severity == "error")
            cell, line = refusal.line.cells.get("entry"), refusal.line
            entry = (
                cell.value if cell is not None and isinstance(cell.value, int | float | dt.date) else line.text("entry")
            )
            who = {name: line.text(name) for name in WHO_AND_WHY}
            kept[place] = UnrecordedEntry(entry, who, f"Chưa ghi nhận: {' '.join(reasons)}")
    return kept
