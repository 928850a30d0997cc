"""The memory of fetched prices, and sources that other packages bring."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from tests.tradingapi.server import an_api, serving
from tradingapi.engine import Bars, Origin
from tradingapi.prices.cached import CachedSource
from tradingapi.prices.shelf import BarShelf
from tradingapi.prices.source import (
    EVERYTHING,
    RateLimitedError,
    SymbolNotFoundError,
    Wanted,
)

DAY = 86_400
NOON = 20_000.5 * DAY
"""Noon of a day, in seconds since 1970: that day's bar is not over."""

LAST = 20_000 * DAY * 10**9


def some_bars(days: int, last: int = 20_000) -> Bars:
    """Build daily bars up to and with the day `last`."""
    time = np.arange(last - days + 1, last + 1, dtype=np.int64) * DAY * 10**9
    close = 100 + np.sin(np.arange(days))
    return Bars(time, close, close, close, close, Origin("counted", "ACME", "1d"))


@dataclass
class Counted:
    """A source that counts how often it is asked."""

    bars: Callable[[], Bars]
    asked: list[Wanted] = field(default_factory=list)
    name: str = "counted"

    def fetch(self, ticker: str, interval: str, wanted: Wanted = EVERYTHING, /) -> Bars:
        """Give the bars."""
        assert (ticker, interval) == ("ACME", "1d")
        self.asked.append(wanted)
        return self.bars()


@dataclass
class Desk:
    """A cached source with a clock that is turned by hand."""

    folder: Path
    now: float = NOON
    source: Counted = field(default_factory=lambda: Counted(lambda: some_bars(100)))

    def fetch(self, wanted: Wanted = EVERYTHING) -> Bars:
        """Ask as a new process would: nothing is remembered but what is on disk."""
        shelf = BarShelf(self.folder / "bars")
        cached = CachedSource(
            self.source, shelf, self.folder / "index", lambda: self.now, fresh_seconds=3_600
        )
        return cached.fetch("ACME", "1d", wanted)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty one."""
    return Desk(tmp_path)


def test_young_prices_are_not_fetched_again(desk: Desk) -> None:
    """The same to the byte, within the hour; then they are asked for again."""
    first = desk.fetch()
    desk.now += 3_599
    second = desk.fetch()
    assert (first.sha256, 1) == (second.sha256, len(desk.source.asked))

    desk.now += 2
    desk.fetch()
    assert 2 == len(desk.source.asked)


def test_a_bar_that_was_not_over_is_never_kept(desk: Desk) -> None:
    """Tomorrow its kept close would look final."""
    assert 99 == len(desk.fetch())
    desk.now += DAY

    asked_before = Wanted(last=LAST - 2 * DAY * 10**9)
    assert LAST - DAY * 10**9 == desk.fetch(asked_before).time[-1]
    assert 1 == len(desk.source.asked)


def test_the_past_is_not_fetched_again_however_old_the_copy(desk: Desk) -> None:
    """But what came after it is."""
    desk.fetch()
    desk.now += 365 * DAY

    desk.fetch(Wanted(last=LAST - 30 * DAY * 10**9))
    assert 1 == len(desk.source.asked)
    desk.fetch(Wanted(last=LAST + DAY * 10**9))
    assert 2 == len(desk.source.asked)


@pytest.mark.parametrize(
    ("had", "wanted", "again"),
    [
        (Wanted(first=LAST - 50), Wanted(first=LAST - 40), False),
        (Wanted(first=LAST - 50), Wanted(first=LAST - 60), True),
        (Wanted(first=LAST - 50), EVERYTHING, True),
        (EVERYTHING, Wanted(first=LAST - 60, last=LAST), False),
        (Wanted(last=LAST - 50), Wanted(last=LAST - 60), False),
        (Wanted(last=LAST - 50), Wanted(last=LAST - 40), True),
        (Wanted(last=LAST - 50), EVERYTHING, True),
    ],
)
def test_a_part_serves_those_who_want_no_more(
    desk: Desk, had: Wanted, wanted: Wanted, again: bool
) -> None:
    """What was fetched in part is not taken for the whole."""
    desk.fetch(had)
    desk.fetch(wanted)

    assert (2 if again else 1) == len(desk.source.asked)


def test_a_copy_that_is_damaged_or_lost_is_fetched_again(desk: Desk) -> None:
    """Its bytes no longer have the fingerprint of its name."""
    desk.fetch()
    (kept,) = (desk.folder / "bars").iterdir()
    kept.write_bytes(kept.read_bytes()[:-20])
    assert 99 == len(desk.fetch())
    for entry in (desk.folder / "index").iterdir():
        entry.write_text("[1, 2")
    assert 99 == len(desk.fetch())

    assert 3 == len(desk.source.asked)


def test_a_failure_is_not_remembered(desk: Desk) -> None:
    """It is the source's, as it came; the next question is asked again."""

    def away() -> Bars:
        raise RateLimitedError("later", 60)

    well, desk.source.bars = desk.source.bars, away
    with pytest.raises(RateLimitedError):
        desk.fetch()

    desk.source.bars = well
    assert 99 == len(desk.fetch())


