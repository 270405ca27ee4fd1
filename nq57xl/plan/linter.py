"""The "rõ" of a plan: who, what, until when, with what result (domain.md 4.2); and what all checks of a plan share."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import cattrs
from attrs import frozen

from nq57xl.errors import Nq57Error
from nq57xl.plan import appendix
from nq57xl.plan.appendix import INDICATOR_KINDS, cell_of, name_rows
from nq57xl.plan.model import UNDECIDED, Indicator, IndicatorKind, Plan, Task, Unit, UnitGroup
from nq57xl.plan.units import Resolver
from nq57xl.resources import read_schema
from nq57xl.rules import findings
from nq57xl.rules.codec import CONVERTER
from nq57xl.rules.findings import Finding
from nq57xl.text.legacy import bare, fold, one_line

_FILE = "clear.yml"


@frozen
class _Criterion:
    """One "rõ" with the findings that belong to it."""

    name: str
    checks: tuple[str, ...]
    """Codes of the catalogue."""
    also: tuple[str, ...] = ()
    """Other names of it: "rõ kết quả" for "rõ sản phẩm"."""

    def is_called(self, name: str) -> bool:
        """That is one of its names."""
        return fold(name).strip(" .;,") in {fold(item) for item in (self.name, *self.also)}


@frozen
class Clear:
    """The whole file."""

    criteria: tuple[_Criterion, ...]
    vague_deliverables: tuple[str, ...] = ()
    measurable_words: tuple[str, ...] = ()
    filler_words: tuple[str, ...] = ()
    indicator_kinds: dict[IndicatorKind, tuple[str, ...]] = attrs.field(factory=dict)
    """Kind to propose -> words, without accents, by which it is known."""

    def applies(self, code: str, wanted: tuple[str, ...]) -> bool:
        """Whether a plan with those criteria asks for that check; a plan that names none, or none known, asks for all.

        A code that belongs to no criterion always applies.
        """
        mine = [item for item in self.criteria if code in item.checks]
        known = [name for name in wanted if any(item.is_called(name) for item in self.criteria)]
        return not mine or not known or any(item.is_called(name) for item in mine for name in known)

    def asks_for(self, code: str, wanted: tuple[str, ...]) -> str:
        """The plan's own name of a criterion that the check belongs to; "" where it names none."""
        names = (name for name in wanted for item in self.criteria if code in item.checks and item.is_called(name))
        return next(names, "")


def load_clear(workspace: Path | None = None) -> Clear:
    """The criteria, with the workspace's own file before the packaged one. Raises Nq57Error when the file is wrong."""
    try:
        return CONVERTER.structure(read_schema(_FILE, workspace), Clear)
    except (cattrs.BaseValidationError, TypeError, ValueError) as error:
        raise Nq57Error(
            f"Tệp schemas/{_FILE} sai: thiếu mục, thừa mục hoặc sai kiểu. Hãy so với tệp có sẵn."
        ) from error


Places = Mapping[tuple[str, int, str], tuple[str, str]]
"""(table, index of the record, field) -> (sheet, cell)."""


class Linter:
    """The plan with what several checks need: its resolver and the places of its cells."""

    def __init__(self, plan: Plan, places: Places, workspace: Path | None = None) -> None:
        self.plan = plan
        self.resolver = Resolver(plan.units, plan.groups)
        self.clear: Clear = load_clear(workspace)
        self.misprints: Mapping[str, str] = read_schema("misprints.yml", workspace)
        """Misprint -> likely word."""
        self._places = places

    def column(self, table: str, field: str) -> str:
        """What people call that field."""
        if table == "card":
            return card_title(field)
        known = (*appendix.TABLES, appendix.NAMES)
        columns = next(item for item in known if item.id == table).columns
        return next(column.title for column in columns if column.key == field)

    def free_name_row(self) -> int:
        """Index of the first line under the names of the agency: where one that is missing is typed in."""
        return len(name_rows(self.plan.properties))

    def make(self, code: str, table: str, index: int, field: str, **words: Any) -> Finding:  # noqa: ANN401
        """A finding at one cell."""
        # a column that the workbook does not have: the row's code stands for it
        own = self._places.get((table, index, field)) or self._places.get((table, index, "code"))
        sheet, cell = own or self._under_last(table, index, field) or cell_of(table, index, field)
        record = getattr(self.plan, table)[index] if table in ("tasks", "indicators") else None
        return findings.make(
            code,
            words={"column": self.column(table, field), **words},
            sheet=sheet,
            cell=cell,
            task=record.code if record is not None else None,
            field=field,
            value=str(words.get("value", "")),
        )

    def _under_last(self, table: str, index: int, field: str) -> tuple[str, str] | None:
        """The cell under the last row of the table in the office's own workbook."""
        last = self._places.get((table, index - 1, field))
        if last is None:
            return None
        letters = last[1].rstrip("0123456789")
        return last[0], f"{letters}{int(last[1][len(letters) :]) + 1}"


