"""What is wrong or doubtful in the master appendix: findings with PLAN_ codes.

The "rõ" of a plan: who, what, until when, with what result (domain.md 4.2); numbers, codes, misprints.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import ne
from pathlib import Path
from typing import Any

from attrs import evolve

from nq57xl.plan.appendix import INDICATOR_KINDS, NAME_KINDS, NAMES, SHEETS
from nq57xl.plan.importer.document import roman, roman_value
from nq57xl.plan.model import UNDECIDED, Indicator, Plan, RowTable, Task, Unit, UnitGroup
from nq57xl.plan.periods import is_ad_hoc
from nq57xl.plan.units import Resolver
from nq57xl.resources import read_schema
from nq57xl.rules.findings import Finding, catalogue, make, reworded
from nq57xl.rules.load import Clear
from nq57xl.text.addresses import a1, place_of
from nq57xl.text.legacy import bare, fold, one_line

_Places = Mapping[tuple[str, int, str], tuple[str, str]]
"""(table, index of the record, field) -> (sheet, cell)."""


_TABLES: tuple[RowTable, ...] = ("tasks", "indicators")


class _Linter:
    """The plan with what several checks need: its resolver and the places of its cells."""

    def __init__(self, plan: Plan, places: _Places, workspace: Path | None = None) -> None:
        self.plan = plan
        self.resolver = Resolver(plan.units, plan.groups)
        self.clear: Clear = Clear.load(workspace)
        self.misprints: Mapping[str, str] = read_schema("misprints.yml", workspace)
        """Misprint -> likely word."""
        self._places = places

    def make(self, code: str, table: str, index: int, field: str, **words: Any) -> Finding:  # noqa: ANN401
        """A finding at one cell."""
        # a column that the workbook does not have: the row's code stands for it
        own = self._places.get((table, index, field)) or self._places.get((table, index, "code"))
        sheet, cell = own or self._under_last(table, index, field) or SHEETS[table].place(index, field)
        return make(
            code,
            words={"column": SHEETS[table].name_of(field), **words},
            sheet=sheet,
            cell=cell,
            task=getattr(self.plan, table)[index].code if table in _TABLES else None,
            field=field,
            value=str(words.get("value", "")),
        )

    def rows(self) -> Iterator[tuple[RowTable, int, Task | Indicator]]:
        """Every row with its table and its index there."""
        for table in _TABLES:
            yield from ((table, index, row) for index, row in enumerate(getattr(self.plan, table)))

    def _under_last(self, table: str, index: int, field: str) -> tuple[str, str] | None:
        """The cell under the last row of the table in the office's own workbook."""
        last = self._places.get((table, index - 1, field))
        if last is None:
            return None
        row, column = place_of(last[1])
        return last[0], a1(row + 1, column)


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


def _leads(linter: _Linter) -> Iterator[Finding]:
    """Rõ người: leads and supports that are missing, unknown, collective, or whose unit gets no form."""
    names = {unit.code: unit.name for unit in linter.plan.units}
    for table, index, row in linter.rows():
        yield from _reaches_nobody(linter, table, index, row)
        if len(row.lead_units) > 1:
            members = ", ".join(f"«{names.get(code, code)}»" for code in row.lead_units)
            proposal = f"chọn trong {members}"
            yield linter.make("PLAN_COLLECTIVE_LEAD", table, index, "lead", value=row.lead, proposal=proposal)
        for field in ("lead", "support"):
            for part in linter.resolver.resolve(getattr(row, field, "")).unresolved:
                proposal = _likely(part, linter)
                yield linter.make("PLAN_UNIT_UNRESOLVED", table, index, field, value=part, proposal=proposal)


def _reaches_nobody(linter: _Linter, table: str, index: int, row: Task | Indicator) -> Iterator[Finding]:
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


def _likely(part: str, linter: _Linter) -> str:
    """ "Có thể là «Phòng …». " for the unit or group whose name is most like the text; "" where none is."""
    from rapidfuzz import fuzz

    records: tuple[Unit | UnitGroup, ...] = (*linter.plan.units, *linter.plan.groups)
    names = {bare(name): record.name for record in records for name in (record.name, *record.aliases)}
    scored = [(fuzz.token_sort_ratio(bare(part), key), name) for key, name in names.items()]
    best = max(scored, default=(0.0, ""))
    return f"Có thể là «{best[1]}». " if best[0] >= _LIKE else ""


