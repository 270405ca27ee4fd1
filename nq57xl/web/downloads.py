"""Files that may leave by the page: outputs of a workspace, found by looking into known folders, never by a path."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nq57xl.commands.desk import files_of
from nq57xl.ledger.archive import archived
from nq57xl.ledger.workspace import Workspace
from nq57xl.web.site import site_of
from nq57xl.xlsx.package import zipped

_TYPES = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".eml": "message/rfc822",
    ".txt": "text/plain; charset=utf-8",
    ".zip": "application/zip",
}
_INTERNAL = ("noi-bo", "bien-tap", "du-lieu-noi-bo")
"""What stays in the office: contacts, assessments, its own hand."""
_PERIOD = re.compile(r"20\d\d(-(\d\d|Q\d|H\d|9M|DX\d{1,2}))?")
_HASH = re.compile(r"[0-9a-f]{64}")


def _folders(workspace: Workspace, period: str, kind: str) -> tuple[Path, ...]:
    """The folders behind a word in an address."""
    if not _PERIOD.fullmatch(period):
        raise HTTPException(404)
    known = {
        "bieu-mau": (workspace.forms_dir(period),),
        "tra-lai": (workspace.back_dir(period),),
        "thong-bao": (workspace.letters_dir(period),),
        "tong-hop": (workspace.report_dir(period),),
        "kiem-tra": (workspace.check_book(period).parent,),
        "ke-hoach": (workspace.root,),
        "dieu-chinh": (workspace.out / "dieu-chinh",),
        "nam-truoc": (workspace.out / "nam-truoc",),
        "cap-tren": (workspace.upward_dir(period), workspace.upward_dir()),
    }
    if kind not in known:
        raise HTTPException(404)
    return known[kind]


def _one_file(request: Request) -> Response:
    """A file by its name, where the folder has one of exactly that name."""
    workspace = site_of(request).office(request.path_params["slug"]).workspace
    kind, name = request.path_params["kind"], request.path_params["name"]
    if kind == "ke-hoach" and name != workspace.appendix.name:
        raise HTTPException(404)
    for path in files_of(_folders(workspace, request.path_params["period"], kind)):
        if path.name == name:
            return attachment(path.name, path.read_bytes())
    raise HTTPException(404)


def _whole_folder(request: Request) -> Response:
    """All files of one kind as a zip; of the report those that go out, not the office's own."""
    workspace = site_of(request).office(request.path_params["slug"]).workspace
    period, kind = request.path_params["period"], request.path_params["kind"]
    if kind in ("kiem-tra", "ke-hoach", "dieu-chinh", "nam-truoc", "cap-tren"):
        raise HTTPException(404)
    files = [path for path in files_of(_folders(workspace, period, kind)) if not path.name.startswith(_INTERNAL)]
    if not files:
        raise HTTPException(404)
    return attachment(f"NQ57_{period}_{kind}.zip", zipped((path.name, path.read_bytes()) for path in files))


def original(request: Request) -> Response:
    """A file as it came, from the archive, under its hash: its own name is the sender's and is not trusted."""
    workspace = site_of(request).office(request.path_params["slug"]).workspace
    sha256 = request.path_params["sha256"]
    path = archived(workspace, sha256) if _HASH.fullmatch(sha256) else None
    if path is None:
        raise HTTPException(404)
    return attachment(path.name, path.read_bytes())


def attachment(name: str, data: bytes) -> Response:
    """A download: browsers save it, and show none of it as a page of ours."""
    kind = _TYPES.get(Path(name).suffix.lower(), "application/octet-stream")
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return Response(data, media_type=kind, headers={"Content-Disposition": disposition})


ROUTES = [
    Route("/so/{slug}/ky/{period}/tai/{kind}/{name}", _one_file),
    Route("/so/{slug}/ky/{period}/zip/{kind}", _whole_folder),
    Route("/so/{slug}/goc/{sha256}", original),
]