def card_title(field: str) -> str:
    """What people call a line of the plan's card."""
    return next(column.title for column in appendix.CARD if column.key == field)


_NEED_NO_DAY = ("ongoing", "done")
"""Kinds of deadline that do not ask for a Hạn chuẩn."""
_LIKE = 75
"""Likeness (percent) from which a unit's name is proposed for a text that names none."""
_WORDS = 14
"""Of a task are repeated in a proposal."""
_QUANTITY = re.compile(
    r"\d|%|phần trăm|toàn bộ|tất cả|\bmọi\b|\b(?:một|hai|ba|bốn|năm|sáu|bảy|tám|chín|mười)\s+(?!bước|phần|số)\w"
)
_VERB = re.compile(r"(?:triển khai|ban hành|xây dựng|tổ chức|thực hiện|phối hợp|tham mưu|rà soát|lập) ", re.IGNORECASE)
_PLURAL = re.compile(r"(?:các|những)\s+", re.IGNORECASE)


def _leads(linter: Linter) -> Iterator[Finding]:
    """Rõ người: leads and supports that are missing, unknown, collective, or whose unit gets no form."""
    rows: list[tuple[str, int, Task | Indicator]] = [("tasks", i, task) for i, task in enumerate(linter.plan.tasks)]
    rows += [("indicators", i, item) for i, item in enumerate(linter.plan.indicators)]
    names = {unit.code: unit.name for unit in linter.plan.units}
    for table, index, row in rows:
        yield from _reaches_nobody(linter, table, index, row)
        if len(row.lead_units) > 1:
            members = ", ".join(f"«{names.get(code, code)}»" for code in row.lead_units)
            proposal = f"chọn trong {members}"
            yield linter.make("PLAN_COLLECTIVE_LEAD", table, index, "lead", value=row.lead, proposal=proposal)
        for field in ("lead", "support"):
            for part in linter.resolver.resolve(getattr(row, field, "")).unresolved:
                proposal = _likely(part, linter)
                yield linter.make("PLAN_UNIT_UNRESOLVED", table, index, field, value=part, proposal=proposal)


def _reaches_nobody(linter: Linter, table: str, index: int, row: Task | Indicator) -> Iterator[Finding]:
    """Rows that no form would hold: no lead, a group without members, units of which the office has not decided."""
    resolution = linter.resolver.resolve(row.lead)
    if not resolution.codes and not resolution.unresolved:
        code = "PLAN_LEAD_GROUP_EMPTY" if resolution.collective else "PLAN_LEAD_MISSING"
        yield linter.make(code, table, index, "lead", value=one_line(row.lead))
        return
    led = [unit for unit in linter.plan.units if unit.code in resolution.codes]
    if led and all(unit.external for unit in led) and any(unit.kind == UNDECIDED for unit in led):
        undecided = ", ".join(f"«{unit.name}»" for unit in led if unit.kind == UNDECIDED)
        yield linter.make("PLAN_LEAD_NO_FORM", table, index, "lead", value=undecided)


def _likely(part: str, linter: Linter) -> str:
    """ "Có thể là «Phòng …». " for the unit or group whose name is most like the text; "" where none is."""
    from rapidfuzz import fuzz

    records: tuple[Unit | UnitGroup, ...] = (*linter.plan.units, *linter.plan.groups)
    names = {bare(name): record.name for record in records for name in (record.name, *record.aliases)}
    scored = [(fuzz.token_sort_ratio(bare(part), key), name) for key, name in names.items()]
    best = max(scored, default=(0.0, ""))
    return f"Có thể là «{best[1]}». " if best[0] >= _LIKE else ""


