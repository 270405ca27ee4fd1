"""The words in which the report says where a row stands: schemas/vocabularies.yml, chosen by the office."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from attrs import field, frozen

from nq57xl.errors import Nq57Error
from nq57xl.resources import read_schema


@frozen
class Vocabulary:
    """One way of wording (domain.md 3.3): what units enter and what is computed stay the same in each."""

    code: str = "own"
    """"own": the words of the form; "A", "B", "C", "F"."""
    words: dict[str, dict[str, str]] = field(factory=dict)
    """Progress code -> timeliness code -> wording in the column "Tiến độ"; empty for "own"."""

    def word(self, progress: str, timeliness: str) -> str | None:
        """The wording of that standing; None where the words of the form are used."""
        return self.words.get(progress, {}).get(timeliness)


_FILE = "vocabularies.yml"
_COUNTED_OTHERWISE = re.compile(r"^[<>=$]|[*?~]")
"""COUNTIFS of the report would take such words for a pattern or a comparison."""
PAIRS: dict[str, tuple[str, ...]] = {
    "done": ("on_time", "late", "undated"),
    "in_progress": ("overdue", "at_risk", "on_track", "undated"),
    "not_started": ("overdue", "at_risk", "on_track", "undated"),
    "ongoing": ("not_applicable",),
    "not_arisen": ("not_applicable",),
}
"""Every standing that there is (contract: progress and timeliness): a vocabulary must word them all."""


def load_vocabulary(code: str, workspace: Path | None = None) -> Vocabulary:
    """The vocabulary of that code. Raises Nq57Error when the file has none of it, or it lacks words."""
    found = read_schema(_FILE, workspace)
    words = found.get(code) if isinstance(found, dict) else None
    if not isinstance(words, dict):
        raise Nq57Error(f"Tệp schemas/{_FILE} không có bộ từ ngữ «{code}»; hãy chọn bộ khác ở trang Cài đặt.")
    odd = next((text for text in _texts(words) if _COUNTED_OTHERWISE.search(text)), "")
    if odd:
        raise Nq57Error(
            f"Bộ từ ngữ «{code}» trong schemas/{_FILE} có «{odd}»: không dùng các dấu * ? ~ và không bắt đầu bằng "
            "các dấu < > = $, vì Excel không đếm được."
        )
    missing = _missing(words) if words else ""
    if missing:
        raise Nq57Error(f"Bộ từ ngữ «{code}» trong schemas/{_FILE} thiếu cách ghi cho {missing}; hãy bổ sung.")
    return Vocabulary(code, words)


def _texts(words: dict[str, Any]) -> list[str]:
    found = [own for own in words.values() if isinstance(own, dict)]
    return [text for own in found for text in own.values() if isinstance(text, str)]


def _missing(words: dict[str, Any]) -> str:
    """The first standing without words, "" when there is none."""
    for progress, codes in PAIRS.items():
        for timeliness in codes:
            own = words.get(progress)
            text = own.get(timeliness) if isinstance(own, dict) else None
            if not isinstance(text, str) or not text.strip():
                return f"{progress}/{timeliness}"
    return ""
