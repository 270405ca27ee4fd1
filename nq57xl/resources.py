"""Finds the files of templates/ and schemas/ in a checkout, an editable install and a wheel.

What a workspace words otherwise travels as the path of that workspace: nothing is remembered here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nq57xl.errors import Nq57Error

if TYPE_CHECKING:
    from jinja2 import Template

_Kind = Literal["templates", "schemas"]

_PACKAGE = Path(__file__).resolve().parent


@lru_cache(maxsize=2)
def _packaged(kind: _Kind) -> Path:
    """Folder of the packaged templates or schemas; raises Nq57Error when the installation lacks it."""
    for folder in (_PACKAGE / "_data" / kind, _PACKAGE.parent / kind):
        if folder.is_dir():
            return folder
    raise Nq57Error(f"Bản cài đặt nq57xl thiếu thư mục {kind}; hãy cài lại chương trình.")


def find(kind: _Kind, name: str, workspace: Path | None = None) -> Path:
    """Path of one resource file or folder: the workspace's own copy if it has one, else the packaged one.

    `name` is a relative path with forward slashes, e.g. "plans/bql-2026.xlsx"; "" is the folder of all. Raises
    Nq57Error when there is none.
    """
    own = workspace / kind / name if workspace else None
    if own is not None and own.is_file():
        return own
    path = _packaged(kind) / name
    if path.exists():
        return path
    raise Nq57Error(f"Không tìm thấy tệp {kind}/{name}.")


def yaml_of(text: str) -> Any:  # noqa: ANN401 - YAML holds anything
    """What a YAML text says, by the loader in C where the installation has it: ten times as fast. Raises YAMLError."""
    import yaml

    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def read_schema(name: str, workspace: Path | None = None) -> Any:  # noqa: ANN401 - YAML holds anything
    """Content of schemas/NAME. Raises Nq57Error naming the file when it is not YAML."""
    import yaml

    path = find("schemas", name, workspace)
    try:
        return yaml_of(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Nq57Error(f"Tệp {path} sai cú pháp: {error}") from error


def fill(name: str, words: Mapping[str, Any], workspace: Path | None = None, *, trim_blocks: bool = True) -> str:
    """The text of templates/NAME filled with words: no blanks at line ends, no two blank lines in a row, one line
    break at the end. In a page (".html.") every word is escaped.

    `trim_blocks`: a line break right after a block tag goes. Raises Nq57Error when the template is wrong, also where
    it names a word that there is not.
    """
    from jinja2 import TemplateError

    try:
        source = find("templates", name, workspace).read_text(encoding="utf-8")
        text = _template(source, ".html." in name, trim_blocks).render(words)
    except (TemplateError, UnicodeDecodeError, TypeError, ValueError, ArithmeticError) as error:
        raise Nq57Error(
            f"Mẫu templates/{name} sai: {error}. Hãy sửa lại mẫu, hoặc xóa để dùng mẫu có sẵn, rồi chạy lại lệnh."
        ) from error
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return "\n".join(line for i, line in enumerate(lines) if line or lines[i - 1]) + "\n"


@lru_cache(maxsize=16)
def _template(source: str, html: bool, trim_blocks: bool) -> Template:
    """Sandboxed, because an office edits the templates; pages escape every word, because strangers name files.

    Kept: a run has hundreds of letters and five templates.
    """
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(
        undefined=StrictUndefined, autoescape=html, trim_blocks=trim_blocks, lstrip_blocks=trim_blocks
    )
    return environment.from_string(source)
