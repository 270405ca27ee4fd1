"""What collecting costs: a return, a ghost sheet, and a batch with bad files beside the same batch without.

python tools/bench_collect.py [returns]
python tools/bench_collect.py growth [returns]: one run over small forms, what each batch of it costs

A made-up plan of a hundred units; every unit hands in ten reports that differ in what they say. In the other batch
every twentieth file is bad: encrypted, cut short, no form at all, of another month, full of wrong values, hostile.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import shutil
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from multiprocessing import active_children, get_context
from pathlib import Path

import attrs
import openpyxl
from attrs import frozen

from nq57xl.commands.collect import Collected, collect
from nq57xl.commands.demo import Department
from nq57xl.commands.generate import generate
from nq57xl.commands.init import init
from nq57xl.commands.judge import _BATCH
from nq57xl.commands.office import Office
from nq57xl.ledger.store import Ledger
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.model import Plan, Unit
from nq57xl.returns.model import JudgedReturn, ReturnRecord
from nq57xl.text.clock import VIETNAM, Clock
from nq57xl.xlsx.cells import RawWorkbook
from nq57xl.xlsx.read import read_bytes
from tools.bench_report import large_plan

RETURNS = 1000
UNITS, ROWS = 100, 8
"""A unit leads so many rows and supports as many."""
SAMPLE = 200
BAD_EVERY = 20
RATIO_LIMIT = 1.3
GHOST_ROWS = 1_048_576
PERIOD, OTHER_PERIOD = "2026-04", "2026-05"
DUE = dt.date(2026, 4, 17)
_NOW = dt.datetime(2026, 4, 16, 9, tzinfo=VIETNAM)
_SHEET = "xl/worksheets/sheet2.xml"
_MARK = "0x0x"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@frozen
class Batch:
    """One run of `collect`."""

    seconds: float
    """On the clock."""
    processor: float
    """Seconds of processor time, the readers' included."""
    verdicts: dict[str, int]

    def __str__(self) -> str:
        told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(self.verdicts.items()))
        return f"{self.seconds:.1f} s, {self.processor:.1f} s of processor time ({told})"


@frozen
class Ghost:
    """A form with formats on every row of a sheet, read in a process of its own."""

    unpacked: int
    """Bytes of the sheet's XML."""
    seconds: float
    megabytes: float
    """Greatest memory of that process."""
    values: int


# --- the workspace --------------------------------------------------------------------------------------------------


def plan_of(units: int, rows: int) -> Plan:
    """A plan of so many units, with the names of its units in its columns."""
    plan = large_plan(units, rows)
    names = {unit.code: unit.name for unit in plan.units}
    tasks = [
        attrs.evolve(task, lead=names[task.lead_units[0]], support=names[task.support_units[0]]) for task in plan.tasks
    ]
    indicators = [attrs.evolve(item, lead=names[item.lead_units[0]]) for item in plan.indicators]
    first: Unit = plan.units[0]
    properties = attrs.evolve(plan.properties, gatherer=first.code)
    return attrs.evolve(plan, properties=properties, groups=(), tasks=tuple(tasks), indicators=tuple(indicators))


def workspace(folder: Path, units: int = UNITS, rows: int = ROWS) -> dict[str, list[bytes]]:
    """A workspace with two periods issued; by period, each unit's report as it typed it."""
    appendix = folder / "ke-hoach.xlsx"
    appendix.write_bytes(write_appendix(plan_of(units, rows)))
    init(folder / "so", f"{appendix}")
    office = office_at(folder / "so")
    reports: dict[str, list[bytes]] = {}
    for period, wanted in ((PERIOD, []), (OTHER_PERIOD, [f"DV{number:03d}" for number in range(min(units, 5))])):
        for number, item in enumerate(generate(office, period, wanted).forms):
            target = folder / "filled.xlsx"
            Department(number, DUE).fill(item.path, target)
            reports.setdefault(period, []).append(marked(target.read_bytes()))
    return reports


def office_at(root: Path) -> Office:
    """The office on the day that the reports come in."""
    return Office.at(root, Clock(_NOW))


# --- the files that come in -----------------------------------------------------------------------------------------


