# ruff: noqa: E501 - patterns and lists of words read better unbroken
"""A list of units proposed from the columns of leads and supports: names, other names, groups, which are outside."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from attrs import define, field

from nq57xl.plan.model import Unit, UnitGroup
from nq57xl.plan.understand import unit_code
from nq57xl.plan.units import is_misprint, loose_key
from nq57xl.text.normalise import bare, one_line

_HEADS = (
    "van phong", "phong", "p.", "so", "ban", "ubnd", "uy ban", "hdnd", "hoi dong", "trung tam", "chi cuc", "cuc", "vu",
    "cong an", "thanh tra", "bo", "vien", "truong", "hoi", "doan", "bao", "dai", "kho bac", "thue", "bhxh", "bao hiem",
    "buu dien", "vnpt", "viettel", "mobifone", "fpt", "mttq", "mat tran", "lien doan", "to", "doi", "tram", "quy", "hai quan",
    "ngan hang", "nhnn", "tong cuc", "tinh uy", "thanh uy", "dang uy", "toa an", "vien kiem sat", "bql", "bch",
    "hiep hoi", "cong ty", "tap doan", "tong cong ty", "benh vien", "ttpvhcc", "lien hiep", "cuc thue", "thuong truc",
    "lanh dao", "dang bo", "chinh phu", "ngan hang nha nuoc", "dien luc", "chi nhanh", "doanh nghiep", "uỷ ban",
)  # fmt: skip
_COLLECTIVE = re.compile(
    r"(?:tat ca |toan the )?(?:cac|cac co quan|nhung)\b|toan the\b|tat ca\b|ubnd cac\b|(?:so|bo|phong|co quan|don vi)$|uy ban nhan dan cac\b|"
    r"ubnd cap xa\b|ubnd xa, phuong|(?:don vi|co quan|dia phuong|nganh|bo, nganh)\b.*(?:lien quan|lua chon|dia ban)|(?:dia phuong|nganh)$"
)
_GENERIC = re.compile(
    r"(?:cac |va )*(?:don vi|phong chuyen mon|ban,|nganh|phong ban|dia phuong|co quan|to chuc|doan the|xa\b(?! hoi)|phuong\b|khoi\b|thon\b|truong hoc|ho kinh doanh|tieu thuong|dien luc$|thi tran|"
    r"dac khu|ban nganh|ban, nganh|so nganh|cac|ubnd cac|ubnd cap|ubnd (?:xa|phuong)[, /-]|(?:doanh nghiep|khu pho|thon|ap|ca nhan)\b)"
)
_SPLIT = re.compile(r"\s*[;\n]\s*|\s*,\s*|\s*/\s*|\s+\+\s+|\s+và\s+|\s+&\s+")
_HARD = re.compile(r"\s*[;\n]\s*")
_LIST = re.compile(r"(?i:các)\s+(?P<head>(?i:sở|phòng|bộ|chi cục|trung tâm|ban|hội))\s*:\s*(?P<rest>\S.*)", re.DOTALL)
_LEAD_IN = re.compile(r"^(?:[-–+•*]|\d+[.)])\s*|^(?:đơn vị |cơ quan )?(?:chủ trì|phối hợp)\s*:\s*", re.IGNORECASE)
_KINDS = (
    "so",
    "ban",
    "bo",
    "phong",
    "hoi",
    "doan",
    "to",
    "doi",
    "cuc",
    "vu",
    "vien",
    "truong",
    "bao",
    "dai",
    "quy",
    "tram",
    "trung tam",
)
"""Words for a kind of unit: alone they name none."""
_ACRONYM = re.compile(r"[A-ZĐ]{2,8}")
_EDGES = " .;,:-–"
_OUTSIDE = {
    "department": ("so", "ubnd", "uy ban nhan dan", "bo", "cong an", "tinh uy", "thanh uy", "chinh phu", "van phong ubnd",
                   "van phong tinh uy", "van phong chinh phu", "hdnd", "cac so", "tong cuc", "cuc", "ngan hang", "kho bac",
                   "vnpt", "viettel", "doanh nghiep", "cong ty", "tap doan", "hoi", "mat tran", "tinh doan"),
    "province": ("bo", "chinh phu", "tong cuc", "vnpt", "viettel", "mobifone", "fpt", "doanh nghiep", "cong ty", "tap doan",
                 "van phong chinh phu", "hiep hoi"),
    "commune": ("so", "bo", "ubnd tinh", "ubnd thanh pho", "tinh uy", "thanh uy", "chinh phu", "vnpt", "viettel", "mobifone",
                "doanh nghiep", "cong ty", "tap doan", "cong an tinh", "cong an thanh pho", "cuc", "chi cuc", "buu dien", "hiep hoi"),
    "nation": ("doanh nghiep", "tap doan", "hiep hoi"),
}  # fmt: skip


@define
class _Names:
    """The spellings of one unit, counted."""

    seen: Counter[str] = field(factory=Counter)

    @property
    def best(self) -> str:
        """The spelling that the unit goes by: with its "Phòng", the most frequent, the longest."""
        ranked = sorted(self.seen, key=lambda name: (bare(name).startswith("phong"), self.seen[name], len(name), name))
        name = ranked[-1]
        return name[:1].upper() + name[1:]


def propose_units(
    leads: Iterable[str], supports: Iterable[str], agency: str, known: Iterable[str] = ()
) -> tuple[tuple[Unit, ...], tuple[UnitGroup, ...]]:
    """Units and groups that those texts name; `known` are names from the document itself (who gathers).

    A lead is taken whole when no separator stands in it; parts between separators count as units when they begin like
    one or stand alone elsewhere. Nothing is dropped: a text that cannot be told apart becomes one unit's name.
    """
    leads, supports = [one_line_list(item) for item in leads], [one_line_list(item) for item in supports]
    texts = [*leads, *supports, *known]
    alone = {loose_key(part) for text in texts for part in _HARD.split(text) if not _SPLIT.search(part.strip())}
    units: dict[str, _Names] = {}
    groups: Counter[str] = Counter()
    for text in texts:
        for part, collective in parts_of(text, alone):
            if collective:
                groups[part] += 1
            else:
                units.setdefault(_key(units, part), _Names()).seen[part] += 1
    level = level_of(agency)
    made = _coded([_unit(names, level) for names in units.values() if names.seen])
    return made, _groups(groups, made)


def one_line_list(text: str) -> str:
    """The text with line breaks between units kept as ";"."""
    lines = [_LEAD_IN.sub("", line).strip() for line in text.split("\n")]
    return "; ".join(one_line(line).strip(" ;") for line in lines if line)


def parts_of(text: str, alone: set[str]) -> list[tuple[str, bool]]:
    """(name, is it a collective) for each unit that the text names."""
    listed = _LIST.fullmatch(text)
    if listed:
        head = listed["head"].capitalize()
        return [(f"{head} {part.strip(_EDGES)}", False) for part in _SPLIT.split(listed["rest"]) if part.strip(_EDGES)]
    found: list[list[str | bool | int]] = []
    start = 0
    for match in [*_SPLIT.finditer(text), None]:
        end = match.start() if match else len(text)
        part = text[start:end].strip(_EDGES)
        if part:
            if found and _stays(text, part, found[-1], alone):
                found[-1][1] = end
            else:
                found.append([start, end, bool(_COLLECTIVE.match(bare(part)))])
        start = match.end() if match else end
    return [(one_line(text[int(a) : int(b)]).strip(_EDGES), bool(collective)) for a, b, collective in found]


def _stays(text: str, part: str, before: list[str | bool | int], alone: set[str]) -> bool:
    """True when a part goes on with the name before: "Phòng Văn hóa, Khoa học và Thông tin"."""
    if before[2]:
        return (
            bare(part) in _KINDS
            or (bool(_GENERIC.match(bare(part))) and not re.match(r"(?:phòng|sở) [A-ZĐ]", part, re.IGNORECASE))
            or (part[0].islower() and not _is_unit(part))
        )
    if _COLLECTIVE.match(bare(part)) or _is_unit(part) or loose_key(part) in alone:
        return False
    if re.match(r"\s*[;\n]", text[int(before[1]) :]) and part[0].isupper():
        return False
    return not (bool(_GENERIC.match(bare(part))) and text[: int(before[1])].strip() != "")


def _is_unit(part: str) -> bool:
    if _ACRONYM.fullmatch(part.split(" ", maxsplit=1)[0]):
        return True
    key = bare(part)
    if key in _KINDS:
        return False
    return any(key == head or key.startswith(f"{head} ") or (head == "p." and key.startswith("p.")) for head in _HEADS)


def _key(units: dict[str, _Names], part: str) -> str:
    """The key under which the unit is already known: spelling variants and small misprints are one unit."""
    key = loose_key(part)
    for variant in (key, key.removeprefix("phong "), f"phong {key}"):
        if variant in units:
            return variant
    # two short names of one word, VTV and VOV, are two units
    return next((item for item in units if " " in key and is_misprint(key, item)), key)


def level_of(agency: str) -> str:
    """`department`, `province`, `commune` or `nation`: which units are outside depends on it."""
    key = bare(agency)
    if re.match(r"(?:ubnd|uy ban nhan dan|dang uy|hdnd)\s+(?:xa|phuong|thi tran|dac khu)|(?:xa|phuong)\b", key):
        return "commune"
    if re.match(r"(?:ubnd|uy ban nhan dan|tinh uy|thanh uy|tinh|thanh pho)\b", key):
        return "province"
    if re.match(r"(?:chinh phu|thu tuong|bo\b|ban chi dao trung uong|ban chap hanh trung uong)", key):
        return "nation"
    return "department"


def _unit(names: _Names, level: str) -> Unit:
    name = names.best
    aliases = tuple(sorted(item for item in names.seen if item.casefold() != name.casefold()))
    external = is_outside(name, level)
    return Unit("", name, aliases, _kind(name, external), external)


def is_outside(name: str, level: str) -> bool:
    """True for a unit outside the agency: it gets no form."""
    key = bare(name)
    if level == "department" and re.match(r"(?:van phong|thanh tra|phong|cong doan)\s*(?:so|ban)?\b", key):
        return bool(re.match(r"van phong (?:ubnd|tinh uy|thanh uy|chinh phu|doan|hdnd)", key))
    return any(key == head or key.startswith(f"{head} ") for head in _OUTSIDE[level])


def _kind(name: str, external: bool) -> str:
    key = bare(name)
    if external:
        return "Cơ quan ngoài"
    if key.startswith("van phong"):
        return "Văn phòng"
    return "Đơn vị sự nghiệp" if key.startswith(("trung tam", "truong", "benh vien", "vien")) else "Phòng chuyên môn"


def _coded(units: list[Unit]) -> tuple[Unit, ...]:
    """The units with codes: initials, a number behind where two would be the same."""
    import attrs

    taken: set[str] = set()
    done = []
    for unit in sorted(units, key=lambda item: item.external):
        word = re.fullmatch(r"[a-z0-9]+", bare(unit.name))
        base = (bare(unit.name).upper() if word else unit_code(unit.name))[:12]
        code, number = base, 2
        while code in taken:
            code, number = f"{base}{number}", number + 1
        taken.add(code)
        done.append(attrs.evolve(unit, code=code))
    return tuple(done)


def _groups(names: Counter[str], units: tuple[Unit, ...]) -> tuple[UnitGroup, ...]:
    """The collectives with their members among the units inside."""
    found: dict[str, list[str]] = {}
    for name in sorted(names, key=lambda item: (-names[item], item)):
        key = loose_key(name)
        match = next((item for item in found if item == key or is_misprint(key, item)), key)
        found.setdefault(match, []).append(name)
    groups = []
    for spellings in found.values():
        best = max(spellings, key=lambda item: (item[:1].isupper(), not is_misspelt(item), names[item]))
        others = tuple(item for item in spellings if item != best)
        groups.append(UnitGroup(best, _members(best, units), others))
    return tuple(groups)


def is_misspelt(name: str) -> bool:
    """True for "Cac phòng": the first word without its accent."""
    return name.split(" ", maxsplit=1)[0].casefold() == "cac"


def _members(name: str, units: tuple[Unit, ...]) -> tuple[str, ...]:
    """The units inside that the collective's words mean."""
    key = bare(name)
    inside = [unit for unit in units if not unit.external]
    if "chuyen mon" in key:
        inside = [unit for unit in inside if unit.kind != "Văn phòng"]
    if re.search(r"(?:xa|phuong|dia phuong|dac khu)\b", key) and not re.search(r"\bso\b|\bban\b|phong", key):
        inside = [
            unit for unit in units if re.match(r"(?:ubnd|uy ban nhan dan) (?:xa|phuong|dac khu)", bare(unit.name))
        ]
    elif re.match(r"cac so\b", key) and "don vi" not in key:
        inside = [unit for unit in units if bare(unit.name).startswith(("so ", "ban ", "thanh tra"))]
    return tuple(unit.code for unit in inside)
