"""A workspace as one file, taken while others work, and made a workspace again; a rehearsal with `verify`."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from nq57xl.cli import cli
from nq57xl.commands.backup import restore, write_backup
from nq57xl.commands.collect import collect
from nq57xl.commands.generate import generate
from nq57xl.commands.init import init
from nq57xl.commands.merge import merge
from nq57xl.commands.office import Office
from nq57xl.commands.status import status
from nq57xl.errors import Nq57Error
from nq57xl.text.clock import Clock
from tests.april_kit import moment
from tests.commands.test_commands_loop import filled


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """April issued, one return accepted, merged."""
    root = tmp_path / "Ban Quản lý"
    init(root, "bql-2026")
    office = Office.at(root, Clock(moment(1)))
    generate(office, "2026-04")
    collect(office, [filled(office, "QLDT", tmp_path / "a.xlsx")], "2026-04", moment(15))
    merge(office, "2026-04")
    return office


def test_backup_and_restore_are_one_command_each(office: Office, tmp_path: Path) -> None:
    """Restored elsewhere everything agrees, and the month goes on: a further return is collected there."""
    file, there = tmp_path / "sao lưu.zip", tmp_path / "máy khác"
    done = CliRunner().invoke(cli, ["-w", str(office.workspace.root), "backup", str(file)])
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(cli, ["restore", str(file), str(there)])
    assert (done.exit_code, "0 điểm không khớp" in done.stderr) == (0, True), done.output
    restored = Office.at(there, Clock(moment(1)))
    assert [unit.state for unit in status(restored, "2026-04").status.units] == [
        unit.state for unit in status(office, "2026-04").status.units
    ]
    again = collect(restored, [filled(restored, "VP", tmp_path / "b.xlsx")], "2026-04", moment(15))
    assert [item.verdict for item in again.returns] == ["accepted"]


def test_a_backup_takes_the_place_of_no_file(office: Office) -> None:
    """A name that is taken, by an earlier backup or anything else: words, exit 1, the file stays as it was."""
    taken = office.workspace.root / "sao lưu.zip"
    taken.write_bytes(b"last month's")
    done = CliRunner().invoke(cli, ["-w", str(office.workspace.root), "backup", str(taken)])
    assert (done.exit_code, str(done.exception)) == (1, f"«{taken}» đã có: hãy chọn tên tệp khác.")
    assert taken.read_bytes() == b"last month's"
    assert not list(office.workspace.root.glob(".*nq57tmp"))


def test_a_damaged_backup_leaves_no_half_workspace(office: Office, tmp_path: Path) -> None:
    """Bytes of its last member are changed: words, and the folder is not there, so that a sound copy can go there."""
    file, there = tmp_path / "sao lưu.zip", tmp_path / "máy khác"
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.writestr("phu-luc.xlsx", office.workspace.appendix.read_bytes())
        zipped.writestr("inbox/a.txt", b"abcdefgh")
    file.write_bytes(file.read_bytes().replace(b"abcdefgh", b"abcdefgX"))
    done = CliRunner().invoke(cli, ["restore", str(file), str(there)])
    assert (done.exit_code, "hỏng hoặc chép chưa trọn" in str(done.exception), there.exists()) == (1, True, False)


def test_a_backup_with_broken_bytes_is_told(office: Office, tmp_path: Path) -> None:
    """Packed members, bytes of which were changed or whose end is missing: words each time, and no folder is left."""
    stream, there = io.BytesIO(), tmp_path / "máy khác"
    write_backup(office, stream)
    whole = stream.getvalue()
    with zipfile.ZipFile(stream) as zipped:
        starts = [entry.header_offset + 90 for entry in zipped.infolist() if entry.compress_size > 400][:6]
    for start in starts:
        for part in (b"\xff" * 40, bytes(range(40))):
            with pytest.raises(Nq57Error, match="hỏng hoặc chép chưa trọn"):
                restore(whole[:start] + part + whole[start + 40 :], there)
            assert not there.exists()


def test_a_backup_holds_files_whatever_their_day_and_name(office: Office, tmp_path: Path) -> None:
    """A file from before 1980, and one whose name is in no encoding of ours: both are in the backup, and restored."""
    inbox = office.workspace.inbox
    (inbox / "cũ.xlsx").write_bytes(b"old")
    os.utime(inbox / "cũ.xlsx", (0, 0))
    odd = inbox / "b\udce1o.xlsx"
    try:
        odd.write_bytes(b"odd")
    except (OSError, UnicodeError):  # systems whose names are always Unicode
        odd = inbox / "cũ.xlsx"
    stream = io.BytesIO()
    write_backup(office, stream)
    restore(stream.getvalue(), tmp_path / "máy khác")
    there = {path.read_bytes() for path in (tmp_path / "máy khác" / "inbox").iterdir()}
    assert there >= {b"old", odd.read_bytes()}


def test_a_backup_that_lost_a_file_is_told(office: Office, tmp_path: Path) -> None:
    """Without one archived return the restored workspace is named incomplete, and the command fails."""
    file = tmp_path / "sao lưu.zip"
    assert CliRunner().invoke(cli, ["-w", str(office.workspace.root), "backup", str(file)]).exit_code == 0
    poorer = tmp_path / "thiếu.zip"
    with zipfile.ZipFile(file) as whole, zipfile.ZipFile(poorer, "w") as part:
        kept = [name for name in whole.namelist() if not name.startswith("archive/")]
        assert len(kept) < len(whole.namelist())
        for name in kept:
            part.writestr(name, whole.read(name))
    done = CliRunner().invoke(cli, ["restore", str(poorer), str(tmp_path / "máy khác")])
    assert done.exit_code == 1
    assert "không có trong archive/" in done.stderr


def test_a_backup_is_restored_where_ledgers_are_on_a_server(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NQ57XL_LEDGER is set, as on every PC of such an office: the copy is verified as a file; how to go on is told."""
    file, there = tmp_path / "sao lưu.zip", tmp_path / "máy khác"
    with file.open("wb") as stream:
        write_backup(office, stream)
    monkeypatch.setenv("NQ57XL_LEDGER", "postgresql+psycopg://nq57:x@127.0.0.1:1/khong-co")
    done = CliRunner().invoke(cli, ["restore", str(file), str(there)])
    assert done.exit_code == 0, done.output
    assert "0 điểm không khớp" in done.output
    assert "ledger copy" in done.output
    assert (there / "nq57xl.db").is_file()


def test_nothing_is_restored_over_a_workspace(office: Office, tmp_path: Path) -> None:
    """A folder that is there, and a file that is no backup: words, exit 1, nothing written."""
    (tmp_path / "lạ.zip").write_bytes(b"PK no zip")
    for words in (
        ["restore", str(tmp_path / "lạ.zip"), str(tmp_path / "mới")],
        ["restore", str(tmp_path / "lạ.zip"), str(office.workspace.root)],
    ):
        done = CliRunner().invoke(cli, words)
        assert done.exit_code == 1
        assert not (tmp_path / "mới").exists()
