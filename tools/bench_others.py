"""What collecting costs beside other programs that read the same files: processor time of one run, as ratios.

python -m tools.bench_others [returns]

The yardstick is calamine, which merely reads every cell. datamaps gathers the cells of a map into a master workbook;
a loop of pandas and openpyxl, as offices write it, stacks the rows of every sheet and saves them. Neither of the two
checks anything, knows who sent what, answers anybody, or is the same after a kill. Merging is measured beside
XlsxWriter, which is handed the finished workbooks' cells. Each runs in a process of its own; what it starts counts.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from attrs import frozen

from tools import bench_collect, bench_forms

RETURNS = 200
ROUNDS = 3
UNITS = 121
"""As many as a province has agencies; each sends a return that gets a marked form, too."""
CLEAN, MARKED, STATUS = 10.5, 34.0, 316.0
"""Times calamine reading one return: 20 ms, 65 ms and 0.6 s where it takes 1.9 ms, as it did when they were set."""


@frozen
class Cost:
    """What one program took, beside calamine just before and after it: the machine is now fast, now slow."""

    name: str
    seconds: float
    """Of processor time for one return, or for one command."""
    calamine: float
    """The same for reading one return."""
    limit: float | None = None
    """Times calamine."""

    @property
    def times(self) -> float:
        """How many times calamine."""
        return self.seconds / self.calamine

    def __str__(self) -> str:
        allowed = f" (at most {self.limit:g})" if self.limit else ""
        read = f"calamine {self.calamine * 1000:.2f}"
        return f"{self.name:<42} {self.seconds * 1000:>7.1f} ms, {read}: {self.times:>6.1f} times{allowed}"


def beside(
    name: str,
    yard: Path,
    task: Callable[[Path], object],
    folders: Sequence[Path],
    returns: int,
    *,
    warm: Path | None = None,
    limit: float | None = None,
) -> Cost:
    """The mean of the task over the folders; `yard`: the folder that calamine reads, `returns`: in each folder."""
    spans = [(spent(calamine, yard), spent(task, folder, warm), spent(calamine, yard)) for folder in folders]
    read = sum(before + after for before, _, after in spans) / len(_files(yard)) / 2
    return Cost(name, sum(own for _, own, _ in spans) / returns / len(spans), read / len(spans), limit)


def spent(task: Callable[[Path], object], folder: Path, warm: Path | None = None) -> float:
    """Seconds of processor time of the task in a process of its own, its children included.

    `warm`: a folder that it works through before: then neither imports count nor what is made once for all forms.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_spent, task, folder, warm).result()


def _spent(task: Callable[[Path], object], folder: Path, warm: Path | None) -> float:
    # pandera loads hypothesis where it is installed, which it is with us and with no office
    sys.modules.setdefault("hypothesis", None)  # type: ignore[arg-type]
    if warm is not None:
        task(warm)
    before = _processor()
    task(folder)
    return _processor() - before


def _processor() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _files(folder: Path) -> list[Path]:
    return sorted((folder / "inbox").glob("*.xlsx"))


def calamine(folder: Path) -> None:
    """Reads every cell, and that is all."""
    from python_calamine import CalamineWorkbook

    for path in _files(folder):
        book = CalamineWorkbook.from_path(str(path))
        for name in book.sheet_names:
            book.get_sheet_by_name(name).to_python()


def pandas_loop(folder: Path) -> None:
    """Every sheet of every file as a frame, stacked by sheet, saved as one workbook."""
    import pandas as pd

    stacked: dict[str, list[pd.DataFrame]] = {}
    for path in _files(folder):
        for name, frame in pd.read_excel(path, sheet_name=None, engine="openpyxl", header=None).items():
            stacked.setdefault(str(name), []).append(frame.assign(file=path.name))
    with pd.ExcelWriter(folder / "pandas.xlsx", engine="openpyxl") as writer:
        for name, frames in stacked.items():
            pd.concat(frames).to_excel(writer, sheet_name=name[:31], index=False)


def datamaps(folder: Path) -> None:
    """The entry cells of a form's layout, as the map names them, into datamaps' master workbook."""
    for stream in (1, 2):  # it tells of every file, in processes of its own, what it does with it
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    os.environ["HOME"] = str(folder)  # it keeps its settings there
    (folder / "Documents" / "datamaps" / "output").mkdir(parents=True)
    from engine.config import Config
    from engine.repository.datamap import InMemorySingleDatamapRepository
    from engine.repository.master import MasterOutputRepository
    from engine.repository.templates import InMemoryPopulatedTemplatesRepository
    from engine.use_cases.parsing import CreateMasterUseCase

    Config.initialise()
    repositories = (
        InMemorySingleDatamapRepository(folder / "datamap.csv"),
        InMemoryPopulatedTemplatesRepository(str(folder / "inbox")),
    )
    CreateMasterUseCase(*repositories, MasterOutputRepository).execute("master.xlsx")


