"""Years and regimes: parts of one run that are the whole together."""

import math
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest

from tests.honesty.markets import noise, study_of
from tradingapi.engine.grid import Pair
from tradingapi.honesty.breakdown import Part, by_regime, by_year

STUDY = study_of(noise(900))
RUN = STUDY.engine.run(STUDY.bars, STUDY.spec, Pair(6, 12))
HELD = STUDY.engine.hold(STUDY.bars, STUDY.spec)
YEARS, REGIMES = by_year(STUDY, RUN, HELD), by_regime(STUDY, RUN, HELD)


@pytest.mark.parametrize("parts", [YEARS, REGIMES], ids=["years", "regimes"])
def test_the_parts_are_the_whole(parts: tuple[Part, ...]) -> None:
    """No bar is missing or counted twice: returns multiply to the run's."""
    grown = math.prod(1 + part.total_return for part in parts)
    held = math.prod(1 + part.holding_return for part in parts)

    assert STUDY.size == sum(part.bars for part in parts)
    assert grown == pytest.approx(float(np.prod(1 + RUN.returns)))
    assert held == pytest.approx(float(np.prod(1 + HELD.returns)))


def test_a_year_is_a_calendar_year_in_utc() -> None:
    """By hand for the second one."""
    days = [datetime.fromtimestamp(t / 1e9, UTC).year for t in STUDY.bars.time[STUDY.first :]]
    inside = np.array(days) == 2016
    returns = RUN.returns[inside]
    found = YEARS[1]

    assert ["2015", "2016", "2017"] == [part.name for part in YEARS]
    assert (366, (RUN.exposure[inside] == 1).mean()) == (found.bars, found.exposure)
    assert returns.mean() / returns.std(ddof=1) * math.sqrt(365) == pytest.approx(found.sharpe)


def test_a_regime_is_known_at_the_close_before_its_bar() -> None:
    """Bar by bar, in plain Python: the trend of 200 closes and the spread of 20 returns."""
    close = STUDY.bars.close.tolist()
    window = range(STUDY.first, STUDY.stop)
    changes = [math.nan, *(b / a - 1 for a, b in pairwise(close))]
    up, spread = [], []
    for bar in window:
        seen = close[max(0, bar - 200) : bar]
        up.append(seen[-1] >= math.fsum(seen) / len(seen))
        recent = changes[max(1, bar - 20) : bar]
        spread.append(float(np.std(recent, ddof=1)))
    middle = np.median(spread)
    names = [
        f"{'up' if u else 'down'}, {'rough' if s > middle else 'calm'}"
        for u, s in zip(up, spread, strict=True)
    ]

    assert {part.name: part.bars for part in REGIMES} == {n: names.count(n) for n in set(names)}


def test_a_part_of_one_bar_has_no_ratio() -> None:
    """A spread needs two: 366 days from 2015-01-01 end on the first of 2016."""
    bars = noise(366)
    study = study_of(bars)
    run = study.engine.run(bars, study.spec, Pair(6, 12))
    last = by_year(study, run, study.engine.hold(bars, study.spec))[-1]

    assert ("2016", 1, None) == (last.name, last.bars, last.sharpe)
