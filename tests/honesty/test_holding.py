"""Holding, and what a pair earned beyond it."""

import numpy as np
import pytest

from tests.honesty.markets import SMALL, noise, study_of
from tradingapi.engine import sweep
from tradingapi.honesty.holding import alpha, hold


def test_holding_is_the_sweeps_own_buy_and_hold() -> None:
    """Same first fill, same costs, same bars."""
    bars = noise(300)
    expected = sweep(bars, SMALL).buy_and_hold
    found = hold(study_of(bars))

    assert found.total_return == pytest.approx(expected.total_return)
    assert found.annualized_return == pytest.approx(expected.annualized_return)
    assert found.sharpe == pytest.approx(expected.sharpe)


def test_alpha_beta_and_t_are_those_of_least_squares() -> None:
    """Against the normal equations, with a riskless return taken off both sides."""
    random = np.random.default_rng(1)
    market = random.normal(0.0005, 0.01, 500)
    returns = 0.0002 + 0.4 * market + random.normal(0, 0.005, 500)
    design = np.stack([np.ones(500), market - 0.0001], axis=1)
    (intercept, slope), rest, *_ = np.linalg.lstsq(design, returns - 0.0001, rcond=None)
    error = np.sqrt(rest[0] / 498 * np.linalg.inv(design.T @ design)[0, 0])
    found = alpha(returns, market, 0.0001, 252.0)

    assert found is not None
    assert (found.alpha, found.beta, found.t) == pytest.approx(
        (intercept * 252, slope, intercept / error)
    )


def test_the_market_itself_has_no_alpha_to_tell() -> None:
    """Nothing is left to explain, so there is no t."""
    market = np.random.default_rng(1).normal(0, 0.01, 100)
    found = alpha(market, market, 0.0, 252.0)

    assert found is not None
    assert found.beta == pytest.approx(1.0)
    assert found.t is None


def test_a_price_that_does_not_move_explains_nothing() -> None:
    """There is no slope on a constant."""
    assert alpha(np.ones(10), np.zeros(10), 0.0, 252.0) is None


def test_the_markets_returns_begin_before_the_window() -> None:
    """The first bar's return is from the close before it, which warmed the lines up."""
    study = study_of(noise(100))
    close = study.bars.close

    assert study.market.size == study.size
    assert study.market[0] == close[study.first] / close[study.first - 1] - 1
    assert study.market[-1] == close[study.stop - 1] / close[study.stop - 2] - 1
