"""The sheets "Chậm, vướng, giải trình" (late, at risk, due, difficult, to be explained) and "Đề xuất, kiến nghị"."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from nq57xl.forms.model import Value
from nq57xl.ledger.model import AppliedEdit, UnitStatus
from nq57xl.outputs.report.sheet_parts import SHEETS, Cells, heading, labelled, list_sheet, source_link, standing_text
from nq57xl.plan.periods import next_period
from nq57xl.results.model import Consolidation, FreeRow, LeadEntry, TaskRow
from nq57xl.results.overview import NO_LEVEL
from nq57xl.results.standing import OFFICE
from nq57xl.results.wording import EDIT_KINDS, shown, table_title
from nq57xl.rules.findings import Finding
from nq57xl.rules.movement import explained_movement
from nq57xl.rules.schema import vietnamese_date
from nq57xl.text.clock import moment_words
from nq57xl.xlsx.pages import ReportLine, ReportSheet

_EDITS = {
    "applied": "đã dùng trong bản tổng hợp này",
    "outdated": "không dùng: đơn vị đã gửi số liệu khác",
    "unreported": "không dùng: đơn vị chưa có báo cáo được chấp nhận",
}


def problem_page(c: Consolidation) -> ReportSheet:
    """The sheet: each row of the plan stands in one group at most; what is to be explained follows."""
    later = next_period(c.period, c.plan.properties)
    note = (
        f"Tính đến ngày chốt số liệu {vietnamese_date(c.cutoff)}; ngày chốt số liệu kỳ sau ({later.title}) là "
        f"{vietnamese_date(later.cutoff)}. Nguy cơ chậm: chưa hoàn thành, còn không quá {c.plan.settings.at_risk_days} "
        "ngày theo lịch là đến hạn."
    )
    return list_sheet(SHEETS["problems"], heading(c, "CHẬM TIẾN ĐỘ, KHÓ KHĂN, VƯỚNG MẮC, GIẢI TRÌNH"), _lines(c), note)


def _lines(c: Consolidation) -> Iterator[ReportLine]:
    """The groups under their numbered titles; one without a line is not there."""
    groups = [*_row_groups(c)]
    for title, questions in _Explanations(c).groups().items():
        lines = []
        for number, cells in enumerate(questions, start=1):
            # what no unit has answered is told over the columns of the answers
            alone = not any(cells.get(name) for name in ("cause", "proposal", "next_work"))
            spans = {"difficulties": "next_work"} if alone else {}
            lines.append(ReportLine("row", {"number": str(number), **cells}, 1, spans=spans))
        groups.append((f"{title}: {len(lines)}", lines))
    for number, (title, lines) in enumerate((group for group in groups if group[1]), start=1):
        yield ReportLine("section", {"number": str(number), "code": title})
        yield from lines


def _row_groups(c: Consolidation) -> Iterator[tuple[str, list[ReportLine]]]:
    """Rows of the plan, a line for each unit that leads a row; the row's own cells once."""
    groups = _plan_groups(c)
    for title, rows in groups:
        lines = []
        for number, row in enumerate(rows, start=1):
            first: Cells = {"number": str(number), "code": row.task.cited_number, "work": row.task.own_work}
            first["deadline"] = row.task.deadline_words
            for entry in row.entries or (LeadEntry("", row.task.lead, False),):
                lines.append(ReportLine("row" if first else "sub", first | _entry_cells(entry, row, c), 1))
                first = {}
        yield f"{title}: {len(rows)} đầu việc", lines
    told = {row.task.code for _, rows in groups for row in rows}
    rest = [row for row in c.tasks if row.is_open and row.task.due is None and row.task.code not in told]
    title = f"Đang thực hiện, không xác định được ngày hết hạn, không nêu khó khăn: {len(rest)} đầu việc"
    # one line: their results stand with the plan
    codes: Cells = {"work": ", ".join(row.task.cited_number for row in rest)}
    yield title, [ReportLine("row", codes, 1, spans={"work": "next_work"})] if rest else []


