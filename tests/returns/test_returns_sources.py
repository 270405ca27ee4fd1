"""Which files were handed in, and when."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from nq57xl.errors import Nq57Error
from nq57xl.returns.sources import gather
from nq57xl.text.clock import VIETNAM
from nq57xl.xlsx.limits import LIMITS

NOW = datetime(2026, 4, 20, 9, 30, tzinfo=VIETNAM)


def put(path: Path, data: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def names(folder: Path) -> list[str]:
    sources, problems = gather([folder], received=None, now=NOW, inbox=None)
    assert problems == []
    return [Path(source.path).relative_to(folder).as_posix() for source in sources]


def test_folders_are_read_in_a_fixed_order(tmp_path: Path) -> None:
    """Every file below a folder, sorted, with Vietnamese letters and blanks in names."""
    for name in ("b.xlsx", "a/Báo cáo tháng 4.xlsx", "a/z.xlsx", "Phòng Quản lý/x.ods"):
        put(tmp_path / name)
    assert names(tmp_path) == ["Phòng Quản lý/x.ods", "a/Báo cáo tháng 4.xlsx", "a/z.xlsx", "b.xlsx"]


def test_noise_is_left_out(tmp_path: Path) -> None:
    """Owner files and what systems leave in folders were handed in by nobody."""
    for name in ("~$a.xlsx", ".DS_Store", "Thumbs.db", "desktop.ini", "Desktop.ini", ".~lock.a.xlsx#", "._a.xlsx"):
        put(tmp_path / name)
    put(tmp_path / "a.xlsx")
    assert names(tmp_path) == ["a.xlsx"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A link inside a folder leads out of it: it is not followed, and told."""
    put(tmp_path / "elsewhere" / "secret.xlsx")
    put(tmp_path / "inbox" / "a.xlsx")
    try:
        (tmp_path / "inbox" / "b.xlsx").symlink_to(tmp_path / "elsewhere" / "secret.xlsx")
        (tmp_path / "inbox" / "more").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    except OSError:
        pytest.skip("this system makes no links")
    sources, problems = gather([tmp_path / "inbox"], received=None, now=NOW, inbox=None)
    assert [source.name for source in sources] == ["a.xlsx"]
    assert [(source.name, source.sha256, finding.code) for source, finding in problems] == [
        ("b.xlsx", "", "FILE_UNREAD"),
        ("more", "", "FILE_UNREAD"),
    ]


def test_a_folder_that_cannot_be_listed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in it is not received; the office learns of it, and the other files are taken."""
    for name in ("a.xlsx", "kín/b.xlsx"):
        put(tmp_path / name)
    real = os.scandir

    def closed(path: str) -> Any:  # noqa: ANN401
        if Path(path).name == "kín":
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", closed)
    sources, ((problem, finding),) = gather([tmp_path], received=None, now=NOW, inbox=None)
    assert [source.name for source in sources] == ["a.xlsx"]
    assert (problem.name, problem.sha256, finding.code) == ("kín", "", "FILE_UNREAD")


def test_the_same_file_twice_is_one_source(tmp_path: Path) -> None:
    """A file given by itself and with its folder is taken once."""
    path = put(tmp_path / "a.xlsx")
    sources, _ = gather([path, tmp_path, path], received=None, now=NOW, inbox=None)
    assert [source.path for source in sources] == [str(path)]


def test_hash_and_size(tmp_path: Path) -> None:
    """A source holds the file's name, size and SHA-256."""
    path = put(tmp_path / "a.xlsx", b"abc" * 1000)
    ((source,), _) = gather([path], received=None, now=NOW, inbox=None)
    assert (source.name, source.size, source.sha256) == ("a.xlsx", 3000, hashlib.sha256(b"abc" * 1000).hexdigest())


def test_missing_path(tmp_path: Path) -> None:
    """A path that does not exist stops the command with a message that names it."""
    with pytest.raises(Nq57Error, match="khong-co"):
        gather([tmp_path / "khong-co"], received=None, now=NOW, inbox=None)


def received_of(path: Path, given: Path, inbox: Path | None, option: datetime | None = None) -> tuple[str, str]:
    sources, _ = gather([given], received=option, now=NOW, inbox=inbox)
    source = next(item for item in sources if item.path == str(path))
    return source.received_at.isoformat(), source.received_basis


def test_received_first_seen(tmp_path: Path) -> None:
    """Without anything else a file was received when it was first seen, in Vietnam's time."""
    path = put(tmp_path / "a.xlsx")
    assert received_of(path, tmp_path, tmp_path) == ("2026-04-20T09:30:00+07:00", "first_seen")


def test_received_folder(tmp_path: Path) -> None:
    """A day in the name of a folder below the inbox, or of the folder that was given, is the day of receipt."""
    inbox = tmp_path / "inbox"
    path = put(inbox / "2026-04-16" / "Phòng A" / "a.xlsx")
    expected = ("2026-04-16T00:00:00+07:00", "folder")
    assert received_of(path, inbox, inbox) == expected
    assert received_of(path, path, inbox) == expected
    assert received_of(path, inbox / "2026-04-16", None) == expected
    assert received_of(path, inbox / "2026-04-16" / "Phòng A", inbox) == expected


def test_received_folder_outside_the_inbox(tmp_path: Path) -> None:
    """A day in a folder name above what was given says nothing; nor does a name that is no day."""
    path = put(tmp_path / "2026-04-16" / "x" / "a.xlsx")
    assert received_of(path, path.parent, tmp_path / "inbox")[1] == "first_seen"
    wrong = put(tmp_path / "inbox" / "2026-13-40" / "b.xlsx")
    assert received_of(wrong, tmp_path / "inbox", tmp_path / "inbox")[1] == "first_seen"


def test_received_option(tmp_path: Path) -> None:
    """The option wins over the folder; a time without a zone is Vietnam's."""
    path = put(tmp_path / "2026-04-16" / "a.xlsx")
    told = datetime(2026, 4, 15, 8, 0)
    assert received_of(path, tmp_path, tmp_path, told) == ("2026-04-15T08:00:00+07:00", "option")
    utc = datetime(2026, 4, 15, 1, 0, tzinfo=UTC)
    assert received_of(path, tmp_path, tmp_path, utc) == ("2026-04-15T08:00:00+07:00", "option")


def test_file_over_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file over the limit is a problem with name, size and hash, and no source."""
    monkeypatch.setattr(LIMITS, "file_bytes", 100)
    path = put(tmp_path / "a.xlsx", b"y" * 101)
    sources, ((source, finding),) = gather([path], received=None, now=NOW, inbox=None)
    assert (sources, source.size, source.sha256) == ([], 101, hashlib.sha256(b"y" * 101).hexdigest())
    assert (finding.code, finding.severity) == ("FILE_TOO_LARGE", "error")
