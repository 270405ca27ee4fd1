"""serve and watch: the office's desk in the browser, and a folder under watch, until Ctrl+C."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from nq57xl.cli import environment
from nq57xl.cli.terminal import (
    FOLDER,
    VERDICTS,
    NamedPath,
    as_json,
    collected_file_json,
    command,
    office,
    period_option,
    print_answers,
    talk,
)
from nq57xl.rules.findings import Severity
from nq57xl.text.legacy import visible

if TYPE_CHECKING:
    from nq57xl.commands.answers import Answers
    from nq57xl.returns.model import JudgedReturn
    from nq57xl.web.server import Places


@command("Mở bàn làm việc trên trình duyệt.")
@click.argument("folder", metavar="[THƯ_MỤC]", required=False, type=FOLDER)
@click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="SỐ", help="Cổng (mặc định: cổng còn trống).")
@click.option("--no-browser", is_flag=True, help="Không mở trình duyệt; chỉ in địa chỉ.")
def _serve(context: click.Context, folder: Path | None, port: int, no_browser: bool) -> None:
    """Mở bàn làm việc trên trình duyệt của máy này (127.0.0.1). Không ghi thư mục: làm việc với các thư mục trong
    «NQ57» ở thư mục Tài liệu của người dùng. Kết thúc bằng nút trên trang hoặc Ctrl+C."""
    from nq57xl.web.server import serve as run

    given = folder if folder is not None else (context.obj if context.obj != Path() else None)
    if given is not None:
        environment.office_at(given)
    clock, office_at = environment.clock(), environment.office_at
    run(_places(), clock, office_at, folder=given, port=port, browser=not no_browser, tell=_tell)


def _places() -> Places:
    """The person's own folders: documents, and what a program keeps of its running."""
    from nq57xl.web.server import Places

    home = Path.home()
    folders = (_documents_of_windows(), home / "Documents", home / "Tài liệu")
    documents = next((path for path in folders if path is not None and path.is_dir()), home)
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
    return Path(place.value) if place.value else None


def _tell(address: str) -> None:
    """The address as the first line of stdout; a program without a console has none."""
    if sys.stdout is not None:
        click.echo(address)
        sys.stdout.flush()


_POINTS: dict[Severity, str] = {"error": "điểm phải sửa", "warning": "điểm nên xem lại"}
_SLICE = 0.2
"""Seconds: a signal does not end a sleep, so that is how long Ctrl+C takes to be seen."""


@contextmanager
def _until_interrupted() -> Iterator[Callable[[float], bool]]:
    """Gives what waits between two looks: for so many seconds, True as soon as somebody asked for the end. Ctrl+C lets
    the run in hand end first, a second one does not wait for that."""
    asked = False  # no Event: its lock could be held by the very thread that a second signal interrupts

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    def pause(seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not asked and (left := end - time.monotonic()) > 0:
            time.sleep(min(_SLICE, left))
        return asked

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield pause
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@command("Theo dõi thư mục, tự nhận tệp mới.")
@click.argument("folder", metavar="[THƯ_MỤC]", required=False, type=NamedPath())
@period_option()
@click.option(
    "--interval",
    type=click.FloatRange(min=0.2),
    default=10.0,
    show_default=True,
    metavar="GIÂY",
    help="Số giây giữa hai lần xem.",
)
@click.option("--once", is_flag=True, help="Nhận những tệp đã ghi xong rồi dừng, không theo dõi tiếp.")
@click.option(
    "--unit-folders",
    is_flag=True,
    help="Tạo trước trong thư mục đó một thư mục con cho từng đơn vị; kết quả được đặt lại cạnh tệp của đơn vị.",
)
@as_json
def _watch(  # noqa: PLR0917 - click passes them by name
    context: click.Context,
    folder: Path | None,
    period: str | None,
    interval: float,
    once: bool,
    unit_folders: bool,
    json_: bool,
) -> None:
    """Theo dõi thư mục (mặc định: inbox/) và tự nhận từng tệp khi đã ghi xong, mỗi tệp một dòng; nhấn Ctrl+C để dừng.
    Các lệnh khác vẫn chạy được trong lúc theo dõi."""
    from nq57xl.commands.watch import Watcher

    place = office(context)
    counts: Counter[str] = Counter()
    answers: Answers | None = None
    watcher = Watcher.at(place, folder, period, unit_folders=unit_folders)
    with _until_interrupted() as stop:
        title = watcher.latest.title
        talk(f"Đang theo dõi «{watcher.root}», {title}, {interval:g} giây một lần. Nhấn Ctrl+C để dừng.")
        try:
            for news in watcher.watch(interval, stop, once=once):
                if news.message:
                    talk(visible(news.message))
                if news.collected is None:
                    continue
                for item in news.collected.returns:
                    click.echo(json.dumps(collected_file_json(item), ensure_ascii=False) if json_ else _file_line(item))
                counts.update(item.verdict for item in news.collected.returns)
                answers = news.collected.answers
                talk(*answers.problems)
        except KeyboardInterrupt:
            talk("Dừng ngay; phần đang nhận dở sẽ được nhận lại ở lần sau.")
    parts = "; ".join(f"{counts[code]} {words.lower()}" for code, words in VERDICTS.items() if counts[code])
    talk(f"Đã dừng theo dõi: {counts.total()} tệp" + (f" ({parts})." if parts else "."))
    if answers is not None:
        print_answers(answers)


def _file_line(item: JudgedReturn) -> str:
    """One line for one file: verdict, path, unit, how many points."""
    asked = Counter(one.severity for one in item.findings if one.asks)
    told = ", ".join(f"{asked[severity]} {word}" for severity, word in _POINTS.items() if asked[severity])
    if item.verdict == "unrecognised" and item.findings:
        told = item.findings[0].message
    unit = f" ({item.unit})" if item.unit else ""
    line = f"{VERDICTS[item.verdict]}: {item.source.path}{unit}" + (f" – {told}" if told else "")
    return visible(line)
