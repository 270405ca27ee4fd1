"""theo-doi.txt and theo-doi.html: a text for each task, ready to paste into the system that tracks the resolution."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from attrs import frozen

from nq57xl.forms.wording import data_window
from nq57xl.records.consolidation import Consolidation, Entry, TaskRow
from nq57xl.records.returns import Value
from nq57xl.report.templated import filled
from nq57xl.report.wording import due_words, evidence_words, numbered, report_title, shown, standing_words, work_of
from nq57xl.text.normalise import clean, one_line

TEXT, PAGE = "theo-doi.txt", "theo-doi.html"


@frozen
class Voice:
    """What one unit says, line by line."""

    unit: str
    lines: tuple[str, ...]


@frozen
class TaskText:
    """Everything told of one task (domain: results, difficulties, next work; product, evidence, delay and cause)."""

    code: str
    number: str
    work: str
    lead: str
    deliverable: str
    deadline: str
    state: str
    delay: str
    """"Quá hạn 14 ngày"; "" where nothing is late."""
    results: tuple[Voice, ...]
    evidence: tuple[Voice, ...]
    support: tuple[Voice, ...]
    difficulties: tuple[Voice, ...]
    causes: tuple[Voice, ...]
    proposals: tuple[Voice, ...]
    next_work: tuple[Voice, ...]
    silent: tuple[str, ...]
    """Names of the leads that have not reported."""


def tracking_text(c: Consolidation, workspace: Path | None = None) -> bytes:
    """theo-doi.txt: UTF-8, lines ended as Windows has them. Raises Nq57Error when the office's template is wrong."""
    return filled(f"texts/{TEXT}.j2", _words(c), workspace).replace("\n", "\r\n").encode()


def tracking_page(c: Consolidation, workspace: Path | None = None) -> bytes:
    """theo-doi.html: headings, paragraphs, bold and line breaks only; every text escaped."""
    return filled(f"texts/{PAGE}.j2", _words(c), workspace, html=True).encode()


def _words(c: Consolidation) -> dict[str, object]:
    return {
        "title": report_title(c),
        "agency": c.letterhead[1],
        "period": c.period.title,
        "window": data_window(c.period),
        "missing": [unit.name for unit in c.missing],
        "tasks": [task_text(row, c) for row in c.tasks],
    }


def task_text(row: TaskRow, c: Consolidation) -> TaskText:
    """The text of one row of the plan."""
    progress, timeliness = standing_words(row.standing, c)
    return TaskText(
        code=row.task.code,
        number=numbered(row.task),
        work=one_line(work_of(row.task)),
        lead=one_line(row.task.lead),
        deliverable=one_line(row.task.deliverable),
        deadline=one_line(due_words(row.task)),
        state="; ".join(filter(None, (progress, _percent(row, c), timeliness))),
        delay=_delay(row),
        results=_voices(row, c, "result", "kpi_achieved"),
        evidence=tuple(_voice(entry.name, evidence_words(entry, c.schema)) for entry in row.entries if _proof(entry)),
        support=tuple(_voice(item.name, _shown(item.value, c)) for item in row.contributions if item.state == "text"),
        difficulties=_voices(row, c, "difficulties"),
        causes=_voices(row, c, "cause", "explanation"),
        proposals=_voices(row, c, "proposal"),
        next_work=_voices(row, c, "next_work"),
        silent=tuple(entry.name for entry in row.entries if entry.expected and not entry.reported)
        if row.standing.state in ("unreported", "partly_reported")
        else (),
    )


def _delay(row: TaskRow) -> str:
    state = row.standing.timeliness
    if state is None or state.days is None or state.code not in ("overdue", "late"):
        return ""
    return f"Quá hạn {-state.days} ngày" if state.code == "overdue" else f"Hoàn thành chậm {state.days} ngày"


def _percent(row: TaskRow, c: Consolidation) -> str:
    """The percentage of the unit that decides, while the row is under way."""
    if row.standing.progress != "in_progress":
        return ""
    decider = next((entry for entry in row.entries if entry.unit == row.standing.decided_by), None)
    return shown(decider.values.get("percent"), c.schema) if decider is not None else ""


def _proof(entry: Entry) -> bool:
    return any(name in entry.values for name in ("evidence_number", "evidence_title", "evidence_link"))


def _voices(row: TaskRow, c: Consolidation, *names: str) -> tuple[Voice, ...]:
    told = (
        (entry, "\n".join(filter(None, (_shown(entry.values.get(name), c) for name in names)))) for entry in row.entries
    )
    return tuple(_voice(entry.name, text) for entry, text in told if text)


def _voice(unit: str, text: str) -> Voice:
    return Voice(one_line(unit), tuple(_printable(text)))


def _shown(value: Value | None, c: Consolidation) -> str:
    return shown(value, c.schema)


def _printable(text: str) -> Iterable[str]:
    """The lines that hold something, without control characters."""
    for line in clean(text).split("\n"):
        kept = line if line.isprintable() else "".join(letter for letter in line if letter.isprintable()).strip()
        if kept:
            yield kept
