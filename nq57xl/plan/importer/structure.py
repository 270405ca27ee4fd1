"""Sections, tasks, indicators and their parts from body rows: two-level numbers, merged cells handed down."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

import attrs
from attrs import define, field, frozen

from nq57xl.plan.importer.document import BodyRow, SourceText, join_lines, plain_roman, roman, roman_value
from nq57xl.plan.importer.rows import Body
from nq57xl.text.legacy import fold

_FIELDS = ("deliverable", "kpi", "lead", "support", "deadline", "note")
_MEASURES = ("unit", "target", "lead", "note")
_EMBEDDED_INDICATOR = re.compile(r"(\d{1,3})[.)]\s+(\S.*)", re.DOTALL)
_SECTION = re.compile(
    r"(?:(?:phần|mục|nhóm|chương|lĩnh vực)\s+(?:thứ\s+)?)?(?P<number>[IVXLC]+|[A-HĐ])"
    r"(?:\s*[.:)/–-]+\s*|\s+)(?P<title>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_GROUP = re.compile(r"(?P<number>\d{1,3}(?:\.\d{1,3})*)\s*[.)/:–-]?\s+(?P<title>\S.*)", re.DOTALL)
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
_FOOT = re.compile(r"(?:\(\*\)|\*+|ghi chú|tổng (?:cộng|số)|lưu ý|người lập|nơi nhận|tổng:)", re.IGNORECASE)


@frozen
class Draft:
    """A task or an indicator before it becomes a record."""

    section: str
    values: dict[str, SourceText]
    """Field -> text: number, subnumber, task, subtask and FIELDS; or number, indicator, unit, target, lead, note."""
    source: str

    shared_number: bool = False
    """Its number stands in a cell that several tasks share."""

    def text(self, name: str) -> str:
        """The text of a field."""
        return self.values[name].text if name in self.values else ""


@frozen
class _Group:
    """A section of the table."""

    number: SourceText
    title: SourceText


@frozen
class Outline:
    """What the rows of one kind came to."""

    groups: tuple[_Group, ...] = ()
    drafts: tuple[Draft, ...] = ()
    loose: tuple[SourceText, ...] = ()


@define
class _State:
    """Where the walk over the rows stands."""

    groups: list[_Group] = field(factory=list)
    drafts: list[Draft] = field(factory=list)
    loose: list[SourceText] = field(factory=list)
    section: str = ""
    letter: str = ""
    parent: Draft | None = None
    """The numbered row over sub-rows."""
    last: dict[str, SourceText] = field(factory=dict)
    """Texts of the row before, handed down into merged cells."""
    open: frozenset[str] = frozenset()
    """Fields whose cell in the row before was part of a merged one."""
    merging: frozenset[str] = frozenset()
    """Fields whose cells are merged somewhere in the table."""
    shared: frozenset[str] = frozenset()
    """Fields that a heading row fills and all of its parts leave blank."""
    told: frozenset[str] = frozenset()
    """Those of them that have been flagged."""
    numbered: bool = True
    """False for a table that numbers no row."""
    handed: dict[str, SourceText] = field(factory=dict)
    """Texts of the section's own row that all of its tasks leave blank."""


def tasks_of(body: Body) -> Outline:
    """Sections and tasks of the rows."""
    state = _State(merging=frozenset(name for row in body.rows for name in row.merged))
    rows = _with_titles([_with_number(row, body) for row in body.rows])
    sectioned = any(_section_of(row) for row in rows)
    state.numbered = any(re.search(r"\d", row.text("number")) for row in rows)
    heads = frozenset() if sectioned else _tree_heads(rows)
    for index, row in enumerate(rows):
        rest = rows[index + 1 :]
        if index in heads:
            _section(state, SourceText(_bare(row.text("number")), row.source), row.values.get("task", SourceText()))
        elif not _take_section(state, row, sectioned, rest):
            if not sectioned and row.text("section") and "section" not in row.merged:
                _column_section(state, row)
            _task(state, row, rest, body)
            state.open = row.merged | row.tall
    return Outline(tuple(state.groups), tuple(_check_numbers(state.drafts)), tuple(state.loose) + body.loose)


