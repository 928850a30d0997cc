"""The resource as the rest of the operator sees it: its names, its spec and its status."""

from tradingsweep.crd.spec import Macd, PeriodRange, Preset, StrategyType, TradingSweepSpec
from tradingsweep.crd.status import (
    Combinations,
    Condition,
    LastCompleted,
    PairResult,
    Progress,
    Results,
    TradingSweepStatus,
    Verdict,
)

__all__ = [
    "GROUP",
    "KIND",
    "PLURAL",
    "VERSION",
    "Combinations",
    "Condition",
    "LastCompleted",
    "Macd",
    "PairResult",
    "PeriodRange",
    "Preset",
    "Progress",
    "Results",
    "StrategyType",
    "TradingSweepSpec",
    "TradingSweepStatus",
    "Verdict",
]

GROUP = "trading.zixly.io"
VERSION = "v1alpha1"
KIND = "TradingSweep"
PLURAL = "tradingsweeps"
