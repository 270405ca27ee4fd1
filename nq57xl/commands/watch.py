"""watch: looks at a folder again and again, and collects each file once it is fully written.

By looking, not by events: network shares send none. The ledger's lock is held only while something is collected.
"""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import attrs
from attrs import field, frozen

from nq57xl.commands.answers import is_answer_name, make_unit_folders
from nq57xl.commands.collect import Collected, collect
from nq57xl.commands.office import Office
from nq57xl.commands.standing import OfficePeriod
from nq57xl.errors import LedgerBusyError, Nq57Error
from nq57xl.plan.model import Period
from nq57xl.returns.model import JudgedReturn
from nq57xl.returns.sources import is_system_file
from nq57xl.text.files import sha256_of
from nq57xl.xlsx.limits import LIMITS
from nq57xl.xlsx.package import without_tail

_STILL = 2
"""Looks in a row that find a file unchanged before it is taken."""
_PATIENCE = 6
"""The same for one that is empty or an archive without its end: the rest may be on its way."""
_LONGEST_WAIT = 32
"""Looks between two tries on a file that could not be collected."""
_AWAY, _FAILED = "away", "failed"

_Pause = Callable[[float], bool]
"""Waits that many seconds; True: it is time to stop."""


@frozen
class WatchNews:
    """What there is to tell of one look."""

    message: str = ""
    """For the person at the keyboard; what goes on being so is said once."""
    collected: Collected | None = None
    """A run that took something in; what was known before the watch began is not in it again."""


@attrs.define
class _Seen:
    """What is known of one file."""

    look: tuple[int, int]
    since: int
    """Number of the look that first saw it so."""
    done: bool = False
    tries: int = 0
    """In vain."""
    due: int = 0
    """Number of the look at which it may be tried again."""


@attrs.define
class Watcher:
    """Looks at one folder, and remembers what it has seen there."""

    office: Office
    root: Path
    period: str | None
    """Code; None: the one issued last, whichever that is when something arrives."""
    latest: Period
    """The period that was collected for last."""
    quiet: bool = False
    """What the ledger knows is passed over: for a desk that takes files in itself, and looks again at each start."""
    looks: int = 0
    _seen: dict[Path, _Seen] = field(factory=dict)
    _said: dict[str, str] = field(factory=dict)
    """What goes on being so: what it is about -> message."""
    _begun: bool = False

    @classmethod
    def at(
        cls,
        office: Office,
        folder: Path | None = None,
        period_code: str | None = None,
        *,
        unit_folders: bool = False,
        quiet: bool = False,
    ) -> Watcher:
        """For a folder (default: the inbox), in which with `unit_folders` each unit gets one of its own.

        Raises Nq57Error for a folder or period that is none; then nothing is made.
        """
        with office.reading() as ledger:
            latest = OfficePeriod.of(office, ledger, period_code).period
        root = folder or office.workspace.inbox
        if folder is None:
            root.mkdir(exist_ok=True)
        if unit_folders:
            make_unit_folders(office, root)
        if not root.is_dir():
            raise Nq57Error(f"Không có thư mục «{root}» để theo dõi: hãy kiểm tra lại đường dẫn.")
        return cls(office, root, period_code, latest, quiet)

    def watch(self, interval: float, pause: _Pause, *, once: bool = False) -> Iterator[WatchNews]:
        """Looks again and again until `pause` says stop; `once`: as often as it takes to see that a file lies still.

        Nothing is raised: a share that goes away, a file that is held, a ledger that is busy are told and tried again.
        """
        while True:
            yield from self.look()
            if (once and self.looks >= _STILL) or pause(interval):
                return

    def look(self) -> Iterator[WatchNews]:
        """One look: what was taken in, and what there is to tell."""
        self.looks += 1
        try:
            found = dict(_files_below(self.root))
        except OSError:
            yield from self._say(_AWAY, f"Không truy cập được «{self.root}»; sẽ thử lại cho đến khi có lại.")
            return
        if self._said.pop(_AWAY, ""):
            yield WatchNews(f"Đã truy cập lại được «{self.root}».")
        ready: list[Path] = []
        for path, look in found.items():
            # files that went away are remembered: a share that comes back is not collected anew
            seen = self._seen.get(path)
            if seen is None or seen.look != look:
                seen = self._seen[path] = _Seen(look, self.looks)
            still = self.looks - seen.since + 1  # looks in a row that found it so
            if seen.done or still < _STILL or self.looks < seen.due:
                continue
            state = _arrival_state(path)
            if state == "held":
                yield from self._say(str(path), f"«{path.name}» đang mở hoặc đang được ghi; sẽ nhận khi xong.")
            elif state == "whole" or still >= _PATIENCE:
                ready.append(path)
        yield from self._take(ready)

    def _say(self, about: str, message: str) -> Iterator[WatchNews]:
        """The message, unless it was said and goes on being so."""
        if self._said.get(about) != message:
            self._said[about] = message
            yield WatchNews(message)

    def _take(self, ready: Sequence[Path]) -> Iterator[WatchNews]:
        """Collects the files; one by one, those never tried first, once some could not be collected together."""
        if any(self._seen[path].tries for path in ready):
            ready = sorted(ready, key=lambda path: self._seen[path].tries)[:1]
        ready = [path for path in ready if not self._is_ours(path)]
        if not ready:
            return
        try:
            done = collect(self.office, ready, self.period, root=self.root)
        except LedgerBusyError as error:
            yield from self._say(_FAILED, f"{error} Sẽ tự nhận khi đến lượt.")
            return
        except (Nq57Error, OSError) as error:
            for path in ready:
                self._wait(path)
            others = f" và {len(ready) - 1} tệp khác" if len(ready) > 1 else ""
            yield from self._say(_FAILED, f"Chưa nhận được «{ready[0].name}»{others}. {error} Sẽ thử lại.")
            return
        retried = any(self._seen[path].tries for path in ready)
        lines = [item for item in done.returns if not item.source.sha256]
        unread = {Path(item.source.path) for item in lines if item.findings[0].code != "FILE_EMPTY"}
        for path in ready:
            if path in unread:  # gone, or held by another program: not received, so it comes again
                self._wait(path)
                continue
            self._seen[path].done = True
            self._said.pop(str(path), "")
        self._said.pop(_FAILED, "")
        yield from self._tell(done, retried=retried)

    def _wait(self, path: Path) -> None:
        """The file was tried in vain: again later, ever more seldom."""
        seen = self._seen[path]
        seen.tries += 1
        seen.due = self.looks + min(2**seen.tries, _LONGEST_WAIT)

    def _is_ours(self, path: Path) -> bool:
        """An answer that was laid there; passed over without a word. One that a unit has filled in is none."""
        if not (self.quiet or is_answer_name(path.name)):
            return False
        try:
            with self.office.reading() as ledger:
                sha256 = sha256_of(path)
                met = ledger.known_files([sha256]).get(sha256)
                judged = self.quiet and met is not None and not met.is_shut(self.latest.code, unlocking=False)
                self._seen[path].done = judged or bool(ledger.output_hashes([sha256]))
        except (Nq57Error, OSError):
            return False
        return self._seen[path].done

    def _tell(self, done: Collected, *, retried: bool) -> Iterator[WatchNews]:
        """The run without what the ledger knew before the watch began; after a run that was cut short, what it took."""
        lines = [self._as_recorded(item) for item in done.returns] if retried else list(done.returns)
        if not self._begun:
            known = [item for item in lines if item.verdict == "duplicate"]
            lines = [item for item in lines if item.verdict != "duplicate"]
            if known and not self.quiet:
                yield WatchNews(f"{len(known)} tệp đã được nhận từ trước.")
        self._begun = True
        if done.period.code != self.latest.code:
            self.latest = done.period
            yield WatchNews(f"Từ đây nhận cho kỳ {done.period.title}, kỳ phát hành gần nhất.")
        yield WatchNews(collected=attrs.evolve(done, returns=tuple(lines)))

    def _as_recorded(self, item: JudgedReturn) -> JudgedReturn:
        """The verdict on record for a file that an earlier try recorded without coming to tell it."""
        if item.verdict != "duplicate":
            return item
        with self.office.reading() as ledger:
            record = ledger.return_by_hash(item.source.sha256)
        return item if record is None else attrs.evolve(record.judged, source=item.source, values=())


