"""diff and export: what moved between two periods, and the period's data for other systems."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

from nq57xl.commands.consolidated import consolidated, require_reported
from nq57xl.commands.office import Office
from nq57xl.ledger.outputs import write_guarded
from nq57xl.ledger.store import Ledger
from nq57xl.outputs.exports import FORMATS, Format, can_write, export_bytes
from nq57xl.results.comparison import PeriodComparison, compare_periods
from nq57xl.results.consolidation import Consolidation


def diff(office: Office, first: str, second: str) -> PeriodComparison:
    """Two periods compared, the earlier one first whatever the order given, as the report of the later one has them.

    Raises Nq57Error when a code is no period or no form of it was issued.
    """
    with office.reading() as ledger:
        before, after = sorted((_side(office, ledger, code) for code in (first, second)), key=lambda side: side.cutoff)
    known = {item.period.code: item for item in after.earlier_periods}
    return compare_periods(known.get(before.period.code, before), after)


def _side(office: Office, ledger: Ledger, code: str) -> Consolidation:
    plan, period = office.valid(code, ledger)
    require_reported(ledger, plan, period)
    return consolidated(office, ledger, plan, period, whole=True)


_SHARED, _INTERNAL = "du-lieu", "du-lieu-noi-bo"


@frozen
class _Exported:
    """The files of one export."""

    paths: tuple[Path, ...]
    left_out: tuple[Format, ...]
    """Formats asked for that this installation cannot write."""


def export(
    office: Office, period_code: str | None, formats: tuple[Format, ...] = (), *, contacts: bool = False
) -> _Exported:
    """Writes the period's data in the formats asked for, else in all; those that lack their library are left out.

    With contacts the files have another name, so that nobody hands them on by mistake. Raises Nq57Error when no form
    of the period was issued.
    """
    kinds = tuple(kind for kind in formats or FORMATS if can_write(kind))
    left_out = tuple(kind for kind in formats or FORMATS if kind not in kinds)
    if not kinds:
        return _Exported((), left_out)
    with office.changing("export") as ledger:
        plan, period = office.valid(period_code, ledger)
        require_reported(ledger, plan, period)
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
            for kind in kinds
        )
        names = [path.name for path in written]
        ledger.event("export", {"period": period.code, "files": names, "contacts": contacts})
        return _Exported(written, left_out)
