"""close: freezes a period with everything that its report was made from; opens it again; erases its contacts.

Contacts go from the ledger with its copies in backup/, from noi-bo.xlsx and exports with contacts, and from the forms
sent back. The files as units sent them stay in the archive, unread: they are the proof of what was reported.
"""

from __future__ import annotations

from pathlib import Path

import attrs
from attrs import frozen

from nq57xl.commands.answers import answer, write_back
from nq57xl.commands.consolidated import as_closed, as_now, frozen_now
from nq57xl.commands.edits import read_edit_books
from nq57xl.commands.merge import Merged, with_edit_book, write_reports
from nq57xl.commands.office import Office
from nq57xl.commands.standing import standing
from nq57xl.errors import Nq57Error
from nq57xl.ledger.model import Closing, PeriodStatus, UnitStatus
from nq57xl.ledger.store import Ledger
from nq57xl.ledger.workspace import archive_file, archived
from nq57xl.plan.model import Period, Plan
from nq57xl.returns.model import JudgedReturn
from nq57xl.rules.schema import Schema
from nq57xl.text import files
from nq57xl.text.clock import moment_words


@frozen
class ClosedPeriod:
    """A period that has been closed now."""

    period: Period
    closing: Closing
    merged: Merged
    missing: tuple[UnitStatus, ...]
    """Units without an accepted return: the report says so on page one."""


def close(office: Office, period_code: str | None, reason: str = "") -> ClosedPeriod:
    """Writes the report, and notes what it was made from with the hashes of everything written for the period.

    Raises Nq57Error when the period is closed already, or no form of it was issued.
    """
    with office.changing("close") as ledger:
        plan, period = office.issued(period_code, ledger)
        known = ledger.closing(period.code)
        if known is not None:
            raise Nq57Error(
                f"{_upper(period.title)} đã chốt lúc {moment_words(known.at)}. Muốn chốt lại, hãy mở bằng "
                f'«nq57xl close --period {period.code} --reopen --reason "lý do"» trước.'
            )
        taken = read_edit_books(office, ledger, plan, period)
        closing = attrs.evolve(frozen_now(office, ledger, plan, period), reason=reason.strip())
        frozen_view = as_closed(ledger, closing)
        merged = write_reports(office, ledger, frozen_view, taken)
        merged = with_edit_book(office, ledger, merged, as_now(office, ledger, plan, period))
        closing = attrs.evolve(closing, outputs=_outputs(office, ledger, period))
        ledger.record_closing(period.code, closing.reason, closing)
        return ClosedPeriod(period, closing, merged, frozen_view.missing)


def reopen(office: Office, period_code: str | None, reason: str) -> Period:
    """Opens a closed period again. Raises Nq57Error when it is open, or no reason is given."""
    with office.changing("reopen") as ledger:
        _, period = office.valid(period_code, ledger)
        if ledger.closing(period.code) is None:
            raise Nq57Error(f"{_upper(period.title)} chưa chốt, không cần mở lại.")
        if not reason.strip():
            raise Nq57Error("Mở lại kỳ đã chốt phải nêu lý do.")
        ledger.record_closing(period.code, reason.strip(), None)
        return period


def _outputs(office: Office, ledger: Ledger, period: Period) -> dict[str, str]:
    """Path and hash of what the program has written for the report of the period; each content goes to the archive."""
    found: dict[str, str] = {}
    for path in sorted(office.workspace.report_dir(period.code).glob("*")):
        key = office.workspace.key_of(path)
        sha256 = files.sha256_of(path) if path.is_file() else ""
        # bien-tap.xlsx stays a tool: it goes on after the close
        if sha256 and not path.name.startswith("bien-tap") and ledger.was_written(key, sha256):
            archive_file(office.workspace, path, sha256)
            found[key] = sha256
    return found


def _upper(title: str) -> str:
    return title[:1].upper() + title[1:]


_EVENT = "erase"


def _contact_fields(schema: Schema) -> frozenset[tuple[str, str]]:
    """(table, field) of every cell that holds a person's contact."""
    return frozenset((table.name, item.name) for table in schema.tables for item in table.fields if item.contact)


def erase_contacts(office: Office, period_code: str | None, reason: str) -> int:
    """Erases the contacts of a closed period, on record; gives how many cells held one.

    Raises Nq57Error for a period that is open, no reason, and WorkbookOpenError for a file that is open elsewhere.
    """
    if not reason.strip():
        raise Nq57Error("Chưa nêu lý do: hãy ghi lý do.")
    with office.changing(_EVENT) as ledger:
        plan, period = office.valid(period_code, ledger)
        closing = ledger.closing(period.code)
        if closing is None:
            raise Nq57Error(f"{_upper(period.title)} chưa chốt: chốt số liệu rồi mới xóa liên hệ.")
        internal = office.workspace.report_dir(period.code).glob("noi-bo*.xlsx")
        for path in (*internal, *(office.workspace.out / period.code).rglob("du-lieu-noi-bo.*")):
            files.remove(path)
        for key, sha256 in closing.outputs.items():
            if Path(key).name.startswith("noi-bo") and (copy := archived(office.workspace, sha256)):
                files.remove(copy)
        count = ledger.erase_values(period.code, _contact_fields(office.schema()))
        ledger.event(_EVENT, {"period": period.code, "reason": reason.strip(), "count": count})
        answered_anew(office, ledger, plan, standing(office, ledger, plan, period))
        kept = ledger.backup(_EVENT)
        for path in office.workspace.backup.glob("nq57xl-*.db"):
            if path != kept:
                files.remove(path)
        return count


def answered_anew(office: Office, ledger: Ledger, plan: Plan, status: PeriodStatus) -> tuple[str, ...]:
    """Brings marked forms and letters in line with the status; gives what could not be written, in words."""
    return answer(office, ledger, plan, status, write_back(office, ledger, status).problems).problems


def without_erased(ledger: Ledger, schema: Schema, period: str, item: JudgedReturn) -> JudgedReturn:
    """What was judged again, without the contacts that were erased from its period."""
    if not any(event.detail.get("period") == period for event in ledger.events(_EVENT)):
        return item
    gone = _contact_fields(schema)
    return attrs.evolve(item, values=tuple(one for one in item.values if (one.table, one.field) not in gone))
