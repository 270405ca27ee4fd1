"""Where the units stand: which return counts, what became of every return, the office's edits laid over them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal

import attrs
from attrs import frozen

from nq57xl.forms.model import Form, Value, cells_of
from nq57xl.ledger.model import (
    AppliedEdit,
    Attempt,
    CarriedCell,
    CellKey,
    Edit,
    EditState,
    PeriodStatus,
    UnitState,
    UnitStatus,
)
from nq57xl.plan.model import Period
from nq57xl.returns.model import ReturnRecord
from nq57xl.rules.findings import ACCEPTED, Finding, Point, Severity, make, to_answer
from nq57xl.text.clock import in_vietnam


def counting_return(records: Iterable[ReturnRecord]) -> ReturnRecord | None:
    """The return that counts among those of one unit: the newest accepted one by (received time, order of collection).

    A rejected return never displaces an accepted one; a form of another period never counts, and neither does a return
    that the office has left out.
    """
    return max(filter(_accepted, records), key=lambda record: record.order, default=None)


def period_status(
    plan_id: str,
    period: Period,
    forms: Sequence[Form],
    records: Sequence[ReturnRecord],
    emails: Mapping[str, str],
    *,
    expected: Mapping[str, str] | None = None,
) -> PeriodStatus:
    """The period at one moment.

    `forms`: those issued for the period (of several versions for a unit the highest is taken); `records`: the returns
    collected for it; `emails`: by unit code; `expected`: code -> name of the units that the plan expects to report, in
    its order, also those whose form was not issued yet: a unit that got no form is missing all the same.
    """
    names = dict(expected or {}) | {form.unit: form.unit_name for form in sorted(forms, key=lambda form: form.version)}
    of_unit: dict[str, list[ReturnRecord]] = {}
    for record in records:
        if record.judged.unit is not None:
            of_unit.setdefault(record.judged.unit, []).append(record)
    units = tuple(
        _unit_status(code, name, period, of_unit.get(code, []), emails.get(code, "")) for code, name in names.items()
    )
    return PeriodStatus(
        plan_id=plan_id,
        period=period.code,
        due=period.due,
        complete=bool(units) and all(unit.counting is not None for unit in units),
        units=units,
        unrecognised=tuple(
            record for record in records if record.judged.verdict == "unrecognised" and not record.excluded
        ),
    )


def _unit_status(code: str, name: str, period: Period, records: Sequence[ReturnRecord], email: str) -> UnitStatus:
    """Where one unit stands, from its own returns; those that were left out only stand beside it."""
    everything = sorted(records, key=lambda record: record.order)
    taking_part = [record for record in everything if not record.excluded]
    own = [item for item in taking_part if item.judged.form_period == item.period]
    winner = counting_return(taking_part)
    shown = winner or next((item for item in reversed(taking_part) if item.judged.verdict == "rejected"), None)
    newest = taking_part[-1] if taking_part else None
    source = shown.judged.source if shown else None
    late = max(0, (in_vietnam(source.received_at).date() - period.due).days) if source else 0
    state: UnitState = "missing"
    if shown is not None:
        state = "rejected" if winner is None else winner.judged.verdict  # type: ignore[assignment]  # an accepted one
    return UnitStatus(
        code=code,
        name=name,
        email=email,
        state=state,
        received_at=in_vietnam(source.received_at) if source else None,
        received_basis=source.received_basis if source else None,
        on_time=late == 0 if shown else None,
        days_late=late,
        file=source.path if source else "",
        sha256=source.sha256 if source else "",
        errors=_count(shown, "error") if winner is None else 0,
        warnings=_count(shown, "warning"),
        last_attempt=newest.judged.verdict if newest else None,
        counting=winner,
        newest=newest,
        first=own[0] if own else None,
        excluded=tuple(record for record in everything if record.excluded),
        attempts=tuple(
            Attempt(
                name=record.judged.source.name,
                sha256=record.judged.source.sha256,
                received_at=in_vietnam(record.judged.source.received_at),
                received_basis=record.judged.source.received_basis,
                verdict="superseded" if _accepted(record) and record is not winner else record.judged.verdict,
                errors=_count(record, "error"),
                warnings=_count(record, "warning"),
                excluded=record.excluded,
            )
            for record in everything
        ),
    )


def _accepted(record: ReturnRecord) -> bool:
    """It was accepted, is of the period that it was collected for, and was not left out."""
    return record.judged.verdict in ACCEPTED and record.judged.form_period == record.period and not record.excluded


def _count(record: ReturnRecord | None, severity: Severity) -> int:
    """How many findings of that severity; those waived are none."""
    return sum(item.severity == severity and item.waived is None for item in record.judged.findings) if record else 0


def same_time(records: Sequence[ReturnRecord], names: Mapping[str, str]) -> tuple[Finding, ...]:
    """Units with several accepted files of one time of receipt: which one counts, for the office to see."""
    found: dict[tuple[str, dt.datetime], list[ReturnRecord]] = {}
    for record in records:
        if record.judged.unit is not None and _accepted(record):
            found.setdefault((record.judged.unit, record.judged.source.received_at), []).append(record)
    findings = []
    for (unit, _), several in found.items():
        if len(several) > 1:
            *others, last = sorted(several, key=lambda record: record.order)
            words = {
                "unit": names.get(unit, unit),
                "value": ", ".join(f"«{item.judged.source.name}»" for item in others),
                "counts": last.judged.source.name,
            }
            findings.append(make("SAME_TIME_RETURNS", words=words, value=words["value"]))
    return tuple(findings)


_Fate = Literal["counts", "rejected", "superseded", "answered", "combined", "excluded", "unrecognised"]
"""`rejected`: the unit's newest return; `answered`: a rejected one after which the unit sent again.

