"""What is wrong or doubtful in the master appendix: findings with PLAN_ codes, and the sheet that tells the office.

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

from nq57xl.plan.appendix import HEADER_ROW, INDICATOR_KINDS, NAME_KINDS, NAMES, SHEETS
from nq57xl.plan.appendix_styles import STYLES, set_up_page, write_line, write_top
from nq57xl.plan.importer.document import roman, roman_value
from nq57xl.plan.model import UNDECIDED, Indicator, Plan, RowTable, Task, Unit, UnitGroup
from nq57xl.plan.periods import is_ad_hoc
from nq57xl.plan.units import Resolver
from nq57xl.resources import read_schema
from nq57xl.rules.findings import Finding, Point, catalogue, grouped, make, reworded
from nq57xl.rules.load import Clear
from nq57xl.text.addresses import a1, place_of
from nq57xl.text.legacy import bare, fold, one_line
from nq57xl.xlsx.patch import put_sheet
from nq57xl.xlsx.write import Workbook, sheet_prefix

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
        place = self._places.get((table, index, field)) or self._places.get((table, index, "code"))
        if place is None and (last := self._places.get((table, index - 1, field))):
            row, column = place_of(last[1])
            place = last[0], a1(row + 1, column)  # a row that is missing: under the last one
        sheet, cell = place or SHEETS[table].place(index, field)
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
        lead = linter.resolver.resolve(row.lead)
        led = [unit for unit in linter.plan.units if unit.code in lead.codes]
        undecided = [f"«{unit.name}»" for unit in led if unit.kind == UNDECIDED]
        # no form would hold the row: no lead, a group without members, units of which the office has not decided
        if not lead.codes and not lead.unresolved:
            code = "PLAN_LEAD_GROUP_EMPTY" if lead.collective else "PLAN_LEAD_MISSING"
            yield linter.make(code, table, index, "lead", value=one_line(row.lead))
        elif undecided and all(unit.external for unit in led):
            yield linter.make("PLAN_LEAD_NO_FORM", table, index, "lead", value=", ".join(undecided))
        if len(row.lead_units) > 1:
            members = ", ".join(f"«{names.get(code, code)}»" for code in row.lead_units)
            proposal = f"chọn trong {members}"
            yield linter.make("PLAN_COLLECTIVE_LEAD", table, index, "lead", value=row.lead, proposal=proposal)
        for field in ("lead", "support"):
            for part in linter.resolver.resolve(getattr(row, field, "")).unresolved:
                proposal = _likely(part, linter)
                yield linter.make("PLAN_UNIT_UNRESOLVED", table, index, field, value=part, proposal=proposal)


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
    vague = {fold(item) for item in linter.clear.vague_deliverables}
    for field in ("deliverable", "kpi"):
        if len(tasks) > 1 and not any(getattr(task, field) for task in tasks):
            # a plan without that column: one fact, not a fault of every row
            yield linter.make("PLAN_COLUMN_EMPTY", "tasks", 0, field, value=SHEETS["tasks"].name_of(field))
            continue
        for index, task in enumerate(tasks):
            text = getattr(task, field)
            proposal = _measured(task, linter.plan.properties.year)
            code: str | None = f"PLAN_{field.upper()}_MISSING"
            if text and field == "kpi":
                code = _kpi(linter, task)
            elif text:
                code = "PLAN_DELIVERABLE_VAGUE" if _head(text) in vague else None
                # the vague word with what the task is about: "01 báo cáo về việc rà soát …"
                about = _clipped(task.own_work)
                proposal = f"01 {_head(text)} về việc {about[:1].lower()}{about[1:]}"
            if code is not None:
                yield linter.make(code, "tasks", index, field, value=one_line(text), proposal=proposal)


def _kpi(linter: _Linter, task: Task) -> str | None:
    """The code for a KPI that measures nothing."""
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


def _clipped(text: str) -> str:
    return " ".join(one_line(text).split()[:_WORDS]).rstrip(".,;:")


def _measured(task: Task, year: int) -> str:
    """A KPI in the form that can be measured, made of the row's own deliverable and day."""
    day = task.due or dt.date(year or dt.MAXYEAR, 12, 31)
    product = _clipped(task.deliverable)
    if not product:
        return f"100% khối lượng hoàn thành trước ngày {day:%d/%m/%Y}"
    lower = product if product[:2].isupper() else product[:1].lower() + product[1:]
    if _PLURAL.match(product):
        return f"100% {_PLURAL.sub('', lower, count=1)}, xong trước ngày {day:%d/%m/%Y}"
    if _VERB.match(product):
        return f"hoàn thành việc {lower} trước ngày {day:%d/%m/%Y}"
    counted = lower if lower[:1].isdigit() else f"01 {lower}"
    return f"{counted}, xong trước ngày {day:%d/%m/%Y}"


