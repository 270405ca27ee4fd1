"""remind and calendar: what is printed of reminders and of the year's days, and noting what was sent by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nq57xl.cli.options import as_json, console, office, period_option, print_json, talk
from nq57xl.rules.codec import json_fields

if TYPE_CHECKING:
    from nq57xl.commands.remind import Reminders


def _json(done: Reminders) -> dict[str, Any]:
    units = [
        {
            "code": item.unit.code,
            "name": item.unit.name,
            "owes": item.unit.owes,
            "points": item.unit.points,
            "text": str(item.text),
            "draft": str(item.draft) if item.draft else None,
            "attached": item.unit.file or None,
        }
        for item in done.units
    ]
    return {
        "period": done.period.code,
        "day": done.day.isoformat(),
        "due": done.period.due.isoformat(),
        "reminding_days": [day.isoformat() for day in done.days],
        "group": done.group,
        "units": units,
        "notice": str(done.notice) if done.notice else None,
    }


@click.command(
    short_help="Soạn lời nhắc đơn vị còn thiếu, phải sửa, cần giải trình.",
    help="Soạn lời nhắc theo ngày đang chạy: một lời cho nhóm (số lượng, tên đơn vị), một lời và một thư nháp cho từng "
    "đơn vị còn thiếu báo cáo, phải sửa hoặc cần giải trình, kèm biểu mẫu. Không tự gửi. Chạy lại trong ngày thì lời "
    "nhắc không đổi. Đã gửi bằng tay thì ghi lại bằng --sent.",
)
@period_option()
@click.option("--sent", is_flag=True, help="Ghi nhận đã nhắc bằng tay: các đơn vị nêu tên, hoặc mọi đơn vị còn nợ.")
@click.argument("units", metavar="[ĐƠN_VỊ]...", nargs=-1)
@as_json
@click.pass_context
def remind(context: click.Context, period: str | None, sent: bool, units: tuple[str, ...], json_: bool) -> None:
    """Writes reminders; notes what was sent."""
    from nq57xl.commands import remind as use

    if sent:
        told = use.note_reminded(office(context), period, units)
        print_json({"sent": list(told)}) if json_ else click.echo(f"Đã ghi nhận nhắc: {', '.join(told) or 'không ai'}.")
        return
    if units:
        raise click.UsageError("Tên đơn vị chỉ dùng cùng --sent.")
    done = use.remind(office(context), period)
    for problem in done.problems:
        talk(problem)
    if json_:
        print_json(_json(done))
        return
    click.echo(done.group.rstrip())
    for item in done.units:
        talk(f"{item.unit.name}: {item.draft or item.text}")
    if done.notice is not None:
        talk(f"Văn bản nhắc chung: {done.notice}")
    if done.day not in done.days:
        later = f"; ngày nhắc tới là {done.next_day:%d/%m/%Y}" if done.next_day else ""
        talk(f"Hôm nay không phải ngày nhắc theo lịch của kỳ{later}.")


@click.command(
    short_help="Lịch báo cáo của năm (.xlsx, .ics).",
    help="In lịch báo cáo của năm: ngày chốt số liệu, hạn của đơn vị, hạn của cơ quan cho từng tháng, quý, sáu tháng, "
    "chín tháng, năm; ghi ra tệp Excel để in và tệp .ics để đưa vào lịch điện thoại, thư. Ngày nghỉ hoán đổi, cách "
    "chuyển hạn trùng ngày nghỉ đặt ở trang Kế hoạch của phu-luc.xlsx.",
)
@click.argument("year", metavar="[NĂM]", type=click.IntRange(2000, 2099), required=False)
@as_json
@click.pass_context
def calendar(context: click.Context, year: int | None, json_: bool) -> None:
    """The calendar of a year."""
    from rich.table import Table

    from nq57xl.commands.remind import year_calendar
    from nq57xl.outputs.calendar import day_words

    done = year_calendar(office(context), year)
    for problem in done.problems:
        talk(problem)
    if json_:
        periods = [json_fields(item.period, "code title start cutoff due report_due") for item in done.lines]
        print_json({"year": done.year, "periods": periods, "files": [str(path) for path in done.files]})
        return
    table = Table("Kỳ", "Chốt số liệu", "Hạn đơn vị", "Hạn cơ quan", "Ghi chú", title=f"Lịch báo cáo năm {done.year}")
    for line in done.lines:
        period = line.period
        days = map(day_words, (period.cutoff, period.due, period.report_due))
        table.add_row(period.title, *days, line.note)
    console().print(table)
    for path in done.files:
        talk(f"Đã ghi {path}")
