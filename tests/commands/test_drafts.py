"""generate --drafts: what goes out with the forms, ready to send; nothing is sent."""

from __future__ import annotations

import email
import email.policy
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from nq57xl.cli import cli
from nq57xl.commands.generate import write_drafts
from nq57xl.errors import Nq57Error
from tests import year_kit as year

APRIL = "2026-04"


def test_a_draft_for_each_form_and_all_of_them_in_a_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each unit but the gathering one gets a draft with its own form; the group's text names all; twice the same."""
    monkeypatch.setenv("NQ57XL_NOW", "2026-04-01T08:00")
    root = year.start_sample(tmp_path / "vp")
    done = CliRunner().invoke(cli, ["-w", str(root), "generate", "--period", APRIL])
    assert done.exit_code == 0
    office = year.at(root, year.moment(APRIL, 2))
    made = write_drafts(office, APRIL)
    assert [path.name for path in made.drafts] == [f"gui-NQ57_2026-04_{unit}.eml" for unit in ("QLDT", "QLDN", "KHTC")]
    forms = office.workspace.forms_dir(APRIL)
    for path in made.drafts:
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        (attached,) = message.iter_attachments()
        assert message["X-Unsent"] == "1"
        assert attached.get_content() == (forms / str(attached.get_filename())).read_bytes()
    with zipfile.ZipFile(made.archive) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    assert held == {path.name: path.read_bytes() for path in forms.glob("NQ57_*.xlsx")}
    listed = load_workbook(forms / "danh-sach-gui.xlsx").worksheets[0]
    named = [str(row[3].value) for row in listed.iter_rows() if str(row[3].value).startswith("NQ57")]
    assert named[0] == "NQ57_2026-04_VP.xlsx"
    assert named[1] == "NQ57_2026-04_QLDT.xlsx\nThư nháp: thong-bao/gui-NQ57_2026-04_QLDT.eml"
    own = made.group.with_name("gui-NQ57_2026-04_QLDT.txt").read_text(encoding="utf-8")
    assert own.startswith("Kính gửi: Phòng Quản lý đô thị")
    text = made.group.read_text(encoding="utf-8")
    assert "cho 4 đơn vị: Văn phòng Sở; Phòng Quản lý đô thị" in text
    once = made.archive.read_bytes()
    assert write_drafts(office, APRIL).archive.read_bytes() == once
    with pytest.raises(Nq57Error, match="chưa phát hành"):
        write_drafts(office, "2026-05")


def test_the_period_that_is_due_is_proposed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --period the period at hand is named with its days; nothing is issued before somebody says yes."""
    monkeypatch.setenv("NQ57XL_NOW", "2026-05-02T08:00")
    root = year.start_sample(tmp_path / "vp")
    for answer in ("n\n", ""):
        done = CliRunner().invoke(cli, ["-w", str(root), "generate"], input=answer)
        assert (done.exit_code, "ghi --period 2026-05" in done.stderr) == (2, True)
        assert "Kỳ báo cáo: tháng 5/2026, số liệu từ 15/4 đến 14/5/2026." in done.stderr
    assert not (root / "out").exists()
    done = CliRunner().invoke(cli, ["-w", str(root), "generate", "--no-drafts"], input="\n")
    assert done.exit_code == 0
    assert [path.name for path in (root / "out").iterdir()] == ["2026-05"]
    assert not (root / "out" / "2026-05" / "thong-bao").exists()
