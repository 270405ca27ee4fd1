"""The plans that come with the program, as master appendices."""

from __future__ import annotations

from nq57xl import resources
from nq57xl.errors import Nq57Error

NAMES: tuple[str, ...] = ("bql-2026", "sxd-2026")


def bundled_appendix(name: str) -> bytes:
    """The master appendix of that name (templates/plans). Raises Nq57Error for an unknown name."""
    if name not in NAMES:
        raise Nq57Error(f"Không có kế hoạch mẫu «{name}»; các kế hoạch có sẵn: {', '.join(NAMES)}.")
    return resources.find("templates", f"plans/{name}.xlsx").read_bytes()
