"""Files with a password: opened with `--password`, under the limits of every file, and the password kept nowhere."""

from __future__ import annotations

import base64
import datetime as dt
import functools
import hashlib
import io
import json
import shutil
import zipfile
import zlib
from pathlib import Path

import pytest
from click.testing import CliRunner
from msoffcrypto.method.ecma376_agile import ECMA376Agile

from nq57xl.cli import cli, environment
from nq57xl.commands.collect import Collected, check_file, collect
from nq57xl.commands.demo import Department
from nq57xl.commands.office import Office
from nq57xl.commands.status import events, status
from nq57xl.ledger.workspace import Workspace
from nq57xl.text.clock import VIETNAM, Clock
from nq57xl.xlsx import sniff as decrypting
from nq57xl.xlsx.cells import RawWorkbook
from nq57xl.xlsx.limits import LIMITS, Refused
from nq57xl.xlsx.read import read_bytes
from nq57xl.xlsx.sniff import sniff
from tests.april_kit import office_in_april
from tests.office import ODS, XLS, XLSX, type_into

PERIOD = "2026-04"
DUE = dt.date(2026, 4, 17)
SECRET = "Mật khẩu 57!"
NOON = dt.datetime(2026, 4, 16, 12, tzinfo=VIETNAM)


EXCEL, FEW = 100_000, 1_000
"""Rounds of hashing of a password: Excel's own, and what most tests can do with, for these cost a tenth of a second."""


@functools.cache
def encrypted(plain: bytes, password: str = SECRET, rounds: int = FEW) -> bytes:
    """As Excel 2010 and later encrypt (agile, AES-256, SHA-512)."""
    found: bytes = ECMA376Agile.encrypt(password, io.BytesIO(plain), spin_count=rounds)
    return found


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which April was issued."""
    root = tmp_path_factory.mktemp("khóa") / "Văn phòng"
    office_in_april(root)
    return root


@pytest.fixture(scope="module")
def plain(issued: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A report of VP without a password."""
    filled = tmp_path_factory.mktemp("điền") / "mở.xlsx"
    Department(7, DUE).fill(Workspace(issued).forms_dir(PERIOD) / f"NQ57_{PERIOD}_VP.xlsx", filled)
    return filled.read_bytes()


@pytest.fixture
def office(issued: Path, tmp_path: Path) -> Office:
    """A copy of it to work in."""
    root = shutil.copytree(issued, tmp_path / "Văn phòng")
    return Office.at(root, Clock(NOON), soffice=environment._soffice())


@pytest.fixture
def locked(plain: bytes, tmp_path: Path) -> Path:
    """The report with a password."""
    path = tmp_path / "gửi" / "có mật khẩu.xlsx"
    path.parent.mkdir()
    path.write_bytes(encrypted(plain))
    return path


def codes(done: Collected) -> list[str]:
    (item,) = done.returns
    return [finding.code for finding in item.findings]


def test_an_encrypted_workbook_is_read_with_its_password(office: Office, locked: Path, plain: bytes) -> None:
    """Accepted, a note says that it was opened; the archive keeps the encrypted original under its own hash."""
    locked.write_bytes(encrypted(plain, rounds=EXCEL))
    done = collect(office, [locked], PERIOD, passwords=("sai", SECRET))
    (item,) = done.returns
    assert (item.verdict, item.unit) == ("accepted", "VP")
    assert codes(done) == ["FILE_DECRYPTED"]
    kept = office.workspace.archived(item.source.sha256)
    assert kept is not None and kept.read_bytes() == locked.read_bytes()


@pytest.mark.needs("soffice")
def test_what_libreoffice_locks_is_read(office: Office, plain: bytes, tmp_path: Path) -> None:
    """Saved with a password as .xlsx, .xls (RC4) and .ods (AES): each opens with it, with the values as typed."""
    whole = tmp_path / "mở.xlsx"
    whole.write_bytes(plain)
    locked = [(tmp_path / f"khóa.{kind}", name) for kind, name in (("xlsx", XLSX), ("xls", XLS), ("ods", ODS))]
    type_into(whole, tmp_path / "lưu lại.xlsx", [], locked=locked, password=SECRET)
    (same,) = check_file(office, tmp_path / "lưu lại.xlsx", PERIOD).returns
    assert same.verdict == "accepted"
    expected = values_of(read_bytes((tmp_path / "lưu lại.xlsx").read_bytes()))
    for path, _ in locked:
        assert sniff(path.read_bytes()) == "encrypted"
        (item,) = check_file(office, path, PERIOD, passwords=("sai", SECRET)).returns
        assert (item.verdict, item.unit) == ("accepted", "VP"), path
        assert "FILE_DECRYPTED" in {finding.code for finding in item.findings}
        found = values_of(read_bytes(path.read_bytes(), (SECRET,), environment._soffice()))
        assert {place: found.get(place) for place in expected} == expected, path
        for passwords, code in (((), "FILE_ENCRYPTED"), (("sai",), "FILE_PASSWORD_WRONG")):
            with pytest.raises(Refused) as caught:
                read_bytes(path.read_bytes(), passwords)
            assert caught.value.finding.code == code


