"""The score by its formula, and the order that it gives."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.plain import score as plain
from tradingapi.engine import columns as c
from tradingapi.engine.bars import FloatArray
from tradingapi.engine.jit import kernel
from tradingapi.engine.score import ranked, score

SEEDS_FIRST = {
    "trades": 87.0,
    "sharpe": 1.82,
    "sortino": 2.15,
    "annualized_return": 0.324,
    "max_drawdown": 0.187,
    "profit_factor": 2.1,
    "win_rate": 0.583,
}
"""The first row of the seed's example."""

SEEDS_SECOND = {
    "trades": 102.0,
    "sharpe": 1.68,
    "sortino": 1.92,
    "annualized_return": 0.298,
    "max_drawdown": 0.213,
    "profit_factor": 1.95,
    "win_rate": 0.562,
}


@kernel
def compiled(figures: FloatArray, mean_excess: float) -> float:
    """Call the kernel's score on the seven figures in the order above."""
    trades, sharpe, sortino, annualized, drawdown, factor, win_rate = figures
    return score(trades, sharpe, sortino, mean_excess, annualized, drawdown, factor, win_rate)


def scored(mean_excess: float = 0.001, **changes: float) -> float:
    """Score the seed's first row with some figures changed."""
    return compiled(np.array(list({**SEEDS_FIRST, **changes}.values())), mean_excess)


def test_the_seeds_rows_score_as_the_law_says() -> None:
    """2.25 and 2.13, in the seed's order."""
    assert (2.25, 2.13) == (round(scored(), 2), round(scored(**SEEDS_SECOND), 2))


FIGURE = st.one_of(st.none(), st.floats(-3, 3))


@given(
    trades=st.integers(0, 90),
    figures=st.tuples(FIGURE, FIGURE, FIGURE, FIGURE),
    drawdown=st.sampled_from([0.0, 0.1, 0.9]),
    win_rate=st.one_of(st.none(), st.floats(0, 1)),
    mean_excess=st.sampled_from([-0.1, 0.0, 0.1]),
)
def test_the_compiled_score_is_the_formulas(
    trades: int,
    figures: tuple[float | None, ...],
    drawdown: float,
    win_rate: float | None,
    mean_excess: float,
) -> None:
    """Whatever is undefined."""
    sharpe, sortino, annualized, factor = figures
    named = {
        "trades": float(trades),
        "sharpe": sharpe,
        "sortino": sortino,
        "annualized_return": annualized,
        "max_drawdown": drawdown,
        "profit_factor": factor,
        "win_rate": win_rate,
    }
    values = [math.nan if value is None else value for value in named.values()]

    assert plain.score(named, mean_excess) == pytest.approx(
        compiled(np.array(values), mean_excess), abs=1e-12
    )


@given(
    name=st.sampled_from(["sharpe", "sortino", "win_rate", "profit_factor", "annualized_return"]),
    low=st.floats(-3, 3),
    gain=st.floats(0, 3),
)
def test_a_better_metric_never_lowers_the_score(name: str, low: float, gain: float) -> None:
    """The trades being the same."""
    worse, better = (scored(**{name: value}) for value in (low, low + gain))

    assert better >= worse - 1e-12


def test_no_down_bar_is_an_edge_only_where_something_was_gained() -> None:
    """A flat run has no down bar either."""
    gained, flat = (scored(mean, sortino=math.nan) for mean in (0.001, 0.0))

    assert gained - flat == pytest.approx(4 * 0.15)


def test_a_run_without_trades_scores_a_plain_zero() -> None:
    """Not -0.0: it would print as a loss."""
    unknown = dict.fromkeys(SEEDS_FIRST, math.nan)

    assert "0.0" == str(scored(**{**unknown, "trades": 0.0, "max_drawdown": 0.5}))


def a_figure(score_: float, sharpe: float, trades: float) -> FloatArray:
    """Build a column that only the order looks at."""
    column = np.zeros(c.COUNT)
    column[[c.SCORE, c.SHARPE, c.TRADES]] = score_, sharpe, trades
    return column


def test_equal_scores_are_ordered_by_sharpe_then_by_the_simpler_pair() -> None:
    """A missing Sharpe comes last; fewer trades come first, then the grid's order."""
    columns = [
        a_figure(1.0, math.nan, 5),
        a_figure(1.0, 2.0, 9),
        a_figure(1.1, 0.0, 99),
        a_figure(1.0, 2.0, 5),
        a_figure(1.0, 2.0, 5),
        a_figure(0.5, 9.0, 1),
    ]

    assert [2, 3, 4, 1, 0, 5] == ranked(np.array(columns).T.copy()).tolist()
