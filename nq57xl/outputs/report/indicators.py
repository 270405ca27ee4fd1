"""The sheet "Chỉ tiêu": every indicator with target, result, reached or not, and the gap."""

from __future__ import annotations

from collections.abc import Iterator

from nq57xl.forms.model import Value
from nq57xl.outputs.report.sheet_parts import SHEETS, Cells, filled, head_of, heading, source_link
from nq57xl.results.consolidation import Consolidation, IndicatorEntry, IndicatorRow, PastPeriod
from nq57xl.results.overview import (
    NO_DATA,
    REACHED,
    UNCOMPARED,
    groups_of,
    indicator_state,
    past_period,
    past_periods,
    short_of,
)
from nq57xl.results.wording import OUTSIDE, UNREPORTED, shown
from nq57xl.rules.schema import vietnamese_date
from nq57xl.xlsx.pages import CellContent, Number, ReportColumn, ReportLine, ReportSheet, Sparkline

_SHEET = SHEETS["indicators"]
_Results = dict[str, list[float | None]]
"""(indicator, unit) -> result in each period, oldest first."""
INDICATOR_ROW, UNIT_ROW = "CT", "ĐV"
_TITLE = "KẾT QUẢ THỰC HIỆN CHỈ TIÊU"
_NOTE = (
    "Kết quả là số đơn vị nhập, hoặc tử số chia mẫu số; không cộng, không lấy bình quân số liệu của các đơn vị. Mục "
    "tiêu không ghi ngày là mục tiêu đến hết năm của kế hoạch: trước ngày đó ghi «Đang phấn đấu» và phần còn thiếu."
)
_TREND = ReportColumn("trend", "Qua các kỳ", 9)
_SERIES = "period"
_PERIODS = 12
"""Periods of a trend, this one among them."""


def indicator_page(c: Consolidation) -> ReportSheet:
    """The page of a plan with indicators; figures of the overview count its lines of kind "CT"."""
    body = tuple(_lines(c))
    columns = filled(_columns(c), body)
    above = (*heading(c, _TITLE, _NOTE), head_of(columns))
    return ReportSheet(_SHEET.name, columns, (*above, *body), filtered=True, frozen_columns=2)


def _columns(c: Consolidation) -> tuple[ReportColumn, ...]:
    """With the line of results over the periods, and its figures right of the printed columns."""
    periods = _periods(c)
    if len(periods) < 2:
        return _SHEET.columns
    series = (
        ReportColumn(f"{_SERIES}{i}", f"Kết quả {item.period.title}", 10, "center", printed=False)
        for i, item in enumerate(periods)
    )
    return _SHEET.with_columns("source_text", _TREND).with_columns("kind", *series).columns


def _periods(c: Consolidation) -> tuple[PastPeriod, ...]:
    return (*past_periods(c)[-(_PERIODS - 1) :], past_period(c))


def _lines(c: Consolidation) -> Iterator[ReportLine]:
    series = _series(c)
    for number, title in groups_of(c):
        yield ReportLine("section", {"number": number, "indicator": title})
        for row in c.indicators:
            if row.indicator.group == number:
                yield from _row_lines(row, c, series)


def _series(c: Consolidation) -> _Results:
    """Results of every unit on every indicator, a number or None for each period; empty without earlier periods."""
    periods = _periods(c)
    if len(periods) < 2:
        return {}
    keys = dict.fromkeys(key for item in periods for key in item.results)
    return {key: [item.results.get(key) for item in periods] for key in keys}


def _trend_cells(entry: IndicatorEntry, row: IndicatorRow, series: _Results) -> Cells:
    """The line of a unit's results, where there are two or more to join, and its figures."""
    told = series.get(f"{row.indicator.code}|{entry.unit}", [])
    cells: Cells = {
        f"{_SERIES}{i}": _number_cell(value, row.measure) for i, value in enumerate(told) if value is not None
    }
    if len(cells) > 1:
        cells["trend"] = Sparkline(f"{_SERIES}0", f"{_SERIES}{len(told) - 1}")
    return cells


