"""Two periods side by side in the terminal."""

from __future__ import annotations

from typing import Literal

import click

from nq57xl.cli.options import talk
from nq57xl.cli.printing import console
from nq57xl.records.comparison import Comparison, UnitChange
from nq57xl.report.compare import result_words
from nq57xl.report.indicator_words import difference_text

_SIDES: tuple[Literal["before", "after"], ...] = ("before", "after")


def print_comparison(c: Comparison) -> None:
    """The rows, indicators and units that moved; what stayed the same is only counted."""
    click.echo(f"{c.after.title[:1].upper()}{c.after.title[1:]} so với {c.before.title}")
    click.echo(f"Đầu việc mới hoàn thành: {_codes([row.task.code for row in c.newly_done])}")
    click.echo(f"Đầu việc mới quá hạn: {_codes([row.task.code for row in c.newly_overdue])}")
    _print_rows(c)
    _print_indicators(c)
    _print_units(c)


def _codes(codes: list[str]) -> str:
    return f"{len(codes)} ({', '.join(codes)})" if codes else "không có"


def _print_rows(c: Comparison) -> None:
    from rich.table import Table

    table = Table("Mã", "Nhiệm vụ", "Thay đổi", title="Đầu việc", title_justify="left")
    quiet = [row for row in c.rows if row.move in ("same", "none") and not row.newly_overdue]
    for row in c.rows:
        if row not in quiet:
            table.add_row(row.task.code, row.task.subtask or row.task.task, row.words)
    if table.row_count:
        console().print(table)
    talk(f"{len(quiet)}/{len(c.rows)} đầu việc không thay đổi tiến độ.")


def _print_indicators(c: Comparison) -> None:
    from rich.table import Table

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


def _print_units(c: Comparison) -> None:
    for item in c.units:
        if item.reported_before != item.reported_after:
            click.echo(f"{item.name}: {_told(item, 'trước')}, {_told(item, 'này')}.")


def _told(item: UnitChange, which: str) -> str:
    reported = item.reported_before if which == "trước" else item.reported_after
    words = {None: "không gửi biểu", True: "đã báo cáo", False: "chưa báo cáo"}[reported]
    return f"kỳ {which} {words}"
