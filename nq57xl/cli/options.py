"""The group of commands, how one is declared and answers, options of several, the terminal."""

from __future__ import annotations

import functools
import inspect
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from nq57xl import __version__
from nq57xl.cli import environment

if TYPE_CHECKING:
    from rich.console import Console

    from nq57xl.commands.office import Office

_Function = TypeVar("_Function", bound=Callable[..., Any])

_ORDER = (
    "serve init show lint import amend generate check collect watch status exclude readmit received take remark "
    "recheck verify waive remind attach history calendar merge upward edits close diff export schema log demo "
    "ledger backup restore"
)


class _InOrder(click.Group):
    """Lists the commands in the order in which an office uses them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in that order."""
        return _ORDER.split()


class NamedPath(click.Path):
    """A file or folder that the user names; an empty name, which would mean the present folder, is wrong usage."""

    def __init__(self, *, file_okay: bool = True, dir_okay: bool = True) -> None:
        super().__init__(file_okay=file_okay, dir_okay=dir_okay, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401
        """The path."""
        if not str(value).strip():
            self.fail("đường dẫn để trống.", param, ctx)
        return super().convert(value, param, ctx)


FILE, FOLDER = NamedPath(dir_okay=False), NamedPath(file_okay=False)


@click.group(
    cls=_InOrder,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    help="Thu thập báo cáo bằng Excel: lập biểu mẫu, nhận, kiểm tra và tổng hợp báo cáo của các đơn vị.",
)
@click.version_option(__version__, "--version", message="nq57xl %(version)s", help="In số phiên bản.")
@click.option(
    "-w",
    "--workspace",
    "folder",
    type=NamedPath(),
    default=Path(),
    help="Thư mục làm việc của đơn vị tổng hợp (mặc định: thư mục hiện tại).",
)
@click.pass_context
def cli(context: click.Context, folder: Path) -> None:
    """The group; remembers the workspace. A file of commands puts its own here when it is imported."""
    context.obj = folder


def command(short_help: str, *, name: str = "", more: str = "") -> Callable[[Callable[..., None]], click.Command]:
    """Makes a function, which gets click's context first, a command. Its docstring is the help, with `more` behind it;
    its name is the command's, unless another is given."""

    def declare(function: Callable[..., None]) -> click.Command:
        own, help = name or function.__name__.strip("_"), f"{inspect.getdoc(function) or ''} {more}".strip()
        return cli.command(own, short_help=short_help, help=help)(click.pass_context(function))

    return declare


def print_json(document: object) -> None:
    """The one JSON document that a command with --json prints."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=1))


MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
"""A day or a moment as people type it for a time of receipt."""
as_json = click.option("--json", "json_", is_flag=True, help="In kết quả dạng JSON ra stdout.")


def period_option(default: str = "kỳ phát hành gần nhất") -> Callable[[_Function], _Function]:
    """--period: month, quarter, half-year or year; `default`: in words, what it is when it is not given."""
    text = "Kỳ báo cáo: 2026-04 (hoặc 4/2026), 2026-Q2, 2026-H1, 2026-9M, 2026 hoặc đột xuất 2026-DX1"
    return click.option("--period", "period", metavar="KỲ", help=f"{text} (mặc định: {default}).")


def password_options(command: _Function) -> _Function:
    """--password, repeatable, and --ask-password: the command's `passwords` hold the one typed, too."""

    @functools.wraps(command)
    def asking(context: click.Context, passwords: tuple[str, ...], ask: bool, **given: Any) -> None:  # noqa: ANN401
        if ask:
            passwords = (*passwords, click.prompt("Mật khẩu mở tệp", hide_input=True, err=True))
        command(context, passwords=passwords, **given)

    given = click.option(
        "--password",
        "passwords",
        multiple=True,
        metavar="MẬT_KHẨU",
        help="Mật khẩu mở tệp được mã hóa (.xlsx, .xls, .ods), dùng được nhiều lần; không được ghi lại ở đâu.",
    )
    asked = click.option("--ask-password", "ask", is_flag=True, help="Hỏi mật khẩu tại bàn phím, không hiện chữ.")
    return given(asked(cast("_Function", asking)))


def office(context: click.Context) -> Office:
    """The office whose workspace the group's -w names."""
    return environment.office_at(context.obj, announce=talk)


def talk(*messages: str) -> None:
    """Talk and progress go to stderr, a line each, so that stdout holds data only."""
    for message in messages:
        click.echo(message, err=True)


def print_table(headings: Iterable[str], rows: Iterable[Iterable[str]], title: str | None = None) -> None:
    """A table for people; `title` stands above its left edge."""
    from rich.table import Table

    table = Table(*headings, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    console().print(table)


def console() -> Console:
    """A console on stdout; wide when it is a file or a pipe, so that no line is broken there."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else 160
    return Console(file=sys.stdout, width=width, highlight=False, emoji=False, markup=False)
