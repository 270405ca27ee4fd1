"""Files are written whole or not at all, never over somebody's work, and archived by what they contain."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from nq57xl.errors import Nq57Error, WorkbookOpenError
from nq57xl.ledger.outputs import remove_guarded, write_all_guarded, write_guarded
from nq57xl.ledger.store import Ledger
from nq57xl.ledger.workspace import Workspace
from nq57xl.text import files
from tests.ledger_kit import CLOCK


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = tmp_path / "Báo cáo tháng 4"
    root.mkdir()
    return Workspace(root)


@pytest.fixture
def ledger(workspace: Workspace) -> Iterator[Ledger]:
    with Ledger.open(workspace, CLOCK) as opened:
        yield opened


@pytest.fixture
def output(workspace: Workspace) -> Path:
    return workspace.report_dir("2026-04") / "bao-cao-tong-hop.xlsx"


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def locked(*args: object, **kwargs: object) -> None:
    raise PermissionError(13, "The process cannot access the file because it is being used by another process")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# write_atomic, remove


def test_write_atomic(tmp_path: Path) -> None:
    """A file is written with its folders, and written over, and nothing else is left in the folder."""
    path = tmp_path / "Thư mục mới" / "kỳ 4" / "báo cáo.xlsx"
    files.write_atomic(path, b"1")
    files.write_atomic(path, b"2")
    assert path.read_bytes() == b"2"
    assert files.sha256_of(path) == sha(b"2")
    assert names(path.parent) == ["báo cáo.xlsx"]


@pytest.mark.skipif(os.name != "posix", reason="rights as on POSIX")
def test_rights_of_the_folder(tmp_path: Path) -> None:
    """A file has the usual rights, not those of a private temporary file: colleagues read it too."""
    before = os.umask(0o022)
    try:
        files.write_atomic(tmp_path / "a.xlsx", b"1")
    finally:
        os.umask(before)
    assert (tmp_path / "a.xlsx").stat().st_mode & 0o777 == 0o644


def test_open_workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workbook that is open in Excel stays as it was, the message asks to close it, no temporary file is left."""
    path = tmp_path / "báo cáo.xlsx"
    path.write_bytes(b"old")
    monkeypatch.setattr(files, "_PAUSE", 0)
    monkeypatch.setattr(os, "replace", locked)
    with pytest.raises(WorkbookOpenError, match="hãy đóng tệp"):
        files.write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["báo cáo.xlsx"]


def test_file_held_for_a_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A virus scanner that holds the file for a moment is waited for."""
    real, tries = os.replace, iter([True, True, False])
    monkeypatch.setattr(files, "_PAUSE", 0)
    monkeypatch.setattr(os, "replace", lambda *args: locked() if next(tries) else real(*args))
    files.write_atomic(tmp_path / "a.xlsx", b"1")
    assert (tmp_path / "a.xlsx").read_bytes() == b"1"


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """A folder that cannot be is a message about the folder, not about an open workbook."""
    (tmp_path / "out").write_bytes(b"a file with the folder's name")
    with pytest.raises(Nq57Error, match="thư mục") as caught:
        files.write_atomic(tmp_path / "out" / "a.xlsx", b"1")
    assert not isinstance(caught.value, WorkbookOpenError)


def test_failure_while_writing(tmp_path: Path) -> None:
    """Whatever fails while the content is made, the old file stays and no temporary file is left."""
    (tmp_path / "a.xlsx").write_bytes(b"old")
    with pytest.raises(ValueError, match="made"), files.replacing(tmp_path / "a.xlsx") as stream:
        stream.write(b"half")
        raise ValueError("made")
    assert (tmp_path / "a.xlsx").read_bytes() == b"old"
    assert names(tmp_path) == ["a.xlsx"]


def test_remove(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Removing a file that is not there is no error; one that is open is a message."""
    path = tmp_path / "a.xlsx"
    files.remove(path)
    path.write_bytes(b"1")
    monkeypatch.setattr(files, "_PAUSE", 0)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", locked)
        with pytest.raises(WorkbookOpenError):
            files.remove(path)
    files.remove(path)
    assert not path.exists()


# archive


