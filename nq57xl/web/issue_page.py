"""Issuing the forms of a period: what is wrong in the plan first, who gets what, then the forms and mails."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nq57xl.commands.desk import period_to_issue
from nq57xl.commands.generate import generate
from nq57xl.commands.init import lint, show
from nq57xl.errors import Nq57Error
from nq57xl.forms.build import reporting_units
from nq57xl.plan.periods import parse_period, title_of
from nq57xl.rules.findings import grouped
from nq57xl.web.jobs import Progress, Tell
from nq57xl.web.site import plain_words, see, site_of


def _preview(request: Request) -> Response:
    """What would be issued: lint's findings, the units with their rows, the days of the period."""
    site, slug = site_of(request), request.path_params["slug"]
    office = site.office(slug)
    findings = lint(office)
    plan = show(office)
    wanted = request.query_params.get("ky", "")
    period = parse_period(wanted, plan.properties) if wanted else period_to_issue(office)
    rows = [
        {
            "unit": unit,
            "led": sum(unit.code in task.lead_units for task in plan.tasks),
            "supporting": sum(unit.code in task.support_units for task in plan.tasks),
            "indicators": sum(unit.code in item.lead_units for item in plan.indicators),
        }
        for unit in reporting_units(plan, period)
    ]
    errors = grouped([item for item in findings if item.severity == "error"])
    warnings = grouped([item for item in findings if item.severity == "warning"])
    return site.page(
        request, "issue.html.j2", tab="issue", period=period, rows=rows, errors=errors, warnings=warnings, plan=plan
    )


async def issue(request: Request) -> Response:
    """Issues the forms as the _preview said."""
    from nq57xl.commands.generate import write_drafts

    site, slug = site_of(request), request.path_params["slug"]
    async with request.form(max_files=0, max_fields=400) as form:
        period = plain_words(form, "ky")
        chosen = tuple(str(item) for item in form.getlist("don_vi"))
        support = plain_words(form, "phoi_hop") == "1"
    if not chosen:
        raise Nq57Error("Chưa chọn đơn vị nào để phát hành biểu mẫu.")

    def work(tell: Tell) -> str:
        done = generate(site.office(slug), period, chosen, with_support=support)
        for item in done.forms:
            said = f"bản {item.form.version}" if item.is_new else "không thay đổi"
            more = f": {'; '.join(item.changes)}" if item.changes else ""
            tell(Progress(f"{item.form.unit_name}: {said}{more}.", "good"))
        for problem in write_drafts(site.office(slug), done.period.code).problems:
            tell(Progress(problem, "warn"))
        return f"/so/{slug}/ky/{done.period.code}/gui"

    return site.start(slug, f"Phát hành biểu mẫu {title_of(period)}", f"/so/{slug}/phat-hanh", work)


def sending(request: Request) -> Response:
    """The issued forms with what to send: file, address, text to copy."""
    from nq57xl.commands.generate import forms_to_send

    site, slug, period = site_of(request), request.path_params["slug"], request.path_params["period"]
    items = forms_to_send(site.office(slug), period)
    if not items:
        return see(f"/so/{slug}/phat-hanh?ky={period}")
    return site.page(request, "sending.html.j2", tab="issue", period=period, items=items)


def draft(request: Request) -> Response:
    """A mail to one unit with its form attached."""
    from nq57xl.commands.generate import mail_draft
    from nq57xl.web.downloads import attachment

    site, slug = site_of(request), request.path_params["slug"]
    period, unit = request.path_params["period"], request.path_params["unit"]
    return attachment(f"NQ57_{period}_{unit}.eml", mail_draft(site.office(slug), period, unit))


ROUTES = [
    Route("/so/{slug}/phat-hanh", _preview),
    Route("/so/{slug}/phat-hanh/lam", issue, methods=["POST"]),
    Route("/so/{slug}/ky/{period}/gui", sending),
    Route("/so/{slug}/ky/{period}/gui/{unit}", draft),
]
