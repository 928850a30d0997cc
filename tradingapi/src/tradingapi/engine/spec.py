"""What a sweep is asked to do, checked before anything is computed."""

from dataclasses import dataclass
from enum import StrEnum

LONGEST_PERIOD = 500
LARGEST_STEP = 50
SIGNAL_PERIODS = (2, 50)


class Strategy(StrEnum):
    """The rule: long while the fast line is above the slow line."""

    SMA = "SMA"
    EMA = "EMA"
    MACD = "MACD"


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


@dataclass(frozen=True)
class SweepSpec:
    """One sweep. Ranges are inclusive; costs are in basis points for each side of a trade.

    Raises:
        ValueError: The message names the field and its rule.
    """

    strategy: Strategy
    fast: tuple[int, int]
    slow: tuple[int, int]
    step: int
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

    def __post_init__(self) -> None:
        for name in ("fast", "slow"):
            low, high = getattr(self, name)
            _require(1 <= low <= high <= LONGEST_PERIOD, f"{name}: 1 <= min <= max <= 500")
        _require(self.fast[0] < self.slow[0], "fast: min must be less than slow's min")
        _require(self.fast[1] < self.slow[1], "fast: max must be less than slow's max")
        _require(1 <= self.step <= LARGEST_STEP, "step: 1..50")
        _require(self.min_trades >= 0, "min_trades: 0 or more")
        low, high = SIGNAL_PERIODS
        _require(low <= self.signal_period <= high, "signal_period: 2..50")
        for name in ("fee_bps", "slippage_bps"):
            _require(0 <= getattr(self, name) < 10_000, f"{name}: at least 0, below 10000")
        _require(-1 < self.risk_free_rate < 10, "risk_free_rate: a fraction a year, above -1")


def _require(holds: bool, rule: str) -> None:
    if not holds:
        raise ValueError(rule)
