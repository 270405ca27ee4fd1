"""ledger: where the ledger lies, for offices that share one on a server."""

from __future__ import annotations

import click

from nq57xl.cli.options import office, talk


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
