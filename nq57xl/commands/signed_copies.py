"""Signed copies: scans that came beside a unit's form, or that the office files by hand; never read as data."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath

import attrs
from attrs import define, field

from nq57xl.commands.office import Office
from nq57xl.commands.standing import OfficePeriod
from nq57xl.errors import Nq57Error
from nq57xl.forms.model import Source
from nq57xl.ledger.model import SignedCopy
from nq57xl.returns.model import JudgedReturn
from nq57xl.returns.sources import is_system_file
from nq57xl.rules.findings import make
from nq57xl.text.clock import in_vietnam
from nq57xl.text.files import sha256_of
from nq57xl.xlsx.limits import LIMITS, Refused
from nq57xl.xlsx.sniff import sniff

_SUFFIXES = (".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".heic")
_FORMS = (".xlsx", ".xlsm", ".xls", ".ods", ".zip", ".eml", ".msg", ".mbox")
_UNKNOWN = "tệp chưa nhận"
_SCANS = {"FILE_PDF", "FILE_PICTURE", "SIGNED_COPY_UNCLEAR"}
"""What the reading of a scan says: the content is one, whatever its name."""


def named_scan(name: str) -> bool:
    """The name is that of a scan; what calls itself a workbook and is a picture is somebody's mistake, and told so."""
    return PurePath(name).suffix.lower() in _SUFFIXES


def is_scan(item: JudgedReturn) -> bool:
    """The file is a scan by its name and by its content."""
    named = item.verdict == "unrecognised" and named_scan(item.source.name)
    return named and not _SCANS.isdisjoint(finding.code for finding in item.findings)


def _note_copy(here: OfficePeriod, unit: str, source: Source) -> SignedCopy:
    """Puts an archived file on record as signed copy of the unit's report, once."""
    ledger = here.ledger
    for copy in ledger.signed_copies(here.code):
        if (copy.unit, copy.sha256) == (unit, source.sha256):
            return copy
    ledger.first_seen([source], here.office.clock.now())
    ledger.event("attach", {"period": here.code, "unit": unit, "file": source.name, "sha256": source.sha256})
    return next(copy for copy in reversed(ledger.signed_copies(here.code)) if copy.sha256 == source.sha256)


