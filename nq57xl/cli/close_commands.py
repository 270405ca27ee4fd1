"""The office's own hand, and the end of a period."""

from __future__ import annotations

import click

from nq57xl.cli.options import as_json, office, period_option, print_json, talk


@click.command(
    short_help="Các biên tập của văn phòng trong kỳ.",
    help="Liệt kê biên tập đã ghi nhận từ bien-tap.xlsx: ô nào, trước, sau, ai sửa, vì sao, lúc nào.",
)
@period_option()
@as_json
@click.pass_context
def edits(context: click.Context, period: str | None, json_: bool) -> None:
    """The edits of a period."""
    from nq57xl.cli import edited
    from nq57xl.commands.edits import edits as run

    listed = run(office(context), period)
    if json_:
        print_json(edited.edits_json(listed))
    else:
        edited.print_edits(listed)


@click.command(
    short_help="Chốt số liệu của kỳ.",
    help="Lập báo cáo rồi chốt số liệu của kỳ: từ đó báo cáo giữ nguyên; báo cáo nộp sau, biên tập sau chỉ vào trang "
    "«Bổ sung sau chốt».",
)
@period_option()
@click.option("--reason", default="", metavar="LÝ_DO", help="Lý do, ghi vào sổ; bắt buộc khi mở lại.")
@click.option("--reopen", is_flag=True, help="Mở lại kỳ đã chốt.")
@click.pass_context
def close(context: click.Context, period: str | None, reason: str, reopen: bool) -> None:
    """Freezes a period, or opens it again."""
    from nq57xl.cli import printing
    from nq57xl.commands import close as command

    if reopen:
        opened = command.reopen(office(context), period, reason)
        talk(f"Đã mở lại {opened.title}. Báo cáo lập sau đây dùng số liệu mới nhất.")
        return
    done = command.close(office(context), period, reason)
    printing.print_merged(done.merged)
    talk(f"Đã chốt {done.period.title}: {len(done.closing.outputs)} tệp được ghi mã băm và lưu trong archive/.")
    if done.missing:
        talk("Đã chốt khi chưa đủ báo cáo; trang đầu báo cáo nêu rõ đơn vị còn thiếu.")


CLOSE_COMMANDS = (edits, close)
