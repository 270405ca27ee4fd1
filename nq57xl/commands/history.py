"""history: what a unit, or a task, has been through: each period, what was said, when, on time, findings, edits."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from nq57xl.commands.consolidated import alone
from nq57xl.commands.office import Office
from nq57xl.commands.standing import OfficePeriod
from nq57xl.errors import Nq57Error
from nq57xl.forms.wording import shorten
from nq57xl.ledger.model import UnitStatus
from nq57xl.outputs.lists import render_history
from nq57xl.results.model import Consolidation
from nq57xl.results.wording import STATES, VERDICTS, field_title, shown
from nq57xl.rules.findings import grouped
from nq57xl.text.clock import moment_words
from nq57xl.text.files import require_new, write_atomic


@frozen
class _HistoryLine:
    """One period of one unit, or of one row as one unit told it."""

    period: str
    title: str
    unit: str
    said: str
    """State of the report, or of the row with its figures and words."""
    received: str
    on_time: str
    findings: str
    edits: str

    @property
    def cells(self) -> tuple[str, ...]:
        """As a row of a table."""
        return (self.title, self.unit, self.said, self.received, self.on_time, self.findings, self.edits)


@frozen
class _History:
    """All periods, oldest first."""

    subject: str
    """Name of the unit, or the row in words."""
    lines: tuple[_HistoryLine, ...]
    year: int
    """Of the plan."""

    def book(self) -> bytes:
        """The same as a workbook."""
        return render_history(self.subject, [line.cells for line in self.lines], dt.datetime(self.year, 1, 1, 8))


def history(office: Office, wanted: str, output: Path | None = None) -> _History:
    """The history of a unit or of a task or indicator, by its code; `output`: also as a workbook.

    Raises Nq57Error for a code that the plan does not know, or an output that exists.
    """
    if output is not None:
        require_new(output, "-o")
    with office.reading() as ledger:
        plan = office.appendix().plan
        units = {unit.code.casefold(): unit for unit in plan.units}
        codes = [*(task.code for task in plan.tasks), *(item.code for item in plan.indicators)]
        rows = {code.casefold(): code for code in codes}
        words = {task.code: task.subtask or task.task for task in plan.tasks}
        words |= {item.code: item.indicator for item in plan.indicators}
        key = wanted.strip().casefold()
        if key not in units and key not in rows:
            raise Nq57Error(f"Không có đơn vị, đầu việc hoặc chỉ tiêu nào mang mã «{wanted}».")
        lines: list[_HistoryLine] = []
        issued = [OfficePeriod.of(office, ledger, code) for code in ledger.periods()]
        for here in sorted(issued, key=lambda one: (one.period.cutoff, len(one.code))):
            c = alone(here)
            lines += _of_unit(c, units[key].code) if key in units else _of_row(c, rows[key])
    subject = units[key].name if key in units else f"{rows[key]}. {shorten(words[rows[key]], 160)}"
    done = _History(subject, tuple(lines), plan.properties.year)
    if output is not None:
        write_atomic(output, done.book())
    return done


def _of_unit(c: Consolidation, code: str) -> Iterator[_HistoryLine]:
    """The line of the unit: what it said in all, how many rows stand where, how many indicators have a result."""
    led = [entry for row in c.tasks for entry in row.entries if entry.unit == code and entry.progress]
    counts = Counter(c.progress_words.get(entry.progress or "", "") for entry in led)
    told = [one for row in c.indicators for one in row.entries if one.unit == code]
    for unit in (report.status for report in c.units if report.status.code == code):
        said = [STATES[unit.state]]
        if led and unit.counting is not None:
            said.append(f"{len(led)} đầu việc: " + ", ".join(f"{word.lower()} {n}" for word, n in counts.items()))
        if told and unit.counting is not None:
            said.append(f"{sum(one.result is not None for one in told)}/{len(told)} chỉ tiêu có số liệu")
        yield _line(c, unit, "\n".join(said), None)


def _of_row(c: Consolidation, code: str) -> Iterator[_HistoryLine]:
    units = {report.status.code: report.status for report in c.units}
    for task in (row for row in c.tasks if row.task.code == code):
        for entry in task.entries:
            told = [shown(entry.values.get(name), c.schema) for name in ("progress", "percent", "result")]
            first = " – ".join(part for part in told if part) or task.standing.words(c)[0]
            named = [
                f"{field_title(c.schema, value)}: {text}"
                for name, value in entry.values.items()
                if name not in ("progress", "percent", "result") and (text := shown(value, c.schema))
            ]
            if entry.unit in units:
                yield _line(c, units[entry.unit], "\n".join([first, *named]), code)
        for other in task.contributions:
            if other.state == "text" and other.unit in units:
                yield _line(c, units[other.unit], f"Phối hợp: {shown(other.value, c.schema)}", code)
    for row in (row for row in c.indicators if row.indicator.code == code):
        for one in row.entries:
            if one.unit in units:
                parts = [shown(one.values.get(name), c.schema) for name in ("numerator", "denominator")]
                ratio = f" ({'/'.join(parts)})" if all(parts) else ""
                blank = "Chưa báo cáo" if one.state == "unreported" else "Chưa có số liệu"
                told = [
                    f"{row.result_words(one) or blank}{ratio}",
                    shown(one.values.get("note"), c.schema),
                ]
                yield _line(c, units[one.unit], "\n".join(filter(None, told)), code)


def _line(c: Consolidation, unit: UnitStatus, said: str, row: str | None) -> _HistoryLine:
    record = unit.counting or unit.newest
    # when each file came, and what became of those that do not count
    received = [] if unit.attempts else [moment_words(unit.received_at)]
    for one in unit.attempts:
        words = VERDICTS.get(one.verdict, "") + (f", {one.errors} điểm phải sửa" if one.errors else "")
        counts = unit.counting is not None and one.sha256 == unit.counting.judged.source.sha256
        received.append(moment_words(one.received_at) + ("" if counts or not words else f" ({words})"))
    findings = [
        item
        for item in (record.judged.findings if record else ())
        if (row is None or item.task == row)
        and (item.severity in ("error", "warning") or item.code == "MOVEMENT_EXPLAINED")
    ]
    edits = [item.edit.new for item in c.edits if item.edit.new.unit == unit.code and row in (None, item.edit.new.key)]
    late = "" if unit.on_time is None else ("đúng hạn" if unit.on_time else f"chậm {unit.days_late} ngày")
    return _HistoryLine(
        period=c.period.code,
        title=c.period.title,
        unit=unit.name,
        said=said,
        received="\n".join(received),
        on_time=late,
        findings="\n".join(point.text for point in grouped(findings)),
        edits="\n".join(f"{new.key}: {new.typed or 'bỏ biên tập'} ({new.reason})" for new in edits),
    )
