"""The office's own hand: bien-tap.xlsx down, up, and what stands in the ledger of it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nq57xl.commands.edits import NAME, edits, hand_in
from nq57xl.commands.merge import merge
from nq57xl.results.wording import EDIT_KINDS, EDIT_STATES
from nq57xl.web.jobs import Progress, Tell, Tone
from nq57xl.web.plan_page import uploaded
from nq57xl.web.site import site_of


def show(request: Request) -> Response:
    """The edits that hold: before, after, who, why."""
    site, slug, period = site_of(request), request.path_params["slug"], request.path_params["period"]
    office = site.office(slug)
    found = edits(office, period)
    there = (office.workspace.report_dir(found.period.code) / NAME).is_file()
    return site.page(
        request,
        "edits.html.j2",
        tab="desk",
        period=found.period,
        found=found,
        kinds=EDIT_KINDS,
        states=EDIT_STATES,
        file=NAME if there else "",
    )


async def take(request: Request) -> Response:
    """An edited bien-tap.xlsx: judged like a return, then the report is made anew with what is good in it."""
    site, slug, period = site_of(request), request.path_params["slug"], request.path_params["period"]
    async with request.form(max_files=1, max_fields=5) as form:
        _, data = await uploaded(form.get("tep"))
    page = f"/so/{slug}/ky/{period}/bien-tap"

    def work(tell: Tell) -> str:
        office = site.office(slug)
        hand_in(office, period, data)
        done = merge(office, period)
        tell(Progress(f"Đã ghi nhận {done.edits.recorded} biên tập mới; báo cáo tổng hợp đã lập lại.", "good"))
        for _, item in done.edits.findings:
            place = "!".join(part for part in (item.sheet, item.cell) if part)
            tone: Tone = "bad" if item.severity == "error" else "warn"
            tell(Progress(f"{place}: {item.message} {item.fix}" if place else f"{item.message} {item.fix}", tone))
        if done.problem:
            tell(Progress(done.problem, "warn"))
        return page

    return site.start(slug, "Ghi nhận biên tập", page, work)


ROUTES = [
    Route("/so/{slug}/ky/{period}/bien-tap", show),
    Route("/so/{slug}/ky/{period}/bien-tap/nhan", take, methods=["POST"]),
]
