"""The one model that every reader gives: lines of text and tables of cells; and the body rows made of them."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from nq57xl.errors import Nq57Error

_MOST_PLACES = 1_000_000


@frozen
class Line:
    """A line or paragraph outside the tables."""

    text: str
    source: str
    """Where it stands: "trang 3", "đoạn 12", "dòng 40"."""


@frozen
class GridCell:
    """One place of a table's grid."""

    text: str = ""
    source: str = ""
    owner: tuple[int, int] | None = None
    """Row and column of the merged cell that covers this place; None for a cell of its own."""
    rows: int = 1
    """How many rows a merged cell covers."""
    cols: int = 1
    doubt: str = ""
    """Why the reader itself is not sure of the text; empty when it is."""
    short: bool = False
    """The text plainly ends in this cell: there is room under it. A row cut by a page goes on in other cells only."""


@frozen
class Placed:
    """A cell as a reader finds it: its place in the grid and how many rows and columns it covers."""

    row: int
    col: int
    text: str
    source: str
    rows: int = 1
    cols: int = 1
    doubt: str = ""
    short: bool = False


@frozen
class GridTable:
    """A rectangular grid; every row has the same number of cells."""

    rows: tuple[tuple[GridCell, ...], ...]
    page_starts: frozenset[int] = frozenset()
    """Rows that are the first on a page: they may go on with the row before."""
    title: str = ""
    """Name of the sheet, for a workbook."""
    unseen: tuple[tuple[str, str], ...] = ()
    """Texts that the document hides, with their place."""

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.rows[0]) if self.rows else 0

    def text(self, row: int, col: int) -> str:
        """The text of a place, of the merged cell that covers it too."""
        cell = self.rows[row][col]
        if cell.owner is not None:
            cell = self.rows[cell.owner[0]][cell.owner[1]]
        return cell.text

    def own(self, row: int) -> list[tuple[int, GridCell]]:
        """The cells that begin in that row and hold text, with their columns."""
        return [(col, cell) for col, cell in enumerate(self.rows[row]) if cell.owner is None and cell.text]

    def from_above(self, row: int, col: int) -> bool:
        """True when a merged cell that began in an earlier row covers the place."""
        owner = self.rows[row][col].owner
        return owner is not None and owner[0] < row

    def from_left(self, row: int, col: int) -> bool:
        """True when a merged cell of an earlier column covers the place."""
        owner = self.rows[row][col].owner
        return owner is not None and owner[1] < col

    def source(self, row: int) -> str:
        """Where the row stands."""
        return next((cell.source for cell in self.rows[row] if cell.source), "")


@frozen
class Document:
    """A document as read, in its own order."""

    items: tuple[Line | GridTable, ...]
    plain: bool = False
    """True for text without tables: its cells must be told apart by their words."""

    @property
    def lines(self) -> list[Line]:
        """All lines outside the tables."""
        return [item for item in self.items if isinstance(item, Line)]

    @property
    def tables(self) -> list[GridTable]:
        """All tables."""
        return [item for item in self.items if isinstance(item, GridTable)]


def table_of(cells: Iterable[Placed], page_starts: Iterable[int] = (), title: str = "",
             unseen: tuple[tuple[str, str], ...] = ()) -> GridTable:  # fmt: skip
    """The grid of those cells; places without a cell are blank."""
    cells = [cell for cell in cells if cell.rows > 0 and cell.cols > 0]
    if sum(cell.rows * cell.cols for cell in cells) > _MOST_PLACES:
        raise Nq57Error("Bảng trong văn bản quá lớn, không đọc được an toàn: hãy tách riêng phần phụ lục.")
    height = max((cell.row + cell.rows for cell in cells), default=0)
    width = max((cell.col + cell.cols for cell in cells), default=0)
    if height * width > _MOST_PLACES:
        raise Nq57Error("Bảng trong văn bản quá lớn, không đọc được an toàn: hãy tách riêng phần phụ lục.")
    grid: list[list[GridCell]] = [[GridCell() for _ in range(width)] for _ in range(height)]
    for cell in cells:
        for row in range(cell.row, cell.row + cell.rows):
            for col in range(cell.col, cell.col + cell.cols):
                grid[row][col] = GridCell("", cell.source, (cell.row, cell.col))
        grid[cell.row][cell.col] = GridCell(cell.text, cell.source, None, cell.rows, cell.cols, cell.doubt, cell.short)
    return GridTable(tuple(tuple(row) for row in grid), frozenset(page_starts), title, unseen)


@frozen
class SourceText:
    """A text of the document on its way into a cell of the plan."""

    text: str = ""
    source: str = ""
    doubt: str = ""
    """Why a person must look at it, in Vietnamese; empty when the reading is sure."""


@frozen
class BodyRow:
    """One body row."""

    values: dict[str, SourceText]
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
