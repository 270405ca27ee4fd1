"""Text of the fonts before Unicode, TCVN3 (.VnTime ...) and VNI (VNI-Times ...): recognised and converted.

The rules and their measured rates: domain.md 5. U+00AD, the soft hyphen, is a letter in TCVN3. Also: whether a word
can be a Vietnamese syllable, and letters that a conversion left behind, mended where one reading exists.
"""

from __future__ import annotations

import contextlib
import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from typing import Literal

_DIRECTIONS = (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)
"""Signs that turn the direction of writing: no Vietnamese text has them, and they make a text look like another."""
_INVISIBLE = dict.fromkeys((*map(ord, "\u200b\u200c\u200d\u2060\ufeff"), *_DIRECTIONS))
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
_TONES = "\u0300\u0301\u0303\u0309\u0323"
# òa, óe, ụy at the end of a syllable: the old style marks the first vowel, the new style the second; not after q (quý).
_OPEN_PAIR = re.compile(rf"(?<!q)([ou])([{_TONES}])([aey])(?![^\W\d_])")


_UNCLEAN = re.compile(rf"[^\S \n]|[{''.join(map(chr, _INVISIBLE))}]|  | \n|\n |\A\s|\s\Z")
"""What a clean text does not have."""


def clean(text: str) -> str:
    """The text as it is stored: NFC, plain spaces, no invisible characters, line breaks as \\n, no blanks at the ends.

    U+00AD is kept: in TCVN3 text it is the letter ư (domain.md 5.2).
    """
    if unicodedata.is_normalized("NFC", text) and not _UNCLEAN.search(text):
        return text  # nearly every text is, and a return has some two thousand
    text = unicodedata.normalize("NFC", text).translate(_INVISIBLE)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\v", "\n")
    lines = [_SPACES.sub(" ", line).strip() for line in text.split("\n")]
    return "\n".join(lines).strip()


_OTHER_D = str.maketrans({"\u00d0": "Đ", "\u0189": "Đ", "\u00f0": "đ", "\u0256": "đ"})


def plain_d(text: str) -> str:
    """The text with the one Đ of Vietnamese: Ð and Ɖ look the same and are other letters (domain.md 5.4)."""
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


@lru_cache(maxsize=512)
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
_STRAY_MARK = re.compile(rf"[^aeiouy\u0302\u0306\u031b{_TONES}][{_TONES}]")  # ñ is no letter of ours


@lru_cache(maxsize=10_000)
def is_syllable(word: str) -> bool:
    """Whether these letters, in Unicode and any case, can be one Vietnamese syllable with at most one tone mark."""
    decomposed = unicodedata.normalize("NFD", word.casefold())
    if sum(decomposed.count(mark) for mark in _TONES) > 1 or _STRAY_MARK.search(decomposed):
        return False
    return _SYLLABLE.fullmatch(unicodedata.normalize("NFC", re.sub(f"[{_TONES}]", "", decomposed))) is not None


_Charset = Literal["tcvn3", "vni"]

_TITLES: dict[_Charset, str] = {"tcvn3": "TCVN3 (ABC)", "vni": "VNI"}
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


def charset_of_font(font: str) -> _Charset | None:
    """The charset that a font's name stands for: ".VnTime" and ".VnArialH" TCVN3, "VNI-Times" VNI."""
    if font.lower().startswith(".vn"):
        return "tcvn3"
    return "vni" if font.upper().startswith("VNI") else None


def common_charset(texts: Iterable[str]) -> _Charset | None:
    """The charset of most of the texts that are certainly in a legacy one; None where none is."""
    votes = Counter(charset for text in texts if (charset := _detect(text)))
    return votes.most_common(1)[0][0] if votes else None


def decoded(text: str, font: str, hint: _Charset | None) -> tuple[str, str] | None:
    """What a text in a legacy charset says in Unicode, and the charset's name; None for one in Unicode.

    By its font, where it reads better so, else by its letters; `hint` is what most texts beside it are in. A text that
    reads as well in Unicode as after conversion stays: fonts outlive the charset they were made for.
    """
    charset = charset_of_font(font)
    if charset is not None and _reads_better(text, charset):
        return _in_font(text, font, charset)
    charset = _detect(text, hint)
    if charset is None and hint is not None and _reads_better(text, hint):
        charset = hint
    return None if charset is None else (_converted(text, charset), _TITLES[charset])


def decoded_run(text: str, font: str) -> tuple[str, str] | None:
    """The same of a piece of a text, perhaps one letter: by its font, where its letters are of the font's charset."""
    charset = charset_of_font(font)
    if charset is None or surely_unicode(text) or not (_reads_better(text, charset) or _SUSPECT.search(text)):
        return None
    return _in_font(text, font, charset)


def _in_font(text: str, font: str, charset: _Charset) -> tuple[str, str]:
    """A TCVN3 font whose name ends in H (".VnTimeH") draws capitals for small letters."""
    new = _converted(text, charset)
    return new.upper() if charset == "tcvn3" and font.endswith("H") else new, _TITLES[charset]


def decoded_bytes(raw: bytes) -> str:
    """A name without a stated encoding: UTF-8, else the code page of Vietnamese Windows, a legacy font's, cp437."""
    with contextlib.suppress(UnicodeDecodeError):
        return raw.decode("utf-8")
    vietnamese = unicodedata.normalize("NFC", raw.decode("cp1258", "replace"))
    words = [word for word in re.findall(r"[^\W\d_]+", vietnamese) if not word.isascii()]
    if words and all(map(is_syllable, words)):
        return vietnamese
    western = raw.decode("cp1252", "replace")
    charset = _detect(western)
    if charset is not None:
        return _converted(western, charset)
    old = raw.decode("cp437")
    return old if all(letter.isalnum() or letter.isascii() for letter in old) else vietnamese


