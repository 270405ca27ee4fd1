"""Text widths and row heights."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nq57xl.xlsx import metrics
from nq57xl.xlsx.metrics import _MAX_ROW_HEIGHT, Text, merged_width, row_height, text_width, wrapped

WORDS = st.text(alphabet="aăâbcdđeêghiklmnoôơpqrstuưvxyàảãạấầẩ0123456789 ,.;\n", max_size=200)


def test_known_widths() -> None:
    """Digits of Times New Roman are half an em; a Vietnamese letter is as wide as its base letter; bold is wider."""
    assert text_width("0123456789", 10) == pytest.approx(50.0)
    assert text_width("ộ") == text_width("o")
    assert text_width("Ủy ban", bold=True) > text_width("Ủy ban")


def test_wrapping_by_words() -> None:
    """Words move to the next line whole; a word that is too long is broken; line breaks count."""
    assert len(wrapped("một hai", 100)) == 1
    assert len(wrapped("một\nhai\nba", 100)) == 3
    assert len(wrapped("0" * 25, 10)) == 3
    assert len(wrapped("", 10)) == 1


@given(WORDS, st.floats(3, 60))
def test_a_narrower_column_never_needs_fewer_lines(text: str, width: float) -> None:
    """Lines grow when the column shrinks, and never fall under what the bare width asks for."""
    lines = len(wrapped(text, width))
    assert lines >= len(wrapped(text, width * 3))
    assert lines * width * 5.25 >= text_width(text.replace("\n", "")) - text.count(" ") * 11


def test_row_height_is_of_the_tallest_text() -> None:
    """The row is as high as its tallest text, at least the minimum, at most Excel's limit, in whole pixels."""
    assert row_height([], minimum=20.25) == 20.25
    tall = row_height([Text("ngắn", 20), Text("dài " * 40, 10)])
    assert tall == row_height([Text("dài " * 40, 10)]) > 100
    assert tall % 0.75 == 0
    assert row_height([Text("dài " * 4000, 10)]) == _MAX_ROW_HEIGHT


def test_merged_columns_are_wider_than_their_sum() -> None:
    """Merging wins the inner margins."""
    assert merged_width([10.0]) == 10.0
    assert merged_width([10.0, 10.0]) == pytest.approx(20.0 + 5 / 7)


def test_a_word_that_fills_a_cell_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """32,767 letters without a blank cost each letter a few looks, not one for each line before it."""
    looks = 0

    class Widths(dict[str, int]):
        def get(self, *_: object) -> int:
            nonlocal looks
            looks += 1
            return 500

    monkeypatch.setattr(metrics, "_widths", lambda _: Widths())
    text = "ể" * 32_767
    lines = metrics.wrapped(text, 20.125, 13.0)
    assert "".join(lines) == text and len(lines) > 1000
    assert looks < 4 * len(text)