def _entry_cells(entry: LeadEntry, row: TaskRow, c: Consolidation) -> Cells:
    """Who leads the row, how far it is, in the unit's own words, and where they stand."""
    cells: Cells = {"unit": entry.name, "standing": standing_text(entry, row, c)}
    cells |= {name: shown(entry.values.get(name), c.schema) for name in ("difficulties", "proposal", "next_work")}
    cells["cause"] = labelled(entry.values, (("cause", ""), ("explanation", "Giải trình: ")), c)
    return cells | ({"source": source_link(entry.unit, "led", row.task.code)} if entry.values else {})


class _Explanations:
    """What is to be explained in a consolidation: cells of a line for each question."""

    def __init__(self, c: Consolidation) -> None:
        self.c = c
        self.tasks = {row.task.code: row for row in c.tasks}
        self.indicators = {row.indicator.code: row for row in c.indicators}

    def groups(self) -> dict[str, list[Cells]]:
        """Title and lines of each group."""
        counting = [
            (unit.status, unit.status.counting.judged.findings) for unit in self.c.units if unit.status.counting
        ]
        findings = [(unit, finding) for unit, found in counting for finding in found]
        return {
            "Điểm nên xem lại trong báo cáo được chấp nhận": [
                self._asked(unit, item) for unit, item in findings if item.severity == "warning"
            ],
            "Biến động so với kỳ trước, đơn vị đã giải trình": [
                self._asked(unit, item) for unit, item in findings if explained_movement(item)
            ],
            "Nội dung khác nhau giữa các đơn vị": [self._disagreement(item) for item in self.c.status.period_findings],
            "Quá hạn nhưng chưa nêu nguyên nhân": [*self._without_cause()],
            "Báo cáo nhận được nhưng không đưa vào tổng hợp": [*self._left_out()],
            # the office's own words in the document replace nothing of a unit's
            "Nội dung do đơn vị tổng hợp biên tập": [
                self._edit(item) for item in self.c.edits if item.edit.new.table != OFFICE
            ],
        }

    def _place(self, table: str, key: str | None) -> Cells:
        """Number and text of a row, by its key."""
        if row := self.tasks.get(key or ""):
            return {"code": row.task.cited_number, "work": row.task.own_work}
        if indicator := self.indicators.get(key or ""):
            return {"code": key, "work": indicator.indicator.indicator}
        return {"work": table_title(self.c.schema, table)} if table else {}

    def _words(self, unit: str, key: str | None) -> Cells:
        """What the unit itself says of the row."""
        row, indicator = self.tasks.get(key or ""), self.indicators.get(key or "")
        entries = row.entries if row else indicator.entries if indicator else ()
        values: Mapping[str, Value] = next((entry.values for entry in entries if entry.unit == unit), {})
        names = [("cause", ""), ("explanation", "Giải trình: "), *([("note", "")] if indicator else [])]
        return {"cause": labelled(values, names, self.c)}

    def _asked(self, unit: UnitStatus, finding: Finding) -> Cells:
        where = f" (trang «{finding.sheet}», ô {finding.cell})" if finding.cell else ""
        waived = f" {finding.fix}" if finding.waived else ""
        waived += " Đã hỏi lại đơn vị một lần, đơn vị không giải trình." if finding.asked_before else ""
        typed = f" Đơn vị đã nhập «{finding.value}»." if finding.value else ""
        told: Cells = {"unit": unit.name, "difficulties": f"{finding.message}{where}{waived}{typed}"}
        if finding.task:
            told["source"] = source_link(unit.code, finding.table, finding.task)
        return self._place(finding.table, finding.task) | told | self._words(unit.code, finding.task)

    def _disagreement(self, finding: Finding) -> Cells:
        row = self.tasks.get(finding.task or "")
        entries = row.entries if row else ()
        asked = f"{finding.message} {finding.fix}".strip()
        said = ((entry.name, shown(entry.values.get("explanation"), self.c.schema)) for entry in entries)
        return {
            **self._place(finding.table, finding.task),
            "unit": "\n".join(entry.name for entry in entries),
            "difficulties": asked,
            "cause": "\n".join(f"{name}: {text}" for name, text in said if text),
        }

    def _without_cause(self) -> Iterator[Cells]:
        for code, row in self.tasks.items():
            for entry in row.entries:
                late = entry.timeliness
                if late is not None and late.code == "overdue" and "cause" not in entry.values:
                    asked = f"Quá hạn {-(late.days or 0)} ngày, chưa nêu nguyên nhân."
                    source = source_link(entry.unit, "led", code)
                    told: Cells = {"unit": entry.name, "difficulties": asked, "source": source}
                    yield self._place("led", code) | told | self._words(entry.unit, code)

    def _left_out(self) -> Iterator[Cells]:
        for unit in (report.status for report in self.c.units):
            told = [(record, f"không đưa vào tổng hợp: {record.excluded}") for record in unit.excluded]
            if unit.counting is None and unit.newest is not None:
                told.append((unit.newest, f"bị trả lại, {unit.errors} điểm phải sửa, chưa nộp lại"))
            for record, words in told:
                source = record.judged.source
                asked = f"Bản nhận {moment_words(source.received_at)} {words}"
                yield {"work": source.name, "unit": unit.name, "difficulties": asked}

    def _edit(self, item: AppliedEdit) -> Cells:
        new, state = item.edit.new, _EDITS[item.state]
        kind = EDIT_KINDS.get(new.kind, "Rút lại biên tập")
        return self._place(new.table, new.key) | {
            "unit": item.name,
            "difficulties": f"{kind} do {new.author} thực hiện; lý do: {new.reason}. Tình trạng: {state}.",
            "cause": f"Đơn vị đã nhập: {new.before or 'để trống'}\nBiên tập: {new.typed}",
            "source": source_link(new.unit, new.table, new.key),
        }


