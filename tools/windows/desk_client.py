"""A browser, as far as a test needs one: opens the running desk, sends its forms, follows long work to its end."""

from __future__ import annotations

import http.client
import json
import re
import secrets
from collections.abc import Iterable, Sequence
from http.cookies import SimpleCookie
from pathlib import Path

from attrs import define

SECONDS = 300
Upload = tuple[str, bytes]
"""Name and content of a file."""


@define
class DeskClient:
    """One browser at one desk."""

    port: int
    cookie: str = ""

    def open(self, path: str, *, method: str = "GET", body: bytes = b"", **headers: str) -> tuple[int, str, str]:
        """Status, text and next page of one request."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named |= {"Cookie": self.cookie, "Origin": f"http://127.0.0.1:{self.port}"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            for given in answer.headers.get_all("Set-Cookie", []):
                self.cookie = "; ".join(f"{name}={part.value}" for name, part in SimpleCookie(given).items())
            return answer.status, answer.read().decode(), answer.headers.get("Location", "")
        finally:
            connection.close()

    def page(self, path: str) -> str:
        """The text of a page, also where it leads on to another."""
        status, text, further = self.open(path)
        assert status in (200, 303), f"{path}: {status} {text[:500]}"
        return self.page(further) if status == 303 else text

    def send(self, path: str, fields: Iterable[tuple[str, str]], files: Sequence[Upload] = ()) -> str:
        """Sends a form, files in its field "tep"; waits for the work that it starts. The page to go to."""
        boundary = secrets.token_hex(16)
        parts = [(f'name="{name}"', value.encode()) for name, value in fields]
        parts += [(f'name="tep"; filename="{name}"', content) for name, content in files]
        body = b"".join(
            f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + content + b"\r\n"
            for head, content in parts
        )
        kind = f"multipart/form-data; boundary={boundary}"
        status, text, job = self.open(
            path, method="POST", body=body + f"--{boundary}--\r\n".encode(), Content_Type=kind
        )
        assert status == 303, f"{path}: {status} {text[:500]}"
        _, events, _ = self.open(f"{job}/dong")
        (ended,) = re.findall(r"^event: het\ndata: (.*)$", events, re.MULTILINE)
        over = json.loads(ended)
        assert over["state"] == "done", events
        return str(over["to"])


def running_desk(note: Path) -> DeskClient:
    """A browser let in by the desk that left the note, as a second double-click lets one in."""
    left = json.loads(note.read_text(encoding="utf-8"))
    client = DeskClient(int(left["port"]))
    _, text, _ = client.open("/ma-vao", method="POST", X_NQ57_Launch=str(left["launch"]))
    status, _, _ = client.open(json.loads(text)["path"])
    assert status == 303, status
    return client
