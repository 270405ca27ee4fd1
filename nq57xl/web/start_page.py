"""The entry, the choice of a workspace, long work seen from outside, the office's own matters, the program's end."""

from __future__ import annotations

import io
import json
import secrets
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from shutil import rmtree

import anyio
from markupsafe import escape
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from nq57xl.commands.answers import make_unit_folders, unit_folders
from nq57xl.commands.backup import restore, write_backup
from nq57xl.commands.demo import demo
from nq57xl.commands.init import NextYear, import_plan, init, open_questions, show
from nq57xl.commands.status import event_in_words, events
from nq57xl.errors import Nq57Error
from nq57xl.plan.appendix_read import BUNDLED_PLANS
from nq57xl.text.files import write_atomic
from nq57xl.web.site import Job, Progress, Site, Tell, Visit, attachment, or_missing, page_at, see, slug_of, upload_name

_DOCUMENTS = (".docx", ".pdf", ".txt", ".xlsx", ".md", ".html", ".htm")
_LOOK = 0.15
"""Seconds between two looks at a job."""
_EVENTS = 300
"""Lines of the log on its page."""


@page_at("/vao")
def _enter(visit: Visit) -> Response:
    """Exchanges the one-time code for the cookie."""
    site = visit.site
    cookie = site.keys.exchange(visit.request.query_params.get("ma", ""))
    if cookie is None:
        return visit.page(
            "message.html.j2",
            403,
            title="Đường dẫn này đã được dùng",
            text="Mỗi đường dẫn chỉ mở được một lần. Hãy bấm đúp biểu tượng NQ57 để mở lại trang.",
            back="",
            jobs=[],
        )
    response = RedirectResponse("/", 303)
    response.set_cookie(site.keys.cookie, cookie, httponly=True, samesite="strict", path="/")
    return response


@page_at("/ma-vao", post=True)
def _new_link(visit: Visit) -> Response:
    """A link for a second double-click, which knows the secret of this run; or, with a cookie, for another browser."""
    site, request = visit.site, visit.request
    given = request.headers.get("x-nq57-launch", "")
    known = secrets.compare_digest(given.encode(), site.keys.launch.encode())
    if not known and not site.keys.known(request.cookies):
        raise HTTPException(403)
    return JSONResponse({"path": f"/vao?ma={site.keys.new_code()}"})


@page_at("/")
def _home(visit: Visit) -> Response:
    """The one workspace at once, the list of several, the first run where there is none."""
    spaces = visit.site.workspaces()
    if visit.site.given is not None or len(spaces) == 1:
        return see(f"/so/{next(iter(spaces))}")
    return _choose(visit)


@page_at("/chon")
def _choose(visit: Visit) -> Response:
    """All workspaces, and making a new one."""
    site = visit.site
    titles = {slug: site.agency(slug) for slug in site.workspaces()}
    before = visit.request.query_params.get("noi-tiep", "")
    return visit.page("start.html.j2", spaces=titles, plans=BUNDLED_PLANS, home=str(site.home), before=before)


@page_at("/chon/tao", post=True)
def _make(visit: Visit) -> Response:
    """A new workspace by name: from a bundled plan, an appendix or document, or for practice."""
    site, kind, before = visit.site, visit.words("nguon", 40), visit.words("noi_tiep", 80)
    document = visit.file() if kind in ("van-ban", "sao-luu") else None
    slug = slug_of(visit.words("ten", 80))
    if not slug:
        raise Nq57Error("Chưa đặt tên thư mục làm việc: ví dụ «Nghị quyết 57 năm 2026».")
    if kind not in (*BUNDLED_PLANS, "van-ban", "sao-luu", "thuc-hanh"):
        raise Nq57Error("Chưa chọn nguồn kế hoạch.")
    folder = site.home / slug
    taken = [folder] if kind != "thuc-hanh" else [folder.with_name(f"{slug}-{plan}") for plan in BUNDLED_PLANS]
    if any(path.exists() for path in taken):
        raise Nq57Error(f"Đã có thư mục làm việc tên «{slug}»: hãy chọn tên khác.")

    previous = site.workspaces().get(before) if before else None
    if before and (previous is None or kind not in (*BUNDLED_PLANS, "van-ban")):
        raise Nq57Error("Nối tiếp năm trước cần một thư mục làm việc đang có và kế hoạch của năm mới.")

    def work(tell: Tell) -> str:
        # made aside and moved at the end: what fails or is killed leaves no half workspace under the name
        aside = site.home / f".{slug}.dang-tao"
        rmtree(aside, ignore_errors=True)
        try:
            if kind == "thuc-hanh":
                return _practice(aside, folder, tell)
            if document is not None and kind == "sao-luu":
                restore(document[1], aside)
            elif document is not None:
                target = aside / "phu-luc-lap-tu-van-ban.xlsx"
                tell(Progress(_import_document(site, *document, target)))
                _told(init(aside, str(target), previous), tell)
            else:
                _told(init(aside, kind, previous), tell)
            aside.rename(folder)
        finally:
            rmtree(aside, ignore_errors=True)
        tell(Progress(f"Đã tạo thư mục làm việc «{folder}».", "good"))
        made = next(key for key, path in site.workspaces().items() if path == folder)
        asked = "/ra-soat" if open_questions(site.office(made)) else ""
        return f"/so/{made}/ke-hoach{asked}"

    return visit.start("Tạo thư mục làm việc", "/chon", work)


