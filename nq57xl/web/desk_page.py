"""The period at hand, unit by unit; a return with what the office decides on it; whoever still owes something."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, cast

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from nq57xl.commands.collect import attach, collect, named_scan
from nq57xl.commands.decide import Rechecked, decide, end_waiver, explanations, recheck, waive
from nq57xl.commands.desk import desk, look_at_return, look_at_unit
from nq57xl.commands.remarks import remark
from nq57xl.commands.remind import drafted_reminders, note_reminded
from nq57xl.commands.status import event_in_words
from nq57xl.errors import Nq57Error
from nq57xl.ledger.decisions import DecisionKind
from nq57xl.ledger.outputs import names_beside
from nq57xl.ledger.workspace import Workspace
from nq57xl.outputs.reminders import NOTICE_FILE, OWES
from nq57xl.plan.periods import parse_period
from nq57xl.results.standing import FATES
from nq57xl.results.wording import BASES, VERDICTS, days_left
from nq57xl.rules.findings import grouped, to_answer
from nq57xl.text.files import write_atomic
from nq57xl.web.site import Progress, Tell, Visit, attachment, collected_line, or_missing, page_at, see, upload_name

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

    def work(tell: Tell) -> None:
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

    return visit.start(title, visit.at(""), work)


_LEVELS = {
    "error": "Phải sửa",
    "warning": "Nên xem lại",
    "repaired": "Đã tự chuẩn hóa",
    "note": "Ghi nhận",
}
_OUTCOMES = {
    "unchanged": "không đổi",
    "counts": "đã ghi nhận kết quả mới",
    "proposed": "chờ xác nhận",
    "missing": "không còn trong kho lưu",
}


@page_at("/so/{slug}/tep/{sha256}")
def _return(visit: Visit) -> Response:
    """Everything about one return: verdict, findings, what goes back, the letter, the office's decisions."""
    view = or_missing(look_at_return(visit.office(), visit.path["sha256"]))
    judged = view.filed.record.judged
    levels = [
        (level, title, grouped([item for item in judged.findings if item.severity == level]))
        for level, title in _LEVELS.items()
    ]
    return visit.page(
        "return.html.j2",
        view=view,
        source=judged.source,
        verdict=VERDICTS[judged.verdict],
        fate=FATES[view.filed.fate],
        told=event_in_words,
        basis=BASES[judged.source.received_basis],
        levels=[item for item in levels if item[2]],
        tab="desk",
    )


@page_at("/so/{slug}/tep/{sha256}/quyet-dinh", post=True)
def _decide(visit: Visit) -> Response:
    """A decision with its reason: leave out, take back in, accept all the same, put the time right, note a remark."""
    office, sha256, kind, reason = visit.office(), visit.path["sha256"], visit.words("viec"), visit.words("ly_do")
    at = visit.moment("luc") if kind == "received" else None
    period = or_missing(look_at_return(office, sha256)).period.code
    if kind == "recheck":
        return _judge_again(visit, period, sha256, reason)
    if kind == "remark":
        cell = (visit.words("dong"), visit.words("o"))
        remark(office, sha256, period, reason, cell if cell[1] else None)
    elif kind == "received" and at is None:
        raise Nq57Error("Chưa ghi thời điểm nhận.")
    elif kind in ("exclude", "readmit", "take", "received"):
        decide(office, cast("DecisionKind", kind), sha256, period, reason, at=at)
    else:
        raise HTTPException(400)
    return see(visit.at(f"/tep/{sha256}"))


@page_at("/so/{slug}/ky/{period}/don-vi/{unit}")
def _unit(visit: Visit) -> Response:
    """Everything that a unit handed in for a period."""
    code = visit.path["unit"]
    view = or_missing(look_at_unit(visit.office(), code, visit.period))
    return visit.page(
        "unit.html.j2", tab="desk", unit=code, view=view, period=visit.period, verdicts=VERDICTS, fates=FATES
    )


@page_at("/so/{slug}/ky/{period}/don-vi/{unit}/ban-ky", post=True)
def _sign(visit: Visit) -> Response:
    """Files a signed copy with the unit's report."""
    unit, (name, data) = visit.path["unit"], visit.file()
    attach(visit.office(), unit, Path(upload_name(name)), visit.period, data)
    return see(visit.at(f"/don-vi/{unit}"))


