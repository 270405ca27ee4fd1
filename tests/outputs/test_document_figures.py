"""Figures of the document equal plain loops over the typed cells; every text of a unit is in it; gaps are told."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from typing import Any

import attrs
import pytest

from nq57xl.forms.values import Value
from nq57xl.outputs.document import results, review
from nq57xl.outputs.document import words as document_words
from nq57xl.outputs.document.document import render_document
from nq57xl.outputs.document.review import next_cutoff
from nq57xl.outputs.document.words import flowing, part
from nq57xl.plan.model import Indicator
from nq57xl.results.consolidation import Consolidation, consolidate
from nq57xl.rules.vocabulary import load_vocabulary
from nq57xl.text.normalise import one_line
from tests.amounts import amount
from tests.document_kit import blocks, cell_texts, opened, under
from tests.report_books import SCHEMA, case, consolidated, with_earlier
from tests.report_fills import random_status
from tests.results.test_report_figures import plain_counts

PLANS = ("sample", "bql-2026", "sxd-2026")
WORDS = {
    "Đã hoàn thành trước kỳ": "đã hoàn thành trước kỳ",
    "Hoàn thành": "hoàn thành",
    "Đang thực hiện": "đang thực hiện",
    "Thường xuyên": "thường xuyên",
    "Chưa thực hiện": "chưa thực hiện",
    "Chưa phát sinh": "chưa phát sinh",
    "Chưa báo cáo": "chưa có báo cáo hoặc chưa báo cáo đủ",
}
TIMELY = (
    "Đúng hạn",
    "Hoàn thành quá hạn",
    "Trong hạn",
    "Nguy cơ chậm",
    "Quá hạn",
    "Không xác định hạn",
)


def texts_of(c: Consolidation) -> list[str]:
    return blocks(opened(render_document(c)))


def cases(which: str) -> list[Consolidation]:
    return [consolidated(which, seed) for seed in range(amount(2, 30))]


def told_counts(sentence: str, names: dict[str, str]) -> dict[str, int]:
    """ "05 hoàn thành (19,2%), 01 quá hạn": count by name."""
    words = {words: name for name, words in names.items()}
    found = {}
    for piece in sentence.rstrip(".").split(", "):
        match = re.fullmatch(r"(\d+) (.+?)(?: \([\d,]+%\))?", piece)
        if match and match[2] in words:
            found[words[match[2]]] = int(match[1])
    return found


def cells(c: Consolidation, table: str) -> list[tuple[str, Value]]:
    """Typed cells of a table in the counting returns, with their unit's name."""
    return [
        (unit.name, value)
        for unit in c.status.units
        for value in (unit.counting.judged.values if unit.counting else ())
        if value.table == table
    ]


def joined(texts: list[str]) -> str:
    return "\n".join(texts)


@pytest.mark.parametrize("which", PLANS)
def test_counts_of_rows(which: str) -> None:
    """Total, each group and each kind of timeliness: in the sentences with shares, and in the table."""
    for c in cases(which):
        document = opened(render_document(c))
        texts = blocks(document)
        plain, total = plain_counts(c, None), len(c.plan.tasks)
        first = next(text for text in texts if text.startswith("Kế hoạch có "))
        sections = {task.section for task in c.plan.tasks}
        assert first.startswith(f"Kế hoạch có {total:02d} đầu việc thuộc {len(sections):02d} nhóm nhiệm vụ.")
        sentence = first.partition(": ")[2]
        nonzero = {name: count for name, count in plain.items() if name in WORDS and count}
        assert told_counts(sentence, WORDS) == nonzero
        for count, share in re.findall(r"(\d+) [^,(]+\(([\d,]+)%\)", sentence):
            assert float(share.replace(",", ".")) == pytest.approx(int(count) / total * 100, abs=0.051)
        timely = {name: plain[name] for name in TIMELY if plain[name]}
        deadlines = [text for text in texts if text.startswith("So với thời hạn, trong ")]
        assert len(deadlines) == bool(timely)
        for text in deadlines:
            assert f"trong {sum(timely.values()):02d} đầu việc" in text
            assert told_counts(text.partition(": ")[2].partition(". ")[0], {n: n.lower() for n in TIMELY}) == timely
        heads, *lines = (cell_texts(row) for row in document.tables[1]._tbl.tr_lst)
        numbers = {line[0]: dict(zip(heads[1:], map(int, line[1:]), strict=True)) for line in lines}
        assert numbers.pop("Tổng số") == {"Tổng số": total, **nonzero}
        for section in c.plan.sections:
            own = numbers.pop(f"{section.number}. {section.title}")
            counted = plain_counts(c, section.number)
            assert own == {name: counted.get(name, own["Tổng số"]) for name in own}
            assert own["Tổng số"] == sum(task.section == section.number for task in c.plan.tasks)
        assert numbers == {}


