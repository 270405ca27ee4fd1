"""How long the consolidated report takes, and how much memory: 5,000 rows from 500 units, in a process of its own.

python tools/bench_report.py [units] [rows a unit]

Every row is filled in: progress, percentage, a result of some 200 letters, difficulties and proposals on some; every
row has a supporting unit with a contribution; units are missing, late, and ahead of three earlier periods.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
import sys
import time
from collections.abc import Iterator, Mapping
from multiprocessing import get_context
from typing import Any

import attrs
from attrs import frozen

from nq57xl.forms.model import Source, Value
from nq57xl.ledger.model import PeriodStatus, UnitStatus
from nq57xl.outputs.report.workbook import report_books
from nq57xl.plan.appendix_read import bundled_appendix, read_appendix
from nq57xl.plan.model import Indicator, Period, Plan, Task, Unit
from nq57xl.plan.periods import parse_period
from nq57xl.results.consolidation import consolidate
from nq57xl.results.model import Consolidation
from nq57xl.returns.model import JudgedReturn, ReturnRecord
from nq57xl.rules.load import load_schema
from nq57xl.rules.schema import CellValue

UNITS, ROWS = 500, 10
EARLIER = 3
"""Periods before: their figures stand beside this one's."""
SECONDS_LIMIT, MEGABYTES_LIMIT = 20.0, 600.0
_ZONE = dt.timezone(dt.timedelta(hours=7))
_PROGRESS: Mapping[str, str] = {
    "in_progress": "Đang thực hiện",
    "done": "Hoàn thành",
    "not_started": "Chưa thực hiện",
    "ongoing": "Thường xuyên",
}
_TEXT = (
    "đã trình dự thảo lần hai cho lãnh đạo cơ quan xem xét; tổng hợp ý kiến góp ý của các phòng chuyên môn, đơn vị "
    "trực thuộc, hoàn thiện hồ sơ theo ý kiến của Sở Khoa học và Công nghệ; dự kiến ban hành trong kỳ tới"
)


@frozen
class Measured:
    """One run."""

    rows: int
    units: int
    consolidating: float
    """Seconds of processor time."""
    rendering: float
    """Seconds of processor time."""
    elapsed: float
    """Seconds on the clock, both together: more where other programs run."""
    megabytes: float
    """Greatest memory of the process, fills included."""
    size: int
    """Bytes of the workbook."""


def large_plan(units: int, rows: int) -> Plan:
    """The tasks and indicators of sxd-2026 again and again, led by so many units in turn."""
    plan = read_appendix(bundled_appendix("sxd-2026")).plan
    open_tasks = [task for task in plan.tasks if not task.done_before]
    codes = [f"DV{number:03d}" for number in range(units)]
    tasks = [_task(open_tasks, number, codes) for number in range(units * rows)]
    order = {section.number: index for index, section in enumerate(plan.sections)}
    return attrs.evolve(
        plan,
        units=tuple(Unit(code, f"Trung tâm Quản lý điều hành {code[2:]}") for code in codes),
        tasks=tuple(sorted(tasks, key=lambda task: order[task.section])),
        indicators=tuple(_indicators(plan.indicators, codes)),
    )


def _task(samples: list[Task], number: int, codes: list[str]) -> Task:
    task = samples[number % len(samples)]
    due = dt.date(2026, 1 + number % 12, 28) if number % 2 else None
    return attrs.evolve(
        task,
        code=f"{task.section}.{number}",
        number=str(number),
        subnumber=None,
        lead_units=(codes[number % len(codes)],),
        support_units=(codes[(number * 7 + 1) % len(codes)],),
        standard_deadline=due,
    )


def _indicators(samples: tuple[Indicator, ...], codes: list[str]) -> Iterator[Indicator]:
    for number, item in enumerate(samples):
        yield attrs.evolve(item, lead_units=(codes[number % len(codes)],))


def random_status(plan: Plan, period: Period, seed: int) -> PeriodStatus:
    """The period with a return of nearly every unit."""
    rng = random.Random(seed)
    led: dict[str, list[Task]] = {unit.code: [] for unit in plan.units}
    supported: dict[str, list[Task]] = {unit.code: [] for unit in plan.units}
    followed: dict[str, list[Indicator]] = {unit.code: [] for unit in plan.units}
    for task in plan.tasks:
        led[task.lead_units[0]].append(task)
        supported[task.support_units[0]].append(task)
    for item in plan.indicators:
        followed[item.lead_units[0]].append(item)
    units = []
    for number, unit in enumerate(plan.units):
        values = [value for task in led[unit.code] for value in _led(task, period, rng)]
        values += [
            Value("supporting", task.code, "contribution", _words(rng), _words(rng), "4", f"F{i + 9}")
            for i, task in enumerate(supported[unit.code])
        ]
        values += [
            Value("indicator", item.code, "value", "45%", rng.randint(1, 100) / 100, "5", f"G{i + 7}")
            for i, item in enumerate(followed[unit.code])
        ]
        values.append(Value("signoff", "signoff", "prepared_by", f"Nguyễn Văn {unit.code}", None, "8", "C6"))
        record = None if number % 50 == 49 else _returned(period, unit.code, values, number + 1)
        units.append(_status(unit, record, period))
    return PeriodStatus(plan.properties.id, period.code, period.due, False, tuple(units), ())


