"""ledger, backup, restore: where the ledger lies, and a workspace as one file."""

from __future__ import annotations

from pathlib import Path

import click

from nq57xl.cli.options import NamedPath, office, talk


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
    from nq57xl.commands.ledger_copy import ledger_to_file, ledger_to_server

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
    from nq57xl.commands.verify import verify

    run(source.read_bytes(), folder)
    done = verify(office_at(folder, announce=talk))
    for problem in done.problems:
        talk(problem)
    talk(f"Đã lập lại {folder}: {done.files} tệp lưu, {len(done.problems)} điểm không khớp.")
    if done.problems:
        context.exit(1)


STORING_COMMANDS = (ledger, backup, restore)
