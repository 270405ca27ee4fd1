"""A folder for each unit on the office's share: what lies there is collected, its answer is laid beside it.

In A's folder stands nothing but A's: the answer to A's newest return, wherever that came from, and a receipt for each
file in it that is nobody's form. A return of B that lies there counts for B, and B's answer goes to B's own folder.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from nq57xl.commands.office import Office
from nq57xl.errors import Nq57Error, WorkbookOpenError
from nq57xl.forms.build import reporting_units
from nq57xl.forms.values import Source
from nq57xl.forms.wording import FORM_PREFIX, form_file_name
from nq57xl.ledger.outputs import write_all_guarded
from nq57xl.ledger.store import Ledger
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
        plan, period = office.valid(ledger.latest_period() or f"{office.appendix().plan.properties.year}", ledger)
    made = tuple((root or office.workspace.inbox) / unit.code for unit in reporting_units(plan, period))
    for folder in made:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Nq57Error(f"Không tạo được thư mục «{folder}»: {error.strerror or error}.") from error
    return made


def verdict_name(period: str, unit: str) -> str:
    """Name of the one-page answer to a unit."""
    return f"{_VERDICT}{form_file_name(period, unit, '.html')}"


def marked_name(period: str, unit: str) -> str:
    """Name under which the marked form lies beside it."""
    return f"{_MARKED}{form_file_name(period, unit)}"


def receipt_name(period: str, name: str) -> str:
    """Name of the answer to a file that is nobody's form."""
    return f"{_VERDICT}{FORM_PREFIX}{period}_{Path(name).stem[:_STEM].strip()}.html"


def is_answer_name(name: str) -> bool:
    """A name under which answers are laid: by its hash such a file is told from one that a unit has saved again."""
    return name.startswith((_VERDICT, _MARKED))


def lies_in(folder: Path, source: Source) -> bool:
    """The file with that content lies in the folder, or below it, under its own name."""
    same = (path for path in folder.rglob("*") if path.name == source.name and path.is_file())
    return any(path.stat().st_size == source.size and files.sha256_of(path) == source.sha256 for path in same)


def lay(
    office: Office, ledger: Ledger, folder: Path, period: str, wanted: Mapping[str, bytes]
) -> Iterator[Nq57Error | OSError]:
    """Brings the answers of a period that lie in a unit's folder in line with `wanted` (name -> content).

    What a person has saved under one of the names stays, the answer goes beside it. Gives what could not be done.
    """
    workspace = office.workspace
    written, failed = write_all_guarded(ledger, workspace, {folder / name: data for name, data in wanted.items()})
    yield from failed
    kept = {*written.values(), *(folder / name for name in wanted)}
    for start in (_VERDICT, _MARKED):
        for path in sorted(folder.glob(f"{start}{FORM_PREFIX}{period}_*")):
            try:
                if path not in kept and ledger.was_written(workspace.key_of(path), files.sha256_of(path)):
                    files.remove(path)
            except PermissionError:
                yield WorkbookOpenError(path)
            except (Nq57Error, OSError) as error:
                yield error
