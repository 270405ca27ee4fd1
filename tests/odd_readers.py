"""Readers for processes that read files: mean ones, and one that fails at a stage for one file.

Here alone, since a process that is started imports the module of its reader, and most tests' modules load much.
"""

from __future__ import annotations

import hashlib
import os
import pkgutil
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from nq57xl.xlsx.cells import RawWorkbook
from nq57xl.xlsx.read import read_bytes

MARK = "DẤU HIỆU CỦA TỆP HỎNG"
"""Stands in a cell of the bad file, so that a call about it can be told from the others."""
Repair = Callable[[], None]
"""Puts right what was made to fail."""


def mean_reader(data: bytes) -> RawWorkbook:
    """Does what stands at the file's end: runs in the worker."""
    wish = data.rpartition(b"|")[2].decode()
    if wish == "abort":
        os.abort()
    if wish == "kill" and sys.platform != "win32":
        os.kill(os.getpid(), signal.SIGKILL)
    if wish == "interrupt":
        os.kill(os.getpid(), signal.SIGINT)
    if wish == "hang":
        time.sleep(600)
    if wish == "raise":
        raise KeyError("a bug of the reader")
    if wish == "eat":
        return RawWorkbook((), "x" * (1 << 36))
    return read_bytes(data)


def is_about(bad: str, arguments: Any) -> bool:  # noqa: ANN401 - whatever a stage is called with
    """Whether a call is about the bad file: its bytes, its hash, its name or a text that only it has."""
    flat = [*arguments[0], *arguments[1].values()]
    if any(isinstance(item, bytes) and hashlib.sha256(item).hexdigest() == bad for item in flat):
        return True
    told = repr(flat)
    return bad in told or "bad.xlsx" in told or MARK in told


def inject(target: str, bad: str) -> Repair:
    """Makes the function of that dotted name fail for the bad file; returns what puts it right again."""
    name, _, attribute = target.rpartition(".")
    module = pkgutil.resolve_name(name)
    real = getattr(module, attribute)

    def faulty(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        if is_about(bad, (arguments, named)):
            raise RuntimeError(f"injected at {target}")
        return real(*arguments, **named)

    setattr(module, attribute, faulty)
    return lambda: setattr(module, attribute, real)


def read_with_fault(data: bytes, **named: Any) -> Any:  # noqa: ANN401 - stands in for the reader, in its processes
    """The reader of a worker process; the stage and the bad file are told by the environment."""
    repair = inject(os.environ["NQ57XL_TEST_STAGE"], os.environ["NQ57XL_TEST_BAD"])
    try:
        return read_bytes(data, **named)
    finally:
        repair()
