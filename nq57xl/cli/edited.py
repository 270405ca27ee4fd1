"""The office's edits and closed periods, as people and scripts read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nq57xl.cli.options import talk

if TYPE_CHECKING:
    from nq57xl.commands.edits import Listed
    from nq57xl.commands.merge import Merged
    from nq57xl.records.edits import Edit

STATES = {
    "applied": "đang áp dụng",
    "outdated": "đơn vị đã gửi lại, không còn áp dụng",
    "unreported": "đơn vị không có báo cáo được chấp nhận",
    "replaced": "đã có biên tập mới hơn",
    "withdrawn": "đã bỏ",
}


def print_taken(done: Merged) -> None:
    """What `merge` found in bien-tap.xlsx, and edits that no longer apply."""
    if done.edits.recorded:
        talk(f"Đã ghi nhận {done.edits.recorded} biên tập mới từ bien-tap.xlsx.")
    for path, item in done.edits.findings:
        place = f", trang «{item.sheet}», ô {item.cell}" if item.cell else ""
        talk(f"{path.name}{place}: {item.message} {item.fix}".rstrip())
    for edit in done.consolidation.edits:
        if edit.state != "applied":
            new = edit.edit.new
            talk(f"Biên tập {edit.name}, {new.key}: {STATES[edit.state]}. Xem bien-tap.xlsx.")
    if done.problem:
        talk(f"Đã ghi sổ những gì anh, chị đã lưu, nhưng chưa lập lại được tệp biên tập. {done.problem}")
    if done.edit_book is not None and done.edit_book.name != "bien-tap.xlsx":
        talk(f"bien-tap.xlsx còn nội dung chưa ghi nhận nên giữ nguyên; bản mới ghi ở «{done.edit_book.name}».")


def edits_json(listed: Listed) -> dict[str, Any]:
    """Every edit of the period, withdrawals too, oldest first, with what became of it."""
    states = states_of(listed)
    return {"period": listed.period.code, "edits": [_edit_json(item, states[item.id]) for item in listed.history]}


def states_of(listed: Listed) -> dict[int, str]:
    """Id of each edit -> its state; one that another has taken the place of is `replaced`."""
    now: dict[int, str] = {item.edit.id: item.state for item in listed.edits}
    newest = {item.new.place: item.id for item in listed.history}
    return {item.id: now.get(item.id) or _past(item, newest[item.new.place]) for item in listed.history}


def _past(edit: Edit, newest: int) -> str:
    return "withdrawn" if edit.id == newest else "replaced"


def _edit_json(edit: Edit, state: str) -> dict[str, Any]:
    new = edit.new
    return {
        "id": edit.id,
        "unit": new.unit,
        "table": new.table,
        "task": new.key,
        "field": new.field,
        "kind": new.kind,
        "before": new.before,
        "after": new.typed,
        "author": new.author,
        "reason": new.reason,
        "at": edit.at.isoformat(timespec="seconds"),
        "state": state,
        "file": edit.source.path,
        "sha256": edit.source.sha256,
        "sheet": new.sheet,
        "cell": new.cell,
    }


def print_edits(listed: Listed) -> None:
    """The same as a table."""
    from rich.table import Table

    from nq57xl.cli.printing import console

    if not listed.history:
        talk(f"Chưa có biên tập nào của {listed.period.title}.")
        return
    states = states_of(listed)
    table = Table("TT", "Đơn vị", "Dòng", "Ô", "Trước", "Sau", "Người sửa", "Lý do", "Lúc", "Tình trạng")
    for item in listed.history:
        new = item.new
        cells = (str(item.id), new.unit, new.key, new.field, new.before, new.typed, new.author, new.reason)
        table.add_row(*cells, f"{item.at:%H:%M %d/%m/%Y}", STATES[states[item.id]])
    console().print(table)
