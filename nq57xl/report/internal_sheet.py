"""The sheet "Liên hệ" of noi-bo.xlsx: whom to call about a report; never part of the report itself."""

from __future__ import annotations

from collections.abc import Iterator

from nq57xl.records.consolidation import Consolidation, UnitReport
from nq57xl.report.layout import Column, Content, Line, Link, Page
from nq57xl.report.wording import STATES, report_title, source_anchor

NAME = "Liên hệ"
COLUMNS = (
    Column("number", "TT", 5, "center"),
    Column("unit", "Đơn vị", 22),
    Column("unit_email", "Thư điện tử đơn vị", 22),
    Column("state", "Tình trạng báo cáo", 18),
    Column("prepared_by", "Người lập báo cáo", 18),
    Column("prepared_position", "Chức vụ", 13),
    Column("phone", "Điện thoại", 14, "center"),
    Column("email", "Thư điện tử liên hệ", 22),
    Column("approved_by", "Lãnh đạo duyệt", 18),
    Column("source", "Nguồn", 10, "center", printed=False),
)
_FIELDS = ("prepared_by", "prepared_position", "phone", "email", "approved_by")


def internal_page(c: Consolidation) -> Page:
    """The page: one line for each unit that reports."""
    return Page(NAME, COLUMNS, tuple(_lines(c)), filtered=True, frozen_columns=2)


def _lines(c: Consolidation) -> Iterator[Line]:
    yield Line("title", {"number": "ĐẦU MỐI LIÊN HỆ VỀ BÁO CÁO (LƯU HÀNH NỘI BỘ)"})
    yield Line("subtitle", {"number": f"{report_title(c)}, {c.period.title}"})
    yield Line("note", {"number": "Chỉ dùng trong cơ quan để liên hệ về báo cáo; không gửi kèm báo cáo tổng hợp."})
    yield Line("head", {column.name: column.title for column in COLUMNS})
    for number, report in enumerate(c.units, start=1):
        yield Line("row", _cells(report, number), anchors=(f"signoff|{report.status.code}|signoff",))


def _cells(report: UnitReport, number: int) -> dict[str, Content]:
    return {
        "number": str(number),
        "unit": report.status.name,
        "unit_email": report.status.email,
        "state": STATES[report.status.state],
        **{name: report.text(name) for name in _FIELDS},
        "source": Link("dòng {row}", source_anchor(report.status.code, "signoff", "signoff")),
    }
