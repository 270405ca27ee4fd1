"""Archives and mails: what is in them comes out, and nothing else happens."""

from __future__ import annotations

import io
import sys
import zipfile
import zlib
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

import attrs
import pytest

from nq57xl.commands.watch import _arrival_state
from nq57xl.forms.model import Source
from nq57xl.returns.sources import (
    _kind,
    _Member,
    _read_mail,
    container_kind,
    members,
    with_mail_time,
)
from nq57xl.text.clock import VIETNAM
from nq57xl.xlsx.limits import LIMITS
from nq57xl.xlsx.package import safe_name
from nq57xl.xlsx.sniff import sniff
from tests.hostile import good, ole, zipped
from tests.returns_kit import issued

NOW = datetime(2026, 4, 20, 9, 30, tzinfo=VIETNAM)


def opened(tmp_path: Path, data: bytes, name: str = "a.zip") -> list[_Member]:
    path = tmp_path / name
    path.write_bytes(data)
    source = Source(name, name, "0" * 64, len(data), NOW, "first_seen")
    return [attrs.evolve(item, source=with_mail_time(item.source, NOW)[0]) for item in members(source, path)]


def kind(tmp_path: Path, data: bytes) -> str | None:
    path = tmp_path / "x"
    path.write_bytes(data)
    return container_kind(path)


def shown(found: list[_Member]) -> list[tuple[str, str]]:
    """(path, codes) of each member."""
    return [(item.source.path, ",".join(finding.code for finding in item.findings)) for item in found]


def named(names: Mapping[bytes, bytes], *, utf8: bool = False) -> bytes:
    """A zip whose names are stored as these bytes, without telling the encoding (as Windows does) or as UTF-8."""
    placeholders = {f"{number:0{len(raw)}d}": raw for number, raw in enumerate(names)}
    data = zipped({place: names[raw] for place, raw in placeholders.items()})
    for place, raw in placeholders.items():
        data = data.replace(place.encode(), raw)
    if utf8:
        changed = bytearray(data)
        for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            at = changed.find(signature)
            while at >= 0:
                changed[at + offset + 1] |= 0x08
                at = changed.find(signature, at + 4)
        data = bytes(changed)
    return data


def mail(
    files: Mapping[str, bytes], *, date: str = "Thu, 16 Apr 2026 09:00:00 +0700", text: str = "Gửi báo cáo."
) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Phòng Quản lý đô thị <qldt.sxd@dongnai.gov.vn>"
    message["To"] = "vp.sxd@dongnai.gov.vn"
    message["Subject"] = "Báo cáo tháng 4"
    if date:
        message["Date"] = date
    message.set_content(text)
    for name, data in files.items():
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message


# --- archives -------------------------------------------------------------------------------------------------------


def test_members_of_an_archive(tmp_path: Path) -> None:
    """Each file is a source named archive.zip!member with its own hash; noise and folders are none."""
    data = zipped(
        {"Phòng A/a.xlsx": b"1", "b.xlsx": b"2", "~$b.xlsx": b"x", "__MACOSX/._b.xlsx": b"x", ".DS_Store": b""}
    )
    found = opened(tmp_path, data)
    assert shown(found) == [("a.zip!Phòng A/a.xlsx", ""), ("a.zip!b.xlsx", "")]
    assert (found[0].data, found[0].source.name, found[0].source.size) == (b"1", "a.xlsx", 1)
    assert len({item.source.sha256 for item in found}) == 2
    assert found[0].source.received_at == NOW


def test_nested_archives(tmp_path: Path) -> None:
    """Archives in archives are opened, down to a limit that has its own message."""
    data = zipped({"x.xlsx": b"1"})
    for level in range(LIMITS.archive_depth - 1):
        data = zipped({f"{level}.zip": data})
    assert shown(opened(tmp_path, data)) == [
        ("a.zip!2.zip!1.zip!0.zip!x.xlsx".replace("2.zip!1.zip!0", "2.zip!1.zip!0"), "")
    ]
    deeper = opened(tmp_path, zipped({"9.zip": data}))
    assert [code for _, code in shown(deeper)] == ["ARCHIVE_TOO_DEEP"]


