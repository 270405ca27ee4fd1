"""An agency fills in the province's form from what its own units reported: two levels, played whole."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace

import attrs
import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from nq57xl.cli import cli
from nq57xl.commands.collect import check_file, collect
from nq57xl.commands.demo import PROVINCE, DemoStep, ProvincePlay
from nq57xl.commands.generate import generate
from nq57xl.commands.init import init
from nq57xl.commands.merge import Merged, close
from nq57xl.commands.office import Office
from nq57xl.commands.upward import UpwardReport, upward
from nq57xl.errors import Nq57Error
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.model import Plan
from nq57xl.text.clock import VIETNAM, Clock
from tests import edit_kit
from tests.period_kit import typed
from tests.province_kit import all_typed, one_word, typed_rows

NIGHT = os.environ.get("NQ57XL_NIGHTLY") == "1"
SIZE = {"agencies": 6, "units": 8, "months": 3} if NIGHT else {"agencies": 2, "units": 4, "months": 1}
ANSWERS = {
    # province row -> own rows, as the template of the made-up plans has them
    "I.1": ("I.1", "I.2", "I.3"),
    "I.2": ("I.4",),
    "I.3": (),
    "II.1": ("II.1", "II.2", "II.3"),
    "II.2": ("II.4",),
}
WORDS = {
    "not_started": "Chưa thực hiện",
    "in_progress": "Đang thực hiện",
    "done": "Hoàn thành",
    "ongoing": "Thường xuyên",
    "not_arisen": "Chưa phát sinh",
}


class Played:
    """The province after its months."""

    def __init__(self, folder: Path) -> None:
        self.play = ProvincePlay(folder / "Tỉnh thử nghiệm", **SIZE)
        self.steps: list[DemoStep] = list(self.play.scenes())

    def merged(self, period: str) -> Merged:
        """The province's own consolidation."""
        return next(
            step.outcome
            for step in self.steps
            if isinstance(step.outcome, Merged)
            and step.outcome.consolidation.period.code == period
            and step.outcome.consolidation.plan.properties.id == "tinh-2026"
        )

    def upward(self, period: str, unit: str) -> UpwardReport:
        """What an agency filled in."""
        return next(
            step.outcome
            for step in self.steps
            if isinstance(step.outcome, UpwardReport)
            and step.outcome.period.code == period
            and step.outcome.form.name.endswith(f"_{unit}.xlsx")
        )

    def rows_of_units(self, unit: str, table: str, period: str) -> Iterator[tuple[str, str, dict[str, object]]]:
        """What the units of an agency said last of each row, up to that period: a row that was done stays done."""
        last: dict[tuple[str, str], dict[str, object]] = {}
        for code in self.play.periods[: self.play.periods.index(period) + 1]:
            for file, key, row in all_typed(self.play.sent(unit, code), table):
                name = file.rpartition("_")[2]
                if row.get("progress") in WORDS.values() or table != "led":
                    last[name, key] = row
        yield from ((name, key, row) for (name, key), row in last.items())


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return Played(tmp_path_factory.mktemp("tỉnh"))


def test_the_province_counts_what_the_units_typed(played: Played) -> None:
    """Every row of every agency stands in the province's report as plain loops over the units' own files say."""
    for period in played.play.periods:
        c = played.merged(period).consolidation
        assert {row.entries[0].unit for row in c.tasks} == {agency["code"] for agency in played.play.agencies}
        for agency in played.play.agencies:
            unit = agency["code"]
            typed = list(played.rows_of_units(unit, "led", period))
            rows = [row for row in c.tasks if row.entries[0].unit == unit and row.task.support == ""]
            assert len(rows) == len(ANSWERS)
            for own, row in zip(ANSWERS.values(), rows, strict=True):
                words = [str(line["progress"]) for _, key, line in typed if key in own]
                assert len(words) >= len(own), "every own row was reported"
                expected = one_word(words) if own else "Chưa phát sinh"
                assert WORDS[row.entries[0].progress or ""] == expected, (period, unit, row.task.code)


