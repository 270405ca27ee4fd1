"""What the document says of the plan itself: title, number, date, agency, reporting days, who gathers, who signs."""

from __future__ import annotations

import functools
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from attrs import define, field

from nq57xl.plan.importer.document import Line, join_lines
from nq57xl.plan.importer.units import rank_of
from nq57xl.plan.model import DatedName, Properties, Signatory
from nq57xl.resources import read_schema
from nq57xl.text.legacy import bare, fold, one_line
from nq57xl.text.typed import read_date


@functools.cache
def _words() -> dict[str, Any]:
    """What tells the properties: schemas/import_properties.yml."""
    words: dict[str, Any] = read_schema("import_properties.yml")
    return words


@functools.cache
def _re(name: str) -> re.Pattern[str]:
    return re.compile(_words()[name])


_SMALL = ("và", "các", "về", "tỉnh", "xã", "phường", "thành", "phố", "nhân", "dân", "ban", "huyện")
_FRONT, _TOP = 25, 40
"""Lines in which the letterhead stands, and its number and day."""
_MOST_LINES = 2000
_LONGEST_NAME = 120
_WORDS_OF_NAME = 10


@define
class FoundProperties:
    """The properties, and where each came from or why it is doubtful."""

    properties: Properties
    sources: dict[str, str] = field(factory=dict)
    doubts: dict[str, str] = field(factory=dict)
    """Field -> reason; a field that stays blank is among them."""
    gatherer: str = ""
    """Name of the unit that gathers, as printed."""


def properties_of(lines: list[Line], stem: str, today: date, years: Sequence[int] = ()) -> FoundProperties:
    """What those lines say; `stem` is the document's file name, for the id when nothing better is there.

    `years`: those that the deadlines name, for a document that tells its year nowhere else; `today` where nothing does.
    """
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES // 2], *lines[-_MOST_LINES // 2 :]]
    return _PropertyReader(lines, today, years).read(stem)