def _tree_heads(rows: Sequence[BodyRow]) -> frozenset[int]:
    """Rows whose codes alone tell that they are sections: N17 over N17.1.2, 1 over 1.1.1, with no details."""
    numbers = [_bare(row.text("number")) for row in rows]
    keys = [_key(number) if re.fullmatch(r"\d+(?:\.\d+)*", _key(number)) else "" for number in numbers]
    lettered = sum(key != number for key, number in zip(keys, numbers, strict=True) if key)
    if not (lettered > len(rows) / 2 or any(key.count(".") >= 2 for key in keys)):
        return frozenset()
    return frozenset(
        index
        for index, (row, key) in enumerate(zip(rows, keys, strict=True))
        if key
        and "." not in key
        and not _filled(row)
        and any(item.startswith(f"{key}.") for item in keys[index + 1 : index + 2])
    )


def _key(number: str) -> str:
    """A number without the letters before it: the tree is in the digits of "N17.1.2"."""
    return re.sub(r"^[A-ZĐ]{1,4}[-.\s]?(?=\d)", "", number)


def _column_section(state: _State, row: BodyRow) -> None:
    """Opens the section that a column of groups names, or goes back to it."""
    value = row.values["section"]
    match = _SECTION.fullmatch(plain_roman(value.text))
    title = match["title"].strip() if match and roman_value(match["number"]) else value.text
    known = next((item.number.text for item in state.groups if fold(item.title.text) == fold(title)), None)
    if known is None:
        number = match["number"] if match and title != value.text else roman(len(state.groups) + 1)
        _section(state, SourceText(number, value.source), attrs.evolve(value, text=title))
    elif known != state.section:
        state.section, state.parent, state.last = known, None, {}


def _with_titles(rows: list[BodyRow]) -> list[BodyRow]:
    """Without the headings between tables that are the main text's, not of the tasks under them."""
    places = [index for index, row in enumerate(rows) if row.between]
    kept = set()
    for place, following in zip(places, [*places[1:], len(rows)], strict=False):
        own = any(_section_of(row) for row in rows[place + 1 : following] if not row.between)
        if not own and following > place + 1:
            kept.add(place)
    first = _section_of(rows[places[0]]) if places else None
    if len(kept) < 2 and not (first and first[0] == "I"):
        kept = set()
    return [row for index, row in enumerate(rows) if not row.between or index in kept]


def _with_number(row: BodyRow, body: Body) -> BodyRow:
    """The row with the number that is printed before its work taken out."""
    values = dict(row.values)
    for name, pattern, target in (("task", _EMBEDDED, "number"), ("subtask", _EMBEDDED_SUB, "subnumber")):
        value = values.get(name)
        match = pattern.fullmatch(value.text) if value and not row.title else None
        if not (value and match) or (name == "task" and "number" in body.fields and not _fits(row, match["number"])):
            continue
        values[name] = attrs.evolve(value, text=match["text"])
        if not row.text(target):
            values[target] = SourceText(match["number"], value.source)
    return attrs.evolve(row, values=values)


def _fits(row: BodyRow, number: str) -> bool:
    """A number in the text beside a column of numbers: the same again, or the only one."""
    own = _bare(row.text("number"))
    return own == number or (not own and "number" not in row.merged)


def _bare(number: str) -> str:
    return number.strip().strip(".)/ -" if len(number.strip()) > 1 else ")")


def _section_of(row: BodyRow) -> tuple[str, str] | None:
    """Roman number or letter and title of a section row."""
    number = plain_roman(_bare(row.text("number")))
    work = row.text("task") or row.text("indicator")
    if row.title:
        match = _SECTION.fullmatch(plain_roman(row.title))
        if match and match["number"].isupper() and (len(match["number"]) > 1 or not match["title"][0].islower()):
            separated = re.match(r"[^\w]", row.title[match.end("number") :].strip()[:1] or " ") or roman_value(
                match["number"]
            )
            return (match["number"], match["title"].strip()) if separated else None
        return None
    if not number and row.text("subtask") and roman_value(_bare(row.text("task"))) and not _filled(row):
        # a table without a column of numbers: the number stands where the tasks do
        return _bare(row.text("task")), row.text("subtask")
    if number and number.isupper() and work and (roman_value(number) or re.fullmatch("[A-HĐ]", number)):
        return number, work
    return None


