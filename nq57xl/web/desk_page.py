"""The first page: the period at hand, every unit with what to do next, and the place where files are dropped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from nq57xl.commands.collect import collect
from nq57xl.commands.desk import desk
from nq57xl.commands.signed_copies import named_scan
from nq57xl.ledger.outputs import names_beside
from nq57xl.ledger.workspace import Workspace
from nq57xl.plan.periods import parse_period
from nq57xl.results.wording import days_left
from nq57xl.text.files import write_atomic
from nq57xl.web.site import Progress, Tell, Visit, collected_line, page_at, upload_name

_SINGLY = 10
"""So many files are judged one by one, so that each verdict shows as it comes; larger drops go in tens."""
_TOLD = 20
"""Lines about what arrived by itself."""
_ACTIONS: dict[Literal["remind", "send_back", "ask", "issue", "none"], str] = {
    "remind": "Nhắc đơn vị nộp",
    "send_back": "Gửi trả để sửa",
    "ask": "Đề nghị giải trình",
    "issue": "Phát hành biểu mẫu",
    "none": "Không phải làm gì",
}
_STATES = {
    "missing": "Chưa nộp",
    "rejected": "Không qua kiểm tra",
    "accepted": "Được chấp nhận",
    "accepted_with_warnings": "Được chấp nhận, còn điểm cần xem lại",
}


@page_at("/so/{slug}", "/so/{slug}/ky/{period}")
def _desk(visit: Visit) -> Response:
    """The desk of a workspace."""
    office = visit.office()
    visit.site.opened.add(visit.slug)
    view = desk(office, visit.path.get("period"))
    return visit.page(
        "desk.html.j2",
        tab="desk",
        view=view,
        left=days_left(view.days_left),
        actions=_ACTIONS,
        states=_STATES,
        arrived=_arrived(visit),
        arrivals=len(visit.site.arrived.get(visit.slug, ())),
    )


@page_at("/so/{slug}/ky/{period}/nhan", post=True)
def _drop(visit: Visit) -> Response:
    """Files dropped on the page: kept in the inbox, then judged one after another."""
    office, site = visit.office(), visit.site
    parse_period(visit.period, office.appendix().plan.properties)
    files = visit.files()
    combine = visit.words("ghep") == "1"
    # it stays in memory, and goes with the work
    secret = visit.as_typed("mat_khau")
    if not files:
        title, text = "Chưa chọn tệp nào", "Hãy chọn hoặc thả ít nhất một tệp báo cáo."
        return visit.page("message.html.j2", 400, title=title, text=text, back=visit.at(""))
    with site.inboxes[visit.slug]:  # what is looking at the inbox must not take them first
        # a scan belongs to the form that was dropped with it: the inbox itself is a place for everybody
        together = any(named_scan(name) for name, _ in files) and len(files) > 1
        folder = f"cung-gui-{site.clock.now():%Y%m%d-%H%M%S}" if together else ""
        kept = [_keep(office.workspace, name, data, folder) for name, data in files]
        title = f"Nhận {len(kept)} tệp"
        return _receive(visit, title, kept, combine=combine, passwords=(secret,) if secret else ())


@page_at("/so/{slug}/moi")
def _news(visit: Visit) -> Response:
    """What arrived in the inbox by itself since the program started, newest first: a part of the first page.

    Where that is more than the page knows (`n`), it is told to fetch its figures and table anew.
    """
    more = visit.request.query_params.get("n", "") != str(len(visit.site.arrived.get(visit.slug, ())))
    return HTMLResponse(Markup("").join(_arrived(visit)), headers={"HX-Trigger": "moi-den"} if more else None)


def _arrived(visit: Visit) -> list[Progress]:
    return visit.site.arrived.get(visit.slug, [])[-_TOLD:][::-1]


@page_at("/so/{slug}/ky/{period}/nhan-inbox", post=True)
def _sweep(visit: Visit) -> Response:
    """Judges whatever lies in the inbox, as `collect` without files does."""
    return _receive(visit, "Nhận các tệp trong thư mục inbox", [])


def _keep(workspace: Workspace, name: str, data: bytes, folder: str) -> Path:
    """The file in the inbox, or a folder there, under a name that is safe and new; the same content under its name
    stays one."""
    inbox = workspace.inbox / folder
    inbox.mkdir(parents=True, exist_ok=True)
    wanted = upload_name(name)
    present = inbox / wanted
    if present.is_file() and present.read_bytes() == data:
        return present
    taken = {item.name.casefold() for item in inbox.iterdir()}
    path = next(path for path in names_beside(present) if path.name.casefold() not in taken)
    write_atomic(path, data)
    return path


def _receive(
    visit: Visit, title: str, paths: Sequence[Path], *, combine: bool = False, passwords: Sequence[str] = ()
) -> Response:
    """Begins to judge files, or with none all of the inbox, telling each verdict as it is known."""

    def work(tell: Tell) -> str:
        office = visit.office()
        size = 1 if len(paths) <= _SINGLY else _SINGLY
        if any(named_scan(path.name) for path in paths):
            size = len(paths)  # a scan is filed with the form that came with it
        for start in range(0, max(len(paths), 1), size):
            chunk = paths[start : start + size]
            done = collect(office, chunk, visit.period, combine=combine, passwords=passwords)
            for item in done.returns:
                tell(collected_line(visit.slug, item))
            for copy in done.signed:
                tell(Progress(f"«{copy.file}»: đã lưu là bản ký của {copy.unit}.", "good"))
            for problem in done.answers.problems:
                tell(Progress(f"Đã ghi sổ, nhưng có tệp chưa lập lại được. {problem}", "warn"))
        return visit.at("")

    return visit.start(title, visit.at(""), work)
