"""The desk on 127.0.0.1, once for a person: its pages behind the guard, its watch over the inboxes, its start and end.

A second start opens the page that is there.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path

from attrs import define, field, frozen
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from nq57xl.commands.office import Office
from nq57xl.commands.watch import Watcher
from nq57xl.errors import Nq57Error
from nq57xl.text.clock import Clock
from nq57xl.text.files import write_atomic
from nq57xl.web import desk_page, plan_page, report_page, start_page
from nq57xl.web.safety import Guard
from nq57xl.web.site import ROUTES, Progress, Site, Visit, collected_line

_PAGES = (start_page, desk_page, report_page, plan_page)
"""Imported, each has put its routes in ROUTES."""
_NAME = "may-chu.json"
_HOST = "127.0.0.1"
_ASK_SECONDS = 3.0
_IDLE_SECONDS = 30
_LOOK_SECONDS = 4.0
"""Between two looks; a file is taken when two of them find it unchanged."""
_STATIC = Path(__file__).with_name("static")
_TITLES = {
    400: ("Chưa nhận được", "Mỗi lần gửi nhiều nhất 200 tệp; nhiều hơn thì chia thành nhiều lần, hoặc nén thành .zip."),
    404: ("Không có trang này", "Trang hoặc tệp này không có, hoặc đã được thay bằng bản mới."),
    413: ("Tệp quá lớn", "Quá 100 MB trong một lần gửi: hãy chia thành nhiều lần."),
}


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
        # for this person alone: whoever reads it could open the page
        write_atomic(note, json.dumps({"pid": os.getpid(), "port": port, "launch": site.keys.launch}).encode())
        with contextlib.suppress(OSError):
            note.chmod(0o600)
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


def _show(address: str, wanted: bool) -> None:
    if wanted:
        with contextlib.suppress(webbrowser.Error, OSError):
            webbrowser.open(address)
    elif sys.stdout is not None:
        sys.stdout.flush()


def make_app(site: Site, port: int) -> ASGIApp:
    """The desk as an ASGI application that answers on that port of this computer alone."""
    site.keys.port = port
    app = Starlette(
        routes=[*ROUTES, Mount("/tinh", StaticFiles(directory=_STATIC))],
        exception_handlers={Nq57Error: _told, OSError: _told, HTTPException: _missing, Exception: _told},
    )
    app.state.site = site
    return Guard(app, site.keys)


def _told(request: Request, error: Exception) -> Response:
    """A page that says what is wrong and leads back; nothing is half done by then."""
    status = 409 if isinstance(error, Nq57Error | OSError) else 500
    visit, title = Visit(request), "Chưa thực hiện được"
    text, back = visit.site.explain(error), _back(request)
    return visit.page("message.html.j2", status, title=title, text=text, back=back, agency="")


def _missing(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    title, text = _TITLES.get(status, ("Chưa thực hiện được", "Yêu cầu không đúng: hãy quay lại và làm lại."))
    return Visit(request).page("message.html.j2", status, title=title, text=text, back="/", agency="")


def _back(request: Request) -> str:
    """The page that the request came from, where it is ours; else the first page."""
    referer = request.headers.get("referer", "")
    prefix = f"http://{request.headers.get('host', '')}"
    path = referer.removeprefix(prefix) if referer.startswith(prefix + "/") else ""
    return path if path.startswith("/") and not path.startswith("//") else "/"


@define
class Arrivals:
    """Watches the inbox of each workspace that was opened on the page in this run."""

    site: Site
    _watchers: dict[str, Watcher] = field(factory=dict)
    _faulty: set[str] = field(factory=set)
    """Workspaces of which it was told that looking at them met a fault of the program's."""
    _stopped: threading.Event = field(factory=threading.Event)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Looks again and again, beside everything else, for as long as it is entered."""
        thread = threading.Thread(target=self._go_on, name="nq57-inbox", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            thread.join(30)

    def _go_on(self) -> None:
        while not self._stopped.wait(_LOOK_SECONDS):
            for slug in tuple(self.site.opened):
                self.look(slug)

    def look(self, slug: str) -> None:
        """One look at that workspace; none while something is being done there, which may be these very files."""
        told = self.site.arrived.setdefault(slug, [])
        with self.site.inboxes[slug]:
            if any(not job.over for job in self.site.jobs.of(slug)):
                return
            try:
                if slug not in self._watchers:
                    self._watchers[slug] = Watcher.at(self.site.office(slug), quiet=True)
                for news in self._watchers[slug].look():
                    if news.message and news.collected is None:
                        told.append(Progress(news.message))
                    if news.collected is not None:
                        new = [item for item in news.collected.returns if item.verdict != "duplicate"]
                        told.extend(collected_line(slug, item) for item in new)
                        told.extend(Progress(problem, "warn") for problem in news.collected.answers.problems)
            except Exception as error:
                # no form issued yet, or a folder that is away: the next look finds out
                self._watchers.pop(slug, None)
                if not isinstance(error, Nq57Error | OSError | HTTPException) and slug not in self._faulty:
                    self._faulty.add(slug)
                    told.append(Progress(self.site.explain(error), "bad"))
