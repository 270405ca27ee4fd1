"""One word for one thing: what schemas/words.yml rules out stands in no text that people read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import yaml

from tests.conftest import REPOSITORY

PUBLISHED = (
    "words.yml",
    "vocabularies.yml",
    "import_headings.yml",
    "import_units.yml",
    "import_properties.yml",
    "misprints.yml",
)
"""Published vocabularies, and words by which strangers' documents are recognised."""


def literals(path: Path) -> Iterator[str]:
    """String constants of a module that are no docstrings; a literal with gaps as one text, gaps as "}"."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in told:
            continue
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "errors}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield f'"{node.value}"'


def texts() -> Iterator[tuple[Path, str]]:
    """Every text that the program may show, with its file."""
    for path in (REPOSITORY / "nq57xl").rglob("*.py"):
        if "importer" not in path.parts:
            yield from ((path, text) for text in literals(path))
    for folder, ending in (("templates", "*.j2"), ("schemas", "*.yml")):
        for path in (REPOSITORY / folder).rglob(ending):
            if path.name not in PUBLISHED:
                yield path, path.read_text(encoding="utf-8")


def test_one_word_for_one_thing() -> None:
    """No module, template or schema says it otherwise than the list does."""
    words = yaml.safe_load((REPOSITORY / "schemas" / "words.yml").read_text(encoding="utf-8"))
    shown = list(texts())
    assert len(words) >= 8 and len(shown) > 3000
    other = [
        (item["use"], never, path.relative_to(REPOSITORY).as_posix(), text[:80])
        for item in words
        for never in item["never"]
        for path, text in shown
        if never in text and path.name not in item.get("except", ())
    ]
    assert other == []
