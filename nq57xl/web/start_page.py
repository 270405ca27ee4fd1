"""The entry, the choice of a workspace, long work seen from outside, the end of the program."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from shutil import rmtree

import anyio
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from nq57xl.commands.backup import restore
from nq57xl.commands.import_plan import open_questions
from nq57xl.commands.init import init
from nq57xl.commands.next_year import NextYear
from nq57xl.errors import Nq57Error
from nq57xl.plan.appendix_read import NAMES
from nq57xl.web.jobs import Job, Progress, Tell
from nq57xl.web.lines import as_html
from nq57xl.web.plan_page import import_document, uploaded
from nq57xl.web.safety import cookie_name
from nq57xl.web.site import plain_words, see, site_of, slug_of

_LOOK = 0.15
"""Seconds between two looks at a job."""


def enter(request: Request) -> Response:
    """Exchanges the one-time code for the cookie."""
    site = site_of(request)
    cookie = site.keys.exchange(request.query_params.get("ma", ""))
    if cookie is None:
        return site.page(
            request,
            "message.html.j2",
            403,
            title="Đường dẫn này đã được dùng",
            text="Mỗi đường dẫn chỉ mở được một lần. Hãy bấm đúp biểu tượng NQ57 để mở lại trang.",
            back="",
            jobs=[],
        )
    response = RedirectResponse("/", 303)
    response.set_cookie(cookie_name(site.port), cookie, httponly=True, samesite="strict", path="/")
    return response


def alive(request: Request) -> Response:
    """Says that this is the desk: what a second start asks first."""
    return JSONResponse({"nq57": True})


async def _new_link(request: Request) -> Response:
    """A link for a second double-click, which knows the secret of this run; or, with a cookie, for another browser."""
    site = site_of(request)
    given = request.headers.get("x-nq57-launch", "")
    known = secrets.compare_digest(given.encode(), site.keys.launch.encode())
    if not known and not site.keys.knows(request.cookies.get(cookie_name(site.port), "")):
        raise HTTPException(403)
    return JSONResponse({"path": f"/vao?ma={site.keys.new_code()}"})


def home(request: Request) -> Response:
    """The one workspace at once, the list of several, the first run where there is none."""
    site = site_of(request)
    spaces = site.workspaces()
    if site.given is not None or len(spaces) == 1:
        return see(f"/so/{next(iter(spaces))}")
    return choose(request)


def choose(request: Request) -> Response:
    """All workspaces, and making a new one."""
    site = site_of(request)
    titles = {slug: site.agency(slug) for slug in site.workspaces()}
    before = request.query_params.get("noi-tiep", "")
    return site.page(request, "start.html.j2", spaces=titles, plans=NAMES, home=str(site.home), before=before)


async def make(request: Request) -> Response:
    """A new workspace by name: from a bundled plan, an appendix or document, or for practice."""
    site = site_of(request)
    async with request.form(max_files=1, max_fields=8) as form:
        name, kind = plain_words(form, "ten", 80), plain_words(form, "nguon", 40)
        before = plain_words(form, "noi_tiep", 80)
        document = await uploaded(form.get("tep")) if kind in ("van-ban", "sao-luu") else None
    slug = slug_of(name)
    if not slug:
        raise Nq57Error("Chưa đặt tên thư mục làm việc: ví dụ «Nghị quyết 57 năm 2026».")
    if kind not in (*NAMES, "van-ban", "sao-luu", "thuc-hanh"):
        raise Nq57Error("Chưa chọn nguồn kế hoạch.")
    folder = site.home / slug
    taken = [folder] if kind != "thuc-hanh" else [folder.with_name(f"{slug}-{plan}") for plan in NAMES]
    if any(path.exists() for path in taken):
        raise Nq57Error(f"Đã có thư mục làm việc tên «{slug}»: hãy chọn tên khác.")

    previous = site.workspaces().get(before) if before else None
    if before and (previous is None or kind not in (*NAMES, "van-ban")):
        raise Nq57Error("Nối tiếp năm trước cần một thư mục làm việc đang có và kế hoạch của năm mới.")
    if kind in ("van-ban", "sao-luu") and document is None:
        raise Nq57Error("Chưa chọn tệp nào: hãy chọn tệp rồi bấm lại.")

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
                tell(Progress(import_document(site, *document, target)))
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

    return site.start("", "Tạo thư mục làm việc", "/chon", work)


def _told(made: NextYear, tell: Tell) -> None:
    """What goes on from the year before."""
    for row in made.continued:
        told = "" if row.confirmed else " (chờ xác nhận)"
        tell(Progress(f"{row.code}: {row.new}{' (năm trước đã hoàn thành)' if row.finished else ''}{told}"))
    if made.continued:
        tell(Progress(f"{len(made.continued)} dòng nối tiếp năm trước, giữ nguyên mã.", "good"))


def _practice(aside: Path, folder: Path, tell: Tell) -> str:
    """Made-up units play a month: two workspaces beside each other."""
    from nq57xl.commands.demo import demo

    for scene in demo(aside):
        tell(Progress(f"{scene.plan}: {scene.title}"))
    for plan in NAMES:
        (aside / plan).rename(folder.with_name(f"{folder.name}-{plan}"))
    return "/chon"


def _job_page(request: Request) -> Response:
    """A job with all that it has told so far."""
    job = _job(request)
    job.seen = job.over
    return site_of(request).page(request, "job.html.j2", job=job, slug=job.slug)


def _job(request: Request) -> Job:
    job = site_of(request).jobs.get(request.path_params["job"])
    if job is None:
        raise HTTPException(404)
    return job


async def retry(request: Request) -> Response:
    """The same work again, after what was in its way is gone."""
    job = _job(request)
    if job.retry is None or job.state != "failed":
        return see(f"/viec/{job.id}")
    return site_of(request).start(job.slug, job.title, job.back, job.retry)


async def _job_stream(request: Request) -> Response:
    """What a job tells, as server-sent events: each line, then the end with the page to go to."""
    return StreamingResponse(_events(_job(request)), media_type="text/event-stream")


async def _events(job: Job) -> AsyncIterator[str]:
    told = 0
    while True:
        over = job.over
        for line in job.lines[told:]:
            told += 1
            yield _event("dong", as_html(line))
        if over:
            yield _event("het", json.dumps({"state": job.state, "to": job.result}))
            return
        await anyio.sleep(_LOOK)


def _event(name: str, data: str) -> str:
    body = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"event: {name}\n{body}\n"


async def end(request: Request) -> Response:
    """Ends the program, once nothing is being done."""
    site = site_of(request)
    if site.jobs.busy():
        raise Nq57Error("Chương trình đang xử lý một việc, chưa kết thúc được: hãy chờ việc đó xong.")
    asyncio.get_running_loop().call_later(0.5, site.end)
    return site.page(
        request,
        "message.html.j2",
        title="Đã kết thúc chương trình",
        text="Có thể đóng trang này. Lần sau, bấm đúp biểu tượng NQ57 để mở lại.",
        back="",
    )


ROUTES = [
    Route("/vao", enter),
    Route("/song", alive),
    Route("/ma-vao", _new_link, methods=["POST"]),
    Route("/", home),
    Route("/chon", choose),
    Route("/chon/tao", make, methods=["POST"]),
    Route("/viec/{job}", _job_page),
    Route("/viec/{job}/dong", _job_stream),
    Route("/viec/{job}/lai", retry, methods=["POST"]),
    Route("/ket-thuc", end, methods=["POST"]),
]
