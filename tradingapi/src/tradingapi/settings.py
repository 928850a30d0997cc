"""Everything that can be set, from environment variables `TRADING_API_…`."""

import os
from enum import StrEnum
from importlib.util import find_spec
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from tradingapi.egress.addresses import Network
from tradingapi.egress.guard import Allowed
from tradingapi.egress.scheduler import check_scheduler
from tradingapi.egress.signature import read_secret

DEV_KEY: Final = "dev-key-000000000000000000000000"
"""What `--dev` accepts. It is published: never in production."""

SHORTEST_KEY: Final = 16

LOOPBACK: Final = ("127.0.0.1:*", "localhost:*", "[::1]:*")
"""Where callbacks may go with `--dev`."""


class Feature(StrEnum):
    """What this server can do beyond a plain sweep API; `GET /health` lists it."""

    IDEMPOTENCY_KEY = "idempotency-key"
    JOB_STATUS = "job-status"
    CANCEL = "cancel"
    RESULTS = "results"
    REPORT = "report"
    BAYES = "bayes-search"
    TICKERS = "many-tickers"


class Settings(BaseSettings):
    """The server's settings. Lists are written with commas; an empty text is an empty list."""

    model_config = SettingsConfigDict(
        env_prefix="TRADING_API_", extra="ignore", hide_input_in_errors=True
    )

    keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    """API keys that are accepted."""
    dev: bool = False
    """Accept the published development key too."""
    data_dir: Path = Path("tradingapi-data")
    """Where jobs, results and deliveries are kept. One server at a time."""
    features: Annotated[frozenset[Feature], NoDecode] = Field(
        frozenset(Feature), validate_default=True
    )
    """What is switched on beyond a plain sweep API. What is not installed is left out."""
    sources: Annotated[tuple[str, ...], NoDecode] = ("directory", "arch", "synthetic")
    """Price sources in the order in which they are asked: these, `yfinance`, `ccxt`, or others'."""
    exchange: str = "kraken"
    """Which exchange the `ccxt` source asks, by its name there."""
    fetched_seconds: float = Field(3_600.0, ge=0)
    """Fetched prices are used again for so long, at most for the length of a bar."""
    prices_dir: Path | None = None
    """Root of the directory source; without it that source is left out."""
    synthetic_tickers: Annotated[tuple[str, ...], NoDecode] = ("BTC-USD", "ETH-USD", "SYN:*")
    """Patterns of the tickers for which prices may be invented."""

    dask: str | None = None
    """Scheduler of a Dask cluster that sweeps many tickers: `tls://host:8786`."""
    dask_dir: Path | None = None
    """A folder that the server and the cluster's workers share; `data_dir` if all are here."""
    dask_ca_file: Path | None = None
    """Certificates that the cluster's own are signed by; `tls://` needs this and the next two."""
    dask_cert_file: Path | None = None
    dask_key_file: Path | None = None

    workers: int = Field(2, ge=1, le=64)
    """Sweeps that run at once."""
    max_queued: int = Field(1_000, ge=1)
    """Jobs that may wait; the next one is answered 429."""
    max_combinations: int = Field(125_000, ge=1)
    """Largest grid that is accepted, in requested combinations."""
    min_job_seconds: float = Field(0.0, ge=0, le=3_600)
    """A job takes at least so long: for demonstrations, and for tests that cancel one."""

    webhook_allow: Annotated[tuple[str, ...], NoDecode] = ()
    """Callback hosts and ports that may be private: `receiver.desk.svc:3000`, `*.svc:80`."""
    webhook_deny: Annotated[tuple[str, ...], NoDecode] = ()
    """Networks that callbacks never reach, beside metadata and link-local: the nodes' own."""
    webhook_secrets: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    """`whsec_…`: callbacks are signed with each of them (Standard Webhooks); none: not signed."""
    webhook_time_scale: float = Field(1.0, gt=0, le=10)
    """Multiplies every delay of webhook deliveries, their timeout excepted."""
    webhook_timeout_seconds: float = Field(15.0, gt=0, le=120)
    """How long one attempt may take in all."""
    webhook_horizon_seconds: float = Field(6 * 3_600.0, ge=60)
    """A delivery is given up when it is so old."""

    results_memory_mib: int = Field(256, ge=1)
    """Results that are kept in memory; a full grid of 124,750 pairs is about 20 MiB."""
    keep_jobs_days: float = Field(30.0, gt=0)
    """Jobs that have ended, with their runs and callbacks, are forgotten after so long."""
    keep_results_days: float = Field(30.0, gt=0)
    """A result that nobody wanted for so long is deleted; its runs then answer 410."""
    keep_results_mib: int = Field(4_096, ge=1)
    """The least used results beyond this are deleted."""
    keep_bars_mib: int = Field(1_024, ge=1)
    """The oldest price series beyond this are deleted; their runs lose trades and equity."""

    slow_seconds: float = Field(10.0, gt=0, le=300)
    """The head of a request must arrive within this, and then its body."""
    stall_seconds: float = Field(30.0, ge=1, le=600)
    """A client that reads nothing of its answer for so long is dropped (on Linux)."""
    session_seconds: int = Field(12 * 3_600, ge=60)
    """How long a login lasts."""

    @field_validator(
        "keys",
        "features",
        "sources",
        "synthetic_tickers",
        "webhook_allow",
        "webhook_deny",
        "webhook_secrets",
        mode="before",
    )
    @classmethod
    def split_at_commas(cls, value: object) -> object:
        """Read `a, b` as two entries."""
        if not isinstance(value, str):
            return value
        return [part.strip() for part in value.split(",") if part.strip()]

    @field_validator("features")
    @classmethod
    def leave_out_what_is_missing(cls, value: frozenset[Feature]) -> frozenset[Feature]:
        """`search: bayes` needs an extra."""
        return value if find_spec("optuna") else value - {Feature.BAYES}

    @model_validator(mode="after")
    def check_dask(self) -> Self:
        """Refuse a cluster that anybody could be: what it answers is executed here."""
        if self.dask is None:
            return self
        try:
            check_scheduler(self.dask)
        except ValueError as error:
            raise ValueError(f"dask: {error}") from None
        if not find_spec("distributed"):
            raise ValueError("dask: install tradingapi[dask]")
        if self.dask.startswith("tls:"):
            for name in ("dask_ca_file", "dask_cert_file", "dask_key_file"):
                file = getattr(self, name)
                if file is None or not file.is_file():
                    raise ValueError(f"{name}: a file, for dask={self.dask}")
        return self

    @model_validator(mode="after")
    def check_webhooks(self) -> Self:
        """Read what is about callbacks once: a wrong entry ends the start."""
        for name, read in (
            ("webhook_allow", lambda: self.allowed),
            ("webhook_deny", lambda: self.denied),
            ("webhook_secrets", lambda: self.signing_secrets),
        ):
            try:
                read()
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        return self

    @model_validator(mode="after")
    def check_keys(self) -> Self:
        """Refuse to start open: no key, no server."""
        if not self.keys and not self.dev:
            raise ValueError("keys: set TRADING_API_KEYS, or start with --dev")
        if any(len(key.get_secret_value()) < SHORTEST_KEY for key in self.keys):
            raise ValueError(f"keys: each must have at least {SHORTEST_KEY} characters")
        return self

    @property
    def shared_dir(self) -> Path:
        """Where price series are kept, and what workers of a cluster write."""
        return (self.dask_dir or self.data_dir).absolute()

    @property
    def accepted_keys(self) -> tuple[str, ...]:
        """Every key that opens the API."""
        given = tuple(key.get_secret_value() for key in self.keys)
        return (*given, DEV_KEY) if self.dev else given

    @property
    def allowed(self) -> tuple[Allowed, ...]:
        """Where callbacks may go although it is private."""
        listed = (*self.webhook_allow, *(LOOPBACK if self.dev else ()))
        return tuple(Allowed.parse(text) for text in listed)

    @property
    def denied(self) -> tuple[Network, ...]:
        """Where callbacks never go: what is listed, and the cluster's API if this is a pod."""
        cluster = os.environ.get("KUBERNETES_SERVICE_HOST")
        return tuple(ip_network(text) for text in (*self.webhook_deny, cluster) if text)

    @property
    def signing_secrets(self) -> tuple[bytes, ...]:
        """What callbacks are signed with."""
        return tuple(read_secret(secret.get_secret_value()) for secret in self.webhook_secrets)