def _converted(text: str, charset: _Charset) -> str:
    """The text in Unicode (NFC), converted in one pass, longest sequences first."""
    table, pattern = _table(charset)
    return unicodedata.normalize("NFC", pattern.sub(lambda match: table[match[0]], text))


def surely_unicode(text: str) -> bool:
    """Whether the text has letters that legacy fonts do not write."""
    return _SURE.search(text) is not None


@lru_cache(maxsize=2_000)
def _detect(text: str, hint: _Charset | None = None) -> _Charset | None:
    """The charset of a text that is certainly in a legacy one, by its content alone; None while in doubt.

    `hint` is what other texts of the same sheet are in: it settles what could be either.
    """
    if text.isascii() or surely_unicode(text):
        return None
    words = _foreign(text)
    if not any(len(word) > 1 for word in words):
        return None
    candidates: tuple[_Charset, ...] = ("tcvn3",) if any(_LOW.search(word) for word in words) else ("tcvn3", "vni")
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


def _plausible(text: str, words: list[str], charset: _Charset) -> float:
    """The share of the words that are syllables after conversion; 0 where they read no better than before."""
    after, good, was_good = _syllables(words, charset)
    if good <= was_good or _strange(_converted(text, charset)):
        return 0.0
    return good / sum(is_syllable(word) or not word.isupper() for word in after)  # acronyms say nothing


def _syllables(words: list[str], charset: _Charset) -> tuple[list[str], int, int]:
    """The words after conversion, how many are syllables then, and how many were before."""
    after = [_converted(word, charset) for word in words]
    return after, sum(map(is_syllable, after)), sum(map(is_syllable, words))


def _strange(text: str) -> bool:
    """Guards measured on real texts: few words of more than 7 letters, few with f, j, w or z."""
    words = re.findall(r"[^\W\d_]+", text)
    if len(words) < 10:
        return False
    long = sum(len(word) > 7 for word in words)
    odd = sum(_ODD_LETTERS.search(word) is not None for word in words)
    return long > 0.04 * len(words) + 1 or odd > 0.05 * len(words) + 1


def _reads_better(text: str, charset: _Charset) -> bool | None:
    """Whether the text reads better after conversion than before; None where it reads as well either way."""
    if text.isascii() or surely_unicode(text):
        return False
    _, good, was_good = _syllables(_foreign(text), charset)
    return None if good == was_good else good > was_good


@functools.cache
def _table(charset: _Charset) -> tuple[dict[str, str], re.Pattern[str]]:
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


_LIKE = str.maketrans({"\u01a3": "ư", "\u01a2": "Ư"})
"""The letter oi, which old converters write for ư."""
_SYMBOLS = {
    0xF0B3: "≥", 0xF0A3: "≤", 0xF0B1: "±", 0xF0B4: "×", 0xF0B8: "÷", 0xF0B9: "≠", 0xF0BB: "≈", 0xF0B0: "°", 0xF0AE: "→",
    0xF0E0: "→", 0xF0B7: "•", 0xF0A7: "•", 0xF0D8: "•", 0xF076: "•", 0xF0FC: "•", 0xF02D: "-", 0xF0BE: "–",
}  # fmt: skip
"""Signs of the fonts Symbol and Wingdings, as Word keeps them."""
_MENDED = re.compile("[\u01a2\u01a3\uf000-\uf0ff]")
_LATIN = {letter: byte for byte in range(0x80, 0xA0) for letter in bytes([byte]).decode("cp1252", "ignore")}
"""What Windows shows for the bytes that Latin-1 has no letters for."""
_BYTES = "\u0080-\u00ff" + re.escape("".join(_LATIN))
_TAKEN_FOR_LATIN = re.compile(rf"[\u00c3-\u00c6\u00e1\u00e2][{_BYTES}]{{1,2}}")
_LOST = re.compile("[\ufffd\ue000-\uf8ff]")
_ASKED = re.compile(r"([^\W\d_]+)\?([^\W\d_]+)")


def mended(text: str) -> str:
    """The text with what only one reading can mean put right: UTF-8 read as Latin-1, signs of Symbol, ƣ for ư."""
    if text.isascii():
        return text
    if _TAKEN_FOR_LATIN.search(text) and not surely_unicode(text):
        text = re.sub(rf"[{_BYTES}]+", _as_utf8, text)
    return text.translate(_LIKE).translate(_SYMBOLS) if _MENDED.search(text) else text


def _as_utf8(match: re.Match[str]) -> str:
    try:
        return bytes(_LATIN.get(letter, ord(letter)) for letter in match[0]).decode()
    except UnicodeDecodeError:
        return match[0]


def is_broken(text: str) -> bool:
    """Whether letters are lost for good: signs of no meaning, "tr?nh", UTF-8 of which a byte is missing."""
    if text.isascii() and "?" not in text:
        return False
    fixed = mended(text)
    if _LOST.search(fixed):
        return True
    if "?" in text and any(_is_asked(word.strip(".,;:()")) for word in text.split()):
        return True
    return not surely_unicode(text) and _TAKEN_FOR_LATIN.search(text) is not None and "Ã " in f"{fixed} "


def _is_asked(word: str) -> bool:
    """Whether a question mark stands for a letter: "tr?nh"; between two whole syllables it is one."""
    match = _ASKED.fullmatch(word)
    return match is not None and not (is_syllable(match[1]) and is_syllable(match[2]))
