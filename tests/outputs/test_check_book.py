"""kiem-tra.xlsx: every unit, every file, every finding; links both ways and to files; safe, valid, reproducible."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from typing import Any

import attrs
import openpyxl
import pytest

from nq57xl.outputs.check_book import _FACTS, _POINTS, CheckBook, LinkedFiles, render_check_book
from nq57xl.outputs.report.sheet_parts import SHEETS
from nq57xl.results.standing import filed_returns
from nq57xl.returns.model import ReturnRecord
from nq57xl.rules.findings import Finding, make
from tests.conftest import CheckOoxml
from tests.letter_kit import blank, every_fate, odd, record, status_of
from tests.report_books import SCHEMA, table
from tests.samples import sample_period

_UNITS, _FILES = SHEETS["check_units"].name, SHEETS["check_files"].name
ACROSS = make(
    "LEADS_DISAGREE", words={"task": "II.1.1", "value": "A: Hoàn thành; B: Đang thực hiện"}, table="led", task="II.1.1"
)


def check(records: list[ReturnRecord]) -> CheckBook:
    status = status_of(records, (ACROSS,))
    found = filed_returns(status, records)
    places = LinkedFiles(
        archive={item.record.judged.source.sha256: f"../../archive/aa/{item.record.id}.xlsx" for item in found},
        marked={"VP": "tra-lai/NQ57_2026-04_VP.xlsx"},
        drafts={item.record.id: f"thong-bao/{item.record.id}.eml" for item in found},
        letters={item.record.id: f"thong-bao/{item.record.id} (2).html" for item in found},
    )
    return CheckBook(sample_period(), status, found, SCHEMA, places)


def book(records: list[ReturnRecord]) -> Any:  # noqa: ANN401 - openpyxl's workbook
    return openpyxl.load_workbook(io.BytesIO(render_check_book(check(records))))


@pytest.fixture(scope="module")
def whole() -> Any:  # noqa: ANN401
    return book(every_fate())


def test_every_expected_unit_has_its_line(whole: Any) -> None:  # noqa: ANN401
    """State, time, on time, errors and warnings of the newest return, what to do next; a silent unit too."""
    rows = {row["Mã"]: row for row in table(whole[_UNITS], "TT")}
    assert list(rows) == ["VP", "QLDT", "QLDN", "KHTC"]
    assert rows["VP"]["Tình trạng"] == "Đã chấp nhận"
    assert (rows["VP"]["Phải sửa"], rows["VP"]["Nên xem lại"], rows["VP"]["Đúng hạn"]) == (12, 1, "Có")
    assert rows["VP"]["Việc tiếp theo"] == (
        "Gửi thông báo, biểu trả lại cho đơn vị; bản đã chấp nhận trước đó vẫn dùng"
    )
    assert "12 ô (G8, G9, G10 … và 9 ô nữa)" in rows["VP"]["Điểm chính của lần gửi mới nhất"]
    assert rows["QLDT"]["Việc tiếp theo"] == "Đề nghị đơn vị giải trình, nếu cần"
    assert rows["KHTC"]["Tình trạng"] == "Chưa nộp"
    assert rows["KHTC"]["Việc tiếp theo"] == "Nhắc đơn vị gửi báo cáo"


def test_every_file_received_has_its_line(whole: Any) -> None:  # noqa: ANN401
    """Superseded, rejected before, excluded with the reason, nobody's: all are there with what became of them."""
    rows = {row["Tệp"]: row for row in table(whole[_FILES], "TT")}
    assert {name: row["Kết quả"] for name, row in rows.items()} == {
        "vp lần 1.xlsx": "Bị trả lại, đơn vị đã gửi bản khác",
        "vp lần 2.xlsx": "Được chấp nhận, đang được sử dụng",
        "vp lần 3.xlsx": "Bị trả lại, chờ đơn vị gửi lại",
        "đô thị cũ.xlsx": "Đã có bản nhận sau thay thế",
        "đô thị.xlsx": "Được chấp nhận, đang được sử dụng; có điểm nên xem lại",
        "doanh nghiệp.xlsx": "Không đưa vào tổng hợp: Gửi nhầm bản nháp.",
        "quét.xlsx": "Chưa ghi nhận là báo cáo",
    }
    assert rows["quét.xlsx"]["Người gửi"] == "Lê Thị B <b.le@abc.vn>"
    assert rows["quét.xlsx"]["Tiêu đề thư"] == "BC tháng 4"
    assert rows["vp lần 3.xlsx"]["Mã băm SHA-256"] == every_fate()[2].judged.source.sha256


