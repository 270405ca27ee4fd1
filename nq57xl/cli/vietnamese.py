"""Makes click speak Vietnamese: headings, usage errors, hints.

click asks gettext for every sentence; the catalogue beside this file answers, whatever the language of the machine.
"""

from __future__ import annotations

import gettext
import os
from pathlib import Path

import click

LOCALE = Path(__file__).with_name("locale")
"""Catalogues as gettext wants them: messages.po for people, messages.mo made of it."""

_METAVARS = {
    "text": "CHỮ",
    "integer": "SỐ",
    "integer range": "SỐ",
    "float": "SỐ",
    "float range": "SỐ",
    "filename": "TỆP",
    "file": "TỆP",
    "directory": "THƯ_MỤC",
    "path": "ĐƯỜNG_DẪN",
}


def install(command: click.Command | None = None) -> None:
    """Binds gettext to the Vietnamese catalogue, and replaces the English placeholders of `command` and all below it.

    To be called before click parses or prints anything; calling it again changes nothing.
    """
    os.environ["LANGUAGE"] = "vi"  # gettext learns of the language from here alone
    gettext.bindtextdomain("messages", LOCALE)
    if command is not None:
        _placeholders(command)


def _placeholders(command: click.Command) -> None:
    if command.options_metavar == "[OPTIONS]":
        command.options_metavar = "[TÙY_CHỌN]"
    for param in command.params:
        if isinstance(param, click.Option) and param.metavar is None and not param.is_flag and not param.count:
            param.metavar = _METAVARS.get(param.type.name)
    if isinstance(command, click.Group):
        command.subcommand_metavar = "LỆNH [THAM_SỐ]..."
        for item in command.commands.values():
            _placeholders(item)
