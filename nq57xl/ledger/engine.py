"""Opens the ledger's SQLite file the way a shared office folder needs it.

Rollback journal, never WAL: WAL wants shared memory between all its readers, which a network drive has not.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.pool import QueuePool, StaticPool

from nq57xl.errors import LedgerBusyError, Nq57Error
from nq57xl.text import files

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

BUSY_SECONDS = 10
"""How long SQLite itself waits for another connection: a backup or a reader on a slow drive."""


def file_engine(path: Path, *, read_only: bool = False) -> Engine:
    """An engine on the file; the first connection makes it when it is missing.

    `read_only` refuses writes by SQLite's query_only, not by mode=ro: a journal that a killed writer left must be
    rolled back by whoever opens the file next, and mode=ro cannot.
    """

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA foreign_keys = ON")
        if read_only:
            connection.execute("PRAGMA query_only = ON")
        else:
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("PRAGMA synchronous = FULL")
        return connection

    return _begins_itself(create_engine("sqlite://", creator=connect, poolclass=QueuePool))


def memory_engine(source: Path | None = None) -> Engine:
    """An engine on a database in memory: empty, or a copy of the file."""
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    memory.execute("PRAGMA foreign_keys = ON")
    if source is not None:
        with contextlib.closing(sqlite3.connect(source, timeout=BUSY_SECONDS)) as original:
            original.backup(memory)
    return _begins_itself(create_engine("sqlite://", creator=lambda: memory, poolclass=StaticPool))


def _begins_itself(engine: Engine) -> Engine:
    """BEGIN by hand: the sqlite3 module begins too late for transactional DDL and for reading before writing."""

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        kind = "IMMEDIATE" if connection.get_execution_options().get("nq57_write") else "DEFERRED"
        connection.exec_driver_sql(f"BEGIN {kind}")

    return engine


@contextlib.contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the ledger; errors as `friendly`."""
    with friendly(), engine.connect() as connection:
        yield connection


@contextlib.contextmanager
def changing(engine: Engine) -> Iterator[Connection]:
    """One transaction, all or nothing; errors as `friendly`."""
    with friendly(), engine.connect() as connection:
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


def add_rows(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Inserts many rows of plain values, straight by the driver: SQLAlchemy takes longer over each than SQLite."""
    marks = ("?" if connection.dialect.paramstyle == "qmark" else "%s" for _ in columns)
    names = f"{table.name} ({', '.join(columns)})"
    connection.exec_driver_sql(f"INSERT INTO {names} VALUES ({', '.join(marks)})", rows)


@contextlib.contextmanager
def friendly() -> Iterator[None]:
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
    """The message for what SQLite said."""
    text = str(error)
    if type(error).__module__.startswith("psycopg"):
        return _server_explained(error)
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


def _server_explained(error: BaseException | None) -> Nq57Error:
    """The message for what the server said, without its words: they may hold names and addresses."""
    state = getattr(error, "sqlstate", None) or ""
    if state in ("40001", "40P01", "55P03"):
        return LedgerBusyError("Sổ dữ liệu trên máy chủ đang được lệnh khác ghi. Hãy chờ một lát rồi chạy lại.")
    if state in ("42501", "25006"):
        return Nq57Error("Người dùng trong NQ57XL_LEDGER không có quyền ghi vào sổ dữ liệu trên máy chủ.")
    if not state or state.startswith(("08", "28", "3D", "57P")):
        return Nq57Error(
            "Không kết nối được máy chủ sổ dữ liệu, hoặc máy chủ không nhận người dùng, mật khẩu hay tên cơ sở dữ liệu "
            "nêu trong NQ57XL_LEDGER. Hãy kiểm tra mạng và biến đó, rồi chạy lại."
        )
    return Nq57Error(f"Máy chủ sổ dữ liệu báo lỗi (mã {state}). Hãy báo người quản trị máy chủ.")


def copy_database(source: Path, target: Path) -> None:
    """A consistent copy of the database, whole or not at all. Raises Nq57Error, which tells whose fault it is."""
    staged = target.with_name(f".{target.name}{files.TEMPORARY}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staged.touch()  # SQLite would say of a folder without write permission that the database cannot be opened
        with friendly(), contextlib.ExitStack() as stack:
            original: Any = stack.enter_context(contextlib.closing(sqlite3.connect(source, timeout=BUSY_SECONDS)))
            copy = stack.enter_context(contextlib.closing(sqlite3.connect(staged)))
            original.backup(copy)
        staged.replace(target)
    except OSError as error:
        raise Nq57Error(
            f"Không tạo được bản sao lưu trong «{target.parent}»: {error.strerror or error}. "
            "Hãy kiểm tra quyền ghi của thư mục đó và dung lượng ổ đĩa."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            staged.unlink(missing_ok=True)
