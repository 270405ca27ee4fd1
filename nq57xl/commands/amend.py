"""amend: a new version of the plan; compared, confirmed by the office, then put in place of the present appendix."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import attrs
from attrs import frozen

from nq57xl.commands.init import PlanDocument, read_plan, require_readable
from nq57xl.commands.office import Office, bytes_of
from nq57xl.errors import Nq57Error
from nq57xl.ledger.outputs import write_guarded
from nq57xl.ledger.store import Ledger
from nq57xl.plan.amend import Origin, amended, moved_review, read_comparison, write_comparison
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.compare import Decisions, compare_plans, completed, general_changes, is_copy
from nq57xl.plan.model import Amendment, Plan, PlanComparison, PlanRowChange
from nq57xl.plan.periods import parse_period
from nq57xl.plan.review_questions import Review
from nq57xl.text import files

_COMPARISON = "so-sanh-ke-hoach.xlsx"


@frozen
class Amended:
    """What an amendment changes, or has changed."""

    effective_from: dt.date
    comparison: PlanComparison
    """Its new plan is the document's; what is not in the document filled from the present one."""
    plan: Plan
    """The amended plan."""
    review: tuple[Review, ...]
    applied: bool
    file: Path | None
    """The comparison as written, or the appendix as it was kept; None where nothing changes."""
    already: bool = False
    """It was in place before this command: a command that was cut off had done it, or the same one ran before."""
    periods: tuple[str, ...] = ()
    """Issued periods whose cut-off lies on or after the effective day: their forms are to be issued again."""


def propose_amendment(
    office: Office,
    document: Path,
    effective_from: dt.date | None = None,
    *,
    partial: bool = False,
    apply: bool = False,
) -> Amended:
    """Compares; writes nothing but the workbook in which the office confirms. With `apply` the new version is put in
    place as proposed.

    Without `effective_from` the document's own date is proposed, else today. `partial`: rows that the document does not
    name stay. Raises Nq57Error when the document cannot be read or the effective day lies before that of an earlier
    amendment.
    """
    with office.changing("amend") as ledger:
        old = _present(office)
        read = _read(document, office)
        own = read.plan.properties.issued_on
        own = None if own == old.properties.issued_on else own
        effective_from = effective_from or own or office.clock.now().date()
        _require_later(ledger, effective_from)
        made = _made(ledger, (old, read), effective_from, keep=partial)
        if apply or not _differs(made):
            return _applied(office, ledger, read, made)
        origin = Origin(office.workspace.key_of(document), read.sha256, old.version, effective_from, partial)
        content = write_comparison(made.comparison, origin)
        path = write_guarded(ledger, office.workspace.out / "dieu-chinh" / _COMPARISON, content)
        return attrs.evolve(made, file=path)


def confirm_amendment(
    office: Office, comparison: Path, document: Path | None = None, effective_from: dt.date | None = None
) -> Amended:
    """Puts the new version in place as the office decided in the comparison.

    `document` where it was moved since; `effective_from` where it is another day than the comparison says.
    """
    with office.changing("amend") as ledger:
        origin, decisions = read_comparison(bytes_of(comparison), comparison.name)
        old = _present(office)
        if old.version != origin.plan_version:
            last = next(iter(reversed(ledger.amendments())), None)
            wanted = (origin.plan_version, origin.sha256, old.version)
            if last is not None and (last.before, last.sha256, last.after) == wanted:
                found = compare_plans(ledger.plan(last.before), old, same_file=True)
                return Amended(last.effective_from, found, old, (), applied=True, file=None, already=True)
            raise Nq57Error(
                "phu-luc.xlsx đã thay đổi sau khi lập bảng so sánh: hãy chạy lại «nq57xl amend» rồi xác nhận."
            )
        if document is not None:
            origin = attrs.evolve(origin, document=str(document.absolute()))
        if effective_from is not None:
            origin = attrs.evolve(origin, effective_from=effective_from)
        return _applied(office, ledger, *_as_decided(office, ledger, old, (origin, decisions), comparison.name))


def pending_amendment(office: Office) -> Amended | None:
    """The comparison that waits for the office's word, as confirming it would put it in place; None for none.

    Raises Nq57Error where it could not be confirmed as it stands.
    """
    path = office.workspace.out / "dieu-chinh" / _COMPARISON
    if not path.is_file():
        return None
    origin, decisions = read_comparison(bytes_of(path), path.name)
    old = office.appendix().plan
    if old.version != origin.plan_version:
        return None
    with office.reading() as ledger:
        _, made = _as_decided(office, ledger, old, (origin, decisions), path.name)
    return attrs.evolve(made, file=path)


def _as_decided(
    office: Office, ledger: Ledger, old: Plan, told: tuple[Origin, Decisions], name: str
) -> tuple[PlanDocument, Amended]:
    """What the workbook of that name changes; nothing is written.

    Raises Nq57Error where its document is no longer the one that was compared, or lines of it are missing.
    """
    origin, decisions = told
    read = _read(office.workspace.root / origin.document, office)
    if read.sha256 != origin.sha256:
        raise Nq57Error(f"«{read.path.name}» đã thay đổi sau khi lập bảng so sánh: hãy chạy lại «nq57xl amend».")
    _require_later(ledger, origin.effective_from)
    proposed = _made(ledger, (old, read), origin.effective_from, keep=origin.partial)
    decisions.require_whole(proposed.comparison, name)
    return read, _made(ledger, (old, read), origin.effective_from, decisions, keep=origin.partial)


