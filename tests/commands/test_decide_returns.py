"""Decisions on returns: left out, taken back, received time put right; with a reason, and followed everywhere."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from nq57xl.cli import cli, deciding
from nq57xl.commands.collect import collect
from nq57xl.commands.consolidated import consolidated
from nq57xl.commands.decide import decide
from nq57xl.commands.demo import Department
from nq57xl.commands.generate import generate
from nq57xl.commands.merge import merge
from nq57xl.commands.office import Office
from nq57xl.commands.standing import OfficePeriod, PreviousReports
from nq57xl.commands.status import _WORDS, events, status
from nq57xl.errors import Nq57Error
from nq57xl.ledger.decisions import DecisionKind
from nq57xl.ledger.model import UnitStatus
from nq57xl.outputs.report.units import YES, submission_page
from nq57xl.outputs.texts import status_json, status_text
from nq57xl.results.overview import figures
from tests.april_kit import DUE, PERIOD, copy_of, issued_office, moment

WHY = "Trưởng phòng chưa ký duyệt bản này"


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose unit VP sent three returns: the first and the last accepted, the one between rejected."""
    office, form = issued_office(tmp_path_factory.mktemp("quyết định"), 20)
    root = office.workspace.root
    for day in (14, 18):
        target = root / "gui" / f"lần {day}.xlsx"
        Department(7, DUE).fill(form, target)
        book = load_workbook(target)
        book.properties.title = f"{day}"
        book.save(target)
        collect(office, [target], PERIOD, moment(day))
    target = root / "gui" / "lần 16.xlsx"
    Department(8, DUE).fill(form, target, mistakes=True)
    collect(office, [target], PERIOD, moment(16))
    return root


@pytest.fixture
def office(issued: Path, tmp_path: Path) -> Office:
    """A copy of it, so that each test decides for itself."""
    return copy_of(issued, tmp_path, 21)


def unit(office: Office, code: str = "VP") -> UnitStatus:
    return next(item for item in status(office, PERIOD).status.units if item.code == code)


def file_of(office: Office) -> str:
    return Path(unit(office).file).name


def test_an_excluded_return_falls_back_on_the_accepted_one_before(office: Office) -> None:
    """Excluded by its unit's code: the return before it counts, on time again; readmitted, all is as it was."""
    assert (file_of(office), unit(office).on_time, unit(office).days_late) == ("lần 18.xlsx", False, 1)
    done = decide(office, "exclude", "vp", PERIOD, WHY)
    assert (done.changed, done.record.excluded, done.record.judged.source.name) == (True, WHY, "lần 18.xlsx")
    now = unit(office)
    assert (file_of(office), now.state, now.on_time) == ("lần 14.xlsx", "accepted", True)
    assert [(item.judged.source.name, item.excluded) for item in now.excluded] == [("lần 18.xlsx", WHY)]
    with office.reading() as ledger:
        plan = office.appendix().plan
        assert PreviousReports(ledger, plan).counting(PERIOD)["VP"].judged.source.name == "lần 14.xlsx"
    back = decide(office, "readmit", "VP", PERIOD, "Đã ký duyệt")
    assert (back.changed, back.record.excluded) == (True, "")
    assert (file_of(office), unit(office).excluded) == ("lần 18.xlsx", ())


def test_with_every_accepted_return_excluded_the_unit_is_rejected_and_then_missing(office: Office) -> None:
    """Twice excluded: the rejected return is what stands, its marked form comes back; without that one: missing."""
    marked = office.workspace.back_dir(PERIOD) / f"NQ57_{PERIOD}_VP.xlsx"
    assert not marked.exists(), "the newest return was accepted without warnings"
    decide(office, "exclude", "lần 18.xlsx", PERIOD, WHY)
    assert marked.exists(), "the newest that takes part is now the rejected one"
    decide(office, "exclude", "lần 14.xlsx", PERIOD, WHY)
    assert unit(office).state == "rejected"
    decide(office, "exclude", "lần 16.xlsx", PERIOD, WHY)
    now = unit(office)
    assert (now.state, now.received_at, now.file, now.last_attempt) == ("missing", None, "", None)
    assert len(now.excluded) == 3
    assert not marked.exists()
    assert decide(office, "readmit", "VP", PERIOD, "Nhầm").record.judged.source.name == "lần 18.xlsx"


