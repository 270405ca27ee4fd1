"""Which units a text of the plan names: spelling variants, abbreviations and small misprints, never a guess."""

from __future__ import annotations

import re
from collections.abc import Iterable

from attrs import field, frozen

from nq57xl.records.plan import Unit, UnitGroup
from nq57xl.text.normalise import bare, clean, fold

_SEPARATOR = re.compile(r"\s*[;,/+\n]\s*|\s+và\s+|\s+&\s+", re.IGNORECASE)
_EDGES = " .;,:-–"
# Words of the plans' own abbreviations, without accents; longest first so that "KH-TC" is not read as "KH".
_ABBREVIATIONS = (
    (r"\bkh[ -]?tc\b", "ke hoach tai chinh"),
    (r"\bkh ?(?:&|va)? ?cn\b", "khoa hoc cong nghe"),
    (r"\bubnd\b", "uy ban nhan dan"),
    (r"\bcnc\b", "cong nghe cao"),
    (r"\bgtvt\b", "giao thong van tai"),
    (r"\batgt\b", "an toan giao thong"),
    (r"\bkcn\b", "khu cong nghiep"),
    (r"\bkkt\b", "khu kinh te"),
    (r"\bbql\b", "ban quan ly"),
    (r"\bql\b", "quan ly"),
    (r"\bdn\b", "doanh nghiep"),
    (r"\bvp\b", "van phong"),
    (r"\btt\b", "trung tam"),
    (r"\bp\b", "phong"),
    (r"\btp\b", "thanh pho"),
)
_OPTIONAL_PREFIX = ("phong ", "p ")
_ROMAN = re.compile(r"[ivx]+")
_LONG_NAME = 14


@frozen
class Resolution:
    """What a text of the lead or support column came to."""

    codes: tuple[str, ...] = ()
    """Unit codes in the order of the text, groups expanded, each once."""
    unresolved: tuple[str, ...] = ()
    """Parts of the text that name no known unit, as printed."""
    collective: bool = False
    """True: a group's name is part of the text."""
    near: tuple[tuple[str, str], ...] = field(default=(), eq=False)
    """(part as printed, name) for each part that fits only with a misprint: lint tells them."""


def resolve(text: str, units: Iterable[Unit], groups: Iterable[UnitGroup]) -> Resolution:
    """The units that the text names. The whole text is tried first, then the longest parts between ; , / "và".

    A part resolves by its own spelling, then without accents, "Phòng" and abbreviations, then with a small misprint;
    at each step only if exactly one unit or group fits. Parts that do not resolve stay together, as printed.
    """
    return Resolver(tuple(units), tuple(groups)).resolve(text)


