"""attach and history: signed copies filed, and what a unit or a row has been through."""

from __future__ import annotations

from pathlib import Path

import click

from nq57xl.cli.options import NamedPath, as_json, console, office, period_option, print_json, talk
from nq57xl.rules.codec import json_fields


@click.command(
    short_help="Lưu bản ký (.pdf) kèm báo cáo của đơn vị.",
    help="Lưu bản ký (.pdf có số, ngày, chữ ký) của đơn vị cùng báo cáo của kỳ; không đọc số liệu từ đó. Lệnh status "
    "nêu các bản ký đã nhận.",
)
@click.argument("unit", metavar="ĐƠN_VỊ")
@click.argument("file", metavar="TỆP", type=NamedPath(dir_okay=False))
@period_option()
@as_json
@click.pass_context
def attach(context: click.Context, unit: str, file: Path, period: str | None, json_: bool) -> None:
    """Files a signed copy."""
    from nq57xl.commands.attach import attach as run

    done = run(office(context), unit, file, period)
    if json_:
        print_json(json_fields(done, "unit file sha256 at"))
    else:
        click.echo(f"Đã lưu bản ký của {done.unit}: {done.file} (mã băm {done.sha256[:10]}).")


@click.command(
    short_help="Quá trình báo cáo của một đơn vị, một đầu việc.",
    help="In quá trình báo cáo của một đơn vị hoặc một đầu việc, chỉ tiêu qua các kỳ: đã báo cáo gì, khi nào, đúng hạn "
    "hay chậm, điểm kiểm tra, biên tập. MÃ là mã đơn vị (VP) hoặc mã dòng (II.2.1).",
)
@click.argument("code", metavar="MÃ")
@click.option("-o", "--output", type=NamedPath(dir_okay=False), metavar="TỆP", help="Ghi thêm ra tệp Excel này.")
@as_json
@click.pass_context
def history(context: click.Context, code: str, output: Path | None, json_: bool) -> None:
    """A unit's or a row's history."""
    from rich.table import Table

    from nq57xl.commands.history import history as run

    done = run(office(context), code, output)
    if json_:
        lines = [json_fields(line, "period unit said received on_time findings edits") for line in done.lines]
        print_json({"subject": done.subject, "periods": lines})
        return
    table = Table("Kỳ", "Đơn vị", "Đã báo cáo", "Nhận lúc", "Thời hạn", "Điểm kiểm tra", "Biên tập", title=done.subject)
    for line in done.lines:
        table.add_row(line.title, line.unit, line.said, line.received, line.on_time, line.findings, line.edits)
    console().print(table)
    if output is not None:
        talk(f"Đã ghi {output}")
