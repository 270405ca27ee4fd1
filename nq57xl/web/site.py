"""What the desk knows: its workspaces by name, its work in hand, its pages' templates."""

from __future__ import annotations

import datetime as dt
import re
import threading
import traceback
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from nq57xl import resources
from nq57xl.commands.decide import Rechecked
from nq57xl.commands.office import Office
from nq57xl.errors import Nq57Error
from nq57xl.forms.wording import day_in_words
from nq57xl.ledger.workspace import Workspace
from nq57xl.plan.model import name_on
from nq57xl.plan.periods import title_of
from nq57xl.results.wording import moment_words
from nq57xl.text.clock import Clock
from nq57xl.text.files import reason_of
from nq57xl.text.legacy import bare
from nq57xl.web.jobs import Job, Jobs, Progress, Work
from nq57xl.web.safety import Keys

_DAY = re.compile(r"\b(\d\d)/(\d\d)/(\d{4})\b")
_LOG = "loi-chuong-trinh.log"


class Site:
    """One run of the desk."""

    def __init__(
        self, home: Path, clock: Clock, office_at: Callable[[Path], Office], given: Path | None = None
    ) -> None:
        self.home = home
        """Folder below which workspaces are made by name."""
        self.clock = clock
        self.office_at = office_at
        """The office of a workspace, with the clock, the user and the programs of this machine."""
        self.given = given
        """A workspace elsewhere that the person named when starting."""
        self.keys = Keys()
        self.jobs = Jobs(self.explain)
        self.opened: set[str] = set()
        """Workspaces whose first page was opened in this run: their inboxes are looked at."""
        self.arrived: dict[str, list[Progress]] = {}
        """By workspace: what was found there."""
        self._inboxes: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self.rechecks: dict[tuple[str, str], dict[str, tuple[Rechecked, str]]] = {}
        """(workspace, period) -> by hash: what judging again said, with the reason; gone when the program ends."""
        self.port = 0
        self.end = lambda: None
        """Ends the server."""

    @cached_property
    def templates(self) -> Environment:
        """Pages of templates/web: the program's own alone, everything escaped."""
        folder = resources.packaged("templates") / "web"
        found = Environment(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        found.filters["ngay"] = day_in_words
        found.filters["luc"] = lambda at: _in_words(moment_words(at))
        found.filters["ngay_chu"] = _in_words
        found.filters["ky"] = title_of
        return found

    def workspaces(self) -> dict[str, Path]:
        """Name in addresses -> folder: those below the home folder, and the one given at the start."""
        folders = sorted(self.home.iterdir()) if self.home.is_dir() else []
        found = [path for path in folders if not path.name.startswith(".") and Workspace(path).appendix.is_file()]
        if self.given is not None and self.given.resolve() not in [folder.resolve() for folder in found]:
            found.insert(0, self.given)
        named: dict[str, Path] = {}
        for folder in found:
            slug = base = slug_of(folder.resolve().name) or "so"
            number = 2
            while slug in named:
                slug, number = f"{base}-{number}", number + 1
            named[slug] = folder
        return named

    def office(self, slug: str) -> Office:
        """The office of that workspace. Raises UnknownWorkspaceError."""
        folder = self.workspaces().get(slug)
        if folder is None:
            raise UnknownWorkspaceError
        return self.office_at(folder)

    def hands_off(self, slug: str) -> threading.Lock:
        """Held while files are put into the inbox of a workspace, and while somebody looks at it."""
        return self._inboxes[slug]

    def today(self) -> dt.date:
        """The day in Vietnam."""
        return self.clock.now().date()

    def page(self, request: Request, name: str, status: int = 200, **words: Any) -> Response:  # noqa: ANN401
        """The template as a page."""
        slug = words.pop("slug", request.path_params.get("slug", ""))
        shared = {"slug": slug, "at": f"/so/{slug}", "request_path": request.url.path, "jobs": list(self.jobs.of(slug))}
        if slug and "agency" not in words:
            words["agency"] = self.agency(slug)
        text = self.templates.get_template(name).render({"agency": "", "tab": "", **shared, **words})
        return HTMLResponse(text, status)

    def agency(self, slug: str) -> str:
        """Whose workspace it is, for the head of each page; its folder where the appendix cannot be read."""
        folder = self.workspaces().get(slug)
        if folder is None:
            return ""
        try:
            properties = self.office(slug).appendix().plan.properties
            return f"{name_on(properties.agency, self.today()) or properties.title}, năm {properties.year}"
        except Nq57Error:
            return folder.name

    def start(self, slug: str, title: str, back: str, work: Work) -> Response:
        """Begins long work and leads to its page."""
        job: Job = self.jobs.start(slug, title, back, work)
        return see(f"/viec/{job.id}")

    def explain(self, error: BaseException) -> str:
        """What went wrong, for a person; what nobody foresaw is kept in a file to be sent to those who mend it."""
        if isinstance(error, Nq57Error):
            return str(error)
        if isinstance(error, OSError):
            return f"Không đọc hoặc ghi được «{error.filename or ''}»: {reason_of(error)}. Rồi bấm «Thử lại»."
        self._keep(error)
        return f"Chương trình gặp lỗi chưa lường trước; đã ghi lại ở «{self.home / _LOG}». Số liệu đã ghi sổ vẫn còn."

    def _keep(self, error: BaseException) -> None:
        lines = "".join(traceback.format_exception(error))
        with suppress(OSError), (self.home / _LOG).open("a", encoding="utf-8") as stream:
            stream.write(f"{self.clock.now().isoformat()}\n{lines}\n")


class UnknownWorkspaceError(Exception):
    """No workspace has that name in addresses."""


def _in_words(text: str) -> str:
    """The text with its days in words, so that a day is never taken for a month."""

    def words(found: re.Match[str]) -> str:
        day, month, year = map(int, found.groups())
        return day_in_words(dt.date(year, month, day)).removeprefix("ngày ")

    return _DAY.sub(words, text)


def slug_of(name: str) -> str:
    """A name in addresses: ASCII letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", bare(name)).strip("-")[:60]


def see(path: str) -> Response:
    """Go to another page after something was done."""
    return RedirectResponse(path, 303)


def site_of(request: Request) -> Site:
    """The desk that a request is for."""
    found: Site = request.app.state.site
    return found


def plain_words(form: Mapping[str, Any], name: str, limit: int = 2000) -> str:
    """What was typed into a field of the page, on one line; "" for nothing."""
    value = form.get(name, "")
    return " ".join(value.split())[:limit] if isinstance(value, str) else ""
