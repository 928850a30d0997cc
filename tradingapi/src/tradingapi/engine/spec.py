"""What a sweep is asked to do, checked before anything is computed."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LONGEST_PERIOD = 500
LARGEST_STEP = 50
SIGNAL_PERIODS = (2, 50)
RSI_PERIODS = (2, 100)
HIGHEST_LEVEL = 99
MOST_TRIALS = 10_000


class Strategy(StrEnum):
    """The rule."""

    SMA = "SMA"
    """Long while the fast moving average is above the slow one."""
    EMA = "EMA"
    """The same with exponential averages."""
    MACD = "MACD"
    """Long while the difference of the two exponential averages is above its signal line."""
    RSI = "RSI"
    """Long from when the RSI crosses up through `fast` until it crosses up through `slow`."""


class Fill(StrEnum):
    """At which price a signal on a bar's close is filled."""

    NEXT_OPEN = "next_open"
    SAME_CLOSE = "same_close"


class StartState(StrEnum):
    """What happens to a position that the rule already holds when the window begins."""

    CARRY = "carry"
    """It is bought at the window's first fill."""
    FRESH = "fresh"
    """It is left out: the rule waits for its next cross."""


class Direction(StrEnum):
    """Which sides of the market are taken."""

    LONG = "long"
    """Long while fast is above slow, else flat."""
    SHORT = "short"
    """Short while fast is below slow, else flat."""
    BOTH = "both"


class Search(StrEnum):
    """How the best pair is looked for."""

    GRID = "grid"
    """Every combination is tested."""
    BAYES = "bayes"
    """A sampler proposes `max_trials` combinations, each after looking at the ones before."""


class ShortSale(StrEnum):
    """What stays the same while a position is short."""

    CONSTANT_EXPOSURE = "constant_exposure"
    """Exposure is brought back to equity at each close, free of charge: it cannot lose more than
    it has unless the price doubles within a bar."""
    CONSTANT_SHARES = "constant_shares"
    """The shares sold: as many as the same equity would have bought."""


WORDS: Final[dict[str, type[StrEnum]]] = {
    "strategy": Strategy,
    "fill": Fill,
    "start_state": StartState,
    "direction": Direction,
    "short_sale": ShortSale,
    "search": Search,
}
"""Fields whose values come from a closed list."""