def test_archive(workspace: Workspace) -> None:
    """A file is copied once under its hash with its suffix; the source stays; a second name adds nothing."""
    source = workspace.root / "Báo cáo của phòng.XLSX"
    source.write_bytes(b"content")
    kept = workspace.archive_file(source, sha(b"content"))
    assert kept == workspace.archive / sha(b"content")[:2] / f"{sha(b'content')}.xlsx"
    source.rename(workspace.root / "tên khác.ods")
    assert workspace.archive_file(workspace.root / "tên khác.ods", sha(b"content")) == kept
    assert [path for path in workspace.archive.rglob("*") if path.is_file()] == [kept]
    assert kept.read_bytes() == b"content"


@pytest.mark.parametrize("name", ["x", "x.tên", "x.averylongsuffix", "x.a b", "archive.zip!dir/x"])
def test_odd_suffixes(workspace: Workspace, name: str) -> None:
    """A suffix that is none becomes .bin."""
    assert workspace.archive_bytes(b"1", sha(b"1"), name).name == f"{sha(b'1')}.bin"


def test_archive_of_a_changed_file(workspace: Workspace) -> None:
    """A file that changed since it was hashed is not archived under the wrong name, and nothing half is left."""
    source = workspace.root / "a.xlsx"
    source.write_bytes(b"2")
    with pytest.raises(Nq57Error, match="thay đổi"):
        workspace.archive_file(source, sha(b"1"))
    assert [path for path in workspace.archive.rglob("*") if path.is_file()] == []


def test_damaged_archive(workspace: Workspace) -> None:
    """A copy that no longer is what its name says is as good as none, and is replaced when the file is at hand."""
    kept = workspace.archive_bytes(b"1", sha(b"1"), "a.xlsx")
    kept.write_bytes(b"bit rot")
    assert workspace.archived(sha(b"1")) is None
    assert workspace.archive_bytes(b"1", sha(b"1"), "a.xlsx").read_bytes() == b"1"


# guarded outputs


def test_own_output_is_replaced(ledger: Ledger, workspace: Workspace, output: Path) -> None:
    """The program writes over what it wrote itself."""
    assert write_guarded(ledger, output, b"1") == output
    assert write_guarded(ledger, output, b"2") == output
    assert output.read_bytes() == b"2"
    assert names(output.parent) == [output.name]


def test_edited_output_stays(ledger: Ledger, workspace: Workspace, output: Path) -> None:
    """What somebody edited stays; the output goes beside it, and again into the same file beside it."""
    write_guarded(ledger, output, b"1")
    output.write_bytes(b"edited")
    second = write_guarded(ledger, output, b"2")
    assert second.name == "bao-cao-tong-hop (2).xlsx"
    assert write_guarded(ledger, output, b"3") == second
    second.write_bytes(b"edited too")
    assert write_guarded(ledger, output, b"4").name == "bao-cao-tong-hop (3).xlsx"
    assert (output.read_bytes(), second.read_bytes()) == (b"edited", b"edited too")


@pytest.mark.parametrize("left", [b"", b"\0" * 4096])
def test_what_a_power_cut_leaves_is_nobodys_work(
    ledger: Ledger, workspace: Workspace, output: Path, monkeypatch: pytest.MonkeyPatch, left: bytes
) -> None:
    """A letter that did not reach the disk is written again under its own name; one that was edited stays."""
    edited = output.with_name("b.txt")
    letters = {output: b"letter", edited: b"other"}
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", locked)  # none of them waits for the disk
        write_all_guarded(ledger, letters, lasting=False)
    output.write_bytes(left)
    edited.write_bytes(b"other words")
    written, failed = write_all_guarded(ledger, letters, lasting=False)
    assert (written, failed) == ({output: output, edited: output.with_name("b (2).txt")}, ())
    assert (output.read_bytes(), edited.read_bytes()) == (b"letter", b"other words")


def test_foreign_file_stays(ledger: Ledger, workspace: Workspace, tmp_path: Path) -> None:
    """A file that the program never wrote stays, also outside the workspace; so does a folder of that name."""
    path = tmp_path / "nơi khác" / "a.xlsx"
    path.parent.mkdir()
    path.write_bytes(b"foreign")
    (path.parent / "a (2).xlsx").mkdir()
    third = path.parent / "a (3).xlsx"
    assert write_guarded(ledger, path, b"1") == third
    assert write_guarded(ledger, path, b"2") == third
    assert path.read_bytes() == b"foreign"


