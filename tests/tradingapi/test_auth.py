"""Keys and sessions, where the time of a test is an argument."""

import pytest

from tradingapi.auth import KeyRing

NOON = 1_700_000_000.0
KEY = "first-key-0123456789"


@pytest.fixture
def keys() -> KeyRing:
    """Two keys; a session lasts an hour."""
    return KeyRing([KEY, "second-key-0123456789"], 3_600)


def test_a_session_ends_when_its_time_is_over(keys: KeyRing) -> None:
    """To the second."""
    cookie = keys.issue_session(KEY, NOON)

    assert keys.accepts_session(cookie, NOON + 3_599)
    assert not keys.accepts_session(cookie, NOON + 3_600)


def test_a_session_of_a_key_that_is_not_ours_is_refused(keys: KeyRing) -> None:
    """Its signature is right, for somebody else."""
    foreign = KeyRing(["third-key-0123456789"], 3_600).issue_session("third-key-0123456789", NOON)

    assert not keys.accepts_session(foreign, NOON)


@pytest.mark.parametrize("presented", [None, "", KEY[:-1], KEY + " ", KEY.upper(), "\udcff"])
def test_only_a_whole_key_opens(keys: KeyRing, presented: str | None) -> None:
    """Nothing shorter, longer or otherwise written."""
    assert keys.accepts(KEY)
    assert not keys.accepts(presented)