def _words(rng: random.Random) -> str:
    words = _TEXT.split()
    start = rng.randrange(len(words) // 2)
    return " ".join(words[start : start + rng.randint(8, 30)]) + f" ({rng.randint(1, 99_999)})"


def _led(task: Task, period: Period, rng: random.Random) -> Iterator[Value]:
    progress = rng.choice(list(_PROGRESS))
    row = rng.randint(6, 40)

    def typed(field: str, text: str, value: CellValue = None) -> Value:
        return Value("led", task.code, field, text, text if value is None else value, "1. Kết quả", f"F{row}")

    yield typed("progress", _PROGRESS[progress], progress)
    if progress == "in_progress":
        share = rng.randint(5, 95)
        yield typed("percent", f"{share}%", share / 100)
    if progress == "done":
        day = period.cutoff - dt.timedelta(days=rng.randint(0, 40))
        yield typed("completion_date", f"{day:%d/%m/%Y}", day)
        yield typed("evidence_number", f"{rng.randint(1, 400)}/QĐ-SXD")
        yield typed("evidence_date", f"{day:%d/%m/%Y}", day)
    if progress != "not_started":
        yield typed("result", _words(rng) + "; " + _words(rng))
    for field in ("difficulties", "cause", "proposal", "next_work"):
        if rng.random() < 0.4:
            yield typed(field, _words(rng))


def _returned(period: Period, code: str, values: list[Value], number: int) -> ReturnRecord:
    moment = dt.datetime.combine(period.due + dt.timedelta(days=number % 7 // 6), dt.time(9, 30), _ZONE)
    name = f"NQ57_{period.code}_{code}.xlsx"
    sha = hashlib.sha256(f"{period.code}{code}".encode()).hexdigest()
    source = Source(f"inbox/{name}", name, sha, 20_000, moment, "mail")
    return ReturnRecord(
        number, period.code, JudgedReturn(source, "accepted", code, period.code, "x" * 32, tuple(values)), moment
    )


def _status(unit: Unit, record: ReturnRecord | None, period: Period) -> UnitStatus:
    if record is None:
        return UnitStatus(unit.code, unit.name, "", "missing", None, None, None, 0, "", "", 0, 0, None, None, None)
    source = record.judged.source
    late = max((source.received_at.date() - period.due).days, 0)
    told: dict[str, Any] = {"received_at": source.received_at, "received_basis": "mail", "on_time": not late}
    told |= {"days_late": late, "file": source.path, "sha256": source.sha256, "errors": 0, "warnings": 0}
    return UnitStatus(
        unit.code, unit.name, "", "accepted", last_attempt="accepted", counting=record, newest=record, **told
    )


def measure(units: int, rows: int) -> Measured:
    """Consolidates and renders once, in this process."""
    schema = load_schema()
    plan = large_plan(units, rows)
    periods = [parse_period(f"2026-{month:02d}", plan.properties) for month in range(4 - EARLIER, 5)]
    statuses = [random_status(plan, period, seed) for seed, period in enumerate(periods)]
    start, begun = time.process_time(), time.perf_counter()
    *before, here = [
        consolidate(plan, period, schema, status) for period, status in zip(periods, statuses, strict=True)
    ]
    c: Consolidation = attrs.evolve(here, earlier_periods=tuple(before))
    half = time.process_time()
    data = report_books(c).report_bytes()
    end, ended = time.process_time(), time.perf_counter()
    return Measured(len(plan.tasks), units, half - start, end - half, ended - begun, _peak_megabytes(), len(data))


def _peak_megabytes() -> float:
    """Greatest resident memory of this process so far; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def main() -> None:
    """Prints the figures of one run; exits 1 where a limit is passed."""
    units, rows = (*map(int, sys.argv[1:3]), UNITS, ROWS)[:2] if len(sys.argv) > 2 else (UNITS, ROWS)
    with get_context("spawn").Pool(1) as pool:  # memory of the process that renders, not of this one
        run = pool.apply(measure, (units, rows))
    total = run.consolidating + run.rendering
    print(f"{run.rows} rows from {run.units} units, {EARLIER} earlier periods")
    print(f"consolidate {run.consolidating:.1f} s, render {run.rendering:.1f} s: {total:.1f} s of {SECONDS_LIMIT:.0f}")
    print(f"on the clock {run.elapsed:.1f} s")
    print(f"memory {run.megabytes:.0f} MB of {MEGABYTES_LIMIT:.0f}; workbook {run.size / 1e6:.1f} MB")
    if units * rows <= UNITS * ROWS and (total > SECONDS_LIMIT or run.megabytes > MEGABYTES_LIMIT):
        sys.exit("over the limit")


if __name__ == "__main__":
    main()
