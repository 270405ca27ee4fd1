"""A province in one month: every agency collects its units' returns and merges them, one agency after another.

python -m tools.simulate_province [agencies] [units] [rows]

Đồng Nai has about 121 agencies; with 100 units each they get 12,100 returns a month. One agency's workspace is made and
its forms are filled in, which is not measured; every other agency is a copy whose units say something else in their
returns. All agencies are played in one process, its readers on two cores, so that what is kept from one to the next
would show: a return may cost no more at the end than at the beginning.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from attrs import frozen

from nq57xl.commands.collect import collect
from nq57xl.commands.merge import merge
from tools.bench_collect import PERIOD, office_at, peak, variant, workspace
from tools.bench_others import calamine

AGENCIES, UNITS, ROWS = 121, 100, 8
_TICK = 0.01
"""Seconds by which systems count processor time."""
RATIO_LIMIT = 1.15
"""A return of the second half of the agencies beside one of the first, both beside calamine's reading."""


@frozen
class AgencyCost:
    """One agency's month."""

    returns: int
    accepted: int
    collecting: float
    """Seconds of processor time, the readers' included."""
    merging: float
    elapsed: float
    """Seconds on the clock, for both."""
    megabytes: float
    """The greatest memory of the process so far."""
    yardstick: float
    """Seconds that calamine took to read the same files, then: what else the machine did weighs on both."""

    @property
    def each(self) -> float:
        """Milliseconds of processor time for a return, from its file to its line in the report."""
        return (self.collecting + self.merging) * 1000 / self.returns

    @property
    def times(self) -> float:
        """The same beside calamine's reading."""
        return (self.collecting + self.merging) / max(self.yardstick, _TICK)


def province(agencies: int, units: int, rows: int) -> Iterator[AgencyCost]:
    """Plays the agencies; each as soon as it is over."""
    with tempfile.TemporaryDirectory(prefix="nq57xl-province-") as name:
        folder = Path(name)
        reports = workspace(folder, units, rows)[PERIOD]
        for number in range(agencies):
            files = [variant(report, number) for report in reports]
            yield _agency(folder / "so", folder / f"agency-{number}", files)
            shutil.rmtree(folder / f"agency-{number}")


def _agency(base: Path, root: Path, files: Sequence[bytes]) -> AgencyCost:
    shutil.copytree(base, root)
    office = office_at(root)
    for number, data in enumerate(files):
        (office.workspace.inbox / f"{number:04d}.xlsx").write_bytes(data)
    start, begun = time.perf_counter(), _processor()
    done = collect(office, [], PERIOD)
    half = _processor()
    merge(office, PERIOD)
    end = _processor()
    accepted = sum(item.verdict == "accepted" for item in done.returns)
    elapsed = time.perf_counter() - start
    yardsticks = []
    for _ in range(3):
        before = _processor()
        calamine(root)
        yardsticks.append(_processor() - before)
    return AgencyCost(len(files), accepted, half - begun, end - half, elapsed, peak(), min(yardsticks))


def _processor() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def summary(costs: Sequence[AgencyCost]) -> tuple[str, float]:
    """The figures, and the cost of a return at the end over that at the beginning."""
    half = (len(costs) + 1) // 2
    # the first pays for what is imported and built once
    first, last = costs[1:half] or costs[:1], costs[half:] or costs[-1:]
    ratio = median(item.times for item in last) / median(item.times for item in first)
    returns = sum(item.returns for item in costs)
    collecting, merging = (sum(getattr(item, name) for item in costs) for name in ("collecting", "merging"))
    lines = (
        f"{len(costs)} agencies, {returns} returns, {sum(item.accepted for item in costs)} accepted",
        f"collect {collecting:.0f} s, merge {merging:.0f} s of processor time:"
        f" {(collecting + merging) * 1000 / returns:.1f} ms a return,"
        f" {(collecting + merging) / max(sum(item.yardstick for item in costs), _TICK):.1f} times calamine's reading;"
        f" on the clock {sum(item.elapsed for item in costs) / 60:.1f} minutes",
        f"a return of the second half costs {ratio:.2f} times one of the first (at most {RATIO_LIMIT:g});"
        f" memory {costs[0].megabytes:.0f} MB after the first agency, {costs[-1].megabytes:.0f} MB after the last",
    )
    return "\n".join(lines), ratio


def main() -> None:
    """Prints a line for each agency and the sum; exits 1 where a return costs more at the end."""
    given = [int(text) for text in sys.argv[1:4]]
    agencies, units, rows = (*given, *(AGENCIES, UNITS, ROWS)[len(given) :])
    costs = []
    for number, cost in enumerate(province(agencies, units, rows), start=1):
        costs.append(cost)
        print(
            f"{number:>4} {cost.returns:>5} returns  collect {cost.collecting:6.1f} s  merge {cost.merging:5.1f} s"
            f"  {cost.each:6.1f} ms a return, {cost.times:5.1f} times calamine  {cost.elapsed:6.1f} s on the clock"
            f"  {cost.megabytes:5.0f} MB",
            flush=True,
        )
    told, ratio = summary(costs)
    print(told)
    sys.exit(ratio > RATIO_LIMIT)


if __name__ == "__main__":
    main()
