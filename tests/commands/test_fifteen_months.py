"""Months in a row over two years: units played by a generator that knows nothing of the rules, against plain loops.

A row is done and opened again, the plan is amended, a unit renamed, a period closed, opened and closed again. The suite
plays three months of the first year and two of the next; the nightly run all twelve and three.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import attrs

from nq57xl.commands import amend
from nq57xl.commands.collect import collect
from nq57xl.commands.consolidated import consolidated
from nq57xl.commands.init import init
from nq57xl.commands.merge import close, reopen
from nq57xl.commands.remind import remind
from nq57xl.commands.standing import OfficePeriod
from nq57xl.commands.status import status
from nq57xl.forms.model import Form, FormCell
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.model import DatedName, IndicatorKind, Plan
from nq57xl.results.model import Consolidation
from nq57xl.results.overview import figures
from nq57xl.rules.schema import CellValue
from tests import year_kit as year
from tests.amounts import amount
from tests.samples import sample_plan

UNITS = {"VP": ("I.1", "II.1.1"), "QLDT": ("I.3", "II.1.2"), "QLDN": ("I.3",), "KHTC": ("I.3",)}
RATIO, SCORE, CHOICE = "CT.I.1", "CT.I.2", "CT.II.1"
KINDS: dict[str, IndicatorKind] = {RATIO: "flow", SCORE: "stock", CHOICE: "stock"}
PLANTS = {
    "falls": "PERCENT_FALLS",
    "back": "PROGRESS_BACK",
    "copied": "RESULT_COPIED",
    "jumps": "FIGURE_JUMPS",
    "flips": "ANSWER_FLIPS",
}


FINISHED = "II.1.1"
"""A row of VP's: done in the first month, asked in the second to be opened again, in progress from the third on."""
RENAMED = "Phòng Phát triển doanh nghiệp"
"""What QLDN is called from March on."""


class Said(NamedTuple):
    """What a unit put into one report."""

    cells: dict[FormCell, CellValue]
    planted: set[tuple[str, str]]
    """(finding code, row)."""

    @property
    def rows(self) -> list[str]:
        """The rows that it tells of."""
        return [row for table, row, field in self.cells if (table, field) == ("led", "progress")]


class Player:
    """One unit over the months: remembers what it last said and was believed."""

    def __init__(self, unit: str, seed: int) -> None:
        self.unit, self.chance = unit, random.Random(f"{unit} {seed}")
        self.percent: dict[str, float] = {}
        self.words: dict[str, str] = {}
        self.score, self.answer, self.told = 60.0, "yes", False

    def report(self, form: Form, number: int, plant: str = "") -> Said:
        """A report on every open row of the form, for the month of that number in the row of months."""
        cells: dict[FormCell, CellValue] = {}
        planted: set[tuple[str, str]] = set()
        led = form.table("led")
        for row in [item.key for item in (led.rows if led else ()) if item.open]:
            if row == FINISHED and number == 1:
                cells |= self._done(form)
                continue
            here = plant if row == UNITS[self.unit][0] and self.told else ""
            now = self.percent.get(row, 0.2) + self.chance.choice((0.01, 0.02, 0.03))
            text = f"Tháng thứ {number}: đã làm xong phần {self.chance.randrange(10**6)}"
            progress = "in_progress"
            if here == "falls":
                now = self.percent.get(row, 0.2) - 0.05
            elif here == "back":
                progress, now = "not_started", 0.0
            elif here == "copied":
                text = self.words[row]
            if here in ("falls", "back", "copied"):
                planted.add((PLANTS[here], row))
            cells |= {
                ("led", row, "progress"): progress,
                ("led", row, "percent"): round(now, 4),
                ("led", row, "result"): text,
            }
        if self.unit == "VP" and number == 2:
            cells["reopen", FINISHED, "reopen"] = "reopen"
        if self.unit == "VP" and number == 3:
            cells["led", FINISHED, "explanation"] = "Mở lại theo ý kiến của lãnh đạo Sở, bổ sung hồ sơ"
        if self.unit == "VP":
            odd = plant == "jumps" and self.told
            jump = (30.0 if self.score < 100 else -0.5 * self.score) if odd else self.chance.choice((-0.5, 0.5, 1.0))
            flip = plant == "flips" and self.told
            planted |= {(PLANTS["jumps"], SCORE)} if odd else set()
            planted |= {(PLANTS["flips"], CHOICE)} if flip else set()
            cells |= {("indicator", code, "no_data"): None for code in (RATIO, SCORE, CHOICE)}
            cells["indicator", RATIO, "numerator"] = float(self.chance.randrange(72, 79))
            cells["indicator", RATIO, "denominator"] = float(self.chance.randrange(98, 103))
            cells["indicator", SCORE, "value"] = self.score + jump
            cells["indicator", CHOICE, "value"] = ("no" if self.answer == "yes" else "yes") if flip else self.answer
        return Said(cells, planted)

    def _done(self, form: Form) -> dict[FormCell, CellValue]:
        told: dict[str, CellValue] = {
            "progress": "done",
            "percent": 1.0,
            "result": "Đã ban hành kế hoạch kiểm tra",
            "completion_date": form.period.cutoff,
            "evidence_link": "https://sxd.dongnai.gov.vn/ke-hoach-kiem-tra",
        }
        return {("led", FINISHED, name): content for name, content in told.items()}

    def believed(self, said: Said) -> None:
        """The report was accepted: the next one is held against it."""
        for row in said.rows:
            before = said.cells["led", row, "percent"]
            self.percent[row] = float(before) if isinstance(before, float) and 0 < before < 1 else 0.02
            self.words[row] = str(said.cells["led", row, "result"])
        if self.unit == "VP":
            score, answer = said.cells["indicator", SCORE, "value"], said.cells["indicator", CHOICE, "value"]
            assert isinstance(score, float)
            self.score, self.answer = score, str(answer)
        self.told = True


