"""What the sheets of the report share: names, columns, headings, rows in groups, links to sources; those sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from attrs import frozen

from nq57xl.forms.model import Value
from nq57xl.ledger.model import AppliedEdit
from nq57xl.resources import read_schema
from nq57xl.results.model import Consolidation, LeadEntry, TaskRow, TracedCell
from nq57xl.results.overview import past_periods
from nq57xl.results.wording import EDIT_KINDS, field_title, shown, source_anchor, table_title
from nq57xl.text.clock import moment_words
from nq57xl.xlsx.pages import CellContent, Link, ReportColumn, ReportLine, ReportSheet

Cells = dict[str, CellContent]
"""Column name -> content."""
_Align = Literal["left", "center", "right"]


@frozen
class SheetKind:
    """What schemas/report.yml says of a sheet."""

    name: str
    columns: tuple[ReportColumn, ...]

    def with_columns(self, before: str, *more: ReportColumn) -> SheetKind:
        """With more columns, in front of that one."""
        place = next(i for i, column in enumerate(self.columns) if column.name == before)
        return SheetKind(self.name, (*self.columns[:place], *more, *self.columns[place:]))


def _column(name: str, title: str, width: float, align: _Align = "left", where: str = "") -> ReportColumn:
    return ReportColumn(name, title, width, align, printed=not where, hidden=where == "hidden")


SHEETS: dict[str, SheetKind] = {
    key: SheetKind(sheet["sheet"], tuple(_column(name, *about) for name, about in sheet["columns"].items()))
    for key, sheet in read_schema("report.yml").items()
}
"""By a word of the code. A column `source` numbers the lines of nguon-so-lieu.xlsx that hold what a row shows."""


def list_sheet(
    sheet: SheetKind,
    top: Iterable[ReportLine],
    lines: Iterable[ReportLine],
    *notes: str,
    band: Cells | None = None,
    sparing: bool = True,
    frozen_columns: int = 2,
) -> ReportSheet:
    """A sheet that is one list under its headings, with a filter; without a line it says so under `top` alone.

    `band`: headings over several columns each; `sparing`: columns in which nothing stands, and which no formula reads,
    are left out.
    """
    body, columns = tuple(lines), sheet.columns
    if not body:
        nothing = ReportLine("para", {"number": "Không có nội dung."})
        return ReportSheet(sheet.name, columns, (*top, nothing))
    if sparing:
        used = {name for line in body for pair in line.spans.items() for name in pair}
        used |= {name for line in body for name, content in line.cells.items() if content not in (None, "")}
        columns = tuple(column for column in columns if column.name in used or not column.printed)
    bands = (ReportLine("band", band),) if band else ()
    heads = ReportLine("head", {column.name: column.title for column in columns})
    above = (*top, *(ReportLine("note", {"number": note}) for note in notes), *bands, heads)
    return ReportSheet(sheet.name, columns, (*above, *body), filtered=True, frozen_columns=frozen_columns)


def heading(c: Consolidation, title: str) -> tuple[ReportLine, ...]:
    """Title of the sheet and of the report, over the whole width."""
    subtitle = ReportLine("subtitle", {"number": f"{c.title}, {c.period.title}"})
    return (ReportLine("title", {"number": title}), subtitle)


def source_link(unit: str, table: str, key: str) -> Link:
    """Leads to the typed cells of a unit's row in nguon-so-lieu.xlsx, and tells their numbers."""
    return Link("{label}", source_anchor(unit, table, key))


def labelled(values: Mapping[str, Value], names: Iterable[tuple[str, str]], c: Consolidation) -> str:
    """Texts of one cell, each on its own line after its label; "" where none was typed."""
    told = ((label, shown(values.get(name), c.schema)) for name, label in names)
    return "\n".join(f"{label}{text}" for label, text in told if text)


def standing_text(entry: LeadEntry, row: TaskRow, c: Consolidation) -> str:
    """ "Đang thực hiện, 45%" over "Quá hạn 14 ngày": one unit's progress and where it stands against the deadline."""
    progress, timeliness = entry.words(row, c)
    days = entry.days_words or timeliness
    first = ", ".join(filter(None, (progress, entry.share(c.schema))))
    return "\n".join(filter(None, (first, days if days != first else "")))


_SHEET = SHEETS["sources"]
_EMPTY = ReportSheet(_SHEET.name, _SHEET.columns, ()).placed().page
"""The page with its columns as wide as they will be."""


