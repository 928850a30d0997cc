"""Bars that were fetched already: asking a network again costs seconds, and its patience."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tradingapi.engine import Bars
from tradingapi.engine.periods import INTERVAL_SECONDS
from tradingapi.prices.shelf import BarShelf
from tradingapi.prices.source import EVERYTHING, PriceSource, Wanted, finished

SECOND: Final = 10**9


class CachedSource:
    """A source with a memory: what it gave is on the shelf, under its fingerprint.

    A series is used again while it is young, and later if it has all that is asked for: the past
    does not change. A bar that was not over when it was fetched is never kept.
    """

    def __init__(
        self,
        source: PriceSource,
        shelf: BarShelf,
        index: Path,
        clock: Callable[[], float],
        fresh_seconds: float,
    ) -> None:
        """Remember in the directory `index` which series on the shelf is whose."""
        index.mkdir(parents=True, exist_ok=True)
        self.name = source.name
        self._source = source
        self._shelf = shelf
        self._index = index
        self._clock = clock
        self._fresh_seconds = fresh_seconds

    def fetch(self, ticker: str, interval: str, wanted: Wanted = EVERYTHING, /) -> Bars:
        """Return the bars from here if they are here, else from the source."""
        now = self._clock()
        entry = self._entry(ticker, interval)
        if entry is not None and self._serves(entry, interval, wanted, now):
            bars = self._shelf.get(entry["sha256"])
            if bars is not None:
                return bars
        bars = finished(self._source.fetch(ticker, interval, wanted), now)
        if len(bars) > 0:
            entry = {"sha256": self._shelf.put(bars), "at": now, **wanted._asdict()}
            self._remember(ticker, interval, entry)
        return bars

    def _serves(self, entry: dict[str, Any], interval: str, wanted: Wanted, now: float) -> bool:
        """Say whether a series has all that is wanted, and no bar of it is still to come."""
        if entry["first"] is not None and (wanted.first or 0) < entry["first"]:
            return False
        length = INTERVAL_SECONDS[interval]
        young = 0 <= now - entry["at"] < min(self._fresh_seconds, length)
        if wanted.last is None:
            return young and entry["last"] is None
        past = wanted.last <= (entry["at"] - 2 * length) * SECOND
        return (young or past) and (entry["last"] is None or wanted.last <= entry["last"])

    def _entry(self, ticker: str, interval: str) -> dict[str, Any] | None:
        try:
            found = json.loads(self._path(ticker, interval).read_bytes())
        except (OSError, ValueError):
            return None
        known = isinstance(found, dict) and {"sha256", "at", *Wanted._fields} <= set(found)
        return found if known else None

    def _remember(self, ticker: str, interval: str, entry: dict[str, Any]) -> None:
        path = self._path(ticker, interval)
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(entry))
        unfinished.replace(path)

    def _path(self, ticker: str, interval: str) -> Path:
        """Return where an entry is; a digest, so that no ticker is ever a path."""
        name = f"{self.name}\n{ticker}\n{interval}"
        return self._index / f"{hashlib.sha256(name.encode()).hexdigest()}.json"
