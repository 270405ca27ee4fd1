"""Text of the fonts before Unicode, TCVN3 (.VnTime ...) and VNI (VNI-Times ...): recognised and converted.

The rules and their measured rates: domain.md 5. U+00AD, the soft hyphen, is a letter in TCVN3.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from importlib import resources
from typing import Literal

from nq57xl.text.normalise import is_syllable

Charset = Literal["tcvn3", "vni"]

TITLES: dict[Charset, str] = {"tcvn3": "TCVN3 (ABC)", "vni": "VNI"}
"""Names that people know."""

_SURE = re.compile("[ăđơưĂĐƠƯĩũĨŨ\u0300\u0301\u0303\u0309\u0323\u1ea0-\u1ef9]")
"""Letters and marks that only Unicode has: a text with one of them is no legacy text."""
_ORDINARY = "àáâãèéêìíòóôõùúý"
_SIGNS = "".join(
    letter for letter in map(chr, range(0xA1, 0x100)) if letter not in _ORDINARY + _ORDINARY.upper() and letter != "÷"
)
_SUSPECT = re.compile(rf"[{re.escape(_SIGNS)}÷]")
_WORD = re.compile(r"[A-Za-z\u00a1-\u00ff]+")
_LOW = re.compile("[\u00a1-\u00bf]")
_ODD_LETTERS = re.compile("[fjwzFJWZ]")


def charset_of_font(font: str) -> Charset | None:
    """The charset that a font's name stands for: ".VnTime" and ".VnArialH" TCVN3, "VNI-Times" VNI."""
    if font.lower().startswith(".vn"):
        return "tcvn3"
    return "vni" if font.upper().startswith("VNI") else None


def is_capital_font(font: str) -> bool:
    """Whether a TCVN3 font draws capitals for small letters: its name ends in H (".VnTimeH")."""
    return font.lower().startswith(".vn") and font.endswith("H")


def converted(text: str, charset: Charset) -> str:
    """The text in Unicode (NFC), converted in one pass, longest sequences first."""
    table, pattern = _table(charset)
    return unicodedata.normalize("NFC", pattern.sub(lambda match: table[match[0]], text))


def surely_unicode(text: str) -> bool:
    """Whether the text has letters that legacy fonts do not write."""
    return _SURE.search(text) is not None


def detect(text: str, hint: Charset | None = None) -> Charset | None:
    """The charset of a text that is certainly in a legacy one, by its content alone; None while in doubt.

    `hint` is what other texts of the same sheet are in: it settles what could be either.
    """
    if text.isascii() or surely_unicode(text):
        return None
    words = _foreign(text)
    if not any(len(word) > 1 for word in words):
        return None
    candidates: tuple[Charset, ...] = ("tcvn3",) if any(_LOW.search(word) for word in words) else ("tcvn3", "vni")
    scores = {charset: _plausible(text, words, charset) for charset in candidates}
    best = max(scores.values())
    likely = [charset for charset in candidates if scores[charset] == best]
    if best < (_ENOUGH if any(map(_SUSPECT.search, words)) else 1.0):
        return None
    if len(likely) == 1:
        return likely[0]
    return hint or ("vni" if _PAIRS.search(text) else None)


_ENOUGH = 0.75
"""Share of the words with odd letters that must be syllables after conversion: names and misprints may fail."""
_PAIRS = re.compile("[AEIOYaeioyôöÔÖ][øùïûõáàâãäåéèëêØÙÏÛÕÁÀÂÃÄÅÉÈËÊ]|[Uu][øùïõØÙÏÕ]")
"""A plain vowel with a mark behind it, as VNI writes and TCVN3 hardly ever."""


_UNITS = frozenset({"µm", "µg", "µs", "µl"})


def _foreign(text: str) -> list[str]:
    """Words with letters beyond ASCII; a lone sign (m², §) is none."""
    return [word for word in _WORD.findall(text) if len(word) > 1 and not word.isascii() and word not in _UNITS]


def _plausible(text: str, words: list[str], charset: Charset) -> float:
    """The share of the words that are syllables after conversion; 0 where they read no better than before."""
    after = [converted(word, charset) for word in words]
    good, was_good = (sum(map(is_syllable, some)) for some in (after, words))
    if good <= was_good or _strange(converted(text, charset)):
        return 0.0
    return good / sum(is_syllable(word) or not word.isupper() for word in after)  # acronyms say nothing


def _strange(text: str) -> bool:
    """Guards measured on real texts: few words of more than 7 letters, few with f, j, w or z."""
    words = re.findall(r"[^\W\d_]+", text)
    if len(words) < 10:
        return False
    long = sum(len(word) > 7 for word in words)
    odd = sum(_ODD_LETTERS.search(word) is not None for word in words)
    return long > 0.04 * len(words) + 1 or odd > 0.05 * len(words) + 1


def has_odd_letters(text: str) -> bool:
    """Whether the text has letters of the legacy fonts that no Vietnamese text in Unicode has."""
    return _SUSPECT.search(text) is not None


def reads_better(text: str, charset: Charset) -> bool | None:
    """Whether the text reads better after conversion than before; None where it reads as well either way."""
    if text.isascii() or surely_unicode(text):
        return False
    words = _foreign(text)
    after = [converted(word, charset) for word in words]
    good, was_good = (sum(map(is_syllable, some)) for some in (after, words))
    return None if good == was_good else good > was_good


@functools.cache
def _table(charset: Charset) -> tuple[dict[str, str], re.Pattern[str]]:
    """The pairs of a charset, from its table beside this module, and a pattern that finds the longest first."""
    lines = resources.files(__package__).joinpath(f"{charset}.tsv").read_text(encoding="utf-8").split("\n")
    table = {}
    for line in lines:
        if line and not line.startswith("#"):
            codes = line.split("\t")[2:4]
            old, new = ("".join(chr(int(code, 16)) for code in part.split()) for part in codes)
            table[old] = new
    keys = sorted(table, key=len, reverse=True)
    return table, re.compile("|".join(map(re.escape, keys)))
