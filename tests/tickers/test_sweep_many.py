"""One grid on many tickers, from prices to the ranked pairs."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from tests.engine.series import a_walk, bars_of
from tests.tickers import plain
from tradingapi.engine import Bars, Search, Strategy, SweepSpec, sweep
from tradingapi.engine.coercion import PricesLike
from tradingapi.engine.grid import grid
from tradingapi.tickers import BadTickerError, ManyResult, sweep_many

SPEC = SweepSpec(Strategy.SMA, (2, 20), (5, 40), step=3, min_trades=8)


def walks(count: int, bars: int = 400) -> dict[str, Bars]:
    """Build as many tickers."""
    return {f"T{seed:03}": a_walk(bars, seed) for seed in range(count)}


def same(one: ManyResult, other: ManyResult) -> bool:
    """Compare to the byte."""
    equal = [a.tobytes() == b.tobytes() for a, b in zip(one.standing, other.standing, strict=True)]
    return all(equal) and one.parts == other.parts


@pytest.mark.parametrize("tickers", [1, 4, 5])
def test_pairs_are_ranked_as_the_plain_account_ranks_their_sweeps(tickers: int) -> None:
    """Each ticker's scores are the engine's own; the rest is counting."""
    prices = walks(tickers)
    swept = [sweep(bars, SPEC) for bars in prices.values()]
    scores = [
        [score if ok else None for score, ok in zip(each.figures[0], each.qualified, strict=True)]
        for each in swept
    ]
    expected = plain.standing(scores)
    found = sweep_many(prices, SPEC)

    assert [list(each) for each in zip(*expected, strict=True)] == [
        each.tolist() for each in found.standing
    ]
    assert plain.order(expected, tickers) == found.order.tolist()
    assert [each.data_sha256 for each in swept] == [part.data_sha256 for part in found.parts]
    assert [each.best(1)[0] for each in swept] == [part.best for part in found.parts]


def test_threads_blocks_and_progress_change_no_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also not whether threads share the tickers, or one ticker's pairs."""
    prices = walks(7)
    expected = sweep_many(prices, SPEC, threads=1)

    for threads, block in ((2, None), (3, 1), (None, 7), (1, 10_000)):
        assert same(expected, sweep_many(prices, SPEC, threads=threads, block=block))
    assert same(expected, sweep_many(prices, SPEC, lambda _done, _all: None))
    monkeypatch.setattr("tradingapi.tickers.sweep.ABREAST", 0)
    assert same(expected, sweep_many(prices, SPEC, threads=2))


def test_a_pair_needs_four_of_five_tickers_to_be_ranked() -> None:
    """On a constant price no pair trades: one such ticker of five is borne, two are not."""
    still = {"STILL": bars_of([10.0] * 400)}
    borne = sweep_many({**walks(4), **still}, replace(SPEC, min_trades=1))
    refused = sweep_many({**walks(3), **still, "CALM": still["STILL"]}, SPEC)

    assert (4, 4) == (borne.needed, int(borne.standing.tickers.max()))
    assert borne.winner == borne.best(1)[0].pair
    assert (4, None) == (refused.needed, refused.winner)
    assert not refused.qualified.any()
    assert 0 == refused.parts[-1].eligible


def test_a_pair_without_any_ticker_has_no_place() -> None:
    """Null in the table, not a bad place."""
    none = sweep_many({"STILL": bars_of([10.0] * 400)}, SPEC)

    assert len(grid(SPEC)) == none.to_arrow().column("median_rank").null_count
    assert (None, None, 0) == (
        none.best(1)[0].median,
        none.best(1)[0].worst,
        none.best(1)[0].tickers,
    )


def test_a_place_is_the_part_of_pairs_below() -> None:
    """The best pair of one ticker's n is at n/(n + 1), to 16 bits."""
    result = sweep_many(walks(1), replace(SPEC, min_trades=0))
    pairs = len(grid(SPEC))

    (best,) = result.best(1)
    assert best.median == best.worst
    assert best.median == pytest.approx(float(Fraction(pairs, pairs + 1)), abs=1 / 65_534)


def test_only_some_pairs_are_ranked_among_each_other() -> None:
    """A place among two pairs is 1/3 or 2/3."""
    result = sweep_many(walks(3), replace(SPEC, min_trades=0), pairs=[(2, 5), (5, 11)])

    assert [(2, 5), (5, 11)] == [tuple(pair) for pair in result.grid.pairs]
    places = result.to_pandas()["worst_rank"]
    assert all(min(abs(3 * place - 1), abs(3 * place - 2)) < 1e-4 for place in places)


def test_three_periods_are_ranked_too() -> None:
    """MACD with a range of signal lines."""
    spec = SweepSpec(Strategy.MACD, (5, 8), (10, 13), step=3, signal_periods=(5, 6), min_trades=0)
    result = sweep_many(walks(2), spec)

    assert 8 == result.to_arrow().num_rows
    assert {5, 6} == set(result.to_pandas()["signal_period"])


def test_a_bad_ticker_is_named_with_its_row() -> None:
    """The first one in order, whatever thread met it."""
    prices: dict[str, PricesLike] = {**walks(6)}
    prices["T004"] = np.array([1.0] * 50 + [-1.0] + [1.0] * 300)
    prices["T002"] = a_walk(30)

    with pytest.raises(BadTickerError, match=r"^T002: 30 bars, at least") as caught:
        sweep_many(prices, SPEC)
    assert "T002" == caught.value.ticker


def test_too_many_tickers_none_and_a_sampler_are_refused_by_name() -> None:
    """The message has the field and its rule."""
    one = a_walk(50)
    bayes = replace(SPEC, search=Search.BAYES)

    for prices, spec, rule in (
        ({}, SPEC, "tickers: 1 to 1,000"),
        (dict.fromkeys(map(str, range(1_001)), one), SPEC, "tickers: 1 to 1,000"),
        ({"T": one}, bayes, "search: .* grid"),
    ):
        with pytest.raises(ValueError, match=rule):
            sweep_many(prices, spec)


def test_a_thousand_tickers_are_taken() -> None:
    """And each has its part."""
    few = [a_walk(80, seed) for seed in range(10)]
    prices = {f"T{number}": few[number % 10] for number in range(1_000)}
    result = sweep_many(prices, SweepSpec(Strategy.SMA, (2, 5), (4, 10), step=3, min_trades=0))

    assert 1_000 == len(result.parts) == result.standing.tickers.max()


def test_progress_counts_pairs_of_all_tickers_and_may_stop_it() -> None:
    """0 and all are told; what is raised ends the sweep."""
    told: list[tuple[int, int]] = []
    pairs = len(grid(SPEC))

    sweep_many(walks(3), SPEC, lambda done, total: told.append((done, total)))

    assert [(n * pairs, 3 * pairs) for n in range(4)] == told

    def stop(done: int, total: int) -> None:
        raise InterruptedError(f"{done} of {total}")

    with pytest.raises(InterruptedError, match="0 of"):
        sweep_many(walks(3), SPEC, stop)


def test_a_notebook_shows_places_and_the_count() -> None:
    """The winner, and how many pairs are ranked."""
    result = sweep_many(walks(3), SPEC)
    shown = result._repr_html_()

    assert f"{result.grid.pair(int(result.order[0]))[0]}/" in shown
    assert f"of {len(grid(SPEC))} pairs closed 8 trades on 3" in shown
    assert repr(result).startswith("<ManyResult 3 tickers, SMA, 2015-")