def test_every_finding_is_there_whole(whole: Any) -> None:  # noqa: ANN401
    """Not grouped, not cut: each with unit, file, severity, sheet, cell, task, field, value, message, fix, code."""
    facts = [row | {"Điểm cần xử lý": row["Điều được ghi nhận"]} for row in table(whole[_FACTS], "TT")]
    told = table(whole[_POINTS], "TT") + facts
    found = [(item, record.judged.source.name) for record in every_fate() for item in record.judged.findings]
    assert len(told) == len(found) + 1
    for item, name in found:
        (line,) = [
            row
            for row in told
            if (row["Tệp"], row["Mã điểm"], row["Ô"] or "", row["Trang"] or "")
            == (name, item.code, item.cell, item.sheet)
        ]
        assert (line["Điểm cần xử lý"], line["Cách xử lý"] or "") == (item.message, item.fix)
        assert (line["Đã nhập"] or "", line["Mã, dòng"]) == (item.value, item.task)
    fields = {row["Mã điểm"]: row["Nội dung"] for row in told}
    assert fields["REQUIRED_BLANK"] == "Kết quả trong kỳ"
    assert [row["Đơn vị"] for row in told if row["Mã điểm"] == "LEADS_DISAGREE"] == ["Nhiều đơn vị"]
    levels = {row["Mức độ"] for row in table(whole[_POINTS], "TT")}
    assert levels == {"Phải sửa", "Nên xem lại"}


def test_links_lead_both_ways(whole: Any) -> None:  # noqa: ANN401
    """Unit → file → points, and back; each lands on the line that it names."""
    titles = {name: {row["TT"]: row for row in table(whole[name], "TT")} for name in (_UNITS, _FILES, _POINTS, _FACTS)}

    def target(sheet: str, row: int, heading: str) -> tuple[str, dict[str, Any]]:
        place = whole[sheet]
        head = next(cell for line in place.iter_rows(max_row=8) for cell in line if cell.value == heading)
        link = place.cell(row, head.column).hyperlink
        name, _, address = link.location.rpartition("!")
        name = name.strip("'")
        assert place.cell(row, head.column).value == f"dòng {address[1:]}"
        number = str(whole[name][address].value)
        return name, titles[name][number]

    for sheet, heading, to in (
        (_UNITS, "Tệp mới nhất", _FILES),
        (_FILES, "Đơn vị (xem dòng)", _UNITS),
        (_FILES, "Các điểm", _POINTS),
        (_POINTS, "Tệp (xem dòng)", _FILES),
    ):
        for line in whole[sheet].iter_rows(min_row=5):
            here = titles[sheet].get(str(line[0].value))
            if here is None or not str(here[heading] or "").startswith("dòng"):
                continue
            name, there = target(sheet, line[0].row, heading)
            assert name in (to, _FACTS)
            same = "Đơn vị" if _UNITS in (sheet, name) else "Tệp"
            assert there[same] == here[same]


def test_files_are_linked_by_relative_paths() -> None:
    """Forward slashes, no drive, no leading slash: what Excel writes itself and LibreOffice follows everywhere."""
    with zipfile.ZipFile(io.BytesIO(render_check_book(check(every_fate())))) as parts:
        rels = "".join(parts.read(name).decode() for name in parts.namelist() if "worksheets/_rels" in name)

    targets = re.findall(r'Target="([^"]*)" TargetMode="External"', rels)
    assert "../../archive/aa/3.xlsx" in targets
    assert "tra-lai/NQ57_2026-04_VP.xlsx" in targets
    assert "thong-bao/3%20(2).html" in targets
    assert not [item for item in targets if "\\" in item or item.startswith(("/", "file:")) or ":" in item]


