"""The consolidation of a period as the ledger has it, which merge, the document, diff and export start from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import get_args

import attrs
from attrs import frozen

from nq57xl import __version__
from nq57xl.commands.office import Office
from nq57xl.commands.standing import OfficePeriod, PreviousReports
from nq57xl.forms.model import Value
from nq57xl.ledger.model import CellKey, Closing, Edit, PeriodStatus
from nq57xl.ledger.outputs import write_guarded
from nq57xl.outputs.exports import Format, can_write, export_bytes
from nq57xl.plan.model import Period
from nq57xl.plan.periods import months_of, parse_period, title_of
from nq57xl.resources import read_schema
from nq57xl.results.comparison import PeriodComparison, addendum, compare_periods
from nq57xl.results.consolidation import consolidate
from nq57xl.results.from_months import Months
from nq57xl.results.model import Consolidation, PastPeriod
from nq57xl.results.overview import Overview, overview_of, past_period, past_periods
from nq57xl.results.quality import MEASURES
from nq57xl.results.standing import OFFICE, with_edits
from nq57xl.rules.codec import from_json, to_json
from nq57xl.rules.findings import make
from nq57xl.rules.load import Quality, Vocabulary
from nq57xl.rules.schema import Schema


def consolidated(here: OfficePeriod, *, whole: bool = False) -> Consolidation:
    """The period's consolidation, with the one before it of its kind under `earlier_periods`, older ones under `past`.

    `whole`: every earlier period under `earlier_periods`, oldest first. A closed period stands as it was when it was
    closed, whatever came since (that is under `addendum`).
    """
    closing = here.closing
    if closing is not None:
        then = _as_closed(here, closing)
        now = _made(attrs.evolve(here, plan=then.plan, period=then.period), here.standing(), then.schema)
        found = addendum(then, now, here.ledger.returns(here.code), closing.own)
        return attrs.evolve(then, addendum=found or None)
    return _of_months(here) if here.reported_months else _as_collected(here, whole=whole)


def prefilled(here: OfficePeriod) -> dict[str, tuple[Value, ...]]:
    """Unit -> what stands in its form of a longer period from the start: what its months said; {} for a month."""
    parts = [alone(_as_issued(here, month)) for month in here.months]
    rules = read_schema("from_months.yml", here.office.workspace.root)
    return Months(here.plan, here.period, here.office.schema(), rules, parts).prefilled() if parts else {}


def _of_months(here: OfficePeriod) -> Consolidation:
    """A quarter, half-year, nine months or year from its accepted monthly reports, closed months as they were closed.

    A month for which no forms were issued is named beside those that lack a unit.
    """
    office, months = here.office, here.reported_months
    parts = [consolidated(_as_issued(here, month)) for month in months]
    rules = read_schema("from_months.yml", office.workspace.root)
    whole = Months(here.plan, here.period, office.schema(), rules, parts).consolidation()
    absent = [title_of(code) for code in months_of(here.code) if code not in {month.code for month in months}]
    told = (make("MONTH_NOT_ISSUED", words={"value": ", ".join(absent)}),) if absent else ()
    found = office.in_own_words((*told, *whole.status.period_findings))
    complete = whole.status.complete and not absent
    vocabulary, quality = _style(here)
    status = attrs.evolve(whole.status, period_findings=found, complete=complete)
    return attrs.evolve(whole, status=status, vocabulary=vocabulary, quality=quality)


def _as_collected(here: OfficePeriod, *, whole: bool) -> Consolidation:
    """The same as if the period were open.

    An earlier period stands with the plan that it was issued with, or as it was closed: what comes later does not
    reach back.
    """

    def made(item: Period) -> Consolidation:
        closing = here.ledger.closing(item.code)
        return as_now(_as_issued(here, item)) if closing is None else _thawed(here, closing, -1)

    before = PreviousReports(here.ledger, here.plan).periods(here.period)
    full = len(before) if whole else 1
    older = before[full:][::-1]
    # as kept from what stands in the ledger and the appendix now; made anew where that has changed
    kept = here.ledger.past_periods(_marks(here, older))
    past = (from_json(kept[item.code], PastPeriod) if item.code in kept else past_period(made(item)) for item in older)
    vocabulary, quality = _style(here)
    return attrs.evolve(
        as_now(here),
        earlier_periods=tuple(made(item) for item in reversed(before[:full])),
        past=tuple(past),
        vocabulary=vocabulary,
        quality=quality,
    )


def as_now(here: OfficePeriod) -> Consolidation:
    """The period alone as the ledger gives it now, closed or not."""
    return _made(here, here.standing(), here.office.schema())


def alone(here: OfficePeriod) -> Consolidation:
    """The period without those before it and without an addendum, in the office's wording: as closed, or as it is."""
    closing = here.closing
    if closing is not None:
        return attrs.evolve(_thawed(here, closing, -1), vocabulary=closing.vocabulary)
    return attrs.evolve(as_now(here), vocabulary=_style(here)[0])


