"""From a spec to what is sent: the seed's parameters, and the form fields of a submission."""

import json
from typing import Any

from tradingsweep.crd.model import StrategyType, TradingSweepSpec
from tradingsweep.domain.changes import NewRun
from tradingsweep.domain.grid import Grid
from tradingsweep.domain.identity import identity, identity_hash

_DEFAULT_SIGNAL = 9


def parameters(spec: TradingSweepSpec) -> dict[str, Any]:
    """Return the parameters under the Trading API's own names."""
    fast, slow = spec.ranges
    named: dict[str, Any] = {
        "ticker": spec.ticker,
        "fast_range": [fast.min, fast.max],
        "slow_range": [slow.min, slow.max],
        "step": spec.step,
        "min_trades": spec.min_trades,
        "strategy_type": spec.strategy_type.value,
    }
    if spec.preset is not None:
        named["config_path"] = spec.preset.value.lower()
    # The documented surface has no signal period: it is sent only where it differs from the
    # usual 9, so that an API with the documented surface alone serves every plain MACD sweep.
    if (
        spec.strategy_type is StrategyType.MACD
        and spec.macd is not None
        and spec.macd.signal != _DEFAULT_SIGNAL
    ):
        named["signal_period"] = spec.macd.signal
    if spec.strategy_type is StrategyType.RSI and spec.rsi is not None:
        named["rsi_period"] = spec.rsi.period
    return named


def form(named: dict[str, Any]) -> dict[str, str]:
    """Return parameters as form fields; a range goes as JSON text, as `[10, 20]`."""
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in named.items()
    }


def new_run(spec: TradingSweepSpec, run_no: int) -> NewRun:
    """Describe the run that answers a spec."""
    fields, grid = identity(spec), Grid.of(spec)
    return NewRun(
        run_no=run_no,
        identity=fields,
        spec_hash=identity_hash(fields),
        parameters=parameters(spec),
        requested=grid.requested,
        combinations=grid.valid,
    )
