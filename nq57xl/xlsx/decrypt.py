"""Workbooks with a password for opening: decrypted in memory, in the worker process, under the limits of every file."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence

from attrs import define, field, frozen

from nq57xl.xlsx import limits
from nq57xl.xlsx.package import Attributes, Package, local
from nq57xl.xlsx.refused import Refused, refuse, too_large
from nq57xl.xlsx.sniff import is_ole

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
        unpacked = inflater.decompress(packed, limits.UNPACKED_BYTES)
    except zlib.error as error:
        raise refuse("FILE_BROKEN") from error
    if inflater.unconsumed_tail:
        raise refuse("FILE_UNSAFE", value="dung lượng giải nén quá lớn")
    return unpacked


def _locks(package: Package) -> dict[str, _Lock]:
    """The parts that are encrypted in the one way that is opened here."""
    reader = _ManifestReader()
    package.parse(_MANIFEST, reader.start, reader.end)
    return reader.locks


@define
class _ManifestReader:
    """Reads META-INF/manifest.xml as it streams by."""

    locks: dict[str, _Lock] = field(factory=dict)
    _name: str = ""
    _told: dict[str, str] = field(factory=dict)

    def start(self, tag: str, attributes: Attributes) -> None:
        """Collects what is said of the encryption of the part."""
        kind = local(tag)
        if kind == "file-entry":
            self._name, self._told = attributes.get("manifest:full-path", ""), {}
        elif kind in ("encryption-data", "algorithm", "key-derivation", "start-key-generation"):
            self._told |= {f"{kind}/{local(name)}": value for name, value in attributes.items()}

    def end(self, tag: str) -> None:
        """A part is described."""
        if local(tag) == "encryption-data" and (lock := _lock_of(self._told)) is not None:
            self.locks[self._name] = lock


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
    spelt = _spelt(passwords)
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


def _spelt(passwords: Sequence[str]) -> list[str]:
    """Each password as typed, and with its accents composed as keyboards make them."""
    return list(
        dict.fromkeys(form for text in passwords if text for form in (text, unicodedata.normalize("NFC", text)))
    )


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
    if out.tell() > limits.FILE_BYTES:
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
