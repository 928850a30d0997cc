"""Every error that crosses a module's border.

TradingSweepError
├── ConfigurationError        a setting is missing or wrong: the process does not start
├── LedgerUnavailable         Postgres is away or refused: the pass is repeated with backoff
├── LeadershipLost            another process leads: this one ends
├── CommandRefused            a human's command does not fit what the ledger knows
├── ClusterUnavailable        the API server is away or refused: likewise
│   └── ClusterForbids         it answered 401 or 403: rights are missing
├── TradingApiUnavailable     the Trading API is away: no try is used up
│   └── CredentialsRejected   it answered 401 or 403
├── MailUnavailable           the mail server is away or did not take a mail: it is sent again
│   └── MailRefused           it will never take it
└── AnswerRefused             it answered, but what it said cannot be used

A user's mistake is not an error here: it becomes a condition in `.status`.
"""


class TradingSweepError(Exception):
    """What the project itself raises."""


class ConfigurationError(TradingSweepError):
    """A setting is missing or wrong; the message names it and says what to do."""


class LedgerUnavailable(TradingSweepError):  # noqa: N818 - reads as the state that it reports
    """Postgres could not be reached, or ended the transaction."""


class CommandRefused(TradingSweepError):  # noqa: N818
    """What a human asks for cannot be done; the message says why, and what can."""


class ClusterUnavailable(TradingSweepError):  # noqa: N818
    """The Kubernetes API server could not be reached, or refused for now."""


class ClusterForbids(ClusterUnavailable):
    """The API server does not let us: the message names what for."""


class LeadershipLost(TradingSweepError):  # noqa: N818
    """Another process leads, or nobody knows who does: this one must end."""


class TradingApiUnavailable(TradingSweepError):  # noqa: N818
    """The Trading API could not be asked; nothing was learned."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds that the API asked us to wait, if it did."""


class CredentialsRejected(TradingApiUnavailable):
    """The Trading API does not accept our key (401 or 403)."""


class MailUnavailable(TradingSweepError):  # noqa: N818
    """The mail server is away, or did not take a mail now."""


class MailRefused(MailUnavailable):
    """The mail will never be taken: it is set aside."""


class AnswerRefused(TradingSweepError):  # noqa: N818
    """The Trading API answered something that cannot be used; the message says what and why."""
