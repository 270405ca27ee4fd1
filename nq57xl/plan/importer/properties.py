# ruff: noqa: E501 - patterns and lists of words read better unbroken
"""What the document says of the plan itself: title, number, date, agency, reporting days, who gathers, who signs."""

from __future__ import annotations

import itertools
import re
from datetime import date

from attrs import define, field

from nq57xl.plan.importer.document import Line
from nq57xl.plan.importer.words import join_lines
from nq57xl.plan.model import DatedName, Properties, Signatory
from nq57xl.text.normalise import bare, fold, one_line

_TITLES = (
    "kế hoạch",
    "chương trình",
    "chương trình hành động",
    "quyết định",
    "đề án",
    "kế hoạch hành động",
    "nghị quyết",
    "hướng dẫn",
)
_STOP = re.compile(
    r"(?:căn cứ|thực hiện (?:nghị quyết|kế hoạch|quyết định|chương trình|chỉ thị|công văn|chỉ đạo)|để |nhằm |thi hành |kính gửi|"
    r"ủy ban nhân dân .* ban hành|(?:phần |chương )?[ivx]+\s*[.\-–/]|\d+\.|xét |theo đề nghị|trên cơ sở|phát huy|tiếp tục thực hiện)",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"số\s*:?\s*(?P<number>[\d.…_ ]*)\s*[/-]\s*(?P<symbol>[A-ZĐ]{1,8}(?:[-/&][A-ZĐ&.]{1,15})*)(?![\w])", re.IGNORECASE
)
_OWN_NUMBER = re.compile(
    r"Số\s*:?\s*(?P<number>[\d.…_ ]*)\s*[/-]\s*(?P<symbol>[A-ZĐ]{1,8}(?:[-/&][A-ZĐ&.]{1,15})*)(?:\s.*)?"
)
_PROVINCE = re.compile(r"(?:tỉnh|thành phố|TP\.?)\s+((?:[A-ZĐÀ-Ỹ][^\W\d_]+)(?:\s[A-ZĐÀ-Ỹ][^\W\d_]+){1,2})")
_LONG_DATE = re.compile(r"ngày\s*(\d{1,2})\s*tháng\s*(\d{1,2})\s*năm\s*(\d{4})", re.IGNORECASE)
_SHORT_DATE = re.compile(r"ngày\s*(\d{1,2})\s*/\s*(\d{1,2})\s*/\s*(\d{4})", re.IGNORECASE)
_PLACE = re.compile(r"(?P<place>[^\W\d_][^\d,;:]{1,30}),\s*ngày[\s\d….]*tháng", re.IGNORECASE)
_ATTACHED = re.compile(
    r"\(?\s*(?:ban hành )?kèm theo (?:kế hoạch|quyết định|chương trình|văn bản|công văn)(?P<rest>.{0,120}?)\s+của\s+(?P<agency>[^)]+?)\s*\)",
    re.IGNORECASE | re.DOTALL,
)
_DAY = re.compile(
    r"(?P<word>trước|chậm nhất|muộn nhất|vào|(?=ngày))\s*(?:hết\s+|là\s+|vào\s+|trước\s+)*"
    r"(?:\d{1,2}\s*(?:giờ|h|g)\s*(?:\d{2})?\s*(?:phút)?,?\s*)?(?:ngày\s+|thứ\s+\w+,?\s+ngày\s+)?(?:mùng\s+)?(?P<day>\d{1,2})"
    r"\s*[,/(-]?\s*(?:của\s+)?(?:(?:hàng|hằng|mỗi|từng)\s+(?:tháng|quý)|tháng cuối|tháng cuối cùng)",
    re.IGNORECASE,
)
_MONTHLY_DAY = re.compile(
    r"định kỳ\s+(?:hằng|hàng)\s+tháng\s*[,(]?\s*(?P<word>trước|chậm nhất|muộn nhất)\s+(?:là\s+)?ngày\s+(?P<day>\d{1,2})",
    re.IGNORECASE,
)
_MOTTO = re.compile(
    r"\s*(?:CỘNG HO[ÀA]̀? X[ÃA] HỘI CHỦ NGHĨA VIỆT NAM|CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM|Độc lập\s*-\s*Tự do\s*-\s*Hạnh phúc|ĐẢNG CỘNG SẢN VIỆT NAM)\s*"
)
_NO_NAME = re.compile(
    r"CỘNG H|ĐỘC LẬP|SỐ\b|KẾ HOẠCH|ĐẢNG CỘNG|PHỤ LỤC|DỰ THẢO|QUYẾT ĐỊNH|NGHỊ QUYẾT|CHƯƠNG TRÌNH|ĐỀ ÁN|DANH MỤC|HƯỚNG DẪN|THÔNG BÁO"
)
_COUNCIL = ("ỦY BAN NHÂN DÂN", "UỶ BAN NHÂN DÂN", "UBND", "HỘI ĐỒNG NHÂN DÂN")
_TO_UNIT = re.compile(r"(?:về|qua|gửi|cho)\s+(?:Phòng|Văn phòng|Trung tâm|Ban Quản lý|Thanh tra|Chi cục)")
_UNIT = r"(?P<unit>\b(?:Phòng|Văn phòng|Sở|Ban|Trung tâm|Thanh tra|Chi cục|Bộ)\b[^.,;()]{0,60}?)"
_END = r"(?=\s*(?:[),;.]|để\b|tổng hợp|chủ trì|là\b|có trách nhiệm|trước\b|chậm nhất|muộn nhất|định kỳ|vào ngày|theo dõi|đôn đốc|làm đầu mối|phối hợp))"
_GATHER = (
    re.compile(rf"(?:thông qua|qua)\s+{_UNIT}{_END}"),
    re.compile(rf"(?:về|gửi về|gửi|cho)\s+{_UNIT}{_END}[^.;]{{0,40}}?tổng hợp"),
    re.compile(rf"[Gg]iao\s+{_UNIT}{_END}[^.;]{{0,80}}?(?:tổng hợp|đầu mối|theo dõi, đôn đốc)"),
    re.compile(
        rf"{_UNIT}\s+(?:là (?:cơ quan |đơn vị )?đầu mối|chủ trì, theo dõi|có trách nhiệm theo dõi|chủ trì tổng hợp)"
    ),
)
_UPWARDS = re.compile(
    r"ubnd|ủy ban nhân dân|uỷ ban nhân dân|cấp trên|trung ương|ban chỉ đạo (?:tỉnh|thành phố)|tỉnh ủy|thành ủy|chính phủ|bộ khoa học|sở khoa học",
    re.IGNORECASE,
)
_RECIPIENT = re.compile(
    r"báo cáo\s+(?:về\s+)?(?P<name>(?:UBND|Ủy ban nhân dân|Uỷ ban nhân dân)\s+(?:tỉnh|thành phố|xã|phường|Tỉnh|Thành phố)(?:\s+[A-ZĐ][\w]*){0,3})"
)
_CLEAR = re.compile(
    r"rõ\s+(?:người|việc|thời gian|thời hạn|trách nhiệm|sản phẩm|thẩm quyền|tiến độ|kết quả|hiệu quả|nguồn lực|quy trình)",
    re.IGNORECASE,
)
_RANK = re.compile(
    r"(?:KT|TM|TL|TUQ|Q)\.\s*\S.*|(?:PHÓ\s+)?(?:GIÁM ĐỐC|CHỦ TỊCH|TRƯỞNG BAN|CỤC TRƯỞNG|BỘ TRƯỞNG|CHÁNH VĂN PHÒNG|THỦ TƯỚNG|BÍ THƯ|VIỆN TRƯỞNG|CHI CỤC TRƯỞNG)"
)
_NAME = re.compile(r"(?:[A-ZĐÀ-Ỹ][^\W\d_]*\s+){1,5}[A-ZĐÀ-Ỹ][^\W\d_]*")


