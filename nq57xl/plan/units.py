"""Which units the texts of a plan name, never by a guess; which unit goes on with a row on a day.

Also what else follows from those texts: deadlines, targets, codes for what has none."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, count

import attrs
from attrs import field, frozen

from nq57xl.plan.deadlines import Deadline, Target
from nq57xl.plan.model import Plan, Unit, UnitGroup
from nq57xl.text.legacy import bare, clean, fold

_SEPARATOR = re.compile(
    r"\s*[;,/+\n]\s*|\s+và\s+|\s+&\s+|"
    # a person behind a unit's name, where a page has lost the line break between them
    r"\s+(?:[-–]\s+)?(?=(?:PP|P?GĐ|PCT|PTP|P?CVP)\s*:|(?:sđt|số điện thoại|điện thoại)\b)",
    re.IGNORECASE,
)
_NUMBER_OF_DOCUMENT = re.compile(r"\d\s?/\s?(?:\d|[A-ZĐ]{1,5}-)")
_NAME_BEGINS = re.compile(r"\s(?=(Bộ|Sở|Phòng|Ban|Trung tâm|Cục|Vụ|Viện)\s)")
_BRACKETS = re.compile(r"\s*\([^()]*\)?")
_LABEL = re.compile(
    r"(?:(?:đơn vị|cơ quan)\s+)?(?:chủ trì|phối hợp|thực hiện)\s*:\s*|lãnh đạo\s+(?=\S)"
    r"|(?:giám đốc|chủ tịch|thủ trưởng|bộ trưởng|(?:chi )?cục trưởng|vụ trưởng|trưởng|chánh|đề nghị)\s+"
    r"(?=(?:sở|ubnd|ủy ban|uỷ ban|bộ|cục|vụ|công an|ban|phòng|trung tâm|văn phòng|thanh tra|các|chi cục|"
    r"(?:tỉnh|thành) (?:ủy|uỷ))\b)",
    re.IGNORECASE,
)
"""What stands before a name and is none of it: a label, or whom of the unit is meant."""
_PEOPLE = re.compile(
    r"[-–+•*\s]*(?:(?:PP|P?GĐ|PCT|CT|TP|PTP|P?CVP|CV|LĐ|đầu mối|phụ trách|cán bộ|người phụ trách)\s*[:.]\s*\S"
    r"|(?:đ/c|đ\.c|đồng chí|ông|bà|sđt|số điện thoại|điện thoại|đt|tel|mobile|e-?mail|zalo)\b"
    r"|(?:phó |p\.\s?)?(?:giám đốc|chủ tịch|trưởng (?:phòng|ban)|chánh (?:văn phòng|thanh tra)|"
    r"(?:chi )?cục trưởng|vụ trưởng|bí thư)"
    r"(?:\s*[:,-]|\s+(?:ông|bà|đ/c|phụ trách)\b|\s*$)"
    r"|lãnh đạo(?:\s+(?:phụ trách|cơ quan|đơn vị))?\s*$|\(?\+?0\d[\d. ]{6,})",
    re.IGNORECASE,
)
"""A person, a position, a telephone number beside the name of a unit: none of them is part of it."""
_EDGES = " .;,:-–"
# Words of the plans' own abbreviations, without accents; longest first so that "KH-TC" is not read as "KH".
_ABBREVIATIONS = (
    (r"\bkh[ -]?tc\b", "ke hoach tai chinh"),
    (r"\bkh ?(?:&|va)? ?cn\b", "khoa hoc cong nghe"),
    (r"\bubnd\b|\bub(?= (?:tinh|thanh|xa|phuong)\b)", "uy ban nhan dan"),
    (r"\bub ?m ?ttq\b|\bm ?ttq\b", "uy ban mat tran to quoc"),
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
_LONGEST_SLIP = 4
"""Names whose lengths differ by more letters are two names."""


@frozen
class _Resolution:
    """What a text of the lead or support column came to."""

    codes: tuple[str, ...] = ()
    """Unit codes in the order of the text, groups expanded, each once."""
    unresolved: tuple[str, ...] = ()
    """Parts of the text that name no known unit, as printed."""
    collective: bool = False
    """True: a group's name is part of the text."""
    near: tuple[tuple[str, str], ...] = field(default=(), eq=False)
    """(part as printed, name) for each part that fits only with a misprint: lint tells them."""


