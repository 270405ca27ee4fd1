"""waive: what has been explained for good is shown as waived and not asked again, until it ends."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from nq57xl.cli import cli
from nq57xl.commands.decide import end_waiver, waive, waivers
from nq57xl.commands.status import status
from nq57xl.errors import Nq57Error
from tests import year_kit as year
from tests.postgresql import copied

APRIL, MAY, JUNE = "2026-04", "2026-05", "2026-06"
ODD: year.Typed = {("led", "I.1", "progress"): "not_started", ("led", "I.1", "percent"): 0.2}
"""A percentage beside "Chưa thực hiện": a warning, CONTRADICTION."""
WHY = "Đã giải trình tại công văn 12/VP"


@pytest.fixture(scope="module")
def april(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose unit VP sent one odd row for April."""
    root = year.start(tmp_path_factory.mktemp("tháng tư") / "van phong")
    year.issue(root, APRIL, "VP")
    done = year.send(root, APRIL, ODD)
    assert [item.verdict for item in done.returns] == ["accepted_with_warnings"]
    return root


@pytest.fixture
def root(april: Path, tmp_path: Path) -> Path:
    """A copy of it, so that each test waives for itself."""
    return copied(april, tmp_path / "van phong")


def state(root: Path, period: str) -> tuple[str, int]:
    """State of VP and how many warnings it still has."""
    here = status(year.at(root, year.moment(period, 16)), period).status
    return next((unit.state, unit.warnings) for unit in here.units if unit.code == "VP")


def test_a_waived_warning_is_shown_and_not_asked(root: Path) -> None:
    """The return is accepted, what had to go back is gone, and the finding says until when and why."""
    office = year.at(root, year.moment(APRIL, 16))
    back = office.workspace.back_dir(APRIL)
    assert (state(root, APRIL), [path.name for path in back.iterdir()]) == (
        ("accepted_with_warnings", 1),
        ["NQ57_2026-04_VP.xlsx"],
    )
    done = waive(office, "vp", "contradiction", "tháng 5/2026", WHY, task="i.1", field="percent")
    assert (done.covered, done.waiver.task, done.waiver.until, done.problems) == (1, "I.1", MAY, ())
    assert (state(root, APRIL), [*back.iterdir()]) == (("accepted", 0), [])
    letter = office.workspace.letters_dir(APRIL) / "NQ57_2026-04_VP.txt"
    assert "không có điểm nào phải sửa" in letter.read_text(encoding="utf-8")


def test_it_holds_for_later_returns_and_ends_by_itself(root: Path) -> None:
    """In May the same oddity is accepted as it is collected; in June it is asked again."""
    waive(year.at(root, year.moment(APRIL, 16)), "VP", "CONTRADICTION", MAY, WHY)
    year.issue(root, MAY, "VP")
    found = year.send(root, MAY, ODD).returns[0]
    odd = next(item for item in found.findings if item.code == "CONTRADICTION")
    assert (found.verdict, odd.waived and (odd.waived.until, odd.waived.reason)) == ("accepted", (MAY, WHY))
    assert odd.fix == f"Đã được miễn giải trình đến hết tháng 5/2026: {WHY}."
    year.issue(root, JUNE, "VP")
    assert year.send(root, JUNE, ODD).returns[0].verdict == "accepted_with_warnings"


def test_another_row_is_asked_as_before(root: Path) -> None:
    """A waiver of one row covers that row alone."""
    waive(year.at(root, year.moment(APRIL, 16)), "VP", "CONTRADICTION", MAY, WHY, task="I.1")
    year.issue(root, MAY, "VP")
    more: year.Typed = {("led", "II.3", "progress"): "not_started", ("led", "II.3", "percent"): 0.2}
    found = year.send(root, MAY, {**ODD, **more}).returns[0]
    asked = {item.task for item in found.findings if item.asks}
    assert (found.verdict, asked) == ("accepted_with_warnings", {"II.3"})


def test_ended_by_hand(root: Path) -> None:
    """Ended in May: April stays as it was, May is asked again; nothing is deleted from the ledger."""
    waive(year.at(root, year.moment(APRIL, 16)), "VP", "CONTRADICTION", "2026", WHY)
    year.issue(root, MAY, "VP")
    year.send(root, MAY, ODD)
    assert (state(root, APRIL), state(root, MAY)) == (("accepted", 0), ("accepted", 0))
    office = year.at(root, year.moment(MAY, 16))
    end_waiver(office, 1)
    assert (state(root, APRIL), state(root, MAY)) == (("accepted", 0), ("accepted_with_warnings", 1))
    assert [(item.id, item.until, item.ended) for item in waivers(office)] == [(1, "2026", MAY)]
    with pytest.raises(Nq57Error, match="từ trước"):
        end_waiver(office, 1)
    with sqlite3.connect(office.workspace.database) as connection:
        assert connection.execute("SELECT count(*) FROM waivers").fetchone() == (2,)


@pytest.mark.parametrize(
    ("wanted", "reason", "said"),
    [
        (("VP", "REQUIRED_BLANK", MAY), WHY, "là điểm phải sửa"),
        (("VP", "TAKEN_WITH_ERROR", MAY), WHY, "là điểm phải sửa"),
        (("VP", "NUMBER_FROM_TEXT", MAY), WHY, "không phải điểm nên xem lại"),
        (("VP", "NO_SUCH", MAY), WHY, "Không có loại điểm nên xem lại"),
        (("XX", "CONTRADICTION", MAY), WHY, "Không có đơn vị"),
        (("VP", "CONTRADICTION", "2026-03"), WHY, "trước kỳ"),
        (("VP", "CONTRADICTION", MAY), "  ", "Chưa nêu lý do"),
    ],
)
def test_what_cannot_be_waived(root: Path, wanted: tuple[str, str, str], reason: str, said: str) -> None:
    """An error is put right, not waived; unknown names, past periods and silence are refused; nothing is recorded."""
    office = year.at(root, year.moment(APRIL, 16))
    with pytest.raises(Nq57Error, match=said):
        waive(office, *wanted, reason)
    assert waivers(office) == ()


def test_the_command(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`waive`, `waive --list`, `waive --end`, and the waiver in the JSON of `check`; a half command is wrong usage."""
    monkeypatch.setenv("NQ57XL_NOW", "2026-04-16T10:00")
    run = CliRunner().invoke
    given = ["-w", str(root), "waive"]
    made = run(cli, [*given, "VP", "CONTRADICTION", "--until", "2026-Q2", "--reason", WHY, "--json"])
    assert (made.exit_code, json.loads(made.stdout)["covered"]) == (0, 1)
    listed = json.loads(run(cli, [*given, "--list", "--json"]).stdout)["waivers"]
    assert [(item["id"], item["unit"], item["until"], item["ended"]) for item in listed] == [(1, "VP", "2026-Q2", None)]
    sent = next((root / "gửi" / APRIL).iterdir())
    checked = run(cli, ["-w", str(root), "check", str(sent), "--json"])
    found = json.loads(checked.stdout)["returns"][0]
    told = [item.get("waived") for item in found["findings"] if item["severity"] == "warning"]
    assert (found["verdict"], told) == ("accepted", [{"until": "2026-Q2", "reason": WHY}])
    assert run(cli, [*given, "--end", "1"]).exit_code == 0
    assert run(cli, [*given, "VP"]).exit_code == 2
