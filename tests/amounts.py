"""How many cases a test makes: a moderate number in the suite, the full one in the nightly run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from tests.conftest import NIGHTLY

_Case = TypeVar("_Case")


def amount(usual: int, nightly: int) -> int:
    """`nightly` when NQ57XL_NIGHTLY=1, else `usual`."""
    return nightly if NIGHTLY else usual


def cases(usual: Sequence[_Case], nightly: Sequence[_Case]) -> list[_Case]:
    """Those of the suite; with those that only the nightly run adds when NQ57XL_NIGHTLY=1."""
    return [*usual, *nightly] if NIGHTLY else [*usual]
