"""Makes the amended plan: the new wording under the old codes, with what the office has entered itself.

Also so-sanh-ke-hoach.xlsx, the comparison of the two versions with a column in which the office decides.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import attrs
from attrs import field, frozen

from nq57xl.errors import Nq57Error
from nq57xl.plan import appendix
from nq57xl.plan.appendix_read import sheet_texts
from nq57xl.plan.appendix_styles import STYLES, set_up_page, write_line, write_rows
from nq57xl.plan.compare import FIELDS, GENERAL, OWN_COLUMNS, Decisions
from nq57xl.plan.importer.document import roman
from nq57xl.plan.model import (
    DatedName,
    FieldChange,
    Indicator,
    Plan,
    PlanComparison,
    PlanRowChange,
    RowTable,
    Section,
    Task,
    Unit,
)
from nq57xl.plan.review_questions import Review
from nq57xl.plan.units import Resolver, understand
from nq57xl.text.addresses import letters_of
from nq57xl.text.legacy import fold
from nq57xl.xlsx.write import Workbook, Worksheet

_Row = TypeVar("_Row", Task, Indicator)


def amended(comparison: PlanComparison, used: frozenset[str], effective_from: dt.date | None = None) -> Plan:
    """The plan that holds from now on, understood.

    A row that continues another keeps its code and, while its deadline is the same, its Hạn chuẩn; a new row gets a
    code that is not among `used` (every code that any version had). Units keep their codes and e-mails; settings stay.
    """
    old, new = comparison.old, comparison.new
    used = used | {row.code for row in old.rows}
    settings, properties = new.settings, new.properties
    if not comparison.same_file:  # the old ones with what the new plan says of itself
        told = [item.field for item in comparison.general if item.field in GENERAL]
        told += ["clear_criteria"] if properties.clear_criteria else []
        own: Any = {name: getattr(properties, name) for name in told}
        settings, properties = old.settings, attrs.evolve(old.properties, **own)
    units = _units(comparison, effective_from)
    tasks, indicators = (_outline(comparison, table) for table in FIELDS)
    plan = Plan(
        properties=properties,
        units=units,
        groups=new.groups if comparison.same_file else _groups(old, new, units),
        sections=tasks.headings,
        tasks=_rows(comparison, "tasks", tasks, used),
        indicator_groups=indicators.headings,
        indicators=_rows(comparison, "indicators", indicators, used),
        settings=settings,
    )
    return understand(plan, used).by_section()


def _rows(comparison: PlanComparison, table: RowTable, outline: _Outline, used: frozenset[str]) -> tuple[Any, ...]:
    """The rows of one table.

    A whole new plan: its rows in their order, each kept old one at the end of its section. A part of it: the old rows
    in theirs, each new one at the end of its section.
    """
    old, new = getattr(comparison.old, table), getattr(comparison.new, table)
    befores = {row.code: row for row in old}
    given = set(used)
    rows: list[Task | Indicator] = []
    added: list[Task | Indicator] = []
    kept: list[Task | Indicator] = []
    for change in comparison.of(table):
        if change.index is None:
            if change.code and "kept" in change.kinds:
                kept.append(_under(befores[change.code], outline.numbers))
        elif change.code is None:
            after = new[change.index]
            fresh = _under(attrs.evolve(after, code="" if after.code in given else after.code), outline.of_new)
            (added if outline.partial else rows).append(fresh)
            given.add(after.code)
        else:
            row = _continued(befores[change.code], new[change.index], change, outline)
            rows.append(row if comparison.same_file else _with_own_columns(row, befores[change.code], change))
    if outline.partial:
        places = {row.code: place for place, row in enumerate(old)}
        rows = sorted(rows + kept, key=lambda row: places[row.code])
    for row in added if outline.partial else kept:
        under = [index for index, item in enumerate(rows) if item.heading == row.heading]
        rows.insert(under[-1] + 1 if under else len(rows), row)
    return tuple(rows)


def _continued(before: _Row, after: _Row, change: PlanRowChange, outline: _Outline) -> _Row:
    """The row in its new wording; a text that says the same stays letter by letter, so that no form changes for it."""
    told = {item.field for item in change.fields}
    texts: list[str] = [*FIELDS[change.table], "number"]
    if isinstance(before, Task):
        texts.append("subnumber")
    same: Any = {name: getattr(before, name) for name in ("code", *texts) if name not in told}
    row = attrs.evolve(after, **same)
    if "moved" in change.kinds or told & {"section", "group"}:
        return _under(row, outline.of_new)
    return _under(row, outline.numbers, before.heading)


def _with_own_columns(row: _Row, before: _Row, change: PlanRowChange) -> _Row:
    """The row with what the office has added to it, of which a document says nothing; a Hạn chuẩn belongs to the
    deadline that it was entered for."""
    own: Any = {name: getattr(row, name) or getattr(before, name) for name in OWN_COLUMNS[change.table]}
    if any(item.field == "deadline" for item in change.fields):
        own.pop("standard_deadline")
    return attrs.evolve(row, **own)


def _under(row: _Row, numbers: Mapping[str, str], heading: str | None = None) -> _Row:
    """The row under what has become of that heading, or of its own."""
    old = row.heading if heading is None else heading
    number: Any = {"section" if isinstance(row, Task) else "group": numbers.get(old, old)}
    return attrs.evolve(row, **number)


@frozen
class _Outline:
    """The headings of one table in the amended plan."""

    headings: tuple[Section, ...]
    """The new ones, and the old ones that only kept rows stand under."""
    numbers: Mapping[str, str]
    """Number of an old heading -> its number now, where that is another."""
    of_new: Mapping[str, str] = field(factory=dict)
    """Number of a heading in the new document -> its number now, where that is another."""
    partial: bool = False
    """The document amends a part of the plan only."""


def _outline(comparison: PlanComparison, table: RowTable) -> _Outline:
    """The new headings, and the old ones that only kept rows stand under.

    Of a document that amends a part: the plan's own headings, and those that it adds.
    """
    pairs, olds, news = comparison.headings[table], comparison.old.headings(table), comparison.new.headings(table)
    if comparison.partial:
        placed = list(olds)
        of_new = {
            item.number: olds[pairs[j]].number if j in pairs else _placed(placed, item) for j, item in enumerate(news)
        }
        return _Outline(tuple(placed), {}, of_new, partial=True)
    placed = list(news)
    kept = {change.code for change in comparison.of(table) if "kept" in change.kinds}
    needed = {row.heading for row in getattr(comparison.old, table) if row.code in kept}
    numbers = {olds[i].number: news[j].number for j, i in pairs.items()}
    for item in olds:
        if item.number in needed and item.number not in numbers:
            numbers[item.number] = _placed(placed, item)
    return _Outline(tuple(placed), numbers)


def _placed(placed: list[Section], heading: Section) -> str:
    """Puts the heading behind the others, under the next number where its own is taken; returns its number."""
    taken = {item.number for item in placed}
    numbers = (heading.number, *(roman(number) for number in range(1, len(placed) + 2)))
    number = next(item for item in numbers if item not in taken)
    placed.append(attrs.evolve(heading, number=number))
    return number


def moved_review(review: Sequence[Review], comparison: PlanComparison, plan: Plan) -> tuple[Review, ...]:
    """The points of an imported document that are about rows, at the places of those rows in the amended plan."""
    found = []
    for table in FIELDS:
        rows, places = getattr(plan, table), _places(comparison, table, getattr(plan, table))
        for point in review:
            if point.cell and point.sheet == appendix.SHEETS[table].title and point.index in places:
                place = places[point.index]
                found.append(attrs.evolve(point.at(place), task=rows[place].code))
    return tuple(found)


def _places(comparison: PlanComparison, table: RowTable, rows: Sequence[Task | Indicator]) -> dict[int, int]:
    """Index of a row in the new document -> its index in the amended plan."""
    changes = {change.index: change for change in comparison.of(table) if change.index is not None}
    known = {row.code: place for place, row in enumerate(rows)}
    old = {change.code for change in comparison.of(table)}
    fresh = [place for place, row in enumerate(rows) if row.code not in old]
    places = {index: known[change.code] for index, change in changes.items() if change.code is not None}
    for index in sorted(changes.keys() - places.keys()):
        texts = _printed(getattr(comparison.new, table)[index], table)
        place = next((place for place in fresh if _printed(rows[place], table) == texts), None)
        if place is not None:
            places[index] = place
            fresh.remove(place)
    return places


def _printed(row: Task | Indicator, table: RowTable) -> list[str]:
    return [row.printed(name) for name in FIELDS[table]]


def _renamed(before: Unit, after: Unit, effective_from: dt.date | None) -> Unit:
    """The unit under its new name; the old one held until the day before, unless the office says otherwise."""
    after = attrs.evolve(after, email=after.email or before.email)
    if effective_from is None or before.name == after.name or after.former_names != before.former_names:
        return after
    until = DatedName(before.name, valid_to=effective_from - dt.timedelta(days=1))
    return attrs.evolve(after, former_names=(*after.former_names, until))


def _units(comparison: PlanComparison, effective_from: dt.date | None) -> tuple[Unit, ...]:
    """The office's units, with those that only the new plan names; codes and e-mails stay.

    An agency that the new document no longer names, and whose rows go to another one, has been renamed or merged.
    """
    old, new, same_file = comparison.old, comparison.new, comparison.same_file
    units = list(old.units)
    places = {unit.code: index for index, unit in enumerate(units)}
    resolver = Resolver(old.units, old.groups)
    taken: dict[str, str] = {}
    if effective_from is not None and not same_file:
        until = effective_from - dt.timedelta(days=1)
        for code, after in _followed(comparison).items():
            before, found = units[places[code]], resolver.resolve(after.name).codes
            if not found and after.name not in taken:
                units[places[code]] = _renamed(before, attrs.evolve(before, name=after.name), effective_from)
                taken[after.name] = code
            elif not before.successors and not before.valid_to:  # what the office has set already stays
                successors = found[:1] or (taken[after.name],)
                units[places[code]] = attrs.evolve(before, valid_to=until, successors=successors)
    for unit in new.units:
        if unit.name in taken:
            continue
        if same_file and unit.code in places:
            index = places[unit.code]
            units[index] = _renamed(units[index], unit, effective_from)
        elif same_file or not _known(unit, resolver):
            units.append(attrs.evolve(unit, code="" if unit.code in places else unit.code))
    return understand(Plan(old.properties, tuple(units))).units


def _followed(comparison: PlanComparison) -> dict[str, Unit]:
    """Code of a unit that the new plan names nowhere -> the one that leads most of the rows which it led alone."""
    old, new = comparison.old, comparison.new
    named = Resolver(new.units, new.groups)
    gone = {unit.code for unit in old.units if not _known(unit, named)}
    before = {row.code: row for row in old.tasks}
    after = {unit.code: unit for unit in new.units}
    votes: dict[str, Counter[str]] = {}
    for change in comparison.of("tasks"):
        if change.code in before and change.index is not None:
            leads, now = before[change.code].lead_units, new.tasks[change.index].lead_units
            if len(leads) == len(now) == 1 and leads[0] in gone:
                votes.setdefault(leads[0], Counter())[now[0]] += 1
    best = {code: counted.most_common(1)[0] for code, counted in votes.items()}
    return {code: after[top] for code, (top, count) in best.items() if count > 0.6 * sum(votes[code].values())}


def _known(unit: Unit, resolver: Resolver) -> bool:
    found = resolver.resolve(unit.name)
    return bool(found.codes) and not found.unresolved


def _groups(old: Plan, new: Plan, units: tuple[Unit, ...]) -> tuple[Any, ...]:
    """The office's groups, and those that only the new plan names, with members by the office's own codes."""
    resolver = Resolver(units, old.groups)
    names = {unit.code: unit.name for unit in new.units}
    known = {fold(name) for group in old.groups for name in (group.name, *group.aliases)}
    added = []
    for group in new.groups:
        if fold(group.name) not in known and not resolver.resolve(group.name).codes:
            members = (code for member in group.members for code in resolver.resolve(names.get(member, member)).codes)
            added.append(attrs.evolve(group, members=tuple(dict.fromkeys(members))))
    return (*old.groups, *added)


_NEW, _OUT, _KEEP = "mới", "bỏ", "giữ"
_META = "_meta"
_COLUMNS = {
    "Khóa": 8,
    "Quyết định": 12,
    "Giống nhau": 9,
    "Khác biệt": 16,
    "Trong kế hoạch đang dùng": 52,
    "Trong văn bản mới": 52,
    "Nội dung sửa: trước → sau": 60,
}
"""Headings and widths."""
_KEY, _DECISION = 0, 1
_LONGEST_KEY = 7
"""Signs of a "+" and an index."""
_NOTE = (
    "Cột «Quyết định» ghi mã mà dòng mới tiếp nối (giữ lịch sử báo cáo của mã đó), hoặc «mới» (cấp mã mới), hoặc «bỏ» "
    "(không đưa vào kế hoạch). Với dòng không còn trong văn bản mới: «bỏ» hoặc «giữ». Sửa cột này nếu cần, lưu lại, "
    "rồi chạy «nq57xl amend --confirm» với chính tệp này. Các cột khác chỉ để xem."
)
_OF_LAST_YEAR = {
    "Trong kế hoạch đang dùng": "Kế hoạch năm trước, báo cáo gần nhất",
    "Trong văn bản mới": "Kế hoạch năm nay",
}
"""Headings where the year before is compared."""
_RULE = {
    "validate": "list",
    "input_title": "Quyết định",
    "input_message": "Mã mà dòng này tiếp nối, hoặc mới, bỏ, giữ.",
}


@frozen
class Origin:
    """What a comparison was made of."""

    document: str
    """Path of the new appendix or document."""
    sha256: str
    plan_version: str
    """Version of the plan that it was compared with."""
    effective_from: dt.date
    partial: bool = False
    """True: rows that the document does not name were proposed to stay."""
    previous: str = ""
    """Folder of the year before, where the plan is another year's (`init --from`)."""