class Resolver:
    """`resolve` for many texts of one plan: the names are prepared once."""

    def __init__(self, units: tuple[Unit, ...], groups: tuple[UnitGroup, ...]) -> None:
        self._known = {unit.code for unit in units}
        self._owners: dict[str, Unit | UnitGroup] = {}
        self._exact: dict[str, set[str]] = {}
        self._loose: dict[str, set[str]] = {}
        self._longest_run = 1
        for unit in units:
            self._add(
                f"u:{unit.code}",
                unit,
                (unit.name, *unit.aliases, unit.code, *(item.name for item in unit.former_names)),
            )
        for index, group in enumerate(groups):
            self._add(f"g:{index}", group, (group.name, *group.aliases))

    def _add(self, owner: str, record: Unit | UnitGroup, names: tuple[str, ...]) -> None:
        self._owners[owner] = record
        for name in names:
            if not name.strip():
                continue
            self._longest_run = max(self._longest_run, len(_split(clean(name))))
            self._exact.setdefault(fold(name).strip(_EDGES), set()).add(owner)
            for key in _keys(name):
                self._loose.setdefault(key, set()).add(owner)

    def resolve(self, text: str) -> Resolution:
        """See the function `resolve`."""
        text = clean(text)
        parts = _split(text)
        codes: dict[str, None] = {}
        unresolved: list[tuple[int, int]] = []
        near: list[tuple[str, str]] = []
        collective = False
        index = 0
        while index < len(parts):
            owner, after, misprinted = self._longest(text, parts, index)
            if owner is None:
                start = parts[index][0]
                if unresolved and not _between_known(parts, index, unresolved[-1][1]):
                    start = unresolved.pop()[0]
                unresolved.append((start, parts[index][1]))
            else:
                collective |= isinstance(owner, UnitGroup)
                if misprinted:
                    near.append((text[parts[index][0] : parts[after - 1][1]], owner.name))
                codes.update(dict.fromkeys(self._codes(owner)))
            index = after
        missed = tuple(text[start:end].strip(_EDGES) or text[start:end] for start, end in unresolved)
        return Resolution(tuple(codes), missed, collective, tuple(near))

    def _codes(self, owner: Unit | UnitGroup) -> tuple[str, ...]:
        if isinstance(owner, Unit):
            return (owner.code,)
        return tuple(code for code in owner.members if code in self._known)

    def _longest(
        self, text: str, parts: list[tuple[int, int]], index: int
    ) -> tuple[Unit | UnitGroup | None, int, bool]:
        """What the longest run of parts from `index` names, the index after it, and whether it is misprinted."""
        for end in range(min(len(parts), index + self._longest_run), index, -1):
            owner, misprinted = self._match(text[parts[index][0] : parts[end - 1][1]])
            if owner is not None:
                return owner, end, misprinted
        return None, index + 1, False

    def _match(self, name: str) -> tuple[Unit | UnitGroup | None, bool]:
        keys = _keys(name)
        found = self._exact.get(fold(name).strip(_EDGES))
        if not found:
            found = set().union(*(self._loose.get(key, set()) for key in keys))
        misprinted = not found
        if not found:
            near = (owners for known, owners in self._loose.items() if any(is_misprint(key, known) for key in keys))
            found = set().union(*near)
        return (self._owners[next(iter(found))] if len(found) == 1 else None), misprinted


def _split(text: str) -> list[tuple[int, int]]:
    """Start and end of each non-empty part between separators."""
    bounds, start = [], 0
    for match in _SEPARATOR.finditer(text):
        bounds.append((start, match.start()))
        start = match.end()
    bounds.append((start, len(text)))
    return [(a, b) for a, b in bounds if text[a:b].strip(_EDGES)]


def _between_known(parts: list[tuple[int, int]], index: int, end: int) -> bool:
    """True when a resolved part stands between the last unresolved text, which ends at `end`, and part `index`."""
    return parts[index - 1][1] != end


def loose_key(name: str) -> str:
    """Name without accents, punctuation, "và" and abbreviations; i and y at the end of a syllable are one."""
    return _plain_key(_expanded(bare(name)))


def _expanded(key: str) -> str:
    for pattern, words in _ABBREVIATIONS:
        key = re.sub(pattern, words, key)
    return key


def _plain_key(key: str) -> str:
    key = re.sub(r"[^\w]+", " ", key)
    key = re.sub(r"\bva\b", " ", key)
    return re.sub(r"(?<![aeiou])y\b", "i", " ".join(key.split()))


def _keys(name: str) -> set[str]:
    """The loose key with abbreviations as printed and spelled out, each with and without a leading "phòng"."""
    keys = {_plain_key(bare(name)), loose_key(name)}
    for key in tuple(keys):
        for prefix in _OPTIONAL_PREFIX:
            rest = key.removeprefix(prefix)
            # "Phòng 1" without its "Phòng" would be a bare number
            if rest != key and len(rest) > 2:
                keys.add(rest)
    return keys - {""}


def is_misprint(key: str, known: str) -> bool:
    """True when `key` is `known` with one letter wrong (two in a long name), or with a space lost or added.

    Both are loose keys. Numbers, Roman numbers and short words must be equal: "Đội 1" is not "Đội 2".
    """
    from rapidfuzz.distance import OSA

    if key == known:
        return False
    if key.replace(" ", "") == known.replace(" ", ""):
        return True
    words, known_words = key.split(), known.split()
    if len(words) != len(known_words):
        return False
    limit = 2 if len(known) >= _LONG_NAME else 1
    for word, known_word in zip(words, known_words, strict=True):
        if word != known_word:
            limit -= OSA.distance(word, known_word)
            if limit < 0 or _must_equal(word) or _must_equal(known_word):
                return False
    return True


def _must_equal(word: str) -> bool:
    return len(word) <= 2 or any(letter.isdigit() for letter in word) or _ROMAN.fullmatch(word) is not None
