"""What is kept and when: ledger, backup, restore, attach, history of a unit or row, reminders, the calendar."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from nq57xl.cli.options import NamedPath, answer, as_json, cli, command, office, period_option, print_table, talk
from nq57xl.rules.codec import json_fields

if TYPE_CHECKING:
    from nq57xl.outputs.reminders import Reminders


@cli.group("ledger", short_help="Chuyển sổ dữ liệu lên máy chủ PostgreSQL hoặc về tệp.")
def _ledger() -> None:
    """Sổ dữ liệu thường là tệp nq57xl.db. Nhiều người, nhiều máy cùng làm thì đặt sổ trên máy chủ PostgreSQL: biến môi
    trường NQ57XL_LEDGER=postgresql+psycopg://NGƯỜI_DÙNG:MẬT_KHẨU@MÁY_CHỦ/CƠ_SỞ_DỮ_LIỆU, mỗi thư mục làm việc một lược
    đồ riêng; thư mục làm việc (archive/, inbox/, out/) nằm trên ổ dùng chung."""


@_ledger.command("copy", short_help="Chép toàn bộ sổ dữ liệu sang nơi mới.")
@click.option(
    "--to",
    "where",
    type=click.Choice(["server", "file"]),
    default="server",
    show_default=True,
    help="server: từ nq57xl.db lên máy chủ trong NQ57XL_LEDGER; file: từ máy chủ về nq57xl.db.",
)
@click.pass_context
def _copy(context: click.Context, where: str) -> None:
    """Chép toàn bộ sổ dữ liệu, so lại từng dòng rồi mới dùng nơi mới; không dòng nào bị bỏ. Sổ cũ được giữ lại (tệp
    trong backup/, hoặc trên máy chủ)."""
    from nq57xl.commands.backup import ledger_to_file, ledger_to_server

    done = (ledger_to_server if where == "server" else ledger_to_file)(office(context))
    talk(f"Đã chuyển {sum(done.counts.values())} dòng của {len(done.counts)} bảng. Sổ cũ giữ ở: {done.kept}.")


@command("Sao lưu thư mục làm việc thành một tệp .zip.")
@click.argument("target", metavar="TỆP.zip", type=NamedPath(dir_okay=False))
def _backup(context: click.Context, target: Path) -> None:
    """Sao lưu toàn bộ thư mục làm việc (cả sổ dữ liệu, kể cả khi sổ nằm trên máy chủ) thành một tệp .zip để mang sang
    máy khác hoặc cất giữ. Người khác vẫn xem được trong lúc sao lưu. Tệp đã có thì không ghi đè."""
    from nq57xl.commands.backup import write_backup
    from nq57xl.text.files import replacing, require_new

    here = office(context)
    require_new(target)
    with replacing(target) as file:
        write_backup(here, file)
    talk(f"Đã sao lưu vào {target}.")


@command("Lập lại thư mục làm việc từ tệp sao lưu.")
@click.argument("source", metavar="TỆP.zip", type=NamedPath(dir_okay=False))
@click.argument("folder", metavar="THƯ_MỤC", type=NamedPath(file_okay=False))
def _restore(context: click.Context, source: Path, folder: Path) -> None:
    """Lập lại thư mục làm việc từ tệp sao lưu, vào một thư mục chưa có, rồi đối chiếu sổ dữ liệu với các tệp lưu."""
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


@command("Lưu bản ký (.pdf) kèm báo cáo của đơn vị.")
@click.argument("unit", metavar="ĐƠN_VỊ")
@click.argument("file", metavar="TỆP", type=NamedPath(dir_okay=False))
@period_option()
@as_json
def _attach(context: click.Context, unit: str, file: Path, period: str | None, json_: bool) -> None:
    """Lưu bản ký (.pdf có số, ngày, chữ ký) của đơn vị cùng báo cáo của kỳ; không đọc số liệu từ đó. Lệnh status nêu
    các bản ký đã nhận."""
    from nq57xl.commands.signed_copies import attach as run

    done = run(office(context), unit, file, period)
    told = f"Đã lưu bản ký của {done.unit}: {done.file} (mã băm {done.sha256[:10]})."
    answer(done, json_, lambda copy: json_fields(copy, "unit file sha256 at"), lambda _: click.echo(told))


@command("Quá trình báo cáo của một đơn vị, một đầu việc.")
@click.argument("code", metavar="MÃ")
@click.option("-o", "--output", type=NamedPath(dir_okay=False), metavar="TỆP", help="Ghi thêm ra tệp Excel này.")
@as_json
def _history(context: click.Context, code: str, output: Path | None, json_: bool) -> None:
    """In quá trình báo cáo của một đơn vị hoặc một đầu việc, chỉ tiêu qua các kỳ: đã báo cáo gì, khi nào, đúng hạn hay
    chậm, điểm kiểm tra, biên tập. MÃ là mã đơn vị (VP) hoặc mã dòng (II.2.1)."""
    from nq57xl.commands.history import history as run

    done = run(office(context), code, output)
    lines = [json_fields(line, "period unit said received on_time findings edits") for line in done.lines]

    def tell(_: object) -> None:
        headings = ("Kỳ", "Đơn vị", "Đã báo cáo", "Nhận lúc", "Thời hạn", "Điểm kiểm tra", "Biên tập")
        print_table(headings, (line.cells for line in done.lines), done.subject)
        if output is not None:
            talk(f"Đã ghi {output}")

    answer(done, json_, lambda found: {"subject": found.subject, "periods": lines}, tell)


def _reminders_json(done: Reminders) -> dict[str, Any]:
    units = []
    for item in done.units:
        draft = str(item.draft) if item.draft else None
        files = {"text": str(item.text), "draft": draft, "attached": item.unit.file or None}
        units.append(json_fields(item.unit, "code name owes points") | files)
    when = {"period": done.period.code, "day": done.day.isoformat(), "due": done.period.due.isoformat()}
    told = {"reminding_days": [day.isoformat() for day in done.days], "group": done.group, "units": units}
    return {**when, **told, "notice": str(done.notice) if done.notice else None}


def _tell_reminders(done: Reminders) -> None:
    click.echo(done.group.rstrip())
    for item in done.units:
        talk(f"{item.unit.name}: {item.draft or item.text}")
    if done.notice is not None:
        talk(f"Văn bản nhắc chung: {done.notice}")
    if done.day not in done.days:
        later = f"; ngày nhắc tới là {done.next_day:%d/%m/%Y}" if done.next_day else ""
        talk(f"Hôm nay không phải ngày nhắc theo lịch của kỳ{later}.")


@command("Soạn lời nhắc đơn vị còn thiếu, phải sửa, cần giải trình.")
@period_option()
@click.option("--sent", is_flag=True, help="Ghi nhận đã nhắc bằng tay: các đơn vị nêu tên, hoặc mọi đơn vị còn nợ.")
@click.argument("units", metavar="[ĐƠN_VỊ]...", nargs=-1)
@as_json
def _remind(context: click.Context, period: str | None, sent: bool, units: tuple[str, ...], json_: bool) -> None:
    """Soạn lời nhắc theo ngày đang chạy: một lời cho nhóm (số lượng, tên đơn vị), một lời và một thư nháp cho từng đơn
    vị còn thiếu báo cáo, phải sửa hoặc cần giải trình, kèm biểu mẫu. Không tự gửi. Chạy lại trong ngày thì lời nhắc
    không đổi. Đã gửi bằng tay thì ghi lại bằng --sent."""
    from nq57xl.commands import remind as use

    if sent:
        names = use.note_reminded(office(context), period, units)
        told = f"Đã ghi nhận nhắc: {', '.join(names) or 'không ai'}."
        answer(names, json_, lambda sent: {"sent": sent}, lambda _: click.echo(told))
        return
    if units:
        raise click.UsageError("Tên đơn vị chỉ dùng cùng --sent.")
    done = use.remind(office(context), period)
    for problem in done.problems:
        talk(problem)
    answer(done, json_, _reminders_json, _tell_reminders)


@command("Lịch báo cáo của năm (.xlsx, .ics).")
@click.argument("year", metavar="[NĂM]", type=click.IntRange(2000, 2099), required=False)
@as_json
def _calendar(context: click.Context, year: int | None, json_: bool) -> None:
    """In lịch báo cáo của năm: ngày chốt số liệu, hạn của đơn vị, hạn của cơ quan cho từng tháng, quý, sáu tháng, chín
    tháng, năm; ghi ra tệp Excel để in và tệp .ics để đưa vào lịch điện thoại, thư. Ngày nghỉ hoán đổi, cách chuyển hạn
    trùng ngày nghỉ đặt ở trang Kế hoạch của phu-luc.xlsx."""
    from nq57xl.commands.remind import year_calendar

    done = year_calendar(office(context), year)
    for problem in done.problems:
        talk(problem)
    periods = [json_fields(item.period, "code title start cutoff due report_due") for item in done.lines]
    files = [str(path) for path in done.files]

    def tell(_: object) -> None:
        rows = [(one.period.title, *one.days, one.note) for one in done.lines]
        headings = ("Kỳ", "Chốt số liệu", "Hạn đơn vị", "Hạn cơ quan", "Ghi chú")
        print_table(headings, rows, f"Lịch báo cáo năm {done.year}")
        for path in files:
            talk(f"Đã ghi {path}")

    answer(done, json_, lambda found: {"year": found.year, "periods": periods, "files": files}, tell)
