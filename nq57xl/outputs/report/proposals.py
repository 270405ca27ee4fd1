"""The sheet "Đề xuất - kiến nghị": proposals on tasks, new tasks, general difficulties with who must decide."""

from __future__ import annotations

from collections.abc import Iterator

from nq57xl.outputs.report.sheet_parts import Cells, heading, source_link
from nq57xl.results.consolidation import Consolidation, FreeRow
from nq57xl.results.wording import numbered, shown, work_of
from nq57xl.xlsx.pages import ReportColumn, ReportLine, ReportSheet

NAME = "Đề xuất - kiến nghị"
COLUMNS = (
    ReportColumn("number", "TT", 5, "center"),
    ReportColumn("unit", "Đơn vị", 18),
    ReportColumn("a", "", 40),
    ReportColumn("b", "", 32),
    ReportColumn("c", "", 32),
    ReportColumn("d", "", 20),
    ReportColumn("e", "", 14, "center"),
    ReportColumn("source", "Nguồn", 10, "center", printed=False),
)
_BLANK = "Không có nội dung."
_NOBODY = "Chưa ghi cấp giải quyết"


def proposal_page(c: Consolidation) -> ReportSheet:
    """The page: three blocks with headings of their own."""
    lines = heading(c, "ĐỀ XUẤT, KIẾN NGHỊ CỦA CÁC ĐƠN VỊ")
    return ReportSheet(NAME, COLUMNS, (*lines, *_on_tasks(c), *_new_tasks(c), *_general(c)))


def _head(title: str, *names: str) -> Iterator[ReportLine]:
    yield ReportLine("group", {"number": title})
    cells = dict(zip("abcde", names, strict=True))
    yield ReportLine("head", {"number": "TT", "unit": "Đơn vị", **cells, "source": "Nguồn"})


def _on_tasks(c: Consolidation) -> Iterator[ReportLine]:
    names = ("Nhiệm vụ", "Khó khăn, vướng mắc", "Đề xuất, kiến nghị", "Nguyên nhân", "Mã nhiệm vụ")
    yield from _head("I. Đề xuất, kiến nghị theo nhiệm vụ", *names)
    told = [(row, entry) for row in c.tasks for entry in row.entries if "proposal" in entry.values]
    for number, (row, entry) in enumerate(told, start=1):
        texts = (shown(entry.values.get(name), c.schema) for name in ("difficulties", "proposal", "cause"))
        cells: Cells = dict(zip("abcde", (work_of(row.task), *texts, numbered(row.task)), strict=True))
        source = source_link(entry.unit, "led", row.task.code)
        yield ReportLine("row", {"number": str(number), "unit": entry.name, **cells, "source": source})
    if not told:
        yield ReportLine("note", {"number": _BLANK})


def _new_tasks(c: Consolidation) -> Iterator[ReportLine]:
    names = ("Nhiệm vụ đề xuất", "Lý do, căn cứ", "Sản phẩm dự kiến", "Đơn vị chủ trì đề xuất", "Thời hạn đề xuất")
    yield from _head("II. Đề xuất nhiệm vụ mới", *names)
    rows = [row for row in c.free if row.table == "proposal"]
    yield from _free_lines(rows, ("title", "reason", "deliverable", "lead", "deadline"), c)
    if not rows:
        yield ReportLine("note", {"number": _BLANK})


def _general(c: Consolidation) -> Iterator[ReportLine]:
    """By who must decide, the highest first; what names nobody comes last."""
    names = ("Khó khăn, vướng mắc chung", "Nguyên nhân", "Đề xuất, kiến nghị", "Cấp giải quyết", "")
    yield from _head("III. Khó khăn, kiến nghị chung, theo cấp giải quyết", *names)
    rows = [row for row in c.free if row.table == "difficulty"]
    if not rows:
        yield ReportLine("note", {"number": _BLANK})
    for title, found in by_authority(rows, c):
        yield ReportLine("section", {"number": "", "unit": f"{title}: {len(found)} nội dung"})
        yield from _free_lines(found, ("content", "cause", "proposal", "authority"), c)


def by_authority(rows: list[FreeRow], c: Consolidation) -> list[tuple[str, list[FreeRow]]]:
    """General difficulties under the title of who must decide, in the order of the list from its end."""
    titles = [item.title for item in reversed(c.schema.lists.get("authority", ()))]
    found: dict[str, list[FreeRow]] = {title: [] for title in titles}
    for row in rows:
        found.setdefault(shown(row.values.get("authority"), c.schema) or _NOBODY, []).append(row)
    return [(title, found[title]) for title in found if found[title]]


def _free_lines(rows: list[FreeRow], fields: tuple[str, ...], c: Consolidation) -> Iterator[ReportLine]:
    for number, row in enumerate(rows, start=1):
        texts = {column: shown(row.values.get(name), c.schema) for column, name in zip("abcde", fields, strict=False)}
        source = source_link(row.unit, row.table, row.key)
        cells: Cells = {"number": str(number), "unit": row.name, **texts, "source": source}
        yield ReportLine("row", cells, anchors=(f"{row.table}|{row.unit}|{row.key}",))
