"""A verdict's lasting page, tied to the file's hash; what the office decides on a return; a unit's returns."""

from __future__ import annotations

import datetime as dt

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nq57xl.commands.attach import attach_bytes, signed_copies
from nq57xl.commands.decide import correct_received, event_in_words, exclude, readmit, remark_on_cell, take
from nq57xl.commands.desk import look_at_return, moment_of_day, remark, returns_of
from nq57xl.commands.office import Office
from nq57xl.errors import Nq57Error
from nq57xl.results.standing import FATES
from nq57xl.results.wording import BASES, VERDICTS
from nq57xl.rules.findings import grouped
from nq57xl.web.desk_page import upload_name
from nq57xl.web.plan_page import uploaded
from nq57xl.web.recheck_page import begin as judge_again
from nq57xl.web.site import Site, plain_words, see, site_of

_LEVELS = {
    "error": "Phải sửa",
    "warning": "Nên xem lại",
    "repaired": "Đã tự chuẩn hóa",
    "note": "Ghi nhận",
}


def show(request: Request) -> Response:
    """Everything about one return: verdict, findings, what goes back, the letter, the office's decisions."""
    site, slug, sha256 = site_of(request), request.path_params["slug"], request.path_params["sha256"]
    view = look_at_return(site.office(slug), sha256)
    if view is None:
        raise HTTPException(404)
    found = view.filed.record.judged.findings
    levels = [
        (level, title, grouped([item for item in found if item.severity == level])) for level, title in _LEVELS.items()
    ]
    return site.page(
        request,
        "return.html.j2",
        view=view,
        source=view.filed.record.judged.source,
        verdict=VERDICTS[view.filed.record.judged.verdict],
        fate=FATES[view.filed.fate],
        told=event_in_words,
        basis=BASES[view.filed.record.judged.source.received_basis],
        levels=[item for item in levels if item[2]],
        tab="desk",
    )


async def decide(request: Request) -> Response:
    """A decision with its reason: leave out, take back in, accept all the same, put the time right, note a remark."""
    site, slug, sha256 = site_of(request), request.path_params["slug"], request.path_params["sha256"]
    async with request.form(max_files=0, max_fields=10) as form:
        kind, reason = plain_words(form, "viec"), plain_words(form, "ly_do")
        at = moment_of_day(plain_words(form, "luc"))
        where = plain_words(form, "dong"), plain_words(form, "o")
    if kind == "recheck":
        period = await run_in_threadpool(_period_of, site, slug, sha256)
        return judge_again(site, slug, period, sha256, reason)
    # another command may hold the ledger for a while: other pages are served meanwhile
    if kind == "remark" and where[1]:
        await run_in_threadpool(remark_on_cell, site.office(slug), sha256, None, where, reason)
    else:
        await run_in_threadpool(_record, site.office(slug), sha256, kind, reason, at)
    return see(f"/so/{slug}/tep/{sha256}")


def _period_of(site: Site, slug: str, sha256: str) -> str:
    view = look_at_return(site.office(slug), sha256)
    if view is None:
        raise HTTPException(404)
    return view.period.code


def _record(office: Office, sha256: str, kind: str, reason: str, at: dt.datetime | None) -> None:
    plain = {"exclude": exclude, "readmit": readmit, "take": take}
    if kind == "remark":
        remark(office, sha256, reason)
    elif kind in plain:
        plain[kind](office, sha256, None, reason)
    elif kind != "received":
        raise HTTPException(400)
    elif at is None:
        raise Nq57Error("Chưa ghi thời điểm nhận.")
    else:
        correct_received(office, sha256, None, at, reason)


def unit(request: Request) -> Response:
    """Everything that a unit handed in for a period."""
    site, slug = site_of(request), request.path_params["slug"]
    office = site.office(slug)
    code, period = request.path_params["unit"], request.path_params["period"]
    found = returns_of(office, code, period)
    names = {item.code: item.name for item in office.appendix().plan.units}
    if code not in names:
        raise HTTPException(404)
    return site.page(
        request,
        "unit.html.j2",
        tab="desk",
        unit=code,
        unit_name=names[code],
        signed=signed_copies(office, code, period),
        period=period,
        found=found,
        verdicts=VERDICTS,
        fates=FATES,
    )


async def sign(request: Request) -> Response:
    """Files a signed copy with the unit's report."""
    site, slug = site_of(request), request.path_params["slug"]
    unit, period = request.path_params["unit"], request.path_params["period"]
    async with request.form(max_files=1, max_fields=5) as form:
        name, data = await uploaded(form.get("tep"))
    await run_in_threadpool(attach_bytes, site.office(slug), unit, upload_name(name), data, period)
    return see(f"/so/{slug}/ky/{period}/don-vi/{unit}")


ROUTES = [
    Route("/so/{slug}/tep/{sha256}", show),
    Route("/so/{slug}/tep/{sha256}/quyet-dinh", decide, methods=["POST"]),
    Route("/so/{slug}/ky/{period}/don-vi/{unit}", unit),
    Route("/so/{slug}/ky/{period}/don-vi/{unit}/ban-ky", sign, methods=["POST"]),
]