def _row_lines(row: IndicatorRow, c: Consolidation, series: _Results) -> Iterator[ReportLine]:
    item = row.indicator
    cells: Cells = {
        "number": item.number,
        "indicator": item.indicator,
        "unit": item.unit,
        "target": item.target.text,
        "due": vietnamese_date(row.due),
        "kind": INDICATOR_ROW,
        "group": item.group,
        "state": indicator_state(row),
    }
    if len(row.entries) == 1:
        entry = row.entries[0]
        line = _entry_cells(entry, row, c) | cells | _trend_cells(entry, row, series)
        yield ReportLine("row", line, 1, (_anchor(entry, row),))
        return
    yield ReportLine("row", {**cells, "reporter": f"Chung {len(row.entries)} đơn vị" if row.entries else item.lead}, 1)
    for entry in row.entries:
        own: Cells = {"kind": UNIT_ROW, "group": item.group, "state": _entry_state(entry, row)}
        line = _entry_cells(entry, row, c) | own | _trend_cells(entry, row, series)
        yield ReportLine("sub", line, 2, (_anchor(entry, row),))


def _anchor(entry: IndicatorEntry, row: IndicatorRow) -> str:
    return f"indicator|{entry.unit}|{row.indicator.code}"


def _entry_state(entry: IndicatorEntry, row: IndicatorRow) -> str:
    if entry.state != "reported":
        return {"no_data": NO_DATA, "unreported": UNREPORTED, "outside": OUTSIDE}[entry.state]
    return UNCOMPARED if entry.reached is None else (REACHED if entry.reached else short_of(row))


def _entry_cells(entry: IndicatorEntry, row: IndicatorRow, c: Consolidation) -> Cells:
    values = entry.values
    cells: Cells = {
        "reporter": entry.name,
        "numerator": _number(values.get("numerator")),
        "denominator": _number(values.get("denominator")),
        "result": _result(entry, row, c),
        "gap": _gap(entry, row),
        "source_text": shown(values.get("source"), c.schema),
        "note": shown(values.get("note"), c.schema),
    }
    if values:
        cells["source"] = source_link(entry.unit, "indicator", row.indicator.code)
    return cells


def _gap(entry: IndicatorEntry, row: IndicatorRow) -> CellContent:
    """What lies between result and target; of a target whose day has not come what is still to go."""
    cell = gap_cell(entry.gap, row.measure)
    if isinstance(cell, Number) and not entry.reached and not row.judged:
        above, below, same = cell.format.split(";")
        return Number(cell.value, f'{above};"còn "{below.removeprefix("-")};{same}')
    return cell


def _number(value: Value | None) -> CellContent:
    if value is None:
        return None
    return _plain(float(value.value)) if isinstance(value.value, int | float) else value.typed


def _plain(number: float) -> Number:
    return Number(number, "#,##0" if number == int(number) else "#,##0.######")


def _result(entry: IndicatorEntry, row: IndicatorRow, c: Consolidation) -> CellContent:
    if entry.result is None:
        return shown(entry.values.get("value"), c.schema)
    return result_cell(entry.shown, row.measure, c)


def result_cell(result: float | str | None, measure: str, c: Consolidation) -> CellContent:
    """A result as a number, or in the words of the list; nothing where there is none."""
    if result is None:
        return None
    if isinstance(result, str):
        items = c.schema.lists.get("yes_no", ())
        return next((item.title for item in items if item.code == result), result)
    return _number_cell(result, measure)


def _number_cell(number: float, measure: str) -> Number:
    return Number(number, "0.0####%") if measure == "percent" else _plain(number)


def gap_cell(gap: float | None, measure: str) -> CellContent:
    """A difference with its sign; of percentages in points."""
    if gap is None:
        return None
    if measure == "percent":
        return Number(round(gap * 100, 6), '+#,##0.0####" điểm %";-#,##0.0####" điểm %";0" điểm %"')
    decimals = "" if gap == int(gap) else ".######"
    return Number(gap, f"+#,##0{decimals};-#,##0{decimals};0")
