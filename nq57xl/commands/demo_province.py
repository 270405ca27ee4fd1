"""demo --province: a made-up province of several agencies, each with units of its own, over several months."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

import attrs
import yaml
from attrs import frozen

from nq57xl import resources
from nq57xl.commands.collect import Collected, collect
from nq57xl.commands.demo import Department, noon
from nq57xl.commands.generate import generate
from nq57xl.commands.init import init
from nq57xl.commands.merge import Merged, merge
from nq57xl.commands.office import Office
from nq57xl.commands.upward import UpwardReport, upward
from nq57xl.errors import Nq57Error
from nq57xl.forms.wording import form_file_name
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.model import (
    DatedName,
    Deadline,
    Indicator,
    Period,
    Plan,
    Properties,
    Section,
    Target,
    Task,
    Unit,
)
from nq57xl.plan.periods import parse_period
from nq57xl.results.superior_filling import PointLine
from nq57xl.text.clock import FixedClock
from nq57xl.text.files import write_atomic

_Row = TypeVar("_Row", Task, Indicator)
_MARK = ".nq57xl-demo-province"
PROVINCE = "tinh"
_SENT = "gui-ve"
_AGENCIES, _MOST_UNITS, _FEWEST_UNITS, _MONTHS = 6, 8, 4, 3
_FIRST_MONTH = 4
_ANSWERS = {"Cả dòng": "Chưa phát sinh"}
_NO_NEWS = "Trong kỳ chưa có kết quả mới, tiếp tục thực hiện."
_CHECKED = "Đã đối chiếu với báo cáo {period} của các đơn vị, số liệu đúng."


@frozen
class ProvinceStep:
    """One step of the story."""

    title: str
    outcome: Path | Collected | UpwardReport | Merged | None = None


class ProvincePlay:
    """The province, its agencies and their units; each agency is an office of its own with a folder of its own."""

    def __init__(
        self, folder: Path, *, agencies: int = _AGENCIES, units: int = _MOST_UNITS, months: int = _MONTHS
    ) -> None:
        """`units`: of the largest agency, the others have one to four fewer, at least four."""
        path = resources.find("templates", "demo/province.yml")
        self.words: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        self.folder, self.agencies = folder, self.words["agencies"][:agencies]
        self.units = [self.words["units"][: max(_FEWEST_UNITS, units - number % 5)] for number in range(agencies)]
        self.periods = [f"{self.words['year']}-{_FIRST_MONTH + number:02d}" for number in range(months)]

    def scenes(self) -> Iterator[ProvinceStep]:
        """The whole story. Raises Nq57Error when the folder holds somebody's real work."""
        self._clear()
        for root, plan in ((self.root(PROVINCE), self._province()), *self._agency_plans()):
            _start(root, plan)
            yield ProvinceStep(f"Kế hoạch {plan.properties.id}: {len(plan.tasks)} đầu việc", root)
        for code in self.periods:
            yield from self._month(code)

    def root(self, code: str) -> Path:
        """The workspace of an agency, or of the province."""
        return self.folder / code

    def sent(self, code: str, period: str) -> Path:
        """Where what the units of an office send in stands."""
        return self.folder / _SENT / code / period

    def _clear(self) -> None:
        mark = self.folder / _MARK
        if self.folder.is_dir() and any(self.folder.iterdir()) and not mark.exists():
            raise Nq57Error(
                f"Thư mục «{self.folder}» đã có dữ liệu không phải của bản chạy thử; hãy chọn thư mục khác."
            )
        for name in (PROVINCE, _SENT, *(agency["code"] for agency in self.words["agencies"])):
            if (self.folder / name).exists():
                shutil.rmtree(self.folder / name)
        write_atomic(mark, b"nq57xl demo\n")

    # --- a month ------------------------------------------------------------------------------------------------

    def _month(self, code: str) -> Iterator[ProvinceStep]:
        properties = self._province().properties
        period = parse_period(code, properties)
        generate(self._office(PROVINCE, period.start), code)
        signed = []
        for number, agency in enumerate(self.agencies):
            own = agency["code"]
            yield ProvinceStep(f"{agency['name']}, {period.title}: đơn vị báo cáo", self._units_report(number, period))
            yield ProvinceStep(f"{agency['name']}: tổng hợp", merge(self._office(own, period.due), code))
            done = upward(self._office(own, period.due), self._form(PROVINCE, code, own), code, confirm=True)
            yield ProvinceStep(f"{agency['name']}: điền biểu của tỉnh", done)
            target = self.sent(PROVINCE, code) / done.form.name
            # a person answers for rows without a task in the agency's plan or without news in the period, says why
            # where the province would ask, and signs
            answers = dict(_answer(point, period) for point in done.points)
            Department(number, period.due).sign(done.form, target, answers)
            signed.append(target)
        gatherer = self.sent(PROVINCE, code) / form_file_name(code, properties.gatherer)
        Department(len(signed), period.due).sign(self._form(PROVINCE, code, properties.gatherer), gatherer)
        signed.append(gatherer)
        day = period.due
        yield ProvinceStep(
            f"Tỉnh nhận báo cáo {period.title}", collect(self._office(PROVINCE, day), signed, code, noon(day))
        )
        yield ProvinceStep(f"Tỉnh tổng hợp {period.title}", merge(self._office(PROVINCE, day), code))

    def _units_report(self, number: int, period: Period) -> Collected:
        own = self.agencies[number]["code"]
        issued = generate(self._office(own, period.start), period.code)
        files = []
        for place, item in enumerate(issued.forms):
            target = self.sent(own, period.code) / item.path.name
            Department(int(period.code[-2:]) * 1000 + number * 50 + place, period.due).fill(item.path, target)
            files.append(target)
        day = period.due - timedelta(days=1)
        return collect(self._office(own, day), files, period.code, noon(day))

    def _office(self, code: str, day: date) -> Office:
        return Office.at(self.root(code), FixedClock(noon(day)))

    def _form(self, office: str, period: str, unit: str) -> Path:
        return Office.at(self.root(office)).workspace.forms_dir(period) / form_file_name(period, unit)

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


def _answer(point: PointLine, period: Period) -> tuple[tuple[str, str], str]:
    """What a person types, and where."""
    if point.reason_cell:
        return (point.sheet, point.reason_cell), _CHECKED.format(period=period.title)
    return (point.sheet, point.cell), _ANSWERS.get(point.field, _NO_NEWS)


def _start(root: Path, plan: Plan) -> None:
    """A workspace with that plan."""
    given = root.with_name(f"{root.name}-phu-luc.xlsx")
    write_atomic(given, write_appendix(plan))
    init(root, str(given))
    given.unlink()


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
