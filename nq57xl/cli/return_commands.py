"""Commands on returns that came in: a look before anything is recorded, decisions afterwards, the event log."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from nq57xl.cli.options import as_json, office, password_options, passwords_of, period_option, print_json

_return = click.argument("wanted", metavar="BÁO_CÁO")
_reason = click.option("--reason", required=True, metavar="LÝ_DO", help="Lý do, được ghi vào nhật ký.")
_NAMED = (
    "BÁO_CÁO là mã đơn vị (báo cáo được nhận gần nhất của đơn vị trong kỳ của --period), tên tệp như lệnh collect đã "
    "in, hoặc ít nhất 6 ký tự đầu của mã băm."
)
MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
"""A day or a moment as people type it for a time of receipt."""


@click.command(
    short_help="Để một báo cáo ra ngoài bản tổng hợp.",
    help=f"Để một báo cáo ra ngoài bản tổng hợp; đơn vị trở về báo cáo trước đó, nếu có. {_NAMED}",
)
@_return
@period_option()
@_reason
@as_json
@click.pass_context
def exclude(context: click.Context, wanted: str, period: str | None, reason: str, json_: bool) -> None:
    """Leaves a return out."""
    from nq57xl.cli.returned import tell_decided
    from nq57xl.commands.decide import exclude as run

    tell_decided(run(office(context), wanted, period, reason), as_json=json_)


@click.command(
    short_help="Đưa báo cáo đã để ngoài trở lại.",
    help=f"Đưa báo cáo đã để ra ngoài trở lại bản tổng hợp. {_NAMED}",
)
@_return
@period_option()
@_reason
@as_json
@click.pass_context
def readmit(context: click.Context, wanted: str, period: str | None, reason: str, json_: bool) -> None:
    """Takes it back in."""
    from nq57xl.cli.returned import tell_decided
    from nq57xl.commands.decide import readmit as run

    tell_decided(run(office(context), wanted, period, reason), as_json=json_)


@click.command(
    short_help="Đính chính thời điểm nhận.",
    help=f"Đính chính thời điểm nhận của một báo cáo: đúng hạn hay trễ, bản nào mới hơn được tính lại. {_NAMED}",
)
@_return
@period_option()
@click.option("--at", "at", required=True, type=MOMENT, metavar="NGÀY", help="Thời điểm đúng: 2026-04-16T08:00.")
@_reason
@as_json
@click.pass_context
def received(  # noqa: PLR0917 - click passes them by name
    context: click.Context, wanted: str, period: str | None, at: datetime, reason: str, json_: bool
) -> None:
    """Puts the received time right."""
    from nq57xl.cli.returned import tell_decided
    from nq57xl.commands.decide import correct_received

    tell_decided(correct_received(office(context), wanted, period, at, reason), as_json=json_)


@click.command(
    short_help="Nhật ký: ai đã làm gì, khi nào, vì sao.",
    help="In nhật ký của thư mục làm việc: ai đã làm gì, khi nào, vì sao; việc cũ trước, việc mới sau.",
)
@period_option(default="mọi kỳ")
@click.option("--last", type=click.IntRange(min=1), metavar="SỐ", help="Chỉ in chừng này việc gần nhất.")
@as_json
@click.pass_context
def log(context: click.Context, period: str | None, last: int | None, json_: bool) -> None:
    """The event log."""
    from nq57xl.cli.returned import event_json, tell_events
    from nq57xl.commands.decide import events

    found = events(office(context), period, last)
    if json_:
        print_json({"events": [event_json(item) for item in found]})
    else:
        tell_events(found)


@click.command(
    short_help="Kiểm tra thử một tệp, không ghi nhận.",
    help="Kiểm tra thử một tệp như lệnh collect sẽ làm, không ghi nhận gì vào thư mục làm việc. Mã thoát 0 nếu tệp sẽ "
    "được nhận, 1 nếu không.",
)
@click.argument("file", metavar="TỆP", type=click.Path(path_type=Path))
@period_option()
@click.option(
    "--out",
    "output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="TỆP",
    help="Ghi biểu đã đánh dấu ra tệp này.",
)
@password_options
@as_json
@click.pass_context
def check(  # noqa: PLR0917 - click passes them by name
    context: click.Context,
    file: Path,
    period: str | None,
    output: Path | None,
    passwords: tuple[str, ...],
    ask: bool,
    json_: bool,
) -> None:
    """The verdict on one file, with nothing recorded."""
    from nq57xl.cli.returned import checked_json, tell_checked
    from nq57xl.commands.check_file import check_file
    from nq57xl.commands.judge import Manner

    manner = Manner(passwords_of(passwords, ask=ask))
    done = check_file(office(context), file, period, manner=manner, output=output)
    if json_:
        print_json(checked_json(done))
    else:
        tell_checked(done)
    sys.exit(0 if done.accepted else 1)


RETURN_COMMANDS = (exclude, readmit, received)
