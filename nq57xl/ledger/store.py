"""The ledger: the one authority on what was issued to whom, what came back, and what was written."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import select

from nq57xl.errors import Nq57Error
from nq57xl.ledger import migrate, tables
from nq57xl.ledger.office_records import OfficeRecords
from nq57xl.ledger.storage import chunks, storage_of, upsert
from nq57xl.ledger.workspace import Workspace
from nq57xl.text.clock import Clock, iso

_KEPT_BACKUPS = 30
"""About three months of an office that runs ten writing commands a month."""
_KEPT_DAYS = 30
"""Days whose last copy is kept besides: `watch` makes thirty copies in one busy morning."""


class Ledger(OfficeRecords):
    """The ledger of one workspace. Writers hold `storage.writing` meanwhile."""

    upgraded = ""
    """What was done, in words, where a ledger of an earlier program was brought up to date when it was opened."""

    @classmethod
    def open(cls, workspace: Workspace, clock: Clock, person: str = "", *, read_only: bool = False) -> Ledger:
        """Opens the ledger; makes it when it is missing, and migrates an older one after a backup (see `upgraded`).

        `clock` and `person` (the user's name) tell when and by whom something is recorded.

        With `read_only` nothing on the disk changes: a missing ledger is seen as empty, an older one is migrated in
        memory. Raises Nq57Error when the file is damaged, of a newer program or not a ledger.
        """
        newest = migrate.MIGRATIONS[-1].number
        storage = storage_of(workspace, create=not read_only)
        found = storage.level()
        if not found:
            _require_not_lost(workspace)
        seen_only = read_only and found < newest
        engine = storage.in_memory(found) if seen_only else storage.engine(read_only=read_only)
        ledger = cls(workspace, clock, person, storage, engine)
        if found < newest:
            copy = ledger.backup("migrate") if found and not read_only else None
            with ledger.transaction() as connection:
                migrate.migrate(connection, clock.now())
                if found and not read_only:
                    kept = f"Bản sao trước khi nâng cấp: {copy}" if copy else "Máy chủ tự giữ bản sao lưu."
                    ledger.upgraded = (
                        f"Sổ dữ liệu do bản nq57xl cũ hơn lập: đã nâng cấp từ bước {found} lên bước {newest}, không bỏ "
                        f"dữ liệu nào. {kept}"
                    )
                    detail = {"from": found, "to": newest, "backup": copy.name if copy else ""}
                    ledger.add_event(connection, "upgrade", detail)
        return ledger

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def backup(self, command: str) -> Path | None:
        """A copy of the database under backup/, named by time and command; None where backups are the server's.

        The newest 30 are kept, and the last of each of the last 30 days that have any.
        """
        folder = self.workspace.backup
        name = f"nq57xl-{self._clock.now():%Y%m%d-%H%M%S}"
        slug = re.sub(r"[^a-z0-9]+", "-", command.lower()).strip("-") or "command"
        taken = {int(path.name[len(name) + 1 : len(name) + 4]) for path in folder.glob(f"{name}-[0-9][0-9][0-9]-*.db")}
        target = folder / f"{name}-{max(taken, default=0) + 1:03}-{slug}.db"
        if not self._storage.backup(target):
            return None
        _prune(folder, target)
        return target

    def note_outputs(self, written: Iterable[tuple[str, str]]) -> None:
        """Notes that the program writes each content to its path: (path, SHA-256), see `Workspace.key_of`."""
        at = iso(self.now())
        noted = [{"path": tables.clean(path), "sha256": sha256, "written_at": at} for path, sha256 in written]
        with self.transaction() as connection:
            if noted:
                connection.execute(upsert(connection, tables.outputs).on_conflict_do_nothing(), noted)

    def was_written(self, path: str, sha256: str) -> bool:
        """That content at that path is the program's own."""
        about = tables.outputs.c
        query = select(about.sha256).where((about.path == tables.clean(path)) & (about.sha256 == sha256))
        return self.first(query) is not None

    def output_hashes(self, hashes: Iterable[str]) -> set[str]:
        """Those of the contents that are the program's own: a form issued, a marked form, a letter."""
        about = tables.outputs.c
        query = select(about.sha256)
        return {row[0] for some in chunks(set(hashes)) for row in self.rows(query.where(about.sha256.in_(some)))}

    def latest_outputs(self) -> dict[str, str]:
        """Path -> SHA-256 of what the program wrote there last."""
        about = tables.outputs.c
        query = select(about.path, about.sha256).order_by(about.written_at)
        return {row[0]: row[1] for row in self.rows(query)}

    def faults(self) -> list[str]:
        """What the database itself finds wrong with its pages and references; [] for nothing."""
        with self.viewing() as connection:
            if connection.dialect.name != "sqlite":
                return []  # the server keeps pages and references itself
            pages = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
            broken = [
                f"tham chiếu sai ở bảng {row[0]}" for row in connection.exec_driver_sql("PRAGMA foreign_key_check")
            ]
        return [text for text in pages if text != "ok"] + broken


def _require_not_lost(workspace: Workspace) -> None:
    """An empty ledger never takes the place of one that was there. Raises Nq57Error pointing to the newest backup."""
    path = workspace.database
    kept = max(workspace.backup.glob("nq57xl-*.db"), key=lambda item: item.name, default=None)
    if kept is None and not any(workspace.archive.glob("??/*")):
        return
    if workspace.server:
        raise Nq57Error(
            "Sổ dữ liệu không có trên máy chủ, trong khi thư mục làm việc đã có báo cáo được lưu: hãy kiểm tra "
            "NQ57XL_LEDGER, hoặc nhờ người quản trị máy chủ khôi phục sổ từ bản sao lưu."
        )
    what = "bị rỗng" if path.exists() else "không còn"
    source = f"chép backup/{kept.name} thành nq57xl.db" if kept else "lấy lại nq57xl.db từ bản sao lưu"
    raise Nq57Error(
        f"Sổ dữ liệu nq57xl.db {what}, trong khi thư mục làm việc đã có báo cáo được lưu. Chương trình không lập sổ "
        f"mới để khỏi mất dấu các báo cáo đó: hãy {source}, rồi chạy lại."
    )


def _prune(folder: Path, newest: Path) -> None:
    """Removes the backups that are not to be kept; never the one just made, even when the clock was set back."""
    others = sorted(path for path in folder.glob("nq57xl-*.db") if path != newest)
    last = {path.name[: len("nq57xl-20260401")]: path for path in others}
    of_days = set(list(last.values())[-_KEPT_DAYS:])
    for path in others[: max(0, len(others) - (_KEPT_BACKUPS - 1))]:
        if path in of_days:
            continue
        with contextlib.suppress(OSError):  # a copy that somebody looks into goes next time
            path.unlink(missing_ok=True)
