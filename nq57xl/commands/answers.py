"""What follows from every change of the ledger: forms sent back, letters, units' own folders, kiem-tra.xlsx."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TypeVar

from attrs import frozen

from nq57xl.commands.office import Office
from nq57xl.commands.standing import OfficePeriod
from nq57xl.errors import Nq57Error, WorkbookOpenError
from nq57xl.forms.build import reporting_units
from nq57xl.forms.marks import MarkedForm
from nq57xl.forms.model import Form, Value
from nq57xl.forms.render import render_form, render_forms
from nq57xl.forms.wording import FORM_PREFIX, form_file_name
from nq57xl.ledger.model import PeriodStatus
from nq57xl.ledger.outputs import own_output, remove_guarded, write_all_guarded, write_guarded
from nq57xl.ledger.store import Ledger
from nq57xl.outputs.check_book import CheckBook, LinkedFiles, render_check_book
from nq57xl.outputs.letters import letter_name, write_letter
from nq57xl.results.standing import FiledReturn, filed_returns
from nq57xl.returns.model import ReturnRecord
from nq57xl.rules.findings import Finding
from nq57xl.text import files

_VERDICT, _MARKED = "ket-qua_", "can-sua_"
_STEM = 60
"""Letters kept of a stranger's file name in the name of its receipt."""


def unit_folders(root: Path, codes: Collection[str]) -> dict[str, Path]:
    """Code of a unit -> its folder directly below `root`; a link is none. Raises OSError."""
    known = {code.casefold(): code for code in codes}
    found = (path for path in sorted(root.iterdir()) if path.name.casefold() in known) if root.is_dir() else ()
    return {known[path.name.casefold()]: path for path in found if path.is_dir() and not path.is_symlink()}


def make_unit_folders(office: Office, root: Path | None = None) -> tuple[Path, ...]:
    """Makes a folder, named by its code, for each unit that reports, below `root` (default: the inbox).

    Raises Nq57Error where it cannot be made.
    """
    with office.reading() as ledger:
        code = ledger.latest_period() or f"{office.appendix().plan.properties.year}"
        here = OfficePeriod.of(office, ledger, code)
    units = reporting_units(here.plan, here.period)
    made = tuple((root or office.workspace.inbox) / unit.code for unit in units)
    for folder in made:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Nq57Error(f"Không tạo được thư mục «{folder}»: {files.reason_of(error)}.") from error
    return made


def is_answer_name(name: str) -> bool:
    """A name under which answers are laid: by its hash such a file is told from one that a unit has saved again."""
    return name.startswith((_VERDICT, _MARKED))


def _lay_answers(here: OfficePeriod, folder: Path, wanted: Mapping[str, bytes]) -> Iterator[Nq57Error | OSError]:
    """Brings the answers of a period that lie in a unit's folder in line with `wanted` (name -> content).

    What a person has saved under one of the names stays, the answer goes beside it. Gives what could not be done.
    """
    workspace, ledger = here.office.workspace, here.ledger
    written, failed = write_all_guarded(ledger, {folder / name: data for name, data in wanted.items()})
    yield from failed
    kept = {*written.values(), *(folder / name for name in wanted)}
    for start in (_VERDICT, _MARKED):
        for path in sorted(folder.glob(f"{start}{FORM_PREFIX}{here.code}_*")):
            try:
                if path not in kept and ledger.was_written(workspace.key_of(path), files.sha256_of(path)):
                    files.remove(path)
            except PermissionError:
                yield WorkbookOpenError(path)
            except (Nq57Error, OSError) as error:
                yield error


_log = logging.getLogger(__name__)


def form_back(ledger: Ledger, record: ReturnRecord, period: str, *, cells: bool = True) -> Form | None:
    """The form that came back; for a form of another period, this period's form, so that the figures move over.

    Without its `cells` where it is only named.
    """
    form = ledger.form_by_id(record.judged.issue_id or "", cells=cells)
    if form is not None and form.period.code != period:
        return ledger.current_form(form.unit, period)
    return form


_DRAFT = ".eml"
_SUFFIXES = (".txt", ".html", _DRAFT)
_OURS = (FORM_PREFIX, "bien-nhan-")

_Result = TypeVar("_Result")


@frozen
class Answers:
    """What stands in the workspace for the office to send and to look at."""

    check_book: Path | None
    """None where it could not be written."""
    folder: Path
    """Of the letters."""
    drafts: tuple[Path, ...]
    """Of mails, one for each return: notices of units first, then receipts for every other file."""
    sent_back: tuple[Path, ...] = ()
    """The marked forms in tra-lai/."""
    problems: tuple[str, ...] = ()
    """What could not be written, in words, each once: everything is recorded, and the next run writes it."""