def write_comparison(
    comparison: PlanComparison, origin: Origin, states: Mapping[tuple[RowTable, str], str] | None = None
) -> bytes:
    """The workbook; the same comparison gives the same bytes. `states`: what was last reported of old rows."""
    note, columns = _NOTE, _COLUMNS
    if origin.previous:
        note = _NOTE.replace("nq57xl amend --confirm", "nq57xl init --confirm")
        columns = {_OF_LAST_YEAR.get(name, name): width for name, width in _COLUMNS.items()}
    with Workbook("So sánh kế hoạch", STYLES) as book:
        for table in FIELDS:
            title, rows = appendix.SHEETS[table].title, comparison.of(table)
            if rows:  # changed ones and unchanged ones alike, in the new plan's order
                write_rows(
                    book.sheet(title),
                    (f"SO SÁNH {title.upper()}, HIỆU LỰC TỪ {origin.effective_from:%d/%m/%Y}", note),
                    columns,
                    [_cells(row, comparison, states or {}) for row in rows],
                    frozen=2,
                    hidden=1,
                    decided=(_DECISION,),
                    rule={"source": f"=ds_{table}", **_RULE},
                )
        _write_general(book.sheet("Thông tin chung"), comparison.general)
        _write_meta(book, comparison.old, origin)
    return book.content


