"""diff, history, export, schema, upward: what goes out; attach, ledger, backup, restore: what is kept."""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from nq57xl.cli import environment
from nq57xl.cli.terminal import (
    FILE,
    FOLDER,
    WORKBOOK,
    as_json,
    cli,
    command,
    office,
    period_option,
    print_json,
    print_table,
    talk,
)
from nq57xl.errors import Nq57Error
from nq57xl.rules.codec import json_fields
from nq57xl.text.legacy import visible

if TYPE_CHECKING:
    from nq57xl.commands.upward import UpwardReport
    from nq57xl.outputs.exports import Format
    from nq57xl.results.comparison import PeriodComparison


def _print_comparison(c: PeriodComparison) -> None:
    """The rows, indicators and units that moved; what stayed the same is only counted."""
    from nq57xl.results.wording import difference_text

    click.echo(f"{c.after.title[:1].upper()}{c.after.title[1:]} so với {c.before.title}")
    for title, moved in (("mới hoàn thành", c.newly_done), ("mới quá hạn", c.newly_overdue)):
        codes = ", ".join(row.task.code for row in moved)
        click.echo(f"Đầu việc {title}: " + (f"{len(moved)} ({codes})" if moved else "không có"))
    quiet = [row for row in c.rows if row.move in ("same", "none") and not row.newly_overdue]
    rows = [(row.task.code, row.task.subtask or row.task.task, row.words) for row in c.rows if row not in quiet]
    if rows:
        print_table(("Mã", "Nhiệm vụ", "Thay đổi"), rows, "Đầu việc")
    talk(f"{len(quiet)}/{len(c.rows)} đầu việc không thay đổi tiến độ.")
    indicators = [
        (
            *(item.indicator.code, item.indicator.indicator, item.name, item.words("before"), item.words("after")),
            difference_text(item.difference, item.measure),
        )
        for item in c.indicators
        if (item.before, item.state_before) != (item.after, item.state_after)
    ]
    if indicators:
        headings = ("Mã", "Chỉ tiêu", "Đơn vị", c.before.title, c.after.title, "Tăng, giảm")
        print_table(headings, indicators, "Chỉ tiêu")
    words = {None: "không gửi biểu", True: "đã báo cáo", False: "chưa báo cáo"}
    for item in c.units:
        if item.reported_before != item.reported_after:
            before, after = words[item.reported_before], words[item.reported_after]
            click.echo(f"{item.name}: kỳ trước {before}, kỳ này {after}.")


@command("So sánh hai kỳ.")
@click.argument("before", metavar="KỲ_TRƯỚC")
@click.argument("after", metavar="KỲ_SAU")
@as_json
def _diff(context: click.Context, before: str, after: str, json_: bool) -> None:
    """So sánh hai kỳ: đầu việc mới hoàn thành, mới quá hạn, tỷ lệ tăng giảm, chỉ tiêu, đơn vị báo cáo."""
    from nq57xl.commands.consolidated import diff as run

    found = run(office(context), before, after)
    if json_:
        print_json(found.as_json())
    else:
        _print_comparison(found)


_PARQUET_MISSING = (
    "Chưa lập được tệp .parquet vì máy chưa có thư viện pyarrow. Nếu cần dạng này, hãy cài thêm bằng lệnh "
    "«python -m pip install pyarrow» rồi chạy lại."
)


@command("Xuất dữ liệu của kỳ cho hệ thống khác.")
@period_option()
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(["csv", "json", "parquet"]),
    metavar="DẠNG",
    help="csv, json hoặc parquet; dùng được nhiều lần (mặc định: cả ba; parquet cần thư viện pyarrow).",
)
@click.option("--contacts", is_flag=True, help="Kèm điện thoại, thư điện tử của người lập (tệp du-lieu-noi-bo.*).")
def _export(context: click.Context, period: str | None, formats: tuple[Format, ...], contacts: bool) -> None:
    """Xuất dữ liệu của kỳ cho hệ thống khác: mọi ô đã nhập của các báo cáo được chấp nhận và các kết quả tính được, mỗi
    dòng một giá trị, mã ổn định, giá trị chính xác."""
    from nq57xl.commands.consolidated import export as run

    done = run(office(context), period, formats, contacts=contacts)
    for path in done.paths:
        click.echo(str(path))
    if any(path.suffix == ".csv" for path in done.paths):
        talk("Tệp .csv dành cho Excel: chữ bắt đầu bằng = + - @ có thêm dấu ' ở trước; giá trị nguyên văn ở tệp .json.")
    if contacts:
        talk("Tệp có thông tin liên hệ cá nhân: chỉ dùng nội bộ.")
    if done.left_out and formats:
        raise Nq57Error(_PARQUET_MISSING)
    if done.left_out:
        talk(_PARQUET_MISSING)