@define
class Found:
    """The properties, and where each came from or why it is doubtful."""

    properties: Properties
    sources: dict[str, str] = field(factory=dict)
    doubts: dict[str, str] = field(factory=dict)
    """Field -> reason; a field that stays blank is among them."""
    gatherer: str = ""
    """Name of the unit that gathers, as printed."""


def properties_of(lines: list[Line], stem: str) -> Found:
    """What those lines say; `stem` is the document's file name, for the id when nothing better is there."""
    return _Reader(lines).read(stem)


class _Reader:
    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        self.text = ""
        for line in lines:
            self.text = join_lines(self.text, line.text) if self.text else line.text
        self.text = one_line(self.text)
        self.sources: dict[str, str] = {}
        self.doubts: dict[str, str] = {}
        self.inclusive = False

    def read(self, stem: str) -> Found:
        title = self._title()
        number, symbol = self._number()
        issued, place = self._date(), self._place()
        province = place or self._province()
        agency, parent = self._agency()
        year = self._year(title, issued)
        internal, upwards = self._days()
        gatherer, recipient = self._gatherer(), self._recipient(province)
        criteria = tuple(dict.fromkeys(item.casefold() for item in _CLEAR.findall(self.text)))
        signatory = self._signatory()
        for key, value in (("number", number), ("symbol", symbol), ("issued_on", issued), ("title", title),
                           ("agency", agency), ("gatherer", gatherer), ("signer", signatory.name), ("place", place)):  # fmt: skip
            if not value and key not in self.doubts:
                self.doubts[key] = "không thấy trong văn bản, để trống"
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
        return Found(properties, self.sources, self.doubts, gatherer)

    def _title(self) -> str:
        for index, line in enumerate(self.lines):
            if fold(line.text).rstrip(" .:") in _TITLES:
                title = ""
                for following in self.lines[index + 1 : index + 9]:
                    text = following.text.strip(" _-–—*")
                    if not text:
                        continue
                    if title and _STOP.match(text):
                        break
                    title = join_lines(title, text)
                    if title.endswith((".", ";", ":")):
                        break
                self.sources["title"] = line.source
                return one_line(title)
        match = re.search(
            r"(?:KẾ HOẠCH|Kế hoạch)\s+((?:Triển khai|Thực hiện|TRIỂN KHAI|THỰC HIỆN)[^.;]{10,300}?năm \d{4})", self.text
        )
        return one_line(match[1]) if match else ""

    def _number(self) -> tuple[str, str]:
        for line in self.lines[:40]:
            match = _OWN_NUMBER.fullmatch(line.text)
            if match:
                self.sources["number"] = self.sources["symbol"] = line.source
                return _digits(match["number"]), match["symbol"].upper()
        attached = _ATTACHED.search(self.text)
        match = _NUMBER.search(attached["rest"]) if attached else None
        return (_digits(match["number"]), match["symbol"].upper()) if match else ("", "")

    def _date(self) -> date | None:
        for line in self.lines[:40]:
            if line.text.casefold().startswith(("căn cứ", "thực hiện")):
                break
            match = _LONG_DATE.search(line.text)
            if match and _PLACE.search(line.text):
                self.sources["issued_on"] = line.source
                return _day(match)
        attached = _ATTACHED.search(self.text)
        match = (_SHORT_DATE.search(attached["rest"]) or _LONG_DATE.search(attached["rest"])) if attached else None
        return _day(match) if match else None

    def _place(self) -> str:
        for line in self.lines[:40]:
            match = _PLACE.match(line.text)
            if match:
                return one_line(match["place"])
        return ""

    def _province(self) -> str:
        """The province or city named most often."""
        names: list[str] = _PROVINCE.findall(self.text)
        if not names:
            return ""
        self.doubts["place"] = "suy từ tên tỉnh, thành phố trong văn bản"
        return max(sorted(set(names)), key=names.count)

    def _agency(self) -> tuple[str, str]:
        """The agency and the one above it, from the letterhead and from "Kèm theo … của …"."""
        front = itertools.takewhile(lambda line: fold(line.text).rstrip(" .:") not in _TITLES, self.lines[:12])
        head = _councils([_MOTTO.sub("", line.text).strip(" *_-") for line in front])
        caps = [text for text in head if text.isupper() and len(text) > 3 and not _NO_NAME.match(text)]
        attached = _ATTACHED.search(self.text)
        above = caps[0] if len(caps) > 1 else ""
        if attached:
            name = one_line(attached["agency"])
            if not (above and fold(above) != fold(name)):
                above = ""
            return name, above
        if caps:
            self.doubts["agency"] = "lấy từ phần đầu văn bản"
            return self._written(caps[-1] if len(caps) == 1 else caps[1]), above
        match = re.search(
            r"((?:Sở|Ban Quản lý|UBND|Ủy ban nhân dân|Bộ|Ban Chỉ đạo)[^.,;()]{2,60}?)\s+(?:xây dựng |ban hành )+(?:Kế hoạch|kế hoạch)",
            self.text,
        )
        if match:
            self.doubts["agency"] = "suy từ câu ban hành kế hoạch"
        return (one_line(match[1]), "") if match else ("", "")

    def _written(self, name: str) -> str:
        """A name in capitals as the text writes it elsewhere, else with a capital for each word."""
        for match in re.finditer(re.escape(name), self.text, re.IGNORECASE):
            if not match[0].isupper():
                return match[0][0].upper() + match[0][1:]
        return _sentence(name)

    def _year(self, title: str, issued: date | None) -> int:
        years = re.findall(r"năm (20\d\d)", title)
        if years:
            return int(years[-1])
        found = re.findall(r"20[2-4]\d", title) or (
            [str(issued.year)] if issued else re.findall(r"năm (20[2-4]\d)", self.text)
        )
        self.doubts["year"] = "năm không ghi ở tên kế hoạch, suy từ văn bản"
        return max(map(int, found[:3])) if found else date.today().year

    def _days(self) -> tuple[int, int]:
        internal: int | None = None
        upwards: int | None = None
        words, last = set(), 0
        for match in sorted(
            [*_DAY.finditer(self.text), *_MONTHLY_DAY.finditer(self.text)], key=lambda item: item.start()
        ):
            before = re.split(r"(?<=[.;])\s", self.text[max(last, match.start() - 160) : match.start()])[-1]
            last, day = match.end(), int(match["day"])
            above = max((item.end() for item in _UPWARDS.finditer(before)), default=-1)
            unit = max((item.end() for item in _TO_UNIT.finditer(before)), default=-1)
            if not 1 <= day <= 31:
                continue
            words.add(match["word"].casefold() or "vào")
            if above > unit and upwards is None:
                upwards = day
            elif internal is None:
                internal = day
        self.inclusive = bool(words) and "trước" not in words
        if len(words) > 1 and "trước" in words:
            self.doubts["before_is_inclusive"] = "có chỗ ghi «trước ngày», có chỗ ghi «chậm nhất ngày»"
        if internal is None:
            self.doubts["internal_day"] = "không thấy «trước ngày … hằng tháng» cho đơn vị, dùng ngày mặc định"
        if upwards is None:
            self.doubts["report_day"] = "không thấy «trước ngày … hằng tháng» cho báo cáo cấp trên, dùng ngày mặc định"
        return internal or 20, upwards or 25

    def _gatherer(self) -> str:
        for pattern in _GATHER:
            match = pattern.search(self.text)
            if match:
                return one_line(match["unit"])
        return ""

    def _recipient(self, place: str) -> str:
        match = _RECIPIENT.search(self.text)
        if not match:
            return ""
        name = one_line(match["name"])
        self.doubts["recipient"] = "suy từ câu «báo cáo …»"
        kind = next((item for item in ("tỉnh", "thành phố") if item in name.casefold()), "")
        named = kind and re.search(rf"{kind}\s+{re.escape(place)}", self.text, re.IGNORECASE)
        return name if not place or place in name or not named else f"{name} {place}"

    def _signatory(self) -> Signatory:
        for index, line in enumerate(self.lines):
            if _RANK.fullmatch(line.text.strip()) and index > 5:
                block = [item.text.strip() for item in self.lines[index : index + 12]]
                ranks = [text for text in block[:3] if _RANK.fullmatch(text)]
                name = next((text for text in block[1:] if _NAME.fullmatch(text) and not text.isupper()), "")
                authority = ranks[0] if len(ranks) > 1 or re.match(r"(?:KT|TM|TL|TUQ|Q)\.", ranks[0]) else ""
                position = next((text for text in ranks if text != authority), "")
                return Signatory(authority, position, name)
        return Signatory()