@pytest.mark.parametrize(
    ("raw", "utf8", "name"),
    [
        ("Báo cáo tháng 4 – Đô thị.xlsx".encode(), True, "Báo cáo tháng 4 – Đô thị.xlsx"),
        ("Báo cáo tháng 4 – Đô thị.xlsx".encode(), False, "Báo cáo tháng 4 – Đô thị.xlsx"),
        ("Ba\u0301o ca\u0301o.xlsx".encode(), True, "Báo cáo.xlsx"),
        ("Ba\u0301o ca\u0301o Ðô thi\u0323.xlsx".replace("Ð", "Đ").encode("cp1258"), False, "Báo cáo Đô thị.xlsx"),
        ("B¸o c¸o th¸ng 4.xlsx".encode("cp1252"), False, "Báo cáo tháng 4.xlsx"),
        ("Müller.xlsx".encode("cp437"), False, "Müller.xlsx"),
    ],
)
def test_names_in_any_encoding(tmp_path: Path, raw: bytes, utf8: bool, name: str) -> None:
    """UTF-8 with or without its flag, the code page of Vietnamese Windows, TCVN3, old DOS names."""
    (found,) = opened(tmp_path, named({raw: b"1"}, utf8=utf8))
    assert found.source.path == f"a.zip!{name}"


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("C:\\Windows\\a.xlsx", "Windows/a.xlsx"),
        ("..\\..\\a.xlsx", "a.xlsx"),
        ("\\\\server\\share\\a.xlsx", "server/share/a.xlsx"),
        ("a\x00b\u202excod.xlsx", "abxcod.xlsx"),
        ("a.zip!b.xlsx", "a.zip_b.xlsx"),
        ("../..", "tep"),
        ("", "tep"),
    ],
)
def test_names_that_lead_elsewhere(given: str, safe: str) -> None:
    """Absolute names, drives, "..", shares and control signs are neutralised."""
    assert safe_name(given) == safe


def test_nothing_is_written(tmp_path: Path) -> None:
    """Opening an archive with a path out of it writes no file anywhere."""
    found = opened(tmp_path, zipped({"../../evil.xlsx": b"1", "/abs.xlsx": b"2"}))
    assert shown(found) == [("a.zip!evil.xlsx", ""), ("a.zip!abs.xlsx", "")]
    assert [path.name for path in tmp_path.rglob("*")] == ["a.zip"]


def test_same_name_twice(tmp_path: Path) -> None:
    """Two members of one name are two sources."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("a.xlsx", b"1")
        archive.writestr("a.xlsx", b"2")
    assert [path for path, _ in shown(opened(tmp_path, buffer.getvalue()))] == ["a.zip!a.xlsx", "a.zip!a.xlsx (2)"]


def test_limits_of_archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many members, too many bytes, one member too large: what fits is taken, the rest is told by its own code."""
    data = zipped({f"{number}.xlsx": bytes([number]) * 1000 for number in range(5)})
    monkeypatch.setattr(LIMITS, "archive_members", 3)
    assert [code for _, code in shown(opened(tmp_path, data))] == ["", "", "", "ARCHIVE_TOO_MANY"]
    monkeypatch.setattr(LIMITS, "archive_members", 100)
    monkeypatch.setattr(LIMITS, "archive_bytes", 2500)
    assert [code for _, code in shown(opened(tmp_path, data))] == ["", "", "ARCHIVE_TOO_BIG"]
    monkeypatch.setattr(LIMITS, "archive_bytes", 10_000)
    monkeypatch.setattr(LIMITS, "file_bytes", 999)
    (first, *_) = opened(tmp_path, data)
    assert (first.findings[0].code, first.source.size, first.data) == ("FILE_TOO_LARGE", 1000, b"")


def test_a_bomb_costs_its_limit_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes that the archive tells are not believed: what comes out is counted."""
    monkeypatch.setattr(LIMITS, "archive_bytes", 1 << 20)
    data = bytearray(zipped({"a.xlsx": b"\0" * (40 << 20)}))
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    assert [code for _, code in shown(opened(tmp_path, bytes(data)))] in (["ARCHIVE_TOO_BIG"], ["FILE_BROKEN"])


def test_long_lists_of_members_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive whose list of members is beyond measure is not opened: the reader refuses it in its own process."""
    data = zipped({f"{number}.xlsx": b"" for number in range(200)})
    assert kind(tmp_path, data) == "zip"
    monkeypatch.setattr(LIMITS, "archive_directory", 5000)
    assert kind(tmp_path, data) is None


