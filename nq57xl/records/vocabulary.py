"""The words in which the report says where a row stands."""

from __future__ import annotations

from attrs import field, frozen


@frozen
class Vocabulary:
    """One way of wording (domain.md 3.3): what units enter and what is computed stay the same in each."""

    code: str = "own"
    """"own": the words of the form; "A", "B", "C", "F"."""
    words: dict[str, dict[str, str]] = field(factory=dict)
    """Progress code -> timeliness code -> wording in the column "Tiến độ"; empty for "own"."""

    def word(self, progress: str, timeliness: str) -> str | None:
        """The wording of that standing; None where the words of the form are used."""
        return self.words.get(progress, {}).get(timeliness)