class _PropertyReader:
    def __init__(self, lines: list[Line], today: date, years: Sequence[int]) -> None:
        self.lines, self.today, self.years = lines, today, years
        self.text = one_line(functools.reduce(join_lines, (line.text for line in lines), ""))
        self.sources: dict[str, str] = {}
        self.doubts: dict[str, str] = {}
        self.inclusive = False
        attached = (_re("attached").search(text) for text in (self.text, *(line.text for line in lines)))
        self.attached = next((match["rest"] for match in attached if match), "")
        """What the line "(Kèm theo Kế hoạch số … ngày … của …)" says of the plan."""

    def read(self, stem: str) -> FoundProperties:
        title = self._title()
        number, symbol = self._number()
        issued = self._date()
        places = (_re("place").match(line.text.lstrip("* ")) for line in self.lines[:_TOP])
        place = next((one_line(match["place"]) for match in places if match), "")
        province = place or self._province()
        agency, parent = self._agency(symbol, province)
        year = self._year(title, issued)
        internal, upwards = self._days(rank_of(agency) if agency else None)
        gatherers = (re.search(pattern, self.text) for pattern in _words()["gatherer"])
        gatherer = next((one_line(match["unit"]) for match in gatherers if match), "")
        recipient = self._recipient(province)
        criteria = tuple(dict.fromkeys(item.casefold() for item in _re("clear").findall(self.text)))
        signatory = self._signatory()
        told = {"number": number, "symbol": symbol, "issued_on": issued, "title": title, "agency": agency}
        told |= {"gatherer": gatherer, "signer": signatory.name, "place": place}
        for key in [key for key, value in told.items() if not value]:
            self.doubts.setdefault(key, "không thấy trong văn bản, để trống")
        properties = Properties(
            id=_id(symbol, stem, year),
            title=title,
            year=year,
            number=number,
            symbol=symbol,
            issued_on=issued,
            agency=_dated(agency),
            parent=_dated(parent),
            recipient=_dated(recipient),
            place=_dated(province),
            internal_day=internal,
            report_day=upwards,
            before_is_inclusive=self.inclusive,
            signatory=signatory,
            clear_criteria=criteria,
        )
        return FoundProperties(properties, self.sources, self.doubts, gatherer)

    def _title(self) -> str:
        for index, line in enumerate(self.lines):
            alone = _is_title(line)
            start = _re("title_line").match(line.text) if line.text.isupper() else None
            if alone or start:
                title = line.text[start.end() :] if start and not alone else ""
                for following in self.lines[index + 1 : index + 9]:
                    text = following.text.strip(" _-–—*")
                    if not text:
                        continue
                    if text.startswith("(") or (title and _ends_title(title, text)):
                        break
                    title = join_lines(title, text)
                    if title.endswith((".", ";", ":")):
                        break
                self.sources["title"] = line.source
                return one_line(title)
        match = _re("title_in_text").search(self.text)
        return one_line(match[1]) if match else self._appendix_title()

    def _appendix_title(self) -> str:
        """The title of an appendix without its plan."""
        for index, line in enumerate(self.lines):
            if re.match(r"PHỤ LỤC\b|(?:DANH MỤC|BẢNG|BIỂU) .*NHIỆM VỤ", line.text.upper()):
                own = [line.text] if not re.fullmatch(r"PHỤ LỤC(?:\s+\S{1,5})?", line.text.upper()) else []
                more = itertools.takewhile(lambda item: item.text.isupper(), self.lines[index + 1 : index + 5])
                if title := one_line(" ".join([*own, *(item.text for item in more)])):
                    self.sources["title"], self.doubts["title"] = line.source, "lấy từ tên phụ lục"
                return title
        return ""

    def _number(self) -> tuple[str, str]:
        for line in self.lines[:_TOP]:
            if match := _re("own_number").fullmatch(line.text):
                self.sources["number"] = self.sources["symbol"] = line.source
                symbol = match["symbol"]
                break
        else:
            match = _re("number").search(self.attached)
            symbol = match["symbol"].upper() if match else ""
        number = match["number"].strip() if match else ""
        return number if number.isdigit() and len(number) < 6 else "", symbol

    def _date(self) -> date | None:
        match = None
        for line in self.lines[:_TOP]:
            if line.text.casefold().startswith(("căn cứ", "thực hiện")):
                break
            found = _re("long_date").search(line.text) or _re("short_date").search(line.text)
            if found and _re("place").search(line.text):
                self.sources["issued_on"] = line.source
                match = found
                break
        match = match or _re("short_date").search(self.attached) or _re("long_date").search(self.attached)
        match = match or _re("signed_on").search(self.text)
        return read_date("/".join(match.groups())) if match else None

    def _province(self) -> str:
        """The province or city named most often."""
        names: list[str] = _re("province").findall(self.text)
        if not names:
            return ""
        self.doubts["place"] = "suy từ tên tỉnh, thành phố trong văn bản"
        return max(sorted(set(names)), key=names.count)

    def _agency(self, symbol: str, province: str) -> tuple[str, str]:
        """The agency and the one above it: from the letterhead, "(Kèm theo … của …)", or what the prose says."""
        head = self._letterhead()
        whom = _re("of_whom").search(f" {self.attached}")
        sealed = _re("head_of").sub("", one_line(whom["agency"]).strip(" .,;")) if whom else ""
        sealed = sealed if rank_of(sealed) is not None and len(sealed) < _LONGEST_NAME else ""
        if head:
            above = head[-2] if len(head) > 1 else ""
            same = next((name for name in reversed(head) if _alike(sealed, name)), "")
            if same:
                # of "UBND tỉnh" and "UBND TỈNH ĐỒNG NAI" the one with its place
                fuller = len(_agency_key(same)) > len(_agency_key(sealed))
                return self._written(same, province) if fuller else sealed, "" if _alike(above, sealed) else above
            if sealed:
                self.doubts["agency"] = f"phần đầu văn bản ghi cơ quan này, dòng «kèm theo» ghi «{sealed}»"
            return self._written(head[-1], province), above
        if sealed:
            return sealed, ""
        match = _re("issuer").search(self.text)
        name = one_line(match[1]) if match else self._by_symbol(symbol, province)
        if name and rank_of(name) is not None:
            self.doubts["agency"] = "suy từ câu ban hành kế hoạch" if match else "suy từ ký hiệu văn bản"
            return name, ""
        return "", ""

    def _written(self, name: str, province: str) -> str:
        """A name in capitals as the text writes it elsewhere, else as in a sentence."""
        found = (match[0] for match in re.finditer(re.escape(name), self.text, re.IGNORECASE))
        written = next((text[0].upper() + text[1:] for text in found if not text.isupper()), "")
        if not written and rank_of(name) == "division":
            self.doubts["agency"] = "viết lại từ chữ in hoa: hãy xem chữ hoa trong tên riêng"
        return written or _sentence(name, province)

    def _letterhead(self) -> list[str]:
        """The names at the head of the document, from the highest to the agency itself."""
        begun = re.compile(r"\(?(?:Căn cứ|Ban hành|Kèm)")
        front = itertools.takewhile(lambda line: not (_is_title(line) or begun.match(line.text)), self.lines[:_FRONT])
        names: list[str] = []
        open_name = False
        # what is the motto and nothing else may stand beside the two lines of a name
        live = filter(None, (_re("motto").sub("", line.text) for line in front))
        lines = (part for text in live for part in _re("two_names").split(text))
        for text in (part.strip(" *_-–—.:") for part in lines):
            if not text or _re("no_name").match(text.upper()) or re.search(r"\d{2,}|ngày", text):
                open_name = False
            elif open_name and text.isupper() == names[-1].isupper() and _goes_on(names[-1], text):
                names[-1] = f"{names[-1]} {text}"
            else:
                open_name = rank_of(text) is not None and (text.isupper() or len(text.split()) <= _WORDS_OF_NAME)
                names += [text] if open_name else []
        return [name for name in dict.fromkeys(names) if name.isupper()] or names[-1:]

    def _by_symbol(self, symbol: str, province: str) -> str:
        """ "KH-UBND" of a province, "QĐ-TTg", "NQ-CP"; or who the plan is signed for."""
        last = re.split(r"[-/]", symbol)[-1].upper()
        signed = any(re.match(r"TM\.\s*(?:UBND|[ỦU][ỶY]? ?BAN NHÂN DÂN)", line.text) for line in self.lines)
        if (last == "UBND" or signed) and province:
            return f"UBND tỉnh {province}"
        return {"TTG": "Thủ tướng Chính phủ", "CP": "Chính phủ"}.get(last, "")

    def _year(self, title: str, issued: date | None) -> int:
        """The year that the plan is for: never one of a document that it cites."""
        own = _re("cited").sub(" ", title)
        stage = _re("stage").search(own)
        if stage:
            first, last = int(stage[1]), int(stage[2])
            return max(first, issued.year) if issued and issued.year <= last else first
        named = [int(year) for year in _re("of_year").findall(own)]
        if named:
            return named[-1]
        month = next(filter(None, (_re("month_of_issue").search(line.text) for line in self.lines[:_TOP])), None)
        if issued or month:
            self.doubts["year"] = "năm không ghi ở tên kế hoạch, suy từ ngày ban hành"
            return issued.year if issued else int(month[1]) if month else 0
        counted = Counter(self.years).most_common(1)
        attached = re.search(r"20[12]\d", self.attached)
        told = "năm không ghi trong văn bản, suy từ các thời hạn" if counted else "không thấy năm, dùng năm nay"
        self.doubts["year"] = told
        return int(attached[0]) if attached else counted[0][0] if counted else self.today.year

    def _days(self, rank: str | None) -> tuple[int, int]:
        internal = upwards = 0
        words, last = set(), 0
        high = rank in ("province", "party", "nation", "ministry")
        upward, to_unit = map(_re, ("upwards_of_province", "to_department") if high else ("upwards", "to_unit"))
        days = [*_re("day").finditer(self.text), *_re("monthly_day").finditer(self.text)]
        for match in sorted(days, key=lambda item: item.start()):
            before = re.split(r"(?<=[.;])\s", self.text[max(last, match.start() - 160) : match.start()])[-1]
            last, day = match.end(), int(match["day"])
            # once the units' own day is told: who gathers owes the agency itself the next one
            told = (upward, _re("to_agency")) if internal else (upward,)
            above = max((item.end() for pattern in told for item in pattern.finditer(before)), default=-1)
            unit = max((item.end() for item in to_unit.finditer(before)), default=-1)
            if not 1 <= day <= 31:
                continue
            words.add(match["word"].casefold() or "vào")
            if above > unit and not upwards:
                upwards = day
            else:
                internal = internal or day
        self.inclusive = bool(words) and "trước" not in words
        if len(words) > 1 and "trước" in words:
            self.doubts["before_is_inclusive"] = "có chỗ ghi «trước ngày», có chỗ ghi «chậm nhất ngày»"
        if not internal:
            self.doubts["internal_day"] = "không thấy «trước ngày … hằng tháng» cho đơn vị, dùng ngày mặc định"
        if not upwards:
            self.doubts["report_day"] = "không thấy «trước ngày … hằng tháng» cho báo cáo cấp trên, dùng ngày mặc định"
        return internal or 20, upwards or 25

    def _recipient(self, place: str) -> str:
        match = _re("recipient").search(self.text)
        if not match:
            return ""
        name = one_line(match["name"])
        self.doubts["recipient"] = "suy từ câu «báo cáo …»"
        kind = next((item for item in ("tỉnh", "thành phố") if item in name.casefold()), "")
        named = kind and re.search(rf"{kind}\s+{re.escape(place)}", self.text, re.IGNORECASE)
        return name if not place or place in name or not named else f"{name} {place}"

    def _signatory(self) -> Signatory:
        after = range(6, len(self.lines))
        starts = [index for index in after if _re("rank").fullmatch(self.lines[index].text.strip())]
        formal = [index for index in starts if _re("authority").match(self.lines[index].text)]
        if not starts:
            return Signatory()
        first = (formal or starts[-1:])[0]
        # beside it, line by line in a PDF, stands who receives the plan
        block = [text for item in self.lines[first : first + 24] if not re.match(r"[-–+]", text := item.text.strip())]
        ranks = list(itertools.takewhile(_re("rank").fullmatch, block))
        name = next((text for text in block[1:] if _re("name").fullmatch(text) and not text.isupper()), "")
        authority = "\n".join(text for text in ranks if _re("authority").match(text))
        position = next((text for text in reversed(ranks) if not _re("authority").match(text)), "")
        return Signatory(authority, position, name)


