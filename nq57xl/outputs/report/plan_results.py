"""The sheets "Kế hoạch và kết quả", the plan in its own wording with what was reported beside it, and "Chỉ tiêu"."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import attrs

from nq57xl.forms.model import Value
from nq57xl.outputs.report.sheet_parts import (
    SHEETS,
    Cells,
    heading,
    labelled,
    list_sheet,
    source_labels,
    source_link,
    standing_text,
)
from nq57xl.plan.model import Task
from nq57xl.results.comparison import PeriodComparison
from nq57xl.results.consolidation import COLLECTIVE_RULE
from nq57xl.results.model import (
    NO_DATA,
    REACHED,
    UNCOMPARED,
    Consolidation,
    Contribution,
    IndicatorEntry,
    IndicatorRow,
    LeadEntry,
    PastPeriod,
    TaskRow,
)
from nq57xl.results.overview import past_period, past_periods
from nq57xl.results.wording import OUTSIDE, UNREPORTED, shown, source_anchor
from nq57xl.rules.schema import vietnamese_date
from nq57xl.text.legacy import fold
from nq57xl.xlsx.pages import CellContent, Link, Number, ReportColumn, ReportLine, ReportSheet, Sparkline

_SHEET = SHEETS["plan_results"]
TASK_ROW, UNIT_ROW, SUPPORT_ROW, SILENT_ROW = "NV", "ĐV", "PH", "PHC"
_RESULT = (("result", ""), ("kpi_achieved", "KPI: "))
_TROUBLE = (("difficulties", ""), ("cause", "Nguyên nhân: "), ("explanation", "Giải trình: "))
_NEXT = (("proposal", "Đề xuất: "), ("next_work", "Kỳ tới: "))


def plan_page(c: Consolidation, compared: PeriodComparison | None) -> ReportSheet:
    """The page, with the change since the period before where there is one; figures count its lines of kind "NV"."""
    rule = [COLLECTIVE_RULE] if any(len(row.entries) > 1 for row in c.tasks) else []
    band: Cells = {"number": "NỘI DUNG KẾ HOẠCH", "standing": f"KẾT QUẢ THỰC HIỆN {c.period.title.upper()}"}
    page = list_sheet(_SHEET, heading(c, "KẾ HOẠCH VÀ KẾT QUẢ THỰC HIỆN"), _lines(c, compared), *rule, band=band)
    return attrs.evolve(page, paper="A3", scale=80)


def _lines(c: Consolidation, compared: PeriodComparison | None) -> Iterator[ReportLine]:
    labels = source_labels(c)
    for number, title in c.sections:
        yield ReportLine("section", {"number": number, "task": title})
        for row in c.tasks:
            if row.task.section == number:
                yield from _task_lines(row, c, compared.change_of(row.task.code) if compared else "", labels)
    yield from _silent_lines(c, labels)


def _task_lines(row: TaskRow, c: Consolidation, change: str, labels: Mapping[str, str]) -> Iterator[ReportLine]:
    task, only = row.task, row.entries[0] if len(row.entries) == 1 else None
    progress, timeliness = row.standing.words(c)
    # task over sub-task; the sub-task alone where it says the task again
    work = task.subtask if fold(task.task) in fold(task.subtask) else _lines_of(task.task, task.subtask)
    cells: Cells = {
        "number": task.subnumber or task.number,
        "task": work,
        "deliverable": _lines_of(task.deliverable, f"KPI: {task.kpi}" if task.kpi else ""),
        "lead": _lines_of(task.lead, f"Phối hợp: {task.support}" if task.support else ""),
        "deadline": task.deadline_words,
        "note": task.note,
        "standing": _lines_of(progress, timeliness),
        "progress": progress,
        "timeliness": timeliness,
        "stage": row.standing.stage,
        "change": change,
        **_place(TASK_ROW, row),
    }
    if only is not None:
        cells |= {"unit": only.unit, **_entry_cells(only, row, c)}
    yield ReportLine("row", cells, 1, (f"led|{only.unit}|{task.code}",) if only else ())
    for entry in row.entries if only is None else ():
        progress, timeliness = entry.words(row, c)
        own: Cells = {"number": f"Đơn vị chủ trì: {entry.name}", "unit": entry.unit, **_place(UNIT_ROW, row)}
        own |= {"progress": progress, "timeliness": timeliness, "stage": entry.stage(row)}
        anchors = (f"led|{entry.unit}|{task.code}",)
        yield ReportLine("sub", own | _entry_cells(entry, row, c), 2, anchors, spans={"number": "deadline"})
    # what supporters did; those who say the same stand in one line, each with the number of its source
    said: dict[str, list[Contribution]] = {}
    for item in row.contributions:
        if item.state == "text":
            said.setdefault(shown(item.value, c.schema), []).append(item)
    for words, items in said.items():
        several, sources = len(items) > 1, [source_anchor(item.unit, "supporting", task.code) for item in items]
        numbers = [labels.get(source, "") if several else "" for source in sources]
        names = (_numbered(item.name, number) for item, number in zip(items, numbers, strict=True))
        told: Cells = {"number": f"Phối hợp: {'; '.join(names)}", "standing": words, **_place(SUPPORT_ROW, row)}
        told["source"] = Link("{label}", sources[0])
        places = tuple(f"supporting|{item.unit}|{task.code}" for item in items)
        yield ReportLine("sub", told, 2, places, spans={"number": "deadline", "standing": "next_work"})


def _place(kind: str, row: TaskRow) -> Cells:
    """What formulas count lines by."""
    return {"kind": kind, "section": row.task.section, "code": row.task.code}


def _numbered(name: str, source: str) -> str:
    return f"{name} (nguồn số {source})" if source else name


def _lines_of(*texts: str) -> str:
    return "\n".join(filter(None, texts))


def _entry_cells(entry: LeadEntry, row: TaskRow, c: Consolidation) -> Cells:
    """What a unit typed on the row, as shown."""
    cells: Cells = {"standing": standing_text(entry, row, c)}
    if row.standing.state == "done_before" and not entry.values:
        return cells
    values = entry.values
    done, proof = shown(values.get("completion_date"), c.schema), entry.evidence(c.schema)
    cells["result"] = _lines_of(
        labelled(values, _RESULT, c),
        f"Hoàn thành ngày {done}" if done else "",
        f"Minh chứng: {proof}" if proof else "",
    )
    cells["trouble"] = labelled(values, _TROUBLE, c)
    cells["next_work"] = labelled(values, _NEXT, c)
    cells["percent"] = _number_or_text(values.get("percent"), _share)
    return cells | ({"source": source_link(entry.unit, "led", row.task.code)} if values else {})


def _silent_lines(c: Consolidation, labels: Mapping[str, str]) -> Iterator[ReportLine]:
    """Supporters with nothing to tell in one line at the end, those who have not told in another."""
    stated = {item.unit for item in c.traced if item.value.table == "statement"}
    asked = [(row, item) for row in c.tasks if row.standing.state != "done_before" for item in row.contributions]
    for words, state in (("Không phát sinh", "nothing"), (UNREPORTED, "unreported")):
        found: dict[tuple[str, str], list[Task]] = {}
        for row, item in asked:
            if item.state == state:
                found.setdefault((item.unit, item.name), []).append(row.task)
        told: dict[str, list[str]] = {}
        anchors = [f"supporting|{unit}|{task.code}" for (unit, _), tasks in found.items() for task in tasks]
        sources: dict[str, str] = {}
        if state == "nothing":  # a unit's one statement for all its rows shows here, too
            anchors += [f"statement|{unit}|statement" for unit, _ in found]
            places = {unit: ("statement", "statement") if unit in stated else ("supporting", "") for unit, _ in found}
            sources = {unit: source_anchor(unit, *place) for unit, place in places.items()}
        for (unit, name), tasks in found.items():
            number = labels.get(sources.get(unit, ""), "")
            told.setdefault(", ".join(task.cited_number for task in tasks), []).append(_numbered(name, number))
        if told:
            units = "; ".join(f"{', '.join(names)}: {rows}" for rows, names in told.items())
            cells: Cells = {"number": f"{words} việc phối hợp. {units}.", "kind": SILENT_ROW}
            if sources:
                cells["source"] = Link("{label}", next(iter(sources.values())))
            yield ReportLine("row", cells, 1, tuple(anchors), spans={"number": "next_work"})


INDICATOR_ROW, INDICATOR_UNIT_ROW = "CT", "ĐV"
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
    sheet, periods = SHEETS["indicators"], (*past_periods(c)[-(_PERIODS - 1) :], past_period(c))
    if len(periods) > 1:  # the line of results over the periods, and its figures right of the printed columns
        series = (
            ReportColumn(f"{_SERIES}{i}", f"Kết quả {item.period.title}", 10, "center", printed=False)
            for i, item in enumerate(periods)
        )
        sheet = sheet.with_columns("source_text", _TREND).with_columns("kind", *series)
    return list_sheet(sheet, heading(c, "KẾT QUẢ THỰC HIỆN CHỈ TIÊU"), _indicator_lines(c, periods), _NOTE)


def _indicator_lines(c: Consolidation, periods: tuple[PastPeriod, ...]) -> Iterator[ReportLine]:
    for number, title in c.groups:
        yield ReportLine("section", {"number": number, "indicator": title})
        for row in (row for row in c.indicators if row.indicator.group == number):
            yield from _indicator_row_lines(row, c, periods)


def _indicator_row_lines(row: IndicatorRow, c: Consolidation, periods: tuple[PastPeriod, ...]) -> Iterator[ReportLine]:
    item, results = row.indicator, [_result_cells(entry, row, c, periods) for entry in row.entries]
    anchors = [f"indicator|{entry.unit}|{item.code}" for entry in row.entries]
    cells: Cells = {
        "number": item.number,
        "indicator": item.indicator,
        "unit": item.unit,
        "target": item.target.text,
        "due": vietnamese_date(row.due),
        "kind": INDICATOR_ROW,
        "group": item.group,
        "state": row.state,
    }
    if len(row.entries) == 1:
        yield ReportLine("row", results[0] | cells, 1, (anchors[0],))
        return
    yield ReportLine("row", {**cells, "reporter": f"Chung {len(row.entries)} đơn vị" if row.entries else item.lead}, 1)
    for entry, told, anchor in zip(row.entries, results, anchors, strict=True):
        own: Cells = {"kind": INDICATOR_UNIT_ROW, "group": item.group, "state": _entry_state(entry, row)}
        yield ReportLine("sub", told | own, 2, (anchor,))


def _entry_state(entry: IndicatorEntry, row: IndicatorRow) -> str:
    if entry.state != "reported":
        return {"no_data": NO_DATA, "unreported": UNREPORTED, "outside": OUTSIDE}[entry.state]
    return UNCOMPARED if entry.reached is None else (REACHED if entry.reached else row.short)


def _result_cells(entry: IndicatorEntry, row: IndicatorRow, c: Consolidation, periods: tuple[PastPeriod, ...]) -> Cells:
    """What a unit reported, and the line of its results over the periods, where there are two or more to join."""
    values, code = entry.values, row.indicator.code
    gap = gap_cell(entry.gap, row.measure)
    if isinstance(gap, Number) and not entry.reached and not row.judged:  # what is still to go: the day has not come
        above, below, same = gap.format.split(";")
        gap = Number(gap.value, f'{above};"còn "{below.removeprefix("-")};{same}')
    cells: Cells = {
        "reporter": entry.name,
        "numerator": _number_or_text(values.get("numerator"), _plain),
        "denominator": _number_or_text(values.get("denominator"), _plain),
        "result": shown(values.get("value"), c.schema)
        if entry.result is None
        else result_cell(entry.shown, row.measure, c),
        "gap": gap,
        "source_text": shown(values.get("source"), c.schema),
        "note": shown(values.get("note"), c.schema),
    }
    if values:
        cells["source"] = source_link(entry.unit, "indicator", code)
    told = {f"{_SERIES}{i}": item.results.get(f"{code}|{entry.unit}") for i, item in enumerate(periods)}
    series = {name: _number_cell(value, row.measure) for name, value in told.items() if value is not None}
    if len(series) > 1:
        cells["trend"] = Sparkline(f"{_SERIES}0", f"{_SERIES}{len(told) - 1}")
    return cells | (series if len(periods) > 1 else {})


def _number_or_text(value: Value | None, cell: Callable[[float], Number]) -> CellContent:
    """A typed number as that cell, the typed text where it is none, nothing for a blank."""
    if value is None:
        return None
    return cell(float(value.value)) if isinstance(value.value, int | float) else value.typed


def _plain(number: float) -> Number:
    return Number(number, "#,##0" if number == int(number) else "#,##0.######")


def _share(number: float) -> Number:
    return Number(number, "0.0##%" if abs(number * 100 - round(number * 100)) > 1e-9 else "0%")


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
