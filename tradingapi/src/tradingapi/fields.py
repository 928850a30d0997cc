"""How the fields of a request are written, in JSON and in forms, and what they then are."""

import json
import re
from datetime import UTC, date, datetime, time
from typing import Annotated, Final, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import to_jsonable_python

from tradingapi.prices.source import TICKER
from tradingapi.tickers import MOST_TICKERS

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


def read_tickers(value: object, told: ValidationInfo) -> object:
    """Read tickers from a form: `["AAA", "BBB"]` as JSON text, the field again, or `AAA,BBB`."""
    if isinstance(value, list):
        return tuple(value)
    if not isinstance(value, str) or told.mode == "json":
        return value
    if not value.lstrip().startswith("["):
        return tuple(name.strip() for name in value.split(","))
    try:
        return tuple(json.loads(value))
    except (ValueError, RecursionError) as error:
        raise ValueError("tickers are a list, or AAA,BBB, or the field several times") from error


def check_tickers(value: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse a ticker that comes twice: it would have two votes."""
    if len(set(value)) < len(value):
        raise ValueError("each only once")
    return value


Tickers = Annotated[
    tuple[Annotated[str, Field(pattern=TICKER)], ...],
    Field(min_length=1, max_length=MOST_TICKERS, json_schema_extra={"uniqueItems": True}),
    BeforeValidator(read_tickers),
    AfterValidator(check_tickers),
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
    PlainSerializer(to_jsonable_python, when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["2024-01-31", "2024-01-31T12:00:00Z"]}),
    Field(description="A day, or a time with its offset (RFC 3339)."),
]


def nanoseconds(moment: datetime | date, *, end: bool = False) -> int:
    """Return UTC nanoseconds. A day begins at midnight, and as an end it lasts until the next."""
    if isinstance(moment, datetime):
        return round(moment.timestamp() * 1e6) * 1_000
    midnight = datetime.combine(moment, time(), tzinfo=UTC)
    day = 86_400 * 10**9 - 1 if end else 0
    return round(midnight.timestamp()) * 10**9 + day
