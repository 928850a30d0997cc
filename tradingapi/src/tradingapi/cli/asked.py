"""From what was typed to a sweep: the question, and the prices that it is asked of."""

import re
import time
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from tradingapi.cli.ending import CommandError, Status
from tradingapi.cli.ranges import Range
from tradingapi.engine import Bars, Direction, Fill, Search, Strategy, SweepSpec
from tradingapi.fields import nanoseconds, read_moment
from tradingapi.prices import file as price_file
from tradingapi.prices.arch_data import ArchSource
from tradingapi.prices.directory import DirectorySource
from tradingapi.prices.exchange import ExchangeSource
from tradingapi.prices.source import (
    PriceError,
    PriceSource,
    SourceUnavailableError,
    SymbolNotFoundError,
    Wanted,
    finished,
    is_ticker,
)
from tradingapi.prices.synthetic import SyntheticSource
from tradingapi.prices.yahoo import YahooSource
from tradingapi.sources import SourceError, foreign
from tradingapi.tickers import MOST_TICKERS

EXAMPLES: Final = {"arch": "^GSPC", "synthetic": "SYN:DEMO"}
"""Tickers that a source is asked for if none is named."""

DEFAULTS: Final = {
    Strategy.RSI: (Range(20, 45), Range(50, 80)),
    Strategy.MACD: (Range(5, 30), Range(10, 60)),
}
"""Ranges of a strategy that are tried if none is named; others try 5:50 and 20:200."""


@dataclass(frozen=True)
class Where:
    """Where prices come from; None is what was left out."""

    file: Path | None
    source: str | None
    exchange: str
    interval: str | None


@dataclass(frozen=True)
class Asked:
    """What was typed; None is what was left out."""

    where: Where
    tickers: tuple[str, ...]
    tickers_file: Path | None
    start: str | None
    end: str | None
    strategy: str
    fast: Range | None
    slow: Range | None
    step: int
    signal: Range | None
    rsi_period: int
    fee_bps: float
    slippage_bps: float
    fill: str
    direction: str
    stop_loss: float | None
    take_profit: float | None
    min_trades: int
    search: str
    max_trials: int
    seed: int


def names_of(asked: Asked) -> list[str]:
    """List the tickers that were named, one by one and in a file; none is fine.

    Raises:
        CommandError: The file cannot be read, one is named twice, or there are too many.
    """
    names = list(asked.tickers)
    if asked.tickers_file is not None:
        try:
            text = asked.tickers_file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not text"
            raise CommandError(
                f"--tickers: {asked.tickers_file} cannot be read: {why}", Status.WRONG
            ) from error
        names += [name for line in text.splitlines() if (name := line.partition("#")[0].strip())]
        if not names:
            raise CommandError(f"--tickers: {asked.tickers_file} names none", Status.WRONG)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise CommandError(f"--ticker: {twice} is named twice", Status.WRONG)
    if len(names) > MOST_TICKERS:
        raise CommandError(f"--tickers: at most {MOST_TICKERS:,}", Status.WRONG)
    return names


def spec_of(asked: Asked) -> SweepSpec:
    """Say it in the engine's words.

    Raises:
        CommandError: An option breaks a rule; the message names both.
    """
    strategy = Strategy(asked.strategy)
    signal = asked.signal or Range(9, 9)
    one = signal.low == signal.high
    fast, slow = DEFAULTS.get(strategy, (Range(5, 50), Range(20, 200)))
    try:
        return SweepSpec(
            strategy=strategy,
            fast=asked.fast or fast,
            slow=asked.slow or slow,
            step=asked.step,
            min_trades=asked.min_trades,
            signal_period=signal.low if one else 9,
            signal_periods=None if one else signal,
            search=Search(asked.search),
            max_trials=asked.max_trials,
            search_seed=asked.seed,
            rsi_period=asked.rsi_period,
            start=_moment("start", asked.start),
            end=_moment("end", asked.end, end=True),
            fill=Fill(asked.fill),
            direction=Direction(asked.direction),
            fee_bps=asked.fee_bps,
            slippage_bps=asked.slippage_bps,
            stop_loss=asked.stop_loss,
            take_profit=asked.take_profit,
        )
    except ValueError as error:
        raise CommandError(as_option(str(error)), Status.WRONG) from error


