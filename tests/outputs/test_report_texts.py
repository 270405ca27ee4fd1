"""Where a period stands, as text and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import attrs
import pytest

from nq57xl.errors import Nq57Error
from nq57xl.ledger.model import PeriodStatus
from nq57xl.outputs.texts import status_json, status_text
from nq57xl.rules.findings import Finding
from tests.report_fills import random_status, returned
from tests.samples import sample_period, sample_plan

PLAN, PERIOD = sample_plan(), sample_period()


def mixed() -> PeriodStatus:
    """One unit on time, one late, one rejected, one missing, and a file that is no form."""
    status = random_status(PLAN, PERIOD, 1, missing=lambda code: code in ("QLDN", "KHTC"))
    office, urban, business, finance = status.units
    record = returned(PERIOD, "QLDN", (), number=9)
    stranger = returned(PERIOD, "X", (), number=10)
    finding = Finding("FILE_NOT_A_FORM", "error", "Tệp không phải biểu mẫu đã gửi cho đơn vị.")
    judged = attrs.evolve(stranger.judged, verdict="unrecognised", unit=None, findings=(finding,))
    return attrs.evolve(
        status,
        units=(
            attrs.evolve(office, on_time=True, days_late=0, warnings=2, state="accepted_with_warnings"),
            attrs.evolve(urban, on_time=False, days_late=3),
            attrs.evolve(
                business,
                state="rejected",
                received_at=record.judged.source.received_at,
                received_basis="first_seen",
                on_time=True,
                errors=4,
                last_attempt="rejected",
                newest=record,
            ),
            finance,
        ),
        unrecognised=(attrs.evolve(stranger, judged=judged),),
        complete=False,
    )


def test_the_text_names_every_unit_in_its_group() -> None:
    """On time, late, to correct and missing are four lists with every expected unit in one, and the deadline stands."""
    text = status_text(mixed(), PLAN, PERIOD)
    lines = text.splitlines()
    assert lines[0] == "TÌNH HÌNH NỘP BÁO CÁO THÁNG 4/2026"
    assert "Hạn nộp: hết ngày 17/04/2026. Đã có báo cáo được chấp nhận: 2/4 đơn vị." in lines

    def after(title: str) -> str:
        return lines[lines.index(title) + 1]

    assert after("Đã nộp đúng hạn (01):").startswith("- Văn phòng Sở: nhận lúc 09:30 ngày")
    assert after("Đã nộp đúng hạn (01):").endswith("còn 2 nội dung cần giải trình")
    assert after("Đã nộp, chậm hạn (01):").endswith("chậm 3 ngày")
    assert after("Bị trả lại, cần sửa (01):").endswith("4 điểm phải sửa")
    assert after("Chưa nộp (01):") == "- Phòng Kế hoạch tài chính"
    assert lines[-1].startswith("Đề nghị các đơn vị chưa nộp")
    assert "\n\n\n" not in text


def test_a_complete_period_says_so() -> None:
    """With every return accepted there is no request and no empty group."""
    status = random_status(PLAN, PERIOD, 1, missing=lambda _: False)
    text = status_text(status, PLAN, PERIOD)
    assert text.endswith("Các đơn vị đã báo cáo đủ.\n")
    assert "Chưa nộp" not in text
    assert "Đề nghị" not in text


def test_an_office_may_keep_its_own_wording(tmp_path: Path) -> None:
    """A template in the workspace wins; one with a misspelt word is refused, not printed with a gap."""
    own = tmp_path / "templates" / "texts" / "tinh-hinh-nop.txt.j2"
    own.parent.mkdir(parents=True)
    own.write_text("Kính gửi các phòng: {{ missing | length }} phòng chưa nộp.", encoding="utf-8")
    assert status_text(mixed(), PLAN, PERIOD, tmp_path) == "Kính gửi các phòng: 1 phòng chưa nộp.\n"
    own.write_text("{{ mising }}", encoding="utf-8")
    with pytest.raises(Nq57Error, match="mising"):
        status_text(mixed(), PLAN, PERIOD, tmp_path)


def test_json_has_the_contracts_keys() -> None:
    """`status --json`: exactly the contract's keys, blanks as null, times in ISO 8601 with +07:00."""
    document = json.loads(json.dumps(status_json(mixed(), PLAN, PERIOD), ensure_ascii=False))
    assert list(document) == ["plan", "period", "due", "complete", "units", "unrecognised"]
    assert (document["plan"], document["period"], document["due"]) == ("mau-2026", "2026-04", "2026-04-17")
    assert document["complete"] is False
    keys = ["code", "name", "state", "received_at", "on_time", "file", "sha256", "errors", "warnings", "last_attempt"]
    assert all(list(unit) == keys for unit in document["units"])
    office, _, business, finance = document["units"]
    assert office["received_at"].endswith("+07:00")
    assert (business["state"], business["errors"], business["last_attempt"]) == ("rejected", 4, "rejected")
    assert (finance["state"], finance["received_at"], finance["on_time"]) == ("missing", None, None)
    assert list(document["unrecognised"][0]) == ["file", "sha256", "message"]
    assert document["unrecognised"][0]["message"] == "Tệp không phải biểu mẫu đã gửi cho đơn vị."
