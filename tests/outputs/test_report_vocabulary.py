"""The wording of the report by the office's setting: one table from standings to words, counts that follow it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import attrs
import pytest
import yaml

from nq57xl.errors import Nq57Error
from nq57xl.plan.appendix import SETTINGS
from nq57xl.plan.appendix_read import read_appendix
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.results.wording import TIMELINESS
from nq57xl.rules.load import _STANDINGS, Vocabulary
from tests.report_books import consolidated
from tests.samples import sample_plan

CLOSED = {
    "A": {"Hoàn thành", "Đang thực hiện trong hạn", "Đang thực hiện quá hạn", "Thường xuyên"},
    "B": {
        "Hoàn thành đúng hạn",
        "Hoàn thành quá hạn",
        "Chưa hoàn thành trong hạn",
        "Chưa hoàn thành quá hạn",
    },
    "C": {
        f"{one} {other}"
        for one in ("Chưa thực hiện", "Đang thực hiện", "Hoàn thành")
        for other in ("đúng hạn", "trễ hạn")
    },
    "F": {"Đúng tiến độ", "Có nguy cơ chậm", "Chậm tiến độ"},
}
"""The values of each published vocabulary (domain.md 3.3)."""


@pytest.mark.parametrize("code", sorted(CLOSED))
def test_every_standing_has_words(code: str) -> None:
    """Each vocabulary words every standing, with all of its published values, never calling an undated row timely."""
    vocabulary = Vocabulary.load(code)
    words = {
        (progress, timely): vocabulary.word(progress, timely)
        for progress in _STANDINGS
        for timely in _STANDINGS[progress]
    }
    assert None not in words.values()
    assert set(words.values()) >= CLOSED[code]
    undated = {words[progress, "undated"] for progress in ("in_progress", "not_started")}
    assert not undated & CLOSED[code]
    column = next(column for column in SETTINGS.columns if column.key == "vocabulary")
    assert column.choices.keys() == {"own", *CLOSED}


@pytest.mark.parametrize("code", ["own", *CLOSED])
def test_counts_follow_the_words(code: str) -> None:
    """Every row is counted under the words that it shows, and the timeliness beside it stays in our own words."""
    from nq57xl.results.overview import figures

    c = attrs.evolve(consolidated("sxd-2026", 5), vocabulary=Vocabulary.load(code))
    shown = [row.standing.words(c) for row in c.tasks]
    reported = [words for (words, _), row in zip(shown, c.tasks, strict=True) if row.standing.state == "reported"]
    assert set(reported) <= set(c.progress_order)
    assert {timely for _, timely in shown} <= {"", *TIMELINESS.values()}
    counts = figures(c).total.progress
    assert {words: counts[words] for words in reported} == dict(Counter(reported))


def test_the_office_chooses_in_its_settings() -> None:
    """The setting goes through the master appendix and back; a word that is in no list is a finding."""
    plan = sample_plan()
    chosen = attrs.evolve(plan, settings=attrs.evolve(plan.settings, vocabulary="B"))
    assert read_appendix(write_appendix(chosen)).plan.settings.vocabulary == "B"
    assert read_appendix(write_appendix(plan)).plan.settings.vocabulary == "own"


def test_words_that_are_missing_are_named(tmp_path: Path) -> None:
    """An office's own file that lacks a standing is refused with the name of what is missing."""
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "vocabularies.yml").write_text("A: {done: {on_time: Xong}}\n", encoding="utf-8")
    with pytest.raises(Nq57Error, match="done/late"):
        Vocabulary.load("A", tmp_path)
    with pytest.raises(Nq57Error, match="«B»"):
        Vocabulary.load("B", tmp_path)


@pytest.mark.parametrize("words", ["Xong*", "Chưa?", "=1+1", "<5"])
def test_words_that_formulas_count_otherwise_are_refused(words: str, tmp_path: Path) -> None:
    """Words that COUNTIFS would take for a pattern or a comparison are refused with the word itself."""
    own = {progress: dict.fromkeys(codes, words) for progress, codes in _STANDINGS.items()}
    (tmp_path / "schemas").mkdir()
    text = yaml.safe_dump({"A": own}, allow_unicode=True)
    (tmp_path / "schemas" / "vocabularies.yml").write_text(text, encoding="utf-8")
    with pytest.raises(Nq57Error, match=re.escape(f"«{words}»")):
        Vocabulary.load("A", tmp_path)
