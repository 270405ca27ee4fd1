"""Shared folders: what lies in a unit's folder is judged, the answer is laid beside it, and is known as ours."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from nq57xl.commands.answers import make_unit_folders
from nq57xl.commands.collect import collect
from nq57xl.commands.demo import Department
from nq57xl.commands.generate import generate
from nq57xl.commands.office import Office
from nq57xl.commands.watch import Watcher
from nq57xl.text.clock import VIETNAM, Clock
from tests.april_kit import office_in_april

DUE = dt.date(2026, 4, 17)
APRIL, MAY = (Clock(dt.datetime(2026, month, 16, 9, tzinfo=VIETNAM)) for month in (4, 5))


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the forms of April and a folder for each unit."""
    root = tmp_path_factory.mktemp("issued") / "so"
    office_in_april(root)
    make_unit_folders(Office.at(root, APRIL))
    return root


@pytest.fixture
def office(issued: Path, tmp_path: Path) -> Office:
    return Office.at(Path(shutil.copytree(issued, tmp_path / "so")), APRIL)


def form(office: Office, unit: str) -> Path:
    return office.workspace.forms_dir("2026-04") / f"NQ57_2026-04_{unit}.xlsx"


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def look(office: Office, times: int = 2, root: Path | None = None) -> list[tuple[str, str | None]]:
    """So many looks; (verdict, unit) of what was taken in."""
    watcher = Watcher.at(office, root, "2026-04")
    news = [item for _ in range(times) for item in watcher.look() if item.collected]
    return [(one.verdict, one.unit) for item in news if item.collected for one in item.collected.returns]


def test_each_unit_finds_its_answer_in_its_folder(office: Office) -> None:
    """A good return: a page. One with errors: a page that names the marked form, and the form. No form: a receipt."""
    inbox = office.workspace.inbox
    Department(1, DUE).fill(form(office, "QLDT"), inbox / "QLDT" / "tháng 4.xlsx")
    Department(2, DUE).fill(form(office, "VP"), inbox / "VP" / "NQ57_2026-04_VP.xlsx", mistakes=True)
    (inbox / "VP" / "công văn.csv").write_bytes(b"a;b\n1;2\n")
    assert set(look(office)) == {("accepted", "QLDT"), ("rejected", "VP"), ("unrecognised", None)}
    assert names(inbox / "QLDT") == {"tháng 4.xlsx", "ket-qua_NQ57_2026-04_QLDT.html"}
    laid = {"ket-qua_NQ57_2026-04_VP.html", "can-sua_NQ57_2026-04_VP.xlsx", "ket-qua_NQ57_2026-04_công văn.html"}
    assert names(inbox / "VP") == {"NQ57_2026-04_VP.xlsx", "công văn.csv", *laid}
    assert names(inbox / "QLDN") == set()
    page = (inbox / "VP" / "ket-qua_NQ57_2026-04_VP.html").read_text(encoding="utf-8")
    assert "can-sua_NQ57_2026-04_VP.xlsx" in page and "phải sửa" in page
    assert ".csv" in (inbox / "VP" / "ket-qua_NQ57_2026-04_công văn.html").read_text(encoding="utf-8")


def test_another_units_return_counts_and_gets_no_answer_there(office: Office) -> None:
    """B's return in A's folder: B has reported; A's folder holds nothing about it, B's own does."""
    inbox = office.workspace.inbox
    Department(1, DUE).fill(form(office, "QLDT"), inbox / "VP" / "gửi nhầm.xlsx")
    assert look(office) == [("accepted", "QLDT")]
    assert names(inbox / "VP") == {"gửi nhầm.xlsx"}
    assert names(inbox / "QLDT") == {"ket-qua_NQ57_2026-04_QLDT.html"}


def test_what_was_laid_is_never_judged(office: Office) -> None:
    """Further looks pass it over without a word; `collect` of the whole inbox names it as ours."""
    inbox = office.workspace.inbox
    Department(2, DUE).fill(form(office, "VP"), inbox / "VP" / "VP.xlsx", mistakes=True)
    watcher = Watcher.at(office, inbox, "2026-04")
    for _ in range(2):
        list(watcher.look())
    assert len(names(inbox / "VP")) == 3
    assert [list(watcher.look()) for _ in range(4)] == [[]] * 4
    done = {item.source.name: item for item in collect(office, [], "2026-04").returns}
    assert {item.verdict for item in done.values()} == {"duplicate"}
    own = ["can-sua_NQ57_2026-04_VP.xlsx", "ket-qua_NQ57_2026-04_VP.html"]
    assert [[one.code for one in done[name].findings] for name in own] == [["OWN_OUTPUT"]] * 2


def test_the_marked_form_filled_in_where_it_lies_is_the_answer(office: Office) -> None:
    """Saved under its own name it is a return; accepted, it stays, and the page says so."""
    folder = office.workspace.inbox / "VP"
    typist = Department(2, DUE)
    typist.fill(form(office, "VP"), folder / "VP.xlsx", mistakes=True)
    look(office)
    marked = folder / "can-sua_NQ57_2026-04_VP.xlsx"
    typist.mend(marked, marked)
    assert ("accepted", "VP") in look(office)
    assert names(folder) == {"VP.xlsx", marked.name, "ket-qua_NQ57_2026-04_VP.html"}
    assert "Được chấp nhận" in (folder / "ket-qua_NQ57_2026-04_VP.html").read_text(encoding="utf-8")


def test_a_marked_form_that_nobody_needs_any_more_goes(office: Office) -> None:
    """The unit sends a right return by another way: its folder keeps what it put there, and loses the marked form."""
    folder = office.workspace.inbox / "VP"
    typist = Department(2, DUE)
    typist.fill(form(office, "VP"), folder / "VP.xlsx", mistakes=True)
    look(office)
    good = office.workspace.root / "đúng.xlsx"
    typist.fill(form(office, "VP"), good)
    collect(office, [good], "2026-04")
    assert names(folder) == {"VP.xlsx", "ket-qua_NQ57_2026-04_VP.html"}


def test_a_share_elsewhere_and_links_in_it(office: Office, tmp_path: Path) -> None:
    """A watched folder of its own works alike; a unit's folder that is a link gets nothing laid behind it."""
    share, elsewhere = tmp_path / "chung", tmp_path / "khác"
    (share / "qldt").mkdir(parents=True)
    elsewhere.mkdir()
    (share / "VP").symlink_to(elsewhere, target_is_directory=True)
    Department(1, DUE).fill(form(office, "QLDT"), share / "qldt" / "a.xlsx")
    Department(2, DUE).fill(form(office, "VP"), share / "VP.xlsx", mistakes=True)
    assert set(look(office, root=share)) == {("accepted", "QLDT"), ("rejected", "VP")}
    assert names(share / "qldt") == {"a.xlsx", "ket-qua_NQ57_2026-04_QLDT.html"}
    assert names(elsewhere) == set()


def test_last_months_files_are_not_judged_for_this_month(office: Office) -> None:
    """What lies in the inbox from April is no wrong period in May; handed in by name, it is."""
    inbox = office.workspace.inbox
    Department(1, DUE).fill(form(office, "QLDT"), inbox / "QLDT" / "a.xlsx")
    collect(office, [], "2026-04")
    later = Office.at(office.workspace.root, MAY)
    generate(later, "2026-05", ["QLDT"])
    assert {item.verdict for item in collect(later, [], "2026-05").returns} == {"duplicate"}
    named = collect(later, [inbox / "QLDT" / "a.xlsx"], "2026-05").returns
    assert [(item.verdict, item.findings[0].code) for item in named] == [("rejected", "WRONG_PERIOD")]
