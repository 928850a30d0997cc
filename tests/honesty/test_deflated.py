"""The deflated Sharpe ratio against its paper and against simulated trials."""

import math

import numpy as np
import pytest

from tests.honesty.markets import noise, study_of, winner_of
from tradingapi.engine import Strategy, SweepSpec
from tradingapi.honesty.deflated import (
    deflate,
    effective_trials,
    expected_maximum,
    moments,
    probability,
)
from tradingapi.honesty.permutation import Draw, search_permuted
from tradingapi.honesty.watch import Watch


def independent(trials: int, draws: int, *, center: float = 0.0) -> list[Draw]:
    """Build searches over independent normal Sharpe ratios."""
    ratios = np.random.default_rng(1).normal(center, 0.3, (draws, trials))
    return [
        Draw(0.0, 0.0, float(row.max()), trials, float(row.sum()), float((row**2).sum()))
        for row in ratios
    ]


@pytest.mark.parametrize("trials", [10, 100, 1_000])
def test_the_expected_maximum_is_that_of_normal_numbers(trials: int) -> None:
    """Within 2.5 % of a simulation: the formula is an approximation."""
    drawn = np.random.default_rng(2).normal(size=(4_000, trials)).max(axis=1).mean()

    assert drawn == pytest.approx(expected_maximum(trials), rel=0.025)


def test_one_trial_needs_no_deflation() -> None:
    """Its expected maximum is 0."""
    assert 0.0 == expected_maximum(1)


def test_the_papers_example_is_reproduced() -> None:
    """Section "A numerical example": SR 2.5 of 1,250 days, 100 trials of variance 1/2, 0.9004."""
    needed = math.sqrt(0.5 / 250) * expected_maximum(100)

    assert needed == pytest.approx(0.1132, abs=5e-5)
    found = probability(2.5 / math.sqrt(250), needed, 1_250, (-3.0, 10.0))
    assert found == pytest.approx(0.9004, abs=5e-5)


def test_a_variance_below_zero_has_no_probability() -> None:
    """An extreme skew can bring the estimate there."""
    assert probability(1.0, 0.0, 100, (5.0, 1.0)) is None


def test_moments_are_those_of_the_definition() -> None:
    """Skew and kurtosis of 1, 2, 6 around their mean of 3, by hand; 0 and 3 without variation."""
    values = np.array([1.0, 2.0, 6.0])
    second, third, fourth = 14 / 3, (-8 - 1 + 27) / 3, (16 + 1 + 81) / 3

    assert moments(values) == pytest.approx((third / second**1.5, fourth / second**2))
    assert (0.0, 3.0) == moments(np.ones(4))


@pytest.mark.parametrize("center", [0.0, 0.9])
def test_independent_trials_are_as_many_as_there_are(center: float) -> None:
    """Whatever the drift gives all of them alike."""
    found = effective_trials(independent(50, 4_000, center=center))

    assert found == pytest.approx(50, rel=0.1)


def test_copies_of_one_trial_are_one_trial() -> None:
    """Ten thousand pairs that do the same were one try."""
    ratios = np.random.default_rng(3).normal(size=2_000)
    copies = [Draw(0.0, 0.0, float(x), 50, 50 * float(x), 50 * float(x * x)) for x in ratios]

    found = effective_trials(copies)

    assert found is not None
    assert expected_maximum(found) < 0.05


def test_the_seeds_eight_pairs_are_about_two_trials() -> None:
    """Neighbors on a grid are nearly the same rule."""
    spec = SweepSpec(Strategy.SMA, (10, 20), (20, 30), 5, min_trades=1)
    study = study_of(noise(700, drift=0.0), spec)
    draws = search_permuted(study, count=60, block=1, seed=1, threads=1, watch=Watch(1, None, None))
    found = effective_trials(draws)

    assert found is not None
    assert 1.5 < found < 4


def test_nothing_effective_is_made_of_nothing() -> None:
    """Without ratios, or with ratios that do not differ, there is no number of trials."""
    assert effective_trials([]) is None
    assert effective_trials([Draw(0.0, 1.0, 1.0, 4, 4.0, 4.0)]) is None


def test_every_choice_of_n_is_shown() -> None:
    """All pairs and the effective ones, with the ratio each needs."""
    study = study_of(noise(300))
    winner = winner_of(study)
    returns = study.engine.run(study.bars, study.spec, study.surface.pair(winner)).returns
    found = deflate(study, winner, returns, independent(5, 100))

    assert found is not None
    assert ["all_pairs", "effective"] == [choice.choice for choice in found.by_choice]
    raw = found.by_choice[0]
    assert len(study.surface) == raw.trials
    assert raw.sharpe_needed == pytest.approx(
        float(np.std(study.surface.sharpe, ddof=1)) * expected_maximum(len(study.surface))
    )
    n = returns.size
    sr, sr0 = (x / math.sqrt(study.per_year) for x in (found.sharpe, raw.sharpe_needed))
    z = (sr - sr0) * math.sqrt(n - 1)
    z /= math.sqrt(1 - found.skew * sr + (found.kurtosis - 1) / 4 * sr * sr)
    assert raw.probability == pytest.approx((1 + math.erf(z / math.sqrt(2))) / 2)


def test_one_pair_cannot_be_deflated() -> None:
    """There is no variance across trials."""
    study = study_of(noise(300), SweepSpec(Strategy.SMA, (3, 3), (9, 9), 1, min_trades=1))

    assert deflate(study, 0, np.zeros(10), ()) is None
