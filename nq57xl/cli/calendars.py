"""calendar: what is printed of the year's days."""

from __future__ import annotations

import click

from nq57xl.cli.options import as_json, console, office, print_json, talk
from nq57xl.rules.codec import json_fields


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

    from nq57xl.commands.calendar import year_calendar
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
