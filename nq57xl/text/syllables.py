"""Whether a word can be a Vietnamese syllable: by its letters alone, without a dictionary."""

from __future__ import annotations

import re
import unicodedata

_ONSET = r"(?:ngh|ng|nh|gh|gi|kh|th|tr|ch|ph|qu|[bcdđghklmnprstvx])?"
_SHORT = r"(?:oă|oa|oe|oo|uâ|uê|uơ|uyê|uya|uy|iê|yê|uô|ươ|[aăâeêioôơuưy])"  # vowels that a consonant may follow
_OPEN = (
    r"(?:ai|ay|ao|au|âu|ây|eo|êu|ia|iêu|yêu|iu|oai|oay|oao|oeo|oi|ôi|ơi|ua|uôi|uây|uyu|ui|uêu|uy|uya|ưa|ưi|ươi|ươu|ưu|"
    r"oa|oe|uê|uơ|[aeêioôơuưy])"
)
_SYLLABLE = re.compile(rf"{_ONSET}(?:{_SHORT}(?:ch|nh|ng|[cmnpt])|{_OPEN})")
_MARKED = "\u0300\u0301\u0303\u0309\u0323"
_STRAY_MARK = re.compile(rf"[^aeiouy\u0302\u0306\u031b{_MARKED}][{_MARKED}]")  # ñ is no letter of ours


def is_syllable(word: str) -> bool:
    """Whether these letters, in Unicode and any case, can be one Vietnamese syllable with at most one tone mark."""
    decomposed = unicodedata.normalize("NFD", word.casefold())
    if sum(decomposed.count(mark) for mark in _MARKED) > 1 or _STRAY_MARK.search(decomposed):
        return False
    return _SYLLABLE.fullmatch(unicodedata.normalize("NFC", re.sub(f"[{_MARKED}]", "", decomposed))) is not None
