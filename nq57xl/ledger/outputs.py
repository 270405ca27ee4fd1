"""Writing and removing outputs without ever touching what a person has edited (contract.md 1)."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from nq57xl.errors import Nq57Error, WorkbookOpenError
from nq57xl.ledger.store import Ledger
from nq57xl.text import files


def write_guarded(ledger: Ledger, path: Path, data: bytes) -> Path:
    """Writes the output and returns where it stands.

    A file that somebody edited stays, and the output goes beside it as "name (2).xlsx": the next free name, or the
    next one that is still the program's own. Identical content is not written again. The hash is noted before the
    write, so that a kill in between leaves nothing that looks edited. Raises WorkbookOpenError, Nq57Error.
    """
    written, failed = write_all_guarded(ledger, {path: data})
    if failed:
        raise failed[0]
    return written[path]


def write_all_guarded(
    ledger: Ledger, outputs: Mapping[Path, bytes], *, lasting: bool = True
) -> tuple[dict[Path, Path], tuple[Nq57Error, ...]]:
    """The same for many outputs, noted in one transaction: where each stands, and what kept others from being written.

    One that is open elsewhere does not stop the others. Not `lasting`: none waits for the disk; what a power cut may
    leave of one then is nobody's work (`_target`), and the next run writes it again.
    """
    digests = {path: hashlib.sha256(data).hexdigest() for path, data in outputs.items()}
    targets: dict[Path, tuple[Path, bool]] = {}
    failed: list[Nq57Error] = []
    for path, digest in digests.items():
        try:
            targets[path] = _target(ledger, path, digest)
        except Nq57Error as error:
            failed.append(error)
    real_folder = cache(Path.resolve)
    ledger.note_outputs(
        (ledger.workspace.key_of(target, real_folder), digests[path]) for path, (target, _) in targets.items()
    )
    written = {}
    for path, (target, stands) in targets.items():
        try:
            if not stands:
                files.write_atomic(target, outputs[path], lasting=lasting)
            written[path] = target
        except Nq57Error as error:
            failed.append(error)
    return written, tuple(failed)


def _target(ledger: Ledger, path: Path, digest: str) -> tuple[Path, bool]:
    """The first of the names that is free, the program's own, or holds that content; and whether it does already.

    Also one that holds what a power cut leaves of a file that did not reach the disk: nothing, or zeros.
    """
    for candidate, found in _standing(path):
        own = found in (None, digest) or _is_own(ledger, candidate, found or "")
        if own or (found and not candidate.read_bytes().strip(b"\0")):
            return candidate, found == digest
    raise AssertionError("the last name is free")


def remove_guarded(ledger: Ledger, path: Path) -> bool:
    """Removes the output, and its "(2)", "(3)" ..., where they are the program's own or lie in the archive as well.

    Returns True when nothing is left. Raises WorkbookOpenError when one of them is open elsewhere.
    """
    gone = True
    for candidate, found in _standing(path):
        if found is not None and (_is_own(ledger, candidate, found) or (found and ledger.workspace.archived(found))):
            files.remove(candidate)
        else:
            gone = gone and found is None
    return gone


def own_output(ledger: Ledger, path: Path) -> Path | None:
    """Where the program's own output of that name stands: the path itself, or "(2)" ... beside edited ones.

    None when it stands nowhere. Raises WorkbookOpenError, Nq57Error.
    """
    return next((here for here, found in _standing(path) if found is not None and _is_own(ledger, here, found)), None)


def _is_own(ledger: Ledger, path: Path, sha256: str) -> bool:
    return ledger.was_written(ledger.workspace.key_of(path), sha256)


def names_beside(path: Path) -> Iterator[Path]:
    """ "name.xlsx", "name (2).xlsx", "name (3).xlsx" ..."""
    yield path
    for number in itertools.count(2):
        yield path.with_name(f"{path.stem} ({number}){path.suffix}")


def _standing(path: Path) -> Iterator[tuple[Path, str | None]]:
    """The names beside the path with the hash of what stands there, down to the first that is free (None).

    The hash is "" (nobody's) where a folder has taken the name.
    """
    for candidate in names_beside(path):
        found: str | None = ""
        try:
            found = files.sha256_of(candidate)
        except (FileNotFoundError, NotADirectoryError):
            found = None
        except OSError as error:
            if not candidate.is_dir():
                if isinstance(error, PermissionError):
                    raise WorkbookOpenError(candidate) from error
                raise Nq57Error(f"Không đọc được «{candidate}»: {error.strerror or error}.") from error
        yield candidate, found
        if found is None:
            return
