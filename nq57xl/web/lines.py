"""How one file is told in a line, with a link to its lasting page."""

from __future__ import annotations

from markupsafe import Markup

from nq57xl.commands.collect import CollectedFile
from nq57xl.results.wording import VERDICTS
from nq57xl.rules.findings import to_answer
from nq57xl.web.jobs import Progress, Tone

_TONES: dict[str, Tone] = {
    "accepted": "good",
    "accepted_with_warnings": "warn",
    "rejected": "bad",
    "unrecognised": "bad",
}


def collected_line(slug: str, item: CollectedFile) -> Progress:
    """The verdict on one file."""
    unit = f" ({item.unit})" if item.unit else ""
    count = len(to_answer(item.findings))
    points = f", {count} điểm cần xem" if count else ""
    text = f"«{item.source.name}»{unit}: {VERDICTS[item.verdict]}{points}."
    if any(one.code == "OWN_OUTPUT" for one in item.findings):
        return Progress(f"«{item.source.name}»: tệp do chính phần mềm lập, chưa ai nhập gì.")
    if not item.source.sha256:
        return Progress(f"{text} {' '.join(one.message for one in item.findings)}", "bad")
    return Progress(text, _TONES.get(item.verdict, "info"), f"/so/{slug}/tep/{item.source.sha256}", "Xem kết quả")


def as_html(line: Progress) -> Markup:
    """The line as an item of a list."""
    link = Markup(' <a href="{}">{}</a>').format(line.href, line.link) if line.link else ""
    return Markup('<li class="{}">{}{}</li>').format(line.tone, line.text, link)
