"""waive: warnings explained for good, and what is printed of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nq57xl.cli.options import as_json, console, office, print_json, talk
from nq57xl.rules.codec import json_fields

if TYPE_CHECKING:
    from nq57xl.ledger.waivers import Waiver


def _json(item: Waiver) -> dict[str, Any]:
    return json_fields(item, "id unit code task field since until reason at who") | {"ended": item.ended or None}


def _print_waivers(found: tuple[Waiver, ...]) -> None:
    from rich.table import Table

    from nq57xl.plan.periods import title_of

    if not found:
        click.echo("Chưa miễn giải trình điểm nên xem lại nào.")
        return
    table = Table("Số", "Đơn vị", "Nên xem lại", "Mã dòng", "Trường", "Từ kỳ", "Đến hết kỳ", "Lý do", "Chấm dứt từ")
    for item in found:
        until, ended = title_of(item.until), title_of(item.ended) if item.ended else ""
        where = (item.task or "mọi dòng", item.field or "mọi ô")
        table.add_row(str(item.id), item.unit, item.code, *where, title_of(item.since), until, item.reason, ended)
    console().print(table)


@click.command(
    short_help="Miễn giải trình một điểm nên xem lại.",
    help="Điểm nên xem lại mà đơn vị đã giải trình ổn định thì không hỏi lại nữa: vẫn hiện, ghi rõ được miễn, đến hết "
    "kỳ của --until; báo cáo không còn điểm nên xem lại nào khác được chấp nhận hẳn. Điểm phải sửa thì không miễn. "
    "MÃ lấy trong «collect --json» hoặc kiem-tra.xlsx.",
)
@click.argument("unit", metavar="[ĐƠN_VỊ]", required=False)
@click.argument("code", metavar="[MÃ]", required=False)
@click.option("--task", default="", metavar="MÃ_DÒNG", help="Chỉ một đầu việc hoặc chỉ tiêu.")
@click.option("--field", default="", metavar="TRƯỜNG", help="Chỉ một ô của dòng: percent, result, value …")
@click.option("--until", metavar="KỲ", help="Kỳ cuối cùng được miễn: 2026-06, 2026-Q2, 2026 …")
@click.option("--reason", default="", metavar="LÝ_DO", help="Lý do, được ghi vào nhật ký.")
@click.option("--list", "listed", is_flag=True, help="In danh sách những điểm nên xem lại được miễn.")
@click.option("--end", type=click.IntRange(min=1), metavar="SỐ", help="Chấm dứt việc miễn mang số đó, từ kỳ này.")
@as_json
@click.pass_context
def waive(  # noqa: PLR0917 - click passes them by name
    context: click.Context,
    unit: str | None,
    code: str | None,
    task: str,
    field: str,
    until: str | None,
    reason: str,
    listed: bool,
    end: int | None,
    json_: bool,
) -> None:
    """Waives a warning, lists waivers, ends one."""
    from nq57xl.commands import waive as use

    if listed:
        found = use.waivers(office(context))
        if json_:
            print_json({"waivers": [_json(item) for item in found]})
        else:
            _print_waivers(found)
        return
    if end is not None:
        done = use.end_waiver(office(context), end, reason)
    elif unit and code and until:
        done = use.waive(office(context), unit, code, until, reason, task=task, field=field)
    else:
        raise click.UsageError("Cần ĐƠN_VỊ, MÃ điểm nên xem lại, --until và --reason; hoặc --list; hoặc --end SỐ.")
    for problem in done.problems:
        talk(f"Đã ghi sổ, nhưng có tệp chưa lập lại được. {problem}")
    if json_:
        print_json(_json(done.waiver) | {"covered": done.covered})
    elif end is not None:
        click.echo(f"Đã chấm dứt việc miễn giải trình số {end} (lần miễn đó từng áp dụng từ kỳ {done.waiver.since}).")
    else:
        click.echo(f"Đã miễn giải trình, số {done.waiver.id}: áp dụng cho {done.covered} điểm nên xem lại đang có.")
