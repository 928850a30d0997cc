"""Mail settings that cannot work stop the start, and name the variable."""

from pathlib import Path

import pytest

from tradingsweep.config import OperatorSettings
from tradingsweep.errors import ConfigurationError
from tradingsweep.wiring import mailer_of

NEEDED = {
    "DSN": "postgresql://127.0.0.1/none",
    "TRADING_API_URL": "http://127.0.0.1:1",
    "TRADING_API_KEY": "key",
    "CALLBACK_BASE": "http://127.0.0.1:1",
    "CALLBACK_SECRETS": "k1=a-secret-of-twenty-four-bytes",
}
GOOD = {
    "SMTP_URL": "smtps://desk:the-password@mail.example.com",
    "MAIL_FROM": "sweeps@desk.example",
    "ALLOWED_EMAIL_DOMAINS": "Example.com, desk.example",
    "NOTIFY_EMAILS": "a@example.com, b@desk.example",
}


def loaded(monkeypatch: pytest.MonkeyPatch, **variables: str) -> OperatorSettings:
    """Read settings from an environment with these variables."""
    for name, value in (NEEDED | variables).items():
        monkeypatch.setenv(f"TRADINGSWEEP_{name}", value)
    return OperatorSettings.load()


def test_a_whole_configuration_makes_a_mailer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists are separated by commas, domains are compared without case."""
    settings = loaded(monkeypatch, **GOOD)

    assert mailer_of(settings) is not None
    assert ("a@example.com", "b@desk.example") == settings.notify_emails


def test_without_settings_there_is_no_mailer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mail is off by default."""
    assert mailer_of(loaded(monkeypatch)) is None


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"SMTP_URL": "ftp://the-password"}, "the SMTP URL must be"),
        ({"SMTP_URL": ""}, "the SMTP URL must be"),
        ({"NOTIFY_EMAILS": "a@other.example"}, "TRADINGSWEEP_NOTIFY_EMAILS: an address is in none"),
        ({"NOTIFY_EMAILS": "no address"}, "TRADINGSWEEP_NOTIFY_EMAILS"),
        ({"MAIL_FROM": "no address"}, "TRADINGSWEEP_MAIL_FROM"),
        ({"SMTP_CA_FILE": "/nowhere/ca.pem"}, "the CA file of the mail server cannot be read"),
    ],
)
def test_a_setting_that_cannot_work_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], complaint: str
) -> None:
    """Not the first mail, days later."""
    with pytest.raises(ConfigurationError, match=complaint) as refusal:
        mailer_of(loaded(monkeypatch, **(GOOD | changes)))

    assert "the-password" not in str(refusal.value)


@pytest.mark.parametrize("left_out", ["SMTP_URL", "MAIL_FROM"])
def test_a_setting_without_effect_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, left_out: str
) -> None:
    """Whoever allows domains believes that mails are sent."""
    given = {name: value for name, value in GOOD.items() if name != left_out}

    with pytest.raises(ConfigurationError, match=f"TRADINGSWEEP_{left_out}"):
        mailer_of(loaded(monkeypatch, **given))


def test_the_file_of_certificates_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One without certificates is refused too."""
    (tmp_path / "ca.pem").write_text("no certificate")

    with pytest.raises(ConfigurationError, match="CA file"):
        mailer_of(loaded(monkeypatch, **GOOD, SMTP_CA_FILE=str(tmp_path / "ca.pem")))
