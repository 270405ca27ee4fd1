"""The lock files install with the pip of any supported Python: every pin, hash and extra stands in them."""

from __future__ import annotations

import importlib.metadata
import itertools
import re
import tomllib
from collections.abc import Iterable, Iterator

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import REPOSITORY

LOCKS = ("requirements.lock", "requirements-dev.lock")
SYSTEMS = ({"sys_platform": "linux", "os_name": "posix"}, {"sys_platform": "win32", "os_name": "nt"})
PYTHONS = ("3.11", "3.12", "3.13")


def locked(text: str) -> dict[str, set[str]]:
    """Distribution -> extras, as a lock file pins them."""
    pins = re.findall(r"^([A-Za-z0-9._-]+)(?:\[([^]]*)\])?==\S+", text, re.MULTILINE)
    return {canonicalize_name(name): set(filter(None, extras.split(","))) for name, extras in pins}


def needed(requirements: Iterable[str], extras: set[str]) -> Iterator[Requirement]:
    """Those of a distribution's requirements that hold with its extras on any supported system."""
    for requirement in map(Requirement, requirements):
        settings = itertools.product(SYSTEMS, PYTHONS, (*extras, ""))
        if requirement.marker is None or any(
            requirement.marker.evaluate(
                {**system, "python_version": python, "python_full_version": f"{python}.0", "extra": extra}
            )
            for system, python, extra in settings
        ):
            yield requirement


def missing_extras(text: str) -> list[str]:
    """Each `name[extra]` that a locked distribution asks for while the lock pins `name` alone.

    pip then takes the newest `name` for it, and refuses that one for want of a hash.
    """
    pins, found = locked(text), []
    for name, extras in pins.items():
        try:
            requirements = importlib.metadata.requires(name) or ()
        except importlib.metadata.PackageNotFoundError:
            continue  # of another system, or of the other lock
        for wanted in needed(requirements, extras):
            if wanted.extras - pins.get(canonicalize_name(wanted.name), set()):
                found.append(f"{name} needs {wanted.name}[{','.join(sorted(wanted.extras))}]")
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_extras_that_are_asked_for_are_locked(name: str) -> None:
    """What any locked distribution asks for with an extra stands in the lock with that extra."""
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    assert missing_extras(text) == []
    assert len(locked(text)) > 20


def test_a_lock_without_its_extras_is_found_out() -> None:
    """The fault that once broke the build: coverage pinned, coverage[toml] asked for."""
    text = (REPOSITORY / "requirements-dev.lock").read_text(encoding="utf-8")
    assert "pytest-cov needs coverage[toml]" in missing_extras(re.sub(r"\[[a-z,]+\]==", "==", text))


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_its_hashes_and_no_address(name: str) -> None:
    """pip --require-hashes takes nothing else; an address of an index would bind the lock to one machine."""
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert blocks
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in text
    assert not re.search(r"^(-i|--index-url|--extra-index-url|--find-links)", text, re.MULTILINE)


def test_the_larger_lock_holds_the_smaller() -> None:
    """make test installs over what make demo installed: the same versions, nothing exchanged."""
    small, large = (
        dict(re.findall(r"^([a-z0-9._-]+(?:\[[^]]*\])?)==(\S+)", (REPOSITORY / name).read_text("utf-8"), re.MULTILINE))
        for name in LOCKS
    )
    assert small.items() <= large.items()


def test_the_package_names_the_pythons_that_are_tried() -> None:
    """What the package says of itself, what `make pythons` tries and what the locks are read for are one list."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [item.rpartition(" ")[2] for item in project["classifiers"] if ":: Python ::" in item]
    assert tuple(named) == PYTHONS
    assert project["requires-python"] == f">={PYTHONS[0]}"
    tried = re.findall(r"^PYTHONS \?= (.*)$", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert tried == [" ".join(f"python{version}" for version in PYTHONS)]