@pytest.mark.parametrize("which", PLANS)
def test_counts_by_group_in_words(which: str) -> None:
    """The line under each group's heading counts that group's rows."""
    for c in cases(which):
        texts = texts_of(c)
        for section in c.plan.sections:
            at = next(i for i, text in enumerate(texts) if text.endswith(f") Nhóm {section.number}. {section.title}"))
            total = sum(task.section == section.number for task in c.plan.tasks)
            head, _, counts = texts[at + 1].partition(": ")
            assert head == f"{total:02d} đầu việc"
            plain = plain_counts(c, section.number)
            sentence = counts.partition(". ")[0].removesuffix(".")
            assert told_counts(sentence, WORDS) == {name: plain[name] for name in WORDS if plain[name]}


def plain_state(c: Consolidation, item: Indicator) -> tuple[str, float | str | None]:
    """State and result of an indicator with one unit, from its typed cells."""
    mine: dict[str, Any] = {}
    reporting = [unit for unit in c.status.units if unit.code in item.lead_units]
    for unit in reporting:
        for value in unit.counting.judged.values if unit.counting else ():
            if (value.table, value.key) == ("indicator", item.code):
                mine[value.field] = value.value
    result = mine.get("value")
    if result is None and "numerator" in mine:
        result = mine["numerator"] / mine["denominator"]
    if result is None:
        return ("chưa có số liệu kỳ này" if "no_data" in mine else "chưa có báo cáo hoặc chưa báo cáo đủ"), None
    reached = result == "yes" if isinstance(result, str) else result >= (item.target.value or 0) - 1e-9
    return ("đạt mục tiêu" if reached else "đang phấn đấu đạt mục tiêu"), result


@pytest.mark.parametrize("which", ["sample", "sxd-2026"])
def test_counts_of_indicators(which: str) -> None:
    """In all and by group, in sentences and in the appendix; results as typed, shares to two decimals."""
    for c in cases(which):
        document = opened(render_document(c))
        texts = blocks(document)
        states = {item.code: plain_state(c, item) for item in c.plan.indicators}
        counted = Counter(state for state, _ in states.values())
        sentence = next(text for text in texts if text.startswith(f"Trong {len(states):02d} chỉ tiêu"))
        same = {state: state for state in counted}
        assert told_counts(sentence.partition(": ")[2].partition(". ")[0], same) == dict(counted)
        for group in c.plan.indicator_groups:
            own = Counter(states[item.code][0] for item in c.plan.indicators if item.group == group.number)
            line = next(text for text in texts if text.startswith(f"- Nhóm {group.number}. "))
            assert told_counts(line.partition("trong đó ")[2].rstrip(";."), {s: s for s in own}) == dict(own)
        rows = [cell_texts(row) for row in document.tables[-1]._tbl.tr_lst]
        shown = {(row[1], row[3]): row for row in rows if len(row) == 8}
        for item in c.plan.indicators:
            state, result = states[item.code]
            row = shown[item.indicator, item.target.text]
            assert row[5].split("\n")[0].lower() in (
                state,
                state.removesuffix(" mục tiêu"),
                "chưa báo cáo",
                "chưa có số liệu",
                "đang phấn đấu",
            )
            number = re.match(r"(?:[^:]+: )?([\d.,]+)%?", row[4])
            if isinstance(result, float) and number is not None:
                told = float(number[1].replace(".", "").replace(",", "."))
                assert told == pytest.approx(result * 100 if "%" in row[4] else result, abs=0.0051)
            if result is None:
                assert not row[4]


