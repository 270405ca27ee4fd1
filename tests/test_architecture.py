"""The rooms of the house form a graph without circles, and so do its files; files and functions stay readable."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from tests.conftest import REPOSITORY

PACKAGE = REPOSITORY / "nq57xl"
ROOMS = (
    "text",
    "rules",
    "xlsx",
    "plan",
    "forms",
    "returns",
    "ledger",
    "results",
    "edits",
    "outputs",
    "commands",
    "web",
    "cli",
)
HEAVY = ("pandas", "pandera", "openpyxl", "xlsxwriter", "sqlalchemy", "python_calamine", "jinja2", "numpy")

FILES = sorted(PACKAGE.rglob("*.py"))
MAX_FILE = 600
MAX_FUNCTION = 50


def name_of(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


def room_of(path: Path) -> str:
    """The room that a file stands in; the module's own name for files beside the rooms."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Everything in a file."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))))


def imports(path: Path) -> Iterator[str]:
    """Dotted names of everything imported anywhere in a file, inside functions too."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (item.name for item in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            yield from (f"{node.module}.{item.name}" for item in node.names)


def length_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    first = function.body[0]
    documented = ast.get_docstring(function) is not None
    doc = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - doc


def test_every_room_is_known() -> None:
    """There is no folder of code outside the rooms."""
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} == set(ROOMS)


def module_of(path: Path) -> str:
    """Dotted name of a file of the package; of a folder for its `__init__`."""
    return ".".join(path.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__")


@cache
def graph_of_files() -> dict[str, set[str]]:
    """Module -> the modules of the package that it imports, inside functions and for types only, too."""
    modules = {module_of(path): path for path in FILES}
    graph: dict[str, set[str]] = {}
    for module, path in modules.items():
        used = {name for name in imports(path) if name.startswith("nq57xl.")}
        graph[module] = {name if name in modules else name.rpartition(".")[0] for name in used} - {module}
    return graph


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    """The first circle of the graph; [] for none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_files_import_each_other_without_circles() -> None:
    """No file imports itself through others, not even late or for types only."""
    assert circle_in(graph_of_files()) == []


def test_rooms_import_each_other_without_circles() -> None:
    """A room never imports one that imports it: what two rooms need lies below both, once."""
    graph: dict[str, set[str]] = defaultdict(set)
    for module, used in graph_of_files().items():
        room = module.split(".")[1] if "." in module else ""
        if room in ROOMS:
            graph[room] |= {name.split(".")[1] for name in used if "." in name} - {room}
    assert circle_in(graph) == []


def test_only_the_command_line_knows_the_terminal() -> None:
    """click and rich are imported under nq57xl/cli alone, the web's libraries under nq57xl/web."""
    known = {"cli": {"click", "rich"}, "web": {"starlette", "uvicorn"}}
    strangers = {
        (name_of(path), name)
        for path in FILES
        for name in {item.split(".")[0] for item in imports(path)}
        for room, names in known.items()
        if name in names and room_of(path) != room
    }
    assert strangers == set()


READS_ENVIRONMENT = re.compile(
    r"\bos\.(environ|getenv)\b|\bgetpass\b|\bPath\.home\(|\bexpanduser\b|\b(date|datetime)\.today\("
)


def test_only_the_command_line_reads_the_environment() -> None:
    """The time, the user, the workspace and programs travel as values: two offices in one process never mix."""
    found = [name_of(path) for path in FILES if READS_ENVIRONMENT.search(path.read_text(encoding="utf-8"))]
    assert [name for name in found if not name.startswith("nq57xl/cli/")] == []


def test_files_and_functions_stay_small() -> None:
    """No file is longer than 600 lines, no function's body longer than 50."""
    assert {name_of(path): count for path in FILES if (count := length_of(path)) > MAX_FILE} == {}
    functions = (
        (name_of(path), node)
        for path in FILES
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert {(name, node.name) for name, node in functions if body_lines(node) > MAX_FUNCTION} == set()


def test_no_two_classes_share_a_name() -> None:
    """A class has a name of its own in the whole package, so that a stranger who searches it finds the one."""
    names = [node.name for path in FILES for node in nodes(path) if isinstance(node, ast.ClassDef)]
    public = [name for name in names if not name.startswith("_")]
    assert sorted({name for name in public if public.count(name) > 1}) == []


def test_files_are_opened_as_utf8() -> None:
    """read_text, write_text and text-mode open say their encoding: a Windows console's code page is not UTF-8."""
    silent = []
    for path in FILES:
        for node in nodes(path):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
                named = {item.arg for item in node.keywords}
                if called in ("read_text", "write_text") and "encoding" not in named:
                    silent.append((name_of(path), node.lineno))
    assert silent == []


def test_the_command_line_starts_light() -> None:
    """Importing the command line loads none of the heavy libraries, so that --help answers at once."""
    script = f"import sys, nq57xl.cli; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
