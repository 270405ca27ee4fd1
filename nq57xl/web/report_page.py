"""Consolidating: the figures as charts, the office's edits, the form of the office above, closing; files to take away.

Outputs of a workspace are found by looking into known folders, never by a path.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response

from nq57xl.commands.consolidated import overview
from nq57xl.commands.decide import erase_contacts
from nq57xl.commands.desk import desk
from nq57xl.commands.merge import close, edits, hand_in, merge, reopen
from nq57xl.commands.upward import upward
from nq57xl.ledger.workspace import Workspace
from nq57xl.outputs.texts import headline
from nq57xl.plan.periods import parse_period, title_of
from nq57xl.results.wording import EDIT_KINDS, EDIT_STATES, days_left
from nq57xl.text.files import write_atomic
from nq57xl.web.site import Progress, Tell, Visit, attachment, or_missing, page_at, see, upload_name
from nq57xl.xlsx.package import zipped

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
_POINTS = 60
"""Points of the superior form that are told one by one; all of them stand in the workbook beside the form."""
_INTERNAL = ("noi-bo", "bien-tap", "du-lieu-noi-bo")
"""What stays in the office: contacts, assessments, its own hand."""
_PERIOD = re.compile(r"20\d\d(-(\d\d|Q\d|H\d|9M|DX\d{1,2}))?")
_HASH = re.compile(r"[0-9a-f]{64}")


@page_at("/so/{slug}/ky/{period}/tong-hop")
def _report(visit: Visit) -> Response:
    """The period's overview and its files."""
    office = visit.office()
    view = desk(office, visit.period)
    figures = overview(office, view.period.code) if view.status is not None or view.months else None
    return visit.page(
        "report.html.j2",
        tab="desk",
        view=view,
        figures=figures,
        headline=headline(figures) if figures else "",
        files=_files_of([office.workspace.report_dir(view.period.code)]),
        what=_WHAT,
        missing=[line.status for line in view.units if line.status.counting is None and not view.months],
        left=days_left(view.days_left),
    )


@page_at("/so/{slug}/ky/{period}/tong-hop/lap", post=True)
def _merge(visit: Visit) -> Response:
    """Writes the report."""

    def work(tell: Tell) -> None:
        done = merge(visit.office(), visit.period)
        for path in done.outputs:
            tell(Progress(f"Đã lập {path.name}.", "good"))
        if done.beside:
            tell(Progress("Báo cáo cũ đã được chỉnh sửa bằng tay nên giữ nguyên; bản mới ghi bên cạnh.", "warn"))
        if done.problem:
            tell(Progress(done.problem, "warn"))

    return visit.start("Lập báo cáo tổng hợp", visit.at("/tong-hop"), work)


@page_at("/so/{slug}/ky/{period}/tong-hop/chot", post=True)
def _close_period(visit: Visit) -> Response:
    """Closes the period, opens it again with a reason, or erases the contacts that it needed."""
    kind, reason, page = visit.words("viec"), visit.words("ly_do"), visit.at("/tong-hop")
    at_once = {"xoa-lien-he": erase_contacts, "mo-lai": reopen}
    if kind in at_once:
        at_once[kind](visit.office(), visit.period, reason)
        return see(page)

    def work(tell: Tell) -> None:
        done = close(visit.office(), visit.period, reason)
        tell(Progress(f"Đã chốt {done.period.title}.", "good"))

    return visit.start(f"Chốt số liệu {title_of(visit.period)}", page, work)


@page_at("/so/{slug}/ky/{period}/bien-tap")
def _edits(visit: Visit) -> Response:
    """The edits that hold: before, after, who, why."""
    found = edits(visit.office(), visit.period)
    return visit.page(
        "edits.html.j2", tab="desk", period=found.period, found=found, kinds=EDIT_KINDS, states=EDIT_STATES
    )


@page_at("/so/{slug}/ky/{period}/bien-tap/nhan", post=True)
def _take_edits(visit: Visit) -> Response:
    """An edited bien-tap.xlsx: judged like a return, then the report is made anew with what is good in it."""
    _, data = visit.file()

    def work(tell: Tell) -> None:
        office = visit.office()
        hand_in(office, visit.period, data)
        done = merge(office, visit.period)
        tell(Progress(f"Đã ghi nhận {done.edits.recorded} biên tập mới; báo cáo tổng hợp đã lập lại.", "good"))
        for _, item in done.edits.findings:
            place = "!".join(part for part in (item.sheet, item.cell) if part)
            said = f"{place}: {item.message} {item.fix}" if place else f"{item.message} {item.fix}"
            tell(Progress(said, "bad" if item.severity == "error" else "warn"))
        if done.problem:
            tell(Progress(done.problem, "warn"))

    return visit.start("Ghi nhận biên tập", visit.at("/bien-tap"), work)


