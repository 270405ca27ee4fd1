"""Where a ledger lies: the SQLite file of its workspace, or a schema of its own on a PostgreSQL server.

On a server the same tables are made by the same migrations; text sorts by its bytes as in SQLite; one advisory lock
takes the place of the file lock and dies with the connection of its holder; backups are the server's.
"""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from attrs import frozen
from sqlalchemy import URL, Connection, Engine, Table, create_engine, insert, make_url, select, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import NullPool, QueuePool

from nq57xl.errors import LedgerBusyError, Nq57Error
from nq57xl.ledger import migrate, tables
from nq57xl.ledger.engine import changing, copy_database, file_engine, friendly, memory_engine, reading
from nq57xl.ledger.workspace import Workspace
from nq57xl.text.clock import Clock
from nq57xl.text.legacy import bare

_DRIVER = "postgresql+psycopg"
_SCHEMA = re.compile(r"nq57_[a-z0-9_]{1,50}")
_LOOK = 0.2
"""Seconds between two looks at a lock that another command holds."""


class Storage(Protocol):
    """Where one ledger lies."""

    def level(self) -> int:
        """Number of the last migration taken; 0 where there is no ledger yet."""

    def engine(self, *, read_only: bool = False) -> Engine:
        """An engine on it; a missing ledger is made by the first migration."""

    def in_memory(self, level: int) -> Engine:
        """A copy to look at, for a ledger of an earlier program; empty where the level is 0. Raises Nq57Error."""

    def backup(self, target: Path) -> bool:
        """Makes a copy; False where backups are not the program's."""

    def locked(self, wait: float) -> contextlib.AbstractContextManager[None]:
        """Held while one command writes; raises LedgerBusyError after `wait` seconds."""


@frozen
class FileStorage:
    """nq57xl.db in the workspace; its lock is the workspace's file lock alone."""

    path: Path

    def level(self) -> int:
        """0 where the file is missing or empty."""
        if not self.path.exists():
            return 0
        return _level(file_engine(self.path, read_only=True))

    def engine(self, *, read_only: bool = False) -> Engine:
        """See `Storage`."""
        return file_engine(self.path, read_only=read_only)

    def in_memory(self, level: int) -> Engine:
        """See `Storage`."""
        with friendly():
            return memory_engine(self.path if level else None)

    def backup(self, target: Path) -> bool:
        """See `Storage`."""
        copy_database(self.path, target)
        return True

    def locked(self, wait: float) -> contextlib.AbstractContextManager[None]:
        """Nothing more: whoever asks holds the file lock."""
        return contextlib.nullcontext()


