"""Pictures of the documents, drawn from what the engine itself does with a few bars."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from tradingapi.engine import Bars, Origin, Strategy, SweepSpec, sweep
from tradingapi.engine.bars import FloatArray
from tradingapi.engine.grid import Pair
from tradingapi.engine.rows import sma_rows
from tradingapi.engine.trace import Trace, trace

FILLS: Final = Path(__file__).parents[1] / "docs" / "pictures" / "fills.svg"

CLOSES: Final = (10, 9, 8.4, 8.8, 9.6, 10.4, 11, 11.3, 11, 10.2, 9.3, 9, 8.8, 9.5, 10.3, 10.9)
OPENS: Final = (
    10.2, 9.8, 9.1, 8.5, 9, 9.7, 10.2, 10.8, 11.4, 10.9, 10.1, 9.5, 9.1, 8.9, 9.7, 10.4,
)  # fmt: skip

PAIR: Final = Pair(2, 4)

WIDTH, HEIGHT, LEFT, TOP = 720, 320, 44, 34

_HEAD: Final = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
    'font-family="sans-serif" font-size="12">'
)

SPEC: Final = SweepSpec(Strategy.SMA, (2, 2), (4, 4), 1, fee_bps=0, min_trades=0)


def bars() -> Bars:
    """Return the days that are drawn."""
    opens, closes = np.array(OPENS), np.array(CLOSES)
    high, low = np.maximum(opens, closes), np.minimum(opens, closes)
    time = 86_400 * 10**9 * np.arange(closes.size, dtype=np.int64)
    return Bars(time, opens, high, low, closes, Origin("drawing", "DRAWN", "1d", "crypto"))


def fills() -> str:
    """Draw bars, two means, the closes that give signals and the opens that fill them."""
    days = bars()
    result = sweep(days, SPEC)
    first = result.window.first
    run = trace(days, SPEC, result.window, PAIR)
    parts = [
        _HEAD,
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        *_held(run, first),
        *_days(days),
        *_means(days.close),
        *_trades(run, first),
        *_legend(first),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def write() -> None:
    """Write the pictures."""
    FILLS.parent.mkdir(exist_ok=True)
    FILLS.write_text(fills(), "utf-8")


def _x(bar: float) -> float:
    return LEFT + (bar + 0.5) * (WIDTH - LEFT - 12) / len(CLOSES)


def _y(price: float) -> float:
    return TOP + (11.8 - price) * (HEIGHT - TOP - 52) / 3.9


def _held(run: Trace, first: int) -> Iterator[str]:
    """Shade what is held: from an entry's open to an exit's open."""
    starts = np.flatnonzero((run.sides == 1) & (np.concatenate(([0], run.sides[:-1])) != 1))
    for start in starts.tolist():
        ends = np.flatnonzero(run.sides[start:] != 1)
        stop = start + int(ends[0]) if ends.size else run.sides.size
        left, right = _x(first + start - 0.3), _x(first + stop - 0.3)
        yield (
            f'<rect x="{left:.1f}" y="{TOP}" width="{right - left:.1f}" '
            f'height="{HEIGHT - TOP - 40}" fill="#e8f1fb"/>'
        )


def _days(days: Bars) -> Iterator[str]:
    """Draw a box from open to close: white where the day rose, gray where it fell."""
    for bar, (opened, close) in enumerate(zip(days.open, days.close, strict=True)):
        top, height = _y(max(opened, close)), abs(_y(opened) - _y(close))
        fill = "#fff" if close >= opened else "#c9c9c9"
        yield (
            f'<rect x="{_x(bar) - 9:.1f}" y="{top:.1f}" width="18" height="{height:.1f}" '
            f'fill="{fill}" stroke="#666"/>'
        )
        yield f'<text x="{_x(bar):.1f}" y="{HEIGHT - 24}" text-anchor="middle">{bar + 1}</text>'


def _means(close: FloatArray) -> Iterator[str]:
    lines = sma_rows(close, np.array(PAIR)).exact
    for line, color in zip(lines, ("#d9822b", "#2b62c4"), strict=True):
        points = [
            f"{_x(bar):.1f},{_y(line[bar]):.1f}"
            for bar in range(close.size)
            if np.isfinite(line[bar])
        ]
        yield (
            f'<polyline points="{" ".join(points)}" fill="none" stroke="{color}" stroke-width="2"/>'
        )


def _trades(run: Trace, first: int) -> Iterator[str]:
    """Mark a signal's close by a dot, and lead it to the open that fills it."""
    before = np.concatenate(([0], run.sides[:-1]))
    for bar in (first + np.flatnonzero(run.sides != before)).tolist():
        buys = run.sides[bar - first] == 1
        color = "#1a7f37" if buys else "#b3261e"
        if bar > 0:
            yield (
                f'<line x1="{_x(bar - 1):.1f}" y1="{_y(CLOSES[bar - 1]):.1f}" '
                f'x2="{_x(bar):.1f}" y2="{_y(OPENS[bar]):.1f}" stroke="{color}" '
                'stroke-dasharray="3 2"/>'
            )
            yield (
                f'<circle cx="{_x(bar - 1):.1f}" cy="{_y(CLOSES[bar - 1]):.1f}" r="4" '
                f'fill="none" stroke="{color}" stroke-width="2"/>'
            )
        yield (f'<circle cx="{_x(bar):.1f}" cy="{_y(OPENS[bar]):.1f}" r="4" fill="{color}"/>')
        word, shift = ("buy", 18) if buys else ("sell", -10)
        yield (
            f'<text x="{_x(bar):.1f}" y="{_y(OPENS[bar]) + shift:.1f}" text-anchor="middle" '
            f'fill="{color}">{word} {OPENS[bar]:g}</text>'
        )


def _legend(first: int) -> Iterator[str]:
    yield f'<text x="{LEFT}" y="18" fill="#d9822b">mean of 2</text>'
    yield f'<text x="{LEFT + 80}" y="18" fill="#2b62c4">mean of 4</text>'
    yield (
        f'<text x="{LEFT + 160}" y="18">ring: the close that gives the signal; '
        "dot: the open that fills it; blue: held</text>"
    )
    yield (
        f'<text x="{LEFT}" y="{HEIGHT - 6}" fill="#666">day; the window begins with day '
        f"{first + 1}, when both means exist</text>"
    )
