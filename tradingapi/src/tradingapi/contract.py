"""What the API takes and gives, as pydantic models: validation and OpenAPI come from here."""

import hashlib
import json
import re
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Final, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from tradingapi.engine import Fill, Strategy, SweepSpec
from tradingapi.engine.spec import HIGHEST_LEVEL, MOST_TRIALS, Search
from tradingapi.prices.source import TICKER

SECRET_FIELDS: Final = frozenset({"webhook_url"})
"""Left out of an idempotency fingerprint, and of anything that is logged."""

CAME_LATER: Final = {"signal_range": None, "search": "grid", "max_trials": None, "seed": None}
"""Fields that the first requests did not have, and their defaults."""

TRIALS: Final = 500
"""Combinations that `bayes` tests where nothing is said."""

LONGEST_URL: Final = 2_048

HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+)(:[0-9]*)?")
"""A URL's host and port. Two parsers may differ on anything else."""

FIRST_YEAR: Final = 1700
LAST_YEAR: Final = 2200

DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DIGITS: Final = re.compile(r"\s*[0-9]{1,9}\s*")
DASHED: Final = re.compile(r"(\s*[0-9]{1,9}\s*)-(\s*[0-9]{1,9}\s*)")

Period = Annotated[int, Field(strict=True, ge=1, le=500)]
Interval = Literal["1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w"]


def read_range(value: object) -> object:
    """Read a range from a form: `[10, 20]` as JSON text, the field twice, or `10-20`."""
    if isinstance(value, list | tuple):
        return tuple(_whole(part) for part in value)
    if not isinstance(value, str):
        return value
    dashed = DASHED.fullmatch(value)
    if dashed:
        return tuple(_whole(part) for part in dashed.groups())
    try:
        written = json.loads(value)
    except (ValueError, RecursionError) as error:
        raise ValueError("a range is [10, 20], or 10-20, or the field twice") from error
    return tuple(written) if isinstance(written, list) else written


def _whole(part: object) -> object:
    """Turn a form's digits into a number; leave the rest for the type check to refuse."""
    return int(part) if isinstance(part, str) and DIGITS.fullmatch(part) else part


def check_range(value: tuple[int, int]) -> tuple[int, int]:
    """Refuse a range that is the wrong way round."""
    if value[0] > value[1]:
        raise ValueError("min must not be greater than max")
    return value


Range = Annotated[
    tuple[Period, Period],
    BeforeValidator(read_range),
    AfterValidator(check_range),
    Field(description="Min and max, inclusive. In a form: [10, 20], the field twice, or 10-20."),
]


SignalPeriod = Annotated[int, Field(strict=True, ge=2, le=50)]
SignalRange = Annotated[
    tuple[SignalPeriod, SignalPeriod],
    BeforeValidator(read_range),
    AfterValidator(check_range),
]


def read_moment(value: object) -> datetime | date:
    """Read a day, or a time that says its offset: without one it is a different bar elsewhere."""
    rule = "a day (2024-01-31), or a time with its offset (2024-01-31T12:00:00Z)"
    if not isinstance(value, str):
        raise ValueError(rule)  # noqa: TRY004 - only a ValueError becomes a rule for the client
    try:
        if DAY.fullmatch(value):
            return _within_years(date.fromisoformat(value))
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError(rule) from error
    if moment.tzinfo is None:
        raise ValueError(rule)
    return _within_years(moment).astimezone(UTC)


DayOrTime = TypeVar("DayOrTime", bound=date)


def _within_years(moment: DayOrTime) -> DayOrTime:
    """Nanoseconds in 64 bits reach from 1677 to 2262."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"a year from {FIRST_YEAR} to {LAST_YEAR}")
    return moment


Moment = Annotated[
    datetime | date,
    PlainValidator(read_moment),
    WithJsonSchema({"type": "string", "examples": ["2024-01-31", "2024-01-31T12:00:00Z"]}),
    Field(description="A day, or a time with its offset (RFC 3339)."),
]


class SweepRequest(BaseModel):
    """One sweep to run. Everything after `webhook_url` is optional and has an honest default."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    ticker: str = Field(pattern=TICKER, examples=["BTC-USD"])
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


def nanoseconds(moment: datetime | date, *, end: bool = False) -> int:
    """Return UTC nanoseconds. A day begins at midnight, and as an end it lasts until the next."""
    if isinstance(moment, datetime):
        return round(moment.timestamp() * 1e6) * 1_000
    midnight = datetime.combine(moment, time(), tzinfo=UTC)
    day = 86_400 * 10**9 - 1 if end else 0
    return round(midnight.timestamp()) * 10**9 + day
