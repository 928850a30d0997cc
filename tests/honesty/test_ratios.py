"""The shared figures at their edges: what is undefined is None."""

import numpy as np
import pytest

from tradingapi.honesty.ratios import annualized, max_drawdown, returns_of, sharpe, spearman


def test_steady_growth_has_no_ratio() -> None:
    """A spread that is only rounding is no spread; one bar has none either."""
    assert sharpe(np.full(50, 0.01), 0.0, 252.0) is None
    assert sharpe(np.array([0.01]), 0.0, 252.0) is None


def test_a_ratio_is_of_the_return_above_the_riskless_one() -> None:
    """By hand: returns 3 % and 1 %, 1 % of them riskless."""
    found = sharpe(np.array([0.03, 0.01]), 0.01, 4.0)

    assert found == pytest.approx(0.01 / np.sqrt(2 * 0.01**2) * 2)


def test_growth_beyond_any_float_has_no_annual_figure() -> None:
    """A thousand-fold gain in two bars."""
    assert annualized(1_000.0, 2, 365.0) is None
    assert annualized(1.21, 2, 1.0) == pytest.approx(0.1)


def test_a_drawdown_starts_from_the_initial_capital() -> None:
    """A first bar that loses is a drawdown."""
    assert max_drawdown(np.array([0.8, 1.2, 0.9])) == pytest.approx(0.25)


def test_equity_that_is_gone_earns_nothing_more() -> None:
    """No division by nothing."""
    assert [-0.5, -1.0, 0.0] == returns_of(np.array([0.5, 0.0, 0.0])).tolist()


def test_rank_correlation_counts_ties_at_their_mean_rank() -> None:
    """Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: by hand 4.5 / sqrt(4.5 · 5)."""
    found = spearman(np.array([1.0, 5.0, 5.0, 9.0]), np.array([1.0, 20.0, 30.0, 31.0]))

    assert found == pytest.approx(4.5 / np.sqrt(4.5 * 5))
    assert spearman(np.ones(4), np.arange(4.0)) is None