class Resolver:
    """Tells which units the texts of one plan name: the names are prepared once."""

    def __init__(self, units: tuple[Unit, ...], groups: tuple[UnitGroup, ...]) -> None:
        self._known = {unit.code for unit in units}
        self._owners: dict[str, Unit | UnitGroup] = {}
        """Two units of one code are one."""
        self._exact: dict[str, set[str]] = {}
        self._loose: dict[str, set[str]] = {}
        self._longest_run = 1
        self._resolved: dict[str, _Resolution] = {}
        for unit in units:
            names = (unit.name, *unit.aliases, unit.code, *(item.name for item in unit.former_names))
            self._add(f"u:{unit.code}", unit, names)
        for index, group in enumerate(groups):
            self._add(f"g:{index}", group, (group.name, *group.aliases))

    def _add(self, owner: str, record: Unit | UnitGroup, names: tuple[str, ...]) -> None:
        self._owners[owner] = record
        for name in filter(str.strip, names):
            self._longest_run = max(self._longest_run, len(split_names(clean(name))))
            self._exact.setdefault(fold(name).strip(_EDGES), set()).add(owner)
            for key in _keys(name):
                self._loose.setdefault(key, set()).add(owner)

    def resolve(self, text: str) -> _Resolution:
        """The units that the text names. The whole text is tried first, then the longest parts between ; , / "và".

        A part resolves by its own spelling, then without accents, "Phòng" and abbreviations, then with a small
        misprint; at each step only if exactly one unit or group fits. Parts that do not resolve stay together, as
        printed.
        """
        known = self._resolved.get(text)
        if known is None:
            known = self._resolve(clean(text))
            known = self._resolved[text] = (self._apart(clean(text)) if known.unresolved else None) or known
        return known

    def _apart(self, text: str) -> _Resolution | None:
        """Two names in a row, for want of a sign between them: "Bộ Công an Bộ Tài chính"; None when it is otherwise."""
        for match in _NAME_BEGINS.finditer(text):
            # "Phòng A Sở B" is a unit of the other one
            if match[1].casefold() != text.split(maxsplit=1)[0].casefold():
                continue
            one, other = self._resolve(text[: match.start()]), self.resolve(text[match.end() :])
            if one.codes and other.codes and not (one.unresolved or other.unresolved or one.near or other.near):
                codes = tuple(dict.fromkeys((*one.codes, *other.codes)))
                return _Resolution(codes, (), one.collective or other.collective)
        return None

    def _resolve(self, text: str) -> _Resolution:
        parts = [(a, b) for a, b in split_names(text) if not names_people(text[a:b])]
        codes: dict[str, None] = {}
        unresolved: list[tuple[int, int]] = []
        near: list[tuple[str, str]] = []
        collective = False
        index = 0
        while index < len(parts):
            owner, after, misprinted = self._longest(text, parts, index)
            listed = self._listed(text[slice(*parts[index])]) if owner is None else ()
            if listed:
                codes.update(dict.fromkeys(listed))
            elif owner is None:
                start = parts[index][0]
                if unresolved and parts[index - 1][1] == unresolved[-1][1]:  # nothing known stands between
                    start = unresolved.pop()[0]
                unresolved.append((start, parts[index][1]))
            else:
                collective |= isinstance(owner, UnitGroup)
                if misprinted:
                    near.append((text[parts[index][0] : parts[after - 1][1]], owner.name))
                members = (owner.code,) if isinstance(owner, Unit) else owner.members
                codes.update((code, None) for code in members if code in self._known)
            index = after
        missed = tuple(text[start:end].strip(_EDGES) or text[start:end] for start, end in unresolved)
        return _Resolution(tuple(codes), missed, collective, tuple(near))

    def _listed(self, part: str) -> tuple[str, ...]:
        """The units that brackets list behind a word of no unit's: "Đơn vị vận hành (Sở A, Sở B)"."""
        match = re.search(r"\(([^()]+)\)", part)
        inside = self.resolve(match[1].strip(" .…")) if match else _Resolution()
        return inside.codes if not inside.unresolved else ()

    def _longest(
        self, text: str, parts: list[tuple[int, int]], index: int
    ) -> tuple[Unit | UnitGroup | None, int, bool]:
        """What the longest run of parts from `index` names, the index after it, and whether it is misprinted."""
        for end in range(min(len(parts), index + self._longest_run), index, -1):
            name = text[parts[index][0] : parts[end - 1][1]]
            found = self._known_as(name) or self._known_as(without_label(without_brackets(name)))
            misprinted = not found
            if misprinted:
                keys = _keys(name)
                near = (owners for known, owners in self._loose.items() if any(is_misprint(key, known) for key in keys))
                found = set().union(*near)
            if len(found) == 1:
                return self._owners[next(iter(found))], end, misprinted
        return None, index + 1, False

    def _known_as(self, name: str) -> set[str]:
        """Who goes by that name, by its own spelling first."""
        return self._exact.get(fold(name).strip(_EDGES)) or set().union(
            *(self._loose.get(key, set()) for key in _keys(name))
        )


