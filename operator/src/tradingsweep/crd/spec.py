"""What a user asks for: every field of `.spec`, with its rule, its default and its documentation.

A description is what `kubectl explain` shows. Rules about one field are on the field, rules about
two on the model that holds both. Defaults never change within a version of the API.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field, JsonValue

from tradingsweep.crd.notifications import Notifications
from tradingsweep.crd.wire import WireModel, rule, rules

# `$` is the end of the text for RE2 (the API server) and for pydantic: no newline slips behind it.
TICKER = r"^[A-Z0-9^][A-Z0-9.^=:_-]*$"
RUN_ID = r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$"


class StrategyType(StrEnum):
    """The rule that buys and sells."""

    SMA = "SMA"
    EMA = "EMA"
    MACD = "MACD"


class Preset(StrEnum):
    """A named configuration of the Trading API, its `config_path`."""

    MINIMUM = "Minimum"
    STANDARD = "Standard"


Period = Annotated[int, Field(strict=True, ge=1, le=500)]


class PeriodRange(WireModel):
    """An inclusive range of periods, in bars."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "self.min <= self.max",
                "min must not be above max",
                message_expression=(
                    "'min (%d) must not be above max (%d)'.format([self.min, self.max])"
                ),
                field_path=".min",
            )
        )
    )

    min: Period = Field(description="The first period that is tried, in bars: 1 to 500.")
    max: Period = Field(
        description="The last period that is tried, in bars: 1 to 500, not below min. It is tried "
        "itself only where a whole number of steps leads to it."
    )


class Macd(WireModel):
    """Settings of the MACD strategy."""

    signal: int = Field(
        default=9,
        strict=True,
        ge=2,
        le=50,
        description="The period of the signal line, in bars: 2 to 50. Default 9.",
    )


def _below(bound: str) -> dict[str, JsonValue]:
    fast, slow = f"self.fastRange.{bound}", f"self.slowRange.{bound}"
    message = f"fastRange.{bound}%s must be below slowRange.{bound}%s"
    return rule(
        f"{fast} < {slow}",
        message % ("", ""),
        message_expression=f"'{message % (' (%d)', ' (%d)')}'.format([{fast}, {slow}])",
        field_path=f".fastRange.{bound}",
    )


class TradingSweepSpec(WireModel):
    """A parameter sweep: which ticker, which pairs of periods, which strategy.

    Every pair of a fast and a slow period in the ranges, `step` apart, is backtested once where
    the fast one is the shorter.
    """

    model_config = ConfigDict(
        json_schema_extra=rules(
            _below("min"),
            _below("max"),
            rule(
                "!has(self.macd) || self.strategyType == 'MACD'",
                "macd is only for strategyType MACD: remove macd, or set strategyType to MACD",
                message_expression=(
                    "'macd is only for strategyType MACD and this sweep is %s: "
                    "remove macd, or set strategyType to MACD'.format([self.strategyType])"
                ),
                field_path=".macd",
                reason="FieldValueForbidden",
            ),
        )
    )

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
    fast_range: PeriodRange = Field(
        description="The periods of the fast average that are tried, both ends included. Both of "
        "its ends must be below those of slowRange."
    )
    slow_range: PeriodRange = Field(
        description="The periods of the slow average that are tried, both ends included."
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
        description="The distance from one period to the next in both ranges, in bars: 1 to 50.",
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
        "while their difference is above its signal line. Default SMA.",
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
