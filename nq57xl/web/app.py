"""The application: all routes behind the guard, and what a person sees when something goes wrong."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from nq57xl.errors import Nq57Error
from nq57xl.web import (
    desk_page,
    downloads,
    edits_page,
    issue_page,
    office_page,
    plan_page,
    recheck_page,
    remind_page,
    report_page,
    return_page,
    review_page,
    start_page,
    upward_page,
    year_page,
)
from nq57xl.web.safety import BodyTooLargeError, Guard
from nq57xl.web.site import Site, UnknownWorkspaceError

_STATIC = Path(__file__).with_name("static")
_TITLES = {
    400: ("Chưa nhận được", "Mỗi lần gửi nhiều nhất 200 tệp; nhiều hơn thì chia thành nhiều lần, hoặc nén thành .zip."),
    404: ("Không có trang này", "Trang hoặc tệp này không có, hoặc đã được thay bằng bản mới."),
    413: ("Tệp quá lớn", "Quá 100 MB trong một lần gửi: hãy chia thành nhiều lần."),
}


def make_app(site: Site, port: int) -> ASGIApp:
    """The desk as an ASGI application that answers on that port of this computer alone."""
    site.port = port
    reports = (desk_page, return_page, recheck_page, remind_page, issue_page, report_page, edits_page, upward_page)
    plans = (plan_page, review_page, year_page)
    routes = [route for module in (start_page, *reports, *plans, office_page, downloads) for route in module.ROUTES]
    app = Starlette(
        routes=[*routes, Mount("/tinh", StaticFiles(directory=_STATIC))],
        exception_handlers={
            Nq57Error: _told,
            OSError: _told,
            UnknownWorkspaceError: _missing,
            BodyTooLargeError: _missing,
            HTTPException: _missing,
            Exception: _told,
        },
    )
    app.state.site = site
    return Guard(app, site.keys, port)


def _told(request: Request, error: Exception) -> Response:
    """A page that says what is wrong and leads back; nothing is half done by then."""
    site: Site = request.app.state.site
    expected = isinstance(error, Nq57Error | OSError)
    back = _back(request)
    return site.page(
        request,
        "message.html.j2",
        409 if expected else 500,
        title="Chưa thực hiện được",
        text=site.explain(error),
        back=back,
        agency="",
    )


def _missing(request: Request, error: Exception) -> Response:
    site: Site = request.app.state.site
    status = error.status_code if isinstance(error, HTTPException) else 404
    if isinstance(error, BodyTooLargeError):
        status = 413
    title, text = _TITLES.get(status, ("Chưa thực hiện được", "Yêu cầu không đúng: hãy quay lại và làm lại."))
    return site.page(request, "message.html.j2", status, title=title, text=text, back="/", agency="")


def _back(request: Request) -> str:
    """The page that the request came from, where it is ours; else the first page."""
    referer = request.headers.get("referer", "")
    prefix = f"http://{request.headers.get('host', '')}"
    path = referer.removeprefix(prefix) if referer.startswith(prefix + "/") else ""
    return path if path.startswith("/") and not path.startswith("//") else "/"
