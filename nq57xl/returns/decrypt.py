"""Workbooks with a password for opening: decrypted in memory, in the worker process, under the limits of every file.

msoffcrypto-tool opens what Excel encrypts: .xlsx (agile, standard) and .xls (RC4, RC4 CryptoAPI, XOR); what LibreOffice
encrypts as .ods is opened beside this module. Passwords are used here and kept nowhere.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Sequence

from nq57xl.returns import limits
from nq57xl.returns.decrypt_ods import decrypt_ods
from nq57xl.returns.refused import Refused, refuse
from nq57xl.returns.sniff import is_ole
from nq57xl.returns.sources import too_large

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
        return decrypt_ods(data, spelt)
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
