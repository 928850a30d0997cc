"""A heat map as a PNG: its first two sheets side by side, the second against holding's."""

from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import QuadMesh
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from tradingapi.engine.bars import FloatArray, IntArray
from tradingapi.engine.display import name_of
from tradingapi.pictures.heat import HeatMap, Sheet

SIZE: Final = (13.0, 6.2)
"""Inches."""

DOTS: Final = 130
"""An inch."""

FADED: Final = 0.5
"""Opacity of a cell whose pair closed too few trades to be ranked."""

NEIGHBORHOOD: Final = 0.1
"""The plateau is judged by the pairs whose periods differ by no more than this part."""

ONE_SIDED: Final = "viridis"
TWO_SIDED: Final = "PuOr_r"
"""Both are told apart with any color vision, and in print."""

OUTLIERS: Final = 0.01
"""Part of the cells at each end that may be beyond the scale against holding."""

EMPTY: Final = "#d4d4d8"
"""Where there is no pair, as fast is not below slow."""


def write_png(heat: HeatMap, path: Path) -> None:
    """Draw a heat map into a file; equal maps make equal files.

    Raises:
        OSError: The file cannot be written.
    """
    figure = Figure(figsize=SIZE, dpi=DOTS, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(heat.title, fontsize=14, fontweight="bold", x=0.012, ha="left")
    if heat.subtitle:
        figure.supxlabel(heat.subtitle, fontsize=11, x=0.012, ha="left", wrap=True)
    left, right = figure.subplots(1, 2, sharex=True, sharey=True)
    first, second = heat.sheets[:2]
    _draw(figure, left, heat, first, None)
    _draw(figure, right, heat, second, second.holding)
    figure.savefig(path, format="png", metadata={"Software": None})


def _draw(figure: Figure, axes: Axes, heat: HeatMap, sheet: Sheet, middle: float | None) -> None:
    axes.set_facecolor(EMPTY)
    mesh = _cells(axes, heat, sheet.values, middle)
    _label(axes, heat, sheet, middle)
    beyond = "neither" if middle is None else "both"
    bar = figure.colorbar(mesh, ax=axes, pad=0.02, aspect=30, extend=beyond)
    if middle is not None:
        bar.ax.axhline(middle, color="black", linewidth=1.2)
    if heat.best is not None:
        _mark(axes, heat, sheet)


def _cells(axes: Axes, heat: HeatMap, values: FloatArray, middle: float | None) -> QuadMesh:
    """Color the cells: those that are not ranked are pale, on white, and no cell is gray."""
    colors = ONE_SIDED if middle is None else TWO_SIDED
    scale = _scale(values[np.isfinite(values)], middle)
    edges = _edges(heat.slow), _edges(heat.fast)
    # One mesh a kind of cell: the opacity of a mesh is one number.
    pale = np.ma.masked_where(heat.ranked | ~np.isfinite(values), values)
    full = np.ma.masked_where(~heat.ranked | ~np.isfinite(values), values)
    axes.pcolormesh(*edges, pale, cmap=ListedColormap(["white"]))
    axes.pcolormesh(*edges, pale, cmap=colors, norm=scale, alpha=FADED, linewidth=0)
    return axes.pcolormesh(*edges, full, cmap=colors, norm=scale)


def _scale(known: FloatArray, middle: float | None) -> Normalize:
    """From lowest to highest; or as far to both sides of `middle` as all but outliers reach."""
    if known.size == 0:
        return Normalize(0.0, 1.0)
    if middle is None:
        low = float(known.min())
        return Normalize(low, max(float(known.max()), low + 1e-9))
    reach = float(np.quantile(np.abs(known - middle), 1 - 2 * OUTLIERS)) or 1e-9
    return Normalize(middle - reach, middle + reach)


def _label(axes: Axes, heat: HeatMap, sheet: Sheet, middle: float | None) -> None:
    against = "" if middle is None else f", white where as good as holding ({middle:.2f})"
    axes.set_title(f"{sheet.name}{against}", fontsize=11, loc="left")
    axes.set_xlabel(heat.slow_label)
    axes.set_ylabel(heat.fast_label)
    if middle is None and not heat.ranked.all():
        axes.text(
            0.015,
            0.985,
            f"pale: {heat.unranked}, not ranked",
            transform=axes.transAxes,
            va="top",
            fontsize=8.5,
            color="#333333",
            bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 2.5},
        )


def _mark(axes: Axes, heat: HeatMap, sheet: Sheet) -> None:
    """Mark the winner, and the neighborhood by which its plateau is judged."""
    assert heat.best is not None
    fast, slow = heat.best.fast, heat.best.slow
    reach = [
        max(NEIGHBORHOOD * period, _step(axis)) + _step(axis) / 2
        for period, axis in ((slow, heat.slow), (fast, heat.fast))
    ]
    around = Rectangle(
        (slow - reach[0], fast - reach[1]), 2 * reach[0], 2 * reach[1], fill=False, linewidth=1.4
    )
    around.set_edgecolor("black")
    around.set_linestyle((0, (4, 2)))
    around.set_path_effects([withStroke(linewidth=3, foreground="white")])
    axes.add_patch(around)
    axes.plot(slow, fast, "o", ms=9, mfc="none", mec="white", mew=3.4)
    axes.plot(slow, fast, "o", ms=9, mfc="none", mec="black", mew=1.6)
    value = sheet.values[heat.fast.searchsorted(fast), heat.slow.searchsorted(slow)]
    left = slow > (heat.slow[0] + heat.slow[-1]) / 2
    above = fast < (heat.fast[0] + heat.fast[-1]) / 2
    axes.annotate(
        f"best {name_of(heat.best)}: {value:.2f}",
        (slow, fast),
        textcoords="offset points",
        xytext=(-16 if left else 16, 26 if above else -26),
        ha="right" if left else "left",
        va="center",
        fontsize=10,
        fontweight="bold",
        path_effects=[withStroke(linewidth=3, foreground="white")],
    )


def _edges(axis: IntArray) -> FloatArray:
    """Return the borders of cells that are centered at the values of an axis."""
    if axis.size == 1:
        return np.array([axis[0] - 0.5, axis[0] + 0.5])
    middles = (axis[1:] + axis[:-1]) / 2
    first, last = 2 * axis[0] - middles[0], 2 * axis[-1] - middles[-1]
    return np.concatenate(([first], middles, [last])).astype(np.float64)


def _step(axis: IntArray) -> float:
    return float(np.diff(axis).min()) if axis.size > 1 else 1.0