def _work(linter: _Linter) -> Iterator[Finding]:
    """Rõ việc: rows that name no work, sub-tasks that only repeat their task."""
    for index, task in enumerate(linter.plan.tasks):
        if not task.task and not task.subtask:
            yield linter.make("PLAN_WORK_MISSING", "tasks", index, "task")
        elif task.subtask and _plain(task.subtask) == _plain(task.task):
            yield linter.make("PLAN_SUBTASK_REPEATS", "tasks", index, "subtask", value=one_line(task.subtask))


def _deadlines(linter: _Linter) -> Iterator[Finding]:
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


def _results(linter: _Linter) -> Iterator[Finding]:
    """Rõ sản phẩm, kết quả: deliverables and KPIs that are missing, vague, or say the same."""
    tasks = linter.plan.tasks
    columns = (("deliverable", "PLAN_DELIVERABLE_MISSING", _deliverable), ("kpi", "PLAN_KPI_MISSING", _kpi))
    for field, missing, look in columns:
        blank = [index for index, task in enumerate(tasks) if not getattr(task, field)]
        if len(blank) == len(tasks) > 1:  # a plan without that column: one fact, not a fault of every row
            yield linter.make("PLAN_COLUMN_EMPTY", "tasks", 0, field, value=SHEETS["tasks"].name_of(field))
            continue
        for index, task in enumerate(tasks):
            text = getattr(task, field)
            code = look(linter, task) if text else missing
            if code is not None:
                named = _named_product(task) if text and field == "deliverable" else ""
                proposal = named or _measured(task, linter.plan.properties.year)
                yield linter.make(code, "tasks", index, field, value=one_line(text), proposal=proposal)


def _deliverable(linter: _Linter, task: Task) -> str | None:
    vague = {fold(item) for item in linter.clear.vague_deliverables}
    return "PLAN_DELIVERABLE_VAGUE" if _head(task.deliverable) in vague else None


def _kpi(linter: _Linter, task: Task) -> str | None:
    if _QUANTITY.search(fold(task.kpi)) is not None:
        return None
    one, other = (_words(text, linter.clear.filler_words) for text in (task.kpi, task.deliverable))
    if one and one == other:  # every word of the one but the fillers stands in the other
        return "PLAN_KPI_REPEATS"
    measurable = any(fold(word) in fold(task.kpi) for word in linter.clear.measurable_words)
    return None if measurable else "PLAN_KPI_NO_QUANTITY"


def _plain(text: str) -> str:
    return fold(text).strip(" .;,:-")


def _head(deliverable: str) -> str:
    """The deliverable without "các" or a count before it."""
    return re.sub(r"^(?:các |những |\d+ )", "", _plain(deliverable))


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
    lower = product if product[:2].isupper() else product[:1].lower() + product[1:]
    if _PLURAL.match(product):
        return f"100% {_PLURAL.sub('', lower, count=1)}, xong trước ngày {day:%d/%m/%Y}"
    if _VERB.match(product):
        return f"hoàn thành việc {lower} trước ngày {day:%d/%m/%Y}"
    counted = lower if lower[:1].isdigit() else f"01 {lower}"
    return f"{counted}, xong trước ngày {day:%d/%m/%Y}"


def _targets(linter: _Linter) -> Iterator[Finding]:
    """Targets of indicators that could not be read."""
    for index, item in enumerate(linter.plan.indicators):
        if item.target.comparator is None:
            yield linter.make("PLAN_TARGET_UNPARSED", "indicators", index, "target", value=item.target.text)


def _kinds(linter: _Linter) -> Iterator[Finding]:
    """Indicators that do not say what their figures count, with a proposal: only then they are compared and summed."""
    for index, item in enumerate(linter.plan.indicators):
        if not item.kind and item.measure != "choice":
            yield linter.make("PLAN_INDICATOR_KIND", "indicators", index, "kind", proposal=_likely_kind(linter, item))


def _likely_kind(linter: _Linter, item: Indicator) -> str:
    """The kind that the words of an indicator speak of; a figure of the day where they speak of none."""
    words = bare(f"{item.indicator} {item.unit}")
    kinds: Mapping[Any, tuple[str, ...]] = linter.clear.indicator_kinds
    found = (INDICATOR_KINDS[kind] for kind, known in kinds.items() if any(word in words for word in known))
    return next(found, INDICATOR_KINDS["stock"])