def bars_of(asked: Asked, ticker: str | None, spec: SweepSpec) -> Bars:
    """Fetch a ticker's prices, without a bar that is not over yet.

    Raises:
        CommandError: There are none, or they are wrong; the message says what to do.
    """
    where = asked.where
    own = "arch" if where.file is None else price_file.NAME
    if where.file is not None and where.file.is_dir():
        own = DirectorySource.name
    return fetched(
        where.source or own,
        ticker,
        where.interval,
        spec,
        file=where.file,
        exchange=where.exchange,
    )


def fetched(
    name: str,
    ticker: str | None,
    interval: str | None,
    spec: SweepSpec,
    *,
    file: Path | None,
    exchange: str,
) -> Bars:
    """Fetch the bars of a source by its name.

    Raises:
        CommandError: There are none, or they are wrong; the message says what to do.
    """
    try:
        if name == price_file.NAME:
            return finished(_read(file, ticker, interval), time.time())
        if name == DirectorySource.name:
            source: PriceSource = _directory(file)
        elif file is not None:
            raise CommandError(
                f"--source: {name} reads no file", Status.WRONG, "Leave out the file, or --source."
            )
        else:
            source = _source(name, exchange)
        wanted = interval or "1d"
        chosen = ticker or EXAMPLES.get(name)
        if chosen is None or not is_ticker(chosen):
            raise CommandError(
                "--ticker: 3 to 20 of A-Z 0-9 ^ . = : _ -, as the source knows it", Status.WRONG
            )
        bars = source.fetch(chosen, wanted, Wanted.by(spec, wanted))
        return finished(bars, time.time())
    except PriceError as error:
        raise CommandError(f"{ticker or 'prices'}: {error}", advice=_advice(name, error)) from error


def _read(file: Path | None, ticker: str | None, interval: str | None) -> Bars:
    if file is None:
        raise CommandError(
            "FILE: the source csv needs one", Status.WRONG, "tradingapi sweep prices.csv ..."
        )
    name = ticker or re.sub(r"[^A-Z0-9.^=:_-]", "-", file.stem.upper())[:20]
    return price_file.read_bars(file, name, interval)


def _directory(folder: Path | None) -> PriceSource:
    if folder is None or not folder.is_dir():
        raise CommandError(
            "FILE: the source directory needs a folder of TICKER/INTERVAL.csv or .parquet",
            Status.WRONG,
            "tradingapi sweep prices/ --ticker BTC-USD ...",
        )
    return DirectorySource(folder)


def _source(name: str, exchange: str) -> PriceSource:
    match name:
        case "arch":
            return ArchSource()
        case "synthetic":
            return SyntheticSource(("*",))
        case "yfinance":
            return YahooSource()
        case "ccxt":
            return ExchangeSource(exchange)
        case _:
            return _foreign(name)


def _foreign(name: str) -> PriceSource:
    try:
        return foreign(name)
    except SourceError as error:
        raise CommandError(
            f"--source: there is no source {name!r}",
            Status.WRONG,
            "There are arch, csv (a file), directory (a folder), synthetic, yfinance and ccxt.",
        ) from error


def _advice(name: str, error: PriceError) -> str:
    if isinstance(error, SymbolNotFoundError) and name == "arch":
        return "arch has daily ^GSPC and ^IXIC, 1999 to 2018; for others: a file, or yfinance."
    if isinstance(error, SymbolNotFoundError) and name == "synthetic":
        return "Synthetic prices are daily."
    if isinstance(error, SourceUnavailableError):
        return "Try again later, or give a file of prices."
    return ""


def _moment(name: str, text: str | None, *, end: bool = False) -> int | None:
    if text is None:
        return None
    try:
        moment = read_moment(text)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    assert isinstance(moment, date | datetime)
    return nanoseconds(moment, end=end)


def as_option(rule: str) -> str:
    """Turn `min_trades: 0 or more` into `--min-trades: 0 or more`."""
    field, colon, rest = rule.replace("signal_periods", "signal_period").partition(":")
    return f"--{field.replace('_', '-')}{colon}{rest}"