def test_the_same_command_twice_means_the_same_return(office: Office) -> None:
    """By the unit's code too: another return that counts now is not taken for the one that is decided on already."""
    assert decide(office, "exclude", "VP", PERIOD, WHY).changed
    again = decide(office, "exclude", "VP", PERIOD, WHY)
    assert (again.changed, again.record.judged.source.name) == (False, "lần 18.xlsx")
    assert file_of(office) == "lần 14.xlsx"
    decide(office, "exclude", "lần 14.xlsx", PERIOD, WHY)
    assert decide(office, "readmit", "VP", PERIOD, WHY).changed
    assert not decide(office, "readmit", "VP", PERIOD, WHY).changed
    assert [item.judged.source.name for item in unit(office).excluded] == ["lần 14.xlsx"]
    decide(office, "readmit", "lần 14.xlsx", PERIOD, WHY)
    assert decide(office, "received", "VP", PERIOD, WHY, at=moment(10)).record.judged.source.name == "lần 18.xlsx"
    assert not decide(office, "received", "VP", PERIOD, WHY, at=moment(10)).changed
    assert file_of(office) == "lần 14.xlsx"


def test_deciding_again_says_so_and_changes_nothing(office: Office) -> None:
    """The same decision twice: one row in the log; readmitting what takes part, and the time it has, too."""
    before = len(events(office))
    assert not decide(office, "readmit", "VP", PERIOD, WHY).changed
    assert not decide(office, "received", "VP", PERIOD, WHY, at=moment(18)).changed
    assert len(events(office)) == before
    assert decide(office, "exclude", "lần 18.xlsx", None, WHY).changed
    again = decide(office, "exclude", "lần 18.xlsx", None, "lý do khác")
    assert (again.changed, again.record.excluded) == (False, WHY)
    assert len(events(office)) == before + 1


def test_a_corrected_time_decides_lateness_and_which_return_counts(office: Office) -> None:
    """Received on the 13th, not the 18th: on time, basis corrected, and the return of the 14th is now the newer."""
    decide(office, "received", "lần 18.xlsx", None, "Thư đến trước 8 giờ, máy chủ chậm", at=moment(17, 8))
    now = unit(office)
    assert (now.on_time, now.received_at, now.received_basis) == (True, moment(17, 8), "corrected")
    decide(office, "received", "lần 18.xlsx", None, "Văn thư vào sổ ngày 13", at=moment(13))
    assert file_of(office) == "lần 14.xlsx"


def test_every_event_has_its_word() -> None:
    """Whatever the program notes in the log, `log` tells in Vietnamese."""
    package = Path(deciding.__file__).parent.parent
    calls = re.compile(r"""\b(?:add_)?event\((?:connection, )?"(\w+)\"""")
    noted = {name for path in package.rglob("*.py") for name in calls.findall(path.read_text(encoding="utf-8"))}
    assert {"merge", "export", "edit", "upgrade"} <= noted
    assert noted | set(get_args(DecisionKind)) <= set(_WORDS)


