"""The first page: the period at hand, every unit with what to do next, and the place where files are dropped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from nq57xl.commands.collect import collect
from nq57xl.commands.desk import days_words, desk, saved_name
from nq57xl.commands.signed_copies import named_scan
from nq57xl.ledger.workspace import Workspace
from nq57xl.plan.periods import parse_period
from nq57xl.text.files import write_atomic
from nq57xl.web.jobs import Progress, Tell, Work
from nq57xl.web.lines import as_html, collected_line
from nq57xl.web.site import Site, plain_words, site_of
from nq57xl.xlsx.package import safe_name

_FILES = 200
"""In one drop."""
_SINGLY = 10
"""So many files are judged one by one, so that each verdict shows as it comes; larger drops go in tens."""
_TOLD = 20
"""Lines about what arrived by itself."""
_NAME = 120
"""Letters of a kept name: Windows allows some 260 for the whole path."""
_UNFIT = re.compile(r'[<>:"|?*\x00-\x1f]')
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})
"""Names that are devices on Windows, whatever their suffix."""
_ACTIONS: dict[Literal["remind", "send_back", "ask", "issue", "none"], str] = {
    "remind": "Nhắc đơn vị nộp",
    "send_back": "Gửi trả để sửa",
    "ask": "Đề nghị giải trình",
    "issue": "Phát hành biểu mẫu",
    "none": "Không phải làm gì",
}
STATES = {
    "missing": "Chưa nộp",
    "rejected": "Không qua kiểm tra",
    "accepted": "Được chấp nhận",
    "accepted_with_warnings": "Được chấp nhận, còn điểm cần xem lại",
}


def show(request: Request) -> Response:
    """The desk of a workspace."""
    site, slug = site_of(request), request.path_params["slug"]
    office = site.office(slug)
    site.opened.add(slug)
    view = desk(office, request.path_params.get("period"))
    return site.page(
        request,
        "desk.html.j2",
        tab="desk",
        view=view,
        left=days_words(view.days_left),
        actions=_ACTIONS,
        states=STATES,
        arrived=_arrived(site, slug),
        arrivals=len(site.arrived.get(slug, ())),
    )


async def drop(request: Request) -> Response:
    """Files dropped on the page: kept in the inbox, then judged one after another."""
    site, slug, period = site_of(request), request.path_params["slug"], request.path_params["period"]
    office = site.office(slug)
    back = f"/so/{slug}/ky/{period}"
    async with request.form(max_files=_FILES, max_fields=20, max_part_size=64 * 1024) as form:
        parse_period(period, office.appendix().plan.properties)
        given = [item for item in form.getlist("tep") if isinstance(item, UploadFile) and item.filename]
        combine = plain_words(form, "ghep") == "1"
        # as typed: blanks are part of a password; it stays in memory, and goes with the work
        secret = form.get("mat_khau")
        passwords = (secret,) if isinstance(secret, str) and secret else ()
        files = [(item.filename or "", await item.read()) for item in given]
    if not files:
        return site.page(
            request,
            "message.html.j2",
            400,
            title="Chưa chọn tệp nào",
            text="Hãy chọn hoặc thả ít nhất một tệp báo cáo.",
            back=back,
        )

    def begin() -> Response:
        with site.hands_off(slug):  # what is looking at the inbox must not take them first
            # a scan belongs to the form that was dropped with it: the inbox itself is a place for everybody
            together = any(named_scan(name) for name, _ in files) and len(files) > 1
            folder = f"cung-gui-{site.clock.now():%Y%m%d-%H%M%S}" if together else ""
            kept = [keep(office.workspace, name, data, folder) for name, data in files]
            work = _receive_work(site, slug, period, kept, combine=combine, passwords=passwords)
            return site.start(slug, f"Nhận {len(kept)} tệp", back, work)

    return await run_in_threadpool(begin)


def news(request: Request) -> Response:
    """What arrived in the inbox by itself since the program started, newest first: a part of the first page.

    Where that is more than the page knows (`n`), it is told to fetch its figures and table anew.
    """
    site, slug = site_of(request), request.path_params["slug"]
    more = request.query_params.get("n", "") != str(len(site.arrived.get(slug, ())))
    lines = Markup("").join(_arrived(site, slug))
    return HTMLResponse(lines, headers={"HX-Trigger": "moi-den"} if more else None)


def _arrived(site: Site, slug: str) -> list[Markup]:
    return [as_html(line) for line in reversed(site.arrived.get(slug, [])[-_TOLD:])]


def sweep(request: Request) -> Response:
    """Judges whatever lies in the inbox, as `collect` without files does."""
    site, slug, period = site_of(request), request.path_params["slug"], request.path_params["period"]
    return site.start(
        slug, "Nhận các tệp trong thư mục inbox", f"/so/{slug}/ky/{period}", _receive_work(site, slug, period, [])
    )


def keep(workspace: Workspace, name: str, data: bytes, folder: str = "") -> Path:
    """The file in the inbox, or a folder there, under a name that is safe and new; the same content under its name
    stays one."""
    inbox = workspace.inbox / folder
    inbox.mkdir(parents=True, exist_ok=True)
    wanted = upload_name(name)
    present = inbox / wanted
    if present.is_file() and present.read_bytes() == data:
        return present
    path = inbox / saved_name({item.name.casefold() for item in inbox.iterdir()}, wanted)
    write_atomic(path, data)
    return path


def upload_name(name: str) -> str:
    """The last part of the name that a browser told, fit for every file system; never a path."""
    last = _UNFIT.sub("_", safe_name(name).rsplit("/", 1)[-1])[-_NAME:].strip(" .")
    if not last:
        return "tep"
    reserved = last.split(".", 1)[0].casefold() in _RESERVED
    return f"_{last}" if reserved or last.startswith(("~$", ".")) else last


def _receive_work(
    site: Site,
    slug: str,
    period: str,
    paths: Sequence[Path],
    *,
    combine: bool = False,
    passwords: Sequence[str] = (),
) -> Work:
    """The work of judging files, or with none all of the inbox, telling each verdict as it is known."""

    def work(tell: Tell) -> str:
        office = site.office(slug)
        size = 1 if len(paths) <= _SINGLY else _SINGLY
        if any(named_scan(path.name) for path in paths):
            size = len(paths)  # a scan is filed with the form that came with it
        for start in range(0, max(len(paths), 1), size):
            chunk = paths[start : start + size]
            done = collect(office, chunk, period, combine=combine, passwords=passwords)
            for item in done.returns:
                tell(collected_line(slug, item))
            for copy in done.signed:
                tell(Progress(f"«{copy.file}»: đã lưu là bản ký của {copy.unit}.", "good"))
            for problem in done.answers.problems:
                tell(Progress(f"Đã ghi sổ, nhưng có tệp chưa lập lại được. {problem}", "warn"))
        return f"/so/{slug}/ky/{period}"

    return work


ROUTES = [
    Route("/so/{slug}", show),
    Route("/so/{slug}/ky/{period}", show),
    Route("/so/{slug}/moi", news),
    Route("/so/{slug}/ky/{period}/nhan", drop, methods=["POST"]),
    Route("/so/{slug}/ky/{period}/nhan-inbox", sweep, methods=["POST"]),
]
