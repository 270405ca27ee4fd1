"""Writes templates/plans/*.xlsx from the transcriptions in tools/plans/*.yml; run it after changing one of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from nq57xl.plan.appendix_read import BUNDLED_PLANS
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.model import Plan
from nq57xl.plan.units import understand
from nq57xl.rules.codec import CONVERTER

ROOT = Path(__file__).resolve().parent.parent


def load(name: str) -> Plan:
    """The transcription of that name as a plan, understood."""
    raw = yaml.safe_load((ROOT / "tools" / "plans" / f"{name}.yml").read_text(encoding="utf-8"))
    raw["tasks"] = [_filled(item, "deadline", subnumber=None) for item in raw["tasks"]]
    raw["indicators"] = [_filled(item, "target") for item in raw.get("indicators", [])]
    return understand(CONVERTER.structure(raw, Plan))


def _filled(row: dict[str, Any], nested: str, **defaults: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"code": "", **defaults, **row, nested: {"text": row[nested]}}


def main() -> None:
    """Writes every bundled plan."""
    for name in BUNDLED_PLANS:
        path = ROOT / "templates" / "plans" / f"{name}.xlsx"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(write_appendix(load(name)))
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
