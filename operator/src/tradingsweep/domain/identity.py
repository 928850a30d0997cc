"""What makes two runs the same: the canonical form of the fields that change a result.

A field that equals the default it was introduced with is left out. The API server shows a new
default in old objects at once, with the generation unchanged; were the default part of the
identity, an upgrade of the CRD would run every finished sweep again.
"""

import hashlib
import json
from typing import Any

from tradingsweep.crd.model import TradingSweepSpec

IDENTITY_VERSION = 1
"""Grows only when the same spec would give another identity."""

_INTRODUCED_WITH: dict[str, Any] = {
    "minTrades": 50,
    "strategyType": "SMA",
    "macd": {"signal": 9},
    "rsi": None,
    "preset": None,
    "runID": None,
}
_FIELDS = ("ticker", "fastRange", "slowRange", "step", *_INTRODUCED_WITH)


def identity(spec: TradingSweepSpec) -> dict[str, Any]:
    """Return the fields of a spec that change its result, without those left at their default."""
    wire = spec.model_dump(mode="json", by_alias=True)
    return {
        name: wire[name]
        for name in _FIELDS
        if wire.get(name) is not None and wire[name] != _INTRODUCED_WITH.get(name, ...)
    }


def identity_hash(fields: dict[str, Any]) -> str:
    """Return the SHA-256 of the canonical JSON (sorted keys, no white space), in hex."""
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def submission_key(cluster_id: str, uid: str, run_no: int, spec_hash: str, n: int) -> str:
    """Return the key of a run's n-th submission: it names its callback, and its job at the API."""
    parts = (cluster_id, uid, str(run_no), spec_hash, str(n))
    return hashlib.sha256("|".join(parts).encode()).hexdigest()