@page_at("/so/{slug}/ky/{period}/cap-tren")
def _superior_form(visit: Visit) -> Response:
    """The form of the office above: what is to be handed in, and what was made of it."""
    office = visit.office()
    period = parse_period(visit.period, office.appendix().plan.properties)
    folders = [office.workspace.upward_dir(period.code), office.workspace.upward_dir()]
    return visit.page("upward.html.j2", tab="desk", period=period, files=_files_of(folders))


@page_at("/so/{slug}/ky/{period}/cap-tren/dien", post=True)
def _fill_superior_form(visit: Visit) -> Response:
    """Fills in the form; the workbook of matches as the office sends it back, where it was edited."""
    name, data = visit.file()
    matches = next((content for _, content in visit.files("doi_chieu")), None)
    confirm = visit.words("xac_nhan") == "1"

    def work(tell: Tell) -> None:
        office = visit.office()
        path = office.workspace.upward_dir() / "da-nhan" / upload_name(name)
        write_atomic(path, data)
        done = upward(office, path, visit.period, confirm=confirm, matches=matches)
        tell(Progress(f"Đã điền {done.filled} ô vào {done.form.name}.", "good"))
        if asked := sum(bool(point.code) for point in done.points):
            tell(Progress(f"{asked} điểm cấp trên sẽ trả lại hoặc hỏi lại nếu gửi như hiện nay.", "warn"))
        if done.undecided:
            tell(Progress(f"Còn {done.undecided} dòng chờ xác nhận trong {done.matches.name}.", "warn"))
        for point in done.points[:_POINTS]:
            where = ", ".join(filter(None, (point.key, f"{point.sheet} {point.cell}".strip(), point.field)))
            tell(Progress(f"{where}: {point.why}", "warn"))
        if len(done.points) > _POINTS:
            tell(Progress(f"… và {len(done.points) - _POINTS} điểm nữa trong {done.sources.name}.", "warn"))

    return visit.start("Điền biểu của cấp trên", visit.at("/cap-tren"), work)


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
    return or_missing(known.get(kind))


@page_at("/so/{slug}/ky/{period}/tai/{kind}/{name}")
def _one_file(visit: Visit) -> Response:
    """A file by its name, where the folder has one of exactly that name."""
    workspace = visit.office().workspace
    kind, name = visit.path["kind"], visit.path["name"]
    if kind == "ke-hoach" and name != workspace.appendix.name:
        raise HTTPException(404)
    there = _files_of(_folders(workspace, visit.period, kind))
    path = or_missing(next((path for path in there if path.name == name), None))
    return attachment(path.name, path.read_bytes())


@page_at("/so/{slug}/ky/{period}/zip/{kind}")
def _whole_folder(visit: Visit) -> Response:
    """All files of one kind as a zip; of the report those that go out, not the office's own."""
    workspace, kind = visit.office().workspace, visit.path["kind"]
    if kind in ("kiem-tra", "ke-hoach", "dieu-chinh", "nam-truoc", "cap-tren"):
        raise HTTPException(404)
    files = [path for path in _files_of(_folders(workspace, visit.period, kind)) if not path.name.startswith(_INTERNAL)]
    if not files:
        raise HTTPException(404)
    return attachment(f"NQ57_{visit.period}_{kind}.zip", zipped((path.name, path.read_bytes()) for path in files))


@page_at("/so/{slug}/goc/{sha256}")
def _original(visit: Visit) -> Response:
    """A file as it came, from the archive, under its hash: its own name is the sender's and is not trusted."""
    workspace, sha256 = visit.office().workspace, visit.path["sha256"]
    path = or_missing(workspace.archived(sha256) if _HASH.fullmatch(sha256) else None)
    return attachment(path.name, path.read_bytes())


def _files_of(folders: Sequence[Path]) -> tuple[Path, ...]:
    """Files that lie in these folders now, by name."""
    return tuple(path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir()) if path.is_file())