def ours(folder: Path) -> None:
    """`nq57xl collect` of the same files: read twice, judged, recorded, answered."""
    from nq57xl.commands.collect import collect

    collect(bench_collect.office_at(folder), [], bench_collect.PERIOD)


def status(folder: Path) -> None:
    """`nq57xl status` as a command, from the start of Python on."""
    command = [sys.executable, "-m", "nq57xl", "-w", str(folder), "status"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def merging(folder: Path) -> None:
    """`nq57xl merge`: the report with its sources and everything that goes with it."""
    from nq57xl.commands.merge import merge

    merge(bench_collect.office_at(folder), bench_collect.PERIOD)


# --- the folders ------------------------------------------------------------------------------------------------------


def prepare(base: Path, folder: Path, files: Sequence[bytes]) -> Path:
    """A copy of the workspace with those files in its inbox."""
    import shutil

    shutil.copytree(base, folder)
    for number, data in enumerate(files):
        (folder / "inbox").mkdir(exist_ok=True)
        (folder / "inbox" / f"{number:05d}.xlsx").write_bytes(data)
    return folder


def write_map(folder: Path) -> None:
    """datamaps' map: the entry cells of the first form issued, on sheets that every form has: it passes over others."""
    from nq57xl.forms.layout import layout
    from nq57xl.text.addresses import a1

    with bench_collect.office_at(folder).reading() as ledger:
        forms = ledger.current_forms(bench_collect.PERIOD)
        form = ledger.form_by_id(forms[0].issue_id)
        assert form is not None
    shared = set.intersection(*({spec.title for spec in one.sheets} for one in forms))
    slots = [
        (sheet.title, slot)
        for sheet in layout(form)
        for slot in sheet.slots
        if slot.role == "entry" and sheet.title in shared
    ]
    with (folder / "datamap.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("cell_key", "template_sheet", "cell_reference"))
        for title, slot in slots[:400]:
            writer.writerow((f"{slot.table}|{slot.key}|{slot.field}", title, a1(slot.row, slot.col)))


def bare_merge(folder: Path) -> float:
    """Seconds that XlsxWriter takes for the cells of the workbooks that merge made."""
    made = sorted((folder / "out" / bench_collect.PERIOD / "tong-hop").glob("*.xlsx"))
    contents = [bench_forms.content_of(path.read_bytes()) for path in made]
    before = _processor()
    for content in contents:
        bench_forms.write_bare(content)
    return _processor() - before


def main() -> None:
    """Prints the ratios; exits 1 where one is over its limit."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else RETURNS
    with tempfile.TemporaryDirectory(prefix="nq57xl-bench-") as name:
        base = Path(name)
        reports = bench_collect.workspace(base, UNITS)[bench_collect.PERIOD]
        files = bench_collect.clean(reports, count)
        marked = [bench_collect.wrong_values(data) for data in files[: len(reports)]]
        half = [*marked[::2], *files[1 : len(marked) : 2]]
        clean = prepare(base / "so", base / "clean", files)
        write_map(clean)
        again = [prepare(base / "so", base / f"clean-{number}", files) for number in range(ROUNDS - 1)]
        back = prepare(base / "so", base / "marked", marked)
        mixed = prepare(base / "so", base / "half", half)
        warm = [prepare(base / "so", base / name, marked[:5]) for name in ("warm", "warm-half")]
        costs = [
            beside("nq57xl, a clean return", clean, ours, [clean, *again], count, limit=CLEAN),
            beside("nq57xl, one that gets a marked form", clean, ours, [back], len(marked), warm=warm[0], limit=MARKED),
            beside("nq57xl, half of them get one", clean, ours, [mixed], len(half), warm=warm[1]),
            beside("datamaps", clean, datamaps, [clean], count),
            beside("pandas + openpyxl", clean, pandas_loop, [clean], count),
            beside(f"nq57xl status of {UNITS} units, the command", clean, status, [clean] * ROUNDS, 1, limit=STATUS),
        ]
        merge_costs = spent(merging, clean), bare_merge(clean)
    print(f"{count} returns of {sum(map(len, files)) // count} bytes")
    for cost in costs:
        print(cost)
    print(f"merge of them {merge_costs[0]:.1f} s, {merge_costs[0] / merge_costs[1]:.2f} times XlsxWriter bare")
    sys.exit(any(cost.limit is not None and cost.times > cost.limit for cost in costs))


if __name__ == "__main__":
    main()
