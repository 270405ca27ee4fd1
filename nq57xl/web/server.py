"""Starts the desk on 127.0.0.1, once for a person: a second start opens the page that is there."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path

from attrs import frozen

from nq57xl.commands.office import Office
from nq57xl.errors import Nq57Error
from nq57xl.text.clock import Clock
from nq57xl.text.files import write_atomic
from nq57xl.web.site import Site

_NAME = "may-chu.json"
_HOST = "127.0.0.1"
_ASK_SECONDS = 3.0
_IDLE_SECONDS = 30


@frozen
class Places:
    """Where the desk keeps what is a person's own."""

    home: Path
    """Workspaces made by name."""
    state: Path
    """Which desk is running."""


def serve(
    places: Places,
    clock: Clock,
    office_at: Callable[[Path], Office],
    *,
    folder: Path | None,
    port: int,
    browser: bool,
    tell: Callable[[str], None],
) -> None:
    """Serves until the page or Ctrl+C ends it; `tell` gets the address, once. Raises Nq57Error for a taken port."""
    if folder is None and (running := _running_link(places)):
        tell(running)
        _show(running, browser)
        return
    listening = _listen(port)
    port = listening.getsockname()[1]
    site = Site(places.home, clock, office_at, folder)
    address = f"http://{_HOST}:{port}/vao?ma={site.keys.new_code()}"
    note = places.state / _NAME
    if folder is None:
        _note(note, {"pid": os.getpid(), "port": port, "launch": site.keys.launch})
    try:
        tell(address)
        _show(address, browser)
        _run(site, listening, port)
    finally:
        site.jobs.close()
        listening.close()
        if folder is None:
            with contextlib.suppress(OSError):
                note.unlink()


def _run(site: Site, listening: socket.socket, port: int) -> None:
    import uvicorn

    from nq57xl.web.app import make_app
    from nq57xl.web.arrivals import Arrivals

    config = uvicorn.Config(
        make_app(site, port),
        log_config=None,  # pythonw has no stderr to log to
        access_log=False,
        server_header=False,
        lifespan="off",
        limit_concurrency=64,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    site.end = lambda: setattr(server, "should_exit", True)
    with Arrivals(site).watching():
        server.run(sockets=[listening])


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name != "nt":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((_HOST, port))
    except OSError as error:
        listening.close()
        raise Nq57Error(f"Cổng {port} đang được chương trình khác dùng: hãy chọn cổng khác bằng --port.") from error
    listening.listen(128)
    return listening


def _running_link(places: Places) -> str:
    """A one-time link into the desk that runs already; "" for none."""
    try:
        note = json.loads((places.state / _NAME).read_text(encoding="utf-8"))
        port = int(note["port"])
        asking = http.client.HTTPConnection(_HOST, port, timeout=_ASK_SECONDS)
        asking.request("POST", "/ma-vao", headers={"X-NQ57-Launch": str(note["launch"])})
        answer = asking.getresponse()
        path = json.loads(answer.read(10_000))["path"] if answer.status == 200 else ""
        return f"http://{_HOST}:{port}{path}" if path else ""
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException):
        return ""


def _note(path: Path, content: dict[str, object]) -> None:
    """Which desk runs, for this person alone: whoever reads it could open the page."""
    write_atomic(path, json.dumps(content).encode())
    with contextlib.suppress(OSError):
        path.chmod(0o600)


def _show(address: str, wanted: bool) -> None:
    if wanted:
        with contextlib.suppress(webbrowser.Error, OSError):
            webbrowser.open(address)
    elif sys.stdout is not None:
        sys.stdout.flush()
