"""The same bytes however the work is cut, and an end whenever it is asked for."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.series import a_walk
from tradingapi.engine import Direction, Strategy, SweepResult, SweepSpec, sweep
from tradingapi.engine.grid import grid
from tradingapi.engine.preparation import measure_of, prepare
from tradingapi.engine.threads import in_chunks
from tradingapi.engine.window import first_bar_of_all, resolve_window

SOME = SweepSpec(Strategy.SMA, (2, 40), (5, 60), 1)

SPECS = [
    SOME,
    replace(SOME, strategy=Strategy.EMA),
    replace(SOME, strategy=Strategy.MACD, signal_period=5),
    replace(SOME, direction=Direction.BOTH),
    replace(SOME, stop_loss=0.03),
    SweepSpec(Strategy.RSI, (10, 60), (20, 90), 2),
]


def sha256(result: SweepResult) -> str:
    """Fingerprint of every figure of every pair."""
    return hashlib.sha256(result.figures.tobytes()).hexdigest()


@pytest.mark.parametrize("spec", SPECS)
def test_any_number_of_threads_gives_the_same_bytes(spec: SweepSpec) -> None:
    """1, 2 and 3 threads, with and without steps of progress."""
    bars = a_walk(700)
    alone = sha256(sweep(bars, spec, threads=1))

    for threads in (2, 3):
        assert alone == sha256(sweep(bars, spec, threads=threads))
        assert alone == sha256(sweep(bars, spec, lambda _done, _all: None, threads=threads))


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(1, 1_500), max_size=6), spec=st.sampled_from(SPECS[:4]))
def test_any_cut_of_the_work_gives_the_same_bytes(cuts: list[int], spec: SweepSpec) -> None:
    """Chunks of any size, done in any order."""
    whole, bars = sweep(a_walk(300), spec, threads=1), a_walk(300)
    wanted = grid(spec)
    window = resolve_window(bars.time, spec, first_bar_of_all(spec, int(wanted.slow.max())))
    prepared = prepare(bars, spec, window, measure_of(bars, window, spec), wanted)
    edges = sorted({0, len(wanted), *(cut for cut in cuts if cut < len(wanted))})
    figures = np.empty_like(whole.figures)

    for first, stop in reversed(list(pairwise(edges))):
        prepared.run(first, stop, figures)

    assert whole.figures.tobytes() == figures.tobytes()


def test_the_order_of_the_grid_does_not_matter() -> None:
    """A pair alone has the bytes that it has in a grid, measured on the same window."""
    bars, start = a_walk(700), int(a_walk(700).time[100])
    among = sweep(bars, replace(SOME, start=start))
    for index in (0, 500, len(among.grid) - 1):
        fast, slow = among.grid.pair(index)[:2]

        alone = sweep(bars, replace(SOME, fast=(fast, fast), slow=(slow, slow), start=start))

        assert among.figures[:, index].tobytes() == alone.figures[:, 0].tobytes()


def test_two_sweeps_at_once_do_not_disturb_each_other() -> None:
    """Two callers share the pool; each gets what it would get alone."""
    bars = [a_walk(1_500, seed) for seed in range(8)]
    expected = [sha256(sweep(each, SOME, threads=1)) for each in bars]

    with ThreadPoolExecutor(4) as callers:
        found = list(callers.map(lambda each: sha256(sweep(each, SOME)), bars))

    assert expected == found


def test_what_the_listener_raises_ends_the_sweep() -> None:
    """The exception comes out, and no chunk runs after it."""
    told: list[int] = []

    def stop(done: int, _total: int) -> None:
        told.append(done)
        if done > 0:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        sweep(a_walk(700), SOME, stop, threads=2)

    assert 2 == len(told)


@pytest.mark.parametrize("threads", [1, 2])
def test_no_chunk_begins_after_the_end_was_asked_for(threads: int) -> None:
    """At most what was in flight is finished."""
    begun: list[int] = []
    lock = threading.Lock()

    def work(first: int, _stop: int) -> None:
        with lock:
            begun.append(first)

    def stop(done: int, _total: int) -> None:
        if done >= 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        in_chunks(work, 1_000, 1, stop, threads)

    seen = len(begun)
    assert seen <= 3 + threads
    assert seen == len(begun)


def test_a_chunk_that_fails_ends_the_sweep_with_its_error() -> None:
    """It does not hang, and is not swallowed."""

    def work(first: int, _stop: int) -> None:
        if first == 7:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        in_chunks(work, 100, 1, None, 2)


def test_progress_rises_from_nothing_to_everything() -> None:
    """Also where chunks end in another order than they began."""
    told: list[tuple[int, int]] = []

    in_chunks(lambda _first, _stop: None, 95, 10, lambda *news: told.append(news), 2)

    assert [(done, 95) for done in [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95]] == told
