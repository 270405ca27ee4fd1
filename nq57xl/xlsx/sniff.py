"""What a file is, by its content and never by its extension; a workbook with a password for opening, decrypted.

That is done in memory, in the worker process, under the limits of every file.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence
from typing import Literal

from attrs import frozen

from nq57xl.xlsx.limits import LIMITS, Refused, refuse, too_large
from nq57xl.xlsx.package import ZIP_ERRORS, Package, local, open_zip

_Kind = Literal[
    "xlsx", "xlsm", "xlsb", "xls", "ods", "encrypted", "zip", "docx", "pdf", "html", "csv", "picture", "empty",
    "broken", "msg", "tnef", "flat", "other",
]  # fmt: skip

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TNEF = b"\x78\x9f\x3e\x22"
"""winmail.dat: attachments as Outlook sends them to its own kind ([MS-OXTNEF] 2.1.3.1)."""
_ARCHIVES = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00")
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
_MARKUP = re.compile(rb"<(?:!doctype\s+html|html|head|body|table|meta|style|frameset)\b", re.IGNORECASE)
_HEAD = 4096
_BOF, _FILEPASS, _FIRST_RECORDS = b"\x09\x08\x10\x00\x00\x06\x05\x00", 0x2F, 12
_FLAT = re.compile(
    rb"<office:document\b.*opendocument\.spreadsheet|urn:schemas-microsoft-com:office:spreadsheet", re.DOTALL
)
_MIMETYPE = "application/vnd.oasis.opendocument."


def sniff(data: bytes) -> _Kind:
    """The kind of the file with this content. "csv" stands for any plain text, "zip" for any archive, "flat" for
    spreadsheets that are one XML file (.fods, XML Spreadsheet 2003).

    Raises Refused for an archive that is broken or beyond measure.
    """
    if not data:
        return "empty"
    head = data[:_HEAD]
    if head.startswith(b"PK"):
        return _zipped(data)
    if is_ole(head):
        return _ole(data)
    if head.startswith(_TNEF):
        return "tnef"
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(_ARCHIVES):
        return "zip"
    if _picture(head):
        return "picture"
    return _text(head)


def is_ole(data: bytes) -> bool:
    """The file is a container of Microsoft's old kind, as are .xls and every workbook that Excel encrypts."""
    return data.startswith(_OLE)


def _picture(head: bytes) -> bool:
    if head.startswith(_PICTURES):
        return not head.startswith(b"BM") or b"\x00" in head  # a text may begin with "BM"
    return (head[:4] == b"RIFF" and head[8:12] == b"WEBP") or (head[4:8] == b"ftyp" and head[8:11] in (b"hei", b"mif"))


def _zipped(data: bytes) -> _Kind:
    try:
        with open_zip(data) as archive:
            return _package_kind(archive)
    except ZIP_ERRORS:
        return "broken"
    except Refused as refusal:
        if refusal.finding.code != "FILE_BROKEN":
            raise
        return "broken"


def _package_kind(archive: zipfile.ZipFile) -> _Kind:
    """The kind of a zip by its parts; raises what zipfile raises for a broken one."""
    infos = {info.filename: info for info in archive.infolist()}
    names = {name.replace("\\", "/").lower() for name in infos}
    if any(info.flag_bits & 1 for info in infos.values()):
        return "encrypted"
    if "mimetype" in infos:
        return _open_document(archive)
    if "xl/workbook.bin" in names:
        return "xlsb"
    if any(name.startswith("word/") for name in names):
        return "docx"
    if "[content_types].xml" not in names:
        return "zip"
    content = next(name for name in infos if name.lower() == "[content_types].xml")
    with archive.open(content) as part:
        types = part.read(1 << 20)
    if b"ms-excel.sheet.macroEnabled" in types or b"ms-excel.template.macroEnabled" in types:
        return "xlsm"
    return "xlsx" if b"spreadsheetml" in types else "other"


def _open_document(archive: zipfile.ZipFile) -> _Kind:
    with archive.open("mimetype") as part:
        mimetype = part.read(200).decode("ascii", "replace").strip()
    if not mimetype.startswith(_MIMETYPE):
        return "other"
    try:
        with archive.open("META-INF/manifest.xml") as part:
            if b"encryption-data" in part.read(1 << 20):
                return "encrypted"
    except KeyError:
        pass
    kind = mimetype.removeprefix(_MIMETYPE)
    return "ods" if kind.startswith("spreadsheet") else "docx" if kind.startswith("text") else "other"


