"""Reads and writes the Markdown tables that tests use to show their data."""

from __future__ import annotations

import re

_HEADING = re.compile(r"^(#+) (.*)$")


def cells(line: str) -> list[str]:
    """The texts of one table line."""
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def tables(text: str) -> list[tuple[tuple[str, ...], list[dict[str, str]]]]:
    """Every table of a document: the headings above it, outermost first, and its rows by column name."""
    found: list[tuple[tuple[str, ...], list[dict[str, str]]]] = []
    path: list[str] = []
    head: list[str] | None = None
    for line in text.splitlines():
        heading = _HEADING.match(line)
        if heading:
            path = [*path[: len(heading[1]) - 1], heading[2]]
        if not line.startswith("|"):
            head = None
        elif head is None:
            head = cells(line)
            found.append((tuple(path), []))
        elif not set(line) <= {"|", "-", ":", " "}:
            found[-1][1].append(dict(zip(head, cells(line), strict=True)))
    return found
