"""One writer at a time, and everybody else is told who it is.

The lock is the operating system's (flock, or byte-range locking on Windows), so it is freed when its process dies.
Where the ledger is on a server, the server's advisory lock takes its place: several computers share the folder then.
On shared drives it holds as far as the server passes locks on: SMB from Windows does, NFS version 4 does; a mount
without locks (some FUSE and WebDAV drives) cannot be made safe here, and SQLite's own locking fails on it too.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import platform
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen
from filelock import FileLock, Timeout

from nq57xl.errors import LedgerBusyError, Nq57Error
from nq57xl.ledger.storage import storage_of
from nq57xl.ledger.workspace import Workspace
from nq57xl.text import clock as clocks
from nq57xl.text import files

_WAIT = 60.0
"""Seconds to wait for the other writer: collecting a full inbox on a busy old machine takes about that long."""


@frozen
class _Holder:
    """Who holds the lock."""

    user: str
    host: str
    pid: int
    command: str
    since: str
    """ISO 8601."""

    def describe(self) -> str:
        """In words, for the message."""
        try:
            since = clocks.in_vietnam(dt.datetime.fromisoformat(self.since)).strftime("%H:%M:%S ngày %d/%m/%Y")
        except ValueError:
            since = self.since
        person = self.user or "không rõ tên"
        return f"người dùng {person}, máy {self.host}, lệnh «{self.command}» chạy từ {since}, tiến trình số {self.pid}"


@contextlib.contextmanager
def writing(
    workspace: Workspace, command: str, clock: clocks.Clock, person: str = "", *, wait: float = _WAIT
) -> Iterator[None]:
    """Holds the workspace for one writing command; sweeps what a killed one left half written. `person`: who.

    Raises LedgerBusyError, naming the holder, when another process keeps it longer than `wait` seconds; Nq57Error
    when the folder cannot be written. Not re-entrant.
    """
    if not workspace.root.is_dir():  # the lock would make the folder of a mistyped name
        raise Nq57Error(f"Không có thư mục làm việc «{workspace.root}».")
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(_server_locked(workspace, wait) if workspace.server else _file_locked(workspace, wait))
        except LedgerBusyError as error:
            raise LedgerBusyError(_busy(workspace)) from error
        try:
            _leave_name(workspace, command, clock, person)
            _sweep(workspace)
            yield
        finally:
            # the name goes first: a name without a lock misleads nobody, a lock without a name does
            with contextlib.suppress(OSError, Nq57Error):
                files.remove(_name_file(workspace))


def _server_locked(workspace: Workspace, wait: float) -> contextlib.AbstractContextManager[None]:
    return storage_of(workspace, create=True).locked(wait)


@contextlib.contextmanager
def _file_locked(workspace: Workspace, wait: float) -> Iterator[None]:
    lock = FileLock(workspace.lock)
    try:
        lock.acquire(timeout=wait)
    except Timeout as error:
        raise LedgerBusyError("") from error
    except (OSError, NotImplementedError) as error:
        raise Nq57Error(
            f"Không khóa được thư mục làm việc «{workspace.root}»: {error}. "
            "Hãy kiểm tra thư mục có tồn tại và có quyền ghi, hoặc chuyển sang ổ đĩa khác."
        ) from error
    try:
        yield
    finally:
        lock.release()


def holder(workspace: Workspace) -> _Holder | None:
    """Whom the side file names: the present holder, or one that was killed; None when it names nobody."""
    try:
        found = json.loads(_name_file(workspace).read_text(encoding="utf-8"))
        return _Holder(
            str(found["user"]), str(found["host"]), int(found["pid"]), str(found["command"]), str(found["since"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _name_file(workspace: Workspace) -> Path:
    """The side file; the lock file itself cannot be read on Windows while it is held."""
    return workspace.root / "nq57xl.lock.json"


def _leave_name(workspace: Workspace, command: str, clock: clocks.Clock, person: str) -> None:
    """Says who holds the lock. The name is a courtesy: that it cannot be written stops nobody."""
    name = {
        "user": person,
        "host": platform.node(),
        "pid": os.getpid(),
        "command": command,
        "since": clocks.iso(clock.now()),
    }
    with contextlib.suppress(Nq57Error):
        files.write_atomic(_name_file(workspace), json.dumps(name, ensure_ascii=False).encode())


def _sweep(workspace: Workspace) -> None:
    """Removes half-written files; the archive stages its copies in its top folder, so that is enough there."""
    own = (workspace.appendix.name, _name_file(workspace).name)
    files.sweep(workspace.root, older_than=3600, at_once=own)  # `import -o` writes there without the lock
    files.sweep(workspace.backup)
    files.sweep(workspace.archive)
    files.sweep(workspace.out, deep=True)


def _busy(workspace: Workspace) -> str:
    """The message for those who have to wait."""
    found = holder(workspace)
    by = f" ({found.describe()})" if found else ""
    return f"Thư mục làm việc đang được một lệnh khác ghi{by}. Hãy chờ lệnh đó chạy xong rồi chạy lại."
