"""Letters to units: what each fate is told, drafts that mail programs open, safety against what strangers write."""

from __future__ import annotations

import email
import email.policy
import hashlib
import os
import re
import subprocess
import sys
import unicodedata
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nq57xl.errors import Nq57Error
from nq57xl.outputs.letters import _letter_of, addresses, plain, write_letter
from nq57xl.results.standing import FiledReturn
from nq57xl.returns.model import ReturnRecord
from nq57xl.rules.findings import to_answer
from tests.conftest import REPOSITORY
from tests.ledger_kit import value
from tests.letter_kit import blank, every_fate, filed_of, odd, record
from tests.samples import sample_period, sample_plan

FORM = b"PK\x03\x04 a marked form"


def letters(records: list[ReturnRecord] | None = None) -> dict[int, FiledReturn]:
    """What letters are written about, by number of the return."""
    return {item.record.id: item for item in filed_of(*(records or every_fate()))}


def words(item: FiledReturn) -> dict[str, Any]:
    """What the letter says, as its templates see it."""
    return _letter_of(item, sample_plan(), sample_period(), to_answer(item.record.judged.findings))


def written(item: FiledReturn, marked: str = "", *, root: Path | None = None) -> dict[str, bytes]:
    back = (marked, FORM) if marked else None
    return write_letter(item, sample_plan(), sample_period(), form_code="0f8fad5bd9", marked=back, workspace=root)


def text(item: FiledReturn, marked: str = "") -> str:
    return written(item, marked)[".txt"].decode("utf-8")