def _as_closed(here: OfficePeriod, closing: Closing) -> Consolidation:
    """The consolidation that was closed, made again from what was noted then."""
    *before, own = (_thawed(here, closing, number) for number in range(len(closing.frozen)))
    return attrs.evolve(
        own, earlier_periods=tuple(before), closing=closing, vocabulary=closing.vocabulary, quality=closing.quality
    )


def frozen_now(here: OfficePeriod, reason: str) -> Consolidation:
    """The consolidation as it is closed now; its `closing` notes everything that it is made from, for the ledger, where
    only plans are recorded yet."""
    ledger, schema = here.ledger, here.office.schema()
    schemas, found = {schema.version: schema}, []
    for item in reversed(PreviousReports(ledger, here.plan).periods(here.period)):
        closing = ledger.closing(item.code)
        if closing is None:
            own = _as_issued(here, item)
            found.append(ledger.freeze(own.period, own.plan, schema, own.standing()))
        else:
            found.append(closing.own)
            schemas[closing.own.schema_version] = closing.schemas[closing.own.schema_version]
    found.append(ledger.freeze(here.period, here.plan, schema, here.standing()))
    vocabulary, quality = _style(here)
    noted = Closing(
        period=here.code,
        reason=reason,
        at=ledger.now(),
        who=here.office.person,
        frozen=tuple(found),
        schemas=schemas,
        vocabulary=vocabulary,
        quality=quality,
    )
    return _as_closed(here, noted)


def _style(here: OfficePeriod) -> tuple[Vocabulary, Quality | None]:
    """What the office's settings choose: the wording of the report, and whether it is scored."""
    root, settings = here.office.workspace.root, here.plan.settings
    quality = Quality.load(MEASURES, root) if settings.quality_score else None
    return Vocabulary.load(settings.vocabulary, root), quality


def _as_issued(here: OfficePeriod, period: Period) -> OfficePeriod:
    """Another period with the plan and days of the newest form issued for it; those given where none was issued.

    Once the plan has been amended its versions have days of validity: then the one that held on the cut-off day.
    """
    if here.ledger.amendments():
        return OfficePeriod.of(here.office, here.ledger, period.code)
    forms = here.ledger.current_forms(period.code)
    if not forms:
        return attrs.evolve(here, period=period)
    newest = max(forms, key=lambda form: (form.issued_on, form.version))
    return attrs.evolve(here, plan=here.ledger.plan(newest.plan_version), period=newest.period)


def _thawed(here: OfficePeriod, closing: Closing, number: int) -> Consolidation:
    item = closing.frozen[number]
    then = attrs.evolve(here, plan=here.ledger.plan(item.plan_version), period=item.period)
    return _made(then, here.ledger.thaw(item), closing.schemas[item.schema_version], item.last_edit)


