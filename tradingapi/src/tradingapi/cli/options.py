"""The options of `tradingapi sweep`: type, help and bounds of each."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from tradingapi.cli.ranges import Range, read_range

StrategyName = Literal["SMA", "EMA", "MACD", "RSI"]
FillName = Literal["next_open", "same_close"]
DirectionName = Literal["long", "short", "both"]
SearchName = Literal["grid", "bayes"]
PresetName = Literal["standard", "minimum"]
IntervalName = Literal["1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w"]

PricesFile = Annotated[
    Path | None,
    typer.Argument(
        metavar="[FILE]", help="Prices: CSV or Parquet, or a folder of TICKER/INTERVAL.csv."
    ),
]
Threads = Annotated[
    int | None, typer.Option(help="At most so many; the result is the same to the byte.", min=1)
]
Exchange = Annotated[str, typer.Option(help="Which exchange the source ccxt asks.")]
Source = Annotated[
    str | None,
    typer.Option(
        help="arch, csv or directory (with FILE), synthetic, yfinance, ccxt, or another package's."
    ),
]
Ticker = Annotated[
    list[str] | None,
    typer.Option(help="^GSPC and ^IXIC for arch; several: one pair for all of them."),
]
Tickers = Annotated[
    Path | None, typer.Option(help="A file of tickers, one a line; # begins a comment.")
]
Strategy = Annotated[StrategyName, typer.Option(help="The rule.")]
Fast = Annotated[
    Range | None,
    typer.Option(
        "--fast", "--rsi-enter", parser=read_range, metavar="MIN:MAX", help="Fast periods."
    ),
]
Slow = Annotated[
    Range | None,
    typer.Option(
        "--slow", "--rsi-exit", parser=read_range, metavar="MIN:MAX", help="Slow periods."
    ),
]
Step = Annotated[int, typer.Option(help="Between two periods.")]
SignalPeriod = Annotated[
    Range | None,
    typer.Option(parser=read_range, metavar="MIN:MAX", help="MACD's signal line; 9, or a range."),
]
RsiPeriod = Annotated[int, typer.Option(help="RSI's bars.")]
Interval = Annotated[IntervalName | None, typer.Option(help="1d; a file's own if left out.")]
Start = Annotated[str | None, typer.Option(help="First day; ten years before the end if left out.")]
End = Annotated[str | None, typer.Option(help="Last day, inclusive.")]
FeeBps = Annotated[float, typer.Option(help="Fee a side, in basis points.")]
SlippageBps = Annotated[float, typer.Option(help="Slippage a side, in basis points.")]
Fill = Annotated[FillName, typer.Option(help="Where a signal is filled.")]
Direction = Annotated[DirectionName, typer.Option(help="Sides that are taken.")]
StopLoss = Annotated[float | None, typer.Option(help="0.05: out at 5 % loss.")]
TakeProfit = Annotated[float | None, typer.Option(help="0.2: out at 20 % gain.")]
MinTrades = Annotated[int, typer.Option(help="Closed trades with which a pair ranks.")]
Search = Annotated[
    SearchName, typer.Option(help="All combinations, or a sampler's choice of --max-trials.")
]
MaxTrials = Annotated[int, typer.Option(help="Combinations that bayes tests.")]
Preset = Annotated[PresetName, typer.Option(help="How much is checked; no figure depends on it.")]
Seed = Annotated[int, typer.Option(help="Of permutations and sampler.", min=0)]
Top = Annotated[int, typer.Option(help="Rows that are printed.", min=1, max=1_000)]
Out = Annotated[
    Path | None, typer.Option(help="Where files go; sweep-TICKER-STRATEGY, or sweep-N-STRATEGY.")
]
NoFiles = Annotated[bool, typer.Option("--no-files", help="Only print.")]
