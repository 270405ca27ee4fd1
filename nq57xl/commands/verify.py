"""verify: ledger, archive and outputs agree; what is missing is named, with where it can come from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from nq57xl.commands.office import Office
from nq57xl.ledger.archive import archived
from nq57xl.ledger.store import Ledger
from nq57xl.ledger.workspace import Workspace
from nq57xl.text.files import sha256_of


@frozen
class Verified:
    """What was looked at, and what does not agree."""

    files: int
    outputs: int
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()
    """Facts that are no fault: an output that a person has edited."""


def verify(office: Office) -> Verified:
    """Every hash and every reference of the workspace. Raises Nq57Error where the ledger itself cannot be opened."""
    workspace = office.workspace
    with office.reading() as ledger:
        files, outputs = ledger.files(), ledger.latest_outputs()
        problems = [*_ledger(ledger, workspace), *_archive(files, workspace), *_strays(files, workspace)]
        notes: list[str] = []
        for key, digest in outputs.items():
            problem, note = _output(workspace, key, digest, ledger)
            problems += problem
            notes += note
    return Verified(len(files), len(outputs), tuple(problems), tuple(notes))


def _ledger(ledger: Ledger, workspace: Workspace) -> Iterator[str]:
    for fault in ledger.faults():
        yield f"Sổ nq57xl.db: {fault}. Có thể lấy lại từ {_newest_backup(workspace)}."


def _archive(files: dict[str, str], workspace: Workspace) -> Iterator[str]:
    """Every file ever collected is in the archive, unchanged."""
    for sha256, name in files.items():
        if archived(workspace, sha256) is not None:
            continue
        damaged = archived(workspace, sha256, verify=False)
        what = f"bản lưu {damaged.name} bị thay đổi" if damaged else "không có trong archive/"
        found = _same_content(workspace.inbox, sha256)
        source = f"có thể chép lại từ {found}" if found else "hãy chép lại từ bản sao lưu của thư mục làm việc"
        yield f"Tệp «{name}» ({sha256[:10]}): {what}; {source}."


def _strays(files: dict[str, str], workspace: Workspace) -> Iterator[str]:
    """What lies in the archive under a name that its content does not have."""
    for path in sorted(workspace.archive.glob("??/*")):
        if path.is_file() and path.stem not in files and len(path.stem) == 64 and sha256_of(path) != path.stem:
            yield f"archive/{path.parent.name}/{path.name}: nội dung không khớp tên; hãy chép lại từ bản sao lưu."


def _output(workspace: Workspace, key: str, digest: str, ledger: Ledger) -> tuple[list[str], list[str]]:
    """A form issued must still be there; other outputs are made again by their command, and a person may edit them."""
    path = workspace.root / key
    if not path.is_file():
        if "/bieu-mau/" in key:
            return [f"Thiếu {key}: lập lại bằng «nq57xl generate»; nội dung vẫn như khi phát hành."], []
        return [], []
    found = sha256_of(path)
    if found == digest or ledger.was_written(key, found):
        return [], []
    return [], [f"{key} đã được sửa sau khi lập."]


def _same_content(folder: Path, sha256: str) -> str:
    """A file below the folder with that content; "" for none."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        if path.is_file() and sha256_of(path) == sha256:
            return path.relative_to(folder.parent).as_posix()
    return ""


def _newest_backup(workspace: Workspace) -> str:
    found = max(workspace.backup.glob("nq57xl-*.db"), key=lambda path: path.name, default=None)
    return f"backup/{found.name}" if found else "bản sao lưu của thư mục làm việc"
