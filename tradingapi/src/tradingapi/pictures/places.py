"""The heat map of many tickers: pairs by their places instead of their scores."""

import numpy as np

from tradingapi.engine import Strategy
from tradingapi.pictures.heat import LABELS, PERCENT, HeatMap, Sheet, laid_out, slice_of
from tradingapi.tickers import ManyResult


def places_map(result: ManyResult, subtitle: str = "") -> HeatMap:
    """Lay the places of pairs out over their grid."""
    best = result.best_index
    shown = int(result.order[0]) if best is None else best
    fast, slow, spread = laid_out(result.grid, shown)
    labels = LABELS[result.spec.strategy is Strategy.RSI]
    tickers = result.standing.tickers.astype(np.float64)
    return HeatMap(
        title=result.title + slice_of(result.grid, shown),
        subtitle=subtitle,
        fast=fast,
        slow=slow,
        fast_label=labels[0],
        slow_label=labels[1],
        sheets=(
            Sheet("Median place", "%", spread(PERCENT * result.median)),
            Sheet("Worst place", "%", spread(PERCENT * result.worst)),
            Sheet("Tickers", "", spread(tickers), whole=True),
        ),
        ranked=spread(result.qualified.astype(np.float64)) > 0,
        unranked=f"under {result.needed} of {len(result.parts)} tickers",
        best=result.winner,
    )