PLUGIN = """
from tradingapi.engine import Bars, Origin
from tradingapi.prices.source import EVERYTHING, RateLimitedError, SymbolNotFoundError
from tradingapi.prices.synthetic import SyntheticSource
import os, pathlib

class Desk:
    name = "desk"
    def __init__(self):
        self.left = int(os.environ.get("DESK_LIMITED", "0"))
        self.walk = SyntheticSource(["DESK:*"])
    def fetch(self, ticker, interval, wanted=EVERYTHING, /):
        if self.left:
            self.left -= 1
            raise RateLimitedError("ask later", 1.0)
        return self.walk.fetch(ticker, interval, wanted)

def broken():
    raise RuntimeError("no license key")
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of somebody else that brings two sources, installed for child processes."""
    folder = tmp_path / "site"
    about = folder / "desk-1.0.dist-info"
    about.mkdir(parents=True)
    (folder / "desk.py").write_text(PLUGIN)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: desk\nVersion: 1.0\n")
    points = "[tradingapi.sources]\ndesk = desk:Desk\nbroken = desk:broken\n"
    (about / "entry_points.txt").write_text(points)
    monkeypatch.setenv("PYTHONPATH", ":".join([str(folder), *sys.path]))
    return folder


def test_another_packages_source_is_asked(tmp_path: Path, plugin: Path) -> None:
    """By the name of its entry point."""
    assert plugin.is_dir()
    with serving(tmp_path, sources="desk") as api:
        assert api.finish({"ticker": "DESK:ONE"}).startswith("run_")


def test_a_source_that_wants_to_be_asked_later_postpones_the_job(
    tmp_path: Path, plugin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice it is too early; the worker is free meanwhile, and the third time it is answered."""
    assert plugin.is_dir()
    monkeypatch.setenv("DESK_LIMITED", "2")
    with serving(tmp_path, sources="desk", workers="1") as api:
        api.finish({"ticker": "DESK:ONE"})

        assert 2 == api.log.count('"event": "job postponed"')


def test_a_source_that_is_always_busy_fails_the_job_in_words(
    tmp_path: Path, plugin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After five postponements."""
    assert plugin.is_dir()
    monkeypatch.setenv("DESK_LIMITED", "1000")
    with serving(tmp_path, sources="desk") as api:
        job_id = api.submit({"ticker": "DESK:ONE"}).json()["job_id"]

        message = api.wait_for(job_id, "failed")["error_message"]

    assert "No historical data for ticker DESK:ONE now: ask later" == message


@pytest.mark.parametrize(
    ("name", "words"), [("nobodys", "no source 'nobodys'"), ("broken", "no license key")]
)
def test_a_source_that_cannot_be_had_ends_the_start(
    tmp_path: Path, plugin: Path, name: str, words: str
) -> None:
    """With its name, in one line."""
    assert plugin.is_dir()
    api = an_api(tmp_path, sources=name)
    with api.service:
        assert 2 == api.service.process.wait(60)
    assert words in api.log
    assert "Traceback" not in api.log


def test_a_ticker_without_bars_is_no_entry(desk: Desk) -> None:
    """Nothing is kept of it."""

    def none() -> Bars:
        raise SymbolNotFoundError("no bars")

    desk.source.bars = none
    with pytest.raises(SymbolNotFoundError):
        desk.fetch()

    assert [] == list((desk.folder / "index").iterdir())
