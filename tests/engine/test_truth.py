"""Against what is outside this repository, and against arithmetic without rounding."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.agreement import disagreements
from tests.engine.plain import account
from tests.engine.plain.lines import latched
from tests.engine.series import Prices, a_walk, bars_of
from tradingapi.engine import Bars, Fill, Strategy, SweepSpec, sweep
from tradingapi.engine.bars import FloatArray, IntArray
from tradingapi.engine.bits import WORD
from tradingapi.engine.rows import TIE, Rows, compared, ema_rows, macd_rows, rsi_row, sma_rows
from tradingapi.prices.arch_data import ArchSource

PERIODS = np.array([2, 3, 14, 50, 100])

SERIES: dict[str, Prices] = {
    "walk": a_walk(600).close,
    "cents": np.round(a_walk(600, volatility=0.004).close / 50, 2),
    "flat, then moving": [5.0] * 40 + a_walk(200).close.tolist(),
    "rising": np.linspace(1, 2, 300),
    "collapse": [80.0] * 200 + [1e-4] * 300,
}


@pytest.fixture(params=SERIES, name="close")
def any_close(request: pytest.FixtureRequest) -> Prices:
    """Each series in turn."""
    return np.asarray(SERIES[request.param], dtype=np.float64)


@pytest.mark.parametrize("period", PERIODS.tolist())
def test_the_rsi_is_talibs(close: np.ndarray, period: int) -> None:
    """Wilder's smoothing, seeded by the first changes' mean; NaN for as many bars."""
    expected = talib.RSI(close, timeperiod=period)

    np.testing.assert_allclose(rsi_row(close, period)[: close.size], expected, atol=1e-9)


def test_the_sma_is_exact_to_three_roundings(close: np.ndarray) -> None:
    """Also where a price a million times higher has just left the window."""
    rows = sma_rows(close, PERIODS).exact
    exact = [Fraction(float(price)) for price in close]
    for row, period in zip(rows, PERIODS.tolist(), strict=True):
        for t in range(period - 1, close.size, 7):
            mean = sum(exact[t + 1 - period : t + 1]) / period
            assert abs(Fraction(float(row[t])) - mean) <= mean * Fraction(7, 10**16)


def test_the_ema_forgets_its_seed_after_ten_periods(close: np.ndarray) -> None:
    """TA-Lib begins with a mean instead of the first value: 1e-9 apart is where a tie is not."""
    for row, period in zip(ema_rows(close, PERIODS[:3]).exact, PERIODS[:3].tolist(), strict=True):
        ours, theirs = row[: close.size], talib.EMA(close, timeperiod=period)
        late = slice(12 * period, None)
        np.testing.assert_allclose(ours[late], theirs[late], atol=close.max() * 1e-8)


def test_the_macd_trick_is_macd_minus_its_signal() -> None:
    """g_fast - g_slow is what two averages and their smoothed difference give."""
    close = a_walk(900).close
    fast, slow = macd_rows(close, np.array([12, 26]), 9).exact
    _, _, histogram = talib.MACD(close, 12, 26, 9)

    np.testing.assert_allclose((fast - slow)[400:900], histogram[400:], atol=1e-9)


def crossed_exactly(prices: list[int], fast: int, slow: int) -> list[int]:
    """The latch on integers."""
    sums = np.concatenate(([0], np.cumsum(prices)))
    apart = [float("nan")] * (slow - 1)
    for t in range(slow, len(prices) + 1):
        apart.append(float((sums[t] - sums[t - fast]) * slow - (sums[t] - sums[t - slow]) * fast))
    return latched(apart, [0.0] * len(apart))


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    start=st.sampled_from([2, 100, 1_000, 250_000]),
    step=st.sampled_from([1, 3]),
)
def test_ties_on_coarse_prices_are_seen_by_every_pair(seed: int, start: int, step: int) -> None:
    """Trades of a whole grid are those of integer sums: a stock in cents, a pair in pips."""
    moves = np.random.default_rng(seed).integers(-step, step + 1, 400)
    cents = np.maximum(start + np.cumsum(moves), 1).tolist()
    spec = SweepSpec(Strategy.SMA, (1, 20), (2, 30), 1, fill=Fill.SAME_CLOSE, fee_bps=0)
    result = sweep(bars_of([price / 100 for price in cents]), spec)

    for index in range(0, len(result.grid), 11):
        pair = result.grid.pair(index)
        exact = account.run(result.history, spec, crossed_exactly(cents, *pair), 29)
        closed = sum(trade.left is not None for trade in exact.trades)
        assert closed == result.row(index).metrics.trades


def test_a_margin_is_wider_than_rounding_and_narrower_than_a_cent() -> None:
    """One cent in one of 500 prices of 10,000 dollars still counts as a cross."""
    assert 3 * np.finfo(float).eps < TIE < 0.01 / 500 / 10_000


@pytest.mark.parametrize("ticker", ["^GSPC", "^IXIC"])
@pytest.mark.parametrize("strategy", [Strategy.SMA, Strategy.EMA, Strategy.MACD])
@pytest.mark.parametrize("fill", Fill)
def test_twenty_years_of_an_index_agree_with_the_twin(
    ticker: str, strategy: Strategy, fill: Fill
) -> None:
    """Real prices, fees and slippage, every figure."""
    bars: Bars = ArchSource().fetch(ticker, "1d")
    spec = SweepSpec(strategy, (5, 55), (30, 180), 50, fill=fill, slippage_bps=2)

    assert disagreements(sweep(bars, spec)) == []


def macd_of_nine(close: FloatArray, periods: IntArray) -> Rows:
    """MACD with the usual signal line."""
    return macd_rows(close, periods, 9)


@pytest.mark.parametrize("make", [sma_rows, ema_rows, macd_of_nine])
def test_keys_decide_only_what_the_rows_decide_too(
    close: np.ndarray, make: Callable[[FloatArray, IntArray], Rows]
) -> None:
    """Keys further apart than the guard are rows further apart than the margin, on those sides."""
    lines = compared(close, make(close, np.arange(1, 60)))
    guard = np.repeat(lines.guard, WORD)[: close.size]
    rows, keys = (table[:, : close.size] for table in (lines.rows, lines.keys))
    margin, decided = lines.margin[: close.size], 0
    for k in range(1, len(rows)):
        with np.errstate(invalid="ignore"):
            apart, rough = rows[k] - rows[: k - 1], keys[k] - keys[: k - 1]
            sure = np.abs(rough) > guard
        assert (np.abs(apart) > margin)[sure].all()
        assert ((apart > 0) == (rough > 0))[sure].all()
        decided += int(sure.sum())

    assert decided > 0 or np.ptp(close) == 0
