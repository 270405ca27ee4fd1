"""The plan: as understood, reviewed, replaced, amended; its year and calendar; issuing the forms of a period."""

from __future__ import annotations

import datetime as dt

from starlette.responses import Response

from nq57xl.commands.amend import (
    Amended,
    applied_amendments,
    confirm_amendment,
    pending_amendment,
    propose_amendment,
)
from nq57xl.commands.desk import period_to_issue
from nq57xl.commands.generate import forms_to_send, generate, write_drafts
from nq57xl.commands.history import history
from nq57xl.commands.init import (
    answer_questions,
    confirm_continued,
    open_questions,
    replace_appendix,
    show,
    waiting_book,
)
from nq57xl.commands.remind import year_days
from nq57xl.errors import Nq57Error
from nq57xl.forms.build import reporting_units
from nq57xl.forms.wording import day_in_words
from nq57xl.outputs.lists import calendar_files
from nq57xl.plan.model import Indicator, Task
from nq57xl.plan.periods import parse_period, title_of
from nq57xl.rules.findings import grouped
from nq57xl.text.files import write_atomic
from nq57xl.web.site import Progress, Tell, Visit, attachment, or_missing, page_at, see, upload_name


@page_at("/so/{slug}/ke-hoach")
def _plan(visit: Visit) -> Response:
    """The plan and lint's findings."""
    office = visit.office()
    return visit.page(
        "plan.html.j2",
        tab="plan",
        plan=show(office),
        findings=grouped(office.lint()),
        amendments=applied_amendments(office),
        questions=len(open_questions(office)),
        waiting=waiting_book(office),
    )


@page_at("/so/{slug}/ke-hoach/thay", post=True)
def _replace(visit: Visit) -> Response:
    """Another phu-luc.xlsx in place of the present one."""
    name, data = visit.file()

    def work(tell: Tell) -> None:
        kept = replace_appendix(visit.office(), data, name)
        tell(Progress(f"Đã thay phu-luc.xlsx; bản cũ giữ ở backup/{kept.name}.", "good"))

    return visit.start("Thay phụ lục", visit.at("/ke-hoach"), work)


@page_at("/so/{slug}/ke-hoach/ra-soat")
def _questions(visit: Visit) -> Response:
    """What an imported plan leaves to a person: questions with the answers to tick; what holds until then."""
    return visit.page("review.html.j2", tab="plan", questions=open_questions(visit.office()))


@page_at("/so/{slug}/ke-hoach/ra-soat/tra-loi", post=True)
def _answers(visit: Visit) -> Response:
    """The answers that were ticked."""
    answers = {name.removeprefix("k:"): visit.words(name, 500) for name in visit.fields("k:")}

    def work(tell: Tell) -> str | None:
        left = answer_questions(visit.office(), answers)
        tell(Progress("Đã ghi trả lời vào phu-luc.xlsx; bản cũ giữ ở backup/.", "good"))
        tell(Progress(f"Còn {left} câu hỏi." if left else "Đã trả lời hết."))
        return None if left else visit.at("/ke-hoach")

    return visit.start("Ghi trả lời rà soát", visit.at("/ke-hoach/ra-soat"), work)


@page_at("/so/{slug}/ke-hoach/dieu-chinh", post=True)
def _amend(visit: Visit) -> Response:
    """Compares an amending document or appendix with the plan."""
    name, data = visit.file()
    day, partial = _effective_day(visit), visit.words("mot_phan") == "1"

    def work(tell: Tell) -> str | None:
        office = visit.office()
        path = office.workspace.out / "dieu-chinh" / upload_name(name)
        write_atomic(path, data)
        made = propose_amendment(office, path, day, partial=partial)
        for line in _changes(made):
            tell(Progress(line))
        if made.file is None:
            tell(Progress("Văn bản này không làm thay đổi kế hoạch.", "warn"))
            return None
        day_words = day_in_words(made.effective_from)
        tell(Progress(f"Hiệu lực từ {day_words}. Kiểm tra bảng so sánh rồi xác nhận ở trang Kế hoạch.", "good"))
        return visit.at("/ke-hoach/so-sanh")

    return visit.start("So sánh kế hoạch", visit.at("/ke-hoach"), work)


@page_at("/so/{slug}/ke-hoach/so-sanh")
def _comparison(visit: Visit) -> Response:
    """The comparison as it waits for the office's word."""
    made = pending_amendment(visit.office())
    rows = []
    if made is not None:
        for row in (row for row in made.comparison.changes if row.kinds != ("kept",)):
            # as it will be, or as it was where it goes
            found = made.comparison.after(row) or made.comparison.before(row)
            task = found.subtask or found.task if isinstance(found, Task) else ""
            rows.append((row, found.indicator if isinstance(found, Indicator) else task))
    return visit.page("amend.html.j2", tab="plan", made=made, rows=rows)


@page_at("/so/{slug}/ke-hoach/xac-nhan", post=True)
def _confirm_amendment(visit: Visit) -> Response:
    """Puts the compared version in place; the comparison as the office sends it back, where it was edited."""
    own, day = visit.files(), _effective_day(visit)

    def work(tell: Tell) -> None:
        office = visit.office()
        path = office.workspace.out / "dieu-chinh" / "so-sanh-ke-hoach.xlsx"
        for name, data in own:
            path = path.with_name(f"xac-nhan-{upload_name(name)}")
            write_atomic(path, data)
        made = confirm_amendment(office, path, None, day)
        for line in _changes(made):
            tell(Progress(line))
        tell(Progress(f"Kế hoạch đã điều chỉnh, hiệu lực từ {day_in_words(made.effective_from)}.", "good"))
        if made.periods:
            tell(Progress(f"Phát hành lại biểu mẫu các kỳ: {', '.join(map(title_of, made.periods))}.", "warn"))

    return visit.start("Điều chỉnh kế hoạch", visit.at("/ke-hoach"), work)


