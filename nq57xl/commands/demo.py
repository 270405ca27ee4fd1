"""demo: the whole loop with made-up departments: the bundled plans, or a province of agencies with their own units."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
from attrs import frozen

from nq57xl import resources
from nq57xl.commands.collect import Collected, collect
from nq57xl.commands.generate import Generated, generate
from nq57xl.commands.init import init
from nq57xl.commands.merge import Merged, merge
from nq57xl.commands.office import Office
from nq57xl.commands.standing import PeriodOverview
from nq57xl.commands.status import status
from nq57xl.commands.upward import UpwardReport, upward
from nq57xl.errors import Nq57Error
from nq57xl.forms.wording import form_file_name
from nq57xl.ledger.workspace import Workspace
from nq57xl.plan.appendix_read import BUNDLED_PLANS
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.deadlines import Deadline, Target
from nq57xl.plan.model import DatedName, Indicator, Period, Plan, Properties, Section, Task, Unit
from nq57xl.plan.periods import parse_period
from nq57xl.text.clock import VIETNAM, Clock
from nq57xl.text.files import write_atomic

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_Typed = str | float | date


@frozen
class _Spot:
    """An open cell as a person sees it."""

    sheet: str
    address: str
    row: int
    heading: str
    """Heading above the column."""
    label: str
    """Locked text to the left in the same row."""


def _spots(sheet: Worksheet) -> Iterator[_Spot]:
    """The open cells of a sheet, in reading order; of a hidden one none."""
    from openpyxl.utils.cell import coordinate_from_string

    if sheet.sheet_state != "visible":
        return
    headings: dict[int, str] = {}
    # the last row that stays in sight while one scrolls holds the headings
    frozen = coordinate_from_string(sheet.freeze_panes)[1] - 1 if sheet.freeze_panes else 0
    for row, cells in enumerate(sheet.iter_rows(min_col=2), start=1):
        held = {place: _plain(cell.value) for place, cell in enumerate(cells) if cell.protection.locked and cell.value}
        heads = [cell for cell in cells if cell.protection.locked and cell.value]
        if row == frozen or (row > frozen > 0 and len(heads) > 2 and all(cell.font.b for cell in heads)):
            headings = held
        for place, cell in enumerate(cells):
            if not cell.protection.locked and not sheet.row_dimensions[row].hidden:
                label = next((held[left] for left in range(place - 1, -1, -1) if left in held), "")
                yield _Spot(sheet.title, cell.coordinate, row, headings.get(place, ""), label)


@contextmanager
def _typing(form: Path, target: Path) -> Iterator[Workbook]:
    """The form, open for somebody who types into it and saves it as `target`."""
    from openpyxl import load_workbook

    book = load_workbook(form)
    yield book
    target.parent.mkdir(parents=True, exist_ok=True)
    book.save(target)


def _plain(text: object) -> str:
    """A heading or label without the sign that marks what is required."""
    return str(text).removesuffix("(*)").strip()


class Department:
    """One department's way of filling in a form; the same seed types the same."""

    def __init__(self, seed: int, today: date) -> None:
        self.random = random.Random(seed)
        self.today = today
        path = resources.find("templates", "demo/answers.yml")
        self.words: dict[str, Any] = resources.yaml_of(path.read_text(encoding="utf-8"))
        self.person = self.words["people"][seed % len(self.words["people"])]

    def fill(self, form: Path, target: Path, *, mistakes: bool = False) -> None:
        """Types a whole report into the form and saves it as `target`; with mistakes, some that are sent back."""
        with _typing(form, target) as book:
            for sheet in book.worksheets:
                for row, spots in groupby(_spots(sheet), attrgetter("row")):
                    members = list(spots)
                    answers = self._row_answers(sheet, row, members)
                    for spot in members:
                        self._type(sheet, spot, answers.get(spot.heading) or answers.get(spot.label))
            if mistakes:
                self._blunder(book["1. Kết quả"])

    def sign(self, form: Path, target: Path, answers: Mapping[tuple[str, str], str] = MappingProxyType({})) -> None:
        """Signs a form that is filled in already; `answers`: (sheet, cell) -> what is typed into cells left open."""
        names = self._signature()
        with _typing(form, target) as book:
            for sheet in book.worksheets:
                for spot in _spots(sheet):
                    self._type(sheet, spot, names.get(spot.label) or answers.get((spot.sheet, spot.address)))

    def mend(self, form: Path, target: Path) -> int:
        """Corrects the cells that the sheet "Cần sửa" names; returns how many."""
        mended = 0
        with _typing(form, target) as book:
            sheet = book["1. Kết quả"]
            for _, members in groupby(_spots(sheet), attrgetter("row")):
                cells = {spot.heading: sheet[spot.address] for spot in members}
                percent, result = cells["Tỷ lệ hoàn thành"], cells["Kết quả trong kỳ"]
                if isinstance(percent.value, str):
                    percent.value, mended = 0.6, mended + 1
                if percent.value and not result.value:
                    result.value, mended = self._say("in_progress", "result"), mended + 1
        return mended

    def _type(self, sheet: Worksheet, spot: _Spot, value: _Typed | None) -> None:
        if value is not None and value != "":
            cell = sheet[spot.address]
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"

    def _row_answers(self, sheet: Worksheet, row: int, members: list[_Spot]) -> dict[str, Any]:
        headings = {spot.heading for spot in members}
        table: tuple[tuple[str, Callable[[], dict[str, Any]]], ...] = (
            ("Tiến độ", lambda: self._task(_told(sheet, row).lower())),
            ("Nội dung đã phối hợp trong kỳ", self._support),
            ("Tử số", lambda: self._indicator(sheet, row)),
            ("Nhiệm vụ đề xuất", lambda: self._free(sheet, members, "proposals")),
            ("Khó khăn, vướng mắc chung", lambda: self._free(sheet, members, "difficulties")),
        )
        return next((answer() for heading, answer in table if heading in headings), self._signature())

    def _task(self, told: str) -> dict[str, Any]:
        """`told`: what the row asks for, in small letters."""
        if "khi có văn bản" in told:
            kind = "not_arisen"
        elif "thường xuyên" in told:
            kind = "ongoing"
        else:
            kind = self.random.choices(["in_progress", "done", "not_started"], [6, 3, 1])[0]
        answers: dict[str, Any] = {"Tiến độ": _PROGRESS[kind]}
        if kind == "in_progress":
            answers["Tỷ lệ hoàn thành"] = self.random.randrange(20, 95, 5) / 100
        if kind in ("in_progress", "done", "ongoing"):
            answers["Kết quả trong kỳ"] = self._say(kind, "result")
        if kind == "in_progress":
            answers["Mức đạt KPI"] = self._say(kind, "kpi")
        if kind == "done":
            day = self.today.replace(day=self.random.randint(1, 14))
            answers |= {
                "Tỷ lệ hoàn thành": 1.0,
                "Mức đạt KPI": "Đạt 100% KPI.",
                "Ngày hoàn thành": day,
                "Số, ký hiệu và ngày văn bản minh chứng": f"{self.random.randint(100, 900)}/BC-VP ngày {day:%d/%m/%Y}",
                "Trích yếu hoặc đường dẫn minh chứng": self._say(kind, "title"),
            }
        if "next_work" in self.words.get(kind, {}):
            answers["Việc kỳ tới"] = self._say(kind, "next_work")
        if kind == "in_progress":
            answers["Khó khăn, vướng mắc"] = self._say(kind, "difficulties")
            answers["Đề xuất, kiến nghị"] = self._say(kind, "proposal")
        if kind in ("in_progress", "not_started"):
            answers["Nguyên nhân"] = self._numbers(self.random.choice(self.words["cause"]))
        return answers

    def _support(self) -> dict[str, Any]:
        if self.random.random() < 0.5:
            return {"Không phát sinh": "Không phát sinh"}
        return {"Nội dung đã phối hợp trong kỳ": self._numbers(self.random.choice(self.words["contribution"]))}

    def _indicator(self, sheet: Worksheet, row: int) -> dict[str, Any]:
        target = _told(sheet, row)
        answers: dict[str, Any] = {"Nguồn số liệu": self.random.choice(self.words["source"])}
        if "%" in target:
            whole = self.random.randint(80, 400)
            return answers | {"Tử số": round(whole * self.random.uniform(0.7, 1)), "Mẫu số": whole}
        if "hồ sơ" in str(sheet.cell(row, 4).value):
            return answers | {"Kết quả đạt được": self.random.randint(40, 900)}
        if "điểm" in target:
            return answers | {"Kết quả đạt được": round(self.random.uniform(70, 90), 1)}
        if self.random.random() < 0.3:
            return {"Chưa có số liệu": "Chưa có số liệu kỳ này"}
        return answers | {"Kết quả đạt được": "Có"}

    def _free(self, sheet: Worksheet, members: list[_Spot], kind: str) -> dict[str, Any]:
        if str(sheet.cell(members[0].row, 2).value or "").strip() not in ("1", "01") or self.random.random() < 0.3:
            return {}
        row = self.random.choice(self.words[kind])
        return {spot.heading: value for spot, value in zip(members, row, strict=False)}

    def _signature(self) -> dict[str, Any]:
        name, position, phone, leader, leads = self.person
        return {
            "Người lập báo cáo": name,
            "Chức vụ người lập": position,
            "Điện thoại liên hệ": phone,
            "Lãnh đạo duyệt": leader,
            "Chức vụ người duyệt": leads,
            "Ngày duyệt": self.today,
        }

    def _blunder(self, sheet: Worksheet) -> None:
        """A percentage in words, and a result left out: two things that must be sent back."""
        spots = list(_spots(sheet))
        filled = [sheet[spot.address] for spot in spots if spot.heading == "Tiến độ"]
        cell = next((cell for cell in filled if cell.value != "Hoàn thành"), filled[0])
        row = {spot.heading: sheet[spot.address] for spot in spots if spot.row == cell.row}
        cell.value = "Đang thực hiện"
        row["Tỷ lệ hoàn thành"].value = "khoảng hơn một nửa"
        for heading in ("Kết quả trong kỳ", "Ngày hoàn thành"):
            row[heading].value = None

    def _say(self, kind: str, what: str) -> str:
        return self._numbers(self.random.choice(self.words[kind][what]))

    def _numbers(self, text: str) -> str:
        part = self.random.randint(3, 9)
        return text.format(
            n=f"{part:02d}",
            m=f"{self.random.randint(1, 5):02d}",
            t=part + self.random.randint(1, 6),
            p=part * 10,
            sp="",
        )