def names_people(part: str) -> bool:
    """True for a part that names a person, a position or a telephone number, not a unit."""
    return _PEOPLE.match(part) is not None


def without_label(name: str) -> str:
    """The name without a label or a position before it: "Giám đốc Sở Y tế" is "Sở Y tế"."""
    match = _LABEL.match(name)
    return name[match.end() :] if match and match.end() < len(name) else name


def without_brackets(name: str) -> str:
    """The name without what stands in brackets: "Sở Y tế (cơ quan thường trực)" is "Sở Y tế"."""
    return clean(_BRACKETS.sub("", name)) or name


def split_names(text: str) -> list[tuple[int, int]]:
    """Start and end of each non-empty part between separators; those inside brackets separate nothing."""
    bounds, start, depth, at = [], 0, 0, 0
    for match in _SEPARATOR.finditer(text):
        depth = max(0, depth + text.count("(", at, match.start()) - text.count(")", at, match.start()))
        at = match.start()
        in_number = _NUMBER_OF_DOCUMENT.match(text, max(0, at - 1))
        if not in_number and (not depth or ")" not in text[match.end() :]):
            bounds.append((start, at))
            start = match.end()
    bounds.append((start, len(text)))
    return [(a, b) for a, b in bounds if text[a:b].strip(_EDGES)]


def loose_key(name: str) -> str:
    """Name without accents, punctuation, "và" and abbreviations; i and y at the end of a syllable are one."""
    key = bare(name)
    for pattern, words in _ABBREVIATIONS:
        key = re.sub(pattern, words, key)
    return _plain_key(key)


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

    if key == known or abs(len(key) - len(known)) > _LONGEST_SLIP:
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


def understand(plan: Plan, used: frozenset[str] = frozenset()) -> Plan:
    """The same plan with lead_units, support_units, deadline, targets and codes, for units too.

    Texts and stored codes stay; a row without a code gets one that is not among `used`, the codes of earlier rows.
    Groups are expanded; a lead is never among its own supporters. Pure and idempotent.
    """
    codes = _assign_codes([(unit.code, unit_code(unit.name)) for unit in plan.units])
    units = tuple(attrs.evolve(unit, code=code) for unit, code in zip(plan.units, codes, strict=True))
    resolver = Resolver(units, plan.groups)
    task_codes = _assign_codes(
        [(task.code, f"{_ascii(task.section) or 'X'}.{_ascii(task.subnumber or task.number)}") for task in plan.tasks],
        used,
    )
    indicator_codes = _assign_codes(
        [(item.code, f"CT.{item.group or 'X'}.{_ascii(item.number)}") for item in plan.indicators], used
    )
    return attrs.evolve(
        plan,
        units=units,
        tasks=tuple(
            attrs.evolve(
                task,
                code=code,
                deadline=Deadline.read(task.deadline.text, plan.properties.year, plan.properties.issued_on),
            ).led_by(resolver.resolve(task.lead).codes, resolver.resolve(task.support).codes)
            for task, code in zip(plan.tasks, task_codes, strict=True)
        ),
        indicators=tuple(
            attrs.evolve(
                item, code=code, target=Target.read(item.target.text), lead_units=resolver.resolve(item.lead).codes
            )
            for item, code in zip(plan.indicators, indicator_codes, strict=True)
        ),
    )


def _assign_codes(rows: Sequence[tuple[str, str]], used: frozenset[str] = frozenset()) -> list[str]:
    """A code for each (stored code, wanted code): the stored one, else the wanted one with a suffix while taken.

    Codes in `used` are taken too: a code that once named another row is never given again. A wanted code that ends in
    "." has no number of its own: it gets the next free one.
    """
    taken = {stored for stored, _ in rows if stored} | used
    codes = []
    for stored, wanted in rows:
        if wanted.endswith("."):
            tried: Iterator[str] = (f"{wanted}{number}" for number in count(1))
        else:
            tried = chain([wanted], (f"{wanted}-{number}" for number in count(2)))
        codes.append(stored or next(code for code in tried if code not in taken))
        taken.add(codes[-1])
    return codes