def test_the_counts_of_the_provinces_workbook_are_those_of_the_units_files(played: Played) -> None:
    """Rows, rows done and rows without a deadline of each agency, as its line in the workbook has them."""
    for period in played.play.periods:
        sheet = load_workbook(played.merged(period).report, data_only=True)["Theo đơn vị"]
        rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        names = next(row for row in rows if "Số đầu việc chủ trì" in row)
        told = {row[names.index("Đơn vị")]: dict(zip(names, row, strict=True)) for row in rows}
        for number, agency in enumerate(played.play.agencies):
            typed = list(played.rows_of_units(agency["code"], "led", period))
            answers = [*ANSWERS.values(), *([("II.6",)] if number == 0 else [])]
            words = [
                one_word([str(line["progress"]) for _, key, line in typed if key in own]) if own else "Chưa phát sinh"
                for own in answers
            ]
            line = told[agency["name"]]
            assert line["Số đầu việc chủ trì"] == len(answers)
            assert line["Hoàn thành"] == words.count("Hoàn thành")
            assert line["Thường xuyên, chưa phát sinh"] == words.count("Thường xuyên") + words.count("Chưa phát sinh")


def test_figures_are_sums_and_percentages_follow_from_them(played: Played) -> None:
    """Numerators, denominators and counted documents of the province are the sums over the units' files."""
    for period in played.play.periods:
        c = played.merged(period).consolidation
        for number, agency in enumerate(played.play.agencies):
            lines = [row for _, _, row in all_typed(played.play.sent(agency["code"], period), "indicator")]
            share, count = (c.indicators[2 * number + place].entries[0] for place in (0, 1))
            part, whole = (sum(int(row.get(name, 0)) for row in lines) for name in ("numerator", "denominator"))
            told = [row["value"] for row in lines if "value" in row]
            assert [share.values[name].value for name in ("numerator", "denominator")] == [part, whole]
            assert share.result == pytest.approx(part / whole)
            assert "value" not in share.values
            assert count.values["value"].value == sum(int(value) for value in told)
            assert len(told) == 3, "three units count documents"


def test_every_filled_cell_leads_to_the_units_files(played: Played) -> None:
    """A line of the list of sources names file, sheet and cell in which the unit's own words stand, equal."""
    period, agency = played.play.periods[0], played.play.agencies[0]["code"]
    done = played.upward(period, agency)
    lines = list(load_workbook(done.sources)["Nguồn của ô đã điền"].iter_rows(min_row=5, values_only=True))
    form = load_workbook(done.form)
    filled = {(str(line[0]), str(line[1])) for line in lines}
    assert len(filled) == done.filled > 20
    assert all(form[sheet][cell].value is not None for sheet, cell in filled)
    books = {path.name: load_workbook(path) for path in played.play.sent(agency, period).glob("*.xlsx")}
    followed = [line for line in lines if line[9]]
    for line in followed:
        stands = books[str(line[9])][str(line[10])][str(line[11])].value
        words = str(line[7])
        if isinstance(stands, str):
            assert stands.strip() == words
        else:
            assert stands is not None
    assert len(followed) > 40


def test_the_filled_form_is_the_issued_one_but_for_its_entry_cells(played: Played) -> None:
    """Locks, keys, validations and every locked text are those of the form as issued; nothing is signed."""
    period, agency = played.play.periods[0], played.play.agencies[0]["code"]
    issued = load_workbook(played.play.root(PROVINCE) / f"out/{period}/bieu-mau/NQ57_{period}_{agency}.xlsx")
    done = load_workbook(played.upward(period, agency).form)
    assert done.sheetnames == issued.sheetnames
    changed = 0
    for sheet in issued.worksheets:
        other = done[sheet.title]
        assert len(sheet.data_validations.dataValidation) == len(other.data_validations.dataValidation)
        assert other.protection.sheet == sheet.protection.sheet
        for row in sheet.iter_rows():
            for cell in row:
                there = other[cell.coordinate]
                assert there.protection.locked == cell.protection.locked
                if there.value != cell.value:
                    assert not cell.protection.locked, cell.coordinate
                    changed += 1
    assert changed == played.upward(period, agency).filled
    signed = typed_rows(played.upward(period, agency).form, "signoff")
    assert all("value" not in row for row in signed.values())


# --- one agency, step by step ---------------------------------------------------------------------------------------

PERIOD = "2026-04"
AGENCY = "SXD"


@pytest.fixture
def agency(played: Played, tmp_path: Path) -> Office:
    """A copy of the first agency's workspace after its April was consolidated."""
    root = shutil.copytree(played.play.root(AGENCY), tmp_path / "Sở Xây dựng")
    return Office.at(root, Clock(dt.datetime(2026, 4, 20, 9, tzinfo=VIETNAM)))


