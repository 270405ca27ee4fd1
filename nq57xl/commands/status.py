"""status and log: who has reported, who did what. Nothing that writes a workbook is loaded for them."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from nq57xl.commands.office import Office
from nq57xl.commands.standing import OfficePeriod, PeriodOverview
from nq57xl.ledger.storage import Event
from nq57xl.plan.periods import parse_period, title_of
from nq57xl.results.wording import VERDICTS
from nq57xl.text.clock import moment_words


def status(office: Office, period_code: str | None) -> PeriodOverview:
    """Who has reported in the period. Raises Nq57Error when no form of it was issued."""
    with office.reading() as ledger:
        here = OfficePeriod.of(office, ledger, period_code)
        here.require_issued(or_months=True)
        if here.reported_months:
            from nq57xl.commands.consolidated import consolidated

            return PeriodOverview(here.plan, here.period, consolidated(here).status)
        closing = here.closing
        units = closing.own.status.units if closing is not None else ()
        gone = tuple(unit.name for unit in units if unit.counting is None)
        return PeriodOverview(here.plan, here.period, here.status(), gone)


def events(office: Office, period: str | None = None, last: int | None = None) -> tuple[Event, ...]:
    """The event log, oldest first: everything, or what concerns a period; `last`: only so many of the newest."""
    with office.reading() as ledger:
        code = parse_period(period, office.appendix().plan.properties).code if period else None
        found = tuple(item for item in ledger.events() if code in (None, item.detail.get("period")))
    return found[-last:] if last else found


_WORDS = {
    "generate": "Phát hành biểu mẫu",
    "collect": "Nhận báo cáo",
    "mail": "Nhận thư",
    "merge": "Lập báo cáo tổng hợp",
    "reread": "Mở lại tệp có mật khẩu",
    "exclude": "Để ra ngoài tổng hợp",
    "readmit": "Đưa trở lại tổng hợp",
    "received": "Đính chính thời điểm nhận",
    "take": "Nhận thay đơn vị",
    "recheck": "Chấm lại",
    "remind": "Nhắc đơn vị",
    "attach": "Lưu bản ký",
    "waive": "Miễn giải trình",
    "unwaive": "Thôi miễn giải trình",
    "close": "Chốt số liệu",
    "reopen": "Mở lại kỳ đã chốt",
    "edit": "Ghi nhận biên tập",
    "amend": "Điều chỉnh kế hoạch",
    "init": "Xác nhận việc nối tiếp năm trước",
    "upward": "Điền biểu của cấp trên",
    "upward_match": "Xác nhận đối chiếu với kế hoạch cấp trên",
    "export": "Xuất dữ liệu",
    "upgrade": "Nâng cấp sổ dữ liệu",
    "remark": "Nhận xét",
    "erase": "Xóa liên hệ của người lập báo cáo",
    "ledger": "Chuyển nơi đặt sổ dữ liệu",
}


def event_in_words(event: Event) -> str:
    """What was done and what it was about, on one line."""
    return f"{_WORDS.get(event.what, event.what)}{_about(event.detail)}"


def _about(detail: dict[str, Any]) -> str:
    """The period, unit, file and reason of an event, where it has them."""
    words = [title_of(str(detail["period"]))] if detail.get("period") else []
    words += [str(detail["unit"])] if detail.get("unit") else []
    # a file's own name, whichever system wrote the path
    words += ["«{}»".format(re.split(r"[/\\\\]", str(detail["file"]))[-1])] if detail.get("file") else []
    words += [", ".join(map(str, detail["units"]))] if isinstance(detail.get("units"), list) else []
    if detail.get("at"):
        words.append(f"nhận lúc {moment_words(dt.datetime.fromisoformat(str(detail['at'])))}")
    if detail.get("reason"):
        words.append(f"lý do: {detail['reason']}")
    if detail.get("files") and not detail.get("file"):
        words.append(", ".join(map(str, detail["files"])))
    if detail.get("cells"):
        words.append(f"{len(detail['cells'])} ô của {', '.join(dict.fromkeys(one['unit'] for one in detail['cells']))}")
    if detail.get("text"):
        words.append(str(detail["text"]))
    if isinstance(detail.get("verdicts"), dict):
        words += [f"{number} {VERDICTS.get(verdict, verdict)}" for verdict, number in detail["verdicts"].items()]
    return f" ({'; '.join(words)})" if words else ""
