"""Finds the files of templates/ and schemas/ in a checkout, an editable install and a wheel.

What a workspace words otherwise travels as the path of that workspace: nothing is remembered here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

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
    for folder in ([workspace / kind] if workspace else []) + [packaged(kind)]:
        if (folder / name).is_file():
            return folder / name
    raise Nq57Error(f"Không tìm thấy tệp {kind}/{name}.")


def read_schema(name: str, workspace: Path | None = None) -> Any:  # noqa: ANN401 - YAML holds anything
    """Content of schemas/NAME. Raises Nq57Error naming the file when it is not YAML."""
    import yaml

    path = find("schemas", name, workspace)
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Nq57Error(f"Tệp {path} sai cú pháp: {error}") from error
