"""Addresses of cells as people read them."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=20_000)  # every sheet of every form has the same addresses
def a1(row: int, column: int) -> str:
    """The A1 address of a 0-based place: (0, 0) is "A1"."""
    return f"{letters_of(column)}{row + 1}"


def letters_of(column: int) -> str:
    """The letters of a 0-based column: 0 is "A", 26 is "AA"."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


_ADDRESS = re.compile(r"([A-Za-z]{1,3})([1-9][0-9]{0,6})")


@lru_cache(maxsize=20_000)
def place_of(address: str) -> tuple[int, int]:
    """The 0-based row and column of an A1 address: the other way round. Raises ValueError for what is none."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise ValueError(address)
    column = 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - 64
    return int(match[2]) - 1, column - 1
