"""What a strategy is tried with: its periods or levels, and which fields are whose."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import ConfigDict, Field, JsonValue

from tradingsweep.crd.wire import WireModel, rule, rules


class StrategyType(StrEnum):
    """The rule that buys and sells."""

    SMA = "SMA"
    EMA = "EMA"
    MACD = "MACD"
    RSI = "RSI"


Period = Annotated[int, Field(strict=True, ge=1, le=500)]
Level = Annotated[int, Field(strict=True, ge=1, le=99)]

_ORDERED: Final = rule(
    "self.min <= self.max",
    "min must not be above max",
    message_expression="'min (%d) must not be above max (%d)'.format([self.min, self.max])",
    field_path=".min",
)


class PeriodRange(WireModel):
    """An inclusive range of periods, in bars."""

    model_config = ConfigDict(json_schema_extra=rules(_ORDERED))

    min: Period = Field(description="The first period that is tried, in bars: 1 to 500.")
    max: Period = Field(
        description="The last period that is tried, in bars: 1 to 500, not below min. It is tried "
        "itself only where a whole number of steps leads to it."
    )


class LevelRange(WireModel):
    """An inclusive range of levels of the RSI."""

    model_config = ConfigDict(json_schema_extra=rules(_ORDERED))

    min: Level = Field(description="The first level that is tried: 1 to 99.")
    max: Level = Field(
        description="The last level that is tried: 1 to 99, not below min. It is tried itself only "
        "where a whole number of steps leads to it."
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


def below(lower: str, higher: str, bound: str) -> dict[str, JsonValue]:
    """Say that one range lies below another at one of its ends, where both are there."""
    low, high = f"self.{lower}.{bound}", f"self.{higher}.{bound}"
    message = f"{lower}.{bound}%s must be below {higher}.{bound}%s"
    return rule(
        f"!has(self.{lower}) || !has(self.{higher}) || {low} < {high}",
        message % ("", ""),
        message_expression=f"'{message % (' (%d)', ' (%d)')}'.format([{low}, {high}])",
        field_path=f".{lower}.{bound}",
    )


class Rsi(WireModel):
    """Settings of the RSI strategy: it is entered and left where the RSI crosses up a level."""

    model_config = ConfigDict(
        json_schema_extra=rules(below("enter", "exit", "min"), below("enter", "exit", "max"))
    )

    period: int = Field(
        default=14,
        strict=True,
        ge=2,
        le=100,
        description="The period of the RSI, in bars: 2 to 100. Default 14.",
    )
    enter: LevelRange = Field(
        description="The levels that are tried to buy at, when the RSI crosses up through one; "
        "both ends included. Both of its ends must be below those of exit."
    )
    exit: LevelRange = Field(
        description="The levels that are tried to sell at, when the RSI crosses up through one; "
        "both ends included."
    )


def _only_for(field: str, owner: str, belongs: str) -> dict[str, JsonValue]:
    """Refuse a field that the strategy would ignore; `belongs` is CEL: the strategy takes it."""
    words = f"{field} is only for strategyType {owner}"
    remedy = f"remove {field}, or set strategyType to {owner}"
    return rule(
        f"!has(self.{field}) || {belongs}",
        f"{words}: {remedy}",
        message_expression=(
            f"'{words} and this sweep is %s: {remedy}'.format([self.strategyType])"
        ),
        field_path=f".{field}",
        reason="FieldValueForbidden",
    )


def _needed(field: str, unless: str) -> dict[str, JsonValue]:
    """Ask for a field that the strategy cannot do without."""
    words = f"{field} is required for strategyType"
    return rule(
        f"has(self.{field}) || {unless}",
        f"{words} {'RSI' if field == 'rsi' else 'SMA, EMA and MACD'}",
        message_expression=f"'{words} %s'.format([self.strategyType])",
        field_path=f".{field}",
        reason="FieldValueRequired",
    )


_IS_RSI: Final = "self.strategyType == 'RSI'"
_IS_NOT_RSI: Final = "self.strategyType != 'RSI'"

RULES: Final = (
    below("fastRange", "slowRange", "min"),
    below("fastRange", "slowRange", "max"),
    _needed("fastRange", _IS_RSI),
    _needed("slowRange", _IS_RSI),
    _needed("rsi", _IS_NOT_RSI),
    _only_for("fastRange", "SMA, EMA or MACD", _IS_NOT_RSI),
    _only_for("slowRange", "SMA, EMA or MACD", _IS_NOT_RSI),
    _only_for("rsi", "RSI", _IS_RSI),
    _only_for("macd", "MACD", "self.strategyType == 'MACD'"),
)
"""Which fields each strategy needs, and which it refuses."""
