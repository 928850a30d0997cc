"""What a user asks for: every field of `.spec`, with its rule, its default and its documentation.

A description is what `kubectl explain` shows. Rules about one field are on the field, rules about
two on the model that holds both. Defaults never change within a version of the API.
"""

from enum import StrEnum
from typing import Self

from pydantic import ConfigDict, Field, model_validator

from tradingsweep.crd.notifications import Notifications
from tradingsweep.crd.strategy import RULES, LevelRange, Macd, PeriodRange, Rsi, StrategyType
from tradingsweep.crd.wire import WireModel, rule, rules

# `$` is the end of the text for RE2 (the API server) and for pydantic: no newline slips behind it.
TICKER = r"^[A-Z0-9^][A-Z0-9.^=:_-]*$"
RUN_ID = r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$"


class Preset(StrEnum):
    """A named configuration of the Trading API, its `config_path`."""

    MINIMUM = "Minimum"
    STANDARD = "Standard"


class TradingSweepSpec(WireModel):
    """A parameter sweep: which ticker, which pairs of periods or levels, which strategy.

    Every pair of a fast and a slow period in the ranges, `step` apart, is backtested once where
    the fast one is the shorter; for RSI every pair of a level to enter and a higher one to exit.
    """

    model_config = ConfigDict(json_schema_extra=rules(*RULES))

    ticker: str = Field(
        min_length=3,
        max_length=20,
        pattern=TICKER,
        description="The instrument, as the Trading API's price source calls it: BTC-USD, ^GSPC, "
        "NYSE:F. 3 to 20 characters: capital letters, digits and . ^ = : _ -, the first one a "
        "letter, a digit or ^. A one-letter ticker is written with its exchange. Put quotes "
        "around one that YAML would read as a number or a truth value.",
        json_schema_extra=rules(
            rule(
                f"self.matches('{TICKER}')",
                "a ticker is written with capital letters, digits and . ^ = : _ - only, and begins "
                "with a letter, a digit or ^",
            )
        ),
    )
    fast_range: PeriodRange | None = Field(
        default=None,
        description="The periods of the fast average that are tried, both ends included. Both of "
        "its ends must be below those of slowRange. Required for SMA, EMA and MACD, refused for "
        "RSI.",
    )
    slow_range: PeriodRange | None = Field(
        default=None,
        description="The periods of the slow average that are tried, both ends included. Required "
        "for SMA, EMA and MACD, refused for RSI.",
    )
    rsi: Rsi | None = Field(
        default=None,
        description="The levels of the RSI strategy, and its period; required for it, refused for "
        "any other.",
    )
    macd: Macd | None = Field(
        default=None,
        description="Settings of the MACD strategy; refused for any other. Default: a signal line "
        "of 9 bars.",
    )
    step: int = Field(
        strict=True,
        ge=1,
        le=50,
        description="The distance from one period to the next in both ranges, in bars: 1 to 50; "
        "for RSI from one level to the next.",
    )
    min_trades: int = Field(
        default=50,
        strict=True,
        ge=10,
        le=1000,
        description="How many closed trades a pair needs to be ranked: 10 to 1000. Where no pair "
        "has as many the sweep completes without a best pair, so a short history needs a smaller "
        "number. Default 50.",
    )
    strategy_type: StrategyType = Field(
        default=StrategyType.SMA,
        description="SMA and EMA hold while the fast average is above the slow one; MACD holds "
        "while their difference is above its signal line; RSI buys when the RSI crosses up through "
        "a low level and sells when it crosses up through a higher one. Default SMA.",
    )
    preset: Preset | None = Field(
        default=None,
        description="A named configuration of the Trading API, sent as its config_path: Minimum or "
        "Standard. Default: none is sent and the Trading API uses its own.",
    )
    suspend: bool = Field(
        default=False,
        strict=True,
        description="Hold the sweep: one that waits is not submitted, and one that runs is "
        "cancelled and waits again. When it is false again the run is submitted anew, with a new "
        "deadline, which does not count as a failure. Where the Trading API cannot cancel, a "
        "running sweep goes on and its results are taken. Default False.",
    )
    priority: int = Field(
        default=0,
        strict=True,
        ge=-1000,
        le=1000,
        description="Which of this namespace's waiting sweeps goes first: the higher number, then "
        "the older sweep. Other namespaces are not affected. -1000 to 1000. Default 0.",
    )
    active_deadline_seconds: int = Field(
        default=3600,
        strict=True,
        ge=60,
        le=604_800,
        description="How long one run may take, in seconds, from its first submission on: 60 "
        "(a minute) to 604800 (a week). Time in the queue does not count. Then the sweep fails "
        "with the reason DeadlineExceeded. Default 3600.",
    )
    backoff_limit: int = Field(
        default=0,
        strict=True,
        ge=0,
        le=10,
        description="How often a run is submitted anew after the Trading API reported a failed "
        "sweep: 0 to 10. The next attempt waits 10 seconds, then 20, 40 and so on, at most 6 "
        "minutes. A backtest gives the same result every time, so more than 0 helps only where "
        "the Trading API itself is unreliable. activeDeadlineSeconds holds over all attempts. "
        "Default 0.",
    )
    ttl_seconds_after_finished: int | None = Field(
        default=None,
        strict=True,
        ge=0,
        le=2_147_483_647,
        description="How many seconds after its end the object is deleted: 0 to 2147483647. Its "
        "results stay in the database. An object that Argo CD, Flux, Helm or an ApplySet owns, or "
        "that has a controller, is never deleted. One that comes back unchanged takes its old "
        "results and stays. Default: it is never deleted.",
    )
    max_result_age_seconds: int = Field(
        default=0,
        strict=True,
        ge=0,
        le=31_536_000,
        description="How many seconds old the results of another finished run of this namespace "
        "that asked the same question may be to be used again without a submission: 0 to 31536000 "
        "(a year). The condition's reason is then Reused, and its message names the source. "
        "Default 0.",
    )
    run_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=64,
        pattern=RUN_ID,
        description="Any name for this run. Changing it asks for another run of the same sweep, "
        "which is how a change in Git runs a sweep again. 1 to 64 letters, digits and . _ -, with "
        "a letter or a digit at both ends. Default: none.",
        json_schema_extra=rules(
            rule(
                f"self.matches('{RUN_ID}')",
                "a runID is written with letters, digits and . _ - only, and begins and ends with "
                "a letter or a digit",
            )
        ),
    )
    top_results: int = Field(
        default=3,
        strict=True,
        ge=1,
        le=10,
        description="How many of the best pairs status.topResults shows: 1 to 10, and never more "
        "than are stored. Default 3.",
    )
    store_results: int = Field(
        default=100,
        strict=True,
        ge=1,
        le=10_000,
        description="How many of the best pairs are asked for and stored in the database: 1 to "
        "10000. Default 100.",
    )
    notifications: Notifications | None = Field(
        default=None,
        description="Who is told by mail when a run ends. Default: whom the operator's "
        "configuration names.",
    )

    @model_validator(mode="after")
    def _has_its_ranges(self) -> Self:
        """Without them there is nothing to sweep: it came past the rules of another schema."""
        _ = self.ranges
        return self

    @property
    def ranges(self) -> tuple[PeriodRange, PeriodRange] | tuple[LevelRange, LevelRange]:
        """What pairs are made of: fast and slow periods, or levels to enter and to exit."""
        if self.strategy_type is StrategyType.RSI:
            if self.rsi is None:
                raise ValueError("rsi is required for strategyType RSI")
            return self.rsi.enter, self.rsi.exit
        if self.fast_range is None or self.slow_range is None:
            raise ValueError("fastRange and slowRange are required")
        return self.fast_range, self.slow_range
