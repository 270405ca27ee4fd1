"""The archive: every file ever collected, named by its content, never changed."""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from nq57xl.errors import FileUnreadError
from nq57xl.ledger.workspace import Workspace
from nq57xl.text import files

_CHUNK = 1 << 20
_SUFFIX = re.compile(r"\.[a-z0-9]{1,5}")


def archive_file(workspace: Workspace, source: Path, sha256: str, *, over_limit: bool = False) -> Path | None:
    """Copies the file to archive/ab/<sha256><suffix>; does nothing when it is there already.

    Returns the path in the archive; None when `over_limit` says that the file is over the limits and only its name,
    size and hash are kept. Raises FileUnreadError when the file cannot be read or has another hash (it changed
    meanwhile), Nq57Error when the archive cannot be written.
    """
    if over_limit:
        return None
    found = archived(workspace, sha256)
    if found is not None:
        return found
    try:
        stream = source.open("rb")
    except OSError as error:
        raise _unread(source.name, error) from error
    with stream:
        return _keep(workspace, stream, sha256, source.name)


def archive_bytes(workspace: Workspace, data: bytes, sha256: str, name: str) -> Path:
    """The same for content that is no file of its own (a member of an archive); `name` gives the suffix."""
    return archived(workspace, sha256) or _keep(workspace, io.BytesIO(data), sha256, name)


def archived(workspace: Workspace, sha256: str, *, verify: bool = True) -> Path | None:
    """Where that content stands in the archive; None when it is not there.

    With `verify` the copy is read, and one that is no longer what its name says is as good as none.
    """
    folder = workspace.archive / sha256[:2]
    usual = folder / f"{sha256}.xlsx"  # asked for first: the folder is listed for every other
    for path in [usual] if usual.exists() and not verify else sorted(folder.glob(f"{sha256}.*")):
        with contextlib.suppress(OSError):  # a copy that cannot be read is none
            if not verify or files.sha256_of(path) == sha256:
                return path
    return None


def _keep(workspace: Workspace, stream: BinaryIO, sha256: str, name: str) -> Path:
    """Writes the copy and checks it before it takes its name."""
    suffix = Path(name).suffix.lower()
    target = workspace.archive / sha256[:2] / f"{sha256}{suffix if _SUFFIX.fullmatch(suffix) else '.bin'}"
    digest = hashlib.sha256()
    with files.replacing(target, staging=workspace.archive) as copy:
        for chunk in _chunks(stream, name):
            digest.update(chunk)
            copy.write(chunk)
        if digest.hexdigest() != sha256:
            raise FileUnreadError(f"Tệp «{name}» thay đổi trong khi đang được sao lưu; hãy chạy lại lệnh.")
    return target


def _chunks(stream: BinaryIO, name: str) -> Iterator[bytes]:
    try:
        while chunk := stream.read(_CHUNK):
            yield chunk
    except OSError as error:
        raise _unread(name, error) from error


def _unread(name: str, error: OSError) -> FileUnreadError:
    return FileUnreadError(f"Không đọc được tệp «{name}»: {error.strerror or error}.")
