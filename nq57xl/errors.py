"""The exceptions that mean "the program cannot go on"; what is wrong in a return is a Finding, never an exception."""

from __future__ import annotations


class Nq57Error(Exception):
    """A failure with a message for the person at the keyboard: Vietnamese, says what to do. Exit code 1."""


class WorkbookOpenError(Nq57Error):
    """A workbook that must be written is open in another program (Windows locks it)."""

    def __init__(self, path: object) -> None:
        super().__init__(f"Không ghi được «{path}» vì tệp đang mở ở chương trình khác: hãy đóng tệp rồi chạy lại lệnh.")


class FileUnreadError(Nq57Error):
    """One file that was handed in cannot be read now, or changed meanwhile: it is told, and tried by the next run."""


class LedgerBusyError(Nq57Error):
    """Another process is writing the ledger; the message names the holder of the lock."""
