"""What the documents say is what the program does."""

from __future__ import annotations

import re
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


def test_the_architecture_names_files_that_exist() -> None:
    """Every `room.module` of the page about the house is a file or a folder of the package."""
    rooms = {path.parent.name for path in (REPOSITORY / "nq57xl").glob("*/__init__.py")}
    text = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = {name for name in re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)[`.(]", text) if name.split(".")[0] in rooms}
    assert named
    gone = [name for name in sorted(named) if not _is_module(name) and not _is_module(name.rpartition(".")[0])]
    assert gone == []


def _is_module(name: str) -> bool:
    path = REPOSITORY / "nq57xl" / Path(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()
