"""Sections, tasks, indicators and their parts from body rows: two-level numbers, merged cells handed down."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs
from attrs import define, field, frozen

from nq57xl.plan.importer.document import BodyRow, Document, Line, SourceText, roman, roman_value
from nq57xl.plan.importer.headings import HeadingWords
from nq57xl.plan.importer.rows import Body, bodies_of
from nq57xl.plan.importer.units import names_units
from nq57xl.text.legacy import fold

_FIELDS = ("deliverable", "kpi", "lead", "support", "deadline", "note")
_MEASURES = ("unit", "target", "lead", "note")
_EMBEDDED_INDICATOR = re.compile(r"(\d{1,3})[.)]\s+(\S.*)", re.DOTALL)
_SECTION = re.compile(
    r"(?:(?:phần|mục|nhóm|chương|lĩnh vực)\s+(?:thứ\s+)?)?(?P<number>[IVXLC]+|[A-HĐ])"
    r"(?:\s*[.:)/–-]+\s*|\s+)(?P<title>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_GROUP = re.compile(r"(?P<number>\d{1,3}(?:\.\d{1,3})*|[a-zđ](?=[.)]))\s*[.)/:–-]?\s+(?P<title>\S.*)", re.DOTALL)
_EMBEDDED = re.compile(
    r"(?P<number>\d{1,3}(?:\.\d{1,3})+(?=[.)]?\s)|\d{1,3}(?=[.)]|/\s))(?:\s*[.)/]?\s*(?![\d%.])|[.)/]\s+(?=\d))"
    r"(?P<text>\S.*)",
    re.DOTALL,
)
_EMBEDDED_SUB = re.compile(
    r"(?P<number>\d{1,3}(?:\.\d{1,3})+(?=[.)\s])|[a-zđ](?=\)))\s*[.)]?\s*(?P<text>[^\W\d].*)", re.DOTALL
)
_PAGE_TOP = "ô trống đầu trang, có thể là ô gộp kéo từ trang trước"
_KEPT = ("deliverable", "lead", "deadline")
_SUB = re.compile(r"\d{1,3}(?:\.\d{1,3})+|[a-zđ]|[-+*]|[ivx]+")
_BULLET = re.compile(r"[-–+•*]\s*(?=[^\W\d])")
_LETTERS = "abcdđeghiklmnopqrstuvxy"
"""As lists of administrative texts count them."""
_DITTO = re.compile(r"(?:[-–(\s]*(?:nt|n\.t\.?|như trên|[\"″“”〃]|'{2}|/{2}))+[-–)\s]*", re.IGNORECASE)
_FOOT = re.compile(r"(?:\(\*\)|\*+|ghi chú|tổng (?:cộng|số)|lưu ý|người lập|nơi nhận|tổng:)", re.IGNORECASE)
_LEADS_AND_SUPPORTS = re.compile(
    r"[-+•*\s]*(?:(?:(?:đơn vị|cơ quan)\s+)?chủ trì\s*:\s*(?P<lead>.+?)[\s;.,]*[-+•*\s]*(?:(?:đơn vị|cơ quan)\s+)?"
    r"phối hợp(?: thực hiện)?\s*:|"
    r"(?P<marked>[^;,\n]+?\(\s*(?:(?:cơ quan|đơn vị)\s+)?(?:chủ trì|ct|đầu mối)\s*\))[\s;,]+(?:và\s+)?(?=\w)|"
    r"(?:(?:giao|do)\s+)?(?P<leading>.+?)\s+(?:(?:cùng|đồng|làm|là (?:đơn vị|cơ quan))\s+)?"
    r"chủ trì\s*[,;]?\s*phối hợp\s+(?:với|cùng))\s*"
    r"(?P<support>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_MARK = r"\(\s*(?:(?:cơ quan|đơn vị)\s+)?(?:chủ trì|ct|đầu mối)\s*\)"
_SAYS_WHO_LEADS = re.compile(rf"{_MARK}\W*\w|[;,/\n][^;,/\n]*{_MARK}|\(\s*ph\s*\)|phối hợp", re.IGNORECASE)
_LABELLED_LEAD = re.compile(r"[-+•*]\s*(?:(?:đơn vị|cơ quan)\s+)?chủ trì\s*:\s*(?P<lead>\S.*)", re.IGNORECASE)
"""A bullet and a label before who leads, where nobody supports."""
_TOTAL = re.compile(r"(?:tổng (?:cộng|số)|cộng)\W*", re.IGNORECASE)


@frozen
class Draft(BodyRow):
    """A task or an indicator before it becomes a record: number, subnumber, task, subtask and the fields of a task; or
    number, indicator, unit, target, lead, note."""

    section: str = ""
    shared_number: bool = False
    """Its number stands in a cell that several tasks share."""


@frozen
class _Group:
    """A section of the table."""

    number: SourceText
    title: SourceText


@frozen
class Outline:
    """What the rows of one kind came to."""

    body: Body
    groups: tuple[_Group, ...]
    drafts: tuple[Draft, ...]
    loose: tuple[SourceText, ...]


def outlines_of(document: Document, known: HeadingWords) -> tuple[Outline, Outline, list[Line]]:
    """The tasks and the indicators in the document's tables, and the text outside these."""
    tasks, indicators, lines = bodies_of(document, known)
    return _Tasks(tasks).outline(), _Indicators(indicators).outline(), lines


