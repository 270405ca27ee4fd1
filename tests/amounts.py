"""How many random cases a test makes: a moderate number in the suite, the full one in the nightly run."""

from __future__ import annotations

from tests.conftest import NIGHTLY


def amount(usual: int, nightly: int) -> int:
    """`nightly` when NQ57XL_NIGHTLY=1, else `usual`."""
    return nightly if NIGHTLY else usual