def _filled(row: BodyRow) -> bool:
    return any(row.text(name) for name in _FIELDS)


def _take_section(state: _State, row: BodyRow, sectioned: bool, rest: Sequence[BodyRow] = ()) -> bool:
    """Takes a row that is no data row: a section, a group of tasks, a note at the foot."""
    found = _section_of(row)
    if found:
        _open_section(state, row, *found, rest)
        return True
    if not row.title:
        return False
    group = _GROUP.fullmatch(row.title)
    if _continues(state, row.title):
        _append(state, row)
    elif _FOOT.match(row.title):
        state.loose.append(SourceText(row.title, row.source, "dòng ghi chú, tổng hợp ở bảng"))
    elif group and (sectioned or "." in group["number"]):
        values = {"number": SourceText(group["number"], row.source), "task": SourceText(group["title"], row.source)}
        state.parent = Draft(state.section, values, row.source)
        state.last = dict(values)
    elif group:
        _section(state, SourceText(group["number"], row.source), SourceText(group["title"], row.source))
    elif not sectioned or not row.title[0].islower():
        guess = roman(len(state.groups) + 1)
        _section(
            state,
            SourceText(guess, row.source, "nhóm không in số, số do phần mềm đặt"),
            SourceText(row.title, row.source),
        )
    else:
        state.loose.append(SourceText(row.title, row.source, "dòng không rõ thuộc mục nào"))
    return True


def _continues(state: _State, title: str) -> bool:
    """True for a row of text alone that goes on with the task above: that one ends open, or it begins in lower case."""
    last = state.drafts[-1].text("subtask") or state.drafts[-1].text("task") if state.drafts else ""
    if not last or title.isupper() or _GROUP.fullmatch(title) or _FOOT.match(title):
        return False
    return last[-1] in ";,:" or title[0].islower() or re.match(r"[-+•]\s*\S", title) is not None


def _append(state: _State, row: BodyRow) -> None:
    """Puts the text of such a row under that of the last task."""
    draft = state.drafts[-1]
    name = "subtask" if draft.text("subtask") else "task"
    value = draft.values[name]
    more = attrs.evolve(
        value, text=f"{value.text}\n{row.title}", doubt="dòng chỉ có chữ, coi là phần tiếp của dòng trên"
    )
    state.drafts[-1] = attrs.evolve(draft, values=dict(draft.values) | {name: more})


def _open_section(state: _State, row: BodyRow, number: str, title: str, rest: Sequence[BodyRow]) -> None:
    is_letter = len(number) == 1 and (number not in "ICVX" or (state.letter and ord(number) == ord(state.letter) + 1))
    if is_letter:
        state.letter = number
        shown = number
    else:
        shown = f"{state.letter}.{number}" if state.letter else number
    doubt = "số nhóm trùng với nhóm trước" if any(item.number.text == shown for item in state.groups) else ""
    if not doubt and not is_letter:
        doubt = _gap(state, shown, number)
    _section(state, SourceText(shown, row.source, doubt), SourceText(title, row.source))
    if row.title:
        return
    under = list(itertools.takewhile(lambda item: _section_of(item) is None, rest))
    if not under and any(row.text(name) for name in ("lead", "deadline")):
        values = dict(row.values) | {"number": attrs.evolve(row.values["number"], text=number)}
        values |= {"task": SourceText(title, row.source), "subtask": SourceText(), "subnumber": SourceText()}
        state.drafts.append(Draft(state.section, values, row.source))
        return
    for name in _FIELDS:
        value = row.values.get(name, SourceText())
        if value.text and under and not any(item.text(name) or name in item.merged for item in under):
            state.handed[name] = value
        elif value.text:
            state.loose.append(attrs.evolve(value, doubt="nội dung ghi ở dòng tên nhóm"))


def _gap(state: _State, shown: str, number: str) -> str:
    """Doubt about a Roman number that does not follow the one before."""
    prefix = shown.removesuffix(number)
    before = [item.number.text for item in state.groups if item.number.text.startswith(prefix)]
    value = roman_value(number) or 0
    last = (roman_value(before[-1].removeprefix(prefix)) or 0) if before else 0
    return "" if value == last + 1 or value == 1 else "số nhóm không liền nhóm trước"


