"""Zips: from outside opened with suspicion, parts read under a byte limit; our own written with bytes that stay."""

from __future__ import annotations

import io
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat
from zipfile import ZipFile, ZipInfo

from nq57xl.text.legacy import decoded_bytes
from nq57xl.xlsx.limits import LIMITS, Refused, refuse

_RATIO = 250
"""Unpacked over packed: ghost rows reach about 60; deflate cannot exceed 1,032, which bombs come close to."""
_RATIO_FLOOR = 8 * 1024 * 1024
"""The ratio is not judged below this size: a small part cannot do harm."""
_XML_DEPTH = 200
"""Elements within elements: workbooks have some ten, with drawings in groups some thirty."""

_UTF8 = 0x800
_UNICODE_PATH = 0x7075
"""Info-ZIP's extra field with the name in UTF-8."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_DRIVE = re.compile(r"^[A-Za-z]:")
_ODD_NAME = re.compile(r"[\\:\x00-\x1f]")
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
    return _unicode_path(info.extra, raw) or decoded_bytes(raw)


def _unicode_path(extra: bytes, raw: bytes) -> str:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        body = extra[at + 4 : at + 4 + length]
        if kind == _UNICODE_PATH and len(body) > 5 and struct.unpack_from("<I", body, 1)[0] == zlib.crc32(raw):
            return body[5:].decode("utf-8", "replace")
        at += 4 + length
    return ""


Attributes = dict[str, str]
ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)
"""What zipfile raises for archives that are broken, or built to be."""
_CHUNK = 1 << 18
_PROPERTY = 200
"""Letters of a property that are read."""
_TREE = 64 * 1024 * 1024
"""Bytes of XML that is taken as a whole: styles bloated by years of pasting reach 35 MB, where Excel allows no more."""
_END, _END_SIZE = b"PK\x05\x06", 22
_ZIP64 = 0xFFFFFFFF
"""Archives of the large kind keep true sizes elsewhere."""


def open_zip(data: bytes) -> ZipFile:
    """The archive in these bytes, whatever hangs on behind its end. Every stranger's zip is opened here.

    Raises Refused for one that is broken, and for one with a list of members beyond measure, before that list is read.
    """
    data = without_tail(data)
    at = data.rfind(_END)
    if at >= 0 and _number(data, at + 12, 4) > LIMITS.archive_directory:
        raise refuse("FILE_TOO_MANY_PARTS", count=_number(data, at + 10, 2), limit=LIMITS.parts)
    try:
        archive = ZipFile(io.BytesIO(data))
    except ZIP_ERRORS as error:
        raise refuse("FILE_BROKEN") from error
    if min((info.header_offset for info in archive.infolist()), default=0) > 0:
        raise refuse("FILE_BROKEN")  # half an archive, whose last whole member is an archive too
    return archive


def without_tail(data: bytes) -> bytes:
    """The archive without what somebody hung on behind it: up to the last end record that closes all from the start."""
    at = data.rfind(_END)
    while at >= 0:
        listed, begins = _number(data, at + 12, 4), _number(data, at + 16, 4)
        if at + _END_SIZE <= len(data) and (begins + listed == at or begins == _ZIP64):
            return data[: at + _END_SIZE + _number(data, at + 20, 2)]
        at = data.rfind(_END, 0, at)
    return data


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")


def local(name: str) -> str:
    """A tag or attribute name without its prefix: strict and transitional files differ in namespaces only."""
    return name.rpartition(":")[2] if ":" in name else name


class Package:
    """The parts of an .xlsx or .ods. Every method raises Refused for what is broken or unsafe."""

    def __init__(self, data: bytes) -> None:
        self._zip = open_zip(data)
        infos = self._zip.infolist()
        # the name as stored: zipfile itself cuts it at a NUL, and on Windows turns a backslash
        names = [info.orig_filename for info in infos]
        if len(names) > LIMITS.parts:
            raise refuse("FILE_TOO_MANY_PARTS", count=len(names), limit=LIMITS.parts)
        if len({name.lower() for name in names}) < len(names):
            raise refuse("FILE_UNSAFE", value="thành phần trùng tên")
        if any(name.startswith("/") or _ODD_NAME.search(name) or ".." in name.split("/") for name in names):
            raise refuse("FILE_UNSAFE", value="tên thành phần bất thường")
        if sum(info.file_size for info in infos) > LIMITS.unpacked_bytes:
            raise _too_large_unpacked()
        if any(info.file_size > max(_RATIO_FLOOR, _RATIO * max(info.compress_size, 1)) for info in infos):
            raise refuse("FILE_UNSAFE", value="tỷ lệ nén bất thường")
        self._infos = {info.filename.lower(): info for info in infos}
        self._budget = LIMITS.unpacked_bytes
        self._parsed: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._infos

    def names(self) -> list[str]:
        """Part names as stored."""
        return [info.filename for info in self._infos.values()]

    def chunks(self, name: str) -> Iterator[bytes]:
        """The part's bytes; counts what really comes out, because declared sizes can lie."""
        info = self._infos.get(name.lower())
        if info is None:
            return
        try:
            with self._zip.open(info) as part:
                while chunk := part.read(_CHUNK):
                    self._budget -= len(chunk)
                    if self._budget < 0:
                        raise _too_large_unpacked()
                    yield chunk
        except ZIP_ERRORS as error:
            raise refuse("FILE_BROKEN") from error

    def parse(
        self,
        name: str,
        start: Callable[[str, Attributes], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
        *,
        chunks: Iterator[bytes] | None = None,
        prefixed: bool = False,
        cdata: Callable[[], None] | None = None,
    ) -> None:
        """Streams a part through expat; `chunks`: its content, where it does not go to expat as it is."""
        self._parsed.add(name.lower())
        pieces = self.chunks(name) if chunks is None else chunks
        _parse_xml(name, pieces, start, end, text, prefixed=prefixed, cdata=cdata)

    def content(self, name: str) -> bytes:
        """All of a part that is parsed by who asks; empty where there is none."""
        self._parsed.add(name.lower())
        return b"".join(self.chunks(name))

    def tree(self, name: str, *, prefixed: bool = False) -> Element:
        """`xml_tree` of a part; an element without a name where there is none."""
        return xml_tree(name, self.content(name), prefixed=prefixed)

    def text(self, part: str, name: str) -> str:
        """Text of the first element of that name in a part of properties; "" where there is none."""
        return next((item.text or "" for item in self.tree(part).iter(name)), "")[:_PROPERTY].strip()

    def refuse_doctypes(self) -> None:
        """Looks for a DOCTYPE in the XML parts not parsed yet: readers open more parts than the scan does.

        It stands before the root element, behind comments of any length.
        """

        def stop(*_: Any) -> None:  # noqa: ANN401 - expat's own arguments
            raise StopIteration

        for name in self.names():
            if not name.lower().endswith(_XML) or name.lower() in self._parsed:
                continue
            parser = expat.ParserCreate()
            parser.StartDoctypeDeclHandler, parser.StartElementHandler = _refuse_doctype, stop
            head = b""
            try:
                for chunk in self.chunks(name):
                    if not head and len(chunk) < _CHUNK and _DOCTYPE not in chunk.replace(b"\x00", b""):
                        break  # that is all of the part
                    head = head or chunk
                    parser.Parse(chunk, False)
            except StopIteration:
                continue
            except (expat.ExpatError, LookupError):  # no good XML, as drawings of old programs are: nobody reads it
                if _DOCTYPE in head.replace(b"\x00", b""):
                    _refuse_doctype()


def _parse_xml(
    name: str,
    chunks: Iterable[bytes],
    start: Callable[[str, Attributes], object],
    end: Callable[[str], object] | None = None,
    text: Callable[[str], object] | None = None,
    *,
    prefixed: bool = False,
    cdata: Callable[[], None] | None = None,
) -> None:
    """Streams XML through expat; tags come without their prefix unless `prefixed`. `name`: for messages.

    `cdata` is told of every CDATA section. Refused before anything of it is used: a DOCTYPE, elements nested beyond
    all sense, UTF-16.
    """
    depth, deepest = 0, _XML_DEPTH

    def opened(tag: str, attributes: Attributes) -> None:
        nonlocal depth
        depth += 1
        if depth > deepest:
            raise refuse("FILE_UNSAFE", value=f"phần tử lồng nhau quá {_XML_DEPTH} lớp")
        start(tag if prefixed or ":" not in tag else local(tag), attributes)

    def closed(tag: str) -> None:
        nonlocal depth
        depth -= 1
        if end is not None:
            end(tag if prefixed or ":" not in tag else local(tag))

    parser = expat.ParserCreate()
    parser.buffer_text, parser.buffer_size = True, 1 << 16
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    if text is not None:
        parser.CharacterDataHandler = text
    if cdata is not None:
        parser.StartCdataSectionHandler = cdata
    try:
        begun = False
        for chunk in chunks:
            if not begun and chunk[:2] in _UTF16:
                raise refuse("FILE_ENCODING", value=name)
            parser.Parse(chunk, False)
            begun = begun or bool(chunk)
        if begun:
            parser.Parse(b"", True)
    except (expat.ExpatError, LookupError) as error:  # an encoding that there is not
        raise refuse("FILE_BROKEN") from error


def xml_tree(name: str, content: bytes, *, prefixed: bool = False) -> Element:
    """The XML as a tree whose tags have no prefix unless `prefixed`; attributes keep theirs. Refused as by
    `Package.parse`, and where it is too large for a tree.
    """
    if len(content) > _TREE:
        raise _too_large_unpacked()
    if not content:
        return Element("")
    builder, elements = TreeBuilder(), 0

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal elements
        elements += 1
        check_elements(elements)
        builder.start(tag, attributes)

    _parse_xml(name, (content,), start, builder.end, builder.data, prefixed=prefixed)
    return builder.close()


def check_elements(count: int) -> None:
    """Raises Refused for a tree of so many elements, where these are more than fit into memory."""
    if count > LIMITS.tree_elements:
        raise refuse("FILE_UNSAFE", value="quá nhiều thành phần XML")


_DOCTYPE = b"<!DOCTYPE"
_XML = (".xml", ".rels", ".vml")
_UTF16 = frozenset({b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<"})


def _refuse_doctype(*_: Any) -> None:  # noqa: ANN401 - expat's own arguments
    raise refuse("FILE_UNSAFE", value="có khai báo DOCTYPE")


def _too_large_unpacked() -> Refused:
    return refuse("FILE_UNSAFE", value="dung lượng giải nén quá lớn")


_UNIX = 3
"""System of every entry; Python writes that of its own system, 0 on Windows."""


def zip_entry(name: str) -> zipfile.ZipInfo:
    """A compressed member with a fixed time."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, _UNIX
    return entry


def zipped(members: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip of members with those names, in their order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, data in members:
            package.writestr(zip_entry(name), data)
    return buffer.getvalue()


def repacked(package: bytes) -> bytes:
    """The same members in the same order with fixed times."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return zipped((item.filename, archive.read(item)) for item in archive.infolist())


def with_fixed_system(package: bytes) -> bytes:
    """The zip with Unix as the system of every entry of its directory; nothing is packed again."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        place, count = archive.start_dir, len(archive.infolist())
    fixed = bytearray(package)
    for _ in range(count):
        fixed[place + 5] = _UNIX
        place += 46 + sum(struct.unpack_from("<3H", package, place + 28))  # name, extra field, comment
    return bytes(fixed)
