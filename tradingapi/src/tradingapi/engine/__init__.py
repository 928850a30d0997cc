"""The sweep engine: arrays in, figures out. It knows nothing of the web or of storage."""

from tradingapi.engine.bars import BadBarsError, Bars, Origin
from tradingapi.engine.result import Row, SweepResult
from tradingapi.engine.spec import (
    Direction,
    Fill,
    Search,
    ShortSale,
    StartState,
    Strategy,
    SweepSpec,
)
from tradingapi.engine.sweep import Progress, sweep, warm_up
from tradingapi.engine.window import InsufficientDataError

__all__ = [
    "BadBarsError",
    "Bars",
    "Direction",
    "Fill",
    "InsufficientDataError",
    "Origin",
    "Progress",
    "Row",
    "Search",
    "ShortSale",
    "StartState",
    "Strategy",
    "SweepResult",
    "SweepSpec",
    "sweep",
    "warm_up",
]
