"""Consolidating: what is missing first, the figures as charts, the files to download; closing and opening again."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nq57xl.commands.close import close, reopen
from nq57xl.commands.consolidated import overview
from nq57xl.commands.desk import days_words, desk, files_of
from nq57xl.commands.erase_contacts import erase_contacts
from nq57xl.commands.merge import merge
from nq57xl.outputs.narrative import headline
from nq57xl.plan.periods import title_of
from nq57xl.web.jobs import Progress, Tell
from nq57xl.web.site import plain_words, see, site_of

_WHAT = {
    "bao-cao-tong-hop.xlsx": "báo cáo tổng hợp, có biểu đồ, để trình lãnh đạo",
    "tong-quan.html": "trang tổng quan trong một tệp, xem trên điện thoại",
    "bao-cao.docx": "văn bản báo cáo theo thể thức, sửa được trong Word; viết vào chỗ tô vàng",
    "nguon-so-lieu.xlsx": "mỗi số liệu lấy từ tệp, trang, ô nào",
    "noi-bo.xlsx": "liên hệ và đánh giá, chỉ dùng nội bộ",
    "bien-tap.xlsx": "để rút gọn câu chữ, sửa số liệu theo điện thoại",
    "theo-doi.txt": "nội dung từng nhiệm vụ, chép vào hệ thống theo dõi",
    "theo-doi.html": "như trên, giữ định dạng khi chép",
}
"""What each file of the report is for."""


def show(request: Request) -> Response:
    """The period's overview and its files."""
    site, slug = site_of(request), request.path_params["slug"]
    office = site.office(slug)
    view = desk(office, request.path_params["period"])
    figures = overview(office, view.period.code) if view.status is not None or view.months else None
    files = files_of([office.workspace.report_dir(view.period.code)])
    missing = [line.status for line in view.units if line.status.counting is None and not view.months]
    return site.page(
        request,
        "report.html.j2",
        tab="desk",
        view=view,
        figures=figures,
        headline=headline(figures) if figures else "",
        files=files,
        what=_WHAT,
        missing=missing,
        left=days_words(view.days_left),
    )


async def make(request: Request) -> Response:
    """Writes the report."""
    site, slug, period = site_of(request), request.path_params["slug"], request.path_params["period"]

    def work(tell: Tell) -> str:
        done = merge(site.office(slug), period)
        for path in done.outputs:
            tell(Progress(f"Đã lập {path.name}.", "good"))
        if done.beside:
            tell(Progress("Báo cáo cũ đã được chỉnh sửa bằng tay nên giữ nguyên; bản mới ghi bên cạnh.", "warn"))
        if done.problem:
            tell(Progress(done.problem, "warn"))
        return f"/so/{slug}/ky/{period}/tong-hop"

    return site.start(slug, "Lập báo cáo tổng hợp", f"/so/{slug}/ky/{period}/tong-hop", work)


async def _close_period(request: Request) -> Response:
    """Closes the period, opens it again with a reason, or erases the contacts that it needed."""
    site, slug, period = site_of(request), request.path_params["slug"], request.path_params["period"]
    async with request.form(max_files=0, max_fields=5) as form:
        kind, reason = plain_words(form, "viec"), plain_words(form, "ly_do")
    page = f"/so/{slug}/ky/{period}/tong-hop"
    if kind == "xoa-lien-he":
        await run_in_threadpool(erase_contacts, site.office(slug), period, reason)
        return see(page)
    if kind == "mo-lai":
        await run_in_threadpool(reopen, site.office(slug), period, reason)
        return see(page)

    def work(tell: Tell) -> str:
        done = close(site.office(slug), period, reason)
        tell(Progress(f"Đã chốt {done.period.title}.", "good"))
        return page

    return site.start(slug, f"Chốt số liệu {title_of(period)}", page, work)


ROUTES = [
    Route("/so/{slug}/ky/{period}/tong-hop", show),
    Route("/so/{slug}/ky/{period}/tong-hop/lap", make, methods=["POST"]),
    Route("/so/{slug}/ky/{period}/tong-hop/chot", _close_period, methods=["POST"]),
]