def _work(linter: Linter) -> Iterator[Finding]:
    """Rõ việc: rows that name no work, sub-tasks that only repeat their task."""
    for index, task in enumerate(linter.plan.tasks):
        if not task.task and not task.subtask:
            yield linter.make("PLAN_WORK_MISSING", "tasks", index, "task")
        elif task.subtask and _plain(task.subtask) == _plain(task.task):
            yield linter.make("PLAN_SUBTASK_REPEATS", "tasks", index, "subtask", value=one_line(task.subtask))


def _deadlines(linter: Linter) -> Iterator[Finding]:
    """Rõ thời gian: deadlines without a day, and days that had passed when the plan was issued."""
    properties = linter.plan.properties
    year_end = f"31/12/{properties.year}"
    for index, task in enumerate(linter.plan.tasks):
        if task.deadline.kind in _NEED_NO_DAY and task.standard_deadline is None:
            continue
        words = {"value": task.deadline.text}
        field = "deadline" if task.standard_deadline is None else "standard_deadline"
        if task.due is None:
            yield linter.make("PLAN_DEADLINE_UNPARSED", "tasks", index, field, proposal=year_end, **words)
            continue
        if properties.issued_on is not None and task.due < properties.issued_on:
            words["issued"] = f"ngày ban hành kế hoạch ({properties.issued_on:%d/%m/%Y})"
        elif properties.year and task.due.year < properties.year:
            words["issued"] = f"năm {properties.year} của kế hoạch"
        if "issued" in words:
            yield linter.make("PLAN_DEADLINE_PAST", "tasks", index, field, day=f"{task.due:%d/%m/%Y}", **words)


def _results(linter: Linter) -> Iterator[Finding]:
    """Rõ sản phẩm, kết quả: deliverables and KPIs that are missing, vague, or say the same."""
    tasks = linter.plan.tasks
    columns = (("deliverable", "PLAN_DELIVERABLE_MISSING", _deliverable), ("kpi", "PLAN_KPI_MISSING", _kpi))
    for field, missing, look in columns:
        blank = [index for index, task in enumerate(tasks) if not getattr(task, field)]
        if len(blank) == len(tasks) > 1:  # a plan without that column: one fact, not a fault of every row
            words = {"value": linter.column("tasks", field)}
            yield linter.make("PLAN_COLUMN_EMPTY", "tasks", 0, field, **words)
            continue
        for index, task in enumerate(tasks):
            if not getattr(task, field):
                yield linter.make(missing, "tasks", index, field, proposal=_measured(task, linter.plan.properties.year))
            elif (code := look(linter, task)) is not None:
                proposal = _named_product(task) if field == "deliverable" else ""
                words = {"value": one_line(getattr(task, field))}
                words["proposal"] = proposal or _measured(task, linter.plan.properties.year)
                yield linter.make(code, "tasks", index, field, **words)


def _deliverable(linter: Linter, task: Task) -> str | None:
    """What is wrong with the deliverable, as a code."""
    vague = {fold(item) for item in linter.clear.vague_deliverables}
    return "PLAN_DELIVERABLE_VAGUE" if _head(task.deliverable) in vague else None


def _kpi(linter: Linter, task: Task) -> str | None:
    """What is wrong with the KPI, as a code."""
    if _QUANTITY.search(fold(task.kpi)) is not None:
        return None
    if _says_no_more(task.kpi, task.deliverable, linter.clear.filler_words):
        return "PLAN_KPI_REPEATS"
    measurable = any(fold(word) in fold(task.kpi) for word in linter.clear.measurable_words)
    return None if measurable else "PLAN_KPI_NO_QUANTITY"


def _plain(text: str) -> str:
    return fold(text).strip(" .;,:-")


def _head(deliverable: str) -> str:
    """The deliverable without "các" or a count before it."""
    return re.sub(r"^(?:các |những |\d+ )", "", _plain(deliverable))


def _says_no_more(kpi: str, deliverable: str, fillers: tuple[str, ...]) -> bool:
    """Every word of the KPI but the fillers stands in the deliverable already, and the other way round."""
    one, other = (_words(text, fillers) for text in (kpi, deliverable))
    return bool(one) and one == other


def _words(text: str, fillers: tuple[str, ...]) -> set[str]:
    key = _plain(text)
    for filler in fillers:
        key = re.sub(rf"(?<!\w){re.escape(fold(filler))}(?!\w)", " ", key)
    return set(re.findall(r"\w+", key))


def _named_product(task: Task) -> str:
    """The vague word with what the task is about: "01 báo cáo về việc rà soát …"."""
    about = " ".join(one_line(task.subtask or task.task).split()[:_WORDS]).rstrip(".,;:")
    return f"01 {_head(task.deliverable)} về việc {about[:1].lower()}{about[1:]}"