def test_sheets_are_ready_to_work_with(whole: Any) -> None:  # noqa: ANN401
    """Frozen panes under the headings, a filter over every column and exactly the lines."""
    for sheet in (whole[name] for name in (_UNITS, _FILES, _POINTS, _FACTS)):
        head = next(row for row in range(1, 9) if sheet.cell(row, 1).value == "TT")
        assert sheet.freeze_panes.endswith(str(head + 1))
        first, _, last = sheet.auto_filter.ref.partition(":")
        assert first == f"A{head}"
        assert int("".join(filter(str.isdigit, last))) == max(sheet.max_row, head + 1)


def test_texts_from_outside_stay_texts(check_ooxml: CheckOoxml) -> None:
    """Formulas, tags, control characters, 40,000 letters: written as text; a long one has a column for its whole."""
    long = "x" * 40_000
    bad = [
        attrs.evolve(odd(row, value), message=value[:500], fix=value[:500], sheet=value[:200])
        for row, value in enumerate(["=1+1", "+A1", "@SUM(A1)", "<b>&</b>", "\x01\x0b_x0041_", "http://a.vn", long], 8)
    ]
    records = [
        record(1, "a", "rejected", findings=tuple(bad), name="=cmd|' /C calc'!A0.xlsx", sender="=1+1", subject="=2+2"),
        record(2, "b", "unrecognised", None, findings=(make("FILE_PDF"),), name="\udcff.xlsx", path="x!y\udc80"),
    ]
    data = render_check_book(check(records))
    check_ooxml(data)
    sheet = openpyxl.load_workbook(io.BytesIO(data))[_POINTS]
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    rows = table(sheet, "TT")
    assert rows[0]["Đã nhập"] == "=1+1"
    (whole_text,) = [row["Nguyên văn đã nhập (khi dài)"] for row in rows if row["Nguyên văn đã nhập (khi dài)"]]
    assert whole_text == long[:32_767]


def test_same_ledger_same_bytes_and_clean(check_ooxml: CheckOoxml) -> None:
    """Rendered twice it is the same file; the strict checker finds nothing; also for a period without any return."""
    for records in (every_fate(), []):
        first = render_check_book(check(records))
        assert first == render_check_book(check(records))
        check_ooxml(first)


def test_a_period_without_returns_shows_its_units() -> None:
    """Before anything came: the units; a list with nothing in it says so and has no heads, and so no page of them."""
    empty = book([])
    assert [row["Việc tiếp theo"] for row in table(empty[_UNITS], "TT")] == ["Nhắc đơn vị gửi báo cáo"] * 4
    for name in (_FILES, _FACTS):
        texts = [cell.value for row in empty[name].iter_rows() for cell in row if cell.value]
        assert texts[2:] == ["Không có nội dung."]
        assert empty[name].auto_filter.ref is None


def test_times_are_those_of_the_ledger() -> None:
    """Received and collected times as recorded, not the time of writing."""
    later = attrs.evolve(record(1, "a"), collected_at=dt.datetime(2026, 5, 2, 7, 5))
    (row,) = table(book([later])[_FILES], "TT")
    assert (row["Nhận lúc"], row["Ghi sổ lúc"]) == ("12:00 ngày 16/04/2026", "07:05 ngày 02/05/2026")


def test_a_thousand_findings_stay_a_thousand_lines() -> None:
    """Every one is there, in the order of the file, each line of the filter one finding."""
    found: list[Finding] = [blank(row) for row in range(1000)]
    rows = table(book([record(1, "a", "rejected", findings=tuple(found))])[_POINTS], "TT")
    assert [row["Ô"] for row in rows][:-1] == [item.cell for item in found]
