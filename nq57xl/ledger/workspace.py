"""The folder that an office owns: where each thing stands; its archive of every file collected, by its content."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from attrs import field, frozen

from nq57xl.errors import FileUnreadError, Nq57Error
from nq57xl.text import files

_SUFFIX = re.compile(r"\.[a-z0-9]{1,5}")


@frozen
class _Place:
    """A path in every workspace, by its name there."""

    name: str

    def __get__(self, workspace: Workspace, _: type[Workspace]) -> Path:
        return workspace.root / self.name


@frozen
class Workspace:
    """Paths of one workspace; its archive alone is written here."""

    root: Path
    server: str = field(default="", repr=False)
    """Address of the PostgreSQL server that holds the ledger, password and all; "" where it is nq57xl.db."""

    appendix = _Place("phu-luc.xlsx")
    """The master appendix, the one file the office edits."""
    kept_appendix = _Place("nq57xl.ke-hoach.cache")
    """The master appendix as the last command that writes parsed it, so that the next need not: a cache."""
    last_year = _Place("nam-truoc.json")
    """In a workspace that goes on from another: what was last said there of the rows that go on."""
    inbox = _Place("inbox")
    """Where returned workbooks are dropped, and stay."""
    database = _Place("nq57xl.db")
    """The ledger, where it is a file."""
    server_note = _Place("nq57xl.may-chu.json")
    """Names the ledger's schema on the server, for everybody who shares the folder."""
    lock = _Place("nq57xl.lock")
    """The file that the one writer holds locked."""
    lock_holder = _Place("nq57xl.lock.json")
    """Who holds it; the lock file itself cannot be read on Windows while it is held."""
    backup = _Place("backup")
    """Copies of the ledger, made before each command that writes."""
    archive = _Place("archive")
    """Every file ever collected, by content hash."""
    out = _Place("out")
    """Everything that the program writes for people."""

    def forms_dir(self, period: str) -> Path:
        """Forms issued for a period, and the sending list."""
        return self.out / period / "bieu-mau"

    def back_dir(self, period: str) -> Path:
        """Forms sent back for correction."""
        return self.out / period / "tra-lai"

    def letters_dir(self, period: str) -> Path:
        """Receipts and notices, ready to send."""
        return self.out / period / "thong-bao"

    def check_book(self, period: str) -> Path:
        """The office's own workbook about what came in."""
        return self.out / period / "kiem-tra.xlsx"

    def report_dir(self, period: str) -> Path:
        """The consolidated workbook and what goes with it."""
        return self.out / period / "tong-hop"

    def upward_dir(self, period: str = "") -> Path:
        """Forms of the office above, filled in for a period; without one: what is matched with its plans."""
        return self.out / period / "cap-tren"

    def key_of(self, path: Path, real_folder: Callable[[Path], Path] = Path.resolve) -> str:
        """How the ledger names an output: posix path relative to the workspace, absolute when it lies outside.

        `real_folder` follows the links of a folder: whoever asks for many files of one lets it be followed once.
        """
        # not the file itself: a link is replaced by the output, and must not change its name then
        full, root = real_folder(path.parent) / path.name, real_folder(self.root)
        return (full.relative_to(root) if full.is_relative_to(root) else full).as_posix()

    def require(self) -> None:
        """Raises Nq57Error when the folder is no workspace."""
        if not self.appendix.is_file():
            raise Nq57Error(
                f"Thư mục «{self.root}» chưa phải thư mục làm việc: không có tệp phu-luc.xlsx. "
                "Hãy chạy «nq57xl init» để tạo, hoặc chỉ đúng thư mục bằng tùy chọn -w."
            )

    def archive_file(self, source: Path, sha256: str) -> Path:
        """Copies the file to archive/ab/<sha256><suffix>; does nothing when it is there already.

        Returns the path in the archive. Raises FileUnreadError when the file cannot be read or has another hash (it
        changed meanwhile), Nq57Error when the archive cannot be written.
        """
        if (found := self.archived(sha256)) is not None:
            return found
        try:
            data = source.read_bytes()
        except OSError as error:
            raise FileUnreadError(f"Không đọc được tệp «{source.name}»: {error.strerror or error}.") from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise FileUnreadError(f"Tệp «{source.name}» thay đổi trong khi đang được sao lưu; hãy chạy lại lệnh.")
        return self.archive_bytes(data, sha256, source.name)

    def archive_bytes(self, data: bytes, sha256: str, name: str) -> Path:
        """The same for content that is no file of its own (a member of an archive); `name` gives the suffix."""
        if (found := self.archived(sha256)) is not None:
            return found
        suffix = Path(name).suffix.lower()
        target = self.archive / sha256[:2] / f"{sha256}{suffix if _SUFFIX.fullmatch(suffix) else '.bin'}"
        with files.replacing(target, staging=self.archive) as copy:
            copy.write(data)
        return target

    def archived(self, sha256: str, *, verify: bool = True) -> Path | None:
        """Where that content stands in the archive; None when it is not there.

        With `verify` the copy is read, and one that is no longer what its name says is as good as none.
        """
        folder = self.archive / sha256[:2]
        usual = folder / f"{sha256}.xlsx"  # asked for first: the folder is listed for every other
        if not verify and usual.exists():
            return usual
        with contextlib.suppress(OSError):  # not there yet
            for path in sorted(path for path in folder.iterdir() if path.stem == sha256):
                with contextlib.suppress(OSError):  # a copy that cannot be read is none
                    if not verify or files.sha256_of(path) == sha256:
                        return path
        return None
