"""Reads many files in long-lived processes: one that hangs, aborts or eats memory costs that file and no other."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import resource_tracker
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nq57xl.rules.findings import Finding, make
from nq57xl.xlsx import limits
from nq57xl.xlsx.cells import RawWorkbook
from nq57xl.xlsx.read import read_file
from nq57xl.xlsx.refused import Refused

if TYPE_CHECKING:
    from pebble import ProcessFuture, ProcessPool

_Reader = Callable[[Path], RawWorkbook]
Outcome = RawWorkbook | Finding


def read_all(
    paths: Sequence[Path],
    *,
    timeout: float = limits.READ_SECONDS,
    workers: int = 2,
    reader: _Reader = read_file,
) -> Iterator[Outcome]:
    """For each path, in order, its workbook or the finding that says why there is none. Never raises for a file.

    `timeout` in seconds for each file. `reader` must be a function that a new process can import.
    """
    if not paths:
        return
    with _pool(min(workers, len(paths))) as pool:
        futures = [pool.schedule(_attempt, args=(reader, path), timeout=timeout) for path in paths]
        for path, future in zip(paths, futures, strict=True):
            try:
                yield _outcome(future, timeout)
            except BrokenProcessPool:  # a process died in the middle of an answer: the others start anew, one by one
                yield _alone(path, timeout, reader)


def _outcome(future: ProcessFuture[Outcome], timeout: float) -> Outcome:
    """The result of one file; raises BrokenProcessPool when the pool itself is gone."""
    from pebble import ProcessExpired

    try:
        return future.result()
    except FutureTimeoutError:
        return make("FILE_TIMEOUT", words={"value": f"{timeout:g}"}, value=f"{timeout:g}")
    except ProcessExpired:
        return make("FILE_READER_FAILED")


def _alone(path: Path, timeout: float, reader: _Reader) -> Outcome:
    with _pool(1) as pool:
        try:
            return _outcome(pool.schedule(_attempt, args=(reader, path), timeout=timeout), timeout)
        except BrokenProcessPool:
            return make("FILE_READER_FAILED")


@contextlib.contextmanager
def _pool(workers: int) -> Iterator[ProcessPool]:
    """A pool that is stopped at the end, also when its results are no longer wanted."""
    from pebble import ProcessPool

    pool = ProcessPool(max_workers=workers, initializer=_settle, context=_Context())
    try:
        yield pool
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


def _attempt(reader: _Reader, path: Path) -> Outcome:
    """Runs in the worker: what can be said of the file is said there."""
    try:
        return reader(path)
    except Refused as refusal:
        return refusal.finding
    except OSError as error:
        return make("FILE_READER_FAILED", message=f"Không mở được tệp ({error.strerror or 'lỗi đọc'}).")
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # a panic of the reader's own language is no Exception, and could not be sent back either
        return make("FILE_READER_FAILED")


def _settle() -> None:
    """What each new process does first.

    A terminal sends Ctrl+C to every process in it. The parent decides what becomes of the run: a reader that died of it
    would look like a file that cannot be read.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what a reader's own language says as it dies helps no office
    _limit_memory()


def _limit_memory() -> None:
    """Caps this process's address space where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = limits.WORKER_MEMORY if hard == resource.RLIM_INFINITY else min(limits.WORKER_MEMORY, hard)
    with contextlib.suppress(ValueError, OSError):  # macOS refuses the limit
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
    with contextlib.suppress(ValueError, OSError):  # an abort must not leave a core file in the office's folder
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


_hiding = threading.Lock()


@contextlib.contextmanager
def _hidden_main() -> Iterator[None]:
    """Hides the main module while a process starts.

    A new process imports its parent's main module, and a script without a `__main__` guard would start itself again in
    each; the readers need nothing from there.
    """
    main = sys.modules["__main__"]
    with _hiding:
        kept: dict[str, Any] = {name: main.__dict__[name] for name in ("__file__", "__spec__") if name in main.__dict__}
        main.__dict__.pop("__file__", None)
        main.__dict__["__spec__"] = None
        try:
            yield
        finally:
            main.__dict__.update(kept)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """A process started meanwhile does not hear Ctrl+C before it can say so itself (`_settle`); not on Windows.

    The mask is the starting thread's, and a new process inherits it.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # its own first start would lift the mask again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Process(SpawnProcess):
    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: N802, ANN401 - the name and types that multiprocessing calls
        with _hidden_main(), _undisturbed():
            return SpawnProcess._Popen(process_obj)


class _Context(SpawnContext):
    """Spawned processes: the same everywhere, and no locks or threads inherited."""

    Process = _Process
