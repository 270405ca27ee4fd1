"""The sheet "Đề xuất, kiến nghị": proposals on tasks, new tasks, general difficulties with who must decide."""

from __future__ import annotations

from collections.abc import Iterator

from nq57xl.outputs.report.sheet_parts import SOURCE, Cells, heading, source_link
from nq57xl.results.consolidation import Consolidation, FreeRow
from nq57xl.results.overview import NO_LEVEL
from nq57xl.results.wording import numbered, shown, work_of
from nq57xl.xlsx.pages import ReportColumn, ReportLine, ReportSheet

NAME = "Đề xuất, kiến nghị"
COLUMNS = (
    ReportColumn("number", "TT", 5, "center"),
    ReportColumn("unit", "Đơn vị", 14),
    ReportColumn("a", "", 38),
    ReportColumn("b", "", 32),
    ReportColumn("c", "", 36),
    ReportColumn("d", "", 28),
    ReportColumn("e", "", 11, "center"),
    SOURCE,
)


def proposal_page(c: Consolidation) -> ReportSheet:
    """The page: three blocks with headings of their own."""
    blocks = (*_general(c), *_on_tasks(c), *_new_tasks(c))
    lines = blocks or (ReportLine("para", {"number": "Các đơn vị không có đề xuất, kiến nghị."}),)
    return ReportSheet(NAME, COLUMNS, (*heading(c, "ĐỀ XUẤT, KIẾN NGHỊ CỦA CÁC ĐƠN VỊ"), *lines))


def _head(title: str, *names: str) -> Iterator[ReportLine]:
    yield ReportLine("group", {"number": title})
    cells = dict(zip("abcde", names, strict=True))
    yield ReportLine("head", {"number": "TT", "unit": "Đơn vị", **cells, "source": SOURCE.title})


def _on_tasks(c: Consolidation) -> Iterator[ReportLine]:
    names = ("Nhiệm vụ", "Khó khăn, vướng mắc", "Đề xuất, kiến nghị", "Nguyên nhân", "Mã nhiệm vụ")
    told = [(row, entry) for row in c.tasks for entry in row.entries if "proposal" in entry.values and not entry.before]
    if told:
        yield from _head("II. Đề xuất, kiến nghị theo nhiệm vụ", *names)
    for number, (row, entry) in enumerate(told, start=1):
        texts = (shown(entry.values.get(name), c.schema) for name in ("difficulties", "proposal", "cause"))
        cells: Cells = dict(zip("abcde", (work_of(row.task), *texts, numbered(row.task)), strict=True))
        source = source_link(entry.unit, "led", row.task.code)
        yield ReportLine("row", {"number": str(number), "unit": entry.name, **cells, "source": source})


def _new_tasks(c: Consolidation) -> Iterator[ReportLine]:
    names = ("Nhiệm vụ đề xuất", "Lý do, căn cứ", "Sản phẩm dự kiến", "Đơn vị chủ trì đề xuất", "Thời hạn đề xuất")
    rows = [row for row in c.free if row.table == "proposal"]
    if rows:
        yield from _head("III. Đề xuất nhiệm vụ mới", *names)
    yield from _free_lines(rows, ("title", "reason", "deliverable", "lead", "deadline"), c)


def _general(c: Consolidation) -> Iterator[ReportLine]:
    """By who must decide, the highest first; what names nobody comes last."""
    names = ("Khó khăn, vướng mắc chung", "Nguyên nhân", "Đề xuất, kiến nghị", "Cấp quyết định", "")
    rows = [row for row in c.free if row.table == "difficulty"]
    if rows:
        yield from _head("I. Khó khăn, kiến nghị chung, theo cấp quyết định", *names)
    for title, found in by_authority(rows, c):
        yield ReportLine("section", {"number": "", "unit": f"{title}: {len(found)} nội dung"})
        yield from _free_lines(found, ("content", "cause", "proposal", "authority"), c)


def by_authority(rows: list[FreeRow], c: Consolidation) -> list[tuple[str, list[FreeRow]]]:
    """General difficulties under the title of who must decide, in the order of the list from its end."""
    titles = [item.title for item in reversed(c.schema.lists.get("authority", ()))]
    found: dict[str, list[FreeRow]] = {title: [] for title in titles}
    for row in rows:
        found.setdefault(shown(row.values.get("authority"), c.schema) or NO_LEVEL, []).append(row)
    return [(title, found[title]) for title in found if found[title]]


def _free_lines(rows: list[FreeRow], fields: tuple[str, ...], c: Consolidation) -> Iterator[ReportLine]:
    for number, row in enumerate(rows, start=1):
        texts = {column: shown(row.values.get(name), c.schema) for column, name in zip("abcde", fields, strict=False)}
        source = source_link(row.unit, row.table, row.key)
        cells: Cells = {"number": str(number), "unit": row.name, **texts, "source": source}
        yield ReportLine("row", cells, anchors=(f"{row.table}|{row.unit}|{row.key}",))