def answer(
    here: OfficePeriod, status: PeriodStatus, problems: Sequence[str] = (), *, root: Path | None = None
) -> Answers:
    """Brings marked forms, letters and kiem-tra.xlsx in line with the ledger; the same ledger gives the same bytes.

    The caller holds the writer's lock; `problems`: what is to be told with those met here; `root`: a shared folder
    whose units' folders get their answers beside those of the inbox.
    Only a marked form that is open elsewhere fails the command: the returns are recorded by now, and what else cannot
    be written is told under `problems`.
    """
    return _AnswerWriter(here, status, problems).done(root)


class _AnswerWriter:
    """The answers of one period."""

    def __init__(self, here: OfficePeriod, status: PeriodStatus, problems: Sequence[str]) -> None:
        self.here, self.status, self.ledger, self.period = here, status, here.ledger, here.period
        self.workspace = here.office.workspace
        self.folder = self.workspace.letters_dir(here.code)
        self.problems: dict[str, None] = dict.fromkeys(problems)
        self.remarks: dict[str, list[str]] = {}
        for event in self.ledger.events("remark"):
            if "cell" not in event.detail:  # those on cells are findings
                self.remarks.setdefault(str(event.detail.get("sha256")), []).append(str(event.detail.get("text")))

    def done(self, root: Path | None) -> Answers:
        sent_back = self._sent_back()
        known = {one.id: one for unit in self.status.units for one in (unit.counting, unit.newest) if one}
        records = [known.get(one.id, one) for one in self.ledger.returns(self.status.period, valued=False)]
        returns = filed_returns(self.status, records)
        marked = {item.unit.code: path for item in returns if item.unit and (path := self._marked(item))}
        letters = self._letters(returns, marked)
        # letters that the ledger no longer asks for go; what a person has edited stays
        asked = {f"{letter_name(item, self.period.code)}{end}" for item in returns for end in self._shapes(item)}
        for path in sorted(self.folder.glob("*")):
            stem = path.stem.partition(" (")[0]
            if path.suffix in _SUFFIXES and stem.startswith(_OURS) and f"{stem}{path.suffix}" not in asked:
                self._try(partial(remove_guarded, self.ledger, path), path.name)
        for shared in dict.fromkeys((self.workspace.inbox, root or self.workspace.inbox)):
            self._try(partial(self._lay, shared, returns, marked), shared.name)
        told = sorted((item for item in returns if item.record.id in letters), key=lambda item: not item.newest)
        drafts = tuple(path for item in told for path in letters[item.record.id] if path.suffix == _DRAFT)
        check_book = self._check_book(returns, marked, letters)
        return Answers(check_book, self.folder, drafts, sent_back, tuple(self.problems))

    def _sent_back(self) -> tuple[Path, ...]:
        """Writes, for each unit, the marked form to its newest return where that asks for an answer; removes the
        others. Gives them as they stand in tra-lai/."""
        wanted: dict[Path, tuple[Form, Sequence[Value], Sequence[Finding]]] = {}
        for unit in self.status.units:
            path, record = self._back(unit.code), unit.newest
            asks = record is not None and record.judged.asks_back
            form = form_back(self.ledger, record, self.period.code) if record is not None and asks else None
            if record is None or form is None:
                remove_guarded(self.ledger, path)
            else:
                wanted[path] = (form, record.judged.values, record.judged.findings)
        made: dict[Path, bytes] = {}
        try:
            made = dict(zip(wanted, render_forms([*wanted.values()]), strict=True))
        except Exception:  # one by one where together they meet a fault
            _log.debug("fault in the marked forms", exc_info=True)
            for path, filled in wanted.items():
                if content := self._try(partial(render_form, *filled), path.name):
                    made[path] = content
        written, failed = write_all_guarded(self.ledger, made)
        if failed:
            raise failed[0]
        for path in wanted.keys() - made.keys():  # what an earlier return was told is no answer to this one
            remove_guarded(self.ledger, path)
        return tuple(written.values())

    def _back(self, unit: str) -> Path:
        """Where the form that goes back to the unit stands."""
        return self.workspace.back_dir(self.period.code) / form_file_name(self.period.code, unit)

    def _marked(self, item: FiledReturn) -> Path | None:
        """The form that goes back to the unit, as it stands in tra-lai/."""
        if item.unit is None or not item.asks:
            return None
        path = self._back(item.unit.code)
        return self._try(lambda: own_output(self.ledger, path), path.name)

    def _letters(self, returns: Sequence[FiledReturn], marked: Mapping[str, Path]) -> dict[int, tuple[Path, ...]]:
        """Writes the letters; by return, where its three shapes stand. One that cannot be written now is not there."""
        shapes: dict[int, dict[Path, bytes]] = {}
        for item in returns:
            back = marked.get(item.unit.code) if item.unit and item.asks else None
            about = f"{letter_name(item, self.period.code)}.html"
            if written := self._try(lambda item=item, back=back: self._letter(item, back), about):  # type: ignore[misc]
                shapes[item.record.id] = written
        every = {path: data for written in shapes.values() for path, data in written.items()}
        found, failed = write_all_guarded(self.ledger, every, lasting=False)
        self.problems |= dict.fromkeys(map(str, failed))
        return {
            number: tuple(found[path] for path in written)
            for number, written in shapes.items()
            if all(path in found for path in written)
        }

    def _lay(self, root: Path, returns: Sequence[FiledReturn], marked: Mapping[str, Path]) -> None:
        """The units' answers into their folders below `root`."""
        period = self.here.code
        newest = {item.unit.code: item for item in returns if item.newest and item.unit}
        for code, folder in unit_folders(root, [unit.code for unit in self.status.units]).items():
            wanted: dict[str, bytes] = {}
            if item := newest.get(code):
                back, name = marked.get(code) if item.asks else None, f"{_MARKED}{form_file_name(period, code)}"
                wanted[f"{_VERDICT}{form_file_name(period, code, '.html')}"] = self._page(item, back, name)
                if back is not None:
                    wanted[name] = back.read_bytes()
            for item in returns:  # a receipt for what is nobody's form, and lies there or below under its own name
                source = item.record.judged.source
                if item.unit is not None or item.record.excluded:
                    continue
                same = (path for path in folder.rglob("*") if path.name == source.name and path.is_file())
                if any(one.stat().st_size == source.size and files.sha256_of(one) == source.sha256 for one in same):
                    stem = Path(source.name).stem[:_STEM].strip()
                    wanted[f"{_VERDICT}{FORM_PREFIX}{period}_{stem}.html"] = self._page(item, None, "")
            self.problems |= dict.fromkeys(map(str, _lay_answers(self.here, folder, wanted)))

    def _page(self, item: FiledReturn, back: Path | None, name: str) -> bytes:
        """The letter as a page; `name`: under which the unit finds the marked form."""
        return next(data for path, data in self._letter(item, back, name).items() if path.suffix == ".html")

    def _letter(self, item: FiledReturn, back: Path | None, name: str = "") -> dict[Path, bytes]:
        """One letter in its three shapes; `back`: the marked form that goes with it, as `name` or by its own.

        To the gathering unit itself no mail is written.
        """
        record = item.record
        form = form_back(self.ledger, record, self.period.code, cells=back is not None)
        marked: tuple[str, bytes] | None = None
        findings: tuple[Finding, ...] = ()
        if back and form:
            marked = (name or form_file_name(self.period.code, form.unit), back.read_bytes())
            findings = MarkedForm.of(form, record.judged.values, record.judged.findings).placed
        shapes = write_letter(
            item,
            self.here.plan,
            self.period,
            form_code=form.short_id if form else "",
            marked=marked,
            findings=findings,
            remarks=self.remarks.get(record.judged.source.sha256, ()),
            workspace=self.workspace.root,
        )
        about = letter_name(item, self.period.code)
        return {self.folder / f"{about}{suffix}": shapes[suffix] for suffix in self._shapes(item)}

    def _shapes(self, item: FiledReturn) -> tuple[str, ...]:
        """What a letter is written as: to the gathering unit itself goes no mail."""
        own = item.unit is not None and item.unit.code == self.here.plan.properties.gatherer
        return _SUFFIXES[:2] if own else _SUFFIXES

    def _check_book(
        self, returns: Sequence[FiledReturn], marked: Mapping[str, Path], letters: Mapping[int, tuple[Path, ...]]
    ) -> Path | None:
        target = self.workspace.check_book(self.period.code)
        way = cache(partial(os.path.relpath, start=target.parent))

        def link(path: Path) -> str:
            return Path(way(path.parent), path.name).as_posix()

        kept = {item.record.judged.source.sha256 for item in returns}
        originals = {sha256: self.workspace.archived(sha256, verify=False) for sha256 in sorted(kept)}
        places = LinkedFiles(
            archive={sha256: link(path) for sha256, path in originals.items() if path},
            marked={code: link(path) for code, path in marked.items()},
            letters={number: link(paths[1]) for number, paths in letters.items()},
            drafts={number: link(path) for number, paths in letters.items() for path in paths if path.suffix == _DRAFT},
        )
        remarks = self.ledger.remarks(self.period.code)
        check = CheckBook(self.period, self.status, tuple(returns), self.here.office.schema(), places, remarks)
        write = partial(write_guarded, self.ledger, target)
        return self._try(lambda: write(render_check_book(check)), target.name)

    def _try(self, action: Callable[[], _Result], about: str) -> _Result | None:
        """What the action gives; None where it cannot be done now, with the reason kept. `about`: a file's name."""
        try:
            return action()
        except Nq57Error as error:
            self.problems.setdefault(str(error))
        except OSError as error:
            self.problems.setdefault(f"Không đọc hoặc ghi được «{error.filename or ''}»: {files.reason_of(error)}.")
        except Exception:
            _log.debug("fault in %s", about, exc_info=True)
            why = "vì chương trình gặp lỗi; kết quả kiểm tra đã được ghi, lần chạy sau sẽ lập lại."
            self.problems.setdefault(f"Chưa lập được «{about}» {why}")
        return None
