"""Compiles a folder's sources for the interpreter that runs this: python3.13 compiled.py FOLDER [--keep-source NAME …].

Sources give way to their .pyc beside them, which the interpreter takes without looking at times; those under a name to
keep stay, with their .pyc in __pycache__. The same sources give the same bytes. Runs without the project's packages.
"""

from __future__ import annotations

import importlib.util
import os
import py_compile
import sys
from pathlib import Path


def compile_folder(folder: Path, kept: set[str]) -> None:
    """Compiles every source, in order; raises PyCompileError for one that is none."""
    for source in sorted(folder.rglob("*.py")):
        name = source.relative_to(folder)
        keep = name.parts[0] in kept
        target = Path(importlib.util.cache_from_source(str(source))) if keep else source.with_suffix(".pyc")
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(
            str(source), str(target), dfile=name.as_posix(), doraise=True, invalidation_mode=mode, optimize=0
        )
        if not keep:
            source.unlink()


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        # the order of sets goes into what is compiled
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"})
    compile_folder(Path(sys.argv[1]), set(sys.argv[3:]))