def unit_code(name: str) -> str:
    """A code from the initials of a unit's name: "Phòng Quản lý Đầu tư" is QLDT."""
    words = re.findall(r"[a-z0-9]+", bare(name).removeprefix("phong "))
    return "".join(word[0] if word.isalpha() else word for word in words if word != "va").upper() or "DV"


def _ascii(text: str) -> str:
    """The letters, digits and inner dots of a number as printed: codes are ASCII."""
    kept = "".join(letter for letter in bare(text).upper() if letter.isascii() and (letter.isalnum() or letter == "."))
    return kept.strip(".")


def in_force(plan: Plan, day: dt.date, earlier: Plan | None = None) -> Plan:
    """The plan with every unit's name of that day, and leads, supports, groups and gatherer that exist on it.

    `earlier`: the version that held then, where it is not the present one; of the present one it has what the office
    keeps for itself. A unit that has ended is replaced by its successors, one that has not begun by those it will
    succeed; where there is none it stays, and lint tells the office. Texts of the plan stay as printed.
    """
    plan = plan if earlier is None else _with_present(earlier, plan)
    succession = Succession(plan.units)
    gatherer = plan.properties.gatherer
    return attrs.evolve(
        plan,
        properties=attrs.evolve(plan.properties, gatherer=next(iter(succession.on(gatherer, day)), gatherer)),
        units=tuple(attrs.evolve(unit, name=_unit_name_on(unit, day)) for unit in plan.units),
        groups=tuple(attrs.evolve(group, members=succession.all_on(group.members, day)) for group in plan.groups),
        tasks=tuple(
            task.led_by(succession.all_on(task.lead_units, day), succession.all_on(task.support_units, day))
            for task in plan.tasks
        ),
        indicators=tuple(
            attrs.evolve(item, lead_units=succession.all_on(item.lead_units, day)) for item in plan.indicators
        ),
    )


def _with_present(earlier: Plan, present: Plan) -> Plan:
    """An earlier version of the plan with what the office keeps for itself as it is now.

    Those are the settings, the dated names, the ad hoc reports, and of each unit its e-mail, validity, successors and
    former names; units that came later are there too, since the rows of the earlier version may have passed to them.
    """
    units = {unit.code: unit for unit in present.units}
    own = earlier.properties
    names = {
        name: getattr(present.properties, name) or getattr(own, name)
        for name in ("agency", "parent", "recipient", "place")
    }
    old = tuple(units.pop(unit.code, unit) for unit in earlier.units)
    return attrs.evolve(
        earlier,
        properties=attrs.evolve(own, ad_hoc=present.properties.ad_hoc, **names),
        units=(*old, *units.values()),
        settings=present.settings,
    )


def _unit_name_on(unit: Unit, day: dt.date) -> str:
    """The unit's name on that day: the first of its former names that still held then, else its present one."""
    held = [item for item in unit.former_names if item.valid_to is not None and item.valid_to >= day]
    return min(held, key=lambda item: item.valid_to or day).name if held else unit.name


class Succession:
    """Who comes after whom."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self._units = {unit.code: unit for unit in units}

    def all_on(self, codes: Iterable[str], day: dt.date) -> tuple[str, ...]:
        """Those units, or who stands for them on that day; each once."""
        return tuple(dict.fromkeys(found for code in codes for found in self.on(code, day)))

    def on(self, code: str, day: dt.date) -> tuple[str, ...]:
        """The unit itself when it exists on that day or is unknown, else who stands for it; itself when nobody does."""
        unit = self._units.get(code)
        if unit is None or unit.exists(day):
            return (code,)
        forward = unit.ended(day)
        found: list[str] = []
        seen, waiting = {code}, [code]
        while waiting:
            one = waiting.pop(0)
            for other in self._units[one].successors if forward else self._before(one):
                if other not in seen and other in self._units:
                    seen.add(other)
                    (found if self._units[other].exists(day) else waiting).append(other)
        return tuple(found) or (code,)

    def predecessors(self, code: str, day: dt.date) -> tuple[str, ...]:
        """Units that had ended by that day and whose rows came to this one, the nearest first."""
        found: dict[str, None] = {}
        waiting = [code]
        while waiting:
            one = waiting.pop(0)
            before = [item for item in self._before(one) if item not in {code, *found} and self._units[item].ended(day)]
            waiting += before
            found |= dict.fromkeys(before)
        return tuple(found)

    def _before(self, code: str) -> tuple[str, ...]:
        return tuple(unit.code for unit in self._units.values() if code in unit.successors)
