"""Rows and merged cells that a page cut in two, made whole again."""

from __future__ import annotations

import re

import attrs

from nq57xl.plan.importer.document import BodyRow, SourceText, join_lines, roman_value

_NUMBERED = re.compile(r"(?:\d{1,3}(?:\.\d{1,3})*[.)]\s*[^\W\d]|\d{1,3}\.\d{1,3}\s+\S|[a-zđ]\)\s*\S)")
_DIGITS = re.compile(r"\d{1,3}(?:\.\d{1,3})*")
_JOINTS = (
    "và",
    "của",
    "về",
    "cho",
    "tại",
    "theo",
    "số",
    "ngày",
    "tháng",
    "năm",
    "quý",
    "trước",
    "hoặc",
    "với",
    "từ",
    "đến",
)
"""Words that no text ends with."""
_SPLIT = "dòng đầu trang, có thể là phần sau của ô gộp"
WORK = ("task", "subtask", "indicator")
"""Fields that say what is to be done."""


def joined(rows: list[BodyRow]) -> list[BodyRow]:
    """Rows that go on over a page made whole."""
    done: list[BodyRow] = []
    cut = False
    products = {item.text("deliverable") for item in rows if not item.starts_page}
    numbered = _are_numbered(rows)
    for row in rows:
        at_top = bool(done) and row.starts_page and not row.first
        part = _is_part(row) and bool(done)
        anew = part and _begins_anew(done[-1], row, products)
        if at_top and not anew and (_is_cut_number(done, row) or _goes_on(done[-1], row, numbered)):
            lower = _handed_up(done, row, done[-1].merged)
            done[-1], cut = _join(done[-1], lower), True
        else:
            whole = attrs.evolve(row, near_top=cut)
            if anew:
                whole = _doubted(whole)
            done.append(_handed_up(done, whole, frozenset({"task"})) if part else _under_tall(done, whole))
            cut = False
    return done


def _under_tall(done: list[BodyRow], row: BodyRow) -> BodyRow:
    """The first row of a page without the rest of merged cells that the page cut: it goes to the row before."""
    if not (done and row.starts_page and row.text("number")) or row.first or done[-1].title:
        return row
    before = done[-1]
    names = {name for name in row.values if name not in ("number", *WORK) and before.text(name) and row.text(name)
             and name not in before.short and (row.text(name)[0].islower() or _is_open(before.text(name)))}  # fmt: skip
    if not names:
        return row
    lower = _handed_up(done, row, frozenset(names))
    done[-1] = attrs.evolve(done[-1], tall=done[-1].tall | names)
    kept = {name: value for name, value in lower.values.items() if name not in names}
    return attrs.evolve(lower, values=kept, merged=lower.merged | names)


def _are_numbered(rows: list[BodyRow]) -> bool:
    """True for a table in which, but for the tops of pages, every row has a number of its own."""
    inner = [row for row in rows if not (row.starts_page or row.title)]
    own = sum(bool(row.text("number")) or any(_NUMBERED.match(row.text(name)) for name in WORK) for row in inner)
    return len(inner) > 2 and own >= 0.9 * len(inner)


def _goes_on(before: BodyRow, row: BodyRow, numbered: bool) -> bool:
    """True when the first row of a page is the rest of the last one of the page before."""
    if before.title and row.title:
        return row.title[:1].islower()
    if any(row.text(name) for name in before.short - {"number"}):
        return False
    texts = [row.text(name) for name in row.values if row.text(name)]
    number = row.text("number")
    work = next((row.text(name) for name in WORK if row.text(name)), "")
    if number[:1] in (".", ")") and before.text("number"):
        return True
    if number and texts == [number] and not row.title:
        return bool(before.text("number")) and not _follows(before.text("number"), number)
    if number:
        # a number set in the middle of its cell may stand in the lower part
        # nor does a narrow column always keep "5.2." in one piece
        open_number = before.text("number").endswith(".") or not (before.text("number") or "number" in before.merged)
        return open_number and work[:1].islower()
    if (
        before.title
        or any(_NUMBERED.match(row.text(name)) for name in WORK)
        or (roman_value(work.split(" ")[0].rstrip(".-/")) and row.title)
    ):
        return False
    if numbered and not {"number"} & (before.merged | before.tall):
        return True
    own = next((before.text(name) for name in WORK if before.text(name)), "")
    if work[:1].isupper() and not _is_open(own) and len(texts) > 2 and not row.text("deliverable")[:1].islower():
        return False
    if any(text[0].islower() for text in texts):
        return True
    full = all(row.text(name) and before.text(name) for name in ("lead", "deadline") if name in row.values)
    return not (full and work and (row.text("deliverable") or "deliverable" not in row.values))