def _councils(head: list[str]) -> list[str]:
    """The lines of a letterhead with "ỦY BAN NHÂN DÂN" and the name under it as one."""
    done: list[str] = []
    for text in head:
        if done and done[-1] in _COUNCIL and re.match(r"(?:XÃ|PHƯỜNG|TỈNH|THÀNH PHỐ|HUYỆN|ĐẶC KHU|THỊ)\b", text):
            done[-1] = f"{done[-1]} {text}"
        elif text:
            done.append(text)
    return done


def _dated(name: str) -> tuple[DatedName, ...]:
    return (DatedName(name),) if name else ()


def _digits(text: str) -> str:
    return text.strip() if re.fullmatch(r"\s*\d{1,5}\s*", text) else ""


def _day(match: re.Match[str]) -> date | None:
    try:
        return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        return None


def _sentence(text: str) -> str:
    """A name in capitals as in a sentence, as far as its words tell: "Sở Văn hóa, Thể thao và Du lịch"."""
    words = text.split()
    done: list[str] = []
    for word in words:
        key, before = word.casefold(), done[-1] if done else ""
        if word in ("UBND", "BQL", "HĐND"):
            done.append(word)
        elif (
            key in ("và", "các")
            or (done and key in ("tỉnh", "xã", "phường", "thành", "phố", "nhân", "dân", "ban"))
            or (
                words[0] in ("SỞ", "BỘ", "PHÒNG")
                and len(done) > 1
                and before not in ("và", "các")
                and before[-1] != ","
            )
        ):
            done.append(key)
        else:
            done.append(word.capitalize())
    return " ".join(done)


def _id(symbol: str, stem: str, year: int) -> str:
    last = re.split(r"[-/]", symbol)[-1] if symbol else stem
    letters = re.sub(r"[^a-z0-9]+", "-", bare(last)).strip("-")[:24].strip("-")
    return f"{letters or 'ke-hoach'}-{year}"
