"""remind: the right texts for the right units on the right days; the same day twice the same; nothing is sent."""

from __future__ import annotations

import email
import email.policy
import hashlib
import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from docx import Document

from nq57xl.cli import cli
from nq57xl.commands.remind import note_reminded, remind
from nq57xl.commands.status import status
from nq57xl.errors import Nq57Error
from nq57xl.outputs.reminders import Reminders, _between_agencies
from tests import year_kit as year
from tools import make_notice
from tools.make_template import PROFILE

APRIL = "2026-04"
ODD: year.Typed = {("led", "II.1.2", "progress"): "not_started", ("led", "II.1.2", "percent"): 0.2}
BLANK: year.Typed = {("led", "I.3", "result"): None}
SECRET = "Chờ ý kiến của Sở Tài chính"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """VP gathers and has sent nothing; QLDT must explain, QLDN must correct, KHTC is done."""
    root = year.start_sample(tmp_path_factory.mktemp("nhac") / "vp")
    year.issue(root, APRIL)
    year.send_units(root, APRIL, {"QLDT": ODD, "QLDN": BLANK, "KHTC": {}})
    return root


def reminders(root: Path, day: int) -> Reminders:
    return remind(year.at(root, year.moment(APRIL, day)), APRIL)


def written(path: Path | None) -> str:
    assert path is not None
    return path.read_text(encoding="utf-8")


def test_only_those_who_owe_something(root: Path) -> None:
    """Three of four units, each with what it owes; the group's text has names and counts and nobody's contents."""
    done = reminders(root, 16)
    assert [(item.unit.code, item.unit.owes, item.unit.points) for item in done.units] == [
        ("VP", "missing", 0),
        ("QLDT", "explanation", 1),
        ("QLDN", "rejected", 1),
    ]
    assert "Chưa nộp báo cáo (01): Văn phòng Sở." in done.group
    assert "Hạn gửi: hết ngày 17 tháng 4 năm 2026 (còn 1 ngày). Đã nhận: 2/4 đơn vị." in done.group
    assert "Phòng Kế hoạch tài chính" not in done.group
    assert SECRET not in done.group


def test_each_letter_has_one_remedy_and_its_form(root: Path) -> None:
    """The rejected form is attached again, marked; the gathering unit gets a text, and no letter from itself."""
    by_unit = {item.unit.code: item for item in reminders(root, 16).units}
    assert by_unit["VP"].draft is None
    note = written(by_unit["VP"].text)
    assert ("Kính gửi" in note, note.startswith("Việc của chính Văn phòng Sở")) == (False, True)
    draft = by_unit["QLDN"].draft
    assert draft is not None
    message = email.message_from_bytes(draft.read_bytes(), policy=email.policy.default)
    (attached,) = message.iter_attachments()
    back = year.at(root, year.moment(APRIL, 16)).workspace.back_dir(APRIL) / "NQ57_2026-04_QLDN.xlsx"
    assert (message["X-Unsent"], attached.get_content()) == ("1", back.read_bytes())
    text = written(by_unit["QLDN"].text)
    assert text.count("Đề nghị") == 1
    assert "còn 1 điểm phải sửa" in text
    assert "00:00" not in "".join(written(item.text) for item in by_unit.values())


def test_the_same_day_twice(root: Path) -> None:
    """The same bytes; another day says another day, on the reminding days of the period."""
    files = [path for item in reminders(root, 16).units for path in (item.text, item.draft) if path]
    once = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    done = reminders(root, 16)
    assert [hashlib.sha256(path.read_bytes()).hexdigest() for path in files] == once
    assert [day.day for day in done.days] == [15, 16, 18]
    assert (done.next_day and done.next_day.day, reminders(root, 19).next_day) == (16, None)
    assert "(đã quá hạn 2 ngày)" in reminders(root, 19).group