_PROGRESS = {
    "in_progress": "Đang thực hiện",
    "done": "Hoàn thành",
    "ongoing": "Thường xuyên",
    "not_started": "Chưa thực hiện",
    "not_arisen": "Chưa phát sinh",
}


def _told(sheet: Worksheet, row: int) -> str:
    """What the locked cells of a row tell, without its formulas."""
    texts = [str(cell.value) for cell in sheet[row] if cell.protection.locked and cell.value]
    return " ".join(text for text in texts if not text.startswith("="))


_PERIOD = "2026-04"
_MARK, _SENT = ".nq57xl-demo", "gui-ve"


@frozen
class DemoStep:
    """One step of the story."""

    plan: str
    title: str
    outcome: Generated | Collected | PeriodOverview | Merged | UpwardReport | Path


def demo(folder: Path) -> Iterator[DemoStep]:
    """Plays the loop in `folder`, step by step. Raises Nq57Error when the folder holds somebody's real work.

    A folder of an earlier demo (it carries a mark) is cleared first.
    """
    _clear(folder, (*BUNDLED_PLANS, _SENT))
    for number, plan in enumerate(BUNDLED_PLANS):
        yield from _Play(folder, plan, seed=57 + number).scenes()


def _clear(folder: Path, names: Iterable[str]) -> None:
    ours = [folder / name for name in names]
    if any(path.exists() for path in ours) and not (folder / _MARK).exists():
        raise Nq57Error(f"Thư mục «{folder}» đã có dữ liệu không phải của bản chạy thử; hãy chọn thư mục khác.")
    for path in ours:
        if path.exists():
            shutil.rmtree(path)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).write_text("nq57xl demo\n", encoding="utf-8")


