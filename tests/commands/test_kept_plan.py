"""A command that writes keeps the parsed plan beside phu-luc.xlsx; whoever finds it whole need not parse again."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest

from nq57xl.commands import office as module
from nq57xl.commands.backup import write_backup
from nq57xl.commands.generate import generate
from nq57xl.commands.init import init
from nq57xl.commands.office import Office
from nq57xl.commands.status import status
from nq57xl.plan.appendix_read import read_appendix
from nq57xl.text.clock import Clock
from tests.april_kit import moment

NAME = "nq57xl.ke-hoach.cache"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """April issued."""
    init(tmp_path, "bql-2026")
    made = Office.at(tmp_path, Clock(moment(1)))
    generate(made, "2026-04")
    return made


def forget(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """As in a new process; returns a list that grows with each parsing."""
    parsed: list[str] = []

    def reading(data: bytes, name: str = "", used: frozenset[str] = frozenset()) -> object:
        parsed.append(name)
        return read_appendix(data, name, used)

    module._parsed.cache_clear()
    monkeypatch.setattr("nq57xl.plan.appendix_read.read_appendix", reading)
    return parsed


def change(office: Office) -> None:
    book = openpyxl.load_workbook(office.workspace.appendix)
    book["Kế hoạch"]["B4"] = "Kế hoạch khác"
    book.save(office.workspace.appendix)


def test_the_next_command_does_not_parse(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """status after generate reads what was kept, and that is the plan as parsed."""
    parsed = forget(monkeypatch)
    plan = status(office, "2026-04").plan
    assert parsed == []
    assert plan == read_appendix(office.workspace.appendix.read_bytes()).plan


def loaded_by(office: Office, command: str) -> set[str]:
    """Names of the modules that a command of its own loads."""
    line = f"['-w', {str(office.workspace.root)!r}, {command!r}]"
    script = f"import sys; from nq57xl.cli import cli; cli({line}, standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, encoding="utf-8", check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_status_loads_no_more_than_it_needs(office: Office) -> None:
    """As a command of its own: neither what judges nor what reads or writes workbooks; log reads no schema, either."""
    loaded = loaded_by(office, "status")
    assert "nq57xl.commands.status" in loaded
    heavy = {"pandas", "pandera", "numpy", "xlsxwriter", "openpyxl", "jinja2", "nq57xl.plan.appendix_read"}
    heavy |= {"nq57xl.results.model", "nq57xl.results.consolidation", "sqlalchemy.dialects.postgresql"}
    assert loaded & heavy == set()
    assert loaded_by(office, "log") & {*heavy, "yaml"} == set()


def test_a_changed_appendix_counts_at_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is parsed again; a command that only shows writes nothing, the next one that writes keeps it."""
    before = (office.workspace.root / NAME).read_bytes()
    change(office)
    parsed = forget(monkeypatch)
    assert office.appendix().plan == read_appendix(office.workspace.appendix.read_bytes()).plan
    status(office, "2026-04")
    assert (len(parsed), (office.workspace.root / NAME).read_bytes()) == (1, before)
    with office.changing("thử"):
        pass
    parsed = forget(monkeypatch)
    status(office, "2026-04")
    assert parsed == []


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"0" * 64 + b"{}"])
def test_a_damaged_one_is_replaced(office: Office, content: bytes) -> None:
    """Whatever stands there, the plan is parsed from the workbook, and the next command that writes puts it right."""
    kept = office.workspace.root / NAME
    before = kept.read_bytes()
    kept.write_bytes(content)
    module._parsed.cache_clear()
    assert status(office, "2026-04").plan == read_appendix(office.workspace.appendix.read_bytes()).plan
    assert kept.read_bytes() == content
    with office.changing("thử"):
        pass
    assert kept.read_bytes() == before


def test_where_it_cannot_be_kept_commands_work(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder stands in its place, or it is too large: every command goes on, and parses."""
    kept = office.workspace.root / NAME
    monkeypatch.setattr("nq57xl.plan.appendix_kept._LIMIT", 10)
    parsed = forget(monkeypatch)
    status(office, "2026-04")
    kept.unlink()
    kept.mkdir()
    with office.changing("thử"):
        status(office, "2026-04")
    assert len(parsed) == 1
    assert kept.is_dir()


def test_it_is_no_part_of_a_backup(office: Office) -> None:
    """A copy of the workspace is parsed anew where it is restored; nothing is lost."""
    target = io.BytesIO()  # beside the workspace: a backup holds whatever stands in it
    write_backup(office, target)
    with zipfile.ZipFile(target) as zipped:
        assert NAME not in zipped.namelist()
        assert "phu-luc.xlsx" in zipped.namelist()
