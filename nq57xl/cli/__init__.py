"""The command line: parses, calls one use case, prints. Nothing below this room knows click.

Heavy libraries are imported inside the commands, so that `nq57xl --help` answers at once.
"""

from __future__ import annotations

import gc
import gettext
import os
import sys
from pathlib import Path

import click

from nq57xl.cli import commands, data, deciding, serving
from nq57xl.cli.terminal import cli
from nq57xl.errors import Nq57Error
from nq57xl.text.files import reason_of

__all__ = ["cli", "main"]

_FILES = (commands, data, deciding, serving)
"""Imported, each has put its commands into the group."""


def main() -> None:
    """Entry point: exit 0, 1 for a failure that has a message, 2 for wrong usage; no traceback for a user's slip."""
    gc.set_threshold(200_000)  # loading libraries makes 100,000 objects, none of them in a circle
    for stream in (sys.stdout, sys.stderr):
        # The console's own code page (1258, 437 ...) lacks letters of Vietnamese; files and pipes expect UTF-8.
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(encoding="utf-8", errors="replace")
    _speak_vietnamese(cli)
    try:
        cli(prog_name="nq57xl")
    except Nq57Error as error:
        _fail(str(error))
    except PermissionError as error:
        _fail(f"Không được phép ghi «{error.filename}»: hãy đóng tệp nếu đang mở, và kiểm tra quyền ghi của thư mục.")
    except OSError as error:
        _fail(f"Không đọc hoặc ghi được «{error.filename or ''}»: {reason_of(error)}.")
    except Exception:
        _fail(
            f"Chương trình gặp lỗi bất ngờ và dừng lại. Hãy gửi tệp «{_written_down()}» cho người phụ trách phần mềm."
        )


def _written_down() -> str:
    """What went wrong, for whoever mends the program, in a file of the system's temporary folder; where it lies."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="nq57xl-loi-", suffix=".txt", encoding="utf-8", delete=False) as file:
        traceback.print_exc(file=file)
    return file.name


def _fail(message: str) -> None:
    click.echo(f"Lỗi: {message}", err=True)
    sys.exit(1)


_LOCALE = Path(__file__).with_name("locale")
"""Catalogues as gettext wants them: messages.po for people, messages.mo made of it."""

_METAVARS = dict.fromkeys(("integer", "integer range", "float", "float range"), "SỐ") | {
    "text": "CHỮ", "filename": "TỆP", "file": "TỆP", "directory": "THƯ_MỤC", "path": "ĐƯỜNG_DẪN"
}  # fmt: skip


def _speak_vietnamese(command: click.Command) -> None:
    """Binds gettext to the Vietnamese catalogue, and replaces the English placeholders of `command` and all below it.

    To be called before click parses or prints anything; calling it again changes nothing.
    """
    os.environ["LANGUAGE"] = "vi"  # gettext learns of the language from here alone
    gettext.bindtextdomain("messages", _LOCALE)
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
