"""The sheet "Kế hoạch và kết quả": the plan in its own order and wording, and beside each row what was reported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nq57xl.outputs.report.sheet_parts import (
    SHEETS,
    Cells,
    filled,
    head_of,
    heading,
    labelled,
    source_labels,
    source_link,
    standing_text,
)
from nq57xl.plan.model import Task
from nq57xl.results.comparison import PeriodComparison
from nq57xl.results.consolidation import COLLECTIVE_RULE, Consolidation, Contribution, LeadEntry, TaskRow
from nq57xl.results.overview import sections_of
from nq57xl.results.wording import (
    NOTHING,
    UNREPORTED,
    due_words,
    entry_stage,
    entry_words,
    evidence_words,
    numbered,
    percent_cell,
    shown,
    source_anchor,
    stage_words,
    standing_words,
)
from nq57xl.text.legacy import fold
from nq57xl.xlsx.pages import Link, ReportLine, ReportSheet

_SHEET = SHEETS["plan_results"]
TASK_ROW, UNIT_ROW, SUPPORT_ROW, SILENT_ROW = "NV", "ĐV", "PH", "PHC"
_SUPPORT_SPANS = {"number": "deadline", "standing": "next_work"}
_SILENT_SPANS = {"number": "next_work"}
_RESULT = (("result", ""), ("kpi_achieved", "KPI: "))
_TROUBLE = (("difficulties", ""), ("cause", "Nguyên nhân: "), ("explanation", "Giải trình: "))
_NEXT = (("proposal", "Đề xuất: "), ("next_work", "Kỳ tới: "))


def plan_page(c: Consolidation, compared: PeriodComparison | None) -> ReportSheet:
    """The page, with the change since the period before where there is one; figures count its lines of kind "NV"."""
    body = tuple(_lines(c, compared))
    columns = filled(_SHEET.columns, body)
    rule = [COLLECTIVE_RULE] if any(len(row.entries) > 1 for row in c.tasks) else []
    band = {"number": "NỘI DUNG KẾ HOẠCH", "standing": f"KẾT QUẢ THỰC HIỆN {c.period.title.upper()}"}
    above = (*heading(c, "KẾ HOẠCH VÀ KẾT QUẢ THỰC HIỆN", *rule), ReportLine("band", band), head_of(columns))
    return ReportSheet(_SHEET.name, columns, (*above, *body), paper="A3", scale=80, filtered=True, frozen_columns=2)


def _lines(c: Consolidation, compared: PeriodComparison | None) -> Iterator[ReportLine]:
    labels = source_labels(c)
    for number, title in sections_of(c):
        yield ReportLine("section", {"number": number, "task": title})
        for row in c.tasks:
            if row.task.section == number:
                yield from _task_lines(row, c, compared.change_of(row.task.code) if compared else "", labels)
    yield from _silent_lines(c, labels)


def _task_lines(row: TaskRow, c: Consolidation, change: str, labels: Mapping[str, str]) -> Iterator[ReportLine]:
    cells: Cells = {**_plan_cells(row), **_row_words(row, c), "kind": TASK_ROW, "change": change}
    if len(row.entries) == 1:
        entry = row.entries[0]
        cells["unit"] = entry.unit
        yield ReportLine("row", cells | _entry_cells(entry, row, c), 1, (f"led|{entry.unit}|{row.task.code}",))
    else:
        cells["standing"] = "\n".join(filter(None, (str(cells["progress"]), str(cells["timeliness"]))))
        yield ReportLine("row", cells, 1)
        for entry in row.entries:
            yield _unit_line(entry, row, c)
    yield from _support_lines(row, c, labels)


def _support_lines(row: TaskRow, c: Consolidation, labels: Mapping[str, str]) -> Iterator[ReportLine]:
    """What supporters did; those who say the same stand in one line, each with the number of its source."""
    said: dict[str, list[Contribution]] = {}
    for item in row.contributions:
        if item.state == "text":
            said.setdefault(shown(item.value, c.schema), []).append(item)
    for words, items in said.items():
        code = row.task.code
        numbers = [labels.get(source_anchor(item.unit, "supporting", code), "") for item in items]
        named = zip((item.name for item in items), numbers, strict=True)
        names = [f"{name} (nguồn số {number})" if number and len(items) > 1 else name for name, number in named]
        told: Cells = {"number": f"Phối hợp: {'; '.join(names)}", "standing": words}
        told |= {"source": source_link(items[0].unit, "supporting", code)}
        told |= {"kind": SUPPORT_ROW, "section": row.task.section, "code": code}
        places = tuple(f"supporting|{item.unit}|{code}" for item in items)
        yield ReportLine("sub", told, 2, places, spans=_SUPPORT_SPANS)


def _row_words(row: TaskRow, c: Consolidation) -> Cells:
    """What formulas count."""
    progress, timeliness = standing_words(row.standing, c)
    words: Cells = {"progress": progress, "timeliness": timeliness, "stage": stage_words(row.standing)}
    return words | {"section": row.task.section, "code": row.task.code}


def _plan_cells(row: TaskRow) -> Cells:
    """The plan's own words, each once."""
    task = row.task
    return {
        "number": task.subnumber or task.number,
        "task": _work(task),
        "deliverable": _lines_of(task.deliverable, f"KPI: {task.kpi}" if task.kpi else ""),
        "lead": _lines_of(task.lead, f"Phối hợp: {task.support}" if task.support else ""),
        "deadline": due_words(task),
        "note": task.note,
    }


