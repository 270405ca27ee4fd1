"""Fills in a form as a person with a spreadsheet program does, knowing nothing of nq57xl.

All it sees is what anybody sees: which cells are unlocked, their validations, and the words in locked cells: headings
above, labels beside, section lines. It imports nothing of the package, so that a form which only our own code can fill
in would fail the tests that use it.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import openpyxl
from openpyxl.cell.cell import Cell
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

Mode = Literal["complete", "random"]
Entry = str | float | dt.date

TODAY = dt.date(2026, 4, 13)
"""When the form is filled in: a day inside the data window of April 2026."""
SHARE = 0.6
"""Part of the cells that the random mode fills in."""
FREE_ROWS = 2
"""Rows of a table without fixed rows that the complete mode fills in."""

PHRASES = (
    "Đã trình dự thảo lần hai, các phòng đã góp ý đầy đủ",
    "Đã rà soát xong hồ sơ; còn chờ ý kiến của Sở Tài chính",
    "Tổ chức được 03 lớp tập huấn cho công chức, viên chức",
    "Đề nghị sớm bố trí kinh phí để triển khai đúng tiến độ",
    "Kết nối thử nghiệm đạt yêu cầu, số liệu đồng bộ hằng ngày",
    "Đã thống nhất phương án; ký ban hành trong tuần tới",
)


class Typed(NamedTuple):
    """One cell that was typed into."""

    sheet: str
    cell: str
    value: Entry


class Spot(NamedTuple):
    """One unlocked cell with all that can be seen about it."""

    sheet: Worksheet
    cell: Cell
    label: str
    """Heading above it, or label to the left; in small letters."""
    line: tuple[str, ...]
    """Section line above and first words of the row: the same row on another sheet has the same."""
    rule: DataValidation | None
    items: tuple[str, ...]
    """What the dropdown offers."""
    alone: bool
    """The only unlocked cell of its row: a line of a card, not a table."""


def fill(form: Path, target: Path, *, seed: int, mode: Mode = "complete", today: dt.date = TODAY) -> list[Typed]:
    """Opens a form, types into its unlocked cells, saves it as `target`; returns what was typed and where.

    `complete` fills every row so that nothing is missing and nothing contradicts; `random` takes any cell and any value
    that its validation admits. Every text is different from every other text of the same seed.
    """
    book = openpyxl.load_workbook(form)
    person = Person(random.Random(f"{seed}-{mode}"), today, f"{seed}")
    spots = list(seen(book))
    chosen = person.at_random(spots) if mode == "random" else person.completely(spots)
    typed = []
    for spot, value in chosen:
        spot.cell.value = value
        typed.append(Typed(spot.sheet.title, spot.cell.coordinate, value))
    book.save(target)
    return typed


def seen(book: Workbook) -> Iterator[Spot]:
    """Every unlocked cell of the visible sheets, in reading order."""
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            continue
        for cells in sheet.iter_rows():
            open_cells = [cell for cell in cells if isinstance(cell, Cell) and not cell.protection.locked]
            for cell in open_cells:
                rule = rule_of(sheet, cell)
                alone = len(open_cells) == 1
                label = beside(sheet, cell) if alone else above(sheet, cell, open_cells)
                yield Spot(sheet, cell, label.lower(), line_of(sheet, cell), rule, items_of(book, rule), alone)


def rule_of(sheet: Worksheet, cell: Cell) -> DataValidation | None:
    """The validation of a cell."""
    found = (rule for rule in sheet.data_validations.dataValidation if cell.coordinate in rule.sqref)
    return next(found, None)


def items_of(book: Workbook, rule: DataValidation | None) -> tuple[str, ...]:
    """What a dropdown offers: the cells of the range that its name stands for."""
    if rule is None or rule.type != "list":
        return ()
    sheet, _, area = book.defined_names[str(rule.formula1).lstrip("=")].attr_text.rpartition("!")
    left, top, right, bottom = range_boundaries(area)
    cells = book[sheet.strip("'")].iter_rows(top, bottom, left, right, values_only=True)
    return tuple(str(value) for row in cells for value in row if value is not None)


def words(sheet: Worksheet, row: int, column: int) -> str:
    """Text of a locked, visible cell."""
    cell = sheet.cell(row, column)
    hidden = sheet.column_dimensions[get_column_letter(column)].hidden or sheet.row_dimensions[row].hidden
    return cell.value if isinstance(cell.value, str) and not hidden and not cell.value.startswith("=") else ""


def above(sheet: Worksheet, cell: Cell, open_cells: list[Cell]) -> str:
    """Heading of a column: the nearest line above with words over every open cell of the row."""
    for row in range(cell.row - 1, 0, -1):
        if all(words(sheet, row, item.column) for item in open_cells):
            return words(sheet, row, cell.column)
    return ""


def beside(sheet: Worksheet, cell: Cell) -> str:
    """Label of a single cell: the nearest words to its left."""
    return next((text for column in range(cell.column - 1, 0, -1) if (text := words(sheet, cell.row, column))), "")


def line_of(sheet: Worksheet, cell: Cell) -> tuple[str, ...]:
    """Section line and number of a row, by which a person finds the row on another sheet."""
    number = words(sheet, cell.row, 2)
    for row in range(cell.row - 1, 0, -1):
        texts = [text for column in range(2, sheet.max_column + 1) if (text := words(sheet, row, column))]
        if len(texts) == 1:
            return (texts[0], number)
    return ("", number)


class Person:
    """Who fills in: makes up values, and remembers nothing but what was chosen in each line."""

    def __init__(self, chance: random.Random, today: dt.date, mark: str) -> None:
        self.chance, self.today, self.mark = chance, today, mark
        self.count = 0

    def text(self, longest: int) -> str:
        """A sentence that stands nowhere else."""
        self.count += 1
        tail = f" ({self.mark}.{self.count:03d})"
        return self.chance.choice(PHRASES)[: max(0, longest - len(tail))] + tail

    def day(self, rule: DataValidation) -> dt.date:
        """A day of the last weeks, within the limits of the cell."""
        epoch = dt.date(1899, 12, 30)
        low, high = (epoch + dt.timedelta(days=int(float(str(limit)))) for limit in (rule.formula1, rule.formula2))
        return min(max(self.today - dt.timedelta(days=self.chance.randrange(20)), low), high)

    def value(self, spot: Spot) -> Entry:
        """Something that the cell's validation admits."""
        rule = spot.rule
        if spot.items:
            return self.chance.choice(spot.items)
        if spot.label.startswith("số, ký hiệu"):  # what its heading asks for: any other text is asked back
            return self.citation()
        if rule is None or rule.type == "textLength":
            return self.text(int(float(str(rule.formula1))) if rule else 200)
        if rule.type == "date":
            return self.day(rule)
        if rule.formula2 is not None and float(str(rule.formula2)) == 1:
            return self.chance.randrange(1, 99) / 100
        return float(self.chance.randrange(1, 500))

    def citation(self) -> str:
        """Number and day of a document, as people write them in one cell."""
        number = 100 + PHRASES.index(self.chance.choice(PHRASES))
        return f"{number}/BC-VP ngày {self.today - dt.timedelta(days=self.chance.randrange(20)):%d/%m/%Y}"

    def at_random(self, spots: list[Spot]) -> Iterator[tuple[Spot, Entry]]:
        """Any cell, any value."""
        for spot in spots:
            if self.chance.random() < SHARE:
                yield spot, self.value(spot)

    def completely(self, spots: list[Spot]) -> Iterator[tuple[Spot, Entry]]:
        """Sheet by sheet, row by row, so that nothing is missing and nothing contradicts."""
        progress: dict[tuple[str, ...], str] = {}
        nothing_at_all: set[str] = set()
        used: dict[str, set[int]] = {}
        lines: dict[tuple[str, int], list[Spot]] = {}
        for spot in spots:
            lines.setdefault((spot.sheet.title, spot.cell.row), []).append(spot)
        for spot in spots:
            sheet, row = spot.sheet.title, spot.cell.row
            line = lines[sheet, row]
            if spot.alone and spot.items:  # one statement for a whole sheet
                if self.chance.random() < 0.3:
                    nothing_at_all.add(sheet)
                    yield spot, spot.items[0]
            elif spot.label.startswith("tiến độ"):
                progress[spot.line] = str(self.value(spot))
                yield spot, progress[spot.line]
            elif spot.line in progress:
                value = self.by_progress(spot, progress[spot.line])
                if value is not None:
                    yield spot, value
            elif spot.cell is line[0].cell and sheet not in nothing_at_all:
                taken = used.setdefault(sheet, set())
                if spot.alone or fixed(line) or len(taken) < FREE_ROWS:
                    taken.add(row)
                    yield from self.whole_line(line)

    def by_progress(self, spot: Spot, progress: str) -> Entry | None:
        """A cell of a task's row: what its heading asks for at that progress; None where it stays blank."""
        state = progress.lower()
        if state == "chưa phát sinh":
            return None
        done = state == "hoàn thành"
        if spot.label.startswith("tỷ lệ"):
            return {"hoàn thành": 1.0, "đang thực hiện": self.chance.randrange(1, 99) / 100}.get(state)
        if spot.label.startswith("số, ký hiệu"):
            return self.value(spot) if done else None
        if spot.label.startswith("trích yếu"):
            linked = self.chance.choice(PHRASES) is PHRASES[0]
            return f"{self.value(spot)} https://sxd.dongnai.gov.vn/vb/{self.count}" if linked else self.value(spot)
        if spot.label.startswith("ngày hoàn thành"):
            return self.value(spot) if done else None
        if spot.label.startswith("kết quả"):
            return None if state == "chưa thực hiện" else self.value(spot)
        return self.value(spot)

    def whole_line(self, line: list[Spot]) -> Iterator[tuple[Spot, Entry]]:
        """A row that stands alone: either its mark ("không phát sinh", "chưa có số liệu"), or everything else."""
        marks = [spot for spot in line if len(spot.items) == 1]
        if marks and self.chance.random() < 0.3:
            yield marks[0], marks[0].items[0]
            return
        part = next((spot for spot in line if spot.label.startswith("tử số")), None)
        whole = next((spot for spot in line if spot.label.startswith("mẫu số")), None)
        share = self.chance.randrange(1, 99)
        result = next((spot for spot in line if spot.label.startswith("kết quả đạt")), None)
        # of what is no percentage there are no parts: only its result is asked for
        whole_only = result is not None and (result.rule is None or not result.rule.formula2)
        for spot in line:
            if spot in marks or (whole_only and spot in (part, whole)):
                continue
            if spot is part or spot is whole:
                yield spot, float(share if spot is part else 100)
            elif part is not None and spot.rule is not None and spot.rule.type == "decimal":
                percent = spot.rule.formula2 is not None
                yield spot, share / 100 if percent else self.value(spot)
            else:
                yield spot, self.value(spot)


def fixed(line: list[Spot]) -> bool:
    """Whether the row is one that the form names (words beside it), not a free row with nothing but a number."""
    sheet, cell = line[0].sheet, line[0].cell
    return any(words(sheet, cell.row, column) for column in range(3, cell.column))
