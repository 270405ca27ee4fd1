"""Figures of the document equal plain loops over the typed cells; every text of a unit is in it; gaps are told."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import attrs
import pytest

from nq57xl.forms.model import Value
from nq57xl.outputs import document, document_sections
from nq57xl.outputs.document import placeholders, render_document
from nq57xl.outputs.document_sections import BodyFit, _part
from nq57xl.plan.model import Indicator
from nq57xl.results.consolidation import consolidate
from nq57xl.results.model import Consolidation
from nq57xl.results.wording import flowing
from nq57xl.rules.load import Vocabulary
from nq57xl.text.legacy import one_line
from tests.amounts import amount
from tests.document_kit import blocks, cell_texts, opened, under
from tests.report_books import SCHEMA, case, consolidated, with_earlier
from tests.report_fills import random_status
from tests.results.test_report_figures import plain_counts, plain_stages

PLANS = ("sample", "bql-2026", "sxd-2026")
WORDS = {
    "Hoàn thành": "hoàn thành",
    "Hoàn thành quá hạn": "hoàn thành quá hạn",
    "Trong hạn": "còn trong hạn",
    "Nguy cơ chậm": "nguy cơ chậm",
    "Quá hạn": "quá hạn",
    "Không xác định hạn": "chưa hoàn thành và không xác định hạn",
    "Thường xuyên, chưa phát sinh": "thường xuyên hoặc chưa phát sinh",
    "Chưa báo cáo": "chưa có báo cáo hoặc chưa báo cáo đủ",
}
MACHINE = (
    "báo cáo đã được chấp nhận",
    "không xác định được đúng hạn",
    "phần mềm",
    "nq57xl",
    "Không áp dụng",
    "Chưa đạt",
    "%.:",
)
"""What no document to the People's Committee says."""


_MADE: dict[int, tuple[Consolidation, Any]] = {}


def document_of(c: Consolidation) -> Any:  # noqa: ANN401 - python-docx has no types
    """Its document, made once, to look at (of an equal consolidation it is made anew)."""
    if id(c) not in _MADE:
        _MADE[id(c)] = c, opened(render_document(c))
    return _MADE[id(c)][1]


def texts_of(c: Consolidation) -> list[str]:
    return blocks(document_of(c))


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


def nonzero(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}


def main_text(texts: list[str]) -> list[str]:
    """The paragraphs before the appendices."""
    return texts[: next(i for i, text in enumerate(texts) if text.startswith("Phụ lục"))]


@pytest.mark.parametrize("which", PLANS)
def test_counts_of_rows(which: str) -> None:
    """Total and where every row stands: in the sentence with shares, and by group in the table before the appendix."""
    for c in cases(which):
        document = document_of(c)
        plain, total = plain_stages(c, None), len(c.plan.tasks)
        first = next(text for text in blocks(document) if text.startswith("Kế hoạch có "))
        sections = {task.section for task in c.plan.tasks}
        assert first.startswith(f"Kế hoạch có {total:02d} đầu việc thuộc {len(sections):02d} nhóm nhiệm vụ.")
        sentence = first.partition(": ")[2]
        assert told_counts(sentence, WORDS) == nonzero(plain)
        for count, share in re.findall(r"(\d+) [^,(]+\(([\d,]+)%\)", sentence):
            assert float(share.replace(",", ".")) == pytest.approx(int(count) / total * 100, abs=0.051)
        heads, *lines = (cell_texts(row) for row in counts_table(document)._tbl.tr_lst)
        numbers = {line[0]: dict(zip(heads[1:], map(int, line[1:]), strict=True)) for line in lines}
        assert numbers.pop("Tổng số") == {"Tổng số": total, **nonzero(plain)}
        for section in c.plan.sections:
            own, counted = numbers.pop(f"{section.number}. {section.title}"), plain_stages(c, section.number)
            assert own == {name: counted.get(name, own["Tổng số"]) for name in own}
            assert own["Tổng số"] == sum(task.section == section.number for task in c.plan.tasks)
        assert numbers == {}


def counts_table(document: Any) -> Any:  # noqa: ANN401 - python-docx has no types
    return next(table for table in document.tables if table.rows[0].cells[0].text == "Nhóm nhiệm vụ")


