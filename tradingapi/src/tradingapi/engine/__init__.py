"""The sweep engine: arrays in, figures out. It knows nothing of the web or of storage."""

from tradingapi.engine.bars import BadBarsError, Bars, Origin
from tradingapi.engine.spec import Fill, StartState, Strategy, SweepSpec
from tradingapi.engine.sweep import Row, SweepResult, sweep
from tradingapi.engine.window import InsufficientDataError

__all__ = [
    "BadBarsError",
    "Bars",
    "Fill",
    "InsufficientDataError",
    "Origin",
    "Row",
    "StartState",
    "Strategy",
    "SweepResult",
    "SweepSpec",
    "sweep",
]
