"""Compiles the catalogue of click's sentences: `python -m tools.compile_messages`, after a change of messages.po.

A test fails when the compiled catalogue says something else than its source.
"""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from nq57xl import cli

SOURCE = Path(cli.__file__).parent / "locale" / "vi" / "LC_MESSAGES" / "messages.po"


def compiled() -> bytes:
    """The catalogue as gettext reads it."""
    with SOURCE.open("rb") as file:
        catalogue = read_po(file, locale="vi")
    target = io.BytesIO()
    write_mo(target, catalogue)
    return target.getvalue()


if __name__ == "__main__":
    SOURCE.with_suffix(".mo").write_bytes(compiled())
