"""upward: the form that a superior office issued, filled in from this office's own consolidation."""

from __future__ import annotations

import hashlib
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import attrs
from attrs import frozen

from nq57xl.commands.merge import merged_consolidation
from nq57xl.commands.office import Office, bytes_of, fault
from nq57xl.commands.standing import OfficePeriod
from nq57xl.errors import Nq57Error
from nq57xl.ledger.outputs import write_guarded
from nq57xl.ledger.store import Ledger
from nq57xl.outputs.report.workbook import SOURCES
from nq57xl.outputs.roll_up_book import render_roll_up
from nq57xl.plan.model import Period, Plan, name_on
from nq57xl.plan.periods import title_of
from nq57xl.plan.refine import FormRows, MatchLine, RowPlace, match_lines, read_matches, write_matches
from nq57xl.resources import read_schema
from nq57xl.results.model import Consolidation
from nq57xl.results.roll_up import OpenPoint, roll_up
from nq57xl.results.superior_filling import Judge, PointLine, fill_form
from nq57xl.returns.superior_form import OPEN_FIELD, SuperiorForm, read_superior_form
from nq57xl.rules.findings import Finding
from nq57xl.rules.schema import Facts
from nq57xl.text.files import write_atomic
from nq57xl.text.legacy import fold
from nq57xl.xlsx.limits import LIMITS
from nq57xl.xlsx.patch import PatchedValue, put_values, saved_since_made, unlocked_cells

_BESIDE = "-nguon.xlsx"
_ODD = "«{name}» có cấu trúc khác thường, không điền được: hãy mở bằng Excel, LibreOffice, lưu lại rồi chạy lại."


@frozen
class UpwardReport:
    """What became of a superior form."""

    period: Period
    form: Path
    """The form as it was filled in."""
    sources: Path
    """Beside it: where every cell comes from, and what a person has to look at."""
    matches: Path
    """The workbook in which the office says which own rows answer."""
    filled: int
    """Cells that were filled in."""
    points: tuple[PointLine, ...]
    undecided: int
    """Rows that wait for the office's word in the workbook of matches."""


def upward(
    office: Office,
    form: Path,
    period_code: str | None = None,
    output: Path | None = None,
    *,
    confirm: bool = False,
    matches: bytes | None = None,
) -> UpwardReport:
    """Fills in the form from this office's consolidation of its period, and says what a person still has to answer.

    `confirm`: every line of the workbook of matches counts as it stands; `matches`: that workbook, where it was edited
    elsewhere. Raises Nq57Error for a file that is no form of a superior office, for another period than the form's, and
    for a workbook of matches that cannot be read.
    """
    with office.changing("upward") as ledger:
        data, superior = _read(office, ledger, form)
        here = OfficePeriod.of(office, ledger, period_code or superior.period)
        plan, period = here.plan, here.period
        if superior.period != period.code:
            raise Nq57Error(
                f"«{form.name}» là biểu của {title_of(superior.period)}, không phải {period.title}: hãy dùng biểu đúng "
                f"kỳ, hoặc chạy lại với --period {superior.period}."
            )
        here.require_issued(or_months=True)
        sides = _rows_by_table(superior, plan.properties.year)
        # the plan's id where it is one; of a stranger's text what a file name can hold
        name = re.sub(r"[^A-Za-z0-9._-]", "-", superior.plan_id)[:60].strip(".-") or "cap-tren"
        book = office.workspace.upward_dir() / f"doi-chieu-{name}.xlsx"
        if matches is not None:
            read_matches(matches, book.name, plan)  # another file must not take the place of the one that lies there
            write_atomic(book, matches)
        lines = _matched(ledger, superior, (sides, plan), book, confirm=confirm)
        book = _write_book(office, ledger, book, write_matches(lines, plan))
        c = merged_consolidation(here)
        rules = read_schema("roll_up.yml", office.workspace.root)
        rolled = roll_up(lines, c, rules)
        rolled = attrs.evolve(rolled, points=(*rolled.points, *_since_closed(lines, c)))
        filled = fill_form(superior, c, lines, rolled, _judge(office, superior, c, (data, form.name)))
        if (doubt := _other_office(superior, name_on(plan.properties.agency, period.cutoff))) is not None:
            filled = attrs.evolve(filled, points=(doubt, *filled.points))
        wanted = output or office.workspace.upward_dir(period.code) / form.name
        if wanted.resolve() == form.resolve():
            raise Nq57Error(f"«{wanted}» chính là biểu đã nhận: hãy chọn tên khác cho -o, biểu đã nhận giữ nguyên.")
        title = f"{form.name}, {period.title}"
        beside = render_roll_up(title, filled, SOURCES)
        written = write_guarded(ledger, wanted, _filled_in(data, superior, form.name, filled.contents))
        sources = write_guarded(ledger, written.with_name(f"{written.stem}{_BESIDE}"), beside)
        ledger.event("upward", {"period": period.code, "file": written.name, "plan_id": superior.plan_id})
        undecided = sum(not line.decided for line in lines)
        return UpwardReport(period, written, sources, book, len(filled.contents), filled.points, undecided=undecided)


