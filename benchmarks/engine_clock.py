"""Timing in turns: what makes a machine slow for a while makes all that is compared slow.

CPU time is compared, and a ratio is taken within each turn: so other work on the machine, which
takes caches and the other half of a core, moves a ratio little where it moves a time a lot.
"""

import os
import statistics
import time
from collections.abc import Callable
from typing import Final

Question = Callable[[], object]

Spent = dict[str, list[float]]
"""Seconds of each question, one figure for each turn."""

REPETITIONS: Final = 5

AT_LEAST: Final = 0.05
"""Seconds: a shorter answer is asked for so often that a turn takes this long."""


def in_turns(questions: dict[str, Question], clock: Callable[[], float]) -> Spent:
    """Ask everything once to warm up, then in turns."""
    repeats = {}
    for name, question in questions.items():
        question()
        began = clock()
        question()
        repeats[name] = max(1, round(AT_LEAST / max(clock() - began, 1e-6)))
    spent: Spent = {name: [] for name in questions}
    for _ in range(REPETITIONS):
        for name, question in questions.items():
            began = clock()
            for _ in range(repeats[name]):
                question()
            spent[name].append((clock() - began) / repeats[name])
    return spent


def middle(spent: Spent, name: str) -> float:
    """Return the median seconds of a question."""
    return statistics.median(spent[name])


def times(spent: Spent, name: str, base: str) -> float:
    """Return how many times as long as `base` it took: the median of the turns' ratios."""
    return statistics.median(a / b for a, b in zip(spent[name], spent[base], strict=True))


def cpu_seconds(question: Question) -> float:
    """Return the CPU seconds of one answer that takes long enough."""
    began = time.process_time()
    question()
    return time.process_time() - began


def load() -> str:
    """Say how busy the machine has been for a minute."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
