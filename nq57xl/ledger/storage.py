"""Where a ledger lies, who may write, and the ledger while it is open: whole transactions, the log of what was done.

It is the SQLite file of its workspace, or a schema of its own on a server.

The file is opened the way a shared office folder needs it: with a rollback journal, never WAL, which wants shared
memory between all its readers, and a network drive has none. On a server the same tables are made by the same
migrations; text sorts by its bytes as in SQLite; backups are the server's.

One writer at a time, and everybody else is told who it is. The lock is the operating system's (flock, or byte-range
locking on Windows), so it is freed when its process dies; on a server its advisory lock takes that place, which dies
with the connection: several computers share the folder then. On shared drives the lock holds as far as the server
passes locks on: SMB from Windows does, NFS version 4 does; a mount without locks (some FUSE and WebDAV drives) cannot
be made safe here, and SQLite's own locking fails on it too.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import json
import os
import platform
import re
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define, frozen
from sqlalchemy import (
    URL,
    Connection,
    Dialect,
    Engine,
    Result,
    Select,
    Table,
    create_engine,
    event,
    insert,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import ArgumentError, DatabaseError, IntegrityError, NoSuchModuleError
from sqlalchemy.pool import NullPool, Pool, QueuePool, StaticPool
from sqlalchemy.util import LRUCache

from nq57xl.errors import LedgerBusyError, Nq57Error
from nq57xl.ledger import migrate, tables
from nq57xl.ledger.workspace import Workspace
from nq57xl.text import files
from nq57xl.text.clock import Clock, in_vietnam, iso
from nq57xl.text.legacy import bare

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

_BUSY_SECONDS = 10
"""How long SQLite itself waits for another connection: a backup or a reader on a slow drive."""


def _memory_engine(source: Path | None = None) -> Engine:
    """An engine on a database in memory: empty, or a copy of the file."""
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    memory.execute("PRAGMA foreign_keys = ON")
    if source is not None:
        with contextlib.closing(sqlite3.connect(source, timeout=_BUSY_SECONDS)) as original:
            original.backup(memory)
    return _sqlite_engine(StaticPool, lambda: memory)


@functools.cache
def _statements() -> tuple[Dialect, LRUCache[Any, Any]]:
    """What all SQLite ledgers of a process share: wording a statement for each anew costs more than running it."""
    with create_engine("sqlite://").connect() as connection:  # a dialect learns what this SQLite can when it connects
        return connection.dialect, LRUCache(500)


def _sqlite_engine(pool: type[Pool], connect: Callable[[], Any]) -> Engine:
    """BEGIN by hand: the sqlite3 module begins too late for transactional DDL and for reading before writing."""
    dialect, worded = _statements()
    shared = {"compiled_cache": worded}
    engine = Engine(pool(connect, dialect=dialect), dialect, make_url("sqlite://"), execution_options=shared)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        kind = "IMMEDIATE" if connection.get_execution_options().get("nq57_write") else "DEFERRED"
        connection.exec_driver_sql(f"BEGIN {kind}")

    return engine


@contextlib.contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the ledger; errors as `_friendly`."""
    with _friendly(), engine.connect() as connection:
        yield connection


@contextlib.contextmanager
def changing(engine: Engine) -> Iterator[Connection]:
    """One transaction, all or nothing; errors as `_friendly`."""
    with _friendly(), engine.connect() as connection:
        writer = connection.execution_options(nq57_write=True)
        with writer.begin():
            yield writer


def upsert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say what happens to rows that are there, in the words of this database."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert  # loaded where there is a server

        return insert(table)
    from sqlalchemy.dialects.sqlite import insert as insert_here

    return insert_here(table)


_Item = TypeVar("_Item")
_CHUNK = 500
"""Values of one IN: databases take so many, and more."""


def chunks(items: Iterable[_Item]) -> Iterator[Sequence[_Item]]:
    """The items in pieces that one query takes."""
    rest = iter(items)
    while piece := list(islice(rest, _CHUNK)):
        yield piece