def _read(office: Office, ledger: Ledger, path: Path) -> tuple[bytes, SuperiorForm]:
    """The form, read as safely as a return; a copy is archived, and it is the copy that is read."""
    if path.is_file() and path.stat().st_size > LIMITS.file_bytes:
        raise Nq57Error(f"«{path.name}» lớn hơn {LIMITS.file_bytes >> 20} MB: đây không phải biểu mẫu đã nhận.")
    data = bytes_of(path)
    copy = office.workspace.archive_bytes(data, hashlib.sha256(data).hexdigest(), path.name)
    raw = next(iter(office.read_files([copy])))
    if isinstance(raw, Finding):
        (told,) = office.in_own_words((raw,))
        raise Nq57Error(f"Không đọc được «{path.name}»: {told.message} {told.fix}".strip())
    if data[:4] != b"PK\x03\x04" or b"xl/workbook.xml" not in data:
        raise Nq57Error(f"«{path.name}» không phải tệp .xlsx: hãy dùng đúng biểu mẫu .xlsx đã nhận từ cấp trên.")
    if any(note.code == "MACROS_PRESENT" for note in raw.notes):
        raise Nq57Error(f"«{path.name}» có macro, biểu mẫu nq57xl thì không: hãy xin lại biểu từ cấp trên.")
    fields = {table.name: [item.name for item in table.fields] for table in office.schema().tables}
    try:
        unlocked = unlocked_cells(data)
    except (LookupError, ValueError, SyntaxError, zipfile.BadZipFile) as error:  # SyntaxError: of its XML
        raise Nq57Error(_ODD.format(name=path.name)) from error
    superior = read_superior_form(raw, unlocked, fields, path.name)
    superior = attrs.evolve(superior, untouched=not (superior.sent_back or saved_since_made(data)))
    if ledger.form_by_id(superior.issue_id) is not None:
        raise Nq57Error(
            f"«{path.name}» là biểu do chính cơ quan này phát hành cho đơn vị {superior.unit}, không phải biểu của cấp "
            "trên. Báo cáo của đơn vị thì dùng lệnh «nq57xl collect»."
        )
    return data, superior


def _judge(office: Office, superior: SuperiorForm, c: Consolidation, file: tuple[bytes, str]) -> Judge:
    """What the office above would say of the form with other contents; that it cannot be told costs nothing else."""
    data, name = file

    def judge(contents: Sequence[tuple[str, str, PatchedValue]], facts: Mapping[RowPlace, Facts]) -> Sequence[Finding]:
        try:
            # as whoever collects it will read it
            with tempfile.TemporaryDirectory(prefix="nq57xl-") as folder:
                path = Path(folder) / "bieu.xlsx"
                path.write_bytes(_filled_in(data, superior, name, contents))
                raw = next(iter(office.read_files([path])))
            if isinstance(raw, Finding):
                raise Nq57Error(f"Biểu đã điền không đọc lại được: {raw.message} {raw.fix}".strip())
            found = superior.asked_back(raw, c.schema, (c.period, office.clock.now()), facts)
        except Exception:
            found = (fault("kiểm tra trước biểu đã điền"),)
        return office.in_own_words(found)

    return judge