def issued(tmp_path: Path, plan: Plan, period: str = PERIOD) -> Path:
    """The agency's form by another superior plan."""
    given = tmp_path / f"{plan.properties.id}.xlsx"
    given.write_bytes(write_appendix(plan))
    root = tmp_path / f"tinh {plan.version}"
    init(root, str(given))
    office = Office.at(root, Clock(dt.datetime(2026, 4, 1, 9, tzinfo=VIETNAM)))
    generate(office, period)
    return office.workspace.forms_dir(period) / f"NQ57_{period}_{AGENCY}.xlsx"


def other_plan(played: Played) -> Plan:
    """The province's plan under an id that the agency has not seen."""
    plan = Office.at(played.play.root(PROVINCE)).appendix().plan
    return attrs.evolve(plan, properties=attrs.evolve(plan.properties, id="tinh-khac-2026"))


def waiting(done: UpwardReport) -> set[str]:
    """Superior rows that wait for the office's word."""
    book = load_workbook(done.matches)
    rows = [row for sheet in book.worksheets[:-2] for row in sheet.iter_rows(min_row=5, values_only=True)]
    return {str(row[0]) for row in rows if str(row[7]).startswith("Chờ")}


def decide(done: UpwardReport, typed: Mapping[str, tuple[str, str | None]]) -> None:
    """Confirms rows of the first sheet with those codes and weights, as a person does in Excel."""
    book = load_workbook(done.matches)
    sheet = book["Nhiệm vụ chủ trì"]
    for number in range(5, sheet.max_row + 1):
        if (key := str(sheet.cell(number, 1).value)) in typed:
            for column, value in zip((4, 5, 6), (*typed[key], "x"), strict=True):
                sheet.cell(number, column).value = value
    book.save(done.matches)


def test_first_proposed_then_confirmed_then_only_what_changed(played: Played, agency: Office, tmp_path: Path) -> None:
    """One command, three times: rows alike are filled at once, others after the word; a changed form asks again."""
    plan = other_plan(played)
    form = issued(tmp_path, plan)
    first = upward(agency, form, PERIOD, tmp_path / "lần 1" / form.name)
    assert waiting(first) == {"I.1", "I.3", "II.1"}
    assert first.undecided == 3
    assert {"I.1", "II.1"} <= {point.key for point in first.points}
    one = typed_rows(first.form, "led")
    assert "progress" not in one["I.1"]
    assert one["I.2"]["progress"] == "Thường xuyên"
    decide(first, {"I.1": ("I.1; I.2; I.3", "50; 30; 20"), "II.1": ("II.2", None), "I.3": ("không có", None)})
    second = upward(agency, form, "4/2026", tmp_path / "lần 2" / form.name)
    assert (waiting(second), second.undecided) == (set(), 0)
    lines = {key: row for _, key, row in played.rows_of_units(AGENCY, "led", PERIOD)}
    shares = {"Hoàn thành": 1.0, "Chưa thực hiện": 0.0}
    two = typed_rows(second.form, "led")
    by_unit = [
        (key, shares.get(str(row["progress"]), row.get("percent")))
        for _, key, row in played.rows_of_units(AGENCY, "led", PERIOD)
        if key in ("I.1", "I.2", "I.3")
    ]
    weights = {"I.1": 50, "I.2": 30, "I.3": 20}
    told = [key for key, _ in by_unit]
    expected = sum(float(str(share)) * weights[key] / told.count(key) for key, share in by_unit) / 100
    if two["I.1"]["progress"] != "Chưa thực hiện":
        assert two["I.1"]["percent"] == pytest.approx(expected, abs=0.0001)
    assert lines.keys() >= weights.keys()
    reworded = attrs.evolve(
        plan,
        tasks=tuple(attrs.evolve(row, deliverable="Bộ quy trình") if row.code == "I.1" else row for row in plan.tasks),
    )
    form = issued(tmp_path, reworded)
    third = upward(agency, form, PERIOD, tmp_path / "lần 3" / form.name)
    assert waiting(third) == {"I.1"}
    assert "progress" not in typed_rows(third.form, "led")["I.1"]
    assert "progress" in typed_rows(third.form, "led")["II.1"]
    third.matches.unlink()
    assert upward(agency, form, PERIOD, tmp_path / "lần 4" / form.name, confirm=True).undecided == 0