def _cells(
    row: PlanRowChange, comparison: PlanComparison, states: Mapping[tuple[RowTable, str], str]
) -> tuple[str | float, ...]:
    before, after = comparison.before(row), comparison.after(row)
    state = states.get((row.table, row.code)) if row.code else None
    return (
        row.key,
        row.code or _NEW if row.index is not None else (_KEEP if "kept" in row.kinds else _OUT),
        row.similarity if None not in (row.index, row.code) else "",
        row.words or "như cũ",
        "\n".join(filter(None, (before.line(with_code=True), state))) if before is not None else "",
        after.line() if after is not None else "",
        "\n".join(f"{item.title}: {item.before or '(trống)'} → {item.after or '(trống)'}" for item in row.fields),
    )


def _write_general(sheet: Worksheet, changes: Sequence[FieldChange]) -> None:
    """The plan's own properties and headings."""
    widths = (26, 70, 70)
    sheet.widths(widths)
    sheet.text(0, 0, "THÔNG TIN CHUNG", "title")
    for index, text in enumerate(("Mục", "Đang dùng", "Văn bản mới")):
        sheet.text(appendix.HEADER_ROW, index, text, "head")
    for row, item in enumerate(changes, appendix.HEADER_ROW + 1):
        write_line(sheet, row, (item.title, item.before, item.after), widths, "cell")
    set_up_page(sheet, repeat=appendix.HEADER_ROW)