class _Play:
    """One plan's month: on time, sent back and fixed, late, missing, and a file that is no form."""

    def __init__(self, folder: Path, plan: str, seed: int) -> None:
        self.plan, self.seed = plan, seed
        self.units: list[str] = []
        self.root, self.sent = folder / plan, folder / _SENT / plan
        self.office_on: Callable[[date], Office] = lambda day: Office.at(self.root, Clock(_noon(day)))

    def scenes(self) -> Iterator[DemoStep]:
        init(self.root, self.plan)
        yield DemoStep(self.plan, "Tạo thư mục làm việc từ kế hoạch", self.root)
        issued = generate(self.office_on(date(2026, 4, 1)), _PERIOD)
        yield DemoStep(self.plan, "Lập biểu mẫu cho từng đơn vị", issued)
        due = issued.period.due
        self.units = [item.form.unit for item in issued.forms]
        careless, punctual, late, *_ = self.units
        yield self._collect("Đơn vị gửi đúng hạn", due - timedelta(days=2), [self._report(punctual, due)])
        wrong = self._report(careless, due, mistakes=True)
        yield self._collect("Một báo cáo có lỗi, được trả lại kèm chỗ cần sửa", due - timedelta(days=1), [wrong])
        form = form_file_name(_PERIOD, careless)
        mended = self.sent / f"{Path(form).stem} (lần 2).xlsx"
        Department(self.seed, date(2026, 4, 16)).mend(Workspace(self.root).back_dir(_PERIOD) / form, mended)
        yield self._collect("Đơn vị sửa theo biểu trả lại và gửi lại", due, [mended])
        yield self._collect("Một tệp không phải biểu mẫu", due, [_no_form(self.sent / "BC thang 4 (1) - SUA.xlsx")])
        yield self._collect("Một đơn vị gửi chậm", due + timedelta(days=3), [self._report(late, due)])
        office = self.office_on(due + timedelta(days=4))
        yield DemoStep(self.plan, "Tình hình nộp báo cáo", status(office, _PERIOD))
        yield DemoStep(self.plan, "Báo cáo tổng hợp", merge(office, _PERIOD))

    def _collect(self, title: str, day: date, files: list[Path]) -> DemoStep:
        done = collect(self.office_on(day), files, _PERIOD, _noon(day))
        return DemoStep(self.plan, title, done)

    def _report(self, unit: str, due: date, *, mistakes: bool = False) -> Path:
        workspace = Workspace(self.root)
        name = form_file_name(_PERIOD, unit)
        target = self.sent / (f"{Path(name).stem} (lần 1).xlsx" if mistakes else name)
        department = Department(self.seed * 100 + self.units.index(unit), due)
        department.fill(workspace.forms_dir(_PERIOD) / name, target, mistakes=mistakes)
        return target