def test_the_same_command_again_changes_nothing(played: Played, agency: Office) -> None:
    """The form, its list and the workbook of matches are the same bytes; a form that somebody went on with stays."""
    form = played.play.root(PROVINCE) / f"out/{PERIOD}/bieu-mau/NQ57_{PERIOD}_{AGENCY}.xlsx"
    one = upward(agency, form, PERIOD)
    before = [path.read_bytes() for path in (one.form, one.sources, one.matches)]
    two = upward(agency, form)
    assert [path.read_bytes() for path in (two.form, two.sources, two.matches)] == before
    one.form.write_bytes(one.form.read_bytes() + b"\0")
    assert upward(agency, form, PERIOD).form.name == f"NQ57_{PERIOD}_{AGENCY} (2).xlsx"


def test_what_a_person_typed_in_the_form_stays(played: Played, agency: Office, tmp_path: Path) -> None:
    """A cell with a person's words keeps them, and the difference is told; the rest is filled in beside it."""
    form = tmp_path / f"NQ57_{PERIOD}_{AGENCY}.xlsx"
    shutil.copy(played.play.root(PROVINCE) / f"out/{PERIOD}/bieu-mau" / form.name, form)
    typed(form, {("1. Kết quả", "led|I.2", "result"): "Người phụ trách ghi."})
    done = upward(agency, form, PERIOD, tmp_path / "ra" / form.name)
    assert typed_rows(done.form, "led")["I.2"]["result"] == "Người phụ trách ghi."
    assert [(point.key, point.field) for point in done.points] == [("I.2", "Kết quả trong kỳ")]


def test_the_provinces_sources_lead_on_to_the_units_cells(played: Played) -> None:
    """Province's source line -> cell of the agency's form -> agency's list -> unit's file, sheet, cell, same number."""
    sheet = load_workbook(played.play.root(PROVINCE) / f"out/{PERIOD}/tong-hop/nguon-so-lieu.xlsx").worksheets[0]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    names = next(row for row in rows if "Đơn vị đã nhập" in row)
    lines = [dict(zip(names, row, strict=True)) for row in rows]
    form = f"NQ57_{PERIOD}_{AGENCY}.xlsx"
    own = [line for line in lines if line["Tệp"] == form and line["Biểu"] == "Nhiệm vụ chủ trì"]
    listed = load_workbook(played.upward(PERIOD, AGENCY).sources)["Nguồn của ô đã điền"]
    known = {(str(row[0]), str(row[1])): row for row in listed.iter_rows(min_row=5, values_only=True) if row[9]}
    units = load_workbook(played.play.root(AGENCY) / f"out/{PERIOD}/tong-hop/nguon-so-lieu.xlsx").worksheets[0]
    numbered = {str(row[0].value): [cell.value for cell in row] for row in units.iter_rows() if row[0].value}
    followed = 0
    for line in own:
        found = known.get((str(line["Trang"]), str(line["Ô"])))
        if found is not None:
            assert {str(found[9]), str(found[10]), str(found[11]), str(found[12])} <= {
                str(x) for x in numbered[str(found[8])]
            }
            followed += 1
    assert followed > 15


def test_what_the_province_will_ask_is_told_before_the_form_is_sent(
    played: Played, agency: Office, tmp_path: Path
) -> None:
    """Done without a proof, with 45 %, with a day to come: province's own check of that form finds just these cells."""
    home = Office.at(played.play.root(PROVINCE), agency.clock)
    form = tmp_path / f"NQ57_{PERIOD}_{AGENCY}.xlsx"
    shutil.copy(home.workspace.forms_dir(PERIOD) / form.name, form)
    results, row = "1. Kết quả", "led|I.3"
    later = dt.datetime(2026, 11, 30)
    typed(form, {(results, row, "progress"): "Hoàn thành", (results, row, "percent"): 0.45})
    typed(form, {(results, row, "completion_date"): later, (results, "led|I.2", "percent"): 1})
    done = upward(agency, form, PERIOD, tmp_path / "ra" / form.name)
    told = {(point.code, point.sheet, point.cell) for point in done.points if point.code}
    (checked,) = check_file(home, done.form, PERIOD).returns
    asked = {
        (item.code, item.sheet, item.cell)
        for item in checked.findings
        if item.severity in ("error", "warning") and item.table in ("led", "supporting", "indicator")
    }
    assert told == asked
    codes = sorted(code for code, _, cell in told if cell.endswith(told_row(done, "I.3")))
    assert codes == ["CONTRADICTION", "DATE_AFTER_RECEIPT", "REQUIRED_BLANK", "REQUIRED_BLANK"]
    sheet = load_workbook(done.sources)["Cần người xử lý"]
    lines = [row for row in sheet.iter_rows(min_row=5, values_only=True) if row[2] == "I.3"]
    assert [str(line[5]).startswith("Cấp trên sẽ trả lại: ") for line in lines] == [False, True, True, True, True]


