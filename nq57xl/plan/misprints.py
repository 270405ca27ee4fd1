"""Suspected misprints: a short list of known ones (schemas/misprints.yml) and doubled words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import yaml

from nq57xl import resources
from nq57xl.text.normalise import bare, fold

# A few words are doubled on purpose ("luôn luôn", "dần dần", "ngày ngày"); a doubled preposition never is.
_DOUBLED = re.compile(r"\b(trên|của|và|các|những|với|cho|tại|theo|được|trong|về|để|từ|đến|là|thuộc|do|số) \1\b", re.I)


_LINES = re.compile(r"[.,;:()\n]")
_OFTEN = 4
"""Times that a wording must stand in a plan before another one beside it is doubted."""


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


def outliers(texts: Sequence[str]) -> dict[str, str]:
    """Three words in a row -> the likely ones: wordings that the plan has once, and with other accents on a word often.

    "Chuyển đối số" beside five times "chuyển đổi số": only the accents of one word differ, its neighbours are the same.
    """
    counts: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        counts.update({triple for line in _LINES.split(fold(text)) for triple in _triples(line)})
    by_letters: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for triple in counts:
        by_letters.setdefault(tuple(map(bare, triple)), []).append(triple)
    found = {}
    for alike in by_letters.values():
        often = max(alike, key=lambda triple: counts[triple])
        for triple in alike:
            if counts[triple] == 1 and counts[often] >= _OFTEN and _differing(triple, often) == 1:
                found[" ".join(triple)] = " ".join(often)
    return found


def odd_ones(text: str, known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(as in the text, likely) for each of those wordings in the text; a doubted word is told once, not thrice."""
    for line in _LINES.split(fold(text)):
        clear_from = 0
        for index, triple in enumerate(_triples(line)):
            likely = known.get(" ".join(triple))
            if likely is not None and index >= clear_from:
                clear_from = index + 3
                yield " ".join(triple), likely


def _triples(line: str) -> Iterator[tuple[str, ...]]:
    words = line.split()
    return ((words[i], words[i + 1], words[i + 2]) for i in range(len(words) - 2))


def _differing(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))


def _cased_like(printed: str, likely: str) -> str:
    return likely[:1].upper() + likely[1:] if printed[:1].isupper() else likely
