"""The form of the office above: handed in, filled in from the consolidation, taken away again."""

from __future__ import annotations

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nq57xl.commands.desk import files_of
from nq57xl.commands.upward import upward
from nq57xl.text.files import write_atomic
from nq57xl.web.desk_page import upload_name
from nq57xl.web.jobs import Progress, Tell
from nq57xl.web.plan_page import uploaded
from nq57xl.web.site import plain_words, site_of

_SHOWN = 60
"""Points that are told one by one; all of them stand in the workbook beside the form."""


def show(request: Request) -> Response:
    """What is to be handed in, and what was made of it."""
    site, slug = site_of(request), request.path_params["slug"]
    office = site.office(slug)
    with office.reading() as ledger:
        _, period = office.valid(request.path_params["period"], ledger)
    folders = [office.workspace.upward_dir(period.code), office.workspace.upward_dir()]
    return site.page(request, "upward.html.j2", tab="desk", period=period, files=files_of(folders))


async def fill(request: Request) -> Response:
    """Fills in the form; the workbook of matches as the office sends it back, where it was edited."""
    site, slug, period = site_of(request), request.path_params["slug"], request.path_params["period"]
    async with request.form(max_files=2, max_fields=5) as form:
        name, data = await uploaded(form.get("tep"))
        given = form.get("doi_chieu")
        matches = (await uploaded(given))[1] if isinstance(given, UploadFile) and given.filename else None
        confirm = plain_words(form, "xac_nhan") == "1"
    page = f"/so/{slug}/ky/{period}/cap-tren"

    def work(tell: Tell) -> str:
        office = site.office(slug)
        path = office.workspace.upward_dir() / "da-nhan" / upload_name(name)
        write_atomic(path, data)
        done = upward(office, path, period, confirm=confirm, matches=matches)
        tell(Progress(f"Đã điền {done.filled} ô vào {done.form.name}.", "good"))
        if done.undecided:
            tell(Progress(f"Còn {done.undecided} dòng chờ xác nhận trong {done.matches.name}.", "warn"))
        for point in done.points[:_SHOWN]:
            tell(Progress(f"{point.key}, {point.sheet} {point.cell}, {point.field}: {point.why}", "warn"))
        if len(done.points) > _SHOWN:
            tell(Progress(f"… và {len(done.points) - _SHOWN} điểm nữa trong {done.sources.name}.", "warn"))
        return page

    return site.start(slug, "Điền biểu của cấp trên", page, work)


ROUTES = [
    Route("/so/{slug}/ky/{period}/cap-tren", show),
    Route("/so/{slug}/ky/{period}/cap-tren/dien", fill, methods=["POST"]),
]
