"""export: the period's data for other systems."""

from __future__ import annotations

from pathlib import Path

from nq57xl.commands.consolidated import consolidated
from nq57xl.commands.merge import require_issued
from nq57xl.commands.office import Office
from nq57xl.ledger.guarded import write_guarded
from nq57xl.report.exports import FORMATS, Format, export_bytes

_SHARED, _INTERNAL = "du-lieu", "du-lieu-noi-bo"


def export(
    office: Office, period_code: str | None, formats: tuple[Format, ...] = (), *, contacts: bool = False
) -> tuple[Path, ...]:
    """Writes the period's data in the formats asked for, else in all; returns where.

    With contacts the files have another name, so that nobody hands them on by mistake. Raises Nq57Error when no form
    of the period was issued.
    """
    with office.changing("export") as ledger:
        plan, period = office.valid(period_code, ledger)
        require_issued(ledger.current_forms(period.code), period)
        consolidation = consolidated(office, ledger, plan, period)
        folder = office.workspace.report_dir(period.code)
        name = _INTERNAL if contacts else _SHARED
        written = tuple(
            write_guarded(
                ledger,
                office.workspace,
                folder / f"{name}.{kind}",
                export_bytes(consolidation, kind, contacts=contacts),
            )
            for kind in formats or FORMATS
        )
        names = [path.name for path in written]
        ledger.event(office.who(), "export", {"period": period.code, "files": names, "contacts": contacts})
        return written
