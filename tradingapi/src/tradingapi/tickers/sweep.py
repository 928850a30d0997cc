"""One grid on many tickers: each is swept by the engine, and only its pairs' places are kept."""

from collections.abc import Mapping
from typing import Final

from tradingapi.engine import Progress, SweepSpec
from tradingapi.engine.coercion import PricesLike
from tradingapi.engine.grid import Grid, PairsLike, chosen, grid
from tradingapi.engine.spec import Search
from tradingapi.engine.sweep import at_a_prompt, behind_a_bar
from tradingapi.engine.threads import in_chunks
from tradingapi.tickers.part import Examined, TickerPart, examine
from tradingapi.tickers.ranks import place_table
from tradingapi.tickers.result import ManyResult

MOST_TICKERS: Final = 1_000

ABREAST: Final = 20_000
"""Up to so many pairs, threads take a ticker each; above, all threads share one ticker's pairs, or
each would hold figures of megabytes."""


def sweep_many(
    prices_by_ticker: Mapping[str, PricesLike],
    spec: SweepSpec,
    on_progress: Progress | None = None,
    *,
    pairs: PairsLike | None = None,
    threads: int | None = None,
    block: int | None = None,
    bar: bool | None = None,
) -> ManyResult:
    """Backtest every pair of a grid on every ticker, and rank pairs by how they do on most.

    Args:
        prices_by_ticker: Up to 1,000 series, each as `sweep` takes it. A mapping that loads them
            when asked is fine, also from several threads: a series is asked for when its turn
            comes, and not held.
        spec: What to test. `min_trades` decides which pairs are eligible, for each ticker.
        on_progress: Called with (pairs done, pairs in all), over all tickers, first with 0; what it
            raises ends the sweep.
        pairs: Only these pairs; None for every pair of the grid.
        threads: At most so many; None for all processors that this process may use. The result is
            the same to the byte.
        block: Pairs whose places are looked at in one go; it changes nothing in the result.
        bar: Whether a progress bar may come after two seconds; None: in a notebook or at a
            prompt, if nobody else listens.

    Raises:
        ValueError: There are no tickers or too many, or `spec` searches by `bayes`: then each
            ticker would test other pairs.
        BadTickerError: A ticker's prices are wrong or too few; the first one's in order.
        OSError: There is no room for a temporary file; only far above 32 MB of places.
    """
    check(prices_by_ticker, spec)
    wanted = grid(spec) if pairs is None else chosen(pairs, spec)

    def run(told: Progress | None) -> ManyResult:
        return _run(prices_by_ticker, spec, wanted, told, pairs=pairs, threads=threads, block=block)

    shown = at_a_prompt() and on_progress is None if bar is None else bar
    return behind_a_bar(run, on_progress) if shown else run(on_progress)


def check(tickers: Mapping[str, object], spec: SweepSpec) -> None:
    """Refuse what is no sweep of many tickers.

    Raises:
        ValueError: The message names the field and its rule.
    """
    if not 1 <= len(tickers) <= MOST_TICKERS:
        raise ValueError(f"tickers: 1 to {MOST_TICKERS:,}")
    if spec.search is not Search.GRID:
        raise ValueError("search: many tickers are compared on the same pairs, so it is grid")


def _run(
    prices: Mapping[str, PricesLike],
    spec: SweepSpec,
    wanted: Grid,
    on_progress: Progress | None,
    *,
    pairs: PairsLike | None,
    threads: int | None,
    block: int | None,
) -> ManyResult:
    names, size = tuple(prices), len(wanted)
    parts: dict[int, TickerPart] = {}
    with place_table(len(names), size) as table:

        def keep(number: int, found: Examined) -> None:
            parts[number] = found.part
            table.put(number, found.places)

        def alone(number: int, _stop: int) -> None:
            name = names[number]
            keep(number, examine(name, prices[name], spec, pairs=pairs, threads=1))

        if size <= ABREAST:
            told = None if on_progress is None else _in_pairs(on_progress, size)
            in_chunks(alone, len(names), 1, told, threads)
        else:
            for number, name in enumerate(names):
                further = _further(on_progress, number * size, len(names) * size)
                found = examine(name, prices[name], spec, further, pairs=pairs, threads=threads)
                keep(number, found)
        standing = table.standing(block)
    ordered = tuple(parts[number] for number in range(len(names)))
    return ManyResult(spec, wanted, ordered, standing)


def _in_pairs(on_progress: Progress, pairs: int) -> Progress:
    return lambda done, total: on_progress(done * pairs, total * pairs)


def _further(on_progress: Progress | None, before: int, total: int) -> Progress | None:
    """Tell of one ticker as of a piece of the whole."""
    if on_progress is None:
        return None

    def told(done: int, _total: int) -> None:
        if done > 0 or before == 0:
            on_progress(before + done, total)

    return told
