"""Findings, their catalogue (schemas/findings.yml), and many of one kind told once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

import attrs
from attrs import frozen

from nq57xl import resources
from nq57xl.errors import Nq57Error

Severity = Literal["error", "warning", "repaired", "note"]
Verdict = Literal["accepted", "accepted_with_warnings", "rejected", "unrecognised", "duplicate", "superseded"]

REMARKED = "OFFICE_REMARK"
"""Code of the office's own remark on a cell: neither error nor a rule's warning to those who read it."""
ACCEPTED: tuple[Verdict, ...] = ("accepted", "accepted_with_warnings")


@frozen
class Waived:
    """A warning that the office takes as explained for good: it is shown, and not asked again."""

    until: str
    """Code of the last period for which that holds."""
    reason: str


@frozen
class _Wording:
    """What an office's own catalogue needs to say a finding otherwise; ledgers keep it, by these names."""

    words: Mapping[str, Any]
    """They fill its sentences."""
    given: tuple[str, ...]
    """Fields that were said for this finding alone: the catalogue's are not taken."""


@frozen
class Finding:
    """One finding. Texts are Vietnamese; code, severity and field are stable English ASCII."""

    code: str
    """A code of schemas/findings.yml: "REQUIRED_BLANK"."""
    severity: Severity
    message: str
    """What is wrong, in one sentence."""
    fix: str = ""
    """What to do, in one sentence."""
    sheet: str = ""
    """As in the file sent."""
    cell: str = ""
    """A1 address as in the file sent."""
    table: str = ""
    """Kind of row: "led", "supporting", "indicator", ...; empty when the finding is about the file."""
    task: str | None = None
    """Row key: code of the task or indicator, number of a free row."""
    field: str = ""
    value: str = ""
    """As typed."""
    wording: _Wording | None = attrs.field(default=None, eq=False, repr=False)
    """None: said and settled."""
    waived: Waived | None = None
    asked_before: bool = False
    """A movement that the unit was asked about once and left without an explanation: listed, not asked again."""

    @property
    def form_cell(self) -> tuple[str, str, str]:
        """Table, row key and field: which cell of a form it is about."""
        return self.table, self.task or "", self.field

    @property
    def is_open(self) -> bool:
        """An error, or a warning that is neither explained nor waived."""
        return self.severity in ("error", "warning") and self.waived is None

    @property
    def once(self) -> bool:
        """Such a finding is asked about once, unless the figure changes."""
        return self.code in _packaged() and _packaged()[self.code].once

    @property
    def asks(self) -> bool:
        """The unit has to look at it: it is open, and was not asked about the same figure before."""
        return self.is_open and not self.asked_before


def verdict_of(findings: tuple[Finding, ...]) -> Verdict:
    """The verdict that a return's own findings lead to (contract.md 3.4)."""
    severities = {finding.severity for finding in findings if finding.waived is None}
    if "error" in severities:
        return "rejected"
    return "accepted_with_warnings" if "warning" in severities else "accepted"


@frozen
class Entry:
    """One line of the catalogue."""

    code: str
    severity: Severity
    title: str
    message: str
    fix: str = ""
    stays: bool = False
    """A form that goes back keeps it until its cells are changed or a person confirms what stands there."""
    once: bool = False
    """It is asked about once: a unit that leaves the figure as it was and explains nothing has answered."""


_FILE = "findings.yml"


