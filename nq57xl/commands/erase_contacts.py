"""A person's contacts are erased once the period that they served is closed; who signed, and the figures, stay.

They go from the ledger with its copies in backup/, from noi-bo.xlsx and exports with contacts, and from the forms sent
back. The files as units sent them stay in the archive, unread: they are the proof of what was reported.
"""

from __future__ import annotations

from pathlib import Path

import attrs

from nq57xl.commands.answers import answer, write_back
from nq57xl.commands.collect import standing
from nq57xl.commands.office import Office
from nq57xl.errors import Nq57Error
from nq57xl.ledger.archive import archived
from nq57xl.ledger.edits import closing_of
from nq57xl.ledger.store import Ledger
from nq57xl.plan.model import Period
from nq57xl.returns.model import JudgedReturn
from nq57xl.rules.schema import Schema
from nq57xl.text import files

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
        closing = closing_of(ledger, period.code)
        if closing is None:
            raise Nq57Error(
                f"{period.title[:1].upper()}{period.title[1:]} chưa chốt: chốt số liệu rồi mới xóa liên hệ."
            )
        for path in _files_with_contacts(office, period):
            files.remove(path)
        for key, sha256 in closing.outputs.items():
            if Path(key).name.startswith("noi-bo") and (copy := archived(office.workspace, sha256)):
                files.remove(copy)
        count = ledger.erase_values(period.code, _contact_fields(office.schema()))
        ledger.event(_EVENT, {"period": period.code, "reason": reason.strip(), "count": count})
        status = standing(office, ledger, plan, period)
        answer(office, ledger, plan, status, write_back(office, ledger, status).problems)
        kept = ledger.backup(_EVENT)
        for path in office.workspace.backup.glob("nq57xl-*.db"):
            if path != kept:
                files.remove(path)
        return count


def _files_with_contacts(office: Office, period: Period) -> list[Path]:
    workspace = office.workspace
    shown = workspace.report_dir(period.code).glob("noi-bo*.xlsx")
    return [*shown, *(workspace.out / period.code).rglob("du-lieu-noi-bo.*")]


def without_erased(ledger: Ledger, schema: Schema, period: str, item: JudgedReturn) -> JudgedReturn:
    """What was judged again, without the contacts that were erased from its period."""
    if not any(event.detail.get("period") == period for event in ledger.events(_EVENT)):
        return item
    gone = _contact_fields(schema)
    return attrs.evolve(item, values=tuple(one for one in item.values if (one.table, one.field) not in gone))