def _import_document(site: Site, name: str, data: bytes, target: Path) -> str:
    """An appendix made of a plan's document, or the appendix itself; gives a sentence on what is to be reviewed."""
    if Path(name).suffix.lower() not in _DOCUMENTS:
        raise Nq57Error("Chỉ nhận văn bản .docx, .pdf, .xlsx, .txt, .md hoặc .html.")
    document = target.parent / "van-ban" / upload_name(name)  # where a phu-luc.xlsx is not yet the workspace's own
    write_atomic(document, data)
    made = import_plan(document, target, site.today())
    count = len(made.review)
    return f"{len(made.plan.tasks)} đầu việc; {count} chỗ cần rà soát."


def _told(made: NextYear, tell: Tell) -> None:
    """What goes on from the year before."""
    for row in made.continued:
        told = "" if row.confirmed else " (chờ xác nhận)"
        tell(Progress(f"{row.code}: {row.new}{' (năm trước đã hoàn thành)' if row.finished else ''}{told}"))
    if made.continued:
        tell(Progress(f"{len(made.continued)} dòng nối tiếp năm trước, giữ nguyên mã.", "good"))


def _practice(aside: Path, folder: Path, tell: Tell) -> str:
    """Made-up units play a month: two workspaces beside each other."""
    for scene in demo(aside):
        tell(Progress(f"{scene.plan}: {scene.title}"))
    for plan in BUNDLED_PLANS:
        (aside / plan).rename(folder.with_name(f"{folder.name}-{plan}"))
    return "/chon"


@page_at("/viec/{job}")
def _job_page(visit: Visit) -> Response:
    """A job with all that it has told so far."""
    job = _job(visit)
    job.seen = job.over
    return visit.page("job.html.j2", job=job, slug=job.slug)


def _job(visit: Visit) -> Job:
    return or_missing(visit.site.jobs.get(visit.path["job"]))


@page_at("/viec/{job}/lai", post=True)
def _retry(visit: Visit) -> Response:
    """The same work again, after what was in its way is gone."""
    job = _job(visit)
    if job.retry is None or job.state != "failed":
        return see(f"/viec/{job.id}")
    return visit.site.jobs.start(job.slug, job.title, job.back, job.retry)


@page_at("/viec/{job}/dong")
def _job_stream(visit: Visit) -> Response:
    """What a job tells, as server-sent events: each line, then the end with the page to go to."""
    return StreamingResponse(_events(_job(visit)), media_type="text/event-stream")


async def _events(job: Job) -> AsyncIterator[str]:
    told = 0
    while True:
        over = job.over
        for line in job.lines[told:]:
            told += 1
            yield _event("dong", escape(line))
        if over:
            yield _event("het", json.dumps({"state": job.state, "to": job.result}))
            return
        await anyio.sleep(_LOOK)


def _event(name: str, data: str) -> str:
    body = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"event: {name}\n{body}\n"


@page_at("/so/{slug}/nhat-ky")
def _log(visit: Visit) -> Response:
    """Who did what, when, why; newest first."""
    found = events(visit.office(), None, _EVENTS)
    return visit.page("log.html.j2", tab="log", events=tuple(reversed(found)), told=event_in_words)


@page_at("/so/{slug}/cai-dat")
def _settings(visit: Visit) -> Response:
    """Settings as they stand: the office changes them in phu-luc.xlsx."""
    office = visit.office()
    plan, inbox = show(office), office.workspace.inbox
    shared = sorted(unit_folders(inbox, [unit.code for unit in plan.units]))
    folder = str(office.workspace.root)
    return visit.page("settings.html.j2", tab="settings", plan=plan, folder=folder, inbox=inbox, shared=shared)


@page_at("/so/{slug}/cai-dat/thu-muc", post=True)
def _make_folders(visit: Visit) -> Response:
    """Makes the folder of each unit below the inbox."""
    make_unit_folders(visit.office())
    return see(visit.at("/cai-dat"))


@page_at("/so/{slug}/huong-dan")
def _help_page(visit: Visit) -> Response:
    """How a month goes, step by step."""
    return visit.page("help.html.j2", tab="help")


@page_at("/so/{slug}/sao-luu")
def _backup(visit: Visit) -> Response:
    """The whole workspace as one file, to carry to another computer."""
    buffer = io.BytesIO()
    write_backup(visit.office(), buffer)
    return attachment(f"NQ57-{visit.slug}-{visit.site.today():%Y%m%d}.zip", buffer.getvalue())


@page_at("/ket-thuc", post=True)
def _end(visit: Visit) -> Response:
    """Ends the program, once nothing is being done."""
    site = visit.site
    if site.jobs.busy():
        raise Nq57Error("Chương trình đang xử lý một việc, chưa kết thúc được: hãy chờ việc đó xong.")
    threading.Timer(0.5, site.end).start()
    return visit.page(
        "message.html.j2",
        title="Đã kết thúc chương trình",
        text="Có thể đóng trang này. Lần sau, bấm đúp biểu tượng NQ57 để mở lại.",
        back="",
    )
