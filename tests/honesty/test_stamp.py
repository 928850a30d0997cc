"""The stamp: the same data, question and versions give the same bytes."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.honesty.markets import DAY, FIRST_DAY, SMALL, altered, noise, study_of
from tradingapi.engine import Fill, StartState, Strategy, SweepSpec
from tradingapi.honesty.by_engine import SweepEngine
from tradingapi.honesty.stamp import (
    Stamp,
    fingerprint,
    parameters_of,
    reproduce,
    spec_of,
    stamp,
)

BARS = noise(200)
STUDY = study_of(BARS)


def stamped(spec: SweepSpec = SMALL) -> Stamp:
    """Stamp a sweep of the 200 bars."""
    study = study_of(BARS, spec)
    return stamp(BARS, spec, study.surface, BARS.until(study.stop).sha256, {"seed": 1})


@pytest.mark.parametrize(
    "spec",
    [
        SMALL,
        SweepSpec(
            Strategy.MACD,
            (3, 9),
            (6, 18),
            3,
            signal_period=5,
            start=FIRST_DAY + 40 * DAY,
            end=FIRST_DAY + 180 * DAY,
            fill=Fill.SAME_CLOSE,
            start_state=StartState.FRESH,
            fee_bps=2.5,
        ),
    ],
)
def test_a_stamped_sweep_is_reproduced(spec: SweepSpec) -> None:
    """From the stamp's text and the prices alone, also where a window was given."""
    text = stamped(spec).text()
    found = reproduce(Stamp(**json.loads(text)), BARS, SweepEngine())

    assert (True, True, {}) == (found.same_data, found.same_result, found.other_versions)


def test_a_default_window_is_measured_on_the_same_bars_later() -> None:
    """Bars that came in since are another window, and the stamp says that it is other data."""
    found = reproduce(stamped(), noise(210), SweepEngine())

    assert (False, False) == (found.same_data, found.same_result)


def test_one_other_price_is_other_data() -> None:
    """The sha256 is over every price."""
    found = reproduce(stamped(), altered(BARS, 199), SweepEngine())

    assert not found.same_data


def test_another_version_is_named() -> None:
    """A result may then differ in its last digits, and one sees why."""
    old = replace(stamped(), versions={**stamped().versions, "numpy": "1.0"})

    assert ["numpy"] == list(reproduce(old, BARS, SweepEngine()).other_versions)


def test_a_parameter_of_another_version_is_refused_by_name() -> None:
    """It is not left out silently."""
    with pytest.raises(ValueError, match="leverage: this version of the sweep has no such"):
        spec_of({**parameters_of(SMALL), "leverage": 2})


def test_a_missing_parameter_is_refused_by_name() -> None:
    """A stamp that was cut is not guessed at."""
    parameters = parameters_of(SMALL)
    del parameters["strategy"]

    with pytest.raises(ValueError, match="strategy"):
        spec_of(parameters)


def test_a_fingerprint_sees_every_column() -> None:
    """The last digit of any figure changes it; the bits of an undefined one do not."""
    surface = replace(STUDY.surface, sharpe=np.where(STUDY.surface.sharpe > 0, np.nan, 0.0))
    prints = {fingerprint(surface)}
    for name in ("fast", "slow", "trades"):
        prints.add(fingerprint(replace(surface, **{name: getattr(surface, name) + 1})))
    for name in ("score", "annualized"):
        changed = np.nextafter(getattr(surface, name), np.inf)
        prints.add(fingerprint(replace(surface, **{name: changed})))

    assert 6 == len(prints)
    assert fingerprint(surface) == fingerprint(replace(surface, sharpe=-surface.sharpe))
