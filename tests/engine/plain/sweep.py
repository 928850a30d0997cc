"""A whole grid by the plain engine."""

from tests.engine.plain.account import Account, run
from tests.engine.plain.figures import Figures, figures_of
from tests.engine.plain.lines import states
from tradingapi.engine import Bars, SweepResult, SweepSpec
from tradingapi.engine.grid import Pair


def account_of(bars: Bars, spec: SweepSpec, pair: Pair, first: int) -> Account:
    """Run one pair on the window that begins at index `first` and ends with the bars."""
    return run(bars, spec, states(bars.close, spec, pair), first)


def plain_figures(result: SweepResult, pair: Pair) -> Figures:
    """Measure one pair on the bars and the window of a result."""
    bars, spec, first = result.history, result.spec, result.window.first
    per_year = result.periods_per_year
    riskless = (1 + spec.risk_free_rate) ** (1 / per_year) - 1
    return figures_of(account_of(bars, spec, pair, first), bars, first, per_year, riskless)