def _indicators(linter: _Linter) -> Iterator[Finding]:
    """Targets that could not be read; indicators that do not say what their figures count, with a proposal: only then
    they are compared and summed."""
    for index, item in enumerate(linter.plan.indicators):
        if item.target.comparator is None:
            yield linter.make("PLAN_TARGET_UNPARSED", "indicators", index, "target", value=item.target.text)
        if not item.kind and item.measure != "choice":
            words = bare(f"{item.indicator} {item.unit}")
            kinds: Mapping[Any, tuple[str, ...]] = linter.clear.indicator_kinds
            spoken_of = (kind for kind, known in kinds.items() if any(word in words for word in known))
            proposal = INDICATOR_KINDS[next(spoken_of, "stock")]
            yield linter.make("PLAN_INDICATOR_KIND", "indicators", index, "kind", proposal=proposal)


def _answerable(linter: _Linter) -> Iterator[Finding]:
    """Rõ trách nhiệm, rõ thẩm quyền: only where the plan asks for it; its own column is optional."""
    wanted = linter.plan.properties.clear_criteria
    tasks = linter.plan.tasks
    for code, field in (("PLAN_RESPONSIBLE_MISSING", "responsible"), ("PLAN_AUTHORITY_MISSING", "authority")):
        name = linter.clear.asks_for(code, wanted)
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
    """(as printed, likely) for each suspected misprint, each once. Near-misses of unit names: `_Resolution.near`."""
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
    return zip(words, words[1:], words[2:], strict=False)


def _heading_numbers(linter: _Linter) -> Iterator[Finding]:
    """Roman numbers of sections and of indicators' groups: used twice, or passed over."""
    for table in ("sections", "indicator_groups"):
        printed = [item.number for item in getattr(linter.plan, table)]
        counts = Counter(map(fold, printed))
        values = [roman_value(number) for number in printed]
        free = roman(max((value or 0 for value in values), default=0) + 1)
        for index, number in enumerate(printed):
            if number and counts[fold(number)] > 1:
                yield linter.make("PLAN_NUMBER_DUPLICATE", table, index, "number", value=number, proposal=free)
            before, value = (values[index - 1] if index else 0), values[index]
            if before is not None and value is not None and value > before + 1:
                missing = ", ".join(map(roman, range(before + 1, value)))
                words = {"before": printed[index - 1] if index else "đầu", "proposal": missing}
                yield linter.make("PLAN_NUMBER_MISSING", table, index, "number", value=number, **words)


def _row_numbers(linter: _Linter) -> Iterator[Finding]:
    """Numbers of tasks with their sub-tasks, and of indicators: likewise, each under its own heading."""
    for table in _TABLES:
        rows: Sequence[Task | Indicator] = getattr(linter.plan, table)
        keys = [(row.heading, fold(row.number), fold(getattr(row, "subnumber", None) or "")) for row in rows]
        texts: dict[tuple[str, ...], set[str]] = {}
        for key, row in zip(keys, rows, strict=True):
            texts.setdefault(key, set()).add(fold(row.task if isinstance(row, Task) else row.indicator))
        last, section = 0, None
        for index, (key, row) in enumerate(zip(keys, rows, strict=True)):
            # rows of one printed task share its number: only different tasks under one number are told
            if row.number and len(texts[key]) > 1:
                free = str(max(_whole(item.number) or 0 for item in rows if item.heading == row.heading) + 1)
                shown = key[-1] or row.number
                yield linter.make("PLAN_NUMBER_DUPLICATE", table, index, "number", value=shown, proposal=free)
            value = _whole(row.number)
            starts_anew = section != row.heading and value == 1
            if value is not None and not starts_anew and value > last + 1:
                missing = ", ".join(map(str, range(last + 1, min(value, last + 6))))
                words = {"before": last or "đầu", "proposal": missing}
                yield linter.make("PLAN_NUMBER_MISSING", table, index, "number", value=row.number, **words)
            section = row.heading
            last = value if value is not None else last