def _measured(task: Task, year: int) -> str:
    """A KPI in the form that can be measured, made of the row's own deliverable and day."""
    day = task.due or dt.date(year or dt.MAXYEAR, 12, 31)
    product = " ".join(one_line(task.deliverable).split()[:_WORDS]).rstrip(".,;:")
    if not product:
        return f"100% khối lượng hoàn thành trước ngày {day:%d/%m/%Y}"
    lower = product[:1].lower() + product[1:] if not product[:2].isupper() else product
    if _PLURAL.match(product):
        return f"100% {_PLURAL.sub('', lower, count=1)}, xong trước ngày {day:%d/%m/%Y}"
    if _VERB.match(product):
        return f"hoàn thành việc {lower} trước ngày {day:%d/%m/%Y}"
    counted = lower if lower[:1].isdigit() else f"01 {lower}"
    return f"{counted}, xong trước ngày {day:%d/%m/%Y}"


def _targets(linter: Linter) -> Iterator[Finding]:
    """Targets of indicators that could not be read."""
    for index, item in enumerate(linter.plan.indicators):
        if item.target.comparator is None:
            yield linter.make("PLAN_TARGET_UNPARSED", "indicators", index, "target", value=item.target.text)


def _kinds(linter: Linter) -> Iterator[Finding]:
    """Indicators that do not say what their figures count, with a proposal: only then they are compared and summed."""
    for index, item in enumerate(linter.plan.indicators):
        if not item.kind and item.measure != "choice":
            yield linter.make("PLAN_INDICATOR_KIND", "indicators", index, "kind", proposal=_likely_kind(linter, item))


def _likely_kind(linter: Linter, item: Indicator) -> str:
    """The kind that the words of an indicator speak of; a figure of the day where they speak of none."""
    words = bare(f"{item.indicator} {item.unit}")
    kinds = linter.clear.indicator_kinds
    found = (INDICATOR_KINDS[kind] for kind, known in kinds.items() if any(word in words for word in known))
    return next(found, INDICATOR_KINDS["stock"])


def _answerable(linter: Linter) -> Iterator[Finding]:
    """Rõ trách nhiệm, rõ thẩm quyền: only where the plan asks for it; its own column is optional."""
    wanted = linter.plan.properties.clear_criteria
    for code, field in (("PLAN_RESPONSIBLE_MISSING", "responsible"), ("PLAN_AUTHORITY_MISSING", "authority")):
        name = linter.clear.asks_for(code, wanted)
        tasks = linter.plan.tasks
        blank = [index for index, task in enumerate(tasks) if not getattr(task, field)]
        if name and tasks and len(blank) == len(tasks):
            wanted_column = linter.column("tasks", field)
            yield linter.make("PLAN_CRITERION_UNCHECKED", "card", 0, "clear_criteria", value=name, wanted=wanted_column)
        elif len(blank) < len(tasks):
            yield from (linter.make(code, "tasks", index, field) for index in blank)


def ended_units(linter: Linter) -> Iterator[Finding]:
    """Units that come to an end with rows of their own: somebody must come after them."""
    plan = linter.plan
    known = {unit.code for unit in plan.units}
    for index, unit in enumerate(plan.units):
        for code in unit.successors:
            if code not in known:
                yield linter.make("PLAN_SUCCESSOR_UNKNOWN", "units", index, "successors", value=code, unit=unit.name)
        rows = [task.code for task in plan.tasks if unit.code in task.lead_units]
        rows += [item.code for item in plan.indicators if unit.code in item.lead_units]
        if unit.code == plan.properties.gatherer:
            rows.append("đơn vị tổng hợp")
        if unit.valid_to is not None and rows and not _followed(unit, known):
            shown = ", ".join(rows[:5]) + ("…" if len(rows) > 5 else "")
            words = {"day": f"{unit.valid_to:%d/%m/%Y}", "count": len(rows), "rows": shown}
            yield linter.make("PLAN_UNIT_ENDED", "units", index, "successors", value=unit.name, **words)


def _followed(unit: Unit, known: set[str]) -> bool:
    return any(code in known and code != unit.code for code in unit.successors)


CLEAR_CHECKS = (_leads, _work, _deadlines, _results, _targets, _kinds, _answerable)
"""Those that a plan's own "rõ" ask for."""
