"""ledger, backup, restore, attach, history: where things lie, what is filed, what a unit or a row has been through."""

from __future__ import annotations

from pathlib import Path

import attrs
import click

from nq57xl.cli.options import NamedPath, as_json, console, office, period_option, print_json, talk
from nq57xl.rules.codec import json_fields


@click.group("ledger", short_help="Chuyển sổ dữ liệu lên máy chủ PostgreSQL hoặc về tệp.")
def ledger() -> None:
    """Sổ dữ liệu thường là tệp nq57xl.db. Nhiều người, nhiều máy cùng làm thì đặt sổ trên máy chủ PostgreSQL: biến môi
    trường NQ57XL_LEDGER=postgresql+psycopg://NGƯỜI_DÙNG:MẬT_KHẨU@MÁY_CHỦ/CƠ_SỞ_DỮ_LIỆU, mỗi thư mục làm việc một lược
    đồ riêng; thư mục làm việc (archive/, inbox/, out/) nằm trên ổ dùng chung."""


@ledger.command(
    short_help="Chép toàn bộ sổ dữ liệu sang nơi mới.",
    help="Chép toàn bộ sổ dữ liệu, so lại từng dòng rồi mới dùng nơi mới; không dòng nào bị bỏ. Sổ cũ được giữ lại "
    "(tệp trong backup/, hoặc trên máy chủ).",
)
@click.option(
    "--to",
    "where",
    type=click.Choice(["server", "file"]),
    default="server",
    show_default=True,
    help="server: từ nq57xl.db lên máy chủ trong NQ57XL_LEDGER; file: từ máy chủ về nq57xl.db.",
)
@click.pass_context
def copy(context: click.Context, where: str) -> None:
    """Moves the ledger."""
    from nq57xl.commands.backup import ledger_to_file, ledger_to_server

    done = (ledger_to_server if where == "server" else ledger_to_file)(office(context))
    talk(f"Đã chuyển {sum(done.counts.values())} dòng của {len(done.counts)} bảng. Sổ cũ giữ ở: {done.kept}.")


@click.command(
    short_help="Sao lưu thư mục làm việc thành một tệp .zip.",
    help="Sao lưu toàn bộ thư mục làm việc (cả sổ dữ liệu, kể cả khi sổ nằm trên máy chủ) thành một tệp .zip để mang "
    "sang máy khác hoặc cất giữ. Người khác vẫn xem được trong lúc sao lưu.",
)
@click.argument("target", metavar="TỆP.zip", type=NamedPath(dir_okay=False))
@click.pass_context
def backup(context: click.Context, target: Path) -> None:
    """Writes a backup."""
    from nq57xl.commands.backup import write_backup
    from nq57xl.text.files import replacing

    here = office(context)
    with replacing(target) as file:
        write_backup(here, file, leave_out=target)
    talk(f"Đã sao lưu vào {target}.")


@click.command(
    short_help="Lập lại thư mục làm việc từ tệp sao lưu.",
    help="Lập lại thư mục làm việc từ tệp sao lưu, vào một thư mục chưa có, rồi đối chiếu sổ dữ liệu với các tệp lưu.",
)
@click.argument("source", metavar="TỆP.zip", type=NamedPath(dir_okay=False))
@click.argument("folder", metavar="THƯ_MỤC", type=NamedPath(file_okay=False))
@click.pass_context
def restore(context: click.Context, source: Path, folder: Path) -> None:
    """Makes a workspace of a backup, and verifies it."""
    from nq57xl.cli.environment import office_at
    from nq57xl.commands.backup import restore as run
    from nq57xl.commands.backup import verify

    run(source.read_bytes(), folder)
    here = office_at(folder, announce=talk)
    # the copy of the ledger is a file, wherever the ledger was
    done = verify(attrs.evolve(here, workspace=attrs.evolve(here.workspace, server="")))
    for problem in done.problems:
        talk(problem)
    talk(f"Đã lập lại {folder}: {done.files} tệp lưu, {len(done.problems)} điểm không khớp.")
    if here.workspace.server:
        talk(
            f"Sổ dữ liệu đang là tệp nq57xl.db trong thư mục đó: chạy «nq57xl -w {folder} ledger copy» để chuyển lên "
            "máy chủ, hoặc bỏ biến NQ57XL_LEDGER để dùng tệp."
        )
    if done.problems:
        context.exit(1)


STORING_COMMANDS = (ledger, backup, restore)


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