def _write_meta(book: Workbook, old: Plan, origin: Origin) -> None:
    """What is compared, for the run that applies it, and the lists of the dropdowns."""
    sheet = book.sheet(_META)
    sheet.hide()
    told = attrs.asdict(origin) | {"effective_from": origin.effective_from.isoformat(), "partial": int(origin.partial)}
    for row, (name, value) in enumerate(told.items()):
        sheet.text(row, 0, name, "key")
        sheet.text(row, 1, str(value), "key")
    for column, table in enumerate(FIELDS, 3):
        words = [_NEW, _OUT, _KEEP, *(item.code for item in getattr(old, table))]
        for row, word in enumerate(words):
            sheet.text(row, column, word, "key")
        letters = letters_of(column)
        book.define_name(f"ds_{table}", f"={_META}!${letters}$1:${letters}${len(words)}")


def read_comparison(data: bytes, name: str) -> tuple[Origin, Decisions]:
    """What a comparison was made of, and what the office decided in it.

    Raises Nq57Error naming sheet and cell when the file is none, or a decision cannot be read.
    """
    grids = sheet_texts(data, name)
    origin = _origin(grids.get(_META, []), name)
    continues: dict[tuple[RowTable, int], str] = {}
    left_out, kept, lines = set(), set(), set()
    for table in FIELDS:
        title = appendix.SHEETS[table].title
        for number, row in enumerate(grids.get(fold(title), []), 1):
            key = row[_KEY] if len(row) > _DECISION else ""
            if key[:1] not in ("+", "-"):
                continue
            said, place = row[_DECISION].strip(), f"{name}, trang «{title}», ô B{number}"
            choice = fold(said)
            if key[0] == "+" and (table, key) in lines:  # an old row that stands twice stays if one of them says so
                raise Nq57Error(f"{place}: dòng này có hai lần trong bảng; hãy xóa bản chép.")
            lines.add((table, key))
            if key[0] == "-":
                if choice not in (_OUT, _KEEP):
                    raise Nq57Error(f"{place}: dòng không còn trong văn bản mới thì ghi «{_OUT}» hoặc «{_KEEP}».")
                if choice == _KEEP:
                    kept.add((table, key[1:]))
            elif not key[1:].isdecimal() or len(key) > _LONGEST_KEY:
                raise Nq57Error(f"{place}: khóa của dòng (cột A, ẩn) đã bị sửa; hãy lập lại bảng so sánh.")
            elif choice == _OUT:
                left_out.add((table, int(key[1:])))
            elif choice in ("", _KEEP):
                raise Nq57Error(f"{place}: hãy ghi mã mà dòng này tiếp nối, hoặc «{_NEW}», hoặc «{_OUT}».")
            else:
                continues[table, int(key[1:])] = "" if choice == _NEW else said
    return origin, Decisions(continues, frozenset(left_out), frozenset(kept), frozenset(lines))


def _origin(rows: list[list[str]], name: str) -> Origin:
    told = {row[0]: row[1] for row in rows if len(row) > 1}
    try:
        day, partial = dt.date.fromisoformat(told["effective_from"]), told["partial"] == "1"
        named = (told["document"], told["sha256"], told["plan_version"])
        return Origin(*named, day, partial, told.get("previous", ""))
    except (KeyError, ValueError) as error:
        raise Nq57Error(f"Tệp {name} không phải bảng so sánh do «nq57xl amend» lập.") from error
