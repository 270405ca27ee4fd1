"""What the desk knows: its workspaces by name, its work in hand; what a request asks, and how a page answers it."""

from __future__ import annotations

import datetime as dt
import re
import secrets
import threading
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from attrs import define, field, frozen
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from nq57xl import resources
from nq57xl.commands.decide import Rechecked
from nq57xl.commands.office import Office
from nq57xl.errors import Nq57Error
from nq57xl.forms.wording import day_in_words
from nq57xl.ledger.workspace import Workspace
from nq57xl.plan.model import name_on
from nq57xl.plan.periods import title_of
from nq57xl.results.wording import VERDICTS
from nq57xl.returns.model import JudgedReturn
from nq57xl.rules.findings import to_answer
from nq57xl.text.clock import Clock, moment_words
from nq57xl.text.files import reason_of
from nq57xl.text.legacy import bare
from nq57xl.web.safety import Keys
from nq57xl.xlsx.package import safe_name

_Tone = Literal["info", "good", "warn", "bad"]
_KEPT = 50
"""Jobs that are remembered: what they did stands in the ledger for good."""


@frozen
class Progress:
    """One line of what a job has done so far."""

    text: str
    tone: _Tone = "info"
    href: str = ""
    link: str = ""
    """Words of the link; "" for none."""

    def __html__(self) -> str:
        """As an item of a list: what a page makes of it."""
        link = Markup(' <a href="{}">{}</a>').format(self.href, self.link) if self.link else ""
        return Markup('<li class="{}">{}{}</li>').format(self.tone, self.text, link)


Tell = Callable[[Progress], None]
_Work = Callable[[Tell], str | None]
"""Does the work, telling its progress; gives the page of its result, where that is not the page to go back to. Raises
what the use case raises."""


@define
class Job:
    """One piece of work."""

    id: str
    slug: str
    """Of the workspace; "" where there is none yet."""
    title: str
    back: str
    """Page to go back to, when it failed and where the work names no other."""
    lines: list[Progress] = field(factory=list)
    state: Literal["waiting", "running", "done", "failed"] = "waiting"
    result: str = ""
    """Page of the result."""
    seen: bool = False
    """Its end was shown: until then it is named on every page."""
    retry: _Work | None = None
    """The same again, where it failed for a reason that may pass."""

    @property
    def over(self) -> bool:
        """It has ended, well or not."""
        return self.state in ("done", "failed")


@define
class _Jobs:
    """All long work of this run of the desk: it goes on while its page is left, and is found again.

    One workspace does one thing at a time.
    """

    explain: Callable[[BaseException], str]
    """What a person is told of an exception."""
    _jobs: dict[str, Job] = field(factory=dict)
    _workers: dict[str, ThreadPoolExecutor] = field(factory=dict)
    _guard: threading.Lock = field(factory=threading.Lock)

    def start(self, slug: str, title: str, back: str, work: _Work) -> Response:
        """Begins the work when what the workspace does already is done, and leads to its page."""
        job = Job(secrets.token_urlsafe(9), slug, title, back, retry=work)
        with self._guard:
            over = [number for number, job in self._jobs.items() if job.over]
            for number in over[: max(0, len(self._jobs) - _KEPT + 1)]:
                del self._jobs[number]
            self._jobs[job.id] = job
            worker = self._workers.setdefault(slug, ThreadPoolExecutor(1, thread_name_prefix="nq57"))
        worker.submit(self._run, job, work)
        return see(f"/viec/{job.id}")

    def get(self, number: str) -> Job | None:
        """The job of that id."""
        return self._jobs.get(number)

    def of(self, slug: str) -> Iterator[Job]:
        """Jobs of a workspace that are not over, or ended while nobody looked; oldest first."""
        return (job for job in list(self._jobs.values()) if job.slug == slug and not (job.over and job.seen))

    def busy(self) -> bool:
        """Something is still being done."""
        return any(not job.over for job in list(self._jobs.values()))

    def close(self) -> None:
        """Waits for what is being done, and takes no more."""
        for worker in self._workers.values():
            worker.shutdown(wait=True, cancel_futures=True)

    def _run(self, job: Job, work: _Work) -> None:
        job.state = "running"
        try:
            job.result = work(job.lines.append) or job.back
        except BaseException as error:
            job.lines.append(Progress(self.explain(error), "bad"))
            job.state = "failed"
        else:
            job.state = "done"


