"""One pool of threads for all sweeps of the process. Kernels run in it without the global lock.

Work is cut into chunks. Between chunks progress is told, and whoever is told may end the sweep
by raising. How it is cut changes nothing in the result: a pair's figures depend on nothing else.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Final

from tradingapi.engine.cpu import processors

Progress = Callable[[int, int], None]
"""Called with (pairs done, pairs in all); what it raises ends the sweep."""

Work = Callable[[int, int], object]
"""Does the pairs of [first, stop)."""

AHEAD: Final = 2
"""Chunks for each thread that are in the pool, so that none idles while progress is told."""

_creating = threading.Lock()


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(processors(), thread_name_prefix="engine")


def in_chunks(
    work: Work, total: int, chunk: int, on_progress: Progress | None, threads: int | None
) -> None:
    """Do all pairs in chunks, on at most `threads` threads (None: as many as there are processors).

    Raises:
        BaseException: What `on_progress` or a chunk raised; no chunk runs any more then.
    """
    if on_progress is not None:
        on_progress(0, total)
    # Asked last: it reads the cgroup's files, which takes longer than a small grid.
    most = 1 if total <= chunk else processors() if threads is None else threads
    if most == 1:
        for first in range(0, total, chunk):
            stop = min(first + chunk, total)
            work(first, stop)
            if on_progress is not None:
                on_progress(stop, total)
        return
    with _creating:
        pool = _pool()
    ahead = most if threads is not None else AHEAD * most
    _in_pool(pool, work, range(0, total, chunk), total, on_progress, ahead)


def _in_pool(
    pool: ThreadPoolExecutor,
    work: Work,
    starts: range,
    total: int,
    on_progress: Progress | None,
    ahead: int,
) -> None:
    running: deque[tuple[int, Future[object]]] = deque()
    try:
        for first in starts:
            if len(running) >= ahead:
                _told(running, total, on_progress)
            stop = min(first + starts.step, total)
            running.append((stop, pool.submit(work, first, stop)))
        while running:
            _told(running, total, on_progress)
    finally:
        for _, future in running:
            future.cancel()
        for _, future in running:
            if not future.cancelled():
                future.exception()


def _told(
    running: deque[tuple[int, Future[object]]], total: int, on_progress: Progress | None
) -> None:
    stop, future = running.popleft()
    future.result()
    if on_progress is not None:
        on_progress(stop, total)
