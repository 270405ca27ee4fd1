"""Suspected misprints: a short list of known ones (schemas/misprints.yml) and doubled words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml

from nq57xl import resources
from nq57xl.text.normalise import fold

# A few words are doubled on purpose ("luôn luôn", "dần dần", "ngày ngày"); a doubled preposition never is.
_DOUBLED = re.compile(r"\b(trên|của|và|các|những|với|cho|tại|theo|được|trong|về|để|từ|đến|là|thuộc|do|số) \1\b", re.I)


def known_misprints() -> tuple[tuple[re.Pattern[str], str, str], ...]:
    """Pattern, misprint and likely word of schemas/misprints.yml."""
    return _known(resources.find("schemas", "misprints.yml"))


@cache
def _known(path: Path) -> tuple[tuple[re.Pattern[str], str, str], ...]:
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    return tuple((re.compile(rf"(?<!\w){re.escape(wrong)}(?!\w)", re.I), wrong, right) for wrong, right in raw.items())


def suspects(text: str) -> Iterator[tuple[str, str]]:
    """(as printed, likely) for each suspected misprint, each once. Near-misses of unit names: `Resolution.near`."""
    told: set[str] = set()
    for pattern, _, right in known_misprints():
        match = pattern.search(text)
        if match and fold(match[0]) not in told:
            told.add(fold(match[0]))
            yield match[0], _cased_like(match[0], right)
    if doubled := _DOUBLED.search(text):
        yield doubled[0], doubled[1]


def _cased_like(printed: str, likely: str) -> str:
    return likely[:1].upper() + likely[1:] if printed[:1].isupper() else likely