def rewritten(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """The workbook with each part as the function gives it back."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, False, 1) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return buffer.getvalue()


def marked(data: bytes) -> bytes:
    """The report with a word in one cell that `variant` finds again."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book["1. Kết quả"]
    row = next(row for row in range(1, sheet.max_row + 1) if str(sheet.cell(row, 1).value).startswith("led|"))
    keys = [cell.value for cell in sheet[1]]
    sheet.cell(row, keys.index("next_work") + 1).value = f"Việc kỳ tới: đợt {_MARK}"
    return _saved(book)


def variant(data: bytes, number: int) -> bytes:
    """The report of the same unit with another word in what it says."""
    old, new = _MARK.encode(), f"{number:04d}".encode()
    return rewritten(data, lambda name, part: part.replace(old, new) if name.startswith("xl/") else part)


def clean(reports: Sequence[bytes], count: int) -> list[bytes]:
    """So many different reports, all of them right."""
    return [variant(reports[number % len(reports)], number // len(reports)) for number in range(count)]


def with_bad(files: Sequence[bytes], other_period: Sequence[bytes]) -> list[bytes]:
    """The same with every twentieth file bad, the kinds in turn."""
    makers = bad_kinds(other_period)
    spoilt = list(files)
    for number, place in enumerate(range(BAD_EVERY - 1, len(files), BAD_EVERY)):
        # a bad file differs from the others of its kind, else it would be a duplicate
        spoilt[place] = makers[number % len(makers)](files[place], number)
    return spoilt


def bad_kinds(other_period: Sequence[bytes]) -> list[Callable[[bytes, int], bytes]]:
    """What makes a bad file of a good one and a number."""

    def mark(number: int) -> bytes:
        return f" {number:06d}".encode()

    return [
        lambda data, number: _OLE + bytes(504) + "EncryptedPackage".encode("utf-16-le") + mark(number) + data,
        lambda data, _: data[: len(data) // 2],
        lambda data, _: wrong_values(data),
        lambda _, number: variant(other_period[number % len(other_period)], number),
        lambda _, number: no_form(number),
        lambda _, number: b"\x89PNG\r\n\x1a\n" + bytes(2000) + mark(number),
        lambda data, number: b"%PDF-1.7\n" + data + mark(number),
        lambda _, number: b"<html><body><table><tr><td>" + mark(number) + b"</td></tr></table></body></html>",
        far_cell,
        lambda data, _: rewritten(data, lambda name, part: b"<!DOCTYPE x>" + part if name == _SHEET else part),
    ]


def wrong_values(data: bytes) -> bytes:
    """Words in every cell for a percentage, and no progress at all."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book["1. Kết quả"]
    keys = [cell.value for cell in sheet[1]]
    for row in range(1, sheet.max_row + 1):
        if str(sheet.cell(row, 1).value).startswith("led|"):
            sheet.cell(row, keys.index("percent") + 1).value = "nhiều"
            sheet.cell(row, keys.index("progress") + 1).value = None
    return _saved(book)


def no_form(number: int) -> bytes:
    """Somebody's own workbook."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in range(1, 200):
        sheet.append([row, f"Nội dung {number}", row * 2])
    return _saved(book)


def far_cell(data: bytes, number: int) -> bytes:
    """A stray sign in the last cell of a sheet."""
    stray = f'<row r="1048576"><c r="XFD1048576" t="n"><v>{number}</v></c></row></sheetData>'.encode()
    return rewritten(data, lambda name, part: part.replace(b"</sheetData>", stray) if name == _SHEET else part)


def _saved(book: openpyxl.Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


# --- measuring ------------------------------------------------------------------------------------------------------


def run(base: Path, folder: Path, files: Sequence[bytes]) -> tuple[Batch, Collected]:
    """Collects the files in a fresh copy of the workspace."""
    shutil.copytree(base, folder)
    office = office_at(folder)
    for number, data in enumerate(files):
        (office.workspace.inbox / f"{number:05d}.xlsx").write_bytes(data)
    start, before = time.perf_counter(), _processor()
    done = collect(office, [], PERIOD)
    verdicts = dict(Counter[str](item.verdict for item in done.returns))
    return Batch(time.perf_counter() - start, _processor() - before, verdicts), done


def _processor() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


GROWTH_RETURNS, GROWTH_UNITS, GROWTH_ROWS = 2000, 100, 1
GROWTH_LIMIT = 1.2


def growth(folder: Path, count: int = GROWTH_RETURNS) -> list[float]:
    """Times calamine a return, for each batch of one run but the last: what a return costs as the ledger grows.

    The returns of a unit follow one another, so that no batch has more of a unit's earlier ones than another.
    """
    reports = workspace(folder, GROWTH_UNITS, GROWTH_ROWS)[PERIOD]
    files = [variant(report, number) for report in reports for number in range(count // len(reports))]
    costs: list[float] = []
    begun = _with_readers()
    record = Ledger.record_returns

    def recorded(
        ledger: Ledger, period: str, judged: Sequence[JudgedReturn], at: dt.datetime
    ) -> tuple[ReturnRecord, ...]:
        nonlocal begun
        done = record(ledger, period, judged, at)
        spent = _with_readers() - begun
        costs.append(spent / _BATCH / _calamine(files[:: max(1, len(files) // 50)]))
        begun = _with_readers()
        return done

    Ledger.record_returns = recorded  # type: ignore[method-assign, assignment]
    try:
        run(folder / "so", folder / "grown", files)
    finally:
        Ledger.record_returns = record  # type: ignore[method-assign]
    return costs[:-1]  # with the last batch the readers go, and their time with them


def _calamine(files: Sequence[bytes]) -> float:
    """Seconds of processor time that merely reading one of those files takes."""
    from python_calamine import CalamineWorkbook

    before = time.process_time()
    for data in files:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for name in book.sheet_names:
            book.get_sheet_by_name(name).to_python()
    return (time.process_time() - before) / len(files)


def _with_readers() -> float:
    """Processor time so far, of the processes that read too, which are still at work."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = time.process_time()
    for process in active_children():
        fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / ticks
    return total


def _print_growth(count: int) -> None:
    """Exits 1 when the last batches of the run cost more than the first ones may."""
    with tempfile.TemporaryDirectory(prefix="nq57xl-bench-") as name:
        costs = growth(Path(name), count)[1:]  # the first has loaded the libraries
    for number, cost in enumerate(costs, start=2):
        print(f"batch {number}: {cost:.1f} times calamine a return")
    few = max(1, len(costs) // 4)
    ratio = sum(costs[-few:]) / sum(costs[:few])
    print(f"last {few} batches beside the first {few}: {ratio:.2f} (at most {GROWTH_LIMIT:g}); {peak():.0f} MB")
    sys.exit(ratio > GROWTH_LIMIT)


def ghost_form(data: bytes, rows: int) -> bytes:
    """The form with a height and eight formatted blank cells on each further row of a sheet."""

    def change(name: str, content: bytes) -> bytes:
        if name != _SHEET:
            return content
        cells = "".join(f'<c r="{letter}{{0}}" s="1"/>' for letter in "BCDEFGHI")
        line = f'<row r="{{0}}" s="1" customFormat="1" ht="15">{cells}</row>'
        first = content.count(b"<row ") + 10
        ghosts = "".join(line.format(row) for row in range(first, rows + 1)).encode()
        return content.replace(b"</sheetData>", ghosts + b"</sheetData>")

    return rewritten(data, change)


READING_LIMIT = 25
"""Milliseconds of processor time."""


def _read_ghost(path: Path) -> tuple[float, float, int]:
    start = time.perf_counter()
    raw: RawWorkbook = read_bytes(path.read_bytes())
    return time.perf_counter() - start, peak(), sum(len(sheet.cells) for sheet in raw.sheets)


def peak() -> float:
    """Greatest memory of this process in MB. Linux's own counter goes on from the process that started this one."""
    status = Path("/proc/self/status")
    if status.is_file():
        return int(status.read_text(encoding="ascii").partition("VmHWM:")[2].split()[0]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


def ghost(folder: Path, data: bytes, rows: int = GHOST_ROWS) -> Ghost:
    """Reads the ghost form in a process of its own."""
    path = folder / "ghost.xlsx"
    path.write_bytes(ghost_form(data, rows))
    with zipfile.ZipFile(path) as archive:
        unpacked = archive.getinfo(_SHEET).file_size
    with get_context("spawn").Pool(1) as pool:
        seconds, megabytes, values = pool.apply(_read_ghost, (path,))
    return Ghost(unpacked, seconds, megabytes, values)


def reading(folder: Path, forms: Sequence[bytes], times: int = 15) -> tuple[int, float]:
    """Bytes of the largest of the forms, and the least processor time (ms) of some whole safe readings of it."""
    path = folder / "largest.xlsx"
    path.write_bytes(max(forms, key=len))
    least = float("inf")
    for _ in range(times):
        start = time.process_time()
        read_bytes(path.read_bytes())
        least = min(least, (time.process_time() - start) * 1000)
    return path.stat().st_size, least


def main() -> None:
    """Prints the figures; exits 1 when bad files cost more than they may."""
    if sys.argv[1:2] == ["growth"]:
        _print_growth(int(sys.argv[2]) if len(sys.argv) > 2 else GROWTH_RETURNS)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else RETURNS
    with tempfile.TemporaryDirectory(prefix="nq57xl-bench-") as name:
        folder = Path(name)
        reports = workspace(folder)
        size, milliseconds = reading(folder, reports[PERIOD])
        print(f"whole safe reading of the largest form, {size} bytes: {milliseconds:.1f} ms (at most {READING_LIMIT})")
        good = clean(reports[PERIOD], count)
        sample = run(folder / "so", folder / "sample", good[:SAMPLE])[0]
        each, size = sample.processor / len(good[:SAMPLE]), sum(map(len, good[:SAMPLE])) // len(good[:SAMPLE])
        print(
            f"{len(good[:SAMPLE])} clean returns of {size} bytes: {each * 1000:.0f} ms of processor time each; {sample}"
        )
        whole = run(folder / "so", folder / "clean", good)[0]
        print(f"{count} clean returns: {whole}")
        mixed = run(folder / "so", folder / "bad", with_bad(good, reports[OTHER_PERIOD]))[0]
        print(f"{count} returns, {count // BAD_EVERY} of them bad: {mixed}")
        ratio = mixed.processor / whole.processor
        print(f"ratio {ratio:.2f} (at most {RATIO_LIMIT:g}); on the clock {mixed.seconds / whole.seconds:.2f}")
        seen = ghost(folder, good[0])
        print(
            f"ghost sheet of {GHOST_ROWS} rows, {seen.unpacked >> 20} MB of XML: {seen.seconds:.1f} s,"
            f" {seen.megabytes:.0f} MB at most, {seen.values} cells read"
        )
    sys.exit(ratio > RATIO_LIMIT)


if __name__ == "__main__":
    main()