def values_of(raw: RawWorkbook) -> dict[tuple[str, int, int], object]:
    """Every value by sheet and place; numbers rounded as programs print them."""
    return {
        (sheet.name, *place): round(cell.value, 9) if isinstance(cell.value, float) else cell.value
        for sheet in raw.sheets
        for place, cell in sheet.cells.items()
        if cell.formula is None and cell.value not in (None, "")
    }


def test_without_the_password_or_with_a_wrong_one_it_is_named(office: Office, locked: Path) -> None:
    """Neither is accepted; a wrong password is told as such, with what to do."""
    done = check_file(office, locked, PERIOD)
    assert [(item.verdict, item.findings[0].code) for item in done.returns] == [("unrecognised", "FILE_ENCRYPTED")]
    wrong = check_file(office, locked, PERIOD, passwords=("sai",))
    (finding,) = wrong.returns[0].findings
    assert (finding.code, wrong.accepted) == ("FILE_PASSWORD_WRONG", False)
    assert "Hỏi lại đơn vị mật khẩu" in finding.fix


def test_a_file_that_stayed_closed_is_read_once_its_password_is_known(office: Office, locked: Path) -> None:
    """Collected without, with a wrong and with the right password: one record, with the time it came first."""
    assert collect(office, [locked], PERIOD, NOON).returns[0].verdict == "unrecognised"
    assert collect(office, [locked], PERIOD).returns[0].verdict == "duplicate"
    wrong = collect(office, [locked], PERIOD, passwords=("sai",))
    assert (wrong.returns[0].verdict, codes(wrong)) == ("unrecognised", ["FILE_PASSWORD_WRONG"])
    assert len(status(office, PERIOD).status.unrecognised) == 1
    later = Office.at(office.workspace.root, Clock(NOON + dt.timedelta(days=9)))
    assert collect(later, [locked], PERIOD, passwords=(SECRET,)).returns[0].verdict == "accepted"
    here = status(office, PERIOD).status
    (unit,) = (item for item in here.units if item.code == "VP")
    assert (unit.state, unit.received_at, unit.on_time, here.unrecognised) == ("accepted", NOON, True, ())
    assert [item.what for item in events(office)].count("reread") == 1
    assert collect(office, [locked], PERIOD, passwords=(SECRET,)).returns[0].verdict == "duplicate"


def test_the_password_is_recorded_nowhere(office: Office, locked: Path) -> None:
    """Neither the ledger, its copies, the log nor any file of the workspace holds it."""
    collect(office, [locked], PERIOD, passwords=(SECRET, "Mật khẩu sai 58!"))
    for path in office.workspace.root.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for word in (SECRET, "Mật khẩu sai 58!"):
                assert word.encode() not in data and word.encode("utf-16-le") not in data, path


def test_excels_own_password_is_tried_without_being_given(plain: bytes) -> None:
    """A workbook of which only the structure is protected opens as it does in Excel."""
    raw = read_bytes(encrypted(plain, "VelvetSweatshop"))
    assert [note.code for note in raw.notes] == ["FILE_DECRYPTED"]


def test_a_password_fits_however_its_accents_were_typed(plain: bytes) -> None:
    """Typed in letters and accents apart (macOS), it opens what a keyboard with composed letters locked."""
    import unicodedata

    typed = unicodedata.normalize("NFD", SECRET)
    assert typed != SECRET
    assert read_bytes(encrypted(plain), (typed,)).sheets


