"""The sheets of noi-bo.xlsx: whom to call about a report, the quality score of each unit; never part of the report."""

from __future__ import annotations

from collections.abc import Iterator

from nq57xl.outputs.report.sheet_parts import Cells, list_sheet, source_link
from nq57xl.results.consolidation import Consolidation, UnitReport
from nq57xl.results.quality import DECIMALS, GoodOfAll, Score, scores, share
from nq57xl.results.wording import STATES
from nq57xl.rules.load import Quality
from nq57xl.rules.schema import vietnamese_number
from nq57xl.xlsx.pages import CellContent, Number, ReportColumn, ReportLine, ReportSheet

NAME = "Liên hệ"
COLUMNS = (
    ReportColumn("number", "TT", 5, "center"),
    ReportColumn("unit", "Đơn vị", 22),
    ReportColumn("unit_email", "Thư điện tử đơn vị", 22),
    ReportColumn("state", "Tình trạng báo cáo", 18),
    ReportColumn("prepared_by", "Người lập báo cáo", 18),
    ReportColumn("prepared_position", "Chức vụ", 13),
    ReportColumn("phone", "Điện thoại", 14, "center"),
    ReportColumn("email", "Thư điện tử liên hệ", 22),
    ReportColumn("approved_by", "Lãnh đạo duyệt", 18),
    ReportColumn("source", "Nguồn", 10, "center", printed=False),
)
_FIELDS = ("prepared_by", "prepared_position", "phone", "email", "approved_by")


def internal_page(c: Consolidation) -> ReportSheet:
    """The page: one line for each unit that reports."""
    note = "Chỉ dùng trong cơ quan để liên hệ về báo cáo; không gửi kèm báo cáo tổng hợp."
    lines = (
        ReportLine("row", _cells(report, number), anchors=(f"signoff|{report.status.code}|signoff",))
        for number, report in enumerate(c.units, start=1)
    )
    return list_sheet(c, NAME, COLUMNS, "ĐẦU MỐI LIÊN HỆ VỀ BÁO CÁO (LƯU HÀNH NỘI BỘ)", lines, note)


def _cells(report: UnitReport, number: int) -> Cells:
    return {
        "number": str(number),
        "unit": report.status.name,
        "unit_email": report.status.email,
        "state": STATES[report.status.state],
        **{name: report.text(name) for name in _FIELDS},
        "source": source_link(report.status.code, "signoff", "signoff"),
    }


QUALITY_NAME = "Chất lượng số liệu"
_LIGHTS = {"green": "Xanh", "yellow": "Vàng", "red": "Đỏ", "": "Không có gì để đo"}
_ONE_DECIMAL = f"0.{'0' * DECIMALS}"


def quality_page(c: Consolidation, quality: Quality) -> ReportSheet:
    """The page: units with their six scores, then every rule with its weight and what was counted."""
    columns = (
        ReportColumn("number", "TT", 5, "center"),
        ReportColumn("unit", "Đơn vị, tiêu chí", 52),
        *(ReportColumn(item.code, item.title, 10, "center") for item in quality.principles),
        ReportColumn("total", "Điểm chung", 10, "center"),
        ReportColumn("light", "Xếp mức", 12, "center"),
    )
    title = "ĐIỂM CHẤT LƯỢNG SỐ LIỆU BÁO CÁO (LƯU HÀNH NỘI BỘ)"
    return list_sheet(c, QUALITY_NAME, columns, title, _quality_lines(c, quality), *_notes(quality))


def _quality_lines(c: Consolidation, quality: Quality) -> Iterator[ReportLine]:
    *units, overall = scores(c, quality)
    for number, score in enumerate(units, start=1):
        yield ReportLine("row", {"number": str(number), **_quality_cells(score)})
    yield ReportLine("total", _quality_cells(overall))
    yield ReportLine("space", height=10)
    yield from _rules(quality, overall)


def _notes(quality: Quality) -> Iterator[str]:
    weights = ", ".join(f"{item.title.lower()} {vietnamese_number(item.weight)}" for item in quality.principles)
    yield (
        "Cách tính: mỗi tiêu chí là tỷ lệ phần trăm đạt trong số đo được; điểm nguyên tắc = Σ(tiêu chí × trọng số) / "
        f"Σ(trọng số), điểm chung tính như vậy từ sáu nguyên tắc (trọng số: {weights}). Tiêu chí không có gì để đo thì "
        "không tính. Đo trên lần gửi đầu tiên của mỗi đơn vị trong kỳ, đúng như khi nhận, trước khi trả lại, biên tập."
    )
    yield (
        f"Xếp mức: xanh từ {vietnamese_number(quality.green)} điểm, vàng từ {vietnamese_number(quality.yellow)} đến "
        f"dưới {vietnamese_number(quality.green)}, đỏ dưới {vietnamese_number(quality.yellow)}; mã nhận dạng phải đạt "
        "100%, không đạt thì xếp đỏ. Điểm để đơn vị tự hoàn thiện số liệu, không thay đánh giá kết quả công việc."
    )


def _quality_cells(score: Score) -> Cells:
    cells: Cells = {"unit": score.name, "light": _LIGHTS[score.light]}
    for code, value in (*score.principles.items(), ("total", score.total)):
        cells[code] = None if value is None else Number(value, _ONE_DECIMAL)
    return cells


def _rules(quality: Quality, overall: Score) -> Iterator[ReportLine]:
    """Every rule under its principle: weight, and what was counted over all units."""
    names = [item.code for item in quality.principles]
    heads = dict(zip(names, ("Trọng số", "Đạt", "Tổng số", "Tỷ lệ (%)"), strict=False))
    yield ReportLine("head", {"number": "TT", "unit": "Tiêu chí (tính chung các đơn vị)", **heads})
    for principle in quality.principles:
        yield ReportLine("section", {"number": "", "unit": principle.title})
        for number, rule in enumerate(principle.rules, start=1):
            shown = _counted(overall.counts[rule.code], rule.weight)
            yield ReportLine(
                "row", {"number": str(number), "unit": rule.title, **dict(zip(names, shown, strict=False))}
            )


def _counted(count: GoodOfAll, weight: float) -> tuple[CellContent, ...]:
    value = share(count)
    ratio = "không đo" if value is None else Number(value, _ONE_DECIMAL)
    return (
        Number(weight, "0" if weight == int(weight) else "0.0#"),
        Number(count[0], "0"),
        Number(count[1], "0"),
        ratio,
    )
