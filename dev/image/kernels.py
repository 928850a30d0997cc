"""Compiles every kernel that a sweep needs, into `$XDG_CACHE_HOME`: an image brings them along."""

import itertools

from tradingapi.engine import Direction, Fill, ShortSale, Strategy, SweepSpec, sweep
from tradingapi.honesty import report
from tradingapi.prices.arch_data import ArchSource

_BARS = 600
"""Enough for every check; the kernels do not depend on it."""


def main() -> None:
    """Sweep a small grid with each strategy and each way to trade, then judge a winner."""
    bars = ArchSource().fetch("^GSPC", "1d").until(_BARS)
    for strategy in Strategy:
        latch = strategy is Strategy.RSI
        fast, slow = ((20, 25), (60, 65)) if latch else ((5, 10), (15, 20))
        ways = (
            (Direction.LONG,) if latch else tuple(Direction),
            tuple(ShortSale),
            tuple(Fill),
            (None, 0.1),
        )
        for direction, short_sale, fill, stop in itertools.product(*ways):
            spec = SweepSpec(
                strategy,
                fast,
                slow,
                step=1,
                min_trades=1,
                direction=direction,
                short_sale=short_sale,
                fill=fill,
                stop_loss=stop,
            )
            found = sweep(bars, spec)
        report(found, bars, spec)


if __name__ == "__main__":
    main()
