"""The units and groups that a document names: who is one, who is inside, who belongs to a group, each with its doubt.

What tells a unit and its rank is data: schemas/import_units.yml.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import attrs
from attrs import define, field, frozen

from nq57xl.plan.model import UNDECIDED, Unit, UnitGroup
from nq57xl.plan.units import (
    Resolver,
    is_misprint,
    loose_key,
    names_people,
    split_names,
    unit_code,
    without_brackets,
    without_label,
)
from nq57xl.resources import read_schema
from nq57xl.text.legacy import bare, fold, one_line

_PLACES = ("xa", "phuong", "thi tran", "dac khu")
_HARD = re.compile(r"\s*[;\n]\s*")
_ACRONYM = re.compile(r"[A-ZĐ]{2,8}(?:[&-][A-ZĐ]{1,6})*(?=$|\s)")
_UNIT_CODE = re.compile(r"[A-ZĐ]{2,4}\d{1,2}")
"""PC06, as the police call its divisions."""
_INITIALS = re.compile(r"(?P<head>.*?)\s*(?P<letters>[A-ZĐ&.\s-]{2,12})")
_LEVELS: dict[str, tuple[str, ...]] = dict.fromkeys(("province", "party"), ("tinh", "thanh pho"))
_LEVELS |= dict.fromkeys(("commune", "commune_party"), ("xa", "phuong", "thi tran", "dac khu"))
"""Rank of the agency -> the words that say so behind the names of what belongs to it; elsewhere its own first word."""
_BRACKET = re.compile(r"\((?P<inside>[^()]*)\)?\s*$")
_EDGES = " .;,:-–"
_LONGEST_NAME = 120


@frozen
class _UnitRules:
    """What tells units: `schemas/import_units.yml`, ready to use."""

    ranks: dict[str, int]
    kinds: tuple[tuple[str, re.Pattern[str], re.Pattern[str]], ...]
    """Rank, heads with accents, heads without."""
    qualifiers: tuple[tuple[str, re.Pattern[str]], ...]
    kind_words: frozenset[str]
    no_units: frozenset[str]
    groups: tuple[tuple[str, re.Pattern[str]], ...]
    patterns: dict[str, re.Pattern[str]]


@functools.cache
def _unit_rules() -> _UnitRules:
    """The rules of the packaged schema."""
    raw: dict[str, Any] = read_schema("import_units.yml")
    return _UnitRules(
        raw["ranks"],
        tuple(
            (one["rank"], _any(one["heads"], accents=True), _any(one["heads"], accents=False)) for one in raw["kinds"]
        ),
        tuple((item["rank"], re.compile(rf"\b(?:{item['words']})")) for item in raw["qualifiers"]),
        frozenset(raw["kind_words"]),
        frozenset(raw["no_units"]),
        tuple((item["kind"], re.compile(rf"(?:\b|^)(?:{item['words']})")) for item in raw["groups"]),
        {name: re.compile(text) for name, text in raw["patterns"].items()},
    )


def _re(name: str) -> re.Pattern[str]:
    return _unit_rules().patterns[name]


def _any(patterns: Iterable[str], *, accents: bool) -> re.Pattern[str]:
    """Those of the patterns that are written with accents, or those without; one that matches nothing for none."""
    return re.compile("|".join(fold(item) for item in patterns if (bare(item) != fold(item)) == accents) or r"(?!)")


def _rank_key(name: str) -> str:
    """The name folded, with the words that stand for long ones."""
    key = re.sub(r"uỷ ban nhân dân|\bub(?= (?:tỉnh|thành|xã|phường|huyện))", "ubnd", fold(without_brackets(name)))
    key = re.sub(r"(?:uỷ ban|ub)? ?(?:mttq|m ?ttq|mặt trận tổ quốc)", " mttq", key).strip()
    key = re.sub(r"\btw\b", "trung ương", re.sub(r"\bmặt trận tq\b", "mttq", key))
    key = re.sub(r"^vp[.]? (?=trung|tw|ubnd|hđnd|uỷ|tỉnh|thành|đảng|sở|bộ)", "văn phòng ", key)
    key = re.sub(r"mttq ?(?:vn|việt nam)(?= \w)", "mttq", key)
    key = key.replace("hội đồng nhân dân", "hđnd").replace("bảo hiểm xã hội", "bhxh")
    return re.sub(r"^(?:chủ tịch|lãnh đạo|giám đốc|bộ trưởng|thủ trưởng|chánh) (?!nước)", "", key)


@functools.lru_cache(maxsize=20_000)
def rank_of(name: str) -> str | None:
    """Rank of a unit by its name; `none` for a body without rank, `own` for one of the agency's own level, None for
    a text that begins like no unit."""
    key = _rank_key(name)
    plain = bare(key)
    rules = _unit_rules()
    for rank, heads, plain_heads in rules.kinds:
        if heads.match(key) or plain_heads.match(plain):
            if rank != "own":
                return rank
            rest = plain.split(" ", maxsplit=1)[-1]
            return next((named for named, words in rules.qualifiers if words.search(rest)), "own")
    return None


def _is_unit_name(text: str) -> bool:
    """True for a text that reads as the name of one unit: no sentence, no person, no number of a document."""
    if bare(text).strip(_EDGES) in _unit_rules().kind_words or not _may_be_name(text):
        return False
    acronym = _UNIT_CODE.fullmatch(text) or _ACRONYM.match(text)
    return rank_of(text) is not None or (
        acronym is not None and bare(acronym[0]).rstrip("0123456789") not in _unit_rules().no_units
    )


def _may_be_name(text: str) -> bool:
    """True unless the text plainly says something else than a name."""
    return not (
        names_people(text)
        or _re("statements").match(text)
        or _re("citations").search(text)
        or re.search(r"\d{3,}|[@:?!]|^(?:NQ|QĐ|KH|NĐ|CV|CTr|TTr|BC|HD|CT|TB)-", text)
        or len(text) > _LONGEST_NAME
        or sum(letter.isalpha() for letter in text) < 2
    )


@functools.lru_cache(maxsize=20_000)
def names_units(text: str) -> bool:
    """True for a text of which the first part is the name of a unit or of a group of units."""
    first = next((part for part, _ in _parts_of(_one_line_list(text), set())), "")
    return _is_unit_name(without_brackets(first)) or (_is_collective(first) and _may_be_name(first))


def _one_line_list(text: str) -> str:
    """The text with line breaks between units kept as ";"; people and telephone numbers are left out."""
    lines = [_re("lead_in").sub("", line.strip()).strip() for line in text.split("\n")]
    lines = [_re("heads_of").sub("", line) for line in lines if line and not names_people(line)]
    return "; ".join(one_line(line).strip(" ;") for line in lines if line)


def _parts_of(text: str, alone: set[str]) -> list[tuple[str, bool]]:
    """(name, is it a collective) for each unit that the text names; brackets are never cut."""
    listed = _re("list").fullmatch(text)
    if listed:
        head = listed["head"].capitalize()
        rest = [listed["rest"][a:b].strip(_EDGES) for a, b in split_names(listed["rest"])]
        return [(f"{head} {part}", False) for part in rest if part]
    found: list[tuple[int, int, bool]] = []
    for start, end in split_names(text):
        part = text[start:end].strip(_EDGES)
        if not part or names_people(part):
            continue
        first, after, collective = found[-1] if found else (0, 0, False)
        before = bare(text[first:after]).strip(_EDGES)
        broken = re.match(r"\s*[;\n]", text[after:]) is not None
        cities = bare(part).startswith("thanh pho truc thuoc") and before.endswith("tinh")
        if cities or (found and bare(part) in _PLACES and before.endswith(_PLACES)):
            found[-1] = (first, end, True)
        elif found and (_is_more(part, alone) if collective else _goes_on(before, part, broken, alone)):
            found[-1] = (first, end, collective)
        else:
            found.append((start, end, _is_collective(part)))
    return [(one_line(text[a:b]).strip(_EDGES), collective) for a, b, collective in found]


def _is_collective(part: str) -> bool:
    if _re("companies").match(bare(part)) and not re.search(r"\s[A-ZĐ]", part):
        return True
    return _re("collective").match(bare(_rank_key(part))) is not None or len(_listed_inside(part)) > 1


def _listed_inside(part: str) -> list[str]:
    """The units that brackets list behind a word that names none: "Đơn vị vận hành (Sở A, Văn phòng …)"."""
    match = _BRACKET.search(part)
    head = bare(part[: match.start()]).strip(_EDGES) if match else ""
    if match is None or not re.match(r"(?:cac|don vi|co quan|mot so|nhung|so|bo|nganh|phong)\b", head):
        return []
    names = [match["inside"][a:b].strip(f"{_EDGES}…") for a, b in split_names(match["inside"])]
    names = list(filter(None, names))
    return names if len(names) > 1 and sum(_is_unit_name(name) for name in names) >= len(names) / 2 else []


def _is_more(part: str, alone: set[str]) -> bool:
    """True when a part goes on with the collective before: "Các sở, ban, ngành"."""
    key = bare(part)
    if key in _unit_rules().kind_words or not _stands_alone(part, alone):
        return True
    return _re("generic").match(key) is not None and not re.match(r"(?:phòng|sở) [A-ZĐ]", part, re.IGNORECASE)


def _goes_on(before: str, part: str, broken: bool, alone: set[str]) -> bool:
    """True when a part goes on with the name before: "Phòng Văn hóa, Khoa học và Thông tin". `before`: its bare key;
    `broken`: a hard sign stands between them."""
    key = bare(part)
    office = re.search(r"van phong.*(?:dbqh|quoc hoi|hdnd|dang uy|hoi dong nhan dan)$", before)
    if office and re.match(r"(?:hdnd|ubnd|uy ban nhan dan)\b", key):
        return True
    if _stands_alone(part, alone) or (broken and part[0].isupper()) or _re("complete").search(before):
        return False
    return not (_re("companies").match(key) or _re("generic").match(key))


def _stands_alone(part: str, alone: set[str]) -> bool:
    return _is_collective(part) or _is_unit_name(part) or loose_key(part) in alone


@define
class _Names:
    """The spellings of one unit, counted."""

    seen: Counter[str] = field(factory=Counter)
    leads: int = 0

    @property
    def best(self) -> str:
        """The spelling that the unit goes by: with its "Phòng", the most frequent, the longest."""
        ranked = sorted(self.seen, key=lambda name: (bare(name).startswith("phong"), self.seen[name], len(name), name))
        name = ranked[-1]
        return name[:1].upper() + name[1:]


_Doubt = tuple[str, int, str, str]
"""`units` or `groups`, index in it, field, and why only the office can settle it."""


@frozen
class ProposedUnits:
    """Units and groups as proposed."""

    units: tuple[Unit, ...]
    groups: tuple[UnitGroup, ...]
    doubts: tuple[_Doubt, ...]


def propose_units(
    leads: Iterable[str], supports: Iterable[str], *, agency: str, parent: str, gatherer: str
) -> ProposedUnits:
    """Units and groups that those texts name, and who gathers, where the document says so.

    A unit that leads is inside unless it ranks above the agency; one that only supports is inside when it belongs to
    the agency or ranks below it. What is not sure is a doubt. A text that reads as no unit becomes none: its cell
    stays unresolved, for a person to see.
    """
    counted = [(_one_line_list(text), count, True) for text, count in Counter(leads).items()]
    counted += [(_one_line_list(text), count, False) for text, count in Counter(supports).items()]
    counted += [(gatherer, 1, False)] if gatherer else []
    parts = [part for text, _, _ in counted for part in _HARD.split(text) if part]
    alone = {loose_key(part) for part in parts if len(split_names(part)) < 2}
    reader = _UnitReader(alone, agency, parent)
    for text, count, leading in counted:
        reader.take(text, count, leading)
    return reader.proposal()


class _UnitReader:
    """Collects the names of all cells."""

    def __init__(self, alone: set[str], agency: str, parent: str) -> None:
        self.alone, self.agency = alone, agency
        # a steering committee has the rank of the body above it
        ranks = [rank_of(name) if name else None for name in (agency, parent)]
        plain = [rank for rank in ranks if rank not in (None, "own", "none")]
        self.known = plain[0] if plain else "department" if ranks[0] == "own" else None
        """Rank of the agency, where its name tells it."""
        self.rank = self.known or "department"
        self.units: dict[str, _Names] = {}
        self.groups: Counter[str] = Counter()
        self.maybe: Counter[str] = Counter()
        """Names of a list that do not begin like units: "Quản lý Đầu tư" before "phòng Quản lý Doanh nghiệp"."""
        self.inside: dict[str, list[str]] = {}
        """Group -> names that its own brackets list."""

    def take(self, text: str, count: int, leading: bool) -> None:
        """Takes the names of a cell."""
        listed = [piece for piece in _HARD.split(text) if _re("list").fullmatch(piece)]
        for piece in listed:
            self.groups[piece] += count
            self.inside[piece] = [name for name, _ in _parts_of(piece, self.alone)]
        if listed:
            others = [piece for piece in _HARD.split(text) if piece not in listed]
            text = "; ".join([*others, *(name for piece in listed for name in self.inside[piece])])
        for part, collective in _parts_of(text, self.alone):
            if collective and bare(part) in _unit_rules().kind_words - {"dia phuong", "don vi", "co quan"}:
                continue
            if collective or self._is_level(part):
                self.groups[part] += count
                listed = _listed_inside(part)
                if listed:
                    self.inside[part] = listed
                    self.take("; ".join(listed), count, False)
                continue
            name = without_label(without_brackets(part).strip(_EDGES))
            if not _is_unit_name(name) and not (leading and self._may_be_alone(name, text)):
                self.maybe[name] += count
                continue
            names = self.units.setdefault(self._key(name), _Names())
            names.seen[name] += count
            names.leads += count * leading

    def _is_level(self, part: str) -> bool:
        """True for "UBND xã" in the plan of a body over many communes: it means all of them."""
        commune = re.fullmatch(r"(?:ubnd|hdnd|dang uy) (?:cap )?(?:xa|phuong|thi tran|dac khu)", bare(_rank_key(part)))
        return commune is not None and self.known not in ("commune", "commune_party", "division")

    def _may_be_alone(self, name: str, text: str) -> bool:
        """True for an unknown name that fills its cell: "Quản lý Đầu tư" without its "Phòng"."""
        whole = name == without_brackets(text).strip(_EDGES) and bare(name) not in _unit_rules().kind_words
        plain = name[:1].isupper() and len(name.split()) <= 8 and not re.search(r"\d", name)
        return whole and plain and _may_be_name(name) and not _re("person").fullmatch(name)

    def _key(self, name: str) -> str:
        """The key under which the unit is already known: spelling variants, places and misprints are one unit."""
        key = _placeless(loose_key(name))
        # "Văn phòng Sở" of a Sở, "Công an xã" of a commune: the agency's own, also without that word
        levels = _LEVELS.get(self.known or "", tuple(bare(self.agency).split()[:1]))
        own = [variant for word in levels for variant in (key.removesuffix(f" {word}"), f"{key} {word}")]
        for variant in (key, key.removeprefix("phong "), f"phong {key}", *own):
            if variant in self.units:
                return variant
        short = next((known for known, names in self.units.items() if _same_initials(name, names.best)), None)
        # two short names of one word, VTV and VOV, are two units
        return short or next((item for item in self.units if " " in key and is_misprint(key, item)), key)

    def proposal(self) -> ProposedUnits:
        self.rank = self.known or self._inferred()
        self._drop_glued()
        self._take_alike()
        made = [self._unit(names) for names in self.units.values() if names.seen]
        units = _coded([unit for unit, _ in made])
        reasons = {unit.name: reason for unit, reason in made if reason}
        doubts = [
            ("units", at, "external", reasons[unit.name]) for at, unit in enumerate(units) if unit.name in reasons
        ]
        groups, empty = self._groups(units)
        return ProposedUnits(units, tuple(groups), (*doubts, *empty))

    def _drop_glued(self) -> None:
        """Takes out names that are two others in a row, for want of a sign between them: a person must part them."""
        for key in [key for key in self.units if " " in key]:
            cuts = [match.start() for match in re.finditer(" ", key)]
            if any(key[:at] in self.units and key[at + 1 :] in self.units for at in cuts):
                del self.units[key]

    def _take_alike(self) -> None:
        """Takes names that go on like a "Phòng" that is known, without the word itself."""
        for name, count in self.maybe.items():
            start = " ".join(loose_key(name).split()[:2])
            alike = " " in start and any(key.startswith(f"phong {start} ") for key in self.units)
            if alike and name[:1].isupper() and _may_be_name(name):
                self.units.setdefault(self._key(name), _Names()).seen[f"Phòng {name}"] += count

    def _inferred(self) -> str:
        """The rank that an agency has whose plan those units lead."""
        led = Counter(rank_of(names.best) for names in self.units.values() if names.leads)
        if led["ministry"] >= max(1, led["division"], led["department"]):
            return "nation"
        return "province" if led["department"] + led["commune"] >= max(1, led["division"]) else "department"

    def _unit(self, names: _Names) -> tuple[Unit, str]:
        name = names.best
        external, reason = self._where(name, names.leads > 0)
        aliases = tuple(sorted(item for item in names.seen if item.casefold() != name.casefold()))
        kind = UNDECIDED if external and names.leads else _kind(name, external, self.rank)
        return Unit("", name, aliases, kind, external), reason

    def _where(self, name: str, leads: bool) -> tuple[bool, str]:
        """Is it outside; and why a person must say so."""
        relation = _relation_of(name, self.rank, self.agency)
        if relation == "above":
            return True, "đơn vị cấp trên được ghi là chủ trì: có nhận biểu mẫu không?" if leads else ""
        if not self.known:
            reason = "chưa biết cơ quan ban hành: đề xuất đơn vị chủ trì là trong cơ quan"
            return (not leads and relation in ("same", "apart"), reason)
        if relation == "below":
            return False, "" if rank_of(name) is not None else "tên không giống tên đơn vị: có đúng là đơn vị không?"
        if relation == "same":
            word = "được ghi là chủ trì, đề xuất có nhận biểu mẫu" if leads else "chỉ phối hợp, đề xuất ngoài cơ quan"
            return not leads, f"đơn vị cùng cấp với cơ quan ban hành, {word}"
        if leads:
            return False, "đơn vị không trực thuộc được ghi là chủ trì: đề xuất có nhận biểu mẫu"
        return True, ""

    def _groups(self, units: tuple[Unit, ...]) -> tuple[list[UnitGroup], list[_Doubt]]:
        """The collectives with their members, and those of which the members are not known."""
        found: dict[str, list[str]] = {}
        for name in sorted(self.groups, key=lambda item: (-self.groups[item], item)):
            key = loose_key(name)
            match = next((item for item in found if item == key or is_misprint(key, item)), key)
            found.setdefault(match, []).append(name)
        groups: list[UnitGroup] = []
        doubts: list[_Doubt] = []
        resolver = Resolver(units, ())
        for spellings in found.values():
            # "Cac phòng" is misspelt
            best = max(
                spellings, key=lambda name: (name[0].isupper(), name[:4].casefold() != "cac ", self.groups[name])
            )
            listed = self.inside.get(best, [])
            members = tuple(dict.fromkeys(code for name in listed for code in resolver.resolve(name).codes))
            members, reason = (members, "") if members else _members_of(best, units, self.rank, self.agency)
            if reason:
                doubts.append(("groups", len(groups), "members", reason))
            groups.append(UnitGroup(best, members, tuple(item for item in spellings if item != best)))
        return groups, doubts


def _placeless(key: str) -> str:
    """ "uy ban nhan dan tinh dong nai" without the place: an agency names its own with and without it."""
    key = re.sub(r"(?<=\w) viet nam$", "", key) if len(key.split()) > 4 else key
    key = re.sub(r"^(so .+?) (?:tinh|thanh pho)(?: \w+){0,3}$", r"\1", key)
    return re.sub(r"\b(tinh|thanh pho)(?: (?!uy\b)\w+){1,3}$", r"\1", key)


def _same_initials(name: str, known: str) -> bool:
    """True for "Sở KH&CN" and "Sở Khoa học và Công nghệ": the same first word, and the letters of the others."""
    for short, full in ((name, known), (known, name)):
        match = _INITIALS.fullmatch(short)
        if not match or (not match["head"] and len(match["letters"]) < 3):
            continue
        letters = bare(re.sub(r"[^A-ZĐ]", "", match["letters"]))
        head, rest = bare(match["head"]), bare(full)
        if head and not rest.startswith(f"{head} "):
            continue
        words = [word for word in re.findall(r"[a-z]+", rest.removeprefix(head)) if word != "va"]
        if len(letters) >= 2 and "".join(word[0] for word in words) == letters:
            return True
    return False


def _relation_of(name: str, rank: str, agency: str) -> str:
    """How a unit stands to the agency of that rank: `above`, `same`, `below` (belongs to it), `apart`."""
    ranks = _unit_rules().ranks
    own = rank_of(name)
    if own in (None, "own"):
        return "below"
    if own == "none":
        return "apart"
    if _placeless(loose_key(name)) == _placeless(loose_key(agency)):
        return "same"
    if rank in ("commune", "commune_party") and _re("commune_office").fullmatch(bare(_rank_key(name))):
        return "below"
    assert own is not None
    if ranks[own] == ranks[rank]:
        return "same" if own != "division" else "below"
    if ranks[own] < ranks[rank]:
        return "above"
    return "below" if own == "division" or rank in ("nation", "party", "province", "district") else "apart"


_OF_RANK = {"ministry": "Bộ, ngành", "department": "Sở, ban, ngành", "commune": "Xã, phường"}


def _kind(name: str, external: bool, rank: str) -> str:
    key, own = bare(name), rank_of(name)
    if external:
        return "Cơ quan ngoài"
    if own in _OF_RANK:
        return _OF_RANK[own]
    if key.startswith("van phong"):
        return "Văn phòng"
    if key.startswith(("trung tam", "truong", "benh vien", "vien")):
        return "Đơn vị sự nghiệp"
    return "Phòng chuyên môn" if rank in ("department", "commune", "division") else "Đơn vị"


def _coded(units: Sequence[Unit]) -> tuple[Unit, ...]:
    """The units with codes: initials, a number behind where two would be the same."""
    taken: set[str] = set()
    done = []
    for unit in sorted(units, key=lambda item: item.external):
        word = re.fullmatch(r"[a-z0-9]+", bare(unit.name))
        initials = " ".join(" ".join(item) if item.isupper() and len(item) > 1 else item for item in unit.name.split())
        base = (bare(unit.name).upper() if word else unit_code(initials))[:12]
        code, number = base, 2
        while code in taken:
            code, number = f"{base}{number}", number + 1
        taken.add(code)
        done.append(attrs.evolve(unit, code=code))
    return tuple(done)


def _members_of(name: str, units: Sequence[Unit], rank: str, agency: str) -> tuple[tuple[str, ...], str]:
    """Codes of the inside units whose kind the collective names; and why its members are not (all) known."""
    rules = _unit_rules()
    plain = re.sub(r"[;:().]", ",", bare(_rank_key(name))).replace("co so", "cơ-sở")
    vague = _re("vague").search(plain) is not None
    rest, kinds = plain, []
    for kind, words in rules.groups:
        if words.search(rest):
            kinds.append(kind)
            rest = words.sub(" ", rest)
    own = set(bare(agency).split())
    left = [word for word in re.findall(r"\w+", _re("fillers").sub(" ", _re("vague").sub(" ", rest)))
            if len(word) > 1 and word not in own]  # fmt: skip
    if vague:
        return (), "nhóm không nói rõ gồm đơn vị nào («liên quan» …)"
    if not kinds or left:
        return (), "tên nhóm không cho biết gồm đơn vị nào"
    close = rank in ("department", "commune", "division", "ministry")
    inside = [unit for unit in units if not unit.external]
    if "chuyen mon" in plain:
        inside = [unit for unit in inside if unit.kind != "Văn phòng"]
    if close and {"division", "all"} & set(kinds):
        return tuple(unit.code for unit in inside), "" if inside else "chưa biết đơn vị nào thuộc nhóm"
    if "local" in kinds:
        kinds.append("province" if rank in ("nation", "ministry") else "commune")
    wanted = {*kinds, "own"} if "division" in kinds else set(kinds)
    chosen = tuple(unit.code for unit in inside if rank_of(unit.name) in wanted)
    for kind, title in (("commune", "xã, phường"), ("province", "tỉnh, thành phố")):
        if kind in kinds and not any(rank_of(unit.name) == kind for unit in units):
            return chosen, f"chưa có danh sách {title} của nhóm"
    return chosen, "" if chosen else "chưa biết đơn vị nào thuộc nhóm"
