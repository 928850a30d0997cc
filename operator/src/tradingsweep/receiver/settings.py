"""What the receiver is told by its environment."""

from pydantic import Field, SecretStr

from tradingsweep.config import DatabaseSettings

_MAX_BODY = 65_536
"""What the inbox takes, in bytes: more cannot be configured."""


class ReceiverSettings(DatabaseSettings):
    """`TRADINGSWEEP_DSN` and so on. Neither repr nor an error shows the DSN or a secret."""

    callback_secrets: SecretStr
    """`kid=secret,kid2=secret2`: the first signs, all verify."""
    webhook_secrets: SecretStr | None = None
    """`whsec_…` of Standard Webhooks, comma separated. Where it is set every callback must carry a
    signature of one of them, on both routes; not set: none is asked for."""
    receiver_host: str = "127.0.0.1"
    receiver_port: int = Field(default=3000, ge=1, le=65_535)
    receiver_metrics_port: int | None = Field(default=None, ge=1, le=65_535)
    """Where /metrics is served, apart from the port that senders reach; default: nowhere."""
    plain_callbacks: bool = False
    """Also take `POST /webhook/sweep-callback`, without a token, for jobs that are known."""
    receiver_max_body: int = Field(default=_MAX_BODY, ge=1, le=_MAX_BODY)
    """Bytes of one callback."""
    receiver_header_seconds: float = Field(default=5.0, ge=0.1, le=60)
    """From the first byte of a request, or the end of the one before it, to its last header."""
    receiver_body_seconds: float = Field(default=5.0, ge=0.1, le=60)
    """From the last header to the last byte of the body."""
    receiver_store_seconds: float = Field(default=3.0, ge=0.1, le=60)
    """How long Postgres may take before the sender hears 503."""
    receiver_connections: int = Field(default=1024, ge=1, le=65_535)
    """Connections that are served at once; the next wait in the backlog."""