_TYPES = {
    "text": "chữ",
    "choice": "chọn trong danh sách",
    "mark": "đánh dấu",
    "percent": "tỷ lệ",
    "number": "số",
    "whole": "số nguyên",
    "date": "ngày",
}
_MEASURES = {"percent": "tỷ lệ", "number": "số", "choice": "có hoặc không"}


@command("In các ô, kiểu và phép kiểm tra của một bảng.")
@click.argument("table", metavar="BẢNG")
@click.option("--year", type=click.IntRange(2000, 2099), metavar="NĂM", help="Năm của kế hoạch (mặc định: năm nay).")
@click.option(
    "--measure",
    type=click.Choice(list(_MEASURES)),
    default="percent",
    help="Cách đo của chỉ tiêu: percent (tỷ lệ), number (số), choice (có hoặc không); chỉ dùng với bảng indicator.",
)
@click.option("--json", "form", flag_value="json", help="In lược đồ pandera dạng JSON ra stdout.")
@click.option("--yaml", "form", flag_value="yaml", help="In lược đồ pandera dạng YAML ra stdout.")
def _schema(context: click.Context, table: str, year: int | None, measure: str, form: str | None) -> None:
    """In các ô, kiểu dữ liệu và phép kiểm tra của một bảng trong biểu mẫu (ví dụ: led, indicator), theo schemas/ của
    thư mục làm việc nếu có. Với --json hoặc --yaml, in lược đồ pandera để chương trình khác dùng."""
    from nq57xl.rules.judge import required_fields, schema_text
    from nq57xl.rules.load import load_schema
    from nq57xl.rules.movement import predicates_of
    from nq57xl.rules.rows import RowKind

    found = load_schema(context.obj)
    tables = {item.name: item for item in found.tables if item.fields}
    if table not in tables:
        raise click.BadParameter(f"không có bảng «{table}»; các bảng: {', '.join(tables)}.", param_hint="BẢNG")
    row = {"#year": year or environment.clock().now().year, "#measure": measure}
    kind = RowKind.of(row, tables[table])
    if form:
        click.echo(schema_text(tables[table], found, kind, form), nl=form == "json")
        return
    required = required_fields(tables[table], found, kind)
    fields = [
        (item.name, item.title, _TYPES[item.kind(kind.facts)], "có" if item.name in required else "", item.hint)
        for item in tables[table].fields
    ]
    print_table(("Ô", "Tên", "Kiểu", "Bắt buộc", "Hướng dẫn"), fields, tables[table].title)
    checks = []
    for one in predicates_of(tables[table], found):
        group = one.when.group(kind.facts)
        if group is not None:
            level = "phải sửa" if one.rule.severity == "error" else "điểm nên xem lại"
            when = one.when.sentence({}) or ("theo nội dung của dòng" if group else "")
            checks.append((one.rule.field, one.short(), when, level, one.rule.code))
    print_table(("Ô", "Báo khi", "Điều kiện", "Mức", "Mã"), checks, "Phép kiểm tra")


@command("Điền biểu của cấp trên từ số tổng hợp của cơ quan.")
@click.argument("form", metavar="BIỂU.xlsx", type=FILE)
@period_option("kỳ ghi trong biểu")
@click.option("-o", "--output", type=WORKBOOK, metavar="TỆP", help="Ghi biểu đã điền vào tệp này.")
@click.option("--confirm", is_flag=True, help="Xác nhận toàn bộ bảng đối chiếu như đang ghi.")
@as_json
def _upward(  # noqa: PLR0917 - click passes them by name
    context: click.Context, form: Path, period: str | None, output: Path | None, confirm: bool, json_: bool
) -> None:
    """Điền biểu mẫu mà cấp trên phát hành cho cơ quan (ví dụ NQ57_2026-04_SXD.xlsx) từ báo cáo tổng hợp của chính cơ
    quan trong kỳ đó. Lần đầu lập bảng đối chiếu việc của hai kế hoạch để người phụ trách xác nhận, rồi chạy lại đúng
    lệnh này. Ô không trả lời được thì để trống và nêu tên; mã thoát 1 nếu còn dòng cần người xử lý."""
    from nq57xl.commands.upward import upward as run

    done = run(office(context), form, period, output, confirm=confirm)
    if json_:
        points = [
            {**json_fields(item, "sheet cell field code"), "task": item.key, "reason": item.why} for item in done.points
        ]
        names = {"form": done.form, "sources": done.sources, "matches": done.matches}
        paths = {name: str(path) for name, path in names.items()}
        counts = {"filled": done.filled, "undecided": done.undecided}
        print_json({"period": done.period.code, **paths, **counts, "points": points})
    else:
        _print_upward(done)
    sys.exit(1 if done.points else 0)