def test_content_of_another_path(ledger: Ledger, workspace: Workspace, output: Path) -> None:
    """A file that somebody copied over an output is theirs, although the program wrote that content elsewhere."""
    other = output.with_name("noi-bo.xlsx")
    write_guarded(ledger, other, b"internal")
    output.write_bytes(b"internal")
    assert write_guarded(ledger, output, b"1") != output


def test_identical_content(ledger: Ledger, workspace: Workspace, output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Identical content is not written again: it does not matter that the workbook is open."""
    write_guarded(ledger, output, b"1")
    monkeypatch.setattr(os, "replace", locked)
    assert write_guarded(ledger, output, b"1") == output


def test_open_output(ledger: Ledger, workspace: Workspace, output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An output that is open is a message; once closed it is replaced, not taken for edited."""
    write_guarded(ledger, output, b"1")
    monkeypatch.setattr(files, "_PAUSE", 0)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", locked)
        with pytest.raises(WorkbookOpenError):
            write_guarded(ledger, output, b"2")
    assert write_guarded(ledger, output, b"2") == output
    assert output.read_bytes() == b"2"


def test_output_that_cannot_be_read(
    ledger: Ledger, workspace: Workspace, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An output that another program does not even let read is asked to be closed, not written beside."""
    write_guarded(ledger, output, b"1")
    monkeypatch.setattr(files, "sha256_of", locked)
    with pytest.raises(WorkbookOpenError):
        write_guarded(ledger, output, b"2")
    assert names(output.parent) == [output.name]


def test_workspace_moved(ledger: Ledger, workspace: Workspace, output: Path) -> None:
    """A workspace that was moved as a whole still knows its outputs."""
    write_guarded(ledger, output, b"1")
    ledger.close()
    moved = Workspace(workspace.root.rename(workspace.root.with_name("chỗ mới")))
    again = moved.root / output.relative_to(workspace.root)
    with Ledger.open(moved, CLOCK) as opened:
        assert write_guarded(opened, again, b"2") == again


def test_relative_workspace(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An output has one name in the ledger, from inside the workspace and from outside."""
    monkeypatch.chdir(workspace.root)
    here = Workspace(Path())
    assert here.key_of(here.out / "2026-04" / "a.xlsx") == "out/2026-04/a.xlsx"
    assert here.key_of(workspace.out / "a.xlsx") == workspace.key_of(Path("out/a.xlsx")) == "out/a.xlsx"
    assert here.key_of(Path("../a.xlsx")) == workspace.key_of(tmp_path / "a.xlsx") == (tmp_path / "a.xlsx").as_posix()


def test_remove_guarded(ledger: Ledger, workspace: Workspace, output: Path) -> None:
    """Own files go, with those written beside; an edited one stays unless its content is in the archive."""
    write_guarded(ledger, output, b"1")
    output.write_bytes(b"edited")
    beside = write_guarded(ledger, output, b"2")
    assert not remove_guarded(ledger, output)
    assert (output.exists(), beside.exists()) == (True, False)
    workspace.archive_file(output, sha(b"edited"))
    assert remove_guarded(ledger, output)
    assert not output.exists()
    assert remove_guarded(ledger, output)


def test_require(workspace: Workspace) -> None:
    """A folder without phu-luc.xlsx is no workspace, and the message says how to make one."""
    with pytest.raises(Nq57Error, match="nq57xl init"):
        workspace.require()
    workspace.appendix.write_bytes(b"")
    workspace.require()


def test_names(workspace: Workspace) -> None:
    """The folders and names are those of the contract."""
    root = workspace.root
    assert workspace.forms_dir("2026-04") == root / "out/2026-04/bieu-mau"
    assert workspace.back_dir("2026-04") == root / "out/2026-04/tra-lai"
    assert workspace.report_dir("2026-Q2") == root / "out/2026-Q2/tong-hop"
    assert (workspace.database.name, workspace.backup.name) == ("nq57xl.db", "backup")
    assert (workspace.archive.name, workspace.inbox.name) == ("archive", "inbox")