def draft(item: FiledReturn, marked: str = "") -> EmailMessage:
    message = email.message_from_bytes(written(item, marked)[".eml"], policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


class Page(HTMLParser):
    """Tags, attributes and text of a page as a browser sees them."""

    def __init__(self, data: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(data.decode("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_names_tell_the_unit_or_the_content() -> None:
    """The newest return of a unit answers under the unit's name, every other file under its hash."""
    names = {number: words(letter)["name"] for number, letter in letters().items()}
    assert [names[number] for number in (3, 5)] == ["NQ57_2026-04_VP", "NQ57_2026-04_QLDT"]
    for number, unit in ((1, "-VP"), (2, "-VP"), (4, "-QLDT"), (6, "-QLDN"), (7, "")):
        assert re.fullmatch(rf"bien-nhan-[0-9a-f]{{8}}{unit}", names[number])
    assert len(set(names.values())) == len(names)


def test_a_rejected_return_is_told_everything_it_needs() -> None:
    """Unit, period, deadline, time and basis, verdict, number of points, first steps, how to resend, whom to ask."""
    items = filed_of(*every_fate())
    item = next(one for one in items if one.record.id == 3)
    answer = text(item, "NQ57_2026-04_VP.xlsx")
    for part in (
        "Ghi nhận báo cáo của đơn vị tổng hợp: Văn phòng Sở",
        "báo cáo tháng 4/2026 (số liệu từ 15/3 đến 14/4/2026)",
        "12:00 ngày 16/04/2026 (căn cứ: do đơn vị tổng hợp ghi), đúng hạn",
        "hết ngày 17 tháng 4 năm 2026",
        "chưa được chấp nhận; có 12 điểm phải sửa và 1 điểm nên xem lại",
        "nhận lúc 02:00 ngày 16/04/2026, vẫn được sử dụng",
        "tự chuẩn hóa 1 điểm",
        "1. Trang «1. Kết quả»: Chưa nhập «Kết quả trong kỳ»: 12 ô (G8, G9, G10 … và 9 ô nữa). Nhập",
        "2. (nên xem lại) Trang «1. Kết quả», ô H30: ",
        "Mở tệp NQ57_2026-04_VP.xlsx gửi kèm",
        "Chậm nhất thứ Sáu, ngày 17 tháng 4 năm 2026",
        "liên hệ Văn phòng Sở (vp.sxd@dongnai.gov.vn), nêu mã biểu mẫu 0f8fad5bd9",
    ):
        assert part in answer, part


@pytest.mark.parametrize(
    ("number", "parts", "subject"),
    [
        (1, ["có 2 điểm phải sửa; đơn vị đã gửi bản khác, nhận lúc 12:00 ngày 16/04/2026"], "Biên nhận"),
        (2, ["được chấp nhận, đang được sử dụng"], "Biên nhận"),
        (4, ["đã có bản nhận lúc 13:00 ngày 16/04/2026 thay thế"], "Biên nhận"),
        (5, ["được chấp nhận; có 1 điểm nên xem lại", "không phải gửi lại, chỉ cần giải trình"], "đề nghị xem lại"),
        (
            6,
            ["không được đưa vào tổng hợp. Lý do: Gửi nhầm bản nháp.\r\n", "đề nghị gửi lại báo cáo về Văn phòng Sở"],
            "Biên nhận",
        ),
        (7, ["chưa được ghi nhận là báo cáo", "Tệp là PDF", "NQ57_2026-04_….xlsx"], "chưa được ghi nhận"),
    ],
)
def test_each_fate_is_told_in_its_own_words(number: int, parts: list[str], subject: str) -> None:
    """Text and page say the same, the subject fits."""
    letter = letters()[number]
    told, page = text(letter), Page(written(letter)[".html"]).text
    for part in parts:
        assert part in told
        assert part.strip().casefold() in " ".join(page.split()).casefold()
    assert subject in str(draft(letter)["Subject"])


def test_a_half_that_was_combined_is_told_so() -> None:
    """Cells of it stand in the newest return: it is no return that was merely overtaken."""
    half = record(1, "nửa", "rejected", hours=-1, findings=(blank(8),))
    taken = attrs.evolve(value(8, "x", "x"), origin=half.judged.source)
    whole = record(2, "đủ")
    whole = attrs.evolve(whole, judged=attrs.evolve(whole.judged, values=(taken,)))
    found = letters([half, whole])
    assert (found[1].fate, found[2].fate) == ("combined", "counts")
    assert "đã được ghép vào báo cáo nhận lúc 12:00 ngày 16/04/2026" in text(found[1])


def test_a_late_return_is_told_how_late() -> None:
    """Two days after the deadline: the days are told, and the deadline is not asked for again."""
    told = text(letters([record(1, "x", "rejected", hours=60, findings=(blank(8),))])[1])
    assert "chậm 2 ngày so với thời hạn" in told
    assert "Thời hạn đã qua" in told
    assert "Chậm nhất" not in told


def test_points_beyond_the_first_are_counted() -> None:
    """Five points are named; the others, as many cells as they are, are counted."""
    found = [attrs.evolve(odd(row), field=f"f{row}", severity="error") for row in range(8, 15)]
    found += [attrs.evolve(blank(row), sheet="9. Khác") for row in range(30, 40)]
    letter = letters([record(1, "x", "rejected", findings=tuple(found))])[1]
    assert (len(words(letter)["points"]), words(letter)["rest"]) == (5, 12)
    assert "Còn 12 điểm khác." in text(letter)


def test_the_draft_opens_ready_to_send() -> None:
    """X-Unsent, the unit's address, a subject in Vietnamese, text and page as alternatives, the form attached."""
    letter = letters()[3]
    message = draft(letter, "NQ57_2026-04_VP.xlsx")
    assert message["X-Unsent"] == "1"
    assert str(message["To"]) == "Văn phòng Sở <vp.sxd@dongnai.gov.vn>"
    assert str(message["Subject"]) == "Đề nghị sửa, gửi lại báo cáo tháng 4/2026 - Văn phòng Sở"
    assert message.get_content_type() == "multipart/mixed"
    body, page = message.get_body(("plain",)), message.get_body(("html",))
    assert body is not None and page is not None
    assert body.get_content().replace("\r\n", "\n") == text(letter, "NQ57_2026-04_VP.xlsx").replace("\r\n", "\n")
    assert "<html" in page.get_content()
    (attached,) = message.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("NQ57_2026-04_VP.xlsx", FORM)
    assert message["Date"] is None and message["From"] is None


def test_a_draft_without_a_form_has_no_attachment() -> None:
    """An accepted return, a file that is no form: text and page alone."""
    for number in (2, 7):
        message = draft(letters()[number])
        assert message.get_content_type() == "multipart/alternative"
        assert list(message.iter_attachments()) == []


def test_the_unit_is_answered_before_the_sender() -> None:
    """The unit's own address wins; a sender is answered where the unit has none, or the file is nobody's."""
    sent = "Ai đó <ai.do@abc.vn>"
    found = letters(
        [
            record(1, "a", sender=sent),
            record(2, "b", unit="KHTC", sender=sent),
            record(3, "c", "unrecognised", None, sender=sent),
            record(4, "d", "unrecognised", None, sender="không địa chỉ"),
            record(5, "e", unit="QLDN", sender="x\r\nBcc: all@abc.vn <y@abc.vn>"),
        ]
    )
    to = {number: [item.addr_spec for item in words(letter)["to"]] for number, letter in found.items()}
    assert to == {
        1: ["vp.sxd@dongnai.gov.vn"],
        2: ["ai.do@abc.vn"],
        3: ["ai.do@abc.vn"],
        4: [],
        5: ["qldn.sxd@dongnai.gov.vn"],
    }
    assert draft(found[4])["To"] is None


HOSTILE = [
    "<script>alert(1)</script>.xlsx",
    '"><img src=x onerror=alert(1)>.xlsx',
    "{{ 7*7 }}{% for x in y %}.xlsx",
    "a\r\nBcc: all@abc.vn\r\n\r\nx.xlsx",
    "\u202exslx.exe\u202c",
    "%s %(x)s {0} {unit}.xlsx",
    "&lt;b&gt; &amp;.xlsx",
    "\udcff\udc80.xlsx",
    "--=_nq57-12345678-hai-dang\r\nContent-Type: text/html\r\n\r\nx",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_and_values_stay_text(name: str) -> None:
    """Names, senders, typed values, reasons: no tag, no header, no template of theirs comes alive; all can be read."""
    bad = attrs.evolve(blank(8), message=f"«{name}» sai.", fix=name, value=name, sheet=name)
    records = [
        attrs.evolve(record(1, "x", "rejected", findings=(bad,), name=name, sender=f"{name} <a@b.vn>", subject=name)),
        attrs.evolve(record(2, "y", unit="QLDN", name=name), excluded=name),
        record(3, "z", "unrecognised", None, findings=(bad,), name=name, sender=f"{name} <a@b.vn>"),
    ]
    calm = {tag for letter in letters().values() for tag, _ in Page(written(letter)[".html"]).tags}
    for letter in letters(records).values():
        page = Page(written(letter)[".html"])
        assert {tag for tag, _ in page.tags} <= calm
        assert not [value for _, found in page.tags for value in found if value and value.startswith("on")]
        assert plain(name) in page.text
        assert "49" not in page.text.replace(words(letter)["fingerprint"], "").replace("2026", "")
        message = draft(letter)
        assert message["Bcc"] is None
        assert message.defects == []
        assert [part.get_content_type() for part in message.walk()] == [
            "multipart/alternative",
            "text/plain",
            "text/html",
        ]
        assert message["X-Unsent"] == "1"


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_makes_a_letter(name: str, sender: str) -> None:
    """Whatever a file or sender is called: three shapes, one subject line, no control characters in the mail's head."""
    found = letters([record(1, "z", "unrecognised", None, findings=(blank(8),), name=name, sender=sender)])[1]
    shapes = written(found)
    head = shapes[".eml"].partition(b"\r\n\r\n")[0]
    assert {line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith(b" ")} <= {
        b"X-Unsent",
        b"To",
        b"Subject",
        b"MIME-Version",
        b"Content-Type",
    }
    assert b"\x00" not in shapes[".txt"] + shapes[".html"]


def digest() -> str:
    """Hash of every letter's files."""
    made = (written(letter, "a.xlsx") for letter in letters().values())
    return hashlib.sha256(b"".join(b"".join(files.values()) for files in made)).hexdigest()


def test_the_same_letter_has_the_same_bytes_in_every_process() -> None:
    """No boundary, date or order by chance: another process with another hash seed writes the same."""
    script = "from tests.outputs.test_letters import digest; print(digest())"
    other = subprocess.run(
        [sys.executable, "-c", script],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == digest()


def test_an_office_words_its_letters_itself(tmp_path: Path) -> None:
    """A template of the workspace is used in place of the packaged one, the others stay."""
    own = tmp_path / "templates" / "notices"
    own.mkdir(parents=True)
    (own / "tieu-de.txt.j2").write_text("Kết quả: {{ letter.unit }}\n", encoding="utf-8")
    shapes = written(letters()[3], root=tmp_path)
    message = email.message_from_bytes(shapes[".eml"], policy=email.policy.default)
    assert str(message["Subject"]) == "Kết quả: Văn phòng Sở"
    assert shapes[".txt"] == written(letters()[3])[".txt"]


@pytest.mark.parametrize(
    "template",
    [
        "{{ letter.khong_co }}",
        "{% if %}",
        "{{ letter.unit.__class__.__mro__ }}",
        "{{ 1 / 0 }}",
        "{% include '/etc/passwd' %}",
        b"\xff\xfe broken",
    ],
)
def test_a_wrong_template_is_named(tmp_path: Path, template: str | bytes) -> None:
    """Misspelt words, broken syntax, reaching out of the sandbox: a message with the file's name, no traceback."""
    own = tmp_path / "templates" / "notices"
    own.mkdir(parents=True)
    (own / "thong-bao.txt.j2").write_bytes(template if isinstance(template, bytes) else template.encode())
    with pytest.raises(Nq57Error, match=r"templates/notices/thong-bao\.txt\.j2"):
        written(letters()[3], root=tmp_path)


def test_texts_are_clean_vietnamese() -> None:
    """No blank placeholder, no double blank or full stop, NFC, CRLF for Notepad, one line break at the end."""
    for letter in letters().values():
        told = text(letter)
        assert told == unicodedata.normalize("NFC", told)
        assert told.endswith("Trân trọng./.\r\n") and "\n\n\n" not in told.replace("\r", "")
        assert not re.search(r"None|Undefined|  |\.\.(?!\.)|\{\{|\(\)", told), told
        assert "\n" not in told.replace("\r\n", "")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("a@x.vn\nb@x.vn", ["a@x.vn", "b@x.vn"]),
        ("a@x.vn / b@x.vn; a@x.vn", ["a@x.vn", "b@x.vn"]),
        ("Nguyễn, Văn A <a@x.vn>", ["a@x.vn"]),
        ("chị Lan: a@x.vn\u200b", ["a@x.vn"]),
        ("lan nguyen@x.vn", []),
        ("a..b@x.vn", []),
        (".a@x.vn, a.@x.vn", []),
        ("(" * 9000 + "a@x.vn", ["a@x.vn"]),
    ],
)
def test_addresses_as_people_type_them(typed: str, found: list[str]) -> None:
    """Several in a cell, on lines of their own too, each once; what no mail program takes is left out, not a fault."""
    assert [item.addr_spec for item in addresses(typed, "Văn phòng")] == found
