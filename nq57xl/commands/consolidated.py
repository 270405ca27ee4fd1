"""The consolidation of a period as the ledger has it, which merge, the document, diff and export start from."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import get_args

import attrs
from attrs import frozen

from nq57xl.commands.office import Office
from nq57xl.commands.previous_reports import KeptPeriods, PreviousReports
from nq57xl.commands.standing import issued_months, reported_months, require_reported, standing
from nq57xl.forms.model import Value
from nq57xl.ledger.model import CellKey, Closing, Edit, PeriodStatus
from nq57xl.ledger.outputs import write_guarded
from nq57xl.ledger.store import Ledger
from nq57xl.outputs.exports import Format, can_write, export_bytes
from nq57xl.plan.model import Period, Plan
from nq57xl.plan.periods import months_of, title_of
from nq57xl.resources import read_schema
from nq57xl.results.comparison import PeriodComparison, addendum, compare_periods
from nq57xl.results.consolidation import consolidate
from nq57xl.results.from_months import from_months, prefilled_values
from nq57xl.results.model import Consolidation
from nq57xl.results.overview import Overview, overview_of
from nq57xl.results.quality import MEASURES
from nq57xl.results.standing import with_edits
from nq57xl.rules.findings import make
from nq57xl.rules.load import Quality, Vocabulary
from nq57xl.rules.schema import Schema


def consolidated(office: Office, ledger: Ledger, plan: Plan, period: Period, *, whole: bool = False) -> Consolidation:
    """The period's consolidation, with the one before it of its kind under `earlier_periods`, older ones under `past`.

    `whole`: every earlier period under `earlier_periods`, oldest first. A closed period stands as it was when it was
    closed, whatever came since (that is under `addendum`).
    """
    closing = ledger.closing(period.code)
    if closing is None and (months := reported_months(ledger, plan, period)):
        return _of_months(office, ledger, plan, period, months)
    if closing is None:
        return _as_collected(office, ledger, plan, period, whole=whole)
    then = as_closed(ledger, closing)
    now = _made(ledger, (then.plan, then.period, then.schema), standing(office, ledger, plan, period), None)
    found = addendum(then, now, ledger.returns(period.code), closing.own)
    return attrs.evolve(then, addendum=found or None)


def prefilled(office: Office, ledger: Ledger, plan: Plan, period: Period) -> dict[str, tuple[Value, ...]]:
    """Unit -> what stands in its form of a longer period from the start: what its months said; {} for a month."""
    months = issued_months(ledger, plan, period)
    if not months:
        return {}
    parts = [alone(office, ledger, *_as_issued(office, ledger, plan, month)) for month in months]
    rules = read_schema("from_months.yml", office.workspace.root)
    return prefilled_values(plan, period, office.schema(), rules, parts)


def _of_months(office: Office, ledger: Ledger, plan: Plan, period: Period, months: tuple[Period, ...]) -> Consolidation:
    """A quarter, half-year, nine months or year from its accepted monthly reports, closed months as they were closed.

    A month for which no forms were issued is named beside those that lack a unit.
    """
    parts = [consolidated(office, ledger, *_as_issued(office, ledger, plan, month)) for month in months]
    rules = read_schema("from_months.yml", office.workspace.root)
    whole = from_months(plan, period, office.schema(), rules, parts)
    codes = months_of(period.code)
    absent = [title_of(code) for code in codes if code not in {month.code for month in months}]
    told = (make("MONTH_NOT_ISSUED", words={"value": ", ".join(absent)}),) if absent else ()
    found = office.in_own_words((*told, *whole.status.period_findings))
    complete = whole.status.complete and not absent
    vocabulary, quality = _style(office, plan)
    status = attrs.evolve(whole.status, period_findings=found, complete=complete)
    return attrs.evolve(whole, status=status, vocabulary=vocabulary, quality=quality)


def _as_collected(office: Office, ledger: Ledger, plan: Plan, period: Period, *, whole: bool = False) -> Consolidation:
    """The same as if the period were open.

    An earlier period stands with the plan that it was issued with, or as it was closed: what comes later does not
    reach back.
    """
    schema = office.schema()

    def made(item: Period) -> Consolidation:
        closing = ledger.closing(item.code)
        return _earlier(office, ledger, plan, item) if closing is None else _thawed(ledger, closing, -1)

    before = PreviousReports(ledger, plan).periods(period)
    full, kept = len(before) if whole else 1, KeptPeriods(office, ledger, plan)
    here = _made(ledger, (plan, period, schema), standing(office, ledger, plan, period), None)
    vocabulary, quality = _style(office, plan)
    return attrs.evolve(
        here,
        earlier_periods=tuple(made(item) for item in reversed(before[:full])),
        past=kept.get(before[full:][::-1], made),
        vocabulary=vocabulary,
        quality=quality,
    )


def as_now(office: Office, ledger: Ledger, plan: Plan, period: Period) -> Consolidation:
    """The period alone as the ledger gives it now, closed or not."""
    return _made(ledger, (plan, period, office.schema()), standing(office, ledger, plan, period), None)


def alone(office: Office, ledger: Ledger, plan: Plan, period: Period) -> Consolidation:
    """The period without those before it and without an addendum, in the office's wording: as closed, or as it is."""
    closing = ledger.closing(period.code)
    if closing is not None:
        return attrs.evolve(_thawed(ledger, closing, -1), vocabulary=closing.vocabulary)
    return attrs.evolve(as_now(office, ledger, plan, period), vocabulary=_style(office, plan)[0])


