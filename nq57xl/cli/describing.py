"""schema: fields, types and checks of a table, for people and for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nq57xl.cli import environment
from nq57xl.cli.options import console

if TYPE_CHECKING:
    from nq57xl.rules.frame import RowKind
    from nq57xl.rules.schema import Schema, Table

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
    from nq57xl.rules.frame import RowKind
    from nq57xl.rules.load import load_schema
    from nq57xl.rules.table_schema import schema_text

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

    from nq57xl.rules.registry import predicates_of
    from nq57xl.rules.table_schema import required_fields

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