def _section(state: _State, number: SourceText, title: SourceText) -> None:
    state.groups.append(_Group(number, title))
    state.section, state.parent, state.last, state.handed = number.text, None, {}, {}


def _task(state: _State, row: BodyRow, rest: list[BodyRow], body: Body) -> None:
    number = _bare(row.text("number"))
    two = {"task", "subtask"} <= body.fields
    if not number and row.starts_page and "number" in state.open and row.text("task"):
        # the rest of a merged number at the top of a page: a blank cell of its own there
        _sub_row(state, attrs.evolve(row, merged=row.merged | {"number"}), "", two)
        draft = state.drafts[-1]
        doubted = attrs.evolve(draft.values["number"], source=row.source, doubt=_PAGE_TOP)
        state.drafts[-1] = attrs.evolve(draft, values=dict(draft.values) | {"number": doubted})
    elif number and _SUB.fullmatch(_key(number)) and _belongs(state, number):
        _sub_row(state, row, number, two)
    elif number:
        _top_row(state, row, number, rest, two)
    elif state.last and ("number" in row.merged or ("task" in row.merged and "number" not in row.values)):
        _sub_row(state, row, "", two)
    else:
        _unnumbered(state, row, rest, two)


def _belongs(state: _State, number: str) -> bool:
    """True when the number is a part of the row before: "2.1" under 2, "a" under anything."""
    before = state.parent or (state.drafts[-1] if state.drafts and state.drafts[-1].section == state.section else None)
    if before is None:
        return False
    number = _key(number)
    if "." not in number:
        return True
    above = (number.rpartition(".")[0], number.split(".", maxsplit=1)[0])
    return _key(before.text("number")).lstrip("0") in [item.lstrip("0") for item in above]


def _details(state: _State, row: BodyRow, *, carry: Draft | None = None) -> dict[str, SourceText]:
    """Deliverable, KPI, lead ... of a row; merged cells have the text of the row above."""
    found = {}
    for name in _FIELDS:
        if name in row.merged:
            found[name] = attrs.evolve(state.last.get(name, SourceText()), source=row.source)
            continue
        value = row.values.get(name, SourceText("", row.source))
        last = state.last.get(name, SourceText())
        may_be_merged = name in state.merging or (name in _KEPT and not row.text("number"))
        if not value.text and last.text and (row.starts_page or row.near_top) and may_be_merged:
            kept = name in _KEPT or name in state.open
            value = SourceText(last.text if kept else "", row.source, _PAGE_TOP)
        elif not value.text and carry is not None and carry.text(name):
            # what all parts leave blank is said once, at the first of them
            doubt = "" if name in state.told else "ô trống, lấy theo dòng trên"
            state.told |= {name} & state.shared
            value = SourceText(carry.text(name), row.source, doubt)
        elif not value.text and name in state.handed and not row.starts_page:
            # said once, at the first row under the section
            first = not any(draft.section == state.section for draft in state.drafts)
            value = SourceText(state.handed[name].text, row.source, "ô trống, lấy theo dòng tên nhóm" if first else "")
        found[name] = value
    return found


def _top_row(state: _State, row: BodyRow, number: str, rest: list[BodyRow], two: bool) -> None:
    values = {
        "number": attrs.evolve(row.values.get("number", SourceText("", row.source)), text=number),
        **_details(state, row),
    }
    for name in ("task", "subtask"):
        merged = name in row.merged
        values[name] = (
            state.last.get(name, SourceText()) if merged else row.values.get(name, SourceText("", row.source))
        )
    values["subnumber"] = row.values.get("subnumber", SourceText())
    if not values["task"].text and values["subtask"].text:
        if two:
            values["task"] = SourceText("", values["subtask"].source, "thiếu nhiệm vụ tổng quát")
        else:
            values["task"], values["subtask"] = values["subtask"], SourceText()
    draft = Draft(state.section, values, row.source)
    children = [] if two else _children(rest, number)
    state.parent = draft
    state.last = dict(values)
    if not children or _own_row(row, children):
        state.drafts.append(draft)
        return
    state.shared = frozenset(name for name in _FIELDS if not any(child.text(name) for child in children))
    state.told = frozenset()
    # the texts of a row that only heads others live on in its parts, where they have none of their own
    for name in _FIELDS:
        if values[name].text and name not in row.tall and all(child.text(name) for child in children):
            state.loose.append(attrs.evolve(values[name], doubt=f"ghi ở dòng nhiệm vụ chung {number}"))


