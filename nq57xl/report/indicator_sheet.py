"""The sheet "Chỉ tiêu": every indicator with target, result, reached or not, and the gap."""

from __future__ import annotations

from collections.abc import Iterator

from nq57xl.records.consolidation import Consolidation, IndicatorEntry, IndicatorRow
from nq57xl.records.returns import Value
from nq57xl.report.figures import NO_DATA, NOT_REACHED, REACHED, UNCOMPARED, groups_of, indicator_state
from nq57xl.report.layout import Column, Content, Line, Link, Num, Page
from nq57xl.report.wording import OUTSIDE, UNREPORTED, report_title, shown, source_anchor

NAME = "Chỉ tiêu"
INDICATOR_ROW, UNIT_ROW = "CT", "ĐV"
COLUMNS = (
    Column("number", "TT", 5, "center"),
    Column("indicator", "Chỉ tiêu", 36),
    Column("unit", "Đơn vị tính", 9.5, "center"),
    Column("target", "Mục tiêu", 9.5, "center"),
    Column("reporter", "Đơn vị báo cáo", 13),
    Column("numerator", "Tử số", 8, "center"),
    Column("denominator", "Mẫu số", 8, "center"),
    Column("result", "Kết quả", 9.5, "center"),
    Column("state", "Đánh giá", 10, "center"),
    Column("gap", "So với mục tiêu", 11, "center"),
    Column("source_text", "Nguồn số liệu", 20),
    Column("note", "Ghi chú", 13),
    Column("source", "Nguồn", 10, "center", printed=False),
    Column("kind", "Loại dòng", 10, printed=False, hidden=True),
    Column("group", "Nhóm", 8, printed=False, hidden=True),
)


def indicator_page(c: Consolidation) -> Page:
    """The page; figures of the overview count its lines of kind "CT"."""
    return Page(NAME, COLUMNS, tuple(_lines(c)), filtered=bool(c.indicators), frozen_columns=2)


def _lines(c: Consolidation) -> Iterator[Line]:
    yield Line("title", {"number": "KẾT QUẢ THỰC HIỆN CHỈ TIÊU"})
    yield Line("subtitle", {"number": f"{report_title(c)}, {c.period.title}"})
    if not c.indicators:
        yield Line("para", {"number": "Kế hoạch không giao chỉ tiêu định lượng riêng."})
        return
    note = (
        "Kết quả là số đơn vị nhập, hoặc tử số chia mẫu số (ghi «tính» ở cột Đánh giá). Chênh lệch của chỉ tiêu tỷ lệ "
        "tính bằng điểm phần trăm. Không cộng, không lấy bình quân số liệu của các đơn vị. Ô trống là chưa báo cáo."
    )
    yield Line("note", {"number": note.replace(" (ghi «tính» ở cột Đánh giá)", "")})
    yield Line("head", {column.name: column.title for column in COLUMNS})
    for number, title in groups_of(c):
        yield Line("section", {"number": number, "indicator": title})
        for row in c.indicators:
            if row.indicator.group == number:
                yield from _row_lines(row, c)


def _row_lines(row: IndicatorRow, c: Consolidation) -> Iterator[Line]:
    item = row.indicator
    cells: dict[str, Content] = {
        "number": item.number,
        "indicator": item.indicator,
        "unit": item.unit,
        "target": item.target.text,
        "kind": INDICATOR_ROW,
        "group": item.group,
        "state": indicator_state(row),
    }
    if len(row.entries) == 1:
        entry = row.entries[0]
        yield Line("row", _entry_cells(entry, row, c) | cells, 1, (_anchor(entry, row),))
        return
    yield Line("row", {**cells, "reporter": f"Chung {len(row.entries)} đơn vị" if row.entries else item.lead}, 1)
    for entry in row.entries:
        own: dict[str, Content] = {"kind": UNIT_ROW, "group": item.group, "state": _entry_state(entry)}
        yield Line("sub", _entry_cells(entry, row, c) | own, 2, (_anchor(entry, row),))


def _anchor(entry: IndicatorEntry, row: IndicatorRow) -> str:
    return f"indicator|{entry.unit}|{row.indicator.code}"


def _entry_state(entry: IndicatorEntry) -> str:
    if entry.state != "reported":
        return {"no_data": NO_DATA, "unreported": UNREPORTED, "outside": OUTSIDE}[entry.state]
    return UNCOMPARED if entry.reached is None else (REACHED if entry.reached else NOT_REACHED)


def _entry_cells(entry: IndicatorEntry, row: IndicatorRow, c: Consolidation) -> dict[str, Content]:
    values = entry.values
    cells: dict[str, Content] = {
        "reporter": entry.name,
        "numerator": _number(values.get("numerator")),
        "denominator": _number(values.get("denominator")),
        "result": _result(entry, row, c),
        "gap": _gap(entry, row),
        "source_text": shown(values.get("source"), c.schema),
        "note": shown(values.get("note"), c.schema),
    }
    if values:
        cells["source"] = Link("dòng {row}", source_anchor(entry.unit, "indicator", row.indicator.code))
    return cells


def _number(value: Value | None) -> Content:
    if value is None:
        return None
    return _plain(float(value.value)) if isinstance(value.value, int | float) else value.typed


def _plain(number: float) -> Num:
    return Num(number, "#,##0" if number == int(number) else "#,##0.##")


def _result(entry: IndicatorEntry, row: IndicatorRow, c: Consolidation) -> Content:
    if entry.result is None:
        return shown(entry.values.get("value"), c.schema)
    if isinstance(entry.result, str):
        items = c.schema.lists.get("yes_no", ())
        return next((item.title for item in items if item.code == entry.result), entry.result)
    return Num(entry.result, "0.0%") if row.measure == "percent" else _plain(entry.result)


def _gap(entry: IndicatorEntry, row: IndicatorRow) -> Content:
    if entry.gap is None:
        return None
    if row.measure == "percent":
        return Num(round(entry.gap * 100, 6), '+#,##0.0" điểm %";-#,##0.0" điểm %";0" điểm %"')
    return Num(entry.gap, "+#,##0.##;-#,##0.##;0")