class Month(NamedTuple):
    """What was played in one month."""

    said: dict[str, Said]
    """Of the units whose reports must be accepted."""
    silent: str
    wrong: str
    late: str
    number: int


def play(root: Path, period: str, number: int, players: dict[str, Player], chance: random.Random) -> Month:
    """One month: forms issued, one unit silent, one wrong, one late; one movement planted from the second month on."""
    year.issue(root, period)
    silent, wrong, late, plants = (*chance.sample(["QLDN", "KHTC", "QLDT", ""], 3), chance.choice([*PLANTS]))
    said: dict[str, Said] = {}
    for day in (15, 19):
        folder = root / "gửi" / f"{period} {day}"
        folder.mkdir(parents=True)
        for unit, player in players.items():
            if unit == silent or (unit == late) != (day == 19):
                continue
            form = year.form(root, period, unit)
            one = player.report(form, number, plants if unit == "VP" else chance.choice(["", "", "falls"]))
            cells = {**year.usual(form), **one.cells}
            if unit == wrong:
                cells["led", UNITS[unit][0], "result"] = None
            else:
                said[unit] = one
                player.believed(one)
            (folder / f"{unit}.xlsx").write_bytes(year.workbook(form, cells))
        if any(folder.iterdir()):
            collect(year.at(root, year.moment(period, day)), [folder], period, year.moment(period, day))
    return Month(said, silent, wrong, late, number)


def look(root: Path, period: str) -> Consolidation:
    office = year.at(root, year.moment(period, 20))
    with office.reading() as ledger:
        return consolidated(OfficePeriod.of(office, ledger, period))


def check_month(root: Path, period: str, month: Month) -> tuple[set[tuple[str, str, str]], int, int]:
    """The month against plain loops; gives what was missed, warnings beyond what was planted, and rows."""
    here = {unit.code: unit for unit in status(year.at(root, year.moment(period, 20)), period).status.units}
    assert {code for code, unit in here.items() if unit.counting is not None} == set(month.said)
    assert {code for code, unit in here.items() if unit.on_time is False and unit.counting} == {month.late} & set(
        month.said
    )
    reminded = {item.unit.code: item.unit.owes for item in remind(year.at(root, year.moment(period, 18)), period).units}
    owed = {code: "missing" for code in (month.silent, month.wrong, month.late) if code and code not in month.said}
    owed |= {month.wrong: "rejected"} if month.wrong else {}
    assert {code: owes for code, owes in reminded.items() if owes != "explanation"} == owed
    found = {
        (item.code, code, item.task or "")
        for code, unit in here.items()
        for item in (unit.counting.judged.findings if unit.counting else ())
        if item.severity == "warning"
    }
    planted = {(code, unit, row) for unit, said in month.said.items() for code, row in said.planted}
    rows = sum(len(said.rows) + 3 * (unit == "VP") for unit, said in month.said.items())
    return planted - found, len(found - planted), rows


def check_counts(c: Consolidation, month: Month) -> None:
    """Progress of the rows, the slowest of several leads, against a loop over what was typed."""
    slow = ["not_started", "in_progress", "done"]
    told: Counter[str] = Counter()
    finished = {task.code for task in c.plan.tasks if task.done_before} | ({FINISHED} if month.number == 2 else set())
    tasks = [task for task in c.plan.tasks if set(task.lead_units) <= UNITS.keys() and task.code not in finished]
    for task in tasks:
        reports = [month.said[unit] for unit in task.lead_units if unit in month.said]
        if len(reports) == len(task.lead_units):
            levels = [str(said.cells["led", task.code, "progress"]) for said in reports]
            told[min(levels, key=slow.index)] += 1
    counted = Counter(item.standing.progress for item in c.tasks if item.standing.state == "reported")
    assert counted == told
    assert {item.task.code for item in c.tasks if item.standing.state == "done_before"} == finished
    assert sum(figures(c).total.progress.values()) == len(c.plan.tasks)


def check_quarter(root: Path, months: dict[str, Month]) -> None:
    """The first quarter's flow is the sum of the accepted months, its stock that of the last one."""
    told = [month.said["VP"].cells for period, month in sorted(months.items()) if "VP" in month.said]
    rows = {row.indicator.code: row.entries[0] for row in look(root, "2026-Q1").indicators}
    for part in ("numerator", "denominator"):
        wanted = sum(float(str(cells["indicator", RATIO, part])) for cells in told)
        assert rows[RATIO].values[part].value == wanted
    assert rows[SCORE].result == told[-1]["indicator", SCORE, "value"]


