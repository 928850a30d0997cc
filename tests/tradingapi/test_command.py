"""The `tradingapi` command: help, its ready line, and refusals to start."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from dev.processes import Command, Process
from tests.support.eventually import eventually
from tests.tradingapi.server import Api
from tradingapi.settings import DEV_KEY, Feature, Settings


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "tradingapi", *arguments],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_shows_examples() -> None:
    """A person can start from it."""
    shown = run("serve", "--help", COLUMNS="100")

    assert 0 == shown.returncode
    assert "tradingapi serve --dev" in shown.stdout


def test_one_line_says_where_it_listens(tmp_path: Path) -> None:
    """With port 0 a script learns the port from it; then health answers."""
    arguments = [sys.executable, "-m", "tradingapi", "serve", "--dev", "--port", "0"]
    log = tmp_path / "log"
    with Process(Command("tradingapi", [*arguments, "--data-dir", str(tmp_path / "d")], log)):
        line = eventually(log.read_text, lambda text: text.endswith("\n"), within=30).strip()

        sentence, _, url = line.rpartition(" ")
        assert "tradingapi listens on" == sentence
        assert 200 == httpx.get(f"{url}/health").status_code


def test_answers_on_a_kept_connection_do_not_wait_for_an_acknowledgement(api: Api) -> None:
    """With Nagle's algorithm on, the quickest of them takes 40 ms."""
    with httpx.Client(base_url=api.url) as client:
        seconds = [client.get("/health").elapsed.total_seconds() for _ in range(20)]

    assert min(seconds) < 0.02


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "set TRADING_API_KEYS, or start with --dev"),
        ({"TRADING_API_KEYS": "short"}, "at least 16 characters"),
        ({"TRADING_API_DEV": "1", "TRADING_API_WORKERS": "0"}, "workers"),
        ({"TRADING_API_DEV": "1", "TRADING_API_SOURCES": "yahoo"}, "sources"),
        ({"TRADING_API_DEV": "1", "TRADING_API_FEATURES": "teleport"}, "features"),
        ({"TRADING_API_DEV": "1", "TRADING_API_WEBHOOK_ALLOW": "receiver"}, "webhook_allow"),
        ({"TRADING_API_DEV": "1", "TRADING_API_WEBHOOK_DENY": "nodes"}, "webhook_deny"),
        ({"TRADING_API_DEV": "1", "TRADING_API_WEBHOOK_SECRETS": "short"}, "webhook_secrets"),
    ],
)
def test_wrong_settings_end_the_start_and_are_named(settings: dict[str, str], words: str) -> None:
    """Status 2, one line, and no key in it."""
    ended = run("serve", "--port", "0", **settings)

    assert 2 == ended.returncode
    assert words in ended.stderr
    assert "short" not in ended.stderr


def test_an_unusable_data_directory_is_said(tmp_path: Path) -> None:
    """A file where the directory should be."""
    (tmp_path / "file").write_text("")

    ended = run("serve", "--dev", "--port", "0", "--data-dir", str(tmp_path / "file"))

    assert (1, True) == (ended.returncode, "cannot be used" in ended.stderr)


def test_lists_are_read_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spaces do not matter, and an empty text is an empty list."""
    monkeypatch.setenv("TRADING_API_KEYS", "0123456789abcdef, fedcba9876543210")
    monkeypatch.setenv("TRADING_API_FEATURES", "cancel,job-status")

    settings = Settings()

    assert ("0123456789abcdef", "fedcba9876543210") == settings.accepted_keys
    assert {Feature.CANCEL, Feature.JOB_STATUS} == settings.features
    assert "0123456789abcdef" not in repr(settings)


def test_the_published_key_opens_nothing_without_dev() -> None:
    """It is in every copy of the documentation."""
    settings = Settings(keys=("0123456789abcdef",))

    assert DEV_KEY not in settings.accepted_keys
    with pytest.raises(ValidationError, match="TRADING_API_KEYS"):
        Settings()