def _tree_heads(rows: Sequence[BodyRow]) -> frozenset[int]:
    """Rows whose codes alone tell that they are sections: N17 over N17.1.2, 1 over 1.1.1, with no details."""
    numbers = [_bare(row.text("number")) for row in rows]
    keys = [_key(number) if re.fullmatch(r"\d+(?:\.\d+)*", _key(number)) else "" for number in numbers]
    lettered = sum(key != number for key, number in zip(keys, numbers, strict=True) if key)
    if not (lettered > len(rows) / 2 or any(key.count(".") >= 2 for key in keys)):
        return frozenset()
    return frozenset(
        index
        for index, (key, following) in enumerate(itertools.pairwise(keys))
        if key and "." not in key and following.startswith(f"{key}.") and not _filled(rows[index])
    )


def _key(number: str) -> str:
    """A number without the letters before it: the tree is in the digits of "N17.1.2"."""
    return re.sub(r"^[A-ZĐ]{1,4}[-.\s]?(?=\d)", "", number)


def _with_titles(rows: list[BodyRow]) -> list[BodyRow]:
    """Without the headings between tables that are the main text's, not of the tasks under them."""
    places = [index for index, row in enumerate(rows) if row.between]
    under = {place: rows[place + 1 : following] for place, following in itertools.pairwise([*places, len(rows)])}
    kept = [place for place, own in under.items() if own and not any(map(_section_of, own))]
    first = _section_of(rows[places[0]]) if places else None
    several = len(kept) > 1 or (first is not None and first[0] == "I")
    return [row for index, row in enumerate(rows) if not row.between or (several and index in kept)]


def _with_number(row: BodyRow, body: Body) -> BodyRow:
    """The row with the number that is printed before its work taken out."""
    for name, pattern, target in (("task", _EMBEDDED, "number"), ("subtask", _EMBEDDED_SUB, "subnumber")):
        value = row.value(name)
        match = pattern.fullmatch(value.text) if not row.title else None
        if not match:
            continue
        if name == "task" and "number" in body.fields:
            # beside a column of numbers: the same again, or the only one
            own = _bare(row.text("number"))
            if own != match["number"] and (own or "number" in row.merged):
                continue
        found = {} if row.text(target) else {target: SourceText(match["number"], value.source)}
        row = row.having({name: attrs.evolve(value, text=match["text"]), **found})
    return row


def _bare(number: str) -> str:
    return number.strip().strip(".)/ -" if len(number.strip()) > 1 else ")")


def _section_of(row: BodyRow) -> tuple[str, str] | None:
    """Roman number or letter and title of a section row."""
    number = _bare(row.text("number"))
    work = row.text("task") or row.text("indicator")
    if row.title:
        match = _SECTION.fullmatch(row.title)
        if match and match["number"].isupper() and (len(match["number"]) > 1 or not match["title"][0].islower()):
            after = row.title[match.end("number") :].strip()[:1]
            if roman_value(match["number"]) or re.match(r"\W", after or " "):
                return match["number"], match["title"].strip()
        return None
    if not number and row.text("subtask") and roman_value(_bare(row.text("task"))) and not _filled(row):
        # a table without a column of numbers: the number stands where the tasks do
        return _bare(row.text("task")), row.text("subtask")
    if number and number.isupper() and work and (roman_value(number) or re.fullmatch("[A-HĐ]", number)):
        return number, work
    return None


