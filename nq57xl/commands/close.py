"""close: freezes a period with everything that its report was made from; opens it again."""

from __future__ import annotations

import attrs
from attrs import frozen

from nq57xl.commands.consolidated import as_now, frozen_now
from nq57xl.commands.edits import read_edit_books
from nq57xl.commands.merge import Merged, write_reports
from nq57xl.commands.office import Office
from nq57xl.commands.standing import OfficePeriod
from nq57xl.errors import Nq57Error
from nq57xl.ledger.model import Closing, UnitStatus
from nq57xl.plan.model import Period
from nq57xl.text import files
from nq57xl.text.clock import moment_words


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
        taken = read_edit_books(here)
        c = frozen_now(here, reason.strip())
        assert c.closing is not None
        merged = write_reports(here, c, taken, now=as_now(here))
        closing = attrs.evolve(c.closing, outputs=_outputs(here))
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


def _outputs(here: OfficePeriod) -> dict[str, str]:
    """Path and hash of what the program has written for the report of the period; each content goes to the archive."""
    found: dict[str, str] = {}
    workspace = here.office.workspace
    for path in sorted(workspace.report_dir(here.code).glob("*")):
        key = workspace.key_of(path)
        sha256 = files.sha256_of(path) if path.is_file() else ""
        # bien-tap.xlsx stays a tool: it goes on after the close
        if sha256 and not path.name.startswith("bien-tap") and here.ledger.was_written(key, sha256):
            workspace.archive_file(path, sha256)
            found[key] = sha256
    return found


def _upper(title: str) -> str:
    return title[:1].upper() + title[1:]
