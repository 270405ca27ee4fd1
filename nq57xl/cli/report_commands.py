"""Commands on what was consolidated: two periods compared, data for other systems."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from nq57xl.cli.options import as_json, office, period_option, print_json, talk

if TYPE_CHECKING:
    from nq57xl.report.exports import Format


@click.command(
    short_help="So sánh hai kỳ.",
    help="So sánh hai kỳ: đầu việc mới hoàn thành, mới quá hạn, tỷ lệ tăng giảm, chỉ tiêu, đơn vị báo cáo.",
)
@click.argument("before", metavar="KỲ_TRƯỚC")
@click.argument("after", metavar="KỲ_SAU")
@as_json
@click.pass_context
def diff(context: click.Context, before: str, after: str, json_: bool) -> None:
    """What moved between two periods."""
    from nq57xl.cli.compared import print_comparison
    from nq57xl.commands.diff import diff as run
    from nq57xl.report.compare_json import comparison_json

    found = run(office(context), before, after)
    if json_:
        print_json(comparison_json(found))
    else:
        print_comparison(found)


@click.command(
    short_help="Xuất dữ liệu của kỳ cho hệ thống khác.",
    help="Xuất dữ liệu của kỳ cho hệ thống khác: mọi ô đã nhập của các báo cáo được chấp nhận và các kết quả tính "
    "được, mỗi dòng một giá trị, mã ổn định, giá trị chính xác.",
)
@period_option()
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(["csv", "json", "parquet"]),
    metavar="DẠNG",
    help="csv, json hoặc parquet; dùng được nhiều lần (mặc định: cả ba).",
)
@click.option("--contacts", is_flag=True, help="Kèm điện thoại, thư điện tử của người lập (tệp du-lieu-noi-bo.*).")
@click.pass_context
def export(context: click.Context, period: str | None, formats: tuple[Format, ...], contacts: bool) -> None:
    """The period's data."""
    from nq57xl.commands.export import export as run

    paths = run(office(context), period, formats, contacts=contacts)
    for path in paths:
        click.echo(str(path))
    if any(path.suffix == ".csv" for path in paths):
        talk("Tệp .csv dành cho Excel: chữ bắt đầu bằng = + - @ có thêm dấu ' ở trước; giá trị nguyên văn ở tệp .json.")
    if contacts:
        talk("Tệp có thông tin liên hệ cá nhân: chỉ dùng nội bộ.")
