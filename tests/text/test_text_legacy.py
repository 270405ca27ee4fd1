"""Text of the fonts before Unicode: recognised without guessing, converted exactly."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nq57xl.text import legacy
from nq57xl.text.legacy import _Charset, _converted, _detect, _reads_better, charset_of_font, is_syllable
from tests.conftest import REPOSITORY

PLANS = [REPOSITORY / "tests" / "data" / name for name in ("bql-2026.md", "sxd-2026.md")]


def plan_cells() -> list[str]:
    """Texts of the two real plans, cell by cell."""
    texts = [cell.strip() for path in PLANS for cell in re.split(r"[|\n]", Path(path).read_text(encoding="utf-8"))]
    return sorted({text for text in texts if len(text) > 3})


def encoded(text: str, charset: _Charset) -> str:
    """The text as a legacy font would need it; TCVN3 has no capitals with marks."""
    pairs = {new: old for old, new in reversed(legacy._table(charset)[0].items())}
    return "".join(pairs.get(letter) or pairs.get(letter.lower(), letter) for letter in text)


@pytest.mark.parametrize(
    ("text", "charset", "said"),
    [
        ("§ang thùc hiÖn", "tcvn3", "Đang thực hiện"),
        ("®· tr×nh dù th¶o", "tcvn3", "đã trình dự thảo"),
        ("ch\u00ada tr×nh", "tcvn3", "chưa trình"),
        ("Hå s¬ ®\u00adîc sè hãa", "tcvn3", "Hồ sơ được số hóa"),
        ("thuéc", "tcvn3", "thuộc"),
        ("Ñang thöïc hieän", "vni", "Đang thực hiện"),
        ("Ñaõ trình döï thaûo", "vni", "Đã trình dự thảo"),
        ("Hoà sô ñöôïc soá hoùa", "vni", "Hồ sơ được số hóa"),
    ],
)
def test_known_texts(text: str, charset: _Charset, said: str) -> None:
    """Texts in both charsets are told apart and say what was typed; the soft hyphen is a letter."""
    assert (_detect(text), _converted(text, charset)) == (charset, said)


@pytest.mark.parametrize(
    "text",
    [
        "gồm¹", "120 m²", "25 µm", "5 µg/m³", "§ 5", "2½ ngày", "Müller", "El Niño", "Café", "São Paulo", "à la carte",
        "cá nhân", "so sánh", "công tác và", "Hà", "«gì»", "Ðông Hà", "hòa", "100%", "", "Đã trình", "Năng suất",
        "±5°C",
    ],
)  # fmt: skip
def test_texts_that_stay(text: str) -> None:
    """Unicode texts, foreign words, units and signs are no legacy text."""
    assert _detect(text) is None


def test_no_false_alarm_on_the_plans() -> None:
    """Not one of the cells of two real plans, nor one of their words alone, is taken for legacy text."""
    cells = plan_cells()
    words = {word for cell in cells for word in re.findall(r"[^\W\d_]+", cell)}
    assert len(cells) > 150
    assert [text for text in (*cells, *words) if _detect(text)] == []


@pytest.mark.parametrize("charset", ["tcvn3", "vni"])
def test_round_trip_and_recall(charset: _Charset) -> None:
    """Every cell of the plans comes back letter for letter; 98 of 100 of 20 letters or more are recognised as such."""
    texts = {text: encoded(text, charset) for text in plan_cells()}
    texts = {text: old for text, old in texts.items() if old != text and all(ord(letter) < 256 for letter in old)}
    wrong = [text for text, old in texts.items() if _converted(old, charset).casefold() != text.casefold()]
    assert wrong == []
    assert [text for text, old in texts.items() if _detect(old) not in (charset, None)] == []
    longer = [old for old in texts.values() if len(old) >= 20]
    assert len(longer) > 100
    assert sum(_detect(old) == charset for old in longer) >= 0.98 * len(longer)


def test_a_hint_settles_what_could_be_either() -> None:
    """ "tænh" reads in both charsets: alone it is left, among others it follows them."""
    assert _detect("UBND tænh") is None
    assert _detect("UBND tænh", "vni") == "vni"


@pytest.mark.parametrize(
    ("font", "charset"),
    [(".VnTime", "tcvn3"), (".VnArialH", "tcvn3"), ("VNI-Times", "vni"), ("Times New Roman", None), ("", None)],
)
def test_fonts(font: str, charset: _Charset | None) -> None:
    """The name of a font tells its charset."""
    assert charset_of_font(font) == charset


def test_reads_better() -> None:
    """A word that is one either way is undecided, one that is none before is better, a Unicode one is not."""
    assert _reads_better("c¸", "tcvn3") is True
    assert _reads_better("cá", "tcvn3") is None
    assert _reads_better("Đã", "tcvn3") is False


@pytest.mark.parametrize(
    "word", ["nghiêng", "quyết", "khuya", "UỶ", "thuỷ", "hoá", "giữa", "yêu", "quý", "kỹ", "gì", "ỉa"]
)
def test_syllables(word: str) -> None:
    """Vietnamese words are syllables, whatever the case and the place of the tone."""
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["thuéc", "niño", "trêình", "bcd", "hiÖn", "Café", "ạụ", ""])
def test_no_syllables(word: str) -> None:
    """Letters that no Vietnamese word has, two tones or no vowel make no syllable."""
    assert not is_syllable(word)