def as_closed(ledger: Ledger, closing: Closing) -> Consolidation:
    """The consolidation that was closed, made again from what was noted then."""
    *before, here = (_thawed(ledger, closing, number) for number in range(len(closing.frozen)))
    return attrs.evolve(
        here, earlier_periods=tuple(before), closing=closing, vocabulary=closing.vocabulary, quality=closing.quality
    )


def frozen_now(office: Office, ledger: Ledger, plan: Plan, period: Period) -> Closing:
    """Everything that `live` would be made from now, noted; not recorded yet. Plans are recorded."""
    schema = office.schema()
    schemas = {schema.version: schema}
    frozen = [ledger.freeze(period, plan, schema, standing(office, ledger, plan, period))]
    for item in PreviousReports(ledger, plan).periods(period):
        closing = ledger.closing(item.code)
        if closing is not None:
            frozen.append(closing.own)
            schemas[closing.own.schema_version] = closing.schemas[closing.own.schema_version]
            continue
        own, days = _as_issued(office, ledger, plan, item)
        frozen.append(ledger.freeze(days, own, schema, standing(office, ledger, own, days)))
    vocabulary, quality = _style(office, plan)
    return Closing(
        period=period.code,
        reason="",
        at=ledger.now(),
        who=office.person,
        frozen=tuple(reversed(frozen)),
        schemas=schemas,
        vocabulary=vocabulary,
        quality=quality,
    )


def _style(office: Office, plan: Plan) -> tuple[Vocabulary, Quality | None]:
    """What the office's settings choose: the wording of the report, and whether it is scored."""
    root, settings = office.workspace.root, plan.settings
    quality = Quality.load(MEASURES, root) if settings.quality_score else None
    return Vocabulary.load(settings.vocabulary, root), quality


def _as_issued(office: Office, ledger: Ledger, plan: Plan, period: Period) -> tuple[Plan, Period]:
    """Plan and days of the newest form issued for the period; those given where none was issued.

    Once the plan has been amended its versions have days of validity: then the one that held on the cut-off day.
    """
    if ledger.amendments():
        return office.valid(period.code, ledger)
    forms = ledger.current_forms(period.code)
    if not forms:
        return plan, period
    newest = max(forms, key=lambda form: (form.issued_on, form.version))
    return ledger.plan(newest.plan_version), newest.period