def _plan_groups(c: Consolidation) -> list[tuple[str, list[TaskRow]]]:
    """Titles and rows of the groups, in order; in those of coming deadlines the nearest day first."""
    last, margin = next_period(c.period, c.plan.properties).cutoff, c.plan.settings.at_risk_days

    def has_milestone(row: TaskRow) -> bool:
        return row.is_open and any(c.cutoff < day <= last for day in row.task.deadline.milestones)

    def has_difficulties(row: TaskRow) -> bool:
        """Some unit tells of difficulties or a cause on this row in this period."""
        told = [entry for entry in row.entries if not entry.before]
        return any(name in entry.values for entry in told for name in ("difficulties", "cause"))

    tests: list[tuple[str, Callable[[TaskRow], bool]]] = [
        ("Quá hạn, chưa hoàn thành", lambda row: row.stands("overdue")),
        ("Hoàn thành quá hạn", lambda row: row.stands("late")),
        ("Chưa báo cáo, hoặc chưa báo cáo đủ", lambda row: row.is_silent),
        (f"Nguy cơ chậm (còn không quá {margin} ngày)", lambda row: row.stands("at_risk")),
        ("Đến hạn trước ngày chốt số liệu kỳ sau", lambda row: row.falls_due(c.cutoff, last)),
        ("Có mốc trung gian trước ngày chốt số liệu kỳ sau", has_milestone),
        ("Nhiệm vụ khác có khó khăn, vướng mắc", has_difficulties),
    ]
    found: list[tuple[str, list[TaskRow]]] = [(title, []) for title, _ in tests]
    for row in c.tasks:
        hit = 2 if row.is_silent else next((i for i, (_, test) in enumerate(tests) if test(row)), None)
        if hit is not None:
            found[hit][1].append(row)
    for _, rows in found[3:5]:
        rows.sort(key=lambda row: (row.task.due is None, row.task.due))
    return found