def _ends_title(title: str, text: str) -> bool:
    """True for the first line of the text under a title."""
    if _re("stop").match(text) or _re("rank").fullmatch(text) or (text.isupper() and not title.isupper()):
        return True
    return text.endswith((".", ";")) and text[0].isupper() and len(text) > len(title)


def _is_title(line: Line) -> bool:
    """True for a line that says what kind of document this is: "KẾ HOẠCH"."""
    return fold(line.text).rstrip(" .:") in _words()["titles"]


def _goes_on(name: str, text: str) -> bool:
    """True for the second line of a name in a letterhead: "ỦY BAN NHÂN DÂN" over "TỈNH ĐỒNG NAI"."""
    body = r"ủy ban nhân dân|uỷ ban nhân dân|ubnd|hội đồng nhân dân|đảng bộ|tỉnh ủy|thành ủy"
    if re.fullmatch(body, name, re.IGNORECASE):
        return re.match(r"(?:xã|phường|tỉnh|thành phố|tp|huyện|đặc khu|thị|quận)\b", text, re.IGNORECASE) is not None
    return name.rstrip()[-1:] in ",-" or bare(name).endswith((" va", " cac", " ve")) or rank_of(text) is None


def _alike(one: str, other: str) -> bool:
    """True for two spellings of one agency, with or without its place."""
    first, second = _agency_key(one), _agency_key(other)
    return bool(first and second) and (first.startswith(second) or second.startswith(first))


