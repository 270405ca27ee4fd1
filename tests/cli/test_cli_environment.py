"""What the environment says: the clock that was asked for, the user, LibreOffice."""

from __future__ import annotations

import datetime as dt

import pytest

from nq57xl.cli import environment
from nq57xl.errors import Nq57Error


def test_clock_is_vietnamese(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system clock tells +07:00 to the second, wherever the machine stands."""
    monkeypatch.delenv("NQ57XL_NOW", raising=False)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    now = environment.clock().now()
    assert now.utcoffset() == dt.timedelta(hours=7)
    assert now.microsecond == 0
    assert abs(now - dt.datetime.now(dt.UTC)) < dt.timedelta(seconds=5)


@pytest.mark.parametrize(
    ("now", "epoch", "expected"),
    [
        ("2026-04-16T09:30", "", "2026-04-16T09:30:00+07:00"),
        ("2026-04-16", "", "2026-04-16T00:00:00+07:00"),
        ("2026-04-16T20:00:00+00:00", "", "2026-04-17T03:00:00+07:00"),
        ("2026-04-16T20:00:00Z", "0", "2026-04-17T03:00:00+07:00"),
        ("", "0", "1970-01-01T07:00:00+07:00"),
    ],
)
def test_clock_can_be_set(monkeypatch: pytest.MonkeyPatch, now: str, epoch: str, expected: str) -> None:
    """NQ57XL_NOW, else SOURCE_DATE_EPOCH, fixes the clock for reproducible runs."""
    monkeypatch.setenv("NQ57XL_NOW", now)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    assert environment.clock().now().isoformat() == expected


@pytest.mark.parametrize(("name", "text"), [("NQ57XL_NOW", "16/4/2026"), ("SOURCE_DATE_EPOCH", "1e99")])
def test_unreadable_clock(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    """A clock that was set to nonsense is a message, not today's date."""
    monkeypatch.delenv("NQ57XL_NOW", raising=False)
    monkeypatch.setenv(name, text)
    with pytest.raises(Nq57Error, match=name):
        environment.clock().now()


def test_unknown_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user whom the system does not know is an empty name."""

    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr("getpass.getuser", unknown)
    assert environment._person() == ""


def test_libreoffice_can_be_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    """NQ57XL_SOFFICE names LibreOffice's program; stated as nothing, there is none."""
    monkeypatch.setenv("NQ57XL_SOFFICE", "/opt/lo/soffice")
    assert environment._soffice() == "/opt/lo/soffice"
    monkeypatch.setenv("NQ57XL_SOFFICE", "")
    assert environment._soffice() is None