@dataclass(frozen=True)
class SweepSpec:
    """One sweep. Ranges are inclusive; costs are in basis points for each side of a trade.

    Words may be written as texts: `SweepSpec("EMA", (2, 100), (5, 200), fill="same_close")`.

    Raises:
        ValueError: The message names the field and its rule.
    """

    strategy: Strategy
    fast: tuple[int, int]
    """Periods of the fast line in bars; RSI: levels that are crossed up to enter, 1..99."""
    slow: tuple[int, int]
    """Periods of the slow line in bars; RSI: levels that are crossed up to leave, 1..99."""
    step: int = 1
    min_trades: int = 50
    """Fewest closed trades with which a pair is ranked. It filters nothing else."""
    signal_period: int = 9
    """Bars of MACD's signal line; other strategies ignore it."""
    start: int | None = None
    """First moment of the window in UTC nanoseconds; None: ten years before its end."""
    end: int | None = None
    """Last moment of the window in UTC nanoseconds, inclusive; None: the last bar."""
    fill: Fill = Fill.NEXT_OPEN
    fee_bps: float = 10.0
    slippage_bps: float = 0.0
    risk_free_rate: float = 0.0
    """A year's rate as a fraction. It is subtracted in the ratios; cash earns nothing."""
    start_state: StartState = StartState.CARRY
    rsi_period: int = 14
    """Bars of the RSI (Wilder's smoothing); other strategies ignore it."""
    direction: Direction = Direction.LONG
    short_sale: ShortSale = ShortSale.CONSTANT_EXPOSURE
    stop_loss: float | None = None
    """Loss from the entry's fill at which a position is left, as a fraction of that price. After
    that the rule waits for its next cross."""
    take_profit: float | None = None
    """Gain from the entry's fill at which a position is left."""
    periods_per_year: float | None = None
    """Bars a year; None: from the source's calendar, or counted."""
    signal_periods: tuple[int, int] | None = None
    """MACD's signal line as a third range; None: `signal_period` alone."""
    signal_step: int = 1
    search: Search = Search.GRID
    max_trials: int = 500
    """Combinations that `bayes` tests; the grid tests all."""
    search_seed: int = 0
    """Of the sampler of `bayes`: the same seed tests the same combinations."""

    def __post_init__(self) -> None:
        self._read_words()
        self._check_ranges()
        _require(1 <= self.step <= LARGEST_STEP, "step: 1..50")
        _require(self.min_trades >= 0, "min_trades: 0 or more")
        _within("signal_period", self.signal_period, SIGNAL_PERIODS)
        _within("rsi_period", self.rsi_period, RSI_PERIODS)
        for name in ("fee_bps", "slippage_bps"):
            _require(0 <= getattr(self, name) < 10_000, f"{name}: at least 0, below 10000")
        _require(-1 < self.risk_free_rate < 10, "risk_free_rate: a fraction a year, above -1")
        self._check_limits()
        self._check_search()
        bars = self.periods_per_year
        _require(bars is None or 0 < bars < math.inf, "periods_per_year: more than 0")
        both_sides = self.direction is not Direction.LONG
        _require(not (self.is_latch and both_sides), "direction: RSI is long or flat")

    @property
    def is_latch(self) -> bool:
        """Whether `fast` and `slow` are levels of one line."""
        return self.strategy is Strategy.RSI

    @property
    def requested(self) -> int:
        """Combinations of the ranges, those with fast >= slow included."""
        axes = [range(low, high + 1, self.step) for low, high in (self.fast, self.slow)]
        return len(axes[0]) * len(axes[1]) * len(self.signals)

    def _read_words(self) -> None:
        for name, kind in WORDS.items():
            try:
                object.__setattr__(self, name, kind(getattr(self, name)))
            except ValueError as error:
                raise ValueError(f"{name}: one of {', '.join(kind)}") from error

    def _check_ranges(self) -> None:
        highest = HIGHEST_LEVEL if self.is_latch else LONGEST_PERIOD
        for name in ("fast", "slow"):
            low, high = getattr(self, name)
            _require(1 <= low <= high <= highest, f"{name}: 1 <= min <= max <= {highest}")
        _require(self.fast[0] < self.slow[0], "fast: min must be less than slow's min")
        _require(self.fast[1] < self.slow[1], "fast: max must be less than slow's max")

    @property
    def signals(self) -> range:
        """The periods of MACD's signal line that are tested."""
        low, high = self.signal_periods or (self.signal_period,) * 2
        return range(low, high + 1, self.signal_step)

    def _check_search(self) -> None:
        if self.signal_periods is not None:
            low, high = self.signal_periods
            least, most = SIGNAL_PERIODS
            rule = f"signal_periods: {least} <= min <= max <= {most}"
            _require(least <= low <= high <= most, rule)
            _require(self.strategy is Strategy.MACD, "signal_periods: only for MACD")
        _require(1 <= self.signal_step <= LARGEST_STEP, "signal_step: 1..50")
        _require(1 <= self.max_trials <= MOST_TRIALS, f"max_trials: 1..{MOST_TRIALS}")
        _require(0 <= self.search_seed < 2**32, "search_seed: 0 or more, below 2^32")

    def _check_limits(self) -> None:
        stop, target = self.stop_loss, self.take_profit
        _require(stop is None or 0 < stop < 1, "stop_loss: a fraction between 0 and 1")
        _require(target is None or 0 < target < math.inf, "take_profit: a fraction above 0")


def _within(name: str, value: int, bounds: tuple[int, int]) -> None:
    _require(bounds[0] <= value <= bounds[1], f"{name}: {bounds[0]}..{bounds[1]}")


def _require(holds: bool, rule: str) -> None:
    if not holds:
        raise ValueError(rule)