def _agency_key(name: str) -> str:
    return bare(name).replace("uy ban nhan dan", "ubnd")


def _dated(name: str) -> tuple[DatedName, ...]:
    return (DatedName(name),) if name else ()


def _sentence(text: str, province: str) -> str:
    """A name in capitals as in a sentence, as far as its words tell: "Sở Văn hóa, Thể thao và Du lịch".

    `province`: a proper name that the text tells elsewhere.
    """
    done: list[str] = []
    place = False
    words = text.split()
    kind = 2 if re.match(_words()["two_syllables"], text.casefold()) else 1
    """How many words say what kind of body it is; what follows them begins its own name."""
    for at, word in enumerate(words):
        key, before = word.casefold(), done[-1].casefold() if done else ""
        following = words[at + 1].casefold() if at + 1 < len(words) else ""
        committee = key in ("ủy", "uỷ", "phủ") and before in ("tỉnh", "thành", "đảng", "chính")
        if word in ("UBND", "BQL", "HĐND", "MTTQ"):
            done.append(word)
        elif committee or (key in _SMALL and not place):
            begins = not done or before == "-" or following in ("ủy", "uỷ")
            done.append(word.capitalize() if begins and not committee else key)
        elif place or len(done) in (0, kind) or before in ("và", "các", "về", "lý", "-") or before.endswith(","):
            done.append(word.capitalize())
        else:
            done.append(key)
        if key in ("tỉnh", "phố", "xã", "phường", "huyện", "khu"):
            place = place or (following not in ("hội", "ủy", "uỷ") and (key != "khu" or before == "đặc"))
        place = place or (committee and before in ("tỉnh", "thành"))
    name = re.sub("Công thương", "Công Thương", " ".join(done))
    return re.sub(re.escape(province), province, name, flags=re.IGNORECASE) if province else name


def _id(symbol: str, stem: str, year: int) -> str:
    last = re.split(r"[-/]", symbol)[-1] if symbol else stem
    letters = re.sub(r"[^a-z0-9]+", "-", bare(last)).strip("-")[:24].strip("-")
    return f"{letters or 'ke-hoach'}-{year}"