@page_at("/so/{slug}/ke-hoach/nam-truoc", post=True)
def _confirm_year(visit: Visit) -> Response:
    """Puts next year's plan in place as decided in the workbook that compares it with the old year."""
    own = visit.files()

    def work(tell: Tell) -> None:
        office, path = visit.office(), None
        for name, data in own:
            path = office.workspace.out / "nam-truoc" / f"xac-nhan-{upload_name(name)}"
            write_atomic(path, data)
        made = confirm_continued(office, path)
        tell(Progress(f"Đã xác nhận: {len(made.continued)} dòng nối tiếp năm trước.", "good"))
        for text in made.unfinished[:40]:
            tell(Progress(f"Việc năm trước chưa xong, kế hoạch mới không có: {text}", "warn"))

    return visit.start("Xác nhận nối tiếp năm trước", visit.at("/ke-hoach"), work)


def _effective_day(visit: Visit) -> dt.date | None:
    day = visit.moment("hieu_luc")
    return day.date() if day else None


def _changes(made: Amended) -> list[str]:
    rows = [row for row in made.comparison.rows if row.kinds and row.kinds != ("kept",)]
    lines = [f"{row.code or 'Dòng mới'}: {row.words.lower()}" for row in rows]
    return [f"{len(rows)} dòng thay đổi.", *lines[:40]]


@page_at("/so/{slug}/nam")
def _year(visit: Visit) -> Response:
    """Every period of the plan's year with its days and where it stands."""
    office = visit.office()
    return visit.page("year.html.j2", tab="year", days=year_days(office), plan=office.appendix().plan)


@page_at("/so/{slug}/nam/lich.{suffix}")
def _calendar_of_year(visit: Visit) -> Response:
    """The calendar as a workbook to print, or for phones and mail programs."""
    days = year_days(visit.office())
    files = calendar_files(days.lines, days.year, days.title)
    name = or_missing(next((name for name in files if name.endswith(f".{visit.path['suffix']}")), None))
    return attachment(name, files[name])


@page_at("/so/{slug}/qua-trinh/{code}")
def _past(visit: Visit) -> Response:
    """The history of a unit, a task or an indicator."""
    code = visit.path["code"]
    return visit.page("history.html.j2", tab="year", done=history(visit.office(), code), code=code)


@page_at("/so/{slug}/qua-trinh/{code}/tai")
def _past_book(visit: Visit) -> Response:
    """The same as a workbook."""
    code = visit.path["code"]
    return attachment(f"qua-trinh_{code}.xlsx", history(visit.office(), code).book())


@page_at("/so/{slug}/phat-hanh")
def _preview(visit: Visit) -> Response:
    """What would be issued: lint's findings, the units with their rows, the days of the period."""
    office = visit.office()
    findings, plan = office.lint(), show(office)
    wanted = visit.request.query_params.get("ky", "")
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
    return visit.page(
        "issue.html.j2", tab="issue", period=period, rows=rows, errors=errors, warnings=warnings, plan=plan
    )


@page_at("/so/{slug}/phat-hanh/lam", post=True)
def _issue(visit: Visit) -> Response:
    """Issues the forms as the preview said."""
    period, chosen = visit.words("ky"), tuple(visit.ticked_units())
    support = visit.words("phoi_hop") == "1"
    if not chosen:
        raise Nq57Error("Chưa chọn đơn vị nào để phát hành biểu mẫu.")

    def work(tell: Tell) -> str:
        done = generate(visit.office(), period, chosen, with_support=support)
        for item in done.forms:
            said = f"bản {item.form.version}" if item.is_new else "không thay đổi"
            more = f": {'; '.join(item.changes)}" if item.changes else ""
            tell(Progress(f"{item.form.unit_name}: {said}{more}.", "good"))
        for problem in write_drafts(visit.office(), done.period.code).problems:
            tell(Progress(problem, "warn"))
        return visit.at(f"/ky/{done.period.code}/gui")

    return visit.start(f"Phát hành biểu mẫu {title_of(period)}", visit.at("/phat-hanh"), work)


@page_at("/so/{slug}/ky/{period}/gui")
def _sending(visit: Visit) -> Response:
    """The issued forms with what to send: file, address, text to copy."""
    items = forms_to_send(visit.office(), visit.period)
    if not items:
        return see(f"/so/{visit.slug}/phat-hanh?ky={visit.period}")
    return visit.page("sending.html.j2", tab="issue", period=visit.period, items=items)


@page_at("/so/{slug}/ky/{period}/gui/{unit}")
def _mail(visit: Visit) -> Response:
    """A mail to one unit with its form attached."""
    unit, items = visit.path["unit"], forms_to_send(visit.office(), visit.period)
    item = next((item for item in items if item.form.unit == unit), None)
    if item is None:
        raise Nq57Error(f"Đơn vị «{unit}» chưa có biểu mẫu của kỳ này: hãy phát hành trước.")
    return attachment(f"NQ57_{visit.period}_{unit}.eml", item.draft(item.path.read_bytes()))