@pytest.mark.parametrize("which", PLANS)
def test_counts_by_group_in_words(which: str) -> None:
    """The sentence under each group's heading counts that group's rows, and says "đều" of rows that are all alike."""
    for c in cases(which):
        texts = texts_of(c)
        for section in c.plan.sections:
            at = next(i for i, text in enumerate(texts) if text.endswith(f") Nhóm {section.number}. {section.title}"))
            total = sum(task.section == section.number for task in c.plan.tasks)
            plain = nonzero(plain_stages(c, section.number))
            sentence = texts[at + 1].partition(". ")[0].removesuffix(".")
            if len(plain) == 1:
                (words,) = (WORDS[name] for name in plain)
                assert sentence == f"Có {total:02d} đầu việc{', đều' if total > 1 else ''} {words}"
            else:
                head, _, counts = sentence.partition(": ")
                assert head == f"Có {total:02d} đầu việc"
                assert told_counts(counts, WORDS) == plain


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
        document = document_of(c)
        texts = blocks(document)
        states = {item.code: plain_state(c, item) for item in c.plan.indicators}
        counted = Counter(state for state, _ in states.values())
        sentence = next(text for text in texts if text.startswith(f"Trong {len(states):02d} chỉ tiêu"))
        same = {state: state for state in counted}
        assert told_counts(sentence.partition(": ")[2].partition(". ")[0], same) == dict(counted)
        for group in c.plan.indicator_groups:
            own = Counter(states[item.code][0] for item in c.plan.indicators if item.group == group.number)
            if len(c.plan.indicator_groups) > 1:
                reached = f"{own['đạt mục tiêu']:02d}" if own["đạt mục tiêu"] else "0"
                assert f"nhóm {group.number} đạt {reached}/{own.total():02d}" in sentence
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
    """Overdue and at risk rows are counted and named with deadline, days, the unit's reason and remedy; those done late
    with their days; nothing that is done in time, or has no deadline, stands among the shortcomings."""
    for c in cases(which):
        texts, plain = texts_of(c), plain_counts(c, None)
        part_of = joined(under(texts, "2. Tồn tại, hạn chế"))
        leads = {
            "Quá hạn": r"Có (\d+) đầu việc quá hạn, chưa hoàn thành",
            "Nguy cơ chậm": r"Có (\d+) đầu việc còn không quá",
            "Hoàn thành quá hạn": r"Có (\d+) đầu việc hoàn thành sau thời hạn",
            "Chưa báo cáo": r"Có (\d+) đầu việc chưa có báo cáo hoặc chưa được báo cáo đủ \(",
        }
        for name, pattern in leads.items():
            assert [int(count) for count in re.findall(pattern, part_of)] == [plain[name]] * bool(plain[name]), name
        for row in c.tasks:
            state = row.standing.timeliness
            named = next(
                (t for t in part_of.split("\n") if t.startswith("- ") and f"({row.task.cited_number})" in t), ""
            )
            if state is not None and state.code in ("overdue", "at_risk"):
                assert state.days is not None and row.task.due is not None
                word = "quá hạn" if state.code == "overdue" else "còn"
                assert f"hạn {row.task.due:%d/%m/%Y}, {word} {abs(state.days):02d} ngày" in named
                for entry in row.entries:
                    for field in ("cause", "next_work"):
                        if field in entry.values:
                            assert flowing(entry.values[field].typed).rstrip(" .;:,…") in named
            else:
                assert not named
        bare = [r for r in c.tasks if r.stands("overdue") and not any("cause" in e.values for e in r.entries)]
        asked = [text for text in texts if text.startswith("[Bổ sung nguyên nhân chậm")]
        assert len(asked) == bool(bare)
        assert all(row.task.cited_number in asked[0] for row in bare)


