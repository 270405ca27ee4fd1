"""The folder that an office owns: where each thing stands in it (contract: Workspace)."""

from __future__ import annotations

from pathlib import Path

from attrs import field, frozen

from nq57xl.errors import Nq57Error


@frozen
class Workspace:
    """Paths of one workspace; nothing here changes anything on the disk."""

    root: Path
    server: str = field(default="", repr=False)
    """Address of the PostgreSQL server that holds the ledger, password and all; "" where it is nq57xl.db."""

    @property
    def appendix(self) -> Path:
        """The master appendix, the one file the office edits."""
        return self.root / "phu-luc.xlsx"

    @property
    def inbox(self) -> Path:
        """Where returned workbooks are dropped, and stay."""
        return self.root / "inbox"

    @property
    def database(self) -> Path:
        """The ledger, where it is a file."""
        return self.root / "nq57xl.db"

    @property
    def server_note(self) -> Path:
        """Names the ledger's schema on the server, for everybody who shares the folder."""
        return self.root / "nq57xl.may-chu.json"

    @property
    def lock(self) -> Path:
        """The file that the one writer holds locked."""
        return self.root / "nq57xl.lock"

    @property
    def backup(self) -> Path:
        """Copies of the ledger, made before each command that writes."""
        return self.root / "backup"

    @property
    def archive(self) -> Path:
        """Every file ever collected, by content hash."""
        return self.root / "archive"

    @property
    def out(self) -> Path:
        """Everything that the program writes for people."""
        return self.root / "out"

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

    def key_of(self, path: Path) -> str:
        """How the ledger names an output: posix path relative to the workspace, absolute when it lies outside."""
        # not the file itself: a link is replaced by the output, and must not change its name then
        full, root = path.parent.resolve() / path.name, self.root.resolve()
        return (full.relative_to(root) if full.is_relative_to(root) else full).as_posix()

    def require(self) -> None:
        """Raises Nq57Error when the folder is no workspace."""
        if not self.appendix.is_file():
            raise Nq57Error(
                f"Thư mục «{self.root}» chưa phải thư mục làm việc: không có tệp phu-luc.xlsx. "
                "Hãy chạy «nq57xl init» để tạo, hoặc chỉ đúng thư mục bằng tùy chọn -w."
            )
