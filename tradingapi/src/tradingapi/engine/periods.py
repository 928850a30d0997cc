"""How many bars a year has: what annualized figures are scaled by."""

import math

from tradingapi.engine.bars import Bars, IntArray

INTERVAL_SECONDS = {
    "1m": 60,
    "5m": 300,
    "15m": 900,
    "30m": 1_800,
    "1h": 3_600,
    "4h": 14_400,
    "1d": 86_400,
    "1w": 604_800,
}

SECONDS_A_YEAR = 365.25 * 86_400

BY_CALENDAR = {
    ("crypto", "1h"): 8_760.0,
    ("crypto", "4h"): 2_190.0,
    ("crypto", "1d"): 365.0,
    ("crypto", "1w"): 52.0,
    ("nyse", "1d"): 252.0,
    ("nyse", "1w"): 52.0,
}

USUAL = (252.0, 260.0, 365.0, 52.0, 12.0)
"""What a derived figure is rounded to when it is within 3 % of it, or of 24 times it for hours."""

CLOSE_ENOUGH = 0.03


def bars_per_year(bars: Bars) -> tuple[float, str]:
    """Return the bars a year and where the figure comes from: `calendar` or `derived`."""
    known = BY_CALENDAR.get((bars.origin.calendar or "", bars.origin.interval))
    if known is not None:
        return known, "calendar"
    return counted(bars.time, bars.origin.interval), "derived"


def counted(time: IntArray, interval: str) -> float:
    """Count the bars a year, and round to a usual figure that is near."""
    years = float(time[-1] - time[0]) / 1e9 / SECONDS_A_YEAR
    found = (time.size - 1) / years
    usual = [24 * figure for figure in USUAL] if interval in {"1h", "4h"} else USUAL
    near = min(usual, key=lambda figure: abs(found / figure - 1))
    return near if abs(found / near - 1) <= CLOSE_ENOUGH else found


def nearest_interval(seconds: float) -> str:
    """Return the known interval that is nearest to a distance between bars, as a ratio."""
    apart = max(seconds, 1.0)
    return min(INTERVAL_SECONDS, key=lambda name: abs(math.log(INTERVAL_SECONDS[name] / apart)))
