"""What commands share: how one is declared and answers, options of several, the terminal; click in Vietnamese."""

from __future__ import annotations

import gettext
import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nq57xl.cli import environment

if TYPE_CHECKING:
    from rich.console import Console

    from nq57xl.commands.office import Office

_Function = TypeVar("_Function", bound=Callable[..., Any])
_Done = TypeVar("_Done")

COMMANDS: dict[str, click.Command] = {}
"""Every command by its name: a file of commands puts its own here when it is imported."""


def command(*, short_help: str, help: str) -> Callable[[Callable[..., None]], click.Command]:
    """Makes a function, which gets click's context first, the command of its own name."""

    def declare(function: Callable[..., None]) -> click.Command:
        name = function.__name__.strip("_")
        COMMANDS[name] = click.command(name, short_help=short_help, help=help)(click.pass_context(function))
        return COMMANDS[name]

    return declare


def answer(done: _Done, json_: bool, document: Callable[[_Done], Any], tell: Callable[[_Done], None]) -> None:
    """What a command has done, as one JSON document or for people."""
    if json_:
        print_json(document(done))
    else:
        tell(done)


class NamedPath(click.Path):
    """A file or folder that the user names; an empty name, which would mean the present folder, is wrong usage."""

    def __init__(self, *, file_okay: bool = True, dir_okay: bool = True) -> None:
        super().__init__(file_okay=file_okay, dir_okay=dir_okay, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401
        """The path."""
        if not str(value).strip():
            self.fail("đường dẫn để trống.", param, ctx)
        return super().convert(value, param, ctx)


MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
"""A day or a moment as people type it for a time of receipt."""
as_json = click.option("--json", "json_", is_flag=True, help="In kết quả dạng JSON ra stdout.")


def period_option(default: str = "kỳ phát hành gần nhất") -> Callable[[_Function], _Function]:
    """--period: month, quarter, half-year or year; `default`: in words, what it is when it is not given."""
    text = "Kỳ báo cáo: 2026-04 (hoặc 4/2026), 2026-Q2, 2026-H1, 2026-9M, 2026 hoặc đột xuất 2026-DX1"
    return click.option("--period", "period", metavar="KỲ", help=f"{text} (mặc định: {default}).")


def password_options(command: _Function) -> _Function:
    """--password, repeatable, and --ask-password: `passwords` and `ask` of the command, for `passwords_of`."""
    given = click.option(
        "--password",
        "passwords",
        multiple=True,
        metavar="MẬT_KHẨU",
        help="Mật khẩu mở tệp được mã hóa (.xlsx, .xls, .ods), dùng được nhiều lần; không được ghi lại ở đâu.",
    )
    asked = click.option("--ask-password", "ask", is_flag=True, help="Hỏi mật khẩu tại bàn phím, không hiện chữ.")
    return given(asked(command))


def passwords_of(passwords: tuple[str, ...], *, ask: bool) -> tuple[str, ...]:
    """The passwords given, and the one typed at the keyboard where that was asked for."""
    if not ask:
        return passwords
    return (*passwords, click.prompt("Mật khẩu mở tệp", hide_input=True, err=True))


def office(context: click.Context) -> Office:
    """The office whose workspace the group's -w names."""
    return environment.office_at(context.obj, announce=talk)


def print_json(document: Any) -> None:  # noqa: ANN401 - any JSON document
    """One JSON document on stdout, real letters."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=1))


def talk(message: str) -> None:
    """Talk and progress go to stderr, so that stdout holds data only."""
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


LOCALE = Path(__file__).with_name("locale")
"""Catalogues as gettext wants them: messages.po for people, messages.mo made of it."""

_METAVARS = {
    "text": "CHỮ",
    "integer": "SỐ",
    "integer range": "SỐ",
    "float": "SỐ",
    "float range": "SỐ",
    "filename": "TỆP",
    "file": "TỆP",
    "directory": "THƯ_MỤC",
    "path": "ĐƯỜNG_DẪN",
}


def install(command: click.Command | None = None) -> None:
    """Binds gettext to the Vietnamese catalogue, and replaces the English placeholders of `command` and all below it.

    To be called before click parses or prints anything; calling it again changes nothing.
    """
    os.environ["LANGUAGE"] = "vi"  # gettext learns of the language from here alone
    gettext.bindtextdomain("messages", LOCALE)
    if command is not None:
        _placeholders(command)


def _placeholders(command: click.Command) -> None:
    if command.options_metavar == "[OPTIONS]":
        command.options_metavar = "[TÙY_CHỌN]"
    for param in command.params:
        if isinstance(param, click.Option) and param.metavar is None and not param.is_flag and not param.count:
            param.metavar = _METAVARS.get(param.type.name)
    if isinstance(command, click.Group):
        command.subcommand_metavar = "LỆNH [THAM_SỐ]..."
        for item in command.commands.values():
            _placeholders(item)
