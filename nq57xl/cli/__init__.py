"""The command line: parses, calls one use case, prints. Nothing below this room knows click.

Heavy libraries are imported inside the commands, so that `nq57xl --help` answers at once.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import TextIO

import click

from nq57xl import __version__
from nq57xl.cli import amending, commands, comparing, deciding, options, serving, storing
from nq57xl.cli.options import COMMANDS, NamedPath
from nq57xl.errors import Nq57Error


class _InOrder(click.Group):
    """Lists the commands in the order in which an office uses them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names as they were added."""
        return list(self.commands)


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
    """The group; remembers the workspace."""
    context.obj = folder


_FILES = (amending, commands, comparing, deciding, serving, storing)
"""Imported, each has put its commands in COMMANDS."""
_ORDER = (
    "serve init show lint import amend generate check collect watch status exclude readmit received take remark "
    "recheck verify waive remind attach history calendar merge upward edits close diff export schema log demo "
    "ledger backup restore"
)
for _name in _ORDER.split():
    cli.add_command(COMMANDS[_name])


def main() -> None:
    """Entry point: exit 0, 1 for a failure that has a message, 2 for wrong usage; no traceback for a user's slip."""
    gc.set_threshold(200_000)  # loading libraries makes 100,000 objects, none of them in a circle
    for stream in (sys.stdout, sys.stderr):
        _speak_utf8(stream)
    options.install(cli)
    try:
        cli(prog_name="nq57xl")
    except Nq57Error as error:
        _fail(str(error))
    except PermissionError as error:
        _fail(f"Không được phép ghi «{error.filename}»: hãy đóng tệp nếu đang mở, và kiểm tra quyền ghi của thư mục.")
    except OSError as error:
        _fail(f"Không đọc hoặc ghi được «{error.filename or ''}»: {error.strerror or error}.")
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


def _speak_utf8(stream: TextIO) -> None:
    # The console's own code page (1258, 437 ...) lacks letters of Vietnamese; files and pipes expect UTF-8.
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="replace")


def _fail(message: str) -> None:
    click.echo(f"Lỗi: {message}", err=True)
    sys.exit(1)
