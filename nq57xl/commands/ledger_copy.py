"""ledger copy: the workspace's ledger goes to a PostgreSQL server, or comes back into its file."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve, frozen

from nq57xl.commands.office import Office
from nq57xl.errors import Nq57Error
from nq57xl.ledger.lock import writing
from nq57xl.ledger.moving import copy_ledger
from nq57xl.ledger.storage import FileStorage, server_storage
from nq57xl.ledger.store import Ledger
from nq57xl.text.files import TEMPORARY


@frozen
class LedgerCopy:
    """What was copied."""

    counts: Mapping[str, int]
    """Table -> rows."""
    kept: str
    """Where the ledger as it was stays, in words."""


def ledger_to_server(office: Office) -> LedgerCopy:
    """nq57xl.db becomes a schema on the office's server; the file goes to backup/. Raises Nq57Error."""
    workspace = office.workspace
    if not workspace.server:
        raise Nq57Error("Chưa nêu máy chủ: hãy đặt biến môi trường NQ57XL_LEDGER=postgresql+psycopg://… rồi chạy lại.")
    if not workspace.database.is_file():
        raise Nq57Error("Thư mục làm việc không có nq57xl.db để chuyển: sổ đã nằm trên máy chủ, hoặc chưa có sổ nào.")
    local = evolve(office, workspace=evolve(workspace, server=""))
    with writing(local.workspace, "ledger copy", office.clock, office.person):
        with Ledger.open(local.workspace, office.clock, office.person) as ledger:
            kept = ledger.backup("ledger copy")
        server = server_storage(workspace, create=True)
        with server.locked(0):
            counts = copy_ledger(FileStorage(workspace.database), server, office.clock)
        workspace.database.unlink()
    _note(office, "server")
    return LedgerCopy(counts, f"backup/{kept.name}" if kept else "")


def ledger_to_file(office: Office) -> LedgerCopy:
    """The schema on the server becomes nq57xl.db again; what is on the server stays there, unused. Raises Nq57Error."""
    workspace = office.workspace
    if not workspace.server or not workspace.server_note.is_file():
        raise Nq57Error("Sổ của thư mục làm việc này không nằm trên máy chủ nào, hoặc chưa đặt NQ57XL_LEDGER.")
    if workspace.database.exists():
        raise Nq57Error("Thư mục làm việc đã có nq57xl.db: không ghi đè. Hãy chuyển tệp đó đi nơi khác.")
    staged = FileStorage(workspace.database.with_name(f".nq57xl.db{TEMPORARY}"))
    staged.path.unlink(missing_ok=True)
    with writing(workspace, "ledger copy", office.clock, office.person):
        with Ledger.open(workspace, office.clock, office.person):
            pass  # a ledger of an earlier program is brought up to date first
        server = server_storage(workspace, create=False)
        counts = copy_ledger(server, staged, office.clock)
        staged.path.replace(workspace.database)
        workspace.server_note.unlink()
    _note(evolve(office, workspace=evolve(workspace, server="")), "file")
    return LedgerCopy(counts, "trên máy chủ")


def _note(office: Office, where: str) -> None:
    with (
        writing(office.workspace, "ledger copy", office.clock, office.person),
        Ledger.open(office.workspace, office.clock, office.person) as ledger,
    ):
        ledger.event("ledger", {"to": where})
