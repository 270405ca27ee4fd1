"""Own rows that answer rows of a superior plan: proposed, decided in a workbook, asked again where a text changed."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import pytest
from openpyxl import load_workbook

from nq57xl.errors import Nq57Error
from nq57xl.plan.deadlines import Deadline
from nq57xl.plan.model import Plan, Properties, Section, Task
from nq57xl.plan.refine import (
    FormRows,
    MatchLine,
    RowMatch,
    RowPlace,
    _AnsweringRow,
    _text_print,
    match_lines,
    read_matches,
    write_matches,
)

SECTION = Section("I", "DỮ LIỆU")


def task(code: str, text: str, step: str = "") -> Task:
    return Task(code, "I", code.rpartition(".")[2], None, text, step, "", "", "", "", Deadline("31/12/2026"))


def plan_of(*tasks: Task) -> Plan:
    return Plan(Properties("p", "", 2026), sections=(SECTION,), tasks=tasks)


SUPERIOR = plan_of(
    task("I.1", "Số hóa hồ sơ lưu trữ và làm sạch cơ sở dữ liệu chuyên ngành"),
    task("I.2", "Tập huấn kỹ năng số cho công chức, viên chức"),
    task("I.3", "Thử nghiệm mô hình trung tâm điều hành thông minh"),
)
OWN = plan_of(
    task("I.1", "Số hóa hồ sơ lưu trữ và làm sạch cơ sở dữ liệu chuyên ngành", "Lập danh mục hồ sơ"),
    task("I.2", "Số hóa hồ sơ lưu trữ và làm sạch cơ sở dữ liệu chuyên ngành", "Quét và bóc tách"),
    task("I.3", "Tập huấn kỹ năng số cho công chức, viên chức"),
    task("I.4", "Sắp xếp kho lưu trữ nội bộ"),
)


def side(superior: Plan = SUPERIOR) -> list[FormRows]:
    return [FormRows("led", superior, {row.code: _text_print(row) for row in superior.tasks})]


def lines(
    own: Plan = OWN, known: Mapping[RowPlace, RowMatch] | None = None, superior: Plan = SUPERIOR
) -> Sequence[MatchLine]:
    return match_lines(side(superior), own, known or {})


def codes(line: MatchLine) -> list[str]:
    return [row.code for row in line.match.rows]


def confirmed(own: Plan = OWN) -> dict[RowPlace, RowMatch]:
    return {line.match.place: line.match for line in lines(own)}


def edited(found: Sequence[MatchLine], own: Plan, change: Callable[[Mapping[str, list[Any]]], None]) -> bytes:
    """The workbook after a person changed rows by the code of the superior row: columns D, E, F."""
    book = load_workbook(io.BytesIO(write_matches(found, own)))
    sheet = book["Nhiệm vụ chủ trì"]
    rows = {str(sheet.cell(number, 1).value): number for number in range(5, sheet.max_row + 1)}
    typed: dict[str, list[Any]] = {key: [sheet.cell(n, col).value for col in (4, 5, 6)] for key, n in rows.items()}
    change(typed)
    for key, cells in typed.items():
        for col, value in zip((4, 5, 6), cells, strict=True):
            sheet.cell(rows[key], col).value = value
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_several_own_rows_may_answer_one_and_words_alike_need_no_word() -> None:
    """Two steps under one task are proposed together; a row word for word the same is decided; the third has none."""
    one, two, three = lines()
    assert (codes(one), one.state, one.decided) == (["I.1", "I.2"], "proposed", False)
    assert (codes(two), two.state, two.decided) == (["I.3"], "same", True)
    assert (codes(three), three.state, three.decided) == ([], "proposed", False)


def test_an_own_row_answers_the_row_that_it_says_most_nearly() -> None:
    """Be that row closed, or one of another table: it is not proposed for its second best."""
    text = "Tập huấn kỹ năng số cho công chức, viên chức ngành"
    other = plan_of(task("II.1", f"{text} y tế"), task("II.2", "Thử nghiệm mô hình khác"))
    own = plan_of(task("I.3", "Tập huấn kỹ năng số cho công chức, viên chức"))
    both = [*side(), FormRows("supporting", other, {row.code: _text_print(row) for row in other.tasks})]
    assert {line.match.place: codes(line) for line in match_lines(both, own, {}) if line.match.rows} == {
        ("led", "I.2"): ["I.3"]
    }
    closed = [attrs.evolve(both[0], closed=frozenset({"I.2"})), both[1]]
    found = match_lines(closed, own, {})
    assert [line.match.key for line in found] == ["I.1", "I.3", "II.1", "II.2"]
    assert not any(line.match.rows for line in found)


def test_what_a_person_decided_is_read_back() -> None:
    """x confirms a line; changed codes or weights are a decision of themselves; an untouched line is none."""

    def change(rows: Mapping[str, list[Any]]) -> None:
        rows["I.1"][:2] = ["I.2, I.4", "0,6; 0,4"]
        rows["I.3"][2] = "x"

    said = read_matches(edited(lines(), OWN, change), "doi-chieu.xlsx", OWN)
    assert {place: [(row.code, row.weight) for row in match.rows] for place, match in said.items()} == {
        ("led", "I.1"): [("I.2", 0.6), ("I.4", 0.4)],
        ("led", "I.2"): [("I.3", None)],
        ("led", "I.3"): [],
    }
    assert all(line.state == "confirmed" for line in lines(known=said))
    assert read_matches(write_matches(lines(), OWN), "doi-chieu.xlsx", OWN).keys() == {("led", "I.2")}
    assert read_matches(write_matches(lines(), OWN), "doi-chieu.xlsx", OWN, all_=True).keys() == confirmed().keys()


@pytest.mark.parametrize(
    ("codes_cell", "weights", "cell", "word"),
    [("I.9", None, "D5", "I.9"), ("I.1; I.1", None, "D5", "hai lần"), ("I.1; I.2", "60", "E5", "2 số"),
     ("I.1", "-1", "E5", "1 số"), ("I.1; I.2", "nhiều; ít", "E5", "2 số"), ("I.1", "inf", "E5", "1 số")],
)  # fmt: skip
def test_a_decision_that_cannot_be_read_names_its_cell(
    codes_cell: str, weights: str | None, cell: str, word: str
) -> None:
    """Unknown code, one code twice, too few or senseless weights: the message names sheet and cell."""

    def change(rows: Mapping[str, list[Any]]) -> None:
        rows["I.1"][:2] = [codes_cell, weights]

    with pytest.raises(Nq57Error, match=rf"«Nhiệm vụ chủ trì», ô {cell}:") as caught:
        read_matches(edited(lines(), OWN, change), "doi-chieu.xlsx", OWN)
    assert word in str(caught.value)


def test_columns_and_rows_of_ones_own_change_no_decision() -> None:
    """A column put in before that of the codes, and a row above the headings: the same decisions; a message names the
    cell where it now stands. Without the headings nothing is decided."""
    book = load_workbook(io.BytesIO(write_matches(lines(), OWN)))
    sheet = book["Nhiệm vụ chủ trì"]

    def read(change: Callable[[], object]) -> dict[RowPlace, RowMatch]:
        change()
        stream = io.BytesIO()
        book.save(stream)
        return read_matches(stream.getvalue(), "doi-chieu.xlsx", OWN, all_=True)

    sheet.insert_cols(4)
    assert read(lambda: sheet.insert_rows(3)) == confirmed()
    with pytest.raises(Nq57Error, match=r"«Nhiệm vụ chủ trì», ô E6: .*I\.9"):
        read(lambda: sheet.cell(6, 5, "I.9"))
    with pytest.raises(Nq57Error, match="«Nhiệm vụ chủ trì»: thiếu tên cột «Mã của cơ quan»"):
        read(lambda: sheet.delete_rows(5))


def test_a_changed_form_asks_only_about_what_changed() -> None:
    """One superior row reworded: that line alone waits again, its answer is proposed; renumbering asks nothing."""
    first, *rest = SUPERIOR.tasks
    new = plan_of(attrs.evolve(first, deliverable="Kho dữ liệu số"), *(attrs.evolve(row, number="9") for row in rest))
    one, *others = lines(known=confirmed(), superior=new)
    assert (one.state, codes(one)) == ("changed", ["I.1", "I.2"])
    assert all(line.state == "confirmed" for line in others)


def test_a_row_put_between_moves_decisions_with_their_rows() -> None:
    """Codes shift by one in both plans: what was decided goes with the texts; only the new row is asked about."""
    first, second, third = SUPERIOR.tasks
    new = plan_of(
        first,
        task("I.2", "Xây dựng quy chế an toàn thông tin"),
        attrs.evolve(second, code="I.3"),
        attrs.evolve(third, code="I.4"),
    )
    found = lines(known=confirmed(), superior=new)
    assert [line.state for line in found] == ["confirmed", "proposed", "confirmed", "confirmed"]
    assert [codes(line) for line in found] == [["I.1", "I.2"], [], ["I.3"], []]
    mine = plan_of(
        task("I.1", "Trực hệ thống"), *(attrs.evolve(row, code=f"I.{n}") for n, row in enumerate(OWN.tasks, 2))
    )
    found = lines(mine, confirmed(), new)
    assert [line.state for line in found] == ["confirmed", "proposed", "confirmed", "confirmed"]
    assert [codes(line) for line in found] == [["I.2", "I.3"], [], ["I.4"], []]


def test_a_changed_own_plan_asks_about_its_rows_only() -> None:
    """An own row reworded or gone: the lines that rest on it wait again, with what is left of the answer."""
    own = plan_of(*(attrs.evolve(row, subtask="Quét hồ sơ") if row.code == "I.2" else row for row in OWN.tasks))
    assert [line.state for line in lines(own, confirmed())] == ["changed", "confirmed", "confirmed"]
    less = plan_of(*(row for row in OWN.tasks if row.code != "I.2"))
    one, *_ = lines(less, confirmed())
    assert (one.state, codes(one)) == ("changed", ["I.1"])
    assert "I.2" in one.note


def test_a_decision_on_a_text_that_has_changed_since_does_not_count() -> None:
    """The workbook was written before an own row was reworded: what was confirmed of it is asked again."""

    def change(rows: Mapping[str, list[Any]]) -> None:
        rows["I.1"][2] = "x"

    data = edited(lines(), OWN, change)
    own = plan_of(*(attrs.evolve(row, subtask="Quét hồ sơ") if row.code == "I.2" else row for row in OWN.tasks))
    assert ("led", "I.1") not in read_matches(data, "doi-chieu.xlsx", own)


def test_a_workbook_of_last_month_names_rows_by_the_codes_of_then() -> None:
    """Own codes have shifted since, and one row is gone: decisions follow their rows, one on a lost row falls."""

    def change(rows: Mapping[str, list[Any]]) -> None:
        for key, codes_cell in (("I.1", "I.2"), ("I.2", "I.3"), ("I.3", "I.4")):
            rows[key][0], rows[key][2] = codes_cell, "x"

    data = edited(lines(), OWN, change)
    kept = [row for row in OWN.tasks if row.code != "I.4"]
    own = plan_of(*(attrs.evolve(row, code=f"I.{number}") for number, row in enumerate(kept, 2)))
    found = read_matches(data, "doi-chieu.xlsx", own)
    assert {key: [row.code for row in match.rows] for (_, key), match in found.items()} == {
        "I.1": ["I.3"],
        "I.2": ["I.4"],
    }
    assert ("led", "I.3") not in found


def test_weights_are_shown_as_they_were_given() -> None:
    """A decided line stands in the workbook with its codes and weights, and reading it again changes nothing."""
    rows = tuple(
        _AnsweringRow(row.code, _text_print(row), weight)
        for row, weight in zip(OWN.tasks[:2], (60.0, 40.0), strict=True)
    )
    known = confirmed() | {("led", "I.1"): RowMatch("led", "I.1", _text_print(SUPERIOR.tasks[0]), rows)}
    again = read_matches(write_matches(lines(known=known), OWN), "doi-chieu.xlsx", OWN)
    assert again == known


def test_another_workbook_is_refused_by_name() -> None:
    """A file that is no such workbook is not taken for one."""
    from openpyxl import Workbook

    stream = io.BytesIO()
    Workbook().save(stream)
    with pytest.raises(Nq57Error, match=r"khac\.xlsx"):
        read_matches(stream.getvalue(), "khac.xlsx", OWN)
