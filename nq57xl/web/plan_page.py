"""The plan: as understood, what is wrong in it, the appendix replaced, a document imported or amended with."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nq57xl.commands import next_year
from nq57xl.commands.amend import Amended, confirm, history, propose
from nq57xl.commands.import_plan import open_questions, replace_appendix
from nq57xl.commands.init import lint, show
from nq57xl.errors import Nq57Error
from nq57xl.forms.wording import day_in_words
from nq57xl.plan.compare import KIND_WORDS
from nq57xl.plan.model import PlanRowChange
from nq57xl.plan.periods import title_of
from nq57xl.rules.findings import grouped
from nq57xl.text.files import write_atomic
from nq57xl.web.desk_page import upload_name
from nq57xl.web.jobs import Progress, Tell
from nq57xl.web.site import Site, plain_words, site_of

_DOCUMENTS = (".docx", ".pdf", ".txt", ".xlsx", ".md", ".html", ".htm")


def page(request: Request) -> Response:
    """The plan and lint's findings."""
    site, slug = site_of(request), request.path_params["slug"]
    office = site.office(slug)
    plan, findings = show(office), lint(office)
    return site.page(
        request,
        "plan.html.j2",
        tab="plan",
        plan=plan,
        findings=grouped(findings),
        amendments=history(office),
        questions=len(open_questions(office)),
        waiting=next_year.waiting_book(office),
    )


async def replace(request: Request) -> Response:
    """Another phu-luc.xlsx in place of the present one."""
    site, slug = site_of(request), request.path_params["slug"]
    async with request.form(max_files=1, max_fields=5) as form:
        name, data = await uploaded(form.get("tep"))
    back = f"/so/{slug}/ke-hoach"

    def work(tell: Tell) -> str:
        kept = replace_appendix(site.office(slug), data, name)
        tell(Progress(f"Đã thay phu-luc.xlsx; bản cũ giữ ở backup/{kept.name}.", "good"))
        return back

    return site.start(slug, "Thay phụ lục", back, work)


async def amend(request: Request) -> Response:
    """Compares an amending document or appendix with the plan."""
    site, slug = site_of(request), request.path_params["slug"]
    async with request.form(max_files=1, max_fields=5) as form:
        name, data = await uploaded(form.get("tep"))
        day = _day(plain_words(form, "hieu_luc"))
        partial = plain_words(form, "mot_phan") == "1"
    back = f"/so/{slug}/ke-hoach"

    def work(tell: Tell) -> str:
        office = site.office(slug)
        path = office.workspace.out / "dieu-chinh" / upload_name(name)
        write_atomic(path, data)
        made = propose(office, path, day, partial=partial)
        for line in _changes(made):
            tell(Progress(line))
        if made.file is None:
            tell(Progress("Văn bản này không làm thay đổi kế hoạch.", "warn"))
            return back
        day_words = day_in_words(made.effective_from)
        tell(Progress(f"Hiệu lực từ {day_words}. Kiểm tra bảng so sánh rồi xác nhận ở trang Kế hoạch.", "good"))
        return f"{back}/so-sanh"

    return site.start(slug, "So sánh kế hoạch", back, work)


def comparison(request: Request) -> Response:
    """The comparison as it waits for the office's word."""
    from nq57xl.commands.amend import pending

    site, slug = site_of(request), request.path_params["slug"]
    made = pending(site.office(slug))
    rows = [(row, _row_words(made, row)) for row in made.comparison.changes if row.kinds != ("kept",)] if made else []
    return site.page(request, "amend.html.j2", tab="plan", made=made, rows=rows, kinds=KIND_WORDS)


def _row_words(made: Amended, row: PlanRowChange) -> str:
    """What the row is about: as it will be, or as it was where it goes."""
    plan = made.old if row.index is None else made.new
    if row.table == "tasks":
        tasks = plan.tasks if row.index is None else plan.tasks[row.index : row.index + 1]
        return next((one.subtask or one.task for one in tasks if row.index is not None or one.code == row.code), "")
    items = plan.indicators if row.index is None else plan.indicators[row.index : row.index + 1]
    return next((one.indicator for one in items if row.index is not None or one.code == row.code), "")