@frozen
class _ServerStorage:
    """A schema on a PostgreSQL server. No message shows the password."""

    url: URL
    schema: str

    def level(self) -> int:
        """0 where the schema is missing or empty."""
        return _level(self.engine(read_only=True))

    def engine(self, *, read_only: bool = False) -> Engine:
        """See `Storage`; the schema is made for whoever writes."""
        if not read_only:
            with friendly(), contextlib.closing(self._alone().connect()) as connection:
                connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {self.schema}")
        options = f"-csearch_path={self.schema} -ctimezone=UTC" + (" -cdefault_transaction_read_only=on" * read_only)
        return create_engine(
            self.url,
            isolation_level="REPEATABLE READ",
            connect_args={"options": options, "connect_timeout": 10, "application_name": "nq57xl"},
            poolclass=QueuePool,
        )

    def in_memory(self, level: int) -> Engine:
        """An older ledger is not copied over the net: Nq57Error."""
        if level:
            raise Nq57Error(
                f"Sổ dữ liệu trên máy chủ do bản nq57xl cũ hơn lập (bước {level}): hãy chạy một lệnh có ghi sổ, "
                "ví dụ «nq57xl collect», để nâng cấp rồi xem lại."
            )
        return memory_engine()

    def backup(self, target: Path) -> bool:
        """The server's administrator keeps copies."""
        return False

    @contextlib.contextmanager
    def locked(self, wait: float) -> Iterator[None]:
        """A session's advisory lock on a connection of its own."""
        asked = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 57))").bindparams(name=self.schema)
        with friendly(), contextlib.closing(self._alone().connect()) as connection:
            until = time.monotonic() + wait
            while not connection.execute(asked).scalar_one():
                if time.monotonic() >= until:
                    raise LedgerBusyError("Sổ dữ liệu trên máy chủ đang được lệnh khác ghi. Hãy chờ rồi chạy lại.")
                time.sleep(_LOOK)
            yield

    def _alone(self) -> Engine:
        """Connections that stand outside any transaction."""
        return create_engine(self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")


def storage_of(workspace: Workspace, *, create: bool = False) -> Storage:
    """Where the workspace's ledger lies. `create`: a name on the server is chosen where there is none yet.

    Raises Nq57Error for an address that is none, and where file and server would both be the ledger.
    """
    has_file = workspace.database.exists() and workspace.database.stat().st_size > 0
    if not workspace.server:
        if workspace.server_note.exists() and not has_file:
            raise Nq57Error(
                "Sổ dữ liệu của thư mục này nằm trên máy chủ PostgreSQL: hãy đặt biến môi trường NQ57XL_LEDGER trỏ tới "
                "máy chủ đó rồi chạy lại."
            )
        return FileStorage(workspace.database)
    if has_file:
        raise Nq57Error(
            "NQ57XL_LEDGER chỉ tới máy chủ, nhưng thư mục làm việc vẫn dùng sổ nq57xl.db: hãy chạy «nq57xl ledger "
            "copy» để chuyển sổ lên máy chủ, hoặc bỏ biến NQ57XL_LEDGER."
        )
    return server_storage(workspace, create=create)


def server_storage(workspace: Workspace, *, create: bool) -> Storage:
    """The schema on the server that the workspace's note names. Raises Nq57Error for an address that is none."""
    try:
        url = make_url(workspace.server)
        sound = url.drivername == _DRIVER
    except (ArgumentError, ValueError):
        sound = False
    if not sound:
        raise Nq57Error(
            f"NQ57XL_LEDGER không phải địa chỉ sổ dữ liệu: cần dạng {_DRIVER}://NGƯỜI_DÙNG:MẬT_KHẨU@MÁY_CHỦ/CƠ_SỞ_DỮ_LIỆU."
        )
    try:
        url.get_dialect()
        __import__("psycopg")
    except (NoSuchModuleError, ImportError) as error:
        raise Nq57Error("Chưa cài phần mở rộng cho PostgreSQL: «pip install nq57xl[postgresql]».") from error
    if not workspace.server_note.exists():
        if not create:
            return FileStorage(workspace.server_note)  # that is not there
        slug = re.sub(r"[^a-z0-9]+", "_", bare(workspace.root.resolve().name)).strip("_")[:40]
        name = f"nq57_{slug}_{secrets.token_hex(4)}"
        with contextlib.suppress(FileExistsError), workspace.server_note.open("x", encoding="utf-8") as file:
            json.dump({"schema": name}, file)
    return _ServerStorage(url, _named(workspace.server_note))


def _named(note: Path) -> str:
    """The schema's name; whoever makes the note may be about to write into it."""
    for _ in range(10):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            name = str(json.loads(note.read_text(encoding="utf-8"))["schema"])
            if _SCHEMA.fullmatch(name):
                return name
        time.sleep(_LOOK)
    raise Nq57Error(f"Tệp {note.name} hỏng: hãy lấy lại tệp này từ bản sao lưu của thư mục làm việc.")


def _level(engine: Engine) -> int:
    try:
        with reading(engine) as connection:
            return migrate.level(connection)
    finally:
        engine.dispose()


_BATCH = 1000
"""Rows that travel together."""


def copy_ledger(source: Storage, target: Storage, clock: Clock) -> Mapping[str, int]:
    """Copies every row; returns how many each table has. `source` is at the newest level, `target` has no ledger yet.

    Raises Nq57Error where the target has one, or where what arrived differs from what was sent: then nothing is kept.
    """
    if target.level():
        raise Nq57Error("Nơi chuyển đến đã có sổ dữ liệu: không ghi đè. Hãy nhờ người quản trị kiểm tra.")
    left, right = source.engine(read_only=True), target.engine()
    try:
        with reading(left) as sent, changing(right) as received:
            migrate.migrate(received, clock.now())
            counts = {table.name: _copied(sent, received, table) for table in _recorded()}
            migrate.follow_ids(received)
            for table in _recorded():
                if any(one != other for one, other in zip(_rows(sent, table), _rows(received, table), strict=True)):
                    raise Nq57Error(f"Bảng {table.name} chép sang không khớp: vẫn dùng sổ ở nơi cũ.")
    finally:
        left.dispose()
        right.dispose()
    return counts


def _recorded() -> Iterator[Table]:
    """Every table but that of the steps taken, those that are referred to first."""
    return (table for table in tables.METADATA.sorted_tables if table is not tables.migrations)


def _rows(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    order = [table.c.id] if "id" in table.c else list(table.primary_key.columns)
    for row in connection.execution_options(yield_per=_BATCH).execute(select(table).order_by(*order)):
        yield dict(row._mapping)


def _copied(sent: Connection, received: Connection, table: Table) -> int:
    count, batch = 0, list[dict[str, Any]]()
    for row in _rows(sent, table):
        batch.append(row)
        if len(batch) == _BATCH:
            received.execute(insert(table), batch)
            count, batch = count + len(batch), []
    if batch:
        received.execute(insert(table), batch)
    return count + len(batch)
