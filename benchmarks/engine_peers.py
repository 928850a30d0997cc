"""The peers, each used as its own documentation says: a price array in, a sorted table out."""

import importlib
import warnings
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.engine_task import FEE, NINE, Task
from tradingapi.engine import Fill, Strategy
from tradingapi.engine.bars import FloatArray


class Vectorbt:
    """vectorbt 1.x, by one of its two engines; each distinct period is computed once."""

    def __init__(self, engine: str) -> None:
        self.vbt: Any = importlib.import_module("vectorbt")
        self.name = f"vectorbt {self.vbt.__version__} ({engine})"
        self.vbt.settings["engine"] = engine
        self.vbt.settings.returns["year_freq"] = "365 days"
        self.engine = engine

    def portfolio(self, task: Task) -> Any:  # noqa: ANN401 - its own object
        """Simulate all pairs of a task."""
        self.vbt.settings["engine"] = self.engine
        first, bars = task.first, task.bars
        index = pd.date_range("2000-01-01", periods=len(bars), freq="D")
        close, opens = pd.Series(bars.close, index=index), pd.Series(bars.open, index=index)
        entries, exits = self._crosses(task, close)
        price = close
        if task.spec.fill is Fill.NEXT_OPEN:
            entries, exits = _later(entries), _later(exits)
            price = opens
        return self.vbt.Portfolio.from_signals(
            close.iloc[first:],
            pd.DataFrame(entries, index=index[first:]),
            pd.DataFrame(exits, index=index[first:]),
            price=price.iloc[first:],
            fees=FEE,
            freq="1D",
        )

    def _crosses(self, task: Task, close: "pd.Series[float]") -> tuple[Any, Any]:
        fast, slow = task.pairs
        nb = self.vbt.generic.nb
        if task.spec.strategy is Strategy.MACD:
            found = self.vbt.MACD.run(
                close, fast_window=fast.tolist(), slow_window=slow.tolist(),
                signal_window=task.spec.signal_period, macd_ewm=True, signal_ewm=True,
            )  # fmt: skip
            above, below = found.macd.to_numpy(), found.signal.to_numpy()
        else:
            periods, where = np.unique(np.concatenate((fast, slow)), return_inverse=True)
            exponential = task.spec.strategy is Strategy.EMA
            lines = self.vbt.MA.run(close, window=periods.tolist(), ewm=exponential).ma.to_numpy()
            above, below = lines[:, where[: fast.size]], lines[:, where[fast.size :]]
        above, below = above[task.first :], below[task.first :]
        return nb.crossed_above_nb(above, below), nb.crossed_above_nb(below, above)

    def figures(self, task: Task) -> FloatArray:
        """Return one row of the nine figures for each pair, unsorted."""
        found = self.portfolio(task)
        closed = found.trades.closed
        columns = [
            found.total_return(),
            found.annualized_return(),
            found.sharpe_ratio(),
            found.sortino_ratio(),
            -found.max_drawdown(),
            closed.count(),
            closed.win_rate(),
            closed.profit_factor(),
            closed.duration.mean(),
        ]
        return np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1)

    def table(self, task: Task) -> pd.DataFrame:
        """Answer end to end: a frame of pairs and figures, the best Sharpe first."""
        fast, slow = task.pairs
        frame = pd.DataFrame(self.figures(task), columns=list(NINE))
        frame.insert(0, "fast", fast)
        frame.insert(1, "slow", slow)
        return frame.sort_values("sharpe", ascending=False)


