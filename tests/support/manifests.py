"""Sweeps to apply: a small good one, of which a test says only what matters to it."""

import json
from typing import Any

QUICK = {
    "ticker": "BTC-USD",
    "fastRange": {"min": 10, "max": 20},
    "slowRange": {"min": 20, "max": 30},
    "step": 5,
    "preset": "Minimum",
}
"""Nine pairs of invented prices, without permutations: the reference API needs milliseconds."""


def a_sweep(name: str, **spec: Any) -> str:
    """Write a sweep as JSON, which kubectl takes as YAML; `spec` replaces members."""
    return json.dumps(
        {
            "apiVersion": "trading.zixly.io/v1alpha1",
            "kind": "TradingSweep",
            "metadata": {"name": name},
            "spec": {**QUICK, **spec},
        }
    )