def test_the_event_log_tells_who_what_when_why(office: Office) -> None:
    """Each decision stands in the log with its return, the time before, the reason; `log --json` prints it."""
    decide(office, "received", "VP", PERIOD, "Văn thư nhận ngày 17", at=moment(17))
    decide(office, "exclude", "VP", PERIOD, WHY)
    newest = events(office, PERIOD, last=2)
    assert [(item.what, item.at, item.detail["reason"], item.detail["unit"]) for item in newest] == [
        ("received", moment(21), "Văn thư nhận ngày 17", "VP"),
        ("exclude", moment(21), WHY, "VP"),
    ]
    assert (newest[0].detail["received_at"], newest[0].detail["at"]) == (
        "2026-04-18T09:00:00+07:00",
        "2026-04-17T09:00:00+07:00",
    )
    run = CliRunner().invoke(cli, ["-w", str(office.workspace.root), "log", "--json", "--last", "1"])
    (line,) = json.loads(run.stdout)["events"]
    assert (line["what"], line["detail"]["reason"], line["who"]) == ("exclude", WHY, newest[1].who)
    told = CliRunner().invoke(cli, ["-w", str(office.workspace.root), "log"]).stdout.splitlines()
    assert told[-1].startswith("21/04/2026 09:00") and WHY in told[-1]


def test_status_and_the_report_say_what_was_left_out(office: Office) -> None:
    """`status --json`, the text to paste and the sheet "Tình hình nộp báo cáo" name the return and the reason."""
    decide(office, "exclude", "VP", PERIOD, WHY)
    here = status(office, PERIOD)
    (entry,) = (item for item in status_json(here.status, here.plan, here.period)["units"] if item["code"] == "VP")
    assert [(Path(item["file"]).name, item["reason"], item["verdict"]) for item in entry["excluded"]] == [
        ("lần 18.xlsx", WHY, "accepted")
    ]
    assert f"không đưa vào tổng hợp: {WHY}" in status_text(here.status, here.plan, here.period)
    book = load_workbook(merge(office, PERIOD).sources)
    cells = [str(cell.value) for row in book["Tình hình nộp báo cáo"].iter_rows() for cell in row if cell.value]
    assert any(WHY in text for text in cells)
    traced = {str(row[7].value) for row in book["Nguồn số liệu"].iter_rows(min_row=2)}
    assert "lần 14.xlsx" in traced and "lần 18.xlsx" not in traced


def test_a_unit_that_is_left_out_has_sent_something_all_the_same(office: Office) -> None:
    """The overview's figure "received" is the count of "Có" on the sheet of returns, also with everything left out."""
    for name in ("lần 18.xlsx", "lần 16.xlsx", "lần 14.xlsx"):
        decide(office, "exclude", name, PERIOD, WHY)
    with office.reading() as ledger:
        found = consolidated(OfficePeriod.of(office, ledger, PERIOD))
    lines = [line for line in submission_page(found).lines if line.kind == "row" and "accepted" in line.cells]
    assert figures(found).received == sum(line.cells["received"] == YES for line in lines) == 1
    assert [line.cells["accepted"] for line in lines] == ["Không"] * len(lines)


def test_what_was_left_out_is_not_typed_into_the_next_version_of_a_form(office: Office, tmp_path: Path) -> None:
    """generate --with-support keeps what the newest return says that takes part, not what was left out."""
    decide(office, "exclude", "lần 18.xlsx", PERIOD, WHY)
    decide(office, "exclude", "lần 14.xlsx", PERIOD, WHY)
    form = office.workspace.forms_dir(PERIOD) / f"NQ57_{PERIOD}_QLDT.xlsx"
    Department(7, DUE).fill(form, tmp_path / "phối hợp.xlsx")
    collect(office, [tmp_path / "phối hợp.xlsx"], PERIOD, moment(16))
    (issued,) = generate(office, PERIOD, ["VP"], with_support=True).forms
    with office.reading() as ledger:
        (rejected,) = ledger.find_returns("lần 16.xlsx", sha256=False)
    assert issued.is_new
    assert issued.form.values == rejected.judged.values


def test_a_return_is_named_by_hash_path_or_name(office: Office) -> None:
    """Six letters of the hash, the path and the file name find the same return; what is too short finds none."""
    sha256 = unit(office).sha256
    for wanted in (sha256[:6], sha256[:8].upper(), unit(office).file, "lần 18.xlsx"):
        assert decide(office, "exclude", wanted, None, WHY).record.judged.source.sha256 == sha256
    with pytest.raises(Nq57Error, match="Không có báo cáo nào"):
        decide(office, "exclude", sha256[:5], None, WHY)


