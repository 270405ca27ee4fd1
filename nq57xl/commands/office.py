"""What every command shares: the workspace, its plan, its ledger, the clock."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from nq57xl.errors import Nq57Error
from nq57xl.ledger.storage import writing
from nq57xl.ledger.store import Ledger
from nq57xl.ledger.workspace import Workspace
from nq57xl.plan.appendix_kept import Appendix
from nq57xl.rules.findings import Entry, Finding, catalogue, make, reworded
from nq57xl.rules.load import load_schema
from nq57xl.rules.schema import Schema
from nq57xl.text import files
from nq57xl.text.clock import Clock, in_vietnam

if TYPE_CHECKING:
    from nq57xl.plan.model import Plan
    from nq57xl.xlsx.cells import RawWorkbook


@frozen
class Office:
    """One office's workspace, as the commands see it."""

    workspace: Workspace
    clock: Clock
    person: str = ""
    """Who is at the keyboard, for the event log; "" where nobody knows."""
    soffice: str | None = None
    """Path of LibreOffice's program; None where there is none."""
    announce: Callable[[str], None] | None = None
    """Hears in words what was done unasked: that an older ledger has been upgraded."""

    @classmethod
    def at(
        cls,
        root: Path,
        clock: Clock | None = None,
        *,
        person: str = "",
        soffice: str | None = None,
        announce: Callable[[str], None] | None = None,
        server: str = "",
    ) -> Office:
        """The office whose workspace is `root`, its ledger on `server` if given; raises Nq57Error when it is none."""
        workspace = Workspace(root, server)
        workspace.require()
        return cls(workspace, clock or Clock(), person, soffice, announce)

    def appendix(self) -> Appendix:
        """The master appendix as it stands now, read only. Raises Nq57Error when it cannot be read."""
        return self._appendix_in(_read(self.workspace.appendix))

    def appendix_with_codes(self) -> Appendix:
        """The master appendix, after the rows that had no code were given one in the file itself.

        The file as it was is kept in backup/. The caller holds the writer's lock.
        """
        from nq57xl.plan.appendix_read import read_appendix

        data = _read(self.workspace.appendix)
        appendix = self._appendix_in(data)
        if appendix.new_codes:
            with self.reading() as ledger:
                appendix = read_appendix(data, self.workspace.appendix.name, ledger.used_codes())
            self.keep_appendix(data)
            files.write_atomic(self.workspace.appendix, appendix.coded(data))
        return appendix

    def put_appendix(self, content: bytes) -> Path:
        """Another master appendix in place of the present one; gives where that is kept. The caller holds the writer's
        lock. Raises WorkbookOpenError while phu-luc.xlsx is open; then nothing is written."""
        path = self.workspace.appendix
        files.require_closed(path)
        kept_at = self.keep_appendix(path.read_bytes())
        files.write_atomic(path, content)
        return kept_at

    def keep_appendix(self, data: bytes) -> Path:
        """A copy of the appendix as it was, in backup/, under a name of its own; returns its path."""
        name = f"phu-luc-{self.clock.now():%Y%m%d-%H%M%S}"
        names = (name, *(f"{name}-{number}" for number in range(2, 1000)))
        path = next(p for p in (self.workspace.backup / f"{item}.xlsx" for item in names) if not p.exists())
        files.write_atomic(path, data)
        return path

    def appendix_to_show(self) -> Appendix:
        """The same for commands that only show: where the file cannot be written now, the codes wait."""
        if self.appendix().new_codes:
            with suppress(Nq57Error, OSError), self.writing("codes", wait=1):
                return self.appendix_with_codes()
        return self.appendix()

    def _appendix_in(self, data: bytes) -> Appendix:
        """What those bytes of the appendix hold: as it was kept, else parsed."""
        return Appendix.kept_in(self.workspace.kept_appendix, data) or _parsed(data, self.workspace.appendix.name)

    def _keep(self) -> None:
        """Keeps the appendix as it stands now; where that cannot be, the next command parses it again."""
        with suppress(Nq57Error, OSError, UnicodeError):
            data = _read(self.workspace.appendix)
            if Appendix.kept_in(self.workspace.kept_appendix, data) is None:
                files.write_atomic(self.workspace.kept_appendix, self._appendix_in(data).kept(data))

    def schema(self) -> Schema:
        """Fields and rules, with the workspace's own overrides."""
        return load_schema(self.workspace.root)

    def lint(self, appendix: Appendix | None = None) -> tuple[Finding, ...]:
        """Findings on the master appendix (default: to show), errors first, by this workspace's criteria and in its
        words."""
        from nq57xl.plan.lint import lint

        appendix = appendix or self.appendix_to_show()
        return lint(appendix.plan, appendix.findings, appendix.places, self.workspace.root)

    def catalogue(self) -> Mapping[str, Entry]:
        """What findings say here: schemas/findings.yml of this workspace over the packaged one."""
        return catalogue(self.workspace.root)

    def in_own_words(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings as this workspace words them (schemas/findings.yml)."""
        found = tuple(findings)
        return reworded(found, self.catalogue()) if found else ()

    @contextmanager
    def reading(self) -> Iterator[Ledger]:
        """The ledger, for a command that changes nothing."""
        with _few_circles(), Ledger.open(self.workspace, self.clock, read_only=True) as ledger:
            yield ledger

    def writing(self, command: str, **wait: float) -> AbstractContextManager[None]:
        """The writer's lock alone; `wait`: seconds, where not as long as usual. Raises LedgerBusyError, Nq57Error."""
        return writing(self.workspace, command, self.clock, self.person, **wait)

    @contextmanager
    def changing(self, command: str) -> Iterator[Ledger]:
        """The ledger under the writer's lock, after a backup copy."""
        with (
            _few_circles(),
            self.writing(command),
            Ledger.open(self.workspace, self.clock, self.person) as ledger,
        ):
            if ledger.upgraded and self.announce:
                self.announce(ledger.upgraded)
            ledger.backup(command)
            yield ledger
            self._keep()

    def read_files(self, copies: Sequence[Path], passwords: Sequence[str] = ()) -> Iterator[RawWorkbook | Finding]:
        """For each copy, in order, its workbook or why there is none; `passwords` are tried on encrypted ones."""
        from nq57xl.returns.workers import read_all
        from nq57xl.xlsx.read import read_bytes

        return read_all(copies, reader=partial(read_bytes, passwords=passwords, soffice=self.soffice))


_log = logging.getLogger(__name__)


def fault(step: str) -> Finding:
    """The exception being handled, as an error of the file that met it: it costs that file, and no other.

    What the program itself says of it goes to Python's log, which shows nothing unless somebody listens.
    """
    _log.debug("fault in %s", step, exc_info=True)
    return make("FILE_FAULT", words={"step": step})


@contextmanager
def _few_circles() -> Iterator[None]:
    """Python looks for circles of objects more seldom: a run makes millions of records, and none of them is in one."""
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


_OBJECTS = 1_000_000
"""Made between two looks: more than a batch of returns leaves. Of forty batches, circles kept 5 MB more."""


@lru_cache(maxsize=8)
def _parsed(data: bytes, name: str) -> Appendix:
    """Read once for each content: one command asks for the plan of many days."""
    from nq57xl.plan.appendix_read import read_appendix

    return read_appendix(data, name)


def moment_of_receipt(at: datetime | None) -> datetime | None:
    """What somebody typed, in Vietnam's time. Raises Nq57Error where the year is none of these days: a slip."""
    if at is not None and at.year // 100 != 20:
        raise Nq57Error(f"Thời điểm nhận ngày {at.day}/{at.month}/{at.year} không thể có: hãy kiểm tra lại năm.")
    return in_vietnam(at) if at is not None else None


def require_year(plan: Plan) -> None:
    """Raises Nq57Error where phu-luc.xlsx does not say of which year the plan is: limits of days follow from it."""
    if not plan.properties.year:
        raise Nq57Error("phu-luc.xlsx chưa có «Năm» của kế hoạch, hoặc ô đó không đọc được: hãy sửa ở trang Kế hoạch.")


def bytes_of(path: Path) -> bytes:
    """Content of a file that a person named. Raises Nq57Error when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Nq57Error(f"Không đọc được «{path}»: hãy kiểm tra đường dẫn và quyền đọc tệp.") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Nq57Error(
            f"Không đọc được {path.name}: {files.reason_of(error)}. Kiểm tra tệp có còn ở thư mục làm việc."
        ) from error