def _whole(number: str) -> int | None:
    """The number as a whole one; None for any other."""
    plain = number.strip(" .)")
    return int(plain) if plain.isdecimal() and len(plain) < 5 else None


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
    for field in ("id", "title", "year", "gatherer"):
        if not getattr(properties, field):
            yield linter.make("PLAN_PROPERTY_MISSING", "card", 0, field, value=SHEETS["card"].name_of(field))
    for field in ("agency", "recipient"):
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
    _heading_numbers,
    _row_numbers,
    _leads,
    _work,
    _deadlines,
    _results,
    _indicators,
    _answerable,
    _misprints,
)
"""Every check of the plan, in the order in which findings are told."""


_LINT_TITLE = "Soát kế hoạch"
"""Name of the sheet; the reader of the appendix passes it over."""
_SEVERITIES = {"error": "Phải sửa", "warning": "Nên xem lại", "note": "Ghi nhận", "repaired": "Đã sửa giúp"}
_LINT_NOTE = (
    "Phần mềm lập trang này bằng «nq57xl lint --write»; chạy lại thì trang được lập lại. «Phải sửa» thì sửa mới phát "
    "hành được biểu mẫu; «Nên xem lại», «Ghi nhận» là điều nên xem. Bấm vào ô để đến đúng chỗ. Có thể xóa cả trang này."
)
_LINT_COLUMNS = {"STT": 6, "Mức": 12, "Tiêu chí": 14, "Ô": 16, "Mã": 11, "Nội dung": 58, "Đề xuất": 66}
"""Headings and widths."""
_PLACE, _CONTENT = 3, 5
_MANY = 3
"""Findings of one pattern from which they stand under a common line."""
_LONGEST_TEXT = 1500
_NOTHING = "Không có điểm nào cần sửa."


def with_lint_sheet(data: bytes, plan: Plan, findings: Sequence[Finding], workspace: Path | None = None) -> bytes:
    """The workbook with the sheet of those findings; everything else in it stays as it is. Raises Nq57Error."""
    clear = Clear.load(workspace)
    points = grouped(findings, _MANY)
    lines = [line for number, point in enumerate(points, 1) for line in _lint_lines(number, point, plan, clear)]
    heading = f"SOÁT KẾ HOẠCH: {len(findings)} ĐIỂM, {len(points)} NHÓM" if findings else "SOÁT KẾ HOẠCH"
    widths = list(_LINT_COLUMNS.values())
    with Workbook(_LINT_TITLE, STYLES) as book:
        sheet = book.sheet(_LINT_TITLE)
        sheet.widths(widths)
        write_top(sheet, heading, _LINT_NOTE, widths)
        write_line(sheet, HEADER_ROW, list(_LINT_COLUMNS), widths, "head")
        for row, (texts, item) in enumerate(lines or [(("",) * _CONTENT + (_NOTHING, ""), None)], HEADER_ROW + 1):
            write_line(sheet, row, texts, widths, "cell")
            for col in (0, 1, *((_CONTENT,) if lines and item is None else ())):
                sheet.text(row, col, texts[col], "label")
            if item is not None and item.cell:
                sheet.link(row, _PLACE, texts[_PLACE], f"{sheet_prefix(item.sheet)}{item.cell}", "link")
        sheet.freeze_panes(HEADER_ROW + 1, 0)
        set_up_page(sheet)
    return put_sheet(data, _LINT_TITLE, book.content)


def _lint_lines(
    number: int, point: Point, plan: Plan, clear: Clear
) -> Iterator[tuple[tuple[str, ...], Finding | None]]:
    """The texts of a line and the finding to whose cell it leads: one line for a single finding; for several of a
    pattern a common line, which leads nowhere, and one for each under it."""
    first = point.first
    asked = clear.asks_for(first.code, plan.properties.clear_criteria)
    start = (str(number), _SEVERITIES[first.severity], asked[:1].upper() + asked[1:])
    places = [(f"{item.sheet}!{item.cell}" if item.cell else item.sheet, item.task or "") for item in point.findings]
    if point.count < _MANY:
        yield (*start, *places[0], first.message, first.fix), first
        return
    same_fix = all(item.fix == first.fix for item in point.findings)
    headline = f"{point.headline.removesuffix('.')}: {point.count} chỗ."
    yield (*start, "", "", headline, first.fix if same_fix else ""), None
    for item, place in zip(point.findings, places, strict=True):
        said = item.value or item.message
        said = said if len(said) <= _LONGEST_TEXT else f"{said[:_LONGEST_TEXT]}…"
        yield ("", "", "", *place, said, "" if same_fix else item.fix), item