def _answerable(linter: _Linter) -> Iterator[Finding]:
    """Rõ trách nhiệm, rõ thẩm quyền: only where the plan asks for it; its own column is optional."""
    wanted = linter.plan.properties.clear_criteria
    for code, field in (("PLAN_RESPONSIBLE_MISSING", "responsible"), ("PLAN_AUTHORITY_MISSING", "authority")):
        name = linter.clear.asks_for(code, wanted)
        tasks = linter.plan.tasks
        blank = [index for index, task in enumerate(tasks) if not getattr(task, field)]
        if name and tasks and len(blank) == len(tasks):
            wanted_column = SHEETS["tasks"].name_of(field)
            yield linter.make("PLAN_CRITERION_UNCHECKED", "card", 0, "clear_criteria", value=name, wanted=wanted_column)
        elif len(blank) < len(tasks):
            yield from (linter.make(code, "tasks", index, field) for index in blank)


def _ended_units(linter: _Linter) -> Iterator[Finding]:
    """Units that come to an end with rows of their own: somebody must come after them."""
    plan = linter.plan
    known = {unit.code for unit in plan.units}
    for index, unit in enumerate(plan.units):
        for code in unit.successors:
            if code not in known:
                yield linter.make("PLAN_SUCCESSOR_UNKNOWN", "units", index, "successors", value=code, unit=unit.name)
        rows = [row.code for row in plan.rows if unit.code in row.lead_units]
        if unit.code == plan.properties.gatherer:
            rows.append("đơn vị tổng hợp")
        followed = any(code in known and code != unit.code for code in unit.successors)
        if unit.valid_to is not None and rows and not followed:
            shown = ", ".join(rows[:5]) + ("…" if len(rows) > 5 else "")
            words = {"day": f"{unit.valid_to:%d/%m/%Y}", "count": len(rows), "rows": shown}
            yield linter.make("PLAN_UNIT_ENDED", "units", index, "successors", value=unit.name, **words)


# A few words are doubled on purpose ("luôn luôn", "dần dần", "ngày ngày"); a doubled preposition never is.
_DOUBLED = re.compile(r"\b(trên|của|và|các|những|với|cho|tại|theo|được|trong|về|để|từ|đến|là|thuộc|do|số) \1\b", re.I)
_LINES = re.compile(r"[.,;:()\n]")
_OFTEN = 4
"""Times that a wording must stand in a plan before another one beside it is doubted."""


