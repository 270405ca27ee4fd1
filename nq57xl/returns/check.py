"""Checks of returns: the file as a whole, its period; the rules, in one pandera call a kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from nq57xl.forms.model import Form, Source, Value
from nq57xl.forms.rows import judged_tables
from nq57xl.forms.wording import FORM_FILE
from nq57xl.plan.model import Plan
from nq57xl.plan.periods import title_of
from nq57xl.returns.model import AnsweredForm, Return
from nq57xl.rules.findings import Finding, catalogue, make
from nq57xl.rules.movement import predicates_of
from nq57xl.rules.predicates import Predicate
from nq57xl.rules.rows import KEY, RETURN, unreadable_fields
from nq57xl.rules.schema import Field


def _wrong_period(source: Source, form: Form, period: str, current: Form | None) -> Iterator[Finding]:
    """The form belongs to another period than the one that is being collected."""
    if form.period.code != period:
        yield make("WRONG_PERIOD", words={"form_period": title_of(form.period.code), "period": title_of(period)})


def _name_of_other_unit(source: Source, form: Form, period: str, current: Form | None) -> Iterator[Finding]:
    """The file is named like another unit's form."""
    match = FORM_FILE.search(source.name)
    if match and match[1].upper() != form.unit.upper():
        yield make("NAME_OTHER_UNIT", words={"value": match[1], "unit": form.unit_name}, value=source.name)


def _older_version(source: Source, form: Form, period: str, current: Form | None) -> Iterator[Finding]:
    """A newer version of this form has been issued since."""
    if current is not None and current.period.code == form.period.code and current.version > form.version:
        yield make("OLDER_VERSION", words={"version": form.version})


_FILE_CHECKS: tuple[Callable[[Source, Form, str, Form | None], Iterator[Finding]], ...] = (
    _wrong_period,
    _name_of_other_unit,
    _older_version,
)


def check_file(source: Source, form: Form, period: str, current: Form | None) -> tuple[Finding, ...]:
    """All findings about the file; `current` is the newest form issued to the same unit for the period."""
    return tuple(finding for check in _FILE_CHECKS for finding in check(source, form, period, current))


def check(returns: Sequence[Return]) -> list[tuple[Finding, ...]]:
    """Findings of the rules for each return, in the order of the returns.

    Every return is judged by the schema that its form was issued with: one pandera validation for each kind of row of
    each schema in the run. A rule that raises on a return is told there and costs no other return its verdict.
    """
    found: list[list[Finding]] = [[] for _ in returns]
    for table, schema, rows, judged in judged_tables([(back.form, back.values) for back in returns]):
        for number, rules in judged.failed.items():
            found[number] += [make("CHECK_FAILED", words={"value": rule}) for rule in sorted(rules)]
        predicates = sorted(predicates_of(table, schema), key=_wrongness)
        for row, broken in zip(rows, judged.by_row, strict=True):
            if not broken:
                continue
            back = returns[row[RETURN]]
            found[row[RETURN]] += _row_findings(row, [item for item in predicates if item.rule.id in broken], back)
    return [_in_order(items, back) for items, back in zip(found, returns, strict=True)]


def _row_findings(row: Mapping[str, Any], broken: Sequence[Predicate], back: Return) -> Iterator[Finding]:
    """What one row breaks, the worst first; of a cell only what is as bad as the first: one finding per cause."""
    told: dict[str, int] = {}
    for predicate in broken:
        field, wrongness = predicate.blame(row), _wrongness(predicate)
        if not _passed_over(predicate, row, back) and told.setdefault(field, wrongness) == wrongness:
            yield _finding(predicate, row, predicate.fields[field], back)


def _wrongness(predicate: Predicate) -> int:
    """0: the cell is wrong in itself; 1: an error beside other cells; 2: a doubt. A worse one hides the lesser."""
    return 2 if predicate.rule.severity != "error" else 0 if predicate.hard else 1


def _passed_over(predicate: Predicate, row: Mapping[str, Any], back: Return) -> bool:
    """The row does not tell what the rule asks: a cell has an error of its own, or no place in the file sent.

    Something unreadable is filled for rules that ask no more: what is missing beside it is told with it. A doubt about
    what a statement repeats was told when it was typed.
    """
    value = back.cells.get((predicate.table.name, row[KEY], predicate.blame(row)))
    if value is not None and value.by_statement and predicate.rule.severity != "error":
        return True
    unreadable = unreadable_fields(row)
    cell = predicate.fields[predicate.blame(row)].within
    if cell in unreadable or (predicate.table.name, row[KEY], cell) in back.in_error:
        return True  # the cell that it shares is asked back as a whole
    if predicate.blame(row) in unreadable or (unreadable & predicate.reads() and not predicate.presence):
        return True
    own = predicate.reads() & {item.name for item in predicate.table.fields} - unreadable
    places = ((predicate.table.name, row[KEY], name) for name in own)
    return any(place not in back.places or place in back.in_error for place in places)


