"""Permuted prices: what moves and what stays."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.honesty.markets import noise, study_of
from tradingapi.engine import Bars
from tradingapi.honesty.shuffling import Shuffler, block_order
from tradingapi.honesty.study import Study

STUDY = study_of(noise(120))


def shapes(study: Study, bars: Bars) -> NDArray[np.float64]:
    """Return each moved bar as its four prices relative to the close before it."""
    inside = slice(study.first + 1, study.stop)
    before = bars.close[study.first : study.stop - 1]
    columns = (bars.open[inside], bars.high[inside], bars.low[inside], bars.close[inside])
    return np.stack([column / before for column in columns], axis=1)


def by_close(bars: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sort bars by their close; no two of the market's are equal."""
    return np.asarray(bars[np.argsort(bars[:, 3])])


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**9), index=st.integers(0, 999), block=st.sampled_from([1, 7, 20]))
def test_a_permutation_has_the_same_bars_in_another_order(
    seed: int, index: int, block: int
) -> None:
    """Return, gap and range of a bar move together, and none is lost or doubled."""
    path = Shuffler(STUDY, seed, block).path(index)

    own, moved = shapes(STUDY, STUDY.bars), shapes(STUDY, path)
    np.testing.assert_allclose(by_close(own), by_close(moved), rtol=1e-12)
    assert not np.allclose(own, moved, rtol=1e-6)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**9), index=st.integers(0, 999))
def test_a_permutation_keeps_the_first_and_the_last_price(seed: int, index: int) -> None:
    """So drift is unchanged, exactly."""
    path = Shuffler(STUDY, seed).path(index)

    assert STUDY.bars.close[STUDY.first] == path.close[STUDY.first]
    assert STUDY.bars.open[STUDY.first] == path.open[STUDY.first]
    assert STUDY.bars.close[STUDY.stop - 1] == path.close[STUDY.stop - 1]


def test_warm_up_bars_and_bars_after_the_window_stay_as_they_are() -> None:
    """Only the window is permuted."""
    bars = noise(150)
    spec = STUDY.spec
    study = study_of(bars, spec)
    path = Shuffler(study, 3).path(0)

    for name in ("open", "high", "low", "close"):
        for part in (slice(None, study.first + 1), slice(study.stop, None)):
            np.testing.assert_array_equal(getattr(bars, name)[part], getattr(path, name)[part])
    assert study.stop < len(bars)


def test_holding_earns_the_same_on_every_permutation() -> None:
    """Return and Sharpe of buy-and-hold do not move."""
    own = STUDY.engine.hold(STUDY.bars, STUDY.spec).returns
    moved = STUDY.engine.hold(Shuffler(STUDY, 5).path(2), STUDY.spec).returns

    assert np.prod(1 + own) == pytest.approx(np.prod(1 + moved), rel=1e-12)
    assert own.mean() / own.std() == pytest.approx(moved.mean() / moved.std(), rel=1e-10)


def test_blocks_move_whole() -> None:
    """Inside a block the numbers follow each other; only block edges are new."""
    order = block_order(100, 20, seed=1, index=0)

    assert list(range(100)) == sorted(order.tolist())
    assert {1} == {int(step) for i, step in enumerate(np.diff(order)) if (i + 1) % 20}


def test_a_last_block_may_be_shorter() -> None:
    """Every bar is there once, also where blocks do not fill the window."""
    assert list(range(47)) == sorted(block_order(47, 20, seed=1, index=0).tolist())


def test_every_order_of_three_comes_as_often() -> None:
    """A biased shuffle would make every p-value wrong."""
    counts = Counter(tuple(block_order(3, 1, 11, index).tolist()) for index in range(3_000))

    assert 6 == len(counts)
    assert all(abs(count - 500) < 100 for count in counts.values())


def test_a_permutations_numbers_never_change() -> None:
    """A stamp from today reproduces in ten years."""
    assert [5, 6, 3, 0, 7, 2, 1, 4, 9, 8] == block_order(10, 1, seed=1, index=0).tolist()
