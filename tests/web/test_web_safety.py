"""Who may talk to the desk: this computer's own browser after a link that works once, and nobody else's page."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from nq57xl.commands.init import init
from nq57xl.commands.office import Office
from nq57xl.text.clock import Clock
from nq57xl.web import safety
from nq57xl.web.safety import _UPLOAD_BYTES
from nq57xl.web.server import make_app
from nq57xl.web.site import Site
from tests.web.desk_kit import running, visited

PORT = 8757
HERE = f"http://127.0.0.1:{PORT}"
OWN = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    init(tmp_path / "NQ57" / "ban-quan-ly", "bql-2026")
    return Site(tmp_path / "NQ57", Clock(), lambda folder: Office.at(folder, Clock()))


@pytest.fixture
def stranger(site: Site) -> TestClient:
    """A browser that never opened the link."""
    return TestClient(make_app(site, PORT), base_url=HERE, follow_redirects=False, raise_server_exceptions=False)


@pytest.fixture
def browser(site: Site, stranger: TestClient) -> TestClient:
    """One that did."""
    assert stranger.get(f"/vao?ma={site.keys.new_code()}").status_code == 303
    return stranger


def test_a_link_works_once(site: Site, stranger: TestClient) -> None:
    """The first visit gets the cookie, the second one is told to double-click again."""
    code = site.keys.new_code()
    first = stranger.get(f"/vao?ma={code}")
    assert (first.status_code, site.keys.cookie in first.headers["set-cookie"]) == (303, True)
    assert "HttpOnly" in first.headers["set-cookie"]
    assert "SameSite=strict" in first.headers["set-cookie"]
    assert stranger.get(f"/vao?ma={code}").status_code == 403


@pytest.mark.parametrize("path", ["/", "/chon", "/so/ban-quan-ly", "/so/ban-quan-ly/ke-hoach", "/viec/x"])
def test_without_the_cookie_nothing_is_shown(stranger: TestClient, path: str) -> None:
    """Every page but the entry wants the cookie; the plan's name is nowhere."""
    answer = stranger.get(path)
    assert answer.status_code == 403
    assert "Ban Quản lý" not in answer.text


def test_a_strange_host_is_refused(browser: TestClient) -> None:
    """A name that leads here (DNS rebinding) gets no answer, cookie or not."""
    assert browser.get("/so/ban-quan-ly", headers={"host": "evil.example"}).status_code == 400
    assert browser.get("/so/ban-quan-ly", headers={"host": f"localhost:{PORT}"}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({}, 403),
        ({"origin": HERE}, 404),
        (OWN, 404),
    ],
)
def test_another_pages_form_is_refused(browser: TestClient, headers: dict[str, str], status: int) -> None:
    """A POST counts only from our own page (404: it went through to a job that does not exist)."""
    assert browser.post("/viec/nichts/lai", headers=headers).status_code == status


def test_pages_keep_to_themselves(browser: TestClient) -> None:
    """No page loads anything from elsewhere, is framed, or is kept by the browser."""
    answer = browser.get("/so/ban-quan-ly")
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "http://" not in answer.text
    assert "https://" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/so/ban-quan-ly/ky/2026-04/tai/tong-hop/..%2f..%2f..%2fnq57xl.db",
        "/so/ban-quan-ly/ky/2026-04/tai/ke-hoach/nq57xl.db",
        "/so/ban-quan-ly/ky/2026-04/tai/goc/phu-luc.xlsx",
        "/so/ban-quan-ly/ky/..%2f..%2f/tai/tong-hop/x",
        "/so/..%2f..%2fetc/ke-hoach",
        "/so/ban-quan-ly/goc/*",
        "/tinh/../app.py",
        "/tinh/%2e%2e/app.py",
    ],
)
def test_no_path_leads_out(browser: TestClient, path: str) -> None:
    """Names are looked up in known folders: nothing else can be fetched, however it is written."""
    assert browser.get(path).status_code == 404


def test_an_oversized_upload_is_refused(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its length before it is read, where it tells one; by what comes, where it does not. Nothing is kept."""
    where = "/so/ban-quan-ly/ky/2026-04/nhan"
    head = OWN | {"content-length": str(_UPLOAD_BYTES * 2)}
    assert browser.post(where, headers=head).status_code == 413
    monkeypatch.setattr(safety, "_UPLOAD_BYTES", 1000)
    monkeypatch.setattr(safety, "_OVERHEAD", 1000)
    start = b'--x\r\nContent-Disposition: form-data; name="tep"; filename="a.xlsx"\r\n\r\n'
    chunks = (part for part in (start, *[b"a" * 500] * 10, b"\r\n--x--\r\n"))
    answer = browser.post(where, headers=OWN | {"content-type": "multipart/form-data; boundary=x"}, content=chunks)
    assert (answer.status_code, "Tệp quá lớn" in answer.text) == (413, True)


def test_too_many_files_are_refused(browser: TestClient, site: Site) -> None:
    """More than 200 in one drop: told how many go at once; none of them is kept."""
    files = [("tep", (f"{number}.xlsx", b"x")) for number in range(201)]
    answer = browser.post("/so/ban-quan-ly/ky/2026-04/nhan", headers=OWN, files=files)
    assert (answer.status_code, "nhiều nhất 200 tệp" in answer.text) == (400, True)
    assert list((site.home / "ban-quan-ly" / "inbox").iterdir()) == []


def test_slow_senders_hold_nobody_up(tmp_path: Path) -> None:
    """Forty connections that never finish what they say, one of them an upload that drips: the page answers at once."""
    with running(tmp_path, "2026-04-16T09:00") as (address, _), visited(address) as client:
        port = int(address.split(":")[2].split("/")[0])
        idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(40)]
        for number, connection in enumerate(idle):
            connection.sendall(b"GET / HTTP/1.1\r\nHo")
            if number == 0:
                cookie = "; ".join(f"{item.name}={item.value}" for item in client.cookies.jar)
                connection.sendall(
                    f"st: 127.0.0.1:{port}\r\nCookie: {cookie}\r\nContent-Length: 90000\r\n\r\nabc".encode()
                )
        start = time.monotonic()
        assert "Thư mục làm việc" in client.get("/chon").text
        assert time.monotonic() - start < 5
        for connection in idle:
            connection.close()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../nq57xl.db", "nq57xl.db"),
        ("C:\\Users\\a\\báo cáo.xlsx", "báo cáo.xlsx"),
        ("con.xlsx", "_con.xlsx"),
        ("a<b>:c|d?.xlsx", "a_b__c_d_.xlsx"),
        ("~$NQ57.xlsx", "_~$NQ57.xlsx"),
        ("...", "tep"),
    ],
)
def test_uploaded_names_stay_in_the_inbox(name: str, kept: str) -> None:
    """A name from a browser is a name, never a path, and fit for Windows."""
    from nq57xl.web.site import upload_name

    assert upload_name(name) == kept


def test_what_a_user_can_cause_is_told_without_a_traceback(browser: TestClient) -> None:
    """An unknown workspace, an unknown period, a form without its file: a page with words, no trace of Python."""
    for path in ("/so/khong-co", "/so/ban-quan-ly/ky/2026-13", "/so/ban-quan-ly/phat-hanh?ky=abc"):
        answer = browser.get(path)
        assert answer.status_code in (404, 409)
        assert "Traceback" not in answer.text
    answer = browser.post("/so/ban-quan-ly/ke-hoach/thay", headers=OWN, files={"tep": ("", b"")})
    assert (answer.status_code, "Chưa chọn tệp" in answer.text) == (409, True)