class Raptorbt:
    """raptorbt: signals by NumPy, runs by its parallel batch, in one thread for CPU time."""

    def __init__(self) -> None:
        self.raptor: Any = importlib.import_module("raptorbt")
        self.name = "raptorbt"

    def metrics(self, task: Task) -> list[Any]:
        """Run all pairs; its 48 metrics of each."""
        fast, slow = task.pairs
        periods, where = np.unique(np.concatenate((fast, slow)), return_inverse=True)
        lines = [self.raptor.sma(task.close, int(period))[task.first :] for period in periods]
        items = []
        for k, (f, s) in enumerate(zip(where[: fast.size], where[fast.size :], strict=True)):
            above = lines[f] > lines[s]
            entries = np.concatenate(([False], above[1:] & ~above[:-1]))
            exits = np.concatenate(([False], ~above[1:] & above[:-1]))
            items.append(self.raptor.BatchSingleItem(str(k), entries, exits))
        b, inside = task.bars, slice(task.first, None)
        columns = [column[inside] for column in (b.open, b.high, b.low, b.close)]
        volume = np.ones(columns[0].size)
        config = self.raptor.BacktestConfig(fees=FEE, fill_timing="same_bar_close")
        done = self.raptor.batch_single_backtest(b.time[inside], *columns, volume, items, config)
        return [result.metrics for _, result in done]

    def table(self, task: Task) -> pd.DataFrame:
        """Answer end to end, with its own names and units."""
        fast, slow = task.pairs
        names = {
            "total_return": "total_return_pct",
            "sharpe": "sharpe_ratio",
            "sortino": "sortino_ratio",
            "max_drawdown": "max_drawdown_pct",
            "trades": "total_closed_trades",
            "win_rate": "win_rate_pct",
            "profit_factor": "profit_factor",
            "duration_bars": "avg_holding_period",
        }
        found = self.metrics(task)
        frame = pd.DataFrame(
            {ours: [getattr(m, theirs) for m in found] for ours, theirs in names.items()}
        )
        frame.insert(0, "fast", fast)
        frame.insert(1, "slow", slow)
        return frame.sort_values("sharpe", ascending=False)


class Backtesting:
    """backtesting.py: an event for each bar, and a run for each pair; it has no other way.

    `optimize` runs the same loop in processes. Units are whole, so the account is large.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        library: Any = importlib.import_module("backtesting")
        b = task.bars
        columns = {"Open": b.open, "High": b.high, "Low": b.low, "Close": b.close, "Volume": 1.0}
        frame = pd.DataFrame(columns, index=pd.to_datetime(b.time))
        self.backtest = library.Backtest(
            frame,
            _cross(library.Strategy, task.first),
            cash=1e9,
            commission=FEE,
            trade_on_close=True,
        )

    def table(self) -> pd.DataFrame:
        """Answer end to end, with its own names and units."""
        fast, slow = (periods.tolist() for periods in self.task.pairs)
        with warnings.catch_warnings():
            # It says of every pair that a trade is open at the end.
            warnings.simplefilter("ignore", UserWarning)
            found = [self.backtest.run(fast=f, slow=s) for f, s in zip(fast, slow, strict=True)]
        names = {
            "total_return": "Return [%]",
            "annualized_return": "Return (Ann.) [%]",
            "sharpe": "Sharpe Ratio",
            "sortino": "Sortino Ratio",
            "max_drawdown": "Max. Drawdown [%]",
            "trades": "# Trades",
            "win_rate": "Win Rate [%]",
            "profit_factor": "Profit Factor",
            "duration": "Avg. Trade Duration",
        }
        frame = pd.DataFrame(
            {ours: [stats[theirs] for stats in found] for ours, theirs in names.items()}
        )
        frame.insert(0, "fast", fast)
        frame.insert(1, "slow", slow)
        return frame.sort_values("sharpe", ascending=False)


def _cross(strategy: Any, first: int) -> Any:  # noqa: ANN401 - its own class
    """Return the rule in its words: long while the fast mean is above the slow one.

    It trades from the bar at which every pair's lines exist, as the others are made to.
    """

    def mean(values: FloatArray, period: int) -> "pd.Series[float]":
        return pd.Series(values).rolling(period).mean()

    def init(self: Any) -> None:  # noqa: ANN401 - its own object
        self.above = self.I(mean, self.data.Close, self.fast)
        self.below = self.I(mean, self.data.Close, self.slow)

    def following(self: Any) -> None:  # noqa: ANN401 - its own object
        if len(self.data) <= first + 1:
            return
        before, now = self.above[-2] > self.below[-2], self.above[-1] > self.below[-1]
        if now and not before:
            self.buy()
        elif before and not now:
            self.position.close()

    return type("Cross", (strategy,), {"fast": 1, "slow": 2, "init": init, "next": following})


def _later(signals: FloatArray) -> FloatArray:
    """Move signals to the next bar."""
    return np.concatenate((np.zeros_like(signals[:1]), signals[:-1]))
