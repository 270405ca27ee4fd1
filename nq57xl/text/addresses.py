"""Addresses of cells as people read them."""

from __future__ import annotations

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


def place_of(cell: str) -> tuple[int, int]:
    """The 0-based row and column of an A1 address in capitals: the other way round."""
    letters = cell.rstrip("0123456789")
    return int(cell[len(letters) :]) - 1, column_of(letters)


def column_of(letters: str) -> int:
    """The 0-based column of those capitals: "AA" is 26."""
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column - 1