`combined`: the newest return has cells of it (`collect --combine`)."""

FATES: dict[_Fate, str] = {
    "counts": "Được chấp nhận, đang được sử dụng",
    "rejected": "Bị trả lại, chờ đơn vị gửi lại",
    "superseded": "Đã có bản nhận sau thay thế",
    "answered": "Bị trả lại, đơn vị đã gửi bản khác",
    "combined": "Đã ghép vào bản nhận sau",
    "excluded": "Không đưa vào tổng hợp",
    "unrecognised": "Chưa ghi nhận là báo cáo",
}
"""As shown in lists; an accepted return with warnings says so beside."""


@frozen
class FiledReturn:
    """One return and where it stands among those of its unit."""

    record: ReturnRecord
    unit: UnitStatus | None
    """None for a file that is nobody's form."""
    fate: _Fate

    @property
    def newest(self) -> bool:
        """It is the one that the unit gets an answer to."""
        return self.unit is not None and self.unit.newest is not None and self.unit.newest.id == self.record.id

    @property
    def asks(self) -> bool:
        """The unit should look at it again: rejected, or accepted with warnings that it was not asked about before."""
        return self.newest and self.record.judged.asks_back

    @property
    def points(self) -> tuple[Point, ...]:
        """What to look at, grouped, errors first."""
        return to_answer(self.record.judged.findings)

    def count(self, severity: Severity) -> int:
        """How many findings of that severity it has; those waived are none."""
        return _count(self.record, severity)


def filed_returns(status: PeriodStatus, records: Sequence[ReturnRecord]) -> tuple[FiledReturn, ...]:
    """Every return collected for the period, in the order of units, then of receipt; nobody's files at the end."""
    units = {unit.code: (number, unit) for number, unit in enumerate(status.units)}
    placed = [(*units.get(record.judged.unit or "", (len(units), None)), record) for record in records]
    placed.sort(key=lambda item: (item[0], item[2].order))
    return tuple(FiledReturn(record, unit, _fate(record, unit)) for _, unit, record in placed)


def _fate(record: ReturnRecord, unit: UnitStatus | None) -> _Fate:
    if record.excluded:
        return "excluded"
    if unit is None or record.judged.verdict == "unrecognised":
        return "unrecognised"
    if unit.counting is not None and unit.counting.id == record.id:
        return "counts"
    if unit.newest is not None and unit.newest.id == record.id:
        return "superseded" if record.judged.verdict in ACCEPTED else "rejected"
    values = unit.newest.judged.values if unit.newest else ()
    if any(value.origin is not None and value.origin.sha256 == record.judged.source.sha256 for value in values):
        return "combined"  # cells of it stand in the newest one
    return "superseded" if record.judged.verdict in ACCEPTED else "answered"


_Held = Mapping[CellKey, Edit]
OFFICE = "office"
"""Table of the office's own words in the document: cells of no unit."""
OFFICE_NAME = "Đơn vị tổng hợp"


def with_edits(
    status: PeriodStatus, edits: _Held, earlier: Callable[[str], _Held]
) -> tuple[PeriodStatus, tuple[AppliedEdit, ...]]:
    """The status in which the counting returns hold the office's edits; what became of each, in the order of recording.

    `edits` are those that hold for the period. An edit whose cell the unit has given another value since is not
    applied. `earlier` gives, for the hash of a file, the edits of the period that it was sent for: cells carried over
    from there are edited as they were there.
    """
    if not edits and not any(unit.carried for unit in status.units):
        return status, ()
    told = tuple(_told(status, edits))
    good = [item.edit for item in told if item.state == "applied"]
    units = []
    for unit in status.units:
        carried = tuple(_carried(unit.code, item, earlier(item.source.sha256)) for item in unit.carried)
        own = {edit.new.place[1:]: _edited_value(edit) for edit in good if edit.new.unit == unit.code}
        counting = unit.counting
        if own and counting is not None:  # edited where they stood; a cell that was blank comes last
            values = tuple((cells_of(counting.judged.values) | own).values())
            counting = attrs.evolve(counting, judged=attrs.evolve(counting.judged, values=values))
        units.append(attrs.evolve(unit, carried=carried, counting=counting))
    return attrs.evolve(status, units=tuple(units)), told


def _edited_value(edit: Edit) -> Value:
    """The cell as the office would have it, standing in the bien-tap.xlsx that brought it."""
    new = edit.new
    return Value(new.table, new.key, new.field, new.typed, new.value, new.sheet, new.cell, edit.source)


def _told(status: PeriodStatus, edits: _Held) -> Iterator[AppliedEdit]:
    units = {unit.code: unit for unit in status.units}
    cells = {code: unit.counting.judged.filled for code, unit in units.items() if unit.counting is not None}
    for edit in edits.values():
        new = edit.new
        own = cells.get(new.unit, {}).get(new.place[1:])
        if new.table == OFFICE:
            yield AppliedEdit(edit, OFFICE_NAME, "applied", None)
            continue
        state: EditState = "unreported"
        if new.unit in cells:
            state = "applied" if new.still_about(own) else "outdated"
        yield AppliedEdit(edit, units[new.unit].name if new.unit in units else new.unit, state, own)


def _carried(unit: str, item: CarriedCell, edits: _Held) -> CarriedCell:
    edit = edits.get((unit, *item.value.form_cell))
    if edit is None or not edit.new.still_about(item.value):
        return item
    return CarriedCell(_edited_value(edit), edit.source)