def _begins_anew(before: BodyRow, row: BodyRow, products: set[str]) -> bool:
    """True for a further part of a merged task: its work and a product that the table knows begin with capitals."""
    return (
        row.text("deliverable") in products
        and all(row.text(name)[:1].isupper() or row.text(name)[:1].isdigit() for name in ("subtask", "deliverable"))
        and not any(_is_open(before.text(name)) for name in ("subtask", "deliverable"))
    )


def _is_open(text: str) -> bool:
    """True for a blank or a text that plainly does not end there."""
    return not text or text[-1] in ",;:-–(“" or text.rsplit(maxsplit=1)[-1].casefold() in _JOINTS


def _doubted(row: BodyRow) -> BodyRow:
    """The row with its further cells to be looked at: they may be the rest of merged ones."""
    own = {name: value for name, value in row.values.items() if name not in ("number", *WORK)}
    values = {name: attrs.evolve(value, doubt=value.doubt or _SPLIT) for name, value in own.items()}
    return attrs.evolve(row, values=dict(row.values) | values)


def _is_cut_number(done: list[BodyRow], row: BodyRow) -> bool:
    """True when both halves of a number that a narrow column and the page cut make the next one: 07, "0" and "8"."""
    numbers = [item.text("number").rstrip(".") for item in (*done, row)]
    *earlier, upper, lower = [number for number in numbers if number] if numbers[-1] and numbers[-2] else ["", ""]
    if not (_DIGITS.fullmatch(upper) and lower.isdigit()):
        return False
    last = next((number for number in reversed(earlier) if _DIGITS.fullmatch(number)), "")
    follows = _next_number(last, upper + lower) and not _next_number(upper, lower) and not _next_number(last, upper)
    return not upper.strip("0") or follows


def _next_number(last: str, number: str) -> bool:
    """True when a number follows another: 8 after 7, 3.10 after 3.9."""
    stem, _, end = last.rpartition(".")
    own_stem, _, own_end = number.rpartition(".")
    return stem == own_stem and end.isdigit() and own_end.isdigit() and int(own_end) == int(end) + 1


def _follows(before: str, number: str) -> bool:
    """True for a key that comes after another: "b)" after "a)", 8 after 7."""
    one, other = before.strip(" .)"), number.strip(" .)")
    if len(one) == len(other) == 1 and one.isalpha() and other.isalpha():
        return ord(other) == ord(one) + 1
    return _next_number(one, other)


def _is_part(row: BodyRow) -> bool:
    """True for the first row of a page that is a further part of the task of the page before."""
    return row.starts_page and not (row.first or row.title or row.text("number")) and bool(row.text("subtask"))


def _handed_up(done: list[BodyRow], row: BodyRow, names: frozenset[str]) -> BodyRow:
    """The row with the rest of its merged cells given to the rows in which these began."""
    values = dict(row.values)
    for name in names:
        value = values.get(name, SourceText())
        owners = [index for index, item in enumerate(done) if item.text(name)]
        if not value.text or not owners or (name == "task" and _NUMBERED.match(value.text)):
            continue
        head = done[owners[-1]]
        old = head.values[name]
        doubt = old.doubt or _seam(old.text, value.text)
        whole = attrs.evolve(old, text=join_lines(old.text, value.text), doubt=doubt)
        done[owners[-1]] = attrs.evolve(head, values=dict(head.values) | {name: whole})
        del values[name]
    return attrs.evolve(row, values=values)


def _join(before: BodyRow, row: BodyRow) -> BodyRow:
    values = dict(before.values)
    for name, value in row.values.items():
        if value.text:
            old = values.get(name, SourceText())
            whole = f"{old.text}{value.text}" if name == "number" else join_lines(old.text, value.text)
            values[name] = attrs.evolve(old, text=whole, source=old.source or value.source,
                                        doubt=old.doubt or _seam(old.text, value.text))  # fmt: skip
    title = join_lines(before.title, row.title) if before.title else ""
    return attrs.evolve(before, values=values, title=title, tall=before.tall | row.tall)


def _seam(upper: str, lower: str) -> str:
    """Doubt about a text made whole: none when it plainly goes on and ends."""
    if upper and (lower[-1] in "-–,(" or lower.count("”") + upper.count("”") < lower.count("“") + upper.count("“")):
        return "nội dung qua trang có vẻ thiếu phần cuối"
    if not upper or lower[0].islower() or upper[-1] in ",-(" or upper.rsplit(maxsplit=1)[-1].casefold() in _JOINTS:
        return ""
    return "nội dung nối qua trang"
