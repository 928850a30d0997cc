"""The kernels against their plain twin, on whatever hypothesis thinks of."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.agreement import disagreements
from tests.engine.series import DAY, FIRST_DAY, a_walk, bars_of
from tradingapi.engine import (
    Bars,
    Direction,
    Fill,
    ShortSale,
    StartState,
    Strategy,
    SweepSpec,
    sweep,
)

BY_ROWS = (Strategy.SMA, Strategy.EMA, Strategy.MACD)

PERIODS: dict[str, Any] = {"fast": (2, 8), "slow": (5, 14), "step": 3, "signal_period": 4}

LEVELS: dict[str, Any] = {"fast": (20, 50), "slow": (40, 80), "step": 10, "rsi_period": 5}

TERMS: dict[str, Any] = {
    "start": st.sampled_from([None, FIRST_DAY + 60 * DAY, FIRST_DAY + 63 * DAY]),
    "fill": st.sampled_from(Fill),
    "fee_bps": st.sampled_from([0.0, 10.0, 250.0]),
    "slippage_bps": st.sampled_from([0.0, 5.0]),
    "risk_free_rate": st.sampled_from([0.0, 0.04, -0.01]),
    "start_state": st.sampled_from(StartState),
}

LIMITS: dict[str, Any] = {
    "stop_loss": st.sampled_from([None, 0.01, 0.05]),
    "take_profit": st.sampled_from([None, 0.02, 0.1]),
}


def specs(**more: Any) -> st.SearchStrategy[SweepSpec]:
    """Any small sweep over two rows."""
    given_ = {**TERMS, "strategy": st.sampled_from(BY_ROWS), **more}
    return st.builds(SweepSpec, **{k: st.just(v) for k, v in PERIODS.items()}, **given_)


def rsi_specs() -> st.SearchStrategy[SweepSpec]:
    """Any small sweep over two levels."""
    given_ = {**TERMS, **LIMITS, "strategy": st.just(Strategy.RSI)}
    return st.builds(SweepSpec, **{k: st.just(v) for k, v in LEVELS.items()}, **given_)


SEEDS = st.integers(0, 10**6)


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, spec=specs())
def test_any_long_sweep_agrees_with_cash_and_shares(seed: int, spec: SweepSpec) -> None:
    """Any strategy, fill, cost, rate, window and start."""
    assert disagreements(sweep(a_walk(160, seed), spec)) == []


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, spec=specs(**LIMITS))
def test_any_stop_and_target_agrees_with_looking_at_every_bar(seed: int, spec: SweepSpec) -> None:
    """The first bar that reaches a limit is found by look-up as by looking."""
    assert disagreements(sweep(a_reaching_walk(160, seed), spec)) == []


@settings(max_examples=60, deadline=None)
@given(
    seed=SEEDS,
    spec=specs(
        direction=st.sampled_from([Direction.SHORT, Direction.BOTH]),
        short_sale=st.sampled_from(ShortSale),
        **LIMITS,
    ),
)
def test_any_short_sweep_agrees_with_an_account_that_owes_shares(
    seed: int, spec: SweepSpec
) -> None:
    """Short or on both sides, exposure or shares constant, with and without limits."""
    assert disagreements(sweep(a_reaching_walk(160, seed), spec)) == []


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, spec=rsi_specs())
def test_any_rsi_sweep_agrees_with_wilders_definition(seed: int, spec: SweepSpec) -> None:
    """Enter and leave by crosses of levels, also with limits."""
    assert disagreements(sweep(a_reaching_walk(160, seed), spec)) == []


@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(
        st.sampled_from([1.0, 1.0, 1.01, 0.99, 1.5, 0.4, 8.0, 0.05, 1e4, 1e-5]),
        min_size=40,
        max_size=90,
    ),
    fill=st.sampled_from(Fill),
    direction=st.sampled_from(Direction),
    short_sale=st.sampled_from(ShortSale),
)
def test_wild_prices_lose_no_digit(
    steps: list[float], fill: Fill, direction: Direction, short_sale: ShortSale
) -> None:
    """Collapses, thousand-fold jumps, flat stretches and ruin of a short position."""
    close = np.clip(50 * np.cumprod(steps), 1e-9, 1e9)
    spec = SweepSpec(
        Strategy.SMA, (1, 3), (2, 5), 1, fill=fill, direction=direction, short_sale=short_sale
    )

    assert disagreements(sweep(bars_of(close), spec)) == []


def a_reaching_walk(bars: int, seed: int) -> Bars:
    """Build a walk whose highs and lows reach beyond its opens and closes."""
    plain, random = a_walk(bars, seed), np.random.default_rng(seed)
    reach = np.abs(random.normal(0, 0.01, (2, bars)))
    return Bars(
        plain.time,
        plain.open,
        np.maximum(plain.open, plain.close) * (1 + reach[0]),
        np.minimum(plain.open, plain.close) * (1 - reach[1]),
        plain.close,
        plain.origin,
    )
