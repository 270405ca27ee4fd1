"""Which rows of a new version of the plan continue which rows of the old one: by their texts, then their codes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

from nq57xl.text.normalise import fold

_LEAF, _PARENT = 0.65, 0.35
_PRODUCT = 0.15
_WITHOUT_SUBTASK = 0.97
"""Several sub-tasks share a task: the task alone tells a little less."""
_CODE_BONUS, _SECTION_BONUS, _NUMBER_BONUS = 0.08, 0.04, 0.02


@frozen
class Levels:
    """Similarity from which a row continues another."""

    anywhere: float
    same_section: float
    same_code: float
    """Under the same stored code."""


TASK_LEVELS = Levels(0.74, 0.62, 0.4)
"""Two different tasks of the bundled plans come to 0.3 to 0.6, a few that share their opening words to 0.88."""
INDICATOR_LEVELS = Levels(0.86, 0.8, 0.5)
"""Indicators are short and alike ("Tỷ lệ công chức, viên chức ..."): different ones come to 0.5 to 0.89."""


@frozen
class Sketch:
    """What a row is recognised by."""

    code: str
    """Stored code; "" where a code says nothing about identity."""
    section: str
    """A key that two sections share when they are the same one."""
    number: str
    leaf: str
    """What is to be done: the sub-task, or the task where there is none."""
    parent: str = ""
    """The task above it, where it says something else."""
    product: str = ""


def folded(sketch: Sketch) -> Sketch:
    """The sketch with its texts as they are compared."""
    texts = (fold(text).strip(" .;,:") for text in (sketch.leaf, sketch.parent, sketch.product))
    return Sketch(sketch.code, sketch.section, fold(sketch.number), *texts)


def pair(old: Sequence[Sketch], new: Sequence[Sketch], levels: Levels = TASK_LEVELS) -> dict[int, tuple[int, float]]:
    """Index of a new row -> (index of the old row that it continues, similarity of their texts); each at most once.

    The best pairs are taken first, ties go to the same code, section, number and the nearest position.
    """
    befores, afters = [folded(item) for item in old], [folded(item) for item in new]
    scored = sorted(_candidates(befores, afters, levels))
    found: dict[int, tuple[int, float]] = {}
    taken: set[int] = set()
    for _, _, i, j, similarity in scored:
        if i not in taken and j not in found:
            taken.add(i)
            found[j] = (i, similarity)
    return found


def _candidates(
    old: Sequence[Sketch], new: Sequence[Sketch], levels: Levels
) -> Iterator[tuple[float, int, int, int, float]]:
    """(−score, distance of positions, old index, new index, similarity) of every pair that may be one row."""
    for i, before in enumerate(old):
        for j, after in enumerate(new):
            similarity = likeness(before, after)
            same_code = bool(before.code) and before.code == after.code
            same_section = before.section == after.section
            wanted = levels.same_section if same_section else levels.anywhere
            if similarity < (levels.same_code if same_code else wanted):
                continue
            score = similarity + _CODE_BONUS * same_code + _SECTION_BONUS * same_section
            score += _NUMBER_BONUS * (before.number == after.number)
            yield -round(score, 6), abs(i - j), i, j, similarity


def likeness(one: Sketch, other: Sketch) -> float:
    """How alike the texts of two folded rows are, 0 to 1."""
    leaf = _alike(one.leaf, other.leaf)
    if one.parent and other.parent:
        leaf = _LEAF * leaf + _PARENT * _alike(one.parent, other.parent)
    elif one.parent or other.parent:  # one of the documents has no column of sub-tasks
        leaf = max(leaf, _WITHOUT_SUBTASK * _alike(one.parent or one.leaf, other.parent or other.leaf))
    if not one.product or not other.product:
        return leaf
    return (1 - _PRODUCT) * leaf + _PRODUCT * _alike(one.product, other.product)


def _alike(one: str, other: str) -> float:
    from rapidfuzz import fuzz

    if one == other:
        return 1.0
    if not one or not other:
        return 0.0
    return max(fuzz.ratio(one, other), fuzz.token_sort_ratio(one, other)) / 100
