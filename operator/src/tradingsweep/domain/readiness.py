"""What an object says to whoever waits for it: the contract of `.status`, read from outside.

kstatus (with which Flux, kpt and others wait), Argo CD's `manifests/argocd/health.lua` and this
function must read one object alike; a test feeds the same objects to all three.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Readiness(StrEnum):
    """How a sweep stands for somebody who waits; the value is Argo CD's health with one addition.

    Argo CD calls an object that is being deleted Progressing, as it calls one that is at work.
    """

    TERMINATING = "Terminating"
    """It is being deleted."""
    IN_PROGRESS = "Progressing"
    """It goes on by itself, or the operator has not answered its newest generation yet."""
    SUSPENDED = "Suspended"
    """spec.suspend holds it: nothing is wrong, and nothing goes on."""
    FAILED = "Degraded"
    """It ended without results, or waits for a human."""
    CURRENT = "Healthy"
    """Its results are stored."""

    @property
    def argo_cd(self) -> str:
        """Argo CD's word for it."""
        return self.IN_PROGRESS.value if self is self.TERMINATING else self.value

    @property
    def kstatus(self) -> str:
        """The word of kstatus for it."""
        return _KSTATUS[self]


_KSTATUS = {
    Readiness.TERMINATING: "Terminating",
    Readiness.IN_PROGRESS: "InProgress",
    Readiness.SUSPENDED: "Current",
    Readiness.FAILED: "Failed",
    Readiness.CURRENT: "Current",
}


def readiness(sweep: Mapping[str, Any]) -> Readiness:
    """Read how a TradingSweep stands, from the object as the API server has it.

    A status of another generation says nothing about this one, so the generation is looked at
    before any condition.
    """
    metadata, status = sweep.get("metadata") or {}, sweep.get("status") or {}
    if metadata.get("deletionTimestamp"):
        return Readiness.TERMINATING
    if status.get("observedGeneration") != metadata.get("generation"):
        return Readiness.IN_PROGRESS
    true = {c["type"] for c in status.get("conditions") or () if c["status"] == "True"}
    for condition, meaning in _MEANINGS:
        if condition in true:
            return meaning
    return Readiness.IN_PROGRESS


_MEANINGS = (
    ("Reconciling", Readiness.IN_PROGRESS),
    ("Stalled", Readiness.FAILED),
    ("Suspended", Readiness.SUSPENDED),
    ("Ready", Readiness.CURRENT),
)
"""The first condition that is true decides; none: it has only just begun."""
