"""How large and how clear the code is: `python -m tools.measure_house [TREE ...]`, a column for each tree.

A tree is a checkout, so that an earlier state (`git worktree add`) stands beside the present one. Counted are files and
lines of nq57xl/, public names (functions, classes and constants of modules, without an underscore), the lines of
functions' bodies without their docstrings (median, 90th percentile, longest), functions that stand twice, and class
names defined more than once. On how many records a text stands on its way: tools/measure_paths.py.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

HERE = Path(__file__).resolve().parents[1]


def measured(tree: Path) -> dict[str, str]:
    """What is counted -> the count, as text."""
    paths = sorted((tree / "nq57xl").rglob("*.py"))
    texts = [path.read_text(encoding="utf-8") for path in paths]
    modules = [ast.parse(text) for text in texts]
    bodies = sorted(length for module in modules for length in body_lines(module))
    classes = Counter(node.name for module in modules for node in ast.walk(module) if isinstance(node, ast.ClassDef))
    lengths = [len(text.splitlines()) for text in texts]
    return {
        "files": str(len(paths)),
        "lines": str(sum(lengths)),
        "longest file": str(max(lengths)),
        "public names": str(sum(len(list(public_names(module))) for module in modules)),
        "functions": str(len(bodies)),
        "body: median / p90 / longest": f"{median(bodies):.0f} / {quantiles(bodies, n=10)[-1]:.0f} / {bodies[-1]}",
        "functions of four lines or more that stand twice": str(twice(modules)),
        "class names defined more than once": str(sum(count > 1 for count in classes.values())),
    }


def public_names(module: ast.Module) -> Iterator[str]:
    """Names that a module offers to others."""
    for node in module.body:
        names: list[str] = []
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        yield from (name for name in names if not name.startswith("_"))


def body_lines(module: ast.Module) -> Iterator[int]:
    """Lines of each function, without its docstring."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            doc = (first.end_lineno or 0) - first.lineno + 1 if ast.get_docstring(node) is not None else 0
            yield (node.end_lineno or 0) - node.lineno + 1 - doc


def twice(modules: list[ast.Module]) -> int:
    """Functions whose statements are, but for docstrings, those of another function."""
    bodies = Counter(
        ast.dump(ast.Module(node.body[ast.get_docstring(node) is not None :], []))
        for module in modules
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.body[0].lineno >= 3
    )
    return sum(count for count in bodies.values() if count > 1)


def main(trees: list[Path]) -> None:
    """Prints a table in Markdown."""
    columns = [measured(tree) for tree in trees]
    print("| |", " | ".join(tree.resolve().name for tree in trees), "|")
    print("|---|" + "---|" * len(trees))
    for name in columns[0]:
        print(f"| {name} |", " | ".join(column[name] for column in columns), "|")


if __name__ == "__main__":
    main([Path(item) for item in sys.argv[1:]] or [HERE])