@pytest.mark.parametrize("which", PLANS)
def test_reporting_of_units(which: str) -> None:
    """Section I counts who had to report, who did, who was late and by how much; who did not is named on page one."""
    for c in cases(which):
        texts = texts_of(c)
        units = c.status.units
        reported = [unit for unit in units if unit.counting is not None]
        late = [unit for unit in reported if unit.days_late]
        first = under(texts, "I. CÔNG TÁC CHỈ ĐẠO, ĐIỀU HÀNH")[1]
        if reported:
            assert f"{len(reported):02d}/{len(units):02d} phòng, đơn vị đã gửi báo cáo" in first
        assert ("đều đúng hạn" in first) == (len(reported) > 1 and not late)
        names = re.findall(r"(?:: |; )([^:;]+) \(chậm (\d+) ngày\)", first)
        assert [(name, int(days)) for name, days in names] == [(unit.name, unit.days_late) for unit in late]
        gaps = [text for text in texts if text.startswith("Báo cáo này chưa đầy đủ")]
        missing = [unit for unit in units if unit.counting is None]
        assert len(gaps) == bool(missing)
        for unit in missing:
            assert f"{unit.name} (chưa nộp)" in gaps[0]


@pytest.mark.parametrize("which", PLANS)
def test_every_text_of_a_unit_is_there(which: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each typed text stands in the appendix as typed; results, difficulties, causes, proposals and next work in the
    main text as one run of words, too, where the body has room for them."""
    monkeypatch.setattr(document, "_FITS", (BodyFit("results", 1000),))
    for c in cases(which):
        texts = texts_of(attrs.evolve(c))
        whole, main = joined(texts[len(main_text(texts)) :]), one_line(joined(main_text(texts)))
        assert "nội dung khác nêu tại" not in main
        told = ("difficulties", "cause", "proposal", "next_work")
        for _, value in cells(c, "led"):
            if value.field in (*told, "result", "kpi_achieved", "explanation"):
                assert value.typed in whole
            if value.field in told:
                assert flowing(value.typed).rstrip(" .;:,…") in main, value
        for _, value in (*cells(c, "difficulty"), *cells(c, "proposal")):
            assert value.typed in whole, value
        for name, value in cells(c, "difficulty"):
            if value.field in ("content", "proposal"):
                assert flowing(value.typed).rstrip(" .;:,…") in main and name in main
        for _, value in cells(c, "proposal"):
            assert flowing(value.typed).rstrip(" .;:,…") in main
        for _, value in cells(c, "supporting"):
            if value.field == "contribution":
                assert value.typed in whole


def test_what_moved_since_the_period_before() -> None:
    """With an earlier period the document tells the counts of both; without one it says nothing of it."""
    c = with_earlier("sxd-2026", 3)
    before = c.earlier_periods[-1]
    (line,) = (text for text in texts_of(c) if text.startswith(f"So với {before.period.title}: "))
    then, now = plain_stages(before, None), plain_stages(c, None)
    done = [stages["Hoàn thành"] + stages["Hoàn thành quá hạn"] for stages in (then, now)]
    late = then["Quá hạn"], now["Quá hạn"]
    for name, (first, last) in (("hoàn thành", done), ("quá hạn", late)):
        words = [f"{number:02d}" if number else "0" for number in (first, last)]
        told = f"vẫn là {words[0]}" if first == last else f"tăng từ {words[0]} lên {words[1]}"
        told = f"giảm từ {words[0]} xuống {words[1]}" if first > last else told
        assert (f"số đầu việc {name} {told}" in line) == bool(first or last)
    assert not [text for text in texts_of(consolidated("sxd-2026", 3)) if text.startswith("So với tháng")]


@pytest.mark.parametrize("which", PLANS)
def test_a_period_without_any_return_claims_nothing(which: str) -> None:
    """Nobody has reported: every section says so; no row is called not started, nothing is late."""
    plan, period = case(which)
    c = consolidate(plan, period, SCHEMA, random_status(plan, period, 1, missing=lambda code: True))
    texts = texts_of(c)
    main = joined(main_text(texts))
    assert main.count("chưa nhận được báo cáo của các đơn vị về nội dung này.") >= 3
    assert "chưa có đơn vị nào trong" in main
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
        own = "".join(value.typed for unit in c.traced for value in (unit.value,))
        plan_texts = "".join(f"{task.task}{task.subtask}" for task in plan.tasks)
        plan_texts += "".join(item.indicator for item in plan.indicators)
        for text in main_text(texts_of(c)):
            assert not any(words in text for words in MACHINE), text
            assert text.count("…") <= own.count("…") + plan_texts.count("…"), text
            assert not re.search(r"(\d\d) đầu việc: \1 ", text), text
            assert not re.search(r"\.\.(?!\.)(?<!\.\.\.)|;;|: *[;.]|\( *[;)]|; *\)|,,|,;|\b00 |None|\{|\}", text), text
            if text.startswith("- "):
                assert text.endswith((";", ".", "!", "?")), text


def test_lists_and_runs_of_words() -> None:
    """A list ends with a full stop, its items begin with capitals; bullets and lines of a unit's text become one run;
    nothing told has its words."""
    assert _part("Gồm", ["- a;", "b.", " "]).items == ("- a;", "B.")
    assert _part("Gồm", ["a", "b"]).lead == "Gồm:"
    assert _part("Gồm", [], "Không có.").lead == "Không có."
    assert (
        flowing("- Đã họp;\n+ Đã ban hành 02 văn bản\n\n• Còn lại: 01") == "Đã họp; Đã ban hành 02 văn bản; Còn lại: 01"
    )
    assert flowing("Một câu.\nHai câu") == "Một câu. Hai câu"
    assert flowing(" \n- \n") == ""


def test_lists_that_are_too_long_stand_in_the_appendix(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit the text counts and points to the appendix, which has everything."""
    c = consolidated("sxd-2026", 1)
    whole = texts_of(c)
    monkeypatch.setattr(document, "_FITS", (BodyFit("counts", 1),))
    monkeypatch.setattr(document_sections, "_NAMED_UNITS", 0)
    texts = texts_of(attrs.evolve(c))
    appendix = joined(texts[len(main_text(texts)) :])
    assert appendix == joined(whole[len(main_text(whole)) :])
    for _, value in cells(c, "led"):
        if value.field in ("result", "difficulties", "next_work"):
            assert value.typed in appendix
    main = joined(main_text(texts))
    assert "nội dung khác nêu tại Phụ lục I" in main
    assert "đơn vị khác" in main or not c.missing


def test_what_only_the_office_can_say_is_asked_for() -> None:
    """Highlighted places say what to write, and are counted; the office's own words take their place."""
    c = consolidated("bql-2026", 1)
    document = document_of(c)
    shown = [p.text for p in document.paragraphs if any(run.font.highlight_color is not None for run in p.runs)]
    assert len(shown) == placeholders(c) >= 2
    assert all(text.startswith("[") and text.endswith("]") for text in shown)
    own = {"judgement": "Kế hoạch được triển khai đúng tiến độ", "steering": "Đã ban hành 02 văn bản chỉ đạo."}
    said = attrs.evolve(c, office_texts=own)
    assert placeholders(said) == len(shown) - 2
    texts = texts_of(said)
    assert texts[texts.index("1. Kết quả nổi bật") + 1] == "Kế hoạch được triển khai đúng tiến độ."
    assert "Đã ban hành 02 văn bản chỉ đạo." in texts


@pytest.mark.parametrize("code", ["A", "B", "C", "F"])
def test_other_vocabularies_count_the_same_rows(code: str) -> None:
    """In the words of any vocabulary the table before the appendix counts the same rows; the appendix has them."""
    c = attrs.evolve(consolidated("sxd-2026", 2), vocabulary=Vocabulary.load(code))
    document = document_of(c)
    _, *lines = (cell_texts(row) for row in counts_table(document)._tbl.tr_lst)
    for line in lines:
        assert sum(map(int, line[2:])) == int(line[1])
    assert int(lines[-1][1]) == len(c.plan.tasks)
    words = {text for standings in c.vocabulary.words.values() for text in standings.values()}
    rows = document.tables[3]._tbl.tr_lst[1:]
    shown = {cell_texts(row)[4].split("\n")[0] for row in rows if len(row.tc_lst) == 7} - {""}
    assert {re.sub(r", [\d,]+%$", "", text) for text in shown} <= words | {
        "Đã hoàn thành trước kỳ", "Chưa báo cáo", "Chưa báo cáo đủ"
    }  # fmt: skip
