"""amend: a new version of the plan, and what is printed of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from nq57xl.cli.options import NamedPath, as_json, console, office, print_json, talk
from nq57xl.plan.compare import KIND_WORDS, TITLES, line_of
from nq57xl.plan.model import Amendment, PlanRowChange
from nq57xl.rules.codec import json_fields

if TYPE_CHECKING:
    from nq57xl.commands.amend import Amended


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
    if row.index is not None:
        return line_of(getattr(done.new, row.table)[row.index])
    return line_of(next(item for item in getattr(done.old, row.table) if item.code == row.code))


def _print_amended(done: Amended) -> None:
    """The comparison as a table, and what to do next."""
    from rich.table import Table

    if done.already:
        click.echo(f"Bản điều chỉnh này đã được áp dụng từ trước, hiệu lực từ {done.effective_from:%d/%m/%Y}.")
        _print_counts(done)
        return
    if done.file is None:
        click.echo("Bản mới không khác phụ lục đang dùng; không ghi gì.")
        return
    for item in done.comparison.general:
        click.echo(f"{item.title}: {item.before or '(chưa có)'} → {item.after or '(không còn)'}")
    table = Table("Bảng", "Mã", "Khác biệt", "Giống nhau", "Nội dung", "Trước → sau")
    for row in done.comparison.changes:
        if row.kinds == ("kept",):
            continue
        likeness = f"{row.similarity:.0%}" if row.code is not None and row.index is not None else ""
        changed = "\n".join(
            f"{item.title}: {item.before or '(trống)'} → {item.after or '(trống)'}" for item in row.fields
        )
        kinds = ", ".join(KIND_WORDS[kind] for kind in row.kinds)
        table.add_row(TITLES[row.table], row.code or "mới", kinds, likeness, _words(done, row), changed)
    console().print(table)
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


def _print_counts(done: Amended) -> None:
    for table, title in TITLES.items():
        counts = [f"{done.comparison.count(kind, table)} {words}" for kind, words in KIND_WORDS.items()]
        told = [item for item in counts if not item.startswith("0 ")]
        if told:
            talk(f"{title}: {', '.join(told)}.")


def _history_json(found: Sequence[Amendment]) -> dict[str, Any]:
    """`amend --history --json`."""
    return {"amendments": [_amendment_json(number, item) for number, item in enumerate(found, 2)]}


def _amendment_json(number: int, item: Amendment) -> dict[str, Any]:
    known = {
        "version": number,
        "effective": item.effective_from.isoformat(),
        **json_fields(item, "document sha256 at who"),
    }
    return known | {"rows": [json_fields(row, "table code kinds") for row in item.rows]}


def _print_history(found: Sequence[Amendment]) -> None:
    """The versions of the plan with the day from which each holds."""
    from rich.table import Table

    if not found:
        click.echo("Kế hoạch chưa được điều chỉnh lần nào.")
        return
    table = Table("Phiên bản", "Hiệu lực từ", "Văn bản", "Ghi nhận lúc", "Người thực hiện", "Thay đổi")
    table.add_row("1", "", "", "", "", "bản đầu")
    for number, item in enumerate(found, 2):
        counts = {words: sum(kind in row.kinds for row in item.rows) for kind, words in KIND_WORDS.items()}
        told = ", ".join(f"{count} {words}" for words, count in counts.items() if count)
        day, at = f"{item.effective_from:%d/%m/%Y}", f"{item.at:%d/%m/%Y %H:%M}"
        table.add_row(str(number), day, item.document, at, item.who, told)
    console().print(table)


@click.command(
    short_help="Điều chỉnh kế hoạch: so sánh, xác nhận, áp dụng.",
    help="So sánh phụ lục mới (hoặc văn bản điều chỉnh) với phụ lục đang dùng và lập bảng so-sanh-ke-hoach.xlsx; với "
    "--yes hoặc --confirm thì áp dụng: mã đầu việc giữ nguyên, phụ lục cũ lưu ở backup/, sổ ghi phiên bản và ngày "
    "hiệu lực.",
)
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
@click.pass_context
def amend(  # noqa: PLR0917 - click passes them by name
    context: click.Context,
    document: Path | None,
    effective: datetime | None,
    yes: bool,
    comparison: Path | None,
    partial: bool,
    show_history: bool,
    json_: bool,
) -> None:
    """A new version of the plan."""
    from nq57xl.commands import amend as run

    here = office(context)
    if show_history:
        found = run.history(here)
        if json_:
            print_json(_history_json(found))
        else:
            _print_history(found)
        return
    day = effective.date() if effective else None
    if comparison is not None:
        done = run.confirm(here, comparison, document, day)
    elif document is None:
        raise click.UsageError("Cần văn bản mới, hoặc --confirm TỆP, hoặc --history.")
    elif yes and day is None:
        raise click.UsageError("--yes cần --effective NGÀY: ngày hiệu lực của bản điều chỉnh.")
    elif yes and day is not None:
        done = run.apply(here, document, day, partial=partial)
    else:
        done = run.propose(here, document, day, partial=partial)
    if json_:
        print_json(_amended_json(done))
    else:
        _print_amended(done)