def _earlier(office: Office, ledger: Ledger, plan: Plan, period: Period) -> Consolidation:
    own, days = _as_issued(office, ledger, plan, period)
    return _made(ledger, (own, days, office.schema()), standing(office, ledger, own, days), None)


def _thawed(ledger: Ledger, closing: Closing, number: int) -> Consolidation:
    item = closing.frozen[number]
    schema = closing.schemas[item.schema_version]
    return _made(ledger, (ledger.plan(item.plan_version), item.period, schema), ledger.thaw(item), item.last_edit)


def _made(ledger: Ledger, frame: tuple[Plan, Period, Schema], status: PeriodStatus, upto: int | None) -> Consolidation:
    """The consolidation with the office's edits; `upto`: the last edit that counts."""

    @cache
    def holding_in(period: str) -> dict[CellKey, Edit]:
        return ledger.edits_held(period, upto)

    told = ledger.known_files(item.source.sha256 for unit in status.units for item in unit.carried)

    def earlier(sha256: str) -> dict[CellKey, Edit]:
        return holding_in(told[sha256].form_period or "") if sha256 in told else {}

    plan, period, schema = frame
    edited = with_edits(status, holding_in(period.code), earlier)
    made = consolidate(plan, period, schema, edited.status)
    return attrs.evolve(made, edits=edited.edits, office_texts=edited.office_texts)


def overview(office: Office, period_code: str) -> Overview:
    """The first page of the period. Raises Nq57Error where the appendix or the ledger cannot be read."""
    with office.reading() as ledger:
        plan, period = office.valid(period_code, ledger)
        return overview_of(consolidated(office, ledger, plan, period))


@frozen
class _PeriodMark:
    """Where a period of the year stands, without looking at its returns."""

    issued: bool
    """It has forms of its own."""
    closed: bool
    months: tuple[int, int]
    """How many months of it have forms, of how many."""

    @property
    def from_months(self) -> bool:
        """It can be consolidated from its months."""
        return not self.issued and self.months[1] > 1 and self.months[0] > 0


def period_marks(office: Office, periods: tuple[Period, ...]) -> dict[str, _PeriodMark]:
    """By code of the period."""
    with office.reading() as ledger:
        issued = set(ledger.periods())
        marks = {}
        for period in periods:
            months = months_of(period.code)
            count = sum(code in issued for code in months)
            closed = period.code in issued and ledger.closing(period.code) is not None
            marks[period.code] = _PeriodMark(period.code in issued, closed, (count, len(months)))
        return marks


def diff(office: Office, first: str, second: str) -> PeriodComparison:
    """Two periods compared, the earlier one first whatever the order given, as the report of the later one has them.

    Raises Nq57Error when a code is no period or no form of it was issued.
    """
    with office.reading() as ledger:
        before, after = sorted((_side(office, ledger, code) for code in (first, second)), key=lambda side: side.cutoff)
    known = {item.period.code: item for item in after.earlier_periods}
    return compare_periods(known.get(before.period.code, before), after)


def _side(office: Office, ledger: Ledger, code: str) -> Consolidation:
    plan, period = office.valid(code, ledger)
    require_reported(ledger, plan, period)
    return consolidated(office, ledger, plan, period, whole=True)


_SHARED, _INTERNAL = "du-lieu", "du-lieu-noi-bo"


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
        plan, period = office.valid(period_code, ledger)
        require_reported(ledger, plan, period)
        consolidation = consolidated(office, ledger, plan, period)
        folder = office.workspace.report_dir(period.code)
        name = _INTERNAL if contacts else _SHARED
        written = tuple(
            write_guarded(
                ledger,
                folder / f"{name}.{kind}",
                export_bytes(consolidation, kind, contacts=contacts),
            )
            for kind in kinds
        )
        names = [path.name for path in written]
        ledger.event("export", {"period": period.code, "files": names, "contacts": contacts})
        return _Exported(written, left_out)