_TONES: dict[str, _Tone] = {
    "accepted": "good",
    "accepted_with_warnings": "warn",
    "rejected": "bad",
    "unrecognised": "bad",
}


def collected_line(slug: str, item: JudgedReturn) -> Progress:
    """The verdict on one file."""
    unit = f" ({item.unit})" if item.unit else ""
    count = len(to_answer(item.findings))
    points = f", {count} điểm cần xem" if count else ""
    text = f"«{item.source.name}»{unit}: {VERDICTS[item.verdict]}{points}."
    if any(one.code == "OWN_OUTPUT" for one in item.findings):
        return Progress(f"«{item.source.name}»: tệp do chính phần mềm lập, chưa ai nhập gì.")
    if not item.source.sha256:
        return Progress(f"{text} {' '.join(one.message for one in item.findings)}", "bad")
    return Progress(text, _TONES.get(item.verdict, "info"), f"/so/{slug}/tep/{item.source.sha256}", "Xem kết quả")


_DAY = re.compile(r"\b(\d\d)/(\d\d)/(\d{4})\b")

_FILES = 200
"""In one drop."""
_FIELDS = 3000
"""Of one form: the questions of a long plan are ticked at once."""
_FIELD_BYTES = 64 * 1024
_TYPES = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".eml": "message/rfc822",
    ".txt": "text/plain; charset=utf-8",
    ".zip": "application/zip",
}
_NAME = 120
"""Letters of a kept name: Windows allows some 260 for the whole path."""
_UNFIT = re.compile(r'[<>:"|?*\x00-\x1f]')
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})
"""Names that are devices on Windows, whatever their suffix."""


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
        self.jobs = _Jobs(self.explain)
        self.opened: set[str] = set()
        """Workspaces whose first page was opened in this run: their inboxes are looked at."""
        self.arrived: dict[str, list[Progress]] = {}
        """By workspace: what was found there."""
        self.inboxes: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        """By workspace: held while files are put into its inbox, and while somebody looks at it."""
        self.rechecks: dict[tuple[str, str], dict[str, tuple[Rechecked, str]]] = {}
        """(workspace, period) -> by hash: what judging again said, with the reason; gone when the program ends."""
        self.end = lambda: None
        """Ends the server."""

    @cached_property
    def templates(self) -> Environment:
        """Pages of templates/web: the program's own alone, everything escaped."""
        folder = resources.find("templates", "web")
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
        """The office of that workspace. Raises HTTPException (404) where there is none."""
        return self.office_at(or_missing(self.workspaces().get(slug)))

    def today(self) -> dt.date:
        """The day in Vietnam."""
        return self.clock.now().date()

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

    def explain(self, error: BaseException) -> str:
        """What went wrong, for a person; what nobody foresaw is kept in a file to be sent to those who mend it."""
        if isinstance(error, Nq57Error):
            return str(error)
        if isinstance(error, OSError):
            return f"Không đọc hoặc ghi được «{error.filename or ''}»: {reason_of(error)}. Rồi bấm «Thử lại»."
        log, lines = self.home / "loi-chuong-trinh.log", "".join(traceback.format_exception(error))
        with suppress(OSError), log.open("a", encoding="utf-8") as stream:
            stream.write(f"{self.clock.now().isoformat()}\n{lines}\n")
        return f"Chương trình gặp lỗi chưa lường trước; đã ghi lại ở «{log}». Số liệu đã ghi sổ vẫn còn."


def _in_words(text: str) -> str:
    """The text with its days in words, so that a day is never taken for a month."""

    def words(found: re.Match[str]) -> str:
        day, month, year = map(int, found.groups())
        return day_in_words(dt.date(year, month, day)).removeprefix("ngày ")

    return _DAY.sub(words, text)