@pytest.mark.parametrize("which", PLANS)
def test_what_falls_short(which: str) -> None:
    """Overdue, late and at risk rows are counted and listed with their days; undated and silent ones by their codes."""
    for c in cases(which):
        texts = texts_of(c)
        plain = plain_counts(c, None)
        part_of = joined(under(texts, "2. Tồn tại, hạn chế"))
        leads = {
            "Quá hạn": r"Có (\d+) đầu việc quá hạn, chưa hoàn thành:",
            "Hoàn thành quá hạn": r"Có (\d+) đầu việc hoàn thành nhưng quá hạn:",
            "Nguy cơ chậm": r"Có (\d+) đầu việc có nguy cơ chậm ",
            "Không xác định hạn": r"Có (\d+) đầu việc được báo cáo nhưng không xác định được",
            "Chưa báo cáo": r"Có (\d+) đầu việc chưa có báo cáo hoặc chưa được báo cáo đủ \(",
        }
        for name, pattern in leads.items():
            assert [int(count) for count in re.findall(pattern, part_of)] == [plain[name]] * bool(plain[name]), name
        due = {task.code: task.standard_deadline or task.deadline.date for task in c.plan.tasks}
        named = re.findall(r"- Nhiệm vụ (\S+) \(.*\): hạn (\d\d)/(\d\d)/(\d{4}), (quá hạn|còn) (\d+) ngày", part_of)
        assert len(named) == plain["Quá hạn"] + plain["Nguy cơ chậm"]
        for code, day, month, year, kind, days in named:
            deadline = dt.date(int(year), int(month), int(day))
            assert due[code] == deadline
            assert int(days) == (deadline - c.period.cutoff).days * (-1 if kind == "quá hạn" else 1)
        finished = joined(under(texts, "1. Kết quả nổi bật"))
        counted = re.findall(r"Có (\d+) đầu việc được báo cáo hoàn thành trong kỳ:", finished)
        assert [int(count) for count in counted] == [plain["Hoàn thành"]] * bool(plain["Hoàn thành"])


@pytest.mark.parametrize("which", PLANS)
def test_reporting_of_units(which: str) -> None:
    """Section I counts who had to report, who did, who was late and by how much; who did not is named on page one."""
    for c in cases(which):
        texts = texts_of(c)
        units = c.status.units
        reported = [unit for unit in units if unit.counting is not None]
        late = [unit for unit in reported if unit.days_late]
        first = under(texts, "I. CÔNG TÁC CHỈ ĐẠO, ĐIỀU HÀNH")[0]
        assert f"có {len(units):02d} đơn vị phải gửi báo cáo" in first
        if reported:
            assert f"{len(reported):02d}/{len(units):02d} đơn vị có báo cáo được chấp nhận" in first
        assert ("đều gửi đúng hạn" in first) == (len(reported) > 1 and not late)
        names = re.findall(r"(?:: |; )([^:;]+) \(chậm (\d+) ngày\)", first)
        assert [(name, int(days)) for name, days in names] == [(unit.name, unit.days_late) for unit in late]
        gaps = [text for text in texts if text.startswith("Báo cáo này chưa đầy đủ")]
        missing = [unit for unit in units if unit.counting is None]
        assert len(gaps) == bool(missing)
        for unit in missing:
            assert f"{unit.name} (chưa nộp)" in gaps[0]


