"""What is to be explained: warnings with the units' own words, disagreements, what was left out, the office's edits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import frozen

from nq57xl.forms.model import Value
from nq57xl.ledger.model import AppliedEdit, UnitStatus
from nq57xl.outputs.report.sheet_parts import Cells, labelled, source_link
from nq57xl.results.consolidation import Consolidation, IndicatorEntry, LeadEntry, TaskRow
from nq57xl.results.edited import OFFICE
from nq57xl.results.wording import (
    EDIT_KINDS,
    moment_words,
    numbered,
    shown,
    table_title,
    work_of,
)
from nq57xl.rules.findings import Finding
from nq57xl.rules.movement import MOVEMENT_EXPLAINED
from nq57xl.xlsx.pages import ReportLine

_EDITS = {
    "applied": "đã dùng trong bản tổng hợp này",
    "outdated": "không dùng: đơn vị đã gửi số liệu khác",
    "unreported": "không dùng: đơn vị chưa có báo cáo được chấp nhận",
}
_WITHDRAWN = "Rút lại biên tập"
_WIDE = {"difficulties": "next_work"}
"""What no unit has answered is told over the columns of the answers."""


@frozen
class _PlanRows:
    """The plan's rows and indicators by code."""

    c: Consolidation
    tasks: Mapping[str, TaskRow]
    entries: Mapping[tuple[str, str], LeadEntry]
    """(unit, task code) -> what the unit reported."""
    indicators: Mapping[tuple[str, str], IndicatorEntry]
    names: Mapping[str, str]
    """Indicator code -> text."""

    @classmethod
    def of(cls, c: Consolidation) -> _PlanRows:
        return cls(
            c,
            {row.task.code: row for row in c.tasks},
            {(entry.unit, row.task.code): entry for row in c.tasks for entry in row.entries},
            {(entry.unit, row.indicator.code): entry for row in c.indicators for entry in row.entries},
            {row.indicator.code: row.indicator.indicator for row in c.indicators},
        )

    def place(self, table: str, key: str | None) -> Cells:
        """Number and text of a row, by its key."""
        row = self.tasks.get(key or "")
        if row is not None:
            return {"code": numbered(row.task), "work": work_of(row.task)}
        if key is not None and key in self.names:
            return {"code": key, "work": self.names[key]}
        return {"work": table_title(self.c.schema, table)} if table else {}

    def words(self, unit: str, key: str | None) -> Cells:
        """What the unit itself says of the row."""
        entry = self.entries.get((unit, key or ""))
        other = self.indicators.get((unit, key or ""))
        values: Mapping[str, Value] = entry.values if entry else (other.values if other else {})
        names = [("cause", ""), ("explanation", "Giải trình: "), *([("note", "")] if other is not None else [])]
        return {"cause": labelled(values, names, self.c)}


def explanation_lines(c: Consolidation, before: int) -> Iterator[ReportLine]:
    """A group for each kind of question, numbered after the `before` groups above; groups without a line are not there.

    Lines have the columns of "Chậm, vướng, giải trình".
    """
    index = before
    for title, rows in groups(c):
        if rows:
            index += 1
            yield ReportLine("section", {"number": str(index), "code": f"{title}: {len(rows)}"})
        for number, cells in enumerate(rows, start=1):
            alone = not any(cells.get(name) for name in ("cause", "proposal", "next_work"))
            yield ReportLine("row", {"number": str(number), **cells}, 1, spans=_WIDE if alone else {})


def groups(c: Consolidation) -> list[tuple[str, list[Cells]]]:
    """Title and lines of each group."""
    rows = _PlanRows.of(c)
    return [
        ("Điểm nên xem lại trong báo cáo được chấp nhận", [*_warnings(c, rows)]),
        ("Biến động so với kỳ trước, đơn vị đã giải trình", [*_explained(c, rows)]),
        ("Nội dung khác nhau giữa các đơn vị", [*_disagreements(c, rows)]),
        ("Quá hạn nhưng chưa nêu nguyên nhân", [*_without_cause(c, rows)]),
        ("Báo cáo nhận được nhưng không đưa vào tổng hợp", [*_left_out(c)]),
        ("Nội dung do đơn vị tổng hợp biên tập", [*_edits(c, rows)]),
    ]


