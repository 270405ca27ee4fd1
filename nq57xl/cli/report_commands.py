"""Commands on what was consolidated: two periods compared, data for other systems."""

from __future__ import annotations

import click

from nq57xl.cli.options import as_json, office, print_json


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