def slug_of(name: str) -> str:
    """A name in addresses: ASCII letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", bare(name)).strip("-")[:60]


class Visit:
    """One request: what its address names, what was typed and chosen on the page, and what answers it."""

    def __init__(self, request: Request, form: FormData | None = None) -> None:
        self.request, self.path = request, request.path_params
        self.site: Site = request.app.state.site
        self.slug: str = self.path.get("slug", "")
        self._form = FormData() if form is None else form

    @property
    def period(self) -> str:
        """Code of the period in the address."""
        return str(self.path["period"])

    def office(self) -> Office:
        """The office as it is now. Raises HTTPException (404) where there is none."""
        return self.site.office(self.slug)

    def at(self, page: str) -> str:
        """The address of a page of the workspace, or of the period where the address names one."""
        return f"/so/{self.slug}/ky/{self.period}{page}" if "period" in self.path else f"/so/{self.slug}{page}"

    def words(self, name: str, limit: int = 2000) -> str:
        """What was typed into a field of the page, on one line; "" for nothing."""
        value = self._form.get(name, "")
        return " ".join(value.split())[:limit] if isinstance(value, str) else ""

    def moment(self, name: str) -> dt.datetime | None:
        """A day or moment as browsers send it: "2026-04-16T08:30" or "2026-04-16"; None for anything else."""
        try:
            return dt.datetime.fromisoformat(self.words(name))
        except ValueError:
            return None

    def as_typed(self, name: str) -> str:
        """The same with every blank, which may be part of a password."""
        value = self._form.get(name)
        return value if isinstance(value, str) else ""

    def ticked_units(self) -> list[str]:
        """Codes of the units that were ticked."""
        return [value for value in self._form.getlist("don_vi") if isinstance(value, str)]

    def fields(self, prefix: str) -> list[str]:
        """Names of the fields that begin so."""
        return [name for name in self._form if name.startswith(prefix)]

    def files(self, name: str = "tep") -> list[tuple[str, bytes]]:
        """Names and contents of the files that were chosen."""
        given = [item for item in self._form.getlist(name) if isinstance(item, UploadFile) and item.filename]
        return [(item.filename or "", item.file.read()) for item in given]

    def file(self) -> tuple[str, bytes]:
        """The one file. Raises Nq57Error where none was chosen."""
        found = self.files()
        if not found:
            raise Nq57Error("Chưa chọn tệp nào: hãy chọn tệp rồi bấm lại.")
        return found[0]

    def page(self, name: str, status: int = 200, **words: Any) -> Response:  # noqa: ANN401
        """The template as a page."""
        slug, site = words.pop("slug", self.slug), self.site
        shared = {"slug": slug, "at": f"/so/{slug}", "request_path": self.request.url.path}
        if slug and "agency" not in words:
            words["agency"] = site.agency(slug)
        words = {"agency": "", "tab": "", "jobs": list(site.jobs.of(slug)), **shared, **words}
        return HTMLResponse(site.templates.get_template(name).render(words), status)

    def start(self, title: str, back: str, work: _Work) -> Response:
        """Begins long work in the workspace and leads to its page."""
        return self.site.jobs.start(self.slug, title, back, work)


ROUTES: list[Route] = []
"""Every page: a file of pages puts its own here when it is imported."""
_Page = TypeVar("_Page", bound=Callable[[Visit], Response])
_Found = TypeVar("_Found")


def page_at(*addresses: str, post: bool = False) -> Callable[[_Page], _Page]:
    """Makes a function the answer to these addresses; with `post` to a form that is sent there.

    It runs beside other requests: another command may hold the ledger for a while.
    """

    def register(page: _Page) -> _Page:
        async def sent(request: Request) -> Response:
            async with request.form(max_files=_FILES, max_fields=_FIELDS, max_part_size=_FIELD_BYTES) as form:
                return await run_in_threadpool(page, Visit(request, form))

        def asked(request: Request) -> Response:
            return page(Visit(request))

        ROUTES.extend(
            Route(address, sent if post else asked, methods=["POST" if post else "GET"]) for address in addresses
        )
        return page

    return register


def or_missing(found: _Found | None) -> _Found:
    """What an address names. Raises HTTPException (404) where there is no such thing."""
    if found is None:
        raise HTTPException(404)
    return found


def see(path: str) -> Response:
    """Go to another page after something was done."""
    return RedirectResponse(path, 303)


def attachment(name: str, data: bytes) -> Response:
    """A download: browsers save it, and show none of it as a page of ours."""
    kind = _TYPES.get(Path(name).suffix.lower(), "application/octet-stream")
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return Response(data, media_type=kind, headers={"Content-Disposition": disposition})


def upload_name(name: str) -> str:
    """The last part of the name that a browser told, fit for every file system; never a path."""
    last = _UNFIT.sub("_", safe_name(name).rsplit("/", 1)[-1])[-_NAME:].strip(" .")
    if not last:
        return "tep"
    reserved = last.split(".", 1)[0].casefold() in _RESERVED
    return f"_{last}" if reserved or last.startswith(("~$", ".")) else last
