"""Whoever still owes something: texts to copy, mails to open, what was sent by hand; warnings explained and waived."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nq57xl.commands.remind import drafted_reminders, note_reminded
from nq57xl.commands.waive import end_waiver, explanations, waive
from nq57xl.errors import Nq57Error
from nq57xl.outputs.reminders import NOTICE_FILE, OWES
from nq57xl.web.downloads import attachment
from nq57xl.web.site import plain_words, see, site_of


def show(request: Request) -> Response:
    """The reminders of today."""
    site, slug = site_of(request), request.path_params["slug"]
    now = drafted_reminders(site.office(slug), request.path_params["period"])
    following = next((day for day in now.days if day >= now.day), None)
    return site.page(request, "remind.html.j2", tab="desk", now=now, owes=OWES, following=following)


def draft(request: Request) -> Response:
    """The mail to one unit, with the form that it speaks of."""
    period, unit = request.path_params["period"], request.path_params["unit"]
    now = drafted_reminders(site_of(request).office(request.path_params["slug"]), period)
    mail = next((now.draft(item) for item in now.units if item.unit.code == unit), None)
    if mail is None:
        raise HTTPException(404)
    return attachment(f"nhac-NQ57_{now.period.code}_{unit}.eml", mail)


def notice(request: Request) -> Response:
    """One notice for all after the due day."""
    site = site_of(request)
    made = drafted_reminders(site.office(request.path_params["slug"]), request.path_params["period"]).notice()
    if made is None:
        raise HTTPException(404)
    return attachment(NOTICE_FILE, made)


async def sent(request: Request) -> Response:
    """Notes which units were reminded by hand."""
    site, slug, period = site_of(request), request.path_params["slug"], request.path_params["period"]
    async with request.form(max_files=0, max_fields=1000) as form:
        units = [str(item) for item in form.getlist("don_vi")]
    if not units:
        raise Nq57Error("Chưa chọn đơn vị nào đã được nhắc.")
    await run_in_threadpool(note_reminded, site.office(slug), period, units)
    return see(f"/so/{slug}/ky/{period}/nhac")


def asked(request: Request) -> Response:
    """Warnings that wait for an explanation, those explained, and what is waived."""
    site, slug = site_of(request), request.path_params["slug"]
    office = site.office(slug)
    found = explanations(office, request.path_params["period"])
    titles = {code: entry.title for code, entry in office.catalogue().items()}
    return site.page(request, "explanations.html.j2", tab="desk", found=found, titles=titles)


async def decide(request: Request) -> Response:
    """Waives a warning until a period, with the reason; or ends a waiver."""
    site, slug, period = site_of(request), request.path_params["slug"], request.path_params["period"]
    async with request.form(max_files=0, max_fields=10) as form:
        words = {name: plain_words(form, name, 500) for name in ("don_vi", "ma", "dong", "o", "den", "ly_do", "so")}
    office = site.office(slug)
    if words["so"]:
        if not words["so"].isascii() or not words["so"].isdigit():
            raise HTTPException(400)
        await run_in_threadpool(end_waiver, office, int(words["so"][:9]), words["ly_do"])
    else:
        given = (words["don_vi"], words["ma"], words["den"], words["ly_do"])
        await run_in_threadpool(waive, office, *given, task=words["dong"], field=words["o"])
    return see(f"/so/{slug}/ky/{period}/giai-trinh")


ROUTES = [
    Route("/so/{slug}/ky/{period}/nhac", show),
    Route("/so/{slug}/ky/{period}/nhac/da-gui", sent, methods=["POST"]),
    Route("/so/{slug}/ky/{period}/nhac-chung", notice),
    Route("/so/{slug}/ky/{period}/nhac/{unit}", draft),
    Route("/so/{slug}/ky/{period}/giai-trinh", asked),
    Route("/so/{slug}/ky/{period}/giai-trinh/mien", decide, methods=["POST"]),
]
