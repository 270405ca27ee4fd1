"""What the importer's stages hand on: texts with their place and doubt, and body rows of them."""

from __future__ import annotations

from attrs import frozen


@frozen
class Value:
    """A text of the document on its way into a cell of the plan."""

    text: str = ""
    source: str = ""
    doubt: str = ""
    """Why a person must look at it, in Vietnamese; empty when the reading is sure."""


@frozen
class Raw:
    """One body row."""

    values: dict[str, Value]
    """Field -> text of the row's own cells."""
    source: str
    merged: frozenset[str] = frozenset()
    """Fields whose cell is the lower part of a merged one."""
    tall: frozenset[str] = frozenset()
    """Fields whose cell reaches down into the next rows."""
    title: str = ""
    """The text of a row that is one wide cell."""
    starts_page: bool = False
    first: bool = False
    """True for the first row under headings that are not a repetition: another appendix may begin."""
    near_top: bool = False
    """True for the row after one that the page before began."""
    short: frozenset[str] = frozenset()
    """Fields whose text ends well above the lower border of its cell: no page cut it."""
    between: bool = False
    """True for a heading that stands as text between two tables."""

    def text(self, name: str) -> str:
        """The text of a field, empty when the row has none."""
        return self.values[name].text if name in self.values else ""
