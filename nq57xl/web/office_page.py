"""The office's own matters: the log, settings as they stand, guides, a backup to carry to another computer."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nq57xl.commands.answers import make_unit_folders, unit_folders
from nq57xl.commands.backup import backup_of
from nq57xl.commands.decide import event_in_words, events
from nq57xl.commands.init import show
from nq57xl.web.downloads import attachment
from nq57xl.web.site import see, site_of

_SHOWN = 300


def log(request: Request) -> Response:
    """Who did what, when, why; newest first."""
    site = site_of(request)
    found = events(site.office(request.path_params["slug"]), None, _SHOWN)
    return site.page(request, "log.html.j2", tab="log", events=tuple(reversed(found)), told=event_in_words)


def settings(request: Request) -> Response:
    """Settings as they stand: the office changes them in phu-luc.xlsx."""
    site = site_of(request)
    office = site.office(request.path_params["slug"])
    plan, inbox = show(office), office.workspace.inbox
    shared = unit_folders(inbox, [unit.code for unit in plan.units])
    folder = str(office.workspace.root)
    return site.page(
        request, "settings.html.j2", tab="settings", plan=plan, folder=folder, inbox=inbox, shared=sorted(shared)
    )


def folders(request: Request) -> Response:
    """Makes the folder of each unit below the inbox."""
    site, slug = site_of(request), request.path_params["slug"]
    make_unit_folders(site.office(slug))
    return see(f"/so/{slug}/cai-dat")


def _help_page(request: Request) -> Response:
    """How a month goes, step by step."""
    return site_of(request).page(request, "help.html.j2", tab="help")


def backup(request: Request) -> Response:
    """The whole workspace as one file."""
    site, slug = site_of(request), request.path_params["slug"]
    office = site.office(slug)
    return attachment(f"NQ57-{slug}-{site.today():%Y%m%d}.zip", backup_of(office))


ROUTES = [
    Route("/so/{slug}/nhat-ky", log),
    Route("/so/{slug}/cai-dat", settings),
    Route("/so/{slug}/cai-dat/thu-muc", folders, methods=["POST"]),
    Route("/so/{slug}/huong-dan", _help_page),
    Route("/so/{slug}/sao-luu", backup),
]