def _finding(predicate: Predicate, row: Mapping[str, Any], field: Field, back: Return) -> Finding:
    """What the row breaks; where the rule cannot even say it, that: one value never stops a batch."""
    rule, place = predicate.rule, (predicate.table.name, row[KEY], field.name)
    value = back.cells.get(place)
    typed = value.typed if value else ""
    sheet, cell = back.places.get(place, ("", ""))
    words = {"field": field.title, "hint": field.hint, "value": typed, "example": field.sample}
    try:
        message = predicate.sentence({**row, "typed": typed}) + _elsewhere(value)
    except Exception:
        return make("CHECK_FAILED", words={"value": rule.id})
    where = {"sheet": sheet, "cell": cell, "table": place[0], "task": place[1], "field": field.name}
    said = {"message": message, "severity": rule.severity, **({"fix": rule.fix} if rule.fix else {})}
    return make(rule.code, words=words, value="" if field.contact else typed, **where, **said)


def _elsewhere(value: Value | None) -> str:
    """Names the file that a cell was taken from, where that is not the return's own."""
    if value is None or value.origin is None:
        return ""
    return f" (Ô này lấy từ tệp «{value.origin.name}», trang «{value.sheet}», ô {value.cell}.)"


def _in_order(findings: Sequence[Finding], back: Return) -> tuple[Finding, ...]:
    """As a person works through the form: table, then row, then the order of the catalogue."""
    if not findings:
        return ()
    tables = {table.name: number for number, table in enumerate(back.form.schema.tables)}
    places = {place: number for number, place in enumerate(back.places)}
    codes = {code: number for number, code in enumerate(catalogue())}

    def order(item: Finding) -> tuple[int, int, int]:
        place = item.form_cell
        return tables.get(item.table, -1), places.get(place, -1), codes[item.code]

    return tuple(sorted(findings, key=order))


_IDLE = ("not_started", "not_arisen")


def _progress_words(form: Form, code: object) -> str:
    """What people read for a progress code."""
    return next((item.title for item in form.schema.lists["progress"] if item.code == code), str(code))


def _lead_and_support(answered: Sequence[AnsweredForm]) -> Iterator[Finding]:
    """A lead says that nothing happened while a supporter reports work on the same task."""
    for lead in answered:
        for key, value in lead.cells.items():
            if key[0] != "led" or key[2] != "progress" or value.value not in _IDLE:
                continue
            for other in answered:
                text = other.cells.get(("supporting", key[1], "contribution"))
                if text is not None and other.form.unit != lead.form.unit:
                    words = {
                        "task": key[1],
                        "lead": lead.form.unit_name,
                        "support": other.form.unit_name,
                        "progress": _progress_words(lead.form, value.value),
                    }
                    yield make(
                        "LEAD_SUPPORT_DISAGREE",
                        words=words,
                        table="supporting",
                        task=key[1],
                        field="contribution",
                        value=text.typed,
                        sheet=text.sheet,
                        cell=text.cell,
                    )


def _several_leads(answered: Sequence[AnsweredForm]) -> Iterator[Finding]:
    """Units that lead one task together report different progress."""
    tasks: dict[str, dict[str, str]] = {}
    for report in answered:
        for (table, key, field), value in report.cells.items():
            if (table, field) == ("led", "progress") and value.value is not None:
                tasks.setdefault(key, {})[report.form.unit_name] = _progress_words(report.form, value.value)
    for key, units in tasks.items():
        if len(set(units.values())) > 1:
            said = "; ".join(f"{name}: {words}" for name, words in units.items())
            yield make("LEADS_DISAGREE", words={"task": key, "value": said}, table="led", task=key, field="progress")


_PERIOD_CHECKS: tuple[Callable[[Sequence[AnsweredForm]], Iterator[Finding]], ...] = (_lead_and_support, _several_leads)


def check_period(answered: Sequence[AnsweredForm]) -> tuple[Finding, ...]:
    """All findings over the counting returns of a period, one for each unit."""
    return tuple(finding for check in _PERIOD_CHECKS for finding in check(answered))


_OF_PLAN = ("led", "supporting", "indicator")


def plan_rows(form: Form, plan: Plan) -> Iterator[Finding]:
    """Facts for the sender of a form that the plan has outlived; the form itself is judged as it was issued.

    `plan`: the version that holds for the form's period, with the units that exist then.
    """
    shown = {name: {row.key for row in table.rows} for name in _OF_PLAN if (table := form.table(name)) is not None}
    wanted = _rows_of(form.unit, plan)
    present = {task.code for task in plan.tasks} | {item.code for item in plan.indicators}
    dropped = sorted({key for keys in shown.values() for key in keys if key not in present})
    if dropped:
        yield make("PLAN_ROWS_DROPPED", words={"value": ", ".join(dropped)}, value=", ".join(dropped))
    new = [code for name in _OF_PLAN for code in wanted[name] if code not in shown.get(name, set())]
    if new and shown:
        told = ", ".join(dict.fromkeys(new))
        yield make("PLAN_ROWS_NEW", words={"value": told}, value=told)


def _rows_of(unit: str, plan: Plan) -> dict[str, list[str]]:
    """Codes of the rows that a form of that unit shows now, by table."""
    return {
        "led": [task.code for task in plan.tasks if unit in task.lead_units],
        "supporting": [task.code for task in plan.tasks if unit in task.support_units],
        "indicator": [item.code for item in plan.indicators if unit in item.lead_units],
    }
