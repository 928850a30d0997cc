"""The subcommands: their options, their help, and nothing else."""

from pathlib import Path
from typing import Annotated

import typer

from tradingapi.cli import options as given
from tradingapi.cli.ending import told

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

  tradingapi sweep --source synthetic --ticker SYN:A --ticker SYN:B --ticker SYN:C --min-trades 20

  tradingapi sweep prices/ --tickers sp500.txt --strategy EMA

A file has columns time (or date), open, high, low and close; CSV or Parquet. Of several tickers
the pair is looked for that does well on nearly all, and followed as a portfolio in equal parts.

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
    file: given.PricesFile = None,
    source: given.Source = None,
    ticker: given.Ticker = None,
    tickers: given.Tickers = None,
    strategy: given.Strategy = "SMA",
    fast: given.Fast = None,
    slow: given.Slow = None,
    step: given.Step = 1,
    signal_period: given.SignalPeriod = None,
    rsi_period: given.RsiPeriod = 14,
    interval: given.Interval = None,
    start: given.Start = None,
    end: given.End = None,
    fee_bps: given.FeeBps = 10.0,
    slippage_bps: given.SlippageBps = 0.0,
    fill: given.Fill = "next_open",
    direction: given.Direction = "long",
    stop_loss: given.StopLoss = None,
    take_profit: given.TakeProfit = None,
    min_trades: given.MinTrades = 50,
    search: given.Search = "grid",
    max_trials: given.MaxTrials = 500,
    preset: given.Preset = "standard",
    seed: given.Seed = 0,
    top: given.Top = 10,
    threads: given.Threads = None,
    exchange: given.Exchange = "kraken",
    out: given.Out = None,
    no_files: given.NoFiles = False,
) -> None:
    """Sweep a grid, ask whether its winner is luck, and write heat map, results and report."""
    from tradingapi.cli.asked import Asked, Where
    from tradingapi.cli.sweeping import sweep as run

    asked = Asked(
        where=Where(file, source, exchange, interval),
        tickers=tuple(ticker or ()),
        tickers_file=tickers,
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
        run(asked, preset=preset, top=top, threads=threads, out=out, files=not no_files)


def reproduce(
    stamp: Annotated[str, typer.Argument(help="report.json, a stamp's file, or - for stdin.")],
    file: given.PricesFile = None,
    exchange: given.Exchange = "kraken",
) -> None:
    """Do a stamped sweep again, and say whether it is the same to the byte or what differs."""
    from tradingapi.cli.reproducing import reproduce as run

    with told():
        run(stamp, file, exchange)