@pytest.mark.parametrize("which", PLANS)
def test_every_text_of_a_unit_is_there(which: str) -> None:
    """Each typed text stands in the appendix as typed and in its section of the main text as one run of words."""
    for c in cases(which):
        texts = texts_of(c)
        end = next(i for i, text in enumerate(texts) if text.startswith("Phụ lục"))
        appendix, main = joined(texts[end:]), one_line(joined(texts[:end]))
        texts_told = ("result", "difficulties", "cause", "proposal", "next_work")
        for _, value in cells(c, "led"):
            if value.field in (*texts_told, "kpi_achieved", "explanation"):
                assert value.typed in appendix
            if value.field in texts_told:
                assert flowing(value.typed).rstrip(" .;:,…") in main
        for name, value in cells(c, "difficulty"):
            if value.field in ("content", "proposal"):
                assert f"{name}: {flowing(value.typed).rstrip(' .;:,…')}" in main
        for _, value in cells(c, "proposal"):
            assert flowing(value.typed).rstrip(" .;:,…") in main
        for _, value in cells(c, "supporting"):
            if value.field == "contribution":
                assert value.typed in appendix


def test_what_moved_since_the_period_before() -> None:
    """With an earlier period the document counts what is newly done by codes; without one it says nothing of it."""
    c = with_earlier("sxd-2026", 3)
    (line,) = (text for text in texts_of(c) if text.startswith(f"So với {c.earlier_periods[-1].period.title}: "))

    def done(one: Consolidation) -> dict[str, bool | None]:
        """By code: done, not done, not told."""
        told: dict[str, bool | None] = {}
        for task in one.plan.tasks:
            mine = [
                value.value
                for unit in one.status.units
                for value in (unit.counting.judged.values if unit.counting and unit.code in task.lead_units else ())
                if (value.table, value.key, value.field) == ("led", task.code, "progress")
            ]
            told[task.code] = all(v == "done" for v in mine) if len(mine) == len(task.lead_units) else None
        return told

    was, now = done(c.earlier_periods[-1]), done(c)
    fresh = [code for code in now if now[code] and was[code] is False]
    found = re.search(r"(\d+) đầu việc mới hoàn thành \(([^)]*)\)", line)
    listed = found[2].split(", ") if found else []
    assert set(fresh) <= set(listed)
    assert all(now[code] and not was[code] for code in listed)
    assert not found or int(found[1]) == len(listed)
    assert not [text for text in texts_of(consolidated("sxd-2026", 3)) if "mới hoàn thành" in text]


@pytest.mark.parametrize("which", PLANS)
def test_a_period_without_any_return_claims_nothing(which: str) -> None:
    """Nobody has reported: every section says so; no row is called not started, nothing is late."""
    plan, period = case(which)
    c = consolidate(plan, period, SCHEMA, random_status(plan, period, 1, missing=lambda code: True))
    texts = texts_of(c)
    main = joined(texts[: next(i for i, text in enumerate(texts) if text.startswith("Phụ lục"))])
    assert main.count("Chưa có báo cáo nào được chấp nhận để tổng hợp nội dung này.") >= 5
    assert "chưa có đơn vị nào có báo cáo được chấp nhận" in main
    assert "chưa thực hiện (" not in main
    assert "quá hạn ngày" not in main
    assert plain_counts(c, None)["Chưa báo cáo"] == sum(task.deadline.kind != "done" for task in plan.tasks)


@pytest.mark.parametrize("which", PLANS)
def test_sentences_are_clean(which: str) -> None:
    """No doubled or lost punctuation, no empty brackets, no "00", no word of the code, whatever the fill."""
    for seed in range(amount(3, 30)):
        plan, period = case(which)
        gone = {0: lambda code: True, 1: lambda code: False}.get(seed)
        c = consolidate(plan, period, SCHEMA, random_status(plan, period, seed, missing=gone))
        texts = texts_of(c)
        for text in texts[: next(i for i, text in enumerate(texts) if text.startswith("Phụ lục"))]:
            assert not re.search(r"\.\.(?!\.)(?<!\.\.\.)|;;|: *[;.]|\( *[;)]|; *\)|,,|,;|\b00 |None|\{|\}", text), text
            if text.startswith("- "):
                assert text.endswith((";", ".", "!", "?")), text


