"""What a sweep of several tickers prints: pairs by their places, and the winner beside holding."""

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tradingapi.engine import Fill
from tradingapi.engine.display import name_of, percent, ratio
from tradingapi.tickers import ManyResult, Portfolio
from tradingapi.tickers.portfolio import Figures

NOT_TESTED = (
    "Places are relative, and the winner was chosen on these prices: no p-value is given for many "
    "tickers. Compare the portfolio with holding."
)


def show(result: ManyResult, together: Portfolio | None, top: int, console: Console) -> None:
    """Print a finished sweep."""
    first = Text(headline(result), style="bold")
    console.print(Panel(Group(first, Text(NOT_TESTED)), title=result.title, title_align="left"))
    console.print(pairs(result, top))
    if together is not None:
        console.print(portfolios(together))
    console.print(Text(measured(result), style="dim"))


def headline(result: ManyResult) -> str:
    """Say in a sentence what was found."""
    (best,) = result.best(1)
    if not best.qualified:
        return (
            f"NoResult: no pair closed {result.spec.min_trades} trades on {result.needed} tickers."
        )
    return (
        f"{name_of(best.pair)} is above {percent(best.median)} of the pairs on the median of "
        f"{best.tickers} tickers, and above {percent(best.worst)} on the worst."
    )


def pairs(result: ManyResult, top: int) -> Table:
    """Return the best pairs as a table; where none is ranked, the best of the others, pale."""
    ranked, many = int(result.qualified.sum()), len(result.parts)
    rule = f"closed {result.spec.min_trades} trades on {result.needed} of {many} tickers"
    table = _table(f"{ranked:,} of {len(result.grid):,} pairs {rule}")
    for name in ("#", "pair", "median place", "worst", "tickers"):
        table.add_column(name, justify="right", no_wrap=True)
    for rank, row in enumerate(result.best(top), 1):
        table.add_row(
            str(rank) if row.qualified else "-",
            name_of(row.pair),
            percent(row.median),
            percent(row.worst),
            str(row.tickers),
            style="" if row.qualified else "dim",
        )
    return table


def portfolios(together: Portfolio) -> Table:
    """Return the winner on all tickers and the tickers held, in equal parts made so each month."""
    table = _table("In equal parts, made equal each month, with costs")
    for name in ("", "Sharpe", "Sortino", "return", "a year", "drawdown", "rebalancing"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_row(*_cells(name_of(together.pair), together.run.figures))
    table.add_row(*_cells("hold", together.holding.figures), style="cyan")
    return table


def _cells(name: str, figures: Figures) -> tuple[str, ...]:
    return (
        name,
        ratio(figures.sharpe),
        ratio(figures.sortino),
        percent(figures.total_return),
        percent(figures.annualized_return),
        percent(-figures.max_drawdown),
        percent(-figures.rebalancing_cost),
    )


def _table(title: str) -> Table:
    return Table(
        title=title,
        title_justify="left",
        title_style="dim",
        box=SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )


def measured(result: ManyResult) -> str:
    """Say what was measured, and how."""
    spec = result.spec
    fill = "the next open" if spec.fill is Fill.NEXT_OPEN else "the same close"
    sources = ", ".join(sorted({part.origin.source for part in result.parts}))
    limited = sum(part.window_limited_by is not None for part in result.parts)
    later = f"; {limited} tickers begin where every line exists" if limited else ""
    return (
        f"prices of {sources}{later}; filled at {fill}, "
        f"{spec.fee_bps:g} bp fee and {spec.slippage_bps:g} bp slippage a side"
    )
