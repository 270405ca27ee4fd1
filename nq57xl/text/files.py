"""Writing and removing files so that a reader sees the old file or the new one, never half of either."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import BinaryIO

from nq57xl.errors import Nq57Error, WorkbookOpenError

TEMPORARY = ".nq57tmp"
"""Suffix of files being written; what a killed process left is swept by the next writer."""

_CHUNK = 1 << 20
_TRIES = 4
_PAUSE = 0.1
"""Seconds. Virus scanners and indexers on Windows hold a fresh file for a moment: a few short retries tell them from
a workbook that a person has open."""


def write_atomic(path: Path, data: bytes, *, lasting: bool = True) -> None:
    """Writes the file whole or not at all; makes its folders.

    Not `lasting`: a power cut soon afterwards may leave the name with the beginning of the content, or with nothing;
    for what the next run writes again. Raises WorkbookOpenError when the file is open elsewhere (Windows), Nq57Error
    when the folder cannot be written.
    """
    with replacing(path, lasting=lasting) as stream:
        stream.write(data)


@contextlib.contextmanager
def replacing(path: Path, *, staging: Path | None = None, lasting: bool = True) -> Iterator[BinaryIO]:
    """A stream whose content takes the place of `path` when the block ends well; errors as `write_atomic`.

    `staging`: folder of the temporary file, on the same file system; by default the file's own folder.
    """
    if staging:
        _make_folder(path.parent)
    temporary, stream = _open_temporary(staging or path.parent, path.name)
    try:
        with stream:
            yield stream
            if lasting:
                stream.flush()
                os.fsync(stream.fileno())
        _patiently(path, lambda: os.replace(temporary, path))  # noqa: PTH105 - one place to fake a file held elsewhere
    except OSError as error:
        raise Nq57Error(f"Không ghi được «{path}»: {reason_of(error)}.") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def reason_of(error: OSError) -> str:
    """Why the system refused, in words: what people meet in their own language, the rest as the system says it."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "ổ đĩa đã đầy, hãy xóa bớt tệp không cần rồi làm lại"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "không có quyền ghi, hoặc tệp đang mở ở chương trình khác"
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return "không có tệp hoặc thư mục này"
    if error.errno == errno.ENAMETOOLONG:
        return "tên tệp quá dài"
    return error.strerror or str(error)


def sha256_of(path: Path) -> str:
    """SHA-256 of the file's content, hex. Raises OSError when it cannot be read."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def hash_unless_open(path: Path) -> str:
    """The same. Raises WorkbookOpenError when another program holds the file (Windows)."""
    try:
        return sha256_of(path)
    except PermissionError as error:
        raise WorkbookOpenError(path) from error


def require_closed(path: Path) -> None:
    """Raises WorkbookOpenError when the workbook is open in Excel or LibreOffice, as far as that can be seen.

    On Windows Excel holds the file; elsewhere the program's own lock file lies beside it (LibreOffice's holds a
    line, and is there exactly as long as the document is open).
    """
    if (path.parent / f".~lock.{path.name}#").exists():
        raise WorkbookOpenError(path)
    if path.exists():
        _patiently(path, lambda: path.open("r+b").close())


def require_new(path: Path, option: str = "") -> None:
    """Raises Nq57Error where a file of that name is there; `option` is how the command was told the name."""
    if path.exists():
        raise Nq57Error(f"«{path}» đã có: hãy chọn tên tệp khác{f' cho {option}' if option else ''}.")


def remove(path: Path) -> None:
    """Removes the file if it is there. Raises WorkbookOpenError when it is open elsewhere (Windows)."""
    _patiently(path, lambda: path.unlink(missing_ok=True))


def sweep(folder: Path, *, deep: bool = False, older_than: float = 0.0, at_once: Collection[str] = ()) -> None:
    """Removes what a killed process left half written in the folder. Only for the holder of the lock.

    `older_than` (seconds) spares the files of commands that write there without the lock; `at_once`: names of files
    that nobody writes without it.
    """
    pattern = f"*{TEMPORARY}*"  # SQLite adds "-journal"
    for path in folder.rglob(pattern) if deep else folder.glob(pattern):
        with contextlib.suppress(OSError):
            ours = any(path.name.startswith(_temporary_name(name, "")) for name in at_once)
            if ours or older_than <= 0 or time.time() - path.stat().st_mtime > older_than:
                path.unlink(missing_ok=True)


def _temporary_name(name: str, mark: str) -> str:
    """Name of the temporary file of a file: it tells whose it is, and is short enough for every file system."""
    return f".{name[:40]}.{mark}"


def _open_temporary(folder: Path, name: str) -> tuple[Path, BinaryIO]:
    """A new file in the folder, with the folder's usual rights (not 0600 as tempfile makes: offices share folders)."""
    temporary = folder / _temporary_name(name, secrets.token_hex(8) + TEMPORARY)
    try:
        with contextlib.suppress(FileNotFoundError):
            return temporary, temporary.open("xb")
        _make_folder(folder)
        return temporary, temporary.open("xb")
    except OSError as error:
        raise _no_room(folder, error) from error


def _make_folder(folder: Path) -> None:
    """Makes the folder and those above it; Nq57Error when that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _no_room(folder, error) from error


def _no_room(folder: Path, error: OSError) -> Nq57Error:
    """The message for a folder that cannot be written; no workbook is to blame for that."""
    return Nq57Error(
        f"Không ghi được vào thư mục «{folder}»: {reason_of(error)}. Hãy kiểm tra quyền ghi và dung lượng ổ đĩa."
    )


def _patiently(path: Path, action: Callable[[], object]) -> None:
    """Does the action, again after a moment when the file is held; raises WorkbookOpenError when it stays so."""
    for attempt in range(_TRIES):
        try:
            action()
            return
        except PermissionError as error:
            if attempt == _TRIES - 1:
                raise WorkbookOpenError(path) from error
            time.sleep(_PAUSE * (attempt + 1))
