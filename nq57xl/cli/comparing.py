"""diff, export, schema: two periods side by side, data and fields for other systems."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from nq57xl.cli import environment
from nq57xl.cli.options import as_json, console, office, period_option, print_json, talk
from nq57xl.errors import Nq57Error

if TYPE_CHECKING:
    from nq57xl.outputs.exports import Format
    from nq57xl.results.comparison import PeriodComparison, UnitChange
    from nq57xl.rules.rows import RowKind
    from nq57xl.rules.schema import Schema, Table

_SIDES: tuple[Literal["before", "after"], ...] = ("before", "after")


def print_comparison(c: PeriodComparison) -> None:
    """The rows, indicators and units that moved; what stayed the same is only counted."""
    click.echo(f"{c.after.title[:1].upper()}{c.after.title[1:]} so với {c.before.title}")
    click.echo(f"Đầu việc mới hoàn thành: {_codes([row.task.code for row in c.newly_done])}")
    click.echo(f"Đầu việc mới quá hạn: {_codes([row.task.code for row in c.newly_overdue])}")
    _print_rows(c)
    _print_indicators(c)
    _print_units(c)


def _codes(codes: list[str]) -> str:
    return f"{len(codes)} ({', '.join(codes)})" if codes else "không có"


def _print_rows(c: PeriodComparison) -> None:
    from rich.table import Table

    table = Table("Mã", "Nhiệm vụ", "Thay đổi", title="Đầu việc", title_justify="left")
    quiet = [row for row in c.rows if row.move in ("same", "none") and not row.newly_overdue]
    for row in c.rows:
        if row not in quiet:
            table.add_row(row.task.code, row.task.subtask or row.task.task, row.words)
    if table.row_count:
        console().print(table)
    talk(f"{len(quiet)}/{len(c.rows)} đầu việc không thay đổi tiến độ.")


def _print_indicators(c: PeriodComparison) -> None:
    from rich.table import Table

    from nq57xl.results.comparison import result_words
    from nq57xl.results.wording import difference_text

    table = Table(
        "Mã", "Chỉ tiêu", "Đơn vị", c.before.title, c.after.title, "Tăng, giảm", title="Chỉ tiêu", title_justify="left"
    )
    for item in c.indicators:
        if (item.before, item.state_before) != (item.after, item.state_after):
            told = [result_words(item, side) for side in _SIDES]
            table.add_row(
                item.indicator.code,
                item.indicator.indicator,
                item.name,
                *told,
                difference_text(item.difference, item.measure),
            )
    if table.row_count:
        console().print(table)


def _print_units(c: PeriodComparison) -> None:
    for item in c.units:
        if item.reported_before != item.reported_after:
            click.echo(f"{item.name}: {_told(item, 'trước')}, {_told(item, 'này')}.")


def _told(item: UnitChange, which: str) -> str:
    reported = item.reported_before if which == "trước" else item.reported_after
    words = {None: "không gửi biểu", True: "đã báo cáo", False: "chưa báo cáo"}[reported]
    return f"kỳ {which} {words}"


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
    from nq57xl.commands.compare import diff as run
    from nq57xl.results.comparison import comparison_json

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
    help="csv, json hoặc parquet; dùng được nhiều lần (mặc định: cả ba; parquet cần thư viện pyarrow).",
)
@click.option("--contacts", is_flag=True, help="Kèm điện thoại, thư điện tử của người lập (tệp du-lieu-noi-bo.*).")
@click.pass_context
def export(context: click.Context, period: str | None, formats: tuple[Format, ...], contacts: bool) -> None:
    """The period's data."""
    from nq57xl.commands.compare import export as run
    from nq57xl.outputs.exports import PARQUET_MISSING

    done = run(office(context), period, formats, contacts=contacts)
    for path in done.paths:
        click.echo(str(path))
    if any(path.suffix == ".csv" for path in done.paths):
        talk("Tệp .csv dành cho Excel: chữ bắt đầu bằng = + - @ có thêm dấu ' ở trước; giá trị nguyên văn ở tệp .json.")
    if contacts:
        talk("Tệp có thông tin liên hệ cá nhân: chỉ dùng nội bộ.")
    if done.left_out and formats:
        raise Nq57Error(PARQUET_MISSING)
    if done.left_out:
        talk(PARQUET_MISSING)


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


@click.command(
    short_help="In các ô, kiểu và phép kiểm tra của một bảng.",
    help="In các ô, kiểu dữ liệu và phép kiểm tra của một bảng trong biểu mẫu (ví dụ: led, indicator), theo "
    "schemas/ của thư mục làm việc nếu có. Với --json hoặc --yaml, in lược đồ pandera để chương trình khác dùng.",
)
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
@click.pass_context
def schema(context: click.Context, table: str, year: int | None, measure: str, form: str | None) -> None:
    """The schema of a table."""
    from nq57xl.rules.judge import schema_text
    from nq57xl.rules.load import load_schema
    from nq57xl.rules.rows import RowKind

    folder: Path = context.obj
    found = load_schema(folder)
    tables = {item.name: item for item in found.tables if item.fields}
    if table not in tables:
        raise click.BadParameter(f"không có bảng «{table}»; các bảng: {', '.join(tables)}.", param_hint="BẢNG")
    row = {"#year": year or environment.clock().now().year, "#measure": measure}
    kind = RowKind.of(row, tables[table])
    if form:
        click.echo(schema_text(tables[table], found, kind, form), nl=form == "json")
    else:
        _print(tables[table], found, kind)


def _print(table: Table, schema: Schema, kind: RowKind) -> None:
    """Two tables: the fields, and what is checked of them."""
    from rich.table import Table as Grid

    from nq57xl.rules.judge import required_fields
    from nq57xl.rules.movement import predicates_of

    required = required_fields(table, schema, kind)
    fields = Grid("Ô", "Tên", "Kiểu", "Bắt buộc", "Hướng dẫn", title=table.title)
    for item in table.fields:
        fields.add_row(
            item.name, item.title, _TYPES[item.kind(kind.facts)], "có" if item.name in required else "", item.hint
        )
    checks = Grid("Ô", "Báo khi", "Điều kiện", "Mức", "Mã", title="Phép kiểm tra")
    for one in predicates_of(table, schema):
        group = one.when.group(kind.facts)
        if group is not None:
            level = "phải sửa" if one.rule.severity == "error" else "điểm nên xem lại"
            when = one.when.sentence({}) or ("theo nội dung của dòng" if group else "")
            checks.add_row(one.rule.field, one.short(), when, level, one.rule.code)
    console().print(fields, checks)
