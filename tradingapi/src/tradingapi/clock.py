"""What time it is: an argument of everything that asks."""

from collections.abc import Callable

Clock = Callable[[], float]
"""Returns seconds since 1970."""
