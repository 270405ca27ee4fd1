"""Contacts of a closed period are erased: from the ledger's bytes, its copies and outputs; names and figures stay."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from nq57xl.commands.backup import verify
from nq57xl.commands.collect import collect
from nq57xl.commands.decide import erase_contacts, recheck
from nq57xl.commands.demo import Department
from nq57xl.commands.generate import generate
from nq57xl.commands.init import init
from nq57xl.commands.merge import close, merge
from nq57xl.commands.office import Office
from nq57xl.errors import Nq57Error
from nq57xl.text.clock import VIETNAM, Clock


def test_contacts_go_when_the_period_is_closed(tmp_path: Path) -> None:
    """Refused while the period is open; afterwards no phone number stands in any file but the archived originals."""
    init(tmp_path, "bql-2026")
    office = Office.at(tmp_path, Clock(dt.datetime(2026, 4, 16, 9, tzinfo=VIETNAM)))
    generate(office, "2026-04")
    forms = office.workspace.forms_dir("2026-04")
    for number, unit in enumerate(("VP", "QLDT")):
        path = tmp_path / "inbox" / f"{unit}.xlsx"
        Department(number, dt.date(2026, 4, 17)).fill(forms / f"NQ57_2026-04_{unit}.xlsx", path, mistakes=unit == "VP")
    collect(office, [], "2026-04")
    with office.reading() as ledger:
        said = {one.field: one.typed for item in ledger.returns("2026-04") for one in item.judged.values}
    phone, person = said["phone"], said["prepared_by"]
    with pytest.raises(Nq57Error, match="chưa chốt"):
        erase_contacts(office, "2026-04", "Hết kỳ")
    close(office, "2026-04")
    assert phone.encode() in (tmp_path / "nq57xl.db").read_bytes()
    assert erase_contacts(office, "2026-04", "Hết kỳ") >= 2
    databases = [tmp_path / "nq57xl.db", *(tmp_path / "backup").glob("*.db")]
    assert len(databases) == 2
    assert not any(phone.encode() in path.read_bytes() for path in databases)
    assert person.encode() in databases[0].read_bytes()
    assert not (office.workspace.report_dir("2026-04") / "noi-bo.xlsx").exists()
    merge(office, "2026-04")
    recheck(office, None, "2026-04", "Thử", confirm=True)
    with office.reading() as ledger:
        assert not [one for item in ledger.returns("2026-04") for one in item.judged.values if one.field == "phone"]
    assert verify(office).problems == ()