def _filled(row: BodyRow) -> bool:
    return any(row.text(name) for name in _FIELDS)


@define
class _Outliner:
    """Where the walk over the rows of one kind stands."""

    body: Body
    groups: list[_Group] = field(factory=list)
    drafts: list[Draft] = field(factory=list)
    loose: list[SourceText] = field(factory=list)
    section: str = ""
    letter: str = ""
    wide: str = ""
    """Number of the last group that a row of text alone named."""
    parent: Draft | None = None
    """The numbered row over sub-rows."""
    last: dict[str, SourceText] = field(factory=dict)
    """Texts of the row before, handed down into merged cells."""
    handed: dict[str, SourceText] = field(factory=dict)
    """Texts of the section's own row that all of its tasks leave blank."""

    def _made(self) -> Outline:
        drafts = _with_doubted_numbers(self.drafts)
        return Outline(self.body, tuple(self.groups), drafts, (*self.loose, *self.body.loose))

    def _last_work(self) -> str:
        return self.drafts[-1].text("subtask") or self.drafts[-1].text("task") if self.drafts else ""

    def _same_again(self, row: BodyRow, name: str) -> SourceText | None:
        """The text above, flagged, of a cell that says no more than that it is the same; None for another cell."""
        if not _DITTO.fullmatch(row.text(name)):
            return None
        above = (self.last or (self.drafts[-1].values if self.drafts else {})).get(name, SourceText()).text
        reason = "lấy theo dòng trên" if above else "nhưng dòng trên không ghi gì"
        return SourceText(above or row.text(name), row.source, f"ghi «{row.text(name)}», {reason}")

    def _redraft(self, values: Mapping[str, SourceText]) -> None:
        """Puts those texts into the last draft."""
        self.drafts[-1] = self.drafts[-1].having(values)

    def _open(self, number: SourceText, title: SourceText) -> None:
        """Opens a section."""
        self.groups.append(_Group(number, title))
        self.section, self.parent, self.last, self.handed = number.text, None, {}, {}
        if "lead" not in self.body.fields and names_units(title.text):
            # a table ordered by who leads
            self.handed["lead"] = title

    def _took_section(self, row: BodyRow, sectioned: bool, rest: Sequence[BodyRow] = ()) -> bool:
        """Takes a row that is no data row: a section, a group of tasks, a note at the foot."""
        found = _section_of(row)
        if found:
            self._section(row, *found, rest)
            return True
        if not row.title:
            return False
        group = _GROUP.fullmatch(row.title)
        title = SourceText(row.title, row.source)
        goes_on = self._continues(row.title)
        if group and not goes_on:
            self.wide = group["number"]
        if goes_on:
            name = "subtask" if self.drafts[-1].text("subtask") else "task"
            value = self.drafts[-1].values[name]
            doubt = "dòng chỉ có chữ, coi là phần tiếp của dòng trên"
            self._redraft({name: attrs.evolve(value, text=f"{value.text}\n{row.title}", doubt=doubt)})
        elif _FOOT.match(row.title):
            self.loose.append(title.doubted("dòng ghi chú, tổng hợp ở bảng"))
        elif group and not (sectioned and group["number"].isalpha()):
            number, title = (SourceText(group[name], row.source) for name in ("number", "title"))
            if number.text == "a":
                title = title.doubted("dòng đánh chữ cái, coi là tên nhóm")
            if sectioned or "." in number.text:
                self.last = {"number": number, "task": title}
                self.parent = Draft(self.last, row.source, section=self.section)
            else:
                self._open(number, title)
        elif not sectioned or not row.title[0].islower():
            guess = roman(len(self.groups) + 1)
            self._open(SourceText(guess, row.source, "nhóm không in số, số do phần mềm đặt"), title)
        else:
            self.loose.append(title.doubted("dòng không rõ thuộc mục nào"))
        return True

    def _continues(self, title: str) -> bool:
        """True for a row of text alone that goes on with the task above: that one ends open, or it begins in lower
        case."""
        last = self._last_work()
        group = _GROUP.fullmatch(title)
        if not last or title.isupper() or _FOOT.match(title) or (group and not group["number"].isalpha()):
            return False
        # letters that begin with "a" count groups; others, and words in lower case, are the rest of a list
        counted = group and (group["number"] == "a" or _is_next(self.wide, group["number"]))
        opens = counted and group and not group["title"][0].islower()
        return last[-1] in ";,:" or (title[0].islower() and not opens) or re.match(r"[-+•]\s*\S", title) is not None

    def _section(self, row: BodyRow, number: str, title: str, rest: Sequence[BodyRow]) -> None:
        is_letter = len(number) == 1 and (number not in "ICVX" or (self.letter and ord(number) == ord(self.letter) + 1))
        if is_letter:
            self.letter = number
        shown = f"{self.letter}.{number}" if self.letter and not is_letter else number
        doubt = "số nhóm trùng với nhóm trước" if any(item.number.text == shown for item in self.groups) else ""
        if not doubt and not is_letter:
            doubt = self._gap(shown, number)
        self._open(SourceText(shown, row.source, doubt), SourceText(title, row.source))
        if row.title:
            return
        under = list(itertools.takewhile(lambda item: _section_of(item) is None, rest))
        if not under and any(row.text(name) for name in ("lead", "deadline")):
            own = {"number": attrs.evolve(row.values["number"], text=number), "task": SourceText(title, row.source)}
            values = {**row.values, **own, "subtask": SourceText(), "subnumber": SourceText()}
            self.drafts.append(Draft(values, row.source, section=self.section))
            return
        for name in _FIELDS:
            if row.text(name) and under and not any(item.text(name) or name in item.merged for item in under):
                self.handed[name] = row.values[name]
            elif row.text(name):
                self.loose.append(attrs.evolve(row.values[name], doubt="nội dung ghi ở dòng tên nhóm"))

    def _gap(self, shown: str, number: str) -> str:
        """Doubt about a Roman number that does not follow the one before."""
        prefix = shown.removesuffix(number)
        before = [item.number.text for item in self.groups if item.number.text.startswith(prefix)]
        last = (roman_value(before[-1].removeprefix(prefix)) or 0) if before else 0
        return "" if (roman_value(number) or 0) in (last + 1, 1) else "số nhóm không liền nhóm trước"


