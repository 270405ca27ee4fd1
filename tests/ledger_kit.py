"""What the ledger's tests share: a workspace, made-up returns, and a run that can be killed at each of its steps."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, select

from nq57xl.forms.model import Form, FormRow, FormTable, Source, Value
from nq57xl.ledger.outputs import remove_guarded, write_guarded
from nq57xl.ledger.storage import storage_of, writing
from nq57xl.ledger.store import Ledger
from nq57xl.ledger.tables import METADATA
from nq57xl.ledger.workspace import Workspace
from nq57xl.plan.model import Plan
from nq57xl.returns.model import JudgedReturn
from nq57xl.rules.codec import content_hash
from nq57xl.rules.findings import Finding, Verdict
from nq57xl.rules.load import load_schema
from nq57xl.rules.schema import CellValue
from nq57xl.text.clock import VIETNAM, Clock
from tests.samples import sample_period, sample_plan

PERIOD = "2026-04"
NOON = dt.datetime(2026, 4, 16, 12, 0, tzinfo=VIETNAM)
CLOCK = Clock(NOON)


def digest(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def form(unit: str = "VP", version: int = 1, *, period: str = PERIOD, plan: Plan | None = None) -> Form:
    """A small form with every kind of fact in it."""
    import attrs

    plan = plan or sample_plan()
    issue = digest(f"{unit} {version} {period}")[:32]
    facts: dict[str, str | int | float | bool | None] = {
        "year": 2026,
        "overdue": False,
        "due": None,
        "target_value": 0.1,
        "period_start": "2026-03-15",
    }
    row = FormRow("I.1", {"work": "Rà soát thủ tục"}, facts, "I")
    return Form(
        issue_id=issue,
        short_id=issue[:10],
        version=version,
        plan_id="mau-2026",
        plan_version=content_hash(plan),
        plan_title="Kế hoạch",
        agency="Sở Xây dựng",
        parent="UBND tỉnh Đồng Nai",
        place="Đồng Nai",
        unit=unit,
        unit_name=f"Đơn vị {unit}",
        gatherer="Văn phòng Sở",
        recipient="UBND tỉnh",
        period=attrs.evolve(sample_period(), code=period),
        issued_on=dt.date(2026, 4, 1),
        year=2026,
        schema=load_schema(),
        tables=(FormTable("led", (row,), {"II": "Hạ tầng", "I": "Thể chế"}),),
    )


def issue(ledger: Ledger, *forms: Form) -> None:
    """Records forms as issued, with made-up files."""
    ledger.issue(forms, {item.issue_id: (f"{item.unit}.xlsx", digest(item.issue_id)) for item in forms})


def value(number: int, content: CellValue, typed: str = "") -> Value:
    """A typed cell of row I.number."""
    return Value("led", f"I.{number}", "result", typed, content, "Kết quả", f"B{number}")


def judged(
    name: str,
    verdict: Verdict = "accepted",
    unit: str | None = "VP",
    *,
    received: dt.datetime = NOON,
    form_period: str | None = PERIOD,
    values: tuple[Value, ...] = (),
    findings: tuple[Finding, ...] = (),
) -> JudgedReturn:
    """A return with a verdict; `name` is its content too."""
    path = f"inbox/{name}.xlsx"
    source = Source(path, f"{name}.xlsx", digest(name), len(name), received, "option")
    return JudgedReturn(source, verdict, unit, form_period, "i" * 32, values, findings)


def dump(workspace: Workspace) -> list[str]:
    """The whole database as SQL text; on a server as much of it as concerns rows."""
    if workspace.server:
        return _server_dump(workspace)
    connection = sqlite3.connect(workspace.database)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def _server_dump(workspace: Workspace) -> list[str]:
    engine = storage_of(workspace).engine(read_only=True)
    with engine.connect() as connection:
        lines = [
            f'INSERT INTO "{table.name}" VALUES({",".join(map(repr, row))})'
            for table in METADATA.sorted_tables
            for row in connection.execute(select(table).order_by(*table.primary_key.columns))
        ]
    engine.dispose()
    return lines


def outputs(workspace: Workspace) -> dict[str, str]:
    """Every file of out/, inbox/ and archive/ with its content's hash: temporary ones too."""
    return {
        path.relative_to(workspace.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in (workspace.out, workspace.inbox, workspace.archive)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def prepare(root: Path) -> Workspace:
    """A workspace with three files in its inbox, and one output that somebody edited."""
    workspace = Workspace(root)
    workspace.inbox.mkdir(parents=True)
    for number in range(3):
        (workspace.inbox / f"r{number}.xlsx").write_bytes(f"r{number}".encode())
    edited = workspace.back_dir(PERIOD) / "đã sửa.xlsx"
    edited.parent.mkdir(parents=True)
    edited.write_bytes(b"someone's own work")
    return workspace


def run_once(workspace: Workspace) -> None:
    """One writing command as `collect` does it: archive, record, write, remove."""
    with writing(workspace, "collect", CLOCK), Ledger.open(workspace, CLOCK) as ledger:
        ledger.backup("collect")
        items = [
            judged(
                f"r{number}",
                values=tuple(
                    Value("led", f"I.{row}", "percent", "10%", 0.1, "Kết quả", f"D{row}") for row in range(200)
                ),
                findings=(Finding("LOCKED_RESTORED", "repaired", "đã khôi phục"),),
            )
            for number in range(3)
        ]
        for item in items:
            workspace.archive_file(workspace.root / item.source.path, item.source.sha256)
        ledger.first_seen([item.source for item in items], NOON)
        ledger.record_returns(PERIOD, items, NOON)
        back = workspace.back_dir(PERIOD)
        write_guarded(ledger, back / "đã sửa.xlsx", b"new content" * 1000)
        write_guarded(ledger, back / "a b.xlsx", b"first")
        write_guarded(ledger, back / "a b.xlsx", b"second")
        write_guarded(ledger, back / "gone.xlsx", b"gone")
        remove_guarded(ledger, back / "gone.xlsx")


def count_steps(die_at: int) -> Callable[[], int]:
    """From now on every SQL statement, fsync and replacement is a step; the process kills itself at step `die_at`."""
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(original: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any system call
            step()
            result = original(*args, **kwargs)
            step()
            return result

        return wrapped

    os.fsync = before(os.fsync)
    os.replace = before(os.replace)
    for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(Engine, name, lambda *_: step())
    return lambda: steps


def run_killed(workspace: Workspace, die_at: int) -> bool:
    """Forks a run that is killed before step `die_at`; True when it was, False when it ended before that step."""
    child = os.fork()
    if child == 0:
        count_steps(die_at)
        run_once(workspace)
        os._exit(0)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


def run_interrupted(workspace: Workspace, seconds: float) -> bool:
    """Forks a run and kills it from outside after that time; True when it was still running."""
    import time

    child = os.fork()
    if child == 0:
        run_once(workspace)
        os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


def main() -> None:
    """`FOLDER STRIDE MOMENTS`: kills a run at every STRIDE-th step and at random moments, runs again, and compares.

    Prints how many runs were killed at a step and at a moment.
    """
    import random
    import time

    folder, stride, moments = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    clean = prepare(folder / "clean")
    started = time.monotonic()
    run_once(clean)
    length = time.monotonic() - started
    wanted = dump(clean), outputs(clean)
    chance = random.Random(57)
    killed = interrupted = 0
    for number in range(1, 1000, stride):
        workspace = prepare(folder / f"step {number}")
        if not run_killed(workspace, number):
            break
        killed += 1
        run_once(workspace)
        if (dump(workspace), outputs(workspace)) != wanted:
            sys.exit(f"killed at step {number}: {outputs(workspace)}")
    for number in range(moments):
        workspace = prepare(folder / f"time {number}")
        interrupted += run_interrupted(workspace, chance.uniform(0, length * 1.2))
        run_once(workspace)
        if (dump(workspace), outputs(workspace)) != wanted:
            sys.exit(f"interrupted {number}: {outputs(workspace)}")
    print(killed, interrupted)


if __name__ == "__main__":
    main()
