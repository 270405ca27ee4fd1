"""amend, edits, close: a new version of the plan, the office's own hand, the end of a period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from nq57xl.cli.options import NamedPath, answer, as_json, command, office, period_option, print_table, talk
from nq57xl.rules.codec import json_fields

if TYPE_CHECKING:
    from nq57xl.commands.amend import Amended
    from nq57xl.commands.edits import PeriodEdits
    from nq57xl.ledger.model import Edit
    from nq57xl.plan.model import Amendment, PlanRowChange


def _amended_json(done: Amended) -> dict[str, Any]:
    """`amend --json`: every row of which something is to be said, and what is written where."""
    return {
        "effective": done.effective_from.isoformat(),
        "applied": done.applied,
        "already": done.already,
        "file": None if done.file is None else str(done.file),
        "general": [attrs.asdict(item) for item in done.comparison.general],
        "tasks": [_row_json(done, row) for row in done.comparison.changes if row.table == "tasks"],
        "indicators": [_row_json(done, row) for row in done.comparison.changes if row.table == "indicators"],
        "unchanged": sum(not row.kinds for row in done.comparison.rows),
        "periods": list(done.periods),
        "review": [attrs.asdict(item) for item in done.review],
    }


def _row_json(done: Amended, row: PlanRowChange) -> dict[str, Any]:
    how = {"similarity": round(row.similarity, 3), "text": _words(done, row)}
    return json_fields(row, "code kinds") | how | {"changes": [attrs.asdict(item) for item in row.fields]}


def _words(done: Amended, row: PlanRowChange) -> str:
    """The row in its new wording; in the old one where the new plan does not have it."""
    found = done.comparison.after(row) or done.comparison.before(row)
    return found.line() if found is not None else ""


def _print_amended(done: Amended) -> None:
    """The comparison as a table, and what to do next."""
    if done.already:
        click.echo(f"Bản điều chỉnh này đã được áp dụng từ trước, hiệu lực từ {done.effective_from:%d/%m/%Y}.")
        _print_counts(done)
        return
    if done.file is None:
        click.echo("Bản mới không khác phụ lục đang dùng; không ghi gì.")
        return
    for item in done.comparison.general:
        click.echo(f"{item.title}: {item.before or '(chưa có)'} → {item.after or '(không còn)'}")
    headings = ("Bảng", "Mã", "Khác biệt", "Giống nhau", "Nội dung", "Trước → sau")
    print_table(headings, (_change_cells(done, row) for row in done.comparison.changes if row.kinds != ("kept",)))
    _print_counts(done)
    if done.review:
        talk(f"Văn bản còn {len(done.review)} ô cần rà soát (trang «Cần rà soát» của phụ lục mới).")
    if not done.applied:
        talk(f"Chưa thay đổi gì. Bảng so sánh, hiệu lực từ {done.effective_from:%d/%m/%Y}: {done.file}")
        talk(f'Xem, sửa cột Quyết định nếu cần, rồi chạy: nq57xl amend --confirm "{done.file}"')
        return
    talk(f"Đã áp dụng từ {done.effective_from:%d/%m/%Y}; phụ lục cũ lưu ở {done.file}")
    if done.periods:
        talk(f"Các kỳ đã phát hành cần phát hành lại biểu mẫu: {', '.join(done.periods)}.")


def _change_cells(done: Amended, row: PlanRowChange) -> tuple[str, ...]:
    from nq57xl.plan.appendix import SHEETS

    likeness = f"{row.similarity:.0%}" if row.code is not None and row.index is not None else ""
    changed = "\n".join(f"{item.title}: {item.before or '(trống)'} → {item.after or '(trống)'}" for item in row.fields)
    return SHEETS[row.table].title, row.code or "mới", row.words, likeness, _words(done, row), changed


def _print_counts(done: Amended) -> None:
    from nq57xl.plan.appendix import INDICATORS, TASKS

    for title, told in (
        (TASKS.title, done.comparison.counts_in_words("tasks")),
        (INDICATORS.title, done.comparison.counts_in_words("indicators")),
    ):
        if told:
            talk(f"{title}: {told}.")


def _history_json(found: Sequence[Amendment]) -> dict[str, Any]:
    """`amend --history --json`."""
    amendments = [
        {"version": number, "effective": item.effective_from.isoformat(), **json_fields(item, "document sha256 at who")}
        | {"rows": [json_fields(row, "table code kinds") for row in item.rows]}
        for number, item in enumerate(found, 2)
    ]
    return {"amendments": amendments}


def _print_history(found: Sequence[Amendment]) -> None:
    """The versions of the plan with the day from which each holds."""
    if not found:
        click.echo("Kế hoạch chưa được điều chỉnh lần nào.")
        return
    rows = [("1", "", "", "", "", "bản đầu")]
    for number, item in enumerate(found, 2):
        day, at = f"{item.effective_from:%d/%m/%Y}", f"{item.at:%d/%m/%Y %H:%M}"
        rows.append((str(number), day, item.document, at, item.who, item.counts_in_words))
    print_table(("Phiên bản", "Hiệu lực từ", "Văn bản", "Ghi nhận lúc", "Người thực hiện", "Thay đổi"), rows)


@command("Điều chỉnh kế hoạch: so sánh, xác nhận, áp dụng.")
@click.argument("document", metavar="[VĂN_BẢN]", required=False, type=NamedPath(dir_okay=False))
@click.option(
    "--effective",
    type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]),
    metavar="NGÀY",
    help="Ngày hiệu lực của bản điều chỉnh, ví dụ 2026-07-01 (mặc định khi so sánh: ngày của văn bản, hoặc hôm nay).",
)
@click.option("--yes", is_flag=True, help="Áp dụng ngay, không qua bảng so sánh.")
@click.option(
    "--confirm",
    "comparison",
    type=NamedPath(dir_okay=False),
    metavar="TỆP",
    help="Áp dụng theo bảng so sánh đã xem (và sửa cột Quyết định nếu cần).",
)
@click.option(
    "--partial", is_flag=True, help="Văn bản chỉ sửa một phần: đầu việc không có trong văn bản thì giữ nguyên."
)
@click.option("--history", "show_history", is_flag=True, help="In các lần điều chỉnh đã áp dụng.")
@as_json
def _amend(  # noqa: PLR0917 - click passes them by name
    context: click.Context,
    document: Path | None,
    effective: datetime | None,
    yes: bool,
    comparison: Path | None,
    partial: bool,
    show_history: bool,
    json_: bool,
) -> None:
    """So sánh phụ lục mới (hoặc văn bản điều chỉnh) với phụ lục đang dùng và lập bảng so-sanh-ke-hoach.xlsx; với --yes
    hoặc --confirm thì áp dụng: mã đầu việc giữ nguyên, phụ lục cũ lưu ở backup/, sổ ghi phiên bản và ngày hiệu lực."""
    from nq57xl.commands import amend as run

    here = office(context)
    if show_history:
        found = run.applied_amendments(here)
        answer(found, json_, _history_json, _print_history)
        return
    day = effective.date() if effective else None
    if comparison is not None:
        done = run.confirm_amendment(here, comparison, document, day)
    elif document is None:
        raise click.UsageError("Cần văn bản mới, hoặc --confirm TỆP, hoặc --history.")
    elif yes and day is None:
        raise click.UsageError("--yes cần --effective NGÀY: ngày hiệu lực của bản điều chỉnh.")
    else:
        done = run.propose_amendment(here, document, day, partial=partial, apply=yes)
    answer(done, json_, _amended_json, _print_amended)


def _edits_json(listed: PeriodEdits) -> dict[str, Any]:
    """Every edit of the period, withdrawals too, oldest first, with what became of it."""
    states = _states_of(listed)
    return {"period": listed.period.code, "edits": [_edit_json(item, states[item.id]) for item in listed.history]}


def _states_of(listed: PeriodEdits) -> dict[int, str]:
    """Id of each edit -> its state; one that another has taken the place of is `replaced`."""
    now: dict[int, str] = {item.edit.id: item.state for item in listed.edits}
    newest = {item.new.place: item.id for item in listed.history}
    return {
        item.id: now.get(item.id) or ("withdrawn" if item.id == newest[item.new.place] else "replaced")
        for item in listed.history
    }


def _edit_json(edit: Edit, state: str) -> dict[str, Any]:
    new = edit.new
    what = {"id": edit.id, "unit": new.unit, "table": new.table, "task": new.key, "field": new.field, "kind": new.kind}
    how = {"before": new.before, "after": new.typed, **json_fields(new, "author reason"), **json_fields(edit, "at")}
    where = {"file": edit.source.path, "sha256": edit.source.sha256, "sheet": new.sheet, "cell": new.cell}
    return what | how | {"state": state} | where


def _print_edits(listed: PeriodEdits) -> None:
    """The same as a table."""
    from nq57xl.results.wording import EDIT_STATES

    if not listed.history:
        talk(f"Chưa có biên tập nào của {listed.period.title}.")
        return
    states = _states_of(listed)
    rows = []
    for item in listed.history:
        new = item.new
        cells = (str(item.id), new.unit, *listed.place(new), new.before, new.typed, new.author, new.reason)
        rows.append((*cells, f"{item.at:%H:%M %d/%m/%Y}", EDIT_STATES[states[item.id]]))
    headings = ("TT", "Đơn vị", "Dòng", "Nội dung", "Trước", "Sau", "Người sửa", "Lý do", "Lúc", "Tình trạng")
    print_table(headings, rows)


@command("Các biên tập của văn phòng trong kỳ.")
@period_option()
@as_json
def _edits(context: click.Context, period: str | None, json_: bool) -> None:
    """Liệt kê biên tập đã ghi nhận từ bien-tap.xlsx: ô nào, trước, sau, ai sửa, vì sao, lúc nào."""
    from nq57xl.commands.edits import edits as run

    listed = run(office(context), period)
    answer(listed, json_, _edits_json, _print_edits)


@command("Chốt số liệu của kỳ.")
@period_option()
@click.option("--reason", default="", metavar="LÝ_DO", help="Lý do, ghi vào sổ; bắt buộc khi mở lại.")
@click.option("--reopen", is_flag=True, help="Mở lại kỳ đã chốt.")
@click.option("--erase-contacts", "erase", is_flag=True, help="Xóa điện thoại, thư điện tử của người lập ở kỳ đã chốt.")
def _close(context: click.Context, period: str | None, reason: str, reopen: bool, erase: bool) -> None:
    """Lập báo cáo rồi chốt số liệu của kỳ: từ đó báo cáo giữ nguyên; báo cáo nộp sau, biên tập sau chỉ vào trang «Bổ
    sung sau chốt»."""
    from nq57xl.cli import printing
    from nq57xl.commands import close as command
    from nq57xl.commands.decide import erase_contacts

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
