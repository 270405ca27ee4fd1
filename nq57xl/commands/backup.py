"""backup, restore, ledger copy, verify: a workspace as one file and back, and whether all that is kept agrees."""

from __future__ import annotations

import io
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from attrs import evolve, frozen

from nq57xl.commands.office import Office
from nq57xl.errors import Nq57Error
from nq57xl.ledger.storage import FileStorage, copy_ledger, server_storage, storage_of
from nq57xl.ledger.store import Ledger
from nq57xl.ledger.tables import clean
from nq57xl.ledger.workspace import Workspace
from nq57xl.text.files import TEMPORARY, sha256_of, write_atomic

_LEFT_OUT = frozenset({"nq57xl.lock", "nq57xl.lock.json", "nq57xl.may-chu.json", "nq57xl.ke-hoach.cache"})
_LIMIT = 4 * 1024**3
"""Bytes of an unpacked workspace: years of returns of a hundred units stay far below."""


def write_backup(office: Office, target: BinaryIO) -> None:
    """Writes a zip of everything in the workspace, while no command writes into it; others may read meanwhile.

    A ledger on a server is put in as nq57xl.db, so that the copy needs no server. Raises Nq57Error.
    """
    workspace = office.workspace
    with (
        office.writing("backup"),
        # files of other systems carry days before 1980, which a zip does not know
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as zipped,
        tempfile.TemporaryDirectory() as folder,
    ):
        for path in sorted(workspace.root.rglob("*")):
            name = path.relative_to(workspace.root).as_posix()
            if name in _LEFT_OUT or TEMPORARY in name:
                continue
            if path.is_file() and not path.is_symlink():
                zipped.write(path, clean(name))
        if workspace.server and workspace.server_note.exists():
            copy = FileStorage(Path(folder, workspace.database.name))
            with Ledger.open(workspace, office.clock, office.person):
                copy_ledger(storage_of(workspace), copy, office.clock)  # brought up to date by opening it
            zipped.write(copy.path, workspace.database.name)


