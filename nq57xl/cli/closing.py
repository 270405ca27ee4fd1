"""edits and close: the office's own hand, and the end of a period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nq57xl.cli.options import as_json, office, period_option, print_json, talk
from nq57xl.rules.codec import json_fields

if TYPE_CHECKING:
    from nq57xl.commands.edits import PeriodEdits
    from nq57xl.ledger.model import Edit


def _edits_json(listed: PeriodEdits) -> dict[str, Any]:
    """Every edit of the period, withdrawals too, oldest first, with what became of it."""
    states = _states_of(listed)
    return {"period": listed.period.code, "edits": [_edit_json(item, states[item.id]) for item in listed.history]}


def _states_of(listed: PeriodEdits) -> dict[int, str]:
    """Id of each edit -> its state; one that another has taken the place of is `replaced`."""
    now: dict[int, str] = {item.edit.id: item.state for item in listed.edits}
    newest = {item.new.place: item.id for item in listed.history}
    return {item.id: now.get(item.id) or _past(item, newest[item.new.place]) for item in listed.history}


def _past(edit: Edit, newest: int) -> str:
    return "withdrawn" if edit.id == newest else "replaced"


def _edit_json(edit: Edit, state: str) -> dict[str, Any]:
    new = edit.new
    what = {"id": edit.id, "unit": new.unit, "table": new.table, "task": new.key, "field": new.field, "kind": new.kind}
    how = {"before": new.before, "after": new.typed, **json_fields(new, "author reason"), **json_fields(edit, "at")}
    where = {"file": edit.source.path, "sha256": edit.source.sha256, "sheet": new.sheet, "cell": new.cell}
    return what | how | {"state": state} | where


def _print_edits(listed: PeriodEdits) -> None:
    """The same as a table."""
    from rich.table import Table

    from nq57xl.cli.options import console
    from nq57xl.results.wording import EDIT_STATES

    if not listed.history:
        talk(f"Chưa có biên tập nào của {listed.period.title}.")
        return
    states = _states_of(listed)
    table = Table("TT", "Đơn vị", "Dòng", "Ô", "Trước", "Sau", "Người sửa", "Lý do", "Lúc", "Tình trạng")
    for item in listed.history:
        new = item.new
        cells = (str(item.id), new.unit, new.key, new.field, new.before, new.typed, new.author, new.reason)
        table.add_row(*cells, f"{item.at:%H:%M %d/%m/%Y}", EDIT_STATES[states[item.id]])
    console().print(table)


@click.command(
    short_help="Các biên tập của văn phòng trong kỳ.",
    help="Liệt kê biên tập đã ghi nhận từ bien-tap.xlsx: ô nào, trước, sau, ai sửa, vì sao, lúc nào.",
)
@period_option()
@as_json
@click.pass_context
def edits(context: click.Context, period: str | None, json_: bool) -> None:
    """The edits of a period."""
    from nq57xl.commands.edits import edits as run

    listed = run(office(context), period)
    if json_:
        print_json(_edits_json(listed))
    else:
        _print_edits(listed)


@click.command(
    short_help="Chốt số liệu của kỳ.",
    help="Lập báo cáo rồi chốt số liệu của kỳ: từ đó báo cáo giữ nguyên; báo cáo nộp sau, biên tập sau chỉ vào trang "
    "«Bổ sung sau chốt».",
)
@period_option()
@click.option("--reason", default="", metavar="LÝ_DO", help="Lý do, ghi vào sổ; bắt buộc khi mở lại.")
@click.option("--reopen", is_flag=True, help="Mở lại kỳ đã chốt.")
@click.option("--erase-contacts", "erase", is_flag=True, help="Xóa điện thoại, thư điện tử của người lập ở kỳ đã chốt.")
@click.pass_context
def close(context: click.Context, period: str | None, reason: str, reopen: bool, erase: bool) -> None:
    """Freezes a period, or opens it again; or erases the contacts of one that is closed."""
    from nq57xl.cli import printing
    from nq57xl.commands import close as command
    from nq57xl.commands.erase_contacts import erase_contacts

    if erase:
        count = erase_contacts(office(context), period, reason)
        talk(f"Đã xóa {count} ô liên hệ. Tệp gốc các đơn vị gửi vẫn nguyên trong archive/.")
        return
    if reopen:
        opened = command.reopen(office(context), period, reason)
        talk(f"Đã mở lại {opened.title}. Báo cáo lập sau đây dùng số liệu mới nhất.")
        return
    done = command.close(office(context), period, reason)
    printing.print_merged(done.merged)
    talk(f"Đã chốt {done.period.title}: {len(done.closing.outputs)} tệp được ghi mã băm và lưu trong archive/.")
    if done.missing:
        talk("Đã chốt khi chưa đủ báo cáo; trang đầu báo cáo nêu rõ đơn vị còn thiếu.")


CLOSE_COMMANDS = (edits, close)