def test_lists_and_runs_of_words() -> None:
    """A list ends with a full stop; bullets and lines of a unit's text become one run; nothing told has its words."""
    assert part("Gồm", ["- a;", "b.", " "]).items == ("- a;", "b.")
    assert part("Gồm", ["a", "b"]).lead == "Gồm:"
    assert part("Gồm", [], "Không có.").lead == "Không có."
    assert (
        flowing("- Đã họp;\n+ Đã ban hành 02 văn bản\n\n• Còn lại: 01") == "Đã họp; Đã ban hành 02 văn bản; Còn lại: 01"
    )
    assert flowing("Một câu.\nHai câu") == "Một câu. Hai câu"
    assert flowing(" \n- \n") == ""


@pytest.mark.parametrize(
    ("start", "cutoff", "following"),
    [
        (dt.date(2026, 3, 15), dt.date(2026, 4, 14), dt.date(2026, 5, 14)),
        (dt.date(2026, 4, 1), dt.date(2026, 4, 30), dt.date(2026, 5, 31)),
        (dt.date(2025, 12, 15), dt.date(2026, 3, 14), dt.date(2026, 6, 14)),
        (dt.date(2025, 12, 15), dt.date(2026, 12, 14), dt.date(2027, 12, 14)),
        (dt.date(2026, 1, 1), dt.date(2026, 12, 31), dt.date(2027, 12, 31)),
    ],
)
def test_the_period_that_follows(start: dt.date, cutoff: dt.date, following: dt.date) -> None:
    """Its last day is as many months later as the period is long."""
    assert next_cutoff(start, cutoff) == following


def test_lists_that_are_too_long_stand_in_the_appendix(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit the text counts, names finished rows only and points to the appendix, which has everything."""
    c = consolidated("sxd-2026", 1)
    whole = texts_of(c)
    for module in (document_words, results, review):
        monkeypatch.setattr(module, "LISTED", 1)
    monkeypatch.setattr(document_words, "_NAMED_UNITS", 0)
    texts = texts_of(c)
    end = next(i for i, text in enumerate(texts) if text.startswith("Phụ lục"))
    listed = joined(texts[texts.index("2. Kết quả theo nhóm nhiệm vụ") : texts.index("III. ĐÁNH GIÁ")])
    done = {row.task.code for row in c.tasks if row.standing.progress == "done"}
    for _, value in cells(c, "led"):
        if value.field == "result":
            assert (flowing(value.typed).rstrip(" .;:,…") in listed) == (value.key in done)
        if value.field in ("result", "difficulties", "next_work"):
            assert value.typed in joined(texts[end:])
    assert joined(texts[end:]) == joined(whole[next(i for i, t in enumerate(whole) if t.startswith("Phụ lục")) :])
    main = joined(texts[:end])
    assert "nội dung theo từng nhiệm vụ được nêu tại Phụ lục I" in main
    assert "đơn vị khác (nêu tại trang «Theo đơn vị» của bao-cao-tong-hop.xlsx)" in main or not c.missing


@pytest.mark.parametrize("code", ["A", "B", "C", "F"])
def test_other_vocabularies_count_the_same_rows(code: str) -> None:
    """In the words of each vocabulary the table's columns add up to all rows, and the appendix uses these words."""
    c = attrs.evolve(consolidated("sxd-2026", 2), vocabulary=load_vocabulary(code))
    document = opened(render_document(c))
    heads, *lines = (cell_texts(row) for row in document.tables[1]._tbl.tr_lst)
    for line in lines:
        assert sum(map(int, line[2:])) == int(line[1])
    assert int(lines[-1][1]) == len(c.plan.tasks)
    words = {text for standings in c.vocabulary.words.values() for text in standings.values()}
    assert set(heads[2:]) <= words | {"Đã hoàn thành trước kỳ", "Chưa báo cáo", "Ngoài diện gửi biểu"}
    shown = {cell_texts(row)[4].split("\n")[0] for row in document.tables[3]._tbl.tr_lst[1:] if len(row.tc_lst) == 7}
    assert {re.sub(r", [\d,]+%$", "", text) for text in shown} <= words | {
        "Đã hoàn thành trước kỳ", "Chưa báo cáo", "Chưa báo cáo đủ"
    }  # fmt: skip