def _made(here: OfficePeriod, status: PeriodStatus, schema: Schema, upto: int | None = None) -> Consolidation:
    """The consolidation with the office's edits; `upto`: the last edit that counts."""
    ledger = here.ledger

    @cache
    def holding_in(period: str) -> dict[CellKey, Edit]:
        return ledger.edits_held(period, upto)

    told = ledger.known_files(item.source.sha256 for unit in status.units for item in unit.carried)

    def earlier(sha256: str) -> dict[CellKey, Edit]:
        return holding_in(told[sha256].form_period or "") if sha256 in told else {}

    edited, edits = with_edits(status, holding_in(here.code), earlier)
    texts = {item.edit.new.key: item.edit.new.typed for item in edits if item.edit.new.table == OFFICE}
    return attrs.evolve(consolidate(here.plan, here.period, schema, edited), edits=edits, office_texts=texts)


def keep_past(here: OfficePeriod, c: Consolidation) -> None:
    """Keeps the periods before this one for the reports of the months to come."""
    made = past_periods(c)
    marks = _marks(here, [item.period for item in made])
    kept = here.ledger.past_periods(marks)
    new = {item.period.code: to_json(item) for item in made if item.period.code not in kept}
    here.ledger.note_past_periods(marks, new)


def _marks(here: OfficePeriod, periods: Sequence[Period]) -> dict[str, str]:
    """By code what each period follows from: its own returns and those before it, decisions, edits; program, rules,
    plan."""
    if not periods:
        return {}
    office, ledger = here.office, here.ledger
    basis = f"{__version__} {office.schema().version} ".encode() + office.workspace.appendix.read_bytes()
    found = ledger.period_marks()
    days = {code: parse_period(code, here.plan.properties).cutoff for code in ledger.periods()}
    marks = {}
    for item in periods:
        upto = [f"{code}{found[code]}" for code in sorted(days) if days[code] <= item.cutoff]
        whole = "|".join((*upto, found[""])).encode() + basis
        marks[item.code] = hashlib.sha256(whole).hexdigest()[:24]
    return marks


def overview(office: Office, period_code: str) -> Overview:
    """The first page of the period. Raises Nq57Error where the appendix or the ledger cannot be read."""
    with office.reading() as ledger:
        return overview_of(consolidated(OfficePeriod.of(office, ledger, period_code)))


def diff(office: Office, first: str, second: str) -> PeriodComparison:
    """Two periods compared, the earlier one first whatever the order given, as the report of the later one has them.

    Raises Nq57Error when a code is no period or no form of it was issued.
    """
    with office.reading() as ledger:
        sides = [OfficePeriod.of(office, ledger, code) for code in (first, second)]
        for side in sides:
            side.require_issued(or_months=True)
        before, after = sorted((consolidated(side, whole=True) for side in sides), key=lambda c: c.cutoff)
    known = {item.period.code: item for item in after.earlier_periods}
    return compare_periods(known.get(before.period.code, before), after)


@frozen
class _Exported:
    """The files of one export."""

    paths: tuple[Path, ...]
    left_out: tuple[Format, ...]
    """Formats asked for that this installation cannot write."""


def export(
    office: Office, period_code: str | None, formats: tuple[Format, ...] = (), *, contacts: bool = False
) -> _Exported:
    """Writes the period's data in the formats asked for, else in all; those that lack their library are left out.

    With contacts the files have another name, so that nobody hands them on by mistake. Raises Nq57Error when no form
    of the period was issued.
    """
    asked: tuple[Format, ...] = formats or get_args(Format)
    kinds = tuple(kind for kind in asked if can_write(kind))
    left_out = tuple(kind for kind in asked if kind not in kinds)
    if not kinds:
        return _Exported((), left_out)
    with office.changing("export") as ledger:
        here = OfficePeriod.of(office, ledger, period_code)
        here.require_issued(or_months=True)
        c = consolidated(here)
        stem = office.workspace.report_dir(here.code) / ("du-lieu-noi-bo" if contacts else "du-lieu")
        written = tuple(
            write_guarded(ledger, stem.with_suffix(f".{kind}"), export_bytes(c, kind, contacts=contacts))
            for kind in kinds
        )
        names = [path.name for path in written]
        ledger.event("export", {"period": here.code, "files": names, "contacts": contacts})
        return _Exported(written, left_out)