def amended(root: Path, folder: Path) -> None:
    """From March on a task more, led by KHTC, another deliverable of I.1, and QLDN under its new name."""
    office = year.at(root, year.moment("2026-02", 25))
    plan = office.appendix().plan
    first = next(task for task in plan.tasks if task.code == "I.1")
    more = attrs.evolve(
        first,
        code="",
        number="9",
        subnumber=None,
        task="Bố trí kinh phí thực hiện Nghị quyết",
        subtask="",
        deliverable="Quyết định phân bổ kinh phí",
        lead=next(unit.name for unit in plan.units if unit.code == "KHTC"),
        lead_units=("KHTC",),
    )
    changed = attrs.evolve(first, deliverable="Báo cáo kết quả rà soát của từng quý")
    end = dt.date(2026, 2, 28)
    units = tuple(
        attrs.evolve(unit, name=RENAMED, former_names=(DatedName(unit.name, valid_to=end),))
        if unit.code == "QLDN"
        else unit
        for unit in plan.units
    )
    tasks = (*(changed if task is first else task for task in plan.tasks), more)
    document = folder / "phu-luc điều chỉnh.xlsx"
    document.write_bytes(write_appendix(attrs.evolve(plan, tasks=tasks, units=units)))
    proposed = amend.propose_amendment(office, document, dt.date(2026, 3, 1))
    assert proposed.file is not None
    assert amend.confirm_amendment(office, proposed.file).applied


def check_amended(root: Path, plan: Plan) -> None:
    """Each month stands with the plan and the names of its own day."""
    before, after = look(root, "2026-02"), look(root, "2026-03")
    assert (len(before.plan.tasks), len(after.plan.tasks)) == (len(plan.tasks), len(plan.tasks) + 1)
    names = [next(item.status.name for item in c.units if item.status.code == "QLDN") for c in (before, after)]
    assert names == [next(unit.name for unit in plan.units if unit.code == "QLDN"), RENAMED]


def closed_and_reopened(root: Path, month: Month, players: dict[str, Player]) -> Month:
    """January is closed; what comes then stands in the addendum alone, until the period is opened; closed again."""
    period = "2026-01"
    close(year.at(root, year.moment("2026-02", 1)), period, "Đã gửi")
    unit = month.silent or month.wrong
    form = year.form(root, period, unit)
    one = players[unit].report(form, 1)
    path = root / "gửi" / "muộn.xlsx"
    path.write_bytes(year.workbook(form, {**year.usual(form), **one.cells}))
    office = year.at(root, year.moment("2026-02", 3))
    collect(office, [path], period, year.moment("2026-02", 3))
    c = look(root, period)
    assert c.addendum is not None
    check_counts(c, month)
    reopen(office, period, "Có báo cáo bổ sung")
    players[unit].believed(one)
    month = month._replace(said={**month.said, unit: one})
    check_counts(look(root, period), month)
    close(office, period, "Gửi lần cuối")
    check_counts(look(root, period), month)
    return month


def test_months_of_two_years(tmp_path: Path) -> None:
    """Counts equal plain loops, planted movements are all found, others under 2 %, reminders and quarters are right."""
    chance = random.Random(57)
    first, second = amount(3, 12), amount(1, 3)
    root = year.start_sample(tmp_path / "2026", KINDS)
    players = {unit: Player(unit, 1) for unit in UNITS}
    missed: set[tuple[str, str, str]] = set()
    extra = rows = number = 0
    played: dict[str, Month] = {}
    for plan_year, count in ((2026, first), (2027, second)):
        if plan_year == 2027:
            plan = sample_plan()
            new = attrs.evolve(plan, properties=attrs.evolve(plan.properties, id="mau-2027", year=2027))
            kinded = tuple(attrs.evolve(item, kind=KINDS[item.code]) for item in new.indicators)
            appendix = tmp_path / "2027.xlsx"
            appendix.write_bytes(write_appendix(attrs.evolve(new, indicators=kinded)))
            old, root = root, tmp_path / "nam 2027"
            init(root, str(appendix), old)
        for month_number in range(1, count + 1):
            period, number = f"{plan_year}-{month_number:02d}", number + 1
            month = played[period] = play(root, period, number, players, chance)
            check_counts(look(root, period), month)
            lost, more, seen = check_month(root, period, month)
            missed, extra, rows = missed | lost, extra + more, rows + seen
            if period == "2026-01":
                played[period] = closed_and_reopened(root, month, players)
            if period == "2026-02":
                amended(root, tmp_path)
        if plan_year == 2026:
            check_amended(root, sample_plan())
            check_quarter(root, {code: month for code, month in played.items() if code <= "2026-03"})
    assert missed == set()
    assert sum(len(said.planted) for month in played.values() for said in month.said.values()) >= amount(4, 12)
    assert extra <= 0.02 * rows