@define
class FiledBeside:
    """Files the scans of one run with the unit whose form they came with: in one mail or archive, else one folder.

    The narrowest place that holds any form of the period decides. With forms of one unit there, the scan is its
    signed copy; with forms of several it is told, not guessed; with none it is what it always was, no form.
    """

    here: OfficePeriod
    given: Sequence[str]
    """Paths of the files that were handed in, archives and mails among them."""
    signed: list[SignedCopy] = field(factory=list, init=False)
    _strangers: dict[Path, bool] = field(factory=dict, init=False)

    def known(self, sources: Sequence[Source]) -> list[Source]:
        """The sources without those that are signed copies already; those of this period are told again."""
        filed = {copy.sha256 for copy in self.here.ledger.signed_copies()}
        again = {source.sha256 for source in sources} & filed
        self.signed += [copy for copy in self.here.ledger.signed_copies(self.here.code) if copy.sha256 in again]
        return [source for source in sources if source.sha256 not in filed]

    def left(self, sources: Sequence[Source], judged: Sequence[JudgedReturn]) -> list[JudgedReturn]:
        """What was judged, in its order, without the scans that were filed; those told to be unclear among the rest.

        A scan that came before the form is filed once the form is there.
        """
        ledger, period = self.here.ledger, self.here.code
        waiting = [item for item in ledger.strangers(period) if is_scan(item)]
        if not waiting and not any(is_scan(item) for item in judged):
            return list(judged)
        reported = ledger.reported(period)
        by_hash = {sha256: unit for _, sha256, unit in reported}
        forms = {path: unit for path, _, unit in reported}
        forms |= {source.path: by_hash[source.sha256] for source in sources if source.sha256 in by_hash}
        forms |= {item.source.path: item.unit for item in judged if item.unit and item.form_period == period}
        left = [told for item in judged if (told := self._told(item, forms)) is not None]
        filed = {copy.sha256 for copy in ledger.signed_copies()}
        for item in waiting:
            if item.source.sha256 not in filed:
                self._told(item, forms)
        return left

    def _told(self, item: JudgedReturn, forms: Mapping[str, str]) -> JudgedReturn | None:
        """None for a scan that is filed now; one beside forms of several units is told to be unclear."""
        units = self._around(item.source.path, forms) if is_scan(item) else set()
        if not units - {_UNKNOWN}:
            return item
        if len(units) > 1:
            told = make("SIGNED_COPY_UNCLEAR", words={"value": ", ".join(sorted(units))})
            return attrs.evolve(item, findings=(told,))
        self.signed.append(_note_copy(self.here, units.pop(), item.source))
        return None

    def _around(self, path: str, forms: Mapping[str, str]) -> set[str]:
        outer, place = self._outer(path), path
        while len(place) > len(outer):
            place = re.sub(r"[!/][^!/]*$", "", place)
            units = {unit for other, unit in forms.items() if other.startswith((f"{place}/", f"{place}!"))}
            if units:
                return units
        if outer != path:
            return set()
        folder = _folder(path)
        units = {unit for other, unit in forms.items() if _folder(self._outer(other)) == folder}
        return units | ({_UNKNOWN} if self._strange(folder) else set())

    def _strange(self, folder: Path) -> bool:
        """A file lies there that may be a form and was never looked at: nobody can say yet whose it is."""
        if folder not in self._strangers:
            there = folder.iterdir() if folder.is_dir() else ()
            others = (path for path in there if path.suffix.lower() in _FORMS and not is_system_file(path.name))
            unseen = {sha256_of(path) for path in others} - self.here.ledger.seen_hashes()
            self._strangers[folder] = unseen != self.here.ledger.output_hashes(unseen)
        return self._strangers[folder]

    def _outer(self, path: str) -> str:
        """The file on the disk that holds it."""
        return next((item for item in self.given if path.startswith(f"{item}!")), path)


def _folder(path: str) -> Path:
    return Path(path).absolute().parent


def attach(office: Office, unit: str, file: Path, period_code: str | None, data: bytes | None = None) -> SignedCopy:
    """Files a signed copy (.pdf or a scanned picture) of a unit's report; the same file twice is filed once.

    `data`: the content where it is no file here; `file` is then what the sender called it. Raises Nq57Error for another
    kind of file, one too large or missing, and a unit that the period does not know.
    """
    name = file.name
    try:
        size = file.stat().st_size if data is None else len(data)
        if size > LIMITS.file_bytes:
            raise Nq57Error(f"«{name}» quá lớn ({size >> 20} MB): hãy quét lại với độ phân giải thấp hơn.")
        data = file.read_bytes() if data is None else data
    except OSError as error:
        raise Nq57Error(f"Không mở được tệp «{file}»: hãy kiểm tra lại đường dẫn.") from error
    try:
        scanned = sniff(data) in ("pdf", "picture")  # what a scanner or a phone makes
    except Refused:
        scanned = False
    if not scanned:
        raise Nq57Error(f"«{name}» không phải tệp .pdf hoặc ảnh quét: bản ký là tệp có số, ngày và chữ ký.")
    with office.changing("attach") as ledger:
        here = OfficePeriod.of(office, ledger, period_code)
        here.require_issued()
        known = {form.unit.casefold(): form.unit for form in ledger.current_forms(here.code)}
        if unit.casefold() not in known:
            raise Nq57Error(f"Kỳ {here.period.title} không có đơn vị mang mã «{unit}».")
        sha256, now = hashlib.sha256(data).hexdigest(), in_vietnam(office.clock.now())
        office.workspace.archive_bytes(data, sha256, name)
        source = Source(name, name, sha256, len(data), now, "first_seen")
        return _note_copy(here, known[unit.casefold()], source)
