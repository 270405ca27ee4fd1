"""diff, export, schema, upward: two periods compared; data for other systems; the form of the office above."""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nq57xl.cli import environment
from nq57xl.cli.options import NamedPath, answer, as_json, command, office, period_option, print_table, talk
from nq57xl.errors import Nq57Error
from nq57xl.rules.codec import json_fields
from nq57xl.text.legacy import visible

if TYPE_CHECKING:
    from nq57xl.commands.upward import UpwardReport
    from nq57xl.outputs.exports import Format
    from nq57xl.results.comparison import PeriodComparison
    from nq57xl.rules.rows import RowKind
    from nq57xl.rules.schema import Schema, Table


def _print_comparison(c: PeriodComparison) -> None:
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
    quiet = [row for row in c.rows if row.move in ("same", "none") and not row.newly_overdue]
    rows = [(row.task.code, row.task.subtask or row.task.task, row.words) for row in c.rows if row not in quiet]
    if rows:
        print_table(("Mã", "Nhiệm vụ", "Thay đổi"), rows, "Đầu việc")
    talk(f"{len(quiet)}/{len(c.rows)} đầu việc không thay đổi tiến độ.")


def _print_indicators(c: PeriodComparison) -> None:
    from nq57xl.results.wording import difference_text

    rows = []
    for item in c.indicators:
        if (item.before, item.state_before) != (item.after, item.state_after):
            moved = (item.words("before"), item.words("after"))
            told = difference_text(item.difference, item.measure)
            rows.append((item.indicator.code, item.indicator.indicator, item.name, *moved, told))
    if rows:
        print_table(("Mã", "Chỉ tiêu", "Đơn vị", c.before.title, c.after.title, "Tăng, giảm"), rows, "Chỉ tiêu")


def _print_units(c: PeriodComparison) -> None:
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
    answer(found, json_, lambda done: done.as_json(), _print_comparison)


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
    from nq57xl.rules.judge import required_fields
    from nq57xl.rules.movement import predicates_of

    required = required_fields(table, schema, kind)
    fields = [
        (item.name, item.title, _TYPES[item.kind(kind.facts)], "có" if item.name in required else "", item.hint)
        for item in table.fields
    ]
    print_table(("Ô", "Tên", "Kiểu", "Bắt buộc", "Hướng dẫn"), fields, table.title)
    checks = []
    for one in predicates_of(table, schema):
        group = one.when.group(kind.facts)
        if group is not None:
            level = "phải sửa" if one.rule.severity == "error" else "điểm nên xem lại"
            when = one.when.sentence({}) or ("theo nội dung của dòng" if group else "")
            checks.append((one.rule.field, one.short(), when, level, one.rule.code))
    print_table(("Ô", "Báo khi", "Điều kiện", "Mức", "Mã"), checks, "Phép kiểm tra")


@command("Điền biểu của cấp trên từ số tổng hợp của cơ quan.")
@click.argument("form", metavar="BIỂU.xlsx", type=NamedPath(dir_okay=False))
@period_option("kỳ ghi trong biểu")
@click.option("-o", "--output", type=NamedPath(dir_okay=False), metavar="TỆP", help="Ghi biểu đã điền vào tệp này.")
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
    answer(done, json_, _upward_json, _print_upward)
    sys.exit(1 if done.points else 0)


def _upward_json(done: UpwardReport) -> dict[str, Any]:
    points = [
        {**json_fields(item, "sheet cell field code"), "task": item.key, "reason": item.why} for item in done.points
    ]
    names = {"form": done.form, "sources": done.sources, "matches": done.matches}
    paths = {name: str(path) for name, path in names.items()}
    return {"period": done.period.code, **paths, "filled": done.filled, "undecided": done.undecided, "points": points}


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