def _filled_in(
    data: bytes, superior: SuperiorForm, name: str, contents: Sequence[tuple[str, str, PatchedValue]]
) -> bytes:
    """The form with those contents; what the formulas of its checks gave before is not in it."""
    typed: dict[str, set[str]] = {}
    for row in superior.rows:
        for cell in row.cells.values():
            typed.setdefault(cell.sheet, set()).add(cell.cell)
    try:
        return put_values(data, contents, kept=typed)
    except (LookupError, ValueError) as error:
        raise Nq57Error(_ODD.format(name=name)) from error


def _since_closed(lines: Sequence[MatchLine], c: Consolidation) -> Iterator[OpenPoint]:
    """Rows whose units have said something else since the period was closed: the form has what was closed."""
    later: dict[tuple[str, str], list[str]] = {}
    for item in c.addendum.changes if c.addendum is not None else ():
        later.setdefault(("indicator" if item.table == "indicator" else "task", item.key), []).append(item.name)
    for line in lines:
        kind = "indicator" if line.match.table == "indicator" else "task"
        names = [name for row in line.match.rows for name in later.get((kind, row.code), ())]
        if names:
            units = ", ".join(dict.fromkeys(names))
            why = f"Sau khi chốt kỳ, {units} đã báo cáo khác (phụ lục báo cáo tổng hợp); biểu lấy theo bản đã chốt."
            yield OpenPoint(*line.match.place, OPEN_FIELD[line.match.table], why)


_ALIKE = 70.0
"""Likeness of two names, in hundredths, from which they may be those of one office."""


def _other_office(superior: SuperiorForm, name: str) -> PointLine | None:
    """The form names an office that is hardly this one: a person has to say whether it is the right form."""
    from rapidfuzz.fuzz import token_set_ratio

    there = superior.named
    if there is None or not name or token_set_ratio(fold(there.typed), fold(name)) >= _ALIKE:
        return None
    why = (
        f"Biểu ghi đơn vị báo cáo là «{there.typed}», cơ quan trong kế hoạch là «{name}»: trước khi gửi hãy kiểm tra "
        "có đúng biểu của cơ quan mình không."
    )
    return PointLine(there.sheet, there.cell, "", there.typed, "Đơn vị báo cáo", why)


def _rows_by_table(superior: SuperiorForm, year: int) -> list[FormRows]:
    """The rows of the form, table by table."""
    sides = []
    for table in dict.fromkeys(row.table for row in superior.rows):
        rows = tuple(row for row in superior.rows if row.table == table)
        closed = frozenset(row.key for row in rows if not row.cells)
        part = attrs.evolve(superior, rows=rows)
        sides.append(FormRows(table, part.plan(year), {row.key: row.print for row in rows}, closed))
    return sides


def _matched(
    ledger: Ledger, superior: SuperiorForm, sides: tuple[Sequence[FormRows], Plan], book: Path, *, confirm: bool
) -> tuple[MatchLine, ...]:
    """The rows as decided, after what the office has said in the workbook is on record."""
    rows, plan = sides
    known = ledger.row_matches(superior.plan_id)
    prints = {(side.table, code): text for side in rows for code, text in side.prints.items()}
    said = read_matches(book.read_bytes(), book.name, plan, all_=confirm) if book.is_file() else {}
    lines = match_lines(rows, plan, known)
    # said of the row as it reads now: of another text it is asked again
    fresh = {place: match for place, match in said.items() if prints.get(place) == match.text}
    if confirm:  # rows that the workbook does not have yet as they would stand in it
        fresh = {line.match.place: line.match for line in lines} | fresh
    told = [match for place, match in fresh.items() if known.get(place) != match]
    same = {line.match.place: line.match for line in lines if line.state == "same"}
    told = [match for match in told if same.get(match.place) != match]
    if not told:
        return lines
    ledger.record_plan(plan)
    ledger.record_matches(superior.plan_id, (superior.plan_version, plan.version), told)
    return match_lines(rows, plan, known | {match.place: match for match in told})


def _write_book(office: Office, ledger: Ledger, book: Path, content: bytes) -> Path:
    """The workbook of matches as decided now. What the office had saved in it is on record, a copy in the archive."""
    if book.is_file():
        data = book.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        office.workspace.archive_bytes(data, sha256, book.name)
        ledger.note_outputs([(office.workspace.key_of(book), sha256)])
    return write_guarded(ledger, book, content)
