"""OpenDocument spreadsheets with a password, as LibreOffice writes them (OpenDocument 1.2, part 3: AES-256, PBKDF2).

Each part is compressed and then encrypted by itself; the manifest says how. Only the parts that are read are opened.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import zipfile
import zlib
from collections.abc import Sequence

from attrs import define, field, frozen

from nq57xl.returns import limits
from nq57xl.returns.parts import Attributes, Package, local
from nq57xl.returns.refused import refuse

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


def decrypt_ods(data: bytes, passwords: Sequence[str]) -> bytes:
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
