"""What `import` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from nq57xl.cli.options import talk
from nq57xl.cli.printing import console

if TYPE_CHECKING:
    from nq57xl.commands.import_plan import Made

_SHOWN = 40


def imported_json(made: Made) -> dict[str, Any]:
    """`import --json` of the contract."""
    review = [attrs.asdict(item) for item in made.review]
    return {"rows": len(made.plan.tasks), "indicators": len(made.plan.indicators), "review": review}


def print_imported(made: Made) -> None:
    """How much was read, and what to look at."""
    from rich.table import Table

    talk(f"Đã ghi «{made.output}»: {len(made.plan.tasks)} đầu việc, {len(made.plan.indicators)} chỉ tiêu.")
    if not made.review:
        talk("Không có ô nào cần rà soát.")
        return
    table = Table("Trang", "Ô", "Mã", "Nguồn", "Cần xem vì", "Nội dung đang ghi")
    for item in made.review[:_SHOWN]:
        value = item.value if len(item.value) <= 60 else f"{item.value[:59]}…"
        table.add_row(item.sheet or "–", item.cell, item.task, item.source, item.reason, value)
    console().print(table)
    rest = len(made.review) - _SHOWN
    more = f" (còn {rest} chỗ nữa không in ở đây)" if rest > 0 else ""
    talk(f"Cần rà soát {len(made.review)} chỗ{more}: xem trang «Cần rà soát» của {made.output.name}.")
