"""Checks of returns: the file as a whole, its period; the rules, in one pandera call a kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nq57xl.forms.filled import judged_tables
from nq57xl.forms.model import Form, Source
from nq57xl.forms.wording import FORM_FILE
from nq57xl.plan.model import Plan
from nq57xl.plan.periods import title_of
from nq57xl.returns.model import AnsweredForm, Return
from nq57xl.rules.findings import Finding, catalogue, make
from nq57xl.rules.movement import predicates_of
from nq57xl.rules.predicates import Predicate
from nq57xl.rules.rows import KEY, RETURN, unreadable_fields
from nq57xl.rules.schema import Field


def check_file(source: Source, form: Form, period: str, current: Form | None) -> Iterator[Finding]:
    """All findings about the file; `current` is the newest form issued to the same unit for the period."""
    if form.period.code != period:
        yield make("WRONG_PERIOD", words={"form_period": title_of(form.period.code), "period": title_of(period)})
    match = FORM_FILE.search(source.name)
    if match and match[1].upper() != form.unit.upper():
        yield make("NAME_OTHER_UNIT", words={"value": match[1], "unit": form.unit_name}, value=source.name)
    if current is not None and current.period.code == form.period.code and current.version > form.version:
        yield make("OLDER_VERSION", words={"version": form.version})


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
            # the worst first; of a cell only what is as bad as the first: one finding per cause
            back, worst = returns[row[RETURN]], dict[str, int]()
            for predicate in predicates:
                if predicate.rule.id in broken and not _passed_over(predicate, row, back):
                    name, wrongness = predicate.blame(row), _wrongness(predicate)
                    if worst.setdefault(name, wrongness) == wrongness:
                        found[row[RETURN]].append(_finding(predicate, row, predicate.fields[name], back))
    # as a person works through the form: table, then row, then the order of the catalogue
    codes = {code: number for number, code in enumerate(catalogue())}
    for back, items in zip(returns, found, strict=True):
        if items:
            tables = {table.name: number for number, table in enumerate(back.form.schema.tables)}
            places = {place: number for number, place in enumerate(back.places)}
            items.sort(key=lambda it: (tables.get(it.table, -1), places.get(it.form_cell, -1), codes[it.code]))
    return [tuple(items) for items in found]


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
        message = predicate.sentence({**row, "typed": typed})
        if value is not None and value.origin is not None:
            message += f" (Ô này lấy từ tệp «{value.origin.name}», trang «{value.sheet}», ô {value.cell}.)"
    except Exception:
        return make("CHECK_FAILED", words={"value": rule.id})
    where = {"sheet": sheet, "cell": cell, "table": place[0], "task": place[1], "field": field.name}
    said = {"message": message, "severity": rule.severity, **({"fix": rule.fix} if rule.fix else {})}
    return make(rule.code, words=words, value="" if field.contact else typed, **where, **said)


_IDLE = ("not_started", "not_arisen")


def check_period(answered: Sequence[AnsweredForm]) -> Iterator[Finding]:
    """All findings over the counting returns of a period, one for each unit."""
    told: dict[str, dict[str, str]] = {}
    for lead in answered:
        words = {item.code: item.title for item in lead.form.schema.lists.get("progress", ())}
        for (table, task, field), value in lead.cells.items():
            if (table, field) != ("led", "progress") or value.value is None:
                continue
            said = words.get(str(value.value), str(value.value))
            told.setdefault(task, {})[lead.form.unit_name] = said
            for other in answered if value.value in _IDLE else ():
                # nothing happened, it says, while a supporter reports work on the same task
                text = other.cells.get(("supporting", task, "contribution"))
                if text is not None and other.form.unit != lead.form.unit:
                    both = {"lead": lead.form.unit_name, "support": other.form.unit_name}
                    about = {"task": task, "progress": said, **both}
                    yield make("LEAD_SUPPORT_DISAGREE", words=about, value=text.typed, **text.where)
    for task, units in told.items():
        if len(set(units.values())) > 1:
            each = "; ".join(f"{name}: {said}" for name, said in units.items())
            yield make("LEADS_DISAGREE", words={"task": task, "value": each}, table="led", task=task, field="progress")


def plan_rows(form: Form, plan: Plan) -> Iterator[Finding]:
    """Facts for the sender of a form that the plan has outlived; the form itself is judged as it was issued.

    `plan`: the version that holds for the form's period, with the units that exist then.
    """
    unit = form.unit
    wanted = {
        "led": [task.code for task in plan.tasks if unit in task.lead_units],
        "supporting": [task.code for task in plan.tasks if unit in task.support_units],
        "indicator": [item.code for item in plan.indicators if unit in item.lead_units],
    }
    shown = {name: {row.key for row in table.rows} for name in wanted if (table := form.table(name)) is not None}
    present = {task.code for task in plan.tasks} | {item.code for item in plan.indicators}
    dropped = sorted({key for keys in shown.values() for key in keys if key not in present})
    if dropped:
        yield make("PLAN_ROWS_DROPPED", words={"value": ", ".join(dropped)}, value=", ".join(dropped))
    new = [code for name, codes in wanted.items() for code in codes if code not in shown.get(name, set())]
    if new and shown:
        told = ", ".join(dict.fromkeys(new))
        yield make("PLAN_ROWS_NEW", words={"value": told}, value=told)
