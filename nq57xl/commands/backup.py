"""A workspace as one file, to be carried to another computer, and back again."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from nq57xl.commands.office import Office
from nq57xl.errors import Nq57Error
from nq57xl.ledger.lock import writing
from nq57xl.ledger.moving import copy_ledger
from nq57xl.ledger.storage import FileStorage, storage_of
from nq57xl.ledger.store import Ledger
from nq57xl.text.files import TEMPORARY, write_atomic

_LEFT_OUT = frozenset({"nq57xl.lock", "nq57xl.lock.json", "nq57xl.may-chu.json"})
_LIMIT = 4 * 1024**3
"""Bytes of an unpacked workspace: years of returns of a hundred units stay far below."""


def write_backup(office: Office, target: BinaryIO, *, leave_out: Path | None = None) -> None:
    """Writes a zip of everything in the workspace, while no command writes into it; others may read meanwhile.

    A ledger on a server is put in as nq57xl.db, so that the copy needs no server. Raises Nq57Error.

    `leave_out`: an earlier backup that lies in the workspace.
    """
    workspace = office.workspace
    with (
        writing(workspace, "backup", office.clock, office.person),
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as zipped,
        tempfile.TemporaryDirectory() as folder,
    ):
        for path in sorted(workspace.root.rglob("*")):
            name = path.relative_to(workspace.root).as_posix()
            if name in _LEFT_OUT or TEMPORARY in name or (leave_out and path.resolve() == leave_out.resolve()):
                continue
            if path.is_file() and not path.is_symlink():
                zipped.write(path, name)
        if workspace.server and workspace.server_note.exists():
            copy = FileStorage(Path(folder, workspace.database.name))
            with Ledger.open(workspace, office.clock, office.person):
                copy_ledger(storage_of(workspace), copy, office.clock)  # brought up to date by opening it
            zipped.write(copy.path, workspace.database.name)


def backup_of(office: Office) -> bytes:
    """The same as bytes, for a page."""
    buffer = io.BytesIO()
    write_backup(office, buffer)
    return buffer.getvalue()


def restore(data: bytes, folder: Path) -> None:
    """Makes `folder` the workspace of a backup. Raises Nq57Error where it is none, or the folder is there already."""
    if folder.exists():
        raise Nq57Error(f"Thư mục «{folder.name}» đã có: hãy chọn tên khác để không ghi đè.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as zipped:
            entries = [entry for entry in zipped.infolist() if not entry.is_dir()]
            names = {entry.filename for entry in entries}
            if "phu-luc.xlsx" not in names or sum(entry.file_size for entry in entries) > _LIMIT:
                raise Nq57Error("Tệp này không phải bản sao lưu của thư mục làm việc NQ57.")
            for entry in entries:
                write_atomic(folder / _inside(entry.filename), zipped.read(entry))
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        raise Nq57Error("Tệp sao lưu hỏng hoặc chép chưa trọn: hãy chép lại từ máy cũ.") from error


def _inside(name: str) -> PurePosixPath:
    """The name as a path below the folder. Raises Nq57Error for one that leads elsewhere."""
    path = PurePosixPath(name)
    if path.is_absolute() or "\\" in name or ":" in name or ".." in path.parts:
        raise Nq57Error("Tệp sao lưu có tên thành phần bất thường: không khôi phục.")
    return path
