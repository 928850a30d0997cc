"""Settings, from environment variables that begin with `TRADINGSWEEP_`."""

from typing import Annotated, Literal, Self

from pydantic import Field, HttpUrl, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from tradingsweep.crd.model import OWNER_MARKS
from tradingsweep.crd.notifications import EMAIL, Email
from tradingsweep.errors import ConfigurationError

PREFIX = "TRADINGSWEEP_"

Feature = Literal["idempotency-key", "job-status", "cancel"]


class DatabaseSettings(BaseSettings):
    """Where the ledger is. Neither repr nor an error shows a secret."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", hide_input_in_errors=True)

    dsn: SecretStr
    """Postgres connection string (it may hold a password)."""

    @classmethod
    def load(cls) -> Self:
        """Read the environment.

        Raises:
            ConfigurationError: one line that names each wrong variable and its rule, and never
                repeats a value.
        """
        try:
            return cls()
        except ValidationError as error:
            wrong = "; ".join(
                f"{PREFIX}{'_'.join(map(str, e['loc']))}".upper() + f": {e['msg']}"
                for e in error.errors(include_input=False, include_url=False, include_context=False)
            )
            raise ConfigurationError(wrong) from None


class MigrationSettings(DatabaseSettings):
    """What `tradingsweep migrate` is told."""

    receiver_dsn: SecretStr | None = None
    """The receiver's connection string: its user is made, with its password."""


class OperatorSettings(DatabaseSettings):
    """Everything that `tradingsweep operator` is told."""

    trading_api_url: HttpUrl
    """Base URL of the Trading API. Only this setting names it: a sweep can never choose one."""
    trading_api_key: SecretStr
    """Sent as X-API-Key."""
    api_name: str = Field(default="default", pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")
    """What the ledger calls it: slots are counted by this name, over all shards and clusters."""
    api_features: Annotated[tuple[Feature, ...] | None, NoDecode] = None
    """What it can do beyond the documented surface, comma separated: idempotency-key, job-status,
    cancel; empty: nothing of it. Default: what its /health says."""
    callback_base: HttpUrl
    """Base URL of the receiver, as the Trading API reaches it."""
    callback_secrets: SecretStr
    """`kid=secret` pairs, comma separated; the first signs, all are accepted."""
    namespaces: Annotated[tuple[str, ...], NoDecode] = ()
    """Namespaces to watch, comma separated; empty: all."""
    shard: str = Field(default="default", min_length=1, max_length=63)
    """Which part of a cluster's sweeps this operator has, where several share a database."""
    cluster_id: str | None = None
    """What tells this cluster from others on the same database; default: uid of kube-system."""
    max_concurrent_sweeps: int = Field(default=2, ge=1, le=1000)
    """Sweeps that may be at the API at a time."""
    max_concurrent_per_namespace: int | None = Field(default=None, ge=1, le=1000)
    """The same for each namespace; default: no such limit."""
    completed_history_limit: int = Field(default=100, ge=0)
    """Finished sweeps of a namespace that are kept, of those that a program made (see below)."""
    failed_history_limit: int = Field(default=500, ge=0)
    """The same for failed ones. Both count and delete only objects that carry the label
    trading.zixly.io/created-by; what a person or Git applied goes only by its own
    ttlSecondsAfterFinished."""
    owner_marks: Annotated[tuple[str, ...], NoDecode] = OWNER_MARKS
    """Labels and annotations, comma separated, of which any makes an object somebody else's: the
    operator then never deletes it. A controller's ownerReference does so too."""
    smtp_url: SecretStr | None = None
    """Mail server: smtps://, smtp:// (STARTTLS, or nothing is sent) or smtp+plain://, with user and
    password where it asks for them. Not set: no mails."""
    smtp_ca_file: str | None = None
    """Certificates, in PEM, that the mail server is checked against; default: the system's."""
    mail_from: str | None = Field(default=None, pattern=EMAIL, max_length=254)
    """The sender's address."""
    allowed_email_domains: Annotated[tuple[str, ...], NoDecode] = ()
    """Domains, comma separated, that may be written to, without their subdomains; empty: nobody."""
    notify_emails: Annotated[tuple[Email, ...], NoDecode] = ()
    """Who is told of sweeps without spec.notifications, comma separated."""
    max_combinations: int = Field(default=124_750, ge=1)
    """Pairs of periods that a sweep may have; the default is what the fields' bounds allow."""
    max_streams: int = Field(default=16, ge=1, le=256)
    """Streams that may be open at the API at a time."""
    workers: int = Field(default=8, ge=1, le=256)
    """Sweeps that are worked on at a time in this process."""
    post_timeout_seconds: float = Field(default=30, gt=0, le=300)
    """How long a submission may take."""
    unknown_outcome_wait_seconds: float = Field(default=900, ge=0)
    """How long a callback may still name the job of a submission whose answer was lost."""
    on_unknown_outcome: Literal["Resubmit", "Hold"] = "Resubmit"
    """What follows that wait: the sweep is submitted anew, or held until a human says what became
    of it (`tradingsweep resolve`). Hold is for an API at which every job costs."""
    busy_means_not_accepted: bool = False
    """A 503 to a submission certainly means that it was not accepted."""
    lease_namespace: str = "default"
    """Where the Lease of the shard is; in a pod: its own namespace."""
    lease_seconds: float = Field(default=15, ge=1, le=300)
    """For how long a leader that does not renew is left alone."""
    time_scale: float = Field(default=1.0, gt=0, le=10)
    """All delays of the protocol times this; for tests."""
    health_host: str = "127.0.0.1"
    """Where /healthz and /readyz are served."""
    health_port: int = Field(default=8080, ge=1, le=65535)

    @field_validator(
        "namespaces",
        "owner_marks",
        "allowed_email_domains",
        "notify_emails",
        "api_features",
        mode="before",
    )
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return value
