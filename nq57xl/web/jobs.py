"""Long work: it goes on while the page is left, is found again; one workspace does one thing at a time. Its lines."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from attrs import define, field, frozen
from markupsafe import Markup

from nq57xl.commands.collect import CollectedFile
from nq57xl.results.wording import VERDICTS
from nq57xl.rules.findings import to_answer

Tone = Literal["info", "good", "warn", "bad"]
_KEPT = 50
"""Jobs that are remembered: what they did stands in the ledger for good."""


@frozen
class Progress:
    """One line of what a job has done so far."""

    text: str
    tone: Tone = "info"
    href: str = ""
    link: str = ""
    """Words of the link; "" for none."""

    def __html__(self) -> str:
        """As an item of a list: what a page makes of it."""
        link = Markup(' <a href="{}">{}</a>').format(self.href, self.link) if self.link else ""
        return Markup('<li class="{}">{}{}</li>').format(self.tone, self.text, link)


Tell = Callable[[Progress], None]
Work = Callable[[Tell], str]
"""Does the work, telling its progress; gives the page to go to afterwards. Raises what the use case raises."""


@define
class Job:
    """One piece of work."""

    id: str
    slug: str
    """Of the workspace; "" where there is none yet."""
    title: str
    back: str
    """Page to go back to when it failed."""
    lines: list[Progress] = field(factory=list)
    state: Literal["waiting", "running", "done", "failed"] = "waiting"
    result: str = ""
    """Page of the result."""
    seen: bool = False
    """Its end was shown: until then it is named on every page."""
    retry: Work | None = None
    """The same again, where it failed for a reason that may pass."""

    @property
    def over(self) -> bool:
        """It has ended, well or not."""
        return self.state in ("done", "failed")


@define
class Jobs:
    """All work of this run of the desk."""

    explain: Callable[[BaseException], str]
    """What a person is told of an exception."""
    _jobs: dict[str, Job] = field(factory=dict)
    _workers: dict[str, ThreadPoolExecutor] = field(factory=dict)
    _guard: threading.Lock = field(factory=threading.Lock)

    def start(self, slug: str, title: str, back: str, work: Work) -> Job:
        """Begins the work when what the workspace does already is done."""
        job = Job(secrets.token_urlsafe(9), slug, title, back, retry=work)
        with self._guard:
            while len(self._jobs) >= _KEPT and (old := self._oldest_over()):
                del self._jobs[old]
            self._jobs[job.id] = job
            worker = self._workers.setdefault(slug, ThreadPoolExecutor(1, thread_name_prefix="nq57"))
        worker.submit(self._run, job, work)
        return job

    def get(self, number: str) -> Job | None:
        """The job of that id."""
        return self._jobs.get(number)

    def of(self, slug: str) -> Iterator[Job]:
        """Jobs of a workspace that are not over, or ended while nobody looked; oldest first."""
        return (job for job in list(self._jobs.values()) if job.slug == slug and not (job.over and job.seen))

    def busy(self) -> bool:
        """Something is still being done."""
        return any(not job.over for job in list(self._jobs.values()))

    def close(self) -> None:
        """Waits for what is being done, and takes no more."""
        for worker in self._workers.values():
            worker.shutdown(wait=True, cancel_futures=True)

    def _run(self, job: Job, work: Work) -> None:
        job.state = "running"
        try:
            job.result = work(job.lines.append)
        except BaseException as error:
            job.lines.append(Progress(self.explain(error), "bad"))
            job.state = "failed"
        else:
            job.state = "done"

    def _oldest_over(self) -> str | None:
        return next((number for number, job in self._jobs.items() if job.over), None)


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
