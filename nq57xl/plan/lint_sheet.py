"""The sheet «Soát kế hoạch»: what lint found, grouped, with a link to each cell and a proposal for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nq57xl.plan.add_sheet import Cell, Page, put_sheet
from nq57xl.plan.clear import Clear, load_clear
from nq57xl.records.findings import Finding
from nq57xl.records.plan import Plan
from nq57xl.rules.grouping import Point, grouped

TITLE = "Soát kế hoạch"
"""Name of the sheet; the reader of the appendix passes it over."""
SEVERITIES = {"error": "Lỗi", "warning": "Cảnh báo", "note": "Ghi nhận", "repaired": "Đã sửa giúp"}
_NOTE = (
    "Phần mềm lập trang này bằng «nq57xl lint --write»; chạy lại thì trang được lập lại. «Lỗi» phải sửa mới phát hành "
    "được biểu mẫu; «Cảnh báo», «Ghi nhận» là điều nên xem. Bấm vào ô để đến đúng chỗ. Có thể xóa cả trang này."
)
_HEADS = ("STT", "Mức", "Tiêu chí", "Ô", "Mã", "Nội dung", "Đề xuất")
_WIDTHS = (6.0, 10.0, 14.0, 16.0, 11.0, 58.0, 66.0)
_MANY = 3
"""Findings of one pattern from which they stand under a common line."""
_LONGEST = 1500
_NOTHING = "Không có điểm nào cần sửa."


def with_lint_sheet(data: bytes, plan: Plan, findings: Sequence[Finding]) -> bytes:
    """The workbook with the sheet of those findings; everything else in it stays as it is. Raises Nq57Error."""
    clear = load_clear()
    points = grouped(findings, _MANY)
    rows = [row for number, point in enumerate(points, 1) for row in _rows(number, point, plan, clear)]
    if not rows:
        rows = [[Cell(""), Cell(""), Cell(""), Cell(""), Cell(""), Cell(_NOTHING), Cell("")]]
    heading = f"SOÁT KẾ HOẠCH: {len(findings)} ĐIỂM, {len(points)} NHÓM" if findings else "SOÁT KẾ HOẠCH"
    return put_sheet(data, Page(TITLE, heading, _NOTE, _WIDTHS, _HEADS, rows))


def _rows(number: int, point: Point, plan: Plan, clear: Clear) -> Iterator[list[Cell]]:
    """One line for a single finding; for several of a pattern a common line, and one for each under it."""
    first = point.first
    start = [Cell(str(number), "bold"), Cell(SEVERITIES[first.severity], "bold")]
    criterion = Cell(_capital(clear.asks_for(first.code, plan.properties.clear_criteria)))
    if point.count < _MANY:
        yield [*start, criterion, *_place(first), Cell(first.message), Cell(first.fix)]
        return
    same_fix = all(item.fix == first.fix for item in point.findings)
    headline = f"{point.headline.removesuffix('.')}: {point.count} chỗ."
    fix = first.fix if same_fix else ""
    yield [*start, criterion, Cell(""), Cell(""), Cell(headline, "bold"), Cell(fix)]
    for item in point.findings:
        said = item.value or item.message
        shown = said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"
        yield [Cell(""), Cell(""), Cell(""), *_place(item), Cell(shown), Cell("" if same_fix else item.fix)]


def _place(item: Finding) -> list[Cell]:
    sheet = item.sheet.replace("'", "''")
    where = f"{item.sheet}!{item.cell}" if item.cell else item.sheet
    target = f"'{sheet}'!{item.cell}" if item.cell else ""
    return [Cell(where, "link" if target else "cell", target), Cell(item.task or "")]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