_PROPOSALS = SHEETS["proposals"]


def proposal_page(c: Consolidation) -> ReportSheet:
    """The page: three blocks with headings of their own."""
    lines = tuple(_proposal_lines(c)) or (ReportLine("para", {"number": "Các đơn vị không có đề xuất, kiến nghị."}),)
    return ReportSheet(_PROPOSALS.name, _PROPOSALS.columns, (*heading(c, "ĐỀ XUẤT, KIẾN NGHỊ CỦA CÁC ĐƠN VỊ"), *lines))


def _proposal_lines(c: Consolidation) -> Iterator[ReportLine]:
    """In general, by who must decide; on tasks; new tasks."""
    general, new = ([row for row in c.free if row.table == table] for table in ("difficulty", "proposal"))
    if general:
        names = ("Khó khăn, vướng mắc chung", "Nguyên nhân", "Đề xuất, kiến nghị", "Cấp quyết định", "")
        yield from _head("I. Khó khăn, kiến nghị chung, theo cấp quyết định", *names)
    for title, found in _by_authority(general, c):
        yield ReportLine("section", {"number": "", "unit": f"{title}: {len(found)} nội dung"})
        yield from _free_lines(found, ("content", "cause", "proposal", "authority"), c)
    told = [(row, entry) for row in c.tasks for entry in row.entries if "proposal" in entry.values and not entry.before]
    if told:
        names = ("Nhiệm vụ", "Khó khăn, vướng mắc", "Đề xuất, kiến nghị", "Nguyên nhân", "Mã nhiệm vụ")
        yield from _head("II. Đề xuất, kiến nghị theo nhiệm vụ", *names)
    for number, (row, entry) in enumerate(told, start=1):
        texts = (shown(entry.values.get(name), c.schema) for name in ("difficulties", "proposal", "cause"))
        cells: Cells = dict(zip("abcde", (row.task.own_work, *texts, row.task.cited_number), strict=True))
        source = source_link(entry.unit, "led", row.task.code)
        yield ReportLine("row", {"number": str(number), "unit": entry.name, **cells, "source": source})
    if new:
        names = ("Nhiệm vụ đề xuất", "Lý do, căn cứ", "Sản phẩm dự kiến", "Đơn vị chủ trì đề xuất", "Thời hạn đề xuất")
        yield from _head("III. Đề xuất nhiệm vụ mới", *names)
    yield from _free_lines(new, ("title", "reason", "deliverable", "lead", "deadline"), c)


def _head(title: str, *names: str) -> Iterator[ReportLine]:
    yield ReportLine("group", {"number": title})
    cells = dict(zip("abcde", names, strict=True))
    yield ReportLine("head", {"number": "TT", "unit": "Đơn vị", **cells, "source": _PROPOSALS.columns[-1].title})


def _by_authority(rows: list[FreeRow], c: Consolidation) -> list[tuple[str, list[FreeRow]]]:
    """General difficulties under the title of who must decide: the highest first, what names nobody last."""
    found: dict[str, list[FreeRow]] = {item.title: [] for item in reversed(c.schema.lists.get("authority", ()))}
    for row in rows:
        found.setdefault(shown(row.values.get("authority"), c.schema) or NO_LEVEL, []).append(row)
    return [(title, of_title) for title, of_title in found.items() if of_title]


def _free_lines(rows: list[FreeRow], fields: tuple[str, ...], c: Consolidation) -> Iterator[ReportLine]:
    for number, row in enumerate(rows, start=1):
        texts = {column: shown(row.values.get(name), c.schema) for column, name in zip("abcde", fields, strict=False)}
        source = source_link(row.unit, row.table, row.key)
        cells: Cells = {"number": str(number), "unit": row.name, **texts, "source": source}
        yield ReportLine("row", cells, anchors=(f"{row.table}|{row.unit}|{row.key}",))