def _suspects(text: str, misprints: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(as printed, likely) for each suspected misprint, each once. Near-misses of unit names: `Resolution.near`."""
    told: set[str] = set()
    for wrong, right in misprints.items():
        match = re.search(rf"(?<!\w){re.escape(wrong)}(?!\w)", text, re.I)
        if match and fold(match[0]) not in told:
            told.add(fold(match[0]))
            yield match[0], right[:1].upper() + right[1:] if match[0][0].isupper() else right
    if doubled := _DOUBLED.search(text):
        yield doubled[0], doubled[1]


def _outliers(texts: Sequence[str]) -> dict[str, str]:
    """Three words in a row -> the likely ones: wordings that the plan has once, and with other accents on a word often.

    "Chuyển đối số" beside five times "chuyển đổi số": only the accents of one word differ, its neighbours are the same.
    """
    counts: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        counts.update({triple for line in _LINES.split(fold(text)) for triple in _triples(line)})
    by_letters: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for triple in counts:
        by_letters.setdefault(tuple(map(bare, triple)), []).append(triple)
    found = {}
    for alike in by_letters.values():
        often = max(alike, key=lambda triple: counts[triple])
        for triple in alike:
            if counts[triple] == 1 and counts[often] >= _OFTEN and sum(map(ne, triple, often)) == 1:
                found[" ".join(triple)] = " ".join(often)
    return found


def _odd_ones(text: str, known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(as in the text, likely) for each of those wordings in the text; a doubted word is told once, not thrice."""
    for line in _LINES.split(fold(text)):
        clear_from = 0
        for index, triple in enumerate(_triples(line)):
            likely = known.get(" ".join(triple))
            if likely is not None and index >= clear_from:
                clear_from = index + 3
                yield " ".join(triple), likely


def _triples(line: str) -> Iterator[tuple[str, ...]]:
    words = line.split()
    return ((words[i], words[i + 1], words[i + 2]) for i in range(len(words) - 2))


def _numbers(linter: _Linter) -> Iterator[Finding]:
    """Sections, tasks with their sub-tasks, indicators: each by its own numbering."""
    for table in ("sections", "indicator_groups"):
        yield from _headings(linter, table, [item.number for item in getattr(linter.plan, table)])
    for table in _TABLES:
        yield from _rows(linter, table, getattr(linter.plan, table))


def _headings(linter: _Linter, table: str, printed: Sequence[str]) -> Iterator[Finding]:
    counts = Counter(fold(number) for number in printed)
    values = [roman_value(number) for number in printed]
    free = roman(max((value or 0 for value in values), default=0) + 1)
    for index, number in enumerate(printed):
        if number and counts[fold(number)] > 1:
            yield linter.make("PLAN_NUMBER_DUPLICATE", table, index, "number", value=number, proposal=free)
        before, value = (values[index - 1] if index else 0), values[index]
        if before is not None and value is not None and value > before + 1:
            missing = ", ".join(roman(item) for item in range(before + 1, value))
            words = {"before": printed[index - 1] if index else "đầu", "proposal": missing}
            yield linter.make("PLAN_NUMBER_MISSING", table, index, "number", value=number, **words)


def _rows(linter: _Linter, table: str, rows: Sequence[Task | Indicator]) -> Iterator[Finding]:
    texts: dict[Any, set[str]] = {}
    for row in rows:
        texts.setdefault(_key(row), set()).add(fold(row.task if isinstance(row, Task) else row.indicator))
    last, section = 0, None
    for index, row in enumerate(rows):
        # rows of one printed task share its number: only different tasks under one number are told
        if row.number and len(texts[key := _key(row)]) > 1:
            free = str(max(_whole(item.number) or 0 for item in rows if item.heading == row.heading) + 1)
            shown = key[2] or row.number
            yield linter.make("PLAN_NUMBER_DUPLICATE", table, index, "number", value=shown, proposal=free)
        value = _whole(row.number)
        starts_anew = section != row.heading and value == 1
        if value is not None and not starts_anew and value > last + 1:
            missing = ", ".join(str(item) for item in range(last + 1, min(value, last + 6)))
            words = {"before": last or "đầu", "proposal": missing}
            yield linter.make("PLAN_NUMBER_MISSING", table, index, "number", value=row.number, **words)
        section = row.heading
        last = value if value is not None else last


def _key(row: Task | Indicator) -> tuple[str, str, str]:
    subnumber = (row.subnumber or "") if isinstance(row, Task) else ""
    return row.heading, fold(row.number), fold(subnumber)


def _whole(number: str) -> int | None:
    """The number as a whole one; None for any other."""
    plain = number.strip(" .)")
    return int(plain) if plain.isdecimal() and len(plain) < 5 else None


_REQUIRED = ("id", "title", "year", "gatherer")
_REQUIRED_NAMES = ("agency", "recipient")
_PROSE: Mapping[str, tuple[str, ...]] = {
    "tasks": ("task", "subtask", "deliverable", "kpi", "lead", "support", "deadline", "note"),
    "indicators": ("indicator", "unit", "target", "lead", "note"),
}
_UNIT_FIELDS = ("lead", "support")


def lint(
    plan: Plan,
    findings_from_reading: tuple[Finding, ...] = (),
    places: _Places | None = None,
    workspace: Path | None = None,
) -> tuple[Finding, ...]:
    """Findings on an understood plan, those of reading first; errors before warnings before notes.

    Which "rõ" are checked follows from the plan's own criteria and schemas/clear.yml; what keeps forms from being
    made is told whatever they are. `places` are those of `read_appendix`; without them cells are where
    `write_appendix` puts them. `workspace`: where an office keeps criteria, misprints and wording of its own.
    """
    linter = _Linter(plan, places or {}, workspace)
    wanted = plan.properties.clear_criteria
    found = [
        finding
        for check in _CHECKS
        for finding in check(linter)
        if finding.severity == "error" or linter.clear.applies(finding.code, wanted)
    ]
    ranks = {"error": 0, "warning": 1}
    told = reworded([*findings_from_reading, *found], catalogue(workspace))
    return tuple(sorted(told, key=lambda item: ranks.get(item.severity, 2)))


def _properties(linter: _Linter) -> Iterator[Finding]:
    """Properties without which no form can be made."""
    properties = linter.plan.properties
    for field in _REQUIRED:
        if not getattr(properties, field):
            yield linter.make("PLAN_PROPERTY_MISSING", "card", 0, field, value=SHEETS["card"].name_of(field))
    for field in _REQUIRED_NAMES:
        if not getattr(properties, field):
            last = len(NAMES.rows(linter.plan))
            yield linter.make("PLAN_PROPERTY_MISSING", "names", last, "name", value=NAME_KINDS[field])
    external = {unit.code: unit.external for unit in linter.plan.units}
    if properties.gatherer and external.get(properties.gatherer, True):
        code = "PLAN_GATHERER_OUTSIDE" if properties.gatherer in external else "PLAN_UNIT_UNRESOLVED"
        yield linter.make(code, "card", 0, "gatherer", value=properties.gatherer)


def _groups(linter: _Linter) -> Iterator[Finding]:
    """Members of groups that are no units."""
    known = {unit.code for unit in linter.plan.units}
    for index, group in enumerate(linter.plan.groups):
        for code in group.members:
            if code not in known:
                yield linter.make("PLAN_GROUP_MEMBER_UNKNOWN", "groups", index, "members", group=group.name, value=code)


def _sections(linter: _Linter) -> Iterator[Finding]:
    """Rows under a section or group that does not exist."""
    numbers = {table: {item.number for item in linter.plan.headings(table)} for table in _TABLES}
    for table, index, row in linter.rows():
        if row.heading not in numbers[table] and (row.heading or numbers[table]):
            field = "section" if table == "tasks" else "group"
            yield linter.make("PLAN_SECTION_UNKNOWN", table, index, field, value=row.heading)


def _codes(linter: _Linter) -> Iterator[Finding]:
    """Codes used twice, by every row that uses one."""
    for table in ("units", *_TABLES):
        codes = [record.code for record in getattr(linter.plan, table)]
        # forms are named by the unit's code, and Windows does not tell "vp" from "VP"
        counts = Counter(code.casefold() for code in codes)
        for index, code in enumerate(codes):
            if counts[code.casefold()] > 1:
                yield linter.make("PLAN_DUPLICATE_CODE", table, index, "code", value=code)


def _ad_hoc(linter: _Linter) -> Iterator[Finding]:
    """Ad hoc reports that cannot be issued: no code of their own, days missing or out of order, unknown rows."""
    plan = linter.plan
    counts = Counter(item.code for item in plan.properties.ad_hoc)
    for index, item in enumerate(plan.properties.ad_hoc):
        if counts[item.code] > 1:
            yield linter.make("PLAN_DUPLICATE_CODE", "ad_hoc", index, "code", value=item.code)
        elif not is_ad_hoc(item.code):
            yield linter.make("PLAN_AD_HOC_CODE", "ad_hoc", index, "code", value=item.code)
        days = [("start", item.start), ("cutoff", item.cutoff), ("due", item.due)]
        missing = [field for field, day in days if day is None]
        told = [day for _, day in [*days, ("report_due", item.report_due)] if day is not None]
        if missing or told != sorted(told):
            field = missing[0] if missing else "start"
            yield linter.make("PLAN_AD_HOC_DAYS", "ad_hoc", index, field, value=item.code)
        for chosen in item.rows:
            if not any(evolve(item, rows=(chosen,)).asks_for(row.code) for row in plan.rows):
                yield linter.make("PLAN_AD_HOC_ROW", "ad_hoc", index, "rows", value=chosen)


def _misprints(linter: _Linter) -> Iterator[Finding]:
    """Words that look misprinted, each once a cell."""
    cells: list[tuple[tuple[str, int, str], str]] = [
        ((table, index, field), row.printed(field)) for table, index, row in linter.rows() for field in _PROSE[table]
    ]
    for headings in ("sections", "indicator_groups"):
        cells += [((headings, index, "title"), item.title) for index, item in enumerate(getattr(linter.plan, headings))]
    odd = _outliers([text for (_, _, field), text in cells if field not in _UNIT_FIELDS])
    for (table, index, field), text in cells:
        told = list(_suspects(text, linter.misprints))
        if field in _UNIT_FIELDS:
            told = told or list(linter.resolver.resolve(text).near)
        elif not told:
            told = list(_odd_ones(text, odd))
        for suspect, likely in told:
            yield linter.make("PLAN_MISPRINT", table, index, field, value=suspect, likely=likely)


_CHECKS: tuple[Callable[[_Linter], Iterator[Finding]], ...] = (
    _properties,
    _groups,
    _ended_units,
    _sections,
    _codes,
    _ad_hoc,
    _numbers,
    _leads,
    _work,
    _deadlines,
    _results,
    _targets,
    _kinds,
    _answerable,
    _misprints,
)
"""Every check of the plan, in the order in which findings are told."""