def _ole(data: bytes) -> _Kind:
    """An OLE file by the names in its directory, which are UTF-16."""

    def has(name: str) -> bool:
        return name.encode("utf-16-le") in data

    if has("EncryptedPackage") or has("EncryptionInfo"):
        return "encrypted"
    if has("Workbook\0") or has("Book\0"):
        return "encrypted" if _xls_encrypted(data) else "xls"
    if has("__substg1.0_"):
        return "msg"
    return "docx" if has("WordDocument") else "other"


def _xls_encrypted(data: bytes) -> bool:
    """Whether a FILEPASS record follows the beginning of the workbook's stream ([MS-XLS] 2.4.117)."""
    at = data.find(_BOF)
    for _ in range(_FIRST_RECORDS):
        if at < 0 or at + 4 > len(data):
            return False
        kind, length = struct.unpack_from("<HH", data, at)
        if kind == _FILEPASS:
            return True
        at += 4 + length
    return False


def _text(head: bytes) -> _Kind:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "ignore").encode()
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"{\\rtf"):
        return "docx"
    if start.startswith(b"<?xml") and _FLAT.search(start):
        return "flat"
    if start[:13].lower() == b"mime-version:" or (start.startswith(b"<") and _MARKUP.search(start)):
        return "html"
    if b"\x00" in head or start.startswith(b"<?xml"):
        return "other"
    control = sum(byte < 32 and byte not in b"\t\n\r\f\v\x1a" for byte in head)
    return "csv" if control * 50 <= len(head) else "other"


_MANIFEST = "META-INF/manifest.xml"
_CONTENT = "content.xml"
_READ = (_CONTENT, "styles.xml", "meta.xml")
_ROUNDS = 1_000_000
"""LibreOffice hashes a password 100,000 times; more than this is asked only to keep us busy."""
_CHECKED = 1024
"""Bytes of the compressed part that its checksum covers."""


@frozen
class _Lock:
    """How one part is encrypted."""

    iv: bytes
    salt: bytes
    rounds: int
    checksum: bytes

    def open(self, data: bytes, password: str) -> bytes | None:
        """The part, still compressed; None when the password does not fit."""
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        start = hashlib.sha256(password.encode()).digest()
        key = hashlib.pbkdf2_hmac("sha1", start, self.salt, self.rounds, 32)
        if not data or len(data) % 16:
            return None
        opener = Cipher(algorithms.AES(key), modes.CBC(self.iv)).decryptor()
        plain = opener.update(data) + opener.finalize()
        plain = plain[: len(plain) - plain[-1]] if 1 <= plain[-1] <= 16 else plain
        return plain if hashlib.sha256(plain[:_CHECKED]).digest() == self.checksum else None


def _decrypt_ods(data: bytes, passwords: Sequence[str]) -> bytes:
    """The spreadsheet without its encryption: the parts that are read, and the names of all others.

    Raises Refused: FILE_ENCRYPTED where no password was given or the kind of encryption is another,
    FILE_PASSWORD_WRONG where none fits, and what a Package raises.
    """
    package = Package(data)
    locks = _locks(package) if "mimetype" in package else {}
    if _CONTENT not in locks or not passwords:
        raise refuse("FILE_ENCRYPTED")
    locked = b"".join(package.chunks(_CONTENT))
    fitting = next((item for item in passwords if item and locks[_CONTENT].open(locked, item) is not None), None)
    if fitting is None:
        raise refuse("FILE_PASSWORD_WRONG")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as plain:
        for name in package.names():
            if name != _MANIFEST and not name.endswith("/"):
                plain.writestr(name, _part(package, name, locks.get(name), fitting))
    return out.getvalue()


def _part(package: Package, name: str, lock: _Lock | None, password: str) -> bytes:
    """The part as it is read; empty where it is not."""
    if name != "mimetype" and name not in _READ:
        return b""
    content = b"".join(package.chunks(name))
    if lock is None:
        return content
    packed = lock.open(content, password)
    if packed is None:
        raise refuse("FILE_BROKEN")
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        unpacked = inflater.decompress(packed, LIMITS.unpacked_bytes)
    except zlib.error as error:
        raise refuse("FILE_BROKEN") from error
    if inflater.unconsumed_tail:
        raise refuse("FILE_UNSAFE", value="dung lượng giải nén quá lớn")
    return unpacked