def _judge_again(visit: Visit, period: str, sha256: str, reason: str, *, confirm: bool = False) -> Response:
    """Judges one return again, or with sha256 "" all of the period; the result stands on the period's page of it."""
    if not reason:
        raise Nq57Error("Chưa nêu lý do chấm lại.")

    def work(tell: Tell) -> None:
        done = recheck(visit.office(), sha256 or None, period, reason, confirm=confirm)
        for item in done.returns:
            tell(Progress(f"«{item.record.judged.source.name}»: {_OUTCOMES[item.outcome]}."))
        for problem in done.problems:
            tell(Progress(f"Đã ghi sổ, nhưng có tệp chưa lập lại được. {problem}", "warn"))
        told = visit.site.rechecks.setdefault((visit.slug, period), {})
        told |= {item.record.judged.source.sha256: (item, reason) for item in done.returns}

    page, title = f"/so/{visit.slug}/ky/{period}/cham-lai", "Chấm lại báo cáo đã lưu"
    return visit.start("Xác nhận kết quả chấm lại" if confirm else title, page, work)


@page_at("/so/{slug}/ky/{period}/cham-lai")
def _proposals(visit: Visit) -> Response:
    """What judging again said in this run of the program, with a button for each proposal."""
    found = visit.site.rechecks.get((visit.slug, visit.period), {}).values()
    rows = [(item, reason, _new_points(item)) for item, reason in found]
    rows.sort(key=lambda row: row[0].outcome != "proposed")
    return visit.page(
        "recheck.html.j2", tab="desk", period=visit.period, rows=rows, verdicts=VERDICTS, outcomes=_OUTCOMES
    )


def _new_points(item: Rechecked) -> list[str]:
    """What the archived file is told now that it was not told before."""
    if item.now is None:
        return []
    before = {(one.code, one.sheet, one.cell) for one in item.record.judged.findings}
    new = [one for one in item.now.findings if (one.code, one.sheet, one.cell) not in before]
    return [f"{point.cell}: {point.text}" if point.cell else point.text for point in to_answer(new)]


@page_at("/so/{slug}/ky/{period}/cham-lai/lam", post=True)
def _recheck(visit: Visit) -> Response:
    """All returns of the period again, or the word of the office on one proposal."""
    reason, sha256 = visit.words("ly_do"), visit.words("tep")
    if sha256 and sha256 not in visit.site.rechecks.get((visit.slug, visit.period), {}):
        raise HTTPException(404)
    return _judge_again(visit, visit.period, sha256, reason, confirm=bool(sha256))


@page_at("/so/{slug}/ky/{period}/nhac")
def _reminders(visit: Visit) -> Response:
    """The reminders of today."""
    now = drafted_reminders(visit.office(), visit.period)
    return visit.page("remind.html.j2", tab="desk", now=now, owes=OWES)


@page_at("/so/{slug}/ky/{period}/nhac/{unit}")
def _reminder_mail(visit: Visit) -> Response:
    """The mail to one unit, with the form that it speaks of."""
    unit, now = visit.path["unit"], drafted_reminders(visit.office(), visit.period)
    mail = next((now.mail_to(item) for item in now.units if item.unit.code == unit), None)
    return attachment(f"nhac-NQ57_{now.period.code}_{unit}.eml", or_missing(mail))


@page_at("/so/{slug}/ky/{period}/nhac-chung")
def _notice(visit: Visit) -> Response:
    """One notice for all after the due day."""
    return attachment(NOTICE_FILE, or_missing(drafted_reminders(visit.office(), visit.period).notice_for_all()))


@page_at("/so/{slug}/ky/{period}/nhac/da-gui", post=True)
def _reminded(visit: Visit) -> Response:
    """Notes which units were reminded by hand."""
    units = visit.ticked_units()
    if not units:
        raise Nq57Error("Chưa chọn đơn vị nào đã được nhắc.")
    note_reminded(visit.office(), visit.period, units)
    return see(visit.at("/nhac"))


@page_at("/so/{slug}/ky/{period}/giai-trinh")
def _explanations(visit: Visit) -> Response:
    """Warnings that wait for an explanation, those explained, and what is waived."""
    office = visit.office()
    found = explanations(office, visit.period)
    titles = {code: entry.title for code, entry in office.catalogue().items()}
    return visit.page("explanations.html.j2", tab="desk", found=found, titles=titles)


@page_at("/so/{slug}/ky/{period}/giai-trinh/mien", post=True)
def _waive(visit: Visit) -> Response:
    """Waives a warning until a period, with the reason; or ends a waiver."""
    unit, code, task, field, until, reason, number = (
        visit.words(name, 500) for name in ("don_vi", "ma", "dong", "o", "den", "ly_do", "so")
    )
    if not number:
        waive(visit.office(), unit, code, until, reason, task=task, field=field)
    elif number.isascii() and number.isdigit():
        end_waiver(visit.office(), int(number[:9]), reason)
    else:
        raise HTTPException(400)
    return see(visit.at("/giai-trinh"))
