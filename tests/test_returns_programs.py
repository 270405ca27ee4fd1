"""Forms saved by other programs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from nq57xl.records.findings import verdict_of
from nq57xl.records.returns import RawWorkbook
from nq57xl.returns import convert_format
from nq57xl.returns.read import read_bytes
from nq57xl.returns.refused import Refused
from nq57xl.returns.rejoin import rejoin
from nq57xl.returns.workers import read_all
from tests.returns_kit import codes, filled, form_of, returned, said, source_of


def saved_as(folder: Path, data: bytes, suffix: str) -> Path:
    """The workbook opened and saved by LibreOffice."""
    (folder / "in.xlsx").write_bytes(data)
    command = ["soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--norestore"]
    command += ["--convert-to", suffix, "--outdir", str(folder / suffix), str(folder / "in.xlsx")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return folder / suffix / f"in.{suffix}"


def converted_by_gnumeric(folder: Path, data: bytes, suffix: str) -> Path:
    (folder / "in.xlsx").write_bytes(data)
    target = folder / f"out.{suffix}"
    subprocess.run(["ssconvert", str(folder / "in.xlsx"), str(target)], check=True, capture_output=True, timeout=120)
    return target


@pytest.mark.needs("soffice")
@pytest.mark.parametrize(
    ("suffix", "note"), [("xlsx", "OTHER_PROGRAM"), ("ods", "OTHER_PROGRAM"), ("xls", "CONVERTED")]
)
def test_saved_by_libreoffice(tmp_path: Path, suffix: str, note: str) -> None:
    """A form saved by LibreOffice as .xlsx, .ods or .xls says exactly what was typed into it."""
    data, _ = filled()
    (raw,) = read_all([saved_as(tmp_path, data, suffix)])
    assert isinstance(raw, RawWorkbook)
    back = rejoin(source_of(), raw, form_of())
    assert codes(back) == [note]
    assert said(back) == said(returned(data))


@pytest.mark.needs("ssconvert")
def test_saved_by_gnumeric_as_xlsx(tmp_path: Path) -> None:
    """A form saved by Gnumeric, which shows the hidden sheets, says what was typed into it."""
    data, _ = filled()
    back = returned(converted_by_gnumeric(tmp_path, data, "xlsx").read_bytes())
    assert verdict_of(back.findings) == "accepted"
    assert said(back) == said(returned(data))


@pytest.mark.needs("ssconvert")
@pytest.mark.needs("soffice")
def test_odd_ods_goes_through_libreoffice(tmp_path: Path) -> None:
    """Gnumeric's .ods, which the direct reader refuses, is converted and read."""
    data, _ = filled()
    back = returned(converted_by_gnumeric(tmp_path, data, "ods").read_bytes())
    assert "CONVERTED" in codes(back)
    assert said(back) == said(returned(data))


@pytest.mark.needs("ssconvert")
def test_odd_ods_without_libreoffice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without LibreOffice it is refused with the remedy."""
    path = converted_by_gnumeric(tmp_path, filled()[0], "ods")
    monkeypatch.setattr(convert_format, "soffice", lambda: None)
    with pytest.raises(Refused) as caught:
        read_bytes(path.read_bytes())
    assert caught.value.finding.code == "FILE_ODS"


@pytest.mark.needs("soffice")
def test_broken_xls(tmp_path: Path) -> None:
    """An .xls that LibreOffice cannot open either is broken, not old."""
    broken = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504 + "Workbook".encode("utf-16-le") + b"\x00" * 100
    with pytest.raises(Refused) as caught:
        read_bytes(broken)
    assert caught.value.finding.code == "FILE_BROKEN"


@pytest.mark.needs("soffice")
def test_conversion_that_takes_too_long() -> None:
    """A conversion over its time is stopped and gives nothing."""
    assert convert_format.to_xlsx(b"TT;Ten\n1;A\n", ".csv", seconds=0.01) is None