def _print_upward(done: UpwardReport) -> None:
    """What is left to a person as a table, and where everything stands."""
    if done.points:
        lines = []
        for (sheet, name, why), alike in groupby(done.points, lambda item: (item.sheet, item.field, item.why)):
            first, *others = alike
            rows, cells = first.key, f"{sheet}, {first.cell}".strip(", ")
            if others:  # one line for rows that wait for the same
                rows, cells = f"{rows} … {others[-1].key} ({len(others) + 1} dòng)", f"{cells} … {others[-1].cell}"
            lines.append(tuple(map(visible, (rows, cells, name, why))))
        print_table(("Mã", "Trang, ô", "Nội dung", "Vì sao, cần làm gì"), lines)
    click.echo(f"Biểu đã điền: {done.form}")
    click.echo(f"Nguồn của từng ô và việc còn lại: {done.sources}")
    asked = sum(bool(item.code) for item in done.points)
    told = f", trong đó {asked} điểm cấp trên sẽ trả lại hoặc hỏi lại nếu gửi như hiện nay" if asked else ""
    talk(f"Đã điền {done.filled} ô; còn {len(done.points)} điểm cần người xử lý{told}. Trang ký xác nhận để trống.")
    if done.undecided:
        talk(
            f"Còn {done.undecided} dòng chưa xác nhận đối chiếu: mở {done.matches}, sửa cột Mã của cơ quan nếu cần, "
            "ghi x ở cột Xác nhận, lưu rồi chạy lại lệnh này (hoặc thêm --confirm để xác nhận tất cả như đang ghi)."
        )


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
@click.argument("target", metavar="TỆP.zip", type=FILE)
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
@click.argument("source", metavar="TỆP.zip", type=FILE)
@click.argument("folder", metavar="THƯ_MỤC", type=FOLDER)
def _restore(context: click.Context, source: Path, folder: Path) -> None:
    """Lập lại thư mục làm việc từ tệp sao lưu, vào một thư mục chưa có, rồi đối chiếu sổ dữ liệu với các tệp lưu."""
    from nq57xl.commands.backup import restore as run
    from nq57xl.commands.backup import verify
    from nq57xl.commands.office import bytes_of

    run(bytes_of(source), folder)
    here = environment.office_at(folder, announce=talk)
    # the copy of the ledger is a file, wherever the ledger was
    done = verify(attrs.evolve(here, workspace=attrs.evolve(here.workspace, server="")))
    talk(*done.problems, f"Đã lập lại {folder}: {done.files} tệp lưu, {len(done.problems)} điểm không khớp.")
    if here.workspace.server:
        talk(
            f"Sổ dữ liệu đang là tệp nq57xl.db trong thư mục đó: chạy «nq57xl -w {folder} ledger copy» để chuyển lên "
            "máy chủ, hoặc bỏ biến NQ57XL_LEDGER để dùng tệp."
        )
    if done.problems:
        context.exit(1)


@command("Lưu bản ký (.pdf) kèm báo cáo của đơn vị.")
@click.argument("unit", metavar="ĐƠN_VỊ")
@click.argument("file", metavar="TỆP", type=FILE)
@period_option()
@as_json
def _attach(context: click.Context, unit: str, file: Path, period: str | None, json_: bool) -> None:
    """Lưu bản ký (.pdf có số, ngày, chữ ký) của đơn vị cùng báo cáo của kỳ; không đọc số liệu từ đó. Lệnh status nêu
    các bản ký đã nhận."""
    from nq57xl.commands.collect import attach as run

    done = run(office(context), unit, file, period)
    if json_:
        print_json(json_fields(done, "unit file sha256 at"))
    else:
        click.echo(f"Đã lưu bản ký của {done.unit}: {done.file} (mã băm {done.sha256[:10]}).")


@command("Quá trình báo cáo của một đơn vị, một đầu việc.")
@click.argument("code", metavar="MÃ")
@click.option("-o", "--output", type=WORKBOOK, metavar="TỆP", help="Ghi thêm ra tệp Excel này.")
@as_json
def _history(context: click.Context, code: str, output: Path | None, json_: bool) -> None:
    """In quá trình báo cáo của một đơn vị hoặc một đầu việc, chỉ tiêu qua các kỳ: đã báo cáo gì, khi nào, đúng hạn hay
    chậm, điểm kiểm tra, biên tập. MÃ là mã đơn vị (VP) hoặc mã dòng (II.2.1)."""
    from nq57xl.commands.history import history as run

    done = run(office(context), code, output)
    if json_:
        lines = [json_fields(line, "period unit said received on_time findings edits") for line in done.lines]
        print_json({"subject": done.subject, "periods": lines})
        return
    headings = ("Kỳ", "Đơn vị", "Đã báo cáo", "Nhận lúc", "Thời hạn", "Điểm kiểm tra", "Biên tập")
    print_table(headings, (line.cells for line in done.lines), done.subject)
    if output is not None:
        talk(f"Đã ghi {output}")