def _lines_of(first: str, second: str) -> str:
    return "\n".join(filter(None, (first, second)))


def _work(task: Task) -> str:
    """Task over sub-task; the sub-task alone where it says the task again."""
    return task.subtask if fold(task.task) in fold(task.subtask) else _lines_of(task.task, task.subtask)


def _unit_line(entry: LeadEntry, row: TaskRow, c: Consolidation) -> ReportLine:
    progress, timeliness = entry_words(entry, row, c)
    own: Cells = {
        "number": f"Đơn vị chủ trì: {entry.name}",
        "kind": UNIT_ROW,
        "section": row.task.section,
        "code": row.task.code,
        "progress": progress,
        "timeliness": timeliness,
        "stage": entry_stage(entry, row),
        "unit": entry.unit,
    }
    anchor = f"led|{entry.unit}|{row.task.code}"
    return ReportLine("sub", own | _entry_cells(entry, row, c), 2, (anchor,), spans={"number": "deadline"})


def _entry_cells(entry: LeadEntry, row: TaskRow, c: Consolidation) -> Cells:
    """What a unit typed on the row, as shown."""
    cells: Cells = {"standing": standing_text(entry, row, c)}
    if row.standing.state == "done_before" and not entry.values:
        return cells
    values = entry.values
    done, proof = shown(values.get("completion_date"), c.schema), evidence_words(entry, c.schema)
    told = (
        labelled(values, _RESULT, c),
        f"Hoàn thành ngày {done}" if done else "",
        f"Minh chứng: {proof}" if proof else "",
    )
    cells["result"] = "\n".join(filter(None, told))
    cells["trouble"] = labelled(values, _TROUBLE, c)
    cells["next_work"] = labelled(values, _NEXT, c)
    cells["percent"] = percent_cell(values.get("percent"))
    if values:
        cells["source"] = source_link(entry.unit, "led", row.task.code)
    return cells


def _silent_lines(c: Consolidation, labels: Mapping[str, str]) -> Iterator[ReportLine]:
    """Supporters with nothing to tell in one line at the end, those who have not told in another."""
    stated = {item.unit for item in c.traced if item.value.table == "statement"}
    asked = [(row, item) for row in c.tasks if row.standing.state != "done_before" for item in row.contributions]
    for words, state in ((NOTHING, "nothing"), (UNREPORTED, "unreported")):
        found: dict[tuple[str, str], list[Task]] = {}
        for row, item in asked:
            if item.state == state:
                found.setdefault((item.unit, item.name), []).append(row.task)
        told: dict[str, list[str]] = {}
        anchors: list[str] = []
        places: list[str] = []
        for (unit, name), tasks in found.items():
            anchors += [f"supporting|{unit}|{task.code}" for task in tasks]
            number = ""
            if state == "nothing":
                # a unit's one statement for all its rows shows here, too
                anchors.append(f"statement|{unit}|statement")
                place = ("statement", "statement") if unit in stated else ("supporting", "")
                places.append(source_anchor(unit, *place))
                number = labels.get(places[-1], "")
            words_of = f"{name} (nguồn số {number})" if number else name
            told.setdefault(", ".join(map(numbered, tasks)), []).append(words_of)
        if told:
            units = "; ".join(f"{', '.join(names)}: {rows}" for rows, names in told.items())
            cells: Cells = {"number": f"{words} việc phối hợp. {units}.", "kind": SILENT_ROW}
            if places:
                cells["source"] = Link("{label}", places[0])
            yield ReportLine("row", cells, 1, tuple(anchors), spans=_SILENT_SPANS)
