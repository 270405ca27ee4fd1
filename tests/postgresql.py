"""`pytest -p tests.postgresql` runs tests with every ledger on a PostgreSQL server, started for the run alone.

Workspaces get the server as if NQ57XL_LEDGER named it, in this process and in those that tests start.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

PASSWORD = "Bí mật 57"
_USER = "nq57"


def programs() -> Path | None:
    """The folder of initdb and pg_ctl; None where PostgreSQL's server is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    named = shutil.which("initdb")
    return found[-1].parent if found else (Path(named).parent if named else None)


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The address of a fresh server that listens on a socket alone; it asks for PASSWORD."""
    folder = programs()
    if folder is None:
        raise RuntimeError("PostgreSQL's server is not installed")
    root = Path(tempfile.mkdtemp(prefix="nq57pg-"))
    secret = root / "secret"
    secret.write_text(PASSWORD, encoding="utf-8")
    if os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(root, "postgres")
        shutil.chown(secret, "postgres")
    data = root / "data"
    _run(folder / "initdb", "-D", data, "-U", _USER, "--pwfile", secret, "-A", "scram-sha-256", "-E", "UTF8", "-N")
    options = f"-k {root} -c listen_addresses='' -c fsync=off -c full_page_writes=off -c max_connections=200"
    _run(folder / "pg_ctl", "-D", data, "-l", root / "log", "-o", options, "-w", "start")
    try:
        yield f"postgresql+psycopg://{_USER}:{PASSWORD.replace(' ', '%20')}@/postgres?host={root}"
    finally:
        _run(folder / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(root, ignore_errors=True)


def _run(*command: str | Path) -> None:
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *words]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/")


@functools.cache
def shared_server() -> str:
    """One server for the whole run."""
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(server())


def lasting_folder() -> Path:
    """An empty folder that lasts as long as this process: for workspaces that are made once and copied."""
    folder = Path(tempfile.mkdtemp(prefix="nq57xl-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def copied(root: Path, target: Path) -> Path:
    """A copy of a workspace with a ledger of its own, wherever ledgers lie."""
    from nq57xl.ledger.storage import copy_ledger, storage_of
    from nq57xl.ledger.workspace import Workspace
    from nq57xl.text.clock import Clock

    shutil.copytree(root, target)
    workspace = Workspace(target)
    if workspace.server:
        workspace.server_note.unlink()
        copy_ledger(storage_of(Workspace(root)), storage_of(workspace, create=True), Clock())
    return target


def pytest_configure() -> None:
    """Puts every ledger on the server, where this module is named with -p."""
    from nq57xl.ledger.workspace import Workspace

    os.environ["NQ57XL_LEDGER"] = address = os.environ.get("NQ57XL_LEDGER") or shared_server()
    plain = Workspace.__init__

    def on_server(self: Workspace, root: Path, server: str = "") -> None:
        plain(self, root, server or address)

    Workspace.__init__ = on_server  # type: ignore[method-assign]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leaves out what is about the file of SQLite itself."""
    items[:] = [item for item in items if not item.get_closest_marker("sqlite_file")]
