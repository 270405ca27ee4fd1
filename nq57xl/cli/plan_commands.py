"""amend: a new version of the plan."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from nq57xl.cli.options import as_json, office, print_json


@click.command(
    short_help="Điều chỉnh kế hoạch: so sánh, xác nhận, áp dụng.",
    help="So sánh phụ lục mới (hoặc văn bản điều chỉnh) với phụ lục đang dùng và lập bảng so-sanh-ke-hoach.xlsx; với "
    "--yes hoặc --confirm thì áp dụng: mã đầu việc giữ nguyên, phụ lục cũ lưu ở backup/, sổ ghi phiên bản và ngày "
    "hiệu lực.",
)
@click.argument("document", metavar="[VĂN_BẢN]", required=False, type=click.Path(path_type=Path, dir_okay=False))
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
    type=click.Path(path_type=Path, dir_okay=False),
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
    from nq57xl.cli import amended
    from nq57xl.commands import amend as run

    here = office(context)
    if show_history:
        found = run.history(here)
        if json_:
            print_json(amended.history_json(found))
        else:
            amended.print_history(found)
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
        print_json(amended.amended_json(done))
    else:
        amended.print_amended(done)