def _children(rest: list[BodyRow], number: str) -> list[BodyRow]:
    """The following rows that are parts of the row with that number."""
    found: list[BodyRow] = []
    for row in rest:
        own, above = _key(_bare(row.text("number"))), _key(number).lstrip("0")
        is_part = own and _SUB.fullmatch(own) and ("." not in own or own.lstrip("0").startswith(f"{above}."))
        if row.title or _section_of(row) or not (is_part or (not own and found)):
            break
        found.append(row)
    return found


def _own_row(row: BodyRow, children: list[BodyRow]) -> bool:
    """True when a row over others is a task itself: it has details that its parts do not take from it."""
    own = [name for name in _FIELDS if row.text(name) and name not in row.tall]
    return (
        len(own) >= 2
        and bool({"lead", "deadline"} & set(own))
        and all(child.text(name) for child in children for name in own if name in ("lead", "deadline"))
    )


def _sub_row(state: _State, row: BodyRow, number: str, two: bool) -> None:
    above = state.parent or state.drafts[-1]
    carry = above if above not in state.drafts else None
    values = {"number": attrs.evolve(above.values["number"], doubt=""), **_details(state, row, carry=carry)}
    own, sub = row.values.get("task", SourceText()), row.values.get("subtask", SourceText())
    values["task"] = attrs.evolve(above.values["task"], source=row.source, doubt="")
    values["subtask"] = sub if sub.text or two else own
    if two and own.text:
        values["task"] = own
    if "subtask" in row.merged:
        values["subtask"] = state.last.get("subtask", SourceText())
    printed = number if number not in ("-", "+", "*") else ""
    values["subnumber"] = SourceText(printed, row.source) if printed else row.values.get("subnumber", SourceText())
    shared = not number and not two and "number" in row.merged and carry is None and bool(own.text)
    if shared:
        # several tasks in a row under one number: the first of them heads none of the others
        values["task"], values["subtask"] = own, SourceText()
    state.last = dict(values)
    state.drafts.append(Draft(state.section, values, row.source, shared))


def _unnumbered(state: _State, row: BodyRow, rest: list[BodyRow], two: bool) -> None:
    """A row whose number is blank and not merged: a further part of the row above, or its number is missing."""
    own = row.text("task") or ("" if two else row.text("subtask"))
    reason = "dòng không có số, coi là phần tiếp của nhiệm vụ trên"
    bullet = re.match(r"[-–+•*]\s*(?=[^\W\d])", own)
    if bullet and not two and "task" in row.values:
        row = attrs.evolve(
            row, values=dict(row.values) | {"task": attrs.evolve(row.values["task"], text=own[bullet.end() :])}
        )
    if state.last and state.drafts and (not own or bullet or (two and own == state.drafts[-1].text("task"))):
        before = len(state.drafts)
        _sub_row(state, row, "", two)
        for draft in state.drafts[before:]:
            values = dict(draft.values)
            for name in ("number", "task"):
                values[name] = attrs.evolve(values[name], doubt=reason)
            state.drafts[-1] = attrs.evolve(draft, values=values)
        return
    if not state.numbered:
        _top_row(state, row, "", rest, two)
        return
    if _is_rest(state, row, two):
        _extend(state, row)
        return
    guess, following = _guess(state), next((_bare(item.text("number")) for item in rest if item.text("number")), "")
    known = guess and following == str(int(guess) + 1)
    _top_row(state, _numbered(row, guess if known else ""), guess if known else "", rest, two)