def test_what_is_inside_is_under_the_same_limits(plain: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too large, no workbook, encrypted twice: each refused for what it is."""
    with pytest.raises(Refused) as caught:
        read_bytes(encrypted(b"PK no workbook at all"), (SECRET,))
    assert caught.value.finding.code in ("FILE_ENCRYPTED", "FILE_PASSWORD_WRONG", "FILE_BROKEN")
    monkeypatch.setattr(LIMITS, "file_bytes", 1000)
    with pytest.raises(Refused) as caught:
        decrypting.decrypt(encrypted(plain), (SECRET,))
    assert caught.value.finding.code == "FILE_TOO_LARGE"


def test_a_document_type_in_the_description_is_not_parsed(plain: bytes) -> None:
    """The XML that describes the encryption is refused before any parser sees a declaration in it."""
    data = encrypted(plain)
    assert data.count(b"<encryption ") == 1
    spoilt = data.replace(b"<encryption ", b"<!DOCTYPE a>", 1)
    with pytest.raises(Refused) as caught:
        read_bytes(spoilt, (SECRET,))
    assert caught.value.finding.code == "FILE_ENCRYPTED"


def test_a_description_that_asks_for_endless_hashing_is_refused(plain: bytes) -> None:
    """Ten million rounds for each password: refused at once, not tried until the worker's time is over."""
    data = encrypted(plain, rounds=EXCEL)
    assert data.count(b'spinCount="100000"') == 1
    spoilt = data.replace(b'spinCount="100000"', b'spinCount="9999999"').replace(
        b'standalone="yes"', b'standalone="no"'
    )
    with pytest.raises(Refused) as caught:
        read_bytes(spoilt, (SECRET,))
    assert caught.value.finding.code == "FILE_ENCRYPTED"


@pytest.mark.parametrize("cut", [600, 3000, 9000, -5000, -700])
def test_a_broken_encrypted_file_is_refused_and_nothing_else(plain: bytes, cut: int) -> None:
    """Cut anywhere: refused by name, no other exception."""
    with pytest.raises(Refused):
        read_bytes(encrypted(plain)[:cut], (SECRET,))


def test_the_command_takes_passwords_and_asks_for_one(office: Office, locked: Path) -> None:
    """`check --password` and `--ask-password`: exit 0, and 1 with a wrong one; the typed one is not shown."""
    base = ["-w", str(office.workspace.root), "check", str(locked), "--period", PERIOD, "--json"]
    done = CliRunner().invoke(cli, [*base, "--password", "sai", "--password", SECRET])
    assert (done.exit_code, json.loads(done.stdout)["returns"][0]["verdict"]) == (0, "accepted")
    asked = CliRunner().invoke(cli, [*base, "--ask-password"], input=f"{SECRET}\n")
    assert asked.exit_code == 0
    assert SECRET not in asked.stdout + asked.stderr
    assert CliRunner().invoke(cli, base).exit_code == 1


MANIFEST = """<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">
<manifest:file-entry manifest:full-path="content.xml" manifest:size="10">
<manifest:encryption-data manifest:checksum-type="urn:x#sha256-1k" manifest:checksum="{checksum}">
<manifest:algorithm manifest:algorithm-name="http://www.w3.org/2001/04/xmlenc#aes256-cbc"
 manifest:initialisation-vector="AAAAAAAAAAAAAAAAAAAAAA=="/>
<manifest:key-derivation manifest:key-derivation-name="PBKDF2" manifest:iteration-count="{rounds}"
 manifest:salt="AAAA"/>
<manifest:start-key-generation manifest:start-key-generation-name="http://www.w3.org/2000/09/xmldsig#sha256"/>
</manifest:encryption-data></manifest:file-entry></manifest:manifest>"""


def spreadsheet(content: bytes, *, rounds: int = 10, checksum: str | None = None, doctype: str = "") -> bytes:
    """An encrypted .ods with that (compressed) content, locked with SECRET as LibreOffice locks."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    start = hashlib.sha256(SECRET.encode()).digest()
    key = hashlib.pbkdf2_hmac("sha1", start, base64.b64decode("AAAA"), min(rounds, 1000), 32)
    padding = 16 - len(content) % 16
    locker = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor()
    sealed = locker.update(content + bytes([padding]) * padding) + locker.finalize()
    told = checksum or base64.b64encode(hashlib.sha256(content[:1024]).digest()).decode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("content.xml", sealed)
        package.writestr("META-INF/manifest.xml", doctype + MANIFEST.format(rounds=rounds, checksum=told))
    return out.getvalue()


def deflated(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


SHEET = (
    b'<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x"><office:body><office:spreadsheet>'
    b'<table:table table:name="S"><table:table-row><table:table-cell office:value-type="float" office:value="57"/>'
    b"</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"
)


def test_an_encrypted_spreadsheet_is_opened_part_by_part() -> None:
    """What LibreOffice's way of locking holds is read by our own description of it."""
    raw = read_bytes(spreadsheet(deflated(SHEET)), ("sai", SECRET))
    assert [cell.value for cell in raw.sheets[0].cells.values()] == [57.0]
    assert [note.code for note in raw.notes] == ["FILE_DECRYPTED"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (spreadsheet(deflated(SHEET), rounds=2_000_000_000), "FILE_ENCRYPTED"),
        (spreadsheet(deflated(SHEET), checksum="AAAA"), "FILE_PASSWORD_WRONG"),
        (spreadsheet(b"not deflated at all"), "FILE_BROKEN"),
        (spreadsheet(deflated(SHEET), doctype="<!DOCTYPE a>"), "FILE_UNSAFE"),
        (spreadsheet(deflated(SHEET[:100])), "FILE_BROKEN"),
        (spreadsheet(deflated(b" " * (1 << 20))), "FILE_UNSAFE"),
    ],
    ids=["endless rounds", "wrong checksum", "no compression", "document type", "cut", "bomb"],
)
def test_a_hostile_encrypted_spreadsheet_is_refused_by_name(
    data: bytes, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Endless rounds, a wrong checksum, broken compression, a document type, a bomb: each its own message."""
    monkeypatch.setattr(LIMITS, "unpacked_bytes", 100_000)
    with pytest.raises(Refused) as caught:
        read_bytes(data, (SECRET,))
    assert caught.value.finding.code == code