def source_page(c: Consolidation, *, contacts: bool) -> ReportSheet:
    """The page of the report (`contacts` False), or the page of noi-bo.xlsx with the contacts alone."""
    note = (
        "Mỗi dòng là một ô do đơn vị nhập trong báo cáo được chấp nhận, giữ nguyên văn; số thứ tự là «Nguồn số» in "
        "trong bao-cao-tong-hop.xlsx. Ô để trống không có dòng nào ở đây và không được tính là 0. Tệp gốc lưu trong "
        "thư mục archive theo mã băm."
    )
    before = (item for one in past_periods(c) for item in one.edits)
    applied = (*before, *(item for item in c.edits if item.state == "applied"))
    edits = {(*item.edit.new.place, item.edit.source.sha256): item for item in applied}
    if edits:
        note += " Ô do đơn vị tổng hợp biên tập ghi tệp bien-tap.xlsx, dòng dưới nêu ai sửa, vì sao, trước đó là gì."
    traced = [item for item in c.traced if item.contact == contacts]
    return list_sheet(_SHEET, heading(c, "NGUỒN SỐ LIỆU"), _lines(c, traced, edits), note)


def source_labels(c: Consolidation) -> dict[str, str]:
    """Anchor -> numbers of its lines: "12-19"; of a unit's row, and of all its rows of a table."""
    found: dict[str, list[int]] = {}
    for number, item in enumerate((item for item in c.traced if not item.contact), start=1):
        for anchor in _anchors_of(item):
            found.setdefault(anchor, []).append(number)
    return {a: f"{n[0]}-{n[-1]}" if len(n) > 1 else str(n[0]) for a, n in found.items()}


def _lines(
    c: Consolidation, traced: Sequence[TracedCell], edits: Mapping[tuple[str, str, str, str, str], AppliedEdit]
) -> Iterator[ReportLine]:
    """A line for each cell; `edits`, those of rows carried over too, by the cell of the unit and the file with it."""
    for number, item in enumerate(traced, start=1):
        value, source = item.value, item.source
        field, words = c.schema.find(value.table, value.field), shown(value, c.schema, percent=value.key in c.percents)
        plain = (field is None or field.type == "text") and words == value.typed  # needs no second copy
        cells: Cells = {
            "number": str(number),
            "unit": item.name,
            "table": table_title(c.schema, value.table),
            "key": "" if value.key == value.table else value.key,
            "field": field_title(c.schema, value),
            "typed": value.typed,
            "value": "như đã nhập" if plain else words,
            "file": source.name,
            "sheet": value.sheet,
            "cell": value.cell,
            "received": moment_words(source.received_at),
            "hash": source.sha256[:10],
            "link": Link("xem dòng {row}", f"{value.table}|{item.unit}|{value.key}"),
            "sha": source.sha256,
            "path": source.path,
            "whole": value.typed if _EMPTY.rows_needed(value.typed, "typed") > 1 else None,
        }
        yield ReportLine("row", cells, anchors=_anchors_of(item))
        edit = edits.get((*item.place, source.sha256))
        for told in (f"{value.stated}." if value.stated else "", _edit_words(edit, c) if edit else ""):
            if told:
                yield ReportLine("sub", {"typed": told}, spans={"typed": "hash"})


def _edit_words(item: AppliedEdit, c: Consolidation) -> str:
    """Who edited and why, what the unit had typed, and where that stands."""
    new, own = item.edit.new, item.original
    words = f"{EDIT_KINDS[new.kind]}: {new.author}, ghi nhận lúc {moment_words(item.edit.at)}; lý do: {new.reason}. "
    if own is None:
        return f"{words}Đơn vị để trống ô này."
    counting = next((unit.status.counting for unit in c.units if unit.status.code == new.unit), None)
    file = own.origin or (counting.judged.source if counting is not None else None)
    where = f"tệp {file.name}, " if file is not None else ""
    return f"{words}Đơn vị đã nhập «{own.typed}» ({where}trang «{own.sheet}», ô {own.cell})."


def _anchors_of(traced: TracedCell) -> tuple[str, str]:
    """Of its row, and of all rows of its table; links lead to the first line that has one."""
    table = traced.value.table
    return source_anchor(traced.unit, table, traced.value.key), source_anchor(traced.unit, table, "")