class _Tasks(_Outliner):
    """The walk over rows of tasks."""

    def __init__(self, body: Body) -> None:
        super().__init__(body)
        self.rows = _with_titles([_with_number(row, body) for row in body.rows])
        self.two = {"task", "subtask"} <= body.fields
        self.merging = frozenset(name for row in body.rows for name in row.merged)
        """Fields whose cells are merged somewhere in the table."""
        self.numbered = any(re.search(r"\d", row.text("number")) for row in self.rows)
        """False for a table that numbers no row."""
        self.tall: frozenset[str] = frozenset()
        """Fields whose cell in the row before was part of a merged one."""
        self.shared: frozenset[str] = frozenset()
        """Fields that a heading row fills and all of its parts leave blank."""
        self.told: frozenset[str] = frozenset()
        """Those of them that have been flagged."""

    def outline(self) -> Outline:
        """Sections and tasks of the rows."""
        sectioned = any(_section_of(row) for row in self.rows)
        heads = frozenset() if sectioned else _tree_heads(self.rows)
        for index, row in enumerate(self.rows):
            rest = self.rows[index + 1 :]
            if index in heads:
                self._open(SourceText(_bare(row.text("number")), row.source), row.values.get("task", SourceText()))
            elif not self._took_section(row, sectioned, rest):
                if not sectioned and row.text("section") and "section" not in row.merged:
                    self._column_section(row.values["section"])
                self._task(row, rest)
                self.tall = row.merged | row.tall
        self.drafts = list(_with_supports_apart(self.drafts))
        return self._made()

    def _column_section(self, value: SourceText) -> None:
        """Opens the section that a column of groups names, or goes back to it."""
        match = _SECTION.fullmatch(value.text)
        numbered = match if match and roman_value(match["number"]) else None
        title = numbered["title"].strip() if numbered else value.text
        known = next((item.number.text for item in self.groups if fold(item.title.text) == fold(title)), None)
        if known is None:
            number = numbered["number"] if numbered else roman(len(self.groups) + 1)
            self._open(SourceText(number, value.source), attrs.evolve(value, text=title))
        elif known != self.section:
            self.section, self.parent, self.last = known, None, {}

    def _task(self, row: BodyRow, rest: list[BodyRow]) -> None:
        number = _bare(row.text("number"))
        if any(_TOTAL.fullmatch(row.text(name)) for name in ("number", "task")) and not _filled(row):
            self.loose.append(SourceText(row.text("task") or number, row.source, "dòng ghi chú, tổng hợp ở bảng"))
            return
        if not number and row.starts_page and "number" in self.tall and row.text("task"):
            # the rest of a merged number at the top of a page: a blank cell of its own there
            self._sub_row(attrs.evolve(row, merged=row.merged | {"number"}), "")
            above = self.drafts[-1].values["number"]
            self._redraft({"number": attrs.evolve(above, source=row.source, doubt=_PAGE_TOP)})
        elif number and _SUB.fullmatch(_key(number)) and self._belongs(number):
            self._sub_row(row, number)
        elif number:
            self._top_row(row, number, rest)
        elif self.last and ("number" in row.merged or ("task" in row.merged and "number" not in row.values)):
            self._sub_row(row, "")
        else:
            self._unnumbered(row, rest)

    def _belongs(self, number: str) -> bool:
        """True when the number is a part of the row before: "2.1" under 2, "a" under anything."""
        last = self.drafts[-1] if self.drafts and self.drafts[-1].section == self.section else None
        before = self.parent or last
        if before is None:
            return False
        number = _key(number)
        if "." not in number:
            return not _is_next(before.text("number"), number)
        above = (number.rpartition(".")[0], number.split(".", maxsplit=1)[0])
        return _key(before.text("number")).lstrip("0") in [item.lstrip("0") for item in above]

    def _details(self, row: BodyRow, carry: Draft | None = None) -> dict[str, SourceText]:
        """Deliverable, KPI, lead ... of a row; merged cells have the text of the row above."""
        return {name: self._detail(row, name, carry) for name in _FIELDS}

    def _detail(self, row: BodyRow, name: str, carry: Draft | None) -> SourceText:
        last = self.last.get(name, SourceText())
        if name in row.merged:
            return attrs.evolve(last, source=row.source)
        if row.text(name):
            return self._same_again(row, name) or row.values[name]
        may_be_merged = name in self.merging or (name in _KEPT and not row.text("number"))
        if last.text and (row.starts_page or row.near_top) and may_be_merged:
            kept = name in _KEPT or name in self.tall
            return SourceText(last.text if kept else "", row.source, _PAGE_TOP)
        if carry is not None and carry.text(name):
            # what all parts leave blank is said once, at the first of them
            doubt = "" if name in self.told else "ô trống, lấy theo dòng trên"
            self.told |= {name} & self.shared
            return SourceText(carry.text(name), row.source, doubt)
        if name in self.handed and not row.starts_page:
            # said once, at the first row under the section
            first = not any(draft.section == self.section for draft in self.drafts)
            doubt = "ô trống, lấy theo dòng tên nhóm" if first else ""
            return SourceText(self.handed[name].text, row.source, doubt)
        return row.value(name)

    def _top_row(self, row: BodyRow, number: str, rest: list[BodyRow]) -> None:
        values = {"number": attrs.evolve(row.value("number"), text=number), **self._details(row)}
        for name in ("task", "subtask"):
            values[name] = self.last.get(name, SourceText()) if name in row.merged else row.value(name)
        values["subnumber"] = row.value("subnumber")
        if not values["task"].text and values["subtask"].text:
            if self.two:
                values["task"] = SourceText("", values["subtask"].source, "thiếu nhiệm vụ tổng quát")
            else:
                values["task"], values["subtask"] = values["subtask"], SourceText()
        self.parent = Draft(values, row.source, section=self.section)
        self.last = values
        children = [] if self.two else _children(rest, number, not _filled(row))
        if not children or _is_task_itself(row, children):
            self.drafts.append(self.parent)
            return
        self.shared = frozenset(name for name in _FIELDS if not any(child.text(name) for child in children))
        self.told = frozenset()
        # the texts of a row that only heads others live on in its parts, where they have none of their own
        for name in _FIELDS:
            if values[name].text and name not in row.tall and all(child.text(name) for child in children):
                self.loose.append(attrs.evolve(values[name], doubt=f"ghi ở dòng nhiệm vụ chung {number}"))

    def _sub_row(self, row: BodyRow, number: str) -> None:
        above = self.parent or self.drafts[-1]
        carry = above if above not in self.drafts else None
        values = {"number": attrs.evolve(above.values["number"], doubt=""), **self._details(row, carry)}
        own, sub = row.value("task"), row.value("subtask")
        values["task"] = attrs.evolve(above.values["task"], source=row.source, doubt="")
        values["subtask"] = sub if sub.text or self.two else own
        if self.two and own.text:
            values["task"] = own
        if "subtask" in row.merged:
            values["subtask"] = self.last.get("subtask", SourceText())
        printed = number if number not in ("-", "+", "*") else ""
        values["subnumber"] = SourceText(printed, row.source) if printed else row.value("subnumber")
        shared = not number and not self.two and "number" in row.merged and carry is None and bool(own.text)
        if shared:
            # several tasks in a row under one number: the first of them heads none of the others
            values["task"], values["subtask"] = own, SourceText()
        self.last = values
        self.drafts.append(Draft(values, row.source, section=self.section, shared_number=shared))

    def _unnumbered(self, row: BodyRow, rest: list[BodyRow]) -> None:
        """A row whose number is blank and not merged: a further part of the row above, or its number is missing."""
        own = row.text("task") or ("" if self.two else row.text("subtask"))
        bullet = _BULLET.match(own)
        if bullet and not self.two and "task" in row.values:
            row = row.having({"task": attrs.evolve(row.values["task"], text=own[bullet.end() :])})
        again = not own or (self.two and bool(self.drafts) and own == self.drafts[-1].text("task"))
        if self.last and ((self.drafts and again) or (bullet and (self.drafts or self.parent))):
            self._sub_row(row, "")
            values, reason = self.drafts[-1].values, "dòng không có số, coi là phần tiếp của nhiệm vụ trên"
            self._redraft({name: attrs.evolve(values[name], doubt=reason) for name in ("number", "task")})
        elif not self.numbered:
            self._top_row(row, "", rest)
        elif self._is_rest(row):
            self._extend(row)
        else:
            last = self.drafts[-1].text("number") if self.drafts else "0"
            following = next((_bare(item.text("number")) for item in rest if item.text("number")), "")
            known = last.isdigit() and following == str(int(last) + 2)
            number = str(int(last) + 1) if known else ""
            doubt = "không in số, suy từ dòng trước và sau" if known else "dòng không có số"
            self._top_row(row.having({"number": SourceText(number, row.source, doubt)}), number, rest)

    def _is_rest(self, row: BodyRow) -> bool:
        """True for a row without a number that goes on with the row above: its texts begin in the middle of a
        sentence."""
        if not self.drafts or self.drafts[-1].section != self.section or row.title:
            return False
        last, work = self._last_work(), row.text("subtask" if self.two else "task")
        others = [row.text(item) for item in _FIELDS if row.text(item)]
        goes_on = not work or work[0].islower() or (last[-1:] in ";,:" and not others) or last[-1:] in ";,"
        return goes_on and all(text[0].islower() or not text[0].isalpha() for text in others)

    def _extend(self, row: BodyRow) -> None:
        """Puts the texts of such a row under those of the last one."""
        for name, value in row.values.items():
            target = "subtask" if name == "task" and self.drafts[-1].text("subtask") else name
            old = self.drafts[-1].values.get(target)
            if value.text and old and name != "number":
                doubt = "dòng không có số, coi là phần tiếp của dòng trên"
                self._redraft({target: attrs.evolve(old.joined(value), doubt=doubt)})


