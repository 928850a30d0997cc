"""What the API takes and gives, as pydantic models: validation and OpenAPI come from here."""

import hashlib
import json
import re
from typing import Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.config import JsonDict

from tradingapi.engine import Fill, Strategy, SweepSpec
from tradingapi.engine.spec import HIGHEST_LEVEL, MOST_TRIALS, Search
from tradingapi.fields import Interval, Moment, Range, SignalRange, Tickers, nanoseconds
from tradingapi.prices.source import TICKER

SECRET_FIELDS: Final = frozenset({"webhook_url"})
"""Left out of an idempotency fingerprint, and of anything that is logged."""

CAME_LATER: Final = {
    "signal_range": None,
    "search": "grid",
    "max_trials": None,
    "seed": None,
    "tickers": None,
}
"""Fields that the first requests did not have, and their defaults."""

TRIALS: Final = 500
"""Combinations that `bayes` tests where nothing is said."""

LONGEST_URL: Final = 2_048

HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+)(:[0-9]*)?")
"""A URL's host and port. Two parsers may differ on anything else."""

ONE_OR_MANY: Final[JsonDict] = {
    "oneOf": [
        {"required": ["ticker"], "properties": {"ticker": {"type": "string"}}},
        {"required": ["tickers"], "properties": {"tickers": {"type": "array"}}},
    ]
}


class SweepRequest(BaseModel):
    """One sweep to run. Everything after `webhook_url` is optional and has an honest default."""

    model_config = ConfigDict(
        extra="forbid", hide_input_in_errors=True, json_schema_extra=ONE_OR_MANY
    )

    ticker: str | None = Field(None, pattern=TICKER, examples=["BTC-USD"])
    fast_range: Range = Field(examples=[[10, 20]])
    slow_range: Range = Field(examples=[[20, 30]])
    step: int = Field(ge=1, le=50)
    min_trades: int = Field(ge=10, le=1_000, description="Fewest closed trades to be ranked.")
    strategy_type: Strategy
    config_path: Literal["minimum", "standard"] | None = None
    webhook_url: str = Field(max_length=LONGEST_URL, description="Told when the job has ended.")
    signal_period: int | None = Field(None, ge=2, le=50, description="MACD only; 9 if left out.")
    rsi_period: int | None = Field(None, ge=2, le=100, description="RSI only; 14 if left out.")
    interval: Interval = "1d"
    start: Moment | None = None
    end: Moment | None = Field(None, description="Inclusive.")
    fee_bps: float = Field(10.0, ge=0, le=1_000, allow_inf_nan=False)
    slippage_bps: float = Field(0.0, ge=0, le=1_000, allow_inf_nan=False)
    fill: Fill = Fill.NEXT_OPEN
    signal_range: SignalRange | None = Field(
        None, description="MACD only: the signal line as a third range, by the same step."
    )
    search: Search = Field(
        Search.GRID, description="bayes tests max_trials combinations, each chosen by the last."
    )
    max_trials: int | None = Field(None, ge=1, le=MOST_TRIALS, description="bayes only; 500.")
    seed: int | None = Field(None, ge=0, lt=2**32, description="bayes only; 0.")
    tickers: Tickers | None = Field(
        None, description="Instead of ticker: pairs are ranked over all of them."
    )

    @field_validator("webhook_url")
    @classmethod
    def check_webhook_url(cls, value: str) -> str:
        """Take absolute http and https URLs as they are: the receiver compares its own text."""
        rule = "an absolute http or https URL without credentials, spaces or control characters"
        try:
            parts = urlsplit(value)
            usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        except ValueError as error:
            raise ValueError(rule) from error
        plain = value.isascii() and value.isprintable() and " " not in value
        if not usable or not plain or HOST.fullmatch(parts.netloc) is None:
            raise ValueError(rule)
        return value

    @model_validator(mode="after")
    def check_together(self) -> Self:
        """Check the rules that need two fields."""
        if self.ticker is None and self.tickers is None:
            raise ValueError("ticker: Field required")
        if self.ticker is not None and self.tickers is not None:
            raise ValueError("tickers: not together with ticker")
        if self.tickers is not None and self.search is not Search.GRID:
            raise ValueError("search: grid, with tickers: they are compared on the same pairs")
        if self.fast_range[0] >= self.slow_range[0]:
            raise ValueError("fast_range: its min must be less than slow_range's min")
        if self.fast_range[1] >= self.slow_range[1]:
            raise ValueError("fast_range: its max must be less than slow_range's max")
        if self.start and self.end and nanoseconds(self.start) >= nanoseconds(self.end, end=True):
            raise ValueError("start: must be before end")
        return self

    @model_validator(mode="after")
    def check_strategy(self) -> Self:
        """Check what belongs to one strategy, or to one way to search."""
        for name, belongs, owner in (
            ("signal_period", self.strategy_type is Strategy.MACD, "strategy_type MACD"),
            ("signal_range", self.strategy_type is Strategy.MACD, "strategy_type MACD"),
            ("rsi_period", self.strategy_type is Strategy.RSI, "strategy_type RSI"),
            ("max_trials", self.search is Search.BAYES, "search bayes"),
            ("seed", self.search is Search.BAYES, "search bayes"),
        ):
            if getattr(self, name) is not None and not belongs:
                raise ValueError(f"{name}: only for {owner}")
        if self.signal_range is not None and self.signal_period is not None:
            raise ValueError("signal_range: not together with signal_period")
        levels = max(self.fast_range[1], self.slow_range[1])
        if self.strategy_type is Strategy.RSI and levels > HIGHEST_LEVEL:
            raise ValueError(f"slow_range: levels of RSI are 1..{HIGHEST_LEVEL}")
        return self

    @property
    def one_ticker(self) -> str:
        """The ticker of a request for one."""
        assert self.ticker is not None
        return self.ticker

    @property
    def preset(self) -> str:
        """How much is computed beside the seed's figures."""
        return self.config_path or "standard"

    def to_spec(self) -> SweepSpec:
        """Say the same in the engine's words."""
        return SweepSpec(
            strategy=self.strategy_type,
            fast=self.fast_range,
            slow=self.slow_range,
            step=self.step,
            min_trades=self.min_trades,
            signal_period=9 if self.signal_period is None else self.signal_period,
            rsi_period=14 if self.rsi_period is None else self.rsi_period,
            start=None if self.start is None else nanoseconds(self.start),
            end=None if self.end is None else nanoseconds(self.end, end=True),
            fill=self.fill,
            fee_bps=self.fee_bps,
            slippage_bps=self.slippage_bps,
            signal_periods=self.signal_range,
            signal_step=1 if self.signal_range is None else self.step,
            search=self.search,
            max_trials=TRIALS if self.max_trials is None else self.max_trials,
            search_seed=self.seed or 0,
        )

    def fingerprint(self) -> str:
        """Two requests with one fingerprint ask for the same sweep.

        A field that came later is left out where it says nothing new: keys outlive an upgrade.
        """
        asked = self.model_dump(mode="json", exclude=set(SECRET_FIELDS))
        for name, default in CAME_LATER.items():
            if asked[name] == default:
                del asked[name]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()

    def options(self) -> dict[str, Any]:
        """Return what was asked beyond the required fields: it is echoed."""
        beyond = {
            "signal_period",
            "rsi_period",
            "interval",
            "start",
            "end",
            "fee_bps",
            "slippage_bps",
            "fill",
            *CAME_LATER,
        }
        return self.model_dump(mode="json", include=beyond & self.model_fields_set)
