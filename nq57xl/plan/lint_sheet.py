"""The sheet «Soát kế hoạch»: what lint found, put into the office's own phu-luc.xlsx."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import frozen

from nq57xl.plan.appendix import HEADER_ROW
from nq57xl.plan.appendix_styles import STYLES, set_up_page, write_line, write_top
from nq57xl.plan.model import Plan
from nq57xl.rules.findings import Finding, Point, grouped
from nq57xl.rules.load import Clear
from nq57xl.xlsx.patch import put_sheet
from nq57xl.xlsx.write import Workbook, sheet_prefix

_LINT_TITLE = "Soát kế hoạch"
"""Name of the sheet; the reader of the appendix passes it over."""
_SEVERITIES = {"error": "Phải sửa", "warning": "Nên xem lại", "note": "Ghi nhận", "repaired": "Đã sửa giúp"}
_LINT_NOTE = (
    "Phần mềm lập trang này bằng «nq57xl lint --write»; chạy lại thì trang được lập lại. «Phải sửa» thì sửa mới phát "
    "hành được biểu mẫu; «Nên xem lại», «Ghi nhận» là điều nên xem. Bấm vào ô để đến đúng chỗ. Có thể xóa cả trang này."
)
_LINT_COLUMNS = {"STT": 6, "Mức": 12, "Tiêu chí": 14, "Ô": 16, "Mã": 11, "Nội dung": 58, "Đề xuất": 66}
"""Headings and widths."""
_PLACE, _CONTENT = 3, 5
_MANY = 3
"""Findings of one pattern from which they stand under a common line."""
_LONGEST_TEXT = 1500
_NOTHING = "Không có điểm nào cần sửa."


@frozen
class _LintLine:
    """A line of the sheet: its texts, where its place leads, whether it stands over others."""

    texts: tuple[str, ...]
    target: str = ""
    over_others: bool = False


def with_lint_sheet(data: bytes, plan: Plan, findings: Sequence[Finding], workspace: Path | None = None) -> bytes:
    """The workbook with the sheet of those findings; everything else in it stays as it is. Raises Nq57Error."""
    clear = Clear.load(workspace)
    points = grouped(findings, _MANY)
    lines = [line for number, point in enumerate(points, 1) for line in _lint_lines(number, point, plan, clear)]
    heading = f"SOÁT KẾ HOẠCH: {len(findings)} ĐIỂM, {len(points)} NHÓM" if findings else "SOÁT KẾ HOẠCH"
    widths = list(_LINT_COLUMNS.values())
    with Workbook(_LINT_TITLE, STYLES) as book:
        sheet = book.sheet(_LINT_TITLE)
        sheet.widths(widths)
        write_top(sheet, heading, _LINT_NOTE, widths)
        write_line(sheet, HEADER_ROW, list(_LINT_COLUMNS), widths, "head")
        for row, line in enumerate(lines or [_LintLine(("",) * _CONTENT + (_NOTHING, ""))], HEADER_ROW + 1):
            write_line(sheet, row, line.texts, widths, "cell")
            for col in (0, 1, *((_CONTENT,) if line.over_others else ())):
                sheet.text(row, col, line.texts[col], "label")
            if line.target:
                sheet.link(row, _PLACE, line.texts[_PLACE], line.target, "link")
        sheet.freeze_panes(HEADER_ROW + 1, 0)
        set_up_page(sheet)
    return put_sheet(data, _LINT_TITLE, book.content)


def _lint_lines(number: int, point: Point, plan: Plan, clear: Clear) -> Iterator[_LintLine]:
    """One line for a single finding; for several of a pattern a common line, and one for each under it."""
    first = point.first
    asked = clear.asks_for(first.code, plan.properties.clear_criteria)
    start = (str(number), _SEVERITIES[first.severity], asked[:1].upper() + asked[1:])
    if point.count < _MANY:
        yield _LintLine((*start, *_place(first), first.message, first.fix), _target(first))
        return
    same_fix = all(item.fix == first.fix for item in point.findings)
    headline = f"{point.headline.removesuffix('.')}: {point.count} chỗ."
    yield _LintLine((*start, "", "", headline, first.fix if same_fix else ""), over_others=True)
    for item in point.findings:
        said = item.value or item.message
        said = said if len(said) <= _LONGEST_TEXT else f"{said[:_LONGEST_TEXT]}…"
        yield _LintLine(("", "", "", *_place(item), said, "" if same_fix else item.fix), _target(item))


def _place(item: Finding) -> tuple[str, str]:
    return f"{item.sheet}!{item.cell}" if item.cell else item.sheet, item.task or ""


def _target(item: Finding) -> str:
    return f"{sheet_prefix(item.sheet)}{item.cell}" if item.cell else ""