def _locks(package: Package) -> dict[str, _Lock]:
    """The parts that are encrypted in the one way that is opened here."""
    locks = {}
    for entry in package.tree(_MANIFEST).iterfind("file-entry"):
        told = {f"{item.tag}/{local(name)}": value for item in entry.iter() for name, value in item.items()}
        if entry.find("encryption-data") is not None and (lock := _lock_of(told)) is not None:
            locks[entry.get("manifest:full-path", "")] = lock
    return locks


def _lock_of(told: dict[str, str]) -> _Lock | None:
    kinds = (
        told.get("algorithm/algorithm-name", "").endswith("#aes256-cbc"),
        told.get("key-derivation/key-derivation-name")
        in ("PBKDF2", "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0#pbkdf2"),
        told.get("start-key-generation/start-key-generation-name", "").endswith("#sha256"),
        told.get("encryption-data/checksum-type", "").endswith("#sha256-1k"),
    )
    try:
        rounds = int(told["key-derivation/iteration-count"])
        iv, salt, checksum = (
            base64.b64decode(told[name], validate=True)
            for name in ("algorithm/initialisation-vector", "key-derivation/salt", "encryption-data/checksum")
        )
    except (KeyError, ValueError, binascii.Error):
        return None
    return _Lock(iv, salt, rounds, checksum) if all(kinds) and 0 < rounds <= _ROUNDS and len(iv) == 16 else None


_EXCELS_OWN = "VelvetSweatshop"
"""Excel encrypts with this password, and opens without asking, where only the structure of a workbook is protected."""
_SPINS = 1_000_000
"""Times that a password is hashed: Excel and LibreOffice do it 100,000 times; ten millions would take a minute."""
_SPUN = re.compile(rb"""spinCount\s*=\s*["'](\d*)""")
_DESCRIPTION = 64 * 1024
"""Bytes of the stream that describes the encryption: Excel writes one or two thousand."""


class _UnsupportedError(Exception):
    """Encrypted in a way, or with a content, that is not opened."""


def decrypt(data: bytes, passwords: Sequence[str]) -> bytes:
    """The workbook inside, opened with the first password that fits.

    Raises Refused: FILE_ENCRYPTED where no password was given or the kind of encryption is not opened,
    FILE_PASSWORD_WRONG where none fits, FILE_TOO_LARGE for a content over the limit.
    """
    # each as typed, and with its accents composed as keyboards make them
    both = (form for text in passwords if text for form in (text, unicodedata.normalize("NFC", text)))
    spelt = list(dict.fromkeys(both))
    if not is_ole(data):
        return _decrypt_ods(data, spelt)
    try:
        _require_plain_description(data)
        for password in dict.fromkeys((*spelt, _EXCELS_OWN)):
            opened = _open(data, password)
            if opened is not None:
                return opened
    except _UnsupportedError as error:
        raise refuse("FILE_ENCRYPTED") from error
    raise refuse("FILE_PASSWORD_WRONG" if passwords else "FILE_ENCRYPTED")


def _open(data: bytes, password: str) -> bytes | None:
    """The decrypted content; None when the password does not fit."""
    import msoffcrypto
    from msoffcrypto.exceptions import InvalidKeyError

    out = io.BytesIO()
    try:
        book = msoffcrypto.OfficeFile(io.BytesIO(data))
        if book.format == "ooxml":
            book.load_key(password=password, verify_password=True)
        else:
            book.load_key(password=password)
        book.decrypt(out)
    except InvalidKeyError:
        return None
    except MemoryError:
        raise
    except Exception as error:  # a parser of somebody else's on a file that may be built to break it
        raise _UnsupportedError from error
    if out.tell() > LIMITS.file_bytes:
        raise Refused(too_large(out.tell()))
    return out.getvalue()


def _require_plain_description(data: bytes) -> None:
    """The description of the encryption is small, asks for no endless work and declares no document type, in whatever
    encoding."""
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            if not ole.exists("EncryptionInfo"):
                return
            with ole.openstream("EncryptionInfo") as stream:
                text = stream.read(_DESCRIPTION + 1)
    except Exception as error:
        raise _UnsupportedError from error
    plain = text.replace(b"\0", b"")
    if len(text) > _DESCRIPTION or b"<!" in plain or any(int(count or 0) > _SPINS for count in _SPUN.findall(plain)):
        raise _UnsupportedError