def _warnings(c: Consolidation, rows: _PlanRows) -> Iterator[Cells]:
    yield from (_warning(unit, item, rows) for unit, item in _counting_findings(c) if item.severity == "warning")


def _explained(c: Consolidation, rows: _PlanRows) -> Iterator[Cells]:
    yield from (_warning(unit, item, rows) for unit, item in _counting_findings(c) if item.code == MOVEMENT_EXPLAINED)


def _counting_findings(c: Consolidation) -> Iterator[tuple[UnitStatus, Finding]]:
    for unit in (report.status for report in c.units):
        for finding in unit.counting.judged.findings if unit.counting is not None else ():
            yield unit, finding


def _warning(unit: UnitStatus, finding: Finding, rows: _PlanRows) -> Cells:
    where = f" (trang «{finding.sheet}», ô {finding.cell})" if finding.cell else ""
    cells = rows.place(finding.table, finding.task)
    waived = f" {finding.fix}" if finding.waived else ""
    waived += " Đã hỏi lại đơn vị một lần, đơn vị không giải trình." if finding.asked_before else ""
    typed = f" Đơn vị đã nhập «{finding.value}»." if finding.value else ""
    cells |= {"unit": unit.name, "difficulties": f"{finding.message}{where}{waived}{typed}"}
    if finding.task:
        cells["source"] = source_link(unit.code, finding.table, finding.task)
    return cells | rows.words(unit.code, finding.task)


def _disagreements(c: Consolidation, rows: _PlanRows) -> Iterator[Cells]:
    for finding in c.status.period_findings:
        row = rows.tasks.get(finding.task or "")
        names = "\n".join(entry.name for entry in row.entries) if row else ""
        asked = f"{finding.message} {finding.fix}".strip()
        told = "\n".join(
            f"{entry.name}: {text}"
            for entry in (row.entries if row else ())
            if (text := shown(entry.values.get("explanation"), c.schema))
        )
        yield {**rows.place(finding.table, finding.task), "unit": names, "difficulties": asked, "cause": told}


def _without_cause(c: Consolidation, rows: _PlanRows) -> Iterator[Cells]:
    for row in c.tasks:
        for entry in row.entries:
            late = entry.timeliness is not None and entry.timeliness.code == "overdue"
            if late and "cause" not in entry.values:
                code = row.task.code
                asked = (
                    f"Quá hạn {-(entry.timeliness.days or 0)} ngày, chưa nêu nguyên nhân." if entry.timeliness else ""
                )
                source = source_link(entry.unit, "led", code)
                cells = rows.place("led", code) | {"unit": entry.name, "difficulties": asked, "source": source}
                yield cells | rows.words(entry.unit, code)


def _left_out(c: Consolidation) -> Iterator[Cells]:
    for report in c.units:
        unit = report.status
        for record in unit.excluded:
            source = record.judged.source
            asked = f"Bản nhận {moment_words(source.received_at)} không đưa vào tổng hợp: {record.excluded}"
            yield {"work": source.name, "unit": unit.name, "difficulties": asked}
        if unit.counting is None and unit.newest is not None:
            source = unit.newest.judged.source
            asked = f"Bản nhận {moment_words(source.received_at)} bị trả lại, {unit.errors} điểm phải sửa, chưa nộp lại"
            yield {"work": source.name, "unit": unit.name, "difficulties": asked}


def _edits(c: Consolidation, rows: _PlanRows) -> Iterator[Cells]:
    for item in c.edits:
        new = item.edit.new
        if new.table == OFFICE:  # its own words in the document replace nothing of a unit's
            continue
        yield rows.place(new.table, new.key) | {
            "unit": item.name,
            "difficulties": _edit_words(item),
            "cause": f"Đơn vị đã nhập: {new.before or 'để trống'}\nBiên tập: {new.typed}",
            "source": source_link(new.unit, new.table, new.key),
        }


def _edit_words(item: AppliedEdit) -> str:
    new = item.edit.new
    kind, state = EDIT_KINDS.get(new.kind, _WITHDRAWN), _EDITS[item.state]
    return f"{kind} do {new.author} thực hiện; lý do: {new.reason}. Tình trạng: {state}."