@contextlib.contextmanager
def _friendly() -> Iterator[None]:
    """Turns what a user can cause into Nq57Error or LedgerBusyError; a breach of integrity stays a bug to be seen."""
    try:
        yield
    except IntegrityError:
        raise
    except DatabaseError as error:
        raise _explained(error.orig) from error
    except sqlite3.DatabaseError as error:
        raise _explained(error) from error


def _explained(error: BaseException | None) -> Nq57Error:
    """The message for what the database said; what a server said is not repeated: it may hold names and addresses."""
    text, state = str(error), getattr(error, "sqlstate", None) or ""
    if type(error).__module__.startswith("psycopg"):
        if state in ("40001", "40P01", "55P03"):
            return LedgerBusyError("Sổ dữ liệu trên máy chủ đang được lệnh khác ghi. Hãy chờ một lát rồi chạy lại.")
        if state in ("42501", "25006"):
            return Nq57Error("Người dùng trong NQ57XL_LEDGER không có quyền ghi vào sổ dữ liệu trên máy chủ.")
        if not state or state.startswith(("08", "28", "3D", "57P")):
            return Nq57Error(
                "Không kết nối được máy chủ sổ dữ liệu, hoặc máy chủ không nhận người dùng, mật khẩu hay tên cơ sở dữ "
                "liệu nêu trong NQ57XL_LEDGER. Hãy kiểm tra mạng và biến đó, rồi chạy lại."
            )
        return Nq57Error(f"Máy chủ sổ dữ liệu báo lỗi (mã {state}). Hãy báo người quản trị máy chủ.")
    if "locked" in text or "busy" in text:
        return LedgerBusyError("Sổ dữ liệu nq57xl.db đang được lệnh khác sử dụng. Hãy chờ một lát rồi chạy lại.")
    if "not a database" in text or "malformed" in text:
        return Nq57Error(
            "Tệp nq57xl.db bị hỏng hoặc không phải sổ dữ liệu của nq57xl. "
            "Hãy đổi tên tệp đó rồi chép bản mới nhất trong thư mục backup/ về thành nq57xl.db."
        )
    if "is full" in text:
        return Nq57Error("Ổ đĩa đã đầy nên chưa ghi được sổ dữ liệu nq57xl.db: hãy xóa bớt tệp không cần rồi làm lại.")
    return Nq57Error(f"Không đọc hoặc ghi được sổ dữ liệu nq57xl.db ({text}). Hãy kiểm tra ổ đĩa và quyền truy cập.")


_DRIVER = "postgresql+psycopg"
_SCHEMA = re.compile(r"nq57_[a-z0-9_]{1,50}")
_LOOK = 0.2
"""Seconds between two looks at a lock that another command holds."""