_Arrival = Literal["whole", "half", "held"]
"""`half`: empty, or an archive without its end (workbooks are archives); `held`: not to be opened now."""

_UNFINISHED = (".tmp", ".temp", ".part", ".partial", ".crdownload", ".download", ".filepart", ".opdownload")
"""Suffixes under which browsers, mail programs and copying programs write."""


def _files_below(folder: Path) -> Iterator[tuple[Path, tuple[int, int]]]:
    """The files in a folder and below, in a fixed order; links, hidden, owner and unfinished files are none.

    Each with its size and the nanosecond of its last change: equal in two looks, nobody wrote in between.
    Raises OSError when the folder cannot be listed: a share that is away looks different from an empty one.
    """
    inner: list[Path] = []
    for path in sorted(folder.iterdir()):
        try:
            found = path.lstat()
        except FileNotFoundError:  # gone between listing and looking
            continue
        if stat.S_ISDIR(found.st_mode):
            inner.append(path)
        elif stat.S_ISREG(found.st_mode) and not (
            is_system_file(path.name) or path.name.startswith((".", "~")) or path.name.lower().endswith(_UNFINISHED)
        ):
            yield path, (found.st_size, found.st_mtime_ns)
    for path in inner:
        try:
            yield from _files_below(path)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            if not folder.is_dir():
                raise


def _arrival_state(path: Path) -> _Arrival:
    """How far a file that lies still has come, by its own content."""
    try:
        with path.open("rb") as stream:
            head = stream.read(4)
            whole = bool(head)
            if head.startswith(b"PK") and not zipfile.is_zipfile(stream):
                # it may end somewhere, with a long tail behind it
                small = os.fstat(stream.fileno()).st_size <= LIMITS.file_bytes
                whole = small and len(without_tail(data := path.read_bytes())) < len(data)
            return "whole" if whole else "half"
    except OSError:
        return "held"
