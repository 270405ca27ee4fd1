"""Reads many files in long-lived processes: one that hangs, aborts or eats memory costs that file and no other."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from multiprocessing import resource_tracker
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from typing import Any

from nq57xl.rules.findings import Finding, make
from nq57xl.xlsx.cells import RawWorkbook
from nq57xl.xlsx.limits import LIMITS, Refused, too_large
from nq57xl.xlsx.read import read_bytes

_WORKER_MEMORY = 3 * 1024 * 1024 * 1024
"""Address space of a reader process: an allocation above it fails there, and not the machine."""
_READ_SECONDS = 60.0
"""Time limit for one file: a form takes a tenth of a second, the most cells allowed about five."""

_Reader = Callable[[bytes], RawWorkbook]
"""A pure function: the same bytes give the same record, in whatever process and on whatever machine."""
_Outcome = RawWorkbook | Finding
_AHEAD = 4
"""Files that are read before their turn: enough to keep every process busy, few enough to keep memory small."""


def read_all(
    paths: Sequence[Path],
    *,
    timeout: float = _READ_SECONDS,
    workers: int = 2,
    reader: _Reader = read_bytes,
    executor: Executor | None = None,
) -> Iterator[_Outcome]:
    """For each path, in order, its workbook or the finding that says why there is none. Never raises for a file.

    `timeout` in seconds for each file. `reader` must be a function that a new process can import. `executor`: where
    it runs, by default in processes of this machine; a few files ahead, so that a batch of any size needs the same
    memory.
    """
    if not paths:
        return
    own = _Readers(min(workers, len(paths)), timeout) if executor is None else contextlib.nullcontext(executor)
    with own as pool:
        for content, future in _begun(pool, reader, paths):
            if isinstance(content, Finding):
                yield content
                continue
            try:
                yield _outcome(future, timeout)
            except BrokenExecutor:  # a process died in the middle of an answer: the others start anew, one by one
                yield _alone(content, timeout, reader)


def _begun(
    executor: Executor, reader: _Reader, paths: Sequence[Path]
) -> Iterator[tuple[bytes | Finding, Future[_Outcome]]]:
    """Each file's content, or why there is none, and its reading, which has begun some files before its turn."""
    waiting: deque[tuple[bytes | Finding, Future[_Outcome]]] = deque()
    for path in paths:
        content, future = _content(path), Future[_Outcome]()
        if isinstance(content, bytes):
            try:
                future = executor.submit(_attempt, reader, content)
            except RuntimeError:  # the pool is gone
                future.set_exception(BrokenExecutor())
        waiting.append((content, future))
        if len(waiting) > _AHEAD:
            yield waiting.popleft()
    yield from waiting


def _content(path: Path) -> bytes | Finding:
    try:
        size = path.stat().st_size
        return too_large(size) if size > LIMITS.file_bytes else path.read_bytes()
    except OSError as error:
        return make("FILE_READER_FAILED", message=f"Không mở được tệp ({error.strerror or 'lỗi đọc'}).")


def _outcome(future: Future[_Outcome], timeout: float) -> _Outcome:
    """The result of one file; raises BrokenExecutor when the pool itself is gone."""
    from pebble import ProcessExpired

    try:
        return future.result()
    except FutureTimeoutError:
        return make("FILE_TIMEOUT", words={"value": f"{timeout:g}"}, value=f"{timeout:g}")
    except ProcessExpired:
        return make("FILE_READER_FAILED")


def _alone(content: bytes, timeout: float, reader: _Reader) -> _Outcome:
    with _Readers(1, timeout) as pool:
        try:
            return _outcome(pool.submit(_attempt, reader, content), timeout)
        except BrokenExecutor:
            return make("FILE_READER_FAILED")


class _Readers(Executor):
    """Processes of this machine: a file over its time, or over which a process dies, costs nothing but itself.

    Stopped at the end, also when its results are no longer wanted.
    """

    def __init__(self, workers: int, timeout: float) -> None:
        from pebble import ProcessPool

        self._pool = ProcessPool(max_workers=workers, initializer=_prepare_process, context=_Context())
        self._timeout = timeout

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401 - the base's
        return self._pool.schedule(fn, args=args, kwargs=kwargs, timeout=self._timeout)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()


def _attempt(reader: _Reader, content: bytes) -> _Outcome:
    """Runs in the worker: what can be said of the file is said there."""
    try:
        return reader(content)
    except Refused as refusal:
        return refusal.finding
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # a panic of the reader's own language is no Exception, and could not be sent back either
        return make("FILE_READER_FAILED")


def _prepare_process() -> None:
    """What each new process does first.

    A terminal sends Ctrl+C to every process in it. The parent decides what becomes of the run: a reader that died of it
    would look like a file that cannot be read. The address space is capped where the system can.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(_SELDOM)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what a reader's own language says as it dies helps no office
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = _WORKER_MEMORY if hard == resource.RLIM_INFINITY else min(_WORKER_MEMORY, hard)
    with contextlib.suppress(ValueError, OSError):  # macOS refuses the limit
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
    with contextlib.suppress(ValueError, OSError):  # an abort must not leave a core file in the office's folder
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


_SELDOM = 50_000
"""Objects between two looks for circles: a workbook is thousands of records, and none of them is in one."""


_hiding = threading.Lock()


class _Process(SpawnProcess):
    """A process that starts without the main module, and with Ctrl+C held back; the latter not on Windows.

    A new process imports its parent's main module, and a script without a `__main__` guard would start itself again in
    each; the readers need nothing from there. It inherits the mask of the thread that starts it, until it can say
    itself that it does not hear Ctrl+C (`_prepare_process`).
    """

    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: N802, ANN401 - the name and types that multiprocessing calls
        main = sys.modules["__main__"].__dict__
        with _hiding, contextlib.ExitStack() as afterwards:
            kept: dict[str, Any] = {name: main[name] for name in ("__file__", "__spec__") if name in main}
            afterwards.callback(lambda: main.update(kept))
            main.pop("__file__", None)
            main["__spec__"] = None
            if hasattr(signal, "pthread_sigmask"):
                resource_tracker.ensure_running()  # its own first start would lift the mask again
                before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
                afterwards.callback(signal.pthread_sigmask, signal.SIG_SETMASK, before)
            return SpawnProcess._Popen(process_obj)


class _Context(SpawnContext):
    """Spawned processes: the same everywhere, and no locks or threads inherited."""

    Process = _Process
