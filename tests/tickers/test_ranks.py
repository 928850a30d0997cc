"""Places of pairs, held to the plain account of them."""

import tracemalloc
from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tickers import plain
from tradingapi.tickers.ranks import IN_MEMORY, Standing, place_table, places_of

SCORES: Final = st.one_of(
    st.none(),
    st.sampled_from([-1.0, -0.0, 0.0, 0.25, 2.0]),
    st.floats(-4, 4, allow_nan=False),
)
"""None is a pair that is not eligible; the five make ties."""


@st.composite
def scored(draw: st.DrawFn) -> list[list[float | None]]:
    """Draw a few tickers' scores of a few pairs."""
    pairs = draw(st.integers(1, 7))
    row = st.lists(SCORES, min_size=pairs, max_size=pairs)
    return draw(st.lists(row, min_size=1, max_size=6))


def taken(scores: list[list[float | None]], block: int | None = None) -> Standing:
    """Put rows into a table, the last first, and take the pairs' standing."""
    with place_table(len(scores), len(scores[0])) as table:
        for number, row in reversed(list(enumerate(scores))):
            eligible = np.array([score is not None for score in row])
            values = np.array([np.nan if score is None else score for score in row])
            table.put(number, places_of(values, eligible))
        return table.standing(block)


@settings(deadline=None)
@given(scores=scored(), block=st.one_of(st.none(), st.integers(1, 8)))
def test_median_and_worst_places_are_the_plain_accounts_in_blocks_of_any_size(
    scores: list[list[float | None]], block: int | None
) -> None:
    """With ties, pairs that are not eligible, and an even number of tickers."""
    found = taken(scores, block)

    assert plain.standing(scores) == [
        plain.PlainRank(*map(int, pair)) for pair in zip(*found, strict=True)
    ]


def test_the_only_eligible_pair_is_in_the_middle() -> None:
    """Alone among none it is neither good nor bad."""
    (place,) = places_of(np.array([-3.0]), np.array([True])).tolist()

    assert 1 + 65_534 // 2 == place


def test_a_full_grid_keeps_apart_what_16_bits_can() -> None:
    """The best of 124,251 pairs is at the top, the worst is not taken for one without a place."""
    places = places_of(np.arange(124_251.0), np.ones(124_251, bool))

    assert (2, 65_534) == (int(places[0]), int(places[-1]))
    assert bool((np.diff(places.astype(int)) >= 0).all())


@pytest.mark.parametrize("pairs", [1_000, 20_000])
def test_a_thousand_tickers_need_the_memory_of_a_block(pairs: int) -> None:
    """Not of all places, which are 40 MB for 20,000 pairs: beyond 32 MB they are in a file."""
    tickers = 1_000
    rows = np.random.default_rng(7).integers(1, 2**16, (8, pairs)).astype(np.uint16)
    tracemalloc.start()
    try:
        with place_table(tickers, pairs) as table:
            for number in range(tickers):
                table.put(number, rows[number % 8])
            found = table.standing()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    all_places = 2 * tickers * pairs
    kept = all_places if all_places <= IN_MEMORY else 0
    assert peak < 1.3 * kept + 24 * 2**20
    assert {tickers} == set(found.tickers.tolist())