def applied_amendments(office: Office) -> tuple[Amendment, ...]:
    """Every amendment, oldest first."""
    with office.reading() as ledger:
        return ledger.amendments()


def _present(office: Office) -> Plan:
    """The plan as it stands; refused where a cell cannot be read, or one code names two rows."""
    appendix = office.appendix_with_codes()
    name = office.workspace.appendix.name
    require_readable(office.in_own_words(appendix.findings), name)
    for rows in (appendix.plan.tasks, appendix.plan.indicators):
        counts = Counter(row.code for row in rows)
        if twice := sorted(code for code, count in counts.items() if count > 1):
            raise Nq57Error(
                f"«{name}» có mã dùng cho nhiều dòng ({', '.join(twice)}): hãy sửa trước, xem «nq57xl lint»."
            )
    return appendix.plan


def _read(document: Path, office: Office) -> PlanDocument:
    """The new version as its document has it."""
    read = read_plan(document, office.clock.now().date(), office.workspace.root)
    own = read.appendix
    if own is None:
        return read
    require_readable(office.in_own_words(own.findings), document.name)
    given = {code for _, _, code in own.new_codes}
    plan = attrs.evolve(
        own.plan,
        tasks=tuple(attrs.evolve(row, code="") if row.code in given else row for row in own.plan.tasks),
        indicators=tuple(attrs.evolve(row, code="") if row.code in given else row for row in own.plan.indicators),
    )
    return attrs.evolve(read, plan=plan)


def _require_later(ledger: Ledger, effective_from: dt.date) -> None:
    if effective_from.year // 100 != 20:
        day = f"{effective_from.day}/{effective_from.month}/{effective_from.year}"
        raise Nq57Error(f"Ngày hiệu lực {day} không thể có: hãy kiểm tra lại năm.")
    known = ledger.amendments()
    if known and effective_from < known[-1].effective_from:
        raise Nq57Error(
            f"Ngày hiệu lực {effective_from:%d/%m/%Y} trước ngày hiệu lực của lần điều chỉnh gần nhất "
            f"({known[-1].effective_from:%d/%m/%Y}); hãy kiểm tra lại ngày."
        )


def _made(
    ledger: Ledger,
    sides: tuple[Plan, PlanDocument],
    effective_from: dt.date,
    decisions: Decisions | None = None,
    *,
    keep: bool = False,
) -> Amended:
    """The comparison and the plan that comes of it; nothing is written."""
    old, read = sides
    same_file = read.appendix is not None and is_copy(read.plan, old)
    new = read.plan if same_file else completed(old, read.plan)
    found = compare_plans(old, new, decisions, same_file=same_file, keep=keep)
    plan = amended(found, ledger.used_codes(), effective_from)
    # what becomes of units and groups shows in the amended plan alone
    found = attrs.evolve(found, general=(*general_changes(old, plan), *found.heading_changes))
    issued = (parse_period(code, plan.properties) for code in ledger.periods())
    periods = tuple(period.code for period in issued if period.cutoff >= effective_from)
    review = moved_review(read.review, found, plan)
    return Amended(effective_from, found, plan, review, applied=False, file=None, periods=periods)


def _differs(made: Amended) -> bool:
    return made.plan.version != made.comparison.old.version


def _applied(office: Office, ledger: Ledger, read: PlanDocument, made: Amended) -> Amended:
    """The new appendix in place of the old one, which is kept in backup/; the ledger keeps both versions."""
    if not _differs(made):
        return made
    path = office.workspace.appendix
    files.require_closed(path)
    kept = office.keep_appendix(bytes_of(path))
    office.workspace.archive_bytes(read.data, read.sha256, read.path.name)
    cut_off = _cut_off(ledger, read, made)
    made = made if cut_off is None else attrs.evolve(made, plan=cut_off)
    with files.replacing(path) as stream:
        stream.write(write_appendix(made.plan, made.review))
        # in the ledger before the file takes its place: cut off between the two, the same command does it again
        if cut_off is None:
            document = (read.path.name, read.sha256)
            ledger.record_amendment(
                (made.comparison.old, made.plan), made.effective_from, _rows(made), document=document
            )
    return attrs.evolve(made, applied=True, file=kept)


def _cut_off(ledger: Ledger, read: PlanDocument, made: Amended) -> Plan | None:
    """The plan that a run before this one recorded for the same amendment and did not get into its place."""
    known = ledger.amendments()
    last = known[-1] if known else None
    if last is None or (last.before, last.sha256) != (made.comparison.old.version, read.sha256):
        return None
    told = [(row.table, row.kinds, None if "added" in row.kinds else row.code) for row in last.rows]
    same = told == [(row.table, row.kinds, row.code) for row in made.comparison.changes]
    return ledger.plan(last.after) if same and last.effective_from == made.effective_from else None


def _rows(made: Amended) -> tuple[PlanRowChange, ...]:
    """What happened to each row, by the code it has from now on."""
    added = {}
    for table in ("tasks", "indicators"):
        known = {row.code for row in getattr(made.comparison.old, table)}
        added[table] = iter([row.code for row in getattr(made.plan, table) if row.code not in known])
    return tuple(
        PlanRowChange(row.table, row.code or next(added[row.table]), kinds=row.kinds, fields=row.fields)
        for row in made.comparison.rows
        if row.kinds
    )
