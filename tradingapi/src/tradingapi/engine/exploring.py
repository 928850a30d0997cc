"""`search: bayes`: tests some hundred combinations, each chosen after those before it.

The sampler is a tree-structured Parzen estimator (Bergstra et al., "Algorithms for Hyper-Parameter
Optimization", 2011), sequential and seeded: one question has one answer. Every third trial, and
each that would be spent twice, is the nearest untested neighbor of the best so far.

What it found is the best of what it looked at: there is no promise that it is the grid's. And its
combinations are no sample of the grid, since each was chosen by the others' results.
"""

import importlib
import math
from itertools import product
from typing import Any, Final, TypeAlias

import numpy as np

from tradingapi.engine import columns as c
from tradingapi.engine.bars import FloatArray
from tradingapi.engine.grid import Choice, Grid, Pair, Triple, chosen
from tradingapi.engine.preparation import Part, lines_of
from tradingapi.engine.search import Job, Pairs
from tradingapi.engine.spec import SweepSpec
from tradingapi.engine.threads import Progress
from tradingapi.engine.trace import alone

LOWEST: Final = -4.0
"""No score is lower. What is not ranked is told to the sampler as less than that."""

NEARBY: Final = 3
"""Every so-manieth trial is the nearest untested neighbor of the best so far: the sampler alone
finds the hill, and is slow to find its top."""

Place: TypeAlias = tuple[int, ...]
"""A combination as indices of the axes."""


class MissingOptunaError(ImportError):
    """`optuna` is an extra: `pip install tradingapi[bayes]`."""

    def __init__(self) -> None:
        super().__init__("search: bayes needs optuna; install tradingapi[bayes]")


class Sampler:
    """Proposes places, and learns what they were worth."""

    def __init__(self, axes: list[range], seed: int) -> None:
        try:
            self._optuna: Any = importlib.import_module("optuna")
        except ImportError as error:
            raise MissingOptunaError from error
        self._axes = {
            str(i): self._optuna.distributions.IntDistribution(0, len(axis) - 1)
            for i, axis in enumerate(axes)
        }
        # Its news of each study would be a line in the log for each of a report's searches.
        self._optuna.logging.set_verbosity(self._optuna.logging.WARNING)
        sampler = self._optuna.samplers.TPESampler(seed=seed)
        self._study = self._optuna.create_study(direction="maximize", sampler=sampler)

    def ask(self) -> tuple[Any, Place]:
        """Propose a place; `tell` takes the first of the two."""
        trial = self._study.ask(self._axes)
        return trial, tuple(trial.params[name] for name in self._axes)

    def tell(self, trial: Any, worth: float) -> None:  # noqa: ANN401 - the library is an extra
        """Say what a proposal was worth."""
        self._study.tell(trial, worth)

    def learn(self, place: Place, worth: float) -> None:
        """Say what a place was worth that was not proposed."""
        params = dict(zip(self._axes, place, strict=True))
        self._study.add_trial(
            self._optuna.trial.create_trial(params=params, distributions=self._axes, value=worth)
        )


class Explorer:
    """Tests combinations one at a time, and remembers what they came to."""

    def __init__(self, job: Job, close: FloatArray, spec: SweepSpec) -> None:
        self._job = job
        self._close = close
        self._spec = spec
        axes = [range(low, high + 1, spec.step) for low, high in (spec.fast, spec.slow)]
        self._axes = axes if spec.signal_periods is None else [*axes, spec.signals]
        self._figures: dict[Choice, FloatArray] = {}
        self._best: tuple[float, Place] = (-math.inf, tuple(len(a) // 2 for a in self._axes))

    @property
    def valid(self) -> int:
        """How many combinations there are with fast < slow."""
        fast, slow = (np.array(axis) for axis in self._axes[:2])
        return int((fast[:, np.newaxis] < slow).sum()) * math.prod(map(len, self._axes[2:]))

    def search(self, on_progress: Progress | None) -> tuple[Grid, FloatArray]:
        """Test `max_trials` combinations, or all there are if those are fewer.

        Raises:
            MissingOptunaError: The extra is not installed.
        """
        sampler = Sampler(self._axes, self._spec.search_seed)
        trials = min(self._spec.max_trials, self.valid)
        for number in range(trials):
            if on_progress is not None:
                on_progress(number, trials)
            if number % NEARBY == NEARBY - 1 or self._proposed(sampler) is None:
                place = self._untested_neighbor()
                sampler.learn(place, self._worth(place))
        if on_progress is not None:
            on_progress(trials, trials)
        return self._found()

    def _proposed(self, sampler: Sampler) -> Place | None:
        """Test what the sampler proposes; None if that needed no test."""
        trial, place = sampler.ask()
        known = self._is_known(place)
        sampler.tell(trial, self._worth(place))
        return None if known else place

    def _choice(self, place: Place) -> Choice:
        periods = [axis[i] for axis, i in zip(self._axes, place, strict=True)]
        return Triple(*periods) if len(periods) == len(Triple._fields) else Pair(*periods)

    def _is_known(self, place: Place) -> bool:
        """Say whether a place needs no test: it had one, or it is no combination."""
        choice = self._choice(place)
        return choice in self._figures or choice.fast >= choice.slow

    def _worth(self, place: Place) -> float:
        """Return the score; under it lies what is not ranked, and under that what is no pair."""
        choice = self._choice(place)
        if choice.fast >= choice.slow:
            return 3 * LOWEST - (choice.fast - choice.slow) / self._axes[0][-1]
        if choice not in self._figures:
            self._figures[choice] = self._tested(choice)
        figures, needed = self._figures[choice], self._spec.min_trades
        enough = figures[c.TRADES] >= needed
        worth = float(figures[c.SCORE] if enough else 2 * LOWEST + figures[c.TRADES] / needed)
        self._best = max(self._best, (worth, place))
        return worth

    def _tested(self, choice: Choice) -> FloatArray:
        one = np.zeros(1, dtype=np.int64)
        lines = lines_of(
            self._close, alone(self._spec, choice), np.array((choice.fast, choice.slow))
        )
        out = np.empty((c.COUNT, 1))
        Part(one, Pairs(one, one + 1, one), lines).run(self._job, 0, 1, out)
        return out[:, 0]

    def _untested_neighbor(self) -> Place:
        """Return the untested place that is nearest to the best one; there is one."""
        center = self._best[1]
        for radius in range(1, max(map(len, self._axes))):
            around = product(range(-radius, radius + 1), repeat=len(center))
            for step in sorted(around, key=lambda step: (sum(map(abs, step)), step)):
                place = tuple(i + d for i, d in zip(center, step, strict=True))
                inside = all(0 <= i < len(a) for i, a in zip(place, self._axes, strict=True))
                if inside and not self._is_known(place):
                    return place
        raise AssertionError("every combination was tested")

    def _found(self) -> tuple[Grid, FloatArray]:
        tested = chosen([tuple(choice) for choice in self._figures], self._spec)
        requested = math.prod(map(len, self._axes))
        grid = Grid(requested, tested.fast, tested.slow, tested.signal)
        columns = [self._figures[grid.pair(index)] for index in range(len(grid))]
        return grid, np.stack(columns, axis=1)
