"""The parameter grid of a sweep: how many pairs it asks for, and which pairs belong to it."""

from tradingsweep.crd.model import PeriodRange, TradingSweepSpec


def _values(periods: PeriodRange, step: int) -> range:
    return range(periods.min, periods.max + 1, step)


def requested(spec: TradingSweepSpec) -> int:
    """Count all pairs, also those where fast is not below slow (the seed's `combinations`)."""
    fast, slow = _values(spec.fast_range, spec.step), _values(spec.slow_range, spec.step)
    return len(fast) * len(slow)


def valid(spec: TradingSweepSpec) -> int:
    """Count the pairs with fast below slow: those that are tested."""
    slow = _values(spec.slow_range, spec.step)
    return sum(
        len(slow) - sum(1 for period in slow if period <= fast)
        for fast in _values(spec.fast_range, spec.step)
    )


def contains(spec: TradingSweepSpec, fast: int, slow: int) -> bool:
    """Whether a pair is one that the sweep asked for."""
    return (
        fast < slow
        and fast in _values(spec.fast_range, spec.step)
        and slow in _values(spec.slow_range, spec.step)
    )
