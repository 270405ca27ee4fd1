"""What the documents say is what the program does."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tools import make_docs

PAGES = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")])


@pytest.mark.parametrize("name", ["findings.md", "fields.md", "phu-luc.md"])
def test_generated_pages_are_current(name: str) -> None:
    """A generated page is what its generator writes now; `make docs` mends it."""
    assert (REPOSITORY / "docs" / name).read_text(encoding="utf-8") == make_docs.pages()[name]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link and picture of a document exists."""
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target and not target.startswith("mailto:")]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_commands_named_in_documents_exist(page: Path) -> None:
    """Every `nq57xl COMMAND` in a code block is a command, and each of its options is known to it."""
    from nq57xl.cli import cli

    shared = {name for param in cli.params for name in param.opts} | {"-h", "--help"}
    blocks = "\n".join(re.findall(r"^```$(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL))
    for line in re.findall(r"^\s*nq57xl (.+)$", blocks, re.MULTILINE):
        words = re.sub(r"\s#.*$", "", line).split()
        while words and words[0] in shared:
            words = words[2:] if words[0] in ("-w", "--workspace") else words[1:]
        if not words:
            continue
        assert words[0] in cli.commands, line
        params = cli.commands[words[0]].params
        known = {name for param in params for name in (*param.opts, *param.secondary_opts)} | shared
        assert {word.split("=")[0] for word in words if word.startswith("-")} <= known, line


@pytest.mark.parametrize("page", ["architecture.md", "contract.md", "domain.md", "pitfalls.md"])
def test_pages_about_the_house_name_files_that_exist(page: str) -> None:
    """Every `room.module` of a page is a file or a folder of the package; every `tests/…`, `schemas/…` is there."""
    rooms = {path.parent.name for path in (REPOSITORY / "nq57xl").glob("*/__init__.py")}
    text = (REPOSITORY / "docs" / page).read_text(encoding="utf-8")
    named = {name for name in re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)[`.(]", text) if name.split(".")[0] in rooms}
    assert named
    gone = [name for name in sorted(named) if not _is_module(name) and not _is_module(name.rpartition(".")[0])]
    assert gone == []
    paths = set(re.findall(r"`((?:nq57xl|schemas|templates|tests|tools)/[\w/.-]+)`", text))
    assert [path for path in sorted(paths) if not (REPOSITORY / path).exists()] == []


def test_the_contract_names_every_command() -> None:
    """The table of commands in docs/contract.md has each command of the program, and no other."""
    from nq57xl.cli import cli

    page = (REPOSITORY / "docs" / "contract.md").read_text(encoding="utf-8")
    table = page.split("## 2.")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert sorted(re.findall(r"`([a-z]+)`", " ".join(cells))) == sorted(cli.commands)


def test_what_is_cited_stands_in_the_repository() -> None:
    """Every page that code, schemas, templates, tests and tools cite is a file here, and a section cited is a
    heading of it: "domain.md 3.2"."""
    wrong, seen = [], 0
    for path in _cite():
        for text in _prose(path):
            for name, sections in _CITATION.findall(text):
                seen += 1
                places = (REPOSITORY / name, REPOSITORY / "docs" / name, path.parent / name)
                page = next((place for place in places if place.is_file()), None)
                headings = _headings(page) if page else set()
                if page is None or not set(re.findall(r"[\d.]+", sections)) <= headings:
                    wrong.append(f"{path.relative_to(REPOSITORY)}: {name}{sections}")
    assert wrong == []
    assert seen > 50, "the citations are found"


_CITATION = re.compile(
    r"((?<![\w./-])(?:[\w.-]+/)*[\w-]+\.md\b(?!\.\w)|\b(?:contract|domain|pitfalls)(?= \d))((?:,? \d+(?:\.\d+)*)*)"
)
_MENTIONED = re.compile(r"\.md|contract|domain|pitfalls")
_WRITTEN = {".py", ".yml", ".j2", ".mjs", ".sql", ".tsv", ".lock"}


def _cite() -> Iterator[Path]:
    """The files that may cite a page: written by hand, no data."""
    for folder in ("nq57xl", "schemas", "templates", "tests", "tools"):
        for path in sorted((REPOSITORY / folder).rglob("*")):
            if path.suffix in _WRITTEN and not {"static", "data", "node_modules"} & {*path.parts}:
                yield path


def _prose(path: Path) -> Iterator[str]:
    """Comments and docstrings of a module, each on one line; of other files the whole."""
    text = path.read_text(encoding="utf-8")
    if not _MENTIONED.search(text):  # reading a module token by token is slow
        return
    if path.suffix != ".py":
        yield text
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield " ".join(node.value.value.split())


def _headings(page: Path) -> set[str]:
    """The numbers of its headings."""
    return set(re.findall(r"^#+ (\d+(?:\.\d+)*)\.? ", page.read_text(encoding="utf-8"), re.MULTILINE))


def _is_module(name: str) -> bool:
    path = REPOSITORY / "nq57xl" / Path(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()