async def accept(request: Request) -> Response:
    """Puts the compared version in place; the comparison as the office sends it back, where it was edited."""
    site, slug = site_of(request), request.path_params["slug"]
    async with request.form(max_files=1, max_fields=5) as form:
        given = form.get("tep")
        own = await uploaded(given) if isinstance(given, UploadFile) and given.filename else None
        day = _day(plain_words(form, "hieu_luc"))
    back = f"/so/{slug}/ke-hoach"

    def work(tell: Tell) -> str:
        office = site.office(slug)
        path = office.workspace.out / "dieu-chinh" / "so-sanh-ke-hoach.xlsx"
        if own is not None:
            path = path.with_name(f"xac-nhan-{upload_name(own[0])}")
            write_atomic(path, own[1])
        made = confirm(office, path, None, day)
        for line in _changes(made):
            tell(Progress(line))
        tell(Progress(f"Kế hoạch đã điều chỉnh, hiệu lực từ {day_in_words(made.effective_from)}.", "good"))
        if made.periods:
            tell(Progress(f"Phát hành lại biểu mẫu các kỳ: {', '.join(map(title_of, made.periods))}.", "warn"))
        return back

    return site.start(slug, "Điều chỉnh kế hoạch", back, work)


async def _confirm_year(request: Request) -> Response:
    """Puts next year's plan in place as decided in the workbook that compares it with the old year."""
    site, slug = site_of(request), request.path_params["slug"]
    async with request.form(max_files=1, max_fields=5) as form:
        given = form.get("tep")
        own = await uploaded(given) if isinstance(given, UploadFile) and given.filename else None
    back = f"/so/{slug}/ke-hoach"

    def work(tell: Tell) -> str:
        office = site.office(slug)
        path = None
        if own is not None:
            path = office.workspace.out / "nam-truoc" / f"xac-nhan-{upload_name(own[0])}"
            write_atomic(path, own[1])
        made = next_year.confirm(office, path)
        tell(Progress(f"Đã xác nhận: {len(made.continued)} dòng nối tiếp năm trước.", "good"))
        for text in made.unfinished[:40]:
            tell(Progress(f"Việc năm trước chưa xong, kế hoạch mới không có: {text}", "warn"))
        return back

    return site.start(slug, "Xác nhận nối tiếp năm trước", back, work)


def _changes(made: Amended) -> list[str]:
    rows = [row for row in made.comparison.rows if row.kinds and row.kinds != ("kept",)]
    lines = [f"{row.code or 'Dòng mới'}: {', '.join(KIND_WORDS[kind].lower() for kind in row.kinds)}" for row in rows]
    return [f"{len(rows)} dòng thay đổi.", *lines[:40]]


async def uploaded(given: object) -> tuple[str, bytes]:
    """Name and content of a file that was chosen on the page. Raises Nq57Error where none was."""
    if not isinstance(given, UploadFile) or not given.filename:
        raise Nq57Error("Chưa chọn tệp nào: hãy chọn tệp rồi bấm lại.")
    return given.filename, await given.read()


def import_document(site: Site, name: str, data: bytes, target: Path) -> str:
    """An appendix made of a plan's document, or the appendix itself; gives a sentence on what is to be reviewed."""
    from nq57xl.commands.import_plan import import_plan

    if Path(name).suffix.lower() not in _DOCUMENTS:
        raise Nq57Error("Chỉ nhận văn bản .docx, .pdf, .xlsx, .txt, .md hoặc .html.")
    document = target.parent / upload_name(name)
    write_atomic(document, data)
    made = import_plan(document, target, site.today())
    count = len(made.review)
    return f"{len(made.plan.tasks)} đầu việc; {count} chỗ cần rà soát."


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


ROUTES = [
    Route("/so/{slug}/ke-hoach", page),
    Route("/so/{slug}/ke-hoach/thay", replace, methods=["POST"]),
    Route("/so/{slug}/ke-hoach/dieu-chinh", amend, methods=["POST"]),
    Route("/so/{slug}/ke-hoach/so-sanh", comparison),
    Route("/so/{slug}/ke-hoach/xac-nhan", accept, methods=["POST"]),
    Route("/so/{slug}/ke-hoach/nam-truoc", _confirm_year, methods=["POST"]),
]
