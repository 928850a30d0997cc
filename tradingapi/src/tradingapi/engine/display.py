"""How a result looks where people read it: its title, its best pairs, and holding beside them."""

from typing import Final, TypeAlias

import numpy as np

from tradingapi.engine.bars import Origin
from tradingapi.engine.grid import Choice
from tradingapi.engine.metrics import Metrics
from tradingapi.engine.spec import Strategy

Line: TypeAlias = tuple[str, float | None, Metrics]
"""A name, a score where there is one, and figures."""

ROWS: Final = 10
"""Pairs that a notebook shows."""

HEADS: Final = (
    *("pair", "score", "Sharpe", "return", "a year", "drawdown", "won", "PF", "trades"),
)

WARNING: Final = "The best of many looks good by selection: tradingapi.honesty.report asks further."


def title_of(origin: Origin, strategy: Strategy, window: tuple[int, int]) -> str:
    """Name a sweep in one line; `window` has its first and last bar in UTC nanoseconds."""
    first, last = (str(np.datetime64(time, "ns").astype("datetime64[D]")) for time in window)
    invented = " (synthetic prices)" if origin.synthetic else ""
    return f"{origin.ticker} {origin.interval}, {strategy.value}, {first} to {last}{invented}"


def name_of(pair: Choice) -> str:
    """Write a pair as `15/30`."""
    return "/".join(map(str, pair))


def cells(line: Line) -> tuple[str, ...]:
    """Write a line in the order of HEADS; what is undefined is a dash."""
    name, score, metrics = line
    return (
        name,
        ratio(score),
        ratio(metrics.sharpe),
        percent(metrics.total_return),
        percent(metrics.annualized_return),
        percent(-metrics.max_drawdown),
        percent(metrics.win_rate),
        ratio(metrics.profit_factor),
        str(metrics.trades) if metrics.trades else "-",
    )


def ratio(value: float | None) -> str:
    """Write a ratio."""
    return "-" if value is None else f"{value:.2f}"


def percent(value: float | None) -> str:
    """Write a fraction as percent; no drawdown is 0, not -0."""
    return "-" if value is None else f"{100 * value + 0.0:.1f} %"


def text_of(title: str, best: list[Line], holding: Line, count: str) -> str:
    """Write a result as one line."""
    name, score, metrics = best[0]
    return (
        f"<SweepResult {title}: {count}; best {name} score {ratio(score)} "
        f"Sharpe {ratio(metrics.sharpe)}, holding {ratio(holding[2].sharpe)}>"
    )


def html_of(title: str, best: list[Line], holding: Line, count: str) -> str:
    """Write a result as a table."""
    head = "".join(f"<th>{name}</th>" for name in HEADS)
    body = "".join(_row(cells(line)) for line in best)
    return (
        f"<div><b>{escaped(title)}</b><br>{escaped(count)}"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
        f"<tfoot>{_row(cells(holding))}</tfoot></table>{WARNING}</div>"
    )


def escaped(text: str) -> str:
    """Write a text so that a page shows it as it is."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _row(values: tuple[str, ...]) -> str:
    return "<tr>" + "".join(f"<td>{escaped(value)}</td>" for value in values) + "</tr>"
