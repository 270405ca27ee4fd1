"""demo: the whole loop for both bundled plans, with made-up departments."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from attrs import frozen

from nq57xl.commands.collect import Collected, collect
from nq57xl.commands.demo_typist import Department
from nq57xl.commands.generate import Generated, generate
from nq57xl.commands.init import init
from nq57xl.commands.merge import Merged, PeriodOverview, merge, status
from nq57xl.commands.office import Office
from nq57xl.errors import Nq57Error
from nq57xl.forms.wording import form_file_name
from nq57xl.plan.appendix_read import NAMES
from nq57xl.text.clock import VIETNAM, FixedClock

PERIOD = "2026-04"
_MARK = ".nq57xl-demo"


@frozen
class DemoStep:
    """One step of the story."""

    plan: str
    title: str
    outcome: Generated | Collected | PeriodOverview | Merged | Path
    note: str = ""


def demo(folder: Path) -> Iterator[DemoStep]:
    """Plays the loop in `folder`, step by step. Raises Nq57Error when the folder holds somebody's real work.

    A folder of an earlier demo (it carries a mark) is cleared first.
    """
    _clear(folder)
    for number, plan in enumerate(NAMES):
        yield from _Play(folder, plan, seed=57 + number).scenes()


def _clear(folder: Path) -> None:
    ours = [folder / name for name in (*NAMES, "gui-ve")]
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
        self.root, self.sent = folder / plan, folder / "gui-ve" / plan
        self.office_on: Callable[[date], Office] = lambda day: Office.at(self.root, FixedClock(noon(day)))

    def scenes(self) -> Iterator[DemoStep]:
        init(self.root, self.plan)
        yield DemoStep(self.plan, "Tạo thư mục làm việc từ kế hoạch", self.root)
        issued = generate(self.office_on(date(2026, 4, 1)), PERIOD)
        yield DemoStep(self.plan, "Lập biểu mẫu cho từng đơn vị", issued)
        due = issued.period.due
        self.units = [item.form.unit for item in issued.forms]
        careless, punctual, late, *_ = self.units
        yield self._collect("Đơn vị gửi đúng hạn", due - timedelta(days=2), [self._report(punctual, due)])
        wrong = self._report(careless, due, mistakes=True)
        yield self._collect("Một báo cáo có lỗi, được trả lại kèm chỗ cần sửa", due - timedelta(days=1), [wrong])
        yield self._collect("Đơn vị sửa theo biểu trả lại và gửi lại", due, [self._mended(careless)])
        yield self._collect("Một tệp không phải biểu mẫu", due, [self._no_form()])
        yield self._collect("Một đơn vị gửi chậm", due + timedelta(days=3), [self._report(late, due)])
        office = self.office_on(due + timedelta(days=4))
        yield DemoStep(self.plan, "Tình hình nộp báo cáo", status(office, PERIOD))
        yield DemoStep(self.plan, "Báo cáo tổng hợp", merge(office, PERIOD))

    def _collect(self, title: str, day: date, files: list[Path]) -> DemoStep:
        done = collect(self.office_on(day), files, PERIOD, noon(day))
        return DemoStep(self.plan, title, done)

    def _report(self, unit: str, due: date, *, mistakes: bool = False) -> Path:
        workspace = Office.at(self.root).workspace
        name = form_file_name(PERIOD, unit)
        target = self.sent / (f"{Path(name).stem} (lần 1).xlsx" if mistakes else name)
        department = Department(self.seed * 100 + self.units.index(unit), due)
        department.fill(workspace.forms_dir(PERIOD) / name, target, mistakes=mistakes)
        return target

    def _mended(self, unit: str) -> Path:
        workspace = Office.at(self.root).workspace
        name = form_file_name(PERIOD, unit)
        target = self.sent / f"{Path(name).stem} (lần 2).xlsx"
        Department(self.seed, date(2026, 4, 16)).mend(workspace.back_dir(PERIOD) / name, target)
        return target

    def _no_form(self) -> Path:
        from openpyxl import Workbook

        book = Workbook()
        sheet = book.worksheets[0]
        sheet.append(["STT", "Nội dung", "Kết quả"])
        sheet.append([1, "Báo cáo tháng 4 của phòng", "Đang thực hiện"])
        target = self.sent / "BC thang 4 (1) - SUA.xlsx"
        target.parent.mkdir(parents=True, exist_ok=True)
        book.save(target)
        return target


def noon(day: date) -> datetime:
    """When things come in on that day."""
    return datetime(day.year, day.month, day.day, 10, 30, tzinfo=VIETNAM)
