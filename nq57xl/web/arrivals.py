"""What arrives in the inboxes while the desk is open: looked for as `watch` does, and told on the first page."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import define, field

from nq57xl.commands.watch import Watcher, watched_period
from nq57xl.errors import Nq57Error
from nq57xl.web.jobs import Progress
from nq57xl.web.lines import collected_line
from nq57xl.web.site import Site, UnknownWorkspaceError

_LOOK_SECONDS = 4.0
"""Between two looks; a file is taken when two of them find it unchanged."""


@define
class Arrivals:
    """Watches the inbox of each workspace that was opened on the page in this run."""

    site: Site
    _watchers: dict[str, Watcher] = field(factory=dict)
    _stopped: threading.Event = field(factory=threading.Event)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Looks again and again, beside everything else, for as long as it is entered."""
        thread = threading.Thread(target=self._go_on, name="nq57-inbox", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            thread.join(30)

    def _go_on(self) -> None:
        while not self._stopped.wait(_LOOK_SECONDS):
            for slug in tuple(self.site.opened):
                self.look(slug)

    def look(self, slug: str) -> None:
        """One look at that workspace; none while something is being done there, which may be these very files."""
        told = self.site.arrived.setdefault(slug, [])
        with self.site.hands_off(slug):
            if any(not job.over for job in self.site.jobs.of(slug)):
                return
            try:
                for news in self._watcher(slug).look():
                    if news.message and news.collected is None:
                        told.append(Progress(news.message))
                    if news.collected is not None:
                        new = [item for item in news.collected.returns if item.verdict != "duplicate"]
                        told.extend(collected_line(slug, item) for item in new)
                        told.extend(Progress(problem, "warn") for problem in news.collected.answers.problems)
            except (Nq57Error, OSError, UnknownWorkspaceError):
                # no form issued yet, or a folder that is away: the next look finds out
                self._watchers.pop(slug, None)

    def _watcher(self, slug: str) -> Watcher:
        known = self._watchers.get(slug)
        if known is None:
            office = self.site.office(slug)
            inbox = office.workspace.inbox
            known = self._watchers[slug] = Watcher(office, inbox, None, watched_period(office, None).code, quiet=True)
        return known
