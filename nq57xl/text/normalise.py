"""Whether a word can be a Vietnamese syllable: by its letters alone, without a dictionary."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_DIRECTIONS = (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)
"""Signs that turn the direction of writing: no Vietnamese text has them, and they make a text look like another."""
_INVISIBLE = dict.fromkeys((*map(ord, "\u200b\u200c\u200d\u2060\ufeff"), *_DIRECTIONS))
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
_TONES = "\u0300\u0301\u0303\u0309\u0323"
# òa, óe, ụy at the end of a syllable: the old style marks the first vowel, the new style the second; not after q (quý).
_OPEN_PAIR = re.compile(rf"(?<!q)([ou])([{_TONES}])([aey])(?![^\W\d_])")


def clean(text: str) -> str:
    """The text as it is stored: NFC, plain spaces, no invisible characters, line breaks as \\n, no blanks at the ends.

    U+00AD is kept: in TCVN3 text it is the letter ư (domain.md 5.2).
    """
    text = unicodedata.normalize("NFC", text).translate(_INVISIBLE)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\v", "\n")
    lines = [_SPACES.sub(" ", line).strip() for line in text.split("\n")]
    return "\n".join(lines).strip()


_OTHER_D = str.maketrans({"\u00d0": "Đ", "\u0189": "Đ", "\u00f0": "đ", "\u0256": "đ"})


def plain_d(text: str) -> str:
    """The text with the one Đ of Vietnamese: Ð and Ɖ look the same and are other letters (domain.md 5.7)."""
    return text.translate(_OTHER_D)


def unmasked(text: str) -> str:
    """The text with signs of direction named, so that it cannot look like another where it is quoted."""
    return "".join(f"[U+{ord(letter):04X}]" if ord(letter) in _DIRECTIONS else letter for letter in text)


def visible(text: str) -> str:
    """The text as a terminal may show it, on one line: a stranger's file name moves no cursor and colours nothing."""
    return "".join(
        "\ufffd" if unicodedata.category(letter) in ("Cc", "Cs") else letter
        for letter in unmasked(text).replace("\n", " ")
    )


def one_line(text: str) -> str:
    """`clean`, with line breaks turned into single spaces."""
    return " ".join(clean(text).split())


def fold(text: str) -> str:
    """Key for comparing: case, spaces, dashes, Đ/Ð and the place of the tone mark do not matter; accents do."""
    text = one_line(text).translate(_OTHER_D).casefold()
    text = unicodedata.normalize("NFD", _DASHES.sub("-", text))
    return unicodedata.normalize("NFC", _OPEN_PAIR.sub(r"\1\3\2", text))


def bare(text: str) -> str:
    """Key without accents as well: "Cac phòng" and "Các phòng" are "cac phong"."""
    decomposed = unicodedata.normalize("NFD", fold(text)).replace("đ", "d")
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


_ONSET = r"(?:ngh|ng|nh|gh|gi|kh|th|tr|ch|ph|qu|[bcdđghklmnprstvx])?"
_SHORT = r"(?:oă|oa|oe|oo|uâ|uê|uơ|uyê|uya|uy|iê|yê|uô|ươ|[aăâeêioôơuưy])"  # vowels that a consonant may follow
_OPEN = (
    r"(?:ai|ay|ao|au|âu|ây|eo|êu|ia|iêu|yêu|iu|oai|oay|oao|oeo|oi|ôi|ơi|ua|uôi|uây|uyu|ui|uêu|uy|uya|ưa|ưi|ươi|ươu|ưu|"
    r"oa|oe|uê|uơ|[aeêioôơuưy])"
)
_SYLLABLE = re.compile(rf"{_ONSET}(?:{_SHORT}(?:ch|nh|ng|[cmnpt])|{_OPEN})")
_MARKED = "\u0300\u0301\u0303\u0309\u0323"
_STRAY_MARK = re.compile(rf"[^aeiouy\u0302\u0306\u031b{_MARKED}][{_MARKED}]")  # ñ is no letter of ours


@lru_cache(maxsize=10_000)
def is_syllable(word: str) -> bool:
    """Whether these letters, in Unicode and any case, can be one Vietnamese syllable with at most one tone mark."""
    decomposed = unicodedata.normalize("NFD", word.casefold())
    if sum(decomposed.count(mark) for mark in _MARKED) > 1 or _STRAY_MARK.search(decomposed):
        return False
    return _SYLLABLE.fullmatch(unicodedata.normalize("NFC", re.sub(f"[{_MARKED}]", "", decomposed))) is not None