def test_broken_member(tmp_path: Path) -> None:
    """A member that is damaged is told by name; the others are taken."""
    data = bytearray(zipped({"a.xlsx": good(), "b.xlsx": b"whole"}))
    data[100:110] = b"\xff" * 10
    found = opened(tmp_path, bytes(data))
    assert shown(found) == [("a.zip!b.xlsx", ""), ("a.zip", "FILE_BROKEN")]
    assert "«a.xlsx»" in found[1].findings[0].message


def test_archives_with_a_tail_and_halves_of_archives(tmp_path: Path) -> None:
    """Bytes behind an archive's end change nothing; half an archive is not taken for the whole one inside it."""
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr("a.xlsx", good())
        archive.writestr("b.bin", bytes(200_000))
    whole = stored.getvalue()
    assert [path for path, _ in shown(opened(tmp_path, whole + bytes(100_000)))] == ["a.zip!a.xlsx", "a.zip!b.bin"]
    assert _arrival_state(tmp_path / "a.zip") == "whole"
    half = whole[:-100_000]
    assert (kind(tmp_path, half), sniff(half)) == (None, "broken")
    assert sniff(whole[: whole.index(bytes(1000))]) == "broken"


def test_empty_archive(tmp_path: Path) -> None:
    """An archive with nothing in it is told as such."""
    assert shown(opened(tmp_path, zipped({"~$a.xlsx": b""}))) == [("a.zip", "ARCHIVE_EMPTY")]


def test_what_is_a_container(tmp_path: Path) -> None:
    """Workbooks, broken archives and texts are none, whatever their names; archives and mails are."""
    assert kind(tmp_path, zipped({"a.xlsx": b"1"})) == "zip"
    assert kind(tmp_path, bytes(mail({}))) == "mail"
    for data in (issued(), good(), b"PK\x03\x04broken", b"", b"From: a\nTo: b\nplain", "TT;Nội dung".encode()):
        assert kind(tmp_path, data) is None


# --- mails ----------------------------------------------------------------------------------------------------------


def test_mail(tmp_path: Path) -> None:
    """Attachments become sources with the mail's date, sender and subject."""
    data = bytes(mail({"Báo cáo tháng 4.xlsx": b"1", "b.xlsx": b"2"}))
    found = opened(tmp_path, data, "thu.eml")
    assert shown(found) == [("thu.eml!Báo cáo tháng 4.xlsx", ""), ("thu.eml!b.xlsx", "")]
    source = found[0].source
    assert (source.received_at.isoformat(), source.received_basis) == ("2026-04-16T09:00:00+07:00", "mail")
    assert (source.sender, source.subject) == ("Phòng Quản lý đô thị <qldt.sxd@dongnai.gov.vn>", "Báo cáo tháng 4")


@pytest.mark.parametrize(
    ("date", "received", "basis"),
    [
        ("Thu, 16 Apr 2026 02:00:00 +0000", "2026-04-16T09:00:00+07:00", "mail"),
        ("Thu, 16 Apr 2026 02:00:00 -0000", "2026-04-16T02:00:00+07:00", "mail"),
        ("Thu, 16 Apr 2026 02:00:00 GMT", "2026-04-16T09:00:00+07:00", "mail"),
        ("hôm qua", "2026-04-20T09:30:00+07:00", "first_seen"),
        ("", "2026-04-20T09:30:00+07:00", "first_seen"),
        ("Thu, 16 Apr 2099 02:00:00 +0700", "2026-04-20T09:30:00+07:00", "first_seen"),
        ("Thu, 32 Apr 2026 99:00:00 +0700", "2026-04-20T09:30:00+07:00", "first_seen"),
    ],
)
def test_date_of_a_mail(tmp_path: Path, date: str, received: str, basis: str) -> None:
    """The mail's date in Vietnam's time, which one without a zone is in; a missing or future one is not believed."""
    (found,) = opened(tmp_path, bytes(mail({"a.xlsx": b"1"}, date=date)), "thu.eml")
    assert (found.source.received_at.isoformat(), found.source.received_basis) == (received, basis)


