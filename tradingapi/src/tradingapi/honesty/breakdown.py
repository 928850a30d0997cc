"""When it earned: by calendar year, and by the market's state at the time.

A strategy that earned everything in one year, or in one kind of market, has one observation, not
ten years of them. The parts are described, not tested.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from tradingapi.engine.bars import BoolArray, FloatArray
from tradingapi.honesty.backtester import Run
from tradingapi.honesty.ratios import growth, sharpe
from tradingapi.honesty.study import Study

TREND_BARS: Final = 200
"""The market is up where its close is above the mean of so many closes, or of those there are."""

VOLATILITY_BARS: Final = 20
"""Bars of the standard deviation that tells calm from rough."""


@dataclass(frozen=True)
class Part:
    """The winner on some of the window's bars, costs where they fell."""

    name: str
    bars: int
    exposure: float
    """Share of these bars with a position."""
    total_return: float
    sharpe: float | None
    holding_return: float
    holding_sharpe: float | None


def by_year(study: Study, run: Run, held: Run) -> tuple[Part, ...]:
    """Cut the window by calendar years, in UTC."""
    time = study.bars.time[study.first : study.stop]
    year = time.astype("datetime64[ns]").astype("datetime64[Y]").astype(np.int64) + 1970
    return _parts(study, run, held, ((str(y), year == y) for y in np.unique(year)))


def by_regime(study: Study, run: Run, held: Run) -> tuple[Part, ...]:
    """Cut the window by trend and volatility, both as they stood at the close before the bar.

    Up or down: the close against the mean of the last 200 closes. Calm or rough: the standard
    deviation of the last 20 returns against its median over the window, which is known only at
    its end.
    """
    up, calm = _states(study)
    names = {"up, calm": up & calm, "up, rough": up & ~calm}
    names |= {"down, calm": ~up & calm, "down, rough": ~up & ~calm}
    return _parts(study, run, held, names.items())


def _states(study: Study) -> tuple[BoolArray, BoolArray]:
    close = pd.Series(study.bars.close[: study.stop])
    mean = close.rolling(TREND_BARS, min_periods=1).mean()
    up = (close >= mean).shift(1, fill_value=True).to_numpy(dtype=np.bool_)[study.first :]
    spread = close.pct_change().rolling(VOLATILITY_BARS, min_periods=2).std().shift(1)
    rough: FloatArray = spread.to_numpy(dtype=np.float64)[study.first :]
    known = rough[~np.isnan(rough)]
    calm = ~(rough > np.median(known)) if known.size else np.ones(rough.size, dtype=np.bool_)
    return up, calm


def _parts(
    study: Study, run: Run, held: Run, cuts: Iterable[tuple[str, BoolArray]]
) -> tuple[Part, ...]:
    return tuple(_part(study, run, held, name, bars) for name, bars in cuts if bars.any())


def _part(study: Study, run: Run, held: Run, name: str, bars: BoolArray) -> Part:
    own, holding = run.returns[bars], held.returns[bars]
    return Part(
        name=name,
        bars=int(bars.sum()),
        exposure=float((run.exposure[bars] != 0).mean()),
        total_return=growth(own) - 1,
        sharpe=sharpe(own, study.risk_free, study.per_year),
        holding_return=growth(holding) - 1,
        holding_sharpe=sharpe(holding, study.risk_free, study.per_year),
    )