def _no_form(target: Path) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["STT", "Nội dung", "Kết quả"])
    sheet.append([1, "Báo cáo tháng 4 của phòng", "Đang thực hiện"])
    book.save(target)
    return target


def _noon(day: date) -> datetime:
    """When things come in on that day."""
    return datetime(day.year, day.month, day.day, 10, 30, tzinfo=VIETNAM)


_Row = TypeVar("_Row", Task, Indicator)
PROVINCE = "tinh"
_AGENCIES, _MOST_UNITS, _FEWEST_UNITS, _MONTHS = 6, 8, 4, 3
_FIRST_MONTH = 4
_ANSWERS = {"Cả dòng": "Chưa phát sinh"}
_NO_NEWS = "Trong kỳ chưa có kết quả mới, tiếp tục thực hiện."
_CHECKED = "Đã đối chiếu với báo cáo {period} của các đơn vị, số liệu đúng."


class ProvincePlay:
    """The province, its agencies and their units; each agency is an office of its own with a folder of its own."""

    def __init__(
        self, folder: Path, *, agencies: int = _AGENCIES, units: int = _MOST_UNITS, months: int = _MONTHS
    ) -> None:
        """`units`: of the largest agency, the others have one to four fewer, at least four."""
        path = resources.find("templates", "demo/province.yml")
        self.words: dict[str, Any] = resources.yaml_of(path.read_text(encoding="utf-8"))
        self.folder, self.agencies = folder, self.words["agencies"][:agencies]
        self.units = [self.words["units"][: max(_FEWEST_UNITS, units - number % 5)] for number in range(agencies)]
        self.periods = [f"{self.words['year']}-{_FIRST_MONTH + number:02d}" for number in range(months)]

    def scenes(self) -> Iterator[DemoStep]:
        """The whole story. Raises Nq57Error when the folder holds somebody's real work."""
        _clear(self.folder, (PROVINCE, _SENT, *(agency["code"] for agency in self.words["agencies"])))
        for root, plan in ((self.root(PROVINCE), self._province()), *self._agency_plans()):
            given = root.with_name(f"{root.name}-phu-luc.xlsx")
            write_atomic(given, write_appendix(plan))
            init(root, str(given))
            given.unlink()
            yield DemoStep(plan.properties.id, f"Kế hoạch {plan.properties.id}: {len(plan.tasks)} đầu việc", root)
        for code in self.periods:
            yield from self._month(code)

    def root(self, code: str) -> Path:
        """The workspace of an agency, or of the province."""
        return self.folder / code

    def sent(self, code: str, period: str) -> Path:
        """Where what the units of an office send in stands."""
        return self.folder / _SENT / code / period

    # --- a month ------------------------------------------------------------------------------------------------

    def _month(self, code: str) -> Iterator[DemoStep]:
        properties = self._province().properties
        period = parse_period(code, properties)
        generate(self._office(PROVINCE, period.start), code)
        signed = []
        for number, agency in enumerate(self.agencies):
            own = agency["code"]
            yield DemoStep(own, f"{agency['name']}, {period.title}: đơn vị báo cáo", self._units_report(number, period))
            yield DemoStep(own, f"{agency['name']}: tổng hợp", merge(self._office(own, period.due), code))
            done = upward(self._office(own, period.due), self._form(PROVINCE, code, own), code, confirm=True)
            yield DemoStep(own, f"{agency['name']}: điền biểu của tỉnh", done)
            target = self.sent(PROVINCE, code) / done.form.name
            # a person answers for rows without a task in the agency's plan or without news in the period, says why
            # where the province would ask, and signs
            rows = [one for one in done.points if not one.reason_cell]
            answers = {(one.sheet, one.cell): _ANSWERS.get(one.field, _NO_NEWS) for one in rows}
            checked = _CHECKED.format(period=period.title)
            answers |= {(one.sheet, one.reason_cell): checked for one in done.points if one.reason_cell}
            Department(number, period.due).sign(done.form, target, answers)
            signed.append(target)
        gatherer = self.sent(PROVINCE, code) / form_file_name(code, properties.gatherer)
        Department(len(signed), period.due).sign(self._form(PROVINCE, code, properties.gatherer), gatherer)
        signed.append(gatherer)
        day = period.due
        received = collect(self._office(PROVINCE, day), signed, code, _noon(day))
        yield DemoStep(PROVINCE, f"Tỉnh nhận báo cáo {period.title}", received)
        yield DemoStep(PROVINCE, f"Tỉnh tổng hợp {period.title}", merge(self._office(PROVINCE, day), code))

    def _units_report(self, number: int, period: Period) -> Collected:
        own = self.agencies[number]["code"]
        issued = generate(self._office(own, period.start), period.code)
        files = []
        for place, item in enumerate(issued.forms):
            target = self.sent(own, period.code) / item.path.name
            Department(int(period.code[-2:]) * 1000 + number * 50 + place, period.due).fill(item.path, target)
            files.append(target)
        day = period.due - timedelta(days=1)
        return collect(self._office(own, day), files, period.code, _noon(day))

    def _office(self, code: str, day: date) -> Office:
        return Office.at(self.root(code), Clock(_noon(day)))

    def _form(self, office: str, period: str, unit: str) -> Path:
        return Workspace(self.root(office)).forms_dir(period) / form_file_name(period, unit)

    # --- the plans ----------------------------------------------------------------------------------------------

    def _province(self) -> Plan:
        tasks, indicators = [], []
        for agency in self.agencies:
            tasks += [_task(item, agency, "", (agency["name"],)) for item in self.words["tasks"]]
            indicators += [_indicator(item, agency, (agency["name"],)) for item in self.words["indicators"]]
        first, *others = [agency["name"] for agency in self.agencies]
        tasks.append(_task(self.words["shared"], self.agencies[0], "", (first,), "; ".join(others)))
        units = [{"code": "VPUB", "name": "Văn phòng Ủy ban nhân dân tỉnh"}, *self.agencies]
        return self._plan(self.words["province"], units, tasks, indicators)

    def _agency_plans(self) -> Iterator[tuple[Path, Plan]]:
        for agency, units in zip(self.agencies, self.units, strict=True):
            names = [unit["name"] for unit in units]
            tasks, turn = [], 0
            for item in (*self.words["tasks"], *self.words["own"], {**self.words["shared"], "steps": {"": 1}}):
                for step, count in item["steps"].items():
                    leads = [names[(turn + n) % len(names)] for n in range(count)]
                    tasks.append(_task(item, agency, step, leads, names[(turn + count) % len(names)]))
                    turn += count
            indicators = [_indicator(item, agency, names[: item["leads"]]) for item in self.words["indicators"]]
            about = {
                "id": f"{agency['code'].lower()}-{self.words['year']}",
                "title": f"Kế hoạch thực hiện Nghị quyết số 57-NQ/TW của {agency['name']} (bản chạy thử)",
                "agency": agency["name"].upper(),
                "parent": self.words["province"]["agency"],
                "recipient": "Ủy ban nhân dân tỉnh",
            }
            yield self.root(agency["code"]), self._plan(about, units, tasks, indicators)

    def _plan(
        self, about: Mapping[str, str], units: list[dict[str, str]], tasks: list[Task], indicators: list[Indicator]
    ) -> Plan:
        agency, parent, recipient = ((DatedName(about[name]),) for name in ("agency", "parent", "recipient"))
        properties = Properties(
            id=about["id"],
            title=about["title"],
            year=self.words["year"],
            agency=agency,
            parent=parent,
            recipient=recipient,
            place=(DatedName(self.words["place"]),),
            gatherer=units[0]["code"],
        )
        sections = self.words["sections"].items()
        numbered = [
            _numbered(task, place)
            for number in dict(sections)
            for place, task in enumerate((task for task in tasks if task.section == number), start=1)
        ]
        return Plan(
            properties,
            units=tuple(Unit(unit["code"], unit["name"]) for unit in units),
            sections=tuple(Section(*item) for item in sections),
            tasks=tuple(numbered),
            indicator_groups=(Section("I", "CHỈ TIÊU"),),
            indicators=tuple(_numbered(item, place) for place, item in enumerate(indicators, start=1)),
        )


def _task(
    item: Mapping[str, Any], agency: Mapping[str, str], step: str, leads: Sequence[str], support: str = ""
) -> Task:
    """A task of the template, in the words of the agency."""
    task, product = (item[name].replace("{field}", agency["field"]) for name in ("task", "product"))
    deadline = Deadline(item["deadline"])
    return Task("", item["section"], "", None, task, step, product, "", "; ".join(leads), support, deadline)


def _indicator(item: Mapping[str, Any], agency: Mapping[str, str], leads: Sequence[str]) -> Indicator:
    text = item["indicator"].replace("{field}", agency["field"])
    return Indicator("", "I", "", text, item["unit"], Target(item["target"]), "; ".join(leads), kind=item["kind"])


def _numbered(row: _Row, place: int) -> _Row:
    return attrs.evolve(row, number=str(place))