def test_mail_in_a_mail_and_in_an_archive(tmp_path: Path) -> None:
    """Forwarded mails are opened; the outermost mail tells when it came, the inner one who sent it."""
    inner = mail({"a.xlsx": b"1"}, date="Fri, 10 Apr 2026 08:00:00 +0700")
    outer = mail({"b.zip": zipped({"c.xlsx": b"3"})})
    del outer["From"]
    outer["From"] = "vp.sxd@dongnai.gov.vn"
    outer.add_attachment(inner)
    found = opened(tmp_path, zipped({"thu/x.eml": bytes(outer)}))
    assert shown(found) == [
        ("a.zip!thu/x.eml!b.zip!c.xlsx", ""),
        ("a.zip!thu/x.eml!Báo cáo tháng 4.eml!a.xlsx", ""),
    ]
    assert {item.source.received_at.isoformat() for item in found} == {"2026-04-16T09:00:00+07:00"}
    assert [item.source.sender for item in found] == [
        "vp.sxd@dongnai.gov.vn", "Phòng Quản lý đô thị <qldt.sxd@dongnai.gov.vn>",
    ]  # fmt: skip


def test_pictures_of_a_signature_are_no_files(tmp_path: Path) -> None:
    """The text of a mail and a picture shown in it were not handed in; a scan attached to it was."""
    message = mail({"a.xlsx": b"1"})
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", cid="<logo>", disposition="inline")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="ban-ky.pdf")
    names = [item.source.name for item in opened(tmp_path, bytes(message), "thu.eml")]
    assert sorted(names) == ["a.xlsx", "ban-ky.pdf"]


def test_mail_without_files(tmp_path: Path) -> None:
    """A mail that forgot its attachment is told as such."""
    assert shown(opened(tmp_path, bytes(mail({})), "thu.eml")) == [("thu.eml", "MAIL_WITHOUT_FILES")]


def test_raw_eight_bit_headers() -> None:
    """Headers that break the standard are read all the same."""
    data = b"From: Ph\xc3\xb2ng A <a@x.vn>\r\nTo: b@x.vn\r\nSubject: B\xc3\xa1o c\xc3\xa1o\r\n\r\nx"
    found = _read_mail(data)
    assert (found.sender, found.subject, found.times) == ("Phòng A <a@x.vn>", "Báo cáo", ())


@pytest.mark.parametrize(
    "data",
    [
        b"From: a\nTo: b\nSubject: c\nContent-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\n" * 50_000,
        b"From: a\nTo: b\nSubject: c\n"
        + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000)),
        b"From: a\nTo: b\nSubject: =?utf-8?b?=====?=\nContent-Type: message/rfc822\n\nx",
        b"From: a\nTo: b\nSubject: c\nContent-Type: application/x; name*0*=%ff'%%%\n\nx",
    ],
    ids=["many parts", "deep parts", "broken word", "broken name"],
)
def test_hostile_mails(tmp_path: Path, data: bytes) -> None:
    """Mails made to break a parser end in a finding, soon."""
    assert _kind(data[:4096]) == "mail"
    assert all(finding.severity == "error" for item in opened(tmp_path, data, "x.eml") for finding in item.findings)


def test_a_missing_library_is_no_broken_mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the installation lacks is not recorded as the unit's fault; a mail of Outlook that is broken is told."""
    data = ole("Root Entry", "__substg1.0_0037001F")
    assert [code for _, code in shown(opened(tmp_path, data, "a.msg"))] == ["FILE_BROKEN"]
    monkeypatch.setitem(sys.modules, "oxmsg", None)
    with pytest.raises(ImportError):
        opened(tmp_path, data, "a.msg")


def test_saved_web_page_is_no_mail() -> None:
    """A browser's .mht looks like a mail and is none."""
    head = b"From: <Saved by Blink>\r\nSubject: x\r\nDate: Thu, 16 Apr 2026 09:00:00 +0700\r\nMIME-Version: 1.0\r\n\r\n"
    assert _kind(head) is None


def test_crc_of_unicode_name_is_checked() -> None:
    """The extra field with a name in UTF-8 counts only for the name that it was made for."""
    info = zipfile.ZipInfo("b.xlsx")
    info.flag_bits = 0
    raw, name = b"b.xlsx", "Báo cáo.xlsx".encode()
    from nq57xl.xlsx.package import member_names

    body = b"\x01" + zlib.crc32(raw).to_bytes(4, "little") + name
    info.extra = (0x7075).to_bytes(2, "little") + len(body).to_bytes(2, "little") + body
    assert member_names([info]) == ["Báo cáo.xlsx"]
    info.extra = info.extra.replace(zlib.crc32(raw).to_bytes(4, "little"), b"\0\0\0\0")
    assert member_names([info]) == ["b.xlsx"]