def test_a_form_of_another_agency_is_doubted_first(played: Played, agency: Office, tmp_path: Path) -> None:
    """The form for Sở Y tế in the hands of Sở Xây dựng: the first point says whose it is, and in which cell."""
    form = played.play.root(PROVINCE) / f"out/{PERIOD}/bieu-mau/NQ57_{PERIOD}_SYT.xlsx"
    point, *_ = upward(agency, form, PERIOD, tmp_path / form.name, confirm=True).points
    assert (point.field, point.sheet, point.cell) == ("Đơn vị báo cáo", "1. Kết quả", "B2")
    assert "«Sở Y tế»" in point.why
    assert "«SỞ XÂY DỰNG»" in point.why


def test_a_form_that_cannot_be_judged_beforehand_is_filled_in_all_the_same(
    played: Played, agency: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of the program's in the check costs the check alone, and is told."""
    form = played.play.root(PROVINCE) / f"out/{PERIOD}/bieu-mau/NQ57_{PERIOD}_{AGENCY}.xlsx"

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("nq57xl.returns.superior_form.SuperiorForm.asked_back", broken)
    done = upward(agency, form, PERIOD, tmp_path / form.name)
    assert done.filled > 20
    assert [point.field for point in done.points] == ["Cả biểu"]


def single(played: Played) -> tuple[str, str]:
    """Unit and own words of the one row that answers I.2 of the province."""
    ((file, _, row),) = [item for item in played.rows_of_units(AGENCY, "led", PERIOD) if item[1] == "I.4"]
    return file.removesuffix(".xlsx"), str(row["result"])


def test_what_the_office_has_edited_goes_up_with_its_source(played: Played, agency: Office, tmp_path: Path) -> None:
    """Typed into bien-tap.xlsx and not merged yet: it stands in the form, and its number leads to the cell typed in."""
    unit, words = single(played)
    form = played.play.root(PROVINCE) / f"out/{PERIOD}/bieu-mau/NQ57_{PERIOD}_{AGENCY}.xlsx"
    book = agency.workspace.report_dir(PERIOD) / "bien-tap.xlsx"
    place = f"{unit}|led|I.4|result"
    cell = edit_kit.edit(book, edit_kit.line(place, "Văn phòng rút gọn.", "w"))[place]
    done = upward(agency, form, PERIOD, tmp_path / form.name)
    row = typed_rows(done.form, "led")["I.2"]
    assert words not in str(row["result"])
    assert "Văn phòng rút gọn." in str(row["result"])
    listed = load_workbook(done.sources)["Nguồn của ô đã điền"]
    (line,) = [line for line in listed.iter_rows(min_row=5, values_only=True) if line[7] == "Văn phòng rút gọn."]
    assert (line[9], line[11]) == ("bien-tap.xlsx", cell)
    own = load_workbook(agency.workspace.report_dir(PERIOD) / "nguon-so-lieu.xlsx").worksheets[0]
    numbered = {str(row[0].value): [str(cell.value) for cell in row] for row in own.iter_rows() if row[0].value}
    assert {"Văn phòng rút gọn.", "bien-tap.xlsx", cell} <= set(numbered[str(line[8])])


def test_of_a_closed_period_the_form_has_what_was_closed(played: Played, agency: Office, tmp_path: Path) -> None:
    """A return that came after the close changes nothing in the form; its row is told, with the unit."""
    form = played.play.root(PROVINCE) / f"out/{PERIOD}/bieu-mau/NQ57_{PERIOD}_{AGENCY}.xlsx"
    close(agency, PERIOD, "Đã gửi báo cáo")
    unit, words = single(played)
    late = tmp_path / f"NQ57_{PERIOD}_{unit}.xlsx"
    shutil.copy(played.play.sent(AGENCY, PERIOD) / late.name, late)
    typed(late, {("1. Kết quả", "led|I.4", "result"): "Báo cáo lại sau khi chốt."})
    later = Office.at(agency.workspace.root, Clock(dt.datetime(2026, 4, 22, 9, tzinfo=VIETNAM)))
    (item,) = collect(later, [late], PERIOD).returns
    assert item.verdict.startswith("accepted")
    done = upward(later, form, PERIOD, tmp_path / "ra" / form.name)
    assert words in str(typed_rows(done.form, "led")["I.2"]["result"])
    (point,) = [point for point in done.points if point.key == "I.2"]
    assert point.why.startswith("Sau khi chốt kỳ, ")
    assert point.cell == f"G{typed_rows(done.form, 'led')['I.2'][''][1]}"


def told_row(done: UpwardReport, key: str) -> str:
    """Number of the row of the form in which a point about that task stands."""
    return next(point.cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for point in done.points if point.key == key)


@pytest.mark.parametrize("wrong", ["own form", "other period", "no form", "text", "onto itself", "no file"])
def test_what_is_no_form_of_a_superior_office_is_refused(
    wrong: str, played: Played, agency: Office, tmp_path: Path
) -> None:
    """The office's own form, another month, a table, a text, the received form as the target: each is told by name."""
    form = played.play.root(PROVINCE) / f"out/{PERIOD}/bieu-mau/NQ57_{PERIOD}_{AGENCY}.xlsx"
    path, period, output = form, PERIOD, None
    if wrong == "own form":
        path = agency.workspace.forms_dir(PERIOD) / f"NQ57_{PERIOD}_VP.xlsx"
    elif wrong == "other period":
        period = "2026-03"
    elif wrong == "no form":
        path = agency.workspace.appendix
    elif wrong == "text":
        path = tmp_path / "NQ57.xlsx"
        path.write_text("đây không phải sổ tính", encoding="utf-8")
    elif wrong == "no file":
        path = tmp_path / "không có.xlsx"
    else:
        output = form
    before = form.read_bytes()
    with pytest.raises(Nq57Error) as caught:
        upward(agency, path, period, output)
    assert path.name in str(caught.value)
    assert form.read_bytes() == before


def test_the_command_says_what_is_left_and_how_it_ended(played: Played, agency: Office, tmp_path: Path) -> None:
    """Exit 0 where nothing is left, 1 where rows need a person; --json is one document and nothing else."""
    root = str(agency.workspace.root)
    form = played.play.root(PROVINCE) / f"out/{PERIOD}/bieu-mau/NQ57_{PERIOD}_{AGENCY}.xlsx"
    done = CliRunner().invoke(
        cli, ["-w", root, "upward", str(form), "--period", PERIOD, "-o", str(tmp_path / "a.xlsx")]
    )
    assert done.exit_code == 0, done.output
    assert str(tmp_path / "a.xlsx") in done.stdout
    other = issued(tmp_path, other_plan(played))
    done = CliRunner().invoke(cli, ["-w", root, "upward", str(other), "-o", str(tmp_path / "b.xlsx"), "--json"])
    told = json.loads(done.stdout)
    assert (done.exit_code, told["undecided"], told["form"]) == (1, 3, str(tmp_path / "b.xlsx"))
    assert {point["task"] for point in told["points"]} == {"I.1", "I.3", "II.1"}


def test_the_demo_tells_each_step_and_where_the_reports_are(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    """demo --province: a line for each step, and the province's workbooks at the end."""
    monkeypatch.setattr(
        "nq57xl.commands.demo.ProvincePlay", lambda _: SimpleNamespace(scenes=lambda: iter(played.steps))
    )
    done = CliRunner().invoke(cli, ["demo", "--province", str(played.play.folder)])
    lines = done.stdout.splitlines()
    assert done.exit_code == 0, done.output
    assert len(lines) == len(played.steps) + len(played.play.periods)
    reports = lines[len(played.steps) :]
    assert [Path(line).is_file() for line in reports] == [True] * len(played.play.periods)
    assert sum("ô, còn" in line for line in lines) == len(played.play.agencies) * len(played.play.periods)
