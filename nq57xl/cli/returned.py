"""What people read, and the JSON, of decisions on returns and of the event log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nq57xl.cli.options import print_json, talk
from nq57xl.cli.printing import STATES, print_taken, taken_json

if TYPE_CHECKING:
    from nq57xl.commands.check_file import Checked
    from nq57xl.commands.decide import Decided
    from nq57xl.ledger.decisions import DecisionKind
    from nq57xl.ledger.store import Event

_DONE: dict[DecisionKind, str] = {
    "exclude": "Đã để ra ngoài bản tổng hợp",
    "readmit": "Đã đưa trở lại bản tổng hợp",
    "received": "Đã đính chính thời điểm nhận",
}
_HELD: dict[DecisionKind, str] = {
    "exclude": "Không thay đổi gì, báo cáo đã ở ngoài bản tổng hợp từ trước",
    "readmit": "Không thay đổi gì, báo cáo không bị để ra ngoài",
    "received": "Không thay đổi gì, thời điểm nhận đã đúng như vậy",
}
_EVENTS = {
    "generate": "Phát hành biểu mẫu",
    "collect": "Nhận báo cáo",
    "mail": "Nhận thư",
    "merge": "Lập báo cáo tổng hợp",
    "reread": "Mở lại tệp có mật khẩu",
    "exclude": "Để ra ngoài tổng hợp",
    "readmit": "Đưa trở lại tổng hợp",
    "received": "Đính chính thời điểm nhận",
    "close": "Khóa sổ kỳ",
    "reopen": "Mở lại kỳ đã khóa",
    "edit": "Ghi nhận biên tập",
    "amend": "Điều chỉnh kế hoạch",
}
_MOMENT = "%d/%m/%Y %H:%M"


def tell_decided(done: Decided, *, as_json: bool) -> None:
    """The decision and where the unit stands now."""
    for problem in done.problems:
        talk(f"Đã ghi sổ, nhưng có tệp chưa lập lại được. {problem}")
    if as_json:
        print_json(decided_json(done))
        return
    source = done.record.judged.source
    click.echo(f"{_DONE[done.kind] if done.changed else _HELD[done.kind]}: {source.path} (kỳ {done.record.period})")
    click.echo(f"   Thời điểm nhận: {source.received_at:{_MOMENT}}; mã băm {source.sha256[:10]}.")
    unit = done.unit
    if unit is not None:
        counts = f", theo {unit.file}" if unit.counting is not None else ""
        click.echo(f"   {unit.name}: {STATES[unit.state]}{counts}.")


def decided_json(done: Decided) -> dict[str, Any]:
    """One decision: which return, whether anything changed, and where its unit stands now."""
    record, unit = done.record, done.unit
    source = record.judged.source
    return {
        "decision": done.kind,
        "changed": done.changed,
        "period": record.period,
        "file": source.path,
        "sha256": source.sha256,
        "unit": record.judged.unit,
        "received_at": source.received_at.isoformat(),
        "received_basis": source.received_basis,
        "excluded": record.excluded or None,
        "state": unit.state if unit else None,
        "counting": unit.counting.judged.source.sha256 if unit and unit.counting else None,
    }


def event_json(event: Event) -> dict[str, Any]:
    """One line of the event log."""
    return {"id": event.id, "at": event.at.isoformat(), "who": event.who, "what": event.what, "detail": event.detail}


def tell_events(events: tuple[Event, ...]) -> None:
    """One line for each event, then what it is about."""
    if not events:
        click.echo("Chưa có việc nào được ghi.")
    for event in events:
        who = event.who or "không rõ người dùng"
        click.echo(f"{event.at:{_MOMENT}} – {who}: {_EVENTS.get(event.what, event.what)}{_about(event.detail)}")


def _about(detail: dict[str, Any]) -> str:
    """The period, unit, file and reason of an event, where it has them."""
    words = [f"kỳ {detail['period']}"] if detail.get("period") else []
    words += [str(detail[name]) for name in ("unit", "file") if detail.get(name)]
    if detail.get("at"):
        words.append(f"nhận lúc {detail['at']}")
    if detail.get("reason"):
        words.append(f"lý do: {detail['reason']}")
    if isinstance(detail.get("verdicts"), dict):
        words += [f"{number} {verdict}" for verdict, number in detail["verdicts"].items()]
    return f" ({'; '.join(words)})" if words else ""


def checked_json(done: Checked) -> dict[str, Any]:
    """`check --json`: as `collect --json`, and whether the ledger has the file already."""
    recorded = [item.source.sha256 in done.recorded for item in done.returns]
    returns = [taken_json(item) | {"recorded": known} for item, known in zip(done.returns, recorded, strict=True)]
    return {"period": done.period.code, "returns": returns}


def tell_checked(done: Checked) -> None:
    """The verdicts; that nothing was recorded goes to stderr."""
    for item in done.returns:
        print_taken(item)
        if item.source.sha256 in done.recorded:
            click.echo("   Tệp này đã được ghi nhận từ trước.")
    if done.marked is not None:
        talk(f"Biểu đã đánh dấu: {done.marked}")
    talk(f"Chỉ kiểm tra thử cho {done.period.title}; chưa ghi nhận gì.")