def test_an_ambiguous_name_lists_the_candidates(office: Office, tmp_path: Path) -> None:
    """Two files of one name: nothing is decided, both are listed with hash, unit, period and time."""
    form = office.workspace.forms_dir(PERIOD) / f"NQ57_{PERIOD}_QLDT.xlsx"
    Department(7, DUE).fill(form, tmp_path / "khác" / "lần 18.xlsx")
    collect(office, [tmp_path / "khác" / "lần 18.xlsx"], PERIOD, moment(19))
    with pytest.raises(Nq57Error, match="2 báo cáo") as caught:
        decide(office, "exclude", "lần 18.xlsx", None, WHY)
    assert "(VP, kỳ 2026-04, nhận 09:00 ngày 18/04/2026)" in str(caught.value)
    assert f"- {unit(office, 'QLDT').sha256[:10]}: " in str(caught.value)
    assert unit(office).excluded == ()


@pytest.mark.parametrize(
    ("arguments", "exit_code", "told"),
    [
        (["exclude", "VP"], 2, "--reason"),
        (["exclude", "VP", "--reason", "  "], 1, "lý do"),
        (["exclude", "QLDN", "--period", PERIOD, "--reason", "x"], 1, "chưa nộp báo cáo nào"),
        (["received", "VP", "--at", "2026-05-01", "--reason", "x"], 1, "chưa đến"),
        (["received", "VP", "--at", "0001-01-01", "--reason", "x"], 1, "không thể có"),
        (["collect", "--received", "0206-04-16"], 1, "không thể có"),
        (["received", "VP", "--at", "hôm qua", "--reason", "x"], 2, "hôm qua"),
        (["received", "VP", "--reason", "x"], 2, "--at"),
    ],
)
def test_wrong_usage_is_told(
    office: Office, arguments: list[str], exit_code: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing or blank reason, an unknown return, a time to come: exit 2 or 1 with a message, nothing recorded."""
    monkeypatch.setenv("NQ57XL_NOW", "2026-04-21T09:00")
    run = CliRunner().invoke(cli, ["-w", str(office.workspace.root), *arguments])
    assert run.exit_code == exit_code
    assert told in (run.stderr if exit_code == 2 else str(run.exception))
    assert unit(office).excluded == ()


def test_a_folder_named_after_no_day_of_ours_says_nothing(office: Office) -> None:
    """inbox/0001-01-01: the time of receipt is when the file was first seen, and the period can be looked at."""
    folder = office.workspace.inbox / "0001-01-01"
    folder.mkdir(parents=True)
    form = office.workspace.forms_dir(PERIOD) / f"NQ57_{PERIOD}_QLDN.xlsx"
    Department(3, DUE).fill(form, folder / "a.xlsx")
    (found,) = [item for item in collect(office, [], PERIOD).returns if item.unit == "QLDN"]
    assert (found.source.received_basis, found.source.received_at.year) == ("first_seen", 2026)
    assert unit(office, "QLDN").state != "missing"


def test_the_command_prints_the_decision_and_where_the_unit_stands(office: Office) -> None:
    """`exclude --json`: the return, the reason, and which one counts now."""
    root = str(office.workspace.root)
    run = CliRunner().invoke(cli, ["-w", root, "exclude", "VP", "--period", PERIOD, "--reason", WHY, "--json"])
    document = json.loads(run.stdout)
    assert (document["decision"], document["changed"], document["excluded"]) == ("exclude", True, WHY)
    assert (document["state"], document["counting"]) == ("accepted", unit(office).sha256)
    told = CliRunner().invoke(cli, ["-w", root, "readmit", "lần 18.xlsx", "--reason", "Nhầm"]).stdout
    assert told.startswith("Đã đưa trở lại bản tổng hợp: ") and "lần 18.xlsx" in told
