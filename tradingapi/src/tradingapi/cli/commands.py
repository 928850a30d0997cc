"""The subcommands: their options, their help, and nothing else."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from tradingapi.cli.ending import told
from tradingapi.cli.ranges import Range, read_range

SERVE: str = """
Examples:

  tradingapi serve --dev

  TRADING_API_KEYS=$(openssl rand -hex 16) tradingapi serve --port 8000 --data-dir ./data

  TRADING_API_PRICES_DIR=./prices TRADING_API_SOURCES=directory tradingapi serve --dev

Every setting is an environment variable TRADING_API_...; /docs describes the API.
"""

SWEEP: str = """
Examples:

  tradingapi sweep --source arch --ticker ^GSPC --fast 2:100 --slow 5:200 --strategy EMA

  tradingapi sweep prices.csv --fast 5:50 --slow 20:200 --step 5 --min-trades 10

  tradingapi sweep --strategy RSI --rsi-enter 20:45 --rsi-exit 50:80 --fee-bps 5

  tradingapi sweep --strategy MACD --fast 5:30 --slow 10:60 --signal-period 5:15

  tradingapi sweep --ticker ^IXIC --start 2010-01-01 --end 2014-12-31 --preset minimum

A file has columns time (or date), open, high, low and close; CSV or Parquet.

Exit status: 0 done, whatever the verdict; 1 no prices, or a file cannot be written; 2 the command
is wrong; 130 interrupted.
"""

REPRODUCE: str = """
Examples:

  tradingapi reproduce sweep-GSPC-EMA/report.json

  tradingapi reproduce sweep-prices-SMA/report.json prices.csv

  jq .stamp report.json | tradingapi reproduce -

Exit status: 0 the same to the byte; 3 something differs; 1 no prices; 2 no stamp.
"""

StrategyName = Literal["SMA", "EMA", "MACD", "RSI"]
FillName = Literal["next_open", "same_close"]
DirectionName = Literal["long", "short", "both"]
SearchName = Literal["grid", "bayes"]
PresetName = Literal["standard", "minimum"]
IntervalName = Literal["1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w"]

PricesFile = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="Prices: CSV or Parquet.")
]
Threads = Annotated[
    int | None, typer.Option(help="At most so many; the result is the same to the byte.", min=1)
]
Exchange = Annotated[str, typer.Option(help="Which exchange the source ccxt asks.")]


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.", min=0, max=65_535)] = 8000,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where jobs and results are kept (TRADING_API_DATA_DIR).")
    ] = None,
    dev: Annotated[
        bool, typer.Option("--dev", help="Accept the published development key.")
    ] = False,
) -> None:
    """Serve the API until SIGINT or SIGTERM. One line on stdout says when it listens."""
    from tradingapi.cli.serving import serve as run

    with told():
        run(host, port, data_dir, dev=dev)


def sweep(
    file: PricesFile = None,
    source: Annotated[
        str | None,
        typer.Option(
            help="arch, csv (with FILE), synthetic, yfinance, ccxt, or another package's."
        ),
    ] = None,
    ticker: Annotated[str | None, typer.Option(help="^GSPC and ^IXIC for arch.")] = None,
    strategy: Annotated[StrategyName, typer.Option(help="The rule.")] = "SMA",
    fast: Annotated[
        Range | None,
        typer.Option(
            "--fast", "--rsi-enter", parser=read_range, metavar="MIN:MAX", help="Fast periods."
        ),
    ] = None,
    slow: Annotated[
        Range | None,
        typer.Option(
            "--slow", "--rsi-exit", parser=read_range, metavar="MIN:MAX", help="Slow periods."
        ),
    ] = None,
    step: Annotated[int, typer.Option(help="Between two periods.")] = 1,
    signal_period: Annotated[
        Range | None,
        typer.Option(
            parser=read_range, metavar="MIN:MAX", help="MACD's signal line; 9, or a range."
        ),
    ] = None,
    rsi_period: Annotated[int, typer.Option(help="RSI's bars.")] = 14,
    interval: Annotated[
        IntervalName | None, typer.Option(help="1d; a file's own if left out.")
    ] = None,
    start: Annotated[
        str | None, typer.Option(help="First day; ten years before the end if left out.")
    ] = None,
    end: Annotated[str | None, typer.Option(help="Last day, inclusive.")] = None,
    fee_bps: Annotated[float, typer.Option(help="Fee a side, in basis points.")] = 10.0,
    slippage_bps: Annotated[float, typer.Option(help="Slippage a side, in basis points.")] = 0.0,
    fill: Annotated[FillName, typer.Option(help="Where a signal is filled.")] = "next_open",
    direction: Annotated[DirectionName, typer.Option(help="Sides that are taken.")] = "long",
    stop_loss: Annotated[float | None, typer.Option(help="0.05: out at 5 % loss.")] = None,
    take_profit: Annotated[float | None, typer.Option(help="0.2: out at 20 % gain.")] = None,
    min_trades: Annotated[int, typer.Option(help="Closed trades with which a pair ranks.")] = 50,
    search: Annotated[
        SearchName, typer.Option(help="All combinations, or a sampler's choice of --max-trials.")
    ] = "grid",
    max_trials: Annotated[int, typer.Option(help="Combinations that bayes tests.")] = 500,
    preset: Annotated[
        PresetName, typer.Option(help="How much is checked; no figure depends on it.")
    ] = "standard",
    seed: Annotated[int, typer.Option(help="Of permutations and sampler.", min=0)] = 0,
    top: Annotated[int, typer.Option(help="Rows that are printed.", min=1, max=1_000)] = 10,
    threads: Threads = None,
    exchange: Exchange = "kraken",
    out: Annotated[
        Path | None, typer.Option(help="Where files go; sweep-TICKER-STRATEGY if left out.")
    ] = None,
    no_files: Annotated[bool, typer.Option("--no-files", help="Only print.")] = False,
) -> None:
    """Sweep a grid, ask whether its winner is luck, and write heat map, results and report."""
    from tradingapi.cli.asked import Asked
    from tradingapi.cli.sweeping import sweep as run

    asked = Asked(
        file=file,
        source=source,
        ticker=ticker,
        exchange=exchange,
        interval=interval,
        start=start,
        end=end,
        strategy=strategy,
        fast=fast,
        slow=slow,
        step=step,
        signal=signal_period,
        rsi_period=rsi_period,
        fee_bps=fee_bps,
        slippage_bps=slippage_bps,
        fill=fill,
        direction=direction,
        stop_loss=stop_loss,
        take_profit=take_profit,
        min_trades=min_trades,
        search=search,
        max_trials=max_trials,
        seed=seed,
    )
    with told():
        run(
            asked,
            preset=preset,
            seed=seed,
            top=top,
            threads=threads,
            out=out,
            files=not no_files,
        )


def reproduce(
    stamp: Annotated[str, typer.Argument(help="report.json, a stamp's file, or - for stdin.")],
    file: PricesFile = None,
    exchange: Exchange = "kraken",
) -> None:
    """Do a stamped sweep again, and say whether it is the same to the byte or what differs."""
    from tradingapi.cli.reproducing import reproduce as run

    with told():
        run(stamp, file, exchange)
