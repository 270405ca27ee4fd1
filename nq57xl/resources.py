"""Finds the files of templates/ and schemas/ in a checkout, an editable install and a wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from nq57xl.errors import Nq57Error

Kind = Literal["templates", "schemas"]

_PACKAGE = Path(__file__).resolve().parent


def packaged(kind: Kind) -> Path:
    """Folder of the packaged templates or schemas; raises Nq57Error when the installation lacks it."""
    for folder in (_PACKAGE / "_data" / kind, _PACKAGE.parent / kind):
        if folder.is_dir():
            return folder
    raise Nq57Error(f"Bản cài đặt nq57xl thiếu thư mục {kind}; hãy cài lại chương trình.")


def find(kind: Kind, name: str, workspace: Path | None = None) -> Path:
    """Path of one resource file: the workspace's own copy if it has one, else the packaged one.

    `name` is a relative path with forward slashes, e.g. "plans/bql-2026.xlsx". Raises Nq57Error when there is none.
    """
    candidates = [workspace / kind / name] if workspace is not None else []
    candidates.append(packaged(kind) / name)
    for path in candidates:
        if path.is_file():
            return path
    raise Nq57Error(f"Không tìm thấy tệp {kind}/{name}.")
