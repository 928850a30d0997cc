"""The resource as the rest of the operator sees it: its names, its spec and its status."""

from tradingsweep.crd.notifications import Notifications, NotifiedPhase
from tradingsweep.crd.spec import Preset, TradingSweepSpec
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
from tradingsweep.crd.strategy import LevelRange, Macd, PeriodRange, Rsi, StrategyType

__all__ = [
    "CREATED_BY",
    "GROUP",
    "KIND",
    "OWNER_MARKS",
    "PLURAL",
    "VERSION",
    "Combinations",
    "Condition",
    "LastCompleted",
    "LevelRange",
    "Macd",
    "Notifications",
    "NotifiedPhase",
    "PairResult",
    "PeriodRange",
    "Preset",
    "Progress",
    "Results",
    "Rsi",
    "StrategyType",
    "TradingSweepSpec",
    "TradingSweepStatus",
    "Verdict",
]

GROUP = "trading.zixly.io"
VERSION = "v1alpha1"
KIND = "TradingSweep"
PLURAL = "tradingsweeps"

CREATED_BY = f"{GROUP}/created-by"
"""The label of what a program made; the history limits are for these alone."""
OWNER_MARKS = (
    "argocd.argoproj.io/tracking-id",
    "kustomize.toolkit.fluxcd.io/name",
    "helm.toolkit.fluxcd.io/name",
    "meta.helm.sh/release-name",
    "applyset.kubernetes.io/part-of",
)
"""Labels and annotations by which Argo CD, Flux, Helm and ApplySets know what is theirs."""