def catalogue(workspace: Path | None = None) -> Mapping[str, Entry]:
    """Code -> entry: all packaged ones in the order of their file, with the words of the workspace's own file.

    Raises Nq57Error naming the file when the workspace's own cannot be read.
    """
    if workspace is None:
        return _packaged()
    own = resources.find("schemas", _FILE, workspace)
    if own == resources.find("schemas", _FILE):
        return _packaged()
    import yaml

    try:
        return _merged(own.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise Nq57Error(f"Tệp {own} sai: {error}") from error


@cache
def _packaged() -> Mapping[str, Entry]:
    return _read(resources.find("schemas", _FILE).read_text(encoding="utf-8"))


@lru_cache(maxsize=4)
def _merged(text: str) -> Mapping[str, Entry]:
    """By what the file says: an office may word anew while the program runs."""
    known = _packaged()
    return {**known, **{code: item for code, item in _read(text).items() if code in known}}


def _read(text: str) -> dict[str, Entry]:
    entries = {code: Entry(code=code, **item) for code, item in resources.yaml_of(text).items()}
    for entry in entries.values():  # a sentence that cannot be filled is told now, not in the middle of a run
        _said(entry, {})
        if entry.severity not in get_args(Severity):
            raise ValueError(f"{entry.code}: severity: {entry.severity}")
    return entries


def make(code: str, *, words: dict[str, Any] | None = None, **places: Any) -> Finding:  # noqa: ANN401 - Finding's own
    """A finding of that code. `words` fill the message and the fix; `places` are fields of Finding.

    `message`, `fix` and `severity` among the places override the catalogue's. Raises KeyError for an unknown code.
    The packaged catalogue speaks; `reworded` says it in an office's own words.
    """
    words = words or {}
    said = {**_said(_packaged()[code], words), **places}
    return Finding(code=code, wording=_Wording(words, tuple(places)), **said)


def reworded(findings: Iterable[Finding], own: Mapping[str, Entry]) -> tuple[Finding, ...]:
    """The findings in the words and with the severities of an office's own catalogue, which is then settled."""
    if own is _packaged():
        return tuple(findings)
    return tuple(
        item
        if item.wording is None
        else attrs.evolve(item, wording=None, **_said(own[item.code], item.wording.words, item.wording.given))
        for item in findings
    )


def _said(entry: Entry, words: Mapping[str, Any], given: Collection[str] = ()) -> dict[str, Any]:
    """What the catalogue says of a finding, without what was said for it alone."""
    known = defaultdict(str, words)  # a word that the caller does not know stays out of the sentence
    texts = {"message": entry.message.format_map(known), "fix": entry.fix.format_map(known).strip()}
    return {name: text for name, text in {"severity": entry.severity, **texts}.items() if name not in given}


_LEAST = 3
"""Two equal points read well one by one; from three on they hide what stands beside them."""
_NAMED = 3
"""Places that are named; the first is where the person begins, the others show that it goes on."""
_TYPED = 20
"""Characters of what was typed, beside its place."""
_PARTS = re.compile(r"(«[^«»]*»|\d[\d.,/%:]*\d%?|\d%?)")
"""What differs between messages of one pattern: what is quoted, dates, numbers."""


@frozen
class Point:
    """One point for people: a finding, or the same one at several places."""

    findings: tuple[Finding, ...]
    """In the order in which they came; never empty."""
    headline: str
    """What is wrong, one sentence; where the messages differ, "…" stands for what was typed."""
    fix: str
    """What to do, likewise."""

    @property
    def first(self) -> Finding:
        """The finding whose cell a link leads to."""
        return self.findings[0]

    @property
    def severity(self) -> Severity:
        """Of every finding in it."""
        return self.first.severity

    @property
    def count(self) -> int:
        """How many findings it stands for."""
        return len(self.findings)

    @property
    def cell(self) -> str:
        """Sheet and address of the first cell: "1. Kết quả!G8"; "" where the finding is about the file."""
        return "!".join(part for part in (self.first.sheet, self.first.cell) if part)

    @property
    def text(self) -> str:
        """The headline; for several places with how many they are and the first of them."""
        if self.count == 1:
            return self.headline
        word = "ô" if all(item.cell for item in self.findings) else "chỗ"
        differs = any(item.message != self.first.message for item in self.findings)
        names = [name for item in self.findings if (name := _place(item, typed=differs))]
        shown = names if len(names) <= _NAMED + 1 else names[:_NAMED]
        where = ", ".join(shown) + (f" … và {self.count - _NAMED} {word} nữa" if len(shown) < len(names) else "")
        return f"{self.headline.removesuffix('.')}: {self.count} {word}{f' ({where})' if where else ''}."


def grouped(findings: Sequence[Finding], least: int = _LEAST) -> tuple[Point, ...]:
    """The findings as points, in their order: at least `least` of one pattern are one point, at the first's place.

    One pattern: same code, severity, sheet, kind of row and field, and messages that differ in quoted texts, numbers
    and dates alone. No finding is lost: the points hold all of them.
    """
    patterns: dict[tuple[str, ...], list[Finding]] = {}
    for item in findings:
        patterns.setdefault(_pattern(item), []).append(item)
    points: list[Point] = []
    for item in findings:
        key = _pattern(item)
        if key in patterns:  # else told at the place of the first
            alike = [item] if len(patterns[key]) < least else patterns.pop(key)
            fixes = [one.fix for one in alike]
            fix = _common(fixes) if len(set(map(_parted, fixes))) == 1 else fixes[0]
            points.append(Point(tuple(alike), _common([one.message for one in alike]), fix))
    return tuple(points)


def to_answer(findings: Sequence[Finding]) -> tuple[Point, ...]:
    """What a unit has to look at, grouped: errors first, then warnings that are not waived."""
    asked = [item for item in findings if item.asks]
    return grouped(sorted(asked, key=lambda item: item.severity != "error"))


def _place(item: Finding, *, typed: bool) -> str:
    """Where it is; with what was typed there, when the headline cannot say it."""
    place, value = item.cell or item.task or "", " ".join(item.value.split())
    if not (typed and value):
        return place
    value = value if len(value) <= _TYPED else f"{value[: _TYPED - 1]}…"
    return f"{place} «{value}»".strip()


def _pattern(item: Finding) -> tuple[str, ...]:
    """What findings of one pattern share."""
    if not (item.field or item.cell or item.task):  # about the file: each says something of its own
        return (item.code, item.severity, item.sheet, item.message)
    return (item.code, item.severity, item.sheet, item.table, item.field, _parted(item.message))


def _parted(text: str) -> str:
    """The text with a sign that no text has where messages of one pattern differ: a unit's own "…" is not one."""
    return _PARTS.sub("\0", text.replace("\0", ""))


def _common(texts: Sequence[str]) -> str:
    """Texts of one pattern as one: parts in which they differ are "…"."""
    split = zip(*map(_PARTS.split, texts), strict=True)
    return "".join(one if len({one, *others}) == 1 else "«…»" if one[:1] == "«" else "…" for one, *others in split)