def test_who_has_sent_is_reminded_no_more(root: Path, tmp_path: Path) -> None:
    """The text of a unit that has done everything since is taken away; when all have, the group reads so."""
    import shutil

    copy = tmp_path / "vp"
    shutil.copytree(root, copy)
    before = reminders(copy, 16)
    year.send_units(copy, APRIL, {unit: {} for unit in ("VP", "QLDT", "QLDN")}, day=16)
    after = reminders(copy, 16)
    assert (after.units, "đã báo cáo đủ" in after.group) == ((), True)
    assert not any(path.exists() for item in before.units for path in (item.text, item.draft) if path)


def test_no_letter_speaks_of_a_form_that_is_not_with_it(root: Path, tmp_path: Path) -> None:
    """Somebody has taken the forms away: the letter asks for the same, and names no attachment."""
    import shutil

    copy = tmp_path / "vp"
    shutil.copytree(root, copy)
    for folder in ("bieu-mau", "tra-lai"):
        shutil.rmtree(copy / "out" / APRIL / folder)
    for item in reminders(copy, 16).units:
        text = written(item.text)
        assert ("gửi kèm" in text, "  " in text) == (False, False)
        if item.draft is not None:
            assert b".xlsx" not in item.draft.read_bytes()


def test_sent_by_hand_is_noted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`remind --sent` is in the log, and `status` tells the last reminder; an unknown unit is refused."""
    monkeypatch.setenv("NQ57XL_NOW", "2026-04-18T08:30")
    office = year.at(root, year.moment(APRIL, 16))
    assert note_reminded(office, APRIL, ["vp"]) == ("VP",)
    run = CliRunner().invoke
    told = run(cli, ["-w", str(root), "remind", "--period", "4/2026", "--sent", "--json"])
    assert json.loads(told.stdout) == {"sent": ["VP", "QLDT", "QLDN"]}
    here = status(office, APRIL).status
    assert (here.reminded, here.reminded_at and here.reminded_at.day) == (("VP", "QLDT", "QLDN"), 18)
    shown = json.loads(run(cli, ["-w", str(root), "status", "--json"]).stdout)
    assert shown["reminded"]["reminded"] == ["VP", "QLDT", "QLDN"]
    printed = json.loads(run(cli, ["-w", str(root), "remind", "--json"]).stdout)
    assert (printed["day"], [unit["owes"] for unit in printed["units"]]) == (
        "2026-04-18",
        ["missing", "explanation", "rejected"],
    )
    with pytest.raises(Nq57Error, match="không có đơn vị"):
        note_reminded(office, APRIL, ["XX"])


def test_after_the_due_day_one_notice_for_all(root: Path) -> None:
    """None before; after it a thông báo with who still owes, number and day left blank; a công văn between agencies."""
    assert reminders(root, 16).notice is None
    made = reminders(root, 18).notice
    assert made is not None
    first = made.read_bytes()
    document = Document(str(made))
    texts = [paragraph.text for paragraph in document.paragraphs]
    cells = [[cell.text for cell in row.cells] for row in document.tables[1].rows]
    assert "THÔNG BÁO" in texts
    assert cells[1:] == [
        ["1", "Văn phòng Sở", "Chưa nộp báo cáo"],
        ["2", "Phòng Quản lý doanh nghiệp", "Báo cáo bị trả lại, cần sửa và gửi lại"],
    ]
    assert any("Đến ngày 18 tháng 4 năm 2026, đã có báo cáo được chấp nhận của 2/4 đơn vị" in text for text in texts)
    again = reminders(root, 18).notice
    assert again is not None
    assert again.read_bytes() == first
    assert _between_agencies(["Sở Tài chính", "UBND xã Tân Phú", "Văn phòng UBND"])
    assert _between_agencies(["Văn phòng UBND tỉnh", "Thuế tỉnh Đồng Nai", "Đặc khu Côn Đảo"])
    assert not _between_agencies(["Văn phòng Sở", "Phòng Quản lý đô thị"])


def test_the_packaged_notice_is_what_its_tool_makes() -> None:
    """templates/thong-bao-nhac.docx is remade byte for byte from the decree's data file."""
    profile = yaml.safe_load(PROFILE.read_text(encoding="utf-8"))
    assert make_notice.TARGET.read_bytes() == make_notice.NoticeMaker(profile).made()
