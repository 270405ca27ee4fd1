"""The year: its calendar, the longer periods made of months, what a unit or a row has been through."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nq57xl.commands.consolidated import period_marks
from nq57xl.commands.history import history
from nq57xl.commands.remind import year_days
from nq57xl.web.downloads import attachment
from nq57xl.web.site import site_of


def show(request: Request) -> Response:
    """Every period of the plan's year with its days and where it stands."""
    site, slug = site_of(request), request.path_params["slug"]
    office = site.office(slug)
    days, plan = year_days(office), office.appendix().plan
    marks = period_marks(office, tuple(line.period for line in days.lines))
    return site.page(request, "year.html.j2", tab="year", days=days, marks=marks, plan=plan)


def _calendar_of_year(request: Request) -> Response:
    """The calendar as a workbook to print, or for phones and mail programs."""
    files = year_days(site_of(request).office(request.path_params["slug"])).files()
    name = next((name for name in files if name.endswith(f".{request.path_params['suffix']}")), None)
    if name is None:
        raise HTTPException(404)
    return attachment(name, files[name])


def past(request: Request) -> Response:
    """The history of a unit, a task or an indicator."""
    site, slug, code = site_of(request), request.path_params["slug"], request.path_params["code"]
    return site.page(request, "history.html.j2", tab="year", done=history(site.office(slug), code), code=code)


def _past_book(request: Request) -> Response:
    """The same as a workbook."""
    code = request.path_params["code"]
    done = history(site_of(request).office(request.path_params["slug"]), code)
    return attachment(f"qua-trinh_{code}.xlsx", done.book())


ROUTES = [
    Route("/so/{slug}/nam", show),
    Route("/so/{slug}/nam/lich.{suffix}", _calendar_of_year),
    Route("/so/{slug}/qua-trinh/{code}", past),
    Route("/so/{slug}/qua-trinh/{code}/tai", _past_book),
]
