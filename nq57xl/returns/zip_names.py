"""Names inside a .zip as people gave them: whatever the encoding, and never a path that leads anywhere."""

from __future__ import annotations

import re
import struct
import unicodedata
import zlib
from collections.abc import Iterable
from zipfile import ZipInfo

from nq57xl.text.legacy import converted, detect
from nq57xl.text.syllables import is_syllable

_UTF8 = 0x800
_UNICODE_PATH = 0x7075
"""Info-ZIP's extra field with the name in UTF-8."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_DRIVE = re.compile(r"^[A-Za-z]:")
_DRIVE = re.compile(r"^[A-Za-z]:")
_WORD = re.compile(r"[^\W\d_]+")
_LONGEST = 400


def member_names(infos: Iterable[ZipInfo]) -> list[str]:
    """A name for each member, in order and each once: a path with "/", relative, without ".." or a drive.

    Nothing is ever written under these names; they are shown, recorded, and give the kind of file away.
    """
    given: dict[str, int] = {}
    names = []
    for info in infos:
        name = safe_name(_decoded(info))
        given[name] = given.get(name, 0) + 1
        names.append(name if given[name] == 1 else f"{name} ({given[name]})")
    return names


def safe_name(name: str) -> str:
    """The name as a harmless relative path; "tep" when nothing is left."""
    parts = [_DRIVE.sub("", part.strip()) for part in _CONTROL.sub("", name).replace("\\", "/").split("/")]
    kept = [part for part in parts if part not in ("", ".", "..")]
    path = "/".join(kept).replace("!", "_")[-_LONGEST:]
    return unicodedata.normalize("NFC", path) or "tep"


def _decoded(info: ZipInfo) -> str:
    """The name by the UTF-8 flag, the UTF-8 extra field, else by what reads as a name."""
    if info.flag_bits & _UTF8:
        return info.orig_filename
    try:
        raw = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return info.orig_filename
    return _unicode_path(info.extra, raw) or guessed(raw)


def guessed(raw: bytes) -> str:
    """Bytes of a name without a stated encoding: UTF-8, else the code page of Vietnamese Windows, else cp437."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    vietnamese = unicodedata.normalize("NFC", raw.decode("cp1258", "replace"))
    words = [word for word in _WORD.findall(vietnamese) if not word.isascii()]
    if words and all(map(is_syllable, words)):
        return vietnamese
    western = raw.decode("cp1252", "replace")
    charset = detect(western)
    if charset is not None:
        return converted(western, charset)
    old = raw.decode("cp437")
    return old if all(letter.isalnum() or letter.isascii() for letter in old) else vietnamese


def _unicode_path(extra: bytes, raw: bytes) -> str:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        body = extra[at + 4 : at + 4 + length]
        if kind == _UNICODE_PATH and len(body) > 5 and struct.unpack_from("<I", body, 1)[0] == zlib.crc32(raw):
            return body[5:].decode("utf-8", "replace")
        at += 4 + length
    return ""