@frozen
class FileStorage:
    """nq57xl.db in the workspace; its lock is the workspace's file lock alone."""

    path: Path

    def engine(self, *, read_only: bool = False) -> Engine:
        """An engine on it; a missing ledger is made by the first migration.

        `read_only` refuses writes by SQLite's query_only, not by mode=ro: a journal that a killed writer left must be
        rolled back by whoever opens the file next, and mode=ro cannot.
        """
        pragmas = ("query_only = ON",) if read_only else ("journal_mode = DELETE", "synchronous = FULL")

        def connect() -> sqlite3.Connection:
            found = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            for pragma in ("foreign_keys = ON", *pragmas):
                found.execute(f"PRAGMA {pragma}")
            return found

        return _sqlite_engine(QueuePool, connect)

    def in_memory(self, level: int) -> Engine:
        """A copy to look at, for a ledger of an earlier program; empty where the level is 0. Raises Nq57Error."""
        with _friendly():
            return _memory_engine(self.path if level else None)

    def backup(self, target: Path) -> bool:
        """Makes a consistent copy, whole or not at all; False where backups are not the program's.

        Raises Nq57Error, which tells whose fault it is.
        """
        staged = target.with_name(f".{target.name}{files.TEMPORARY}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            staged.touch()  # SQLite would say of a folder without write permission that the database cannot be opened
            with _friendly(), contextlib.ExitStack() as stack:
                own = stack.enter_context(contextlib.closing(sqlite3.connect(self.path, timeout=_BUSY_SECONDS)))
                own.backup(stack.enter_context(contextlib.closing(sqlite3.connect(staged))))
            staged.replace(target)
        except OSError as error:
            raise Nq57Error(
                f"Không tạo được bản sao lưu trong «{target.parent}»: {error.strerror or error}. "
                "Hãy kiểm tra quyền ghi của thư mục đó và dung lượng ổ đĩa."
            ) from error
        finally:
            with contextlib.suppress(OSError):
                staged.unlink(missing_ok=True)
        return True

    @contextlib.contextmanager
    def locked(self, wait: float) -> Iterator[None]:
        """Held while one command writes; raises LedgerBusyError after `wait` seconds."""
        from filelock import FileLock, Timeout

        workspace = Workspace(self.path.parent)
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


@frozen
class _ServerStorage:
    """A schema on a PostgreSQL server. No message shows the password."""

    url: URL
    schema: str

    def engine(self, *, read_only: bool = False) -> Engine:
        """The schema is made for whoever writes."""
        if not read_only:
            with _friendly(), contextlib.closing(self._alone().connect()) as connection:
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
        return _memory_engine()

    def backup(self, target: Path) -> bool:
        """The server's administrator keeps copies."""
        return False

    @contextlib.contextmanager
    def locked(self, wait: float) -> Iterator[None]:
        """A session's advisory lock on a connection of its own."""
        asked = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 57))").bindparams(name=self.schema)
        with _friendly(), contextlib.closing(self._alone().connect()) as connection:
            until = time.monotonic() + wait
            while not connection.execute(asked).scalar_one():
                if time.monotonic() >= until:
                    raise LedgerBusyError("Sổ dữ liệu trên máy chủ đang được lệnh khác ghi. Hãy chờ rồi chạy lại.")
                time.sleep(_LOOK)
            yield

    def _alone(self) -> Engine:
        """Connections that stand outside any transaction."""
        return create_engine(self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")


Storage = FileStorage | _ServerStorage
"""Where one ledger lies; what its methods are for is said in `FileStorage`."""


@frozen
class Event:
    """One thing that somebody did."""

    id: int
    at: dt.datetime
    who: str
    what: str
    detail: dict[str, Any]


@define(eq=False, slots=False)
class OpenLedger:
    """A ledger that is open. Its parts add what they know; each of their methods is one transaction."""

    workspace: Workspace
    _clock: Clock
    person: str
    _storage: Storage
    _engine: Engine

    def close(self) -> None:
        """Lets go of the file."""
        self._engine.dispose()

    def now(self) -> dt.datetime:
        """The time that is noted with what is recorded."""
        return self._clock.now()

    def viewing(self) -> contextlib.AbstractContextManager[Connection]:
        """One consistent view of the ledger."""
        return reading(self._engine)

    def transaction(self) -> contextlib.AbstractContextManager[Connection]:
        """One transaction, all or nothing."""
        return changing(self._engine)

    def rows(self, query: Select[Any]) -> Sequence[Any]:
        """Every row of a query."""
        with self.viewing() as connection:
            return connection.execute(query).all()

    def first(self, query: Select[Any]) -> Any:  # noqa: ANN401 - a column's value
        """First column of the first row; None where there is none."""
        return next((row[0] for row in self.rows(query.limit(1))), None)

    def event(self, what: str, detail: Mapping[str, Any] | None = None) -> None:
        """Notes what was done."""
        with self.transaction() as connection:
            self.add_event(connection, what, detail or {})

    def add_event(self, connection: Connection, what: str, detail: Mapping[str, Any]) -> None:
        """The same within a transaction of the caller's."""
        text = tables.clean(json.dumps(detail, ensure_ascii=False, sort_keys=True))
        connection.execute(insert(tables.events), self.stamped({"what": what, "detail": text}))

    def stamped(self, row: tables.Row) -> tables.Row:
        """The row with when and by whom it is recorded."""
        return row | {"at": iso(self.now()), "who": tables.clean(self.person)}

    def events(self, what: str | None = None) -> tuple[Event, ...]:
        """Everything noted, or everything of one kind, oldest first."""
        query = select(tables.events).order_by(tables.events.c.id)
        found = self.rows(query if what is None else query.where(tables.events.c.what == what))
        return tuple(
            Event(row.id, dt.datetime.fromisoformat(row.at), row.who, row.what, json.loads(row.detail)) for row in found
        )


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


def level_of(storage: Storage) -> int:
    """Number of the last migration that the ledger took; 0 where there is none yet."""
    if isinstance(storage, FileStorage) and not storage.path.exists():
        return 0
    engine = storage.engine(read_only=True)
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
    if level_of(target):
        raise Nq57Error("Nơi chuyển đến đã có sổ dữ liệu: không ghi đè. Hãy nhờ người quản trị kiểm tra.")
    left, right = source.engine(read_only=True), target.engine()
    recorded = [table for table in tables.METADATA.sorted_tables if table is not tables.migrations]
    counts = {table.name: 0 for table in recorded}
    try:
        with reading(left) as sent, changing(right) as received:
            migrate.migrate(received, clock.now())
            for table in recorded:
                for batch in _rows(sent, table).mappings().partitions():
                    received.execute(insert(table), [dict(row) for row in batch])
                    counts[table.name] += len(batch)
            migrate.follow_ids(received)
            for table in recorded:
                if any(one != other for one, other in zip(_rows(sent, table), _rows(received, table), strict=True)):
                    raise Nq57Error(f"Bảng {table.name} chép sang không khớp: vẫn dùng sổ ở nơi cũ.")
    finally:
        left.dispose()
        right.dispose()
    return counts


def _rows(connection: Connection, table: Table) -> Result[Any]:
    order = [table.c.id] if "id" in table.c else list(table.primary_key.columns)
    return connection.execution_options(yield_per=_BATCH).execute(select(table).order_by(*order))


_WAIT = 60.0
"""Seconds to wait for the other writer: collecting a full inbox on a busy old machine takes about that long."""


@contextlib.contextmanager
def writing(
    workspace: Workspace, command: str, clock: Clock, person: str = "", *, wait: float = _WAIT
) -> Iterator[None]:
    """Holds the workspace for one writing command; sweeps what a killed one left half written. `person`: who.

    Raises LedgerBusyError, naming the holder, when another process keeps it longer than `wait` seconds; Nq57Error
    when the folder cannot be written. Not re-entrant.
    """
    if not workspace.root.is_dir():  # the lock would make the folder of a mistyped name
        raise Nq57Error(f"Không có thư mục làm việc «{workspace.root}».")
    storage = storage_of(workspace, create=True) if workspace.server else FileStorage(workspace.database)
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(storage.locked(wait))
        except LedgerBusyError as error:
            raise LedgerBusyError(_busy(workspace)) from error
        own = {"user": person, "host": platform.node(), "pid": os.getpid(), "command": command}
        name = json.dumps(own | {"since": iso(clock.now())}, ensure_ascii=False).encode()
        try:
            with contextlib.suppress(Nq57Error):  # a courtesy: that it cannot be written stops nobody
                files.write_atomic(workspace.lock_holder, name)
            # what was half written goes; `import -o` writes into the workspace's own folder without the lock
            at_once = (workspace.appendix.name, workspace.lock_holder.name)
            files.sweep(workspace.root, older_than=3600, at_once=at_once)
            files.sweep(workspace.backup)
            files.sweep(workspace.archive)  # it stages its copies in its top folder
            files.sweep(workspace.out, deep=True)
            yield
        finally:
            # the name goes first: a name without a lock misleads nobody, a lock without a name does
            with contextlib.suppress(OSError, Nq57Error):
                files.remove(workspace.lock_holder)


def _busy(workspace: Workspace) -> str:
    """The message for those who have to wait. It names whom the side file names: the present holder, if anybody."""
    by = ""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        found = json.loads(workspace.lock_holder.read_text(encoding="utf-8"))
        since = str(found["since"])
        with contextlib.suppress(ValueError):
            since = in_vietnam(dt.datetime.fromisoformat(since)).strftime("%H:%M:%S ngày %d/%m/%Y")
        by = (
            f" (người dùng {found['user'] or 'không rõ tên'}, máy {found['host']}, lệnh «{found['command']}» chạy từ "
            f"{since}, tiến trình số {int(found['pid'])})"
        )
    return f"Thư mục làm việc đang được một lệnh khác ghi{by}. Hãy chờ lệnh đó chạy xong rồi chạy lại."