def _is_next(before: str, number: str) -> bool:
    """True for "b" after "a" and "ii" after "i": neither is a part of the other."""
    one, other = (_LETTERS.find(text) if len(text) == 1 else -1 for text in (before, number))
    return (one >= 0 and 0 < other - one < 3) or roman_value(number) == (roman_value(before) or -1) + 1


def _children(rest: list[BodyRow], number: str, bare_head: bool) -> list[BodyRow]:
    """The following rows that are parts of the row with that number; bulleted ones too, of a row with no details."""
    found: list[BodyRow] = []
    for row in rest:
        own, above = _key(_bare(row.text("number"))), _key(number).lstrip("0")
        is_part = own and _SUB.fullmatch(own) and ("." not in own or own.lstrip("0").startswith(f"{above}."))
        is_part = is_part and not _is_next(number, own)
        if not own and bare_head and _BULLET.match(row.text("task")):
            is_part = True
        if row.title or _section_of(row) or not (is_part or (not own and found)):
            break
        found.append(row)
    return found


def _is_task_itself(row: BodyRow, children: list[BodyRow]) -> bool:
    """True when a row over others is a task, too: it has details that its parts do not take from it."""
    own = {name for name in _FIELDS if row.text(name) and name not in row.tall}
    deciding = {"lead", "deadline"} & own
    return len(own) >= 2 and bool(deciding) and all(child.text(name) for child in children for name in deciding)


