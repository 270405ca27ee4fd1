"""Finds the files of templates/ and schemas/ in a checkout, an editable install and a wheel."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from nq57xl.errors import Nq57Error

Kind = Literal["templates", "schemas"]

_PACKAGE = Path(__file__).resolve().parent
_OFFICE = "NQ57XL_OFFICE"
"""Names the workspace in the environment, so that the processes which read files find its wording, too."""


def use_workspace(root: Path) -> None:
    """From now on the files of this workspace come before the packaged ones, also where no workspace is named."""
    os.environ[_OFFICE] = str(root.resolve())


def packaged(kind: Kind) -> Path:
    """Folder of the packaged templates or schemas; raises Nq57Error when the installation lacks it."""
    for folder in (_PACKAGE / "_data" / kind, _PACKAGE.parent / kind):
        if folder.is_dir():
            return folder
    raise Nq57Error(f"Bản cài đặt nq57xl thiếu thư mục {kind}; hãy cài lại chương trình.")


def find(kind: Kind, name: str, workspace: Path | None = None) -> Path:
    """Path of one resource file: the workspace's own copy if it has one, else the packaged one.

    Without `workspace` the one of `use_workspace` counts.
    `name` is a relative path with forward slashes, e.g. "plans/bql-2026.xlsx". Raises Nq57Error when there is none.
    """
    used = os.environ.get(_OFFICE)
    own = workspace or (Path(used) if used else None)
    for folder in ([own / kind] if own else []) + [packaged(kind)]:
        if (folder / name).is_file():
            return folder / name
    raise Nq57Error(f"Không tìm thấy tệp {kind}/{name}.")