def restore(data: bytes, folder: Path) -> None:
    """Makes `folder` the workspace of a backup. Raises Nq57Error where it is none, or the folder is there already; what
    of a damaged one was written by then is taken away."""
    if folder.exists():
        raise Nq57Error(f"Thư mục «{folder.name}» đã có: hãy chọn tên khác để không ghi đè.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as zipped, ExitStack() as undo:
            undo.callback(shutil.rmtree, folder, ignore_errors=True)
            entries = [entry for entry in zipped.infolist() if not entry.is_dir()]
            names = {entry.filename for entry in entries}
            if "phu-luc.xlsx" not in names or sum(entry.file_size for entry in entries) > _LIMIT:
                raise Nq57Error("Tệp này không phải bản sao lưu của thư mục làm việc NQ57.")
            for entry in entries:
                path = PurePosixPath(entry.filename)
                if path.is_absolute() or "\\" in entry.filename or ":" in entry.filename or ".." in path.parts:
                    raise Nq57Error("Tệp sao lưu có tên thành phần bất thường: không khôi phục.")
                write_atomic(folder / path, zipped.read(entry))
            undo.pop_all()
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        raise Nq57Error("Tệp sao lưu hỏng hoặc chép chưa trọn: hãy chép lại từ máy cũ.") from error


@frozen
class _LedgerCopy:
    """What was copied."""

    counts: Mapping[str, int]
    """Table -> rows."""
    kept: str
    """Where the ledger as it was stays, in words."""


def ledger_to_server(office: Office) -> _LedgerCopy:
    """nq57xl.db becomes a schema on the office's server; the file goes to backup/. Raises Nq57Error."""
    workspace = office.workspace
    if not workspace.server:
        raise Nq57Error("Chưa nêu máy chủ: hãy đặt biến môi trường NQ57XL_LEDGER=postgresql+psycopg://… rồi chạy lại.")
    if not workspace.database.is_file():
        raise Nq57Error("Thư mục làm việc không có nq57xl.db để chuyển: sổ đã nằm trên máy chủ, hoặc chưa có sổ nào.")
    local = evolve(office, workspace=evolve(workspace, server=""))
    with local.writing("ledger copy"):
        with Ledger.open(local.workspace, office.clock, office.person) as ledger:
            kept = ledger.backup("ledger copy")
        server = server_storage(workspace, create=True)
        with server.locked(0):
            counts = copy_ledger(FileStorage(workspace.database), server, office.clock)
        workspace.database.unlink()
    _note(office, "server")
    return _LedgerCopy(counts, f"backup/{kept.name}" if kept else "")


def ledger_to_file(office: Office) -> _LedgerCopy:
    """The schema on the server becomes nq57xl.db again; what is on the server stays there, unused. Raises Nq57Error."""
    workspace = office.workspace
    if not workspace.server or not workspace.server_note.is_file():
        raise Nq57Error("Sổ của thư mục làm việc này không nằm trên máy chủ nào, hoặc chưa đặt NQ57XL_LEDGER.")
    if workspace.database.exists():
        raise Nq57Error("Thư mục làm việc đã có nq57xl.db: không ghi đè. Hãy chuyển tệp đó đi nơi khác.")
    staged = FileStorage(workspace.database.with_name(f".nq57xl.db{TEMPORARY}"))
    staged.path.unlink(missing_ok=True)
    with office.writing("ledger copy"):
        with Ledger.open(workspace, office.clock, office.person):
            pass  # a ledger of an earlier program is brought up to date first
        server = server_storage(workspace, create=False)
        counts = copy_ledger(server, staged, office.clock)
        staged.path.replace(workspace.database)
        workspace.server_note.unlink()
    _note(evolve(office, workspace=evolve(workspace, server="")), "file")
    return _LedgerCopy(counts, "trên máy chủ")


def _note(office: Office, where: str) -> None:
    with office.writing("ledger copy"), Ledger.open(office.workspace, office.clock, office.person) as ledger:
        ledger.event("ledger", {"to": where})


@frozen
class _Verified:
    """What was looked at, and what does not agree."""

    files: int
    outputs: int
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()
    """Facts that are no fault: an output that a person has edited."""


def verify(office: Office) -> _Verified:
    """Every hash and every reference of the workspace. Raises Nq57Error where the ledger itself cannot be opened."""
    workspace = office.workspace
    with office.reading() as ledger:
        files, outputs = ledger.files(), ledger.latest_outputs()
        backup = max(workspace.backup.glob("nq57xl-*.db"), key=lambda path: path.name, default=None)
        source = f"backup/{backup.name}" if backup else "bản sao lưu của thư mục làm việc"
        problems = [f"Sổ nq57xl.db: {fault}. Có thể lấy lại từ {source}." for fault in ledger.faults()]
        problems += _missing(files, workspace)
        for path in sorted(workspace.archive.glob("??/*")):
            if path.is_file() and path.stem not in files and len(path.stem) == 64 and sha256_of(path) != path.stem:
                what = f"archive/{path.parent.name}/{path.name}: nội dung không khớp tên"
                problems.append(f"{what}; hãy chép lại từ bản sao lưu.")
        notes = []
        # a form issued must still be there; other outputs are made again by their command, and a person may edit them
        for key, digest in outputs.items():
            path = workspace.root / key
            if not path.is_file():
                if "/bieu-mau/" in key:
                    problems.append(f"Thiếu {key}: lập lại bằng «nq57xl generate»; nội dung vẫn như khi phát hành.")
            elif (found := sha256_of(path)) != digest and not ledger.was_written(key, found):
                notes.append(f"{key} đã được sửa sau khi lập.")
    return _Verified(len(files), len(outputs), tuple(problems), tuple(notes))


def _missing(files: dict[str, str], workspace: Workspace) -> Iterator[str]:
    """Which files that were once collected are no longer in the archive, unchanged, and whence they can come."""
    for sha256, name in files.items():
        if workspace.archived(sha256) is not None:
            continue
        damaged = workspace.archived(sha256, verify=False)
        what = f"bản lưu {damaged.name} bị thay đổi" if damaged else "không có trong archive/"
        there = (path for path in sorted(workspace.inbox.rglob("*")) if path.is_file())
        found = next((path.relative_to(workspace.root).as_posix() for path in there if sha256_of(path) == sha256), "")
        source = f"có thể chép lại từ {found}" if found else "hãy chép lại từ bản sao lưu của thư mục làm việc"
        yield f"Tệp «{name}» ({sha256[:10]}): {what}; {source}."
