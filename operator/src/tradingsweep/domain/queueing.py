"""Who is next: free slots go round the namespaces in turn, then by priority, then by age."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sweep that waits for a slot."""

    uid: str
    namespace: str
    priority: int
    queued_at: datetime


def next_in_line(
    waiting: Iterable[Waiting],
    last_admitted: Mapping[str, datetime],
    free: int,
    *,
    taken: Mapping[str, int] | None = None,
    per_namespace: int | None = None,
) -> list[Waiting]:
    """Choose who takes the free slots.

    Args:
        waiting: who could go now.
        last_admitted: when each namespace was given a slot last; one that never was goes first.
        free: how many slots there are.
        taken: how many slots each namespace holds.
        per_namespace: how many it may hold; None: no such limit.
    """
    held = dict(taken or {})
    lines: dict[str, list[Waiting]] = {}
    for sweep in sorted(waiting, key=lambda w: (-w.priority, w.queued_at, w.uid)):
        lines.setdefault(sweep.namespace, []).append(sweep)
    line = sorted(lines, key=lambda ns: (ns in last_admitted, last_admitted.get(ns, _EVER), ns))
    chosen: list[Waiting] = []
    while line and len(chosen) < free:
        namespace = line.pop(0)
        if per_namespace is not None and held.get(namespace, 0) >= per_namespace:
            continue
        held[namespace] = held.get(namespace, 0) + 1
        chosen.append(lines[namespace].pop(0))
        if lines[namespace]:
            # Served in this round: it goes to the back.
            line.append(namespace)
    return chosen


def place(ahead: int | None) -> str:
    """Say coarsely how long the line is: each change of these words costs a status write."""
    if ahead is None:
        return "waits for a slot at the Trading API"
    if ahead == 0:
        return "next in line for a slot at the Trading API"
    for bound in (10, 100, 1000):
        if ahead < bound:
            return f"waits for a slot at the Trading API, fewer than {bound} sweeps ahead"
    return "waits for a slot at the Trading API, 1000 or more sweeps ahead"