def _is_rest(state: _State, row: BodyRow, two: bool) -> bool:
    """True for a row without a number that goes on with the row above: its texts begin in the middle of a sentence."""
    if not state.drafts or state.drafts[-1].section != state.section or row.title:
        return False
    name = "subtask" if two else "task"
    last, work = state.drafts[-1].text("subtask") or state.drafts[-1].text("task"), row.text(name)
    others = [row.text(item) for item in _FIELDS if row.text(item)]
    goes_on = not work or work[0].islower() or (last[-1:] in ";,:" and not others) or last[-1:] in ";,"
    return goes_on and all(text[0].islower() or not text[0].isalpha() for text in others)


def _extend(state: _State, row: BodyRow) -> None:
    """Puts the texts of such a row under those of the last one."""
    draft, values = state.drafts[-1], dict(state.drafts[-1].values)
    doubt = "dòng không có số, coi là phần tiếp của dòng trên"
    for name, value in row.values.items():
        target = "subtask" if name == "task" and draft.text("subtask") else name
        if value.text and target in values and name != "number":
            text = join_lines(values[target].text, value.text)
            values[target] = attrs.evolve(values[target], text=text, doubt=doubt)
    state.drafts[-1] = attrs.evolve(draft, values=values)


def _numbered(row: BodyRow, number: str) -> BodyRow:
    doubt = "không in số, suy từ dòng trước và sau" if number else "dòng không có số"
    return attrs.evolve(row, values=dict(row.values) | {"number": SourceText(number, row.source, doubt)})


def _guess(state: _State) -> str:
    last = state.drafts[-1].text("number") if state.drafts else "0"
    return str(int(last) + 1) if last.isdigit() else ""


def _check_numbers(drafts: list[Draft]) -> list[Draft]:
    """The drafts with numbers that repeat or leave a gap flagged."""
    done: list[Draft] = []
    seen: set[tuple[str, str, str]] = set()
    for draft in drafts:
        number, before = draft.text("number"), done[-1] if done else None
        key = (draft.section, number, draft.text("subnumber"))
        doubt = ""
        same_task = (
            bool(number) and before is not None and before.text("number") == number and before.section == draft.section
        )
        if key in seen and number and not same_task:
            doubt = "số trùng với dòng khác trong nhóm"
        elif (
            same_task
            and before is not None
            and not draft.shared_number
            and not key[2]
            and before.text("task") != draft.text("task")
        ):
            doubt = "số trùng với dòng trên"
        elif before is not None and not same_task and _leaves_gap(before.text("number"), number):
            doubt = "số không liền với dòng trước"
        seen.add(key)
        values = dict(draft.values)
        if doubt and not values["number"].doubt:
            values["number"] = attrs.evolve(values["number"], doubt=doubt)
        done.append(attrs.evolve(draft, values=values))
    return done


def _leaves_gap(before: str, number: str) -> bool:
    return before.isdigit() and number.isdigit() and int(number) not in (int(before) + 1, 1)


def indicators_of(body: Body) -> Outline:
    """Groups and indicators of the rows."""
    state = _State()
    for row in body.rows:
        # a row of the table that has a target is an indicator, whatever its number
        if row.text("target") or not _take_section(state, row, True):
            _indicator(state, row)
    return Outline(tuple(state.groups), tuple(_check_numbers(state.drafts)), tuple(state.loose) + body.loose)


def _indicator(state: _State, row: BodyRow) -> None:
    values = {name: _value(state, row, name) for name in ("number", "indicator", *_MEASURES)}
    match = _EMBEDDED_INDICATOR.fullmatch(values["indicator"].text)
    if match and not values["number"].text:
        values["number"] = SourceText(match[1], row.source)
        values["indicator"] = attrs.evolve(values["indicator"], text=match[2])
    values["number"] = attrs.evolve(values["number"], text=values["number"].text.strip().rstrip(".)"))
    if not values["number"].text:
        values["number"] = SourceText("", row.source, "dòng không có số")
    if not values["target"].text and not values["target"].doubt:
        values["target"] = attrs.evolve(values["target"], doubt="chưa có giá trị mục tiêu")
    state.last = dict(values)
    state.drafts.append(Draft(state.section, values, row.source))


def _value(state: _State, row: BodyRow, name: str) -> SourceText:
    if name in row.merged:
        return attrs.evolve(state.last.get(name, SourceText()), source=row.source)
    return row.values.get(name, SourceText("", row.source))
