"""The gate before any timing: every figure of every pair is vectorbt's, trade for trade.

Pairs that come closer than 1e-12 of the price to a tie are decided by rounding in vectorbt. Where
such a pair differs it is held against sums of integers instead, and counted.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from benchmarks.engine_peers import Vectorbt
from benchmarks.engine_task import GRIDS, NINE, Task, task
from tradingapi.engine import Bars, Fill, Strategy, sweep
from tradingapi.engine import columns as c
from tradingapi.engine.bars import BoolArray, FloatArray
from tradingapi.engine.rows import TIE

BOUND = 1e-9


@dataclass(frozen=True)
class Parity:
    """What was compared, and what came of it."""

    what: str
    pairs: int
    worst: float
    """Largest |a-b| / max(1, |b|) of the pairs without a near-tie."""
    off: int
    """Pairs without a near-tie that differ by more than the bound, or in a trade."""
    tied: int
    """Pairs with a near-tie that differ from vectorbt."""
    false: int
    """Of those, the ones whose trades by us are not those of exact arithmetic."""
    theirs_false: int
    """The same for vectorbt."""


def compared(series: dict[str, Bars], peer: Vectorbt) -> Iterator[Parity]:
    """Compare each strategy and fill on each series, 1,035 pairs each."""
    for name, bars in series.items():
        for strategy in (Strategy.SMA, Strategy.EMA, Strategy.MACD):
            for fill in Fill:
                start = int(bars.time[_settled(strategy)])
                asked = task(name, bars, GRIDS["A"], strategy=strategy, fill=fill, start=start)
                yield _compare(f"{name} {strategy} {fill}", asked, peer)


def _settled(strategy: Strategy) -> int:
    """Return the bar from which vectorbt's signal line has forgotten where it began (to 1e-9)."""
    if strategy is not Strategy.MACD:
        return 0
    slow, signal = GRIDS["A"][3], 9
    return slow + signal - 2 + math.ceil(math.log(1e-9) / math.log(1 - 2 / (signal + 1)))


def _compare(what: str, asked: Task, peer: Vectorbt) -> Parity:
    result = sweep(asked.bars, asked.spec)
    ours = np.stack([result.figures[c.NAMES.index(name)] for name in NINE], axis=1)
    theirs = peer.figures(asked)
    theirs[~np.isfinite(theirs)] = np.nan
    apart = np.abs(ours - theirs) / np.maximum(1, np.abs(theirs))
    apart[np.isnan(ours) & np.isnan(theirs)] = 0
    apart[np.isnan(apart)] = np.inf
    different = (apart > BOUND).any(axis=1)
    tied = different & _nearly_tied(asked)
    plain = ~different | (different & ~tied)
    exact = {index: _exact_trades(asked, index) for index in np.flatnonzero(tied).tolist()}
    return Parity(
        what,
        pairs=len(ours),
        worst=float(apart[plain].max(initial=0.0)),
        off=int((different & ~tied).sum()),
        tied=int(tied.sum()),
        false=sum(int(ours[index, 5]) != trades for index, trades in exact.items()),
        theirs_false=sum(int(theirs[index, 5]) != trades for index, trades in exact.items()),
    )


def _nearly_tied(asked: Task) -> BoolArray:
    """Mark the pairs whose lines come within the margin of each other; only means are looked at."""
    fast, slow = asked.pairs
    if asked.spec.strategy is not Strategy.SMA:
        return np.zeros(fast.size, dtype=np.bool_)
    lines = {int(p): _means(asked.close, int(p)) for p in np.unique((fast, slow))}
    margin = TIE * asked.close[asked.first :]
    return np.array(
        [
            bool((np.abs(lines[f] - lines[s])[asked.first :] <= margin).any())
            for f, s in zip(fast.tolist(), slow.tolist(), strict=True)
        ]
    )


def _means(close: FloatArray, period: int) -> FloatArray:
    windows = np.lib.stride_tricks.sliding_window_view(close, period)
    return np.concatenate((np.full(period - 1, np.nan), windows.mean(axis=1)))


def _exact_trades(asked: Task, index: int) -> int:
    """Count the closed trades of a pair by exact sums of the closes as they are written."""
    fast, slow = (int(periods[index]) for periods in asked.pairs)
    sums = _integers(asked.close)
    first, bars = asked.first, len(asked.bars)
    late = 1 if asked.spec.fill is Fill.NEXT_OPEN else 0
    state, held, closed = 0, False, 0
    for t in range(first, bars - late):
        apart = (sums[t + 1] - sums[t + 1 - fast]) * slow - (
            sums[t + 1] - sums[t + 1 - slow]
        ) * fast
        now = state if apart == 0 else (1 if apart > 0 else -1)
        if state != 0 or t == first:
            closed += held and now == -1 and state == 1
            held = now == 1 if state == -1 else held and now == 1
        state = now
    return closed


def _integers(close: FloatArray) -> list[int]:
    """Return prefix sums of the closes times a power of ten that makes them whole."""
    texts = [Fraction(repr(float(price))) for price in close]
    scale = math.lcm(*(text.denominator for text in texts))
    total, sums = 0, [0]
    for text in texts:
        total += int(text * scale)
        sums.append(total)
    return sums


def unlike_ours(asked: Task, table: pd.DataFrame, percent: float) -> int:
    """Count the pairs of another peer's table with other trades, or another total return.

    Their returns are in percent; backtesting.py buys whole units of an account of a billion.
    """
    result = sweep(asked.bars, asked.spec, pairs=asked.chosen)
    ours = result.to_pandas(["trades", "total_return"]).set_index(["fast_period", "slow_period"])
    theirs = table.set_index(["fast", "slow"])
    theirs.index.names = ours.index.names
    theirs = theirs.reindex(ours.index)
    returns = (theirs["total_return"] / 100 - ours["total_return"]).abs()
    return int(((theirs["trades"] != ours["trades"]) | ~(returns <= percent / 100)).sum())


def describe(parity: Parity) -> str:
    """Say it in one line."""
    ties = ""
    if parity.tied:
        ties = (
            f"; {parity.tied} tied pairs differ: by exact sums {parity.theirs_false} of vectorbt's"
        )
        ties += f" are wrong and {parity.false} of ours"
    return f"{parity.what}: {parity.pairs} pairs, {parity.off} off, {parity.worst:.1e}{ties}"
