"""A portfolio as a PNG: its equity and drawdown, with holding beside them."""

from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullLocator

from tradingapi.engine.display import name_of
from tradingapi.tickers import Portfolio

SIZE: Final = (13.0, 6.2)
"""Inches."""

DOTS: Final = 130
"""An inch."""

FAR: Final = 3.0
"""From so many times the lowest value on, equity is drawn on a logarithmic scale."""

PAIR: Final = "#5e3c99"
HOLDING: Final = "#e66101"


def write_curve(portfolio: Portfolio, title: str, path: Path) -> None:
    """Draw a portfolio into a file; equal ones make equal files.

    Raises:
        OSError: The file cannot be written.
    """
    figure = Figure(figsize=SIZE, dpi=DOTS, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=14, fontweight="bold", x=0.012, ha="left")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    time = portfolio.time.astype("datetime64[ns]")
    lines = (portfolio.holding, "held", HOLDING), (portfolio.run, name_of(portfolio.pair), PAIR)
    for curve, label, color in lines:
        above.plot(time, curve.equity, color=color, linewidth=1.3, label=label)
        below.plot(time, -100 * curve.drawdown, color=color, linewidth=1.0)
    values = np.concatenate([curve.equity for curve, _, _ in lines])
    if values.min() > 0 and values.max() > FAR * values.min():
        _equal_gains(above)
    above.set_title("Equity, in equal parts made equal each month", fontsize=11, loc="left")
    above.legend(frameon=False)
    below.set_title("Drawdown, %", fontsize=11, loc="left")
    for axes in (above, below):
        axes.grid(visible=True, color="#e4e4e8", linewidth=0.8)
        axes.margins(x=0.01)
    figure.savefig(path, format="png", metadata={"Software": None})


def _equal_gains(axes: Axes) -> None:
    """Show equal gains as equal heights."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(FormatStrFormatter("%g"))
    axes.yaxis.set_minor_locator(NullLocator())