def _with_supports_apart(drafts: Iterable[Draft]) -> Iterator[Draft]:
    """The drafts, with who leads and who supports told apart where one cell says both; the first such cell is flagged,
    and each that cannot be cut."""
    apart = False
    for draft in drafts:
        both, match = draft.value("lead"), _LEADS_AND_SUPPORTS.fullmatch(draft.text("lead"))
        if match and not draft.text("support") and not _SAYS_WHO_LEADS.search(match["support"]):
            doubt = "" if apart and not match["marked"] else "một ô ghi cả chủ trì và phối hợp: phần mềm đã tách"
            text = match["lead"] or match["marked"] or match["leading"]
            lead = SourceText(text.strip("-+•* "), both.source, both.doubt or doubt)
            yield draft.having({"lead": lead, "support": SourceText(match["support"], both.source)})
            apart = True
        elif _SAYS_WHO_LEADS.search(both.text):
            yield draft.having({"lead": both.doubted("ô ghi cả đơn vị chủ trì và đơn vị phối hợp")})
        elif labelled := _LABELLED_LEAD.fullmatch(both.text):
            yield draft.having({"lead": attrs.evolve(both, text=labelled["lead"])})
        else:
            yield draft


def _with_doubted_numbers(drafts: list[Draft]) -> tuple[Draft, ...]:
    """The drafts with numbers that repeat or leave a gap flagged."""
    seen: set[tuple[str, str, str]] = set()
    before, done = None, []
    for draft in drafts:
        number, doubt = draft.text("number"), ""
        key = (draft.section, number, draft.text("subnumber"))
        if before and number and (before.section, before.text("number")) == key[:2]:
            if not draft.shared_number and not key[2] and before.text("task") != draft.text("task"):
                doubt = "số trùng với dòng trên"
        elif key in seen and number:
            doubt = "số trùng với dòng khác trong nhóm"
        elif before and (last := before.text("number")).isdigit() and number.isdigit():
            doubt = "" if int(number) in (int(last) + 1, 1) else "số không liền với dòng trước"
        seen.add(key)
        before = draft
        done.append(draft.having({"number": draft.values["number"].doubted(doubt)}))
    return tuple(done)


