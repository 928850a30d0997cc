"""What a sweep prints: the verdict first, then the best pairs, and holding beside them."""

from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tradingapi.engine import Fill, SweepResult, display
from tradingapi.honesty import HonestyReport, VerdictName

COLORS: Final = {
    VerdictName.NO_RESULT: "yellow",
    VerdictName.LIKELY_LUCK: "red",
    VerdictName.NOT_BETTER_THAN_HOLDING: "red",
    VerdictName.FRAGILE: "yellow",
    VerdictName.PROMISING: "green",
}


def show(result: SweepResult, report: HonestyReport, top: int, console: Console) -> None:
    """Print a finished sweep."""
    console.print(headline(result, report))
    console.print(best(result, top))
    console.print(Text(measured(result), style="dim"))


def headline(result: SweepResult, report: HonestyReport) -> RenderableType:
    """Return the verdict with its p-value and its sentence: what there is to know."""
    verdict = report.verdict
    color = COLORS[verdict.name]
    first = Text.assemble((verdict.name.value, f"bold {color}"), ("   " + p_value(report), "bold"))
    return Panel(Group(first, Text(verdict.sentence)), title=result.title, title_align="left")


def p_value(report: HonestyReport) -> str:
    """Say the p-value of the whole search, or that there is none."""
    test = None if report.checks is None else report.checks.permutation
    if test is None:
        return "no p-value: not tested"
    return f"p = {test.p_value:.3f} ({test.permutations} permutations of the whole search)"


def best(result: SweepResult, top: int) -> Table:
    """Return the best pairs as a table; where none is ranked, the best of the others, pale."""
    enough = f"closed {result.spec.min_trades} trades"
    table = Table(
        title=f"{int(result.qualified.sum()):,} of {len(result.grid):,} pairs {enough}",
        title_justify="left",
        title_style="dim",
        box=SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
        show_footer=True,
    )
    footer = ("", *display.cells(("hold", None, result.buy_and_hold)))
    for name, below in zip(("#", *display.HEADS), footer, strict=True):
        table.add_column(name, below, justify="right", no_wrap=True, footer_style="cyan")
    for rank, row in enumerate(result.best(top), 1):
        cells = display.cells((display.name_of(row.pair), row.score, row.metrics))
        shown = str(rank) if row.qualified else "-"
        table.add_row(shown, *cells, style="" if row.qualified else "dim")
    return table


def measured(result: SweepResult) -> str:
    """Say what the figures were measured on."""
    spec, origin = result.spec, result.origin
    fill = "the next open" if spec.fill is Fill.NEXT_OPEN else "the same close"
    limited = ", which begins where every line exists" if result.window_limited_by else ""
    return (
        f"{result.window_bars:,} bars of {origin.source}{limited}; filled at {fill}, "
        f"{spec.fee_bps:g} bp fee and {spec.slippage_bps:g} bp slippage a side"
    )
