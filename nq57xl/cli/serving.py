"""serve: the office's desk in the browser."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nq57xl.cli import environment
from nq57xl.cli.options import NamedPath

if TYPE_CHECKING:
    from nq57xl.web.server import Places


@click.command(
    short_help="Mở bàn làm việc trên trình duyệt.",
    help="Mở bàn làm việc trên trình duyệt của máy này (127.0.0.1). Không ghi thư mục: làm việc với các thư mục trong "
    "«NQ57» ở thư mục Tài liệu của người dùng. Kết thúc bằng nút trên trang hoặc Ctrl+C.",
)
@click.argument("folder", metavar="[THƯ_MỤC]", required=False, type=NamedPath(file_okay=False))
@click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="SỐ", help="Cổng (mặc định: cổng còn trống).")
@click.option("--no-browser", is_flag=True, help="Không mở trình duyệt; chỉ in địa chỉ.")
@click.pass_context
def serve(context: click.Context, folder: Path | None, port: int, no_browser: bool) -> None:
    """The desk."""
    from nq57xl.web.server import serve as run

    given = folder if folder is not None else (context.obj if context.obj != Path() else None)
    if given is not None:
        environment.office_at(given)
    run(
        _places(),
        environment.clock(),
        environment.office_at,
        folder=given,
        port=port,
        browser=not no_browser,
        tell=_tell,
    )


def _places() -> Places:
    """The person's own folders: documents, and what a program keeps of its running."""
    from nq57xl.web.server import Places

    home = Path.home()
    usual = next((path for path in (home / "Documents", home / "Tài liệu") if path.is_dir()), home)
    documents = _documents_of_windows() or usual
    local = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_STATE_HOME")
    return Places(documents / "NQ57", Path(local) / "NQ57" if local else home / ".local" / "state" / "nq57")


def _documents_of_windows() -> Path | None:
    """Where Windows says that the person's documents are: OneDrive and administrators move them."""
    if sys.platform != "win32":
        return None
    import ctypes
    import uuid

    place = ctypes.c_wchar_p()
    folder = uuid.UUID("FDD39AD0-238F-46AF-ADB4-6C85480369C7").bytes_le
    try:
        ctypes.oledll.shell32.SHGetKnownFolderPath(folder, 0, None, ctypes.byref(place))
    except OSError:
        return None
    found = Path(place.value) if place.value else None
    return found if found is not None and found.is_dir() else None


def _tell(address: str) -> None:
    """The address as the first line of stdout; a program without a console has none."""
    if sys.stdout is not None:
        click.echo(address)
        sys.stdout.flush()
