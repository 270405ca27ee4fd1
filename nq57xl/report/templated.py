"""Fills the text templates that an office may edit; texts from outside are values, never templates."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nq57xl import resources
from nq57xl.errors import Nq57Error


def filled(name: str, words: Mapping[str, Any], workspace: Path | None = None, *, html: bool = False) -> str:
    """The template templates/NAME filled with `words`; `html`: every word is escaped.

    No blanks at line ends, no two blank lines in a row, a line break at the end. Raises Nq57Error when the template is
    wrong.
    """
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import SandboxedEnvironment

    try:
        source = resources.find("templates", name, workspace).read_text(encoding="utf-8")
        environment = SandboxedEnvironment(
            undefined=StrictUndefined, autoescape=html, trim_blocks=True, lstrip_blocks=True
        )
        text = environment.from_string(source).render(words)
    except (TemplateError, UnicodeDecodeError, TypeError, ValueError, ArithmeticError) as error:
        raise Nq57Error(f"Mẫu templates/{name} sai: {error}. Hãy sửa lại mẫu hoặc xóa để dùng mẫu có sẵn.") from error
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return "\n".join(line for i, line in enumerate(lines) if line or (i and lines[i - 1])) + "\n"
