"""Letters that a conversion left behind: put right where there is one reading, broken where there is none."""

from __future__ import annotations

import pytest

from nq57xl.text.legacy import is_broken, mended


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Đã đƣợc phê duyệt", "Đã được phê duyệt"),
        ("Ä\u0090Ã£ trÃ¬nh", "Đã trình"),
        ("KÃ½ quyáº¿t Ä‘á»‹nh", "Ký quyết định"),
        ("\uf0b3 90%", "≥ 90%"),
    ],
)
def test_one_reading_is_put_right(text: str, says: str) -> None:
    """ƣ is ư, UTF-8 read as Latin-1 or Windows-1252 is read again, signs of Symbol are those signs."""
    assert (mended(text), is_broken(text)) == (says, False)


@pytest.mark.parametrize(
    "text",
    [
        "“ĐÔI ĐÃ”",
        "«đơn giá»",
        "giá» cao",
        "ĐÃ… xong",
        "Hòa Bình",
        "https://a.vn/b?c=d",
        "Xong?Rồi",
        "Đạt 5 m²",
        "ƠN ĐÃ »",
    ],
)
def test_what_is_right_stays(text: str) -> None:
    """Quotation marks behind a letter, addresses and questions are no wreckage."""
    assert (mended(text), is_broken(text)) == (text, False)


@pytest.mark.parametrize("text", ["Đạt \ue123 90%", "Đã tr\ufffdnh", "Đã tr?nh", "ban hÃ nh quyáº¿t"])
def test_what_is_lost_is_broken(text: str) -> None:
    """Nobody can tell which letter stood there."""
    assert is_broken(text)
