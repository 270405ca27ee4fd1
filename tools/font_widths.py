"""Makes nq57xl/xlsx/times_widths.json: advance widths of Times New Roman, from a metric-compatible font.

Run once, in a throw-away environment with fontTools:  python tools/font_widths.py REGULAR.ttf BOLD.ttf
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

RANGES = ((0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x323), (0x1EA0, 0x1EF9), (0x2010, 0x2027), (0x2030, 0x203A))
SINGLE = "₫€№™−≈≠≤≥→•…"


def widths(font: Any) -> dict[str, str]:  # noqa: ANN401 - fontTools is not a dependency
    """Width in units of 1/1000 em -> the characters that have it."""
    per_em = font["head"].unitsPerEm
    cmap, advances = font.getBestCmap(), font["hmtx"]
    wanted = [code for low, high in RANGES for code in range(low, high + 1)] + [ord(letter) for letter in SINGLE]
    groups: dict[int, list[str]] = {}
    for code in sorted(set(wanted)):
        if code in cmap:
            groups.setdefault(round(advances[cmap[code]][0] * 1000 / per_em), []).append(chr(code))
    return {str(width): "".join(letters) for width, letters in sorted(groups.items())}


def main(paths: list[str]) -> None:
    """Writes the data file."""
    from fontTools.ttLib import TTFont  # type: ignore[import-not-found]

    data = {style: widths(TTFont(path)) for style, path in zip(("regular", "bold"), paths, strict=True)}
    target = Path(__file__).resolve().parents[1] / "nq57xl" / "xlsx" / "times_widths.json"
    target.write_text(json.dumps(data, ensure_ascii=False, indent=0) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