class _Indicators(_Outliner):
    """The walk over rows of indicators."""

    def outline(self) -> Outline:
        """Groups and indicators of the rows."""
        for row in self.body.rows:
            # a row of the table that has a target is an indicator, whatever its number
            if row.text("target") or not self._took_section(row, True):
                self._indicator(row)
        return self._made()

    def _indicator(self, row: BodyRow) -> None:
        last = {name: attrs.evolve(self.last.get(name, SourceText()), source=row.source) for name in row.merged}
        values = {name: last.get(name) or row.value(name) for name in ("number", "indicator", *_MEASURES)}
        values |= {name: again for name in _MEASURES if (again := self._same_again(row, name))}
        match = _EMBEDDED_INDICATOR.fullmatch(values["indicator"].text)
        if match and not values["number"].text:
            values["number"] = SourceText(match[1], row.source)
            values["indicator"] = attrs.evolve(values["indicator"], text=match[2])
        values["number"] = attrs.evolve(values["number"], text=values["number"].text.strip().rstrip(".)"))
        if not values["number"].text:
            values["number"] = SourceText("", row.source, "dòng không có số")
        if not values["target"].text:
            values["target"] = values["target"].doubted("chưa có giá trị mục tiêu")
        self.last = values
        self.drafts.append(Draft(values, row.source, section=self.section))
