"""Deliberate breaks of the product, each as a small patch of the running code.

The harness is red with every one of them, or it proves nothing.
"""

from collections.abc import Callable

MUTANTS: dict[str, Callable[[], None]] = {}
"""By name; each is applied in a launched process before it runs."""


def apply_mutant(name: str) -> None:
    """Break the product in this process; the empty name breaks nothing."""
    if name:
        MUTANTS[name]()
