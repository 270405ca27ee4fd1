"""init --from: next year goes on with units, settings and unfinished work; the old year is never written to."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import attrs
import pytest

from nq57xl.commands.init import init
from nq57xl.errors import Nq57Error
from nq57xl.plan.appendix_write import write_appendix
from tests import year_kit as year
from tests.samples import sample_plan

pytestmark = pytest.mark.usefixtures("in_process")

DECEMBER, JANUARY = "2026-12", "2027-01"


def contents(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_the_new_year(tmp_path: Path) -> None:
    """Addresses and templates go on; the same work keeps its code and December's words; done work is asked anew."""
    old = year.start_sample(tmp_path / "2026")
    (old / "templates" / "texts").mkdir(parents=True)
    (old / "templates" / "texts" / "nhac-nhom.txt.j2").write_text("Lời nhắc riêng\n", encoding="utf-8")
    year.issue(old, DECEMBER)
    done: year.Typed = {
        ("led", "II.1.1", "progress"): "done",
        ("led", "II.1.1", "percent"): 1.0,
        ("led", "II.1.1", "completion_date"): dt.date(2026, 12, 10),
        ("led", "II.1.1", "evidence_link"): "https://sxd.dongnai.gov.vn/1",
    }
    assert year.send(old, DECEMBER, done).returns[0].verdict == "accepted"
    before = contents(old)

    plan = sample_plan()
    first, *others = plan.tasks
    new = attrs.evolve(
        plan,
        properties=attrs.evolve(plan.properties, id="mau-2027", year=2027, internal_day=10),
        units=tuple(attrs.evolve(unit, email="") for unit in plan.units),
        tasks=(*others, attrs.evolve(first, code="", number="9")),
    )
    appendix = tmp_path / "2027.xlsx"
    appendix.write_bytes(write_appendix(new))
    made = init(tmp_path / "nam 2027", str(appendix), old)
    assert contents(old) == before
    assert (made.plan.properties.year, made.plan.properties.id, made.plan.properties.internal_day) == (
        2027,
        "mau-2027",
        18,
    )
    assert {unit.code: unit.email for unit in made.plan.units}["VP"] == "vp.sxd@dongnai.gov.vn"
    assert {row.code for row in made.continued if row.finished} == {"II.1.1"}
    assert next(task.number for task in made.plan.tasks if task.code == "I.1") == "9"
    root = made.workspace.root
    assert (root / "templates" / "texts" / "nhac-nhom.txt.j2").is_file()

    year.issue(root, JANUARY)
    led = year.form(root, JANUARY).table("led")
    rows = {row.key: row for row in led.rows} if led else {}
    assert rows["I.1"].texts["previous"].startswith("Tháng 12/2026: Đang thực hiện, 45%")
    assert (rows["II.1.1"].open, rows["II.1.1"].texts["previous"]) == (True, "Chưa có")
    with pytest.raises(Nq57Error, match="phải khác"):
        init(tmp_path / "x", str(appendix), tmp_path / "x")
