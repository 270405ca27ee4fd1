"""upward: fills in the form of the office above, and says what a person still has to answer."""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nq57xl.cli.options import NamedPath, as_json, console, office, period_option, print_json, talk
from nq57xl.text.legacy import visible

if TYPE_CHECKING:
    from nq57xl.commands.upward import UpwardReport


@click.command(
    short_help="Điền biểu của cấp trên từ số tổng hợp của cơ quan.",
    help="Điền biểu mẫu mà cấp trên phát hành cho cơ quan (ví dụ NQ57_2026-04_SXD.xlsx) từ báo cáo tổng hợp của chính "
    "cơ quan trong kỳ đó. Lần đầu lập bảng đối chiếu việc của hai kế hoạch để người phụ trách xác nhận, rồi chạy lại "
    "đúng lệnh này. Ô không trả lời được thì để trống và nêu tên; mã thoát 1 nếu còn dòng cần người xử lý.",
)
@click.argument("form", metavar="BIỂU.xlsx", type=NamedPath(dir_okay=False))
@period_option(default="kỳ ghi trong biểu")
@click.option("-o", "--output", type=NamedPath(dir_okay=False), metavar="TỆP", help="Ghi biểu đã điền vào tệp này.")
@click.option("--confirm", is_flag=True, help="Xác nhận toàn bộ bảng đối chiếu như đang ghi.")
@as_json
@click.pass_context
def upward(  # noqa: PLR0917 - click passes them by name
    context: click.Context, form: Path, period: str | None, output: Path | None, confirm: bool, json_: bool
) -> None:
    """The form of the office above."""
    from nq57xl.commands.upward import upward as run

    done = run(office(context), form, period, output, confirm=confirm)
    if json_:
        print_json(_json(done))
    else:
        _print(done)
    sys.exit(1 if done.points else 0)


def _json(done: UpwardReport) -> dict[str, Any]:
    points = [
        {
            "sheet": item.sheet,
            "cell": item.cell,
            "task": item.key,
            "field": item.field,
            "code": item.code,
            "reason": item.why,
        }
        for item in done.points
    ]
    names = {"form": done.form, "sources": done.sources, "matches": done.matches}
    paths = {name: str(path) for name, path in names.items()}
    return {"period": done.period.code, **paths, "filled": done.filled, "undecided": done.undecided, "points": points}


def _print(done: UpwardReport) -> None:
    """What is left to a person as a table, and where everything stands."""
    from rich.table import Table

    if done.points:
        table = Table("Mã", "Trang, ô", "Nội dung", "Vì sao, cần làm gì")
        for (sheet, name, why), alike in groupby(done.points, lambda item: (item.sheet, item.field, item.why)):
            first, *others = alike
            rows, cells = first.key, f"{sheet}, {first.cell}".strip(", ")
            if others:  # one line for rows that wait for the same
                rows, cells = f"{rows} … {others[-1].key} ({len(others) + 1} dòng)", f"{cells} … {others[-1].cell}"
            table.add_row(*map(visible, (rows, cells, name, why)))
        console().print(table)
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
