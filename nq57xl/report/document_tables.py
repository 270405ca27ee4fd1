"""The appendices of the document: every row and every indicator, a line each, as texts for the template."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from nq57xl.records.comparison import Comparison
from nq57xl.records.consolidation import Consolidation, Entry, IndicatorEntry, IndicatorRow, TaskRow
from nq57xl.report.compare import compare
from nq57xl.report.document_words import several, state_of
from nq57xl.report.figures import Figures, groups_of, indicator_state, progress_buckets, sections_of
from nq57xl.report.indicator_words import entry_result, gap_words
from nq57xl.report.wording import due_words, evidence_words, shown, standing_words, work_of

_ON_ROW = (
    ("result", ""),
    ("kpi_achieved", "KPI: "),
    ("difficulties", "Khó khăn, vướng mắc: "),
    ("cause", "Nguyên nhân: "),
    ("proposal", "Đề xuất, kiến nghị: "),
    ("explanation", "Giải trình: "),
    ("next_work", "Việc kỳ tới: "),
)


@frozen
class Row:
    """A line of an appendix: a heading across the table, or cells."""

    heading: str = ""
    cells: tuple[str, ...] = ()


def task_rows(c: Consolidation) -> tuple[Row, ...]:
    """Phụ lục I: number, task, leads, deadline, standing, results, difficulties, proposals, next work."""
    moved = compare(c.earlier[-1], c) if c.earlier else None
    found: list[Row] = []
    for number, title in sections_of(c):
        found.append(Row(heading=f"{number}. {title}"))
        found += [_task_row(row, c, moved) for row in c.tasks if row.task.section == number]
    return tuple(found)


def _task_row(row: TaskRow, c: Consolidation, moved: Comparison | None) -> Row:
    task = row.task
    return Row(
        cells=(
            task.subnumber or task.number,
            work_of(task),
            task.lead,
            due_words(task),
            _standing(row, c, moved),
            "\n".join(_told(row, c, ("result", "kpi_achieved"))),
            "\n".join(_told(row, c, ("difficulties", "cause", "proposal", "explanation", "next_work"))),
        )
    )


def _standing(row: TaskRow, c: Consolidation, moved: Comparison | None) -> str:
    """Progress and timeliness; of several leads each one's; what changed since the period before."""
    lines = [text for text in standing_words(row.standing, c) if text]
    if several(row):
        lines += [f"{entry.name}: {state_of(entry, row, c)}" for entry in row.entries]
    elif row.entries and row.standing.state == "reported":
        lines[0] = state_of(row.entries[0], row, c)
    change = moved.change_of(row.task.code) if moved else ""
    return "\n".join([*lines, f"({change})"] if change and change not in lines else lines)


def _told(row: TaskRow, c: Consolidation, names: tuple[str, ...]) -> Iterator[str]:
    """The units' texts, each with its heading; evidence and supporters' contributions follow results."""
    for entry in row.entries:
        lines = [f"{head}{text}" for name, head in _ON_ROW if name in names and (text := _text(entry, name, c))]
        if "result" in names and (proof := evidence_words(entry, c.schema)):
            lines.append(f"Minh chứng: {proof}")
        if lines and several(row):
            lines[0] = f"{entry.name}: {lines[0]}"
        yield from lines
    if "result" in names:
        for item in row.contributions:
            if item.state == "text":
                yield f"{item.name} (phối hợp): {shown(item.value, c.schema)}"


def _text(entry: Entry, name: str, c: Consolidation) -> str:
    return shown(entry.values.get(name), c.schema).strip()


def indicator_rows(c: Consolidation) -> tuple[Row, ...]:
    """Phụ lục II: number, indicator, unit of measure, target, result, standing, who follows it, source and note."""
    found: list[Row] = []
    for number, title in groups_of(c):
        found.append(Row(heading=f"{number}. {title}"))
        found += [_indicator_row(row, c) for row in c.indicators if row.indicator.group == number]
    return tuple(found)


def _indicator_row(row: IndicatorRow, c: Consolidation) -> Row:
    item = row.indicator
    state = indicator_state(row)
    gaps = [gap_words(row, entry) for entry in row.entries if len(row.entries) == 1]
    return Row(
        cells=(
            item.number,
            item.indicator,
            item.unit,
            item.target.text,
            "\n".join(_by_unit(row, entry, entry_result(row, entry)) for entry in row.entries),
            "\n".join(filter(None, (state, *gaps))),
            ", ".join(entry.name for entry in row.entries) or item.lead,
            "\n".join(filter(None, (_by_unit(row, entry, _notes(entry, c)) for entry in row.entries))),
        )
    )


def _by_unit(row: IndicatorRow, entry: IndicatorEntry, words: str) -> str:
    """With several units each text names its own."""
    return f"{entry.name}: {words}" if words and len(row.entries) > 1 else words


def _notes(entry: IndicatorEntry, c: Consolidation) -> str:
    return "; ".join(filter(None, (shown(entry.values.get(name), c.schema).strip() for name in ("source", "note"))))


@frozen
class Counts:
    """The table of II.1: rows of the plan by group and progress; columns in which nothing stands are left out."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...]


def counts_table(c: Consolidation, f: Figures) -> Counts:
    """The table of II.1."""
    shown_words = [words for words in progress_buckets(c) if f.total.progress.get(words)]
    rows = [
        (
            f"{section.number}. {section.title}" if section.number else section.title,
            str(section.total),
            *(str(section.progress.get(words, 0)) for words in shown_words),
        )
        for section in (*f.sections, f.total)
    ]
    return Counts(("Nhóm nhiệm vụ", "Tổng số", *shown_words), tuple(rows[:-1]), rows[-1])
